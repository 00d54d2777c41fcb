//! A unit of a run layer by layer: position after position, each through all timesteps of the sample.
use super::plan::{Plan, block, given_words, one_to_one};
use super::{Memory, slot_of, source};
use crate::bits::{for_each_spike, get, set};
use crate::elements;
use crate::pool::{Taps, reduce};
use crate::program::uses::{self, REDUCES, SCORE_PACKED, SCORE_SPIKES, has};
use crate::program::{
    EdgeKind, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Shape, Step,
};
use crate::run::arena::currents_of;
use crate::run::known::Known;
use crate::run::population::{Source, begin, finish, finish_special, project, scale};
use crate::run::{Input, edge, membrane};

/// What runs together.
pub(super) struct Unit<'a, 'p> {
    program: &'a Program<'p>,
    plan: &'a Plan,
    /// The step whose output is kept.
    last: usize,
    /// The step whose neurons, or currents, go there.
    body: usize,
    population: &'a Population<'p>,
    known: Known,
    /// What collects them on the way, and makes more than one position of them one.
    collects: Option<&'a Pool>,
    /// The step in front of them that is not fed by one that goes on: this one itself, or one that gives its currents.
    head: usize,
    /// The pool that those pass.
    pool: Option<&'a Pool>,
    /// Elements that run at once.
    block: usize,
    /// Whether it is fed one to one, all by one number.
    uniform: bool,
}

impl<'a, 'p> Unit<'a, 'p> {
    /// The one whose output is that of step `last`; `None` where that is a pool by itself.
    pub(super) fn of<const USES: u64>(program: &'a Program<'p>, plan: &'a Plan, last: usize) -> Option<Self> {
        let (body, collects) = match program.steps().get(last)? {
            Step::Population(_) => (last, None),
            Step::Pool(pool) => {
                let body = usize::from(pool.source).checked_sub(1)?;
                (plan.next(body) == Some(last)).then_some((body, Some(pool)))?
            }
        };
        let step @ Step::Population(population) = program.steps().get(body)? else { return None };
        let mut unit = Self {
            program,
            plan,
            last,
            body,
            population,
            known: Known::of::<USES>(step),
            collects,
            head: body,
            pool: None,
            block: block(program, body).max(1),
            uniform: population.is_uniform(),
        };
        while let Some(Step::Population(population)) = program.steps().get(unit.head)
            && let Some(before) = one_to_one(population).and_then(|edge| edge.checked_sub(1))
            && plan.next(before) == Some(unit.head)
        {
            unit.head = before;
            if let Some(Step::Pool(pool)) = program.steps().get(before) {
                unit.pool = Some(pool);
                unit.head = usize::from(pool.source).checked_sub(1)?;
            }
        }
        Some(unit)
    }

    /// Runs it.
    pub(super) fn run<const USES: u64>(&self, memory: &mut Memory<'_>, sample: Input<'_>) {
        let currents = match &self.population.neuron {
            Some(neuron) if has(USES, uses::SPECIAL) => currents_of(neuron),
            _ => 0,
        };
        let (membranes, given) = (self.known.membrane_words(self.block), given_words(self.population, self.block));
        let memory = &mut memory.part(self.block, membranes, currents * self.block, given);
        let Some(pool) = self.collects else {
            for base in (0..self.population.output.shape.len()).step_by(self.block) {
                self.position::<USES>(memory, sample, base, base);
            }
            return;
        };
        let (from, channels) = (self.population.output.shape, pool.output.shape.channels as usize);
        for_each_position(pool.output.shape, |y, x, at| {
            let columns = Taps::of(&pool.window, 1, from.width, x);
            for row in Taps::of(&pool.window, 0, from.height, y) {
                for column in columns.clone() {
                    let base = (row * from.width as usize + column) * channels;
                    self.position::<USES>(memory, sample, base, at * channels);
                }
            }
        });
    }

    /// Runs the elements from `base` on through all timesteps; what they give belongs to the elements from `target` on.
    fn position<const USES: u64>(&self, memory: &mut Memory<'_>, sample: Input<'_>, base: usize, target: usize) {
        memory.membranes.fill(0);
        memory.synaptic.fill(0);
        let (rate, timesteps) = (self.population.output.rate, self.program.timesteps());
        for t in 0..if rate == Rate::PerSample { 1 } else { timesteps } {
            if self.head != self.body && (t == 0 || self.changes()) {
                self.hold::<USES>(memory, sample, base, t);
            }
            if self.head == self.body {
                self.currents::<USES>(self.population, memory, sample, base, t);
            } else {
                self.one_to_one::<USES>(self.population, self.uniform, memory);
            }
            self.step::<USES>(memory, t);
            if usize::from(self.program.readout().source) == self.body + 1 {
                // what is computed once is read at every timestep
                for t in t..if rate == Rate::PerSample { timesteps } else { t + 1 } {
                    self.read_out::<USES>(memory, base, t);
                }
            }
            self.give(memory, target, t);
        }
    }

    /// Whether the currents in front of the neurons change with the timestep.
    fn changes(&self) -> bool {
        one_to_one(self.population)
            .is_some_and(|edge| edge <= self.program.steps().len() && self.program.edge(edge).rate == Rate::PerTimestep)
    }

    /// Adds what `projection` brings; nothing from before the first timestep.
    fn project<const USES: u64>(
        &self,
        population: &Population<'_>,
        projection: &Projection<'_>,
        source: Option<Source<'_>>,
        base: usize,
        sums: &mut [u32],
        rows: &mut [u32],
    ) {
        if let (Some(source), Some(from)) = (source, edge(self.program, projection.source)) {
            project::<USES>(projection, source, from.shape, population.output.shape, base, sums, rows);
        }
    }

    /// Computes the currents in front of the neurons from element `base` on.
    #[inline(never)]
    fn hold<const USES: u64>(&self, memory: &mut Memory<'_>, sample: Input<'_>, base: usize, t: u32) {
        let Some(Step::Population(head)) = self.program.steps().get(self.head) else { return };
        let mut at = self.plan.next(self.head);
        match self.pool.filter(|_| has(USES, uses::POOLS)) {
            None => {
                self.currents::<USES>(head, memory, sample, base, t);
                elements::copy(memory.sums, memory.held);
            }
            Some(pool) => {
                let (from, to) = (head.output.shape, pool.output.shape);
                let (width, channels) = ((to.width as usize).max(1), (to.channels as usize).max(1));
                let (y, x) = (base / channels / width, base / channels % width);
                let columns = Taps::of(&pool.window, 1, from.width, x);
                memory.pooled.fill(0);
                let mut first = true;
                for row in Taps::of(&pool.window, 0, from.height, y) {
                    for column in columns.clone() {
                        let base = (row * from.width as usize + column) * channels;
                        self.currents::<USES>(head, memory, sample, base, t);
                        reduce(pool.op, first, memory.pooled, memory.sums);
                        first = false;
                    }
                }
                elements::copy(memory.pooled, memory.held);
                at = at.and_then(|pool| self.plan.next(pool));
            }
        }
        while let Some(index) = at.filter(|&index| index != self.body)
            && let Some(Step::Population(population)) = self.program.steps().get(index)
        {
            self.one_to_one::<USES>(population, population.is_uniform(), memory);
            elements::copy(memory.sums, memory.held);
            at = self.plan.next(index);
        }
    }

    /// Computes the currents of the elements of `population` from `base` on, into the sums.
    fn currents<const USES: u64>(
        &self,
        population: &Population<'_>,
        memory: &mut Memory<'_>,
        sample: Input<'_>,
        base: usize,
        t: u32,
    ) {
        begin::<USES>(population, memory.sums);
        for projection in population.projections {
            let source = source(self.program, self.plan, memory.kept, sample, projection, t);
            self.project::<USES>(population, projection, source, base, memory.sums, memory.rows);
        }
        scale::<USES>(population, memory.sums);
    }

    /// Makes of the currents that are held those of a population that is fed one to one, into the sums.
    fn one_to_one<const USES: u64>(&self, population: &Population<'_>, uniform: bool, memory: &mut Memory<'_>) {
        if uniform && has(USES, uses::IDENTITY | uses::WORDS) {
            elements::scaled(memory.sums, population.bias, memory.held, population.multiplier());
            return;
        }
        begin::<USES>(population, memory.sums);
        for projection in population.projections {
            let held = Some(Source::Words(&*memory.held));
            self.project::<USES>(population, projection, held, 0, memory.sums, memory.rows);
        }
        scale::<USES>(population, memory.sums);
    }

    /// Steps the neurons, or gives the currents where there are none.
    fn step<const USES: u64>(&self, memory: &mut Memory<'_>, t: u32) {
        let Memory { sums, membranes, synaptic, given, .. } = memory;
        let timed; // only where there is something of the timestep: it need not be copied otherwise
        let neuron: &Neuron<'_> = match &self.population.neuron {
            None => {
                elements::copy(sums, given);
                return;
            }
            Some(neuron) if has(USES, uses::TIMED) && self.known.timed() => {
                timed = neuron.at(t, self.population.output.shape.channels as usize);
                &timed
            }
            Some(neuron) => neuron,
        };
        given.fill(0);
        if has(USES, uses::SPECIAL) && self.known.special() {
            finish_special::<USES>(neuron, 0, sums, membranes, synaptic, given, self.block);
        } else {
            finish::<USES>(self.population, Some(neuron), self.known, 0, sums, membranes, given);
        }
    }

    /// Brings what is read out of the elements from `base` on into the scores.
    fn read_out<const USES: u64>(&self, memory: &mut Memory<'_>, base: usize, t: u32) {
        let &Readout { quantity, reduce, .. } = self.program.readout();
        let reduce = if has(USES, REDUCES) { reduce } else { Reduce::Sum };
        let spikes = matches!(self.population.output.kind, EdgeKind::Spikes);
        let scores = memory.scores.get_mut(base..).unwrap_or_default().iter_mut().take(self.block);
        let word = |words: &[u32], i: usize| words.get(i).map_or(0, |&word| word as i32);
        for (i, score) in scores.enumerate() {
            let value = match quantity {
                Quantity::Spikes if has(USES, SCORE_SPIKES) && spikes => get(memory.given, i, 1) as i32,
                Quantity::Membrane => membrane(memory.membranes, has(USES, SCORE_PACKED) && self.known.packed(), i),
                Quantity::Spikes | Quantity::Current => word(memory.given, i),
            };
            *score = reduce.update(*score as i32, value, t, self.program.timesteps()) as u32;
        }
    }

    /// Keeps what the elements gave, or what a pool makes of it, from element `target` on.
    fn give(&self, memory: &mut Memory<'_>, target: usize, t: u32) {
        let Some(step) = self.program.steps().get(self.last) else { return };
        let slot = slot_of(self.plan.place(self.last), step.output(), t);
        let kept = memory.kept.get_mut(slot).unwrap_or_default();
        let given = &*memory.given;
        let spikes = matches!(self.population.output.kind, EdgeKind::Spikes);
        let op = self.collects.map(|pool| pool.op);
        if spikes && op != Some(PoolOp::Sum) {
            for (start, &word) in (target..).step_by(32).zip(given) {
                if word != 0 {
                    set(kept, start, word);
                }
            }
            return;
        }
        let kept = kept.get_mut(target..).unwrap_or_default();
        match op {
            None => elements::copy(given, kept),
            Some(PoolOp::Sum) if spikes => for_each_spike(given, 0, self.block, |channel| {
                if let Some(count) = kept.get_mut(channel) {
                    *count = count.wrapping_add(1);
                }
            }),
            Some(op) => {
                for (kept, &count) in kept.iter_mut().zip(given) {
                    *kept = if op == PoolOp::Sum { kept.wrapping_add(count) } else { count.max(*kept) };
                }
            }
        }
    }
}

/// Calls `f` with each row, column and index of the positions of a map.
fn for_each_position(shape: Shape, mut f: impl FnMut(usize, usize, usize)) {
    let mut at = 0;
    for y in 0..shape.height as usize {
        for x in 0..shape.width as usize {
            f(y, x, at);
            at += 1;
        }
    }
}
