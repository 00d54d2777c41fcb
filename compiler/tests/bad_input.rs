//! Bad input: exit code 1 (2 for wrong usage), one diagnostic that names the file or node and says what to do, no panic,
//! nothing left behind.

mod support;

use std::path::{Path, PathBuf};

use support::{fixture, snnc};

const MODEL: &str = "a_snntorch_fc/step_dyn.onnx";
const DATA: &str = "mnist/test200.npz";
const CALIB: &str = "mnist/train200.npz";

/// Asserts that a command is refused with `code`, with all of `said` in its message, and without a panic.
fn refused(arguments: &[&str], code: i32, said: &[&str]) {
    let output = snnc(arguments);
    let message = String::from_utf8_lossy(&output.stderr).replace("\n  │ ", " ").replace("\n        ", " ");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(!message.contains("panicked"), "{arguments:?}: {message}");
    for said in said {
        assert!(message.contains(said), "{arguments:?}: `{said}` is not in: {message}");
    }
    assert!(output.stdout.is_empty(), "{arguments:?} printed a result");
}

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a scratch folder"))
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("the scratch folder takes files");
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(fixture(path)).expect("the fixture is there")
}

#[test]
fn a_file_that_is_no_model_is_refused_by_name() {
    let scratch = Scratch::new();
    let (data, model) = (fixture(DATA), read(MODEL));
    for (name, content) in [
        ("empty.onnx", &[][..]),
        ("text.onnx", b"hello, this is text"),
        ("short.onnx", &model[..model.len() / 2]),
        ("zeros.onnx", &[0; 4096]),
        ("words.snn", &[0xff; 64]),
        ("empty.snn", &[]),
    ] {
        let path = scratch.file(name, content);
        refused(&["run", &path, "--data", &data, "--timesteps", "2"], 1, &[name, "help:"]);
    }
    refused(&["inspect", "no/such/file.onnx"], 1, &["no/such/file.onnx", "cannot be read"]);
}

#[test]
fn any_damage_gives_a_diagnostic_or_a_sound_network_and_never_a_panic() {
    let scratch = Scratch::new();
    let model = read("d_snntorch_binary_conv/step_dyn.onnx");
    for case in 0..60usize {
        let mut damaged = model.clone();
        let at = case * 7919 * 31 % damaged.len();
        match case % 3 {
            0 => damaged.truncate(at),
            1 => damaged[at] ^= 1 << (case % 8),
            _ => damaged[at..(at + 9).min(model.len())].fill(0xff),
        }
        let path = scratch.file("damaged.onnx", &damaged);
        let output = snnc(&["inspect", &path]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "case {case}: {message}");
        assert!(!message.contains("panicked"), "case {case}: {message}");
    }
}

#[test]
fn a_step_model_without_timesteps_asks_for_them() {
    let (model, data) = (fixture(MODEL), fixture(DATA));
    refused(&["run", &model, "--data", &data], 1, &["timesteps", "--timesteps T"]);
}

#[test]
fn samples_that_do_not_fit_are_refused_with_both_shapes() {
    let scratch = Scratch::new();
    let model = fixture("b_snntorch_conv_maxpool/unrolled_dyn.onnx");
    let spikes = fixture("bench_fc_rate/spikes.npz");
    refused(&["run", &model, "--data", &spikes], 1, &["spikes.npz", "[25, 784]", "8"]);
    let text = scratch.file("data.npz", b"no archive");
    refused(&["run", &model, "--data", &text], 1, &["data.npz", "help:"]);
    let no_x = fixture("a_snntorch_fc/reference.npz");
    refused(&["run", &model, "--data", &no_x], 1, &["reference.npz", "no array `x`"]);
}

#[test]
fn a_folder_of_the_users_is_never_replaced() {
    let scratch = Scratch::new();
    let (model, calib) = (fixture(MODEL), fixture("mnist/train200.npz"));
    std::fs::create_dir(scratch.path("mine")).expect("the scratch folder takes folders");
    scratch.file("mine/thesis.tex", b"months of work");
    let mine = scratch.path("mine").display().to_string();
    let compile = |folder: &str| {
        let arguments = ["compile", &model, "--target", "fpga", "--timesteps", "25", "--calib", &calib, "-o", folder];
        arguments.map(str::to_owned)
    };
    let arguments = compile(&mine);
    refused(&arguments.each_ref().map(String::as_str), 1, &["mine", "not replaced"]);
    assert_eq!(std::fs::read(scratch.path("mine/thesis.tex")).ok().as_deref(), Some(&b"months of work"[..]));
    let arguments = compile(&scratch.path("no/such/parent").display().to_string());
    refused(&arguments.each_ref().map(String::as_str), 1, &["parent", "cannot be written"]);
    let left: Vec<_> = std::fs::read_dir(scratch.0.path()).expect("it can be listed").collect();
    assert_eq!(left.len(), 1, "something was left behind: {left:?}");
}

#[test]
fn wrong_usage_ends_with_code_2() {
    let (model, data) = (fixture(MODEL), fixture(DATA));
    for arguments in [
        &["run", &model][..],
        &["run", &model, "--data", &data, "--timesteps", "0"],
        &["run", &model, "--data", &data, "--seed", "3"],
        &["compile", &model],
        &["compile", &model, "--target", "toaster"],
        &["compile", &model, "--target", "fpga", "--lanes", "0"],
        &["compile", &model, "--target", "fpga", "--slots", "3"],
        &["frobnicate"],
        &["run", &model, "--data", &data, "--frobnicate"],
    ] {
        refused(arguments, 2, &["--help"]);
    }
}

#[test]
fn what_only_an_fpga_has_is_refused_for_a_microcontroller() {
    let (model, calib) = (fixture(MODEL), fixture(CALIB));
    for option in [["--slots", "2"], ["--host", "spi"]] {
        let arguments = ["compile", &model, "--target", "mcu", "--timesteps", "2", "--calib", &calib, "-o", "nowhere"];
        refused(&[&arguments[..], &option].concat(), 1, &[option[0], "--target fpga"]);
    }
}

#[test]
fn an_unknown_machine_is_refused_with_the_list() {
    let (model, data) = (fixture(MODEL), fixture(DATA));
    let arguments = ["verify", &model, "--data", &data, "--timesteps", "2", "--machines", "host,pdp-11"];
    refused(&arguments, 2, &["pdp-11", "verilator", "cortex-m4"]);
}

#[test]
fn weights_outside_the_models_folder_are_not_read() {
    let scratch = Scratch::new();
    let external = read("a_snntorch_fc/step_dyn_external.onnx");
    // the name of the weights' file is replaced by one of the same length that climbs out of the folder
    let name = b"step_dyn_external.onnx.data";
    let climbs = b"../../etc/passwd/././././..";
    let mut hostile = external.clone();
    let mut at = 0;
    while let Some(found) = hostile[at..].windows(name.len()).position(|w| w == name) {
        hostile[at + found..at + found + name.len()].copy_from_slice(climbs);
        at += found + name.len();
    }
    assert_ne!(hostile, external);
    let path = scratch.file("hostile.onnx", &hostile);
    refused(&["inspect", &path], 1, &["hostile.onnx", "help:"]);
    let path = scratch.file("alone.onnx", &external);
    refused(&["inspect", &path], 1, &["step_dyn_external.onnx.data"]);
    assert!(Path::new(&path).is_file());
}
