//! Signals that are no feature maps: rows of features (tokens), and matrices.
//!
//! A shape holds three axes. Rows `[tokens, features]` are `[tokens, 1, features]`; a layer on each row is a convolution of
//! one tap on `[features, 1, tokens]`, between two permutations.

use super::super::net::{Def, Fold, ValueId};
use super::{Part, PartId, Parts, Result};
use crate::ir::Shape;

/// The axes of a shape that the last axes of a tensor of so many are.
fn axes_of(rest: usize) -> &'static [usize] {
    match rest {
        1 => &[0],
        2 => &[0, 2],
        _ => &[0, 1, 2],
    }
}

impl Parts<'_> {
    /// The same elements as `shape`.
    pub(super) fn reshaped(&mut self, part: PartId, shape: Shape, id: ValueId) -> PartId {
        match self.parts[part] {
            (_, from, _) if from == shape => part,
            (Part::Reshape(inner), ..) => self.reshaped(inner, shape, id),
            _ if shape == Shape::vector(shape.len()) => self.part(Part::Flatten(part), shape, id),
            _ => self.part(Part::Reshape(part), shape, id),
        }
    }

    /// The elements in the order of other axes; two permutations in a row are one.
    fn permuted(&mut self, part: PartId, axes: [usize; 3], id: ValueId) -> PartId {
        if axes == [0, 1, 2] {
            return part;
        }
        if let Part::Permute(inner, first) = self.parts[part].0 {
            return self.permuted(inner, axes.map(|axis| first[axis]), id);
        }
        let from = self.parts[part].1;
        self.part(Part::Permute(part, axes), from.permuted(axes).unwrap_or(from), id)
    }

    /// Axes before the shape's own, all of size 1.
    fn leading(dims: &[usize]) -> usize {
        if dims.len() > 3 { dims.len() - 3 } else { usize::from(dims.len() > 1 && dims[0] == 1) }
    }

    /// A permutation of `source`, the part of the value `x`.
    ///
    /// # Errors
    /// One that moves the batch axis.
    pub(super) fn permute(&mut self, source: PartId, x: ValueId, perm: &[usize], id: ValueId) -> Result<PartId> {
        let dims = self.file.net.dims(x);
        let leading = Self::leading(dims);
        let shape = self.shape(x)?;
        let own = axes_of(dims.len() - leading);
        let mut axes = [0, 1, 2];
        for (to, &from) in perm[leading..].iter().enumerate() {
            let Some(from) = from.checked_sub(leading) else {
                return self.refuse(id, format!("axes in the order {perm:?}"), "the batch axis stays first");
            };
            axes[own[to]] = own[from];
        }
        let source = self.reshaped(source, shape, x);
        Ok(self.permuted(source, axes, id))
    }

    /// The product of two parts, of the values `a` and `b`.
    pub(super) fn product(&mut self, parts: [PartId; 2], values: [ValueId; 2], id: ValueId) -> Result<PartId> {
        let matrices = |dims: &[usize]| match dims {
            [leading @ .., m, k] => {
                let channels = leading.iter().product();
                Some(Shape::new(channels, *m, *k))
            }
            _ => None,
        };
        let shapes = values.map(|v| matrices(self.file.net.dims(v)));
        let [Some(left), Some(right)] = shapes else {
            return self.refuse(id, "a product of signals that are no matrices", "export the model again");
        };
        if left.channels != right.channels {
            return self.refuse(id, format!("a product of {left} and {right}"), "both need as many matrices");
        }
        let a = self.reshaped(parts[0], left, values[0]);
        let b = self.reshaped(parts[1], right, values[1]);
        let product = self.part(Part::Product(a, b), Shape::new(left.channels, left.height, right.width), id);
        let shape = self.shape(id)?;
        Ok(self.reshaped(product, shape, id))
    }

    /// A linear layer or a batch norm on each row of `source`.
    pub(super) fn rows(&mut self, def: Def, source: PartId, features: [usize; 2], id: ValueId) -> Result<PartId> {
        let rows = self.parts[source].1.len() / features[0];
        let taken = self.reshaped(source, Shape::new(rows, 1, features[0]), id);
        let taken = self.permuted(taken, [2, 1, 0], id);
        let layer = self.part(Part::Rows(def.map(|_| taken)), Shape::new(features[1], 1, rows), id);
        let given = self.permuted(layer, [2, 1, 0], id);
        let shape = self.shape(id)?;
        Ok(self.reshaped(given, shape, id))
    }

    /// One axis of `source`, the part of the value `x`, made one.
    pub(super) fn fold(&mut self, source: PartId, x: ValueId, axis: usize, fold: Fold, id: ValueId) -> Result<PartId> {
        let dims = self.file.net.dims(x);
        let leading = Self::leading(dims);
        let shape = self.shape(x)?;
        let Some(&axis) = axis.checked_sub(leading).and_then(|axis| axes_of(dims.len() - leading).get(axis)) else {
            return self.refuse(id, format!("axis {axis} of {dims:?} made one"), "the batch axis stays as it is");
        };
        let [a, b] = match axis {
            0 => [1, 2],
            1 => [0, 2],
            _ => [0, 1],
        };
        let source = self.reshaped(source, shape, x);
        let source = self.permuted(source, [a, b, axis], id);
        let Shape { channels, height, .. } = self.parts[source].1;
        let folded = self.part(Part::Fold(source, fold), Shape::new(channels, height, 1), id);
        let shape = self.shape(id)?;
        Ok(self.reshaped(folded, shape, id))
    }
}
