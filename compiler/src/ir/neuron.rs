//! The neuron normal form: one parametric integrate-and-fire model.

/// A population of neurons, one per element of its source.
///
/// Per timestep, in `f32`, in this order (`theta` the threshold, `r` what the reset acts on):
/// ```text
/// delayed:   r = v > theta;  ToValue: v = r ? value : v;  v = beta * v + I;  Subtract: v = v - r * amount;  s = v > theta
/// immediate: v = beta * v + I;  s = v > theta;  Subtract: v = v - s * amount;  ToValue: v = s ? value : v
/// ```
/// `>` is `>=` for [`Comparison::AtLeast`]; `v` is 0 before the first timestep. A framework's `u += (I - u) / tau` with
/// threshold `theta` is `beta = 1 - 1/tau` and `theta * tau` here (research: Fang et al. 2021, SpikingJelly).
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    /// Decay of the membrane potential per timestep, 0..=1 (1: no leak); one, or one per channel.
    pub beta: Vec<f32>,
    /// Firing threshold; one, or one per channel.
    pub threshold: Vec<f32>,
    /// Whether reaching the threshold is enough.
    pub comparison: Comparison,
    /// What a spike does to the membrane potential.
    pub reset: Reset,
    /// When it does so.
    pub reset_timing: ResetTiming,
    /// Integer format to keep, where the model prescribes one; otherwise the compiler chooses.
    pub integer: Option<IntegerFormat>,
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
}

/// Widths of an integer membrane that a model prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerFormat {
    /// Width of the stored membrane potential, two's complement.
    pub membrane_bits: u8,
    /// Membrane LSBs per current LSB, as a power of two; negative where currents are rounded to coarser LSBs. -31 to 16.
    pub fraction_bits: i8,
}
