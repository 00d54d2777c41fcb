//! Walking over the elements of a tensor in another order.

/// Flat indices into a tensor, one per element of `dims` in row-major order: `base` plus steps of `strides`.
pub fn walk(dims: &[usize], base: usize, strides: &[isize]) -> impl Iterator<Item = usize> + use<> {
    let dims = dims.to_vec();
    let strides = strides.to_vec();
    let mut position = vec![0usize; dims.len()];
    let mut at = base as isize;
    let mut left: usize = dims.iter().product();
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let here = at as usize;
        for axis in (0..dims.len()).rev() {
            position[axis] += 1;
            at += strides[axis];
            if position[axis] < dims[axis] {
                break;
            }
            at -= strides[axis] * position[axis] as isize;
            position[axis] = 0;
        }
        Some(here)
    })
}

/// Elements between neighbours on each axis of a row-major tensor.
pub fn strides(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1isize; dims.len()];
    for axis in (0..dims.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1] * dims[axis + 1] as isize;
    }
    strides
}

/// The shape that `a` and `b` broadcast to.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |dims: &[usize], axis: usize| (axis + dims.len()).checked_sub(rank).map_or(1, |i| dims[i]);
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// Strides of a tensor of `dims` within the shape `out` that it broadcasts to: 0 on repeated axes.
pub fn broadcast_strides(dims: &[usize], out: &[usize]) -> Vec<isize> {
    let own = strides(dims);
    let missing = out.len().saturating_sub(dims.len());
    (0..out.len())
        .map(|axis| match axis.checked_sub(missing) {
            Some(i) if dims[i] != 1 => own[i],
            _ => 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_walk_visits_columns_first() {
        let swapped: Vec<usize> = walk(&[3, 2], 0, &[1, 3]).collect();
        assert_eq!(swapped, [0, 3, 1, 4, 2, 5]);
        assert_eq!(walk(&[], 7, &[]).collect::<Vec<_>>(), [7]);
        assert_eq!(walk(&[2, 0], 0, &[1, 1]).count(), 0);
    }

    #[test]
    fn shapes_broadcast_from_their_last_axis() {
        assert_eq!(broadcast(&[1, 4], &[3, 1]), Some(vec![3, 4]));
        assert_eq!(broadcast(&[4], &[3, 1]), Some(vec![3, 4]));
        assert_eq!(broadcast(&[4], &[3]), None);
        assert_eq!(broadcast_strides(&[4], &[3, 4]), [0, 1]);
    }
}
