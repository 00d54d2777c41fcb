//! Every tool reads what is written for a host without a word.

use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::WeightStore;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::{Rng, recipe};

use super::bench::{Bench, drawn};

/// What a tool says, whether it fails or not.
fn said(bench: &Bench, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(bench.folder.path()).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_host_is_read_without_a_word() {
    for (seed, host) in (3200..).zip([Host::ALL, Host::ALL].concat()) {
        let arena = Bump::new();
        let (compiled, _) = drawn(&arena, &recipe(&mut Rng::new(seed)), 0);
        // of the last of them the weights are loaded
        let store = if seed < 3203 { WeightStore::Fixed } else { WeightStore::Loaded { large: 64 } };
        let bench = Bench::of(&compiled, "lint", host, Vec::new(), store);
        let context = format!("{} of seed {seed}", host.name());
        let top = format!("{}_{}", bench.interface.top, host.name());
        let sources = bench.sources();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let lint = ["--lint-only", "-Wall", "--top-module", &top];
        assert_eq!(said(&bench, "verilator", &[&lint, &sources[..]].concat()), "", "{context}");
        let icarus = ["-g2005", "-Wall", "-o", "x.vvp", "-s", &top];
        assert_eq!(said(&bench, "iverilog", &[&icarus, &sources[..]].concat()), "", "{context}");
        let script = format!(
            "read_verilog {}; hierarchy -check -top {top}; proc; check -assert; select -assert-none t:$dlatch",
            sources.join(" ")
        );
        assert_eq!(said(&bench, "yosys", &["-q", "-p", &script]).trim(), "", "{context}");
    }
}
