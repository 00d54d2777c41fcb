//! `snnc verify`: the same samples on several machines, every spike of every layer compared with the host's.

use std::collections::BTreeMap;
use std::process::ExitCode;

use bumpalo::Bump;
use miette::IntoDiagnostic;
use rayon::prelude::*;
use serde::Serialize;
use snnc::host::{self, Trace};
use snnc::machine::{Difference, MACHINES, Machine, Unit};
use snnc::pipeline;

use super::{Verify, model, print_json, progress, show, waveform};

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    samples: usize,
    equal: bool,
    machines: BTreeMap<&'static str, MachineReport>,
}

#[derive(Serialize)]
struct MachineReport {
    equal: bool,
    /// Per sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    clocks: Option<Vec<u64>>,
    /// Per sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
}

pub fn run(arguments: &Verify) -> miette::Result<ExitCode> {
    let machines: Vec<&Machine> =
        arguments.machines.iter().filter_map(|name| MACHINES.iter().find(|machine| machine.name == name)).collect();
    let traced = match &arguments.vcd {
        Some(path) => Some(waveform::machine(path, &arguments.machines, &machines)?),
        None => None,
    };
    let mut data = model::dataset(&arguments.data)?;
    if let Some(n) = arguments.samples {
        data = data.take(n as usize);
    }
    let arena = Bump::new();
    let network = model::network(&arguments.model, Some(&data), &arena)?;
    let compiled = &network.built.compiled;
    let samples = pipeline::encode(compiled, &data)?;
    let traces: Vec<Trace> = samples.par_iter().map(|sample| host::trace(&compiled.program, sample)).collect();
    let mut report = Report { samples: samples.len(), equal: true, machines: BTreeMap::new() };
    report.machines.insert("host", MachineReport { equal: true, clocks: None, instructions: None, difference: None });
    let mut waiting = traced.is_some();
    for machine in machines {
        let spinner = progress::spinner(format!("{} samples on {}", samples.len(), machine.name));
        let scratch = tempfile::tempdir().into_diagnostic()?;
        let outcome = match &traced {
            Some(traced) if traced.name == machine.name => {
                waiting = false;
                spinner.suspend(|| traced.warn(compiled, &samples, &traces));
                traced.run(compiled, &samples, &traces, scratch.path())?
            }
            _ => (machine.run)(compiled, &samples, &traces, scratch.path())?,
        };
        spinner.finish_and_clear();
        let equal = outcome.difference.is_none();
        report.equal &= equal;
        let (clocks, instructions) = match machine.unit {
            Unit::Clocks => (Some(outcome.cost), None),
            Unit::Instructions => (None, Some(outcome.cost)),
        };
        let found = MachineReport { equal, clocks, instructions, difference: outcome.difference };
        report.machines.insert(machine.name, found);
        if !equal && !waiting {
            break;
        }
    }
    if arguments.json {
        print_json(&report)?;
    } else {
        show(&text(&report))?;
    }
    Ok(if report.equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(report: &Report) -> String {
    let mut text = format!("{} samples\n", report.samples);
    for (name, machine) in &report.machines {
        let mean = |cost: &[u64]| cost.iter().sum::<u64>() as f64 / cost.len().max(1) as f64;
        let cost = match (&machine.clocks, &machine.instructions) {
            (Some(clocks), _) => format!("mean {:.0} clocks per sample", mean(clocks)),
            (_, Some(instructions)) => format!("mean {:.0} instructions per sample", mean(instructions)),
            _ => "golden".to_owned(),
        };
        text += &match &machine.difference {
            None => format!("{name:<12} every spike equal, {cost}\n"),
            Some(difference) => format!("{name:<12} DIFFERS: {}\n", told(name, difference)),
        };
    }
    text
}

/// Where a machine and the host part.
fn told(machine: &str, difference: &Difference) -> String {
    let Difference { sample, layer, timestep, neuron, position, expected, found, time_ns } = difference;
    let place = position.map_or_else(String::new, |[y, x, c]| format!(" (row {y}, column {x}, channel {c})"));
    let found = match (found, time_ns) {
        (-1, Some(_)) => "x, which is neither 0 nor 1".to_owned(),
        _ => found.to_string(),
    };
    let time = time_ns.map_or_else(String::new, |time| format!(", at {time} ns"));
    format!(
        "sample {sample}, layer `{layer}`, timestep {timestep}, neuron {neuron}{place}: host says {expected}, \
         {machine} says {found}{time}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_its_place_both_values_and_the_time() {
        let mut difference = Difference {
            sample: 2,
            layer: "conv1".into(),
            timestep: 3,
            neuron: 41,
            position: Some([1, 4, 1]),
            expected: 1,
            found: 0,
            time_ns: Some(315),
        };
        insta::assert_snapshot!(told("icarus", &difference), @"sample 2, layer `conv1`, timestep 3, neuron 41 (row 1, column 4, channel 1): host says 1, icarus says 0, at 315 ns");
        difference.found = -1;
        assert!(told("icarus", &difference).contains("icarus says x, which"));
        difference = Difference { position: None, time_ns: None, ..difference };
        insta::assert_snapshot!(told("cortex-m4", &difference), @"sample 2, layer `conv1`, timestep 3, neuron 41: host says 1, cortex-m4 says -1");
    }
}
