//! Rows of the inputs that spiked: the set bits of a word, in six instructions each.
use core::arch::{asm, naked_asm};

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
