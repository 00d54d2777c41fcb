// What a timestep leaves of a state: one stage's arithmetic, without a clock.
// Integer rules: runtime-nostd/src/neuron.rs. Shifts round towards minus infinity.
`default_nettype none
module snn_leak #(
    parameter BITS   = 12,   // signed
    parameter LEAK   = 0,    // 0: none, 1: v - (v >> SHIFT), 2: (v * FACTOR) >> SHIFT, 3: (v * factor) >> SHIFT
    parameter SHIFT  = 1,
    parameter FACTOR = 0
) (
    input  wire [BITS-1:0] v,
    input  wire [SHIFT:0]  factor,   // 0 to 1 << SHIFT
    output wire [BITS-1:0] leaked
);
    localparam PRODUCT = BITS + SHIFT + 2;
    generate if (LEAK == 1) begin : shift
        wire unused_factor = &{1'b0, factor};
        assign leaked = v - $unsigned($signed(v) >>> SHIFT);
    end else if (LEAK == 2 || LEAK == 3) begin : multiply
        wire signed [PRODUCT-1:0] wide;
        wire signed [PRODUCT-1:0] product = $signed({{(PRODUCT-BITS){v[BITS-1]}}, v}) * wide;
        wire unused_fraction = &{1'b0, product[SHIFT-1:0], product[PRODUCT-1:PRODUCT-2]};
        if (LEAK == 2) begin : same
            wire unused_factor = &{1'b0, factor};
            assign wide = {{(BITS+1){1'b0}}, FACTOR[SHIFT:0]};
        end else begin : each
            assign wide = {{(BITS+1){1'b0}}, factor};
        end
        assign leaked = product[SHIFT +: BITS];
    end else begin : none
        wire unused_factor = &{1'b0, factor};
        assign leaked = v;
    end endgenerate
endmodule
`default_nettype wire
