//! Every saved hostile file again, and some thousands of new ones made of them: none may panic, take long or fill memory.
//!
//! `fuzz/run` does the same with libFuzzer; what it finds is saved in `fixtures/hostile/` and stays here.

use std::time::{Duration, Instant};

use snnc_tests::hostile::{TARGETS, Target, mutations, pack, target};

/// Changed files of each kind.
const CHANGED: usize = 5_000;

/// Time for one file, in a build that is hardly optimised.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs inputs and returns how many of them were sound.
fn run(target: &Target, inputs: impl Iterator<Item = Vec<u8>>) -> usize {
    let mut sound = 0;
    for (index, input) in inputs.enumerate() {
        let started = Instant::now();
        let panicked = std::panic::catch_unwind(|| (target.run)(&input));
        let hex = || input.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match panicked {
            Ok(taken) => sound += usize::from(taken),
            Err(_) => panic!("{}: input {index} panics: {}", target.name, hex()),
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{}: input {index} takes {:?}: {}",
            target.name,
            started.elapsed(),
            hex()
        );
    }
    sound
}

fn replay(name: &str, least_sound: usize) {
    let target = target(name);
    let saved = pack::read(name);
    let sound = run(target, saved.iter().cloned());
    assert!(
        sound >= least_sound,
        "{name}: {sound} of {} saved inputs are sound; is the format read at all?",
        saved.len()
    );
    let changed = run(target, mutations(&saved, 1, CHANGED, target.max_len));
    assert!(changed > CHANGED / 1000, "{name}: {changed} changed inputs are sound: the changes reach nothing");
}

#[test]
fn hostile_onnx_files_are_harmless() {
    replay("onnx", 10);
}

#[test]
fn hostile_onnx_graphs_are_harmless() {
    replay("onnx_graph", 20);
}

#[test]
fn hostile_native_models_are_harmless() {
    replay("native", 10);
}

#[test]
fn hostile_compiled_networks_are_harmless() {
    replay("program", 30);
}

#[test]
fn hostile_samples_are_harmless() {
    replay("npz", 50);
}

#[test]
fn hostile_nir_files_are_harmless() {
    replay("nir", 3);
}

#[test]
fn saved_inputs_of_every_target_are_replayed() {
    let replayed = ["onnx", "onnx_graph", "native", "program", "npz", "nir"];
    assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), replayed);
    let bytes: usize = replayed.iter().flat_map(|name| pack::read(name)).map(|input| input.len()).sum();
    assert!(bytes < 1 << 20, "{bytes} bytes of saved inputs; minimise them with `fuzz/run --save`");
}
