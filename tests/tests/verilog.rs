//! The emitted Verilog does what the program says: random networks, every spike of every layer and every clock, with
//! and without back-pressure.

use std::path::PathBuf;

use bumpalo::Bump;
use snnc::host::trace;
use snnc::machine::verilog::{Simulator, Stress, write};
use snnc_tests::random_network::{Rng, build, recipe, samples};

/// An empty folder of this test run.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// Runs the network of a seed: three samples back to back, held back at random, and after a reset in the middle.
fn check(simulator: &Simulator, tool: &str, seed: u64) {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let compiled = build(&arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 3);
    let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let lanes = rng.pick(&[None, None, Some(1), Some(5)]);
    let folder = scratch(&format!("{tool}_{seed}"));
    let context = format!("{tool}, seed {seed}, lanes {lanes:?}: {recipe:?}");
    let hardware = write(&compiled, lanes, &samples, &traces, &folder).expect(&context);
    simulator.build(&hardware.top, &folder).expect(&context);
    let predicted = &hardware.predicted_clocks;
    let restart = (predicted.iter().sum::<u64>() / 2) as u32 + 20;
    for (stress, what) in [
        (Stress::default(), "back to back"),
        (Stress { seed: seed as u32 + 1, restart: 0 }, "held back"),
        (Stress { seed: 0, restart }, "reset"),
    ] {
        let outcome = simulator.run(&compiled, &hardware.top, &folder, stress).expect(&context);
        assert_eq!(outcome.difference, None, "{what}, {context}");
        if stress == Stress::default() {
            assert_eq!(outcome.cost, *predicted, "clocks of {context}");
        }
    }
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_icarus() {
    let seeds = match std::env::var("SEEDS") {
        Ok(seeds) => seeds.split(',').map(|s| s.parse().unwrap()).collect(),
        Err(_) => (1000..1060).collect::<Vec<u64>>(),
    };
    for seed in seeds {
        let r = std::panic::catch_unwind(|| check(&Simulator::ICARUS, "icarus", seed));
        if r.is_err() {
            println!("FAILED {seed}");
        }
    }
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_verilator() {
    for seed in 2000..2002 {
        check(&Simulator::VERILATOR, "verilator", seed);
    }
}
