//! Native models as a user's Python writes them.

use bumpalo::Bump;
use snnc::ir::{Op, WeightEncoding};
use snnc::output::layer_spikes;
use snnc::pipeline::{Choices, build, encode, present};
use snnc::{compiled_file, frontend, host};
use snnc_tests::fixtures::{bytes, model, reference_outputs, reference_spikes, samples};

/// The description shows the script that wrote the fixture, so what it shows works.
#[test]
fn the_example_of_the_description_loads() {
    let text = include_str!("../../docs/native-model.md");
    let script = String::from_utf8(bytes("native/example.py")).expect("it is text");
    assert!(text.contains(&script), "docs/native-model.md shows tests/fixtures/native/example.py");
    let graph = model("native/example.snn", None).graph;
    assert_eq!((graph.name.as_str(), graph.timesteps), ("example", Some(16)));
    assert_eq!(
        graph.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(),
        ["image", "fc1", "lif1", "fc2", "lif2"]
    );
    let Op::Linear(fc2) = &graph.node(3).op else { panic!("synapses") };
    let grid = fc2.grid.as_ref().expect("integers lie on a grid");
    assert_eq!((grid.encoding, &grid.scale), (WeightEncoding::INT8, &vec![0.01; 10]));
    assert_eq!(frontend::native::save(&graph).map(|bytes| bytes.len() > 1000).ok(), Some(true));
}

/// The weights, thresholds and widths of an integer model are kept: every spike is that of its own arithmetic.
#[test]
fn an_integer_model_runs_as_given() {
    let data = samples("bench_fc_rate/spikes.npz");
    let mut graph = model("bench_fc_rate/model.snn", None).graph;
    let timesteps = present(&mut graph, Some(&data), false).expect("the samples fit");
    let arena = Bump::new();
    let built = build(&graph, timesteps, None, &Choices::default(), &arena).expect("it compiles");
    let encoded = encode(&built.compiled, &data).expect("the samples fit");
    let traces: Vec<_> = encoded.iter().map(|sample| host::trace(&built.compiled.program, sample)).collect();
    let layers = layer_spikes(&built.compiled, &traces);
    assert_eq!(layers.len(), 2);
    for (layer, found) in layers.iter().enumerate() {
        let (shape, expected) = reference_spikes("bench_fc_rate", layer + 1).expect("two layers");
        let [timesteps, samples, neurons] = shape[..] else { panic!("[timesteps, samples, neurons]") };
        for (sample, timestep) in (0..samples).flat_map(|sample| (0..timesteps).map(move |t| (sample, t))) {
            let found = &found.spikes[(sample * timesteps + timestep) * neurons..][..neurons];
            let expected = &expected[(timestep * samples + sample) * neurons..][..neurons];
            assert_eq!(found, expected, "layer {layer}, sample {sample}, timestep {timestep}");
        }
    }
    for (trace, expected) in traces.iter().zip(reference_outputs("bench_fc_rate")) {
        assert_eq!(trace.scores.iter().map(|&score| score as f32).collect::<Vec<_>>(), expected);
    }
    let file = compiled_file::save(&built.compiled).expect("it is small");
    let loaded = compiled_file::load("network.snn", &file, &arena, |_| Ok(())).expect("just saved");
    assert_eq!(loaded, built.compiled);
}
