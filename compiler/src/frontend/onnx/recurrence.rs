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
use super::populations::Population;
use crate::frontend::NodeError;
use crate::ir::{Comparison, Neuron, Reset, ResetTiming, Staircase, SynapticCurrent};

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
fn own_terms(membrane: ValueId, s: Option<Atom>) -> [Option<Mono>; 3] {
    let v = Atom::Value(membrane);
    [Some([Some(v), None]), s.map(|s| [Some(s), None]), s.map(|s| [Some(v), Some(s)])]
}

impl Recurrence {
    /// Reads the coefficients out of an update.
    pub fn of(update: &Poly, membrane: ValueId, spike: Option<Atom>) -> Self {
        let [decay, spike, gated] =
            own_terms(membrane, spike).map(|mono| mono.map_or(Coef::All(0.0), |mono| update.coefficient(&mono)));
        Self { decay, spike, gated }
    }

    /// The update without these terms: the current. Terms that differ by more than rounding stay in it.
    pub fn current(&self, update: &Poly, membrane: ValueId, spike: Option<Atom>) -> Poly {
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
}

impl Population {
    /// The neuron of this population. Its potential is `1 / gain` of the file's, and 0 where the file's is
    /// [`Population::start`].
    ///
    /// # Errors
    /// An update that is no integrate-and-fire neuron.
    pub fn neuron(&self, gain: f64) -> Result<Neuron, NodeError> {
        let start = self.start;
        let scaled = |c: &Coef| c.map(|v| v / gain).to_f32();
        let (threshold, comparison, most) = match &self.firing {
            Some(firing) => {
                let rows: Vec<Vec<f32>> = firing.thresholds.iter().map(|row| scaled(&row.map(|t| t - start))).collect();
                // one row of one number, and one of a number per channel, become alike
                let width = rows.iter().map(Vec::len).max().unwrap_or(1);
                let spread = |row: Vec<f32>| if row.len() == width { row } else { vec![row[0]; width] };
                (rows.into_iter().flat_map(spread).collect(), firing.comparison, firing.most)
            }
            None => (vec![f32::MAX], Comparison::Above, None),
        };
        let threshold_timesteps = self.firing.as_ref().map_or(1, |firing| firing.thresholds.len());
        let (reset, reset_timing) = self.reset(gain)?;
        let synaptic = self.synapses.iter().map(|synapse| SynapticCurrent {
            decay: synapse.decay.to_f32(),
            gain: synapse.gain.map(|g| g / gain).to_f32(),
        });
        Ok(Neuron {
            synaptic: synaptic.collect(),
            beta: self.recurrence.decay.to_f32(),
            threshold,
            threshold_timesteps,
            comparison,
            reset,
            reset_timing,
            max_spikes: most.unwrap_or(1),
            min_membrane: self.lowest.map(|low| vec![((low - start) / gain) as f32]),
            temporal_mix: None,
            stored: self.stored(gain)?,
            inhibition: self.inhibition,
            integer: None,
        })
    }

    /// What is stored, in the potential of the neuron.
    fn stored(&self, gain: f64) -> Result<Option<Staircase>, NodeError> {
        let Some(stored) = &self.stored else { return Ok(None) };
        if self.start != 0.0 {
            let found = "a potential that starts from another value than zero, and is stored as one of a few levels";
            return Err(invalid(found.into(), "start from rest"));
        }
        let over = |numbers: &[f32]| numbers.iter().map(|&x| (f64::from(x) / gain) as f32).collect();
        let (thresholds, levels) = (over(&stored.thresholds), over(&stored.levels));
        Ok(Some(Staircase { steps: stored.steps, thresholds, levels }))
    }

    /// What a spike does, and when.
    fn reset(&self, gain: f64) -> Result<(Reset, ResetTiming), NodeError> {
        let Recurrence { decay, spike, gated } = &self.recurrence;
        let refuse = |found: String| {
            let help = "supported are leaky and non-leaky integrate-and-fire neurons with a hard, a soft or no reset";
            Err(invalid(found, help))
        };
        let near_zero = |v: f64| if v.abs() < 1e-12 { 0.0 } else { v / gain };
        if let Some(value) = &self.overriding {
            return match value.map(|v| near_zero(v - self.start)) {
                Coef::All(value) => {
                    let timing = if self.clears { ResetTiming::Clearing } else { ResetTiming::Overriding };
                    Ok((Reset::ToValue(value as f32), timing))
                }
                Coef::Each(_) => refuse("a reset value that differs from channel to channel".into()),
            };
        }
        // In the potential w = h - start: gated * h * s = gated * w * s + gated * start * s.
        let Some(spike) = spike.zip(gated, |s, g| s + g * self.start) else {
            return refuse("a reset of another number of channels than the neurons".into());
        };
        let scaled = |c: &Coef| c.map(|v| v / gain).to_f32();
        let hard = gated.map(|g| -g).is_near(decay) && !gated.is(0.0);
        if hard {
            // The term is decay * value * s.
            let Some(value) = spike.zip(decay, |s, d| s / d) else {
                return refuse("a reset value of another number of channels than the neurons".into());
            };
            // A delayed reset to a value gives the same spikes as an immediate one, which is the simpler.
            match value.map(near_zero) {
                Coef::All(value) => Ok((Reset::ToValue(value as f32), ResetTiming::Immediate)),
                Coef::Each(_) => refuse("a reset value that differs from channel to channel".into()),
            }
        } else if !gated.is(0.0) {
            refuse(format!("a reset that scales the membrane: {gated:?} of it where a decay is {decay:?}"))
        } else if spike.is(0.0) {
            Ok((Reset::None, ResetTiming::Immediate))
        } else if self.delayed {
            Ok((Reset::Subtract(scaled(&spike.map(|s| -s))), ResetTiming::Delayed))
        } else {
            match spike.zip(decay, |s, d| -s / d) {
                Some(amount) => Ok((Reset::Subtract(scaled(&amount)), ResetTiming::Immediate)),
                None => refuse("a reset of another number of channels than the neurons".into()),
            }
        }
    }
}

/// Splits the constant term off.
pub fn without_constant(poly: &Poly) -> (Poly, Coef) {
    let mut rest = poly.clone();
    let constant = rest.terms.remove(&ONE).unwrap_or(Coef::All(0.0));
    (rest, constant)
}
