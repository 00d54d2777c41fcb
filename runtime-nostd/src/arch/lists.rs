//! Lists of weights that are not zero.
#[cfg(snnc_thumb1)]
use super::thumb1::sparse as kernels;
#[cfg(snnc_thumb2)]
use super::thumb2::sparse as kernels;
use crate::synapse::rows::Rows;

/// Adds each listed row to the sums, as [`crate::synapse::sparse::add_rows`] does. False, and nothing added, where not all
/// rows are within the tables.
#[inline]
pub(crate) fn add_rows(starts: &[u32], columns: &[u16], weights: &[i8], rows: &Rows<'_>, sums: &mut [u32]) -> bool {
    let entries = columns.len().min(weights.len());
    let known = if starts.is_empty() { entries } else { starts.len() - 1 };
    if rows.is_empty() || rows.stride() != 1 || rows.rows() > known {
        return false;
    }
    let listed = rows.starts().as_ptr_range();
    let lists = Lists {
        starts: starts.as_ptr(),
        columns: columns.as_ptr(),
        weights: weights.as_ptr(),
        entries,
        width: sums.len(),
    };
    let add = if starts.is_empty() { kernels::add_entries } else { kernels::add_lists };
    // SAFETY: a row that is listed is an entry, or has a start and an end; entries are read where its end is within them, and
    // added where their column is within the sums.
    unsafe { add(&lists, listed.start, listed.end, sums.as_mut_ptr()) };
    true
}

/// The tables. The order is known to the assembly.
#[repr(C)]
pub(super) struct Lists {
    starts: *const u32,
    columns: *const u16,
    weights: *const i8,
    entries: usize,
    width: usize,
}
