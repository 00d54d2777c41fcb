//! Every integer rule, and random networks with joins, recurrence and delays, on the emulated Cortex-M4: every edge and
//! every membrane of every timestep equals the host's. All networks are crates of one firmware, to keep it fast.

#[path = "../../runtime-nostd/tests/common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use common::random::{Rng, program, samples};
use common::rules::RULES;
use common::{Frame, Packed};
use snnc::backend::EmitOptions;
use snnc::backend::rust::{BACKEND, M4, frame_bytes, verify};
use snnc::compiled::{Compiled, Layout, Schedule, StepInfo};
use snnc::data;
use snnc::ir::InputEncoding;
use snnc::machine::toolchain::Toolchain;
use snnc_runtime::program::{Program, Rate};
use snnc_runtime::run::{Input, Runner, arena_words};

/// Random networks beside the rules.
const RANDOM: u64 = 40;

struct Case {
    compiled: Compiled<'static>,
    /// `[sample][frame]`.
    samples: Vec<Vec<Frame>>,
}

impl Case {
    fn new(name: String, program: Program<'static>, samples: Vec<Vec<Frame>>) -> Self {
        let step = |index| StepInfo { name: format!("step {index}"), encoding: None, activity: None };
        let steps = (0..program.steps().len()).map(step).collect();
        let compiled = Compiled {
            name,
            program,
            input: InputEncoding::Spikes,
            steps,
            readout_scale: 1.0,
            layout: Layout::default(),
        };
        Self { compiled, samples }
    }

    fn all() -> Vec<Self> {
        let rules = RULES.iter().enumerate().map(|(index, rule)| {
            let sample: Vec<Frame> = rule.sample.iter().map(|frame| frame.to_vec()).collect();
            Self::new(format!("rule {index}"), rule.program, vec![sample.clone(), sample])
        });
        let random = (0..RANDOM).map(|seed| {
            let mut rng = Rng(seed);
            let program = program(&mut rng);
            let samples = samples(&mut rng, &program);
            Self::new(format!("random {seed}"), program, samples)
        });
        rules.chain(random).collect()
    }

    /// What the firmware writes on the host: per timestep every edge and every membrane, then the scores.
    fn expected(&self) -> Vec<u32> {
        let program = &self.compiled.program;
        let mut arena = vec![0; arena_words(program)];
        let mut runner = Runner::new(*program, &mut arena).expect("a fitting arena");
        let mut words = Vec::new();
        for sample in &self.samples {
            runner.begin();
            for t in 0..program.timesteps() as usize {
                let frame = &sample[if sample.len() == 1 { 0 } else { t }];
                runner.step(Packed::new(program.input().kind, frame).input()).expect("a fitting frame");
                for step in 0..program.steps().len() {
                    words.extend_from_slice(runner.edge(step + 1));
                    words.extend(runner.membranes(step).map(|v| v as u32));
                }
            }
            words.extend_from_slice(runner.scores());
        }
        words
    }

    /// The frames as the firmware reads them.
    fn input(&self) -> Vec<u8> {
        let kind = self.compiled.program.input().kind;
        let bytes = |frame: &Frame| {
            frame_bytes(&match Packed::new(kind, frame).input() {
                Input::Spikes(words) => data::Frame::Spikes(words.to_vec()),
                Input::U8(values) => data::Frame::U8(values.to_vec()),
                Input::I8(values) => data::Frame::I8(values.to_vec()),
                Input::I16(values) => data::Frame::I16(values.to_vec()),
            })
        };
        self.samples.iter().flatten().flat_map(bytes).collect()
    }
}

/// The firmware: one call of a macro per network.
fn main_file(cases: &[Case]) -> String {
    let mut text = String::from(
        r#"#![no_std]
#![no_main]
mod semihosting;
mod startup;
use semihosting::{File, exit};

macro_rules! network {
    ($network:ident, $input:literal, $output:literal, $samples:literal, $constant:literal, $len:literal) => {{
        use $network::{Arena, Frame, PROGRAM, TIMESTEPS, input, runner};
        static mut ARENA: Arena = Arena::new();
        static mut FRAME: Frame = [0; $len];
        // SAFETY: `main` runs once, and nothing else looks at these.
        let (arena, frame) = unsafe { (&mut *(&raw mut ARENA), &mut *(&raw mut FRAME)) };
        let (from, to) = (File::open($input, false)?, File::open($output, true)?);
        for _ in 0..$samples {
            let mut runner = runner(arena).ok()?;
            for timestep in 0..TIMESTEPS {
                if (timestep == 0 || !$constant) && !from.read(frame) {
                    return None;
                }
                runner.step(input(frame)).ok()?;
                for step in 0..PROGRAM.steps().len() {
                    // an empty piece is written as nothing
                    to.write(runner.edge(step + 1)).then_some(())?;
                    for v in runner.membranes(step) {
                        to.write(&[v as u32]).then_some(())?;
                    }
                }
            }
            to.write(runner.scores()).then_some(())?;
        }
        from.close();
        to.close();
    }};
}

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    exit(run().is_some())
}

fn run() -> Option<()> {
"#,
    );
    for (index, case) in cases.iter().enumerate() {
        let input = case.compiled.program.input();
        let constant = input.rate == Rate::PerSample;
        let (name, samples) = (case.compiled.name.replace(' ', "_"), case.samples.len());
        let len = match Packed::new(input.kind, &case.samples[0][0]).input() {
            Input::Spikes(words) => words.len(),
            Input::U8(_) | Input::I8(_) | Input::I16(_) => input.shape.len(),
        };
        writeln!(text, "    network!(snn_{name}, c\"{index}.in\", c\"{index}.out\", {samples}, {constant}, {len});")
            .expect("a string grows");
    }
    text + "    Some(())\n}\n"
}

fn put(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("files lie in a folder")).expect("a folder");
    std::fs::write(path, content).expect("a file");
}

#[test]
fn every_rule_and_random_networks_give_the_hosts_numbers_on_a_cortex_m4() {
    let cases = Case::all();
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut manifest = String::new();
    for (index, case) in cases.iter().enumerate() {
        let emitted = (BACKEND.emit)(&case.compiled, &EmitOptions::default()).expect("a crate");
        for file in &emitted.files {
            match file.path.strip_prefix("snnc-runtime/") {
                // one runtime for all
                Some(path) => put(&scratch.path().join("runtime").join(path), &file.content),
                None if file.path == "Cargo.toml" => {
                    let text = String::from_utf8(file.content.clone()).expect("text");
                    let shared = text.replace(r#"path = "snnc-runtime""#, r#"path = "../runtime""#);
                    assert_ne!(shared, text);
                    put(&scratch.path().join(format!("{index}/Cargo.toml")), shared.as_bytes());
                }
                None => put(&scratch.path().join(format!("{index}/{}", file.path)), &file.content),
            }
        }
        let name = case.compiled.name.replace(' ', "_");
        writeln!(manifest, "snn_{name} = {{ path = \"../{index}\" }}").expect("a string grows");
        put(&scratch.path().join(format!("{index}.in")), &case.input());
    }
    for file in verify(&cases[0].compiled, &M4, &[], 0, Schedule::Timesteps).expect("a firmware") {
        let mut text = String::from_utf8(file.content).expect("text");
        if file.path == "verify/Cargo.toml" {
            text = text.replace("snn_rule_0 = { path = \"../network\" }\n", &manifest);
            assert!(text.contains(&manifest));
        }
        put(&scratch.path().join(file.path), text.as_bytes());
    }
    put(&scratch.path().join("verify/src/main.rs"), main_file(&cases).as_bytes());
    let toolchain = Toolchain::find(M4.target).expect("a compiler");
    let programs = toolchain.build(&scratch.path().join("verify"), &scratch.path().join("target"));
    let output = Command::new("qemu-system-arm")
        .current_dir(scratch.path())
        .args(["-M", M4.machine, "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(programs.unwrap_or_else(|error| panic!("{error:?}")).join("snnc-verify"))
        .output()
        .expect("qemu-system-arm: apt-get install -y qemu-system-arm");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for (index, case) in cases.iter().enumerate() {
        let found = std::fs::read(scratch.path().join(format!("{index}.out"))).expect("what the firmware wrote");
        let expected: Vec<u8> = case.expected().iter().flat_map(|word| word.to_le_bytes()).collect();
        assert!(!expected.is_empty() && found == expected, "{} differs", case.compiled.name);
    }
}
