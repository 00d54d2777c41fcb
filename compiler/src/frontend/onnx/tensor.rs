//! Constants: decoded with every length checked against the data that is there, never copied before they change.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::path::{Component, Path};
use std::sync::Arc;

use bytes::Bytes;

use super::proto::{EXTERNAL, TensorProto, data_type};
use super::{at, invalid};
use crate::frontend::{FrontendError, ModelFile, NodeError};

/// Elements beyond which no tensor is made.
pub const MAX_ELEMENTS: usize = 1 << 26;

/// Elements that folding may compute in a file beyond one per byte of it and of its external data: it bounds the memory
/// and time that a few bytes can ask for.
const ROOM: usize = 1 << 22;

/// A constant tensor, row-major.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Sizes of its axes; none for a scalar.
    pub dims: Vec<usize>,
    /// Its elements.
    pub data: Data,
}

/// Elements of a tensor. Integers of every width are `i64`.
#[derive(Clone, Debug)]
pub enum Data {
    /// `f32`, little endian, in the file.
    Raw(Bytes),
    /// `f32`.
    F32(Arc<[f32]>),
    /// `f64`.
    F64(Arc<[f64]>),
    /// `int64` or `int32`.
    Int(Arc<[i64]>),
    /// `bool`.
    Bool(Arc<[bool]>),
}

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `int64` or `int32`.
    Int,
    /// `bool`.
    Bool,
}

impl Tensor {
    /// A scalar `f32`.
    pub fn scalar(value: f32) -> Self {
        Self { dims: vec![], data: Data::F32([value].into()) }
    }

    /// A vector of integers.
    pub fn ints(values: &[i64]) -> Self {
        Self { dims: vec![values.len()], data: Data::Int(values.into()) }
    }

    /// From values computed in `f64`: rounded once to `kind`.
    pub fn from_f64(kind: Kind, dims: Vec<usize>, values: impl Iterator<Item = f64>) -> Self {
        let data = match kind {
            Kind::F32 => Data::F32(values.map(|v| v as f32).collect()),
            Kind::F64 => Data::F64(values.collect()),
            Kind::Int => Data::Int(values.map(|v| v as i64).collect()),
            Kind::Bool => Data::Bool(values.map(|v| v != 0.0).collect()),
        };
        Self { dims, data }
    }

    /// Type of its elements.
    pub fn kind(&self) -> Kind {
        match self.data {
            Data::Raw(_) | Data::F32(_) => Kind::F32,
            Data::F64(_) => Kind::F64,
            Data::Int(_) => Kind::Int,
            Data::Bool(_) => Kind::Bool,
        }
    }

    /// Elements.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Raw(bytes) => bytes.len() / 4,
            Data::F32(v) => v.len(),
            Data::F64(v) => v.len(),
            Data::Int(v) => v.len(),
            Data::Bool(v) => v.len(),
        }
    }

    /// Element `i` as a number (of an integer beyond 2^53: rounded); 0 past the end.
    pub fn get(&self, i: usize) -> f64 {
        match &self.data {
            Data::Raw(bytes) => bytes.get(4 * i..4 * i + 4).map_or(0.0, |b| f64::from(le_f32(b))),
            Data::F32(v) => v.get(i).map_or(0.0, |&x| f64::from(x)),
            Data::F64(v) => v.get(i).copied().unwrap_or(0.0),
            Data::Int(v) => v.get(i).map_or(0.0, |&x| x as f64),
            Data::Bool(v) => v.get(i).map_or(0.0, |&x| f64::from(u8::from(x))),
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

    /// All elements as integers, if that is what they are.
    pub fn to_ints(&self) -> Option<Vec<i64>> {
        match &self.data {
            Data::Int(v) => Some(v.to_vec()),
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
        let data = match &self.data {
            Data::Raw(_) => Data::F32(indices.map(|i| self.get(i) as f32).collect()),
            Data::F32(v) => Data::F32(indices.map(|i| v.get(i).copied().unwrap_or(0.0)).collect()),
            Data::F64(v) => Data::F64(indices.map(|i| v.get(i).copied().unwrap_or(0.0)).collect()),
            Data::Int(v) => Data::Int(indices.map(|i| v.get(i).copied().unwrap_or(0)).collect()),
            Data::Bool(v) => Data::Bool(indices.map(|i| v.get(i).copied().unwrap_or(false)).collect()),
        };
        Self { dims, data }
    }

    /// Bits of element `i`: equal bits and kinds are equal elements.
    fn bits(&self, i: usize) -> u64 {
        match &self.data {
            Data::Int(v) => v.get(i).map_or(0, |&x| x as u64),
            _ => self.get(i).to_bits(),
        }
    }

    /// Whether both are the same constant, bit for bit.
    pub fn same(&self, other: &Self) -> bool {
        self.dims == other.dims
            && match (&self.data, &other.data) {
                (Data::Raw(a), Data::Raw(b)) => a == b,
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
    /// Elements that folding may still compute.
    room: Cell<usize>,
}

impl<'a> Decoder<'a> {
    /// For the constants of `file`.
    pub fn new(file: &'a ModelFile<'a>) -> Self {
        Self { file, beside: RefCell::default(), room: Cell::new(ROOM.saturating_add(file.bytes.len())) }
    }

    /// Elements that folding may still compute.
    pub fn room(&self) -> usize {
        self.room.get()
    }

    /// Notes that folding has computed `elements`; false if that is more than there was room for.
    pub fn take(&self, elements: usize) -> bool {
        let left = self.room.get().checked_sub(elements);
        self.room.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Decodes `tensor`, known to the user as `name`.
    ///
    /// # Errors
    /// A type that is not read, a length that disagrees with the dims, or an external file that cannot be had.
    pub fn tensor(&self, tensor: &TensorProto, name: &str) -> Result<Tensor, FrontendError> {
        let refuse = |error: NodeError| FrontendError::Node(at(name, "initializer", error));
        let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        let (Some(dims), Some(len)) = (dims.clone(), dims.as_deref().and_then(elements)) else {
            let found = format!("dims {:?}; expected sizes of 0 or more, at most {MAX_ELEMENTS} elements", tensor.dims);
            return Err(refuse(invalid(found, "export the model again")));
        };
        let width = match tensor.data_type {
            data_type::FLOAT | data_type::INT32 => 4,
            data_type::INT64 | data_type::DOUBLE => 8,
            data_type::BOOL => 1,
            other => {
                let found = format!("tensor type {other}; read are float, double, int64, int32 and bool");
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
        let data = match (tensor.data_type, raw) {
            (data_type::FLOAT, Some(raw)) => Data::Raw(raw),
            (data_type::FLOAT, None) => Data::F32(tensor.float_data.as_slice().into()),
            (data_type::DOUBLE, Some(raw)) => Data::F64(raw.chunks_exact(8).map(|b| f64::from_bits(le(b))).collect()),
            (data_type::DOUBLE, None) => Data::F64(tensor.double_data.as_slice().into()),
            (data_type::INT64, Some(raw)) => Data::Int(raw.chunks_exact(8).map(|b| le(b) as i64).collect()),
            (data_type::INT64, None) => Data::Int(tensor.int64_data.as_slice().into()),
            (data_type::INT32, Some(raw)) => {
                Data::Int(raw.chunks_exact(4).map(|b| i64::from(le(b) as u32 as i32)).collect())
            }
            (data_type::INT32, None) => Data::Int(tensor.int32_data.iter().map(|&v| i64::from(v)).collect()),
            (_, Some(raw)) => Data::Bool(raw.iter().map(|&b| b != 0).collect()),
            (_, None) => Data::Bool(tensor.int32_data.iter().map(|&v| v != 0).collect()),
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
                self.room.set(self.room.get().saturating_add(bytes.len()));
                bytes
            }
        };
        match offset.checked_add(length) {
            Some(end) if end <= bytes.len() => Ok(bytes.slice(offset..end)),
            _ => Err(refuse(format!("bytes {offset} to {offset}+{length} of a file of {}", bytes.len()))),
        }
    }
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
        _ => tensor.int32_data.len(),
    }
}
