//! Which parts of the runtime a network needs, so that a firmware which holds one network links no others: [`crate::run::Runner`]
//! takes them as a number, found while the program is compiled.
use super::{
    Connection, EdgeKind, Leak, Neuron, Population, Program, Quantity, Reduce, Reset, ResetTiming, Step, Synapses,
};

/// Every part.
pub const ALL: u64 = u64::MAX;

pub(crate) const INT8: u64 = 1 << 0;
pub(crate) const BINARY: u64 = 1 << 1;
pub(crate) const PLANES: u64 = 1 << 2;
pub(crate) const CODEBOOK: u64 = 1 << 3;
pub(crate) const SPARSE: u64 = 1 << 4;
pub(crate) const DENSE: u64 = 1 << 5;
pub(crate) const CONV2D: u64 = 1 << 6;
pub(crate) const IDENTITY: u64 = 1 << 7;
/// A projection of spikes.
pub(crate) const SPIKES: u64 = 1 << 8;
/// A projection of numbers of an edge.
pub(crate) const WORDS: u64 = 1 << 9;
/// A projection of input values.
pub(crate) const VALUES: u64 = 1 << 10;
pub(crate) const DELAYS: u64 = 1 << 11;
pub(crate) const POOLS: u64 = 1 << 12;
/// Currents that are shifted.
pub(crate) const SHIFTS: u64 = 1 << 13;
/// A population without neurons.
pub(crate) const CURRENTS: u64 = 1 << 14;
/// Neurons with something that most have not: see `run::special`.
pub(crate) const SPECIAL: u64 = 1 << 15;
/// Neurons of which something depends on the timestep.
pub(crate) const TIMED: u64 = 1 << 16;
/// Neurons that keep no membrane.
pub(crate) const STATELESS: u64 = 1 << 17;
/// Membranes two to a word, and of those the ones of fewer than 16 bits.
pub(crate) const PACKED: u64 = 1 << 18;
pub(crate) const NARROW: u64 = 1 << 19;
/// Membranes one to a word.
pub(crate) const UNPACKED: u64 = 1 << 20;
pub(crate) const NO_LEAK: u64 = 1 << 21;
pub(crate) const SHIFT: u64 = 1 << 22;
pub(crate) const MULTIPLY: u64 = 1 << 23;
pub(crate) const MULTIPLY_EACH: u64 = 1 << 24;
pub(crate) const NO_RESET: u64 = 1 << 25;
pub(crate) const SUBTRACT: u64 = 1 << 26;
pub(crate) const SUBTRACT_LATER: u64 = 1 << 27;
pub(crate) const TO_VALUE: u64 = 1 << 28;
pub(crate) const TO_VALUE_LATER: u64 = 1 << 29;
/// Resets in place of leak and input.
pub(crate) const OVERRIDING: u64 = 1 << 30;
/// Membranes two to a word whose thresholds or resets do not fit 16 bits.
pub(crate) const LARGE: u64 = 1 << 31;
/// Scores from spikes, from membranes two to a word, and from numbers in words.
pub(crate) const SCORE_SPIKES: u64 = 1 << 32;
pub(crate) const SCORE_PACKED: u64 = 1 << 33;
pub(crate) const SCORE_WORDS: u64 = 1 << 34;
/// Scores that are no sums.
pub(crate) const REDUCES: u64 = 1 << 35;
/// Weights of four bits.
pub(crate) const NIBBLES: u64 = 1 << 36;
/// Signs of 32 outputs at a time.
pub(crate) const CODEWORDS: u64 = 1 << 37;

/// Whether all of `parts` are among those used.
#[inline(always)]
pub(crate) const fn has(uses: u64, parts: u64) -> bool {
    uses & parts == parts
}

/// The parts that a network uses.
pub(super) const fn uses(program: &Program<'_>) -> u64 {
    let mut uses = 0;
    let mut i = 0;
    while i < program.steps().len() {
        uses |= match &program.steps()[i] {
            Step::Population(population) => of_population(program, population),
            Step::Pool(_) => POOLS,
        };
        i += 1;
    }
    uses | of_readout(program)
}

const fn of_readout(program: &Program<'_>) -> u64 {
    let readout = program.readout();
    let reduces = if matches!(readout.reduce, Reduce::Sum) { 0 } else { REDUCES };
    reduces
        | match (readout.quantity, &program.edge(readout.source as usize).kind) {
            (Quantity::Spikes, EdgeKind::Spikes) => SCORE_SPIKES,
            (Quantity::Membrane, _) => SCORE_PACKED | SCORE_WORDS,
            (Quantity::Spikes | Quantity::Current, _) => SCORE_WORDS,
        }
}

const fn of_population(program: &Program<'_>, population: &Population<'_>) -> u64 {
    let mut uses = if population.current_shift == 0 { 0 } else { SHIFTS };
    let mut i = 0;
    while i < population.projections.len() {
        let projection = &population.projections[i];
        uses |= match &projection.synapses {
            Synapses::Int8 { .. } => INT8,
            Synapses::Binary { .. } => BINARY,
            Synapses::Planes { .. } => PLANES,
            Synapses::Nibbles { .. } => NIBBLES,
            Synapses::Codebook { .. } => CODEBOOK,
            Synapses::Codewords { .. } => CODEWORDS,
            Synapses::Sparse { .. } => SPARSE,
        };
        uses |= match &projection.connection {
            Connection::Dense => DENSE,
            Connection::Conv2d(_) => CONV2D,
            Connection::Identity => IDENTITY,
        };
        uses |= match program.edge(projection.source as usize).kind {
            EdgeKind::Spikes => SPIKES,
            EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => WORDS,
            EdgeKind::Values(_) => VALUES,
        };
        if projection.delay > 0 {
            uses |= DELAYS;
        }
        i += 1;
    }
    match &population.neuron {
        Some(neuron) => uses | of_neuron(neuron, population),
        None => uses | CURRENTS,
    }
}

const fn of_neuron(neuron: &Neuron<'_>, population: &Population<'_>) -> u64 {
    let shape = population.output.shape;
    let mut uses = if neuron.is_timed(shape.channels as usize) { TIMED } else { 0 };
    if neuron.is_special() {
        uses |= SPECIAL;
    }
    if neuron.is_stateless() {
        return uses | STATELESS;
    }
    uses |= match neuron.is_packed(shape) {
        true if neuron.membrane_bits < 16 => PACKED | NARROW,
        true => PACKED,
        false => UNPACKED,
    };
    let resets = match neuron.reset {
        Reset::None => &[],
        Reset::ToValue(table) | Reset::Subtract(table) => table,
    };
    if neuron.is_packed(shape) && !(are_halfwords(neuron.threshold) && are_halfwords(resets)) {
        uses |= LARGE;
    }
    uses |= match neuron.leak {
        Leak::None => NO_LEAK,
        Leak::Shift(_) => SHIFT,
        Leak::Multiply { .. } => MULTIPLY,
        Leak::All | Leak::MultiplyEach { .. } => MULTIPLY_EACH,
    };
    uses | match (neuron.reset, neuron.reset_timing) {
        (Reset::None, _) => NO_RESET,
        (Reset::Subtract(_), ResetTiming::Immediate) => SUBTRACT,
        (Reset::Subtract(_), ResetTiming::Delayed) => SUBTRACT_LATER,
        (Reset::ToValue(_), ResetTiming::Immediate) => TO_VALUE,
        (Reset::ToValue(_), ResetTiming::Delayed) => TO_VALUE_LATER,
        (Reset::Subtract(_) | Reset::ToValue(_), ResetTiming::Overriding | ResetTiming::Clearing) => OVERRIDING,
    }
}

/// Whether all numbers have 16 bits.
pub(crate) const fn are_halfwords(table: &[i32]) -> bool {
    let mut i = 0;
    while i < table.len() {
        if table[i] != table[i] as i16 as i32 {
            return false;
        }
        i += 1;
    }
    true
}
