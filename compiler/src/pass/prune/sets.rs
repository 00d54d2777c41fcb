//! Which channels belong together, and what keeps a channel where it is.

use std::fmt;

use serde::Serialize;

use crate::ir::{Conv2d, Graph, NodeId, Op, Shape};

/// Why a layer keeps all of its channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The readout looks at them: they are the classes.
    Readout,
    /// They are added to the input's, which the user gives.
    Input,
    /// A channel of each layer stays.
    OneChannel,
    /// Nothing spikes that could say what they are worth.
    NoNeurons,
    /// An activation instead of neurons.
    Activation {
        /// Its name.
        node: String,
    },
    /// Neurons for which it matters who else there is.
    Inhibition {
        /// Their name.
        node: String,
    },
    /// A convolution in groups of several channels.
    Groups {
        /// Its name.
        node: String,
    },
    /// An operation that puts elements of several channels into one.
    Order {
        /// Its name.
        node: String,
        /// Its operation.
        op: &'static str,
    },
    /// A sum of sources whose elements belong to channels in different ways.
    Join {
        /// Its name.
        node: String,
    },
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Readout => f.write_str("the readout looks at its channels"),
            Kept::Input => f.write_str("its channels are added to the input's"),
            Kept::OneChannel => f.write_str("it has one channel"),
            Kept::NoNeurons => f.write_str("its currents reach no neurons"),
            Kept::Activation { node } => write!(f, "its currents reach the activation `{node}`, not neurons"),
            Kept::Inhibition { node } => write!(f, "the neurons `{node}` inhibit each other across channels"),
            Kept::Groups { node } => write!(f, "`{node}` is a convolution in groups of several channels"),
            Kept::Order { node, op } => write!(f, "`{node}` ({op}) does not keep its channels apart"),
            Kept::Join { node } => write!(f, "`{node}` adds channels that are laid out differently"),
        }
    }
}

/// Channels that go together: channel `c` of every node of the set, or of none.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub channels: usize,
    /// In ascending order.
    pub nodes: Vec<NodeId>,
    /// What keeps all of them.
    pub kept: Option<Kept>,
}

/// The set of a node's output, and how its elements belong to the set's channels: `block` elements in a row each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub set: usize,
    pub block: usize,
}

impl Layout {
    /// Channels of the node's shape that are one channel of the set: several behind a flattened map.
    pub fn channels_each(&self, shape: Shape) -> usize {
        self.block / shape.positions()
    }
}

/// The sets of a graph.
pub(super) struct Sets {
    /// Sets that another took in are empty.
    pub sets: Vec<Set>,
    /// One per node.
    pub layouts: Vec<Layout>,
}

impl Sets {
    /// Follows channels from the layers that make them through all that keeps them apart.
    pub fn of(graph: &Graph) -> Self {
        let mut found = Found { graph, sets: Vec::new(), layouts: vec![None; graph.nodes.len()] };
        for id in 0..graph.nodes.len() {
            found.start(id);
        }
        // more than once where a delay looks forward
        let mut moved = true;
        while moved {
            moved = false;
            for id in 0..graph.nodes.len() {
                moved |= found.follow(id);
            }
        }
        for id in 0..graph.nodes.len() {
            if found.layouts[id].is_none() {
                found.fresh(id, None); // a loop of neurons that nothing feeds
            }
        }
        (0..graph.nodes.len()).for_each(|id| found.join(id));
        (0..graph.nodes.len()).for_each(|id| found.keep(id));
        let mut sets = found.sets;
        let layouts: Vec<Layout> = found.layouts.into_iter().flatten().collect();
        for (id, layout) in layouts.iter().enumerate() {
            sets[layout.set].nodes.push(id);
        }
        for set in &mut sets {
            let spikes = set.nodes.iter().any(|&id| matches!(graph.nodes[id].op, Op::Neuron(_)));
            let alone = (set.channels == 1).then_some(Kept::OneChannel);
            set.kept = set.kept.take().or(alone).or((!spikes).then_some(Kept::NoNeurons));
        }
        Self { sets, layouts }
    }

    /// The set whose channels a layer makes.
    pub fn of_node(&self, id: NodeId) -> &Set {
        &self.sets[self.layouts[id].set]
    }
}

/// Whether each output channel of a convolution comes from the input channel of the same number alone.
pub(super) fn is_depthwise(conv: &Conv2d) -> bool {
    conv.groups > 1 && conv.groups == conv.channels_in && conv.groups == conv.channels_out
}

/// What is known so far.
struct Found<'g> {
    graph: &'g Graph,
    sets: Vec<Set>,
    layouts: Vec<Option<Layout>>,
}

impl Found<'_> {
    /// Gives a node a set of its own, a channel of its shape each.
    fn fresh(&mut self, id: NodeId, kept: Option<Kept>) {
        let shape = self.graph.nodes[id].shape;
        self.layouts[id] = Some(Layout { set: self.sets.len(), block: shape.positions() });
        self.sets.push(Set { channels: shape.channels, nodes: Vec::new(), kept });
    }

    /// Nodes that make channels of their own.
    fn start(&mut self, id: NodeId) {
        let node = &self.graph.nodes[id];
        match &node.op {
            Op::Input(_) => self.fresh(id, Some(Kept::Input)),
            Op::Linear(_) => self.fresh(id, None),
            Op::Conv2d(conv) if is_depthwise(conv) => {}
            Op::Conv2d(conv) if conv.groups > 1 => self.fresh(id, Some(Kept::Groups { node: node.name.clone() })),
            Op::Conv2d(_) => self.fresh(id, None),
            Op::Permute(_) | Op::MatMul => self.fresh(id, Some(self.mixes(id))),
            Op::BatchNorm(_) | Op::MaxPool(_) | Op::AvgPool(_) | Op::Flatten | Op::Reshape => {}
            Op::Add | Op::Activation(_) | Op::Neuron(_) => {}
        }
    }

    /// Takes the channels of a source over, if one is known; whether that is new.
    fn follow(&mut self, id: NodeId) -> bool {
        if self.layouts[id].is_some() {
            return false;
        }
        let node = &self.graph.nodes[id];
        let known = node.sources.iter().find_map(|s| Some((self.layouts[s.node]?, self.graph.nodes[s.node].shape)));
        let Some((from, shape)) = known else { return false };
        let block = match node.op {
            Op::Flatten | Op::Reshape => from.block,
            _ => from.channels_each(shape) * node.shape.positions(),
        };
        match block % node.shape.positions() {
            0 => self.layouts[id] = Some(Layout { set: from.set, block }),
            _ => self.fresh(id, Some(self.mixes(id))),
        }
        true
    }

    /// Makes one set of what a sum adds.
    fn join(&mut self, id: NodeId) {
        let node = &self.graph.nodes[id];
        if !matches!(node.op, Op::Add) {
            return;
        }
        for source in &node.sources {
            let (Some(sum), Some(term)) = (self.layouts[id], self.layouts[source.node]) else { continue };
            if sum.block == term.block {
                let kept = self.sets[term.set].kept.take();
                self.sets[sum.set].kept = self.sets[sum.set].kept.take().or(kept);
                self.layouts.iter_mut().flatten().filter(|l| l.set == term.set).for_each(|l| l.set = sum.set);
            } else {
                self.pin(sum.set, || Kept::Join { node: node.name.clone() });
                self.pin(term.set, || Kept::Join { node: node.name.clone() });
            }
        }
    }

    /// Keeps the sets of which a node needs every channel.
    fn keep(&mut self, id: NodeId) {
        let node = &self.graph.nodes[id];
        let Some(own) = self.layouts[id].map(|layout| layout.set) else { return };
        if id == self.graph.output {
            self.pin(own, || Kept::Readout);
        }
        let sources: Vec<usize> = node.sources.iter().filter_map(|s| Some(self.layouts[s.node]?.set)).collect();
        let name = || node.name.clone();
        match &node.op {
            Op::Activation(_) => self.pin(own, || Kept::Activation { node: name() }),
            Op::Neuron(neuron) if neuron.inhibition => self.pin(own, || Kept::Inhibition { node: name() }),
            Op::Conv2d(conv) if conv.groups > 1 && !is_depthwise(conv) => {
                self.pin(sources[0], || Kept::Groups { node: name() });
            }
            Op::Permute(_) | Op::MatMul => {
                let why = self.mixes(id);
                sources.iter().for_each(|&set| self.pin(set, || why.clone()));
            }
            Op::Reshape if sources[0] != own => {
                let why = self.mixes(id);
                self.pin(sources[0], || why);
            }
            Op::Input(_) | Op::Linear(_) | Op::Conv2d(_) | Op::BatchNorm(_) | Op::MaxPool(_) => {}
            Op::AvgPool(_) | Op::Flatten | Op::Reshape | Op::Add | Op::Neuron(_) => {}
        }
    }

    fn pin(&mut self, set: usize, why: impl FnOnce() -> Kept) {
        self.sets[set].kept.get_or_insert_with(why);
    }

    fn mixes(&self, id: NodeId) -> Kept {
        let node = &self.graph.nodes[id];
        Kept::Order { node: node.name.clone(), op: node.op.kind() }
    }
}
