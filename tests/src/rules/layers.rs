//! Rules of what stands around the neurons: chains of drawn layers.

use crate::random_network::{Layer, Own, Recipe, Rng, Weights, build, samples, window};
use bumpalo::Bump;
use snnc::compiled::{Compiled, EdgeCode};
use snnc::data::Sample;
use snnc_runtime::program::{Edge, EdgeKind, PoolOp, Quantity, Rate, Reduce, Shape, ValueKind, Window};

use super::{Case, Setting, USUAL};

pub(super) const fn image(channels: u32, kind: EdgeKind, rate: Rate) -> Edge {
    Edge { shape: Shape { height: 7, width: 6, channels }, kind, rate }
}

pub(super) const fn conv(channels: u32, window: Window, neurons: bool) -> Layer {
    Layer::Conv { channels, window, weights: Weights::Int8, neurons }
}

pub(super) const fn dense(fan_out: u32) -> Layer {
    Layer::Dense { fan_out, weights: Weights::Int8, neurons: true }
}

pub(super) const fn pool(op: PoolOp, ceil: bool) -> Layer {
    Layer::Pool { op, size: [2, 2], ceil }
}

/// Draws the numbers of a chain, and four samples.
pub(super) fn drawn<'a>(
    arena: &'a Bump,
    input: Edge,
    layers: &[Layer],
    readout: (Quantity, Reduce),
) -> (Compiled<'a>, Vec<Sample>) {
    drawn_over(4, arena, input, layers, readout)
}

/// The same over so many timesteps.
fn drawn_over<'a>(
    timesteps: u32,
    arena: &'a Bump,
    input: Edge,
    layers: &[Layer],
    readout: (Quantity, Reduce),
) -> (Compiled<'a>, Vec<Sample>) {
    let mut rng = Rng::new(3);
    let compiled = build(arena, &Recipe { input, layers: layers.to_vec(), timesteps, readout, rich: false }, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 4);
    (compiled, samples)
}

pub(super) const COUNT: (Quantity, Reduce) = (Quantity::Spikes, Reduce::Sum);
pub(super) const SPIKES: EdgeKind = EdgeKind::Spikes;

/// Every one of them.
pub const LAYERS: &[Case] = &[
    Case {
        name: "convolution and pool of spikes",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), pool(PoolOp::Max, false), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: USUAL,
        mutants: &[
            ("snn_pool.v", "assign joined = wide | old;", "assign joined = wide;"),
            ("snn_pool.v", "i_tag[1] ? wide : joined", "joined"),
            ("snn_pool.v", "i_valid && i_tag[2] && i_tag[3]", "i_valid && i_tag[2]"),
            ("snn_encode.v", "below_2q ? row_2q + BITS[ROW_BITS-1:0]", "1'b0 ? row_2q + BITS[ROW_BITS-1:0]"),
            ("snn_window.v", "turned ? further : address", "address"),
            (
                "snn_walk.v",
                "x_q        <= band_end                ? {X_BITS{1'b0}} :\n                              line_end && !window_end ? window_x_q : x_q + 1'b1;",
                "x_q        <= band_end                ? {X_BITS{1'b0}} : x_q + 1'b1;",
            ),
            ("snn_link.v", "assign free = &frees;", "assign free = 1'b1;"),
            ("snn_walk.v", "if (finished) start_q <= frame_address;", ""),
            ("snn_collect.v", "(again ? newest_5q : stored)", "stored"),
            (
                "snn_collect.v",
                ".write_data(clear_q ? {WORD{1'b0}} : with_one)",
                ".write_data(clear_q ? stored : with_one)",
            ),
            ("snn_collect.v", "first_1q      <= first_q;", "first_1q      <= 1'b0;"),
            ("snn_events.v", "base_q + offset", "offset - offset"),
        ],
    },
    Case {
        name: "convolution without a pool",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Membrane, Reduce::Sum))
        },
        setting: USUAL,
        mutants: &[
            ("snn_walk.v", "wx_wraps   = |wx_turn[2*BANKS-1:BANKS]", "wx_wraps   = 1'b0"),
            ("snn_encode.v", "index_1q < rotation_1q", "index_1q <= rotation_1q"),
        ],
    },
    Case {
        name: "pool of currents",
        network: |arena| {
            let layers = [conv(6, window(3, 1, 0), false), pool(PoolOp::Max, true), Layer::Neurons, dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Spikes, Reduce::First))
        },
        setting: Setting { lanes: Some(3), ..USUAL },
        mutants: &[
            ("snn_pool.v", "$signed(wide) > $signed(old)", "wide > old"),
            ("snn_pool.v", "$signed(wide) > $signed(old)", "$signed(wide) < $signed(old)"),
            ("snn_walk.v", "last_py      = py_q == LAST_PY || edge_y", "last_py      = py_q == LAST_PY"),
            (
                "snn_walk.v",
                "row_q <= position_end          ? {ROW_BITS{1'b0}} :",
                "row_q <= sum_end ? {ROW_BITS{1'b0}} :",
            ),
            (
                "snn_readout.v",
                "positive ? {{(SCORE_BITS-TIME_BITS){1'b0}}, left_1q} : {SCORE_BITS{1'b0}}",
                "{{(SCORE_BITS-TIME_BITS){1'b0}}, left_1q}",
            ),
        ],
    },
    Case {
        name: "constant image of values, summed currents",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), false), pool(PoolOp::Sum, false), Layer::Neurons, dense(5)];
            let input = image(1, EdgeKind::Values(ValueKind::I8), Rate::PerSample);
            drawn(arena, input, &layers, (Quantity::Membrane, Reduce::Last))
        },
        setting: Setting { lanes: Some(2), ..USUAL },
        mutants: &[
            ("snn_pool.v", "{(OUT_BITS-IN_BITS){OP == 1 && in[IN_BITS-1]}}", "{(OUT_BITS-IN_BITS){1'b0}}"),
            (
                "snn_walk.v",
                "if (sum_end) lane_row_q <= position_end ? {ROW_BITS{1'b0}} : row_q + WEIGHTS[ROW_BITS-1:0];",
                "lane_row_q <= {ROW_BITS{1'b0}};",
            ),
            ("snn_window.v", "steps_3 & ~rises_3", "{CHUNK{1'b0}}"),
            ("snn_window.v", "sign_4q  <= upper[plane_3q]", "sign_4q  <= {CHUNK{1'b0}}"),
            ("snn_lanes.v", "{once, !UNEVEN && subtracts}", "{once, 1'b0}"),
            ("snn_collect.v", "{stored, copied_q[STACK*WORD-1:WORD]}", "{STACK{stored}}"),
            ("snn_collect.v", "{1'b0, row_q} + 1'b1 >= STACK[ROW_BITS:0]", "1'b1"),
            ("snn_issue.v", "flags_q[1] && fresh_q", "1'b0"),
            ("snn_issue.v", "flags_q[0] && fresh_q", "flags_q[0]"),
            ("snn_add.v", "{b, carry}", "{b, 1'b0}"),
            ("snn_lanes.v", "SUBTRACTS != 0 && subtract_1q[AT]", "1'b0"),
            ("snn_replay.v", "first_q  <= time_q == {TIME_BITS{1'b0}}", "first_q  <= 1'b1"),
            ("snn_replay.v", "if (read) second_q <= !second_q;", ""),
            ("snn_readout.v", "assign next = value;", "assign next = stored + value;"),
            ("snn_readout.v", "else if (REDUCE == 1)", "else if (REDUCE == 4)"),
        ],
    },
    Case {
        name: "bytes by signs",
        network: |arena| {
            let signs = Layer::Conv { channels: 4, window: window(3, 2, 1), weights: Weights::Binary, neurons: true };
            drawn(arena, image(2, EdgeKind::Values(ValueKind::U8), Rate::PerTimestep), &[signs, dense(5)], COUNT)
        },
        setting: Setting { slots: 2, ..USUAL },
        mutants: &[
            ("snn_lanes.v", "{signed_1, 1'b1}", "{signed_1, 1'b0}"),
            ("snn_encode.v", "twice_1q[s]    <= |(one & twice_q)", "twice_1q[s]    <= |twice_q"),
        ],
    },
    Case {
        name: "values straight into a dense layer",
        network: |arena| {
            let input =
                Edge { shape: Shape::vector(20), ..image(1, EdgeKind::Values(ValueKind::I16), Rate::PerTimestep) };
            drawn(arena, input, &[dense(8), dense(5)], (Quantity::Membrane, Reduce::Max))
        },
        setting: USUAL,
        mutants: &[
            ("snn_stream.v", "{SLOTS{NEGATIVE != 0 &&", "{SLOTS{1'b0 &&"),
            ("snn_stream.v", "assign o_shift    = shift_q;", "assign o_shift    = 1'b0;"),
            ("snn_stream.v", "if (o_valid) load_q <= done;", "if (o_valid) load_q <= 1'b0;"),
            ("snn_readout.v", "first_1q || $signed(value) >= $signed(stored)", "$signed(value) >= $signed(stored)"),
            ("snn_readout.v", "first_1q || $signed(value) >= $signed(stored)", "first_1q || value >= stored"),
        ],
    },
    Case {
        name: "counts into a convolution",
        network: |arena| {
            let layers =
                [conv(20, window(2, 1, 0), true), pool(PoolOp::Sum, true), conv(6, window(4, 1, 1), true), dense(5)];
            drawn(arena, image(1, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: USUAL,
        mutants: &[
            ("snn_pool.v", "assign joined = wide + old;", "assign joined = wide | old;"),
            ("snn_writer.v", "else if (slot_q == {SLOT_BITS{1'b0}}) chunk_q[s*GROUP +: GROUP] <= {GROUP{1'b0}};", ""),
            ("snn_window.v", "assign chunk_3 = planes[plane_3q]", "assign chunk_3 = planes[0]"),
            ("snn_writer.v", "bank_q <= row_end ? FIRST : next_bank;", "bank_q <= next_bank;"),
            ("snn_writer.v", "address_q - BACK[ADDRESS_BITS-1:0]", "address_q"),
        ],
    },
    Case {
        name: "binary weights, a kernel with holes, strides",
        network: |arena| {
            let window = Window { kernel: [2, 3], stride: [2, 1], padding: [1, 2], dilation: [2, 2] };
            let layers = [
                Layer::Conv { channels: 6, window, weights: Weights::Binary, neurons: true },
                pool(PoolOp::Max, true),
                Layer::Dense { fan_out: 5, weights: Weights::Binary, neurons: true },
            ];
            drawn(arena, image(3, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: USUAL,
        mutants: &[
            ("snn_lanes.v", "subtracts ^ BINARY", "subtracts"),
            ("snn_drain.v", "known_q || (drain_q && last)", "1'b1"),
            ("snn_drain.v", "known_q || (drain_q && last)", "drain_q && last"),
            ("snn_walk.v", "localparam NEXT_LINE  = STRIDE_Y * ROW;", "localparam NEXT_LINE  = ROW;"),
            ("snn_walk.v", "localparam NEXT_BAND  = POOL_Y * STRIDE_Y * ROW;", "localparam NEXT_BAND  = POOL_Y * ROW;"),
            ("snn_collect.v", "localparam FIRST_ROW    = PAD_Y * ROW;", "localparam FIRST_ROW    = 0;"),
            ("snn_readout.v", "first_1q ? value : stored + value", "stored + value"),
        ],
    },
    Case {
        name: "odd weights of three bits, codewords, ternary and few weights",
        network: |arena| {
            let window = Window { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
            let layers = [
                Layer::Conv { channels: 6, window, weights: Weights::Odd(3), neurons: true },
                Layer::Conv { channels: 5, window, weights: Weights::Codebook(3), neurons: true },
                Layer::Dense { fan_out: 9, weights: Weights::Int(2), neurons: true },
                Layer::Dense { fan_out: 5, weights: Weights::Sparse, neurons: true },
            ];
            drawn(arena, image(3, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: USUAL,
        mutants: &[
            ("snn_lanes.v", "localparam UNEVEN  = ODD != 0 || BINARY;", "localparam UNEVEN  = BINARY;"),
            ("snn_lanes.v", "{(SUM_BITS-WIDTH-DEPTH){added[WIDTH+DEPTH-1]}}", "{(SUM_BITS-WIDTH-DEPTH){1'b0}}"),
            ("snn_lanes.v", "hit_1q[AT] ? weight_1 : {HELD{1'b0}}", "weight_1"),
            (
                "snn_drain.v",
                ".write(valid_2q), .write_address(count_2q)",
                ".write(valid_2q), .write_address({COUNT_BITS{1'b0}})",
            ),
        ],
    },
    Case {
        name: "responses of codewords: several chunks and groups of lanes, strides, pools",
        network: |arena| {
            let uneven = Window { kernel: [2, 3], stride: [1, 2], padding: [1, 0], dilation: [1, 1] };
            let codewords = |channels, window, bits| Layer::Conv {
                channels,
                window,
                weights: Weights::Codebook(bits),
                neurons: true,
            };
            let layers = [
                codewords(6, window(3, 1, 1), 4),
                pool(PoolOp::Max, true),
                codewords(24, window(1, 1, 0), 1),
                codewords(4, uneven, 3),
                dense(5),
            ];
            drawn(arena, image(24, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { lanes: Some(3), ..USUAL },
        mutants: &[
            ("snn_taps.v", ": any_q | any;", ": any;"),
            ("snn_taps.v", "taps_1q[START + (k + b) % BANKS]", "taps_1q[k]"),
            ("snn_taps.v", "row_1q + wide_index", "row_1q"),
            ("snn_taps.v", "i_valid && (!full_q || take)", "i_valid"),
            ("snn_taps.v", "i_valid && (!full_q || take)", "i_valid && !full_q"),
            ("snn_taps.v", "wait_q != {WAIT_BITS{1'b0}} ||", "1'b0 ||"),
            ("snn_codebook.v", "{hit_1q, 1'b0} - {1'b0, all_1q}", "{hit_1q, 1'b0}"),
            (
                "snn_codebook.v",
                "{(SUM_BITS-RESPONSE_BITS){response_4q[RESPONSE_BITS-1]}}",
                "{(SUM_BITS-RESPONSE_BITS){1'b0}}",
            ),
            ("snn_codebook.v", "else if (valids_q[3])", "else if (valids_q[3] && !dones_q[3])"),
            ("snn_walk.v", "inner_end  ? chunk_address_q + 1'b1", "inner_end  ? address_q + 1'b1"),
            ("snn_walk.v", "chunk_address_q <= position_end ? next_position :", "chunk_address_q <="),
            ("snn_walk.v", "BY_CHANNEL != 0 ? CHUNK : ALL;", "ALL;"),
            ("snn_walk.v", "plane_end    ? position_q : chunk_address_q + 1'b1;", "chunk_address_q + 1'b1;"),
        ],
    },
    Case {
        name: "three timesteps of constant currents, three words of output: neither is a power of two",
        network: |arena| {
            let currents = Layer::Dense { fan_out: 12, weights: Weights::Int8, neurons: false };
            let input = Edge { shape: Shape::vector(20), ..image(1, SPIKES, Rate::PerSample) };
            drawn_over(3, arena, input, &[currents, Layer::Neurons, dense(140)], COUNT)
        },
        setting: USUAL,
        mutants: &[
            ("snn_replay.v", "time_q == LAST_TIME ? {TIME_BITS{1'b0}} : time_q + 1'b1", "time_q + 1'b1"),
            ("snn_events.v", "address_q == ALL_WORDS[ADDRESS_BITS-1:0] ?", "1'b0 ?"),
            ("snn_events.v", ".DEPTH(FRAMES * CHUNKS)", ".DEPTH(FRAMES + CHUNKS)"),
        ],
    },
    Case {
        name: "an input of more channels than a word has",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), dense(5)];
            drawn(arena, image(70, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { lanes: Some(2), ..USUAL },
        mutants: &[
            ("snn_collect.v", "generate if (CHUNKS > 1) begin : several", "generate if (CHUNKS > 9) begin : several"),
            ("snn_collect.v", "CHUNK > 1 ? c_1q[SLOT_BITS-1:0] : {SLOT_BITS{1'b0}}", "{SLOT_BITS{1'b0}}"),
        ],
    },
    Case {
        name: "own spikes beside constant currents",
        network: |arena| {
            let dense = |fan_out| Layer::Dense { fan_out, weights: Weights::Int8, neurons: false };
            let joined = |own| Layer::Joined { weights: Weights::Int8, own };
            let input = Edge { shape: Shape::vector(30), ..image(1, SPIKES, Rate::PerSample) };
            drawn(
                arena,
                input,
                &[dense(20), joined(Own::Scaled), Layer::Dense { fan_out: 5, weights: Weights::Int8, neurons: true }],
                COUNT,
            )
        },
        setting: Setting { lanes: Some(4), ..USUAL },
        mutants: &[
            ("snn_join.v", "wide_kept + wide_own", "wide_kept"),
            ("snn_join.v", "wide_kept + wide_own", "wide_own"),
            ("snn_join.v", "assign walk_first = walk_q == {TIME_BITS{1'b0}};", "assign walk_first = 1'b0;"),
            ("snn_join.v", "assign walk_full  = full;", "assign walk_full  = 1'b1;"),
            ("snn_join.v", "assign read = ends_1q;", "assign read = ends_1q && walk_q != {TIME_BITS{1'b0}};"),
            ("snn_join.v", "ends != second_q", "second_q"),
            ("snn_join.v", "assign o_tag = {3'b111, first_2q};", "assign o_tag = 4'b1110;"),
            ("snn_join.v", "{{(OUT_BITS-KEPT_BITS){kept[KEPT_BITS-1]}}, kept}", "{{(OUT_BITS-KEPT_BITS){1'b0}}, kept}"),
            ("snn_window.v", "wire mine = OTHERS == 0 ||", "wire mine = OTHERS != 0 &&"),
        ],
    },
    Case {
        name: "two inputs per clock",
        network: |arena| {
            let conv = |channels, weights| Layer::Conv { channels, window: window(3, 1, 1), weights, neurons: true };
            let layers = [
                conv(4, Weights::Int8),
                conv(5, Weights::Binary),
                Layer::Recurrent { fan_out: 9, weights: Weights::Int8, own: Own::Scaled },
                dense(5),
            ];
            drawn(arena, image(3, EdgeKind::Values(ValueKind::I8), Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { slots: 2, ..USUAL },
        mutants: &[
            ("snn_pick.v", "in & ~above & below;", "in & ~above;"),
            ("snn_pick.v", "in & above & below;", "in & below;"),
            ("snn_encode.v", "SLOTS == 1 ? hit_q : |one", "hit_q"),
            ("snn_window.v", "if (EACH > 1) total = (total + 1'b1) >> 1;", ""),
            ("snn_window.v", "(total + 1'b1) >> 1", "total >> 1"),
            ("snn_lanes.v", ".carry(carry_2q[s*CHANNELS+CHANNEL])", ".carry(1'b0)"),
            ("snn_lanes.v", "SLOTS == 2 ? carry_3q[ALL-1 -: CHANNELS]", "SLOTS == 2 ? {CHANNELS{1'b0}}"),
            ("snn_lanes.v", "{weight[2*s+1][WIDTH-1], weight[2*s+1]}", "{1'b0, weight[2*s+1]}"),
        ],
    },
    Case {
        name: "four values per clock",
        network: |arena| {
            let input =
                Edge { shape: Shape::vector(40), ..image(1, EdgeKind::Values(ValueKind::I8), Rate::PerTimestep) };
            drawn(arena, input, &[dense(12)], (Quantity::Membrane, Reduce::Max))
        },
        setting: Setting { slots: 4, ..USUAL },
        mutants: &[
            ("snn_stream.v", "keep_q  <= s_keep;", "keep_q  <= {SLOTS{|s_keep}};"),
            ("snn_lanes.v", ".carry(carry_2q[s*CHANNELS+CHANNEL])", ".carry(1'b0)"),
            ("snn_lanes.v", ".carry(carry_3q[2*CHANNELS+CHANNEL])", ".carry(1'b0)"),
            ("snn_lanes.v", ": carry_4q[ALL-1 -: CHANNELS];", ": {CHANNELS{1'b0}};"),
        ],
    },
    Case {
        name: "four inputs per clock",
        network: |arena| {
            let input = Edge { shape: Shape::vector(40), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(24), dense(16), dense(5)], COUNT)
        },
        setting: Setting { slots: 4, ..USUAL },
        mutants: &[
            ("snn_pick.v", "if (k % PARTS == p)", "if (k / SIZE == p)"),
            ("snn_window.v", "if (part == 0 || total > clocks)", ""),
        ],
    },
    Case {
        name: "changes instead of spikes",
        network: |arena| {
            let input = Edge { shape: Shape::vector(40), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(140), dense(16), dense(5)], (Quantity::Membrane, Reduce::Max))
        },
        setting: Setting { slots: 2, code: EdgeCode::Delta, ..USUAL },
        mutants: &[
            ("snn_delta.v", "stored & {CHUNK{known_1q}}", "stored"),
            ("snn_delta.v", "known_q || last", "1'b1"),
            ("snn_delta.v", "FRAME > 1 ? $clog2(FRAME) : 1", "1"),
            ("snn_delta.v", "{past, past ^ data_1q}", "{data_1q, past ^ data_1q}"),
            ("snn_delta.v", "{past, past ^ data_1q}", "{past, data_1q}"),
            ("snn_encode.v", "|(one & signs_q)", "1'b0"),
            ("snn_encode.v", "signs_q    <= i_signs;", "signs_q    <= rest_q;"),
            ("snn_lanes.v", "RUNNING && PERSISTS == 0", "RUNNING"),
            ("snn_window.v", "sign_4q <= word_3q[CHUNK +: CHUNK]", "sign_4q <= chunk_3"),
        ],
    },
    Case {
        name: "silences instead of spikes",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), conv(6, window(3, 1, 1), false), pool(PoolOp::Max, false)];
            let layers = [&layers[..], &[Layer::Neurons, dense(20), dense(5)]].concat();
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Membrane, Reduce::Sum))
        },
        setting: Setting { slots: 2, code: EdgeCode::Inverted, ..USUAL },
        mutants: &[
            ("snn_invert.v", "count > MOST", "count >= MOST"),
            ("snn_invert.v", "first_1q ? {COUNT_BITS{1'b0}} : counted", "1'b0 ? {COUNT_BITS{1'b0}} : counted"),
            ("snn_invert.v", "frame_q != {COUNT_BITS{1'b0}} || samples_q != 2'd0", "1'b1"),
            ("snn_invert.v", "flags[n] ^ (stored[n] && !base_1q)", "flags[n] ^ stored[n]"),
            ("snn_invert.v", "<= flags[n] && !base_1q", "<= 1'b0"),
            ("snn_invert.v", "odd_q ? SECOND : {FLAG_BITS{1'b0}}", "{FLAG_BITS{1'b0}}"),
            ("snn_invert.v", "(second_1q ? WORDS[WORD_BITS:0] :", "(1'b0 ? WORDS[WORD_BITS:0] :"),
            ("snn_invert.v", "- {1'b0, closes}", "- 2'd0"),
            ("snn_base.v", "i_valid && !i_tag[0] && !rst", "i_valid && !rst"),
            ("snn_base.v", "{i_tag[3:1], first_q}", "i_tag"),
            ("snn_base.v", ".write(i_valid && i_tag[0])", ".write(i_valid)"),
            ("snn_window.v", "start && !(BASED != 0 && first)", "start"),
        ],
    },
    Case {
        name: "two samples are held, and no more",
        network: |arena| {
            let input = Edge { shape: Shape::vector(6), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(8), dense(60), dense(5)], (Quantity::Membrane, Reduce::Sum))
        },
        setting: Setting { lanes: Some(2), code: EdgeCode::Inverted, ..USUAL },
        mutants: &[("snn_invert.v", "assign read  = ends && !base_q", "assign read  = ends")],
    },
    Case {
        name: "two engines, columns of a pool",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), pool(PoolOp::Max, false), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { copies: 2, ..USUAL },
        mutants: &[
            ("snn_turns.v", "if (|ends) begin", "if (1'b0) begin"),
            ("snn_turns.v", "i_tag[e*4 +: 4] & {4{i_valid[e]}}", "i_tag[e*4 +: 4]"),
            ("snn_issue.v", "!turn || wait_q", "wait_q"),
            ("snn_walk.v", "OPENS != 0 && px_q", "px_q"),
            ("snn_walk.v", "CLOSES != 0 && last_px", "last_px"),
            ("snn_walk.v", "localparam [BANKS-1:0] LEFT = 1 << FIRST_BANK;", "localparam [BANKS-1:0] LEFT = 1;"),
        ],
    },
    Case {
        name: "two engines before a slower layer",
        network: |arena| {
            let layers = [conv(3, window(1, 1, 0), true), conv(8, window(3, 1, 1), true), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { copies: 2, ..USUAL },
        mutants: &[("snn_window.v", "RESERVES != 0 && start", "start")],
    },
    Case {
        name: "two engines, columns of the map",
        network: |arena| {
            let layers = [conv(24, window(3, 1, 1), true), conv(3, window(1, 1, 0), true), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Membrane, Reduce::Sum))
        },
        setting: Setting { copies: 2, slots: 2, ..USUAL },
        mutants: &[
            ("snn_turns.v", "wait_q <= WAIT;", "wait_q <= {WAIT_BITS{1'b0}};"),
            ("snn_walk.v", "(FRAMES - 1) * FRAME + START;", "(FRAMES - 1) * FRAME;"),
            ("snn_link.v", "assign free = &frees;", "assign free = frees[0];"),
        ],
    },
    Case {
        name: "output held back",
        network: |arena| {
            let input = Edge { shape: Shape::vector(20), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(24), dense(12)], COUNT)
        },
        setting: Setting { seed: 1, ..USUAL },
        mutants: &[
            ("snn_readout.v", "$signed(score_2q) > $signed(best_q)", "$signed(score_2q) >= $signed(best_q)"),
            ("snn_link.v", "assign full[r]  = full_q != {COUNT_BITS{1'b0}};", "assign full[r]  = 1'b1;"),
            ("snn_stream.v", "assign s_ready    = !blocked;", "assign s_ready    = 1'b1;"),
            ("snn_stream.v", "wait_q != {WAIT_BITS{1'b0}} || !free", "!free"),
            ("snn_issue.v", "wait_q != {WAIT_BITS{1'b0}} ||", "1'b0 ||"),
            ("snn_events.v", "else if (m_ready) rest_q <= beyond;", "else rest_q <= beyond;"),
            ("snn_events.v", "END: if (m_ready) begin", "END: begin"),
        ],
    },
];
