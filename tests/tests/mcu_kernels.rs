//! The kernels in assembly give what the portable functions do, on the core itself: random layers, every spike, membrane and
//! score of each timestep. And how many instructions they take, pinned and held to what the project promises.

use std::path::Path;
use std::process::Command;

use snnc::backend::rust::{Board, M3, M4, M7, M33};
use snnc::machine::toolchain::Toolchain;

/// Timesteps of a count that the firmware prints.
const MEASURED: f64 = 40.0;

/// Recorded counts: compiler, core, kernel, ticks.
const RECORDED: &str = include_str!("mcu_kernels.txt");

/// Code of a Cortex-M0 on a board that has room for it.
const M0: Board = Board { core: "cortex-m0", target: "thumbv6m-none-eabi", ..M3 };

/// A Cortex-M33 with the DSP extension, which the first core of the AN521 does not have.
const M33_DSP: Board = Board { core: "cortex-m33+dsp", machine: "mps2-an505", ..M33 };

/// Copies the runtime to `to`, as a package of its own name.
fn copy_runtime(to: &Path, name: &str) {
    let put = |path: &str, text: &str| {
        let path = to.join(path);
        std::fs::create_dir_all(path.parent().expect("files lie in a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let features = "[features]\ndsp = []\nportable = []\nsource = []\n";
    put("Cargo.toml", &format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n{features}"));
    put("build.rs", snnc_runtime::source::BUILD);
    for (path, text) in snnc_runtime::source::FILES {
        put(&format!("src/{path}"), text);
    }
}

/// Builds the firmware for a board and returns what it prints; it ends well only if all layers agree.
fn run(board: &Board) -> (String, Toolchain) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path();
    copy_runtime(&folder.join("runtime"), "snnc-runtime");
    copy_runtime(&folder.join("portable"), "snnc-runtime-portable");
    let firmware = folder.join("firmware");
    std::fs::create_dir_all(firmware.join("src")).expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let template = root.join("../templates/mcu/firmware");
    let copy = |from: &Path, to: &str| {
        std::fs::copy(from, firmware.join(to)).expect("a file to copy");
    };
    for file in ["link.x", "build.rs"] {
        copy(&template.join(file), file);
    }
    for file in ["startup.rs", "semihosting.rs", "ticks.rs"] {
        copy(&template.join(file), &format!("src/{file}"));
    }
    for file in ["main.rs", "side.rs", "layers.rs"] {
        copy(&root.join("kernels").join(file), &format!("src/{file}"));
    }
    let dsp = if *board == M33_DSP { ", features = [\"dsp\"]" } else { "" };
    let manifest = format!(
        "[package]\nname = \"kernels\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         snnc-runtime = {{ path = \"../runtime\"{dsp} }}\n\
         snnc-runtime-portable = {{ path = \"../portable\", features = [\"portable\"] }}\n\
         [profile.release]\ncodegen-units = 1\ndebug = \"line-tables-only\"\nlto = true\nopt-level = 3\npanic = \"abort\"\n"
    );
    std::fs::write(firmware.join("Cargo.toml"), manifest).expect("a file");
    let memory = format!(
        "MEMORY {{\nFLASH (rx) : ORIGIN = {:#x}, LENGTH = {}\nRAM (rwx) : ORIGIN = {:#x}, LENGTH = {}\n}}\n",
        board.flash, board.flash_bytes, board.ram, board.ram_bytes
    );
    std::fs::write(firmware.join("memory.x"), memory).expect("a file");
    let toolchain = Toolchain::find(board.target).expect("a compiler");
    let programs = toolchain.build(&firmware, &folder.join("target")).unwrap_or_else(|error| panic!("{error:?}"));
    let output = Command::new("qemu-system-arm")
        .args(["-M", board.machine, "-icount", "shift=0", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(programs.join("kernels"))
        .output()
        .expect("qemu-system-arm: apt-get install -y qemu-system-arm");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", board.core);
    (said.into_owned(), toolchain)
}

/// Instructions per timestep of each kernel, which are those recorded.
fn measured(board: &Board) -> impl Fn(&str) -> f64 {
    let (said, toolchain) = run(board);
    assert!(said.contains("400 layers agree"), "{said}");
    let counts: Vec<(String, f64)> = said
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, ticks)| (name.to_owned(), ticks.trim().parse().expect("a number of ticks")))
        .collect();
    let version = toolchain.version();
    let found: String =
        counts.iter().map(|(name, ticks)| format!("{version} {} {name}: {ticks}\n", board.core)).collect();
    let missing: Vec<&str> = found.lines().filter(|line| !RECORDED.lines().any(|recorded| recorded == *line)).collect();
    assert!(
        missing.is_empty(),
        "counts changed, or the compiler is new: if that is meant, write into tests/mcu_kernels.txt\n{}",
        missing.join("\n")
    );
    let per_tick = f64::from(board.half_instructions_per_tick) / 2.0;
    move |name| {
        let ticks = counts.iter().find(|(kernel, _)| kernel == name).unwrap_or_else(|| panic!("no kernel {name:?}")).1;
        ticks * per_tick / MEASURED
    }
}

/// Instructions per active synapse of a layer of 784 inputs and 128 outputs, between 8 spikes and 78, or 78 and 235.
fn slope(count: &impl Fn(&str) -> f64, kernel: &str, from: u32, to: u32) -> f64 {
    let at = |spikes: u32| count(&format!("{kernel} 784-128, {spikes} spikes"));
    (at(to) - at(from)) / (f64::from(to - from) * 128.0)
}

/// Instructions per product of a byte and a weight, where 78 to 235 of 784 inputs are not zero.
fn per_product(count: &impl Fn(&str) -> f64) -> f64 {
    let at = |bytes: u32| count(&format!("int8 784-128, {bytes} bytes"));
    (at(235) - at(78)) / (157.0 * 128.0)
}

/// Instructions per neuron of a silent layer, currents and all.
fn per_neuron(count: &impl Fn(&str) -> f64, neurons: &str) -> f64 {
    (count(&format!("192 neurons, {neurons}")) - count(&format!("64 neurons, {neurons}"))) / 128.0
}

#[test]
fn cortex_m4() {
    let count = measured(&M4);
    for (from, to) in [(8, 78), (78, 235)] {
        assert!(slope(&count, "int8", from, to) <= 0.85);
        assert!(slope(&count, "binary", from, to) <= 0.36);
        assert!(slope(&count, "4-bit", from, to) <= 0.8);
        // lists have three entries, where a row has 128
        assert!(slope(&count, "lists of 3", from, to) * 128.0 <= 46.0);
    }
    assert!(slope(&count, "codewords", 8, 78) <= 0.36);
    assert!(slope(&count, "codewords", 78, 235) <= 0.37);
    assert!(per_product(&count) <= 1.85);
    // the bias included
    assert!(per_neuron(&count, "shift, subtract, alike") <= 8.5);
}

#[test]
fn cortex_m0() {
    let count = measured(&M0);
    for (from, to) in [(8, 78), (78, 235)] {
        assert!(slope(&count, "binary", from, to) <= 0.55);
        assert!(slope(&count, "int8", from, to) <= 2.4);
        assert!(slope(&count, "4-bit", from, to) <= 1.6);
        assert!(slope(&count, "codewords", from, to) <= 0.6);
    }
    assert!(per_product(&count) <= 5.0);
    assert!(per_neuron(&count, "shift, subtract, alike") <= 25.0);
}

#[test]
fn cortex_m3() {
    let count = measured(&M3);
    for (from, to) in [(8, 78), (78, 235)] {
        assert!(slope(&count, "binary", from, to) <= 0.36);
        assert!(slope(&count, "int8", from, to) <= 2.1);
        assert!(slope(&count, "4-bit", from, to) <= 1.5);
    }
    assert!(per_product(&count) <= 3.0);
    assert!(per_neuron(&count, "shift, subtract, alike") <= 22.0);
}

#[test]
fn a_cortex_m33_without_and_with_the_dsp_extension() {
    for board in [M33, M33_DSP] {
        assert!(run(&board).0.contains("400 layers agree"), "{}", board.core);
    }
}

#[test]
fn the_cortex_m7_runs_what_the_cortex_m4_does() {
    assert_eq!(run(&M7).0, run(&M4).0);
}
