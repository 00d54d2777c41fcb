//! The machines that a compiled network is proven equal on: each builds the emitted files in a scratch folder, runs the
//! samples and compares every spike of every layer with the host's.

pub mod cortex_m;
pub mod toolchain;
pub mod verilog;

use std::path::Path;

use miette::Diagnostic;
use snnc_runtime::program::Program;
use thiserror::Error;

use crate::compiled::Compiled;
use crate::data::Sample;
use crate::host::Trace;

/// Every machine but the host.
pub const MACHINES: &[Machine] = &[
    verilog::VERILATOR,
    verilog::ICARUS,
    cortex_m::CORTEX_M0,
    cortex_m::CORTEX_M3,
    cortex_m::CORTEX_M4,
    cortex_m::CORTEX_M7,
    cortex_m::CORTEX_M33,
];

/// One machine.
pub struct Machine {
    /// Name on the command line.
    pub name: &'static str,
    /// What its cost counts.
    pub unit: Unit,
    /// Runs the samples in a scratch folder that exists and is empty; `expected` holds the host's trace of each.
    pub run: Run,
    /// The same, and leaves [`WAVEFORM`] in the folder, as soon as the samples ran to their end or to something wrong.
    /// `None` where there are no signals to look at.
    pub run_with_waveform: Option<Run>,
}

/// The waveform of a design in its scratch folder, in VCD.
pub const WAVEFORM: &str = "waveform.vcd";

/// Network, samples, the host's trace of each, scratch folder.
pub type Run = fn(&Compiled<'_>, &[Sample], &[Trace], &Path) -> Result<Outcome, MachineError>;

/// What a machine counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Clock cycles of a simulated design.
    Clocks,
    /// Instructions of an emulated core.
    Instructions,
}

/// What a machine did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The first spike that differs from the host's, if one does.
    pub difference: Option<Difference>,
    /// Clocks or instructions of each sample that ran.
    pub cost: Vec<u64>,
}

/// A spike that differs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Index of the sample.
    pub sample: usize,
    /// Name of the layer.
    pub layer: String,
    /// Timestep.
    pub timestep: usize,
    /// Element of the layer's output, channels last.
    pub neuron: usize,
    /// Its row, column and channel, where the layer has more than one position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<[usize; 3]>,
    /// What the host says.
    pub expected: i64,
    /// What the machine says; -1 for a spike that is neither 0 nor 1.
    pub found: i64,
    /// Simulated time in nanoseconds, of a machine that has a waveform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ns: Option<u64>,
}

/// Row, column and channel of an element of a step's output, where it has more than one position.
fn position(program: &Program<'_>, step: usize, element: usize) -> Option<[usize; 3]> {
    let shape = program.edge(step + 1).shape;
    let (width, channels) = (shape.width as usize, shape.channels as usize);
    let found = [element / (width * channels), element / channels % width, element % channels];
    (shape.height * shape.width > 1).then_some(found)
}

/// A machine that did not run.
#[derive(Debug, Error, Diagnostic)]
pub enum MachineError {
    /// A tool that is not installed.
    #[error("`{tool}` is not installed")]
    #[diagnostic(code(snnc::machine::missing), help("install it with: {install}"))]
    Missing {
        /// The tool.
        tool: String,
        /// The command that installs it.
        install: String,
    },
    /// A tool that failed.
    #[error("`{tool}` failed: {reason}")]
    #[diagnostic(code(snnc::machine::failed))]
    Failed {
        /// The tool.
        tool: String,
        /// What it said.
        reason: String,
    },
    /// The network cannot be built for this machine.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backend(#[from] crate::error::AtNode<crate::backend::BackendError>),
    /// The scratch folder.
    #[error("the scratch folder cannot be used")]
    #[diagnostic(code(snnc::machine::scratch))]
    Scratch(#[from] std::io::Error),
}
