//! Time in an axis: an operation on stacked timesteps becomes the operation on each of them.
//!
//! Frameworks run `[timesteps, batch, ..]` at once, folded into the batch axis for layers. What is stacked, or comes from
//! a sequence input, is taken apart; a batch of several samples is nothing of the kind and is left alone.

use super::{Def, Net, ValueId};
use crate::frontend::onnx::ops::broadcast;

/// Timesteps beyond which nothing is unrolled.
pub const MAX_STEPS: usize = 4096;

/// References between a stack and its parts that one file may ask for.
const MAX_STACKED: usize = 1 << 22;

impl Net {
    /// Whether `count` parts may be stacked, once more.
    pub fn is_stackable(&mut self, count: usize) -> bool {
        if count > MAX_STEPS || self.stacked + count > MAX_STACKED {
            return false;
        }
        self.stacked += count;
        true
    }

    /// The parts of a stack along its first axis, or its second where the first is 1, and that axis.
    pub fn stack(&self, x: ValueId) -> Option<(Vec<ValueId>, usize)> {
        match &self.values[x].def {
            Def::Concat { parts, axis } if *axis < 2 && self.dims(x)[..*axis].iter().all(|&d| d == 1) => {
                Some((parts.clone(), *axis))
            }
            _ => None,
        }
    }

    /// Whether the first axis of `x` is timesteps: stacked, or of an input `[timesteps, 1, ..]` or `[1, timesteps, ..]`.
    pub fn is_over_time(&self, x: ValueId) -> bool {
        let mut stack = vec![x];
        for _ in 0..256 {
            let Some(id) = stack.pop() else { return false };
            let dims = self.dims(id);
            match &self.values[id].def {
                Def::Concat { axis, .. } if dims[..*axis].iter().all(|&d| d == 1) => return true,
                Def::Input(_) if matches!(dims, [t, 1, ..] | [1, t, ..] if *t > 1) && matches!(dims.len(), 3 | 5) => {
                    return true;
                }
                Def::Reshape(inner) => stack.push(*inner),
                Def::Permute { x, .. } | Def::Reduce { x, .. } | Def::Take { x, .. } => stack.push(*x),
                def if def.is_elementwise() || super::moves::is_pointwise(def) => stack.extend(def.operands()),
                _ => {}
            }
        }
        false
    }

    /// The timesteps along the first axis of `x`, each `[1, ..]`, if that is what the axis is.
    pub fn timesteps(&mut self, x: ValueId) -> Option<Vec<ValueId>> {
        let count = *self.dims(x).first()?;
        if count < 2 || !self.is_over_time(x) || !self.is_stackable(count) {
            return None;
        }
        Some((0..count).map(|t| self.part(x, 0, t)).collect())
    }

    /// An elementwise operation of shape `dims`: where an operand is a stack, part by part.
    pub fn pointwise(&mut self, def: Def, dims: Vec<usize>) -> ValueId {
        let operands = def.operands();
        let rank = dims.len();
        let stacked = operands.iter().find_map(|&o| {
            let (parts, axis) = self.stack(o)?;
            Some((parts, axis + rank - self.dims(o).len()))
        });
        let Some((parts, axis)) = stacked.filter(|(_, axis)| *axis < 2) else { return self.value(def, dims) };
        let own = |net: &Net, o: ValueId| (axis + net.dims(o).len()).checked_sub(rank);
        // Other signals that vary along this axis must be stacks of as many parts, or be made of such.
        let apart = |net: &Net, o: ValueId| match own(net, o) {
            Some(at) if net.dims(o)[at] != 1 => {
                net.as_constant(o).is_some() || net.is_over_time(o) || net.stack(o).is_some()
            }
            _ => true,
        };
        let total: usize = dims[axis];
        let sizes: Vec<usize> = parts.iter().map(|&p| self.dims(p)[axis + self.dims(p).len() - rank]).collect();
        if sizes.iter().sum::<usize>() != total
            || !operands.iter().all(|&o| apart(self, o))
            || !self.is_stackable(parts.len())
        {
            return self.value(def, dims);
        }
        let mut start = 0;
        let mut results = Vec::with_capacity(sizes.len());
        for size in sizes {
            let mut ranges = Vec::with_capacity(operands.len());
            for &o in &operands {
                ranges.push(match own(self, o) {
                    Some(at) if self.dims(o)[at] != 1 => self.take(o, at, (start..start + size).collect()),
                    _ => o,
                });
            }
            start += size;
            let mut ranges = ranges.into_iter();
            let def = def.map(|id| ranges.next().unwrap_or(id));
            let mut part = dims.clone();
            part[axis] = size;
            results.push(self.pointwise(def, part));
        }
        self.value(Def::Concat { parts: results, axis }, dims)
    }

    /// The product of two signals: matrices on the last two axes; part by part where an axis before them is stacked.
    pub fn product(&mut self, a: ValueId, b: ValueId) -> Option<ValueId> {
        let (left, right) = (self.dims(a).to_vec(), self.dims(b).to_vec());
        let (&[ref outer_a @ .., rows, inner], &[ref outer_b @ .., inner_b, columns]) = (&left[..], &right[..]) else {
            return None;
        };
        if inner != inner_b {
            return None;
        }
        let mut dims = broadcast(outer_a, outer_b)?;
        let outer = dims.len();
        dims.extend([rows, columns]);
        let stack = [a, b].into_iter().find_map(|o| {
            let (parts, axis) = self.stack(o)?;
            (axis + 2 < self.dims(o).len()).then(|| (parts.len(), axis + outer + 2 - self.dims(o).len()))
        });
        match stack {
            Some((parts, axis)) if parts == dims[axis] && axis < outer && self.is_stackable(parts) => {
                let mut results = Vec::with_capacity(parts);
                for i in 0..parts {
                    let [a, b] = [a, b].map(|o| match (axis + self.dims(o).len()).checked_sub(dims.len()) {
                        Some(at) if self.dims(o)[at] != 1 => self.part(o, at, i),
                        _ => o,
                    });
                    results.push(self.product(a, b)?);
                }
                Some(self.value(Def::Concat { parts: results, axis }, dims))
            }
            _ => Some(self.value(Def::Product(a, b), dims)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::tensor::Tensor;

    #[test]
    fn an_empty_part_of_a_stack_is_no_part() {
        let mut net = Net::default();
        let x = net.value(Def::Input(0), vec![2, 4]);
        let nothing = net.constant_value(Tensor::scalar(0.0).pick(vec![0, 4], std::iter::empty()));
        let both = net.value(Def::Concat { parts: vec![x, nothing], axis: 0 }, vec![2, 4]);
        let sum = net.pointwise(Def::Add(both, both), vec![2, 4]);
        assert_eq!(sum, net.value(Def::Add(x, x), vec![2, 4]));
    }

    #[test]
    fn arithmetic_on_stacked_timesteps_is_arithmetic_on_each() {
        let mut net = Net::default();
        let steps: Vec<ValueId> = (0..2).map(|i| net.value(Def::Input(i), vec![1, 4])).collect();
        let stack = net.value(Def::Concat { parts: steps.clone(), axis: 0 }, vec![2, 4]);
        let shift = net.constant_value(Tensor::ints(&[1, 2]).reshaped(vec![2, 1]));
        let sum = net.pointwise(Def::Add(stack, shift), vec![2, 4]);
        let ones: Vec<ValueId> = (0..2).map(|t| net.part(shift, 0, t)).collect();
        let each: Vec<ValueId> = (0..2).map(|t| net.value(Def::Add(steps[t], ones[t]), vec![1, 4])).collect();
        assert_eq!(net.values[sum].def, Def::Concat { parts: each, axis: 0 });
    }

    #[test]
    fn only_a_sequence_is_timesteps_a_batch_is_not() {
        let mut net = Net::default();
        let mut over_time = |dims: &[usize]| {
            let x = net.value(Def::Input(dims.len()), dims.to_vec());
            net.timesteps(x).map(|steps| steps.len())
        };
        assert_eq!(over_time(&[3, 1, 784]), Some(3));
        assert_eq!(over_time(&[4, 1, 2, 34, 34]), Some(4));
        assert_eq!(over_time(&[4, 1, 28, 28]), None);
        assert_eq!(over_time(&[4, 784]), None);
    }

    #[test]
    fn a_product_of_two_stacks_is_a_product_per_timestep() {
        let mut net = Net::default();
        let mut stack = |first: usize, dims: [usize; 3]| {
            let parts: Vec<ValueId> = (first..first + 2).map(|i| net.value(Def::Input(i), dims.to_vec())).collect();
            net.value(Def::Concat { parts, axis: 0 }, vec![2, dims[1], dims[2]])
        };
        let (a, b) = (stack(0, [1, 3, 4]), stack(2, [1, 4, 5]));
        let product = net.product(a, b).expect("shapes that fit");
        assert_eq!(net.dims(product), [2, 3, 5]);
        let Def::Concat { parts, axis: 0 } = net.values[product].def.clone() else { panic!("a stack") };
        assert!(parts.iter().all(|&p| matches!(net.values[p].def, Def::Product(..)) && net.dims(p) == [1, 3, 5]));
        assert_eq!(net.product(a, a), None);
    }
}
