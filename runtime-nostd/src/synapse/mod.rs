//! Weight encodings, one module each, and how a population's inputs reach its accumulators.
//!
//! Work follows the spikes: the taps (rows of weights) of the active inputs are collected, a chunk at a time, and each
//! encoding adds a chunk of rows to the accumulators of one position. Accumulators are `i32` in words of the arena:
//! adding wraps, and the compiler has proven that it never does.
use crate::bits::get;
use crate::program::uses::{BINARY, CODEWORDS, INT8, NIBBLES, PLANES, SPARSE, has};
#[cfg(any(snnc_dsp, snnc_no_dsp))]
use crate::program::uses::{VALUES, WORDS};
use crate::program::{Synapses, words};
use rows::{Ranges, Rows, UNIT};

pub mod binary;
pub mod codebook;
pub mod codewords;
pub mod int8;
pub mod nibbles;
pub mod planes;
pub(crate) mod rows;
pub mod sparse;

/// Most rows that are collected before they are added: a count of them fits a byte, their sum 16 bits.
pub(crate) const CHUNK: usize = 255;

/// Rows times values that are added at once.
const GROUP: usize = 4;

/// A number that an edge carries.
pub(crate) trait Value: Copy {
    /// What lists those that are not zero, where this core has such a kernel.
    #[cfg(snnc_dsp)]
    const SCAN: Option<crate::arch::scan::Scan>;

    fn number(self) -> i32;
}

macro_rules! values {
    ($($type:ty => $scan:expr),*) => {$(
        impl Value for $type {
            #[cfg(snnc_dsp)]
            const SCAN: Option<crate::arch::scan::Scan> = $scan;

            #[inline(always)]
            fn number(self) -> i32 {
                self as i32
            }
        }
    )*};
}

values!(
    u8 => Some(crate::arch::scan::list_u8),
    i8 => Some(crate::arch::scan::list_i8),
    i16 => Some(crate::arch::scan::list_i16),
    u32 => None // an `i32` in a word
);

/// Adds rows of weights to the accumulators of one position, a chunk at a time, of the encodings among `USES`.
pub(crate) struct Adder<'s, 'a, const USES: u64> {
    synapses: &'a Synapses<'s>,
    accumulators: &'a mut [u32],
    rows: Rows<'a>,
}

impl<'s, 'a, const USES: u64> Adder<'s, 'a, USES> {
    /// One accumulator per weight of a row, of which there are `rows`; `memory` is that of [`Rows`].
    pub(crate) fn new(
        synapses: &'a Synapses<'s>,
        rows: usize,
        accumulators: &'a mut [u32],
        memory: &'a mut [u32],
    ) -> Self {
        let stride = match *synapses {
            Synapses::Int8 { .. } => int8::stride(accumulators.len()),
            Synapses::Binary { .. } => UNIT * words(accumulators.len()),
            Synapses::Planes { bits, .. } => UNIT * words(usize::from(bits) * accumulators.len()),
            Synapses::Nibbles { .. } => UNIT * words(4 * accumulators.len()),
            Synapses::Codewords { .. } => words(accumulators.len()),
            Synapses::Sparse { .. } => 1,
            Synapses::Codebook { .. } => 0, // not by rows, see `codebook`
        };
        Self { synapses, accumulators, rows: Rows::new(memory, rows, stride) }
    }

    /// Adds `row` once for every bit set among the `count` bits from bit `start` of `bits`, the row counted from `row`.
    #[inline]
    pub(crate) fn add_spikes(&mut self, bits: &[u32], start: usize, count: usize, row: usize) {
        if start.is_multiple_of(32) {
            let bits = bits.get(start / 32..).unwrap_or_default();
            #[cfg(snnc_dsp)]
            if self.add_narrow(bits, count, row) {
                return;
            }
            let mut whole = bits.get(..count / 32).unwrap_or(bits);
            let mut at = row;
            while !whole.is_empty() {
                if self.rows.is_full() {
                    self.flush();
                }
                let read = self.rows.add_all(whole, at);
                if read == 0 {
                    break; // no list is as short as a word
                }
                at += 32 * read;
                whole = whole.get(read..).unwrap_or_default();
            }
            if let (Some(&last), 1..) = (bits.get(count / 32), count % 32) {
                self.add_word(last & ((1 << (count % 32)) - 1), row + count / 32 * 32);
            }
            return;
        }
        for at in (0..count).step_by(32) {
            self.add_word(get(bits, start + at, (count - at).min(32)), row + at);
        }
    }

    /// Adds rows of a few bytes as they are found; false, and nothing added, where they are none.
    #[cfg(snnc_dsp)]
    #[inline]
    fn add_narrow(&mut self, bits: &[u32], count: usize, row: usize) -> bool {
        match *self.synapses {
            Synapses::Int8 { weights } if has(USES, INT8) => {
                crate::arch::narrow::add_spikes(weights, bits, count, row, self.accumulators)
            }
            _ => false,
        }
    }

    /// As [`Self::add_spikes`], of some ranges of bits.
    #[inline]
    pub(crate) fn add_spike_ranges(&mut self, bits: &[u32], ranges: &Ranges) {
        let mut left = *ranges;
        while left.ranges > 0 {
            #[cfg(snnc_thumb2)]
            match self.rows.add_ranges(bits, &left) {
                0 if self.rows.is_empty() => {} // no list is as long as such a range
                0 => {
                    self.flush();
                    continue;
                }
                listed => {
                    left = left.behind(listed);
                    continue;
                }
            }
            self.add_spikes(bits, left.start, left.count, left.row);
            left = left.behind(1);
        }
    }

    /// Adds the row of each bit set in `word`, counted from `row`.
    #[inline(always)]
    fn add_word(&mut self, word: u32, row: usize) {
        if word != 0 {
            if self.rows.is_full() {
                self.flush();
            }
            self.rows.add(word, row);
        }
    }

    /// Adds each row, counted from `row`, times its value.
    #[inline]
    pub(crate) fn add_values<V: Value>(&mut self, values: &[V], row: usize) {
        let (values, row) = self.list_values(values, row);
        let mut group = [(0, 0); GROUP];
        let mut count = 0;
        for (i, &value) in values.iter().enumerate() {
            let value = value.number();
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

    /// As [`Self::add_values`], of some ranges of values.
    #[inline]
    pub(crate) fn add_value_ranges<V: Value>(&mut self, values: &[V], ranges: &Ranges) {
        #[cfg(snnc_dsp)]
        if let Synapses::Int8 { weights } = *self.synapses
            && has(USES, INT8)
            && let Some(scan) = V::SCAN
            && crate::arch::values::takes(weights, &self.rows, self.accumulators.len())
            && self.rows.add_scaled_ranges(scan, values, ranges)
        {
            return;
        }
        for i in 0..ranges.ranges {
            let values = values.get(ranges.start + i * ranges.pitch..).and_then(|values| values.get(..ranges.count));
            self.add_values(values.unwrap_or_default(), ranges.row + i * ranges.row_pitch);
        }
    }

    /// Lists the values that this core has a kernel for, and returns the rest with its first row.
    #[inline]
    fn list_values<'v, V: Value>(&mut self, values: &'v [V], row: usize) -> (&'v [V], usize) {
        #[cfg(snnc_dsp)]
        if let Synapses::Int8 { weights } = *self.synapses
            && has(USES, INT8)
            && let Some(scan) = V::SCAN
            && crate::arch::values::takes(weights, &self.rows, self.accumulators.len())
        {
            let (mut values, mut row) = (values, row);
            while !values.is_empty() {
                let read = match self.rows.add_scaled(scan, values, row) {
                    0 if self.rows.is_empty() => break, // no list is as short as a group
                    0 => {
                        self.flush();
                        continue;
                    }
                    read => read,
                };
                (values, row) = (values.get(read..).unwrap_or_default(), row + read);
            }
            return (values, row);
        }
        #[cfg(snnc_no_dsp)]
        if let Synapses::Int8 { weights } = *self.synapses
            && has(USES, INT8)
            && crate::arch::products::takes(weights, &self.rows, self.accumulators.len())
        {
            for (row, value) in (row..).zip(values) {
                let value = value.number();
                if value == 0 || self.rows.add_product(row, value) {
                    continue;
                }
                self.flush();
                if !self.rows.add_product(row, value) {
                    self.add_scaled(&[(row, value)]); // no list is as short as that, or it has too many bits
                }
            }
            return (&[], row);
        }
        (values, row)
    }

    /// Adds rows times values.
    fn add_scaled(&mut self, rows: &[(usize, i32)]) {
        let sums = &mut *self.accumulators;
        match *self.synapses {
            Synapses::Int8 { weights } if has(USES, INT8) => int8::add_scaled(weights, rows, sums),
            Synapses::Binary { signs } if has(USES, BINARY) => {
                for &(row, value) in rows {
                    binary::add_scaled(signs, row, value, sums);
                }
            }
            Synapses::Planes { bits, odd, planes } if has(USES, PLANES) => {
                for &(row, value) in rows {
                    planes::add_scaled(planes, bits, odd, row, value, sums);
                }
            }
            Synapses::Nibbles { odd, nibbles } if has(USES, NIBBLES) => {
                for &(row, value) in rows {
                    nibbles::add_scaled(nibbles, odd, row, value, sums);
                }
            }
            Synapses::Sparse { starts, columns, weights } if has(USES, SPARSE) => {
                for &(row, value) in rows {
                    sparse::add_scaled(starts, columns, weights, row, value, sums);
                }
            }
            Synapses::Codewords { codewords, indices } if has(USES, CODEWORDS) => {
                for &(row, value) in rows {
                    codewords::add_scaled(codewords, indices, row, value, sums);
                }
            }
            // a codebook is not added by rows, and what is not used is not there
            Synapses::Int8 { .. } | Synapses::Binary { .. } | Synapses::Planes { .. } => {}
            Synapses::Nibbles { .. } | Synapses::Sparse { .. } => {}
            Synapses::Codewords { .. } | Synapses::Codebook { .. } => {}
        }
    }

    /// Adds what is collected.
    pub(crate) fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let (rows, sums) = (&mut self.rows, &mut *self.accumulators);
        #[cfg(any(snnc_dsp, snnc_no_dsp))]
        if (has(USES, VALUES) || has(USES, WORDS)) && rows.is_scaled() {
            if let Synapses::Int8 { weights } = *self.synapses
                && has(USES, INT8)
            {
                #[cfg(snnc_dsp)]
                crate::arch::values::add_scaled(weights, rows, sums);
                #[cfg(snnc_no_dsp)]
                crate::arch::products::add_scaled(weights, rows, sums);
            }
            rows.clear();
            return;
        }
        match *self.synapses {
            Synapses::Int8 { weights } if has(USES, INT8) => int8::add_rows(weights, rows, sums),
            Synapses::Binary { signs } if has(USES, BINARY) => binary::add_rows(signs, rows, sums),
            Synapses::Planes { bits, odd, planes } if has(USES, PLANES) => {
                planes::add_rows(planes, bits, odd, rows, sums);
            }
            Synapses::Nibbles { odd, nibbles } if has(USES, NIBBLES) => nibbles::add_rows(nibbles, odd, rows, sums),
            Synapses::Sparse { starts, columns, weights } if has(USES, SPARSE) => {
                sparse::add_rows(starts, columns, weights, rows, sums);
            }
            Synapses::Codewords { codewords, indices } if has(USES, CODEWORDS) => {
                codewords::add_rows(codewords, indices, rows, sums);
            }
            Synapses::Int8 { .. } | Synapses::Binary { .. } | Synapses::Planes { .. } => {}
            Synapses::Nibbles { .. } | Synapses::Sparse { .. } => {}
            Synapses::Codewords { .. } | Synapses::Codebook { .. } => {}
        }
        self.rows.clear();
    }
}

impl Synapses<'_> {
    /// Whether every weight is an odd number.
    #[must_use]
    pub const fn is_odd(&self) -> bool {
        matches!(self, Synapses::Planes { odd: true, .. } | Synapses::Nibbles { odd: true, .. })
    }

    /// Number of the codeword between input channel `channel` and output `output` of `width`; `None` without a codebook.
    #[must_use]
    pub fn codeword(&self, width: usize, channel: usize, output: usize) -> Option<usize> {
        match *self {
            Synapses::Codebook { index_bits, codewords, indices } => {
                Some(codebook::Codebook { index_bits, codewords, indices }.index(width, channel, output))
            }
            Synapses::Int8 { .. } | Synapses::Binary { .. } | Synapses::Planes { .. } => None,
            Synapses::Nibbles { .. } | Synapses::Codewords { .. } | Synapses::Sparse { .. } => None,
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
            Synapses::Nibbles { odd, nibbles } => nibbles::weight(nibbles, odd, width, row, column),
            Synapses::Codewords { codewords, indices } => codewords::weight(codewords, indices, width, row, column),
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
