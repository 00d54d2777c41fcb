//! What calibration samples say about a float graph.

use rayon::prelude::*;

use crate::ir::eval::Evaluator;
use crate::ir::{Graph, Op};

/// Ranges seen on the calibration samples.
pub(super) struct Calibration {
    /// `[node][channel]`: largest membrane potential seen, in either direction, before a reset; empty without neurons.
    pub peaks: Vec<Vec<f32>>,
}

impl Calibration {
    /// Runs every sample through the float evaluator; `None` without samples.
    pub fn measure(graph: &Graph, samples: &[Vec<f32>], timesteps: u32) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let silent = || -> Vec<Vec<f32>> {
            let channels = |op: &Op, n: usize| if matches!(op, Op::Neuron(_)) { n } else { 0 };
            graph.nodes.iter().map(|node| vec![0.0; channels(&node.op, node.shape.channels)]).collect()
        };
        let peaks = samples
            .par_iter()
            .fold(
                || (Evaluator::new(graph), silent()),
                |(mut evaluator, mut peaks), sample| {
                    evaluator.run(sample, timesteps, |moment| {
                        for (id, peaks) in peaks.iter_mut().enumerate().filter(|(_, p)| !p.is_empty()) {
                            let maps = moment.charged(id).chunks(graph.nodes[id].shape.positions());
                            for (peak, map) in peaks.iter_mut().zip(maps) {
                                *peak = map.iter().fold(*peak, |peak, v| peak.max(v.abs()));
                            }
                        }
                    });
                    (evaluator, peaks)
                },
            )
            .map(|(_, peaks)| peaks)
            .reduce(silent, |mut a, b| {
                for (a, b) in a.iter_mut().flatten().zip(b.iter().flatten()) {
                    *a = a.max(*b);
                }
                a
            });
        Some(Self { peaks })
    }
}
