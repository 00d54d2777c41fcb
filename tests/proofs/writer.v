// snn_writer: every element of a frame is written once, at its place; the frame is told of once, with its last word.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire i_valid,
    input wire i_data,
    input wire i_first
);
    // two columns of three channels, two to a word: two words a column, two banks
    wire [1:0] write, write_data;
    wire [2:0] write_address;
    wire       written, written_first;
    snn_writer #(
        .GROUP(1), .CHUNK(2), .CHANNELS(3), .HEIGHT(1), .WIDTH(2), .BANKS(2), .ROW(2), .FRAME(2), .ADDRESS_BITS(3)
    ) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_first(i_first), .write(write),
        .write_address(write_address), .write_data(write_data), .written(written), .written_first(written_first)
    );
    reg        begun = 1'b0, half = 1'b0, x = 1'b0, was_half = 1'b0, was_x = 1'b0, first = 1'b0, came = 1'b0, low = 1'b0, high = 1'b0;
    reg  [1:0] c = 2'd0, was_c = 2'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        came  <= i_valid && !rst;
        {was_half, was_x, was_c, first} <= {half, x, c, i_first};
        if (i_valid) begin
            if (c == 2'd1) high <= i_data;
            else {high, low} <= {1'b0, i_data};
            c <= c == 2'd2 ? 2'd0 : c + 1'b1;
            if (c == 2'd2) {half, x} <= {half, x} + 1'b1;
        end
        if (rst) {half, x, c} <= 4'd0;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            // a word is complete with its second channel, or with the column's last one
            assert (write == (came && was_c != 2'd0 ? (was_x ? 2'b10 : 2'b01) : 2'b00));
            if (write != 2'd0) assert (write_data == {high, low} && write_address == {1'b0, was_half, was_c == 2'd2});
            assert (written == (came && was_x && was_c == 2'd2));
            if (written) assert (written_first == first);
        end
    end
endmodule
`default_nettype wire
