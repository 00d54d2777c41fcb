//! Driver of `{{ i.top }}`, a spiking neural network on an FPGA that is reached over {{ over }}. Written by snnc.
//!
//! ```ignore
//! let mut network = Network::new({{ example }});
//! network.reset()?;
//! let result = network.infer(active(&frames), |spike| spikes.push(spike))?;
//! ```
#![no_std]
{%- if host != Host::Axi %}
#![forbid(unsafe_code)]
{%- endif %}
#![warn(missing_docs)]

mod {{ host.name() }};
mod input;
pub mod map;
mod network;
{%- if host != Host::Axi %}
mod packet;
{%- endif %}

pub use {{ host.name() }}::*;
pub use input::{active, values, Input};
pub use map::Registers;
pub use network::{Bus, Error, Network, Result, Spike{% if i.weights > 0 %}, Weights{% endif %}};
