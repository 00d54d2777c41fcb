// Synaptic currents between a population's currents and its membranes, all neurons at once: one filter, or the sum of two.
// Integer rules: runtime-nostd/src/neuron.rs.
`default_nettype none
module snn_unrolled_synaptic #(
    parameter NEURONS       = 4,
    parameter CHANNELS      = 4,
    parameter CURRENT_BITS  = 16,    // signed
    parameter OUT_BITS      = 14,    // signed; holds the sum
    parameter REGISTERED    = 1,     // 1: a clock later
    parameter BITS_0        = 12,    // of a state of the first filter, signed
    parameter NEGATIVE_0    = 0,     // 1: the membrane takes its negative
    parameter LEAK_0        = 0,     // the parameters of snn_unrolled_filter
    parameter LEAK_SHIFT_0  = 1,
    parameter LEAK_FACTOR_0 = 0,
    parameter [CHANNELS*(LEAK_SHIFT_0+1)-1:0] FACTORS_0 = {(CHANNELS*(LEAK_SHIFT_0+1)){1'b0}},
    parameter SECOND        = 0,     // 1: there is a second filter
    parameter BITS_1        = 12,
    parameter NEGATIVE_1    = 0,
    parameter LEAK_1        = 0,
    parameter LEAK_SHIFT_1  = 1,
    parameter LEAK_FACTOR_1 = 0,
    parameter [CHANNELS*(LEAK_SHIFT_1+1)-1:0] FACTORS_1 = {(CHANNELS*(LEAK_SHIFT_1+1)){1'b0}}
) (
    input  wire                            clk,
    input  wire                            i_valid,
    input  wire                            i_first,      // first timestep of a sample
    input  wire [NEURONS*CURRENT_BITS-1:0] i_currents,
    input  wire [NEURONS-1:0]              clear,        // neurons whose currents become 0
    output wire [NEURONS*OUT_BITS-1:0]     o_currents
);
    wire [NEURONS*BITS_0-1:0]   next_0, states_0;
    wire [NEURONS*OUT_BITS-1:0] second;
    snn_unrolled_filter #(
        .NEURONS(NEURONS), .CHANNELS(CHANNELS), .CURRENT_BITS(CURRENT_BITS), .BITS(BITS_0), .LEAK(LEAK_0),
        .LEAK_SHIFT(LEAK_SHIFT_0), .LEAK_FACTOR(LEAK_FACTOR_0), .FACTORS(FACTORS_0)
    ) u_first (
        .clk(clk), .i_valid(i_valid), .i_first(i_first), .i_currents(i_currents), .clear(clear),
        .o_next(next_0), .o_states(states_0)
    );
    genvar i;
    generate
        if (SECOND != 0) begin : two
            wire [NEURONS*BITS_1-1:0] next_1, states_1;
            snn_unrolled_filter #(
                .NEURONS(NEURONS), .CHANNELS(CHANNELS), .CURRENT_BITS(CURRENT_BITS), .BITS(BITS_1), .LEAK(LEAK_1),
                .LEAK_SHIFT(LEAK_SHIFT_1), .LEAK_FACTOR(LEAK_FACTOR_1), .FACTORS(FACTORS_1)
            ) u_second (
                .clk(clk), .i_valid(i_valid), .i_first(i_first), .i_currents(i_currents), .clear(clear),
                .o_next(next_1), .o_states(states_1)
            );
            wire unused_other = &{1'b0, REGISTERED != 0 ? next_1 : states_1};
            for (i = 0; i < NEURONS; i = i + 1) begin : neuron
                wire [BITS_1-1:0]   state = REGISTERED != 0 ? states_1[i*BITS_1 +: BITS_1] : next_1[i*BITS_1 +: BITS_1];
                wire [OUT_BITS-1:0] wide  = {{(OUT_BITS-BITS_1){state[BITS_1-1]}}, state};
                assign second[i*OUT_BITS +: OUT_BITS] = NEGATIVE_1 != 0 ? {OUT_BITS{1'b0}} - wide : wide;
            end
        end else begin : one
            assign second = {(NEURONS*OUT_BITS){1'b0}};
        end
        for (i = 0; i < NEURONS; i = i + 1) begin : neuron
            wire [BITS_0-1:0]   state = REGISTERED != 0 ? states_0[i*BITS_0 +: BITS_0] : next_0[i*BITS_0 +: BITS_0];
            wire [OUT_BITS-1:0] wide;
            if (OUT_BITS > BITS_0) begin : wider
                assign wide = {{(OUT_BITS-BITS_0){state[BITS_0-1]}}, state};
            end else begin : same
                assign wide = state;
            end
            assign o_currents[i*OUT_BITS +: OUT_BITS] =
                (NEGATIVE_0 != 0 ? {OUT_BITS{1'b0}} - wide : wide) + second[i*OUT_BITS +: OUT_BITS];
        end
    endgenerate
    wire unused_other = &{1'b0, REGISTERED != 0 ? next_0 : states_0};
endmodule
`default_nettype wire
