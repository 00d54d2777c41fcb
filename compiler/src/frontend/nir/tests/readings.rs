//! What a file gives away of its framework, and what the user says.

use super::{Nir, Value, number, paper, vector, weights};
use crate::frontend::nir::reading::NirOptions;
use crate::ir::Op;

const RESET: (&str, f64) = ("v_reset", 0.0);

fn single(name: &'static str, x: f32) -> (&'static str, Value) {
    (name, weights(&[2], &[x; 2]))
}

fn double(name: &'static str, x: f64) -> (&'static str, Value) {
    (name, vector(&[x; 2]))
}

fn lif(tau: f64, r: f64) -> Vec<(&'static str, Value)> {
    vec![double("tau", tau), double("r", r), double("v_leak", 0.0), double("v_threshold", 1.0)]
}

/// The first warning about a file, up to its reading.
fn said(nir: &Nir) -> Option<String> {
    let loaded = nir.load(NirOptions::default()).ok()?;
    let warning = loaded.warnings.first()?;
    warning.split(" (").next().map(str::to_owned)
}

/// `kind` between an input called `input` of shape `shape` and an output.
fn net(input: &'static str, shape: &[i64], kind: &'static str, fields: &[(&'static str, Value)]) -> Nir {
    Nir::default()
        .node(input, "Input", &[("shape", super::whole(shape))])
        .node("output", "Output", &[("shape", super::whole(shape))])
        .node("n", kind, fields)
        .chain(&[input, "n", "output"])
}

#[test]
fn exporters_are_known_by_their_parameters() {
    let snntorch = [
        single("tau", 0.001),
        single("r", 10.0),
        single("v_leak", 0.0),
        single("v_threshold", 1.0),
        single("v_reset", 0.0),
    ];
    let jelly = [lif(2e-4, 2.0), vec![double(RESET.0, RESET.1)]].concat();
    let norse = lif(5e-6, 1.0);
    let sinabs = [single("r", 1.0), single("v_threshold", 1.0)];
    let e = (-0.1f64).exp() / 0.1;
    let rockpool = [
        double("tau_mem", 1e-2),
        double("tau_syn", 5e-3),
        double("r", e),
        double("v_leak", 0.0),
        double("v_threshold", 1.0),
        double("w_in", 1.0),
    ];
    let found = [
        net("input", &[2], "LIF", &snntorch),
        net("input_1", &[2], "LIF", &jelly),
        net("input", &[1, 2], "LIF", &norse),
        net("input", &[2], "IF", &sinabs),
        net("input", &[2], "CubaLIF", &rockpool),
    ]
    .map(|nir| said(&nir).unwrap_or_default());
    insta::assert_snapshot!(found.join("\n"), @r"
    `test.nir` looks like snnTorch's
    `test.nir` looks like SpikingJelly's
    `test.nir` looks like norse's
    `test.nir` looks like sinabs's
    `test.nir` looks like Rockpool's
    ");
}

#[test]
fn a_file_that_tells_nothing_is_refused_with_the_options() {
    let error = net("in", &[2], "LIF", &lif(1e-2, 1.0)).load(NirOptions::default()).expect_err("nothing tells");
    for word in
        ["timestep", "--nir-from", "snntorch|spikingjelly|norse|sinabs|rockpool|paper", "--nir-dt", "--nir-reset"]
    {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn what_almost_looks_like_an_exporter_is_not_taken_for_it() {
    // another r in one neuron; a reset potential; a resting potential
    let mut fields = vec![single("tau", 0.001), ("r", weights(&[2], &[10.0, 9.0])), single("v_leak", 0.0)];
    fields.extend([single("v_threshold", 1.0), single("v_reset", 0.0)]);
    assert_eq!(said(&net("input", &[2], "LIF", &fields)), None);
    fields[1] = single("r", 10.0);
    assert!(said(&net("input", &[2], "LIF", &fields)).is_some());
    fields[4] = single("v_reset", 0.5);
    assert_eq!(said(&net("input", &[2], "LIF", &fields)), None);
    fields[4] = single("v_reset", 0.0);
    fields[2] = single("v_leak", 0.5);
    assert_eq!(said(&net("input", &[2], "LIF", &fields)), None);
}

#[test]
fn the_users_options_are_stronger_than_what_the_file_looks_like() {
    let nir = net("input", &[2], "IF", &[single("r", 1.0), single("v_threshold", 1.0)]);
    let neuron = |options: NirOptions| {
        let graph = nir.load(options).expect("a sound file").graph;
        let Op::Neuron(neuron) = graph.nodes[1].op.clone() else { panic!("a neuron") };
        neuron
    };
    assert_eq!(neuron(NirOptions::default()).max_spikes, 65_535);
    let options = NirOptions { spikes: Some(crate::frontend::nir::reading::Spikes::Single), ..Default::default() };
    assert_eq!(neuron(options).max_spikes, 1);
    assert_eq!(neuron(options).min_membrane, Some(vec![-1.0])); // the rest stays sinabs'
    assert_eq!(neuron(paper(0.5)).threshold, [2.0]);
}

#[test]
fn a_timestep_longer_than_a_time_constant_is_refused() {
    let nir = net("input", &[2], "LIF", &lif(1e-4, 1.0));
    let error = nir.load(paper(1e-3)).expect_err("a decay below zero");
    assert!(error.contains("node `n` (LIF)") && error.contains("`tau` is 0.1 timesteps"), "{error}");
}

#[test]
fn a_neuron_without_reset_potential_resets_to_zero() {
    let nir = net(
        "input",
        &[2],
        "LIF",
        &[("tau", number(1e-2)), ("r", number(1.0)), ("v_leak", number(-1.0)), ("v_threshold", number(1.0))],
    );
    let graph = nir.paper(1e-3);
    let Op::Neuron(neuron) = &graph.nodes[1].op else { panic!("a neuron") };
    assert_eq!(neuron.reset, crate::ir::Reset::ToValue(10.0)); // 1 above the resting potential, in units of dt r / tau
}
