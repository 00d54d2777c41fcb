//! Elementwise operations on signals.

use super::index::broadcast;
use super::{Call, Refusal, impossible, unsupported};
use crate::frontend::onnx::algebra::Coef;
use crate::frontend::onnx::net::{Def, Net, Real, Rounding, ValueId};
use crate::frontend::onnx::proto::data_type;
use crate::frontend::onnx::tensor::{Integer, Kind, Tensor, elements};

type Values = Result<Vec<ValueId>, Refusal>;

/// The value of a binary operation.
fn binary(net: &mut Net, a: ValueId, b: ValueId, def: Def) -> Values {
    let Some(dims) = broadcast(net.dims(a), net.dims(b)).filter(|d| elements(d).is_some()) else {
        return impossible(format!("shapes {:?} and {:?} that do not broadcast", net.dims(a), net.dims(b)));
    };
    Ok(vec![net.pointwise(def, dims)])
}

/// The value of an operation of one signal.
fn unary(net: &mut Net, x: ValueId, def: Def) -> Values {
    let dims = net.dims(x).to_vec();
    Ok(vec![net.pointwise(def, dims)])
}

pub(super) fn add(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    for (x, c) in [(a, b), (b, a)] {
        if let Some(biased) = with_bias(net, x, c) {
            return Ok(vec![biased]);
        }
    }
    binary(net, a, b, Def::Add(a, b))
}

/// `x + c` where `x` is a layer without a bias, or a stack of such: the layer with one.
fn with_bias(net: &mut Net, x: ValueId, c: ValueId) -> Option<ValueId> {
    let Some((parts, axis)) = net.stack(x) else { return layer_with_bias(net, x, c) };
    let dims = net.dims(x).to_vec();
    let constant = net.as_constant(c)?;
    let varies = (axis + constant.dims.len()).checked_sub(dims.len()).is_some_and(|at| constant.dims[at] != 1);
    if varies || parts.len() < 2 {
        return None;
    }
    let parts = parts.into_iter().map(|part| layer_with_bias(net, part, c)).collect::<Option<Vec<_>>>()?;
    Some(net.value(Def::Concat { parts, axis }, dims))
}

/// `x + c` where `x` is a layer without a bias: the layer with one.
fn layer_with_bias(net: &mut Net, x: ValueId, c: ValueId) -> Option<ValueId> {
    // A bias-free linear layer on more axes than two stands behind a reshape.
    let layer = match net.values[x].def {
        Def::Reshape(inner) if net.dims(inner).last() == net.dims(x).last() => inner,
        _ => x,
    };
    let tensor = net.as_constant(c)?.clone();
    let dims = net.dims(x).to_vec();
    if broadcast(&dims, &tensor.dims).as_deref() != Some(&dims) {
        return None;
    }
    if tensor.is_all(0.0) {
        return Some(x); // a bias of zeros is none: the first timestep's potential is its current
    }
    let def = match net.values[layer].def.clone() {
        Def::Linear { x: from, weight, transposed, bias: None } => {
            let bias = super::layers::bias_vector(&tensor, *dims.last()?)?;
            Def::Linear { x: from, weight, transposed, bias: Some(net.constant(bias)) }
        }
        Def::Conv { x: from, weight, bias: None, window, groups } if layer == x => {
            let channels = dims[1];
            let bias = Coef::of_constant(&tensor, &dims)?.expanded(channels);
            let bias = Tensor::from_f64(Kind::F32, vec![channels], bias.into_iter());
            Def::Conv { x: from, weight, bias: Some(net.constant(bias)), window, groups }
        }
        _ => return None,
    };
    let layer_dims = net.dims(layer).to_vec();
    let nodes = net.values[layer].nodes.clone();
    let biased = net.value(def, layer_dims);
    for node in nodes {
        if !net.values[biased].nodes.contains(&node) {
            net.values[biased].nodes.push(node);
        }
    }
    Some(net.reshape(biased, dims))
}

pub(super) fn sub(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    binary(net, a, b, Def::Sub(a, b))
}

pub(super) fn mul(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    binary(net, a, b, Def::Mul(a, b))
}

/// Of integers, the quotient is rounded towards zero.
pub(super) fn div(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let integers = [a, b].into_iter().any(|id| net.as_constant(id).is_some_and(|t| t.kind().integer().is_some()));
    let quotient = binary(net, a, b, Def::Div(a, b))?;
    match integers {
        true => unary(net, quotient[0], Def::Round { x: quotient[0], rounding: Rounding::TowardsZero }),
        false => Ok(quotient),
    }
}

/// Small integer powers; others are folded where they are constant.
pub(super) fn pow(net: &mut Net, call: &Call<'_>) -> Values {
    let (x, exponent) = (call.operand(0)?, call.operand(1)?);
    match net.as_constant(exponent).filter(|t| t.len() == 1).map(|t| t.get(0)) {
        Some(1.0) => Ok(vec![x]),
        Some(2.0) => unary(net, x, Def::Mul(x, x)),
        _ => unsupported("a power of a signal", "see the table of supported operations in the README"),
    }
}

pub(super) fn sum(net: &mut Net, call: &Call<'_>) -> Values {
    let mut total = call.operand(0)?;
    for i in 1..call.operands.len() {
        let next = call.operand(i)?;
        total = binary(net, total, next, Def::Add(total, next))?[0];
    }
    Ok(vec![total])
}

pub(super) fn neg(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::Neg(x))
}

pub(super) fn not(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::Not(x))
}

pub(super) fn abs(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::Abs(x))
}

pub(super) fn tanh(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::Tanh(x))
}

pub(super) fn sign(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::Sign(x))
}

/// `Floor`, `Ceil` and `Round`.
pub(super) fn round(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let rounding = match call.node.op_type.as_str() {
        "Floor" => Rounding::Floor,
        "Ceil" => Rounding::Ceil,
        _ => Rounding::HalfToEven,
    };
    unary(net, x, Def::Round { x, rounding })
}

pub(super) fn relu(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    unary(net, x, Def::relu(x))
}

/// Bounds are attributes up to operator set 10, operands since.
pub(super) fn clip(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let bound = |name: &str, i: usize, open: f32| match call.optional(i) {
        None => Ok(call.float(name, open)),
        Some(id) => match net.as_constant(id) {
            Some(tensor) if tensor.len() == 1 => Ok(tensor.get(0) as f32),
            Some(tensor) => impossible(format!("a {name} of {} elements; expected one", tensor.len())),
            None => unsupported(format!("a {name} that depends on the sample"), "bounds must be constant"),
        },
    };
    let (low, high) = (bound("min", 1, f32::NEG_INFINITY)?, bound("max", 2, f32::INFINITY)?);
    // Where they cross, the upper one wins.
    let low = low.min(high);
    unary(net, x, Def::Clip { x, low: Real::new(low), high: Real::new(high) })
}

/// `Max` and `Min`.
pub(super) fn extremum(net: &mut Net, call: &Call<'_>) -> Values {
    let mut all = call.operand(0)?;
    for i in 1..call.operands.len() {
        let next = call.operand(i)?;
        let def = match call.node.op_type.as_str() {
            "Max" => Def::Maximum(vec![all, next]),
            _ => Def::Minimum(vec![all, next]),
        };
        all = binary(net, all, next, def)?[0];
    }
    Ok(vec![all])
}

/// Bits are 0 or 1.
fn bits(net: &Net, call: &Call<'_>) -> Result<(ValueId, ValueId), Refusal> {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let bit = |id: ValueId| match net.as_constant(id) {
        Some(tensor) => tensor.kind() == Kind::Bool,
        None => net.is_binary(id),
    };
    match bit(a) && bit(b) {
        true => Ok((a, b)),
        false => unsupported("logic of signals that are no comparisons", "compare before"),
    }
}

pub(super) fn and(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = bits(net, call)?;
    binary(net, a, b, Def::Mul(a, b))
}

pub(super) fn or(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = bits(net, call)?;
    binary(net, a, b, Def::Maximum(vec![a, b]))
}

pub(super) fn xor(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = bits(net, call)?;
    let same = binary(net, a, b, Def::Equal(a, b))?[0];
    unary(net, same, Def::Not(same))
}

pub(super) fn equal(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    binary(net, a, b, Def::Equal(a, b))
}

fn compare(net: &mut Net, a: ValueId, b: ValueId, or_equal: bool) -> Values {
    binary(net, a, b, Def::Greater { a, b, or_equal })
}

pub(super) fn greater(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    compare(net, a, b, false)
}

pub(super) fn greater_or_equal(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    compare(net, a, b, true)
}

pub(super) fn less(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    compare(net, b, a, false)
}

pub(super) fn less_or_equal(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    compare(net, b, a, true)
}

pub(super) fn select(net: &mut Net, call: &Call<'_>) -> Values {
    let (c, a, b) = (call.operand(0)?, call.operand(1)?, call.operand(2)?);
    let dims = broadcast(net.dims(c), net.dims(a)).and_then(|d| broadcast(&d, net.dims(b)));
    match dims.filter(|d| elements(d).is_some()) {
        Some(dims) => Ok(vec![net.pointwise(Def::Where(c, a, b), dims)]),
        None => impossible("shapes that do not broadcast"),
    }
}

/// The operand itself.
pub(super) fn pass(_: &mut Net, call: &Call<'_>) -> Values {
    Ok(vec![call.operand(0)?])
}

/// A cast to the type that the attribute says.
pub(super) fn cast(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    cast_to(net, x, i32::try_from(call.int("to", 0)).unwrap_or(0))
}

/// A cast to the type of a constant; signals are floats.
pub(super) fn cast_like(net: &mut Net, call: &Call<'_>) -> Values {
    let (x, like) = (call.operand(0)?, call.operand(1)?);
    let to = match net.as_constant(like).map(Tensor::kind) {
        None | Some(Kind::F32 | Kind::F64) => data_type::FLOAT,
        Some(Kind::Bool) => data_type::BOOL,
        Some(Kind::Int | Kind::Narrow(_)) => data_type::INT64,
    };
    cast_to(net, x, to)
}

/// A spike is 0 or 1 in every type. Between floats a cast loses nothing that counts here; to an integer it rounds
/// towards zero; to a bool it asks for anything but 0.
fn cast_to(net: &mut Net, x: ValueId, to: i32) -> Values {
    let spike = net.is_binary(x);
    match to {
        data_type::FLOAT | data_type::DOUBLE => Ok(vec![x]),
        to if spike && (to == data_type::BOOL || Integer::of(to).is_some()) => Ok(vec![x]),
        data_type::BOOL => {
            let zero = net.constant_value(Tensor::scalar(0.0));
            let silent = unary(net, x, Def::Equal(x, zero))?[0];
            unary(net, silent, Def::Not(silent))
        }
        data_type::INT32 | data_type::INT64 => unary(net, x, Def::Round { x, rounding: Rounding::TowardsZero }),
        other => unsupported(
            format!("a cast of a signal to tensor type {other}"),
            "export in float32: signals are floats, 32-bit or 64-bit integers, or bool",
        ),
    }
}

pub(super) fn dropout(net: &mut Net, call: &Call<'_>) -> Values {
    let training = call.optional(2).map(|id| net.as_constant(id).is_none_or(|t| !t.is_all(0.0)));
    match training {
        Some(true) => unsupported("a dropout in training mode", "export the model in eval mode: model.eval()"),
        Some(false) | None => pass(net, call),
    }
}
