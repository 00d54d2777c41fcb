//! Pools, and the windows that pools and convolutions share.

use super::layers::{one_feature_map, per_timestep};
use super::{Call, Refusal, impossible, unsupported};
use crate::frontend::onnx::net::{Def, Net, ValueId, taps};
use crate::ir::Window;

type Values = Result<Vec<ValueId>, Refusal>;

/// The window of a node over `spatial` axes (one or two; one is a height of 1).
pub(super) fn window_of(call: &Call<'_>, spatial: &[usize], kernel: &[usize]) -> Result<Window, Refusal> {
    let axes = spatial.len();
    let list = |name: &str, default: usize, lowest: usize, len: usize| -> Result<Vec<usize>, Refusal> {
        let Some(values) = call.ints(name) else { return Ok(vec![default; len]) };
        let sizes = values.iter().map(|&v| usize::try_from(v).ok().filter(|&v| v >= lowest && v <= 1 << 20));
        match sizes.collect::<Option<Vec<usize>>>() {
            Some(sizes) if sizes.len() == len => Ok(sizes),
            _ => impossible(format!("{name} {values:?} for {axes} axes")),
        }
    };
    if kernel.len() != axes || kernel.iter().any(|&k| k == 0 || k > 1 << 20) {
        return impossible(format!("a kernel {kernel:?} for {axes} axes"));
    }
    let stride = list("strides", 1, 1, axes)?;
    let dilation = list("dilations", 1, 1, axes)?;
    let mut pads = list("pads", 0, 0, 2 * axes)?;
    match call.text("auto_pad") {
        "" | "NOTSET" => {}
        "VALID" => pads = vec![0; 2 * axes],
        side @ ("SAME_UPPER" | "SAME_LOWER") => {
            for axis in 0..axes {
                let out = spatial[axis].div_ceil(stride[axis]);
                let reach = dilation[axis] * (kernel[axis] - 1) + 1;
                let total = (out.saturating_sub(1) * stride[axis] + reach).saturating_sub(spatial[axis]);
                let (less, more) = (total / 2, total - total / 2);
                (pads[axis], pads[axis + axes]) = if side == "SAME_UPPER" { (less, more) } else { (more, less) };
            }
        }
        other => return impossible(format!("auto_pad `{other}`")),
    }
    let pair = |values: &[usize], one: usize| match *values {
        [width] => [one, width],
        [height, width] => [height, width],
        _ => [one, one],
    };
    Ok(Window {
        kernel: pair(kernel, 1),
        stride: pair(&stride, 1),
        pad_begin: pair(&pads[..axes], 0),
        pad_end: pair(&pads[axes..], 0),
        dilation: pair(&dilation, 1),
    })
}

/// Shape of what a window gives: `[1, channels, (height,) width]`.
pub(super) fn output(window: &Window, channels: usize, spatial: &[usize]) -> Result<Vec<usize>, Refusal> {
    let mut dims = vec![1, channels];
    for (i, &size) in spatial.iter().enumerate() {
        match window.output(i + 2 - spatial.len(), size) {
            Some(out) => dims.push(out),
            None => return impossible(format!("a window {:?} that does not fit into {spatial:?}", window.kernel)),
        }
    }
    Ok(dims)
}

/// The window and the output's shape of a pool of `x`.
fn pool(net: &Net, call: &Call<'_>, x: ValueId) -> Result<(Window, Vec<usize>), Refusal> {
    let dims = net.dims(x);
    let (Some(spatial @ ([_] | [_, _])), Some(&channels)) = (dims.get(2..), dims.get(1)) else {
        let found = format!("a pool of a feature map of shape {dims:?}");
        return unsupported(found, "pools of one sample's feature map [1, channels, (height,) width] are supported");
    };
    one_feature_map(net, x)?;
    let kernel: Option<Vec<usize>> =
        call.ints("kernel_shape").and_then(|k| k.iter().map(|&k| usize::try_from(k).ok()).collect());
    let Some(kernel) = kernel else { return impossible("a pool without a kernel_shape") };
    let mut window = window_of(call, spatial, &kernel)?;
    if call.int("ceil_mode", 0) != 0 {
        // A last window that reaches over the edge, if it begins before it: as if there were more padding.
        let offset = 2 - spatial.len();
        for (i, &size) in spatial.iter().enumerate() {
            let axis = i + offset;
            let reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
            let padded = size + window.pad_begin[axis] + window.pad_end[axis];
            let Some(room) = padded.checked_sub(reach) else { continue };
            let last = room.div_ceil(window.stride[axis]) * window.stride[axis];
            if last > room && last < size + window.pad_begin[axis] {
                window.pad_end[axis] += last - room;
                if call.int("count_include_pad", 0) != 0 {
                    return unsupported("ceil_mode with count_include_pad", "use ceil_mode=False");
                }
            }
        }
    }
    let out = output(&window, channels, spatial)?;
    Ok((window, out))
}

pub(super) fn max(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let (window, dims) = pool(net, call, x)?;
    let pool = |net: &mut Net, x: ValueId| Ok(net.value(Def::MaxPool { x, window: taps(&window) }, dims.clone()));
    Ok(vec![per_timestep(net, x, pool)?])
}

pub(super) fn average(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let (window, dims) = pool(net, call, x)?;
    if window.dilation != [1, 1] {
        return unsupported("an average pool with dilation", "use an average pool without dilation");
    }
    let count_include_pad = call.int("count_include_pad", 0) != 0;
    let pool = |net: &mut Net, x: ValueId| {
        Ok(net.value(Def::AvgPool { x, window: taps(&window), count_include_pad }, dims.clone()))
    };
    Ok(vec![per_timestep(net, x, pool)?])
}

/// The mean over the area of a feature map: `[1, channels, 1, 1]`.
pub(super) fn whole(net: &mut Net, x: ValueId) -> Result<ValueId, Refusal> {
    let dims = net.dims(x).to_vec();
    let (window, out) = match dims[..] {
        [1, channels, width] => (Window::new([1, width], [1, 1]), vec![1, channels, 1]),
        [1, channels, height, width] => (Window::new([height, width], [1, 1]), vec![1, channels, 1, 1]),
        _ => return unsupported(format!("a mean over the area of {dims:?}"), "means over feature maps are supported"),
    };
    Ok(net.value(Def::AvgPool { x, window: taps(&window), count_include_pad: false }, out))
}

pub(super) fn global_average(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    Ok(vec![per_timestep(net, x, whole)?])
}
