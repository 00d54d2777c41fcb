//! Takes channels out of a graph: rows of the layers that make them, numbers of the nodes that carry them, and inputs
//! of the layers that read them.

use super::sets::{Sets, is_depthwise};
use crate::ir::{BatchNorm, Conv2d, Grid, Linear, Neuron, Op, Reset, Staircase, SynapticCurrent};
use crate::ir::{Graph, NodeId};

/// Keeps the channels that `masks[set]` says; all of a set without a mask.
pub(super) fn cut(graph: &mut Graph, sets: &Sets, masks: &[Option<Vec<bool>>]) {
    let shapes: Vec<_> = graph.nodes.iter().map(|node| node.shape).collect();
    // Whether element, or channel, `index` of a node stays, if `each` of them are a channel of its set.
    let stays = |node: NodeId, each: usize| {
        let mask = masks[sets.layouts[node].set].as_deref();
        move |index: usize| mask.is_none_or(|mask| mask[index / each])
    };
    for id in 0..graph.nodes.len() {
        let node = &mut graph.nodes[id];
        let out = stays(id, sets.layouts[id].channels_each(shapes[id]));
        if let Some(source) = node.sources.first().map(|s| s.node) {
            let element = stays(source, sets.layouts[source].block);
            let channel = stays(source, sets.layouts[source].channels_each(shapes[source]));
            match &mut node.op {
                Op::Linear(linear) => cut_linear(linear, out, element),
                Op::Conv2d(conv) => cut_conv(conv, out, channel),
                Op::BatchNorm(BatchNorm { scale, shift }) => {
                    keep(scale, 1, out);
                    keep(shift, 1, out);
                }
                Op::Neuron(neuron) => cut_neuron(neuron, out),
                // activations keep their channels, the others have nothing per channel
                Op::Input(_) | Op::Activation(_) | Op::MaxPool(_) | Op::AvgPool(_) | Op::Flatten => {}
                Op::Permute(_) | Op::Reshape | Op::MatMul | Op::Add => {}
            }
        }
        node.shape.channels = (0..node.shape.channels).filter(|&channel| out(channel)).count();
    }
}

/// Keeps the rows of `width` numbers that stay.
fn keep(numbers: &mut Vec<f32>, width: usize, stays: impl Fn(usize) -> bool) {
    let mut index = 0;
    numbers.retain(|_| {
        index += 1;
        stays((index - 1) / width)
    });
}

fn keep_grid(grid: &mut Option<Grid>, out: impl Fn(usize) -> bool) {
    if let Some(grid) = grid {
        keep(&mut grid.scale, 1, out);
    }
}

fn cut_linear(linear: &mut Linear, out: impl Fn(usize) -> bool, input: impl Fn(usize) -> bool) {
    let Linear { fan_in, fan_out, weight, bias, grid } = linear;
    keep(weight, *fan_in, &out);
    keep(weight, 1, |index| input(index % *fan_in));
    keep(bias, 1, &out);
    keep_grid(grid, &out);
    *fan_in = (0..*fan_in).filter(|&i| input(i)).count();
    *fan_out = bias.len();
}

fn cut_conv(conv: &mut Conv2d, out: impl Fn(usize) -> bool, input: impl Fn(usize) -> bool) {
    let depthwise = is_depthwise(conv);
    let Conv2d { channels_in, channels_out, window, groups, weight, bias, grid } = conv;
    let (taps, per_group) = (window.kernel[0] * window.kernel[1], *channels_in / *groups);
    keep(weight, per_group * taps, &out);
    keep(bias, 1, &out);
    keep_grid(grid, &out);
    *channels_out = bias.len();
    if depthwise {
        (*channels_in, *groups) = (*channels_out, *channels_out);
    } else if *groups == 1 {
        keep(weight, taps, |kernel| input(kernel % per_group));
        *channels_in = (0..*channels_in).filter(|&i| input(i)).count();
    }
}

fn cut_neuron(neuron: &mut Neuron, out: impl Fn(usize) -> bool) {
    let one_or_each = |numbers: &mut Vec<f32>| {
        if numbers.len() > 1 {
            keep(numbers, 1, &out);
        }
    };
    if let Some(Staircase { steps, thresholds, levels }) = &mut neuron.stored
        && thresholds.len() > *steps
    {
        keep(thresholds, *steps, &out);
        keep(levels, *steps + 1, &out);
    }
    let Neuron { synaptic, beta, threshold, threshold_timesteps, reset, min_membrane, .. } = neuron;
    let width = threshold.len() / *threshold_timesteps;
    if width > 1 {
        keep(threshold, 1, |index| out(index % width));
    }
    for SynapticCurrent { decay, gain } in synaptic {
        one_or_each(decay);
        one_or_each(gain);
    }
    one_or_each(beta);
    match reset {
        Reset::Subtract(amount) => one_or_each(amount),
        Reset::None | Reset::ToValue(_) => {}
    }
    if let Some(lowest) = min_membrane {
        one_or_each(lowest);
    }
}
