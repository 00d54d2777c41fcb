//! Random neurons, and what few of them have.

use bumpalo::Bump;
use snnc_runtime::program::{Leak, Neuron, Population, Reset, ResetTiming, Staircase, Synaptic};

use super::{Rng, bits};

/// Neurons for currents of about `size`.
pub(super) fn neuron<'a>(arena: &'a Bump, rng: &mut Rng, channels: usize, size: i64) -> Neuron<'a> {
    let membrane_bits = (i64::from(bits(2 * size)) + rng.range(-1, 3)).clamp(2, 30) as u8;
    let limit = (1i64 << (membrane_bits - 1)) - 1;
    let leak = match rng.range(0, 2) {
        0 => Leak::None,
        1 => Leak::Shift(rng.range(1, 6) as u8),
        _ => {
            let shift = rng.range(1, i64::from((31 - membrane_bits).min(12)).max(1)) as u8;
            Leak::Multiply { factor: rng.range(0, (1 << shift) - 1) as u16, shift }
        }
    };
    let threshold = arena.alloc_slice_fill_with(channels, |_| match rng.range(0, 19) {
        0 => rng.range(-size, 0) as i32,
        1 => limit as i32,
        _ => rng.range(size / 4, 2 * size) as i32,
    });
    let amounts: &[i32] = arena.alloc_slice_fill_with(channels, |c| match rng.range(0, 3) {
        0 => rng.range(-size / 4, 3 * size) as i32,
        _ => threshold[c],
    });
    let values = arena.alloc_slice_fill_with(channels, |_| rng.range(-size, size).clamp(-limit, limit) as i32);
    let reset = match rng.range(0, 4) {
        0 => Reset::None,
        1 | 2 => Reset::ToValue(values),
        _ => Reset::Subtract(amounts),
    };
    let reset_timing = rng.pick(&[ResetTiming::Immediate, ResetTiming::Delayed]);
    Neuron { leak, threshold, reset, reset_timing, membrane_bits, ..Neuron::BARE }
}

/// Gives neurons what few have.
pub(super) fn enrich<'a>(arena: &'a Bump, rng: &mut Rng, population: &mut Population<'a>) {
    let channels = population.output.shape.channels as usize;
    let Some(neuron) = &mut population.neuron else { return };
    let bits = neuron.membrane_bits;
    let leak = |rng: &mut Rng, bits: u8| match rng.range(0, 3) {
        0 => Leak::None,
        1 => Leak::Shift(rng.range(1, 5) as u8),
        kind => {
            let shift = rng.range(1, i64::from((31 - bits).min(10)).max(1)) as u8;
            let factors = arena.alloc_slice_fill_with(channels, |_| rng.range(0, 1 << shift) as u16);
            match kind {
                2 => Leak::Multiply { factor: factors[0].min((1 << shift) - 1), shift },
                _ => Leak::MultiplyEach { factors, shift },
            }
        }
    };
    if rng.chance(40) {
        neuron.leak = leak(rng, bits);
    }
    let filters: Vec<_> = (0..rng.pick(&[0, 1, 1, 2]))
        .map(|_| {
            // narrow enough to saturate now and then
            let bits = (i64::from(bits) + rng.range(-2, 1)).clamp(2, 29) as u8;
            Synaptic { leak: leak(rng, bits), bits, negative: rng.chance(30) }
        })
        .collect();
    neuron.synaptic = arena.alloc_slice_copy(&filters);
    if matches!(neuron.reset, Reset::ToValue(_)) && rng.chance(40) {
        let clears = !filters.is_empty() && rng.chance(50);
        neuron.reset_timing = if clears { ResetTiming::Clearing } else { ResetTiming::Overriding };
    }
    if neuron.reset_timing == ResetTiming::Immediate && rng.chance(40) {
        let half = 1i64 << (bits - 1);
        neuron.floor = Some(arena.alloc_slice_fill_with(channels, |_| rng.range(-half, half / 4) as i32));
    }
}

/// Takes the membranes of neurons, or gives them thresholds for each timestep.
pub(super) fn over_time<'a>(
    arena: &'a Bump,
    rng: &mut Rng,
    population: &mut Population<'a>,
    timesteps: u32,
    read: bool,
) {
    let Some(neuron) = &mut population.neuron else { return };
    if rng.chance(12) && !read {
        (neuron.leak, neuron.reset, neuron.floor) = (Leak::All, Reset::None, None);
        neuron.reset_timing = ResetTiming::Immediate;
    }
    if rng.chance(20) && neuron.reset_timing == ResetTiming::Immediate && !neuron.is_stateless() && !read {
        (neuron.floor, neuron.stored) = (None, Some(staircase(arena, rng, neuron)));
    }
    if rng.chance(30) && (neuron.reset_timing == ResetTiming::Immediate || neuron.reset == Reset::None) {
        let each = neuron.threshold.repeat(timesteps as usize);
        neuron.threshold =
            arena.alloc_slice_fill_iter(each.into_iter().map(|t| t + rng.range(0, 1 + i64::from(t.abs()) / 3) as i32));
    }
}

/// Levels for membranes, for all channels or each.
fn staircase<'a>(arena: &'a Bump, rng: &mut Rng, neuron: &Neuron<'_>) -> Staircase<'a> {
    let rows = if rng.chance(50) { 1 } else { neuron.threshold.len() };
    let steps = rng.pick(&[1, 2, 6, 14]);
    let half = 1i64 << (neuron.membrane_bits - 1);
    let mut table = |width: usize| {
        let rows = (0..rows).flat_map(|_| {
            let mut row: Vec<i32> = (0..width).map(|_| rng.range(-half, half - 1) as i32).collect();
            row.sort_unstable();
            row
        });
        &*arena.alloc_slice_copy(&rows.collect::<Vec<_>>())
    };
    Staircase { thresholds: table(steps), levels: table(steps + 1), steps: steps as u8 }
}
