//! The neuron normal form: one parametric integrate-and-fire model.

use super::Staircase;
use super::eval::pick;

/// A population of neurons, one per element of its source.
///
/// Per timestep, in `f32`, in this order (`theta` the threshold, `r` what the reset acts on, `n` the spikes):
/// ```text
/// mix:       c = sum over k <= t of weight[t][k] * I[k]
/// synaptic:  c = I, or with synaptic currents: i[k] = decay[k] * i[k] + I;  c = sum over k of gain[k] * i[k]
/// delayed:   r = v > theta;  ToValue: v = r ? value : v;  v = beta * v + c;  Subtract: v = v - r * amount;  n = v > theta
/// overriding: as delayed, but ToValue acts last: v = beta * v + c;  v = r ? value : v;  n = v > theta
/// clearing:  as overriding, with i[k] = r ? 0 : i[k] in the end
/// immediate: v = beta * v + c;  n = v > theta;  Subtract: v = v - n * amount;  ToValue: v = n ? value : v
/// at last:   v = max(v, min_membrane), or what is stored of v
/// ```
/// `>` is `>=` for [`Comparison::AtLeast`]; states are 0 before the first timestep. With [`Neuron::max_spikes`] above 1,
/// `n = floor(v / theta)` within `0..=max_spikes` (sinabs' multi-spike). A framework's `u += (I - u) / tau` with
/// threshold `theta` is `beta = 1 - 1/tau` and `theta * tau` here (research: Fang et al. 2021, SpikingJelly).
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    /// Synaptic currents, each an exponential filter of the input; without any the membrane takes the input itself.
    /// One is snnTorch's Synaptic, norse's LIF and NIR's CubaLIF; two with opposite gains are snnTorch's Alpha.
    pub synaptic: Vec<SynapticCurrent>,
    /// In place of synaptic currents: currents of the timesteps before, mixed in.
    pub temporal_mix: Option<TemporalMix>,
    /// Decay of the membrane potential per timestep, 0..=1 (1: no leak); one, or one per channel.
    pub beta: Vec<f32>,
    /// Firing threshold, `[threshold_timesteps, 1 or channels]`.
    pub threshold: Vec<f32>,
    /// Timesteps that have a threshold of their own; 1: every timestep has the same. Above 1 a sample has no more
    /// timesteps, a reset acts at once or never, and nothing is inhibited.
    pub threshold_timesteps: usize,
    /// Whether reaching the threshold is enough.
    pub comparison: Comparison,
    /// What a spike does to the membrane potential.
    pub reset: Reset,
    /// When it does so.
    pub reset_timing: ResetTiming,
    /// Most spikes of a neuron in one timestep, 1 or more. Above 1 only with [`Comparison::AtLeast`], an immediate reset
    /// and thresholds above 0.
    pub max_spikes: u32,
    /// Lowest membrane potential that is stored; one, or one per channel. Only with an immediate reset.
    pub min_membrane: Option<Vec<f32>>,
    /// What is stored in place of the membrane potential, one of a few levels (Q-SNN); ascending. Only with an immediate
    /// reset, without a lowest potential or inhibition. Before the first timestep it is 0 all the same.
    pub stored: Option<Staircase>,
    /// Whether only the neuron with the largest `v - theta` of the population may fire, ties to the lowest index
    /// (snnTorch's `inhibition`). The reset acts on every neuron above its threshold all the same. Only with a delayed
    /// reset or none, and with one spike per timestep.
    pub inhibition: bool,
    /// Integer format to keep, where the model prescribes one; otherwise the compiler chooses.
    pub integer: Option<IntegerFormat>,
}

impl Default for Neuron {
    /// Integrate-and-fire: no leak, threshold 1, soft reset.
    fn default() -> Self {
        Self {
            synaptic: Vec::new(),
            temporal_mix: None,
            beta: vec![1.0],
            threshold: vec![1.0],
            threshold_timesteps: 1,
            comparison: Comparison::AtLeast,
            reset: Reset::Subtract(vec![1.0]),
            reset_timing: ResetTiming::Immediate,
            max_spikes: 1,
            min_membrane: None,
            stored: None,
            inhibition: false,
            integer: None,
        }
    }
}

impl Neuron {
    /// Thresholds at `timestep`: one, or one per channel. (Of a timestep that has none the last ones: a validated graph
    /// does not run so long.)
    #[must_use]
    pub fn threshold_at(&self, timestep: u32) -> &[f32] {
        let width = self.threshold.len() / self.threshold_timesteps.max(1);
        let row = (timestep as usize).min(self.threshold_timesteps.saturating_sub(1));
        &self.threshold[row * width..(row + 1) * width]
    }

    /// Thresholds of `channel`, one for each timestep that has its own.
    pub fn thresholds(&self, channel: usize) -> impl Iterator<Item = f32> + '_ {
        (0..self.threshold_timesteps).map(move |timestep| pick(self.threshold_at(timestep as u32), channel))
    }

    /// Whether a membrane potential is the current alone: nothing is left of it in the next timestep.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        let at_once = self.reset_timing == ResetTiming::Immediate || self.reset == Reset::None;
        at_once && self.beta.iter().all(|&beta| beta == 0.0)
    }
}

/// A current that decays by itself: `i = decay * i + I`, of which the membrane takes `gain * i` in the same timestep.
#[derive(Clone, Debug, PartialEq)]
pub struct SynapticCurrent {
    /// Decay per timestep, 0..=1; one, or one per channel.
    pub decay: Vec<f32>,
    /// What the membrane takes of it; one, or one per channel.
    pub gain: Vec<f32>,
}

/// The currents of a whole sample in place of each timestep's, `c[t] = sum over k <= t of weight[t][k] * I[k]`: what a
/// network with parallel neurons trains. The compiler never moves it into the thresholds: `M I >= theta` and
/// `I >= M^-1 theta` are other sets of inequalities.
#[derive(Clone, Debug, PartialEq)]
pub struct TemporalMix {
    /// Timesteps; a sample has no more.
    pub timesteps: usize,
    /// `[timesteps, timesteps]`, zero above the diagonal.
    pub weight: Vec<f32>,
    /// Value of one LSB where the weights lie on a grid of 8 bits.
    pub scale: Option<f32>,
}

/// When a neuron fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `v > threshold` (snnTorch, norse).
    Above,
    /// `v >= threshold` (SpikingJelly).
    AtLeast,
}

impl Comparison {
    /// Whether a membrane potential `v` fires at `threshold`.
    #[must_use]
    pub fn fires(self, v: f32, threshold: f32) -> bool {
        match self {
            Comparison::Above => v > threshold,
            Comparison::AtLeast => v >= threshold,
        }
    }
}

/// What a spike does to the membrane potential.
#[derive(Clone, Debug, PartialEq)]
pub enum Reset {
    /// Nothing.
    None,
    /// `v = value`: hard reset.
    ToValue(f32),
    /// `v = v - amount`: soft reset; one amount, or one per channel (usually the threshold).
    Subtract(Vec<f32>),
}

/// When a spike resets the membrane potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetTiming {
    /// In the timestep of the spike.
    Immediate,
    /// With the next timestep's input (snnTorch).
    Delayed,
    /// As [`ResetTiming::Delayed`], but a reset to a value also overrides the next timestep's decay and input, which are
    /// lost (snnTorch's Synaptic with reset "zero"). Only with [`Reset::ToValue`].
    Overriding,
    /// As [`ResetTiming::Overriding`], and the synaptic currents of that timestep become 0, its input lost as well
    /// (snnTorch's Alpha with reset "zero"). Only with synaptic currents.
    Clearing,
}

/// Widths of an integer membrane that a model prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerFormat {
    /// Width of the stored membrane potential, two's complement.
    pub membrane_bits: u8,
    /// Membrane LSBs per current LSB, as a power of two; negative where currents are rounded to coarser LSBs. -31 to 16.
    pub fraction_bits: i8,
}
