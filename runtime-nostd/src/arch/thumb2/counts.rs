//! Bit-sliced counters: a carry-save adder is five instructions.
use core::arch::naked_asm;

use crate::arch::counts::Counted;

/// One carry-save adder: the plane takes two more words, which become the carry in the first (or in the last operand).
macro_rules! adder {
    ($plane:literal, $a:literal, $b:literal) => {
        adder!($plane, $a, $b, $a)
    };
    ($plane:literal, $a:literal, $b:literal, $carry:literal) => {
        concat!(
            "eor r12, ",
            $a,
            ", ",
            $b,
            "\n",
            "and ",
            $a,
            ", ",
            $a,
            ", ",
            $b,
            "\n",
            "and ",
            $b,
            ", r12, ",
            $plane,
            "\n",
            "eor ",
            $plane,
            ", ",
            $plane,
            ", r12\n",
            "orr ",
            $carry,
            ", ",
            $a,
            ", ",
            $b,
            "\n",
        )
    };
}

/// What differs where rows are words of signs: a row's word, the distance of two columns, where nothing is, the end of the rows.
macro_rules! signs {
    (row $word:literal) => {
        concat!("ldr ", $word, ", [r0, ", $word, ", lsl #2]\n")
    };
    (nothing) => {
        "sub r5, r0\nlsr r5, r5, #2\n"
    };
    (begin) => {
        "" // r2 counts groups
    };
    (end) => {
        "subs r2, #1\nbne 2b\n"
    };
    (column) => {
        "add r0, #4\n"
    };
}

/// As [`signs`], where rows are bytes that name codewords.
macro_rules! codewords {
    (row $word:literal) => {
        concat!("ldrb ", $word, ", [r0, ", $word, "]\nldr ", $word, ", [r2, ", $word, ", lsl #2]\n")
    };
    (nothing) => {
        "sub r5, r0\n"
    };
    (begin) => {
        "add lr, r1, r2, lsl #5\nldr r2, [r3, #28]\n"
    };
    (end) => {
        "ldr r3, [sp, #12]\ncmp r1, r3\nbne 2b\n"
    };
    (column) => {
        "add r0, #1\n"
    };
}

/// Four rows into planes 0 and 1, their carry into a register.
macro_rules! four_rows {
    ($rows:ident, $carry:literal) => {
        concat!(
            "ldm r1!, {{r3, r9, r10, r11}}\n",
            $rows!(row "r3"),
            $rows!(row "r9"),
            $rows!(row "r10"),
            $rows!(row "r11"),
            adder!("r4", "r3", "r9"),
            adder!("r4", "r10", "r11"),
            adder!("r5", "r3", "r10", $carry),
        )
    };
}

/// Swaps bits of two words: those of `mask << shift` in the first with those of `mask` in the second.
macro_rules! swap {
    ($a:literal, $b:literal, $shift:literal, $mask:literal) => {
        concat!(
            "eor r12, ",
            $b,
            ", ",
            $a,
            ", lsr #",
            $shift,
            "\n",
            "and r12, r12, #",
            $mask,
            "\n",
            "eor ",
            $b,
            ", ",
            $b,
            ", r12\n",
            "eor ",
            $a,
            ", ",
            $a,
            ", r12, lsl #",
            $shift,
            "\n",
        )
    };
}

/// Adds the counts in byte `$byte` of four words, times r2 plus r3, to four sums.
macro_rules! add_four {
    ($shift:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "ldm r0, {{r1, r12}}\n",
            "ubfx lr, ",
            $a,
            ", #",
            $shift,
            ", #8\n",
            "add r1, r1, r3\n",
            "mla r1, lr, r2, r1\n",
            "ubfx lr, ",
            $b,
            ", #",
            $shift,
            ", #8\n",
            "add r12, r12, r3\n",
            "mla r12, lr, r2, r12\n",
            "stm r0!, {{r1, r12}}\n",
            "ldm r0, {{r1, r12}}\n",
            "ubfx lr, ",
            $c,
            ", #",
            $shift,
            ", #8\n",
            "add r1, r1, r3\n",
            "mla r1, lr, r2, r1\n",
            "ubfx lr, ",
            $d,
            ", #",
            $shift,
            ", #8\n",
            "add r12, r12, r3\n",
            "mla r12, lr, r2, r12\n",
            "stm r0!, {{r1, r12}}\n",
        )
    };
}

/// Adds byte `$shift / 8` of four words, signed, to four sums.
#[cfg(snnc_dsp)]
macro_rules! add_four_bytes {
    ($a:literal, $b:literal, $c:literal, $d:literal, $shift:literal) => {
        concat!(
            "ldm r0, {{r1, r2, r3, r12}}\n",
            "sxtab r1, r1, ",
            $a,
            ", ror #",
            $shift,
            "\n",
            "sxtab r2, r2, ",
            $b,
            ", ror #",
            $shift,
            "\n",
            "sxtab r3, r3, ",
            $c,
            ", ror #",
            $shift,
            "\n",
            "sxtab r12, r12, ",
            $d,
            ", ror #",
            $shift,
            "\n",
            "stm r0!, {{r1, r2, r3, r12}}\n",
        )
    };
}
#[cfg(not(snnc_dsp))]
macro_rules! add_four_bytes {
    ($a:literal, $b:literal, $c:literal, $d:literal, $shift:literal) => {
        concat!(
            "ldm r0, {{r1, r2, r3, r12}}\n",
            "sbfx lr, ",
            $a,
            ", #",
            $shift,
            ", #8\n",
            "add r1, r1, lr\n",
            "sbfx lr, ",
            $b,
            ", #",
            $shift,
            ", #8\n",
            "add r2, r2, lr\n",
            "sbfx lr, ",
            $c,
            ", #",
            $shift,
            ", #8\n",
            "add r3, r3, lr\n",
            "sbfx lr, ",
            $d,
            ", #",
            $shift,
            ", #8\n",
            "add r12, r12, lr\n",
            "stm r0!, {{r1, r2, r3, r12}}\n",
        )
    };
}

/// A function that counts column by column.
macro_rules! counts {
    ($rows:ident) => {
        naked_asm!(
            dsp!(),
            "push {{r0-r11, lr}}", // words, sums, columns and counted are at sp, sp + 4, sp + 8 and sp + 12
            "1:",
            "ldr r3, [sp, #12]",
            "ldm r3, {{r1, r2, r4, r5}}",
            // where nothing is, counted from this column
            $rows!(nothing),
            "mov r6, r5",
            "mov r7, r5",
            "mov r8, r5",
            "mov r9, r5",
            "mov r10, r5",
            "mov r11, r5",
            "stm r4, {{r5-r11}}",
            "ldr r12, [r3, #24]",
            "sbfx r4, r12, #0, #1",
            "sbfx r5, r12, #1, #1",
            "sbfx r6, r12, #2, #1",
            "sbfx r7, r12, #3, #1",
            "sbfx r8, r12, #4, #1",
            "sbfx r9, r12, #5, #1",
            "sbfx r10, r12, #6, #1",
            "sbfx r11, r12, #7, #1",
            $rows!(begin),
            "push {{r9, r10, r11, lr}}", // planes 5, 6, 7
            "2:",
            four_rows!($rows, "lr"),
            four_rows!($rows, "r3"),
            adder!("r6", "r3", "lr"),
            // eight rows counted: the carry has the weight of plane 3
            "and r9, r7, r3",
            "eor r7, r7, r3",
            "ands r3, r8, r9",
            "eor r8, r8, r9",
            "bne 4f",
            $rows!(end),
            "b 5f",
            "4:",
            "ldm sp, {{r9, r10, r11}}",
            "and r12, r9, r3",
            "eor r9, r9, r3",
            "and r3, r10, r12",
            "eor r10, r10, r12",
            "eor r11, r11, r3",
            "stm sp, {{r9, r10, r11}}",
            $rows!(end),
            "5:",
            "pop {{r9, r10, r11, r12}}",
            "ldr r3, [sp, #12]",
            "ldr r0, [sp, #4]",
            "ldrd r2, r3, [r3, #16]",
            "cbnz r2, 6f",
            "mov r11, r10",
            "mov r10, r9",
            "mov r9, r8",
            "mov r8, r7",
            "mov r7, r6",
            "mov r6, r5",
            "mov r5, r4",
            "mov r4, r3",
            "6:",
            swap!("r4", "r8", "4", "0x0f0f0f0f"),
            swap!("r5", "r9", "4", "0x0f0f0f0f"),
            swap!("r6", "r10", "4", "0x0f0f0f0f"),
            swap!("r7", "r11", "4", "0x0f0f0f0f"),
            swap!("r4", "r6", "2", "0x33333333"),
            swap!("r5", "r7", "2", "0x33333333"),
            swap!("r8", "r10", "2", "0x33333333"),
            swap!("r9", "r11", "2", "0x33333333"),
            swap!("r4", "r5", "1", "0x55555555"),
            swap!("r6", "r7", "1", "0x55555555"),
            swap!("r8", "r9", "1", "0x55555555"),
            swap!("r10", "r11", "1", "0x55555555"),
            "cmp r2, #0",
            "bne 7f",
            add_four_bytes!("r4", "r5", "r6", "r7", "0"),
            add_four_bytes!("r8", "r9", "r10", "r11", "0"),
            add_four_bytes!("r4", "r5", "r6", "r7", "8"),
            add_four_bytes!("r8", "r9", "r10", "r11", "8"),
            add_four_bytes!("r4", "r5", "r6", "r7", "16"),
            add_four_bytes!("r8", "r9", "r10", "r11", "16"),
            add_four_bytes!("r4", "r5", "r6", "r7", "24"),
            add_four_bytes!("r8", "r9", "r10", "r11", "24"),
            "b 8f",
            "7:",
            add_four!("0", "r4", "r5", "r6", "r7"),
            add_four!("0", "r8", "r9", "r10", "r11"),
            add_four!("8", "r4", "r5", "r6", "r7"),
            add_four!("8", "r8", "r9", "r10", "r11"),
            add_four!("16", "r4", "r5", "r6", "r7"),
            add_four!("16", "r8", "r9", "r10", "r11"),
            add_four!("24", "r4", "r5", "r6", "r7"),
            add_four!("24", "r8", "r9", "r10", "r11"),
            "8:",
            "str r0, [sp, #4]",
            "ldr r0, [sp]",
            "ldr r1, [sp, #8]",
            $rows!(column),
            "subs r1, #1",
            "str r0, [sp]",
            "str r1, [sp, #8]",
            "bne 1b",
            "add sp, #16",
            "pop {{r4-r11, pc}}",
        )
    };
}

/// As [`crate::arch::counts::add`], column by column.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_counts(
    words: *const u32,
    sums: *mut [u32; 32],
    columns: usize,
    counted: &Counted,
) {
    counts!(signs)
}

/// As [`add_counts`], of the codewords that bytes name.
#[unsafe(naked)]
pub(in crate::arch) unsafe extern "C" fn add_codewords(
    indices: *const u8,
    sums: *mut [u32; 32],
    columns: usize,
    counted: &Counted,
) {
    counts!(codewords)
}
