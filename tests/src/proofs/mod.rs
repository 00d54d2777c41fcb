//! Proofs of the fixed modules: properties (`proofs/`, a file for each module, written against its ports) and module become
//! one circuit by Yosys, which ABC, that comes with Yosys, proves or breaks. What is proven: docs/proofs.md.

mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use table::{By, PROOFS, Proof};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a tool in `folder` and returns what it says.
fn call(tool: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y yosys"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Writes module and properties as one circuit, `circuit.aig`, into `folder`, where the modules lie.
///
/// # Errors
/// What Yosys says where a module is no Verilog.
pub fn circuit(proof: &Proof, folder: &Path) -> Result<(), String> {
    let modules: Vec<String> = proof.modules.iter().map(|name| format!("{name}.v")).collect();
    let set = proof.parameter.map(|(name, value)| format!("chparam -set {name} {value} proof;")).unwrap_or_default();
    let connect = |&(wire, inside): &(&str, &str)| match wire {
        // a memory is a register for each word by then
        "inner_memory" => (0..16).map(|i| format!("connect -set {wire}[{i}] \\dut.{inside}[{i}]; ")).collect(),
        _ => format!("connect -set {wire} \\dut.{inside}; "),
    };
    let connected: String = proof.inside.iter().map(connect).collect();
    let script = format!(
        "read_verilog -formal {} {}; {set} hierarchy -check -top proof; proc; flatten; opt_clean; memory -nordff; {connected} \
         clean; async2sync; setundef -undriven -anyseq; setattr -unset keep; opt -full; techmap; opt -fast; dffunmap; \
         simplemap; abc -g AND -fast; opt_clean; write_aiger -I -B -zinit -no-startoffset -map circuit.aim circuit.aig",
        modules.join(" "),
        here("proofs").join(format!("{}.v", proof.name)).display(),
    );
    let said = call("yosys", &["-q", "-p", &script], folder);
    if folder.join("circuit.aig").is_file() { Ok(()) } else { Err(said) }
}

/// What ABC says of the circuit in `folder`, its assumptions folded into one property.
fn abc(command: &str, folder: &Path) -> String {
    call("yosys-abc", &["-c", &format!("read_aiger circuit.aig; fold; orpos; strash; {command}")], folder)
}

/// Whether the circuit in `folder` has a bad state in the first clocks, and it is found in ten seconds.
#[must_use]
pub fn broken_within(clocks: usize, folder: &Path) -> bool {
    abc(&format!("bmc3 -T 10 -F {clocks}"), folder).contains("was asserted in frame")
}

/// No bad state in the first clocks.
fn holds_for(clocks: usize, folder: &Path) -> Result<(), String> {
    let said = abc(&format!("bmc3 -F {clocks}"), folder);
    if said.contains(&format!("No output asserted in {clocks} frames")) { Ok(()) } else { Err(said) }
}

/// Proves the circuit in `folder`.
///
/// # Errors
/// What ABC says, if it does not.
pub fn proven(by: By, folder: &Path) -> Result<(), String> {
    let told = |command: &str, verdict: &str| {
        let said = abc(command, folder);
        if said.contains(verdict) { Ok(()) } else { Err(said) }
    };
    match by {
        By::Reachability => told("pdr", "Property proved"),
        By::Induction(clocks) => {
            holds_for(clocks + 1, folder)?;
            told(&format!("ind -F {clocks}"), "Networks are equivalent")
        }
        By::Clocks(clocks) => holds_for(clocks, folder),
    }
}

/// A folder with the modules of a proof.
///
/// # Panics
/// If a module is not there.
#[must_use]
pub fn folder(proof: &Proof) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for scratch");
    for name in proof.modules {
        let file = format!("{name}.v");
        fs::copy(here("../templates/rtl").join(&file), folder.path().join(&file)).expect("a module");
    }
    folder
}
