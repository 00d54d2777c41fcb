//! Weights in integers, laid out as rows in the order in which a channels-last edge counts its elements.

use std::collections::BTreeSet;

use bumpalo::Bump;
use snnc_runtime::program::{Synapses, words};

use crate::ir::{Conv2d, Grid, Linear, Shape, WeightEncoding};

/// Integer weights as `[rows][width]`.
pub(super) struct Table {
    pub width: usize,
    /// Taps of the kernel; 1 of a fully connected layer.
    pub taps: usize,
    pub integers: Vec<i16>,
    pub encoding: WeightEncoding,
}

/// Codewords that a byte names.
const CODEWORDS: usize = 256;

/// What is wrong with weights that should lie on a grid.
pub(super) type NotOnGrid = String;

/// Rows of a fully connected layer over an edge of `layout` (`[channels, height, width]` before it was flattened).
pub(super) fn linear(linear: &Linear, layout: Shape) -> Result<Table, NotOnGrid> {
    let grid = linear.grid.as_ref().ok_or("its weights are not quantized")?;
    let mut integers = vec![0; linear.weight.len()];
    for input in 0..linear.fan_in {
        let row = channels_last(layout, input);
        for out in 0..linear.fan_out {
            let weight = linear.weight[out * linear.fan_in + input];
            integers[row * linear.fan_out + out] = integer(weight, grid, out)?;
        }
    }
    Ok(Table { width: linear.fan_out, taps: 1, integers, encoding: grid.encoding })
}

/// Rows of a convolution: `(ky, kx, channel in)`. Groups become zeros, which binary weights do not have.
pub(super) fn conv2d(conv: &Conv2d) -> Result<Table, NotOnGrid> {
    let grid = conv.grid.as_ref().ok_or("its weights are not quantized")?;
    let [kh, kw] = conv.window.kernel;
    let per_group = conv.channels_in / conv.groups;
    let out_per_group = conv.channels_out / conv.groups;
    let mut integers = vec![0; kh * kw * conv.channels_in * conv.channels_out];
    for out in 0..conv.channels_out {
        let first = out / out_per_group * per_group;
        for c in 0..per_group {
            for tap in 0..kh * kw {
                let weight = conv.weight[(out * per_group + c) * kh * kw + tap];
                let row = tap * conv.channels_in + first + c;
                integers[row * conv.channels_out + out] = integer(weight, grid, out)?;
            }
        }
    }
    // zeros between groups
    let encoding = match grid.encoding {
        encoding if conv.groups == 1 => encoding,
        WeightEncoding::Int { bits } => WeightEncoding::Int { bits },
        WeightEncoding::Ternary | WeightEncoding::Binary | WeightEncoding::Codebook { .. } => WeightEncoding::Ternary,
        WeightEncoding::Odd { bits: 8 } => {
            return Err("a grouped convolution has zeros, which its odd grid has not".into());
        }
        WeightEncoding::Odd { bits } => WeightEncoding::Int { bits: bits + 1 },
    };
    Ok(Table { width: conv.channels_out, taps: kh * kw, integers, encoding })
}

/// Index in channels-last order of element `index` of a map in `[channels, height, width]` order.
fn channels_last(layout: Shape, index: usize) -> usize {
    index % layout.positions() * layout.channels + index / layout.positions()
}

/// The integer that `weight` stands for.
fn integer(weight: f32, grid: &Grid, channel: usize) -> Result<i16, NotOnGrid> {
    let quotient = weight / grid.scale[channel];
    let rounded = quotient.round_ties_even();
    // saturates; what does not fit is seen below
    if grid.encoding.holds(rounded as i16) && (quotient - rounded).abs() < 1e-3 {
        return Ok(rounded as i16);
    }
    Err(format!(
        "weight {weight} of channel {channel} is not on its {} grid of {}",
        grid.encoding.name(),
        grid.scale[channel]
    ))
}

impl Table {
    /// The weights as a machine keeps them.
    pub fn packed<'a>(&self, arena: &'a Bump) -> Result<Synapses<'a>, NotOnGrid> {
        if let Some(list) = self.sparse(arena) {
            return Ok(list);
        }
        Ok(match self.encoding {
            WeightEncoding::Int { bits: 8 } => {
                Synapses::Int8 { weights: arena.alloc_slice_fill_iter(self.integers.iter().map(|&w| w as i8)) }
            }
            WeightEncoding::Int { bits: 4 } => Synapses::Nibbles { odd: false, nibbles: self.nibbles(false, arena) },
            WeightEncoding::Odd { bits: 4 } => Synapses::Nibbles { odd: true, nibbles: self.nibbles(true, arena) },
            WeightEncoding::Int { bits } => {
                Synapses::Planes { bits, odd: false, planes: self.planes(bits, false, arena) }
            }
            WeightEncoding::Ternary => Synapses::Planes { bits: 2, odd: false, planes: self.planes(2, false, arena) },
            WeightEncoding::Odd { bits } => {
                Synapses::Planes { bits, odd: true, planes: self.planes(bits, true, arena) }
            }
            WeightEncoding::Binary => {
                let signs = arena.alloc_slice_fill_copy(self.rows() * words(self.width), 0u32);
                for (row, packed) in self.integers.chunks(self.width).zip(signs.chunks_mut(words(self.width))) {
                    for (i, &weight) in row.iter().enumerate() {
                        packed[i / 32] |= u32::from(weight > 0) << (i % 32);
                    }
                }
                Synapses::Binary { signs }
            }
            WeightEncoding::CODEWORDS => self.codewords(arena)?,
            WeightEncoding::Codebook { index_bits } => self.codebook(index_bits, arena)?,
        })
    }

    pub(super) fn rows(&self) -> usize {
        self.integers.len() / self.width
    }

    /// Bit planes, see [`Synapses::Planes`].
    fn planes<'a>(&self, bits: u8, odd: bool, arena: &'a Bump) -> &'a [u32] {
        let row_words = words(usize::from(bits) * self.width);
        let planes = arena.alloc_slice_fill_copy(self.rows() * row_words, 0u32);
        for (row, packed) in self.integers.chunks(self.width).zip(planes.chunks_mut(row_words)) {
            for (i, &weight) in row.iter().enumerate() {
                let q = if odd { (weight - 1) / 2 } else { weight };
                for k in 0..usize::from(bits) {
                    let at = k * self.width + i;
                    packed[at / 32] |= u32::from(q >> k & 1 == 1) << (at % 32);
                }
            }
        }
        planes
    }

    /// Four bits each, see [`Synapses::Nibbles`].
    fn nibbles<'a>(&self, odd: bool, arena: &'a Bump) -> &'a [u32] {
        let row_words = words(4 * self.width);
        let nibbles = arena.alloc_slice_fill_copy(self.rows() * row_words, 0u32);
        for (row, packed) in self.integers.chunks(self.width).zip(nibbles.chunks_mut(row_words)) {
            for (i, &weight) in row.iter().enumerate() {
                let q = if odd { (weight - 1) / 2 } else { weight };
                packed[i / 8] |= ((q + 8) as u32) << (4 * (i % 8));
            }
        }
        nibbles
    }

    /// Codewords in ascending order of their bits, see [`Synapses::Codebook`].
    fn codebook<'a>(&self, index_bits: u8, arena: &'a Bump) -> Result<Synapses<'a>, NotOnGrid> {
        let channels_in = self.rows() / self.taps;
        if self.taps > 32 {
            return Err(format!("its kernel has {} taps, a codeword at most 32", self.taps));
        }
        let kernel = |channel: usize, out: usize| {
            (0..self.taps).fold(0u32, |word, tap| {
                let positive = self.integers[(tap * channels_in + channel) * self.width + out] > 0;
                word | u32::from(positive) << tap
            })
        };
        let kernels = (0..channels_in).flat_map(|channel| (0..self.width).map(move |out| kernel(channel, out)));
        let used: Vec<u32> = kernels.collect::<BTreeSet<_>>().into_iter().collect();
        if used.len() > 1 << index_bits {
            return Err(format!("it has {} different kernels, its codebook {}", used.len(), 1 << index_bits));
        }
        let codewords = arena.alloc_slice_fill_copy(1 << index_bits, 0u32);
        codewords[..used.len()].copy_from_slice(&used);
        let row = words(self.width * usize::from(index_bits));
        let indices = arena.alloc_slice_fill_copy(channels_in * row, 0u32);
        for (channel, packed) in indices.chunks_mut(row).enumerate() {
            for out in 0..self.width {
                let index = used.binary_search(&kernel(channel, out)).expect("every kernel was collected") as u64;
                let at = out * usize::from(index_bits);
                let bits = index << (at % 32);
                packed[at / 32] |= bits as u32;
                if bits >> 32 != 0 {
                    packed[at / 32 + 1] |= (bits >> 32) as u32;
                }
            }
        }
        Ok(Synapses::Codebook { index_bits, codewords, indices })
    }

    /// 0, and the other codewords in ascending order, see [`Synapses::Codewords`].
    fn codewords<'a>(&self, arena: &'a Bump) -> Result<Synapses<'a>, NotOnGrid> {
        let word = |outputs: &[i16]| {
            outputs.iter().enumerate().fold(0u32, |word, (i, &weight)| word | u32::from(weight > 0) << i)
        };
        let rows = self.integers.chunks(self.width);
        let words: Vec<u32> = rows.flat_map(|row| row.chunks(32).map(word)).collect();
        let used: BTreeSet<u32> = words.iter().copied().chain([0]).collect();
        if used.len() > CODEWORDS {
            return Err(format!("its rows have {} different words of 32 signs, its codebook {CODEWORDS}", used.len()));
        }
        let used: Vec<u32> = used.into_iter().collect();
        let codewords = arena.alloc_slice_fill_copy(CODEWORDS, 0u32);
        codewords[..used.len()].copy_from_slice(&used);
        let index = |word: &u32| used.binary_search(word).expect("every word was collected") as u8;
        Ok(Synapses::Codewords { codewords, indices: arena.alloc_slice_fill_iter(words.iter().map(index)) })
    }

    /// Per output, the least and the most that inputs of `least..=most` can sum up to, at any point of the sum.
    pub fn bounds(&self, least: i64, most: i64) -> Vec<(i64, i64)> {
        let mut bounds = vec![(0, 0); self.width];
        for row in self.integers.chunks(self.width) {
            for ((low, high), &weight) in bounds.iter_mut().zip(row) {
                let ends = [i64::from(weight) * least, i64::from(weight) * most];
                *low += ends[0].min(ends[1]).min(0);
                *high += ends[0].max(ends[1]).max(0);
            }
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_what_the_worst_inputs_reach_in_the_worst_order() {
        let table = Table { width: 2, taps: 1, integers: vec![3, -1, -2, -4, 5, 0], encoding: WeightEncoding::INT8 };
        assert_eq!(table.bounds(0, 1), [(-2, 8), (-5, 0)]);
        assert_eq!(table.bounds(-2, 3), [(-6 - 6 - 10, 9 + 4 + 15), (-3 - 12, 2 + 8)]);
    }

    #[test]
    fn a_flattened_map_is_read_channels_last() {
        let grid = Some(Grid { encoding: WeightEncoding::INT8, scale: vec![0.5] });
        let weight = (0..6).map(|i| i as f32 * 0.5).collect(); // [channel][position] of 2 channels, 3 positions
        let layer = Linear { fan_in: 6, fan_out: 1, weight, bias: vec![0.0], grid };
        let table = linear(&layer, Shape::new(2, 1, 3)).expect("the weights lie on their grid");
        assert_eq!(table.integers, [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn every_encoding_is_packed_and_read_back() {
        for &(name, encoding) in WeightEncoding::ALL {
            let (least, most) = encoding.range();
            let all: Vec<i16> = (least..=most).filter(|&q| encoding.holds(q)).collect();
            // 37 outputs lie across words
            let (width, taps, channels) = (37, if encoding == WeightEncoding::CODEWORDS { 1 } else { 2 }, 3);
            let integer = |i: usize| match encoding {
                // two kernels of two taps: (1, -1) and (-1, 1)
                WeightEncoding::Codebook { .. } => {
                    let (out, channel, tap) = (i % width, i / width % channels, i / width / channels);
                    all[(out + channel + tap) % 2]
                }
                _ => all[i * 7 % all.len()],
            };
            let integers: Vec<i16> = (0..width * taps * channels).map(integer).collect();
            let arena = Bump::new();
            let table = Table { width, taps, integers, encoding };
            let packed = table.packed(&arena).expect("the integers are the encoding's");
            for (i, &integer) in table.integers.iter().enumerate() {
                assert_eq!(packed.weight(width, i / width, i % width), i32::from(integer), "{name}: weight {i}");
            }
        }
    }

    #[test]
    fn more_kernels_than_codewords_are_refused() {
        let table = Table {
            width: 3,
            taps: 2,
            integers: vec![1, 1, -1, 1, -1, 1],
            encoding: WeightEncoding::Codebook { index_bits: 1 },
        };
        let refused = table.packed(&Bump::new()).expect_err("three kernels, two codewords");
        assert_eq!(refused, "it has 3 different kernels, its codebook 2");
    }

    #[test]
    fn more_words_of_signs_than_a_byte_names_are_refused() {
        let integers = (0..257 * 32).map(|i| if (i / 32) >> (i % 32) & 1 == 1 { 1 } else { -1 }).collect();
        let mut table = Table { width: 32, taps: 1, integers, encoding: WeightEncoding::CODEWORDS };
        let refused = table.packed(&Bump::new()).expect_err("257 words");
        assert_eq!(refused, "its rows have 257 different words of 32 signs, its codebook 256");
        table.integers.truncate(256 * 32); // 0 is one of them
        assert!(table.packed(&Bump::new()).is_ok());
    }

    #[test]
    fn a_weight_beside_its_grid_is_refused() {
        let grid = Some(Grid { encoding: WeightEncoding::Binary, scale: vec![0.5] });
        let layer = Linear { fan_in: 2, fan_out: 1, weight: vec![0.5, 0.0], bias: vec![0.0], grid };
        assert!(linear(&layer, Shape::vector(2)).is_err());
    }
}
