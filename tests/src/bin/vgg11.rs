//! Writes the VGG-11 of BSO (Liang et al. 2025) for CIFAR-10 with random signs as its weights, to measure what 9.2 million
//! of them take: `cargo run --release -p snnc-tests --bin vgg11 -- FOLDER`.
//!
//! FOLDER gets `vgg11.snn` and `images.npz`, ten random images of bytes; `snnc compress FOLDER/vgg11.snn --data
//! FOLDER/images.npz -o small.snn` is the measured command.

use std::path::PathBuf;
use std::process::ExitCode;

use snnc::frontend::native;
use snnc::ir::{
    AvgPool, BatchNorm, Conv2d, Divisor, Graph, Input, InputEncoding, Linear, Neuron, Node, Op, Quantity, Readout,
    Reduce, Reset, Shape, Source, Timing, Window,
};
use snnc::npz::{self, Column};
use snnc_tests::random_network::Rng;

/// Output channels of the convolutions, and whether a pool follows.
const LAYERS: [(usize, bool); 8] =
    [(64, false), (128, true), (256, false), (256, true), (512, false), (512, true), (512, false), (512, false)];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: vgg11 FOLDER");
        return ExitCode::from(2);
    };
    let mut rng = Rng::new(1);
    let model = native::save(&graph(&mut rng)).expect("a sound graph");
    std::fs::write(folder.join("vgg11.snn"), model).expect("the folder can be written");
    let pixels: Vec<u8> = (0..10 * 3 * 32 * 32).map(|_| rng.bits() as u8).collect();
    let images = npz::write(&[("x", &[10, 3, 32, 32], Column::U8(&pixels))]).expect("memory takes it");
    std::fs::write(folder.join("images.npz"), images).expect("the folder can be written");
    ExitCode::SUCCESS
}

fn graph(rng: &mut Rng) -> Graph {
    let input = Op::Input(Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let mut nodes =
        vec![Node { name: "image".into(), op: input, sources: vec![], shape: Shape::new(3, 32, 32), origin: vec![] }];
    for (layer, (channels, pooled)) in LAYERS.into_iter().enumerate() {
        let from = nodes[nodes.len() - 1].shape;
        let shape = Shape { channels, ..from };
        let count = channels * from.channels * 9;
        let binary = layer > 0;
        let weight = (0..count).map(|_| if binary { sign(rng) } else { real(rng) });
        let mut window = Window::new([3, 3], [1, 1]);
        (window.pad_begin, window.pad_end) = ([1, 1], [1, 1]);
        let conv = Conv2d {
            channels_in: from.channels,
            channels_out: channels,
            window,
            groups: 1,
            weight: weight.collect(),
            bias: vec![0.0; channels],
            grid: None,
        };
        let spread = ((from.channels * 9) as f32 / 4.0).sqrt();
        push(&mut nodes, &format!("conv{layer}"), Op::Conv2d(conv), shape);
        let norm = BatchNorm { scale: vec![1.0 / spread; channels], shift: vec![0.2; channels] };
        push(&mut nodes, &format!("bn{layer}"), Op::BatchNorm(norm), shape);
        let neuron = Neuron { beta: vec![0.5], reset: Reset::Subtract(vec![1.0]), ..Neuron::default() };
        push(&mut nodes, &format!("lif{layer}"), Op::Neuron(neuron), shape);
        if pooled {
            let pool = AvgPool { window: Window::new([2, 2], [2, 2]), divisor: Divisor::Kernel };
            let shape = Shape::new(channels, shape.height / 2, shape.width / 2);
            push(&mut nodes, &format!("pool{layer}"), Op::AvgPool(pool), shape);
        }
    }
    let all = AvgPool { window: Window::new([4, 4], [4, 4]), divisor: Divisor::Kernel };
    push(&mut nodes, "mean", Op::AvgPool(all), Shape::vector(512));
    push(&mut nodes, "flat", Op::Flatten, Shape::vector(512));
    let weight = (0..5120).map(|_| real(rng)).collect();
    let linear = Linear { fan_in: 512, fan_out: 10, weight, bias: vec![0.0; 10], grid: None };
    push(&mut nodes, "fc", Op::Linear(linear), Shape::vector(10));
    let readout = Readout { quantity: Quantity::Current, reduce: Reduce::Sum, scale: 1.0 };
    Graph { name: "vgg11".into(), output: nodes.len() - 1, nodes, readout, timesteps: Some(4) }
}

fn push(nodes: &mut Vec<Node>, name: &str, op: Op, shape: Shape) {
    let sources = vec![Source::now(nodes.len() - 1)];
    nodes.push(Node { name: name.into(), op, sources, shape, origin: vec![] });
}

fn sign(rng: &mut Rng) -> f32 {
    rng.pick(&[-1.0, 1.0])
}

/// In -1..1.
fn real(rng: &mut Rng) -> f32 {
    rng.range(-(1 << 23), 1 << 23) as f32 / (1 << 23) as f32
}
