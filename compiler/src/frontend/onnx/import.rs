//! File to [`Net`]: nodes in execution order, only those that an output needs, each by [`ops`]. Subgraphs are run where
//! they stand ([`control`]): what reaches recognition is one flat dataflow.

mod control;
mod functions;
mod order;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub use functions::inlined;

use super::net::{Def, MAX_STEPS, Net, ValueId};
use super::ops::{self, Call, Refusal};
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto, data_type};
use super::tensor::{Decoder, MAX_AXES, elements};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, ModelFile, NodeError, SourceNode};

/// Nodes beyond which a file is refused; a node of a loop counts once per iteration.
const MAX_NODES: usize = 1 << 18;

/// Nodes that a file of `bytes` may run, at most [`MAX_NODES`]: a short file that asks for much work is refused soon.
fn most_nodes(bytes: usize) -> usize {
    MAX_NODES.min((1 << 15) + bytes.saturating_mul(8))
}

/// Iterations of all loops together beyond which a file is refused.
const MAX_ITERATIONS: usize = 1 << 14;

/// Timesteps that are unrolled of a loop whose trip count is an open axis of the input, if nobody says how many.
const OPEN_STEPS: usize = 3;

/// A file as a [`Net`].
pub struct Imported {
    /// The dataflow.
    pub net: Net,
    /// Graph inputs that are no initialisers, in the file's order, as values.
    pub inputs: Vec<GraphInput>,
    /// Graph outputs, in the file's order.
    pub outputs: Vec<(String, ValueId)>,
    /// How each ONNX node is called in messages, by number.
    pub node_names: Vec<String>,
    /// The first output of each node.
    pub node_outputs: Vec<String>,
    /// The module a node belongs to, where the file says so.
    pub scopes: Vec<Option<String>>,
    /// The ONNX operation of each node.
    pub node_ops: Vec<String>,
    /// Whether the file leaves the number of timesteps open: as many as were asked for, or a few, are unrolled here.
    pub open_timesteps: bool,
}

/// A graph input.
pub struct GraphInput {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ValueId,
    /// Its axes without a fixed size, taken as 1; not that of the timesteps where they are open.
    pub open_axes: Vec<usize>,
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum Slot {
    Value(ValueId),
    /// It is computed from an unsupported node.
    Unknown,
}

/// Reads `model`; of a file that leaves the number of timesteps open, `timesteps` of them.
///
/// # Errors
/// Everything unsupported at once, or the first node or tensor that says something impossible.
pub fn import(model: &ModelProto, file: &ModelFile<'_>, timesteps: Option<u32>) -> Result<Imported, FrontendError> {
    let damaged = |found: String| FrontendError::Damaged { file: file.name.into(), found };
    let graph = model.graph.as_ref().ok_or_else(|| damaged("it holds no graph".into()))?;
    if graph.node.len() > MAX_NODES {
        return Err(damaged(format!("{} nodes; at most {MAX_NODES}", graph.node.len())));
    }
    if graph.output.is_empty() {
        return Err(damaged("the graph has no output".into()));
    }
    let order = Rc::new(order::execution_order(graph)?);
    let is_open = |axis: usize| {
        let shapes = graph.input.iter().filter_map(|i| i.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref());
        shapes.filter_map(|s| s.dim.get(axis)).any(|dim| dim.dim_value.is_none_or(|size| size == 0))
    };
    // A loop over an open axis of an input runs as often as that axis is long: those are timesteps.
    let loops = order.iter().any(|&n| matches!(graph.node[n].op_type.as_str(), "Loop" | "Scan"));
    let steps = timesteps.and_then(|t| usize::try_from(t).ok()).unwrap_or(OPEN_STEPS).clamp(2, MAX_STEPS);
    for axis in (0..2).filter(|&axis| loops && is_open(axis)) {
        let mut importer = Importer::new(model, file, &order, Some((axis, steps)));
        match importer.run(graph) {
            Ok(imported) if importer.trips.contains(&steps) && importer.opened => return Ok(imported),
            Ok(_) | Err(_) => {}
        }
    }
    Importer::new(model, file, &order, None).run(graph)
}

/// Names of one graph: its own, not those of the graphs around it.
#[derive(Default)]
struct Frame<'a> {
    slots: HashMap<&'a str, Slot>,
    initializers: HashMap<&'a str, &'a TensorProto>,
}

/// An import under way.
struct Importer<'a> {
    net: Net,
    decoder: Decoder<'a>,
    opset: i64,
    /// The graph that is run, in those around it.
    frames: Vec<Frame<'a>>,
    /// Decoded initialisers, by where they lie.
    decoded: HashMap<*const TensorProto, ValueId>,
    /// Results of nodes without operands, by number.
    literals: HashMap<usize, Vec<ValueId>>,
    /// Of the graphs that were run: the number of their first node, and their order of execution.
    known: HashMap<*const GraphProto, (usize, Rc<Vec<usize>>)>,
    node_names: Vec<String>,
    node_outputs: Vec<String>,
    scopes: Vec<Option<String>>,
    node_ops: Vec<String>,
    unsupported: Vec<AtNode<NodeError>>,
    reported: HashSet<usize>,
    /// Nodes that may be run.
    most: usize,
    /// Nodes that may still be run.
    left: usize,
    /// Iterations that loops may still make.
    iterations: usize,
    /// Iterations of each loop.
    trips: Vec<usize>,
    /// The axis of inputs that is timesteps where it is open, and how many to take.
    time: Option<(usize, usize)>,
    /// Whether an input has it open.
    opened: bool,
}

impl<'a> Importer<'a> {
    fn new(
        model: &'a ModelProto,
        file: &'a ModelFile<'a>,
        order: &Rc<Vec<usize>>,
        time: Option<(usize, usize)>,
    ) -> Self {
        let known = model.graph.iter().map(|graph| (std::ptr::from_ref(graph), (0, Rc::clone(order)))).collect();
        let mut importer = Self {
            net: Net::default(),
            decoder: Decoder::new(file),
            opset: opset(model),
            frames: Vec::new(),
            decoded: HashMap::new(),
            literals: HashMap::new(),
            known,
            node_names: Vec::new(),
            node_outputs: Vec::new(),
            scopes: Vec::new(),
            node_ops: Vec::new(),
            unsupported: Vec::new(),
            reported: HashSet::new(),
            most: most_nodes(file.bytes.len()),
            left: most_nodes(file.bytes.len()),
            iterations: MAX_ITERATIONS,
            trips: Vec::new(),
            time,
            opened: false,
        };
        model.graph.iter().for_each(|graph| importer.number(graph));
        importer
    }

    /// Gives the nodes of a graph their numbers.
    fn number(&mut self, graph: &GraphProto) {
        self.node_names.extend(graph.node.iter().map(name_of));
        self.node_outputs.extend(graph.node.iter().map(|n| n.output.first().cloned().unwrap_or_default()));
        self.scopes.extend(graph.node.iter().map(scope_of));
        self.node_ops.extend(graph.node.iter().map(|n| n.op_type.clone()));
    }

    fn run(&mut self, graph: &'a GraphProto) -> Result<Imported, FrontendError> {
        let mut frame = Frame { slots: HashMap::new(), initializers: initializers(graph) };
        let inputs = self.inputs(graph, &mut frame)?;
        self.frames.push(frame);
        self.nodes(graph)?;
        if let Some(id) = super::signals::smooth(&self.net)
            && let Some(&number) = self.net.values[id].nodes.first()
        {
            let (what, help) = ops::reason("Tanh");
            let (node, op) = (self.node_names[number].clone(), self.node_ops[number].clone());
            self.unsupported.push(AtNode { node, op, source: invalid(what.into(), help) });
        }
        if !self.unsupported.is_empty() {
            let nodes = std::mem::take(&mut self.unsupported);
            return Err(FrontendError::Unsupported { file: self.decoder.file_name().into(), nodes });
        }
        let mut outputs = Vec::new();
        for output in &graph.output {
            let Some(Slot::Value(value)) = self.slot(&output.name)? else {
                let error = invalid("no node gives this output".into(), "the file was cut or edited");
                return Err(FrontendError::Node(at(&output.name, "output", error)));
            };
            outputs.push((output.name.clone(), value));
        }
        Ok(Imported {
            net: std::mem::take(&mut self.net),
            inputs,
            outputs,
            node_names: std::mem::take(&mut self.node_names),
            node_outputs: std::mem::take(&mut self.node_outputs),
            scopes: std::mem::take(&mut self.scopes),
            node_ops: std::mem::take(&mut self.node_ops),
            open_timesteps: self.time.is_some(),
        })
    }

    /// What `name` stands for, here or in a graph around this one.
    fn slot(&mut self, name: &str) -> Result<Option<Slot>, FrontendError> {
        for frame in self.frames.iter().rev() {
            if let Some(&slot) = frame.slots.get(name) {
                return Ok(Some(slot));
            }
            let Some(&tensor) = frame.initializers.get(name) else { continue };
            let key = std::ptr::from_ref(tensor);
            let id = match self.decoded.get(&key) {
                Some(&id) => id,
                None => {
                    let id = self.net.constant_value(self.decoder.tensor(tensor, name)?);
                    self.decoded.insert(key, id);
                    id
                }
            };
            return Ok(Some(Slot::Value(id)));
        }
        Ok(None)
    }

    /// Runs the nodes of `graph` in the last frame.
    fn nodes(&mut self, graph: &'a GraphProto) -> Result<(), FrontendError> {
        let key = std::ptr::from_ref(graph);
        let (first, order) = match self.known.get(&key) {
            Some((first, order)) => (*first, Rc::clone(order)),
            None => {
                let (first, order) = (self.node_names.len(), Rc::new(order::execution_order(graph)?));
                self.number(graph);
                self.known.insert(key, (first, Rc::clone(&order)));
                (first, order)
            }
        };
        for &index in order.iter() {
            let node = &graph.node[index];
            self.spend().map_err(|error| at_node(node, error))?;
            self.node(node, first + index)?;
        }
        Ok(())
    }

    /// Counts a node that is run.
    fn spend(&mut self) -> Result<(), NodeError> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let found = format!("more than {} nodes are run in this file, its loops unrolled", self.most);
                Err(too_much(found))
            }
        }
    }

    /// Counts an iteration of a loop.
    fn iterate(&mut self) -> Result<(), NodeError> {
        match self.iterations.checked_sub(1) {
            Some(left) => {
                self.iterations = left;
                Ok(())
            }
            None => Err(too_much(format!("the loops of this file make more than {MAX_ITERATIONS} iterations"))),
        }
    }

    fn node(&mut self, node: &'a NodeProto, number: usize) -> Result<(), FrontendError> {
        let mut operands = Vec::with_capacity(node.input.len());
        let mut unknown = false;
        for name in &node.input {
            operands.push(match self.slot(name)? {
                _ if name.is_empty() => None,
                Some(Slot::Value(id)) => Some(id),
                Some(Slot::Unknown) => {
                    unknown = true;
                    None
                }
                None => {
                    let found = format!("takes `{name}`, which no node, input or initializer gives");
                    return Err(at_node(node, invalid(found, "the file was cut or edited: export the model again")));
                }
            });
        }
        let control = control::knows(node);
        let results = match unknown && (control || ops::knows(&node.op_type, &node.domain)) {
            true => Ok(vec![Slot::Unknown; node.output.len()]),
            false if control => self.control(node, &operands),
            false => {
                let known = self.net.values.len();
                let results = self.operation(node, number, operands);
                // What a node becomes on the way to its results (one layer a timestep, say) is made of it too.
                for value in self.net.values[known..].iter_mut().filter(|value| value.nodes.is_empty()) {
                    value.nodes.push(number);
                }
                results
            }
        };
        let results = match results {
            Ok(results) => results,
            Err(Refusal::Unsupported(error)) => {
                if self.reported.insert(number) {
                    self.unsupported.push(AtNode { node: name_of(node), op: op_of(node), source: error });
                }
                vec![Slot::Unknown; node.output.len()]
            }
            Err(Refusal::Invalid(error)) => return Err(at_node(node, error)),
            Err(Refusal::File(error)) => return Err(*error),
        };
        for (i, name) in node.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            // An output that nothing here computes, as a dropout's mask, is unknown too.
            let slot = results.get(i).copied().unwrap_or(Slot::Unknown);
            if let Slot::Value(id) = slot
                && !control
                && !self.net.values[id].nodes.contains(&number)
            {
                self.net.values[id].nodes.push(number);
            }
            if let Some(frame) = self.frames.last_mut() {
                frame.slots.insert(name, slot);
            }
        }
        Ok(())
    }

    fn operation(
        &mut self,
        node: &'a NodeProto,
        number: usize,
        operands: Vec<Option<ValueId>>,
    ) -> Result<Vec<Slot>, Refusal> {
        let literal = operands.is_empty();
        if literal && let Some(known) = self.literals.get(&number) {
            return Ok(known.iter().map(|&id| Slot::Value(id)).collect());
        }
        let call = Call { node, operands, opset: self.opset, decoder: &self.decoder };
        let values = ops::import(&mut self.net, &call)?;
        if literal {
            self.literals.insert(number, values.clone());
        }
        Ok(values.into_iter().map(Slot::Value).collect())
    }

    /// Makes values of the graph's inputs. An axis without a fixed size is taken as 1: a batch of one sample.
    fn inputs(&mut self, graph: &'a GraphProto, frame: &mut Frame<'a>) -> Result<Vec<GraphInput>, FrontendError> {
        let mut inputs = Vec::new();
        for input in graph.input.iter().filter(|i| !frame.initializers.contains_key(i.name.as_str())) {
            let refuse =
                |found: String, help: &str| Err(FrontendError::Node(at(&input.name, "input", invalid(found, help))));
            let tensor = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
            let Some((tensor, shape)) = tensor.and_then(|t| Some((t, t.shape.as_ref()?))) else {
                return refuse("an input without a tensor shape".into(), "export the model with fixed shapes");
            };
            if ![data_type::FLOAT, data_type::DOUBLE].contains(&tensor.elem_type) {
                let found = format!("an input of tensor type {}; expected float (1)", tensor.elem_type);
                return refuse(found, "export the model with a float input; snnc quantizes it");
            }
            let (mut dims, mut open_axes) = (Vec::new(), Vec::new());
            for (axis, dim) in shape.dim.iter().enumerate() {
                dims.push(match dim.dim_value {
                    Some(size @ 1..) => usize::try_from(size).unwrap_or(usize::MAX),
                    Some(size @ ..0) => {
                        return refuse(format!("axis {axis} of size {size}"), "export the model again");
                    }
                    Some(0) | None => match self.time {
                        Some((time, steps)) if time == axis && shape.dim.len() > 2 => {
                            self.opened = true;
                            steps
                        }
                        _ => {
                            open_axes.push(axis);
                            1
                        }
                    },
                });
            }
            if dims.len() > MAX_AXES || elements(&dims).is_none() {
                return refuse(format!("an input of shape {dims:?}"), "the file is damaged or was edited");
            }
            let value = self.net.value(Def::Input(inputs.len()), dims);
            if frame.slots.insert(&input.name, Slot::Value(value)).is_some() {
                return refuse("the name is used twice".into(), "the file is damaged or was edited");
            }
            inputs.push(GraphInput { name: input.name.clone(), value, open_axes });
        }
        Ok(inputs)
    }
}

fn too_much(found: String) -> NodeError {
    invalid(found, "export fewer timesteps, or one timestep with its states as inputs and outputs")
}

fn initializers(graph: &GraphProto) -> HashMap<&str, &TensorProto> {
    graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect()
}

/// Every node of `model` that computes something; constants are parameters of what takes them.
pub fn nodes(model: &ModelProto) -> Vec<SourceNode> {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node).filter(|node| node.op_type != "Constant");
    nodes.take(MAX_NODES).map(|node| SourceNode { name: name_of(node), op: op_of(node) }).collect()
}

/// The version of the default operator set; 1 where the file names none.
fn opset(model: &ModelProto) -> i64 {
    let default = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    model.opset_import.iter().filter(|o| default(&o.domain)).map(|o| o.version).max().unwrap_or(1)
}

/// How messages call a node: its name, or that of its first output.
fn name_of(node: &NodeProto) -> String {
    match (node.name.is_empty(), node.output.iter().find(|o| !o.is_empty())) {
        (true, Some(output)) => output.clone(),
        _ => node.name.clone(),
    }
}

fn op_of(node: &NodeProto) -> String {
    match node.domain.is_empty() {
        true => node.op_type.clone(),
        false => format!("{}.{}", node.domain, node.op_type),
    }
}

fn at_node(node: &NodeProto, error: NodeError) -> FrontendError {
    FrontendError::Node(AtNode { node: name_of(node), op: op_of(node), source: error })
}

/// The module a node came from: torch.onnx writes it into the node's name (`/lif1/Greater`) or its metadata
/// (`pkg.torch.onnx.name_scopes`, as `['', 'm.lif1', 'gt']`).
fn scope_of(node: &NodeProto) -> Option<String> {
    let scope = match node.metadata_props.iter().find(|p| p.key == "pkg.torch.onnx.name_scopes") {
        Some(scopes) => scopes.value.rsplit(", ").nth(1)?.trim_matches(['[', ']', '\'', '"']).to_string(),
        None => node.name.strip_prefix('/')?.rsplit_once('/')?.0.to_string(),
    };
    (!scope.is_empty()).then_some(scope)
}
