//! Where everything lies in the caller's arena, in words of 32 bits:
//! accumulators of one position, scores, rings of delayed edges, then per step its output and its membranes.
use super::Input;
use crate::program::{Connection, Edge, EdgeKind, Program, Projection, Step, words};

/// Words of 32 bits that a network needs to run.
#[must_use]
pub const fn arena_words(program: &Program<'_>) -> usize {
    offset(program, Region::Edge(program.steps().len() + 1))
}

/// Words of 32 bits that belong to step `step` alone: its output, its membranes, and what its delays keep.
///
/// # Panics
/// If there is no such step.
#[must_use]
pub const fn step_words(program: &Program<'_>, step: usize) -> usize {
    let step = &program.steps()[step];
    edge_words(step.output()) + membrane_words(step) + ring_words(program, step)
}

/// A named part of the arena.
#[derive(Clone, Copy)]
pub(crate) enum Region {
    /// Accumulators of one position.
    Accumulators,
    /// Scores of the readout.
    Scores,
    /// Output of step `index - 1`.
    Edge(usize),
    /// Membranes of step `index`.
    Membranes(usize),
}

/// Words of an edge.
pub(crate) const fn edge_words(edge: &Edge) -> usize {
    match edge.kind {
        EdgeKind::Spikes => words(edge.shape.len()),
        _ => edge.shape.len(),
    }
}

const fn membrane_words(step: &Step<'_>) -> usize {
    match step {
        Step::Population(population) if population.neuron.is_some() => population.output.shape.len(),
        _ => 0,
    }
}

/// Accumulators that one position of a population needs at once.
pub(crate) const fn position_width(step: &Step<'_>) -> usize {
    match step {
        Step::Population(population) => {
            let mut i = 0;
            while i < population.projections.len() {
                if matches!(population.projections[i].connection, Connection::Dense) {
                    return population.output.shape.len();
                }
                i += 1;
            }
            population.output.shape.channels as usize
        }
        Step::Pool(_) => 0,
    }
}

const fn accumulator_words(program: &Program<'_>) -> usize {
    let mut most = 0;
    let mut i = 0;
    while i < program.steps().len() {
        let width = position_width(&program.steps()[i]);
        if width > most {
            most = width;
        }
        i += 1;
    }
    most
}

/// Words of all rings of step `step`.
const fn ring_words(program: &Program<'_>, step: &Step<'_>) -> usize {
    let Step::Population(population) = step else { return 0 };
    let mut total = 0;
    let mut i = 0;
    while i < population.projections.len() {
        let projection = &population.projections[i];
        total += projection.delay as usize * edge_words(program.edge(projection.source as usize));
        i += 1;
    }
    total
}

const fn all_ring_words(program: &Program<'_>, until: usize) -> usize {
    let mut total = 0;
    let mut i = 0;
    while i < until {
        total += ring_words(program, &program.steps()[i]);
        i += 1;
    }
    total
}

const fn score_words(program: &Program<'_>) -> usize {
    program.edge(program.readout().source as usize).shape.len()
}

/// First word of a region.
const fn offset(program: &Program<'_>, region: Region) -> usize {
    let accumulators = accumulator_words(program);
    let rings = accumulators + score_words(program);
    let (steps, membranes) = match region {
        Region::Accumulators => return 0,
        Region::Scores => return accumulators,
        Region::Edge(index) => (index - 1, false),
        Region::Membranes(step) => (step, true),
    };
    let mut at = rings + all_ring_words(program, program.steps().len());
    let mut i = 0;
    while i < steps {
        at += edge_words(program.steps()[i].output()) + membrane_words(&program.steps()[i]);
        i += 1;
    }
    if membranes { at + edge_words(program.steps()[steps].output()) } else { at }
}

const fn length(program: &Program<'_>, region: Region) -> usize {
    match region {
        Region::Accumulators => accumulator_words(program),
        Region::Scores => score_words(program),
        Region::Edge(index) => edge_words(program.steps()[index - 1].output()),
        Region::Membranes(step) => membrane_words(&program.steps()[step]),
    }
}

/// The arena, exactly as long as the network needs.
#[derive(Debug)]
pub(crate) struct Arena<'m> {
    memory: &'m mut [u32],
}

/// What one step works on.
pub(crate) struct Parts<'a> {
    pub(crate) accumulators: &'a mut [u32],
    pub(crate) output: &'a mut [u32],
    pub(crate) membranes: &'a mut [u32],
    pub(crate) earlier: Earlier<'a>,
}

/// Everything between the accumulators and a step's output: scores, rings, earlier edges.
pub(crate) struct Earlier<'a> {
    memory: &'a [u32],
    /// Where `memory` starts in the arena.
    at: usize,
}

impl Earlier<'_> {
    /// An earlier edge, 1 or more.
    pub(crate) fn edge(&self, program: &Program<'_>, index: usize) -> &[u32] {
        self.part(offset(program, Region::Edge(index)), length(program, Region::Edge(index)))
    }

    /// What projection `index` of step `step`, which has a delay, reads in `timestep`.
    pub(crate) fn delayed(&self, program: &Program<'_>, step: usize, index: usize, timestep: u32) -> &[u32] {
        let (start, projection, words) = ring(program, step, index);
        let slot = timestep as usize % usize::from(projection.delay.max(1));
        self.part(start + slot * words, words)
    }

    fn part(&self, start: usize, words: usize) -> &[u32] {
        let start = start - self.at;
        self.memory.get(start..start + words).unwrap_or_default()
    }
}

/// First word of a projection's ring, the projection, and the words of one slot.
fn ring<'p>(program: &Program<'p>, step: usize, index: usize) -> (usize, Projection<'p>, usize) {
    let mut at = offset(program, Region::Scores) + score_words(program) + all_ring_words(program, step);
    let projections = match program.steps()[step] {
        Step::Population(population) => population.projections,
        Step::Pool(_) => &[],
    };
    for projection in &projections[..index] {
        at += projection.delay as usize * edge_words(program.edge(projection.source as usize));
    }
    (at, projections[index], edge_words(program.edge(projections[index].source as usize)))
}

impl<'m> Arena<'m> {
    pub(crate) fn new(memory: &'m mut [u32]) -> Self {
        Self { memory }
    }

    pub(crate) fn clear(&mut self) {
        self.memory.fill(0);
    }

    pub(crate) fn get(&self, program: &Program<'_>, region: Region) -> &[u32] {
        let start = offset(program, region);
        self.memory.get(start..start + length(program, region)).unwrap_or_default()
    }

    /// The scores, and another region behind them.
    pub(crate) fn scores_and(&mut self, program: &Program<'_>, region: Region) -> (&mut [u32], &[u32]) {
        let (scores, other) = (offset(program, Region::Scores), offset(program, region));
        let (front, back) = self.memory.split_at_mut(other);
        let scores = front.get_mut(scores..scores + length(program, Region::Scores)).unwrap_or_default();
        (scores, back.get(..length(program, region)).unwrap_or_default())
    }

    /// What step `index` works on.
    pub(crate) fn split(&mut self, program: &Program<'_>, index: usize) -> Parts<'_> {
        let at = length(program, Region::Accumulators);
        let (accumulators, rest) = self.memory.split_at_mut(at);
        let (memory, rest) = rest.split_at_mut(offset(program, Region::Edge(index + 1)) - at);
        let (output, rest) = rest.split_at_mut(length(program, Region::Edge(index + 1)));
        let (membranes, _) = rest.split_at_mut(length(program, Region::Membranes(index)));
        Parts { accumulators, output, membranes, earlier: Earlier { memory, at } }
    }

    /// Keeps this timestep's spikes for the projections that read them later.
    pub(crate) fn keep_delayed(&mut self, program: &Program<'_>, input: Input<'_>, timestep: u32) {
        for (step, population) in program.steps().iter().enumerate() {
            let Step::Population(population) = population else { continue };
            for (index, projection) in population.projections.iter().enumerate() {
                if projection.delay == 0 {
                    continue;
                }
                let (start, _, words) = ring(program, step, index);
                let slot = start + timestep as usize % usize::from(projection.delay) * words;
                match (projection.source, input) {
                    (0, Input::Spikes(spikes)) => {
                        if let Some(ring) = self.memory.get_mut(slot..slot + spikes.len()) {
                            ring.copy_from_slice(spikes);
                        }
                    }
                    (0, _) => {}
                    (edge, _) => {
                        let from = offset(program, Region::Edge(usize::from(edge)));
                        self.memory.copy_within(from..from + words, slot);
                    }
                }
            }
        }
    }
}
