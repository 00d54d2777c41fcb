//! The evaluator on networks small enough to work out by hand.

use super::*;
use crate::ir::{
    Comparison, Conv2d, Input, InputEncoding, Neuron, Node, Readout, Reduce, Reset, ResetTiming, Source,
    SynapticCurrent, Window,
};

/// One neuron without synapses on a sequence of currents: its spikes and stored membrane potentials.
fn neuron(neuron: Neuron, currents: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let graph = on_currents(neuron, 1, Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 });
    let (mut spikes, mut membranes) = (Vec::new(), Vec::new());
    Evaluator::new(&graph).run(currents, currents.len() as u32, |moment| {
        spikes.push(moment.value(1)[0]);
        membranes.push(moment.membrane(1)[0]);
    });
    (spikes, membranes)
}

/// `n` neurons on a sequence of currents.
fn on_currents(neuron: Neuron, n: usize, readout: Readout) -> Graph {
    let input = Op::Input(Input { timing: Timing::Sequence, encoding: InputEncoding::Real });
    let shape = Shape::vector(n);
    let graph = Graph {
        name: "n".into(),
        nodes: vec![
            Node { name: "x".into(), op: input, sources: vec![], shape, origin: vec![] },
            Node { name: "n".into(), op: Op::Neuron(neuron), sources: vec![Source::now(0)], shape, origin: vec![] },
        ],
        output: 1,
        readout,
        timesteps: None,
    };
    graph.validate().expect("a sound graph");
    graph
}

fn lif(comparison: Comparison, reset: Reset, reset_timing: ResetTiming) -> Neuron {
    Neuron { beta: vec![0.5], threshold: vec![1.0], comparison, reset, reset_timing, ..Neuron::default() }
}

#[test]
fn reaching_the_threshold_is_enough_only_for_at_least() {
    let fires = |comparison| neuron(lif(comparison, Reset::None, ResetTiming::Immediate), &[1.0, 0.5, 0.4]).0;
    assert_eq!(fires(Comparison::AtLeast), [1.0, 1.0, 0.0]); // v = 1, 1, 0.9
    assert_eq!(fires(Comparison::Above), [0.0, 0.0, 0.0]);
}

#[test]
fn an_immediate_reset_acts_before_the_next_leak() {
    let run = |reset| neuron(lif(Comparison::AtLeast, reset, ResetTiming::Immediate), &[1.5, 0.0, 0.0]);
    assert_eq!(run(Reset::Subtract(vec![1.0])), (vec![1.0, 0.0, 0.0], vec![0.5, 0.25, 0.125]));
    assert_eq!(run(Reset::ToValue(0.0)), (vec![1.0, 0.0, 0.0], vec![0.0, 0.0, 0.0]));
    assert_eq!(run(Reset::ToValue(-0.5)), (vec![1.0, 0.0, 0.0], vec![-0.5, -0.25, -0.125]));
    assert_eq!(run(Reset::None), (vec![1.0, 0.0, 0.0], vec![1.5, 0.75, 0.375]));
}

#[test]
fn a_delayed_reset_comes_with_the_next_timesteps_input() {
    let run = |reset| neuron(lif(Comparison::Above, reset, ResetTiming::Delayed), &[1.5, 0.0, 0.0]);
    assert_eq!(run(Reset::Subtract(vec![1.0])), (vec![1.0, 0.0, 0.0], vec![1.5, -0.25, -0.125]));
    assert_eq!(run(Reset::ToValue(0.0)), (vec![1.0, 0.0, 0.0], vec![1.5, 0.0, 0.0]));
}

#[test]
fn silent_timesteps_leak_and_samples_start_from_rest() {
    let graph = on_currents(
        lif(Comparison::AtLeast, Reset::None, ResetTiming::Immediate),
        1,
        Readout { quantity: Quantity::Membrane, reduce: Reduce::Last, scale: 1.0 },
    );
    let mut evaluator = Evaluator::new(&graph);
    for _ in 0..2 {
        assert_eq!(evaluator.run(&[0.5, 0.0, 0.0, 0.0], 4, |_| {}), [0.0625]);
    }
}

#[test]
fn each_readout_of_three_neurons() {
    let currents = [0.0, 0.5, 2.0, 3.0, 0.0, 0.0]; // two timesteps of three neurons
    let score = |quantity, reduce, scale| {
        let neuron = lif(Comparison::AtLeast, Reset::None, ResetTiming::Immediate);
        let graph = on_currents(neuron, 3, Readout { quantity, reduce, scale });
        Evaluator::new(&graph).run(&currents, 2, |_| {})
    };
    assert_eq!(score(Quantity::Spikes, Reduce::Sum, 0.5), [0.5, 0.0, 1.0]); // a mean
    assert_eq!(score(Quantity::Spikes, Reduce::First, 1.0), [1.0, 0.0, 2.0]);
    assert_eq!(score(Quantity::Membrane, Reduce::Last, 1.0), [3.0, 0.25, 1.0]);
    assert_eq!(score(Quantity::Membrane, Reduce::Max, 1.0), [3.0, 0.5, 2.0]);
    assert_eq!(prediction(&[1.0, 2.0, 2.0]), 1); // ties to the lowest index
}

#[test]
fn a_delayed_source_is_zero_before_the_first_timestep() {
    let mut graph = on_currents(
        lif(Comparison::AtLeast, Reset::None, ResetTiming::Immediate),
        1,
        Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
    );
    graph.nodes[1].sources[0].delay = 2;
    let mut seen = Vec::new();
    Evaluator::new(&graph).run(&[4.0, 2.0, 1.0, 1.0], 4, |moment| seen.push(moment.membrane(1)[0]));
    assert_eq!(seen, [0.0, 0.0, 4.0, 4.0]);
}

#[test]
fn a_synaptic_current_decays_before_it_takes_the_input() {
    let synaptic = vec![SynapticCurrent { decay: vec![0.5], gain: vec![2.0] }];
    let cuba = Neuron { synaptic, threshold: vec![9.0], beta: vec![0.5], ..Neuron::default() };
    // i = 1, 0.5, 1.25; v = 2, 2, 3.5
    assert_eq!(neuron(cuba, &[1.0, 0.0, 1.0]).1, [2.0, 2.0, 3.5]);
}

#[test]
fn two_synaptic_currents_of_opposite_gain_are_an_alpha_function() {
    let current = |decay, gain| SynapticCurrent { decay: vec![decay], gain: vec![gain] };
    let synaptic = vec![current(0.75, 1.0), current(0.5, -1.0)];
    let alpha = Neuron { synaptic, threshold: vec![9.0], beta: vec![0.0], ..Neuron::default() };
    assert_eq!(neuron(alpha, &[4.0, 0.0, 0.0]).1, [0.0, 1.0, 1.25]);
}

#[test]
fn an_overriding_reset_loses_the_next_timesteps_input() {
    let run = |timing| neuron(lif(Comparison::Above, Reset::ToValue(0.0), timing), &[1.5, 0.75, 0.5]);
    assert_eq!(run(ResetTiming::Overriding), (vec![1.0, 0.0, 0.0], vec![1.5, 0.0, 0.5]));
    assert_eq!(run(ResetTiming::Delayed), (vec![1.0, 0.0, 0.0], vec![1.5, 0.75, 0.875]));
}

#[test]
fn a_clearing_reset_loses_the_synaptic_currents_and_the_next_timesteps_input() {
    let synaptic = vec![SynapticCurrent { decay: vec![0.5], gain: vec![1.0] }];
    let run = |reset_timing| {
        let reset = Reset::ToValue(0.25);
        neuron(Neuron { synaptic: synaptic.clone(), reset, reset_timing, ..Neuron::default() }, &[1.0, 8.0, 0.0, 0.5])
    };
    // i = 1, 0, 0, 0.5
    assert_eq!(run(ResetTiming::Clearing), (vec![1.0, 0.0, 0.0, 0.0], vec![1.0, 0.25, 0.25, 0.75]));
    // i = 1, 8.5, 4.25, 2.625
    assert_eq!(run(ResetTiming::Overriding), (vec![1.0, 0.0, 1.0, 0.0], vec![1.0, 0.25, 4.5, 0.25]));
}

#[test]
fn several_spikes_take_the_threshold_as_often() {
    let multi = |max_spikes| Neuron { max_spikes, ..Neuron::default() };
    assert_eq!(neuron(multi(8), &[3.5, 0.5, -0.5]), (vec![3.0, 1.0, 0.0], vec![0.5, 0.0, -0.5]));
    assert_eq!(neuron(multi(2), &[3.5, 0.0, 0.0]), (vec![2.0, 1.0, 0.0], vec![1.5, 0.5, 0.5]));
}

#[test]
fn a_membrane_stays_above_its_lowest_potential() {
    let clipped = Neuron { min_membrane: Some(vec![-1.0]), ..Neuron::default() };
    assert_eq!(neuron(clipped, &[-3.0, 0.5, 1.5]), (vec![0.0, 0.0, 1.0], vec![-1.0, -0.5, 0.0]));
}

#[test]
fn inhibition_lets_only_the_highest_neuron_fire_but_resets_all() {
    let cell = Neuron { inhibition: true, ..lif(Comparison::Above, Reset::Subtract(vec![1.0]), ResetTiming::Delayed) };
    let graph = on_currents(cell, 3, Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 });
    let mut seen = Vec::new();
    let currents = [1.5, 2.0, 2.0, 0.0, 0.0, 0.0]; // the second and third are equal: the lower index fires
    Evaluator::new(&graph).run(&currents, 2, |moment| seen.extend([moment.value(1), moment.membrane(1)].concat()));
    assert_eq!(seen, [0.0, 1.0, 0.0, 1.5, 2.0, 2.0, 0.0, 0.0, 0.0, -0.25, 0.0, 0.0]);
}

#[test]
fn a_timestep_can_start_from_any_state() {
    let synaptic = vec![SynapticCurrent { decay: vec![0.5], gain: vec![1.0] }];
    let mut graph = on_currents(
        Neuron { synaptic, threshold: vec![9.0], ..Neuron::default() },
        1,
        Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
    );
    graph.nodes[1].sources[0].delay = 1;
    let mut evaluator = Evaluator::new(&graph);
    evaluator.membrane_mut(1)[0] = 3.0;
    evaluator.synaptic_mut(1, 0)[0] = 2.0;
    evaluator.past_mut(0, 1)[0] = 0.25;
    let moment = evaluator.step(&[7.0]);
    assert_eq!((moment.membrane(1)[0], moment.synaptic(1, 0)[0]), (4.25, 1.25));
    assert_eq!(evaluator.step(&[0.0]).synaptic(1, 0), [7.625]);
}

/// `ops` one after the other, on a constant input of `shape`.
fn chain(shape: Shape, ops: Vec<(Op, Vec<usize>, Shape)>) -> Graph {
    let input = Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let mut nodes = vec![Node { name: "x".into(), op: input, sources: vec![], shape, origin: vec![] }];
    for (op, sources, shape) in ops {
        let (name, sources) = (format!("n{}", nodes.len()), sources.into_iter().map(Source::now).collect());
        nodes.push(Node { name, op, sources, shape, origin: vec![] });
    }
    let output = nodes.len() - 1;
    let readout = Readout { quantity: Quantity::Current, reduce: Reduce::Last, scale: 1.0 };
    Graph { name: "n".into(), nodes, output, readout, timesteps: None }
}

#[test]
fn a_permutation_moves_elements_and_back() {
    let (shape, moved) = (Shape::new(2, 1, 3), Shape::new(3, 2, 1));
    let there = vec![(Op::Permute([2, 0, 1]), vec![0], moved)];
    let mut both = there.clone();
    both.push((Op::Permute([1, 2, 0]), vec![1], shape));
    let x = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
    for (ops, wanted) in [(there, [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]), (both, x)] {
        let graph = chain(shape, ops);
        graph.validate().expect("a sound graph");
        assert_eq!(Evaluator::new(&graph).run(&x, 1, |_| {}), wanted);
    }
}

#[test]
fn matrices_are_multiplied_channel_by_channel() {
    // Two matrices of 1 x 2, each times its own transposition, and the transposition times it.
    let shape = Shape::new(2, 1, 2);
    let turned = (Op::Permute([0, 2, 1]), vec![0], Shape::new(2, 2, 1));
    let inner = chain(shape, vec![turned.clone(), (Op::MatMul, vec![0, 1], Shape::new(2, 1, 1))]);
    let outer = chain(shape, vec![turned, (Op::MatMul, vec![1, 0], Shape::new(2, 2, 2))]);
    for (graph, wanted) in [(inner, vec![5.0, 25.0]), (outer, vec![1.0, 2.0, 2.0, 4.0, 9.0, 12.0, 12.0, 16.0])] {
        graph.validate().expect("a sound graph");
        assert_eq!(Evaluator::new(&graph).run(&[1.0, 2.0, 3.0, 4.0], 1, |_| {}), wanted);
    }
}

#[test]
fn products_and_reshapes_that_do_not_fit_are_refused() {
    let shape = Shape::new(2, 1, 3);
    let refused = |op: Op, sources: Vec<usize>, to: Shape| chain(shape, vec![(op, sources, to)]).validate().is_err();
    assert!(!refused(Op::Reshape, vec![0], Shape::new(3, 2, 1)));
    assert!(refused(Op::Reshape, vec![0], Shape::new(2, 2, 1)));
    assert!(refused(Op::Permute([0, 0, 1]), vec![0], shape));
    assert!(refused(Op::Permute([2, 0, 1]), vec![0], shape));
    assert!(refused(Op::MatMul, vec![0, 0], Shape::new(2, 1, 3)));
    assert!(refused(Op::MatMul, vec![0], shape));
}

#[test]
fn a_convolution_sums_the_channels_of_a_tap_before_the_next_tap() {
    let window = Window::new([1, 2], [1, 1]);
    let (weight, bias) = (vec![1.0; 4], vec![0.0]);
    let conv = Conv2d { channels_in: 2, channels_out: 1, window, groups: 1, weight, bias, grid: None };
    let rows = Rows::of(&Op::Conv2d(conv.clone()));
    let large = (1 << 24) as f32; // adding 1 to it is lost
    let mut sum = [0.0];
    kernel::conv2d(&rows, &conv, Shape::new(2, 1, 2), &[large, 1.0, -large, 0.0], Shape::vector(1), &mut sum);
    assert_eq!(sum, [1.0]); // channel after channel it would be 0
}
