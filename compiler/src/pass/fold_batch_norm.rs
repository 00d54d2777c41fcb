//! Folds each batch norm into the synapses before it (Jacob et al. 2018, section 3.2).
//!
//! `scale * (W x + b) + shift = (scale * W) x + (scale * b + shift)`, sign included, so that no scale is left behind that
//! could turn a maximum into a minimum. A batch norm behind anything else stays where it is. Weights on a grid stay on it
//! where no scale turns their sign; else their grid is read off them anew (quantize).

use super::{Context, Effect, Pass, PassError, remove};
use crate::error::AtNode;
use crate::ir::{BatchNorm, Graph, Op};

/// This pass.
pub const PASS: Pass = Pass { name: "fold-batch-norm", effect: Effect::Exact, run };

/// Returns how many batch norms were folded.
fn run(graph: &mut Graph, _context: &Context<'_>) -> Result<usize, AtNode<PassError>> {
    let mut folded = 0;
    while let Some((norm, synapses)) = next(graph) {
        let Op::BatchNorm(parameters) = graph.nodes[norm].op.clone() else { break };
        scale_rows(&mut graph.nodes[synapses].op, &parameters);
        let origin = std::mem::take(&mut graph.nodes[norm].origin);
        graph.nodes[synapses].origin.extend(origin);
        let mut replaced = vec![None; graph.nodes.len()];
        replaced[norm] = Some(synapses);
        remove(graph, &replaced);
        folded += 1;
    }
    Ok(folded)
}

/// A batch norm and the synapses that nobody but it reads.
fn next(graph: &Graph) -> Option<(usize, usize)> {
    let consumers = graph.consumers();
    graph.nodes.iter().enumerate().find_map(|(id, node)| {
        let source = *node.sources.first()?;
        let has_rows = matches!(&graph.nodes[source.node].op, Op::Linear(_) | Op::Conv2d(_));
        let folds = matches!(node.op, Op::BatchNorm(_))
            && has_rows
            && source.delay == 0
            && consumers[source.node].len() == 1
            && graph.output != source.node;
        folds.then_some((id, source.node))
    })
}

fn scale_rows(synapses: &mut Op, norm: &BatchNorm) {
    let (weight, bias, grid) = match synapses {
        Op::Linear(linear) => (&mut linear.weight, &mut linear.bias, &mut linear.grid),
        Op::Conv2d(conv) => (&mut conv.weight, &mut conv.bias, &mut conv.grid),
        _ => return,
    };
    let per_row = weight.len() / bias.len();
    let mut kept = grid.take().filter(|_| norm.scale.iter().all(|scale| *scale > 0.0));
    for (channel, (row, bias)) in weight.chunks_mut(per_row).zip(bias).enumerate() {
        let (scale, shift) = (norm.scale[channel], norm.shift[channel]);
        match &mut kept {
            Some(grid) => {
                let before = grid.scale[channel];
                grid.scale[channel] = (before * scale).max(f32::MIN_POSITIVE);
                row.iter_mut().for_each(|w| *w = (*w / before).round_ties_even() * grid.scale[channel]);
            }
            None => row.iter_mut().for_each(|w| *w *= scale),
        }
        *bias = *bias * scale + shift;
    }
    *grid = kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::eval::Evaluator;
    use crate::ir::{MaxPool, Shape, Window};
    use crate::pass::testing::{chain, conv, linear, neuron, numbers};

    fn norm(channels: usize) -> Op {
        Op::BatchNorm(BatchNorm { scale: numbers(channels, 5), shift: numbers(channels, 6) })
    }

    fn fold(graph: &mut Graph) -> usize {
        graph.validate().expect("a sound graph");
        let context = Context { samples: &[], timesteps: 6, weights: &Default::default(), membrane_bits: None };
        let folded = run(graph, &context).expect("folding does not fail");
        graph.validate().expect("a sound graph after the pass");
        folded
    }

    #[test]
    fn the_evaluator_says_the_same_before_and_after() {
        let pool = Op::MaxPool(MaxPool { window: Window::new([2; 2], [2; 2]) });
        let graph = chain(
            Shape::new(2, 6, 6),
            vec![
                ("conv", conv(2, 3, 3, 1), Shape::new(3, 4, 4)),
                ("bn1", norm(3), Shape::new(3, 4, 4)), // with negative scales in front of a maximum
                ("pool", pool, Shape::new(3, 2, 2)),
                ("lif1", neuron(0.5), Shape::new(3, 2, 2)),
                ("fc", linear(12, 4, 3), Shape::vector(4)),
                ("bn2", norm(4), Shape::vector(4)),
                ("lif2", neuron(0.9), Shape::vector(4)),
            ],
        );
        let mut folded = graph.clone();
        assert_eq!(fold(&mut folded), 2);
        assert_eq!(folded.nodes.len(), 6);
        let input = numbers(72, 9);
        let run = |graph: &Graph| {
            let mut trace = Vec::new();
            let node = |name: &str| graph.nodes.iter().position(|n| n.name == name).expect("a node of that name");
            let (pool, lif) = (node("pool"), node("lif2"));
            Evaluator::new(graph).run(&input, 6, |moment| {
                trace.extend_from_slice(moment.value(pool));
                trace.extend_from_slice(moment.charged(lif));
            });
            trace
        };
        for (before, after) in run(&graph).iter().zip(run(&folded)) {
            assert!((before - after).abs() < 1e-4, "{before} became {after}");
        }
    }

    #[test]
    fn a_batch_norm_behind_shared_synapses_stays() {
        let mut graph =
            chain(Shape::vector(3), vec![("fc", linear(3, 2, 1), Shape::vector(2)), ("bn", norm(2), Shape::vector(2))]);
        graph.nodes.push(crate::ir::Node { name: "lif".into(), op: neuron(0.5), ..graph.nodes[2].clone() });
        graph.readout.quantity = crate::ir::Quantity::Current;
        assert_eq!(fold(&mut graph), 0);
    }
}
