//! Numbers from flash to memory, eight at a time.
use core::arch::naked_asm;

/// Copies the numbers that both have.
#[inline]
pub(crate) fn copy(from: &[i32], to: &mut [u32]) {
    let count = from.len().min(to.len());
    // SAFETY: both have so many.
    unsafe { copy_words(from.as_ptr(), to.as_mut_ptr(), count) };
}

#[unsafe(naked)]
unsafe extern "C" fn copy_words(from: *const i32, to: *mut u32, count: usize) {
    naked_asm!(
        "push {{r4-r10}}",
        "subs r2, #8",
        "blo 3f",
        "2:",
        "ldm r0!, {{r3-r10}}",
        "stm r1!, {{r3-r10}}",
        "subs r2, #8",
        "bhs 2b",
        "3:",
        "adds r2, #8",
        "beq 5f",
        "4:",
        "ldr r3, [r0], #4",
        "str r3, [r1], #4",
        "subs r2, #1",
        "bne 4b",
        "5:",
        "pop {{r4-r10}}",
        "bx lr",
    )
}
