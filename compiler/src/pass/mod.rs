//! Graph to graph, one file per pass. The runner validates the graph after each.

use miette::Diagnostic;
use thiserror::Error;

use crate::error::{AtNode, Error};
use crate::ir::{Graph, Node};

pub mod ann_to_snn;
mod calibrate;
mod fold_batch_norm;
mod hoist;
pub mod prune;
mod quantize;

pub use quantize::{WeightChoice, open_layers};
pub(crate) use quantize::{mix_integers, mix_reach, uniform_scale};

/// Whether a pass keeps the network's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Same spikes up to float rounding.
    Exact,
    /// Changes the numbers on purpose.
    Lossy,
}

/// One pass.
pub struct Pass {
    /// Name in reports: verb and object.
    pub name: &'static str,
    /// Whether it keeps the network's output.
    pub effect: Effect,
    /// Rewrites the graph and returns how many nodes it changed.
    pub run: fn(&mut Graph, &Context<'_>) -> Result<usize, AtNode<PassError>>,
}

/// Every pass, in the order they run.
pub const PIPELINE: &[Pass] = &[
    fold_batch_norm::PASS, // before quantize: folding changes the range of the weights
    ann_to_snn::PASS,      // behind it: batch norms are part of the currents that it balances
    hoist::PASS,
    quantize::PASS,
];

/// What passes may look at besides the graph.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Calibration samples on the framework's scale: the elements of one timestep, or of all of a sequence.
    pub samples: &'c [Vec<f32>],
    /// Timesteps of a sample.
    pub timesteps: u32,
    /// Encodings that the user asked for.
    pub weights: &'c WeightChoice,
    /// Width of the membranes that the user asked for, 2 to 30.
    pub membrane_bits: Option<u8>,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: &'static str,
    /// Nodes it changed.
    pub changed: usize,
}

/// Runs the pipeline.
///
/// # Errors
/// The first pass that fails, or leaves a graph that breaks an invariant.
pub fn run(graph: &mut Graph, context: &Context<'_>) -> Result<Vec<Applied>, Error> {
    let mut applied = Vec::new();
    for pass in PIPELINE {
        let changed = (pass.run)(graph, context)?;
        graph.validate()?;
        applied.push(Applied { name: pass.name, changed });
    }
    Ok(applied)
}

/// Makes a spiking network of a network with activations: the passes up to that one.
///
/// # Errors
/// As [`run`].
pub fn to_spikes(graph: &mut Graph, context: &Context<'_>) -> Result<(), Error> {
    for pass in PIPELINE {
        (pass.run)(graph, context)?;
        graph.validate()?;
        if pass.name == ann_to_snn::PASS.name {
            break;
        }
    }
    Ok(())
}

/// A graph that a pass cannot rewrite.
#[derive(Debug, Error, Diagnostic)]
pub enum PassError {
    /// Activations that do not become neurons.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Convert(#[from] ann_to_snn::ConvertError),
    /// Channels that cannot go.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Prune(#[from] prune::PruneError),
    /// Weights of another kind than the user asked for.
    #[error("its weights are not binary: {found}")]
    #[diagnostic(
        code(snnc::pass::not_binary),
        help(
            "binary weights are +a or -a, one a per output channel; use `--weights auto` or train the network binary"
        )
    )]
    NotBinary {
        /// What they are.
        found: String,
    },
    /// An odd grid for a layer that needs zeros.
    #[error("a grouped convolution has zeros between its groups, which an odd grid has not")]
    #[diagnostic(code(snnc::pass::no_zero), help("use `--weights int4` or another encoding with a zero for it"))]
    NoZero,
    /// A codebook for a layer that has none of that kind.
    #[error(
        "codebook1 to codebook6 are of convolution kernels (2 to 32 taps, one group), codebook8 of fully connected layers"
    )]
    #[diagnostic(
        code(snnc::pass::no_kernels),
        help("name the layers that get one: `--weights conv2=codebook5,fc=codebook8`")
    )]
    NoKernels,
    /// Membranes too narrow for their thresholds.
    #[error("a membrane of {found} bits holds its range only where a threshold is worth less than one LSB")]
    #[diagnostic(code(snnc::pass::membrane_bits), help("use `--membrane-bits {needed}` or more"))]
    MembraneBits {
        /// What was asked for.
        found: u8,
        /// Fewest bits that do.
        needed: u8,
    },
    /// A width beside one that the model prescribes.
    #[error("its membrane has {found} bits, which the model prescribes")]
    #[diagnostic(
        code(snnc::pass::prescribed),
        help("leave --membrane-bits out, or give the model without integer formats")
    )]
    Prescribed {
        /// What the model says.
        found: u8,
    },
    /// An encoding for a layer that is not there.
    #[error("there is no layer of that name; there are {}", layers.join(", "))]
    #[diagnostic(code(snnc::pass::no_such_layer), help("`snnc inspect MODEL` lists the layers"))]
    NoSuchLayer {
        /// Names of the layers there are.
        layers: Vec<String>,
    },
}

impl PassError {
    fn at(self, node: &Node) -> AtNode<Self> {
        AtNode { node: node.name.clone(), op: node.op.kind().into(), source: self }
    }
}

/// Removes nodes: `replaced[id]` names the node that takes over from `id`, if `id` goes.
fn remove(graph: &mut Graph, replaced: &[Option<usize>]) {
    let follow = |mut id: usize| {
        while let Some(next) = replaced[id] {
            id = next;
        }
        id
    };
    let mut position = vec![0; replaced.len()];
    let mut kept = 0;
    for (id, gone) in replaced.iter().enumerate() {
        position[id] = kept;
        kept += usize::from(gone.is_none());
    }
    for node in &mut graph.nodes {
        for source in &mut node.sources {
            source.node = position[follow(source.node)];
        }
    }
    graph.output = position[follow(graph.output)];
    let mut gone = replaced.iter().map(Option::is_some);
    graph.nodes.retain(|_| !gone.next().unwrap_or(false));
}

#[cfg(test)]
pub(crate) mod testing {
    //! Small graphs for the tests of passes.
    use crate::ir::{
        Comparison, Conv2d, Graph, Input, InputEncoding, Linear, Neuron, Node, Op, Quantity, Readout, Reduce, Reset,
        ResetTiming, Shape, Source, Timing, Window,
    };

    /// A chain of operations with their output shapes behind an input of `shape`.
    pub fn chain(shape: Shape, ops: Vec<(&str, Op, Shape)>) -> Graph {
        let input = Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real });
        let mut nodes = vec![Node { name: "x".into(), op: input, sources: vec![], shape, origin: vec![] }];
        for (name, op, shape) in ops {
            let sources = vec![Source::now(nodes.len() - 1)];
            nodes.push(Node { name: name.into(), op, sources, shape, origin: vec![] });
        }
        let output = nodes.len() - 1;
        let readout = Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 };
        Graph { name: "chain".into(), nodes, output, readout, timesteps: Some(6) }
    }

    /// Numbers that look random, in -1..=1.
    pub fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32) / ((1 << 23) as f32) - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    pub fn linear(fan_in: usize, fan_out: usize, seed: u64) -> Op {
        let (weight, bias) = (numbers(fan_in * fan_out, seed), numbers(fan_out, seed + 1));
        Op::Linear(Linear { fan_in, fan_out, weight, bias, grid: None })
    }

    pub fn conv(channels_in: usize, channels_out: usize, kernel: usize, seed: u64) -> Op {
        Op::Conv2d(Conv2d {
            channels_in,
            channels_out,
            window: Window::new([kernel; 2], [1; 2]),
            groups: 1,
            weight: numbers(channels_in * channels_out * kernel * kernel, seed),
            bias: numbers(channels_out, seed + 1),
            grid: None,
        })
    }

    pub fn neuron(beta: f32) -> Op {
        Op::Neuron(Neuron {
            beta: vec![beta],
            threshold: vec![0.75],
            comparison: Comparison::Above,
            reset: Reset::Subtract(vec![0.75]),
            reset_timing: ResetTiming::Delayed,
            ..Neuron::default()
        })
    }
}
