//! A design with a host interface in a scratch folder, its simulation, and the driver that talks to it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bumpalo::Bump;
use snnc::backend::File;
use snnc::backend::verilog::host::{Host, Interface, files};
use snnc::backend::verilog::{WeightStore, hardware_with};
use snnc::compiled::{Compiled, Engine};
use snnc::data::{Frame, Sample};
use snnc::host::{Trace, trace};
use snnc_tests::random_network::{Recipe, Rng, build, samples};

/// What runs the design.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Simulator {
    Verilator,
    Icarus,
}

/// A design in a scratch folder.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub interface: Interface,
    pub host: Host,
    pub samples: Vec<Sample>,
    pub traces: Vec<Trace>,
    /// Of the player: unique among the tests.
    name: String,
}

/// Runs a command and gives what it printed.
pub fn run(command: &mut Command) -> Result<String, String> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|_| panic!("`{tool}` is not installed: apt-get install -y {tool}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{tool}: {}{}", text(&output.stdout), text(&output.stderr))),
    }
}

/// Writes files into a folder.
pub fn write_all(folder: &Path, files: &[File]) {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("scratch");
        fs::write(path, &file.content).expect("scratch");
    }
}

/// A drawn network, whose layers take four inputs per clock where they can, and samples for it.
pub fn drawn<'a>(arena: &'a Bump, recipe: &Recipe, count: usize) -> (Compiled<'a>, Vec<Sample>) {
    let mut rng = Rng::new(8);
    let mut compiled = build(arena, recipe, &mut rng);
    compiled.layout.engines = vec![Engine { slots: 4, ..Engine::default() }; 3];
    let samples = samples(&compiled.program, &mut rng, count);
    (compiled, samples)
}

impl Bench {
    /// Writes the design of a drawn network and the driver, and compiles the player.
    pub fn new(arena: &Bump, name: &str, host: Host, recipe: &Recipe, count: usize) -> Self {
        let (compiled, samples) = drawn(arena, recipe, count);
        Self::of(&compiled, name, host, samples, WeightStore::Fixed)
    }

    /// As [`Self::new`], of a network that there is, with its weights in `store`.
    pub fn of(compiled: &Compiled<'_>, name: &str, host: Host, samples: Vec<Sample>, store: WeightStore) -> Self {
        let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = hardware_with(compiled, &[], &[], 0, store).expect("chains are carried");
        write_all(folder.path(), &hardware.files);
        write_all(folder.path(), &files(&hardware.interface, host));
        let bench = Self { folder, interface: hardware.interface, host, samples, traces, name: name.into() };
        fs::write(bench.path("samples.txt"), bench.lines()).expect("scratch");
        bench
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The Verilog of the design, the testbench's aside.
    pub fn sources(&self) -> Vec<String> {
        let top = &self.interface.top;
        let mut rtl: Vec<String> = fs::read_dir(self.path("rtl"))
            .expect("fixed modules")
            .map(|entry| format!("rtl/{}", entry.expect("a module").file_name().to_string_lossy()))
            .filter(|path| path != "rtl/snn_encoder.v")
            .collect();
        rtl.sort();
        let own = [self.host.name(), "registers"].map(|suffix| format!("{top}_{suffix}.v"));
        let around = Some(format!("{}.v", self.interface.network)).filter(|file| *file != format!("{top}.v"));
        own.into_iter().chain([format!("{top}.v")]).chain(around).chain(rtl).collect()
    }

    /// Builds the simulation. The queues are as small as they can be, so that they fill.
    pub fn build(&self, simulator: Simulator) {
        let i = &self.interface;
        let text = match self.host {
            Host::Axi => include_str!("axi_tb.v"),
            Host::Spi => include_str!("spi_tb.v"),
            Host::Uart => include_str!("uart_tb.v"),
        };
        fs::write(self.path("host_tb.v"), text).expect("scratch");
        fs::write(self.path("sample_clocks.vh"), include_str!("sample_clocks.vh")).expect("scratch");
        let defines = [
            format!("-DTOP={}_{}", i.top, self.host.name()),
            format!("-DIN_BYTES={}", i.slots * i.index_bytes()),
            format!("-DOUT_BYTES={}", i.out_bytes()),
            "-DQUEUE_BITS=2".into(),
            "-DDIVISOR=8".into(),
        ];
        let (tool, arguments) = match simulator {
            Simulator::Icarus => ("iverilog", "-g2005 -o host.vvp -s host_tb"),
            Simulator::Verilator => (
                "verilator",
                "--binary --timing -j 2 --x-assign fast --x-initial fast --noassert -Wno-fatal -Wno-lint -Wno-style \
                 -MAKEFLAGS OPT_FAST=-O1 -MAKEFLAGS OPT_SLOW=-O0 -MAKEFLAGS OPT_GLOBAL=-O0 --Mdir obj_dir \
                 --top-module host_tb -o host",
            ),
        };
        let mut command = Command::new(tool);
        command.current_dir(self.folder.path()).args(arguments.split_whitespace()).args(&defines).arg("host_tb.v");
        run(command.args(self.sources())).unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    /// What starts the simulation.
    pub fn simulation(&self, simulator: Simulator, seed: u32) -> Vec<String> {
        let mut words = match simulator {
            Simulator::Icarus => vec!["vvp".into(), "-n".into(), "host.vvp".into()],
            Simulator::Verilator => vec!["./obj_dir/host".into()],
        };
        words.push(format!("+seed={seed}"));
        words
    }

    /// Compiles the player with the driver, and gives its path.
    pub fn player(&self) -> PathBuf {
        self.player_of(include_str!("player/main.rs"))
    }

    /// As [`Self::player`], of this source.
    pub fn player_of(&self, source: &str) -> PathBuf {
        let Self { name, host, .. } = self;
        let package = format!("{}-driver", self.interface.top.replace('_', "-"));
        let hal = match host {
            Host::Axi => "",
            Host::Spi => "embedded-hal = \"1\"\n",
            Host::Uart => "embedded-io = \"0.7\"\n",
        };
        let manifest = format!(
            "[package]\nname = \"player-{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\n\
             driver = {{ package = \"{package}\", path = \"../driver/rust\" }}\n{hal}\n[workspace]\n"
        );
        let link = match host {
            Host::Axi => include_str!("player/axi.rs"),
            Host::Spi => include_str!("player/spi.rs"),
            Host::Uart => include_str!("player/uart.rs"),
        };
        write_all(
            self.folder.path(),
            &[
                File::text("player/Cargo.toml", manifest),
                File::text("player/src/main.rs", source),
                File::text("player/src/full.rs", include_str!("player/full.rs")),
                File::text("player/src/pipe.rs", include_str!("player/pipe.rs")),
                File::text("player/src/link.rs", link),
            ],
        );
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/host_interfaces");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.path("player")).env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", "-D warnings");
        run(cargo.args(["build", "--offline", "--quiet"])).unwrap_or_else(|error| panic!("{name}: {error}"));
        target.join("debug").join(format!("player-{name}"))
    }

    /// Runs the samples through the driver, in a player that was compiled, and the simulation.
    pub fn play(&self, player: &Path, simulator: Simulator, seed: u32) -> Result<String, String> {
        let mut command = Command::new(player);
        run(command.current_dir(self.folder.path()).arg("samples.txt").args(self.simulation(simulator, seed)))
    }

    /// As [`Self::play`], given up after so many seconds.
    pub fn play_within(&self, seconds: u32, player: &Path, simulator: Simulator, seed: u32) -> Result<String, String> {
        let mut command = Command::new("timeout");
        command.arg(seconds.to_string()).arg(player).current_dir(self.folder.path()).arg("samples.txt");
        run(command.args(self.simulation(simulator, seed)))
    }

    /// As [`Self::play`], through the Python driver, by this script.
    pub fn play_python(&self, script: &str, seed: u32) -> Result<String, String> {
        let files = [("player.py", script), ("wire.py", include_str!("player/wire.py"))];
        write_all(self.folder.path(), &files.map(|(path, text)| File::text(path, text)));
        let driver = format!("driver/python/snnc_{}.py", self.interface.top);
        let mut python = Command::new("python3");
        python.current_dir(self.folder.path()).args(["player.py", &driver, "samples.txt"]);
        run(python.args(self.simulation(Simulator::Icarus, seed)))
    }

    /// Elements that are set on each digit plane of each frame of a sample.
    pub fn planes(&self, sample: &Sample) -> Vec<Vec<usize>> {
        let value = |frame: &Frame, i: usize| match frame {
            Frame::Spikes(words) => (words[i / 32] >> (i % 32) & 1) as i32,
            Frame::U8(values) => values[i].into(),
            Frame::I8(values) => values[i].into(),
            Frame::I16(values) => values[i].into(),
        };
        let mut planes = Vec::new();
        for frame in &sample.frames {
            for plane in (0..self.interface.planes).rev() {
                planes.push((0..self.interface.inputs()).filter(|&i| value(frame, i) >> plane & 1 == 1).collect());
            }
        }
        planes
    }

    /// The samples as the player reads them.
    fn lines(&self) -> String {
        let mut text = String::new();
        for sample in &self.samples {
            for plane in self.planes(sample) {
                plane.iter().for_each(|element| write!(text, "{element} ").expect("a string"));
                text += "end ";
            }
            text += "\n";
        }
        text
    }

    /// Output spikes of a timestep.
    pub fn spikes(&self, trace: &Trace, timestep: usize) -> Vec<usize> {
        let frame = &trace.edges.last().expect("a step")[timestep];
        (0..self.interface.outputs).filter(|&i| frame[i / 32] >> (i % 32) & 1 == 1).collect()
    }

    /// Holds what the player said against the golden traces.
    pub fn compare(&self, said: &str) -> Result<(), String> {
        let mut lines = said.lines();
        for (number, trace) in self.traces.iter().enumerate() {
            for timestep in 0..self.interface.timesteps as usize {
                for spike in self.spikes(trace, timestep) {
                    let (found, expected) = (lines.next(), format!("{number} {timestep} {spike}"));
                    if found != Some(&expected) {
                        return Err(format!("expected spike {expected}, found {found:?}"));
                    }
                }
            }
            let found = lines.next().unwrap_or_default();
            let clocks = found.strip_prefix(&format!("{number} class {} ", trace.prediction));
            match clocks.and_then(|clocks| clocks.split_once(' ')) {
                Some((told, counted)) if told == counted && told != "0" => {}
                _ => return Err(format!("expected class {} and equal clocks, found {found}", trace.prediction)),
            }
        }
        lines.next().map_or(Ok(()), |line| Err(format!("found {line} and expected no more")))
    }
}
