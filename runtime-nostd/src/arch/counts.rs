//! Bit-sliced counters: how often each of 32 outputs has its bit set in the rows of the inputs that spiked.
//!
//! Eight rows go through seven carry-save adders; planes 0 to 4 stay in registers, the rest of the carries is rare. Eight
//! planes of 32 bits are then four matrices of 8 by 8 bits, transposed in twelve swaps of four
//! instructions (Warren, Hacker's Delight, 7-3), after which a byte is an output's count.
//!
//! With weights of -1 and +1 the sum over n rows is twice the count less n. Of 127 rows or fewer that is a byte: the counters
//! start at -n/2, rounded down, and stand one plane higher, above n's lowest bit. So an output takes one addition.
#[cfg(snnc_thumb1)]
use super::thumb1::counts as kernels;
#[cfg(snnc_thumb2)]
use super::thumb2::counts as kernels;
use crate::synapse::rows::{Rows, UNIT};

/// What a row that does not exist reads.
static NOTHING: u32 = 0;

/// `sums[c] += multiplier * (how many of the rows have bit c) + constant`. Row `r` of the list has its bits in words from
/// `words[r + first]` on, 32 to each. False, and nothing added, where a row may have fewer, or there is no row.
#[inline]
pub(crate) fn add(
    words: &[u32],
    first: usize,
    rows: &mut Rows<'_>,
    multiplier: u32,
    constant: u32,
    sums: &mut [u32],
) -> bool {
    let fits = rows.rows().checked_mul(rows.stride()).is_some_and(|all| all <= UNIT * words.len())
        && UNIT * (first + sums.len().div_ceil(32)) <= rows.stride();
    if !fits || rows.is_empty() {
        return false;
    }
    let base = words.as_ptr().wrapping_add(first);
    let counted = counted(rows, multiplier, constant, core::ptr::null());
    // SAFETY: a row that is listed has `stride` words, of which those from `first` on are read, one for each column, and all
    // lie within `words`; rows that complete a group read `NOTHING`.
    each_column(sums, |at, columns| unsafe {
        kernels::add_counts(base.wrapping_add(at), columns.as_mut_ptr(), columns.len(), &counted);
    });
    true
}

/// Adds binary weights, of which every 32 outputs of a row are the codeword that a byte names. False, and nothing added, where a
/// row may have fewer bytes, or there are fewer codewords than a byte names, or there is no row.
#[inline]
pub(crate) fn add_codewords(codewords: &[u32], indices: &[u8], rows: &mut Rows<'_>, sums: &mut [u32]) -> bool {
    let fits = rows.rows().checked_mul(rows.stride()).is_some_and(|all| all <= indices.len())
        && sums.len().div_ceil(32) <= rows.stride();
    if !fits || rows.is_empty() || codewords.len() < 256 || codewords.first() != Some(&NOTHING) {
        return false;
    }
    let count = rows.starts().len() as u32;
    let counted = counted(rows, 2, count.wrapping_neg(), codewords.as_ptr());
    // SAFETY: a row that is listed has `stride` bytes within `indices`, one for each column, and there is a codeword for any;
    // rows that complete a group read a byte of `NOTHING`, and so the first codeword.
    each_column(sums, |at, columns| unsafe {
        kernels::add_codewords(indices.as_ptr().wrapping_add(at), columns.as_mut_ptr(), columns.len(), &counted);
    });
    true
}

/// The rows of a list that is not empty.
fn counted(rows: &mut Rows<'_>, multiplier: u32, constant: u32, codewords: *const u32) -> Counted {
    let count = rows.starts().len();
    let (starts, behind) = rows.open();
    let groups = count.div_ceil(8);
    let mut counted =
        Counted { starts, groups, behind, nothing: &NOTHING, multiplier, constant, initial: 0, codewords };
    if multiplier == 2 && constant == (count as u32).wrapping_neg() && count < 128 {
        let odd = count as u32 % 2;
        counted.initial = (count.div_ceil(2) as u32).wrapping_neg();
        (counted.multiplier, counted.constant) = (0, odd.wrapping_neg());
    }
    counted
}

/// Calls `f` with the whole columns of the sums and the number of the first, and then with what is left, completed to one.
#[inline(always)]
fn each_column(sums: &mut [u32], f: impl Fn(usize, &mut [[u32; 32]])) {
    let (columns, rest) = sums.as_chunks_mut::<32>();
    if !columns.is_empty() {
        f(0, columns);
    }
    if !rest.is_empty() {
        let mut column = [[0; 32]];
        f(columns.len(), &mut column);
        for (sum, &added) in rest.iter_mut().zip(column.as_flattened()) {
            *sum = sum.wrapping_add(added);
        }
    }
}

/// What is counted, and what a count adds. The order is known to the assembly.
#[repr(C)]
pub(super) struct Counted {
    starts: *const u32,
    groups: usize,
    /// The seven slots behind the last row, some of which complete its group.
    behind: *mut [u32; 7],
    nothing: *const u32,
    /// 0 where a sum is a signed byte.
    multiplier: u32,
    /// Of a signed byte, its lowest plane.
    constant: u32,
    /// What the counters start at.
    initial: u32,
    /// Of rows of bytes.
    codewords: *const u32,
}
