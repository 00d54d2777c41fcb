//! Timesteps in a subgraph: what an unrolled loop computes, and which loops are refused.

use std::time::Instant;

use super::evaluate::{evaluate, imported};
use super::models::*;
use crate::frontend::onnx::net::Def;
use crate::frontend::onnx::proto::{AttributeProto, GraphProto, ValueInfoProto, data_type};

const STEPS: usize = 4;

/// An attribute that is a graph of named inputs.
fn graph(name: &str, inputs: &[&str], nodes: Model, outputs: &[&str]) -> AttributeProto {
    let named = |names: &[&str]| names.iter().map(|&n| ValueInfoProto { name: n.into(), r#type: None }).collect();
    let graph = GraphProto {
        node: nodes.graph.node,
        initializer: nodes.graph.initializer,
        input: named(inputs),
        output: named(outputs),
    };
    AttributeProto { name: name.into(), g: Some(Box::new(graph)), ..Default::default() }
}

/// Nodes of a body, without inputs of their own.
fn nodes() -> Model {
    let mut model = Model::new(&[1]);
    model.graph.initializer.clear();
    model.graph.input.clear();
    model
}

fn truth(model: Model, name: &str) -> Model {
    let mut model = model.scalar(name, 0.0);
    if let Some(tensor) = model.graph.initializer.last_mut() {
        tensor.data_type = data_type::BOOL;
        tensor.raw_data = vec![1u8].into();
    }
    model
}

/// `v = v / 2 + current; spike = v >= 1; v = v - spike; count = count + spike`, from and to these names.
fn step(model: Model, current: &str) -> Model {
    model
        .node("Mul", &["v", "half"], "decayed")
        .node("Add", &["decayed", current], "h")
        .node("GreaterOrEqual", &["h", "one"], "above")
        .with("Cast", &["above"], "spike", &[int("to", 1)])
        .node("Sub", &["h", "spike"], "v_next")
        .node("Add", &["count", "spike"], "count_next")
}

/// The same, in Rust, over `STEPS` timesteps of 3 neurons: counts and last potentials.
fn counted(x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut v, mut count) = ([0.0; 3], [0.0; 3]);
    for (i, current) in x.iter().enumerate() {
        let h = v[i % 3] / 2.0 + current;
        let spike = f64::from(u8::from(h >= 1.0));
        v[i % 3] = h - spike;
        count[i % 3] += spike;
    }
    (count.to_vec(), v.to_vec())
}

fn samples() -> Vec<f64> {
    (0..STEPS * 3).map(|i| [0.75, 0.5, 1.25, 0.25, 1.5][i % 5]).collect()
}

fn looped(trips: &str, steps: i64) -> Model {
    let body =
        step(nodes().with("Gather", &["x", "t"], "now", &[int("axis", 0)]), "now").node("Identity", &["go"], "on");
    let body = graph("body", &["t", "go", "count", "v"], body, &["on", "count_next", "v_next", "spike"]);
    truth(Model::new(&[steps, 1, 3]), "true")
        .scalar("half", 0.5)
        .constant("start", &[1, 3], &[0.0; 3])
        .integers("four", &[], &[STEPS as i64])
        .integers("ever", &[], &[1 << 60])
        .integers("first", &[], &[0])
        .node("Shape", &["x"], "shape")
        .with("Gather", &["shape", "first"], "length", &[int("axis", 0)])
        .with("Loop", &[trips, "true", "start", "start"], "counts last spikes", &[body])
        .output("counts")
        .output("last")
        .output("spikes")
}

#[test]
fn a_loop_is_the_timesteps_it_runs() {
    for trips in ["four", "length"] {
        let file = imported(&looped(trips, STEPS as i64), None).expect("a loop of four");
        let values = evaluate(&file.net, &[samples()]);
        let (count, v) = counted(&samples());
        assert_eq!((&values[file.outputs[0].1], &values[file.outputs[1].1]), (&count, &v));
        assert_eq!(file.net.dims(file.outputs[2].1), [STEPS, 1, 3]);
        assert!(!file.open_timesteps);
    }
}

#[test]
fn a_loop_over_an_open_axis_runs_as_often_as_asked() {
    for (asked, run) in [(None, 3), (Some(STEPS as u32), STEPS), (Some(1), 2)] {
        let file = imported(&looped("length", 0), asked).expect("a loop over the sequence");
        assert_eq!((file.net.dims(file.inputs[0].value), file.open_timesteps), (&[run, 1, 3][..], true));
    }
    let asked = imported(&looped("length", 0), Some(STEPS as u32)).expect("a loop over the sequence");
    let values = evaluate(&asked.net, &[samples()]);
    assert_eq!(values[asked.outputs[0].1], counted(&samples()).0);
}

#[test]
fn a_scan_is_the_timesteps_of_its_sequence() {
    let body = graph("body", &["count", "v", "now"], step(nodes(), "now"), &["count_next", "v_next", "spike"]);
    let model = Model::new(&[STEPS as i64, 1, 3])
        .scalar("half", 0.5)
        .constant("start", &[1, 3], &[0.0; 3])
        .with("Scan", &["start", "start", "x"], "counts last spikes", &[body, int("num_scan_inputs", 1)])
        .output("counts")
        .output("spikes");
    let file = imported(&model, None).expect("a scan");
    let values = evaluate(&file.net, &[samples()]);
    assert_eq!(values[file.outputs[0].1], counted(&samples()).0);
    let spikes = &values[file.outputs[1].1];
    assert_eq!(spikes.iter().sum::<f64>(), counted(&samples()).0.iter().sum::<f64>());
}

#[test]
fn a_step_written_into_the_output_is_a_piece_of_a_stack() {
    let body = nodes()
        .with("Gather", &["x", "t"], "now", &[int("axis", 0)])
        .node("Neg", &["now"], "piece")
        .integers("axis_0", &[1], &[0])
        .integers("axis_1", &[1], &[-1])
        .node("Unsqueeze", &["t", "axis_0"], "row")
        .node("Unsqueeze", &["row", "axis_1"], "place")
        .node("Unsqueeze", &["piece", "axis_0"], "update")
        .node("ScatterND", &["all", "place", "update"], "all_next")
        .node("Identity", &["go"], "on");
    let body = graph("body", &["t", "go", "all"], body, &["on", "all_next"]);
    let model = truth(Model::new(&[3, 1, 2]), "true")
        .integers("three", &[], &[3])
        .constant("zeros", &[3, 1, 2], &[0.0; 6])
        .with("Loop", &["three", "true", "zeros"], "all_out", &[body])
        .output("all_out");
    let file = imported(&model, None).expect("a loop");
    let id = file.outputs[0].1;
    assert!(matches!(file.net.values[id].def, Def::Concat { ref parts, axis: 0 } if parts.len() == 3));
    assert_eq!(evaluate(&file.net, &[vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])[id], [-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]);
}

#[test]
fn the_branch_of_a_constant_condition_is_taken() {
    for (condition, expected) in [("one", -2.0), ("zero", 4.0)] {
        let then = graph("then_branch", &[], nodes().node("Neg", &["x"], "a"), &["a"]);
        let otherwise = graph("else_branch", &[], nodes().node("Add", &["x", "x"], "b"), &["b"]);
        let model = Model::new(&[1, 1]).with("If", &[condition], "y", &[then, otherwise]).output("y");
        let file = imported(&model, None).expect("a branch");
        assert_eq!(evaluate(&file.net, &[vec![2.0]])[file.outputs[0].1], [expected]);
    }
}

#[test]
fn a_loop_without_end_is_refused_soon_and_by_name() {
    let start = Instant::now();
    let body = graph(
        "body",
        &["t", "go", "v"],
        nodes().node("Neg", &["v"], "w").node("Identity", &["go"], "on"),
        &["on", "w"],
    );
    let model = truth(Model::new(&[1, 3]), "true").integers("ever", &[], &[1 << 60]).output("out");
    for trips in ["ever", ""] {
        let endless = model.clone().with("Loop", &[trips, "true", "x"], "out", std::slice::from_ref(&body));
        let refusal = endless.refusal();
        assert!(refusal.contains("node_out") && refusal.contains("iterations"), "{refusal}");
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn a_short_file_that_asks_for_many_nodes_is_refused_by_name() {
    let mut body = nodes().node("Identity", &["go"], "on");
    for at in 0..8 {
        body = body.node("Neg", &[&format!("v{at}")], &format!("v{}", at + 1));
    }
    let body = graph("body", &["t", "go", "v0"], body, &["on", "v8"]);
    let model = truth(Model::new(&[1, 3]), "true").integers("many", &[], &[10_000]).output("out");
    let refusal = model.with("Loop", &["many", "true", "x"], "out", &[body]).refusal();
    assert!(refusal.contains("nodes are run in this file"), "{refusal}"); // 90,000; the file has about 1 kB
}

#[test]
fn a_loop_or_a_branch_that_depends_on_the_sample_is_refused_by_name() {
    let body = graph("body", &["t", "go", "v"], nodes().node("Identity", &["go"], "on"), &["on", "v"]);
    let model =
        truth(Model::new(&[1, 1]), "true").node("ReduceSum", &["x"], "total").node("Greater", &["x", "one"], "above");
    for inputs in [["total", "true", "x"], ["", "above", "x"]] {
        let refusal = model.clone().with("Loop", &inputs, "out", std::slice::from_ref(&body)).output("out").refusal();
        assert!(refusal.contains("node_out") && refusal.contains("depends on the sample"), "{refusal}");
    }
    let refusal = model.with("If", &["above"], "out", &[]).output("out").refusal();
    assert!(refusal.contains("node_out") && refusal.contains("depends on the sample"), "{refusal}");
}

#[test]
fn graphs_nested_too_deep_are_refused() {
    let mut inner = nodes().node("Neg", &["x"], "y");
    for _ in 0..20 {
        let branch = graph("then_branch", &[], inner, &["y"]);
        inner = nodes().with("If", &["one"], "y", &[branch]);
    }
    let mut model = Model::new(&[1, 3]).output("y");
    model.graph.node = inner.graph.node;
    let refusal = model.refusal();
    assert!(refusal.contains("deep"), "{refusal}");
}

#[test]
fn nodes_of_a_body_keep_their_names_in_messages() {
    let body = nodes().node("Elu", &["v"], "w").node("Identity", &["go"], "on");
    let body = graph("body", &["t", "go", "v"], body, &["on", "w"]);
    let model = truth(Model::new(&[1, 3]), "true").integers("two", &[], &[2]);
    let refusal = model.with("Loop", &["two", "true", "x"], "out", &[body]).output("out").refusal();
    assert!(refusal.contains("node_w") && refusal.contains("1 node(s)"), "{refusal}");
}
