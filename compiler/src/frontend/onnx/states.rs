//! Where a file of one timestep keeps the graph's states: its inputs and outputs beside the sample.

use super::import::Imported;
use super::populations::{Population, State};
use crate::ir::{Neuron, NodeId, Reset, ResetTiming};

/// A state of the graph, as a file of one timestep takes and gives it.
///
/// The file's number is `scale` times the graph's, for every element: frameworks and exporters measure membrane
/// potentials and synaptic currents in other units than the normal form does.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMap {
    /// Name of the graph input that takes it.
    pub input: String,
    /// Name of the graph output that gives it.
    pub output: String,
    /// The neurons.
    pub node: NodeId,
    /// Which state of theirs.
    pub kind: StateKind,
    /// One factor, or one per channel.
    pub scale: Vec<f32>,
}

/// Which state of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// The stored membrane potential.
    Membrane,
    /// The membrane potential before its reset, where the file resets with the next timestep and the graph at once.
    MembraneBeforeReset,
    /// A synaptic current, by its number.
    Synaptic(usize),
    /// The spikes of the timestep before.
    Spikes,
}

/// The states of `population`, which has become `neuron` at `node`.
pub(super) fn of(file: &Imported, population: &Population, neuron: &Neuron, node: NodeId, gain: f64) -> Vec<StateMap> {
    let at_once = neuron.reset_timing == ResetTiming::Immediate && neuron.reset != Reset::None;
    let name = |input| file.inputs.iter().find(|i| i.value == input).map_or(String::new(), |i| i.name.clone());
    let map = |kept: &super::populations::Kept| {
        let (kind, unit) = match kept.state {
            State::Membrane if population.delayed && at_once => (StateKind::MembraneBeforeReset, gain),
            State::Membrane => (StateKind::Membrane, gain),
            State::Synaptic(k) => (StateKind::Synaptic(k), 1.0),
            State::Spikes => (StateKind::Spikes, 1.0),
        };
        let scale = kept.factor.map(|f| f * unit).to_f32();
        StateMap { input: name(kept.input), output: file.outputs[kept.output].0.clone(), node, kind, scale }
    };
    population.states.iter().map(map).collect()
}
