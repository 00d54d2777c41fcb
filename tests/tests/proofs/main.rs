//! The fixed modules' handshakes and FIFOs are proven, for every input and for ever: the properties lie in `proofs/`, a file
//! for each module, written against its ports. Yosys turns both into one circuit, ABC (which comes with Yosys) proves it.
//! Each property bites: a module that is broken on purpose has a counterexample. What is proven: docs/proofs.md.

mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rayon::prelude::*;

use table::{By, PROOFS, Proof};

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
fn circuit(proof: &Proof, folder: &Path, context: &str) {
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
    assert!(folder.join("circuit.aig").is_file(), "{context}: {said}");
}

/// What ABC says of the circuit in `folder`, its assumptions folded into one property.
fn abc(command: &str, folder: &Path) -> String {
    call("yosys-abc", &["-c", &format!("read_aiger circuit.aig; fold; orpos; strash; {command}")], folder)
}

/// No bad state in the first clocks.
fn holds_for(clocks: usize, folder: &Path) -> Result<(), String> {
    let said = abc(&format!("bmc3 -F {clocks}"), folder);
    if said.contains(&format!("No output asserted in {clocks} frames")) { Ok(()) } else { Err(said) }
}

fn proven(by: By, folder: &Path) -> Result<(), String> {
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

fn folder(proof: &Proof) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for scratch");
    for name in proof.modules {
        let file = format!("{name}.v");
        fs::copy(here("../templates/rtl").join(&file), folder.path().join(&file)).expect("a module");
    }
    folder
}

#[test]
fn every_handshake_and_fifo_is_proven() {
    PROOFS.par_iter().for_each(|proof| {
        let (folder, started) = (folder(proof), Instant::now());
        let context = format!("{} {:?}", proof.name, proof.parameter);
        circuit(proof, folder.path(), &context);
        proven(proof.by, folder.path()).unwrap_or_else(|said| panic!("{context} is not proven: {said}"));
        println!("{context}: {:.1} s", started.elapsed().as_secs_f64());
    });
}

#[test]
fn a_broken_module_has_a_counterexample() {
    let all: Vec<_> = PROOFS.iter().flat_map(|proof| proof.mutants.iter().map(move |mutant| (proof, mutant))).collect();
    all.par_iter().for_each(|(proof, (module, from, to))| {
        let (folder, context) = (folder(proof), format!("{}: {module}: `{from}` as `{to}`", proof.name));
        let path = folder.path().join(format!("{module}.v"));
        let text = fs::read_to_string(&path).expect("a module");
        assert_eq!(text.matches(from).count(), 1, "{context}: the text is not there once");
        fs::write(&path, text.replace(from, to)).expect("it can be written");
        circuit(proof, folder.path(), &context);
        let said = abc("bmc3 -F 60", folder.path());
        assert!(said.contains("was asserted in frame"), "{context}: unnoticed: {said}");
    });
}

/// A file of properties that nothing runs proves nothing.
#[test]
fn every_file_of_properties_is_in_the_table_with_something_that_breaks_it() {
    for entry in fs::read_dir(here("proofs")).expect("a folder") {
        let name = entry.expect("a file").file_name().to_string_lossy().replace(".v", "");
        let broken = PROOFS.iter().any(|proof| proof.name == name && !proof.mutants.is_empty());
        assert!(broken, "{name}");
    }
}
