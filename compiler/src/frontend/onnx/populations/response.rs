//! What a potential takes of earlier timesteps' currents, in a file of all timesteps.
//!
//! Without synaptic currents the potential at timestep `t` takes the current of timestep `t` only. Behind exponential
//! filters it takes `g[k]` of the current `k` timesteps before, `g[k] = sum over the filters of gain * decay^k`, however
//! the file writes the filters. One filter is `g[1] / g[0]`; two are the roots of the recurrence
//! `g[k+2] = (a + b) g[k+1] - a b g[k]` (Prony's method), which needs four timesteps.

use std::collections::BTreeMap;

use super::super::algebra::{Atom, Coef, ONE, Poly};
use super::super::import::Imported;
use super::Synapse;
use super::repeats::Repeats;

/// Synaptic currents, and what goes into them at each timestep.
pub struct Response {
    /// None if the potential takes the current itself.
    pub synapses: Vec<Synapse>,
    /// Per timestep, what is filtered.
    pub currents: Vec<Poly>,
    /// The first timestep at which everything that is taken is there: before it, spikes of earlier timesteps are zero.
    pub settled: usize,
}

/// What a current is made of, by kind and timestep.
type Taken = BTreeMap<usize, BTreeMap<Option<usize>, (Atom, Coef)>>;

/// The synapses of a population that takes `currents`; `None` if there are none that fit.
pub fn response(file: &Imported, repeats: &Repeats<'_>, currents: &[Poly]) -> Option<Response> {
    let last = currents.len() - 1;
    let mut taken: Vec<Taken> = Vec::new();
    for current in currents {
        let mut here = Taken::new();
        for (mono, factor) in &current.terms {
            let atom = match *mono {
                [None, _] => continue,
                [Some(atom), None] => atom,
                // A product (as of inhibition) is a current of its own timestep: it cannot be filtered.
                [Some(_), Some(_)] => return Some(plain(currents)),
            };
            let at = repeats.time_of(atom);
            if here.entry(repeats.like(atom)).or_default().insert(at, (atom, factor.clone())).is_some() {
                return Some(plain(currents));
            }
        }
        taken.push(here);
    }
    let only = |t: usize, kind: &usize| taken[t].get(kind).and_then(|b| b.get(&None)).map(|(_, f)| f.clone());
    let filtered = taken[last].iter().any(|(kind, by_time)| {
        let grows = last > 0 && by_time.contains_key(&None) && {
            let (now, before) = (only(last, kind), only(last - 1, kind));
            now.zip(before).is_some_and(|(now, before)| !now.is_near(&before))
        };
        by_time.len() > 1 || grows
    });
    if !filtered && !repeats_itself(&taken) {
        // What differs is said where it is looked at.
        return Some(plain(currents));
    }
    let mut synapses = Vec::new();
    let mut unit: Option<Vec<Coef>> = None;
    let mut inputs = vec![Poly::default(); currents.len()];
    // What only the first timesteps have: the layers of spikes that are not there yet.
    let mut shifts = vec![Coef::All(0.0); currents.len()];
    let mut settled = 0;
    for (kind, by_time) in &taken[last] {
        let latest = by_time.keys().next_back().copied().flatten();
        // g[k]: what is taken of the current k timesteps before.
        let response: Vec<Coef> = match latest {
            None => {
                let sums: Vec<Coef> = (0..=last).map(|t| only(t, kind).unwrap_or(Coef::All(0.0))).collect();
                let steps = (0..=last).map(|t| match t.checked_sub(1) {
                    None => Some(sums[0].clone()),
                    Some(before) => sums[t].zip(&sums[before], |a, b| a - b),
                });
                if filtered { steps.collect::<Option<_>>()? } else { vec![sums[last].clone()] }
            }
            Some(latest) => (0..=latest)
                .map(|k| by_time.get(&Some(latest - k)).map_or(Coef::All(0.0), |(_, factor)| factor.clone()))
                .take(if filtered { latest + 1 } else { 1 })
                .collect(),
        };
        let factor = match (&unit, filtered) {
            (_, false) => response[0].clone(),
            (None, true) => {
                synapses = filters(&response)?;
                unit = Some(response.clone());
                Coef::All(1.0)
            }
            (Some(unit), true) => proportion(&response, unit)?,
        };
        let delay = latest.map_or(0, |latest| last - latest);
        settled = settled.max(delay);
        for (t, input) in inputs.iter_mut().enumerate().skip(delay) {
            let key = latest.map(|_| t - delay);
            // Where the first response is 0 (opposite filters), the current shows a timestep later.
            let here = [t, t + 1].into_iter().find_map(|t| taken.get(t)?.get(kind)?.get(&key));
            let Some((atom, _)) = here else { continue };
            let term = Poly::atom(*atom).times(&Poly::constant(factor.clone())).ok()?;
            *input = input.plus(&term, 1.0).ok()?;
        }
        if delay > 0 {
            let (atom, _) = by_time.values().next_back()?;
            let rest = repeats.at_rest(file, *atom)?.zip(&factor, |r, f| r * f)?;
            for (t, shift) in shifts.iter_mut().enumerate() {
                for k in (0..=t).filter(|k| t < delay + k) {
                    let g = taken_of(&synapses, k)?;
                    *shift = g.zip(&rest, |g, r| g * r)?.zip(shift, |a, b| a + b)?;
                }
            }
        }
    }
    for (t, (input, current)) in inputs.iter_mut().zip(currents).enumerate() {
        let constant = current
            .coefficient(&ONE)
            .zip(&shifts[t], |c, s| if (c - s).abs() <= 1e-6 * s.abs() { 0.0 } else { c - s })?;
        if filtered && !constant.is(0.0) {
            return None;
        }
        if !constant.is(0.0) {
            input.terms.insert(ONE, constant);
        }
    }
    Some(Response { synapses, currents: inputs, settled })
}

/// Whether every timestep takes the same, but for spikes of timesteps before the first.
fn repeats_itself(taken: &[Taken]) -> bool {
    let Some((last, kinds)) = taken.len().checked_sub(1).zip(taken.last()) else { return false };
    let delay = |by_time: &BTreeMap<Option<usize>, (Atom, Coef)>| {
        by_time.keys().next_back().copied().flatten().map_or(0, |latest| last - latest.min(last))
    };
    taken.iter().enumerate().all(|(t, here)| {
        let present = kinds.iter().all(|(kind, by_time)| {
            let timed = by_time.keys().next_back().copied().flatten().is_some();
            match (t.checked_sub(delay(by_time)), here.get(kind)) {
                (Some(at), Some(found)) => found.len() == 1 && found.contains_key(&timed.then_some(at)),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
        });
        present && here.keys().all(|kind| kinds.contains_key(kind))
    })
}

/// What a potential takes of a current `k` timesteps before.
fn taken_of(synapses: &[Synapse], k: usize) -> Option<Coef> {
    if synapses.is_empty() {
        return Some(Coef::All(f64::from(u8::from(k == 0))));
    }
    synapses.iter().try_fold(Coef::All(0.0), |sum, synapse| {
        let term = synapse.gain.zip(&synapse.decay, |gain, decay| gain * decay.powi(k as i32))?;
        sum.zip(&term, |a, b| a + b)
    })
}

fn plain(currents: &[Poly]) -> Response {
    Response { synapses: Vec::new(), currents: currents.to_vec(), settled: 0 }
}

/// `response / unit`, if it is the same at every timestep both have.
fn proportion(response: &[Coef], unit: &[Coef]) -> Option<Coef> {
    let (r, u) = response.iter().zip(unit).find(|(_, u)| !u.is(0.0))?;
    let factor = r.zip(u, |r, u| r / u)?;
    let scale = unit.iter().map(Coef::magnitude).fold(0.0, f64::max) * factor.magnitude();
    let fits = response.iter().zip(unit).all(|(r, u)| {
        let difference = u.zip(&factor, |u, f| u * f).and_then(|expected| expected.zip(r, |a, b| a - b));
        difference.is_some_and(|d| d.magnitude() <= 1e-5 * scale)
    });
    fits.then_some(factor)
}

/// Finds filters, each a decay and a gain, of an impulse response.
type Filters = fn(&[f64]) -> Option<Vec<(f64, f64)>>;

/// One or two filters of this impulse response.
fn filters(response: &[Coef]) -> Option<Vec<Synapse>> {
    let channels = response.iter().map(|c| match c {
        Coef::All(_) => 1,
        Coef::Each(v) => v.len(),
    });
    let channels = channels.max().unwrap_or(1);
    let by_channel: Vec<Vec<f64>> =
        (0..channels).map(|c| response.iter().map(|g| g.expanded(channels)[c]).collect()).collect();
    let gather = |of: Filters| -> Option<Vec<Synapse>> {
        let each: Vec<Vec<(f64, f64)>> = by_channel.iter().map(|g| of(g)).collect::<Option<_>>()?;
        let count = each[0].len();
        // Mapping collapses equal values.
        let coef = |k: usize, pick: &dyn Fn((f64, f64)) -> f64| {
            Coef::Each(each.iter().map(|filters| pick(filters[k])).collect()).map(|v| v)
        };
        Some((0..count).map(|k| Synapse { decay: coef(k, &|f| f.0), gain: coef(k, &|f| f.1) }).collect())
    };
    gather(one_filter).or_else(|| gather(two_filters))
}

/// Whether the filters, each a decay and a gain, give this response.
fn gives(filters: &[(f64, f64)], g: &[f64]) -> bool {
    let scale = g.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let decays = filters.iter().all(|f| f.0 > 0.0 && f.0 <= 1.0 + 1e-9);
    let value = |k: usize| filters.iter().map(|(decay, gain)| gain * decay.powi(k as i32)).sum::<f64>();
    decays && g.iter().enumerate().all(|(k, &g)| (value(k) - g).abs() <= 1e-6 * scale)
}

fn one_filter(g: &[f64]) -> Option<Vec<(f64, f64)>> {
    let filter = vec![(g.get(1)? / g[0], g[0])];
    gives(&filter, g).then_some(filter)
}

fn two_filters(g: &[f64]) -> Option<Vec<(f64, f64)>> {
    let &[g0, g1, g2, g3, ..] = g else { return None };
    // g2 = p g1 - q g0, g3 = p g2 - q g1
    let determinant = g0 * g2 - g1 * g1;
    let (p, q) = ((g0 * g3 - g1 * g2) / determinant, (g1 * g3 - g2 * g2) / determinant);
    let root = (p * p / 4.0 - q).sqrt();
    let (a, b) = (p / 2.0 + root, p / 2.0 - root);
    let gain = (g1 - b * g0) / (a - b);
    let filters = vec![(a, gain), (b, g0 - gain)];
    gives(&filters, g).then_some(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response_of(filters: &[(f64, f64)], length: usize) -> Vec<Coef> {
        (0..length).map(|k| Coef::All(filters.iter().map(|(d, g)| g * d.powi(k as i32)).sum())).collect()
    }

    #[test]
    fn a_filter_is_read_off_two_timesteps() {
        let found = filters(&response_of(&[(0.8, 0.1)], 2)).expect("one filter");
        assert_eq!(found.len(), 1);
        assert!(found[0].decay.is_near(&Coef::All(0.8)) && found[0].gain.is_near(&Coef::All(0.1)), "{found:?}");
    }

    #[test]
    fn opposite_filters_are_read_off_four_timesteps() {
        let found = filters(&response_of(&[(0.9, 2.5), (0.6, -2.5)], 6)).expect("two filters");
        let near = |a: &Coef, b: f64| a.all(|a| (a - b).abs() < 1e-9);
        assert!(near(&found[0].decay, 0.9) && near(&found[0].gain, 2.5), "{found:?}");
        assert!(near(&found[1].decay, 0.6) && near(&found[1].gain, -2.5), "{found:?}");
    }

    #[test]
    fn three_filters_are_none_that_fit() {
        assert!(filters(&response_of(&[(0.9, 1.0), (0.6, 1.0), (0.3, 1.0)], 8)).is_none());
    }
}
