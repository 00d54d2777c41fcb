//! `snnc check`: what it says of a file's nodes, and the exit code that a CI looks at.

mod support;

use serde_json::Value;
use support::{fixture, json, snnc};

const B: &str = "b_snntorch_conv_maxpool/step_ts.onnx";

/// Runs `snnc check` and returns its exit code and what it prints.
fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let output = snnc(&[&["check"], arguments].concat());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The node `name` of a report.
fn node<'r>(report: &'r Value, name: &str) -> &'r Value {
    let nodes = report["nodes"].as_array().expect("it has nodes");
    nodes.iter().find(|node| node["name"] == name).unwrap_or_else(|| panic!("no node {name}"))
}

/// A model whose max pools have become an operation that is no part of a spiking network; both names have 7 letters.
fn with_sigmoid(folder: &tempfile::TempDir) -> String {
    let mut bytes = std::fs::read(fixture(B)).expect("the fixture is there");
    let places: Vec<usize> = (0..bytes.len() - 7).filter(|&at| &bytes[at..at + 7] == b"MaxPool").collect();
    for at in places {
        bytes[at..at + 7].copy_from_slice(b"Sigmoid");
    }
    let path = folder.path().join("sigmoid.onnx");
    std::fs::write(&path, bytes).expect("the scratch folder takes files");
    path.display().to_string()
}

#[test]
fn a_network_that_goes_all_the_way_is_supported() {
    let (code, text) = check(&[&fixture("native/example.snn")]);
    assert_eq!(code, Some(0));
    let stages = text.find("graph ").expect("its stages");
    insta::assert_snapshot!(&text[..stages], @r"
    `example.snn`: native, 5 nodes
    node  operation status      became
    image input     supported   image
    fc1   linear    supported   fc1
    lif1  neuron    supported   lif1
    fc2   linear    supported   fc2
    lif2  neuron    supported   lif2
    ");
    let said: Vec<&str> = text[stages..].lines().map(|line| line.split(':').next().unwrap_or(line)).collect();
    assert_eq!(said, ["graph    yes", "program  yes", "fpga     yes", "mcu      yes", "supported"]);
}

#[test]
fn every_node_of_the_file_says_what_it_became_part_of() {
    let report = json(&["check", &fixture(B), "--timesteps", "8", "--json"]);
    assert_eq!((&report["format"], &report["verdict"]), (&"onnx".into(), &"supported".into()));
    for (name, became) in [("/conv1/Conv", "/conv1/Conv"), ("/lif1/Greater_1", "lif1"), ("/lif3/Mul_2", "lif3")] {
        assert_eq!(node(&report, name)["became"], Value::from(vec![became]), "{name}");
    }
    assert_eq!(node(&report, "/lif2/Sub")["op"], "Sub");
    let stages: Vec<_> = report["stages"].as_array().expect("stages").iter().map(|stage| &stage["name"]).collect();
    assert_eq!(stages, ["graph", "program", "fpga", "mcu"]);
}

#[test]
fn every_unsupported_node_is_named_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = with_sigmoid(&folder);
    let (code, text) = check(&[&path]);
    assert_eq!(code, Some(1));
    assert!(text.ends_with("not supported\n"), "{text}");
    let report: Value = serde_json::from_str(&check(&[&path, "--json"]).1).expect("one JSON object");
    assert_eq!(report["verdict"], "unsupported");
    let first = node(&report, "/pool1/Sigmoid");
    assert_eq!(first["status"], "unsupported");
    assert!(first["note"].is_string() && first["help"].is_string(), "{first}");
    assert_ne!(node(&report, "/pool2/Sigmoid")["status"], "supported");
    assert_eq!(node(&report, "/fc/Gemm")["status"], "undecided");
}

#[test]
fn assumptions_fail_a_strict_check_only() {
    let path = fixture("a_snntorch_fc/unrolled_ts.onnx");
    let (code, text) = check(&[&path, "--timesteps", "8"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("assumed: ") && text.ends_with("supported, with assumptions\n"), "{text}");
    assert_eq!(check(&[&path, "--timesteps", "8", "--strict"]).0, Some(1));
    assert_eq!(check(&[&path, "--strict"]).0, Some(0));
}

#[test]
fn a_step_model_is_checked_without_its_timesteps_and_says_so() {
    let (code, text) = check(&[&fixture(B)]);
    assert_eq!(code, Some(0));
    assert!(text.contains("assumed: the file does not say its timesteps; compiled for 16 (--timesteps)"), "{text}");
    assert_eq!(check(&[&fixture(B), "--strict", "--timesteps", "8", "--target", "fpga"]).0, Some(0));
}

#[test]
fn a_file_of_another_kind_is_told_what_it_is() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, bytes, said) in [
        ("model.pt", &b"PK\x03\x04....archive/data.pkl"[..], "torch.onnx.export"),
        ("model.onnx", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ("notes.txt", b"hello", "give an ONNX file"),
        ("empty.onnx", b"", "empty"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the scratch folder takes files");
        let (code, text) = check(&[&path.display().to_string()]);
        assert_eq!(code, Some(1), "{name}: {text}");
        assert!(text.contains(said) && text.ends_with("not supported\n"), "{name}: {text}");
    }
}
