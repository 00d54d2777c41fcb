//! The float evaluator against the framework.

use std::fmt;

use rayon::prelude::*;
use snnc::data::Dataset;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::ir::{Graph, Op, Timing};
use snnc::pipeline;

use crate::reference::Reference;

/// How many outputs and traced spikes differ.
pub enum Verdict {
    Compared { rows: usize, of: usize, spikes: usize, of_spikes: usize },
    Impossible(String),
}

impl Verdict {
    pub fn is_equal(&self) -> bool {
        matches!(self, Verdict::Compared { rows: 0, spikes: 0, .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Compared { rows, of, spikes, of_spikes } => {
                write!(f, "{rows} of {of} rows and {spikes} of {of_spikes} traced spikes differ")
            }
            Verdict::Impossible(why) => f.write_str(why),
        }
    }
}

pub fn check(graph: &Graph, reference: &Reference, test: &Dataset) -> Verdict {
    let mut graph = graph.clone();
    // a step model sums over time where the framework's forward() may take the mean
    let per_timestep = !reference.logits && reference.out.iter().all(|&out| out <= 1.0) && graph.readout.scale == 1.0;
    let scale = if per_timestep { 1.0 / reference.timesteps as f32 } else { 1.0 };
    if let (Timing::Sequence, Some(coded)) = (graph.input().0.timing, &reference.rate_coded) {
        let rows = differing(&graph, &coded.spikes, &coded.counts, reference.classes, scale, 1e-6);
        return Verdict::Compared { rows, of: coded.spikes.len(), spikes: 0, of_spikes: 0 };
    }
    let timesteps = match pipeline::present_float(&mut graph, test) {
        Ok(timesteps) if timesteps == reference.timesteps => timesteps,
        Ok(timesteps) => return Verdict::Impossible(format!("{timesteps} timesteps, not {}", reference.timesteps)),
        Err(error) => return Verdict::Impossible(error.to_string()),
    };
    let tolerance = if reference.logits { 1e-4 } else { 1e-6 };
    let samples: Vec<Vec<f32>> =
        (0..test.len).map(|index| pipeline::float_sample(&graph, test, index, timesteps)).collect();
    let rows = differing(&graph, &samples, &reference.out, reference.classes, scale, tolerance);
    let (spikes, of_spikes) = traces(&graph, &samples, reference);
    Verdict::Compared { rows, of: samples.len(), spikes, of_spikes }
}

/// Samples whose scores differ from the framework's outputs by more than `tolerance`, or in their prediction.
fn differing(graph: &Graph, samples: &[Vec<f32>], out: &[f32], classes: usize, scale: f32, tolerance: f32) -> usize {
    let timesteps = graph.timesteps.unwrap_or(1);
    let differs = |(evaluator, index): (&mut Evaluator<'_>, usize)| {
        let scores = evaluator.run(&samples[index], timesteps, |_| {});
        let expected = &out[index * classes..][..classes];
        prediction(&scores) != prediction(expected)
            || scores.iter().zip(expected).any(|(a, b)| (a * scale - b).abs() > tolerance)
    };
    (0..samples.len())
        .into_par_iter()
        .map_init(|| Evaluator::new(graph), |evaluator, index| usize::from(differs((evaluator, index))))
        .sum()
}

/// Spikes of the traced images that differ, and how many were compared.
fn traces(graph: &Graph, samples: &[Vec<f32>], reference: &Reference) -> (usize, usize) {
    let neurons = (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_)));
    let layers: Vec<(usize, &Vec<u8>)> = neurons.zip(&reference.spikes).collect();
    let mut evaluator = Evaluator::new(graph);
    let (mut differ, mut compared) = (0, 0);
    for (image, sample) in samples.iter().take(reference.traced).enumerate() {
        evaluator.run(sample, reference.timesteps, |moment| {
            for (id, trace) in &layers {
                let spikes = moment.value(*id);
                let at = (moment.timestep as usize * reference.traced + image) * spikes.len();
                let expected = &trace[at..at + spikes.len()];
                differ += spikes.iter().zip(expected).filter(|(a, b)| **a != f32::from(**b)).count();
                compared += spikes.len();
            }
        });
    }
    (differ, compared)
}
