//! The fixture models, compiled from their own framework's files, on every kind of machine: every spike of every layer
//! equal to the host's; and the network that FPGA generators are compared on, in clocks.

use bumpalo::Bump;
use snnc::backend::verilog::choose;
use snnc::backend::{BACKENDS, EmitOptions};
use snnc::compiled::{Compiled, EdgeCode, Engine};
use snnc::data::{Dataset, Sample};
use snnc::host::{Trace, spiking_steps, trace};
use snnc::ir::{
    self, Comparison, Graph, InputEncoding, Linear, Neuron, Node, Op, Quantity, Reduce, Reset, ResetTiming, Source,
    SynapticCurrent, Timing,
};
use snnc::machine::{MACHINES, Outcome};
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, samples};
use snnc_tests::random_network::Rng;

fn run(machine: &str, compiled: &Compiled<'_>, samples: &[Sample]) -> Outcome {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let machine = MACHINES.iter().find(|m| m.name == machine).expect("a machine of that name");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    (machine.run)(compiled, samples, &traces, scratch.path())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// Compiles a fixture, calibrated on the training images, and runs test images on `machines`.
fn equal_on(file: &str, timesteps: u32, images: usize, machines: &[&str]) {
    graph_is_equal_on(file, model(file, Some(timesteps)).graph, images, machines);
}

fn graph_is_equal_on(file: &str, mut graph: Graph, images: usize, machines: &[&str]) {
    let calib = samples("mnist/train200.npz");
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let built = pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it compiles");
    let test = pipeline::encode(&built.compiled, &samples("mnist/test200.npz").take(images)).expect("the images fit");
    let traces: Vec<Trace> = test.iter().map(|sample| trace(&built.compiled.program, sample)).collect();
    for step in spiking_steps(&built.compiled.program) {
        assert!(
            traces.iter().flat_map(|t| &t.edges[step]).flatten().any(|&word| word != 0),
            "{file}: {step} is silent"
        );
    }
    for machine in machines {
        let outcome = run(machine, &built.compiled, &test);
        assert_eq!(outcome.difference, None, "{file} on {machine}");
        assert_eq!(outcome.cost.len(), images, "{file} on {machine}");
    }
}

#[test]
fn a_fully_connected_network_with_delayed_reset() {
    equal_on("a_snntorch_fc/step_dyn.onnx", 25, 3, &["verilator", "icarus", "cortex-m4"]);
}

#[test]
fn a_convolution_with_max_pools_of_currents() {
    equal_on("b_snntorch_conv_maxpool/step_ts.onnx", 8, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn a_padded_convolution_with_max_pools_of_spikes() {
    equal_on("c_if_spikingjelly_conv/step_dyn.onnx", 4, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn a_convolution_with_average_pools_of_spikes() {
    equal_on("c_nir_spikingjelly_conv/step_ts_sj014.onnx", 6, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn a_convolution_with_binary_weights() {
    equal_on("d_snntorch_binary_conv/step_latent_ts.onnx", 8, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn membranes_stored_as_one_of_fifteen_levels() {
    equal_on("methods/qsnn/step.onnx", 4, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn thresholds_of_each_timestep_without_a_membrane() {
    equal_on("methods/mfp/unrolled.onnx", 4, 2, &["verilator", "cortex-m4"]);
}

#[test]
fn a_recurrent_network_over_the_rows_of_an_image() {
    equal_on("e_snntorch_recurrent/step_ts.onnx", 28, 3, &["verilator", "icarus", "cortex-m4"]);
}

/// A layer of random weights and biases, at most `size` in magnitude.
fn linear(rng: &mut Rng, fan_in: usize, fan_out: usize, size: f32) -> Op {
    let mut number = || rng.range(-1000, 1000) as f32 / 1000.0 * size;
    let weight = (0..fan_in * fan_out).map(|_| number()).collect();
    Op::Linear(Linear { fan_in, fan_out, weight, bias: (0..fan_out).map(|_| number()).collect(), grid: None })
}

/// A node that gives `n` elements.
fn node(name: &str, op: Op, sources: Vec<Source>, n: usize) -> Node {
    Node { name: name.into(), op, sources, shape: ir::Shape::vector(n), origin: vec![] }
}

/// Neurons with two states each, the first of them recurrent, over the rows of an image; random weights.
fn two_states() -> Graph {
    let mut rng = Rng::new(7);
    let mut linear = |fan_in: usize, fan_out: usize, size: f32| linear(&mut rng, fan_in, fan_out, size);
    let filter = |decay: f32, gain: f32| SynapticCurrent { decay: vec![decay], gain: vec![gain] };
    let hidden = Neuron {
        synaptic: vec![filter(0.7, 1.0)],
        beta: (0..20).map(|channel| 0.6 + 0.02 * channel as f32).collect(),
        reset: Reset::ToValue(0.0),
        reset_timing: ResetTiming::Overriding,
        comparison: Comparison::Above,
        ..Neuron::default()
    };
    let alpha = Neuron {
        synaptic: vec![filter(0.9, 2.5), filter(0.8, -2.5)],
        beta: vec![0.0],
        reset: Reset::ToValue(0.0),
        reset_timing: ResetTiming::Clearing,
        ..Neuron::default()
    };
    let input = Op::Input(ir::Input { timing: Timing::Sequence, encoding: InputEncoding::Real });
    let nodes = vec![
        node("rows", input, vec![], 28),
        node("fc1", linear(28, 20, 0.5), vec![Source::now(0)], 20),
        node("own", linear(20, 20, 0.4), vec![Source { node: 4, delay: 1 }], 20),
        node("sum", Op::Add, vec![Source::now(1), Source::now(2)], 20),
        node("synaptic", Op::Neuron(hidden), vec![Source::now(3)], 20),
        node("fc2", linear(20, 10, 0.8), vec![Source::now(4)], 10),
        node("alpha", Op::Neuron(alpha), vec![Source::now(5)], 10),
    ];
    let readout = ir::Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 };
    Graph { name: "two states".into(), nodes, output: 6, readout, timesteps: Some(28) }
}

/// Neurons that take a constant image and their own spikes, all to all (snnTorch's RLeaky on a static input).
fn constant_and_recurrent() -> Graph {
    let mut rng = Rng::new(11);
    let mut linear = |fan_in: usize, fan_out: usize, size: f32| linear(&mut rng, fan_in, fan_out, size);
    let leaky = Neuron {
        beta: vec![0.9],
        comparison: Comparison::Above,
        reset_timing: ResetTiming::Delayed,
        ..Neuron::default()
    };
    let input = Op::Input(ir::Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let nodes = vec![
        node("image", input, vec![], 784),
        node("fc1", linear(784, 24, 0.1), vec![Source::now(0)], 24),
        node("own", linear(24, 24, 0.3), vec![Source { node: 4, delay: 1 }], 24),
        node("sum", Op::Add, vec![Source::now(1), Source::now(2)], 24),
        node("rleaky", Op::Neuron(leaky.clone()), vec![Source::now(3)], 24),
        node("fc2", linear(24, 10, 0.6), vec![Source::now(4)], 10),
        node("leaky", Op::Neuron(leaky), vec![Source::now(5)], 10),
    ];
    let readout = ir::Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 };
    Graph { name: "constant and recurrent".into(), nodes, output: 6, readout, timesteps: Some(12) }
}

#[test]
fn a_recurrent_network_on_a_constant_input() {
    let graph = constant_and_recurrent();
    graph.validate().expect("a sound graph");
    graph_is_equal_on("constant and recurrent", graph, 3, &["verilator", "icarus", "cortex-m4"]);
}

#[test]
fn a_recurrent_network_of_neurons_with_two_states() {
    let graph = two_states();
    graph.validate().expect("a sound graph");
    graph_is_equal_on("two states", graph, 2, &["verilator", "icarus", "cortex-m4"]);
}

#[test]
fn a_layer_takes_its_input_in_the_code_that_makes_it_add_least() {
    let calib = samples("mnist/train200.npz");
    let mut graph = model("d_snntorch_binary_conv/step_dyn.onnx", Some(8)).graph;
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let choices = Choices::default();
    let mut compiled =
        pipeline::build(&graph, timesteps, Some(&calib), &choices, &arena).expect("it compiles").compiled;
    let encode = |data: Dataset| pipeline::encode(&compiled, &data.take(3)).expect("the images fit");
    let (stimuli, test) = (encode(calib), encode(samples("mnist/test200.npz")));
    compiled.layout = choose(&compiled, Engine::most(2), &stimuli).expect("chains are carried");
    let codes: Vec<EdgeCode> = compiled.layout.engines.iter().map(|engine| engine.code).collect();
    assert_eq!(codes, [EdgeCode::Plain, EdgeCode::Inverted, EdgeCode::Delta], "the first one's input is constant");
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a backend of that name");
    let options = EmitOptions { samples: &test, ..EmitOptions::default() };
    let predicted = (backend.emit)(&compiled, &options).expect("it fits").predicted_clocks;
    let outcome = run("verilator", &compiled, &test);
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost, predicted);
}

#[test]
fn the_convolution_engine_takes_fewer_clocks_than_there_are_spikes_in_its_windows() {
    let calib = samples("mnist/train200.npz");
    let mut graph = model("b_snntorch_conv_maxpool/unrolled_dyn.onnx", None).graph;
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let mut compiled =
        pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it compiles").compiled;
    let encode = |data: Dataset| pipeline::encode(&compiled, &data).expect("the images fit");
    let (stimuli, images) = (encode(calib.take(4)), encode(samples("mnist/test200.npz").take(50)));
    compiled.layout = choose(&compiled, Engine::most(1), &stimuli).expect("chains are carried");
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a backend of that name");
    let emit =
        |samples| (backend.emit)(&compiled, &EmitOptions { samples, ..EmitOptions::default() }).expect("it fits");
    let second = &emit(&images).report[1];
    assert_eq!(second.lanes, Some(32));
    let (clocks, saved) = (second.predicted_clocks.expect("there are samples"), second.adds_saved);
    assert!(clocks <= 16_500.0, "{clocks} clocks an image");
    assert!(saved.is_some_and(|saved| saved > 32.0 * clocks), "{saved:?} adds saved");
    let predicted = emit(&images[..8]).predicted_clocks;
    let outcome = run("verilator", &compiled, &images[..8]);
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost, predicted, "every image's clocks are predicted exactly");
}

#[test]
fn the_dense_engine_stays_within_a_few_per_cent_of_its_input_spikes() {
    let mut graph = model("bench_fc_rate/model.snn", None).graph;
    let data = samples("bench_fc_rate/spikes.npz");
    let timesteps = pipeline::present(&mut graph, Some(&data), false).expect("the spikes fit");
    let arena = Bump::new();
    let mut compiled =
        pipeline::build(&graph, timesteps, None, &Choices::default(), &arena).expect("it compiles").compiled;
    let spikes = pipeline::encode(&compiled, &data).expect("the spikes fit");
    let snnc::data::Values::Spikes(input) = &data.x else { panic!("the bench gives spikes") };
    let input = input.iter().filter(|spike| **spike).count() as f64;
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a backend of that name");
    for (slots, most) in [(1, 1.03), (2, 1.06), (4, 1.12)] {
        compiled.layout = choose(&compiled, Engine::most(slots), &spikes).expect("chains are carried");
        assert_eq!(compiled.layout.engines[0].slots, slots, "the first layer sets the pace");
        assert_eq!(compiled.layout.engines[1].slots, 1, "the second one does not");
        assert_eq!(compiled.layout.engines[0].lanes, None, "the first layer has all lanes");
        let fewer = (slots == 1).then_some(5);
        assert_eq!(
            compiled.layout.engines[1].lanes, fewer,
            "the second one has time for half of its lanes, or has not"
        );
        let options = EmitOptions { samples: &spikes, ..EmitOptions::default() };
        let predicted = (backend.emit)(&compiled, &options).expect("it fits").predicted_clocks;
        let outcome = run("verilator", &compiled, &spikes);
        assert_eq!(outcome.difference, None);
        assert_eq!(outcome.cost, predicted, "every image's clocks are predicted exactly");
        let (clocks, floor) = (outcome.cost.iter().sum::<u64>() as f64, input / f64::from(slots));
        assert!(clocks <= most * floor, "{clocks} clocks for {input} input spikes, {slots} a clock");
    }
}

/// Sets the smallest of the weights of every layer to zero, all but `keep` per cent of them.
fn without_small_weights(graph: &mut Graph, keep: usize) {
    for node in &mut graph.nodes {
        let Op::Linear(linear) = &mut node.op else { continue };
        let mut smallest: Vec<usize> = (0..linear.weight.len()).collect();
        smallest.sort_by(|&a, &b| linear.weight[a].abs().total_cmp(&linear.weight[b].abs()));
        smallest.truncate(linear.weight.len() * (100 - keep) / 100);
        smallest.into_iter().for_each(|index| linear.weight[index] = 0.0);
    }
}

#[test]
fn an_unrolled_network_takes_a_clock_for_each_timestep() {
    let mut graph = model("bench_fc_rate/model.snn", None).graph;
    without_small_weights(&mut graph, 5);
    let data = samples("bench_fc_rate/spikes.npz");
    let timesteps = pipeline::present(&mut graph, Some(&data), false).expect("the spikes fit");
    let arena = Bump::new();
    let mut compiled =
        pipeline::build(&graph, timesteps, None, &Choices::default(), &arena).expect("it compiles").compiled;
    compiled.layout.unrolled = true;
    let spikes = pipeline::encode(&compiled, &data).expect("the spikes fit");
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a backend of that name");
    let options = EmitOptions { samples: &spikes, ..EmitOptions::default() };
    let predicted = (backend.emit)(&compiled, &options).expect("it fits").predicted_clocks;
    let outcome = run("verilator", &compiled, &spikes);
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost, predicted, "every image's clocks are predicted exactly");
    let (last, others) = outcome.cost.split_last().expect("there are images");
    let timesteps = u64::from(compiled.program.timesteps());
    assert!(others.iter().all(|&clocks| clocks == timesteps), "back to back: {others:?}");
    assert!((timesteps..timesteps + 32).contains(last), "the pipeline's depth once: {last}");
}
