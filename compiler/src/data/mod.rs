//! Samples: what a user gives in a `.npz`, and the same as the integer network takes it.
//!
//! A file holds `x` `[n, ...]` and, if known, the classes `y` `[n]`. `uint8` stands for value / 255, `bool` for spikes,
//! floating point for itself. Any shape with the right number of elements is taken: that of the network's input, or of
//! a sequence of it, `[n, timesteps, ...]`.

mod encode;
mod rate;
mod read;
mod sample;

use miette::Diagnostic;
use thiserror::Error;

use crate::ir::Shape;

pub use encode::PIXEL_SCALE;
pub use rate::RateCode;
pub use sample::{Frame, Sample};

/// Samples in the framework's element order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name of the file, for messages.
    pub file: String,
    /// All numbers, sample after sample; of a sequence, timestep after timestep.
    pub x: Values,
    /// Samples.
    pub len: usize,
    /// Axes of one sample as the file has them.
    pub sample_shape: Vec<usize>,
    /// Numbers of one sample: elements of the input, times the timesteps of a sequence.
    pub sample_len: usize,
    /// Class of each sample, if known.
    pub labels: Option<Vec<i64>>,
    /// Makes a spike sequence of each sample; see [`Dataset::rate_coded`].
    pub rate: Option<RateCode>,
}

/// The numbers of a dataset, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `uint8`: the value is a 255th.
    U8(Vec<u8>),
    /// `bool`: spikes.
    Spikes(Vec<bool>),
    /// Floating point, as it is; finite.
    F32(Vec<f32>),
}

impl Values {
    /// Number `index` on the framework's scale.
    fn real(&self, index: usize) -> f32 {
        match self {
            Values::U8(x) => f32::from(x[index]) / 255.0,
            Values::Spikes(x) => f32::from(u8::from(x[index])),
            Values::F32(x) => x[index],
        }
    }
}

/// How samples fill the input of a network over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    /// The same at every timestep.
    Constant,
    /// Another value each timestep.
    Sequence {
        /// How many.
        timesteps: u32,
    },
}

impl Dataset {
    /// The first `samples` of them, or all where there are fewer.
    #[must_use]
    pub fn take(mut self, samples: usize) -> Self {
        self.len = self.len.min(samples);
        let numbers = self.len * self.sample_len;
        match &mut self.x {
            Values::U8(x) => x.truncate(numbers),
            Values::Spikes(x) => x.truncate(numbers),
            Values::F32(x) => x.truncate(numbers),
        }
        if let Some(labels) = &mut self.labels {
            labels.truncate(self.len);
        }
        self
    }

    /// How the samples fill an input of shape `input`, over `timesteps` where they are known.
    ///
    /// A sample of as many numbers as the input is constant, one of `timesteps` as many a sequence. Where the
    /// timesteps are not known, a sequence defines them, as the first axis of its sample.
    ///
    /// # Errors
    /// Any other number of elements, with both shapes.
    pub fn presentation(&self, input: Shape, timesteps: Option<u32>) -> Result<Presentation, DataError> {
        let elements = input.len();
        if let Some(RateCode { shape, timesteps, .. }) = &self.rate {
            assert_eq!(*shape, input, "a rate code belongs to one input");
            return Ok(Presentation::Sequence { timesteps: *timesteps });
        }
        if self.sample_len == elements {
            return Ok(Presentation::Constant);
        }
        let whole = self.sample_len.is_multiple_of(elements);
        let found = u32::try_from(self.sample_len / elements).ok().filter(|_| whole);
        let shape = &self.sample_shape;
        match (found, timesteps) {
            (Some(found), Some(timesteps)) if found == timesteps => Ok(Presentation::Sequence { timesteps }),
            (Some(found), None) if shape.first() == Some(&(found as usize)) => {
                Ok(Presentation::Sequence { timesteps: found })
            }
            (Some(found), None) => Err(self.error(
                format!("a sample of shape {shape:?} could be a sequence of {found} inputs of shape {input}"),
                format!("give --timesteps {found} if it is one, or save x as [samples, {found}, ...]"),
            )),
            (Some(found), Some(timesteps)) => Err(self.error(
                format!(
                    "a sample of shape {shape:?} is a sequence of {found} inputs of shape {input}, expected {timesteps}"
                ),
                format!("the network runs for {timesteps} timesteps: cut x to [samples, {timesteps}, ...]"),
            )),
            (None, _) => Err(self.error(
                format!(
                    "a sample of shape {shape:?} has {} elements, the network's input of shape {input} has {elements}",
                    self.sample_len
                ),
                format!("save x as [samples, ...] with {elements} numbers per sample (or per sample and timestep)"),
            )),
        }
    }

    /// Sample `index` on the framework's scale and in its element order, as the float evaluator takes it:
    /// `[elements]` of a constant sample, `[timesteps, elements]` of a sequence.
    ///
    /// # Panics
    /// If `index` is not below [`Dataset::len`].
    #[must_use]
    pub fn float(&self, index: usize) -> Vec<f32> {
        let numbers = index * self.sample_len..(index + 1) * self.sample_len;
        match &self.rate {
            Some(rate) => {
                rate.spikes(&self.x, index, self.sample_len).into_iter().map(|s| f32::from(u8::from(s))).collect()
            }
            None => numbers.map(|number| self.x.real(number)).collect(),
        }
    }

    pub(crate) fn error(&self, found: String, help: impl Into<String>) -> DataError {
        DataError::new(&self.file, found, help)
    }
}

/// Samples that cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum DataError {
    /// Found against expected, and what to do.
    #[error("`{file}`: {found}")]
    #[diagnostic(code(snnc::data))]
    Invalid {
        /// Name of the file.
        file: String,
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}

impl DataError {
    pub(crate) fn new(file: &str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Invalid { file: file.into(), found: found.into(), help: help.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn dataset(x: Values, len: usize, sample_shape: &[usize]) -> Dataset {
        let sample_len = sample_shape.iter().product();
        let sample_shape = sample_shape.to_vec();
        Dataset { file: "x.npz".into(), x, len, sample_shape, sample_len, labels: None, rate: None }
    }

    fn zeros(sample_shape: &[usize]) -> Dataset {
        dataset(Values::U8(vec![0; sample_shape.iter().product()]), 1, sample_shape)
    }

    fn refused(sample_shape: &[usize], input: Shape, timesteps: Option<u32>) -> String {
        let error = zeros(sample_shape).presentation(input, timesteps).expect_err("it does not fit");
        let DataError::Invalid { found, help, .. } = error;
        format!("{found}; {help}")
    }

    #[test]
    fn the_number_of_elements_tells_an_image_from_a_sequence() {
        let input = Shape::new(1, 2, 3);
        let constant = Ok(Presentation::Constant);
        for shape in [&[6][..], &[2, 3], &[1, 2, 3], &[3, 2]] {
            assert_eq!(zeros(shape).presentation(input, Some(4)).map_err(|_| ()), constant);
            assert_eq!(zeros(shape).presentation(input, None).map_err(|_| ()), constant);
        }
        let sequence = Ok(Presentation::Sequence { timesteps: 4 });
        assert_eq!(zeros(&[4, 2, 3]).presentation(input, None).map_err(|_| ()), sequence);
        assert_eq!(zeros(&[24]).presentation(input, Some(4)).map_err(|_| ()), sequence);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_shapes() {
        let input = Shape::new(1, 2, 3);
        insta::assert_snapshot!(refused(&[7], input, Some(4)), @"a sample of shape [7] has 7 elements, the network's input of shape [1, 2, 3] has 6; save x as [samples, ...] with 6 numbers per sample (or per sample and timestep)");
        insta::assert_snapshot!(refused(&[5, 6], input, Some(4)), @"a sample of shape [5, 6] is a sequence of 5 inputs of shape [1, 2, 3], expected 4; the network runs for 4 timesteps: cut x to [samples, 4, ...]");
        insta::assert_snapshot!(refused(&[24], input, None), @"a sample of shape [24] could be a sequence of 4 inputs of shape [1, 2, 3]; give --timesteps 4 if it is one, or save x as [samples, 4, ...]");
    }

    #[test]
    fn a_pixel_is_a_255th_in_single_precision() {
        let pixels = dataset(Values::U8((0..=255).collect()), 2, &[128]);
        assert_eq!(pixels.float(1)[127], 1.0);
        assert_eq!(pixels.float(0)[100], 100.0 / 255.0);
    }

    #[test]
    fn the_first_samples_are_whole_ones() {
        let mut data = dataset(Values::F32(vec![1.0, 2.0, 3.0, 4.0]), 2, &[2]);
        data.labels = Some(vec![7, 8]);
        let one = data.clone().take(1);
        assert_eq!((one.float(0), one.len, one.labels.as_deref()), (vec![1.0, 2.0], 1, Some(&[7][..])));
        assert_eq!(one.x, Values::F32(vec![1.0, 2.0]));
        assert_eq!(data.clone().take(5), data);
    }
}
