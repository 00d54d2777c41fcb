//! One sample as the integer network takes it.

use snnc_runtime::run::Input;

/// One sample as the integer network takes it, channels last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// One frame for an input of [`snnc_runtime::program::Rate::PerSample`], one per timestep for any other.
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
