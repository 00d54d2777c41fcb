//! From a model to a bitstream for a board, as a user does it.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;
use snnc::npz::Column;
use support::{fixture, json, refused, succeeds};

/// A native model of 8-4-3, in a file.
fn tiny(folder: &Path) -> String {
    let weights = |count: u32, step: u32| (0..count).map(|i| (i * step % 251) as u8).collect::<Vec<u8>>();
    let (first, second) = (weights(32, 37), weights(12, 59));
    let graph = r#"{"kind": "graph", "version": 1, "timesteps": 3, "nodes": [
        {"name": "input", "op": {"input": {"encoding": "spikes"}}, "shape": [8]},
        {"name": "first", "op": {"linear": {"weight": "first"}}},
        {"name": "hidden", "op": {"neuron": {"threshold": 40.0}}},
        {"name": "second", "op": {"linear": {"weight": "second"}}},
        {"name": "out", "op": {"neuron": {"threshold": 40.0}}}]}"#;
    let view = |shape, data| TensorView::new(Dtype::I8, shape, data).expect("a sound tensor");
    let tensors = [("first", view(vec![4, 8], &first[..])), ("second", view(vec![3, 4], &second[..]))];
    let bytes = serialize(tensors, Some(HashMap::from([("snnc".to_owned(), graph.to_owned())]))).expect("a sound file");
    let path = folder.join("tiny.snn");
    fs::write(&path, bytes).expect("the scratch folder is writable");
    path.display().to_string()
}

fn used(built: &Value, name: &str) -> f64 {
    let figures = built["figures"].as_array().expect("figures").iter();
    figures.filter(|f| f["name"] == name).find_map(|f| f["used"].as_f64()).expect(name)
}

#[test]
fn a_model_becomes_a_bitstream_and_its_report_says_what_it_takes() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, folder) = (tiny(scratch.path()), scratch.path().join("out"));
    let out = folder.display().to_string();
    succeeds(&["compile", &model, "--target", "fpga", "--board", "hx8k", "-o", &out]);
    let built = json(&["build", &out, "--json"]);
    let bitstream = fs::read(folder.join("build/tiny.bin")).expect("a bitstream");
    assert!(bitstream.windows(4).any(|four| four == [0x7e, 0xaa, 0x99, 0x7e]), "the preamble of an iCE40");
    assert!(
        used(&built, "LUTs") > 100.0 && used(&built, "FFs") > 100.0 && used(&built, "block RAMs") >= 1.0,
        "{built}"
    );
    assert!(built["fmax_mhz"].as_f64().is_some_and(|mhz| mhz > 12.0), "{built}");
    let report: Value = serde_json::from_slice(&fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
    assert_eq!(report["built"], built);
    assert_eq!(report["board"]["clock_mhz"], 12.0);
    let page = fs::read_to_string(folder.join("report.md")).expect("a report");
    assert!(
        page.contains(
            "## Built\n\nFor the iCE40-HX8K breakout board (iCE40HX8K-CT256), placed and routed with seed 1."
        ),
        "{page}"
    );

    // another placement: the bitstream is its own, and there is one section of figures
    json(&["build", &out, "--seed", "2", "--json"]);
    assert_ne!(fs::read(folder.join("build/tiny.bin")).expect("a bitstream"), bitstream);
    let page = fs::read_to_string(folder.join("report.md")).expect("a report");
    assert_eq!((page.matches("## Built").count(), page.matches("with seed 2").count()), (1, 1), "{page}");

    // a folder that was built is still snnc's
    succeeds(&["compile", &model, "--target", "fpga", "--board", "arty", "-o", &out]);
    let estimate = json(&["build", &out, "--json"]);
    assert_eq!(estimate["estimate"], true);
    assert!(used(&estimate, "LUTs") > 100.0, "{estimate}");
    assert!(fs::read_to_string(folder.join("vivado.tcl")).expect("a script").contains("-part xc7a35ticsg324-1L"));
}

#[test]
fn the_help_names_every_board() {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_snnc")).args(["compile", "--help"]).output();
    let help = String::from_utf8(help.expect("snnc starts").stdout).expect("text");
    for board in snnc::backend::verilog::board::BOARDS {
        assert!(help.contains(board.name), "{}", board.name);
    }
}

#[test]
fn a_layout_is_chosen_within_what_is_allowed() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, folder) = (tiny(scratch.path()), scratch.path().join("out"));
    let out = folder.display().to_string();
    succeeds(&["compile", &model, "--target", "fpga", "--slots", "2", "--neurons", "1", "--chunk", "8", "-o", &out]);
    let design = fs::read_to_string(folder.join("tiny.v")).expect("a design");
    assert!(design.contains(".SLOTS(2)"), "{design}");
    let groups: Vec<&str> = design.split(".GROUP(").skip(1).filter_map(|text| text.split(')').next()).collect();
    assert!(!groups.is_empty() && groups.iter().all(|group| *group == "1"), "{groups:?}");
}

#[test]
fn an_objective_chooses_a_layout_within_the_part_and_says_why() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, calib) = (tiny(scratch.path()), scratch.path().join("calib.npz"));
    let spikes: Vec<bool> = (0..2 * 3 * 8).map(|i| i % 3 == 0).collect();
    let file = snnc::npz::write(&[("x", &[2, 3, 8], Column::Bool(&spikes))]).expect("memory takes it");
    fs::write(&calib, file).expect("the scratch folder is writable");
    let (calib, out) = (calib.display().to_string(), scratch.path().join("out").display().to_string());
    let compile = ["compile", &model, "--target", "fpga", "-o", &out, "--json"];
    let with = |more: &[&str]| json(&[&compile[..], &["--board", "hx8k", "--calib", &calib], more].concat());
    let luts = |report: &Value| report["resources"]["luts"].as_f64().expect("predicted");
    let clocks = |report: &Value| report["predicted_clocks"][0].as_u64().expect("predicted");
    let [latency, area] = ["latency", "area"].map(|objective| with(&["--objective", objective, "--slots", "4"]));
    // four neurons are so few that one layout may serve both; larger networks are in the workspace's tests
    assert!(luts(&area) <= luts(&latency) && clocks(&latency) <= clocks(&area), "{area} {latency}");
    let why = |report: &Value| report["chosen"].as_str().expect("it says why").to_owned();
    assert!(
        why(&area).starts_with("area: --slots 1 --lanes ") && why(&area).contains(" layouts that fit of "),
        "{area}"
    );
    // so small a network is fastest with all of it in logic, which no option of the engines asks for
    let unrolled = with(&["--objective", "latency"]);
    assert!(why(&unrolled).starts_with("latency: --unrolled,"), "{unrolled}");
    assert!(clocks(&unrolled) < clocks(&latency), "{unrolled} {latency}");
    // what is asked for beside it is at most
    let bounded = with(&["--objective", "latency", "--lanes", "2"]);
    assert!(why(&bounded).contains("--lanes 2,") || why(&bounded).contains("--lanes 1,"), "{bounded}");
    assert!(clocks(&bounded) >= clocks(&latency), "{bounded} {latency}");

    // block RAMs lack, so small memories become flip-flops
    let (model, calib) = (fixture("up5k/model.snn"), fixture("up5k/calib200.npz"));
    let memories = ["--membrane-bits", "12", "--lanes", "8", "--neurons", "1", "--chunk", "8", "--calib"];
    let network = ["compile", &*model, "--target", "fpga", "--board", "hx8k", "-o", &out, "--json"];
    let few = json(&[&network[..], &memories, &[&calib]].concat());
    assert!(few["resources"]["block_rams"].as_f64().is_some_and(|rams| rams <= 32.0), "{few}");
    let makefile = fs::read_to_string(scratch.path().join("out/Makefile")).expect("a Makefile");
    let cost = makefile.lines().find_map(|line| line.strip_prefix("RAM_COST ?= ")).expect("a price");
    assert!(cost.parse::<f64>().is_ok_and(|cost| cost < 1.0), "{cost}");

    let said = refused(&[&compile[..], &["--board", "hx8k", "--objective", "area"]].concat());
    assert!(said.contains("was asked for without samples to predict clocks on"), "{said}");
    let said = refused(&[&compile[..], &["--objective", "area"]].concat());
    assert!(said.contains("--board <NAME>"), "an objective is within a part: {said}");
}

#[test]
fn what_a_part_cannot_hold_is_refused_with_the_nearest_that_fits() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("out");
    let (model, folder) = (fixture("bench_fc_rate/model.snn"), out.display().to_string());
    let compile = |more: &[&str]| {
        let said = refused(&[&["compile", &model, "--target", "fpga", "-o", &folder, "--board"], more].concat());
        said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    };
    let said = compile(&["icebreaker"]);
    assert!(said.contains("logic cells of 5280 and") && said.contains("block RAMs of 30 that the board"), "{said}");
    assert!(said.contains("the smallest board that takes it is tangnano20k with the same options:"), "{said}");
    let said = compile(&["orangecrab", "--slots", "4"]);
    assert!(said.contains("block RAMs of 56 that the board orangecrab has"), "{said}");
    assert!(said.contains("the nearest that fits is --slots 2:"), "{said}");
    assert!(!out.exists());
}

#[test]
fn what_a_board_does_not_have_is_refused_with_what_there_is() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, out) = (tiny(scratch.path()), scratch.path().join("out").display().to_string());
    let compile = |arguments: &[&str]| refused(&[&["compile", &model, "-o", &out], arguments].concat());
    let said = compile(&["--target", "mcu", "--board", "icebreaker"]);
    assert!(said.contains("`--board icebreaker` was asked for, which is an FPGA's"), "{said}");
    assert!(said.contains("or use one of nrf52840-dk, "), "{said}");
    let said = compile(&["--target", "mcu", "--board", "uno"]);
    assert!(said.contains("`--board uno` was asked for, which is not known"), "{said}");
    let said = compile(&["--target", "fpga", "--board", "pico"]);
    assert!(said.contains("`--board pico` was asked for, which is a microcontroller's"), "{said}");
    assert!(said.contains("icebreaker, hx8k, ulx3s, orangecrab, tangnano9k, tangnano20k, arty, pynq-z2"), "{said}");
    for option in [["--ram", "16KiB"], ["--flash", "1MiB"], ["--schedule", "layers"]] {
        let said = compile(&[&["--target", "fpga"], &option[..]].concat());
        assert!(said.contains("was asked for, which only a microcontroller has"), "{said}");
    }
    assert!(compile(&["--target", "mcu", "--ram", "lots"]).contains("`lots` is no size"));
    let said = compile(&["--target", "mcu", "--load-weights"]);
    assert!(said.contains("`--load-weights` was asked for, which only an FPGA has"), "{said}");
    let said = compile(&["--target", "mcu", "--chunk", "8"]);
    assert!(said.contains("`--chunk 8` was asked for, which only an FPGA has"), "{said}");
    let said = compile(&["--target", "fpga", "--board", "de10"]);
    assert!(said.contains("`--board de10` was asked for, which is not known"), "{said}");
    let said = compile(&["--target", "fpga", "--board", "arty", "--host", "axi"]);
    assert!(said.contains("the board arty has no pins for it") && said.contains("use --host uart or spi"), "{said}");
    let said = compile(&["--target", "fpga", "--board", "arty", "--clock", "50"]);
    assert!(said.contains("no PLL is known of the board arty"), "{said}");
    assert!(compile(&["--target", "fpga", "--clock", "50"]).contains("--board"), "a clock is a board's");
}

#[test]
fn a_folder_that_is_for_no_board_and_missing_tools_are_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, out) = (tiny(scratch.path()), scratch.path().join("out").display().to_string());
    succeeds(&["compile", &model, "--target", "fpga", "-o", &out]);
    let said = refused(&["build", &out]);
    assert!(said.contains("was not compiled for a board: its report names none"), "{said}");
    succeeds(&["compile", &model, "--target", "fpga", "--board", "icebreaker", "-o", &out]);
    let mut bare = std::process::Command::new(env!("CARGO_BIN_EXE_snnc"));
    let output = bare.args(["build", &out]).env("PATH", scratch.path()).output().expect("snnc starts");
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        !output.status.success() && said.contains("`yosys`, `nextpnr-ice40`, `icepack`, `make` are not installed"),
        "{said}"
    );
    assert!(said.contains("apt-get install -y make yosys nextpnr-ice40"), "{said}"); // what follows is broken into lines
}
