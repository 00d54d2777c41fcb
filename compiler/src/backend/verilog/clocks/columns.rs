//! The columns of a window in which an element is set, as `snn_columns` sees them.

use crate::backend::verilog::size::WindowSize;

/// Which columns of which chunk have an element set.
pub(super) struct Columns {
    /// `[plane][row][column][chunk]`.
    set: Vec<bool>,
    rows: usize,
    columns: usize,
    /// Parts of a row that are encoded side by side: the column in bank `b` is in part `b % parts` (`snn_pick`).
    parts: usize,
    /// Columns per clock of a part.
    each: u32,
}

impl Columns {
    pub(super) fn new(window: &WindowSize, slots: usize, elements: &[Vec<usize>]) -> Self {
        let parts = (slots / 2).max(1);
        let [rows, columns, channels] = window.map;
        let mut set = vec![false; elements.len() * rows * columns * window.chunks];
        for (plane, elements) in elements.iter().enumerate() {
            for &i in elements {
                let (at, chunk) = (i / channels, i % channels / window.chunk);
                set[(plane * rows * columns + at) * window.chunks + chunk] = true;
            }
        }
        Self { set, rows, columns, parts, each: (slots / parts) as u32 }
    }

    /// Clocks that the set columns of a chunk of row `ky` of the window at output position `at` take.
    pub(super) fn clocks(&self, window: &WindowSize, at: [usize; 2], plane: usize, ky: usize, chunk: usize) -> u32 {
        let y = at[0] * window.stride[0] + ky;
        let Some(y) = y.checked_sub(window.padding[0]).filter(|&y| y < self.rows) else { return 0 };
        let first = at[1] * window.stride[1];
        let is_set = |x: usize| {
            let x = x.checked_sub(window.padding[1]).filter(|&x| x < self.columns);
            x.is_some_and(|x| self.set[((plane * self.rows + y) * self.columns + x) * window.chunks + chunk])
        };
        let of_part = |part: usize| {
            let columns = (first..first + window.kernel[1]).filter(|x| x % window.kernel[1] % self.parts == part);
            columns.filter(|&x| is_set(x)).count() as u32
        };
        (0..self.parts).map(|part| of_part(part).div_ceil(self.each)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_once_however_many_of_it_are_set() {
        let window = WindowSize {
            map: [2, 4, 6],
            kernel: [2, 3],
            stride: [1, 2],
            padding: [1, 1],
            out: [2, 2],
            chunk: 3,
            chunks: 2,
            columns: 2,
            ..WindowSize::dense(6, 3)
        };
        // row 1: column 0 in both chunks, columns 1 and 3 in the first
        let elements = vec![vec![24, 25, 29, 30, 42]];
        let clocks = |slots, at, ky, chunk| Columns::new(&window, slots, &elements).clocks(&window, at, 0, ky, chunk);
        assert_eq!(clocks(1, [0, 0], 0, 0), 0, "above the map");
        assert_eq!(clocks(1, [1, 0], 1, 0), 2);
        assert_eq!(clocks(1, [1, 1], 1, 0), 2);
        assert_eq!(clocks(1, [1, 0], 1, 1), 1);
        assert_eq!(clocks(1, [1, 0], 0, 0), 0, "row 0 is silent");
        assert_eq!(clocks(2, [1, 0], 1, 0), 1);
        // at the left border the banks 1 and 2 hold columns 0 and 1
        assert_eq!(clocks(4, [1, 0], 1, 0), 1);
    }
}
