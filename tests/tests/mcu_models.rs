//! The models of the corpus on every emulated core, by timesteps and layer by layer: every spike is the host's.

use bumpalo::Bump;
use snnc::backend::rust::instructions::Estimate;
use snnc::backend::rust::{M0, M4, arena_bytes, unpacked};
use snnc::compiled::{Compiled, Schedule};
use snnc::data::Sample;
use snnc::host::{Trace, trace};
use snnc::machine::{MACHINES, Machine, MachineError, Outcome, Unit, cortex_m};
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, samples};
use snnc_tests::random_network::{Rng, build, recipe};

fn run(machine: &Machine, compiled: &Compiled<'_>, samples: &[Sample]) -> Result<Outcome, MachineError> {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let scratch = tempfile::tempdir().expect("a scratch folder");
    (machine.run)(compiled, samples, &traces, scratch.path())
}

/// What is estimated of the instructions is nearly what they are.
fn estimated(compiled: &Compiled<'_>, schedule: Schedule, target: &str, samples: &[Sample], found: &Outcome) {
    let arena = Bump::new();
    let compiled = &unpacked(compiled, &arena, u64::MAX);
    let estimate = Estimate::new(compiled, schedule, target, false, samples).expect("prices of the core");
    let found = found.cost.iter().sum::<u64>() as f64 / found.cost.len() as f64;
    let (name, estimated) = (&compiled.name, estimate.instructions);
    assert!(
        (estimated / found - 1.0).abs() < 0.1,
        "{name} on {target} by {}: {estimated:.0} instructions estimated, {found:.0} found",
        schedule.name()
    );
}

fn equal(machine: &Machine, compiled: &Compiled<'_>, samples: &[Sample]) -> Outcome {
    let outcome = run(machine, compiled, samples);
    let outcome = outcome.unwrap_or_else(|error| panic!("{}: {:?}", machine.name, miette::Report::new(error)));
    assert_eq!(outcome.difference, None, "{} on {}", compiled.name, machine.name);
    assert_eq!(outcome.cost.len(), samples.len());
    outcome
}

/// Runs an image on every core, and on the Cortex-M4 by layers. Returns what the micro:bit says, if it refuses.
fn everywhere(file: &str, timesteps: u32) -> Option<String> {
    let mut graph = model(file, Some(timesteps)).graph;
    let calib = samples("mnist/train200.npz");
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let mut compiled =
        pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it compiles").compiled;
    let images = pipeline::encode(&compiled, &samples("mnist/test200.npz").take(1)).expect("the images fit");
    let mut refused = None;
    for machine in MACHINES.iter().filter(|machine| machine.unit == Unit::Instructions) {
        match run(machine, &compiled, &images) {
            Ok(outcome) => {
                assert_eq!(outcome.difference, None, "{file} on {}", machine.name);
                let bytes = arena_bytes(&compiled.program, Schedule::Timesteps).expect("every network has that order");
                match machine.name {
                    "cortex-m4" => estimated(&compiled, Schedule::Timesteps, M4.target, &images, &outcome),
                    "cortex-m0" if bytes < u64::from(M0.ram_bytes) / 2 => {
                        estimated(&compiled, Schedule::Timesteps, M0.target, &images, &outcome);
                    }
                    "cortex-m0" => estimated(&compiled, Schedule::Layers, M0.target, &images, &outcome),
                    _ => {}
                }
            }
            Err(MachineError::Backend(error)) if machine.name == "cortex-m0" => {
                refused = Some(error.source.to_string())
            }
            Err(error) => panic!("{file} on {}: {error:?}", machine.name),
        }
    }
    compiled.layout.schedule = Schedule::Layers;
    let by_layers = equal(&cortex_m::CORTEX_M4, &compiled, &images);
    estimated(&compiled, Schedule::Layers, M4.target, &images, &by_layers);
    refused
}

#[test]
fn a_fully_connected_network() {
    assert_eq!(everywhere("a_snntorch_fc/step_dyn.onnx", 25), None);
}

#[test]
fn max_pools_of_currents() {
    assert_eq!(everywhere("b_snntorch_conv_maxpool/step_ts.onnx", 8), None);
}

#[test]
fn max_pools_of_spikes() {
    assert_eq!(everywhere("c_if_spikingjelly_conv/step_dyn.onnx", 8), None);
}

#[test]
fn binary_weights() {
    assert_eq!(everywhere("d_snntorch_binary_conv/step_latent_ts.onnx", 8), None);
}

/// Counts take a word each.
#[test]
fn sums_of_pools_are_too_many_for_16_kib() {
    let refused = everywhere("c_nir_spikingjelly_conv/model_spikingjelly.nir", 8).expect("the micro:bit refuses it");
    assert!(refused.contains("bytes of RAM by layers") && refused.ends_with("microbit has 16384"), "{refused}");
}

#[test]
fn random_networks_layer_by_layer() {
    let mut by_layers = 0;
    for seed in 1..40 {
        let (arena, mut rng) = (Bump::new(), Rng::new(seed));
        let recipe = recipe(&mut rng);
        let mut compiled = build(&arena, &recipe, &mut rng);
        let samples = snnc_tests::random_network::samples(&compiled.program, &mut rng, 2);
        let Ok(bytes) = arena_bytes(&compiled.program, Schedule::Layers) else { continue };
        if bytes > u64::from(M0.ram_bytes) / 2 {
            continue;
        }
        by_layers += 1;
        compiled.layout.schedule = Schedule::Layers;
        equal(if by_layers % 2 == 0 { &cortex_m::CORTEX_M0 } else { &cortex_m::CORTEX_M4 }, &compiled, &samples);
        if by_layers == 6 {
            return;
        }
    }
    panic!("only {by_layers} networks ran");
}
