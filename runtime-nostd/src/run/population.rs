//! One timestep of a population: currents of a position, then its neurons, position after position.
use super::Input;
use super::arena::{Parts, Slots, position_width};
use super::{edge, neurons};
use crate::pool::taps;
use crate::program::{Connection, EdgeKind, Population, Program, Projection, Shape, Synapses, Window};
use crate::synapse::{Adder, for_each_spike};

/// What a projection reads.
#[derive(Clone, Copy)]
enum Source<'s> {
    /// Packed bits.
    Spikes(&'s [u32]),
    /// One `i32` in a word.
    Words(&'s [u32]),
    U8(&'s [u8]),
    I8(&'s [i8]),
    I16(&'s [i16]),
}

impl Source<'_> {
    /// Element `i` of a source that is not packed; 0 outside it.
    #[inline]
    fn value(&self, i: usize) -> i32 {
        match self {
            Source::Spikes(words) => words.get(i / 32).map_or(0, |w| w >> (i % 32) & 1) as i32,
            Source::Words(words) => words.get(i).copied().unwrap_or_default() as i32,
            Source::U8(values) => values.get(i).copied().unwrap_or_default().into(),
            Source::I8(values) => values.get(i).copied().unwrap_or_default().into(),
            Source::I16(values) => values.get(i).copied().unwrap_or_default().into(),
        }
    }
}

/// Runs a population for one timestep.
pub(super) fn run(
    program: &Program<'_>,
    parts: Parts<'_>,
    population: &Population<'_>,
    input: Input<'_>,
    timestep: u32,
) {
    let Parts { accumulators, output, membranes, rings, earlier } = parts;
    let Some(sums) = accumulators.get_mut(..position_width(population)) else { return };
    if sums.is_empty() {
        return; // Program::new refuses an edge without elements
    }
    if population.neuron.is_some() {
        output.fill(0);
    }
    let mut base = 0;
    while base < population.output.shape.len() {
        begin(population, sums);
        let mut rings = rings;
        for projection in population.projections {
            let Some(from) = edge(program, projection.source) else { continue };
            let source = match (Slots::of(program, projection), projection.source, input) {
                (Some(slots), _, _) => {
                    let (ring, behind) = rings.split_at_checked(slots.total()).unwrap_or_default();
                    rings = behind;
                    Source::Spikes(ring.get(slots.at(timestep)..).unwrap_or_default())
                }
                (None, 0, Input::Spikes(words)) => Source::Spikes(words),
                (None, 0, Input::U8(values)) => Source::U8(values),
                (None, 0, Input::I8(values)) => Source::I8(values),
                (None, 0, Input::I16(values)) => Source::I16(values),
                (None, index, _) => {
                    let words = earlier.edge(index.into(), from);
                    match from.kind {
                        EdgeKind::Spikes => Source::Spikes(words),
                        EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => {
                            Source::Words(words)
                        }
                    }
                }
            };
            project(projection, source, from.shape, population.output.shape, base, sums);
        }
        finish(population, base, sums, membranes, output);
        base += sums.len();
    }
}

/// Sums start at the bias where nothing shifts them, else at zero.
fn begin(population: &Population<'_>, sums: &mut [u32]) {
    if population.current_shift != 0 {
        sums.fill(0);
        return;
    }
    for sums in sums.chunks_mut(population.bias.len().max(1)) {
        for (sum, &bias) in sums.iter_mut().zip(population.bias) {
            *sum = bias as u32;
        }
    }
}

/// Adds what `projection` brings to the output elements from `base` on, one position or the whole layer.
fn project(projection: &Projection<'_>, source: Source<'_>, from: Shape, to: Shape, base: usize, sums: &mut [u32]) {
    match projection.connection {
        Connection::Dense => {
            let mut adder = Adder::new(projection.synapses, sums);
            add_range(&mut adder, source, 0, from.len(), 0);
            adder.flush();
        }
        Connection::Conv2d(window) => {
            // one position, or all of them where a dense projection shares the population
            for (i, sums) in sums.chunks_mut(to.channels as usize).enumerate() {
                let position = base / to.channels as usize + i;
                let mut adder = Adder::new(projection.synapses, sums);
                add_window(
                    &mut adder,
                    &window,
                    source,
                    from,
                    position / to.width as usize,
                    position % to.width as usize,
                );
                adder.flush();
            }
        }
        Connection::Identity => {
            for (i, sums) in sums.chunks_mut(to.channels as usize).enumerate() {
                add_identity(projection.synapses, source, base + i * to.channels as usize, sums);
            }
        }
    }
}

/// Adds `count` elements from element `start` on, the first of which has `row`.
#[inline]
fn add_range(adder: &mut Adder<'_, '_>, source: Source<'_>, start: usize, count: usize, row: usize) {
    if let Source::Spikes(words) = source {
        adder.add_spikes(words, start, count, row);
    } else {
        for i in 0..count {
            adder.add_scaled(row + i, source.value(start + i));
        }
    }
}

/// Adds the window of the output at (`y`, `x`).
fn add_window(adder: &mut Adder<'_, '_>, window: &Window, source: Source<'_>, from: Shape, y: usize, x: usize) {
    let channels = from.channels as usize;
    let (first_ky, row, rows) = taps(window, 0, from.height, y);
    let (first_kx, column, columns) = taps(window, 1, from.width, x);
    let dilation = [window.dilation[0] as usize, window.dilation[1] as usize];
    for i in 0..rows {
        let start = ((row + i * dilation[0]) * from.width as usize + column) * channels;
        let weights = ((first_ky + i) * window.kernel[1] as usize + first_kx) * channels;
        if dilation[1] == 1 {
            add_range(adder, source, start, columns * channels, weights);
        } else {
            for j in 0..columns {
                add_range(adder, source, start + j * dilation[1] * channels, channels, weights + j * channels);
            }
        }
    }
}

/// Adds each element of a position to its own accumulator.
fn add_identity(synapses: Synapses<'_>, source: Source<'_>, start: usize, sums: &mut [u32]) {
    let weight = |channel: usize| match synapses {
        Synapses::Int8 { weights } => i32::from(weights.get(channel).copied().unwrap_or_default()),
        Synapses::Binary { signs } => (signs.get(channel / 32).map_or(0, |w| w >> (channel % 32) & 1) * 2) as i32 - 1,
    };
    if let Source::Spikes(words) = source {
        for_each_spike(words, start, sums.len(), |channel| {
            if let Some(sum) = sums.get_mut(channel) {
                *sum = sum.wrapping_add(weight(channel) as u32);
            }
        });
    } else {
        for (channel, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(source.value(start + channel).wrapping_mul(weight(channel)) as u32);
        }
    }
}

/// Turns the sums of the elements from `base` on into currents, and steps their neurons.
fn finish(population: &Population<'_>, base: usize, sums: &mut [u32], membranes: &mut [u32], output: &mut [u32]) {
    let channels = population.output.shape.channels as usize;
    let mut at = base;
    for sums in sums.chunks_mut(channels.max(1)) {
        if population.current_shift != 0 {
            for (sum, &bias) in sums.iter_mut().zip(population.bias) {
                *sum = population.shift(*sum as i32).wrapping_add(bias) as u32;
            }
        }
        match &population.neuron {
            None => {
                for (out, &current) in output.get_mut(at..).unwrap_or_default().iter_mut().zip(&*sums) {
                    *out = current;
                }
            }
            Some(neuron) => {
                neurons::step(neuron, sums, membranes.get_mut(at..).unwrap_or_default(), output, at);
            }
        }
        at += channels;
    }
}
