//! Files of one timestep: graph inputs that come back as graph outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::algebra::{Atom, Coef, ONE, Poly};
use super::super::import::Imported;
use super::super::invalid;
use super::super::net::{Def, ValueId};
use super::super::recurrence::{Recurrence, without_constant};
use super::super::signals::Signals;
use super::{Network, Population, Update, at_value, polynomial, shared_threshold, spike_of};
use crate::frontend::FrontendError;

/// State inputs, each with the potential computed from it.
pub type States = BTreeMap<ValueId, ValueId>;

/// Graph inputs in a polynomial, as themselves (not only as their spike).
fn inputs_in(file: &Imported, poly: &Poly) -> BTreeSet<ValueId> {
    let atoms = poly.terms.keys().flatten().flatten();
    atoms
        .filter_map(|atom| match *atom {
            Atom::Value(id) if matches!(file.net.values[id].def, Def::Input(_)) => Some(id),
            _ => None,
        })
        .collect()
}

/// Graph inputs that layers take: they are samples, not membrane potentials.
fn feeding_layers(file: &Imported, signals: &Signals) -> BTreeSet<ValueId> {
    let mut feeding = BTreeSet::new();
    for (id, value) in file.net.values.iter().enumerate() {
        if !signals.live[id] || value.def.is_elementwise() {
            continue;
        }
        for operand in value.def.operands() {
            if let Ok(poly) = signals.of(operand) {
                feeding.extend(inputs_in(file, &poly));
            }
        }
    }
    feeding
}

/// The state input of an update, if it has one: a graph input that it integrates.
///
/// Where a bare neuron integrates two inputs, the compared one is the state; failing that, the sample is the first
/// input, as exporters list the arguments of `forward()`.
fn state_of(file: &Imported, signals: &Signals, feeding: &BTreeSet<ValueId>, update: &Poly) -> Option<ValueId> {
    let mut inputs: Vec<ValueId> = inputs_in(file, update).into_iter().filter(|id| !feeding.contains(id)).collect();
    if inputs.len() > 1 {
        let compared: Vec<ValueId> = inputs.iter().copied().filter(|id| signals.membranes.contains(id)).collect();
        match compared[..] {
            [one] => return Some(one),
            _ => inputs.retain(|&id| Some(id) != file.inputs.first().map(|i| i.value)),
        }
    }
    // The only signal of an update is its input, unless the comparison says otherwise.
    let alone = update.terms.keys().filter(|mono| **mono != ONE).count() == 1;
    match inputs[..] {
        [one] if !alone || signals.membranes.contains(&one) || file.inputs.len() > 1 => Some(one),
        _ => None,
    }
}

/// Outputs that integrate a state without any comparison of their own: membrane potentials that never fire.
pub fn integrators(file: &Imported, signals: &Signals) -> BTreeSet<ValueId> {
    let feeding = feeding_layers(file, signals);
    let integrates = |id: ValueId| {
        let Ok(poly) = signals.of(id) else { return false };
        let atoms = || poly.terms.keys().flatten().flatten();
        let fires = atoms().any(|a| match *a {
            Atom::Value(v) => signals.membranes.contains(&v) && !matches!(file.net.values[v].def, Def::Input(_)),
            Atom::Spike(s) => !matches!(file.net.values[signals.spikes[s].membrane].def, Def::Input(_)),
        });
        // More than the state alone: an input handed through is no integrator.
        !fires && poly.terms.len() > 1 && state_of(file, signals, &feeding, &poly).is_some()
    };
    file.outputs
        .iter()
        .map(|(_, id)| *id)
        .filter(|&id| file.net.values[id].def.is_elementwise() && !signals.membranes.contains(&id) && integrates(id))
        .collect()
}

/// Pairs each potential with the state input that it is computed from.
pub fn states(file: &Imported, signals: &Signals) -> States {
    let feeding = feeding_layers(file, signals);
    let mut states = States::new();
    for &membrane in signals.membranes.iter().filter(|&&id| !matches!(file.net.values[id].def, Def::Input(_))) {
        let Ok(update) = signals.update(membrane) else { continue };
        // An update that continues a computed potential is a later timestep of an unrolled file.
        if super::unrolled::before(file, signals, membrane, &update).is_none()
            && let Some(state) = state_of(file, signals, &feeding, &update)
        {
            states.entry(state).or_insert(membrane);
        }
    }
    states
}

/// The network of a file of one timestep.
pub fn network(file: &Imported, signals: Signals, states: &States, name: &str) -> Result<Network, FrontendError> {
    let mut warnings = Vec::new();
    let mut populations = Vec::new();
    let mut state_outputs = BTreeSet::new();
    let stateful: BTreeSet<ValueId> = states.values().copied().collect();
    for &membrane in signals.membranes.iter().filter(|&&id| !matches!(file.net.values[id].def, Def::Input(_))) {
        if !stateful.contains(&membrane) {
            let inputs = inputs_in(file, &*polynomial(file, signals.update(membrane))?);
            let error = match inputs.len() {
                0 | 1 => invalid(
                    "compares a signal that has no state of its own".into(),
                    "every population needs its own state input and output: export one timestep with all states",
                ),
                _ => {
                    let names: Vec<String> = inputs.iter().map(|&id| super::name_of(file, id).0).collect();
                    let found = format!(
                        "integrates several inputs, `{}`: one state per neuron is supported",
                        names.join("`, `")
                    );
                    invalid(found, "use neurons without a synaptic current of their own")
                }
            };
            return Err(at_value(file, membrane, error).into());
        }
    }
    for (&state, &membrane) in states {
        let (population, output) = population(file, &signals, state, membrane, &mut warnings)?;
        populations.push(population);
        state_outputs.insert(output);
    }
    let sample = sample(file, &signals, states, name)?;
    Ok(Network { signals, populations, sample, timesteps: None, states: state_outputs, warnings })
}

/// The one graph input that is no state.
fn sample(file: &Imported, signals: &Signals, states: &States, name: &str) -> Result<usize, FrontendError> {
    let others: Vec<usize> = (0..file.inputs.len())
        .filter(|&i| {
            let id = file.inputs[i].value;
            !states.contains_key(&id) && signals.live[id]
        })
        .collect();
    match others[..] {
        [one] => Ok(one),
        [] => Err(FrontendError::Network {
            file: name.into(),
            found: "no input besides the states".into(),
            help: "a network needs an input for the sample".into(),
        }),
        _ => {
            let names: Vec<&str> = others.iter().map(|&i| file.inputs[i].name.as_str()).collect();
            Err(FrontendError::Network {
                file: name.into(),
                found: format!("inputs `{}` are all samples or states that feed layers", names.join("`, `")),
                help: "one input is supported besides the membrane potentials; recurrent spikes are not supported"
                    .into(),
            })
        }
    }
}

/// The population of one state, and the number of its state output.
fn population(
    file: &Imported,
    signals: &Signals,
    state: ValueId,
    membrane: ValueId,
    warnings: &mut Vec<String>,
) -> Result<(Population, usize), FrontendError> {
    let update = polynomial(file, signals.update(membrane))?;
    let (before, spike) = (spike_of(file, signals, state)?, spike_of(file, signals, membrane)?);
    let threshold = shared_threshold(file, signals, before.into_iter().chain(spike))?;
    let mut enter = Recurrence::of(&update, state, before);
    let mut current = enter.current(&update, state, before);

    let (output, leave) = leaving(file, signals, state, membrane, &enter)?;
    let delayed = leave.is_none();
    let recurrence = match leave {
        None => enter.clone(),
        Some(leave) => {
            let resets_twice = !enter.spike.is(0.0) || !enter.gated.is(0.0);
            if resets_twice {
                // snnTorch with reset_delay=False: the potential that comes in is compared once more. After a reset it
                // is at or below the threshold, unless a soft reset left more than the threshold behind.
                if enter.gated.is(0.0) {
                    warnings.push(format!(
                        "`{}`: read as a soft reset in the timestep of the spike; snnTorch's reset_delay=False differs from \
                         it where a membrane potential exceeds twice the threshold",
                        super::name_of(file, membrane).0
                    ));
                }
                (enter.spike, enter.gated) = (Coef::All(0.0), Coef::All(0.0));
            }
            match enter.after(&leave) {
                Some(recurrence) => recurrence,
                None => {
                    let error = invalid("a decay and a reset of different numbers of channels".into(), "export again");
                    return Err(at_value(file, membrane, error).into());
                }
            }
        }
    };
    let leftover = current.terms.keys().flatten().flatten().any(|atom| match *atom {
        Atom::Value(id) => id == state,
        Atom::Spike(s) => Some(s) == before,
    });
    if leftover {
        let error = invalid(
            "an update of the membrane potential that is no integrate-and-fire neuron".into(),
            "supported are leaky and non-leaky integrate-and-fire neurons with a hard, a soft or no reset",
        );
        return Err(at_value(file, membrane, error).into());
    }
    let (rest, shift) = without_constant(&current);
    current = rest;
    let after = (!delayed).then_some(file.outputs[output].1);
    let update = Update { membrane, spike, current, shift, after };
    Ok((Population { updates: vec![update], recurrence, threshold, delayed, start: 0.0 }, output))
}

/// The state output of a population, and what it makes of the potential; `None` if it is the potential itself.
fn leaving(
    file: &Imported,
    signals: &Signals,
    state: ValueId,
    membrane: ValueId,
    enter: &Recurrence,
) -> Result<(usize, Option<Recurrence>), FrontendError> {
    let before = spike_of(file, signals, state)?;
    let spike = spike_of(file, signals, membrane)?;
    let resets_before = !enter.spike.is(0.0) || !enter.gated.is(0.0);
    let mut same = None;
    let mut reset = None;
    for (number, &(_, id)) in file.outputs.iter().enumerate() {
        let Ok(poly) = signals.of(id) else { continue };
        let leave = Recurrence::of(&poly, membrane, spike);
        if leave.decay.is(0.0) && leave.gated.is(0.0) {
            continue; // it holds at most the spike
        }
        if id == membrane {
            same = Some(number);
            continue;
        }
        let rest = leave.current(&poly, membrane, spike);
        let again = before.map(|b| Recurrence {
            decay: Coef::All(0.0),
            spike: rest.coefficient(&[Some(Atom::Spike(b)), None]),
            gated: rest.coefficient(&[Some(Atom::Value(membrane)), Some(Atom::Spike(b))]),
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
            reset = Some((number, leave));
        }
    }
    match (same, reset) {
        (Some(number), _) if resets_before => Ok((number, None)),
        (_, Some((number, leave))) => Ok((number, Some(leave))),
        (Some(number), None) => Ok((number, None)),
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
