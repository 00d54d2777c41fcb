//! The rewriting: every activation becomes neurons, and what their spikes stand for moves into the synapses behind.

use super::balance::Rate;
use super::carried::{Carried, diagonal};
use super::{MAX_COPIES, refuse};
use crate::error::AtNode;
use crate::ir::{Activation, Divisor, Graph, Neuron, Node, NodeId, Op, Reset, Shape, Source, Staircase, Window};
use crate::pass::PassError;

type Result<T> = std::result::Result<T, AtNode<PassError>>;

/// A converted graph, its readout still that of the network without spikes.
pub struct Converted {
    pub graph: Graph,
    /// Factor from what the output gives to what it stands for.
    pub gain: f32,
    /// Per node of the old graph, what stands for it.
    pub carried: Vec<Carried>,
}

/// Rewrites `graph`; `rates[node]` says how an activation becomes a rate, `None` that it is an exact staircase.
pub fn convert(graph: &Graph, rates: &[Option<Rate>]) -> Result<Converted> {
    let mut rewrite = Rewrite { graph, nodes: Vec::new(), carried: Vec::new() };
    for (id, node) in graph.nodes.iter().enumerate() {
        let carried = rewrite.node(node, rates[id].as_ref())?;
        rewrite.carried.push(carried);
    }
    let node = &graph.nodes[graph.output];
    let mut output = rewrite.carried[graph.output].clone();
    let uniform = |numbers: &[f32]| numbers.iter().all(|&n| n == numbers[0]);
    if output.copies > 1 || !uniform(&output.gain) || !uniform(&output.offset) || output.gain.iter().any(|&g| g <= 0.0)
    {
        output = rewrite.materialised(node, &output);
    }
    let gain = output.gain.first().copied().unwrap_or(1.0);
    let Rewrite { nodes, carried, .. } = rewrite;
    Ok(Converted { graph: Graph { nodes, output: output.node, ..graph.clone() }, gain, carried })
}

/// A maximum and a monotone activation change places: `max(f(x)) = f(max(x))`. Where `x` does not depend on time the
/// maximum is then taken of constant currents, and is right, which that of spikes is not.
pub fn pool_before_constant_activations(graph: &mut Graph) {
    let constant = |graph: &Graph, mut id: NodeId| loop {
        match (&graph.nodes[id].op, graph.nodes[id].sources.first()) {
            (Op::Activation(_), _) => break false,
            (_, Some(source)) if graph.nodes[id].sources.len() == 1 => id = source.node,
            (op, _) => break matches!(op, Op::Input(_)),
        }
    };
    for id in 0..graph.nodes.len() {
        let Some(&Source { node: source, .. }) = graph.nodes[id].sources.first() else { continue };
        let swaps = match (&graph.nodes[id].op, &graph.nodes[source].op) {
            (Op::MaxPool(_), Op::Activation(Activation::Relu { .. })) => {
                graph.consumers()[source].len() == 1 && constant(graph, graph.nodes[source].sources[0].node)
            }
            _ => false,
        };
        if swaps {
            let (pool, activation) = (graph.nodes[id].op.clone(), graph.nodes[source].op.clone());
            let shape = graph.nodes[id].shape;
            graph.nodes[source].op = pool;
            graph.nodes[source].shape = shape;
            graph.nodes[id].op = activation;
            let name = std::mem::take(&mut graph.nodes[id].name);
            graph.nodes[id].name = std::mem::replace(&mut graph.nodes[source].name, name);
            let origin = std::mem::take(&mut graph.nodes[id].origin);
            graph.nodes[id].origin = std::mem::replace(&mut graph.nodes[source].origin, origin);
        }
    }
}

struct Rewrite<'g> {
    graph: &'g Graph,
    nodes: Vec<Node>,
    carried: Vec<Carried>,
}

impl Rewrite<'_> {
    fn push(&mut self, like: &Node, op: Op, source: &[NodeId], shape: Shape) -> NodeId {
        let sources = source.iter().map(|&node| Source::now(node)).collect();
        self.nodes.push(Node { name: like.name.clone(), op, sources, shape, origin: like.origin.clone() });
        self.nodes.len() - 1
    }

    /// A node whose output is the value itself: a layer of one weight per channel where there is none yet.
    fn materialised(&mut self, like: &Node, carried: &Carried) -> Carried {
        if carried.is_plain() {
            return carried.clone();
        }
        let id = self.push(like, Op::Conv2d(diagonal(carried)), &[carried.node], carried.shape);
        let taken = |name: &str| self.graph.nodes.iter().any(|n| n.name == name);
        let mut name = format!("{}.value", self.nodes[id].name);
        while taken(&name) || self.nodes[..id].iter().any(|n| n.name == name) {
            name.push('\'');
        }
        self.nodes[id].name = name;
        Carried::plain(id, carried.shape)
    }

    fn node(&mut self, node: &Node, rate: Option<&Rate>) -> Result<Carried> {
        let Some(source) = node.sources.first() else {
            return Ok(Carried::plain(self.push(node, node.op.clone(), &[], node.shape), node.shape));
        };
        let from = self.carried[source.node].clone();
        // what a pool or a reshape gives has the copies of what it takes
        let widened = Shape { channels: node.shape.channels * from.copies, ..node.shape };
        match &node.op {
            Op::Input(_) | Op::Neuron(_) => Err(refuse(node, "a second input, or neurons", "this is a bug of snnc")),
            Op::Linear(linear) => {
                let op = Op::Linear(if from.is_plain() { linear.clone() } else { from.linear(linear) });
                Ok(Carried::plain(self.push(node, op, &[from.node], node.shape), node.shape))
            }
            Op::Conv2d(conv) => {
                let padded = conv.window.pad_begin != [0; 2] || conv.window.pad_end != [0; 2];
                if from.is_shifted() && padded {
                    return Err(refuse(
                        node,
                        "zero padding around activations whose lowest level is not 0",
                        "a silent neuron stands for the lowest level, padding for 0: train with levels from 0 up, or without padding",
                    ));
                }
                let op = Op::Conv2d(if from.is_plain() { conv.clone() } else { from.conv2d(conv) });
                Ok(Carried::plain(self.push(node, op, &[from.node], node.shape), node.shape))
            }
            Op::BatchNorm(norm) if from.shape == node.shape => Ok(from.affine(&norm.scale, &norm.shift)),
            Op::BatchNorm(norm) => {
                let flat = self.flattened(node, &from)?;
                Ok(flat.affine(&norm.scale, &norm.shift))
            }
            Op::MaxPool(_) => {
                let from = if from.gain.iter().any(|&g| g <= 0.0) { self.materialised(node, &from) } else { from };
                Ok(Carried { node: self.push(node, node.op.clone(), &[from.node], widened), shape: node.shape, ..from })
            }
            Op::AvgPool(pool) => {
                let padded = pool.window.pad_begin != [0; 2] || pool.window.pad_end != [0; 2];
                let whole = pool.divisor == Divisor::Inputs || pool.divisor == Divisor::Kernel && !padded;
                let from = if from.is_shifted() && !whole { self.materialised(node, &from) } else { from };
                Ok(Carried { node: self.push(node, node.op.clone(), &[from.node], widened), shape: node.shape, ..from })
            }
            Op::Flatten => {
                let shape = Shape::vector(node.shape.channels * from.copies);
                Ok(Carried { node: self.push(node, Op::Flatten, &[from.node], shape), ..from })
            }
            Op::Permute(_) | Op::Reshape | Op::MatMul => {
                let help = "networks of linear, convolution and pooling layers with activations are converted";
                Err(refuse(node, "a part of attention", help))
            }
            Op::Add => {
                let terms: Vec<Carried> = node.sources.iter().map(|s| self.carried[s.node].clone()).collect();
                let sources: Vec<NodeId> = terms.iter().map(|t| self.materialised(node, t).node).collect();
                Ok(Carried::plain(self.push(node, Op::Add, &sources, node.shape), node.shape))
            }
            Op::Activation(activation) => {
                let moved = match activation {
                    Activation::Staircase(staircase) if !from.is_plain() && from.copies == 1 && rate.is_none() => {
                        let channels = 0..node.shape.channels;
                        let gain: Vec<f32> = channels.clone().map(|c| from.gain_of(c)).collect();
                        let offset: Vec<f32> = channels.map(|c| from.offset_of(c)).collect();
                        staircase.after_affine(&gain, &offset).map(Activation::Staircase)
                    }
                    _ => None,
                };
                // thresholds take an affine map before them over exactly
                let (activation, from) = match &moved {
                    Some(moved) => (moved, Carried::plain(from.node, from.shape)),
                    None => (activation, from),
                };
                let direct = matches!(self.nodes[from.node].op, Op::Input(_)) && node.shape.positions() > 1;
                let from = match (from.is_plain(), direct) {
                    (true, false) => from,
                    (true, true) => {
                        // the input itself: synapses of weight 1 give it to the neurons as a current
                        let gain = vec![1.0; from.shape.channels];
                        self.forced(node, &Carried { gain, ..from })
                    }
                    (false, _) => self.materialised(node, &from),
                };
                match (rate, activation) {
                    (Some(rate), _) => Ok(self.rate(node, &from, rate)),
                    (None, Activation::Staircase(staircase)) => self.steps(node, &from, staircase),
                    (None, Activation::Relu { .. }) => {
                        Err(refuse(node, "an activation without a rate", "this is a bug of snnc"))
                    }
                }
            }
        }
    }

    /// A layer of one weight per channel, even of weight 1.
    fn forced(&mut self, like: &Node, carried: &Carried) -> Carried {
        let conv = Op::Conv2d(diagonal(carried));
        let id = self.push(like, conv, &[carried.node], carried.shape);
        self.nodes[id].name = format!("{}.current", like.name);
        Carried::plain(id, carried.shape)
    }

    /// What a reshaped map carries, per feature.
    fn flattened(&self, node: &Node, from: &Carried) -> Result<Carried> {
        if from.copies > 1 {
            let help = "put the batch norm before the reshape";
            return Err(refuse(node, "a batch norm behind a reshape of activations of several levels", help));
        }
        let positions = from.shape.positions();
        let each = |of: &dyn Fn(usize) -> f32| (0..node.shape.channels).map(|f| of(f / positions)).collect();
        let (gain, offset) = (each(&|c| from.gain_of(c)), each(&|c| from.offset_of(c)));
        Ok(Carried { node: from.node, shape: node.shape, gain, offset, copies: 1 })
    }

    /// Integrate-and-fire neurons whose rate is the activation.
    fn rate(&mut self, node: &Node, from: &Carried, rate: &Rate) -> Carried {
        let neuron =
            Neuron { threshold: rate.first.clone(), reset: Reset::Subtract(rate.charge.clone()), ..Neuron::default() };
        let id = self.push(node, Op::Neuron(neuron), &[from.node], node.shape);
        Carried { node: id, shape: node.shape, gain: rate.gain.clone(), offset: rate.offset.clone(), copies: 1 }
    }

    /// Neurons without state, one per step.
    fn steps(&mut self, node: &Node, from: &Carried, staircase: &Staircase) -> Result<Carried> {
        let (channels, steps) = (node.shape.channels, staircase.steps);
        if steps > MAX_COPIES {
            let found = format!("a staircase of {steps} steps; at most {MAX_COPIES} become neurons");
            return Err(refuse(node, found, "give --timesteps T to code it as a rate"));
        }
        let (mut gain, mut offset) = (Vec::with_capacity(channels), Vec::with_capacity(channels));
        for channel in 0..channels {
            let levels = staircase.levels(channel);
            let rise = (levels[steps] - levels[0]) / steps as f32;
            let even = (0..=steps).all(|n| (levels[n] - levels[0] - rise * n as f32).abs() <= 1e-6 * rise.abs());
            if !even {
                let found = format!("a staircase with levels {levels:?}, which are not evenly spaced");
                return Err(refuse(node, found, "quantize the activations uniformly"));
            }
            gain.push(rise);
            offset.push(levels[0]);
        }
        // the bias of the layer before belongs to the thresholds: integers are then compared with integers
        let own = node.sources[0].node;
        let shared = self.graph.consumers()[own].len() > 1 || self.graph.output == own;
        let alone = !shared || self.carried.iter().all(|carried| carried.node != from.node);
        let bias = match &mut self.nodes[from.node].op {
            Op::Linear(linear) if alone => std::mem::replace(&mut linear.bias, vec![0.0; channels]),
            Op::Conv2d(conv) if alone => std::mem::replace(&mut conv.bias, vec![0.0; channels]),
            _ => vec![0.0; channels],
        };
        let source = match steps {
            1 => from.node,
            _ => self.repeated(node, from, steps, alone),
        };
        let threshold = (0..channels).flat_map(|c| {
            let bias = f64::from(bias[c]);
            staircase.thresholds(c).iter().map(move |&t| (f64::from(t) - bias) as f32).collect::<Vec<_>>()
        });
        let neuron =
            Neuron { beta: vec![0.0], threshold: threshold.collect(), reset: Reset::None, ..Neuron::default() };
        let shape = Shape { channels: channels * steps, ..node.shape };
        let id = self.push(node, Op::Neuron(neuron), &[source], shape);
        Ok(Carried { node: id, shape: node.shape, gain, offset, copies: steps })
    }

    /// The synapses before a staircase, each output `steps` times.
    fn repeated(&mut self, node: &Node, from: &Carried, steps: usize, alone: bool) -> NodeId {
        let rows = |weight: &[f32], channels: usize| -> Vec<f32> {
            weight.chunks(weight.len() / channels).flat_map(|row| row.repeat(steps)).collect()
        };
        let each = |numbers: &[f32]| numbers.iter().flat_map(|&n| std::iter::repeat_n(n, steps)).collect::<Vec<_>>();
        let mut copy = self.nodes[from.node].clone();
        match &mut copy.op {
            Op::Linear(linear) => {
                linear.weight = rows(&linear.weight, linear.fan_out);
                linear.bias = each(&linear.bias);
                linear.fan_out *= steps;
            }
            Op::Conv2d(conv) => {
                conv.weight = rows(&conv.weight, conv.channels_out);
                conv.bias = each(&conv.bias);
                conv.channels_out *= steps;
            }
            _ => {
                // one weight per copy
                let conv = crate::ir::Conv2d {
                    channels_in: from.shape.channels,
                    channels_out: from.shape.channels * steps,
                    window: Window::new([1; 2], [1; 2]),
                    groups: from.shape.channels,
                    weight: vec![1.0; from.shape.channels * steps],
                    bias: vec![0.0; from.shape.channels * steps],
                    grid: None,
                };
                let shape = Shape { channels: from.shape.channels * steps, ..from.shape };
                let id = self.push(node, Op::Conv2d(conv), &[from.node], shape);
                self.nodes[id].name = format!("{}.steps", node.name);
                return id;
            }
        }
        copy.shape.channels *= steps;
        if !alone {
            copy.name = format!("{}.{}", copy.name, node.name);
            self.nodes.push(copy);
            return self.nodes.len() - 1;
        }
        self.nodes[from.node] = copy; // nothing else reads it: it is widened where it stands
        from.node
    }
}
