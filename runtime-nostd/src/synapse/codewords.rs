//! Binary synapses, 32 outputs at a time: their signs in a row are one of 256 codewords, a byte each, a quarter of a bit a
//! weight. Codewords are counted as the words of [`super::binary`] are. The first one is 0, which adds nothing to a count: some
//! kernels complete a group of rows by it.
use super::binary::{count, unpack};
use super::rows::Rows;
use crate::program::words;

/// Adds each of the rows that begin at `starts` to the accumulators, at most [`super::CHUNK`] rows, as
/// [`super::binary::add_rows`] does. Rows outside `indices` give any sum; [`crate::program::Program::new`] rules them out.
pub(crate) fn add_rows(codewords: &[u32], indices: &[u8], rows: &mut Rows<'_>, accumulators: &mut [u32]) {
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    if crate::arch::counts::add_codewords(codewords, indices, rows, accumulators) {
        return;
    }
    let starts = rows.starts();
    for (column, sums) in accumulators.chunks_mut(32).enumerate() {
        let indices = indices.get(column..).unwrap_or_default();
        let counts = unpack(&count(starts, |start| codeword(codewords, indices, start as usize)));
        for (sum, count) in sums.iter_mut().zip(counts.as_flattened()) {
            *sum = sum.wrapping_add(2 * u32::from(*count)).wrapping_sub(starts.len() as u32);
        }
    }
}

/// The signs that an index names.
#[inline(always)]
fn codeword(codewords: &[u32], indices: &[u8], at: usize) -> u32 {
    let index = indices.get(at).copied().unwrap_or_default();
    codewords.get(usize::from(index)).copied().unwrap_or_default()
}

/// Adds `row` times `value` to the accumulators.
pub(crate) fn add_scaled(codewords: &[u32], indices: &[u8], row: usize, value: i32, accumulators: &mut [u32]) {
    let start = row * words(accumulators.len());
    for (column, sums) in accumulators.chunks_mut(32).enumerate() {
        let word = codeword(codewords, indices, start + column);
        for (c, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(if word >> c & 1 == 1 { value } else { value.wrapping_neg() } as u32);
        }
    }
}

/// The weight of `row` at `column` in rows `width` wide.
#[inline]
pub(super) fn weight(codewords: &[u32], indices: &[u8], width: usize, row: usize, column: usize) -> i32 {
    let word = codeword(codewords, indices, row * words(width) + column / 32);
    (word >> (column % 32) & 1) as i32 * 2 - 1
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::synapse::CHUNK;
    use crate::synapse::rows::ROWS_WORDS;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn rows_add_up_to_the_sum_of_signed_weights(
            (width, indices, rows) in (1usize..100).prop_flat_map(|width| (
                Just(width), prop::collection::vec(0u8..7, words(width) * 9), prop::collection::vec(0u32..9, 0..=CHUNK),
            )),
            codewords in prop::collection::vec(any::<u32>(), 7),
            value in -300i32..300,
        ) {
            let naive = |row: usize, c: usize| {
                let word = codewords[usize::from(indices[row * words(width) + c / 32])];
                if word >> (c % 32) & 1 == 1 { 1 } else { -1 }
            };
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * words(width) as u32).collect();
            let mut memory = [0; ROWS_WORDS];
            add_rows(&codewords, &indices, &mut Rows::listed(&mut memory, &starts), &mut accumulators);
            add_scaled(&codewords, &indices, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let all: i32 = rows.iter().map(|&row| naive(row as usize, c)).sum();
                prop_assert_eq!(*sum as i32, c as i32 + all + value * naive(4, c));
                prop_assert_eq!(weight(&codewords, &indices, width, 3, c), naive(3, c));
            }
        }
    }
}
