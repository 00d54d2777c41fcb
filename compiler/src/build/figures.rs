//! What yosys and nextpnr say of a design, read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::BuildError;
use crate::backend::verilog::board::Family;

/// What a built design takes. Cells are those of the synthesis; what a part has is known where it was placed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Built {
    /// Whether nothing was placed: an estimate.
    pub estimate: bool,
    /// What the design takes.
    pub figures: Vec<Figure>,
    /// The highest clock that the routed design takes, in MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fmax_mhz: Option<f64>,
}

/// How many of a kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Of what.
    pub name: &'static str,
    /// How many the design takes; a half of a block RAM is one of its two ports' halves.
    pub used: f64,
    /// How many the part has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
}

/// A kind of resource of a family.
struct Kind {
    name: &'static str,
    /// How much of it a cell is; 0: nothing.
    weight: fn(&str) -> f64,
    /// Its name in nextpnr's report.
    routed: Option<&'static str>,
}

fn one_of(cell: &str, starts: &[&str]) -> f64 {
    f64::from(u8::from(starts.iter().any(|start| cell.starts_with(start))))
}

/// The kinds of a family, in the order in which they are shown.
fn kinds(family: Family) -> Vec<Kind> {
    let kind = |name, weight: fn(&str) -> f64, routed| Kind { name, weight, routed };
    match family {
        Family::Ice40 { device, .. } => {
            let mut kinds = vec![
                kind("LUTs", |cell| one_of(cell, &["SB_LUT4"]), None),
                kind("FFs", |cell| one_of(cell, &["SB_DFF"]), None),
                kind("logic cells", |_| 0.0, Some("ICESTORM_LC")),
                kind("block RAMs", |cell| one_of(cell, &["SB_RAM40_4K"]), Some("ICESTORM_RAM")),
            ];
            if device == "up5k" {
                kinds.push(kind("SPRAMs", |cell| one_of(cell, &["SB_SPRAM256KA"]), Some("ICESTORM_SPRAM")));
                kinds.push(kind("DSPs", |cell| one_of(cell, &["SB_MAC16"]), Some("ICESTORM_DSP")));
            }
            kinds
        }
        Family::Ecp5 { .. } => vec![
            // a carry cell is two LUTs, a cell of distributed RAM four of them and two that write
            kind(
                "LUTs",
                |cell| match cell {
                    "LUT4" => 1.0,
                    "CCU2C" => 2.0,
                    "TRELLIS_DPR16X4" => 6.0,
                    _ => 0.0,
                },
                Some("TRELLIS_COMB"),
            ),
            kind("FFs", |cell| one_of(cell, &["TRELLIS_FF"]), Some("TRELLIS_FF")),
            kind("block RAMs", |cell| one_of(cell, &["DP16KD", "PDPW16KD"]), Some("DP16KD")),
            kind("DSPs", |cell| one_of(cell, &["MULT18X18D"]), Some("MULT18X18D")),
        ],
        Family::Gowin { .. } => vec![
            kind(
                "LUTs",
                |cell| match cell {
                    "LUT1" | "LUT2" | "LUT3" | "LUT4" | "ALU" => 1.0,
                    _ => 0.0,
                },
                Some("LUT4"),
            ),
            kind("FFs", |cell| one_of(cell, &["DFF"]), Some("DFF")),
            kind(
                "block RAMs",
                |cell| match cell {
                    "SP" | "SPX9" | "SDP" | "SDPB" | "SDPX9" | "SDPX9B" | "DP" | "DPB" | "DPX9" | "DPX9B" | "pROM"
                    | "pROMX9" => 1.0,
                    _ => 0.0,
                },
                Some("BSRAM"),
            ),
            kind("DSPs", |cell| one_of(cell, &["MULT"]), None),
        ],
        Family::Xilinx => vec![
            kind(
                "LUTs",
                |cell| match cell {
                    "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "SRL16E" | "SRLC32E" => 1.0,
                    "RAM32X1D" | "RAM64X1D" => 2.0,
                    "RAM32M" | "RAM64M" | "RAM128X1D" => 4.0,
                    _ => 0.0,
                },
                None,
            ),
            kind("FFs", |cell| one_of(cell, &["FDRE", "FDSE", "FDCE", "FDPE"]), None),
            kind(
                "block RAMs",
                |cell| match cell {
                    "RAMB36E1" => 1.0,
                    "RAMB18E1" => 0.5,
                    _ => 0.0,
                },
                None,
            ),
            kind("DSPs", |cell| one_of(cell, &["DSP48E1"]), None),
        ],
    }
}

/// What yosys' `stat -json` says.
#[derive(Deserialize)]
struct Cells {
    modules: BTreeMap<String, Module>,
    design: Option<Module>,
}

#[derive(Deserialize)]
struct Module {
    num_cells_by_type: BTreeMap<String, u64>,
}

/// What nextpnr's report says.
#[derive(Deserialize)]
struct Routed {
    fmax: BTreeMap<String, Clock>,
    utilization: BTreeMap<String, Used>,
}

#[derive(Deserialize)]
struct Clock {
    achieved: f64,
    constraint: f64,
}

impl Clock {
    fn is_slow(&self) -> bool {
        self.achieved < self.constraint
    }
}

#[derive(Clone, Copy, Deserialize)]
struct Used {
    used: u64,
    available: u64,
}

/// Reads what the tools wrote in `folder`.
///
/// # Errors
/// If it is not there or something else; a clock that is slower than it was asked to be.
pub fn read(folder: &Path, family: Family) -> Result<Built, BuildError> {
    let cells: Cells = parse(folder, "cells.json")?;
    // a design that was flattened is its top
    let counts = match (cells.design, cells.modules.into_values().next()) {
        (Some(module), _) | (None, Some(module)) => module.num_cells_by_type,
        (None, None) => return Err(BuildError::Figures { file: "cells.json", reason: "it has no module".into() }),
    };
    let routed: Option<Routed> = match family {
        Family::Xilinx => None,
        Family::Ice40 { .. } | Family::Ecp5 { .. } | Family::Gowin { .. } => Some(parse(folder, "routed.json")?),
    };
    // where the router does not stop at it (the Makefile says where, and why)
    if let Some((name, clock)) = routed.iter().flat_map(|routed| &routed.fmax).find(|(_, clock)| clock.is_slow()) {
        let Clock { achieved, constraint } = clock;
        return Err(BuildError::Timing {
            said: format!("clock '{name}': {achieved:.2} MHz, expected {constraint:.2} MHz"),
        });
    }
    let figures = kinds(family).into_iter().map(|kind| {
        let cells: f64 = counts.iter().map(|(cell, &count)| (kind.weight)(cell) * count as f64).sum();
        let placed = routed.as_ref().and_then(|routed| routed.utilization.get(kind.routed?)).copied();
        let used = placed.map_or(cells, |placed| placed.used as f64);
        Figure { name: kind.name, used, available: placed.map(|placed| placed.available) }
    });
    let figures = figures.collect();
    // the slowest is the design's: a board has one clock
    let clocks = routed.iter().flat_map(|routed| routed.fmax.values()).map(|clock| clock.achieved);
    Ok(Built { estimate: routed.is_none(), figures, fmax_mhz: clocks.reduce(f64::min) })
}

fn parse<T: for<'de> Deserialize<'de>>(folder: &Path, file: &'static str) -> Result<T, BuildError> {
    let wrong = |reason: String| BuildError::Figures { file, reason };
    let bytes = fs::read(folder.join("build").join(file)).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::verilog::board::find;

    #[test]
    fn cells_and_the_routers_report_become_figures() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        fs::create_dir(scratch.path().join("build")).expect("writable");
        let write =
            |file: &str, text: &str| fs::write(scratch.path().join("build").join(file), text).expect("writable");
        let cells = r#"{"modules": {}, "design": {"num_cells_by_type": {"SB_LUT4": 7, "SB_DFFSR": 2, "SB_DFF": 3, "SB_CARRY": 9}}}"#;
        write("cells.json", cells);
        write(
            "routed.json",
            r#"{"fmax": {"a": {"achieved": 50.5, "constraint": 12}, "b": {"achieved": 80, "constraint": 12}},
                "utilization": {"ICESTORM_RAM": {"used": 4, "available": 30}, "ICESTORM_LC": {"used": 9, "available": 5280}}}"#,
        );
        let built = read(scratch.path(), find("icebreaker").expect("a board").family).expect("sound files");
        let shown: Vec<(&str, f64, Option<u64>)> =
            built.figures.iter().map(|f| (f.name, f.used, f.available)).collect();
        let expected = [
            ("LUTs", 7.0, None),
            ("FFs", 5.0, None),
            ("logic cells", 9.0, Some(5280)),
            ("block RAMs", 4.0, Some(30)),
            ("SPRAMs", 0.0, None),
            ("DSPs", 0.0, None),
        ];
        assert_eq!(shown, expected);
        assert_eq!(built.fmax_mhz, Some(50.5));
        write("routed.json", r#"{"fmax": {"a": {"achieved": 50.5, "constraint": 60}}, "utilization": {}}"#);
        let slow = read(scratch.path(), find("icebreaker").expect("a board").family).expect_err("a slow clock");
        assert_eq!(slow.to_string(), "the design is too slow for its clock: clock 'a': 50.50 MHz, expected 60.00 MHz");
        write("routed.json", "{}");
        let wrong = read(scratch.path(), find("icebreaker").expect("a board").family).expect_err("no figures");
        assert!(wrong.to_string().contains("routed.json"), "{wrong}");
    }
}
