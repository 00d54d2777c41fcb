//! Lists input values that are not zero, each with where its row begins: ten instructions each, and a quarter as many or
//! less where words of zeros are passed over.
use core::arch::naked_asm;

use crate::synapse::rows::{Ranges, SCALED, Scaled};

/// Numbers in memory that a kernel of this core lists.
pub(crate) type Scan = unsafe extern "C" fn(&mut State);

/// How far listing has come. The order is known to the assembly.
#[repr(C)]
pub(crate) struct State {
    /// The next number, and the end of all.
    from: *const u8,
    end: *const u8,
    /// Where the next number's row begins, and the distance of two rows.
    start: u32,
    stride: u32,
    /// The group that is not full yet, and the end of all.
    group: *mut Scaled,
    last: *mut Scaled,
    /// Numbers that are listed.
    count: usize,
    /// From the end of a range to the next one's begin: bytes, and where rows begin.
    gap: u32,
    start_gap: u32,
    /// Bytes from one range to the next.
    pitch: u32,
    /// Ranges.
    ranges: u32,
}

/// Lists numbers whose first row begins at `start`, behind the `count` that are in `groups`, as long as there is room.
/// Returns how many numbers were read, and how many there are in the list.
#[inline]
pub(crate) fn list<V>(
    scan: Scan,
    values: &[V],
    start: u32,
    stride: u32,
    groups: &mut [Scaled],
    count: usize,
) -> (usize, usize) {
    let Some(behind) = groups.get_mut(count / SCALED..) else { return (0, count) };
    if values.is_empty() || behind.is_empty() {
        return (0, count);
    }
    let (from, to) = (values.as_ptr_range(), behind.as_mut_ptr_range());
    let mut state = State {
        from: from.start.cast(),
        end: from.end.cast(),
        start,
        stride,
        group: to.start,
        last: to.end,
        count,
        gap: 0,
        start_gap: 0,
        pitch: 0,
        ranges: 1,
    };
    // SAFETY: numbers are read up to their end, and one is listed only where a group has room for it.
    unsafe { scan(&mut state) };
    ((state.from.addr() - from.start.addr()) / size_of::<V>(), state.count)
}

/// As [`list`], of some ranges of `values`, for which the groups are enough; rows are `stride` apart. Returns how many numbers there
/// are in the list; `None`, and nothing is listed, where there is no room for all.
#[inline]
pub(crate) fn list_ranges<V>(
    scan: Scan,
    values: &[V],
    ranges: &Ranges,
    stride: usize,
    groups: &mut [Scaled],
    count: usize,
) -> Option<usize> {
    let behind = groups.get_mut(count / SCALED..)?;
    let all = ranges.count * ranges.ranges;
    if all == 0 || count % SCALED + all >= SCALED * behind.len() || ranges.end() > values.len() {
        return None;
    }
    let (bytes, to) = (size_of::<V>(), behind.as_mut_ptr_range());
    let from = values.as_ptr().cast::<u8>().wrapping_add(ranges.start * bytes);
    let mut state = State {
        from,
        end: from.wrapping_add(ranges.count * bytes),
        start: (ranges.row * stride) as u32,
        stride: stride as u32,
        group: to.start,
        last: to.end,
        count,
        gap: (ranges.pitch.wrapping_sub(ranges.count) * bytes) as u32,
        start_gap: (ranges.row_pitch.wrapping_sub(ranges.count) * stride) as u32,
        pitch: (ranges.pitch * bytes) as u32,
        ranges: ranges.ranges as u32,
    };
    // SAFETY: all ranges lie in the values, each of which has room in a group; the last group is not filled.
    unsafe { scan(&mut state) };
    Some(state.count)
}

/// A function that lists numbers which `$load` reads, `$bytes` each.
macro_rules! scan {
    ($name:ident, $load:literal, $bytes:literal) => {
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(state: &mut State) {
            naked_asm!(
                "push {{r0, r4-r11, lr}}",
                "ldm r0, {{r0-r6}}", // from, end, start, stride, group, last, count
                "and r8, r6, #3",
                "add r9, r4, r8, lsl #1",
                "add r9, #16", // of the next value
                "add r4, r4, r8, lsl #2", // of its row
                "lsl r11, r3, {skip}", // distance of rows in a word's numbers
                "sub lr, r1, #4",
                "2:",
                "cmp r0, lr",
                "bhi 6f",
                "ldr r7, [r0]",
                "add r10, r0, #4",
                "cbnz r7, 3f",
                "mov r0, r10",
                "add r2, r11",
                "b 2b",
                "3:",
                concat!($load, " r7, [r0], #", $bytes),
                "cbz r7, 4f",
                "str r2, [r4], #4",
                "strh r7, [r9], #2",
                "adds r6, #1",
                "tst r6, #3",
                "beq 5f",
                "4:",
                "add r2, r3",
                "cmp r0, r10",
                "bne 3b",
                "b 2b",
                "5:", // the group is full
                "add r4, #8",
                "add r9, #16",
                "cmp r4, r5",
                "bne 4b",
                "b 7f",
                "6:", // less than a word is left
                "mov r10, r1",
                "cmp r0, r1",
                "blo 3b",
                "ldr r7, [sp]", // the range has ended
                "ldr r10, [r7, #40]",
                "subs r10, #1",
                "beq 7f",
                "str r10, [r7, #40]",
                "ldr r10, [r7, #28]",
                "add r0, r10",
                "ldr r10, [r7, #32]",
                "add r2, r10",
                "ldr r10, [r7, #36]",
                "add r1, r10",
                "sub lr, r1, #4",
                "b 2b",
                "7:",
                "pop {{r1}}",
                "str r0, [r1]",
                "str r6, [r1, #24]",
                "pop {{r4-r11, pc}}",
                skip = const 2 - $bytes / 2,
            )
        }
    };
}

scan!(list_u8, "ldrb", 1);
scan!(list_i8, "ldrsb", 1);
scan!(list_i16, "ldrsh", 2);
