//! Operations that change nothing, and what two of them together are: one small rule each, tried on every value before
//! it is made. A rule gives a value that is equal element by element, of the same shape.

use super::{Def, Net, Real, Rounding, ValueId};
use crate::frontend::onnx::ops::joined;

/// A rewrite of a value of a shape; `None` if it does not apply.
type Rule = fn(&mut Net, &Def, &[usize]) -> Option<ValueId>;

/// Every rule and its name.
const RULES: &[(&str, Rule)] = &[
    ("x + 0, 0 + x, x - 0", add_zero),
    ("x * 1, 1 * x, x / 1", multiply_by_one),
    ("-(-x)", double_negation),
    ("not not x", double_not),
    ("round(integer)", round_of_integer),
    ("floor(|x|) * sign(x)", truncation),
    ("clip(clip(x))", clip_of_clip),
    ("max(x, c), min(x, c)", extremum_with_constant),
    ("spike = 0, spike = 1, spike > 0", spike_compared),
    ("where(c, 1, 0), where(c, 0, 1)", where_of_bits),
    ("arithmetic of reshapes", arithmetic_of_reshapes),
    ("concat(x), concat(concat(..), ..)", concat_of_few),
    ("concat of constants", concat_of_constants),
    ("the elements of x, stacked again", concat_of_all_elements),
    ("permute(permute(x)), axes in place", permutation),
    ("reduce along axes of size 1", reduction_of_one),
];

/// What `def` is in simpler terms.
pub(super) fn simplified(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    RULES.iter().find_map(|(_, rule)| rule(net, def, dims))
}

/// Whether `id` is a constant, every element `value`.
fn is_all(net: &Net, id: ValueId, value: f64) -> bool {
    // A file may hold large constants: the first element decides mostly.
    net.as_constant(id).is_some_and(|t| t.len() > 0 && t.get(0) == value && t.is_all(value))
}

/// `x` in the shape `dims`, unless broadcasting has made it larger.
fn as_is(net: &mut Net, x: ValueId, dims: &[usize]) -> Option<ValueId> {
    let same = net.dims(x).iter().product::<usize>() == dims.iter().product::<usize>();
    same.then(|| net.reshape(x, dims.to_vec()))
}

/// A zero as large as the signal is what a state starts from: it stays, or a first membrane potential would be its
/// current.
fn add_zero(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let is_zero = |net: &Net, id: ValueId| {
        is_all(net, id, 0.0) && (net.dims(id).iter().product::<usize>() == 1 || dims.iter().product::<usize>() == 1)
    };
    match *def {
        Def::Add(x, zero) | Def::Sub(x, zero) if is_zero(net, zero) => as_is(net, x, dims),
        Def::Add(zero, x) if is_zero(net, zero) => as_is(net, x, dims),
        _ => None,
    }
}

fn multiply_by_one(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    match *def {
        Def::Mul(x, one) | Def::Div(x, one) if is_all(net, one, 1.0) => as_is(net, x, dims),
        Def::Mul(one, x) if is_all(net, one, 1.0) => as_is(net, x, dims),
        _ => None,
    }
}

fn double_negation(net: &mut Net, def: &Def, _: &[usize]) -> Option<ValueId> {
    let Def::Neg(inner) = *def else { return None };
    match net.values[inner].def {
        Def::Neg(x) => Some(x),
        _ => None,
    }
}

fn double_not(net: &mut Net, def: &Def, _: &[usize]) -> Option<ValueId> {
    let Def::Not(inner) = *def else { return None };
    match net.values[inner].def {
        Def::Not(x) => Some(x),
        _ => None,
    }
}

fn round_of_integer(net: &mut Net, def: &Def, _: &[usize]) -> Option<ValueId> {
    match *def {
        Def::Round { x, .. } if net.is_integer(x) => Some(x),
        _ => None,
    }
}

/// How dynamo writes an integer division: the magnitude rounded down, with the sign.
fn truncation(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Mul(a, b) = *def else { return None };
    [(a, b), (b, a)].into_iter().find_map(|(floor, sign)| {
        let Def::Round { x: size, rounding: Rounding::Floor } = net.values[floor].def else { return None };
        match (&net.values[size].def, &net.values[sign].def) {
            (&Def::Abs(x), &Def::Sign(same)) if x == same => {
                Some(net.value(Def::Round { x, rounding: Rounding::TowardsZero }, dims.to_vec()))
            }
            _ => None,
        }
    })
}

/// A clip to everything is none; one within another is one, where the ranges meet.
fn clip_of_clip(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Clip { x, low, high } = *def else { return None };
    if low.get() == f32::NEG_INFINITY && high.get() == f32::INFINITY {
        return Some(x);
    }
    let Def::Clip { x: inner, low: inner_low, high: inner_high } = net.values[x].def else { return None };
    let (from, to) = (low.get().max(inner_low.get()), high.get().min(inner_high.get()));
    if from > to || inner_low.get() > inner_high.get() {
        return None;
    }
    Some(net.value(Def::Clip { x: inner, low: Real::new(from), high: Real::new(to) }, dims.to_vec()))
}

/// An extremum of one is itself; with a constant that is one number, it is a clip.
fn extremum_with_constant(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let (parts, max) = match def {
        Def::Maximum(parts) => (parts, true),
        Def::Minimum(parts) => (parts, false),
        _ => return None,
    };
    match parts[..] {
        [one] => as_is(net, one, dims),
        [a, b] => {
            let (x, bound) = if net.as_constant(a).is_some() { (b, a) } else { (a, b) };
            let bound = net.as_constant(bound).filter(|t| t.len() > 0).map(|t| t.get(0)).filter(|v| !v.is_nan())?;
            let constant = if x == b { a } else { b };
            if !is_all(net, constant, bound) || bound as f32 as f64 != bound || net.dims(x) != dims {
                return None;
            }
            let (low, high) = match max {
                true => (bound as f32, f32::INFINITY),
                false => (f32::NEG_INFINITY, bound as f32),
            };
            Some(net.value(Def::Clip { x, low: Real::new(low), high: Real::new(high) }, dims.to_vec()))
        }
        _ => None,
    }
}

/// A spike against 0 or 1 is the spike, or what is not one.
fn spike_compared(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let (x, spikes) = match *def {
        Def::Equal(a, b) => {
            let (x, c) = if net.as_constant(a).is_some() { (b, a) } else { (a, b) };
            match (is_all(net, c, 0.0), is_all(net, c, 1.0)) {
                (true, _) => (x, false),
                (_, true) => (x, true),
                _ => return None,
            }
        }
        Def::Greater { a, b, or_equal: false } if is_all(net, b, 0.0) => (a, true),
        _ => return None,
    };
    if !net.is_binary(x) || net.dims(x) != dims {
        return None;
    }
    match spikes {
        true => Some(x),
        false => Some(net.value(Def::Not(x), dims.to_vec())),
    }
}

fn where_of_bits(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Where(c, a, b) = *def else { return None };
    if !net.is_binary(c) || net.dims(c) != dims {
        return None;
    }
    if is_all(net, a, 1.0) && is_all(net, b, 0.0) {
        return Some(c);
    }
    let flipped = is_all(net, a, 0.0) && is_all(net, b, 1.0);
    flipped.then(|| net.value(Def::Not(c), dims.to_vec()))
}

/// Arithmetic of signals that are reshaped alike is done before the reshape.
fn arithmetic_of_reshapes(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    if !(def.is_elementwise() || super::moves::is_pointwise(def)) {
        return None;
    }
    let mut from: Option<Vec<usize>> = None;
    for id in def.operands() {
        if net.as_constant(id).is_some_and(|t| t.len() == 1) {
            continue;
        }
        let Def::Reshape(inner) = net.values[id].def else { return None };
        let same = from.get_or_insert_with(|| net.dims(inner).to_vec()) == net.dims(inner);
        if !same || net.dims(id) != dims {
            return None;
        }
    }
    let from = from?;
    let mut inside = Vec::new();
    for id in def.operands() {
        inside.push(match net.values[id].def {
            Def::Reshape(inner) => inner,
            // A constant of one number, without axes of its own.
            _ => net.reshape(id, vec![]),
        });
    }
    let mut inside = inside.into_iter();
    let def = def.map(|id| inside.next().unwrap_or(id));
    let before = net.value(def, from);
    Some(net.reshape(before, dims.to_vec()))
}

/// A stack of one is itself, an empty part is none, and a stack of stacks along the same axis is one.
fn concat_of_few(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Concat { parts, axis } = def else { return None };
    if let [one] = parts[..] {
        return Some(one);
    }
    let full: Vec<ValueId> = parts.iter().copied().filter(|&part| net.dims(part)[*axis] != 0).collect();
    if full.len() < parts.len() {
        let parts = if full.is_empty() { vec![parts[0]] } else { full };
        return Some(net.value(Def::Concat { parts, axis: *axis }, dims.to_vec()));
    }
    let inner = |net: &Net, part: ValueId| match &net.values[part].def {
        Def::Concat { parts, axis: same } if same == axis => Some(parts.clone()),
        _ => None,
    };
    if !parts.iter().any(|&part| inner(net, part).is_some()) {
        return None;
    }
    let flat = parts.iter().flat_map(|&part| inner(net, part).unwrap_or_else(|| vec![part])).collect();
    Some(net.value(Def::Concat { parts: flat, axis: *axis }, dims.to_vec()))
}

fn concat_of_constants(net: &mut Net, def: &Def, _: &[usize]) -> Option<ValueId> {
    let Def::Concat { parts, axis } = def else { return None };
    let tensors = parts.iter().map(|&part| net.as_constant(part).cloned()).collect::<Option<Vec<_>>>()?;
    let joined = joined(&tensors.iter().collect::<Vec<_>>(), *axis).ok()?;
    net.made += joined.len();
    Some(net.constant_value(joined))
}

fn concat_of_all_elements(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Concat { parts, axis } = def else { return None };
    let selection = |net: &Net, part: ValueId| {
        let inner = match net.values[part].def {
            Def::Reshape(inner) => inner,
            _ => part,
        };
        match net.values[inner].def {
            Def::Select { x, axis, index } => Some((x, axis, index)),
            _ => None,
        }
    };
    let (x, from, _) = selection(net, *parts.first()?)?;
    // The same order of elements before and after: nothing but 1s stands before the axis, here and there.
    let first = |dims: &[usize], axis: usize| dims[..axis].iter().all(|&d| d == 1);
    let whole = net.dims(x)[from] == parts.len() && first(net.dims(x), from) && first(dims, *axis);
    let all = |net: &Net| parts.iter().enumerate().all(|(i, &part)| selection(net, part) == Some((x, from, i)));
    (whole && all(net)).then(|| net.reshape(x, dims.to_vec()))
}

fn permutation(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    let Def::Permute { x, perm } = def else { return None };
    if let Def::Permute { x: inner, perm: first } = net.values[*x].def.clone() {
        let perm = perm.iter().map(|&p| first[p]).collect();
        return Some(net.value(Def::Permute { x: inner, perm }, dims.to_vec()));
    }
    let moved = perm.iter().filter(|&&p| net.dims(*x)[p] != 1);
    moved.is_sorted().then(|| net.reshape(*x, dims.to_vec()))
}

fn reduction_of_one(net: &mut Net, def: &Def, dims: &[usize]) -> Option<ValueId> {
    match def {
        Def::Reduce { x, axes, .. } if axes.iter().all(|&a| net.dims(*x)[a] == 1) => {
            Some(net.reshape(*x, dims.to_vec()))
        }
        _ => None,
    }
}

impl Net {
    /// Whether every element of `x` is known to be 0 or 1.
    pub fn is_binary(&self, x: ValueId) -> bool {
        self.is_all_of(x, |def| matches!(def, Def::Greater { .. } | Def::Equal(..) | Def::Not(_)))
    }

    /// Whether every element of `x` is known to be an integer.
    pub fn is_integer(&self, x: ValueId) -> bool {
        self.is_all_of(x, |def| {
            matches!(
                def,
                Def::Greater { .. }
                    | Def::Equal(..)
                    | Def::Not(_)
                    | Def::Round { .. }
                    | Def::Sign(_)
                    | Def::Quant { integer: true, .. }
            )
        })
    }

    /// Whether the elements of `x`, or of the parts that it stacks, come from such definitions.
    fn is_all_of(&self, x: ValueId, such: impl Fn(&Def) -> bool) -> bool {
        let source = |x: ValueId| match self.values[x].def {
            Def::Reshape(x) | Def::Select { x, .. } | Def::Take { x, .. } | Def::Permute { x, .. } => x,
            _ => x,
        };
        match &self.values[x].def {
            Def::Concat { parts, .. } => parts.iter().all(|&part| such(&self.values[source(part)].def)),
            _ => such(&self.values[source(x)].def),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::tensor::Tensor;

    /// A net of one input `[2, 3]`, and two constants of one number.
    fn net() -> (Net, ValueId, ValueId, ValueId) {
        let mut net = Net::default();
        let x = net.value(Def::Input(0), vec![2, 3]);
        let zero = net.constant_value(Tensor::scalar(0.0));
        let one = net.constant_value(Tensor::scalar(1.0));
        (net, x, zero, one)
    }

    fn make(net: &mut Net, def: Def) -> ValueId {
        net.value(def, vec![2, 3])
    }

    #[test]
    fn adding_zero_and_multiplying_by_one_change_nothing() {
        let (mut net, x, zero, one) = net();
        let neutral = [Def::Add(x, zero), Def::Add(zero, x), Def::Sub(x, zero), Def::Mul(x, one), Def::Mul(one, x)];
        for def in neutral.into_iter().chain([Def::Div(x, one)]) {
            assert_eq!(make(&mut net, def), x);
        }
        for def in [Def::Sub(zero, x), Def::Mul(x, zero), Def::Add(x, one), Def::Div(one, x)] {
            assert_ne!(make(&mut net, def), x);
        }
    }

    #[test]
    fn zeros_that_a_state_starts_from_stay() {
        let (mut net, x, ..) = net();
        let start = net.constant_value(Tensor::ints(&[0; 6]).reshaped(vec![2, 3]));
        let first = make(&mut net, Def::Add(start, x));
        assert_eq!(net.values[first].def, Def::Add(start, x));
    }

    #[test]
    fn a_neutral_constant_that_repeats_the_signal_stays() {
        let (mut net, ..) = net();
        let x = net.value(Def::Input(1), vec![1, 3]);
        let ones = net.constant_value(Tensor::from_f64(
            crate::frontend::onnx::tensor::Kind::F32,
            vec![2, 3],
            [1.0; 6].into_iter(),
        ));
        let repeated = net.value(Def::Mul(x, ones), vec![2, 3]);
        assert_eq!(net.values[repeated].def, Def::Mul(x, ones));
    }

    #[test]
    fn two_negations_or_nots_are_none() {
        let (mut net, x, _, one) = net();
        let negated = make(&mut net, Def::Neg(x));
        assert_eq!(make(&mut net, Def::Neg(negated)), x);
        let spike = make(&mut net, Def::Greater { a: x, b: one, or_equal: false });
        let silent = make(&mut net, Def::Not(spike));
        assert_eq!(make(&mut net, Def::Not(silent)), spike);
        assert_ne!(silent, spike);
    }

    #[test]
    fn an_integer_is_rounded_already() {
        let (mut net, x, zero, _) = net();
        let spike = make(&mut net, Def::Greater { a: x, b: zero, or_equal: true });
        let round = |x| Def::Round { x, rounding: Rounding::TowardsZero };
        assert_eq!(make(&mut net, round(spike)), spike);
        let rounded = make(&mut net, round(x));
        assert_eq!((make(&mut net, round(rounded)), rounded == x), (rounded, false));
    }

    #[test]
    fn a_magnitude_rounded_down_with_its_sign_is_a_truncation() {
        let (mut net, x, ..) = net();
        let size = make(&mut net, Def::Abs(x));
        let floor = make(&mut net, Def::Round { x: size, rounding: Rounding::Floor });
        let sign = make(&mut net, Def::Sign(x));
        let truncated = make(&mut net, Def::Mul(floor, sign));
        assert_eq!(net.values[truncated].def, Def::Round { x, rounding: Rounding::TowardsZero });
        let other = make(&mut net, Def::Sign(size));
        let kept = make(&mut net, Def::Mul(floor, other));
        assert_eq!(net.values[kept].def, Def::Mul(floor, other));
    }

    #[test]
    fn clips_join_where_their_ranges_meet() {
        let (mut net, x, zero, one) = net();
        let relu = make(&mut net, Def::relu(x));
        let both = make(&mut net, Def::Minimum(vec![one, relu]));
        assert_eq!(net.values[both].def, Def::Clip { x, low: Real::new(0.0), high: Real::new(1.0) });
        assert_eq!(make(&mut net, Def::Maximum(vec![both, zero])), both);
        let open = Def::Clip { x, low: Real::new(f32::NEG_INFINITY), high: Real::new(f32::INFINITY) };
        assert_eq!(make(&mut net, open), x);
        let apart = make(&mut net, Def::Clip { x: both, low: Real::new(2.0), high: Real::new(3.0) });
        assert!(matches!(net.values[apart].def, Def::Clip { x, .. } if x == both));
    }

    #[test]
    fn a_spike_compared_with_a_bit_is_the_spike_or_its_opposite() {
        let (mut net, x, zero, one) = net();
        let spike = make(&mut net, Def::Greater { a: x, b: one, or_equal: false });
        let silent = make(&mut net, Def::Equal(spike, zero));
        assert_eq!(net.values[silent].def, Def::Not(spike));
        assert_eq!(make(&mut net, Def::Equal(one, spike)), spike);
        assert_eq!(make(&mut net, Def::Greater { a: spike, b: zero, or_equal: false }), spike);
        let membrane = make(&mut net, Def::Equal(x, zero));
        assert_eq!(net.values[membrane].def, Def::Equal(x, zero));
    }

    #[test]
    fn a_choice_between_one_and_zero_is_the_condition() {
        let (mut net, x, zero, one) = net();
        let spike = make(&mut net, Def::Greater { a: x, b: one, or_equal: false });
        assert_eq!(make(&mut net, Def::Where(spike, one, zero)), spike);
        let flipped = make(&mut net, Def::Where(spike, zero, one));
        assert_eq!(net.values[flipped].def, Def::Not(spike));
    }

    #[test]
    fn arithmetic_is_done_before_a_reshape_that_all_share() {
        let (mut net, x, _, one) = net();
        let [flat, other] = [x, one].map(|id| if id == x { net.reshape(x, vec![6]) } else { id });
        let sum = net.value(Def::Add(flat, other), vec![6]);
        let before = make(&mut net, Def::Add(x, one));
        assert_eq!(net.values[sum].def, Def::Reshape(before));
        let weights = net.constant_value(Tensor::ints(&[1, 2, 3, 4, 5, 6]));
        let each = net.value(Def::Mul(flat, weights), vec![6]);
        assert_eq!(net.values[each].def, Def::Mul(flat, weights));
    }

    #[test]
    fn a_stack_of_constants_is_a_constant() {
        let (mut net, _, zero, one) = net();
        let [zero, one] = [zero, one].map(|id| net.reshape(id, vec![1]));
        let both = net.value(Def::Concat { parts: vec![zero, one], axis: 0 }, vec![2]);
        assert_eq!(net.as_constant(both).map(|t| (t.get(0), t.get(1))), Some((0.0, 1.0)));
    }

    #[test]
    fn stacks_are_flat_and_the_whole_of_a_value_is_the_value() {
        let (mut net, x, ..) = net();
        let rows: Vec<ValueId> = (0..2).map(|i| net.part(x, 0, i)).collect();
        assert_eq!(net.value(Def::Concat { parts: rows.clone(), axis: 0 }, vec![2, 3]), x);
        let swapped = net.value(Def::Concat { parts: vec![rows[1], rows[0]], axis: 0 }, vec![2, 3]);
        let three = net.value(Def::Concat { parts: vec![swapped, rows[0]], axis: 0 }, vec![3, 3]);
        assert_eq!(net.values[three].def, Def::Concat { parts: vec![rows[1], rows[0], rows[0]], axis: 0 });
        assert_eq!(net.value(Def::Concat { parts: vec![x], axis: 0 }, vec![2, 3]), x);
    }

    #[test]
    fn two_permutations_are_one() {
        let (mut net, x, ..) = net();
        let turned = net.value(Def::Permute { x, perm: vec![1, 0] }, vec![3, 2]);
        assert_eq!(net.value(Def::Permute { x: turned, perm: vec![1, 0] }, vec![2, 3]), x);
        let row = net.value(Def::Input(1), vec![1, 4]);
        let column = net.value(Def::Permute { x: row, perm: vec![1, 0] }, vec![4, 1]);
        assert_eq!(net.values[column].def, Def::Reshape(row));
    }

    #[test]
    fn reducing_axes_of_size_one_is_a_reshape() {
        let (mut net, ..) = net();
        let x = net.value(Def::Input(1), vec![1, 4]);
        let reduced = net.value(Def::Reduce { x, axes: vec![0], fold: super::super::Fold::Mean }, vec![4]);
        assert_eq!(net.values[reduced].def, Def::Reshape(x));
    }
}
