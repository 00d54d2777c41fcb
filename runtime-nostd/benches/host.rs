//! Time of one sample on one core of the host: `cargo bench -p snnc-runtime`.
//!
//! A dense network 784-128-10 over 25 timesteps on a constant image of 150 non-zero pixels, thresholds set so that about
//! 15 hidden neurons spike per timestep; and a convolution of 3 x 3 with 32 channels on a map of 14 x 14 x 32 at 10 %.
use std::time::Instant;

use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Reset,
    ResetTiming, Shape, Step, Synapses, ValueKind, Window,
};
use snnc_runtime::run::{Input, Runner, arena_words};

const TIMESTEPS: u32 = 25;
const READOUT: Readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };

/// A table of fixed, well mixed numbers.
fn mixed(count: usize) -> impl Iterator<Item = u32> {
    let mut state = 1_u32;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    })
}

fn weights(count: usize) -> Vec<i8> {
    mixed(count).map(|n| n as i8).collect()
}

fn neuron<'a>(threshold: &'a [i32]) -> Neuron<'a> {
    Neuron {
        leak: Leak::Multiply { factor: 972, shift: 10 },
        threshold,
        reset: Reset::Subtract(threshold),
        reset_timing: ResetTiming::Delayed,
        membrane_bits: 20,
        ..Neuron::BARE
    }
}

/// Microseconds per sample, the best of several rounds, and spikes of edge `watched` per timestep.
fn measure(program: &Program<'_>, input: Input<'_>, watched: usize) -> (f64, f64) {
    let mut arena = vec![0; arena_words(program)];
    let mut runner = Runner::new(*program, &mut arena).expect("a fitting arena");
    let mut spikes = 0;
    for _ in 0..program.timesteps() {
        runner.step(input).expect("a fitting input");
        spikes += runner.edge(watched).iter().map(|word| word.count_ones()).sum::<u32>();
    }
    let mut best = f64::INFINITY;
    let mut classes = 0;
    for _ in 0..30 {
        let start = Instant::now();
        for _ in 0..100 {
            classes += runner.infer(std::hint::black_box(input)).expect("a fitting input");
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e4);
    }
    std::hint::black_box(classes);
    (best, f64::from(spikes) / f64::from(program.timesteps()))
}

fn dense() {
    let image: Vec<u8> = mixed(784).enumerate().map(|(i, n)| if i % 5 == 0 { n as u8 | 1 } else { 0 }).collect();
    let (first, second) = (weights(784 * 128), weights(128 * 10));
    let (threshold, out) = ([2500; 128], [3000; 10]);
    let spiking = |n| Edge { shape: Shape::vector(n), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let steps = [
        Step::Population(Population {
            projections: &[Projection {
                source: 0,
                delay: 0,
                connection: Connection::Dense,
                synapses: Synapses::Int8 { weights: &first },
            }],
            accumulator_bits: 26,
            current_shift: -6,
            bias: &[0; 128],
            neuron: None,
            output: Edge { shape: Shape::vector(128), kind: EdgeKind::Currents { bits: 20 }, rate: Rate::PerSample },
        }),
        Step::Population(Population {
            projections: &[Projection {
                source: 1,
                delay: 0,
                connection: Connection::Identity,
                synapses: Synapses::Int8 { weights: &[1; 128] },
            }],
            accumulator_bits: 20,
            current_shift: 0,
            bias: &[-1000; 128],
            neuron: Some(neuron(&threshold)),
            output: spiking(128),
        }),
        Step::Population(Population {
            projections: &[Projection {
                source: 2,
                delay: 0,
                connection: Connection::Dense,
                synapses: Synapses::Int8 { weights: &second },
            }],
            accumulator_bits: 15,
            current_shift: 0,
            bias: &[0; 10],
            neuron: Some(neuron(&out)),
            output: spiking(10),
        }),
    ];
    let input = Edge { shape: Shape::vector(784), kind: EdgeKind::Values(ValueKind::U8), rate: Rate::PerSample };
    let readout = Readout { source: 3, ..READOUT };
    let program = Program::new(input, &steps, readout, TIMESTEPS).expect("a sound network");
    let (time, spikes) = measure(&program, Input::U8(&image), 2);
    println!("dense 784-128-10, 25 timesteps, {spikes:.1} hidden spikes each: {time:.2} us per sample");
}

fn conv() {
    let shape = Shape { height: 14, width: 14, channels: 32 };
    let spikes: Vec<u32> = mixed(196 * 32)
        .collect::<Vec<_>>()
        .chunks(32)
        .map(|chunk| chunk.iter().enumerate().fold(0, |word, (i, n)| word | u32::from(n % 10 == 0) << i))
        .collect();
    let weights = weights(9 * 32 * 32);
    let threshold = [300; 32];
    let steps = [Step::Population(Population {
        projections: &[Projection {
            source: 0,
            delay: 0,
            connection: Connection::Conv2d(Window {
                kernel: [3, 3],
                stride: [1, 1],
                padding: [1, 1],
                dilation: [1, 1],
            }),
            synapses: Synapses::Int8 { weights: &weights },
        }],
        accumulator_bits: 17,
        current_shift: 0,
        bias: &[0; 32],
        neuron: Some(neuron(&threshold)),
        output: Edge { shape, kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
    })];
    let input = Edge { shape, kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let program = Program::new(input, &steps, READOUT, 1).expect("a sound network");
    let (time, spikes) = measure(&program, Input::Spikes(&spikes), 1);
    println!("convolution 14 x 14 x 32, 3 x 3, one timestep at 10 %, {spikes:.0} spikes out: {time:.2} us");
}

fn main() {
    dense();
    conv();
}
