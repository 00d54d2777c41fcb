//! Int8 synapses: one byte per weight, -128..=127.

/// Accumulators that stay in registers while a chunk of rows goes by.
const BLOCK: usize = if usize::BITS == 64 { 32 } else { 8 };

/// Adds each of `rows` to the accumulators: `accumulators[c] += sum over rows r of weights[r * width + c]`, where
/// `width` is the number of accumulators. A row outside `weights` is left out; [`crate::program::Program::new`] rules
/// it out.
pub(crate) fn add_rows(weights: &[i8], rows: &[u32], accumulators: &mut [u32]) {
    let width = accumulators.len();
    let (blocks, rest) = accumulators.as_chunks_mut::<BLOCK>();
    let mut column = 0;
    for block in blocks {
        let mut sum = *block;
        for &row in rows {
            let start = row as usize * width + column;
            if let Some(weights) = weights.get(start..start + BLOCK) {
                for (sum, &weight) in sum.iter_mut().zip(weights) {
                    *sum = sum.wrapping_add(i32::from(weight) as u32);
                }
            }
        }
        *block = sum;
        column += BLOCK;
    }
    if rest.is_empty() {
        return;
    }
    for &row in rows {
        let start = row as usize * width + column;
        for (sum, &weight) in rest.iter_mut().zip(weights.get(start..).unwrap_or_default()) {
            *sum = sum.wrapping_add(i32::from(weight) as u32);
        }
    }
}

/// Adds `row` times `value` to the accumulators.
pub(crate) fn add_scaled(weights: &[i8], row: usize, value: i32, accumulators: &mut [u32]) {
    let start = row * accumulators.len();
    for (sum, &weight) in accumulators.iter_mut().zip(weights.get(start..).unwrap_or_default()) {
        *sum = sum.wrapping_add((value * i32::from(weight)) as u32);
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
        fn rows_add_up_to_the_naive_sum(
            (width, weights, rows) in (1usize..70).prop_flat_map(|width| (
                Just(width), prop::collection::vec(any::<i8>(), width * 9), prop::collection::vec(0u32..9, 0..80),
            )),
            value in -300i32..300,
        ) {
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            add_rows(&weights, &rows, &mut accumulators);
            add_scaled(&weights, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&r| i32::from(weights[r as usize * width + c])).sum();
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * i32::from(weights[4 * width + c]));
            }
        }
    }
}
