//! Synapses of four bits, eight to a word: of each weight `q + 8`, the first in the lowest bits.
//!
//! Of a word, four nibbles are added to bytes of one word and four to bytes of another, 16 rows before a byte is full. A
//! weight is the integer `q`, -8 to 7, or on the odd grid `2 q + 1` (see [`super::planes`]): over n rows the sum is
//! `sum(q + 8) - 8 n`, or `2 sum(q + 8) - 15 n`.
use super::rows::{Rows, UNIT};
use crate::program::words;

/// Rows whose nibbles add up to a byte or less.
const FULL: usize = 16;

/// The lower nibble of each byte.
const LOW: u32 = 0x0f0f_0f0f;

/// What rows of integers, or of odd numbers, have for the sum of one nibble.
const fn scale(odd: bool, rows: u32) -> (u32, u32) {
    if odd { (2, 15 * rows) } else { (1, 8 * rows) }
}

/// Adds each of the rows that begin at `starts` to the accumulators. Rows outside `nibbles` give any sum;
/// [`crate::program::Program::new`] rules them out.
pub(crate) fn add_rows(nibbles: &[u32], odd: bool, rows: &mut Rows<'_>, accumulators: &mut [u32]) {
    #[cfg(any(snnc_dsp, snnc_no_dsp))]
    if crate::arch::nibbles::add(nibbles, odd, rows, accumulators) {
        return;
    }
    add_starts(nibbles, odd, rows.starts(), accumulators);
}

/// As [`add_rows`], of rows that begin at `starts`.
fn add_starts(nibbles: &[u32], odd: bool, starts: &[u32], accumulators: &mut [u32]) {
    for starts in starts.chunks(FULL) {
        let (factor, offset) = scale(odd, starts.len() as u32);
        for (column, sums) in accumulators.chunks_mut(8).enumerate() {
            let column = nibbles.get(column..).unwrap_or_default();
            let (mut low, mut high) = (0, 0);
            for &start in starts {
                let word = column.get(start as usize / UNIT).copied().unwrap_or_default();
                low += word & LOW;
                high += word >> 4 & LOW;
            }
            for sums in sums.chunks_mut(2) {
                for (sum, bytes) in sums.iter_mut().zip([&mut low, &mut high]) {
                    *sum = sum.wrapping_add(factor * (*bytes & 0xff)).wrapping_sub(offset);
                    *bytes >>= 8;
                }
            }
        }
    }
}

/// Adds `row` times `value` to the accumulators.
pub(crate) fn add_scaled(nibbles: &[u32], odd: bool, row: usize, value: i32, accumulators: &mut [u32]) {
    let row = nibbles.get(row * words(4 * accumulators.len())..).unwrap_or_default();
    for (sums, &word) in accumulators.chunks_mut(8).zip(row) {
        let mut word = word;
        for sum in sums {
            *sum = sum.wrapping_add(value.wrapping_mul(of_nibble(word & 15, odd)) as u32);
            word >>= 4;
        }
    }
}

/// The weight of a nibble.
const fn of_nibble(nibble: u32, odd: bool) -> i32 {
    let (factor, offset) = scale(odd, 1);
    (factor * nibble) as i32 - offset as i32
}

/// The weight of `row` at `column` in rows `width` wide; 0 outside the table.
pub(super) fn weight(nibbles: &[u32], odd: bool, width: usize, row: usize, column: usize) -> i32 {
    let word = nibbles.get(row * words(4 * width) + column / 8);
    word.map_or(0, |word| of_nibble(word >> (4 * (column % 8)) & 15, odd))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::synapse::CHUNK;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn every_nibble_is_an_integer_or_an_odd_number() {
        for n in 0..16 {
            assert_eq!(weight(&[0, n << 8], false, 11, 0, 10), n as i32 - 8);
            assert_eq!(weight(&[0, n << 8], true, 11, 0, 10), 2 * n as i32 - 15);
        }
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_naive_sum(
            (width, nibbles, rows) in (1usize..70).prop_flat_map(|width| (
                Just(width),
                prop::collection::vec(prop_oneof![Just(0), Just(u32::MAX), any::<u32>()], words(4 * width) * 9),
                prop::collection::vec(0u32..9, 0..=CHUNK),
            )),
            odd in any::<bool>(),
            value in -40_000i32..40_000,
        ) {
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * words(4 * width) as u32).collect();
            add_starts(&nibbles, odd, &starts, &mut accumulators);
            add_scaled(&nibbles, odd, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&row| weight(&nibbles, odd, width, row as usize, c)).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * weight(&nibbles, odd, width, 4, c));
            }
        }
    }
}
