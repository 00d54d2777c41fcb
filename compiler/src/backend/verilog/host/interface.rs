//! What a host must know of a design: plain numbers.

use snnc_runtime::program::Rate;

use super::super::front::InputIndex;
use super::super::size::index_bits;
use super::super::top::Design;

/// What a host must know of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name of the top module.
    pub top: String,
    /// Module that takes its events and gives them: the top, but of an unrolled network.
    pub network: String,
    /// Name of the model, for a comment.
    pub title: String,
    /// Height, width, channels of the input.
    pub shape: [usize; 3],
    /// Bits of an input index: of its row, its column, its channel (or of the flat element, which is the channel).
    pub index: [usize; 3],
    /// Events that a beat of the network's input carries, at most.
    pub slots: usize,
    /// Elements of the output.
    pub outputs: usize,
    /// Bits of an output index.
    pub out_bits: usize,
    /// Timesteps of a sample.
    pub timesteps: u32,
    /// Digit planes of a timestep of input.
    pub planes: usize,
    /// Whether the first plane is the sign of two's complement.
    pub signed: bool,
    /// Timesteps of a sample that have input.
    pub frames: u32,
    /// Of the network, its weights included where they are fixed.
    pub fingerprint: u32,
    /// Words of weights that are loaded; 0: they are fixed.
    pub weights: usize,
}

impl Interface {
    /// Elements of the input.
    pub fn inputs(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bits of an input index.
    pub fn index_bits(&self) -> usize {
        self.index.iter().sum::<usize>().max(1)
    }

    /// Bytes of an index on an AXI stream.
    pub fn index_bytes(&self) -> usize {
        self.index_bits().div_ceil(8)
    }

    /// Bytes of an output index on an AXI stream.
    pub fn out_bytes(&self) -> usize {
        self.out_bits.div_ceil(8)
    }

    /// Bytes of an input event in a packet: three flags and the index.
    pub fn event_bytes(&self) -> usize {
        (self.index_bits() + 3).div_ceil(8)
    }

    /// Bytes of an output event in a packet.
    pub fn spike_bytes(&self) -> usize {
        (self.out_bits + 3).div_ceil(8)
    }
}

impl Design<'_, '_> {
    /// What a host must know of this design; `fingerprint` is that of its files, and `weights` are words that are loaded.
    pub fn interface(&self, fingerprint: u32, weights: usize) -> Interface {
        let first = &self.layers[0];
        let shape = first.from;
        Interface {
            top: self.name.to_owned(),
            network: self.name.to_owned(),
            title: self.title.to_owned(),
            shape: [shape.height, shape.width, shape.channels].map(|n| n as usize),
            index: InputIndex::new(first).bits,
            slots: self.input_slots(),
            outputs: self.outputs(),
            out_bits: index_bits(self.outputs()),
            timesteps: self.program.timesteps(),
            planes: first.planes,
            signed: first.negative,
            frames: if self.program.input().rate == Rate::PerSample { 1 } else { self.program.timesteps() },
            fingerprint,
            weights,
        }
    }
}
