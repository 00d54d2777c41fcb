//! The membrane update: leak, integrate, saturate, fire, reset, saturate.
use crate::program::{Leak, Neuron, Reset, ResetTiming};

impl Leak {
    /// What is left of `v` after one timestep.
    #[inline]
    #[must_use]
    pub const fn apply(self, v: i32) -> i32 {
        match self {
            Leak::None => v,
            Leak::Shift(n) => v - (v >> n),
            Leak::Multiply { factor, shift } => (v * factor as i32) >> shift,
        }
    }
}

impl Neuron<'_> {
    /// Advances one neuron of `channel` by one timestep and returns its next membrane potential and whether it fired.
    ///
    /// `v` is the stored membrane potential and `current` the input current, in membrane LSBs. With
    /// [`ResetTiming::Delayed`] the stored potential is the one that fired, so whether the neuron fired in the timestep
    /// before is `v >= threshold` and takes no state of its own. With every operand in 30 bits no sum leaves `i32`
    /// (wrapping only keeps a panic out of the machine code).
    ///
    /// # Panics
    /// If `channel` is not one of the population's. [`crate::program::Program::new`] rules this out.
    #[inline]
    #[must_use]
    pub const fn step(&self, channel: usize, v: i32, current: i32) -> (i32, bool) {
        let threshold = self.threshold[channel];
        match self.reset_timing {
            ResetTiming::Immediate => {
                let v = self.saturate(self.leak.apply(v).wrapping_add(current));
                let fires = v >= threshold;
                let v = match self.reset {
                    Reset::Subtract(amount) if fires => self.saturate(v.wrapping_sub(amount[channel])),
                    Reset::ToValue(value) if fires => value[channel],
                    _ => v,
                };
                (v, fires)
            }
            ResetTiming::Delayed => {
                let resets = v >= threshold;
                let v = match self.reset {
                    Reset::ToValue(value) if resets => value[channel],
                    _ => v,
                };
                let current = match self.reset {
                    Reset::Subtract(amount) if resets => current.wrapping_sub(amount[channel]),
                    _ => current,
                };
                let v = self.saturate(self.leak.apply(v).wrapping_add(current));
                (v, v >= threshold)
            }
        }
    }

    /// Clamps `v` to the membrane's range.
    #[inline]
    const fn saturate(&self, v: i32) -> i32 {
        saturate(v, self.membrane_bits)
    }
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
