//! Rows of the inputs that spiked: the set bits of a word, in six instructions each.
use core::arch::{asm, naked_asm};

use crate::synapse::rows::Ranges;

/// Writes `first - stride * leading_zeros` of each set bit of `word`, highest first, and returns how many.
///
/// `first` is the row of bit 31.
#[inline(always)]
pub(crate) fn list(word: u32, first: u32, stride: u32, slots: &mut [u32; 32]) -> usize {
    if word == 0 {
        return 0;
    }
    let begin = slots.as_mut_ptr();
    let mut end = begin;
    // SAFETY: a word has at most 32 set bits, and each takes one slot.
    unsafe {
        asm!(
            "2: clz {zeros}, {word}",
            "mls {row}, {zeros}, {stride}, {first}",
            "str {row}, [{end}], #4",
            "lsr {row}, {top}, {zeros}",
            "bics {word}, {word}, {row}",
            "bne 2b",
            zeros = out(reg) _,
            row = out(reg) _,
            word = inout(reg) word => _,
            stride = in(reg) stride,
            first = in(reg) first,
            top = in(reg) 1_u32 << 31,
            end = inout(reg) end,
            options(nostack),
        );
        end.offset_from_unsigned(begin)
    }
}

/// As [`list`], of one word after the other, as long as there is room for 32 more, into `slots`; `first` is the row of bit
/// 31 of the first. Returns how many words were read and how many slots written.
#[inline]
pub(crate) fn list_all(words: &[u32], first: u32, stride: u32, slots: &mut [u32]) -> (usize, usize) {
    let Some(room) = slots.len().checked_sub(32) else { return (0, 0) };
    if words.is_empty() {
        return (0, 0);
    }
    let from = words.as_ptr_range();
    let to = slots.as_mut_ptr();
    // SAFETY: words are read up to their end, and a word takes 32 slots at most, begun where there are as many.
    unsafe {
        let ends = list_words(from.start, from.end, to, to.add(room), first, stride);
        let (read, written) = (ends as u32 as usize, (ends >> 32) as usize);
        ((read - from.start.addr()) / 4, (written - to.addr()) / 4)
    }
}

/// Returns where reading ended (low half) and where writing did.
#[unsafe(naked)]
unsafe extern "C" fn list_words(
    words: *const u32,
    end: *const u32,
    slots: *mut u32,
    last: *mut u32,
    first: u32,
    stride: u32,
) -> u64 {
    naked_asm!(
        "push {{r4-r9, lr}}",
        "ldrd r4, r5, [sp, #28]",
        "lsl r9, r5, #5",
        "mov lr, #0x80000000",
        "2:",
        "cmp r2, r3",
        "bhi 5f",
        "ldr r6, [r0], #4",
        "cbz r6, 4f",
        "3:",
        "clz r7, r6",
        "mls r8, r7, r5, r4",
        "str r8, [r2], #4",
        "lsr r8, lr, r7",
        "bics r6, r6, r8",
        "bne 3b",
        "4:",
        "add r4, r9",
        "cmp r0, r1",
        "bne 2b",
        "5:",
        "mov r1, r2",
        "pop {{r4-r9, pc}}",
    )
}

/// Ranges of bits, and where their rows of weights begin. The order is known to the assembly.
#[repr(C)]
struct State {
    words: *const u32,
    /// The first bit of a range, and bits of each, one or more.
    start: u32,
    count: u32,
    /// Where the row of its first bit begins, and the distance of two rows.
    first: u32,
    stride: u32,
    slots: *mut u32,
    /// From one range to the next: bits, and where rows begin.
    pitch: u32,
    first_pitch: u32,
    /// Ranges, one or more.
    ranges: u32,
}

/// As [`list`], of all bits that are set in some ranges of `words`, for which `slots` are enough; rows are `stride` apart. Returns
/// how many.
#[inline]
pub(crate) fn list_ranges(words: &[u32], ranges: &Ranges, stride: usize, slots: &mut [u32]) -> usize {
    let bits = ranges.count * ranges.ranges;
    if bits == 0 || bits > slots.len() || ranges.end() > 32 * words.len() {
        return 0;
    }
    let begin = slots.as_mut_ptr();
    let state = State {
        words: words.as_ptr(),
        start: ranges.start as u32,
        count: ranges.count as u32,
        first: (ranges.row * stride) as u32,
        stride: stride as u32,
        slots: begin,
        pitch: ranges.pitch as u32,
        first_pitch: (ranges.row_pitch * stride) as u32,
        ranges: ranges.ranges as u32,
    };
    // SAFETY: all ranges lie in the words, a word more is read of none, and each of their bits has a slot.
    unsafe { list_all_ranges(&state).offset_from_unsigned(begin) }
}

/// The six instructions for each bit of `r11`, which is not 0; `r12` is the row of bit 31.
macro_rules! bits {
    ($label:literal) => {
        concat!(
            $label,
            ":\n",
            "clz lr, r11\n",
            "mls r3, lr, r6, r12\n",
            "str r3, [r8], #4\n",
            "lsr r3, r4, lr\n",
            "bics r11, r3\n",
            "bne ",
            $label,
            "b\n",
        )
    };
}

/// Returns where writing ended.
#[unsafe(naked)]
unsafe extern "C" fn list_all_ranges(state: &State) -> *mut u32 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "mov r7, r0",
        "mov r4, #0x80000000",
        "ldr r3, [r7, #32]",
        "ldm r7, {{r0, r1, r2, r5, r6, r8}}", // words, start, count, first, stride, slots
        "1:",
        "push {{r3}}", // ranges left
        "lsr r9, r1, #5",
        "add r9, r0, r9, lsl #2",
        "and r10, r1, #31",
        "ldr r11, [r9], #4",
        "lsr r11, r11, r10",
        "lsl r11, r11, r10",
        "rsb r12, r10, #31",
        "mla r12, r12, r6, r5",
        "add r10, r2", // bits from the word's first to the range's end
        "2:",
        "subs r10, #32",
        "bls 4f",
        "cmp r11, #0",
        "beq 3f",
        bits!("5"),
        "3:",
        "add r12, r12, r6, lsl #5",
        "ldr r11, [r9], #4",
        "b 2b",
        "4:", // the last word: without what follows the range
        "rsb r10, r10, #0",
        "lsl r11, r11, r10",
        "lsrs r11, r11, r10",
        "beq 7f",
        bits!("6"),
        "7:",
        "ldrd r3, r9, [r7, #24]",
        "add r1, r3",
        "add r5, r9",
        "pop {{r3}}",
        "subs r3, #1",
        "bne 1b",
        "mov r0, r8",
        "pop {{r4-r11, pc}}",
    )
}
