//! `snnc` compiles trained spiking neural networks to microcontrollers and FPGAs.
//!
//! ```text
//! bytes - frontend -> Graph - passes -> Graph on its grid - lower -> Program - backends -> files
//! ```
//! Everything here goes from values to values, but [`output`], which writes for the command line, and [`machine`], which
//! runs simulators and emulators in scratch folders, and [`build`], which runs the tools of an FPGA in a folder of the user's.

pub mod backend;
pub mod build;
pub mod check;
pub mod compiled;
pub mod compiled_file;
pub mod compress;
pub mod container;
pub mod data;
pub mod error;
pub mod frontend;
pub mod host;
pub mod ir;
pub mod lower;
pub mod machine;
pub mod npz;
pub mod output;
pub mod pass;
pub mod pipeline;
pub mod proof;
pub mod stats;

/// Version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
