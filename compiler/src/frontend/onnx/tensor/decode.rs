//! Constants of a file: every length is checked against the data that is there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path};
use std::sync::Arc;

use bytes::Bytes;

use super::{Data, Integer, MAX_AXES, MAX_ELEMENTS, ROOM, Tensor, elements};
use crate::frontend::onnx::proto::{EXTERNAL, TensorProto, data_type};
use crate::frontend::onnx::{at, invalid};
use crate::frontend::{FrontendError, ModelFile, NodeError};

/// Decodes the constants of one file, and of the files beside it.
pub struct Decoder<'a> {
    file: &'a ModelFile<'a>,
    /// External files read so far.
    beside: RefCell<HashMap<String, Bytes>>,
}

impl<'a> Decoder<'a> {
    /// For the constants of `file`.
    pub fn new(file: &'a ModelFile<'a>) -> Self {
        Self { file, beside: RefCell::default() }
    }

    /// Name of the file.
    pub fn file_name(&self) -> &str {
        self.file.name
    }

    /// Elements that folding may compute in this file.
    pub fn room(&self) -> usize {
        let beside: usize = self.beside.borrow().values().map(Bytes::len).sum();
        ROOM.saturating_add(self.file.bytes.len()).saturating_add(beside)
    }

    /// Decodes `tensor`, known to the user as `name`.
    ///
    /// # Errors
    /// A type that is not read, a length that disagrees with the dims, or an external file that cannot be had.
    pub fn tensor(&self, tensor: &TensorProto, name: &str) -> Result<Tensor, FrontendError> {
        let refuse = |error: NodeError| FrontendError::Node(at(name, "initializer", error));
        let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        let dims = dims.filter(|dims| dims.len() <= MAX_AXES);
        let (Some(dims), Some(len)) = (dims.clone(), dims.as_deref().and_then(elements)) else {
            let found = format!(
                "dims {:?}; expected at most {MAX_AXES} sizes of 0 or more, at most {MAX_ELEMENTS} elements",
                &tensor.dims[..tensor.dims.len().min(MAX_AXES + 1)]
            );
            return Err(refuse(invalid(found, "export the model again")));
        };
        let integer = Integer::of(tensor.data_type);
        let width = match (tensor.data_type, integer) {
            (_, Some(integer)) => integer.bits as usize / 8,
            (data_type::FLOAT, _) => 4,
            (data_type::DOUBLE, _) => 8,
            (data_type::FLOAT16 | data_type::BFLOAT16, _) => 2,
            (data_type::BOOL, _) => 1,
            (other, _) => {
                let found = format!("tensor type {other}; read are floats of 16 to 64 bits, integers of 8 to 64, bool");
                return Err(refuse(invalid(found, "export the model in float32")));
            }
        };
        let raw = match tensor.data_location == EXTERNAL {
            true => Some(self.external(tensor, name, len * width)?),
            false => (!tensor.raw_data.is_empty()).then(|| tensor.raw_data.clone()),
        };
        let found = match &raw {
            Some(raw) => raw.len() / width + usize::from(raw.len() % width != 0),
            None => typed_len(tensor),
        };
        if found != len {
            let found = format!("{found} elements of data for dims {:?}, which have {len}", tensor.dims);
            return Err(refuse(invalid(found, "the file is damaged or was edited: export the model again")));
        }
        if let Some(integer) = integer {
            let extend = |bits: u64| match integer.signed {
                true => (bits as i64) << (64 - integer.bits) >> (64 - integer.bits),
                false => bits as i64,
            };
            let values: Arc<[i64]> = match raw {
                Some(raw) => raw.chunks_exact(width).map(|b| extend(le(b))).collect(),
                None if integer == Integer::LONG => tensor.int64_data.as_slice().into(),
                None if integer.bits >= 32 && !integer.signed => {
                    tensor.uint64_data.iter().map(|&v| extend(v)).collect()
                }
                None => tensor.int32_data.iter().map(|&v| i64::from(v)).collect(),
            };
            let (low, high) = integer.range();
            if values.iter().any(|&v| i128::from(v) < low || i128::from(v) > high) {
                let found = "integers that their type cannot hold, or of 2^63 or more".into();
                return Err(refuse(invalid(found, "the file is damaged or was edited: export the model again")));
            }
            let data = if integer == Integer::LONG { Data::Int(values) } else { Data::Narrow(integer, values) };
            return Ok(Tensor { dims, data });
        }
        let half = |bits: u64| match tensor.data_type {
            data_type::FLOAT16 => f16_to_f32(bits as u16),
            _ => f32::from_bits((bits as u32) << 16),
        };
        let data = match (tensor.data_type, raw) {
            (data_type::FLOAT, Some(raw)) => Data::Raw(raw),
            (data_type::FLOAT, None) => Data::F32(tensor.float_data.as_slice().into()),
            (data_type::DOUBLE, Some(raw)) => Data::F64(raw.chunks_exact(8).map(|b| f64::from_bits(le(b))).collect()),
            (data_type::DOUBLE, None) => Data::F64(tensor.double_data.as_slice().into()),
            (data_type::BOOL, Some(raw)) => Data::Bool(raw.iter().map(|&b| b != 0).collect()),
            (data_type::BOOL, None) => Data::Bool(tensor.int32_data.iter().map(|&v| v != 0).collect()),
            (_, Some(raw)) => Data::F32(raw.chunks_exact(2).map(|b| half(le(b))).collect()),
            (_, None) => Data::F32(tensor.int32_data.iter().map(|&v| half(v as u64 & 0xffff)).collect()),
        };
        Ok(Tensor { dims, data })
    }

    /// The bytes of a tensor in another file: a slice of it, never outside the model's folder.
    fn external(&self, tensor: &TensorProto, name: &str, len: usize) -> Result<Bytes, FrontendError> {
        let entry = |key: &str| tensor.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
        let location = entry("location").unwrap_or_default();
        let path = Path::new(location);
        let refuse = |reason: String| FrontendError::ExternalData {
            file: self.file.name.into(),
            path: path.into(),
            reason: format!("tensor `{name}`: {reason}"),
        };
        let inside = path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
        if location.is_empty() || !inside || location.contains('\\') {
            return Err(refuse("the path leaves the model's folder".into()));
        }
        let number = |key: &str, default: usize| match entry(key) {
            Some(text) => text.parse().map_err(|_| refuse(format!("{key} `{text}` is not a number"))),
            None => Ok(default),
        };
        let (offset, length) = (number("offset", 0)?, number("length", len)?);
        let cached = self.beside.borrow().get(location).cloned();
        let bytes = match cached {
            Some(bytes) => bytes,
            None => {
                let bytes = (self.file.beside)(path).map_err(|e| refuse(e.to_string()))?;
                self.beside.borrow_mut().insert(location.into(), bytes.clone());
                bytes
            }
        };
        match offset.checked_add(length) {
            Some(end) if end <= bytes.len() => Ok(bytes.slice(offset..end)),
            _ => Err(refuse(format!("bytes {offset} to {offset}+{length} of a file of {}", bytes.len()))),
        }
    }
}

/// The value of an IEEE half-precision number.
fn f16_to_f32(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    if sign == 1 { -size } else { size }
}

/// A little-endian number of up to 8 bytes.
fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

fn typed_len(tensor: &TensorProto) -> usize {
    match tensor.data_type {
        data_type::FLOAT => tensor.float_data.len(),
        data_type::DOUBLE => tensor.double_data.len(),
        data_type::INT64 => tensor.int64_data.len(),
        data_type::UINT32 | data_type::UINT64 => tensor.uint64_data.len(),
        _ => tensor.int32_data.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_read_exactly() {
        let values = [0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555].map(f16_to_f32);
        assert_eq!(values[..5], [0.0, -0.0, 1.0, -2.0, 65504.0]);
        assert_eq!(values[5..], [2f32.powi(-24), 2f32.powi(-14), 0.333_251_95]);
        assert!(f16_to_f32(0x7c00).is_infinite() && f16_to_f32(0x7e00).is_nan());
    }
}
