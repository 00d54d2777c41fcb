//! The output of a file as a reduction over timesteps: a sum, a mean, the last, the largest, or a stacked sequence.

use std::collections::BTreeMap;

use super::algebra::{Atom, Coef, ONE, Poly};
use super::import::Imported;
use super::invalid;
use super::net::{Def, ValueId};
use super::populations::{Network, State, at_value, polynomial};
use super::timestep::{Part, PartId, Parts, Time};
use crate::error::AtNode;
use crate::frontend::{FrontendError, NodeError};
use crate::ir::{Quantity, Readout, Reduce};

type Result<T> = std::result::Result<T, AtNode<NodeError>>;

const HELP: &str = "supported are the sum, the mean, the last, the largest or the sequence of one layer's spikes, membrane \
                    potentials or currents";

/// What the readout looks at: a part's output, or the membrane potentials of a population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// A part, spikes or currents.
    Part(PartId),
    /// A population's potentials, and whether they are those before the reset.
    Membrane { population: usize, before_reset: bool },
}

/// The readout of a network.
///
/// # Errors
/// A file without an output besides its states, or an output that is no supported reduction.
pub fn readout(
    file: &Imported,
    network: &Network,
    parts: &mut Parts<'_>,
    name: &str,
) -> std::result::Result<(Target, Readout), FrontendError> {
    let spikes = |number: &usize| {
        let mut kept = network.populations.iter().flat_map(|p| &p.states);
        kept.any(|kept| kept.output == *number && kept.state == State::Spikes)
    };
    let unkept = (0..file.outputs.len()).find(|n| !network.states.contains(n));
    let Some(number) = unkept.or_else(|| (0..file.outputs.len()).find(spikes)) else {
        return Err(FrontendError::Network {
            file: name.into(),
            found: "every output is a state".into(),
            help: "export the output spikes (or the last membrane potential once more) as an output of their own"
                .into(),
        });
    };
    let mut id = file.outputs[number].1;
    while let Def::Reshape(inner) = file.net.values[id].def {
        id = inner;
    }
    let refuse = |found: String| Err(at_value(file, id, invalid(found, HELP)));
    let timesteps = network.timesteps.unwrap_or(1);
    let (groups, reduce) = match &file.net.values[id].def {
        Def::Concat { parts: steps, .. } => (sequence(file, network, steps)?, Reduce::Sum),
        Def::Maximum(steps) => (sequence(file, network, steps)?, Reduce::Max),
        _ => {
            let poly = polynomial(file, network.signals.of(id))?;
            let groups = by_time(file, parts, &poly, id, timesteps - 1)?;
            match groups.len() == 1 && groups.contains_key(&(timesteps - 1)) && timesteps > 1 {
                true => (groups, Reduce::Last),
                false => (groups, Reduce::Sum),
            }
        }
    };
    if reduce != Reduce::Last && groups.len() != timesteps {
        return Ok(refuse(format!("looks at {} of {timesteps} timesteps", groups.len()))?);
    }
    let mut found = None;
    for (t, poly) in &groups {
        let here = quantity(file, network, parts, poly, id, *t)?;
        match found {
            Some(other) if other != here => return Ok(refuse(format!("looks at something else at timestep {t}"))?),
            _ => found = Some(here),
        }
    }
    let Some((target, quantity, scale)) = found else {
        return Ok(refuse("an output that depends on no neuron".into())?);
    };
    if !(scale > 0.0 && scale.is_finite()) {
        return Ok(refuse(format!("an output scaled by {scale}"))?);
    }
    Ok((target, Readout { quantity, reduce, scale: scale as f32 }))
}

/// The polynomials of the steps of a sequence.
fn sequence(file: &Imported, network: &Network, steps: &[ValueId]) -> Result<BTreeMap<usize, Poly>> {
    let mut groups = BTreeMap::new();
    for (t, &step) in steps.iter().enumerate() {
        let inner = match file.net.values[step].def {
            Def::Reshape(inner) => inner,
            _ => step,
        };
        groups.insert(t, (*polynomial(file, network.signals.of(inner))?).clone());
    }
    Ok(groups)
}

/// The terms of a sum by the timestep they are of.
fn by_time(file: &Imported, parts: &Parts<'_>, poly: &Poly, id: ValueId, last: usize) -> Result<BTreeMap<usize, Poly>> {
    let mut groups: BTreeMap<usize, Poly> = BTreeMap::new();
    for (mono, coef) in &poly.terms {
        let mut time = Time::Always;
        for atom in mono.iter().flatten() {
            time = match (time, parts.time(*atom)) {
                (Time::Always, other) => other,
                (time, other) if time == other => time,
                _ => Time::Mixed,
            };
        }
        let t = match time {
            Time::At(t) => t,
            Time::Always if *mono != ONE => last,
            Time::Always => return Err(at_value(file, id, invalid("an output plus a constant".into(), HELP))),
            Time::Mixed => return Err(at_value(file, id, invalid("an output that mixes timesteps".into(), HELP))),
        };
        groups.entry(t).or_default().terms.insert(*mono, coef.clone());
    }
    Ok(groups)
}

/// What one timestep contributes, and its factor.
fn quantity(
    file: &Imported,
    network: &Network,
    parts: &mut Parts<'_>,
    poly: &Poly,
    id: ValueId,
    t: usize,
) -> Result<(Target, Quantity, f64)> {
    // The membrane potential of a population, before or after its reset.
    let mut members = poly.terms.keys().flatten().flatten().filter_map(|atom| match *atom {
        Atom::Value(v) if file.net.values[v].def.is_elementwise() => parts.member(v).map(|m| (v, m)),
        _ => None,
    });
    if let Some((membrane, (population, at))) = members.next_back() {
        let update = &network.populations[population].updates[at];
        let scale = poly.coefficient(&[Some(Atom::Value(membrane)), None]);
        let before_reset = poly.terms.len() == 1;
        let after = match network.populations[population].updates[0].after {
            Some(after) if !before_reset => after_reset(file, network, after, population, at)?,
            _ => Poly::atom(Atom::Value(update.membrane)),
        };
        return match scale {
            Coef::All(scale) if at == t && Poly::default().plus(&after, scale).as_ref() == Ok(poly) => {
                Ok((Target::Membrane { population, before_reset }, Quantity::Membrane, scale))
            }
            _ => Err(at_value(file, id, invalid("an output made of membrane potentials and more".into(), HELP))),
        };
    }
    let scale = match poly.terms.values().next() {
        Some(Coef::All(scale)) if poly.terms.len() == 1 => *scale,
        _ => 1.0,
    };
    let unscaled = poly.over(&Poly::constant(Coef::All(scale))).unwrap_or_else(|_| poly.clone());
    let part = parts.of_poly(&unscaled, id, t)?;
    let mut base = part;
    while let Part::Flatten(inner) = parts.parts[base].0 {
        base = inner;
    }
    let spikes = matches!(parts.parts[base].0, Part::Spikes(..));
    Ok((Target::Part(part), if spikes { Quantity::Spikes } else { Quantity::Current }, scale))
}

/// The potential of a population after the reset of timestep `at`, as that of timestep 0 is written.
fn after_reset(file: &Imported, network: &Network, after: ValueId, population: usize, at: usize) -> Result<Poly> {
    let updates = &network.populations[population].updates;
    let written = polynomial(file, network.signals.of(after))?;
    let there = |s: usize| network.signals.spike_like(s, updates[at].membrane);
    let moved = |atom: &Atom| match *atom {
        Atom::Value(v) if v == updates[0].membrane => Some(Atom::Value(updates[at].membrane)),
        Atom::Spike(s) if network.signals.spikes[s].membrane == updates[0].membrane => there(s).map(Atom::Spike),
        Atom::Count(s) if network.signals.spikes[s].membrane == updates[0].membrane => there(s).map(Atom::Count),
        other => Some(other),
    };
    let mut poly = Poly::default();
    for (mono, coef) in &written.terms {
        let mut atoms: Vec<Atom> = mono.iter().flatten().filter_map(moved).collect();
        atoms.sort_unstable();
        poly.terms.insert([atoms.first().copied(), atoms.get(1).copied()], coef.clone());
    }
    Ok(poly)
}
