//! What a neuron of a network without spikes computes: a function of its input alone.

use super::eval::pick;
use super::order::first;

/// An activation, element by element.
#[derive(Clone, Debug, PartialEq)]
pub enum Activation {
    /// `min(max(x, 0), ceiling)`: a ReLU, clipped where there is a ceiling (ReLU6).
    Relu {
        /// Largest value, above 0; one, or one per channel.
        ceiling: Option<Vec<f32>>,
    },
    /// A step function: what quantized networks compute.
    Staircase(Staircase),
}

/// `y = levels[n]`, `n` the number of thresholds at or below `x`.
///
/// Exact for every float: a threshold is the smallest number that is on its step.
#[derive(Clone, Debug, PartialEq)]
pub struct Staircase {
    /// Thresholds of a row, 1 or more.
    pub steps: usize,
    /// `[1 or channels, steps]`, each row ascending.
    pub thresholds: Vec<f32>,
    /// `[1 or channels, steps + 1]`, from below the first threshold to above the last.
    pub levels: Vec<f32>,
}

impl Activation {
    /// The activation of `x` in `channel`.
    #[must_use]
    pub fn apply(&self, x: f32, channel: usize) -> f32 {
        match self {
            Activation::Relu { ceiling: None } => x.max(0.0),
            Activation::Relu { ceiling: Some(ceiling) } => x.max(0.0).min(pick(ceiling, channel)),
            Activation::Staircase(staircase) => staircase.apply(x, channel),
        }
    }
}

impl Staircase {
    /// The level of `x` in `channel`.
    #[must_use]
    pub fn apply(&self, x: f32, channel: usize) -> f32 {
        self.levels(channel)[self.thresholds(channel).partition_point(|&threshold| x >= threshold)]
    }

    /// The thresholds of `channel`, ascending.
    #[must_use]
    pub fn thresholds(&self, channel: usize) -> &[f32] {
        row(&self.thresholds, self.steps, channel)
    }

    /// The staircase of `scale[channel] * x + shift[channel]` as one of `x`, exact for every float; `None` where a scale is 0.
    #[must_use]
    pub fn after_affine(&self, scale: &[f32], shift: &[f32]) -> Option<Self> {
        let mut out = Self { steps: self.steps, thresholds: Vec::new(), levels: Vec::new() };
        for (channel, (&scale, &shift)) in scale.iter().zip(shift).enumerate() {
            let levels = self.levels(channel);
            let y = |x: f32| scale * x + shift;
            if scale > 0.0 {
                let moved = self.thresholds(channel).iter().map(|&t| first(|x| y(x) >= t).unwrap_or(f32::MAX));
                out.thresholds.extend(moved);
                out.levels.extend(levels);
            } else if scale < 0.0 {
                // it falls: the first x below each threshold, from the last threshold down
                let moved = self.thresholds(channel).iter().rev().map(|&t| first(|x| y(x) < t).unwrap_or(f32::MAX));
                out.thresholds.extend(moved);
                out.levels.extend(levels.iter().rev());
            } else {
                return None;
            }
        }
        Some(out)
    }

    /// The levels of `channel`, one more than thresholds.
    #[must_use]
    pub fn levels(&self, channel: usize) -> &[f32] {
        row(&self.levels, self.steps + 1, channel)
    }
}

/// The row of `channel`, or the one for all.
fn row(numbers: &[f32], width: usize, channel: usize) -> &[f32] {
    let start = if numbers.len() == width { 0 } else { channel * width };
    &numbers[start..start + width]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_takes_its_step_at_the_threshold_itself() {
        let sign = Staircase { steps: 1, thresholds: vec![0.0], levels: vec![-1.0, 1.0] };
        assert_eq!([-f32::MIN_POSITIVE, -0.0, 0.0, 3.0].map(|x| sign.apply(x, 5)), [-1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn an_affine_map_before_a_staircase_moves_its_thresholds() {
        let stairs = Staircase { steps: 2, thresholds: vec![0.0, 1.0], levels: vec![-1.0, 0.0, 2.0] };
        let (scale, shift) = ([2.0f32, -0.3, 1e-3], [0.5f32, 0.1, -7.0]);
        let moved = stairs.after_affine(&scale, &shift).expect("no scale is 0");
        for channel in 0..3 {
            for i in -2000..2000 {
                let x = i as f32 * 0.01;
                assert_eq!(moved.apply(x, channel), stairs.apply(scale[channel] * x + shift[channel], 0), "{x}");
            }
        }
        assert_eq!(stairs.after_affine(&[0.0], &[1.0]), None);
    }

    #[test]
    fn channels_have_rows_of_their_own_where_there_are_several() {
        let each = Staircase { steps: 2, thresholds: vec![0.0, 1.0, -1.0, 2.0], levels: vec![0.0, 0.5, 1.0] };
        assert_eq!((each.apply(0.5, 0), each.apply(0.5, 1), each.apply(2.0, 1)), (0.5, 0.5, 1.0));
        assert_eq!((each.apply(-0.5, 0), each.apply(-0.5, 1)), (0.0, 0.5));
        let clipped = Activation::Relu { ceiling: Some(vec![1.0, 6.0]) };
        assert_eq!((clipped.apply(9.0, 0), clipped.apply(9.0, 1), clipped.apply(-9.0, 1)), (1.0, 6.0, 0.0));
    }
}
