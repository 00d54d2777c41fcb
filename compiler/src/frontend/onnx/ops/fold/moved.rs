//! Constants whose elements are repeated, reordered, joined and cut.

use super::{ints, room, shape_operand, tensor};
use crate::frontend::onnx::ops::index::{broadcast, broadcast_strides, strides, walk};
use crate::frontend::onnx::ops::{Call, Refusal, axis_of, impossible, shapes};
use crate::frontend::onnx::tensor::Tensor;

pub(super) fn expand(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let Some(dims) = broadcast(&x.dims, &shape_operand(call, tensors, 1, x.kind())?) else {
        return impossible("a shape that the tensor does not broadcast to");
    };
    let dims = room(x.kind(), dims, x.len())?;
    let indices = walk(&dims, 0, &broadcast_strides(&x.dims, &dims));
    Ok(vec![x.pick(dims.clone(), indices)])
}

pub(super) fn tile(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let repeats = shape_operand(call, tensors, 1, x.kind())?;
    if repeats.len() != x.dims.len() {
        return impossible("as many repeats as axes are expected");
    }
    // what is joined below are copies: the operand has only so many elements
    room(x.kind(), x.dims.iter().zip(&repeats).map(|(size, n)| size.saturating_mul(*n)).collect(), x.len())?;
    let mut out = x.clone();
    for (axis, &n) in repeats.iter().enumerate() {
        let copies = vec![&out; n.min(1 << 20)];
        out = joined(&copies, axis)?;
    }
    Ok(vec![out])
}

pub(super) fn transpose(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let perm = shapes::permutation(call, x.dims.len())?;
    let own = strides(&x.dims);
    let dims: Vec<usize> = perm.iter().map(|&p| x.dims[p]).collect();
    let moved: Vec<isize> = perm.iter().map(|&p| own[p]).collect();
    Ok(vec![x.pick(dims.clone(), walk(&dims, 0, &moved))])
}

pub(super) fn gather(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (x, indices) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    let axis = axis_of(call.int("axis", 0), x.dims.len())?;
    let Some(wanted) = indices.to_ints() else { return impossible("indices that are no integers") };
    let size = x.dims[axis];
    let wanted: Vec<usize> = wanted.iter().map(|&i| axis_of(i, size)).collect::<Result<_, _>>()?;
    let inner: usize = x.dims[axis + 1..].iter().product();
    let outer: usize = x.dims[..axis].iter().product();
    let dims = room(x.kind(), [&x.dims[..axis], &indices.dims, &x.dims[axis + 1..]].concat(), x.len() + indices.len())?;
    let picked =
        (0..outer).flat_map(|o| wanted.iter().flat_map(move |&w| (0..inner).map(move |i| (o * size + w) * inner + i)));
    Ok(vec![x.pick(dims, picked)])
}

/// The elements of tensors joined along `axis`, by tensor and index.
fn in_order<'t>(parts: &'t [&'t Tensor], axis: usize, outer: usize) -> impl Iterator<Item = (&'t Tensor, usize)> {
    (0..outer).flat_map(move |o| {
        parts.iter().flat_map(move |part| {
            let chunk: usize = part.dims[axis..].iter().product();
            (o * chunk..(o + 1) * chunk).map(move |i| (*part, i))
        })
    })
}

/// Tensors one after the other along `axis`.
pub fn joined(parts: &[&Tensor], axis: usize) -> Result<Tensor, Refusal> {
    let Some(first) = parts.first() else { return impossible("nothing to join") };
    let fits = |p: &&&Tensor| {
        p.dims.len() == first.dims.len() && (0..p.dims.len()).all(|a| a == axis || p.dims[a] == first.dims[a])
    };
    if axis >= first.dims.len() || !parts.iter().all(|p| fits(&p)) {
        return impossible("parts whose shapes do not fit");
    }
    let mut dims = first.dims.clone();
    dims[axis] = parts.iter().map(|p| p.dims[axis]).sum();
    let dims = room(first.kind(), dims, parts.iter().map(|p| p.len()).sum())?;
    let outer: usize = dims[..axis].iter().product();
    if let Some(integer) = first.kind().integer() {
        return Ok(Tensor::integers(integer, dims, in_order(parts, axis, outer).map(|(part, i)| part.int(i))));
    }
    Ok(Tensor::from_f64(first.kind(), dims, in_order(parts, axis, outer).map(|(part, i)| part.get(i))))
}

pub(super) fn concat(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let parts: Vec<&Tensor> = (0..tensors.len()).map(|i| tensor(call, tensors, i)).collect::<Result<_, _>>()?;
    let rank = parts.first().map_or(0, |p| p.dims.len());
    Ok(vec![joined(&parts, axis_of(call.int("axis", 0), rank)?)?])
}

pub(super) fn slice(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let part = |name: &str, i: usize| ints(call, tensors, name, i);
    let ranges = shapes::ranges(
        &x.dims,
        &part("starts", 1)?.unwrap_or_default(),
        &part("ends", 2)?.unwrap_or_default(),
        part("axes", 3)?.as_deref(),
        part("steps", 4)?.as_deref(),
    )?;
    let own = strides(&x.dims);
    let base: usize = ranges.iter().zip(&own).map(|(r, &s)| r.start * s as usize).sum();
    let moved: Vec<isize> = ranges.iter().zip(&own).map(|(r, &s)| r.step as isize * s).collect();
    let dims: Vec<usize> = ranges.iter().map(|r| r.len).collect();
    Ok(vec![x.pick(dims.clone(), walk(&dims, base, &moved))])
}

pub(super) fn split(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let axis = axis_of(call.int("axis", 0), x.dims.len())?;
    let sizes = shapes::split_sizes(call, ints(call, tensors, "split", 1)?.as_deref(), x.dims[axis])?;
    let own = strides(&x.dims);
    let mut start = 0;
    Ok(sizes
        .iter()
        .map(|&size| {
            let mut dims = x.dims.clone();
            dims[axis] = size;
            let base = start * own[axis] as usize;
            start += size;
            x.pick(dims.clone(), walk(&dims, base, &own))
        })
        .collect())
}
