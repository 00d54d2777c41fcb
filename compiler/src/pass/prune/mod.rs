//! Prunes channels of a float graph (structured pruning): the neurons of a channel go, and everything that was there for
//! them only.
//!
//! A channel is what one output of a fully connected layer, or one map of a convolution, becomes on its way through pools,
//! reshapes, sums and neurons. Layers whose channels meet in a sum (a residual join, several projections to one
//! population, a population's own spikes fed back) are tied: they lose the same channels, by the sum of their scores
//! ([`sets`]). With a channel go its weights, bias, batch norm and neuron parameters, and the inputs of every layer
//! that reads it ([`cut`]). What is left computes what the graph computes if the weights of those inputs were zero,
//! to the last bit. It is not a pass of the pipeline: how much is worth losing is the user's choice, and fine-tuning belongs
//! behind it.

mod cut;
#[cfg(test)]
mod random;
mod score;
mod select;
mod sets;
mod svs;
#[cfg(test)]
mod tests;

use std::fmt;

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;

use super::PassError;
use crate::error::AtNode;
use crate::ir::{Graph, Op};
use sets::Sets;

pub use score::Criterion;
pub use select::Amount;
pub use sets::Kept;
pub use svs::EPSILON;

/// What goes, and how much of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PruneChoice {
    /// What says which channels are worth least.
    pub criterion: Criterion,
    /// How many of them go, each part rounded to the nearest whole number of channels. One of each layer stays.
    pub amount: Amount,
}

/// What was pruned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Every fully connected layer and convolution, in the graph's order.
    pub layers: Vec<PrunedLayer>,
}

/// What became of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrunedLayer {
    /// Its name.
    pub name: String,
    /// Output channels before and after.
    pub channels: [usize; 2],
    /// Numbers that the output channels that went had, ascending (to prune the model in its framework alike).
    pub gone: Vec<usize>,
    /// Weights before and after; inputs go too.
    pub weights: [usize; 2],
    /// Why none of its output channels can go.
    pub kept: Option<Kept>,
}

impl fmt::Display for Pruned {
    /// One line a layer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PrunedLayer { name, channels, weights, kept, .. } in &self.layers {
            write!(
                f,
                "`{name}`: {} of {} channels, {} of {} weights",
                channels[1], channels[0], weights[1], weights[0]
            )?;
            match kept {
                Some(why) => writeln!(f, " ({why})")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// A choice that cannot be met.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum PruneError {
    /// Nothing to score.
    #[error("singular values of spikes are asked for, and there are no samples to see spikes of")]
    #[diagnostic(
        code(snnc::pass::prune::samples),
        help("give calibration samples, or choose channels by their weights")
    )]
    NoSamples,
    /// A part that is none.
    #[error("{found} of the channels are to go, expected 0 to 1")]
    #[diagnostic(code(snnc::pass::prune::ratio))]
    Ratio {
        /// What was asked for.
        found: f64,
    },
    /// A name of nothing that has weights.
    #[error("no layer is called `{name}`")]
    #[diagnostic(
        code(snnc::pass::prune::name),
        help("`snnc inspect` shows the names of fully connected layers and convolutions")
    )]
    NoLayer {
        /// The name.
        name: String,
    },
    /// Channels that cannot go.
    #[error("it keeps its channels: {why}")]
    #[diagnostic(code(snnc::pass::prune::kept))]
    Kept {
        /// Why.
        why: Kept,
    },
    /// Tied layers with a ratio each.
    #[error("{ratio} of its channels are to go, but {with} of `{other}`'s, which are the same channels")]
    #[diagnostic(
        code(snnc::pass::prune::tied),
        help("their outputs are added: name one of them, or both with one ratio")
    )]
    Tied {
        /// The layer that was named before.
        other: String,
        /// Its ratio.
        with: f64,
        /// This one's.
        ratio: f64,
    },
}

/// Prunes a valid graph, which stays valid. Batch norms may be folded or not; the magnitudes of weights are those that neurons
/// see only where they are.
///
/// # Errors
/// If the choice cannot be met; the graph is as it was.
pub fn prune(
    graph: &mut Graph,
    samples: &[Vec<f32>],
    timesteps: u32,
    choice: &PruneChoice,
) -> Result<Pruned, AtNode<PassError>> {
    if choice.criterion == Criterion::Svs && samples.is_empty() {
        return Err(PassError::from(PruneError::NoSamples).at(&graph.nodes[0]));
    }
    let sets = Sets::of(graph);
    let scores = score::scores(graph, &sets, samples, timesteps, choice.criterion);
    let masks = select::masks(graph, &sets, &scores, &choice.amount)
        .map_err(|(node, error)| PassError::from(error).at(&graph.nodes[node]))?;
    let before = sizes(graph);
    cut::cut(graph, &sets, &masks);
    let layers = before.into_iter().zip(sizes(graph)).map(|((id, channels, weights), (_, left, weights_left))| {
        let mask = masks[sets.layouts[id].set].as_deref();
        let each = channels / sets.of_node(id).channels;
        PrunedLayer {
            name: graph.nodes[id].name.clone(),
            channels: [channels, left],
            gone: (0..channels).filter(|&channel| mask.is_some_and(|mask| !mask[channel / each])).collect(),
            weights: [weights, weights_left],
            kept: sets.of_node(id).kept.clone(),
        }
    });
    Ok(Pruned { layers: layers.collect() })
}

/// Whether an operation has weights, and output channels of which one may go.
fn is_layer(op: &Op) -> bool {
    matches!(op, Op::Linear(_) | Op::Conv2d(_))
}

/// Node, output channels and weights of each layer.
fn sizes(graph: &Graph) -> Vec<(usize, usize, usize)> {
    let of = |(id, node): (usize, &crate::ir::Node)| match &node.op {
        Op::Linear(linear) => Some((id, linear.fan_out, linear.weight.len())),
        Op::Conv2d(conv) => Some((id, conv.channels_out, conv.weight.len())),
        _ => None,
    };
    graph.nodes.iter().enumerate().filter_map(of).collect()
}
