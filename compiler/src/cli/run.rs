//! `snnc run`: accuracy and spike statistics on the host.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use bumpalo::Bump;
use miette::IntoDiagnostic;
use rayon::prelude::*;
use serde::Serialize;
use snnc::data::{Dataset, Sample};
use snnc::host;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::ir::{Graph, Op};
use snnc::output::{LayerSpikes, layer_spikes, scores, spikes, write_file};
use snnc::pipeline;
use snnc::stats::{Counter, LayerCounts};
use snnc_runtime::program::{Program, Rate};
use snnc_runtime::run::{Runner, arena_words};

use super::model::{self, InputError, Opened};
use super::{Encode, Run, print_json, progress, show};

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    samples: usize,
    correct: Option<usize>,
    accuracy: Option<f64>,
    /// Wall time of the inference alone, samples in memory.
    seconds: f64,
    timesteps: u32,
    /// Weights added, mean per sample.
    synaptic_operations: Option<f64>,
    layers: Vec<Layer>,
}

/// Means per sample.
#[derive(Serialize)]
struct Layer {
    name: String,
    encoding: Option<&'static str>,
    active: f64,
    active_per_neuron_and_timestep: f64,
    synaptic_operations: f64,
}

/// Scores and predictions of every sample.
struct Outputs {
    out: Vec<f32>,
    pred: Vec<i64>,
    seconds: f64,
}

pub fn run(arguments: &Run) -> miette::Result<ExitCode> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.unwrap_or(0) as usize);
    pool.build().into_diagnostic()?.install(|| match arguments.float {
        true => float(arguments),
        false => integer(arguments),
    })
}

/// The samples, as spike trains where the user asks for them.
fn samples(arguments: &Run) -> miette::Result<Dataset> {
    let data = model::dataset(&arguments.data)?;
    Ok(match arguments.samples {
        Some(n) => data.take(n as usize),
        None => data,
    })
}

fn coded(arguments: &Run, data: Dataset, input: snnc::ir::Shape, timesteps: u32) -> miette::Result<Dataset> {
    match arguments.encode {
        Some(Encode::Rate) => Ok(data.rate_coded(input, timesteps, arguments.seed)?),
        None => Ok(data),
    }
}

fn integer(arguments: &Run) -> miette::Result<ExitCode> {
    let mut data = samples(arguments)?;
    let arena = Bump::new();
    let opened = model::open(&arguments.model.model, &arguments.model.options())?;
    if let (Opened::Graph(graph, _), Some(_)) = (&opened, arguments.encode) {
        let timesteps = graph.timesteps.ok_or(snnc::error::GraphError::Timesteps)?;
        data = coded(arguments, data, graph.input().1, timesteps)?;
    }
    let network = model::compile(opened, &arguments.model, Some(&data), &arena)?;
    let compiled = &network.built.compiled;
    let program = compiled.program;
    if network.graph.is_none() {
        let shape = program.input().shape;
        let [c, h, w] = [shape.channels, shape.height, shape.width].map(|n| n as usize);
        if arguments.encode.is_some() && program.input().rate == Rate::PerSample {
            return Err(InputError::ConstantInput { path: arguments.model.model.display().to_string() }.into());
        }
        data = coded(arguments, data, snnc::ir::Shape::new(c, h, w), program.timesteps())?;
    }
    let encoded = pipeline::encode(compiled, &data)?;
    let outputs = infer(&program, &encoded, compiled.readout_scale);
    let counts = count(&program, &encoded);
    let moments = |step: usize| program.edge(step + 1).shape.len() as f64 * f64::from(program.timesteps());
    let n = data.len.max(1) as f64;
    let layers: Vec<Layer> = counts
        .iter()
        .zip(&compiled.steps)
        .enumerate()
        .map(|(step, (counts, info))| Layer {
            name: info.name.clone(),
            encoding: info.encoding.map(|encoding| encoding.name()),
            active: counts.active as f64 / n,
            active_per_neuron_and_timestep: counts.active as f64 / n / moments(step),
            synaptic_operations: counts.synaptic_operations as f64 / n,
        })
        .collect();
    if let Some(path) = &arguments.trace {
        let traces: Vec<_> = encoded.par_iter().map(|sample| host::trace(&program, sample)).collect();
        write_traces(path, &layer_spikes(compiled, &traces), data.len, program.timesteps())?;
    }
    let operations = layers.iter().map(|layer| layer.synaptic_operations).sum();
    finish(arguments, &data, program.timesteps(), &outputs, Some(operations), layers)
}

fn float(arguments: &Run) -> miette::Result<ExitCode> {
    let mut data = samples(arguments)?;
    let path = arguments.model.model.display().to_string();
    let Opened::Graph(mut graph, warnings) = model::open(&arguments.model.model, &arguments.model.options())? else {
        return Err(InputError::NoGraph { path }.into());
    };
    model::warn(&warnings);
    if arguments.encode.is_some() {
        let timesteps = graph.timesteps.ok_or(snnc::error::GraphError::Timesteps)?;
        data = coded(arguments, data, graph.input().1, timesteps)?;
    }
    let timesteps = pipeline::present_float(&mut graph, &data)?;
    let outputs = evaluate(&graph, &data, timesteps);
    if let Some(path) = &arguments.trace {
        write_traces(path, &float_spikes(&graph, &data, timesteps), data.len, timesteps)?;
    }
    finish(arguments, &data, timesteps, &outputs, None, vec![])
}

fn write_traces(path: &Path, layers: &[LayerSpikes], samples: usize, timesteps: u32) -> miette::Result<()> {
    let bytes = spikes(layers, samples, timesteps as usize).into_diagnostic()?;
    Ok(write_file(path, &bytes)?)
}

/// The spikes of every layer of neurons of the float graph.
fn float_spikes(graph: &Graph, data: &Dataset, timesteps: u32) -> Vec<LayerSpikes> {
    let neurons: Vec<usize> =
        (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_))).collect();
    let traces: Vec<Vec<Vec<u8>>> = (0..data.len)
        .into_par_iter()
        .map_init(
            || Evaluator::new(graph),
            |evaluator, index| {
                let mut layers = vec![Vec::new(); neurons.len()];
                evaluator.run(&pipeline::float_sample(graph, data, index, timesteps), timesteps, |moment| {
                    for (layer, &id) in layers.iter_mut().zip(&neurons) {
                        layer.extend(moment.value(id).iter().map(|&s| s as u8));
                    }
                });
                layers
            },
        )
        .collect();
    let of = |(layer, &id): (usize, &usize)| LayerSpikes {
        name: graph.nodes[id].name.clone(),
        shape: graph.nodes[id].shape,
        spikes: traces.iter().flat_map(|sample| sample[layer].iter().copied()).collect(),
    };
    neurons.iter().enumerate().map(of).collect()
}

/// Runs every sample on the integer network.
fn infer(program: &Program<'_>, samples: &[Sample], scale: f32) -> Outputs {
    let bar = progress::bar(samples.len(), "running");
    let started = Instant::now();
    let results: Vec<(Vec<f32>, i64)> = samples
        .par_iter()
        .map_init(
            || vec![0; arena_words(program)],
            |arena, sample| {
                let mut runner = Runner::new(*program, arena).expect("the arena has the words it asked for");
                for timestep in 0..program.timesteps() {
                    runner.step(sample.input(timestep)).expect("samples are encoded for their program");
                }
                bar.inc(1);
                (runner.scores().iter().map(|&s| s as i32 as f32 * scale).collect(), runner.prediction() as i64)
            },
        )
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    outputs(results, seconds)
}

/// Runs every sample on the float graph.
fn evaluate(graph: &Graph, data: &Dataset, timesteps: u32) -> Outputs {
    let bar = progress::bar(data.len, "evaluating");
    let started = Instant::now();
    let results: Vec<(Vec<f32>, i64)> = (0..data.len)
        .into_par_iter()
        .map_init(
            || Evaluator::new(graph),
            |evaluator, index| {
                let sample = pipeline::float_sample(graph, data, index, timesteps);
                let scores = evaluator.run(&sample, timesteps, |_| {});
                bar.inc(1);
                let class = prediction(&scores) as i64;
                (scores, class)
            },
        )
        .collect();
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    outputs(results, seconds)
}

fn outputs(results: Vec<(Vec<f32>, i64)>, seconds: f64) -> Outputs {
    let pred = results.iter().map(|(_, class)| *class).collect();
    Outputs { out: results.into_iter().flat_map(|(scores, _)| scores).collect(), pred, seconds }
}

/// Counts spikes and synaptic operations of every layer, summed over the samples.
fn count(program: &Program<'_>, samples: &[Sample]) -> Vec<LayerCounts> {
    let none = || vec![LayerCounts::default(); program.steps().len()];
    let each = samples.par_iter().fold(
        || (Counter::new(*program), none()),
        |(mut counter, mut counts), sample| {
            counter.count(sample, &mut counts);
            (counter, counts)
        },
    );
    each.map(|(_, counts)| counts).reduce(none, |mut a, b| {
        for (a, b) in a.iter_mut().zip(b) {
            a.active += b.active;
            a.synaptic_operations += b.synaptic_operations;
        }
        a
    })
}

fn finish(
    arguments: &Run,
    data: &Dataset,
    timesteps: u32,
    outputs: &Outputs,
    synaptic_operations: Option<f64>,
    layers: Vec<Layer>,
) -> miette::Result<ExitCode> {
    if let Some(path) = &arguments.output {
        write_file(path, &scores(&outputs.out, &outputs.pred).into_diagnostic()?)?;
    }
    let correct = data.labels.as_ref().map(|labels| labels.iter().zip(&outputs.pred).filter(|(l, p)| l == p).count());
    let report = Report {
        samples: data.len,
        correct,
        accuracy: correct.map(|correct| correct as f64 / data.len.max(1) as f64),
        seconds: outputs.seconds,
        timesteps,
        synaptic_operations,
        layers,
    };
    if arguments.json {
        print_json(&report)?;
    } else {
        show(&text(&report, arguments.float))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(report: &Report, float: bool) -> String {
    let kind = if float { "float graph" } else { "integer network" };
    let mut text =
        format!("{kind}, {} samples of {} timesteps in {:.3} s\n", report.samples, report.timesteps, report.seconds);
    if let (Some(correct), Some(accuracy)) = (report.correct, report.accuracy) {
        text += &format!("accuracy {:.2} % ({correct} of {})\n", accuracy * 100.0, report.samples);
    }
    if report.layers.is_empty() {
        return text;
    }
    text +=
        &format!("{:<24} {:>8} {:>14} {:>10} {:>16}\n", "layer", "weights", "active/sample", "density", "synaptic ops");
    for layer in &report.layers {
        let encoding = layer.encoding.unwrap_or("");
        let density = layer.active_per_neuron_and_timestep * 100.0;
        let (name, active, operations) = (&layer.name, layer.active, layer.synaptic_operations);
        text += &format!("{name:<24} {encoding:>8} {active:>14.1} {density:>8.2} % {operations:>16.0}\n");
    }
    text
}
