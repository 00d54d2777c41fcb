//! Binary synapses: one bit per weight, 1 for +1 and 0 for -1, first weight of a row in bit 0, rows padded to words.
//!
//! Rows are counted 32 outputs at once by bit-sliced counters: bit `c` of plane `k` is bit `k` of output `c`'s count. Eight
//! rows go through seven carry-save adders before a carry reaches plane 3 (Harley-Seal; Mula, Kurz, Lemire 2018).
use super::CHUNK;
use super::rows::Rows;
use crate::program::words;

/// Planes that count up to [`CHUNK`] rows.
pub(super) const PLANES: usize = 8;

// a count fits a byte
const _: () = assert!(CHUNK < 1 << PLANES);

/// Adds each of the rows that begin at `starts` to the accumulators, at most [`CHUNK`] rows. With weights in {-1, +1}
/// stored as bits, the sum over n rows is `2 * (how many of the bits are 1) - n`. Rows outside `signs` give any sum;
/// [`crate::program::Program::new`] rules them out.
pub(crate) fn add_rows(signs: &[u32], rows: &mut Rows<'_>, accumulators: &mut [u32]) {
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    crate::arch::counts::add(signs, 0, rows, 2, (rows.starts().len() as u32).wrapping_neg(), accumulators);
    #[cfg(not(any(snnc_thumb1, snnc_thumb2)))]
    add_starts(signs, rows.starts(), accumulators);
}

/// As [`add_rows`], of rows that begin at `starts`.
#[cfg(not(any(snnc_thumb1, snnc_thumb2)))]
fn add_starts(signs: &[u32], starts: &[u32], accumulators: &mut [u32]) {
    for (column, sums) in accumulators.chunks_mut(32).enumerate() {
        let signs = signs.get(column..).unwrap_or_default();
        let counts = unpack(&count(starts, |start| signs.get(start as usize).copied().unwrap_or_default()));
        for (sum, count) in sums.iter_mut().zip(counts.as_flattened()) {
            *sum = sum.wrapping_add(2 * u32::from(*count)).wrapping_sub(starts.len() as u32);
        }
    }
}

/// How many of the words that `word` reads at `starts` have each bit.
#[inline(never)] // registers of its own
pub(super) fn count(starts: &[u32], word: impl Fn(u32) -> u32) -> [u32; PLANES] {
    let mut planes = [0; PLANES];
    let (groups, single) = starts.as_chunks::<8>();
    for &[a, b, c, d, e, f, g, h] in groups {
        let [ones, twos, fours, ..] = &mut planes;
        let two_a = add(ones, word(a), word(b));
        let two_b = add(ones, word(c), word(d));
        let four_a = add(twos, two_a, two_b);
        let two_a = add(ones, word(e), word(f));
        let two_b = add(ones, word(g), word(h));
        let four_b = add(twos, two_a, two_b);
        let eight = add(fours, four_a, four_b);
        carry(planes.iter_mut().skip(3), eight);
    }
    for &start in single {
        carry(planes.iter_mut(), word(start));
    }
    planes
}

/// Carry-save adder: three bits become the plane's bit and a carry.
#[inline(always)]
const fn add(plane: &mut u32, a: u32, b: u32) -> u32 {
    let half = a ^ b;
    let carry = a & b | half & *plane;
    *plane ^= half;
    carry
}

/// Adds a bit to the first of the planes and carries on.
#[inline(always)]
fn carry<'p>(planes: impl Iterator<Item = &'p mut u32>, bit: u32) {
    let mut bit = bit;
    for plane in planes {
        if bit == 0 {
            return;
        }
        let next = *plane & bit;
        *plane ^= bit;
        bit = next;
    }
}

/// The counts, output by output: four at a time, 8 outputs apart, each in a byte of a word.
#[inline(always)]
pub(super) fn unpack(planes: &[u32; PLANES]) -> [[u8; 8]; 4] {
    let mut counts = [[0; 8]; 4];
    for output in 0..8 {
        let spread = |(k, plane): (usize, &u32)| (plane >> output & 0x0101_0101) << k;
        let four = planes.iter().enumerate().map(spread).fold(0, |four, bits| four | bits);
        for (counts, count) in counts.iter_mut().zip(four.to_le_bytes()) {
            if let Some(slot) = counts.get_mut(output) {
                *slot = count;
            }
        }
    }
    counts
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
                Just(width), prop::collection::vec(any::<u32>(), words(width) * 9), prop::collection::vec(0u32..9, 0..=CHUNK),
            )),
            value in -300i32..300,
        ) {
            let weight = |r: u32, c: usize| if signs[r as usize * words(width) + c / 32] >> (c % 32) & 1 == 1 { 1 } else { -1 };
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * words(width) as u32).collect();
            add_starts(&signs, &starts, &mut accumulators);
            add_scaled(&signs, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&r| weight(r, c)).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * weight(4, c));
            }
        }
    }
}
