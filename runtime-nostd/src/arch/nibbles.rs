//! Rows of weights of four bits, 16 outputs at once, in eight instructions a row.
//!
//! Bytes are added as they are, modulo 256, and their upper nibbles by themselves; the lower ones are what is left:
//! `sum(low + 16 high) - 16 sum(high)`, modulo 256. Up to 16 rows that is a byte, signed if a nibble counts as itself less 8,
//! which is what the bytes start with. Odd numbers are twice that, so they have 8 rows to a byte.
use core::arch::naked_asm;

use crate::synapse::rows::Rows;

/// A row of nothing.
static NOTHING: [u32; 2] = [0x8888_8888; 2];

/// Adds rows of weights to the sums, one per weight of a row, as [`crate::synapse::nibbles::add_rows`] does. False, and
/// nothing added, where the rows are too narrow, or not all of them within `nibbles`.
#[inline]
pub(crate) fn add(nibbles: &[u32], odd: bool, rows: &mut Rows<'_>, sums: &mut [u32]) -> bool {
    let (width, count) = (sums.len(), rows.starts().len());
    let row = (4 * width).div_ceil(32);
    let fits = rows.rows().checked_mul(row).is_some_and(|all| all <= nibbles.len());
    if row < 2 || count == 0 || rows.stride() != row || !fits {
        return false;
    }
    if odd {
        for sum in &mut *sums {
            *sum = sum.wrapping_add(count as u32);
        }
    }
    let first = nibbles.as_ptr();
    let (starts, behind) = rows.open();
    let (fours, full) = (count.div_ceil(4), if odd { 2 } else { 4 });
    let [first_turn, turn] = [(fours - 1) % full + 1, full].map(|fours| Turn {
        fours,
        // 8 less for each row, in every byte
        initial: (256 - 32 * fours as u32) * 0x0101_0101,
    });
    let added = Added { starts, behind, nothing: &NOTHING, turns: fours.div_ceil(full), first_turn, turn };
    let add = if odd { add_16_odd } else { add_16 };
    let (blocks, rest) = sums.as_chunks_mut::<16>();
    // SAFETY: a row that is listed has `row` words within `nibbles`, of which a block reads two; the rows that complete four
    // read `NOTHING`.
    unsafe {
        if !blocks.is_empty() {
            add(first, blocks.as_mut_ptr(), blocks.len(), &added);
        }
        if !rest.is_empty() {
            // the two words that end the row
            let mut last = [[0; 16]];
            add(first.add(row - 2), last.as_mut_ptr(), 1, &added);
            for (sum, &more) in rest.iter_mut().zip(last.as_flattened().iter().skip(16 * blocks.len() - 8 * (row - 2)))
            {
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
    nothing: *const [u32; 2],
    turns: usize,
    first_turn: Turn,
    turn: Turn,
}

/// Rows that are added before bytes are full.
#[repr(C)]
struct Turn {
    fours: usize,
    initial: u32,
}

/// Adds a row to bytes (r0, r1) and upper nibbles (r2, r3) of two words.
macro_rules! row {
    ($start:literal) => {
        concat!(
            "add ",
            $start,
            ", r11, ",
            $start,
            ", lsl #2\n",
            "ldrd ",
            $start,
            ", r8, [",
            $start,
            "]\n",
            "uadd8 r0, r0, ",
            $start,
            "\n",
            "and ",
            $start,
            ", r12, ",
            $start,
            ", lsr #4\n",
            "uadd8 r2, r2, ",
            $start,
            "\n",
            "uadd8 r1, r1, r8\n",
            "and r8, r12, r8, lsr #4\n",
            "uadd8 r3, r3, r8\n",
        )
    };
}

/// Adds two signed bytes of even outputs and two of odd ones to four sums.
macro_rules! four_sums {
    ($even:literal, $odd:literal, $first:literal, $second:literal) => {
        concat!(
            "ldm r8, {{r4-r7}}\n",
            "sxtab r4, r4, ",
            $even,
            ", ror #",
            $first,
            "\n",
            "sxtab r5, r5, ",
            $odd,
            ", ror #",
            $first,
            "\n",
            "sxtab r6, r6, ",
            $even,
            ", ror #",
            $second,
            "\n",
            "sxtab r7, r7, ",
            $odd,
            ", ror #",
            $second,
            "\n",
            "stm r8!, {{r4-r7}}\n",
        )
    };
}

/// Adds rows of `16 * blocks` weights, block by block. `$double` doubles bytes, or does not.
macro_rules! add_16 {
    ($name:ident, $double:literal) => {
        #[unsafe(naked)]
        unsafe extern "C" fn $name(nibbles: *const u32, sums: *mut [u32; 16], blocks: usize, added: &Added) {
            naked_asm!(
                dsp!(),
                "push {{r1-r11, lr}}", // sums, blocks and added are at sp, sp + 4 and sp + 8
                "mov r11, r0",
                "mov r12, #0x0f0f0f0f",
                "2:",
                "ldr r3, [sp, #8]",
                "ldm r3, {{r1, r2, r4, r9, lr}}",
                "ldr r0, [r3, #20]",
                "mov r10, r1",
                // where nothing is, counted in words from this block
                "sub r4, r11",
                "lsr r4, r4, #2",
                "str r4, [r2]",
                "str r4, [r2, #4]",
                "str r4, [r2, #8]",
                "3:",
                "mov r1, r0",
                "mov r2, r0",
                "mov r3, r0",
                "4:",
                "ldm r10!, {{r4-r7}}",
                row!("r4"),
                row!("r5"),
                row!("r6"),
                row!("r7"),
                "subs lr, #1",
                "bne 4b",
                "and r4, r2, r12",
                "and r5, r3, r12",
                "lsl r4, r4, #4",
                "lsl r5, r5, #4",
                "usub8 r0, r0, r4",
                "usub8 r1, r1, r5",
                $double,
                "ldr r8, [sp]",
                four_sums!("r0", "r2", "0", "8"),
                four_sums!("r0", "r2", "16", "24"),
                four_sums!("r1", "r3", "0", "8"),
                four_sums!("r1", "r3", "16", "24"),
                "ldr r3, [sp, #8]",
                "subs r9, #1",
                "ldrd lr, r0, [r3, #24]",
                "bne 3b",
                "str r8, [sp]",
                "add r11, #8",
                "ldr r4, [sp, #4]",
                "subs r4, #1",
                "str r4, [sp, #4]",
                "bne 2b",
                "pop {{r1-r11, pc}}",
            )
        }
    };
}

add_16!(add_16, "");
add_16!(add_16_odd, "uadd8 r0, r0, r0\nuadd8 r1, r1, r1\nuadd8 r2, r2, r2\nuadd8 r3, r3, r3");
