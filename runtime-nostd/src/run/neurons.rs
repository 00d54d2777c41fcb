//! The neurons of a position: [`Neuron::step`] in a loop, with what all of them share decided before it.
use super::known::Known;
use crate::bits::set;
use crate::neuron::range;
use crate::program::uses::{self, has};
use crate::program::{Leak, Neuron, Reset, ResetTiming};

/// Neurons whose spikes make a word.
const WORD: usize = 32;

/// Steps one neuron per channel. `currents` and `membranes` hold one `i32` in a word each; the spikes go to the bits of
/// `output` from bit `at` on, which are zero before.
pub(super) fn step<const USES: u64>(
    neuron: &Neuron<'_>,
    known: Known,
    currents: &[u32],
    membranes: &mut [u32],
    output: &mut [u32],
    at: usize,
) {
    #[cfg(snnc_dsp)]
    if crate::arch::lif_wide::step::<USES>(neuron, known, currents, membranes, output, at) {
        return;
    }
    #[cfg(snnc_no_dsp)]
    if crate::arch::lif::step::<USES, false>(neuron, currents, membranes, output, at)
        || !(has(USES, uses::MULTIPLY_EACH) || has(USES, uses::OVERRIDING))
    {
        return; // all the others have a kernel
    }
    let _ = known;
    Position { threshold: neuron.threshold, currents, membranes, output, at }.reset::<USES, false>(neuron);
}

/// As [`step`], of membranes two to a word ([`Neuron::is_packed`]), and what is `known` of the neurons.
pub(super) fn step_packed<const USES: u64>(
    neuron: &Neuron<'_>,
    known: Known,
    currents: &[u32],
    membranes: &mut [u32],
    output: &mut [u32],
    at: usize,
) {
    #[cfg(snnc_dsp)]
    if !crate::arch::lif::step::<USES>(neuron, known, currents, membranes, output, at) && has(USES, uses::LARGE) {
        Position { threshold: neuron.threshold, currents, membranes, output, at }.one_by_one::<true>(neuron);
    }
    #[cfg(not(snnc_dsp))]
    let _ = known;
    #[cfg(snnc_no_dsp)]
    crate::arch::lif::step::<USES, true>(neuron, currents, membranes, output, at); // takes all of them
    #[cfg(not(any(snnc_dsp, snnc_no_dsp)))]
    Position { threshold: neuron.threshold, currents, membranes, output, at }.reset::<USES, true>(neuron);
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
    /// Decides what a spike does.
    fn reset<const USES: u64, const PACKED: bool>(self, neuron: &Neuron<'_>) {
        let (min, max) = range(neuron.membrane_bits);
        match (neuron.reset, neuron.reset_timing) {
            (Reset::None, _) if has(USES, uses::NO_RESET) => self.leak::<USES, PACKED>(
                neuron,
                neuron.threshold, // not looked at
                |v, current, _, _| (v, current),
                |v, _, _| v,
            ),
            (Reset::ToValue(value), ResetTiming::Immediate) if has(USES, uses::TO_VALUE) => self.leak::<USES, PACKED>(
                neuron,
                value,
                |v, current, _, _| (v, current),
                |v, fires, value| if fires { value } else { v },
            ),
            (Reset::Subtract(amount), ResetTiming::Immediate) if has(USES, uses::SUBTRACT) => self
                .leak::<USES, PACKED>(
                    neuron,
                    amount,
                    |v, current, _, _| (v, current),
                    move |v, fires, amount| if fires { v.wrapping_sub(amount).min(max).max(min) } else { v },
                ),
            (Reset::ToValue(value), ResetTiming::Delayed) if has(USES, uses::TO_VALUE_LATER) => self
                .leak::<USES, PACKED>(
                    neuron,
                    value,
                    |v, current, threshold, value| (if v >= threshold { value } else { v }, current),
                    |v, _, _| v,
                ),
            (Reset::Subtract(amount), ResetTiming::Delayed) if has(USES, uses::SUBTRACT_LATER) => self
                .leak::<USES, PACKED>(
                    neuron,
                    amount,
                    |v, current, threshold, amount| {
                        (v, if v >= threshold { current.wrapping_sub(amount) } else { current })
                    },
                    |v, _, _| v,
                ),
            // none of these, or what is not used
            _ => self.one_by_one::<PACKED>(neuron),
        }
    }

    /// Decides how the neurons leak. `before` is a delayed reset, from the membrane potential, the current, the threshold
    /// and the number that belongs to the reset; `after` an immediate one.
    #[inline(always)]
    fn leak<const USES: u64, const PACKED: bool>(
        self,
        neuron: &Neuron<'_>,
        table: &[i32],
        before: impl Fn(i32, i32, i32, i32) -> (i32, i32),
        after: impl Fn(i32, bool, i32) -> i32,
    ) {
        let (min, max) = range(neuron.membrane_bits);
        match neuron.leak {
            Leak::None if has(USES, uses::NO_LEAK) => self.each::<PACKED>(table, min, max, before, |v| v, after),
            Leak::Shift(n) if has(USES, uses::SHIFT) => {
                self.each::<PACKED>(table, min, max, before, move |v| Leak::Shift(n).apply(0, v), after)
            }
            Leak::Multiply { factor, shift } if has(USES, uses::MULTIPLY) => {
                self.each::<PACKED>(
                    table,
                    min,
                    max,
                    before,
                    move |v| Leak::Multiply { factor, shift }.apply(0, v),
                    after,
                );
            }
            Leak::MultiplyEach { .. } if has(USES, uses::MULTIPLY_EACH) => self.one_by_one::<PACKED>(neuron),
            // everything leaks: see `fire`; or what is not used
            Leak::None | Leak::All | Leak::Shift(_) | Leak::Multiply { .. } | Leak::MultiplyEach { .. } => {}
        }
    }

    /// Steps each neuron by the rules as they are written, but for what is stored in the end ([`super::special`]).
    #[inline(never)]
    fn one_by_one<const PACKED: bool>(self, neuron: &Neuron<'_>) {
        let neuron = &Neuron { stored: None, ..*neuron };
        for (&current, channel) in self.currents.iter().zip(0..self.threshold.len()) {
            let word = self.membranes.get_mut(if PACKED { channel / 2 } else { channel });
            let Some(word) = word else { return };
            let high = PACKED && channel % 2 == 1;
            let v = if PACKED { halves(*word)[usize::from(high)] } else { *word as i32 };
            let (v, spikes) = neuron.step(channel, v, current as i32);
            *word = match (PACKED, halves(*word)) {
                (false, _) => v as u32,
                (true, [low, _]) if high => packed(low, v),
                (true, [_, high]) => packed(v, high),
            };
            set(self.output, self.at + channel, spikes.into());
        }
    }

    #[inline(never)] // registers of its own: a dozen numbers stay in them
    fn each<const PACKED: bool>(
        self,
        table: &[i32],
        min: i32,
        max: i32,
        before: impl Fn(i32, i32, i32, i32) -> (i32, i32),
        leak: impl Fn(i32) -> i32,
        after: impl Fn(i32, bool, i32) -> i32,
    ) {
        let step = |v: i32, current: u32, threshold: i32, number: i32| {
            let (v, current) = before(v, current as i32, threshold, number);
            let v = leak(v).wrapping_add(current).min(max).max(min);
            // both are in 30 bits: the difference has the sign of the comparison
            let below = v.wrapping_sub(threshold);
            (after(v, below >= 0, number), below as u32)
        };
        let mut at = self.at;
        let tables = self.threshold.chunks(WORD).zip(table.chunks(WORD));
        let words = if PACKED { WORD / 2 } else { WORD };
        for ((membranes, currents), (thresholds, table)) in
            self.membranes.chunks_mut(words).zip(self.currents.chunks(WORD)).zip(tables)
        {
            let mut silent = Silent::new();
            if PACKED {
                let (pairs, last) = currents.as_chunks::<2>();
                let tables = thresholds.as_chunks::<2>().0.iter().zip(table.as_chunks::<2>().0);
                let neurons = membranes.iter_mut().zip(pairs).zip(tables);
                silent.push_pairs(neurons, |((word, currents), (thresholds, table))| {
                    let [low, high] = halves(*word);
                    let (low, first) = step(low, currents[0], thresholds[0], table[0]);
                    let (high, second) = step(high, currents[1], thresholds[1], table[1]);
                    *word = packed(low, high);
                    [first, second]
                });
                // one that has no neighbour
                if let (&[current], Some(word)) = (last, membranes.last_mut())
                    && let (Some(&threshold), Some(&number)) = (thresholds.last(), table.last())
                {
                    let (v, below) = step(halves(*word)[0], current, threshold, number);
                    silent.push_last(below, currents.len() - 1);
                    *word = packed(v, 0);
                }
            } else {
                let neurons = membranes.iter_mut().zip(currents).zip(thresholds.iter().zip(table));
                silent.push_all(neurons, |((membrane, &current), (&threshold, &number))| {
                    let (v, below) = step(*membrane as i32, current, threshold, number);
                    *membrane = v as u32;
                    below
                });
            }
            set(self.output, at, silent.spikes());
            at += WORD;
        }
    }
}

/// The membranes of a word.
#[inline(always)]
const fn halves(word: u32) -> [i32; 2] {
    [word as i16 as i32, word as i32 >> 16]
}

/// Two membranes of 16 bits in a word.
#[inline(always)]
const fn packed(low: i32, high: i32) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

/// Which neurons of up to a word are silent, from bit 31 of what each gives.
#[cfg(target_pointer_width = "64")]
struct Silent([u32; WORD]);

// the processor's vectors hold several membranes: nothing may hang on the neuron before
#[cfg(target_pointer_width = "64")]
impl Silent {
    /// All.
    const fn new() -> Self {
        Self([u32::MAX; WORD])
    }

    #[inline(always)]
    fn push_all<T>(&mut self, neurons: impl Iterator<Item = T>, mut step: impl FnMut(T) -> u32) {
        for (neuron, below) in neurons.zip(&mut self.0) {
            *below = step(neuron);
        }
    }

    #[inline(always)]
    fn push_pairs<T>(&mut self, pairs: impl Iterator<Item = T>, mut step: impl FnMut(T) -> [u32; 2]) {
        for (pair, below) in pairs.zip(self.0.as_chunks_mut::<2>().0) {
            *below = step(pair);
        }
    }

    #[inline(always)]
    fn push_last(&mut self, below: u32, at: usize) {
        if let Some(last) = self.0.get_mut(at) {
            *last = below;
        }
    }

    #[inline(always)]
    fn spikes(self) -> u32 {
        self.0.iter().enumerate().fold(0, |spikes, (i, below)| spikes | (!below >> 31) << i)
    }
}

#[cfg(not(target_pointer_width = "64"))]
struct Silent {
    silent: u32,
    count: usize,
}

#[cfg(not(target_pointer_width = "64"))]
impl Silent {
    /// None yet.
    const fn new() -> Self {
        Self { silent: 0, count: 0 }
    }

    #[inline(always)]
    fn push_all<T>(&mut self, neurons: impl Iterator<Item = T>, mut step: impl FnMut(T) -> u32) {
        for neuron in neurons {
            let below = step(neuron);
            self.push_last(below, self.count);
        }
    }

    #[inline(always)]
    fn push_pairs<T>(&mut self, pairs: impl Iterator<Item = T>, mut step: impl FnMut(T) -> [u32; 2]) {
        for pair in pairs {
            let [low, high] = step(pair);
            self.push_last(low, self.count);
            self.push_last(high, self.count);
        }
    }

    // each neuron pushes the ones before it down
    #[inline(always)]
    fn push_last(&mut self, below: u32, at: usize) {
        self.silent = self.silent >> 1 | below & 1 << 31;
        self.count = at + 1;
    }

    #[inline(always)]
    fn spikes(self) -> u32 {
        !self.silent >> (WORD - self.count)
    }
}
