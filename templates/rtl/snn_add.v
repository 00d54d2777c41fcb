// Sum of two numbers, and of a carry where CARRY is 1: one carry chain, whatever a synthesis tool makes of three operands.
`default_nettype none
module snn_add #(
    parameter BITS  = 8,
    parameter CARRY = 0
) (
    input  wire [BITS-1:0] a,
    input  wire [BITS-1:0] b,
    input  wire            carry,
    output wire [BITS-1:0] total     // modulo 2^BITS
);
    generate if (CARRY != 0) begin : with_carry
        wire [BITS:0] wide = {a, 1'b1} + {b, carry};
        wire unused = &{1'b0, wide[0]};
        assign total = wide[BITS:1];
    end else begin : plain
        wire unused = &{1'b0, carry};
        assign total = a + b;
    end endgenerate
endmodule
`default_nettype wire
