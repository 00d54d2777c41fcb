//! What a comparison looks at: the membrane potential behind it, and its threshold.

use super::super::algebra::Coef;
use super::super::net::{Def, Net, ValueId};
use crate::ir::Comparison;

/// A comparison with a constant.
#[derive(Clone)]
pub(super) struct Compared {
    pub membrane: ValueId,
    pub threshold: Coef,
    pub comparison: Comparison,
    /// It holds where there is no spike: `threshold > v`.
    pub negated: bool,
}

/// What the comparison `id` says, if it is one with a constant: `v > threshold`, `v - threshold > 0`, `-v < -threshold`.
///
/// The potential is found behind additions and multiplications by constants that nothing but comparisons looks at.
pub(super) fn comparison(net: &Net, users: &Users, id: ValueId) -> Option<Compared> {
    let Def::Greater { a, b, or_equal } = net.values[id].def else { return None };
    let dims = net.dims(id);
    let constant = |x: ValueId| net.as_constant(x).and_then(|t| Coef::of_constant(t, dims));
    let (signal, limit, below) = match (constant(a), constant(b)) {
        (None, Some(limit)) => (a, limit, false),
        (Some(limit), None) => (b, limit, true),
        _ => return None,
    };
    let (membrane, threshold, flipped) = users.potential(net, signal, limit)?;
    let truth = matches!(net.values[membrane].def, Def::Greater { .. } | Def::Not(_) | Def::Equal(..));
    if truth || net.as_constant(membrane).is_some() || net.dims(membrane) != dims {
        return None;
    }
    // threshold > v is where v >= threshold does not hold.
    let negated = below != flipped;
    let comparison = if or_equal != negated { Comparison::AtLeast } else { Comparison::Above };
    Some(Compared { membrane, threshold, comparison, negated })
}

/// What looks at each value.
pub(super) struct Users {
    of: Vec<Vec<ValueId>>,
}

impl Users {
    pub(super) fn new(net: &Net, live: &[bool], outputs: &[ValueId]) -> Self {
        let mut of = vec![Vec::new(); net.values.len()];
        for id in (0..net.values.len()).filter(|&id| live[id]) {
            net.values[id].def.operands().into_iter().for_each(|operand| of[operand].push(id));
        }
        // An output is looked at from outside.
        outputs.iter().for_each(|&id| of[id].push(id));
        Self { of }
    }

    /// What looks at `id`; itself where something outside does.
    pub(super) fn of(&self, id: ValueId) -> &[ValueId] {
        &self.of[id]
    }

    /// Whether only comparisons look at `id`, and what counts spikes or picks the highest potential.
    fn only_compared(&self, net: &Net, id: ValueId) -> bool {
        let compares = |def: &Def| {
            matches!(def, Def::Greater { .. } | Def::Round { .. } | Def::Abs(_) | Def::Sign(_) | Def::Head { .. })
        };
        self.of[id].iter().all(|&user| user != id && compares(&net.values[user].def))
    }

    /// `signal > limit` as a potential and its threshold, and whether the sign has turned.
    pub(super) fn potential(&self, net: &Net, mut signal: ValueId, mut limit: Coef) -> Option<(ValueId, Coef, bool)> {
        let mut flipped = false;
        loop {
            let dims = net.dims(signal);
            let constant = |x: ValueId| net.as_constant(x).and_then(|t| Coef::of_constant(t, dims));
            let whole = |x: ValueId| net.as_constant(x).is_none() && net.dims(x) == dims;
            let one = |v: ValueId, c: ValueId| looked_into(net, v) && constant(c).is_some_and(|c| c.is(1.0));
            // Written as a difference it is what it says, even where the difference is used again.
            let spelled_out = match net.values[signal].def {
                Def::Sub(v, t) => limit.is(0.0) && whole(v) && constant(t).is_some(),
                Def::Mul(a, b) => one(a, b) || one(b, a),
                Def::Div(v, c) => one(v, c),
                _ => false,
            };
            if !spelled_out && !self.only_compared(net, signal) {
                return Some((signal, limit, flipped));
            }
            let (inner, moved, turns) = match net.values[signal].def {
                Def::Sub(v, t) if whole(v) => (v, constant(t).and_then(|t| limit.zip(&t, |l, t| l + t)), false),
                Def::Sub(t, v) if whole(v) => (v, constant(t).and_then(|t| t.zip(&limit, |t, l| t - l)), true),
                Def::Add(v, t) | Def::Add(t, v) if whole(v) && constant(t).is_some() => {
                    (v, constant(t).and_then(|t| limit.zip(&t, |l, t| l - t)), false)
                }
                Def::Mul(v, c) | Def::Mul(c, v) if whole(v) && constant(c).is_some_and(|c| one_sign(&c)) => {
                    let c = constant(c)?;
                    (v, limit.zip(&c, |l, c| l / c), c.all(|c| c < 0.0))
                }
                Def::Div(v, c) if whole(v) && constant(c).is_some_and(|c| one_sign(&c)) => {
                    let c = constant(c)?;
                    (v, limit.zip(&c, |l, c| l * c), c.all(|c| c < 0.0))
                }
                Def::Neg(v) => (v, Some(limit.map(|l| -l)), true),
                _ => return Some((signal, limit, flipped)),
            };
            let Some(moved) = moved else { return Some((signal, limit, flipped)) };
            (signal, limit, flipped) = (inner, moved, flipped != turns);
        }
    }
}

/// Whether every value is above 0, or every one below.
fn one_sign(c: &Coef) -> bool {
    c.all(|v| v > 0.0) || c.all(|v| v < 0.0)
}

/// Whether `x` is computed element by element: its identities (`x * 1`) are itself.
fn looked_into(net: &Net, x: ValueId) -> bool {
    net.values[x].def.is_elementwise() && net.as_constant(x).is_none()
}
