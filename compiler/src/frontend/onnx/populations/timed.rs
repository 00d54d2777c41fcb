//! Neurons without a state in a file of all timesteps: one signal, compared with another constant at each timestep.
//!
//! Nothing leads from one timestep to the next there. Which comparisons are one population is seen from what they look
//! at: the same computation of the sample, or of spikes of one population before. A comparison that depends on spikes is
//! of their timestep; where the sample is all that it depends on, timesteps stand in the file's order. Each comparison
//! gets a copy of its signal ([`Def::At`]) as its potential, so that what is known of files of all timesteps holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::algebra::{Atom, Coef, Poly};
use super::super::import::Imported;
use super::super::net::{Def, Net, Value, ValueId};
use super::super::signals::Signals;
use super::super::tensor::{Kind, Tensor};
use crate::ir::Comparison;

/// A comparison of a signal with a constant.
struct Compared {
    spike: usize,
    kind: usize,
    timestep: usize,
}

/// What makes two values the same computation at different timesteps.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// A definition over operands that are the same.
    Def(Def, Vec<usize>),
    /// A comparison of such a signal, with any constant.
    Spike(usize, bool),
}

/// Rewrites a file whose neurons all are of this kind, and gives the potentials of each population, first timestep
/// first; `None` if they are not.
pub fn apart(file: &mut Imported) -> Option<Vec<Vec<ValueId>>> {
    let outputs: Vec<ValueId> = file.outputs.iter().map(|(_, id)| *id).collect();
    let signals = Signals::new(&file.net, &outputs, &BTreeSet::new());
    let compared = compared(&file.net, &signals)?;
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for found in compared.values() {
        groups.entry(found.kind).or_default().push(found.timestep);
    }
    let timesteps = groups.values().map(Vec::len).max().filter(|&timesteps| timesteps > 1)?;
    for times in groups.values_mut() {
        times.sort_unstable();
        if !times.iter().copied().eq(0..timesteps) {
            return None;
        }
    }
    Some(rewrite(file, &signals, &compared, timesteps))
}

/// Every comparison, by its value.
fn compared(net: &Net, signals: &Signals) -> Option<BTreeMap<ValueId, Compared>> {
    let mut spikes: HashMap<ValueId, usize> = HashMap::new();
    for (number, spike) in signals.spikes.iter().enumerate().filter(|(number, _)| signals.used[*number]) {
        for &value in &spike.values {
            let plain = signals.of(value).is_ok_and(|poly| *poly == Poly::atom(Atom::Spike(number)));
            if spike.most.is_some() || !plain || !matches!(net.values[value].def, Def::Greater { .. }) {
                return None;
            }
            spikes.insert(value, number);
        }
    }
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut kinds: Vec<usize> = Vec::with_capacity(net.values.len());
    // The timestep of the spikes that a value depends on.
    let mut times: Vec<Option<usize>> = Vec::with_capacity(net.values.len());
    let mut ranks: HashMap<usize, usize> = HashMap::new();
    let mut compared = BTreeMap::new();
    for (id, value) in net.values.iter().enumerate() {
        let fresh = known.len();
        if let Some(&number) = spikes.get(&id) {
            let spike = &signals.spikes[number];
            let key = Key::Spike(kinds[spike.membrane], spike.comparison == Comparison::AtLeast);
            let kind = *known.entry(key).or_insert(fresh);
            let rank = ranks.entry(kind).or_default();
            let timestep = times[spike.membrane].unwrap_or(*rank);
            *rank += 1;
            compared.insert(id, Compared { spike: number, kind, timestep });
            kinds.push(kind);
            times.push(Some(timestep));
            continue;
        }
        let operands = value.def.operands();
        let mut seen = operands.iter().filter_map(|&x| times[x]);
        let time = seen.next();
        // Sums over timesteps, as readouts have them, are of none.
        times.push(time.filter(|time| seen.all(|other| other == *time)));
        kinds.push(match value.def {
            Def::Reshape(x) => kinds[x],
            ref def => {
                let key = Key::Def(def.map(|_| 0), operands.iter().map(|&x| kinds[x]).collect());
                *known.entry(key).or_insert(fresh)
            }
        });
    }
    Some(compared)
}

/// Puts a copy of its signal before each comparison.
fn rewrite(
    file: &mut Imported,
    signals: &Signals,
    compared: &BTreeMap<ValueId, Compared>,
    timesteps: usize,
) -> Vec<Vec<ValueId>> {
    let mut chains: BTreeMap<usize, Vec<ValueId>> = BTreeMap::new();
    let old = std::mem::take(&mut file.net.values);
    let mut moved: Vec<ValueId> = Vec::with_capacity(old.len());
    let shapes: Vec<Vec<usize>> = old.iter().map(|value| value.dims.clone()).collect();
    for (id, value) in old.into_iter().enumerate() {
        let def = match compared.get(&id) {
            None => value.def.map(|x| moved[x]),
            Some(&Compared { spike, kind, timestep }) => {
                let spike = &signals.spikes[spike];
                let dims = shapes[spike.membrane].clone();
                let limit = constant(&mut file.net, &spike.threshold, &dims);
                let copy = file.net.values.len();
                let def = Def::At { x: moved[spike.membrane], timestep };
                file.net.values.push(Value { def, dims, nodes: Vec::new() });
                chains.entry(kind).or_insert_with(|| vec![copy; timesteps])[timestep] = copy;
                file.net.values.push(limit);
                Def::Greater { a: copy, b: copy + 1, or_equal: spike.comparison == Comparison::AtLeast }
            }
        };
        moved.push(file.net.values.len());
        file.net.values.push(Value { def, ..value });
    }
    file.inputs.iter_mut().for_each(|input| input.value = moved[input.value]);
    file.outputs.iter_mut().for_each(|(_, id)| *id = moved[*id]);
    chains.into_values().collect()
}

/// A threshold of a signal of shape `dims`.
fn constant(net: &mut Net, threshold: &Coef, dims: &[usize]) -> Value {
    let (sizes, numbers) = match threshold {
        Coef::All(number) => (vec![1], vec![*number]),
        Coef::Each(numbers) => {
            let mut sizes = vec![1; dims.len()];
            sizes[usize::from(dims.len() > 1)] = numbers.len();
            (sizes, numbers.clone())
        }
    };
    let tensor = Tensor::from_f64(Kind::F32, sizes.clone(), numbers.into_iter());
    Value { def: Def::Const(net.constant(tensor)), dims: sizes, nodes: Vec::new() }
}
