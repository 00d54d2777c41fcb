//! Int8 synapses: one byte per weight, -128..=127.
//!
//! Accumulators are added block by block: the sums of a block stay in registers while all rows go by, in 16 bits. On a
//! 32-bit core two of them share a register (a weight plus 128 is a number of 8 bits, so that no carry crosses); a wider
//! host's vectors hold eight or more.
use super::CHUNK;
use super::rows::Rows;

/// Outputs added at once.
const BLOCK: usize = if usize::BITS == 64 { 32 } else { 8 };

// weights plus 128 sum up to less than 2^16, signed weights to less than 2^15
const _: () = assert!(CHUNK <= 256);

/// Whether rows may be told by blocks: kernels take bytes.
const IN_BLOCKS: bool = cfg!(not(any(snnc_dsp, snnc_no_dsp)));

/// Distance of two rows of `width` weights in the unit of [`add_rows`]: blocks where a row is made of whole blocks, so
/// that one comparison finds a block, else weights.
pub(crate) const fn stride(width: usize) -> usize {
    if width.is_multiple_of(BLOCK) && IN_BLOCKS { width / BLOCK } else { width }
}

/// Adds rows of weights to the accumulators, whose number is the width of a row: `accumulators[c] += sum over rows of
/// weights[row * width + c]`, where a row is given by its start, `row * stride(width)`. At most [`CHUNK`] rows. Rows
/// outside `weights` give any sum; [`crate::program::Program::new`] rules them out.
pub(crate) fn add_rows(weights: &[i8], rows: &mut Rows<'_>, accumulators: &mut [u32]) {
    #[cfg(any(snnc_dsp, snnc_no_dsp))]
    if crate::arch::int8::add_rows(weights, rows, accumulators) {
        return;
    }
    add_starts(weights, rows.starts(), accumulators);
}

/// As [`add_rows`], of rows that begin at `starts`.
fn add_starts(weights: &[i8], starts: &[u32], accumulators: &mut [u32]) {
    let (blocks, rest) = accumulators.as_chunks_mut::<BLOCK>();
    if rest.is_empty() && IN_BLOCKS {
        let all = weights.as_chunks::<BLOCK>().0;
        for (column, sums) in blocks.iter_mut().enumerate() {
            add_block(all.get(column..).unwrap_or_default(), starts, sums);
        }
        return;
    }
    let mut weights = weights;
    let (blocks, rest) = accumulators.as_chunks_mut::<8>();
    for sums in blocks {
        add_eight(weights, starts, sums);
        weights = weights.get(8..).unwrap_or_default();
    }
    for (column, sum) in rest.iter_mut().enumerate() {
        let weights = weights.get(column..).unwrap_or_default();
        for &start in starts {
            let weight = weights.get(start as usize).copied().unwrap_or_default();
            *sum = sum.wrapping_add(i32::from(weight) as u32);
        }
    }
}

#[inline(never)] // registers of its own
fn add_block(blocks: &[[i8; BLOCK]], starts: &[u32], sums: &mut [u32; BLOCK]) {
    let mut lanes = Lanes::<{ BLOCK / 4 }>::new();
    for &start in starts {
        if let Some(weights) = blocks.get(start as usize) {
            lanes.add(weights.as_chunks::<4>().0);
        }
    }
    lanes.finish(starts.len(), sums.as_chunks_mut::<4>().0);
}

fn add_eight(weights: &[i8], starts: &[u32], sums: &mut [u32; 8]) {
    let mut lanes = Lanes::<2>::new();
    for &start in starts {
        if let Some(weights) = weights.get(start as usize..).and_then(<[i8]>::first_chunk::<8>) {
            lanes.add(weights.as_chunks::<4>().0);
        }
    }
    lanes.finish(starts.len(), sums.as_chunks_mut::<4>().0);
}

/// Sums of neighbouring outputs, four to an element: two to a word.
#[cfg(not(target_pointer_width = "64"))]
struct Lanes<const N: usize>([[u32; 2]; N]);

#[cfg(not(target_pointer_width = "64"))]
impl<const N: usize> Lanes<N> {
    const fn new() -> Self {
        Self([[0; 2]; N])
    }

    #[inline(always)]
    fn add(&mut self, weights: &[[i8; 4]]) {
        for ([even, odd], weights) in self.0.iter_mut().zip(weights) {
            let four = u32::from_le_bytes(weights.map(|weight| weight as u8)) ^ 0x8080_8080;
            *even = even.wrapping_add(four & 0x00ff_00ff);
            *odd = odd.wrapping_add(four >> 8 & 0x00ff_00ff);
        }
    }

    /// Adds the sums of `rows` rows to the accumulators.
    #[inline(always)]
    fn finish(self, rows: usize, sums: &mut [[u32; 4]]) {
        let offset = 128 * rows as u32;
        for (sums, [even, odd]) in sums.iter_mut().zip(self.0) {
            let added = [even & 0xffff, odd & 0xffff, even >> 16, odd >> 16];
            for (sum, added) in sums.iter_mut().zip(added) {
                *sum = sum.wrapping_add(added).wrapping_sub(offset);
            }
        }
    }
}

/// Sums of neighbouring outputs, four to an element.
#[cfg(target_pointer_width = "64")]
struct Lanes<const N: usize>([[i16; 4]; N]);

#[cfg(target_pointer_width = "64")]
impl<const N: usize> Lanes<N> {
    const fn new() -> Self {
        Self([[0; 4]; N])
    }

    #[inline(always)]
    fn add(&mut self, weights: &[[i8; 4]]) {
        for (sum, &weight) in self.0.as_flattened_mut().iter_mut().zip(weights.as_flattened()) {
            *sum = sum.wrapping_add(weight.into());
        }
    }

    /// Adds the sums to the accumulators.
    #[inline(always)]
    fn finish(self, _rows: usize, sums: &mut [[u32; 4]]) {
        for (sum, added) in sums.as_flattened_mut().iter_mut().zip(self.0.as_flattened()) {
            *sum = sum.wrapping_add(i32::from(*added) as u32);
        }
    }
}

/// Adds each row times its value to the accumulators.
pub(crate) fn add_scaled(weights: &[i8], rows: &[(usize, i32)], accumulators: &mut [u32]) {
    let width = accumulators.len();
    let row = |row: usize| weights.get(row * width..).and_then(|rest| rest.get(..width)).unwrap_or_default();
    // a byte times a weight fits 16 bits, which a host's vectors multiply eight at a time
    let narrow = rows.iter().all(|(_, value)| value.unsigned_abs() < 256);
    if let (&[(a, p), (b, q), (c, r), (d, s)], true) = (rows, narrow && usize::BITS == 64) {
        let [p, q, r, s] = [p as i16, q as i16, r as i16, s as i16];
        let product = |value: i16, weight: &i8| i32::from(value.wrapping_mul(i16::from(*weight)));
        let rows = row(a).iter().zip(row(b)).zip(row(c).iter().zip(row(d)));
        for (sum, ((a, b), (c, d))) in accumulators.iter_mut().zip(rows) {
            let added = product(p, a) + product(q, b) + product(r, c) + product(s, d);
            *sum = sum.wrapping_add(added as u32);
        }
    } else if let &[(a, p), (b, q), (c, r), (d, s)] = rows {
        let product = |value: i32, weight: &i8| value.wrapping_mul((*weight).into()) as u32;
        let rows = row(a).iter().zip(row(b)).zip(row(c).iter().zip(row(d)));
        for (sum, ((a, b), (c, d))) in accumulators.iter_mut().zip(rows) {
            *sum = sum
                .wrapping_add(product(p, a))
                .wrapping_add(product(q, b))
                .wrapping_add(product(r, c))
                .wrapping_add(product(s, d));
        }
    } else {
        for &(index, value) in rows {
            for (sum, &weight) in accumulators.iter_mut().zip(row(index)) {
                *sum = sum.wrapping_add(value.wrapping_mul(weight.into()) as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// A width, nine rows of weights, and rows to add.
    fn layer() -> impl Strategy<Value = (usize, Vec<i8>, Vec<u32>)> {
        (1usize..70).prop_flat_map(|width| {
            let weights = prop_oneof![Just(-128), Just(127), any::<i8>()];
            (Just(width), prop::collection::vec(weights, width * 9), prop::collection::vec(0u32..9, 0..=CHUNK))
        })
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_naive_sum((width, weights, rows) in layer()) {
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            let starts: Vec<u32> = rows.iter().map(|row| row * stride(width) as u32).collect();
            add_starts(&weights, &starts, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&r| i32::from(weights[r as usize * width + c])).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive);
            }
        }

        #[test]
        fn rows_times_values_add_up_to_the_naive_sum(
            (width, weights, _) in layer(),
            rows in prop::collection::vec((0usize..9, prop_oneof![Just(255), -300i32..300, -40_000i32..40_000]), 0..=4),
        ) {
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            add_scaled(&weights, &rows, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&(row, value)| value * i32::from(weights[row * width + c])).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive);
            }
        }
    }

    #[test]
    fn a_full_chunk_of_extreme_weights_stays_in_16_bits() {
        for weight in [-128, 127] {
            for width in [8, 13, 32] {
                let mut accumulators = std::vec![0; width];
                add_starts(&std::vec![weight; width], &[0; CHUNK], &mut accumulators);
                assert!(accumulators.iter().all(|&sum| sum as i32 == i32::from(weight) * CHUNK as i32));
            }
        }
    }
}
