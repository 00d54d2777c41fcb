//! Runs the tools on a folder that was compiled for a board, and reads back what the design, or the firmware, takes.

mod figures;
mod firmware;
mod tools;

use std::path::Path;
use std::process::Command;

use miette::Diagnostic;
use thiserror::Error;

pub use figures::{Built, Figure};
pub use firmware::{Image, firmware};

use crate::backend::verilog::board::Board;

/// A design that was not built.
#[derive(Debug, Error, Diagnostic)]
pub enum BuildError {
    /// Tools that are not installed.
    #[error("{} {} not installed", tools.join(", "), if tools.len() == 1 { "is" } else { "are" })]
    #[diagnostic(code(snnc::build::missing), help("install with: {install}"))]
    Missing {
        /// Their names.
        tools: Vec<String>,
        /// The command that installs them.
        install: String,
    },
    /// The design needs more than the part has.
    #[error("the design does not fit the {part}: {said}")]
    #[diagnostic(
        code(snnc::build::fit),
        help(
            "compile with fewer --lanes or --slots, with --weights of fewer bits, prune it (`snnc compress`), or take a larger board"
        )
    )]
    Fit {
        /// The part.
        part: String,
        /// What the tool said.
        said: String,
    },
    /// The design is slower than its clock.
    #[error("the design is too slow for its clock: {said}")]
    #[diagnostic(
        code(snnc::build::timing),
        help(
            "compile with a lower --clock, or try another placement with --seed; the figures are in build/routed.json"
        )
    )]
    Timing {
        /// What the tool said.
        said: String,
    },
    /// A tool that fails for another reason.
    #[error("building failed: {said}")]
    #[diagnostic(code(snnc::build::failed), help("run `make` in the folder to see all of it"))]
    Failed {
        /// What was said last.
        said: String,
    },
    /// A firmware that cannot be built.
    #[error("the firmware cannot be built: {said}")]
    #[diagnostic(code(snnc::build::firmware), help("run `cargo build --release` in its folder to see all of it"))]
    Firmware {
        /// What was said last.
        said: String,
    },
    /// Figures that are not what the tools write.
    #[error("`build/{file}` is not what was expected of the tools: {reason}")]
    #[diagnostic(code(snnc::build::figures))]
    Figures {
        /// The file.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The system.
    #[error("the folder cannot be built in")]
    #[diagnostic(code(snnc::build::folder))]
    Folder(#[from] std::io::Error),
}

/// Builds the design in `folder`, which is one for `board`.
///
/// # Errors
/// Missing tools; a design that does not fit or is too slow; whatever else a tool says.
pub fn build(folder: &Path, board: &Board, seed: u32) -> Result<Built, BuildError> {
    let found = tools::find(board.family)?;
    let mut make = Command::new("make");
    make.current_dir(folder).arg(format!("SEED={seed}"));
    make.args(found.iter().map(|(variable, tool)| format!("{variable}={tool}")));
    let output = make.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(reason(board, &(text(&output.stdout) + &text(&output.stderr))));
    }
    figures::read(folder, board.family)
}

/// Why `make` failed, in the tool's own words.
fn reason(board: &Board, said: &str) -> BuildError {
    let errors: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
    let first = |about: &[&str]| {
        let line = errors.iter().find(|line| about.iter().any(|words| line.contains(words)));
        line.map(|line| line.trim_start_matches("ERROR: ").to_owned())
    };
    let part = board.part.to_owned();
    if let Some(said) = first(&[
        "no BELs remaining",
        "Unable to find a placement",
        "Unable to place",
        "no more available",
        "failed to place",
    ]) {
        return BuildError::Fit { part, said };
    }
    if let Some(said) = first(&["Max frequency for clock"]) {
        return BuildError::Timing { said };
    }
    let lines: Vec<&str> = if errors.is_empty() { said.lines().rev().take(8).collect() } else { errors };
    BuildError::Failed { said: lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::verilog::board::find;

    fn why(said: &str) -> BuildError {
        reason(find("icebreaker").expect("a board"), said)
    }

    #[test]
    fn the_tools_own_words_say_why() {
        let full = "ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_RAM'\nmake: *** [Makefile:9]";
        assert!(
            matches!(why(full), BuildError::Fit { part, said } if part == "iCE40UP5K-SG48" && said.starts_with("Unable to place"))
        );
        let slow = "ERROR: Max frequency for clock 'clk': 9.10 MHz (FAIL at 12.00 MHz)\n0 warnings, 1 error";
        assert!(matches!(why(slow), BuildError::Timing { said } if said.starts_with("Max frequency")));
        assert!(
            matches!(why("ERROR: no such module\n"), BuildError::Failed { said } if said == "ERROR: no such module")
        );
        assert!(matches!(why("one\ntwo\n"), BuildError::Failed { said } if said.contains("two")));
    }
}
