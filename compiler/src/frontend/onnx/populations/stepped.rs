//! Files of one timestep: graph inputs that come back as graph outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::algebra::{Atom, Coef, Poly};
use super::super::import::Imported;
use super::super::invalid;
use super::super::net::ValueId;
use super::super::recurrence::{Recurrence, without_constant};
use super::super::signals::Signals;
use super::pairing::{self, inputs_in, is_input, live_inputs, potentials};
use super::synapses::{self, Filter};
use super::{
    Fires, Kept, Network, Population, State, Update, at_value, firing, name_of, polynomial, spikes_of, without_override,
};
use crate::frontend::FrontendError;

const HELP: &str = "supported are leaky and non-leaky integrate-and-fire neurons with a hard, a soft or no reset";

/// Graph inputs that layers take: they are samples or spikes, not membrane potentials.
fn feeding_layers(file: &Imported, signals: &Signals) -> BTreeSet<ValueId> {
    let mut feeding = BTreeSet::new();
    for (id, value) in file.net.values.iter().enumerate() {
        if signals.live[id] && !signals.looks_into(&file.net, id) && !signals.floors.contains_key(&id) {
            for poly in value.def.operands().into_iter().filter_map(|operand| signals.of(operand).ok()) {
                let inputs = inputs_in(file, signals, &poly);
                feeding.extend(inputs.into_iter().filter(|&i| poly.atoms().any(|atom| atom == Atom::Value(i))));
            }
        }
    }
    feeding
}

/// Whether a potential goes on from a graph input, next to another input for the sample.
pub fn has_states(file: &Imported, signals: &Signals) -> bool {
    let feeding = feeding_layers(file, signals);
    if live_inputs(file, signals).len() < 2 {
        return false;
    }
    potentials(file, signals).filter_map(|id| signals.update(id).ok().map(|update| (id, update))).any(|(id, update)| {
        let inputs = inputs_in(file, signals, &update);
        let state = inputs.into_iter().any(|i| !feeding.contains(&i));
        state && super::unrolled::before(file, signals, id, &update).is_none()
    })
}

/// Outputs that integrate a state without any comparison of their own: membrane potentials that never fire.
pub fn integrators(file: &Imported, signals: &Signals) -> BTreeSet<ValueId> {
    let feeding = feeding_layers(file, signals);
    let live = live_inputs(file, signals);
    if live.len() < 2 {
        return BTreeSet::new();
    }
    // The sample is the first input, as exporters list the arguments of `forward()`.
    let states = |poly: &Poly| -> BTreeSet<ValueId> {
        let inputs = inputs_in(file, signals, poly).into_iter();
        inputs.filter(|id| !feeding.contains(id) && Some(id) != live.first()).collect()
    };
    let mut found: BTreeMap<ValueId, BTreeSet<ValueId>> = BTreeMap::new();
    for &(_, id) in &file.outputs {
        let Ok(poly) = signals.of(id) else { continue };
        let fires = poly.atoms().any(|atom| match atom {
            Atom::Value(v) => signals.membranes.contains(&v) && !is_input(file, v),
            Atom::Spike(s) | Atom::Count(s) => !is_input(file, signals.spikes[s].membrane),
        });
        // More than the state alone: an input handed through is no integrator.
        let own = states(&poly);
        if signals.looks_into(&file.net, id)
            && !signals.membranes.contains(&id)
            && !fires
            && poly.terms.len() > 1
            && !own.is_empty()
        {
            found.insert(id, own);
        }
    }
    // What another potential goes through is its synaptic current.
    let compared = potentials(file, signals).filter_map(|id| signals.update(id).ok()).map(|update| states(&update));
    let compared: Vec<BTreeSet<ValueId>> = compared.collect();
    let others = found.clone();
    let through = |id: ValueId, own: &BTreeSet<ValueId>| {
        compared.iter().any(|other| own.is_subset(other))
            || others.iter().any(|(&other, inputs)| other != id && own.is_subset(inputs) && own.len() < inputs.len())
    };
    found.into_iter().filter(|(id, own)| !through(*id, own)).map(|(id, _)| id).collect()
}

/// The network of a file of one timestep.
///
/// Which input is the sample is not written anywhere: it is the first one with which every other input is a state.
pub fn network(file: &Imported, signals: Signals, name: &str) -> Result<Network, FrontendError> {
    let live = live_inputs(file, &signals);
    let (compared, others): (Vec<ValueId>, Vec<ValueId>) = live.iter().partition(|id| signals.membranes.contains(id));
    let mut refused = None;
    for sample in others.into_iter().chain(compared) {
        match Assigned::new(file, &signals, sample) {
            Ok(assigned) => {
                let Assigned { populations, states, recurrent, warnings } = assigned;
                let sample = (0..file.inputs.len()).find(|&i| file.inputs[i].value == sample).unwrap_or(0);
                return Ok(Network { signals, populations, sample, timesteps: None, states, recurrent, warnings });
            }
            Err(error) => _ = refused.get_or_insert(error),
        }
    }
    Err(refused.unwrap_or_else(|| FrontendError::Network {
        file: name.into(),
        found: "no input besides the states".into(),
        help: "a network needs an input for the sample".into(),
    }))
}

/// What every input of a file is, given the sample.
struct Assigned {
    populations: Vec<Population>,
    states: BTreeSet<usize>,
    recurrent: BTreeMap<ValueId, (ValueId, Coef)>,
    warnings: Vec<String>,
}

/// The state inputs of one potential.
struct Own {
    membrane: ValueId,
    /// The potential of the timestep before; `None` where nothing of it is left.
    state: Option<ValueId>,
    filters: Vec<Filter>,
}

impl Assigned {
    fn new(file: &Imported, signals: &Signals, sample: ValueId) -> Result<Self, FrontendError> {
        let feeding = feeding_layers(file, signals);
        let mut owned: Vec<Own> = Vec::new();
        let mut taken = BTreeSet::from([sample]);
        for membrane in potentials(file, signals) {
            let own = own_states(file, signals, membrane, &taken, &feeding)?;
            taken.extend(own.state);
            taken.extend(own.filters.iter().map(|f| f.input));
            owned.push(own);
        }
        let rest: BTreeSet<ValueId> = live_inputs(file, signals).into_iter().filter(|id| !taken.contains(id)).collect();
        let recurrent = pairing::recurrent(file, signals, &rest).map_err(|input| {
            let error = invalid(
                "an input that is no state of a neuron: no output gives its next value".into(),
                "a file of one timestep has one sample, and the states of its neurons as inputs and outputs",
            );
            FrontendError::from(at_value(file, input, error))
        })?;
        let mut warnings = Vec::new();
        let mut populations = Vec::new();
        for own in &owned {
            let mut population = population(file, signals, own, &mut warnings)?;
            population.states.extend(
                recurrent.iter().filter(|(_, r)| r.membrane == own.membrane).map(|(&input, r)| Kept {
                    state: State::Spikes,
                    input,
                    output: r.output,
                    factor: r.factor.clone(),
                }),
            );
            populations.push(population);
        }
        let states = populations.iter().flat_map(|p| p.states.iter().map(|kept| kept.output)).collect();
        let recurrent = recurrent.into_iter().map(|(input, r)| (input, (r.membrane, r.factor))).collect();
        Ok(Self { populations, states, recurrent, warnings })
    }
}

/// The states of the potential `membrane`, among inputs that are not `taken`.
fn own_states(
    file: &Imported,
    signals: &Signals,
    membrane: ValueId,
    taken: &BTreeSet<ValueId>,
    feeding: &BTreeSet<ValueId>,
) -> Result<Own, FrontendError> {
    let update = polynomial(file, signals.update(membrane))?;
    let inputs = inputs_in(file, signals, &update);
    let mut filters = Vec::new();
    let mut rest = Vec::new();
    for &input in inputs.iter().filter(|id| !taken.contains(id) && !feeding.contains(id)) {
        let compared = signals.membranes.contains(&input);
        match pairing::filter(file, signals, membrane, input).filter(|_| !compared) {
            Some(filter) => filters.push(filter),
            None => rest.push(input),
        }
    }
    pairing::distinct(file, signals, &mut filters);
    // Where one is compared, it is the potential; the others are spikes that come back.
    if let [one] = rest.iter().copied().filter(|id| signals.membranes.contains(id)).collect::<Vec<_>>()[..] {
        rest = vec![one];
    }
    let leaves = |state: ValueId| {
        let enter = entering(file, signals, state, &update).ok()?.0;
        leaving(file, signals, state, membrane, &enter).ok()
    };
    match rest[..] {
        [] if !filters.is_empty() => Ok(Own { membrane, state: None, filters }),
        [] => {
            let error = invalid(
                "compares a signal that has no state of its own".into(),
                "every population needs its own state input and output: export one timestep with all states",
            );
            Err(at_value(file, membrane, error).into())
        }
        [state] => Ok(Own { membrane, state: Some(state), filters }),
        // Nothing tells a potential from one-to-one recurrent spikes but what comes out.
        _ => match rest.iter().copied().find(|&state| leaves(state).is_some()) {
            Some(state) => Ok(Own { membrane, state: Some(state), filters }),
            None => {
                let names: Vec<String> = rest.iter().map(|&id| name_of(file, id).0).collect();
                let found = format!("integrates several inputs, `{}`, that no output gives back", names.join("`, `"));
                Err(at_value(file, membrane, invalid(found, "export every state as an input and an output")).into())
            }
        },
    }
}

/// How the potential goes on from `state`, and what else it receives.
fn entering(
    file: &Imported,
    signals: &Signals,
    state: ValueId,
    update: &Poly,
) -> Result<(Recurrence, Poly, Option<Atom>), FrontendError> {
    let before = spikes_of(file, signals, state)?.atom(update);
    let enter = Recurrence::of(update, state, before);
    let current = enter.current(update, state, before);
    Ok((enter, current, before))
}

/// The population of one potential.
fn population(
    file: &Imported,
    signals: &Signals,
    own: &Own,
    warnings: &mut Vec<String>,
) -> Result<Population, FrontendError> {
    let &Own { membrane, state, ref filters } = own;
    let refuse = |found: &str| Err(at_value(file, membrane, invalid(found.into(), HELP)).into());
    let mut update = (*polynomial(file, signals.update(membrane))?).clone();
    let fires = spikes_of(file, signals, membrane)?;
    let before = state.map_or(Ok(Fires::default()), |state| spikes_of(file, signals, state))?;
    let firing = firing(file, signals, [before, fires].into_iter())?;
    let mut overriding = None;
    if let Some((open, value)) = without_override(&update, before.atom(&update), state.unwrap_or(membrane)) {
        (update, overriding) = (open, Some(value));
    }
    let none = || Recurrence { decay: Coef::All(0.0), spike: Coef::All(0.0), gated: Coef::All(0.0) };
    let (mut enter, mut current, reset) = match state {
        Some(state) => entering(file, signals, state, &update)?,
        None => (none(), update, None),
    };
    let leaving = state.map(|state| leaving(file, signals, state, membrane, &enter)).transpose()?;
    let delayed = leaving.as_ref().is_none_or(|leaving| leaving.after.is_none());
    let recurrence = match leaving.as_ref().and_then(|leaving| leaving.after.as_ref()) {
        None => enter.clone(),
        Some(_) if overriding.is_some() => return refuse("a neuron that resets twice"),
        Some(after) => {
            let resets_twice = !enter.spike.is(0.0) || !enter.gated.is(0.0);
            if resets_twice {
                // snnTorch with reset_delay=False: the potential that comes in is compared once more. After a reset it
                // is at or below the threshold, unless a soft reset left more than the threshold behind.
                if enter.gated.is(0.0) {
                    warnings.push(format!(
                        "`{}`: read as a soft reset in the timestep of the spike; snnTorch's reset_delay=False differs from \
                         it where a membrane potential exceeds twice the threshold",
                        name_of(file, membrane).0
                    ));
                }
                (enter.spike, enter.gated) = (Coef::All(0.0), Coef::All(0.0));
            }
            match enter.after(after) {
                Some(recurrence) => recurrence,
                None => return refuse("a decay and a reset of different numbers of channels"),
            }
        }
    };
    let cleared = overriding.as_ref().and_then(|_| without_clearing(filters, before));
    let filters = cleared.as_ref().unwrap_or(filters);
    let (mut synapses, mut states) = (Vec::new(), Vec::new());
    if !filters.is_empty() {
        let Some(filtered) = synapses::normal_form(filters, &current) else {
            return refuse(
                "synaptic currents that are no exponential filters of what the neurons receive (a reset may set all of \
                 them to zero, as snnTorch's Alpha with reset_mechanism=\"zero\" does; \"subtract\" is not supported)",
            );
        };
        for (k, (filter, factor)) in filters.iter().zip(filtered.factors).enumerate() {
            states.push(Kept { state: State::Synaptic(k), input: filter.input, output: filter.output, factor });
        }
        (synapses, current) = (filtered.synapses, filtered.current);
    }
    if let (Some(input), Some(leaving)) = (state, &leaving) {
        states.push(Kept { state: State::Membrane, input, output: leaving.output, factor: Coef::All(1.0) });
    }
    let leftover = current.atoms().any(|atom| state.map(Atom::Value) == Some(atom) || reset == Some(atom));
    if leftover {
        return refuse("an update of the membrane potential that is no integrate-and-fire neuron");
    }
    let (current, shift) = without_constant(&current);
    let after = leaving.as_ref().filter(|_| !delayed).map(|leaving| file.outputs[leaving.output].1);
    let out = leaving.as_ref().map(|leaving| file.outputs[leaving.output].1);
    let stored = signals.stored_of(membrane).filter(|(id, _)| Some(*id) == out).map(|(_, stairs)| stairs.clone());
    let lowest = leaving.and_then(|leaving| leaving.lowest);
    let update = Update { membrane, current, shift, at: 0, after };
    Ok(Population {
        updates: vec![update],
        recurrence,
        synapses,
        firing,
        delayed,
        overriding,
        clears: cleared.is_some(),
        lowest,
        stored,
        inhibition: false,
        start: 0.0,
        states,
    })
}

/// The filters without a reset of `before` that sets them to zero; `None` unless it sets all of them.
fn without_clearing(filters: &[Filter], before: Fires) -> Option<Vec<Filter>> {
    let open = |filter: &Filter| {
        let (next, value) = without_override(&filter.next, before.atom(&filter.next), filter.input)?;
        value.is(0.0).then_some(Filter { next, ..*filter })
    };
    filters.iter().map(open).collect::<Option<Vec<_>>>().filter(|open| !open.is_empty())
}

/// The state output of a potential, and what it makes of it.
struct Leaving {
    /// The output, by number.
    output: usize,
    /// The potential after its reset; `None` if it goes out as it is.
    after: Option<Recurrence>,
    /// The lowest value that goes out.
    lowest: Option<f64>,
}

/// The state output of a population.
fn leaving(
    file: &Imported,
    signals: &Signals,
    state: ValueId,
    membrane: ValueId,
    enter: &Recurrence,
) -> Result<Leaving, FrontendError> {
    let before = spikes_of(file, signals, state)?;
    let fires = spikes_of(file, signals, membrane)?;
    let resets_before = !enter.spike.is(0.0) || !enter.gated.is(0.0);
    let mut same = None;
    let mut reset = None;
    for (output, &(_, id)) in file.outputs.iter().enumerate() {
        let Ok(poly) = signals.of(id) else { continue };
        let (poly, bounds) = signals.unbounded(&poly);
        let lowest = lowest(&poly, signals, id, &bounds);
        let fired = fires.atom(&poly);
        let leave = Recurrence::of(&poly, membrane, fired);
        if leave.decay.is(0.0) && leave.gated.is(0.0) {
            continue; // it holds at most the spike
        }
        if poly == Poly::atom(Atom::Value(membrane)) {
            same = Some((output, lowest));
            continue;
        }
        let rest = leave.current(&poly, membrane, fired);
        let again = before.atom(&rest).map(|b| Recurrence {
            decay: Coef::All(0.0),
            spike: rest.coefficient(&[Some(b), None]),
            gated: rest.coefficient(&[Some(Atom::Value(membrane)), Some(b)]),
        });
        // The terms of a reset that is taken back (reset_delay=False): those of the entering potential's own reset.
        let undone = again.is_some_and(|again| {
            let opposite = |a: &Coef, b: &Coef| a.map(|v| -v).is_near(b);
            let hard = opposite(&enter.gated, &enter.decay) && again.gated.is(1.0) && again.spike.is(0.0);
            let soft = enter.gated.is(0.0) && opposite(&again.spike, &enter.spike) && again.gated.is(0.0);
            resets_before && (hard || soft)
        });
        let left = rest.terms.len();
        if left == 0 && !resets_before || undone && left == 1 {
            reset = Some((output, leave, lowest));
        }
    }
    let as_it_is = |(output, lowest)| Leaving { output, after: None, lowest };
    match (same, reset) {
        (Some(same), _) if resets_before => Ok(as_it_is(same)),
        (_, Some((output, leave, lowest))) => Ok(Leaving { output, after: Some(leave), lowest }),
        (Some(same), None) => Ok(as_it_is(same)),
        (None, None) => {
            let error = invalid(
                "the state that comes in here does not go out: no output is the membrane potential after the timestep"
                    .into(),
                "export the updated membrane potential of every population as an output",
            );
            Err(at_value(file, state, error).into())
        }
    }
}

/// The lowest value of the output `id`, which is `open` but for one bound from below.
fn lowest(open: &Poly, signals: &Signals, id: ValueId, bounds: &[(ValueId, f64)]) -> Option<f64> {
    let &[(bound, low)] = bounds else { return None };
    // The output is c + max(open - c, low): at least c + low.
    let written = signals.of(id).ok()?;
    let (rest, factor) = written.split(Atom::Value(bound));
    let (moving, shift) = without_constant(&rest);
    match (factor.as_constant()?, shift) {
        (Coef::All(1.0), Coef::All(shift)) if moving.terms.is_empty() && !open.terms.is_empty() => Some(shift + low),
        _ => None,
    }
}
