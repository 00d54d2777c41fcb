//! Files of all timesteps, as exporters simplify them.

use super::models::*;
use crate::frontend::LoadOptions;
use crate::ir::{Comparison, Graph, Op, Quantity, Reduce, Reset, ResetTiming, Timing};

/// Two leaky layers over `steps` timesteps of a constant image: the first layer's current is computed once, the first
/// timestep starts from zeros. Spikes of the output are `s2_0`, `s2_1`, ..., membrane potentials `v2_0`, ...
fn hoisted(steps: usize) -> Model {
    let mut model = Model::new(&[1, 3]).linear("x", "current", 3, 4).constant("zeros_4", &[1, 4], &[0.0; 4]).constant(
        "zeros_2",
        &[1, 2],
        &[0.0; 2],
    );
    let (w, b) = ("fc2.weight", "fc2.bias");
    model = model.constant(w, &[2, 4], &[0.5, -0.25, 1.0, 0.75, 0.1, 0.2, 0.3, 0.4]).constant(b, &[2], &[0.1, 0.2]);
    for t in 0..steps {
        let name = |what: &str, t: usize| format!("{what}_{t}");
        let (v1, v2) = match t {
            0 => ("zeros_4".into(), "zeros_2".into()),
            _ => (name("v1", t - 1), name("v2", t - 1)),
        };
        model = model
            .leaky("current", &v1, &name("v1", t), &name("s1", t), 0.75)
            .with("Gemm", &[&name("s1", t), w, b], &name("i2", t), &[int("transB", 1)])
            .leaky(&name("i2", t), &v2, &name("v2", t), &name("s2", t), 0.5);
    }
    model
}

/// The sum of `what_0` to `what_(steps - 1)`, as torch.stack(...).sum(0) is exported.
fn stacked(mut model: Model, what: &str, steps: usize) -> Model {
    model = model.integers("axis_0", &[1], &[0]);
    let rows: Vec<String> = (0..steps).map(|t| format!("{what}_{t}_row")).collect();
    for (t, row) in rows.iter().enumerate() {
        model = model.node("Unsqueeze", &[&format!("{what}_{t}"), "axis_0"], row);
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    model.with("Concat", &rows, "stack", &[int("axis", 0)])
}

fn reduced(what: &str, op: &str) -> Graph {
    stacked(hoisted(3), what, 3).with(op, &["stack", "axis_0"], "out", &[int("keepdims", 0)]).output("out").graph()
}

#[test]
fn a_layer_outside_the_repeated_body_is_one_layer_of_the_timestep() {
    let graph = reduced("s2", "ReduceSum");
    let kinds: Vec<&str> = graph.nodes.iter().map(|n| n.op.kind()).collect();
    assert_eq!(kinds, ["Input", "Linear", "Neuron", "Linear", "Neuron"], "{graph}");
    assert_eq!(graph.timesteps, Some(3));
    let betas: Vec<f32> = neurons(&graph).iter().map(|n| n.beta[0]).collect();
    assert_eq!(betas, [0.75, 0.5]);
    for neuron in neurons(&graph) {
        assert_eq!((&neuron.reset, neuron.reset_timing), (&Reset::Subtract(vec![1.0]), ResetTiming::Delayed));
    }
}

#[test]
fn sums_means_and_sequences_differ_in_their_scale_only() {
    let readout = |graph: &Graph| (graph.readout.quantity, graph.readout.reduce, graph.readout.scale);
    let sum = reduced("s2", "ReduceSum");
    assert_eq!(readout(&sum), (Quantity::Spikes, Reduce::Sum, 1.0));
    assert_eq!(readout(&reduced("s2", "ReduceMean")), (Quantity::Spikes, Reduce::Sum, 1.0 / 3.0));
    let sequence = stacked(hoisted(3), "s2", 3).output("stack").graph();
    assert_eq!(readout(&sequence), (Quantity::Spikes, Reduce::Sum, 1.0));
    let added = hoisted(3)
        .node("Add", &["zeros_2", "s2_0"], "so_far")
        .node("Add", &["so_far", "s2_1"], "further")
        .node("Add", &["further", "s2_2"], "out")
        .scalar("three", 3.0)
        .node("Div", &["out", "three"], "mean")
        .output("mean")
        .graph();
    assert_eq!((readout(&added).2, added.nodes.len()), (1.0 / 3.0, sum.nodes.len()));
}

#[test]
fn membrane_potentials_are_read_last_summed_or_at_their_highest() {
    let last = stacked(hoisted(3), "v2", 3)
        .integers("last", &[], &[-1])
        .with("Gather", &["stack", "last"], "out", &[int("axis", 0)])
        .output("out")
        .graph();
    assert_eq!((last.readout.quantity, last.readout.reduce), (Quantity::Membrane, Reduce::Last));
    let sum = reduced("v2", "ReduceSum");
    assert_eq!((sum.readout.quantity, sum.readout.reduce), (Quantity::Membrane, Reduce::Sum));
    let highest = stacked(hoisted(3), "v2", 3)
        .with("ReduceMax", &["stack"], "out", &[int("keepdims", 0), ints("axes", &[0])])
        .output("out")
        .graph();
    assert_eq!((highest.readout.quantity, highest.readout.reduce), (Quantity::Membrane, Reduce::Max));
}

#[test]
fn a_sum_of_some_timesteps_is_refused() {
    let some = hoisted(3).node("Add", &["s2_1", "s2_2"], "out").output("out");
    assert!(some.refusal().contains("2 of 3 timesteps"), "{}", some.refusal());
}

/// One layer over three timesteps whose first potential is the current itself: `x + 0` was simplified away.
fn simplified(reset: bool) -> Graph {
    let mut model = Model::new(&[1, 3]).linear("x", "v_0", 3, 4).fires("v_0", "one", "s_0").scalar("beta", 0.75);
    for t in 1..4 {
        let name = |what: &str, t: usize| format!("{what}_{t}");
        model = model.node("Mul", &["beta", &name("v", t - 1)], &name("decayed", t)).node(
            "Add",
            &[&name("decayed", t), "v_0"],
            &name(if reset { "charged" } else { "v" }, t),
        );
        if reset {
            model = model.node("Sub", &[&name("charged", t), &name("s", t - 1)], &name("v", t));
        }
        model = model.fires(&name("v", t), "one", &name("s", t));
    }
    stacked(model, "s", 4).with("ReduceSum", &["stack", "axis_0"], "out", &[int("keepdims", 0)]).output("out").graph()
}

#[test]
fn a_current_that_is_also_the_first_potential_stays_a_current() {
    for reset in [true, false] {
        let graph = simplified(reset);
        let kinds: Vec<&str> = graph.nodes.iter().map(|n| n.op.kind()).collect();
        assert_eq!(kinds, ["Input", "Linear", "Neuron"], "{graph}");
        assert_eq!(graph.timesteps, Some(4));
        assert_eq!(neurons(&graph)[0].beta, [0.75]);
        assert_eq!(neurons(&graph)[0].reset == Reset::None, !reset);
    }
}

/// SpikingJelly's hard reset over `steps` of a sequence, from `v_reset`.
fn sequence(steps: i64, v_reset: f32, open: bool) -> Model {
    let batch = if open { 0 } else { 1 };
    let mut model = Model::new(&[steps, batch, 3])
        .scalar("tau", 2.0)
        .scalar("v_reset", v_reset)
        .constant("start", &[1, 4], &[v_reset; 4])
        .constant("w", &[3, 4], &[0.25, 0.5, 0.75, 1.0, -0.25, -0.5, -0.75, -1.0, 2.0, 1.5, 1.25, 0.5]);
    for t in 0..steps {
        let name = |what: &str, t: i64| format!("{what}_{t}");
        let before = if t == 0 { "start".into() } else { name("v", t - 1) };
        model = model
            .integers(&name("index", t), &[], &[t])
            .with("Gather", &["x", &name("index", t)], &name("x", t), &[int("axis", 0)])
            .node("MatMul", &[&name("x", t), "w"], &name("i", t))
            .node("Sub", &[&before, "v_reset"], &name("rest", t))
            .node("Sub", &[&name("i", t), &name("rest", t)], &name("difference", t))
            .node("Div", &[&name("difference", t), "tau"], &name("step", t))
            .node("Add", &[&before, &name("step", t)], &name("h", t))
            .node("GreaterOrEqual", &[&name("h", t), "one"], &name("above", t))
            .with("Cast", &[&name("above", t)], &name("s", t), &[int("to", 1)])
            .node("Mul", &[&name("s", t), "v_reset"], &name("to", t))
            .node("Sub", &["one", &name("s", t)], &name("silent", t))
            .node("Mul", &[&name("silent", t), &name("h", t)], &name("kept", t))
            .node("Add", &[&name("to", t), &name("kept", t)], &name("v", t));
    }
    stacked(model, "s", steps as usize)
        .with("ReduceMean", &["stack"], "out", &[ints("axes", &[0]), int("keepdims", 0)])
        .output("out")
}

#[test]
fn an_input_taken_step_by_step_is_a_sequence() {
    for open in [false, true] {
        let graph = sequence(3, 0.0, open).graph();
        assert_eq!(graph.input().0.timing, Timing::Sequence);
        assert_eq!(graph.input().1.len(), 3);
        let neuron = neurons(&graph)[0];
        assert_eq!((&neuron.reset, neuron.reset_timing), (&Reset::ToValue(0.0), ResetTiming::Immediate));
        assert_eq!((neuron.beta[0], neuron.threshold[0]), (0.5, 2.0));
    }
}

#[test]
fn a_sequence_is_taken_in_its_order() {
    let mut model = sequence(3, 0.0, false);
    let takes = |t: usize| model.graph.node.iter().position(|n| n.output[0] == format!("x_{t}")).expect("a gather");
    let (second, third) = (takes(1), takes(2));
    model.graph.node[second].input[1] = "index_2".into();
    model.graph.node[third].input[1] = "index_1".into();
    assert!(model.refusal().contains("takes element 2 of axis 0"), "{}", model.refusal());
}

#[test]
fn a_threshold_may_be_that_of_one_timestep() {
    let mut model = sequence(3, 0.0, false).scalar("two", 2.0);
    let compared = model.graph.node.iter_mut().find(|n| n.output[0] == "above_1").expect("a comparison");
    compared.input[1] = "two".into();
    let graph = model.graph();
    let neuron = neurons(&graph)[0];
    assert_eq!((&neuron.threshold[..], neuron.threshold_timesteps), (&[2.0, 4.0, 2.0][..], 3));
    // and of more timesteps there are none
    let mut longer = graph.clone();
    longer.timesteps = Some(4);
    let refused = longer.validate().expect_err("three thresholds").to_string();
    assert!(refused.contains("s_0"), "{refused}");
}

#[test]
fn signals_compared_with_other_constants_at_each_timestep_are_neurons_without_a_state() {
    // two layers, two timesteps of one image; the second layer's timesteps follow from the first's
    let mut model = Model::new(&[1, 3]).linear("x", "i", 3, 4);
    for t in 0..2 {
        let name = |what: &str| format!("{what}_{t}");
        model = model
            .scalar(&name("theta"), 0.5 + t as f32)
            .constant(&name("phi"), &[1, 2], &[0.25, 1.0 + t as f32])
            .node("GreaterOrEqual", &["i", &name("theta")], &name("b"))
            .with("Cast", &[&name("b")], &name("s"), &[int("to", 1)])
            .linear(&name("s"), &name("j"), 4, 2)
            .node("GreaterOrEqual", &[&name("j"), &name("phi")], &name("c"))
            .with("Cast", &[&name("c")], &name("o"), &[int("to", 1)]);
    }
    let graph = model.node("Add", &["o_0", "o_1"], "y").output("y").graph();
    let found: Vec<_> = neurons(&graph).iter().map(|n| (n.threshold.clone(), n.threshold_timesteps)).collect();
    assert_eq!(found, [(vec![0.5, 1.5], 2), (vec![0.25, 1.0, 0.25, 2.0], 2)]);
    assert!(neurons(&graph).iter().all(|n| n.is_stateless() && n.comparison == Comparison::AtLeast));
    assert_eq!(graph.timesteps, Some(2));
}

#[test]
fn a_potential_that_starts_from_its_reset_value_is_measured_from_there() {
    let graph = sequence(3, 0.25, false).graph();
    let neuron = neurons(&graph)[0];
    // v - 1/4 starts from 0, is reset to 0 and fires at 3/4; with the current's factor 1/2 divided out.
    assert_eq!((neuron.threshold[0], &neuron.reset), (1.5, &Reset::ToValue(0.0)));
    assert_eq!(graph.nodes.len(), 3, "no constant current is left: {graph}");
}

#[test]
fn timesteps_that_differ_are_refused_not_guessed() {
    let mut model = stacked(hoisted(3), "s2", 3).output("stack").constant("other", &[2, 4], &[0.25; 8]);
    let gemm = model.graph.node.iter_mut().find(|n| n.output[0] == "i2_1").expect("a layer of timestep 1");
    gemm.input[1] = "other".into();
    let refusal = model.refusal();
    assert!(refusal.contains("timestep 1") && refusal.contains("node_v2_1"), "{refusal}");

    let mut model = stacked(hoisted(3), "s2", 3).output("stack").scalar("two", 2.0);
    let shifted = model.graph.node.iter_mut().find(|n| n.output[0] == "s2_1.after").expect("a comparison");
    shifted.input[1] = "two".into();
    assert!(model.refusal().contains("threshold"), "{}", model.refusal());
}

#[test]
fn spikes_of_an_earlier_timestep_at_one_timestep_only_are_refused() {
    let mut model = stacked(hoisted(3), "s2", 3).output("stack");
    let gemm = model.graph.node.iter_mut().find(|n| n.output[0] == "i2_1").expect("a layer of timestep 1");
    gemm.input[0] = "s1_0".into();
    let refusal = model.refusal();
    assert!(refusal.contains("at timestep 1") && refusal.contains("in another way than before"), "{refusal}");
}

#[test]
fn repeated_constants_and_weights_are_one() {
    let mut model = stacked(hoisted(3), "s2", 3).output("stack");
    let copy = model.graph.initializer.iter().find(|t| t.name == "fc2.weight").cloned().expect("a weight");
    model.graph.initializer.push(proto_renamed(copy, "copy"));
    let gemm = model.graph.node.iter_mut().find(|n| n.output[0] == "i2_1").expect("a layer of timestep 1");
    gemm.input[1] = "copy".into();
    let linear = model.graph().nodes.iter().filter(|n| matches!(n.op, Op::Linear(_))).count();
    assert_eq!(linear, 2);
}

fn proto_renamed(
    mut tensor: crate::frontend::onnx::proto::TensorProto,
    name: &str,
) -> crate::frontend::onnx::proto::TensorProto {
    tensor.name = name.into();
    tensor
}

#[test]
fn another_number_of_timesteps_is_run_with_a_warning() {
    let bytes = stacked(hoisted(3), "s2", 3).output("stack").bytes();
    let load = |timesteps| {
        load_bytes(bytes.clone().into(), &LoadOptions { timesteps, ..Default::default() }).expect("a model")
    };
    let loaded = load(Some(8));
    assert_eq!(loaded.graph.timesteps, Some(8));
    assert!(loaded.warnings[0].contains('3') && loaded.warnings[0].contains('8'), "{:?}", loaded.warnings);
    assert!(load(Some(3)).warnings.is_empty() && load(None).warnings.is_empty());
}

#[test]
fn currents_that_a_spike_clears_are_refused_over_all_timesteps() {
    // snnTorch's Alpha with reset_mechanism="zero"
    for timesteps in [2, 3, 4] {
        let mut model = Model::new(&[1, 3]).scalar("alpha", 0.9).scalar("beta", 0.6).scalar("gain", 2.5);
        model = model.linear("x", "y", 3, 2).node("Neg", &["y"], "taken");
        let mut before = ["zero".to_owned(), "zero".to_owned(), "zero".to_owned()];
        for t in 0..timesteps {
            let n = |what: &str| format!("{what}{t}");
            let [excited, inhibited, v] = &before;
            model = model
                .node("Greater", &[v, "one"], &n("above"))
                .with("Cast", &[&n("above")], &n("reset"), &[int("to", 1)])
                .node("Mul", &["alpha", excited], &n("a"))
                .node("Add", &[&n("a"), "y"], &n("b"))
                .node("Mul", &["beta", inhibited], &n("c"))
                .node("Add", &[&n("c"), "taken"], &n("d"))
                .node("Add", &[&n("b"), &n("d")], &n("sum"))
                .node("Mul", &["gain", &n("sum")], &n("m"));
            for (what, kept) in [("b", "excited"), ("d", "inhibited"), ("m", "v")] {
                let gated = format!("{kept}.gated{t}");
                model = model.node("Mul", &[&n("reset"), &n(what)], &gated).node("Sub", &[&n(what), &gated], &n(kept));
            }
            model = model.fires(&n("v"), "one", &n("spike"));
            before = [n("excited"), n("inhibited"), n("v")];
        }
        let spikes: Vec<String> = (0..timesteps).map(|t| format!("spike{t}")).collect();
        let spikes: Vec<&str> = spikes.iter().map(String::as_str).collect();
        let refusal = model.node("Sum", &spikes, "out").output("out").refusal();
        assert!(refusal.contains("node `"), "{timesteps}: {refusal}");
    }
}
