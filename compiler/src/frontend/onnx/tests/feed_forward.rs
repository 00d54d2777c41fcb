//! Networks without spikes, as exporters write them.

use super::models::*;
use crate::ir::eval::Evaluator;
use crate::ir::{Activation, Graph, Op, Staircase};

fn activations(graph: &Graph) -> Vec<&Activation> {
    let mut found = Vec::new();
    for node in &graph.nodes {
        if let Op::Activation(activation) = &node.op {
            found.push(activation);
        }
    }
    found
}

fn scores(graph: &Graph, input: &[f32]) -> Vec<f32> {
    Evaluator::new(graph).run(input, 1, |_| {})
}

/// `x` of 3, a layer to 2, the activation from `h` to `a`, a layer to 2.
fn network(activation: impl FnOnce(Model) -> Model) -> Model {
    activation(Model::new(&[1, 3]).linear("x", "h", 3, 2)).linear("a", "y", 2, 2).output("y")
}

#[test]
fn a_relu_is_known_however_it_is_written() {
    let plain = network(|m| m.node("Relu", &["h"], "a"));
    let models = [
        network(|m| m.node("Max", &["h", "zero"], "a")),
        network(|m| m.node("Clip", &["h", "zero"], "a")),
        network(|m| m.node("Neg", &["h"], "n").node("Min", &["n", "zero"], "c").node("Neg", &["c"], "a")),
    ];
    let expected = scores(&plain.graph(), &[0.5, -1.0, 2.0]);
    for model in models {
        let graph = model.graph();
        assert_eq!(activations(&graph), [&Activation::Relu { ceiling: None }], "{graph}");
        assert_eq!(scores(&graph, &[0.5, -1.0, 2.0]), expected);
    }
}

#[test]
fn a_clip_between_other_ends_is_a_relu_between_affine_maps() {
    let graph =
        network(|m| m.scalar("low", -0.25).scalar("high", 0.5).node("Clip", &["h", "low", "high"], "a")).graph();
    assert_eq!(activations(&graph), [&Activation::Relu { ceiling: Some(vec![0.75]) }]);
    // h = W x + b with W = [-0.5, -0.25, 0], [0.25, 0.5, 0.75] and b = [0, 0.125]
    let by_hand = |x: [f32; 3]| {
        let h = [-0.5 * x[0] - 0.25 * x[1], 0.25 * x[0] + 0.5 * x[1] + 0.75 * x[2] + 0.125];
        let [a, b] = h.map(|h| h.clamp(-0.25, 0.5));
        [-0.5 * a - 0.25 * b, 0.25 * b + 0.125]
    };
    for x in [[1.0, 1.0, 1.0], [-2.0, 0.0, 0.5], [0.25, 0.25, -0.5]] {
        for (found, wanted) in scores(&graph, &x).iter().zip(by_hand(x)) {
            assert!((found - wanted).abs() < 1e-6, "{x:?}: {found} for {wanted}");
        }
    }
}

#[test]
fn a_quantized_ramp_written_out_is_one_staircase() {
    let graph = network(|m| {
        m.scalar("four", 4.0)
            .scalar("half", 0.5)
            .scalar("lambda", 2.0)
            .node("Div", &["h", "lambda"], "1")
            .node("Mul", &["1", "four"], "2")
            .node("Add", &["2", "half"], "3")
            .node("Floor", &["3"], "4")
            .node("Div", &["4", "four"], "5")
            .node("Clip", &["5", "zero", "one"], "6")
            .node("Mul", &["6", "lambda"], "a")
    })
    .graph();
    let found = activations(&graph);
    let [Activation::Staircase(Staircase { steps: 4, levels, .. })] = found[..] else { panic!("{graph}") };
    assert_eq!(levels, &[0.0, 0.5, 1.0, 1.5, 2.0]);
}

#[test]
fn an_output_head_is_left_out_and_said() {
    let model = network(|m| m.node("Relu", &["h"], "a"));
    let expected = scores(&model.graph(), &[0.5, -1.0, 2.0]);
    let mut with_head = network(|m| m.node("Relu", &["h"], "a"));
    with_head.graph.output.clear();
    let with_head = with_head.with("Softmax", &["y"], "p", &[int("axis", -1)]).output("p");
    let loaded = with_head.load().expect("it loads");
    assert_eq!(scores(&loaded.graph, &[0.5, -1.0, 2.0]), expected);
    insta::assert_snapshot!(loaded.warnings.join("\n"), @"node `node_p` (Softmax) is left out: it does not change which class is first; scores are what it was given");
}

#[test]
fn channels_last_before_a_layer_only_reorders_its_weights() {
    let conv = |m: Model| {
        let kernel: Vec<f32> = (0..8).map(|i| i as f32 * 0.5 - 1.5).collect();
        m.constant("k", &[2, 1, 2, 2], &kernel).node("Conv", &["x", "k"], "c").node("Relu", &["c"], "r")
    };
    let weight: Vec<f32> = (0..24).map(|i| ((i * 7) % 11) as f32 - 5.0).collect();
    // [features of the map in channels-first order][outputs]
    let plain = conv(Model::new(&[1, 1, 4, 3]))
        .constant("w", &[12, 2], &weight)
        .with("Flatten", &["r"], "f", &[int("axis", 1)])
        .node("MatMul", &["f", "w"], "y")
        .output("y");
    // row (position, channel) of the weights is row (channel, position) of the plain ones
    let moved: Vec<f32> = (0..12).flat_map(|i| weight[(i % 2 * 6 + i / 2) * 2..][..2].to_vec()).collect();
    let last = conv(Model::new(&[1, 1, 4, 3]))
        .constant("w", &[12, 2], &moved)
        .with("Transpose", &["r"], "t", &[ints("perm", &[0, 2, 3, 1])])
        .with("Flatten", &["t"], "f", &[int("axis", 1)])
        .node("MatMul", &["f", "w"], "y")
        .output("y");
    let input: Vec<f32> = (0..12).map(|i| (i * 5 % 7) as f32 - 2.0).collect();
    assert_eq!(scores(&last.graph(), &input), scores(&plain.graph(), &input));
}

#[test]
fn a_branch_is_joined_by_its_sum() {
    let graph = Model::new(&[1, 2])
        .linear("x", "h", 2, 2)
        .node("Relu", &["h"], "a")
        .linear("a", "g", 2, 2)
        .node("Add", &["g", "a"], "s")
        .node("Relu", &["s"], "y")
        .output("y")
        .graph();
    let kinds: Vec<_> = graph.nodes.iter().map(|node| node.op.kind()).collect();
    assert_eq!(kinds, ["Input", "Linear", "Activation", "Linear", "Add", "Activation"]);
}

#[test]
fn what_is_no_layer_and_no_activation_is_refused_with_its_node() {
    let said = [
        network(|m| m.node("Tanh", &["h"], "a")).refusal(),
        network(|m| m.node("Floor", &["h"], "a")).refusal(),
        network(|m| m.node("Relu", &["h"], "r").node("Mul", &["r", "h"], "a")).refusal(),
        network(|m| m.node("Relu", &["h"], "r").node("Sub", &["r", "h"], "a")).refusal(),
    ];
    insta::assert_snapshot!(said.join("\n"));
}
