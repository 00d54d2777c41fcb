//! Nodes and edges out of the tree of an HDF5 file, each field with its type and size checked.

use std::collections::BTreeMap;

use super::hdf5::{Array, Group, Item};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{NodeError, SourceNode};
use crate::ir::Divisor;

/// Axes of an array, at most: a weight of a 2-d convolution has four.
const MAX_AXES: usize = 8;

/// Sizes of windows, paddings and shapes, at most.
const MAX_SIZE: usize = 1 << 24;

/// Graphs inside graphs, at most.
const MAX_DEPTH: usize = 16;

const HELP: &str = "export the model again; `python -c \"import nir; nir.read('FILE.nir')\"` checks a file";

/// A graph of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct NirGraph {
    /// Nodes by name.
    pub nodes: BTreeMap<String, NirNode>,
    /// From one node to another, in the file's order.
    pub edges: Vec<(String, String)>,
}

/// A node of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct NirNode {
    /// Its type in the file.
    pub kind: String,
    /// What it computes.
    pub op: NirOp,
    /// Its metadata, as far as it is text.
    pub notes: Notes,
}

/// Metadata.
pub type Notes = BTreeMap<String, String>;

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub enum NirOp {
    /// The sample, of a shape without batch and time.
    Input(Vec<usize>),
    /// The result, of a shape without batch and time.
    Output(Vec<usize>),
    /// `Affine`, or `Linear` without a bias: `y = W x + b`.
    Linear { weight: Array, bias: Option<Array> },
    /// `y = s * x`, elementwise.
    Scale(Array),
    /// `y = x > threshold`, elementwise.
    Threshold(Array),
    /// A convolution.
    Conv(Conv),
    /// `SumPool2d` and `AvgPool2d`; pairs are `[vertical, horizontal]`.
    Pool { divisor: Divisor, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2] },
    /// Joins the axes from `start` to `end`, both inclusive; negative ones count from the last.
    Flatten { start: i64, end: i64 },
    /// `y(t) = x(t - delay)`, in seconds, elementwise.
    Delay(Array),
    /// A neuron.
    Cell(Box<Cell>),
    /// A nested graph.
    Graph(NirGraph),
    /// A port of a nested graph: what comes in goes out.
    Port,
}

/// `Conv1d` and `Conv2d`. A 1-d convolution is a 2-d one over a single row.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Whether it is `Conv1d`.
    pub one_axis: bool,
    /// `[channels_out, channels_in / groups, height, width]`.
    pub shape: [usize; 4],
    /// Of that shape.
    pub weight: Array,
    /// `[channels_out]`.
    pub bias: Option<Array>,
    /// `[vertical, horizontal]`.
    pub stride: [usize; 2],
    /// `[vertical, horizontal]`; `None` is "same".
    pub padding: Option<[usize; 2]>,
    /// `[vertical, horizontal]`.
    pub dilation: [usize; 2],
    /// Groups.
    pub groups: usize,
}

/// The equation of a neuron: NIR's primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// `v' = r I`.
    I,
    /// `v' = r I`, fires.
    If,
    /// `tau v' = (v_leak - v) + r I`.
    Li,
    /// As `Li`, fires.
    Lif,
    /// `tau_syn i' = -i + w_in I`, `tau v' = (v_leak - v) + r i`.
    CubaLi,
    /// As `CubaLi`, fires.
    CubaLif,
}

impl Model {
    /// Whether it fires.
    pub const fn fires(self) -> bool {
        matches!(self, Model::If | Model::Lif | Model::CubaLif)
    }

    /// Whether its membrane leaks.
    pub const fn leaks(self) -> bool {
        !matches!(self, Model::I | Model::If)
    }

    /// Whether it has a synaptic current.
    pub const fn is_current_based(self) -> bool {
        matches!(self, Model::CubaLi | Model::CubaLif)
    }
}

/// The parameters of a neuron; those that its model has not are neutral.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Which equation.
    pub model: Model,
    /// Time constant of the membrane, seconds (`tau` or `tau_mem`).
    pub tau: Array,
    /// Time constant of the synaptic current, seconds.
    pub tau_syn: Array,
    /// Resistance.
    pub r: Array,
    /// Weight of the synaptic current's input.
    pub w_in: Array,
    /// Resting potential.
    pub v_leak: Array,
    /// Firing threshold.
    pub v_threshold: Array,
    /// Reset potential, where the file has one.
    pub v_reset: Option<Array>,
}

/// A file that is no NIR, or a node of it.
#[derive(Debug)]
pub enum Trouble {
    /// The file as a whole.
    File(String),
    /// One node.
    Node(Box<AtNode<NodeError>>),
}

type Result<T> = std::result::Result<T, Trouble>;

/// The graph of a file.
///
/// # Errors
/// A file without a graph, or a node that says something impossible.
pub fn graph(mut file: Group) -> Result<(NirGraph, Notes)> {
    let Some(Item::Group(root)) = file.remove("node") else {
        return Err(Trouble::File("an HDF5 file without the group `node`, so it is no NIR".into()));
    };
    match node("node", root, 0)? {
        NirNode { op: NirOp::Graph(graph), notes, .. } => Ok((graph, notes)),
        NirNode { kind, .. } => Err(Trouble::File(format!("its root is a single {kind}, expected a NIRGraph"))),
    }
}

/// The nodes of a file with their types, those of nested graphs behind the name of theirs.
pub fn names(file: &Group) -> Vec<SourceNode> {
    fn add(graph: &Group, outer: Option<&str>, names: &mut Vec<SourceNode>) {
        let Some(Item::Group(nodes)) = graph.get("nodes") else { return };
        for (local, node) in nodes {
            let name = outer.map_or_else(|| local.clone(), |outer| format!("{outer}.{local}"));
            let Item::Group(fields) = node else { continue };
            let op = fields.get("type").and_then(text).unwrap_or("node").to_owned();
            let nested = op == "NIRGraph";
            names.push(SourceNode { name: name.clone(), op });
            if nested {
                add(fields, Some(&name), names); // as deep as the reader of the file goes
            }
        }
    }
    let mut names = Vec::new();
    if let Some(Item::Group(root)) = file.get("node") {
        add(root, None, &mut names);
    }
    names
}

/// The fields of a node.
struct Fields<'n> {
    name: &'n str,
    kind: String,
    fields: Group,
}

impl Fields<'_> {
    fn trouble(&self, found: impl Into<String>) -> Trouble {
        Trouble::Node(Box::new(at(self.name, &self.kind, invalid(found, HELP))))
    }

    fn optional(&mut self, field: &str) -> Result<Option<Array>> {
        match self.fields.remove(field) {
            None => Ok(None),
            Some(Item::Numbers(array)) if array.shape.len() > MAX_AXES => {
                Err(self.trouble(format!("`{field}` has {} axes; at most {MAX_AXES}", array.shape.len())))
            }
            Some(Item::Numbers(array)) if array.len() == 0 => Ok(None), // how some writers say None
            Some(Item::Numbers(array)) => Ok(Some(array)),
            Some(Item::Texts(_) | Item::Group(_) | Item::Other(_)) => {
                Err(self.trouble(format!("`{field}` is not an array of numbers")))
            }
        }
    }

    fn array(&mut self, field: &str) -> Result<Array> {
        self.optional(field)?.ok_or_else(|| self.trouble(format!("has no `{field}`")))
    }

    fn or(&mut self, field: &str, default: f64) -> Result<Array> {
        Ok(self.optional(field)?.unwrap_or_else(|| Array::scalar(default)))
    }

    /// Whole numbers of 0 or more.
    fn sizes(&self, field: &str, array: &Array) -> Result<Vec<usize>> {
        if array.len() > MAX_AXES {
            return Err(self.trouble(format!("`{field}` has {} numbers; at most {MAX_AXES}", array.len())));
        }
        let size = |index| match array.get(index) {
            x if x >= 0.0 && x <= MAX_SIZE as f64 && x.fract() == 0.0 => Ok(x as usize),
            x => Err(self.trouble(format!("`{field}` holds {x}, expected a whole number from 0 to {MAX_SIZE}"))),
        };
        (0..array.len()).map(size).collect()
    }

    /// The pair `[vertical, horizontal]`; one number stands for both, or for the second where there is one axis.
    fn pair(&mut self, field: &str, one_axis: Option<usize>) -> Result<[usize; 2]> {
        let array = self.array(field)?;
        self.as_pair(field, &array, one_axis)
    }

    fn as_pair(&self, field: &str, array: &Array, one_axis: Option<usize>) -> Result<[usize; 2]> {
        match (&self.sizes(field, array)?[..], one_axis) {
            (&[n], Some(other)) => Ok([other, n]),
            (&[n], None) => Ok([n, n]),
            (&[a, b], None) => Ok([a, b]),
            (found, _) => Err(self.trouble(format!("`{field}` is {found:?}, expected one number for each axis"))),
        }
    }

    fn single(&mut self, field: &str, default: i64) -> Result<i64> {
        let array = self.or(field, default as f64)?;
        match array.get(0) {
            x if array.len() == 1 && x.fract() == 0.0 && x.abs() <= MAX_SIZE as f64 => Ok(x as i64),
            _ => Err(self.trouble(format!("`{field}` is no whole number"))),
        }
    }
}

/// One text, whether it is stored as one or as an array of one.
fn text(item: &Item) -> Option<&str> {
    match item {
        Item::Texts(texts) if texts.len() == 1 => Some(texts[0].trim_end_matches('\0')),
        Item::Texts(_) | Item::Group(_) | Item::Numbers(_) | Item::Other(_) => None,
    }
}

fn notes(fields: &mut Group) -> Notes {
    match fields.remove("metadata") {
        Some(Item::Group(group)) => {
            group.into_iter().filter_map(|(name, item)| Some((name, text(&item)?.to_owned()))).collect()
        }
        _ => Notes::new(),
    }
}

fn node(name: &str, mut fields: Group, depth: usize) -> Result<NirNode> {
    let Some(kind) = fields.get("type").and_then(text).map(str::to_owned) else {
        return Err(Trouble::Node(Box::new(at(name, "node", invalid("has no `type`", HELP)))));
    };
    let notes = notes(&mut fields);
    let mut fields = Fields { name, kind, fields };
    let op = op(&mut fields, depth)?;
    Ok(NirNode { kind: fields.kind, op, notes })
}

fn op(node: &mut Fields<'_>, depth: usize) -> Result<NirOp> {
    let shape = |node: &mut Fields<'_>| {
        let shape = node.optional("shape")?.map(|shape| node.sizes("shape", &shape)).transpose()?;
        Ok(shape.unwrap_or_default())
    };
    Ok(match node.kind.as_str() {
        "Input" => NirOp::Input(shape(node)?),
        "Output" => NirOp::Output(shape(node)?),
        "Affine" => NirOp::Linear { weight: node.array("weight")?, bias: node.optional("bias")? },
        "Linear" => NirOp::Linear { weight: node.array("weight")?, bias: None },
        "Scale" => NirOp::Scale(node.array("scale")?),
        "Threshold" => NirOp::Threshold(node.array("threshold")?),
        "Conv1d" => NirOp::Conv(conv(node, true)?),
        "Conv2d" => NirOp::Conv(conv(node, false)?),
        "SumPool2d" => pool(node, Divisor::One)?,
        "AvgPool2d" => pool(node, Divisor::Kernel)?, // torch's default, and all that NIR has
        "Flatten" => NirOp::Flatten { start: node.single("start_dim", 1)?, end: node.single("end_dim", -1)? },
        "Delay" => NirOp::Delay(node.array("delay")?),
        "I" => cell(node, Model::I)?,
        "IF" => cell(node, Model::If)?,
        "LI" => cell(node, Model::Li)?,
        "LIF" => cell(node, Model::Lif)?,
        "CubaLI" => cell(node, Model::CubaLi)?,
        "CubaLIF" => cell(node, Model::CubaLif)?,
        "NIRGraph" => NirOp::Graph(nested(node, depth)?),
        _ => {
            let help = "snnc reads the primitives of NIR 1.0: Affine, AvgPool2d, Conv1d, Conv2d, CubaLI, CubaLIF, Delay, \
                        Flatten, I, IF, Input, LI, LIF, Linear, NIRGraph, Output, Scale, SumPool2d, Threshold";
            let found = "is of a type that NIR 1.0 does not have";
            return Err(Trouble::Node(Box::new(at(node.name, &node.kind, invalid(found, help)))));
        }
    })
}

fn conv(node: &mut Fields<'_>, one_axis: bool) -> Result<Conv> {
    let weight = node.array("weight")?;
    let shape = match (&weight.shape[..], one_axis) {
        (&[out, into, width], true) => [out, into, 1, width],
        (&[out, into, height, width], false) => [out, into, height, width],
        (found, _) => return Err(node.trouble(format!("`weight` has shape {found:?}"))),
    };
    let other = |value: usize| one_axis.then_some(value);
    let padding = match node.fields.get("padding").and_then(text) {
        Some("same") => None,
        Some("valid") => Some([0, 0]),
        Some(found) => {
            let found = format!("`padding` is `{found}`, expected `same`, `valid` or numbers");
            return Err(node.trouble(found));
        }
        None => Some(node.pair("padding", other(0))?),
    };
    let groups = node.single("groups", 1)?;
    let groups =
        usize::try_from(groups).ok().filter(|&n| n > 0).ok_or_else(|| node.trouble(format!("{groups} groups")))?;
    Ok(Conv {
        one_axis,
        shape,
        weight,
        bias: node.optional("bias")?,
        stride: node.pair("stride", other(1))?,
        padding,
        dilation: node.pair("dilation", other(1))?,
        groups,
    })
}

fn pool(node: &mut Fields<'_>, divisor: Divisor) -> Result<NirOp> {
    let kernel = node.pair("kernel_size", None)?;
    Ok(NirOp::Pool { divisor, kernel, stride: node.pair("stride", None)?, padding: node.pair("padding", None)? })
}

fn cell(node: &mut Fields<'_>, model: Model) -> Result<NirOp> {
    let one = || Ok(Array::scalar(1.0));
    let r = node.array("r")?;
    let tau = match (model.leaks(), model.is_current_based()) {
        (false, _) => one()?,
        (true, false) => node.array("tau")?,
        (true, true) => node.array("tau_mem")?,
    };
    Ok(NirOp::Cell(Box::new(Cell {
        model,
        r,
        tau,
        tau_syn: if model.is_current_based() { node.array("tau_syn")? } else { one()? },
        w_in: node.or("w_in", 1.0)?,
        v_leak: if model.leaks() { node.array("v_leak")? } else { Array::scalar(0.0) },
        v_threshold: if model.fires() { node.array("v_threshold")? } else { one()? },
        v_reset: node.optional("v_reset")?,
    })))
}

fn nested(node: &mut Fields<'_>, depth: usize) -> Result<NirGraph> {
    if depth > MAX_DEPTH {
        return Err(node.trouble(format!("graphs inside graphs deeper than {MAX_DEPTH} levels")));
    }
    let edges = match node.fields.remove("edges") {
        Some(Item::Texts(ends)) if ends.len() % 2 == 0 => {
            ends.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
        }
        Some(Item::Numbers(array)) if array.len() == 0 => vec![], // numpy's type of an empty list
        _ => return Err(node.trouble("has no `edges` as pairs of names")),
    };
    let Some(Item::Group(members)) = node.fields.remove("nodes") else {
        return Err(node.trouble("has no group `nodes`"));
    };
    let mut nodes = BTreeMap::new();
    for (name, member) in members {
        let full = if depth == 0 { name.clone() } else { format!("{}.{name}", node.name) };
        let Item::Group(fields) = member else {
            return Err(Trouble::Node(Box::new(at(&full, "node", invalid("is no group of fields", HELP)))));
        };
        nodes.insert(name, self::node(&full, fields, depth + 1)?);
    }
    Ok(NirGraph { nodes, edges })
}
