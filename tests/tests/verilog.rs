//! The emitted Verilog does what the program says: random networks, every spike of every layer, with and without
//! random back-pressure.

use std::path::PathBuf;

use bumpalo::Bump;
use snnc::backend::verilog::hardware;
use snnc::host::trace;
use snnc::machine::verilog::{Simulator, run};
use snnc_tests::random_network::{Rng, build, recipe, samples};

/// An empty folder of this test run.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_icarus() {
    let seeds: Vec<u64> = match std::env::var("SEEDS") {
        Ok(seeds) => seeds.split(',').map(|s| s.parse().unwrap()).collect(),
        Err(_) => (100..400).collect(),
    };
    for seed in seeds {
        let arena = Bump::new();
        let mut rng = Rng::new(seed);
        let recipe = recipe(&mut rng);
        let compiled = build(&arena, &recipe, &mut rng);
        let samples = samples(&compiled.program, &mut rng, 3);
        let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
        let folder = scratch(&format!("icarus_{seed}"));
        let lanes = [None, Some(5)][seed as usize / 3 % 2];
        let predicted = hardware(&compiled, lanes, &samples, &traces, 0).unwrap().predicted_clocks;
        let outcome = run(&Simulator::ICARUS, &compiled, &samples, &traces, &folder, 0, lanes);
        match outcome {
            Ok(outcome) if outcome.difference.is_none() && predicted == outcome.cost => {
                println!("{seed}: ok {:?}", outcome.cost)
            }
            other => println!("{seed}: {other:?} predicted {predicted:?}\n    {recipe:?}"),
        }
    }
}
