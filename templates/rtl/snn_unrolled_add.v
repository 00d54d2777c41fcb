// Two currents of each neuron together, without a clock: what comes forward, and what its layer's own spikes give.
`default_nettype none
module snn_unrolled_add #(
    parameter NEURONS  = 4,
    parameter A_BITS   = 8,     // signed
    parameter B_BITS   = 8,     // signed
    parameter OUT_BITS = 9      // signed, A_BITS and B_BITS or more; the result is proven to fit
) (
    input  wire [NEURONS*A_BITS-1:0]   a,
    input  wire [NEURONS*B_BITS-1:0]   b,
    output wire [NEURONS*OUT_BITS-1:0] sum
);
    genvar i;
    generate for (i = 0; i < NEURONS; i = i + 1) begin : neuron
        // one bit more, so that there is always a sign to repeat
        wire [OUT_BITS:0] wide_a = {{(OUT_BITS+1-A_BITS){a[i*A_BITS+A_BITS-1]}}, a[i*A_BITS +: A_BITS]};
        wire [OUT_BITS:0] wide_b = {{(OUT_BITS+1-B_BITS){b[i*B_BITS+B_BITS-1]}}, b[i*B_BITS +: B_BITS]};
        wire [OUT_BITS:0] wide   = wide_a + wide_b;
        wire              unused_sign = wide[OUT_BITS];
        assign sum[i*OUT_BITS +: OUT_BITS] = wide[OUT_BITS-1:0];
    end endgenerate
endmodule
`default_nettype wire
