//! Synapses of a few bits, stored as bit planes: plane `k` of a row has bit `k` of each of its weights.
//!
//! A weight is the integer `q = -2^(bits-1) q[bits-1] + sum over k < bits-1 of 2^k q[k]`, or on the odd grid `2 q + 1`.
//! The odd grid is QP-SNN's (Wei et al. 2025, eq. 9 and 10): its `gamma (2 n / (2^b - 1) - 1)`, n in 0..2^b, is
//! `gamma / (2^b - 1)` times the odd number `2 n - (2^b - 1) = 2 (n - 2^(b-1)) + 1`. Over n rows the sum is
//! `2 sum(q) + n`. Every plane is counted as binary synapses are, so that b bits cost b times as much as one.
use super::binary::{count, unpack};
use super::rows::{Rows, UNIT};
use crate::program::words;

/// Adds each of the rows that begin at `starts` to the accumulators, at most [`super::CHUNK`] rows. Rows outside `planes`
/// give any sum; [`crate::program::Program::new`] rules them out.
pub(crate) fn add_rows(planes: &[u32], bits: u8, odd: bool, rows: &mut Rows<'_>, accumulators: &mut [u32]) {
    let width = accumulators.len();
    let once = if odd { rows.starts().len() as u32 } else { 0 };
    for k in 0..bits {
        // the highest bit counts negative
        let sign = if k + 1 == bits { u32::MAX } else { 1 };
        let place = sign << (k + u8::from(odd));
        let once = if k == 0 { once } else { 0 };
        // where the plane's bits begin in a row
        let first = usize::from(k) * width;
        #[cfg(any(snnc_thumb1, snnc_thumb2))]
        if first.is_multiple_of(32) && crate::arch::counts::add(planes, first / 32, rows, place, once, accumulators) {
            continue;
        }
        let starts = rows.starts();
        for (column, sums) in accumulators.chunks_mut(32).enumerate() {
            // what follows the last of a row's bits counts for nobody
            let first = first + column * 32;
            let (planes, shift) = (planes.get(first / 32..).unwrap_or_default(), first % 32);
            let at = |index: usize| planes.get(index).copied().unwrap_or_default();
            let counts = unpack(&match shift {
                0 => count(starts, |start| at(start as usize / UNIT)),
                _ => count(starts, |start| {
                    at(start as usize / UNIT) >> shift | at(start as usize / UNIT + 1) << (32 - shift)
                }),
            });
            for (sum, &count) in sums.iter_mut().zip(counts.as_flattened()) {
                *sum = sum.wrapping_add(u32::from(count).wrapping_mul(place)).wrapping_add(once);
            }
        }
    }
}

/// Adds `row` times `value` to the accumulators.
pub(crate) fn add_scaled(planes: &[u32], bits: u8, odd: bool, row: usize, value: i32, accumulators: &mut [u32]) {
    let width = accumulators.len();
    for (column, sum) in accumulators.iter_mut().enumerate() {
        *sum = sum.wrapping_add(value.wrapping_mul(weight(planes, bits, odd, width, row, column)) as u32);
    }
}

/// The weight of `row` at `column` in rows `width` wide.
#[inline]
pub(super) fn weight(planes: &[u32], bits: u8, odd: bool, width: usize, row: usize, column: usize) -> i32 {
    let row = row * words(usize::from(bits) * width);
    let mut q = 0;
    for k in (0..usize::from(bits)).rev() {
        let at = k * width + column;
        let bit = planes.get(row + at / 32).map_or(0, |word| word >> (at % 32) & 1) as i32;
        // the highest bit comes first and counts negative: -1 and 0 have the same bits below it
        q = if k + 1 == usize::from(bits) { -bit } else { q << 1 | bit };
    }
    if odd { 2 * q + 1 } else { q }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::synapse::CHUNK;
    use crate::synapse::rows::ROWS_WORDS;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn every_integer_of_every_width_is_read_back() {
        for bits in 2..=8u8 {
            for q in -(1 << (bits - 1))..1 << (bits - 1) {
                // output 2 of 4
                let planes = [(0..bits).fold(0, |word, k| word | ((q >> k & 1) as u32) << (4 * k + 2))];
                assert_eq!(weight(&planes, bits, false, 4, 0, 2), q);
                assert_eq!(weight(&planes, bits, true, 4, 0, 2), 2 * q + 1);
            }
        }
        assert_eq!([0, 1].map(|bit| weight(&[bit], 1, true, 1, 0, 0)), [1, -1]);
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_naive_sum(
            (width, bits, planes, rows) in (1usize..70, 1u8..=8).prop_flat_map(|(width, bits)| (
                Just(width), Just(bits), prop::collection::vec(any::<u32>(), words(width * usize::from(bits)) * 9),
                prop::collection::vec(0u32..9, 0..=CHUNK),
            )),
            odd in any::<bool>(),
            value in prop_oneof![-300i32..300, -40_000i32..40_000],
        ) {
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * words(width * usize::from(bits)) as u32).collect();
            let mut memory = [0; ROWS_WORDS];
            add_rows(&planes, bits, odd, &mut Rows::listed(&mut memory, &starts), &mut accumulators);
            add_scaled(&planes, bits, odd, 4, value, &mut accumulators);
            let weight = |row: usize, column: usize| {
                let row = &planes[row * words(width * usize::from(bits))..];
                let plane = |k: usize| row[(k * width + column) / 32] >> ((k * width + column) % 32) & 1;
                let q: i32 = (0..usize::from(bits))
                    .map(|k| if k + 1 == usize::from(bits) { -(plane(k) as i32) << k } else { (plane(k) as i32) << k })
                    .sum();
                if odd { 2 * q + 1 } else { q }
            };
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&row| weight(row as usize, c)).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * weight(4, c));
            }
        }
    }
}
