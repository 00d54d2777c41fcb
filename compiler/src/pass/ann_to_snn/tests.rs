//! Converted networks against the ones they stand for.

use super::*;
use crate::ir::eval::Evaluator;
use crate::ir::{AvgPool, BatchNorm, Divisor, MaxPool, Neuron, Readout, Reset, Shape, Source, Window};
use crate::pass::WeightChoice;
use crate::pass::testing::{chain, conv, linear, numbers};

fn relu() -> Op {
    Op::Activation(Activation::Relu { ceiling: None })
}

fn staircase(thresholds: &[f32], levels: &[f32]) -> Op {
    let steps = levels.len() - 1;
    Op::Activation(Activation::Staircase(Staircase { steps, thresholds: thresholds.to_vec(), levels: levels.to_vec() }))
}

fn pool(max: bool) -> Op {
    let window = Window::new([2; 2], [2; 2]);
    if max { Op::MaxPool(MaxPool { window }) } else { Op::AvgPool(AvgPool { window, divisor: Divisor::Kernel }) }
}

/// A chain that is read as a network without spikes is.
fn ann(shape: Shape, ops: Vec<(&str, Op, Shape)>) -> Graph {
    let mut graph = chain(shape, ops);
    graph.timesteps = None;
    graph.readout = Readout { quantity: Quantity::Current, reduce: Reduce::Last, scale: 1.0 };
    graph.validate().expect("a sound graph");
    graph
}

fn samples(n: usize, elements: usize) -> Vec<Vec<f32>> {
    (0..n).map(|seed| numbers(elements, 50 + seed as u64).iter().map(|x| x.abs()).collect()).collect()
}

fn converted(graph: &Graph, samples: &[Vec<f32>], timesteps: u32) -> Graph {
    let mut graph = graph.clone();
    let context = Context { samples, timesteps, weights: &WeightChoice::default(), membrane_bits: None };
    run(&mut graph, &context).expect("it converts");
    graph.validate().expect("a sound graph after the pass");
    assert!(!is_ann(&graph) && graph.timesteps == Some(timesteps));
    graph
}

/// Largest difference of the scores of two graphs, and the largest score of the first.
fn difference(ann: &Graph, snn: &Graph, samples: &[Vec<f32>], timesteps: u32) -> (f32, f32) {
    let scores = |graph: &Graph, timesteps| -> Vec<f32> {
        let mut evaluator = Evaluator::new(graph);
        samples.iter().flat_map(|sample| evaluator.run(sample, timesteps, |_| {})).collect()
    };
    let (a, b) = (scores(ann, 1), scores(snn, timesteps));
    let far = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    (far, a.iter().fold(0.0, |m, x| m.max(x.abs())))
}

/// Convolution, activation, pool, activation and layer, of maps of 6 x 6.
fn mixed(activation: &dyn Fn() -> Op, max: bool) -> Graph {
    let map = Shape::new(3, 4, 4);
    ann(
        Shape::new(2, 6, 6),
        vec![
            ("conv", conv(2, 3, 3, 1), map),
            ("act1", activation(), map),
            ("pool", pool(max), Shape::new(3, 2, 2)),
            ("flat", Op::Flatten, Shape::vector(12)),
            ("fc1", linear(12, 8, 3), Shape::vector(8)),
            ("act2", activation(), Shape::vector(8)),
            ("fc2", linear(8, 4, 5), Shape::vector(4)),
        ],
    )
}

#[test]
fn staircases_of_any_levels_convert_exactly() {
    let samples = samples(20, 72);
    for max in [false, true] {
        for (thresholds, levels) in [
            (&[0.1f32][..], &[-1.0f32, 1.0][..]),
            (&[-0.3, 0.2], &[-1.0, 0.0, 1.0]),
            (&[-0.3, 0.0, 0.9], &[0.5, 1.0, 1.5, 2.0]),
        ] {
            let graph = mixed(&|| staircase(thresholds, levels), max);
            assert_eq!(default_timesteps(&graph), 1);
            let snn = converted(&graph, &[], 1);
            let (far, largest) = difference(&graph, &snn, &samples, 1);
            assert!(far < 1e-5 * largest, "{levels:?}, max pool {max}: {far} of {largest}");
        }
    }
}

#[test]
fn a_falling_staircase_is_worth_negative_spikes() {
    let graph = ann(
        Shape::vector(6),
        vec![
            ("fc1", linear(6, 5, 1), Shape::vector(5)),
            ("not", staircase(&[0.0], &[1.0, 0.0]), Shape::vector(5)),
            ("fc2", linear(5, 3, 3), Shape::vector(3)),
        ],
    );
    let samples = samples(20, 6);
    let snn = converted(&graph, &[], 1);
    assert!(difference(&graph, &snn, &samples, 1).0 < 1e-5);
}

#[test]
fn a_staircase_on_the_input_reads_it_through_synapses() {
    let graph = ann(
        Shape::new(1, 4, 4),
        vec![
            ("bits", staircase(&[0.25, 0.5, 0.75], &[0.0, 1.0, 2.0, 3.0]), Shape::new(1, 4, 4)),
            ("flat", Op::Flatten, Shape::vector(16)),
            ("fc", linear(16, 3, 3), Shape::vector(3)),
        ],
    );
    let samples = samples(20, 16);
    let snn = converted(&graph, &[], 1);
    assert!(difference(&graph, &snn, &samples, 1).0 < 1e-5);
    assert!(matches!(snn.nodes[1].op, Op::Conv2d(_)), "{snn}");
}

#[test]
fn one_step_staircases_may_run_for_longer() {
    let graph = mixed(&|| staircase(&[0.1], &[-1.0, 1.0]), false);
    let samples = samples(10, 72);
    assert!(difference(&graph, &converted(&graph, &[], 7), &samples, 7).0 < 1e-4);
}

#[test]
fn rates_come_closer_the_longer_they_are_counted() {
    let graph = mixed(&relu, false);
    let (calib, samples) = (samples(40, 72), samples(20, 72));
    let far = |timesteps| {
        let (far, largest) = difference(&graph, &converted(&graph, &calib, timesteps), &samples, timesteps);
        far / largest
    };
    let [short, long] = [4, 512].map(far);
    assert!(short < 0.5 && long < 0.02 && long < short / 4.0, "{short} and {long}");
}

#[test]
fn a_ceiling_clips_what_rates_can_say() {
    let clipped = |ceiling| Op::Activation(Activation::Relu { ceiling: Some(vec![ceiling]) });
    let graph = mixed(&|| clipped(0.25), false);
    let samples = samples(20, 72);
    let (far, largest) = difference(&graph, &converted(&graph, &samples, 512), &samples, 512);
    assert!(far < 0.02 * largest, "{far} of {largest}");
}

/// Quantization-clip-floor-shift: `clip(floor(x * 4 / lambda + 1/2) / 4, 0, 1) * lambda`.
#[test]
fn a_quantized_ramp_over_as_many_timesteps_as_steps_is_exact_on_constant_currents() {
    let lambda = 0.75f32;
    let thresholds: Vec<f32> = (0..4).map(|k| (k as f32 + 0.5) * lambda / 4.0).collect();
    let levels: Vec<f32> = (0..=4).map(|k| k as f32 * lambda / 4.0).collect();
    let graph = ann(
        Shape::vector(6),
        vec![
            ("fc1", linear(6, 5, 1), Shape::vector(5)),
            ("qcfs", staircase(&thresholds, &levels), Shape::vector(5)),
            ("fc2", linear(5, 3, 3), Shape::vector(3)),
        ],
    );
    let samples = samples(50, 6);
    let context = Context { samples: &samples, timesteps: 4, weights: &WeightChoice::default(), membrane_bits: None };
    let rates = balance::rates(&graph, context.samples, 4).expect("an even ramp");
    let neurons = neurons::convert(&graph, &rates).expect("it converts").graph;
    let Op::Neuron(Neuron { threshold, reset: Reset::Subtract(charge), .. }) = &neurons.nodes[2].op else {
        panic!("neurons\n{neurons}")
    };
    assert!((threshold[0] - lambda / 2.0).abs() < 1e-6 && (charge[0] - lambda).abs() < 1e-6);
    // the bias correction has nothing to correct
    let snn = converted(&graph, &samples, 4);
    assert!(difference(&graph, &snn, &samples, 4).0 < 1e-5);
}

#[test]
fn a_max_pool_of_the_first_layer_takes_the_maximum_of_constant_currents() {
    let graph = mixed(&relu, true);
    let samples = samples(30, 72);
    let snn = converted(&graph, &samples, 256);
    assert!(matches!((&snn.nodes[2].op, &snn.nodes[3].op), (Op::MaxPool(_), Op::Neuron(_))), "{snn}");
    let (far, largest) = difference(&graph, &snn, &samples, 256);
    assert!(far < 0.03 * largest, "{far} of {largest}");
}

#[test]
fn a_batch_norm_behind_activations_moves_into_the_next_layer() {
    let norm = BatchNorm { scale: vec![-0.5, 2.0, 0.25, 1.0, 3.0], shift: vec![1.0, -1.0, 0.5, 0.0, 2.0] };
    let graph = ann(
        Shape::vector(6),
        vec![
            ("fc1", linear(6, 5, 1), Shape::vector(5)),
            ("sign", staircase(&[0.0], &[-1.0, 1.0]), Shape::vector(5)),
            ("bn", Op::BatchNorm(norm), Shape::vector(5)),
            ("fc2", linear(5, 3, 3), Shape::vector(3)),
        ],
    );
    let snn = converted(&graph, &[], 1);
    assert_eq!(snn.nodes.len(), 4);
    assert!(difference(&graph, &snn, &samples(20, 6), 1).0 < 1e-5);
}

#[test]
fn a_residual_joins_values_through_synapses_of_one_weight_a_channel() {
    let five = Shape::vector(5);
    let mut graph = ann(
        Shape::vector(6),
        vec![
            ("fc1", linear(6, 5, 1), five),
            ("act1", relu(), five),
            ("fc2", linear(5, 5, 3), five),
            ("join", Op::Flatten, five),
            ("act2", relu(), five),
            ("fc3", linear(5, 3, 7), Shape::vector(3)),
        ],
    );
    graph.nodes[4].op = Op::Add;
    graph.nodes[4].sources = vec![Source::now(3), Source::now(2)];
    graph.validate().expect("a sound graph");
    let samples = samples(40, 6);
    let (far, largest) = difference(&graph, &converted(&graph, &samples, 512), &samples, 512);
    assert!(far < 0.03 * largest, "{far} of {largest}");
}

#[test]
fn what_cannot_be_converted_is_refused_with_its_node() {
    let refused = |graph: &Graph, samples: &[Vec<f32>], timesteps| {
        let context = Context { samples, timesteps, weights: &WeightChoice::default(), membrane_bits: None };
        let error = run(&mut graph.clone(), &context).expect_err("refused");
        format!("{}: {}", error.node, error.source)
    };
    let padded = |op| match op {
        Op::Conv2d(conv) => Op::Conv2d(crate::ir::Conv2d {
            window: Window { pad_begin: [1; 2], pad_end: [1; 2], ..conv.window },
            ..conv
        }),
        other => other,
    };
    let map = Shape::new(2, 4, 4);
    let graph = |activation: Op| {
        let ops =
            vec![("conv1", conv(1, 2, 3, 1), map), ("act", activation, map), ("conv2", padded(conv(2, 2, 3, 3)), map)];
        ann(Shape::new(1, 6, 6), ops)
    };
    let messages = [
        refused(&graph(relu()), &[], 8),
        refused(&graph(staircase(&[0.0], &[-1.0, 1.0])), &[], 1),
        refused(&graph(staircase(&[0.0, 1.0], &[0.0, 1.0, 5.0])), &[], 1),
        refused(&mixed(&|| staircase(&[0.0, 1.0], &[0.0, 1.0, 5.0]), false), &samples(2, 72), 8),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}
