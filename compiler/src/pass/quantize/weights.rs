//! Weights to grids: the one they were trained on, the one that was asked for, or int8; one scale per output channel.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::codebook::codebook;
use super::codewords::codewords;
use super::rounding::Rounding;
use super::traces::{self, Moments};
use super::{exact, sink, uniform_scale};
use crate::error::AtNode;
use crate::ir::{Graph, Grid, Node, NodeId, Op, Quantity, WeightEncoding};
use crate::pass::{Context, PassError};

/// Weight LSBs in a threshold, at most: a channel whose weights are tiny against its threshold gets no finer grid, which
/// would only widen its membrane.
const LSBS_PER_THRESHOLD: f32 = 4096.0;

/// Most powers of two between the currents of summed layers: what a shift of the contract reaches.
const FARTHEST: f64 = 16.0;

/// Puts every layer on a grid; returns how many there were to put, and of each node whether its weights were on one before.
///
/// Layers come in execution order, so that one which is rounded for calibration samples sees the spikes of those that
/// are rounded already.
pub(super) fn quantize(graph: &mut Graph, context: &Context<'_>) -> Result<(usize, Vec<bool>), AtNode<PassError>> {
    let wanted = context.weights.of(graph)?;
    let mut quantized = 0;
    let mut kept: Vec<bool> = graph.nodes.iter().map(|node| grid(&node.op).is_some()).collect();
    for layers in joined(graph) {
        if layers.iter().all(|&id| kept[id]) {
            continue;
        }
        layers.iter().for_each(|&id| kept[id] = false);
        let wants = layers.iter().map(|&id| wanted[id]).collect::<Vec<_>>();
        match plan(graph, &layers, &wants)? {
            Plan::Exact(encoding, scales) => {
                snap(&mut graph.nodes[layers[0]].op, encoding, &scales);
                kept[layers[0]] = true;
            }
            Plan::Int8 => {
                for (&id, scales) in layers.iter().zip(joined_scales(graph, &layers)) {
                    snap(&mut graph.nodes[id].op, WeightEncoding::INT8, &scales);
                }
            }
            Plan::Codebook(index_bits) => from_codebook(&mut graph.nodes[layers[0]].op, index_bits),
            Plan::Codewords => from_codewords(graph, layers[0], context),
            Plan::Rounded(encoding) => {
                // what is summed shares the grid that a byte would have, with longer steps
                let longer = 127.0 / f32::from(encoding.range().1);
                let shared = (layers.len() > 1).then(|| joined_scales(graph, &layers));
                for (index, &id) in layers.iter().enumerate() {
                    let shared = shared.as_ref().map(|scales| scales[index].iter().map(|s| s * longer).collect());
                    round(graph, id, encoding, shared, context);
                }
            }
        }
        quantized += layers.len();
    }
    Ok((quantized, kept))
}

/// The layers whose weights lie on no grid: those that are free to have any number of bits.
#[must_use]
pub fn open_layers(graph: &Graph) -> Vec<NodeId> {
    let open = |&id: &NodeId| {
        let node = &graph.nodes[id];
        matches!(node.op, Op::Linear(_) | Op::Conv2d(_)) && grid(&node.op).is_none() && exact(node).is_none()
    };
    (0..graph.nodes.len()).filter(open).collect()
}

/// Layers whose currents are summed into the same neurons share one scale per channel: they come together.
fn joined(graph: &Graph) -> Vec<Vec<NodeId>> {
    let consumers = graph.consumers();
    let mut by_sink: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        match (&node.op, sink(graph, &consumers, id)) {
            (Op::Linear(_) | Op::Conv2d(_), Some((neurons, _))) => by_sink.entry(neurons).or_default().push(id),
            (Op::Linear(_) | Op::Conv2d(_), None) => alone.push(vec![id]),
            _ => {}
        }
    }
    let mut groups: Vec<Vec<NodeId>> = by_sink.into_values().chain(alone).collect();
    groups.sort();
    groups
}

fn grid(op: &Op) -> Option<&Grid> {
    match op {
        Op::Linear(linear) => linear.grid.as_ref(),
        Op::Conv2d(conv) => conv.grid.as_ref(),
        _ => None,
    }
}

/// Weights and number of output channels of a layer.
fn weights(op: &Op) -> (&[f32], usize) {
    match op {
        Op::Linear(linear) => (&linear.weight, linear.fan_out),
        Op::Conv2d(conv) => (&conv.weight, conv.channels_out),
        _ => (&[], 1),
    }
}

fn bias(op: &Op) -> &[f32] {
    match op {
        Op::Linear(linear) => &linear.bias,
        Op::Conv2d(conv) => &conv.bias,
        _ => &[],
    }
}

/// What becomes of layers that are summed.
enum Plan {
    /// One layer, whose weights lie on this grid.
    Exact(WeightEncoding, Vec<f32>),
    /// One byte a weight, the largest weight of a channel 127.
    Int8,
    /// One convolution, its kernels from a codebook.
    Codebook(u8),
    /// One fully connected layer, its words of signs from a codebook.
    Codewords,
    /// Rounded for the membranes behind them.
    Rounded(WeightEncoding),
}

fn plan(graph: &Graph, layers: &[NodeId], wants: &[Option<WeightEncoding>]) -> Result<Plan, AtNode<PassError>> {
    let alone = layers.len() == 1;
    let first = &graph.nodes[layers[0]];
    let exact = if alone { exact(first) } else { None };
    if let ([want], Some((encoding, scales))) = (wants, &exact)
        && want.is_none_or(|want| want == *encoding || takes(want, *encoding))
    {
        let encoding = want.unwrap_or(*encoding);
        // channels that a readout compares share one scale; without one, a byte each holds most of what they were
        let scales = if read_out(graph, layers) {
            exact::shared(weights(&first.op).0, encoding, scales)
        } else {
            Some(scales.clone())
        };
        if let Some(scales) = scales {
            return Ok(Plan::Exact(encoding, scales));
        }
    }
    for (&id, want) in layers.iter().zip(wants) {
        let node = &graph.nodes[id];
        let found = match want {
            Some(WeightEncoding::Binary | WeightEncoding::Codebook { .. }) if !alone => {
                "it shares its scale with the layers it is summed with".into()
            }
            Some(WeightEncoding::Binary) => not_binary(node),
            Some(WeightEncoding::Codebook { index_bits }) if !has_codebook(&node.op, *index_bits) => {
                return Err(PassError::NoKernels.at(node));
            }
            Some(WeightEncoding::CODEWORDS) => return Ok(Plan::Codewords),
            Some(WeightEncoding::Codebook { index_bits }) => return Ok(Plan::Codebook(*index_bits)),
            Some(WeightEncoding::Odd { .. }) if is_grouped(&node.op) => {
                return Err(PassError::NoZero.at(node));
            }
            _ => continue,
        };
        return Err(PassError::NotBinary { found }.at(node));
    }
    // layers that are summed share the widest of their encodings
    let wants = wants.iter().map(|want| want.unwrap_or(WeightEncoding::INT8));
    match wants.max_by_key(|want| want.range().1) {
        None | Some(WeightEncoding::INT8) => Ok(Plan::Int8),
        Some(encoding) => Ok(Plan::Rounded(encoding)),
    }
}

/// The grid on which a layer's weights lie, if they do; of binary kernels, or words of signs, that repeat, a codebook.
fn exact(node: &Node) -> Option<(WeightEncoding, Vec<f32>)> {
    let (weight, channels) = weights(&node.op);
    let (encoding, scales) = exact::grid(weight, channels)?;
    match (&node.op, encoding) {
        (op, WeightEncoding::Binary | WeightEncoding::Odd { .. }) if is_grouped(op) => None,
        (Op::Conv2d(conv), WeightEncoding::Binary) => {
            let taps = conv.window.kernel[0] * conv.window.kernel[1];
            let index_bits = exact::index_bits(weight, taps);
            Some((index_bits.map_or(encoding, |index_bits| WeightEncoding::Codebook { index_bits }), scales))
        }
        (Op::Linear(_), WeightEncoding::Binary) if exact::has_codewords(weight, channels) => {
            Some((WeightEncoding::CODEWORDS, scales))
        }
        _ => Some((encoding, scales)),
    }
}

/// Whether an encoding holds all integers of another.
fn takes(wider: WeightEncoding, narrower: WeightEncoding) -> bool {
    let (wide, narrow) = (wider.range(), narrower.range());
    match (wider, narrower) {
        (WeightEncoding::Codebook { index_bits: wide }, WeightEncoding::Codebook { index_bits: narrow }) => {
            wide >= narrow
        }
        (WeightEncoding::Codebook { .. }, _) => false,
        (WeightEncoding::Binary, WeightEncoding::Codebook { .. }) => true,
        _ => wide.0 <= narrow.0 && narrow.1 <= wide.1 && (wider.holds(0) || !narrower.holds(0)),
    }
}

/// Why a layer's weights are not binary.
fn not_binary(node: &Node) -> String {
    let (weight, channels) = weights(&node.op);
    if is_grouped(&node.op) {
        return "a grouped convolution has zeros between its groups".into();
    }
    let of_channel = |(channel, row): (usize, &[f32])| {
        let magnitude = row[0].abs();
        let other = row.iter().find(|w| w.abs() != magnitude || magnitude == 0.0)?;
        Some(format!("channel {channel} has {magnitude} and {}", other.abs()))
    };
    let found = weight.chunks(weight.len() / channels).enumerate().find_map(of_channel);
    found.unwrap_or_else(|| "its channels differ in scale, and a readout compares them".into())
}

/// Whether kernels, or words of a fully connected layer's signs, may come from a codebook of so many bits of an index.
fn has_codebook(op: &Op, index_bits: u8) -> bool {
    let of_words = WeightEncoding::Codebook { index_bits } == WeightEncoding::CODEWORDS;
    match op {
        Op::Linear(_) => of_words,
        Op::Conv2d(conv) => {
            !of_words && conv.groups == 1 && (2..=32).contains(&(conv.window.kernel[0] * conv.window.kernel[1]))
        }
        _ => false,
    }
}

fn from_codebook(op: &mut Op, index_bits: u8) {
    let Op::Conv2d(conv) = op else { return };
    let (signs, scale) = codebook(&conv.weight, conv.channels_out, conv.window.kernel, index_bits);
    let per_channel = signs.len() / conv.channels_out;
    conv.weight = signs.iter().enumerate().map(|(i, sign)| sign * scale[i / per_channel]).collect();
    conv.grid = Some(Grid { encoding: WeightEncoding::Codebook { index_bits }, scale });
}

/// Gives every 32 outputs of an input a codeword such that the membranes behind the layer feel it least.
fn from_codewords(graph: &mut Graph, id: NodeId, context: &Context<'_>) {
    let rounding = rounding(graph, id, context);
    let alike = read_out(graph, &[id]);
    let Op::Linear(linear) = &mut graph.nodes[id].op else { return };
    let rows: Vec<(&[f32], f32)> = linear.weight.chunks(linear.fan_in).zip(linear.bias.iter().copied()).collect();
    let made = codewords(&rows, &rounding, alike);
    linear.weight = made.iter().flat_map(|out| out.signs.iter().map(|sign| sign * out.scale)).collect();
    linear.bias = made.iter().map(|out| out.bias as f32).collect();
    let scale = made.iter().map(|out| out.scale).collect();
    linear.grid = Some(Grid { encoding: WeightEncoding::CODEWORDS, scale });
}

/// How the errors of a layer's weights go on, as the calibration samples say.
fn rounding(graph: &Graph, id: NodeId, context: &Context<'_>) -> Rounding {
    let neurons = sink(graph, &graph.consumers(), id).map(|(neurons, _)| neurons);
    let (weight, channels) = weights(&graph.nodes[id].op);
    let moments = match context.samples {
        [] => Moments::unknown(weight.len() / channels),
        samples => Moments::measure(graph, id, traces::decay(graph, neurons), samples, context.timesteps),
    };
    Rounding::new(&moments)
}

fn is_grouped(op: &Op) -> bool {
    matches!(op, Op::Conv2d(conv) if conv.groups > 1)
}

/// Rounds a layer such that the membranes behind it feel it least, at the given scales or the best ones.
fn round(graph: &mut Graph, id: NodeId, encoding: WeightEncoding, scales: Option<Vec<f32>>, context: &Context<'_>) {
    let rounding = rounding(graph, id, context);
    let (weight, channels) = weights(&graph.nodes[id].op);
    let fan_in = weight.len() / channels;
    let bias = bias(&graph.nodes[id].op);
    let rows: Vec<(&[f32], f32)> = weight.chunks(fan_in).zip(bias.iter().copied()).collect();
    let scales: Vec<f32> = match scales {
        Some(scales) => scales,
        None if read_out(graph, &[id]) => vec![rounding.scale(&rows, encoding) as f32; channels],
        None => rows.par_iter().map(|row| rounding.scale(&[*row], encoding) as f32).collect(),
    };
    let made: Vec<_> = rows
        .par_iter()
        .zip(&scales)
        .map(|((row, bias), &scale)| rounding.round(row, *bias, scale.into(), encoding))
        .collect();
    let (weight, bias, slot) = match &mut graph.nodes[id].op {
        Op::Linear(linear) => (&mut linear.weight, &mut linear.bias, &mut linear.grid),
        Op::Conv2d(conv) => (&mut conv.weight, &mut conv.bias, &mut conv.grid),
        _ => return,
    };
    for (((row, bias), made), &scale) in weight.chunks_mut(fan_in).zip(bias).zip(made).zip(&scales) {
        row.iter_mut().zip(made.integers).for_each(|(w, integer)| *w = f32::from(integer) * scale);
        *bias = made.bias as f32;
    }
    *slot = Some(Grid { encoding, scale: scales });
}

/// Scales of layers that are summed, one per layer and channel, such that their currents are powers of two apart.
///
/// Layers over inputs of one scale (all spikes) share one grid. Beside an input of another scale (bytes, of which one is
/// worth 1/255 of a spike) a common grid would leave nothing of the finer weights, so each kind has its own: the finest
/// keeps it, the others' currents are the finest times `2^k`, with one `k` for all channels.
fn joined_scales(graph: &Graph, layers: &[NodeId]) -> Vec<Vec<f32>> {
    let input = |id: NodeId| graph.nodes[id].sources.first().and_then(|s| uniform_scale(graph, s.node)).unwrap_or(1.0);
    let mut kinds: Vec<(f64, Vec<NodeId>)> = Vec::new();
    for &id in layers {
        match kinds.iter_mut().find(|(scale, _)| *scale == input(id)) {
            Some((_, layers)) => layers.push(id),
            None => kinds.push((input(id), vec![id])),
        }
    }
    if kinds.len() == 1 {
        let scales = int8_scales(graph, layers);
        return vec![scales; layers.len()];
    }
    let mut currents: Vec<(Vec<NodeId>, Vec<f64>)> = Vec::new();
    for (input, layers) in kinds {
        let scales = int8_scales(graph, &layers);
        currents.push((layers, scales.iter().map(|&scale| f64::from(scale) * input).collect()));
    }
    let mean = |scales: &[f64]| scales.iter().map(|s| s.log2()).sum::<f64>() / scales.len() as f64;
    let finest = currents.iter().map(|(_, scales)| mean(scales)).fold(f64::INFINITY, f64::min);
    let shift = |scales: &[f64]| (mean(scales) - finest).ceil().clamp(0.0, FARTHEST);
    // per channel the finest scale that is fine enough for every kind
    let channels = currents[0].1.len();
    let base: Vec<f64> = (0..channels)
        .map(|c| currents.iter().map(|(_, scales)| scales[c] / shift(scales).exp2()).fold(0.0, f64::max))
        .collect();
    let of = |id: NodeId| {
        let (_, scales) = currents.iter().find(|(layers, _)| layers.contains(&id)).expect("each layer is of a kind");
        base.iter().map(|base| (base * shift(scales).exp2() / input(id)) as f32).collect()
    };
    layers.iter().map(|&id| of(id)).collect()
}

/// One scale per output channel for layers that are summed: the largest weight becomes 127.
fn int8_scales(graph: &Graph, layers: &[NodeId]) -> Vec<f32> {
    let consumers = graph.consumers();
    let channels = weights(&graph.nodes[layers[0]].op).1;
    let mut scales = vec![0.0f32; channels];
    for &id in layers {
        let (weight, channels) = weights(&graph.nodes[id].op);
        for (scale, row) in scales.iter_mut().zip(weight.chunks(weight.len() / channels)) {
            *scale = row.iter().fold(*scale, |scale, w| scale.max(w.abs() / 127.0));
        }
        if let Some((neurons, _)) = sink(graph, &consumers, id)
            && let Op::Neuron(neuron) = &graph.nodes[neurons].op
            && (neuron.threshold_at(0).len() == 1 || neuron.threshold_at(0).len() == channels)
        {
            for (channel, scale) in scales.iter_mut().enumerate() {
                let largest = neuron.thresholds(channel).fold(0.0f32, |largest, t| largest.max(t.abs()));
                *scale = scale.max(largest / LSBS_PER_THRESHOLD);
            }
            let source = graph.nodes[id].sources.first().and_then(|s| uniform_scale(graph, s.node)).unwrap_or(1.0);
            let widest = one_to_one(graph, neurons).fold(0.0, f64::max) / 127.0;
            scales.iter_mut().for_each(|scale| *scale = scale.max((widest / source) as f32));
        }
    }
    let largest = scales.iter().fold(0.0f32, |a, &b| a.max(b));
    let compared = read_out(graph, layers);
    for scale in &mut scales {
        if largest == 0.0 {
            *scale = 1.0; // all weights are zero, any grid holds them
        } else if *scale == 0.0 || compared {
            *scale = largest; // a silent channel, or channels that a readout compares
        }
    }
    scales
}

/// Whether a readout or inhibition compares the channels of layers, which then share one scale.
fn read_out(graph: &Graph, layers: &[NodeId]) -> bool {
    let consumers = graph.consumers();
    layers.iter().any(|&id| {
        let neurons = sink(graph, &consumers, id).map(|(neurons, _)| neurons);
        let inhibits = neurons.is_some_and(|id| matches!(&graph.nodes[id].op, Op::Neuron(n) if n.inhibition));
        let read_out = match graph.readout.quantity {
            Quantity::Current => id == graph.output,
            Quantity::Membrane => neurons == Some(graph.output),
            Quantity::Spikes => false,
        };
        inhibits || read_out
    })
}

/// Scales of the edges that neurons take one to one beside their layers (a residual of spikes).
fn one_to_one(graph: &Graph, node: NodeId) -> Box<dyn Iterator<Item = f64> + '_> {
    Box::new(graph.nodes[node].sources.iter().flat_map(move |source| match graph.nodes[source.node].op {
        Op::Add => one_to_one(graph, source.node),
        _ => Box::new(uniform_scale(graph, source.node).into_iter()),
    }))
}

/// Rounds the weights of a layer to its grid.
fn snap(op: &mut Op, encoding: WeightEncoding, scales: &[f32]) {
    let (weight, slot) = match op {
        Op::Linear(linear) => (&mut linear.weight, &mut linear.grid),
        Op::Conv2d(conv) => (&mut conv.weight, &mut conv.grid),
        _ => return,
    };
    let per_row = weight.len() / scales.len();
    for (row, &scale) in weight.chunks_mut(per_row).zip(scales) {
        for w in row {
            *w = f32::from(encoding.nearest(*w / scale)) * scale;
        }
    }
    *slot = Some(Grid { encoding, scale: scales.to_vec() });
}
