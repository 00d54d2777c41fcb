//! Rules of unrolled networks: one neuron, driven by chosen currents, and chains of drawn layers.

use crate::driven::{Driven, network};
use crate::random_network::{Layer, Weights};
use snnc_runtime::program::{
    Edge, EdgeKind, Leak, PoolOp, Quantity, Rate, Reduce, Reset, ResetTiming, Shape, Staircase, Synaptic, ValueKind,
};

use super::channels::with_levels;
use super::layers::drawn;
use super::{Case, Setting, USUAL};

const UNROLLED: Setting = Setting { unrolled: true, ..USUAL };

/// A case of one neuron.
macro_rules! neuron {
    ($name:literal, { $($field:ident: $value:expr),* $(,)? }, $mutants:expr) => {
        Case {
            name: $name,
            network: |arena| network(arena, &Driven { $($field: $value,)* ..Driven::default() }),
            setting: UNROLLED,
            mutants: $mutants,
        }
    };
}

const TO_8: Reset<'_> = Reset::ToValue(&[8]);
const TO_MINUS_4: Reset<'_> = Reset::ToValue(&[-4]);
/// -9 below 5, 7 from there on.
const LEVELS: Staircase<'_> = Staircase { thresholds: &[5], levels: &[-9, 7], steps: 1 };
const FORGETS: Leak<'_> = Leak::Multiply { factor: 0, shift: 1 };
const HALF: &[Synaptic<'_>] = &[Synaptic { leak: Leak::Shift(1), bits: 8, negative: false }];
const KEEPS: &[Synaptic<'_>] = &[Synaptic { leak: Leak::None, bits: 8, negative: false }];
const NARROW: &[Synaptic<'_>] = &[Synaptic { leak: Leak::None, bits: 6, negative: false }];
const TAKEN: &[Synaptic<'_>] = &[Synaptic { leak: Leak::Shift(1), bits: 6, negative: true }];
const ALPHA: &[Synaptic<'_>] = &[
    Synaptic { leak: Leak::Shift(2), bits: 8, negative: false },
    Synaptic { leak: Leak::Shift(1), bits: 8, negative: true },
];
const COUNT: (Quantity, Reduce) = (Quantity::Spikes, Reduce::Sum);

const fn dense(fan_out: u32, neurons: bool) -> Layer {
    Layer::Dense { fan_out, weights: Weights::Int8, neurons }
}

/// A vector of numbers.
const fn values(kind: ValueKind, rate: Rate) -> Edge {
    Edge { shape: Shape::vector(9), kind: EdgeKind::Values(kind), rate }
}

const MAP: Edge =
    Edge { shape: Shape { height: 5, width: 4, channels: 1 }, kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
const VECTOR: Edge = Edge { shape: Shape::vector(9), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };

const NEURON: &str = "snn_unrolled_neuron.v";
const FILTER: &str = "snn_unrolled_filter.v";
const SYNAPTIC: &str = "snn_unrolled_synaptic.v";
const FINISH: &str = "snn_unrolled_finish.v";
const READOUT: &str = "snn_unrolled_readout.v";
const DIGITS: &str = "snn_unrolled_digits.v";

/// Every one of them.
pub const UNROLLED_NETWORKS: &[Case] = &[
    neuron!("a positive membrane saturates", { currents: &[60, -20], threshold: 12, bits: 6 }, &[
        (NEURON, "fits ? sum[MV-1:0] :", "1'b1 ? sum[MV-1:0] :"),
        (NEURON, "{sum[WIDE-1], {(MV-1){!sum[WIDE-1]}}}", "{MV{1'b0}}"),
    ]),
    neuron!("a negative membrane saturates", { currents: &[-60, 20], threshold: 5, bits: 6 }, &[
        (NEURON, "fits ? sum[MV-1:0] :", "fits || sum[WIDE-1] ? sum[MV-1:0] :"),
    ]),
    neuron!("a membrane saturates after a reset too", {
        currents: &[10, -20], threshold: 5, bits: 6, reset: Reset::Subtract(&[-100])
    }, &[
        (NEURON, "holds ? left[MV-1:0] :", "1'b1 ? left[MV-1:0] :"),
    ]),
    neuron!("a neuron fires at its threshold", { currents: &[10, 0, -1] }, &[
        (NEURON, "                              >= $signed", "                              > $signed"),
    ]),
    neuron!("a threshold is that of its timestep", { currents: &[10, 10, 10], thresholds: Some(&[10, 30, 25]) }, &[
        (NEURON, "timestep_q <= timestep + 1'b1;", "timestep_q <= timestep;"),
        (NEURON, "timestep = i_first ? {TIME_BITS{1'b0}} : timestep_q", "timestep = timestep_q"),
    ]),
    neuron!("nothing is left of a membrane that is not kept", { currents: &[9, 9, 10], leak: Leak::All }, &[
        (NEURON, "assign stored = {MV{1'b0}};", "assign stored = 1;"),
    ]),
    neuron!("the level of what a reset left is stored", {
        currents: &[4, 13, 14, 3, 10], reset: Reset::ToValue(&[4]), stored: Some(LEVELS)
    }, &[
        (NEURON, "reached[j] = $signed(compared) >= ", "reached[j] = $signed(compared) > "),
        (NEURON, "if (number_q > k[STORED_BITS-1:0])", "if (1'b0)"),
        (NEURON, "{{(STEPPED-MV){next[MV-1]}}, next}", "{{(STEPPED-MV){v[MV-1]}}, v}"),
    ]),
    neuron!("a spike at the threshold resets with a delay", {
        currents: &[10, 5], reset: Reset::Subtract(&[10]), timing: ResetTiming::Delayed
    }, &[
        (NEURON, "i_first ? FIRED : o_spikes[i]", "1'b0"),
        (NEURON, "RESET == 2 && resets[i] ?", "1'b0 ?"),
    ]),
    neuron!("a threshold at rest has a delayed reset in the first timestep", {
        currents: &[3, -1, -1], threshold: 0, reset: Reset::Subtract(&[4]), timing: ResetTiming::Delayed
    }, &[
        (NEURON, "i_first ? FIRED : o_spikes[i]", "i_first ? 1'b0 : o_spikes[i]"),
        (NEURON, "|| THRESHOLD == {THRESHOLD_BITS{1'b0}}", ""),
    ]),
    neuron!("a delayed amount does not leak", {
        currents: &[12, 10], reset: Reset::Subtract(&[6]), timing: ResetTiming::Delayed, leak: Leak::Shift(1)
    }, &[
        (NEURON, "now       = DELAYED == 0 && RESET", "now       = RESET"),
    ]),
    neuron!("a delayed value leaks", {
        currents: &[12, 6], threshold: 12, reset: TO_8, timing: ResetTiming::Delayed, leak: Leak::Shift(1)
    }, &[
        (NEURON, "RESET == 1 && DELAYED == 1 && resets[i] ?", "1'b0 ?"),
        ("snn_leak.v", "assign leaked = v - $unsigned", "assign leaked = v - 0 * $unsigned"),
    ]),
    neuron!("an amount is not the threshold", { currents: &[12, 2, -2], reset: Reset::Subtract(&[3]) }, &[
        (NEURON, "wide - number", "wide - 10"),
        (NEURON, "wide - number", "wide"),
    ]),
    neuron!("a value is not zero", { currents: &[12, 13], reset: TO_MINUS_4 }, &[
        (NEURON, "RESET == 1 ? number :", "RESET == 1 ? {WIDE{1'b0}} :"),
    ]),
    neuron!("a sample starts from rest", { currents: &[9] }, &[
        (NEURON, "rest = i_first ? {MV{1'b0}} : stored", "rest = stored"),
        ("snn_unrolled_issue.v", "o_first <= s_first && !begun;", "o_first <= 1'b0;"),
    ]),
    neuron!("a channel decays by its own factor", {
        currents: &[12, 0, 5], threshold: 13, leak: Leak::MultiplyEach { factors: &[7], shift: 3 }
    }, &[
        (NEURON, ".factor(FACTORS[C*FACTOR_BITS +: FACTOR_BITS])", ".factor({FACTOR_BITS{1'b0}})"),
    ]),
    neuron!("an overriding reset swallows leak and input", {
        currents: &[12, 30, 15, 40, 12], reset: TO_MINUS_4, timing: ResetTiming::Overriding
    }, &[
        (NEURON, "DELAYED == 2 && resets[i] ? number[MV-1:0] :", ""),
        (NEURON, "DELAYED == 2 && resets[i] ? number[MV-1:0] :", "DELAYED == 2 && resets[i] ? {MV{1'b0}} :"),
    ]),
    neuron!("no potential below the floor is stored", {
        currents: &[-20, 13, 13], floor: Some(&[-3]), reset: Reset::Subtract(&[30])
    }, &[
        (NEURON, "$signed(lowest) ? lowest[MV-1:0] :", "$signed(lowest) && !fires ? lowest[MV-1:0] :"),
        (NEURON, "? lowest[MV-1:0] : saturated", "? saturated : saturated"),
    ]),
    neuron!("a synaptic current decays by itself", { currents: &[16, 0, 0], threshold: 7, leak: FORGETS, synaptic: HALF }, &[
        (FILTER, "{{(WIDE-BITS){leaked[BITS-1]}}, leaked}", "{{(WIDE-BITS){state_q[BITS-1]}}, state_q}"),
    ]),
    neuron!("a synaptic current starts from rest", { currents: &[9, 30], threshold: 10, leak: FORGETS, synaptic: HALF }, &[
        (FILTER, "i_first ? {BITS{1'b0}} : state_q", "state_q"),
    ]),
    neuron!("a synaptic current saturates to its own bits", {
        currents: &[30, 30, -20, -60, 40], threshold: 11, leak: FORGETS, synaptic: NARROW
    }, &[
        (FILTER, "fits ? sum[BITS-1:0] :", "1'b1 ? sum[BITS-1:0] :"),
        (FILTER, "fits ? sum[BITS-1:0] :", "fits || sum[WIDE-1] ? sum[BITS-1:0] :"),
        (FILTER, "{sum[WIDE-1], {(BITS-1){!sum[WIDE-1]}}}", "{BITS{1'b0}}"),
    ]),
    neuron!("the second synaptic current is taken away", { currents: &[32, 0, 0], threshold: 8, leak: FORGETS, synaptic: ALPHA }, &[
        (SYNAPTIC, "NEGATIVE_1 != 0 ?", "1'b0 ?"),
        (SYNAPTIC, " + second[i*OUT_BITS +: OUT_BITS];", ";"),
    ]),
    neuron!("a synaptic current alone may be taken away", { currents: &[-60, 30], threshold: 32, leak: FORGETS, synaptic: TAKEN }, &[
        (SYNAPTIC, "NEGATIVE_0 != 0 ?", "1'b0 ?"),
    ]),
    neuron!("a clearing reset takes the synaptic current with it, and the input of its timestep", {
        currents: &[12, 4, 9, 8], leak: FORGETS, synaptic: HALF, reset: TO_MINUS_4, timing: ResetTiming::Clearing
    }, &[
        (FILTER, "clear[i] ?", "1'b0 ?"),
        (FILTER, "clear[i] ? {BITS{1'b0}} :", "clear[i] ? 4 :"),
        (SYNAPTIC, "REGISTERED != 0 ? states_0[i*BITS_0 +: BITS_0] :", "1'b1 ? states_0[i*BITS_0 +: BITS_0] :"),
    ]),
    neuron!("nothing is left of a synaptic current that is cleared", {
        currents: &[12, 4, 10, 8], leak: FORGETS, synaptic: KEEPS, reset: TO_MINUS_4, timing: ResetTiming::Clearing
    }, &[
        (FILTER, "clear[i] ? {BITS{1'b0}} :", "clear[i] ? {BITS{1'b1}} :"),
    ]),
    neuron!("its own spike comes back with the next timestep", {
        currents: &[4, 10, 3, 5, 1, 12], leak: FORGETS, own: Some((7, false))
    }, &[
        ("snn_unrolled_add.v", "wide   = wide_a + wide_b", "wide   = wide_a"),
        ("snn_unrolled_add.v", "{b[i*B_BITS+B_BITS-1]}", "{1'b1}"),
    ]),
    neuron!("its own spike comes back one to one, and may be taken away", {
        currents: &[10, 12, 10, 0], leak: FORGETS, own: Some((-5, true))
    }, &[
        ("snn_unrolled_add.v", "{b[i*B_BITS+B_BITS-1]}", "{1'b0}"),
    ]),
    neuron!("a bias is in the sum where nothing is shifted", { currents: &[8, -9], bias: 2 }, &[
        ("snn_unrolled_leaf.v", "total = BIAS;", "total = 32'd0;"),
        ("snn_unrolled_leaf.v", "if (entry[k]) total = total + ", "if (entry[k]) total = total - "),
    ]),
    neuron!("a current is shifted to the left", { currents: &[3], shift: 2 }, &[
        (FINISH, "{sum, {LEFT{1'b0}}}", "{{LEFT{1'b0}}, sum}"),
    ]),
    neuron!("half is rounded up, below zero too", { currents: &[-6, 0, 12], shift: -2, threshold: 2 }, &[
        (FINISH, "({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1))", "({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1)) - {{(WIDE-1){1'b0}}, sum[IN_BITS-1]}"),
    ]),
    neuron!("a current shifted to the right is rounded", { currents: &[6], shift: -2, threshold: 2 }, &[
        (FINISH, "{{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1)", "{{(WIDE-1){1'b0}}, 1'b0} << (RIGHT-1)"),
    ]),
    neuron!("a current below zero keeps its sign, however far it is shifted", {
        currents: &[-100, 24], shift: -4, bias: 600, threshold: 600, bits: 12, leak: FORGETS
    }, &[
        (FINISH, "RIGHT > 0 ? WIDE - RIGHT : IN_BITS + LEFT", "RIGHT < 0 ? WIDE - RIGHT : IN_BITS + LEFT"),
        (FINISH, "RIGHT > 0 ? WIDE - RIGHT :", "RIGHT > 0 ? WIDE + RIGHT :"),
    ]),
    neuron!("a bias is added behind the shift", { currents: &[8], shift: -1, bias: 6 }, &[
        (FINISH, "{{(ALL_BITS-BIAS_BITS){bias[BIAS_BITS-1]}}, bias}", "{{(ALL_BITS-BIAS_BITS){1'b0}}, bias >> 1}"),
    ]),
    Case {
        name: "bytes that are constant",
        network: |arena| {
            let layers = [dense(6, false), Layer::Neurons, dense(3, true)];
            drawn(arena, values(ValueKind::U8, Rate::PerSample), &layers, COUNT)
        },
        setting: UNROLLED,
        mutants: &[
            (DIGITS, "i_load ? {OUT_BITS{1'b0}} :", ""),
            (DIGITS, "{sum[OUT_BITS-2:0], 1'b0}", "sum"),
            (FINISH, "if (i_done) currents_q <= next;", "currents_q <= next;"),
        ],
    },
    Case {
        name: "what a sum of digits begins with is in every membrane",
        network: |arena| {
            drawn(arena, values(ValueKind::U8, Rate::PerTimestep), &[dense(3, true)], (Quantity::Membrane, Reduce::Sum))
        },
        setting: UNROLLED,
        mutants: &[(DIGITS, "i_load ? {OUT_BITS{1'b0}} :", "i_load ? {OUT_BITS{1'b1}} :")],
    },
    Case {
        name: "signed numbers of each timestep",
        network: |arena| {
            let layers = [dense(6, true), dense(3, true)];
            drawn(arena, values(ValueKind::I8, Rate::PerTimestep), &layers, (Quantity::Membrane, Reduce::Sum))
        },
        setting: UNROLLED,
        mutants: &[
            (DIGITS, "NEGATIVE != 0 && i_load ? twice - wide :", ""),
            (DIGITS, "{{(OUT_BITS-IN_BITS){plane[IN_BITS-1]}}, plane}", "{{(OUT_BITS-IN_BITS){1'b0}}, plane}"),
            (READOUT, "i_first ? value : score_q + value", "score_q + value"),
            (
                READOUT,
                "{{(SCORE_BITS-VALUE_BITS){given[VALUE_BITS-1]}}, given}",
                "{{(SCORE_BITS-VALUE_BITS){1'b0}}, given}",
            ),
        ],
    },
    Case {
        name: "each channel stores levels of its own, of more than two",
        network: |arena| with_levels(arena, drawn(arena, VECTOR, &[dense(6, true), dense(3, true)], COUNT)),
        setting: UNROLLED,
        mutants: &[
            (NEURON, "STORED_ROWS > 1 ? C : 0", "0"),
            (NEURON, "{{(STORED_BITS-1){1'b0}}, reached[k]}", "{{(STORED_BITS-1){reached[k]}}, reached[k]}"),
        ],
    },
    Case {
        name: "a convolution, a maximum of spikes, the largest current",
        network: |arena| {
            let conv = Layer::Conv {
                channels: 2,
                window: crate::random_network::window(2, 1, 1),
                weights: Weights::Int8,
                neurons: true,
            };
            let pool = Layer::Pool { op: PoolOp::Max, size: [2, 2], ceil: true };
            drawn(arena, MAP, &[conv, pool, dense(5, false)], (Quantity::Current, Reduce::Max))
        },
        setting: UNROLLED,
        mutants: &[
            (READOUT, "i_first || $signed(value) >= $signed(score_q) ?", "$signed(value) >= $signed(score_q) ?"),
            (READOUT, "$signed(value) >= $signed(score_q) ?", "value >= score_q ?"),
            (READOUT, "FIRST < ELEMENTS && $signed(b) > $signed(a)", "FIRST < ELEMENTS && b > a"),
        ],
    },
    Case {
        name: "the first spike",
        network: |arena| drawn(arena, VECTOR, &[dense(6, true)], (Quantity::Spikes, Reduce::First)),
        setting: UNROLLED,
        mutants: &[
            (
                READOUT,
                "!i_first && score_q != {SCORE_BITS{1'b0}} ? score_q :",
                "score_q != {SCORE_BITS{1'b0}} ? score_q :",
            ),
            (READOUT, "!i_first && score_q != {SCORE_BITS{1'b0}} ? score_q :", ""),
            (READOUT, "$signed(b) > $signed(a)", "$signed(b) >= $signed(a)"),
        ],
    },
    Case {
        name: "the last membrane",
        network: |arena| drawn(arena, VECTOR, &[dense(24, true)], (Quantity::Membrane, Reduce::Last)),
        setting: UNROLLED,
        mutants: &[
            (READOUT, "assign next = value;", "assign next = i_first ? value : score_q;"),
            (READOUT, "if (valids[level]) begin", "if (!valids[level]) begin"),
        ],
    },
];
