// Sums of numbers from the sums of their digit planes, most significant first, all neurons at once: double and add.
// One clock deep; the sums stay until the next plane.
`default_nettype none
module snn_unrolled_digits #(
    parameter NEURONS  = 4,
    parameter IN_BITS  = 8,     // of a plane's sum, signed
    parameter OUT_BITS = 16,    // signed, IN_BITS or more; the result is proven to fit
    parameter NEGATIVE = 0      // 1: the first plane is the sign of two's complement
) (
    input  wire                        clk,
    input  wire                        i_valid,
    input  wire                        i_load,    // first plane of a timestep
    input  wire [NEURONS*IN_BITS-1:0]  i_sums,
    output reg  [NEURONS*OUT_BITS-1:0] o_sums
);
    genvar i;
    generate for (i = 0; i < NEURONS; i = i + 1) begin : neuron
        wire [IN_BITS-1:0]  plane = i_sums[i*IN_BITS +: IN_BITS];
        wire [OUT_BITS-1:0] sum   = o_sums[i*OUT_BITS +: OUT_BITS];
        wire [OUT_BITS-1:0] wide;
        if (OUT_BITS > IN_BITS) begin : wider
            assign wide = {{(OUT_BITS-IN_BITS){plane[IN_BITS-1]}}, plane};
        end else begin : same
            assign wide = plane;
        end
        wire [OUT_BITS-1:0] twice = i_load ? {OUT_BITS{1'b0}} : {sum[OUT_BITS-2:0], 1'b0};
        wire                unused_sign = sum[OUT_BITS-1];
        always @(posedge clk)
            if (i_valid) o_sums[i*OUT_BITS +: OUT_BITS] <= NEGATIVE != 0 && i_load ? twice - wide : twice + wide;
    end endgenerate
endmodule
`default_nettype wire
