//! Packed spikes: 32 to a word, the first in bit 0, at any position.

/// Calls `f` with the position of every set bit among the `count` bits of `bits` that follow bit `start`.
#[inline]
pub(crate) fn for_each_spike(bits: &[u32], start: usize, count: usize, mut f: impl FnMut(usize)) {
    let mut bits = bits.get(start / 32..).unwrap_or_default().iter();
    let mut at = 0;
    // the first word may begin before `start`, the last one end behind it
    let mut skipped = start % 32;
    while at < count {
        let Some(word) = bits.next() else { return };
        let mut word = word >> skipped;
        let end = at + 32 - skipped;
        if end > count {
            word &= (1 << (count - at)) - 1;
        }
        while word != 0 {
            f(at + word.trailing_zeros() as usize);
            word &= word - 1;
        }
        at = end;
        skipped = 0;
    }
}

/// The `count` bits from bit `start` on, 32 or less, the first in bit 0; zero where there are none.
#[inline]
pub(crate) fn get(bits: &[u32], start: usize, count: usize) -> u32 {
    let (word, bit) = (start / 32, start % 32);
    let low = bits.get(word).map_or(0, |word| word >> bit);
    let high = match bit {
        0 => 0,
        _ => bits.get(word + 1).map_or(0, |word| word << (32 - bit)),
    };
    let mask = if count < 32 { (1 << count) - 1 } else { u32::MAX };
    (low | high) & mask
}

/// Sets the bits from bit `start` on that are set in `word`.
#[inline]
pub(crate) fn set(bits: &mut [u32], start: usize, word: u32) {
    let (index, bit) = (start / 32, start % 32);
    if let Some(low) = bits.get_mut(index) {
        *low |= word << bit;
    }
    if bit > 0
        && let Some(high) = bits.get_mut(index + 1)
    {
        *high |= word >> (32 - bit);
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
        fn every_spike_of_a_range_is_found_once(bits in prop::collection::vec(any::<u32>(), 1..6), a in 0usize..192, b in 0usize..192) {
            let len = bits.len() * 32;
            let (start, end) = (a.min(b).min(len), a.max(b).min(len));
            let mut found = Vec::new();
            for_each_spike(&bits, start, end - start, |i| found.push(start + i));
            let naive: Vec<usize> = (start..end).filter(|i| bits[i / 32] >> (i % 32) & 1 == 1).collect();
            prop_assert_eq!(found, naive);
        }

        #[test]
        fn bits_that_are_set_are_got(word: u32, start in 0usize..70, count in 0usize..=32) {
            let word = if count < 32 { word & ((1 << count) - 1) } else { word };
            let mut bits = [0; 4];
            set(&mut bits, start, word);
            prop_assert_eq!(get(&bits, start, count), word);
            prop_assert_eq!(bits.iter().map(|word| word.count_ones()).sum::<u32>(), word.count_ones());
            prop_assert_eq!(get(&bits[..1], start, count), if start < 32 { word & u32::MAX >> start } else { 0 });
        }
    }
}
