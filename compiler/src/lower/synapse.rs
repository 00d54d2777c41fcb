//! Weights in integers, laid out as rows in the order in which a channels-last edge counts its elements.

use bumpalo::Bump;
use snnc_runtime::program::{Synapses, words};

use crate::ir::{Conv2d, Grid, Linear, Shape, WeightEncoding};

/// Integer weights as `[rows][width]`.
pub(super) struct Table {
    pub width: usize,
    pub integers: Vec<i8>,
    pub encoding: WeightEncoding,
}

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
    Ok(Table { width: linear.fan_out, integers, encoding: grid.encoding })
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
    let encoding = if conv.groups == 1 { grid.encoding } else { WeightEncoding::Int8 };
    Ok(Table { width: conv.channels_out, integers, encoding })
}

/// Index in channels-last order of element `index` of a map in `[channels, height, width]` order.
fn channels_last(layout: Shape, index: usize) -> usize {
    index % layout.positions() * layout.channels + index / layout.positions()
}

/// The integer that `weight` stands for.
fn integer(weight: f32, grid: &Grid, channel: usize) -> Result<i8, NotOnGrid> {
    let quotient = weight / grid.scale[channel];
    let rounded = quotient.round_ties_even();
    let fits = match grid.encoding {
        WeightEncoding::Int8 => (-128.0..=127.0).contains(&rounded),
        WeightEncoding::Binary => rounded.abs() == 1.0,
    };
    if fits && (quotient - rounded).abs() < 1e-3 {
        return Ok(rounded as i8);
    }
    Err(format!(
        "weight {weight} of channel {channel} is not on its {} grid of {}",
        grid.encoding.name(),
        grid.scale[channel]
    ))
}

impl Table {
    /// The weights as a machine keeps them.
    pub fn packed<'a>(&self, arena: &'a Bump) -> Synapses<'a> {
        match self.encoding {
            WeightEncoding::Int8 => Synapses::Int8 { weights: arena.alloc_slice_copy(&self.integers) },
            WeightEncoding::Binary => {
                let rows = self.integers.chunks(self.width);
                let signs = arena.alloc_slice_fill_copy(rows.len() * words(self.width), 0u32);
                for (row, packed) in rows.zip(signs.chunks_mut(words(self.width))) {
                    for (i, &weight) in row.iter().enumerate() {
                        packed[i / 32] |= u32::from(weight > 0) << (i % 32);
                    }
                }
                Synapses::Binary { signs }
            }
        }
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
        let table = Table { width: 2, integers: vec![3, -1, -2, -4, 5, 0], encoding: WeightEncoding::Int8 };
        assert_eq!(table.bounds(0, 1), [(-2, 8), (-5, 0)]);
        assert_eq!(table.bounds(-2, 3), [(-6 - 6 - 10, 9 + 4 + 15), (-3 - 12, 2 + 8)]);
    }

    #[test]
    fn a_flattened_map_is_read_channels_last() {
        let grid = Some(Grid { encoding: WeightEncoding::Int8, scale: vec![0.5] });
        let weight = (0..6).map(|i| i as f32 * 0.5).collect(); // [channel][position] of 2 channels, 3 positions
        let layer = Linear { fan_in: 6, fan_out: 1, weight, bias: vec![0.0], grid };
        let table = linear(&layer, Shape::new(2, 1, 3)).expect("the weights lie on their grid");
        assert_eq!(table.integers, [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn a_weight_beside_its_grid_is_refused() {
        let grid = Some(Grid { encoding: WeightEncoding::Binary, scale: vec![0.5] });
        let layer = Linear { fan_in: 2, fan_out: 1, weight: vec![0.5, 0.0], bias: vec![0.0], grid };
        assert!(linear(&layer, Shape::vector(2)).is_err());
    }
}
