//! `snnc build`: a folder that was compiled for a board to a bitstream, or for a microcontroller to a linked firmware, and what
//! it takes into its report.

use std::path::Path;
use std::process::ExitCode;

use miette::{Diagnostic, IntoDiagnostic};
use serde_json::Value;
use snnc::backend::rust::{Device, M4};
use snnc::backend::verilog::board::{self, Board};
use snnc::build::{Built, Image, build, firmware};
use snnc::output::write_file;
use thiserror::Error;

use super::{Build, model, print_json, progress, show};

/// What stands before the figures in the report for people.
const HEADING: &str = "\n## Built\n";

/// A folder that is not for a board.
#[derive(Debug, Error, Diagnostic)]
#[error("`{folder}` was not compiled for a board: {found}")]
#[diagnostic(
    code(snnc::build::board),
    help("compile with --target fpga --board NAME, or with --target mcu, and give the folder that it writes")
)]
struct NoBoard {
    folder: String,
    found: String,
}

pub fn run(arguments: &Build) -> miette::Result<ExitCode> {
    let folder = &arguments.folder;
    let path = folder.join("report.json");
    let mut report: Value = serde_json::from_slice(&model::read(&path)?)
        .map_err(|error| NoBoard { folder: folder.display().to_string(), found: format!("report.json: {error}") })?;
    if report["target"] == "mcu" {
        return microcontroller(arguments, report);
    }
    let board = board_of(&report, folder)?;
    let spinner = progress::spinner(format!("building for {}", board.title));
    let built = build(folder, board, arguments.seed);
    spinner.finish_and_clear();
    let built = built?;

    report["built"] = serde_json::to_value(&built).into_diagnostic()?;
    report["built"]["seed"] = arguments.seed.into();
    write_file(&path, (serde_json::to_string_pretty(&report).into_diagnostic()? + "\n").as_bytes())?;
    let path = folder.join("report.md");
    let page = String::from_utf8_lossy(&model::read(&path)?).into_owned();
    let before = page.split(HEADING).next().unwrap_or_default();
    write_file(&path, format!("{before}{HEADING}\n{}", table(board, &built, arguments.seed)).as_bytes())?;

    match arguments.json {
        true => print_json(&report["built"])?,
        false => show(&text(board, &built))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Links the firmware and says what it takes, of what the board has.
fn microcontroller(arguments: &Build, mut report: Value) -> miette::Result<ExitCode> {
    let folder = &arguments.folder;
    let device = match report["device"].as_str() {
        None => None,
        Some(name) => Some(Device::find(name).ok_or_else(|| NoBoard {
            folder: folder.display().to_string(),
            found: format!("`{name}` is not known"),
        })?),
    };
    let (title, target) = device.map_or(("QEMU's Cortex-M4 board", M4.target), |device| (device.title, device.target));
    let (flash, ram) = device.map_or((M4.flash_bytes, M4.ram_bytes), |device| (device.flash_bytes, device.ram_bytes));
    let start = device.map_or(M4.ram, |device| device.ram);
    let spinner = progress::spinner(format!("building for {title}"));
    let built = firmware(folder, target, start);
    spinner.finish_and_clear();
    let image = built?;
    report["built"] = serde_json::to_value(&image).into_diagnostic()?;
    let path = folder.join("report.json");
    write_file(&path, (serde_json::to_string_pretty(&report).into_diagnostic()? + "\n").as_bytes())?;
    if arguments.json {
        print_json(&report["built"])?;
        return Ok(ExitCode::SUCCESS);
    }
    let Image { flash: in_flash, code, ram: in_ram } = image;
    let left = u64::from(ram).saturating_sub(in_ram);
    show(&format!(
        "{title}: linked for {target}\n\
         flash  {in_flash} of {flash} bytes, {code} of them code\n\
         RAM    {in_ram} of {ram} bytes, {left} are left to the stack\n\
         `cd {}/firmware && cargo run --release` {}\n",
        folder.display(),
        if device.is_some() { "flashes it" } else { "runs it" }
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The board that a report names.
fn board_of(report: &Value, folder: &Path) -> Result<&'static Board, NoBoard> {
    let name = report["board"]["name"].as_str();
    let found = match name {
        Some(name) => format!("`{name}` is not known"),
        None => "its report names none".into(),
    };
    name.and_then(board::find).ok_or_else(|| NoBoard { folder: folder.display().to_string(), found })
}

fn number(used: f64, available: Option<u64>) -> String {
    available.map_or(format!("{used}"), |all| format!("{used} of {all}"))
}

fn text(board: &Board, built: &Built) -> String {
    let what = if built.estimate { "an estimate by synthesis alone, nothing is placed" } else { "placed and routed" };
    let mut text = format!("{} ({}): {what}\n", board.title, board.part);
    for figure in &built.figures {
        text += &format!("{:<12} {}\n", figure.name, number(figure.used, figure.available));
    }
    if let Some(fmax) = built.fmax_mhz {
        text += &format!("{:<12} {fmax:.2} MHz\n", "Fmax");
    }
    text
}

/// The figures as a table of Markdown.
fn table(board: &Board, built: &Built, seed: u32) -> String {
    let how = match built.estimate {
        true => "an estimate by synthesis alone: nothing is placed".to_owned(),
        false => format!("placed and routed with seed {seed}"),
    };
    let mut text = format!("For the {} ({}), {how}.\n\n| what | used |\n|---|---|\n", board.title, board.part);
    for figure in &built.figures {
        text += &format!("| {} | {} |\n", figure.name, number(figure.used, figure.available));
    }
    if let Some(fmax) = built.fmax_mhz {
        text += &format!("| Fmax | {fmax:.2} MHz |\n");
    }
    text
}
