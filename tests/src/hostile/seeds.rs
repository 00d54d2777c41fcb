//! Inputs to start a fuzzer from: small sound networks in every format.

use bumpalo::Bump;
use snnc::compiled_file;
use snnc::frontend::native;
use snnc::ir::{
    AvgPool, BatchNorm, Comparison, Conv2d, Divisor, Graph, Input, InputEncoding, Linear, MaxPool, Neuron, Node, Op,
    Quantity, Readout, Reduce, Reset, ResetTiming, Shape, Source, Staircase, SynapticCurrent, Timing, Window,
};

use super::container::text_form;
use crate::random_network::{self, Rng};

/// The seeds of a target; none where its saved inputs hold them all.
#[must_use]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "native" => graphs().iter().flat_map(|graph| forms(&native::save(graph).expect("a sound graph"))).collect(),
        "program" => programs(),
        "npz" => archives(),
        "onnx_graph" => {
            let inputs = (0..20_000).map(|seed| bytes(&mut Rng::new(seed), 96));
            inputs.filter(|input| super::run("onnx_graph", input)).take(40).collect()
        }
        _ => vec![],
    }
}

fn bytes(rng: &mut Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.bits() as u8).collect()
}

/// A file, and the text and tensors of it.
fn forms(file: &[u8]) -> Vec<Vec<u8>> {
    [Some(file.to_vec()), text_form(file)].into_iter().flatten().collect()
}

/// Every operation and every kind of neuron.
fn graphs() -> Vec<Graph> {
    let window = Window::new([2; 2], [2; 2]);
    let mut rng = Rng::new(1);
    let mut numbers = |n: usize| (0..n).map(|_| rng.range(-32, 32) as f32 / 16.0).collect::<Vec<f32>>();
    let conv = Conv2d {
        channels_in: 2,
        channels_out: 2,
        window: Window { pad_begin: [1; 2], pad_end: [1; 2], ..Window::new([3; 2], [1; 2]) },
        groups: 1,
        weight: numbers(36),
        bias: numbers(2),
        grid: None,
    };
    let norm = BatchNorm { scale: vec![0.5, -1.0], shift: vec![0.25, 0.0] };
    let linear = Linear { fan_in: 8, fan_out: 3, weight: numbers(24), bias: numbers(3), grid: None };
    let map = Shape::new(2, 4, 4);
    let small = Shape::new(2, 2, 2);
    let neurons = [
        Neuron {
            beta: vec![0.9],
            comparison: Comparison::Above,
            reset_timing: ResetTiming::Delayed,
            ..Neuron::default()
        },
        Neuron { beta: vec![0.5, 0.75], reset: Reset::ToValue(0.0), ..Neuron::default() },
        Neuron { reset: Reset::None, ..Neuron::default() },
        Neuron {
            beta: vec![0.0],
            threshold: vec![1.0, 0.5, 0.75, 1.5],
            threshold_timesteps: 4,
            reset: Reset::None,
            ..Neuron::default()
        },
        Neuron { max_spikes: 3, min_membrane: Some(vec![-1.0]), ..Neuron::default() },
        Neuron {
            beta: vec![0.5],
            reset: Reset::ToValue(0.0),
            stored: Some(Staircase { steps: 2, thresholds: vec![-0.5, 0.5], levels: vec![-1.0, 0.0, 1.0] }),
            ..Neuron::default()
        },
        Neuron {
            synaptic: vec![SynapticCurrent { decay: vec![0.5], gain: vec![1.0] }],
            comparison: Comparison::Above,
            reset: Reset::ToValue(0.0),
            reset_timing: ResetTiming::Overriding,
            ..Neuron::default()
        },
        Neuron {
            comparison: Comparison::Above,
            reset_timing: ResetTiming::Delayed,
            inhibition: true,
            ..Neuron::default()
        },
    ];
    let pools = [
        Op::MaxPool(MaxPool { window }),
        Op::AvgPool(AvgPool { window, divisor: Divisor::Kernel }),
        Op::AvgPool(AvgPool { window, divisor: Divisor::Inputs }),
        Op::AvgPool(AvgPool { window, divisor: Divisor::One }),
    ];
    let mut graphs = Vec::new();
    for (index, neuron) in neurons.into_iter().enumerate() {
        let pool = pools[index % 4].clone();
        let one = Neuron { beta: vec![neuron.beta[0]], ..neuron.clone() };
        graphs.push(chain(
            map,
            vec![
                ("c", Op::Conv2d(conv.clone()), map),
                ("b", Op::BatchNorm(norm.clone()), map),
                ("n", Op::Neuron(neuron), map),
                ("p", pool, small),
                ("f", Op::Flatten, Shape::vector(8)),
                ("l", Op::Linear(linear.clone()), Shape::vector(3)),
                ("m", Op::Neuron(one), Shape::vector(3)),
            ],
        ));
    }
    // its own spikes of the timestep before, added to its current
    let mut recurrent = graphs[0].clone();
    let square = Linear { fan_in: 3, fan_out: 3, weight: numbers(9), bias: vec![0.0; 3], grid: None };
    let last = recurrent.nodes.len();
    let own = recurrent.nodes.pop().expect("a chain has nodes");
    let node = |name: &str, op, sources| Node { name: name.into(), op, sources, shape: own.shape, origin: vec![] };
    recurrent.nodes.push(node("r", Op::Linear(square), vec![Source { node: last + 1, delay: 1 }]));
    recurrent.nodes.push(node("a", Op::Add, vec![Source::now(last - 2), Source::now(last - 1)]));
    recurrent.nodes.push(Node { sources: vec![Source::now(last)], ..own });
    recurrent.output = last + 1;
    graphs.push(recurrent);
    graphs
}

fn chain(shape: Shape, ops: Vec<(&str, Op, Shape)>) -> Graph {
    let input = Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let mut nodes = vec![Node { name: "x".into(), op: input, sources: vec![], shape, origin: vec![] }];
    for (name, op, shape) in ops {
        let sources = vec![Source::now(nodes.len() - 1)];
        nodes.push(Node { name: name.into(), op, sources, shape, origin: vec![] });
    }
    let readout = Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 };
    Graph { name: "g".into(), output: nodes.len() - 1, nodes, readout, timesteps: Some(3) }
}

/// Random networks that are short enough.
fn programs() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for seed in 0..2000 {
        let arena = Bump::new();
        let mut rng = Rng::new(seed);
        let recipe = random_network::recipe(&mut rng);
        let compiled = random_network::build(&arena, &recipe, &mut rng);
        let file = compiled_file::save(&compiled).expect("a sound network");
        let short = text_form(&file).filter(|text| text.len() <= 1600);
        if let Some(text) = short {
            seeds.push(text);
            if file.len() <= 2000 && seeds.len() % 4 == 0 {
                seeds.push(file);
            }
        }
        if seeds.len() >= 40 {
            break;
        }
    }
    seeds
}

/// Samples of every type, and what numpy writes of things that are no samples.
fn archives() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (descr, size) in
        [("|u1", 1), ("|b1", 1), ("<f4", 4), ("<f8", 8), ("<i8", 8), ("<i4", 4), ("<u2", 2), (">f4", 4)]
    {
        for (shape, len) in [("(2, 4)", 8), ("(1, 2, 4)", 8), ("(4,)", 4), ("()", 1)] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
            for flags in [0b0_1000, 0b0_1100, 0b1_0000] {
                let mut seed = vec![flags, text.len() as u8];
                seed.extend(text.bytes());
                seed.push((len * size) as u8);
                seed.extend((0..len * size).map(|i| (i % 2) as u8));
                seeds.push(seed.clone());
                if flags == 0b0_1100 {
                    seeds.push(super::npz::file(&seed));
                }
            }
        }
    }
    let text = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n";
    let mut labels = vec![0b0_1001, text.len() as u8];
    labels.extend(text.bytes());
    labels.push(16);
    labels.extend([0; 16]);
    let both: Vec<u8> = seeds[0].iter().chain(&labels).copied().collect();
    seeds.push(super::npz::file(&both));
    seeds.push(both);
    seeds
}
