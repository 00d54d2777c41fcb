//! The fixture models, compiled from their own framework's files, on every kind of machine: every spike of every layer
//! equal to the host's; and the network that FPGA generators are compared on, in clocks.

use bumpalo::Bump;
use snnc::backend::{BACKENDS, EmitOptions};
use snnc::compiled::Compiled;
use snnc::data::Sample;
use snnc::host::{Trace, trace};
use snnc::machine::{MACHINES, Outcome};
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, samples};

fn run(machine: &str, compiled: &Compiled<'_>, samples: &[Sample]) -> Outcome {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let machine = MACHINES.iter().find(|m| m.name == machine).expect("a machine of that name");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    (machine.run)(compiled, samples, &traces, scratch.path())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// Compiles a fixture, calibrated on the training images, and runs test images on `machines`.
fn equal_on(file: &str, timesteps: u32, images: usize, machines: &[&str]) {
    let mut graph = model(file, Some(timesteps)).graph;
    let calib = samples("mnist/train200.npz");
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let built = pipeline::build(&graph, timesteps, Some(&calib), Choices::default(), &arena).expect("it compiles");
    let test = pipeline::encode(&built.compiled, &samples("mnist/test200.npz").take(images)).expect("the images fit");
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
fn the_dense_engine_stays_within_a_tenth_of_a_spike_a_clock() {
    let mut graph = model("bench_fc_rate/model.snn", None).graph;
    let data = samples("bench_fc_rate/spikes.npz");
    let timesteps = pipeline::present(&mut graph, Some(&data), false).expect("the spikes fit");
    let arena = Bump::new();
    let built = pipeline::build(&graph, timesteps, None, Choices::default(), &arena).expect("it compiles");
    let spikes = pipeline::encode(&built.compiled, &data).expect("the spikes fit");
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a backend of that name");
    let options = EmitOptions { lanes: None, samples: &spikes };
    let predicted = (backend.emit)(&built.compiled, &options).expect("it fits").predicted_clocks;
    let outcome = run("verilator", &built.compiled, &spikes);
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost, predicted, "every image's clocks are predicted exactly");
    let snnc::data::Values::Spikes(input) = &data.x else { panic!("the bench gives spikes") };
    let floor = input.iter().filter(|spike| **spike).count() as f64;
    let clocks = outcome.cost.iter().sum::<u64>() as f64;
    assert!(clocks <= 1.10 * floor, "{clocks} clocks for {floor} input spikes");
}
