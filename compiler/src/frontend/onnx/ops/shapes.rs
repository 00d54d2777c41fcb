//! Operations that only move elements, and reductions.

use super::index::broadcast;
use super::{Call, Refusal, axis_of, impossible, unsupported};
use crate::frontend::onnx::net::{Def, Fold, Net, Real, ValueId};
use crate::frontend::onnx::tensor::{MAX_AXES, Tensor, elements};

type Values = Result<Vec<ValueId>, Refusal>;
type Dims = Result<Vec<usize>, Refusal>;

const MOVES: &str = "leave this out of the model, or export it with fixed shapes";

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
    match elements(&out) == Some(total) && out.len() <= MAX_AXES {
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
    if rank > MAX_AXES {
        return impossible(format!("{rank} axes, at most {MAX_AXES}"));
    }
    let axes: Vec<usize> = axes.iter().map(|&a| axis_of(a, rank)).collect::<Result<_, _>>()?;
    let mut rest = dims.iter();
    let out: Vec<usize> =
        (0..rank).filter_map(|a| if axes.contains(&a) { Some(1) } else { rest.next().copied() }).collect();
    match out.len() == rank {
        true => Ok(out),
        false => impossible("axes given twice"),
    }
}

/// The permutation of a `Transpose`.
pub(super) fn permutation(call: &Call<'_>, rank: usize) -> Dims {
    let Some(perm) = call.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let perm: Vec<usize> = perm.iter().map(|&p| axis_of(p, rank)).collect::<Result<_, _>>()?;
    match perm.len() == rank && rank <= MAX_AXES && (0..rank).all(|a| perm.contains(&a)) {
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
    let perm = permutation(call, net.dims(x).len())?;
    Ok(vec![net.permute(x, perm)])
}

/// Elements at constant places of one axis, of any shape.
pub(super) fn gather(net: &mut Net, call: &Call<'_>) -> Values {
    let (x, indices) = (call.operand(0)?, call.operand(1)?);
    let axis = axis_of(call.int("axis", 0), net.dims(x).len())?;
    let size = net.dims(x)[axis];
    let Some(tensor) = net.as_constant(indices).cloned() else {
        return unsupported("a choice of elements that depends on the sample", MOVES);
    };
    let Some(wanted) = tensor.to_ints() else { return impossible("indices that are no integers") };
    let wanted: Vec<usize> = wanted.iter().map(|&i| axis_of(i, size)).collect::<Result<_, _>>()?;
    let dims = [&net.dims(x)[..axis], &tensor.dims, &net.dims(x)[axis + 1..]].concat();
    if elements(&dims).is_none() || wanted.is_empty() {
        return unsupported(format!("a choice of shape {dims:?}"), MOVES);
    }
    let taken = net.take(x, axis, wanted);
    Ok(vec![net.reshape(taken, dims)])
}

pub(super) fn slice(net: &mut Net, call: &Call<'_>) -> Values {
    let mut x = call.operand(0)?;
    let starts = call.attribute_or_operand(net, "starts", 1)?.unwrap_or_default();
    let ends = call.attribute_or_operand(net, "ends", 2)?.unwrap_or_default();
    let axes = call.attribute_or_operand(net, "axes", 3)?;
    let steps = call.attribute_or_operand(net, "steps", 4)?;
    let ranges = ranges(net.dims(x), &starts, &ends, axes.as_deref(), steps.as_deref())?;
    for (axis, taken) in ranges.iter().enumerate() {
        if taken.len == 0 {
            return unsupported(format!("no element along axis {axis} of {:?}", net.dims(x)), MOVES);
        }
        let at = |i: usize| usize::try_from(taken.start as i64 + taken.step * i as i64).unwrap_or(0);
        x = net.take(x, axis, (0..taken.len).map(at).collect());
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
        if size == 0 {
            return unsupported("a part without elements", MOVES);
        }
        parts.push(net.take(x, axis, (start..start + size).collect()));
        start += size;
    }
    Ok(parts)
}

pub(super) fn concat(net: &mut Net, call: &Call<'_>) -> Values {
    let parts: Vec<ValueId> = (0..call.operands.len()).map(|i| call.operand(i)).collect::<Result<_, _>>()?;
    let first = net.dims(call.operand(0)?).to_vec();
    let axis = axis_of(call.int("axis", 0), first.len())?;
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

pub(super) fn expand(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let shape = call.attribute_or_operand(net, "shape", 1)?.unwrap_or_default();
    let shape: Option<Vec<usize>> = shape.iter().map(|&s| usize::try_from(s).ok()).collect();
    let dims = shape.and_then(|s| broadcast(net.dims(x), &s)).filter(|d| d.len() <= MAX_AXES && elements(d).is_some());
    match dims {
        Some(dims) if !dims.contains(&0) => Ok(vec![net.expand(x, dims)]),
        _ => impossible("a shape that the tensor does not broadcast to"),
    }
}

pub(super) fn tile(net: &mut Net, call: &Call<'_>) -> Values {
    let mut x = call.operand(0)?;
    let repeats = call.attribute_or_operand(net, "repeats", 1)?.unwrap_or_default();
    if repeats.len() != net.dims(x).len() {
        return impossible("as many repeats as axes are expected");
    }
    for (axis, &count) in repeats.iter().enumerate() {
        let count = usize::try_from(count).unwrap_or(0);
        let mut dims = net.dims(x).to_vec();
        dims[axis] = dims[axis].saturating_mul(count);
        if count == 0 || elements(&dims).is_none() || !net.is_stackable(count) {
            return unsupported(format!("{count} copies along axis {axis} of {:?}", net.dims(x)), MOVES);
        }
        x = net.value(Def::Concat { parts: vec![x; count], axis }, dims);
    }
    Ok(vec![x])
}

/// Sums, means, maxima and minima along axes: over timesteps they are arithmetic on each, over the area of a feature map
/// a mean is a pool.
pub(super) fn reduce(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let from = net.dims(x).to_vec();
    let axes = call.attribute_or_operand(net, "axes", 1)?;
    let axes = reduced_axes(call, axes.as_deref(), from.len())?;
    let out = reduced(call, &from, &axes);
    let fold = match call.node.op_type.as_str() {
        "ReduceMean" => Fold::Mean,
        "ReduceMax" => Fold::Max,
        "ReduceMin" => Fold::Min,
        _ => Fold::Sum,
    };
    let reduced = fold_axes(net, x, &axes, fold)?;
    Ok(vec![net.reshape(reduced, out)])
}

/// `x` with `axes` reduced to size 1.
pub(super) fn fold_axes(net: &mut Net, x: ValueId, axes: &[usize], fold: Fold) -> Result<ValueId, Refusal> {
    let from = net.dims(x).to_vec();
    let mut long: Vec<usize> = axes.iter().copied().filter(|&a| from[a] != 1).collect();
    let mut out = from.clone();
    long.iter().for_each(|&a| out[a] = 1);
    let first = from.iter().position(|&d| d != 1);
    let time = net.stack(x).map(|(_, axis)| axis).or_else(|| first.filter(|_| net.is_over_time(x)));
    if let Some(time) = time {
        // Of each timestep first, then of the timesteps.
        long.retain(|&a| a != time);
        if !net.is_stackable(from[time]) {
            return unsupported(format!("{} timesteps", from[time]), "export fewer timesteps, or one");
        }
        if !axes.contains(&time) {
            let mut steps = Vec::with_capacity(from[time]);
            for t in 0..from[time] {
                let step = net.part(x, time, t);
                steps.push(fold_axes(net, step, &long, fold)?);
            }
            return Ok(net.value(Def::Concat { parts: steps, axis: time }, out));
        }
        long.iter_mut().for_each(|a| *a -= usize::from(*a > time));
        let mut steps = Vec::with_capacity(from[time]);
        for t in 0..from[time] {
            let step = net.select(x, time, t);
            steps.push(fold_axes(net, step, &long, fold)?);
        }
        let (count, dims) = (steps.len(), net.dims(steps[0]).to_vec());
        let total = match fold {
            Fold::Max => net.value(Def::Maximum(steps), dims.clone()),
            Fold::Min => net.value(Def::Minimum(steps), dims.clone()),
            Fold::Sum | Fold::Mean => {
                let mut steps = steps.into_iter();
                let Some(start) = steps.next() else { return impossible("no timestep") };
                steps.fold(start, |sum, step| net.value(Def::Add(sum, step), dims.clone()))
            }
        };
        let total = match fold {
            Fold::Mean => {
                let count = net.constant_value(Tensor::scalar(count as f32));
                net.value(Def::Div(total, count), dims)
            }
            Fold::Sum | Fold::Max | Fold::Min => total,
        };
        return Ok(net.reshape(total, out));
    }
    if fold == Fold::Mean && from.len() > 2 && from[0] == 1 && !long.is_empty() && axes_cover(&from, &long) {
        return super::pools::whole(net, x);
    }
    match long.is_empty() {
        true => Ok(x),
        false => Ok(net.value(Def::Reduce { x, axes: long, fold }, out)),
    }
}

/// Whether `axes` are all spatial axes longer than 1, and no other.
fn axes_cover(dims: &[usize], axes: &[usize]) -> bool {
    axes.iter().all(|&a| a >= 2) && (2..dims.len()).all(|a| dims[a] == 1 || axes.contains(&a))
}

/// Zeros, or another number, around a signal.
pub(super) fn pad(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let from = net.dims(x).to_vec();
    if !matches!(call.text("mode"), "" | "constant") {
        return unsupported(format!("padding by `{}`", call.text("mode")), "pad with zeros");
    }
    let pads = call.attribute_or_operand(net, "pads", 1)?.unwrap_or_default();
    let axes: Vec<usize> = match call.optional(3) {
        None => (0..from.len()).collect(),
        Some(_) => call
            .attribute_or_operand(net, "axes", 3)?
            .unwrap_or_default()
            .iter()
            .map(|&a| axis_of(a, from.len()))
            .collect::<Result<_, _>>()?,
    };
    let value = match call.optional(2).map(|id| net.as_constant(id).map(|t| t.get(0))) {
        None => call.float("value", 0.0),
        Some(Some(value)) => value as f32,
        Some(None) => return unsupported("a padding that depends on the sample", "pad with zeros"),
    };
    if pads.len() != 2 * axes.len() {
        return impossible(format!("{} pads for {} axes", pads.len(), axes.len()));
    }
    let (mut begin, mut dims) = (vec![0; from.len()], from.clone());
    for (i, &axis) in axes.iter().enumerate() {
        match (usize::try_from(pads[i]), usize::try_from(pads[i + axes.len()])) {
            (Ok(before), Ok(after)) => {
                begin[axis] = before;
                dims[axis] = from[axis].saturating_add(before).saturating_add(after);
            }
            _ => return unsupported("a negative padding", "cut with a slice"),
        }
    }
    if elements(&dims).is_none() {
        return impossible(format!("a shape {dims:?}"));
    }
    match dims == from {
        true => Ok(vec![x]),
        false => Ok(vec![net.value(Def::Pad { x, value: Real::new(value), begin }, dims)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_without_end_are_refused_before_they_are_compared() {
        assert!(unsqueezed(&[2], &vec![0; 1 << 22]).is_err()); // 2^44 comparisons
        assert!(unsqueezed(&[2], &[0; 8]).is_err());
        assert_eq!(unsqueezed(&[2, 3], &[0, 1, 3, 5, 6, 7]).ok(), Some(vec![1, 1, 2, 1, 3, 1, 1, 1]));
    }
}
