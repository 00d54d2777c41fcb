//! Rules of the engines that take a whole column of their window at once.

use super::layers::{COUNT, SPIKES, conv, dense, drawn, image, pool};
use super::{Case, Setting, USUAL};
use crate::random_network::{Layer, Weights, window};
use bumpalo::Bump;
use snnc::compiled::{Compiled, EdgeCode};
use snnc::data::Sample;
use snnc_runtime::program::{Edge, EdgeKind, PoolOp, Quantity, Rate, Reduce, Shape, ValueKind, Window};

const fn depthwise(channels: u32, window: Window) -> Layer {
    Layer::Conv { channels, window, weights: Weights::Depthwise, neurons: true }
}

const fn signs(channels: u32, window: Window) -> Layer {
    Layer::Conv { channels, window, weights: Weights::Binary, neurons: true }
}

const fn dense_signs(fan_out: u32) -> Layer {
    Layer::Dense { fan_out, weights: Weights::Binary, neurons: true }
}

/// Digits, which are subtracted and count twice, of channels that stay apart.
fn bytes(arena: &Bump) -> (Compiled<'_>, Vec<Sample>) {
    let kernel = Window { kernel: [2, 4], stride: [1, 1], padding: [0, 1], dilation: [1, 1] };
    let input = image(3, EdgeKind::Values(ValueKind::I8), Rate::PerTimestep);
    drawn(arena, input, &[depthwise(3, kernel), dense(5)], COUNT)
}

/// Every one of them.
pub const COLUMNS: &[Case] = &[
    Case {
        name: "depthwise convolutions: groups of lanes, two outputs of a channel, strides, pools",
        network: |arena| {
            let uneven = Window { kernel: [2, 3], stride: [1, 2], padding: [1, 0], dilation: [1, 1] };
            let layers = [
                depthwise(8, window(3, 1, 1)),
                pool(PoolOp::Max, true),
                depthwise(8, window(2, 1, 1)),
                depthwise(8, uneven),
                dense(5),
            ];
            drawn(arena, image(4, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { lanes: Some(4), ..USUAL },
        mutants: &[
            (
                "snn_walk.v",
                "OWN_WORDS != 0 && sum_end     ? position_q + 1'b1",
                "OWN_WORDS != 0 && sum_end     ? position_q",
            ),
            ("snn_walk.v", "sum_end) position_q <= position_q + 1'b1;", "sum_end) position_q <= position_q;"),
            ("snn_walk.v", "(OWN_WORDS != 0 ? LANE_GROUPS - 1 : 0)", "0"),
            ("snn_walk.v", "CHUNKS - (OWN_WORDS != 0 ?", "CHUNKS + (OWN_WORDS != 0 ?"),
            ("snn_walk.v", "BY_CHANNEL != 0 || OWN_WORDS != 0 ? ROW :", "BY_CHANNEL != 0 ? ROW :"),
            ("snn_walk.v", "CHUNKS == 1 || OWN_WORDS != 0 ||", "CHUNKS == 1 ||"),
            ("snn_walk.v", "BY_COLUMN != 0 ? BANKS :", "BY_COLUMN != 0 ? CHUNK :"),
            ("snn_columns.v", "below_2q ? row_2q + BANKS[ROW_BITS-1:0]", "1'b0 ? row_2q + BANKS[ROW_BITS-1:0]"),
            ("snn_columns.v", "if (rotation == bits)", "if (1'b0)"),
            ("snn_columns.v", "chosen(one, bits_q)", "chosen({BANKS{1'b1}}, bits_q)"),
            ("snn_columns.v", ".i_more(|rest)", ".i_more(1'b0)"),
            ("snn_lanes.v", "localparam CHANNEL = i / EACH;", "localparam CHANNEL = i % CHANNELS;"),
            ("snn_lanes.v", "hit_1q[AT] ? weight_1 : {HELD{1'b0}}", "weight_1"),
            ("snn_lanes.v", ".RUNNING(RUNNING && PERSISTS == 0)", ".RUNNING(0)"),
        ],
    },
    Case {
        name: "a depthwise convolution by silences, two taps per clock",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), depthwise(8, window(3, 1, 1)), dense(20), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Membrane, Reduce::Sum))
        },
        setting: Setting { slots: 2, code: EdgeCode::Inverted, ..USUAL },
        mutants: &[("snn_lanes.v", "{WEIGHT_BITS{subtracts ^ BINARY}}", "{WEIGHT_BITS{1'b0}}")],
    },
    Case {
        name: "bytes into a depthwise convolution, four taps per clock",
        network: bytes,
        setting: Setting { slots: 4, ..USUAL },
        mutants: &[
            ("snn_columns.v", "chosen(one, signs_q)", "chosen({BANKS{1'b1}}, signs_q)"),
            ("snn_columns.v", "chosen(one, twice_q)", "chosen({BANKS{1'b1}}, twice_q)"),
            ("snn_lanes.v", "{once, !UNEVEN && subtracts}", "{once, 1'b0}"),
            ("snn_lanes.v", ".carry(carry_3q[2*CHANNELS+CHANNEL])", ".carry(1'b0)"),
            ("snn_lanes.v", ": carry_4q[ALL-1 -: CHANNELS];", ": {CHANNELS{1'b0}};"),
            ("snn_lanes.v", "so_far = load ? {SUM_BITS{1'b0}} :", "so_far ="),
            ("snn_lanes.v", "{sum_q[SUM_BITS-DIGIT_BITS-1:0], {DIGIT_BITS{1'b0}}}", "sum_q"),
        ],
    },
    Case {
        name: "bytes into a depthwise convolution, two taps per clock",
        network: bytes,
        setting: Setting { slots: 2, ..USUAL },
        mutants: &[
            ("snn_lanes.v", ".carry(carry_2q[s*CHANNELS+CHANNEL])", ".carry(1'b0)"),
            ("snn_lanes.v", "SLOTS == 2 ? carry_3q[ALL-1 -: CHANNELS]", "SLOTS == 2 ? carry_3q[CHANNELS-1:0]"),
        ],
    },
    Case {
        name: "counted signs: a convolution of spikes, one of counts, a dense layer",
        network: |arena| {
            let layers = [
                signs(12, window(3, 1, 1)),
                pool(PoolOp::Sum, true),
                signs(20, window(2, 1, 1)),
                dense_signs(16),
                dense_signs(5),
            ];
            drawn(arena, image(3, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        setting: Setting { counts: true, ..USUAL },
        mutants: &[
            ("snn_popcount.v", "upper[1] && fours", "1'b0"),
            ("snn_popcount.v", "upper[1] != fours", "upper[1]"),
            ("snn_popcount.v", "upper[0] != twos", "upper[0]"),
            ("snn_popcount.v", "hit_1q[k] && signs_1q[i*BITS+k]", "signs_1q[i*BITS+k]"),
            ("snn_popcount.v", "so_far = load ? {SUM_BITS{1'b0}} :", "so_far ="),
            ("snn_popcount.v", "shift ? {sum_q[SUM_BITS-2:0], 1'b0}", "shift ? sum_q"),
            ("snn_popcount.v", "load && PERSISTS == 0 ?", "1'b0 ?"),
            ("snn_popcount.v", "shift ? {all_q[SUM_BITS-2:0], 1'b0}", "shift ? all_q"),
            ("snn_popcount.v", "if (dones_q[STAGES]) all_1q <= all_q;", "all_1q <= all_q;"),
            ("snn_popcount.v", "{half[SUM_BITS-2:0], 1'b0} - all_3q", "half - all_3q"),
            (
                "snn_issue.v",
                "assign i_pop = i_valid && (!valid_q || (issue && !more_q));",
                "assign i_pop = i_valid && !valid_q;",
            ),
        ],
    },
    Case {
        name: "counted changes",
        network: |arena| {
            let input = Edge { shape: Shape::vector(40), ..image(1, SPIKES, Rate::PerTimestep) };
            let layers = [dense(70), dense_signs(24), dense_signs(5)];
            drawn(arena, input, &layers, (Quantity::Membrane, Reduce::Max))
        },
        setting: Setting { counts: true, code: EdgeCode::Delta, ..USUAL },
        mutants: &[
            ("snn_popcount.v", "signs_1q[i*BITS+k] != subtract_1q[k]", "signs_1q[i*BITS+k]"),
            ("snn_popcount.v", "load && PERSISTS == 0 ?", "load ?"),
            ("snn_popcount.v", "RUNNING && PERSISTS == 0", "RUNNING"),
        ],
    },
    Case {
        name: "counted signs, output held back",
        network: |arena| {
            let input = Edge { shape: Shape::vector(20), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(24), dense_signs(12), dense(5)], COUNT)
        },
        setting: Setting { counts: true, lanes: Some(6), seed: 1, ..USUAL },
        mutants: &[("snn_issue.v", "wait_q != {WAIT_BITS{1'b0}} ||", "1'b0 ||")],
    },
];
