//! `snnc verify`: the same samples on several machines, every spike of every layer compared with the host's.

use std::collections::BTreeMap;
use std::process::ExitCode;

use bumpalo::Bump;
use miette::IntoDiagnostic;
use rayon::prelude::*;
use serde::Serialize;
use snnc::host::{self, Trace};
use snnc::machine::{Difference, MACHINES, Unit};
use snnc::pipeline;

use super::{Verify, model, print_json, progress, show};

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
    for machine in arguments.machines.iter().filter_map(|name| MACHINES.iter().find(|machine| machine.name == name)) {
        let spinner = progress::spinner(format!("{} samples on {}", samples.len(), machine.name));
        let scratch = tempfile::tempdir().into_diagnostic()?;
        let outcome = (machine.run)(compiled, &samples, &traces, scratch.path())?;
        spinner.finish_and_clear();
        let equal = outcome.difference.is_none();
        report.equal &= equal;
        let (clocks, instructions) = match machine.unit {
            Unit::Clocks => (Some(outcome.cost), None),
            Unit::Instructions => (None, Some(outcome.cost)),
        };
        let found = MachineReport { equal, clocks, instructions, difference: outcome.difference };
        report.machines.insert(machine.name, found);
        if !equal {
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
            Some(d) => format!(
                "{name:<12} DIFFERS: sample {}, layer `{}`, timestep {}, neuron {}: expected {}, found {}\n",
                d.sample, d.layer, d.timestep, d.neuron, d.expected, d.found
            ),
        };
    }
    text
}
