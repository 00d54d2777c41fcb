//! Emulated Cortex-M cores give the host's spikes.

use bumpalo::Bump;
use snnc::host::trace;
use snnc::machine::{Machine, Outcome, cortex_m};
use snnc_tests::random_network::{Rng, build, recipe, samples};

/// Runs a random network and three samples on `machine`.
fn run(machine: &Machine, seed: u64) -> Outcome {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let compiled = build(&arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 3);
    let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let scratch = tempfile::tempdir().expect("a scratch folder");
    (machine.run)(&compiled, &samples, &traces, scratch.path()).unwrap_or_else(|error| panic!("{error:?}"))
}

#[test]
fn a_random_network_on_a_cortex_m4_gives_the_hosts_spikes() {
    let outcome = run(&cortex_m::CORTEX_M4, 1);
    println!("{outcome:?}");
    assert_eq!(outcome.difference, None);
    assert_eq!(outcome.cost.len(), 3);
}
