//! The fixture models against what their own frameworks gave: every output, every spike of the traced images.

use bumpalo::Bump;
use rayon::prelude::*;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::ir::{Graph, Op};
use snnc::pipeline::{self, Choices};
use snnc::{frontend, host};
use snnc_tests::fixtures::{model, reference_outputs, reference_spikes, samples};

/// A folder of fixtures, and how its framework runs the model.
struct Model {
    folder: &'static str,
    timesteps: u32,
    /// From the summed spikes to what `forward()` returns.
    scale: f32,
}

const A: Model = Model { folder: "a_snntorch_fc", timesteps: 25, scale: 1.0 };
const B: Model = Model { folder: "b_snntorch_conv_maxpool", timesteps: 8, scale: 1.0 };
const C_IF: Model = Model { folder: "c_if_spikingjelly_conv", timesteps: 4, scale: 0.25 };
const C_NIR: Model = Model { folder: "c_nir_spikingjelly_conv", timesteps: 6, scale: 1.0 / 6.0 };
const D: Model = Model { folder: "d_snntorch_binary_conv", timesteps: 8, scale: 1.0 };

impl Model {
    /// Loads one of its files and compares the float evaluator with the framework; returns the graph.
    fn equals_its_framework(&self, file: &str) -> Graph {
        let mut graph = model(&format!("{}/{file}", self.folder), Some(self.timesteps)).graph;
        let images = samples("mnist/test200.npz");
        let timesteps = pipeline::present_float(&mut graph, &images).expect("the images fit");
        let inputs: Vec<_> = (0..images.len).map(|i| pipeline::float_sample(&graph, &images, i, timesteps)).collect();
        let expected = reference_outputs(self.folder);
        let scale = if graph.readout.scale == 1.0 { self.scale } else { 1.0 };
        let differing: Vec<usize> = inputs
            .par_iter()
            .zip(&expected)
            .enumerate()
            .map_init(
                || Evaluator::new(&graph),
                |evaluator, (i, (input, expected))| {
                    let scores = evaluator.run(input, timesteps, |_| {});
                    scores.iter().zip(expected).any(|(a, b)| (a * scale - b).abs() > 1e-6).then_some(i)
                },
            )
            .flatten()
            .collect();
        assert_eq!(differing, [0; 0], "{file}: images whose outputs differ from the framework's");
        self.compare_spikes(&graph, &inputs, file);
        graph
    }

    fn compare_spikes(&self, graph: &Graph, inputs: &[Vec<f32>], file: &str) {
        let neurons = (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_)));
        let layers: Vec<_> = (1..).map_while(|layer| reference_spikes(self.folder, layer)).collect();
        let neurons: Vec<usize> = neurons.collect();
        assert_eq!(neurons.len(), layers.len(), "{file}: layers of neurons");
        let traced = layers[0].0[1];
        let mut evaluator = Evaluator::new(graph);
        for (image, input) in inputs.iter().take(traced).enumerate() {
            evaluator.run(input, self.timesteps, |moment| {
                for (layer, (&id, (_, expected))) in neurons.iter().zip(&layers).enumerate() {
                    let spikes: Vec<u8> = moment.value(id).iter().map(|&spike| spike as u8).collect();
                    let at = (moment.timestep as usize * traced + image) * spikes.len();
                    let expected = &expected[at..at + spikes.len()];
                    let (t, name) = (moment.timestep, &graph.nodes[id].name);
                    assert!(spikes == expected, "{file}: layer {layer} (`{name}`), image {image}, timestep {t}");
                }
            });
        }
    }

    /// Compiles the graph on training images and counts the test images whose predicted class changes.
    fn changed_predictions(&self, graph: &Graph) -> usize {
        let (test, calib) = (samples("mnist/test200.npz"), samples("mnist/train200.npz"));
        let mut graph = graph.clone();
        let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
        let arena = Bump::new();
        let built = pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it compiles");
        let program = built.compiled.program;
        let encoded = pipeline::encode(&built.compiled, &test).expect("the images fit");
        let same = |(sample, out): (&_, &Vec<f32>)| host::trace(&program, sample).prediction == prediction(out);
        encoded.par_iter().zip(&reference_outputs(self.folder)).filter(|&pair| !same(pair)).count()
    }
}

#[test]
fn a_fully_connected_snntorch_model() {
    let stepped = A.equals_its_framework("step_dyn.onnx");
    A.equals_its_framework("unrolled_ts.onnx");
    A.equals_its_framework("step_dyn_external.onnx");
    assert!(A.changed_predictions(&stepped) <= 1);
}

#[test]
fn b_convolutions_and_max_pools_of_currents() {
    let stepped = B.equals_its_framework("step_ts.onnx");
    B.equals_its_framework("unrolled_dyn.onnx");
    assert!(B.changed_predictions(&stepped) <= 1);
}

#[test]
fn c_integrate_and_fire_neurons_of_spikingjelly() {
    let stepped = C_IF.equals_its_framework("step_dyn.onnx");
    C_IF.equals_its_framework("step_ts_sj014.onnx");
    assert!(C_IF.changed_predictions(&stepped) <= 2, "spikes of four timesteps often tie");
}

#[test]
fn c_average_pools_and_leaky_neurons_of_spikingjelly() {
    let stepped = C_NIR.equals_its_framework("step_ts_sj014.onnx");
    assert!(C_NIR.changed_predictions(&stepped) <= 1);
}

#[test]
fn d_binary_weights_baked_in_or_made_in_the_file() {
    let baked = D.equals_its_framework("step_dyn.onnx");
    D.equals_its_framework("step_latent_ts.onnx");
    assert_eq!(D.changed_predictions(&baked), 0);
}

#[test]
fn every_model_survives_the_native_format() {
    for (folder, file, timesteps) in [
        (A.folder, "unrolled_ts.onnx", None),
        (B.folder, "step_ts.onnx", None),
        (C_IF.folder, "step_dyn.onnx", None),
        (C_NIR.folder, "step_ts_sj014.onnx", Some(6)),
        (D.folder, "step_latent_ts.onnx", Some(8)),
    ] {
        let graph = model(&format!("{folder}/{file}"), timesteps).graph;
        let bytes = frontend::native::save(&graph).expect("it is small");
        let beside = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let file = frontend::ModelFile { name: "m.snn", bytes: bytes.into(), beside: &beside };
        let loaded = frontend::load(&file, &frontend::LoadOptions::default()).expect("just saved");
        assert_eq!(loaded.graph, graph, "{folder}");
    }
}
