//! The top of every board is read by every tool without a word, with a driver's view of the vendors' primitives.

use std::fs;
use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::board::{BOARDS, Board, Chosen};
use snnc::backend::verilog::host::Host;
use snnc::backend::{BACKENDS, EmitOptions};
use snnc_tests::random_network::{Rng, build, recipe};

/// What a tool says, whether it fails or not.
fn said(folder: &Path, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A network drawn with `seed` on a board, in a scratch folder; the sources that its Makefile names.
fn written(chosen: Chosen, seed: u64) -> (tempfile::TempDir, Vec<String>) {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let compiled = build(&arena, &recipe(&mut rng), &mut rng);
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a target");
    // every second network's weights are loaded: by the board itself where it can
    let load_weights = seed.is_multiple_of(2);
    let options = EmitOptions { board: Some(chosen), load_weights, ..EmitOptions::default() };
    let emitted = (backend.emit)(&compiled, &options).expect("chains are carried");
    let folder = tempfile::tempdir().expect("a folder for scratch");
    for file in &emitted.files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
        fs::write(path, &file.content).expect("scratch");
    }
    let makefile = fs::read_to_string(folder.path().join("Makefile")).expect("a Makefile");
    let sources =
        makefile.split("SOURCES := \\\n").nth(1).expect("sources").split("MEMORIES").next().expect("their end");
    let sources = sources.lines().map(|line| line.trim().trim_end_matches(" \\").to_owned());
    let mut sources: Vec<String> = sources.filter(|line| !line.is_empty()).collect();
    // the primitives that the top names, a file each
    let top = fs::read_to_string(folder.path().join(&sources[0])).expect("a top");
    for text in include_str!("boards_primitives.v").split("\n\n").filter(|text| text.starts_with("module ")) {
        let name = text["module ".len()..].split(' ').next().expect("a name");
        if top.contains(&format!("    {name} #(")) {
            let text = format!("`default_nettype none\n{text}\n`default_nettype wire\n");
            fs::write(folder.path().join(format!("{name}.v")), text).expect("scratch");
            sources.push(format!("{name}.v"));
        }
    }
    (folder, sources)
}

/// What stands between two marks of a line.
fn between<'l>(line: &'l str, before: &str, behind: char) -> Option<&'l str> {
    line.split_once(before).map(|(_, rest)| rest.split(behind).next().expect("there is a first part"))
}

fn is_read_without_a_word(board: &'static Board, host: Host, clock: Option<u32>, seed: u64) {
    let chosen = Chosen::new(board, Some(host), clock).expect("the board has it");
    let context = format!("{} over {} of seed {seed}", board.name, host.name());
    let (folder, sources) = written(chosen, seed);
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let lint = ["--lint-only", "-Wall", "--top-module", "random_network_top"];
    assert_eq!(said(folder.path(), "verilator", &[&lint, &sources[..]].concat()), "", "{context}");
    let icarus = ["-g2005", "-Wall", "-o", "x.vvp", "-s", "random_network_top"];
    assert_eq!(said(folder.path(), "iverilog", &[&icarus, &sources[..]].concat()), "", "{context}");
    let script = format!(
        "read_verilog {}; hierarchy -check -top random_network_top; proc; check -assert; select -assert-none t:$dlatch",
        sources.join(" ")
    );
    assert_eq!(said(folder.path(), "yosys", &["-q", "-p", &script]).trim(), "", "{context}");
}

#[test]
fn the_top_of_every_board_is_read_without_a_word() {
    for (seed, board) in (3300..).zip(BOARDS) {
        is_read_without_a_word(board, board.hosts[0].0, None, seed);
        // its other host, and a clock of its own where it can have one
        let clock = board.pll.map(|_| 40_000_000);
        is_read_without_a_word(board, board.hosts[1].0, clock, seed);
    }
}

/// Every port of a board's top but those that a processor drives has a pin, and no pin is of another port.
#[test]
fn constraints_name_the_ports_of_the_top() {
    for board in BOARDS {
        for (host, _) in board.hosts.iter().filter(|(host, _)| *host != Host::Axi) {
            let (folder, _) = written(Chosen::new(board, Some(*host), None).expect("the board has it"), 3300);
            let read = |path: &str| fs::read_to_string(folder.path().join(path)).ok();
            let top = read("random_network_top.v").expect("a top");
            let declared = top.lines().take_while(|line| *line != ");").filter_map(|line| {
                between(line, "put  wire", '/')
                    .or(between(line, "put wire", '/'))
                    .map(|name| name.trim().trim_end_matches(','))
            });
            let mut declared: Vec<&str> = declared.collect();
            let endings = ["pcf", "lpf", "cst", "xdc"];
            let text =
                endings.iter().find_map(|ending| read(&format!("random_network.{ending}"))).expect("constraints");
            let found = text.lines().filter(|line| !line.contains("create_clock")).filter_map(|line| {
                let quoted = between(line, "LOCATE COMP \"", '"').or(between(line, "IO_LOC \"", '"'));
                quoted.or(between(line, "set_io ", ' ')).or(between(line, "[get_ports ", ']'))
            });
            let mut found: Vec<&str> = found.collect();
            declared.sort();
            found.sort();
            assert_eq!(found, declared, "{} over {}", board.name, host.name());
        }
    }
}
