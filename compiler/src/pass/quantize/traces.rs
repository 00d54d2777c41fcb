//! What a layer's inputs do to the membranes behind it, on the calibration samples.
//!
//! Between two resets a membrane holds `sum over k of beta^k w x[t - k]`: the weights times the *trace* of the input,
//! `trace[t] = beta trace[t - 1] + x[t]`. An error `d` of a channel's weights is an error `d . trace` of its membrane, and
//! the mean square of that over the samples is `d' H d` with `H` the mean of `trace trace'`. A bias is a weight of an
//! input that is always 1, and has a trace of its own.

use rayon::prelude::*;

use crate::ir::eval::{Evaluator, pick};
use crate::ir::{Conv2d, Graph, NodeId, Op, Shape};

/// Traces looked at, at most: more tell nothing new.
const MOST_TRACES: usize = 20_000;

/// Parts of the samples that are looked at side by side, each with moments of its own.
const PARTS: usize = 4;

/// Second moments of the traces of a layer's inputs, in the order of a channel's weights, the bias behind them.
pub(super) struct Moments {
    /// Inputs of a channel, and 1 for the bias.
    pub size: usize,
    /// `[size, size]`, symmetric.
    pub second: Vec<f64>,
}

impl Moments {
    /// Where nothing is known every input counts alike, and none goes with another.
    pub fn unknown(fan_in: usize) -> Self {
        let size = fan_in + 1;
        let mut second = vec![0.0; size * size];
        (0..size).for_each(|i| second[i * size + i] = 1.0);
        Self { size, second }
    }

    /// Measures the inputs of layer `id`, whose currents decay by `beta` a timestep (1: they add up).
    pub fn measure(graph: &Graph, id: NodeId, beta: f64, samples: &[Vec<f32>], timesteps: u32) -> Self {
        let layer = Layer::of(graph, id);
        let wanted = MOST_TRACES.div_ceil(samples.len().max(1)).max(1);
        let each = (layer.positions * timesteps as usize).div_ceil(wanted).max(1);
        let size = layer.fan_in + 1;
        // summed in the order of the samples, whichever thread was first
        let parts: Vec<(Vec<f64>, usize)> = samples
            .par_chunks(samples.len().div_ceil(PARTS).max(1))
            .enumerate()
            .map(|(part, samples)| {
                let mut evaluator = Evaluator::new(graph);
                let (mut second, mut count) = (vec![0.0; size * size], 0usize);
                for (index, sample) in samples.iter().enumerate() {
                    let mut traces = vec![0.0f32; layer.from.len()];
                    let mut one = 0.0;
                    // another part of the positions and timesteps for each sample
                    let mut at = part + index;
                    evaluator.run(sample, timesteps, |moment| {
                        for (trace, &x) in traces.iter_mut().zip(moment.value(layer.source)) {
                            *trace = *trace * beta as f32 + x;
                        }
                        one = one * beta + 1.0;
                        for position in 0..layer.positions {
                            if at.is_multiple_of(each) {
                                add(&mut second, &layer.window(&traces, position), one);
                                count += 1;
                            }
                            at += 1;
                        }
                    });
                }
                (second, count)
            })
            .collect();
        let mut second = vec![0.0; size * size];
        parts.iter().for_each(|(part, _)| second.iter_mut().zip(part).for_each(|(sum, x)| *sum += x));
        let count: usize = parts.iter().map(|(_, count)| count).sum();
        let count = count.max(1) as f64;
        for row in 0..size {
            for column in 0..=row {
                let mean = second[row * size + column] / count;
                (second[row * size + column], second[column * size + row]) = (mean, mean);
            }
        }
        Self { size, second }
    }
}

/// Adds the outer product of a trace and the bias's `one` to the lower triangle; most inputs are silent.
fn add(second: &mut [f64], trace: &[(usize, f32)], one: f64) {
    let size = second.len().isqrt();
    let all = || trace.iter().map(|&(i, x)| (i, f64::from(x))).chain([(size - 1, one)]);
    for (row, (i, x)) in all().enumerate() {
        let row_of = &mut second[i * size..];
        for (j, y) in all().take(row + 1) {
            row_of[j] += x * y;
        }
    }
}

/// Where the inputs of each position of a layer lie.
struct Layer<'g> {
    source: NodeId,
    from: Shape,
    positions: usize,
    /// Inputs of a channel.
    fan_in: usize,
    conv: Option<&'g Conv2d>,
    columns: usize,
}

impl<'g> Layer<'g> {
    fn of(graph: &'g Graph, id: NodeId) -> Self {
        let node = &graph.nodes[id];
        let source = node.sources[0].node;
        let from = graph.nodes[source].shape;
        let (fan_in, conv, positions) = match &node.op {
            Op::Conv2d(conv) => {
                let [height, width] = conv.window.kernel;
                // of a group: all groups are one, so to say, whose inputs are taken together
                (conv.channels_in / conv.groups * height * width, Some(conv), node.shape.positions() * conv.groups)
            }
            _ => (from.len(), None, 1),
        };
        Self { source, from, positions, fan_in, conv, columns: node.shape.width }
    }

    /// The inputs at `position` that are not zero, each with its index among a channel's weights, ascending.
    fn window(&self, traces: &[f32], position: usize) -> Vec<(usize, f32)> {
        let Some(conv) = self.conv else {
            return traces.iter().copied().enumerate().filter(|(_, x)| *x != 0.0).collect();
        };
        let (group, position) = (position % conv.groups, position / conv.groups);
        let per_group = conv.channels_in / conv.groups;
        let [height, width] = conv.window.kernel;
        let at = [position / self.columns, position % self.columns];
        let inside = |axis: usize, tap: usize, size: usize| {
            let window = &conv.window;
            let i =
                (at[axis] * window.stride[axis] + tap * window.dilation[axis]).checked_sub(window.pad_begin[axis])?;
            (i < size).then_some(i)
        };
        let mut found = Vec::new();
        for channel in 0..per_group {
            for ky in 0..height {
                let Some(y) = inside(0, ky, self.from.height) else { continue };
                for kx in 0..width {
                    let Some(x) = inside(1, kx, self.from.width) else { continue };
                    let c = group * per_group + channel;
                    let value = traces[(c * self.from.height + y) * self.from.width + x];
                    if value != 0.0 {
                        found.push(((channel * height + ky) * width + kx, value));
                    }
                }
            }
        }
        found
    }
}

/// How fast the currents of layer `id` decay on their way into the scores: the mean decay of its neurons, or 1.
pub(super) fn decay(graph: &Graph, neurons: Option<NodeId>) -> f64 {
    match neurons.map(|id| &graph.nodes[id]) {
        Some(node) => match &node.op {
            Op::Neuron(neuron) => {
                let channels = node.shape.channels;
                (0..channels).map(|c| f64::from(pick(&neuron.beta, c))).sum::<f64>() / channels as f64
            }
            _ => 1.0,
        },
        None => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::testing::{chain, conv, linear, neuron};

    #[test]
    fn moments_are_those_of_decayed_inputs() {
        let vector = Shape::vector(2);
        let graph = chain(vector, vec![("fc", linear(2, 2, 1), vector), ("lif", neuron(0.5), vector)]);
        let moments = Moments::measure(&graph, 1, 0.5, &[vec![1.0, 0.0]], 2);
        // traces of the constant input: 1, then 1.5
        let (one, mean) = ([1.0, 1.5], |x: f64, y: f64| (x + y) / 2.0);
        let same = mean(one[0] * one[0], one[1] * one[1]);
        assert_eq!(moments.second, [same, 0.0, same, 0.0, 0.0, 0.0, same, 0.0, same]);
    }

    #[test]
    fn a_convolution_sees_its_windows_in_the_order_of_its_weights() {
        let graph = chain(Shape::new(2, 2, 3), vec![("conv", conv(2, 1, 2, 1), Shape::new(1, 1, 2))]);
        let layer = Layer::of(&graph, 1);
        let map: Vec<f32> = (1..=12).map(|x| x as f32).collect();
        let values: Vec<f32> = layer.window(&map, 1).into_iter().map(|(_, x)| x).collect();
        assert_eq!(values, [2.0, 3.0, 5.0, 6.0, 8.0, 9.0, 11.0, 12.0]);
    }
}
