//! The commands. These are the only modules that read or write the user's files.

mod build;
mod check;
mod compile;
mod compress;
mod convert;
mod inspect;
mod model;
mod nir;
mod progress;
mod run;
mod verify;
mod waveform;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use snnc::backend::verilog::cost::Objective;
use snnc::backend::verilog::host::Host;
use snnc::compiled::Schedule;
use snnc::frontend::LoadOptions;
use snnc::pass::WeightChoice;
use snnc::pass::prune::Amount;
use snnc::pipeline::Choices;

/// Compiles trained spiking neural networks to microcontrollers and FPGAs: one integer network, bit for bit the same
/// spikes on every machine.
#[derive(Debug, Parser)]
#[command(name = "snnc", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write Verilog or a no_std Rust crate that runs the network.
    Compile(Compile),
    /// Run the tools on a folder that was compiled for a board, and read back what the design takes.
    Build(Build),
    /// Make the network smaller, say what every step costs, and write it as a .snn file.
    Compress(Compress),
    /// Run the compiled integer network (or the float graph) on the host: accuracy and spike statistics.
    Run(Run),
    /// Run the same samples on several machines and compare every spike of every layer.
    Verify(Verify),
    /// Show what was understood: layers, shapes, neurons, sizes.
    Inspect(Inspect),
    /// Say node by node what is supported of a model file, and how far the network goes.
    Check(Check),
    /// Write the model as a native .snn file, or as a NIR file.
    Convert(Convert),
}

/// The model and how it is compiled.
#[derive(Debug, Args)]
struct Model {
    /// A model file (.onnx, .nir, .snn), or a folder that `snnc compile` wrote.
    model: PathBuf,
    /// Samples that scales and widths may be chosen from (`x`, and `y` for the price of the integers); never the data
    /// that is evaluated.
    #[arg(long, value_name = "CALIB.npz")]
    calib: Option<PathBuf>,
    /// Timesteps of a sample: needed for a step model, overrides those of an unrolled one.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=i64::from(snnc::ir::MAX_TIMESTEPS)))]
    timesteps: Option<u32>,
    /// Encodings of the weights: `auto` keeps the grid they were trained on and takes int8 elsewhere; or ENCODING,
    /// `ends=ENCODING` (first and last layers), `LAYER=ENCODING`, separated by commas. There are int8 to int2, ternary,
    /// binary, odd8 to odd2, codebook6 to codebook1.
    #[arg(long, value_name = "ENCODINGS", default_value = "auto")]
    weights: WeightChoice,
    /// Width of the membranes. What does not fit saturates; the LSB follows from the calibration samples. [default: as
    /// wide as the thresholds ask for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=30))]
    membrane_bits: Option<u8>,
    #[command(flatten)]
    nir: nir::Nir,
}

impl Model {
    /// What the user chooses.
    fn choices(&self) -> Choices {
        Choices { weights: self.weights.clone(), membrane_bits: self.membrane_bits }
    }

    /// What the user says about the model beyond its file.
    fn options(&self) -> LoadOptions {
        LoadOptions { timesteps: self.timesteps, nir: self.nir.options() }
    }
}

#[derive(Debug, Args)]
struct Compile {
    #[command(flatten)]
    model: Model,
    /// What to write.
    #[arg(long, value_enum)]
    target: Target,
    /// Folder to write; replaced only if snnc wrote it. [default: the model's name and the target]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Accumulators per layer of an FPGA, at most. [default: one per output channel]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    lanes: Option<u32>,
    /// Inputs per clock of an FPGA's layer, at most: the layers that set the pace get as many as the calibration samples
    /// show to pay. A layer takes its input as spikes, changes or silences, whichever makes it add least; one of binary
    /// weights may count up to 8, 16 or 32 inputs per clock instead.
    #[arg(long, value_name = "1|2|4", value_parser = ["1", "2", "4"])]
    slots: Option<String>,
    /// Engines of an FPGA's convolution, at most, each with a copy of the weights and its own columns of the map: the layers
    /// that set the pace get as many as the calibration samples show to pay. [default: 1]
    #[arg(long, value_name = "1|2|4", value_parser = ["1", "2", "4"])]
    engines: Option<String>,
    /// Connect an FPGA to a host: a second top with registers, and drivers in Rust and Python. [default: the top with its
    /// event stream only]
    #[arg(long, value_enum)]
    host: Option<Connection>,
    /// Write what stands around the design on this board: a top with clock, reset and pins, constraints, a Makefile that
    /// `snnc build` runs. It has a host interface by itself; --host takes another. There are icebreaker, hx8k, ulx3s,
    /// orangecrab, tangnano9k, tangnano20k, arty, pynq-z2; of microcontrollers, for which a firmware is written that `cargo run`
    /// flashes, nrf52840-dk, nucleo-f446re, nucleo-l476rg, nucleo-h743zi, pico, pico2, microbit, microbit-v2.
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// RAM of a microcontroller, in bytes, or as 16KiB or 1MiB: what does not fit is refused. [default: the board's]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    ram: Option<u64>,
    /// Flash of a microcontroller, as --ram. [default: the board's]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    flash: Option<u64>,
    /// In which order a microcontroller runs: timestep by timestep, which follows a stream, or layer by layer, a whole sample at
    /// a time, which takes far less RAM where maps are large. [default: timesteps, if there is the RAM]
    #[arg(long, value_enum)]
    schedule: Option<Order>,
    /// Copy the weights of a microcontroller to RAM before anything runs.
    #[arg(long)]
    weights_in_ram: bool,
    /// Choose engines, lanes, inputs and neurons per clock of each layer for this, or all of it unrolled, within the board's
    /// part. --slots, --engines, --lanes, --neurons and --chunk beside it are at most, and mean engines.
    #[arg(long, value_enum, requires = "board")]
    objective: Option<Goal>,
    /// Clock of the design on the board: the highest that its PLL makes up to this. [default: its oscillator's]
    #[arg(long, value_name = "MHZ", requires = "board", value_parser = megahertz)]
    clock: Option<u32>,
    /// Leave the weights out of an FPGA's design: `weights.bin`, which a host's driver loads when it runs, or the board
    /// from its flash. Another network of the same shape and thresholds can be loaded too.
    #[arg(long)]
    load_weights: bool,
    /// Neurons per clock of an FPGA's layer, at most: fewer take fewer LUTs. [default: 8, or what --slots chooses]
    #[arg(long, value_name = "N", value_parser = ["1", "2", "4", "8", "16", "32", "64"])]
    neurons: Option<String>,
    /// Bits of its input that an FPGA's layer looks at at once, at most: fewer take fewer LUTs and block RAMs. [default: 64]
    #[arg(long, value_name = "N", value_parser = ["8", "16", "32", "64"])]
    chunk: Option<String>,
    /// Give every neuron of an FPGA adders of its own, its weights in logic: a timestep per clock, for small networks most of
    /// whose weights are zero. Input is then a frame of spikes; --host and --board take events as ever.
    #[arg(long, conflicts_with_all = ["lanes", "slots", "engines", "neurons", "chunk", "load_weights", "objective"])]
    unrolled: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Build {
    /// A folder that `snnc compile --board NAME` wrote, or for a microcontroller.
    folder: PathBuf,
    /// Another placement: what the router starts from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Compress {
    #[command(flatten)]
    model: Model,
    /// Samples that the price is told on, as for `snnc run`; never the calibration samples.
    #[arg(long, value_name = "X.npz")]
    data: PathBuf,
    /// Only the first N samples of the data.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Choose bits per layer so that weights and tables take at most this: bytes, or with KiB or MiB behind.
    #[arg(long, value_name = "SIZE", value_parser = bytes, requires = "calib")]
    budget: Option<u64>,
    /// Choose as few bits per layer as lose at most so many per cent of the calibration samples.
    #[arg(long, value_name = "PERCENT", conflicts_with = "budget", requires = "calib")]
    max_drop: Option<f64>,
    /// Take channels out: this part of those of every layer (`0.3`), of all that can go, where they are worth least
    /// (`all=0.3`), or of layers by name (`conv1=0.3,conv2=0.5`).
    #[arg(long, value_name = "PARTS")]
    prune: Option<Parts>,
    /// What a channel is worth.
    #[arg(long, value_enum, default_value_t, requires = "prune")]
    criterion: Criterion,
    /// Chooses the channels of `--criterion random`.
    #[arg(long, value_name = "S", default_value_t = 0, requires = "criterion")]
    seed: u64,
    /// The file to write.
    #[arg(short, long, value_name = "FILE.snn")]
    output: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--prune` asks for.
#[derive(Clone, Debug)]
struct Parts(Amount);

impl std::str::FromStr for Parts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = |text: &str| {
            let part = text.parse::<f64>().ok().filter(|part| (0.0..1.0).contains(part));
            part.ok_or_else(|| format!("`{text}` is no part of the channels; give a number from 0 up to 1"))
        };
        Ok(Self(match text.split_once('=') {
            None => Amount::Each(part(text)?),
            Some(("all", all)) => Amount::Global(part(all)?),
            Some(_) => {
                let named = text.split(',').map(|item| {
                    let (name, of) = item.rsplit_once('=').ok_or_else(|| format!("`{item}`: expected LAYER=PART"))?;
                    Ok::<_, String>((name.to_owned(), part(of)?))
                });
                Amount::Layers(named.collect::<Result<_, _>>()?)
            }
        }))
    }
}

/// What a channel is worth.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Criterion {
    /// How many singular values its spikes have, averaged over time (QP-SNN); needs calibration samples.
    #[default]
    Svs,
    /// The magnitudes of its weights.
    L1,
    /// Chance.
    Random,
}

/// A size in bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("kB", 1000), ("MB", 1_000_000), ("B", 1)];
    let unit = units.iter().find_map(|&(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = unit.unwrap_or((text, 1));
    let size = number.trim().parse::<f64>().ok().map(|number| number * factor as f64);
    let size = size.filter(|size| (1.0..1e15).contains(size));
    size.map(|size| size as u64).ok_or_else(|| format!("`{text}` is no size; give bytes, or 32KiB, 1.5MB"))
}

/// A clock in MHz as Hz.
fn megahertz(text: &str) -> Result<u32, String> {
    let clock = text.parse::<f64>().ok().filter(|mhz| (1.0..=1000.0).contains(mhz));
    clock.map(|mhz| (mhz * 1e6) as u32).ok_or_else(|| format!("`{text}` is no clock; give MHz from 1 to 1000"))
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    model: Model,
    /// Samples: `x` [n, ...] (uint8 is value/255, bool is spikes, float as it is; a sequence is [n, T, ...]) and `y` [n].
    #[arg(long, value_name = "X.npz")]
    data: PathBuf,
    /// Only the first N samples.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Threads. [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    threads: Option<u32>,
    /// Run the float graph instead of the integer network.
    #[arg(long)]
    float: bool,
    /// Make random spike trains of the samples.
    #[arg(long, value_enum)]
    encode: Option<Encode>,
    /// Chooses the spike trains.
    #[arg(long, value_name = "S", default_value_t = 0, requires = "encode")]
    seed: u64,
    /// Write `out` [n, classes] and `pred` [n].
    #[arg(long, value_name = "OUT.npz")]
    output: Option<PathBuf>,
    /// Write every layer's spikes, [T, n, ...].
    #[arg(long, value_name = "TRACE.npz")]
    trace: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    model: Model,
    /// Samples, as for `snnc run`.
    #[arg(long, value_name = "X.npz")]
    data: PathBuf,
    /// Only the first N samples.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Machines to compare with the host.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "host,verilator,cortex-m4", value_parser = machine_names())]
    machines: Vec<String>,
    /// Write the waveform of the simulated design (verilator or icarus, one of them) to FILE. It ends where the machine
    /// finds the first difference.
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Check {
    /// A model file.
    model: PathBuf,
    /// Timesteps of a sample, where the file does not say.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=i64::from(snnc::ir::MAX_TIMESTEPS)))]
    timesteps: Option<u32>,
    #[command(flatten)]
    nir: nir::Nir,
    /// Fail too if this target cannot take the network.
    #[arg(long, value_enum)]
    target: Option<Target>,
    /// Fail too if something was assumed.
    #[arg(long)]
    strict: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Inspect {
    /// A model file, or a folder that `snnc compile` wrote.
    model: PathBuf,
    #[command(flatten)]
    nir: nir::Nir,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Convert {
    /// A model file.
    model: PathBuf,
    #[command(flatten)]
    nir: nir::Nir,
    /// Make a spiking network of one with activations (ReLU, quantized).
    #[arg(long)]
    to_snn: bool,
    /// Samples that the sizes of its spikes are chosen from; never the data that is evaluated.
    #[arg(long, value_name = "CALIB.npz", requires = "to_snn")]
    calib: Option<PathBuf>,
    /// Timesteps that rates are counted over. [default: 16, or 1 where the conversion is exact]
    #[arg(long, value_name = "T", requires = "to_snn", value_parser = clap::value_parser!(u32).range(1..=i64::from(snnc::ir::MAX_TIMESTEPS)))]
    timesteps: Option<u32>,
    /// Samples to print a table of accuracy against timesteps for.
    #[arg(long, value_name = "X.npz", requires = "to_snn")]
    data: Option<PathBuf>,
    /// Only the first N samples of the data.
    #[arg(long, value_name = "N", requires = "data", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// The file to write: NIR where its name ends in .nir, native otherwise.
    #[arg(short, long, value_name = "FILE.snn|FILE.nir")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Target {
    /// Verilog, memory files, a self-checking testbench.
    Fpga,
    /// A no_std Rust crate and an example firmware.
    Mcu,
}

impl Target {
    /// Name of its backend.
    const fn name(self) -> &'static str {
        match self {
            Target::Fpga => "fpga",
            Target::Mcu => "mcu",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Connection {
    /// AXI4-Lite for the registers, AXI4-Stream for events and spikes.
    Axi,
    /// An SPI slave, mode 0.
    Spi,
    /// A UART, 8N1.
    Uart,
}

impl Connection {
    /// What it is to the backend.
    const fn host(self) -> Host {
        match self {
            Self::Axi => Host::Axi,
            Self::Spi => Host::Spi,
            Self::Uart => Host::Uart,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    /// Every layer of a timestep, then the next timestep.
    Timesteps,
    /// Every timestep of a layer, then the next layer.
    Layers,
}

impl Order {
    /// What it is to the backend.
    const fn schedule(self) -> Schedule {
        match self {
            Self::Timesteps => Schedule::Timesteps,
            Self::Layers => Schedule::Layers,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Goal {
    /// Fewest predicted clocks.
    Latency,
    /// Fewest LUTs.
    Area,
    /// The least product of clocks and LUTs.
    Balanced,
}

impl Goal {
    /// What it is to the backend.
    const fn objective(self) -> Objective {
        match self {
            Self::Latency => Objective::Latency,
            Self::Area => Objective::Area,
            Self::Balanced => Objective::Balanced,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Encode {
    /// Bernoulli: an element spikes with its value as the probability, each timestep anew.
    Rate,
}

/// The machines of `snnc verify`.
fn machine_names() -> clap::builder::PossibleValuesParser {
    std::iter::once("host").chain(snnc::machine::MACHINES.iter().map(|machine| machine.name)).collect::<Vec<_>>().into()
}

/// Runs one command.
///
/// # Errors
/// A diagnostic for the user.
pub fn run(arguments: Arguments) -> miette::Result<ExitCode> {
    match arguments.command {
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Compress(arguments) => compress::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
    }
}

/// Prints a JSON object.
fn print_json(value: &impl serde::Serialize) -> miette::Result<()> {
    use miette::IntoDiagnostic;
    show(&(serde_json::to_string_pretty(value).into_diagnostic()? + "\n"))
}

/// Prints text; a reader that has gone away (`snnc run … | head`) is no error.
fn show(text: &str) -> miette::Result<()> {
    use miette::IntoDiagnostic;
    match std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.into_diagnostic(),
    }
}
