//! What a network does on a core, in units that have a price: counted from the spikes of samples, step by step.

use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Reduce,
    Reset, ResetTiming, Shape, Step, Synapses, Window, words,
};

use super::unit::{UNITS, Unit};
use crate::data::Sample;
use crate::host::Trace;
use crate::stats::active_elements;

/// What a step does in a sample: a mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Of each unit.
    pub units: [f64; UNITS],
    /// Products that a network without spikes has for one timestep of it: inputs of a window inside the map times outputs.
    pub products: f64,
    /// The same for each timestep in which its inputs are spikes.
    pub slots: f64,
    /// Of them, those of an input that spiked.
    pub active: f64,
}

impl Default for Work {
    fn default() -> Self {
        Self { units: [0.0; UNITS], products: 0.0, slots: 0.0, active: 0.0 }
    }
}

impl Work {
    fn add(&mut self, unit: Unit, count: usize) {
        self.units[unit as usize] += count as f64;
    }
}

/// Work of each step in a sample, the mean of `samples` and their `traces`; `apart` where it runs layer by layer.
#[must_use]
pub fn work(program: &Program<'_>, samples: &[Sample], traces: &[Trace], apart: bool) -> Vec<Work> {
    let mut all = vec![Work::default(); program.steps().len()];
    for (sample, trace) in samples.iter().zip(traces) {
        for (index, (step, work)) in program.steps().iter().zip(&mut all).enumerate() {
            let runs = if step.output().rate == Rate::PerSample { 1 } else { program.timesteps() };
            for timestep in 0..runs {
                work.add(Unit::Step, usize::from(!apart || timestep == 0));
                match step {
                    Step::Population(population) => {
                        let positions = positions(population);
                        work.add(Unit::Position, positions);
                        work.add(Unit::Apart, if apart { positions } else { 0 });
                        for projection in population.projections {
                            let source = source(program, projection, sample, trace, timestep);
                            read(work, program, population, projection, &source, timestep);
                        }
                        finish(work, population);
                    }
                    Step::Pool(pool) => {
                        let given = usize::from(pool.source).checked_sub(1).map(|step| &trace.edges[step]);
                        let spikes =
                            given.and_then(|given| given.get(timestep as usize)).map_or(0, |words| ones(words));
                        reduce(work, program.edge(pool.source.into()), pool, spikes);
                    }
                }
            }
            if usize::from(program.readout().source) == index + 1 {
                trace.edges[index].iter().for_each(|given| read_out(work, program, given, apart));
            }
        }
    }
    for work in &mut all {
        let Work { units, products, slots, active } = work;
        units.iter_mut().chain([products, slots, active]).for_each(|count| *count /= samples.len().max(1) as f64);
    }
    all
}

/// A projection in a timestep.
fn read(
    work: &mut Work,
    program: &Program<'_>,
    population: &Population<'_>,
    projection: &Projection<'_>,
    source: &Source,
    timestep: u32,
) {
    project(work, program, population, projection, source);
    let from = program.edge(projection.source.into()).shape;
    let products = products(projection, from, population.output.shape);
    work.products += if timestep == 0 && projection.delay == 0 { products } else { 0.0 };
    work.slots += if source.spikes { products } else { 0.0 };
    let kept = if source.spikes { words(from.len()) } else { from.len() };
    work.add(Unit::Delayed, if projection.delay > 0 { kept } else { 0 });
}

/// Bits that are set.
fn ones(words: &[u32]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// A pool in a timestep, over so many `spikes` if it reads spikes.
fn reduce(work: &mut Work, from: &Edge, pool: &Pool, spikes: usize) {
    let (taps, channels) = (taps(&pool.window, from.shape, pool.output.shape), from.shape.channels as usize);
    work.add(Unit::PoolTap, taps);
    match (from.kind, pool.op) {
        (EdgeKind::Spikes, PoolOp::Max) => work.add(Unit::PooledWord, taps * words(channels)),
        (EdgeKind::Spikes, PoolOp::Sum) => work.add(Unit::PooledSpike, spikes * taps / from.shape.positions().max(1)),
        _ => work.add(Unit::Pooled, taps * channels),
    }
}

/// The readout in a timestep, of what its source gave.
fn read_out(work: &mut Work, program: &Program<'_>, given: &[u32], apart: bool) {
    let readout = program.readout();
    let edge = program.edge(readout.source.into());
    match (readout.quantity, edge.kind) {
        _ if apart => work.add(Unit::ScoreApart, edge.shape.len()),
        (Quantity::Spikes, EdgeKind::Spikes) if readout.reduce == Reduce::Sum => {
            work.add(Unit::SpikeScore, ones(given));
        }
        _ => work.add(Unit::Score, edge.shape.len()),
    }
}

/// Positions that a population runs through: of a dense layer, one.
fn positions(population: &Population<'_>) -> usize {
    let dense = population.projections.iter().any(|projection| projection.connection == Connection::Dense);
    if dense { 1 } else { population.output.shape.positions() }
}

/// How many of the elements before each one are active.
struct Source {
    before: Vec<usize>,
    spikes: bool,
}

impl Source {
    /// Active ones among `count` from `start` on.
    fn active(&self, start: usize, count: usize) -> usize {
        self.before[start + count] - self.before[start]
    }
}

/// What a projection reads in a timestep.
fn source(program: &Program<'_>, projection: &Projection<'_>, sample: &Sample, trace: &Trace, timestep: u32) -> Source {
    let edge = program.edge(projection.source.into());
    let mut active = vec![false; edge.shape.len()];
    if let Some(t) = timestep.checked_sub(projection.delay.into()) {
        let given = match usize::from(projection.source).checked_sub(1) {
            None => &[][..],
            Some(step) => &trace.edges[step][t as usize],
        };
        active_elements(edge, given, sample.input(t)).for_each(|element| active[element] = true);
    }
    let mut before = vec![0];
    before.extend(active.iter().scan(0, |sum, &active| {
        *sum += usize::from(active);
        Some(*sum)
    }));
    Source { before, spikes: edge.kind == EdgeKind::Spikes }
}

/// Taps of a window inside the map, for each output along an axis.
struct Span {
    first: usize,
    count: usize,
}

fn spans(window: &Window, axis: usize, size: u32, outputs: u32) -> impl Iterator<Item = Span> + Clone {
    let [kernel, stride, padding, dilation] =
        [window.kernel, window.stride, window.padding, window.dilation].map(|pair| usize::from(pair[axis]));
    (0..outputs as usize).map(move |output| {
        let inside =
            |tap: &usize| (output * stride + tap * dilation).checked_sub(padding).is_some_and(|at| at < size as usize);
        let first = (0..kernel).find(inside).unwrap_or(0);
        Span {
            first: (output * stride + first * dilation).saturating_sub(padding),
            count: (0..kernel).filter(inside).count(),
        }
    })
}

/// Taps inside the map, of all outputs.
fn taps(window: &Window, from: Shape, to: Shape) -> usize {
    let down: usize = spans(window, 0, from.height, to.height).map(|rows| rows.count).sum();
    down * spans(window, 1, from.width, to.width).map(|columns| columns.count).sum::<usize>()
}

/// What a projection adds to all positions.
fn project(
    work: &mut Work,
    program: &Program<'_>,
    population: &Population<'_>,
    projection: &Projection<'_>,
    source: &Source,
) {
    let (from, to) = (program.edge(projection.source.into()).shape, population.output.shape);
    match projection.connection {
        Connection::Identity if is_scaled(population) && !source.spikes => work.add(Unit::Scaled, to.len()),
        Connection::Identity => work.add(Unit::OneToOne, to.len()),
        Connection::Dense => {
            let rows = stretch(work, &projection.synapses, source, 0, from.len());
            if let (Synapses::Int8 { .. }, true, 9..=12) = (projection.synapses, source.spikes, to.len()) {
                work.add(Unit::Narrow, rows);
                work.active += (rows * to.len()) as f64;
                return;
            }
            add(work, &projection.synapses, source, rows, to.len());
        }
        Connection::Conv2d(window) => {
            let (channels, across) = (from.channels as usize, from.width as usize);
            let columns: Vec<Span> = spans(&window, 1, from.width, to.width).collect();
            let (down, right) = (usize::from(window.dilation[0]), usize::from(window.dilation[1]));
            for rows in spans(&window, 0, from.height, to.height) {
                for columns in &columns {
                    if let Synapses::Codebook { codewords, .. } = projection.synapses {
                        let (active, spikes) = of_codebook(source, from, &rows, columns, [down, right]);
                        work.active += if source.spikes { (spikes * to.channels as usize) as f64 } else { 0.0 };
                        work.add(Unit::ShiftedWord, rows.count * columns.count * words(channels));
                        work.add(Unit::Response, active * codewords.len());
                        work.add(Unit::Index, active * to.channels as usize);
                        continue;
                    }
                    let mut active = 0;
                    for row in (0..rows.count).map(|i| rows.first + i * down) {
                        let start = (row * across + columns.first) * channels;
                        if right == 1 {
                            active += stretch(work, &projection.synapses, source, start, columns.count * channels);
                        } else {
                            for column in 0..columns.count {
                                active += stretch(
                                    work,
                                    &projection.synapses,
                                    source,
                                    start + column * right * channels,
                                    channels,
                                );
                            }
                        }
                    }
                    add(work, &projection.synapses, source, active, to.channels as usize);
                }
            }
        }
    }
}

/// Synapses of a projection.
fn products(projection: &Projection<'_>, from: Shape, to: Shape) -> f64 {
    let (rows, all) = match projection.connection {
        Connection::Identity => return 0.0,
        Connection::Dense => (from.len(), from.len() * to.len()),
        Connection::Conv2d(window) => {
            let channels = from.channels as usize;
            (window.taps() * channels, taps(&window, from, to) * channels * to.channels as usize)
        }
    };
    match projection.synapses {
        Synapses::Sparse { columns, .. } => {
            let width = if projection.connection == Connection::Dense { to.len() } else { to.channels as usize };
            all as f64 * columns.len() as f64 / (rows * width) as f64
        }
        _ => all as f64,
    }
}

/// Channels of a window in which anything is active, and how much is.
fn of_codebook(source: &Source, from: Shape, rows: &Span, columns: &Span, [down, right]: [usize; 2]) -> (usize, usize) {
    let (channels, across) = (from.channels as usize, from.width as usize);
    let position = |i: usize, j: usize| ((rows.first + i * down) * across + columns.first + j * right) * channels;
    let taps = (0..rows.count).flat_map(|i| (0..columns.count).map(move |j| position(i, j)));
    let active = (0..channels).map(|channel| taps.clone().map(|at| source.active(at + channel, 1)).sum());
    active.filter(|&active: &usize| active > 0).fold((0, 0), |(channels, all), active| (channels + 1, all + active))
}

/// Finds what is active among `count` inputs from `start` on; returns how many are.
fn stretch(work: &mut Work, synapses: &Synapses<'_>, source: &Source, start: usize, count: usize) -> usize {
    work.add(Unit::Stretch, 1);
    match (source.spikes, start.is_multiple_of(32)) {
        (false, _) if matches!(synapses, Synapses::Int8 { .. }) => work.add(Unit::Value, count),
        (false, _) => work.add(Unit::OtherValue, count),
        (true, true) => work.add(Unit::Word, words(count)),
        (true, false) => work.add(Unit::ShiftedWord, words(count)),
    }
    source.active(start, count)
}

/// Adds `rows` of weights to the sums of a position.
fn add(work: &mut Work, synapses: &Synapses<'_>, source: &Source, rows: usize, width: usize) {
    if rows == 0 {
        return;
    }
    if !source.spikes {
        work.add(Unit::Factor, rows);
        match synapses {
            Synapses::Int8 { .. } => work.add(Unit::Int8Products, rows * width.div_ceil(4)),
            Synapses::Planes { bits, .. } => work.add(Unit::PlaneProduct, rows * width * usize::from(*bits)),
            Synapses::Sparse { starts: [], .. } => work.add(Unit::Product, rows),
            Synapses::Sparse { columns, starts, .. } => {
                work.add(Unit::Product, (rows * columns.len()).div_ceil(starts.len().max(2) - 1));
            }
            _ => work.add(Unit::Product, rows * width),
        }
        return;
    }
    work.add(Unit::Row, rows);
    work.active += match synapses {
        Synapses::Sparse { .. } => 0.0, // below
        _ => (rows * width) as f64,
    };
    match *synapses {
        Synapses::Int8 { .. } => {
            work.add(Unit::Int8, rows * width.div_ceil(4));
            work.add(Unit::Int8Sums, width.div_ceil(16));
        }
        Synapses::Codewords { .. } => {
            work.add(Unit::Codewords, rows * words(width));
            work.add(Unit::Counters, words(width));
        }
        Synapses::Binary { .. } => {
            work.add(Unit::Signs, rows * words(width));
            work.add(Unit::Counters, words(width));
        }
        Synapses::Planes { bits, .. } => {
            work.add(Unit::Plane, rows * words(usize::from(bits) * width));
            work.add(Unit::Counters, words(usize::from(bits) * width));
        }
        Synapses::Nibbles { odd, .. } => {
            work.add(if odd { Unit::OddNibbles } else { Unit::Nibbles }, rows * width.div_ceil(8));
            work.add(Unit::NibbleSums, width.div_ceil(16));
        }
        Synapses::Sparse { starts: [], .. } => {
            work.add(Unit::Single, rows);
            work.active += rows as f64;
        }
        Synapses::Sparse { columns, starts, .. } => {
            // rows are as long as each other, more or less
            let entries = (rows * columns.len()).div_ceil(starts.len().max(2) - 1);
            work.add(Unit::Entry, entries);
            work.active += entries as f64;
        }
        Synapses::Codebook { .. } => {}
    }
}

/// What becomes of the sums.
fn finish(work: &mut Work, population: &Population<'_>) {
    let elements = population.output.shape.len();
    if !is_scaled(population) {
        work.add(Unit::Shift, if population.current_shift == 0 { 0 } else { elements });
    }
    let Some(neuron) = &population.neuron else {
        work.add(Unit::Current, elements);
        return;
    };
    work.add(Unit::Neurons, population.output.shape.positions());
    work.add(kind(neuron, population.output.shape), elements);
}

/// Whether the runtime multiplies the elements of neurons that are fed one to one, and adds the bias, in one loop.
fn is_scaled(population: &Population<'_>) -> bool {
    population.neuron.is_some() && population.is_uniform()
}

/// Which loop steps the neurons.
fn kind(neuron: &Neuron<'_>, shape: Shape) -> Unit {
    let alike = |table: &[i32]| table.windows(2).all(|pair| pair[0] == pair[1]);
    match (neuron.reset, neuron.reset_timing) {
        _ if neuron.is_special() => Unit::Special,
        _ if neuron.is_stateless() => Unit::Stateless,
        (_, ResetTiming::Overriding | ResetTiming::Clearing) => Unit::Slow,
        _ if matches!(neuron.leak, Leak::MultiplyEach { .. }) => Unit::Slow,
        _ if !neuron.is_packed(shape) => Unit::Wide,
        (Reset::Subtract(amounts), ResetTiming::Immediate) if alike(amounts) && alike(neuron.threshold) => {
            Unit::PackedAlike
        }
        (Reset::Subtract(_), ResetTiming::Immediate) => Unit::PackedSubtract,
        (Reset::Subtract(_), ResetTiming::Delayed) => Unit::PackedSubtractLater,
        (Reset::ToValue(_), ResetTiming::Delayed) => Unit::PackedValueLater,
        (Reset::ToValue(_) | Reset::None, _) => Unit::PackedValue,
    }
}

#[cfg(test)]
mod tests;
