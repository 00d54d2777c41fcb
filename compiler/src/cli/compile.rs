//! `snnc compile`: a model to the files of a target.

use std::process::ExitCode;

use bumpalo::Bump;
use miette::IntoDiagnostic;
use serde::Serialize;
use snnc::backend::{BACKENDS, EmitOptions, Emitted, File, LayerReport};
use snnc::compiled::Compiled;
use snnc::compiled_file;
use snnc::data::Sample;
use snnc::error::Error;
use snnc::pipeline::{self, Choices, Price};

use super::model::{self, NETWORK};
use super::{Compile, Target, print_json};

/// Calibration samples that clocks are predicted on and that the testbench plays.
const STIMULI: usize = 4;

/// What `--json` prints, and `report.json` holds.
#[derive(Serialize)]
struct Report<'r> {
    model: &'r str,
    target: &'static str,
    timesteps: u32,
    files: Vec<&'r str>,
    layers: &'r [LayerReport],
    memory_bits: u64,
    state_bits: u64,
    /// Clocks per sample, on the samples of the testbench.
    predicted_clocks: &'r [u64],
    price: Option<Price>,
}

pub fn run(arguments: &Compile) -> miette::Result<ExitCode> {
    let target = match arguments.target {
        Target::Fpga => "fpga",
        Target::Mcu => "mcu",
    };
    let arena = Bump::new();
    let choices = Choices { weights: arguments.weights.into() };
    let network = model::network(&arguments.model, choices, None, &arena)?;
    let compiled = &network.built.compiled;
    let samples = stimuli(arguments, compiled)?;
    let options = EmitOptions { lanes: arguments.lanes.map(|n| n as usize), samples: &samples };
    let backend = BACKENDS.iter().find(|backend| backend.name == target).expect("every target has its backend");
    let Emitted { mut files, report, predicted_clocks } = (backend.emit)(compiled, &options).map_err(Error::from)?;
    files.push(File { path: NETWORK.into(), content: compiled_file::save(compiled)? });
    let mut names: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    names.push("report.json".into());
    let report = Report {
        model: &compiled.name,
        target,
        timesteps: compiled.program.timesteps(),
        files: names.iter().map(String::as_str).collect(),
        layers: &report,
        memory_bits: report.iter().map(|layer| layer.memory_bits).sum(),
        state_bits: report.iter().map(|layer| layer.state_bits).sum(),
        predicted_clocks: &predicted_clocks,
        price: network.built.price,
    };
    let json = serde_json::to_string_pretty(&report).into_diagnostic()?;
    files.push(File::text("report.json", json + "\n"));
    let folder = arguments.output.clone().unwrap_or_else(|| model::default_folder(&arguments.model.model, target));
    snnc::output::write_folder(&folder, &files)?;
    if arguments.json {
        print_json(&report)?;
    } else {
        println!("{} files in `{}`", report.files.len(), folder.display());
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// The first calibration samples, for the testbench.
fn stimuli(arguments: &Compile, compiled: &Compiled<'_>) -> miette::Result<Vec<Sample>> {
    match &arguments.model.calib {
        Some(path) => Ok(pipeline::encode(compiled, &model::dataset(path)?.take(STIMULI))?),
        None => Ok(Vec::new()),
    }
}

fn print(report: &Report<'_>) {
    println!(
        "{:<24} {:>8} {:>6} {:>14} {:>12} {:>12}",
        "layer", "weights", "lanes", "clocks/sample", "memory bits", "state bits"
    );
    for layer in report.layers {
        let lanes = layer.lanes.map_or(String::new(), |n| n.to_string());
        let clocks = layer.predicted_clocks.map_or(String::new(), |n| format!("{n:.0}"));
        let encoding = layer.encoding.unwrap_or("");
        println!(
            "{:<24} {encoding:>8} {lanes:>6} {clocks:>14} {:>12} {:>12}",
            layer.name, layer.memory_bits, layer.state_bits
        );
    }
    if !report.predicted_clocks.is_empty() {
        let mean = report.predicted_clocks.iter().sum::<u64>() as f64 / report.predicted_clocks.len() as f64;
        println!(
            "predicted: {mean:.0} clocks per sample, mean of {} calibration samples",
            report.predicted_clocks.len()
        );
    }
    if let Some(price) = report.price {
        println!(
            "integers and floats predict the same on {} of {} calibration samples",
            price.same_predictions, price.samples
        );
        if let (Some(float), Some(integer)) = (price.float_correct, price.integer_correct) {
            println!("correct on the calibration samples: float {float}, integers {integer}");
        }
    }
}
