//! Constraints: which port is which pin, and the clock. One format for each family's tool.

use std::fmt::Write;

use super::pll::mhz;
use super::{Chosen, Family, Pin};
use crate::backend::File;
use crate::backend::verilog::host::Interface;

/// The ending of a family's constraint file.
pub const fn ending(family: Family) -> &'static str {
    match family {
        Family::Ice40 { .. } => "pcf",
        Family::Ecp5 { .. } => "lpf",
        Family::Gowin { .. } => "cst",
        Family::Xilinx => "xdc",
    }
}

/// Every pin of the top, the clock first.
fn pins(interface: &Interface, chosen: &Chosen) -> Vec<Pin> {
    let board = chosen.board;
    let flash = chosen.flash(interface).iter().flat_map(|flash| flash.pins).copied().collect::<Vec<_>>();
    let clock = (!chosen.in_processor()).then_some(("clk_in", board.clock_pin));
    clock.into_iter().chain([("led", board.led_pin)]).chain(chosen.pins().iter().copied()).chain(flash).collect()
}

/// The constraints of a design on a board.
pub fn file(interface: &Interface, chosen: &Chosen) -> File {
    let board = chosen.board;
    let mark = if matches!(board.family, Family::Gowin { .. }) { "//" } else { "#" };
    let mut text = format!("{mark} Pins of {}. Written by snnc.\n", board.title);
    let nanoseconds = 1e9 / f64::from(board.clock);
    let clock = mhz(board.clock);
    for (port, site) in pins(interface, chosen) {
        let lines = match board.family {
            Family::Ice40 { .. } => format!("set_io {port} {site}\n"),
            Family::Ecp5 { .. } => {
                format!("LOCATE COMP \"{port}\" SITE \"{site}\";\nIOBUF PORT \"{port}\" IO_TYPE=LVCMOS33;\n")
            }
            Family::Gowin { .. } => format!("IO_LOC \"{port}\" {site};\nIO_PORT \"{port}\" IO_TYPE=LVCMOS33;\n"),
            Family::Xilinx => {
                format!("set_property -dict {{PACKAGE_PIN {site} IOSTANDARD LVCMOS33}} [get_ports {port}]\n")
            }
        };
        text += &lines;
    }
    if !chosen.in_processor() {
        let line = match board.family {
            // nextpnr is told the design's clock, not the oscillator's: one clock is all there is
            Family::Ice40 { .. } | Family::Gowin { .. } => String::new(),
            Family::Ecp5 { .. } => format!("FREQUENCY PORT \"clk_in\" {clock} MHZ;\n"),
            Family::Xilinx => format!("create_clock -name clk_in -period {nanoseconds:.3} [get_ports clk_in]\n"),
        };
        write!(text, "{line}").expect("a string takes what is written");
    }
    File::text(format!("{}.{}", interface.top, ending(board.family)), text)
}
