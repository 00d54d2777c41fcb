//! Sparse synapses: of each row the weights that are not zero, with their outputs.
//!
//! An entry costs about as much as a handful of dense ones, and three bytes: this pays where most weights are zero. Rows of one entry
//! each, which a depthwise convolution has, need not say where they start.

use super::rows::Rows;

/// The entries of `row`: outputs and weights.
#[inline]
fn entries<'s>(starts: &[u32], columns: &'s [u16], weights: &'s [i8], row: usize) -> (&'s [u16], &'s [i8]) {
    let bound = |row: usize| starts.get(row).map_or(0, |&start| start as usize);
    let (start, end) = if starts.is_empty() { (row, row + 1) } else { (bound(row), bound(row + 1)) };
    (columns.get(start..end).unwrap_or_default(), weights.get(start..end).unwrap_or_default())
}

/// Adds each of the listed rows to the accumulators. Outputs outside them are left out; the compiler has none.
pub(crate) fn add_rows(starts: &[u32], columns: &[u16], weights: &[i8], rows: &Rows<'_>, accumulators: &mut [u32]) {
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    if crate::arch::lists::add_rows(starts, columns, weights, rows, accumulators) {
        return;
    }
    add_lists(starts, columns, weights, rows.starts(), accumulators);
}

/// As [`add_rows`], of rows told by their numbers.
fn add_lists(starts: &[u32], columns: &[u16], weights: &[i8], rows: &[u32], accumulators: &mut [u32]) {
    for &row in rows {
        add_scaled(starts, columns, weights, row as usize, 1, accumulators);
    }
}

/// Adds `row` times `value` to the accumulators.
#[inline]
pub(crate) fn add_scaled(
    starts: &[u32],
    columns: &[u16],
    weights: &[i8],
    row: usize,
    value: i32,
    accumulators: &mut [u32],
) {
    let (columns, weights) = entries(starts, columns, weights, row);
    for (&column, &weight) in columns.iter().zip(weights) {
        if let Some(sum) = accumulators.get_mut(usize::from(column)) {
            *sum = sum.wrapping_add(value.wrapping_mul(weight.into()) as u32);
        }
    }
}

/// The weight of `row` at `column`.
pub(super) fn weight(starts: &[u32], columns: &[u16], weights: &[i8], row: usize, column: usize) -> i32 {
    let (columns, weights) = entries(starts, columns, weights, row);
    let at = columns.partition_point(|&c| usize::from(c) < column);
    match columns.get(at) {
        Some(&found) if usize::from(found) == column => weights.get(at).copied().unwrap_or_default().into(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn without_starts_a_row_has_one_entry() {
        let (columns, weights) = (&[1, 0, 1], &[5, -3, 7]);
        let mut accumulators = [10, 20];
        add_lists(&[], columns, weights, &[0, 2, 1, 3], &mut accumulators);
        assert_eq!(accumulators, [7, 32]);
        add_scaled(&[], columns, weights, 2, -2, &mut accumulators);
        assert_eq!(accumulators, [7, 18]);
        let found = [0, 1, 2, 3].map(|row| [0, 1].map(|column| weight(&[], columns, weights, row, column)));
        assert_eq!(found, [[0, 5], [-3, 0], [0, 7], [0, 0]]);
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_naive_sum(
            (width, dense, rows) in (1usize..40).prop_flat_map(|width| (
                Just(width),
                prop::collection::vec(prop_oneof![4 => Just(0i8), 1 => any::<i8>()], width * 9),
                prop::collection::vec(0u32..9, 0..20),
            )),
            value in -40_000i32..40_000,
        ) {
            let (mut starts, mut columns, mut weights) = (std::vec![0], Vec::new(), Vec::new());
            for row in dense.chunks(width) {
                for (column, &w) in row.iter().enumerate().filter(|(_, w)| **w != 0) {
                    columns.push(column as u16);
                    weights.push(w);
                }
                starts.push(columns.len() as u32);
            }
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            add_lists(&starts, &columns, &weights, &rows, &mut accumulators);
            add_scaled(&starts, &columns, &weights, 4, value, &mut accumulators);
            for (c, sum) in accumulators.iter().enumerate() {
                let naive: i32 = rows.iter().map(|&row| i32::from(dense[row as usize * width + c])).sum();
                let fourth = i32::from(dense[4 * width + c]);
                prop_assert_eq!(*sum as i32, c as i32 + naive + value * fourth);
                prop_assert_eq!(weight(&starts, &columns, &weights, 4, c), fourth);
            }
        }
    }

    #[test]
    fn tables_that_contradict_each_other_leave_entries_out_but_panic_never() {
        let mut accumulators = [0; 2];
        add_lists(&[0, 9, 1], &[1, 7], &[5, 5], &[0, 1, 2, 7], &mut accumulators);
        assert_eq!(accumulators, [0, 0]);
    }
}
