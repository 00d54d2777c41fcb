// Currents of a population from its sums, all elements at once: shift(sum) + bias, to the left exact, to the right rounded
// half up. Integer rules: runtime-nostd/src/program.rs, Population.
`default_nettype none
module snn_unrolled_finish #(
    parameter ELEMENTS   = 4,
    parameter CHANNELS   = 4,     // element n has the bias of channel n % CHANNELS
    parameter IN_BITS    = 16,    // signed
    parameter OUT_BITS   = 16,    // signed; the result is proven to fit
    parameter LEFT       = 0,     // shift to the left, or ...
    parameter RIGHT      = 0,     // ... to the right
    parameter BIAS_BITS  = 8,     // signed
    parameter [CHANNELS*BIAS_BITS-1:0] BIASES = {(CHANNELS*BIAS_BITS){1'b0}},
    parameter REGISTERED = 1      // 1: a clock later, and kept until the next `i_done`
) (
    input  wire                         clk,
    input  wire                         i_done,    // there are new sums
    input  wire [ELEMENTS*IN_BITS-1:0]  i_sums,
    output wire [ELEMENTS*OUT_BITS-1:0] o_currents
);
    localparam WIDE     = (IN_BITS > RIGHT ? IN_BITS : RIGHT) + 2;
    localparam MID_BITS = RIGHT > 0 ? WIDE - RIGHT : IN_BITS + LEFT;
    localparam MOST     = MID_BITS > BIAS_BITS ? MID_BITS : BIAS_BITS;
    localparam ALL_BITS = (MOST > OUT_BITS ? MOST : OUT_BITS) + 1;

    wire [ELEMENTS*OUT_BITS-1:0] next;
    genvar i;
    generate
        for (i = 0; i < ELEMENTS; i = i + 1) begin : element
            wire [IN_BITS-1:0]   sum  = i_sums[i*IN_BITS +: IN_BITS];
            wire [BIAS_BITS-1:0] bias = BIASES[(i%CHANNELS)*BIAS_BITS +: BIAS_BITS];
            wire [MID_BITS-1:0]  shifted;
            if (RIGHT > 0) begin : right
                wire [WIDE-1:0] rounded = {{(WIDE-IN_BITS){sum[IN_BITS-1]}}, sum} + ({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1));
                wire unused_fraction = &{1'b0, rounded[RIGHT-1:0]};
                assign shifted = rounded[WIDE-1:RIGHT];
            end else if (LEFT > 0) begin : left
                assign shifted = {sum, {LEFT{1'b0}}};
            end else begin : straight
                assign shifted = sum;
            end
            wire [ALL_BITS-1:0] result = {{(ALL_BITS-MID_BITS){shifted[MID_BITS-1]}}, shifted}
                                       + {{(ALL_BITS-BIAS_BITS){bias[BIAS_BITS-1]}}, bias};
            wire unused_sign = &{1'b0, result[ALL_BITS-1:OUT_BITS]};
            assign next[i*OUT_BITS +: OUT_BITS] = result[OUT_BITS-1:0];
        end
        if (REGISTERED != 0) begin : registered
            reg [ELEMENTS*OUT_BITS-1:0] currents_q;
            always @(posedge clk) if (i_done) currents_q <= next;
            assign o_currents = currents_q;
        end else begin : at_once
            wire unused_control = &{1'b0, clk, i_done};
            assign o_currents = next;
        end
    endgenerate
endmodule
`default_nettype wire
