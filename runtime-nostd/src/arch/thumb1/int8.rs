//! Rows of bytes, four outputs at once: a weight plus 128 is a number of 8 bits, so two sums share a register and no carry
//! crosses. 34 instructions for four rows, 30 on Armv7-M; where rows do not begin with words, eleven for four rows of one
//! output.
use core::arch::naked_asm;

use crate::synapse::rows::Rows;

/// What rows that complete four read.
static NOTHING: u32 = 0;

/// Adds rows of weights to the sums, one per weight of a row, as [`crate::synapse::int8::add_rows`] does. False, and
/// nothing added, where not all rows are within `weights`.
#[inline]
pub(crate) fn add_rows(weights: &[i8], rows: &mut Rows<'_>, sums: &mut [u32]) -> bool {
    let width = sums.len();
    let fits = rows.rows().checked_mul(width).is_some_and(|all| all <= weights.len());
    if rows.is_empty() || sums.is_empty() || rows.stride() != width || !fits {
        return false;
    }
    let first = weights.as_ptr();
    let fours = rows.starts().len().div_ceil(4);
    let (starts, behind) = rows.open();
    // SAFETY: the rest of four is written behind the list, which ends behind that.
    let end = unsafe { starts.add(4 * fours) };
    let offset = (512 * fours as u32).wrapping_neg();
    let added = Added { starts, end, behind, nothing: &NOTHING, offset };
    // SAFETY: a row that is listed has `width` weights, all of them within `weights`, of which the blocks read a part each;
    // words are read where every row begins with one.
    unsafe {
        if width.is_multiple_of(4) && first.addr().is_multiple_of(4) {
            add_4(first, sums.as_mut_ptr(), width / 4, &added);
        } else {
            add_1(first, sums.as_mut_ptr(), width, &added);
        }
    }
    true
}

/// What is added. The order is known to the assembly.
#[repr(C)]
struct Added {
    starts: *const u32,
    end: *const u32,
    /// The slots behind the last row, some of which complete four.
    behind: *mut [u32; 7],
    nothing: *const u32,
    /// What the sum of four has too much.
    offset: u32,
}

/// Where nothing is, counted from this block, into the slots behind the list; r7 is what is added.
macro_rules! complete {
    () => {
        "ldr r4, [r7, #12]\n\
         subs r4, r4, r0\n\
         ldr r5, [r7, #8]\n\
         str r4, [r5]\n\
         str r4, [r5, #4]\n\
         str r4, [r5, #8]\n\
         ldr r1, [r7, #4]\n\
         mov r8, r1\n\
         ldr r1, [r7]\n"
    };
}

/// The odd bytes of r4, which are those of r6 one byte higher.
#[cfg(snnc_thumb1)]
macro_rules! odd {
    () => {
        "lsrs r5, r4, #8\nands r5, r6\n"
    };
}
#[cfg(snnc_thumb2)]
macro_rules! odd {
    () => {
        "and r5, r6, r4, lsr #8\n"
    };
}

/// A row of four weights into even sums (r2) and odd ones (r3).
macro_rules! row {
    () => {
        concat!(
            "ldm r1!, {{r4}}\n\
         ldr r4, [r0, r4]\n\
         eors r4, r7\n",
            odd!(),
            "ands r4, r6\n\
         adds r2, r2, r4\n\
         adds r3, r3, r5\n"
        )
    };
}

/// Adds rows of `4 * blocks` weights, block by block.
#[unsafe(naked)]
unsafe extern "C" fn add_4(weights: *const i8, sums: *mut u32, blocks: usize, added: &Added) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "mov r9, r1",
        "mov r10, r2",
        "mov r11, r3",
        "2:",
        "mov r7, r11",
        complete!(),
        "ldr r6, 8f",
        "ldr r7, 9f",
        "movs r2, #0",
        "movs r3, #0",
        "3:",
        row!(),
        row!(),
        row!(),
        row!(),
        "cmp r1, r8",
        "bne 3b",
        "mov r7, r11",
        "ldr r7, [r7, #16]",
        "mov r1, r9",
        "uxth r4, r2",
        "uxth r5, r3",
        "adds r4, r4, r7",
        "adds r5, r5, r7",
        "lsrs r2, r2, #16",
        "lsrs r3, r3, #16",
        "adds r2, r2, r7",
        "adds r3, r3, r7",
        "ldr r6, [r1]",
        "adds r4, r4, r6",
        "ldr r6, [r1, #4]",
        "adds r5, r5, r6",
        "stm r1!, {{r4, r5}}",
        "ldr r6, [r1]",
        "adds r2, r2, r6",
        "ldr r6, [r1, #4]",
        "adds r3, r3, r6",
        "stm r1!, {{r2, r3}}",
        "mov r9, r1",
        "adds r0, #4",
        "mov r1, r10",
        "subs r1, #1",
        "mov r10, r1",
        "bne 2b",
        "pop {{r4-r7}}",
        "mov r8, r4",
        "mov r9, r5",
        "mov r10, r6",
        "mov r11, r7",
        "pop {{r4-r7, pc}}",
        ".p2align 2",
        "8: .word 0x00ff00ff",
        "9: .word 0x80808080",
    )
}

/// Adds rows of `width` weights, one output after the other.
#[unsafe(naked)]
unsafe extern "C" fn add_1(weights: *const i8, sums: *mut u32, width: usize, added: &Added) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "push {{r4}}",
        "mov r12, r1",
        "mov lr, r3",
        "3:",
        "push {{r2}}",
        "mov r7, lr",
        complete!(),
        "mov r3, r12",
        "ldr r2, [r3]",
        "4:",
        "ldm r1!, {{r4-r7}}",
        "ldrsb r4, [r0, r4]",
        "ldrsb r5, [r0, r5]",
        "ldrsb r6, [r0, r6]",
        "ldrsb r7, [r0, r7]",
        "adds r2, r2, r4",
        "adds r2, r2, r5",
        "adds r2, r2, r6",
        "adds r2, r2, r7",
        "cmp r1, r8",
        "bne 4b",
        "stm r3!, {{r2}}",
        "mov r12, r3",
        "adds r0, #1",
        "pop {{r2}}",
        "subs r2, #1",
        "bne 3b",
        "pop {{r4}}",
        "mov r8, r4",
        "pop {{r4-r7, pc}}",
    )
}
