//! Elements of a position, one `i32` in a word each: copied, raised to others, multiplied and added. Adding wraps, and the
//! compiler has proven that it never does.

/// Copies the numbers that both have.
#[inline]
pub(crate) fn copy(from: &[u32], to: &mut [u32]) {
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    crate::arch::elements::copy(from, to);
    #[cfg(not(any(snnc_thumb1, snnc_thumb2)))]
    for (to, &from) in to.iter_mut().zip(from) {
        *to = from;
    }
}

/// Sets all to 0.
#[inline]
pub(crate) fn clear(sums: &mut [u32]) {
    #[cfg(snnc_thumb2)]
    crate::arch::elements::clear(sums);
    #[cfg(not(snnc_thumb2))]
    sums.fill(0);
}

/// Sets each to its number.
#[inline]
pub(crate) fn set(sums: &mut [u32], numbers: &[i32]) {
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    crate::arch::elements::copy(crate::arch::view::unsigned(numbers), sums);
    #[cfg(not(any(snnc_thumb1, snnc_thumb2)))]
    for (sum, &number) in sums.iter_mut().zip(numbers) {
        *sum = number as u32;
    }
}

/// Makes each element of `highest` the larger of it and the one in `values`, as many as both have.
#[inline]
pub(crate) fn raise(highest: &mut [u32], values: &[u32]) {
    #[cfg(snnc_thumb2)]
    crate::arch::elements::raise(highest, values);
    #[cfg(not(snnc_thumb2))]
    for (highest, &value) in highest.iter_mut().zip(values) {
        *highest = (*highest as i32).max(value as i32) as u32;
    }
}

/// `sums[c] += values[c]`, as many as both have.
#[inline]
pub(crate) fn add(sums: &mut [u32], values: &[u32]) {
    #[cfg(snnc_thumb2)]
    crate::arch::elements::add(sums, values);
    #[cfg(not(snnc_thumb2))]
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.wrapping_add(value);
    }
}

/// `sums[c] = added[c] + values[c] * multiplier`, as many as all three have.
#[inline]
pub(crate) fn scaled(sums: &mut [u32], added: &[i32], values: &[u32], multiplier: u32) {
    #[cfg(snnc_thumb2)]
    crate::arch::elements::scaled(sums, added, values, multiplier);
    #[cfg(not(snnc_thumb2))]
    for (sum, (&added, &value)) in sums.iter_mut().zip(added.iter().zip(values)) {
        *sum = value.wrapping_mul(multiplier).wrapping_add(added as u32);
    }
}
