//! Rows of bytes times values where two halfwords are not multiplied at once: eight sums stay in registers while the rows go by,
//! each product `LDRSB` and `MLA`. 20 instructions for eight.
use core::arch::naked_asm;

use crate::synapse::rows::{Product, Rows};

/// Rows that are added at once, at most.
pub(crate) const MOST: usize = 48;

/// Whether values are eight bits and a sign, those that are negative apart.
pub(crate) const BY_SIGN: bool = false;

/// Whether [`add_scaled`] adds such rows: they are wide enough, and all of them within `weights`.
#[inline]
pub(crate) fn takes(weights: &[i8], rows: &Rows<'_>, width: usize) -> bool {
    let fits = rows.rows().checked_mul(width).is_some_and(|all| all <= weights.len());
    width >= 8 && rows.stride() == width && fits
}

/// Adds what is listed of rows of weights times their values to the sums, one per weight of a row, as
/// [`crate::synapse::int8::add_scaled`] does. Nothing where it does not take them.
#[inline]
pub(crate) fn add_scaled(weights: &[i8], rows: &mut Rows<'_>, sums: &mut [u32]) {
    let width = sums.len();
    let takes = takes(weights, rows, width);
    let [list, _] = rows.products();
    if list.is_empty() || !takes {
        return;
    }
    let listed = list.as_ptr_range();
    let last = width % 8;
    let (blocks, rest) = sums.as_chunks_mut::<8>();
    // SAFETY: a row that is listed has `width` weights, all of them within `weights`, of which a block reads eight.
    unsafe {
        add_8(weights.as_ptr(), listed.start, listed.end, blocks.as_mut_ptr(), blocks.len());
        // the last one to seven, by the eight that end the row
        if last > 0 {
            let mut eight = [[0; 8]];
            add_8(weights.as_ptr().add(width - 8), listed.start, listed.end, eight.as_mut_ptr(), 1);
            for (sum, &added) in rest.iter_mut().zip(eight.as_flattened().iter().skip(8 - last)) {
                *sum = sum.wrapping_add(added);
            }
        }
    }
}

/// A product of r3, the value, and the weight `$at` of the row at lr.
macro_rules! product {
    ($at:literal, $sum:literal) => {
        concat!("ldrsb r12, [lr, #", $at, "]\nmla ", $sum, ", r12, r3, ", $sum, "\n")
    };
}

/// Adds rows of `8 * blocks` weights, block by block: one row or more, each told by where it begins and its value.
#[unsafe(naked)]
unsafe extern "C" fn add_8(
    weights: *const i8,
    list: *const Product,
    end: *const Product,
    sums: *mut [u32; 8],
    blocks: usize,
) {
    naked_asm!(
        "push {{r1, r3-r11, lr}}", // list and sums are at sp and sp + 4, blocks at sp + 44
        "2:",
        "ldrd r1, r3, [sp]",
        "ldm r3, {{r4-r11}}",
        "3:",
        "ldrd lr, r3, [r1], #8",
        "add lr, r0",
        product!("0", "r4"),
        product!("1", "r5"),
        product!("2", "r6"),
        product!("3", "r7"),
        product!("4", "r8"),
        product!("5", "r9"),
        product!("6", "r10"),
        product!("7", "r11"),
        "cmp r1, r2",
        "bne 3b",
        "ldr r3, [sp, #4]",
        "stm r3!, {{r4-r11}}",
        "str r3, [sp, #4]",
        "add r0, #8",
        "ldr r3, [sp, #44]",
        "subs r3, #1",
        "str r3, [sp, #44]",
        "bne 2b",
        "pop {{r1, r3-r11, pc}}",
    )
}
