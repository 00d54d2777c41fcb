//! Which graph output is the next value of which graph input, in a file of one timestep.
//!
//! Names and order are the exporter's; what counts is the dataflow: an output that filters its input is a synaptic
//! current, one that is a potential after its reset belongs to the input that the potential goes on from, and one that is
//! a spike belongs to an input that only feeds currents.

use std::collections::{BTreeMap, BTreeSet};

use super::super::algebra::{Atom, Coef, Poly};
use super::super::import::Imported;
use super::super::net::{Def, ValueId};
use super::super::signals::Signals;
use super::synapses::Filter;

/// Whether `id` is a graph input.
pub fn is_input(file: &Imported, id: ValueId) -> bool {
    matches!(file.net.values[id].def, Def::Input(_))
}

/// Graph inputs in a polynomial, as themselves or by their spike.
pub fn inputs_in(file: &Imported, signals: &Signals, poly: &Poly) -> BTreeSet<ValueId> {
    let of_atom = |atom: Atom| match atom {
        Atom::Value(id) => id,
        Atom::Spike(s) | Atom::Count(s) => signals.spikes[s].membrane,
    };
    poly.atoms().map(of_atom).filter(|&id| is_input(file, id)).collect()
}

/// Graph inputs that something looks at, in the file's order.
pub fn live_inputs(file: &Imported, signals: &Signals) -> Vec<ValueId> {
    file.inputs.iter().map(|i| i.value).filter(|&id| signals.live[id]).collect()
}

/// The potentials that are computed here: not those that come in. (The only input of a file is its sample, though it may
/// be what the first timestep's neurons compare.)
pub fn potentials<'a>(file: &'a Imported, signals: &'a Signals) -> impl Iterator<Item = ValueId> + 'a {
    let alone = live_inputs(file, signals).len() == 1;
    signals.membranes.iter().copied().filter(move |&id| alone || !is_input(file, id))
}

/// The graph output that filters `input` by itself, without the potential `membrane`: a synaptic current.
pub fn filter(file: &Imported, signals: &Signals, membrane: ValueId, input: ValueId) -> Option<Filter> {
    let own = Atom::Value(input);
    file.outputs.iter().enumerate().find_map(|(output, &(_, id))| {
        let next = signals.of(id).ok()?;
        let fired = |atom: Atom| atom.spike().is_some_and(|s| !is_input(file, signals.spikes[s].membrane));
        let foreign = next.atoms().any(|atom| atom == Atom::Value(membrane) || fired(atom));
        let filters = next.terms.contains_key(&[Some(own), None]) && next.terms.len() > 1 && !foreign;
        (filters && file.net.dims(id) == file.net.dims(input)).then(|| Filter { input, output, next: (*next).clone() })
    })
}

/// Leaves each output to one input. Where recurrent spikes go into a synaptic current one to one, the current's output
/// filters both alike, and only the order tells them apart: inputs are listed as their outputs are.
pub fn distinct(file: &Imported, signals: &Signals, filters: &mut Vec<Filter>) {
    let is_spike = |output: usize| {
        signals.of(file.outputs[output].1).is_ok_and(|poly| {
            poly.as_multiple()
                .is_some_and(|(atom, _)| atom.spike().is_some_and(|s| !is_input(file, signals.spikes[s].membrane)))
        })
    };
    let mut at = 0;
    while at < filters.len() {
        let output = filters[at].output;
        let rivals: Vec<usize> = (0..filters.len()).filter(|&i| filters[i].output == output).collect();
        let spikes_first = (0..output).any(is_spike);
        let keep = if spikes_first { rivals.last() } else { rivals.first() }.copied();
        let mut index = 0;
        filters.retain(|filter| {
            let stays = filter.output != output || Some(index) == keep;
            index += 1;
            stays
        });
        at += 1;
    }
}

/// A graph input that is the spikes of the timestep before.
pub struct Recurrent {
    /// Whose spikes, by their potential.
    pub membrane: ValueId,
    /// Times what.
    pub factor: Coef,
    /// The graph output that gives them, by number.
    pub output: usize,
}

/// Pairs each of `inputs` with the spikes that come back through it: those of the population that it feeds, failing that
/// of the only one of its shape. `None` names the input without a match.
pub fn recurrent(
    file: &Imported,
    signals: &Signals,
    inputs: &BTreeSet<ValueId>,
) -> Result<BTreeMap<ValueId, Recurrent>, ValueId> {
    let mut free: Vec<Recurrent> = Vec::new();
    for (output, &(_, id)) in file.outputs.iter().enumerate() {
        let Ok(poly) = signals.of(id) else { continue };
        if let Some((atom, factor)) = poly.as_multiple()
            && let Some(spike) = atom.spike()
            && !is_input(file, signals.spikes[spike].membrane)
        {
            free.push(Recurrent { membrane: signals.spikes[spike].membrane, factor: factor.clone(), output });
        }
    }
    let mut found = BTreeMap::new();
    for &input in inputs {
        let fed = fed_by(file, signals, input);
        let fits = |r: &Recurrent| file.net.dims(r.membrane) == file.net.dims(input);
        let own = free.iter().position(|r| fits(r) && fed.contains(&r.membrane));
        match own.or_else(|| free.iter().position(fits)) {
            Some(index) => found.insert(input, free.remove(index)),
            None => return Err(input),
        };
    }
    Ok(found)
}

/// The potentials that `input` reaches without passing through another one.
fn fed_by(file: &Imported, signals: &Signals, input: ValueId) -> BTreeSet<ValueId> {
    let mut reached = vec![false; file.net.values.len()];
    reached[input] = true;
    let mut fed = BTreeSet::new();
    for id in input + 1..reached.len() {
        if signals.live[id] && file.net.values[id].def.operands().into_iter().any(|operand| reached[operand]) {
            match signals.membranes.contains(&id) {
                true => drop(fed.insert(id)),
                false => reached[id] = true,
            }
        }
    }
    fed
}
