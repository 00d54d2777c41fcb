//! Constants: decoded with every length checked against the data that is there, never copied before they change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::{Component, Path};
use std::sync::Arc;

use bytes::Bytes;

use super::proto::{EXTERNAL, TensorProto, data_type};
use super::{at, invalid};
use crate::frontend::{FrontendError, ModelFile, NodeError};

/// Axes of a tensor that a file holds or that folding makes, at most: some operations take time that grows with their
/// square.
pub const MAX_AXES: usize = 8;

/// Elements beyond which no tensor is made.
pub const MAX_ELEMENTS: usize = 1 << 26;

/// Elements that folding may compute in a file beyond one per byte of it and of its external data: it bounds the memory
/// and time that a few bytes can ask for.
pub const ROOM: usize = 1 << 22;

/// A constant tensor, row-major.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Sizes of its axes; none for a scalar.
    pub dims: Vec<usize>,
    /// Its elements.
    pub data: Data,
}

/// Elements of a tensor.
#[derive(Clone, Debug)]
pub enum Data {
    /// `f32`, little endian, in the file.
    Raw(Bytes),
    /// `f32`.
    F32(Arc<[f32]>),
    /// `f64`.
    F64(Arc<[f64]>),
    /// `int64`.
    Int(Arc<[i64]>),
    /// Integers of another type, none of them beyond it.
    Narrow(Integer, Arc<[i64]>),
    /// `bool`.
    Bool(Arc<[bool]>),
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Integer {
    /// 8, 16, 32 or 64.
    pub bits: u32,
    /// Whether it has negative numbers.
    pub signed: bool,
}

impl Integer {
    /// `int64`: axes, sizes and indices.
    pub const LONG: Self = Self { bits: 64, signed: true };

    /// The type of `TensorProto.DataType` number `data_type`.
    pub fn of(data_type: i32) -> Option<Self> {
        let (bits, signed) = match data_type {
            data_type::UINT8 => (8, false),
            data_type::INT8 => (8, true),
            data_type::UINT16 => (16, false),
            data_type::INT16 => (16, true),
            data_type::INT32 => (32, true),
            data_type::INT64 => (64, true),
            data_type::UINT32 => (32, false),
            data_type::UINT64 => (64, false),
            _ => return None,
        };
        Some(Self { bits, signed })
    }

    /// Its smallest and its largest number.
    pub fn range(self) -> (i128, i128) {
        let values = 1i128 << self.bits;
        if self.signed { (-values / 2, values / 2 - 1) } else { (0, values - 1) }
    }

    /// `value` modulo the type's numbers. Of `uint64`, numbers of 2^63 or more are not kept: they become 2^63 - 1.
    pub fn wrap(self, value: i128) -> i64 {
        let (low, high) = self.range();
        let numbers = high - low + 1;
        let wrapped = match value.rem_euclid(numbers) {
            beyond if beyond > high => beyond - numbers,
            within => within,
        };
        i64::try_from(wrapped).unwrap_or(i64::MAX)
    }
}

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `int64`.
    Int,
    /// Integers of another type.
    Narrow(Integer),
    /// `bool`.
    Bool,
}

impl Kind {
    /// The integer type, if it is one.
    pub fn integer(self) -> Option<Integer> {
        match self {
            Kind::Int => Some(Integer::LONG),
            Kind::Narrow(integer) => Some(integer),
            Kind::F32 | Kind::F64 | Kind::Bool => None,
        }
    }

    /// The kind of integers of a type.
    pub fn of_integer(integer: Integer) -> Self {
        if integer == Integer::LONG { Kind::Int } else { Kind::Narrow(integer) }
    }
}

impl Tensor {
    /// A scalar `f32`.
    pub fn scalar(value: f32) -> Self {
        Self { dims: vec![], data: Data::F32([value].into()) }
    }

    /// A truth value.
    pub fn bit(value: bool) -> Self {
        Self { dims: vec![], data: Data::Bool([value].into()) }
    }

    /// A vector of integers.
    pub fn ints(values: &[i64]) -> Self {
        Self { dims: vec![values.len()], data: Data::Int(values.into()) }
    }

    /// From values computed in `f64`: rounded once to `kind`.
    pub fn from_f64(kind: Kind, dims: Vec<usize>, values: impl Iterator<Item = f64>) -> Self {
        let n = count(&dims);
        let data = match kind {
            Kind::F32 => Data::F32(collected(n, values.map(|v| v as f32))),
            Kind::F64 => Data::F64(collected(n, values)),
            Kind::Int => Data::Int(collected(n, values.map(|v| v as i64))),
            Kind::Narrow(integer) => Data::Narrow(integer, collected(n, values.map(|v| integer.wrap(v as i128)))),
            Kind::Bool => Data::Bool(collected(n, values.map(|v| v != 0.0))),
        };
        Self { dims, data }
    }

    /// Integers of a type: each modulo its numbers.
    pub fn integers(integer: Integer, dims: Vec<usize>, values: impl Iterator<Item = i128>) -> Self {
        let values = collected(count(&dims), values.map(|v| integer.wrap(v)));
        let data = if integer == Integer::LONG { Data::Int(values) } else { Data::Narrow(integer, values) };
        Self { dims, data }
    }

    /// Type of its elements.
    pub fn kind(&self) -> Kind {
        match self.data {
            Data::Raw(_) | Data::F32(_) => Kind::F32,
            Data::F64(_) => Kind::F64,
            Data::Int(_) => Kind::Int,
            Data::Narrow(integer, _) => Kind::Narrow(integer),
            Data::Bool(_) => Kind::Bool,
        }
    }

    /// Elements.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Raw(bytes) => bytes.len() / 4,
            Data::F32(v) => v.len(),
            Data::F64(v) => v.len(),
            Data::Int(v) | Data::Narrow(_, v) => v.len(),
            Data::Bool(v) => v.len(),
        }
    }

    /// Element `i` as a number (of an integer beyond 2^53: rounded); 0 past the end.
    pub fn get(&self, i: usize) -> f64 {
        match &self.data {
            Data::Raw(bytes) => bytes.get(4 * i..4 * i + 4).map_or(0.0, |b| f64::from(le_f32(b))),
            Data::F32(v) => v.get(i).map_or(0.0, |&x| f64::from(x)),
            Data::F64(v) => v.get(i).copied().unwrap_or(0.0),
            Data::Int(v) | Data::Narrow(_, v) => v.get(i).map_or(0.0, |&x| x as f64),
            Data::Bool(v) => v.get(i).map_or(0.0, |&x| f64::from(u8::from(x))),
        }
    }

    /// Element `i` of integers; 0 of anything else.
    pub fn int(&self, i: usize) -> i128 {
        match &self.data {
            Data::Int(v) | Data::Narrow(_, v) => v.get(i).map_or(0, |&x| i128::from(x)),
            Data::Raw(_) | Data::F32(_) | Data::F64(_) | Data::Bool(_) => 0,
        }
    }

    /// All elements as `f32`.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            Data::Raw(bytes) => bytes.chunks_exact(4).map(le_f32).collect(),
            Data::F32(v) => v.to_vec(),
            _ => (0..self.len()).map(|i| self.get(i) as f32).collect(),
        }
    }

    /// The elements of a matrix of `columns` columns, column after column, as `f32`: its transpose, made in one go.
    pub fn transposed_f32(&self, columns: usize) -> Vec<f32> {
        const BLOCK: usize = 32; // columns that are written side by side, so that a row is read once for all of them
        let rows = self.len() / columns.max(1);
        let mut out = vec![0.0; rows * columns];
        let element = |i: usize| match &self.data {
            Data::Raw(bytes) => bytes.get(4 * i..4 * i + 4).map_or(0.0, le_f32),
            Data::F32(v) => v.get(i).copied().unwrap_or(0.0),
            Data::F64(_) | Data::Int(_) | Data::Narrow(..) | Data::Bool(_) => self.get(i) as f32,
        };
        for first in (0..columns).step_by(BLOCK) {
            for row in 0..rows {
                for column in first..(first + BLOCK).min(columns) {
                    out[column * rows + row] = element(row * columns + column);
                }
            }
        }
        out
    }

    /// All elements as integers, if that is what they are.
    pub fn to_ints(&self) -> Option<Vec<i64>> {
        match &self.data {
            Data::Int(v) | Data::Narrow(_, v) => Some(v.to_vec()),
            _ => None,
        }
    }

    /// Whether every element is `value`.
    pub fn is_all(&self, value: f64) -> bool {
        (0..self.len()).all(|i| self.get(i) == value)
    }

    /// The same elements with other axes.
    pub fn reshaped(&self, dims: Vec<usize>) -> Self {
        Self { dims, data: self.data.clone() }
    }

    /// The elements at `indices`, in that order.
    pub fn pick(&self, dims: Vec<usize>, indices: impl Iterator<Item = usize>) -> Self {
        let n = count(&dims);
        let data = match &self.data {
            Data::Raw(_) => Data::F32(collected(n, indices.map(|i| self.get(i) as f32))),
            Data::F32(v) => Data::F32(collected(n, indices.map(|i| v.get(i).copied().unwrap_or(0.0)))),
            Data::F64(v) => Data::F64(collected(n, indices.map(|i| v.get(i).copied().unwrap_or(0.0)))),
            Data::Int(v) => Data::Int(collected(n, indices.map(|i| v.get(i).copied().unwrap_or(0)))),
            Data::Narrow(integer, v) => {
                Data::Narrow(*integer, collected(n, indices.map(|i| v.get(i).copied().unwrap_or(0))))
            }
            Data::Bool(v) => Data::Bool(collected(n, indices.map(|i| v.get(i).copied().unwrap_or(false)))),
        };
        Self { dims, data }
    }

    /// Bits of element `i`: equal bits and kinds are equal elements.
    fn bits(&self, i: usize) -> u64 {
        match &self.data {
            Data::Int(v) | Data::Narrow(_, v) => v.get(i).map_or(0, |&x| x as u64),
            _ => self.get(i).to_bits(),
        }
    }

    /// Whether both are the same constant, bit for bit.
    pub fn same(&self, other: &Self) -> bool {
        self.dims == other.dims
            && match (&self.data, &other.data) {
                (Data::Raw(a), Data::Raw(b)) => a.len() == b.len() && (a.as_ptr() == b.as_ptr() || a == b),
                (Data::F32(a), Data::F32(b)) if Arc::ptr_eq(a, b) => true,
                (Data::Int(a), Data::Int(b)) => a == b,
                (Data::Bool(a), Data::Bool(b)) => a == b,
                _ => {
                    self.kind() == other.kind()
                        && self.len() == other.len()
                        && (0..self.len()).all(|i| self.bits(i) == other.bits(i))
                }
            }
    }

    /// A hash that equal constants share: of the shape and of some elements.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = std::collections::hash_map::DefaultHasher::new();
        self.kind().hash(&mut hasher);
        self.dims.hash(&mut hasher);
        let step = self.len().div_ceil(1024).max(1);
        (0..self.len()).step_by(step).for_each(|i| self.bits(i).hash(&mut hasher));
        hasher.finish()
    }
}

fn le_f32(bytes: &[u8]) -> f32 {
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Elements of the shape of a tensor; 0 of one that nothing has.
fn count(dims: &[usize]) -> usize {
    elements(dims).unwrap_or(0)
}

/// The `n` values of an iterator that does not know how many it has, without room for more.
fn collected<T>(n: usize, values: impl Iterator<Item = T>) -> Arc<[T]> {
    let mut all = Vec::with_capacity(n);
    all.extend(values);
    all.into()
}

/// Elements of a shape, if there are not too many. Axes beside an empty one count too: loops may run over them.
pub fn elements(dims: &[usize]) -> Option<usize> {
    let most = dims.iter().try_fold(1usize, |n, &size| n.checked_mul(size.max(1)))?;
    (most <= MAX_ELEMENTS).then(|| if dims.contains(&0) { 0 } else { most })
}

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
                tensor.dims
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

    #[test]
    fn a_transpose_is_column_after_column() {
        let (rows, columns) = (3, 70);
        let at = |row: usize, column: usize| (row * columns + column) as f32;
        let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        for data in [Data::F32(values.as_slice().into()), Data::Raw(raw.into())] {
            let transposed = Tensor { dims: vec![rows, columns], data }.transposed_f32(columns);
            let expected: Vec<f32> = (0..columns).flat_map(|c| (0..rows).map(move |r| at(r, c))).collect();
            assert_eq!(transposed, expected);
        }
    }

    #[test]
    fn integers_wrap_within_their_type() {
        let byte = Integer { bits: 8, signed: true };
        assert_eq!([200, -129, 127, 256].map(|v| byte.wrap(v)), [-56, 127, 127, 0]);
        let word = Integer { bits: 16, signed: false };
        assert_eq!([65536, -1, 65535].map(|v| word.wrap(v)), [0, 65535, 65535]);
        assert_eq!(Integer::LONG.wrap(i128::from(i64::MAX) + 1), i64::MIN);
        assert_eq!((byte.wrap(i128::MAX), byte.wrap(i128::MIN)), (-1, 0)); // floats far out saturate there
    }
}
