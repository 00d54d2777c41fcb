//! The table of boards. Pins are those of the boards' public schematics and constraint files.

use super::super::host::Host;

/// A board.
#[derive(Debug)]
pub struct Board {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its part, as it is ordered.
    pub part: &'static str,
    /// The part, as the tools know it.
    pub family: Family,
    /// Of its oscillator, in Hz.
    pub clock: u32,
    /// Where the oscillator comes in.
    pub clock_pin: &'static str,
    /// What can make another clock of it.
    pub pll: Option<Pll>,
    /// A light.
    pub led_pin: &'static str,
    /// Whether the light shines at 0.
    pub led_low: bool,
    /// The hosts that it can be connected to, each with its pins. The first is the one it has by itself.
    pub hosts: &'static [(Host, &'static [Pin])],
    /// What the part has.
    pub capacity: Capacity,
    /// Bits of width of single-port RAM of 16 Ki words beside block RAM: weights that are loaded go there.
    pub large_bits: usize,
    /// Where weights may come from by themselves.
    pub flash: Option<Flash>,
}

/// What a part has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// LUTs, as the family counts them.
    pub luts: u32,
    /// Flip-flops.
    pub ffs: u32,
    /// Block RAMs, as the family counts them.
    pub block_rams: u32,
}

/// A port of the top module and its place on the part.
pub type Pin = (&'static str, &'static str);

/// The flash that the part is configured from.
#[derive(Debug)]
pub struct Flash {
    /// `flash_sck`, `flash_cs_n`, `flash_mosi`, `flash_miso`.
    pub pins: &'static [Pin],
    /// Where the weights begin, behind the bitstream, in bytes.
    pub offset: u32,
}

/// A part and its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// yosys, nextpnr-ice40, icepack.
    Ice40 {
        /// As nextpnr names it.
        device: &'static str,
        /// As nextpnr names it.
        package: &'static str,
    },
    /// yosys, nextpnr-ecp5, ecppack.
    Ecp5 {
        /// As nextpnr names it.
        device: &'static str,
        /// As nextpnr names it.
        package: &'static str,
        /// Speed grade.
        speed: u8,
    },
    /// yosys, nextpnr-himbaechel, gowin_pack.
    Gowin {
        /// Its family, as the packer names it.
        family: &'static str,
        /// Its family, as yosys names it.
        synthesis: &'static str,
    },
    /// yosys for an estimate, Vivado for a bitstream.
    Xilinx,
}

/// What can make a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pll {
    /// SB_PLL40_PAD: the clock's pin is the PLL's own.
    Ice40Pad,
    /// SB_PLL40_CORE.
    Ice40Core,
    /// EHXPLLL.
    Ecp5,
}

impl Board {
    /// The pins for a host; `None`: the board has none.
    #[must_use]
    pub fn pins(&self, host: Host) -> Option<&'static [Pin]> {
        self.hosts.iter().find(|(own, _)| *own == host).map(|(_, pins)| *pins)
    }
}

/// Every board.
pub const BOARDS: &[Board] = &[
    Board {
        name: "icebreaker",
        title: "iCEBreaker (iCE40 UP5K)",
        part: "iCE40UP5K-SG48",
        family: Family::Ice40 { device: "up5k", package: "sg48" },
        clock: 12_000_000,
        clock_pin: "35",
        pll: Some(Pll::Ice40Pad),
        led_pin: "37", // green
        led_low: true,
        hosts: &[
            (Host::Uart, &[("rx", "6"), ("tx", "9")]), // the second channel of the FT2232H
            (Host::Spi, &[("sck", "4"), ("cs_n", "2"), ("mosi", "47"), ("miso", "45")]), // PMOD 1A, 1 to 4
        ],
        capacity: Capacity { luts: 5280, ffs: 5280, block_rams: 30 },
        large_bits: 64,
        flash: Some(Flash {
            pins: &[("flash_sck", "15"), ("flash_cs_n", "16"), ("flash_mosi", "14"), ("flash_miso", "17")],
            offset: 0x10_0000,
        }),
    },
    Board {
        name: "hx8k",
        title: "iCE40-HX8K breakout board",
        part: "iCE40HX8K-CT256",
        family: Family::Ice40 { device: "hx8k", package: "ct256" },
        clock: 12_000_000,
        clock_pin: "J3",
        pll: Some(Pll::Ice40Core),
        led_pin: "B5", // LED0
        led_low: false,
        hosts: &[
            (Host::Uart, &[("rx", "B10"), ("tx", "B12")]),
            (Host::Spi, &[("sck", "B1"), ("cs_n", "B2"), ("mosi", "C1"), ("miso", "C2")]), // header J2
        ],
        capacity: Capacity { luts: 7680, ffs: 7680, block_rams: 32 },
        large_bits: 0,
        flash: Some(Flash {
            pins: &[("flash_sck", "R11"), ("flash_cs_n", "R12"), ("flash_mosi", "P12"), ("flash_miso", "P11")],
            offset: 0x10_0000,
        }),
    },
    Board {
        name: "ulx3s",
        title: "ULX3S (ECP5-85F)",
        part: "LFE5U-85F-6BG381C",
        family: Family::Ecp5 { device: "85k", package: "CABGA381", speed: 6 },
        clock: 25_000_000,
        clock_pin: "G2",
        pll: Some(Pll::Ecp5),
        led_pin: "B2", // led 0
        led_low: false,
        hosts: &[
            (Host::Uart, &[("rx", "M1"), ("tx", "L4")]),
            (Host::Spi, &[("sck", "B11"), ("cs_n", "C11"), ("mosi", "A10"), ("miso", "A11")]), // GP0, GN0, GP1, GN1
        ],
        capacity: Capacity { luts: 83_640, ffs: 83_640, block_rams: 208 },
        large_bits: 0,
        flash: None, // its clock is no pin of the fabric
    },
    Board {
        name: "orangecrab",
        title: "OrangeCrab r0.2 (ECP5-25F)",
        part: "LFE5U-25F-8MG285C",
        family: Family::Ecp5 { device: "25k", package: "CSFBGA285", speed: 8 },
        clock: 48_000_000,
        clock_pin: "A9",
        pll: Some(Pll::Ecp5),
        led_pin: "M3", // green
        led_low: true,
        hosts: &[
            (Host::Spi, &[("sck", "R17"), ("cs_n", "B10"), ("mosi", "N16"), ("miso", "N15")]), // SCK, 5, MO, MI
            (Host::Uart, &[("rx", "N17"), ("tx", "M18")]),                                     // 0, 1
        ],
        capacity: Capacity { luts: 24_288, ffs: 24_288, block_rams: 56 },
        large_bits: 0,
        flash: None,
    },
    Board {
        name: "tangnano9k",
        title: "Tang Nano 9K (GW1NR-9)",
        part: "GW1NR-LV9QN88PC6/I5",
        family: Family::Gowin { family: "GW1N-9C", synthesis: "gw1n" },
        clock: 27_000_000,
        clock_pin: "52",
        pll: None,
        led_pin: "10",
        led_low: true,
        hosts: &[
            (Host::Uart, &[("rx", "18"), ("tx", "17")]),
            (Host::Spi, &[("sck", "25"), ("cs_n", "26"), ("mosi", "27"), ("miso", "28")]),
        ],
        capacity: Capacity { luts: 8640, ffs: 6480, block_rams: 26 },
        large_bits: 0,
        flash: None,
    },
    Board {
        name: "tangnano20k",
        title: "Tang Nano 20K (GW2AR-18)",
        part: "GW2AR-LV18QN88C8/I7",
        family: Family::Gowin { family: "GW2A-18C", synthesis: "gw2a" },
        clock: 27_000_000,
        clock_pin: "4",
        pll: None,
        led_pin: "15",
        led_low: true,
        hosts: &[
            (Host::Uart, &[("rx", "70"), ("tx", "69")]),
            (Host::Spi, &[("sck", "25"), ("cs_n", "26"), ("mosi", "27"), ("miso", "28")]),
        ],
        capacity: Capacity { luts: 20_736, ffs: 15_552, block_rams: 46 },
        large_bits: 0,
        flash: None,
    },
    Board {
        name: "arty",
        title: "Arty A7-35T (Artix-7)",
        part: "xc7a35ticsg324-1L",
        family: Family::Xilinx,
        clock: 100_000_000,
        clock_pin: "E3",
        pll: None,
        led_pin: "H5", // LD4
        led_low: false,
        hosts: &[
            (Host::Uart, &[("rx", "A9"), ("tx", "D10")]),
            (Host::Spi, &[("sck", "G13"), ("cs_n", "B11"), ("mosi", "A11"), ("miso", "D12")]), // PMOD JA, 1 to 4
        ],
        capacity: Capacity { luts: 20_800, ffs: 41_600, block_rams: 50 },
        large_bits: 0,
        flash: None,
    },
    Board {
        name: "pynq-z2",
        title: "PYNQ-Z2 (Zynq-7020)",
        part: "xc7z020clg400-1",
        family: Family::Xilinx,
        clock: 125_000_000,
        clock_pin: "H16",
        pll: None,
        led_pin: "R14", // LD0
        led_low: false,
        hosts: &[
            (Host::Axi, &[]),                              // of the processor: a block design connects it
            (Host::Uart, &[("rx", "Y18"), ("tx", "Y19")]), // PMOD A, 1 and 2
            (Host::Spi, &[("sck", "Y18"), ("cs_n", "Y19"), ("mosi", "Y16"), ("miso", "Y17")]), // PMOD A, 1 to 4
        ],
        capacity: Capacity { luts: 53_200, ffs: 106_400, block_rams: 140 },
        large_bits: 0,
        flash: None,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_board_has_a_name_a_clock_a_part_and_pins_of_its_own() {
        let names: BTreeSet<&str> = BOARDS.iter().map(|board| board.name).collect();
        assert_eq!(names.len(), BOARDS.len());
        for board in BOARDS {
            assert!((10_000_000..=200_000_000).contains(&board.clock), "{}", board.name);
            assert!(!board.part.is_empty() && !board.title.is_empty(), "{}", board.name);
            for (host, pins) in board.hosts {
                let ports: Vec<&str> = pins.iter().map(|(port, _)| *port).collect();
                let expected: &[&str] = match host {
                    Host::Axi => &[],
                    Host::Spi => &["sck", "cs_n", "mosi", "miso"],
                    Host::Uart => &["rx", "tx"],
                };
                assert_eq!(ports, expected, "{}", board.name);
                let flash = board.flash.iter().flat_map(|flash| flash.pins);
                let sites = pins.iter().chain(flash).map(|(_, site)| *site).chain([board.clock_pin, board.led_pin]);
                let sites: Vec<&str> = sites.collect();
                let unique: BTreeSet<&str> = sites.iter().copied().collect();
                assert!(sites.len() == unique.len() && !unique.contains(""), "{}: {sites:?}", board.name);
            }
        }
    }

    #[test]
    fn only_a_processor_beside_the_fabric_has_axi() {
        let with: Vec<&str> = BOARDS.iter().filter(|board| board.pins(Host::Axi).is_some()).map(|b| b.name).collect();
        assert_eq!(with, ["pynq-z2"]);
    }
}
