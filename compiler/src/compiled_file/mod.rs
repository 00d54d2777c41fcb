//! `network.snn`: a compiled network as a file, in the same [`crate::container`] as native models.
//!
//! What is loaded is what was saved, to the last bit. The file is hostile until [`load`] has returned: what
//! [`Program::new`] does not look at is checked here, and what only a proof over the weights can tell is left to the
//! caller's `prove`.

mod load;
mod save;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use miette::Diagnostic;
use snnc_runtime::program::{EdgeKind, Program, ValueKind};
use snnc_runtime::run::arena_words;
use thiserror::Error;

use crate::compiled::Compiled;
use crate::ir::InputEncoding;

pub use load::load;
pub use save::save;

pub use snnc_runtime::program::MAX_TIMESTEPS;

/// Words of 32 bits beyond which a network is refused: 256 MiB of state.
const MAX_ARENA_WORDS: usize = 1 << 26;

/// A compiled network that cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum CompiledFileError {
    /// What was found, and what was expected.
    #[error("`{file}` is no compiled network of this snnc: {found}")]
    #[diagnostic(code(snnc::compiled_file), help("compile the model again"))]
    Invalid {
        /// Name of the file.
        file: String,
        /// What was found.
        found: String,
    },
}

/// What a [`Program`] does not say about itself.
fn check(compiled: &Compiled<'_>) -> Result<(), String> {
    let program: &Program<'_> = &compiled.program;
    if program.timesteps() > MAX_TIMESTEPS {
        return Err(format!("it runs for {} timesteps, at most {MAX_TIMESTEPS}", program.timesteps()));
    }
    compiled.layout.check()?;
    let words = arena_words(program);
    if words > MAX_ARENA_WORDS {
        return Err(format!("its state takes {words} words, at most {MAX_ARENA_WORDS}"));
    }
    let encoding_fits = match (compiled.input, program.input().kind) {
        (InputEncoding::Spikes, EdgeKind::Spikes) => true,
        (InputEncoding::Integer { scale, bits, signed }, EdgeKind::Values(kind)) => {
            let expected = match kind {
                ValueKind::U8 => (8, false),
                ValueKind::I8 => (8, true),
                ValueKind::I16 => (16, true),
            };
            (bits, signed) == expected && is_scale(scale)
        }
        _ => false,
    };
    if !encoding_fits {
        return Err(format!("its input takes {:?}, its samples become {:?}", program.input().kind, compiled.input));
    }
    if compiled.steps.len() != program.steps().len() {
        return Err(format!("it names {} of {} steps", compiled.steps.len(), program.steps().len()));
    }
    let names: BTreeSet<&str> = compiled.steps.iter().map(|step| step.name.as_str()).collect();
    if names.len() != compiled.steps.len() || names.contains("") {
        return Err("a step's name is empty or used twice".into());
    }
    if !is_scale(compiled.readout_scale) {
        return Err(format!("its readout scale is {}, expected a finite number above 0", compiled.readout_scale));
    }
    match compiled.steps.iter().find(|step| step.activity.is_some_and(|n| !(n.is_finite() && n >= 0.0))) {
        Some(step) => Err(format!("step `{}` has an activity of {:?}", step.name, step.activity)),
        None => Ok(()),
    }
}

fn is_scale(scale: f32) -> bool {
    scale.is_finite() && scale > 0.0
}
