//! Nested graphs put in place of their nodes: one flat graph, whose names are joined by dots.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{NirGraph, NirNode, NirOp, Notes};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};

/// A graph without nested graphs. Its one input and one output are nodes, those of nested graphs are ports.
#[derive(Debug)]
pub struct Flat {
    /// Every node.
    pub nodes: Vec<FlatNode>,
    /// From one node to another, without duplicates.
    pub edges: Vec<(usize, usize)>,
    /// The node whose op is [`NirOp::Input`].
    pub input: usize,
    /// The node whose op is [`NirOp::Output`].
    pub output: usize,
    /// Metadata of the graph.
    pub notes: Notes,
}

/// A node of a flat graph.
#[derive(Debug)]
pub struct FlatNode {
    /// Its name, after those of the graphs that held it.
    pub name: String,
    /// Its type, what it computes, its metadata.
    pub node: NirNode,
}

impl FlatNode {
    /// An error here.
    pub fn error(&self, found: impl Into<String>, help: &str) -> AtNode<NodeError> {
        at(&self.name, &self.node.kind, invalid(found, help))
    }
}

/// Where the edges of a node of one graph go: its own number twice, or the ports of a nested graph.
struct Ends {
    into: usize,
    out: usize,
}

/// Flattens a graph; duplicate edges become one.
///
/// # Errors
/// Edges of nodes that do not exist, and graphs without exactly one input and one output.
pub fn flatten((graph, notes): (NirGraph, Notes)) -> Result<Flat, FrontendError> {
    let mut flat = Flat { nodes: Vec::new(), edges: Vec::new(), input: 0, output: 0, notes };
    let ends = flat.add(graph, None)?;
    (flat.input, flat.output) = (ends.into, ends.out);
    let mut seen = BTreeSet::new();
    flat.edges.retain(|&edge| seen.insert(edge));
    Ok(flat)
}

impl Flat {
    /// Adds the nodes and edges of a graph, and returns its input and output.
    fn add(&mut self, graph: NirGraph, outer: Option<&str>) -> Result<Ends, AtNode<NodeError>> {
        let refuse = |found: String, help: &str| at(outer.unwrap_or("node"), "NIRGraph", invalid(found, help));
        let mut ends = BTreeMap::new();
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for (local, mut node) in graph.nodes {
            let name = outer.map_or_else(|| local.clone(), |outer| format!("{outer}.{local}"));
            match node.op {
                NirOp::Graph(inner) => {
                    ends.insert(local, self.add(inner, Some(&name))?);
                    continue;
                }
                NirOp::Input(_) => inputs.push(self.nodes.len()),
                NirOp::Output(_) => outputs.push(self.nodes.len()),
                _ => {}
            }
            if outer.is_some() && matches!(node.op, NirOp::Input(_) | NirOp::Output(_)) {
                node.op = NirOp::Port;
            }
            ends.insert(local, Ends { into: self.nodes.len(), out: self.nodes.len() });
            self.nodes.push(FlatNode { name, node });
        }
        for (from, to) in graph.edges {
            let find = |name: &str| {
                ends.get(name).ok_or_else(|| {
                    let nodes: Vec<&str> = ends.keys().take(20).map(String::as_str).collect();
                    let help = format!("name a node of that graph in the edge; its nodes are: {}", nodes.join(", "));
                    refuse(format!("an edge from `{from}` to `{to}`, but there is no node `{name}`"), &help)
                })
            };
            self.edges.push((find(&from)?.out, find(&to)?.into));
        }
        let one = |found: &[usize], what: &str| match *found {
            [only] => Ok(only),
            _ => Err(refuse(
                format!("{} {what} nodes, expected one", found.len()),
                "snnc compiles networks with one input and one output; export the part in between",
            )),
        };
        Ok(Ends { into: one(&inputs, "Input")?, out: one(&outputs, "Output")? })
    }
}
