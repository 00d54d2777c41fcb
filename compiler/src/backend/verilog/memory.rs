//! Memory files: one word a line in hexadecimal, for `$readmemh`.

use std::fmt::Write;

use snnc_runtime::program::{Connection, Projection};

use super::size::{Front, Layer, Sums, WindowSize};

/// Collects words bit by bit.
#[derive(Debug, Default)]
pub struct MemoryFile {
    text: String,
    bits: Vec<bool>,
    /// Words so far.
    pub words: usize,
}

impl MemoryFile {
    /// Appends the `width` low bits of `value` above those already in the word.
    pub fn push(&mut self, value: i64, width: usize) {
        self.bits.extend((0..width).map(|bit| value >> bit.min(63) & 1 == 1));
    }

    /// Ends a word.
    pub fn end_word(&mut self) {
        for digit in self.bits.chunks(4).rev() {
            let value = digit.iter().rev().fold(0, |value, &bit| value << 1 | u32::from(bit));
            self.text.push(char::from_digit(value, 16).expect("four bits"));
        }
        self.text.push('\n');
        self.bits.clear();
        self.words += 1;
    }

    /// The file.
    #[must_use]
    pub fn text(self) -> String {
        self.text
    }
}

/// What an item adds: a row of the weights of the edge before, or of the own spikes, or nothing.
#[derive(Clone, Copy)]
enum Row {
    None,
    Forward(usize),
    Own(usize),
}

/// The weight from `row` to `lane` of `outputs`.
fn weight(projection: &Projection<'_>, outputs: usize, row: usize, lane: usize) -> i64 {
    // one to one there is one row: the diagonal
    let row = match projection.connection {
        Connection::Dense | Connection::Conv2d(_) => row,
        Connection::Identity if row == lane => 0,
        Connection::Identity => return 0,
    };
    projection.synapses.weight(outputs, row, lane).into()
}

/// What bit `slot` of word `chunk` of a column says where it stands in row `ky` and column `kx` of a window: the row of
/// weights of the edge before, if there is such a tap.
fn row_of(window: &WindowSize, [ky, kx]: [usize; 2], chunk: usize, slot: usize) -> Option<usize> {
    let (stacked, channels) = (chunk * window.chunk + slot, window.source[2]);
    let (y, channel) = (ky + stacked / channels, stacked % channels);
    let exists =
        stacked < window.map[2] && y.is_multiple_of(window.dilation[0]) && kx.is_multiple_of(window.dilation[1]);
    let columns = (window.kernel[1] - 1) / window.dilation[1] + 1;
    let tap = y / window.dilation[0] * columns + kx / window.dilation[1];
    exists.then_some(tap * channels + channel)
}

/// The weights of a layer that takes a whole column of its window at once, one word for each column and group of lanes, the
/// lowest lane lowest.
pub fn columns(layer: &Layer<'_>, window: &WindowSize) -> String {
    let mut file = MemoryFile::default();
    let of = |row: Option<usize>, lane: usize| {
        row.map_or(0, |row| weight(&layer.planned.forward, layer.channels, row, lane))
    };
    for group in 0..layer.lane_groups() {
        for ky in 0..window.kernel[0] {
            for chunk in layer.words_of(window, group) {
                for kx in 0..window.kernel[1] {
                    let row = |slot: usize| row_of(window, [ky, kx], chunk, slot);
                    for lane in group * layer.lanes..(group + 1) * layer.lanes {
                        match layer.sums {
                            Sums::Depthwise { multiple } => {
                                file.push(of(row(lane / multiple % window.chunk), lane), layer.weight_bits);
                            }
                            // a sign for each bit of the column
                            Sums::Gather | Sums::Popcount => {
                                (0..window.chunk).for_each(|slot| file.push((of(row(slot), lane) > 0).into(), 1));
                            }
                        }
                    }
                    file.end_word();
                }
            }
        }
    }
    while file.words < layer.rows {
        file.push(0, layer.word_bits());
        file.end_word();
    }
    file.text()
}

/// The weights of a layer, one word for each tap and group of lanes, the lowest lane lowest.
pub fn weights(layer: &Layer<'_>) -> String {
    let mut file = MemoryFile::default();
    let mut word = |row: Row, lanes: std::ops::Range<usize>| {
        for lane in lanes {
            let weight = match (row, layer.planned.own) {
                (Row::None, _) | (Row::Own(_), None) => 0,
                (Row::Forward(row), _) => weight(&layer.planned.forward, layer.channels, row, lane),
                (Row::Own(row), Some(own)) => weight(&own.projection, layer.channels, row, lane) << own.shift,
            };
            let stored = match (layer.odd, layer.weight_bits) {
                (_, 1) => i64::from(weight > 0), // a single bit says 1 for +1
                (true, _) => weight >> 1,
                (false, _) => weight,
            };
            file.push(stored, layer.weight_bits);
        }
        file.end_word();
    };
    match &layer.front {
        Front::Stream => (0..layer.from.len()).for_each(|row| word(Row::Forward(row), 0..layer.lanes)),
        Front::Window(window) => {
            for group in 0..layer.lane_groups() {
                let lanes = group * layer.lanes..(group + 1) * layer.lanes;
                for ky in 0..window.kernel[0] {
                    for chunk in 0..window.all_chunks() {
                        for kx in 0..window.kernel[1] {
                            for slot in 0..window.chunk {
                                if let Some(own) = chunk.checked_sub(window.chunks) {
                                    let element = own * window.chunk + slot;
                                    let row = if element < layer.channels { Row::Own(element) } else { Row::None };
                                    word(row, lanes.clone());
                                    continue;
                                }
                                let row = row_of(window, [ky, kx], chunk, slot);
                                word(row.map_or(Row::None, Row::Forward), lanes.clone());
                            }
                        }
                    }
                }
            }
        }
    }
    while file.words < layer.rows {
        file.push(0, layer.lanes * layer.weight_bits);
        file.end_word();
    }
    file.text()
}

/// The indices of a layer of codewords, one word for each group of lanes and input channel, the lowest lane lowest.
pub fn indices(layer: &Layer<'_>, window: &WindowSize) -> String {
    let mut file = MemoryFile::default();
    let synapses = layer.planned.forward.synapses;
    for group in 0..layer.lane_groups() {
        for channel in 0..window.chunks * window.chunk {
            for lane in group * layer.lanes..(group + 1) * layer.lanes {
                // beyond the map there is never a spike
                let index =
                    if channel < window.map[2] { synapses.codeword(layer.channels, channel, lane) } else { None };
                file.push(index.unwrap_or_default() as i64, layer.weight_bits);
            }
            file.end_word();
        }
    }
    while file.words < layer.rows {
        file.push(0, layer.lanes * layer.weight_bits);
        file.end_word();
    }
    file.text()
}

/// A constant of Verilog: words of `width` bits, the first lowest.
pub fn constant(words: &[u32], width: usize) -> String {
    let mut file = MemoryFile::default();
    words.iter().for_each(|&word| file.push(word.into(), width));
    file.end_word();
    format!("{}'h{}", words.len() * width, file.text().trim_end())
}

/// A table of one number per channel in words of `group` numbers. One word where all of them are alike.
pub fn table(table: &[i32], channels: usize, group: usize, bits: usize) -> (String, usize) {
    let mut file = MemoryFile::default();
    let values: Vec<i32> = (0..channels).map(|channel| table[channel % table.len()]).collect();
    let groups: Vec<&[i32]> = values.chunks(group).collect();
    let alike = groups.iter().all(|values| *values == groups[0]);
    for values in if alike { &groups[..1] } else { &groups[..] } {
        for &value in *values {
            file.push(i64::from(value), bits);
        }
        file.end_word();
    }
    let words = file.words;
    (file.text(), words)
}

/// A row of one number per channel in words of `group` numbers, however alike they are.
pub fn row(row: &[i32], group: usize, bits: usize) -> String {
    let mut file = MemoryFile::default();
    for values in row.chunks(group) {
        values.iter().for_each(|&value| file.push(i64::from(value), bits));
        file.end_word();
    }
    file.text()
}

/// Bits of a word in a memory file: lanes times weight, and so on.
pub fn hexadecimal(values: impl Iterator<Item = u64>, bits: usize) -> String {
    let digits = bits.div_ceil(4);
    let mut text = String::new();
    for value in values {
        writeln!(text, "{value:0digits$x}").expect("a string takes what is written");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_a_word_is_lowest() {
        let mut file = MemoryFile::default();
        file.push(-1, 3);
        file.push(2, 3);
        file.push(1, 1);
        file.end_word();
        assert_eq!(file.text(), "57\n");
    }

    #[test]
    fn the_first_word_of_a_constant_is_lowest() {
        assert_eq!(constant(&[0b101, 0b111_001, 0b010], 3), "9'h08d");
    }

    #[test]
    fn a_table_of_one_value_is_one_word() {
        assert_eq!(table(&[-2, -2], 4, 2, 4), ("ee\n".into(), 1));
        assert_eq!(table(&[1, 2, 3, 4], 4, 2, 4), ("21\n43\n".into(), 2));
    }
}
