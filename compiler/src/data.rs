//! Samples: what a user gives in a `.npz`, and the same as the integer network takes it.

use miette::Diagnostic;
use snnc_runtime::run::Input;
use thiserror::Error;

/// Samples in the framework's element order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// All numbers, sample after sample; of a sequence, timestep after timestep.
    pub x: Values,
    /// Samples.
    pub len: usize,
    /// Numbers of one sample: elements of the input, times the timesteps of a sequence.
    pub sample_len: usize,
    /// Class of each sample, if known.
    pub labels: Option<Vec<i64>>,
}

/// The numbers of a dataset, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `uint8`: the value is a 255th.
    U8(Vec<u8>),
    /// `bool`: spikes.
    Spikes(Vec<bool>),
    /// Floating point, as it is.
    F32(Vec<f32>),
}

/// One sample as the integer network takes it, channels last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// One frame for an input of [`snnc_runtime::program::Rate::PerSample`], one per timestep for a sequence.
    pub frames: Vec<Frame>,
}

/// One timestep's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Packed spikes.
    Spikes(Vec<u32>),
    /// One value per element.
    U8(Vec<u8>),
    /// One value per element.
    I8(Vec<i8>),
    /// One value per element.
    I16(Vec<i16>),
}

impl Sample {
    /// The input of `timestep`.
    ///
    /// # Panics
    /// If the sample is a shorter sequence.
    #[must_use]
    pub fn input(&self, timestep: u32) -> Input<'_> {
        match &self.frames[if self.frames.len() == 1 { 0 } else { timestep as usize }] {
            Frame::Spikes(words) => Input::Spikes(words),
            Frame::U8(values) => Input::U8(values),
            Frame::I8(values) => Input::I8(values),
            Frame::I16(values) => Input::I16(values),
        }
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
