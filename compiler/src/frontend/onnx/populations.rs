//! Populations of neurons: which membrane potentials are one population at successive timesteps.
//!
//! In a file of one timestep a population is a state input and the potential computed from it ([`stepped`]); in an
//! unrolled file it is a chain of potentials, each computed from the one before ([`unrolled`]).

mod pairing;
mod repeats;
mod response;
mod stepped;
mod synapses;
mod timed;
mod unrolled;

use std::collections::{BTreeMap, BTreeSet};

use super::algebra::{Atom, Beyond, Coef, Poly};
use super::import::Imported;
use super::net::ValueId;
use super::recurrence::{Recurrence, without_constant};
use super::signals::{Expression, Signals};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};
use crate::ir::{Comparison, Staircase};

/// A population of neurons.
pub struct Population {
    /// Its potential at each timestep of the file.
    pub updates: Vec<Update>,
    /// How the potential goes on.
    pub recurrence: Recurrence,
    /// What the current goes through before it reaches the potential.
    pub synapses: Vec<Synapse>,
    /// When it fires; `None` if nothing looks at its spikes.
    pub firing: Option<Firing>,
    /// Whether a reset is part of the next timestep.
    pub delayed: bool,
    /// The value of a delayed reset that overrides the next timestep's input.
    pub overriding: Option<Coef>,
    /// Whether it sets the synaptic currents to zero as well.
    pub clears: bool,
    /// The lowest potential.
    pub lowest: Option<f64>,
    /// The levels that are stored in place of the potential.
    pub stored: Option<Staircase>,
    /// Whether only the neuron with the highest potential fires.
    pub inhibition: bool,
    /// The potential before the first timestep.
    pub start: f64,
    /// Where a file of one timestep keeps its states.
    pub states: Vec<Kept>,
}

/// When a population fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// At this potential: one, or one for each timestep,
    pub thresholds: Vec<Coef>,
    /// or above it.
    pub comparison: Comparison,
    /// Most spikes in one timestep, where they are counted.
    pub most: Option<u32>,
}

/// A synaptic current of unit input: `i = decay * i + u`, of which the potential takes `gain * i`.
#[derive(Clone, Debug, PartialEq)]
pub struct Synapse {
    /// Decay per timestep.
    pub decay: Coef,
    /// What the potential takes.
    pub gain: Coef,
}

/// A state of a file of one timestep.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What it is.
    pub state: State,
    /// The graph input, by its value.
    pub input: ValueId,
    /// The graph output, by number.
    pub output: usize,
    /// What the file's number is of the population's.
    pub factor: Coef,
}

/// Which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The potential after its reset, or before a reset that comes with the next timestep.
    Membrane,
    /// A synaptic current.
    Synaptic(usize),
    /// The spikes of the timestep before.
    Spikes,
}

/// A population at one timestep.
pub struct Update {
    /// The potential that is compared.
    pub membrane: ValueId,
    /// What it receives, without constants.
    pub current: Poly,
    /// The constant that it receives.
    pub shift: Coef,
    /// The timestep that the current is of: a later one where it takes spikes that were not there yet.
    pub at: usize,
    /// The potential at the end of the timestep, where the file names it: after a reset that is not delayed.
    pub after: Option<ValueId>,
}

/// What a file holds.
pub struct Network {
    /// Its signals.
    pub signals: Signals,
    /// Its populations.
    pub populations: Vec<Population>,
    /// The graph input that is the sample, by number.
    pub sample: usize,
    /// Timesteps, if it is unrolled.
    pub timesteps: Option<usize>,
    /// Graph outputs that are states, by number.
    pub states: BTreeSet<usize>,
    /// Graph inputs that are spikes of the timestep before: whose (by potential), and times what.
    pub recurrent: BTreeMap<ValueId, (ValueId, Coef)>,
    /// What was assumed.
    pub warnings: Vec<String>,
}

/// Finds the populations of a file.
///
/// # Errors
/// A potential that is no integrate-and-fire neuron, a state without its input or output, or no neuron at all.
pub fn recognise(file: &mut Imported, name: &str) -> Result<Network, FrontendError> {
    let outputs: Vec<ValueId> = file.outputs.iter().map(|(_, id)| *id).collect();
    let mut signals = Signals::new(&file.net, &outputs, &BTreeSet::new());
    let mut silent = stepped::integrators(file, &signals);
    silent.extend(unrolled::unread(file, &signals));
    if !silent.is_empty() {
        signals = Signals::new(&file.net, &outputs, &silent);
    }
    let refuse = |found: &str, help: &str| {
        Err(FrontendError::Network { file: name.into(), found: found.into(), help: help.into() })
    };
    let chains = unrolled::chains(file, &signals);
    let stepped = stepped::has_states(file, &signals);
    match (chains.iter().any(|c| c.len() > 1), stepped) {
        (true, true) => refuse(
            "several timesteps are unrolled between state inputs and outputs",
            "export one timestep with its states, or all timesteps without state inputs",
        ),
        (true, false) => unrolled::network(file, signals, chains, name),
        (false, true) => stepped::network(file, signals, name),
        (false, false) => match (timed::apart(file), signals.membranes.first()) {
            (Some(chains), _) => {
                let outputs: Vec<ValueId> = file.outputs.iter().map(|(_, id)| *id).collect();
                unrolled::network(file, Signals::new(&file.net, &outputs, &BTreeSet::new()), chains, name)
            }
            (None, None) => refuse(
                "no spiking neuron was found",
                "snnc compiles spiking networks: a comparison with a threshold, on a state that goes from timestep to timestep",
            ),
            (None, Some(&frozen)) => {
                let error = invalid(
                    "a spiking neuron without a state: nothing goes from one timestep to the next".into(),
                    "the state was frozen into the file: export the membrane potentials as inputs and outputs, or unroll over \
                     two timesteps or more",
                );
                Err(at_value(file, signals.spike_at(frozen), error).into())
            }
        },
    }
}

/// How messages call a value, and its operation.
pub fn name_of(file: &Imported, id: ValueId) -> (String, String) {
    match file.net.values[id].nodes.first() {
        Some(&node) => (file.node_names[node].clone(), file.node_ops[node].clone()),
        None => match file.inputs.iter().find(|i| i.value == id) {
            Some(input) => (input.name.clone(), "input".into()),
            None => ("constant".into(), "initializer".into()),
        },
    }
}

/// An error at the node of a value.
pub fn at_value(file: &Imported, id: ValueId, error: NodeError) -> AtNode<NodeError> {
    let (node, op) = name_of(file, id);
    at(&node, &op, error)
}

/// The polynomial of an expression, or an error that names the node it stops at.
pub fn polynomial(file: &Imported, expression: Expression) -> Result<std::rc::Rc<Poly>, AtNode<NodeError>> {
    expression.map_err(|(beyond, id)| {
        let (found, help) = match beyond {
            Beyond::Degree => {
                ("a product of signals that no supported neuron has", "see the supported neurons in the README")
            }
            Beyond::Division => ("a division by a signal", "divisors must be constants other than 0"),
            Beyond::Broadcast => (
                "a constant that differs within a channel, or a signal repeated along an axis",
                "constants that act on signals are one number, or one per channel",
            ),
            Beyond::Comparison => ("a comparison of two signals", "a threshold must be constant"),
        };
        at_value(file, id, invalid(found.into(), help))
    })
}

/// An update without the reset that overrides all of it, and the value of that reset.
fn without_override(update: &Poly, reset: Option<Atom>, state: ValueId) -> Option<(Poly, Coef)> {
    let (open, when) = update.split(reset?);
    let (moving, constant) = without_constant(&open);
    let (gated, shift) = without_constant(&when);
    let beyond_state = moving.terms.keys().any(|mono| *mono != [Some(Atom::Value(state)), None]);
    let all = !gated.terms.is_empty() && beyond_state && gated.scaled(-1.0).is_about(&moving);
    all.then(|| constant.zip(&shift, |c, s| c + s)).flatten().map(|value| (open, value))
}

/// The spikes of one potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fires {
    /// Whether it fires.
    once: Option<usize>,
    /// How often it fires, where spikes are counted.
    counted: Option<usize>,
}

impl Fires {
    /// The atom that `poly` resets by.
    fn atom(self, poly: &Poly) -> Option<Atom> {
        let once = self.once.map(Atom::Spike);
        let counted = self.counted.map(Atom::Count);
        once.filter(|once| poly.atoms().any(|atom| atom == *once)).or(counted).or(once)
    }

    /// Whether `atom` is one of these spikes.
    fn has(self, atom: Atom) -> bool {
        match atom {
            Atom::Spike(s) => self.once == Some(s),
            Atom::Count(s) => self.counted == Some(s),
            Atom::Value(_) => false,
        }
    }
}

/// The spikes of the potential `membrane`: at most one threshold.
fn spikes_of(file: &Imported, signals: &Signals, membrane: ValueId) -> Result<Fires, FrontendError> {
    let mut fires = Fires::default();
    for s in (0..signals.spikes.len()).filter(|&s| signals.spikes[s].membrane == membrane && signals.used[s]) {
        let slot = match signals.spikes[s].most {
            None => &mut fires.once,
            Some(_) => &mut fires.counted,
        };
        if slot.replace(s).is_some() {
            let error = invalid(
                "one membrane potential is compared with two thresholds".into(),
                "supported are neurons with one threshold",
            );
            return Err(at_value(file, membrane, error).into());
        }
    }
    Ok(fires)
}

/// When all of `fires` fire: they share one threshold; `None` if there are none.
fn firing(
    file: &Imported,
    signals: &Signals,
    fires: impl Iterator<Item = Fires>,
) -> Result<Option<Firing>, FrontendError> {
    let mut shared: Option<Firing> = None;
    for spike in fires.flat_map(|f| [f.once, f.counted]).flatten().map(|s| &signals.spikes[s]) {
        match &mut shared {
            Some(known) if spike.threshold != known.thresholds[0] || spike.comparison != known.comparison => {
                let error = invalid(
                    format!(
                        "threshold {:?} here, {:?} elsewhere in the same population",
                        spike.threshold, known.thresholds[0]
                    ),
                    "a population compares with one threshold, at every timestep",
                );
                return Err(at_value(file, spike.membrane, error).into());
            }
            Some(known) => known.most = known.most.max(spike.most),
            None => {
                let (thresholds, comparison) = (vec![spike.threshold.clone()], spike.comparison);
                shared = Some(Firing { thresholds, comparison, most: spike.most });
            }
        }
    }
    Ok(shared)
}
