//! Every rule that the Verilog carries is reached by a network here: broken on purpose, it makes that network fail.

use std::fs;
use std::path::Path;

use bumpalo::Bump;
use snnc::backend::verilog::Hardware;
use snnc::compiled::Compiled;
use snnc::host::{Trace, trace};
use snnc::machine::MachineError;
use snnc::machine::verilog::{Simulator, Stress, write};
use snnc_tests::rules::{CHANNELS, COLUMNS, Case, LAYERS, NEURONS, UNROLLED_NETWORKS};

/// Builds what lies in `folder` and says whether the testbench found anything wrong.
fn fails(compiled: &Compiled<'_>, hardware: &Hardware, folder: &Path, seed: u32, context: &str) -> bool {
    let top = &hardware.top;
    Simulator::ICARUS.build(top, folder).unwrap_or_else(|error| panic!("{context}: {error:?}"));
    match Simulator::ICARUS.run(compiled, top, folder, Stress { seed, restart: 0 }) {
        Ok(outcome) => outcome.difference.is_some() || seed == 0 && outcome.cost != hardware.predicted_clocks,
        Err(MachineError::Failed { reason, .. }) if reason.starts_with("WRONG") => true,
        Err(error) => panic!("{context}: {error:?}"),
    }
}

/// The mutants of a case that nothing noticed.
fn unnoticed(case: &Case) -> Vec<String> {
    let mut unnoticed = Vec::new();
    let arena = Bump::new();
    let (compiled, samples) = case.laid_out(&arena);
    let seed = case.setting.seed;
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let hardware = write(&compiled, &samples, &traces, folder.path()).expect(case.name);
    assert!(!fails(&compiled, &hardware, folder.path(), seed, case.name), "{}: as it is", case.name);
    for (file, from, to) in case.mutants {
        let context = format!("{}: {file}: `{from}` as `{to}`", case.name);
        let path = folder.path().join("rtl").join(file);
        let text = fs::read_to_string(&path).expect(&context);
        assert_eq!(text.matches(from).count(), 1, "{context}: the text is not there once");
        fs::write(&path, text.replace(from, to)).expect(&context);
        if !fails(&compiled, &hardware, folder.path(), seed, &context) {
            unnoticed.push(context.clone());
        }
        fs::write(&path, text).expect(&context);
    }
    unnoticed
}

fn check(cases: &[Case]) {
    let unnoticed: Vec<String> = cases.iter().flat_map(unnoticed).collect();
    assert_eq!(unnoticed, Vec::<String>::new());
}

#[test]
fn every_rule_of_the_neuron_is_reached() {
    check(NEURONS);
}

#[test]
fn every_rule_of_channels_and_positions_is_reached() {
    check(CHANNELS);
}

#[test]
fn every_rule_of_the_layers_is_reached() {
    check(LAYERS);
}

#[test]
fn every_rule_of_unrolled_networks_is_reached() {
    check(UNROLLED_NETWORKS);
}

#[test]
fn every_rule_of_the_engines_of_columns_is_reached() {
    check(COLUMNS);
}
