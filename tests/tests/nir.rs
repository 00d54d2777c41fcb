//! NIR files of four frameworks against what the frameworks gave, and against themselves after `snnc` wrote them.

use rayon::prelude::*;
use snnc::frontend::nir::reading::{NirOptions, preset};
use snnc::frontend::nir::write;
use snnc::frontend::{LoadOptions, ModelFile, load};
use snnc::ir::eval::Evaluator;
use snnc::ir::{Graph, Op};
use snnc::pipeline;
use snnc_tests::fixtures::{bytes, model, reference_outputs, reference_spikes, samples};

/// Outputs of the first images, and the graph they came from.
fn outputs(mut graph: Graph, images: usize) -> (Vec<Vec<f32>>, Graph) {
    let data = samples("mnist/test200.npz").take(images);
    let timesteps = pipeline::present_float(&mut graph, &data).expect("the images fit");
    let run = |evaluator: &mut Evaluator<'_>, index| {
        evaluator.run(&pipeline::float_sample(&graph, &data, index, timesteps), timesteps, |_| {})
    };
    let outputs = (0..data.len).into_par_iter().map_init(|| Evaluator::new(&graph), run).collect();
    (outputs, graph)
}

/// Reads a file by nothing but what it tells, and compares outputs (`scale` from summed spikes to the framework's) and
/// every traced spike; then writes it as NIR, reads that, and compares the outputs again.
fn equals_its_framework(folder: &str, file: &str, timesteps: u32, scale: f32, framework: &str) {
    let loaded = model(&format!("{folder}/{file}"), Some(timesteps));
    assert!(loaded.warnings[0].contains(framework), "{:?}", loaded.warnings);
    let expected = reference_outputs(folder);
    let (found, graph) = outputs(loaded.graph, expected.len());
    for (image, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let equal = found.iter().zip(expected).all(|(a, b)| (a * scale - b).abs() < 1e-6);
        assert!(equal, "{folder}, image {image}: {found:?}, {framework} gave {expected:?}");
    }
    compare_spikes(folder, &graph, timesteps);

    let written = write(&graph).expect("it came from NIR");
    let beside = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let file = ModelFile { name: "written.nir", bytes: written.bytes.into(), beside: &beside };
    let again = load(&file, &LoadOptions::default()).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
    assert_eq!(again.warnings, [""; 0], "the file says itself how it is read");
    assert_eq!(again.graph.timesteps, Some(timesteps));
    assert_eq!(outputs(again.graph, 20).0, found[..20], "{folder} written and read");
}

fn compare_spikes(folder: &str, graph: &Graph, timesteps: u32) {
    let neurons: Vec<usize> =
        (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_))).collect();
    let data = samples("mnist/test200.npz");
    for (layer, &id) in neurons.iter().enumerate() {
        let Some((shape, spikes)) = reference_spikes(folder, layer + 1) else { return };
        for image in 0..shape[1] {
            let sample = pipeline::float_sample(graph, &data, image, timesteps);
            Evaluator::new(graph).run(&sample, timesteps, |moment| {
                let found = moment.value(id);
                let at = (moment.timestep as usize * shape[1] + image) * found.len();
                let equal = found.iter().zip(&spikes[at..]).all(|(a, b)| *a == f32::from(*b));
                assert!(equal, "{folder}, image {image}, layer {layer}, timestep {}", moment.timestep);
            });
        }
    }
}

#[test]
fn spikingjelly_convolutions_with_a_hard_reset() {
    equals_its_framework("c_nir_spikingjelly_conv", "model_spikingjelly.nir", 6, 1.0 / 6.0, "SpikingJelly");
}

#[test]
fn snntorch_recurrence_with_a_delayed_reset() {
    equals_its_framework("e_snntorch_recurrent", "model_snntorch.nir", 28, 1.0, "snnTorch");
}

#[test]
fn sinabs_neurons_with_several_spikes_per_timestep() {
    equals_its_framework("f_sinabs", "model_sinabs.nir", 32, 1.0, "sinabs");
}

#[test]
fn norse_neurons_with_scalar_parameters() {
    equals_its_framework("h_norse_fc", "model_norse_scalar.nir", 20, 1.0, "norse");
}

#[test]
fn another_reading_is_another_network() {
    let (folder, file) = ("e_snntorch_recurrent", bytes("e_snntorch_recurrent/model_snntorch.nir"));
    let beside = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let file = ModelFile { name: "e.nir", bytes: file.into(), beside: &beside };
    let nir = NirOptions { from: preset("paper"), ..NirOptions::default() };
    let read = load(&file, &LoadOptions { timesteps: Some(28), nir }).expect("a sound file");
    let differ = outputs(read.graph, 20).0.iter().zip(reference_outputs(folder)).filter(|(a, b)| **a != *b).count();
    assert_eq!(differ, 20, "the reset of the paper is not snnTorch's");
}

#[test]
fn a_compressed_file_with_changed_bytes_is_read_or_refused() {
    let sound = bytes("e_snntorch_recurrent/model_snntorch.nir");
    let mut state = 88_172_645_463_325_252u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let beside = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let mut refused = 0;
    for _ in 0..300 {
        let mut bytes = sound.clone();
        for _ in 0..1 + random(20) {
            let at = random(bytes.len());
            bytes[at] = random(256) as u8;
        }
        let file = ModelFile { name: "e.nir", bytes: bytes.into(), beside: &beside };
        refused += usize::from(load(&file, &LoadOptions::default()).is_err());
    }
    assert!(refused > 30, "{refused} of 300: changed bytes are noticed where they matter");
}
