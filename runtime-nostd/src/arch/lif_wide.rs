//! Leaky neurons whose membranes take a word each: one after the other, two in a turn.
//!
//! A leak that keeps half or more is `v + floor(v * (factor - 2^shift) / 2^shift)`, one `SMMLA` behind an addition. A sum is
//! saturated to fewer than 32 bits by `QADD` and `QSUB` of what lacks to 32, which is shorter than two comparisons.
use core::arch::naked_asm;

use crate::bits::set;
use crate::neuron::range;
use crate::program::uses::{self, has};
use crate::program::{Leak, Neuron, Reset, ResetTiming};
use crate::run::known::Known;

/// Neurons whose spikes make a word.
const WORD: usize = 32;

/// What a kernel works on; it moves the pointers on. The order is known to the assembly.
#[repr(C)]
struct Lanes {
    membranes: *mut u32,
    currents: *const u32,
    thresholds: *const i32,
    numbers: *const i32,
    /// Of 2^32 what the membrane is multiplied by and takes, or the shift of what it loses.
    leak: i32,
    /// What lacks from the membrane's range to that of a word.
    lack: u32,
    /// Where the membranes of the turn end.
    end: *const u32,
}

/// Steps the neurons up to the end, two by two, and returns which stay silent, the last one in bit 31.
type Kernel = unsafe extern "C" fn(lanes: &mut Lanes) -> u32;

// r0 membranes, r1 currents, r2 thresholds, r3 numbers, r4 and r5 currents and then membranes, r6 and r7 thresholds, r8 and
// r9 membranes, r10 silent, r11 leak, r12 lack, lr scratch

macro_rules! keeps {
    ($sum:literal, $v:literal) => {
        concat!("add ", $sum, ", ", $v, "\n", "smmla ", $sum, ", ", $v, ", r11, ", $sum, "\n")
    };
}

macro_rules! loses {
    ($sum:literal, $v:literal) => {
        concat!("asr lr, ", $v, ", r11\n", "sub ", $sum, ", ", $sum, ", lr\n", "add ", $sum, ", ", $v, "\n")
    };
}

macro_rules! saturate {
    ($v:literal) => {
        concat!(
            "qadd ", $v, ", ", $v, ", r12\n", "sub ", $v, ", ", $v, ", r12\n", "qsub ", $v, ", ", $v, ", r12\n",
            "add ", $v, ", ", $v, ", r12\n",
        )
    };
}

/// Notes whether the difference to the threshold, in lr, is negative.
macro_rules! note {
    () => {
        "and lr, lr, #0x80000000\norr r10, lr, r10, lsr #1\n"
    };
}

macro_rules! nothing {
    ($sum:literal, $v:literal, $threshold:literal) => {
        ""
    };
}

/// Takes the amount from the current of what fired in the timestep before.
macro_rules! subtract_before {
    ($sum:literal, $v:literal, $threshold:literal) => {
        concat!(
            "ldr lr, [r3], #4\n",
            "cmp ",
            $v,
            ", ",
            $threshold,
            "\n",
            "it ge\n",
            "subge ",
            $sum,
            ", ",
            $sum,
            ", lr\n",
        )
    };
}

/// Sets the membrane of what fired in the timestep before.
macro_rules! set_before {
    ($sum:literal, $v:literal, $threshold:literal) => {
        concat!("ldr lr, [r3], #4\n", "cmp ", $v, ", ", $threshold, "\n", "it ge\n", "movge ", $v, ", lr\n")
    };
}

macro_rules! fire {
    ($v:literal, $scratch:literal, $threshold:literal) => {
        concat!("sub lr, ", $v, ", ", $threshold, "\n", note!())
    };
}

macro_rules! fire_and_subtract {
    ($v:literal, $scratch:literal, $threshold:literal) => {
        concat!(
            "ldr ",
            $scratch,
            ", [r3], #4\n",
            "subs lr, ",
            $v,
            ", ",
            $threshold,
            "\n",
            "it pl\n",
            "subpl ",
            $v,
            ", ",
            $v,
            ", ",
            $scratch,
            "\n",
            note!(),
        )
    };
}

macro_rules! fire_and_set {
    ($v:literal, $scratch:literal, $threshold:literal) => {
        concat!(
            "ldr ",
            $scratch,
            ", [r3], #4\n",
            "subs lr, ",
            $v,
            ", ",
            $threshold,
            "\n",
            "it pl\n",
            "movpl ",
            $v,
            ", ",
            $scratch,
            "\n",
            note!(),
        )
    };
}

macro_rules! function {
    ($leak:ident, $before:ident, $fire:ident) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn kernel(lanes: &mut Lanes) -> u32 {
            naked_asm!(
                dsp!(),
                "push {{r0, r4-r11, lr}}",
                "ldr r12, [r0, #24]",
                "push {{r12}}", // the end
                "ldrd r11, r12, [r0, #16]",
                "mov r10, #0",
                "ldm r0, {{r0, r1, r2, r3}}",
                "2:",
                "ldrd r8, r9, [r0]",
                "ldrd r4, r5, [r1], #8",
                "ldrd r6, r7, [r2], #8",
                $before!("r4", "r8", "r6"),
                $before!("r5", "r9", "r7"),
                $leak!("r4", "r8"),
                $leak!("r5", "r9"),
                saturate!("r4"),
                saturate!("r5"),
                $fire!("r4", "r8", "r6"),
                $fire!("r5", "r9", "r7"),
                "strd r4, r5, [r0], #8",
                "ldr lr, [sp]",
                "cmp r0, lr",
                "bne 2b",
                "pop {{r4, r5}}",
                "stm r5, {{r0, r1, r2, r3}}",
                "mov r0, r10",
                "pop {{r4-r11, pc}}",
            )
        }
        kernel
    }};
}

/// The kernel of neurons that lose a part of their membrane, or keep one, if it is among those used.
macro_rules! kernel {
    ($uses:ident, $loses:ident, $before:ident, $fire:ident) => {
        match $loses {
            false if has($uses, uses::MULTIPLY) || has($uses, uses::NO_LEAK) => {
                Some(function!(keeps, $before, $fire) as Kernel)
            }
            true if has($uses, uses::SHIFT) => Some(function!(loses, $before, $fire) as Kernel),
            _ => None,
        }
    };
}

/// Steps the neurons of a position as [`crate::run::neurons::step`] does. False, and nothing done, where they leak or reset in
/// a way that no kernel has.
pub(crate) fn step<const USES: u64>(
    neuron: &Neuron<'_>,
    known: Known,
    currents: &[u32],
    membranes: &mut [u32],
    output: &mut [u32],
    at: usize,
) -> bool {
    let (loses, leak) = match neuron.leak {
        Leak::Shift(n) => (true, i32::from(n)),
        Leak::Multiply { factor, shift } if 2 * u32::from(factor) >= 1 << shift => {
            let lost = i32::from(factor) - (1 << shift);
            (false, lost << (32 - u32::from(shift)))
        }
        Leak::None => (false, 0),
        Leak::All | Leak::Multiply { .. } | Leak::MultiplyEach { .. } => return false,
    };
    let (kernel, numbers) = match (neuron.reset, neuron.reset_timing) {
        (Reset::None, _) if has(USES, uses::NO_RESET) => (kernel!(USES, loses, nothing, fire), neuron.threshold),
        (Reset::Subtract(amount), ResetTiming::Immediate) if has(USES, uses::SUBTRACT) && known.lands() => {
            (kernel!(USES, loses, nothing, fire_and_subtract), amount)
        }
        (Reset::ToValue(value), ResetTiming::Immediate) if has(USES, uses::TO_VALUE) => {
            (kernel!(USES, loses, nothing, fire_and_set), value)
        }
        (Reset::Subtract(amount), ResetTiming::Delayed) if has(USES, uses::SUBTRACT_LATER) => {
            (kernel!(USES, loses, subtract_before, fire), amount)
        }
        (Reset::ToValue(value), ResetTiming::Delayed) if has(USES, uses::TO_VALUE_LATER) => {
            (kernel!(USES, loses, set_before, fire), value)
        }
        _ => return false, // none of these, or what is not used
    };
    let Some(kernel) = kernel else { return false };
    let neurons = currents.len();
    if membranes.len() < neurons || neuron.threshold.len() < neurons || numbers.len() < neurons {
        return false;
    }
    let (_, max) = range(neuron.membrane_bits);
    let mut lanes = Lanes {
        membranes: membranes.as_mut_ptr(),
        currents: currents.as_ptr(),
        thresholds: neuron.threshold.as_ptr(),
        numbers: numbers.as_ptr(),
        leak,
        lack: i32::MAX as u32 - max as u32,
        end: core::ptr::null(),
    };
    let mut done = 0;
    while neurons - done >= 2 {
        let count = (neurons - done).min(WORD) & !1;
        lanes.end = lanes.membranes.wrapping_add(count);
        // SAFETY: of all that `lanes` points to there are as many from here on.
        let silent = unsafe { kernel(&mut lanes) };
        set(output, at + done, !silent >> (WORD - count));
        done += count;
    }
    // one that has no neighbour
    if let (Some(membrane), Some(&current), true) = (membranes.get_mut(done), currents.get(done), done < neurons) {
        let (v, spikes) = neuron.step(done, *membrane as i32, current as i32);
        *membrane = v as u32;
        set(output, at + done, spikes.into());
    }
    true
}
