//! What a network needs of a microcontroller's memories, in which order it runs so that it fits, and what is said where it does
//! not.
use serde::Serialize;
use snnc_runtime::program::{Program, Step};
use snnc_runtime::run::arena_words;
use snnc_runtime::run::layers::plan::{Plan, PlanError};

use super::{DEVICES, Device, flash_bytes, synapse_bits};
use crate::backend::BackendError;
use crate::compiled::{Compiled, Schedule};
use crate::error::AtNode;

/// Bytes of RAM that a firmware leaves to its stack (`link.x` sees to it).
pub const STACK_BYTES: u64 = 2048;

/// Bytes of flash that are left to code: more than the runtime takes with every kernel of a core, and a firmware around it.
pub const CODE_BYTES: u64 = 48 * 1024;

/// What the user chooses of a microcontroller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The board that a firmware is written for; `None`: QEMU's Cortex-M4.
    pub device: Option<&'static Device>,
    /// Bytes of RAM, where they are not the board's.
    pub ram: Option<u64>,
    /// Bytes of flash, where they are not the board's.
    pub flash: Option<u64>,
    /// In which order it runs; `None`: by timesteps, where there is the RAM for it.
    pub schedule: Option<Schedule>,
    /// Whether the weights are copied to RAM before anything runs.
    pub weights_in_ram: bool,
    /// Whether weights stay as they are kept ([`super::unpacked`]).
    pub keep_bits: bool,
}

/// What a network needs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// In which order it runs.
    pub schedule: Schedule,
    /// All state there is: exactly what the linked image has as variables, where `weights_in_ram` is 0.
    pub arena_bytes: u64,
    /// Weights that are copied to RAM.
    pub weights_in_ram_bytes: u64,
    /// What is left to the stack.
    pub stack_bytes: u64,
    /// Weights and tables in flash.
    pub tables_bytes: u64,
    /// What is left to code; `snnc build` says what it takes.
    pub code_bytes: u64,
}

impl Needs {
    /// Bytes of RAM.
    #[must_use]
    pub const fn ram(&self) -> u64 {
        self.arena_bytes + self.weights_in_ram_bytes + self.stack_bytes
    }

    /// Bytes of flash.
    #[must_use]
    pub const fn flash(&self) -> u64 {
        self.tables_bytes + self.code_bytes
    }
}

/// Bytes of RAM that a network needs besides the stack, in an order.
///
/// # Errors
/// [`PlanError`]: it cannot run layer by layer.
pub fn arena_bytes(program: &Program<'_>, schedule: Schedule) -> Result<u64, PlanError> {
    Ok(4 * match schedule {
        Schedule::Timesteps => arena_words(program),
        Schedule::Layers => Plan::new(program)?.words(),
    } as u64)
}

/// What a network needs in an order.
fn needs(compiled: &Compiled<'_>, schedule: Schedule, weights_in_ram: bool) -> Result<Needs, PlanError> {
    let program = &compiled.program;
    let weights = |step: &Step<'_>| match step {
        Step::Population(population) => {
            population.projections.iter().map(|projection| synapse_bits(&projection.synapses).div_ceil(32) * 4).sum()
        }
        Step::Pool(_) => 0,
    };
    Ok(Needs {
        schedule,
        arena_bytes: arena_bytes(program, schedule)?,
        weights_in_ram_bytes: if weights_in_ram { program.steps().iter().map(weights).sum() } else { 0 },
        stack_bytes: STACK_BYTES,
        tables_bytes: flash_bytes(program),
        code_bytes: CODE_BYTES,
    })
}

/// What a network needs in the order in which it fits what the user has chosen; an order that was chosen before stays.
///
/// # Errors
/// A network that does not fit, with what is too much, by how much, and where it would fit; one that cannot run layer by layer
/// where that was asked for.
pub fn fit(compiled: &Compiled<'_>, choices: &Choices) -> Result<Needs, AtNode<BackendError>> {
    let refused = |found: String, help: String| AtNode {
        node: compiled.name.clone(),
        op: "network".to_owned(),
        source: BackendError::Unsupported { found, help },
    };
    let place = choices.device.map_or("the memory given", |device| device.name);
    let ram = choices.ram.or(choices.device.map(|device| device.ram_bytes.into())).unwrap_or(u64::MAX);
    let flash = choices.flash.or(choices.device.map(|device| device.flash_bytes.into())).unwrap_or(u64::MAX);
    let of = |schedule| needs(compiled, schedule, choices.weights_in_ram);
    let (by_timesteps, by_layers) = (of(Schedule::Timesteps), of(Schedule::Layers));
    let before = (compiled.layout.schedule == Schedule::Layers).then_some(Schedule::Layers);
    let chosen = choices.schedule.or(before);
    if let (Some(Schedule::Layers), Err(error)) = (chosen, by_layers) {
        let help = "leave --schedule out: it runs timestep by timestep".to_owned();
        return Err(refused(format!("`--schedule layers` was asked for, and {}", why(compiled, error)), help));
    }
    let tried: Vec<Needs> = [by_timesteps, by_layers]
        .into_iter()
        .flatten()
        .filter(|needs| chosen.is_none_or(|chosen| chosen == needs.schedule))
        .collect();
    let Some(&first) = tried.first() else {
        return Err(refused("the network has no order to run in".into(), "this is a mistake in snnc".into()));
    };
    let fits = || -> String {
        let fits = |device: &&Device| {
            let (ram, flash) = (u64::from(device.ram_bytes), u64::from(device.flash_bytes));
            tried.iter().any(|needs| needs.ram() <= ram && needs.flash() <= flash)
        };
        let names: Vec<&str> = DEVICES.iter().filter(fits).map(|device| device.name).collect();
        if names.is_empty() {
            "no board that is known holds it".into()
        } else {
            format!("it fits {}", names.join(", "))
        }
    };
    if first.flash() > flash {
        let (needed, tables, code) = (first.flash(), first.tables_bytes, first.code_bytes);
        let found = format!(
            "needs {needed} bytes of flash (weights and tables {tables}, room for code {code}), {place} has {flash}: {} \
             too few",
            needed - flash
        );
        let help =
            format!("give --weights of fewer bits or prune it (`snnc compress`); or take a larger board: {}", fits());
        return Err(refused(found, help));
    }
    if let Some(&found) = tried.iter().find(|needs| needs.ram() <= ram) {
        return Ok(found);
    }
    let each = tried.iter().map(|needs| {
        let weights = match needs.weights_in_ram_bytes {
            0 => String::new(),
            bytes => format!(", weights {bytes}"),
        };
        let (name, ram, arena, stack) = (needs.schedule.name(), needs.ram(), needs.arena_bytes, needs.stack_bytes);
        format!("{ram} bytes of RAM by {name} (arena {arena}{weights}, stack {stack})")
    });
    let each = each.collect::<Vec<_>>().join(", ");
    let least = tried.iter().map(Needs::ram).min().unwrap_or(0);
    let mut found = format!("needs {each}, {place} has {ram}: {} too few", least - ram);
    if let (None, Err(error)) = (chosen, by_layers) {
        found += &format!("; {}", why(compiled, error));
    }
    let mut ways = vec![format!("take a board with more: {}", fits())];
    if choices.weights_in_ram && least - first.weights_in_ram_bytes <= ram {
        ways.insert(0, "leave --weights-in-ram out, with which it does not fit".to_owned());
    }
    if let (Some(Schedule::Timesteps), Ok(other)) = (chosen, by_layers)
        && other.ram() <= ram
    {
        ways.insert(0, format!("give --schedule layers, which needs {}", other.ram()));
    }
    ways.push("or train it with fewer channels or timesteps".to_owned());
    Err(refused(found, ways.join("; ")))
}

/// Why a network cannot run layer by layer.
fn why(compiled: &Compiled<'_>, error: PlanError) -> String {
    match error {
        PlanError::Steps => "a network of more than 64 steps cannot run layer by layer".to_owned(),
        PlanError::TooLarge => "its outputs of all timesteps are larger than an address space".to_owned(),
        PlanError::Recurrent(step) => {
            let name = compiled.steps.get(step).map_or_else(|| format!("step {step}"), |info| info.name.clone());
            format!("`{name}` reads what a later layer gave, so layer by layer is not possible")
        }
    }
}

#[cfg(test)]
mod tests;
