//! File to [`Net`]: nodes in execution order, only those that an output needs, each by [`ops`].

use std::collections::HashMap;

use super::net::{Def, Net, ValueId};
use super::ops::{self, Call};
use super::proto::{GraphProto, ModelProto, NodeProto, data_type};
use super::tensor::{Decoder, elements};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, ModelFile, NodeError, SourceNode};

/// Nodes beyond which a file is refused.
const MAX_NODES: usize = 1 << 20;

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
}

/// A graph input.
pub struct GraphInput {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ValueId,
    /// Its axes without a fixed size, taken as 1.
    pub open_axes: Vec<usize>,
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum Slot {
    Value(ValueId),
    /// It is computed from an unsupported node.
    Unknown,
}

/// Reads `model`.
///
/// # Errors
/// Everything unsupported at once, or the first node or tensor that says something impossible.
pub fn import(model: &ModelProto, file: &ModelFile<'_>) -> Result<Imported, FrontendError> {
    let damaged = |found: String| FrontendError::Damaged { file: file.name.into(), found };
    let graph = model.graph.as_ref().ok_or_else(|| damaged("it holds no graph".into()))?;
    if graph.node.len() > MAX_NODES {
        return Err(damaged(format!("{} nodes; at most {MAX_NODES}", graph.node.len())));
    }
    if graph.output.is_empty() {
        return Err(damaged("the graph has no output".into()));
    }
    let opset = opset(model);
    let decoder = Decoder::new(file);
    let order = execution_order(graph)?;

    let mut net = Net::default();
    let mut slots: HashMap<&str, Slot> = HashMap::new();
    let initializers: HashMap<&str, _> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
    let inputs = inputs(graph, &mut net, &mut slots, |name| initializers.contains_key(name))?;
    let mut unsupported = Vec::new();
    for &number in &order {
        let node = &graph.node[number];
        let mut operands = Vec::with_capacity(node.input.len());
        let mut unknown = false;
        for name in &node.input {
            operands.push(match slots.get(name.as_str()) {
                _ if name.is_empty() => None,
                Some(&Slot::Value(id)) => Some(id),
                Some(Slot::Unknown) => {
                    unknown = true;
                    None
                }
                None => match initializers.get(name.as_str()) {
                    Some(&tensor) => {
                        let id = net.constant_value(decoder.tensor(tensor, name)?);
                        slots.insert(name, Slot::Value(id));
                        Some(id)
                    }
                    None => {
                        let found = format!("takes `{name}`, which no node, input or initializer gives");
                        return Err(at_node(
                            node,
                            invalid(found, "the file was cut or edited: export the model again"),
                        ));
                    }
                },
            });
        }
        let call = Call { node, operands, opset, decoder: &decoder };
        let results = match unknown && ops::knows(&node.op_type, &node.domain) {
            true => None,
            false => match ops::import(&mut net, &call) {
                Ok(results) => Some(results),
                Err(ops::Refusal::Unsupported(error)) => {
                    unsupported.push(AtNode { node: name_of(node), op: op_of(node), source: error });
                    None
                }
                Err(ops::Refusal::Invalid(error)) => return Err(at_node(node, error)),
                Err(ops::Refusal::File(error)) => return Err(*error),
            },
        };
        for (i, name) in node.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let slot = match results.as_ref().map(|r| r.get(i)) {
                None => Slot::Unknown,
                Some(None) => Slot::Unknown, // an output that nothing here computes, as a dropout's mask
                Some(Some(&id)) => {
                    net.values[id].nodes.push(number);
                    Slot::Value(id)
                }
            };
            slots.insert(name, slot);
        }
    }
    if !unsupported.is_empty() {
        return Err(FrontendError::Unsupported { file: file.name.into(), nodes: unsupported });
    }
    let mut outputs = Vec::new();
    for output in &graph.output {
        let value = match slots.get(output.name.as_str()) {
            Some(&Slot::Value(id)) => id,
            _ => {
                let error = invalid("no node gives this output".into(), "the file was cut or edited");
                return Err(FrontendError::Node(at(&output.name, "output", error)));
            }
        };
        outputs.push((output.name.clone(), value));
    }
    Ok(Imported {
        net,
        inputs,
        outputs,
        node_names: graph.node.iter().map(name_of).collect(),
        node_outputs: graph.node.iter().map(|n| n.output.first().cloned().unwrap_or_default()).collect(),
        scopes: graph.node.iter().map(scope_of).collect(),
        node_ops: graph.node.iter().map(|n| n.op_type.clone()).collect(),
    })
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

/// Makes values of the graph's inputs. An axis without a fixed size is taken as 1: a batch of one sample.
fn inputs<'a>(
    graph: &'a GraphProto,
    net: &mut Net,
    slots: &mut HashMap<&'a str, Slot>,
    is_initializer: impl Fn(&str) -> bool,
) -> Result<Vec<GraphInput>, FrontendError> {
    let mut inputs = Vec::new();
    for input in graph.input.iter().filter(|i| !is_initializer(&i.name)) {
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
                Some(size @ ..0) => return refuse(format!("axis {axis} of size {size}"), "export the model again"),
                Some(0) | None => {
                    open_axes.push(axis);
                    1
                }
            });
        }
        if dims.len() > 8 || elements(&dims).is_none() {
            return refuse(format!("an input of shape {dims:?}"), "the file is damaged or was edited");
        }
        let value = net.value(Def::Input(inputs.len()), dims);
        if slots.insert(&input.name, Slot::Value(value)).is_some() {
            return refuse("the name is used twice".into(), "the file is damaged or was edited");
        }
        inputs.push(GraphInput { name: input.name.clone(), value, open_axes });
    }
    Ok(inputs)
}

/// Numbers of the nodes that an output needs, each after those it takes from.
fn execution_order(graph: &GraphProto) -> Result<Vec<usize>, FrontendError> {
    let mut producer: HashMap<&str, usize> = HashMap::new();
    for (number, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|o| !o.is_empty()) {
            if producer.insert(output, number).is_some() {
                let found = format!("gives `{output}`, which another node gives too");
                return Err(at_node(node, invalid(found, "the file is damaged or was edited: export the model again")));
            }
        }
    }
    // Depth first from the outputs, with the stack on the heap: a file decides how deep it goes.
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![NEW; graph.node.len()];
    let mut order = Vec::new();
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let roots = graph.output.iter().filter_map(|o| producer.get(o.name.as_str()));
    for &root in roots {
        if state[root] == NEW {
            state[root] = OPEN;
            stack.push((root, 0));
        }
        while let Some((number, next)) = stack.pop() {
            let node = &graph.node[number];
            let Some(name) = node.input.get(next) else {
                state[number] = DONE;
                order.push(number);
                continue;
            };
            stack.push((number, next + 1));
            match producer.get(name.as_str()).map(|&p| (p, state[p])) {
                Some((p, NEW)) => {
                    state[p] = OPEN;
                    stack.push((p, 0));
                }
                Some((p, OPEN)) => {
                    let found = format!("takes `{name}`, which depends on it: the graph is cyclic");
                    let help = "state goes through graph inputs and outputs, a timestep apart; export the model again";
                    let _ = p;
                    return Err(at_node(node, invalid(found, help)));
                }
                _ => {}
            }
        }
    }
    Ok(order)
}
