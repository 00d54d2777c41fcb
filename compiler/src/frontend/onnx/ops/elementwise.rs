//! Elementwise operations on signals. Nothing is simplified here: the state algebra sees `x * 1` and `x - 0` through.

use super::index::broadcast;
use super::{Call, Refusal, impossible, unsupported};
use crate::frontend::onnx::algebra::Coef;
use crate::frontend::onnx::net::{Def, Net, ValueId};
use crate::frontend::onnx::proto::data_type;
use crate::frontend::onnx::tensor::{Kind, Tensor, elements};

type Values = Result<Vec<ValueId>, Refusal>;

/// The value of a binary operation.
fn binary(net: &mut Net, a: ValueId, b: ValueId, def: Def) -> Values {
    let Some(dims) = broadcast(net.dims(a), net.dims(b)).filter(|d| elements(d).is_some()) else {
        return impossible(format!("shapes {:?} and {:?} that do not broadcast", net.dims(a), net.dims(b)));
    };
    Ok(vec![net.value(def, dims)])
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

/// `x + c` where `x` is a layer without a bias: the layer with one.
fn with_bias(net: &mut Net, x: ValueId, c: ValueId) -> Option<ValueId> {
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

pub(super) fn div(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    binary(net, a, b, Def::Div(a, b))
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
    let a = call.operand(0)?;
    let dims = net.dims(a).to_vec();
    Ok(vec![net.value(Def::Neg(a), dims)])
}

pub(super) fn not(net: &mut Net, call: &Call<'_>) -> Values {
    let a = call.operand(0)?;
    let dims = net.dims(a).to_vec();
    Ok(vec![net.value(Def::Not(a), dims)])
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
        Some(dims) => Ok(vec![net.value(Def::Where(c, a, b), dims)]),
        None => impossible("shapes that do not broadcast"),
    }
}

/// The operand itself.
pub(super) fn pass(_: &mut Net, call: &Call<'_>) -> Values {
    Ok(vec![call.operand(0)?])
}

/// A spike is 0 or 1 in every type; of other signals only casts between floats lose nothing.
pub(super) fn cast(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let spike = matches!(net.values[x].def, Def::Greater { .. } | Def::Not(_));
    match i32::try_from(call.int("to", 0)).unwrap_or(0) {
        data_type::FLOAT | data_type::DOUBLE => Ok(vec![x]),
        data_type::BOOL | data_type::INT32 | data_type::INT64 if spike => Ok(vec![x]),
        other => unsupported(
            format!("a cast of a signal to tensor type {other} (neurons of several spikes per timestep do this)"),
            "train with neurons of one spike per timestep, and export in float32",
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
