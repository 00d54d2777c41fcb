//! Layers of constants: what recurrent layers compute of the spikes before the first timestep.

use super::{Call, Refusal, impossible};
use crate::frontend::onnx::net::{Net, ValueId};
use crate::frontend::onnx::tensor::{Kind, Tensor};

/// Products beyond which a constant layer is not computed.
const MAX_WORK: usize = 1 << 24;

/// `alpha * A' * B' + beta * C` of constants.
pub(super) fn gemm(net: &mut Net, call: &Call<'_>) -> Result<Option<ValueId>, Refusal> {
    let constant = |i: usize| call.optional(i).map(|id| net.as_constant(id));
    let (Some(Some(a)), Some(Some(b))) = (constant(0), constant(1)) else { return Ok(None) };
    let (&[a0, a1], &[b0, b1]) = (&a.dims[..], &b.dims[..]) else { return impossible("a Gemm of no matrices") };
    let (trans_a, trans_b) = (call.int("transA", 0) != 0, call.int("transB", 0) != 0);
    let (rows, inner) = if trans_a { (a1, a0) } else { (a0, a1) };
    let (inner_b, columns) = if trans_b { (b1, b0) } else { (b0, b1) };
    let work = rows.checked_mul(columns).and_then(|n| n.checked_mul(inner));
    if inner != inner_b || work.is_none_or(|n| n > MAX_WORK) {
        return impossible(format!("matrices {:?} and {:?}", a.dims, b.dims));
    }
    let (alpha, beta) = (f64::from(call.float("alpha", 1.0)), f64::from(call.float("beta", 1.0)));
    let added = match constant(2) {
        None => None,
        Some(None) => return Ok(None),
        Some(Some(c)) => Some(c),
    };
    // C broadcasts over rows, columns or both.
    let c_dims = match added.map(|c| &c.dims[..]) {
        None | Some([]) => [1, 1],
        Some(&[columns]) => [1, columns],
        Some(&[rows, columns]) => [rows, columns],
        Some(other) => return impossible(format!("a Gemm that adds a tensor of shape {other:?}")),
    };
    if c_dims.iter().zip([rows, columns]).any(|(&c, full)| c != 1 && c != full) {
        return impossible(format!("a Gemm of shape {:?} that adds one of shape {c_dims:?}", [rows, columns]));
    }
    let element = |row: usize, column: usize| {
        let at_a = |k: usize| if trans_a { k * a1 + row } else { row * a1 + k };
        let at_b = |k: usize| if trans_b { column * b1 + k } else { k * b1 + column };
        let sum: f64 = (0..inner).map(|k| a.get(at_a(k)) * b.get(at_b(k))).sum();
        let at_c = (row % c_dims[0]) * c_dims[1] + column % c_dims[1];
        alpha * sum + beta * added.map_or(0.0, |c| c.get(at_c))
    };
    let values: Vec<f64> = (0..rows * columns).map(|i| element(i / columns, i % columns)).collect();
    let tensor = Tensor::from_f64(Kind::F32, vec![rows, columns], values.into_iter());
    Ok(Some(net.constant_value(tensor)))
}
