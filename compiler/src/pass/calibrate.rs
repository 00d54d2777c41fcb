//! What calibration samples say about a float graph.

use rayon::prelude::*;

use crate::ir::eval::{Evaluator, Moment, pick};
use crate::ir::{Graph, Op};

/// Ranges seen on the calibration samples.
pub(super) struct Calibration {
    /// `[node][channel]`: largest membrane potential seen, in either direction, before a reset, or largest part of it
    /// that a synaptic current gave; empty without neurons.
    pub peaks: Vec<Vec<f32>>,
    /// `[node]`: most spikes of a neuron in one timestep.
    pub spikes: Vec<f32>,
}

impl Calibration {
    /// Runs every sample through the float evaluator; `None` without samples.
    pub fn measure(graph: &Graph, samples: &[Vec<f32>], timesteps: u32) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let silent = || {
            let channels = |op: &Op, n: usize| if matches!(op, Op::Neuron(_)) { n } else { 0 };
            let peaks = graph.nodes.iter().map(|node| vec![0.0; channels(&node.op, node.shape.channels)]).collect();
            Self { peaks, spikes: vec![0.0; graph.nodes.len()] }
        };
        let seen = samples
            .par_iter()
            .fold(
                || (Evaluator::new(graph), silent()),
                |(mut evaluator, mut seen), sample| {
                    evaluator.run(sample, timesteps, |moment| seen.look(graph, moment));
                    (evaluator, seen)
                },
            )
            .map(|(_, seen)| seen)
            .reduce(silent, |mut a, b| {
                let largest = |a: &mut f32, b: &f32| *a = a.max(*b);
                a.peaks.iter_mut().flatten().zip(b.peaks.iter().flatten()).for_each(|(a, b)| largest(a, b));
                a.spikes.iter_mut().zip(&b.spikes).for_each(|(a, b)| largest(a, b));
                a
            });
        Some(seen)
    }

    /// Takes in a timestep.
    fn look(&mut self, graph: &Graph, moment: &Moment<'_>) {
        for (id, node) in graph.nodes.iter().enumerate() {
            let Op::Neuron(neuron) = &node.op else { continue };
            let peaks = &mut self.peaks[id];
            raise(peaks, moment.charged(id), |_| 1.0);
            for (k, filter) in neuron.synaptic.iter().enumerate() {
                raise(peaks, moment.synaptic(id, k), |channel| pick(&filter.gain, channel));
            }
            if neuron.max_spikes > 1 {
                self.spikes[id] = moment.value(id).iter().fold(self.spikes[id], |most, &n| most.max(n));
            }
        }
    }
}

/// Raises the peak of each channel to the largest magnitude of `values` times the channel's factor.
fn raise(peaks: &mut [f32], values: &[f32], factor: impl Fn(usize) -> f32) {
    let maps = values.chunks((values.len() / peaks.len()).max(1));
    for (channel, (peak, map)) in peaks.iter_mut().zip(maps).enumerate() {
        let factor = factor(channel);
        *peak = map.iter().fold(*peak, |peak, v| peak.max((v * factor).abs()));
    }
}
