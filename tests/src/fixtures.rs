//! The files of `fixtures/`; `LICENSES.md` there says what they are.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use snnc::data::Dataset;
use snnc::frontend::{LoadOptions, Loaded, ModelFile, load};
use snnc::npz::read::Elements;
use snnc::npz::{Array, Npz};

/// A file of `fixtures/`.
#[must_use]
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// The bytes of a file of `fixtures/`.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(fixture(path)).unwrap_or_else(|error| panic!("fixture {path}: {error}"))
}

/// A model of `fixtures/`.
///
/// # Panics
/// If it does not load.
#[must_use]
pub fn model(path: &str, timesteps: Option<u32>) -> Loaded {
    let path = fixture(path);
    let folder = path.parent().expect("a fixture lies in a folder");
    let beside = |name: &Path| std::fs::read(folder.join(name)).map(Bytes::from);
    let name = path.file_name().and_then(|name| name.to_str()).expect("a fixture has a name");
    let file = ModelFile { name, bytes: std::fs::read(&path).expect("the fixture is there").into(), beside: &beside };
    load(&file, &LoadOptions { timesteps, ..Default::default() })
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// Samples of `fixtures/`.
///
/// # Panics
/// If they do not load.
#[must_use]
pub fn samples(path: &str) -> Dataset {
    Dataset::read(path, &bytes(path)).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// An array of a `.npz` of `fixtures/`.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn array(path: &str, name: &str) -> Array {
    let bytes = bytes(path);
    let mut file = Npz::open(path, &bytes).expect("a sound fixture");
    file.array(name).expect("a sound array").unwrap_or_else(|| panic!("fixture {path} has no {name}"))
}

/// What a model's framework gave: `out` `[samples, classes]` on the first test images.
///
/// # Panics
/// If the fixture is not there or is something else.
#[must_use]
pub fn reference_outputs(model: &str) -> Vec<Vec<f32>> {
    let Array { shape, elements: Elements::F32(out) } = reference(model, "out").expect("every reference has it") else {
        panic!("outputs are float32");
    };
    out.chunks(shape[1]).map(<[f32]>::to_vec).collect()
}

/// What a model's framework gave: the spikes of layer `layer` (from 1), `[timesteps, samples, ...]`, on its first
/// samples; `None` if there is no such layer.
///
/// # Panics
/// If the fixture is not there or is something else.
#[must_use]
pub fn reference_spikes(model: &str, layer: usize) -> Option<(Vec<usize>, Vec<u8>)> {
    match reference(model, &format!("spk{layer}"))? {
        Array { shape, elements: Elements::U8(spikes) } => Some((shape, spikes)),
        other => panic!("spikes are uint8, found {}", other.elements.kind()),
    }
}

fn reference(model: &str, array: &str) -> Option<Array> {
    let path = format!("{model}/reference.npz");
    let bytes = bytes(&path);
    let array = Npz::open(&path, &bytes).and_then(|mut npz| npz.array(array));
    array.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}
