// tiny_unrolled, unrolled: every weight is logic, every neuron has adders of its own. Written by snnc. The fixed modules are in
// rtl/, beside the adder trees of each layer; the integer rules they follow are the runtime's.
// 5 timesteps a sample. A frame has a bit for each input.
// 8 clocks deep.
`default_nettype none

module tiny_unrolled (
    input  wire clk,
    input  wire rst,            // synchronous, active high; one clock is enough
    input  wire [11:0] s_spikes,    // a frame
    input  wire s_first,        // of a sample's first timestep
    input  wire s_valid,
    output wire s_ready,
    output wire [2:0] m_spikes,    // the output spikes of a timestep
    output wire m_first,        // of a sample's first timestep
    output wire m_valid,
    input  wire m_ready,
    output wire class_valid,    // for one clock, after the last timestep of a sample
    output wire [1:0] class_index    // the prediction; stays until the next
);
    wire [11:0] input__spikes;
    wire [0:0] input__plane;
    wire [0:0] input__load;
    wire [0:0] input__done;
    wire [0:0] input__valid;
    wire [0:0] input__first;
    wire [71:0] layer_0__sums;
    wire [0:0] layer_0__state_valid;
    wire [0:0] layer_0__state_first;
    wire [127:0] layer_0__current;
    wire [7:0] layer_0__resets;
    wire [7:0] layer_0__spikes;
    wire [95:0] layer_0__membranes;
    wire [0:0] layer_0__spikes_valid;
    wire [0:0] layer_0__spikes_first;
    wire [17:0] layer_1__sums;
    wire [0:0] layer_1__state_valid;
    wire [0:0] layer_1__state_first;
    wire [8:0] layer_1__current;
    wire [2:0] layer_1__resets;
    wire [2:0] layer_1__spikes;
    wire [5:0] layer_1__membranes;
    wire [0:0] layer_1__spikes_valid;
    wire [0:0] layer_1__spikes_first;
    wire [0:0] unused_score_valid;
    wire [11:0] unused_scores;
    wire [0:0] unused_free;
    wire [15:0] unused_room;
    wire [15:0] unused_level;

    // ---- input
    snn_unrolled_issue #(
        .FAN_IN(12),
        .PLANES(1),
        .CONSTANT(0),
        .TIMESTEPS(5),
        .ROOM_BITS(4)
    ) u_issue (
        .clk(clk),
        .rst(rst),
        .s_spikes(s_spikes),
        .s_first(s_first),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .o_spikes(input__spikes),
        .o_plane(input__plane),
        .o_load(input__load),
        .o_done(input__done),
        .o_step(input__valid),
        .o_first(input__first),
        .given(m_valid && m_ready)
    );
    wire unused_input = &{1'b0, input__plane, input__load, input__done};

    // ---- layer 0: 8 neurons over 12 inputs, 95 of 96 weights not zero
    snn_unrolled_delay #(
        .WIDTH(2),
        .CLOCKS(3)
    ) u_layer_0__state (
        .clk(clk),
        .rst(rst),
        .i({input__valid, input__first}),
        .o({layer_0__state_valid, layer_0__state_first})
    );
    snn_unrolled_finish #(
        .ELEMENTS(8),
        .CHANNELS(8),
        .IN_BITS(9),
        .OUT_BITS(16),
        .LEFT(6),
        .RIGHT(0),
        .BIAS_BITS(10),
        .REGISTERED(1),
        .BIASES(80'h40800002f10b80000000)
    ) u_layer_0__current (
        .clk(clk),
        .i_done(1'b1),
        .i_sums(layer_0__sums),
        .o_currents(layer_0__current)
    );
    snn_unrolled_neuron #(
        .NEURONS(8),
        .CHANNELS(8),
        .CURRENT_BITS(16),
        .MEMBRANE_BITS(12),
        .LEAK(0),
        .LEAK_SHIFT(1),
        .LEAK_FACTOR(0),
        .RESET(2),
        .DELAYED(1),
        .THRESHOLD_BITS(13),
        .TIMES(1),
        .RESET_BITS(14),
        .FLOOR(0),
        .FLOOR_BITS(2),
        .THRESHOLDS(104'h64b25f83d84283e996cd770a59),
        .RESETS(112'h325897e07b10ff0f0c5b32ee3fb8)
    ) u_layer_0__neurons (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_0__state_valid),
        .i_first(layer_0__state_first),
        .i_currents(layer_0__current),
        .resets(layer_0__resets),
        .o_valid(layer_0__spikes_valid),
        .o_first(layer_0__spikes_first),
        .o_spikes(layer_0__spikes),
        .o_membranes(layer_0__membranes)
    );
    tiny_unrolled_layer_0_sums u_layer_0__sums (.clk(clk), .spikes(input__spikes), .sums(layer_0__sums));
    wire layer_0__unused = &{1'b0, layer_0__resets, layer_0__membranes};

    // ---- layer 1: 3 neurons over 8 inputs, 21 of 24 weights not zero
    snn_unrolled_delay #(
        .WIDTH(2),
        .CLOCKS(3)
    ) u_layer_1__state (
        .clk(clk),
        .rst(rst),
        .i({layer_0__spikes_valid, layer_0__spikes_first}),
        .o({layer_1__state_valid, layer_1__state_first})
    );
    snn_unrolled_finish #(
        .ELEMENTS(3),
        .CHANNELS(3),
        .IN_BITS(6),
        .OUT_BITS(3),
        .LEFT(0),
        .RIGHT(4),
        .BIAS_BITS(2),
        .REGISTERED(1),
        .BIASES(6'h00)
    ) u_layer_1__current (
        .clk(clk),
        .i_done(1'b1),
        .i_sums(layer_1__sums),
        .o_currents(layer_1__current)
    );
    snn_unrolled_neuron #(
        .NEURONS(3),
        .CHANNELS(3),
        .CURRENT_BITS(3),
        .MEMBRANE_BITS(2),
        .LEAK(1),
        .LEAK_SHIFT(5),
        .LEAK_FACTOR(0),
        .RESET(2),
        .DELAYED(0),
        .THRESHOLD_BITS(2),
        .TIMES(1),
        .RESET_BITS(2),
        .FLOOR(0),
        .FLOOR_BITS(2),
        .THRESHOLDS(6'h15),
        .RESETS(6'h15)
    ) u_layer_1__neurons (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__state_valid),
        .i_first(layer_1__state_first),
        .i_currents(layer_1__current),
        .resets(layer_1__resets),
        .o_valid(layer_1__spikes_valid),
        .o_first(layer_1__spikes_first),
        .o_spikes(layer_1__spikes),
        .o_membranes(layer_1__membranes)
    );
    tiny_unrolled_layer_1_sums u_layer_1__sums (.clk(clk), .spikes(layer_0__spikes), .sums(layer_1__sums));
    wire layer_1__unused = &{1'b0, layer_1__resets, layer_1__membranes};

    // ---- readout and output
    snn_unrolled_readout #(
        .ELEMENTS(3),
        .VALUE_BITS(2),
        .SCORE_BITS(4),
        .TIMESTEPS(5),
        .REDUCE(0),
        .INDEX_BITS(2)
    ) u_readout (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__spikes_valid),
        .i_first(layer_1__spikes_first),
        .i_values({1'b0, layer_1__spikes[2], 1'b0, layer_1__spikes[1], 1'b0, layer_1__spikes[0]}),
        .score_valid(unused_score_valid),
        .scores(unused_scores),
        .class_valid(class_valid),
        .class_index(class_index)
    );
    snn_queue #(
        .WIDTH(4),
        .ADDRESS_BITS(4)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .push(layer_1__spikes_valid),
        .push_data({layer_1__spikes_first, layer_1__spikes}),
        .free(unused_free),
        .room(unused_room),
        .level(unused_level),
        .valid(m_valid),
        .data({m_first, m_spikes}),
        .pop(m_valid && m_ready)
    );
endmodule

`default_nettype wire
