//! `snnc compress` as a user types it: what it chooses, what it says, what it writes.

mod support;

use support::{fixture, json, refused};

/// Three convolutional layers of SpikingJelly, 4 timesteps.
const C: &str = "c_if_spikingjelly_conv/step_dyn.onnx";

fn compress<'a>(out: &'a str, files: &'a [String; 3], more: &[&'a str]) -> Vec<&'a str> {
    let [model, data, calib] = files;
    let mut arguments = vec!["compress", model, "--timesteps", "4", "--data", data, "--calib", calib, "-o", out];
    arguments.extend(more);
    arguments
}

fn files() -> [String; 3] {
    [fixture(C), fixture("mnist/test200.npz"), fixture("mnist/train200.npz")]
}

#[test]
fn two_bits_keep_the_accuracy_and_the_file_is_what_was_priced() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (out, files) = (scratch.path().join("small.snn").display().to_string(), files());
    let report = json(&compress(&out, &files, &["--weights", "int2,ends=int8", "--json"]));
    let [first, last] = report["steps"].as_array().expect("steps").as_slice() else { panic!("two steps") };
    assert_eq!(last["what"], "int2,ends=int8");
    let (before, after) = (&first["price"], &last["price"]);
    let correct = |price: &serde_json::Value| price["correct"].as_i64().expect("classes are known");
    assert!(correct(after) >= correct(before) - 4, "{} became {}", correct(before), correct(after));
    // 4,608 weights of 8 bits became 2
    assert_eq!(before["bytes"].as_u64().map(|b| b - 4608 * 6 / 8), after["bytes"].as_u64());
    for step in [first, last] {
        let number = |value: &serde_json::Value| value.as_u64().expect("bytes");
        let layer = |layer: &serde_json::Value| {
            let stored = layer["projections"].as_array().expect("projections").iter().map(|p| number(&p["bytes"]));
            stored.sum::<u64>() + number(&layer["table_bytes"])
        };
        let sizes = step["sizes"].as_array().expect("layers");
        assert_eq!(sizes.iter().map(layer).sum::<u64>(), number(&step["price"]["bytes"]), "the formulas hold");
    }
    assert_eq!(last["sizes"][2]["projections"][0]["formula"], "144 rows * ceil(2 bits * 32 / 32) words");
    for layer in after["layers"].as_array().expect("layers") {
        let parts: f64 = layer["margins"].as_array().expect("parts").iter().filter_map(serde_json::Value::as_f64).sum();
        assert!((parts - 1.0).abs() < 1e-9, "every membrane is in one part: {parts}");
        assert!(layer["flipped"].as_f64().is_some_and(|part| part < 0.1));
    }
    let run = json(&["run", &out, "--data", &files[1], "--json"]);
    assert_eq!(run["correct"].as_i64(), Some(correct(after)));
}

#[test]
fn a_budget_chooses_bits_per_layer() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (out, files) = (scratch.path().join("small.snn").display().to_string(), files());
    let report = json(&compress(&out, &files, &["--budget", "16KiB", "--json"]));
    let ladder = report["ladder"].as_array().expect("widths that were tried");
    let bytes: Vec<u64> = ladder.iter().filter_map(|rung| rung["price"]["bytes"].as_u64()).collect();
    assert!(bytes.len() == 10 && bytes.is_sorted_by(|a, b| a >= b), "8 to 2 bits in three layers: {bytes:?}");
    let chosen = report["steps"][1]["price"]["bytes"].as_u64().expect("a size");
    assert!(chosen <= 16 * 1024 && bytes.contains(&chosen), "{chosen} of {bytes:?}");
}

#[test]
fn narrow_membranes_are_a_step_of_their_own() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (out, files) = (scratch.path().join("small.snn").display().to_string(), files());
    let report = json(&compress(&out, &files, &["--membrane-bits", "10", "--samples", "50", "--json"]));
    let [first, last] = report["steps"].as_array().expect("steps").as_slice() else { panic!("two steps") };
    assert_eq!(last["what"], "membranes of 10 bits");
    let price = |step: &serde_json::Value, what: &str| step["price"][what].as_u64().expect("a number");
    // 16 maps of 28 x 28, 32 of 14 x 14, and 10 neurons
    assert_eq!(price(last, "state_bytes"), (18_826_u64 * 10).div_ceil(8));
    assert!(price(first, "state_bytes") > 2 * price(last, "state_bytes") * 9 / 10);
    assert!(price(last, "correct") + 1 >= price(first, "correct"));
}

#[test]
fn membranes_too_narrow_for_a_threshold_are_refused_with_the_width_that_does() {
    let [model, data, calib] = files();
    let run = ["run", &model, "--timesteps", "4", "--data", &data, "--samples", "1", "--calib", &calib];
    let text = refused(&[&run[..], &["--membrane-bits", "5"]].concat());
    for word in ["m.net.2", "a membrane of 5 bits", "--membrane-bits 7"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn channels_that_go_are_named_and_counted() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (out, files) = (scratch.path().join("small.snn").display().to_string(), files());
    let report = json(&compress(&out, &files, &["--prune", "0.25", "--criterion", "svs", "--json"]));
    let layers = report["pruned"]["layers"].as_array().expect("layers");
    let channels: Vec<_> = layers.iter().map(|layer| layer["channels"].clone()).collect();
    assert_eq!(channels, [serde_json::json!([16, 12]), serde_json::json!([32, 24]), serde_json::json!([10, 10])]);
    let bytes = |step: usize| report["steps"][step]["price"]["bytes"].as_u64().expect("a size");
    assert!(bytes(1) < bytes(0), "{} became {}", bytes(0), bytes(1));
    let run = json(&["run", &out, "--data", &files[1], "--json"]);
    assert_eq!(run["correct"], report["steps"][1]["price"]["correct"]);
}

#[test]
fn what_cannot_be_is_said() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (out, files) = (scratch.path().join("small.snn").display().to_string(), files());
    let says = |more: &[&str], words: &[&str]| {
        let text = refused(&compress(&out, &files, more));
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!std::path::Path::new(&out).exists(), "nothing is left behind");
    };
    let dense = [fixture("a_snntorch_fc/step_dyn.onnx"), fixture("mnist/test200.npz"), fixture("mnist/train200.npz")];
    let text = refused(&compress(&out, &dense, &["--budget", "1KiB"]));
    assert!(text.contains("1024 bytes cannot be reached") && text.contains("the smallest network has"), "{text}");
    says(&["--budget", "much"], &["`much` is no size"]);
    says(&["--prune", "1.5"], &["no part of the channels"]);
    says(&["--prune", "conv9=0.5"], &["no layer is called `conv9`"]);
    says(&["--weights", "int9"], &["`int9` is no weight encoding", "odd4"]);
    says(&["--weights", "fc9=int4"], &["fc9", "there is no layer of that name", "snnc inspect"]);
    says(&["--weights", "binary"], &["its weights are not binary"]);
    says(&["--weights", "codebook5"], &["codebook1 to codebook6 are of convolution kernels"]);
}
