//! A compiled network: the [`Program`], and what backends and reports need besides it.

use snnc_runtime::program::Program;

use crate::ir::{InputEncoding, WeightEncoding};

/// A compiled network. Borrows its tables from an arena ([`bumpalo::Bump`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled<'a> {
    /// Name of the model; any text.
    pub name: String,
    /// The integer network: the contract.
    pub program: Program<'a>,
    /// How a user's numbers become the input edge's; never [`InputEncoding::Real`].
    pub input: InputEncoding,
    /// One per step of the program.
    pub steps: Vec<StepInfo>,
    /// `score * readout_scale` is what the framework's `forward()` returns.
    pub readout_scale: f32,
}

/// What is known of a step besides its integers.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInfo {
    /// Name of the source model's node (of the neurons where the step has some); unique, any text.
    pub name: String,
    /// Encoding of its heaviest projection; `None` for pools and for populations fed one to one only.
    pub encoding: Option<WeightEncoding>,
    /// Mean number of non-zero elements of its output per timestep over the calibration samples, if there were any.
    pub activity: Option<f64>,
}
