//! The rules of a neuron, in integers: leak, integrate, saturate, fire, reset, saturate.
//!
//! Per timestep, with `c` the population's current in membrane LSBs ([`crate::program::Population`]) and `[ch]` the
//! neuron's channel:
//! ```text
//! synaptic k:  i[k] = saturate(leak[k](i[k]) + c, bits[k]);  then c = the sum of +i[k] or -i[k]
//! mix:         i[t] = c;  then c = the sum over k <= t of weights[t][k] * i[k]
//! immediate:   v = saturate(leak(v) + c);  n = spikes(v)
//!              Subtract: v = saturate(v - n * amount[ch]);  ToValue: v = n > 0 ? value[ch] : v;  v = max(v, floor[ch])
//!              stored: v = levels[ch][number of thresholds[ch] <= v], the last thing of a timestep
//! delayed:     r = v >= threshold[ch], of the timestep before;  ToValue: v = r ? value[ch] : v
//!              v = saturate(leak(v) + c - (Subtract and r ? amount[ch] : 0));  n = spikes(v)
//! overriding:  r = v >= threshold[ch], of the timestep before;  v = r ? value[ch] : saturate(leak(v) + c);  n = spikes(v)
//! clearing:    as overriding, with i[k] = r ? 0 : i[k] in the end
//! spikes(v):   v >= threshold[ch] ? min(v / threshold[ch], max_spikes) : 0, which is 0 or 1 for max_spikes = 1
//! stateless:   v = saturate(c); n = spikes(v), with Leak::All
//! inhibition:  n = 0 but for the neuron with the largest v - threshold[ch], ties to the lowest index
//! ```
//! A threshold may be that of the timestep. All states are 0 before the first timestep of a sample. Filters and membrane
//! share one LSB, so that nothing is rounded between them. Widths: a filter has at most 29 bits, so that the sum of two fits
//! 30; a current, a membrane and an amount have at most 30 each, so that no sum of three leaves `i32`.
use crate::program::{Leak, Neuron, Reset, ResetTiming, Staircase, Synaptic};

impl Leak<'_> {
    /// What is left of `v`, a state of `channel`, after one timestep.
    #[inline]
    #[must_use]
    pub const fn apply(self, channel: usize, v: i32) -> i32 {
        match self {
            Leak::None => v,
            Leak::All => 0,
            Leak::Shift(n) => v - (v >> n),
            Leak::Multiply { factor, shift } => (v * factor as i32) >> shift,
            Leak::MultiplyEach { factors, shift } => (v * at16(factors, channel) as i32) >> shift,
        }
    }
}

impl Staircase<'_> {
    /// The level of a membrane potential `v` of `channel`.
    #[inline]
    #[must_use]
    pub const fn level(&self, channel: usize, v: i32) -> i32 {
        let steps = self.steps as usize;
        let row = if self.thresholds.len() == steps { 0 } else { channel };
        // the first threshold above `v`
        let (mut low, mut high) = (0, steps);
        while low < high {
            let middle = (low + high) / 2;
            if at(self.thresholds, row * steps + middle) <= v {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        at(self.levels, row * (steps + 1) + low)
    }
}

impl Synaptic<'_> {
    /// The state of a neuron of `channel` after one timestep.
    #[inline]
    #[must_use]
    pub const fn step(&self, channel: usize, state: i32, current: i32) -> i32 {
        saturate(self.leak.apply(channel, state).wrapping_add(current), self.bits)
    }

    /// What the membrane takes of it.
    #[inline]
    #[must_use]
    pub const fn given(&self, state: i32) -> i32 {
        if self.negative { -state } else { state }
    }
}

impl Neuron<'_> {
    /// Advances the membrane of one neuron of `channel` by one timestep and returns its next potential and how many
    /// spikes it fires (before inhibition).
    ///
    /// `v` is the stored membrane potential and `current` what reaches the membrane, in membrane LSBs. With a delayed or
    /// overriding reset the stored potential is the one that fired, so whether the neuron fired in the timestep
    /// before is `v >= threshold` and takes no state of its own. With every operand in 30 bits no sum leaves `i32`
    /// (wrapping only keeps a panic out of the machine code).
    #[inline]
    #[must_use]
    pub const fn step(&self, channel: usize, v: i32, current: i32) -> (i32, u16) {
        let resets = v >= at(self.threshold, channel);
        match self.reset_timing {
            ResetTiming::Immediate => {
                let v = self.saturate(self.leak.apply(channel, v).wrapping_add(current));
                let spikes = self.spikes(channel, v);
                let v = match self.reset {
                    Reset::Subtract(amount) => {
                        self.saturate(v.wrapping_sub(at(amount, channel).wrapping_mul(spikes as i32)))
                    }
                    Reset::ToValue(value) if spikes > 0 => at(value, channel),
                    Reset::ToValue(_) | Reset::None => v,
                };
                let v = match (self.floor, self.stored) {
                    (Some(floor), _) if v < at(floor, channel) => at(floor, channel),
                    (_, Some(stored)) => stored.level(channel, v),
                    _ => v,
                };
                (v, spikes)
            }
            ResetTiming::Delayed => {
                let v = match self.reset {
                    Reset::ToValue(value) if resets => at(value, channel),
                    _ => v,
                };
                let current = match self.reset {
                    Reset::Subtract(amount) if resets => current.wrapping_sub(at(amount, channel)),
                    _ => current,
                };
                let v = self.saturate(self.leak.apply(channel, v).wrapping_add(current));
                (v, self.spikes(channel, v))
            }
            ResetTiming::Overriding | ResetTiming::Clearing => {
                let v = match self.reset {
                    Reset::ToValue(value) if resets => at(value, channel),
                    _ => self.saturate(self.leak.apply(channel, v).wrapping_add(current)),
                };
                (v, self.spikes(channel, v))
            }
        }
    }

    /// Spikes of a neuron of `channel` at membrane potential `v`.
    #[inline]
    const fn spikes(&self, channel: usize, v: i32) -> u16 {
        let threshold = at(self.threshold, channel);
        if v < threshold {
            0
        } else if self.max_spikes == 1 {
            1
        } else {
            // above 1 every threshold is 1 or more, so that the quotient is too (and a division by 0 leaves no panic behind)
            match v.checked_div(threshold) {
                Some(spikes) if spikes <= self.max_spikes as i32 => spikes as u16,
                _ => self.max_spikes,
            }
        }
    }

    /// Clamps `v` to the membrane's range.
    #[inline]
    const fn saturate(&self, v: i32) -> i32 {
        saturate(v, self.membrane_bits)
    }
}

/// The number of `channel`. [`crate::program::Program::new`] sees to it that there is one for each: the 0 only keeps a
/// panic out of the machine code.
#[inline]
const fn at(numbers: &[i32], channel: usize) -> i32 {
    if channel < numbers.len() { numbers[channel] } else { 0 }
}

/// As [`at`], of factors.
#[inline]
const fn at16(numbers: &[u16], channel: usize) -> u16 {
    if channel < numbers.len() { numbers[channel] } else { 0 }
}

/// Clamps `v` to the range of a signed integer of `bits` bits, 2 to 30.
#[inline]
#[must_use]
pub const fn saturate(v: i32, bits: u8) -> i32 {
    let (min, max) = range(bits);
    if v > max {
        max
    } else if v < min {
        min
    } else {
        v
    }
}

/// Lowest and highest signed integer of `bits` bits, 2 to 30.
#[inline]
pub(crate) const fn range(bits: u8) -> (i32, i32) {
    let max = (1 << (bits - 1)) - 1;
    (-max - 1, max)
}
