//! From a float graph and calibration samples to a compiled network, and what that cost.

use bumpalo::Bump;
use rayon::prelude::*;
use serde::Serialize;
use snnc_runtime::run::{Runner, arena_words};

use crate::compiled::Compiled;
use crate::data::{Dataset, PIXEL_SCALE, Presentation, Sample, Values};
use crate::error::{AtNode, Error, GraphError};
use crate::ir::eval::{Evaluator, prediction};
use crate::ir::{Graph, InputEncoding, Op, Timing};
use crate::pass::{self, Applied, Context, WeightChoice, ann_to_snn};
use crate::{host, lower};

/// What the user chooses.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Encoding of the weights.
    pub weights: WeightChoice,
    /// Width of the membranes, 2 to 30; `None`: as wide as their thresholds ask for.
    pub membrane_bits: Option<u8>,
}

/// A compiled network and how it came about.
#[derive(Debug)]
pub struct Built<'a> {
    /// The integer network.
    pub compiled: Compiled<'a>,
    /// The graph on its grids that it was made of; compiled again it gives the same network. None of a compiled file.
    pub graph: Option<Graph>,
    /// The passes that ran.
    pub applied: Vec<Applied>,
    /// What the integers changed on the calibration samples, if there were any.
    pub price: Option<Price>,
    /// What was assumed.
    pub warnings: Vec<String>,
}

/// Float against integers on the calibration samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Price {
    /// Calibration samples.
    pub samples: usize,
    /// Samples on which float and integers predict the same class.
    pub same_predictions: usize,
    /// Correct predictions of the float graph, if classes are known.
    pub float_correct: Option<usize>,
    /// Correct predictions of the program, if classes are known.
    pub integer_correct: Option<usize>,
}

/// Settles what the model leaves open and the samples tell: timesteps, and whether and how the input changes over time.
///
/// `calibrated` says whether numbers (the input's scale) may be chosen from the samples' values, or only what their type
/// tells. Returns the timesteps.
///
/// # Errors
/// If the timesteps are unknown, or the samples do not fit the input.
pub fn present(graph: &mut Graph, samples: Option<&Dataset>, calibrated: bool) -> Result<u32, Error> {
    if ann_to_snn::is_ann(graph) {
        graph.timesteps = graph.timesteps.or(Some(ann_to_snn::default_timesteps(graph)));
    }
    let timesteps = match samples {
        Some(samples) => present_float(graph, samples)?,
        None => graph.timesteps.ok_or_else(|| no_timesteps(graph))?,
    };
    if let (Op::Input(input), Some(samples)) = (&mut graph.nodes[0].op, samples)
        && input.encoding == InputEncoding::Real
    {
        input.encoding = encoding(samples, calibrated)?;
    }
    Ok(timesteps)
}

/// As [`present`], for the float evaluator: the input's numbers stay as they are.
///
/// # Errors
/// If the timesteps are unknown, or the samples do not fit the input.
pub fn present_float(graph: &mut Graph, samples: &Dataset) -> Result<u32, Error> {
    let (_, shape) = graph.input();
    if ann_to_snn::is_ann(graph) {
        graph.timesteps = graph.timesteps.or(Some(1)); // it has no time
    }
    if let Presentation::Sequence { timesteps } = samples.presentation(shape, graph.timesteps)? {
        graph.timesteps = graph.timesteps.or(Some(timesteps));
        if let Op::Input(input) = &mut graph.nodes[0].op {
            input.timing = Timing::Sequence;
        }
    }
    let timesteps = graph.timesteps.ok_or_else(|| no_timesteps(graph))?;
    graph.validate()?; // thresholds of its timesteps, above all
    Ok(timesteps)
}

fn no_timesteps(graph: &Graph) -> Error {
    AtNode { node: graph.name.clone(), op: "graph".into(), source: GraphError::Timesteps }.into()
}

/// How samples of this kind become integers.
fn encoding(samples: &Dataset, calibrated: bool) -> Result<InputEncoding, Error> {
    let x = match &samples.x {
        _ if samples.rate.is_some() => return Ok(InputEncoding::Spikes),
        Values::U8(_) => return Ok(InputEncoding::Integer { scale: PIXEL_SCALE, bits: 8, signed: false }),
        Values::Spikes(_) => return Ok(InputEncoding::Spikes),
        Values::F32(x) => x,
    };
    let (low, high) = x.iter().fold((0.0f32, 0.0f32), |(low, high), &x| (low.min(x), high.max(x)));
    let pixels = || x.iter().all(|x| (x * 255.0 - (x * 255.0).round()).abs() < 1e-4);
    match calibrated {
        _ if low == 0.0 && high <= 1.0 && (!calibrated || pixels()) => {
            Ok(InputEncoding::Integer { scale: PIXEL_SCALE, bits: 8, signed: false })
        }
        true => {
            let (reach, steps) = if low < 0.0 { (high.max(-low), 127.0) } else { (high, 255.0) };
            let reach = if reach == 0.0 { 1.0 } else { reach }; // silence has any scale
            Ok(InputEncoding::Integer { scale: reach / steps, bits: 8, signed: low < 0.0 })
        }
        false => Err(samples
            .error(
                format!("its numbers reach from {low} to {high}, and nothing says how to round them to integers"),
                "give --calib with samples of the same kind, or save x as uint8 (value / 255) or bool (spikes)",
            )
            .into()),
    }
}

/// Sample `index` as the evaluator takes it.
#[must_use]
pub fn float_sample(graph: &Graph, samples: &Dataset, index: usize, timesteps: u32) -> Vec<f32> {
    let sample = samples.float(index);
    let (input, shape) = graph.input();
    if input.timing == Timing::Sequence && sample.len() == shape.len() {
        sample.repeat(timesteps as usize)
    } else {
        sample
    }
}

/// Every sample as the evaluator takes it.
#[must_use]
pub fn float_samples(graph: &Graph, samples: &Dataset, timesteps: u32) -> Vec<Vec<f32>> {
    (0..samples.len).map(|index| float_sample(graph, samples, index, timesteps)).collect()
}

/// Compiles a graph that [`present`] has settled.
///
/// # Errors
/// Passes and lowering, with the node.
pub fn build<'a>(
    float: &Graph,
    timesteps: u32,
    calib: Option<&Dataset>,
    choices: &Choices,
    arena: &'a Bump,
) -> Result<Built<'a>, Error> {
    let samples: Vec<Vec<f32>> = match calib {
        Some(calib) => float_samples(float, calib, timesteps),
        None => Vec::new(),
    };
    let mut graph = float.clone();
    let context =
        Context { samples: &samples, timesteps, weights: &choices.weights, membrane_bits: choices.membrane_bits };
    let applied = pass::run(&mut graph, &context)?;
    let mut compiled = lower::lower(&graph, timesteps, arena)?;
    let mut warnings = ann_to_snn::notes(float, timesteps);
    warnings.extend(lower::coarse_decays(&graph, &compiled));
    let mut price = None;
    if let Some(calib) = calib {
        let encoded = encode(&compiled, calib)?;
        let integer = measure(&mut compiled, &encoded);
        let float = predictions(float, &samples, timesteps);
        let correct = |predictions: &[usize]| {
            let labels = calib.labels.as_ref()?;
            Some(predictions.iter().zip(labels).filter(|(p, l)| **p as i64 == **l).count())
        };
        price = Some(Price {
            samples: calib.len,
            same_predictions: float.iter().zip(&integer).filter(|(a, b)| a == b).count(),
            float_correct: correct(&float),
            integer_correct: correct(&integer),
        });
    } else {
        warnings.push(
            "no --calib: membranes are as wide as the weights can reach at worst, and nothing says what the integers cost".into(),
        );
    }
    Ok(Built { compiled, graph: Some(graph), applied, price, warnings })
}

/// The spiking network, in floats, of a network with activations.
///
/// # Errors
/// What has no spiking counterpart, with its node; activations that become rates without `calib`.
pub fn to_spikes(ann: &Graph, timesteps: u32, calib: Option<&Dataset>) -> Result<Graph, Error> {
    let mut graph = ann.clone();
    if let Some(calib) = calib {
        present_float(&mut graph, calib)?;
    }
    let samples: Vec<Vec<f32>> = calib.map_or_else(Vec::new, |c| (0..c.len).map(|index| c.float(index)).collect());
    let weights = WeightChoice::default();
    pass::to_spikes(&mut graph, &Context { samples: &samples, timesteps, weights: &weights, membrane_bits: None })?;
    Ok(graph)
}

/// Every sample for the integer network.
///
/// # Errors
/// The first that does not fit.
pub fn encode(compiled: &Compiled<'_>, samples: &Dataset) -> Result<Vec<Sample>, Error> {
    (0..samples.len).into_par_iter().map(|index| samples.encode(index, compiled).map_err(Error::from)).collect()
}

/// Predictions of the float evaluator.
fn predictions(graph: &Graph, samples: &[Vec<f32>], timesteps: u32) -> Vec<usize> {
    samples
        .par_iter()
        .map_init(|| Evaluator::new(graph), |evaluator, sample| prediction(&evaluator.run(sample, timesteps, |_| {})))
        .collect()
}

/// Runs the calibration samples, keeps each step's activity in `compiled`, and returns the predictions.
fn measure(compiled: &mut Compiled<'_>, samples: &[Sample]) -> Vec<usize> {
    let program = compiled.program;
    let counted: Vec<(usize, Vec<u64>)> = samples
        .par_iter()
        .map_init(
            || vec![0; arena_words(&program)],
            |arena, sample| {
                let mut runner = Runner::new(program, arena).expect("the arena has the words it asked for");
                let mut active = vec![0u64; program.steps().len()];
                for timestep in 0..program.timesteps() {
                    runner.step(sample.input(timestep)).expect("samples are encoded for this program");
                    for (step, active) in active.iter_mut().enumerate() {
                        *active += host::active(&program, step, runner.edge(step + 1));
                    }
                }
                (runner.prediction(), active)
            },
        )
        .collect();
    let moments = (samples.len() as f64 * f64::from(program.timesteps())).max(1.0);
    for (step, info) in compiled.steps.iter_mut().enumerate() {
        info.activity = Some(counted.iter().map(|(_, active)| active[step]).sum::<u64>() as f64 / moments);
    }
    counted.into_iter().map(|(prediction, _)| prediction).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{AvgPool, Divisor, Linear, Op, Shape, Window};
    use crate::pass::testing::{chain, conv, neuron, numbers};

    /// Scores of a graph in floats and, without calibration, in integers.
    fn both(mut graph: Graph, pixels: Vec<u8>) -> (Vec<f32>, Vec<f32>) {
        graph.validate().expect("a sound graph");
        let len = pixels.len();
        let x = Values::U8(pixels);
        let data =
            Dataset { file: "x".into(), x, len: 1, sample_shape: vec![len], sample_len: len, labels: None, rate: None };
        let timesteps = present(&mut graph, Some(&data), false).expect("the sample fits");
        let float = Evaluator::new(&graph).run(&data.float(0), timesteps, |_| {});
        let arena = Bump::new();
        let built = build(&graph, timesteps, None, &Choices::default(), &arena).expect("it compiles");
        let trace = host::trace(&built.compiled.program, &encode(&built.compiled, &data).expect("the sample fits")[0]);
        (float, trace.scores.iter().map(|&score| score as f32 * built.compiled.readout_scale).collect())
    }

    #[test]
    fn counts_that_neurons_take_one_to_one_keep_their_scale() {
        let pool = Op::AvgPool(AvgPool { window: Window::new([4; 2], [4; 2]), divisor: Divisor::Kernel });
        let layers = vec![
            ("conv", conv(1, 2, 3, 1), Shape::new(2, 4, 4)),
            ("lif1", neuron(1.0), Shape::new(2, 4, 4)),
            ("pool", pool, Shape::vector(2)),
            ("lif2", neuron(1.0), Shape::vector(2)),
        ];
        let pixels = numbers(36, 3).iter().map(|x| (x * 127.0 + 128.0) as u8).collect();
        let (float, integer) = both(chain(Shape::new(1, 6, 6), layers), pixels);
        assert!(float.iter().any(|&count| count > 0.0), "a silent network shows nothing");
        assert_eq!(float, integer);
    }

    #[test]
    fn a_membrane_of_few_bits_saturates_where_the_other_does_not() {
        let linear = Linear { fan_in: 1, fan_out: 1, weight: vec![1.0], bias: vec![0.0], grid: None };
        let vector = Shape::vector(1);
        let mut graph = chain(Shape::vector(1), vec![("fc", Op::Linear(linear), vector), ("if", neuron(1.0), vector)]);
        if let Op::Neuron(neuron) = &mut graph.nodes[2].op {
            neuron.reset = crate::ir::Reset::None;
        }
        (graph.readout.quantity, graph.readout.reduce) = (crate::ir::Quantity::Membrane, crate::ir::Reduce::Last);
        let x = Values::U8(vec![255]);
        let data =
            Dataset { file: "x".into(), x, len: 1, sample_shape: vec![1], sample_len: 1, labels: None, rate: None };
        present(&mut graph, Some(&data), false).expect("the sample fits");
        let score = |membrane_bits| {
            let (arena, choices) = (Bump::new(), Choices { membrane_bits, ..Choices::default() });
            let built = build(&graph, 6, None, &choices, &arena).expect("it compiles");
            let trace = host::trace(&built.compiled.program, &encode(&built.compiled, &data).expect("it fits")[0]);
            trace.scores[0] as f32 * built.compiled.readout_scale
        };
        assert!((score(None) - 6.0).abs() < 0.1, "six times one: {}", score(None));
        // without samples the range is twice the threshold of 0.75, and up to the power of two above it
        assert!((1.5..3.0).contains(&score(Some(6))), "it saturates: {}", score(Some(6)));
    }

    /// One neuron that keeps no membrane, on the currents 2 and -1/2.
    fn fires(neuron: crate::ir::Neuron) -> (Vec<f32>, Vec<f32>) {
        let linear = Linear { fan_in: 1, fan_out: 1, weight: vec![1.0], bias: vec![0.0], grid: None };
        let vector = Shape::vector(1);
        let neuron = crate::ir::Neuron { beta: vec![0.0], reset: crate::ir::Reset::None, ..neuron };
        let layers = vec![("fc", Op::Linear(linear), vector), ("n", Op::Neuron(neuron), vector)];
        let mut graph = chain(Shape::vector(1), layers);
        graph.timesteps = Some(2);
        let x = Values::F32(vec![2.0, -0.5]);
        let data =
            Dataset { file: "x".into(), x, len: 1, sample_shape: vec![2, 1], sample_len: 2, labels: None, rate: None };
        let timesteps = present(&mut graph, Some(&data), true).expect("the sample fits");
        let float = Evaluator::new(&graph).run(&data.float(0), timesteps, |_| {});
        let arena = Bump::new();
        let built = build(&graph, timesteps, Some(&data), &Choices::default(), &arena).expect("it compiles");
        crate::proof::prove(&built.compiled.program).expect("sums that fit");
        let trace = host::trace(&built.compiled.program, &encode(&built.compiled, &data).expect("it fits")[0]);
        (float, trace.scores.iter().map(|&score| score as f32).collect())
    }

    #[test]
    fn a_mix_of_timesteps_is_no_threshold_per_timestep() {
        // M = [[1, 0], [1, 1]], theta = [1, 1]: M I = [2, 1.5] fires twice
        let mix = crate::ir::TemporalMix { timesteps: 2, weight: vec![1.0, 0.0, 1.0, 1.0], scale: None };
        let mixed = crate::ir::Neuron { temporal_mix: Some(mix), ..Default::default() };
        assert_eq!(fires(mixed), (vec![2.0], vec![2.0]));
        // M^-1 theta = [1, 0], of which I = [2, -0.5] reaches one
        let (threshold, threshold_timesteps) = (vec![1.0, 0.0], 2);
        let moved = crate::ir::Neuron { threshold, threshold_timesteps, ..Default::default() };
        assert_eq!(fires(moved), (vec![1.0], vec![1.0]));
    }

    #[test]
    fn the_grid_of_a_readout_is_kept_where_its_scales_are_a_rounding_apart() {
        let (scale, other) = (0.004_250_331_f32, 0.004_250_331_3_f32);
        assert_ne!(scale, other);
        let weight = vec![127.0 * scale, -128.0 * scale, 119.0 * other, 101.0 * other];
        let linear = Linear { fan_in: 2, fan_out: 2, weight, bias: vec![0.0; 2], grid: None };
        let mut graph = chain(Shape::vector(2), vec![("fc", Op::Linear(linear), Shape::vector(2))]);
        graph.readout.quantity = crate::ir::Quantity::Current;
        let (float, integer) = both(graph, vec![255, 102]);
        for (float, integer) in float.iter().zip(&integer) {
            // rounded anew, 119 of 128 would be 118.07 of 127
            assert!((float - integer).abs() < 1e-5 * float.abs(), "{float} became {integer}");
        }
    }

    #[test]
    fn a_weak_channel_beside_a_strong_one_can_still_fire() {
        let linear = Linear { fan_in: 1, fan_out: 2, weight: vec![50.0, 0.15], bias: vec![0.0; 2], grid: None };
        let vector = Shape::vector(2);
        let mut graph = chain(Shape::vector(1), vec![("fc", Op::Linear(linear), vector), ("lif", neuron(0.9), vector)]);
        graph.timesteps = Some(50);
        let (float, integer) = both(graph, vec![255]);
        assert_eq!(float[0], 50.0);
        assert!(float[1] > 3.0 && (float[1] - integer[1]).abs() <= 1.0, "{float:?} became {integer:?}");
    }
}
