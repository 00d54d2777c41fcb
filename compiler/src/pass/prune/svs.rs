//! Singular values of a map: what is left of a channel's spikes once everything that repeats is counted once.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Mat, Par};

/// Singular values at or below are zero (Wei et al. 2025). Maps are averages of few spikes: what is not zero is far above.
pub const EPSILON: f64 = 1e-6;

/// How many singular values of a map, `[height, width]` row-major, are above [`EPSILON`], and the sum of all (the
/// nuclear norm). A map of one element has itself for both: the mean rate. A map with numbers that are not finite
/// has none.
pub(super) fn singular(map: &[f64], width: usize) -> (f64, f64) {
    if map.iter().any(|x| !x.is_finite()) {
        return (0.0, 0.0);
    }
    if let [rate] = map {
        return (*rate, *rate);
    }
    let height = map.len() / width;
    let matrix = Mat::from_fn(height, width, |row, column| map[row * width + column]);
    let mut values = faer::diag::Diag::zeros(height.min(width));
    let no = ComputeSvdVectors::No;
    let scratch = svd_scratch::<f64>(height, width, no, no, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    // one thread: samples run side by side, and the order of summation must not depend on the machine
    let done =
        svd(matrix.as_ref(), values.as_mut(), None, None, Par::Seq, MemStack::new(&mut memory), Default::default());
    match done {
        Ok(()) => {
            let values = values.column_vector();
            let above = values.iter().filter(|&&value| value > EPSILON).count();
            (above as f64, values.iter().sum())
        }
        Err(_) => (0.0, 0.0), // no convergence, which finite numbers do not cause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(map: &[f64], width: usize, expected: (f64, f64)) {
        let (rank, sum) = singular(map, width);
        assert!(rank == expected.0 && (sum - expected.1).abs() < 1e-9, "{rank}, {sum}, expected {expected:?}");
    }

    #[test]
    fn the_rank_of_a_map_is_what_rows_do_not_repeat() {
        near(&[0.0; 6], 3, (0.0, 0.0));
        near(&[1.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.25], 3, (3.0, 1.75));
        near(&[1.0, 1.0, 1.0, 1.0], 2, (1.0, 2.0)); // everywhere alike
        near(&[0.5, 0.0, 0.5, 1.0, 0.0, 1.0], 3, (1.0, (2.5f64).sqrt())); // a row twice the other
        near(&[0.6, 0.8], 2, (1.0, 1.0)); // a row, and
        near(&[0.6, 0.8], 1, (1.0, 1.0)); // a column
    }

    #[test]
    fn a_map_that_is_a_sum_of_k_patterns_has_rank_k() {
        let (height, width) = (7, 5);
        for rank in 0..=5 {
            let pattern = |k: usize, row: usize, column: usize| {
                f64::from(u8::from(row >= k)) * f64::from(u8::from((column + 1).is_multiple_of(k + 2) || column == k))
                    / 8.0
            };
            let at = |i: usize| (0..rank).map(|k| pattern(k, i / width, i % width)).sum::<f64>();
            let map: Vec<f64> = (0..height * width).map(at).collect();
            assert_eq!(singular(&map, width).0, rank as f64, "{map:?}");
        }
    }

    #[test]
    fn a_single_element_is_its_rate_and_no_number_is_no_value() {
        assert_eq!(singular(&[0.375], 1), (0.375, 0.375));
        assert_eq!(singular(&[f64::NAN, 1.0], 2), (0.0, 0.0));
    }
}
