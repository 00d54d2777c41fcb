//! What a network in integers is worth beside its float graph: accuracy, bytes, synaptic operations, spikes that differ,
//! and how close the membranes come to their thresholds.

use rayon::prelude::*;
use serde::Serialize;
use snnc_runtime::program::{EdgeKind, Population, Program, Step};
use snnc_runtime::run::{Runner, arena_words};

use crate::backend::rust::flash_bytes;
use crate::compiled::Compiled;
use crate::data::{Dataset, Sample};
use crate::error::Error;
use crate::ir::eval::{Evaluator, pick, prediction};
use crate::ir::{Graph, NodeId, Op};
use crate::pipeline::{encode, float_sample};
use crate::stats::{Counter, LayerCounts};

/// Ends of the bins of [`LayerPrice::margins`], as parts of the threshold; the last bin has no end.
pub const MARGINS: [f32; 4] = [0.001, 0.01, 0.03, 0.1];

/// A compiled network on some samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    /// Samples.
    pub samples: usize,
    /// Samples whose class is predicted, if classes are known.
    pub correct: Option<usize>,
    /// The same of the float graph.
    pub float_correct: Option<usize>,
    /// Samples on which it predicts as the float graph does.
    pub same_as_float: usize,
    /// Mean square distance of its scores from the float graph's, each sample's scaled to the float graph's spread.
    pub distance: f64,
    /// Weights and tables, packed as a microcontroller keeps them in flash.
    pub bytes: u64,
    /// Membranes and synaptic currents, each of its own width, as an FPGA keeps them (a microcontroller takes words).
    pub state_bytes: u64,
    /// Weights added per sample.
    pub synaptic_operations: f64,
    /// Layers of neurons.
    pub layers: Vec<LayerPrice>,
}

/// One layer of neurons.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerPrice {
    /// Its name.
    pub name: String,
    /// Spikes of the float graph, per neuron and timestep.
    pub rate: f64,
    /// Part of the neurons and timesteps whose spikes are not the float graph's.
    pub flipped: f64,
    /// Part of the neurons and timesteps whose membrane comes closer to its threshold than each of [`MARGINS`] times the
    /// threshold, and not closer than the one before; the last part is the rest. What is close is what rounding flips.
    pub margins: [f64; MARGINS.len() + 1],
}

impl Price {
    /// Accuracy of the integers in per cent, if classes are known.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        self.correct.map(|correct| 100.0 * correct as f64 / self.samples.max(1) as f64)
    }

    /// Per cent of the samples that are lost: correct ones of the float graph's, or predictions that are others where no
    /// class is known.
    #[must_use]
    pub fn drop(&self) -> f64 {
        let lost = match (self.float_correct, self.correct) {
            (Some(float), Some(integer)) => float as f64 - integer as f64,
            _ => self.samples as f64 - self.same_as_float as f64,
        };
        100.0 * lost / self.samples.max(1) as f64
    }
}

/// A layer of neurons in both forms.
struct Pair {
    node: NodeId,
    step: usize,
}

/// What one layer of neurons did in one sample, in neurons and timesteps.
#[derive(Clone, Copy, Default)]
struct Counts {
    flipped: u64,
    spikes: u64,
    margins: [u64; MARGINS.len() + 1],
}

/// What one sample did.
struct Seen {
    prediction: usize,
    float_prediction: usize,
    distance: f64,
    layers: Vec<Counts>,
    work: Vec<LayerCounts>,
}

/// Runs `data` on both forms of a network. `float` is the graph whose neurons are those of `compiled`, its timesteps and
/// input settled ([`crate::pipeline::present`]).
///
/// # Errors
/// Samples that do not fit.
pub fn price(float: &Graph, compiled: &Compiled<'_>, data: &Dataset) -> Result<Price, Error> {
    let program = compiled.program;
    let samples = encode(compiled, data)?;
    let pairs = pairs(float, compiled);
    let seen: Vec<Seen> = samples
        .par_iter()
        .enumerate()
        .map_init(
            || (Evaluator::new(float), Counter::new(program), vec![0; arena_words(&program)]),
            |(evaluator, counter, arena), (index, sample)| {
                let input = float_sample(float, data, index, program.timesteps());
                let mut seen = compare(float, evaluator, &input, &program, arena, sample, &pairs);
                seen.work = vec![LayerCounts::default(); program.steps().len()];
                counter.count(sample, &mut seen.work);
                seen
            },
        )
        .collect();
    let n = data.len.max(1) as f64;
    let correct = |prediction: fn(&Seen) -> usize| {
        let labels = data.labels.as_ref()?;
        Some(seen.iter().zip(labels).filter(|(seen, label)| prediction(seen) as i64 == **label).count())
    };
    let layers = pairs.iter().enumerate().map(|(layer, pair)| {
        let moments = (program.edge(pair.step + 1).shape.len() as u64 * u64::from(program.timesteps())) as f64 * n;
        let sum =
            |of: &dyn Fn(&Counts) -> u64| seen.iter().map(|seen| of(&seen.layers[layer])).sum::<u64>() as f64 / moments;
        LayerPrice {
            name: float.nodes[pair.node].name.clone(),
            flipped: sum(&|counts| counts.flipped),
            rate: sum(&|counts| counts.spikes),
            margins: std::array::from_fn(|bin| sum(&|counts| counts.margins[bin])),
        }
    });
    let operations = seen.iter().flat_map(|seen| &seen.work).map(|counts| counts.synaptic_operations).sum::<u64>();
    Ok(Price {
        samples: data.len,
        correct: correct(|seen| seen.prediction),
        float_correct: correct(|seen| seen.float_prediction),
        same_as_float: seen.iter().filter(|seen| seen.prediction == seen.float_prediction).count(),
        distance: seen.iter().map(|seen| seen.distance).sum::<f64>() / n,
        bytes: flash_bytes(&program),
        state_bytes: program.steps().iter().map(state_bits).sum::<u64>().div_ceil(8),
        synaptic_operations: operations as f64 / n,
        layers: layers.collect(),
    })
}

/// Bits of membranes and synaptic currents.
fn state_bits(step: &Step<'_>) -> u64 {
    let Step::Population(Population { neuron: Some(neuron), output, .. }) = step else { return 0 };
    u64::from(neuron.state_bits()) * output.shape.len() as u64
}

/// The layers that both forms have, by their names.
fn pairs(float: &Graph, compiled: &Compiled<'_>) -> Vec<Pair> {
    let steps = compiled.program.steps().iter().zip(&compiled.steps).enumerate();
    let spiking = steps.filter(|(_, (step, _))| matches!(step, Step::Population(p) if p.neuron.is_some()));
    let pair = |(step, (_, info)): (usize, (&Step<'_>, &crate::compiled::StepInfo))| {
        let neurons = |node: &crate::ir::Node| matches!(node.op, Op::Neuron(_)) && node.name == info.name;
        let node = float.nodes.iter().position(neurons)?;
        (float.nodes[node].shape.len() == compiled.program.edge(step + 1).shape.len()).then_some(Pair { node, step })
    };
    spiking.filter_map(pair).collect()
}

fn compare(
    float: &Graph,
    evaluator: &mut Evaluator<'_>,
    input: &[f32],
    program: &Program<'_>,
    arena: &mut [u32],
    sample: &Sample,
    pairs: &[Pair],
) -> Seen {
    let mut runner = Runner::new(*program, arena).expect("the arena has the words it asked for");
    let mut layers = vec![Counts::default(); pairs.len()];
    let float_scores = evaluator.run(input, program.timesteps(), |moment| {
        runner.step(sample.input(moment.timestep)).expect("samples are encoded for their program");
        for (pair, counts) in pairs.iter().zip(&mut layers) {
            let Op::Neuron(neuron) = &float.nodes[pair.node].op else { continue };
            let shape = float.nodes[pair.node].shape;
            let (kind, edge) = (program.edge(pair.step + 1).kind, runner.edge(pair.step + 1));
            let of_float = moment.value(pair.node).iter().zip(moment.charged(pair.node)).enumerate();
            for (element, (&fired, &v)) in of_float {
                let (channel, position) = (element / shape.positions(), element % shape.positions());
                let at = position * shape.channels + channel; // channels last
                let integer = match kind {
                    EdgeKind::Spikes => edge[at / 32] >> (at % 32) & 1,
                    EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => edge[at],
                };
                counts.flipped += u64::from(integer != fired as u32);
                counts.spikes += fired as u64;
                let threshold = pick(neuron.threshold_at(moment.timestep), channel);
                let margin = (v - threshold).abs() / threshold.abs().max(f32::MIN_POSITIVE);
                counts.margins[MARGINS.iter().position(|&end| margin < end).unwrap_or(MARGINS.len())] += 1;
            }
        }
    });
    let scores: Vec<f32> = runner.scores().iter().map(|&score| score as i32 as f32).collect();
    Seen {
        prediction: runner.prediction(),
        float_prediction: prediction(&float_scores),
        distance: distance(&float_scores, &scores),
        layers,
        work: Vec::new(),
    }
}

/// Mean square distance of two score vectors, each with mean 0 and scaled so that the first has spread 1 and the second
/// comes closest: integer scores have a scale of their own.
fn distance(float: &[f32], integer: &[f32]) -> f64 {
    let centred = |scores: &[f32]| {
        let mean = scores.iter().map(|&s| f64::from(s)).sum::<f64>() / scores.len() as f64;
        scores.iter().map(|&s| f64::from(s) - mean).collect::<Vec<f64>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (centred(float), centred(integer));
    let (aa, ab, bb) = (dot(&a, &a), dot(&a, &b), dot(&b, &b));
    match (aa > 0.0, bb > 0.0) {
        (true, true) => 1.0 - (ab.max(0.0) * ab) / (aa * bb),
        (true, false) | (false, true) => 1.0,
        (false, false) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_another_scale_and_offset_are_no_distance_apart() {
        assert!(distance(&[0.0, 1.0, 3.0], &[7.0, 17.0, 37.0]).abs() < 1e-12);
        assert!(distance(&[0.0, 1.0, 3.0], &[3.0, 1.0, 0.0]) >= 1.0);
        assert_eq!(distance(&[0.0, 1.0], &[5.0, 5.0]), 1.0);
    }
}
