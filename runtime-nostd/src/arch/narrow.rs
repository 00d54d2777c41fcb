//! Rows of nine to twelve bytes, which most classifiers end with: added as the inputs that spiked are found, by `SXTAB16`. 14
//! instructions each, where a list of rows and the blocks of [`super::int8`] take 22.
use core::arch::naked_asm;

/// Words of spikes whose rows add up to 16 bits.
const WORDS: usize = crate::synapse::CHUNK / 32;

/// Words of spikes, and the sums that their rows are added to. The order is known to the assembly.
#[repr(C)]
struct State {
    /// The row of bit 31 of the first word.
    weights: *const i8,
    words: *const u32,
    end: *const u32,
    width: usize,
    sums: *mut u32,
}

type Kernel = unsafe extern "C" fn(&State);

/// Adds the rows of those of the first `count` bits of `bits` that are set to the sums, one per weight of a row; the first bit has
/// `row`. False, and nothing added, where rows are narrower or wider, or not all of them within `weights`.
#[inline]
pub(crate) fn add_spikes(weights: &[i8], bits: &[u32], count: usize, row: usize, sums: &mut [u32]) -> bool {
    let width = sums.len();
    let kernel: Kernel = match width {
        9 => add_9,
        10 => add_10,
        11 => add_11,
        12 => add_12,
        _ => return false,
    };
    if (row + count).checked_mul(width).is_none_or(|all| all > weights.len()) {
        return false;
    }
    let mut whole = bits.get(..count / 32).unwrap_or(bits);
    let behind = bits.get(whole.len()).map_or(0, |word| word & ((1 << (count % 32)) - 1));
    let mut row = row;
    while let Some((words, rest)) =
        whole.split_at_checked(whole.len().min(WORDS)).filter(|(words, _)| !words.is_empty())
    {
        // SAFETY: each of the bits has a row of `width` weights within `weights`.
        unsafe { add_words(kernel, weights, words, row, sums) };
        (whole, row) = (rest, row + 32 * words.len());
    }
    if behind != 0 {
        // SAFETY: as above.
        unsafe { add_words(kernel, weights, &[behind], row, sums) };
    }
    true
}

/// Adds the rows of the bits of a word or more.
///
/// # Safety
/// A bit that is set has a row of as many weights as there are sums within `weights`, which the kernel is of.
#[inline(always)]
unsafe fn add_words(kernel: Kernel, weights: &[i8], words: &[u32], row: usize, sums: &mut [u32]) {
    let range = words.as_ptr_range();
    let width = sums.len();
    let weights = weights.as_ptr().wrapping_add((row + 31) * width);
    let state = State { weights, words: range.start, end: range.end, width, sums: sums.as_mut_ptr() };
    // SAFETY: the caller's promise; of nine to twelve bytes the last four are read from where they begin.
    unsafe { kernel(&state) };
}

/// Adds four bytes, those of `$even` and `$odd`, to four sums.
macro_rules! four {
    ($even:literal, $odd:literal) => {
        concat!(
            "ldm r1, {{r0, r2, r3, r12}}\n",
            "sxtah r0, r0, ",
            $even,
            "\n",
            "sxtah r2, r2, ",
            $odd,
            "\n",
            "add r3, r3, ",
            $even,
            ", asr #16\n",
            "add r12, r12, ",
            $odd,
            ", asr #16\n",
            "stm r1!, {{r0, r2, r3, r12}}\n",
        )
    };
}

/// A function that adds the bytes 0 to 7 of rows, and those behind them, which are the last of the four from `$last` on.
macro_rules! function {
    ($name:ident, $last:literal, $behind:expr) => {
        #[unsafe(naked)]
        unsafe extern "C" fn $name(state: &State) {
            naked_asm!(
                dsp!(),
                "push {{r0, r4-r11, lr}}",
                "ldr lr, [r0, #12]",
                "ldrd r2, r12, [r0, #4]",
                "ldr r0, [r0]",
                "mov r3, #0x80000000",
                "movs r4, #0",
                "movs r5, #0",
                "movs r6, #0",
                "movs r7, #0",
                "mov r8, #0",
                "mov r9, #0",
                "push {{r12}}",
                "2:",
                "ldr r1, [r2], #4",
                "cbz r1, 4f",
                "3:",
                "clz r12, r1",
                "lsr r10, r3, r12",
                "mls r12, r12, lr, r0",
                "bics r1, r10",
                "ldr r10, [r12]",
                "ldr r11, [r12, #4]",
                concat!("ldr r12, [r12, #", $last, "]"),
                "sxtab16 r4, r4, r10",
                "sxtab16 r5, r5, r10, ror #8",
                "sxtab16 r6, r6, r11",
                "sxtab16 r7, r7, r11, ror #8",
                "sxtab16 r8, r8, r12",
                "sxtab16 r9, r9, r12, ror #8",
                "bne 3b",
                "4:",
                "add r0, r0, lr, lsl #5",
                "ldr r12, [sp]",
                "cmp r2, r12",
                "bne 2b",
                "pop {{r0, r1}}",
                "ldr r1, [r1, #16]",
                four!("r4", "r5"),
                four!("r6", "r7"),
                $behind,
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

function!(add_9, "5", "ldr r0, [r1]\nadd r0, r0, r9, asr #16\nstr r0, [r1]");
function!(add_10, "6", "ldrd r0, r2, [r1]\nadd r0, r0, r8, asr #16\nadd r2, r2, r9, asr #16\nstrd r0, r2, [r1]");
function!(
    add_11,
    "7",
    "ldm r1, {{r0, r2, r3}}\nsxtah r0, r0, r9\nadd r2, r2, r8, asr #16\nadd r3, r3, r9, asr #16\nstm r1, {{r0, r2, r3}}"
);
function!(add_12, "8", four!("r8", "r9"));
