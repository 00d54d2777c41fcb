//! One timestep of each neuron, in the ways its framework writes it.

use super::models::*;
use crate::ir::{Comparison, Neuron, Op, Quantity, Reduce, Reset, ResetTiming};

fn neuron(beta: f32, threshold: f32, comparison: Comparison, reset: Reset, reset_timing: ResetTiming) -> Neuron {
    Neuron { beta: vec![beta], threshold: vec![threshold], comparison, reset, reset_timing, ..Neuron::default() }
}

/// A linear layer of 3 to 4 in front of one population with the state `v`.
fn one_layer() -> Model {
    Model::new(&[1, 3]).linear("x", "current", 3, 4).input("v", &[1, 4])
}

/// The neuron of a model that outputs `spike` and `v_out`.
fn only_neuron(model: Model) -> Neuron {
    let graph = model.output("spike").output("v_out").graph();
    assert_eq!(graph.nodes.len(), 3, "{graph}");
    neurons(&graph)[0].clone()
}

fn snntorch_zero() -> Model {
    one_layer()
        .scalar("beta", 0.75)
        .fires("v", "one", "reset")
        .node("Sub", &["one", "reset"], "keep")
        .node("Mul", &["keep", "v"], "kept")
        .node("Mul", &["beta", "kept"], "decayed")
        .node("Add", &["decayed", "current"], "charged")
}

/// SpikingJelly's charge to `h`, spike and reset to `v_reset`.
fn spikingjelly_hard(charge: Model, threshold: &str, v_reset: &str) -> Model {
    charge
        .node("GreaterOrEqual", &["h", threshold], "above")
        .with("Cast", &["above"], "spike", &[int("to", 1)])
        .node("Mul", &["spike", v_reset], "to_reset")
        .node("Neg", &["spike"], "negative")
        .node("Add", &["negative", "one"], "silent")
        .node("Mul", &["silent", "h"], "kept")
        .node("Add", &["to_reset", "kept"], "v_out")
}

/// `h = v + (current - (v - v_reset)) / tau`.
fn decay_input(tau: f32, v_reset: f32) -> Model {
    one_layer()
        .scalar("tau", tau)
        .scalar("v_reset", v_reset)
        .node("Sub", &["v", "v_reset"], "above_rest")
        .node("Sub", &["current", "above_rest"], "difference")
        .node("Div", &["difference", "tau"], "step")
        .node("Add", &["v", "step"], "h")
}

#[test]
fn snntorch_leaky_subtracts_with_the_next_timestep() {
    let found = only_neuron(one_layer().leaky("current", "v", "v_out", "spike", 0.75));
    let subtract = Reset::Subtract(vec![1.0]);
    assert_eq!(found, neuron(0.75, 1.0, Comparison::Above, subtract, ResetTiming::Delayed));
}

#[test]
fn the_older_exporters_multiplications_by_one_change_nothing() {
    let model = one_layer()
        .scalar("given", 0.75)
        .with("Identity", &["one"], "graded", &[])
        .with("Identity", &["one"], "threshold", &[])
        .node("Clip", &["given", "zero", "one"], "beta")
        .fires("v", "threshold", "reset")
        .node("Mul", &["beta", "v"], "decayed")
        .node("Add", &["decayed", "current"], "charged")
        .node("Mul", &["reset", "threshold"], "amount")
        .node("Sub", &["charged", "amount"], "v_out")
        .fires("v_out", "threshold", "fired")
        .node("Mul", &["fired", "graded"], "spike");
    assert_eq!(only_neuron(model), only_neuron(one_layer().leaky("current", "v", "v_out", "spike", 0.75)));
}

#[test]
fn snntorch_reset_to_zero_is_a_hard_reset() {
    let model = snntorch_zero().with("Identity", &["charged"], "v_out", &[]).fires("v_out", "one", "spike");
    let wanted = neuron(0.75, 1.0, Comparison::Above, Reset::ToValue(0.0), ResetTiming::Immediate);
    assert_eq!(only_neuron(model), wanted);
}

#[test]
fn snntorch_without_a_reset_delay_to_zero_is_the_same_neuron() {
    let model = snntorch_zero()
        .fires("charged", "one", "spike")
        .node("Sub", &["spike", "reset"], "again")
        .node("Mul", &["again", "charged"], "removed")
        .node("Sub", &["charged", "removed"], "v_out");
    let wanted = neuron(0.75, 1.0, Comparison::Above, Reset::ToValue(0.0), ResetTiming::Immediate);
    assert_eq!(only_neuron(model), wanted);
}

#[test]
fn snntorch_without_a_reset_delay_subtracts_at_once_with_a_warning() {
    let model = one_layer()
        .leaky("current", "v", "charged", "spike", 0.75)
        .node("Sub", &["spike", "spike.reset"], "again")
        .node("Mul", &["again", "one"], "amount")
        .node("Sub", &["charged", "amount"], "v_out")
        .output("spike")
        .output("v_out");
    let loaded = model.load().expect("a supported neuron");
    let found = neurons(&loaded.graph)[0];
    assert_eq!((&found.reset, found.reset_timing), (&Reset::Subtract(vec![1.0]), ResetTiming::Immediate));
    assert!(loaded.warnings[0].contains("reset_delay=False"), "{:?}", loaded.warnings);
}

#[test]
fn snntorch_without_a_reset_has_none() {
    let model = one_layer()
        .scalar("beta", 0.75)
        .node("Mul", &["beta", "v"], "decayed")
        .node("Add", &["decayed", "current"], "v_out")
        .fires("v_out", "one", "spike");
    assert_eq!(only_neuron(model).reset, Reset::None);
}

#[test]
fn spikingjelly_if_resets_at_once_at_or_above_the_threshold() {
    let charge = one_layer().node("Add", &["v", "current"], "h");
    let hard = only_neuron(spikingjelly_hard(charge.clone(), "one", "zero"));
    assert_eq!(hard, neuron(1.0, 1.0, Comparison::AtLeast, Reset::ToValue(0.0), ResetTiming::Immediate));
    let soft = charge
        .node("GreaterOrEqual", &["h", "one"], "above")
        .with("Cast", &["above"], "spike", &[int("to", 1)])
        .node("Sub", &["h", "spike"], "v_out");
    let subtract = Reset::Subtract(vec![1.0]);
    assert_eq!(only_neuron(soft), neuron(1.0, 1.0, Comparison::AtLeast, subtract, ResetTiming::Immediate));
}

#[test]
fn the_potential_before_its_reset_is_not_the_state() {
    for before_first in [true, false] {
        let mut model =
            spikingjelly_hard(one_layer().node("Add", &["v", "current"], "h"), "one", "zero").output("spike");
        for output in if before_first { ["h", "v_out"] } else { ["v_out", "h"] } {
            model = model.output(output);
        }
        assert_eq!(neurons(&model.graph())[0].reset, Reset::ToValue(0.0));
    }
}

#[test]
fn both_meanings_of_tau_become_a_decay_and_a_threshold() {
    let with_input = spikingjelly_hard(decay_input(4.0, 0.0).scalar("half", 0.5), "half", "v_reset");
    let wanted = neuron(0.75, 2.0, Comparison::AtLeast, Reset::ToValue(0.0), ResetTiming::Immediate);
    assert_eq!(only_neuron(with_input), wanted);
    let without = one_layer()
        .scalar("tau", 4.0)
        .node("Div", &["v", "tau"], "leak")
        .node("Sub", &["v", "leak"], "left")
        .node("Add", &["left", "current"], "h");
    assert_eq!(only_neuron(spikingjelly_hard(without, "one", "zero")).threshold, [1.0]);
}

#[test]
fn a_reset_value_other_than_zero_stays_and_its_rest_becomes_a_bias() {
    let model = spikingjelly_hard(decay_input(4.0, 0.5), "one", "v_reset").output("spike").output("v_out");
    let graph = model.graph();
    // v + (I - (v - 1/2)) / 4 is (3/4 * (4 v) + I + 1/2) / 4
    let reset = Reset::ToValue(2.0);
    assert_eq!(*neurons(&graph)[0], neuron(0.75, 4.0, Comparison::AtLeast, reset, ResetTiming::Immediate));
    let Op::BatchNorm(norm) = &graph.nodes[2].op else { panic!("{graph}") };
    assert_eq!((norm.scale[0], norm.shift[0]), (1.0, 0.5));
}

#[test]
fn a_reset_written_with_where_is_the_same_reset() {
    let model = one_layer()
        .node("Add", &["v", "current"], "h")
        .node("Less", &["h", "one"], "below")
        .node("Not", &["below"], "above")
        .with("Cast", &["above"], "spike", &[int("to", 1)])
        .node("Where", &["above", "zero", "h"], "v_out");
    let wanted = neuron(1.0, 1.0, Comparison::AtLeast, Reset::ToValue(0.0), ResetTiming::Immediate);
    assert_eq!(only_neuron(model), wanted);
}

#[test]
fn strict_and_not_strict_stay_apart_however_they_are_written() {
    let compared = |op: &str, a: &str, b: &str| {
        let model = one_layer().node("Add", &["v", "current"], "v_out").node(op, &[a, b], "above").with(
            "Cast",
            &["above"],
            "spike",
            &[int("to", 1)],
        );
        only_neuron(model).comparison
    };
    assert_eq!(compared("Greater", "v_out", "one"), Comparison::Above);
    assert_eq!(compared("Less", "one", "v_out"), Comparison::Above);
    assert_eq!(compared("GreaterOrEqual", "v_out", "one"), Comparison::AtLeast);
    assert_eq!(compared("LessOrEqual", "one", "v_out"), Comparison::AtLeast);
}

#[test]
fn decay_and_threshold_may_differ_per_neuron() {
    let model = one_layer()
        .constant("beta", &[4], &[0.5, 0.6, 0.7, 0.8])
        .constant("threshold", &[4], &[1.0, 2.0, 3.0, 4.0])
        .node("Mul", &["beta", "v"], "decayed")
        .node("Add", &["decayed", "current"], "v_out")
        .fires("v_out", "threshold", "spike");
    let found = only_neuron(model);
    assert_eq!((found.beta, found.threshold), (vec![0.5, 0.6, 0.7, 0.8], vec![1.0, 2.0, 3.0, 4.0]));
}

/// Two populations of one width whose states are listed in another order than their layers.
fn two_of_a_width() -> Model {
    Model::new(&[1, 4])
        .input("state_b", &[1, 4])
        .input("state_a", &[1, 4])
        .linear("x", "fc1", 4, 4)
        .leaky("fc1", "state_a", "next_a", "hidden", 0.5)
        .linear("hidden", "fc2", 4, 4)
        .leaky("fc2", "state_b", "next_b", "spike", 0.25)
        .output("next_b")
        .output("next_a")
        .output("spike")
}

#[test]
fn states_are_paired_by_dataflow_not_by_shape_or_order() {
    let graph = two_of_a_width().graph();
    let betas: Vec<f32> = neurons(&graph).iter().map(|n| n.beta[0]).collect();
    assert_eq!(betas, [0.5, 0.25]);
    assert_eq!(graph.nodes[graph.output].name, "spike");
    assert_eq!((graph.readout.quantity, graph.readout.reduce), (Quantity::Spikes, Reduce::Sum));
    assert_eq!(graph.timesteps, None);
}

#[test]
fn the_membrane_potential_may_be_what_is_read() {
    let model = one_layer()
        .leaky("current", "v", "v_out", "spike", 0.75)
        .with("Identity", &["v_out"], "membrane", &[])
        .output("membrane")
        .output("v_out");
    let graph = model.graph();
    assert_eq!(graph.readout.quantity, Quantity::Membrane);
    assert_eq!(neurons(&graph)[0].reset, Reset::Subtract(vec![1.0]));
}

#[test]
fn a_neuron_keeps_the_names_of_everything_it_was_made_of() {
    let graph = one_layer().leaky("current", "v", "v_out", "spike", 0.75).output("spike").output("v_out").graph();
    let node = &graph.nodes[graph.output];
    assert_eq!(node.name, "spike");
    for part in ["node_spike.fires", "node_spike.decayed", "node_v_out", "node_spike"] {
        assert!(node.origin.iter().any(|o| o == part), "{part} of {:?}", node.origin);
    }
    assert!(!node.origin.iter().any(|o| o == "node_current"), "the layer before is a node of its own");
}

#[test]
fn every_node_of_a_neuron_is_named_its_reset_and_its_factor_too() {
    let charge = one_layer().node("Add", &["v", "current"], "h").scalar("factor", 2.0);
    let model = spikingjelly_hard(charge, "one", "zero").node("Mul", &["spike", "factor"], "graded");
    let graph = model.output("graded").output("v_out").graph();
    let node = graph.nodes.iter().find(|n| matches!(n.op, Op::Neuron(_))).expect("a neuron");
    for part in
        ["node_h", "node_above", "node_spike", "node_negative", "node_silent", "node_kept", "node_v_out", "node_graded"]
    {
        assert!(node.origin.iter().any(|o| o == part), "{part} of {:?}", node.origin);
    }
}

#[test]
fn an_update_that_is_no_integrate_and_fire_neuron_is_refused() {
    let squared = one_layer()
        .node("Mul", &["v", "v"], "squared")
        .node("Add", &["squared", "current"], "v_out")
        .fires("v_out", "one", "spike")
        .output("spike")
        .output("v_out");
    assert!(squared.refusal().contains("no integrate-and-fire neuron"), "{}", squared.refusal());
}
