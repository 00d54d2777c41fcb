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

/// The linear layer of `x` (as many elements as the layer has inputs): `[1, fan_out]`.
fn linear(net: &mut Net, x: ValueId, weight: Tensor, transposed: bool, bias: Option<ConstId>) -> ValueId {
    let fan_out = weight.dims[usize::from(transposed)];
    let fan_in = weight.dims[usize::from(!transposed)];
    let x = net.reshape(x, vec![1, fan_in]);
    let weight = net.constant(weight);
    net.value(Def::Linear { x, weight, transposed, bias }, vec![1, fan_out])
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
        (None, Some(weight)) if rows == 1 => (a, weight, !trans_b, columns),
        (Some(weight), None) if columns == 1 => (b, weight, trans_a, rows),
        (None, None) => return unsupported("a product of two signals", CONSTANT),
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
    let y = linear(net, x, weight, transposed, bias);
    let y = net.reshape(y, out.clone());
    match added.filter(|_| bias.is_none()) {
        Some(signal) if beta == 1.0 && net.dims(signal) == out.as_slice() => {
            Ok(vec![net.value(Def::Add(y, signal), out)])
        }
        Some(_) => unsupported("a bias that is a signal of another shape, or scaled", CONSTANT),
        None => Ok(vec![y]),
    }
}

/// `A * B`, one of them a constant matrix.
pub(super) fn matmul(net: &mut Net, call: &Call<'_>) -> Values {
    let (a, b) = (call.operand(0)?, call.operand(1)?);
    let matrix = |t: &Tensor| match t.dims.split_at_checked(t.dims.len().saturating_sub(2)) {
        Some((lead, &[rows, columns])) if lead.iter().all(|&d| d == 1) => Some(t.reshaped(vec![rows, columns])),
        _ => None,
    };
    let (x, weight, transposed) = match (net.as_constant(a).cloned(), net.as_constant(b).cloned()) {
        (None, Some(weight)) => (a, weight, true),
        (Some(weight), None) => (b, weight, false),
        _ => return unsupported("a product of two signals", CONSTANT),
    };
    let Some(weight) = matrix(&weight) else {
        return unsupported(format!("a weight of shape {:?}; expected a matrix", weight.dims), CONSTANT);
    };
    let (fan_in, fan_out) = (weight.dims[usize::from(!transposed)], weight.dims[usize::from(transposed)]);
    let from = net.dims(x).to_vec();
    let total: usize = from.iter().product();
    // The axis that the product sums over: x's last on the left of the weights, its last but one on their right.
    let axis = match (transposed, from.len()) {
        (_, 0) => return impossible("a product with a scalar"),
        (true, rank) => rank - 1,
        (false, rank) => rank.saturating_sub(2),
    };
    if from[axis] != fan_in {
        return impossible(format!("{fan_in} weights per output for an input of shape {from:?}"));
    }
    if total != fan_in {
        let found = format!("an input of shape {from:?}: several rows, or a batch of more than one sample");
        return unsupported(found, ONE_SAMPLE);
    }
    let mut out = from;
    out[axis] = fan_out;
    let y = linear(net, x, weight, transposed, None);
    Ok(vec![net.reshape(y, out)])
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
    if from[0] != 1 {
        return unsupported(format!("an input of shape {from:?}: a batch of more than one sample"), ONE_SAMPLE);
    }
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
    Ok(vec![net.value(Def::Conv { x, weight, bias, window: taps(&window), groups }, dims)])
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
    let dims = net.dims(x).to_vec();
    Ok(vec![net.value(Def::BatchNorm { x, scale, shift }, dims)])
}
