//! Constants: never copied before they change.

mod decode;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;

pub use decode::Decoder;

use super::proto::data_type;

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

#[cfg(test)]
mod tests {
    use super::*;

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
