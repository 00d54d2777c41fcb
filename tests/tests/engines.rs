//! Engines that take a whole column of their window per clock: when binary weights are counted, and what a depthwise
//! convolution takes. Clocks are those of the simulated design, which are the predicted ones.

use bumpalo::Bump;
use snnc::backend::verilog::{choose, hardware};
use snnc::compiled::{Compiled, Engine, Layout, StepInfo};
use snnc::data::{Frame, Sample};
use snnc::host::{Trace, trace};
use snnc::ir::InputEncoding;
use snnc::machine::MACHINES;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Neuron, PoolOp, Population, Program, Projection, Quantity, Rate, Readout, Reduce,
    Reset, Shape, Step, Synapses, words,
};
use snnc_tests::random_network::{Layer, Recipe, Rng, Weights, build, samples, window};

/// Runs samples in Verilator: every spike is the host's, every clock the predicted one. Gives the mean of the clocks.
fn simulated(compiled: &Compiled<'_>, samples: &[Sample]) -> f64 {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let predicted = hardware(compiled, samples, &traces, 0).expect("a chain").predicted_clocks;
    let machine = MACHINES.iter().find(|machine| machine.name == "verilator").expect("a machine of that name");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let outcome = (machine.run)(compiled, samples, &traces, scratch.path()).expect("it builds and runs");
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost, predicted);
    outcome.cost.iter().sum::<u64>() as f64 / samples.len() as f64
}

/// Engine and busy clocks a sample of a layer.
fn busy(compiled: &Compiled<'_>, samples: &[Sample], layer: usize) -> (&'static str, f64) {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let report = hardware(compiled, samples, &traces, 0).expect("a chain").report.swap_remove(layer);
    (report.engine.expect("an FPGA's"), report.predicted_clocks.expect("there are samples"))
}

const PIXELS: usize = 784;
const TIMESTEPS: u32 = 8;

/// A binary 784-128-10 behind neurons that fire once in `period` timesteps where the constant image is set.
fn binary(arena: &Bump, period: i32) -> Compiled<'_> {
    let mut rng = Rng::new(1);
    let mut signs = |rows: usize, width: usize| Synapses::Binary {
        signs: arena.alloc_slice_fill_with(rows * words(width), |at| {
            let unused = if (at + 1).is_multiple_of(words(width)) { words(width) * 32 - width } else { 0 };
            rng.bits() as u32 >> unused
        }),
    };
    let image = Edge { shape: Shape::vector(PIXELS as u32), kind: EdgeKind::Spikes, rate: Rate::PerSample };
    let spikes = |n: u32| Edge { shape: Shape::vector(n), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let diagonal = arena.alloc_slice_fill_with(PIXELS * PIXELS, |at| i8::from(at % (PIXELS + 1) == 0));
    let one = Synapses::Int8 { weights: arena.alloc_slice_fill_copy(PIXELS, 1) };
    let layer = |source: u16, connection, synapses, accumulator_bits, threshold: Option<i32>, output: Edge| {
        let channels = output.shape.channels as usize;
        let neuron = threshold.map(|threshold| Neuron {
            reset: Reset::ToValue(arena.alloc_slice_fill_copy(channels, 0)),
            threshold: arena.alloc_slice_fill_copy(channels, threshold),
            membrane_bits: accumulator_bits,
            ..Neuron::BARE
        });
        Step::Population(Population {
            projections: arena.alloc_slice_copy(&[Projection { source, delay: 0, connection, synapses }]),
            accumulator_bits,
            current_shift: 0,
            bias: arena.alloc_slice_fill_copy(channels, 0),
            neuron,
            output,
        })
    };
    let currents = Edge { kind: EdgeKind::Currents { bits: 2 }, ..image };
    let steps = arena.alloc_slice_copy(&[
        layer(0, Connection::Conv2d(window(1, 1, 0)), Synapses::Int8 { weights: diagonal }, 2, None, currents),
        layer(1, Connection::Identity, one, 4, Some(period), spikes(PIXELS as u32)),
        layer(2, Connection::Dense, signs(PIXELS, 128), 11, Some(6), spikes(128)),
        layer(3, Connection::Dense, signs(128, 10), 9, Some(3), spikes(10)),
    ]);
    let readout = Readout { source: 4, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let program = Program::new(image, steps, readout, TIMESTEPS).expect("the lengths fit");
    let info = |name: &str| StepInfo { name: name.into(), encoding: None, activity: None };
    let steps = ["copy", "image", "fc1", "fc2"].map(info).to_vec();
    let name = String::from("binary");
    Compiled { name, program, input: InputEncoding::Spikes, steps, readout_scale: 1.0, layout: Layout::default() }
}

/// Images of which so many pixels are set, evenly spread.
fn images(set: usize) -> Vec<Sample> {
    let image = |seed: u64| {
        let mut rng = Rng::new(seed);
        let mut order: Vec<usize> = (0..PIXELS).collect();
        (1..PIXELS).rev().for_each(|at| order.swap(at, rng.range(0, at as i64) as usize));
        let mut packed = vec![0u32; words(PIXELS)];
        order[..set].iter().for_each(|i| packed[i / 32] |= 1 << (i % 32));
        Sample { frames: vec![Frame::Spikes(packed)] }
    };
    (0..4).map(image).collect()
}

#[test]
fn counting_takes_fewer_clocks_where_more_than_one_input_of_so_many_spikes() {
    let arena = Bump::new();
    let mut compiled = binary(&arena, 1);
    let mut clocks = |engine: Engine, samples: &[Sample]| {
        compiled.layout.engines = vec![engine; 3];
        busy(&compiled, samples, 1)
    };
    for (slots, chunk) in [(1, 8), (2, 16), (4, 32)] {
        for (set, counted_wins) in [(PIXELS / 16, false), (PIXELS / 6, true)] {
            let samples = images(set);
            let gathered = clocks(Engine::most(slots), &samples);
            let counted = clocks(Engine { counts: true, chunk, ..Engine::most(slots) }, &samples);
            assert_eq!((gathered.0, counted.0), ("gather", "popcount"));
            assert_eq!(
                counted.1 < gathered.1,
                counted_wins,
                "{set} of {PIXELS}, {chunk} bits: {gathered:?} {counted:?}"
            );
        }
    }
}

#[test]
fn binary_weights_are_counted_where_that_saves_clocks() {
    let arena = Bump::new();
    // neither changes nor silences are fewer than spikes
    let mut compiled = binary(&arena, 2);
    let mut means = Vec::new();
    for (set, counted) in [(PIXELS / 10, false), (PIXELS * 3 / 4, true)] {
        let samples = images(set);
        compiled.layout = choose(&compiled, Engine::most(1), &samples).expect("a chain");
        let chosen: Vec<bool> = compiled.layout.engines.iter().map(|engine| engine.counts).collect();
        assert_eq!(chosen, [false, counted, false], "the last layer does not set the pace");
        means.push(simulated(&compiled, &samples));
    }
    // a clock for every eight inputs, whatever spikes
    assert!(means[1] < (PIXELS as u32 / 8 * TIMESTEPS) as f64 * 1.2, "{means:?}");
}

#[test]
fn a_depthwise_convolution_takes_a_fraction_of_the_clocks() {
    let arena = Bump::new();
    let conv = |channels, kernel: u16, weights| Layer::Conv {
        channels,
        window: window(kernel, 1, kernel / 2),
        weights,
        neurons: true,
    };
    let recipe = Recipe {
        input: Edge {
            shape: Shape { height: 14, width: 14, channels: 2 },
            kind: EdgeKind::Spikes,
            rate: Rate::PerTimestep,
        },
        layers: vec![
            conv(32, 3, Weights::Int8),
            conv(32, 3, Weights::Depthwise),
            conv(32, 1, Weights::Int8),
            Layer::Pool { op: PoolOp::Max, size: [2, 2], ceil: false },
            Layer::Dense { fan_out: 10, weights: Weights::Int8, neurons: true },
        ],
        timesteps: 4,
        readout: (Quantity::Spikes, Reduce::Sum),
        rich: false,
    };
    let mut rng = Rng::new(5);
    let mut compiled = build(&arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 2);
    // one weight between two channels, and it is a convolution as any other
    let mut gathered = compiled.clone();
    gathered.program = with_a_weight_between_channels(&arena, &compiled.program);
    for slots in [1, 2] {
        for network in [&mut compiled, &mut gathered] {
            network.layout.engines = vec![Engine::most(slots); 4];
        }
        let ((engine, clocks), (other, gathered_clocks)) = (busy(&compiled, &samples, 1), busy(&gathered, &samples, 1));
        assert_eq!((engine, other), ("depthwise", "gather"));
        assert!(3.0 * clocks < gathered_clocks, "{clocks} clocks for {gathered_clocks}");
        simulated(&compiled, &samples);
    }
}

/// A network whose second step has one more weight.
fn with_a_weight_between_channels<'a>(arena: &'a Bump, program: &Program<'a>) -> Program<'a> {
    let steps = arena.alloc_slice_copy(program.steps());
    let Step::Population(population) = &mut steps[1] else { panic!("the second step is a convolution") };
    let mut projection = population.projections[0];
    let Synapses::Int8 { weights } = projection.synapses else { panic!("of bytes") };
    let weights = arena.alloc_slice_copy(weights);
    assert_eq!(std::mem::replace(&mut weights[1], 1), 0);
    projection.synapses = Synapses::Int8 { weights };
    population.projections = arena.alloc_slice_copy(&[projection]);
    Program::new(*program.input(), steps, *program.readout(), program.timesteps()).expect("as sound as before")
}
