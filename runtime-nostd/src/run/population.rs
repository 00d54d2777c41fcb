//! One timestep of a population: currents of a position, then its neurons, position after position.
use super::Input;
use super::arena::{Earlier, Parts, Slots, population_ring_words, position_width};
use super::known::Known;
use super::{edge, neurons, special};
use crate::bits::for_each_spike;
use crate::elements;
use crate::pool::Taps;
use crate::program::uses::{self, has};
use crate::program::{Connection, EdgeKind, Neuron, Population, Program, Projection, Shape, Synapses, Window};
use crate::synapse::Adder;
use crate::synapse::codebook::Codebook;
use crate::synapse::rows::Ranges;

/// What a projection reads.
#[derive(Clone, Copy)]
pub(super) enum Source<'s> {
    /// Packed bits.
    Spikes(&'s [u32]),
    /// One `i32` in a word.
    Words(&'s [u32]),
    U8(&'s [u8]),
    I8(&'s [i8]),
    I16(&'s [i16]),
}

/// Runs a population for one timestep, with the parts among `USES`.
pub(super) fn run<const USES: u64>(
    program: &Program<'_>,
    parts: Parts<'_>,
    population: &Population<'_>,
    input: Input<'_>,
    timestep: u32,
) {
    let Parts { accumulators, rows, output, membranes, known, rings: behind, earlier } = parts;
    let Some(sums) = accumulators.get_mut(..position_width(population)) else { return };
    if sums.is_empty() {
        return; // Program::new refuses an edge without elements
    }
    if population.neuron.is_some() {
        output.fill(0);
    }
    let channels = population.output.shape.channels as usize;
    let timed; // only where there is something of the timestep: it need not be copied otherwise
    let neuron = match &population.neuron {
        Some(neuron) if has(USES, uses::TIMED) && known.timed() => {
            timed = neuron.at(timestep, channels);
            Some(&timed)
        }
        neuron => neuron.as_ref(),
    };
    let whole = Sources { program, input, timestep, earlier };
    let uniform = match (known.uniform(), population.projections) {
        (true, [projection]) if has(USES, uses::IDENTITY | uses::WORDS) => {
            match whole.of::<USES>(projection, &mut &[][..]) {
                Some((Source::Words(words), _)) => Some((words, population.multiplier())),
                _ => None,
            }
        }
        _ => None,
    };
    let mut base = 0;
    while base < population.output.shape.len() {
        if let Some((words, multiplier)) = uniform {
            elements::scaled(sums, population.bias, words.get(base..).unwrap_or_default(), multiplier);
        } else {
            begin::<USES>(population, sums);
            let mut rings = &*behind;
            for projection in population.projections {
                let Some((source, from)) = whole.of::<USES>(projection, &mut rings) else { continue };
                project::<USES>(projection, source, from, population.output.shape, base, sums, rows);
            }
            scale::<USES>(population, sums);
        }
        match neuron {
            Some(neuron) if has(USES, uses::SPECIAL) && known.special() => {
                let synaptic = behind.get_mut(population_ring_words(program, population)..).unwrap_or_default();
                finish_special::<USES>(neuron, base, sums, membranes, synaptic, output, population.output.shape.len());
            }
            neuron => finish::<USES>(population, neuron, known, base, sums, membranes, output),
        }
        base += sums.len();
    }
}

/// What the projections of a population read in a timestep.
struct Sources<'a, 'p> {
    program: &'a Program<'p>,
    input: Input<'a>,
    timestep: u32,
    earlier: Earlier<'a>,
}

impl Sources<'_, '_> {
    /// What `projection` reads, and its shape; the front of `rings` is that of its delay, if it has one.
    #[inline(always)]
    fn of<'s, const USES: u64>(
        &'s self,
        projection: &Projection<'_>,
        rings: &mut &'s [u32],
    ) -> Option<(Source<'s>, Shape)> {
        let from = edge(self.program, projection.source)?;
        let source = match (Slots::of(self.program, projection), projection.source, self.input) {
            (Some(slots), _, _) if has(USES, uses::DELAYS) => {
                let (ring, behind) = rings.split_at_checked(slots.total()).unwrap_or_default();
                *rings = behind;
                let words = ring.get(slots.at(self.timestep)..).unwrap_or_default();
                if from.kind == EdgeKind::Spikes { Source::Spikes(words) } else { Source::Words(words) }
            }
            (_, 0, Input::Spikes(words)) => Source::Spikes(words),
            (_, 0, Input::U8(values)) => Source::U8(values),
            (_, 0, Input::I8(values)) => Source::I8(values),
            (_, 0, Input::I16(values)) => Source::I16(values),
            (_, index, _) => {
                let words = self.earlier.edge(index.into(), from);
                match from.kind {
                    EdgeKind::Spikes => Source::Spikes(words),
                    EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => Source::Words(words),
                }
            }
        };
        Some((source, from.shape))
    }
}

/// Sums start at the bias where nothing shifts them, else at zero.
pub(super) fn begin<const USES: u64>(population: &Population<'_>, sums: &mut [u32]) {
    if has(USES, uses::SHIFTS) && population.current_shift != 0 {
        elements::clear(sums);
        return;
    }
    for sums in sums.chunks_mut(population.bias.len().max(1)) {
        elements::set(sums, population.bias);
    }
}

/// Adds what `projection` brings to the output elements from `base` on, one position or the whole layer.
pub(super) fn project<const USES: u64>(
    projection: &Projection<'_>,
    source: Source<'_>,
    from: Shape,
    to: Shape,
    base: usize,
    sums: &mut [u32],
    memory: &mut [u32],
) {
    // no division by zero: Program::new refuses an empty shape
    let (width, channels) = ((to.width as usize).max(1), (to.channels as usize).max(1));
    match projection.connection {
        Connection::Dense if has(USES, uses::DENSE) => {
            let mut adder = Adder::<USES>::new(&projection.synapses, from.len(), sums, memory);
            add_all(&mut adder, source, from.len());
            adder.flush();
        }
        Connection::Conv2d(window) if has(USES, uses::CONV2D) => {
            let rows = window.taps() * from.channels as usize;
            // one position, or all of them where a dense projection shares the population
            for (i, sums) in sums.chunks_mut(channels).enumerate() {
                let position = base / channels + i;
                let at = [position / width, position % width];
                if has(USES, uses::CODEBOOK)
                    && let Synapses::Codebook { index_bits, codewords, indices } = projection.synapses
                {
                    add_codebook(Codebook { index_bits, codewords, indices }, &window, source, from, at, sums);
                    continue;
                }
                let mut adder = Adder::<USES>::new(&projection.synapses, rows, sums, memory);
                add_window(&mut adder, &window, source, from, at);
                adder.flush();
            }
        }
        Connection::Identity if has(USES, uses::IDENTITY) => {
            for (i, sums) in sums.chunks_mut(channels).enumerate() {
                add_identity::<USES>(projection.synapses, source, base + i * channels, sums);
            }
        }
        // what is not used is not there
        Connection::Dense | Connection::Conv2d(_) | Connection::Identity => {}
    }
}

/// Adds the elements of some ranges.
#[inline]
fn add_ranges<const USES: u64>(adder: &mut Adder<'_, '_, USES>, source: Source<'_>, ranges: &Ranges) {
    match source {
        Source::Spikes(words) if has(USES, uses::SPIKES) => adder.add_spike_ranges(words, ranges),
        Source::Words(words) if has(USES, uses::WORDS) => adder.add_value_ranges(words, ranges),
        Source::Spikes(_) | Source::Words(_) => {} // what is not used is not there
        _ if !has(USES, uses::VALUES) => {}
        Source::U8(values) => adder.add_value_ranges(values, ranges),
        Source::I8(values) => adder.add_value_ranges(values, ranges),
        Source::I16(values) => adder.add_value_ranges(values, ranges),
    }
}

/// Adds the first `count` elements, each with the row of its number.
fn add_all<const USES: u64>(adder: &mut Adder<'_, '_, USES>, source: Source<'_>, count: usize) {
    match source {
        Source::Spikes(words) if has(USES, uses::SPIKES) => adder.add_spikes(words, 0, count, 0),
        Source::Words(words) if has(USES, uses::WORDS) => adder.add_values(part(words, 0, count), 0),
        Source::Spikes(_) | Source::Words(_) => {} // what is not used is not there
        _ if !has(USES, uses::VALUES) => {}
        Source::U8(values) => adder.add_values(part(values, 0, count), 0),
        Source::I8(values) => adder.add_values(part(values, 0, count), 0),
        Source::I16(values) => adder.add_values(part(values, 0, count), 0),
    }
}

/// `count` elements from element `start` on.
#[inline]
fn part<T>(values: &[T], start: usize, count: usize) -> &[T] {
    values.get(start..).and_then(|values| values.get(..count)).unwrap_or_default()
}

/// Adds the window of the output `at` a row and a column.
fn add_window<const USES: u64>(
    adder: &mut Adder<'_, '_, USES>,
    window: &Window,
    source: Source<'_>,
    from: Shape,
    [y, x]: [usize; 2],
) {
    let channels = from.channels as usize;
    let rows = Taps::of(window, 0, from.height, y);
    let columns = Taps::of(window, 1, from.width, x);
    let pitch = from.width as usize * channels;
    let row_pitch = window.kernel[1] as usize * channels;
    // taps that are neighbours are one range
    let (taps, together) = if columns.dilation == 1 { (1, columns.count) } else { (columns.count, 1) };
    for j in 0..taps {
        let ranges = Ranges {
            start: rows.at * pitch + (columns.at + j * columns.dilation) * channels,
            count: together * channels,
            ranges: rows.count,
            pitch: rows.dilation * pitch,
            row: rows.first * row_pitch + (columns.first + j) * channels,
            row_pitch,
        };
        add_ranges(adder, source, &ranges);
    }
}

/// Adds the window of the output `at` a row and a column through a codebook.
#[inline(never)] // a table of its own
fn add_codebook(
    book: Codebook<'_>,
    window: &Window,
    source: Source<'_>,
    from: Shape,
    [y, x]: [usize; 2],
    sums: &mut [u32],
) {
    let channels = from.channels as usize;
    let (rows, columns) = (Taps::of(window, 0, from.height, y), Taps::of(window, 1, from.width, x));
    let [first_row, first_column] = [rows.first, columns.first];
    let across = window.kernel[1] as usize;
    // the taps inside, each with the first of its elements
    let taps = rows.enumerate().flat_map(move |(i, row)| {
        columns.clone().enumerate().map(move |(j, column)| {
            ((first_row + i) * across + first_column + j, (row * from.width as usize + column) * channels)
        })
    });
    let start = |tap: usize| taps.clone().find_map(|(t, start)| (t == tap).then_some(start));
    match source {
        Source::Spikes(words) => book.add_spikes(words, channels, taps, sums),
        Source::Words(words) => {
            book.add_values(channels, |tap, c| words.get(start(tap)? + c).map(|&word| word as i32), sums);
        }
        Source::U8(values) => book.add_values(channels, |tap, c| values.get(start(tap)? + c).map(|&v| v.into()), sums),
        Source::I8(values) => book.add_values(channels, |tap, c| values.get(start(tap)? + c).map(|&v| v.into()), sums),
        Source::I16(values) => book.add_values(channels, |tap, c| values.get(start(tap)? + c).map(|&v| v.into()), sums),
    }
}

/// Adds each element of a position to its own accumulator.
fn add_identity<const USES: u64>(synapses: Synapses<'_>, source: Source<'_>, start: usize, sums: &mut [u32]) {
    let count = sums.len();
    match source {
        Source::Spikes(words) => for_each_spike(words, start, count, |channel| {
            if let Some(sum) = sums.get_mut(channel) {
                *sum = sum.wrapping_add(synapses.weight(count, 0, channel) as u32);
            }
        }),
        Source::Words(words) => {
            add_one_to_one(synapses, part(words, start, count).iter().map(|&word| word as i32), sums);
        }
        Source::U8(values) => {
            add_one_to_one(synapses, part(values, start, count).iter().map(|&value| value.into()), sums);
        }
        Source::I8(values) => {
            add_one_to_one(synapses, part(values, start, count).iter().map(|&value| value.into()), sums);
        }
        Source::I16(values) => {
            add_one_to_one(synapses, part(values, start, count).iter().map(|&value| value.into()), sums);
        }
    }
}

/// Adds each value times its weight of the first row to its own accumulator.
fn add_one_to_one(synapses: Synapses<'_>, values: impl Iterator<Item = i32>, sums: &mut [u32]) {
    match synapses {
        Synapses::Int8 { weights } => {
            for ((sum, value), &weight) in sums.iter_mut().zip(values).zip(weights) {
                *sum = sum.wrapping_add(value.wrapping_mul(weight.into()) as u32);
            }
        }
        Synapses::Binary { .. }
        | Synapses::Planes { .. }
        | Synapses::Nibbles { .. }
        | Synapses::Sparse { .. }
        | Synapses::Codewords { .. }
        | Synapses::Codebook { .. } => {
            let count = sums.len();
            for (channel, (sum, value)) in sums.iter_mut().zip(values).enumerate() {
                *sum = sum.wrapping_add(value.wrapping_mul(synapses.weight(count, 0, channel)) as u32);
            }
        }
    }
}

/// Turns the sums of some positions into currents.
pub(super) fn scale<const USES: u64>(population: &Population<'_>, sums: &mut [u32]) {
    if !has(USES, uses::SHIFTS) || population.current_shift == 0 {
        return;
    }
    for sums in sums.chunks_mut(population.bias.len().max(1)) {
        for (sum, &bias) in sums.iter_mut().zip(population.bias) {
            *sum = population.shift(*sum as i32).wrapping_add(bias) as u32;
        }
    }
}

/// Steps the neurons from element `base` on that [`neurons::step`] does not cover.
#[inline(never)]
pub(super) fn finish_special<const USES: u64>(
    neuron: &Neuron<'_>,
    base: usize,
    currents: &mut [u32],
    membranes: &mut [u32],
    synaptic: &mut [u32],
    output: &mut [u32],
    elements: usize,
) {
    let channels = neuron.threshold.len().max(1);
    for (i, currents) in currents.chunks_mut(channels).enumerate() {
        special::step::<USES>(neuron, currents, membranes, synaptic, output, base + i * channels, elements);
    }
}

/// Steps the neurons of the elements from `base` on, or gives their currents, which the sums have become.
pub(super) fn finish<const USES: u64>(
    population: &Population<'_>,
    neuron: Option<&Neuron<'_>>,
    known: Known,
    base: usize,
    sums: &mut [u32],
    membranes: &mut [u32],
    output: &mut [u32],
) {
    let channels = population.output.shape.channels as usize;
    let mut at = base;
    for sums in sums.chunks_mut(channels.max(1)) {
        match neuron {
            None if has(USES, uses::CURRENTS) => {
                elements::copy(sums, output.get_mut(at..).unwrap_or_default());
            }
            Some(neuron) if has(USES, uses::STATELESS) && known.stateless() => neurons::fire(neuron, sums, output, at),
            Some(neuron) if has(USES, uses::PACKED) && known.packed() => {
                let membranes = membranes.get_mut(at / 2..).unwrap_or_default();
                neurons::step_packed::<USES>(neuron, known, sums, membranes, output, at);
            }
            Some(neuron) if has(USES, uses::UNPACKED) => {
                neurons::step::<USES>(neuron, known, sums, membranes.get_mut(at..).unwrap_or_default(), output, at);
            }
            None | Some(_) => {} // what is not used is not there
        }
        at += channels;
    }
}
