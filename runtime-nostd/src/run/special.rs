//! What most networks do not have: synaptic currents, several spikes per timestep, a lowest membrane, inhibition.
use super::known::Known;
use super::neurons;
use crate::bits::get;
use crate::neuron::saturate;
use crate::program::{Leak, Neuron, ResetTiming, Synaptic};

/// Steps the neurons of one position, the first of which is element `at`. `currents` hold one `i32` in a word each, and
/// become what reaches the membranes; `membranes` and `synaptic` are the whole population's, the latter one filter after
/// the other; `output` is zero before. Neurons that keep no membrane have none there; the population has so many
/// `elements`.
#[inline(never)]
pub(super) fn step<const USES: u64>(
    neuron: &Neuron<'_>,
    currents: &mut [u32],
    membranes: &mut [u32],
    synaptic: &mut [u32],
    output: &mut [u32],
    at: usize,
    elements: usize,
) {
    match neuron.synaptic {
        [] => {}
        [filter] => pass(filter, currents, synaptic.get_mut(at..).unwrap_or_default()),
        filters => pass_all(filters, elements, currents, synaptic, at),
    }
    if let Some(mix) = neuron.mix {
        blend(mix.weights, elements, currents, synaptic, at);
    }
    if neuron.is_stateless() {
        fire(neuron, currents, output, at);
        return;
    }
    let membranes = membranes.get_mut(at..).unwrap_or_default();
    if neuron.reset_timing == ResetTiming::Clearing {
        clear(neuron, elements, membranes, synaptic, at);
    }
    if neuron.max_spikes != 1 {
        let output = output.get_mut(at..).unwrap_or_default();
        for (((membrane, &current), spikes), channel) in membranes.iter_mut().zip(&*currents).zip(output).zip(0..) {
            let (v, fired) = neuron.step(channel, *membrane as i32, current as i32);
            *membrane = v as u32;
            *spikes = fired.into();
        }
        return;
    }
    neurons::step::<USES>(neuron, Known::NOTHING, currents, membranes, output, at);
    if let Some(stored) = neuron.stored {
        for (membrane, channel) in membranes.iter_mut().zip(0..neuron.threshold.len()) {
            *membrane = stored.level(channel, *membrane as i32) as u32;
        }
    }
    if let Some(floor) = neuron.floor {
        for (membrane, &floor) in membranes.iter_mut().zip(floor) {
            *membrane = (*membrane as i32).max(floor) as u32;
        }
    }
    if neuron.inhibition {
        inhibit(neuron, membranes, output);
    }
}

/// Keeps `currents` as those of the last timestep of `row`, and makes of them what all of them are together.
fn blend(row: &[i8], elements: usize, currents: &mut [u32], kept: &mut [u32], at: usize) {
    let now = row.len().saturating_sub(1) * elements + at;
    for (kept, current) in kept.get_mut(now..).unwrap_or_default().iter_mut().zip(&*currents) {
        *kept = *current;
    }
    currents.fill(0);
    for (timestep, &weight) in row.iter().enumerate() {
        let kept = kept.get(timestep * elements + at..).unwrap_or_default();
        for (current, &before) in currents.iter_mut().zip(kept) {
            *current = current.wrapping_add((before as i32).wrapping_mul(weight.into()) as u32);
        }
    }
}

/// Neurons that keep no membrane.
fn fire(neuron: &Neuron<'_>, currents: &mut [u32], output: &mut [u32], at: usize) {
    if neuron.max_spikes != 1 {
        let output = output.get_mut(at..).unwrap_or_default();
        for ((&current, spikes), channel) in currents.iter().zip(output).zip(0..neuron.threshold.len()) {
            *spikes = neuron.step(channel, 0, current as i32).1.into();
        }
        return;
    }
    neurons::fire(neuron, currents, output, at);
    if neuron.inhibition {
        inhibit(neuron, currents, output);
    }
}

/// One filter: `currents` become its states.
fn pass(filter: &Synaptic<'_>, currents: &mut [u32], states: &mut [u32]) {
    match filter.leak {
        // decided before the loop
        Leak::Multiply { factor, shift } => {
            let leak = Leak::Multiply { factor, shift };
            pass_each(filter, currents, states, |channel, v| leak.apply(channel, v));
        }
        leak => pass_each(filter, currents, states, |channel, v| leak.apply(channel, v)),
    }
}

#[inline(always)]
fn pass_each(filter: &Synaptic<'_>, currents: &mut [u32], states: &mut [u32], leak: impl Fn(usize, i32) -> i32) {
    let (bits, negative) = (filter.bits, filter.negative);
    for ((state, current), channel) in states.iter_mut().zip(currents).zip(0..) {
        let next = saturate(leak(channel, *state as i32).wrapping_add(*current as i32), bits);
        *state = next as u32;
        *current = if negative { -next } else { next } as u32;
    }
}

/// Several filters of the same currents: `currents` become their sum.
fn pass_all(filters: &[Synaptic<'_>], elements: usize, currents: &mut [u32], states: &mut [u32], at: usize) {
    for (channel, current) in currents.iter_mut().enumerate() {
        let mut sum = 0_i32;
        for (k, filter) in filters.iter().enumerate() {
            let Some(state) = states.get_mut(k * elements + at + channel) else { continue };
            let next = filter.step(channel, *state as i32, *current as i32);
            *state = next as u32;
            sum = sum.wrapping_add(filter.given(next));
        }
        *current = sum as u32;
    }
}

/// Sets the synaptic currents of the neurons to 0 that fired in the timestep before.
fn clear(neuron: &Neuron<'_>, elements: usize, membranes: &[u32], states: &mut [u32], at: usize) {
    for ((&membrane, &threshold), element) in membranes.iter().zip(neuron.threshold).zip(at..) {
        if (membrane as i32) < threshold {
            continue;
        }
        for k in 0..neuron.synaptic.len() {
            if let Some(state) = states.get_mut(k * elements + element) {
                *state = 0;
            }
        }
    }
}

/// Leaves a spike only to the neuron that is highest above its threshold, the first of several.
fn inhibit(neuron: &Neuron<'_>, membranes: &[u32], output: &mut [u32]) {
    let mut highest = (0, i32::MIN);
    for ((i, &membrane), &threshold) in membranes.iter().enumerate().zip(neuron.threshold) {
        let above = (membrane as i32).wrapping_sub(threshold);
        if above > highest.1 {
            highest = (i, above);
        }
    }
    let fires = get(output, highest.0, 1);
    output.fill(0);
    if let Some(word) = output.get_mut(highest.0 / 32) {
        *word = fires << (highest.0 % 32);
    }
}
