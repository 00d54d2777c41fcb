//! What is stored of a potential: a step function of it through a tanh, `round(clip(tanh(v) / A, -1, 1) * n) * A / n`
//! (Q-SNN), however the file writes it.
//!
//! Such a chain is found by where it begins and known by what it computes: a [`Tape`] whose function is a staircase. It is
//! then read as the potential itself, with the staircase beside it. Where a decay follows alone it is part of the chain:
//! the levels are decayed, and the neuron does not leak.

use std::collections::BTreeMap;

use super::super::net::{Def, Net, ValueId};
use super::super::scalar::{Tape, is_scalar};
use super::potential::Users;
use crate::ir::Staircase;

/// Levels of a membrane of 8 bits.
const MOST_LEVELS: usize = 255;

/// Operations of all chains of a file, each as often as it has channels: what is searched is bounded.
const MOST_OPERATIONS: usize = 1 << 15;

/// The last values of such chains, with the potential after its reset and the levels.
pub(super) fn staircases(net: &Net, live: &[bool], users: &Users) -> BTreeMap<ValueId, (ValueId, Staircase)> {
    let mut found = BTreeMap::new();
    // The same chain at every timestep is searched once.
    let mut known: Vec<(Vec<Def>, Staircase)> = Vec::new();
    let mut left = MOST_OPERATIONS;
    for id in (0..net.values.len()).filter(|&id| live[id]) {
        let Def::Tanh(x) = net.values[id].def else { continue };
        let looked_at = |user: &ValueId| *user == id || matches!(net.values[*user].def, Def::Greater { .. });
        let chain = chain(net, users, id);
        let Some(&last) = chain.last() else { continue };
        if !users.of(x).iter().all(looked_at) || !rounds(net, &chain) {
            continue;
        }
        let signature = signature(net, x, &chain);
        let stairs = match known.iter().find(|(chain, _)| *chain == signature) {
            Some((_, stairs)) => stairs.clone(),
            None => {
                let Some(tape) = Tape::new(net, x, &chain).filter(|tape| tape.size() <= left) else { continue };
                left -= tape.size();
                let Some(stairs) = tape.levels(MOST_LEVELS) else { continue };
                known.push((signature, stairs.clone()));
                stairs
            }
        };
        found.insert(last, (x, stairs));
    }
    found
}

/// The operations on nothing but the signal before, from `id` on.
fn chain(net: &Net, users: &Users, id: ValueId) -> Vec<ValueId> {
    let mut chain = vec![id];
    let mut at = id;
    while let &[next] = users.of(at) {
        let def = &net.values[next].def;
        let alone = def.operands().into_iter().all(|x| x == at || net.as_constant(x).is_some());
        if next == at || !is_scalar(def) || !alone || net.dims(next) != net.dims(at) {
            break;
        }
        chain.push(next);
        at = next;
    }
    chain
}

fn rounds(net: &Net, chain: &[ValueId]) -> bool {
    chain.iter().any(|&id| matches!(net.values[id].def, Def::Round { .. }))
}

/// The chain as a key: its operations, each signal by its place.
fn signature(net: &Net, x: ValueId, chain: &[ValueId]) -> Vec<Def> {
    let place = |id: ValueId| match chain.iter().position(|&of| of == id) {
        Some(place) => place,
        None if id == x => usize::MAX,
        None => chain.len() + id, // a constant
    };
    chain.iter().map(|&id| net.values[id].def.map(place)).collect()
}

/// A tanh that nothing rounds, if there is one: an activation that is no step function.
pub fn smooth(net: &Net) -> Option<ValueId> {
    let mut rounded = vec![false; net.values.len()];
    for id in (0..net.values.len()).rev() {
        let def = &net.values[id].def;
        if matches!(def, Def::Tanh(_)) && !rounded[id] {
            return Some(id);
        }
        if matches!(def, Def::Round { .. }) || rounded[id] && is_scalar(def) {
            def.operands().into_iter().for_each(|x| rounded[x] = true);
        }
    }
    None
}
