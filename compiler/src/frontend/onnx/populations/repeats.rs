//! Which signals of a file of all timesteps are one computation at different timesteps, and at which.

use std::collections::HashMap;

use super::super::algebra::{Atom, Coef, ONE};
use super::super::import::Imported;
use super::super::net::{Def, ValueId};
use super::super::signals::Signals;

/// The timestep of every signal, and what it has in common with those of other timesteps.
pub struct Repeats<'a> {
    signals: &'a Signals,
    /// The timestep of the latest spikes or element of a sequence that a value depends on; `None` if on neither.
    times: Vec<Option<usize>>,
    /// Values with the same number are the same computation.
    like: Vec<usize>,
    /// Per membrane potential, its population and timestep.
    members: HashMap<ValueId, (usize, usize)>,
}

/// What makes two values the same computation.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// A definition over operands that are the same.
    Def(Def, Vec<usize>),
    /// A spike of a population.
    Spike(usize, bool),
}

impl<'a> Repeats<'a> {
    /// For populations whose potentials are `chains`.
    pub fn new(file: &Imported, signals: &'a Signals, chains: &[Vec<ValueId>]) -> Self {
        let mut members = HashMap::new();
        for (p, chain) in chains.iter().enumerate() {
            for (t, &id) in chain.iter().enumerate() {
                members.entry(id).or_insert((p, t));
            }
        }
        let mut spikes = HashMap::new();
        for spike in &signals.spikes {
            if let Some(&(p, t)) = members.get(&spike.membrane) {
                spikes.extend(spike.values.iter().map(|&id| (id, (p, t, spike.most.is_some()))));
            }
        }
        let net = &file.net;
        let is_sample = |id: ValueId| match net.values[id].def {
            Def::Reshape(x) => matches!(net.values[x].def, Def::Input(_)),
            Def::Input(_) => true,
            _ => false,
        };
        let mut known: HashMap<Key, usize> = HashMap::new();
        let (mut times, mut like) = (Vec::<Option<usize>>::new(), Vec::<usize>::new());
        for (id, value) in net.values.iter().enumerate() {
            let operands = value.def.operands();
            let latest = operands.iter().filter_map(|&x| times[x]).max();
            // The axes do not matter: exporters reshape as they like.
            if let Def::Reshape(x) = value.def {
                times.push(times[x]);
                like.push(like[x]);
                continue;
            }
            let (time, key) = match (spikes.get(&id), &value.def) {
                (Some(&(p, t, counted)), _) => (Some(t), Key::Spike(p, counted)),
                (None, &Def::Select { x, axis, index }) if is_sample(x) => {
                    (Some(index), Key::Def(Def::Select { x, axis, index: 0 }, Vec::new()))
                }
                (None, def) => {
                    let kinds = operands.iter().map(|&x| like[x]).collect();
                    (latest, Key::Def(def.map(|_| 0), kinds))
                }
            };
            let fresh = known.len();
            times.push(time);
            like.push(*known.entry(key).or_insert(fresh));
        }
        Self { signals, times, like, members }
    }

    /// The timestep of an atom.
    pub fn time_of(&self, atom: Atom) -> Option<usize> {
        match atom {
            Atom::Value(id) => self.times[id],
            Atom::Spike(s) | Atom::Count(s) => self.members.get(&self.signals.spikes[s].membrane).map(|&(_, t)| t),
        }
    }

    /// A number that atoms share if they are the same computation.
    pub fn like(&self, atom: Atom) -> usize {
        match atom {
            Atom::Value(id) => self.like[id],
            Atom::Spike(s) | Atom::Count(s) => {
                self.signals.spikes[s].values.first().map_or(usize::MAX, |&value| self.like[value])
            }
        }
    }

    /// What an atom is where all spikes that it depends on are zero; `None` if it depends on more than spikes.
    pub fn at_rest(&self, file: &Imported, atom: Atom) -> Option<Coef> {
        let Atom::Value(id) = atom else { return Some(Coef::All(0.0)) };
        let net = &file.net;
        let channels = |dims: &[usize]| dims.get(usize::from(dims.len() > 1)).copied();
        let vector = |id: usize| {
            let tensor = &net.constants[id];
            Coef::Each((0..tensor.len()).map(|i| tensor.get(i)).collect()).map(|v| v)
        };
        let silent = |x: ValueId| {
            let poly = self.signals.of(x).ok()?;
            let spikes = poly.atoms().all(|atom| atom.spike().is_some());
            (spikes && poly.coefficient(&ONE).is(0.0)).then_some(())
        };
        let bias = |bias: Option<usize>| bias.map_or(Coef::All(0.0), vector);
        match net.values[id].def {
            Def::Linear { x, bias: b, .. } | Def::Conv { x, bias: b, .. } => {
                let x = match net.values[x].def {
                    Def::Reshape(inner) => inner,
                    _ => x,
                };
                silent(x).map(|()| bias(b))
            }
            Def::BatchNorm { x, scale, shift } => {
                let scaled = self.at_rest(file, Atom::Value(x))?.zip(&vector(scale), |x, s| x * s)?;
                scaled.zip(&vector(shift), |x, s| x + s)
            }
            Def::Reshape(x) => match self.at_rest(file, Atom::Value(x))? {
                Coef::Each(_) if channels(net.dims(x)) != channels(net.dims(id)) => None,
                rest => Some(rest),
            },
            _ => None,
        }
    }
}
