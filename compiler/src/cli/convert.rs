//! `snnc convert`: any model to a native `.snn` file or a NIR file, and a network with activations
//! to a spiking one.

use std::process::ExitCode;

use rayon::prelude::*;
use snnc::data::Dataset;
use snnc::frontend::{LoadOptions, native, nir};
use snnc::ir::Graph;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::output::write_file;
use snnc::pass::ann_to_snn;
use snnc::pipeline;

use super::model::{self, InputError, Opened};
use super::{Convert, progress, show};

pub fn run(arguments: &Convert) -> miette::Result<ExitCode> {
    match model::open(&arguments.model, &LoadOptions { timesteps: None, nir: arguments.nir.options() })? {
        Opened::Graph(graph, warnings) => {
            model::warn(&warnings);
            let graph = if arguments.to_snn { to_snn(arguments, &graph)? } else { *graph };
            let is_nir = arguments.output.extension().is_some_and(|e| e.eq_ignore_ascii_case("nir"));
            let bytes = if is_nir {
                let written = nir::write(&graph)?;
                model::warn(&written.warnings);
                written.bytes
            } else {
                native::save(&graph)?
            };
            write_file(&arguments.output, &bytes)?;
            show(&format!("`{}`: {} nodes\n", arguments.output.display(), graph.nodes.len()))?;
            Ok(ExitCode::SUCCESS)
        }
        Opened::Compiled(_) => Err(InputError::NoGraph { path: arguments.model.display().to_string() }.into()),
    }
}

/// Converts, and prints what the timesteps do to the accuracy where there is data.
fn to_snn(arguments: &Convert, ann: &Graph) -> miette::Result<Graph> {
    if !ann_to_snn::is_ann(ann) {
        model::warn(&["it has no activations: it is written as it is".into()]);
        return Ok(ann.clone());
    }
    let calib = arguments.calib.as_deref().map(model::dataset).transpose()?;
    let timesteps = arguments.timesteps.unwrap_or_else(|| ann_to_snn::default_timesteps(ann));
    let snn = pipeline::to_spikes(ann, timesteps, calib.as_ref())?;
    for note in ann_to_snn::notes(ann, timesteps) {
        show(&format!("{note}\n"))?;
    }
    if let Some(path) = &arguments.data {
        let mut data = model::dataset(path)?;
        if let Some(n) = arguments.samples {
            data = data.take(n as usize);
        }
        table(ann, timesteps, calib.as_ref(), &data)?;
    }
    Ok(snn)
}

/// Accuracy against timesteps, in floats: 1, 2, 4 and so on, up to those that were asked for.
fn table(ann: &Graph, timesteps: u32, calib: Option<&Dataset>, data: &Dataset) -> miette::Result<()> {
    let mut ann = ann.clone();
    ann.timesteps = Some(1);
    pipeline::present_float(&mut ann, data)?;
    let wanted = predictions(&ann, data, 1);
    let correct = |predictions: &[usize]| {
        let labels = data.labels.as_ref()?;
        let hits = predictions.iter().zip(labels).filter(|(p, l)| **p as i64 == **l).count();
        Some(100.0 * hits as f64 / data.len.max(1) as f64)
    };
    let cell = |accuracy: Option<f64>| accuracy.map_or(String::new(), |a| format!("{a:.2} %"));
    show(&format!("{:<12} {:>10} {:>14}\n", "timesteps", "accuracy", "as without"))?;
    let mut counts: Vec<u32> = (0..).map(|n| 1u32 << n).take_while(|&n| n < timesteps).collect();
    counts.push(timesteps);
    for count in counts {
        let snn = pipeline::to_spikes(&ann, count, calib)?;
        let found = predictions(&snn, data, count);
        let same = found.iter().zip(&wanted).filter(|(a, b)| a == b).count();
        let same = format!("{:.2} %", 100.0 * same as f64 / data.len.max(1) as f64);
        show(&format!("{count:<12} {:>10} {same:>14}\n", cell(correct(&found))))?;
    }
    show(&format!("{:<12} {:>10}\n", "no spikes", cell(correct(&wanted))))
}

fn predictions(graph: &Graph, data: &Dataset, timesteps: u32) -> Vec<usize> {
    let bar = progress::bar(data.len, "evaluating");
    let of = |evaluator: &mut Evaluator<'_>, index| {
        let scores = evaluator.run(&pipeline::float_sample(graph, data, index, timesteps), timesteps, |_| {});
        bar.inc(1);
        prediction(&scores)
    };
    let found = (0..data.len).into_par_iter().map_init(|| Evaluator::new(graph), of).collect();
    bar.finish_and_clear();
    found
}
