//! Operations that only move elements, and reductions. Of a signal, those that keep its elements in order are a
//! reshape; one step of a sequence is a selection; anything else is refused.

use super::index::broadcast;
use super::{Call, Refusal, axis_of, impossible, unsupported};
use crate::frontend::onnx::net::{Def, Net, ValueId};
use crate::frontend::onnx::tensor::{Tensor, elements};

type Values = Result<Vec<ValueId>, Refusal>;
type Dims = Result<Vec<usize>, Refusal>;

const MOVES: &str =
    "snnc keeps feature maps whole and in the order [channels, height, width]: leave this out of the model";

/// Shape after `Flatten`.
pub(super) fn flattened(call: &Call<'_>, dims: &[usize]) -> Dims {
    let rank = dims.len() as i64;
    let axis = call.int("axis", 1);
    let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
    match usize::try_from(axis) {
        Ok(axis) if axis <= dims.len() => Ok(vec![dims[..axis].iter().product(), dims[axis..].iter().product()]),
        _ => impossible(format!("axis {axis} of a tensor with {rank} axes")),
    }
}

/// Shape after `Reshape` to `shape`.
pub(super) fn reshaped(call: &Call<'_>, dims: &[usize], shape: &[i64]) -> Dims {
    let total: usize = dims.iter().product();
    let zero_copies = call.int("allowzero", 0) == 0;
    let mut out = Vec::with_capacity(shape.len());
    let mut open = None;
    for (axis, &size) in shape.iter().enumerate() {
        out.push(match size {
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            0 if zero_copies && axis < dims.len() => dims[axis],
            1.. => usize::try_from(size).unwrap_or(usize::MAX),
            _ => return impossible(format!("a shape {shape:?}")),
        });
    }
    let known = elements(&out);
    if let (Some(axis), Some(known @ 1..)) = (open, known) {
        out[axis] = total / known;
    }
    match elements(&out) == Some(total) && out.len() <= 8 {
        true => Ok(out),
        false => impossible(format!("a reshape of {dims:?} ({total} elements) to {shape:?}")),
    }
}

/// What `Shape` gives.
pub(super) fn shape_of(call: &Call<'_>, dims: &[usize]) -> Result<Tensor, Refusal> {
    let rank = dims.len() as i64;
    let bound = |name: &str, default: i64| {
        let at = call.int(name, default);
        (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let sizes: Vec<i64> = dims.get(start..end).unwrap_or_default().iter().map(|&d| d as i64).collect();
    Ok(Tensor::ints(&sizes))
}

/// Shape after `Squeeze` of `axes`, or of every axis of size 1.
pub(super) fn squeezed(dims: &[usize], axes: Option<&[i64]>) -> Dims {
    let axes: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&a| axis_of(a, dims.len())).collect::<Result<_, _>>()?,
        None => (0..dims.len()).filter(|&a| dims[a] == 1).collect(),
    };
    match axes.iter().find(|&&a| dims[a] != 1) {
        Some(axis) => impossible(format!("a squeeze of axis {axis} of {dims:?}")),
        None => Ok((0..dims.len()).filter(|a| !axes.contains(a)).map(|a| dims[a]).collect()),
    }
}

/// Shape after `Unsqueeze` of `axes`.
pub(super) fn unsqueezed(dims: &[usize], axes: &[i64]) -> Dims {
    let rank = dims.len() + axes.len();
    let axes: Vec<usize> = axes.iter().map(|&a| axis_of(a, rank)).collect::<Result<_, _>>()?;
    let mut rest = dims.iter();
    let out: Vec<usize> =
        (0..rank).filter_map(|a| if axes.contains(&a) { Some(1) } else { rest.next().copied() }).collect();
    match out.len() == rank && rank <= 8 {
        true => Ok(out),
        false => impossible("axes given twice"),
    }
}

/// The permutation of a `Transpose`.
pub(super) fn permutation(call: &Call<'_>, rank: usize) -> Dims {
    let Some(perm) = call.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let perm: Vec<usize> = perm.iter().map(|&p| axis_of(p, rank)).collect::<Result<_, _>>()?;
    match perm.len() == rank && (0..rank).all(|a| perm.contains(&a)) {
        true => Ok(perm),
        false => impossible(format!("a permutation {perm:?} of {rank} axes")),
    }
}

/// What a slice takes of one axis.
pub(super) struct Taken {
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) step: i64,
}

/// What `Slice` takes of each axis.
pub(super) fn ranges(
    dims: &[usize],
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Result<Vec<Taken>, Refusal> {
    let mut ranges: Vec<Taken> = dims.iter().map(|&len| Taken { start: 0, len, step: 1 }).collect();
    for (i, &start) in starts.iter().enumerate() {
        let axis = axes.map_or(Some(i as i64), |a| a.get(i).copied());
        let step = steps.map_or(Some(1), |s| s.get(i).copied());
        let (Some(axis), Some(&end), Some(step)) = (axis, ends.get(i), step) else {
            return impossible("starts, ends, axes and steps of different lengths");
        };
        let axis = axis_of(axis, dims.len())?;
        let size = dims[axis] as i64;
        let from_start = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
        let (start, len) = match step {
            1.. => {
                let (start, end) = (from_start(start).clamp(0, size), from_start(end).clamp(0, size));
                (start, ((end - start).max(0) as u64).div_ceil(step as u64))
            }
            ..=-1 => {
                let (start, end) = (from_start(start).clamp(-1, size - 1), from_start(end).clamp(-1, size - 1));
                (start, ((start - end).max(0) as u64).div_ceil(step.unsigned_abs()))
            }
            0 => return impossible("a step of 0"),
        };
        let len = usize::try_from(len).unwrap_or(0);
        let step = if len > 1 { step } else { 1 };
        ranges[axis] = Taken { start: if len == 0 { 0 } else { start as usize }, len, step };
    }
    Ok(ranges)
}

/// Sizes that `Split` makes of an axis of `size`.
pub(super) fn split_sizes(call: &Call<'_>, sizes: Option<&[i64]>, size: usize) -> Dims {
    let parts = call.node.output.len().max(1);
    let sizes: Option<Vec<usize>> = match sizes {
        Some(sizes) => sizes.iter().map(|&s| usize::try_from(s).ok()).collect(),
        None => {
            let each = size.div_ceil(parts);
            Some((0..parts).map(|i| each.min(size.saturating_sub(i * each))).collect())
        }
    };
    let total = sizes.as_ref().and_then(|s| s.iter().try_fold(0usize, |sum, &n| sum.checked_add(n)));
    match (sizes, total) {
        (Some(sizes), Some(total)) if total == size => Ok(sizes),
        _ => impossible(format!("a split that does not add up to {size}")),
    }
}

/// Axes of a reduction: all where none are given.
pub(super) fn reduced_axes(call: &Call<'_>, axes: Option<&[i64]>, rank: usize) -> Dims {
    match axes {
        Some(axes) if !axes.is_empty() => axes.iter().map(|&a| axis_of(a, rank)).collect(),
        _ if call.int("noop_with_empty_axes", 0) != 0 => Ok(vec![]),
        _ => Ok((0..rank).collect()),
    }
}

/// Shape after a reduction of `axes`.
pub(super) fn reduced(call: &Call<'_>, dims: &[usize], axes: &[usize]) -> Vec<usize> {
    let keep = call.int("keepdims", 1) != 0;
    (0..dims.len()).filter(|a| keep || !axes.contains(a)).map(|a| if axes.contains(&a) { 1 } else { dims[a] }).collect()
}

pub(super) fn flatten(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let dims = flattened(call, net.dims(x))?;
    Ok(vec![net.reshape(x, dims)])
}

pub(super) fn reshape(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let shape = call.attribute_or_operand(net, "shape", 1)?.unwrap_or_default();
    let dims = reshaped(call, net.dims(x), &shape)?;
    Ok(vec![net.reshape(x, dims)])
}

pub(super) fn squeeze(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let dims = squeezed(net.dims(x), call.attribute_or_operand(net, "axes", 1)?.as_deref())?;
    Ok(vec![net.reshape(x, dims)])
}

pub(super) fn unsqueeze(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let axes = call.attribute_or_operand(net, "axes", 1)?.unwrap_or_default();
    let dims = unsqueezed(net.dims(x), &axes)?;
    Ok(vec![net.reshape(x, dims)])
}

pub(super) fn shape(net: &mut Net, call: &Call<'_>) -> Values {
    let shape = shape_of(call, net.dims(call.operand(0)?))?;
    Ok(vec![net.constant_value(shape)])
}

pub(super) fn size(net: &mut Net, call: &Call<'_>) -> Values {
    let n: usize = net.dims(call.operand(0)?).iter().product();
    Ok(vec![net.constant_value(Tensor::ints(&[n as i64]).reshaped(vec![]))])
}

pub(super) fn transpose(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let from = net.dims(x).to_vec();
    let perm = permutation(call, from.len())?;
    let moved: Vec<usize> = perm.iter().copied().filter(|&p| from[p] != 1).collect();
    match moved.is_sorted() {
        true => Ok(vec![net.reshape(x, perm.iter().map(|&p| from[p]).collect())]),
        false => unsupported(format!("a transpose of {from:?} that moves elements"), MOVES),
    }
}

/// Element `index` of `axis`, without that axis.
fn select(net: &mut Net, x: ValueId, axis: usize, index: usize) -> ValueId {
    let mut dims = net.dims(x).to_vec();
    if dims[axis] == 1 {
        dims.remove(axis);
        return net.reshape(x, dims);
    }
    if let Def::Concat { parts, axis: joined } = net.values[x].def.clone()
        && joined == axis
    {
        let mut index = index;
        for part in parts {
            let size = net.dims(part)[axis];
            if index < size {
                return select(net, part, axis, index);
            }
            index -= size;
        }
    }
    dims.remove(axis);
    net.value(Def::Select { x, axis, index }, dims)
}

/// Elements `start..start + len` of `axis`, where they are one, or all.
fn part(net: &mut Net, x: ValueId, axis: usize, start: usize, len: usize) -> Result<ValueId, Refusal> {
    let mut dims = net.dims(x).to_vec();
    match len {
        _ if len == dims[axis] => Ok(x),
        1 => {
            dims[axis] = 1;
            let one = select(net, x, axis, start);
            Ok(net.reshape(one, dims))
        }
        _ => unsupported(format!("{len} of {} elements along axis {axis} of {dims:?}", dims[axis]), MOVES),
    }
}

pub(super) fn gather(net: &mut Net, call: &Call<'_>) -> Values {
    let (x, indices) = (call.operand(0)?, call.operand(1)?);
    let axis = axis_of(call.int("axis", 0), net.dims(x).len())?;
    let size = net.dims(x)[axis];
    let Some(tensor) = net.as_constant(indices).cloned() else {
        return unsupported("a choice of elements that depends on the sample", MOVES);
    };
    match tensor.to_ints().as_deref() {
        Some(&[index]) => {
            let one = select(net, x, axis, axis_of(index, size)?);
            let dims = [&net.dims(x)[..axis], &tensor.dims, &net.dims(x)[axis + 1..]].concat();
            Ok(vec![net.reshape(one, dims)])
        }
        _ => unsupported(format!("{} of {size} elements along axis {axis}", tensor.len()), MOVES),
    }
}

pub(super) fn slice(net: &mut Net, call: &Call<'_>) -> Values {
    let mut x = call.operand(0)?;
    let starts = call.attribute_or_operand(net, "starts", 1)?.unwrap_or_default();
    let ends = call.attribute_or_operand(net, "ends", 2)?.unwrap_or_default();
    let axes = call.attribute_or_operand(net, "axes", 3)?;
    let steps = call.attribute_or_operand(net, "steps", 4)?;
    let ranges = ranges(net.dims(x), &starts, &ends, axes.as_deref(), steps.as_deref())?;
    for (axis, taken) in ranges.iter().enumerate() {
        if taken.step != 1 {
            return unsupported(format!("every {} elements along axis {axis}", taken.step), MOVES);
        }
        x = part(net, x, axis, taken.start, taken.len)?;
    }
    Ok(vec![x])
}

pub(super) fn split(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let axis = axis_of(call.int("axis", 0), net.dims(x).len())?;
    let sizes = call.attribute_or_operand(net, "split", 1)?;
    let sizes = split_sizes(call, sizes.as_deref(), net.dims(x)[axis])?;
    let mut start = 0;
    let mut parts = Vec::with_capacity(sizes.len());
    for size in sizes {
        parts.push(part(net, x, axis, start, size)?);
        start += size;
    }
    Ok(parts)
}

pub(super) fn concat(net: &mut Net, call: &Call<'_>) -> Values {
    let parts: Vec<ValueId> = (0..call.operands.len()).map(|i| call.operand(i)).collect::<Result<_, _>>()?;
    let first = net.dims(call.operand(0)?).to_vec();
    let axis = axis_of(call.int("axis", 0), first.len())?;
    if parts.len() == 1 {
        return Ok(parts);
    }
    let mut dims = first.clone();
    dims[axis] = 0;
    for &part in &parts {
        let other = net.dims(part);
        if other.len() != first.len() || (0..first.len()).any(|a| a != axis && other[a] != first[a]) {
            return impossible(format!("parts of shapes {first:?} and {other:?} along axis {axis}"));
        }
        dims[axis] += other[axis];
    }
    match elements(&dims) {
        Some(_) => Ok(vec![net.value(Def::Concat { parts, axis }, dims)]),
        None => impossible(format!("a shape {dims:?}")),
    }
}

const REPEATS: &str = "export one timestep of the network, with its states as inputs and outputs: snnc repeats it";

pub(super) fn expand(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let shape = call.attribute_or_operand(net, "shape", 1)?.unwrap_or_default();
    let shape: Option<Vec<usize>> = shape.iter().map(|&s| usize::try_from(s).ok()).collect();
    let Some(dims) = shape.and_then(|s| broadcast(net.dims(x), &s)) else {
        return impossible("a shape that the tensor does not broadcast to");
    };
    match elements(&dims) == elements(net.dims(x)) {
        true => Ok(vec![net.reshape(x, dims)]),
        false => unsupported("a repeated signal (time folded into the batch axis) is not supported", REPEATS),
    }
}

pub(super) fn tile(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let repeats = call.attribute_or_operand(net, "repeats", 1)?.unwrap_or_default();
    match repeats.iter().all(|&r| r == 1) {
        true => Ok(vec![x]),
        false => unsupported("a repeated signal (time folded into the batch axis) is not supported", REPEATS),
    }
}

/// Over the timesteps of a stacked sequence, or over the area of a feature map.
pub(super) fn reduce(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let from = net.dims(x).to_vec();
    let axes = call.attribute_or_operand(net, "axes", 1)?;
    let axes = reduced_axes(call, axes.as_deref(), from.len())?;
    let out = reduced(call, &from, &axes);
    let long: Vec<usize> = axes.iter().copied().filter(|&a| from[a] != 1).collect();
    let mean = call.node.op_type == "ReduceMean";
    match (long.as_slice(), net.values[x].def.clone()) {
        ([], _) => Ok(vec![net.reshape(x, out)]),
        (&[axis], Def::Concat { parts, axis: joined }) if axis == joined => {
            let steps: Vec<ValueId> = (0..from[axis]).map(|i| select(net, x, axis, i)).collect();
            let dims = net.dims(steps[0]).to_vec();
            let total = match call.node.op_type == "ReduceMax" {
                true => net.value(Def::Maximum(steps), dims.clone()),
                false => steps.into_iter().reduce(|a, b| net.value(Def::Add(a, b), dims.clone())).unwrap_or(parts[0]),
            };
            let total = match mean {
                true => {
                    let count = net.constant_value(Tensor::scalar(from[axis] as f32));
                    net.value(Def::Div(total, count), dims)
                }
                false => total,
            };
            Ok(vec![net.reshape(total, out)])
        }
        (long, _) if mean && from.len() > 2 && long.iter().all(|&a| a >= 2) && axes_cover(&from, long) => {
            let pooled = super::pools::whole(net, x)?;
            Ok(vec![net.reshape(pooled, out)])
        }
        _ => unsupported(format!("a reduction of axes {axes:?} of {from:?}"), MOVES),
    }
}

/// Whether `axes` are all spatial axes longer than 1.
fn axes_cover(dims: &[usize], axes: &[usize]) -> bool {
    (2..dims.len()).all(|a| dims[a] == 1 || axes.contains(&a))
}
