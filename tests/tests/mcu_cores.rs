//! Emulated Cortex-M cores give the host's spikes; what snnc writes builds everywhere, alone.

use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::rust::{BACKEND, BOARDS, M0, M4};
use snnc::backend::{EmitOptions, File};
use snnc::compiled::{Compiled, Schedule};
use snnc::data::Sample;
use snnc::host::{Trace, trace};
use snnc::machine::toolchain::Toolchain;
use snnc::machine::{MACHINES, Machine, MachineError, Outcome, Unit, cortex_m};
use snnc_tests::random_network::{Rng, build, recipe, samples};

/// A random network and samples for it.
fn network(arena: &Bump, seed: u64) -> (Compiled<'_>, Vec<Sample>) {
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let compiled = build(arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 3);
    (compiled, samples)
}

fn traces(compiled: &Compiled<'_>, samples: &[Sample]) -> Vec<Trace> {
    samples.iter().map(|sample| trace(&compiled.program, sample)).collect()
}

fn run(machine: &Machine, compiled: &Compiled<'_>, samples: &[Sample], traces: &[Trace]) -> Outcome {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    (machine.run)(compiled, samples, traces, scratch.path()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn write(folder: &Path, files: &[File]) {
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().expect("files lie in the folder")).expect("a folder");
        std::fs::write(path, &file.content).expect("a file");
    }
}

#[test]
fn every_core_gives_the_hosts_spikes() {
    let cores: Vec<&Machine> = MACHINES.iter().filter(|machine| machine.unit == Unit::Instructions).collect();
    assert_eq!(cores.len(), BOARDS.len());
    for (machine, seed) in cores.into_iter().zip(1..) {
        let arena = Bump::new();
        let (compiled, samples) = network(&arena, seed);
        let outcome = run(machine, &compiled, &samples, &traces(&compiled, &samples));
        assert_eq!(outcome.difference, None, "{}", machine.name);
        assert_eq!(outcome.cost.len(), samples.len());
        assert!(outcome.cost.iter().all(|&instructions| instructions > 100), "{outcome:?}");
    }
}

#[test]
fn the_same_run_takes_the_same_instructions() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 6);
    let traces = traces(&compiled, &samples);
    let outcomes = [(); 2].map(|()| run(&cortex_m::CORTEX_M4, &compiled, &samples, &traces));
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn the_first_spike_that_differs_is_named() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 1);
    let mut traces = traces(&compiled, &samples);
    let step = *snnc::host::spiking_steps(&compiled.program).last().expect("a layer of neurons");
    let timestep = compiled.program.timesteps() as usize - 1;
    traces[1].edges[step][timestep][0] ^= 1;
    traces[2].edges[step][0][0] ^= 1;
    let difference = run(&cortex_m::CORTEX_M4, &compiled, &samples, &traces).difference.expect("a difference");
    let place = (difference.sample, difference.layer.as_str(), difference.timestep, difference.neuron);
    assert_eq!(place, (1, compiled.steps[step].name.as_str(), timestep, 0));
    assert_eq!(difference.expected, i64::from(traces[1].edges[step][timestep][0] & 1));
    assert_eq!(difference.found, 1 - difference.expected);
}

#[test]
fn a_wrong_score_is_a_difference_too() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 1);
    let mut traces = traces(&compiled, &samples);
    traces[2].scores[0] += 1;
    let difference = run(&cortex_m::CORTEX_M4, &compiled, &samples, &traces).difference.expect("a difference");
    assert_eq!((difference.sample, difference.neuron), (2, 0));
    assert_eq!(difference.expected, difference.found + 1);
}

#[test]
fn no_machine_code_can_panic() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 2);
    for board in [M0, M4] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let emitted = (BACKEND.emit)(&compiled, &EmitOptions::default()).expect("a crate");
        write(&scratch.path().join("network"), &emitted.files);
        write(
            scratch.path(),
            &snnc::backend::rust::verify(&compiled, &board, &[1], samples.len(), Schedule::Timesteps)
                .expect("a firmware"),
        );
        let toolchain = Toolchain::find(board.target).expect("a compiler");
        let programs = toolchain.build(&scratch.path().join("verify"), &scratch.path().join("target")).expect("builds");
        let elf = std::fs::read(programs.join("snnc-verify")).expect("a program");
        let names = |name: &[u8]| elf.windows(name.len()).any(|window| window == name);
        assert!(names(b"snnc_runtime"), "the program has no symbols to look at");
        assert!(!names(b"9panicking"), "{}: a panic is reachable", board.core);
    }
}

#[test]
fn the_crate_builds_for_every_core_without_a_warning() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 3);
    let emitted =
        (BACKEND.emit)(&compiled, &EmitOptions { samples: &samples, ..EmitOptions::default() }).expect("a crate");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    write(scratch.path(), &emitted.files);
    let denied = scratch.path().join("src/lib.rs");
    let library = std::fs::read_to_string(&denied).expect("a library");
    std::fs::write(denied, library.replacen("#![no_std]", "#![no_std]\n#![deny(warnings, missing_docs)]", 1))
        .expect("written");
    for board in BOARDS {
        let toolchain = Toolchain::find(board.target).expect("a compiler");
        toolchain.build(scratch.path(), &scratch.path().join("target")).unwrap_or_else(|error| panic!("{error:?}"));
    }
}

#[test]
fn the_example_firmware_runs_and_agrees_with_the_host() {
    let arena = Bump::new();
    let (compiled, samples) = network(&arena, 4);
    let traces = traces(&compiled, &samples);
    for given in [&samples[..], &[]] {
        let emitted =
            (BACKEND.emit)(&compiled, &EmitOptions { samples: given, ..EmitOptions::default() }).expect("a crate");
        let scratch = tempfile::tempdir().expect("a scratch folder");
        write(scratch.path(), &emitted.files);
        let target = scratch.path().join("target");
        let programs = Toolchain::find(M4.target).expect("a compiler").build(&scratch.path().join("firmware"), &target);
        let output = Command::new("qemu-system-arm")
            .args(["-M", M4.machine, "-icount", "shift=0", "-nographic", "-monitor", "none", "-serial", "none"])
            .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
            .arg(programs.unwrap_or_else(|error| panic!("{error:?}")).join("firmware"))
            .output()
            .expect("qemu-system-arm: apt-get install -y qemu-system-arm");
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        for (index, trace) in traces.iter().take(given.len()).enumerate() {
            let class = trace.prediction;
            assert!(said.contains(&format!("sample {index}: class {class}, on the host {class}, ")), "{said}");
        }
        assert!(said.contains(" instructions") && said.lines().count() == given.len().max(1), "{said}");
    }
}

#[test]
fn a_network_too_large_for_the_microbit_is_refused_with_the_figure() {
    let arena = Bump::new();
    let (mut compiled, samples) = network(&arena, 5);
    let program = compiled.program;
    // the same steps with so many neurons in front that their state alone is larger than the memory
    let wide = wide(&arena, &program);
    compiled.steps = vec![compiled.steps[0].clone()];
    compiled.program = wide;
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let error = (cortex_m::CORTEX_M0.run)(&compiled, &samples[..0], &[], scratch.path()).expect_err("too large");
    let MachineError::Backend(error) = error else { panic!("{error:?}") };
    assert_eq!(
        error.source.to_string(),
        "needs 32432 bytes of RAM by timesteps (arena, one frame, stack), microbit has 16384"
    );
}

/// 3000 neurons, one to one.
fn wide<'a>(arena: &'a Bump, program: &snnc_runtime::program::Program<'a>) -> snnc_runtime::program::Program<'a> {
    use snnc_runtime::program::{
        Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce,
        Reset, ResetTiming, Shape, Step, Synapses,
    };
    let shape = Shape::vector(3000);
    let edge = Edge { shape, kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let weights: &[i8] = arena.alloc_slice_fill_copy(3000, 1);
    let synapses = Synapses::Int8 { weights };
    let projection = Projection { source: 0, delay: 0, connection: Connection::Identity, synapses };
    let neuron = Neuron {
        leak: Leak::None,
        threshold: arena.alloc_slice_fill_copy(3000, 1),
        reset: Reset::None,
        reset_timing: ResetTiming::Immediate,
        membrane_bits: 8,
        ..Neuron::BARE
    };
    let population = Population {
        projections: arena.alloc_slice_copy(&[projection]),
        accumulator_bits: 2,
        current_shift: 0,
        bias: arena.alloc_slice_fill_copy(3000, 0),
        neuron: Some(neuron),
        output: edge,
    };
    let readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let steps = arena.alloc_slice_copy(&[Step::Population(population)]);
    Program::new(edge, steps, readout, program.timesteps()).expect("a sound network")
}
