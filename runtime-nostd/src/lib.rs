//! The integer network that `snnc` compiles, and the code that runs it: on the host, on a Cortex-M, the same.
//!
//! [`program::Program`] is the contract: types and meaning of one integer-exact network. [`run::Runner`] executes it.
//! No allocation, no floats, no dependencies; once [`program::Program::new`] has accepted a network, nothing panics.
#![no_std]
#![deny(unsafe_code)] // but in `arch`

mod arch;
mod bits;
pub mod blob;
mod elements;
pub mod neuron;
pub mod pool;
pub mod program;
pub mod readout;
pub mod run;
#[cfg(feature = "source")]
pub mod source;
pub mod synapse;
