//! Bit-sliced counters in eight registers: one plane and four rows lie in those that compute, the other planes in those that
//! only move. A carry-save adder is six instructions, its carry being `a ^ ((a ^ b) & (a ^ plane))`.
use core::arch::naked_asm;

use crate::arch::counts::Counted;

macro_rules! adder {
    ($plane:literal, $a:literal, $b:literal) => {
        concat!(
            "eors ",
            $b,
            ", ",
            $a,
            "\n",
            "movs r3, ",
            $plane,
            "\n",
            "eors ",
            $plane,
            ", ",
            $b,
            "\n",
            "eors r3, ",
            $a,
            "\n",
            "ands r3, ",
            $b,
            "\n",
            "eors ",
            $a,
            ", r3\n",
        )
    };
}

/// What differs where rows are words of signs: four rows, what is kept at sp + 12 in the meantime, the distance of two columns.
macro_rules! signs {
    (rows) => {
        "ldr r4, [r0, r4]\nldr r5, [r0, r5]\nldr r6, [r0, r6]\nldr r7, [r0, r7]\n"
    };
    (keep) => {
        ""
    };
    (drop) => {
        ""
    };
    (column) => {
        "adds r0, #4"
    };
}

/// As [`signs`], where rows are bytes that name codewords.
macro_rules! codewords {
    (rows) => {
        concat!(
            "ldr r3, [sp, #12]\n",
            codewords!(row "r4"),
            codewords!(row "r5"),
            codewords!(row "r6"),
            codewords!(row "r7"),
        )
    };
    (row $word:literal) => {
        concat!("ldrb ", $word, ", [r0, ", $word, "]\nlsls ", $word, ", #2\nldr ", $word, ", [r3, ", $word, "]\n")
    };
    (keep) => {
        "ldr r4, [r3, #28]\npush {{r4}}"
    };
    (drop) => {
        "add sp, #4"
    };
    (column) => {
        "adds r0, #1"
    };
}

/// Four rows into planes 0 and 1, their carry into r4.
macro_rules! four_rows {
    ($rows:ident) => {
        concat!(
            "ldm r1!, {{r4, r5, r6, r7}}\n",
            $rows!(rows),
            adder!("r2", "r4", "r5"),
            adder!("r2", "r6", "r7"),
            "mov r5, r8\n",
            adder!("r5", "r4", "r6"),
            "mov r8, r5\n",
        )
    };
}

/// Swaps bits of two words: those of `r2 << shift` in the first with those of r2 in the second.
macro_rules! swap {
    ($a:literal, $b:literal, $shift:literal) => {
        concat!(
            "lsrs r3, ",
            $a,
            ", #",
            $shift,
            "\n",
            "eors r3, ",
            $b,
            "\n",
            "ands r3, r2\n",
            "eors ",
            $b,
            ", r3\n",
            "lsls r3, r3, #",
            $shift,
            "\n",
            "eors ",
            $a,
            ", r3\n",
        )
    };
}

/// As [`swap`] by 4, of two planes in memory.
macro_rules! swap_halves {
    ($a:literal, $b:literal) => {
        concat!(
            "ldr r4, [sp, #",
            $a,
            "]\n",
            "ldr r5, [sp, #",
            $b,
            "]\n",
            swap!("r4", "r5", "4"),
            "str r4, [sp, #",
            $a,
            "]\n",
            "str r5, [sp, #",
            $b,
            "]\n",
        )
    };
}

/// A plane's first word.
macro_rules! begin {
    ($plane:literal, $shift:literal) => {
        concat!("lsls ", $plane, ", r4, #", $shift, "\n", "asrs ", $plane, ", ", $plane, ", #31\n")
    };
}

/// Adds the lowest byte of a word to a sum, and takes it away.
macro_rules! add_byte {
    ($word:literal, $at:literal) => {
        concat!(
            "sxtb r1, ",
            $word,
            "\n",
            "ldr r2, [r0, #",
            $at,
            "]\n",
            "adds r2, r2, r1\n",
            "str r2, [r0, #",
            $at,
            "]\n",
            "lsrs ",
            $word,
            ", ",
            $word,
            ", #8\n",
        )
    };
}

/// As [`add_byte`], the byte unsigned, times r3 plus r8.
macro_rules! add_times {
    ($word:literal, $at:literal) => {
        concat!(
            "uxtb r1, ",
            $word,
            "\n",
            "muls r1, r3, r1\n",
            "ldr r2, [r0, #",
            $at,
            "]\n",
            "adds r2, r2, r1\n",
            "add r2, r8\n",
            "str r2, [r0, #",
            $at,
            "]\n",
            "lsrs ",
            $word,
            ", ",
            $word,
            ", #8\n",
        )
    };
}

/// A function that counts column by column; a row is given in bytes.
macro_rules! counts {
    ($rows:ident) => {
        naked_asm!(
            "push {{r4-r7, lr}}",
            "mov r4, r8",
            "mov r5, r9",
            "mov r6, r10",
            "mov r7, r11",
            "push {{r0-r7}}", // words, sums, columns and counted are at sp, sp + 4, sp + 8 and sp + 12
            "1:",
            "ldr r0, [sp]",
            "ldr r3, [sp, #12]",
            // rows of nothing complete the last group
            "ldr r4, [r3, #8]",
            "ldr r5, [r3, #12]",
            "subs r5, r5, r0",
            "movs r6, r5",
            "movs r7, r5",
            "stm r4!, {{r5, r6, r7}}",
            "stm r4!, {{r5, r6, r7}}",
            "str r5, [r4]",
            "ldr r4, [r3, #24]",
            begin!("r2", "31"),
            begin!("r5", "30"),
            "mov r8, r5",
            begin!("r5", "29"),
            "mov r10, r5",
            begin!("r5", "28"),
            "mov r11, r5",
            begin!("r5", "27"),
            "mov r12, r5",
            begin!("r5", "26"),
            begin!("r6", "25"),
            begin!("r7", "24"),
            $rows!(keep),
            "push {{r5, r6, r7}}", // planes 5, 6, 7
            "ldr r1, [r3]",
            "ldr r5, [r3, #4]",
            "lsls r5, r5, #5",
            "adds r5, r5, r1",
            "mov lr, r5",
            "2:",
            four_rows!($rows),
            "mov r9, r4",
            four_rows!($rows),
            "mov r5, r10",
            "mov r6, r9",
            adder!("r5", "r4", "r6"),
            "mov r10, r5",
            // eight rows counted: the carry has the weight of plane 3
            "mov r5, r11",
            "movs r6, r5",
            "ands r6, r4",
            "eors r5, r4",
            "mov r11, r5",
            "mov r5, r12",
            "movs r4, r5",
            "ands r4, r6",
            "eors r5, r6",
            "mov r12, r5",
            "cmp r4, #0",
            "bne 4f",
            "3:",
            "cmp r1, lr",
            "bne 2b",
            "b 5f",
            "4:",
            "pop {{r5, r6, r7}}",
            "movs r3, r5",
            "ands r3, r4",
            "eors r5, r4",
            "movs r4, r6",
            "ands r4, r3",
            "eors r6, r3",
            "eors r7, r4",
            "push {{r5, r6, r7}}",
            "b 3b",
            "5:",
            "pop {{r5, r6, r7}}",
            $rows!(drop),
            "sub sp, #32",
            "ldr r3, [sp, #44]",
            "ldr r4, [r3, #16]",
            "cmp r4, #0",
            "bne 6f",
            // one plane higher
            "ldr r4, [r3, #20]",
            "str r4, [sp]",
            "str r2, [sp, #4]",
            "mov r4, r8",
            "str r4, [sp, #8]",
            "mov r4, r10",
            "str r4, [sp, #12]",
            "mov r4, r11",
            "str r4, [sp, #16]",
            "mov r4, r12",
            "str r4, [sp, #20]",
            "str r5, [sp, #24]",
            "str r6, [sp, #28]",
            "b 7f",
            "6:",
            "str r2, [sp]",
            "mov r4, r8",
            "str r4, [sp, #4]",
            "mov r4, r10",
            "str r4, [sp, #8]",
            "mov r4, r11",
            "str r4, [sp, #12]",
            "mov r4, r12",
            "str r4, [sp, #16]",
            "str r5, [sp, #20]",
            "str r6, [sp, #24]",
            "str r7, [sp, #28]",
            "7:",
            "ldr r2, 30f",
            swap_halves!("0", "16"),
            swap_halves!("4", "20"),
            swap_halves!("8", "24"),
            swap_halves!("12", "28"),
            "ldr r0, [sp, #36]",
            "movs r1, #128",
            "add r1, r0",
            "mov r9, r1", // behind the column's sums
            "mov r1, sp",
            "8:",
            "ldm r1!, {{r4, r5, r6, r7}}",
            "mov r10, r1",
            "ldr r2, 31f",
            swap!("r4", "r6", "2"),
            swap!("r5", "r7", "2"),
            "ldr r2, 32f",
            swap!("r4", "r5", "1"),
            swap!("r6", "r7", "1"),
            "ldr r3, [sp, #44]",
            "ldr r2, [r3, #20]",
            "mov r8, r2",
            "ldr r3, [r3, #16]",
            "cmp r3, #0",
            "bne 20f",
            "10:",
            add_byte!("r4", "0"),
            add_byte!("r5", "4"),
            add_byte!("r6", "8"),
            add_byte!("r7", "12"),
            "adds r0, #32",
            "cmp r0, r9",
            "blo 10b",
            "b 21f",
            "20:",
            add_times!("r4", "0"),
            add_times!("r5", "4"),
            add_times!("r6", "8"),
            add_times!("r7", "12"),
            "adds r0, #32",
            "cmp r0, r9",
            "blo 20b",
            "21:",
            "subs r0, #112", // the next four outputs
            "mov r1, r10",
            "mov r2, sp",
            "adds r2, #32",
            "cmp r1, r2",
            "bne 8b",
            "add sp, #32",
            "ldr r0, [sp]",
            $rows!(column),
            "str r0, [sp]",
            "ldr r1, [sp, #4]",
            "adds r1, #128",
            "str r1, [sp, #4]",
            "ldr r2, [sp, #8]",
            "subs r2, #1",
            "str r2, [sp, #8]",
            "beq 9f",
            "b 1b",
            "9:",
            "add sp, #16",
            "pop {{r4-r7}}",
            "mov r8, r4",
            "mov r9, r5",
            "mov r10, r6",
            "mov r11, r7",
            "pop {{r4-r7, pc}}",
            ".p2align 2",
            "30: .word 0x0f0f0f0f",
            "31: .word 0x33333333",
            "32: .word 0x55555555",
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
