//! What is predicted of a design's LUTs, flip-flops and block RAMs, held to what yosys makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use bumpalo::Bump;
use serde_json::Value;
use snnc::backend::verilog::cost::{Resources, TOLERANCE};
use snnc::backend::{BACKENDS, EmitOptions, Emitted};
use snnc::compiled::{Compiled, Engine};
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, samples};

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

/// A network of `fixtures/`, and how it is laid out.
struct Case {
    file: &'static str,
    timesteps: u32,
    weights: &'static str,
    slots: u8,
    lanes: Option<u32>,
    neurons: u8,
}

/// What is wrong with what is predicted: block RAMs are exact, LUTs and flip-flops within the tolerance that users are told.
fn wrong(case: &Case) -> Option<String> {
    let Case { file, timesteps, weights, slots, lanes, neurons } = *case;
    let calib = samples(if file.starts_with("bench") { "bench_fc_rate/spikes.npz" } else { "mnist/train200.npz" });
    let mut graph = model(file, Some(timesteps)).graph;
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let choices = Choices { weights: weights.parse().expect("encodings"), ..Choices::default() };
    let mut compiled =
        pipeline::build(&graph, timesteps, Some(&calib), &choices, &arena).expect("it compiles").compiled;
    compiled.layout.lanes = lanes;
    compiled.layout.engines = vec![Engine { slots, group: neurons, ..Engine::default() }; compiled.steps.len()];
    let emitted = emitted(&compiled, &EmitOptions::default());
    let predicted = emitted.resources.expect("the 7 series' costs are known");
    let own = |path: &str| path.ends_with(".v") && !path.contains('/') && !path.ends_with("_tb.v");
    let top = emitted.files.iter().find(|file| own(&file.path)).expect("a top").path.trim_end_matches(".v").to_owned();
    let found = synthesised(&emitted, &top);
    let off = |predicted: f64, found: f64| (predicted / found - 1.0) * 100.0;
    let (luts, ffs) = (off(predicted.luts, found.luts), off(predicted.ffs, found.ffs));
    let line = format!(
        "{file} {weights} {slots}: LUTs {} for {} ({luts:+.1} %), flip-flops {} for {} ({ffs:+.1} %), \
         block RAMs {} for {}",
        predicted.luts, found.luts, predicted.ffs, found.ffs, predicted.block_rams, found.block_rams
    );
    println!("{line}");
    let tolerated = luts.abs().max(ffs.abs()) <= 100.0 * TOLERANCE && predicted.block_rams == found.block_rams;
    (!tolerated).then_some(line)
}

/// Networks of every kind of layer, with few lanes so that they are synthesised quickly.
#[test]
fn networks_take_what_is_predicted() {
    let case =
        |file, timesteps, weights, slots, lanes, neurons| Case { file, timesteps, weights, slots, lanes, neurons };
    let cases = [
        case("b_snntorch_conv_maxpool/step_ts.onnx", 5, "auto", 1, Some(8), 1),
        case("b_snntorch_conv_maxpool/step_ts.onnx", 5, "codebook4,ends=int8", 1, Some(8), 2),
        case("e_snntorch_recurrent/step_ts.onnx", 28, "auto", 1, Some(8), 1),
        case("bench_fc_rate/model.snn", 25, "auto", 1, None, 2),
    ];
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "predicted for found:\n{}", wrong.join("\n"));
}
