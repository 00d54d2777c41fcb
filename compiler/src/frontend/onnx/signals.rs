//! Every signal as a polynomial, and the cut points between them: the membrane potentials.
//!
//! A membrane potential is what a comparison looks at. Cutting there keeps the polynomials of one timestep apart from
//! those of the next, whatever way the reset is written.

mod potential;
mod stored;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::algebra::{Atom, Beyond, Coef, Poly};
use super::net::{Def, Head, Net, Rounding, ValueId};
use crate::ir::{Comparison, Staircase};
use potential::{Users, comparison};
pub use stored::smooth;

/// Most spikes of a neuron in a timestep where the file sets no bound: as many as the integer network counts.
const MOST_SPIKES: u32 = u16::MAX as u32;

/// A spike: a membrane potential at or above a threshold.
#[derive(Clone)]
pub struct Spike {
    /// The membrane potential.
    pub membrane: ValueId,
    /// The threshold.
    pub threshold: Coef,
    /// Whether reaching it is enough.
    pub comparison: Comparison,
    /// Most spikes in one timestep, where they are counted: `floor(v / threshold)`, 0 or more.
    pub most: Option<u32>,
    /// The values that give it.
    pub values: Vec<ValueId>,
}

/// A polynomial, or the value whose expression has none.
pub type Expression = Result<Rc<Poly>, (Beyond, ValueId)>;

/// A potential in units of its threshold, made an integer.
#[derive(Clone)]
struct Level {
    membrane: ValueId,
    threshold: Coef,
    kind: LevelKind,
}

/// Which integer: the spikes are counted by any of the first two where the potential is above 0.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LevelKind {
    /// Rounded down, or towards zero.
    Rounded,
    /// Its magnitude, rounded down.
    Magnitude,
    /// Its sign.
    Sign,
}

/// The signals of a file.
pub struct Signals {
    /// Per value, whether an output depends on it.
    pub live: Vec<bool>,
    /// Every spike that something looks at.
    pub spikes: Vec<Spike>,
    /// The cut points: membrane potentials, and graph inputs that are compared.
    pub membranes: BTreeSet<ValueId>,
    /// Per spike, whether anything but the counting of spikes looks at it.
    pub used: Vec<bool>,
    /// Values `max(x, low)`, with `x` and `low`.
    pub floors: HashMap<ValueId, (ValueId, f64)>,
    /// Values that are a step function of a potential after its reset, with that and the levels: read as it is.
    pub stored: BTreeMap<ValueId, (ValueId, Staircase)>,
    /// Values that are 1 at the highest element and 0 elsewhere, with the potential they look at.
    pub highest: HashMap<ValueId, ValueId>,
    /// Per value, what it is as an operand; a membrane potential is itself.
    operands: Vec<Expression>,
    /// Per membrane potential, what it is made of.
    updates: HashMap<ValueId, Expression>,
    levels: HashMap<ValueId, Level>,
    known: HashMap<(ValueId, Vec<u64>, bool, Option<u32>), usize>,
}

impl Signals {
    /// Finds the spikes and membrane potentials of `net`; `more` are membrane potentials that nothing compares.
    pub fn new(net: &Net, outputs: &[ValueId], more: &BTreeSet<ValueId>) -> Self {
        let live = live(net, outputs);
        let users = Users::new(net, &live, outputs);
        let mut signals = Self {
            spikes: Vec::new(),
            membranes: more.clone(),
            used: Vec::new(),
            floors: HashMap::new(),
            stored: stored::staircases(net, &live, &users),
            highest: HashMap::new(),
            operands: Vec::with_capacity(net.values.len()),
            updates: HashMap::new(),
            levels: HashMap::new(),
            known: HashMap::new(),
            live,
        };
        let compared =
            (0..net.values.len()).filter(|&id| signals.live[id]).filter_map(|id| comparison(net, &users, id));
        signals.membranes.extend(compared.map(|c| c.membrane).collect::<Vec<_>>());
        for id in 0..net.values.len() {
            let expression = match signals.live[id] {
                true => signals.expression(net, &users, id),
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
        signals.used = signals.used(net, outputs);
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

    /// Whether `id` is an expression of other signals, and no signal of its own.
    pub fn looks_into(&self, net: &Net, id: ValueId) -> bool {
        let own = |e: &Expression| e.as_ref().is_ok_and(|poly| **poly == Poly::atom(Atom::Value(id)));
        net.values[id].def.is_elementwise() || self.live[id] && !own(&self.operands[id])
    }

    /// The comparison of the potential `membrane`, to name in messages; itself if there is none.
    pub fn spike_at(&self, membrane: ValueId) -> ValueId {
        let spike = self.spikes.iter().find(|s| s.membrane == membrane);
        spike.and_then(|s| s.values.first().copied()).unwrap_or(membrane)
    }

    /// The spike of the potential `membrane` that is counted as the spike `s` is.
    pub fn spike_like(&self, s: usize, membrane: ValueId) -> Option<usize> {
        let counted = self.spikes[s].most.is_some();
        let like = |&t: &usize| self.spikes[t].membrane == membrane && self.spikes[t].most.is_some() == counted;
        (0..self.spikes.len()).filter(|&t| self.used[t]).find(like)
    }

    /// `poly` without the bounds from below in it, and the lowest value of each that was taken out.
    pub fn unbounded(&self, poly: &Poly) -> (Poly, Vec<(ValueId, f64)>) {
        let (mut open, mut bounds) = (poly.clone(), Vec::new());
        loop {
            let bound = open.atoms().find_map(|atom| match atom {
                Atom::Value(id) => self.floors.get(&id).map(|&floor| (id, floor)),
                Atom::Spike(_) | Atom::Count(_) => None,
            });
            let Some((id, (x, low))) = bound else { break };
            let inner = self.of(x).ok().and_then(|x| open.substituted(Atom::Value(id), &x).ok());
            let Some(inner) = inner else { break };
            bounds.push((id, low));
            open = inner;
        }
        (open, bounds)
    }

    /// The levels that the potential `membrane` is stored as, and the value that is.
    pub fn stored_of(&self, membrane: ValueId) -> Option<(ValueId, &Staircase)> {
        let own = |x: ValueId| self.of(x).is_ok_and(|poly| poly.atoms().any(|atom| atom == Atom::Value(membrane)));
        self.stored.iter().find(|(_, (x, _))| own(*x)).map(|(&id, (_, stairs))| (id, stairs))
    }

    /// Which spikes outputs, layers and membrane potentials depend on.
    fn used(&self, net: &Net, outputs: &[ValueId]) -> Vec<bool> {
        let mut used = vec![false; self.spikes.len()];
        let mut look = |expression: Expression| {
            expression.iter().flat_map(|poly| poly.atoms().filter_map(Atom::spike)).for_each(|s| used[s] = true);
        };
        outputs.iter().for_each(|&id| look(self.of(id)));
        self.membranes.iter().for_each(|&id| look(self.update(id)));
        for id in (0..net.values.len()).filter(|&id| self.live[id] && !self.looks_into(net, id)) {
            net.values[id].def.operands().into_iter().for_each(|x| look(self.of(x)));
        }
        used
    }

    /// The number of a spike: a known one if there is one.
    fn spike(&mut self, spike: Spike, value: ValueId) -> usize {
        let at_least = spike.comparison == Comparison::AtLeast;
        let key = (spike.membrane, spike.threshold.key(), at_least, spike.most);
        let number = *self.known.entry(key).or_insert_with(|| {
            self.spikes.push(spike);
            self.spikes.len() - 1
        });
        self.spikes[number].values.push(value);
        number
    }

    fn expression(&mut self, net: &Net, users: &Users, id: ValueId) -> Expression {
        let dims = net.dims(id);
        let operands = &self.operands;
        let operand = |x: ValueId| -> Expression {
            if let Some(tensor) = net.as_constant(x) {
                let coef = Coef::of_constant(tensor, dims).ok_or((Beyond::Broadcast, id))?;
                return Ok(Rc::new(Poly::constant(coef)));
            }
            match net.dims(x).iter().product::<usize>() == dims.iter().product::<usize>() {
                true => operands[x].clone(),
                false => Err((Beyond::Broadcast, id)),
            }
        };
        let here = |result: Result<Poly, Beyond>| result.map(Rc::new).map_err(|beyond| (beyond, id));
        let itself = || Ok(Rc::new(Poly::atom(Atom::Value(id))));
        let one = || Poly::constant(Coef::All(1.0));
        if let Some(&(x, _)) = self.stored.get(&id) {
            return operand(x);
        }
        match net.values[id].def {
            Def::Add(a, b) => here(operand(a)?.plus(&*operand(b)?, 1.0)),
            Def::Sub(a, b) => here(operand(a)?.plus(&*operand(b)?, -1.0)),
            Def::Mul(a, b) => {
                let (p, q) = (operand(a)?, operand(b)?);
                match self.counted(&p, &q, id) {
                    Some(atom) => Ok(Rc::new(Poly::atom(atom))),
                    None => here(p.times(&q)),
                }
            }
            Def::Div(a, b) => here(operand(a)?.over(&*operand(b)?)),
            Def::At { x, .. } => operand(x),
            Def::Neg(a) => here(Poly::default().plus(&*operand(a)?, -1.0)),
            Def::Not(a) => here(one().plus(&*operand(a)?, -1.0)),
            Def::Where(c, a, b) => {
                // c * a + (1 - c) * b
                let (c, a, b) = (operand(c)?, operand(a)?, operand(b)?);
                let difference = a.plus(&b, -1.0).map_err(|e| (e, id))?;
                let chosen = match self.counted(&c, &difference, id) {
                    Some(atom) => Ok(Poly::atom(atom)),
                    None => difference.times(&c),
                };
                here(chosen.and_then(|d| d.plus(&b, 1.0)))
            }
            Def::Greater { a, b, or_equal } => match comparison(net, users, id) {
                Some(compared) => {
                    let (membrane, threshold, comparison) =
                        (compared.membrane, compared.threshold, compared.comparison);
                    let number =
                        self.spike(Spike { membrane, threshold, comparison, most: None, values: Vec::new() }, id);
                    let spike = Poly::atom(Atom::Spike(number));
                    match compared.negated {
                        true => here(one().plus(&spike, -1.0)),
                        false => Ok(Rc::new(spike)),
                    }
                }
                None => {
                    let difference = operand(a)?.plus(&*operand(b)?, -1.0).map_err(|e| (e, id))?;
                    let holds = |d: f64| if or_equal { d >= 0.0 } else { d > 0.0 };
                    self.truth(&difference, holds, id).map_or(Err((Beyond::Comparison, id)), |poly| Ok(Rc::new(poly)))
                }
            },
            Def::Equal(a, b) => {
                let difference = operand(a)?.plus(&*operand(b)?, -1.0).map_err(|e| (e, id))?;
                self.truth(&difference, |d| d == 0.0, id).map_or_else(itself, |poly| Ok(Rc::new(poly)))
            }
            Def::Const(_) => match net.as_constant(id).and_then(|t| Coef::of_constant(t, dims)) {
                Some(coef) => Ok(Rc::new(Poly::constant(coef))),
                None => Err((Beyond::Broadcast, id)),
            },
            Def::Round { x, rounding: Rounding::TowardsZero | Rounding::Floor } => {
                let (x, kind) = match net.values[x].def {
                    Def::Abs(x) => (x, LevelKind::Magnitude),
                    _ => (x, LevelKind::Rounded),
                };
                self.level(net, users, x, kind, id);
                itself()
            }
            Def::Sign(x) => {
                self.level(net, users, x, LevelKind::Sign, id);
                itself()
            }
            Def::Clip { x, low, high } => {
                if high.get() == f32::INFINITY && low.get().is_finite() {
                    self.floors.insert(id, (x, f64::from(low.get())));
                }
                itself()
            }
            Def::Maximum(ref parts) => {
                if let [a, b] = parts[..] {
                    for (x, low) in [(a, b), (b, a)] {
                        if let (None, Some(Coef::All(low))) = (
                            net.as_constant(x),
                            net.as_constant(low).and_then(|tensor| Coef::of_constant(tensor, dims)),
                        ) {
                            self.floors.insert(id, (x, low));
                        }
                    }
                }
                itself()
            }
            Def::Head { x, head: Head::Hardmax, .. } => {
                if let Some((membrane, _, false)) = users.potential(net, x, Coef::All(0.0)) {
                    self.highest.insert(id, membrane);
                }
                itself()
            }
            Def::Input(_)
            | Def::Abs(_)
            | Def::Tanh(_)
            | Def::Round { .. }
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
            | Def::MultiThreshold { .. } => itself(),
        }
    }

    /// A condition on one spike: whether it `holds` for the value that `difference` has with and without the spike.
    fn truth(&mut self, difference: &Poly, holds: impl Fn(f64) -> bool, id: ValueId) -> Option<Poly> {
        let constant = difference.coefficient(&super::algebra::ONE);
        let mut spike = difference.clone();
        spike.terms.remove(&super::algebra::ONE);
        let (atom, factor) = spike.as_multiple()?;
        let (Coef::All(without), Coef::All(factor)) = (constant, factor) else { return None };
        let atom = match atom {
            Atom::Spike(_) => atom,
            // No spike at all is a potential below the threshold.
            Atom::Count(s) if without == 0.0 => {
                let counted = self.spikes[s].clone();
                Atom::Spike(self.spike(Spike { most: None, values: Vec::new(), ..counted }, id))
            }
            Atom::Count(_) | Atom::Value(_) => return None,
        };
        let truth = |holds: bool| f64::from(u8::from(holds));
        let (silent, fired) = (truth(holds(without)), truth(holds(without + factor)));
        Poly::constant(Coef::All(silent)).plus(&Poly::atom(atom), fired - silent).ok()
    }

    /// Notes that `id` is an integer made of the potential `x` in units of a threshold.
    fn level(&mut self, net: &Net, users: &Users, x: ValueId, kind: LevelKind, id: ValueId) {
        let Some((membrane, threshold, false)) = users.potential(net, x, Coef::All(1.0)) else { return };
        let through_zero =
            users.potential(net, x, Coef::All(0.0)).is_some_and(|(m, limit, _)| m == membrane && limit.is(0.0));
        if through_zero && self.membranes.contains(&membrane) && threshold.all(|t| t > 0.0) {
            self.levels.insert(id, Level { membrane, threshold, kind });
        }
    }

    /// The product of two signals, where it counts spikes: `[v > 0] * trunc(v / threshold)` and its other spellings.
    fn counted(&mut self, p: &Poly, q: &Poly, id: ValueId) -> Option<Atom> {
        let single = |poly: &Poly| poly.as_multiple().and_then(|(atom, factor)| factor.is(1.0).then_some(atom));
        let (a, b) = (single(p)?, single(q)?);
        let level = |atom: Atom| match atom {
            Atom::Value(id) => self.levels.get(&id).cloned(),
            Atom::Spike(_) | Atom::Count(_) => None,
        };
        if let (Some(x), Some(y)) = (level(a), level(b)) {
            let signed = (x.kind == LevelKind::Magnitude) == (y.kind == LevelKind::Sign) && x.kind != y.kind;
            let magnitude = if x.kind == LevelKind::Magnitude { x.clone() } else { y.clone() };
            if signed && x.membrane == y.membrane {
                self.levels.insert(id, Level { kind: LevelKind::Rounded, ..magnitude });
                return Some(Atom::Value(id));
            }
            return None;
        }
        for (gate, integer) in [(a, b), (b, a)] {
            let (Some(gate_spike), Some(level)) = (gate.spike(), level(integer)) else { continue };
            let spike = &self.spikes[gate_spike];
            if spike.membrane != level.membrane {
                continue;
            }
            if level.kind == LevelKind::Sign && spike.threshold.all(|t| t >= 0.0) {
                return Some(gate);
            }
            let below = spike.threshold.all(|t| t >= 0.0)
                && spike.threshold.zip(&level.threshold, |t, unit| unit - t).is_some_and(|d| d.all(|d| d >= 0.0));
            if below && level.kind != LevelKind::Sign && matches!(gate, Atom::Spike(_)) {
                let Level { membrane, threshold, .. } = level;
                let (comparison, most) = (Comparison::AtLeast, Some(MOST_SPIKES));
                let number = self.spike(Spike { membrane, threshold, comparison, most, values: Vec::new() }, id);
                return Some(Atom::Count(number));
            }
        }
        None
    }
}

/// Per value, whether one of `outputs` depends on it.
pub(super) fn live(net: &Net, outputs: &[ValueId]) -> Vec<bool> {
    let mut live = vec![false; net.values.len()];
    outputs.iter().for_each(|&id| live[id] = true);
    for id in (0..net.values.len()).rev() {
        if live[id] {
            net.values[id].def.operands().into_iter().for_each(|o| live[o] = true);
        }
    }
    live
}
