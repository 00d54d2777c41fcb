//! The float graph that frontends build and passes rewrite: what the framework meant.
//!
//! Invariants, checked by [`Graph::validate`] after every frontend and pass:
//! 1. Nodes are in execution order: a source with delay 0 stands earlier in [`Graph::nodes`].
//! 2. There is exactly one [`Op::Input`], and it is node 0. Names are unique and not empty.
//! 3. Every node's sources, parameters and [`Node::shape`] agree with its [`Op`].
//! 4. Every number is finite.
//! 5. [`Graph::output`] names a node that exists.
//!
//! A graph describes one *timestep*; time is [`Graph::timesteps`]. State lives in [`Op::Neuron`] only and is zero at
//! the first timestep of a sample.

mod activation;
pub mod dump;
pub mod eval;
mod grid;
mod neuron;
mod ops;
pub(crate) mod order;
mod validate;

pub use activation::{Activation, Staircase};
pub use neuron::{Comparison, IntegerFormat, Neuron, Reset, ResetTiming, SynapticCurrent, TemporalMix};
pub use snnc_runtime::program::{Quantity, Reduce};

pub use grid::{Grid, WeightEncoding};
pub use ops::{AvgPool, BatchNorm, Conv2d, Divisor, Linear, MaxPool, Window};

/// Timesteps of a sample beyond which a graph is refused.
pub const MAX_TIMESTEPS: u32 = snnc_runtime::program::MAX_TIMESTEPS;

/// Index into [`Graph::nodes`].
pub type NodeId = usize;

/// A network: one timestep's dataflow, and how it is run over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Name of the model, for generated artefacts; any text.
    pub name: String,
    /// The dataflow, in execution order.
    pub nodes: Vec<Node>,
    /// The node whose output over time the readout reduces.
    pub output: NodeId,
    /// How the output over time becomes one score per class.
    pub readout: Readout,
    /// Timesteps of a sample, where the model says so (an unrolled graph does, a step graph does not).
    pub timesteps: Option<u32>,
}

/// One operation of a [`Graph`].
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name in the source model; every message about this node carries it.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Where its inputs come from, in the operation's order.
    pub sources: Vec<Source>,
    /// Shape of its output.
    pub shape: Shape,
    /// Names of the source model's nodes it was made of (empty where it is one node of the same name).
    pub origin: Vec<String>,
}

/// An input of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The node that gives it.
    pub node: NodeId,
    /// Timesteps between giving and taking; 0 is this timestep. Zero is taken before the first timestep.
    pub delay: u32,
}

impl Source {
    /// The output of `node` at this timestep.
    #[must_use]
    pub const fn now(node: NodeId) -> Self {
        Self { node, delay: 0 }
    }
}

/// Shape of a feature map without its batch axis, in the frameworks' order `[channels, height, width]`.
///
/// A vector of `n` features is `[n, 1, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Channels, or features of a vector.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// `[channels, height, width]`.
    #[must_use]
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// A vector of `features`.
    #[must_use]
    pub const fn vector(features: usize) -> Self {
        Self::new(features, 1, 1)
    }

    /// Its sizes in the order of other axes; `None` if `axes` is no permutation.
    #[must_use]
    pub fn permuted(&self, axes: [usize; 3]) -> Option<Self> {
        let sizes = [self.channels, self.height, self.width];
        let all = (0..3).all(|axis| axes.contains(&axis));
        all.then(|| Self::new(sizes[axes[0]], sizes[axes[1]], sizes[axes[2]]))
    }

    /// Elements. Cannot overflow in a validated graph.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether there is no element (never so in a validated graph).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions of a feature map: `height * width`.
    #[must_use]
    pub const fn positions(&self) -> usize {
        self.height * self.width
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if (self.height, self.width) == (1, 1) {
            write!(f, "[{}]", self.channels)
        } else {
            write!(f, "[{}, {}, {}]", self.channels, self.height, self.width)
        }
    }
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The sample. No sources.
    Input(Input),
    /// Fully connected synapses; flattens its one source, `[channels, height, width]` row-major.
    Linear(Linear),
    /// Convolution synapses.
    Conv2d(Conv2d),
    /// A scale and a shift per channel.
    BatchNorm(BatchNorm),
    /// Maximum over windows.
    MaxPool(MaxPool),
    /// Mean over windows.
    AvgPool(AvgPool),
    /// The same elements as a vector, row-major.
    Flatten,
    /// The same elements in the order of other axes: axis `i` of the output is axis `permute[i]` of the source.
    Permute([usize; 3]),
    /// The same elements, row-major, in the node's shape.
    Reshape,
    /// Product of two sources, `[channels, m, k]` and `[channels, k, n]`: of matrices, channel by channel (attention).
    MatMul,
    /// Elementwise sum of two or more sources of one shape (of currents: a join of projections).
    Add,
    /// What a network without spikes has in place of neurons; the ann-to-snn pass makes neurons of it.
    Activation(Activation),
    /// A population of neurons: currents in, spikes out.
    Neuron(Neuron),
}

impl Op {
    /// Name for messages and dumps.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Op::Input(_) => "Input",
            Op::Linear(_) => "Linear",
            Op::Conv2d(_) => "Conv2d",
            Op::BatchNorm(_) => "BatchNorm",
            Op::MaxPool(_) => "MaxPool",
            Op::AvgPool(_) => "AvgPool",
            Op::Flatten => "Flatten",
            Op::Permute(_) => "Permute",
            Op::Reshape => "Reshape",
            Op::MatMul => "MatMul",
            Op::Add => "Add",
            Op::Activation(_) => "Activation",
            Op::Neuron(_) => "Neuron",
        }
    }
}

/// What the network is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Whether a sample changes over time.
    pub timing: Timing,
    /// How its numbers reach the integer network.
    pub encoding: InputEncoding,
}

/// Whether something changes from timestep to timestep within a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// The same at every timestep of a sample: computed once.
    Constant,
    /// Another value each timestep.
    Sequence,
}

/// How input numbers reach the integer network. The float evaluator takes them as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputEncoding {
    /// Not chosen yet.
    Real,
    /// 0 or 1.
    Spikes,
    /// `value = scale * integer`; the integer in 0..=255 (8 bit unsigned), -128..=127 or -32768..=32767.
    Integer {
        /// Value of one LSB, above 0.
        scale: f32,
        /// 8 or 16.
        bits: u8,
        /// Two's complement; unsigned only with 8 bits.
        signed: bool,
    },
}

/// How the output over time becomes one score per class; the prediction is the highest score, ties to the lowest index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readout {
    /// What is looked at each timestep.
    pub quantity: Quantity,
    /// How the timesteps are reduced.
    pub reduce: Reduce,
    /// Factor on the reduced value in the framework's `forward()`: 1 for a sum, 1/T for a mean.
    pub scale: f32,
}

impl Graph {
    /// The node `id`.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// The input node's description and shape.
    ///
    /// # Panics
    /// If the graph has no input: [`Graph::validate`] rules this out.
    #[must_use]
    pub fn input(&self) -> (Input, Shape) {
        match self.nodes.first() {
            Some(Node { op: Op::Input(input), shape, .. }) => (*input, *shape),
            _ => panic!("a validated graph starts with its input"),
        }
    }

    /// Per node, whether its output is the same at every timestep of a sample: it depends on no neuron and no sequence.
    #[must_use]
    pub fn timing(&self) -> Vec<Timing> {
        let mut timing: Vec<Timing> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let constant = match &node.op {
                Op::Input(input) => input.timing == Timing::Constant,
                Op::Neuron(_) => false,
                _ => node.sources.iter().all(|s| s.delay == 0 && timing[s.node] == Timing::Constant),
            };
            timing.push(if constant { Timing::Constant } else { Timing::Sequence });
        }
        timing
    }

    /// Per node, the nodes that take its output (at any delay).
    #[must_use]
    pub fn consumers(&self) -> Vec<Vec<NodeId>> {
        let mut consumers = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            for source in &node.sources {
                consumers[source.node].push(id);
            }
        }
        consumers
    }
}
