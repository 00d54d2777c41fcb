//! What the families offer, with the prices that yosys gives it.

use super::super::board::{Chosen, Family};
use super::coefficients::{self, Coefficients};
use super::memory::{Block, Kind, Memories};

/// A family whose costs are known.
#[derive(Clone, Copy, Debug)]
pub struct Technology {
    /// Its name, as yosys' `synth_` commands have it.
    pub name: &'static str,
    /// Its memories.
    pub memories: Memories,
    /// LUTs and flip-flops of what connects a host: AXI, SPI, UART. What yosys makes of the tops that `--host` writes for a
    /// network of 784-128-10, the network itself a black box.
    pub hosts: [(f64, f64); 3],
    /// Of the flip-flops of its logic, those that no LUT's cell holds, where cells are what it counts.
    pub alone: f64,
    /// What its logic takes.
    pub logic: &'static [(&'static str, Coefficients)],
}

/// The families.
pub const TECHNOLOGIES: [Technology; 4] = [XC7, ICE40, ECP5, GOWIN];

/// The family of a board's part, as the synthesis is told to use it; of the 7 series without one.
#[must_use]
pub fn technology(board: Option<&Chosen>) -> Technology {
    let Some(chosen) = board else { return XC7 };
    let mut technology = match chosen.board.family {
        Family::Xilinx => XC7,
        Family::Ice40 { .. } => ICE40,
        Family::Ecp5 { .. } => ECP5,
        Family::Gowin { .. } => GOWIN,
    };
    technology.memories.stored_price = chosen.ram_cost;
    technology
}

/// Block RAMs.
const fn ram(widths: &'static [usize], address_bits: u32, price: f64, each: f64, dual: bool) -> Kind {
    Kind { widths, address_bits, price, by_width: 0.0, byte: 9, block: Block::Ram { each, dual } }
}

/// Four LUTs that store, in a slice of the kind that can.
const fn lut_ram(widths: &'static [usize], address_bits: u32, by_width: f64) -> Kind {
    Kind { widths, address_bits, price: 8.0, by_width, byte: 0, block: Block::Luts(4) }
}

/// Six LUTs, of which four store 16 words of 4 bits.
const fn slices(by_width: f64) -> Kind {
    Kind { widths: &[4], address_bits: 4, price: 4.0, by_width, byte: 0, block: Block::Luts(6) }
}

/// 7 series: six-input LUTs, block RAMs of 36 Kbit in two halves.
const XC7: Technology = Technology {
    name: "xc7",
    memories: Memories {
        kinds: &[
            ram(&[1, 2, 4, 9, 18], 14, 129.0, 0.5, true),
            ram(&[1, 2, 4, 9, 18, 36], 15, 257.0, 1.0, true),
            ram(&[1, 2, 4, 9], 16, 513.0, 2.0, true), // two, cascaded
            ram(&[1, 2, 4, 9, 18, 36], 14, 129.0, 0.5, false),
            ram(&[1, 2, 4, 9, 18, 36, 72], 15, 257.0, 1.0, false),
            lut_ram(&[6], 5, 7.0),
            lut_ram(&[3], 6, 7.0),
            lut_ram(&[1], 7, 8.0),
        ],
        stored_price: 1.0,
        reads_old: true,
        table_bit: 1.0 / 64.0,
        lut_entries: 64.0,
        stored_bit: 0.5,
        mux: 1.0 / 3.0,
    },
    hosts: [(185.0, 215.0), (272.0, 254.0), (290.0, 278.0)],
    alone: 0.0,
    logic: coefficients::XC7,
};

/// iCE40: four-input LUTs that never store, block RAMs of 4 Kbit with an enable for each bit.
const ICE40: Technology = Technology {
    name: "ice40",
    memories: Memories {
        kinds: &[Kind { byte: 1, ..ram(&[2, 4, 8, 16], 11, 64.0, 1.0, false) }],
        stored_price: 1.0,
        reads_old: false,
        table_bit: 1.0 / 16.0,
        lut_entries: 9.0,
        stored_bit: 1.0,
        mux: 1.0,
    },
    hosts: [(410.0, 277.0), (512.0, 316.0), (555.0, 340.0)],
    alone: 0.6,
    logic: coefficients::ICE40,
};

/// ECP5: four-input LUTs, block RAMs of 18 Kbit.
const ECP5: Technology = Technology {
    name: "ecp5",
    memories: Memories {
        kinds: &[
            slices(0.0), // the first one that is cheapest is taken
            ram(&[1, 2, 4, 9, 18], 14, 128.0, 1.0, true),
            ram(&[1, 2, 4, 9, 18, 36], 14, 128.0, 1.0, false),
        ],
        stored_price: 1.0,
        reads_old: false,
        table_bit: 1.0 / 16.0,
        lut_entries: 16.0,
        stored_bit: 1.0,
        mux: 1.5,
    },
    hosts: [(511.0, 277.0), (583.0, 316.0), (652.0, 340.0)],
    alone: 0.0,
    logic: coefficients::ECP5,
};

/// Gowin: four-input LUTs, block RAMs of 18 Kbit.
const GOWIN: Technology = Technology {
    name: "gowin",
    memories: Memories {
        kinds: &[
            slices(4.0),
            ram(&[1, 2, 4, 9, 18], 14, 128.0, 1.0, true),
            ram(&[1, 2, 4, 9, 18, 36], 14, 128.0, 1.0, false),
        ],
        stored_price: 1.0,
        reads_old: false,
        table_bit: 1.0 / 16.0,
        lut_entries: 16.0,
        stored_bit: 1.0,
        mux: 1.5,
    },
    hosts: [(510.0, 277.0), (763.0, 316.0), (927.0, 340.0)],
    alone: 0.0,
    logic: coefficients::GOWIN,
};

#[cfg(test)]
mod tests {
    use super::super::memory::{Access, Memory, Taken};
    use super::*;

    fn check(technology: &Technology, cases: &[(usize, usize, Access, (f64, f64))]) {
        for &(width, depth, access, expected) in cases {
            let Taken { block_rams, ffs, .. } = technology.memories.taken(Memory { width, unused: 0, depth, access });
            let name = technology.name;
            assert_eq!((block_rams, ffs), expected, "{name}: {width} bits, {depth} words, {access:?}");
        }
    }

    /// Sizes at which yosys changes its mind, and what it makes of them.
    #[test]
    fn xc7_memories_become_what_yosys_makes_of_them() {
        let cases = [
            (10, 256, Access::Ram, (0.0, 10.0)),
            (11, 256, Access::Ram, (0.5, 0.0)),
            (21, 128, Access::Ram, (0.0, 21.0)),
            (22, 128, Access::Ram, (0.5, 0.0)),
            (73, 64, Access::Ram, (0.0, 73.0)),
            (36, 600, Access::Ram, (1.0, 0.0)),
            (100, 600, Access::Ram, (3.0, 0.0)),
            (1, 65_536, Access::Ram, (2.0, 0.0)),
            (3, 40_000, Access::Ram, (4.5, 2.0)),
            (100, 64, Access::Table, (0.0, 100.0)),
            (12, 1024, Access::Table, (0.5, 0.0)),
            (3, 40, Access::Weights(1), (0.5, 0.0)),
            (1024, 784, Access::Weights(1), (28.5, 0.0)),
            (300, 1200, Access::Weights(1), (12.5, 2.0)),
            (72, 784, Access::Weights(2), (2.0, 0.0)),
            (64, 784, Access::Weights(4), (4.0, 0.0)),
            (100, 200, Access::Weights(4), (6.0, 0.0)),
            (32, 784, Access::Loaded(1), (1.0, 0.0)),
            (32, 784, Access::Loaded(2), (1.0, 0.0)),
            (32, 300, Access::Loaded(4), (2.0, 0.0)),
        ];
        check(&XC7, &cases);
    }

    /// Likewise.
    #[test]
    fn ice40_memories_become_what_yosys_makes_of_them() {
        let cases = [
            (4, 16, Access::Ram, (0.0, 68.0)),
            (8, 16, Access::Ram, (1.0, 0.0)),
            (8, 256, Access::Ram, (1.0, 0.0)),
            (12, 300, Access::Ram, (2.0, 0.0)),
            (10, 1000, Access::Ram, (3.0, 0.0)),
            (3, 5000, Access::Ram, (4.0, 3.0)),
            (40, 600, Access::Ram, (8.0, 2.0)),
            (64, 32, Access::Table, (0.0, 64.0)),
            (100, 64, Access::Table, (0.0, 100.0)),
            (16, 128, Access::Table, (1.0, 0.0)),
            (20, 300, Access::Table, (3.0, 0.0)),
            (20, 16, Access::Fifo, (2.0, 21.0)),
            (200, 16, Access::Fifo, (13.0, 201.0)),
            (3, 40, Access::Weights(1), (1.0, 0.0)),
            (80, 784, Access::Weights(1), (20.0, 0.0)),
            (40, 784, Access::Weights(2), (20.0, 0.0)),
            (300, 1200, Access::Weights(1), (94.0, 3.0)),
            (16, 64, Access::Loaded(1), (1.0, 0.0)),
        ];
        check(&ICE40, &cases);
    }

    /// Likewise.
    #[test]
    fn ecp5_memories_become_what_yosys_makes_of_them() {
        let cases = [
            (8, 64, Access::Ram, (0.0, 8.0)),
            (8, 256, Access::Ram, (1.0, 0.0)),
            (32, 512, Access::Ram, (1.0, 0.0)),
            (3, 5000, Access::Ram, (2.0, 0.0)),
            (40, 600, Access::Ram, (3.0, 0.0)),
            (20, 100, Access::Ram, (1.0, 0.0)),
            (24, 64, Access::Table, (0.0, 24.0)),
            (100, 64, Access::Table, (3.0, 0.0)),
            (20, 300, Access::Table, (1.0, 0.0)),
            (200, 16, Access::Fifo, (0.0, 0.0)),
            (40, 784, Access::Weights(2), (3.0, 0.0)),
            (64, 300, Access::Weights(4), (8.0, 0.0)),
            (300, 1200, Access::Weights(1), (25.0, 2.0)),
            (32, 784, Access::Loaded(1), (2.0, 0.0)),
        ];
        check(&ECP5, &cases);
    }

    #[test]
    fn what_is_loaded_and_read_twice_is_there_twice_where_writes_wait() {
        let blocks = |technology: &Technology| {
            let memory = Memory { width: 32, unused: 0, depth: 784, access: Access::Loaded(2) };
            technology.memories.taken(memory).block_rams
        };
        assert_eq!([blocks(&XC7), blocks(&ECP5)], [1.0, 4.0]);
    }

    /// `RAM_COST=0.25`: 256 bits cost as much as a block.
    #[test]
    fn small_memories_are_flip_flops_where_these_cost_less() {
        let memories = Memories { stored_price: 0.25, ..ICE40.memories };
        let taken = [16, 32, 64]
            .map(|depth| memories.taken(Memory { width: 8, unused: 0, depth, access: Access::Ram }).block_rams);
        assert_eq!(taken, [0.0, 0.0, 1.0]);
    }

    /// 18 bits that are read, with three that are not: the last block would hold only one of these.
    #[test]
    fn blocks_of_what_nobody_reads_are_taken_away() {
        let memory = |unused| Memory { width: 21, unused, depth: 3456, access: Access::Ram };
        let blocks = [0, 3].map(|unused| ECP5.memories.taken(memory(unused)).block_rams);
        assert_eq!(blocks, [6.0, 5.0]);
    }
}
