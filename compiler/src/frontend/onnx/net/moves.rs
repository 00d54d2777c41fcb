//! Operations that only move elements. A selection goes down to where its elements come from, so that what was stacked
//! and is taken apart again leaves nothing behind; a reshape of a stack is a stack of reshapes.

use super::{Def, Net, ValueId};

/// How deep a selection is followed; below it stays a selection.
const MAX_DEPTH: usize = 64;

impl Net {
    /// `x` with other axes (as many elements); a reshape of a reshape is one.
    pub fn reshape(&mut self, x: ValueId, dims: Vec<usize>) -> ValueId {
        if self.values[x].dims == dims {
            return x;
        }
        match &self.values[x].def {
            &Def::Reshape(inner) => self.reshape(inner, dims),
            &Def::Const(c) => {
                let tensor = self.constants[c].reshaped(dims);
                self.constant_value(tensor)
            }
            Def::Concat { parts, axis } => match self.restacked(parts, *axis, x, &dims) {
                Some((parts, axis, part_dims)) => {
                    let parts = parts.into_iter().map(|part| self.reshape(part, part_dims.clone())).collect();
                    self.value(Def::Concat { parts, axis }, dims)
                }
                None => self.value(Def::Reshape(x), dims),
            },
            _ => self.value(Def::Reshape(x), dims),
        }
    }

    /// How a stack of `parts` is a stack in the shape `dims`: parts, axis and the shape of each. Its parts must be of one
    /// shape, and lie one after the other in memory: axes before the stacked one are 1.
    fn restacked(
        &self,
        parts: &[ValueId],
        axis: usize,
        x: ValueId,
        dims: &[usize],
    ) -> Option<(Vec<ValueId>, usize, Vec<usize>)> {
        let ones = self.dims(x)[..axis].iter().all(|&d| d == 1);
        let first = self.dims(*parts.first()?);
        let to = dims.iter().position(|&d| d != 1)?;
        if !ones || !dims[to].is_multiple_of(parts.len()) || !parts.iter().all(|&part| self.dims(part) == first) {
            return None;
        }
        let mut part_dims = dims.to_vec();
        part_dims[to] /= parts.len();
        Some((parts.to_vec(), to, part_dims))
    }

    /// The elements at `index` of `axis` (in range), without that axis.
    pub fn select(&mut self, x: ValueId, axis: usize, index: usize) -> ValueId {
        self.select_within(x, axis, index, 0)
    }

    /// The elements at `index` of `axis`, which stays, of size 1.
    pub fn part(&mut self, x: ValueId, axis: usize, index: usize) -> ValueId {
        let mut dims = self.dims(x).to_vec();
        dims[axis] = 1;
        let one = self.select(x, axis, index);
        self.reshape(one, dims)
    }

    fn select_within(&mut self, x: ValueId, axis: usize, index: usize, depth: usize) -> ValueId {
        let mut dims = self.dims(x).to_vec();
        let size = dims.remove(axis);
        if size == 1 {
            return self.reshape(x, dims);
        }
        if let Some(&known) = self.selected.get(&(x, axis, index)) {
            return known;
        }
        let from = match depth < MAX_DEPTH {
            true => self.followed(x, axis, index, &dims, depth + 1),
            false => None,
        };
        let id = match from {
            Some(id) => self.reshape(id, dims),
            None => self.value(Def::Select { x, axis, index }, dims),
        };
        self.selected.insert((x, axis, index), id);
        id
    }

    /// Where the elements at `index` of `axis` come from, if that is one step further down.
    fn followed(&mut self, x: ValueId, axis: usize, index: usize, rest: &[usize], depth: usize) -> Option<ValueId> {
        let dims = self.dims(x).to_vec();
        let def = self.values[x].def.clone();
        match def {
            Def::Const(_) => Some(self.constant_range(x, axis, &[index])),
            Def::Concat { parts, axis: stacked } if stacked == axis => {
                let mut at = index;
                for part in parts {
                    let size = self.dims(part)[axis];
                    if at < size {
                        return Some(self.select_within(part, axis, at, depth));
                    }
                    at -= size;
                }
                None
            }
            Def::Concat { parts, axis: stacked } => {
                let parts = parts.into_iter().map(|part| self.select_within(part, axis, index, depth)).collect();
                let axis = stacked - usize::from(stacked > axis);
                Some(self.value(Def::Concat { parts, axis }, rest.to_vec()))
            }
            Def::Reshape(inner) => {
                // The axis of `inner` that begins where this one does, and is as long, or a multiple or a part of it.
                let from = self.dims(inner).to_vec();
                let before: usize = dims[..axis].iter().product();
                let mut product = 1;
                let found = from.iter().position(|&d| {
                    let here = product == before && d != 1;
                    product *= d;
                    here
                })?;
                let (size, long) = (dims[axis], from[found]);
                if long % size == 0 {
                    let each = long / size;
                    let indices: Vec<usize> = (index * each..(index + 1) * each).collect();
                    return Some(match indices[..] {
                        [one] => self.select_within(inner, found, one, depth),
                        _ => self.take(inner, found, indices),
                    });
                }
                if size % long != 0 {
                    return None;
                }
                let each = size / long;
                let outer = self.select_within(inner, found, index / each, depth);
                let mut split = dims.clone();
                split[axis] = each;
                let outer = self.reshape(outer, split);
                Some(self.select_within(outer, axis, index % each, depth))
            }
            Def::Permute { x: inner, perm } => {
                let from = perm[axis];
                let one = self.select_within(inner, from, index, depth);
                let perm = perm.iter().filter(|&&p| p != from).map(|&p| p - usize::from(p > from)).collect();
                Some(self.value(Def::Permute { x: one, perm }, rest.to_vec()))
            }
            Def::Expand(inner) => {
                let one = self.select_operand(inner, dims.len(), axis, index, depth);
                Some(self.expand(one, rest.to_vec()))
            }
            Def::Product(a, b) if axis + 2 < dims.len() => {
                let a = self.select_operand(a, dims.len(), axis, index, depth);
                let b = self.select_operand(b, dims.len(), axis, index, depth);
                Some(self.value(Def::Product(a, b), rest.to_vec()))
            }
            Def::Reduce { x: inner, axes, fold } => {
                let kept = self.dims(inner).len() == dims.len();
                let from = (0..self.dims(inner).len())
                    .filter(|a| kept || !axes.contains(a))
                    .nth(axis)
                    .filter(|a| !axes.contains(a))?;
                let one = self.select_within(inner, from, index, depth);
                let axes = axes.iter().map(|&a| a - usize::from(a > from)).collect();
                Some(self.value(Def::Reduce { x: one, axes, fold }, rest.to_vec()))
            }
            def if def.is_elementwise() || is_pointwise(&def) => {
                let mut operands = def.operands().into_iter().map(|o| (o, o)).collect::<Vec<_>>();
                for (operand, one) in &mut operands {
                    *one = self.select_operand(*operand, dims.len(), axis, index, depth);
                }
                let mut ones = operands.into_iter().map(|(_, one)| one);
                let def = def.map(|id| ones.next().unwrap_or(id));
                Some(self.value(def, rest.to_vec()))
            }
            _ => None,
        }
    }

    /// Of an operand that is broadcast to `rank` axes: its elements at `index` of `axis`, counted among those.
    fn select_operand(&mut self, x: ValueId, rank: usize, axis: usize, index: usize, depth: usize) -> ValueId {
        let own = self.dims(x).to_vec();
        match (axis + own.len()).checked_sub(rank) {
            None => x,
            Some(axis) if own[axis] == 1 => self.select_within(x, axis, 0, depth),
            Some(axis) => self.select_within(x, axis, index, depth),
        }
    }

    /// Elements `indices` of `axis` of a constant; the axis stays.
    fn constant_range(&mut self, x: ValueId, axis: usize, indices: &[usize]) -> ValueId {
        let Some(tensor) = self.as_constant(x).cloned() else { return x };
        let mut dims = tensor.dims.clone();
        let (size, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
        let outer: usize = dims[..axis].iter().product();
        dims[axis] = indices.len();
        let picked = (0..outer)
            .flat_map(|o| indices.iter().flat_map(move |&w| (0..inner).map(move |i| (o * size + w) * inner + i)));
        let part = tensor.pick(dims, picked);
        self.made += part.len();
        self.constant_value(part)
    }

    /// The elements at `indices` of `axis` (all in range), in that order; the axis stays.
    pub fn take(&mut self, x: ValueId, axis: usize, indices: Vec<usize>) -> ValueId {
        let mut dims = self.dims(x).to_vec();
        if indices.len() == dims[axis] && indices.iter().enumerate().all(|(i, &index)| i == index) {
            return x;
        }
        if let [one] = indices[..] {
            return self.part(x, axis, one);
        }
        dims[axis] = indices.len();
        match self.values[x].def.clone() {
            Def::Const(_) => self.constant_range(x, axis, &indices),
            Def::Take { x: inner, axis: same, indices: first } if same == axis => {
                let indices = indices.iter().map(|&i| first[i]).collect();
                self.take(inner, axis, indices)
            }
            Def::Concat { parts, axis: stacked } if stacked == axis && !indices.is_empty() => {
                // Which part an index is in, and where; then one run of indices per part.
                let mut starts = Vec::with_capacity(parts.len());
                let mut total = 0;
                for &part in &parts {
                    starts.push(total);
                    total += self.dims(part)[axis];
                }
                let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
                for index in indices {
                    let p = starts.partition_point(|&start| start <= index).saturating_sub(1);
                    match runs.last_mut() {
                        Some((last, run)) if *last == p && parts.len() < total => run.push(index - starts[p]),
                        _ => runs.push((p, vec![index - starts[p]])),
                    }
                }
                let taken = runs.into_iter().map(|(p, run)| self.take(parts[p], axis, run)).collect();
                self.value(Def::Concat { parts: taken, axis }, dims)
            }
            _ => self.value(Def::Take { x, axis, indices }, dims),
        }
    }

    /// `x` with its axes in the order `perm`.
    pub fn permute(&mut self, x: ValueId, perm: Vec<usize>) -> ValueId {
        let dims: Vec<usize> = perm.iter().map(|&p| self.dims(x)[p]).collect();
        match self.stack(x) {
            Some((parts, axis)) => {
                let parts = parts.into_iter().map(|part| self.permute(part, perm.clone())).collect();
                let axis = perm.iter().position(|&p| p == axis).unwrap_or(axis);
                self.value(Def::Concat { parts, axis }, dims)
            }
            None => self.value(Def::Permute { x, perm }, dims),
        }
    }

    /// `x` repeated to the shape `dims`, which it broadcasts to. Repeated along a new first axis, it is a stack.
    pub fn expand(&mut self, x: ValueId, dims: Vec<usize>) -> ValueId {
        let missing = dims.len().saturating_sub(self.dims(x).len());
        let mut own = vec![1; missing];
        own.extend_from_slice(self.dims(x));
        let longer: Vec<usize> = (0..dims.len()).filter(|&a| own[a] != dims[a]).collect();
        let whole = self.reshape(x, own);
        match longer[..] {
            [] => whole,
            [axis @ (0 | 1)]
                if dims.len() > axis + 1 && dims[..axis].iter().all(|&d| d == 1) && self.is_stackable(dims[axis]) =>
            {
                let parts = vec![whole; dims[axis]];
                self.value(Def::Concat { parts, axis }, dims)
            }
            _ => self.value(Def::Expand(whole), dims),
        }
    }
}

/// Whether each element is computed from the elements at its place, though the state algebra does not look into it.
pub(super) fn is_pointwise(def: &Def) -> bool {
    matches!(
        def,
        Def::Abs(_)
            | Def::Tanh(_)
            | Def::Sign(_)
            | Def::Round { .. }
            | Def::Clip { .. }
            | Def::Equal(..)
            | Def::Maximum(_)
            | Def::Minimum(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::tensor::Tensor;

    fn input(net: &mut Net, number: usize, dims: &[usize]) -> ValueId {
        net.value(Def::Input(number), dims.to_vec())
    }

    fn stacked(net: &mut Net, parts: &[ValueId]) -> ValueId {
        let mut dims = net.dims(parts[0]).to_vec();
        dims[0] = parts.len();
        net.value(Def::Concat { parts: parts.to_vec(), axis: 0 }, dims)
    }

    #[test]
    fn what_was_stacked_comes_out_as_it_went_in() {
        let mut net = Net::default();
        let steps: Vec<ValueId> = (0..3).map(|i| input(&mut net, i, &[1, 1, 4])).collect();
        let stack = stacked(&mut net, &steps);
        assert_eq!(net.part(stack, 0, 1), steps[1]);
        // [T, 1, 4] as [T * 1, 4] and back: time folded into the batch axis.
        let folded = net.reshape(stack, vec![3, 4]);
        let again = net.reshape(folded, vec![3, 1, 4]);
        assert_eq!((again, net.part(again, 0, 2)), (stack, steps[2]));
        let batch_first = net.permute(stack, vec![1, 0, 2]);
        assert_eq!(net.part(batch_first, 1, 2), steps[2]);
    }

    #[test]
    fn a_selection_goes_through_arithmetic_to_the_input() {
        let mut net = Net::default();
        let x = input(&mut net, 0, &[3, 1, 4]);
        let two = net.constant_value(Tensor::scalar(2.0));
        let double = net.value(Def::Mul(x, two), vec![3, 1, 4]);
        let flat = net.reshape(double, vec![3, 4]);
        let one = net.select(flat, 0, 1);
        let direct = net.select(x, 0, 1);
        let expected = net.value(Def::Mul(direct, two), vec![1, 4]);
        assert_eq!(one, net.reshape(expected, vec![4]));
    }

    #[test]
    fn a_constant_is_cut_into_constants() {
        let mut net = Net::default();
        let all = net.constant_value(Tensor::ints(&[1, 2, 3, 4, 5, 6]).reshaped(vec![2, 3]));
        let column = net.select(all, 1, 2);
        assert_eq!(net.as_constant(column).and_then(Tensor::to_ints), Some(vec![3, 6]));
        let few = net.take(all, 1, vec![2, 0]);
        assert_eq!(net.as_constant(few).and_then(Tensor::to_ints), Some(vec![3, 1, 6, 4]));
    }

    #[test]
    fn a_slice_of_a_slice_is_one() {
        let mut net = Net::default();
        let x = input(&mut net, 0, &[1, 9]);
        let few = net.take(x, 1, vec![2, 3, 4, 5]);
        let fewer = net.take(few, 1, vec![3, 1]);
        assert_eq!(net.values[fewer].def, Def::Take { x, axis: 1, indices: vec![5, 3] });
        assert_eq!(net.take(x, 1, (0..9).collect()), x);
    }

    #[test]
    fn an_image_repeated_over_time_is_a_stack_of_itself() {
        let mut net = Net::default();
        let x = input(&mut net, 0, &[1, 2, 5, 5]);
        let repeated = net.expand(x, vec![4, 1, 2, 5, 5]);
        let one = net.select(repeated, 0, 3);
        assert_eq!(one, x);
        let wide = net.expand(x, vec![1, 2, 5, 5]);
        assert_eq!(wide, x);
    }

    #[test]
    fn following_a_selection_ends_in_a_long_chain() {
        let mut net = Net::default();
        let x = input(&mut net, 0, &[2, 4]);
        let two = net.constant_value(Tensor::scalar(2.0));
        let chain = (0..10_000).fold(x, |x, _| net.value(Def::Mul(x, two), vec![2, 4]));
        let one = net.select(chain, 0, 1);
        assert_eq!(net.dims(one), [4]);
        assert!(net.values.len() < 10_200);
    }
}
