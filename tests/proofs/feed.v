// snn_feed: each word, of the host or of the flash, leaves once, a clock later, unless the weights begin anew; the memories are
// empty until as many have come as there are.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire start,
    input wire write,
    input wire write_bit,
    input wire feed_valid,
    input wire feed_bit
);
    wire        load_start, load_valid, empty;
    wire [31:0] load_data, loaded, check;
    snn_feed #(.WORDS(3)) dut (
        .clk(clk), .rst(rst), .start(start), .write(write), .write_data({31'd0, write_bit}), .feed_valid(feed_valid),
        .feed_data({31'd0, feed_bit}), .load_start(load_start), .load_valid(load_valid), .load_data(load_data),
        .loaded(loaded), .check(check), .empty(empty)
    );
    reg       begun = 1'b0, came = 1'b0, bit_ = 1'b0, anew = 1'b0;
    reg [1:0] words = 2'd0;            // since the start, three at most
    always @(posedge clk) begin
        begun <= 1'b1;
        anew  <= rst || start;
        came  <= (write || feed_valid) && !rst && !start;
        bit_  <= write ? write_bit : feed_bit;
        if (rst || start) words <= 2'd0;
        else if ((write || feed_valid) && words != 2'd3) words <= words + 1'b1;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (load_start == anew && load_valid == came);
            if (load_valid) assert (load_data == {31'd0, bit_});
            assert (empty == (words != 2'd3));
            if (empty) assert (loaded == {30'd0, words});
        end
    end
endmodule
`default_nettype wire
