//! Checks every model file of a corpus folder against the outputs that its own framework recorded:
//! `cargo run --release -p snnc-tests --bin corpus -- FOLDER [FILTER]`; with a filter, only the files whose path contains it.
//!
//! The folder holds `own/frameworks/MODEL/` with exported files, `reference.npz` (`out1000` of the first 1000 test
//! images, `trace_spk1`, … of the first few) and `meta.json`, and `own/datasets/mnist_*.npz` (the speech model's samples
//! are `foreign/datasets/fsdd_logmel.npz`); NIR files have more references, see [`nir`]. Ends with exit code 1 if a
//! file that was read gives another output than its framework, if one that snnc supports is refused or does not compile, if
//! one that it must refuse is read, or if the integer network is further from the framework's accuracy than it should be.

mod compile;
mod compression;
mod floats;
mod integers;
mod nir;
mod quantized;
mod reference;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use snnc::data::Dataset;
use snnc::frontend::{self, LoadOptions, Loaded, ModelFile};
use snnc::npz::read::Elements;
use snnc::npz::{Column, Npz};

use reference::Reference;

/// Models whose every file is supported, with one of them to compile, if any.
const SUPPORTED: &[(&str, &str)] = &[
    ("a_snntorch_fc", "step_dyn.onnx"),
    ("b_snntorch_conv_maxpool", "step_ts.onnx"),
    ("c_if_spikingjelly_conv", "step_dyn.onnx"),
    ("c_nir_spikingjelly_conv", "step_dyn.onnx"),
    ("d_snntorch_binary_conv", "step_dyn.onnx"),
    ("e_snntorch_recurrent", ""),
    ("f_relu_ann_and_sinabs/ann", ""),
    ("g_spikingjelly_tiny_spikformer", ""),
    ("h_norse_fc", ""),
    ("k_snntorch_speech", ""),
];

/// Models whose weights get fewer bits after training.
const WIDTHS: &[&str] =
    &["a_snntorch_fc", "b_snntorch_conv_maxpool", "c_if_spikingjelly_conv", "c_nir_spikingjelly_conv"];

/// The model that loses channels.
const PRUNED: &str = "b_snntorch_conv_maxpool";

/// The model whose samples are spoken digits.
const SPEECH: &str = "k_snntorch_speech";

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: corpus FOLDER [FILTER]");
        return ExitCode::from(2);
    };
    let filter = std::env::args().nth(2).unwrap_or_default();
    let mut failures = 0;
    let mnist = dataset(&folder.join("own/datasets/mnist_test1000.npz"));
    let speech = speech(&folder.join("foreign/datasets/fsdd_logmel.npz"));
    for model in sorted(&folder.join("own/frameworks")) {
        let Some(reference) = Reference::read(&model) else { continue };
        for file in sorted(&model).into_iter().filter(|f| f.extension().is_some_and(|e| e == "onnx" || e == "nir")) {
            let test = if name(&model) == SPEECH { &speech } else { &mnist };
            let name = format!("{}/{}", name(&model), name(&file));
            if !name.contains(&filter) || compile::is_rejected(&file) {
                continue;
            }
            let supported = SUPPORTED.iter().any(|(m, _)| name.starts_with(m));
            match load(&file, reference.timesteps) {
                Ok(loaded) => {
                    let (compiled, as_expected) = compile::check(&name, &loaded.graph, test);
                    failures += usize::from(!as_expected);
                    if reference.logits && name.ends_with(".nir") {
                        println!("{name}: {compiled}"); // a spiking network made of the one without: see `nir`
                        continue;
                    }
                    let verdict = floats::check(&loaded.graph, &reference, test);
                    println!("{name}: {verdict}; {compiled}");
                    failures += usize::from(!verdict.is_equal());
                }
                Err(error) => {
                    println!("{name}: refused{}: {error}", if supported { ", though supported" } else { "" });
                    failures += usize::from(supported);
                }
            }
        }
    }
    failures += compile::rejected(&folder, &filter);
    failures += nir::check(&folder, &filter);
    failures += quantized::check(&folder, &filter);
    let compiled = SUPPORTED.iter().filter(|(_, file)| !file.is_empty());
    for (model, file) in compiled.filter(|(model, file)| format!("{model}/{file}").contains(&filter)) {
        let path = folder.join("own/frameworks").join(model);
        let Some(reference) = Reference::read(&path) else { continue };
        match load(&path.join(file), reference.timesteps) {
            Ok(loaded) => {
                failures += usize::from(!integers::check(model, loaded.graph.clone(), &reference, &folder));
                if *model == PRUNED {
                    failures += compression::pruning(model, &loaded.graph, &folder);
                }
                if WIDTHS.contains(model) {
                    let float = reference.accuracy.unwrap_or_default();
                    failures += compression::widths(model, &loaded.graph, float, &folder);
                }
            }
            Err(error) => println!("{model}/{file}: {error}"),
        }
    }
    failures += compression::methods(&folder, &filter);
    println!("{failures} failures");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads a model file as the command line does; a step model runs for the reference's timesteps.
fn load(path: &Path, timesteps: u32) -> Result<Loaded, frontend::FrontendError> {
    model_file(path, |file| {
        let loaded = frontend::load(file, &LoadOptions::default())?;
        match loaded.graph.timesteps {
            Some(_) => Ok(loaded),
            None => frontend::load(file, &LoadOptions { timesteps: Some(timesteps), ..Default::default() }),
        }
    })
}

/// Gives `read` a model file and access to the files beside it.
fn model_file<T>(path: &Path, read: impl FnOnce(&ModelFile<'_>) -> T) -> T {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let folder = path.parent().expect("a file lies in a folder");
    read(&ModelFile {
        name: &name(path),
        bytes: bytes.into(),
        beside: &|relative| std::fs::read(folder.join(relative)).map(Into::into),
    })
}

fn dataset(path: &Path) -> Dataset {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    Dataset::read(&name(path), &bytes).expect("the corpus' samples are sound")
}

/// The test recordings of the speech model.
fn speech(path: &Path) -> Dataset {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let file = name(path);
    let mut npz = Npz::open(&file, &bytes).expect("the corpus' samples are sound");
    let x = npz.array("x_test").ok().flatten().expect("the corpus has test recordings");
    let Elements::U8(numbers) = x.elements else { panic!("features are bytes") };
    let test = snnc::npz::write(&[("x", &x.shape, Column::U8(&numbers))]).expect("memory takes it");
    Dataset::read(&name(path), &test).expect("the corpus' samples are sound")
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
