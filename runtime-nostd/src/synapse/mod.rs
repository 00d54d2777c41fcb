//! Weight encodings, one module each, and how a population's inputs reach its accumulators.
//!
//! Work follows the spikes: the taps (rows of weights) of the active inputs are collected, a chunk at a time, and each
//! encoding adds a chunk of rows to the accumulators of one position. Accumulators are `i32` in words of the arena:
//! adding wraps, and the compiler has proven that it never does.
use crate::bits::for_each_spike;
use crate::program::{Synapses, words};

pub mod binary;
pub mod int8;

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
        }
        self.count = 0;
    }
}

impl Synapses<'_> {
    /// Weight `channel` of the first row.
    #[inline]
    pub(crate) fn first_row(&self, channel: usize) -> i32 {
        match self {
            Synapses::Int8 { weights } => weights.get(channel).copied().unwrap_or_default().into(),
            Synapses::Binary { signs } => {
                (signs.get(channel / 32).map_or(0, |word| word >> (channel % 32) & 1) * 2) as i32 - 1
            }
        }
    }
}
