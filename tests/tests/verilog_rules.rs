//! Every rule that the Verilog carries is reached by a network here: broken on purpose, it makes that network fail.

use std::fs;
use std::path::Path;

use bumpalo::Bump;
use snnc::backend::verilog::Hardware;
use snnc::compiled::Compiled;
use snnc::data::Sample;
use snnc::host::{Trace, trace};
use snnc::machine::MachineError;
use snnc::machine::verilog::{Simulator, Stress, write};
use snnc_runtime::program::{
    Edge, EdgeKind, Leak, PoolOp, Quantity, Rate, Reduce, Reset, ResetTiming, Shape, Staircase, Synaptic, ValueKind,
    Window,
};
use snnc_tests::driven::{Driven, network};
use snnc_tests::random_network::{Layer, Own, Recipe, Rng, Weights, build, samples, window};

/// A network and what becomes of it when the Verilog is broken.
struct Case {
    name: &'static str,
    network: for<'a> fn(&'a Bump) -> (Compiled<'a>, Vec<Sample>),
    /// Accumulators per layer at most.
    lanes: Option<usize>,
    /// 1: input and output are held back, and the broken design must fail then.
    seed: u32,
    /// Each breaks a rule: module, text that is there once, what it becomes.
    mutants: &'static [(&'static str, &'static str, &'static str)],
}

/// A case of one neuron.
macro_rules! neuron {
    ($name:literal, { $($field:ident: $value:expr),* $(,)? }, $mutants:expr) => {
        Case {
            name: $name,
            network: |arena| network(arena, &Driven { $($field: $value,)* ..Driven::default() }),
            lanes: None,
            seed: 0,
            mutants: $mutants,
        }
    };
}

const SUBTRACT_3: Reset<'_> = Reset::Subtract(&[3]);
const SUBTRACT_6: Reset<'_> = Reset::Subtract(&[6]);
const SUBTRACT_10: Reset<'_> = Reset::Subtract(&[10]);
const SUBTRACT_30: Reset<'_> = Reset::Subtract(&[30]);
const ADD_100: Reset<'_> = Reset::Subtract(&[-100]);
const TO_8: Reset<'_> = Reset::ToValue(&[8]);
const TO_MINUS_4: Reset<'_> = Reset::ToValue(&[-4]);

/// -9 below 5, 7 from there on.
const LEVELS: Staircase<'_> = Staircase { thresholds: &[5], levels: &[-9, 7], steps: 1 };
const FORGETS: Leak<'_> = Leak::Multiply { factor: 0, shift: 1 };
const HALF: &[Synaptic<'_>] = &[Synaptic { leak: Leak::Shift(1), bits: 8, negative: false }];
const NARROW: &[Synaptic<'_>] = &[Synaptic { leak: Leak::None, bits: 6, negative: false }];
const TAKEN: &[Synaptic<'_>] = &[Synaptic { leak: Leak::Shift(1), bits: 6, negative: true }];
const ALPHA: &[Synaptic<'_>] = &[
    Synaptic { leak: Leak::Shift(2), bits: 8, negative: false },
    Synaptic { leak: Leak::Shift(1), bits: 8, negative: true },
];

/// Each current is chosen such that the broken rule changes a spike.
const NEURONS: &[Case] = &[
    neuron!("a positive membrane saturates", { currents: &[60, -20], threshold: 12, bits: 6 }, &[
        ("snn_neuron.v", "reset_5q[MV-1:0] : fits_5 ?", "reset_5q[MV-1:0] : 1'b1 ?"),
        ("snn_neuron.v", "{v_5q[WIDE-1], {(MV-1){!v_5q[WIDE-1]}}}", "{MV{1'b0}}"),
    ]),
    neuron!("a negative membrane saturates", { currents: &[-60, 20], threshold: 5, bits: 6 }, &[
        ("snn_neuron.v", "reset_5q[MV-1:0] : fits_5 ?", "reset_5q[MV-1:0] : fits_5 || v_5q[WIDE-1] ?"),
    ]),
    neuron!("a membrane saturates after a reset too", { currents: &[10, -20], threshold: 5, bits: 6, reset: ADD_100 }, &[
        ("snn_neuron.v", "saturated_7 = fits_7 ?", "saturated_7 = 1'b1 ?"),
    ]),
    neuron!("a neuron fires at its threshold", { currents: &[10, 0, -1] }, &[
        ("snn_neuron.v", "fires_6 = $signed({{(COMPARED-MV){v_6q[MV-1]}}, v_6q})\n                               >=",
         "fires_6 = $signed({{(COMPARED-MV){v_6q[MV-1]}}, v_6q})\n                               >"),
    ]),
    neuron!("a threshold is that of its timestep", { currents: &[10, 10, 10], thresholds: Some(&[10, 30, 25]) }, &[
        ("snn_neuron.v", "base_q <= base + GROUPS[ENTRY_BITS-1:0];", "base_q <= base;"),
        ("snn_neuron.v", "base = i_tag[0] ? {ENTRY_BITS{1'b0}} : base_q", "base = base_q"),
    ]),
    neuron!("nothing is left of a membrane that is not kept", { currents: &[9, 9, 10], leak: Leak::All }, &[
        ("snn_neuron.v", "assign kept_1 = {(GROUP*KEPT){1'b0}};", "assign kept_1 = kept_8;"),
    ]),
    neuron!("the level of what a reset left is stored", {
        currents: &[4, 13, 14, 3, 10], reset: Reset::ToValue(&[4]), stored: Some(LEVELS)
    }, &[
        ("snn_neuron.v", "above_7[j] = $signed(wide_7) >= ", "above_7[j] = $signed(wide_7) > "),
        ("snn_neuron.v", "if (number_1 > k[STORED_BITS-1:0])", "if (1'b0)"),
        ("snn_neuron.v", "{{(STEPPED-MV){saturated_7[MV-1]}}, saturated_7}", "{{(STEPPED-MV){v_6q[MV-1]}}, v_6q}"),
    ]),
    neuron!("a spike at the threshold resets with a delay", {
        currents: &[10, 5], reset: SUBTRACT_10, timing: ResetTiming::Delayed
    }, &[
        ("snn_neuron.v", "resets_2 = $signed({{(COMPARED-MV){v_2q[MV-1]}}, v_2q})\n                           >=",
         "resets_2 = $signed({{(COMPARED-MV){v_2q[MV-1]}}, v_2q})\n                           >"),
        ("snn_neuron.v", "RESET == 2 && resets_2 ?", "1'b0 ?"),
    ]),
    neuron!("a delayed amount does not leak", {
        currents: &[12, 9], reset: SUBTRACT_6, timing: ResetTiming::Delayed, leak: Leak::Shift(1)
    }, &[
        ("snn_neuron.v", "resets_6 = DELAYED == 0 && RESET", "resets_6 = RESET"),
    ]),
    neuron!("a delayed value leaks", {
        currents: &[12, 6], threshold: 12, reset: TO_8, timing: ResetTiming::Delayed, leak: Leak::Shift(1)
    }, &[
        ("snn_neuron.v", "RESET == 1 && DELAYED == 1 && resets_2 ?", "1'b0 ?"),
        ("snn_leak.v", "assign leaked = v - $unsigned", "assign leaked = v - 0 * $unsigned"),
    ]),
    neuron!("a silent timestep leaks", { currents: &[16, 0, 14], threshold: 19, leak: Leak::Shift(1) }, &[
        ("snn_neuron.v", "v_4q         <= leaked;", "v_4q         <= current_3q == 0 ? v_3q : leaked;"),
        ("snn_stream.v", "assign o_valid    = valid_q && !blocked;", "assign o_valid    = valid_q && !blocked && !(load_q && last_q && !first_q);"),
    ]),
    neuron!("a shifted leak rounds down", { currents: &[-5, 12], threshold: 10, leak: Leak::Shift(1) }, &[
        ("snn_leak.v", "$unsigned($signed(v) >>> SHIFT)", "$unsigned(($signed(v) + 1) >>> SHIFT)"),
    ]),
    neuron!("a negative membrane keeps its sign", { currents: &[-5, 12], threshold: 12, leak: Leak::Shift(1) }, &[
        ("snn_leak.v", "$signed(v) >>> SHIFT", "v >> SHIFT"),
    ]),
    neuron!("a multiplied leak rounds down", {
        currents: &[-5, 14], threshold: 11, leak: Leak::Multiply { factor: 3, shift: 2 }
    }, &[
        ("snn_leak.v", "assign leaked = product[SHIFT +: BITS]", "assign leaked = product[SHIFT +: BITS] + {{(BITS-1){1'b0}}, v[BITS-1]}"),
    ]),
    neuron!("a multiplied membrane keeps its sign", {
        currents: &[-5, 15], threshold: 11, leak: Leak::Multiply { factor: 3, shift: 2 }
    }, &[
        ("snn_leak.v", "$signed({{(PRODUCT-BITS){v[BITS-1]}}, v}) * wide", "$signed({{(PRODUCT-BITS){1'b0}}, v}) * wide"),
    ]),
    neuron!("an amount is not the threshold", { currents: &[12, 2, -2], reset: SUBTRACT_3 }, &[
        ("snn_neuron.v", "wide_6 - reset_6q", "wide_6 - 10"),
        ("snn_neuron.v", "wide_6 - reset_6q", "wide_6"),
    ]),
    neuron!("a value is not zero", { currents: &[12, 13], reset: TO_MINUS_4 }, &[
        ("snn_neuron.v", "RESET == 1 ? reset_6q", "RESET == 1 ? {WIDE{1'b0}}"),
    ]),
    neuron!("a sample starts from rest", { currents: &[9] }, &[
        ("snn_neuron.v", "tags_q[0] ? {MV{1'b0}} :", "1'b0 ? {MV{1'b0}} :"),
        ("snn_stream.v", "assign o_tag      = {3'b111, first_q}", "assign o_tag      = 4'b1110"),
    ]),
    neuron!("a channel decays by its own factor", {
        currents: &[12, 0, 5], threshold: 13, leak: Leak::MultiplyEach { factors: &[7], shift: 3 }
    }, &[
        ("snn_leak.v", "assign wide = {{(BITS+1){1'b0}}, factor};", "assign wide = {{(BITS+1){1'b0}}, factor} - 2;"),
        ("snn_leak.v", "assign wide = {{(BITS+1){1'b0}}, factor};", "assign wide = 0;"),
    ]),
    neuron!("a factor may be one", {
        currents: &[12, 0, 0], threshold: 12, leak: Leak::MultiplyEach { factors: &[8], shift: 3 }
    }, &[
        ("snn_leak.v", "assign wide = {{(BITS+1){1'b0}}, factor};", "assign wide = {{(BITS+2){1'b0}}, factor[SHIFT-1:0]};"),
    ]),
    neuron!("a synaptic current decays by itself", { currents: &[16, 0, 0], threshold: 7, leak: FORGETS, synaptic: HALF }, &[
        ("snn_filter.v", "i_3q <= leaked;", "i_3q <= i_2q;"),
        ("snn_filter.v", "i_3q <= leaked;", "i_3q <= {BITS{1'b0}};"),
    ]),
    neuron!("a synaptic current starts from rest", { currents: &[9, 30], threshold: 10, leak: FORGETS, synaptic: HALF }, &[
        ("snn_filter.v", "tags_q[0] ? {BITS{1'b0}} :", "1'b0 ? {BITS{1'b0}} :"),
    ]),
    neuron!("a synaptic current saturates to its own bits", {
        currents: &[30, 30, -20, -60, 40], threshold: 11, leak: FORGETS, synaptic: NARROW
    }, &[
        ("snn_filter.v", "{BITS{1'b0}} : fits_4 ?", "{BITS{1'b0}} : 1'b1 ?"),
        ("snn_filter.v", "{BITS{1'b0}} : fits_4 ?", "{BITS{1'b0}} : fits_4 || i_4q[WIDE-1] ?"),
        ("snn_filter.v", "{i_4q[WIDE-1], {(BITS-1){!i_4q[WIDE-1]}}}", "{BITS{1'b0}}"),
    ]),
    neuron!("the second synaptic current is taken away", { currents: &[32, 0, 0], threshold: 8, leak: FORGETS, synaptic: ALPHA }, &[
        ("snn_synaptic.v", "NEGATIVE_1 != 0 ?", "1'b0 ?"),
        ("snn_synaptic.v", "given_0[k*OUT_BITS +: OUT_BITS] + given_1[k*OUT_BITS +: OUT_BITS]", "given_0[k*OUT_BITS +: OUT_BITS]"),
    ]),
    neuron!("a synaptic current alone may be taken away", { currents: &[-60, 30], threshold: 32, leak: FORGETS, synaptic: TAKEN }, &[
        ("snn_synaptic.v", "NEGATIVE_0 != 0 ?", "1'b0 ?"),
    ]),
    neuron!("an overriding reset swallows leak and input", {
        currents: &[12, 30, 15, 40, 12], reset: TO_MINUS_4, timing: ResetTiming::Overriding
    }, &[
        ("snn_neuron.v", "over_5q ? reset_5q[MV-1:0] :", "1'b0 ? reset_5q[MV-1:0] :"),
        ("snn_neuron.v", "over_5q ? reset_5q[MV-1:0] :", "over_5q ? {MV{1'b0}} :"),
    ]),
    neuron!("a clearing reset takes the synaptic current with it, and the input of its timestep", {
        currents: &[12, 4, 9, 8], leak: FORGETS, synaptic: HALF, reset: TO_MINUS_4, timing: ResetTiming::Clearing
    }, &[
        ("snn_filter.v", "clear_4q[i] ?", "1'b0 ?"),
        ("snn_filter.v", "clear_4q[i] ? {BITS{1'b0}} :", "clear_4q[i] ? 4 :"),
        ("snn_synaptic.v", "assign clear_1 = first_1q ? {GROUP{1'b0}} : fired_1;", "assign clear_1 = fired_1;"),
    ]),
    neuron!("no potential below the floor is stored", { currents: &[-20, 13, 13], floor: Some(&[-3]), reset: SUBTRACT_30 }, &[
        ("snn_neuron.v", "assign bounded_7 = below ?", "assign bounded_7 = 1'b0 ?"),
        ("snn_neuron.v", "assign bounded_7 = below ?", "assign bounded_7 = below && !fires_7q ?"),
    ]),
    neuron!("its own spike comes back with the next timestep", {
        currents: &[4, 10, 3, 5, 1, 12], leak: FORGETS, own: Some((7, false))
    }, &[
        ("snn_window.v", "planes[plane_3q] | own_3", "planes[plane_3q]"),
        ("snn_window.v", "mine && !first && plane", "mine && plane"),
        ("snn_window.v", "address - OTHERS[ADDRESS_BITS-1:0] + OWN[ADDRESS_BITS-1:0]", "address - OTHERS[ADDRESS_BITS-1:0]"),
        ("snn_window.v", "assign own_ready = full_q || !mine;", "assign own_ready = 1'b1;"),
        ("snn_window.v", "(full_q && !read)", "full_q"),
    ]),
    neuron!("its own spike comes back one to one, and may be taken away", {
        currents: &[10, 12, 10, 0], leak: FORGETS, own: Some((-5, true))
    }, &[
        ("snn_window.v", "planes[plane_3q] | own_3", "planes[plane_3q]"),
    ]),
    neuron!("a current is shifted to the left", { currents: &[3], shift: 2 }, &[
        ("snn_finish.v", "{sum, {LEFT{1'b0}}}", "{{LEFT{1'b0}}, sum}"),
    ]),
    neuron!("a current shifted to the right is rounded", { currents: &[6], shift: -2, threshold: 2 }, &[
        ("snn_finish.v", "{{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1)", "{{(WIDE-1){1'b0}}, 1'b0} << (RIGHT-1)"),
    ]),
    neuron!("half is rounded up, below zero too", { currents: &[-6, 0, 12], shift: -2, threshold: 2 }, &[
        ("snn_finish.v", "sum[IN_BITS-1]}}, sum} + ({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1))",
         "sum[IN_BITS-1]}}, sum} + ({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1)) - {{(WIDE-1){1'b0}}, sum[IN_BITS-1]}"),
    ]),
    neuron!("a bias is added behind the shift", { currents: &[8], shift: -1, bias: 6 }, &[
        ("snn_finish.v", "{{(ALL_BITS-BIAS_BITS){added[BIAS_BITS-1]}}, added}", "{{(ALL_BITS-BIAS_BITS){1'b0}}, added >> 1}"),
    ]),
];

const fn image(channels: u32, kind: EdgeKind, rate: Rate) -> Edge {
    Edge { shape: Shape { height: 7, width: 6, channels }, kind, rate }
}

const fn conv(channels: u32, window: Window, neurons: bool) -> Layer {
    Layer::Conv { channels, window, weights: Weights::Int8, neurons }
}

const fn dense(fan_out: u32) -> Layer {
    Layer::Dense { fan_out, weights: Weights::Int8, neurons: true }
}

const fn pool(op: PoolOp, ceil: bool) -> Layer {
    Layer::Pool { op, size: [2, 2], ceil }
}

/// Draws the numbers of a chain, and four samples.
fn drawn<'a>(
    arena: &'a Bump,
    input: Edge,
    layers: &[Layer],
    readout: (Quantity, Reduce),
) -> (Compiled<'a>, Vec<Sample>) {
    let mut rng = Rng::new(3);
    let compiled =
        build(arena, &Recipe { input, layers: layers.to_vec(), timesteps: 4, readout, rich: false }, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 4);
    (compiled, samples)
}

const COUNT: (Quantity, Reduce) = (Quantity::Spikes, Reduce::Sum);
const SPIKES: EdgeKind = EdgeKind::Spikes;

const LAYERS: &[Case] = &[
    Case {
        name: "convolution and pool of spikes",
        network: |arena| {
            let layers = [conv(4, window(3, 1, 1), true), pool(PoolOp::Max, false), dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT)
        },
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_pool.v", "assign joined = wide | old;", "assign joined = wide;"),
            ("snn_pool.v", "i_tag[1] ? wide : joined", "joined"),
            ("snn_pool.v", "i_valid && i_tag[2] && i_tag[3]", "i_valid && i_tag[2]"),
            ("snn_encode.v", "below_2q ? row_2q + BITS[ROW_BITS-1:0]", "1'b0 ? row_2q + BITS[ROW_BITS-1:0]"),
            ("snn_encode.v", "flags_q[0] && fresh_q", "flags_q[0]"),
            ("snn_window.v", "turned ? further : address", "address"),
            (
                "snn_walk.v",
                "x_q        <= band_end                ? {X_BITS{1'b0}} :\n                              line_end && !window_end ? window_x_q : x_q + 1'b1;",
                "x_q        <= band_end                ? {X_BITS{1'b0}} : x_q + 1'b1;",
            ),
            ("snn_walk.v", "if (finished) second_q <= !second_q;", ""),
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
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_walk.v", "wx_wraps    = wx_turn >= FULL_TURN", "wx_wraps    = wx_turn > FULL_TURN"),
            ("snn_encode.v", "index_1q < rotation_1q", "index_1q <= rotation_1q"),
        ],
    },
    Case {
        name: "pool of currents",
        network: |arena| {
            let layers = [conv(6, window(3, 1, 0), false), pool(PoolOp::Max, true), Layer::Neurons, dense(5)];
            drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, (Quantity::Spikes, Reduce::First))
        },
        lanes: Some(3),
        seed: 0,
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
        lanes: Some(2),
        seed: 0,
        mutants: &[
            ("snn_pool.v", "{(OUT_BITS-IN_BITS){OP == 1 && in[IN_BITS-1]}}", "{(OUT_BITS-IN_BITS){1'b0}}"),
            (
                "snn_walk.v",
                "if (sum_end) lane_row_q <= position_end ? {ROW_BITS{1'b0}} : row_q + WEIGHTS[ROW_BITS-1:0];",
                "lane_row_q <= {ROW_BITS{1'b0}};",
            ),
            ("snn_walk.v", "assign subtract = NEGATIVE != 0 && plane_q == LAST_PLANE", "assign subtract = 1'b0"),
            ("snn_encode.v", "flags_q[1] && fresh_q", "1'b0"),
            (
                "snn_lanes.v",
                "wire                      carry = hit_2q && subtract_2q",
                "wire                      carry = 1'b0",
            ),
            ("snn_replay.v", "first_q  <= time_q == {TIME_BITS{1'b0}}", "first_q  <= 1'b1"),
            ("snn_replay.v", "if (read) second_q <= !second_q;", ""),
            ("snn_readout.v", "assign next = value;", "assign next = stored + value;"),
        ],
    },
    Case {
        name: "values straight into a dense layer",
        network: |arena| {
            let input =
                Edge { shape: Shape::vector(20), ..image(1, EdgeKind::Values(ValueKind::I16), Rate::PerTimestep) };
            drawn(arena, input, &[dense(8), dense(5)], (Quantity::Membrane, Reduce::Max))
        },
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_stream.v", "assign o_subtract = NEGATIVE != 0 &&", "assign o_subtract = 1'b0 &&"),
            ("snn_stream.v", "assign o_double   = last_q && !last_plane;", "assign o_double   = 1'b0;"),
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
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_pool.v", "assign joined = wide + old;", "assign joined = wide | old;"),
            ("snn_writer.v", "else if (slot_q == {SLOT_BITS{1'b0}}) chunk_q[s*GROUP +: GROUP] <= {GROUP{1'b0}};", ""),
            ("snn_window.v", "chunk_4q   <= planes[plane_3q] |", "chunk_4q   <= planes[0] |"),
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
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_lanes.v", "{{(SUM_BITS-1){!weight}}, 1'b1}", "{{(SUM_BITS-1){weight}}, 1'b1}"),
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
        lanes: None,
        seed: 0,
        mutants: &[
            ("snn_lanes.v", "weight, 1'b1};", "weight, 1'b0};"),
            ("snn_lanes.v", "{(SUM_BITS-WEIGHT_BITS-1){weight[WEIGHT_BITS-1]}}", "{(SUM_BITS-WEIGHT_BITS-1){1'b0}}"),
            ("snn_lanes.v", "{(SUM_BITS-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}", "{(SUM_BITS-WEIGHT_BITS){1'b0}}"),
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
        lanes: Some(3),
        seed: 0,
        mutants: &[
            ("snn_taps.v", ": any_q | any;", ": any;"),
            ("snn_taps.v", "taps_1q[START + (k + b) % BANKS]", "taps_1q[k]"),
            ("snn_taps.v", "row_1q + wide_index", "row_1q"),
            ("snn_taps.v", "i_valid && (!full_q || take)", "i_valid"),
            ("snn_taps.v", "i_valid && (!full_q || take)", "i_valid && !full_q"),
            ("snn_taps.v", "            load_q  <= 1'b0;\n", ""),
            ("snn_taps.v", "wait_q != {WAIT_BITS{1'b0}} ||", "1'b0 ||"),
            ("snn_codebook.v", "{hit_1q, 1'b0} - {1'b0, all_1q}", "{hit_1q, 1'b0}"),
            (
                "snn_codebook.v",
                "{(SUM_BITS-RESPONSE_BITS){response_4q[RESPONSE_BITS-1]}}",
                "{(SUM_BITS-RESPONSE_BITS){1'b0}}",
            ),
            ("snn_codebook.v", "(loads_q[3] ? {SUM_BITS{1'b0}} : sum_5q)", "sum_5q"),
            ("snn_walk.v", "inner_end  ? chunk_address_q + 1'b1", "inner_end  ? address_q + 1'b1"),
            ("snn_walk.v", "BY_CHANNEL != 0 ? CHUNK : ALL;", "ALL;"),
            ("snn_walk.v", "plane_end    ? position_q : chunk_address_q + 1'b1;", "chunk_address_q + 1'b1;"),
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
        lanes: Some(4),
        seed: 0,
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
        name: "output held back",
        network: |arena| {
            let input = Edge { shape: Shape::vector(20), ..image(1, SPIKES, Rate::PerTimestep) };
            drawn(arena, input, &[dense(24), dense(12)], COUNT)
        },
        lanes: None,
        seed: 1,
        mutants: &[
            ("snn_readout.v", "$signed(score_2q) > $signed(best_q)", "$signed(score_2q) >= $signed(best_q)"),
            ("snn_link.v", "assign free  = free_q != 2'd0;", "assign free  = 1'b1;"),
            ("snn_link.v", "assign full  = full_q != 2'd0;", "assign full  = 1'b1;"),
            ("snn_stream.v", "assign s_ready    = !blocked;", "assign s_ready    = 1'b1;"),
            ("snn_stream.v", "wait_q != {WAIT_BITS{1'b0}} || !free", "!free"),
            ("snn_encode.v", "wait_q != {WAIT_BITS{1'b0}} ||", "1'b0 ||"),
            ("snn_events.v", "else if (m_ready) rest_q <= rest_q & less;", "else rest_q <= rest_q & less;"),
            ("snn_events.v", "END: if (m_ready) begin", "END: begin"),
        ],
    },
];

/// Builds what lies in `folder` and says whether the testbench found anything wrong.
fn fails(compiled: &Compiled<'_>, hardware: &Hardware, folder: &Path, seed: u32, context: &str) -> bool {
    let top = &hardware.top;
    Simulator::ICARUS.build(top, folder).unwrap_or_else(|error| panic!("{context}: {error:?}"));
    match Simulator::ICARUS.run(compiled, top, folder, Stress { seed, restart: 0 }) {
        Ok(outcome) => outcome.difference.is_some() || seed == 0 && outcome.cost != hardware.predicted_clocks,
        Err(MachineError::Failed { reason, .. }) if reason.starts_with("WRONG") => true,
        Err(error) => panic!("{context}: {error:?}"),
    }
}

fn check(case: &Case) {
    let arena = Bump::new();
    let (compiled, samples) = (case.network)(&arena);
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let hardware = write(&compiled, case.lanes, &samples, &traces, folder.path()).expect(case.name);
    assert!(!fails(&compiled, &hardware, folder.path(), case.seed, case.name), "{}: as it is", case.name);
    for (file, from, to) in case.mutants {
        let context = format!("{}: {file}: `{from}` as `{to}`", case.name);
        let path = folder.path().join("rtl").join(file);
        let text = fs::read_to_string(&path).expect(&context);
        assert_eq!(text.matches(from).count(), 1, "{context}: the text is not there once");
        fs::write(&path, text.replace(from, to)).expect(&context);
        assert!(fails(&compiled, &hardware, folder.path(), case.seed, &context), "{context}: unnoticed");
        fs::write(&path, text).expect(&context);
    }
}

#[test]
fn every_rule_of_the_neuron_is_reached() {
    NEURONS.iter().for_each(check);
}

#[test]
fn every_rule_of_the_layers_is_reached() {
    LAYERS.iter().for_each(check);
}
