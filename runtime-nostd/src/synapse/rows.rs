//! The rows of weights that are to be added: those of the inputs that spiked.
use super::CHUNK;

/// Of rows of words, the unit of where they begin: a byte where an address is not scaled on the way, else a word.
pub(crate) const UNIT: usize = if cfg!(snnc_thumb1) { 4 } else { 1 };

/// What may stand behind the last row: a mark, or rows that complete a group of eight.
const BEHIND: usize = 7;

/// Words of memory for a list of [`CHUNK`] rows.
pub(crate) const ROWS_WORDS: usize = CHUNK + BEHIND;

/// Words of memory for a list of `rows` rows that is never full before they all are in it, or for the longest.
pub(crate) const fn rows_words(rows: usize) -> usize {
    // a word of spikes is listed where there is room for 32
    if rows + 32 + BEHIND < ROWS_WORDS { rows + 32 + BEHIND } else { ROWS_WORDS }
}

/// Four rows times values: where each begins, then the values, 16 bits each, two to a word. The order is known to the
/// assembly.
pub(crate) type Scaled = [u32; 6];

/// Where a row begins, and its value. The order is known to the assembly.
#[cfg(snnc_no_dsp)]
pub(crate) type Product = [u32; 2];

/// Rows of a group.
pub(crate) const SCALED: usize = 4;

/// Words of memory for a list of `rows` rows times values, or for as many as are worth it: what a list costs by itself is
/// spread over 64 rows, or 40 where they are told one by one, those that are taken away apart.
pub(crate) const fn scaled_words(rows: usize) -> usize {
    let groups = rows.div_ceil(SCALED);
    let in_groups = size_of::<Scaled>() / 4 * if groups < 16 { groups } else { 16 };
    let apart = 2 * (2 * SCALED + if rows < 40 { rows } else { 40 });
    if in_groups > apart { in_groups } else { apart }
}

/// Elements under a window, row by row of a map, and the rows of weights that they have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranges {
    /// The first element.
    pub(crate) start: usize,
    /// Elements of a range.
    pub(crate) count: usize,
    /// Ranges.
    pub(crate) ranges: usize,
    /// Elements from one range to the next.
    pub(crate) pitch: usize,
    /// The row of weights of the first element; those of a range are neighbours.
    pub(crate) row: usize,
    /// Rows of weights from one range to the next.
    pub(crate) row_pitch: usize,
}

impl Ranges {
    /// What is left behind the first `count` ranges.
    #[inline]
    pub(crate) const fn behind(&self, count: usize) -> Self {
        Self {
            start: self.start + count * self.pitch,
            ranges: self.ranges.saturating_sub(count),
            row: self.row + count * self.row_pitch,
            ..*self
        }
    }

    /// The end of the elements.
    #[cfg(snnc_thumb2)]
    #[inline]
    pub(crate) const fn end(&self) -> usize {
        self.start + self.ranges.saturating_sub(1) * self.pitch + self.count
    }

    /// The end of the rows.
    #[cfg(snnc_thumb2)]
    #[inline]
    pub(crate) const fn row_end(&self) -> usize {
        self.row + self.ranges.saturating_sub(1) * self.row_pitch + self.count
    }
}

/// Behind the last row. Added to any address of weights it carries, which is how the kernels of [`crate::arch`] notice it.
#[cfg(snnc_dsp)]
const MARK: u32 = u32::MAX;

/// Rows of a table, each by where it begins: its number times the distance of two rows, in the encoding's unit.
///
/// Every row that is listed is one of the table's, so that a kernel compares once per list, not once per row.
#[derive(Debug)]
pub(crate) struct Rows<'m> {
    starts: &'m mut [u32],
    count: usize,
    rows: usize,
    stride: usize,
    #[cfg(any(snnc_dsp, snnc_no_dsp))]
    is_scaled: bool,
    /// Rows times values that are taken away, at the end of the memory.
    #[cfg(snnc_no_dsp)]
    negative: usize,
}

impl<'m> Rows<'m> {
    /// An empty list in `memory` of [`ROWS_WORDS`] words, for a table of `rows` rows `stride` apart.
    pub(crate) fn new(memory: &'m mut [u32], rows: usize, stride: usize) -> Self {
        Self {
            starts: memory,
            count: 0,
            rows,
            stride,
            #[cfg(any(snnc_dsp, snnc_no_dsp))]
            is_scaled: false,
            #[cfg(snnc_no_dsp)]
            negative: 0,
        }
    }

    /// A list of any starts.
    #[cfg(test)]
    pub(crate) fn listed(memory: &'m mut [u32], starts: &[u32]) -> Self {
        for (slot, start) in memory.iter_mut().zip(starts) {
            *slot = *start;
        }
        Self { starts: memory, count: starts.len(), rows: 0, stride: 0 }
    }

    /// Rows of the table.
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Distance of two rows.
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    pub(crate) const fn stride(&self) -> usize {
        self.stride
    }

    /// Whether nothing is listed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a word of spikes may not fit any more.
    #[inline]
    pub(crate) const fn is_full(&self) -> bool {
        self.count + 32 + BEHIND > self.starts.len()
    }

    /// What is listed.
    pub(crate) fn starts(&self) -> &[u32] {
        self.starts.get(..self.count).unwrap_or_default()
    }

    /// What is listed, and the mark.
    #[cfg(snnc_dsp)]
    pub(crate) fn marked(&mut self) -> *const u32 {
        if let Some(mark) = self.starts.get_mut(self.count) {
            *mark = MARK;
        }
        self.starts.as_ptr()
    }

    /// What is listed, an even number of rows and the mark, and the slot for a row that makes it even: behind the mark where
    /// it is even already.
    #[cfg(snnc_dsp)]
    pub(crate) fn marked_in_pairs(&mut self) -> (*const u32, *mut u32) {
        let none = if self.count.is_multiple_of(2) { self.count + 1 } else { self.count };
        if let Some(mark) = self.starts.get_mut(self.count.next_multiple_of(2)) {
            *mark = MARK;
        }
        let starts = self.starts.as_mut_ptr();
        (starts, starts.wrapping_add(none))
    }

    /// What is listed, and the slots behind it.
    #[cfg(any(snnc_thumb1, snnc_thumb2))]
    pub(crate) fn open(&mut self) -> (*const u32, *mut [u32; BEHIND]) {
        let starts = self.starts.as_mut_ptr();
        (starts, starts.wrapping_add(self.count).cast())
    }

    /// Lists the row of each value that is not zero, counted from `row`, in a list of nothing else, as long as there is room.
    /// Returns how many values were read; none where their rows are not in the table.
    #[cfg(snnc_dsp)]
    #[inline]
    pub(crate) fn add_scaled<V>(&mut self, scan: crate::arch::scan::Scan, values: &[V], row: usize) -> usize {
        if row + values.len() > self.rows {
            return 0;
        }
        let (start, groups) = ((row * self.stride) as u32, self.starts.as_chunks_mut().0);
        let (read, count) = crate::arch::scan::list(scan, values, start, self.stride as u32, groups, self.count);
        self.count = count;
        self.is_scaled = true;
        read
    }

    /// As [`Self::add_scaled`], of all values in some ranges; false, and nothing is listed, where there is no room for them.
    #[cfg(snnc_dsp)]
    #[inline]
    pub(crate) fn add_scaled_ranges<V>(
        &mut self,
        scan: crate::arch::scan::Scan,
        values: &[V],
        ranges: &Ranges,
    ) -> bool {
        let groups = self.starts.as_chunks_mut().0;
        if ranges.row_end() <= self.rows
            && let Some(count) = crate::arch::scan::list_ranges(scan, values, ranges, self.stride, groups, self.count)
        {
            self.count = count;
            self.is_scaled = true;
            return true;
        }
        false
    }

    /// Lists a row times a value, in a list of nothing else; false where there is no room, or it is not in the table, or this core has
    /// no kernel for so many bits.
    #[cfg(snnc_no_dsp)]
    #[inline]
    pub(crate) fn add_product(&mut self, row: usize, value: i32) -> bool {
        use crate::arch::products::{BY_SIGN, MOST};
        let products: &mut [Product] = self.starts.as_chunks_mut().0;
        let room = products.len().min(MOST);
        // the last four may have to be completed, of each sign
        let open = if BY_SIGN { 2 * SCALED } else { SCALED };
        if self.count + open > room || row >= self.rows || (BY_SIGN && value.unsigned_abs() > 0xff) {
            return false;
        }
        let negative = BY_SIGN && value < 0;
        let slot = if negative { room - 1 - self.negative } else { self.count - self.negative };
        if let Some(slot) = products.get_mut(slot) {
            *slot = [(row * self.stride) as u32, if negative { value.unsigned_abs() } else { value as u32 }];
            self.negative += usize::from(negative);
            self.count += 1;
            self.is_scaled = true;
        }
        true
    }

    /// What [`Self::add_product`] listed, and what of it is taken away: fours, completed by nothing times the first row.
    #[cfg(snnc_no_dsp)]
    pub(crate) fn products(&mut self) -> [&[Product]; 2] {
        let products: &mut [Product] = self.starts.as_chunks_mut().0;
        let room = products.len().min(crate::arch::products::MOST);
        let (added, taken) = (self.count - self.negative, self.negative);
        let (fours, behind) = (added.next_multiple_of(SCALED), room - taken.next_multiple_of(SCALED));
        products.get_mut(added..fours).unwrap_or_default().fill([0; 2]);
        products.get_mut(behind..room - taken).unwrap_or_default().fill([0; 2]);
        [products.get(..fours).unwrap_or_default(), products.get(behind..room).unwrap_or_default()]
    }

    /// Whether what is listed are rows times values.
    #[cfg(any(snnc_dsp, snnc_no_dsp))]
    pub(crate) const fn is_scaled(&self) -> bool {
        self.is_scaled
    }

    /// What [`Self::add_scaled`] listed; the last group completed by nothing times the first row.
    #[cfg(snnc_dsp)]
    pub(crate) fn scaled(&mut self) -> &[Scaled] {
        let groups: &mut [Scaled] = self.starts.as_chunks_mut().0;
        if let Some([starts @ .., low, high]) = groups.get_mut(self.count / SCALED) {
            let listed = self.count % SCALED;
            starts.iter_mut().skip(listed).for_each(|start| *start = 0);
            match listed {
                1 => (*low, *high) = (*low & 0xffff, 0),
                2 => *high = 0,
                3 => *high &= 0xffff,
                _ => {}
            }
        }
        groups.get(..self.count.div_ceil(SCALED)).unwrap_or_default()
    }

    /// Empties the list.
    pub(crate) const fn clear(&mut self) {
        self.count = 0;
        #[cfg(any(snnc_dsp, snnc_no_dsp))]
        {
            self.is_scaled = false;
        }
        #[cfg(snnc_no_dsp)]
        {
            self.negative = 0;
        }
    }

    /// Lists the row of each bit that is set in `word`, counted from `row`; none that is not in the table. The list is not
    /// full before.
    #[inline]
    pub(crate) fn add(&mut self, word: u32, row: usize) {
        let end = row + (u32::BITS - word.leading_zeros()) as usize;
        let room = self.starts.len().saturating_sub(BEHIND);
        let slots = self.starts.get_mut(self.count..room).and_then(<[u32]>::first_chunk_mut::<32>);
        if let Some(slots) = slots
            && end <= self.rows
        {
            self.count += list(word, row, self.stride, slots);
        }
    }
}

impl Rows<'_> {
    /// As [`Rows::add`], of all bits in some ranges, as many of them as there is room for if all of their bits are set; returns how
    /// many.
    #[cfg(snnc_thumb2)]
    #[inline]
    pub(crate) fn add_ranges(&mut self, words: &[u32], ranges: &Ranges) -> usize {
        let end = self.starts.len().saturating_sub(BEHIND);
        let slots = self.starts.get_mut(self.count..end).unwrap_or_default();
        let listed = slots.len().checked_div(ranges.count).unwrap_or_default().min(ranges.ranges);
        if ranges.row_end() > self.rows || listed == 0 {
            return 0;
        }
        let ranges = Ranges { ranges: listed, ..*ranges };
        self.count += crate::arch::spikes::list_ranges(words, &ranges, self.stride, slots);
        listed
    }

    /// As [`Rows::add`], of one word after the other while the list is not full; returns how many of them.
    #[inline]
    pub(crate) fn add_all(&mut self, words: &[u32], row: usize) -> usize {
        #[cfg(any(snnc_thumb1, snnc_thumb2))]
        {
            let room = self.starts.len().saturating_sub(BEHIND);
            let slots = self.starts.get_mut(self.count..room);
            if let Some(slots) = slots
                && row + 32 * words.len() <= self.rows
            {
                let first = first_of(row, self.stride);
                let (read, listed) = crate::arch::spikes::list_all(words, first, self.stride as u32, slots);
                self.count += listed;
                return read;
            }
        }
        for (read, (&word, row)) in words.iter().zip((row..).step_by(32)).enumerate() {
            if self.is_full() {
                return read;
            }
            self.add(word, row);
        }
        words.len()
    }
}

/// Where the row of a word begins that a kernel counts from: that of bit 31, or of bit 0.
#[cfg(any(snnc_thumb1, snnc_thumb2))]
#[inline(always)]
const fn first_of(row: usize, stride: usize) -> u32 {
    let bit = if cfg!(snnc_thumb1) { 0 } else { u32::BITS - 1 };
    (row as u32).wrapping_add(bit).wrapping_mul(stride as u32)
}

/// Writes where the row of each bit begins that is set in `word`, counted from `row`, and returns how many.
#[cfg(snnc_thumb2)]
#[inline(always)]
fn list(word: u32, row: usize, stride: usize, slots: &mut [u32; 32]) -> usize {
    crate::arch::spikes::list(word, first_of(row, stride), stride as u32, slots)
}

#[cfg(snnc_thumb1)]
#[inline(always)]
fn list(word: u32, row: usize, stride: usize, slots: &mut [u32; 32]) -> usize {
    crate::arch::spikes::list_all(&[word], first_of(row, stride), stride as u32, slots).1
}

#[cfg(not(any(snnc_thumb1, snnc_thumb2)))]
#[inline(always)]
fn list(word: u32, row: usize, stride: usize, slots: &mut [u32; 32]) -> usize {
    let (mut word, mut count) = (word, 0);
    for slot in slots {
        if word == 0 {
            break;
        }
        *slot = ((row + word.trailing_zeros() as usize) * stride) as u32;
        word &= word - 1;
        count += 1;
    }
    count
}
