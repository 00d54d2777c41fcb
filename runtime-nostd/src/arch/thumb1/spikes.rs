//! Rows of the inputs that spiked on a core that counts no zeros: the lowest set bit of a word, times a de Bruijn sequence,
//! has its number in the upper five bits (Leiserson, Prokop, Randall 1998). Eleven instructions each.
use core::arch::naked_asm;

/// Numbers of bits, by those five.
static NUMBERS: [u8; 32] = [
    0, 1, 28, 2, 29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4, 8, 31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6, 11, 5, 10,
    9,
];

/// Writes where the row of each set bit begins, of one word after the other, as long as there is room for 32 more in
/// `slots`; `first` is that of bit 0 of the first word. Returns how many words were read and how many slots written.
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
        let ends = list_words(from.start, from.end, to, to.add(room), first, stride, &NUMBERS);
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
    numbers: &[u8; 32],
) -> u64 {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r12, r1",
        "mov lr, r3",
        "ldr r6, [sp, #20]",
        "ldr r3, [sp, #24]",
        "ldr r1, [sp, #28]",
        "ldr r7, 6f",
        "2:",
        "cmp r2, lr",
        "bhi 5f",
        "ldm r0!, {{r4}}",
        "cmp r4, #0",
        "beq 4f",
        "3:",
        "rsbs r5, r4, #0",
        "ands r5, r4",
        "eors r4, r5",
        "muls r5, r7, r5",
        "lsrs r5, r5, #27",
        "ldrb r5, [r1, r5]",
        "muls r5, r3, r5",
        "adds r5, r6, r5",
        "stm r2!, {{r5}}",
        "cmp r4, #0",
        "bne 3b",
        "4:",
        "lsls r5, r3, #5",
        "adds r6, r6, r5",
        "cmp r0, r12",
        "bne 2b",
        "5:",
        "movs r1, r2",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "6: .word 0x077cb531",
    )
}
