//! An HDF5 file as a tree of groups, numbers and texts, read under limits.
//!
//! The format itself is `hdf5-pure`'s business; it neither panics nor runs away on damaged files, but allocates what a
//! dataset *declares*. So every declared size is looked at first: elements, chunk, and the sum over all datasets, since
//! compressed constants and shared blocks let a small file declare much.

use std::collections::BTreeMap;

use hdf5_pure::{DType, Dataset, File, VlenStringReadOptions};

/// The first bytes of an HDF5 file.
pub const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Groups inside groups, at most: a nested NIR graph takes two levels.
const MAX_DEPTH: usize = 48;

/// Groups and datasets, at most.
const MAX_ITEMS: usize = 1 << 15;

/// Bytes of all datasets together for every byte of the file: equal parameters of every neuron compress well.
const MAX_EXPANSION: u64 = 64;

/// Bytes of all datasets together that a file of any size may have.
const SMALL: u64 = 1 << 26;

/// Elements of a dataset of texts, and bytes of each dataset's texts.
const MAX_TEXTS: usize = 1 << 18;

/// A group's members by name.
pub type Group = BTreeMap<String, Item>;

/// A member of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A group.
    Group(Group),
    /// A dataset of numbers.
    Numbers(Array),
    /// A dataset of texts, row-major.
    Texts(Vec<String>),
    /// A dataset of a type that NIR does not use: its name.
    Other(String),
}

/// Numbers of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its axes; none of a scalar.
    pub shape: Vec<usize>,
    /// Row-major; a single one where all are equal.
    pub values: Values,
}

/// The numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `float32`.
    F32(Vec<f32>),
    /// `float64`.
    F64(Vec<f64>),
    /// Any integer that fits 64 bits, signed.
    Integer(Vec<i64>),
}

impl Array {
    /// A scalar.
    pub fn scalar(value: f64) -> Self {
        Self { shape: vec![], values: Values::F64(vec![value]) }
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The element `index`, row-major.
    pub fn get(&self, index: usize) -> f64 {
        fn at<T: Copy>(values: &[T], index: usize) -> T {
            if values.len() == 1 { values[0] } else { values[index] }
        }
        match &self.values {
            Values::F32(values) => at(values, index).into(),
            Values::F64(values) => at(values, index),
            Values::Integer(values) => at(values, index) as f64,
        }
    }

    /// The one number that every element is.
    pub fn same(&self) -> Option<f64> {
        let kept = match &self.values {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::Integer(values) => values.len(),
        };
        (kept == 1 && self.len() > 0).then(|| self.get(0))
    }

    /// Every element, as the graph keeps weights.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.values {
            Values::F32(values) if values.len() == self.len() => values.clone(),
            _ => (0..self.len()).map(|index| self.get(index) as f32).collect(),
        }
    }
}

/// Reads a whole file.
///
/// # Errors
/// What is damaged, or too large.
pub fn read(bytes: &[u8]) -> Result<Group, String> {
    let file = File::from_bytes(bytes.to_vec()).map_err(|error| error.to_string())?;
    let budget = SMALL.max(MAX_EXPANSION.saturating_mul(bytes.len() as u64));
    let mut reader = Reader { budget, items: 0 };
    reader.group(&file.root(), 0)
}

/// What may still be read.
struct Reader {
    budget: u64,
    items: usize,
}

impl Reader {
    fn group(&mut self, group: &hdf5_pure::Group, depth: usize) -> Result<Group, String> {
        if depth > MAX_DEPTH {
            return Err(format!("groups inside groups deeper than {MAX_DEPTH} levels"));
        }
        let mut members = Group::new();
        let damaged = |error: hdf5_pure::Error| error.to_string();
        for (name, dataset) in group.iter_datasets().map_err(damaged)? {
            self.count()?;
            let item = self.dataset(&dataset).map_err(|found| format!("dataset `{name}`: {found}"))?;
            members.insert(name, item);
        }
        for (name, inner) in group.iter_groups().map_err(damaged)? {
            self.count()?;
            let inner = self.group(&inner, depth + 1)?;
            members.insert(name, Item::Group(inner));
        }
        Ok(members)
    }

    fn count(&mut self) -> Result<(), String> {
        self.items += 1;
        match self.items <= MAX_ITEMS {
            true => Ok(()),
            false => Err(format!("more than {MAX_ITEMS} groups and datasets")),
        }
    }

    /// Takes the bytes of `shape` from the budget and returns its elements.
    fn afford(&mut self, shape: &[u64], size: u64) -> Result<u64, String> {
        let elements = shape.iter().try_fold(1u64, |product, &axis| product.checked_mul(axis));
        let bytes = elements.and_then(|n| n.checked_mul(size));
        match (elements, bytes.and_then(|bytes| self.budget.checked_sub(bytes))) {
            (Some(elements), Some(left)) => {
                self.budget = left;
                Ok(elements)
            }
            _ => Err(format!("shape {shape:?}, more than a file of this size can hold")),
        }
    }

    fn dataset(&mut self, dataset: &Dataset) -> Result<Item, String> {
        let damaged = |error: hdf5_pure::Error| error.to_string();
        let (shape, dtype) = (dataset.shape().map_err(damaged)?, dataset.dtype().map_err(damaged)?);
        let size = dataset.element_size().map_err(damaged)?.max(1);
        if let Some(chunk) = dataset.chunk_shape().map_err(damaged)? {
            // a chunk is decompressed whole, whatever part of it the dataset needs
            let left = self.budget;
            self.afford(&chunk, size)?;
            self.budget = left;
        }
        let elements = self.afford(&shape, size)?;
        let values = match dtype {
            DType::F32 => Values::F32(one_if_equal(dataset.read_f32().map_err(damaged)?, |x| u64::from(x.to_bits()))),
            DType::F64 => Values::F64(one_if_equal(dataset.read_f64().map_err(damaged)?, |x| x.to_bits())),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
                Values::Integer(one_if_equal(dataset.read_i64().map_err(damaged)?, |x| x as u64))
            }
            DType::VariableLengthString => {
                let limits = VlenStringReadOptions::new().with_max_elements(MAX_TEXTS).with_max_payload_bytes(1 << 24);
                return Ok(Item::Texts(dataset.read_vlen_strings(limits).map_err(damaged)?));
            }
            DType::String if elements <= MAX_TEXTS as u64 => {
                return Ok(Item::Texts(dataset.read_string().map_err(damaged)?));
            }
            other => return Ok(Item::Other(other.to_string())),
        };
        let shape: Vec<usize> = shape.iter().map(|&axis| axis as usize).collect();
        let array = Array { shape, values };
        let read = match &array.values {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::Integer(values) => values.len(),
        };
        match read == array.len() || (read == 1 && array.len() > 0) {
            true => Ok(Item::Numbers(array)),
            false => Err(format!("{read} elements of shape {:?}", array.shape)),
        }
    }
}

/// A single element where all are the same bits.
fn one_if_equal<T: Copy>(mut values: Vec<T>, bits: impl Fn(T) -> u64) -> Vec<T> {
    if let Some(&first) = values.first()
        && values.iter().all(|&value| bits(value) == bits(first))
    {
        values = vec![first];
    }
    values
}
