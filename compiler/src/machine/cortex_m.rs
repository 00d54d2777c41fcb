//! Cortex-M cores in QEMU: the emitted crate and a firmware around it, built for the core and run on a board.
//!
//! The firmware reads every frame from `samples.bin` and writes to `spikes.bin`, in words of 32 bits, lowest byte first:
//! per sample and timestep what every spiking layer gave; then the sample's scores and its ticks (two words). Layer by layer
//! ([`Schedule::Layers`]), which a network is run that does not fit the board's RAM otherwise, it writes the timesteps of a layer one
//! behind the other, and only of those that it keeps: where a pool takes spikes as they come, what the pool makes of them.
//! Instructions are the ticks of the core's clock times the instructions of a tick; QEMU runs with `-icount shift=0`,
//! so that they are the same on every run. They are instructions, not cycles.

use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc_runtime::program::{EdgeKind, Program, Step};
use snnc_runtime::run::layers::plan::Plan;

use super::toolchain::{Toolchain, failed, on_path};
use super::{Difference, Machine, MachineError, Outcome, Unit, position};
use crate::backend::rust::{self, Board, CODE_BYTES, M0, M3, M4, M7, M33, STACK_BYTES, arena_bytes, frame_bytes};
use crate::backend::{BackendError, EmitOptions, File};
use crate::compiled::{Compiled, Schedule};
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, spiking_steps};

/// BBC micro:bit.
pub const CORTEX_M0: Machine = machine("cortex-m0", |c, s, t, p| run_unpacked(&M0, c, s, t, p));
/// MPS2, AN385.
pub const CORTEX_M3: Machine = machine("cortex-m3", |c, s, t, p| run_unpacked(&M3, c, s, t, p));
/// MPS2, AN386.
pub const CORTEX_M4: Machine = machine("cortex-m4", |c, s, t, p| run_unpacked(&M4, c, s, t, p));
/// MPS2, AN500.
pub const CORTEX_M7: Machine = machine("cortex-m7", |c, s, t, p| run_unpacked(&M7, c, s, t, p));
/// MPS2, AN521.
pub const CORTEX_M33: Machine = machine("cortex-m33", |c, s, t, p| run_unpacked(&M33, c, s, t, p));

type Run = fn(&Compiled<'_>, &[Sample], &[Trace], &Path) -> Result<Outcome, MachineError>;

const fn machine(name: &'static str, run: Run) -> Machine {
    Machine { name, unit: Unit::Instructions, run, run_with_waveform: None }
}

/// Runs a network on a board, weights unpacked where the board has the memory.
fn run_unpacked(
    board: &Board,
    compiled: &Compiled<'_>,
    samples: &[Sample],
    expected: &[Trace],
    scratch: &Path,
) -> Result<Outcome, MachineError> {
    let arena = Bump::new();
    let unpacked = rust::unpacked(compiled, &arena, board.flash_bytes.into());
    let fits = fits(board, &unpacked, samples).is_ok();
    run(board, if fits { &unpacked } else { compiled }, samples, expected, scratch)
}

/// Runs a network on a board, weights in the bits that they have.
///
/// # Errors
/// As [`Machine::run`].
pub fn run(
    board: &Board,
    compiled: &Compiled<'_>,
    samples: &[Sample],
    expected: &[Trace],
    scratch: &Path,
) -> Result<Outcome, MachineError> {
    let schedule = fits(board, compiled, samples)?;
    let toolchain = Toolchain::find(board.target)?;
    let qemu = on_path("qemu-system-arm").ok_or_else(|| MachineError::Missing {
        tool: "qemu-system-arm".to_owned(),
        install: "apt-get install -y qemu-system-arm".to_owned(),
    })?;
    let compared = compared_steps(&compiled.program, schedule);
    let edges: Vec<usize> = compared.iter().map(|step| step + 1).collect();
    let mcu = rust::Choices { schedule: Some(schedule), keep_bits: true, ..rust::Choices::default() };
    let emitted = (rust::BACKEND.emit)(compiled, &EmitOptions { mcu, ..EmitOptions::default() })?;
    write(&scratch.join("network"), &emitted.files)?;
    write(scratch, &rust::verify(compiled, board, &edges, samples.len(), schedule)?)?;
    let frames = samples.iter().flat_map(|sample| &sample.frames).flat_map(frame_bytes).collect::<Vec<u8>>();
    std::fs::write(scratch.join("samples.bin"), frames)?;
    let programs = toolchain.build(&scratch.join("verify"), &scratch.join("target"))?;
    let output = Command::new(qemu)
        .current_dir(scratch)
        .args(["-M", board.machine, "-icount", "shift=0", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(programs.join("snnc-verify"))
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        return Err(failed("qemu-system-arm", said.into_owned()));
    }
    let spikes = std::fs::read(scratch.join("spikes.bin"))?;
    compare(board, compiled, &compared, schedule, expected, &spikes)
}

/// Steps whose output is compared: those that spike; layer by layer, those of them that are kept, and pools that take spikes as
/// they come.
fn compared_steps(program: &Program<'_>, schedule: Schedule) -> Vec<usize> {
    let spiking = spiking_steps(program);
    let Some(plan) = (schedule == Schedule::Layers).then(|| Plan::new(program).ok()).flatten() else { return spiking };
    let takes = |step: usize| match &program.steps()[step] {
        Step::Population(_) => spiking.contains(&step),
        Step::Pool(pool) => {
            usize::from(pool.source).checked_sub(1).is_some_and(|before| plan.next(before) == Some(step))
        }
    };
    (0..program.steps().len()).filter(|&step| plan.next(step).is_none() && takes(step)).collect()
}

/// In which order the network runs on the board: by timesteps, or layer by layer if it was laid out so or has no room otherwise.
/// Refuses one that the board's memories cannot hold.
fn fits(board: &Board, compiled: &Compiled<'_>, samples: &[Sample]) -> Result<Schedule, MachineError> {
    let bytes = |frames: &mut dyn Iterator<Item = usize>| frames.max().unwrap_or(0) as u64;
    let one = bytes(&mut samples.iter().flat_map(|sample| &sample.frames).map(|frame| frame_bytes(frame).len()));
    let all = bytes(&mut samples.iter().map(|s| s.frames.iter().map(|frame| frame_bytes(frame).len()).sum()));
    let needs = |schedule, frames| Some(arena_bytes(&compiled.program, schedule).ok()? + frames + STACK_BYTES);
    let by_layers = needs(Schedule::Layers, all);
    let has = u64::from(board.ram_bytes);
    let (schedule, ram) = match (compiled.layout.schedule, needs(Schedule::Timesteps, one).unwrap_or(u64::MAX)) {
        (Schedule::Timesteps, ram) if ram <= has || by_layers.is_none_or(|layers| layers > ram) => {
            (Schedule::Timesteps, ram)
        }
        (_, ram) => (Schedule::Layers, by_layers.unwrap_or(ram)),
    };
    let frames = if schedule == Schedule::Layers { "all frames of a sample" } else { "one frame" };
    let flash = rust::flash_bytes(&compiled.program) + CODE_BYTES;
    let found = match () {
        () if ram > has => {
            let name = schedule.name();
            format!("needs {ram} bytes of RAM by {name} (arena, {frames}, stack), {} has {has}", board.machine)
        }
        () if flash > board.flash_bytes.into() => {
            format!("needs {flash} bytes of flash (weights, tables, code), {} has {}", board.machine, board.flash_bytes)
        }
        () => return Ok(schedule),
    };
    let help = "choose a machine with more memory, or a smaller network".to_owned();
    let source = BackendError::Unsupported { found, help };
    Err(AtNode { node: compiled.name.clone(), op: "network".to_owned(), source }.into())
}

fn write(folder: &Path, files: &[File]) -> std::io::Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.content)?;
    }
    Ok(())
}

/// Lays what the firmware wrote beside the host's traces.
fn compare(
    board: &Board,
    compiled: &Compiled<'_>,
    compared: &[usize],
    schedule: Schedule,
    expected: &[Trace],
    found: &[u8],
) -> Result<Outcome, MachineError> {
    let program = &compiled.program;
    let name = |step: usize| compiled.steps.get(step).map_or_else(|| format!("step {step}"), |info| info.name.clone());
    let mut words = found.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
    let cut = || failed("qemu-system-arm", "`spikes.bin` ends too early".to_owned());
    let mut outcome = Outcome { difference: None, cost: Vec::new() };
    for (sample, trace) in expected.iter().enumerate() {
        let timesteps = 0..program.timesteps() as usize;
        // in the order in which they were written
        let places: Vec<(usize, usize)> = match schedule {
            Schedule::Timesteps => timesteps.flat_map(|t| compared.iter().map(move |&step| (t, step))).collect(),
            Schedule::Layers => compared.iter().flat_map(|&step| timesteps.clone().map(move |t| (t, step))).collect(),
        };
        for (timestep, step) in places {
            let expected = &trace.edges[step][timestep];
            let found: Vec<u32> = words.by_ref().take(expected.len()).collect();
            let difference = match program.edge(step + 1).kind {
                EdgeKind::Spikes => first_bit(expected, &found),
                EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => {
                    first_word(expected, &found)
                }
            };
            if let (Some((neuron, expected, found)), None) = (difference.ok_or_else(cut)?, &outcome.difference) {
                let (layer, position) = (name(step), position(program, step, neuron));
                let time_ns = None;
                outcome.difference =
                    Some(Difference { sample, layer, timestep, neuron, position, expected, found, time_ns });
            }
        }
        for (neuron, &expected) in trace.scores.iter().enumerate() {
            let found = words.next().ok_or_else(cut)? as i32;
            if found != expected && outcome.difference.is_none() {
                outcome.difference = Some(Difference {
                    sample,
                    layer: format!("{} (score)", name(usize::from(program.readout().source) - 1)),
                    timestep: program.timesteps() as usize - 1,
                    neuron,
                    position: None,
                    expected: expected.into(),
                    found: found.into(),
                    time_ns: None,
                });
            }
        }
        let (low, high) = words.next().zip(words.next()).ok_or_else(cut)?;
        outcome.cost.push(instructions(board, u64::from(high) << 32 | u64::from(low)));
    }
    Ok(outcome)
}

fn instructions(board: &Board, ticks: u64) -> u64 {
    ticks * u64::from(board.half_instructions_per_tick) / 2
}

/// Number of an element, what was expected of it and what was found.
type Element = (usize, i64, i64);

/// The first word in which `expected` and `found` differ; `None` if `found` is shorter.
fn first_word(expected: &[u32], found: &[u32]) -> Option<Option<Element>> {
    if found.len() != expected.len() {
        return None;
    }
    let mut differing = expected.iter().zip(found).enumerate().filter(|(_, (expected, found))| expected != found);
    Some(differing.next().map(|(i, (&expected, &found))| (i, (expected as i32).into(), (found as i32).into())))
}

/// The first bit in which `expected` and `found` differ; `None` if `found` is shorter.
fn first_bit(expected: &[u32], found: &[u32]) -> Option<Option<Element>> {
    if found.len() != expected.len() {
        return None;
    }
    let mut differing = expected.iter().zip(found).enumerate().filter(|(_, (expected, found))| expected != found);
    Some(differing.next().map(|(word, (expected, found))| {
        let bit = (expected ^ found).trailing_zeros() as usize;
        (32 * word + bit, i64::from(expected >> bit & 1), i64::from(found >> bit & 1))
    }))
}
