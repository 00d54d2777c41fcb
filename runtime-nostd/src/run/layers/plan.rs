//! What a run layer by layer keeps, and where: found out of a program alone, so that it can stand in flash.
//!
//! A *unit* is what runs together, one position after the other, through all timesteps of a sample: a population whose output
//! is kept, and what is not kept around it. Currents that only these neurons read, one to one or through a pool whose windows
//! do not overlap, are computed where they are read; spikes that only such a pool reads go into its output. So no map of
//! currents or membranes exists, only those of a position. Outputs that are kept are kept for all timesteps, from the unit
//! that gives them to the last that reads them; others lie in their place before and after.
use super::super::arena::{currents_of, edge_words, position_width, projection_rows_words};
use crate::program::{Connection, EdgeKind, Pool, Population, Program, Rate, Step, Window, words};

/// Steps of a network that is run layer by layer, at most.
pub const MOST_STEPS: usize = 64;

/// Why a network cannot run layer by layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// It has more than [`MOST_STEPS`] steps.
    Steps,
    /// This step (counted from 0) reads what a later one gave in an earlier timestep, or its own map: all timesteps of one
    /// cannot be run before the other.
    Recurrent(usize),
    /// Its memory does not fit in an address space of 32 bits.
    TooLarge,
}

/// Where a run layer by layer keeps what, in words of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Of each step the first word of its output in the region of outputs, or [`GOES_ON`] plus the step that takes it.
    places: [u32; MOST_STEPS],
    pub(super) scratch: Scratch,
    /// Words of the outputs.
    pub(super) kept: usize,
    pub(super) scores: usize,
}

/// Words that a position takes, of the unit that takes most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scratch {
    /// Sums of the population that runs.
    pub(super) sums: usize,
    /// Currents on their way from one population of a unit to the next.
    pub(super) held: usize,
    /// What a pool has made of the positions so far.
    pub(super) pooled: usize,
    pub(super) membranes: usize,
    pub(super) synaptic: usize,
    /// What the neurons give in a timestep.
    pub(super) given: usize,
    pub(super) rows: usize,
}

/// Set in the place of an output that is not kept.
const GOES_ON: u32 = 1 << 31;

impl Plan {
    /// Of a network.
    ///
    /// # Errors
    /// [`PlanError`]: such a network runs timestep by timestep ([`crate::run::Runner`]).
    pub const fn new(program: &Program<'_>) -> Result<Self, PlanError> {
        let steps = program.steps().len();
        if steps > MOST_STEPS {
            return Err(PlanError::Steps);
        }
        let scores = program.edge(program.readout().source as usize).shape.len();
        let scratch = Scratch { sums: 0, held: 0, pooled: 0, membranes: 0, synaptic: 0, given: 0, rows: 0 };
        let mut plan = Self { places: [0; MOST_STEPS], scratch, kept: 0, scores };
        let mut i = 0;
        while i < steps {
            if !is_in_order(program, i) {
                return Err(PlanError::Recurrent(i));
            }
            if let Some(reader) = taker(program, i) {
                plan.places[i] = GOES_ON | reader as u32;
            }
            plan.scratch.widen(program, i);
            i += 1;
        }
        let mut i = 0;
        while i < steps {
            if !plan.goes_on(i) {
                let Some(place) = plan.free(program, i) else { return Err(PlanError::TooLarge) };
                plan.places[i] = place as u32;
                let end = place + kept_words(program, i);
                if end > plan.kept {
                    plan.kept = end;
                }
            }
            i += 1;
        }
        if plan.words() > (GOES_ON / 4) as usize { Err(PlanError::TooLarge) } else { Ok(plan) }
    }

    /// Words of 32 bits that the network needs to run layer by layer.
    #[must_use]
    pub const fn words(&self) -> usize {
        let Scratch { sums, held, pooled, membranes, synaptic, given, rows } = self.scratch;
        self.scores + sums + held + pooled + membranes + synaptic + given + rows + self.kept
    }

    /// Words that step `step` keeps of its output, of all timesteps; 0 where another step takes it as it comes.
    #[must_use]
    pub const fn output_words(&self, program: &Program<'_>, step: usize) -> usize {
        if step >= program.steps().len() || self.goes_on(step) { 0 } else { kept_words(program, step) }
    }

    const fn goes_on(&self, step: usize) -> bool {
        self.places[step] & GOES_ON != 0
    }

    /// The step that takes what step `step` gives, where that is not kept.
    #[inline]
    #[must_use]
    pub fn next(&self, step: usize) -> Option<usize> {
        let place = self.places.get(step)?;
        (place & GOES_ON != 0).then_some((place & !GOES_ON) as usize)
    }

    /// Where the output of step `step` lies among those that are kept.
    #[inline]
    pub(super) fn place(&self, step: usize) -> usize {
        self.places.get(step).map_or(0, |&place| place as usize)
    }

    /// The lowest place for the output of step `step` that is free from it to its last reader.
    const fn free(&self, program: &Program<'_>, step: usize) -> Option<usize> {
        let size = kept_words(program, step);
        let mut best = usize::MAX;
        let mut candidate = 0; // 0, or behind an output that is still needed
        while candidate <= step {
            let start = if candidate == step {
                0
            } else if self.goes_on(candidate) {
                usize::MAX
            } else {
                self.places[candidate] as usize + kept_words(program, candidate)
            };
            if start < best && self.is_free(program, step, start, size) {
                best = start;
            }
            candidate += 1;
        }
        if best < (GOES_ON / 4) as usize { Some(best) } else { None }
    }

    /// Whether no output that is needed when step `step` runs lies in `size` words from `start` on.
    const fn is_free(&self, program: &Program<'_>, step: usize, start: usize, size: usize) -> bool {
        let mut i = 0;
        while i < step {
            if !self.goes_on(i) && self.last_reader(program, i) >= step {
                let place = self.places[i] as usize;
                if place < start + size && start < place + kept_words(program, i) {
                    return false;
                }
            }
            i += 1;
        }
        true
    }

    /// The last step that runs while the output of step `step` is needed.
    const fn last_reader(&self, program: &Program<'_>, step: usize) -> usize {
        let mut last = step;
        let mut i = step + 1;
        while i < program.steps().len() {
            if reads(program, i, step + 1) > 0 {
                // a unit runs where its last step stands
                let mut unit = i;
                while self.goes_on(unit) {
                    unit = (self.places[unit] & !GOES_ON) as usize;
                }
                if unit > last {
                    last = unit;
                }
            }
            i += 1;
        }
        last
    }
}

impl Scratch {
    /// Room for step `i` too.
    const fn widen(&mut self, program: &Program<'_>, i: usize) {
        let step = &program.steps()[i];
        let goes_on = taker(program, i).is_some();
        let Step::Population(population) = step else {
            if let (true, Step::Pool(pool)) = (goes_on, step) {
                most(&mut self.pooled, pool.output.shape.channels as usize);
            }
            return;
        };
        let block = block(program, i);
        most(&mut self.sums, block);
        let mut k = 0;
        while k < population.projections.len() {
            most(&mut self.rows, projection_rows_words(program, &population.projections[k]));
            k += 1;
        }
        let Some(neuron) = &population.neuron else {
            most(if goes_on { &mut self.held } else { &mut self.given }, block);
            return;
        };
        most(&mut self.given, given_words(population, block));
        if !neuron.is_stateless() {
            let packed = neuron.is_packed(population.output.shape);
            most(&mut self.membranes, if packed { block.div_ceil(2) } else { block });
        }
        most(&mut self.synaptic, currents_of(neuron) * block);
    }
}

/// Words of what `elements` elements of a population give in a timestep.
pub(super) const fn given_words(population: &Population<'_>, elements: usize) -> usize {
    if matches!(population.output.kind, EdgeKind::Spikes) { words(elements) } else { elements }
}

const fn most(so_far: &mut usize, words: usize) {
    if words > *so_far {
        *so_far = words;
    }
}

/// Words of all timesteps of what step `step` gives.
const fn kept_words(program: &Program<'_>, step: usize) -> usize {
    let edge = program.steps()[step].output();
    let timesteps = match edge.rate {
        Rate::PerSample => 1,
        Rate::PerTimestep => program.timesteps() as usize,
    };
    edge_words(edge).saturating_mul(timesteps)
}

/// Elements that step `i`, a population, runs at once: those of a position, or all where it or a population in front of it in
/// its unit is dense.
pub(super) const fn block(program: &Program<'_>, i: usize) -> usize {
    let mut at = i;
    let mut elements = program.steps()[i].output().shape.channels as usize;
    while let Step::Population(population) = &program.steps()[at] {
        if position_width(population) > elements {
            elements = program.steps()[i].output().shape.len();
        }
        match one_to_one(population) {
            Some(source) if source > 0 && takes(program, source - 1, at) => at = source - 1,
            _ => break,
        }
    }
    elements
}

/// Whether everything that step `i` reads is there before it runs, or stands in its own output, of one position.
const fn is_in_order(program: &Program<'_>, i: usize) -> bool {
    let Step::Population(population) = &program.steps()[i] else { return true };
    let mut k = 0;
    while k < population.projections.len() {
        let source = population.projections[k].source as usize;
        let own = source == i + 1 && position_width(population) == population.output.shape.len();
        if source > i && !own {
            return false;
        }
        k += 1;
    }
    true
}

/// How often step `i` reads edge `edge`.
const fn reads(program: &Program<'_>, i: usize, edge: usize) -> usize {
    match &program.steps()[i] {
        Step::Pool(pool) => (pool.source as usize == edge) as usize,
        Step::Population(population) => {
            let mut times = 0;
            let mut k = 0;
            while k < population.projections.len() {
                times += (population.projections[k].source as usize == edge) as usize;
                k += 1;
            }
            times
        }
    }
}

/// The edge that a population takes one to one, at once, and nothing else.
pub(super) const fn one_to_one(population: &Population<'_>) -> Option<usize> {
    if let [projection] = population.projections
        && matches!(projection.connection, Connection::Identity)
        && projection.delay == 0
    {
        Some(projection.source as usize)
    } else {
        None
    }
}

/// The only step that reads what step `i` gives, which is no score.
const fn only_reader(program: &Program<'_>, i: usize) -> Option<usize> {
    if program.readout().source as usize == i + 1 {
        return None;
    }
    let mut reader = None;
    let mut times = 0;
    let mut k = 0;
    while k < program.steps().len() {
        if reads(program, k, i + 1) > 0 {
            times += reads(program, k, i + 1);
            reader = Some(k);
        }
        k += 1;
    }
    if times == 1 { reader } else { None }
}

/// The step that takes what step `i` gives as it comes, so that it need not be kept.
const fn taker(program: &Program<'_>, i: usize) -> Option<usize> {
    match only_reader(program, i) {
        Some(reader) if reader > i && takes(program, i, reader) => Some(reader),
        _ => None,
    }
}

/// Whether `reader`, which alone reads step `i`, takes what it gives as it comes.
const fn takes(program: &Program<'_>, i: usize, reader: usize) -> bool {
    let is_only = match only_reader(program, i) {
        Some(only) => only == reader,
        None => false,
    };
    if !is_only {
        return false;
    }
    match (&program.steps()[i], &program.steps()[reader]) {
        // currents that are read where they are
        (Step::Population(before @ Population { neuron: None, .. }), Step::Population(behind)) => {
            let alike = before.output.shape.channels == behind.output.shape.channels;
            one_to_one(behind).is_some() && (alike || position_width(before) == before.output.shape.len())
        }
        // currents of one convolution, of which neurons read the pool
        (Step::Population(Population { neuron: None, .. }), Step::Pool(pool)) => pool_goes_on(program, reader, pool),
        (Step::Pool(pool), Step::Population(_)) => pool_goes_on(program, i, pool),
        // spikes, which a pool collects
        (Step::Population(Population { neuron: Some(_), output, .. }), Step::Pool(pool)) => {
            apart(&pool.window) && block(program, i) == output.shape.channels as usize
        }
        (Step::Population(Population { neuron: Some(_), .. }), Step::Population(_)) => false,
        (Step::Pool(_), Step::Pool(_)) => false,
    }
}

/// Whether a pool of currents stands between a convolution and what takes it one to one, and nothing else reads either.
const fn pool_goes_on(program: &Program<'_>, at: usize, pool: &Pool) -> bool {
    let Some(source) = (pool.source as usize).checked_sub(1) else { return false };
    let Step::Population(before @ Population { neuron: None, .. }) = &program.steps()[source] else { return false };
    let single = one_to_one(before).is_none() && is_by_position(before);
    let (Some(reader), Some(behind)) = (only_reader(program, source), only_reader(program, at)) else { return false };
    match &program.steps()[behind] {
        Step::Population(behind) => single && reader == at && apart(&pool.window) && one_to_one(behind).is_some(),
        Step::Pool(_) => false,
    }
}

const fn is_by_position(population: &Population<'_>) -> bool {
    position_width(population) == population.output.shape.channels as usize
}

/// Whether no position lies in two windows.
const fn apart(window: &Window) -> bool {
    spans(window, 0) <= window.stride[0] as usize && spans(window, 1) <= window.stride[1] as usize
}

/// Rows or columns from the first to the last of a window.
const fn spans(window: &Window, axis: usize) -> usize {
    (window.kernel[axis] as usize).saturating_sub(1) * window.dilation[axis] as usize + 1
}
