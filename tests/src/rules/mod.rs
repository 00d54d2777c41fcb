//! Networks that reach every rule that the Verilog carries, each with what must make it fail. The test `verilog_rules` breaks
//! those rules by hand, the program `mutate` breaks everything by machine.

mod channels;
mod columns;
mod layers;
mod neurons;
mod unrolled;

use bumpalo::Bump;
use snnc::compiled::{Compiled, EdgeCode, Engine, Layout};
use snnc::data::Sample;

pub use channels::CHANNELS;
pub use columns::COLUMNS;
pub use layers::LAYERS;
pub use neurons::NEURONS;
pub use unrolled::UNROLLED_NETWORKS;

/// How a network is laid out and simulated.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Accumulators per layer at most.
    pub lanes: Option<u32>,
    /// Inputs per clock of every layer.
    pub slots: u8,
    /// Engines of every convolution, at most.
    pub copies: u8,
    /// How every layer's input is coded, where it can be.
    pub code: EdgeCode,
    /// Whether binary weights are counted.
    pub counts: bool,
    /// 1: input and output are held back, and the broken design must fail then.
    pub seed: u32,
    /// Whether there are no engines: each weight is logic.
    pub unrolled: bool,
}

const USUAL: Setting =
    Setting { lanes: None, slots: 1, copies: 1, code: EdgeCode::Plain, counts: false, seed: 0, unrolled: false };

/// A network and what becomes of it when the Verilog is broken.
pub struct Case {
    /// What it is about.
    pub name: &'static str,
    network: for<'a> fn(&'a Bump) -> (Compiled<'a>, Vec<Sample>),
    /// How it is laid out and simulated.
    pub setting: Setting,
    /// Each breaks a rule: module, text that is there once, what it becomes.
    pub mutants: &'static [(&'static str, &'static str, &'static str)],
}

impl Case {
    /// The network, laid out, and its samples.
    #[must_use]
    pub fn laid_out<'a>(&self, arena: &'a Bump) -> (Compiled<'a>, Vec<Sample>) {
        let (mut compiled, samples) = (self.network)(arena);
        let Setting { lanes, slots, copies, code, counts, unrolled, .. } = self.setting;
        let engines = vec![Engine { slots, copies, code, counts, ..Engine::default() }; 8];
        compiled.layout = Layout { lanes, engines, unrolled, ..Layout::default() };
        (compiled, samples)
    }
}
