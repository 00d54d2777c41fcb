//! Quantizers: `QuantizeLinear` and `DequantizeLinear` of the standard, and QONNX' `Quant`, `BipolarQuant`, `Trunc` and
//! `MultiThreshold` (Pappalardo et al. 2022), which Brevitas and FINN write. On constants they are computed, on signals
//! they are a definition each.

use super::fold::{binary_of, converted, map_all};
use super::{Call, Refusal, axis_of, impossible, unsupported};
use crate::frontend::onnx::net::{ConstId, Def, Net, Real, Rounding, ValueId};
use crate::frontend::onnx::proto::data_type;
use crate::frontend::onnx::tensor::{Integer, Kind, Tensor};

type Values = Result<Vec<ValueId>, Refusal>;

const CONSTANT: &str = "the parameters of a quantizer must be constant: export the trained model in eval mode";

/// The constant that operand `i` is.
fn constant(net: &Net, call: &Call<'_>, i: usize, what: &str) -> Result<Tensor, Refusal> {
    match net.as_constant(call.operand(i)?) {
        Some(tensor) => Ok(tensor.clone()),
        None => unsupported(format!("a {what} that depends on the sample"), CONSTANT),
    }
}

/// The one number that operand `i` is.
fn number(net: &Net, call: &Call<'_>, i: usize, what: &str) -> Result<f64, Refusal> {
    let tensor = constant(net, call, i, what)?;
    match tensor.len() {
        1.. if tensor.is_all(tensor.get(0)) => Ok(tensor.get(0)),
        _ => unsupported(format!("a {what} that differs from element to element"), CONSTANT),
    }
}

/// A parameter as one of a quantizer: it must broadcast to the signal.
fn parameter(net: &mut Net, x: ValueId, tensor: Tensor, what: &str) -> Result<ConstId, Refusal> {
    match super::index::broadcast(&tensor.dims, net.dims(x)).as_deref() == Some(net.dims(x)) {
        true => Ok(net.constant(tensor)),
        false => impossible(format!("a {what} of shape {:?} for {:?}", tensor.dims, net.dims(x))),
    }
}

/// The rounding that QONNX calls `mode`.
fn rounding(call: &Call<'_>, default: Rounding) -> Result<Rounding, Refusal> {
    Ok(match call.text("rounding_mode").to_ascii_uppercase().as_str() {
        "" => default,
        "ROUND" | "HALF_EVEN" => Rounding::HalfToEven,
        "CEIL" => Rounding::Ceil,
        "FLOOR" => Rounding::Floor,
        "UP" => Rounding::AwayFromZero,
        "DOWN" | "ROUND_TO_ZERO" => Rounding::TowardsZero,
        "HALF_UP" => Rounding::HalfAwayFromZero,
        "HALF_DOWN" => Rounding::HalfTowardsZero,
        other => return unsupported(format!("rounding `{other}`"), "round to the nearest integer: ROUND"),
    })
}

/// The integers of `bits`: `signed` with negative ones, `narrow` without the last (of signed ones, the lowest).
fn range(bits: f64, signed: bool, narrow: bool) -> Result<(f64, f64), Refusal> {
    if !(1.0..=32.0).contains(&bits) {
        return unsupported(format!("integers of {bits} bits"), "1 to 32 bits are read");
    }
    let narrow = f64::from(u8::from(narrow));
    Ok(match signed {
        true => (-(bits - 1.0).exp2() + narrow, (bits - 1.0).exp2() - 1.0),
        false => (0.0, bits.exp2() - 1.0 - narrow),
    })
}

/// `Quant(x, scale, zero point, bits)`.
pub(super) fn quant(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let (scale, zero) = (constant(net, call, 1, "scale")?, constant(net, call, 2, "zero point")?);
    let bits = number(net, call, 3, "bit width")?;
    let (signed, narrow) = (call.int("signed", 1) != 0, call.int("narrow", 0) != 0);
    let rounding = rounding(call, Rounding::HalfToEven)?;
    if bits == 1.0 && signed {
        return bipolar_of(net, x, scale);
    }
    let (low, high) = range(bits, signed, narrow)?;
    if let Some(tensor) = net.as_constant(x).cloned() {
        let levels = binary_of(&tensor, &scale, Kind::F32, |x, s| x / s)?;
        let levels = binary_of(&levels, &zero, Kind::F32, |x, z| rounding.apply((x + z).clamp(low, high)) - z)?;
        let values = binary_of(&levels, &scale, Kind::F32, |x, s| x * s)?;
        net.made += values.len();
        return Ok(vec![net.constant_value(values)]);
    }
    let (scale, zero_point) = (parameter(net, x, scale, "scale")?, parameter(net, x, zero, "zero point")?);
    let dims = net.dims(x).to_vec();
    let (low, high) = (Real::new(low as f32), Real::new(high as f32));
    Ok(vec![net.value(Def::Quant { x, scale, zero_point, low, high, rounding, integer: false }, dims)])
}

/// `BipolarQuant(x, scale)`.
pub(super) fn bipolar(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let scale = constant(net, call, 1, "scale")?;
    bipolar_of(net, x, scale)
}

fn bipolar_of(net: &mut Net, x: ValueId, scale: Tensor) -> Values {
    if let Some(tensor) = net.as_constant(x).cloned() {
        let values = binary_of(&tensor, &scale, Kind::F32, |x, s| if x >= 0.0 { s } else { -s })?;
        net.made += values.len();
        return Ok(vec![net.constant_value(values)]);
    }
    let scale = parameter(net, x, scale, "scale")?;
    let dims = net.dims(x).to_vec();
    Ok(vec![net.value(Def::Bipolar { x, scale }, dims)])
}

/// `Trunc(x, scale, zero point, bits in, bits out)`: the integer of the input without its lowest bits. The version with a
/// scale of its own for the output has six operands and clips.
pub(super) fn trunc(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let (scale, zero) = (number(net, call, 1, "scale")?, number(net, call, 2, "zero point")?);
    let rounding = rounding(call, Rounding::Floor)?;
    let second = call.operands.len() >= 6;
    let (divisor, clip, out_scale, out_zero) = match second {
        false => {
            let dropped = number(net, call, 3, "bit width")? - number(net, call, 4, "bit width")?;
            (dropped.exp2(), None, scale, zero)
        }
        true => {
            let out_scale = number(net, call, 4, "scale")?;
            let divisor = (out_scale / scale).log2().round_ties_even().exp2();
            let bits = number(net, call, 5, "bit width")?;
            let clip = range(bits, call.int("signed", 1) != 0, call.int("narrow", 0) != 0)?;
            (divisor, Some(clip), out_scale, zero / divisor)
        }
    };
    if let Some(tensor) = net.as_constant(x).cloned() {
        let values = map_all(&tensor, |x| {
            let level = (x / scale + zero).round_ties_even() / divisor;
            let level = clip.map_or(level, |(low, high)| level.clamp(low, high));
            (rounding.apply(level) - out_zero) * out_scale
        });
        net.made += values.len();
        return Ok(vec![net.constant_value(values)]);
    }
    let scalar = |net: &mut Net, value: f64| net.constant_value(Tensor::scalar(value as f32));
    let dims = net.dims(x).to_vec();
    let (s, z, d) = (scalar(net, scale), scalar(net, zero), scalar(net, divisor));
    let (os, oz) = (scalar(net, out_scale), scalar(net, out_zero));
    let mut y = net.pointwise(Def::Div(x, s), dims.clone());
    y = net.pointwise(Def::Add(y, z), dims.clone());
    y = net.pointwise(Def::Round { x: y, rounding: Rounding::HalfToEven }, dims.clone());
    y = net.pointwise(Def::Div(y, d), dims.clone());
    if let Some((low, high)) = clip {
        y = net.pointwise(Def::Clip { x: y, low: Real::new(low as f32), high: Real::new(high as f32) }, dims.clone());
    }
    y = net.pointwise(Def::Round { x: y, rounding }, dims.clone());
    y = net.pointwise(Def::Sub(y, oz), dims.clone());
    Ok(vec![net.pointwise(Def::Mul(y, os), dims)])
}

/// `MultiThreshold(x, thresholds)`: `[channels or 1, steps]`.
pub(super) fn multi_threshold(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let thresholds = constant(net, call, 1, "threshold")?;
    let dims = net.dims(x).to_vec();
    // Channels stand second, except last where the layout says so, or where there are neither 2 nor 4 axes.
    let last = call.text("data_layout") == "NHWC" || !matches!(dims.len(), 2 | 4);
    let axis = if last { dims.len().saturating_sub(1) } else { 1 };
    let &[rows, _] = &thresholds.dims[..] else {
        return impossible(format!("thresholds of shape {:?}; expected [channels, steps]", thresholds.dims));
    };
    if dims.get(axis).is_none_or(|&channels| rows != 1 && rows != channels) {
        return impossible(format!("thresholds of {rows} channels for {dims:?}"));
    }
    let (scale, bias) = (Real::new(call.float("out_scale", 1.0)), Real::new(call.float("out_bias", 0.0)));
    if net.as_constant(x).is_some() {
        return unsupported("thresholds of a constant", "fold constants before exporting");
    }
    let thresholds = net.constant(thresholds);
    Ok(vec![net.value(Def::MultiThreshold { x, thresholds, axis, scale, bias }, dims)])
}

/// Scale and zero point of a linear quantizer of `x`, shaped to broadcast, and the zero point's integer type.
fn linear_parameters(
    net: &Net,
    call: &Call<'_>,
    x: ValueId,
    integer: Integer,
) -> Result<(Tensor, Tensor, Integer), Refusal> {
    let dims = net.dims(x).to_vec();
    let scale = constant(net, call, 1, "scale")?;
    let zero = match call.optional(2) {
        Some(_) => constant(net, call, 2, "zero point")?,
        None => scale.pick(scale.dims.clone(), 0..0).reshaped(vec![0]),
    };
    let integer = zero.kind().integer().unwrap_or(integer);
    if call.int("block_size", 0) != 0 {
        return unsupported("a scale per block", "quantize per tensor or per channel");
    }
    if call.optional(2).is_some() && zero.kind().integer().is_none() {
        return unsupported("a quantizer to floats of 8 bits", "quantize to integers");
    }
    let shaped = |tensor: &Tensor| -> Result<Tensor, Refusal> {
        if tensor.len() == 1 {
            return Ok(tensor.reshaped(vec![]));
        }
        let axis = axis_of(call.int("axis", 1), dims.len())?;
        if tensor.dims != [dims[axis]] {
            return impossible(format!("a scale or zero point of shape {:?} for {dims:?}", tensor.dims));
        }
        let mut shape = vec![1; dims.len()];
        shape[axis] = dims[axis];
        Ok(tensor.reshaped(shape))
    };
    let zero = if zero.len() == 0 { Tensor::scalar(0.0) } else { converted(&shaped(&zero)?, Kind::F32) };
    Ok((converted(&shaped(&scale)?, Kind::F32), zero, integer))
}

/// `QuantizeLinear(x, scale, zero point)`: integers.
pub(super) fn quantize_linear(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let byte = Integer { bits: 8, signed: false };
    let given = i32::try_from(call.int("output_dtype", 0)).ok().and_then(Integer::of).unwrap_or(byte);
    if ![0, 2, 3, 4, 5].contains(&call.int("output_dtype", 0)) || call.int("precision", 0) > 1 {
        return unsupported("a quantizer to another type than integers of 8 or 16 bits", "quantize to int8 or uint8");
    }
    let (scale, zero, integer) = linear_parameters(net, call, x, given)?;
    let (low, high) = integer.range();
    if let Some(tensor) = net.as_constant(x).cloned() {
        let levels = binary_of(&tensor, &scale, Kind::F32, |x, s| x / s)?;
        let levels = binary_of(&levels, &zero, Kind::of_integer(integer), |x, z| {
            (x.round_ties_even() + z).clamp(low as f64, high as f64)
        })?;
        net.made += levels.len();
        return Ok(vec![net.constant_value(levels)]);
    }
    // The zero point is added after rounding: without it, the ends move.
    let offset = offset(&zero)?;
    let scale = parameter(net, x, scale, "scale")?;
    let zero_point = net.constant(Tensor::scalar(0.0));
    let dims = net.dims(x).to_vec();
    let (low, high) = (Real::new((low as f64 - offset) as f32), Real::new((high as f64 - offset) as f32));
    let rounding = Rounding::HalfToEven;
    let levels = net.value(Def::Quant { x, scale, zero_point, low, high, rounding, integer: true }, dims.clone());
    let offset = net.constant_value(Tensor::scalar(offset as f32));
    Ok(vec![net.pointwise(Def::Add(levels, offset), dims)])
}

/// The zero point of a quantizer of a signal: one number.
fn offset(zero: &Tensor) -> Result<f64, Refusal> {
    match zero.len() > 0 && zero.is_all(zero.get(0)) {
        true => Ok(zero.get(0)),
        false => unsupported("zero points that differ from channel to channel", "quantize signals with one zero point"),
    }
}

/// `DequantizeLinear(x, scale, zero point)`: with the quantizer before it, one definition.
pub(super) fn dequantize_linear(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let byte = Integer { bits: 8, signed: false };
    if ![0, i64::from(data_type::FLOAT)].contains(&call.int("output_dtype", 0)) {
        return unsupported("dequantizing to another type than float", "export the model in float32");
    }
    let (scale, zero, _) = linear_parameters(net, call, x, byte)?;
    if let Some(tensor) = net.as_constant(x).cloned() {
        let levels = binary_of(&tensor, &zero, Kind::F32, |x, z| x - z)?;
        let values = binary_of(&levels, &scale, Kind::F32, |x, s| x * s)?;
        net.made += values.len();
        return Ok(vec![net.constant_value(values)]);
    }
    let dims = net.dims(x).to_vec();
    let offset = offset(&zero)?;
    let scale = parameter(net, x, scale, "scale")?;
    let zero = net.constant_value(Tensor::scalar(offset as f32));
    let levels = match net.values[x].def {
        Def::Add(levels, same) if same == zero => levels,
        _ => net.pointwise(Def::Sub(x, zero), dims.clone()),
    };
    if let Def::Quant { x: from, scale: same, zero_point, low, high, rounding, integer: true } = net.values[levels].def
        && same == scale
    {
        return Ok(vec![
            net.value(Def::Quant { x: from, scale, zero_point, low, high, rounding, integer: false }, dims),
        ]);
    }
    let tensor = net.constants[scale].clone();
    let scale = net.constant_value(tensor);
    Ok(vec![net.pointwise(Def::Mul(levels, scale), dims)])
}
