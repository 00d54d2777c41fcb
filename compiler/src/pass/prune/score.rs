//! What channels are worth.

use rayon::prelude::*;

use super::sets::{Set, Sets};
use super::svs::singular;
use crate::ir::eval::Evaluator;
use crate::ir::{Graph, Op};

/// What says which channels are worth least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Singular values of the spikes (SVS; Wei et al. 2025, QP-SNN, section 4.3): the mean over the calibration samples of
    /// how many singular values above [`super::EPSILON`] the `[height, width]` map `1/T sum over t of S[t]` has. Of a
    /// map of one element, which has one value or none, the mean rate itself. Between equals, the mean nuclear norm.
    Svs,
    /// Sum of the magnitudes of a channel's weights (Li et al. 2017), as they are in the graph. Needs no samples.
    WeightL1,
    /// Chance, to compare with (SplitMix64). Needs no samples.
    Random {
        /// Another seed, other channels.
        seed: u64,
    },
}

/// Of a channel, the sum over the members of its set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Score {
    pub value: f64,
    /// Decides between equal values.
    pub tie: f64,
}

/// `[set][channel]`; nothing for sets that keep their channels.
pub(super) fn scores(
    graph: &Graph,
    sets: &Sets,
    samples: &[Vec<f32>],
    timesteps: u32,
    criterion: Criterion,
) -> Vec<Vec<Score>> {
    let mut scores = zeros(sets);
    match criterion {
        Criterion::Svs => {
            // summed in the order of the samples, whichever thread was first
            let each: Vec<Vec<Vec<Score>>> = samples
                .par_iter()
                .map_init(
                    || Evaluator::new(graph),
                    |evaluator, sample| of_sample(evaluator, graph, sets, sample, timesteps),
                )
                .collect();
            for sample in &each {
                for (sum, score) in scores.iter_mut().flatten().zip(sample.iter().flatten()) {
                    sum.value += score.value / samples.len() as f64;
                    sum.tie += score.tie / samples.len() as f64;
                }
            }
        }
        Criterion::WeightL1 => weights(graph, sets, &mut scores),
        Criterion::Random { seed } => {
            let mut state = seed;
            scores.iter_mut().flatten().for_each(|score| score.value = random(&mut state));
        }
    }
    scores
}

fn zeros(sets: &Sets) -> Vec<Vec<Score>> {
    let channels = |set: &Set| if set.kept.is_none() { set.channels } else { 0 };
    sets.sets.iter().map(|set| vec![Score::default(); channels(set)]).collect()
}

/// The singular values of one sample.
fn of_sample(
    evaluator: &mut Evaluator<'_>,
    graph: &Graph,
    sets: &Sets,
    sample: &[f32],
    timesteps: u32,
) -> Vec<Vec<Score>> {
    let spiking = |&id: &usize| matches!(graph.nodes[id].op, Op::Neuron(_)) && sets.of_node(id).kept.is_none();
    let populations: Vec<usize> = (0..graph.nodes.len()).filter(spiking).collect();
    let mut means: Vec<Vec<f64>> = populations.iter().map(|&id| vec![0.0; graph.nodes[id].shape.len()]).collect();
    evaluator.run(sample, timesteps, |moment| {
        for (mean, &id) in means.iter_mut().zip(&populations) {
            mean.iter_mut().zip(moment.value(id)).for_each(|(mean, &spikes)| *mean += f64::from(spikes));
        }
    });
    let mut scores = zeros(sets);
    for (mean, &id) in means.iter_mut().zip(&populations) {
        mean.iter_mut().for_each(|mean| *mean /= f64::from(timesteps));
        let (shape, layout) = (graph.nodes[id].shape, sets.layouts[id]);
        for (channel, map) in mean.chunks(shape.positions()).enumerate() {
            let (values, sum) = singular(map, shape.width);
            let score = &mut scores[layout.set][channel / layout.channels_each(shape)];
            score.value += values;
            score.tie += sum;
        }
    }
    scores
}

/// Adds up the magnitudes of the rows of every layer.
fn weights(graph: &Graph, sets: &Sets, scores: &mut [Vec<Score>]) {
    for (node, layout) in graph.nodes.iter().zip(&sets.layouts) {
        let (weight, rows) = match &node.op {
            Op::Linear(linear) => (&linear.weight, linear.fan_out),
            Op::Conv2d(conv) => (&conv.weight, conv.channels_out),
            _ => continue,
        };
        if sets.sets[layout.set].kept.is_none() {
            let each = layout.channels_each(node.shape);
            for (row, weight) in weight.chunks(weight.len() / rows).enumerate() {
                let sum: f64 = weight.iter().map(|w| f64::from(w.abs())).sum();
                scores[layout.set][row / each].value += sum;
            }
        }
    }
}

/// The next number of SplitMix64 (Steele et al. 2014), in 0..1.
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
