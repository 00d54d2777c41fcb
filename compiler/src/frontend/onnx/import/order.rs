//! In which order nodes are run: each after those it takes from, only those that an output needs.

use std::collections::{HashMap, HashSet};

use super::at_node;
use crate::frontend::FrontendError;
use crate::frontend::onnx::invalid;
use crate::frontend::onnx::proto::{GraphProto, NodeProto};

/// Numbers of the nodes that an output needs, each after those it takes from.
///
/// # Errors
/// A cycle, or a name that two nodes give.
pub(super) fn execution_order(graph: &GraphProto) -> Result<Vec<usize>, FrontendError> {
    let mut producer: HashMap<&str, usize> = HashMap::new();
    for (number, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|o| !o.is_empty()) {
            if producer.insert(output, number).is_some() {
                let found = format!("gives `{output}`, which another node gives too");
                return Err(at_node(node, invalid(found, "the file is damaged or was edited: export the model again")));
            }
        }
    }
    // What subgraphs take from here; most nodes have none.
    let captured: HashMap<usize, Vec<&str>> = graph
        .node
        .iter()
        .enumerate()
        .filter(|(_, node)| node.attribute.iter().any(|a| a.g.is_some()))
        .map(|(number, node)| (number, captured(node)))
        .collect();
    let takes = |number: usize, i: usize| {
        let inputs = &graph.node[number].input;
        match inputs.get(i) {
            Some(name) => Some(name.as_str()),
            None => captured.get(&number).and_then(|names| names.get(i - inputs.len())).copied(),
        }
    };
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
            let Some(name) = takes(number, next) else {
                state[number] = DONE;
                order.push(number);
                continue;
            };
            stack.push((number, next + 1));
            match producer.get(name).map(|&p| (p, state[p])) {
                Some((p, NEW)) => {
                    state[p] = OPEN;
                    stack.push((p, 0));
                }
                Some((_, OPEN)) => {
                    let found = format!("takes `{name}`, which depends on it: the graph is cyclic");
                    let help = "state goes through graph inputs and outputs, a timestep apart; export the model again";
                    return Err(at_node(&graph.node[number], invalid(found, help)));
                }
                _ => {}
            }
        }
    }
    Ok(order)
}

/// Names that the subgraphs of a node take from around it.
fn captured(node: &NodeProto) -> Vec<&str> {
    let mut names = Vec::new();
    for graph in node.attribute.iter().filter_map(|a| a.g.as_deref()) {
        let own: HashSet<&str> = (graph.input.iter().map(|i| i.name.as_str()))
            .chain(graph.initializer.iter().map(|t| t.name.as_str()))
            .chain(graph.node.iter().flat_map(|n| n.output.iter().map(String::as_str)))
            .collect();
        let taken = graph.node.iter().flat_map(|n| {
            // Decoding bounds how deep this goes.
            let inner = if n.attribute.iter().any(|a| a.g.is_some()) { captured(n) } else { vec![] };
            n.input.iter().map(String::as_str).chain(inner)
        });
        let taken = taken.chain(graph.output.iter().map(|o| o.name.as_str()));
        names.extend(taken.filter(|name| !name.is_empty() && !own.contains(name)));
    }
    names
}
