//! Weights to grids: binary where they are, int8 elsewhere, one scale per output channel.

use std::collections::BTreeMap;

use super::{sink, uniform_scale};
use crate::error::AtNode;
use crate::ir::eval::pick;
use crate::ir::{Graph, Grid, NodeId, Op, Quantity, WeightEncoding};
use crate::pass::{PassError, WeightChoice};

/// Weight LSBs in a threshold, at most: a channel whose weights are tiny against its threshold gets no finer grid, which
/// would only widen its membrane.
const LSBS_PER_THRESHOLD: f32 = 4096.0;

/// Most powers of two between the currents of summed layers: what a shift of the contract reaches.
const FARTHEST: f64 = 16.0;

/// Puts every layer on a grid and returns how many there were to put.
pub(super) fn quantize(graph: &mut Graph, choice: WeightChoice) -> Result<usize, AtNode<PassError>> {
    let mut quantized = 0;
    for layers in joined(graph) {
        let open = layers.iter().any(|&id| grid(&graph.nodes[id].op).is_none());
        if !open {
            continue;
        }
        let encodings =
            layers.iter().map(|&id| encoding(graph, id, layers.len(), choice)).collect::<Result<Vec<_>, _>>()?;
        let scales = match encodings.iter().all(|e| e.binary.is_some()) && layers.len() == 1 {
            true => vec![encodings[0].binary.clone().unwrap_or_default()],
            false => joined_scales(graph, &layers),
        };
        for ((&id, found), scales) in layers.iter().zip(encodings).zip(scales) {
            let encoding =
                if layers.len() == 1 && found.binary.is_some() { WeightEncoding::Binary } else { WeightEncoding::INT8 };
            snap(&mut graph.nodes[id].op, encoding, &scales);
            quantized += 1;
        }
    }
    Ok(quantized)
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
    by_sink.into_values().chain(alone).collect()
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

/// What a layer's weights are and are to become.
struct Encoding {
    /// The one magnitude of each channel, if there is one and the user has not asked for int8.
    binary: Option<Vec<f32>>,
}

fn encoding(graph: &Graph, id: NodeId, joined: usize, choice: WeightChoice) -> Result<Encoding, AtNode<PassError>> {
    let (weight, channels) = weights(&graph.nodes[id].op);
    let rows = weight.chunks(weight.len() / channels);
    let mut magnitudes = Vec::with_capacity(channels);
    let mut other = None;
    for (channel, row) in rows.enumerate() {
        let magnitude = row[0].abs();
        match row.iter().find(|w| w.abs() != magnitude || magnitude == 0.0) {
            Some(w) => other = other.or(Some(format!("channel {channel} has {magnitude} and {}", w.abs()))),
            None => magnitudes.push(magnitude),
        }
    }
    let grouped = matches!(&graph.nodes[id].op, Op::Conv2d(conv) if conv.groups > 1);
    let other = match (grouped, joined > 1) {
        (true, _) => Some("a grouped convolution has zeros between its groups".into()),
        (_, true) => Some("it shares its scale with the layers it is summed with".into()),
        _ => other,
    };
    match (choice, other) {
        (WeightChoice::Int8, _) | (WeightChoice::Auto, Some(_)) => Ok(Encoding { binary: None }),
        (WeightChoice::Auto | WeightChoice::Binary, None) => Ok(Encoding { binary: Some(magnitudes) }),
        (WeightChoice::Binary, Some(found)) => Err(PassError::NotBinary { found }.at(&graph.nodes[id])),
    }
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
            && (neuron.threshold.len() == 1 || neuron.threshold.len() == channels)
        {
            for (channel, scale) in scales.iter_mut().enumerate() {
                *scale = scale.max(pick(&neuron.threshold, channel).abs() / LSBS_PER_THRESHOLD);
            }
            let source = graph.nodes[id].sources.first().and_then(|s| uniform_scale(graph, s.node)).unwrap_or(1.0);
            let widest = one_to_one(graph, neurons).fold(0.0, f64::max) / 127.0;
            scales.iter_mut().for_each(|scale| *scale = scale.max((widest / source) as f32));
        }
    }
    let largest = scales.iter().fold(0.0f32, |a, &b| a.max(b));
    let compared = layers.iter().any(|&id| {
        let neurons = sink(graph, &consumers, id).map(|(neurons, _)| neurons);
        let inhibits = neurons.is_some_and(|id| matches!(&graph.nodes[id].op, Op::Neuron(n) if n.inhibition));
        let read_out = match graph.readout.quantity {
            Quantity::Current => id == graph.output,
            Quantity::Membrane => neurons == Some(graph.output),
            Quantity::Spikes => false,
        };
        inhibits || read_out
    });
    for scale in &mut scales {
        if largest == 0.0 {
            *scale = 1.0; // all weights are zero, any grid holds them
        } else if *scale == 0.0 || compared {
            *scale = largest; // a silent channel, or channels that a readout compares
        }
    }
    scales
}

/// Scales of the edges that neurons take one to one beside their layers (a residual of spikes).
fn one_to_one(graph: &Graph, node: NodeId) -> Box<dyn Iterator<Item = f64> + '_> {
    Box::new(graph.nodes[node].sources.iter().flat_map(move |source| match graph.nodes[source.node].op {
        Op::Add => one_to_one(graph, source.node),
        _ => Box::new(uniform_scale(graph, source.node).into_iter()),
    }))
}

/// Rounds the weights of a layer to its grid, half to even.
fn snap(op: &mut Op, encoding: WeightEncoding, scales: &[f32]) {
    let (weight, slot) = match op {
        Op::Linear(linear) => (&mut linear.weight, &mut linear.grid),
        Op::Conv2d(conv) => (&mut conv.weight, &mut conv.grid),
        _ => return,
    };
    let per_row = weight.len() / scales.len();
    for (row, &scale) in weight.chunks_mut(per_row).zip(scales) {
        for w in row {
            let integer = (*w / scale).round_ties_even().clamp(-128.0, 127.0);
            *w = integer * scale;
        }
    }
    *slot = Some(Grid { encoding, scale: scales.to_vec() });
}
