//! Synapses and batch norm.

use super::pools::window_of;
use super::{Call, Refusal, impossible, unsupported};
use crate::frontend::onnx::net::{ConstId, Def, Net, ValueId, taps};
use crate::frontend::onnx::tensor::{Kind, Tensor};

type Values = Result<Vec<ValueId>, Refusal>;

const ONE_SAMPLE: &str = "export the model with a batch of one sample, or with a dynamic batch axis";
const CONSTANT: &str =
    "weights must be constant: export the model in eval mode, without functions of the input as weights";

/// A constant as the bias of `features`, if it is one number or one per feature.
pub(super) fn bias_vector(tensor: &Tensor, features: usize) -> Option<Tensor> {
    match tensor.len() {
        n if n == features && tensor.dims.iter().filter(|&&d| d != 1).count() <= 1 => {
            Some(tensor.reshaped(vec![features]))
        }
        1 => Some(tensor.pick(vec![features], std::iter::repeat_n(0, features))),
        _ => None,
    }
}

/// `factor * tensor`.
fn scaled(tensor: &Tensor, factor: f32) -> Tensor {
    match factor == 1.0 {
        true => tensor.clone(),
        false => {
            let values = (0..tensor.len()).map(|i| tensor.get(i) * f64::from(factor));
            Tensor::from_f64(Kind::F32, tensor.dims.clone(), values)
        }
    }
}

/// The linear layer of each row of `x`: `[rows, fan_out]`, of as many rows as `x` has elements for.
fn linear(net: &mut Net, x: ValueId, weight: Tensor, transposed: bool, bias: Option<ConstId>) -> ValueId {
    let fan_out = weight.dims[usize::from(transposed)];
    let fan_in = weight.dims[usize::from(!transposed)];
    let rows = net.dims(x).iter().product::<usize>() / fan_in.max(1);
    let x = net.reshape(x, vec![rows, fan_in]);
    let weight = net.constant(weight);
    net.value(Def::Linear { x, weight, transposed, bias }, vec![rows, fan_out])
}

/// `layer` of `x`, or of each timestep where the first axis is time.
///
/// # Errors
/// A batch of more than one sample.
pub(super) fn per_timestep(
    net: &mut Net,
    x: ValueId,
    mut layer: impl FnMut(&mut Net, ValueId) -> Result<ValueId, Refusal>,
) -> Result<ValueId, Refusal> {
    if net.dims(x).first().is_none_or(|&first| first == 1) {
        return layer(net, x);
    }
    let Some(steps) = net.timesteps(x) else {
        let found = format!("an input of shape {:?}: several rows, or a batch of more than one sample", net.dims(x));
        return unsupported(found, ONE_SAMPLE);
    };
    let parts = steps.into_iter().map(|step| layer(net, step)).collect::<Result<Vec<_>, _>>()?;
    let mut dims = net.dims(parts[0]).to_vec();
    dims[0] = parts.iter().map(|&p| net.dims(p)[0]).sum();
    Ok(net.value(Def::Concat { parts, axis: 0 }, dims))
}

/// `alpha * A' * B' + beta * C`, one of `A` and `B` constant.
pub(super) fn gemm(net: &mut Net, call: &Call<'_>) -> Values {
    if let Some(constant) = super::constant::gemm(net, call)? {
        return Ok(vec![constant]);
    }
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let (trans_a, trans_b) = (call.int("transA", 0) != 0, call.int("transB", 0) != 0);
    let (alpha, beta) = (call.float("alpha", 1.0), call.float("beta", 1.0));
    if net.dims(a).len() != 2 || net.dims(b).len() != 2 {
        return impossible(format!("matrices of shapes {:?} and {:?}", net.dims(a), net.dims(b)));
    }
    let side = |net: &Net, id: ValueId, transposed: bool, axis: usize| net.dims(id)[axis ^ usize::from(transposed)];
    let (rows, inner) = (side(net, a, trans_a, 0), side(net, a, trans_a, 1));
    let (inner_b, columns) = (side(net, b, trans_b, 0), side(net, b, trans_b, 1));
    if inner != inner_b {
        return impossible(format!("{inner} columns times {inner_b} rows"));
    }
    let out = vec![rows, columns];
    // y = x W' with the weights on the right, or y = W x with them on the left: the same layer.
    let (x, weight, transposed, features) = match (net.as_constant(a).cloned(), net.as_constant(b).cloned()) {
        (None, Some(weight)) if rows == 1 || !trans_a => (a, weight, !trans_b, columns),
        (Some(weight), None) if columns == 1 => (b, weight, trans_a, rows),
        (None, None) if alpha == 1.0 && call.optional(2).is_none() => {
            let a = if trans_a { net.permute(a, vec![1, 0]) } else { a };
            let b = if trans_b { net.permute(b, vec![1, 0]) } else { b };
            return match net.product(a, b) {
                Some(product) => Ok(vec![product]),
                None => impossible("matrices that do not fit"),
            };
        }
        (None, None) => return unsupported("a scaled product of two signals", CONSTANT),
        _ => return unsupported(format!("a product of shape {out:?}: a batch of more than one sample"), ONE_SAMPLE),
    };
    let weight = scaled(&weight, alpha);
    let added = call.optional(2);
    let bias = match added.and_then(|c| net.as_constant(c)) {
        Some(tensor) => match bias_vector(&scaled(tensor, beta), features) {
            Some(bias) => Some(net.constant(bias)),
            None => return impossible(format!("a bias of shape {:?} for {features} features", tensor.dims)),
        },
        None => None,
    };
    let x = net.reshape(x, vec![if x == a { rows } else { 1 }, inner]);
    let y = per_timestep(net, x, |net, x| Ok(linear(net, x, weight.clone(), transposed, bias)))?;
    let y = net.reshape(y, out.clone());
    match added.filter(|_| bias.is_none()) {
        Some(signal) if beta == 1.0 && net.dims(signal) == out.as_slice() => {
            Ok(vec![net.value(Def::Add(y, signal), out)])
        }
        Some(_) => unsupported("a bias that is a signal of another shape, or scaled", CONSTANT),
        None => Ok(vec![y]),
    }
}

/// `A * B`: a layer where one of them is a constant matrix.
pub(super) fn matmul(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let matrix = |t: &Tensor| match t.dims.split_at_checked(t.dims.len().saturating_sub(2)) {
        Some((lead, &[rows, columns])) if lead.iter().all(|&d| d == 1) => Some(t.reshaped(vec![rows, columns])),
        _ => None,
    };
    let (x, weight, transposed) = match (net.as_constant(a).cloned(), net.as_constant(b).cloned()) {
        (None, Some(weight)) => (a, weight, true),
        (Some(weight), None) => (b, weight, false),
        _ if net.dims(a).len() >= 2 && net.dims(b).len() >= 2 => {
            return match net.product(a, b) {
                Some(product) => Ok(vec![product]),
                None => impossible(format!("matrices of shapes {:?} and {:?}", net.dims(a), net.dims(b))),
            };
        }
        _ => return unsupported("a product of two signals that are no matrices", CONSTANT),
    };
    let Some(weight) = matrix(&weight) else {
        return unsupported(format!("a weight of shape {:?}; expected a matrix", weight.dims), CONSTANT);
    };
    let (fan_in, fan_out) = (weight.dims[usize::from(!transposed)], weight.dims[usize::from(transposed)]);
    let from = net.dims(x).to_vec();
    // The axis that the product sums over: x's last on the left of the weights, its last but one on their right.
    let axis = match (transposed, from.len()) {
        (_, 0) => return impossible("a product with a scalar"),
        (true, rank) => rank - 1,
        (false, rank) => rank.saturating_sub(2),
    };
    if from[axis] != fan_in {
        return impossible(format!("{fan_in} weights per output for an input of shape {from:?}"));
    }
    let mut out = from.clone();
    out[axis] = fan_out;
    if from.len() < 3 && from.iter().product::<usize>() == fan_in {
        let y = linear(net, x, weight, transposed, None);
        return Ok(vec![net.reshape(y, out)]);
    }
    if !transposed && from.last() != Some(&1) {
        // W X is (X' W')'.
        let mut swap: Vec<usize> = (0..from.len()).collect();
        swap.swap(from.len() - 1, from.len() - 2);
        let rows = net.permute(x, swap.clone());
        let mut dims = net.dims(rows).to_vec();
        *dims.last_mut().unwrap_or(&mut 0) = fan_out;
        let y = rows_of(net, rows, &weight, transposed, dims)?;
        return Ok(vec![net.permute(y, swap)]);
    }
    Ok(vec![rows_of(net, x, &weight, transposed, out)?])
}

/// An input that is a feature map at once has a batch axis in front, not timesteps.
pub(super) fn one_feature_map(net: &Net, x: ValueId) -> Result<(), Refusal> {
    match net.values[x].def {
        Def::Input(_) if net.dims(x)[0] != 1 => {
            unsupported(format!("an input of shape {:?}: a batch of more than one sample", net.dims(x)), ONE_SAMPLE)
        }
        _ => Ok(()),
    }
}

/// The linear layer of the last axis of `x`, timestep by timestep.
fn rows_of(net: &mut Net, x: ValueId, weight: &Tensor, transposed: bool, out: Vec<usize>) -> Result<ValueId, Refusal> {
    let y = per_timestep(net, x, |net, x| {
        let mut dims = out.clone();
        dims[0] = 1;
        let y = linear(net, x, weight.clone(), transposed, None);
        Ok(net.reshape(y, dims))
    })?;
    Ok(net.reshape(y, out))
}

/// Convolution in one or two dimensions.
pub(super) fn conv(net: &mut Net, call: &Call<'_>) -> Values {
    let (x, w) = (call.operand(0)?, call.operand(1)?);
    let Some(weight) = net.as_constant(w).cloned() else {
        return unsupported("weights that depend on the sample", CONSTANT);
    };
    let from = net.dims(x).to_vec();
    let (Some(spatial @ ([_] | [_, _])), true) = (from.get(2..), from.len() == weight.dims.len()) else {
        let found = format!("a convolution of {from:?} with weights {:?}", weight.dims);
        return unsupported(found, "convolutions in one or two dimensions are supported");
    };
    let kernel = &weight.dims[2..];
    if call.ints("kernel_shape").is_some_and(|k| k.iter().map(|&k| k as usize).ne(kernel.iter().copied())) {
        return impossible(format!("a kernel_shape that is not that of the weights, {kernel:?}"));
    }
    let window = window_of(call, spatial, kernel)?;
    let groups = usize::try_from(call.int("group", 1)).unwrap_or(0);
    let channels = weight.dims[0];
    if groups == 0 || channels % groups != 0 || weight.dims[1].checked_mul(groups) != Some(from[1]) {
        return impossible(format!("weights {:?} in {groups} group(s) for {} channels", weight.dims, from[1]));
    }
    let bias = match call.optional(2).map(|id| net.as_constant(id).cloned()) {
        None => None,
        Some(Some(bias)) if bias.len() == channels => Some(net.constant(bias.reshaped(vec![channels]))),
        Some(Some(bias)) => return impossible(format!("a bias of shape {:?} for {channels} channels", bias.dims)),
        Some(None) => return unsupported("a bias that depends on the sample", CONSTANT),
    };
    let dims = super::pools::output(&window, channels, spatial)?;
    let weight = net.constant(weight);
    one_feature_map(net, x)?;
    let layer = |net: &mut Net, x: ValueId| {
        Ok(net.value(Def::Conv { x, weight, bias, window: taps(&window), groups }, dims.clone()))
    };
    Ok(vec![per_timestep(net, x, layer)?])
}

/// `scale * (x - mean) / sqrt(variance + epsilon) + bias` per channel, as `a * x + b`.
pub(super) fn batch_norm(net: &mut Net, call: &Call<'_>) -> Values {
    let x = call.operand(0)?;
    let Some(&channels) = net.dims(x).get(1) else { return impossible("an input without a channel axis") };
    if call.int("training_mode", 0) != 0 || call.node.output.iter().skip(1).any(|o| !o.is_empty()) && call.opset >= 14 {
        return unsupported("a batch norm in training mode", "export the model in eval mode: model.eval()");
    }
    let mut parameters = Vec::with_capacity(4);
    for (i, name) in ["scale", "bias", "mean", "variance"].into_iter().enumerate() {
        match net.as_constant(call.operand(i + 1)?) {
            Some(tensor) if tensor.len() == channels => parameters.push(tensor.clone()),
            Some(tensor) => return impossible(format!("{} {name}s for {channels} channels", tensor.len())),
            None => return unsupported(format!("a {name} that depends on the sample"), CONSTANT),
        }
    }
    let [scale, bias, mean, variance] = &parameters[..] else { return impossible("too few parameters") };
    let epsilon = f64::from(call.float("epsilon", 1e-5));
    let factor = |c: usize| scale.get(c) / (variance.get(c) + epsilon).sqrt();
    let a = Tensor::from_f64(Kind::F32, vec![channels], (0..channels).map(factor));
    let shifts = (0..channels).map(|c| bias.get(c) - mean.get(c) * factor(c));
    let b = Tensor::from_f64(Kind::F32, vec![channels], shifts);
    let (scale, shift) = (net.constant(a), net.constant(b));
    let whole = |net: &mut Net, x: ValueId| {
        let dims = net.dims(x).to_vec();
        net.value(Def::BatchNorm { x, scale, shift }, dims)
    };
    // Rows may be those of several timesteps: `[timesteps * tokens, channels]`.
    match net.stack(x) {
        Some((parts, 0)) if parts.len() > 1 => {
            let dims = net.dims(x).to_vec();
            let parts = parts.into_iter().map(|part| whole(net, part)).collect();
            Ok(vec![net.value(Def::Concat { parts, axis: 0 }, dims)])
        }
        _ => match net.timesteps(x) {
            Some(_) => Ok(vec![per_timestep(net, x, |net, x| Ok(whole(net, x)))?]),
            None => Ok(vec![whole(net, x)]),
        },
    }
}
