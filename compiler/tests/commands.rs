//! The commands as a user types them: what they print, write and return.

mod support;

use serde_json::Value;
use support::{fixture, json, snnc, succeeds};

const A: &str = "a_snntorch_fc/step_dyn.onnx";

#[test]
fn run_reports_accuracy_and_what_every_layer_did() {
    let (model, data, calib) = (fixture(A), fixture("mnist/test200.npz"), fixture("mnist/train200.npz"));
    let report = json(&["run", &model, "--timesteps", "25", "--data", &data, "--calib", &calib, "--json"]);
    assert_eq!(report["samples"], 200);
    assert_eq!(report["timesteps"], 25);
    let correct = report["correct"].as_u64().expect("classes are known");
    assert!(correct >= 194, "{correct} of 200");
    assert_eq!(report["accuracy"], correct as f64 / 200.0);
    assert!(report["seconds"].as_f64().is_some_and(|s| s > 0.0));
    let layers = report["layers"].as_array().expect("layers");
    let names: Vec<_> = layers.iter().map(|layer| layer["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["node_linear", "m.lif1", "m.lif2"]);
    let sum: f64 = layers.iter().filter_map(|layer| layer["synaptic_operations"].as_f64()).sum();
    assert_eq!(report["synaptic_operations"].as_f64(), Some(sum));
    assert_eq!(layers[2]["synaptic_operations"].as_f64(), layers[1]["active"].as_f64().map(|spikes| spikes * 10.0));
}

#[test]
fn the_float_graph_gives_what_the_framework_recorded() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("out.npz").display().to_string();
    let (model, data) = (fixture(A), fixture("mnist/test200.npz"));
    succeeds(&["run", &model, "--timesteps", "25", "--data", &data, "--float", "--output", &out]);
    let (found, recorded) =
        (support::floats(&out, "out"), support::floats(&fixture("a_snntorch_fc/reference.npz"), "out"));
    assert_eq!(found, recorded);
}

#[test]
fn a_trace_holds_the_spikes_of_every_layer_of_neurons() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let trace = scratch.path().join("trace.npz").display().to_string();
    let (model, data) = (fixture(A), fixture("mnist/test200.npz"));
    let float = ["run", &model, "--timesteps", "25", "--data", &data, "--samples", "4", "--float", "--trace", &trace];
    succeeds(&float);
    let reference = fixture("a_snntorch_fc/reference.npz");
    for (layer, recorded) in [("m.lif1", "spk1"), ("m.lif2", "spk2")] {
        assert_eq!(support::bytes(&trace, layer), support::bytes(&reference, recorded), "{layer}");
    }
}

#[test]
fn what_compile_wrote_runs_as_it_was_compiled_and_is_replaced_by_its_like() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path().join("fpga").display().to_string();
    let (model, data, calib) = (fixture(A), fixture("mnist/test200.npz"), fixture("mnist/train200.npz"));
    let compile =
        ["compile", &model, "--target", "fpga", "--timesteps", "25", "--calib", &calib, "-o", &folder, "--json"];
    let first = json(&compile);
    let again = json(&compile);
    assert_eq!(first, again, "same input, same report");
    for file in first["files"].as_array().expect("files") {
        let path = std::path::Path::new(&folder).join(file.as_str().unwrap_or_default());
        assert!(path.is_file(), "{} is in the report but not on the disk", path.display());
    }
    assert!(first["layers"].as_array().is_some_and(|layers| layers.iter().all(|l| l["memory_bits"].is_u64())));
    let outputs = |arguments: &[&str]| {
        let out = scratch.path().join("out.npz").display().to_string();
        succeeds(&[arguments, &["--data", &data, "--output", &out]].concat());
        support::floats(&out, "out")
    };
    let from_model = outputs(&["run", &model, "--timesteps", "25", "--calib", &calib]);
    assert_eq!(outputs(&["run", &folder]), from_model);
    let refused = snnc(&["run", &folder, "--data", &data, "--timesteps", "3"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--timesteps"));
}

#[test]
fn a_rate_code_is_the_same_for_one_seed_and_another_for_another() {
    let (model, data) = (fixture(A), fixture("mnist/test200.npz"));
    let run = |seed: &str| -> Value {
        let mut report = json(&[
            "run",
            &model,
            "--timesteps",
            "25",
            "--data",
            &data,
            "--samples",
            "50",
            "--encode",
            "rate",
            "--seed",
            seed,
            "--json",
        ]);
        report["seconds"] = Value::Null;
        report
    };
    let report = run("1");
    assert_eq!(report, run("1"));
    assert_ne!(report, run("2"));
    assert!(report["correct"].as_u64().is_some_and(|correct| correct >= 45), "{report}");
}

#[test]
fn a_model_converted_to_the_native_format_is_the_same_network() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let native = scratch.path().join("b.snn").display().to_string();
    let model = fixture("b_snntorch_conv_maxpool/unrolled_dyn.onnx");
    succeeds(&["convert", &model, "-o", &native]);
    let (mut before, mut after) = (json(&["inspect", &model, "--json"]), json(&["inspect", &native, "--json"]));
    before["warnings"] = Value::Null;
    after["warnings"] = Value::Null;
    assert_eq!(before, after);
}

#[test]
fn binary_weights_are_kept_and_others_refused() {
    let (data, calib) = (fixture("mnist/test200.npz"), fixture("mnist/train200.npz"));
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path().join("mcu").display().to_string();
    let d = fixture("d_snntorch_binary_conv/step_latent_ts.onnx");
    let compile = ["compile", &d, "--target", "mcu", "--timesteps", "8", "--calib", &calib, "-o", &folder];
    let report = json(&[&compile[..], &["--weights", "binary", "--json"]].concat());
    let encodings: Vec<_> =
        report["layers"].as_array().expect("layers").iter().filter_map(|l| l["encoding"].as_str()).collect();
    assert_eq!(encodings, ["binary", "binary", "binary"]);
    let report = json(&["run", &folder, "--data", &data, "--json"]);
    assert!(report["correct"].as_u64().is_some_and(|correct| correct >= 185), "{}", report["correct"]);
    let a = fixture(A);
    let refused = snnc(&["compile", &a, "--target", "mcu", "--timesteps", "25", "--weights", "binary", "-o", &folder]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`node_linear` (Linear)"));
}

#[test]
fn convert_writes_nir_that_runs_as_the_model_it_came_from() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let (model, data) = (fixture(A), fixture("mnist/test200.npz"));
    let nir = path("a.nir");
    succeeds(&["convert", &model, "-o", &nir]);
    let run = |model: &str, out: &str| {
        let run = ["run", model, "--timesteps", "25", "--data", &data, "--samples", "50", "--float", "--output", out];
        succeeds(&run);
        support::floats(out, "out")
    };
    assert_eq!(run(&nir, &path("nir.npz")), run(&model, &path("onnx.npz")));
}

#[test]
fn nir_options_say_how_a_file_is_stepped() {
    let model = fixture("h_norse_fc/model_norse_scalar.nir");
    let neurons = |options: &[&str]| {
        let report = json(&[&["inspect", &model, "--json"], options].concat());
        let mut texts = report["layers"].as_array().expect("layers").iter().filter_map(|layer| layer["text"].as_str());
        texts.rfind(|text| text.contains("fires")).map(str::to_owned)
    };
    let text = |options: &[&str]| neurons(options).unwrap_or_default();
    assert!(text(&[]).contains("beta 0.8"), "{}", text(&[]));
    let subtract = text(&["--nir-from", "norse", "--nir-dt", "2e-6", "--nir-reset", "delayed-subtract"]);
    assert!(subtract.contains("beta 0.6") && subtract.contains("subtract"), "{subtract}");
    for (option, word) in [("--nir-from", "brian"), ("--nir-dt", "0"), ("--nir-reset", "soft"), ("--nir-spikes", "2")] {
        assert_eq!(snnc(&["inspect", &model, option, word]).status.code(), Some(2), "{option} {word}");
    }
}

#[test]
fn a_waveform_is_of_one_simulated_design_and_of_the_samples_asked_for() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let vcd = scratch.path().join("design.vcd").display().to_string();
    let (model, data) = (fixture(A), fixture("mnist/test200.npz"));
    let verify = |samples: &str, machines: &str, vcd: &str| {
        let model = ["verify", &model, "--timesteps", "3", "--data", &data, "--samples", samples];
        snnc(&[&model[..], &["--machines", machines, "--vcd", vcd, "--json"]].concat())
    };
    let said = |machines: &str| {
        let output = verify("1", machines, &vcd);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr)
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(said("host,cortex-m4").contains("there is no waveform of host, cortex-m4, only of a simulated design"));
    assert!(said("icarus,verilator").contains("one file holds the waveform of one machine"));
    assert!(!std::path::Path::new(&vcd).exists());

    let sizes = ["1", "2"].map(|samples| {
        let output = verify(samples, "host,icarus", &vcd);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let clocks = report["machines"]["icarus"]["clocks"].as_array().expect("clocks").iter();
        let clocks: u64 = clocks.filter_map(Value::as_u64).sum();
        let text = std::fs::read_to_string(&vcd).expect("a waveform");
        assert!(text.contains("$var") && text.contains("$enddefinitions"));
        let end = text.lines().filter_map(|line| line.strip_prefix('#')?.parse::<u64>().ok()).next_back();
        // ten nanoseconds a clock, and some before the first one and behind the last
        let end = end.expect("a time");
        assert!((10 * clocks..10 * clocks + 5_000).contains(&end), "{end} ns for {clocks} clocks");
        text.len()
    });
    assert!(sizes[1] > sizes[0] + sizes[0] / 4, "{sizes:?}");

    let nowhere = scratch.path().join("missing/design.vcd").display().to_string();
    assert!(!verify("1", "icarus", &nowhere).status.success());
    assert!(!scratch.path().join("missing").exists());
}
