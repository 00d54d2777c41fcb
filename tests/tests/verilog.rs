//! The emitted Verilog does what the program says: random networks, every spike of every layer and every clock, with
//! and without back-pressure; and every tool reads it without a word.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::{Hardware, WeightStore};
use snnc::host::trace;
use snnc::machine::verilog::{Simulator, Stress, write, write_with};
use snnc_tests::random_network::{Rng, build, layout, recipe, samples};

/// Runs the network of a seed: three samples back to back, held back at random, and after a reset in the middle.
fn check(simulator: &Simulator, seed: u64) {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let mut compiled = build(&arena, &recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 3);
    let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    compiled.layout = layout(&mut rng, &[None, None, Some(1), Some(5)]);
    for engine in &mut compiled.layout.engines {
        engine.lanes = rng.pick(&[None, None, Some(2), Some(6)]);
    }
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let context = format!("seed {seed}, {:?}: {recipe:?}", compiled.layout);
    // in every third network the testbench loads the weights first
    let stores = [WeightStore::Fixed, WeightStore::Loaded { large: 0 }, WeightStore::Loaded { large: 64 }];
    let store = if seed.is_multiple_of(3) { rng.pick(&stores[1..]) } else { stores[0] };
    let hardware = write_with(&compiled, &samples, &traces, folder.path(), store).expect(&context);
    simulator.build(&hardware.top, folder.path()).expect(&context);
    let predicted = &hardware.predicted_clocks;
    let restart = (predicted.iter().sum::<u64>() / 2) as u32 + 20;
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
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_icarus() {
    (1000..1024).for_each(|seed| check(&Simulator::ICARUS, seed));
}

#[test]
fn random_networks_spike_alike_on_the_host_and_in_verilator() {
    (2000..2003).for_each(|seed| check(&Simulator::VERILATOR, seed));
}

/// The design of a seed, written without a testbench.
fn written(seed: u64, folder: &Path) -> Hardware {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = recipe(&mut rng);
    let mut compiled = build(&arena, &recipe, &mut rng);
    compiled.layout = layout(&mut rng, &[None, Some(3)]);
    write(&compiled, &[], &[], folder).unwrap_or_else(|error| panic!("seed {seed}: {error:?}"))
}

/// Paths of the fixed modules.
fn rtl(hardware: &Hardware) -> Vec<&str> {
    hardware.files.iter().map(|file| file.path.as_str()).filter(|path| path.starts_with("rtl/")).collect()
}

/// What a tool says in `folder`.
fn said(tool: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn verilator_has_nothing_to_warn_of() {
    for seed in 3000..3030 {
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = written(seed, folder.path());
        let top = format!("{}.v", hardware.top);
        let mut arguments = vec!["--lint-only", "-Wall", "--top-module", &hardware.top, &top];
        arguments.extend(rtl(&hardware).into_iter().filter(|path| *path != "rtl/snn_encoder.v"));
        assert_eq!(said("verilator", &arguments, folder.path()), "", "seed {seed}");
        let encoder = ["--lint-only", "-Wall", "-Irtl", "rtl/snn_encoder.v"];
        assert_eq!(said("verilator", &encoder, folder.path()), "");
    }
}

#[test]
fn yosys_finds_no_fault() {
    for seed in 3100..3106 {
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = written(seed, folder.path());
        let (top, rtl) = (&hardware.top, rtl(&hardware).join(" "));
        // a latch is a cell that `proc` writes for an incomplete case
        let script = format!(
            "read_verilog {top}.v {rtl}; hierarchy -check -top {top}; proc; check -assert; select -assert-none t:$dlatch"
        );
        assert_eq!(said("yosys", &["-q", "-p", &script], folder.path()).trim(), "", "seed {seed}");
    }
}

#[test]
fn the_encoder_turns_bitmaps_into_events() {
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let hardware = written(3000, folder.path());
    let mut rng = Rng::new(1);
    let (mut words, mut events) = (String::new(), String::new());
    let (mut word_count, mut event_count, mut clocks) = (0, 0, 0);
    for timestep in 0..12 {
        let first = u32::from(timestep % 4 == 0);
        for word in 0..5 {
            let percent = rng.pick(&[0, 0, 30, 90]);
            let bits: u32 = (0..8).map(|bit| u32::from(rng.chance(percent)) << bit).sum();
            let last = u32::from(word == 4);
            writeln!(words, "{:03x}", first << 9 | last << 8 | bits).expect("a string");
            for bit in (0..8).filter(|bit| bits >> bit & 1 == 1) {
                let ends = u32::from(last == 1 && bits >> bit == 1);
                writeln!(events, "{:03x}", first << 8 | ends << 7 | 1 << 6 | (word * 8 + bit)).expect("a string");
                event_count += 1;
            }
            if bits == 0 && last == 1 {
                writeln!(events, "{:03x}", first << 8 | 1 << 7).expect("a string");
                event_count += 1;
            }
            word_count += 1;
            clocks += bits.count_ones().max(1);
        }
    }
    fs::write(folder.path().join("words.mem"), words).expect("scratch");
    fs::write(folder.path().join("events.mem"), events).expect("scratch");
    fs::write(folder.path().join("encoder_tb.v"), include_str!("encoder_tb.v")).expect("scratch");
    let (words, events) = (format!("-DWORDS={word_count}"), format!("-DEVENTS={event_count}"));
    let mut arguments = vec!["-g2005", &words, &events, "-o", "tb", "-s", "encoder_tb", "encoder_tb.v"];
    arguments.extend(rtl(&hardware));
    assert_eq!(said("iverilog", &arguments, folder.path()), "");
    assert_eq!(said("vvp", &["-n", "tb"], folder.path()).lines().next(), Some(&*format!("PASS {clocks}")));
    let held_back = said("vvp", &["-n", "tb", "+seed=5"], folder.path());
    assert!(held_back.starts_with("PASS"), "{held_back}");
}
