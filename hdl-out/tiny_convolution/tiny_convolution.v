// tiny_convolution: written by snnc. The modules it is made of are in rtl/; the integer rules they follow are the runtime's.
// 3 timesteps a sample. An input event is {y: 3 bits, x: 3 bits, channel: 0 bits}, on each of 8 digit planes, most significant first.
`default_nettype none

module tiny_convolution (
    input  wire        clk,
    input  wire        rst,         // synchronous, active high; one clock is enough
    input  wire [5:0] s_index,     // 1 active input, ...
    input  wire [0:0] s_keep,      // ... in these slots
    input  wire        s_last,      // the last beat of its timestep or digit plane
    input  wire        s_first,     // on every beat of a sample's first timestep
    input  wire        s_valid,
    output wire        s_ready,
    output wire [1:0] m_index,     // an output spike, or ...
    output wire        m_last,      // ... the end of its timestep
    output wire        m_first,
    output wire        m_valid,
    input  wire        m_ready,
    output wire        class_valid, // for one clock, after the last timestep of a sample
    output wire [1:0] class_index  // the prediction; stays until the next
);
    wire [0:0] layer_1__kept_start;
    wire [0:0] layer_1__kept_written;
    wire [0:0] layer_1__kept_written_first;
    wire [0:0] layer_1__kept_read;
    wire [0:0] layer_1__kept_free;
    wire [0:0] layer_1__kept_full;
    wire [0:0] layer_1__kept_first;
    wire [0:0] layer_1__out_start;
    wire [0:0] layer_1__out_written;
    wire [0:0] layer_1__out_written_first;
    wire [0:0] layer_1__out_read;
    wire [0:0] layer_1__out_free;
    wire [0:0] layer_1__out_full;
    wire [0:0] layer_1__out_first;
    wire [0:0] input_start;
    wire [0:0] input_written;
    wire [0:0] input_written_first;
    wire [0:0] input_read;
    wire [0:0] input_free;
    wire [0:0] input_full;
    wire [0:0] input_first;
    wire [2:0] layer_1__write;
    wire [5:0] layer_1__write_address;
    wire [71:0] layer_1__write_data;
    wire [0:0] layer_1__item_valid;
    wire [3:0] layer_1__item_row;
    wire [0:0] layer_1__item_hit;
    wire [0:0] layer_1__item_subtract;
    wire [0:0] layer_1__item_twice;
    wire [0:0] layer_1__item_load;
    wire [0:0] layer_1__item_shift;
    wire [0:0] layer_1__item_done;
    wire [3:0] layer_1__item_tag;
    wire [0:0] layer_1__chunk_valid;
    wire [8:0] layer_1__chunk_bits;
    wire [8:0] layer_1__chunk_signs;
    wire [8:0] layer_1__chunk_twice;
    wire [3:0] layer_1__chunk_count;
    wire [3:0] layer_1__chunk_rotation;
    wire [3:0] layer_1__chunk_row;
    wire [3:0] layer_1__chunk_flags;
    wire [3:0] layer_1__chunk_tag;
    wire [0:0] layer_1__chunk_pop;
    wire [0:0] layer_1__ends;
    wire [0:0] layer_1__sum_valid;
    wire [79:0] layer_1__sum;
    wire [3:0] layer_1__sum_tag;
    wire [0:0] layer_1__current_valid;
    wire [83:0] layer_1__current;
    wire [3:0] layer_1__current_tag;
    wire [0:0] layer_1__scaled_valid;
    wire [87:0] layer_1__scaled;
    wire [3:0] layer_1__scaled_tag;
    wire [0:0] layer_1__replayed_valid;
    wire [87:0] layer_1__replayed;
    wire [3:0] layer_1__replayed_tag;
    wire [0:0] layer_1__spikes_valid;
    wire [3:0] layer_1__spikes;
    wire [3:0] layer_1__spikes_tag;
    wire [67:0] layer_1__membranes;
    wire [0:0] layer_1__count_valid;
    wire [3:0] layer_1__count;
    wire [3:0] layer_1__count_tag;
    wire [0:0] layer_1__count_first;
    wire [35:0] layer_1__word;
    wire [0:0] layer_3__out_start;
    wire [0:0] layer_3__out_written;
    wire [0:0] layer_3__out_written_first;
    wire [0:0] layer_3__out_read;
    wire [0:0] layer_3__out_free;
    wire [0:0] layer_3__out_full;
    wire [0:0] layer_3__out_first;
    wire [0:0] layer_3__write;
    wire [1:0] layer_3__write_address;
    wire [35:0] layer_3__write_data;
    wire [0:0] layer_3__item_valid;
    wire [5:0] layer_3__item_row;
    wire [0:0] layer_3__item_hit;
    wire [0:0] layer_3__item_subtract;
    wire [0:0] layer_3__item_twice;
    wire [0:0] layer_3__item_load;
    wire [0:0] layer_3__item_shift;
    wire [0:0] layer_3__item_done;
    wire [3:0] layer_3__item_tag;
    wire [0:0] layer_3__chunk_valid;
    wire [35:0] layer_3__chunk_bits;
    wire [35:0] layer_3__chunk_signs;
    wire [35:0] layer_3__chunk_twice;
    wire [5:0] layer_3__chunk_count;
    wire [5:0] layer_3__chunk_rotation;
    wire [5:0] layer_3__chunk_row;
    wire [3:0] layer_3__chunk_flags;
    wire [3:0] layer_3__chunk_tag;
    wire [0:0] layer_3__chunk_pop;
    wire [0:0] layer_3__ends;
    wire [0:0] layer_3__sum_valid;
    wire [6:0] layer_3__sum;
    wire [3:0] layer_3__sum_tag;
    wire [0:0] layer_3__current_valid;
    wire [9:0] layer_3__current;
    wire [3:0] layer_3__current_tag;
    wire [0:0] layer_3__spikes_valid;
    wire [0:0] layer_3__spikes;
    wire [3:0] layer_3__spikes_tag;
    wire [7:0] layer_3__membranes;
    wire [0:0] unused_score_valid;
    wire [2:0] unused_score;
    wire [2:0] layer_3__word;
    wire [0:0] output__write;
    wire [1:0] output__write_address;
    wire [2:0] output__write_data;

    // ---- layer 1: convolution 3x3, 4 lanes of 20 bits, 4 elements per clock behind them
    snn_link #(
        .FRAMES(2),
        .READERS(1)
    ) u_layer_1__kept (
        .clk(clk),
        .rst(rst),
        .start(layer_1__kept_start),
        .written(layer_1__kept_written),
        .written_first(layer_1__kept_written_first),
        .read(layer_1__kept_read),
        .free(layer_1__kept_free),
        .full(layer_1__kept_full),
        .first(layer_1__kept_first)
    );
    snn_link #(
        .FRAMES(4),
        .READERS(1)
    ) u_layer_1__out (
        .clk(clk),
        .rst(rst),
        .start(layer_1__out_start),
        .written(layer_1__out_written),
        .written_first(layer_1__out_written_first),
        .read(layer_1__out_read),
        .free(layer_1__out_free),
        .full(layer_1__out_full),
        .first(layer_1__out_first)
    );
    snn_link #(
        .FRAMES(2),
        .READERS(1)
    ) u_input (
        .clk(clk),
        .rst(rst),
        .start(input_start),
        .written(input_written),
        .written_first(input_written_first),
        .read(input_read),
        .free(input_free),
        .full(input_full),
        .first(input_first)
    );
    snn_collect #(
        .PLANES(8),
        .CHUNK(1),
        .CHUNKS(1),
        .BANKS(3),
        .PAD_Y(1),
        .PAD_X(1),
        .ROW(3),
        .ROWS(8),
        .STACK(3),
        .ADDRESS_BITS(6),
        .Y_BITS(3),
        .X_BITS(3),
        .C_BITS(1)
    ) u_collect (
        .clk(clk),
        .rst(rst),
        .s_y(s_index[5:3]),
        .s_x(s_index[2:0]),
        .s_c(1'b0),
        .s_keep(s_keep),
        .s_last(s_last),
        .s_first(s_first),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .start(input_start),
        .free(input_free),
        .written(input_written),
        .written_first(input_written_first),
        .write(layer_1__write),
        .write_address(layer_1__write_address),
        .write_data(layer_1__write_data)
    );
    snn_window #(
        .SLOTS(1),
        .PLANES(8),
        .DIGITS(5),
        .SIGNED(0),
        .BASED(0),
        .LANE_GROUPS(1),
        .HEIGHT(6),
        .WIDTH(6),
        .POOL_Y(2),
        .POOL_X(2),
        .KEEP_Y(6),
        .KEEP_X(6),
        .KERNEL_Y(1),
        .BY_CHANNEL(0),
        .BANKS(3),
        .CHUNK(3),
        .CHUNKS(1),
        .ROW(3),
        .STRIDE_Y(1),
        .STRIDE_X(1),
        .FRAME(18),
        .FRAMES(2),
        .START(0),
        .FIRST_BANK(0),
        .OPENS(1),
        .CLOSES(1),
        .RESERVES(1),
        .ADDRESS_BITS(6),
        .OFFSET_BITS(4),
        .ROW_BITS(4),
        .COUNT_BITS(4),
        .OWN(0),
        .OWN_BITS(1),
        .BY_COLUMN(0),
        .OWN_WORDS(0)
    ) u_layer_1__window (
        .clk(clk),
        .rst(rst),
        .write(layer_1__write),
        .write_address(layer_1__write_address),
        .write_data(layer_1__write_data),
        .own_write(1'b0),
        .own_write_address(1'b0),
        .own_written(1'b0),
        .own_write_data(3'd0),
        .full(input_full),
        .first(input_first),
        .read(input_read),
        .o_valid(layer_1__chunk_valid),
        .o_bits(layer_1__chunk_bits),
        .o_signs(layer_1__chunk_signs),
        .o_twice(layer_1__chunk_twice),
        .o_count(layer_1__chunk_count),
        .o_rotation(layer_1__chunk_rotation),
        .o_row(layer_1__chunk_row),
        .o_flags(layer_1__chunk_flags),
        .o_tag(layer_1__chunk_tag),
        .o_pop(layer_1__chunk_pop)
    );
    snn_encode #(
        .OFFSET_BITS(4),
        .ROW_BITS(4),
        .INTERVAL(1),
        .BITS(9),
        .SLOTS(1),
        .COUNT_BITS(4)
    ) u_layer_1__encode (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__chunk_valid),
        .i_bits(layer_1__chunk_bits),
        .i_rotation(layer_1__chunk_rotation),
        .i_row(layer_1__chunk_row),
        .i_flags(layer_1__chunk_flags),
        .i_tag(layer_1__chunk_tag),
        .i_pop(layer_1__chunk_pop),
        .o_valid(layer_1__item_valid),
        .o_row(layer_1__item_row),
        .o_hit(layer_1__item_hit),
        .o_subtract(layer_1__item_subtract),
        .o_twice(layer_1__item_twice),
        .o_load(layer_1__item_load),
        .o_shift(layer_1__item_shift),
        .o_done(layer_1__item_done),
        .o_tag(layer_1__item_tag),
        .free(layer_1__kept_free),
        .start(layer_1__kept_start),
        .i_count(layer_1__chunk_count),
        .i_signs(layer_1__chunk_signs),
        .i_twice(layer_1__chunk_twice),
        .turn(1'b1),
        .ends(layer_1__ends)
    );
    snn_lanes #(
        .ROWS(9),
        .ROW_BITS(4),
        .LANES(4),
        .SUM_BITS(20),
        .GROUP(4),
        .SUBTRACTS(1),
        .PLANES(5),
        .SLOTS(1),
        .CHANNELS(1),
        .WEIGHT_BITS(8),
        .ODD(0),
        .DIGIT_BITS(2),
        .PERSISTS(0),
        .WEIGHTS("layer_1_weights.mem")
    ) u_layer_1__lanes (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__item_valid),
        .i_row(layer_1__item_row),
        .i_hit(layer_1__item_hit),
        .i_subtract(layer_1__item_subtract),
        .i_twice(layer_1__item_twice),
        .i_load(layer_1__item_load),
        .i_shift(layer_1__item_shift),
        .i_done(layer_1__item_done),
        .i_tag(layer_1__item_tag),
        .o_valid(layer_1__sum_valid),
        .o_sums(layer_1__sum),
        .o_tag(layer_1__sum_tag),
        .w_valid(1'b0),
        .w_row(4'd0),
        .w_columns(1'd0),
        .w_data(32'd0)
    );
    snn_finish #(
        .GROUP(4),
        .IN_BITS(20),
        .OUT_BITS(21),
        .LEFT(1),
        .RIGHT(0),
        .GROUPS(1),
        .BIAS_BITS(16),
        .BIAS_WORDS(1),
        .BIAS("layer_1_current_bias.mem")
    ) u_layer_1__current (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__sum_valid),
        .i_data(layer_1__sum),
        .i_tag(layer_1__sum_tag),
        .o_valid(layer_1__current_valid),
        .o_data(layer_1__current),
        .o_tag(layer_1__current_tag)
    );
    snn_finish #(
        .GROUP(4),
        .IN_BITS(21),
        .OUT_BITS(22),
        .LEFT(0),
        .RIGHT(0),
        .GROUPS(1),
        .BIAS_BITS(14),
        .BIAS_WORDS(1),
        .BIAS("layer_1_scaled_bias.mem")
    ) u_layer_1__scaled (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__current_valid),
        .i_data(layer_1__current),
        .i_tag(layer_1__current_tag),
        .o_valid(layer_1__scaled_valid),
        .o_data(layer_1__scaled),
        .o_tag(layer_1__scaled_tag)
    );
    snn_replay #(
        .WIDTH(88),
        .WORDS(36),
        .PERIOD(36),
        .TIMESTEPS(3)
    ) u_layer_1__replay (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__scaled_valid),
        .i_data(layer_1__scaled),
        .i_tag(layer_1__scaled_tag[3:1]),
        .o_valid(layer_1__replayed_valid),
        .o_data(layer_1__replayed),
        .o_tag(layer_1__replayed_tag),
        .written(layer_1__kept_written),
        .full(layer_1__kept_full),
        .read(layer_1__kept_read),
        .start(layer_1__out_start),
        .free(layer_1__out_free)
    );
    snn_neuron #(
        .GROUP(4),
        .WORDS(36),
        .GROUPS(1),
        .CURRENT_BITS(22),
        .MEMBRANE_BITS(17),
        .LEAK(0),
        .LEAK_SHIFT(1),
        .LEAK_FACTOR(0),
        .FACTOR_WORDS(1),
        .RESET(2),
        .DELAYED(0),
        .THRESHOLD_BITS(16),
        .THRESHOLD_WORDS(1),
        .TIMED(0),
        .RESET_BITS(16),
        .RESET_WORDS(1),
        .FLOOR(0),
        .FLOOR_BITS(2),
        .FLOOR_WORDS(1),
        .FACTORS(""),
        .FLOORS(""),
        .THRESHOLDS("layer_1_thresholds.mem"),
        .RESETS("layer_1_resets.mem")
    ) u_layer_1__neurons (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__replayed_valid),
        .i_current(layer_1__replayed),
        .i_tag(layer_1__replayed_tag),
        .o_valid(layer_1__spikes_valid),
        .o_spikes(layer_1__spikes),
        .o_membranes(layer_1__membranes),
        .o_tag(layer_1__spikes_tag)
    );
    snn_pool #(
        .GROUP(4),
        .GROUPS(1),
        .IN_BITS(1),
        .OUT_BITS(1),
        .OP(2)
    ) u_layer_1__count (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__spikes_valid),
        .i_data(layer_1__spikes),
        .i_tag(layer_1__spikes_tag),
        .o_valid(layer_1__count_valid),
        .o_data(layer_1__count),
        .o_first(layer_1__count_first)
    );
    snn_writer #(
        .GROUP(4),
        .PLANES(1),
        .CHUNK(36),
        .CHANNELS(36),
        .HEIGHT(1),
        .WIDTH(1),
        .BANKS(1),
        .START(0),
        .FIRST_BANK(0),
        .ROW(1),
        .FRAME(1),
        .FRAMES(4),
        .ADDRESS_BITS(2)
    ) u_layer_1__writer (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__count_valid),
        .i_data(layer_1__count),
        .i_first(layer_1__count_tag[0]),
        .write_data(layer_1__word),
        .write(layer_3__write),
        .write_address(layer_3__write_address),
        .written(layer_1__out_written),
        .written_first(layer_1__out_written_first)
    );
    wire layer_1__unused_ends = &{1'b0, layer_1__ends};
    assign layer_1__kept_written_first = 1'b1;
    wire layer_1__unused_first = &{1'b0, layer_1__kept_first, layer_1__scaled_tag[0]};
    assign layer_1__count_tag = {3'b111, layer_1__count_first};
    wire layer_1__unused_membranes = &{1'b0, layer_1__membranes};
    wire layer_1__unused_tag = &{1'b0, layer_1__count_tag[3:1]};
    assign layer_3__write_data = {1{layer_1__word}};

    // ---- layer 3: dense, 3 lanes of 7 bits, 1 elements per clock behind them
    snn_link #(
        .FRAMES(4),
        .READERS(1)
    ) u_layer_3__out (
        .clk(clk),
        .rst(rst),
        .start(layer_3__out_start),
        .written(layer_3__out_written),
        .written_first(layer_3__out_written_first),
        .read(layer_3__out_read),
        .free(layer_3__out_free),
        .full(layer_3__out_full),
        .first(layer_3__out_first)
    );
    snn_window #(
        .SLOTS(1),
        .PLANES(1),
        .DIGITS(0),
        .SIGNED(0),
        .BASED(0),
        .LANE_GROUPS(1),
        .HEIGHT(1),
        .WIDTH(1),
        .POOL_Y(1),
        .POOL_X(1),
        .KEEP_Y(1),
        .KEEP_X(1),
        .KERNEL_Y(1),
        .BY_CHANNEL(0),
        .BANKS(1),
        .CHUNK(36),
        .CHUNKS(1),
        .ROW(1),
        .STRIDE_Y(1),
        .STRIDE_X(1),
        .FRAME(1),
        .FRAMES(4),
        .START(0),
        .FIRST_BANK(0),
        .OPENS(1),
        .CLOSES(1),
        .RESERVES(1),
        .ADDRESS_BITS(2),
        .OFFSET_BITS(6),
        .ROW_BITS(6),
        .COUNT_BITS(6),
        .OWN(0),
        .OWN_BITS(1),
        .BY_COLUMN(0),
        .OWN_WORDS(0)
    ) u_layer_3__window (
        .clk(clk),
        .rst(rst),
        .write(layer_3__write),
        .write_address(layer_3__write_address),
        .write_data(layer_3__write_data),
        .own_write(1'b0),
        .own_write_address(1'b0),
        .own_written(1'b0),
        .own_write_data(36'd0),
        .full(layer_1__out_full),
        .first(layer_1__out_first),
        .read(layer_1__out_read),
        .o_valid(layer_3__chunk_valid),
        .o_bits(layer_3__chunk_bits),
        .o_signs(layer_3__chunk_signs),
        .o_twice(layer_3__chunk_twice),
        .o_count(layer_3__chunk_count),
        .o_rotation(layer_3__chunk_rotation),
        .o_row(layer_3__chunk_row),
        .o_flags(layer_3__chunk_flags),
        .o_tag(layer_3__chunk_tag),
        .o_pop(layer_3__chunk_pop)
    );
    snn_encode #(
        .OFFSET_BITS(6),
        .ROW_BITS(6),
        .INTERVAL(9),
        .BITS(36),
        .SLOTS(1),
        .COUNT_BITS(6)
    ) u_layer_3__encode (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__chunk_valid),
        .i_bits(layer_3__chunk_bits),
        .i_rotation(layer_3__chunk_rotation),
        .i_row(layer_3__chunk_row),
        .i_flags(layer_3__chunk_flags),
        .i_tag(layer_3__chunk_tag),
        .i_pop(layer_3__chunk_pop),
        .o_valid(layer_3__item_valid),
        .o_row(layer_3__item_row),
        .o_hit(layer_3__item_hit),
        .o_subtract(layer_3__item_subtract),
        .o_twice(layer_3__item_twice),
        .o_load(layer_3__item_load),
        .o_shift(layer_3__item_shift),
        .o_done(layer_3__item_done),
        .o_tag(layer_3__item_tag),
        .free(layer_3__out_free),
        .start(layer_3__out_start),
        .i_count(layer_3__chunk_count),
        .i_signs(layer_3__chunk_signs),
        .i_twice(layer_3__chunk_twice),
        .turn(1'b1),
        .ends(layer_3__ends)
    );
    snn_lanes #(
        .ROWS(36),
        .ROW_BITS(6),
        .LANES(3),
        .SUM_BITS(7),
        .GROUP(1),
        .SUBTRACTS(0),
        .PLANES(1),
        .SLOTS(1),
        .CHANNELS(1),
        .WEIGHT_BITS(1),
        .ODD(0),
        .DIGIT_BITS(1),
        .PERSISTS(0),
        .WEIGHTS("layer_3_weights.mem")
    ) u_layer_3__lanes (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__item_valid),
        .i_row(layer_3__item_row),
        .i_hit(layer_3__item_hit),
        .i_subtract(layer_3__item_subtract),
        .i_twice(layer_3__item_twice),
        .i_load(layer_3__item_load),
        .i_shift(layer_3__item_shift),
        .i_done(layer_3__item_done),
        .i_tag(layer_3__item_tag),
        .o_valid(layer_3__sum_valid),
        .o_sums(layer_3__sum),
        .o_tag(layer_3__sum_tag),
        .w_valid(1'b0),
        .w_row(6'd0),
        .w_columns(1'd0),
        .w_data(32'd0)
    );
    snn_finish #(
        .GROUP(1),
        .IN_BITS(7),
        .OUT_BITS(10),
        .LEFT(2),
        .RIGHT(0),
        .GROUPS(3),
        .BIAS_BITS(4),
        .BIAS_WORDS(3),
        .BIAS("layer_3_current_bias.mem")
    ) u_layer_3__current (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__sum_valid),
        .i_data(layer_3__sum),
        .i_tag(layer_3__sum_tag),
        .o_valid(layer_3__current_valid),
        .o_data(layer_3__current),
        .o_tag(layer_3__current_tag)
    );
    snn_neuron #(
        .GROUP(1),
        .WORDS(3),
        .GROUPS(3),
        .CURRENT_BITS(10),
        .MEMBRANE_BITS(8),
        .LEAK(0),
        .LEAK_SHIFT(1),
        .LEAK_FACTOR(0),
        .FACTOR_WORDS(1),
        .RESET(2),
        .DELAYED(1),
        .THRESHOLD_BITS(5),
        .THRESHOLD_WORDS(3),
        .TIMED(0),
        .RESET_BITS(5),
        .RESET_WORDS(3),
        .FLOOR(0),
        .FLOOR_BITS(2),
        .FLOOR_WORDS(1),
        .FACTORS(""),
        .FLOORS(""),
        .THRESHOLDS("layer_3_thresholds.mem"),
        .RESETS("layer_3_resets.mem")
    ) u_layer_3__neurons (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__current_valid),
        .i_current(layer_3__current),
        .i_tag(layer_3__current_tag),
        .o_valid(layer_3__spikes_valid),
        .o_spikes(layer_3__spikes),
        .o_membranes(layer_3__membranes),
        .o_tag(layer_3__spikes_tag)
    );
    snn_readout #(
        .ELEMENTS(3),
        .VALUE_BITS(2),
        .SCORE_BITS(3),
        .TIMESTEPS(3),
        .REDUCE(0),
        .INDEX_BITS(2)
    ) u_readout (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__spikes_valid),
        .i_value({1'b0, layer_3__spikes}),
        .i_first(layer_3__spikes_tag[0]),
        .score_valid(unused_score_valid),
        .score(unused_score),
        .class_valid(class_valid),
        .class_index(class_index)
    );
    snn_writer #(
        .GROUP(1),
        .PLANES(1),
        .CHUNK(3),
        .CHANNELS(3),
        .HEIGHT(1),
        .WIDTH(1),
        .BANKS(1),
        .START(0),
        .FIRST_BANK(0),
        .ROW(1),
        .FRAME(1),
        .FRAMES(4),
        .ADDRESS_BITS(2)
    ) u_layer_3__writer (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_3__spikes_valid),
        .i_data(layer_3__spikes),
        .i_first(layer_3__spikes_tag[0]),
        .write_data(layer_3__word),
        .write(output__write),
        .write_address(output__write_address),
        .written(layer_3__out_written),
        .written_first(layer_3__out_written_first)
    );
    wire layer_3__unused_ends = &{1'b0, layer_3__ends};
    wire layer_3__unused_membranes = &{1'b0, layer_3__membranes};
    wire layer_3__unused_tag = &{1'b0, layer_3__spikes_tag[3:1]};
    assign output__write_data = {1{layer_3__word}};

    // ---- output stream
    snn_events #(
        .CHUNK(3),
        .CHUNKS(1),
        .FRAMES(4),
        .ADDRESS_BITS(2),
        .INDEX_BITS(2)
    ) u_events (
        .clk(clk),
        .rst(rst),
        .write(output__write),
        .write_address(output__write_address),
        .write_data(output__write_data),
        .full(layer_3__out_full),
        .first(layer_3__out_first),
        .read(layer_3__out_read),
        .m_index(m_index),
        .m_last(m_last),
        .m_first(m_first),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );
endmodule

`default_nettype wire
