// Neurons of a layer, all of them at once, each with its constants in logic: leak, integrate, saturate, fire, reset, saturate.
// Integer rules: runtime-nostd/src/neuron.rs. Nothing clears a membrane: the first timestep of a sample reads zero.
// One timestep per clock, one clock deep, never waits.
`default_nettype none
module snn_unrolled_neuron #(
    parameter NEURONS        = 4,
    parameter CHANNELS       = 4,     // neuron n has the constants of channel n % CHANNELS
    parameter CURRENT_BITS   = 16,    // signed
    parameter MEMBRANE_BITS  = 12,    // signed
    parameter LEAK           = 0,     // the parameters of snn_leak; 4: no membrane is kept
    parameter LEAK_SHIFT     = 1,
    parameter LEAK_FACTOR    = 0,
    parameter [CHANNELS*(LEAK_SHIFT+1)-1:0] FACTORS = {(CHANNELS*(LEAK_SHIFT+1)){1'b0}},    // of LEAK 3
    parameter RESET          = 0,     // 0: none, 1: to a value, 2: subtract an amount
    parameter DELAYED        = 0,     // 1: a spike resets with the next timestep's input, 2: instead of it
    parameter THRESHOLD_BITS = 12,    // signed
    parameter TIMES          = 1,     // timesteps, where each has thresholds of its own
    parameter [TIMES*CHANNELS*THRESHOLD_BITS-1:0] THRESHOLDS = {(TIMES*CHANNELS*THRESHOLD_BITS){1'b0}},
    parameter RESET_BITS     = 12,    // signed; of a value at most MEMBRANE_BITS
    parameter [CHANNELS*RESET_BITS-1:0] RESETS = {(CHANNELS*RESET_BITS){1'b0}},
    parameter FLOOR          = 0,     // 1: no lower potential is stored than the channel's
    parameter FLOOR_BITS     = 12,    // signed, at most MEMBRANE_BITS
    parameter [CHANNELS*FLOOR_BITS-1:0] FLOORS = {(CHANNELS*FLOOR_BITS){1'b0}},
    parameter STORED         = 0,     // thresholds between the levels that are stored; 0: the membranes themselves are
    parameter STORED_BITS    = 1,     // of the number of a level
    parameter STORED_ROWS    = 1,     // CHANNELS, if each has levels of its own
    parameter STEP_BITS      = 12,    // signed, of a threshold between levels
    parameter [STORED_ROWS*(STORED+1)*STEP_BITS-1:0] STEPS = {(STORED_ROWS*(STORED+1)*STEP_BITS){1'b0}},    // rows of STORED
    parameter [STORED_ROWS*(STORED+1)*MEMBRANE_BITS-1:0] LEVELS = {(STORED_ROWS*(STORED+1)*MEMBRANE_BITS){1'b0}}
) (
    input  wire                             clk,
    input  wire                             rst,         // synchronous, active high
    input  wire                             i_valid,
    input  wire                             i_first,     // first timestep of a sample
    input  wire [NEURONS*CURRENT_BITS-1:0]  i_currents,
    output wire [NEURONS-1:0]               resets,      // delayed resets that act in this timestep
    output reg                              o_valid,
    output reg                              o_first,
    output reg  [NEURONS-1:0]               o_spikes,
    output wire [NEURONS*MEMBRANE_BITS-1:0] o_membranes  // as stored
);
    localparam MV          = MEMBRANE_BITS;
    localparam OPERAND     = CURRENT_BITS > RESET_BITS ? CURRENT_BITS : RESET_BITS;
    localparam WIDE        = (OPERAND > MV ? OPERAND : MV) + 2;
    localparam COMPARED    = (MV > THRESHOLD_BITS ? MV : THRESHOLD_BITS) + 1;
    localparam STEPPED     = (MV > STEP_BITS ? MV : STEP_BITS) + 1;
    localparam FACTOR_BITS = LEAK_SHIFT + 1;
    localparam TIME_BITS   = TIMES > 1 ? $clog2(TIMES) : 1;

    wire [TIME_BITS-1:0] timestep;
    generate if (TIMES > 1) begin : timed
        reg [TIME_BITS-1:0] timestep_q;
        assign timestep = i_first ? {TIME_BITS{1'b0}} : timestep_q;
        always @(posedge clk) if (i_valid) timestep_q <= timestep + 1'b1;
    end else begin : untimed
        assign timestep = 1'b0;
        wire unused_timestep = timestep;
    end endgenerate
    always @(posedge clk) begin
        o_valid <= i_valid && !rst;
        if (i_valid) o_first <= i_first;
    end

    genvar i;
    generate for (i = 0; i < NEURONS; i = i + 1) begin : neuron
        localparam C = i % CHANNELS;
        localparam [THRESHOLD_BITS-1:0] THRESHOLD = THRESHOLDS[C*THRESHOLD_BITS +: THRESHOLD_BITS];
        localparam [RESET_BITS-1:0]     NUMBER    = RESETS[C*RESET_BITS +: RESET_BITS];
        wire [WIDE-1:0] number  = {{(WIDE-RESET_BITS){NUMBER[RESET_BITS-1]}}, NUMBER};
        wire [WIDE-1:0] current = {{(WIDE-CURRENT_BITS){i_currents[i*CURRENT_BITS+CURRENT_BITS-1]}},
                                   i_currents[i*CURRENT_BITS +: CURRENT_BITS]};
        wire [THRESHOLD_BITS-1:0] threshold;
        if (TIMES > 1) begin : of_timestep
            reg [THRESHOLD_BITS-1:0] chosen;
            integer k;
            always @* begin
                chosen = THRESHOLD;
                for (k = 1; k < TIMES; k = k + 1)
                    if (timestep == k[TIME_BITS-1:0]) chosen = THRESHOLDS[(k*CHANNELS+C)*THRESHOLD_BITS +: THRESHOLD_BITS];
            end
            assign threshold = chosen;
        end else begin : of_all
            assign threshold = THRESHOLD;
        end

        // what is left, and a delayed reset: at rest a neuron whose threshold is not above 0 has fired
        wire [MV-1:0] stored, leaked;
        wire [MV-1:0] rest = i_first ? {MV{1'b0}} : stored;
        wire [MV-1:0] old    = RESET == 1 && DELAYED == 1 && resets[i] ? number[MV-1:0] : rest;
        if (DELAYED != 0 && RESET != 0) begin : delayed
            localparam FIRED = THRESHOLD[THRESHOLD_BITS-1] || THRESHOLD == {THRESHOLD_BITS{1'b0}};
            assign resets[i] = i_first ? FIRED : o_spikes[i];
        end else begin : undelayed
            assign resets[i] = 1'b0;
        end
        snn_leak #(.BITS(MV), .LEAK(LEAK), .SHIFT(LEAK_SHIFT), .FACTOR(LEAK_FACTOR)) u_leak (
            .v(old), .factor(FACTORS[C*FACTOR_BITS +: FACTOR_BITS]), .leaked(leaked)
        );

        // integrate, saturate, fire
        wire [WIDE-1:0] input_ = RESET == 2 && resets[i] ? current - number : current;
        wire [WIDE-1:0] sum    = {{(WIDE-MV){leaked[MV-1]}}, leaked} + input_;
        wire            fits   = sum[WIDE-1:MV-1] == {(WIDE-MV+1){sum[WIDE-1]}};
        wire [MV-1:0]   v      = DELAYED == 2 && resets[i] ? number[MV-1:0] :
                                 fits ? sum[MV-1:0] : {sum[WIDE-1], {(MV-1){!sum[WIDE-1]}}};
        wire            fires  = $signed({{(COMPARED-MV){v[MV-1]}}, v})
                              >= $signed({{(COMPARED-THRESHOLD_BITS){threshold[THRESHOLD_BITS-1]}}, threshold});

        // reset at once, saturate again, keep above the floor
        wire            now       = DELAYED == 0 && RESET != 0 && fires;
        wire [WIDE-1:0] wide      = {{(WIDE-MV){v[MV-1]}}, v};
        wire [WIDE-1:0] left      = !now ? wide : RESET == 1 ? number : wide - number;
        wire            holds     = left[WIDE-1:MV-1] == {(WIDE-MV+1){left[WIDE-1]}};
        wire [MV-1:0]   saturated = holds ? left[MV-1:0] : {left[WIDE-1], {(MV-1){!left[WIDE-1]}}};
        wire [MV-1:0]   next;
        if (FLOOR != 0) begin : bounded
            localparam [FLOOR_BITS-1:0] LOWEST = FLOORS[C*FLOOR_BITS +: FLOOR_BITS];
            wire [MV:0] lowest = {{(MV+1-FLOOR_BITS){LOWEST[FLOOR_BITS-1]}}, LOWEST};
            assign next = $signed({saturated[MV-1], saturated}) < $signed(lowest) ? lowest[MV-1:0] : saturated;
        end else begin : unbounded
            assign next = saturated;
        end
        always @(posedge clk) if (i_valid) o_spikes[i] <= fires;

        // what is kept: the membrane, the number of its level, or nothing
        if (LEAK == 4) begin : nothing
            wire unused_next = &{1'b0, next};
            assign stored = {MV{1'b0}};
        end else if (STORED != 0) begin : staircase
            localparam ROW = STORED_ROWS > 1 ? C : 0;
            reg  [STORED_BITS-1:0] number_q, above;
            reg  [MV-1:0]          level;
            wire [STEPPED-1:0]     compared = {{(STEPPED-MV){next[MV-1]}}, next};
            wire [STORED-1:0]      reached;
            genvar j;
            for (j = 0; j < STORED; j = j + 1) begin : compare
                localparam [STEP_BITS-1:0] STEP = STEPS[(ROW*STORED+j)*STEP_BITS +: STEP_BITS];
                assign reached[j] = $signed(compared) >= $signed({{(STEPPED-STEP_BITS){STEP[STEP_BITS-1]}}, STEP});
            end
            integer k;
            always @* begin
                level = LEVELS[ROW*(STORED+1)*MV +: MV];
                above = {STORED_BITS{1'b0}};
                for (k = 0; k < STORED; k = k + 1) begin
                    if (number_q > k[STORED_BITS-1:0]) level = LEVELS[(ROW*(STORED+1)+k+1)*MV +: MV];
                    above = above + {{(STORED_BITS-1){1'b0}}, reached[k]};
                end
            end
            always @(posedge clk) if (i_valid) number_q <= above;
            assign stored = level;
        end else begin : membrane
            reg [MV-1:0] v_q;
            always @(posedge clk) if (i_valid) v_q <= next;
            assign stored = v_q;
        end
        assign o_membranes[i*MV +: MV] = stored;
    end endgenerate
endmodule
`default_nettype wire
