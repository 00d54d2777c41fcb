//! Checks every model file of a corpus folder against the outputs that its own framework recorded:
//! `cargo run --release -p snnc-tests --bin corpus -- FOLDER`.
//!
//! The folder holds `own/frameworks/MODEL/` with exported files, `reference.npz` (`out1000` of the first 1000 test
//! images, `trace_spk1`, … of the first few) and `meta.json`, and `own/datasets/mnist_*.npz`. Ends with exit code 1 if a
//! file that was read gives another output than its framework, if one that snnc supports is refused, or if the integer
//! network is further from the framework's accuracy than it should be.

mod floats;
mod integers;
mod reference;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use snnc::data::Dataset;
use snnc::frontend::{self, LoadOptions, Loaded, ModelFile};

use reference::Reference;

/// Models whose every `step_*` and `unrolled_*` file is supported, with one of them to compile.
const SUPPORTED: &[(&str, &str)] = &[
    ("a_snntorch_fc", "step_dyn.onnx"),
    ("b_snntorch_conv_maxpool", "step_ts.onnx"),
    ("c_if_spikingjelly_conv", "step_dyn.onnx"),
    ("c_nir_spikingjelly_conv", "step_dyn.onnx"),
    ("d_snntorch_binary_conv", "step_dyn.onnx"),
];

/// ONNX Loop, and time folded into the batch axis: refused by name.
const NOT_YET: &[&str] = &[
    "c_if_spikingjelly_conv/unrolled_ts_sj014.onnx",
    "c_nir_spikingjelly_conv/unrolled_ts_sj014.onnx",
    "c_if_spikingjelly_conv/unrolled_dyn.onnx",
    "c_nir_spikingjelly_conv/unrolled_dyn.onnx",
];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: corpus FOLDER");
        return ExitCode::from(2);
    };
    let mut failures = 0;
    let test = dataset(&folder.join("own/datasets/mnist_test1000.npz"));
    for model in sorted(&folder.join("own/frameworks")) {
        let Some(reference) = Reference::read(&model) else { continue };
        for file in sorted(&model).into_iter().filter(|f| f.extension().is_some_and(|e| e == "onnx")) {
            let name = format!("{}/{}", name(&model), name(&file));
            let supported = SUPPORTED.iter().any(|(m, _)| name.starts_with(m))
                && (name.contains("/step_") || name.contains("/unrolled_"))
                && !NOT_YET.contains(&name.as_str());
            match load(&file, reference.timesteps) {
                Ok(loaded) => {
                    let verdict = floats::check(&loaded.graph, &reference, &test);
                    println!("{name}: {verdict}");
                    failures += usize::from(!verdict.is_equal());
                }
                Err(error) => {
                    println!("{name}: refused{}: {error}", if supported { ", though supported" } else { "" });
                    failures += usize::from(supported);
                }
            }
        }
    }
    for (model, file) in SUPPORTED {
        let path = folder.join("own/frameworks").join(model);
        let Some(reference) = Reference::read(&path) else { continue };
        match load(&path.join(file), reference.timesteps) {
            Ok(loaded) => failures += usize::from(!integers::check(model, loaded.graph, &reference, &folder)),
            Err(error) => println!("{model}/{file}: {error}"),
        }
    }
    println!("{failures} failures");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads a model file as the command line does; a step model runs for the reference's timesteps.
fn load(path: &Path, timesteps: u32) -> Result<Loaded, frontend::FrontendError> {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let folder = path.parent().expect("a file lies in a folder");
    let file = ModelFile {
        name: &name(path),
        bytes: bytes.into(),
        beside: &|relative| std::fs::read(folder.join(relative)).map(Into::into),
    };
    let loaded = frontend::load(&file, &LoadOptions::default())?;
    match loaded.graph.timesteps {
        Some(_) => Ok(loaded),
        None => frontend::load(&file, &LoadOptions { timesteps: Some(timesteps), ..Default::default() }),
    }
}

fn dataset(path: &Path) -> Dataset {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    Dataset::read(&name(path), &bytes).expect("the corpus' samples are sound")
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus can be read")
        .map(|entry| entry.expect("the corpus can be read").path())
        .collect();
    entries.sort();
    entries
}
