//! Hoists time-invariant work: what depends on no neuron and no sequence is computed once per sample.
//!
//! Whole time-invariant nodes need no rewriting: [`Graph::timing`] finds them, the evaluator and the lowering compute
//! them once. What this pass adds: equal nodes over equal sources become one (exporters repeat a constant image's layer
//! for every consumer), and a sum's time-invariant terms are summed apart,
//! `a[t] + c + b[t] + d = a[t] + b[t] + (c + d)`, so that they cost one addition per timestep.

use super::{Context, Effect, Pass, PassError, remove};
use crate::error::AtNode;
use crate::ir::{Graph, Node, Op, Source, Timing};

/// This pass.
pub const PASS: Pass = Pass { name: "hoist-time-invariant", effect: Effect::Exact, run };

/// Returns how many nodes were merged or split.
fn run(graph: &mut Graph, _context: &Context<'_>) -> Result<usize, AtNode<PassError>> {
    let merged = merge_equal(graph);
    Ok(merged + split_sums(graph))
}

/// Merges time-invariant nodes that compute the same.
fn merge_equal(graph: &mut Graph) -> usize {
    let mut merged = 0;
    while let Some((earlier, later)) = equal_pair(graph) {
        let mut replaced = vec![None; graph.nodes.len()];
        replaced[later] = Some(earlier);
        remove(graph, &replaced);
        merged += 1;
    }
    merged
}

fn equal_pair(graph: &Graph) -> Option<(usize, usize)> {
    let timing = graph.timing();
    let same = |a: &Node, b: &Node| a.sources == b.sources && a.shape == b.shape && a.op == b.op;
    (1..graph.nodes.len()).filter(|&later| timing[later] == Timing::Constant).find_map(|later| {
        let earlier = (1..later).find(|&earlier| same(&graph.nodes[earlier], &graph.nodes[later]))?;
        Some((earlier, later))
    })
}

/// Splits sums of both kinds of terms.
fn split_sums(graph: &mut Graph) -> usize {
    let mut split = 0;
    let mut id = 0;
    while id < graph.nodes.len() {
        let timing = graph.timing();
        let node = &graph.nodes[id];
        let constant = |s: &Source| s.delay == 0 && timing[s.node] == Timing::Constant;
        let (fixed, varying): (Vec<Source>, Vec<Source>) = node.sources.iter().partition(|s| constant(s));
        if matches!(node.op, Op::Add) && fixed.len() > 1 && !varying.is_empty() {
            let name = format!("{}.once", node.name);
            let sum = Node { name, op: Op::Add, sources: fixed, shape: node.shape, origin: vec![] };
            for source in graph.nodes.iter_mut().flat_map(|n| &mut n.sources) {
                source.node += usize::from(source.node >= id);
            }
            graph.output += usize::from(graph.output >= id);
            graph.nodes.insert(id, sum);
            let moved = |s: &Source| Source { node: s.node + usize::from(s.node >= id), ..*s };
            graph.nodes[id + 1].sources = varying.iter().map(moved).chain([Source::now(id)]).collect();
            split += 1;
        }
        id += 1;
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Shape;
    use crate::ir::eval::Evaluator;
    use crate::pass::testing::{chain, linear, neuron, numbers};

    /// Two equal layers of the image and a recurrent one, summed.
    fn graph() -> Graph {
        let four = Shape::vector(4);
        let mut graph = chain(
            Shape::vector(3),
            vec![("fc1", linear(3, 4, 1), four), ("fc2", linear(3, 4, 1), four), ("rec", linear(4, 4, 2), four)],
        );
        graph.nodes[2].sources = vec![Source::now(0)];
        graph.nodes[3].sources = vec![Source { node: 5, delay: 1 }];
        let sources = vec![Source::now(1), Source::now(3), Source::now(2)];
        graph.nodes.push(Node { name: "sum".into(), op: Op::Add, sources, shape: four, origin: vec![] });
        let sources = vec![Source::now(4)];
        graph.nodes.push(Node { name: "lif".into(), op: neuron(0.5), sources, shape: four, origin: vec![] });
        graph.output = 5;
        graph
    }

    #[test]
    fn equal_layers_become_one_and_constant_terms_are_summed_apart() {
        let before = graph();
        before.validate().expect("a sound graph");
        let mut after = graph();
        let context = Context { samples: &[], timesteps: 6, weights: &Default::default(), membrane_bits: None };
        assert_eq!(run(&mut after, &context).expect("hoisting does not fail"), 2);
        after.validate().expect("a sound graph after the pass");
        insta::assert_snapshot!(after.to_string(), @r"
        graph `chain`, 6 timesteps
        %0 Input `x` [3]  (once a sample)
             Constant, real
        %1 Linear `fc1` %0 -> [4]  (once a sample)
             weight -0.9192654..=0.8245338
        %2 Linear `rec` %5[t-1] -> [4]
             weight -0.9297395..=0.8815484
        %3 Add `sum.once` %1 %1 -> [4]  (once a sample)
        %4 Add `sum` %2 %3 -> [4]
        %5 Neuron `lif` %4 -> [4]
             beta 0.5, fires at v > 0.75, subtract 0.75 with the next timestep
        readout Sum of Spikes of %5, times 1
        ");
        let input = numbers(3, 7);
        let spikes = |graph: &Graph| {
            let mut all = Vec::new();
            Evaluator::new(graph).run(&input, 6, |m| all.extend_from_slice(m.charged(graph.output)));
            all
        };
        for (a, b) in spikes(&before).iter().zip(spikes(&after)) {
            assert!((a - b).abs() < 1e-5, "{a} became {b}");
        }
    }
}
