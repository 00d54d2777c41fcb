//! The integer network that `snnc` compiles, and the code that runs it: on the host, on a Cortex-M, the same.
//!
//! [`program::Program`] is the contract: types and meaning of one integer-exact network. [`run::Runner`] executes it.
//! No allocation, no floats, no dependencies; once [`program::Program::new`] has accepted a network, nothing panics.
#![no_std]
#![cfg_attr(not(any(snnc_thumb1, snnc_thumb2)), forbid(unsafe_code))]
#![deny(unsafe_code)] // but in `arch`, which a host does not have

#[cfg(any(snnc_thumb1, snnc_thumb2))]
mod arch;
mod bits;
pub mod neuron;
pub mod pool;
pub mod program;
pub mod readout;
pub mod run;
#[cfg(feature = "source")]
pub mod source;
pub mod synapse;
