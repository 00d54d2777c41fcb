//! Rules of the neurons: one neuron, driven by chosen currents.

use crate::driven::{Driven, network};
use snnc_runtime::program::{Leak, Reset, ResetTiming, Staircase, Synaptic};

use super::{Case, USUAL};

/// A case of one neuron.
macro_rules! neuron {
    ($name:literal, { $($field:ident: $value:expr),* $(,)? }, $mutants:expr) => {
        Case {
            name: $name,
            network: |arena| network(arena, &Driven { $($field: $value,)* ..Driven::default() }),
            setting: USUAL,
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
pub const NEURONS: &[Case] = &[
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
        ("snn_stream.v", "assign o_valid    = valid_q && !blocked;", "assign o_valid    = valid_q && !blocked && !(load_q && !keep_q[0] && !first_q);"),
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
        ("snn_window.v", "chunk_3 | own_3", "chunk_3"),
        ("snn_window.v", "mine && !first && plane", "mine && plane"),
        ("snn_window.v", "address - OTHERS[ADDRESS_BITS-1:0] + OWN[ADDRESS_BITS-1:0]", "address - OTHERS[ADDRESS_BITS-1:0]"),
        ("snn_window.v", "assign own_ready = full_q || !mine;", "assign own_ready = 1'b1;"),
        ("snn_window.v", "(full_q && !read)", "full_q"),
    ]),
    neuron!("its own spike comes back one to one, and may be taken away", {
        currents: &[10, 12, 10, 0], leak: FORGETS, own: Some((-5, true))
    }, &[
        ("snn_window.v", "chunk_3 | own_3", "chunk_3"),
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
    neuron!("a current below zero keeps its sign, however far it is shifted", { currents: &[-100, 24], shift: -4, bias: 60, threshold: 50 }, &[
        ("snn_finish.v", "MID_BITS   = RIGHT > 0 ? WIDE - RIGHT :", "MID_BITS   = RIGHT > 0 ? IN_BITS :"),
        ("snn_finish.v", "MID_BITS   = RIGHT > 0 ? WIDE - RIGHT :", "MID_BITS   = RIGHT > 0 ? WIDE + RIGHT :"),
    ]),
    neuron!("a bias is added behind the shift", { currents: &[8], shift: -1, bias: 6 }, &[
        ("snn_finish.v", "{{(ALL_BITS-BIAS_BITS){added[BIAS_BITS-1]}}, added}", "{{(ALL_BITS-BIAS_BITS){1'b0}}, added >> 1}"),
    ]),
];
