//! The top of a board: its clock, a reset at power-on, a light, its pins.

use askama::Template;

use super::pll::{Dividers, mhz};
use super::{Chosen, Pll, rendered};
use crate::backend::File;
use crate::backend::verilog::host::{Host, Interface};
use crate::backend::verilog::size::index_bits;

/// A flash is awake after 35 us, whoever made it; one over it.
const WAKE_HZ: usize = 25_000;

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
    /// Where the weights begin in the flash, in bytes.
    flash: Option<u32>,
    /// Clocks until it is awake, as a power of two.
    wake_bits: usize,
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
        flash: chosen.flash(interface).map(|flash| flash.offset),
        wake_bits: index_bits((chosen.clock as usize).div_ceil(WAKE_HZ)),
    };
    rendered(format!("{}_top.v", interface.top), &top)
}
