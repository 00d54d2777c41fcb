//! Rows of nine to twelve bytes, which most classifiers end with: added as the inputs that spiked are found, by `SXTAB16`. 14
//! instructions each, where a list of rows and the blocks of [`super::int8`] take 22.
use core::arch::naked_asm;

use crate::elements;

/// Words of spikes whose rows add up to 16 bits.
const WORDS: usize = crate::synapse::CHUNK / 32;

/// Rows that a word of spikes reads, and where the four bytes begin that end a row. The order is known to the assembly.
#[repr(C)]
struct State {
    /// The row of bit 31 of the first word.
    weights: *const i8,
    words: *const u32,
    end: *const u32,
    width: usize,
    sums: *mut [u32; 12],
}

type Kernel = unsafe extern "C" fn(&State);

/// Adds the rows of those of the first `count` bits of `bits` that are set to the sums, one per weight of a row; the first bit has
/// `row`. False, and nothing added, where rows are narrower or wider, or not all of them within `weights`.
#[inline]
pub(crate) fn add_spikes(weights: &[i8], bits: &[u32], count: usize, row: usize, sums: &mut [u32]) -> bool {
    let width = sums.len();
    let kernel = match width {
        9 => add::<5> as Kernel,
        10 => add::<6>,
        11 => add::<7>,
        12 => add::<8>,
        _ => return false,
    };
    if (row + count).checked_mul(width).is_none_or(|all| all > weights.len()) {
        return false;
    }
    let whole = bits.get(..count / 32).unwrap_or(bits);
    let behind = bits.get(whole.len()).map_or(0, |word| word & ((1 << (count % 32)) - 1));
    let mut added = [0; 12];
    for (words, row) in whole.chunks(WORDS).zip((row..).step_by(32 * WORDS)) {
        // SAFETY: each of the bits has a row of `width` weights within `weights`.
        unsafe { add_words(kernel, weights, words, row, width, &mut added) };
    }
    if behind != 0 {
        // SAFETY: as above.
        unsafe { add_words(kernel, weights, &[behind], row + 32 * whole.len(), width, &mut added) };
    }
    // the last four weights are those that end the row
    let (first, last) = added.split_at(8);
    let (sums, rest) = sums.split_at_mut_checked(8).unwrap_or_default();
    elements::add(sums, first);
    elements::add(rest, last.get(12 - width..).unwrap_or_default());
    true
}

/// Adds the rows of the bits of a word or more.
///
/// # Safety
/// A bit that is set has a row of `width` weights within `weights`, which the kernel is of.
unsafe fn add_words(kernel: Kernel, weights: &[i8], words: &[u32], row: usize, width: usize, added: &mut [u32; 12]) {
    let range = words.as_ptr_range();
    let weights = weights.as_ptr().wrapping_add((row + 31) * width);
    let state = State { weights, words: range.start, end: range.end, width, sums: added };
    // SAFETY: the caller's promise; of nine to twelve bytes the last four are read from where they begin.
    unsafe { kernel(&state) };
}

/// Adds to the sums those of the bytes 0 to 7 and of the four from `LAST` on.
#[unsafe(naked)]
unsafe extern "C" fn add<const LAST: usize>(state: &State) {
    naked_asm!(
        dsp!(),
        "push {{r0, r4-r11, lr}}",
        "ldr lr, [r0, #12]",
        "ldrd r2, r12, [r0, #4]",
        "ldr r0, [r0]",
        "mov r3, #0x80000000",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, #0",
        "mov r9, #0",
        "push {{r12}}",
        "2:",
        "ldr r1, [r2], #4",
        "cbz r1, 4f",
        "3:",
        "clz r12, r1",
        "lsr r10, r3, r12",
        "mls r12, r12, lr, r0",
        "bics r1, r10",
        "ldr r10, [r12]",
        "ldr r11, [r12, #4]",
        "ldr r12, [r12, {last}]",
        "sxtab16 r4, r4, r10",
        "sxtab16 r5, r5, r10, ror #8",
        "sxtab16 r6, r6, r11",
        "sxtab16 r7, r7, r11, ror #8",
        "sxtab16 r8, r8, r12",
        "sxtab16 r9, r9, r12, ror #8",
        "bne 3b",
        "4:",
        "add r0, r0, lr, lsl #5",
        "ldr r12, [sp]",
        "cmp r2, r12",
        "bne 2b",
        "pop {{r0, r1}}",
        "ldr r1, [r1, #16]",
        "ldm r1, {{r0, r2, r3, r12}}",
        "sxtah r0, r0, r4",
        "sxtah r2, r2, r5",
        "add r3, r3, r4, asr #16",
        "add r12, r12, r5, asr #16",
        "stm r1!, {{r0, r2, r3, r12}}",
        "ldm r1, {{r0, r2, r3, r12}}",
        "sxtah r0, r0, r6",
        "sxtah r2, r2, r7",
        "add r3, r3, r6, asr #16",
        "add r12, r12, r7, asr #16",
        "stm r1!, {{r0, r2, r3, r12}}",
        "ldm r1, {{r0, r2, r3, r12}}",
        "sxtah r0, r0, r8",
        "sxtah r2, r2, r9",
        "add r3, r3, r8, asr #16",
        "add r12, r12, r9, asr #16",
        "stm r1!, {{r0, r2, r3, r12}}",
        "pop {{r4-r11, pc}}",
        last = const LAST,
    )
}
