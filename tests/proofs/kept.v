// snn_kept: a sample is told of once, with its last word; a word that is read, not while it is written, is the last one that was
// written there, and the words of a sample lie in their order.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire       i_data,       // words are not looked at, so one bit stands for any
    input wire       read,
    input wire [2:0] read_address
);
    wire       written, read_data;
    snn_kept #(.WIDTH(1), .WORDS(3), .ADDRESS_BITS(3)) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .written(written), .read(read),
        .read_address(read_address), .read_data(read_data)
    );
    reg        begun = 1'b0, ended = 1'b0, answers = 1'b0, expected = 1'b0;
    reg  [2:0] next = 3'd0;
    reg  [7:0] shadow = 8'd0, known = 8'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        ended <= i_valid && !rst && (next == 3'd2 || next == 3'd5);
        if (i_valid) begin
            shadow[next] <= i_data;
            known[next]  <= 1'b1;
            next         <= next == 3'd5 ? 3'd0 : next + 1'b1;
        end
        if (read) begin
            answers  <= known[read_address] && !(i_valid && next == read_address);
            expected <= shadow[read_address];
        end
        if (rst) begin
            next  <= 3'd0;
            known <= 8'd0;
        end
        if (!begun) answers <= 1'b0;
    end
    always @* begin
        if (!begun) assume (rst);
        assume (read_address < 3'd6);
        if (begun) begin
            assert (written == ended);
            if (answers) assert (read_data == expected);
        end
    end
endmodule
`default_nettype wire
