//! Layers and pools as NIR nodes.

use super::{Field, NirNode, Result, axes, dims, pair, whole};
use crate::frontend::nir::invalid;
use crate::ir::{AvgPool, BatchNorm, Conv2d, Divisor, Linear, Shape, Window};

/// Numbers of a diagonal matrix, at most.
const MAX_DIAGONAL: usize = 1 << 20;

pub(super) fn affine(linear: &Linear) -> NirNode {
    let weight = Field::Weights(vec![linear.fan_out, linear.fan_in], linear.weight.clone());
    NirNode::new(
        "Affine",
        vec![("weight", weight), ("bias", Field::Weights(vec![linear.fan_out], linear.bias.clone()))],
    )
}

pub(super) fn flatten(from: Shape) -> NirNode {
    let end = Field::Integers(vec![], vec![-1]);
    NirNode::new("Flatten", vec![("start_dim", whole(0)), ("end_dim", end), ("input_type", axes(&dims(from)))])
}

/// NIR's padding is the same on both sides, or torch's "same".
fn padding(window: &Window, same: bool) -> Result<Field> {
    let total = |axis: usize| window.dilation[axis] * (window.kernel[axis] - 1);
    let is_same = |axis: usize| {
        (window.pad_begin[axis], window.pad_end[axis]) == (total(axis) / 2, total(axis) - total(axis) / 2)
    };
    if window.pad_begin == window.pad_end {
        return Ok(pair(window.pad_begin));
    }
    if same && window.stride == [1, 1] && is_same(0) && is_same(1) {
        return Ok(Field::Text("same"));
    }
    let found = format!("pads {:?} before and {:?} after", window.pad_begin, window.pad_end);
    Err(invalid(found, "NIR pads both sides equally: pad so, or convert to a native model (.snn)"))
}

pub(super) fn convolution(conv: &Conv2d, from: Shape) -> Result<NirNode> {
    let [height, width] = conv.window.kernel;
    let shape = vec![conv.channels_out, conv.channels_in / conv.groups, height, width];
    Ok(NirNode::new(
        "Conv2d",
        vec![
            ("input_shape", pair([from.height, from.width])),
            ("weight", Field::Weights(shape, conv.weight.clone())),
            ("bias", Field::Weights(vec![conv.channels_out], conv.bias.clone())),
            ("stride", pair(conv.window.stride)),
            ("padding", padding(&conv.window, true)?),
            ("dilation", pair(conv.window.dilation)),
            ("groups", whole(conv.groups)),
        ],
    ))
}

/// A scale; with a shift a convolution of one tap per channel, or a diagonal matrix.
pub(super) fn batch_norm(norm: &BatchNorm, from: Shape) -> Result<NirNode> {
    if norm.shift.iter().all(|&shift| shift == 0.0) {
        let all = norm.scale.iter().flat_map(|&s| std::iter::repeat_n(s, from.positions())).collect();
        return Ok(NirNode::new("Scale", vec![("scale", Field::Weights(dims(from), all))]));
    }
    let channels = from.channels;
    if from.positions() > 1 {
        let window = Window::new([1, 1], [1, 1]);
        let (weight, bias) = (norm.scale.clone(), norm.shift.clone());
        let (channels_in, channels_out, groups) = (channels, channels, channels);
        return convolution(&Conv2d { channels_in, channels_out, window, groups, weight, bias, grid: None }, from);
    }
    if channels.saturating_mul(channels) > MAX_DIAGONAL {
        let found = format!("scales and shifts {channels} features");
        return Err(invalid(found, "NIR has no batch norm: fold it into the layer before and convert again"));
    }
    let mut weight = vec![0.0; channels * channels];
    norm.scale.iter().enumerate().for_each(|(c, &scale)| weight[c * channels + c] = scale);
    let (fan_in, fan_out) = (channels, channels);
    Ok(affine(&Linear { fan_in, fan_out, weight, bias: norm.shift.clone(), grid: None }))
}

pub(super) fn average(pool: &AvgPool) -> Result<NirNode> {
    let unpadded = pool.window.pad_begin == [0, 0] && pool.window.pad_end == [0, 0];
    let kind = match pool.divisor {
        Divisor::One => "SumPool2d",
        Divisor::Kernel => "AvgPool2d",
        Divisor::Inputs if unpadded => "AvgPool2d",
        Divisor::Inputs => {
            let found = "averages over the inputs without the padding";
            return Err(invalid(found, "NIR counts the padding: convert to a native model (.snn)"));
        }
    };
    let window = &pool.window;
    let fields = vec![
        ("kernel_size", pair(window.kernel)),
        ("stride", pair(window.stride)),
        ("padding", padding(window, false)?),
    ];
    Ok(NirNode::new(kind, fields))
}
