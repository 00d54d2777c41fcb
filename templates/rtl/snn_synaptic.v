// Synaptic currents between a population's current and its membranes: one filter, or the sum of two.
// Integer rules: runtime-nostd/src/neuron.rs. Six clocks deep, never waits. If it CLEARS, the same
// neuron may come back after LOOP = 15 clocks: what it fired is known then.
`default_nettype none
module snn_synaptic #(
    parameter GROUP          = 2,    // neurons per clock
    parameter WORDS          = 4,    // neurons / GROUP
    parameter GROUPS         = 2,    // channels / GROUP
    parameter CURRENT_BITS   = 16,   // signed
    parameter OUT_BITS       = 14,   // signed; holds the sum
    parameter BITS_0         = 12,   // of a state of the first filter, signed
    parameter NEGATIVE_0     = 0,    // 1: the membrane takes its negative
    parameter LEAK_0         = 0,    // the parameters of snn_filter
    parameter LEAK_SHIFT_0   = 1,
    parameter LEAK_FACTOR_0  = 0,
    parameter FACTOR_WORDS_0 = 2,
    parameter FACTORS_0      = "",
    parameter SECOND         = 0,    // 1: there is a second filter
    parameter BITS_1         = 12,
    parameter NEGATIVE_1     = 0,
    parameter LEAK_1         = 0,
    parameter LEAK_SHIFT_1   = 1,
    parameter LEAK_FACTOR_1  = 0,
    parameter FACTOR_WORDS_1 = 2,
    parameter FACTORS_1      = "",
    parameter CLEARS         = 0     // 1: a neuron that fired in the timestep before has no synaptic currents
) (
    input  wire                          clk,
    input  wire                          rst,        // synchronous, active high
    input  wire                          i_valid,
    input  wire [GROUP*CURRENT_BITS-1:0] i_data,
    input  wire [3:0]                    i_tag,      // bit 0: first timestep of a sample
    output reg                           o_valid,
    output reg  [GROUP*OUT_BITS-1:0]     o_data,
    output reg  [3:0]                    o_tag,
    input  wire                          fired_valid, // the neurons' spikes, word after word; looked at if CLEARS
    input  wire [GROUP-1:0]              fired
);
    localparam WORD_BITS = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam [WORD_BITS-1:0] LAST_WORD = WORDS[WORD_BITS-1:0] - 1'b1;

    // 1: the spikes of the timestep before
    wire [GROUP-1:0] clear_1;
    generate if (CLEARS != 0) begin : spikes_before
        reg  [WORD_BITS-1:0] read_q, write_q;
        reg                  first_1q;
        wire [GROUP-1:0]     fired_1;
        snn_ram #(.WIDTH(GROUP), .DEPTH(WORDS), .ADDRESS_BITS(WORD_BITS)) u_fired (
            .clk(clk), .write(fired_valid), .write_address(write_q), .write_data(fired),
            .read(i_valid), .read_address(read_q), .read_data(fired_1)
        );
        always @(posedge clk) begin
            if (i_valid) begin
                read_q   <= read_q == LAST_WORD ? {WORD_BITS{1'b0}} : read_q + 1'b1;
                first_1q <= i_tag[0];
            end
            if (fired_valid) write_q <= write_q == LAST_WORD ? {WORD_BITS{1'b0}} : write_q + 1'b1;
            if (rst) begin
                read_q  <= {WORD_BITS{1'b0}};
                write_q <= {WORD_BITS{1'b0}};
            end
        end
        assign clear_1 = first_1q ? {GROUP{1'b0}} : fired_1;
    end else begin : nothing_before
        wire unused_fired = &{1'b0, fired_valid, fired, LAST_WORD};
        assign clear_1 = {GROUP{1'b0}};
    end endgenerate

    wire                      valid_5;
    wire [3:0]                tag_5;
    wire [GROUP*BITS_0-1:0]   states_0;
    wire [GROUP*OUT_BITS-1:0] given_0, given_1;
    snn_filter #(
        .GROUP(GROUP), .WORDS(WORDS), .GROUPS(GROUPS), .CURRENT_BITS(CURRENT_BITS), .BITS(BITS_0), .LEAK(LEAK_0),
        .LEAK_SHIFT(LEAK_SHIFT_0), .LEAK_FACTOR(LEAK_FACTOR_0), .FACTOR_WORDS(FACTOR_WORDS_0), .FACTORS(FACTORS_0)
    ) u_first (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_current(i_data), .i_tag(i_tag), .clear_1(clear_1),
        .o_valid(valid_5), .o_states(states_0), .o_tag(tag_5)
    );
    genvar i;
    generate
        for (i = 0; i < GROUP; i = i + 1) begin : first
            wire [BITS_0-1:0]   state = states_0[i*BITS_0 +: BITS_0];
            wire [OUT_BITS-1:0] wide;
            if (OUT_BITS > BITS_0) begin : wider
                assign wide = {{(OUT_BITS-BITS_0){state[BITS_0-1]}}, state};
            end else begin : same
                assign wide = state;
            end
            assign given_0[i*OUT_BITS +: OUT_BITS] = NEGATIVE_0 != 0 ? {OUT_BITS{1'b0}} - wide : wide;
        end
        if (SECOND != 0) begin : second
            wire [GROUP*BITS_1-1:0] states_1;
            wire                    unused_valid;
            wire [3:0]              unused_tag;
            snn_filter #(
                .GROUP(GROUP), .WORDS(WORDS), .GROUPS(GROUPS), .CURRENT_BITS(CURRENT_BITS), .BITS(BITS_1), .LEAK(LEAK_1),
                .LEAK_SHIFT(LEAK_SHIFT_1), .LEAK_FACTOR(LEAK_FACTOR_1), .FACTOR_WORDS(FACTOR_WORDS_1), .FACTORS(FACTORS_1)
            ) u_second (
                .clk(clk), .rst(rst), .i_valid(i_valid), .i_current(i_data), .i_tag(i_tag), .clear_1(clear_1),
                .o_valid(unused_valid), .o_states(states_1), .o_tag(unused_tag)
            );
            for (i = 0; i < GROUP; i = i + 1) begin : element
                wire [BITS_1-1:0]   state = states_1[i*BITS_1 +: BITS_1];
                wire [OUT_BITS-1:0] wide = {{(OUT_BITS-BITS_1){state[BITS_1-1]}}, state};
                assign given_1[i*OUT_BITS +: OUT_BITS] = NEGATIVE_1 != 0 ? {OUT_BITS{1'b0}} - wide : wide;
            end
        end else begin : no_second
            assign given_1 = {(GROUP*OUT_BITS){1'b0}};
        end
    endgenerate
    integer k;
    always @(posedge clk) begin
        o_valid <= valid_5 && !rst;
        if (valid_5) begin
            o_tag <= tag_5;
            for (k = 0; k < GROUP; k = k + 1)
                o_data[k*OUT_BITS +: OUT_BITS] <= given_0[k*OUT_BITS +: OUT_BITS] + given_1[k*OUT_BITS +: OUT_BITS];
        end
    end
endmodule
`default_nettype wire
