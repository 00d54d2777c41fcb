//! Codebook synapses: the kernel between an input and an output channel is one of a few codewords of -1 and +1
//! (S2NN, Wei et al. 2025; Wang et al. 2021, eq. 3: a kernel of 9 weights in 4 to 6 bits).
//!
//! What a codeword makes of the window of an input channel, its *response*, is computed once per position and shared by all
//! output channels: each of them adds the response that its index names.
use crate::bits::get;
use crate::program::{MAX_INDEX_BITS, words};

/// Most codewords.
const CODEWORDS: usize = 1 << MAX_INDEX_BITS;

/// Most taps of a codeword.
const TAPS: usize = 32;

/// Codewords and who uses which, see [`crate::program::Synapses::Codebook`].
#[derive(Clone, Copy)]
pub(crate) struct Codebook<'s> {
    pub(crate) index_bits: u8,
    pub(crate) codewords: &'s [u32],
    pub(crate) indices: &'s [u32],
}

impl Codebook<'_> {
    /// Adds the window of one position to its accumulators, one per output channel. `taps` are the taps inside the map,
    /// each with its number in the kernel and the first of its `channels` bits in `spikes`.
    pub(crate) fn add_spikes(
        &self,
        spikes: &[u32],
        channels: usize,
        taps: impl Iterator<Item = (usize, usize)> + Clone,
        accumulators: &mut [u32],
    ) {
        for first in (0..channels).step_by(32) {
            let count = (channels - first).min(32);
            let mut rows = [0; TAPS];
            let mut active = 0;
            for (tap, start) in taps.clone() {
                if let Some(row) = rows.get_mut(tap) {
                    *row = get(spikes, start + first, count);
                    active |= *row;
                }
            }
            while active != 0 {
                let channel = active.trailing_zeros();
                active &= active - 1;
                let window = rows.iter().enumerate().fold(0, |window, (tap, row)| window | (row >> channel & 1) << tap);
                let all = window.count_ones();
                // with weights in {-1, +1}
                let response = |codeword: u32| (2 * (window & codeword).count_ones()).wrapping_sub(all);
                self.add(first + channel as usize, response, accumulators);
            }
        }
    }

    /// As [`Self::add_spikes`], of values: `value(tap, channel)` of each tap inside the map, `None` outside.
    pub(crate) fn add_values(
        &self,
        channels: usize,
        value: impl Fn(usize, usize) -> Option<i32>,
        accumulators: &mut [u32],
    ) {
        for channel in 0..channels {
            let mut values = [0; TAPS];
            for (tap, slot) in values.iter_mut().enumerate() {
                *slot = value(tap, channel).unwrap_or_default();
            }
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            let signed = |codeword: u32| {
                values.iter().enumerate().fold(0u32, |sum, (tap, &value)| match codeword >> tap & 1 {
                    1 => sum.wrapping_add(value as u32),
                    _ => sum.wrapping_sub(value as u32),
                })
            };
            self.add(channel, signed, accumulators);
        }
    }

    /// Adds to each output the response of its codeword.
    #[inline(always)]
    fn add(&self, channel: usize, response: impl Fn(u32) -> u32, accumulators: &mut [u32]) {
        let mut responses = [0; CODEWORDS];
        for (slot, &codeword) in responses.iter_mut().zip(self.codewords) {
            *slot = response(codeword);
        }
        let row = channel * words(accumulators.len() * usize::from(self.index_bits));
        let indices = self.indices.get(row..).unwrap_or_default();
        for (output, sum) in accumulators.iter_mut().enumerate() {
            let index = get(indices, output * usize::from(self.index_bits), self.index_bits.into());
            *sum = sum.wrapping_add(responses.get(index as usize).copied().unwrap_or_default());
        }
    }

    /// The weight at `tap` of input channel `channel` and output `output` of `width`.
    pub(super) fn weight(&self, width: usize, tap: usize, channel: usize, output: usize) -> i32 {
        let codeword = self.codewords.get(self.index(width, channel, output)).copied().unwrap_or_default();
        (codeword >> tap & 1) as i32 * 2 - 1
    }

    /// Which codeword is between input channel `channel` and output `output` of `width`.
    pub(super) fn index(&self, width: usize, channel: usize, output: usize) -> usize {
        let bits = usize::from(self.index_bits);
        let row = self.indices.get(channel * words(width * bits)..).unwrap_or_default();
        get(row, output * bits, bits) as usize
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
        fn a_window_adds_up_to_the_naive_sum(
            (channels, width, index_bits) in (1usize..70, 1usize..40, 1u8..=MAX_INDEX_BITS),
            taps in prop::collection::vec((0usize..TAPS, 0usize..9), 0..12),
            random in prop::collection::vec(any::<u32>(), 70 * words(40 * 6) + CODEWORDS + 30),
        ) {
            let (codewords, rest) = random.split_at(1 << index_bits);
            let (indices, spikes) = rest.split_at(channels * words(width * usize::from(index_bits)));
            let book = Codebook { index_bits, codewords, indices };
            // each tap once, over nine positions of a map
            let mut taps: Vec<(usize, usize)> = taps.iter().map(|&(tap, at)| (tap, at * channels)).collect();
            taps.sort_unstable();
            taps.dedup_by_key(|(tap, _)| *tap);
            let spike = |i: usize| (spikes[i / 32 % spikes.len()] >> (i % 32) & 1) as i32;
            let map: Vec<u32> = (0..words(9 * channels)).map(|i| spikes[i % spikes.len()]).collect();
            let mut accumulators: Vec<u32> = (0..width as u32).collect();
            book.add_spikes(&map, channels, taps.iter().copied(), &mut accumulators);
            let mut of_values = accumulators.clone();
            let value = |tap: usize, channel: usize| {
                let &(_, start) = taps.iter().find(|(t, _)| *t == tap)?;
                Some(spike(start + channel) * 300 - 100)
            };
            book.add_values(channels, value, &mut of_values);
            for output in 0..width {
                let naive = |value: &dyn Fn(usize, usize) -> i32| -> i32 {
                    let all = taps.iter().flat_map(|&(tap, start)| (0..channels).map(move |c| (tap, start, c)));
                    all.map(|(tap, start, c)| value(start, c) * book.weight(width, tap, c, output)).sum()
                };
                let spikes = naive(&|start, c| spike(start + c));
                prop_assert_eq!(accumulators[output] as i32, output as i32 + spikes);
                let values = naive(&|start, c| spike(start + c) * 300 - 100);
                prop_assert_eq!(of_values[output] as i32, output as i32 + spikes + values);
            }
        }
    }

    #[test]
    fn indices_of_five_bits_lie_across_words() {
        // output 6 has bits 30 to 34: the two lowest in the first word
        let book =
            Codebook { index_bits: 5, codewords: &[&[0; 13][..], &[1], &[0; 18]].concat(), indices: &[1 << 30, 3] };
        assert_eq!((5..8).map(|output| book.weight(8, 0, 0, output)).collect::<Vec<_>>(), [-1, 1, -1]);
    }
}
