//! Populations of neurons: which membrane potentials are one population at successive timesteps.
//!
//! In a file of one timestep a population is a state input and the potential computed from it ([`stepped`]); in an
//! unrolled file it is a chain of potentials, each computed from the one before ([`unrolled`]).

mod stepped;
mod unrolled;

use std::collections::BTreeSet;

use super::algebra::{Beyond, Coef, Poly};
use super::import::Imported;
use super::net::ValueId;
use super::recurrence::Recurrence;
use super::signals::{Expression, Signals};
use super::{at, invalid};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};
use crate::ir::Comparison;

/// A population of neurons.
pub struct Population {
    /// Its potential at each timestep of the file.
    pub updates: Vec<Update>,
    /// How the potential goes on.
    pub recurrence: Recurrence,
    /// The threshold, and whether reaching it is enough; `None` if nothing looks at its spikes.
    pub threshold: Option<(Coef, Comparison)>,
    /// Whether a reset is part of the next timestep.
    pub delayed: bool,
    /// The potential before the first timestep.
    pub start: f64,
}

/// A population at one timestep.
pub struct Update {
    /// The potential that is compared.
    pub membrane: ValueId,
    /// Its spike, by number.
    pub spike: Option<usize>,
    /// What it receives, without constants.
    pub current: Poly,
    /// The constant that it receives.
    pub shift: Coef,
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
    /// What was assumed.
    pub warnings: Vec<String>,
}

/// Finds the populations of a file.
///
/// # Errors
/// A potential that is no integrate-and-fire neuron, a state without its input or output, or no neuron at all.
pub fn recognise(file: &Imported, name: &str) -> Result<Network, FrontendError> {
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
    let states = stepped::states(file, &signals);
    match (chains.iter().any(|c| c.len() > 1), !states.is_empty()) {
        (true, true) => refuse(
            "several timesteps are unrolled between state inputs and outputs",
            "export one timestep with its states, or all timesteps without state inputs",
        ),
        (true, false) => unrolled::network(file, signals, chains, name),
        (false, true) => stepped::network(file, signals, &states, name),
        (false, false) if signals.membranes.is_empty() => refuse(
            "no spiking neuron was found",
            "snnc compiles spiking networks: a comparison with a threshold, on a state that goes from timestep to timestep",
        ),
        (false, false) => refuse(
            "its neurons have no state: nothing goes from one timestep to the next",
            "the state was frozen into the file: export the membrane potentials as inputs and outputs, or unroll over two \
             timesteps or more",
        ),
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

/// The spikes of the potential `membrane`: at most one threshold.
fn spike_of(file: &Imported, signals: &Signals, membrane: ValueId) -> Result<Option<usize>, FrontendError> {
    let mut spikes = (0..signals.spikes.len()).filter(|&s| signals.spikes[s].membrane == membrane);
    let first = spikes.next();
    match spikes.next() {
        None => Ok(first),
        Some(_) => {
            let error = invalid(
                "one membrane potential is compared with two thresholds".into(),
                "supported are neurons with one threshold",
            );
            Err(at_value(file, membrane, error).into())
        }
    }
}

/// The threshold that all `spikes` share; `None` if there are none.
fn shared_threshold(
    file: &Imported,
    signals: &Signals,
    spikes: impl Iterator<Item = usize>,
) -> Result<Option<(Coef, Comparison)>, FrontendError> {
    let mut shared: Option<(Coef, Comparison)> = None;
    for spike in spikes.map(|s| &signals.spikes[s]) {
        match &shared {
            Some((threshold, comparison)) if spike.threshold != *threshold || spike.comparison != *comparison => {
                let error = invalid(
                    format!("threshold {:?} here, {threshold:?} elsewhere in the same population", spike.threshold),
                    "a population compares with one threshold, at every timestep",
                );
                return Err(at_value(file, spike.membrane, error).into());
            }
            Some(_) => {}
            None => shared = Some((spike.threshold.clone(), spike.comparison)),
        }
    }
    Ok(shared)
}
