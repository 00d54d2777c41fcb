//! Keeps the saved inputs of the fuzz targets, see `fuzz/run`.
//!
//! ```text
//! hostile targets                   their names and longest inputs
//! hostile unpack TARGET FOLDER      the saved inputs, one file each
//! hostile seeds TARGET FOLDER       inputs made here: networks of all kinds in the target's format
//! hostile shorten FROM FOLDER       NIR files as inputs of their target
//! hostile pack TARGET FOLDER        saves the inputs that lie in a folder
//! hostile add TARGET FILE...        saves inputs that broke something
//! hostile run TARGET FILE...        what one input does
//! ```
use std::path::Path;
use std::process::ExitCode;

use snnc_tests::fixtures::fixture;
use snnc_tests::hostile::{TARGETS, pack, seeds, short, target};

/// Bytes of a target's saved inputs: the shortest of what there is.
const MAX_PACK: usize = 150 << 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["targets"] => TARGETS.iter().for_each(|target| println!("{} {}", target.name, target.max_len)),
        ["unpack", name, folder] => write(Path::new(folder), "saved", &pack::read(target(name).name)),
        ["seeds", name, folder] => write(Path::new(folder), "seed", &seeds::seeds(name)),
        ["pack", name, folder] => {
            let path = fixture(&format!("hostile/{}.pack", target(name).name));
            let mut inputs = files(Path::new(folder));
            let mut bytes = 0;
            inputs.retain(|input| {
                bytes += input.len();
                bytes <= MAX_PACK
            });
            std::fs::write(&path, pack::pack(&inputs)).expect("the fixtures can be written");
        }
        ["shorten", from, folder] => {
            let shortened: Vec<_> = files(Path::new(from)).iter().map(|file| short(file)).collect();
            write(Path::new(folder), "short", &shortened);
        }
        ["add", name, files @ ..] => {
            let path = pack::found(target(name).name);
            let mut inputs = pack::unpack(&std::fs::read(&path).unwrap_or_default());
            inputs.extend(files.iter().map(|file| std::fs::read(file).expect("the input can be read")));
            inputs.sort();
            inputs.dedup();
            std::fs::write(&path, pack::pack(&inputs)).expect("the fixtures can be written");
        }
        ["run", name, files @ ..] => {
            for file in files {
                let input = std::fs::read(file).expect("the input can be read");
                println!("{file}: {}", if (target(name).run)(&input) { "taken" } else { "refused" });
            }
        }
        _ => {
            eprintln!("usage: hostile targets | unpack|seeds|pack TARGET FOLDER | add|run TARGET FILE...");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Writes inputs as files of a folder.
fn write(folder: &Path, kind: &str, inputs: &[Vec<u8>]) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for (index, input) in inputs.iter().enumerate() {
        std::fs::write(folder.join(format!("{kind}-{index:04}")), input).expect("the folder takes files");
    }
}

/// The contents of a folder's files, shortest first: the same for the same files.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.expect("it can be listed").path());
    let mut inputs: Vec<Vec<u8>> = entries.map(|entry| read(entry).expect("its files can be read")).collect();
    inputs.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    inputs.dedup();
    inputs
}
