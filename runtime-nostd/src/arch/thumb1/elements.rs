//! Elements of a position, four at a time.
use core::arch::naked_asm;

/// Copies the numbers that both have.
#[inline]
pub(crate) fn copy(from: &[u32], to: &mut [u32]) {
    let count = from.len().min(to.len());
    // SAFETY: both have so many.
    unsafe { copy_words(from.as_ptr(), to.as_mut_ptr(), count) };
}

#[unsafe(naked)]
unsafe extern "C" fn copy_words(from: *const u32, to: *mut u32, count: usize) {
    naked_asm!(
        "push {{r4-r6, lr}}",
        "subs r2, #4",
        "blo 3f",
        "2:",
        "ldm r0!, {{r3-r6}}",
        "stm r1!, {{r3-r6}}",
        "subs r2, #4",
        "bhs 2b",
        "3:",
        "adds r2, #4",
        "beq 5f",
        "4:",
        "ldm r0!, {{r3}}",
        "stm r1!, {{r3}}",
        "subs r2, #1",
        "bne 4b",
        "5:",
        "pop {{r4-r6, pc}}",
    )
}
