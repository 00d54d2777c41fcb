// tiny_dense: written by snnc. The modules it is made of are in rtl/; the integer rules they follow are the runtime's.
// 5 timesteps a sample. An input event is element 0 to 11.
`default_nettype none

module tiny_dense (
    input  wire        clk,
    input  wire        rst,         // synchronous, active high; one clock is enough
    input  wire [3:0] s_index,     // 1 active input, ...
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
    wire [0:0] layer_0__out_start;
    wire [0:0] layer_0__out_written;
    wire [0:0] layer_0__out_written_first;
    wire [0:0] layer_0__out_read;
    wire [0:0] layer_0__out_free;
    wire [0:0] layer_0__out_full;
    wire [0:0] layer_0__out_first;
    wire [0:0] layer_0__item_valid;
    wire [3:0] layer_0__item_row;
    wire [0:0] layer_0__item_hit;
    wire [0:0] layer_0__item_subtract;
    wire [0:0] layer_0__item_twice;
    wire [0:0] layer_0__item_load;
    wire [0:0] layer_0__item_shift;
    wire [0:0] layer_0__item_done;
    wire [3:0] layer_0__item_tag;
    wire [0:0] layer_0__sum_valid;
    wire [19:0] layer_0__sum;
    wire [3:0] layer_0__sum_tag;
    wire [0:0] layer_0__current_valid;
    wire [33:0] layer_0__current;
    wire [3:0] layer_0__current_tag;
    wire [0:0] layer_0__spikes_valid;
    wire [1:0] layer_0__spikes;
    wire [3:0] layer_0__spikes_tag;
    wire [23:0] layer_0__membranes;
    wire [7:0] layer_0__word;
    wire [0:0] layer_1__out_start;
    wire [0:0] layer_1__out_written;
    wire [0:0] layer_1__out_written_first;
    wire [0:0] layer_1__out_read;
    wire [0:0] layer_1__out_free;
    wire [0:0] layer_1__out_full;
    wire [0:0] layer_1__out_first;
    wire [0:0] layer_1__write;
    wire [1:0] layer_1__write_address;
    wire [7:0] layer_1__write_data;
    wire [0:0] layer_1__item_valid;
    wire [2:0] layer_1__item_row;
    wire [0:0] layer_1__item_hit;
    wire [0:0] layer_1__item_subtract;
    wire [0:0] layer_1__item_twice;
    wire [0:0] layer_1__item_load;
    wire [0:0] layer_1__item_shift;
    wire [0:0] layer_1__item_done;
    wire [3:0] layer_1__item_tag;
    wire [0:0] layer_1__chunk_valid;
    wire [7:0] layer_1__chunk_bits;
    wire [7:0] layer_1__chunk_signs;
    wire [7:0] layer_1__chunk_twice;
    wire [3:0] layer_1__chunk_count;
    wire [2:0] layer_1__chunk_rotation;
    wire [2:0] layer_1__chunk_row;
    wire [3:0] layer_1__chunk_flags;
    wire [3:0] layer_1__chunk_tag;
    wire [0:0] layer_1__chunk_pop;
    wire [0:0] layer_1__ends;
    wire [0:0] layer_1__sum_valid;
    wire [6:0] layer_1__sum;
    wire [3:0] layer_1__sum_tag;
    wire [0:0] layer_1__current_valid;
    wire [3:0] layer_1__current;
    wire [3:0] layer_1__current_tag;
    wire [0:0] layer_1__spikes_valid;
    wire [0:0] layer_1__spikes;
    wire [3:0] layer_1__spikes_tag;
    wire [1:0] layer_1__membranes;
    wire [0:0] unused_score_valid;
    wire [3:0] unused_score;
    wire [2:0] layer_1__word;
    wire [0:0] output__write;
    wire [1:0] output__write_address;
    wire [2:0] output__write_data;

    // ---- layer 0: dense, directly from the event stream, 8 lanes of 10 bits, 2 elements per clock behind them
    snn_link #(
        .FRAMES(4),
        .READERS(1)
    ) u_layer_0__out (
        .clk(clk),
        .rst(rst),
        .start(layer_0__out_start),
        .written(layer_0__out_written),
        .written_first(layer_0__out_written_first),
        .read(layer_0__out_read),
        .free(layer_0__out_free),
        .full(layer_0__out_full),
        .first(layer_0__out_first)
    );
    snn_stream #(
        .INDEX_BITS(4),
        .SLOTS(1),
        .PLANES(1),
        .NEGATIVE(0),
        .INTERVAL(9)
    ) u_layer_0__stream (
        .clk(clk),
        .rst(rst),
        .s_index(s_index),
        .s_keep(s_keep),
        .s_last(s_last),
        .s_first(s_first),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .o_valid(layer_0__item_valid),
        .o_row(layer_0__item_row),
        .o_hit(layer_0__item_hit),
        .o_subtract(layer_0__item_subtract),
        .o_twice(layer_0__item_twice),
        .o_load(layer_0__item_load),
        .o_shift(layer_0__item_shift),
        .o_done(layer_0__item_done),
        .o_tag(layer_0__item_tag),
        .free(layer_0__out_free),
        .start(layer_0__out_start)
    );
    snn_lanes #(
        .ROWS(12),
        .ROW_BITS(4),
        .LANES(8),
        .SUM_BITS(10),
        .GROUP(2),
        .SUBTRACTS(0),
        .PLANES(1),
        .SLOTS(1),
        .CHANNELS(1),
        .WEIGHT_BITS(6),
        .ODD(0),
        .DIGIT_BITS(1),
        .PERSISTS(0),
        .WEIGHTS("layer_0_weights.mem")
    ) u_layer_0__lanes (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_0__item_valid),
        .i_row(layer_0__item_row),
        .i_hit(layer_0__item_hit),
        .i_subtract(layer_0__item_subtract),
        .i_twice(layer_0__item_twice),
        .i_load(layer_0__item_load),
        .i_shift(layer_0__item_shift),
        .i_done(layer_0__item_done),
        .i_tag(layer_0__item_tag),
        .o_valid(layer_0__sum_valid),
        .o_sums(layer_0__sum),
        .o_tag(layer_0__sum_tag),
        .w_valid(1'b0),
        .w_row(4'd0),
        .w_columns(2'd0),
        .w_data(32'd0)
    );
    snn_finish #(
        .GROUP(2),
        .IN_BITS(10),
        .OUT_BITS(17),
        .LEFT(6),
        .RIGHT(0),
        .GROUPS(4),
        .BIAS_BITS(10),
        .BIAS_WORDS(4),
        .BIAS("layer_0_current_bias.mem")
    ) u_layer_0__current (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_0__sum_valid),
        .i_data(layer_0__sum),
        .i_tag(layer_0__sum_tag),
        .o_valid(layer_0__current_valid),
        .o_data(layer_0__current),
        .o_tag(layer_0__current_tag)
    );
    snn_neuron #(
        .GROUP(2),
        .WORDS(4),
        .GROUPS(4),
        .CURRENT_BITS(17),
        .MEMBRANE_BITS(12),
        .LEAK(0),
        .LEAK_SHIFT(1),
        .LEAK_FACTOR(0),
        .FACTOR_WORDS(1),
        .RESET(2),
        .DELAYED(1),
        .THRESHOLD_BITS(13),
        .THRESHOLD_WORDS(4),
        .TIMED(0),
        .RESET_BITS(14),
        .RESET_WORDS(4),
        .FLOOR(0),
        .FLOOR_BITS(2),
        .FLOOR_WORDS(1),
        .FACTORS(""),
        .FLOORS(""),
        .THRESHOLDS("layer_0_thresholds.mem"),
        .RESETS("layer_0_resets.mem")
    ) u_layer_0__neurons (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_0__current_valid),
        .i_current(layer_0__current),
        .i_tag(layer_0__current_tag),
        .o_valid(layer_0__spikes_valid),
        .o_spikes(layer_0__spikes),
        .o_membranes(layer_0__membranes),
        .o_tag(layer_0__spikes_tag)
    );
    snn_writer #(
        .GROUP(2),
        .PLANES(1),
        .CHUNK(8),
        .CHANNELS(8),
        .HEIGHT(1),
        .WIDTH(1),
        .BANKS(1),
        .START(0),
        .FIRST_BANK(0),
        .ROW(1),
        .FRAME(1),
        .FRAMES(4),
        .ADDRESS_BITS(2)
    ) u_layer_0__writer (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_0__spikes_valid),
        .i_data(layer_0__spikes),
        .i_first(layer_0__spikes_tag[0]),
        .write_data(layer_0__word),
        .write(layer_1__write),
        .write_address(layer_1__write_address),
        .written(layer_0__out_written),
        .written_first(layer_0__out_written_first)
    );
    wire layer_0__unused_membranes = &{1'b0, layer_0__membranes};
    wire layer_0__unused_tag = &{1'b0, layer_0__spikes_tag[3:1]};
    assign layer_1__write_data = {1{layer_0__word}};

    // ---- layer 1: dense, 3 lanes of 7 bits, 1 elements per clock behind them
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
        .CHUNK(8),
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
        .OFFSET_BITS(3),
        .ROW_BITS(3),
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
        .own_write_data(8'd0),
        .full(layer_0__out_full),
        .first(layer_0__out_first),
        .read(layer_0__out_read),
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
        .OFFSET_BITS(3),
        .ROW_BITS(3),
        .INTERVAL(9),
        .BITS(8),
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
        .free(layer_1__out_free),
        .start(layer_1__out_start),
        .i_count(layer_1__chunk_count),
        .i_signs(layer_1__chunk_signs),
        .i_twice(layer_1__chunk_twice),
        .turn(1'b1),
        .ends(layer_1__ends)
    );
    snn_lanes #(
        .ROWS(8),
        .ROW_BITS(3),
        .LANES(3),
        .SUM_BITS(7),
        .GROUP(1),
        .SUBTRACTS(0),
        .PLANES(1),
        .SLOTS(1),
        .CHANNELS(1),
        .WEIGHT_BITS(4),
        .ODD(0),
        .DIGIT_BITS(1),
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
        .w_row(3'd0),
        .w_columns(1'd0),
        .w_data(32'd0)
    );
    snn_finish #(
        .GROUP(1),
        .IN_BITS(7),
        .OUT_BITS(4),
        .LEFT(0),
        .RIGHT(4),
        .GROUPS(3),
        .BIAS_BITS(2),
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
    snn_neuron #(
        .GROUP(1),
        .WORDS(3),
        .GROUPS(3),
        .CURRENT_BITS(4),
        .MEMBRANE_BITS(2),
        .LEAK(1),
        .LEAK_SHIFT(5),
        .LEAK_FACTOR(0),
        .FACTOR_WORDS(1),
        .RESET(2),
        .DELAYED(0),
        .THRESHOLD_BITS(2),
        .THRESHOLD_WORDS(1),
        .TIMED(0),
        .RESET_BITS(2),
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
        .i_valid(layer_1__current_valid),
        .i_current(layer_1__current),
        .i_tag(layer_1__current_tag),
        .o_valid(layer_1__spikes_valid),
        .o_spikes(layer_1__spikes),
        .o_membranes(layer_1__membranes),
        .o_tag(layer_1__spikes_tag)
    );
    snn_readout #(
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
        .i_value({1'b0, layer_1__spikes}),
        .i_first(layer_1__spikes_tag[0]),
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
    ) u_layer_1__writer (
        .clk(clk),
        .rst(rst),
        .i_valid(layer_1__spikes_valid),
        .i_data(layer_1__spikes),
        .i_first(layer_1__spikes_tag[0]),
        .write_data(layer_1__word),
        .write(output__write),
        .write_address(output__write_address),
        .written(layer_1__out_written),
        .written_first(layer_1__out_written_first)
    );
    wire layer_1__unused_ends = &{1'b0, layer_1__ends};
    wire layer_1__unused_membranes = &{1'b0, layer_1__membranes};
    wire layer_1__unused_tag = &{1'b0, layer_1__spikes_tag[3:1]};
    assign output__write_data = {1{layer_1__word}};

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
        .full(layer_1__out_full),
        .first(layer_1__out_first),
        .read(layer_1__out_read),
        .m_index(m_index),
        .m_last(m_last),
        .m_first(m_first),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );
endmodule

`default_nettype wire
