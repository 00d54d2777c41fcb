//! What a value of a [`Net`](super::Net) can be.

use super::{ConstId, ValueId};
use crate::ir::Window;

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
    /// `|a|`.
    Abs(ValueId),
    /// The hyperbolic tangent of `a`: only where what comes of it is rounded.
    Tanh(ValueId),
    /// -1, 0 or 1: the sign of `a`.
    Sign(ValueId),
    /// `x` rounded to an integer. A cast to an integer type and back rounds towards zero.
    Round { x: ValueId, rounding: Rounding },
    /// `min(max(x, low), high)`; a ReLU is a clip from 0 to infinity.
    Clip { x: ValueId, low: Real, high: Real },
    /// 1 where `a > b` (`a >= b` if `or_equal`), else 0.
    Greater { a: ValueId, b: ValueId, or_equal: bool },
    /// 1 where `a = b`, else 0.
    Equal(ValueId, ValueId),
    /// `1 - a` of a value of 0 or 1.
    Not(ValueId),
    /// `a` where the condition holds, else `b`.
    Where(ValueId, ValueId, ValueId),
    /// `y = W x + bias` for each row of `x`: `[.., fan_in]` to `[.., fan_out]`, mostly one row. `weight` is
    /// `[fan_out, fan_in]`, or `[fan_in, fan_out]` if `transposed`.
    Linear { x: ValueId, weight: ConstId, transposed: bool, bias: Option<ConstId> },
    /// A convolution; `weight` is `[channels_out, channels_in / groups, (height,) width]`.
    Conv { x: ValueId, weight: ConstId, bias: Option<ConstId>, window: Taps, groups: usize },
    /// The product of two signals: matrices on the last two axes, the axes before them broadcast.
    Product(ValueId, ValueId),
    /// `scale * x + shift` per channel (axis 1; the last axis of rows).
    BatchNorm { x: ValueId, scale: ConstId, shift: ConstId },
    /// Maximum over windows.
    MaxPool { x: ValueId, window: Taps },
    /// Mean over windows.
    AvgPool { x: ValueId, window: Taps, count_include_pad: bool },
    /// The same elements in the same order with other axes.
    Reshape(ValueId),
    /// Axis `i` of the value is axis `perm[i]` of `x`.
    Permute { x: ValueId, perm: Vec<usize> },
    /// The elements at `index` of `axis`, without that axis.
    Select { x: ValueId, axis: usize, index: usize },
    /// The elements at `indices` of `axis`, in that order: a slice, or several of a gather.
    Take { x: ValueId, axis: usize, indices: Vec<usize> },
    /// One after the other along `axis`.
    Concat { parts: Vec<ValueId>, axis: usize },
    /// `x` repeated along its axes of size 1, and along new axes in front.
    Expand(ValueId),
    /// `x` with `value` around it: `begin` elements before each axis, the rest of the shape after.
    Pad { x: ValueId, value: Real, begin: Vec<usize> },
    /// `x` as it is compared at `timestep`: a copy that nothing else looks at.
    At { x: ValueId, timestep: usize },
    /// The elementwise maximum of `parts`.
    Maximum(Vec<ValueId>),
    /// The elementwise minimum of `parts`.
    Minimum(Vec<ValueId>),
    /// Elements along `axes` made one, which stays as an axis of size 1 or goes: the shape tells.
    Reduce { x: ValueId, axes: Vec<usize>, fold: Fold },
    /// What classifiers end in.
    Head { x: ValueId, axis: usize, head: Head },
    /// QONNX `Quant`, or a pair of `QuantizeLinear` and `DequantizeLinear`. With `q = x / scale + zero_point` rounded,
    /// then clipped to the integers `low..=high`: `(q - zero_point) * scale`, or `q` itself if `integer`.
    Quant { x: ValueId, scale: ConstId, zero_point: ConstId, low: Real, high: Real, rounding: Rounding, integer: bool },
    /// QONNX `BipolarQuant`: `scale` where `x >= 0`, else `-scale`.
    Bipolar { x: ValueId, scale: ConstId },
    /// QONNX `MultiThreshold`: `scale * n + bias`, `n` of the channel's `thresholds` at or below `x`. `thresholds` is
    /// `[channels or 1, steps]`, channels are along `axis`.
    MultiThreshold { x: ValueId, thresholds: ConstId, axis: usize, scale: Real, bias: Real },
}

/// An `f32` as a key of equality: by its bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Real(u32);

impl Real {
    /// From its value.
    pub fn new(value: f32) -> Self {
        Self(value.to_bits())
    }

    /// Its value.
    pub fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl std::fmt::Debug for Real {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.get())
    }
}

/// Which integer a number becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// The nearest, the even one of two.
    HalfToEven,
    /// The nearest, of two the one away from zero.
    HalfAwayFromZero,
    /// The nearest, of two the one towards zero.
    HalfTowardsZero,
    /// The next below.
    Floor,
    /// The next above.
    Ceil,
    /// The next towards zero.
    TowardsZero,
    /// The next away from zero.
    AwayFromZero,
}

impl Rounding {
    /// The integer that `x` becomes.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Rounding::HalfToEven => x.round_ties_even(),
            Rounding::HalfAwayFromZero => x.round(),
            Rounding::HalfTowardsZero => (x.abs() - 0.5).ceil().copysign(x),
            Rounding::Floor => x.floor(),
            Rounding::Ceil => x.ceil(),
            Rounding::TowardsZero => x.trunc(),
            Rounding::AwayFromZero => x.abs().ceil().copysign(x),
        }
    }
}

/// How elements are made one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Their maximum.
    Max,
    /// Their minimum.
    Min,
}

/// The last operation of a classifier, along one axis. None of them changes which class is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Head {
    /// `exp(x) / sum(exp(x))`.
    Softmax,
    /// The logarithm of that.
    LogSoftmax,
    /// 1 at the largest element (the first of several), else 0. Lateral inhibition multiplies spikes by this.
    Hardmax,
    /// The index of the largest element, the first of several; its axis stays as 1 or goes: the shape tells.
    ArgMax,
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
    /// `max(x, 0)`.
    pub fn relu(x: ValueId) -> Self {
        Def::Clip { x, low: Real::new(0.0), high: Real::new(f32::INFINITY) }
    }

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
            Def::Add(a, b)
            | Def::Sub(a, b)
            | Def::Mul(a, b)
            | Def::Div(a, b)
            | Def::Product(a, b)
            | Def::Equal(a, b)
            | Def::Greater { a, b, .. } => {
                *a = f(*a);
                *b = f(*b);
            }
            Def::Where(c, a, b) => {
                *c = f(*c);
                *a = f(*a);
                *b = f(*b);
            }
            Def::Neg(x)
            | Def::Abs(x)
            | Def::Tanh(x)
            | Def::Sign(x)
            | Def::Round { x, .. }
            | Def::Clip { x, .. }
            | Def::Not(x)
            | Def::Reshape(x)
            | Def::Permute { x, .. }
            | Def::Linear { x, .. }
            | Def::Conv { x, .. }
            | Def::BatchNorm { x, .. }
            | Def::MaxPool { x, .. }
            | Def::AvgPool { x, .. }
            | Def::Select { x, .. }
            | Def::Take { x, .. }
            | Def::Expand(x)
            | Def::Pad { x, .. }
            | Def::Reduce { x, .. }
            | Def::Head { x, .. }
            | Def::At { x, .. }
            | Def::Quant { x, .. }
            | Def::Bipolar { x, .. }
            | Def::MultiThreshold { x, .. } => *x = f(*x),
            Def::Concat { parts, .. } | Def::Maximum(parts) | Def::Minimum(parts) => {
                parts.iter_mut().for_each(|p| *p = f(*p));
            }
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
            | Def::At { .. }
            | Def::Where(..) => true,
            Def::Input(_)
            | Def::Abs(_)
            | Def::Tanh(_)
            | Def::Sign(_)
            | Def::Round { .. }
            | Def::Clip { .. }
            | Def::Equal(..)
            | Def::Maximum(_)
            | Def::Minimum(_)
            | Def::Linear { .. }
            | Def::Conv { .. }
            | Def::Product(..)
            | Def::BatchNorm { .. }
            | Def::MaxPool { .. }
            | Def::AvgPool { .. }
            | Def::Reshape(_)
            | Def::Permute { .. }
            | Def::Select { .. }
            | Def::Take { .. }
            | Def::Concat { .. }
            | Def::Expand(_)
            | Def::Pad { .. }
            | Def::Reduce { .. }
            | Def::Head { .. }
            | Def::Quant { .. }
            | Def::Bipolar { .. }
            | Def::MultiThreshold { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rounding_takes_halves_its_own_way() {
        let of = |rounding: Rounding| [-1.5, -0.5, 0.5, 1.25, 2.5].map(|x| rounding.apply(x));
        assert_eq!(of(Rounding::HalfToEven), [-2.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(of(Rounding::HalfAwayFromZero), [-2.0, -1.0, 1.0, 1.0, 3.0]);
        assert_eq!(of(Rounding::HalfTowardsZero), [-1.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(of(Rounding::Floor), [-2.0, -1.0, 0.0, 1.0, 2.0]);
        assert_eq!(of(Rounding::Ceil), [-1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(of(Rounding::TowardsZero), [-1.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(of(Rounding::AwayFromZero), [-2.0, -1.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn operands_are_those_that_map_replaces() {
        let def = Def::Where(1, 2, 3);
        assert_eq!(def.operands(), [1, 2, 3]);
        assert_eq!(def.map(|id| id + 10), Def::Where(11, 12, 13));
        assert_eq!(Def::Concat { parts: vec![4, 5], axis: 0 }.operands(), [4, 5]);
    }
}
