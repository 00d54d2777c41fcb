//! Cycles of a core whose memories never let it wait: what QEMU executes, each instruction at the price of its manual.
//!
//! Cortex-M4 (ARM 100166, table 3-1): a load takes two cycles, or one right behind another load or store; a store one; several
//! registers one and one each; a branch that is taken three; a division six, of two to twelve. Cortex-M0 (ARM DDI 0432, table
//! 3-1): a load or a store takes two, a branch that is taken three, a call four, and a return one more than its registers and three.
//! Everything else takes one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use snnc::backend::rust::Board;

/// An instruction.
struct Instruction {
    address: u32,
    bytes: u32,
    price: u64,
    /// What it takes more if it goes elsewhere.
    taken: u64,
    /// Whether a load right behind it is faster.
    access: bool,
}

/// Cycles for each instruction that a firmware executes, on the average; its start is left out.
pub fn per_instruction(board: &Board, folder: &Path) -> f64 {
    let log = folder.join("log.txt");
    let program = folder.join("target").join(board.target).join("release/snnc-verify");
    let status = Command::new("qemu-system-arm")
        .current_dir(folder)
        .args(["-M", board.machine, "-icount", "shift=0", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-d", "in_asm,exec,nochain", "-D"])
        .args([&log, Path::new("-kernel"), &program])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "QEMU runs the firmware");
    let thumb1 = board.target.starts_with("thumbv6m");
    let mut blocks: BTreeMap<u32, Vec<Instruction>> = BTreeMap::new();
    let mut reading: Vec<Instruction> = Vec::new();
    let (mut instructions, mut cycles) = (0u64, 0u64);
    let mut before: Option<u32> = None; // the block that was executed last
    let lines = BufReader::new(std::fs::File::open(log).expect("QEMU has written it")).lines();
    for line in lines.map(|line| line.expect("a line of text")) {
        if line.starts_with("0x") {
            reading.push(instruction(&line, reading.last(), thumb1));
        } else if let Some(rest) = line.strip_prefix("Trace ") {
            let address = rest.split('/').nth(1).expect("an address");
            let address = u32::from_str_radix(address, 16).expect("a number");
            if !reading.is_empty() {
                blocks.insert(reading[0].address, std::mem::take(&mut reading));
            }
            if let Some(last) = before.and_then(|before| blocks[&before].last())
                && last.address + last.bytes != address
            {
                cycles += last.taken;
            }
            before = None;
            if !rest.ends_with(" reset") {
                let block = blocks.get(&address).expect("a block that was translated");
                instructions += block.len() as u64;
                cycles += block.iter().map(|instruction| instruction.price).sum::<u64>();
                before = Some(address);
            }
        }
    }
    cycles as f64 / instructions as f64
}

/// An instruction of a line such as `0x0000004a:  c004       stm      r0!, {r2}`.
fn instruction(line: &str, before: Option<&Instruction>, thumb1: bool) -> Instruction {
    let (address, rest) = line.split_once(':').expect("an address");
    let address = u32::from_str_radix(address.trim_start_matches("0x"), 16).expect("a number");
    let mut words = rest.split_whitespace().peekable();
    let mut bytes = 0;
    while let Some(code) =
        words.next_if(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_hexdigit()) && bytes < 4)
    {
        bytes += code.len() as u32 / 2;
    }
    let name = words.next().unwrap_or_default();
    let operands: Vec<&str> = words.collect();
    let list = operands.iter().skip_while(|word| !word.starts_with('{'));
    let registers = list.clone().count() as u64;
    let is = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    let returns = operands.iter().any(|word| word.trim_matches(['{', '}', ',']) == "pc");
    let memory = is(&["ldr", "str"]);
    let (price, taken) = match name {
        _ if is(&["ldm", "stm", "push", "pop", "vpush", "vpop", "vldm", "vstm"]) => {
            (1 + registers, if returns { 2 + u64::from(thumb1) } else { 0 })
        }
        _ if is(&["ldrd", "strd"]) => (3, 0),
        _ if thumb1 && memory => (2, 0),
        _ if is(&["ldr"]) && !before.is_some_and(|before| before.access) => (2, 0),
        _ if is(&["udiv", "sdiv"]) => (6, 0),
        "bl" | "blx" => (1, if thumb1 { 3 } else { 2 }),
        "tbb" | "tbh" => (2, 2),
        _ if returns || is(&["b", "cb"]) && !is(&["bic", "bfi", "bfc", "bkpt"]) => (1, 2),
        _ => (1, 0),
    };
    let access = memory && !is(&["ldrd", "strd"]);
    Instruction { address, bytes, price, taken, access }
}
