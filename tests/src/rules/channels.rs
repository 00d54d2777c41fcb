//! Rules of neurons that have something of each channel, or of each position: layers of several of both.

use crate::random_network::window;
use bumpalo::Bump;
use snnc::compiled::Compiled;
use snnc::data::Sample;
use snnc_runtime::program::{Leak, Population, Program, Rate, Reset, ResetTiming, Staircase, Step, Synaptic};

use super::layers::{COUNT, SPIKES, conv, dense, drawn, image};
use super::{Case, USUAL};

/// The same network, whose neurons have a synaptic current with a factor of its own in each channel; or two of them, which a spike
/// clears.
fn with_synaptic_currents<'a>(
    arena: &'a Bump,
    (mut compiled, samples): (Compiled<'a>, Vec<Sample>),
    cleared: bool,
) -> (Compiled<'a>, Vec<Sample>) {
    let steps = arena.alloc_slice_copy(compiled.program.steps());
    for step in &mut *steps {
        let Step::Population(Population { neuron: Some(neuron), output, .. }) = step else { continue };
        let channels = output.shape.channels as usize;
        let bits = neuron.membrane_bits;
        let factors = arena.alloc_slice_fill_with(channels, |channel| 1 + channel as u16 * 5 % 7);
        let first = Synaptic { leak: Leak::MultiplyEach { factors, shift: 3 }, bits, negative: false };
        let second = Synaptic { leak: Leak::Shift(1), bits, negative: false };
        neuron.synaptic = arena.alloc_slice_copy(&[first, second][..if cleared { 2 } else { 1 }]);
        if cleared {
            neuron.reset = Reset::ToValue(arena.alloc_slice_fill_copy(channels, 0));
            neuron.reset_timing = ResetTiming::Clearing;
        }
    }
    let program = &compiled.program;
    compiled.program =
        Program::new(*program.input(), steps, *program.readout(), program.timesteps()).expect("it holds");
    (compiled, samples)
}

/// The same network, whose neurons store one of four levels, each channel its own.
pub(super) fn with_levels<'a>(
    arena: &'a Bump,
    (mut compiled, samples): (Compiled<'a>, Vec<Sample>),
) -> (Compiled<'a>, Vec<Sample>) {
    let steps = arena.alloc_slice_copy(compiled.program.steps());
    for step in &mut *steps {
        let Step::Population(Population { neuron: Some(neuron), output, .. }) = step else { continue };
        let channels = output.shape.channels as usize;
        let unit = 1 << (neuron.membrane_bits - 4);
        let level =
            |i: usize, per_channel: usize| (i % per_channel) as i32 * 2 * unit - 3 * unit + (i / per_channel) as i32;
        let thresholds = arena.alloc_slice_fill_with(3 * channels, |i| level(i, 3) + unit);
        let levels = arena.alloc_slice_fill_with(4 * channels, |i| level(i, 4) + (i / 4) as i32 * unit / 2);
        neuron.reset_timing = ResetTiming::Immediate;
        neuron.stored = Some(Staircase { thresholds, levels, steps: 3 });
    }
    let program = &compiled.program;
    compiled.program =
        Program::new(*program.input(), steps, *program.readout(), program.timesteps()).expect("it holds");
    (compiled, samples)
}

/// Every one of them.
pub const CHANNELS: &[Case] = &[
    Case {
        name: "each channel's synaptic current decays by its own factor, of every position",
        network: |arena| {
            let layers = [conv(6, window(3, 1, 1), true), dense(5)];
            with_synaptic_currents(arena, drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT), false)
        },
        setting: USUAL,
        mutants: &[
            ("snn_filter.v", "word_q  <= word_q == LAST_WORD ? {WORD_BITS{1'b0}} : word_q + 1'b1;", ""),
            ("snn_filter.v", "group_q <= group_q == LAST_GROUP ? {GROUP_BITS{1'b0}} : group_q + 1'b1;", ""),
            ("snn_filter.v", "LEAK == 3", "1'b0"),
            ("snn_filter.v", "factors_2q <= factors_1;", ""),
            ("snn_filter.v", "words_q[WORD_BITS*4 +: WORD_BITS]", "words_q[WORD_BITS*3 +: WORD_BITS]"),
        ],
    },
    Case {
        name: "each channel stores levels of its own, of every position",
        network: |arena| {
            let layers = [conv(6, window(3, 1, 1), true), dense(5)];
            with_levels(arena, drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT))
        },
        setting: USUAL,
        mutants: &[("snn_neuron.v", "STORED_EACH != 0 ? GROUP : 1", "1")],
    },
    Case {
        name: "a spike clears both synaptic currents of its own position",
        network: |arena| {
            let layers = [conv(6, window(3, 1, 1), true), dense(5)];
            with_synaptic_currents(arena, drawn(arena, image(2, SPIKES, Rate::PerTimestep), &layers, COUNT), true)
        },
        setting: USUAL,
        mutants: &[
            ("snn_synaptic.v", "read_q == LAST_WORD ? {WORD_BITS{1'b0}} : read_q + 1'b1;", "{WORD_BITS{1'b0}};"),
            ("snn_synaptic.v", "write_q == LAST_WORD ? {WORD_BITS{1'b0}} : write_q + 1'b1;", "{WORD_BITS{1'b0}};"),
            ("snn_synaptic.v", "NEGATIVE_1 != 0 ?", "1'b1 ?"),
        ],
    },
];
