//! Rows of weights of four bits, eight outputs at once: four nibbles of a word are added to the bytes of one register, four
//! to those of another, up to 16 rows. 28 instructions for four rows.
use core::arch::naked_asm;

use crate::synapse::rows::{Rows, UNIT};

/// What rows that complete four read: weights of 0.
static NOTHING: u32 = 0x8888_8888;

/// Fours of rows that fit bytes.
const FULL: usize = 4;

/// Adds rows of weights to the sums, one per weight of a row, as [`crate::synapse::nibbles::add_rows`] does. False, and
/// nothing added, where not all rows are within `nibbles`.
#[inline]
pub(crate) fn add(nibbles: &[u32], odd: bool, rows: &mut Rows<'_>, sums: &mut [u32]) -> bool {
    let (width, count) = (sums.len(), rows.starts().len());
    let row = (4 * width).div_ceil(32);
    let fits = rows.rows().checked_mul(row).is_some_and(|all| all <= nibbles.len());
    if row == 0 || count == 0 || rows.stride() != UNIT * row || !fits {
        return false;
    }
    if odd {
        for sum in &mut *sums {
            *sum = sum.wrapping_add(count as u32);
        }
    }
    let fours = count.div_ceil(4);
    let (starts, behind) = rows.open();
    let first_turn = (fours - 1) % FULL + 1;
    let added = Added { starts, behind, nothing: &NOTHING, turns: fours.div_ceil(FULL), first_turn };
    let add = if odd { add_8_odd } else { add_8 };
    let (blocks, rest) = sums.as_chunks_mut::<8>();
    // SAFETY: a row that is listed has `row` words within `nibbles`, of which a block reads one; the rows that complete four
    // read `NOTHING`.
    unsafe {
        if !blocks.is_empty() {
            add(nibbles.as_ptr(), blocks.as_mut_ptr(), blocks.len(), &added);
        }
        if !rest.is_empty() {
            let mut last = [[0; 8]];
            add(nibbles.as_ptr().add(blocks.len()), last.as_mut_ptr(), 1, &added);
            for (sum, &more) in rest.iter_mut().zip(last.as_flattened()) {
                *sum = sum.wrapping_add(more);
            }
        }
    }
    true
}

/// What is added. The order is known to the assembly.
#[repr(C)]
struct Added {
    starts: *const u32,
    /// The slots behind the last row, some of which complete four.
    behind: *mut [u32; 7],
    nothing: *const u32,
    /// Turns of [`FULL`] fours, and fours of the first.
    turns: usize,
    first_turn: usize,
}

/// The word of a row that begins at `$word`.
#[cfg(snnc_thumb1)]
macro_rules! word {
    ($word:literal) => {
        concat!("ldr ", $word, ", [r0, ", $word, "]\n")
    };
}
#[cfg(snnc_thumb2)]
macro_rules! word {
    ($word:literal) => {
        concat!("ldr ", $word, ", [r0, ", $word, ", lsl #2]\n")
    };
}

/// Bytes in r4 as rows begin: in bytes, or in words.
#[cfg(snnc_thumb1)]
macro_rules! distance {
    () => {
        ""
    };
}
#[cfg(snnc_thumb2)]
macro_rules! distance {
    () => {
        "lsrs r4, r4, #2"
    };
}

/// A row, whose word is in `$word`, into lower nibbles (r2) and upper ones (r3).
macro_rules! row {
    ($word:literal) => {
        concat!(
            word!($word),
            "lsrs r5, ",
            $word,
            ", #4\n",
            "ands r5, r6\n",
            "adds r3, r3, r5\n",
            "ands ",
            $word,
            ", r6\n",
            "adds r2, r2, ",
            $word,
            "\n",
        )
    };
}

/// Adds the lowest bytes to two sums, less r7 each.
macro_rules! two_sums {
    ($double:literal) => {
        concat!(
            "uxtb r4, r2\n",
            "uxtb r5, r3\n",
            "lsrs r2, r2, #8\n",
            "lsrs r3, r3, #8\n",
            "subs r4, r4, r7\n",
            "subs r5, r5, r7\n",
            $double,
            "\nldr r6, [r1]\n",
            "adds r4, r4, r6\n",
            "ldr r6, [r1, #4]\n",
            "adds r5, r5, r6\n",
            "stm r1!, {{r4, r5}}\n",
        )
    };
}

/// Adds rows of `8 * blocks` weights, block by block. `$double` doubles them, or does not.
macro_rules! add_8 {
    ($name:ident, $double:literal) => {
        #[unsafe(naked)]
        unsafe extern "C" fn $name(nibbles: *const u32, sums: *mut [u32; 8], blocks: usize, added: &Added) {
            naked_asm!(
                "push {{r4-r7, lr}}",
                "mov r4, r8",
                "mov r5, r9",
                "mov r6, r10",
                "mov r7, r11",
                "push {{r4-r7}}",
                "push {{r1, r2, r3}}", // sums, blocks and added are at sp, sp + 4 and sp + 8
                "2:",
                "ldr r7, [sp, #8]",
                "ldr r4, [r7, #8]",
                "subs r4, r4, r0",
                distance!(),
                "ldr r5, [r7, #4]",
                "str r4, [r5]",
                "str r4, [r5, #4]",
                "str r4, [r5, #8]",
                "ldr r1, [r7]",
                "ldr r4, [r7, #12]",
                "mov r9, r4",
                "ldr r7, [r7, #16]",
                "3:", // r7 fours at r1
                "lsls r7, r7, #4",
                "adds r4, r1, r7",
                "mov r8, r4",
                "lsls r7, r7, #1",
                "mov r10, r7", // 8 for each row
                "ldr r6, 9f",
                "movs r2, #0",
                "movs r3, #0",
                "4:",
                "ldm r1!, {{r4, r7}}",
                row!("r4"),
                row!("r7"),
                "ldm r1!, {{r4, r7}}",
                row!("r4"),
                row!("r7"),
                "cmp r1, r8",
                "bne 4b",
                "ldr r1, [sp]",
                "mov r7, r10",
                two_sums!($double),
                two_sums!($double),
                two_sums!($double),
                two_sums!($double),
                "mov r11, r1",
                "mov r1, r8",
                "movs r7, #4",
                "mov r4, r9",
                "subs r4, #1",
                "mov r9, r4",
                "bne 3b",
                "mov r1, r11",
                "str r1, [sp]",
                "adds r0, #4",
                "ldr r4, [sp, #4]",
                "subs r4, #1",
                "str r4, [sp, #4]",
                "bne 2b",
                "add sp, #12",
                "pop {{r4-r7}}",
                "mov r8, r4",
                "mov r9, r5",
                "mov r10, r6",
                "mov r11, r7",
                "pop {{r4-r7, pc}}",
                ".p2align 2",
                "9: .word 0x0f0f0f0f",
            )
        }
    };
}

add_8!(add_8, "");
add_8!(add_8_odd, "adds r4, r4, r4\nadds r5, r5, r5");
