//! Leaky neurons, one after the other: membranes of a word or of half of one.
//!
//! A neuron's bit is a mask that moves to the left, from where it leaves the word with the last one of a turn, so that it counts
//! the neurons too. What is rare, a spike or a membrane at the end of its range, is out of the way. The number that belongs to a
//! reset lies as far from the threshold as the tables from each other. 17 instructions where nothing of that happens, and two more
//! for half a word.
use core::arch::naked_asm;

use crate::bits::set;
use crate::neuron::range;
use crate::program::uses::{self, has};
use crate::program::{Leak, Neuron, Reset, ResetTiming};

/// Neurons whose spikes make a word.
const WORD: usize = 32;

/// Neurons that are to be stepped; the order is known to the assembly.
#[repr(C)]
struct Lanes {
    /// Bytes from where a threshold is looked at to the number of its reset.
    distance: usize,
    /// What a membrane is multiplied by, or the shift of what it loses.
    leak: u32,
    max: i32,
    min: i32,
    /// Of the product.
    shift: u32,
    membranes: *mut u32,
    currents: *const u32,
    thresholds: *const i32,
}

/// Steps neurons until the mask leaves the word, and returns which fire.
type Kernel = unsafe extern "C" fn(lanes: &mut Lanes, mask: u32) -> u32;

// r0 membranes, r1 currents, r2 thresholds, r3 and r5 scratch, r4 membrane, r6 mask, r7 spikes, r8 leak, r9 max, r10 min,
// r11 distance, r12 shift

macro_rules! whole {
    (load) => {
        "ldr r4, [r0]\n"
    };
    (store) => {
        "stm r0!, {{r4}}\n"
    };
}

macro_rules! half {
    (load) => {
        "movs r3, #0\nldrsh r4, [r0, r3]\n"
    };
    (store) => {
        "strh r4, [r0]\nadds r0, #2\n"
    };
}

macro_rules! keeps {
    () => {
        "mov r3, r8\nmuls r4, r3, r4\nmov r3, r12\nasrs r4, r3\n"
    };
}

macro_rules! loses {
    () => {
        "movs r5, r4\nmov r3, r8\nasrs r5, r3\nsubs r4, r4, r5\n"
    };
}

/// Adds the next current.
macro_rules! integrate {
    () => {
        "ldm r1!, {{r5}}\nadds r4, r4, r5\n"
    };
}

macro_rules! nothing {
    ($leak:ident) => {
        ""
    };
}

/// A spike's amount, and back in range.
macro_rules! subtract {
    () => {
        "mov r3, r11\nldr r5, [r2, r3]\nsubs r4, r4, r5\ncmp r4, r9\nble 5f\nmov r4, r9\n5:\ncmp r4, r10\nbge 4b\nmov r4, r10\n"
    };
}

macro_rules! to_value {
    () => {
        "mov r3, r11\nldr r4, [r2, r3]\n"
    };
}

macro_rules! fires {
    () => {
        ""
    };
}

/// Whether it fired in the timestep before.
macro_rules! before {
    ($leak:ident) => {
        "ldr r5, [r2]\ncmp r4, r5\nbge 13f\n12:\n"
    };
}

macro_rules! subtract_later {
    ($leak:ident) => {
        concat!("13:\n", $leak!(), integrate!(), "mov r3, r11\nldr r5, [r2, r3]\nsubs r4, r4, r5\nb 14b\n")
    };
}

macro_rules! to_value_later {
    ($leak:ident) => {
        "13:\nmov r3, r11\nldr r4, [r2, r3]\nb 12b\n"
    };
}

macro_rules! function {
    ($width:ident, $leak:ident, $before:ident, $fire:ident, $later:ident) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn kernel(lanes: &mut Lanes, mask: u32) -> u32 {
            naked_asm!(
                "push {{r4-r7, lr}}",
                "mov r4, r8",
                "mov r5, r9",
                "mov r6, r10",
                "mov r7, r11",
                "push {{r0, r4-r7}}",
                "movs r6, r1",
                "movs r7, #0",
                "ldm r0!, {{r1, r2, r3, r4, r5}}",
                "mov r11, r1",
                "mov r8, r2",
                "mov r9, r3",
                "mov r10, r4",
                "mov r12, r5",
                "ldm r0, {{r0, r1, r2}}",
                "2:",
                $width!(load),
                $before!($leak),
                $leak!(),
                integrate!(),
                "14:",
                "cmp r4, r9",
                "bgt 6f",
                "cmp r4, r10",
                "blt 7f",
                "3:",
                "ldm r2!, {{r5}}",
                "cmp r4, r5",
                "bge 8f",
                "4:",
                $width!(store),
                "lsls r6, r6, #1",
                "bne 2b",
                "b 9f",
                "6:",
                "mov r4, r9",
                "b 3b",
                "7:",
                "mov r4, r10",
                "b 3b",
                "8:",
                "orrs r7, r6",
                $fire!(),
                "b 4b",
                $later!($leak),
                "9:",
                "pop {{r3, r4, r5, r6}}",
                "adds r3, #20",
                "stm r3!, {{r0, r1, r2}}",
                "movs r0, r7",
                "pop {{r7}}",
                "mov r8, r4",
                "mov r9, r5",
                "mov r10, r6",
                "mov r11, r7",
                "pop {{r4-r7, pc}}",
            )
        }
        kernel
    }};
}

/// The kernel of neurons that lose a part of their membrane, or are multiplied, if it is among those used.
macro_rules! kernel {
    ($uses:ident, $packed:ident, $loses:ident, $before:ident, $fire:ident, $later:ident) => {
        match ($packed, $loses) {
            (true, false) if has($uses, uses::MULTIPLY) || has($uses, uses::NO_LEAK) => {
                Some(function!(half, keeps, $before, $fire, $later) as Kernel)
            }
            (true, true) if has($uses, uses::SHIFT) => Some(function!(half, loses, $before, $fire, $later) as Kernel),
            (false, false) if has($uses, uses::MULTIPLY) || has($uses, uses::NO_LEAK) => {
                Some(function!(whole, keeps, $before, $fire, $later) as Kernel)
            }
            (false, true) if has($uses, uses::SHIFT) => Some(function!(whole, loses, $before, $fire, $later) as Kernel),
            _ => None,
        }
    };
}

/// Steps the neurons of a position as [`crate::run::neurons::step`] does, or [`crate::run::neurons::step_packed`]. False, and
/// nothing done, where they leak or reset in a way that no kernel has.
pub(crate) fn step<const USES: u64, const PACKED: bool>(
    neuron: &Neuron<'_>,
    currents: &[u32],
    membranes: &mut [u32],
    output: &mut [u32],
    at: usize,
) -> bool {
    let (loses, leak, shift) = match neuron.leak {
        Leak::Shift(n) => (true, n.into(), 0),
        Leak::Multiply { factor, shift } => (false, factor.into(), shift.into()),
        Leak::None => (false, 1, 0),
        Leak::All | Leak::MultiplyEach { .. } => return false,
    };
    let (kernel, numbers, passed) = match (neuron.reset, neuron.reset_timing) {
        (Reset::None, _) if has(USES, uses::NO_RESET) => {
            (kernel!(USES, PACKED, loses, nothing, fires, nothing), neuron.threshold, 4)
        }
        (Reset::Subtract(amount), ResetTiming::Immediate) if has(USES, uses::SUBTRACT) => {
            (kernel!(USES, PACKED, loses, nothing, subtract, nothing), amount, 4)
        }
        (Reset::ToValue(value), ResetTiming::Immediate) if has(USES, uses::TO_VALUE) => {
            (kernel!(USES, PACKED, loses, nothing, to_value, nothing), value, 4)
        }
        (Reset::Subtract(amount), ResetTiming::Delayed) if has(USES, uses::SUBTRACT_LATER) => {
            (kernel!(USES, PACKED, loses, before, fires, subtract_later), amount, 0)
        }
        (Reset::ToValue(value), ResetTiming::Delayed) if has(USES, uses::TO_VALUE_LATER) => {
            (kernel!(USES, PACKED, loses, before, fires, to_value_later), value, 0)
        }
        _ => return false, // none of these, or what is not used
    };
    let Some(kernel) = kernel else { return false };
    let neurons = currents.len();
    let words = if PACKED { neurons.div_ceil(2) } else { neurons };
    if membranes.len() < words || neuron.threshold.len() < neurons || numbers.len() < neurons {
        return false;
    }
    let (min, max) = range(neuron.membrane_bits);
    let mut lanes = Lanes {
        distance: numbers.as_ptr().addr().wrapping_sub(neuron.threshold.as_ptr().addr()).wrapping_sub(passed),
        leak,
        max,
        min,
        shift,
        membranes: membranes.as_mut_ptr(),
        currents: currents.as_ptr(),
        thresholds: neuron.threshold.as_ptr(),
    };
    for done in (0..neurons).step_by(WORD) {
        let above = WORD - (neurons - done).min(WORD);
        // SAFETY: of all that `lanes` points to there are as many from here on as bits from the mask's on.
        let spikes = unsafe { kernel(&mut lanes, 1 << above) };
        set(output, at + done, spikes >> above);
    }
    true
}
