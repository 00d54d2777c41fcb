//! Folds nodes whose operands are all constant: weight arithmetic and shape arithmetic left in a file.
//!
//! Arithmetic is in `f64` and rounds once to the tensor's type: for `+ - * /` of `f32` that is what `f32` gives.

use super::index::{broadcast, broadcast_strides, strides, walk};
use super::{Call, Refusal, axis_of, impossible, unsupported};
use crate::frontend::onnx::invalid;
use crate::frontend::onnx::proto::data_type;
use crate::frontend::onnx::tensor::{Kind, Tensor, elements};

type Fold = fn(&Call<'_>, &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal>;

const FOLDS: &[(&str, Fold)] = &[
    ("Abs", |c, t| unary(c, t, f64::abs)),
    ("Add", |c, t| binary(c, t, |a, b| a + b)),
    ("And", |c, t| logical(c, t, |a, b| a != 0.0 && b != 0.0)),
    ("Cast", cast),
    ("CastLike", |c, t| Ok(vec![converted(tensor(c, t, 0)?, tensor(c, t, 1)?.kind())])),
    ("Ceil", |c, t| unary(c, t, f64::ceil)),
    ("Clip", clip),
    ("Concat", concat),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Div", div),
    ("Equal", |c, t| logical(c, t, |a, b| a == b)),
    ("Exp", |c, t| unary(c, t, f64::exp)),
    ("Expand", expand),
    ("Flatten", |c, t| {
        let x = tensor(c, t, 0)?;
        Ok(vec![x.reshaped(super::shapes::flattened(c, &x.dims)?)])
    }),
    ("Floor", |c, t| unary(c, t, f64::floor)),
    ("Gather", gather),
    ("Greater", |c, t| logical(c, t, |a, b| a > b)),
    ("GreaterOrEqual", |c, t| logical(c, t, |a, b| a >= b)),
    ("Identity", |c, t| Ok(vec![tensor(c, t, 0)?.clone()])),
    ("Less", |c, t| logical(c, t, |a, b| a < b)),
    ("LessOrEqual", |c, t| logical(c, t, |a, b| a <= b)),
    ("Log", |c, t| unary(c, t, f64::ln)),
    ("Max", |c, t| fold_all(c, t, f64::max)),
    ("Min", |c, t| fold_all(c, t, f64::min)),
    ("Mul", |c, t| binary(c, t, |a, b| a * b)),
    ("Neg", |c, t| unary(c, t, |a| -a)),
    ("Not", |c, t| unary(c, t, |a| f64::from(u8::from(a == 0.0)))),
    ("Or", |c, t| logical(c, t, |a, b| a != 0.0 || b != 0.0)),
    ("Pow", |c, t| binary(c, t, f64::powf)),
    ("Range", range),
    ("Reciprocal", |c, t| unary(c, t, f64::recip)),
    ("ReduceMax", |c, t| reduce(c, t, f64::NEG_INFINITY, f64::max, |v, _| v)),
    ("ReduceMean", |c, t| reduce(c, t, 0.0, |a, b| a + b, |sum, n| sum / n)),
    ("ReduceSum", |c, t| reduce(c, t, 0.0, |a, b| a + b, |sum, _| sum)),
    ("Relu", |c, t| unary(c, t, |a| a.max(0.0))),
    ("Reshape", |c, t| {
        let (x, shape) = (tensor(c, t, 0)?, tensor(c, t, 1)?);
        let Some(shape) = shape.to_ints() else { return impossible("a shape that is no integers") };
        Ok(vec![x.reshaped(super::shapes::reshaped(c, &x.dims, &shape)?)])
    }),
    ("Round", |c, t| unary(c, t, f64::round_ties_even)),
    ("Shape", |c, t| Ok(vec![super::shapes::shape_of(c, &tensor(c, t, 0)?.dims)?])),
    ("Sigmoid", |c, t| unary(c, t, |a| 1.0 / (1.0 + (-a).exp()))),
    ("Sign", |c, t| unary(c, t, |a| if a > 0.0 { 1.0 } else { -f64::from(u8::from(a < 0.0)) })),
    ("Size", |c, t| Ok(vec![tensor(c, t, 0)?.len()]).map(|n| n.iter().map(|&n| size(n)).collect())),
    ("Slice", slice),
    ("Split", split),
    ("Sqrt", |c, t| unary(c, t, f64::sqrt)),
    ("Squeeze", |c, t| {
        let x = tensor(c, t, 0)?;
        let axes = ints(c, t, "axes", 1)?;
        Ok(vec![x.reshaped(super::shapes::squeezed(&x.dims, axes.as_deref())?)])
    }),
    ("Sub", |c, t| binary(c, t, |a, b| a - b)),
    ("Sum", |c, t| fold_all(c, t, |a, b| a + b)),
    ("Tanh", |c, t| unary(c, t, f64::tanh)),
    ("Tile", tile),
    ("Transpose", transpose),
    ("Unsqueeze", |c, t| {
        let x = tensor(c, t, 0)?;
        let axes = ints(c, t, "axes", 1)?.unwrap_or_default();
        Ok(vec![x.reshaped(super::shapes::unsqueezed(&x.dims, &axes)?)])
    }),
    ("Where", select),
];

/// Whether `op` is folded where its operands are constant.
pub fn knows(op: &str) -> bool {
    FOLDS.iter().any(|(name, _)| *name == op)
}

/// Whether what `op` gives is the data of the file or of its operand, not new.
pub fn shares(op: &str) -> bool {
    ["Constant", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"].contains(&op)
}

/// Computes the outputs of a node from its constant operands.
///
/// # Errors
/// An operation outside the table, or operands that do not fit it.
pub fn fold(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    match FOLDS.iter().find(|(name, _)| *name == call.node.op_type) {
        Some((_, fold)) => fold(call, tensors),
        None => unsupported("the operation is not folded", "fold constants before exporting"),
    }
}

fn size(n: usize) -> Tensor {
    Tensor::ints(&[n as i64]).reshaped(vec![])
}

fn tensor<'t>(call: &Call<'_>, tensors: &[Option<&'t Tensor>], i: usize) -> Result<&'t Tensor, Refusal> {
    match tensors.get(i).copied().flatten() {
        Some(tensor) => Ok(tensor),
        None => impossible(format!("{} without operand {i}", call.node.op_type)),
    }
}

/// Integers as an attribute (old operator sets) or as operand `i`.
fn ints(call: &Call<'_>, tensors: &[Option<&Tensor>], name: &str, i: usize) -> Result<Option<Vec<i64>>, Refusal> {
    match (call.ints(name), tensors.get(i).copied().flatten()) {
        (Some(ints), _) => Ok(Some(ints.to_vec())),
        (None, None) => Ok(None),
        (None, Some(t)) => match t.to_ints() {
            Some(ints) => Ok(Some(ints)),
            None => impossible(format!("{name} that are no integers")),
        },
    }
}

/// A shape that may be made: few enough elements.
fn room(call: &Call<'_>, dims: Vec<usize>) -> Result<Vec<usize>, Refusal> {
    match elements(&dims) {
        Some(elements) if elements <= call.decoder.room() => Ok(dims),
        Some(_) => too_large(),
        None => impossible(format!("a constant of shape {dims:?}")),
    }
}

/// Refuses constants of more elements than a file of its size has a use for.
pub fn too_large<T>() -> Result<T, Refusal> {
    Err(Refusal::Invalid(invalid(
        "constants are computed in this file that are much larger than the file".into(),
        "fold constants before exporting the model",
    )))
}

fn unary(call: &Call<'_>, tensors: &[Option<&Tensor>], f: impl Fn(f64) -> f64) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    Ok(vec![Tensor::from_f64(x.kind(), x.dims.clone(), (0..x.len()).map(|i| f(x.get(i))))])
}

fn zip(call: &Call<'_>, a: &Tensor, b: &Tensor, kind: Kind, f: impl Fn(f64, f64) -> f64) -> Result<Tensor, Refusal> {
    let Some(dims) = broadcast(&a.dims, &b.dims) else {
        return impossible(format!("shapes {:?} and {:?} that do not broadcast", a.dims, b.dims));
    };
    let dims = room(call, dims)?;
    let left = walk(&dims, 0, &broadcast_strides(&a.dims, &dims));
    let right = walk(&dims, 0, &broadcast_strides(&b.dims, &dims));
    let values: Vec<f64> = left.zip(right).map(|(i, j)| f(a.get(i), b.get(j))).collect();
    Ok(Tensor::from_f64(kind, dims, values.into_iter()))
}

fn binary(call: &Call<'_>, tensors: &[Option<&Tensor>], f: impl Fn(f64, f64) -> f64) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    Ok(vec![zip(call, a, b, a.kind(), f)?])
}

fn div(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    match a.kind() {
        Kind::Int | Kind::Bool => Ok(vec![zip(call, a, b, Kind::Int, |a, b| (a / b).trunc())?]),
        kind @ (Kind::F32 | Kind::F64) => Ok(vec![zip(call, a, b, kind, |a, b| a / b)?]),
    }
}

fn logical(call: &Call<'_>, tensors: &[Option<&Tensor>], f: impl Fn(f64, f64) -> bool) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    Ok(vec![zip(call, a, b, Kind::Bool, |a, b| f64::from(u8::from(f(a, b))))?])
}

/// An operation of one or more operands.
fn fold_all(call: &Call<'_>, tensors: &[Option<&Tensor>], f: fn(f64, f64) -> f64) -> Result<Vec<Tensor>, Refusal> {
    let mut all = tensor(call, tensors, 0)?.clone();
    for i in 1..tensors.len() {
        all = zip(call, &all, tensor(call, tensors, i)?, all.kind(), f)?;
    }
    Ok(vec![all])
}

fn clip(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let bound = |name: &str, i: usize, open: f64| match tensors.get(i).copied().flatten() {
        Some(t) => t.get(0),
        None => call.attribute(name).map_or(open, |a| f64::from(a.f)),
    };
    let (low, high) = (bound("min", 1, f64::NEG_INFINITY), bound("max", 2, f64::INFINITY));
    unary(call, &[Some(x)], |v| v.max(low).min(high))
}

fn converted(x: &Tensor, kind: Kind) -> Tensor {
    match x.kind() == kind {
        true => x.clone(),
        false => Tensor::from_f64(kind, x.dims.clone(), (0..x.len()).map(|i| x.get(i))),
    }
}

fn cast(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let kind = match i32::try_from(call.int("to", 0)).unwrap_or(0) {
        data_type::FLOAT => Kind::F32,
        data_type::DOUBLE => Kind::F64,
        data_type::INT64 | data_type::INT32 => Kind::Int,
        data_type::BOOL => Kind::Bool,
        other => return unsupported(format!("a cast to tensor type {other}"), "export the model in float32"),
    };
    Ok(vec![converted(tensor(call, tensors, 0)?, kind)])
}

fn constant(call: &Call<'_>, _: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    if let Some(tensor) = call.tensor("value")? {
        return Ok(vec![tensor]);
    }
    let floats = |values: &[f32], dims| Tensor { dims, data: super::super::tensor::Data::F32(values.into()) };
    for attribute in &call.node.attribute {
        let tensor = match attribute.name.as_str() {
            "value_float" => floats(&[attribute.f], vec![]),
            "value_floats" => floats(&attribute.floats, vec![attribute.floats.len()]),
            "value_int" => Tensor::ints(&[attribute.i]).reshaped(vec![]),
            "value_ints" => Tensor::ints(&attribute.ints),
            _ => continue,
        };
        return Ok(vec![tensor]);
    }
    unsupported("a constant that is not a dense tensor of numbers", "export the model again")
}

fn shape_operand(call: &Call<'_>, tensors: &[Option<&Tensor>], i: usize) -> Result<Vec<usize>, Refusal> {
    let sizes = tensor(call, tensors, i)?.to_ints();
    match sizes.map(|s| s.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>()) {
        Some(Ok(dims)) => room(call, dims),
        _ => impossible("a shape that is no list of sizes"),
    }
}

fn constant_of_shape(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let dims = shape_operand(call, tensors, 0)?;
    let value = call.tensor("value")?.unwrap_or_else(|| Tensor::scalar(0.0));
    if value.len() != 1 {
        return impossible("a value that is not one element");
    }
    let count = elements(&dims).unwrap_or(0);
    Ok(vec![value.pick(dims, std::iter::repeat_n(0, count))])
}

fn expand(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let Some(dims) = broadcast(&x.dims, &shape_operand(call, tensors, 1)?) else {
        return impossible("a shape that the tensor does not broadcast to");
    };
    let dims = room(call, dims)?;
    let indices = walk(&dims, 0, &broadcast_strides(&x.dims, &dims));
    Ok(vec![x.pick(dims.clone(), indices)])
}

fn tile(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let repeats = shape_operand(call, tensors, 1)?;
    if repeats.len() != x.dims.len() {
        return impossible("as many repeats as axes are expected");
    }
    let mut out = x.clone();
    for (axis, &n) in repeats.iter().enumerate() {
        let copies = vec![&out; n.min(1 << 20)];
        out = joined(call, &copies, axis)?;
    }
    Ok(vec![out])
}

fn transpose(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let perm = super::shapes::permutation(call, x.dims.len())?;
    let own = strides(&x.dims);
    let dims: Vec<usize> = perm.iter().map(|&p| x.dims[p]).collect();
    let moved: Vec<isize> = perm.iter().map(|&p| own[p]).collect();
    Ok(vec![x.pick(dims.clone(), walk(&dims, 0, &moved))])
}

fn gather(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (x, indices) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    let axis = axis_of(call.int("axis", 0), x.dims.len())?;
    let Some(wanted) = indices.to_ints() else { return impossible("indices that are no integers") };
    let size = x.dims[axis];
    let wanted: Vec<usize> = wanted.iter().map(|&i| axis_of(i, size)).collect::<Result<_, _>>()?;
    let inner: usize = x.dims[axis + 1..].iter().product();
    let outer: usize = x.dims[..axis].iter().product();
    let dims = room(call, [&x.dims[..axis], &indices.dims, &x.dims[axis + 1..]].concat())?;
    let picked =
        (0..outer).flat_map(|o| wanted.iter().flat_map(move |&w| (0..inner).map(move |i| (o * size + w) * inner + i)));
    Ok(vec![x.pick(dims, picked)])
}

/// Tensors one after the other along `axis`.
fn joined(call: &Call<'_>, parts: &[&Tensor], axis: usize) -> Result<Tensor, Refusal> {
    let Some(first) = parts.first() else { return impossible("nothing to join") };
    let fits = |p: &&&Tensor| {
        p.dims.len() == first.dims.len() && (0..p.dims.len()).all(|a| a == axis || p.dims[a] == first.dims[a])
    };
    if axis >= first.dims.len() || !parts.iter().all(|p| fits(&p)) {
        return impossible("parts whose shapes do not fit");
    }
    let mut dims = first.dims.clone();
    dims[axis] = parts.iter().map(|p| p.dims[axis]).sum();
    let dims = room(call, dims)?;
    let outer: usize = dims[..axis].iter().product();
    let mut values = Vec::new();
    for o in 0..outer {
        for part in parts {
            let chunk: usize = part.dims[axis..].iter().product();
            values.extend((o * chunk..(o + 1) * chunk).map(|i| part.get(i)));
        }
    }
    Ok(Tensor::from_f64(first.kind(), dims, values.into_iter()))
}

fn concat(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let parts: Vec<&Tensor> = (0..tensors.len()).map(|i| tensor(call, tensors, i)).collect::<Result<_, _>>()?;
    let rank = parts.first().map_or(0, |p| p.dims.len());
    Ok(vec![joined(call, &parts, axis_of(call.int("axis", 0), rank)?)?])
}

fn slice(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let part = |name: &str, i: usize| ints(call, tensors, name, i);
    let ranges = super::shapes::ranges(
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

fn split(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let axis = axis_of(call.int("axis", 0), x.dims.len())?;
    let sizes = super::shapes::split_sizes(call, ints(call, tensors, "split", 1)?.as_deref(), x.dims[axis])?;
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

fn range(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let t = tensor(call, tensors, 0)?;
    let (start, limit, delta) = (t.get(0), tensor(call, tensors, 1)?.get(0), tensor(call, tensors, 2)?.get(0));
    let count = ((limit - start) / delta).ceil().max(0.0);
    match count.is_finite() && count <= 65536.0 {
        true => {
            let values = (0..count as usize).map(|i| start + i as f64 * delta);
            Ok(vec![Tensor::from_f64(t.kind(), vec![count as usize], values)])
        }
        false => impossible(format!("a range of {count} numbers")),
    }
}

fn select(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (c, a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?, tensor(call, tensors, 2)?);
    let taken = zip(call, c, a, a.kind(), |c, a| if c != 0.0 { a } else { 0.0 })?;
    let left = zip(call, c, b, a.kind(), |c, b| if c != 0.0 { 0.0 } else { b })?;
    Ok(vec![zip(call, &taken, &left, a.kind(), |a, b| a + b)?])
}

fn reduce(
    call: &Call<'_>,
    tensors: &[Option<&Tensor>],
    start: f64,
    f: fn(f64, f64) -> f64,
    finish: fn(f64, f64) -> f64,
) -> Result<Vec<Tensor>, Refusal> {
    let x = tensor(call, tensors, 0)?;
    let axes = super::shapes::reduced_axes(call, ints(call, tensors, "axes", 1)?.as_deref(), x.dims.len())?;
    let kept: Vec<usize> = (0..x.dims.len()).map(|a| if axes.contains(&a) { 1 } else { x.dims[a] }).collect();
    let count = elements(&kept).unwrap_or(0);
    let mut sums = vec![start; count];
    let into = walk(&x.dims, 0, &broadcast_strides(&kept, &x.dims));
    into.enumerate().for_each(|(i, o)| sums[o] = f(sums[o], x.get(i)));
    let n = (x.len() / count.max(1)) as f64;
    let values = sums.into_iter().map(|s| finish(s, n));
    Ok(vec![Tensor::from_f64(x.kind(), super::shapes::reduced(call, &x.dims, &axes), values)])
}
