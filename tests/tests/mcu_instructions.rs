//! Instructions of fixed networks on emulated cores, pinned to the last one: no hot loop rests on the optimiser's mood.

use bumpalo::Bump;
use snnc::backend::rust::M4;
use snnc::compiled::{Compiled, Layout, StepInfo};
use snnc::data::{Frame, Sample};
use snnc::host::trace;
use snnc::ir::{InputEncoding, WeightEncoding};
use snnc::machine::cortex_m;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Reset,
    ResetTiming, Shape, Step, Synapses, words,
};
use snnc_tests::random_network::Rng;

const TIMESTEPS: u32 = 25;

/// Recorded counts: compiler, network, instructions of the sample.
const RECORDED: &str = include_str!("mcu_instructions.txt");

/// How the weights of a layer are kept.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    Int8,
    Binary,
    /// A list: one of so many weights is not zero.
    List(usize),
}

/// 784-128-10, leaky neurons; the first layer as asked, int8 in the second.
fn dense<'a>(arena: &'a Bump, weights: Weights) -> Compiled<'a> {
    let mut rng = Rng::new(1);
    let mut layer = |source: u16, fan_in: usize, fan_out: usize, threshold: i32, weights: Weights| {
        let synapses = match weights {
            Weights::Binary => {
                Synapses::Binary { signs: arena.alloc_slice_fill_with(fan_in * words(fan_out), |_| rng.bits() as u32) }
            }
            Weights::Int8 => Synapses::Int8 {
                weights: arena.alloc_slice_fill_with(fan_in * fan_out, |_| rng.range(-127, 127) as i8),
            },
            Weights::List(every) => Synapses::Sparse {
                starts: arena.alloc_slice_fill_with(fan_in + 1, |row| (row * fan_out / every) as u32),
                columns: arena.alloc_slice_fill_with(fan_in * fan_out / every, |i| (i * every % fan_out) as u16),
                weights: arena.alloc_slice_fill_with(fan_in * fan_out / every, |_| rng.range(1, 127) as i8),
            },
        };
        let threshold: &[i32] = arena.alloc_slice_fill_copy(fan_out, threshold);
        Step::Population(Population {
            projections: arena.alloc_slice_copy(&[Projection {
                source,
                delay: 0,
                connection: Connection::Dense,
                synapses,
            }]),
            accumulator_bits: 18,
            current_shift: 0,
            bias: arena.alloc_slice_fill_copy(fan_out, 0),
            neuron: Some(Neuron {
                leak: Leak::Multiply { factor: 243, shift: 8 },
                threshold,
                reset: Reset::Subtract(threshold),
                reset_timing: ResetTiming::Delayed,
                membrane_bits: 20,
                ..Neuron::BARE
            }),
            output: Edge { shape: Shape::vector(fan_out as u32), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
        })
    };
    let first = layer(0, 784, 128, if weights == Weights::Binary { 12 } else { 900 }, weights);
    let steps = arena.alloc_slice_copy(&[first, layer(1, 128, 10, 400, Weights::Int8)]);
    let input = Edge { shape: Shape::vector(784), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let readout = Readout { source: 2, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let program = Program::new(input, steps, readout, TIMESTEPS).expect("a sound network");
    let info = |name: &str, encoding| StepInfo { name: name.to_owned(), encoding: Some(encoding), activity: None };
    let encoding = if weights == Weights::Binary { WeightEncoding::Binary } else { WeightEncoding::INT8 };
    let steps = vec![info("lif1", encoding), info("lif2", WeightEncoding::INT8)];
    Compiled {
        name: "dense".to_owned(),
        program,
        input: InputEncoding::Spikes,
        steps,
        readout_scale: 1.0,
        layout: Layout::default(),
    }
}

/// A sample of exactly `active` random spikes of 784 in every timestep.
fn sample(active: usize) -> Sample {
    let mut rng = Rng::new(2);
    let mut frame = || {
        let mut frame = vec![0_u32; words(784)];
        while frame.iter().map(|word| word.count_ones()).sum::<u32>() < active as u32 {
            let i = rng.range(0, 783) as usize;
            frame[i / 32] |= 1 << (i % 32);
        }
        Frame::Spikes(frame)
    };
    Sample { frames: (0..TIMESTEPS).map(|_| frame()).collect() }
}

/// Instructions that one sample takes on the Cortex-M4, which must give the host's spikes.
fn instructions(compiled: &Compiled<'_>, sample: &Sample) -> u64 {
    let traces = [trace(&compiled.program, sample)];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let outcome = (cortex_m::CORTEX_M4.run)(compiled, std::slice::from_ref(sample), &traces, scratch.path());
    let outcome = outcome.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(outcome.difference, None);
    outcome.cost[0]
}

/// Compares with the count that is recorded for the compiler.
fn assert_recorded(name: &str, found: u64) {
    let rustc = snnc::machine::toolchain::Toolchain::find(M4.target).expect("a compiler").version();
    let line = format!("{rustc} {name} {found}");
    assert!(
        RECORDED.lines().any(|recorded| recorded == line),
        "the count changed, or the compiler is new: if that is meant, write into tests/mcu_instructions.txt\n{line}"
    );
}

#[test]
fn a_dense_int8_timestep_at_10_percent_takes_less_than_48_000_instructions() {
    let arena = Bump::new();
    let found = instructions(&dense(&arena, Weights::Int8), &sample(78));
    assert!(found <= 48_000 * u64::from(TIMESTEPS));
    assert_recorded("dense-int8-784-128-10", found);
}

#[test]
fn a_dense_binary_timestep_takes_half_of_that() {
    let arena = Bump::new();
    let found = instructions(&dense(&arena, Weights::Binary), &sample(78));
    assert!(found <= 24_000 * u64::from(TIMESTEPS));
    assert_recorded("dense-binary-784-128-10", found);
}

/// What the compiler's choice of lists rests on (`lower/sparse.rs`).
#[test]
fn a_list_of_every_eighth_weight_takes_less_than_the_row_and_of_every_fourth_more() {
    let arena = Bump::new();
    let of = |weights| instructions(&dense(&arena, weights), &sample(78));
    let (row, fourth, eighth) = (of(Weights::Int8), of(Weights::List(4)), of(Weights::List(8)));
    assert!(4 * eighth < 3 * row && row < fourth, "{eighth}, {row}, {fourth}");
    assert_recorded("dense-list-of-8th-784-128-10", eighth);
    assert_recorded("dense-list-of-4th-784-128-10", fourth);
}

#[test]
fn silent_timesteps_cost_little_more_than_their_neurons() {
    let arena = Bump::new();
    let found = instructions(&dense(&arena, Weights::Int8), &sample(0));
    assert!(found <= 8_000 * u64::from(TIMESTEPS));
    assert_recorded("dense-int8-784-128-10-silent", found);
}
