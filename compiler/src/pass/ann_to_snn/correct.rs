//! Corrects the biases of a rate-coded network, layer by layer (Li et al. 2021, "bias calibration").
//!
//! Rounding, clipping and spikes that come late leave a mean error per channel:
//! `error[c] = mean(activation) - mean(offset + gain * spike)` over calibration samples, positions and timesteps. A bias is
//! a constant current, so adding the error moves the rate by as much. Each layer is measured with those before it
//! corrected. (ReLU network for MNIST, first 1000 images: T = 1 from 91.2 % to 95.9 %; 97.9 % from T = 4 either way, with two
//! thirds of the error in the logits.)

use rayon::prelude::*;

use super::carried::Carried;
use super::neurons::Converted;
use crate::ir::eval::Evaluator;
use crate::ir::{Graph, NodeId, Op};

/// Calibration samples that are looked at.
const SAMPLES: usize = 128;

/// Corrects the synapses before every population of `converted`, which stands for `original`.
pub fn biases(original: &Graph, converted: &mut Converted, samples: &[Vec<f32>], timesteps: u32) {
    let samples = &samples[..samples.len().min(SAMPLES)];
    let activations: Vec<NodeId> =
        (0..original.nodes.len()).filter(|&id| matches!(original.nodes[id].op, Op::Activation(_))).collect();
    let wanted = means(original, samples, 1, &activations);
    for (&id, wanted) in activations.iter().zip(wanted) {
        let carried = converted.carried[id].clone();
        let Some(synapses) = synapses(&converted.graph, carried.node) else { continue };
        let spikes = means(&converted.graph, samples, timesteps, &[carried.node]).pop().unwrap_or_default();
        add(&mut converted.graph.nodes[synapses].op, &carried, &wanted, &spikes);
    }
}

/// The synapses that feed `neurons` alone, with one bias per channel of theirs.
fn synapses(graph: &Graph, neurons: NodeId) -> Option<NodeId> {
    let consumers = graph.consumers();
    let channels = graph.nodes[neurons].shape.channels;
    let mut id = neurons;
    loop {
        id = graph.nodes[id].sources.first()?.node;
        if consumers[id].len() > 1 || id == graph.output || graph.nodes[id].shape.channels != channels {
            return None;
        }
        match &graph.nodes[id].op {
            Op::Linear(_) | Op::Conv2d(_) => return Some(id),
            Op::MaxPool(_) | Op::AvgPool(_) => {}
            Op::Input(_) | Op::BatchNorm(_) | Op::Flatten | Op::Add | Op::Activation(_) | Op::Neuron(_) => return None,
            Op::Permute(_) | Op::Reshape | Op::MatMul => return None,
        }
    }
}

fn add(synapses: &mut Op, carried: &Carried, wanted: &[f64], spikes: &[f64]) {
    let bias = match synapses {
        Op::Linear(linear) => &mut linear.bias,
        Op::Conv2d(conv) => &mut conv.bias,
        _ => return,
    };
    for (channel, bias) in bias.iter_mut().enumerate() {
        let (gain, offset) = (f64::from(carried.gain_of(channel)), f64::from(carried.offset_of(channel)));
        *bias += (wanted[channel] - (offset + gain * spikes[channel])) as f32;
    }
}

/// `[node][channel]`: means of what `nodes` give, over samples, timesteps and positions.
fn means(graph: &Graph, samples: &[Vec<f32>], timesteps: u32, nodes: &[NodeId]) -> Vec<Vec<f64>> {
    let sums: Vec<Vec<Vec<f64>>> = samples
        .par_iter()
        .map_init(
            || Evaluator::new(graph),
            |evaluator, sample| {
                let mut sums: Vec<Vec<f64>> =
                    nodes.iter().map(|&id| vec![0.0; graph.nodes[id].shape.channels]).collect();
                evaluator.run(sample, timesteps, |moment| {
                    for (sums, &id) in sums.iter_mut().zip(nodes) {
                        let maps = moment.value(id).chunks(graph.nodes[id].shape.positions());
                        for (sum, map) in sums.iter_mut().zip(maps) {
                            *sum += map.iter().map(|&x| f64::from(x)).sum::<f64>();
                        }
                    }
                });
                sums
            },
        )
        .collect();
    // one sample after the other: the same sum on any number of threads
    let mut total: Vec<Vec<f64>> = nodes.iter().map(|&id| vec![0.0; graph.nodes[id].shape.channels]).collect();
    for sums in &sums {
        total.iter_mut().flatten().zip(sums.iter().flatten()).for_each(|(total, sum)| *total += sum);
    }
    for (total, &id) in total.iter_mut().zip(nodes) {
        let n = samples.len() as f64 * f64::from(timesteps) * graph.nodes[id].shape.positions() as f64;
        total.iter_mut().for_each(|total| *total /= n.max(1.0));
    }
    total
}
