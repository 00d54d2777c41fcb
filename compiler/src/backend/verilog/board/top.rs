//! The top of a board: its clock, a reset at power-on, a light, its pins.

use askama::Template;

use super::pll::{Dividers, mhz};
use super::{Chosen, Pll, rendered};
use crate::backend::File;
use crate::backend::verilog::host::{Host, Interface};
use crate::backend::verilog::size::index_bits;

#[derive(Template)]
#[template(path = "board/top.v")]
struct Top<'a> {
    i: &'a Interface,
    title: &'static str,
    host: Host,
    led_low: bool,
    mhz: String,
    clock: u32,
    /// Bits of a counter that turns over about once a second.
    beat_bits: usize,
    pll: Option<(Pll, Dividers)>,
    oscillator: String,
}

/// The top module `NAME_top`.
pub fn file(interface: &Interface, chosen: &Chosen) -> File {
    let board = chosen.board;
    let top = Top {
        i: interface,
        title: board.title,
        host: chosen.host,
        led_low: board.led_low,
        mhz: mhz(chosen.clock),
        clock: chosen.clock,
        beat_bits: index_bits(chosen.clock as usize),
        pll: board.pll.zip(chosen.pll),
        oscillator: mhz(board.clock),
    };
    rendered(format!("{}_top.v", interface.top), &top)
}
