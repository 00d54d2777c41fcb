//! A flat NIR graph as [`Graph`]: delays on edges, shapes inferred from the input on, neurons in the normal form.

use std::collections::{BTreeSet, HashSet};

use super::hdf5::{Array, Values};
use super::inline::{Flat, FlatNode};
use super::neuron::{self, per_channel};
use super::order::{Edge, order};
use super::parse::{Conv, NirNode, NirOp, Notes};
use super::reading::{NirOptions, Reading, noted_readout, of_neuron};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};
use crate::ir::{
    AvgPool, BatchNorm, Comparison, Conv2d, Graph, Input, InputEncoding, Linear, Neuron, Node, NodeId, Op, Quantity,
    Readout, Reduce, Reset, Shape, Source, Timing, Window,
};

/// Timesteps of a delay, at most.
const MAX_DELAY: u32 = 255;

/// Edges of the graph that runs, at most: passing by ports multiplies them.
const MAX_EDGES: usize = 1 << 18;

/// Elements of a feature map, at most.
const MAX_ELEMENTS: usize = 1 << 28;

type Result<T> = std::result::Result<T, AtNode<NodeError>>;

/// Builds the graph; the caller validates it.
///
/// # Errors
/// The first node that makes no layer.
pub fn graph(
    mut flat: Flat,
    reading: &Reading,
    options: &NirOptions,
    name: &str,
    warnings: &mut Vec<String>,
) -> std::result::Result<Graph, FrontendError> {
    let mut edges: Vec<Edge> = flat.edges.iter().map(|&(from, to)| Edge { from, to, delay: 0 }).collect();
    pass_by_delays_and_ports(&mut flat, &mut edges, reading)?;
    drop_unused(&flat, &mut edges, warnings)?;
    let stateful: Vec<bool> =
        flat.nodes.iter().map(|n| matches!(n.node.op, NirOp::Cell(_) | NirOp::Input(_))).collect();
    let order = order(flat.nodes.len(), flat.input, &mut edges, &stateful).map_err(|node| {
        flat.nodes[node].error(
            "is part of a cycle without a neuron",
            "a loop needs a neuron (or leave the loop out): nothing else keeps a state from timestep to timestep",
        )
    })?;
    let mut into = vec![Vec::new(); flat.nodes.len()];
    for edge in &edges {
        into[edge.to].push(*edge);
    }
    let shapes = shapes(&flat, &into, &order.walk)?;
    let mut builder = Builder {
        flat: &flat,
        into,
        shapes,
        reading,
        options,
        nodes: Vec::new(),
        ids: vec![None; flat.nodes.len()],
        waiting: Vec::new(),
        names: flat.nodes.iter().map(|n| n.name.clone()).collect(),
        readout: Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
    };
    for &node in order.run.iter().filter(|&&node| node != flat.output) {
        builder.add(node, &edges, warnings)?;
    }
    let output = builder.output()?;
    for (node, slot, from) in std::mem::take(&mut builder.waiting) {
        builder.nodes[node].sources[slot].node = builder.ids[from].unwrap_or(0);
    }
    let Builder { nodes, readout, .. } = builder;
    Ok(Graph { name: name.into(), nodes, output, readout, timesteps: None })
}

/// Puts the delays of [`NirOp::Delay`] on edges, and edges that lead through a port past it.
fn pass_by_delays_and_ports(flat: &mut Flat, edges: &mut Vec<Edge>, reading: &Reading) -> Result<()> {
    for node in 0..flat.nodes.len() {
        let delays = match &flat.nodes[node].node.op {
            NirOp::Port => vec![(0, None)],
            NirOp::Delay(delay) => timesteps(&flat.nodes[node], delay, reading.dt)?,
            _ => continue,
        };
        let (mut into, mut out) = (Vec::new(), Vec::new());
        edges.retain(|edge| {
            if edge.from == node {
                out.push(*edge);
            }
            if edge.to == node {
                into.push(*edge);
            }
            edge.from != node && edge.to != node
        });
        if into.iter().any(|edge| edge.from == node) {
            return Err(flat.nodes[node].error("feeds only itself", "a loop needs a neuron"));
        }
        if edges.len() + into.len() * out.len() * delays.len() > MAX_EDGES {
            return Err(flat.nodes[node].error(format!("more than {MAX_EDGES} edges"), "simplify the graph"));
        }
        for (delay, mask) in delays {
            // where elements differ in their delay, each delay has the elements that it holds for
            let via = mask.map(|mask| {
                let name = format!("{}.{delay}", flat.nodes[node].name);
                let op = NirOp::Scale(mask);
                flat.nodes.push(FlatNode { name, node: NirNode { kind: "Delay".into(), op, notes: Notes::new() } });
                flat.nodes.len() - 1
            });
            let join = |first: &Edge, second: &Edge| first.delay.saturating_add(second.delay).saturating_add(delay);
            match via {
                None => edges.extend(
                    into.iter()
                        .flat_map(|a| out.iter().map(move |b| Edge { from: a.from, to: b.to, delay: join(a, b) })),
                ),
                Some(via) => {
                    let zero = Edge { from: via, to: via, delay: 0 };
                    edges.extend(into.iter().map(|a| Edge { to: via, delay: join(a, &zero), ..*a }));
                    edges.extend(out.iter().map(|b| Edge { from: via, ..*b }));
                }
            }
        }
    }
    match edges.iter().find(|edge| edge.delay > MAX_DELAY) {
        Some(edge) => Err(flat.nodes[edge.to].error(
            format!("takes the output of `{}` {} timesteps later", flat.nodes[edge.from].name, edge.delay),
            "delays reach 255 timesteps; check --nir-dt",
        )),
        None => Ok(()),
    }
}

/// The delays of a [`NirOp::Delay`] in timesteps, each with a mask of its elements where there are several.
fn timesteps(node: &FlatNode, delay: &Array, dt: f64) -> Result<Vec<(u32, Option<Array>)>> {
    let step = |seconds: f64| {
        let steps = seconds / dt;
        match steps.round() {
            whole if (0.0..=f64::from(MAX_DELAY)).contains(&whole) && (steps - whole).abs() < 1e-3 => Ok(whole as u32),
            _ => Err(node.error(
                format!("a delay of {seconds} s is {steps} timesteps of {dt} s, expected a whole number up to 255"),
                "give --nir-dt as the network was trained",
            )),
        }
    };
    if let Some(same) = delay.same() {
        return Ok(vec![(step(same)?, None)]);
    }
    let steps = (0..delay.len()).map(|index| step(delay.get(index))).collect::<Result<Vec<u32>>>()?;
    let mask = |delay: u32| steps.iter().map(|&s| if s == delay { 1.0 } else { 0.0 }).collect();
    let distinct: BTreeSet<u32> = steps.iter().copied().collect();
    let array = |d| Array { shape: delay.shape.clone(), values: Values::F32(mask(d)) };
    Ok(distinct.into_iter().map(|d| (d, Some(array(d)))).collect())
}

/// Drops edges of nodes that do not lead from the input to the output.
fn drop_unused(flat: &Flat, edges: &mut Vec<Edge>, warnings: &mut Vec<String>) -> Result<()> {
    let count = flat.nodes.len();
    let reach = |start: usize, ends: &dyn Fn(&Edge) -> (usize, usize)| {
        let mut next = vec![Vec::new(); count];
        edges.iter().map(ends).for_each(|(a, b)| next[a].push(b));
        let mut seen = vec![false; count];
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                open.extend(&next[node]);
            }
        }
        seen
    };
    let fed = reach(flat.input, &|e| (e.from, e.to));
    let used = reach(flat.output, &|e| (e.to, e.from));
    if !fed[flat.output] {
        let help = "connect the layers by edges from the Input to the Output";
        return Err(flat.nodes[flat.output].error("nothing leads to it from the input", help));
    }
    if let Some(edge) = edges.iter().find(|e| used[e.to] && !fed[e.from]) {
        let found = format!("feeds `{}` and is fed by nothing", flat.nodes[edge.to].name);
        return Err(flat.nodes[edge.from].error(found, "every layer takes its input from the network's Input"));
    }
    let unused: BTreeSet<&str> = edges
        .iter()
        .flat_map(|e| [e.from, e.to])
        .filter(|&node| !(fed[node] && used[node]))
        .map(|node| flat.nodes[node].name.as_str())
        .collect();
    for name in unused {
        warnings.push(format!("node `{name}` does not lead to the output and is left out"));
    }
    edges.retain(|e| used[e.to] && fed[e.from]);
    if let Some(edge) = edges.iter().find(|e| e.to == flat.input) {
        let found = format!("an edge from `{}` leads into the input", flat.nodes[edge.from].name);
        return Err(flat.nodes[flat.input].error(found, "join it after the first layer instead"));
    }
    Ok(())
}

/// Shape of every node's output, inferred along `walk`.
fn shapes(flat: &Flat, into: &[Vec<Edge>], walk: &[usize]) -> Result<Vec<Shape>> {
    let rows = flat.nodes.iter().any(|n| matches!(&n.node.op, NirOp::Conv(conv) if conv.one_axis));
    let mut shapes: Vec<Option<Shape>> = vec![None; flat.nodes.len()];
    for &id in walk {
        let node = &flat.nodes[id];
        let from = into[id].iter().find_map(|edge| shapes[edge.from]);
        let shape = match (&node.node.op, from) {
            (NirOp::Input(dims), _) => shape_of(node, dims, rows)?,
            (_, None) => return Err(node.error("is fed by nothing", "connect it to the network's Input")),
            (_, Some(from)) => shape_after(node, from)?,
        };
        shapes[id] = Some(shape);
    }
    Ok(shapes.into_iter().map(|shape| shape.unwrap_or(Shape::vector(1))).collect())
}

/// A shape of the file; axes of one sample in front are its batch.
fn shape_of(node: &FlatNode, dims: &[usize], rows: bool) -> Result<Shape> {
    let shape = match *dims {
        [n] => Shape::vector(n),
        [1, n] if !rows => Shape::vector(n),
        [c, l] | [1, c, 1, l] => Shape::new(c, 1, l),
        [c, h, w] | [1, c, h, w] => Shape::new(c, h, w),
        _ => {
            let found = format!("shape {dims:?}, expected [features], [channels, length] or [channels, height, width]");
            return Err(node.error(found, "export the model with a sample without batch and time axes"));
        }
    };
    let sizes = [shape.channels, shape.height, shape.width];
    let elements = sizes.into_iter().try_fold(1usize, |product, size| product.checked_mul(size));
    match elements {
        Some(1..=MAX_ELEMENTS) => Ok(shape),
        _ => Err(node.error(format!("shape {dims:?}"), "a sample has 1 to 2^28 elements")),
    }
}

/// Shape of a node's output for an input of shape `from`.
fn shape_after(node: &FlatNode, from: Shape) -> Result<Shape> {
    match &node.node.op {
        NirOp::Linear { weight, .. } => match weight.shape[..] {
            [fan_out, fan_in] if fan_in == from.len() => Ok(Shape::vector(fan_out)),
            [_, _] => Err(node.error(
                format!("`weight` has shape {:?}, its input {from}", weight.shape),
                "the weight is [outputs, inputs]: check the layer before it, or a missing Flatten",
            )),
            _ => Err(node.error(
                format!("`weight` has {} axes, expected [outputs, inputs]", weight.shape.len()),
                "a layer of several matrices is written as several Linear nodes",
            )),
        },
        NirOp::Conv(conv) => {
            if Some(from.channels) != conv.shape[1].checked_mul(conv.groups) {
                let found =
                    format!("`weight` has shape {:?} in {} group(s), its input {from}", conv.shape, conv.groups);
                return Err(node.error(found, "the weight is [outputs, inputs / groups, kernel]"));
            }
            slide(node, &window(node, conv)?, from, conv.shape[0])
        }
        NirOp::Pool { kernel, stride, padding, .. } => {
            slide(node, &pool_window(*kernel, *stride, *padding), from, from.channels)
        }
        NirOp::Flatten { .. } => Ok(Shape::vector(from.len())),
        NirOp::Input(_)
        | NirOp::Output(_)
        | NirOp::Scale(_)
        | NirOp::Threshold(_)
        | NirOp::Delay(_)
        | NirOp::Cell(_)
        | NirOp::Graph(_)
        | NirOp::Port => Ok(from),
    }
}

fn slide(node: &FlatNode, window: &Window, from: Shape, channels: usize) -> Result<Shape> {
    let sizes = window.output(0, from.height).zip(window.output(1, from.width));
    match sizes.map(|(height, width)| (height, width, channels.checked_mul(height).and_then(|n| n.checked_mul(width))))
    {
        Some((height, width, Some(1..=MAX_ELEMENTS))) => Ok(Shape::new(channels, height, width)),
        _ => {
            let found = format!("a window of {:?} by {:?} on an input of {from}", window.kernel, window.stride);
            Err(node.error(found, "the window must fit into its input, padding included"))
        }
    }
}

fn window(node: &FlatNode, conv: &Conv) -> Result<Window> {
    let kernel = [conv.shape[2], conv.shape[3]];
    let mut window = Window { dilation: conv.dilation, ..Window::new(kernel, conv.stride) };
    match conv.padding {
        Some(padding) => (window.pad_begin, window.pad_end) = (padding, padding),
        None if conv.stride != [1, 1] => {
            return Err(node.error(
                format!("`padding` is `same` with a stride of {:?}", conv.stride),
                "`same` is defined for a stride of 1: give the padding in numbers",
            ));
        }
        None => {
            // the output has the size of the input; an odd rest is padded at the end, as torch does
            let total = [0, 1].map(|axis| conv.dilation[axis].saturating_mul(kernel[axis].saturating_sub(1)));
            (window.pad_begin, window.pad_end) = (total.map(|n| n / 2), total.map(|n| n - n / 2));
        }
    }
    Ok(window)
}

fn pool_window(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Window {
    Window { pad_begin: padding, pad_end: padding, ..Window::new(kernel, stride) }
}

struct Builder<'f> {
    flat: &'f Flat,
    into: Vec<Vec<Edge>>,
    shapes: Vec<Shape>,
    reading: &'f Reading,
    options: &'f NirOptions,
    nodes: Vec<Node>,
    /// What gives a node's output.
    ids: Vec<Option<NodeId>>,
    /// Sources whose node comes later: node, slot and the node of the file.
    waiting: Vec<(NodeId, usize, usize)>,
    names: HashSet<String>,
    readout: Readout,
}

impl Builder<'_> {
    /// Adds a node of the graph.
    fn push(&mut self, name: String, op: Op, sources: Vec<Source>, shape: Shape) -> NodeId {
        self.nodes.push(Node { name, op, sources, shape, origin: vec![] });
        self.nodes.len() - 1
    }

    /// A name that no node has.
    fn fresh(&mut self, mut name: String) -> String {
        while !self.names.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// What `node` takes: its one source, or the sum of several. Sources to come are noted for the node with id
    /// `taker`, which is the next to be pushed.
    fn input_of(&mut self, node: usize) -> Vec<Source> {
        let taken = self.into[node].clone();
        let at = self.nodes.len();
        let sources = taken.iter().enumerate().map(|(slot, edge)| {
            let id = self.ids[edge.from].unwrap_or_else(|| {
                self.waiting.push((at, slot, edge.from));
                0
            });
            Source { node: id, delay: edge.delay }
        });
        let sources: Vec<Source> = sources.collect();
        if sources.len() < 2 {
            return sources;
        }
        let shape = self.shapes[taken[0].from];
        let name = self.fresh(format!("{}.sum", self.flat.nodes[node].name));
        vec![Source::now(self.push(name, Op::Add, sources, shape))]
    }

    fn add(&mut self, id: usize, edges: &[Edge], warnings: &mut Vec<String>) -> Result<()> {
        let node = &self.flat.nodes[id];
        let mut sources = self.input_of(id);
        let shape = self.shapes[id];
        let from = self.into[id].first().map_or(shape, |edge| self.shapes[edge.from]);
        let op = match &node.node.op {
            NirOp::Input(_) => Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real }),
            NirOp::Linear { weight, bias } => Op::Linear(Linear {
                fan_in: from.len(),
                fan_out: shape.channels,
                weight: weight.to_f32(),
                bias: bias_of(node, bias, shape.channels)?,
                grid: None,
            }),
            NirOp::Conv(conv) => Op::Conv2d(Conv2d {
                channels_in: from.channels,
                channels_out: conv.shape[0],
                window: window(node, conv)?,
                groups: conv.groups,
                weight: conv.weight.to_f32(),
                bias: bias_of(node, &conv.bias, conv.shape[0])?,
                grid: None,
            }),
            NirOp::Pool { divisor, kernel, stride, padding } => {
                Op::AvgPool(AvgPool { window: pool_window(*kernel, *stride, *padding), divisor: *divisor })
            }
            NirOp::Scale(scale) => {
                let scale = per_channel(node, "scale", scale, from)?;
                let each = |c: usize| if scale.len() == 1 { scale[0] } else { scale[c] } as f32;
                let scale = (0..from.channels).map(each).collect();
                Op::BatchNorm(BatchNorm { scale, shift: vec![0.0; from.channels] })
            }
            NirOp::Threshold(threshold) => {
                let threshold = per_channel(node, "threshold", threshold, from)?;
                Op::Neuron(Neuron {
                    beta: vec![0.0], // the step function of its input, without a state
                    threshold: threshold.into_iter().map(|x| x as f32).collect(),
                    comparison: Comparison::Above,
                    reset: Reset::None,
                    ..Neuron::default()
                })
            }
            NirOp::Flatten { start, end } => {
                self.check_flatten(id, *start, *end, from, edges)?;
                if from == shape && sources.iter().all(|s| s.delay == 0) && self.waiting_nothing(id) {
                    self.ids[id] = sources.first().map(|s| s.node);
                    return Ok(());
                }
                Op::Flatten
            }
            NirOp::Cell(cell) => {
                let reading = of_neuron(&node.node.notes, *self.reading, self.options);
                let population = neuron::population(node, cell, from, &reading)?;
                if let Some(norm) = population.gain {
                    let name = self.fresh(format!("{}.gain", node.name));
                    sources = vec![Source::now(self.push(name, Op::BatchNorm(norm), sources, from))];
                }
                if !cell.model.fires() {
                    self.integrator(id, &population.unit, edges, warnings)?;
                }
                Op::Neuron(population.neuron)
            }
            NirOp::Output(_) | NirOp::Port | NirOp::Delay(_) | NirOp::Graph(_) => return Ok(()),
        };
        self.ids[id] = Some(self.push(node.name.clone(), op, sources, shape));
        Ok(())
    }

    /// Whether the node `id` takes nothing that comes later.
    fn waiting_nothing(&self, id: usize) -> bool {
        self.into[id].iter().all(|edge| self.ids[edge.from].is_some())
    }

    /// A neuron that does not fire gives its membrane potential; only the readout can take that.
    fn integrator(
        &mut self,
        id: usize,
        unit: &(Vec<f64>, Vec<f64>),
        edges: &[Edge],
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let node = &self.flat.nodes[id];
        if edges.iter().any(|e| e.from == id && (e.to != self.flat.output || e.delay > 0)) {
            return Err(node.error(
                "gives its membrane potential to another layer",
                "snnc takes neurons that do not fire only as the last layer; give it a threshold, or use a CubaLIF",
            ));
        }
        if unit.1.iter().any(|&leak| leak != 0.0) {
            warnings.push(format!("node `{}`: the scores are its membrane potential above `v_leak`", node.name));
        }
        warnings.push(format!(
            "node `{}` does not fire: the scores are its membrane potential, summed over time",
            node.name
        ));
        self.readout = Readout { quantity: Quantity::Membrane, reduce: Reduce::Sum, scale: unit.0[0] as f32 };
        Ok(())
    }

    /// A flatten makes a vector, or what the layers after it take as one.
    fn check_flatten(&self, id: usize, start: i64, end: i64, from: Shape, edges: &[Edge]) -> Result<()> {
        let whole_end = end == -1 || end >= if from.height == 1 { 1 } else { 2 };
        let whole_start = start == 0 || start <= -3 || from.channels == 1;
        let linear = |to: usize| {
            let op = &self.flat.nodes[to].node.op;
            matches!(op, NirOp::Linear { .. } | NirOp::Flatten { .. } | NirOp::Output(_))
        };
        let flat = (from.height, from.width) == (1, 1);
        match flat || (whole_start && whole_end) || edges.iter().filter(|e| e.from == id).all(|e| linear(e.to)) {
            true => Ok(()),
            false => Err(self.flat.nodes[id].error(
                format!("flattens axes {start} to {end} of {from} for layers that are not fully connected"),
                "flatten all axes, or none",
            )),
        }
    }

    /// The node whose output over time is the result.
    fn output(&mut self) -> Result<NodeId> {
        let output = self.flat.output;
        let mut sources = self.input_of(output);
        let shape = self.into[output].first().map_or(Shape::vector(1), |edge| self.shapes[edge.from]);
        if let NirOp::Output(dims) = &self.flat.nodes[output].node.op
            && !dims.is_empty()
            && dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) != Some(shape.len())
        {
            let found = format!("shape {dims:?}, but the layer before gives {shape}");
            return Err(self.flat.nodes[output].error(found, "the file contradicts itself: export the model again"));
        }
        if sources.first().is_some_and(|source| source.delay > 0) {
            // the output is a node at this timestep
            let name = self.fresh(format!("{}.delayed", self.flat.nodes[output].name));
            let norm = BatchNorm { scale: vec![1.0; shape.channels], shift: vec![0.0; shape.channels] };
            sources = vec![Source::now(self.push(name, Op::BatchNorm(norm), sources, shape))];
        }
        let id = sources.first().map_or(0, |source| source.node);
        self.readout = noted_readout(&self.flat.notes).unwrap_or(self.readout);
        if !matches!(self.nodes[id].op, Op::Neuron(_)) {
            self.readout.quantity = Quantity::Current; // synapses have no spikes and no membranes, whatever a note says
        }
        Ok(id)
    }
}

fn bias_of(node: &FlatNode, bias: &Option<Array>, channels: usize) -> Result<Vec<f32>> {
    match bias {
        None => Ok(vec![0.0; channels]),
        Some(bias) if bias.len() == channels => Ok(bias.to_f32()),
        Some(bias) if bias.len() == 1 => Ok(vec![bias.get(0) as f32; channels]),
        Some(bias) => Err(node.error(
            format!("`bias` has shape {:?}, expected {channels} numbers", bias.shape),
            "a bias has one number per output",
        )),
    }
}
