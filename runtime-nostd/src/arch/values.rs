//! Rows of bytes times values by `SMLAD`, which adds two products of halfwords to a sum.
//!
//! Four rows in a turn, four sums in registers: two words of two rows are made two words of both rows' bytes (`PKHBT`,
//! `PKHTB`), whose halves `SXTB16` widens to a pair of weights of one output. 27 instructions for 16 products.
use core::arch::naked_asm;

use crate::synapse::rows::{Rows, Scaled};

/// Whether [`add_scaled`] adds such rows: they are wide enough, and all of them within `weights`.
#[inline]
pub(crate) fn takes(weights: &[i8], rows: &Rows<'_>, width: usize) -> bool {
    let fits = rows.rows().checked_mul(width).is_some_and(|all| all <= weights.len());
    width >= 4 && rows.stride() == width && fits
}

/// Adds what is listed of rows of weights times their values to the sums, one per weight of a row, as
/// [`crate::synapse::int8::add_scaled`] does. Nothing where it does not take them.
#[inline]
pub(crate) fn add_scaled(weights: &[i8], rows: &mut Rows<'_>, sums: &mut [u32]) {
    let width = sums.len();
    let takes = takes(weights, rows, width);
    let groups = rows.scaled().as_ptr_range();
    if groups.is_empty() || !takes {
        return;
    }
    let last = width % 4;
    let (blocks, rest) = sums.as_chunks_mut::<4>();
    // SAFETY: a row that is listed has `width` weights, all of them within `weights`, of which a block reads four, wherever
    // in memory they begin; there is a block or more, and a group or more.
    unsafe {
        add_4(weights.as_ptr(), groups.start, blocks.as_mut_ptr(), blocks.len(), groups.end);
        // the last one to three, by the four that end the row
        if last > 0 {
            let mut four = [[0; 4]];
            add_4(weights.as_ptr().add(width - 4), groups.start, four.as_mut_ptr(), 1, groups.end);
            for (sum, &added) in rest.iter_mut().zip(four.as_flattened().iter().skip(4 - last)) {
                *sum = sum.wrapping_add(added);
            }
        }
    }
}

/// Two rows of four weights, in `$a` and `$b`, times a pair of values.
macro_rules! two_rows {
    ($a:literal, $b:literal, $values:literal) => {
        concat!(
            "pkhbt r12, ",
            $a,
            ", ",
            $b,
            ", lsl #16\n",
            "pkhtb ",
            $b,
            ", ",
            $b,
            ", ",
            $a,
            ", asr #16\n",
            "sxtb16 ",
            $a,
            ", r12\n",
            "sxtb16 r12, r12, ror #8\n",
            "smlad r0, ",
            $a,
            ", ",
            $values,
            ", r0\n",
            "smlad r1, r12, ",
            $values,
            ", r1\n",
            "sxtb16 ",
            $a,
            ", ",
            $b,
            "\n",
            "sxtb16 r12, ",
            $b,
            ", ror #8\n",
            "smlad r2, ",
            $a,
            ", ",
            $values,
            ", r2\n",
            "smlad r3, r12, ",
            $values,
            ", r3\n",
        )
    };
}

/// Adds the groups from `groups` to `end`, of rows of `4 * blocks` weights, block by block.
#[unsafe(naked)]
unsafe extern "C" fn add_4(
    weights: *const i8,
    groups: *const Scaled,
    sums: *mut [u32; 4],
    blocks: usize,
    end: *const Scaled,
) {
    naked_asm!(
        dsp!(),
        "push {{r1-r11, lr}}", // groups, sums and blocks are at sp, sp + 4 and sp + 8; end at sp + 48
        "mov r11, r0",
        "ldr lr, [sp, #48]",
        "2:",
        "ldrd r10, r4, [sp]",
        "ldm r4, {{r0-r3}}",
        "3:",
        "ldm r10!, {{r4-r9}}",
        "ldr r4, [r11, r4]",
        "ldr r5, [r11, r5]",
        "ldr r6, [r11, r6]",
        "ldr r7, [r11, r7]",
        two_rows!("r4", "r5", "r8"),
        two_rows!("r6", "r7", "r9"),
        "cmp r10, lr",
        "bne 3b",
        "ldrd r4, r5, [sp, #4]",
        "add r11, #4",
        "stm r4!, {{r0-r3}}",
        "subs r5, #1",
        "strd r4, r5, [sp, #4]",
        "bne 2b",
        "pop {{r1-r11, pc}}",
    )
}
