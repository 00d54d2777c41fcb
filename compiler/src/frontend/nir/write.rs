//! A graph as a NIR file that [`super::FRONTEND`] and the python package `nir` read.
//!
//! A neuron `v = beta v + I` becomes `tau = dt / (1 - beta)`, `r = tau / dt`, as snnTorch writes it. What NIR has no words
//! for (which reset and when, `>=`, several spikes, the readout) is noted in the metadata, which other readers ignore.

mod layers;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hdf5_pure::{FileBuilder, GroupBuilder};

use super::order::{Edge, order};
use super::reading::{FIRES, RESETS, ResetRule, notes};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};
use crate::ir::{Comparison, Graph, Neuron, Node, NodeId, Op, Quantity, Reduce, Reset, Shape};
use layers::{affine, average, batch_norm, convolution, flatten};

/// Timestep of the files that are written, in seconds: that of snnTorch, SpikingJelly and the NIR paper.
pub(super) const DT: f64 = 1e-4;

/// Version of NIR that the files follow.
const VERSION: &str = "1.0";

/// A time constant that no `f32` decay can tell from infinity, in timesteps.
const FOREVER: f64 = (1u64 << 60) as f64;

/// Elements from which an array is compressed: equal parameters of every neuron take little room then.
const COMPRESSED: u64 = 64;

/// Edges, at most: sums of sums multiply them.
const MAX_EDGES: usize = 1 << 16;

type Result<T> = std::result::Result<T, NodeError>;

/// A file, and what it does not say.
#[derive(Debug)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// What other programs cannot know of it, for the user to read.
    pub warnings: Vec<String>,
}

/// A field of a NIR node.
enum Field {
    Text(&'static str),
    Reals(Vec<usize>, Vec<f64>),
    Weights(Vec<usize>, Vec<f32>),
    Integers(Vec<usize>, Vec<i64>),
}

/// A NIR node: its fields and notes.
struct NirNode {
    fields: Vec<(&'static str, Field)>,
    notes: Vec<(&'static str, String)>,
}

impl NirNode {
    fn new(kind: &'static str, fields: Vec<(&'static str, Field)>) -> Self {
        let fields = std::iter::once(("type", Field::Text(kind))).chain(fields).collect();
        Self { fields, notes: Vec::new() }
    }
}

/// Writes a graph with timesteps of [`DT`]; the same bytes for the same graph.
///
/// # Errors
/// A graph that breaks an invariant, and every node that NIR cannot express.
pub fn write(graph: &Graph) -> std::result::Result<Written, FrontendError> {
    graph.validate()?;
    let mut writer = Writer {
        graph,
        nodes: BTreeMap::new(),
        edges: Vec::new(),
        names: HashSet::new(),
        warnings: Vec::new(),
        noted: BTreeMap::new(),
    };
    let mut refused = Vec::new();
    let mut ends: Vec<(String, String)> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        match writer.node(node) {
            Ok(names) => ends.push(names),
            Err(error) => {
                refused.push(AtNode { node: node.name.clone(), op: node.op.kind().into(), source: error });
                ends.push((String::new(), String::new()));
            }
        }
    }
    if !refused.is_empty() {
        return Err(FrontendError::Unsupported { file: graph.name.clone(), nodes: refused });
    }
    writer.connect(&ends)?;
    let bytes = writer.file().map_err(|error| FrontendError::Network {
        file: graph.name.clone(),
        found: format!("it cannot be written as HDF5: {error}"),
        help: "write it as a native model (.snn)".into(),
    })?;
    let mut warnings = writer.warnings;
    for (how, nodes) in writer.noted {
        warnings.push(format!(
            "NIR does not say how neurons reset: {} {how}; snnc reads it from the file's metadata, other programs step \
             neurons their own way",
            nodes.join(", ")
        ));
    }
    Ok(Written { bytes, warnings })
}

struct Writer<'g> {
    graph: &'g Graph,
    nodes: BTreeMap<String, NirNode>,
    edges: Vec<(String, String)>,
    names: HashSet<String>,
    warnings: Vec<String>,
    /// What only the metadata says, and the neurons that do so.
    noted: BTreeMap<String, Vec<String>>,
}

impl Writer<'_> {
    /// Adds a NIR node under a name like `name` that no other has and that is no path.
    fn push(&mut self, name: &str, node: NirNode) -> String {
        let mut name = name.replace(['/', '\0'], "_");
        if matches!(name.as_str(), "" | "." | "..") {
            name = format!("_{name}");
        }
        while !self.names.insert(name.clone()) {
            name.push('_');
        }
        self.nodes.insert(name.clone(), node);
        name
    }

    /// Adds the NIR nodes of a node; the names of the first and the last, empty for a sum.
    fn node(&mut self, node: &Node) -> Result<(String, String)> {
        let from = node.sources.first().map_or(node.shape, |source| self.graph.node(source.node).shape);
        let written = match &node.op {
            Op::Input(_) => NirNode::new("Input", vec![("shape", axes(&dims(node.shape)))]),
            Op::Add => return Ok((String::new(), String::new())),
            Op::Linear(linear) => {
                let last = self.push(&node.name, affine(linear));
                if dims(from).len() == 1 {
                    return Ok((last.clone(), last));
                }
                let first = self.push(&format!("{}.flatten", node.name), flatten(from));
                self.edges.push((first.clone(), last.clone()));
                return Ok((first, last));
            }
            Op::Conv2d(conv) => convolution(conv, from)?,
            Op::BatchNorm(norm) => batch_norm(norm, from)?,
            Op::AvgPool(pool) => average(pool)?,
            Op::MaxPool(_) => {
                let help = "NIR has no maximum; train with average pools, or convert to a native model (.snn)";
                return Err(invalid("is a max pool", help));
            }
            Op::Activation(_) => {
                let help = "convert to a native model (.snn), or make a spiking network of it first";
                return Err(invalid("is an activation without spikes, which NIR does not express", help));
            }
            Op::Permute(_) | Op::Reshape | Op::MatMul => {
                let help = "NIR has no products or reordering of signals; convert to a native model (.snn)";
                return Err(invalid("is a part of attention", help));
            }
            Op::Flatten => flatten(from),
            Op::Neuron(neuron) => self.neuron(node, neuron)?,
        };
        let name = self.push(&node.name, written);
        Ok((name.clone(), name))
    }

    fn neuron(&mut self, node: &Node, neuron: &Neuron) -> Result<NirNode> {
        let help = "convert to a native model (.snn) instead";
        let shape = dims(node.shape);
        let elements = node.shape.len();
        let spread = |numbers: &[f32], f: &dyn Fn(f64) -> f64| -> Field {
            let each = |c: usize| f(f64::from(if numbers.len() == 1 { numbers[0] } else { numbers[c] }));
            let channels = (0..node.shape.channels).map(each);
            let all = channels.flat_map(|x| std::iter::repeat_n(x, node.shape.positions())).collect();
            Field::Reals(shape.clone(), all)
        };
        let constant = |x: f64| Field::Reals(shape.clone(), vec![x; elements]);
        let steps = |decay: f64| if decay >= 1.0 { FOREVER } else { 1.0 / (1.0 - decay) };
        let silent = neuron.threshold.iter().all(|&t| t == f32::MAX) && neuron.reset == Reset::None;
        let leaks = neuron.beta.iter().any(|&beta| beta != 1.0);
        if neuron.inhibition {
            return Err(invalid("has lateral inhibition, which NIR does not express", help));
        }
        if neuron.temporal_mix.is_some() {
            return Err(invalid("mixes the currents of several timesteps, which NIR does not express", help));
        }
        if neuron.stored.is_some() {
            return Err(invalid(
                "stores its membrane potential as one of a few levels, which NIR does not express",
                help,
            ));
        }
        if neuron.threshold_timesteps > 1 {
            return Err(invalid("has a threshold for each timestep, which NIR does not express", help));
        }
        if neuron.integer.is_some() {
            self.warnings.push(format!("node `{}`: NIR does not keep its integer format", node.name));
        }
        let mut fields = match (&neuron.synaptic[..], leaks) {
            ([], false) => vec![("r", constant(1.0 / DT))],
            ([], true) => {
                vec![("tau", spread(&neuron.beta, &|b| DT * steps(b))), ("r", spread(&neuron.beta, &steps))]
            }
            ([current], _) => {
                let length = current.decay.len().max(current.gain.len());
                let pick =
                    |numbers: &[f32], c: usize| f64::from(if numbers.len() == 1 { numbers[0] } else { numbers[c] });
                let w_in = (0..length).map(|c| pick(&current.gain, c) * steps(pick(&current.decay, c)));
                let w_in: Vec<f64> = w_in.collect();
                let each = (0..node.shape.channels).map(|c| if length == 1 { w_in[0] } else { w_in[c] });
                let w_in = each.flat_map(|x| std::iter::repeat_n(x, node.shape.positions())).collect();
                vec![
                    ("tau_mem", spread(&neuron.beta, &|b| DT * steps(b))),
                    ("tau_syn", spread(&current.decay, &|d| DT * steps(d))),
                    ("r", spread(&neuron.beta, &steps)),
                    ("w_in", Field::Reals(shape.clone(), w_in)),
                ]
            }
            (several, _) => {
                let found = format!("has {} synaptic currents; NIR's neurons have one", several.len());
                return Err(invalid(found, help));
            }
        };
        let current_based = !neuron.synaptic.is_empty();
        if leaks || current_based {
            fields.push(("v_leak", constant(0.0)));
        }
        if silent {
            let kind = match (current_based, leaks) {
                (true, _) => "CubaLI",
                (false, true) => "LI",
                (false, false) => "I",
            };
            return Ok(NirNode::new(kind, fields));
        }
        let rule = match &neuron.reset {
            Reset::None => ResetRule::None,
            Reset::ToValue(_) => ResetRule::ToValue(neuron.reset_timing),
            Reset::Subtract(amount) => {
                let at = |numbers: &[f32], c: usize| if numbers.len() == 1 { numbers[0] } else { numbers[c] };
                if (0..node.shape.channels).any(|c| at(amount, c) != at(&neuron.threshold, c)) {
                    let found = "subtracts another amount than its threshold, which NIR does not express";
                    return Err(invalid(found, help));
                }
                ResetRule::Subtract(neuron.reset_timing)
            }
        };
        let floor = match &neuron.min_membrane {
            None => "none",
            Some(lowest) => {
                let at = |numbers: &[f32], c: usize| if numbers.len() == 1 { numbers[0] } else { numbers[c] };
                let is_threshold = (0..node.shape.channels).all(|c| at(lowest, c) == -at(&neuron.threshold, c));
                if !is_threshold || leaks || current_based {
                    let found = "has a lowest membrane potential other than the negative of an IF neuron's threshold";
                    return Err(invalid(found, help));
                }
                "threshold"
            }
        };
        let v_reset = if let Reset::ToValue(value) = neuron.reset { f64::from(value) } else { 0.0 };
        fields.push(("v_threshold", spread(&neuron.threshold, &|t| t)));
        fields.push(("v_reset", constant(v_reset)));
        let kind = match (current_based, leaks) {
            (true, _) => "CubaLIF",
            (false, true) => "LIF",
            (false, false) => "IF",
        };
        let mut written = NirNode::new(kind, fields);
        let word = |found: Option<&'static str>| found.unwrap_or_default().to_owned();
        let reset = word(RESETS.iter().find(|(_, r)| *r == rule).map(|(word, _)| *word));
        let fires = word(FIRES.iter().find(|(_, f)| *f == neuron.comparison).map(|(word, _)| *word));
        if (reset.as_str(), neuron.comparison, neuron.max_spikes, floor) != ("to-value", Comparison::Above, 1, "none") {
            let most = if neuron.max_spikes > 1 { ", several spikes per timestep" } else { "" };
            let lowest = if floor == "none" { "" } else { ", lowest membrane potential -threshold" };
            let how = format!("fires {fires} its threshold, reset {reset}{most}{lowest}");
            self.noted.entry(how).or_default().push(node.name.clone());
        }
        written.notes = vec![
            (notes::RESET, reset),
            (notes::FIRES, fires),
            (notes::MAX_SPIKES, neuron.max_spikes.to_string()),
            (notes::FLOOR, floor.to_owned()),
        ];
        Ok(written)
    }

    /// Adds the edges, and a node for every delay that is not the closing of a cycle.
    fn connect(&mut self, ends: &[(String, String)]) -> std::result::Result<(), FrontendError> {
        let graph = self.graph;
        let refuse = |id: NodeId, found: String| {
            let node = graph.node(id);
            at(&node.name, node.op.kind(), invalid(found, "convert to a native model (.snn) instead"))
        };
        let output = graph.nodes.len(); // the NIR node behind the graph's output
        let mut edges = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate().filter(|(_, node)| !matches!(node.op, Op::Add)) {
            for source in &node.sources {
                expand(graph, source.node, source.delay, id, &mut edges)
                    .map_err(|()| refuse(id, format!("takes a sum of more than {MAX_EDGES} parts")))?;
            }
        }
        let count = expand(graph, graph.output, 0, output, &mut edges);
        count.map_err(|()| refuse(graph.output, format!("is a sum of more than {MAX_EDGES} parts")))?;
        let stateful: Vec<bool> =
            graph.nodes.iter().map(|n| matches!(n.op, Op::Neuron(_) | Op::Input(_))).chain([false]).collect();
        // a reader delays what closes a cycle: such delays need no node if it finds the very same edges
        let mut read: Vec<Edge> =
            edges.iter().map(|e| Edge { delay: if e.delay > 1 { e.delay } else { 0 }, ..*e }).collect();
        let implicit = match order(output + 1, 0, &mut read, &stateful) {
            Ok(_) => read == edges,
            Err(id) => return Err(refuse(id, "is part of a loop without neurons".into()).into()),
        };
        let dims_out = dims(graph.node(graph.output).shape);
        let name = self.push("output", NirNode::new("Output", vec![("shape", axes(&dims_out))]));
        let mut seen = BTreeSet::new();
        for edge in edges {
            let shape = graph.node(edge.from).shape;
            let mut from = ends[edge.from].1.clone();
            let to = if edge.to == output { name.clone() } else { ends[edge.to].0.clone() };
            if edge.delay > 1 || (edge.delay == 1 && !implicit) {
                let delay = vec![f64::from(edge.delay) * DT; shape.len()];
                let node = NirNode::new("Delay", vec![("delay", Field::Reals(dims(shape), delay))]);
                let delayed = self.push(&format!("{from}.delay{}", edge.delay), node);
                self.edges.push((from, delayed.clone()));
                from = delayed;
            } else if !seen.insert((from.clone(), to.clone())) {
                // NIR has an edge once: its second time goes through a node that changes nothing
                let node = NirNode::new("Scale", vec![("scale", Field::Reals(dims(shape), vec![1.0; shape.len()]))]);
                let again = self.push(&format!("{from}.again"), node);
                self.edges.push((from, again.clone()));
                from = again;
            }
            self.edges.push((from, to));
        }
        Ok(())
    }

    fn file(&self) -> std::result::Result<Vec<u8>, hdf5_pure::Error> {
        let mut file = FileBuilder::new();
        file.create_dataset("version").with_vlen_strings(&[VERSION]).with_shape(&[]);
        let mut root = file.create_group("node");
        root.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
        let ends: Vec<&str> = self.edges.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
        root.create_dataset("edges").with_vlen_strings(&ends).with_shape(&[self.edges.len() as u64, 2]);
        let readout = self.graph.readout;
        let mut metadata = vec![
            (notes::DT, DT.to_string()),
            (notes::READOUT, format!("{} {} {}", quantity(readout.quantity), reduce(readout.reduce), readout.scale)),
        ];
        metadata.extend(self.graph.timesteps.map(|timesteps| (notes::TIMESTEPS, timesteps.to_string())));
        note(&mut root, &metadata);
        let mut nodes = root.create_group("nodes");
        for (name, node) in &self.nodes {
            let mut group = nodes.create_group(name);
            for (field, value) in &node.fields {
                store(&mut group, field, value);
            }
            note(&mut group, &node.notes);
            nodes.add_group(group.finish());
        }
        root.add_group(nodes.finish());
        file.add_group(root.finish());
        file.finish()
    }
}

/// The edges from what `source` is the sum of.
fn expand(graph: &Graph, source: NodeId, delay: u32, to: usize, edges: &mut Vec<Edge>) -> std::result::Result<(), ()> {
    let mut open = vec![(source, delay)];
    while let Some((from, delay)) = open.pop() {
        if edges.len() + open.len() > MAX_EDGES {
            return Err(());
        }
        let node = graph.node(from);
        if matches!(node.op, Op::Add) {
            open.extend(node.sources.iter().rev().map(|s| (s.node, delay.saturating_add(s.delay))));
        } else {
            edges.push(Edge { from, to, delay });
        }
    }
    Ok(())
}

fn note(group: &mut GroupBuilder, notes: &[(&'static str, String)]) {
    if notes.is_empty() {
        return;
    }
    let mut metadata = group.create_group("metadata");
    for (name, text) in notes {
        metadata.create_dataset(name).with_vlen_strings(&[text.as_str()]).with_shape(&[]);
    }
    group.add_group(metadata.finish());
}

fn store(group: &mut GroupBuilder, field: &str, value: &Field) {
    let dataset = group.create_dataset(field);
    let shape = match value {
        Field::Text(text) => {
            dataset.with_vlen_strings(&[text]).with_shape(&[]);
            return;
        }
        Field::Reals(shape, values) => {
            dataset.with_f64_data(values);
            shape
        }
        Field::Weights(shape, values) => {
            dataset.with_f32_data(values);
            shape
        }
        Field::Integers(shape, values) => {
            dataset.with_i64_data(values);
            shape
        }
    };
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    dataset.with_shape(&shape);
    if shape.iter().product::<u64>() >= COMPRESSED {
        dataset.with_chunks(&shape).with_deflate(6);
    }
}

/// Axes of a shape as NIR has them: a vector has one.
fn dims(shape: Shape) -> Vec<usize> {
    match (shape.height, shape.width) {
        (1, 1) => vec![shape.channels],
        (height, width) => vec![shape.channels, height, width],
    }
}

fn axes(dims: &[usize]) -> Field {
    Field::Integers(vec![dims.len()], dims.iter().map(|&n| n as i64).collect())
}

fn whole(n: usize) -> Field {
    Field::Integers(vec![], vec![n as i64])
}

fn pair(pair: [usize; 2]) -> Field {
    axes(&pair)
}

/// Words of a readout's note.
pub(super) const QUANTITIES: &[(&str, Quantity)] =
    &[("spikes", Quantity::Spikes), ("membrane", Quantity::Membrane), ("current", Quantity::Current)];

/// Words of a readout's note.
pub(super) const REDUCTIONS: &[(&str, Reduce)] =
    &[("sum", Reduce::Sum), ("last", Reduce::Last), ("max", Reduce::Max), ("first", Reduce::First)];

fn quantity(quantity: Quantity) -> &'static str {
    QUANTITIES.iter().find(|(_, q)| *q == quantity).map_or("", |(word, _)| word)
}

fn reduce(reduce: Reduce) -> &'static str {
    REDUCTIONS.iter().find(|(_, r)| *r == reduce).map_or("", |(word, _)| word)
}
