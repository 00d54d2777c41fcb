//! Hostile files: what the fuzz targets (`fuzz/`, libFuzzer) and the replay tests (`tests/replay.rs`) run.
//!
//! A target takes any bytes the whole way that a file of its format goes: read, validate, evaluate, passes, lower, proof,
//! run. It returns whether the file was taken, and panics on what must never happen, whatever the bytes: a panic of the
//! compiler, a file that is written and not read again, an integer network that its own proof refuses.

mod choices;
mod container;
mod mutate;
mod network;
mod npz;
mod onnx;
pub mod pack;
pub mod protobuf;
pub mod seeds;
mod zeros;

use std::path::Path;

use bumpalo::Bump;
use bytes::Bytes;
use snnc::compiled_file;
use snnc::frontend::nir::reading::{NirOptions, PRESETS};
use snnc::frontend::{LoadOptions, Loaded, ModelFile, load};
use snnc::proof::prove;

pub use container::{file, text_form};
pub use mutate::mutations;
pub use zeros::short;

/// One kind of file.
pub struct Target {
    /// Its name: of the fuzz target, and of its packed files in `fixtures/hostile/`.
    pub name: &'static str,
    /// Takes one input the whole way; whether it was a sound file.
    pub run: fn(&[u8]) -> bool,
    /// Bytes beyond which no input is made: longer ones cost time and reach nothing new.
    pub max_len: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "onnx", run: onnx, max_len: 2048 },
    Target { name: "onnx_graph", run: onnx_graph, max_len: 96 },
    Target { name: "native", run: native, max_len: 2048 },
    Target { name: "program", run: program, max_len: 2048 },
    Target { name: "npz", run: npz, max_len: 1024 },
    Target { name: "nir", run: nir, max_len: 8192 },
];

/// The target `name`.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target `{name}`"))
}

/// Takes one input of the target `name` the whole way; whether it was a sound file.
///
/// # Panics
/// On what must never happen, and if there is no such target.
pub fn run(name: &str, input: &[u8]) -> bool {
    (target(name).run)(input)
}

/// A model file of any bytes.
fn model(name: &str, bytes: &[u8]) -> Option<Loaded> {
    let beside = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let file = ModelFile { name, bytes: Bytes::copy_from_slice(bytes), beside: &beside };
    load(&file, &LoadOptions::default()).ok()
}

/// A NIR file (its zeros in short, see [`short`]), in the readings of its options: the length chooses one.
fn nir(bytes: &[u8]) -> bool {
    let beside = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let file = ModelFile { name: "f.nir", bytes: Bytes::from(zeros::file(bytes)), beside: &beside };
    let preset = bytes.len().checked_rem(PRESETS.len() + 1).and_then(|index| PRESETS.get(index));
    let nir = NirOptions { from: preset, dt: Some(1e-3), ..NirOptions::default() };
    let options = LoadOptions { timesteps: Some(4), nir };
    load(&file, &options).ok().map(|loaded| network::through(&loaded.graph)).is_some()
}

/// An ONNX file.
fn onnx(bytes: &[u8]) -> bool {
    model("f.onnx", bytes).map(|loaded| network::through(&loaded.graph)).is_some()
}

/// An ONNX file that says something sensible: the bytes choose its nodes, see [`onnx`].
fn onnx_graph(bytes: &[u8]) -> bool {
    onnx(&onnx::file(bytes))
}

/// A native model: a file, or the text and tensors of one, see [`text_form`].
fn native(bytes: &[u8]) -> bool {
    let Some(loaded) = model("f.snn", &container::file(bytes)) else { return false };
    let written = snnc::frontend::native::save(&loaded.graph).expect("what was read can be written");
    let again = model("f.snn", &written).expect("what was written can be read");
    assert_eq!(again.graph, loaded.graph, "the graph changed on its way through a file");
    network::through(&loaded.graph);
    true
}

/// A compiled network: a file, or the text and tensors of one, see [`text_form`].
fn program(bytes: &[u8]) -> bool {
    let arena = Bump::new();
    let Ok(compiled) = compiled_file::load("network.snn", &container::file(bytes), &arena, prove) else { return false };
    let written = compiled_file::save(&compiled).expect("what was read can be written");
    let again = compiled_file::load("network.snn", &written, &arena, prove).expect("what was written can be read");
    assert_eq!(again.program, compiled.program, "the program changed on its way through a file");
    network::run(&compiled);
    network::emit(&compiled);
    true
}

/// Samples: a file, or its parts, see [`npz`].
fn npz(bytes: &[u8]) -> bool {
    npz::read(&npz::file(bytes))
}
