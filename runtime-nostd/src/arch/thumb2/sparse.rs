//! Lists of weights that are not zero: eleven instructions a row and nine an entry, a comparison of its column among them. Where
//! all have one entry, ten in all.
use core::arch::naked_asm;

use crate::arch::lists::Lists;

/// Adds the rows from `rows` to `end`, one or more, of one entry each.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_entries(lists: &Lists, rows: *const u32, end: *const u32, sums: *mut u32) {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "ldm r0, {{r4, r6, r7, r8, r12}}",
        "2:",
        "ldr r0, [r1], #4",
        "ldrh r4, [r6, r0, lsl #1]",
        "ldrsb r0, [r7, r0]",
        "cmp r4, r12",
        "bhs 3f",
        "ldr r5, [r3, r4, lsl #2]",
        "add r5, r0",
        "str r5, [r3, r4, lsl #2]",
        "3:",
        "cmp r1, r2",
        "bne 2b",
        "pop {{r4-r8, pc}}",
    )
}

/// Adds the rows from `rows` to `end`, one or more.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_lists(lists: &Lists, rows: *const u32, end: *const u32, sums: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r4, r6, r7, r8, r9}}",
        "2:",
        "ldr r10, [r1], #4",
        "add r10, r4, r10, lsl #2",
        "ldrd r10, r11, [r10]",
        "cmp r11, r8",
        "bhi 5f",
        "subs r11, r11, r10",
        "bls 5f",
        "add r12, r6, r10, lsl #1",
        "add r10, r7",
        "3:",
        "ldrh r0, [r12], #2",
        "ldrsb lr, [r10], #1",
        "cmp r0, r9",
        "bhs 4f",
        "ldr r5, [r3, r0, lsl #2]",
        "add r5, lr",
        "str r5, [r3, r0, lsl #2]",
        "4:",
        "subs r11, #1",
        "bne 3b",
        "5:",
        "cmp r1, r2",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}
