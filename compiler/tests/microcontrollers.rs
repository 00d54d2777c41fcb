//! From a model to a linked firmware for a board, as a user does it.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use serde_json::{Value, json};
use snnc::backend::rust::{DEVICES, Device};
use support::{fixture, json, refused, succeeds};

/// Compiles the convolutional network that needs 55 KiB by timesteps and 4 by layers.
fn compile<'a>(out: &'a str, model: &'a str, calib: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [&["compile", model, "--calib", calib, "--target", "mcu", "-o", out], options].concat()
}

fn model() -> (String, String) {
    (fixture("b_snntorch_conv_maxpool/unrolled_dyn.onnx"), fixture("mnist/train200.npz"))
}

fn qemu(machine: &str, firmware: &Path) -> String {
    let output = Command::new("qemu-system-arm")
        .args(["-M", machine, "-icount", "shift=0", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(firmware)
        .output()
        .expect("qemu-system-arm: apt-get install -y qemu-system-arm");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said.into_owned()
}

/// A linked image.
struct Image(Vec<u8>);

impl Image {
    fn elf(&self) -> ElfFile<'_, FileHeader32<LittleEndian>> {
        ElfFile::parse(&*self.0).expect("an image")
    }

    /// Calls of the debugger: `bkpt 0xab`, where an instruction begins.
    fn semihosting_calls(&self) -> usize {
        let elf = self.elf();
        let code = elf.section_by_name(".text").and_then(|section| section.data().ok()).expect("code");
        let mut halves = code.chunks_exact(2).map(|half| u16::from_le_bytes([half[0], half[1]]));
        let mut calls = 0;
        while let Some(half) = halves.next() {
            calls += usize::from(half == 0xbeab);
            if half >= 0xe800 {
                halves.next(); // of 32 bits
            }
        }
        calls
    }

    /// Address of what a debugger looks for, with which RTT begins.
    fn rtt(&self) -> Option<u64> {
        self.elf().symbol_by_name("_SEGGER_RTT").map(|symbol| symbol.address())
    }

    /// Whether it has the lines for the host to fill in.
    fn has_lines_of_defmt(&self) -> bool {
        let elf = self.elf();
        let mut names = elf.symbols().filter_map(|symbol| symbol.name().ok());
        elf.section_by_name(".defmt").is_some()
            && names.any(|name| name.contains("class {}, on the host {}, {} cycles"))
    }
}

/// Waits until a firmware has sent `count` lines over RTT, in QEMU without a debugger, whose calls would stop it.
fn sends_lines(count: usize, machine: &str, device: &Device, firmware: &Path) {
    let image = Image(fs::read(firmware).expect("an image"));
    let header = usize::try_from(image.rtt().expect("RTT")).expect("an address");
    let dump = tempfile::NamedTempFile::new().expect("a scratch file");
    let mut qemu = Command::new("qemu-system-arm")
        .args(["-M", machine, "-icount", "shift=0", "-display", "none", "-serial", "none", "-qmp", "stdio", "-kernel"])
        .arg(firmware)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("qemu-system-arm: apt-get install -y qemu-system-arm");
    let mut commands = qemu.stdin.take().expect("a pipe");
    let mut answers = BufReader::new(qemu.stdout.take().expect("a pipe")).lines();
    let mut run = |command: Value| {
        writeln!(commands, "{command}").expect("QEMU listens");
        answers
            .find(|line| line.as_ref().is_ok_and(|line| line.contains("\"return\"")))
            .expect("QEMU answers")
            .expect("text");
    };
    run(json!({"execute": "qmp_capabilities"}));
    let ram = json!({"val": device.ram, "size": device.ram_bytes, "filename": dump.path()});
    let end = Instant::now() + Duration::from_secs(120);
    let mut sent = 0;
    while sent < count && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
        run(json!({"execute": "memsave", "arguments": ram}));
        let ram = fs::read(dump.path()).expect("the RAM");
        let at = |address: usize| address - device.ram as usize;
        let word = |offset| {
            let from = at(header) + offset;
            u32::from_le_bytes(ram[from..from + 4].try_into().expect("four bytes")) as usize
        };
        // until the variables are prepared the header is empty
        if ram[at(header)..].starts_with(b"SEGGER RTT") {
            // the first channel to the host: where its memory is, and how much was written; zeros around every line
            let lines = &ram[at(word(28))..][..word(36)];
            sent = lines.split(|&byte| byte == 0).filter(|line| !line.is_empty()).count();
        }
    }
    qemu.kill().and_then(|()| qemu.wait()).expect("QEMU ends");
    assert_eq!(sent, count, "lines of {}", device.name);
}

/// What the linked image takes is what was printed before, on every board; on two of them QEMU runs it: the micro:bit, and an
/// STM32F4 with the memory map of the Nucleo. With defmt it says as many lines and calls no debugger.
#[test]
fn every_board_gets_a_firmware_that_links_and_takes_what_was_said() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, calib) = model();
    fs::create_dir(scratch.path().join("target")).expect("a folder");
    for device in DEVICES {
        let folder = scratch.path().join(device.name);
        let out = folder.display().to_string();
        let said = succeeds(&compile(&out, &model, &calib, &["--board", device.name]));
        assert!(said.contains(&format!("of {} on {}", device.ram_bytes, device.name)), "{said}");
        assert!(said.contains("instructions per sample") && said.contains("an int8 network of this shape"), "{said}");
        // packages are built once
        std::os::unix::fs::symlink(scratch.path().join("target"), folder.join("firmware/target")).expect("a link");
        let built = json(&["build", &out, "--json"]);
        let report: Value =
            serde_json::from_slice(&fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
        let needs = &report["needs"];
        assert_eq!(needs["schedule"], if device.name == "microbit" { "layers" } else { "timesteps" });
        assert_eq!(built["ram"], needs["arena_bytes"], "{}", device.name);
        let of = |value: &Value| value.as_u64().expect("a number");
        assert!(of(&built["code"]) < of(&needs["code_bytes"]), "{built}");
        // what is neither code nor table: the vector table, text, the four samples of the example
        let rest = of(&built["flash"]) - of(&built["code"]) - of(&needs["tables_bytes"]);
        assert!(rest < 8 * 1024, "{}: {rest}", device.name);
        let firmware = folder.join("firmware/target").join(device.target).join("release/firmware");
        let plain = Image(fs::read(&firmware).expect("an image"));
        assert!(plain.semihosting_calls() > 0 && plain.rtt().is_none() && !plain.has_lines_of_defmt());
        let machine = match device.name {
            "microbit" => Some("microbit"),
            "nucleo-f446re" => Some("netduinoplus2"),
            _ => None,
        };
        if let Some(machine) = machine {
            let said = qemu(machine, &firmware);
            assert_eq!(said.lines().filter(|line| line.starts_with("sample ")).count(), 4, "{said}");
        }
        let mut cargo = Command::new("cargo");
        cargo.current_dir(folder.join("firmware")).args(["build", "--release", "--quiet", "--features", "defmt"]);
        assert!(cargo.status().expect("cargo starts").success(), "{}", device.name);
        let with = Image(fs::read(&firmware).expect("an image"));
        assert_eq!(with.semihosting_calls(), 0, "{}", device.name);
        assert!(with.rtt().is_some() && with.has_lines_of_defmt(), "{}", device.name);
        if let Some(machine) = machine {
            sends_lines(4, machine, device, &firmware);
        }
    }
}

#[test]
fn weights_are_copied_to_ram_when_that_is_asked() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, calib) = model();
    let out = scratch.path().join("out").display().to_string();
    succeeds(&compile(&out, &model, &calib, &["--weights-in-ram", "--schedule", "layers"]));
    // a folder as a user names it
    let mut snnc = Command::new(env!("CARGO_BIN_EXE_snnc"));
    let built = snnc.current_dir(scratch.path()).args(["build", "out", "--json"]).output().expect("snnc starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let built: Value = serde_json::from_slice(&built.stdout).expect("JSON");
    let report: Value =
        serde_json::from_slice(&fs::read(Path::new(&out).join("report.json")).expect("a report")).expect("JSON");
    let of = |name: &str| report["needs"][name].as_u64().expect("a number");
    assert!(of("weights_in_ram_bytes") > 10_000);
    assert_eq!(built["ram"].as_u64(), Some(of("arena_bytes") + of("weights_in_ram_bytes")));
    qemu("mps2-an386", &Path::new(&out).join("firmware/target/thumbv7em-none-eabihf/release/firmware"));
}

#[test]
fn what_does_not_fit_is_refused_with_what_it_needs_and_what_would() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, calib) = model();
    let out = scratch.path().join("out").display().to_string();
    let said = refused(&compile(&out, &model, &calib, &["--board", "microbit", "--schedule", "timesteps"]));
    assert!(said.contains("microbit has 16384") && said.contains("too few"), "{said}");
    assert!(said.contains("give --schedule layers, which needs"), "{said}");
    let said = refused(&compile(&out, &model, &calib, &["--flash", "16KiB"]));
    assert!(said.contains("bytes of flash") && said.contains("--weights of fewer bits"), "{said}");
    assert!(!Path::new(&out).exists());
}

/// A C program against the header and the static library, both ways, on this machine.
#[test]
fn c_calls_it_and_gets_the_hosts_classes() {
    const MAIN: &str = r#"
#include <stdio.h>
#include "snn_unrolled_dyn.h"

static uint32_t arena[SNN_UNROLLED_DYN_ARENA_WORDS];
static snn_unrolled_dyn_network network;
static snn_unrolled_dyn_frame frame;

int main(int count, char **arguments) {
    FILE *samples = fopen(arguments[1], "rb");
    while (samples && fread(frame, sizeof frame, 1, samples) == 1) {
        unsigned class = snn_unrolled_dyn_infer(arena, &frame), steps = 0;
        snn_unrolled_dyn_begin(&network, arena);
        for (; !snn_unrolled_dyn_is_decided(&network); steps++)
            snn_unrolled_dyn_step(&network, &frame);
        const int32_t *scores = snn_unrolled_dyn_scores(&network);
        int32_t sum = 0;
        for (int i = 0; i < SNN_UNROLLED_DYN_CLASSES; i++)
            sum += scores[i];
        printf("%u %u %d %d\n", class, snn_unrolled_dyn_prediction(&network), steps <= SNN_UNROLLED_DYN_TIMESTEPS, sum > 0);
    }
    return count != 2;
}
"#;
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (model, calib) = model();
    let folder = scratch.path().join("out");
    succeeds(&compile(&folder.display().to_string(), &model, &calib, &[]));
    let c = folder.join("c");
    let run = |command: &mut Command| {
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(Command::new("cargo").current_dir(&c).args(["build", "--release", "--offline", "--target-dir", "target"]));
    fs::write(c.join("main.c"), MAIN).expect("the scratch folder is writable");
    let gcc =
        ["-Wall", "-Wextra", "-Werror", "-std=c99", "-o", "main", "main.c", "target/release/libsnn_unrolled_dyn.a"];
    run(Command::new("cc").current_dir(&c).args(gcc));
    let said = run(Command::new(c.join("main")).arg(folder.join("firmware/samples.bin")));
    let firmware = fs::read_to_string(folder.join("firmware/src/main.rs")).expect("a firmware");
    let classes =
        firmware.lines().find_map(|line| line.strip_prefix("static CLASSES: [usize; 4] = [")).expect("classes");
    let expected = classes.trim_end_matches("];").split(", ").map(|class| format!("{class} {class} 1 1\n"));
    assert_eq!(said, expected.collect::<String>());
}
