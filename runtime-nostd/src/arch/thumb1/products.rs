//! Rows of bytes times values of eight bits, four outputs at once: a weight plus 128 times a value is a number of 16 bits, so that
//! one multiplication makes two products. Of such words the sum is added up, and that of the upper halves, which tells both
//! apart. 62 instructions for 16 products.
use core::arch::naked_asm;

use crate::synapse::rows::{Product, Rows};

/// Rows that are added at once, at most.
pub(crate) const MOST: usize = 48;

/// Whether values are eight bits and a sign, those that are negative apart.
pub(crate) const BY_SIGN: bool = true;

/// Rows that are worth a list: under a window of fewer inputs there are too few values.
const LEAST: usize = 32;

/// Whether [`add_scaled`] adds such rows: they begin with words, and all of them lie within `weights`.
#[inline]
pub(crate) fn takes(weights: &[i8], rows: &Rows<'_>, width: usize) -> bool {
    // a product of 64 bits is a call: last
    rows.rows() >= LEAST
        && rows.stride() == width
        && width > 0
        && width.is_multiple_of(4)
        && weights.as_ptr().addr().is_multiple_of(4)
        && rows.rows().checked_mul(width).is_some_and(|all| all <= weights.len())
}

/// Adds what is listed of rows of weights times their values to the sums, one per weight of a row, as
/// [`crate::synapse::int8::add_scaled`] does. Nothing where it does not take them.
#[inline]
pub(crate) fn add_scaled(weights: &[i8], rows: &mut Rows<'_>, sums: &mut [u32]) {
    let width = sums.len();
    if !takes(weights, rows, width) {
        return;
    }
    for (list, sign) in rows.products().into_iter().zip([0, u32::MAX]) {
        if list.is_empty() {
            continue;
        }
        let all: u32 = list.iter().map(|[_, value]| value).sum();
        let range = list.as_ptr_range();
        let mut added = Added {
            list: range.start,
            end: range.end,
            sums: sums.as_mut_ptr(),
            blocks: width / 4,
            offset: (128 * all).wrapping_neg(),
            sign,
        };
        // SAFETY: a row that is listed has `width` weights, all of them within `weights`, of which the blocks read a word each; there
        // are four rows or more, and a multiple of that.
        unsafe { add_4(weights.as_ptr(), &mut added) };
    }
}

/// What is added. The order is known to the assembly.
#[repr(C)]
struct Added {
    /// Where rows begin, in bytes, and their values: some fours.
    list: *const Product,
    end: *const Product,
    sums: *mut u32,
    blocks: usize,
    /// What the sum has too much.
    offset: u32,
    /// All ones where it is taken away.
    sign: u32,
}

/// A row of four weights: even ones into r8, their upper half into r9 too; odd ones into r10 and r11.
macro_rules! row {
    () => {
        "ldm r1!, {{r4, r7}}
         ldr r3, [r0, r4]
         eors r3, r6
         movs r2, r3
         ands r2, r5
         lsrs r3, r3, #8
         ands r3, r5
         muls r2, r7, r2
         muls r3, r7, r3
         add r8, r2
         lsrs r2, r2, #16
         add r9, r2
         add r10, r3
         lsrs r3, r3, #16
         add r11, r3\n"
    };
}

/// Adds what `$low` and `$high` have to two sums.
macro_rules! two_sums {
    ($low:literal, $high:literal, $first:literal, $second:literal) => {
        concat!(
            "mov r2, ",
            $low,
            "\nmov r4, ",
            $high,
            "\nlsls r3, r4, #16
             subs r2, r2, r3
             adds r2, r2, r5
             adds r4, r4, r5
             eors r2, r6
             eors r4, r6
             subs r2, r2, r6
             subs r4, r4, r6\n",
            "ldr r3, [r1, #",
            $first,
            "]\nadds r2, r2, r3\nstr r2, [r1, #",
            $first,
            "]\nldr r3, [r1, #",
            $second,
            "]\nadds r4, r4, r3\nstr r4, [r1, #",
            $second,
            "]\n",
        )
    };
}

/// Adds rows of `4 * blocks` weights, block by block.
#[unsafe(naked)]
unsafe extern "C" fn add_4(weights: *const i8, added: &mut Added) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "mov r4, r8",
        "mov r5, r9",
        "mov r6, r10",
        "mov r7, r11",
        "push {{r4-r7}}",
        "mov lr, r1",
        "2:",
        "mov r7, lr",
        "ldm r7!, {{r1, r2}}",
        "mov r12, r2",
        "movs r4, #0",
        "mov r8, r4",
        "mov r9, r4",
        "mov r10, r4",
        "mov r11, r4",
        "ldr r5, 8f",
        "ldr r6, 9f",
        "3:",
        row!(),
        row!(),
        row!(),
        row!(),
        "cmp r1, r12",
        "bne 3b",
        "mov r7, lr",
        "ldr r1, [r7, #8]",
        "ldr r5, [r7, #16]",
        "ldr r6, [r7, #20]",
        two_sums!("r8", "r9", "0", "8"),
        two_sums!("r10", "r11", "4", "12"),
        "adds r1, #16",
        "str r1, [r7, #8]",
        "adds r0, #4",
        "ldr r1, [r7, #12]",
        "subs r1, #1",
        "str r1, [r7, #12]",
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
