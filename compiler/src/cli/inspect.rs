//! `snnc inspect`: what was understood of a model.

use std::process::ExitCode;

use bumpalo::Bump;
use serde::Serialize;
use snnc::compiled::Compiled;
use snnc::compiled_file;
use snnc::frontend::LoadOptions;
use snnc::ir::{Activation, Graph, Node, Op, Timing, dump};
use snnc::proof::prove;
use snnc_runtime::program::Step;
use snnc_runtime::run::arena_words;

use super::model::{self, Opened};
use super::{Inspect, print_json, show};

/// What `--json` prints of a model file.
#[derive(Serialize)]
struct Report {
    name: String,
    timesteps: Option<u32>,
    parameters: usize,
    neurons: usize,
    layers: Vec<Layer>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Layer {
    name: String,
    op: &'static str,
    shape: [usize; 3],
    sources: Vec<String>,
    /// Its parameters, in short.
    text: String,
    parameters: usize,
    /// Synapses used per timestep if every input were active (per sample where it is computed once).
    synapses: usize,
    once_a_sample: bool,
    /// Nodes of the source model it was made of.
    origin: Vec<String>,
}

pub fn run(arguments: &Inspect) -> miette::Result<ExitCode> {
    match model::open(&arguments.model, &LoadOptions { timesteps: None, nir: arguments.nir.options() })? {
        Opened::Graph(graph, warnings) => graph_report(arguments, &graph, warnings),
        Opened::Compiled(bytes) => {
            let arena = Bump::new();
            let path = arguments.model.display().to_string();
            let compiled = compiled_file::load(&path, &bytes, &arena, prove)?;
            match arguments.json {
                true => print_json(&compiled_report(&compiled))?,
                false => show(&compiled.to_string())?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What `--json` prints of a compiled network.
#[derive(Serialize)]
struct CompiledReport<'c> {
    name: &'c str,
    timesteps: u32,
    arena_bytes: usize,
    steps: Vec<CompiledStep<'c>>,
}

#[derive(Serialize)]
struct CompiledStep<'c> {
    name: &'c str,
    encoding: Option<&'static str>,
    /// Height, width, channels.
    shape: [u32; 3],
    text: String,
}

fn compiled_report<'c>(compiled: &'c Compiled<'_>) -> CompiledReport<'c> {
    let step = |(index, step): (usize, &'c Step<'c>)| {
        let info = &compiled.steps[index];
        let shape = compiled.program.edge(index + 1).shape;
        CompiledStep {
            name: &info.name,
            encoding: info.encoding.map(|encoding| encoding.name()),
            shape: [shape.height, shape.width, shape.channels],
            text: snnc::compiled::describe(step),
        }
    };
    CompiledReport {
        name: &compiled.name,
        timesteps: compiled.program.timesteps(),
        arena_bytes: arena_words(&compiled.program) * 4,
        steps: compiled.program.steps().iter().enumerate().map(step).collect(),
    }
}

fn graph_report(arguments: &Inspect, graph: &Graph, warnings: Vec<String>) -> miette::Result<ExitCode> {
    let timing = graph.timing();
    let layers: Vec<Layer> = graph
        .nodes
        .iter()
        .zip(timing)
        .map(|(node, timing)| Layer {
            name: node.name.clone(),
            op: node.op.kind(),
            shape: [node.shape.channels, node.shape.height, node.shape.width],
            sources: node.sources.iter().map(|s| graph.nodes[s.node].name.clone()).collect(),
            text: dump::parameters(&node.op),
            parameters: parameters(&node.op),
            synapses: synapses(node),
            once_a_sample: timing == Timing::Constant,
            origin: node.origin.clone(),
        })
        .collect();
    let neurons: usize = graph.nodes.iter().filter(|n| matches!(n.op, Op::Neuron(_))).map(|n| n.shape.len()).sum();
    if arguments.json {
        let report = Report {
            name: graph.name.clone(),
            timesteps: graph.timesteps,
            parameters: layers.iter().map(|layer| layer.parameters).sum(),
            neurons,
            layers,
            warnings,
        };
        print_json(&report)?;
    } else {
        model::warn(&warnings);
        let total: usize = layers.iter().map(|layer| layer.parameters).sum();
        let per = |once: bool| layers.iter().filter(|l| l.once_a_sample == once).map(|l| l.synapses).sum::<usize>();
        let (each, once) = (per(false), per(true));
        show(&format!(
            "{graph}{neurons} neurons, {total} parameters\n\
             {each} synapses a timestep and {once} once a sample, if every input were active\n"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parameters(op: &Op) -> usize {
    match op {
        Op::Linear(linear) => linear.weight.len() + linear.bias.len(),
        Op::Conv2d(conv) => conv.weight.len() + conv.bias.len(),
        Op::BatchNorm(norm) => norm.scale.len() + norm.shift.len(),
        Op::Activation(Activation::Relu { ceiling }) => ceiling.as_ref().map_or(0, Vec::len),
        Op::Activation(Activation::Staircase(staircase)) => staircase.thresholds.len() + staircase.levels.len(),
        Op::Input(_) | Op::MaxPool(_) | Op::AvgPool(_) | Op::Flatten | Op::Add | Op::Neuron(_) => 0,
        Op::Permute(_) | Op::Reshape | Op::MatMul => 0,
    }
}

fn synapses(node: &Node) -> usize {
    match &node.op {
        Op::Linear(linear) => linear.weight.len(),
        Op::Conv2d(conv) => conv.weight.len() * node.shape.positions(),
        Op::Input(_)
        | Op::BatchNorm(_)
        | Op::MaxPool(_)
        | Op::AvgPool(_)
        | Op::Flatten
        | Op::Add
        | Op::Activation(_)
        | Op::Neuron(_) => 0,
        Op::Permute(_) | Op::Reshape | Op::MatMul => 0,
    }
}
