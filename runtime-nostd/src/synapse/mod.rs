//! Weight encodings, one module each, and how a population's inputs reach its accumulators.
//!
//! Work follows the spikes: the taps (rows of weights) of the active inputs are collected, a chunk at a time, and each
//! encoding adds a chunk of rows to the accumulators of one position. Accumulators are `i32` in words of the arena:
//! adding wraps, and the compiler has proven that it never does.
use crate::bits::for_each_spike;
use crate::program::{Synapses, words};

pub mod binary;
pub mod codebook;
pub mod int8;
pub mod planes;
pub mod sparse;

/// Rows collected before they are added.
pub(crate) const CHUNK: usize = 128;

/// Rows times values that are added at once.
const GROUP: usize = 4;

/// Room for the starts of the collected rows; what is in it does not matter.
pub(crate) type Starts = [u32; CHUNK];

/// Adds rows of weights to the accumulators of one position, a chunk at a time.
pub(crate) struct Adder<'s, 'a> {
    synapses: Synapses<'s>,
    accumulators: &'a mut [u32],
    /// Distance of two rows, in the encoding's unit.
    stride: usize,
    /// Where the collected rows begin.
    starts: &'a mut Starts,
    count: usize,
}

impl<'s, 'a> Adder<'s, 'a> {
    /// One accumulator per weight of a row.
    pub(crate) fn new(synapses: Synapses<'s>, accumulators: &'a mut [u32], starts: &'a mut Starts) -> Self {
        let stride = match synapses {
            Synapses::Int8 { .. } => int8::stride(accumulators.len()),
            Synapses::Binary { .. } => words(accumulators.len()),
            Synapses::Planes { bits, .. } => words(usize::from(bits) * accumulators.len()),
            Synapses::Sparse { .. } => 1,
            Synapses::Codebook { .. } => 0, // not by rows, see `codebook`
        };
        Self { synapses, accumulators, stride, starts, count: 0 }
    }

    /// Adds `row` once.
    #[inline]
    pub(crate) fn add(&mut self, row: usize) {
        if let Some(slot) = self.starts.get_mut(self.count) {
            *slot = (row * self.stride) as u32;
            self.count += 1;
        }
        if self.count == CHUNK {
            self.flush();
        }
    }

    /// Adds `row` once for every bit set among the `count` bits from bit `start` of `bits`, the row counted from `row`.
    #[inline]
    pub(crate) fn add_spikes(&mut self, bits: &[u32], start: usize, count: usize, row: usize) {
        for_each_spike(bits, start, count, |i| self.add(row + i));
    }

    /// Adds each row, counted from `row`, times its value.
    #[inline]
    pub(crate) fn add_values(&mut self, values: impl Iterator<Item = i32>, row: usize) {
        let mut group = [(0, 0); GROUP];
        let mut count = 0;
        for (i, value) in values.enumerate() {
            if value == 0 {
                continue;
            }
            if let Some(slot) = group.get_mut(count) {
                *slot = (row + i, value);
                count += 1;
            }
            if count == GROUP {
                self.add_scaled(&group);
                count = 0;
            }
        }
        self.add_scaled(group.get(..count).unwrap_or_default());
    }

    /// Adds rows times values.
    fn add_scaled(&mut self, rows: &[(usize, i32)]) {
        match self.synapses {
            Synapses::Int8 { weights } => int8::add_scaled(weights, rows, self.accumulators),
            Synapses::Binary { signs } => {
                for &(row, value) in rows {
                    binary::add_scaled(signs, row, value, self.accumulators);
                }
            }
            Synapses::Planes { bits, odd, planes } => {
                for &(row, value) in rows {
                    planes::add_scaled(planes, bits, odd, row, value, self.accumulators);
                }
            }
            Synapses::Sparse { starts, columns, weights } => {
                for &(row, value) in rows {
                    sparse::add_scaled(starts, columns, weights, row, value, self.accumulators);
                }
            }
            Synapses::Codebook { .. } => {}
        }
    }

    /// Adds what is collected.
    pub(crate) fn flush(&mut self) {
        if self.count == 0 {
            return;
        }
        let starts = self.starts.get(..self.count).unwrap_or_default();
        match self.synapses {
            Synapses::Int8 { weights } => int8::add_rows(weights, starts, self.accumulators),
            Synapses::Binary { signs } => binary::add_rows(signs, starts, self.accumulators),
            Synapses::Planes { bits, odd, planes } => planes::add_rows(planes, bits, odd, starts, self.accumulators),
            Synapses::Sparse { starts: bounds, columns, weights } => {
                sparse::add_rows(bounds, columns, weights, starts, self.accumulators);
            }
            Synapses::Codebook { .. } => {}
        }
        self.count = 0;
    }
}

impl Synapses<'_> {
    /// Number of the codeword between input channel `channel` and output `output` of `width`; `None` without a codebook.
    #[must_use]
    pub fn codeword(&self, width: usize, channel: usize, output: usize) -> Option<usize> {
        match *self {
            Synapses::Codebook { index_bits, codewords, indices } => {
                Some(codebook::Codebook { index_bits, codewords, indices }.index(width, channel, output))
            }
            Synapses::Int8 { .. } | Synapses::Binary { .. } | Synapses::Planes { .. } | Synapses::Sparse { .. } => None,
        }
    }

    /// The weight of `row` at `column`, in rows `width` wide: what the tables mean, one by one. 0 outside the tables.
    #[must_use]
    pub fn weight(&self, width: usize, row: usize, column: usize) -> i32 {
        match *self {
            Synapses::Int8 { weights } => weights.get(row * width + column).copied().unwrap_or_default().into(),
            Synapses::Binary { signs } => match signs.get(row * words(width) + column / 32) {
                Some(word) => (word >> (column % 32) & 1) as i32 * 2 - 1,
                None => 0,
            },
            Synapses::Planes { bits, odd, planes } => planes::weight(planes, bits, odd, width, row, column),
            Synapses::Sparse { starts, columns, weights } => sparse::weight(starts, columns, weights, row, column),
            Synapses::Codebook { index_bits, codewords, indices } => {
                let channels = indices.len().checked_div(words(width * usize::from(index_bits))).unwrap_or_default();
                let (Some(tap), Some(channel)) = (row.checked_div(channels), row.checked_rem(channels)) else {
                    return 0;
                };
                codebook::Codebook { index_bits, codewords, indices }.weight(width, tap, channel, column)
            }
        }
    }
}
