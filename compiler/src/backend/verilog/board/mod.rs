//! Boards: what stands around a design on a board that can be bought. A top with clock, reset, light and pins, the
//! constraints, and a Makefile that runs the open flow.

mod constraints;
mod makefile;
mod pll;
mod table;
mod top;

pub use pll::ClockError;
pub use table::{BOARDS, Board, Capacity, Family, Flash, Pin, Pll};

use super::host::{Host, Interface};
use crate::backend::File;

/// The clock that a processor gives its fabric, in Hz (`vivado.tcl`).
const PROCESSOR_CLOCK: u32 = 100_000_000;

/// A board, and what was chosen for it.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    /// The board.
    pub board: &'static Board,
    /// What it is connected to.
    pub host: Host,
    /// Clock of the design, in Hz.
    pub clock: u32,
    /// How that is made of the oscillator's.
    pll: Option<pll::Dividers>,
    /// What a bit of memory in flip-flops costs where a block RAM costs 64, for the synthesis of an iCE40.
    pub ram_cost: f64,
}

impl Chosen {
    /// A board with its own host, or `host`, at its oscillator's clock, or the highest one up to `clock`, in Hz.
    ///
    /// # Errors
    /// What the board does not have, in words.
    pub fn new(board: &'static Board, host: Option<Host>, clock: Option<u32>) -> Result<Self, ClockError> {
        let host = host.unwrap_or(board.hosts[0].0);
        if board.pins(host).is_none() {
            let others = board.hosts.iter().map(|(host, _)| host.name()).collect::<Vec<_>>().join(" or ");
            return Err(ClockError {
                found: format!(
                    "`--host {}` was asked for, and the board {} has no pins for it",
                    host.name(),
                    board.name
                ),
                help: format!("use --host {others}"),
            });
        }
        let pll = match clock {
            Some(clock) if clock != board.clock => Some(pll::find(board, host, clock)?),
            _ => None,
        };
        let own = if host == Host::Axi { PROCESSOR_CLOCK } else { board.clock };
        Ok(Self { board, host, clock: pll.map_or(own, |dividers| dividers.clock), pll, ram_cost: 1.0 })
    }

    /// Itself, and where the synthesis can be told so, with small memories more and more of them in flip-flops.
    pub fn with_less_block_ram(self) -> impl Iterator<Item = Self> {
        let costs: &[f64] = match self.board.family {
            Family::Ice40 { .. } => &[1.0, 0.5, 0.25, 0.1, 0.05],
            Family::Ecp5 { .. } | Family::Gowin { .. } | Family::Xilinx => &[1.0],
        };
        costs.iter().map(move |&ram_cost| Self { ram_cost, ..self })
    }

    /// The pins of its host.
    fn pins(&self) -> &'static [Pin] {
        self.board.pins(self.host).expect("chosen among the board's")
    }

    /// The flash that the weights of a design are read from.
    fn flash(&self, interface: &Interface) -> Option<&'static Flash> {
        self.board.flash.as_ref().filter(|_| interface.weights > 0)
    }

    /// Whether a block design of the vendor's connects it, not pins.
    fn in_processor(&self) -> bool {
        self.host == Host::Axi
    }
}

/// Finds a board by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.name == name)
}

/// The files of a board, beside `design`: those of the network and its host.
pub fn files(interface: &Interface, chosen: &Chosen, design: &[File]) -> Vec<File> {
    let bench = [format!("{}_tb.v", interface.top), "rtl/snn_encoder.v".into()];
    let paths = || design.iter().map(|file| &*file.path);
    let sources: Vec<&str> = paths().filter(|path| path.ends_with(".v") && !bench.iter().any(|b| b == path)).collect();
    // the testbench has memories too: the design's are those that it names
    let top = design.iter().find(|file| file.path == format!("{}.v", interface.top)).expect("a design has a top");
    let text = String::from_utf8_lossy(&top.content);
    let named = |path: &&str| path.ends_with(".mem") && text.contains(&format!("\"{path}\""));
    let memories: Vec<&str> = paths().filter(named).collect();
    let mut files = vec![top::file(interface, chosen), constraints::file(interface, chosen)];
    let flash = ("rtl/snn_flash.v", include_str!("../../../../templates/rtl/snn_flash.v"));
    let mut sources = sources;
    if chosen.flash(interface).is_some() {
        files.push(File::text(flash.0, flash.1));
        sources.push(flash.0);
    }
    files.extend(makefile::files(interface, chosen, &sources, &memories));
    files
}

/// Rendered text with its last newline, which askama drops.
fn rendered(path: impl Into<String>, template: &impl askama::Template) -> File {
    let text = template.render().expect("a template without conditions of its own renders");
    File::text(path, text.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for a small network on a board.
    fn written(board: &str, clock: Option<u32>) -> Vec<File> {
        let interface = Interface {
            top: "net".into(),
            network: "net".into(),
            title: "net".into(),
            shape: [1, 1, 8],
            index: [0, 0, 3],
            slots: 1,
            outputs: 3,
            out_bits: 2,
            timesteps: 5,
            planes: 1,
            signed: false,
            frames: 5,
            fingerprint: 1,
            weights: 0,
        };
        let chosen = Chosen::new(find(board).expect("a board"), None, clock).expect("within reach");
        let paths = ["net.v", "net_tb.v", "net_uart.v", "rtl/snn_rom.v", "a_weights.mem", "tb_input.mem"];
        let text = |path: &str| if path == "net.v" { "\"a_weights.mem\"" } else { "" };
        files(&interface, &chosen, &paths.map(|path| File::text(path, text(path))))
    }

    /// The files whose paths end so, behind each other.
    fn text(files: &[File], endings: &[&str]) -> String {
        let wanted = files.iter().filter(|file| endings.iter().any(|ending| file.path.ends_with(ending)));
        wanted.map(|file| format!("==> {}\n{}", file.path, String::from_utf8_lossy(&file.content))).collect()
    }

    #[test]
    fn an_ice40_has_a_top_constraints_and_a_makefile_to_a_bitstream() {
        insta::assert_snapshot!(text(&written("icebreaker", Some(40_000_000)), &["top.v", "pcf", "Makefile"]));
    }

    #[test]
    fn the_other_families_have_their_own_constraints_and_tools() {
        let of = |board| text(&written(board, None), &["lpf", "cst", "xdc", "Makefile"]);
        insta::assert_snapshot!(["ulx3s", "tangnano9k", "arty"].map(of).join("\n"));
    }

    #[test]
    fn a_processor_is_connected_by_a_block_design() {
        insta::assert_snapshot!(text(&written("pynq-z2", None), &["xdc", "tcl"]));
    }
}
