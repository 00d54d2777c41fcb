//! Rows of bytes by `SXTAB16`, which adds two signed bytes of a word to two halfwords.
//!
//! Up to 16 sums stay in eight registers while all rows go by, two in a turn: 23 instructions for their 32 weights. The
//! address of a row's part is that of the block plus the row's start; the mark behind the last row is 2^32 - 1, so that the
//! carry of that sum ends the loop, and no counter has to.
use core::arch::naked_asm;

use crate::synapse::rows::Rows;

/// What makes an odd number of rows even.
static NOTHING: [u32; 4] = [0; 4];

/// Adds rows of weights to the sums, one per weight of a row, as [`crate::synapse::int8::add_rows`] does. False, and
/// nothing added, where the rows are too narrow, or not all of them within `weights`.
#[inline]
pub(crate) fn add_rows(weights: &[i8], rows: &mut Rows<'_>, sums: &mut [u32]) -> bool {
    let width = sums.len();
    let fits = rows.rows().checked_mul(width).is_some_and(|all| all <= weights.len());
    if width < 4 || rows.is_empty() || rows.stride() != width || !fits {
        return false;
    }
    let (mut column, last) = (weights.as_ptr(), width % 4);
    let mut rest = &mut *sums;
    // SAFETY: a row that is listed has `width` weights, all of them within `weights`, of which the blocks read a part each;
    // a list has one row or more and ends with its mark, before which `none` is where a row of nothing makes it even.
    // `add_16` reads words, which begin at words.
    unsafe {
        if width.is_multiple_of(4) && column.addr().is_multiple_of(4) {
            let (blocks, behind) = rest.as_chunks_mut::<16>();
            if !blocks.is_empty() {
                let (starts, none) = rows.marked_in_pairs();
                add_16(column, starts, blocks.as_mut_ptr(), blocks.len(), &NOTHING, none);
                column = column.add(16 * blocks.len());
            }
            rest = behind;
        }
        let starts = rows.marked();
        let (blocks, behind) = rest.as_chunks_mut::<8>();
        for sums in blocks {
            add_8(column, starts, sums);
            column = column.add(8);
        }
        let (blocks, behind) = behind.as_chunks_mut::<4>();
        for sums in blocks {
            add_4(column, starts, sums);
            column = column.add(4);
        }
        // the last one to three, by the four that end the row
        if last > 0 {
            let mut four = [0; 4];
            add_4(column.sub(4 - last), starts, &mut four);
            for (sum, &added) in behind.iter_mut().zip(four.iter().skip(4 - last)) {
                *sum = sum.wrapping_add(added);
            }
        }
    }
    true
}

/// Adds rows of `16 * blocks` weights, block by block. `none` is the slot behind the last row, or the one behind the mark
/// where the number of rows is even.
#[unsafe(naked)]
unsafe extern "C" fn add_16(
    weights: *const i8,
    starts: *const u32,
    sums: *mut [u32; 16],
    blocks: usize,
    nothing: &[u32; 4],
    none: *mut u32,
) {
    naked_asm!(
        dsp!(),
        "push {{r1-r11, lr}}", // starts, sums and blocks are at sp, sp + 4 and sp + 8; nothing and none at sp + 48
        "mov lr, r0",
        "2:",
        "ldrd r0, r1, [sp, #48]",
        "sub r0, lr",
        "str r0, [r1]",
        "ldr r11, [sp]",
        "ldr r8, [r11], #4",
        "add r8, lr",
        "ldm r8, {{r8, r9, r10, r12}}",
        "sxtb16 r0, r8",
        "sxtb16 r1, r8, ror #8",
        "sxtb16 r2, r9",
        "sxtb16 r3, r9, ror #8",
        "sxtb16 r4, r10",
        "sxtb16 r5, r10, ror #8",
        "sxtb16 r6, r12",
        "sxtb16 r7, r12, ror #8",
        "b 5f",
        "3:",
        "ldm r8, {{r8, r9, r10, r12}}",
        "sxtab16 r0, r0, r8",
        "sxtab16 r1, r1, r8, ror #8",
        "sxtab16 r2, r2, r9",
        "sxtab16 r3, r3, r9, ror #8",
        "sxtab16 r4, r4, r10",
        "sxtab16 r5, r5, r10, ror #8",
        "sxtab16 r6, r6, r12",
        "sxtab16 r7, r7, r12, ror #8",
        "5:",
        "ldr r8, [r11], #4",
        "add r8, lr",
        "ldm r8, {{r8, r9, r10, r12}}",
        "sxtab16 r0, r0, r8",
        "sxtab16 r1, r1, r8, ror #8",
        "sxtab16 r2, r2, r9",
        "sxtab16 r3, r3, r9, ror #8",
        "sxtab16 r4, r4, r10",
        "sxtab16 r5, r5, r10, ror #8",
        "sxtab16 r6, r6, r12",
        "sxtab16 r7, r7, r12, ror #8",
        "ldr r8, [r11], #4",
        "adds r8, r8, lr",
        "bcc 3b",
        // even outputs lie in the first of two registers, odd ones in the second
        "ldr r11, [sp, #4]",
        "ldm r11, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r0",
        "sxtah r9, r9, r1",
        "add r10, r10, r0, asr #16",
        "add r12, r12, r1, asr #16",
        "stm r11!, {{r8, r9, r10, r12}}",
        "ldm r11, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r2",
        "sxtah r9, r9, r3",
        "add r10, r10, r2, asr #16",
        "add r12, r12, r3, asr #16",
        "stm r11!, {{r8, r9, r10, r12}}",
        "ldm r11, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r4",
        "sxtah r9, r9, r5",
        "add r10, r10, r4, asr #16",
        "add r12, r12, r5, asr #16",
        "stm r11!, {{r8, r9, r10, r12}}",
        "ldm r11, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r6",
        "sxtah r9, r9, r7",
        "add r10, r10, r6, asr #16",
        "add r12, r12, r7, asr #16",
        "stm r11!, {{r8, r9, r10, r12}}",
        "str r11, [sp, #4]",
        "add lr, #16",
        "ldr r8, [sp, #8]",
        "subs r8, #1",
        "str r8, [sp, #8]",
        "bne 2b",
        "pop {{r1-r11, pc}}",
    )
}

/// Adds rows of eight weights, wherever in memory they begin.
#[unsafe(naked)]
unsafe extern "C" fn add_8(weights: *const i8, starts: *const u32, sums: &mut [u32; 8]) {
    naked_asm!(
        dsp!(),
        "push {{r4-r9, r10, lr}}",
        "movs r4, #0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "ldr r12, [r1], #4",
        "add r12, r0",
        "2:",
        "ldr r3, [r12]",
        "ldr r12, [r12, #4]",
        "sxtab16 r4, r4, r3",
        "sxtab16 r5, r5, r3, ror #8",
        "sxtab16 r6, r6, r12",
        "sxtab16 r7, r7, r12, ror #8",
        "ldr r12, [r1], #4",
        "adds r12, r12, r0",
        "bcc 2b",
        "ldm r2, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r4",
        "sxtah r9, r9, r5",
        "add r10, r10, r4, asr #16",
        "add r12, r12, r5, asr #16",
        "stm r2!, {{r8, r9, r10, r12}}",
        "ldm r2, {{r8, r9, r10, r12}}",
        "sxtah r8, r8, r6",
        "sxtah r9, r9, r7",
        "add r10, r10, r6, asr #16",
        "add r12, r12, r7, asr #16",
        "stm r2!, {{r8, r9, r10, r12}}",
        "pop {{r4-r9, r10, pc}}",
    )
}

/// Adds rows of four weights, wherever in memory they begin.
#[unsafe(naked)]
unsafe extern "C" fn add_4(weights: *const i8, starts: *const u32, sums: &mut [u32; 4]) {
    naked_asm!(
        dsp!(),
        "push {{r4-r7}}",
        "movs r4, #0",
        "movs r5, #0",
        "ldr r12, [r1], #4",
        "add r12, r0",
        "2:",
        "ldr r3, [r12]",
        "sxtab16 r4, r4, r3",
        "sxtab16 r5, r5, r3, ror #8",
        "ldr r12, [r1], #4",
        "adds r12, r12, r0",
        "bcc 2b",
        "ldm r2, {{r3, r6, r7, r12}}",
        "sxtah r3, r3, r4",
        "sxtah r6, r6, r5",
        "add r7, r7, r4, asr #16",
        "add r12, r12, r5, asr #16",
        "stm r2, {{r3, r6, r7, r12}}",
        "pop {{r4-r7}}",
        "bx lr",
    )
}
