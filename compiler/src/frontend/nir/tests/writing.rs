//! Written files read back: the same spikes.

use proptest::prelude::*;

use super::{load, outputs};
use crate::frontend::nir::{reading::NirOptions, write};
use crate::ir::{
    AvgPool, BatchNorm, Comparison, Conv2d, Divisor, Graph, Input, InputEncoding, Linear, MaxPool, Neuron, Node, Op,
    Quantity, Readout, Reduce, Reset, ResetTiming, Shape, Source, SynapticCurrent, Timing, Window,
};

/// A graph that grows layer by layer.
struct Net(Graph);

impl Net {
    fn new(shape: Shape) -> Self {
        let input = Op::Input(Input { timing: Timing::Sequence, encoding: InputEncoding::Real });
        let node = Node { name: "in".into(), op: input, sources: vec![], shape, origin: vec![] };
        let readout = Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 };
        Self(Graph { name: "net".into(), nodes: vec![node], output: 0, readout, timesteps: Some(8) })
    }

    fn push(mut self, name: &str, op: Op, shape: Shape) -> Self {
        let sources = vec![Source::now(self.0.nodes.len() - 1)];
        self.0.nodes.push(Node { name: name.into(), op, sources, shape, origin: vec![] });
        self.0.output = self.0.nodes.len() - 1;
        self
    }

    fn back(&self) -> Graph {
        let written = write(&self.0).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
        load(written.bytes, NirOptions::default()).unwrap_or_else(|error| panic!("{error}")).graph
    }
}

fn linear(fan_in: usize, fan_out: usize, numbers: &mut impl Iterator<Item = f32>) -> Op {
    let weight = numbers.take(fan_in * fan_out).collect();
    let bias = numbers.take(fan_out).map(|x| x * 0.25).collect();
    Op::Linear(Linear { fan_in, fan_out, weight, bias, grid: None })
}

fn neurons() -> impl Strategy<Value = Neuron> {
    let reset = prop_oneof![Just(Reset::None), (-0.5..0.5f32).prop_map(Reset::ToValue), Just(Reset::Subtract(vec![]))];
    let timing = prop_oneof![Just(ResetTiming::Immediate), Just(ResetTiming::Delayed)];
    let beta = prop_oneof![Just(1.0f32), 0.0..1.0f32];
    let current = prop::option::of((prop_oneof![Just(1.0f32), 0.0..1.0f32], 0.5..2.0f32));
    let fires = prop_oneof![Just(Comparison::Above), Just(Comparison::AtLeast)];
    (beta, 0.2..2.0f32, reset, timing, current, fires, 0..4u8).prop_map(
        |(beta, threshold, reset, reset_timing, current, comparison, special)| {
            let reset = if reset == Reset::Subtract(vec![]) { Reset::Subtract(vec![threshold]) } else { reset };
            let several = special == 0 && reset_timing == ResetTiming::Immediate;
            let lowest = several && beta == 1.0 && current.is_none();
            Neuron {
                synaptic: current
                    .map(|(decay, gain)| SynapticCurrent { decay: vec![decay], gain: vec![gain] })
                    .into_iter()
                    .collect(),
                beta: vec![beta],
                threshold: vec![threshold],
                comparison: if several { Comparison::AtLeast } else { comparison },
                reset,
                reset_timing,
                max_spikes: if several { 7 } else { 1 },
                min_membrane: lowest.then(|| vec![-threshold]),
                ..Neuron::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn a_network_gives_the_same_spikes_when_read_back(
        neuron in neurons(), other in neurons(), divisor in 0..3usize, feedback in any::<bool>(),
        numbers in prop::collection::vec(-1.0..1.0f32, 200), input in prop::collection::vec(-1.0..1.0f32, 8 * 16),
    ) {
        let mut numbers = numbers.into_iter().cycle();
        let window = Window { pad_begin: [1, 1], pad_end: [1, 1], ..Window::new([3, 3], [1, 1]) };
        let conv = Conv2d {
            channels_in: 1, channels_out: 2, window, groups: 1, weight: numbers.by_ref().take(18).collect(),
            bias: numbers.by_ref().take(2).collect(), grid: None,
        };
        let divisor = [Divisor::Kernel, Divisor::One, Divisor::Inputs][divisor];
        let pool = AvgPool { window: Window::new([2, 2], [2, 2]), divisor };
        let norm = BatchNorm { scale: vec![0.5, 2.0], shift: vec![0.0; 2] };
        let mut net = Net::new(Shape::new(1, 4, 4))
            .push("a/conv", Op::Conv2d(conv), Shape::new(2, 4, 4))
            .push("norm", Op::BatchNorm(norm), Shape::new(2, 4, 4))
            .push("first", Op::Neuron(neuron), Shape::new(2, 4, 4))
            .push("pool", Op::AvgPool(pool), Shape::new(2, 2, 2))
            .push("fc", linear(8, 4, &mut numbers), Shape::vector(4));
        if feedback {
            let back = net.0.nodes.len();
            net = net.push("back", linear(4, 4, &mut numbers), Shape::vector(4)).push("sum", Op::Add, Shape::vector(4));
            net.0.nodes[back].sources = vec![Source { node: back + 2, delay: 1 }];
            net.0.nodes[back + 1].sources = vec![Source::now(back), Source::now(back - 1)];
        }
        let net = net.push("last", Op::Neuron(other), Shape::vector(4));
        net.0.validate().expect("a sound network");
        prop_assert_eq!(outputs(&net.back(), &input), outputs(&net.0, &input));
    }
}

#[test]
fn delays_sums_and_readouts_survive() {
    let mut net = Net::new(Shape::vector(2));
    let mut numbers = [0.5, -0.25, 1.0, 0.75].into_iter().cycle();
    net = net.push("fc", linear(2, 2, &mut numbers), Shape::vector(2)).push("join", Op::Add, Shape::vector(2));
    // twice the same, and the input of three timesteps ago
    net.0.nodes[2].sources = vec![Source::now(1), Source::now(1), Source { node: 0, delay: 3 }];
    let norm = BatchNorm { scale: vec![1.0, 2.0], shift: vec![0.5, -0.5] };
    net = net.push("norm", Op::BatchNorm(norm), Shape::vector(2));
    let silent = Neuron {
        threshold: vec![f32::MAX],
        comparison: Comparison::Above,
        reset: Reset::None,
        beta: vec![0.5],
        ..Neuron::default()
    };
    net = net.push("li", Op::Neuron(silent), Shape::vector(2));
    net.0.readout = Readout { quantity: Quantity::Membrane, reduce: Reduce::Max, scale: 0.5 };
    let input: Vec<f32> = (0..16).map(|x| (x * 7 % 5) as f32 - 2.0).collect();
    let back = net.back();
    assert_eq!((back.readout, back.timesteps), (net.0.readout, Some(8)));
    let scores = |graph: &Graph| {
        let mut graph = graph.clone();
        if let Op::Input(input) = &mut graph.nodes[0].op {
            input.timing = Timing::Sequence;
        }
        crate::ir::eval::Evaluator::new(&graph).run(&input, 8, |_| {})
    };
    assert_eq!(scores(&back), scores(&net.0));
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    let mut numbers = [0.5, -0.25, 1.0, 0.75].into_iter().cycle();
    let net = Net::new(Shape::vector(2)).push("fc", linear(2, 3, &mut numbers), Shape::vector(3));
    let bytes = || write(&net.0).expect("a sound graph").bytes;
    assert_eq!(bytes(), bytes());
}

#[test]
fn what_nir_cannot_say_is_refused_by_name() {
    let pool = MaxPool { window: Window::new([2, 2], [2, 2]) };
    let other = Neuron { reset: Reset::Subtract(vec![0.5]), ..Neuron::default() };
    let two = vec![SynapticCurrent { decay: vec![0.5], gain: vec![1.0] }; 2];
    let alpha = Neuron { synaptic: two, ..Neuron::default() };
    let net = Net::new(Shape::new(1, 4, 4))
        .push("pool", Op::MaxPool(pool), Shape::new(1, 2, 2))
        .push("amount", Op::Neuron(other), Shape::new(1, 2, 2))
        .push("alpha", Op::Neuron(alpha), Shape::new(1, 2, 2));
    let error = format!("{:?}", miette::Report::new(write(&net.0).expect_err("three nodes")));
    for word in ["node `pool` (MaxPool)", "node `amount` (Neuron)", "node `alpha` (Neuron)"] {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn what_only_the_metadata_says_is_told() {
    let delayed = Neuron { reset_timing: ResetTiming::Delayed, comparison: Comparison::Above, ..Neuron::default() };
    let net = Net::new(Shape::vector(2)).push("one", Op::Neuron(delayed.clone()), Shape::vector(2)).push(
        "two",
        Op::Neuron(delayed),
        Shape::vector(2),
    );
    insta::assert_snapshot!(write(&net.0).expect("a sound graph").warnings.join("\n"), @"NIR does not say how neurons reset: one, two fires above its threshold, reset delayed-subtract; snnc reads it from the file's metadata, other programs step neurons their own way");
}
