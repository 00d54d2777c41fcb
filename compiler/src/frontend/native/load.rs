//! A native model's text and tensors to a graph.

use std::collections::HashMap;

use safetensors::Dtype;
use serde_json::Value;

use super::text::{
    ActivationText, AvgPoolText, Conv2dText, GraphText, GridText, MaxPoolText, NeuronText, NodeText, OpText, Parameter,
    ResetText, SourceText, StaircaseText, TemporalMixText,
};
use crate::container::{Container, Kind};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError, SourceNode};
use crate::ir::{
    Activation, AvgPool, BatchNorm, Conv2d, Graph, Grid, Input, Linear, MaxPool, Neuron, Node, Op, Reset, Shape,
    Source, Staircase, SynapticCurrent, TemporalMix, WeightEncoding, Window,
};

/// What is wrong with a node.
type Found<T> = Result<T, String>;

fn network(file: &str, found: String) -> FrontendError {
    let help = "docs/native-model.md describes what a native model holds".into();
    FrontendError::Network { file: file.into(), found, help }
}

/// The nodes of an open file with their operations, as far as they say them.
pub(super) fn nodes(file: &str, mut container: Container<'_>) -> Result<Vec<SourceNode>, FrontendError> {
    let text: GraphText = container.text(Kind::Graph).map_err(|found| network(file, found))?;
    let op = |node: &Value| match node.get("op")? {
        Value::String(op) => Some(op.clone()),
        Value::Object(op) => op.keys().next().cloned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let named = |(index, node): (usize, &Value)| SourceNode {
        name: node_name(node, index),
        op: op(node).unwrap_or_else(|| "node".into()),
    };
    Ok(text.nodes.iter().enumerate().map(named).collect())
}

/// How messages call a node: its name, or its place.
fn node_name(node: &Value, index: usize) -> String {
    node.get("name").and_then(Value::as_str).map_or_else(|| format!("number {index}"), Into::into)
}

/// Reads the graph of an open file; the caller validates it.
pub(super) fn graph(file: &str, mut container: Container<'_>) -> Result<Graph, FrontendError> {
    let network = |found: String| network(file, found);
    let text: GraphText = container.text(Kind::Graph).map_err(network)?;
    let mut texts = Vec::with_capacity(text.nodes.len());
    for (index, node) in text.nodes.into_iter().enumerate() {
        let name = node_name(&node, index);
        texts.push(serde_json::from_value::<NodeText>(node).map_err(|error| at(&name, "node", error.to_string()))?);
    }
    let ids: HashMap<String, usize> = texts.iter().enumerate().map(|(id, node)| (node.name.clone(), id)).collect();
    let mut nodes: Vec<Node> = Vec::with_capacity(texts.len());
    for (id, text) in texts.into_iter().enumerate() {
        let (name, kind) = (text.name.clone(), kind(&text.op));
        nodes.push(node(&container, &ids, &nodes, id, text).map_err(|found| at(&name, kind, found))?);
    }
    let output = match text.output {
        None => nodes.len().saturating_sub(1),
        Some(name) => *ids.get(&name).ok_or_else(|| network(format!("its output `{name}` is no node")))?,
    };
    container.finish().map_err(network)?;
    let name = text.name.unwrap_or_else(|| file.strip_suffix(".snn").unwrap_or(file).into());
    Ok(Graph { name, nodes, output, readout: text.readout.into(), timesteps: text.timesteps })
}

fn at(node: &str, op: &str, found: String) -> FrontendError {
    let help = "docs/native-model.md describes what a node holds".into();
    AtNode { node: node.into(), op: op.into(), source: NodeError::Invalid { found, help } }.into()
}

const fn kind(op: &OpText) -> &'static str {
    match op {
        OpText::Input(_) => "Input",
        OpText::Linear(_) => "Linear",
        OpText::Conv2d(_) => "Conv2d",
        OpText::BatchNorm(_) => "BatchNorm",
        OpText::MaxPool(_) => "MaxPool",
        OpText::AvgPool(_) => "AvgPool",
        OpText::Flatten => "Flatten",
        OpText::Permute(_) => "Permute",
        OpText::Reshape => "Reshape",
        OpText::MatMul => "MatMul",
        OpText::Add => "Add",
        OpText::Activation(_) => "Activation",
        OpText::Neuron(_) => "Neuron",
    }
}

fn node(
    container: &Container<'_>,
    ids: &HashMap<String, usize>,
    earlier: &[Node],
    id: usize,
    text: NodeText,
) -> Found<Node> {
    let find = |name: &String| ids.get(name).copied().ok_or_else(|| format!("its source `{name}` is no node"));
    let sources = match (text.sources, &text.op) {
        (Some(sources), _) => sources
            .iter()
            .map(|source| match source {
                SourceText::Now(name) => find(name).map(Source::now),
                SourceText::Delayed(source) => Ok(Source { node: find(&source.node)?, delay: source.delay }),
            })
            .collect::<Found<_>>()?,
        (None, OpText::Input(_)) => vec![],
        (None, _) => vec![Source::now(id.checked_sub(1).ok_or("the first node is the input")?)],
    };
    let op = op(container, text.op)?;
    let shape = match text.shape.as_deref() {
        Some(&[features]) => Shape::vector(features),
        Some(&[channels, height, width]) => Shape::new(channels, height, width),
        Some(other) => return Err(format!("its shape is {other:?}, expected [features] or [channels, height, width]")),
        None => {
            let from = sources.first().and_then(|source| earlier.get(source.node)).map(|source| source.shape);
            derived(&op, from).ok_or_else(|| match from {
                Some(from) => format!("its window does not fit its source of shape {from}"),
                None => "its shape does not follow from its first source: give `shape`".into(),
            })?
        }
    };
    let elements = shape.channels.checked_mul(shape.height).and_then(|n| n.checked_mul(shape.width));
    elements.ok_or_else(|| format!("its shape {shape} has more elements than any memory"))?;
    Ok(Node { name: text.name, op, sources, shape, origin: text.origin })
}

/// The shape of a node's output, where it follows from the first source's.
fn derived(op: &Op, from: Option<Shape>) -> Option<Shape> {
    let slide = |window: &Window, from: Shape, channels| {
        Some(Shape::new(channels, window.output(0, from.height)?, window.output(1, from.width)?))
    };
    match op {
        Op::Input(_) => None,
        Op::Linear(linear) => Some(Shape::vector(linear.fan_out)),
        Op::Conv2d(conv) => slide(&conv.window, from?, conv.channels_out),
        Op::MaxPool(pool) => slide(&pool.window, from?, from?.channels),
        Op::AvgPool(pool) => slide(&pool.window, from?, from?.channels),
        Op::Flatten => {
            let Shape { channels, height, width } = from?;
            Some(Shape::vector(channels.checked_mul(height)?.checked_mul(width)?))
        }
        Op::Permute(axes) => from?.permuted(*axes),
        // Its shape is its own, and a product's depends on the second source too.
        Op::Reshape | Op::MatMul => None,
        Op::BatchNorm(_) | Op::Add | Op::Activation(_) | Op::Neuron(_) => from,
    }
}

fn op(container: &Container<'_>, text: OpText) -> Found<Op> {
    Ok(match text {
        OpText::Input(input) => Op::Input(Input { timing: input.timing, encoding: input.encoding.into() }),
        OpText::Linear(text) => {
            let (shape, weight, grid) = weights(container, &text.weight, text.grid, 2)?;
            let bias = bias(container, text.bias, shape[0])?;
            Op::Linear(Linear { fan_in: shape[1], fan_out: shape[0], weight, bias, grid })
        }
        OpText::Conv2d(text) => Op::Conv2d(conv2d(container, text)?),
        OpText::BatchNorm(text) => Op::BatchNorm(BatchNorm {
            scale: container.numbers(&text.scale, 1)?.1,
            shift: container.numbers(&text.shift, 1)?.1,
        }),
        OpText::MaxPool(MaxPoolText { kernel, stride, pad_begin, pad_end, dilation }) => Op::MaxPool(MaxPool {
            window: Window { dilation, ..window(kernel, stride.unwrap_or(kernel), pad_begin, pad_end) },
        }),
        OpText::AvgPool(AvgPoolText { kernel, stride, pad_begin, pad_end, dilation, divisor }) => {
            let window = Window { dilation, ..window(kernel, stride.unwrap_or(kernel), pad_begin, pad_end) };
            Op::AvgPool(AvgPool { window, divisor })
        }
        OpText::Flatten => Op::Flatten,
        OpText::Permute(axes) => Op::Permute(axes),
        OpText::Reshape => Op::Reshape,
        OpText::MatMul => Op::MatMul,
        OpText::Add => Op::Add,
        OpText::Activation(ActivationText::Relu(text)) => {
            let ceiling = text.ceiling.map(|ceiling| parameter(container, &ceiling)).transpose()?;
            Op::Activation(Activation::Relu { ceiling })
        }
        OpText::Activation(ActivationText::Staircase(text)) => {
            Op::Activation(Activation::Staircase(staircase(container, &text)?))
        }
        OpText::Neuron(text) => Op::Neuron(neuron(container, text)?),
    })
}

fn conv2d(container: &Container<'_>, text: Conv2dText) -> Found<Conv2d> {
    let (shape, weight, grid) = match &text.codebook {
        Some(codebook) => kernels(container, &text.weight, codebook, text.grid)?,
        None => weights(container, &text.weight, text.grid, 4)?,
    };
    let [channels_out, per_group, kernel @ ..] = *shape.first_chunk::<4>().ok_or("its weights have no 4 axes")?;
    let channels_in = per_group.checked_mul(text.groups).ok_or("its groups are more than any input has channels")?;
    let window = Window { dilation: text.dilation, ..window(kernel, text.stride, text.pad_begin, text.pad_end) };
    let bias = bias(container, text.bias, channels_out)?;
    Ok(Conv2d { channels_in, channels_out, window, groups: text.groups, weight, bias, grid })
}

fn window(kernel: [usize; 2], stride: [usize; 2], pad_begin: [usize; 2], pad_end: Option<[usize; 2]>) -> Window {
    Window { pad_begin, pad_end: pad_end.unwrap_or(pad_begin), ..Window::new(kernel, stride) }
}

/// Weights with their shape and grid; `[channels, ...]` of `axes` axes.
fn weights(
    container: &Container<'_>,
    name: &str,
    grid: Option<GridText>,
    axes: usize,
) -> Found<(Vec<usize>, Vec<f32>, Option<Grid>)> {
    if container.tensor(name)?.dtype != Dtype::I8 {
        let (shape, weight) = container.numbers::<f32>(name, axes)?;
        let grid = grid.map(|text| self::grid(container, &text, shape[0])).transpose()?;
        return Ok((shape, weight, grid));
    }
    let (shape, integers) = container.numbers::<i8>(name, axes)?;
    let int8 = || GridText { encoding: WeightEncoding::INT8, scale: Parameter::Number(1.0) };
    let grid = self::grid(container, &grid.unwrap_or_else(int8), shape[0])?;
    let odd = matches!(grid.encoding, WeightEncoding::Odd { .. });
    let integers: Vec<i16> = integers.iter().map(|&q| if odd { 2 * i16::from(q) + 1 } else { q.into() }).collect();
    if let Some(found) = integers.iter().find(|&&integer| !grid.encoding.holds(integer)) {
        return Err(format!("tensor `{name}` stands for {found}, which is no {} weight", grid.encoding.name()));
    }
    let per_channel = integers.len() / shape[0];
    let weight = integers.iter().enumerate().map(|(i, &q)| weight(grid.scale[i / per_channel], q)).collect();
    Ok((shape, weight, Some(grid)))
}

/// Kernels from a codebook `[codewords, height, width]`, chosen by indices `[channels out, channels in]`.
fn kernels(
    container: &Container<'_>,
    name: &str,
    codebook: &str,
    grid: Option<GridText>,
) -> Found<(Vec<usize>, Vec<f32>, Option<Grid>)> {
    let (shape, indices) = container.numbers::<u8>(name, 2)?;
    let (words, codebook) = (codebook, container.numbers::<i8>(codebook, 3)?);
    let [codewords, height, width] = *codebook.0.first_chunk::<3>().ok_or("its codebook has no 3 axes")?;
    let grid = self::grid(container, &grid.ok_or("a codebook needs a grid that says its encoding")?, shape[0])?;
    match grid.encoding {
        WeightEncoding::Codebook { index_bits } if codewords <= 1 << index_bits => {}
        encoding => return Err(format!("its codebook has {codewords} codewords, more than `{}` has", encoding.name())),
    }
    let taps = height * width;
    let mut weight = Vec::with_capacity(indices.len() * taps);
    for (i, &index) in indices.iter().enumerate() {
        let kernel = codebook.1.get(usize::from(index) * taps..).and_then(|rest| rest.get(..taps));
        let kernel = kernel.ok_or_else(|| format!("tensor `{name}` names codeword {index} of {codewords}"))?;
        let scale = grid.scale[i / shape[1]];
        weight.extend(kernel.iter().map(|&sign| self::weight(scale, sign.into())));
    }
    if let Some(found) = codebook.1.iter().find(|&&sign| sign != 1 && sign != -1) {
        return Err(format!("tensor `{words}` holds {found}; a codeword is of 1 and -1"));
    }
    Ok((vec![shape[0], shape[1], height, width], weight, Some(grid)))
}

/// The weight that an integer of a grid stands for.
pub(super) fn weight(scale: f32, integer: i16) -> f32 {
    scale * f32::from(integer)
}

fn grid(container: &Container<'_>, text: &GridText, channels: usize) -> Found<Grid> {
    let scale = match &text.scale {
        Parameter::Number(scale) => vec![*scale as f32; channels],
        Parameter::Tensor(name) => container.numbers(name, 1)?.1,
    };
    if scale.len() != channels {
        return Err(format!("its grid has {} scales, expected {channels}", scale.len()));
    }
    Ok(Grid { encoding: text.encoding, scale })
}

fn bias(container: &Container<'_>, name: Option<String>, channels: usize) -> Found<Vec<f32>> {
    name.map_or_else(|| Ok(vec![0.0; channels]), |name| Ok(container.numbers(&name, 1)?.1))
}

fn parameter(container: &Container<'_>, text: &Parameter) -> Found<Vec<f32>> {
    match text {
        Parameter::Number(number) => Ok(vec![*number as f32]),
        Parameter::Tensor(name) => Ok(container.numbers(name, 1)?.1),
    }
}

fn temporal_mix(container: &Container<'_>, text: &TemporalMixText) -> Found<TemporalMix> {
    let (shape, weight) = container.numbers(&text.weight, 2)?;
    Ok(TemporalMix { timesteps: shape[0], weight, scale: text.scale.map(|scale| scale as f32) })
}

fn staircase(container: &Container<'_>, text: &StaircaseText) -> Found<Staircase> {
    let (shape, thresholds) = container.numbers(&text.thresholds, 2)?;
    let (_, levels) = container.numbers(&text.levels, 2)?;
    Ok(Staircase { steps: shape[1], thresholds, levels })
}

/// Thresholds: a parameter, or the rows of a tensor `[timesteps, 1 or channels]`. Gives the rows and the numbers.
fn thresholds(container: &Container<'_>, text: &Parameter) -> Found<(usize, Vec<f32>)> {
    match text {
        Parameter::Tensor(name) if container.tensor(name)?.shape.len() == 2 => {
            let (shape, numbers) = container.numbers(name, 2)?;
            match shape[0] {
                0 => Err(format!("tensor `{name}` has no timestep")),
                timesteps => Ok((timesteps, numbers)),
            }
        }
        one_or_each => Ok((1, parameter(container, one_or_each)?)),
    }
}

fn neuron(container: &Container<'_>, text: NeuronText) -> Found<Neuron> {
    let parameter = |text: &Parameter| parameter(container, text);
    let (threshold_timesteps, threshold) = thresholds(container, &text.threshold)?;
    let reset = match text.reset {
        None if threshold_timesteps > 1 => {
            return Err("a neuron with a threshold for each timestep says what it resets: give `reset`".into());
        }
        None => Reset::Subtract(threshold.clone()),
        Some(ResetText::None) => Reset::None,
        Some(ResetText::ToValue(value)) => Reset::ToValue(value as f32),
        Some(ResetText::Subtract(amount)) => Reset::Subtract(parameter(&amount)?),
    };
    let synaptic = text
        .synaptic
        .iter()
        .map(|current| Ok(SynapticCurrent { decay: parameter(&current.decay)?, gain: parameter(&current.gain)? }));
    Ok(Neuron {
        synaptic: synaptic.collect::<Found<_>>()?,
        beta: parameter(&text.beta)?,
        threshold,
        threshold_timesteps,
        comparison: text.comparison,
        reset,
        reset_timing: text.reset_timing,
        max_spikes: text.max_spikes,
        min_membrane: text.min_membrane.as_ref().map(parameter).transpose()?,
        temporal_mix: text.temporal_mix.map(|mix| temporal_mix(container, &mix)).transpose()?,
        stored: text.stored.map(|stored| staircase(container, &stored)).transpose()?,
        inhibition: text.inhibition,
        integer: text.integer.map(Into::into),
    })
}
