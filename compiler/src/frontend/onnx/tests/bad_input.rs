//! Files that are damaged, lie, or ask for what there is not: one clear report each, never a panic.

use std::path::Path;

use proptest::prelude::*;

use super::models::*;
use crate::frontend::onnx::FRONTEND;
use crate::frontend::onnx::proto::{AttributeProto, EXTERNAL, StringStringEntryProto, TensorProto, data_type};
use crate::frontend::{FrontendError, LoadOptions, ModelFile};

/// A linear layer and a leaky population.
fn network() -> Model {
    Model::new(&[1, 3])
        .linear("x", "current", 3, 4)
        .input("v", &[1, 4])
        .leaky("current", "v", "v_out", "spike", 0.75)
        .output("spike")
        .output("v_out")
}

fn load(bytes: Vec<u8>) -> Result<crate::frontend::Loaded, FrontendError> {
    load_bytes(bytes.into(), &LoadOptions::default())
}

#[test]
fn empty_garbage_and_truncated_files_are_damaged() {
    let whole = network().bytes();
    let cut = whole[..whole.len() - 9].to_vec();
    for bytes in [vec![], b"not a model at all".to_vec(), vec![0x08, 0x08], vec![0xff; 64], cut] {
        match load(bytes) {
            Err(FrontendError::Damaged { file, found }) => assert!(file == "m.onnx" && !found.is_empty()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_unsupported_node_is_in_one_report() {
    let mut model = Model::new(&[1, 3])
        .node("LeakyRelu", &["x"], "a")
        .node("NonMaxSuppression", &["a"], "b")
        .node("FloatQuant", &["b"], "current")
        .input("v", &[1, 3])
        .leaky("current", "v", "v_out", "spike", 0.75)
        .output("spike")
        .output("v_out");
    model.graph.node[2].domain = "onnx.brevitas".into();
    let refusal = model.refusal();
    assert!(matches!(model.load(), Err(FrontendError::Unsupported { nodes, .. }) if nodes.len() == 3), "{refusal}");
    for part in ["node_a", "LeakyRelu", "node_b", "NonMaxSuppression", "node_current", "onnx.brevitas"] {
        assert!(refusal.contains(part), "{part} of {refusal}");
    }
}

#[test]
fn loops_and_scans_without_a_subgraph_are_refused_by_name() {
    for op in ["Loop", "Scan", "If"] {
        let refusal = Model::new(&[1, 3]).node(op, &["one"], "out").output("out").refusal();
        assert!(refusal.contains(op) && refusal.contains("subgraph") && refusal.contains("node_out"), "{refusal}");
    }
}

#[test]
fn nodes_that_no_output_needs_are_ignored() {
    let model = network().node("NonsenseOp", &["spike"], "unused").node("Gemm", &["x", "x"], "unused_too");
    assert_eq!(model.graph().nodes.len(), 3);
}

#[test]
fn a_cyclic_graph_is_refused() {
    let mut model = network();
    model.graph.node.iter_mut().find(|n| n.output[0] == "current").expect("a layer").input[0] = "spike".into();
    let refusal = model.refusal();
    assert!(refusal.contains("cyclic") && refusal.contains("node_"), "{refusal}");
}

#[test]
fn a_state_input_without_its_output_is_named() {
    let mut model = network();
    model.graph.output.retain(|o| o.name != "v_out");
    let refusal = model.refusal();
    assert!(refusal.contains("node `v` (input)") && refusal.contains("does not go out"), "{refusal}");
}

#[test]
fn a_name_that_nothing_gives_is_refused() {
    let mut model = network();
    model.graph.initializer.retain(|t| t.name != "current.weight");
    assert!(model.refusal().contains("`current.weight`"), "{}", model.refusal());
    let missing = network().output("nowhere").refusal();
    assert!(missing.contains("nowhere"), "{missing}");
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut model = network();
        let weight = model.graph.initializer.iter_mut().find(|t| t.name == "current.weight").expect("a weight");
        *weight = tensor("current.weight", &[4, 3], &[bad; 12]);
        assert!(model.refusal().contains("weight holds"), "{}", model.refusal());
        let state = network().scalar("spike.beta", bad);
        assert!(state.load().is_err());
    }
}

#[test]
fn dims_that_claim_more_than_there_is_are_refused() {
    for dims in [vec![4, 4], vec![2, 3], vec![1 << 40, 1 << 40], vec![-4, -3], vec![i64::MAX], vec![12]] {
        let mut model = network();
        let weight = model.graph.initializer.iter_mut().find(|t| t.name == "current.weight").expect("a weight");
        weight.dims = dims.clone();
        let refusal = model.refusal();
        assert!(refusal.contains("current"), "{dims:?}: {refusal}");
    }
    for elements in [11, 13] {
        let mut model = network();
        let weight = model.graph.initializer.iter_mut().find(|t| t.name == "current.weight").expect("a weight");
        weight.raw_data = vec![0; 4 * elements].into();
        assert!(model.refusal().contains(&format!("{elements} elements of data")), "{}", model.refusal());
    }
    let huge = Model::new(&[1, 3])
        .integers("shape", &[3], &[1 << 20, 1 << 20, 1 << 20])
        .node("ConstantOfShape", &["shape"], "zeros")
        .node("Add", &["x", "zeros"], "out")
        .output("out");
    assert!(huge.refusal().contains("shape"), "{}", huge.refusal());
}

#[test]
fn folding_is_bounded_over_the_whole_file() {
    let mut model = Model::new(&[1, 3]).integers("shape", &[1], &[1 << 24]);
    let names: Vec<String> = (0..8).map(|i| format!("zeros_{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        let yes = TensorProto { dims: vec![1], data_type: data_type::BOOL, int32_data: vec![1], ..Default::default() };
        let value = AttributeProto { name: "value".into(), t: Some(yes), ..Default::default() };
        model = model.with("ConstantOfShape", &["shape"], name, &[value, int("number", i as i64)]);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let refusal = model.node("Sum", &names, "out").output("out").refusal();
    assert!(refusal.contains("node_zeros") && refusal.contains("constants"), "{refusal}");
}

#[test]
fn a_shape_that_lies_is_refused() {
    let mut model = network();
    model.graph.input.retain(|i| i.name != "v");
    let refusal = model.clone().input("v", &[1, 7]).refusal();
    assert!(refusal.contains("broadcast") && refusal.contains("[1, 7]"), "{refusal}");
    let kernel = Model::new(&[1, 1, 2, 2]).constant("w", &[1, 1, 5, 5], &[0.0; 25]).node("Conv", &["x", "w"], "y");
    assert!(kernel.output("y").refusal().contains("does not fit"));
}

#[test]
fn an_open_axis_other_than_the_batch_is_refused() {
    let mut model = network();
    model.graph.input.retain(|i| i.name != "v");
    let refusal = model.input("v", &[1, 0]).refusal();
    assert!(!refusal.is_empty());
    let spatial = Model::new(&[1, 1, 0, 4]).node("GlobalAveragePool", &["x"], "y").output("y");
    assert!(spatial.load().is_err());
}

#[test]
fn networks_without_neurons_or_without_state_are_told_apart() {
    let plain = Model::new(&[1, 3]).linear("x", "y", 3, 2).output("y");
    assert!(plain.refusal().contains("no spiking neuron"), "{}", plain.refusal());
    let frozen = Model::new(&[1, 3]).linear("x", "y", 3, 2).fires("y", "one", "spike").output("spike");
    let refusal = frozen.refusal();
    assert!(refusal.contains("without a state") && refusal.contains("node_spike.above"), "{refusal}");
}

#[test]
fn an_input_that_no_output_gives_back_is_refused_by_its_name() {
    let model = Model::new(&[1, 3])
        .input("last_spike", &[1, 4])
        .input("v", &[1, 4])
        .linear("x", "forward", 3, 4)
        .linear("last_spike", "back", 4, 4)
        .node("Add", &["forward", "back"], "current")
        .leaky("current", "v", "v_out", "spike", 0.75)
        .linear("spike", "score", 4, 2)
        .output("score")
        .output("v_out");
    let refusal = model.refusal();
    assert!(refusal.contains("`last_spike`") && refusal.contains("no output gives its next value"), "{refusal}");
}

/// The network with its weights in another file.
fn external(location: &str, offset: &str) -> Result<crate::frontend::Loaded, FrontendError> {
    let mut model = network();
    let weight = model.graph.initializer.iter_mut().find(|t| t.name == "current.weight").expect("a weight");
    let content: Vec<u8> = [vec![0u8; 16], weight.raw_data.to_vec()].concat();
    weight.raw_data = Default::default();
    weight.data_location = EXTERNAL;
    let entry = |key: &str, value: &str| StringStringEntryProto { key: key.into(), value: value.into() };
    weight.external_data = vec![entry("location", location), entry("offset", offset), entry("length", "48")];
    // Gives the same for every path: it is the frontend that must not ask for some.
    let beside = |path: &Path| match path == Path::new("missing.data") {
        true => Err(std::io::ErrorKind::NotFound.into()),
        false => Ok(content.clone().into()),
    };
    (FRONTEND.load)(
        &ModelFile { name: "m.onnx", bytes: model.bytes().into(), beside: &beside },
        &LoadOptions::default(),
    )
}

#[test]
fn weights_in_a_file_beside_the_model_are_read() {
    let inside = network().graph();
    let mut outside = external("m.onnx.data", "16").expect("a model").graph;
    outside.name = inside.name.clone();
    assert_eq!(outside, inside);
}

#[test]
fn nothing_outside_the_models_folder_is_read() {
    for location in ["/etc/passwd", "../m.onnx.data", "a/../../m.onnx.data", "", "..\\m.onnx.data", "missing.data"] {
        assert!(matches!(external(location, "16"), Err(FrontendError::ExternalData { .. })), "{location}");
    }
    for offset in ["17", "18446744073709551615", "-1", "many"] {
        assert!(matches!(external("m.onnx.data", offset), Err(FrontendError::ExternalData { .. })), "{offset}");
    }
}

#[test]
fn a_deep_graph_is_no_deep_stack() {
    let mut model = Model::new(&[1, 3]);
    let mut last = "x".to_string();
    for i in 0..20_000 {
        let next = format!("y{i}");
        model = model.node("Neg", &[&last], &next);
        last = next;
    }
    assert!(model.output(&last).load().is_err(), "it has no neuron");
    let mut model = Model::new(&[1, 1, 4, 4]);
    let mut last = "x".to_string();
    for i in 0..5_000 {
        let next = format!("y{i}");
        model = model.with("MaxPool", &[&last], &next, &[ints("kernel_shape", &[1, 1])]);
        last = next;
    }
    let model =
        model.input("v", &[1, 1, 4, 4]).leaky(&last, "v", "v_out", "spike", 0.5).output("spike").output("v_out");
    assert!(model.refusal().contains("operations in a row"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_damage_to_a_file_is_a_panic(
        cut in 0usize..4096,
        flips in prop::collection::vec((0usize..4096, 0u8..8), 0..6),
    ) {
        let mut bytes = network().bytes();
        for (at, bit) in flips {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        bytes.truncate(cut.max(1));
        if let Ok(loaded) = load(bytes) {
            prop_assert!(loaded.graph.validate().is_ok());
        }
    }
}

#[test]
fn copies_of_a_constant_beyond_what_a_small_file_has_a_use_for_are_refused() {
    let copied = |times: i64| {
        let model = Model::new(&[1, 3]).integers("ones", &[1, 4], &[1; 4]).integers("times", &[2], &[times, 1]);
        model.node("Tile", &["ones", "times"], "many").node("Shape", &["many"], "shape").output("shape").refusal()
    };
    assert!(copied(1 << 20).contains("much larger than the file"), "{}", copied(1 << 20));
    assert!(!copied(1 << 10).contains("much larger"), "{}", copied(1 << 10));
}
