//! Binary synapses: one bit per weight, 1 for +1 and 0 for -1, first weight of a row in bit 0, rows padded to words.

use crate::program::words;

/// Adds each of `rows` to the accumulators. With weights in {-1, +1} stored as bits, the sum over n rows is
/// `2 * (how many of the bits are 1) - n`. A row outside `signs` is left out; [`crate::program::Program::new`] rules
/// it out.
pub(crate) fn add_rows(signs: &[u32], starts: &[u32], accumulators: &mut [u32]) {
    for (column, sums) in accumulators.chunks_mut(32).enumerate() {
        for sum in sums.iter_mut() {
            *sum = sum.wrapping_sub(starts.len() as u32);
        }
        for &start in starts {
            let word = signs.get(start as usize + column).copied().unwrap_or_default();
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum = sum.wrapping_add((word >> c & 1) * 2);
            }
        }
    }
}

/// Adds `row` times `value` to the accumulators.
pub(crate) fn add_scaled(signs: &[u32], row: usize, value: i32, accumulators: &mut [u32]) {
    let start = row * words(accumulators.len());
    for (sums, word) in accumulators.chunks_mut(32).zip(signs.get(start..).unwrap_or_default()) {
        for (c, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(if word >> c & 1 == 1 { value } else { -value } as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn rows_add_up_to_the_sum_of_signed_weights(
            (width, signs, rows) in (1usize..70).prop_flat_map(|width| (
                Just(width), prop::collection::vec(any::<u32>(), words(width) * 9), prop::collection::vec(0u32..9, 0..80),
            )),
            value in -300i32..300,
        ) {
            let weight = |r: u32, c: usize| if signs[r as usize * words(width) + c / 32] >> (c % 32) & 1 == 1 { 1 } else { -1 };
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * words(width) as u32).collect();
            add_rows(&signs, &starts, &mut accumulators);
            add_scaled(&signs, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&r| weight(r, c)).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * weight(4, c));
            }
        }
    }
}
