//! Elements of a position, four or more at a time.
use core::arch::naked_asm;

/// Copies the numbers that both have.
#[inline]
pub(crate) fn copy(from: &[u32], to: &mut [u32]) {
    let count = from.len().min(to.len());
    // SAFETY: both have so many.
    unsafe { copy_words(from.as_ptr(), to.as_mut_ptr(), count) };
}

/// Sets all to 0.
#[inline]
pub(crate) fn clear(sums: &mut [u32]) {
    // SAFETY: there are so many.
    unsafe { clear_words(sums.as_mut_ptr(), sums.len()) };
}

/// Makes each `i32` of `highest` the larger of it and the one in `values`, as many as both have.
#[inline]
pub(crate) fn raise(highest: &mut [u32], values: &[u32]) {
    let count = highest.len().min(values.len());
    // SAFETY: both have so many.
    unsafe { raise_words(highest.as_mut_ptr(), values.as_ptr(), count) };
}

/// `sums[c] += values[c]`, as many as both have.
#[inline]
pub(crate) fn add(sums: &mut [u32], values: &[u32]) {
    let count = sums.len().min(values.len());
    let to = sums.as_mut_ptr();
    // SAFETY: both have so many.
    unsafe { multiply_and_add(to, to.cast_const().cast(), values.as_ptr(), count, 1) };
}

/// `sums[c] = added[c] + values[c] * multiplier`, as many as all three have.
#[inline]
pub(crate) fn scaled(sums: &mut [u32], added: &[i32], values: &[u32], multiplier: u32) {
    let count = sums.len().min(values.len()).min(added.len());
    // SAFETY: all have so many.
    unsafe { multiply_and_add(sums.as_mut_ptr(), added.as_ptr(), values.as_ptr(), count, multiplier) };
}

#[unsafe(naked)]
unsafe extern "C" fn clear_words(to: *mut u32, count: usize) {
    naked_asm!(
        "push {{r4-r6}}",
        "movs r2, #0",
        "movs r3, #0",
        "movs r4, #0",
        "movs r5, #0",
        "subs r1, #4",
        "blo 3f",
        "2:",
        "stm r0!, {{r2, r3, r4, r5}}",
        "subs r1, #4",
        "bhs 2b",
        "3:",
        "adds r1, #4",
        "beq 5f",
        "4:",
        "str r2, [r0], #4",
        "subs r1, #1",
        "bne 4b",
        "5:",
        "pop {{r4-r6}}",
        "bx lr",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn copy_words(from: *const u32, to: *mut u32, count: usize) {
    naked_asm!(
        "push {{r4-r10}}",
        "subs r2, #16",
        "blo 3f",
        "2:",
        "ldm r0!, {{r3-r10}}",
        "stm r1!, {{r3-r10}}",
        "ldm r0!, {{r3-r10}}",
        "stm r1!, {{r3-r10}}",
        "subs r2, #16",
        "bhs 2b",
        "3:",
        "adds r2, #16",
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

#[unsafe(naked)]
unsafe extern "C" fn raise_words(highest: *mut u32, values: *const u32, count: usize) {
    naked_asm!(
        "push {{r4-r9}}",
        "subs r2, #4",
        "blo 3f",
        "2:",
        "ldm r1!, {{r3, r4, r5, r6}}",
        "ldm r0, {{r7, r8, r9, r12}}",
        "cmp r3, r7",
        "it lt",
        "movlt r3, r7",
        "cmp r4, r8",
        "it lt",
        "movlt r4, r8",
        "cmp r5, r9",
        "it lt",
        "movlt r5, r9",
        "cmp r6, r12",
        "it lt",
        "movlt r6, r12",
        "stm r0!, {{r3, r4, r5, r6}}",
        "subs r2, #4",
        "bhs 2b",
        "3:",
        "adds r2, #4",
        "beq 5f",
        "4:",
        "ldr r3, [r1], #4",
        "ldr r4, [r0]",
        "cmp r3, r4",
        "it lt",
        "movlt r3, r4",
        "str r3, [r0], #4",
        "subs r2, #1",
        "bne 4b",
        "5:",
        "pop {{r4-r9}}",
        "bx lr",
    )
}

/// `to` may be `added`.
#[unsafe(naked)]
unsafe extern "C" fn multiply_and_add(
    to: *mut u32,
    added: *const i32,
    values: *const u32,
    count: usize,
    multiplier: u32,
) {
    naked_asm!(
        "ldr r12, [sp]",
        "push {{r4-r11}}",
        "subs r3, #4",
        "blo 3f",
        "2:",
        "ldm r1!, {{r4, r5, r6, r7}}",
        "ldm r2!, {{r8, r9, r10, r11}}",
        "mla r4, r8, r12, r4",
        "mla r5, r9, r12, r5",
        "mla r6, r10, r12, r6",
        "mla r7, r11, r12, r7",
        "stm r0!, {{r4, r5, r6, r7}}",
        "subs r3, #4",
        "bhs 2b",
        "3:",
        "adds r3, #4",
        "beq 5f",
        "4:",
        "ldr r4, [r1], #4",
        "ldr r8, [r2], #4",
        "mla r4, r8, r12, r4",
        "str r4, [r0], #4",
        "subs r3, #1",
        "bne 4b",
        "5:",
        "pop {{r4-r11}}",
        "bx lr",
    )
}
