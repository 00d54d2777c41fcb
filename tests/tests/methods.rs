//! Networks trained with a compression method, against what their own framework gave: the grids are read off the files, and
//! the integer network predicts and spikes as the framework does.

use bumpalo::Bump;
use snnc::backend::rust::flash_bytes;
use snnc::compiled::Compiled;
use snnc::compress::{LayerSize, sizes};
use snnc::data::Dataset;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::ir::{Graph, WeightEncoding};
use snnc::output::layer_spikes;
use snnc::pipeline::{self, Choices};
use snnc::{host, npz};
use snnc_tests::fixtures::{bytes, model, samples};

/// Timesteps of all of them.
const TIMESTEPS: u32 = 4;

/// Files of a method.
const ALL: [&str; 4] = ["model.snn", "step.onnx", "step_dyn.onnx", "unrolled.onnx"];

/// The float evaluator and the integers of each of `files` predict as the framework on 200 test images, and the integers
/// spike as it does where it was traced; their sizes are what the formulas say.
fn equals_its_framework(method: &str, files: &[&str], encodings: &[&str]) {
    let bytes = bytes(&format!("methods/{method}/reference.npz"));
    let mut reference = npz::Npz::open("reference.npz", &bytes).expect("a sound fixture");
    let mut array = |name: &str| reference.array(name).expect("a sound array");
    let npz::read::Elements::U8(predicted) = array("pred10000").expect("predictions").elements else { panic!("bytes") };
    let traces: Vec<Vec<u8>> = (1..)
        .map_while(|layer| match array(&format!("trace_spk{layer}"))?.elements {
            npz::read::Elements::U8(spikes) => Some(spikes),
            _ => panic!("spikes are bytes"),
        })
        .collect();
    let (calib, test) = (samples("mnist/train200.npz"), samples("mnist/test200.npz"));
    for &file in files {
        let name = format!("methods/{method}/{file}");
        let steps = if file.starts_with("step") { Some(TIMESTEPS) } else { None };
        let mut graph = model(&name, steps).graph;
        let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
        let of_float = float_predictions(&graph, &test, timesteps);
        let differ = of_float.iter().zip(&predicted).filter(|(a, b)| **a != usize::from(**b)).count();
        assert_eq!(differ, 0, "{name}: predictions of the float graph that are not the framework's");
        let arena = Bump::new();
        let built = pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it compiles");
        assert_eq!(stored(&built.compiled), encodings, "{name}");
        let sizes: u64 = sizes(&built.compiled).iter().map(LayerSize::bytes).sum();
        assert_eq!(sizes, flash_bytes(&built.compiled.program), "{name}: bytes by the formulas");
        let encoded = pipeline::encode(&built.compiled, &test).expect("the images fit");
        let run: Vec<_> = encoded.iter().map(|sample| host::trace(&built.compiled.program, sample)).collect();
        let differ = run.iter().zip(&predicted).filter(|(trace, p)| trace.prediction != usize::from(**p)).count();
        assert_eq!(differ, 0, "{name}: predictions that are not the framework's");
        let traced = traces[0].len() / TIMESTEPS as usize / layer_spikes(&built.compiled, &run[..1])[0].shape.len();
        let layers = layer_spikes(&built.compiled, &run[..traced]);
        assert_eq!(layers.len(), traces.len(), "{name}: layers of neurons");
        for (layer, expected) in layers.iter().zip(&traces) {
            // [samples, timesteps, ...] here, [timesteps, samples, ...] there
            let frames: Vec<&[u8]> = layer.spikes.chunks(layer.shape.len()).collect();
            let found: Vec<u8> = (0..TIMESTEPS as usize)
                .flat_map(|t| (0..traced).map(move |sample| sample * TIMESTEPS as usize + t))
                .flat_map(|frame| frames[frame].iter().copied())
                .collect();
            assert!(found == *expected, "{name}: spikes of `{}` are not the framework's", layer.name);
        }
    }
}

/// What the float evaluator predicts.
fn float_predictions(graph: &Graph, samples: &Dataset, timesteps: u32) -> Vec<usize> {
    let mut evaluator = Evaluator::new(graph);
    let inputs = pipeline::float_samples(graph, samples, timesteps);
    inputs.iter().map(|input| prediction(&evaluator.run(input, timesteps, |_| {}))).collect()
}

/// How the layers with weights of their own are stored.
fn stored(compiled: &Compiled<'_>) -> Vec<&'static str> {
    compiled.steps.iter().filter_map(|step| step.encoding.map(WeightEncoding::name)).collect()
}

#[test]
fn qp_snn_on_its_odd_grids() {
    equals_its_framework("qpsnn4", &ALL, &["int8", "odd4", "odd4", "int8"]);
    equals_its_framework("qpsnn2", &ALL, &["int8", "odd2", "odd2", "int8"]);
}

#[test]
fn binary_weights_without_a_scale() {
    equals_its_framework("bso", &ALL, &["int8", "binary", "binary", "int8"]);
}

#[test]
fn kernels_from_a_codebook() {
    equals_its_framework("s2nn5", &ALL, &["int8", "codebook5", "codebook5", "int8"]);
}

#[test]
fn membranes_of_four_bits_behind_binary_weights() {
    equals_its_framework("qsnn", &ALL, &["int8", "binary", "binary", "int8"]);
}

#[test]
fn a_threshold_per_timestep_and_no_membrane() {
    let files = ["model.snn", "unrolled.onnx"]; // a step does not know its timestep
    equals_its_framework("mfp", &files, &["int8", "odd4", "odd4", "int8"]);
}
