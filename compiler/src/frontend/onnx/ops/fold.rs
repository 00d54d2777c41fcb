//! Folds nodes whose operands are all constant: weight arithmetic and shape arithmetic left in a file.
//!
//! Arithmetic is in `f64` and rounds once to the tensor's type: for `+ - * /` of `f32` that is what `f32` gives.

mod moved;

pub use moved::joined;
use moved::{concat, expand, gather, slice, split, tile, transpose};

use super::index::{broadcast, broadcast_strides, walk};
use super::{Call, Refusal, impossible, unsupported};
use crate::frontend::onnx::invalid;
use crate::frontend::onnx::proto::data_type;
use crate::frontend::onnx::tensor::{Integer, Kind, MAX_AXES, ROOM, Tensor, elements};

type Fold = fn(&Call<'_>, &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal>;

const FOLDS: &[(&str, Fold)] = &[
    ("Abs", |c, t| unary(c, t, f64::abs)),
    ("Add", |c, t| arithmetic(c, t, |a, b| a + b, |a, b| a + b)),
    ("And", |c, t| logical(c, t, |a, b| a != 0.0 && b != 0.0)),
    ("BitShift", bit_shift),
    ("Cast", cast),
    ("CastLike", |c, t| Ok(vec![converted(tensor(c, t, 0)?, tensor(c, t, 1)?.kind())])),
    ("Ceil", |c, t| unary(c, t, f64::ceil)),
    ("Clip", clip),
    ("Concat", concat),
    ("Constant", constant),
    ("ConstantOfShape", constant_of_shape),
    ("Div", div),
    ("Equal", |c, t| compared(c, t, |a, b| a == b, |a, b| a == b)),
    ("Exp", |c, t| unary(c, t, f64::exp)),
    ("Expand", expand),
    ("Flatten", |c, t| {
        let x = tensor(c, t, 0)?;
        Ok(vec![x.reshaped(super::shapes::flattened(c, &x.dims)?)])
    }),
    ("Floor", |c, t| unary(c, t, f64::floor)),
    ("Gather", gather),
    ("Greater", |c, t| compared(c, t, |a, b| a > b, |a, b| a > b)),
    ("GreaterOrEqual", |c, t| compared(c, t, |a, b| a >= b, |a, b| a >= b)),
    ("Identity", |c, t| Ok(vec![tensor(c, t, 0)?.clone()])),
    ("LeakyRelu", |c, t| {
        let slope = f64::from(c.float("alpha", 0.01));
        unary(c, t, |a| if a < 0.0 { slope * a } else { a })
    }),
    ("Less", |c, t| compared(c, t, |a, b| a < b, |a, b| a < b)),
    ("LessOrEqual", |c, t| compared(c, t, |a, b| a <= b, |a, b| a <= b)),
    ("Log", |c, t| unary(c, t, f64::ln)),
    ("Max", |c, t| fold_all(c, t, f64::max)),
    ("Min", |c, t| fold_all(c, t, f64::min)),
    ("MatMul", matmul),
    ("Mod", modulo),
    ("Mul", |c, t| arithmetic(c, t, |a, b| a * b, |a, b| a.wrapping_mul(b))),
    ("Neg", |c, t| unary(c, t, |a| -a)),
    ("Not", |c, t| unary(c, t, |a| f64::from(u8::from(a == 0.0)))),
    ("Or", |c, t| logical(c, t, |a, b| a != 0.0 || b != 0.0)),
    ("Pow", |c, t| binary(c, t, f64::powf)),
    ("Range", range),
    ("Reciprocal", |c, t| unary(c, t, f64::recip)),
    ("ReduceMax", |c, t| reduce(c, t, f64::NEG_INFINITY, f64::max, |v, _| v)),
    ("ReduceL1", |c, t| reduce(c, t, 0.0, |a, b| a + b.abs(), |v, _| v)),
    ("ReduceL2", |c, t| reduce(c, t, 0.0, |a, b| a + b * b, |v, _| v.sqrt())),
    ("ReduceMean", |c, t| reduce(c, t, 0.0, |a, b| a + b, |sum, n| sum / n)),
    ("ReduceMin", |c, t| reduce(c, t, f64::INFINITY, f64::min, |v, _| v)),
    ("ReduceProd", |c, t| reduce(c, t, 1.0, |a, b| a * b, |v, _| v)),
    ("ReduceSum", |c, t| reduce(c, t, 0.0, |a, b| a + b, |sum, _| sum)),
    ("ReduceSumSquare", |c, t| reduce(c, t, 0.0, |a, b| a + b * b, |v, _| v)),
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
    ("Sub", |c, t| arithmetic(c, t, |a, b| a - b, |a, b| a - b)),
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
    ("Xor", |c, t| logical(c, t, |a, b| (a != 0.0) != (b != 0.0))),
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
        Some((_, fold)) => {
            let folded = fold(call, tensors)?;
            match folded.iter().find(|tensor| tensor.dims.len() > MAX_AXES) {
                Some(tensor) => impossible(format!("{} axes, at most {MAX_AXES}", tensor.dims.len())),
                None => Ok(folded),
            }
        }
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

/// A shape of elements of `kind` that may be made of operands of `given` elements together: few enough (half as many where
/// they are twice as wide), or no more than they have.
fn room(kind: Kind, dims: Vec<usize>, given: usize) -> Result<Vec<usize>, Refusal> {
    let most = match kind {
        Kind::F32 | Kind::Bool => ROOM,
        Kind::F64 | Kind::Int | Kind::Narrow(_) => ROOM / 2,
    };
    match elements(&dims) {
        Some(elements) if elements <= most.max(given) => Ok(dims),
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

fn zip(a: &Tensor, b: &Tensor, kind: Kind, f: impl Fn(f64, f64) -> f64) -> Result<Tensor, Refusal> {
    let Some(dims) = broadcast(&a.dims, &b.dims) else {
        return impossible(format!("shapes {:?} and {:?} that do not broadcast", a.dims, b.dims));
    };
    let dims = room(kind, dims, a.len() + b.len())?;
    let left = walk(&dims, 0, &broadcast_strides(&a.dims, &dims));
    let right = walk(&dims, 0, &broadcast_strides(&b.dims, &dims));
    let values = left.zip(right).map(|(i, j)| f(a.get(i), b.get(j)));
    Ok(Tensor::from_f64(kind, dims.clone(), values))
}

/// `f` of both tensors, element by element, rounded once to `kind`.
pub fn binary_of(a: &Tensor, b: &Tensor, kind: Kind, f: impl Fn(f64, f64) -> f64) -> Result<Tensor, Refusal> {
    zip(a, b, kind, f)
}

/// `f` of each element, rounded once to `f32`.
pub fn map_all(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    Tensor::from_f64(Kind::F32, x.dims.clone(), (0..x.len()).map(|i| f(x.get(i))))
}

fn binary(call: &Call<'_>, tensors: &[Option<&Tensor>], f: impl Fn(f64, f64) -> f64) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    Ok(vec![zip(a, b, a.kind(), f)?])
}

/// Of integers, exactly and modulo the numbers of their type.
fn zip_integers(a: &Tensor, b: &Tensor, integer: Integer, f: impl Fn(i128, i128) -> i128) -> Result<Tensor, Refusal> {
    let Some(dims) = broadcast(&a.dims, &b.dims) else {
        return impossible(format!("shapes {:?} and {:?} that do not broadcast", a.dims, b.dims));
    };
    let dims = room(a.kind(), dims, a.len() + b.len())?;
    let left = walk(&dims, 0, &broadcast_strides(&a.dims, &dims));
    let right = walk(&dims, 0, &broadcast_strides(&b.dims, &dims));
    let values = left.zip(right).map(|(i, j)| f(a.int(i), b.int(j)));
    Ok(Tensor::integers(integer, dims.clone(), values))
}

/// `f` of floats, `g` of integers.
fn arithmetic(
    call: &Call<'_>,
    tensors: &[Option<&Tensor>],
    f: fn(f64, f64) -> f64,
    g: fn(i128, i128) -> i128,
) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    match (a.kind().integer(), b.kind().integer()) {
        (Some(integer), Some(_)) => Ok(vec![zip_integers(a, b, integer, g)?]),
        _ => binary(call, tensors, f),
    }
}

fn compared(
    call: &Call<'_>,
    tensors: &[Option<&Tensor>],
    f: fn(f64, f64) -> bool,
    g: fn(i128, i128) -> bool,
) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    match (a.kind().integer(), b.kind().integer()) {
        (Some(_), Some(_)) => {
            let bits = zip_integers(a, b, Integer::LONG, |a, b| i128::from(g(a, b)))?;
            Ok(vec![converted(&bits, Kind::Bool)])
        }
        _ => logical(call, tensors, f),
    }
}

/// The remainder with the sign of the divisor, or of the dividend where `fmod` is set.
fn modulo(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    let fmod = call.int("fmod", 0) != 0;
    let Some(integer) = a.kind().integer() else {
        return binary(call, tensors, |a, b| {
            let rest = a % b;
            if !fmod && rest != 0.0 && (rest < 0.0) != (b < 0.0) {
                rest + b
            } else if fmod || rest != 0.0 {
                rest
            } else {
                0f64.copysign(b)
            }
        });
    };
    if (0..b.len()).any(|i| b.get(i) == 0.0) {
        return impossible("a remainder of a division by 0");
    }
    let rest = |a: i128, b: i128| {
        let rest = a.checked_rem(b).unwrap_or(0);
        if !fmod && rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
    };
    Ok(vec![zip_integers(a, b, integer, rest)?])
}

/// A shift by as many bits as the type has, or more, or by a negative number: nothing is left but the sign.
fn bit_shift(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    let Some(integer) = a.kind().integer().filter(|_| b.kind().integer().is_some()) else {
        return impossible("a shift of numbers that are no integers");
    };
    let left = match call.text("direction") {
        "LEFT" => true,
        "RIGHT" => false,
        other => return impossible(format!("a shift to `{other}`")),
    };
    let shift = |a: i128, by: i128| match (u32::try_from(by).ok().filter(|&by| by < integer.bits), left) {
        (Some(by), true) => a << by,
        (Some(by), false) => a >> by,
        (None, true) => 0,
        (None, false) => a >> 64,
    };
    Ok(vec![zip_integers(a, b, integer, shift)?])
}

/// Products of constant matrices, as in weights of two factors; axes before the last two broadcast.
fn matmul(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    let (&[ref outer_a @ .., rows, inner], &[ref outer_b @ .., inner_b, columns]) = (&a.dims[..], &b.dims[..]) else {
        return unsupported("a product of constants that are no matrices", "fold constants before exporting");
    };
    let Some(outer) = broadcast(outer_a, outer_b).filter(|_| inner == inner_b) else {
        return impossible(format!("matrices {:?} and {:?}", a.dims, b.dims));
    };
    let dims = room(a.kind(), [&outer[..], &[rows, columns]].concat(), a.len() + b.len())?;
    if elements(&dims).and_then(|n| n.checked_mul(inner)).is_none_or(|work| work > (1 << 24) + 64 * (a.len() + b.len()))
    {
        return impossible(format!("a product of constants of shapes {:?} and {:?}", a.dims, b.dims));
    }
    let starts = |own: &[usize], size: usize| {
        walk(&outer, 0, &broadcast_strides(own, &outer)).map(move |i| i * size).collect::<Vec<_>>()
    };
    let mut values = Vec::with_capacity(elements(&dims).unwrap_or(0));
    for (from_a, from_b) in starts(outer_a, rows * inner).into_iter().zip(starts(outer_b, inner * columns)) {
        for i in 0..rows * columns {
            let (row, column) = (i / columns, i % columns);
            let term = |k: usize| a.get(from_a + row * inner + k) * b.get(from_b + k * columns + column);
            values.push((0..inner).map(term).sum::<f64>());
        }
    }
    Ok(vec![Tensor::from_f64(a.kind(), dims, values.into_iter())])
}

fn div(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    match a.kind() {
        kind @ (Kind::Int | Kind::Narrow(_)) => {
            if (0..b.len()).any(|i| b.get(i) == 0.0) {
                return impossible("a division of integers by 0");
            }
            let integer = kind.integer().unwrap_or(Integer::LONG);
            Ok(vec![zip_integers(a, b, integer, |a, b| a.checked_div(b).unwrap_or(0))?])
        }
        Kind::Bool => impossible("a division of truth values"),
        kind @ (Kind::F32 | Kind::F64) => Ok(vec![zip(a, b, kind, |a, b| a / b)?]),
    }
}

fn logical(call: &Call<'_>, tensors: &[Option<&Tensor>], f: impl Fn(f64, f64) -> bool) -> Result<Vec<Tensor>, Refusal> {
    let (a, b) = (tensor(call, tensors, 0)?, tensor(call, tensors, 1)?);
    Ok(vec![zip(a, b, Kind::Bool, |a, b| f64::from(u8::from(f(a, b))))?])
}

/// An operation of one or more operands.
fn fold_all(call: &Call<'_>, tensors: &[Option<&Tensor>], f: fn(f64, f64) -> f64) -> Result<Vec<Tensor>, Refusal> {
    let mut all = tensor(call, tensors, 0)?.clone();
    for i in 1..tensors.len() {
        all = zip(&all, tensor(call, tensors, i)?, all.kind(), f)?;
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
    unary(call, &[Some(x)], |v| v.max(low).min(high)) // where they cross, the upper one wins
}

/// The same numbers as another type.
pub fn converted(x: &Tensor, kind: Kind) -> Tensor {
    match x.kind() == kind {
        true => x.clone(),
        false => Tensor::from_f64(kind, x.dims.clone(), (0..x.len()).map(|i| x.get(i))),
    }
}

fn cast(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let kind = match i32::try_from(call.int("to", 0)).unwrap_or(0) {
        data_type::FLOAT => Kind::F32,
        data_type::DOUBLE => Kind::F64,
        data_type::BOOL => Kind::Bool,
        to if Integer::of(to).is_some() => Kind::of_integer(Integer::of(to).unwrap_or(Integer::LONG)),
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

/// Sizes, of a tensor of elements of `kind` to be made.
fn shape_operand(call: &Call<'_>, tensors: &[Option<&Tensor>], i: usize, kind: Kind) -> Result<Vec<usize>, Refusal> {
    let sizes = tensor(call, tensors, i)?.to_ints();
    match sizes.map(|s| s.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>()) {
        Some(Ok(dims)) => room(kind, dims, 0),
        _ => impossible("a shape that is no list of sizes"),
    }
}

fn constant_of_shape(call: &Call<'_>, tensors: &[Option<&Tensor>]) -> Result<Vec<Tensor>, Refusal> {
    let value = call.tensor("value")?.unwrap_or_else(|| Tensor::scalar(0.0));
    let dims = shape_operand(call, tensors, 0, value.kind())?;
    if value.len() != 1 {
        return impossible("a value that is not one element");
    }
    let count = elements(&dims).unwrap_or(0);
    Ok(vec![value.pick(dims, std::iter::repeat_n(0, count))])
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
    let dims = broadcast(&c.dims, &a.dims).and_then(|d| broadcast(&d, &b.dims));
    let Some(dims) = dims else { return impossible("shapes that do not broadcast") };
    let dims = room(a.kind(), dims, a.len() + b.len() + c.len())?;
    let at = |t: &Tensor| walk(&dims, 0, &broadcast_strides(&t.dims, &dims));
    let places = at(c).zip(at(a)).zip(at(b)).map(|((c_at, a_at), b_at)| (c.get(c_at) != 0.0, a_at, b_at));
    if let (Some(integer), Some(_)) = (a.kind().integer(), b.kind().integer()) {
        let values = places.map(|(which, i, j)| if which { a.int(i) } else { b.int(j) });
        return Ok(vec![Tensor::integers(integer, dims.clone(), values)]);
    }
    let values = places.map(|(which, i, j)| if which { a.get(i) } else { b.get(j) });
    Ok(vec![Tensor::from_f64(a.kind(), dims.clone(), values)])
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
