//! Networks without spikes: a dataflow from one input to one output, whose neurons are activations.
//!
//! Values between layers are gathered into functions of one signal ([`scalar`](super::scalar)), so that an activation is known by
//! what it computes. A head that does not change which class is first (softmax, arg max) is left out.

use std::collections::HashSet;

use super::import::Imported;
use super::net::{Def, Head, ValueId, window};
use super::populations::{at_value, name_of};
use super::scalar::{Function, Line, Tape, is_activation, is_scalar};
use super::signals::live;
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, Loaded, NodeError};
use crate::ir::{
    Activation, AvgPool, BatchNorm, Conv2d, Divisor, Graph, Input, InputEncoding, Linear, MaxPool, Node, NodeId, Op,
    Quantity, Readout, Reduce, Shape, Source, Timing,
};

type Result<T> = std::result::Result<T, AtNode<NodeError>>;

/// Whether a file holds such a network: one input, activations, and nothing that compares as a spiking neuron does.
pub fn is_one(file: &Imported) -> bool {
    let outputs: Vec<ValueId> = file.outputs.iter().map(|(_, id)| *id).collect();
    let live = live(&file.net, &outputs);
    let mut defs = file.net.values.iter().zip(&live).filter(|(_, live)| **live).map(|(value, _)| &value.def);
    let spiking = |def: &Def| matches!(def, Def::Greater { .. } | Def::Equal(..) | Def::Where(..) | Def::Not(_));
    file.inputs.len() == 1 && defs.clone().any(is_activation) && !defs.any(spiking)
}

/// The graph of the network in `file`.
///
/// # Errors
/// An operation that is neither a layer nor an activation, with its node.
pub fn graph(file: &Imported, name: &str) -> std::result::Result<Loaded, FrontendError> {
    let mut warnings = Vec::new();
    let output = logits(file, &mut warnings)?;
    if let Some(axis) = file.inputs[0].open_axes.iter().find(|axis| **axis != 0) {
        let found = format!("axis {axis} of the input has no fixed size; only the batch axis (0) may be open");
        return Err(at(&file.inputs[0].name, "input", invalid(found, "export the model with fixed sizes")).into());
    }
    let roots = roots(file);
    let mut builder = Builder {
        file,
        roots: &roots,
        nodes: Vec::new(),
        of: vec![None; file.net.values.len()],
        names: HashSet::new(),
    };
    let needed = needed(file, &roots, output);
    for id in (0..=output).filter(|&id| needed[id]) {
        builder.of[id] = Some(builder.value(id)?);
    }
    let Some(node) = builder.of[output] else {
        let (name, id) = &file.outputs[0];
        let _ = id;
        return Err(at(name, "output", invalid("an output that is constant".into(), "export the model again")).into());
    };
    let readout = Readout { quantity: Quantity::Current, reduce: Reduce::Last, scale: 1.0 };
    let name = name.strip_suffix(".onnx").unwrap_or(name).into();
    let graph = Graph { name, nodes: builder.nodes, output: node, readout, timesteps: None };
    Ok(Loaded { graph, warnings })
}

/// The value behind the heads of the first output that has one class each.
fn logits(file: &Imported, warnings: &mut Vec<String>) -> Result<ValueId> {
    let mut output = file.outputs[0].1;
    loop {
        match file.net.values[output].def {
            Def::Head { x, head, .. } => {
                let (node, op) = name_of(file, output);
                let kind = match head {
                    Head::Softmax | Head::LogSoftmax => "does not change which class is first",
                    Head::Hardmax | Head::ArgMax => "chooses the class, as the readout does",
                };
                warnings.push(format!("node `{node}` ({op}) is left out: it {kind}; scores are what it was given"));
                output = x;
            }
            // a reshape of a head's result
            Def::Reshape(x) if matches!(file.net.values[x].def, Def::Head { .. }) => output = x,
            _ => return Ok(output),
        }
    }
}

/// The shape of a value without its batch axis.
fn shape(file: &Imported, id: ValueId) -> Result<Shape> {
    match file.net.dims(id) {
        &[n] | &[1, n] => Ok(Shape::vector(n)),
        &[1, channels, width] => Ok(Shape::new(channels, 1, width)),
        &[1, channels, height, width] => Ok(Shape::new(channels, height, width)),
        dims => {
            let help = "export the model with a batch of one sample; signals have up to two spatial axes";
            Err(at_value(file, id, invalid(format!("a signal of shape {dims:?}"), help)))
        }
    }
}

/// Per value, the signal that it is a function of, element by element; itself where there is none.
fn roots(file: &Imported) -> Vec<ValueId> {
    let net = &file.net;
    let mut roots: Vec<ValueId> = Vec::with_capacity(net.values.len());
    for id in 0..net.values.len() {
        let same_shape = |x: ValueId| match (shape(file, x), shape(file, id)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        };
        let def = &net.values[id].def;
        let root = match def {
            Def::Reshape(x) if same_shape(*x) => Some(roots[*x]),
            _ if is_scalar(def) => {
                let mut signals = def.operands();
                signals.retain(|&x| net.as_constant(x).is_none());
                let root = signals.first().map(|&x| roots[x]);
                root.filter(|&root| same_shape(root) && signals.iter().all(|&x| roots[x] == root))
            }
            _ => None,
        };
        roots.push(root.unwrap_or(id));
    }
    roots
}

/// What layer `id` reads, reshapes left out where the layer flattens anyway.
fn source(file: &Imported, id: ValueId) -> Vec<ValueId> {
    let net = &file.net;
    match &net.values[id].def {
        Def::Linear { x, .. } => {
            let mut x = *x;
            while let Def::Reshape(inner) | Def::Permute { x: inner, .. } = net.values[x].def {
                x = inner;
            }
            vec![x]
        }
        def => def.operands().into_iter().filter(|&x| net.as_constant(x).is_none()).collect(),
    }
}

/// Per value, whether it becomes a node, or nodes.
fn needed(file: &Imported, roots: &[ValueId], output: ValueId) -> Vec<bool> {
    let mut needed = vec![false; file.net.values.len()];
    needed[output] = true;
    for id in (0..=output).rev().filter(|&id| file.net.as_constant(id).is_none()) {
        if needed[id] {
            match roots[id] == id {
                true => source(file, id).into_iter().for_each(|x| needed[x] = true),
                false => needed[roots[id]] = true,
            }
        }
    }
    needed
}

struct Builder<'a> {
    file: &'a Imported,
    roots: &'a [ValueId],
    nodes: Vec<Node>,
    of: Vec<Option<NodeId>>,
    names: HashSet<String>,
}

const LAYERS: &str = "a network without spikes is layers (Conv, Gemm, MatMul), pools, sums and activations that quantize or \
                      rectify: see the table of supported operations in the README";

impl Builder<'_> {
    fn push(&mut self, name: &str, op: Op, sources: &[NodeId], shape: Shape, origin: Vec<String>) -> NodeId {
        let base = if name.is_empty() { op.kind().to_lowercase() } else { name.to_string() };
        let mut unique = base.clone();
        let mut number = 2;
        while !self.names.insert(unique.clone()) {
            unique = format!("{base}.{number}");
            number += 1;
        }
        let origin = if origin.len() == 1 && origin[0] == unique { vec![] } else { origin };
        let sources = sources.iter().map(|&node| Source::now(node)).collect();
        self.nodes.push(Node { name: unique, op, sources, shape, origin });
        self.nodes.len() - 1
    }

    fn refuse<T>(&self, id: ValueId, found: impl Into<String>, help: &str) -> Result<T> {
        Err(at_value(self.file, id, invalid(found.into(), help)))
    }

    fn node_of(&self, user: ValueId, x: ValueId) -> Result<NodeId> {
        match self.of[x] {
            Some(node) => Ok(node),
            None => self.refuse(user, "takes a constant where a signal is expected", LAYERS),
        }
    }

    /// The nodes of value `id`; what it reads has its own.
    fn value(&mut self, id: ValueId) -> Result<NodeId> {
        let root = self.roots[id];
        if root != id {
            return self.function(id, root);
        }
        let (name, op) = name_of(self.file, id);
        let def = self.file.net.values[id].def.clone();
        let shape = shape(self.file, id)?;
        let sources = source(self.file, id);
        let from = |this: &Self| match sources.first() {
            Some(&x) => this.node_of(id, x),
            None => this.refuse(id, "takes no signal", LAYERS),
        };
        let origin = self.origin(&[id]);
        let constant = |c: usize| self.file.net.constants[c].to_f32();
        match def {
            Def::Input(_) => {
                let input = Input { timing: Timing::Constant, encoding: InputEncoding::Real };
                Ok(self.push(&self.file.inputs[0].name.clone(), Op::Input(input), &[], shape, vec![]))
            }
            Def::Linear { x, weight, transposed, bias } => {
                let linear = self.linear(id, x, weight, transposed, bias)?;
                let from = from(self)?;
                if linear.fan_in != self.nodes[from].shape.len() || linear.fan_out != shape.len() {
                    return self.refuse(id, "a layer of several rows", "attention and sequences are not supported");
                }
                Ok(self.push(&name, Op::Linear(linear), &[from], Shape::vector(shape.len()), origin))
            }
            Def::Conv { weight, bias, window: taps, groups, .. } => {
                let dims = self.file.net.constants[weight].dims.clone();
                let conv = Conv2d {
                    channels_in: dims[1] * groups,
                    channels_out: dims[0],
                    window: window(taps),
                    groups,
                    weight: constant(weight),
                    bias: bias.map_or_else(|| vec![0.0; dims[0]], constant),
                    grid: None,
                };
                let from = from(self)?;
                Ok(self.push(&name, Op::Conv2d(conv), &[from], shape, origin))
            }
            Def::MaxPool { window: taps, .. } => {
                let from = from(self)?;
                Ok(self.push(&name, Op::MaxPool(MaxPool { window: window(taps) }), &[from], shape, origin))
            }
            Def::AvgPool { window: taps, count_include_pad, .. } => {
                let divisor = if count_include_pad { Divisor::Kernel } else { Divisor::Inputs };
                let from = from(self)?;
                Ok(self.push(&name, Op::AvgPool(AvgPool { window: window(taps), divisor }), &[from], shape, origin))
            }
            Def::Reshape(_) => self.reshape(id, from(self)?, shape),
            Def::Add(a, b) | Def::Sub(a, b) if sources.len() == 2 => {
                let (left, mut right) = (self.node_of(id, a)?, self.node_of(id, b)?);
                if self.nodes[left].shape != shape || self.nodes[right].shape != shape {
                    return self.refuse(
                        id,
                        "a sum of signals of different shapes",
                        "signals that are added have one shape",
                    );
                }
                if matches!(def, Def::Sub(..)) {
                    right = self.affine(&name, right, vec![-1.0; shape.channels], vec![0.0; shape.channels]);
                }
                Ok(self.push(&name, Op::Add, &[left, right], shape, origin))
            }
            _ if is_scalar(&def) => {
                let found = "an operation on a signal with constants that differ within a channel, or of two signals";
                self.refuse(id, found, LAYERS)
            }
            _ => self.refuse(id, format!("`{op}` between the layers of a network without spikes"), LAYERS),
        }
    }

    fn linear(&self, id: ValueId, x: ValueId, weight: usize, transposed: bool, bias: Option<usize>) -> Result<Linear> {
        let tensor = &self.file.net.constants[weight];
        let (fan_out, fan_in) = (tensor.dims[usize::from(transposed)], tensor.dims[usize::from(!transposed)]);
        let given = tensor.to_f32();
        // inputs as the layer counts them, in the order in which its source does
        let order = self.order(id, x)?;
        if order.len() != fan_in {
            return self.refuse(id, "a layer of several rows", "attention and sequences are not supported");
        }
        let mut weights = vec![0.0; fan_in * fan_out];
        for (input, &from) in order.iter().enumerate() {
            for out in 0..fan_out {
                let at = if transposed { input * fan_out + out } else { out * fan_in + input };
                weights[out * fan_in + from] = given[at];
            }
        }
        let bias = bias.map_or_else(|| vec![0.0; fan_out], |c| self.file.net.constants[c].to_f32());
        Ok(Linear { fan_in, fan_out, weight: weights, bias, grid: None })
    }

    /// Element `i` of `x` is element `order[i]` of the signal behind its reshapes and permutations of axes.
    fn order(&self, id: ValueId, x: ValueId) -> Result<Vec<usize>> {
        let net = &self.file.net;
        let mut chain = Vec::new();
        let mut at = x;
        while let Def::Reshape(inner) | Def::Permute { x: inner, .. } = net.values[at].def {
            chain.push(at);
            at = inner;
        }
        let mut order: Vec<usize> = (0..net.dims(at).iter().product()).collect();
        for &step in chain.iter().rev() {
            let Def::Permute { x: inner, perm } = &net.values[step].def else { continue };
            let (from, to) = (net.dims(*inner), net.dims(step));
            if perm.len() != from.len() || to.len() != from.len() {
                return self.refuse(id, "a permutation of other axes", "export the model again");
            }
            let stride = |dims: &[usize], axis: usize| dims[axis + 1..].iter().product::<usize>();
            order = (0..order.len())
                .map(|i| {
                    let of = |axis: usize| i / stride(to, axis) % to[axis] * stride(from, perm[axis]);
                    order[(0..to.len()).map(of).sum::<usize>()]
                })
                .collect();
        }
        Ok(order)
    }

    fn reshape(&mut self, id: ValueId, from: NodeId, to: Shape) -> Result<NodeId> {
        let shape = self.nodes[from].shape;
        if shape == to {
            return Ok(from);
        }
        let (name, _) = name_of(self.file, id);
        if to == Shape::vector(shape.len()) {
            return Ok(self.push(&name, Op::Flatten, &[from], to, vec![]));
        }
        let Node { op, sources, .. } = &self.nodes[from];
        if let Op::Input(_) = op
            && sources.is_empty()
            && shape.len() == to.len()
            && self.nodes.len() == 1
        {
            self.nodes[0].shape = to; // the sample as the network sees it
            return Ok(from);
        }
        self.refuse(
            id,
            format!("a reshape of {shape} to {to}"),
            "snnc keeps feature maps whole and in the order [channels, height, width]",
        )
    }

    fn affine(&mut self, name: &str, from: NodeId, scale: Vec<f32>, shift: Vec<f32>) -> NodeId {
        if scale.iter().all(|&s| s == 1.0) && shift.iter().all(|&s| s == 0.0) {
            return from;
        }
        let shape = self.nodes[from].shape;
        self.push(name, Op::BatchNorm(BatchNorm { scale, shift }), &[from], shape, vec![])
    }

    /// Value `id` as a function of `root`.
    fn function(&mut self, id: ValueId, root: ValueId) -> Result<NodeId> {
        let net = &self.file.net;
        let mut members = vec![id];
        let mut seen = HashSet::from([id]);
        let mut next = 0;
        while let Some(&member) = members.get(next) {
            next += 1;
            for x in net.values[member].def.operands() {
                if x != root && net.as_constant(x).is_none() && seen.insert(x) {
                    members.push(x);
                }
            }
        }
        members.sort_unstable();
        let (name, _) = name_of(self.file, id);
        let Some(tape) = Tape::new(net, root, &members) else {
            let found = "a constant that differs within a channel";
            return self.refuse(id, found, "constants that act on signals are one number, or one per channel");
        };
        let from = self.node_of(id, root)?;
        let shape = self.nodes[from].shape;
        let origin = self.origin(&members);
        match tape.function() {
            Err(found) => self.refuse(id, found, LAYERS),
            Ok(Function::Line(lines)) => self.line(id, &name, from, &lines, origin),
            Ok(Function::Staircase(staircase)) => {
                // a step function of every element is that of a reshaped map, before the reshape
                let one =
                    staircase.thresholds.len() == staircase.steps && staircase.levels.len() == staircase.steps + 1;
                let activation = Op::Activation(Activation::Staircase(staircase));
                match (&self.nodes[from].op, self.nodes[from].sources.first()) {
                    (Op::Flatten, Some(&Source { node: map, .. })) if one => {
                        let act = self.push(&name, activation, &[map], self.nodes[map].shape, origin);
                        let flat = format!("{name}.flat");
                        Ok(self.push(&flat, Op::Flatten, &[act], shape, vec![]))
                    }
                    _ => Ok(self.push(&name, activation, &[from], shape, origin)),
                }
            }
        }
    }

    /// A clipped line: a ReLU between two maps of one scale and shift per channel.
    fn line(&mut self, id: ValueId, name: &str, from: NodeId, lines: &[Line], origin: Vec<String>) -> Result<NodeId> {
        let channels = self.nodes[from].shape.channels;
        let line = |channel: usize| if lines.len() == 1 { lines[0] } else { lines[channel] };
        let each = |of: &dyn Fn(Line) -> f64| (0..channels).map(|c| of(line(c)) as f32).collect::<Vec<_>>();
        let all = |is: &dyn Fn(&Line) -> bool| lines.iter().all(is);
        let floor = |l: &Line| l.low > f64::NEG_INFINITY;
        let ceiling = |l: &Line| l.high < f64::INFINITY;
        if all(&|l| !floor(l) && !ceiling(l)) {
            return Ok(self.affine(name, from, each(&|l| l.slope), each(&|l| l.shift)));
        }
        let help = "an activation clips every channel at the same ends, the lower below the upper";
        if !all(&|l| l.slope != 0.0 && l.low < l.high) {
            return self.refuse(id, "an activation that is constant", help);
        }
        let shape = self.nodes[from].shape;
        if all(&floor) && (all(&ceiling) || all(&|l| !ceiling(l))) {
            let before = self.affine(&format!("{name}.in"), from, each(&|l| l.slope), each(&|l| l.shift - l.low));
            let ceiling = all(&ceiling).then(|| match lines {
                [one] => vec![(one.high - one.low) as f32],
                _ => each(&|l| l.high - l.low),
            });
            let relu = Op::Activation(Activation::Relu { ceiling });
            let node = self.push(name, relu, &[before], shape, origin);
            return Ok(self.affine(&format!("{name}.out"), node, vec![1.0; channels], each(&|l| l.low)));
        }
        if all(&|l| !floor(l)) && all(&ceiling) {
            // min(x, high) = high - max(high - x, 0)
            let before = self.affine(&format!("{name}.in"), from, each(&|l| -l.slope), each(&|l| l.high - l.shift));
            let relu = Op::Activation(Activation::Relu { ceiling: None });
            let node = self.push(name, relu, &[before], shape, origin);
            return Ok(self.affine(&format!("{name}.out"), node, vec![-1.0; channels], each(&|l| l.high)));
        }
        self.refuse(id, "an activation that clips some channels and not others", help)
    }

    /// Names of the ONNX nodes of `values`.
    fn origin(&self, values: &[ValueId]) -> Vec<String> {
        let nodes: std::collections::BTreeSet<usize> =
            values.iter().flat_map(|&id| self.file.net.values[id].nodes.iter().copied()).collect();
        nodes.into_iter().map(|node| self.file.node_names[node].clone()).collect()
    }
}
