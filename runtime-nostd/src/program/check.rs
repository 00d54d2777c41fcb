//! [`Program::new`]: the only way to get a [`Program`], and what it rules out.
use super::uses;
use super::{
    Connection, Edge, EdgeKind, Leak, MAX_INDEX_BITS, MAX_TIMESTEPS, Neuron, Pool, PoolOp, Population, Program,
    Projection, Quantity, Rate, Readout, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, Window, edge,
    words,
};
use crate::run::words_needed;

/// Why steps do not make a network. `step` is an index into [`Program::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramError {
    /// There is no step, or more than 65,534.
    StepCount,
    /// A sample has no timestep, or more than [`MAX_TIMESTEPS`].
    Timesteps,
    /// An edge has no element, or more than 2^28, or a type that cannot stand there.
    Edge {
        /// The step that gives it; `None`: the input.
        step: Option<usize>,
    },
    /// A source does not exist, comes later without a delay, or carries something the step cannot take.
    Source {
        /// The step that takes it.
        step: usize,
    },
    /// A table of weights or of one number per channel has the wrong length.
    Length {
        /// Its step.
        step: usize,
    },
    /// The output shape does not follow from the source and the window, or a window parameter is 0.
    Shape {
        /// Its step.
        step: usize,
    },
    /// The output changes more or less often than the sources say.
    Rate {
        /// Its step.
        step: usize,
    },
    /// A number is outside the range its documentation gives.
    Range {
        /// Its step.
        step: usize,
    },
    /// The readout looks at something that its source does not have.
    Readout,
}

/// Elements beyond which an edge is refused, so that no product of sizes overflows.
const MAX_ELEMENTS: u64 = 1 << 28;

impl<'a> Program<'a> {
    /// Builds a network from its input edge, its steps in execution order, and its readout.
    ///
    /// Checks the invariants of [`crate::program`] once, so that running never fails. Being `const`, it checks a
    /// generated artefact while that is compiled; it looks at lengths, not at every weight.
    ///
    /// # Errors
    /// The first broken rule, with its step.
    pub const fn new(
        input: Edge,
        steps: &'a [Step<'a>],
        readout: Readout,
        timesteps: u32,
    ) -> Result<Self, ProgramError> {
        if steps.is_empty() || steps.len() > 65_534 {
            return Err(ProgramError::StepCount);
        }
        if timesteps == 0 || timesteps > MAX_TIMESTEPS {
            return Err(ProgramError::Timesteps);
        }
        if !shape_is_sound(input.shape) || matches!(input.kind, EdgeKind::Counts { .. } | EdgeKind::Currents { .. }) {
            return Err(ProgramError::Edge { step: None });
        }
        let mut i = 0;
        while i < steps.len() {
            if !shape_is_sound(steps[i].output().shape) {
                return Err(ProgramError::Edge { step: Some(i) });
            }
            let checked = match &steps[i] {
                Step::Population(population) => check_population(&input, steps, i, population, timesteps),
                Step::Pool(pool) => check_pool(&input, steps, i, pool),
            };
            if let Err(error) = checked {
                return Err(error);
            }
            i += 1;
        }
        let mut program = Self { input, steps, readout, timesteps, uses: 0, arena_words: 0 };
        if readout.source == 0 || readout.source as usize > steps.len() {
            return Err(ProgramError::Readout);
        }
        let (has_neurons, has_membranes) = match &steps[readout.source as usize - 1] {
            Step::Population(population) => match &population.neuron {
                Some(neuron) => (true, !neuron.is_stateless()),
                None => (false, false),
            },
            Step::Pool(_) => return Err(ProgramError::Readout),
        };
        match readout.quantity {
            Quantity::Spikes if !has_neurons => Err(ProgramError::Readout),
            Quantity::Membrane if !has_membranes => Err(ProgramError::Readout),
            Quantity::Current if has_neurons => Err(ProgramError::Readout),
            _ => {
                program.uses = uses::uses(&program);
                program.arena_words = words_needed(&program);
                Ok(program)
            }
        }
    }
}

const fn shape_is_sound(shape: Shape) -> bool {
    let positions = shape.height as u64 * shape.width as u64;
    positions != 0 && positions <= MAX_ELEMENTS && shape.channels != 0 && {
        shape.channels as u64 <= MAX_ELEMENTS && positions * shape.channels as u64 <= MAX_ELEMENTS
    }
}

const fn check_population(
    input: &Edge,
    steps: &[Step<'_>],
    step: usize,
    population: &Population<'_>,
    timesteps: u32,
) -> Result<(), ProgramError> {
    let out = &population.output;
    let channels = out.shape.channels as usize;
    if population.bias.len() != channels {
        return Err(ProgramError::Length { step });
    }
    if population.accumulator_bits < 2
        || population.accumulator_bits > 32
        || population.current_shift < -31
        || population.current_shift > 16
    {
        return Err(ProgramError::Range { step });
    }
    match (&population.neuron, out.kind) {
        (Some(neuron), kind) => {
            let kind_is_sound = match kind {
                EdgeKind::Spikes => neuron.max_spikes == 1,
                EdgeKind::Counts { max } => max > 1 && neuron.max_spikes == max,
                EdgeKind::Currents { .. } | EdgeKind::Values(_) => false,
            };
            if !kind_is_sound {
                return Err(ProgramError::Edge { step: Some(step) });
            }
            if let Err(error) = check_neuron(step, neuron, out.shape, timesteps) {
                return Err(error);
            }
            if !small(population.bias) {
                return Err(ProgramError::Range { step });
            }
        }
        (None, EdgeKind::Currents { bits }) if bits >= 2 && bits <= 32 => {}
        _ => return Err(ProgramError::Edge { step: Some(step) }),
    }
    if population.projections.is_empty() {
        return Err(ProgramError::Source { step });
    }
    let mut constant = population.neuron.is_none();
    let mut i = 0;
    while i < population.projections.len() {
        let projection = &population.projections[i];
        let last = if projection.delay == 0 { step } else { steps.len() };
        if projection.source as usize > last {
            return Err(ProgramError::Source { step });
        }
        let source = edge(input, steps, projection.source as usize);
        if projection.delay > 0 && !matches!(source.kind, EdgeKind::Spikes | EdgeKind::Counts { .. }) {
            return Err(ProgramError::Source { step });
        }
        constant = constant && projection.delay == 0 && matches!(source.rate, Rate::PerSample);
        if let Err(error) = check_projection(step, projection, source.shape, out.shape) {
            return Err(error);
        }
        i += 1;
    }
    if constant != matches!(out.rate, Rate::PerSample) {
        return Err(ProgramError::Rate { step });
    }
    Ok(())
}

const fn check_neuron(step: usize, neuron: &Neuron<'_>, shape: Shape, timesteps: u32) -> Result<(), ProgramError> {
    let channels = shape.channels as usize;
    let timed = neuron.threshold.len() != channels;
    if timed && neuron.threshold.len() as u64 != channels as u64 * timesteps as u64 {
        return Err(ProgramError::Length { step });
    }
    if !small(neuron.threshold) || neuron.membrane_bits < 2 || neuron.membrane_bits > 30 {
        return Err(ProgramError::Range { step });
    }
    if let Err(error) = check_leak(step, neuron.leak, neuron.membrane_bits, channels) {
        return Err(error);
    }
    if neuron.synaptic.len() > 2 {
        return Err(ProgramError::Range { step });
    }
    let mut i = 0;
    while i < neuron.synaptic.len() {
        let Synaptic { leak, bits, .. } = neuron.synaptic[i];
        if bits < 2 || bits > 29 {
            return Err(ProgramError::Range { step });
        }
        if matches!(leak, Leak::All) {
            return Err(ProgramError::Range { step });
        }
        if let Err(error) = check_leak(step, leak, bits, channels) {
            return Err(error);
        }
        i += 1;
    }
    if let Some(mix) = neuron.mix {
        if mix.timesteps as u32 != timesteps || mix.weights.len() as u32 != timesteps * timesteps {
            return Err(ProgramError::Length { step });
        }
        if !neuron.synaptic.is_empty() {
            return Err(ProgramError::Range { step });
        }
    }
    let reset = match neuron.reset {
        Reset::None => Ok(()),
        Reset::ToValue(table) | Reset::Subtract(table) if table.len() != channels => Err(ProgramError::Length { step }),
        Reset::ToValue(table) if !fits(table, neuron.membrane_bits) => Err(ProgramError::Range { step }),
        Reset::Subtract(table) if !small_times(table, neuron.max_spikes) => Err(ProgramError::Range { step }),
        _ => Ok(()),
    };
    if reset.is_err() {
        return reset;
    }
    let at_once = matches!(neuron.reset_timing, ResetTiming::Immediate);
    let never = matches!(neuron.reset, Reset::None);
    let timing_is_sound = match neuron.reset_timing {
        ResetTiming::Immediate | ResetTiming::Delayed => true,
        ResetTiming::Overriding => matches!(neuron.reset, Reset::ToValue(_)),
        ResetTiming::Clearing => matches!(neuron.reset, Reset::ToValue(_)) && !neuron.synaptic.is_empty(),
    };
    let several_is_sound = neuron.max_spikes == 1 || (neuron.max_spikes > 1 && at_once && positive(neuron.threshold));
    let inhibition_is_sound =
        !neuron.inhibition || (shape.positions() == 1 && neuron.max_spikes == 1 && (never || !at_once));
    let timed_is_sound = !timed || ((at_once || never) && !neuron.inhibition);
    let stateless_is_sound = !neuron.is_stateless() || (never && neuron.floor.is_none());
    if !timing_is_sound || !several_is_sound || !inhibition_is_sound || !timed_is_sound || !stateless_is_sound {
        return Err(ProgramError::Range { step });
    }
    if let Some(stored) = &neuron.stored {
        let kept = matches!(neuron.reset_timing, ResetTiming::Immediate) && !neuron.is_stateless();
        if !kept || neuron.floor.is_some() || neuron.inhibition {
            return Err(ProgramError::Range { step });
        }
        if let Err(error) = check_staircase(step, stored, neuron.membrane_bits, channels) {
            return Err(error);
        }
    }
    match neuron.floor {
        None => Ok(()),
        Some(floor) if floor.len() != channels => Err(ProgramError::Length { step }),
        // what inhibition compares is what is stored
        Some(floor) if !at_once || neuron.inhibition || !fits(floor, neuron.membrane_bits) => {
            Err(ProgramError::Range { step })
        }
        Some(_) => Ok(()),
    }
}

/// Whether a staircase has its rows, ascending, and levels of `bits` bits.
const fn check_staircase(step: usize, stored: &Staircase<'_>, bits: u8, channels: usize) -> Result<(), ProgramError> {
    let steps = stored.steps as usize;
    if steps == 0 || steps > 254 {
        return Err(ProgramError::Range { step });
    }
    let rows = if stored.thresholds.len() == steps { 1 } else { channels };
    if stored.thresholds.len() != rows * steps || stored.levels.len() != rows * (steps + 1) {
        return Err(ProgramError::Length { step });
    }
    let sound = small(stored.thresholds) && fits(stored.levels, bits);
    if sound && ascending(stored.thresholds, steps) && ascending(stored.levels, steps + 1) {
        Ok(())
    } else {
        Err(ProgramError::Range { step })
    }
}

/// Whether each row of `width` numbers rises, or stays.
const fn ascending(table: &[i32], width: usize) -> bool {
    let mut i = 1;
    while i < table.len() {
        if i % width != 0 && table[i] < table[i - 1] {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a leak of a state of `bits` bits stays in its ranges.
const fn check_leak(step: usize, leak: Leak<'_>, bits: u8, channels: usize) -> Result<(), ProgramError> {
    let sound = match leak {
        Leak::None | Leak::All => true,
        Leak::Shift(n) => n >= 1 && n <= 30,
        Leak::Multiply { factor, shift } => {
            shift >= 1 && shift <= 16 && (factor as u32) < 1 << shift && bits + shift <= 31
        }
        Leak::MultiplyEach { factors, .. } if factors.len() != channels => return Err(ProgramError::Length { step }),
        Leak::MultiplyEach { factors, shift } => {
            let mut sound = shift >= 1 && shift <= 15 && bits + shift <= 31;
            let mut i = 0;
            while sound && i < factors.len() {
                sound = factors[i] as u32 <= 1 << shift;
                i += 1;
            }
            sound
        }
    };
    if sound { Ok(()) } else { Err(ProgramError::Range { step }) }
}

/// Whether every number is above 0.
const fn positive(table: &[i32]) -> bool {
    let mut i = 0;
    while i < table.len() {
        if table[i] <= 0 {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether `times` times every number fits 30 bits.
const fn small_times(table: &[i32], times: u16) -> bool {
    let mut i = 0;
    while i < table.len() {
        let product = table[i] as i64 * times as i64;
        if product >= 1 << 29 || product < -(1 << 29) {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether every number fits 30 bits.
const fn small(table: &[i32]) -> bool {
    fits(table, 30)
}

/// Whether every number fits a signed integer of `bits` bits.
const fn fits(table: &[i32], bits: u8) -> bool {
    let bound = 1 << (bits - 1);
    let mut i = 0;
    while i < table.len() {
        if table[i] >= bound || table[i] < -bound {
            return false;
        }
        i += 1;
    }
    true
}

const fn check_projection(
    step: usize,
    projection: &Projection<'_>,
    from: Shape,
    to: Shape,
) -> Result<(), ProgramError> {
    let (rows, width) = match &projection.connection {
        Connection::Dense => (from.len(), to.len()),
        Connection::Identity => {
            if from.height != to.height || from.width != to.width || from.channels != to.channels {
                return Err(ProgramError::Shape { step });
            }
            (1, to.channels as usize)
        }
        Connection::Conv2d(window) => {
            if !window_fits(window, from, to, true) {
                return Err(ProgramError::Shape { step });
            }
            let taps = window.kernel[0] as usize * window.kernel[1] as usize;
            if taps as u64 * from.channels as u64 > MAX_ELEMENTS {
                return Err(ProgramError::Shape { step });
            }
            (taps * from.channels as usize, to.channels as usize)
        }
    };
    check_synapses(step, projection, from.channels as usize, rows, width)
}

/// Whether there is a weight for each of `rows` times `width`. (What the tables hold is for the compiler to prove.)
const fn check_synapses(
    step: usize,
    projection: &Projection<'_>,
    channels_in: usize,
    rows: usize,
    width: usize,
) -> Result<(), ProgramError> {
    let (found, row) = match projection.synapses {
        Synapses::Int8 { weights } => (weights.len(), width),
        Synapses::Binary { signs } => (signs.len(), words(width)),
        Synapses::Planes { bits, odd, planes } => {
            if bits > 8 || bits < if odd { 1 } else { 2 } {
                return Err(ProgramError::Range { step });
            }
            (planes.len(), words(bits as usize * width))
        }
        Synapses::Nibbles { nibbles, .. } => (nibbles.len(), words(4 * width)),
        Synapses::Codebook { index_bits, codewords, indices } => {
            let Connection::Conv2d(window) = &projection.connection else { return Err(ProgramError::Shape { step }) };
            let taps = window.kernel[0] as usize * window.kernel[1] as usize;
            if index_bits == 0 || index_bits > MAX_INDEX_BITS || taps > 32 {
                return Err(ProgramError::Range { step });
            }
            let row = words(width * index_bits as usize);
            if codewords.len() != 1 << index_bits || indices.len() as u64 != channels_in as u64 * row as u64 {
                return Err(ProgramError::Length { step });
            }
            return Ok(());
        }
        Synapses::Codewords { codewords, indices } => {
            if !matches!(projection.connection, Connection::Dense) {
                return Err(ProgramError::Shape { step });
            }
            if codewords.len() != 256 {
                return Err(ProgramError::Length { step });
            }
            if codewords[0] != 0 {
                return Err(ProgramError::Range { step });
            }
            (indices.len(), words(width))
        }
        Synapses::Sparse { starts, columns, weights } => {
            if columns.len() != weights.len() || width > 1 << 16 {
                return Err(ProgramError::Length { step });
            }
            (if starts.is_empty() { columns.len() } else { starts.len() - 1 }, 1)
        }
    };
    if found as u64 != rows as u64 * row as u64 {
        return Err(ProgramError::Length { step });
    }
    Ok(())
}

/// Whether no parameter is 0 and every window of `to` starts in the map or, if it is `padded`, in zeros behind it.
const fn window_fits(window: &Window, from: Shape, to: Shape, padded: bool) -> bool {
    axis_fits(window, 0, from.height, to.height, padded) && axis_fits(window, 1, from.width, to.width, padded)
}

const fn axis_fits(window: &Window, axis: usize, from: u32, to: u32, padded: bool) -> bool {
    let (kernel, stride) = (window.kernel[axis] as u64, window.stride[axis] as u64);
    if kernel == 0 || stride == 0 || window.dilation[axis] == 0 {
        return false;
    }
    // the last window starts in the map, or in zeros behind it that are no wider than the window's reach
    let behind = if padded { (kernel - 1) * window.dilation[axis] as u64 + 1 } else { 0 };
    (to as u64 - 1) * stride < from as u64 + window.padding[axis] as u64 + behind
}

const fn check_pool(input: &Edge, steps: &[Step<'_>], step: usize, pool: &Pool) -> Result<(), ProgramError> {
    if pool.source as usize > step {
        return Err(ProgramError::Source { step });
    }
    let source = edge(input, steps, pool.source as usize);
    if source.shape.channels != pool.output.shape.channels
        || !window_fits(&pool.window, source.shape, pool.output.shape, false)
    {
        return Err(ProgramError::Shape { step });
    }
    if matches!(source.rate, Rate::PerSample) != matches!(pool.output.rate, Rate::PerSample) {
        return Err(ProgramError::Rate { step });
    }
    let taps = pool.window.kernel[0] as u64 * pool.window.kernel[1] as u64;
    let kind_is_sound = match (pool.op, source.kind, pool.output.kind) {
        (PoolOp::Max, EdgeKind::Spikes, EdgeKind::Spikes) => true,
        (PoolOp::Max, EdgeKind::Counts { max: from }, EdgeKind::Counts { max: to }) => from == to,
        (PoolOp::Max, EdgeKind::Currents { bits: from }, EdgeKind::Currents { bits: to }) => from == to,
        (PoolOp::Sum, EdgeKind::Spikes, EdgeKind::Counts { max }) => max as u64 == taps,
        (PoolOp::Sum, EdgeKind::Counts { max: from }, EdgeKind::Counts { max: to }) => to as u64 == taps * from as u64,
        (PoolOp::Sum, EdgeKind::Currents { .. }, EdgeKind::Currents { bits }) => bits >= 2 && bits <= 32,
        _ => false,
    };
    if kind_is_sound { Ok(()) } else { Err(ProgramError::Edge { step: Some(step) }) }
}
