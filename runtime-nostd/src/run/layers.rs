//! Executes a [`Program`] a whole sample at a time, layer by layer: every timestep of a layer before the next one.
//!
//! A layer runs position by position, each through all timesteps, so that only the membranes of one position exist at a time, and
//! only packed spikes are kept for the whole sample ([`plan`]). Spikes and scores are those of [`crate::run::Runner`].
pub mod plan;
mod unit;

use core::ops::Range;

use super::arena::edge_words;
use super::population::Source;
use super::{Input, RunError, edge};
use crate::program::uses::{ALL, POOLS, has};
use crate::program::{Edge, EdgeKind, Program, Projection, Rate, Step};
use crate::readout::prediction;

use plan::{Plan, Scratch};
use unit::Unit;

/// Runs a network layer by layer in memory that the caller supplies, with the parts of the runtime that are among `USES`.
#[derive(Debug)]
pub struct LayerRunner<'p, 'm, const USES: u64 = ALL> {
    program: Program<'p>,
    plan: &'p Plan,
    memory: Memory<'m>,
}

/// The memory, as [`Plan::words`] counts it.
#[derive(Debug)]
struct Memory<'m> {
    scores: &'m mut [u32],
    sums: &'m mut [u32],
    held: &'m mut [u32],
    pooled: &'m mut [u32],
    membranes: &'m mut [u32],
    synaptic: &'m mut [u32],
    given: &'m mut [u32],
    rows: &'m mut [u32],
    kept: &'m mut [u32],
}

impl<'m> Memory<'m> {
    fn new(plan: &Plan, mut words: &'m mut [u32]) -> Option<Self> {
        let mut next = |count| {
            let (taken, rest) = core::mem::take(&mut words).split_at_mut_checked(count)?;
            words = rest;
            Some(taken)
        };
        let &Scratch { sums, held, pooled, membranes, synaptic, given, rows } = &plan.scratch;
        Some(Self {
            scores: next(plan.scores)?,
            sums: next(sums)?,
            held: next(held)?,
            pooled: next(pooled)?,
            membranes: next(membranes)?,
            synaptic: next(synaptic)?,
            given: next(given)?,
            rows: next(rows)?,
            kept: next(plan.kept)?,
        })
    }

    /// As much of it as a unit works on, which runs so many elements at once.
    fn part(&mut self, elements: usize, membranes: usize, synaptic: usize, given: usize) -> Memory<'_> {
        Memory {
            scores: self.scores,
            sums: first(self.sums, elements),
            held: first(self.held, elements),
            pooled: first(self.pooled, elements),
            membranes: first(self.membranes, membranes),
            synaptic: first(self.synaptic, synaptic),
            given: first(self.given, given),
            rows: self.rows,
            kept: self.kept,
        }
    }
}

/// The first `count` words, or all where there are fewer.
fn first(words: &mut [u32], count: usize) -> &mut [u32] {
    let count = count.min(words.len());
    words.get_mut(..count).unwrap_or_default()
}

impl<'p, 'm> LayerRunner<'p, 'm> {
    /// A network, and where it keeps what: `plan` is [`Plan::new`] of it. What `memory` holds does not matter; it has
    /// [`Plan::words`] words or more.
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`].
    pub fn new(program: Program<'p>, plan: &'p Plan, memory: &'m mut [u32]) -> Result<Self, RunError> {
        Self::with_uses(program, plan, memory)
    }
}

impl<'p, 'm, const USES: u64> LayerRunner<'p, 'm, USES> {
    /// As [`LayerRunner::new`], of a network that uses nothing else ([`Program::uses`]).
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`], [`RunError::Uses`].
    pub fn with_uses(program: Program<'p>, plan: &'p Plan, memory: &'m mut [u32]) -> Result<Self, RunError> {
        if !has(USES, program.uses()) {
            return Err(RunError::Uses);
        }
        let (found, needed) = (memory.len(), plan.words());
        let memory = Memory::new(plan, memory).ok_or(RunError::ArenaTooSmall { found, needed })?;
        Ok(Self { program, plan, memory })
    }

    /// Runs a sample and returns its class: all frames, one behind the other, or the one of an input of
    /// [`Rate::PerSample`].
    ///
    /// # Errors
    /// [`RunError::Input`].
    pub fn infer(&mut self, sample: Input<'_>) -> Result<usize, RunError> {
        self.infer_and(sample, |_, _| {})
    }

    /// As [`Self::infer`]; calls `seen` with each edge that is kept (1 or more), when it is complete, and what it carries:
    /// all timesteps one behind the other, or one of [`Rate::PerSample`].
    ///
    /// # Errors
    /// [`RunError::Input`].
    pub fn infer_and(&mut self, sample: Input<'_>, mut seen: impl FnMut(usize, &[u32])) -> Result<usize, RunError> {
        let input = self.program.input();
        if !sample.is_of(input, self.slots(input) as usize) {
            return Err(RunError::Input);
        }
        self.memory.scores.fill(0);
        for (index, step) in self.program.steps().iter().enumerate() {
            if self.plan.next(index).is_some() {
                continue; // part of a later one
            }
            let slots = self.slots(step.output());
            let all = slot_of(self.plan.place(index), step.output(), 0);
            let all = all.start..all.start + all.len() * slots as usize;
            self.memory.kept.get_mut(all.clone()).unwrap_or_default().fill(0);
            match Unit::of::<USES>(&self.program, self.plan, index) {
                Some(unit) => unit.run::<USES>(&mut self.memory, sample),
                None if has(USES, POOLS) => self.pool(index, step, sample),
                None => {}
            }
            seen(index + 1, self.memory.kept.get(all).unwrap_or_default());
        }
        Ok(prediction(self.memory.scores))
    }

    /// Scores of the readout after the sample, one `i32` in a word each.
    #[must_use]
    pub fn scores(&self) -> &[u32] {
        self.memory.scores
    }

    /// Index of the highest score, ties to the lowest index.
    #[must_use]
    pub fn prediction(&self) -> usize {
        prediction(self.memory.scores)
    }

    /// How many timesteps an edge has.
    const fn slots(&self, edge: &Edge) -> u32 {
        match edge.rate {
            Rate::PerSample => 1,
            Rate::PerTimestep => self.program.timesteps(),
        }
    }

    /// Runs a pool that stands by itself.
    fn pool(&mut self, index: usize, step: &Step<'_>, sample: Input<'_>) {
        let Step::Pool(pool) = step else { return };
        let Some(from) = edge(&self.program, pool.source) else { return };
        for t in 0..self.slots(&pool.output) {
            let output = slot_of(self.plan.place(index), &pool.output, t);
            let Some(before) = usize::from(pool.source).checked_sub(1) else {
                let Input::Spikes(words) = sample else { return }; // Program::new refuses a pool of values
                let input = words.get(slot_of(0, from, t)).unwrap_or_default();
                pool.run(from.shape, from.kind, input, self.memory.kept.get_mut(output).unwrap_or_default());
                continue;
            };
            let input = slot_of(self.plan.place(before), from, t);
            let Ok([input, output]) = self.memory.kept.get_disjoint_mut([input, output]) else { return };
            pool.run(from.shape, from.kind, input, output);
        }
    }
}

/// Where `edge`, which lies at `place`, has what it carries in timestep `t`.
const fn slot_of(place: usize, edge: &Edge, t: u32) -> Range<usize> {
    let words = edge_words(edge);
    let start = match edge.rate {
        Rate::PerSample => place,
        Rate::PerTimestep => place + words * t as usize,
    };
    start..start + words
}

/// What a projection reads in timestep `t`; nothing before the first.
fn source<'s>(
    program: &Program<'_>,
    plan: &Plan,
    kept: &'s [u32],
    sample: Input<'s>,
    projection: &Projection<'_>,
    t: u32,
) -> Option<Source<'s>> {
    let from = edge(program, projection.source)?;
    let t = t.checked_sub(projection.delay.into())?;
    let values = from.shape.len();
    let first = if from.rate == Rate::PerSample { 0 } else { values * t as usize };
    let values = first..first + values;
    match (usize::from(projection.source).checked_sub(1), sample) {
        (None, Input::Spikes(words)) => Some(Source::Spikes(words.get(slot_of(0, from, t))?)),
        (None, Input::U8(all)) => Some(Source::U8(all.get(values)?)),
        (None, Input::I8(all)) => Some(Source::I8(all.get(values)?)),
        (None, Input::I16(all)) => Some(Source::I16(all.get(values)?)),
        (Some(step), _) => {
            let words = kept.get(slot_of(plan.place(step), from, t))?;
            Some(if from.kind == EdgeKind::Spikes { Source::Spikes(words) } else { Source::Words(words) })
        }
    }
}
