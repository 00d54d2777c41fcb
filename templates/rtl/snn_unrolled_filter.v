// A synaptic current of each neuron, all of them at once: leak, add the current, saturate, or be 0 after a spike.
// Integer rules: runtime-nostd/src/neuron.rs. Nothing clears a state: the first timestep of a sample reads zero.
`default_nettype none
module snn_unrolled_filter #(
    parameter NEURONS      = 4,
    parameter CHANNELS     = 4,     // neuron n has the factor of channel n % CHANNELS
    parameter CURRENT_BITS = 16,    // signed
    parameter BITS         = 12,    // of a state, signed
    parameter LEAK         = 0,     // the parameters of snn_leak
    parameter LEAK_SHIFT   = 1,
    parameter LEAK_FACTOR  = 0,
    parameter [CHANNELS*(LEAK_SHIFT+1)-1:0] FACTORS = {(CHANNELS*(LEAK_SHIFT+1)){1'b0}}    // of LEAK 3
) (
    input  wire                            clk,
    input  wire                            i_valid,
    input  wire                            i_first,      // first timestep of a sample
    input  wire [NEURONS*CURRENT_BITS-1:0] i_currents,
    input  wire [NEURONS-1:0]              clear,        // becomes 0
    output wire [NEURONS*BITS-1:0]         o_next,       // as this timestep leaves it
    output wire [NEURONS*BITS-1:0]         o_states      // as the timestep before left it
);
    localparam FACTOR_BITS = LEAK_SHIFT + 1;
    localparam WIDE        = (CURRENT_BITS > BITS ? CURRENT_BITS : BITS) + 1;
    genvar i;
    generate for (i = 0; i < NEURONS; i = i + 1) begin : neuron
        reg  [BITS-1:0]         state_q;
        wire [CURRENT_BITS-1:0] current = i_currents[i*CURRENT_BITS +: CURRENT_BITS];
        wire [BITS-1:0]         leaked;
        snn_leak #(.BITS(BITS), .LEAK(LEAK), .SHIFT(LEAK_SHIFT), .FACTOR(LEAK_FACTOR)) u_leak (
            .v(i_first ? {BITS{1'b0}} : state_q), .factor(FACTORS[(i%CHANNELS)*FACTOR_BITS +: FACTOR_BITS]), .leaked(leaked)
        );
        wire [WIDE-1:0] sum  = {{(WIDE-BITS){leaked[BITS-1]}}, leaked} + {{(WIDE-CURRENT_BITS){current[CURRENT_BITS-1]}}, current};
        wire            fits = sum[WIDE-1:BITS-1] == {(WIDE-BITS+1){sum[WIDE-1]}};
        wire [BITS-1:0] next = clear[i] ? {BITS{1'b0}} : fits ? sum[BITS-1:0] : {sum[WIDE-1], {(BITS-1){!sum[WIDE-1]}}};
        always @(posedge clk) if (i_valid) state_q <= next;
        assign o_next[i*BITS +: BITS]   = next;
        assign o_states[i*BITS +: BITS] = state_q;
    end endgenerate
endmodule
`default_nettype wire
