//! What the values of a [`Net`] are, naively: each operation by its definition in `f64`, rounded to `f32` once.

use bytes::Bytes;
use prost::Message;

use super::models::Model;
use crate::frontend::onnx::import::{Imported, import, inlined};
use crate::frontend::onnx::net::{Def, Fold, Head, Net, Rounding, ValueId, window};
use crate::frontend::onnx::ops::broadcast;
use crate::frontend::onnx::ops::index::{broadcast_strides, strides, walk};
use crate::frontend::onnx::proto::ModelProto;
use crate::frontend::onnx::tensor::Tensor;
use crate::frontend::{FrontendError, ModelFile};
use crate::ir::Window;

/// Elements of one value, row-major.
pub type Elements = Vec<f64>;

/// A model as it is imported, of open timesteps as many as asked for.
pub fn imported(model: &Model, timesteps: Option<u32>) -> Result<Imported, FrontendError> {
    let bytes = Bytes::from(model.bytes());
    let file =
        ModelFile { name: "m.onnx", bytes: bytes.clone(), beside: &|_| Err(std::io::ErrorKind::NotFound.into()) };
    let model = ModelProto::decode(bytes).expect("a model");
    let model = inlined(model).map_err(|found| FrontendError::Damaged { file: "m.onnx".into(), found })?;
    import(&model, &file, timesteps)
}

/// The values of a net for its inputs, by number.
pub fn evaluate(net: &Net, inputs: &[Elements]) -> Vec<Elements> {
    let mut all: Vec<Elements> = Vec::with_capacity(net.values.len());
    for value in &net.values {
        let elements = one(net, &value.def, &value.dims, inputs, &all);
        assert_eq!(elements.len(), value.dims.iter().product::<usize>(), "{:?}", value.def);
        all.push(elements.into_iter().map(|v| f64::from(v as f32)).collect());
    }
    all
}

fn numbers(tensor: &Tensor) -> Elements {
    (0..tensor.len()).map(|i| tensor.get(i)).collect()
}

fn one(net: &Net, def: &Def, dims: &[usize], inputs: &[Elements], all: &[Elements]) -> Elements {
    let of = |id: ValueId| -> &[f64] { &all[id] };
    let bit = |b: bool| f64::from(u8::from(b));
    // The elements of `id` broadcast to the shape.
    let spread = |id: ValueId| -> Elements {
        walk(dims, 0, &broadcast_strides(net.dims(id), dims)).map(|i| all[id][i]).collect()
    };
    let parameter = |c: usize| -> Elements {
        let tensor = &net.constants[c];
        walk(dims, 0, &broadcast_strides(&tensor.dims, dims)).map(|i| tensor.get(i)).collect()
    };
    let zip = |a: ValueId, b: ValueId, f: &dyn Fn(f64, f64) -> f64| -> Elements {
        spread(a).into_iter().zip(spread(b)).map(|(a, b)| f(a, b)).collect()
    };
    let map = |x: ValueId, f: &dyn Fn(f64) -> f64| -> Elements { of(x).iter().map(|&v| f(v)).collect() };
    let extremum = |parts: &[ValueId], f: fn(f64, f64) -> f64| {
        let all = parts.iter().map(|&p| spread(p));
        all.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect()).expect("parts")
    };
    match def {
        Def::Input(number) => inputs[*number].clone(),
        Def::Const(c) => numbers(&net.constants[*c]),
        Def::Add(a, b) => zip(*a, *b, &|a, b| a + b),
        Def::Sub(a, b) => zip(*a, *b, &|a, b| a - b),
        Def::Mul(a, b) => zip(*a, *b, &|a, b| a * b),
        Def::Div(a, b) => zip(*a, *b, &|a, b| a / b),
        Def::Neg(x) => map(*x, &|x| -x),
        Def::Abs(x) => map(*x, &f64::abs),
        Def::Tanh(x) => map(*x, &f64::tanh),
        Def::Sign(x) => map(*x, &|x| bit(x > 0.0) - bit(x < 0.0)),
        Def::Round { x, rounding } => map(*x, &|x| rounding.apply(x)),
        Def::Clip { x, low, high } => map(*x, &|x| x.max(low.get().into()).min(high.get().into())),
        Def::Greater { a, b, or_equal } => zip(*a, *b, &|a, b| bit(a > b || *or_equal && a == b)),
        Def::Equal(a, b) => zip(*a, *b, &|a, b| bit(a == b)),
        Def::Not(x) => map(*x, &|x| 1.0 - x),
        Def::Where(c, a, b) => {
            let both = spread(*a).into_iter().zip(spread(*b));
            spread(*c).into_iter().zip(both).map(|(c, (a, b))| if c != 0.0 { a } else { b }).collect()
        }
        Def::Linear { x, weight, transposed, bias } => {
            let (w, b) = (&net.constants[*weight], bias.map(|b| numbers(&net.constants[b])));
            let (outs, ins) = (w.dims[usize::from(*transposed)], w.dims[usize::from(!*transposed)]);
            let weight = |o: usize, i: usize| w.get(if *transposed { i * outs + o } else { o * ins + i });
            let rows = of(*x).chunks_exact(ins);
            rows.flat_map(|row| {
                (0..outs)
                    .map(|o| (0..ins).map(|i| weight(o, i) * row[i]).sum::<f64>() + b.as_ref().map_or(0.0, |b| b[o]))
                    .collect::<Elements>()
            })
            .collect()
        }
        Def::Product(a, b) => product(net, *a, *b, dims, all),
        Def::Conv { x, weight, bias, window: taps, groups } => {
            let w = &net.constants[*weight];
            let (channels, each) = (w.dims[0], w.dims[1]);
            let window = window(*taps);
            let area = window.kernel[0] * window.kernel[1];
            let from = image(net.dims(*x));
            (0..channels * image(dims).1 * image(dims).2)
                .map(|i| {
                    let (o, at) = (i / (image(dims).1 * image(dims).2), i % (image(dims).1 * image(dims).2));
                    let group = o / (channels / groups);
                    let mut sum = bias.map_or(0.0, |b| net.constants[b].get(o));
                    for c in 0..each {
                        for (k, y, column) in reach(&window, from, at, image(dims).2) {
                            let input = ((group * each + c) * from.1 + y) * from.2 + column;
                            sum += w.get((o * each + c) * area + k) * of(*x)[input];
                        }
                    }
                    sum
                })
                .collect()
        }
        Def::MaxPool { x, window: taps } => pool(net, *x, dims, &window(*taps), all, |values, _| {
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        }),
        Def::AvgPool { x, window: taps, count_include_pad } => {
            pool(net, *x, dims, &window(*taps), all, |values, size| {
                values.iter().sum::<f64>() / if *count_include_pad { size } else { values.len() } as f64
            })
        }
        Def::BatchNorm { x, scale, shift } => {
            let inner: usize = dims[2..].iter().product();
            let channel = |i: usize| i / inner % dims[1];
            let line = |(i, &v): (usize, &f64)| {
                net.constants[*scale].get(channel(i)) * v + net.constants[*shift].get(channel(i))
            };
            of(*x).iter().enumerate().map(line).collect()
        }
        Def::Reshape(x) | Def::At { x, .. } => of(*x).to_vec(),
        Def::Permute { x, perm } => {
            let own = strides(net.dims(*x));
            let moved: Vec<isize> = perm.iter().map(|&p| own[p]).collect();
            walk(dims, 0, &moved).map(|i| all[*x][i]).collect()
        }
        Def::Select { x, axis, index } => chosen(net.dims(*x), *axis, &[*index]).map(|i| all[*x][i]).collect(),
        Def::Take { x, axis, indices } => chosen(net.dims(*x), *axis, indices).map(|i| all[*x][i]).collect(),
        Def::Concat { parts, axis } => {
            let outer: usize = dims[..*axis].iter().product();
            let chunk = |p: ValueId| net.dims(p)[*axis..].iter().product::<usize>();
            (0..outer)
                .flat_map(|o| parts.iter().flat_map(move |&p| &all[p][o * chunk(p)..(o + 1) * chunk(p)]))
                .copied()
                .collect()
        }
        Def::Expand(x) => spread(*x),
        Def::Pad { x, value, begin } => {
            let mut out = vec![f64::from(value.get()); dims.iter().product()];
            let own = strides(dims);
            let base: usize = begin.iter().zip(&own).map(|(&b, &s)| b * s as usize).sum();
            walk(net.dims(*x), base, &own).zip(of(*x)).for_each(|(i, &v)| out[i] = v);
            out
        }
        Def::Maximum(parts) => extremum(parts, f64::max),
        Def::Minimum(parts) => extremum(parts, f64::min),
        Def::Reduce { x, axes, fold } => {
            let from = net.dims(*x);
            let kept: Vec<usize> = (0..from.len()).map(|a| if axes.contains(&a) { 1 } else { from[a] }).collect();
            let mut groups = vec![Vec::new(); kept.iter().product()];
            walk(from, 0, &broadcast_strides(&kept, from)).zip(of(*x)).for_each(|(g, &v)| groups[g].push(v));
            let folded = |g: &Vec<f64>| match fold {
                Fold::Sum => g.iter().sum(),
                Fold::Mean => g.iter().sum::<f64>() / g.len() as f64,
                Fold::Max => g.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                Fold::Min => g.iter().copied().fold(f64::INFINITY, f64::min),
            };
            groups.iter().map(folded).collect()
        }
        Def::Head { x, axis, head } => heads(of(*x), net.dims(*x), *axis, *head),
        Def::Quant { x, scale, zero_point, low, high, rounding, integer } => {
            let parameters = parameter(*scale).into_iter().zip(parameter(*zero_point));
            let quantized = |(&v, (s, z)): (&f64, (f64, f64))| {
                let q = rounding.apply(f64::from((v / s) as f32) + z).clamp(low.get().into(), high.get().into());
                if *integer { q } else { (q - z) * s }
            };
            of(*x).iter().zip(parameters).map(quantized).collect()
        }
        Def::Bipolar { x, scale } => {
            of(*x).iter().zip(parameter(*scale)).map(|(&v, s)| if v >= 0.0 { s } else { -s }).collect()
        }
        Def::MultiThreshold { x, thresholds, axis, scale, bias } => {
            let t = &net.constants[*thresholds];
            let inner: usize = dims[axis + 1..].iter().product();
            let row = |i: usize| if t.dims[0] == 1 { 0 } else { i / inner % dims[*axis] };
            let count = |i: usize, v: f64| (0..t.dims[1]).filter(|k| v >= t.get(row(i) * t.dims[1] + k)).count();
            let level = |(i, &v): (usize, &f64)| f64::from(scale.get()) * count(i, v) as f64 + f64::from(bias.get());
            of(*x).iter().enumerate().map(level).collect()
        }
    }
}

/// Channels, height and width of `[1, channels, (height,) width]`.
fn image(dims: &[usize]) -> (usize, usize, usize) {
    match *dims {
        [1, channels, width] => (channels, 1, width),
        [1, channels, height, width] => (channels, height, width),
        _ => panic!("{dims:?} is no feature map"),
    }
}

/// What a window sees at output `at`: the number of each tap, and its row and column within the feature map.
fn reach(window: &Window, from: (usize, usize, usize), at: usize, width: usize) -> Vec<(usize, usize, usize)> {
    let (row, column) = (at / width, at % width);
    let mut seen = Vec::new();
    for k in 0..window.kernel[0] * window.kernel[1] {
        let tap = [k / window.kernel[1], k % window.kernel[1]];
        let y = (row * window.stride[0] + tap[0] * window.dilation[0]).checked_sub(window.pad_begin[0]);
        let x = (column * window.stride[1] + tap[1] * window.dilation[1]).checked_sub(window.pad_begin[1]);
        match (y, x) {
            (Some(y), Some(x)) if y < from.1 && x < from.2 => seen.push((k, y, x)),
            _ => {}
        }
    }
    seen
}

fn pool(
    net: &Net,
    x: ValueId,
    dims: &[usize],
    window: &Window,
    all: &[Elements],
    f: impl Fn(&[f64], usize) -> f64,
) -> Elements {
    let (from, (channels, height, width)) = (image(net.dims(x)), image(dims));
    let size = window.kernel[0] * window.kernel[1];
    (0..channels * height * width)
        .map(|i| {
            let (c, at) = (i / (height * width), i % (height * width));
            let seen = reach(window, from, at, width);
            let values: Vec<f64> =
                seen.iter().map(|&(_, y, column)| all[x][(c * from.1 + y) * from.2 + column]).collect();
            f(&values, size)
        })
        .collect()
}

fn product(net: &Net, a: ValueId, b: ValueId, dims: &[usize], all: &[Elements]) -> Elements {
    let (left, right) = (net.dims(a), net.dims(b));
    let (outer, [rows, columns]) = (&dims[..dims.len() - 2], [dims[dims.len() - 2], dims[dims.len() - 1]]);
    let inner = left[left.len() - 1];
    assert_eq!(broadcast(&left[..left.len() - 2], &right[..right.len() - 2]).as_deref(), Some(outer));
    let starts = |own: &[usize]| -> Vec<usize> {
        let matrix = own[own.len() - 2] * own[own.len() - 1];
        walk(outer, 0, &broadcast_strides(&own[..own.len() - 2], outer)).map(|i| i * matrix).collect()
    };
    let mut out = Vec::new();
    for (a_at, b_at) in starts(left).into_iter().zip(starts(right)) {
        for i in 0..rows * columns {
            let (row, column) = (i / columns, i % columns);
            let term = |k: usize| all[a][a_at + row * inner + k] * all[b][b_at + k * columns + column];
            out.push((0..inner).map(term).sum());
        }
    }
    out
}

/// Flat indices of the elements at `indices` of `axis`.
fn chosen(from: &[usize], axis: usize, indices: &[usize]) -> impl Iterator<Item = usize> {
    let (size, inner) = (from[axis], from[axis + 1..].iter().product::<usize>());
    let outer: usize = from[..axis].iter().product();
    let indices = indices.to_vec();
    (0..outer).flat_map(move |o| {
        indices.clone().into_iter().flat_map(move |w| (0..inner).map(move |i| (o * size + w) * inner + i))
    })
}

fn heads(x: &[f64], dims: &[usize], axis: usize, head: Head) -> Elements {
    let (size, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
    let lines = x.len() / size;
    let mut out = vec![0.0; if head == Head::ArgMax { lines } else { x.len() }];
    for line in 0..lines {
        let at = |k: usize| (line / inner * size + k) * inner + line % inner;
        let highest = (0..size).map(|k| x[at(k)]).fold(f64::NEG_INFINITY, f64::max);
        let first = (0..size).find(|&k| x[at(k)] == highest).expect("a largest element");
        let sum: f64 = (0..size).map(|k| (x[at(k)] - highest).exp()).sum();
        match head {
            Head::ArgMax => out[line] = first as f64,
            Head::Hardmax => out[at(first)] = 1.0,
            Head::Softmax => (0..size).for_each(|k| out[at(k)] = (x[at(k)] - highest).exp() / sum),
            Head::LogSoftmax => (0..size).for_each(|k| out[at(k)] = x[at(k)] - highest - sum.ln()),
        }
    }
    out
}

#[test]
fn rounding_in_the_evaluator_is_that_of_the_definition() {
    let mut net = Net::default();
    let x = net.value(Def::Input(0), vec![3]);
    net.value(Def::Round { x, rounding: Rounding::TowardsZero }, vec![3]);
    assert_eq!(evaluate(&net, &[vec![-1.5, 0.25, 2.75]])[1], [-1.0, 0.0, 2.0]);
}
