//! Neurons against NIR's equations, stepped literally.

use proptest::prelude::*;

use super::{Nir, Value, number, outputs, paper, vector, weights};
use crate::frontend::nir::reading::{NirOptions, ResetRule, Spikes, preset};
use crate::ir::{Comparison, Op, Quantity, Reset, ResetTiming};

fn lif(tau: f64, r: f64, leak: f64, threshold: f64, reset: f64) -> Vec<(&'static str, Value)> {
    vec![
        ("tau", number(tau)),
        ("r", number(r)),
        ("v_leak", number(leak)),
        ("v_threshold", number(threshold)),
        ("v_reset", number(reset)),
    ]
}

/// Spikes of `v += dt/tau ((v_leak - v) + r I)` from `v = v_leak`, and the smallest distance to the threshold.
fn literal(x: f64, r: f64, leak: f64, threshold: f64, reset: f64, input: &[f32]) -> (Vec<f32>, f64) {
    let (mut v, mut nearest) = (leak, f64::MAX);
    let spikes = input.iter().map(|&i| {
        v += x * ((leak - v) + r * f64::from(i));
        nearest = nearest.min((v - threshold).abs());
        if v > threshold {
            v = reset;
            1.0
        } else {
            0.0
        }
    });
    (spikes.collect(), nearest)
}

proptest! {
    #[test]
    fn a_lif_fires_as_its_equation_says(
        x in 0.01..1.0f64, r in 0.1..20.0f64, leak in -1.0..0.5f64, above in 0.1..2.0f64, below in -0.5..0.05f64,
        input in prop::collection::vec(-1.0..2.0f32, 24),
    ) {
        let (threshold, reset) = (leak + above, leak + below);
        let graph = Nir::single("lif", "LIF", 1, &lif(1e-3 / x, r, leak, threshold, reset)).paper(1e-3);
        let (expected, nearest) = literal(x, r, leak, threshold, reset, &input);
        prop_assume!(nearest > 1e-4 * (1.0 + r)); // farther than roundings reach
        let spikes: Vec<f32> = outputs(&graph, &input).concat();
        prop_assert_eq!(spikes, expected);
    }

    #[test]
    fn a_cuba_lif_fires_as_its_equations_say(
        x in 0.05..1.0f64, y in 0.05..1.0f64, r in 0.5..5.0f64, w in 0.5..5.0f64,
        input in prop::collection::vec(-1.0..2.0f32, 24),
    ) {
        let fields = [
            ("tau_mem", number(1e-3 / x)), ("tau_syn", number(1e-3 / y)), ("r", number(r)), ("w_in", number(w)),
            ("v_leak", number(0.0)), ("v_threshold", number(1.0)), ("v_reset", number(0.0)),
        ];
        let graph = Nir::single("lif", "CubaLIF", 1, &fields).paper(1e-3);
        let (mut v, mut i, mut nearest) = (0.0, 0.0, f64::MAX);
        let mut expected = Vec::new();
        for &input in &input {
            i += y * (w * f64::from(input) - i);
            v += x * (r * i - v);
            nearest = f64::min(nearest, (v - 1.0).abs());
            expected.push(if v > 1.0 { 1.0f32 } else { 0.0 });
            v = if v > 1.0 { 0.0 } else { v };
        }
        prop_assume!(nearest > 1e-4);
        prop_assert_eq!(outputs(&graph, &input).concat(), expected);
    }
}

#[test]
fn an_if_integrates_its_resistance_times_the_timestep() {
    let fields = [("r", number(100.0)), ("v_threshold", number(1.0))];
    let graph = Nir::single("if", "IF", 1, &fields).paper(1e-3);
    // 0.1 per unit of current: fires above 1
    assert_eq!(outputs(&graph, &[5.0, 4.0, 2.0, 1.0, 9.5]).concat(), [0.0, 0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn factors_of_one_leave_threshold_and_weights_as_they_are() {
    // as snnTorch writes beta 0.9 in 32 bits
    let (tau, r) = (0.001f32, 9.999997f32);
    let one = |x: f32| weights(&[1], &[x]);
    let fields = [("tau", one(tau)), ("r", one(r)), ("v_leak", one(0.0)), ("v_threshold", one(1.0))];
    let graph = Nir::single("lif", "LIF", 1, &fields).paper(1e-4);
    let Op::Neuron(neuron) = &graph.nodes[1].op else { panic!("a neuron") };
    assert_eq!((neuron.beta[0], neuron.threshold[0]), (0.9, 1.0));
}

#[test]
fn several_spikes_leave_the_rest_of_the_membrane_which_stays_above_the_floor() {
    let fields = [("r", Value::F64(vec![1], vec![1.0])), ("v_threshold", Value::F64(vec![1], vec![0.5]))];
    let graph = Nir::single("if", "IF", 1, &fields)
        .load(NirOptions { from: preset("sinabs"), ..Default::default() })
        .expect("a sound file")
        .graph;
    // 1.7 is three thresholds and 0.2; -9 stays at -0.5, so 1.2 later makes 0.7
    assert_eq!(outputs(&graph, &[1.7, -9.0, 1.2, 0.0]).concat(), [3.0, 0.0, 1.0, 0.0]);
    let single = NirOptions { from: preset("sinabs"), spikes: Some(Spikes::Single), ..Default::default() };
    let graph = Nir::single("if", "IF", 1, &fields).load(single).expect("a sound file").graph;
    assert_eq!(outputs(&graph, &[1.7, 0.0, 0.0]).concat(), [1.0, 1.0, 1.0]);
}

#[test]
fn parameters_of_a_feature_map_are_one_per_channel() {
    let each = |a: f64, b: f64| Value::F64(vec![2, 1, 2], vec![a, a, b, b]);
    let graph = |threshold: Value| {
        Nir::new(&[2, 1, 2], &[2, 1, 2])
            .node("if", "IF", &[("r", each(1.0, 1.0)), ("v_threshold", threshold)])
            .chain(&["input", "if", "output"])
            .load(paper(1.0))
    };
    let loaded = graph(each(1.0, 2.0)).expect("two channels");
    let Op::Neuron(neuron) = &loaded.graph.nodes[1].op else { panic!("a neuron") };
    assert_eq!(neuron.threshold, [1.0, 2.0]);
    let error = graph(Value::F64(vec![2, 1, 2], vec![1.0, 3.0, 2.0, 2.0])).expect_err("two in a channel");
    assert!(error.contains("`if`") && error.contains("positions of channel 0"), "{error}");
}

#[test]
fn a_negative_resistance_stays_in_front_of_the_neurons() {
    let fields = [("r", vector(&[2.0, -2.0])), ("v_threshold", number(1.0))];
    let graph = Nir::single("if", "IF", 2, &fields).paper(1.0);
    assert_eq!(outputs(&graph, &[1.0, -1.0, -1.0, 1.0]), [[1.0, 1.0], [0.0, 0.0]].map(|x| x.to_vec()));
}

#[test]
fn a_threshold_is_a_step_function_of_its_input() {
    let graph = Nir::single("step", "Threshold", 2, &[("threshold", vector(&[0.5, 1.5]))]);
    let graph = graph.load(NirOptions::default()).expect("no timestep is needed").graph;
    assert_eq!(outputs(&graph, &[1.0, 1.0, 0.5, 2.0]), [[1.0, 0.0], [0.0, 1.0]].map(|x| x.to_vec()));
}

#[test]
fn a_last_layer_that_does_not_fire_is_read_by_its_membrane() {
    let fields = [("tau", number(2e-3)), ("r", number(4.0)), ("v_leak", number(0.0))];
    let loaded = Nir::single("li", "LI", 1, &fields).load(paper(1e-3)).expect("a sound file");
    assert_eq!((loaded.graph.readout.quantity, loaded.graph.readout.scale), (Quantity::Membrane, 2.0));
    assert!(loaded.warnings.iter().any(|w| w.contains("`li` does not fire")), "{:?}", loaded.warnings);
    let error = Nir::new(&[1], &[1])
        .node("li", "LI", &fields)
        .node("step", "Threshold", &[("threshold", number(1.0))])
        .chain(&["input", "li", "step", "output"])
        .load(paper(1e-3))
        .expect_err("a membrane as a signal");
    assert!(error.contains("`li`") && error.contains("membrane potential to another layer"), "{error}");
}

#[test]
fn options_say_which_reset_and_when() {
    let neuron = |options: NirOptions| {
        let graph = Nir::single("lif", "LIF", 1, &lif(2e-3, 2.0, 0.0, 1.0, -0.5)).load(options).expect("sound").graph;
        let Op::Neuron(neuron) = &graph.nodes[1].op else { panic!("a neuron") };
        (neuron.reset.clone(), neuron.reset_timing, neuron.comparison)
    };
    let with = |reset| NirOptions { dt: Some(1e-3), reset: Some(reset), ..Default::default() };
    let (value, subtract) = (Reset::ToValue(-0.5), Reset::Subtract(vec![1.0]));
    let (now, later) = (ResetTiming::Immediate, ResetTiming::Delayed);
    assert_eq!(neuron(with(ResetRule::ToValue(now))), (value.clone(), now, Comparison::Above));
    assert_eq!(neuron(with(ResetRule::ToValue(later))), (value, later, Comparison::Above));
    assert_eq!(neuron(with(ResetRule::Subtract(later))), (subtract, later, Comparison::Above));
    assert_eq!(neuron(with(ResetRule::None)).0, Reset::None);
    let at_least = NirOptions { fires: Some(Comparison::AtLeast), ..with(ResetRule::None) };
    assert_eq!(neuron(at_least).2, Comparison::AtLeast);
}
