//! Random synapses of every encoding.

use bumpalo::Bump;
use snnc::ir::WeightEncoding;
use snnc_runtime::program::{Connection, Synapses, words};

use super::{Rng, Weights};

/// Weights, their largest magnitude, and what they are called.
pub(super) fn synapses<'a>(
    arena: &'a Bump,
    rng: &mut Rng,
    connection: Connection,
    rows: usize,
    width: usize,
    weights: Weights,
) -> (Synapses<'a>, i64, Option<WeightEncoding>) {
    if connection == Connection::Identity {
        return (Synapses::Int8 { weights: arena.alloc_slice_fill_copy(width, 1) }, 1, None);
    }
    let table = |rng: &mut Rng, n: usize| &*arena.alloc_slice_fill_with(n, |_| rng.bits() as u32);
    match (weights, connection) {
        (Weights::Int8, _) => {
            let largest = rng.pick(&[1, 7, 31, 127, 128]);
            let weights = arena.alloc_slice_fill_with(rows * width, |_| rng.range(-largest, largest.min(127)) as i8);
            (Synapses::Int8 { weights }, largest, Some(WeightEncoding::INT8))
        }
        (Weights::Codebook(index_bits), Connection::Conv2d(window)) => {
            let channels_in = rows / (usize::from(window.kernel[0]) * usize::from(window.kernel[1]));
            let codewords = table(rng, 1 << index_bits);
            let indices = table(rng, channels_in * words(width * usize::from(index_bits)));
            let encoding = WeightEncoding::Codebook { index_bits };
            (Synapses::Codebook { index_bits, codewords, indices }, 1, Some(encoding))
        }
        (Weights::Depthwise, Connection::Conv2d(window)) => {
            let channels_in = rows / (usize::from(window.kernel[0]) * usize::from(window.kernel[1]));
            let largest = rng.pick(&[1, 7, 127]);
            let weights = arena.alloc_slice_fill_with(rows * width, |i| {
                let own = i % width * channels_in / width == i / width % channels_in;
                if own { rng.range(-largest, largest) as i8 } else { 0 }
            });
            (Synapses::Int8 { weights }, largest, Some(WeightEncoding::INT8))
        }
        (Weights::Codebook(_), Connection::Dense) => {
            let codewords = arena.alloc_slice_fill_with(256, |i| if i == 0 { 0 } else { rng.bits() as u32 });
            let indices = arena.alloc_slice_fill_with(rows * words(width), |_| rng.bits() as u8);
            (Synapses::Codewords { codewords, indices }, 1, Some(WeightEncoding::CODEWORDS))
        }
        (Weights::Binary | Weights::Codebook(_) | Weights::Depthwise, _) => {
            let unused = words(width) * 32 - width;
            let signs = arena.alloc_slice_fill_with(rows * words(width), |i| {
                let word = rng.bits() as u32;
                if (i + 1) % words(width) == 0 { word >> unused } else { word }
            });
            (Synapses::Binary { signs }, 1, Some(WeightEncoding::Binary))
        }
        (Weights::Int(4), _) => {
            let nibbles = table(rng, rows * words(4 * width));
            (Synapses::Nibbles { odd: false, nibbles }, 8, Some(WeightEncoding::Int { bits: 4 }))
        }
        (Weights::Odd(4), _) => {
            let nibbles = table(rng, rows * words(4 * width));
            (Synapses::Nibbles { odd: true, nibbles }, 16, Some(WeightEncoding::Odd { bits: 4 }))
        }
        (Weights::Int(bits), _) => {
            let planes = table(rng, rows * words(usize::from(bits) * width));
            (Synapses::Planes { bits, odd: false, planes }, 1 << (bits - 1), Some(WeightEncoding::Int { bits }))
        }
        (Weights::Odd(bits), _) => {
            let planes = table(rng, rows * words(usize::from(bits) * width));
            // of one bit the grid is -1 and 1
            (Synapses::Planes { bits, odd: true, planes }, 1 << bits, Some(WeightEncoding::Odd { bits: bits.max(2) }))
        }
        (Weights::Sparse, _) => {
            let used: Vec<Vec<u16>> =
                (0..rows).map(|_| (0..width as u16).filter(|_| rng.chance(30)).collect::<Vec<_>>()).collect();
            let ends = used.iter().scan(0, |end, row| {
                *end += row.len() as u32;
                Some(*end)
            });
            let starts = arena.alloc_slice_copy(&std::iter::once(0).chain(ends).collect::<Vec<_>>());
            let columns = arena.alloc_slice_copy(&used.concat());
            let weights = arena.alloc_slice_fill_with(columns.len(), |_| rng.range(-20, 20) as i8);
            (Synapses::Sparse { starts, columns, weights }, 20, Some(WeightEncoding::INT8))
        }
    }
}
