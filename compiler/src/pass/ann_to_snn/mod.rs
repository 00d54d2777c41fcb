//! Makes a spiking network of a network with activations.
//!
//! A **staircase** network (binary or few-bit activations) becomes stateless neurons, exactly: one neuron per step of the
//! staircase, which fires if its input reaches the step's threshold; levels fold into the synapses behind
//! ([`carried`]). One timestep is enough.
//!
//! A **ReLU** network becomes integrate-and-fire neurons whose rate stands for the activation (Diehl et al. 2015; Rueckauer
//! et al. 2017): a spike is worth `lambda[channel]`, the neurons subtract `lambda` and start half way to it, so that over
//! `T` timesteps of a constant current `x` they fire `clip(floor(T x / lambda + 1/2), 0, T)` times (Bu et al. 2022, the
//! quantization-clip-floor-shift activation). Starting at `lambda / 2` with threshold `lambda` is, without a leak, the same
//! as starting at 0 with threshold `lambda / 2`: no state of its own is needed. `lambda` is chosen per channel for the
//! least squared error of that staircase on the calibration samples, which depends on `T` ([`balance`]; Li et al. 2021).

mod balance;
mod carried;
mod correct;
mod neurons;
#[cfg(test)]
mod tests;

use miette::Diagnostic;
use thiserror::Error;

use super::{Context, Effect, Pass, PassError};
use crate::error::AtNode;
use crate::ir::{Activation, Graph, Node, Op, Quantity, Reduce, Staircase, Timing};

/// This pass.
pub const PASS: Pass = Pass { name: "ann-to-snn", effect: Effect::Lossy, run };

/// Timesteps of a rate code where the user does not say.
pub const DEFAULT_TIMESTEPS: u32 = 16;

/// Most steps of a staircase that become a neuron each.
const MAX_COPIES: usize = 15;

/// A network that has no spiking counterpart.
#[derive(Debug, Error, Diagnostic)]
pub enum ConvertError {
    /// Thresholds come from samples.
    #[error("its activations become rates of spikes, and nothing says how large they are")]
    #[diagnostic(
        code(snnc::pass::ann_to_snn::calibration),
        help("give --calib CALIB.npz with samples of the kind the network was trained on (200 are enough)")
    )]
    NoSamples,
    /// Anything else: found, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::pass::ann_to_snn))]
    Unsupported {
        /// What was found.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}

fn refuse(node: &Node, found: impl Into<String>, help: &str) -> AtNode<PassError> {
    PassError::from(ConvertError::Unsupported { found: found.into(), help: help.into() }).at(node)
}

/// Whether a graph is a network without spikes: it has activations, and nothing that depends on time.
#[must_use]
pub fn is_ann(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| matches!(node.op, Op::Activation(_)))
}

/// Timesteps that a network without spikes needs if the user does not say: one where the conversion is exact.
#[must_use]
pub fn default_timesteps(graph: &Graph) -> u32 {
    if is_exact(graph) { 1 } else { DEFAULT_TIMESTEPS }
}

/// What a user may read of a conversion to come.
#[must_use]
pub fn notes(graph: &Graph, timesteps: u32) -> Vec<String> {
    if !is_ann(graph) {
        return Vec::new();
    }
    if is_exact(graph) {
        return vec!["the activations are step functions: they become neurons without state, exactly".into()];
    }
    let mut notes =
        vec![format!("the activations become rates of spikes over {timesteps} timesteps (choose with --timesteps)")];
    notes.extend(graph.nodes.iter().filter(|node| matches!(node.op, Op::MaxPool(_))).map(|node| {
        format!(
            "node `{}` (MaxPool): of spikes the maximum is an OR, which is more than the maximum of their rates; what it \
             costs is in the accuracy",
            node.name
        )
    }));
    notes
}

/// Whether every activation is a step function of few steps.
fn is_exact(graph: &Graph) -> bool {
    is_ann(graph)
        && graph.nodes.iter().all(|node| match &node.op {
            Op::Activation(Activation::Staircase(staircase)) => staircase.steps <= MAX_COPIES,
            Op::Activation(Activation::Relu { .. }) | Op::Neuron(_) => false,
            _ => true,
        })
}

/// Returns how many activations became neurons.
fn run(graph: &mut Graph, context: &Context<'_>) -> Result<usize, AtNode<PassError>> {
    let Some(first) = graph.nodes.iter().position(|node| matches!(node.op, Op::Activation(_))) else { return Ok(0) };
    if let Some(node) = graph.nodes.iter().find(|node| matches!(node.op, Op::Neuron(_))) {
        return Err(refuse(node, "neurons beside activations", "give a network of one kind"));
    }
    if let Some(node) = graph.nodes.iter().find(|node| node.sources.iter().any(|source| source.delay > 0)) {
        return Err(refuse(node, "activations that look at an earlier timestep", "give a network without recurrence"));
    }
    if graph.input().0.timing == Timing::Sequence {
        let found = "a sequence as the input of a network without spikes";
        return Err(refuse(&graph.nodes[0], found, "give one sample at a time: x as [samples, ...]"));
    }
    let timesteps = context.timesteps;
    // A step function repeated over time says the same at every timestep; only several steps are worth a rate code.
    let one_step = |node: &Node| match &node.op {
        Op::Activation(Activation::Staircase(Staircase { steps, .. })) => *steps == 1,
        Op::Activation(Activation::Relu { .. }) => false,
        _ => true,
    };
    let exact = is_exact(graph) && (timesteps == 1 || graph.nodes.iter().all(one_step));
    neurons::pool_before_constant_activations(graph);
    let rates = match exact {
        true => vec![None; graph.nodes.len()],
        false if context.samples.is_empty() => {
            return Err(PassError::from(ConvertError::NoSamples).at(&graph.nodes[first]));
        }
        false => balance::rates(graph, context.samples, timesteps)?,
    };
    let mut converted = neurons::convert(graph, &rates)?;
    let spiking = converted.graph.nodes.iter().filter(|node| matches!(node.op, Op::Neuron(_))).count();
    converted.graph.timesteps = Some(timesteps);
    let readout = &mut converted.graph.readout;
    (readout.reduce, readout.scale) = (Reduce::Sum, readout.scale * converted.gain / timesteps as f32);
    let is_spikes = matches!(converted.graph.nodes[converted.graph.output].op, Op::Neuron(_));
    readout.quantity = if is_spikes { Quantity::Spikes } else { Quantity::Current };
    if !exact {
        converted.graph.validate().map_err(|e| refuse(&graph.nodes[first], e.to_string(), "this is a bug of snnc"))?;
        correct::biases(graph, &mut converted, context.samples, timesteps);
    }
    *graph = converted.graph;
    Ok(spiking)
}
