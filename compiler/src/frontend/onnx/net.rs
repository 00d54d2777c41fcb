//! The dataflow in single-assignment form: values by number, operands before users, equal expressions one value.
//!
//! Shapes are static and keep ONNX' batch axis, with batch 1; time is unrolled. Everything constant has been folded: a
//! constant operand of a layer is a [`ConstId`], and constants that are equal bit for bit are one. What is built here is
//! in a normal form, made by small passes while it is built:
//!
//! | pass | where |
//! |---|---|
//! | constant folding | `ops/fold.rs` |
//! | equal expressions are one value, equal constants one constant | [`Net::value`], [`Net::constant`] |
//! | operations that change nothing, and what two of them together are | [`simplify`], a rule each |
//! | a selection goes to where its elements come from; what is stacked stays stacked | [`moves`] |
//! | an operation on stacked timesteps is the operation on each of them | [`steps`] |

mod def;
mod moves;
mod simplify;
mod steps;

use std::collections::HashMap;

pub use def::{Def, Fold, Head, Real, Rounding, taps, window};

pub use steps::MAX_STEPS;

use super::tensor::Tensor;

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
    /// References between stacks and their parts made so far.
    pub stacked: usize,
    /// Elements that folding has computed.
    pub made: usize,
    known: HashMap<(Def, Dims), ValueId>,
    /// Selections made so far: of a value, along an axis, at an index.
    selected: HashMap<(ValueId, usize, usize), ValueId>,
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

impl Net {
    /// The value of `def`, simplified: a known one if there is one.
    pub fn value(&mut self, def: Def, dims: Dims) -> ValueId {
        if let Some(simpler) = simplify::simplified(self, &def, &dims) {
            return simpler;
        }
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
}
