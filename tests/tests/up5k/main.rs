//! A binary network of 784-128-10 for the iCE40 UP5K of an iCEBreaker: as accurate as it was trained, and on the simulated
//! board, whose flash holds the weights, it spikes as on the host. To a bitstream: docs/boards.md.

use std::fs;
use std::path::Path;
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::board::{Chosen, find};
use snnc::backend::{BACKENDS, EmitOptions, File};
use snnc::compiled::{Compiled, Engine};
use snnc::data::{Frame, Sample};
use snnc::host::trace;
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, samples};

/// Samples that the simulated board gets.
const PLAYED: usize = 3;

/// The network as docs/boards.md compiles it.
fn compiled(arena: &Bump) -> Compiled<'_> {
    let calib = samples("up5k/calib200.npz");
    let mut graph = model("up5k/model.snn", None).graph;
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let choices = Choices { membrane_bits: Some(12), ..Choices::default() };
    let built = pipeline::build(&graph, timesteps, Some(&calib), &choices, arena).expect("it compiles");
    let mut compiled = built.compiled;
    compiled.layout.lanes = Some(16);
    compiled.layout.engines = vec![Engine { group: 1, chunk: 8, ..Engine::default() }; compiled.steps.len()];
    compiled
}

fn encoded(compiled: &Compiled<'_>, count: usize) -> (Vec<Sample>, Vec<i64>) {
    let data = samples("up5k/test1000.npz").take(count);
    (pipeline::encode(compiled, &data).expect("the images fit"), data.labels.expect("classes"))
}

#[test]
fn the_integers_are_as_accurate_as_was_asked() {
    let arena = Bump::new();
    let compiled = compiled(&arena);
    let (samples, classes) = encoded(&compiled, 1000);
    let right = samples
        .iter()
        .zip(classes)
        .filter(|(sample, class)| trace(&compiled.program, sample).prediction as i64 == *class);
    let right = right.count();
    assert!(right >= 940, "{right} of 1000");
}

/// The bytes that a host sends for a sample: packets of events (docs/host.md), of two bytes each.
fn packets(sample: &Sample) -> Vec<u8> {
    let [Frame::Spikes(words), ..] = &sample.frames[..] else { panic!("an image of spikes") };
    let active = (0..784_u16).filter(|&i| words[usize::from(i) / 32] >> (i % 32) & 1 == 1);
    // keep and first; the end: last and first
    let events: Vec<u16> = active.map(|index| 0b011 << 13 | index).chain([0b101 << 13]).collect();
    let packet = |events: &[u16]| {
        let header = [3, events.len() as u8];
        header.into_iter().chain(events.iter().flat_map(|event| event.to_le_bytes())).collect::<Vec<u8>>()
    };
    events.chunks(60).flat_map(packet).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}\n")).collect()
}

fn said(folder: &Path, tool: &str, arguments: &[String]) -> String {
    let output = Command::new(tool).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool}: {text}");
    text
}

#[test]
fn the_board_reads_its_weights_from_the_flash_and_spikes_as_the_host_does() {
    let arena = Bump::new();
    let compiled = compiled(&arena);
    let (samples, _) = encoded(&compiled, PLAYED);
    let board = find("icebreaker").expect("a board");
    let chosen = Chosen::new(board, None, Some(40_000_000)).expect("within reach");
    let options = EmitOptions { samples: &samples, board: Some(chosen), load_weights: true, ..EmitOptions::default() };
    let backend = BACKENDS.iter().find(|backend| backend.name == "fpga").expect("a target");
    let emitted = (backend.emit)(&compiled, &options).expect("a design");
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let write = |path: &str, content: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
        fs::write(path, content).expect("scratch");
    };
    emitted.files.iter().for_each(|file| write(&file.path, &file.content));
    let content = |name: &str| -> &File { emitted.files.iter().find(|file| file.path == name).expect(name) };
    write("board_tb.v", include_bytes!("board_tb.v"));
    write("flash_model.v", include_bytes!("flash_model.v"));
    write("primitives.v", include_bytes!("../boards_primitives.v"));
    let bytes: Vec<u8> = samples.iter().flat_map(packets).collect();
    write("packets.mem", hexadecimal(&bytes).as_bytes());
    let weights = &content("weights.bin").content;
    write("flash.mem", hexadecimal(weights).as_bytes());
    let mut other = weights.clone();
    other[8] ^= 1; // of another design
    write("other.mem", hexadecimal(&other).as_bytes());

    let spikes = String::from_utf8_lossy(&content("tb_expected_1.mem").content).lines().count();
    let mut arguments: Vec<String> = "--binary --timing -j 2 --noassert -Wno-fatal -Wno-lint -Wno-style --x-assign fast --x-initial fast \
                                      -MAKEFLAGS OPT_FAST=-O1 -MAKEFLAGS OPT_SLOW=-O0 -MAKEFLAGS OPT_GLOBAL=-O0 --Mdir obj_dir \
                                      --top-module board_tb -o board"
        .split_whitespace()
        .map(String::from)
        .collect();
    arguments.extend([
        format!("-DCLOCK={}", chosen.clock),
        format!("-DBYTES={}", bytes.len()),
        format!("-DSPIKES={spikes}"),
        format!("-DSAMPLES={PLAYED}"),
    ]);
    arguments.extend(["board_tb.v", "flash_model.v", "primitives.v"].map(String::from));
    let design = emitted.files.iter().map(|file| file.path.clone());
    arguments.extend(design.filter(|path| path.ends_with(".v") && path != "up5k_tb.v" && path != "rtl/snn_encoder.v"));
    said(folder.path(), "verilator", &arguments);
    assert_eq!(said(folder.path(), "./obj_dir/board", &["+flash=flash.mem".into()]).lines().next(), Some("PASS"));
    let empty = said(folder.path(), "./obj_dir/board", &["+flash=other.mem".into()]);
    assert_eq!(empty.lines().next(), Some("EMPTY"), "weights of another design are not taken");
}
