//! The neurons of a position: [`Neuron::step`] in a loop, with what all of them share decided before it.
use crate::bits::set;
use crate::neuron::range;
use crate::program::{Leak, Neuron, Reset, ResetTiming};

/// Whether the processor's vectors hold several membranes: then nothing may hang on the neuron before.
const VECTORS: bool = usize::BITS == 64;

/// Neurons whose spikes make a word.
const WORD: usize = 32;

/// Steps one neuron per channel. `currents` and `membranes` hold one `i32` in a word each; the spikes go to the bits of
/// `output` from bit `at` on, which are zero before.
pub(super) fn step(neuron: &Neuron<'_>, currents: &[u32], membranes: &mut [u32], output: &mut [u32], at: usize) {
    let (min, max) = range(neuron.membrane_bits);
    let population = Position { threshold: neuron.threshold, currents, membranes, output, at };
    match (neuron.reset, neuron.reset_timing) {
        (Reset::None, _) => population.leak(
            neuron,
            neuron.threshold, // not looked at
            |v, current, _, _| (v, current),
            |v, _, _| v,
        ),
        (Reset::ToValue(value), ResetTiming::Immediate) => population.leak(
            neuron,
            value,
            |v, current, _, _| (v, current),
            |v, fires, value| if fires { value } else { v },
        ),
        (Reset::Subtract(amount), ResetTiming::Immediate) => population.leak(
            neuron,
            amount,
            |v, current, _, _| (v, current),
            move |v, fires, amount| if fires { v.wrapping_sub(amount).min(max).max(min) } else { v },
        ),
        (Reset::ToValue(value), ResetTiming::Delayed) => population.leak(
            neuron,
            value,
            |v, current, threshold, value| (if v >= threshold { value } else { v }, current),
            |v, _, _| v,
        ),
        (Reset::Subtract(amount), ResetTiming::Delayed) => population.leak(
            neuron,
            amount,
            |v, current, threshold, amount| (v, if v >= threshold { current.wrapping_sub(amount) } else { current }),
            |v, _, _| v,
        ),
        (Reset::Subtract(_) | Reset::ToValue(_), ResetTiming::Overriding | ResetTiming::Clearing) => {
            population.one_by_one(neuron);
        }
    }
}

/// Fires the neurons of a position that keep no membrane: `currents` become what is compared with the thresholds.
pub(super) fn fire(neuron: &Neuron<'_>, currents: &mut [u32], output: &mut [u32], at: usize) {
    let (min, max) = range(neuron.membrane_bits);
    for (word, (currents, thresholds)) in currents.chunks_mut(WORD).zip(neuron.threshold.chunks(WORD)).enumerate() {
        let mut spikes = 0;
        for ((current, &threshold), i) in currents.iter_mut().zip(thresholds).zip(0..) {
            let v = (*current as i32).min(max).max(min);
            *current = v as u32;
            spikes |= u32::from(v >= threshold) << i;
        }
        set(output, at + word * WORD, spikes);
    }
}

/// What the neurons of a position work on.
struct Position<'a> {
    threshold: &'a [i32],
    currents: &'a [u32],
    membranes: &'a mut [u32],
    output: &'a mut [u32],
    at: usize,
}

impl Position<'_> {
    /// Decides how the neurons leak. `before` is a delayed reset, from the membrane potential, the current, the threshold
    /// and the number that belongs to the reset; `after` an immediate one.
    #[inline(always)]
    fn leak(
        self,
        neuron: &Neuron<'_>,
        table: &[i32],
        before: impl Fn(i32, i32, i32, i32) -> (i32, i32),
        after: impl Fn(i32, bool, i32) -> i32,
    ) {
        let (min, max) = range(neuron.membrane_bits);
        match neuron.leak {
            Leak::None => self.each(table, min, max, before, |v| v, after),
            Leak::All => {} // see `fire`
            Leak::Shift(n) => self.each(table, min, max, before, move |v| Leak::Shift(n).apply(0, v), after),
            Leak::Multiply { factor, shift } => {
                self.each(table, min, max, before, move |v| Leak::Multiply { factor, shift }.apply(0, v), after);
            }
            Leak::MultiplyEach { .. } => self.one_by_one(neuron),
        }
    }

    /// Steps each neuron by the rules as they are written, but for what is stored in the end ([`super::special`]).
    #[inline(never)]
    fn one_by_one(self, neuron: &Neuron<'_>) {
        let neuron = &Neuron { stored: None, ..*neuron };
        let channels = self.membranes.iter_mut().zip(self.currents).zip(0..self.threshold.len());
        for ((membrane, &current), channel) in channels {
            let (v, spikes) = neuron.step(channel, *membrane as i32, current as i32);
            *membrane = v as u32;
            set(self.output, self.at + channel, spikes.into());
        }
    }

    #[inline(never)] // registers of its own: a dozen numbers stay in them
    fn each(
        self,
        table: &[i32],
        min: i32,
        max: i32,
        before: impl Fn(i32, i32, i32, i32) -> (i32, i32),
        leak: impl Fn(i32) -> i32,
        after: impl Fn(i32, bool, i32) -> i32,
    ) {
        let mut at = self.at;
        let tables = self.threshold.chunks(WORD).zip(table.chunks(WORD));
        for ((membranes, currents), (thresholds, table)) in
            self.membranes.chunks_mut(WORD).zip(self.currents.chunks(WORD)).zip(tables)
        {
            let neurons = membranes.iter_mut().zip(currents).zip(thresholds.iter().zip(table));
            let step = |(membrane, &current): (&mut u32, &u32), (&threshold, &number): (&i32, &i32)| {
                let (v, current) = before(*membrane as i32, current as i32, threshold, number);
                let v = leak(v).wrapping_add(current).min(max).max(min);
                // both are in 30 bits: the difference has the sign of the comparison
                let below = v.wrapping_sub(threshold);
                *membrane = after(v, below >= 0, number) as u32;
                below as u32
            };
            let spikes = if VECTORS {
                let mut below = [u32::MAX; WORD];
                for ((neuron, tables), below) in neurons.zip(&mut below) {
                    *below = step(neuron, tables);
                }
                below.iter().enumerate().fold(0, |spikes, (i, below)| spikes | (!below >> 31) << i)
            } else {
                // bit 31 says "silent"; each neuron pushes the ones before it down
                let (mut silent, mut count) = (0, 0);
                for (neuron, tables) in neurons {
                    silent = silent >> 1 | (step(neuron, tables) & 1 << 31);
                    count += 1;
                }
                !silent >> (WORD - count)
            };
            set(self.output, at, spikes);
            at += WORD;
        }
    }
}
