//! The dataflow in single-assignment form: values by number, operands before users, equal expressions one value.
//!
//! Shapes keep ONNX' batch axis, with batch 1. Everything constant has been folded: a constant operand of a layer is a
//! [`ConstId`], and constants that are equal bit for bit are one.

use std::collections::HashMap;

use super::tensor::Tensor;
use crate::ir::Window;

/// Index into [`Net::values`].
pub type ValueId = usize;
/// Index into [`Net::constants`].
pub type ConstId = usize;
/// Sizes of axes.
pub type Dims = Vec<usize>;

/// A node of constant operands: its operation, its encoded attributes, its operands.
pub type Folded = (String, Vec<u8>, Vec<Option<ValueId>>);

/// The dataflow of a file.
#[derive(Default)]
pub struct Net {
    /// Values, operands first.
    pub values: Vec<Value>,
    /// Constants.
    pub constants: Vec<Tensor>,
    /// Results of folded nodes.
    pub folded: HashMap<Folded, Vec<ValueId>>,
    /// Elements that folding has computed.
    pub made: usize,
    known: HashMap<(Def, Dims), ValueId>,
    known_constants: HashMap<u64, Vec<ConstId>>,
}

/// A value.
pub struct Value {
    /// What it is.
    pub def: Def,
    /// Sizes of its axes.
    pub dims: Dims,
    /// The ONNX nodes that compute it, by number: several where they say the same.
    pub nodes: Vec<usize>,
}

/// What a value is. `x`, `a`, `b` and `parts` are values, weights and parameters are constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Def {
    /// A graph input, by number.
    Input(usize),
    /// A constant.
    Const(ConstId),
    /// `a + b`, with broadcasting.
    Add(ValueId, ValueId),
    /// `a - b`.
    Sub(ValueId, ValueId),
    /// `a * b`.
    Mul(ValueId, ValueId),
    /// `a / b`.
    Div(ValueId, ValueId),
    /// `-a`.
    Neg(ValueId),
    /// 1 where `a > b` (`a >= b` if `or_equal`), else 0.
    Greater { a: ValueId, b: ValueId, or_equal: bool },
    /// `1 - a` of a value of 0 or 1.
    Not(ValueId),
    /// `a` where the condition holds, else `b`.
    Where(ValueId, ValueId, ValueId),
    /// `y = W x + bias`; `weight` is `[fan_out, fan_in]`, or `[fan_in, fan_out]` if `transposed`.
    Linear { x: ValueId, weight: ConstId, transposed: bool, bias: Option<ConstId> },
    /// A convolution; `weight` is `[channels_out, channels_in / groups, (height,) width]`.
    Conv { x: ValueId, weight: ConstId, bias: Option<ConstId>, window: Taps, groups: usize },
    /// `scale * x + shift` per channel.
    BatchNorm { x: ValueId, scale: ConstId, shift: ConstId },
    /// Maximum over windows.
    MaxPool { x: ValueId, window: Taps },
    /// Mean over windows.
    AvgPool { x: ValueId, window: Taps, count_include_pad: bool },
    /// The same elements with other axes.
    Reshape(ValueId),
    /// The elements at `index` of `axis`, without that axis.
    Select { x: ValueId, axis: usize, index: usize },
    /// One after the other along `axis`.
    Concat { parts: Vec<ValueId>, axis: usize },
    /// The elementwise maximum of `parts`.
    Maximum(Vec<ValueId>),
}

/// A [`Window`] as a key of equality.
pub type Taps = [[usize; 2]; 5];

/// The window of its taps.
pub fn window(taps: Taps) -> Window {
    let [kernel, stride, pad_begin, pad_end, dilation] = taps;
    Window { kernel, stride, pad_begin, pad_end, dilation }
}

/// The taps of a window.
pub fn taps(window: &Window) -> Taps {
    [window.kernel, window.stride, window.pad_begin, window.pad_end, window.dilation]
}

impl Def {
    /// The values it is made of.
    pub fn operands(&self) -> Vec<ValueId> {
        let mut operands = Vec::new();
        let _ = self.map(|id| {
            operands.push(id);
            id
        });
        operands
    }

    /// The same with other operands.
    pub fn map(&self, mut f: impl FnMut(ValueId) -> ValueId) -> Self {
        let mut out = self.clone();
        match &mut out {
            Def::Input(_) | Def::Const(_) => {}
            Def::Add(a, b) | Def::Sub(a, b) | Def::Mul(a, b) | Def::Div(a, b) | Def::Greater { a, b, .. } => {
                *a = f(*a);
                *b = f(*b);
            }
            Def::Where(c, a, b) => {
                *c = f(*c);
                *a = f(*a);
                *b = f(*b);
            }
            Def::Neg(x)
            | Def::Not(x)
            | Def::Reshape(x)
            | Def::Linear { x, .. }
            | Def::Conv { x, .. }
            | Def::BatchNorm { x, .. }
            | Def::MaxPool { x, .. }
            | Def::AvgPool { x, .. }
            | Def::Select { x, .. } => *x = f(*x),
            Def::Concat { parts, .. } | Def::Maximum(parts) => parts.iter_mut().for_each(|p| *p = f(*p)),
        }
        out
    }

    /// Whether it is computed element by element from its operands: what the state algebra looks into.
    pub fn is_elementwise(&self) -> bool {
        match self {
            Def::Const(_)
            | Def::Add(..)
            | Def::Sub(..)
            | Def::Mul(..)
            | Def::Div(..)
            | Def::Neg(_)
            | Def::Greater { .. }
            | Def::Not(_)
            | Def::Where(..) => true,
            Def::Input(_)
            | Def::Linear { .. }
            | Def::Conv { .. }
            | Def::BatchNorm { .. }
            | Def::MaxPool { .. }
            | Def::AvgPool { .. }
            | Def::Reshape(_)
            | Def::Select { .. }
            | Def::Concat { .. }
            | Def::Maximum(_) => false,
        }
    }
}

impl Net {
    /// The value of `def`: a known one if there is one.
    pub fn value(&mut self, def: Def, dims: Dims) -> ValueId {
        let key = (def, dims);
        if let Some(&id) = self.known.get(&key) {
            return id;
        }
        let id = self.values.len();
        self.values.push(Value { def: key.0.clone(), dims: key.1.clone(), nodes: Vec::new() });
        self.known.insert(key, id);
        id
    }

    /// The constant equal to `tensor`.
    pub fn constant(&mut self, tensor: Tensor) -> ConstId {
        let candidates = self.known_constants.entry(tensor.fingerprint()).or_default();
        if let Some(&id) = candidates.iter().find(|&&id| self.constants[id].same(&tensor)) {
            return id;
        }
        let id = self.constants.len();
        candidates.push(id);
        self.constants.push(tensor);
        id
    }

    /// The value of a constant.
    pub fn constant_value(&mut self, tensor: Tensor) -> ValueId {
        let dims = tensor.dims.clone();
        let id = self.constant(tensor);
        self.value(Def::Const(id), dims)
    }

    /// The constant that `id` is, if it is one.
    pub fn as_constant(&self, id: ValueId) -> Option<&Tensor> {
        match self.values[id].def {
            Def::Const(c) => Some(&self.constants[c]),
            _ => None,
        }
    }

    /// Sizes of the axes of `id`.
    pub fn dims(&self, id: ValueId) -> &[usize] {
        &self.values[id].dims
    }

    /// `x` with other axes (as many elements); a reshape of a reshape is one.
    pub fn reshape(&mut self, x: ValueId, dims: Dims) -> ValueId {
        if self.values[x].dims == dims {
            return x;
        }
        match self.values[x].def {
            Def::Reshape(inner) => self.reshape(inner, dims),
            Def::Const(c) => {
                let tensor = self.constants[c].reshaped(dims);
                self.constant_value(tensor)
            }
            _ => self.value(Def::Reshape(x), dims),
        }
    }
}
