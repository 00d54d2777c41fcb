//! Executes a [`Program`], one timestep at a time: the golden model, and what runs on the microcontroller.
mod arena;
pub(crate) mod known;
pub mod layers;
mod neurons;
mod population;
mod special;

use crate::program::uses::{ALL, DELAYS, POOLS, REDUCES, SCORE_PACKED, SCORE_SPIKES, SCORE_WORDS, TIMED, has};
use crate::program::{Edge, EdgeKind, Population, Program, Quantity, Rate, Reduce, Step, ValueKind};
use crate::readout::{is_ahead, prediction};

use arena::Arena;
pub(crate) use arena::words_needed;
pub use arena::{arena_words, step_words};

/// One timestep of input, channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'i> {
    /// Packed as [`EdgeKind::Spikes`] says.
    Spikes(&'i [u32]),
    /// One value per element.
    U8(&'i [u8]),
    /// One value per element.
    I8(&'i [i8]),
    /// One value per element.
    I16(&'i [i16]),
}

impl<'i> Input<'i> {
    /// The words of a packed input.
    const fn spikes(self) -> &'i [u32] {
        match self {
            Input::Spikes(words) => words,
            Input::U8(_) | Input::I8(_) | Input::I16(_) => &[],
        }
    }

    /// Whether this is what `edge`, an input, carries in so many frames.
    #[inline(always)]
    fn is_of(self, edge: &Edge, frames: usize) -> bool {
        let elements = edge.shape.len();
        let fits = |found: usize, frame: usize| {
            if frames == 1 { found == frame } else { frame.checked_mul(frames) == Some(found) }
        };
        match (edge.kind, self) {
            (EdgeKind::Spikes, Input::Spikes(words)) => fits(words.len(), crate::program::words(elements)),
            (EdgeKind::Values(ValueKind::U8), Input::U8(values)) => fits(values.len(), elements),
            (EdgeKind::Values(ValueKind::I8), Input::I8(values)) => fits(values.len(), elements),
            (EdgeKind::Values(ValueKind::I16), Input::I16(values)) => fits(values.len(), elements),
            _ => false,
        }
    }
}

/// Why a [`Runner`] refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The arena has fewer than [`arena_words`] words.
    ArenaTooSmall {
        /// Words it has.
        found: usize,
        /// Words the network needs.
        needed: usize,
    },
    /// The input is not of the input edge's type or length.
    Input,
    /// The network uses parts of the runtime that this one was built without.
    Uses,
    /// Every timestep of a sample has thresholds of its own, and there are none for a later one.
    Timesteps,
}

/// Runs a network in an arena that the caller supplies, with the parts of the runtime that are among `USES`: what a firmware
/// of one network does not use is not linked.
#[derive(Debug)]
pub struct Runner<'p, 'm, const USES: u64 = ALL> {
    program: Program<'p>,
    arena: Arena<'m>,
    timestep: u32,
}

/// Whether the membranes of a step are stored two to a word.
fn is_packed(step: &Step<'_>) -> bool {
    match step {
        Step::Population(Population { neuron: Some(neuron), output, .. }) => neuron.is_packed(output.shape),
        Step::Population(_) | Step::Pool(_) => false,
    }
}

/// Membrane `i` of those stored in `words`.
#[inline]
fn membrane(words: &[u32], packed: bool, i: usize) -> i32 {
    let word = |i: usize| words.get(i).copied().unwrap_or_default();
    match packed {
        true => i32::from((word(i / 2) >> (16 * (i % 2))) as i16),
        false => word(i) as i32,
    }
}

/// Edge `index` of a network, if there is one.
#[inline]
const fn edge<'a>(program: &'a Program<'_>, index: u16) -> Option<&'a Edge> {
    if index as usize <= program.steps().len() { Some(program.edge(index as usize)) } else { None }
}

impl<'p, 'm> Runner<'p, 'm> {
    /// A network at rest. The arena's content does not matter; it holds [`arena_words`] words or more.
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`].
    pub fn new(program: Program<'p>, arena: &'m mut [u32]) -> Result<Self, RunError> {
        Self::with_uses(program, arena)
    }
}

impl<'p, 'm, const USES: u64> Runner<'p, 'm, USES> {
    /// As [`Runner::new`], of a network that uses nothing else ([`Program::uses`]).
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`], [`RunError::Uses`].
    pub fn with_uses(program: Program<'p>, arena: &'m mut [u32]) -> Result<Self, RunError> {
        if !has(USES, program.uses()) {
            return Err(RunError::Uses);
        }
        let (found, needed) = (arena.len(), program.arena_words());
        let arena = Arena::new::<USES>(&program, arena).ok_or(RunError::ArenaTooSmall { found, needed })?;
        let mut runner = Self { program, arena, timestep: 0 };
        runner.begin();
        Ok(runner)
    }

    /// Starts a sample: all state is zero.
    pub fn begin(&mut self) {
        self.timestep = 0;
        self.arena.clear();
    }

    /// Runs one timestep.
    ///
    /// An input of [`Rate::PerSample`] is given again, unchanged, at every timestep of the sample: it is not copied.
    ///
    /// # Errors
    /// [`RunError::Input`]; [`RunError::Timesteps`] beyond the sample's last where thresholds depend on the timestep.
    pub fn step(&mut self, input: Input<'_>) -> Result<(), RunError> {
        self.check(input)?;
        // there are thresholds for each timestep of a sample, and no more
        if has(USES & self.program.uses(), TIMED) && self.timestep >= self.program.timesteps() {
            return Err(RunError::Timesteps);
        }
        for (index, step) in self.program.steps().iter().enumerate() {
            if self.timestep > 0 && step.output().rate == Rate::PerSample {
                continue;
            }
            let Some(parts) = self.arena.split(index, step) else { continue };
            match step {
                Step::Population(population) => {
                    population::run::<USES>(&self.program, parts, population, input, self.timestep);
                }
                Step::Pool(_) if !has(USES, POOLS) => {} // what is not used is not there
                Step::Pool(pool) => {
                    let Some(source) = edge(&self.program, pool.source) else { continue };
                    let elements = match pool.source {
                        0 => input.spikes(), // a pool of input values is refused by Program::new
                        index => parts.earlier.edge(index.into(), source),
                    };
                    pool.run(source.shape, source.kind, elements, parts.output);
                }
            }
        }
        if has(USES & self.program.uses(), DELAYS) {
            for index in 0..self.program.steps().len() {
                self.arena.keep(&self.program, index, input.spikes(), self.timestep);
            }
        }
        self.read_out();
        self.timestep = self.timestep.saturating_add(1);
        Ok(())
    }

    /// Runs a whole sample of one constant input and returns the prediction.
    ///
    /// # Errors
    /// [`RunError::Input`].
    pub fn infer(&mut self, input: Input<'_>) -> Result<usize, RunError> {
        self.begin();
        for _ in 0..self.program.timesteps() {
            self.step(input)?;
        }
        Ok(self.prediction())
    }

    /// As [`Runner::infer`], but ends with the timestep after which the prediction cannot change ([`Runner::is_decided`]);
    /// [`Runner::timestep`] says how many there were.
    ///
    /// # Errors
    /// [`RunError::Input`].
    pub fn infer_until_decided(&mut self, input: Input<'_>) -> Result<usize, RunError> {
        self.begin();
        while !self.is_decided() {
            self.step(input)?;
        }
        Ok(self.prediction())
    }

    /// Whether no later timestep of the sample can change [`Runner::prediction`]: of counted spikes, whether the first has more
    /// than any other can still reach; of first spikes, whether there was one; of all others, whether the sample has ended.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        let rest = self.program.timesteps().saturating_sub(self.timestep);
        let readout = self.program.readout();
        let most = match (readout.quantity, edge(&self.program, readout.source).map(|edge| edge.kind)) {
            (Quantity::Spikes, Some(EdgeKind::Spikes)) => 1,
            (Quantity::Spikes, Some(EdgeKind::Counts { max })) => max.into(),
            _ => return rest == 0,
        };
        let reduce = if has(USES, REDUCES) { readout.reduce } else { Reduce::Sum };
        match reduce {
            Reduce::Sum => is_ahead(self.scores(), rest.saturating_mul(most)),
            Reduce::First => rest == 0 || self.scores().iter().any(|&score| score != 0),
            Reduce::Last | Reduce::Max => rest == 0,
        }
    }

    /// Timesteps run since the sample began.
    #[must_use]
    pub const fn timestep(&self) -> u32 {
        self.timestep
    }

    /// What edge `index` (1 or more) carries after this timestep: packed spikes, or one `i32` per element in a word;
    /// empty where there is no such edge.
    #[must_use]
    pub fn edge(&self, index: usize) -> &[u32] {
        let Some(index) = index.checked_sub(1) else { return &[] };
        self.program.steps().get(index).map_or(&[], |step| self.arena.output(index, step))
    }

    /// Stored membrane potentials of step `index`; none where it has no neurons, or none that keep a membrane.
    pub fn membranes(&self, index: usize) -> impl Iterator<Item = i32> {
        let step = self.program.steps().get(index);
        let (words, packed) =
            step.map_or((&[][..], false), |step| (self.arena.membranes(index, step), is_packed(step)));
        let count = if words.is_empty() { 0 } else { step.map_or(0, |step| step.output().shape.len()) };
        (0..count).map(move |i| membrane(words, packed, i))
    }

    /// Synaptic currents of step `index`, one `i32` in a word each, one filter after the other, or the currents that are
    /// mixed, one timestep after the other; empty where it has none.
    #[must_use]
    pub fn synaptic(&self, index: usize) -> &[u32] {
        self.program.steps().get(index).map_or(&[], |step| self.arena.synaptic(&self.program, index, step))
    }

    /// Scores of the readout after this timestep, one `i32` in a word each.
    #[must_use]
    pub fn scores(&self) -> &[u32] {
        self.arena.scores()
    }

    /// Index of the highest score, ties to the lowest index.
    #[must_use]
    pub fn prediction(&self) -> usize {
        prediction(self.scores())
    }

    fn check(&self, input: Input<'_>) -> Result<(), RunError> {
        if input.is_of(self.program.input(), 1) { Ok(()) } else { Err(RunError::Input) }
    }

    fn read_out(&mut self) {
        let readout = *self.program.readout();
        let (timestep, timesteps) = (self.timestep, self.program.timesteps());
        let Some(index) = usize::from(readout.source).checked_sub(1) else { return };
        let Some(step) = self.program.steps().get(index) else { return };
        let membranes = readout.quantity == Quantity::Membrane;
        let Some((scores, values)) = self.arena.scores_and(index, step, membranes) else { return };
        let update = |score: &mut u32, value| {
            let reduce = if has(USES, REDUCES) { readout.reduce } else { Reduce::Sum };
            *score = reduce.update(*score as i32, value, timestep, timesteps) as u32;
        };
        match readout.quantity {
            Quantity::Spikes if has(USES, SCORE_SPIKES) && matches!(step.output().kind, EdgeKind::Spikes) => {
                if has(USES, REDUCES) && readout.reduce == Reduce::Last {
                    scores.fill(0);
                }
                // a neuron that is silent leaves its score as it is
                for (scores, &word) in scores.chunks_mut(32).zip(values) {
                    let mut word = word;
                    while let Some(score) = scores.get_mut(word.trailing_zeros() as usize) {
                        update(score, 1);
                        word &= word - 1;
                    }
                }
            }
            Quantity::Membrane if has(USES, SCORE_PACKED) && is_packed(step) => {
                for (i, score) in scores.iter_mut().enumerate() {
                    update(score, membrane(values, true, i));
                }
            }
            _ if !has(USES, SCORE_WORDS) => {} // what is not used is not there
            Quantity::Spikes | Quantity::Membrane | Quantity::Current => {
                for (score, value) in scores.iter_mut().zip(values) {
                    update(score, *value as i32);
                }
            }
        }
    }
}
