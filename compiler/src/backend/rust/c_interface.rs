//! The network for C: a static library and its header, around the crate.

use askama::Template;

use super::crate_files::{FrameType, frame};
use super::{Needs, names, rendered};
use crate::backend::{BackendError, File};
use crate::compiled::{Compiled, Schedule};
use crate::error::AtNode;

/// Bytes that the header reserves for a runner: more than it has on any machine, which the library checks.
const NETWORK_BYTES: usize = 512;

#[derive(Template)]
#[template(path = "mcu/c/manifest.toml")]
struct Manifest<'a> {
    package: &'a str,
}

#[derive(Template)]
#[template(path = "mcu/c/lib.rs")]
struct Library<'a> {
    name: &'a str,
    package: &'a str,
    frame: &'a FrameType,
    layers: bool,
    network_bytes: usize,
    arena_words: u64,
    timesteps: u32,
}

#[derive(Template)]
#[template(path = "mcu/c/header.h")]
struct Header<'a> {
    name: &'a str,
    package: &'a str,
    /// The package's name in capitals.
    guard: &'a str,
    frame: &'a FrameType,
    /// C's name of the type of an element of a frame.
    element: &'static str,
    layers: bool,
    network_bytes: usize,
    arena_words: u64,
    timesteps: u32,
    classes: usize,
}

/// The files of `c/`.
pub(super) fn files(compiled: &Compiled<'_>, needs: &Needs) -> Result<Vec<File>, AtNode<BackendError>> {
    let program = &compiled.program;
    let (name, package) = (&names::quoted(&compiled.name), &names::package(&compiled.name));
    let (frame, layers) = (&frame(program, compiled.input), needs.schedule == Schedule::Layers);
    let (arena_words, timesteps, network_bytes) = (needs.arena_bytes / 4, program.timesteps(), NETWORK_BYTES);
    let element = match frame.element {
        "u8" => "uint8_t",
        "i8" => "int8_t",
        "i16" => "int16_t",
        _ => "uint32_t",
    };
    let classes = program.edge(program.readout().source.into()).shape.len();
    let guard = &package.to_ascii_uppercase();
    let library = Library { name, package, frame, layers, network_bytes, arena_words, timesteps };
    let header =
        Header { name, package, guard, frame, element, layers, network_bytes, arena_words, timesteps, classes };
    let of = &compiled.name;
    Ok(vec![
        File::text("c/Cargo.toml", rendered(of, &Manifest { package })?),
        File::text("c/src/lib.rs", rendered(of, &library)?),
        File::text(format!("c/{package}.h"), rendered(of, &header)?),
    ])
}
