//! Weights that already lie on a grid: how they were trained is read off them, and nothing is lost.
//!
//! Per output channel the scale is the largest magnitude over the smallest integer that makes every weight an integer. A
//! batch norm or a scale that an exporter has multiplied in changes the scale and not the integers. The scale of QP-SNN
//! (its gamma) is read here, never computed anew: which mean it was differs from model to model.

use crate::ir::WeightEncoding;

/// Largest integer of any encoding.
const LARGEST: i16 = 255;

/// How far a quotient may be from an integer, in units of the largest integer: a few roundings of `f32`.
const TOLERANCE: f32 = 5e-7;

/// The grid of the fewest bits on which every weight of `[channels, …]` lies, and its scale per channel.
pub(super) fn grid(weight: &[f32], channels: usize) -> Option<(WeightEncoding, Vec<f32>)> {
    let rows = weight.chunks(weight.len() / channels);
    let found: Vec<Found> = rows.map(found).collect::<Option<_>>()?;
    let (least, most) = found.iter().fold((0, 0), |(least, most), row| (row.least.min(least), row.most.max(most)));
    let odd = found.iter().all(|row| row.odd);
    let fits = |encoding: WeightEncoding| {
        let (low, high) = encoding.range();
        low <= least && most <= high && (odd || encoding.holds(0))
    };
    let encoding = WeightEncoding::ALL
        .iter()
        .map(|(_, encoding)| *encoding)
        .filter(|encoding| !matches!(encoding, WeightEncoding::Codebook { .. }) && fits(*encoding))
        // of as many bits: odd numbers are twice as many as their bits hold otherwise, ternary says that -2 is missing
        .min_by_key(|encoding| (encoding.bits(), matches!(encoding, WeightEncoding::Int { .. })))?;
    let largest = found.iter().fold(0.0f32, |largest, row| largest.max(row.scale));
    // a channel of zeros has any scale
    let scales = found.iter().map(|row| if row.scale > 0.0 { row.scale } else { largest.max(f32::MIN_POSITIVE) });
    Some((encoding, scales.collect()))
}

/// One scale for all channels in place of `scales`, if every weight is an integer of `encoding` in the smallest of them: a
/// scale that was read off another channel is a rounding away, or a multiple.
pub(super) fn shared(weight: &[f32], encoding: WeightEncoding, scales: &[f32]) -> Option<Vec<f32>> {
    let smallest = scales.iter().copied().fold(f32::INFINITY, f32::min);
    let lies = |w: &f32| {
        let quotient = w / smallest;
        (quotient - quotient.round()).abs() <= 4.0 * TOLERANCE * quotient.abs()
            && encoding.holds(quotient.round() as i16)
    };
    weight.iter().all(lies).then(|| vec![smallest; scales.len()])
}

/// Bits of an index into the kernels of binary weights `[channels out, channels in, taps]`, if a codebook of them is
/// smaller than the weights.
pub(super) fn index_bits(weight: &[f32], taps: usize) -> Option<u8> {
    if taps == 0 || taps > 32 {
        return None;
    }
    let mut codewords = std::collections::BTreeSet::new();
    for kernel in weight.chunks(taps) {
        codewords.insert(kernel.iter().fold(0u32, |word, &w| word << 1 | u32::from(w > 0.0)));
        if codewords.len() > 1 << snnc_runtime::program::MAX_INDEX_BITS {
            return None;
        }
    }
    let bits = codewords.len().next_power_of_two().ilog2().max(1);
    let size = weight.len() / taps * bits as usize + (taps << bits);
    (size < weight.len()).then_some(bits as u8)
}

/// Whether binary weights `[outputs, inputs]` have so few words of 32 outputs' signs that a codebook of them is smaller.
pub(super) fn has_codewords(weight: &[f32], outputs: usize) -> bool {
    let inputs = weight.len() / outputs;
    let groups = outputs.div_ceil(32);
    let mut codewords = std::collections::BTreeSet::from([0u32]);
    for (group, input) in (0..groups).flat_map(|group| (0..inputs).map(move |input| (group, input))) {
        let signs = (32 * group..outputs.min(32 * group + 32)).map(|out| weight[out * inputs + input] > 0.0);
        codewords.insert(signs.enumerate().fold(0, |word, (i, set)| word | u32::from(set) << i));
        if codewords.len() > 256 {
            return false;
        }
    }
    4 * 256 + groups * inputs < 4 * groups * inputs
}

/// The integers of one channel.
struct Found {
    /// Value of one; 0 of a channel of zeros.
    scale: f32,
    least: i16,
    most: i16,
    /// Whether every integer is odd.
    odd: bool,
}

fn found(row: &[f32]) -> Option<Found> {
    let largest = row.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
    if largest == 0.0 {
        return Some(Found { scale: 0.0, least: 0, most: 0, odd: false });
    }
    (1..=LARGEST).find_map(|numerator| {
        let scale = largest / f32::from(numerator);
        let mut found = Found { scale, least: 0, most: 0, odd: true };
        for w in row {
            let quotient = w / scale;
            let integer = quotient.round();
            if (quotient - integer).abs() > TOLERANCE * f32::from(numerator) {
                return None;
            }
            let integer = integer as i16;
            found.least = found.least.min(integer);
            found.most = found.most.max(integer);
            found.odd &= integer % 2 != 0;
        }
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_lie_on_no_grid_are_left_alone() {
        assert_eq!(grid(&[0.1, 0.314_159, 0.271_828, 0.1, 0.2, 0.3], 2), None);
    }

    #[test]
    fn channels_that_are_compared_share_a_scale_that_is_a_rounding_away_or_a_divisor() {
        let (scale, other) = (0.004_250_331_f32, 0.004_250_331_3_f32);
        let weight = [127.0 * scale, -128.0 * scale, 119.0 * other, 6.0 * other, 40.0 * scale, -20.0 * scale];
        let (encoding, scales) = grid(&weight, 3).expect("they lie on a grid");
        assert_eq!(scales[2], 20.0 * scale);
        assert_eq!(shared(&weight, encoding, &scales).map(|s| s.len()), Some(3));
        assert_eq!(shared(&[0.3, 0.1, 0.14, 0.07], encoding, &[0.1, 0.07]), None);
    }

    #[test]
    fn kernels_that_repeat_are_a_codebook_where_it_is_smaller() {
        let kernels =
            |n: usize| (0..n * 9).map(|i| if (i / 9 + i % 9) % 4 == 0 { 1.0 } else { -1.0 }).collect::<Vec<f32>>();
        assert_eq!(index_bits(&kernels(64), 9), Some(2));
        assert_eq!(index_bits(&kernels(4), 9), None); // four kernels are their own codebook
    }

    proptest! {
        #[test]
        fn the_grid_of_trained_weights_is_read_off_them(
            (index, scales) in (0..WeightEncoding::ALL.len(), prop::collection::vec(1e-3f32..10.0, 3)),
            random in prop::collection::vec(any::<u16>(), 60),
        ) {
            let encoding = WeightEncoding::ALL[index].1;
            prop_assume!(!matches!(encoding, WeightEncoding::Codebook { .. }));
            let (least, most) = encoding.range();
            let integers: Vec<i16> = (least..=most).filter(|&q| encoding.holds(q)).collect();
            let row = |channel: usize| random[channel * 20..][..20].iter().map(|&r| integers[r as usize % integers.len()]);
            let all: Vec<i16> = (0..3).flat_map(row).collect();
            // as an exporter multiplies a batch norm in
            let weight: Vec<f32> = all.iter().enumerate().map(|(i, &q)| scales[i / 20] * f32::from(q) * 0.3).collect();
            let (found, scale) = grid(&weight, 3).expect("they lie on a grid");
            prop_assert!(found.bits() <= encoding.bits(), "{} for {}", found.name(), encoding.name());
            for (i, w) in weight.iter().enumerate() {
                let q = w / scale[i / 20];
                prop_assert!(found.holds(q.round() as i16) && (q - q.round()).abs() < 1e-3);
            }
        }
    }
}
