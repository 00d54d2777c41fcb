//! What the fixed modules are made of, as a function of their parameters: their memories, and what their LUTs and their
//! flip-flops are in proportion to. A family's coefficients say how many of each there are.

use super::super::netlist::Instance;
use super::memory::{Access, Memory};
use super::structure_lanes::{codebook, lanes, popcount, turns};
use super::structure_neurons::{neuron, synaptic};
use super::structure_unrolled::unrolled;
use super::structure_windows::{collect, columns, encode, invert, taps, window, writer};
use crate::backend::File;

/// A module's memories, and its sizes.
#[derive(Debug, Default)]
pub struct Structure {
    /// Its memories.
    pub memories: Vec<Memory>,
    /// What its LUTs are in proportion to.
    pub luts: Vec<f64>,
    /// What its flip-flops are in proportion to.
    pub ffs: Vec<f64>,
}

impl Structure {
    /// Sizes that are numbers of bits.
    pub fn new(luts: &[usize], ffs: &[usize], memories: Vec<Memory>) -> Self {
        let floats = |sizes: &[usize]| sizes.iter().map(|&size| size as f64).collect();
        Self { memories, luts: floats(luts), ffs: floats(ffs) }
    }
}

/// The parameters of an instance, and the memory files that they name.
#[derive(Clone, Copy)]
pub struct Parameters<'a> {
    instance: &'a Instance,
    files: &'a [File],
}

impl<'a> Parameters<'a> {
    /// Those of `instance`.
    pub fn new(instance: &'a Instance, files: &'a [File]) -> Self {
        Self { instance, files }
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.instance.parameters.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    /// A number that the netlist gives, or the module's own.
    pub fn or(&self, name: &str, default: usize) -> usize {
        self.value(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// A number that the netlist gives.
    pub fn number(&self, name: &str) -> usize {
        let value = self.value(name).and_then(|value| value.parse().ok());
        value.unwrap_or_else(|| panic!("`{name}` is a number of the netlist"))
    }

    /// Bits that are not the same in every word of a memory file; `None`: it is no file of the netlist.
    pub fn varying(&self, name: &str) -> Option<usize> {
        let path = self.value(name)?.trim_matches('"');
        let file = self.files.iter().find(|file| file.path == path)?;
        let mut words = file.content.split(|&byte| byte == b'\n').filter(|word| !word.is_empty());
        let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("a memory file is hexadecimal");
        let first: Vec<u32> = words.next()?.iter().map(digit).collect();
        let mut varying = vec![0; first.len()];
        for word in words {
            for ((bits, first), byte) in varying.iter_mut().zip(&first).zip(word) {
                *bits |= first ^ digit(byte);
            }
        }
        Some(varying.into_iter().map(u32::count_ones).sum::<u32>() as usize)
    }

    /// A table of constants: the memory file of a parameter.
    pub fn table(&self, name: &str, depth: usize) -> Memory {
        Memory { width: self.varying(name).unwrap_or(0), unused: 0, depth, access: Access::Table }
    }

    /// Whether a constant has a bit that is set.
    pub fn is_not_zero(&self, name: &str) -> bool {
        let digits = self.value(name).and_then(|value| value.split_once('h'));
        digits.is_some_and(|(_, digits)| digits.bytes().any(|digit| digit != b'0'))
    }

    /// Several of them.
    pub fn numbers<const N: usize>(&self, names: [&str; N]) -> [usize; N] {
        names.map(|name| self.number(name))
    }
}

/// Bits of a number below `n`; none where there is only one.
pub fn bits(n: usize) -> usize {
    n.next_power_of_two().trailing_zeros() as usize
}

/// As [`bits`], as a register has them.
pub fn register_bits(n: usize) -> usize {
    bits(n).max(1)
}

/// A memory that is written and read.
pub fn ram(width: usize, depth: usize) -> Memory {
    Memory { width, unused: 0, depth, access: Access::Ram }
}

/// A queue of 16 entries (`snn_fifo`): its oldest one is a word that was read.
pub fn fifo(width: usize) -> Memory {
    ram(width, 16)
}

/// `bits` if `there`.
pub fn only(there: bool, bits: usize) -> usize {
    if there { bits } else { 0 }
}

/// What `instance` is made of, which stands beside `others`; `None`: nobody has said.
pub fn structure(instance: &Instance, others: &[Instance], files: &[File]) -> Option<Structure> {
    let p = Parameters::new(instance, files);
    Some(match instance.module {
        "snn_link" => {
            let [frames, readers] = p.numbers(["FRAMES", "READERS"]);
            let all = readers * frames;
            let count = readers * bits(frames + 1);
            Structure::new(&[readers, all, all * bits(frames + 1)], &[readers, all, count], vec![])
        }
        "snn_stream" => {
            let [index, slots, planes, interval] = p.numbers(["INDEX_BITS", "SLOTS", "PLANES", "INTERVAL"]);
            let (wait, planes) = (register_bits(interval + 1), bits(planes));
            let luts = [1, wait, planes, slots * index];
            Structure::new(&luts, &[1, slots * (index + 1) + wait + planes], vec![])
        }
        "snn_taps" => taps(p),
        "snn_encode" => encode(p, others.iter().find(|other| feeds(other, instance))),
        "snn_columns" => columns(p, others.iter().find(|other| feeds(other, instance))),
        "snn_window" => window(p, others.iter().any(|other| other.module == "snn_encode" && feeds(instance, other))),
        "snn_collect" => collect(p),
        "snn_writer" => writer(p),
        "snn_invert" => invert(p),
        "snn_lanes" => lanes(p),
        "snn_codebook" => codebook(p),
        "snn_popcount" => popcount(p),
        "snn_turns" => turns(p),
        "snn_neuron" => neuron(p),
        "snn_synaptic" => synaptic(p),
        "snn_delta" => {
            let [chunk, frame, address] = p.numbers(["CHUNK", "FRAME", "ADDRESS_BITS"]);
            Structure::new(&[1, chunk], &[1, chunk, address, bits(frame)], vec![ram(chunk, frame)])
        }
        "snn_base" => {
            let [group, sum, words] = p.numbers(["GROUP", "SUM_BITS", "WORDS"]);
            let (all, kept) = (group * sum, only(words > 1, group * sum));
            Structure::new(&[1, kept], &[1, all, kept, register_bits(words)], vec![ram(all, words)])
        }
        "snn_finish" => finish(p),
        "snn_pool" => {
            let [group, groups, out, op] = p.numbers(["GROUP", "GROUPS", "OUT_BITS", "OP"]);
            let (all, counter) = (group * out, bits(groups));
            let luts = [1, all, only(op == 0, all), only(op == 1 || op == 3, all), counter];
            let kept = Memory { width: all, unused: 0, depth: groups, access: Access::Fifo };
            Structure::new(&luts, &[1, all, counter], vec![kept])
        }
        "snn_join" => {
            let [group, words, kept, sum, out, timesteps] =
                p.numbers(["GROUP", "WORDS", "KEPT_BITS", "SUM_BITS", "OUT_BITS", "TIMESTEPS"]);
            let (address, time) = (register_bits(2 * words), register_bits(timesteps));
            let luts = [1, group * out, address, time];
            let ffs = [1, group * out, group * sum, address, time];
            Structure::new(&luts, &ffs, vec![ram(group * kept, 2 * words)])
        }
        "snn_replay" => {
            let [width, words, period, timesteps] = p.numbers(["WIDTH", "WORDS", "PERIOD", "TIMESTEPS"]);
            let (address, count, time) = (register_bits(2 * words), bits(period + 1), register_bits(timesteps));
            let ffs = [1, width, address, count, time];
            // where a position stands in its pool window is read only by a pool behind it
            let at = others.iter().position(|other| other.name == instance.name).unwrap_or(0);
            let pools = others[at..].iter().any(|other| other.module == "snn_pool");
            let kept = Memory { unused: only(!pools, 3), ..ram(width + 3, 2 * words) };
            Structure::new(&[1, address, count, time], &ffs, vec![kept])
        }
        "snn_readout" => {
            let [elements, value, score, timesteps, reduce, index] =
                p.numbers(["ELEMENTS", "VALUE_BITS", "SCORE_BITS", "TIMESTEPS", "REDUCE", "INDEX_BITS"]);
            let (time, reads) = (bits(timesteps + 1), reduce != 1);
            let memories = if reads { vec![ram(score, elements)] } else { vec![] };
            Structure::new(&[1, score, index, time, only(reads, score)], &[1, score, value, index, time], memories)
        }
        "snn_events" => {
            let [chunk, chunks, frames, address, index] =
                p.numbers(["CHUNK", "CHUNKS", "FRAMES", "ADDRESS_BITS", "INDEX_BITS"]);
            Structure::new(&[1, chunk, index], &[1, chunk, address, index], vec![ram(chunk, chunks * frames)])
        }
        "snn_load" => {
            let [row, columns] = p.numbers(["ROW_BITS", "COLUMNS"]);
            Structure::new(&[1, row, columns], &[1, row, columns], vec![])
        }
        _ => return unrolled(instance.module, p),
    })
}

fn finish(p: Parameters<'_>) -> Structure {
    let [group, input, out, right] = p.numbers(["GROUP", "IN_BITS", "OUT_BITS", "RIGHT"]);
    let [groups, words] = p.numbers(["GROUPS", "BIAS_WORDS"]);
    let wide = input.max(right) + 2;
    let shifted = if right > 0 { wide - right } else { input };
    let luts = [1, only(words > 1, group * out), group * out, only(right > 0, group * wide), bits(groups)];
    Structure::new(&luts, &[1, group * out, group * shifted, bits(groups)], vec![p.table("BIAS", words)])
}

/// Whether a window gives its chunks to an encoder.
fn feeds(window: &Instance, encoder: &Instance) -> bool {
    let port = |instance: &Instance, name: &str| {
        instance.ports.iter().find(|(port, _)| *port == name).map(|(_, wire)| wire.clone())
    };
    window.module == "snn_window" && port(window, "o_bits") == port(encoder, "i_bits")
}
