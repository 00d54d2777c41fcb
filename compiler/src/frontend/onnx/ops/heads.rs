//! What classifiers end in, and lateral inhibition, which is made of the same operations.

use super::index::walk;
use super::{Call, Refusal, axis_of, impossible, unsupported};
use crate::frontend::onnx::net::{Def, Fold, Head, Net, ValueId};
use crate::frontend::onnx::tensor::Tensor;

type Values = Result<Vec<ValueId>, Refusal>;

/// `head` of `x` along `axis`, timestep by timestep where another axis is stacked.
fn head(net: &mut Net, x: ValueId, axis: usize, head: Head) -> ValueId {
    let mut dims = net.dims(x).to_vec();
    if head == Head::ArgMax {
        dims[axis] = 1;
    }
    match net.stack(x) {
        Some((parts, stacked)) if stacked != axis => {
            let parts = parts.into_iter().map(|part| self::head(net, part, axis, head)).collect();
            net.value(Def::Concat { parts, axis: stacked }, dims)
        }
        _ => net.value(Def::Head { x, axis, head }, dims),
    }
}

/// `Softmax`, `LogSoftmax` and `Hardmax`. Up to operator set 12 they take all axes from `axis` on as one.
pub(super) fn softmax(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let kind = match call.node.op_type.as_str() {
        "Softmax" => Head::Softmax,
        "LogSoftmax" => Head::LogSoftmax,
        _ => Head::Hardmax,
    };
    let dims = net.dims(x).to_vec();
    let axis = axis_of(call.int("axis", if call.opset < 13 { 1 } else { -1 }), dims.len())?;
    if call.opset >= 13 || dims[axis + 1..].iter().all(|&d| d == 1) {
        return Ok(vec![head(net, x, axis, kind)]);
    }
    let flat = vec![dims[..axis].iter().product(), dims[axis..].iter().product()];
    let x = net.reshape(x, flat);
    let y = head(net, x, 1, kind);
    Ok(vec![net.reshape(y, dims)])
}

pub(super) fn arg_max(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let axis = axis_of(call.int("axis", 0), net.dims(x).len())?;
    if call.int("select_last_index", 0) != 0 {
        return unsupported("the last of several largest elements", "export with select_last_index = 0");
    }
    let index = head(net, x, axis, Head::ArgMax);
    let mut dims = net.dims(index).to_vec();
    if call.int("keepdims", 1) == 0 {
        dims.remove(axis);
    }
    Ok(vec![net.reshape(index, dims)])
}

/// The largest element and its index; more than one is not supported.
pub(super) fn top_k(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let axis = axis_of(call.int("axis", -1), net.dims(x).len())?;
    let count = call.attribute_or_operand(net, "k", 1)?.unwrap_or_default();
    let count = if count.is_empty() { call.int("k", 0) } else { count[0] };
    if count != 1 || call.int("largest", 1) == 0 {
        return unsupported(
            format!("the {count} largest elements"),
            "leave this out of the model: the classes are scores",
        );
    }
    let values = super::shapes::fold_axes(net, x, &[axis], Fold::Max)?;
    Ok(vec![values, head(net, x, axis, Head::ArgMax)])
}

/// `ScatterND`: elements or slices of a tensor written at places. Of constant places, the result is put together from
/// pieces; at the place of a largest element in zeros, a one is a [`Head::Hardmax`].
pub(super) fn scatter_nd(net: &mut Net, call: &Call<'_>) -> Values {
    let (data, indices, updates) = (call.operand(0)?, call.operand(1)?, call.operand(2)?);
    if !matches!(call.text("reduction"), "" | "none") {
        return unsupported(format!("a scatter with reduction `{}`", call.text("reduction")), WRITES);
    }
    if let Some(one_hot) = one_hot(net, data, indices, updates) {
        return Ok(vec![one_hot]);
    }
    let from = net.dims(data).to_vec();
    let index_dims = net.dims(indices).to_vec();
    let Some(places) = net.as_constant(indices).and_then(Tensor::to_ints) else {
        return unsupported("elements written at places that depend on the sample", WRITES);
    };
    let depth = *index_dims.last().unwrap_or(&0);
    let expected = [&index_dims[..index_dims.len().saturating_sub(1)], from.get(depth..).unwrap_or_default()].concat();
    if depth == 0 || depth > from.len() || net.dims(updates) != expected {
        return impossible(format!("updates of shape {:?} for {index_dims:?} places in {from:?}", net.dims(updates)));
    }
    let mut rest = from[depth..].to_vec();
    rest.insert(0, places.len() / depth);
    let updates = net.reshape(updates, rest.clone());
    let mut out = data;
    for (row, place) in places.chunks_exact(depth).enumerate() {
        let place: Vec<usize> =
            place.iter().zip(&from).map(|(&i, &size)| axis_of(i, size)).collect::<Result<_, _>>()?;
        let update = net.select(updates, 0, row);
        out = written(net, out, &place, update)?;
    }
    Ok(vec![out])
}

/// `x` with `update` at `place` of its first axes.
fn written(net: &mut Net, x: ValueId, place: &[usize], update: ValueId) -> Result<ValueId, Refusal> {
    let dims = net.dims(x).to_vec();
    let (Some((&index, deeper)), Some((&size, rest))) = (place.split_first(), dims.split_first()) else {
        return Ok(net.reshape(update, dims));
    };
    let piece = match deeper.is_empty() {
        true => update,
        false => {
            let old = net.select(x, 0, index);
            written(net, old, deeper, update)?
        }
    };
    put(net, x, 0, index, piece, [&[1], rest].concat(), size)
}

/// `x` with `piece` as its part `index` of `size` along `axis`.
fn put(
    net: &mut Net,
    x: ValueId,
    axis: usize,
    index: usize,
    piece: ValueId,
    part: Vec<usize>,
    size: usize,
) -> Result<ValueId, Refusal> {
    if !net.is_stackable(size) {
        return unsupported(format!("one of {size} elements written along axis {axis}"), WRITES);
    }
    let dims = net.dims(x).to_vec();
    let piece = net.reshape(piece, part);
    let parts = (0..size).map(|i| if i == index { piece } else { net.part(x, axis, i) }).collect();
    Ok(net.value(Def::Concat { parts, axis }, dims))
}

const WRITES: &str = "write whole timesteps, at constant places";

/// The one-hot vector of an index: zeros, with a one at the place of a largest element.
fn one_hot(net: &mut Net, data: ValueId, indices: ValueId, updates: ValueId) -> Option<ValueId> {
    let zeros = net.as_constant(data).filter(|t| t.is_all(0.0))?.dims.clone();
    net.as_constant(updates).filter(|t| t.len() == 1 && t.get(0) == 1.0)?;
    // The place: zeros on all axes of size 1, the index on the one that is longer.
    let (place, axis) = match net.values[indices].def.clone() {
        Def::Concat { parts, axis } if axis + 1 == net.dims(indices).len() => {
            let signal = parts.iter().position(|&part| net.as_constant(part).is_none())?;
            let others = parts.iter().enumerate().filter(|&(i, _)| i != signal);
            let fits = others.clone().all(|(_, &p)| net.as_constant(p).is_some_and(|t| t.is_all(0.0)));
            let before: usize = parts[..signal].iter().map(|&p| *net.dims(p).last().unwrap_or(&0)).sum();
            fits.then_some((parts[signal], before))?
        }
        _ => (indices, 0),
    };
    let index = source(net, place);
    let Def::Head { x, axis: along, head: Head::ArgMax } = net.values[index].def else { return None };
    let only = |dims: &[usize], axis: usize| dims.iter().enumerate().all(|(a, &d)| a == axis || d == 1);
    let same = only(&zeros, axis) && only(net.dims(x), along) && zeros.get(axis) == net.dims(x).get(along);
    if !same || net.dims(place).iter().product::<usize>() != 1 {
        return None;
    }
    let dims = net.dims(x).to_vec();
    let hardmax = net.value(Def::Head { x, axis: along, head: Head::Hardmax }, dims);
    Some(net.reshape(hardmax, zeros))
}

/// What a value is a reshape of.
fn source(net: &Net, mut id: ValueId) -> ValueId {
    while let Def::Reshape(x) = net.values[id].def {
        id = x;
    }
    id
}

/// `OneHot` of the index of a largest element.
pub(super) fn one_hot_of(net: &mut Net, call: &Call<'_>) -> Values {
    let (index, depth, values) = (call.operand(0)?, call.operand(1)?, call.operand(2)?);
    let index = source(net, index);
    let off_on = net.as_constant(values).map(|t| (t.len(), t.get(0), t.get(1)));
    let depth = net.as_constant(depth).map(|t| t.get(0));
    if let (Def::Head { x, axis, head: Head::ArgMax }, Some((2, 0.0, 1.0)), Some(depth)) =
        (net.values[index].def.clone(), off_on, depth)
    {
        let dims = net.dims(x).to_vec();
        let last = axis + 1 == dims.len() && [-1, axis as i64].contains(&call.int("axis", -1));
        if last && dims[axis] as f64 == depth {
            return Ok(vec![net.value(Def::Head { x, axis, head: Head::Hardmax }, dims)]);
        }
    }
    unsupported("a one-hot code of a signal", "see the table of supported operations in the README")
}

/// `ScatterElements` at constant places that are whole slices of an axis.
pub(super) fn scatter_elements(net: &mut Net, call: &Call<'_>) -> Values {
    let (data, indices, updates) = (call.operand(0)?, call.operand(1)?, call.operand(2)?);
    if !matches!(call.text("reduction"), "" | "none") {
        return unsupported(format!("a scatter with reduction `{}`", call.text("reduction")), WRITES);
    }
    let from = net.dims(data).to_vec();
    let axis = axis_of(call.int("axis", 0), from.len())?;
    let Some(tensor) = net.as_constant(indices).cloned() else {
        return unsupported("elements written at places that depend on the sample", WRITES);
    };
    let Some(places) = tensor.to_ints() else { return impossible("indices that are no integers") };
    let whole = (0..from.len()).all(|a| a == axis || tensor.dims.get(a) == Some(&from[a]));
    if tensor.dims.len() != from.len() || net.dims(updates) != tensor.dims {
        return impossible(format!("places {:?} and updates {:?} in {from:?}", tensor.dims, net.dims(updates)));
    }
    let inner: usize = tensor.dims[axis + 1..].iter().product();
    let mut out = data;
    for slice in 0..tensor.dims[axis] {
        let mut one = tensor.dims.clone();
        one[axis] = 1;
        let strides = super::index::strides(&tensor.dims);
        let at = walk(&one, slice * inner, &strides).map(|i| places[i]);
        let mut at = at.collect::<Vec<_>>();
        at.dedup();
        let (&[index], true) = (&at[..], whole) else {
            return unsupported("single elements written at places of their own", WRITES);
        };
        let index = axis_of(index, from[axis])?;
        let piece = net.part(updates, axis, slice);
        out = put(net, out, axis, index, piece, one, from[axis])?;
    }
    Ok(vec![out])
}
