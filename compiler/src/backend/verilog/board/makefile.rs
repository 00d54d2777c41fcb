//! The Makefile of a board: from Verilog to a bitstream, or to an estimate; for AMD's parts a project script of Vivado's too.

use askama::Template;

use super::constraints::ending;
use super::pll::mhz;
use super::{Chosen, Family, rendered};
use crate::backend::File;
use crate::backend::verilog::host::{Host, Interface};

#[derive(Template)]
#[template(path = "board/Makefile", escape = "none")]
struct Makefile<'a> {
    name: &'a str,
    title: &'static str,
    part: &'static str,
    family: Family,
    constraints: &'static str,
    mhz: String,
    ram_cost: f64,
    sources: &'a [&'a str],
    memories: &'a [&'a str],
}

#[derive(Template)]
#[template(path = "board/vivado.tcl", escape = "none")]
struct Vivado<'a> {
    name: &'a str,
    title: &'static str,
    part: &'static str,
    processor: bool,
    sources: &'a [&'a str],
    memories: &'a [&'a str],
}

/// The Makefile, and what it needs beside sources and constraints.
pub fn files(interface: &Interface, chosen: &Chosen, sources: &[&str], memories: &[&str]) -> Vec<File> {
    let name = &interface.top;
    let top = format!("{name}_top.v");
    let sources: Vec<&str> = [&*top].into_iter().chain(sources.iter().copied()).collect();
    let board = chosen.board;
    let makefile = Makefile {
        name,
        title: board.title,
        part: board.part,
        family: board.family,
        constraints: ending(board.family),
        mhz: mhz(chosen.clock),
        ram_cost: chosen.ram_cost,
        sources: &sources,
        memories,
    };
    let mut files = vec![rendered("Makefile", &makefile)];
    if board.family == Family::Xilinx {
        let processor = chosen.host == Host::Axi;
        let script = Vivado { name, title: board.title, part: board.part, processor, sources: &sources, memories };
        files.push(rendered("vivado.tcl", &script));
    }
    files
}
