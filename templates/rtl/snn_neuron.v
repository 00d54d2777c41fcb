// Neurons: leak, integrate, saturate, fire, reset, saturate; GROUP neurons per clock.
// Integer rules: runtime-nostd/src/neuron.rs. Nothing clears a membrane: the first timestep of a sample reads zero.
// Eight clocks deep, never waits. The same neuron may come back after LOOP = 9 clocks.
`default_nettype none
module snn_neuron #(
    parameter GROUP           = 2,    // neurons per clock
    parameter WORDS           = 4,    // neurons / GROUP
    parameter GROUPS          = 2,    // channels / GROUP
    parameter CURRENT_BITS    = 16,   // signed
    parameter MEMBRANE_BITS   = 12,   // signed
    parameter LEAK            = 0,    // the parameters of snn_leak; 4: no membrane is kept
    parameter LEAK_SHIFT      = 1,
    parameter LEAK_FACTOR     = 0,
    parameter FACTOR_WORDS    = 2,    // GROUPS; 1: the same for every group
    parameter FACTORS         = "",   // of LEAK 3
    parameter RESET           = 0,    // 0: none, 1: to a value, 2: subtract an amount
    parameter DELAYED         = 0,    // 1: a spike resets with the next timestep's input, 2: instead of it
    parameter THRESHOLD_BITS  = 12,   // signed
    parameter THRESHOLD_WORDS = 2,    // GROUPS, times the timesteps if TIMED; 1: the same for every group
    parameter TIMED           = 0,    // 1: every timestep has thresholds of its own
    parameter THRESHOLDS      = "",
    parameter RESET_BITS      = 12,   // signed; of a value at most MEMBRANE_BITS
    parameter RESET_WORDS     = 2,    // GROUPS; 1: the same for every group
    parameter RESETS          = "",
    parameter FLOOR           = 0,    // 1: no lower potential is stored than the channel's
    parameter FLOOR_BITS      = 12,   // signed, at most MEMBRANE_BITS
    parameter FLOOR_WORDS     = 2,    // GROUPS; 1: the same for every group
    parameter FLOORS          = "",
    parameter STORED          = 0,    // thresholds between the levels that are stored; 0: the membranes themselves are
    parameter STORED_BITS     = 1,    // of the number of a level
    parameter STORED_EACH     = 0,    // 1: each channel has levels of its own
    parameter STORED_WORDS    = 1,    // GROUPS if so
    parameter STEP_BITS       = 12,   // signed, of a threshold between levels
    parameter STEPS           = "",
    parameter LEVELS          = ""    // of MEMBRANE_BITS
) (
    input  wire                           clk,
    input  wire                           rst,         // synchronous, active high
    input  wire                           i_valid,
    input  wire [GROUP*CURRENT_BITS-1:0]  i_current,
    input  wire [3:0]                     i_tag,       // bit 0: first timestep of a sample
    output wire                           o_valid,
    output wire [GROUP-1:0]               o_spikes,
    output wire [GROUP*MEMBRANE_BITS-1:0] o_membranes, // as stored
    output wire [3:0]                     o_tag
);
    localparam WORD_BITS  = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [WORD_BITS-1:0]  LAST_WORD  = WORDS[WORD_BITS-1:0] - 1'b1;
    localparam [GROUP_BITS-1:0] LAST_GROUP = GROUPS[GROUP_BITS-1:0] - 1'b1;
    localparam MV         = MEMBRANE_BITS;
    localparam OPERAND    = CURRENT_BITS > RESET_BITS ? CURRENT_BITS : RESET_BITS;
    localparam WIDE       = (OPERAND > MV ? OPERAND : MV) + 2;
    localparam COMPARED   = (MV > THRESHOLD_BITS ? MV : THRESHOLD_BITS) + 1;
    localparam FACTOR_BITS = LEAK_SHIFT + 1;
    localparam KEPT        = STORED != 0 ? STORED_BITS : MV;    // bits of a neuron in the memory
    localparam STEPPED     = (MV > STEP_BITS ? MV : STEP_BITS) + 1;
    localparam TABLES      = STORED_EACH != 0 ? GROUP : 1;
    localparam STEPS_BITS  = TABLES * STEP_BITS * (STORED != 0 ? STORED : 1);
    localparam ENTRY_BITS = TIMED != 0 && THRESHOLD_WORDS > 1 ? $clog2(THRESHOLD_WORDS) : GROUP_BITS;

    // where the neuron of each stage lies
    reg [WORD_BITS-1:0]  word_q;
    reg [GROUP_BITS-1:0] group_q;
    reg [WORD_BITS*8-1:0] words_q;    // of stages 1 to 8, the newest lowest
    reg [7:0]             valids_q;
    reg [4*8-1:0]         tags_q;
    wire                  moves = i_valid || valids_q != 8'd0;
    always @(posedge clk) begin
        if (i_valid) begin
            word_q  <= word_q == LAST_WORD ? {WORD_BITS{1'b0}} : word_q + 1'b1;
            group_q <= group_q == LAST_GROUP ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
        end
        if (moves) begin
            words_q <= {words_q[WORD_BITS*7-1:0], word_q};
            tags_q  <= {tags_q[4*7-1:0], i_tag};
        end
        valids_q <= {valids_q[6:0], i_valid};
        if (rst) begin
            word_q   <= {WORD_BITS{1'b0}};
            group_q  <= {GROUP_BITS{1'b0}};
            valids_q <= 8'd0;
        end
    end

    // 1: what is stored, and the channel's constants
    wire [GROUP*MV-1:0]             stored;
    wire [GROUP*THRESHOLD_BITS-1:0] thresholds_1;
    reg  [GROUP*THRESHOLD_BITS-1:0] thresholds_2q, thresholds_3q, thresholds_4q, thresholds_5q, thresholds_6q;
    wire [GROUP*RESET_BITS-1:0]     resets_1;
    reg  [GROUP*RESET_BITS-1:0]     resets_2q;
    wire [GROUP*MV-1:0]             next;
    wire [GROUP*KEPT-1:0]           kept_1, kept_8;
    generate if (LEAK != 4) begin : membranes
        snn_ram #(.WIDTH(GROUP*KEPT), .DEPTH(WORDS), .ADDRESS_BITS(WORD_BITS)) u_membranes (
            .clk(clk), .write(valids_q[7]), .write_address(words_q[WORD_BITS*7 +: WORD_BITS]), .write_data(kept_8),
            .read(i_valid), .read_address(word_q), .read_data(kept_1)
        );
    end else begin : no_membranes
        wire unused_words = &{1'b0, words_q, kept_8};
        assign kept_1 = {(GROUP*KEPT){1'b0}};
    end endgenerate

    // the levels' tables: read for what is stored, and for what is to be
    wire [TABLES*(STORED+1)*MV-1:0] levels_1;
    wire [STEPS_BITS-1:0]           steps_7;
    generate if (STORED != 0) begin : level_tables
        reg [GROUP_BITS*6-1:0] groups_q;    // of stages 1 to 6
        always @(posedge clk) if (moves) groups_q <= {groups_q[GROUP_BITS*5-1:0], group_q};
        snn_rom #(.WIDTH(TABLES*(STORED+1)*MV), .DEPTH(STORED_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(LEVELS)) u_levels (
            .clk(clk), .read(i_valid), .address(group_q), .data(levels_1)
        );
        snn_rom #(.WIDTH(STEPS_BITS), .DEPTH(STORED_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(STEPS)) u_steps (
            .clk(clk), .read(moves), .address(groups_q[GROUP_BITS*5 +: GROUP_BITS]), .data(steps_7)
        );
    end else begin : no_level_tables
        assign levels_1 = {(TABLES*MV){1'b0}};
        assign steps_7  = {STEPS_BITS{1'b0}};
        wire unused_levels = &{1'b0, levels_1, steps_7};
    end endgenerate

    // a timestep's thresholds begin where those of the timestep before end
    wire [ENTRY_BITS-1:0] entry;
    generate if (TIMED != 0) begin : timed
        reg  [ENTRY_BITS-1:0] base_q;
        wire [ENTRY_BITS-1:0] base = i_tag[0] ? {ENTRY_BITS{1'b0}} : base_q;
        wire [ENTRY_BITS:0]   sum  = {1'b0, base} + {{(ENTRY_BITS+1-GROUP_BITS){1'b0}}, group_q};
        wire unused_carry = &{1'b0, sum[ENTRY_BITS]};
        assign entry = sum[ENTRY_BITS-1:0];
        always @(posedge clk)
            if (i_valid && word_q == LAST_WORD) base_q <= base + GROUPS[ENTRY_BITS-1:0];
    end else begin : untimed
        assign entry = group_q;
    end endgenerate
    snn_rom #(.WIDTH(GROUP*THRESHOLD_BITS), .DEPTH(THRESHOLD_WORDS), .ADDRESS_BITS(ENTRY_BITS), .FILE(THRESHOLDS)) u_thresholds (
        .clk(clk), .read(i_valid), .address(entry), .data(thresholds_1)
    );
    generate if (RESET != 0) begin : reset_table
        snn_rom #(.WIDTH(GROUP*RESET_BITS), .DEPTH(RESET_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(RESETS)) u_resets (
            .clk(clk), .read(i_valid), .address(group_q), .data(resets_1)
        );
    end else begin : no_reset_table
        assign resets_1 = {(GROUP*RESET_BITS){1'b0}};
    end endgenerate
    wire [GROUP*FACTOR_BITS-1:0] factors_1;
    reg  [GROUP*FACTOR_BITS-1:0] factors_2q, factors_3q;
    generate if (LEAK == 3) begin : factor_table
        snn_rom #(.WIDTH(GROUP*FACTOR_BITS), .DEPTH(FACTOR_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(FACTORS)) u_factors (
            .clk(clk), .read(i_valid), .address(group_q), .data(factors_1)
        );
    end else begin : no_factor_table
        assign factors_1 = {(GROUP*FACTOR_BITS){1'b0}};
    end endgenerate
    wire [GROUP*FLOOR_BITS-1:0] floors_1;
    reg  [GROUP*FLOOR_BITS-1:0] floors_2q, floors_3q, floors_4q, floors_5q, floors_6q, floors_7q;
    generate if (FLOOR != 0) begin : floor_table
        snn_rom #(.WIDTH(GROUP*FLOOR_BITS), .DEPTH(FLOOR_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(FLOORS)) u_floors (
            .clk(clk), .read(i_valid), .address(group_q), .data(floors_1)
        );
    end else begin : no_floor_table
        assign floors_1 = {(GROUP*FLOOR_BITS){1'b0}};
    end endgenerate
    always @(posedge clk) if (moves) begin
        factors_2q    <= factors_1;
        factors_3q    <= factors_2q;
        floors_2q     <= floors_1;
        floors_3q     <= floors_2q;
        floors_4q     <= floors_3q;
        floors_5q     <= floors_4q;
        floors_6q     <= floors_5q;
        floors_7q     <= floors_6q;
        thresholds_2q <= thresholds_1;
        thresholds_3q <= thresholds_2q;
        thresholds_4q <= thresholds_3q;
        thresholds_5q <= thresholds_4q;
        thresholds_6q <= thresholds_5q;
        resets_2q     <= resets_1;
    end

    reg [GROUP*CURRENT_BITS-1:0] current_1q, current_2q;
    always @(posedge clk) if (moves) begin
        current_1q <= i_current;
        current_2q <= current_1q;
    end

    reg [GROUP-1:0] spikes_8q;
    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : neuron
        reg  [MV-1:0]             v_2q, v_3q, v_4q, v_6q, v_8q;
        reg  [WIDE-1:0]           v_5q, v_7q;
        reg  [WIDE-1:0]           current_3q, current_4q;
        reg  [WIDE-1:0]           reset_3q, reset_4q, reset_5q, reset_6q;
        reg                       fires_7q;
        reg                       over_3q, over_4q, over_5q;    // the value takes the place of leak and input
        wire [CURRENT_BITS-1:0]   current_2 = current_2q[i*CURRENT_BITS +: CURRENT_BITS];
        wire [THRESHOLD_BITS-1:0] threshold_2 = thresholds_2q[i*THRESHOLD_BITS +: THRESHOLD_BITS];
        wire [THRESHOLD_BITS-1:0] threshold_6 = thresholds_6q[i*THRESHOLD_BITS +: THRESHOLD_BITS];
        wire [RESET_BITS-1:0]     reset_2 = resets_2q[i*RESET_BITS +: RESET_BITS];
        wire [WIDE-1:0]           wide_current = {{(WIDE-CURRENT_BITS){current_2[CURRENT_BITS-1]}}, current_2};
        wire [WIDE-1:0]           wide_reset = {{(WIDE-RESET_BITS){reset_2[RESET_BITS-1]}}, reset_2};

        // 2 to 3: a delayed reset; 3 to 4: leak
        wire          resets_2;
        wire [MV-1:0] leaked;
        if (DELAYED != 0 && RESET != 0) begin : delayed
            assign resets_2 = $signed({{(COMPARED-MV){v_2q[MV-1]}}, v_2q})
                           >= $signed({{(COMPARED-THRESHOLD_BITS){threshold_2[THRESHOLD_BITS-1]}}, threshold_2});
        end else begin : undelayed
            wire unused_threshold = &{1'b0, threshold_2};
            assign resets_2 = 1'b0;
        end
        snn_leak #(.BITS(MV), .LEAK(LEAK), .SHIFT(LEAK_SHIFT), .FACTOR(LEAK_FACTOR)) u_leak (
            .v(v_3q), .factor(factors_3q[i*FACTOR_BITS +: FACTOR_BITS]), .leaked(leaked)
        );

        // 5 to 6: saturate; 6 to 7: fire, and reset at once; 7 to 8: saturate again, and keep above the floor
        wire            fits_5 = v_5q[WIDE-1:MV-1] == {(WIDE-MV+1){v_5q[WIDE-1]}};
        wire            fires_6 = $signed({{(COMPARED-MV){v_6q[MV-1]}}, v_6q})
                               >= $signed({{(COMPARED-THRESHOLD_BITS){threshold_6[THRESHOLD_BITS-1]}}, threshold_6});
        wire            resets_6 = DELAYED == 0 && RESET != 0 && fires_6;
        wire [WIDE-1:0] wide_6 = {{(WIDE-MV){v_6q[MV-1]}}, v_6q};
        wire            fits_7 = v_7q[WIDE-1:MV-1] == {(WIDE-MV+1){v_7q[WIDE-1]}};
        wire [MV-1:0]         saturated_7 = fits_7 ? v_7q[MV-1:0] : {v_7q[WIDE-1], {(MV-1){!v_7q[WIDE-1]}}};
        wire [FLOOR_BITS-1:0] floor_7 = floors_7q[i*FLOOR_BITS +: FLOOR_BITS];
        wire [MV-1:0]         bounded_7;
        if (FLOOR != 0) begin : bounded
            wire [MV:0] wide_floor = {{(MV+1-FLOOR_BITS){floor_7[FLOOR_BITS-1]}}, floor_7};
            wire        below = $signed({saturated_7[MV-1], saturated_7}) < $signed(wide_floor);
            assign bounded_7 = below ? wide_floor[MV-1:0] : saturated_7;
        end else begin : unbounded
            wire unused_floor = &{1'b0, floor_7};
            assign bounded_7 = saturated_7;
        end
        always @(posedge clk)
            if (moves) begin
                v_2q         <= tags_q[0] ? {MV{1'b0}} : stored[i*MV +: MV];    // a sample starts from rest
                v_3q         <= RESET == 1 && DELAYED == 1 && resets_2 ? wide_reset[MV-1:0] : v_2q;
                current_3q   <= RESET == 2 && resets_2 ? wide_current - wide_reset : wide_current;
                reset_3q     <= wide_reset;
                over_3q      <= DELAYED == 2 && resets_2;
                over_4q      <= over_3q;
                over_5q      <= over_4q;
                v_4q         <= leaked;
                current_4q   <= current_3q;
                reset_4q     <= reset_3q;
                v_5q         <= {{(WIDE-MV){v_4q[MV-1]}}, v_4q} + current_4q;
                reset_5q     <= reset_4q;
                v_6q         <= over_5q ? reset_5q[MV-1:0] : fits_5 ? v_5q[MV-1:0] : {v_5q[WIDE-1], {(MV-1){!v_5q[WIDE-1]}}};
                reset_6q     <= reset_5q;
                v_7q         <= !resets_6 ? wide_6 : RESET == 1 ? reset_6q : wide_6 - reset_6q;
                fires_7q     <= fires_6;
                v_8q         <= bounded_7;
                spikes_8q[i] <= fires_7q;
            end
        assign next[i*MV +: MV] = v_8q;

        // 1: the level of a number; 7 to 8: the number of the level that is stored
        if (STORED != 0) begin : staircase
            localparam TABLE = STORED_EACH != 0 ? i : 0;
            wire [STORED_BITS-1:0] number_1 = kept_1[i*STORED_BITS +: STORED_BITS];
            wire [STEPPED-1:0]     wide_7 = {{(STEPPED-MV){saturated_7[MV-1]}}, saturated_7};
            wire [STORED-1:0]      above_7;
            reg  [MV-1:0]          level_1;
            reg  [STORED_BITS-1:0] number_7, number_8q;
            genvar j;
            for (j = 0; j < STORED; j = j + 1) begin : compare
                wire [STEP_BITS-1:0] step = steps_7[(TABLE*STORED+j)*STEP_BITS +: STEP_BITS];
                assign above_7[j] = $signed(wide_7) >= $signed({{(STEPPED-STEP_BITS){step[STEP_BITS-1]}}, step});
            end
            integer k;
            always @* begin
                level_1  = levels_1[TABLE*(STORED+1)*MV +: MV];
                number_7 = {STORED_BITS{1'b0}};
                for (k = 0; k < STORED; k = k + 1) begin
                    if (number_1 > k[STORED_BITS-1:0]) level_1 = levels_1[(TABLE*(STORED+1)+k+1)*MV +: MV];
                    number_7 = number_7 + {{(STORED_BITS-1){1'b0}}, above_7[k]};
                end
            end
            always @(posedge clk) if (moves) number_8q <= number_7;
            assign stored[i*MV +: MV] = level_1;
            assign kept_8[i*STORED_BITS +: STORED_BITS] = number_8q;
        end else begin : as_it_is
            assign stored[i*MV +: MV] = kept_1[i*MV +: MV];
            assign kept_8[i*MV +: MV] = v_8q;
        end
    end endgenerate

    assign o_valid     = valids_q[7];
    assign o_spikes    = spikes_8q;
    assign o_membranes = next;
    assign o_tag       = tags_q[4*7 +: 4];
endmodule
`default_nettype wire
