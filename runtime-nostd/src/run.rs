//! Executes a [`Program`], one timestep at a time: the golden model, and what runs on the microcontroller.
mod arena;
mod population;

use crate::program::{EdgeKind, Program, Quantity, Rate, Step, ValueKind};
use crate::readout::prediction;

use arena::{Arena, Region};
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
}

/// Runs a network in an arena that the caller supplies.
#[derive(Debug)]
pub struct Runner<'p, 'm> {
    program: Program<'p>,
    arena: Arena<'m>,
    timestep: u32,
}

impl<'p, 'm> Runner<'p, 'm> {
    /// A network at rest. The arena's content does not matter; it holds [`arena_words`] words or more.
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`].
    pub fn new(program: Program<'p>, arena: &'m mut [u32]) -> Result<Self, RunError> {
        let needed = arena_words(&program);
        let found = arena.len();
        let memory = arena.get_mut(..needed).ok_or(RunError::ArenaTooSmall { found, needed })?;
        let mut runner = Self { program, arena: Arena::new(memory), timestep: 0 };
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
    /// [`RunError::Input`].
    pub fn step(&mut self, input: Input<'_>) -> Result<(), RunError> {
        self.check(input)?;
        let steps = self.program.steps();
        for (index, step) in steps.iter().enumerate() {
            if self.timestep > 0 && step.output().rate == Rate::PerSample {
                continue;
            }
            match step {
                Step::Population(population) => {
                    population::run(&self.program, &mut self.arena, index, population, input, self.timestep);
                }
                Step::Pool(pool) => {
                    let source = *self.program.edge(pool.source as usize);
                    let parts = self.arena.split(&self.program, index);
                    let elements = match (pool.source, input) {
                        (0, Input::Spikes(spikes)) => spikes,
                        (0, _) => &[], // a pool of input values is refused by Program::new
                        (edge, _) => parts.earlier.edge(&self.program, edge as usize),
                    };
                    pool.run(source.shape, source.kind, elements, parts.output);
                }
            }
        }
        self.arena.keep_delayed(&self.program, input, self.timestep);
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

    /// Timesteps run since the sample began.
    #[must_use]
    pub const fn timestep(&self) -> u32 {
        self.timestep
    }

    /// What edge `index` (1 or more) carries after this timestep: packed spikes, or one `i32` per element in a word.
    #[must_use]
    pub fn edge(&self, index: usize) -> &[u32] {
        self.arena.get(&self.program, Region::Edge(index))
    }

    /// Stored membrane potentials of step `index`, one `i32` in a word each; empty where it has no neurons.
    #[must_use]
    pub fn membranes(&self, index: usize) -> &[u32] {
        self.arena.get(&self.program, Region::Membranes(index))
    }

    /// Scores of the readout after this timestep, one `i32` in a word each.
    #[must_use]
    pub fn scores(&self) -> &[u32] {
        self.arena.get(&self.program, Region::Scores)
    }

    /// Index of the highest score, ties to the lowest index.
    #[must_use]
    pub fn prediction(&self) -> usize {
        prediction(self.scores())
    }

    fn check(&self, input: Input<'_>) -> Result<(), RunError> {
        let edge = self.program.input();
        let elements = edge.shape.len();
        let fits = match (edge.kind, input) {
            (EdgeKind::Spikes, Input::Spikes(words)) => words.len() == crate::program::words(elements),
            (EdgeKind::Values(ValueKind::U8), Input::U8(values)) => values.len() == elements,
            (EdgeKind::Values(ValueKind::I8), Input::I8(values)) => values.len() == elements,
            (EdgeKind::Values(ValueKind::I16), Input::I16(values)) => values.len() == elements,
            _ => false,
        };
        if fits { Ok(()) } else { Err(RunError::Input) }
    }

    fn read_out(&mut self) {
        let readout = *self.program.readout();
        let (timestep, timesteps) = (self.timestep, self.program.timesteps());
        let source = match readout.quantity {
            Quantity::Spikes | Quantity::Current => Region::Edge(readout.source as usize),
            Quantity::Membrane => Region::Membranes(readout.source as usize - 1),
        };
        let (scores, values) = self.arena.scores_and(&self.program, source);
        for (i, score) in scores.iter_mut().enumerate() {
            let value = match readout.quantity {
                Quantity::Spikes => values.get(i / 32).map_or(0, |word| word >> (i % 32) & 1),
                Quantity::Membrane | Quantity::Current => values.get(i).copied().unwrap_or_default(),
            };
            *score = readout.reduce.update(*score as i32, value as i32, timestep, timesteps) as u32;
        }
    }
}
