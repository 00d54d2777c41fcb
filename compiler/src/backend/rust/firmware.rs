//! Programs around a network's crate: the example that a user gets, and the one that `snnc verify` runs.

use askama::Template;
use snnc_runtime::program::{EdgeKind, Rate, ValueKind};

use super::crate_files::frame;
use super::{Board, Boot, Device, M4, STACK_BYTES, names, rendered};
use crate::backend::{BackendError, File};
use crate::compiled::{Compiled, Schedule};
use crate::data::{Frame, Sample};
use crate::error::AtNode;
use crate::host;

/// Samples that the example holds, at most.
const MOST_SAMPLES: usize = 4;

#[derive(Template)]
#[template(path = "mcu/firmware/manifest.toml")]
struct Manifest<'a> {
    binary: &'a str,
    package: &'a str,
    network: &'a str,
}

#[derive(Template)]
#[template(path = "mcu/firmware/config.toml")]
struct Config {
    target: &'static str,
    machine: &'static str,
}

#[derive(Template)]
#[template(path = "mcu/firmware/memory.x")]
struct Memory {
    core: &'static str,
    machine: &'static str,
    flash: u32,
    flash_bytes: u32,
    ram: u32,
    ram_bytes: u32,
}

#[derive(Template)]
#[template(path = "mcu/firmware/main.rs")]
struct Example {
    name: String,
    package: String,
    constant: bool,
    made_up: bool,
    samples: usize,
    classes: String,
    half_instructions_per_tick: u32,
    board: bool,
}

#[derive(Template)]
#[template(path = "mcu/board/manifest.toml")]
struct DeviceManifest<'a> {
    package: &'a str,
    rp2040: bool,
    dsp: bool,
}

#[derive(Template)]
#[template(path = "mcu/board/config.toml")]
struct DeviceConfig {
    target: &'static str,
    chip: &'static str,
}

#[derive(Template)]
#[template(path = "mcu/board/memory.x")]
struct DeviceMemory {
    title: &'static str,
    chip: &'static str,
    core: &'static str,
    flash: u32,
    flash_bytes: u32,
    ram: u32,
    ram_bytes: u32,
    rp2040: bool,
    rp2350: bool,
    /// What stands before the vector table.
    boot_bytes: u32,
    stack_bytes: u64,
}

#[derive(Template)]
#[template(path = "mcu/board/board.rs")]
struct DeviceFile {
    rp2040: bool,
    rp2350: bool,
}

#[derive(Template)]
#[template(path = "mcu/verify/main.rs")]
struct Verify<'a> {
    package: String,
    timesteps: u32,
    edges: &'a [usize],
    frame_len: usize,
    constant: bool,
    samples: usize,
    layers: bool,
}

/// The example firmware, for `device` or for QEMU, and how many samples it holds: the first of `samples`, or a made-up one.
pub(super) fn example(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    device: Option<&Device>,
) -> Result<(Vec<File>, usize), AtNode<BackendError>> {
    let made_up = samples.is_empty().then(|| [made_up_sample(compiled)]);
    let samples = made_up.as_ref().map_or(&samples[..samples.len().min(MOST_SAMPLES)], |sample| &sample[..]);
    let classes: Vec<usize> = samples.iter().map(|sample| host::trace(&compiled.program, sample).prediction).collect();
    let example = Example {
        name: names::quoted(&compiled.name),
        package: names::package(&compiled.name),
        constant: compiled.program.input().rate == Rate::PerSample,
        made_up: made_up.is_some(),
        samples: samples.len(),
        classes: format!("{classes:?}"),
        half_instructions_per_tick: M4.half_instructions_per_tick,
        board: device.is_some(),
    };
    let mut files = match device {
        Some(device) => for_device(compiled, device)?,
        None => common(compiled, "firmware", "firmware", "..", &M4)?,
    };
    files.push(File::text("firmware/src/main.rs", rendered(&compiled.name, &example)?));
    let content = samples.iter().flat_map(sample_bytes).collect();
    files.push(File { path: "firmware/samples.bin".to_owned(), content });
    Ok((files, samples.len()))
}

/// What stands around the program of a board that one can buy.
fn for_device(compiled: &Compiled<'_>, device: &Device) -> Result<Vec<File>, AtNode<BackendError>> {
    let Device { title, chip, core, target, flash, flash_bytes, ram, ram_bytes, boot, dsp, .. } = *device;
    let (rp2040, rp2350) = (boot == Boot::Rp2040, boot == Boot::Rp2350);
    let (name, stack_bytes) = (&compiled.name, STACK_BYTES);
    let package = names::package(name);
    let boot_bytes = if rp2040 { 256 } else { 0 };
    let memory =
        DeviceMemory { boot_bytes, title, chip, core, flash, flash_bytes, ram, ram_bytes, rp2040, rp2350, stack_bytes };
    let files = [
        ("Cargo.toml", rendered(name, &DeviceManifest { package: &package, rp2040, dsp })?),
        (".cargo/config.toml", rendered(name, &DeviceConfig { target, chip })?),
        ("memory.x", rendered(name, &memory)?),
        ("build.rs", include_str!("../../../templates/mcu/board/build.rs").to_owned()),
        ("src/board.rs", rendered(name, &DeviceFile { rp2040, rp2350 })?),
        ("src/say.rs", include_str!("../../../templates/mcu/board/say.rs").to_owned()),
        ("src/rtt.rs", include_str!("../../../templates/mcu/board/rtt.rs").to_owned()),
        ("src/semihosting.rs", include_str!("../../../templates/mcu/firmware/semihosting.rs").to_owned()),
        ("src/ticks.rs", include_str!("../../../templates/mcu/firmware/ticks.rs").to_owned()),
    ];
    Ok(files.into_iter().map(|(path, text)| File::text(format!("firmware/{path}"), text)).collect())
}

/// A firmware for `board` in `verify/`, beside the crate in `network/`, that reads the frames of `samples` samples
/// from `samples.bin` and writes what `edges` carry, the scores and the ticks to `spikes.bin`: in the order of the crate's
/// `schedule`.
///
/// # Errors
/// None but a mistake in a template.
pub fn verify(
    compiled: &Compiled<'_>,
    board: &Board,
    edges: &[usize],
    samples: usize,
    schedule: Schedule,
) -> Result<Vec<File>, AtNode<BackendError>> {
    let main = Verify {
        package: names::package(&compiled.name),
        timesteps: compiled.program.timesteps(),
        edges,
        frame_len: frame(&compiled.program, compiled.input).len,
        constant: compiled.program.input().rate == Rate::PerSample,
        samples,
        layers: schedule == Schedule::Layers,
    };
    let mut files = common(compiled, "verify", "snnc-verify", "../network", board)?;
    files.push(File::text("verify/src/main.rs", rendered(&compiled.name, &main)?));
    Ok(files)
}

/// What the two have in common, in `folder`; the network's crate lies in `network`, seen from there.
fn common(
    compiled: &Compiled<'_>,
    folder: &str,
    binary: &str,
    network: &str,
    board: &Board,
) -> Result<Vec<File>, AtNode<BackendError>> {
    let Board { core, machine, target, flash, flash_bytes, ram, ram_bytes, .. } = *board;
    let package = names::package(&compiled.name);
    let name = &compiled.name;
    let manifest = rendered(name, &Manifest { binary, package: &package, network })?;
    let config = rendered(name, &Config { target, machine })?;
    let memory = rendered(name, &Memory { core, machine, flash, flash_bytes, ram, ram_bytes })?;
    let fixed = [
        ("build.rs", include_str!("../../../templates/mcu/firmware/build.rs")),
        ("link.x", include_str!("../../../templates/mcu/firmware/link.x")),
        ("src/startup.rs", include_str!("../../../templates/mcu/firmware/startup.rs")),
        ("src/semihosting.rs", include_str!("../../../templates/mcu/firmware/semihosting.rs")),
        ("src/ticks.rs", include_str!("../../../templates/mcu/firmware/ticks.rs")),
    ];
    let written = [("Cargo.toml", manifest), (".cargo/config.toml", config), ("memory.x", memory)];
    let fixed = fixed.into_iter().map(|(path, text)| (path, text.to_owned()));
    Ok(written.into_iter().chain(fixed).map(|(path, text)| File::text(format!("{folder}/{path}"), text)).collect())
}

/// The frames of a sample, one after the other.
fn sample_bytes(sample: &Sample) -> Vec<u8> {
    sample.frames.iter().flat_map(frame_bytes).collect()
}

/// A frame as it lies in the memory of a Cortex-M: lowest byte first.
#[must_use]
pub fn frame_bytes(frame: &Frame) -> Vec<u8> {
    match frame {
        Frame::Spikes(words) => words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        Frame::U8(values) => values.clone(),
        Frame::I8(values) => values.iter().map(|&value| value as u8).collect(),
        Frame::I16(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

/// A sample for a network without calibration data: every tenth element is active, another tenth each timestep.
fn made_up_sample(compiled: &Compiled<'_>) -> Sample {
    let edge = compiled.program.input();
    let frames = match edge.rate {
        Rate::PerSample => 1,
        Rate::PerTimestep => compiled.program.timesteps() as usize,
    };
    let elements = edge.shape.len();
    let active = |t: usize| move |i: usize| (i + 3 * t).is_multiple_of(10);
    let frame = |t: usize| match edge.kind {
        EdgeKind::Values(ValueKind::U8) => {
            Frame::U8((0..elements).map(|i| if active(t)(i) { 200 } else { 0 }).collect())
        }
        EdgeKind::Values(ValueKind::I8) => {
            Frame::I8((0..elements).map(|i| if active(t)(i) { 100 } else { 0 }).collect())
        }
        EdgeKind::Values(ValueKind::I16) => {
            Frame::I16((0..elements).map(|i| if active(t)(i) { 20_000 } else { 0 }).collect())
        }
        // no input carries counts or currents: Program::new refuses them
        EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => {
            let mut words = vec![0; snnc_runtime::program::words(elements)];
            (0..elements).filter(|&i| active(t)(i)).for_each(|i| words[i / 32] |= 1 << (i % 32));
            Frame::Spikes(words)
        }
    };
    Sample { frames: (0..frames).map(frame).collect() }
}
