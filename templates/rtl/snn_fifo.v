// First in, first out: up to 16 entries, the oldest one in a register, so that what follows it starts at flip-flops. The
// writer counts the room itself.
// Clocks: FIRST_OUT = 2 from `push` to `valid`.
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
    reg [WIDTH-1:0] data_q;
    reg             valid_q;
    reg [3:0]       head_q;            // of 16 entries one is in the register
    reg [3:0]       tail_q;

    wire waits = head_q != tail_q;
    wire moves = waits && (!valid_q || pop);
    assign valid = valid_q;
    assign data  = data_q;
    always @(posedge clk) begin
        if (push) memory[head_q] <= push_data;
        // as in snn_ram, though what is being written never waits yet
        if (moves) data_q <= push && head_q == tail_q ? {WIDTH{1'bx}} : memory[tail_q];
        if (push) head_q <= head_q + 1'b1;
        if (moves) tail_q <= tail_q + 1'b1;
        valid_q <= waits || (valid_q && !pop);
        if (rst) begin
            head_q  <= 4'd0;
            tail_q  <= 4'd0;
            valid_q <= 1'b0;
        end
    end
endmodule
`default_nettype wire
