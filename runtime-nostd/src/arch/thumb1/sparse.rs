//! Lists of weights that are not zero: eleven instructions a row and twelve an entry, a comparison of its column among them. Where all
//! have one entry, twelve in all.
use core::arch::naked_asm;

use crate::arch::lists::Lists;

/// Adds the rows from `rows` to `end`, one or more, of one entry each.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_entries(lists: &Lists, rows: *const u32, end: *const u32, sums: *mut u32) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "ldr r6, [r0, #4]",
        "ldr r7, [r0, #8]",
        "ldr r4, [r0, #16]",
        "mov r12, r4",
        "2:",
        "ldm r1!, {{r0}}",
        "lsls r4, r0, #1",
        "ldrh r4, [r6, r4]",
        "ldrsb r0, [r7, r0]",
        "cmp r4, r12",
        "bhs 3f",
        "lsls r4, r4, #2",
        "ldr r5, [r3, r4]",
        "adds r5, r5, r0",
        "str r5, [r3, r4]",
        "3:",
        "cmp r1, r2",
        "bne 2b",
        "pop {{r4-r7, pc}}",
    )
}

/// Adds the rows from `rows` to `end`, one or more.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_lists(lists: &Lists, rows: *const u32, end: *const u32, sums: *mut u32) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "push {{r4-r6}}",
        "ldm r0!, {{r4, r6, r7}}",
        "mov r8, r4",
        "ldm r0!, {{r4, r5}}",
        "mov r9, r4",
        "mov r12, r5",
        "mov r10, r2",
        "2:",
        "ldm r1!, {{r0}}",
        "lsls r0, r0, #2",
        "add r0, r8",
        "ldm r0!, {{r4, r5}}",
        "cmp r5, r9",
        "bhi 5f",
        "cmp r4, r5",
        "bhs 5f",
        "mov lr, r5",
        "3:",
        "lsls r0, r4, #1",
        "ldrh r0, [r6, r0]",
        "cmp r0, r12",
        "bhs 4f",
        "ldrsb r2, [r7, r4]",
        "lsls r0, r0, #2",
        "ldr r5, [r3, r0]",
        "adds r5, r5, r2",
        "str r5, [r3, r0]",
        "4:",
        "adds r4, #1",
        "cmp r4, lr",
        "bne 3b",
        "5:",
        "cmp r1, r10",
        "bne 2b",
        "pop {{r4-r6}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "pop {{r4-r7, pc}}",
    )
}
