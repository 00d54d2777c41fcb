//! The order of all floats: what bisection over a function of one number walks on.

/// The place of a finite number in the order of all floats.
pub(crate) fn key(x: f32) -> i64 {
    let bits = i64::from(x.to_bits() & 0x7fff_ffff);
    if x.is_sign_negative() { -bits - 1 } else { bits }
}

/// The number at a place.
pub(crate) fn number(key: i64) -> f32 {
    if key < 0 { -f32::from_bits((-key - 1) as u32) } else { f32::from_bits(key as u32) }
}

/// The smallest finite number at which `holds`, which once true stays so; `None` if it never is.
pub(crate) fn first(holds: impl Fn(f32) -> bool) -> Option<f32> {
    let (mut below, mut at) = (key(-f32::MAX) - 1, key(f32::MAX));
    if !holds(f32::MAX) {
        return None;
    }
    while at - below > 1 {
        let middle = below + (at - below) / 2;
        if holds(number(middle)) { at = middle } else { below = middle }
    }
    Some(number(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_floats_are_in_order_and_one_apart() {
        for x in [-f32::MAX, -1.0, -f32::MIN_POSITIVE, -0.0, 0.0, 1.0, f32::MAX] {
            assert_eq!(number(key(x)).to_bits(), x.to_bits());
            if x < f32::MAX {
                assert!(number(key(x) + 1) >= x);
            }
        }
        assert_eq!(number(key(1.0) + 1), 1.0 + f32::EPSILON);
    }

    #[test]
    fn the_first_number_is_found_wherever_it_is() {
        assert_eq!(first(|x| x >= 0.1), Some(0.1));
        assert_eq!(first(|_| true), Some(-f32::MAX));
        assert_eq!(first(|x| x > f32::MAX), None);
    }
}
