//! What a memory becomes: block RAM, LUT RAM or registers, as yosys' `memory_libmap` decides it.
//!
//! Every kind of RAM that a family offers has a price. A memory takes the kind, and of it the width, that makes it cheapest:
//! the price of its blocks, half a unit for each bit that is multiplexed behind blocks that stand behind each other, and
//! half a unit for each of them that a write is decoded for. Registers cost one unit a bit, a table in logic a part of one.

/// How a memory is written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One port writes, one reads a clock later.
    Ram,
    /// One port writes, one reads within the clock: never block RAM.
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
    /// Bits of a word.
    pub width: usize,
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
#[derive(Debug)]
pub struct Memories {
    /// What there is.
    pub kinds: &'static [Kind],
    /// Price of a bit of a table in logic.
    pub table_bit: f64,
    /// Entries of a table that one LUT holds.
    pub lut_entries: usize,
    /// Inputs of a multiplexer that each further LUT takes in.
    pub mux_inputs: usize,
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

/// Words and bits of a large memory.
const LARGE: (usize, usize) = (16_384, 16);

impl Memories {
    /// LUTs of a multiplexer of so many inputs, per bit.
    pub fn mux(&self, inputs: usize) -> f64 {
        inputs.saturating_sub(1).div_ceil(self.mux_inputs) as f64
    }

    /// What `memory` takes.
    pub fn taken(&self, memory: Memory) -> Taken {
        let Memory { width, depth, access } = memory;
        if width == 0 {
            return Taken::default();
        }
        let mut best = match access {
            Access::Ram | Access::Fifo => (width * depth) as f64,
            Access::Table if depth == 1 => return Taken::default(), // constants
            Access::Table => (width * depth) as f64 * self.table_bit,
            Access::Weights(_) | Access::Loaded(_) => f64::INFINITY,
            Access::Large => {
                return Taken { large: width.div_ceil(LARGE.1) * depth.div_ceil(LARGE.0), ..Taken::default() };
            }
        };
        let mut taken = self.in_logic(memory);
        for kind in self.kinds {
            let Some(copies) = kind.copies(access) else { continue };
            for (narrower, &unit) in kind.widths.iter().enumerate() {
                let fit = Fit::new(kind, unit, narrower, memory);
                let price = fit.price(kind, unit, copies, memory);
                if price < best {
                    best = price;
                    taken = self.in_blocks(kind, &fit, copies, memory);
                }
            }
        }
        taken
    }

    /// A memory without RAM.
    fn in_logic(&self, Memory { width, depth, access }: Memory) -> Taken {
        let bits = (width * depth) as f64;
        let read = width as f64;
        match access {
            Access::Table => Taken { luts: read * self.table_luts(depth), ffs: read, ..Taken::default() },
            Access::Fifo => Taken { luts: bits / 2.0 + read, ffs: bits, ..Taken::default() },
            _ => Taken { luts: bits / 2.0 + read, ffs: bits + read, ..Taken::default() },
        }
    }

    /// LUTs of a bit of a table of constants.
    fn table_luts(&self, depth: usize) -> f64 {
        let luts = depth.div_ceil(self.lut_entries);
        luts as f64
    }

    fn in_blocks(&self, kind: &Kind, fit: &Fit, copies: usize, Memory { width, access, .. }: Memory) -> Taken {
        let ports = access.reads();
        let decoded = if access.is_written() && fit.deep > 1 { fit.deep } else { 0 };
        let luts = (width * ports) as f64 * self.mux(fit.deep) + decoded as f64;
        let blocks = (fit.blocks * copies) as f64;
        match kind.block {
            Block::Luts(each) => {
                let ffs = if access == Access::Fifo { 0.0 } else { width as f64 };
                Taken { luts: luts + blocks * each as f64, ffs, ..Taken::default() }
            }
            Block::Ram { each, .. } => {
                let ffs = f64::from(fit.deep.next_power_of_two().trailing_zeros());
                Taken { luts, ffs, block_rams: blocks * each, large: 0 }
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
    fn copies(&self, access: Access) -> Option<usize> {
        match (self.block, access) {
            (Block::Luts(_), Access::Ram | Access::Fifo) => Some(1),
            // tables stay in logic, weights are asked for in block RAM
            (Block::Luts(_), _) | (Block::Ram { .. }, Access::Fifo | Access::Large) => None,
            (Block::Ram { .. }, Access::Ram | Access::Table) => Some(1),
            (Block::Ram { dual, .. }, Access::Weights(ports)) => Some(if dual { ports.div_ceil(2) } else { ports }),
            // one port of each copy writes; that of the first reads too
            (Block::Ram { dual, .. }, Access::Loaded(ports)) => Some(if dual { (ports - 1).max(1) } else { ports }),
        }
    }
}

/// How a memory lies in blocks of one width.
struct Fit {
    /// Blocks behind each other.
    deep: usize,
    /// All blocks of a copy.
    blocks: usize,
}

impl Fit {
    fn new(kind: &Kind, unit: usize, narrower: usize, Memory { width, depth, access }: Memory) -> Self {
        let words = 1usize << (kind.address_bits - narrower as u32);
        let deep = depth.div_ceil(words);
        // what is written apart begins a byte; constants are packed across words
        let byte = match access.is_written() {
            true if kind.byte == 0 || kind.byte > unit => unit,
            true => kind.byte,
            false => 1,
        };
        Self { deep, blocks: (deep * width.div_ceil(byte) * byte).div_ceil(unit) }
    }

    fn price(&self, kind: &Kind, unit: usize, copies: usize, Memory { width, access, .. }: Memory) -> f64 {
        let deep = self.deep as f64;
        let used = deep * width as f64 / unit as f64;
        let blocks = (kind.price - kind.by_width) * self.blocks as f64 + kind.by_width * used;
        let multiplexed = (deep - 1.0) * (width * access.reads()) as f64;
        let decoded = if access.is_written() && self.deep > 1 { deep } else { 0.0 };
        blocks * copies as f64 + (multiplexed + decoded) / 2.0
    }
}
