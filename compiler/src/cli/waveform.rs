//! The waveform that `snnc verify --vcd` writes.

use std::path::Path;

use miette::Diagnostic;
use snnc::backend::verilog::hardware;
use snnc::compiled::Compiled;
use snnc::data::Sample;
use snnc::host::Trace;
use snnc::machine::{Machine, Outcome, Run, WAVEFORM};
use thiserror::Error;

/// Kilobytes of a waveform per clock, as measured on fixture models from few lanes to many, under both simulators.
const KB_PER_CLOCK: [u64; 2] = [4, 30];

/// Megabytes from which a user is told of the size before the simulation begins.
const HUGE_MB: u64 = 200;

/// A machine, and the file that its waveform goes to.
pub struct Traced<'a> {
    /// The machine's name.
    pub name: &'static str,
    run: Run,
    path: &'a Path,
}

/// Machines that no waveform can be had of.
#[derive(Debug, Error, Diagnostic)]
pub enum WaveformError {
    /// None is a simulated design.
    #[error("--vcd: there is no waveform of {found}, only of a simulated design")]
    #[diagnostic(code(snnc::verify::no_waveform), help("add one: --machines verilator, or --machines icarus"))]
    None {
        /// The machines.
        found: String,
    },
    /// Several are.
    #[error("--vcd: one file holds the waveform of one machine, found {found}")]
    #[diagnostic(code(snnc::verify::several_waveforms), help("name one of them in --machines"))]
    Several {
        /// Their names.
        found: String,
    },
}

/// The one of `machines` that has a waveform.
pub fn machine<'a>(path: &'a Path, asked: &[String], machines: &[&Machine]) -> Result<Traced<'a>, WaveformError> {
    let mut traced = machines
        .iter()
        .filter_map(|machine| Some(Traced { name: machine.name, run: machine.run_with_waveform?, path }));
    match (traced.next(), traced.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(WaveformError::None { found: asked.join(", ") }),
        (Some(one), Some(other)) => Err(WaveformError::Several { found: format!("{} and {}", one.name, other.name) }),
    }
}

/// What to say about a waveform of so many clocks, if it is huge.
fn note(clocks: u64, samples: usize) -> Option<String> {
    let [least, most] = KB_PER_CLOCK.map(|kb| kb * clocks / 1000);
    (least >= HUGE_MB).then(|| {
        format!(
            "note: the waveform of {samples} samples, {clocks} clocks, takes {least} to {most} MB; --samples N takes \
             the first N only"
        )
    })
}

impl Traced<'_> {
    /// Says so if the waveform will be huge.
    pub fn warn(&self, compiled: &Compiled<'_>, samples: &[Sample], traces: &[Trace]) {
        // what cannot be built says so itself, later
        let clocks =
            hardware(compiled, samples, traces, 0).map_or(0, |hardware| hardware.predicted_clocks.iter().sum());
        if let Some(note) = note(clocks, samples.len()) {
            eprintln!("{note}");
        }
    }

    /// Runs the samples, and writes the waveform whatever they show.
    pub fn run(
        &self,
        compiled: &Compiled<'_>,
        samples: &[Sample],
        traces: &[Trace],
        scratch: &Path,
    ) -> miette::Result<Outcome> {
        let outcome = (self.run)(compiled, samples, traces, scratch);
        let written = scratch.join(WAVEFORM);
        if written.is_file() {
            snnc::output::copy_file(&written, self.path)?;
        }
        Ok(outcome?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_huge_waveform_is_spoken_of() {
        assert_eq!(note(49_000, 2), None);
        insta::assert_snapshot!(note(55_000, 2).expect("220 MB"), @"note: the waveform of 2 samples, 55000 clocks, takes 220 to 1650 MB; --samples N takes the first N only");
    }
}
