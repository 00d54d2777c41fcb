//! Leaky neurons, two to a register: membranes of 16 bits or fewer, as they are stored.
//!
//! Leak and current together are one `SMLAW` per neuron, which multiplies a halfword by a fraction of 2^16, rounds down and
//! adds 32 bits: `v * factor >> shift` as it is, and `v - (v >> n)` as `floor(!v * (2^-n - 1))`, since `-(v >> n)` is
//! `(!v >> n) + 1`. What comes out is saturated and packed; thresholds and resets then act on both neurons at once, `SEL`
//! choosing by the comparison. A pair's spikes are the bits 15 and 16 of a word that turns by two with each pair.
use core::arch::naked_asm;

use crate::bits::set;
use crate::neuron::range;
use crate::program::uses::{self, has};
use crate::program::{Leak, Neuron, Reset, ResetTiming};
use crate::run::known::Known;

/// Neurons whose spikes make a word.
const WORD: usize = 32;

// r0 membranes, r1 currents, r2 thresholds, r3 numbers, r10 spikes, r11 fraction, r12 quads of the word, lr scratch

macro_rules! keeps {
    ($v:literal, $low:literal, $high:literal) => {
        concat!("smlawb ", $low, ", r11, ", $v, ", ", $low, "\n", "smlawt ", $high, ", r11, ", $v, ", ", $high, "\n",)
    };
}

macro_rules! loses {
    ($v:literal, $low:literal, $high:literal) => {
        concat!("mvn lr, ", $v, "\n", keeps!("lr", $low, $high))
    };
}

macro_rules! saturate {
    ($v:literal, $low:literal, $high:literal) => {
        concat!(
            "ssat ",
            $low,
            ", #16, ",
            $low,
            "\n",
            "ssat ",
            $high,
            ", #16, ",
            $high,
            "\n",
            "pkhbt ",
            $v,
            ", ",
            $low,
            ", ",
            $high,
            ", lsl #16\n",
        )
    };
}

/// 16 bits are saturated already.
macro_rules! wide {
    ($v:literal, $scratch:literal) => {
        ""
    };
}

/// Saturates to fewer bits.
macro_rules! narrow {
    ($v:literal, $scratch:literal) => {
        concat!(
            "ldr lr, [sp]\n",
            "ldr ",
            $scratch,
            ", [lr, #20]\n",
            "ssub16 lr, ",
            $v,
            ", ",
            $scratch,
            "\n",
            "sel ",
            $v,
            ", ",
            $scratch,
            ", ",
            $v,
            "\n",
            "ldr lr, [sp]\n",
            "ldr ",
            $scratch,
            ", [lr, #24]\n",
            "ssub16 lr, ",
            $v,
            ", ",
            $scratch,
            "\n",
            "sel ",
            $v,
            ", ",
            $v,
            ", ",
            $scratch,
            "\n",
        )
    };
}

/// The next two numbers of a table, packed in the first register.
macro_rules! load {
    ($table:literal, $low:literal, $high:literal) => {
        concat!(
            "ldrd ",
            $low,
            ", ",
            $high,
            ", [",
            $table,
            "], #8\n",
            "pkhbt ",
            $low,
            ", ",
            $low,
            ", ",
            $high,
            ", lsl #16\n",
        )
    };
}

/// Adds a pair's spikes where the last comparison says so.
macro_rules! spikes {
    () => {
        concat!("ror r10, r10, #2\n", "orr lr, r10, #0x18000\n", "sel r10, lr, r10\n")
    };
}

macro_rules! silent {
    ($range:ident, $v:literal, $low:literal, $high:literal) => {
        concat!(load!("r2", $low, $high), "ssub16 lr, ", $v, ", ", $low, "\n", spikes!())
    };
}

macro_rules! subtract_alike {
    ($range:ident, $v:literal, $low:literal, $high:literal) => {
        concat!(
            "qsub16 ",
            $low,
            ", ",
            $v,
            ", r3\n",
            $range!($low, $high),
            "ssub16 lr, ",
            $v,
            ", r2\n",
            "sel ",
            $v,
            ", ",
            $low,
            ", ",
            $v,
            "\n",
            spikes!(),
        )
    };
}

macro_rules! subtract {
    ($range:ident, $v:literal, $low:literal, $high:literal) => {
        concat!(
            load!("r3", $low, $high),
            "qsub16 ",
            $low,
            ", ",
            $v,
            ", ",
            $low,
            "\n",
            $range!($low, $high),
            load!("r2", $high, "lr"),
            "ssub16 lr, ",
            $v,
            ", ",
            $high,
            "\n",
            "sel ",
            $v,
            ", ",
            $low,
            ", ",
            $v,
            "\n",
            spikes!(),
        )
    };
}

macro_rules! to_value {
    ($range:ident, $v:literal, $low:literal, $high:literal) => {
        concat!(
            load!("r3", $low, $high),
            load!("r2", $high, "lr"),
            "ssub16 lr, ",
            $v,
            ", ",
            $high,
            "\n",
            "sel ",
            $v,
            ", ",
            $low,
            ", ",
            $v,
            "\n",
            spikes!(),
        )
    };
}

/// Takes the amount from the currents of what fired in the timestep before; thresholds in r6, amounts in r7.
macro_rules! subtract_later {
    () => {
        concat!("mov r9, #0\n", "sel r7, r7, r9\n", "sxth r9, r7\n", "sub r4, r4, r9\n", "sub r5, r5, r7, asr #16\n",)
    };
}

/// Sets the membranes of what fired in the timestep before.
macro_rules! to_value_later {
    () => {
        "sel r8, r7, r8\n"
    };
}

/// Names of a kernel's steps, to its loop: all four neurons at once where the reset acts now, else pair by pair, which leaves
/// registers for the thresholds of both comparisons.
macro_rules! quad {
    ($leak:ident, $range:ident, $spike:ident) => {
        concat!(
            "2:\n",
            "ldm r1!, {{r4, r5, r6, r7}}\n",
            "ldrd r8, r9, [r0]\n",
            $leak!("r8", "r4", "r5"),
            saturate!("r8", "r4", "r5"),
            $range!("r8", "r4"),
            $spike!($range, "r8", "r4", "r5"),
            $leak!("r9", "r6", "r7"),
            saturate!("r9", "r6", "r7"),
            $range!("r9", "r6"),
            $spike!($range, "r9", "r6", "r7"),
            "strd r8, r9, [r0], #8\n",
            "subs r12, #1\n",
            "bne 2b\n",
        )
    };
}

macro_rules! pairs {
    ($leak:ident, $range:ident, $before:ident) => {
        concat!(
            "lsl r12, r12, #1\n",
            "2:\n",
            "ldrd r4, r5, [r1], #8\n",
            "ldr r8, [r0]\n",
            load!("r2", "r6", "r7"),
            load!("r3", "r7", "r9"),
            "ssub16 lr, r8, r6\n",
            $before!(),
            $leak!("r8", "r4", "r5"),
            saturate!("r8", "r4", "r5"),
            $range!("r8", "r4"),
            "ssub16 lr, r8, r6\n",
            spikes!(),
            "str r8, [r0], #4\n",
            "subs r12, #1\n",
            "bne 2b\n",
        )
    };
}

macro_rules! function {
    ($loop:ident, $leak:ident, $range:ident, $spike:ident) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn kernel(lanes: &mut Lanes, quads: usize, words: *mut u32) -> u32 {
            naked_asm!(
                dsp!(),
                "push {{r0, r1, r2, r4-r11, lr}}", // lanes, quads and words are at sp, sp + 4 and sp + 8
                "ldr r11, [r0, #16]",
                "ldm r0, {{r0, r1, r2, r3}}",
                "1:",
                "ldr r12, [sp, #4]",
                "mov r10, #0",
                "subs lr, r12, #8",
                "str lr, [sp, #4]",
                "it hi",
                "movhi r12, #8",
                $loop!($leak, $range, $spike),
                "ldrd r4, r5, [sp, #4]",
                "ror r6, r10, #17",
                "str r6, [r5], #4",
                "str r5, [sp, #8]",
                "cmp r4, #0",
                "bgt 1b",
                "pop {{r4, r5, r6}}",
                "stm r4, {{r0, r1, r2, r3}}",
                "mov r0, r10",
                "pop {{r4-r11, pc}}",
            )
        }
        kernel
    }};
}

/// The kernel of neurons that lose a fraction of their membrane, or keep one, in 16 bits or fewer, if it is among those used.
macro_rules! kernel {
    ($uses:ident, $loses:ident, $narrow:ident, $loop:ident, $spike:ident) => {
        match ($loses, $narrow) {
            (false, false) if has($uses, uses::MULTIPLY) || has($uses, uses::NO_LEAK) => {
                Some(function!($loop, keeps, wide, $spike) as Kernel)
            }
            (false, true) if has($uses, uses::NARROW) && (has($uses, uses::MULTIPLY) || has($uses, uses::NO_LEAK)) => {
                Some(function!($loop, keeps, narrow, $spike) as Kernel)
            }
            (true, false) if has($uses, uses::SHIFT) => Some(function!($loop, loses, wide, $spike) as Kernel),
            (true, true) if has($uses, uses::NARROW | uses::SHIFT) => {
                Some(function!($loop, loses, narrow, $spike) as Kernel)
            }
            _ => None,
        }
    };
}

/// Steps the neurons of a position as [`crate::run::neurons::step_packed`] does. False, and nothing done, where something of
/// them does not fit two to a register.
pub(crate) fn step<const USES: u64>(
    neuron: &Neuron<'_>,
    known: Known,
    currents: &[u32],
    membranes: &mut [u32],
    output: &mut [u32],
    at: usize,
) -> bool {
    let threshold = neuron.threshold;
    let (loses, fraction) = match neuron.leak {
        // of 16 bits, a shift by 15 or more leaves the sign
        Leak::Shift(n) => (true, (1 << (16 - n.min(15))) - (1 << 16)),
        Leak::Multiply { factor, shift } => (false, i32::from(factor) << (16 - shift.min(16))),
        Leak::None => (false, 1 << 16),
        Leak::All | Leak::MultiplyEach { .. } => return false,
    };
    let narrow = neuron.membrane_bits < 16;
    let mut alike = false;
    let (kernel, numbers) = match (neuron.reset, neuron.reset_timing) {
        (Reset::None, _) if has(USES, uses::NO_RESET) => (kernel!(USES, loses, narrow, quad, silent), threshold),
        (Reset::Subtract(amount), ResetTiming::Immediate) if has(USES, uses::SUBTRACT) => {
            alike = known.alike();
            let kernel = if alike {
                kernel!(USES, loses, narrow, quad, subtract_alike)
            } else {
                kernel!(USES, loses, narrow, quad, subtract)
            };
            (kernel, amount)
        }
        (Reset::ToValue(value), ResetTiming::Immediate) if has(USES, uses::TO_VALUE) => {
            (kernel!(USES, loses, narrow, quad, to_value), value)
        }
        (Reset::Subtract(amount), ResetTiming::Delayed) if has(USES, uses::SUBTRACT_LATER) => {
            (kernel!(USES, loses, narrow, pairs, subtract_later), amount)
        }
        (Reset::ToValue(value), ResetTiming::Delayed) if has(USES, uses::TO_VALUE_LATER) => {
            (kernel!(USES, loses, narrow, pairs, to_value_later), value)
        }
        _ => return false, // none of these, or what is not used
    };
    let Some(kernel) = kernel else { return false };
    let neurons = currents.len();
    if !known.halfwords()
        || membranes.len() < neurons.div_ceil(2)
        || threshold.len() < neurons
        || numbers.len() < neurons
    {
        return false;
    }
    let (min, max) = range(neuron.membrane_bits);
    let table = |table: &[i32]| match table.first() {
        Some(&number) if alike => Table { all: pair(number) },
        _ => Table { each: table.as_ptr() },
    };
    let mut lanes = Lanes {
        membranes: membranes.as_mut_ptr(),
        currents: currents.as_ptr(),
        threshold: table(threshold),
        number: table(numbers),
        fraction,
        max: pair(max),
        min: pair(min),
    };
    let quads = neurons / 4;
    let mut done = 0;
    // whole words, where the neurons begin with one
    if at.is_multiple_of(WORD)
        && let Some(words) = output.get_mut(at / WORD..).and_then(|words| words.get_mut(..neurons / WORD))
        && !words.is_empty()
    {
        done = words.len() * (WORD / 4);
        // SAFETY: of all that `lanes` points to, there are four for each quad, and of words as many as quads fill.
        unsafe { kernel(&mut lanes, done, words.as_mut_ptr()) };
    }
    while done < quads {
        let count = (quads - done).min(WORD / 4);
        // SAFETY: of all that `lanes` points to, there are four for each quad, which fill one word at most.
        let spikes = unsafe { kernel(&mut lanes, count, &mut 0) };
        set(output, at + 4 * done, first_to_bit_0(spikes, count));
        done += count;
    }
    if !neurons.is_multiple_of(4) {
        // SAFETY: `lanes` points to what is left of all.
        let spikes = unsafe { step_last(kernel, lanes, alike, neurons % 4) };
        set(output, at + 4 * quads, spikes);
    }
    true
}

/// Steps the last one to three neurons, completed to four in memory of their own, and returns their spikes.
///
/// # Safety
/// Of all that `lanes` points to, there are so many.
unsafe fn step_last(kernel: Kernel, lanes: Lanes, alike: bool, count: usize) -> u32 {
    let (mut membranes, mut currents, mut thresholds, mut numbers) = ([0; 2], [0; 4], [0; 4], [0; 4]);
    // SAFETY: the caller's promise, and there are four of each here.
    unsafe {
        for i in 0..count {
            currents[i & 3] = lanes.currents.add(i).read();
            if !alike {
                thresholds[i & 3] = lanes.threshold.each.add(i).read();
                numbers[i & 3] = lanes.number.each.add(i).read();
            }
        }
        membranes[0] = lanes.membranes.read();
        if count > 2 {
            membranes[1] = lanes.membranes.add(1).read();
        }
        let mut four = Lanes { membranes: membranes.as_mut_ptr(), currents: currents.as_ptr(), ..lanes };
        if !alike {
            four.threshold = Table { each: thresholds.as_ptr() };
            four.number = Table { each: numbers.as_ptr() };
        }
        let spikes = kernel(&mut four, 1, &mut 0);
        lanes.membranes.write(membranes[0]);
        if count > 2 {
            lanes.membranes.add(1).write(membranes[1]);
        }
        first_to_bit_0(spikes, 1) & ((1 << count) - 1)
    }
}

/// The spikes of so many quads, the first in bit 0: a pair's first spike has been turned to bit 17, less two for each pair.
#[inline]
const fn first_to_bit_0(spikes: u32, quads: usize) -> u32 {
    spikes.rotate_right((17 + 4 * (WORD / 4 - quads)) as u32 % 32)
}

/// A number of 16 bits in both halfwords.
const fn pair(number: i32) -> u32 {
    number as u32 & 0xffff | (number as u32) << 16
}

/// What a kernel works on; it moves the pointers on. The order is known to the assembly.
#[repr(C)]
struct Lanes {
    membranes: *mut u32,
    currents: *const u32,
    threshold: Table,
    number: Table,
    fraction: i32,
    max: u32,
    min: u32,
}

/// Thresholds, or what a spike resets to or subtracts.
#[derive(Clone, Copy)]
#[repr(C)]
union Table {
    each: *const i32,
    all: u32,
}

/// Steps so many times four neurons, one or more, writes the spikes of each word, and returns those of the last one, turned.
/// A last word of fewer than eight quads is written as if it had eight.
type Kernel = unsafe extern "C" fn(lanes: &mut Lanes, quads: usize, words: *mut u32) -> u32;
