//! How much a layer does in a clock, and how many clocks it needs at least.

use snnc_runtime::program::ResetTiming;

use super::WindowSize;
use crate::backend::verilog::plan::Planned;
use crate::compiled::Engine;

/// Clocks after which the same neuron may come back (`snn_neuron`; the readout and `snn_filter` need fewer).
const NEURON_LOOP: usize = 9;
/// As [`NEURON_LOOP`], where spikes clear synaptic currents (`snn_synaptic`).
const CLEARING_LOOP: usize = 15;
/// Clocks after which the same neuron may come back.
pub(super) fn neuron_loop(planned: &Planned<'_>) -> usize {
    match planned.neurons {
        Some((_, neuron)) if neuron.reset_timing == ResetTiming::Clearing => CLEARING_LOOP,
        Some(_) | None => NEURON_LOOP,
    }
}

/// Inputs per clock of a window, of which each slot sees a few bits at least.
pub(super) fn slots(engine: Engine, window: &WindowSize) -> usize {
    let most = usize::from(engine.slots).min(window.bits() / 4).max(1);
    1 << most.ilog2()
}

pub(super) fn largest_divisor(n: usize, limit: usize) -> usize {
    (1..=n.min(limit)).rev().find(|d| n.is_multiple_of(*d)).unwrap_or(1)
}

/// Elements per clock: a power of two that divides the lanes and the channels, such that a position is drained in so many
/// clocks, while the next one accumulates.
pub(super) fn group(lanes: usize, channels: usize, clocks: usize, limit: usize) -> usize {
    let mut group = 1;
    while group < limit
        && lanes / group > clocks
        && lanes.is_multiple_of(2 * group)
        && channels.is_multiple_of(2 * group)
    {
        group *= 2;
    }
    group
}
