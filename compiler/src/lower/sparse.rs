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

/// Instructions of a Cortex-M4 per weight, in tenths: of a row of bytes, of one bit plane, and of an entry in a list of
/// every fourth weight, where the choice tips. What is counted in tests/tests/mcu_instructions.txt, less the silent
/// network, over the weights that 78 spikes in 25 timesteps meet: 803,480, 397,720 and 875,240 less 172,280.
const BYTE: usize = 25;
const PLANE: usize = 9;
const ENTRY: usize = 113;

/// Bytes of an entry: its column and its weight.
const ENTRY_BYTES: usize = 3;

/// Whether a list of `kept` weights is cheaper than `rows` of `width`.
fn pays(encoding: WeightEncoding, rows: usize, width: usize, kept: usize) -> bool {
    let (each, bytes) = match encoding {
        WeightEncoding::Int { bits: 8 } => (BYTE, rows * width),
        WeightEncoding::Int { .. } | WeightEncoding::Ternary => {
            let bits = usize::from(encoding.bits());
            (bits * PLANE, 4 * rows * words(bits * width))
        }
        // none of their weights is zero
        WeightEncoding::Odd { .. } | WeightEncoding::Binary | WeightEncoding::Codebook { .. } => return false,
    };
    width <= usize::from(u16::MAX) + 1
        && ENTRY * kept < each * rows * width
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

    /// Every `n`-th weight of 64 rows of 32 is not zero.
    fn every(n: usize) -> Vec<i16> {
        (0..64 * 32).map(|i| if i % n == 0 { -1 } else { 0 }).collect()
    }

    #[test]
    fn a_list_is_taken_where_it_is_smaller_and_faster() {
        let arena = Bump::new();
        let is_list = |encoding, n| {
            let packed = table(encoding, every(n), 32).packed(&arena).expect("it is on its grid");
            matches!(packed, Synapses::Sparse { .. })
        };
        assert!(!is_list(WeightEncoding::INT8, 4)); // smaller, but 11.3 instructions a weight kept and 10 of four bytes
        assert!(is_list(WeightEncoding::INT8, 5)); // 1,490 instead of 2,048 bytes
        assert!(!is_list(WeightEncoding::Ternary, 5)); // larger: 512 bytes of planes
        assert!(is_list(WeightEncoding::Ternary, 30)); // 467 bytes
        assert!(!is_list(WeightEncoding::Binary, 30));
    }

    #[test]
    fn a_list_means_the_same_weights() {
        let arena = Bump::new();
        let integers: Vec<i16> = (0..40 * 16).map(|i: i16| if i % 6 == 0 { i % 255 - 127 } else { 0 }).collect();
        let packed = table(WeightEncoding::INT8, integers.clone(), 16).packed(&arena).expect("it is on its grid");
        assert!(matches!(packed, Synapses::Sparse { .. }));
        for (i, &weight) in integers.iter().enumerate() {
            assert_eq!(packed.weight(16, i / 16, i % 16), i32::from(weight), "weight {i}");
        }
    }
}
