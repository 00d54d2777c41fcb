//! A model's own functions, put in where they are called. Older dynamo exports are made of them.

use std::collections::HashMap;

use prost::Message;

use super::{MAX_NODES, name_of};
use crate::frontend::onnx::proto::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto};

/// Calls within calls.
const MAX_NESTING: usize = 16;

/// Bytes of nodes that calls may make of a file.
const MAX_BYTES: usize = 1 << 26;

/// `model` without calls of its own functions.
///
/// # Errors
/// Functions that call each other without end, or too often: what was found.
pub fn inlined(mut model: ModelProto) -> Result<ModelProto, String> {
    if model.functions.is_empty() {
        return Ok(model);
    }
    let functions = std::mem::take(&mut model.functions);
    let known = functions.iter().map(|f| ((f.domain.as_str(), f.name.as_str()), f)).collect();
    let mut inliner = Inliner { functions: known, calls: 0, nodes: 0, bytes: 0 };
    if let Some(graph) = &mut model.graph {
        graph.node = inliner.expanded(std::mem::take(&mut graph.node), 0)?;
    }
    Ok(model)
}

struct Inliner<'a> {
    functions: HashMap<(&'a str, &'a str), &'a FunctionProto>,
    /// Calls so far: each gives its values names of their own.
    calls: usize,
    nodes: usize,
    bytes: usize,
}

impl Inliner<'_> {
    fn expanded(&mut self, nodes: Vec<NodeProto>, depth: usize) -> Result<Vec<NodeProto>, String> {
        let mut out = Vec::with_capacity(nodes.len());
        for mut node in nodes {
            let Some(&function) = self.functions.get(&(node.domain.as_str(), node.op_type.as_str())) else {
                for graph in node.attribute.iter_mut().filter_map(|a| a.g.as_deref_mut()) {
                    graph.node = self.expanded(std::mem::take(&mut graph.node), depth)?;
                }
                self.nodes += 1;
                if self.nodes > MAX_NODES {
                    return Err(format!("its functions make more than {MAX_NODES} nodes"));
                }
                out.push(node);
                continue;
            };
            self.calls += 1;
            if self.calls > MAX_NODES {
                return Err(format!("its functions make more than {MAX_NODES} calls"));
            }
            if depth >= MAX_NESTING {
                return Err(format!(
                    "function `{}` is called by itself, or more than {MAX_NESTING} deep",
                    function.name
                ));
            }
            let body = self.body(&node, function)?;
            out.extend(self.expanded(body, depth + 1)?);
        }
        Ok(out)
    }

    /// The nodes of `function` as `call` calls it.
    fn body(&mut self, call: &NodeProto, function: &FunctionProto) -> Result<Vec<NodeProto>, String> {
        let place = Place { call, function, prefix: format!("{}#{}", name_of(call), self.calls) };
        let mut nodes = Vec::with_capacity(function.node.len());
        for node in &function.node {
            self.bytes += node.encoded_len();
            if self.bytes > MAX_BYTES {
                return Err(format!("its functions make more than {MAX_BYTES} bytes of nodes"));
            }
            nodes.push(place.node(node));
        }
        // An output that is an input as it came.
        for (inner, outer) in function.output.iter().zip(&call.output) {
            if function.input.contains(inner) && !outer.is_empty() {
                nodes.push(NodeProto {
                    input: vec![place.name(inner)],
                    output: vec![outer.clone()],
                    name: name_of(call),
                    op_type: "Identity".into(),
                    ..Default::default()
                });
            }
        }
        Ok(nodes)
    }
}

/// Where a function is put in.
struct Place<'a> {
    call: &'a NodeProto,
    function: &'a FunctionProto,
    prefix: String,
}

impl Place<'_> {
    /// What a name of the function is called outside.
    fn name(&self, name: &str) -> String {
        let given =
            |inner: &[String], outer: &[String]| inner.iter().position(|n| n == name).map(|i| outer.get(i).cloned());
        match (given(&self.function.input, &self.call.input), given(&self.function.output, &self.call.output)) {
            _ if name.is_empty() => String::new(),
            (Some(operand), _) => operand.unwrap_or_default(),
            (None, Some(Some(result))) if !result.is_empty() => result,
            _ => format!("{}/{name}", self.prefix),
        }
    }

    fn node(&self, node: &NodeProto) -> NodeProto {
        let names = |names: &[String]| names.iter().map(|n| self.name(n)).collect();
        NodeProto {
            input: names(&node.input),
            output: names(&node.output),
            name: format!("{}/{}", name_of(self.call), name_of(node)),
            attribute: node.attribute.iter().filter_map(|a| self.attribute(a)).collect(),
            ..node.clone()
        }
    }

    /// An attribute that refers to one of the call has its value, or the function's default; or is left out.
    fn attribute(&self, attribute: &AttributeProto) -> Option<AttributeProto> {
        let source = match attribute.ref_attr_name.as_str() {
            "" => attribute,
            wanted => {
                self.call.attribute.iter().chain(&self.function.attribute_proto).find(|given| given.name == wanted)?
            }
        };
        let g = match attribute.ref_attr_name.is_empty() {
            true => source.g.as_deref().map(|graph| Box::new(self.graph(graph))),
            false => source.g.clone(),
        };
        Some(AttributeProto { name: attribute.name.clone(), g, ref_attr_name: String::new(), ..source.clone() })
    }

    fn graph(&self, graph: &GraphProto) -> GraphProto {
        let mut graph = graph.clone();
        graph.node = graph.node.iter().map(|node| self.node(node)).collect();
        graph.initializer.iter_mut().for_each(|t| t.name = self.name(&t.name));
        graph.input.iter_mut().chain(&mut graph.output).for_each(|v| v.name = self.name(&v.name));
        graph
    }
}
