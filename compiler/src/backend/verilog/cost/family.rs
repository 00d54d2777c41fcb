//! What the families offer, with the prices that yosys gives it.

use super::super::board::Family;
use super::coefficients::{self, Coefficients};
use super::memory::{Block, Kind, Memories};

/// A family whose costs are known.
#[derive(Debug)]
pub struct Technology {
    /// Its name for people.
    pub name: &'static str,
    /// Its memories.
    pub memories: Memories,
    /// LUTs and flip-flops of what connects a host: AXI, SPI, UART.
    pub hosts: [(f64, f64); 3],
    /// What its logic takes.
    pub logic: &'static [(&'static str, Coefficients)],
}

/// The family of a part; `None`: its costs are not known.
pub fn technology(family: Option<Family>) -> Option<&'static Technology> {
    match family {
        None | Some(Family::Xilinx) => Some(&XC7),
        Some(Family::Ice40 { .. } | Family::Ecp5 { .. } | Family::Gowin { .. }) => None,
    }
}

/// A RAMB18E1 or a RAMB36E1.
const fn ramb(widths: &'static [usize], address_bits: u32, price: f64, each: f64, dual: bool) -> Kind {
    Kind { widths, address_bits, price, by_width: 0.0, byte: 9, block: Block::Ram { each, dual } }
}

/// Four LUTs that store, in a slice of the kind that can.
const fn lut_ram(widths: &'static [usize], address_bits: u32, by_width: f64) -> Kind {
    Kind { widths, address_bits, price: 8.0, by_width, byte: 0, block: Block::Luts(4) }
}

/// 7 series: six-input LUTs, block RAMs of 36 Kbit in two halves.
static XC7: Technology = Technology {
    name: "xc7",
    memories: Memories {
        kinds: &[
            ramb(&[1, 2, 4, 9, 18], 14, 129.0, 0.5, true),
            ramb(&[1, 2, 4, 9, 18, 36], 15, 257.0, 1.0, true),
            ramb(&[1, 2, 4, 9], 16, 513.0, 2.0, true), // two, cascaded
            ramb(&[1, 2, 4, 9, 18, 36], 14, 129.0, 0.5, false),
            ramb(&[1, 2, 4, 9, 18, 36, 72], 15, 257.0, 1.0, false),
            lut_ram(&[6], 5, 7.0),
            lut_ram(&[3], 6, 7.0),
            lut_ram(&[1], 7, 8.0),
        ],
        table_bit: 1.0 / 64.0,
        lut_entries: 64,
        mux_inputs: 3,
    },
    hosts: [(400.0, 400.0), (400.0, 400.0), (400.0, 400.0)],
    logic: coefficients::XC7,
};

#[cfg(test)]
mod tests {
    use super::super::memory::{Access, Memory, Taken};
    use super::*;

    /// Sizes at which yosys changes its mind, and what it makes of them.
    #[test]
    fn xc7_memories_become_what_yosys_makes_of_them() {
        let taken = |width, depth, access| {
            let Taken { block_rams, ffs, .. } = XC7.memories.taken(Memory { width, depth, access });
            (block_rams, ffs)
        };
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
        for (width, depth, access, expected) in cases {
            assert_eq!(taken(width, depth, access), expected, "{width} bits, {depth} words, {access:?}");
        }
    }
}
