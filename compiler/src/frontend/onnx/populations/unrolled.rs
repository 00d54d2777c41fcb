//! Files of all timesteps: chains of potentials, each computed from the one before.

use std::collections::{BTreeMap, BTreeSet};

use super::super::algebra::{Atom, Coef, Poly};
use super::super::import::Imported;
use super::super::invalid;
use super::super::net::ValueId;
use super::super::recurrence::{Recurrence, without_constant};
use super::super::signals::Signals;
use super::pairing::potentials;
use super::repeats::Repeats;
use super::response::{self, Response};
use super::{Fires, Firing, Network, Population, Update, at_value, firing, polynomial, spikes_of};
use crate::frontend::FrontendError;
use crate::ir::Staircase;

/// The potential that `update` continues.
///
/// Where simplification has made the first potential and a constant current one value, that value stands in every
/// update: a computed potential comes before it. A potential without a decay of its own is continued by its reset.
pub(super) fn before(file: &Imported, signals: &Signals, membrane: ValueId, update: &Poly) -> Option<ValueId> {
    let (update, _) = signals.unbounded(update);
    let computed: BTreeSet<ValueId> = potentials(file, signals).collect();
    let found: BTreeSet<ValueId> = update
        .atoms()
        .filter_map(|atom| match atom {
            Atom::Value(id) if id != membrane && signals.membranes.contains(&id) => Some(id),
            Atom::Value(_) | Atom::Spike(_) | Atom::Count(_) => None,
        })
        .filter(|id| computed.contains(id))
        .collect();
    let elementwise = |id: &ValueId| file.net.values[*id].def.is_elementwise();
    let later: Vec<ValueId> = found.iter().copied().filter(elementwise).collect();
    match (&later[..], found.len()) {
        // Where the first potential is also a synaptic current, it stands in later updates too.
        (&[.., latest], _) => Some(latest),
        (&[], 1) => found.first().copied(),
        (&[], 0) => {
            let resets = |(mono, factor): (&[Option<Atom>; 2], &Coef)| match *mono {
                [Some(a), Some(b)] => a.spike().or(b.spike()),
                [Some(a), None] => a.spike().filter(|_| factor.all(|f| f < 0.0)),
                [None, _] => None,
            };
            let reset: BTreeSet<ValueId> =
                update.terms.iter().filter_map(resets).map(|s| signals.spikes[s].membrane).collect();
            let mut reset = reset.into_iter().filter(|&id| computed.contains(&id) && id < membrane);
            reset.next().filter(|_| reset.next().is_none())
        }
        _ => None,
    }
}

/// Chains of potentials, first timestep first; a potential of no chain is one of length 1.
pub fn chains(file: &Imported, signals: &Signals) -> Vec<Vec<ValueId>> {
    let previous: BTreeMap<ValueId, ValueId> = potentials(file, signals)
        .filter_map(|id| signals.update(id).ok().and_then(|u| before(file, signals, id, &u)).map(|p| (id, p)))
        .collect();
    let continued: BTreeSet<ValueId> = previous.values().copied().collect();
    let last = potentials(file, signals).filter(|id| !continued.contains(id));
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
        let reset = |id: ValueId, poly: &Poly| spikes_of(file, signals, id).ok().and_then(|fires| fires.atom(poly));
        let update = signals.update(last).ok()?;
        let recurrence = Recurrence::of(&update, before, reset(before, &update));
        let mut values = (last + 1..file.net.values.len()).filter(|&id| {
            signals.live[id] && file.net.values[id].def.is_elementwise() && !signals.membranes.contains(&id)
        });
        values.find(|&id| {
            let Ok(poly) = signals.of(id) else { return false };
            let decays = poly.terms.contains_key(&[Some(Atom::Value(last)), None]);
            decays && Recurrence::of(&poly, last, reset(last, &poly)).is_near(&recurrence) && {
                let (current, _) = without_constant(&recurrence.current(&poly, last, reset(last, &poly)));
                !current.terms.is_empty()
                    && !current.atoms().any(|a| matches!(a, Atom::Value(v) if file.net.values[v].def.is_elementwise()))
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
    let repeats = Repeats::new(file, &signals, &chains);
    for chain in &chains {
        if let Some(&first) = chain.first()
            && chain.len() != timesteps
        {
            polynomial(file, signals.update(first))?;
            let found = format!("a population of {} timesteps, where others have {timesteps}", chain.len());
            let help = "every population must be updated at every timestep, from zero: export the network again";
            return Err(at_value(file, first, invalid(found, help)).into());
        }
        populations.push(population(file, &signals, &repeats, chain)?);
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
        recurrent: BTreeMap::new(),
        warnings: Vec::new(),
    })
}

/// The population of one chain.
fn population(
    file: &Imported,
    signals: &Signals,
    repeats: &Repeats<'_>,
    chain: &[ValueId],
) -> Result<Population, FrontendError> {
    let fires: Vec<Fires> = chain.iter().map(|&id| spikes_of(file, signals, id)).collect::<Result<_, _>>()?;
    let firing = firing_over_time(file, signals, &fires)?;
    let refuse = |t: usize, found: &str, help: &str| Err(at_value(file, chain[t], invalid(found.into(), help)).into());
    let mut open = Vec::with_capacity(chain.len());
    let mut lowest = None;
    for &id in chain {
        let (update, bounds) = signals.unbounded(&*polynomial(file, signals.update(id))?);
        lowest = lowest.or(bounded(signals, &bounds));
        open.push(update);
    }
    // The last timestep is never the simplified one.
    let last = chain.len() - 1;
    let mut overriding = None;
    for t in 1..=last {
        let reset = fires[t - 1].atom(&open[t]);
        if let Some((update, value)) = super::without_override(&open[t], reset, chain[t - 1]) {
            open[t] = update;
            overriding.get_or_insert(value);
        }
    }
    let mut recurrence = Recurrence::of(&open[last], chain[last - 1], fires[last - 1].atom(&open[last]));
    let current = |recurrence: &Recurrence, t: usize| match t.checked_sub(1) {
        Some(before) => recurrence.current(&open[t], chain[before], fires[before].atom(&open[t])),
        None => open[t].clone(),
    };
    let first = Atom::Value(chain[0]);
    let constant = repeats.time_of(first).is_none();
    if last == 1 && constant && without_constant(&current(&recurrence, 1)).0.terms.is_empty() {
        // The first potential is the constant current: the second has it twice, as itself and as the current.
        recurrence.decay = recurrence.decay.map(|d| d - 1.0);
    }
    let mut currents = Vec::with_capacity(chain.len());
    for (t, &id) in chain.iter().enumerate() {
        let mut current = current(&recurrence, t);
        if t > 0 && current.atoms().any(|atom| atom == first) {
            current = current.substituted(first, &open[0]).map_err(|_| {
                let error = invalid("a current beyond what neurons take".into(), "export the model again");
                FrontendError::from(at_value(file, id, error))
            })?;
        }
        currents.push(current);
    }
    let Some(Response { synapses, currents, settled }) = response::response(file, repeats, &currents) else {
        let help = "every timestep must compute the same, and synaptic currents must be exponential filters of it";
        return refuse(last, "a current that depends on earlier timesteps in a way that no neuron has", help);
    };
    let mut updates: Vec<Update> = chain
        .iter()
        .zip(&currents)
        .enumerate()
        .map(|(t, (&membrane, current))| {
            let (_, shift) = without_constant(current);
            let at = t.max(settled).min(last);
            Update { membrane, current: without_constant(&currents[at]).0, shift, at, after: None }
        })
        .collect();
    for t in 0..last {
        updates[t].after = after(file, signals, chain[t + 1], chain[t], fires[t]);
    }
    let delayed = updates[0].after.is_none();
    let start = start(file, &updates, &recurrence)?;
    if start != 0.0 && !synapses.is_empty() {
        return refuse(
            0,
            "neurons with synaptic currents that start from another potential than zero",
            "start from rest",
        );
    }
    Ok(Population {
        updates,
        recurrence,
        synapses,
        firing,
        delayed,
        overriding,
        clears: false,
        lowest,
        stored: stored(file, signals, chain)?,
        inhibition: false,
        start,
        states: Vec::new(),
    })
}

/// The levels that the potentials of a chain are stored as, the same at every timestep (the last is not looked at again).
fn stored(file: &Imported, signals: &Signals, chain: &[ValueId]) -> Result<Option<Staircase>, FrontendError> {
    let of = |id: ValueId| signals.stored_of(id).map(|(_, stairs)| stairs);
    let [kept @ .., _] = chain else { return Ok(None) };
    let first = kept.first().and_then(|&id| of(id));
    match kept.iter().find(|&&id| of(id) != first) {
        None => Ok(first.cloned()),
        Some(&id) => {
            let found = "a potential that is stored in another way than at the other timesteps".into();
            let help = "freeze what the levels are scaled by: export the model in eval mode";
            Err(at_value(file, id, invalid(found, help)).into())
        }
    }
}

/// When the potentials of successive timesteps fire: at one threshold, or at each timestep at its own.
fn firing_over_time(file: &Imported, signals: &Signals, fires: &[Fires]) -> Result<Option<Firing>, FrontendError> {
    let of = |fires: &Fires| fires.once.filter(|_| fires.counted.is_none()).map(|s| &signals.spikes[s]);
    let spikes: Option<Vec<_>> = fires.iter().map(of).collect();
    if let Some(spikes) = spikes
        && let [first, rest @ ..] = &spikes[..]
        && rest.iter().all(|spike| spike.comparison == first.comparison)
        && rest.iter().any(|spike| spike.threshold != first.threshold)
    {
        let thresholds = spikes.iter().map(|spike| spike.threshold.clone()).collect();
        return Ok(Some(Firing { thresholds, comparison: first.comparison, most: None }));
    }
    firing(file, signals, fires.iter().copied())
}

/// The lowest value of a potential that `membrane` goes on from, where one is bounded: the next update takes
/// `max(x, low)`, or `max(x - c, low) + c`.
fn bounded(signals: &Signals, bounds: &[(ValueId, f64)]) -> Option<f64> {
    let &[(bound, low)] = bounds else { return None };
    let (x, _) = *signals.floors.get(&bound)?;
    let (_, below) = without_constant(&*signals.of(x).ok()?);
    match below {
        Coef::All(below) => Some(low - below),
        Coef::Each(_) => None,
    }
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
fn after(file: &Imported, signals: &Signals, next: ValueId, membrane: ValueId, fires: Fires) -> Option<ValueId> {
    let mut seen = BTreeSet::new();
    let mut stack = file.net.values[next].def.operands();
    while let Some(id) = stack.pop() {
        let inside = signals.looks_into(&file.net, id) || signals.floors.contains_key(&id);
        if !inside || signals.membranes.contains(&id) || !seen.insert(id) {
            continue;
        }
        if let Ok(poly) = signals.of(id) {
            let (poly, _) = signals.unbounded(&poly);
            let own = |atom: Atom| atom == Atom::Value(membrane) || fires.has(atom);
            let spikes = poly.atoms().any(|atom| fires.has(atom));
            if spikes && poly.atoms().all(own) && poly.coefficient(&[Some(Atom::Value(membrane)), None]).is(1.0) {
                return Some(id);
            }
        }
        stack.extend(file.net.values[id].def.operands());
    }
    None
}
