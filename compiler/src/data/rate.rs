//! Random input encoding: a Bernoulli spike train per element, its rate the element's value.
//!
//! Part of the contract, so that every machine can make the same spikes. With `mix` the output function of SplitMix64
//! (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators") and `gamma = 0x9e3779b97f4a7c15`, all
//! arithmetic modulo 2^64:
//! ```text
//! mix(z):            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;  z = (z ^ z >> 27) * 0x94d049bb133111eb;  z ^ z >> 31
//! state of a sample: mix(seed + (sample + 1) * gamma)
//! word k of it:      mix(state + (k + 1) * gamma)
//! ```
//! Element `e` (channels last) of timestep `t` takes byte `e % 8`, lowest first, of word `t * ceil(elements / 8) + e / 8`.
//! With `v` its value in 0..=255 it spikes if `byte < v + (v >> 7)`: never of 0, always of 255, and in between with a
//! probability within 1/512 of v / 255.

use super::{DataError, Dataset, Values};
use crate::ir::Shape;

/// A rate code of constant samples; the rule is in the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateCode {
    /// Chooses among the random spike trains.
    pub seed: u64,
    /// Of the network's input.
    pub shape: Shape,
    /// Length of the spike trains.
    pub timesteps: u32,
}

impl Dataset {
    /// The same samples as random spike trains of `timesteps` for an input of shape `input`.
    ///
    /// # Errors
    /// Samples that are sequences already or do not fit, and values outside 0 to 1.
    pub fn rate_coded(self, input: Shape, timesteps: u32, seed: u64) -> Result<Self, DataError> {
        if self.sample_len != input.len() {
            return Err(self.error(
                format!("a sample of shape {:?} cannot be rate coded for an input of shape {input}", self.sample_shape),
                format!("a rate code is made of {} numbers per sample, without a time axis", input.len()),
            ));
        }
        if let Values::F32(x) = &self.x
            && let Some(value) = x.iter().find(|value| !(0.0..=1.0).contains(*value))
        {
            let found = format!("`x` holds {value}; a rate code takes probabilities from 0 to 1");
            return Err(self.error(found, "scale x to 0 to 1, or save pixels as uint8"));
        }
        Ok(Self { rate: Some(RateCode { seed, shape: input, timesteps }), ..self })
    }
}

impl RateCode {
    /// Spikes of sample `index`: `[timesteps, elements]`, elements in the framework's order.
    pub(super) fn spikes(&self, x: &Values, index: usize, sample_len: usize) -> Vec<bool> {
        let words = sample_len.div_ceil(8) as u64;
        let positions = self.shape.positions();
        let state = mix(self.seed.wrapping_add(GAMMA.wrapping_mul((index as u64).wrapping_add(1))));
        let bounds: Vec<u16> = (index * sample_len..(index + 1) * sample_len).map(|number| bound(x, number)).collect();
        let mut spikes = Vec::with_capacity(sample_len);
        for timestep in 0..u64::from(self.timesteps) {
            for (number, &bound) in bounds.iter().enumerate() {
                let element = number % positions * self.shape.channels + number / positions; // channels last
                let word = timestep.wrapping_mul(words).wrapping_add(element as u64 / 8);
                let random = mix(state.wrapping_add(GAMMA.wrapping_mul(word.wrapping_add(1))));
                spikes.push(u16::from(random.to_le_bytes()[element % 8]) < bound);
            }
        }
        spikes
    }
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Random bytes below it are spikes: `v + (v >> 7)`, 0 to 256, with `v` the number in 255ths.
fn bound(x: &Values, number: usize) -> u16 {
    let v = match x {
        Values::U8(x) => u16::from(x[number]),
        Values::Spikes(x) => u16::from(x[number]) * 255,
        Values::F32(x) => (f64::from(x[number]) * 255.0).round_ties_even() as u16,
    };
    v + (v >> 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::dataset;

    #[test]
    fn mix_is_that_of_the_published_generator() {
        // first outputs of SplitMix64 seeded with 1234567, as the reference C code gives them
        let outputs = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        for (k, expected) in (1..).zip(outputs) {
            assert_eq!(mix(1_234_567_u64.wrapping_add(GAMMA.wrapping_mul(k))), expected);
        }
    }

    fn spikes(x: Values, len: usize, shape: Shape, timesteps: u32, seed: u64) -> Vec<Vec<bool>> {
        let data = dataset(x, len, &[shape.len()]).rate_coded(shape, timesteps, seed).expect("it fits");
        (0..len).map(|i| data.float(i).iter().map(|&spike| spike == 1.0).collect()).collect()
    }

    #[test]
    fn black_never_and_white_always_fires() {
        let trains = spikes(Values::U8(vec![0, 255]), 1, Shape::vector(2), 2000, 3);
        assert!(trains[0].chunks(2).all(|step| step == [false, true]));
    }

    #[test]
    fn the_rate_is_the_value() {
        for v in [1u8, 64, 127, 128, 254] {
            let trains = spikes(Values::U8(vec![v]), 1, Shape::vector(1), 40_000, 1);
            let rate = trains[0].iter().filter(|&&spike| spike).count() as f64 / 40_000.0;
            assert!((rate - f64::from(v) / 255.0).abs() < 0.008, "{v} fires at {rate}");
        }
    }

    #[test]
    fn trains_follow_the_seed_the_sample_and_the_channels_last_element() {
        let grey = |len, channels, seed| {
            spikes(Values::U8(vec![128; len * 6]), len, Shape::new(channels, 3, 2 / channels), 9, seed)
        };
        let two = grey(2, 1, 5);
        assert_ne!(two[0], two[1]);
        assert_ne!(two[0], grey(1, 1, 6)[0]);
        assert_eq!(two[0], grey(1, 1, 5)[0], "a sample does not depend on how many there are");
        // [channels 2, height 3] holds the same elements in another order
        let swapped = grey(1, 2, 5);
        for t in 0..9 {
            for (c, row) in (0..2).flat_map(|c| (0..3).map(move |row| (c, row))) {
                assert_eq!(swapped[0][t * 6 + c * 3 + row], two[0][t * 6 + row * 2 + c]);
            }
        }
    }

    #[test]
    fn spikes_are_the_documented_ones() {
        // computed from the module's head with arbitrary-precision integers
        let train =
            &spikes(Values::U8(vec![100, 200, 30, 128, 255, 90, 90, 90, 160, 220]), 1, Shape::vector(10), 2, 42)[0];
        let shown: String = train.iter().map(|&spike| if spike { '1' } else { '0' }).collect();
        assert_eq!(shown, "11111001110100100001");
    }

    #[test]
    fn only_probabilities_without_a_time_axis_are_coded() {
        let error = |data: Dataset| data.rate_coded(Shape::vector(2), 4, 0).expect_err("refused").to_string();
        assert!(error(dataset(Values::F32(vec![0.5, 1.5]), 1, &[2])).contains("1.5"));
        assert!(error(dataset(Values::U8(vec![0; 8]), 1, &[4, 2])).contains("[4, 2]"));
    }
}
