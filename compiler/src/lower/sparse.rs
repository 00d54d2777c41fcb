//! Where weights that are zero are skipped: a cost model that decides per layer between rows of every weight and lists of
//! those that are not zero ([`Synapses::Sparse`]).
//!
//! A list is taken where it needs fewer instructions per input that spikes *and* fewer bytes. Both machines that add
//! weight by weight (host, Cortex-M) run the list; an FPGA reads a whole word of weights at each clock, zeros or not, and
//! keeps the rows.

use bumpalo::Bump;
use snnc_runtime::program::{Synapses, words};

use super::synapse::Table;
use crate::ir::WeightEncoding;

/// Tenths of an instruction of a Cortex-M4 to note that an input spiked.
const NOTED: usize = 60;

/// Tenths to add a row of bytes: 16, 8 and 4 weights at once (`runtime-nostd/src/arch/int8.rs`). What is left over takes four.
const BYTES: [(usize, usize); 3] = [(16, 115), (8, 90), (4, 60)];

/// Tenths per 32 weights of a bit plane, an eighth of a group of rows (`runtime-nostd/src/arch/thumb2/counts.rs`), and where
/// its words do not begin with a plane's bits, which the portable function counts.
const PLANE: usize = 66;
const SHIFTED_PLANE: usize = 200;

/// Tenths per 16 weights of four bits (`runtime-nostd/src/arch/nibbles.rs`), and per weight of rows of 8 or fewer, which the
/// portable function adds.
const NIBBLES: usize = 112;
const NIBBLE: usize = 20;

/// Tenths to add a list, noted as a row is, and each of its entries (`runtime-nostd/src/arch/thumb2/sparse.rs`).
const LIST: usize = 178;
const ENTRY: usize = 90;

/// Bytes of an entry: its column and its weight.
const ENTRY_BYTES: usize = 3;

/// Tenths of an instruction to add a row of `width` weights of this encoding; `None` where none of them can be zero.
fn row(encoding: WeightEncoding, width: usize) -> Option<usize> {
    match encoding {
        WeightEncoding::Int { bits: 8 } => {
            // sixteen are read as words, which begin where rows are whole words
            let blocks = if width.is_multiple_of(4) { &BYTES[..] } else { &BYTES[1..] };
            let mut left = width;
            let mut cost = NOTED;
            for &(weights, tenths) in blocks {
                cost += left / weights * tenths;
                left %= weights;
            }
            Some(cost + if left > 0 { BYTES[2].1 } else { 0 })
        }
        WeightEncoding::Int { bits: 4 } => {
            Some(NOTED + if width > 8 { width.div_ceil(16) * NIBBLES } else { width * NIBBLE })
        }
        WeightEncoding::Int { .. } | WeightEncoding::Ternary => {
            let plane = if width.is_multiple_of(32) { PLANE } else { SHIFTED_PLANE };
            Some(NOTED + usize::from(encoding.bits()) * width.div_ceil(32) * plane)
        }
        WeightEncoding::Odd { .. } | WeightEncoding::Binary | WeightEncoding::Codebook { .. } => None,
    }
}

/// Whether lists of `kept` weights are cheaper than `rows` of `width`.
fn pays(encoding: WeightEncoding, rows: usize, width: usize, kept: usize) -> bool {
    let Some(row) = row(encoding, width) else { return false };
    let bytes = match encoding {
        WeightEncoding::Int { bits: 8 } => rows * width,
        _ => 4 * rows * words(usize::from(encoding.bits()) * width),
    };
    width <= usize::from(u16::MAX) + 1
        && rows * LIST + ENTRY * kept < rows * row
        && ENTRY_BYTES * kept + 4 * (rows + 1) < bytes
}

impl Table {
    /// The weights that are not zero, where that [`pays`].
    pub(super) fn sparse<'a>(&self, arena: &'a Bump) -> Option<Synapses<'a>> {
        let kept = self.integers.iter().filter(|&&weight| weight != 0).count();
        if !pays(self.encoding, self.rows(), self.width, kept) {
            return None;
        }
        let (mut starts, mut columns, mut weights) = (vec![0], Vec::with_capacity(kept), Vec::with_capacity(kept));
        for row in self.integers.chunks(self.width) {
            for (column, &weight) in row.iter().enumerate().filter(|(_, weight)| **weight != 0) {
                columns.push(column as u16);
                weights.push(i8::try_from(weight).expect("the encodings with zeros have 8 bits at most"));
            }
            starts.push(columns.len() as u32);
        }
        Some(Synapses::Sparse {
            starts: arena.alloc_slice_copy(&starts),
            columns: arena.alloc_slice_copy(&columns),
            weights: arena.alloc_slice_copy(&weights),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(encoding: WeightEncoding, integers: Vec<i16>, width: usize) -> Table {
        Table { width, taps: 1, integers, encoding }
    }

    /// Every `n`-th weight of 64 rows of 128 is not zero.
    fn every(n: usize) -> Vec<i16> {
        (0..64 * 128).map(|i| if i % n == 0 { -1 } else { 0 }).collect()
    }

    #[test]
    fn a_row_costs_what_its_kernels_do() {
        let bytes = |width| row(WeightEncoding::INT8, width);
        assert_eq!(bytes(128), Some(60 + 8 * 115));
        assert_eq!(bytes(28), Some(60 + 115 + 90 + 60));
        assert_eq!(bytes(30), Some(60 + 3 * 90 + 60 + 60)); // no row of whole words: 8, 8, 8, 4 and 2
        assert_eq!(row(WeightEncoding::Ternary, 64), Some(60 + 2 * 2 * 66));
        assert_eq!(row(WeightEncoding::Ternary, 12), Some(60 + 2 * 200));
        assert_eq!(row(WeightEncoding::Int { bits: 4 }, 40), Some(60 + 3 * 112));
        assert_eq!(row(WeightEncoding::Binary, 64), None);
    }

    #[test]
    fn a_list_is_taken_where_it_is_smaller_and_faster() {
        let arena = Bump::new();
        let is_list = |encoding, n| {
            let packed = table(encoding, every(n), 128).packed(&arena).expect("it is on its grid");
            matches!(packed, Synapses::Sparse { .. })
        };
        assert!(!is_list(WeightEncoding::INT8, 8)); // smaller, but 162 instructions for 16 entries and 98 for a row
        assert!(is_list(WeightEncoding::INT8, 16)); // 90, and 1,796 bytes instead of 8,192
        assert!(!is_list(WeightEncoding::Ternary, 16)); // 90 for eight entries, and 59 for a row
        assert!(is_list(WeightEncoding::Ternary, 64)); // 36, and 644 bytes instead of 2,048
        assert!(!is_list(WeightEncoding::Binary, 64));
    }

    #[test]
    fn a_list_means_the_same_weights() {
        let arena = Bump::new();
        let integers: Vec<i16> = (0..40 * 128).map(|i: i16| if i % 60 == 0 { i % 255 - 127 } else { 0 }).collect();
        let packed = table(WeightEncoding::INT8, integers.clone(), 128).packed(&arena).expect("it is on its grid");
        assert!(matches!(packed, Synapses::Sparse { .. }));
        for (i, &weight) in integers.iter().enumerate() {
            assert_eq!(packed.weight(128, i / 128, i % 128), i32::from(weight), "weight {i}");
        }
    }
}
