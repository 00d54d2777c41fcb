//! Where everything lies in the caller's arena, in words of 32 bits: the accumulators of one position; the list of rows
//! that are added to them; a table of where
//! each step's block begins, counted from the table; the scores; then per step a block with its output, its membranes,
//! the rings of its delayed projections, and its synaptic currents one filter after the other.
use super::edge;
use super::known::Known;
use crate::program::uses::{DELAYS, SPECIAL, has};
use crate::program::{Connection, Edge, EdgeKind, Neuron, Population, Program, Projection, Step, Synapses, words};

/// Words of 32 bits that a network needs to run.
#[must_use]
pub const fn arena_words(program: &Program<'_>) -> usize {
    program.arena_words()
}

/// As [`arena_words`], of a network that is not known yet.
pub(crate) const fn words_needed(program: &Program<'_>) -> usize {
    let steps = program.steps();
    let mut total = accumulator_words(program) + rows_words(program) + 2 * steps.len() + score_words(program);
    let mut i = 0;
    while i < steps.len() {
        total += step_words(program, i);
        i += 1;
    }
    total
}

/// Words of 32 bits that belong to step `step` alone: its output, its membranes, and what its delays keep; 0 where there
/// is no such step.
#[must_use]
pub const fn step_words(program: &Program<'_>, step: usize) -> usize {
    if step >= program.steps().len() {
        return 0;
    }
    let step = &program.steps()[step];
    edge_words(step.output()) + membrane_words(step) + synaptic_words(step) + ring_words(program, step)
}

/// Words of an edge.
pub(super) const fn edge_words(edge: &Edge) -> usize {
    match edge.kind {
        EdgeKind::Spikes => words(edge.shape.len()),
        EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => edge.shape.len(),
    }
}

const fn membrane_words(step: &Step<'_>) -> usize {
    match step {
        Step::Population(Population { neuron: Some(neuron), output, .. }) if !neuron.is_stateless() => {
            let membranes = output.shape.len();
            if neuron.is_packed(output.shape) { membranes.div_ceil(2) } else { membranes }
        }
        Step::Population(_) | Step::Pool(_) => 0,
    }
}

/// Synaptic currents of a neuron, or currents that it mixes.
#[inline(always)]
pub(super) const fn currents_of(neuron: &Neuron<'_>) -> usize {
    match neuron.mix {
        Some(mix) => neuron.synaptic.len() + mix.timesteps as usize,
        None => neuron.synaptic.len(),
    }
}

/// Words of the synaptic currents of a step, or of the currents that it mixes.
const fn synaptic_words(step: &Step<'_>) -> usize {
    match step {
        Step::Population(Population { neuron: Some(neuron), output, .. }) => currents_of(neuron) * output.shape.len(),
        Step::Population(_) | Step::Pool(_) => 0,
    }
}

/// Accumulators that one position of a population needs at once.
pub(super) const fn position_width(population: &Population<'_>) -> usize {
    let mut i = 0;
    while i < population.projections.len() {
        if matches!(population.projections[i].connection, Connection::Dense) {
            return population.output.shape.len();
        }
        i += 1;
    }
    population.output.shape.channels as usize
}

const fn accumulator_words(program: &Program<'_>) -> usize {
    let mut most = 0;
    let mut i = 0;
    while i < program.steps().len() {
        if let Step::Population(population) = &program.steps()[i] {
            let width = position_width(population);
            if width > most {
                most = width;
            }
        }
        i += 1;
    }
    most
}

/// Words of the longest list of rows.
const fn rows_words(program: &Program<'_>) -> usize {
    let mut most = 0;
    let mut i = 0;
    while i < program.steps().len() {
        if let Step::Population(population) = &program.steps()[i] {
            let mut k = 0;
            while k < population.projections.len() {
                let words = projection_rows_words(program, &population.projections[k]);
                if words > most {
                    most = words;
                }
                k += 1;
            }
        }
        i += 1;
    }
    most
}

/// Words of the list of a projection.
pub(super) const fn projection_rows_words(program: &Program<'_>, projection: &Projection<'_>) -> usize {
    let Some(Edge { kind, shape, .. }) = edge(program, projection.source) else { return 0 };
    let rows = match &projection.connection {
        Connection::Dense => shape.len(),
        Connection::Conv2d(window) => window.taps() * shape.channels as usize,
        Connection::Identity => return 0,
    };
    match (kind, &projection.synapses) {
        (EdgeKind::Spikes, Synapses::Codebook { .. }) => 0,
        (EdgeKind::Spikes, _) => crate::synapse::rows::rows_words(rows),
        (_, Synapses::Int8 { .. }) => crate::synapse::rows::scaled_words(rows),
        _ => 0,
    }
}

/// Words of all rings of a step.
const fn ring_words(program: &Program<'_>, step: &Step<'_>) -> usize {
    match step {
        Step::Population(population) => population_ring_words(program, population),
        Step::Pool(_) => 0,
    }
}

/// Words of all rings of a population.
pub(super) const fn population_ring_words(program: &Program<'_>, population: &Population<'_>) -> usize {
    let mut total = 0;
    let mut i = 0;
    while i < population.projections.len() {
        let projection = &population.projections[i];
        if let Some(edge) = edge(program, projection.source) {
            total += projection.delay as usize * edge_words(edge);
        }
        i += 1;
    }
    total
}

const fn score_words(program: &Program<'_>) -> usize {
    match edge(program, program.readout().source) {
        Some(edge) => edge.shape.len(),
        None => 0,
    }
}

/// The arena, exactly as long as the network needs.
#[derive(Debug)]
pub(super) struct Arena<'m> {
    /// Accumulators of one position.
    accumulators: &'m mut [u32],
    /// The list of rows.
    rows: &'m mut [u32],
    /// Everything else, from the table on.
    state: &'m mut [u32],
    /// Words of the table.
    table: usize,
    /// Scores.
    scores: usize,
}

/// What one step works on.
pub(super) struct Parts<'a> {
    pub(super) accumulators: &'a mut [u32],
    pub(super) rows: &'a mut [u32],
    pub(super) output: &'a mut [u32],
    pub(super) membranes: &'a mut [u32],
    pub(super) known: Known,
    /// The rings, and behind them the synaptic currents.
    pub(super) rings: &'a mut [u32],
    pub(super) earlier: Earlier<'a>,
}

/// The outputs of the steps before one.
#[derive(Clone, Copy)]
pub(super) struct Earlier<'a>(&'a [u32]);

impl<'a> Earlier<'a> {
    /// What `edge`, the output of step `index - 1`, carries.
    #[inline]
    pub(super) fn edge(self, index: usize, edge: &Edge) -> &'a [u32] {
        let start = self.0.get(2 * index.wrapping_sub(1)).map_or(0, |&start| start as usize);
        self.0.get(start..).and_then(|rest| rest.get(..edge_words(edge))).unwrap_or_default()
    }
}

impl<'m> Arena<'m> {
    /// Lays a network out in `memory`, if there are enough words.
    pub(super) fn new<const USES: u64>(program: &Program<'_>, memory: &'m mut [u32]) -> Option<Self> {
        let (accumulators, rest) = memory.split_at_mut_checked(accumulator_words(program))?;
        let (rows, rest) = rest.split_at_mut_checked(rows_words(program))?;
        let (table, scores) = (2 * program.steps().len(), score_words(program));
        let state = rest.get_mut(..program.arena_words().checked_sub(accumulators.len() + rows.len())?)?;
        let mut at = table + scores;
        for (entry, step) in state.as_chunks_mut().0.iter_mut().zip(program.steps()) {
            let known = Known::of::<USES>(step);
            *entry = [at as u32, known.bits()];
            // as `step_words`, but for what is not used
            at += edge_words(step.output()) + known.membrane_words(step.output().shape.len());
            at += if has(USES, SPECIAL) { synaptic_words(step) } else { 0 };
            at += if has(USES, DELAYS) { ring_words(program, step) } else { 0 };
        }
        Some(Self { accumulators, rows, state, table, scores })
    }

    /// Clears all state.
    pub(super) fn clear(&mut self) {
        if let Some(state) = self.state.get_mut(self.table..) {
            state.fill(0);
        }
    }

    fn start(&self, step: usize) -> usize {
        self.state.get(2 * step).map_or(0, |&start| start as usize)
    }

    /// The output of step `index`.
    pub(super) fn output(&self, index: usize, step: &Step<'_>) -> &[u32] {
        let rest = self.state.get(self.start(index)..).unwrap_or_default();
        rest.get(..edge_words(step.output())).unwrap_or_default()
    }

    /// The membranes of step `index`.
    pub(super) fn membranes(&self, index: usize, step: &Step<'_>) -> &[u32] {
        let rest = self.state.get(self.start(index) + edge_words(step.output())..).unwrap_or_default();
        rest.get(..membrane_words(step)).unwrap_or_default()
    }

    /// The synaptic currents of step `index`.
    pub(super) fn synaptic(&self, program: &Program<'_>, index: usize, step: &Step<'_>) -> &[u32] {
        let start = self.start(index) + edge_words(step.output()) + membrane_words(step) + ring_words(program, step);
        self.state.get(start..).and_then(|rest| rest.get(..synaptic_words(step))).unwrap_or_default()
    }

    pub(super) fn scores(&self) -> &[u32] {
        self.state.get(self.table..).and_then(|rest| rest.get(..self.scores)).unwrap_or_default()
    }

    /// The scores, and the output or the membranes of step `index`.
    pub(super) fn scores_and(
        &mut self,
        index: usize,
        step: &Step<'_>,
        membranes: bool,
    ) -> Option<(&mut [u32], &[u32])> {
        let start = self.start(index);
        let (front, block) = self.state.split_at_mut_checked(start)?;
        let scores = front.get_mut(self.table..)?.get_mut(..self.scores)?;
        let (output, rest) = block.split_at_checked(edge_words(step.output()))?;
        Some((scores, if membranes { rest.get(..membrane_words(step))? } else { output }))
    }

    /// What step `index` works on.
    #[inline]
    pub(super) fn split(&mut self, index: usize, step: &Step<'_>) -> Option<Parts<'_>> {
        let &[start, known] = self.state.as_chunks::<2>().0.get(index)?;
        let (start, known) = (start as usize, Known::new(known));
        let (earlier, block) = self.state.split_at_mut_checked(start)?;
        let (output, rest) = block.split_at_mut_checked(edge_words(step.output()))?;
        let (membranes, rings) = rest.split_at_mut_checked(known.membrane_words(step.output().shape.len()))?;
        Some(Parts {
            accumulators: self.accumulators,
            rows: self.rows,
            output,
            membranes,
            known,
            rings,
            earlier: Earlier(earlier),
        })
    }

    /// Keeps what the delayed projections of step `index` read later; `input` is edge 0 where it carries spikes.
    pub(super) fn keep(&mut self, program: &Program<'_>, index: usize, input: &[u32], timestep: u32) {
        let Some(step @ Step::Population(population)) = program.steps().get(index) else { return };
        let mut ring = 0;
        for projection in population.projections {
            let Some(slots) = Slots::of(program, projection) else { continue };
            if ring == 0 {
                ring = self.start(index) + edge_words(step.output()) + membrane_words(step);
            }
            let slot = ring + slots.at(timestep);
            ring += slots.total();
            match usize::from(projection.source).checked_sub(1) {
                None => {
                    let kept = self.state.get_mut(slot..).unwrap_or_default();
                    for (kept, word) in kept.iter_mut().zip(input) {
                        *kept = *word;
                    }
                }
                Some(source) => {
                    let from = self.start(source);
                    for i in 0..slots.words {
                        let word = self.state.get(from + i).copied().unwrap_or_default();
                        if let Some(kept) = self.state.get_mut(slot + i) {
                            *kept = word;
                        }
                    }
                }
            }
        }
    }
}

/// The ring of a delayed projection: one slot per timestep of delay.
#[derive(Clone, Copy)]
pub(super) struct Slots {
    delay: usize,
    /// Words of one slot.
    pub(super) words: usize,
}

impl Slots {
    /// Of a projection with a delay.
    #[inline]
    pub(super) fn of(program: &Program<'_>, projection: &Projection<'_>) -> Option<Self> {
        if projection.delay == 0 {
            return None;
        }
        let edge = edge(program, projection.source)?;
        Some(Self { delay: projection.delay.into(), words: edge_words(edge) })
    }

    /// First word of the slot that is read, and then written, in `timestep`.
    pub(super) fn at(self, timestep: u32) -> usize {
        timestep as usize % self.delay.max(1) * self.words
    }

    /// Words of the ring.
    pub(super) const fn total(self) -> usize {
        self.delay * self.words
    }
}
