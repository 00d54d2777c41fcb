//! Files of all timesteps: chains of potentials, each computed from the one before.

use std::collections::{BTreeMap, BTreeSet};

use super::super::algebra::{Atom, Coef, Poly};
use super::super::import::Imported;
use super::super::invalid;
use super::super::net::{Def, ValueId};
use super::super::recurrence::{Recurrence, without_constant};
use super::super::signals::Signals;
use super::{Network, Population, Update, at_value, polynomial, shared_threshold, spike_of};
use crate::frontend::FrontendError;

/// The potential that `update` continues.
///
/// Where simplification has made the first potential and a constant current one value, that value stands in every
/// update: a computed potential comes before it.
pub(super) fn before(file: &Imported, signals: &Signals, membrane: ValueId, update: &Poly) -> Option<ValueId> {
    let found: BTreeSet<ValueId> = update
        .terms
        .keys()
        .flatten()
        .flatten()
        .filter_map(|atom| match *atom {
            Atom::Value(id) if id != membrane && signals.membranes.contains(&id) => Some(id),
            _ => None,
        })
        .filter(|&id| !matches!(file.net.values[id].def, Def::Input(_)))
        .collect();
    let computed: Vec<ValueId> = found.iter().copied().filter(|&id| file.net.values[id].def.is_elementwise()).collect();
    match (&computed[..], found.len()) {
        (&[one], _) => Some(one),
        (&[], 1) => found.first().copied(),
        _ => None,
    }
}

/// Chains of potentials, first timestep first; a potential of no chain is one of length 1.
pub fn chains(file: &Imported, signals: &Signals) -> Vec<Vec<ValueId>> {
    let potentials =
        || signals.membranes.iter().copied().filter(|&id| !matches!(file.net.values[id].def, Def::Input(_)));
    let previous: BTreeMap<ValueId, ValueId> = potentials()
        .filter_map(|id| signals.update(id).ok().and_then(|u| before(file, signals, id, &u)).map(|p| (id, p)))
        .collect();
    let continued: BTreeSet<ValueId> = previous.values().copied().collect();
    let last = potentials().filter(|id| !continued.contains(id));
    last.map(|id| {
        let mut chain: Vec<ValueId> = std::iter::successors(Some(id), |id| previous.get(id).copied()).collect();
        chain.reverse();
        chain
    })
    .collect()
}

/// Potentials of the last timestep that nothing compares, because only they are read: each goes on as its chain does.
pub fn unread(file: &Imported, signals: &Signals) -> BTreeSet<ValueId> {
    let goes_on = |chain: &[ValueId]| -> Option<ValueId> {
        let [.., before, last] = *chain else { return None };
        let spike = |id: ValueId| spike_of(file, signals, id).ok().flatten();
        let recurrence = Recurrence::of(&*signals.update(last).ok()?, before, spike(before));
        let mut values = (last + 1..file.net.values.len()).filter(|&id| {
            signals.live[id] && file.net.values[id].def.is_elementwise() && !signals.membranes.contains(&id)
        });
        values.find(|&id| {
            let Ok(poly) = signals.of(id) else { return false };
            let decays = poly.terms.contains_key(&[Some(Atom::Value(last)), None]);
            decays && Recurrence::of(&poly, last, spike(last)).is_near(&recurrence) && {
                let (current, _) = without_constant(&recurrence.current(&poly, last, spike(last)));
                let mut atoms = current.terms.keys().flatten().flatten();
                !current.terms.is_empty()
                    && !atoms.any(|a| matches!(*a, Atom::Value(v) if file.net.values[v].def.is_elementwise()))
            }
        })
    };
    chains(file, signals).iter().filter_map(|chain| goes_on(chain)).collect()
}

/// The network of an unrolled file.
pub fn network(
    file: &Imported,
    signals: Signals,
    chains: Vec<Vec<ValueId>>,
    name: &str,
) -> Result<Network, FrontendError> {
    let timesteps = chains.iter().map(Vec::len).max().unwrap_or(0);
    let mut populations = Vec::new();
    for chain in &chains {
        if let Some(&first) = chain.first()
            && chain.len() != timesteps
        {
            polynomial(file, signals.update(first))?;
            let found = format!("a population of {} timesteps, where others have {timesteps}", chain.len());
            let help = "every population must be updated at every timestep, from zero: export the network again";
            return Err(at_value(file, first, invalid(found, help)).into());
        }
        populations.push(population(file, &signals, chain)?);
    }
    let used: Vec<usize> = (0..file.inputs.len()).filter(|&i| signals.live[file.inputs[i].value]).collect();
    let &[sample] = &used[..] else {
        let found = format!("{} inputs; an unrolled network has one", used.len());
        let help = "export the network with the sample as its only input".into();
        return Err(FrontendError::Network { file: name.into(), found, help });
    };
    Ok(Network {
        signals,
        populations,
        sample,
        timesteps: Some(timesteps),
        states: BTreeSet::new(),
        warnings: Vec::new(),
    })
}

/// The population of one chain.
fn population(file: &Imported, signals: &Signals, chain: &[ValueId]) -> Result<Population, FrontendError> {
    let spikes: Vec<Option<usize>> = chain.iter().map(|&id| spike_of(file, signals, id)).collect::<Result<_, _>>()?;
    let threshold = shared_threshold(file, signals, spikes.iter().copied().flatten())?;
    // The last timestep is never the simplified one.
    let last = chain.len() - 1;
    let update = polynomial(file, signals.update(chain[last]))?;
    let recurrence = Recurrence::of(&update, chain[last - 1], spikes[last - 1]);
    let mut updates = Vec::with_capacity(chain.len());
    for (t, &membrane) in chain.iter().enumerate() {
        let update = polynomial(file, signals.update(membrane))?;
        let current = match t.checked_sub(1) {
            Some(before) => recurrence.current(&update, chain[before], spikes[before]),
            None => (*update).clone(),
        };
        let (current, shift) = without_constant(&current);
        updates.push(Update { membrane, spike: spikes[t], current, shift, after: None });
    }
    for t in 0..last {
        updates[t].after = after(file, signals, chain[t + 1], chain[t], spikes[t]);
    }
    let delayed = updates[0].after.is_none();
    let start = start(file, &updates, &recurrence)?;
    Ok(Population { updates, recurrence, threshold, delayed, start })
}

/// The potential before the first timestep, from the constant that only the first timestep has.
fn start(file: &Imported, updates: &[Update], recurrence: &Recurrence) -> Result<f64, FrontendError> {
    let refuse = |t: usize, found: &str| {
        let help = "every timestep must receive the same: export the network again";
        Err(at_value(file, updates[t].membrane, invalid(found.into(), help)).into())
    };
    let Some(last) = updates.last() else { return Ok(0.0) };
    if let Some(t) = (1..updates.len()).find(|&t| !updates[t].shift.is_near(&last.shift)) {
        return refuse(t, "another constant current than at the other timesteps");
    }
    if updates[0].shift.is_near(&last.shift) {
        return Ok(0.0);
    }
    let extra = updates[0].shift.zip(&last.shift, |a, b| a - b).and_then(|d| d.zip(&recurrence.decay, |a, b| a / b));
    match extra {
        Some(Coef::All(start)) if start.is_finite() => Ok(start),
        _ => refuse(0, "membrane potentials that start from different values"),
    }
}

/// The value between two updates that holds the potential after its reset, if there is one: the reset is then not
/// part of the next timestep.
fn after(
    file: &Imported,
    signals: &Signals,
    next: ValueId,
    membrane: ValueId,
    spike: Option<usize>,
) -> Option<ValueId> {
    let mut seen = BTreeSet::new();
    let mut stack = file.net.values[next].def.operands();
    while let Some(id) = stack.pop() {
        if !file.net.values[id].def.is_elementwise() || signals.membranes.contains(&id) || !seen.insert(id) {
            continue;
        }
        if let Ok(poly) = signals.of(id) {
            let own = |atom: &Atom| match *atom {
                Atom::Value(v) => v == membrane,
                Atom::Spike(s) => Some(s) == spike,
            };
            let atoms: Vec<Atom> = poly.terms.keys().flatten().flatten().copied().collect();
            let both = atoms.contains(&Atom::Value(membrane)) && spike.is_some_and(|s| atoms.contains(&Atom::Spike(s)));
            if both && atoms.iter().all(own) && poly.coefficient(&[Some(Atom::Value(membrane)), None]).is(1.0) {
                return Some(id);
            }
        }
        stack.extend(file.net.values[id].def.operands());
    }
    None
}
