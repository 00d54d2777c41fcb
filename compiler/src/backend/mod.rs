//! Compiled networks to files: one module per target. A backend never sees a graph and never writes to disk.

pub mod rust;
pub mod verilog;

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;

use verilog::cost::Resources;

use crate::compiled::Compiled;
use crate::data::Sample;
use crate::error::AtNode;

/// Every target.
pub const BACKENDS: &[Backend] = &[
    verilog::BACKEND, // fpga
    rust::BACKEND,    // mcu
];

/// One target.
pub struct Backend {
    /// Name on the command line.
    pub name: &'static str,
    /// Writes its files.
    pub emit: fn(&Compiled<'_>, &EmitOptions<'_>) -> Result<Emitted, AtNode<BackendError>>,
}

/// What the user chooses per compilation.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmitOptions<'s> {
    /// Samples to predict clocks on and to put into the testbench; may be empty.
    pub samples: &'s [Sample],
    /// What an FPGA is connected to; `None`: whoever instantiates the top module.
    pub host: Option<verilog::host::Host>,
    /// The board that an FPGA stands on; it has a host of its own.
    pub board: Option<verilog::board::Chosen>,
    /// Whether an FPGA gets its weights when it runs.
    pub load_weights: bool,
    /// What was chosen of a microcontroller.
    pub mcu: rust::Choices,
}

/// What a backend gives.
#[derive(Debug)]
pub struct Emitted {
    /// Every file, in a fixed order.
    pub files: Vec<File>,
    /// What each step costs, one per step of the program that costs something on this target.
    pub report: Vec<LayerReport>,
    /// What all of it takes of a part (FPGA, where the costs of its family are known).
    pub resources: Option<Resources>,
    /// Predicted clocks per sample of [`EmitOptions::samples`], from a sample's first input to the next one's when they
    /// stand back to back (FPGA).
    pub predicted_clocks: Vec<u64>,
    /// What the network needs of a microcontroller's memories.
    pub needs: Option<rust::Needs>,
    /// What it takes on a microcontroller (with calibration samples).
    pub estimate: Option<rust::instructions::Estimate>,
}

/// A file of the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative path with `/`.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl File {
    /// A text file.
    #[must_use]
    pub fn text(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into().into_bytes() }
    }
}

/// What one layer costs on a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    /// Name of the step.
    pub name: String,
    /// Name of the weight encoding, if it has weights.
    pub encoding: Option<&'static str>,
    /// What makes its sums: gather, popcount, depthwise or unrolled (FPGA); products, rows, counters, nibbles, lists or responses
    /// (a microcontroller).
    pub engine: Option<&'static str>,
    /// Accumulators (FPGA).
    pub lanes: Option<usize>,
    /// Inputs that each of its engines takes per clock (FPGA).
    pub inputs_per_clock: Option<usize>,
    /// Engines (FPGA).
    pub engines: Option<usize>,
    /// Mean clocks that the layer is busy per sample (FPGA, with calibration samples).
    pub predicted_clocks: Option<f64>,
    /// Mean adds per sample (FPGA, with calibration samples).
    pub adds: Option<f64>,
    /// Of them saved by the edge code, and by signed digits: per sample, below 0 where the code makes more.
    pub adds_saved: Option<f64>,
    /// What it takes of a part, with all that stands between it and the next one (as [`Emitted::resources`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Bits of weights and tables.
    pub memory_bits: u64,
    /// Bits of state and buffers.
    pub state_bits: u64,
}

/// A network that a target cannot hold or express.
#[derive(Debug, Error, Diagnostic)]
pub enum BackendError {
    /// Found against expected, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::backend))]
    Unsupported {
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}

impl BackendError {
    /// An option of the command line that only the FPGA has, asked for with `value` on another target.
    pub fn fpga_only(compiled: &Compiled<'_>, option: &str, value: &str) -> AtNode<Self> {
        Self::only(compiled, format!("--{option} {value}").trim_end(), option, "an FPGA", "fpga")
    }

    /// An option of the command line that only a microcontroller has, asked for on another target.
    pub fn mcu_only(compiled: &Compiled<'_>, option: &str) -> AtNode<Self> {
        Self::only(compiled, &format!("--{option}"), option, "a microcontroller", "mcu")
    }

    fn only(compiled: &Compiled<'_>, asked: &str, option: &str, what: &str, target: &str) -> AtNode<Self> {
        AtNode {
            node: compiled.name.clone(),
            op: "network".to_owned(),
            source: Self::Unsupported {
                found: format!("`{asked}` was asked for, which only {what} has"),
                help: format!("leave --{option} out, or compile for --target {target}"),
            },
        }
    }
}
