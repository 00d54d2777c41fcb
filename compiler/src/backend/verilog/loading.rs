//! Weights that come when the design runs: a port of the top, and what takes its words into each layer's memory.

use super::board::Chosen;
use super::netlist::{Instance, Section, numbers};
use crate::backend::File;

/// Where the weights of a design are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightStore {
    /// In its memory files: they are there when the device is configured.
    #[default]
    Fixed,
    /// In `weights.bin`, which a host loads.
    Loaded {
        /// Bits of width of the large single-port memories that a part has beside block RAM; the largest layers go there.
        large: usize,
    },
}

impl WeightStore {
    /// In memory files, or loaded, on a board or none.
    pub fn new(board: Option<Chosen>, loaded: bool) -> Self {
        match loaded {
            true => Self::Loaded { large: board.map_or(0, |chosen| chosen.board.large_bits) },
            false => Self::Fixed,
        }
    }
}

/// What `weights.bin` begins with: "SNNW".
pub const MAGIC: u32 = u32::from_le_bytes(*b"SNNW");
/// Of the file's form.
pub const VERSION: u32 = 1;

/// Words of 16 bits of a large memory (iCE40 UP5K).
const LARGE_WORDS: usize = 1 << 14;

/// A memory of weights in the netlist.
struct Memory {
    section: usize,
    /// Where it is, and its copies.
    instances: Vec<usize>,
    rows: usize,
    row_bits: usize,
    width: usize,
    slots: usize,
}

impl Memory {
    fn columns(&self) -> usize {
        self.width.div_ceil(32)
    }

    /// Width that it takes of memories of 16 bits.
    fn large_width(&self) -> usize {
        self.width.next_multiple_of(16)
    }
}

/// The value of a parameter.
fn value<'i>(instance: &'i Instance, name: &str) -> Option<&'i str> {
    instance.parameters.iter().find(|(parameter, _)| *parameter == name).map(|(_, value)| &**value)
}

/// Every memory of weights, in the order in which they are loaded: that of the layers.
fn memories(sections: &[Section]) -> Vec<Memory> {
    let mut found: Vec<Memory> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for (section, instances) in sections.iter().map(|section| &section.instances).enumerate() {
        for (instance, it) in instances.iter().enumerate() {
            if !matches!(it.module, "snn_lanes" | "snn_codebook" | "snn_popcount") {
                continue;
            }
            let name = value(it, "WEIGHTS").or(value(it, "INDICES")).expect("a file of weights");
            if let Some(before) = named.iter().position(|before| *before == name) {
                found[before].instances.push(instance);
                continue;
            }
            named.push(name);
            let number = |name: &str| value(it, name).and_then(|value| value.parse::<usize>().ok());
            let of = |name: &str| number(name).expect("a number that the netlist was made with");
            let bits =
                number("WEIGHT_BITS").or(number("INDEX_BITS")).or(number("BITS")).expect("bits of what is stored");
            found.push(Memory {
                section,
                instances: vec![instance],
                rows: of("ROWS"),
                row_bits: of("ROW_BITS"),
                width: of("LANES") * bits,
                slots: number("SLOTS").unwrap_or(1),
            });
        }
    }
    found
}

/// Connects the memories of weights of a netlist: to nothing, or to the port that loads them; their files are taken out of
/// `files` then. Gives the words in the order in which the port takes them; none: they are fixed.
pub fn connect(sections: &mut Vec<Section>, files: &mut Vec<File>, store: WeightStore) -> Vec<u32> {
    let found = memories(sections);
    let WeightStore::Loaded { large } = store else {
        for memory in &found {
            for &instance in &memory.instances {
                sections[memory.section].instances[instance].ports.extend([
                    ("w_valid", "1'b0".into()),
                    ("w_row", format!("{}'d0", memory.row_bits)),
                    ("w_columns", format!("{}'d0", memory.columns())),
                    ("w_data", "32'd0".into()),
                ]);
            }
        }
        return Vec::new();
    };
    let in_large = in_large(&found, large);
    let mut words = Vec::new();
    let mut loading = Section { comment: "weights: layer after layer".into(), ..Section::default() };
    let mut from = "load_valid".to_owned();
    for (index, memory) in found.iter().enumerate() {
        let mut path = String::new();
        for &instance in &memory.instances {
            let parameters = &mut sections[memory.section].instances[instance].parameters;
            for (_, value) in parameters.iter_mut().filter(|(name, _)| matches!(*name, "WEIGHTS" | "INDICES")) {
                path = std::mem::replace(value, "\"\"".into()).trim_matches('"').to_owned();
            }
            parameters.extend(numbers(&[("LOADED", 1), ("LARGE", usize::from(in_large[index]))]));
        }
        let at = files.iter().position(|file| file.path == path).expect("a file of the netlist");
        words.extend(file_words(&files.remove(at)));
        let s = &mut loading;
        let name = format!("load_{index}");
        let next = s.wire(1, format!("{name}__next"));
        let mut ports = vec![
            ("clk", "clk".to_owned()),
            ("start", "load_start".to_owned()),
            ("i_valid", from),
            ("i_data", "load_data".into()),
            ("o_valid", next.clone()),
        ];
        let taken = [("w_valid", 1), ("w_row", memory.row_bits), ("w_columns", memory.columns()), ("w_data", 32)];
        for (port, bits) in taken {
            let wire = s.wire(bits, format!("{name}__{}", &port[2..]));
            ports.push((port, wire.clone()));
            for &instance in &memory.instances {
                sections[memory.section].instances[instance].ports.push((port, wire.clone()));
            }
        }
        let parameters =
            numbers(&[("ROWS", memory.rows), ("ROW_BITS", memory.row_bits), ("COLUMNS", memory.columns())]);
        // without a reset: what was loaded stays
        s.instances.push(Instance { module: "snn_load", name: format!("u_{name}"), parameters, ports });
        from = next;
    }
    loading.statements.push(format!("wire load__unused = &{{1'b0, {from}}};"));
    sections.push(loading);
    words
}

/// Which memories go into the large ones: those with the most bits, as long as there is width.
fn in_large(found: &[Memory], large: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(found[index].rows * found[index].width));
    let (mut left, mut chosen) = (large, vec![false; found.len()]);
    for index in order {
        let memory = &found[index];
        if memory.instances.len() == 1
            && memory.slots == 1
            && memory.rows <= LARGE_WORDS
            && memory.large_width() <= left
        {
            left -= memory.large_width();
            chosen[index] = true;
        }
    }
    chosen
}

/// The words of a memory file: of each row as many as cover it, the lowest bits first.
fn file_words(file: &File) -> Vec<u32> {
    let text = std::str::from_utf8(&file.content).expect("a memory file is text");
    let row = |line: &str| -> Vec<u32> {
        let digits = line.as_bytes().rchunks(8).map(|digits| std::str::from_utf8(digits).expect("it is ASCII"));
        digits.map(|digits| u32::from_str_radix(digits, 16).expect("hexadecimal")).collect()
    };
    text.lines().flat_map(row).collect()
}

/// What the design checks the words with: rotated to the left by a bit, then a word is added without carry (`snn_feed`).
pub fn check(words: &[u32]) -> u32 {
    words.iter().fold(0, |check: u32, word| check.rotate_left(1) ^ word)
}

/// `weights.bin`: magic, version, fingerprint of the design, words, their check; then the words. Lowest bytes first.
pub fn file(words: &[u32], fingerprint: u32) -> File {
    let header = [MAGIC, VERSION, fingerprint, words.len() as u32, check(words)];
    let content = header.iter().chain(words).flat_map(|word| word.to_le_bytes()).collect();
    File { path: "weights.bin".into(), content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_words_the_lowest_first() {
        let file = File::text("x.mem", "123456789\n000000001\n");
        assert_eq!(file_words(&file), [0x2345_6789, 1, 1, 0]);
    }

    #[test]
    fn the_check_is_of_the_words_and_their_order() {
        assert_eq!(check(&[1, 0x8000_0000]), 0x8000_0002);
        assert_ne!(check(&[1, 2]), check(&[2, 1]));
        assert_eq!(file(&[7], 9).content[..12], [b'S', b'N', b'N', b'W', 1, 0, 0, 0, 9, 0, 0, 0]);
    }

    #[test]
    fn the_largest_layers_take_the_large_memories() {
        let memory = |rows, width, slots| Memory { section: 0, instances: vec![0], rows, row_bits: 1, width, slots };
        let found = [memory(100, 10, 1), memory(1664, 48, 1), memory(300, 40, 1), memory(9000, 16, 2)];
        assert_eq!(in_large(&found, 64), [true, true, false, false]);
        assert_eq!(in_large(&found, 0), [false; 4]);
    }
}
