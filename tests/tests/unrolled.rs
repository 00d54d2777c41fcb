//! Unrolled networks do what the program says: random networks, every spike of every layer and every clock, with and without
//! back-pressure; and every tool reads them without a word.

use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::Hardware;
use snnc::compiled::Compiled;
use snnc::data::Sample;
use snnc::host::trace;
use snnc::machine::MachineError;
use snnc::machine::verilog::{Simulator, Stress, write};
use snnc_tests::random_network::{Rng, build, recipe, samples};

/// The network of a seed, unrolled, and samples for it.
fn network(arena: &Bump, seed: u64) -> (Compiled<'_>, Vec<Sample>, String) {
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let mut compiled = build(arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 4);
    compiled.layout.unrolled = true;
    (compiled, samples, format!("seed {seed}: {recipe:?}"))
}

/// What is written for a network, unless it is one that is refused: a pool before neurons, or too many weights.
fn written(compiled: &Compiled<'_>, samples: &[Sample], folder: &Path, context: &str) -> Option<Hardware> {
    let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    match write(compiled, samples, &traces, folder) {
        Ok(hardware) => Some(hardware),
        Err(MachineError::Backend(error)) => {
            let refused = format!("{:?}", error.source);
            assert!(
                refused.contains("a pool before its neurons") || refused.contains("weights"),
                "{refused}, {context}"
            );
            None
        }
        Err(error) => panic!("{error:?}, {context}"),
    }
}

/// Runs the network of a seed, if its Verilog has at most so many characters: four samples back to back, held back at random,
/// and after a reset in the middle.
fn check(simulator: &Simulator, seed: u64, most: usize) -> bool {
    let arena = Bump::new();
    let (compiled, samples, context) = network(&arena, seed);
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let Some(hardware) = written(&compiled, &samples, folder.path(), &context) else { return false };
    let sources = hardware.files.iter().filter(|file| file.path.ends_with(".v"));
    if sources.map(|file| file.content.len()).sum::<usize>() > most {
        return false;
    }
    simulator.build(&hardware.top, folder.path()).expect(&context);
    let predicted = &hardware.predicted_clocks;
    let restart = (predicted.iter().sum::<u64>() / 2) as u32 + 6;
    for (stress, what) in [
        (Stress::default(), "back to back"),
        (Stress { seed: seed as u32 + 1, restart: 0 }, "held back"),
        (Stress { seed: 0, restart }, "reset"),
    ] {
        let outcome = simulator.run(&compiled, &hardware.top, folder.path(), stress).expect(&context);
        assert_eq!(outcome.difference, None, "{what}, {context}");
        if stress == Stress::default() {
            assert_eq!(outcome.cost, *predicted, "clocks of {context}");
        }
    }
    true
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_icarus() {
    // it takes minutes for large ones
    let carried = (5000..5030).filter(|&seed| check(&Simulator::ICARUS, seed, 300_000)).count();
    assert!(carried >= 8, "{carried} of 30 networks were small enough");
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_verilator() {
    let carried = (6000..6004).filter(|&seed| check(&Simulator::VERILATOR, seed, usize::MAX)).count();
    assert!(carried >= 2, "{carried} of 4 networks were carried");
}

/// What a tool says in `folder`.
fn said(tool: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Calls `look` for the networks of some seeds that are carried: top, every source.
fn each_written(seeds: std::ops::Range<u64>, look: impl Fn(&str, Vec<&str>, &Path, u64)) {
    let mut carried = 0;
    for seed in seeds.clone() {
        let arena = Bump::new();
        let (compiled, _, context) = network(&arena, seed);
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let Some(hardware) = written(&compiled, &[], folder.path(), &context) else { continue };
        let sources = hardware.files.iter().map(|file| &*file.path).filter(|path| path.ends_with(".v")).collect();
        look(&hardware.top, sources, folder.path(), seed);
        carried += 1;
    }
    assert!(carried * 2 > seeds.count(), "{carried} networks were carried");
}

#[test]
fn verilator_has_nothing_to_warn_of() {
    each_written(7000..7016, |top, sources, folder, seed| {
        let mut arguments = vec!["--lint-only", "-Wall", "--top-module", top];
        arguments.extend(sources);
        assert_eq!(said("verilator", &arguments, folder), "", "seed {seed}");
    });
}

#[test]
fn yosys_finds_no_fault() {
    each_written(7100..7104, |top, sources, folder, seed| {
        // a latch is a cell that `proc` writes for an incomplete case
        let script = format!(
            "read_verilog {}; hierarchy -check -top {top}; proc; check -assert; select -assert-none t:$dlatch",
            sources.join(" ")
        );
        assert_eq!(said("yosys", &["-q", "-p", &script], folder).trim(), "", "seed {seed}");
    });
}
