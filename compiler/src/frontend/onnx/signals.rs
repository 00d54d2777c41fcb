//! Every signal as a polynomial, and the cut points between them: the membrane potentials.
//!
//! A membrane potential is what a comparison looks at. Cutting there keeps the polynomials of one timestep apart from
//! those of the next, whatever way the reset is written.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::algebra::{Atom, Beyond, Coef, Poly};
use super::net::{Def, Net, ValueId};
use crate::ir::Comparison;

/// A spike: a membrane potential at or above a threshold.
pub struct Spike {
    /// The membrane potential.
    pub membrane: ValueId,
    /// The threshold.
    pub threshold: Coef,
    /// Whether reaching it is enough.
    pub comparison: Comparison,
    /// The comparisons that give it.
    pub values: Vec<ValueId>,
}

/// A polynomial, or the value whose expression has none.
pub type Expression = Result<Rc<Poly>, (Beyond, ValueId)>;

/// The signals of a file.
pub struct Signals {
    /// Per value, whether an output depends on it.
    pub live: Vec<bool>,
    /// Every spike that something looks at.
    pub spikes: Vec<Spike>,
    /// The cut points: membrane potentials, and graph inputs that are compared.
    pub membranes: BTreeSet<ValueId>,
    /// Per value, what it is as an operand; a membrane potential is itself.
    operands: Vec<Expression>,
    /// Per membrane potential, what it is made of.
    updates: HashMap<ValueId, Expression>,
}

impl Signals {
    /// Finds the spikes and membrane potentials of `net`; `more` are membrane potentials that nothing compares.
    pub fn new(net: &Net, outputs: &[ValueId], more: &BTreeSet<ValueId>) -> Self {
        let live = live(net, outputs);
        let mut signals = Self {
            spikes: Vec::new(),
            membranes: more.clone(),
            operands: Vec::with_capacity(net.values.len()),
            updates: HashMap::new(),
            live,
        };
        let compared = (0..net.values.len()).filter(|&id| signals.live[id]).filter_map(|id| comparison(net, id));
        signals.membranes.extend(compared.map(|c| c.membrane).collect::<Vec<_>>());
        let mut known = HashMap::new();
        for id in 0..net.values.len() {
            let expression = match signals.live[id] {
                true => signals.expression(net, id, &mut known),
                false => Ok(Rc::new(Poly::atom(Atom::Value(id)))),
            };
            let operand = match signals.membranes.contains(&id) {
                true => {
                    signals.updates.insert(id, expression);
                    Ok(Rc::new(Poly::atom(Atom::Value(id))))
                }
                false => expression,
            };
            signals.operands.push(operand);
        }
        signals
    }

    /// What `id` is, in terms of membrane potentials, spikes and signals that are not elementwise.
    pub fn of(&self, id: ValueId) -> Expression {
        self.operands[id].clone()
    }

    /// What the membrane potential `id` is made of.
    pub fn update(&self, id: ValueId) -> Expression {
        self.updates.get(&id).cloned().unwrap_or_else(|| self.of(id))
    }

    fn expression(
        &mut self,
        net: &Net,
        id: ValueId,
        known: &mut HashMap<(ValueId, Vec<u64>, bool), usize>,
    ) -> Expression {
        let dims = net.dims(id);
        let operand = |x: ValueId| -> Expression {
            if let Some(tensor) = net.as_constant(x) {
                let coef = Coef::of_constant(tensor, dims).ok_or((Beyond::Broadcast, id))?;
                return Ok(Rc::new(Poly::constant(coef)));
            }
            match net.dims(x).iter().product::<usize>() == dims.iter().product::<usize>() {
                true => self.operands[x].clone(),
                false => Err((Beyond::Broadcast, id)),
            }
        };
        let here = |result: Result<Poly, Beyond>| result.map(Rc::new).map_err(|beyond| (beyond, id));
        let one = || Poly::constant(Coef::All(1.0));
        match net.values[id].def {
            Def::Add(a, b) => here(operand(a)?.plus(&*operand(b)?, 1.0)),
            Def::Sub(a, b) => here(operand(a)?.plus(&*operand(b)?, -1.0)),
            Def::Mul(a, b) => here(operand(a)?.times(&*operand(b)?)),
            Def::Div(a, b) => here(operand(a)?.over(&*operand(b)?)),
            Def::Neg(a) => here(Poly::default().plus(&*operand(a)?, -1.0)),
            Def::Not(a) => here(one().plus(&*operand(a)?, -1.0)),
            Def::Where(c, a, b) => {
                // c * a + (1 - c) * b
                let (c, a, b) = (operand(c)?, operand(a)?, operand(b)?);
                let difference = a.plus(&b, -1.0).map_err(|e| (e, id))?;
                here(difference.times(&c).and_then(|d| d.plus(&b, 1.0)))
            }
            Def::Greater { .. } => {
                let Some(compared) = comparison(net, id) else { return Err((Beyond::Comparison, id)) };
                let at_least = compared.comparison == Comparison::AtLeast;
                let key = (compared.membrane, compared.threshold.key(), at_least);
                let number = *known.entry(key).or_insert_with(|| {
                    let Compared { membrane, threshold, comparison, .. } = compared.clone();
                    self.spikes.push(Spike { membrane, threshold, comparison, values: Vec::new() });
                    self.spikes.len() - 1
                });
                self.spikes[number].values.push(id);
                let spike = Poly::atom(Atom::Spike(number));
                match compared.negated {
                    true => here(one().plus(&spike, -1.0)),
                    false => Ok(Rc::new(spike)),
                }
            }
            Def::Const(_) => match net.as_constant(id).and_then(|t| Coef::of_constant(t, dims)) {
                Some(coef) => Ok(Rc::new(Poly::constant(coef))),
                None => Err((Beyond::Broadcast, id)),
            },
            Def::Input(_)
            | Def::Abs(_)
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
            | Def::MultiThreshold { .. } => Ok(Rc::new(Poly::atom(Atom::Value(id)))),
        }
    }
}

/// A comparison with a constant.
#[derive(Clone)]
struct Compared {
    membrane: ValueId,
    threshold: Coef,
    comparison: Comparison,
    /// It holds where there is no spike: `threshold > v`.
    negated: bool,
}

/// What the comparison `id` says, if it is one with a constant: `v > threshold`, or `v - threshold > 0`.
fn comparison(net: &Net, id: ValueId) -> Option<Compared> {
    let Def::Greater { a, b, or_equal } = net.values[id].def else { return None };
    let dims = net.dims(id);
    let constant = |x: ValueId| net.as_constant(x).and_then(|t| Coef::of_constant(t, dims));
    let (signal, limit, negated) = match (constant(a), constant(b)) {
        (None, Some(limit)) => (a, limit, false),
        (Some(limit), None) => (b, limit, true),
        _ => return None,
    };
    let (membrane, threshold) = match net.values[signal].def {
        Def::Sub(v, t) if limit.is(0.0) => match (net.as_constant(v), constant(t)) {
            (None, Some(threshold)) => (v, threshold),
            _ => (signal, limit),
        },
        _ => (signal, limit),
    };
    if net.as_constant(membrane).is_some() || net.dims(membrane) != dims {
        return None;
    }
    // threshold > v is where v >= threshold does not hold.
    let comparison = if or_equal != negated { Comparison::AtLeast } else { Comparison::Above };
    Some(Compared { membrane, threshold, comparison, negated })
}

/// Per value, whether one of `outputs` depends on it.
fn live(net: &Net, outputs: &[ValueId]) -> Vec<bool> {
    let mut live = vec![false; net.values.len()];
    outputs.iter().for_each(|&id| live[id] = true);
    for id in (0..net.values.len()).rev() {
        if live[id] {
            net.values[id].def.operands().into_iter().for_each(|o| live[o] = true);
        }
    }
    live
}
