//! A network whose numbers are integers runs the same in floats and in integers: nothing is rounded on either side, so
//! every layout, scale, threshold and bias of the lowering shows.

use bumpalo::Bump;
use proptest::prelude::*;
use snnc_runtime::program::EdgeKind;

use super::lower;
use crate::data::{Frame, Sample};
use crate::host;
use crate::ir::eval::Evaluator;
use crate::ir::*;

const TIMESTEPS: u32 = 5;

/// What varies from case to case.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    binary: bool,
    pool: u8,
    pool_first: bool,
    sequence: bool,
    neuron: (u8, u8, bool, bool),
    special: Special,
    /// Powers of two between the weights of the last layer's own spikes and its others; `None`: it takes none.
    own: Option<u8>,
    stride: usize,
    pad: usize,
    groups: usize,
}

/// What few neurons have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    Nothing,
    Synaptic,
    Alpha,
    EachDecay,
    Several,
    Floor,
    Overriding,
    Clearing,
    Inhibition,
}

fn cases() -> impl Strategy<Value = Case> {
    use Special::{Alpha, Clearing, EachDecay, Floor, Inhibition, Nothing, Overriding, Several, Synaptic};
    let specials = prop::sample::select(vec![
        Nothing, Nothing, Synaptic, Alpha, EachDecay, Several, Floor, Overriding, Clearing, Inhibition,
    ]);
    let special = (specials, prop::option::of(0u8..4));
    let neuron = (0u8..3, 0u8..3, any::<bool>(), any::<bool>());
    let shape = (1usize..3, 0usize..2, 1usize..3);
    (any::<u64>(), any::<bool>(), 0u8..3, any::<bool>(), any::<bool>(), neuron, special, shape).prop_map(
        |(seed, binary, pool, pool_first, sequence, neuron, (special, own), (stride, pad, groups))| Case {
            seed,
            binary,
            pool,
            pool_first,
            sequence,
            neuron,
            special,
            own,
            stride,
            pad,
            groups: if binary { 1 } else { groups },
        },
    )
}

struct Numbers(u64);

impl Numbers {
    fn next(&mut self, low: i32, high: i32) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (low + (self.0 >> 33) as i32 % (high - low + 1)) as f32
    }

    fn weights(&mut self, n: usize, binary: bool) -> Vec<f32> {
        (0..n).map(|_| if binary { self.next(0, 1) * 2.0 - 1.0 } else { self.next(-9, 9) }).collect()
    }

    fn many(&mut self, n: usize, low: i32, high: i32) -> Vec<f32> {
        (0..n).map(|_| self.next(low, high)).collect()
    }
}

fn graph(case: &Case) -> Graph {
    let mut numbers = Numbers(case.seed);
    let timing = if case.sequence { Timing::Sequence } else { Timing::Constant };
    let encoding = InputEncoding::Integer { scale: 1.0, bits: 8, signed: true };
    let mut graph = Graph {
        name: "integers".into(),
        nodes: vec![Node {
            name: "x".into(),
            op: Op::Input(Input { timing, encoding }),
            sources: vec![],
            shape: Shape::new(2, 6, 5),
            origin: vec![],
        }],
        output: 0,
        readout: Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
        timesteps: Some(TIMESTEPS),
    };
    let push = |graph: &mut Graph, op: Op, shape: Shape| {
        let id = graph.nodes.len();
        let sources = vec![Source::now(id - 1)];
        graph.nodes.push(Node { name: format!("n{id}"), op, sources, shape, origin: vec![] });
    };
    let grid = |channels: usize| {
        let encoding = if case.binary { WeightEncoding::Binary } else { WeightEncoding::INT8 };
        Some(Grid { encoding, scale: vec![1.0; channels] })
    };
    let window = Window { pad_begin: [case.pad; 2], pad_end: [case.pad; 2], ..Window::new([3, 2], [case.stride, 1]) };
    let shape = |from: Shape, window: &Window, channels: usize| {
        let axis = |i, n| window.output(i, n).expect("the windows fit");
        Shape::new(channels, axis(0, from.height), axis(1, from.width))
    };
    let mut at = shape(graph.nodes[0].shape, &window, 4);
    let conv = Conv2d {
        channels_in: 2,
        channels_out: 4,
        window,
        groups: case.groups,
        weight: numbers.weights(4 * 2 / case.groups * 6, case.binary),
        bias: numbers.many(4, -20, 20),
        grid: grid(4),
    };
    push(&mut graph, Op::Conv2d(conv), at);
    let pool = |graph: &mut Graph, at: &mut Shape| {
        let window = Window::new([2, 2], [2, 1]);
        let to = shape(*at, &window, at.channels);
        match case.pool {
            0 => return,
            1 => push(graph, Op::MaxPool(MaxPool { window }), to),
            _ => push(graph, Op::AvgPool(AvgPool { window, divisor: Divisor::Inputs }), to),
        }
        *at = to;
    };
    let neuron = |numbers: &mut Numbers, channels: usize, vector: bool| {
        let (beta, reset, delayed, strict) = case.neuron;
        let plain = Neuron {
            beta: vec![[1.0, 0.5, 0.75][beta as usize]],
            threshold: numbers.many(channels, 10, 60),
            comparison: if strict { Comparison::Above } else { Comparison::AtLeast },
            reset: match reset {
                0 => Reset::None,
                1 => Reset::ToValue(3.0),
                _ => Reset::Subtract(numbers.many(1, 5, 50)),
            },
            reset_timing: if delayed { ResetTiming::Delayed } else { ResetTiming::Immediate },
            integer: Some(IntegerFormat { membrane_bits: 30, fraction_bits: 12 }),
            ..Neuron::default()
        };
        let filter = |decay: f32, gain: f32| SynapticCurrent { decay: vec![decay], gain: vec![gain] };
        Op::Neuron(match case.special {
            Special::Nothing => plain,
            // a power of two of every decay, five times, fits the fraction bits
            Special::Synaptic => Neuron { synaptic: vec![filter(0.5, 2.0)], ..plain },
            Special::Alpha => Neuron { synaptic: vec![filter(0.75, 2.0), filter(0.5, -2.0)], beta: vec![0.5], ..plain },
            Special::EachDecay => Neuron { beta: (0..channels).map(|c| [1.0, 0.5, 0.0][c % 3]).collect(), ..plain },
            Special::Several => {
                Neuron { max_spikes: 3, comparison: Comparison::AtLeast, reset_timing: ResetTiming::Immediate, ..plain }
            }
            Special::Floor => Neuron {
                min_membrane: Some(numbers.many(channels, -20, 4)),
                reset_timing: ResetTiming::Immediate,
                ..plain
            },
            Special::Overriding => {
                Neuron { reset: Reset::ToValue(3.0), reset_timing: ResetTiming::Overriding, ..plain }
            }
            Special::Clearing => Neuron {
                synaptic: vec![filter(0.75, 2.0), filter(0.5, -2.0)],
                beta: vec![0.0],
                reset: Reset::ToValue(3.0),
                reset_timing: ResetTiming::Clearing,
                ..plain
            },
            Special::Inhibition if vector => Neuron { inhibition: true, reset_timing: ResetTiming::Delayed, ..plain },
            Special::Inhibition => plain,
        })
    };
    if case.pool_first {
        pool(&mut graph, &mut at);
    }
    let cell = neuron(&mut numbers, 4, false);
    push(&mut graph, cell, at);
    if !case.pool_first {
        pool(&mut graph, &mut at);
    }
    let features = at.len();
    push(&mut graph, Op::Flatten, Shape::vector(features));
    let linear = Linear {
        fan_in: features,
        fan_out: 7,
        weight: numbers.weights(features * 7, case.binary).iter().map(|w| w * 4.0).collect(),
        bias: numbers.many(7, -5, 5),
        grid: grid(7).map(|grid| Grid { scale: vec![4.0; 7], ..grid }),
    };
    push(&mut graph, Op::Linear(linear), Shape::vector(7));
    if let Some(power) = case.own {
        let id = graph.nodes.len();
        let scale = 4.0 * f32::from(1u8 << power);
        let back = Linear {
            fan_in: 7,
            fan_out: 7,
            weight: numbers.weights(49, case.binary).iter().map(|w| w * scale).collect(),
            bias: numbers.many(7, -5, 5),
            grid: grid(7).map(|grid| Grid { scale: vec![scale; 7], ..grid }),
        };
        push(&mut graph, Op::Linear(back), Shape::vector(7));
        graph.nodes[id].sources = vec![Source { node: id + 2, delay: 1 }];
        push(&mut graph, Op::Add, Shape::vector(7));
        graph.nodes[id + 1].sources = vec![Source::now(id), Source::now(id - 1)];
    }
    let cell = neuron(&mut numbers, 7, true);
    push(&mut graph, cell, Shape::vector(7));
    graph.output = graph.nodes.len() - 1;
    graph
}

/// Channels-last spikes of the float evaluator's `[channels, height, width]`: packed, or a count in a word.
fn packed(spikes: &[f32], shape: Shape, kind: EdgeKind) -> Vec<u32> {
    let mut counts = vec![0; spikes.len()];
    for (i, &spike) in spikes.iter().enumerate() {
        counts[i % shape.positions() * shape.channels + i / shape.positions()] = spike as u32;
    }
    match kind {
        EdgeKind::Spikes => {
            counts.chunks(32).map(|bits| bits.iter().rev().fold(0, |word, bit| word << 1 | bit)).collect()
        }
        _ => counts,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn integers_run_the_same_as_floats_and_as_a_program(case in cases()) {
        let graph = graph(&case);
        graph.validate().map_err(|e| TestCaseError::fail(format!("{e}: {}", e.source)))?;
        let arena = Bump::new();
        let compiled = lower(&graph, TIMESTEPS, &arena).map_err(|e| TestCaseError::fail(format!("{e}: {}", e.source)))?;
        prop_assert_eq!(crate::proof::prove(&compiled.program), Ok(()));
        let frames = if case.sequence { TIMESTEPS as usize } else { 1 };
        let mut numbers = Numbers(!case.seed);
        let input = numbers.many(60 * frames, -3, 3);
        let sample = Sample {
            frames: input.chunks(60).map(|frame| {
                let element = |i: usize| frame[i % 2 * 30 + i / 2] as i8; // two channels last
                Frame::I8((0..60).map(element).collect())
            }).collect(),
        };
        let trace = host::trace(&compiled.program, &sample);
        let spiking = host::spiking_steps(&compiled.program);
        let neurons: Vec<_> = (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_))).collect();
        let mut differs = None;
        let scores = Evaluator::new(&graph).run(&input, TIMESTEPS, |moment| {
            for (&step, &id) in spiking.iter().zip(&neurons) {
                let t = moment.timestep as usize;
                let kind = compiled.program.edge(step + 1).kind;
                if packed(moment.value(id), graph.nodes[id].shape, kind) != trace.edges[step][t] {
                    differs = differs.or(Some((id, t)));
                }
            }
        });
        prop_assert_eq!(differs, None);
        let integer: Vec<f32> = trace.scores.iter().map(|&s| s as f32 * compiled.readout_scale).collect();
        prop_assert_eq!(scores, integer);
    }
}

/// Spiking self-attention is read and evaluated; until it has integers, the product is what is named.
#[test]
fn a_product_of_spikes_is_refused_by_its_node() {
    let shape = Shape::new(1, 2, 2);
    let node = |name: &str, op, sources: &[NodeId]| Node {
        name: name.into(),
        op,
        sources: sources.iter().map(|&id| Source::now(id)).collect(),
        shape,
        origin: vec![],
    };
    let input = Input { timing: Timing::Sequence, encoding: InputEncoding::Spikes };
    let integer = Some(IntegerFormat { membrane_bits: 16, fraction_bits: 8 });
    let neuron = || Op::Neuron(Neuron { integer, ..Neuron::default() });
    let graph = Graph {
        name: "attention".into(),
        nodes: vec![
            node("tokens", Op::Input(input), &[]),
            node("query", neuron(), &[0]),
            node("scores", Op::MatMul, &[1, 1]),
            node("attended", neuron(), &[2]),
        ],
        output: 3,
        readout: Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 },
        timesteps: Some(TIMESTEPS),
    };
    graph.validate().expect("a sound graph");
    let arena = Bump::new();
    let error = lower(&graph, TIMESTEPS, &arena).expect_err("a product has no integer step");
    assert_eq!((error.node.as_str(), error.op.as_str()), ("scores", "MatMul"));
    assert!(error.source.to_string().contains("evaluated, but not compiled yet"), "{}", error.source);
}
