//! What the items of a layer's sums are: the set elements of a frame, as the encoders see them.

use std::collections::BTreeSet;

use snnc_runtime::program::{EdgeKind, Program, Rate};

use super::columns::Columns;
use crate::backend::verilog::bench::plane_elements;
use crate::backend::verilog::size::{Layer, WindowSize};
use crate::data::Sample;
use crate::host::Trace;

/// The items of a frame.
pub(super) enum Items {
    /// Each set element is a row of weights.
    Rows(Counts),
    /// Each channel with an element set in the window is a row of indices into a codebook.
    Channels(Presence),
    /// Each column with an element set is a row of weights.
    Columns(Columns),
}

impl Items {
    /// The items of a frame with these `elements` set on each digit plane, and these spikes of the layer itself.
    pub(super) fn new(layer: &Layer<'_>, window: &WindowSize, elements: &[Vec<usize>], own: &[usize]) -> Self {
        match layer.codewords {
            Some(_) => Self::Channels(Presence::new(window, elements)),
            None if layer.sums.takes_columns() => Self::Columns(Columns::new(window, layer.slots, elements)),
            None => Self::Rows(Counts::new(window, layer.slots, elements, own)),
        }
    }
}

/// The elements of a layer's input frame that are set on each digit plane, most significant plane first.
pub(super) fn elements(
    program: &Program<'_>,
    layer: &Layer<'_>,
    sample: &Sample,
    trace: &Trace,
    t: usize,
) -> Vec<Vec<usize>> {
    let (step, len) = (layer.planned.source, layer.from.len());
    if step == 0 {
        let frame = if program.input().rate == Rate::PerSample { 0 } else { t };
        return plane_elements(&sample.frames[frame.min(sample.frames.len() - 1)], len, layer.planes);
    }
    let frame = &trace.edges[step - 1][t];
    match program.edge(step).kind {
        EdgeKind::Spikes => vec![(0..len).filter(|&i| frame[i / 32] >> (i % 32) & 1 == 1).collect()],
        EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => {
            let set = |plane: usize| (0..len).filter(|&i| frame[i] >> plane & 1 == 1).collect();
            (0..layer.planes).rev().map(set).collect()
        }
    }
}

/// The elements that are set in one of two frames only, both in ascending order; `now` becomes the frame before.
pub(super) fn changes(before: &mut Vec<usize>, now: Vec<usize>) -> Vec<usize> {
    let only = |these: &[usize], others: &[usize]| -> Vec<usize> {
        these.iter().copied().filter(|i| others.binary_search(i).is_err()).collect()
    };
    let mut changed = only(&now, before);
    changed.extend(only(before, &now));
    *before = now;
    changed
}

/// The elements whose signed digits of two bits (`snn_window`) are not zero, the most significant digit first, from those set
/// on each digit plane of one bit.
pub(super) fn digits(planes: &[Vec<usize>], digits: usize) -> Vec<Vec<usize>> {
    let plane = |bit: usize| planes.len().checked_sub(bit + 1);
    let set = |bit: usize, i: usize| plane(bit).is_some_and(|plane| planes[plane].binary_search(&i).is_ok());
    let any: BTreeSet<usize> = planes.iter().flatten().copied().collect();
    let digit = |digit: usize| {
        let below = |i| digit > 0 && set(2 * digit - 1, i);
        let differ = |i: &usize| set(2 * digit + 1, *i) != set(2 * digit, *i) || set(2 * digit, *i) != below(*i);
        any.iter().copied().filter(differ).collect()
    };
    (0..digits).rev().map(digit).collect()
}

/// The elements, of `len`, that are set in more than `most` of some frames.
pub(super) fn often(frames: impl Iterator<Item = Vec<usize>>, len: usize, most: usize) -> Vec<usize> {
    let mut counts = vec![0; len];
    frames.flatten().for_each(|i| counts[i] += 1);
    (0..len).filter(|&i| counts[i] > most).collect()
}

/// The elements that are set in one of two frames only, both in ascending order.
pub(super) fn differing(base: &[usize], now: &[usize]) -> Vec<usize> {
    changes(&mut base.to_vec(), now.to_vec())
}

/// The layer's own spikes of the timestep before, if it takes them beside its input.
pub(super) fn own_spikes(program: &Program<'_>, layer: &Layer<'_>, trace: &Trace, t: usize) -> Vec<usize> {
    if layer.planned.own.is_some() { spikes_before(program, layer, trace, t) } else { Vec::new() }
}

/// The spikes of the layer in the timestep before.
pub(super) fn spikes_before(program: &Program<'_>, layer: &Layer<'_>, trace: &Trace, t: usize) -> Vec<usize> {
    let (Some((step, _)), Some(before)) = (layer.planned.neurons, t.checked_sub(1)) else { return Vec::new() };
    let frame = &trace.edges[step][before];
    (0..program.edge(step + 1).shape.len()).filter(|&i| frame[i / 32] >> (i % 32) & 1 == 1).collect()
}

/// How many elements are set, summed along the rows of a frame.
pub(super) struct Counts {
    /// Own spikes in each of their words, `[word][part]`.
    own: Vec<u32>,
    /// `[plane][row][chunk][part][column + 1]`.
    sums: Vec<u32>,
    rows: usize,
    /// Parts of a chunk that are encoded side by side: bit `b` is in part `b % parts` (`snn_pick`).
    parts: usize,
    /// Inputs per clock of a part.
    each: u32,
}

impl Counts {
    pub(super) fn new(window: &WindowSize, slots: usize, elements: &[Vec<usize>], own_spikes: &[usize]) -> Self {
        let parts = (slots / 2).max(1);
        let mut own = vec![0; window.own * parts];
        own_spikes.iter().for_each(|&i| own[i / window.chunk * parts + i % window.chunk % parts] += 1);
        let [rows, columns, channels] = window.map;
        let line = columns + 1;
        let mut sums = vec![0; elements.len() * rows * window.chunks * parts * line];
        for (plane, set) in elements.iter().enumerate() {
            for &i in set {
                let (y, x, c) = (i / (columns * channels), i / channels % columns, i % channels);
                let bank = (x + window.padding[1]) % window.kernel[1];
                let part = (bank * window.chunk + c % window.chunk) % parts;
                sums[(((plane * rows + y) * window.chunks + c / window.chunk) * parts + part) * line + x + 1] += 1;
            }
        }
        for line in sums.chunks_mut(line) {
            let mut so_far = 0;
            for sum in line {
                so_far += *sum;
                *sum = so_far;
            }
        }
        Self { own, sums, rows, parts, each: (slots / parts) as u32 }
    }

    /// Clocks that the elements set in a chunk of row `ky` of the window at output position `at` take.
    pub(super) fn clocks(&self, window: &WindowSize, at: [usize; 2], plane: usize, ky: usize, chunk: usize) -> u32 {
        let clocks = |part| self.ones(window, at, plane, ky, chunk, part).div_ceil(self.each);
        (0..self.parts).map(clocks).max().unwrap_or(0)
    }

    /// Elements set in a part of such a chunk.
    fn ones(&self, window: &WindowSize, at: [usize; 2], plane: usize, ky: usize, chunk: usize, part: usize) -> u32 {
        if let Some(own) = chunk.checked_sub(window.chunks) {
            // on the last plane, whose digits are worth 1
            let last = (plane + 1) * self.rows * window.chunks * self.parts * (window.map[1] + 1) == self.sums.len();
            return if last { self.own[own * self.parts + part] } else { 0 };
        }
        let y = at[0] * window.stride[0] + ky;
        let Some(y) = y.checked_sub(window.padding[0]).filter(|&y| y < self.rows) else { return 0 };
        let left = at[1] * window.stride[1];
        let inside = |x: usize| x.saturating_sub(window.padding[1]).min(window.map[1]);
        let line = (((plane * self.rows + y) * window.chunks + chunk) * self.parts + part) * (window.map[1] + 1);
        self.sums[line + inside(left + window.kernel[1])] - self.sums[line + inside(left)]
    }
}

/// Which elements are set, a bit for each channel.
pub(super) struct Presence {
    /// `[row][column][word]`.
    words: Vec<u64>,
    rows: usize,
    columns: usize,
}

impl Presence {
    pub(super) fn new(window: &WindowSize, elements: &[Vec<usize>]) -> Self {
        let [rows, columns, channels] = window.map;
        let each = channels.div_ceil(64);
        let mut words = vec![0; rows * columns * each];
        for &i in elements.iter().flatten() {
            let (at, c) = (i / channels, i % channels);
            words[at * each + c / 64] |= 1 << (c % 64);
        }
        Self { words, rows, columns }
    }

    /// Channels with an element set in the window at output position `at`, in each chunk.
    pub(super) fn channels(&self, window: &WindowSize, at: [usize; 2]) -> Vec<u32> {
        let each = window.map[2].div_ceil(64);
        let mut any = vec![0; each];
        for ky in 0..window.kernel[0] {
            let Some(y) = (at[0] * window.stride[0] + ky).checked_sub(window.padding[0]) else { continue };
            for kx in 0..window.kernel[1] {
                let Some(x) = (at[1] * window.stride[1] + kx).checked_sub(window.padding[1]) else { continue };
                if y < self.rows && x < self.columns {
                    let words = &self.words[(y * self.columns + x) * each..][..each];
                    any.iter_mut().zip(words).for_each(|(any, word)| *any |= word);
                }
            }
        }
        let mut counts = vec![0; window.chunks];
        for (chunk, count) in counts.iter_mut().enumerate() {
            let channels = chunk * window.chunk..((chunk + 1) * window.chunk).min(window.map[2]);
            *count = channels.filter(|c| any[c / 64] >> (c % 64) & 1 == 1).count() as u32;
        }
        counts
    }
}
