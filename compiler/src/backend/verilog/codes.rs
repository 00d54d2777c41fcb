//! The contract's choices as parameters of the fixed modules: what each is called there, and how many bits it takes.

use snnc_runtime::program::{Leak, PoolOp, Program, Quantity, Reduce, Reset, ResetTiming};

use super::plan::Planned;
use super::size::index_bits;

/// A leak in `snn_leak`; the factors of channels are tables beside it.
#[derive(Clone, Copy)]
pub struct LeakCode {
    /// `LEAK`.
    pub kind: usize,
    /// `SHIFT`.
    pub shift: usize,
    /// `FACTOR` of all channels.
    pub factor: usize,
}

/// Code of a leak.
pub fn leak(leak: Leak<'_>) -> LeakCode {
    let code = |kind, shift, factor| LeakCode { kind, shift, factor };
    match leak {
        Leak::None => code(0, 1, 0),
        Leak::All => code(4, 1, 0),
        Leak::Shift(n) => code(1, n.into(), 0),
        Leak::Multiply { factor, shift } => code(2, shift.into(), factor.into()),
        Leak::MultiplyEach { shift, .. } => code(3, shift.into(), 0),
    }
}

/// `RESET` of `snn_neuron` and `snn_unrolled_neuron`.
pub fn reset(reset: &Reset<'_>) -> usize {
    match reset {
        Reset::None => 0,
        Reset::ToValue(_) => 1,
        Reset::Subtract(_) => 2,
    }
}

/// `DELAYED` of the same. (Synaptic currents are cleared in front of them.)
pub fn reset_timing(timing: ResetTiming) -> usize {
    match timing {
        ResetTiming::Immediate => 0,
        ResetTiming::Delayed => 1,
        ResetTiming::Overriding | ResetTiming::Clearing => 2,
    }
}

/// `OP` of `snn_pool`.
pub fn pool(op: PoolOp, spikes: bool) -> usize {
    match (op, spikes) {
        (PoolOp::Max, false) => 0,
        (PoolOp::Sum, false) => 1,
        (PoolOp::Max, true) => 2,
        (PoolOp::Sum, true) => 3,
    }
}

/// `REDUCE` of `snn_readout` and `snn_unrolled_readout`.
pub fn reduce(reduce: Reduce) -> usize {
    match reduce {
        Reduce::Sum => 0,
        Reduce::Last => 1,
        Reduce::Max => 2,
        Reduce::First => 3,
    }
}

/// Bits of what the readout looks at: behind the layer `last`, whose currents have `current_bits`.
pub fn value_bits(program: &Program<'_>, last: &Planned<'_>, current_bits: usize) -> usize {
    match program.readout().quantity {
        Quantity::Spikes => 2,
        Quantity::Membrane => last.neurons.map_or(2, |(_, neuron)| neuron.membrane_bits.into()),
        Quantity::Current => current_bits,
    }
}

/// Bits of a score of values of so many bits; 32 wrap as the contract's do.
pub fn score_bits(program: &Program<'_>, value_bits: usize) -> usize {
    let timesteps = program.timesteps() as usize;
    let count = index_bits(timesteps + 1) + 1;
    match (program.readout().reduce, program.readout().quantity) {
        (Reduce::Sum, Quantity::Spikes) | (Reduce::First, _) => count.max(value_bits),
        (Reduce::Sum, Quantity::Membrane | Quantity::Current) => (value_bits + index_bits(timesteps)).min(32),
        (Reduce::Last | Reduce::Max, _) => value_bits,
    }
}
