//! The fixed modules' handshakes and FIFOs are proven, for every input and for ever: the properties lie in `proofs/`, a file
//! for each module, written against its ports. Yosys turns both into one circuit, ABC (which comes with Yosys) proves it.
//! Each property bites: a module that is broken on purpose has a counterexample. What is proven: docs/proofs.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;

use snnc_tests::proofs::{By, PROOFS, broken_within, circuit, folder, proven};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_handshake_and_fifo_is_proven() {
    PROOFS.par_iter().for_each(|proof| {
        let (folder, started) = (folder(proof), Instant::now());
        let context = format!("{} {:?}", proof.name, proof.parameter);
        circuit(proof, folder.path()).unwrap_or_else(|said| panic!("{context}: {said}"));
        proven(proof.by, folder.path()).unwrap_or_else(|said| panic!("{context} is not proven: {said}"));
        println!("{context}: {:.1} s", started.elapsed().as_secs_f64());
    });
}

#[test]
fn every_fixed_module_is_spoken_of() {
    let page = fs::read_to_string(here("../docs/proofs.md")).expect("the page");
    for file in fs::read_dir(here("../templates/rtl")).expect("the modules") {
        let path = file.expect("a file").path();
        let module = path.file_stem().expect("a name").to_string_lossy();
        assert!(page.contains(&format!("`{module}`")), "docs/proofs.md does not say what is proven of `{module}`");
    }
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
        circuit(proof, folder.path()).unwrap_or_else(|said| panic!("{context}: {said}"));
        // as far as the proof itself looks, where that is said
        let clocks = if let By::Clocks(clocks) = proof.by { clocks.max(60) } else { 60 };
        assert!(broken_within(clocks, folder.path()), "{context}: unnoticed");
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
