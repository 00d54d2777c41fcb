//! Synaptic currents: exponential filters between what a population receives and its potential.
//!
//! A file may keep the filtered current `i` in any form that is `p` times the normal form's: with `i' = decay * i + p * u`
//! and a potential that takes `b * i + g * u`, the normal form's `j = i / p` has `j' = decay * j + u`, and the potential
//! takes `gain * j'` with `gain = b * p / decay`, if the gains of all filters add up to `g`. (snnTorch's Synaptic has
//! `p = 1`, `b = decay`; norse' LIF, which decays after the potential has looked, `p = decay`.)

use super::super::algebra::{Atom, Coef, ONE, Poly};
use super::super::net::ValueId;
use super::Synapse;

/// A filter as a file of one timestep writes it.
pub struct Filter {
    /// The state input.
    pub input: ValueId,
    /// The state output, by number.
    pub output: usize,
    /// What the output is.
    pub next: Poly,
}

/// Filters in normal form.
pub struct Filtered {
    /// In the order of the filters.
    pub synapses: Vec<Synapse>,
    /// What each filter keeps, as a multiple of the normal form's.
    pub factors: Vec<Coef>,
    /// What they filter.
    pub current: Poly,
}

/// The normal form of `filters`, of which the potential takes `taken`; `None` if they have none.
pub fn normal_form(filters: &[Filter], taken: &Poly) -> Option<Filtered> {
    let inputs: Vec<Atom> = filters.iter().map(|f| Atom::Value(f.input)).collect();
    let (mut synapses, mut factors) = (Vec::new(), Vec::new());
    let mut unit: Option<Poly> = None;
    let mut left = taken.clone();
    for (filter, &input) in filters.iter().zip(&inputs) {
        let (received, own) = filter.next.split(input);
        let decay = own.as_constant().filter(|d| d.all(|d| d > 0.0 && d <= 1.0))?;
        if received.terms.is_empty() || received.atoms().any(|atom| inputs.contains(&atom)) {
            return None;
        }
        let factor = match &unit {
            Some(unit) => multiple(&received, unit)?,
            None => {
                let factor = common_factor(&received);
                unit = received.over(&Poly::constant(factor.clone())).ok();
                factor
            }
        };
        let (rest, seen) = left.split(input);
        left = rest;
        let gain = seen.as_constant()?.zip(&factor, |b, p| b * p)?.zip(&decay, |bp, d| bp / d)?;
        synapses.push(Synapse { decay, gain });
        factors.push(factor);
    }
    let current = unit?;
    let total = synapses.iter().try_fold(Coef::All(0.0), |sum, s| sum.zip(&s.gain, |a, b| a + b))?;
    let expected = current.times(&Poly::constant(total)).ok()?;
    // Compared on the scale of the gains: opposite ones cancel but for rounding.
    let scale = synapses.iter().map(|s| s.gain.magnitude()).fold(0.0, f64::max);
    let difference = left.plus(&expected, -1.0).ok()?;
    let close = difference
        .terms
        .iter()
        .all(|(mono, d)| d.magnitude() <= 1e-5 * scale * current.coefficient(mono).magnitude().max(f64::MIN_POSITIVE));
    close.then_some(Filtered { synapses, factors, current })
}

/// The factor that all terms of `poly` share; 1 if they share none.
pub fn common_factor(poly: &Poly) -> Coef {
    let mut factors = poly.terms.iter().filter(|(mono, _)| **mono != ONE).map(|(_, factor)| factor);
    match factors.next() {
        Some(first) if first.all(|f| f != 0.0) && factors.all(|f| f == first) => first.clone(),
        _ => Coef::All(1.0),
    }
}

/// `poly / unit`, if that is a constant.
pub fn multiple(poly: &Poly, unit: &Poly) -> Option<Coef> {
    let (mono, first) = unit.terms.iter().next()?;
    let factor = poly.coefficient(mono).zip(first, |a, b| a / b)?;
    let expected = unit.times(&Poly::constant(factor.clone())).ok()?;
    (expected.is_about(poly) && factor.all(|f| f != 0.0)).then_some(factor)
}
