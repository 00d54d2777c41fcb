//! Hostile files: refused with a name, no panic, no memory or time beyond what the file's size allows.

use proptest::prelude::*;

use super::{Nir, Value, load, number, paper, vector, weights, whole};
use crate::frontend::nir::reading::NirOptions;
use hdf5_pure::FileBuilder;

fn refused(nir: &Nir, said: &[&str]) {
    let error = nir.load(paper(1e-3)).map(|_| ()).expect_err("it must be refused");
    for said in said {
        assert!(error.contains(said), "`{said}` is not in {error}");
    }
}

fn lif() -> Vec<(&'static str, Value)> {
    [("tau", 1e-2), ("r", 1.0), ("v_leak", 0.0), ("v_threshold", 1.0)].map(|(name, x)| (name, number(x))).to_vec()
}

fn without(field: &str) -> Nir {
    let fields: Vec<_> = lif().into_iter().filter(|(name, _)| *name != field).collect();
    Nir::single("n", "LIF", 2, &fields)
}

fn with(field: &'static str, value: Value) -> Nir {
    let mut fields: Vec<_> = lif().into_iter().filter(|(name, _)| *name != field).collect();
    fields.push((field, value));
    Nir::single("n", "LIF", 2, &fields)
}

#[test]
fn a_missing_field_is_named() {
    for field in ["tau", "r", "v_leak", "v_threshold"] {
        refused(&without(field), &["node `n` (LIF)", &format!("has no `{field}`")]);
    }
}

#[test]
fn a_field_of_another_type_size_or_range_is_named() {
    refused(&with("tau", Value::Text("fast")), &["node `n` (LIF)", "`tau` is not an array of numbers"]);
    refused(&with("tau", vector(&[1e-2; 3])), &["node `n` (LIF)", "`tau` has shape [3], its input [2]"]);
    for tau in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
        refused(&with("tau", number(tau)), &["node `n` (LIF)", "tau"]);
    }
    refused(&with("v_threshold", number(f64::NAN)), &["node `n` (LIF)", "`v_threshold` holds NaN"]);
    refused(&with("r", number(1e300)), &["node `n`"]);
}

#[test]
fn an_unknown_type_is_named() {
    refused(&Nir::single("n", "Hodgkin", 2, &[]), &["node `n` (Hodgkin)", "Affine, AvgPool2d"]);
}

#[test]
fn edges_and_ports_that_do_not_exist_are_named() {
    let nir = Nir::single("n", "LIF", 2, &lif()).edge("n", "ghost");
    refused(&nir, &["an edge from `n` to `ghost`", "there is no node `ghost`", "input, n, output"]);
    refused(&Nir::default().node("n", "LIF", &lif()), &["0 Input nodes"]);
    refused(&Nir::new(&[2], &[2]).node("n", "LIF", &lif()), &["`output`", "nothing leads to it"]);
    let two = Nir::single("n", "LIF", 2, &lif()).node("more", "Output", &[("shape", whole(&[2]))]);
    refused(&two, &["2 Output nodes"]);
    refused(&Nir::single("n", "LIF", 2, &lif()).edge("n", "input"), &["node `input` (Input)", "leads into the input"]);
    let beside = Nir::single("n", "LIF", 2, &lif()).node("m", "LIF", &lif()).edge("m", "n");
    refused(&beside, &["node `m` (LIF)", "is fed by nothing"]);
}

#[test]
fn a_cycle_without_a_neuron_is_named() {
    let scale = [("scale", number(0.5))];
    let nir = Nir::new(&[2], &[2]).node("a", "Scale", &scale).node("b", "Scale", &scale);
    refused(&nir.clone().chain(&["input", "a", "b", "output"]).edge("b", "a"), &["node `a` (Scale)", "cycle without"]);
    let delay = Nir::new(&[2], &[2]).node("d", "Delay", &[("delay", number(0.0))]);
    refused(&delay.chain(&["input", "d", "output"]).edge("d", "d"), &["node `d` (Delay)", "only itself"]);
}

#[test]
fn shapes_that_contradict_are_named() {
    let affine = |out: u64, into: u64| {
        let fields = [
            ("weight", weights(&[out, into], &vec![0.0; (out * into) as usize])),
            ("bias", weights(&[out], &vec![0.0; out as usize])),
        ];
        Nir::single("fc", "Affine", 2, &fields)
    };
    refused(&affine(2, 3), &["node `fc` (Affine)", "[2, 3]", "[2]"]);
    refused(&affine(3, 2), &["node `output` (Output)", "shape [2]", "gives [3]"]);
    let huge = |shape: &[i64]| {
        Nir::new(shape, shape).node("s", "Scale", &[("scale", number(1.0))]).chain(&["input", "s", "output"])
    };
    refused(&huge(&[1 << 20, 1 << 20, 1 << 20]), &["node `input` (Input)"]);
    refused(&huge(&[1 << 40]), &["node `input` (Input)"]);
    refused(&huge(&[-1]), &["node `input` (Input)"]);
    refused(&huge(&[0]), &["node `input` (Input)"]);
    refused(&huge(&[1, 2, 3, 4, 5]), &["node `input` (Input)"]);
    let conv = |name: &'static str, value: Value| {
        let mut fields = vec![
            ("weight", weights(&[1, 1, 3, 3], &[1.0; 9])),
            ("bias", number(0.0)),
            ("stride", number(1.0)),
            ("padding", number(0.0)),
            ("dilation", number(1.0)),
            ("groups", number(1.0)),
        ];
        fields.retain(|(field, _)| *field != name);
        fields.push((name, value));
        Nir::new(&[1, 4, 4], &[1, 2, 2]).node("conv", "Conv2d", &fields).chain(&["input", "conv", "output"])
    };
    conv("groups", number(1.0)).load(paper(1e-3)).expect("it is sound as it is");
    for (field, value) in [
        ("stride", number(0.0)),
        ("stride", number(0.5)),
        ("stride", whole(&[1, 1, 1])),
        ("groups", number(0.0)),
        ("groups", number(7.0)),
        ("padding", Value::Text("full")),
        ("dilation", number(1e7)),
        ("dilation", number(0.0)),
        ("weight", weights(&[9], &[1.0; 9])),
        ("bias", vector(&[0.0; 5])),
        ("padding", number(-1.0)),
    ] {
        refused(&conv(field, value), &["node `conv` (Conv2d)"]);
    }
}

#[test]
fn graphs_inside_graphs_end_somewhere() {
    let mut nir = Nir::single("n", "LIF", 2, &lif());
    for _ in 0..10 {
        nir = Nir::new(&[2], &[2]).graph("g", nir).chain(&["input", "g", "output"]);
    }
    nir.load(paper(1e-3)).expect("ten levels");
    for _ in 0..30 {
        nir = Nir::new(&[2], &[2]).graph("g", nir).chain(&["input", "g", "output"]);
    }
    let error = nir.load(paper(1e-3)).expect_err("forty levels");
    assert!(error.contains("deeper than"), "{error}");
}

#[test]
fn ports_that_multiply_edges_end_somewhere() {
    // every level feeds the next twice over: 2^n ways through n levels
    let names: Vec<&'static str> = (0..60).map(|n| &*format!("d{n}").leak()).collect();
    let mut nir = Nir::new(&[2], &[2]);
    for name in &names {
        nir = nir.node(name, "Delay", &[("delay", number(0.0))]);
    }
    let mut row = vec!["input"];
    row.extend(&names);
    row.push("output");
    nir = nir.chain(&row);
    for pair in row.windows(3) {
        nir = nir.edge(pair[0], pair[2]);
    }
    refused(&nir, &["(Delay)", "more than 262144 edges"]);
}

#[test]
fn a_file_that_is_no_nir_is_said_so() {
    let said = |bytes: Vec<u8>| load(bytes, NirOptions::default()).expect_err("no NIR");
    assert!(said(vec![]).contains("damaged"));
    assert!(said(b"\x89HDF\r\n\x1a\n".to_vec()).contains("damaged"));
    let mut file = FileBuilder::new();
    file.create_dataset("x").with_f64_data(&[1.0]);
    assert!(said(file.finish().expect("a file")).contains("without the group `node`"));
    let mut file = FileBuilder::new();
    let mut node = file.create_group("node");
    node.create_dataset("type").with_vlen_strings(&["LIF"]).with_shape(&[]);
    for field in ["tau", "r", "v_leak", "v_threshold"] {
        node.create_dataset(field).with_f64_data(&[1.0]).with_shape(&[1]);
    }
    file.add_group(node.finish());
    assert!(said(file.finish().expect("a file")).contains("a single LIF"));
}

#[test]
fn a_dataset_that_declares_more_than_its_file_can_hold_is_refused() {
    let mut file = FileBuilder::new();
    let mut node = file.create_group("node");
    // 512 MB of zeros in half a megabyte of deflate
    let zeros = vec![0.0f64; 1 << 20];
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"] {
        node.create_dataset(name).with_f64_data(&zeros).with_shape(&[1 << 20]).with_chunks(&[1 << 20]).with_deflate(9);
    }
    file.add_group(node.finish());
    let error = load(file.finish().expect("a file"), NirOptions::default()).expect_err("too much");
    assert!(error.contains("more than a file of this size can hold"), "{error}");
}

/// A small file of every kind of field.
fn sound() -> Vec<u8> {
    let fields = [("weight", weights(&[2, 2], &[1.0, 2.0, 3.0, 4.0])), ("bias", weights(&[2], &[0.0; 2]))];
    Nir::new(&[2], &[2])
        .node("fc", "Affine", &fields)
        .node("n", "LIF", &lif())
        .chain(&["input", "fc", "n", "output"])
        .edge("n", "fc")
        .bytes()
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let bytes = sound();
    load(bytes.clone(), paper(1e-3)).expect("it is sound");
    for length in 0..bytes.len() {
        let _ = load(bytes[..length].to_vec(), paper(1e-3)).map(|_| panic!("{length} of {} bytes", bytes.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sound();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(loaded) = load(bytes, paper(1e-3)) {
            loaded.graph.validate().expect("what is read is sound");
        }
    }
}
