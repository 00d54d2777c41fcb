//! What the integers of a converted node stand for, and how the synapses behind it take that over.
//!
//! `value[c] = offset[c] + gain[c] * (sum of the c-th channel's copies)`. Synapses fold it: with weights `W` and bias `b`,
//! `W value + b = (W gain) spikes + (b + W offset)`, copies of a channel having the same weights.

use crate::ir::{Conv2d, Linear, NodeId, Shape};

/// What a node of the converted graph stands for.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The node.
    pub node: NodeId,
    /// Shape of the value, before a reshape.
    pub shape: Shape,
    /// Per channel of `shape`; empty for 1 everywhere.
    pub gain: Vec<f32>,
    /// Per channel of `shape`; empty for 0 everywhere.
    pub offset: Vec<f32>,
    /// Neurons that share a channel, side by side along the channel axis.
    pub copies: usize,
}

impl Carried {
    /// A node that stands for itself.
    pub fn plain(node: NodeId, shape: Shape) -> Self {
        Self { node, shape, gain: Vec::new(), offset: Vec::new(), copies: 1 }
    }

    /// Whether the node stands for itself.
    pub fn is_plain(&self) -> bool {
        self.copies == 1 && self.gain.iter().all(|&g| g == 1.0) && !self.is_shifted()
    }

    /// Whether the value differs from 0 where there is no spike.
    pub fn is_shifted(&self) -> bool {
        self.offset.iter().any(|&o| o != 0.0)
    }

    pub fn gain_of(&self, channel: usize) -> f32 {
        self.gain.get(channel).copied().unwrap_or(1.0)
    }

    pub fn offset_of(&self, channel: usize) -> f32 {
        self.offset.get(channel).copied().unwrap_or(0.0)
    }

    /// `scale * value + shift`, per channel.
    pub fn affine(&self, scale: &[f32], shift: &[f32]) -> Self {
        let channels = 0..self.shape.channels;
        Self {
            gain: channels.clone().map(|c| scale[c] * self.gain_of(c)).collect(),
            offset: channels.map(|c| scale[c] * self.offset_of(c) + shift[c]).collect(),
            ..self.clone()
        }
    }

    /// A fully connected layer of the value as one of the spikes.
    pub fn linear(&self, linear: &Linear) -> Linear {
        let (positions, copies) = (self.shape.positions(), self.copies);
        let mut out = Linear { fan_in: linear.fan_in * copies, weight: Vec::new(), grid: None, ..linear.clone() };
        for (row, bias) in linear.weight.chunks(linear.fan_in).zip(&mut out.bias) {
            let mut sum = f64::from(*bias);
            for (channel, weights) in row.chunks(positions).enumerate() {
                let (gain, offset) = (self.gain_of(channel), f64::from(self.offset_of(channel)));
                sum += weights.iter().map(|&w| f64::from(w) * offset).sum::<f64>();
                for _ in 0..copies {
                    out.weight.extend(weights.iter().map(|w| w * gain));
                }
            }
            *bias = sum as f32;
        }
        out
    }

    /// A convolution of the value as one of the spikes. An offset is only right without padding.
    pub fn conv2d(&self, conv: &Conv2d) -> Conv2d {
        let copies = self.copies;
        let taps = conv.window.kernel[0] * conv.window.kernel[1];
        let per_group = conv.channels_in / conv.groups;
        let out_per_group = conv.channels_out / conv.groups;
        let mut out = Conv2d { channels_in: conv.channels_in * copies, weight: Vec::new(), grid: None, ..conv.clone() };
        for (row, (filter, bias)) in conv.weight.chunks(per_group * taps).zip(&mut out.bias).enumerate() {
            let first = row / out_per_group * per_group;
            let mut sum = f64::from(*bias);
            for (c, weights) in filter.chunks(taps).enumerate() {
                let (gain, offset) = (self.gain_of(first + c), f64::from(self.offset_of(first + c)));
                sum += weights.iter().map(|&w| f64::from(w) * offset).sum::<f64>();
                for _ in 0..copies {
                    out.weight.extend(weights.iter().map(|w| w * gain));
                }
            }
            *bias = sum as f32;
        }
        out
    }
}

/// A layer of one weight per channel: `gain * spikes + offset`, copies summed.
pub fn diagonal(carried: &Carried) -> Conv2d {
    let channels = carried.shape.channels;
    Conv2d {
        channels_in: channels * carried.copies,
        channels_out: channels,
        window: crate::ir::Window::new([1; 2], [1; 2]),
        groups: channels,
        weight: (0..channels).flat_map(|c| std::iter::repeat_n(carried.gain_of(c), carried.copies)).collect(),
        bias: (0..channels).map(|c| carried.offset_of(c)).collect(),
        grid: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synapses_of_the_spikes_give_what_synapses_of_the_values_gave() {
        let shape = Shape::new(2, 1, 2);
        let carried = Carried { node: 0, shape, gain: vec![2.0, 0.5], offset: vec![-1.0, 3.0], copies: 2 };
        let spikes = [1.0f32, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]; // [channel, copy, position]
        let value: Vec<f32> = (0..4)
            .map(|i| {
                let (c, p) = (i / 2, i % 2);
                carried.offset[c] + carried.gain[c] * (spikes[c * 4 + p] + spikes[c * 4 + 2 + p])
            })
            .collect();
        assert_eq!(value, [3.0, 1.0, 3.0, 3.5]);
        let linear = Linear { fan_in: 4, fan_out: 1, weight: vec![1.0, -2.0, 3.0, 0.25], bias: vec![0.5], grid: None };
        let dot = |w: &[f32], x: &[f32]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
        let folded = carried.linear(&linear);
        assert_eq!(dot(&folded.weight, &spikes) + folded.bias[0], dot(&linear.weight, &value) + 0.5);
    }
}
