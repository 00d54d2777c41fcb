// First in, first out: 16 entries, the oldest one visible. The writer counts the room itself.
`default_nettype none
module snn_fifo #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,       // synchronous, active high
    input  wire             push,
    input  wire [WIDTH-1:0] push_data,
    output wire             valid,
    output wire [WIDTH-1:0] data,
    input  wire             pop        // only while `valid`
);
    reg [WIDTH-1:0] memory [0:15];
    reg [4:0]       head_q;            // one bit more than an address
    reg [4:0]       tail_q;

    assign valid = head_q != tail_q;
    assign data  = memory[tail_q[3:0]];
    always @(posedge clk) begin
        if (push) memory[head_q[3:0]] <= push_data;
        if (push) head_q <= head_q + 1'b1;
        if (pop) tail_q <= tail_q + 1'b1;
        if (rst) begin
            head_q <= 5'd0;
            tail_q <= 5'd0;
        end
    end
endmodule
`default_nettype wire
