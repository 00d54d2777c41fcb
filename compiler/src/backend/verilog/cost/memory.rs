//! What a memory becomes: block RAM, LUT RAM or registers, as yosys' `memory_libmap` decides it.
//!
//! Every kind of RAM that a family offers has a price. A memory takes the kind, and of it the width, that makes it cheapest:
//! the price of its blocks, half a unit for each bit that is multiplexed behind blocks that stand behind each other, half a
//! unit for each of them that a write is decoded for, and two units for each point of what the RAM cannot do by itself.
//! Registers cost one unit a bit unless the synthesis is told otherwise, a table in logic a part of one. Bits that are the
//! same in every word are no memory.

use std::collections::BTreeSet;
use std::ops::AddAssign;

/// How a memory is written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One port writes, one reads a clock later, but never what is being written.
    Ram,
    /// One port writes, one reads within the clock.
    Fifo,
    /// Constants, read a clock later.
    Table,
    /// Weights, always in block RAM, with so many ports that read.
    Weights(usize),
    /// As these, and the first port writes too.
    Loaded(usize),
    /// As these, in single-port RAM beside block RAM.
    Large,
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bits of a word that are not the same in every word.
    pub width: usize,
    /// The highest of them, that nobody reads.
    pub unused: usize,
    /// Words.
    pub depth: usize,
    /// Its ports.
    pub access: Access,
}

/// A kind of RAM of a family.
#[derive(Debug)]
pub struct Kind {
    /// Its widths in bits, the lowest first; a word of the first is addressed by all of `address_bits`.
    pub widths: &'static [usize],
    /// Bits of an address at the lowest width.
    pub address_bits: u32,
    /// Price of a block.
    pub price: f64,
    /// What of the price is of the bits that are used.
    pub by_width: f64,
    /// Bits that one enable writes; 0: all.
    pub byte: usize,
    /// What a block is.
    pub block: Block,
}

/// What a block of a kind is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Block {
    /// So many block RAMs with two ports that read and write each, or one that writes and one that reads.
    Ram {
        /// Block RAMs.
        each: f64,
        /// Whether both ports read and write.
        dual: bool,
    },
    /// LUTs that store.
    Luts(usize),
}

/// The memories of a family.
#[derive(Clone, Copy, Debug)]
pub struct Memories {
    /// What there is.
    pub kinds: &'static [Kind],
    /// Price of a bit in flip-flops.
    pub stored_price: f64,
    /// Whether a block RAM reads what was there before a write of the same clock; if not, logic around it does where that is
    /// asked for.
    pub reads_old: bool,
    /// Price of a bit of a table in logic.
    pub table_bit: f64,
    /// Entries of a table that one LUT holds.
    pub lut_entries: f64,
    /// LUTs that read a bit of those stored in flip-flops.
    pub stored_bit: f64,
    /// LUTs of a bit for each input of a multiplexer beyond the first.
    pub mux: f64,
}

/// What a memory takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// LUTs, those that store with them.
    pub luts: f64,
    /// Flip-flops.
    pub ffs: f64,
    /// Block RAMs.
    pub block_rams: f64,
    /// Large memories beside them.
    pub large: usize,
}

impl AddAssign for Taken {
    fn add_assign(&mut self, other: Self) {
        self.luts += other.luts;
        self.ffs += other.ffs;
        self.block_rams += other.block_rams;
        self.large += other.large;
    }
}

/// Words and bits of a large memory.
const LARGE: (usize, usize) = (16_384, 16);
/// Price of a point of emulation.
const EMULATION: usize = 2;

impl Memories {
    /// What `memory` takes.
    pub fn taken(&self, memory: Memory) -> Taken {
        let Memory { width, depth, access, .. } = memory;
        let mut best = match access {
            _ if width == 0 => return Taken::default(),
            Access::Table if depth == 1 => return Taken::default(), // constants
            Access::Ram | Access::Fifo => (width * depth) as f64 * self.stored_price,
            Access::Table => (width * depth) as f64 * self.table_bit,
            Access::Weights(_) | Access::Loaded(_) => f64::INFINITY,
            Access::Large => {
                return Taken { large: width.div_ceil(LARGE.1) * depth.div_ceil(LARGE.0), ..Taken::default() };
            }
        };
        let mut taken = self.in_logic(memory);
        for kind in self.kinds {
            let Some(copies) = kind.copies(access, self.reads_old) else { continue };
            for (narrower, &unit) in kind.widths.iter().enumerate() {
                let fit = Fit::new(kind, unit, narrower, memory);
                let price = fit.price(kind, copies, access) + (EMULATION * self.emulated(kind, access)) as f64;
                if price < best {
                    best = price;
                    taken = self.in_blocks(kind, &fit, copies, memory);
                }
            }
        }
        taken
    }

    /// Points of what is emulated: three for a port whose writes wait, three for one whose reads see what waits, one for
    /// each port that only reads.
    fn emulated(&self, kind: &Kind, access: Access) -> usize {
        let before = if self.reads_old { 0 } else { 6 };
        match (kind.block, access) {
            (Block::Luts(_), _) | (_, Access::Table | Access::Large) => 1,
            (_, Access::Ram) => 1,
            (_, Access::Fifo) => 1 + 3,
            (_, Access::Weights(ports)) => ports,
            (_, Access::Loaded(1)) => 0,
            (_, Access::Loaded(ports)) => ports - 1 + before,
        }
    }

    /// A memory without RAM.
    fn in_logic(&self, Memory { width, depth, access, .. }: Memory) -> Taken {
        let (bits, read) = ((width * depth) as f64, width as f64);
        let stored = (bits - read) * self.stored_bit; // a multiplexer; flip-flops have an enable of their own
        match access {
            Access::Table => {
                Taken { luts: read * (depth as f64 / self.lut_entries).max(1.0), ffs: read, ..Taken::default() }
            }
            Access::Fifo => Taken { luts: stored, ffs: bits, ..Taken::default() },
            _ => Taken { luts: stored, ffs: bits + read, ..Taken::default() },
        }
    }

    fn in_blocks(&self, kind: &Kind, fit: &Fit, copies: usize, memory: Memory) -> Taken {
        let Memory { width, unused, depth, access } = memory;
        let read = (width - unused) as f64;
        let decoded = if access.is_written() && fit.deep > 1 { fit.deep } else { 0 };
        let multiplexed = read * access.reads() as f64 * ((fit.deep - 1) as f64 * self.mux).ceil();
        let luts = multiplexed + decoded as f64;
        let blocks = (fit.read(unused) * copies) as f64;
        match (kind.block, access) {
            (Block::Luts(each), Access::Fifo) => Taken { luts: luts + blocks * each as f64, ..Taken::default() },
            (Block::Luts(each), _) => Taken { luts: luts + blocks * each as f64, ffs: read, ..Taken::default() },
            (Block::Ram { each, .. }, _) => {
                let address = f64::from(depth.next_power_of_two().trailing_zeros());
                // what is written waits a clock, and goes around the RAM to who reads it then
                let (around, waiting) = match access {
                    Access::Fifo => (read + address, read + 1.0),
                    _ => (0.0, 0.0),
                };
                let ffs = f64::from(fit.deep.next_power_of_two().trailing_zeros());
                Taken { luts: luts + around, ffs: ffs + waiting, block_rams: blocks * each, large: 0 }
            }
        }
    }
}

impl Access {
    /// Ports that read.
    fn reads(self) -> usize {
        match self {
            Self::Ram | Self::Fifo | Self::Table | Self::Large => 1,
            Self::Weights(ports) | Self::Loaded(ports) => ports,
        }
    }

    fn is_written(self) -> bool {
        matches!(self, Self::Ram | Self::Fifo | Self::Loaded(_) | Self::Large)
    }
}

impl Kind {
    /// Copies that the ports take; `None`: it cannot be.
    fn copies(&self, access: Access, reads_old: bool) -> Option<usize> {
        match (self.block, access) {
            (Block::Luts(_), Access::Ram | Access::Fifo) => Some(1),
            // tables stay in logic, weights are asked for in block RAM
            (Block::Luts(_), _) | (Block::Ram { .. }, Access::Large) => None,
            (Block::Ram { .. }, Access::Ram | Access::Fifo | Access::Table) => Some(1),
            (Block::Ram { dual, .. }, Access::Weights(ports)) => Some(if dual { ports.div_ceil(2) } else { ports }),
            // one port of each copy writes; that of the first reads too, unless what it writes waits a clock
            (Block::Ram { dual, .. }, Access::Loaded(ports)) => {
                Some(if dual && reads_old { (ports - 1).max(1) } else { ports })
            }
        }
    }
}

/// How a memory lies in blocks of one width.
struct Fit {
    /// Bits of a block's word.
    unit: usize,
    /// Blocks behind each other.
    deep: usize,
    /// Bits of a word with what fills its last byte.
    padded: usize,
    /// Bits of a word.
    width: usize,
}

impl Fit {
    fn new(kind: &Kind, unit: usize, narrower: usize, Memory { width, depth, access, .. }: Memory) -> Self {
        let words = 1usize << (kind.address_bits - narrower as u32);
        // what is written apart begins a byte; constants are packed across words
        let byte = match access.is_written() {
            true if kind.byte == 0 || kind.byte > unit => unit,
            true => kind.byte,
            false => 1,
        };
        Self { unit, deep: depth.div_ceil(words), padded: width.next_multiple_of(byte), width }
    }

    /// Blocks of a copy.
    fn blocks(&self) -> usize {
        (self.deep * self.padded).div_ceil(self.unit)
    }

    /// Blocks of a copy that hold a bit that is read: others are taken away once the memory lies in them.
    fn read(&self, unused: usize) -> usize {
        if unused == 0 {
            return self.blocks();
        }
        let bits = (0..self.deep).flat_map(|at| (0..self.width - unused).map(move |bit| at * self.padded + bit));
        bits.map(|bit| bit / self.unit).collect::<BTreeSet<usize>>().len()
    }

    fn price(&self, kind: &Kind, copies: usize, access: Access) -> f64 {
        let deep = self.deep as f64;
        let used = deep * self.width as f64 / self.unit as f64;
        let blocks = (kind.price - kind.by_width) * self.blocks() as f64 + kind.by_width * used;
        let multiplexed = (deep - 1.0) * (self.width * access.reads()) as f64;
        let decoded = if access.is_written() && self.deep > 1 { deep } else { 0.0 };
        blocks * copies as f64 + (multiplexed + decoded) / 2.0
    }
}
