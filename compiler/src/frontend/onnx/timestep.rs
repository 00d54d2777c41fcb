//! One timestep's dataflow between populations, equal for every timestep.
//!
//! A signal at timestep `t` becomes a [`Part`]: what it is, without saying when. Signals of two timesteps are the same
//! computation if and only if they are the same part, so a network repeats if the currents of every population do.

mod axes;

use std::collections::HashMap;

use super::algebra::{Atom, Coef, ONE, Poly};
use super::import::Imported;
use super::invalid;
use super::net::{Def, Fold, ValueId};
use super::populations::{Network, at_value, polynomial};
use crate::error::AtNode;
use crate::frontend::NodeError;
use crate::ir::{Shape, Timing};

/// Index into [`Parts::parts`].
pub type PartId = usize;
type Result<T> = std::result::Result<T, AtNode<NodeError>>;

/// Operations in a row without neurons between them, beyond which a network is refused.
const MAX_DEPTH: usize = 200;

/// What a signal is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The sample, or its element at the same timestep.
    Sample,
    /// The spikes of a population, so many timesteps ago.
    Spikes(usize, u32),
    /// A layer; its operand is a part.
    Layer(Def),
    /// The same elements as a vector.
    Flatten(PartId),
    /// The same elements in another shape.
    Reshape(PartId),
    /// The same elements in the order of other axes.
    Permute(PartId, [usize; 3]),
    /// The product of matrices.
    Product(PartId, PartId),
    /// A linear layer or a batch norm on every position of `[features, 1, rows]`; its operand is a part.
    Rows(Def),
    /// The last axis made one.
    Fold(PartId, Fold),
    /// Parts, each times a constant, plus a constant.
    Sum(Vec<(PartId, Exact)>, Exact),
}

/// A coefficient as a key: equal bits.
#[derive(Clone, Debug)]
pub struct Exact(pub Coef);

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for Exact {}

impl std::hash::Hash for Exact {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.key().hash(state);
    }
}

/// When a signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The same at every timestep.
    Always,
    /// At one timestep.
    At(usize),
    /// It mixes timesteps.
    Mixed,
}

impl Time {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Time::Always, time) | (time, Time::Always) => time,
            (Time::At(a), Time::At(b)) if a == b => self,
            (Time::At(_) | Time::Mixed, Time::At(_) | Time::Mixed) => Time::Mixed,
        }
    }
}

/// The parts of a network.
pub struct Parts<'a> {
    file: &'a Imported,
    network: &'a Network,
    /// Each part with its shape and the first value that it is.
    pub parts: Vec<(Part, Shape, ValueId)>,
    known: HashMap<(Part, Shape), PartId>,
    memo: HashMap<(ValueId, usize), PartId>,
    /// Per membrane potential, its population and timestep.
    members: HashMap<ValueId, (usize, usize)>,
    times: Vec<Time>,
    /// The value that stands for the sample: the input, or the reshape that alone uses it.
    sample: ValueId,
    /// Whether the sample is taken element by element.
    pub timing: Option<Timing>,
    depth: usize,
    /// Populations whose spikes are taken, and whether only the highest potential's.
    pub inhibited: HashMap<usize, bool>,
}

impl<'a> Parts<'a> {
    /// For the signals of `network`.
    pub fn new(file: &'a Imported, network: &'a Network) -> Self {
        let mut members = HashMap::new();
        for (p, population) in network.populations.iter().enumerate() {
            for (t, update) in population.updates.iter().enumerate() {
                members.entry(update.membrane).or_insert((p, t));
            }
        }
        let input = file.inputs[network.sample].value;
        let mut users = (0..file.net.values.len())
            .filter(|&id| network.signals.live[id] && file.net.values[id].def.operands().contains(&input));
        let sample = match (users.next(), users.next()) {
            (Some(only), None) if file.net.values[only].def == Def::Reshape(input) => only,
            _ => input,
        };
        let mut parts = Self {
            file,
            network,
            parts: Vec::new(),
            known: HashMap::new(),
            memo: HashMap::new(),
            members,
            times: Vec::with_capacity(file.net.values.len()),
            sample,
            timing: None,
            depth: 0,
            inhibited: HashMap::new(),
        };
        for id in 0..file.net.values.len() {
            let time = parts.time_of(id);
            parts.times.push(time);
        }
        parts
    }

    fn time_of(&self, id: ValueId) -> Time {
        if let Some(&(_, t)) = self.members.get(&id) {
            return Time::At(t);
        }
        match self.file.net.values[id].def {
            Def::Select { x, index, .. } if self.is_sample(x) => Time::At(index),
            ref def => def.operands().into_iter().map(|o| self.times[o]).fold(Time::Always, Time::and),
        }
    }

    /// When an atom is.
    pub fn time(&self, atom: Atom) -> Time {
        match atom {
            Atom::Value(id) => self.times[id],
            Atom::Spike(s) | Atom::Count(s) => self.times[self.network.signals.spikes[s].membrane],
        }
    }

    /// The population and timestep of a membrane potential.
    pub fn member(&self, membrane: ValueId) -> Option<(usize, usize)> {
        self.members.get(&membrane).copied()
    }

    fn is_sample(&self, id: ValueId) -> bool {
        let input = self.file.inputs[self.network.sample].value;
        id == input || self.file.net.values[id].def == Def::Reshape(input)
    }

    fn part(&mut self, part: Part, shape: Shape, value: ValueId) -> PartId {
        let key = (part, shape);
        if let Some(&id) = self.known.get(&key) {
            return id;
        }
        let id = self.parts.len();
        self.parts.push((key.0.clone(), shape, value));
        self.known.insert(key, id);
        id
    }

    fn refuse<T>(&self, id: ValueId, found: impl Into<String>, help: &str) -> Result<T> {
        Err(at_value(self.file, id, invalid(found.into(), help)))
    }

    /// The part that value `id` is at timestep `t`.
    ///
    /// # Errors
    /// A signal that is no layer of a spiking network, or that looks at another timestep.
    pub fn of_value(&mut self, id: ValueId, t: usize) -> Result<PartId> {
        let t_key = if self.times[id] == Time::Always { 0 } else { t };
        if let Some(&part) = self.memo.get(&(id, t_key)) {
            return Ok(part);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.refuse(id, format!("more than {MAX_DEPTH} operations in a row"), "split the network");
        }
        let part = self.part_of_value(id, t)?;
        self.depth -= 1;
        self.memo.insert((id, t_key), part);
        Ok(part)
    }

    fn part_of_value(&mut self, id: ValueId, t: usize) -> Result<PartId> {
        let net = &self.file.net;
        let def = net.values[id].def.clone();
        if let Some((membrane, factor)) = self.network.recurrent.get(&id) {
            return self.recurrent(*membrane, factor, id);
        }
        if id == self.sample || matches!(def, Def::Input(_)) {
            return self.sample_part(id, Timing::Constant);
        }
        if self.network.signals.looks_into(net, id)
            || self.network.signals.membranes.contains(&id) && self.members.contains_key(&id)
        {
            let poly = polynomial(self.file, self.network.signals.of(id))?;
            return self.of_poly(&poly, id, t);
        }
        match def {
            Def::Reshape(x) => {
                let inner = self.of_value(x, t)?;
                let (from, to) = (self.parts[inner].1, self.shape(id)?);
                if from == to || (to.channels, to.height) == (1, 1) && from.positions() == 1 {
                    Ok(inner)
                } else {
                    Ok(self.reshaped(inner, to, id))
                }
            }
            Def::Select { x, axis, index } if self.is_sample(x) => {
                let dims = net.dims(x);
                let steps = self.network.timesteps.unwrap_or(1);
                if index != t || dims[..axis].iter().any(|&d| d != 1) || dims[axis] != steps {
                    let found = format!(
                        "takes element {index} of axis {axis} of the input {dims:?} at timestep {t} of {steps}",
                    );
                    let help = "a sequence is an input [timesteps, 1, ...], one element a timestep; synaptic currents with a decay \
                                of their own and delays are not supported";
                    return self.refuse(id, found, help);
                }
                self.sample_part(id, Timing::Sequence)
            }
            Def::Linear { x, .. } => {
                // A linear layer flattens what it takes.
                let source = match net.values[x].def {
                    Def::Reshape(inner) if x != self.sample => inner,
                    _ => x,
                };
                let source = self.of_value(source, t)?;
                let fan_in = net.dims(x).last().copied().unwrap_or(1);
                match net.dims(x).iter().product::<usize>() == fan_in {
                    true => self.layer(def, source, id),
                    false => {
                        let fan_out = self.file.net.dims(id).last().copied().unwrap_or(1);
                        self.rows(def, source, [fan_in, fan_out], id)
                    }
                }
            }
            Def::BatchNorm { x, .. } if net.dims(x).len() == 2 && net.dims(x)[0] > 1 => {
                let source = self.of_value(x, t)?;
                let features = net.dims(x)[1];
                self.rows(def, source, [features, features], id)
            }
            Def::Permute { x, ref perm } => {
                let source = self.of_value(x, t)?;
                self.permute(source, x, perm, id)
            }
            Def::Product(a, b) => {
                let parts = [self.of_value(a, t)?, self.of_value(b, t)?];
                self.product(parts, [a, b], id)
            }
            Def::Reduce { x, ref axes, fold } if axes.len() == 1 => {
                let source = self.of_value(x, t)?;
                self.fold(source, x, axes[0], fold, id)
            }
            Def::Conv { x, .. } | Def::BatchNorm { x, .. } | Def::MaxPool { x, .. } | Def::AvgPool { x, .. } => {
                let source = self.of_value(x, t)?;
                self.layer(def, source, id)
            }
            Def::Concat { .. } | Def::Select { .. } => self.refuse(
                id,
                "it mixes signals of several timesteps",
                "only the readout may look at several timesteps",
            ),
            _ => self.refuse(
                id,
                "the operation is not supported on signals here",
                "see the table of supported operations in the README",
            ),
        }
    }

    fn layer(&mut self, def: Def, source: PartId, id: ValueId) -> Result<PartId> {
        let shape = self.shape(id)?;
        Ok(self.part(Part::Layer(def.map(|_| source)), shape, id))
    }

    fn sample_part(&mut self, id: ValueId, timing: Timing) -> Result<PartId> {
        let shape = self.shape(id)?;
        let other = self.parts.iter().any(|(part, other, _)| *part == Part::Sample && *other != shape);
        if other || self.timing.is_some_and(|known| known != timing) {
            return self.refuse(id, "takes the input in another shape than other layers do", "reshape the input once");
        }
        self.timing = Some(timing);
        Ok(self.part(Part::Sample, shape, id))
    }

    /// The part that `poly` is at timestep `t`; `id` is the value it is of.
    ///
    /// # Errors
    /// As [`Parts::of_value`], or a product of signals.
    pub fn of_poly(&mut self, poly: &Poly, id: ValueId, t: usize) -> Result<PartId> {
        let mut terms = Vec::new();
        for (mono, coef) in poly.terms.iter().filter(|(mono, _)| **mono != ONE) {
            let (atom, inhibited) = match *mono {
                [Some(atom), None] => (atom, false),
                [Some(a), Some(b)] => match self.inhibited(a, b) {
                    Some(spike) => (spike, true),
                    None => return self.refuse(id, "a product of two signals", "gates are not supported"),
                },
                [None, _] => continue,
            };
            let part = self.of_atom(atom, id, t)?;
            if let Part::Spikes(population, _) = self.parts[part].0
                && *self.inhibited.entry(population).or_insert(inhibited) != inhibited
            {
                let found = "takes all spikes of a population of which elsewhere only the highest potential fires";
                return self.refuse(id, found, "use inhibition for all of a layer's spikes");
            }
            terms.push((part, Exact(coef.clone())));
        }
        terms.sort_by_key(|(part, _)| *part);
        let shift = poly.coefficient(&ONE);
        let Some(&(first, ref factor)) = terms.first() else {
            return self.refuse(id, "a current that is constant", "a population needs an input");
        };
        if terms.len() == 1 && factor.0.is(1.0) && shift.is(0.0) {
            return Ok(first);
        }
        let mut shape = self.parts[first].1;
        if let Some((other, _)) = terms.iter().find(|(part, _)| self.parts[*part].1 != shape) {
            if self.parts[*other].1.len() != shape.len() {
                let found = format!("a sum of signals of shapes {shape} and {}", self.parts[*other].1);
                return self.refuse(id, found, "signals that are added have one shape");
            }
            shape = self.shape(id)?;
            for term in &mut terms {
                term.0 = self.reshaped(term.0, shape, id);
            }
        }
        Ok(self.part(Part::Sum(terms, Exact(shift)), shape, id))
    }

    fn of_atom(&mut self, atom: Atom, user: ValueId, t: usize) -> Result<PartId> {
        let membrane = match atom {
            Atom::Value(id) if !self.members.contains_key(&id) || !self.file.net.values[id].def.is_elementwise() => {
                // Simplification may make a current the first membrane potential: here it is a current.
                return match self.file.net.values[id].def {
                    Def::Input(_) if !self.network.recurrent.contains_key(&id) => {
                        self.sample_part(id, Timing::Constant)
                    }
                    _ => self.of_value_unless_member(id, t),
                };
            }
            Atom::Value(id) => {
                return self.refuse(
                    user,
                    format!(
                        "takes the membrane potential `{}` as a current",
                        super::populations::name_of(self.file, id).0
                    ),
                    "populations are joined by their spikes",
                );
            }
            Atom::Spike(s) | Atom::Count(s) => self.network.signals.spikes[s].membrane,
        };
        match self.member(membrane) {
            Some((population, at)) if at <= t => {
                let shape = self.shape(membrane)?;
                Ok(self.part(Part::Spikes(population, (t - at) as u32), shape, membrane))
            }
            Some((_, at)) => {
                let found = format!("takes spikes of timestep {at} at timestep {t}");
                self.refuse(user, found, "spikes cannot be taken before they are given")
            }
            None => self.refuse(
                membrane,
                "compares a signal that has no state of its own",
                "every population needs a state",
            ),
        }
    }

    /// The spikes of the timestep before that come in through the graph input `id`.
    fn recurrent(&mut self, membrane: ValueId, factor: &Coef, id: ValueId) -> Result<PartId> {
        let shape = self.shape(id)?;
        let Some((population, _)) = self.member(membrane) else {
            return self.refuse(id, "spikes of no population", "export the model again");
        };
        let spikes = self.part(Part::Spikes(population, 1), shape, membrane);
        Ok(match factor.is(1.0) {
            true => spikes,
            false => self.part(Part::Sum(vec![(spikes, Exact(factor.clone()))], Exact(Coef::All(0.0))), shape, id),
        })
    }

    /// The spike of a product with what is 1 at the highest potential of that population and 0 elsewhere.
    fn inhibited(&self, a: Atom, b: Atom) -> Option<Atom> {
        let spikes = &self.network.signals.spikes;
        [(a, b), (b, a)].into_iter().find_map(|(spike, highest)| match (spike, highest) {
            (Atom::Spike(s), Atom::Value(id)) => {
                (self.network.signals.highest.get(&id) == Some(&spikes[s].membrane)).then_some(spike)
            }
            _ => None,
        })
    }

    fn of_value_unless_member(&mut self, id: ValueId, t: usize) -> Result<PartId> {
        match self.members.remove(&id) {
            Some(member) => {
                let part = self.of_value(id, t);
                self.members.insert(id, member);
                part
            }
            None => self.of_value(id, t),
        }
    }

    /// Shape of a value without its batch axis.
    ///
    /// # Errors
    /// A batch of more than one sample, or more axes than a feature map has.
    pub fn shape(&self, id: ValueId) -> Result<Shape> {
        let dims = self.file.net.dims(id);
        let mut rest = dims;
        while let [1, tail @ ..] = rest
            && (dims.len() > 1 && rest.len() == dims.len() || rest.len() > 3)
        {
            rest = tail;
        }
        match *rest {
            [n] if dims.len() <= 2 && (dims.len() == 1 || dims[0] == 1) => Ok(Shape::vector(n)),
            [rows, features] if dims.len() == 2 && !self.is_sample(id) => Ok(Shape::new(rows, 1, features)),
            [channels, width] if dims.len() == 3 => Ok(Shape::new(channels, 1, width)),
            [channels, height, width] if dims.len() >= 4 => Ok(Shape::new(channels, height, width)),
            _ => self.refuse(
                id,
                format!(
                    "a signal of shape {dims:?}: a batch of more than one sample, or time folded into the batch axis"
                ),
                "export the model with a batch of one sample, timestep by timestep",
            ),
        }
    }
}
