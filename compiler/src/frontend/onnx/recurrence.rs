//! The update of a membrane potential from one timestep to the next, in one normal form.
//!
//! With `h` the potential that is compared, and `s` its spike, every supported neuron is
//! ```text
//! h[t] = decay * h[t-1] + spike * s[t-1] + gated * h[t-1] * s[t-1] + current[t]
//! ```
//! whether the reset is written at the end of timestep `t-1` or at the start of timestep `t`:
//! a hard reset is `gated = -decay`, a soft one `gated = 0`. (Research: the catalogue of Fang et al. 2021 and snnTorch.)

use super::algebra::{Atom, Coef, Mono, ONE, Poly};
use super::invalid;
use super::net::ValueId;
use crate::frontend::NodeError;
use crate::ir::{Comparison, Neuron, Reset, ResetTiming};

/// The coefficients of the update.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrence {
    /// Of the potential.
    pub decay: Coef,
    /// Of its spike.
    pub spike: Coef,
    /// Of their product.
    pub gated: Coef,
}

/// The terms of `poly` in the potential `membrane` and its spike.
fn own_terms(membrane: ValueId, spike: Option<usize>) -> [Option<Mono>; 3] {
    let (v, s) = (Atom::Value(membrane), spike.map(Atom::Spike));
    [Some([Some(v), None]), s.map(|s| [Some(s), None]), s.map(|s| [Some(v), Some(s)])]
}

impl Recurrence {
    /// Reads the coefficients out of an update.
    pub fn of(update: &Poly, membrane: ValueId, spike: Option<usize>) -> Self {
        let [decay, spike, gated] =
            own_terms(membrane, spike).map(|mono| mono.map_or(Coef::All(0.0), |mono| update.coefficient(&mono)));
        Self { decay, spike, gated }
    }

    /// The update without these terms: the current. Terms that differ by more than rounding stay in it.
    pub fn current(&self, update: &Poly, membrane: ValueId, spike: Option<usize>) -> Poly {
        let mut current = update.clone();
        for (mono, coef) in own_terms(membrane, spike).into_iter().zip([&self.decay, &self.spike, &self.gated]) {
            let Some(mono) = mono else { continue };
            let found = current.coefficient(&mono);
            if found.is_near(coef) {
                current.terms.remove(&mono);
            } else if let Some(rest) = found.zip(coef, |a, b| a - b) {
                current.terms.insert(mono, rest);
            }
        }
        current
    }

    /// This update after `after`, which is what the end of a timestep makes of the potential.
    pub fn after(&self, after: &Recurrence) -> Option<Self> {
        let times = |a: &Coef| self.decay.zip(a, |x, y| x * y);
        Some(Self { decay: times(&after.decay)?, spike: times(&after.spike)?, gated: times(&after.gated)? })
    }

    /// Whether both are the same but for rounding.
    pub fn is_near(&self, other: &Self) -> bool {
        self.decay.is_near(&other.decay) && self.spike.is_near(&other.spike) && self.gated.is_near(&other.gated)
    }

    /// The neuron of this update. `gain` scales the current (its potential is `1 / gain` of the file's), `origin` is the
    /// potential it starts from and that becomes 0, `delayed` whether the reset is part of the next timestep.
    ///
    /// # Errors
    /// An update that is no integrate-and-fire neuron.
    pub fn neuron(
        &self,
        threshold: &Coef,
        comparison: Comparison,
        gain: f64,
        origin: f64,
        delayed: bool,
    ) -> Result<Neuron, NodeError> {
        let scaled = |c: &Coef| c.map(|v| v / gain).to_f32();
        let refuse = |found: String| {
            let help = "supported are leaky and non-leaky integrate-and-fire neurons with a hard, a soft or no reset";
            Err(invalid(found, help))
        };
        // In the potential w = h - origin: gated * h * s = gated * w * s + gated * origin * s.
        let Some(spike) = self.spike.zip(&self.gated, |s, g| s + g * origin) else {
            return refuse("a reset of another number of channels than the neurons".into());
        };
        let hard = self.gated.map(|g| -g).is_near(&self.decay) && !self.gated.is(0.0);
        let (reset, reset_timing) = if hard {
            // The term is decay * value * s.
            let Some(value) = spike.zip(&self.decay, |s, d| s / d) else {
                return refuse("a reset value of another number of channels than the neurons".into());
            };
            let value = match value.map(|v| if v.abs() < 1e-12 { 0.0 } else { v / gain }) {
                Coef::All(value) => value as f32,
                Coef::Each(_) => return refuse("a reset value that differs from channel to channel".into()),
            };
            // A delayed reset to a value gives the same spikes as an immediate one, which is the simpler.
            (Reset::ToValue(value), ResetTiming::Immediate)
        } else if !self.gated.is(0.0) {
            let found =
                format!("a reset that scales the membrane: {:?} of it where a decay is {:?}", self.gated, self.decay);
            return refuse(found);
        } else if spike.is(0.0) {
            (Reset::None, ResetTiming::Immediate)
        } else if delayed {
            (Reset::Subtract(scaled(&spike.map(|s| -s))), ResetTiming::Delayed)
        } else {
            match spike.zip(&self.decay, |s, d| -s / d) {
                Some(amount) => (Reset::Subtract(scaled(&amount)), ResetTiming::Immediate),
                None => return refuse("a reset of another number of channels than the neurons".into()),
            }
        };
        let threshold = scaled(&threshold.map(|t| t - origin));
        Ok(Neuron { beta: self.decay.to_f32(), threshold, comparison, reset, reset_timing, ..Neuron::default() })
    }
}

/// Splits the constant term off.
pub fn without_constant(poly: &Poly) -> (Poly, Coef) {
    let mut rest = poly.clone();
    let constant = rest.terms.remove(&ONE).unwrap_or(Coef::All(0.0));
    (rest, constant)
}
