//! What is predicted of a design's LUTs, flip-flops and block RAMs, held to what yosys makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use bumpalo::Bump;
use serde_json::Value;
use snnc::backend::verilog::board::{Chosen, find};
use snnc::backend::verilog::cost::{Resources, TOLERANCE};
use snnc::backend::{BACKENDS, EmitOptions, Emitted};
use snnc::compiled::{Compiled, Engine};
use snnc_tests::random_network::{Rng, build, recipe};

fn emitted(compiled: &Compiled<'_>, options: &EmitOptions<'_>) -> Emitted {
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a target");
    (backend.emit)(compiled, options).expect("it is carried, and fits")
}

/// What yosys makes of a design for the 7 series.
fn synthesised(emitted: &Emitted, top: &str) -> Resources {
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let mut sources = Vec::new();
    for file in &emitted.files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
        fs::write(path, &file.content).expect("scratch");
        if file.path.starts_with("rtl/") || file.path == format!("{top}.v") {
            sources.push(file.path.as_str());
        }
    }
    let script = format!(
        "read_verilog -defer {}; synth_xilinx -family xc7 -flatten -nodsp -noiopad -top {top}; \
         tee -q -o cells.json stat -json",
        sources.join(" ")
    );
    let output = Command::new("yosys").args(["-q", "-p", &script]).current_dir(folder.path()).output();
    let output = output.unwrap_or_else(|_| panic!("`yosys` is not installed: apt-get install -y yosys"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(folder.path().join("cells.json")).expect("figures");
    let figures: Value = serde_json::from_str(&text).expect("JSON");
    let cells = &figures["design"]["num_cells_by_type"];
    let cells: BTreeMap<String, f64> = serde_json::from_value(cells.clone()).expect("counts of cells");
    let sum = |of: fn(&str) -> f64| cells.iter().map(|(cell, count)| of(cell) * count).sum();
    Resources {
        luts: sum(|cell| match cell {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "SRL16E" | "SRLC32E" => 1.0,
            "RAM32X1D" | "RAM64X1D" => 2.0,
            "RAM32M" | "RAM64M" | "RAM128X1D" => 4.0,
            _ => 0.0,
        }),
        ffs: sum(|cell| f64::from(u8::from(cell.starts_with("FD")))),
        block_rams: sum(|cell| match cell {
            "RAMB36E1" => 1.0,
            "RAMB18E1" => 0.5,
            _ => 0.0,
        }),
        ..Resources::default()
    }
}

/// Block RAMs are exact, LUTs and flip-flops are within the tolerance that is told to users.
fn is_predicted(name: &str, compiled: &Compiled<'_>, options: &EmitOptions<'_>) {
    let emitted = emitted(compiled, options);
    let predicted = emitted.resources.expect("the 7 series' costs are known");
    let own = |path: &str| path.ends_with(".v") && !path.contains('/') && !path.ends_with("_tb.v");
    let top = emitted.files.iter().find(|file| own(&file.path)).expect("a top").path.trim_end_matches(".v").to_owned();
    let found = synthesised(&emitted, &top);
    let off = |predicted: f64, found: f64| (predicted / found - 1.0) * 100.0;
    let (luts, ffs) = (off(predicted.luts, found.luts), off(predicted.ffs, found.ffs));
    println!(
        "{name}: LUTs {} for {} ({luts:+.1} %), flip-flops {} for {} ({ffs:+.1} %), block RAMs {} for {}",
        predicted.luts, found.luts, predicted.ffs, found.ffs, predicted.block_rams, found.block_rams
    );
    assert_eq!(predicted.block_rams, found.block_rams, "{name}: block RAMs");
    assert!(luts.abs() <= 100.0 * TOLERANCE, "{name}: {} LUTs predicted, {} found", predicted.luts, found.luts);
    assert!(ffs.abs() <= 100.0 * TOLERANCE, "{name}: {} flip-flops predicted, {} found", predicted.ffs, found.ffs);
}

/// Random networks of every kind of layer, at one and more inputs per clock, few lanes, loaded weights.
#[test]
fn random_networks_take_what_is_predicted() {
    for seed in 5100..5112 {
        let arena = Bump::new();
        let mut rng = Rng::new(seed);
        let mut compiled = build(&arena, &recipe(&mut rng), &mut rng);
        let slots = 1 << (seed % 3);
        compiled.layout.engines = vec![Engine { slots, ..Engine::default() }; compiled.steps.len()];
        let load_weights = seed.is_multiple_of(4);
        is_predicted(&format!("seed {seed}"), &compiled, &EmitOptions { load_weights, ..EmitOptions::default() });
    }
}
