//! One timestep of a population of neurons, by the rules of [`Neuron`].

use super::pick;
use crate::ir::{Neuron, Reset, ResetTiming, Shape, TemporalMix};

/// The state of a population, one number per element each.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Stored membrane potential.
    pub(super) membrane: Vec<f32>,
    /// Membrane potential that was compared with the threshold, before an immediate reset.
    pub(super) charged: Vec<f32>,
    /// Synaptic currents, one vector for each of [`Neuron::synaptic`], or the currents of each timestep that are mixed.
    pub(super) synaptic: Vec<Vec<f32>>,
}

impl State {
    /// At rest.
    pub(super) fn of(neuron: &Neuron, elements: usize) -> Self {
        let zeros = vec![0.0; elements];
        let mixed = neuron.temporal_mix.as_ref().map_or(0, |mix| mix.timesteps);
        let synaptic = vec![zeros.clone(); neuron.synaptic.len() + mixed];
        Self { membrane: zeros.clone(), charged: zeros, synaptic }
    }

    pub(super) fn rest(&mut self) {
        let states = self.synaptic.iter_mut().chain([&mut self.membrane, &mut self.charged]);
        states.for_each(|state| state.fill(0.0));
    }

    /// Advances by `timestep` with `currents`; `spikes` becomes the spikes of each neuron.
    pub(super) fn step(&mut self, neuron: &Neuron, shape: Shape, timestep: u32, currents: &[f32], spikes: &mut [f32]) {
        for (channel, elements) in (0..shape.len()).collect::<Vec<_>>().chunks(shape.positions()).enumerate() {
            let cell = Cell::new(neuron, timestep, channel);
            for &i in elements {
                let current = match &neuron.temporal_mix {
                    Some(mix) => self.mixed_current(mix, timestep, i, currents[i]),
                    None => self.synaptic_current(neuron, channel, i, currents[i]),
                };
                if neuron.reset_timing == ResetTiming::Clearing && cell.spikes(self.membrane[i]) > 0.0 {
                    self.synaptic.iter_mut().for_each(|state| state[i] = 0.0);
                }
                (self.membrane[i], self.charged[i], spikes[i]) = cell.step(self.membrane[i], current);
            }
        }
        if neuron.inhibition {
            let above = |i: usize| self.charged[i] - pick(neuron.threshold_at(timestep), i / shape.positions());
            let highest = (1..shape.len()).fold(0, |best, i| if above(i) > above(best) { i } else { best });
            spikes.iter_mut().enumerate().filter(|(i, _)| *i != highest).for_each(|(_, spike)| *spike = 0.0);
        }
    }

    /// What the membrane of element `i` takes of all its currents so far, summed in `f64` and rounded once. (After the
    /// last timestep of the mix there is none: a validated graph does not run so long.)
    fn mixed_current(&mut self, mix: &TemporalMix, timestep: u32, i: usize, input: f32) -> f32 {
        let t = (timestep as usize).min(mix.timesteps - 1);
        self.synaptic[t][i] = input;
        let row = mix.weight[t * mix.timesteps..].iter().zip(&self.synaptic[..=t]);
        row.map(|(weight, current)| f64::from(*weight) * f64::from(current[i])).sum::<f64>() as f32
    }

    /// What the membrane of element `i` takes of the input current.
    fn synaptic_current(&mut self, neuron: &Neuron, channel: usize, i: usize, input: f32) -> f32 {
        let mut filters = neuron.synaptic.iter().zip(&mut self.synaptic).map(|(filter, state)| {
            state[i] = pick(&filter.decay, channel) * state[i] + input;
            pick(&filter.gain, channel) * state[i]
        });
        let Some(first) = filters.next() else { return input };
        filters.fold(first, |sum, term| sum + term)
    }
}

/// The parameters of one channel's neurons.
struct Cell<'n> {
    neuron: &'n Neuron,
    channel: usize,
    beta: f32,
    threshold: f32,
    amount: f32,
    lowest: f32,
}

impl<'n> Cell<'n> {
    fn new(neuron: &'n Neuron, timestep: u32, channel: usize) -> Self {
        Self {
            neuron,
            channel,
            beta: pick(&neuron.beta, channel),
            threshold: pick(neuron.threshold_at(timestep), channel),
            amount: match &neuron.reset {
                Reset::Subtract(amount) => pick(amount, channel),
                Reset::None | Reset::ToValue(_) => 0.0,
            },
            lowest: neuron.min_membrane.as_ref().map_or(f32::NEG_INFINITY, |lowest| pick(lowest, channel)),
        }
    }

    /// Spikes of a neuron at membrane potential `v`.
    fn spikes(&self, v: f32) -> f32 {
        match self.neuron.max_spikes {
            1 => f32::from(u8::from(self.neuron.comparison.fires(v, self.threshold))),
            most => (v / self.threshold).floor().clamp(0.0, most as f32),
        }
    }

    /// The stored and the compared membrane potential, and the spikes.
    fn step(&self, v: f32, current: f32) -> (f32, f32, f32) {
        let (after, compared, spikes) = match self.neuron.reset_timing {
            ResetTiming::Delayed | ResetTiming::Overriding | ResetTiming::Clearing => {
                let resets = self.spikes(v) > 0.0;
                let overriding = self.neuron.reset_timing != ResetTiming::Delayed;
                let to_value = match self.neuron.reset {
                    Reset::ToValue(value) if resets => Some(value),
                    _ => None,
                };
                let v = if overriding { v } else { to_value.unwrap_or(v) };
                let v = self.beta * v + current;
                let v = if resets { v - self.amount } else { v };
                let v = if overriding { to_value.unwrap_or(v) } else { v };
                (v, v, self.spikes(v))
            }
            ResetTiming::Immediate => {
                let v = self.beta * v + current;
                let spikes = self.spikes(v);
                let after = match self.neuron.reset {
                    Reset::ToValue(value) if spikes > 0.0 => value,
                    Reset::Subtract(_) if spikes > 0.0 => v - spikes * self.amount,
                    _ => v,
                };
                (after, v, spikes)
            }
        };
        let after = match &self.neuron.stored {
            Some(stored) => stored.apply(after, self.channel),
            None => after.max(self.lowest),
        };
        (after, compared, spikes)
    }
}
