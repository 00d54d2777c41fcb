//! The file that native models and compiled networks are kept in: safetensors, whose metadata holds a JSON text.
//!
//! The metadata key is [`KEY`]; the text is an object whose `kind` says what the file is and whose `version` how it is
//! written. Tables lie in tensors that the text names; every tensor belongs to something.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Key of the text in the file's metadata.
pub const KEY: &str = "snnc";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A native model: [`crate::frontend::native`].
    Graph,
    /// A compiled network: [`crate::compiled_file`].
    Program,
}

impl Kind {
    /// Value of `kind` in the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Graph => "graph",
            Kind::Program => "program",
        }
    }

    /// The version that is written, and the only one that is read.
    #[must_use]
    pub const fn version(self) -> u64 {
        match self {
            Kind::Graph | Kind::Program => 1,
        }
    }
}

/// Whether bytes start as a safetensors file does.
#[must_use]
pub fn is_container(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length <= bytes.len() as u64 - 8) && bytes.get(8) == Some(&b'{')
}

/// What a file says it holds, where it is one of ours.
#[must_use]
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    let text = Container::open(bytes).ok()?.text;
    let found = text.get("kind")?.as_str()?;
    [Kind::Graph, Kind::Program].into_iter().find(|kind| kind.name() == found)
}

/// An open file.
pub struct Container<'a> {
    metadata: Metadata,
    data: &'a [u8],
    text: Value,
    used: RefCell<BTreeSet<String>>,
}

/// A tensor of an open file. Every axis is 1 or more, so no axis is longer than the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor<'a> {
    /// Type of its numbers.
    pub dtype: Dtype,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Its numbers, row-major, little-endian.
    pub bytes: &'a [u8],
}

impl<'a> Container<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// What was found instead of the container.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let (length, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let data = bytes.get(8 + length..).ok_or("its header is longer than the file")?;
        let text = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let text = text.ok_or_else(|| format!("a safetensors file without `{KEY}` in its metadata"))?;
        let text =
            serde_json::from_str(text).map_err(|error| format!("`{KEY}` in its metadata is no JSON: {error}"))?;
        Ok(Self { metadata, data, text, used: RefCell::default() })
    }

    /// Takes the text apart as what `kind` says, after a look at `kind` and `version`.
    ///
    /// # Errors
    /// What was found, and what was expected.
    pub fn text<T: DeserializeOwned>(&mut self, kind: Kind) -> Result<T, String> {
        let Value::Object(mut text) = self.text.take() else { return Err(format!("`{KEY}` is no JSON object")) };
        let found = text.remove("kind");
        if found.as_ref().and_then(Value::as_str) != Some(kind.name()) {
            let found = found.map_or("nothing".into(), |found| found.to_string());
            return Err(format!("`kind` is {found}, expected \"{}\"", kind.name()));
        }
        let found = text.remove("version");
        if found.as_ref().and_then(Value::as_u64) != Some(kind.version()) {
            let found = found.map_or("nothing".into(), |found| found.to_string());
            return Err(format!("`version` is {found}, this snnc reads {}", kind.version()));
        }
        serde_json::from_value(Value::Object(text)).map_err(|error| error.to_string())
    }

    /// The tensor `name`.
    ///
    /// # Errors
    /// If there is none, or it is empty.
    pub fn tensor(&self, name: &str) -> Result<Tensor<'a>, String> {
        let info = self.metadata.info(name).ok_or_else(|| format!("there is no tensor `{name}` in the file"))?;
        let bytes = self.data.get(info.data_offsets.0..info.data_offsets.1).unwrap_or_default();
        if bytes.is_empty() {
            return Err(format!("tensor `{name}` of shape {:?} is empty", info.shape));
        }
        self.used.borrow_mut().insert(name.into());
        Ok(Tensor { dtype: info.dtype, shape: info.shape.clone(), bytes })
    }

    /// The numbers of the tensor `name`, which has `axes` axes.
    ///
    /// # Errors
    /// If there is none, of another type or number of axes.
    pub fn numbers<T: Number>(&self, name: &str, axes: usize) -> Result<(Vec<usize>, Vec<T>), String> {
        let tensor = self.tensor(name)?;
        if tensor.dtype != T::DTYPE || tensor.shape.len() != axes {
            let (dtype, shape) = (tensor.dtype, tensor.shape);
            return Err(format!(
                "tensor `{name}` is {dtype} of shape {shape:?}, expected {} with {axes} axes",
                T::DTYPE
            ));
        }
        Ok((tensor.shape, T::read(tensor.bytes)))
    }

    /// Checks that every tensor was taken: one that belongs to nothing is a misspelt name.
    ///
    /// # Errors
    /// The first, by name, that was not.
    pub fn finish(&self) -> Result<(), String> {
        let names: BTreeSet<String> = self.metadata.offset_keys().into_iter().collect();
        match names.difference(&self.used.borrow()).next() {
            Some(name) => Err(format!("tensor `{name}` belongs to nothing: no node names it")),
            None => Ok(()),
        }
    }
}

/// A number that a tensor holds.
pub trait Number: Sized {
    /// Its type in the file.
    const DTYPE: Dtype;
    /// Little-endian bytes to numbers.
    fn read(bytes: &[u8]) -> Vec<Self>;
    /// Numbers to little-endian bytes.
    fn write(numbers: &[Self]) -> Vec<u8>;
}

macro_rules! number {
    ($($type:ty: $dtype:ident),*) => {$(
        impl Number for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|bytes| <$type>::from_le_bytes(*bytes)).collect()
            }
            fn write(numbers: &[Self]) -> Vec<u8> {
                numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
            }
        }
    )*};
}
number!(f32: F32, i8: I8, u8: U8, i32: I32, u32: U32);

/// A file being written.
#[derive(Default)]
pub struct Builder {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Builder {
    /// Adds a tensor and returns its name.
    ///
    /// # Panics
    /// If there is nothing in it: such a file could not be read again.
    pub fn add<T: Number>(&mut self, name: String, shape: &[usize], numbers: &[T]) -> String {
        assert!(!numbers.is_empty(), "tensor `{name}` is empty");
        self.tensors.push((name.clone(), T::DTYPE, shape.to_vec(), T::write(numbers)));
        name
    }

    /// As [`Self::add`], of a row of numbers; no tensor of none.
    pub fn add_or_none<T: Number>(&mut self, name: String, numbers: &[T]) -> Option<String> {
        (!numbers.is_empty()).then(|| self.add(name, &[numbers.len()], numbers))
    }

    /// The file: the same bytes for the same tensors and text.
    ///
    /// # Errors
    /// A text or a tensor that the format cannot hold.
    pub fn finish<T: Serialize>(&self, kind: Kind, text: &T) -> Result<Vec<u8>, String> {
        #[derive(Serialize)]
        struct Text<'t, T> {
            kind: &'static str,
            version: u64,
            #[serde(flatten)]
            text: &'t T,
        }
        let text = Text { kind: kind.name(), version: kind.version(), text };
        let text = serde_json::to_string(&text).map_err(|error| error.to_string())?;
        let views: Result<Vec<_>, _> = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect();
        let metadata = HashMap::from([(KEY.into(), text)]); // of one entry: it has one order
        views
            .and_then(|views| safetensors::serialize(views, Some(metadata)))
            .map_err(|error: safetensors::SafeTensorError| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, tensors: &[(&str, &[usize], &[i8])]) -> Vec<u8> {
        let bytes: Vec<_> = tensors.iter().map(|(name, shape, numbers)| (name, shape, i8::write(numbers))).collect();
        let view = |shape: &[usize], bytes| TensorView::new(Dtype::I8, shape.to_vec(), bytes).expect("it fits");
        let views: Vec<_> = bytes.iter().map(|(name, shape, bytes)| (**name, view(shape, bytes))).collect();
        safetensors::serialize(views, Some(HashMap::from([(KEY.into(), text.into())]))).expect("it is sound")
    }

    fn refused(text: &str) -> String {
        let bytes = file(text, &[]);
        let opened =
            Container::open(&bytes).and_then(|mut container| container.text::<HashMap<String, u8>>(Kind::Graph));
        opened.expect_err("refused")
    }

    #[test]
    fn kind_and_version_are_looked_at_first() {
        insta::assert_snapshot!(refused("{"), @"`snnc` in its metadata is no JSON: EOF while parsing an object at line 1 column 1");
        insta::assert_snapshot!(refused("[]"), @"`snnc` is no JSON object");
        insta::assert_snapshot!(refused("{}"), @r#"`kind` is nothing, expected "graph""#);
        insta::assert_snapshot!(refused(r#"{"kind": "program"}"#), @r#"`kind` is "program", expected "graph""#);
        insta::assert_snapshot!(refused(r#"{"kind": "graph", "version": 2}"#), @"`version` is 2, this snnc reads 1");
        let bytes = file(r#"{"kind": "graph", "version": 1, "a": 5}"#, &[]);
        let mut container = Container::open(&bytes).expect("it is sound");
        assert_eq!(container.text::<HashMap<String, u8>>(Kind::Graph), Ok(HashMap::from([("a".into(), 5)])));
        assert_eq!(kind(&bytes), Some(Kind::Graph));
    }

    #[test]
    fn tensors_are_what_is_asked_for_and_none_is_left_over() {
        let bytes = file("{}", &[("w", &[2, 1], &[3, -4]), ("hole", &[1 << 40, 0], &[])]);
        let container = Container::open(&bytes).expect("it is sound");
        assert_eq!(container.finish(), Err("tensor `hole` belongs to nothing: no node names it".into()));
        assert_eq!(container.numbers::<i8>("w", 2), Ok((vec![2, 1], vec![3, -4])));
        let error = container.numbers::<f32>("w", 2).expect_err("other type");
        assert_eq!(error, "tensor `w` is I8 of shape [2, 1], expected F32 with 2 axes");
        assert!(container.numbers::<i8>("w", 1).is_err());
        assert_eq!(container.tensor("hole"), Err("tensor `hole` of shape [1099511627776, 0] is empty".into()));
        assert_eq!(container.tensor("v"), Err("there is no tensor `v` in the file".into()));
    }

    #[test]
    fn a_container_is_told_by_its_first_bytes() {
        let bytes = file("{}", &[]);
        assert!(is_container(&bytes));
        assert!(!is_container(&bytes[..bytes.len() - 1]));
        assert!(!is_container(b"\x08\x07\x12\x07pytorch") && !is_container(b""));
    }
}
