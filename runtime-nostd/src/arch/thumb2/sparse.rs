//! Lists of weights that are not zero: eleven instructions a row and nine an entry, a comparison of its column among them.
use core::arch::naked_asm;

use crate::synapse::rows::Rows;

/// Adds each listed row to the sums, as [`crate::synapse::sparse::add_rows`] does. False, and nothing added, where not all
/// rows are within `starts`.
#[inline]
pub(crate) fn add_rows(starts: &[u32], columns: &[u16], weights: &[i8], rows: &Rows<'_>, sums: &mut [u32]) -> bool {
    if rows.is_empty() || rows.stride() != 1 || rows.rows() >= starts.len() {
        return false;
    }
    let listed = rows.starts().as_ptr_range();
    let lists = Lists {
        starts: starts.as_ptr(),
        columns: columns.as_ptr(),
        weights: weights.as_ptr(),
        entries: columns.len().min(weights.len()),
        width: sums.len(),
    };
    // SAFETY: a row that is listed has a start and an end; entries are read where its end is within them, and added where
    // their column is within the sums.
    unsafe { add_lists(&lists, listed.start, listed.end, sums.as_mut_ptr()) };
    true
}

/// The tables. The order is known to the assembly.
#[repr(C)]
struct Lists {
    starts: *const u32,
    columns: *const u16,
    weights: *const i8,
    entries: usize,
    width: usize,
}

/// Adds the rows from `rows` to `end`, one or more.
#[unsafe(naked)]
unsafe extern "C" fn add_lists(lists: &Lists, rows: *const u32, end: *const u32, sums: *mut u32) {
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
