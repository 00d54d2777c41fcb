//! `snnc compile`: a model to the files of a target.

use std::path::Path;
use std::process::ExitCode;

use bumpalo::Bump;
use miette::IntoDiagnostic;
use serde::Serialize;
use snnc::backend::rust::instructions::{BreakEven, Estimate};
use snnc::backend::rust::{Choices, DEVICES, Device, Needs};
use snnc::backend::verilog;
use snnc::backend::verilog::WeightStore;
use snnc::backend::verilog::board::{self, BOARDS, Chosen};
use snnc::backend::verilog::cost::{self, Resources, Share};
use snnc::backend::verilog::host::Host;
use snnc::backend::{BACKENDS, BackendError, EmitOptions, Emitted, File, LayerReport};
use snnc::compiled::{Compiled, Engine};
use snnc::compiled_file;
use snnc::data::Sample;
use snnc::error::{AtNode, Error};
use snnc::pipeline::{self, Price};

use super::model::{self, NETWORK};
use super::{Compile, Connection, Order, Target, print_json, show};

/// Calibration samples that clocks are predicted on and that the testbench plays.
const STIMULI: usize = 4;

/// What `--json` prints, and `report.json` holds.
#[derive(Serialize)]
struct Report<'r> {
    model: &'r str,
    target: &'static str,
    timesteps: u32,
    files: Vec<&'r str>,
    layers: &'r [LayerReport],
    memory_bits: u64,
    state_bits: u64,
    /// Clocks per sample, on the samples of the testbench.
    predicted_clocks: &'r [u64],
    /// What all of it takes of the board's part, or of a 7-series one.
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Resources>,
    price: Option<Price>,
    /// The board it is written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    board: Option<OnBoard>,
    /// What it needs of a microcontroller's memories.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Needs>,
    /// What it takes on a microcontroller, on the calibration samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<&'r Estimate>,
    /// The microcontroller's board that a firmware is written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'static str>,
    /// What was chosen for an objective, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
}

/// A board in a report.
#[derive(Serialize)]
struct OnBoard {
    name: &'static str,
    part: &'static str,
    host: &'static str,
    clock_mhz: f64,
}

pub fn run(arguments: &Compile) -> miette::Result<ExitCode> {
    let target = arguments.target.name();
    let arena = Bump::new();
    let mut network = model::network(&arguments.model, None, &arena)?;
    let layout = &mut network.built.compiled.layout;
    layout.lanes = arguments.lanes.or(layout.lanes);
    let samples = stimuli(arguments, &network.built.compiled)?;
    let host = arguments.host.map(Connection::host);
    let board = board(arguments, &network.built.compiled, host)?;
    let mcu = microcontroller(arguments, &network.built.compiled)?;
    let why = lay_out(arguments, &mut network.built.compiled, &samples, board)?;
    let compiled = &mut network.built.compiled;
    let options = EmitOptions { samples: &samples, host, board, load_weights: arguments.load_weights, mcu };
    let backend = BACKENDS.iter().find(|backend| backend.name == target).expect("every target has its backend");
    let emitted = (backend.emit)(compiled, &options).map_err(Error::from)?;
    let Emitted { mut files, report, resources, predicted_clocks, needs, estimate } = emitted;
    if let Some(needs) = needs {
        compiled.layout.schedule = needs.schedule;
    }
    files.push(File { path: NETWORK.into(), content: compiled_file::save(compiled)? });
    let mut names: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    names.push("report.json".into());
    let report = Report {
        model: &compiled.name,
        target,
        timesteps: compiled.program.timesteps(),
        files: names.iter().map(String::as_str).collect(),
        layers: &report,
        memory_bits: report.iter().map(|layer| layer.memory_bits).sum(),
        state_bits: report.iter().map(|layer| layer.state_bits).sum(),
        predicted_clocks: &predicted_clocks,
        resources,
        price: network.built.price,
        board: board.map(|chosen| OnBoard {
            name: chosen.board.name,
            part: chosen.board.part,
            host: chosen.host.name(),
            clock_mhz: f64::from(chosen.clock) / 1e6,
        }),
        needs,
        estimate: estimate.as_ref(),
        device: mcu.device.map(|device| device.name),
        chosen: why,
    };
    let json = serde_json::to_string_pretty(&report).into_diagnostic()?;
    files.push(File::text("report.json", json + "\n"));
    let folder = arguments.output.clone().unwrap_or_else(|| model::default_folder(&arguments.model.model, target));
    snnc::output::write_folder(&folder, &files)?;
    if arguments.json {
        print_json(&report)?;
    } else {
        show(&text(&report, &folder))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives each layer of an FPGA what the options ask for, and says why where there was a choice.
fn lay_out(
    arguments: &Compile,
    compiled: &mut Compiled<'_>,
    samples: &[Sample],
    board: Option<Chosen>,
) -> Result<Option<String>, Error> {
    let options = [
        ("slots", &arguments.slots),
        ("engines", &arguments.engines),
        ("neurons", &arguments.neurons),
        ("chunk", &arguments.chunk),
    ];
    let fpga = matches!(arguments.target, Target::Fpga);
    if let Some((option, text)) = options.iter().find_map(|(option, text)| Some((option, text.as_ref()?)))
        && !fpga
    {
        return Err(BackendError::fpga_only(compiled, option, text).into());
    }
    if arguments.unrolled && !fpga {
        return Err(BackendError::fpga_only(compiled, "unrolled", "").into());
    }
    // an option of the engines brings a network back to them
    let engines_asked = arguments.lanes.is_some() || options.iter().any(|(_, text)| text.is_some());
    compiled.layout.unrolled = arguments.unrolled || (compiled.layout.unrolled && !engines_asked);
    let number = |text: &String| text.parse::<u8>().expect("one of the values that are possible");
    let [slots, engines, neurons, chunk] = options.map(|(_, text)| text.as_ref().map(number));
    let unless_given = if arguments.objective.is_some() { 4 } else { 1 };
    let all = Engine { copies: engines.unwrap_or(unless_given), ..Engine::most(slots.unwrap_or(unless_given)) };
    let most = Engine { group: neurons.unwrap_or(all.group), chunk: chunk.unwrap_or(all.chunk), ..all };
    if let Some((objective, board)) = arguments.objective.zip(board) {
        let objective = objective.objective();
        if samples.is_empty() {
            let found =
                format!("`--objective {}` was asked for without samples to predict clocks on", objective.name());
            let source = BackendError::Unsupported { found, help: "give --calib CALIB.npz".into() };
            return Err(AtNode { node: compiled.name.clone(), op: "network".to_owned(), source }.into());
        }
        let store = WeightStore::new(Some(board), arguments.load_weights);
        let choice = cost::pick(compiled, &board, store, objective, most, engines_asked, samples)?;
        compiled.layout = choice.layout;
        return Ok(Some(choice.why));
    }
    if slots.or(engines).is_some() {
        compiled.layout = verilog::choose(compiled, most, samples)?;
    } else if neurons.or(chunk).is_some() {
        // a layer is a step, or some of them
        compiled.layout.engines.resize(compiled.steps.len(), Engine::default());
        for engine in &mut compiled.layout.engines {
            (engine.group, engine.chunk) = (engine.group.min(most.group), engine.chunk.min(most.chunk));
        }
    }
    Ok(None)
}

/// The board that was asked for, with its host and its clock.
fn board(arguments: &Compile, compiled: &Compiled<'_>, host: Option<Host>) -> miette::Result<Option<Chosen>> {
    let Some(name) = &arguments.board else { return Ok(None) };
    let refused = |found: String, help: String| {
        let source = BackendError::Unsupported { found, help };
        Error::from(AtNode { node: compiled.name.clone(), op: "network".to_owned(), source })
    };
    let all = BOARDS.iter().map(|board| board.name).collect::<Vec<_>>().join(", ");
    if !matches!(arguments.target, Target::Fpga) {
        return Ok(None); // it has boards of its own
    }
    let found = board::find(name).ok_or_else(|| match Device::find(name) {
        Some(_) => refused(
            format!("`--board {name}` was asked for, which is a microcontroller's"),
            format!("compile for --target mcu, or use one of {all}"),
        ),
        None => refused(format!("`--board {name}` was asked for, which is not known"), format!("use one of {all}")),
    })?;
    let chosen = Chosen::new(found, host, arguments.clock).map_err(|error| refused(error.found, error.help))?;
    Ok(Some(chosen))
}

/// What was asked for of a microcontroller; nothing of it on another target.
fn microcontroller(arguments: &Compile, compiled: &Compiled<'_>) -> miette::Result<Choices> {
    let &Compile { ram, flash, weights_in_ram, .. } = arguments;
    let schedule = arguments.schedule.map(Order::schedule);
    if !matches!(arguments.target, Target::Mcu) {
        let asked = [
            ("ram", ram.is_some()),
            ("flash", flash.is_some()),
            ("schedule", schedule.is_some()),
            ("weights-in-ram", weights_in_ram),
        ];
        return match asked.into_iter().find(|(_, asked)| *asked) {
            Some((option, _)) => Err(Error::from(BackendError::mcu_only(compiled, option)).into()),
            None => Ok(Choices::default()),
        };
    }
    let device = match &arguments.board {
        None => None,
        Some(name) => Some(Device::find(name).ok_or_else(|| {
            let boards = DEVICES.iter().map(|device| device.name).collect::<Vec<_>>().join(", ");
            let source = match board::find(name) {
                Some(_) => BackendError::Unsupported {
                    found: format!("`--board {name}` was asked for, which is an FPGA's"),
                    help: format!("compile for --target fpga, or use one of {boards}"),
                },
                None => BackendError::Unsupported {
                    found: format!("`--board {name}` was asked for, which is not known"),
                    help: format!("use one of {boards}"),
                },
            };
            Error::from(AtNode { node: compiled.name.clone(), op: "network".to_owned(), source })
        })?),
    };
    Ok(Choices { device, ram, flash, schedule, weights_in_ram, keep_bits: false })
}

/// The first calibration samples, for the testbench.
fn stimuli(arguments: &Compile, compiled: &Compiled<'_>) -> miette::Result<Vec<Sample>> {
    match &arguments.model.calib {
        Some(path) => Ok(pipeline::encode(compiled, &model::dataset(path)?.take(STIMULI))?),
        None => Ok(Vec::new()),
    }
}

/// What a network takes on a core, and when one without spikes would take less.
fn instructions(estimate: &Estimate, timesteps: u32) -> String {
    let Estimate { core, instructions, cycles, layers, break_even } = estimate;
    let mut text = format!("{:<24} {:>12} {:>13} {:>9}\n", "estimated", "instructions", "a synapse", "active");
    for layer in layers {
        let slot = layer.instructions_per_slot.map_or(String::new(), |slot| format!("{slot:.2}"));
        let active = layer.active.map_or(String::new(), |active| format!("{:.1} %", 100.0 * active));
        text += &format!("{:<24} {:>12.0} {slot:>13} {active:>9}\n", layer.name, layer.instructions);
    }
    text += &format!(
        "about {instructions:.0} instructions per sample on a {core}, about {cycles:.0} cycles where memory never waits; \
         `snnc verify` counts the instructions\n"
    );
    if let Some(BreakEven { int8_instructions, timesteps: at_most, active, active_up_to }) = break_even {
        text += &format!(
            "an int8 network of this shape without spikes takes about {int8_instructions:.0} instructions (CMSIS-NN): this one \
             takes fewer for up to {at_most} timesteps"
        );
        text += &match active_up_to {
            Some(most) => format!(
                "; in {timesteps} timesteps, while up to {:.1} % of its synapses are active (they are {:.1} %)\n",
                100.0 * most,
                100.0 * active
            ),
            None => format!("; in {timesteps} timesteps it takes more, however few spikes there are\n"),
        };
    }
    text
}

/// What a network needs of a microcontroller's memories, and of those of its board.
fn memories(needs: &Needs, device: Option<&Device>, folder: &Path) -> String {
    let of = |bytes: u32| device.map_or(String::new(), |device| format!(" of {bytes} on {}", device.name));
    let (ram_of, flash_of) = (of(device.map_or(0, |d| d.ram_bytes)), of(device.map_or(0, |d| d.flash_bytes)));
    let weights = match needs.weights_in_ram_bytes {
        0 => String::new(),
        bytes => format!(" + weights {bytes}"),
    };
    let Needs { schedule, arena_bytes, stack_bytes, tables_bytes, code_bytes, .. } = needs;
    let mut text = format!(
        "by {}: RAM {} bytes{ram_of} (arena {arena_bytes}{weights} + stack {stack_bytes}); flash {} bytes{flash_of} \
         (weights and tables {tables_bytes} + room for code {code_bytes})\n",
        schedule.name(),
        needs.ram(),
        needs.flash()
    );
    if let Some(device) = device {
        text += &format!(
            "for the board {} ({}): `cd {}/firmware && cargo run --release`\n",
            device.name,
            device.chip,
            folder.display()
        );
    }
    text
}

fn text(report: &Report<'_>, folder: &Path) -> String {
    let mut text = format!("{} files in `{}`\n", report.files.len(), folder.display());
    text += &format!(
        "{:<24} {:>8} {:>9} {:>6} {:>8} {:>14} {:>12} {:>12}\n",
        "layer", "weights", "engine", "lanes", "in/clock", "clocks/sample", "memory bits", "state bits"
    );
    for layer in report.layers {
        let number = |n: Option<usize>| n.map_or(String::new(), |n| n.to_string());
        let lanes = number(layer.lanes);
        let inputs = match layer.engines {
            Some(engines) if engines > 1 => format!("{engines} x {}", number(layer.inputs_per_clock)),
            _ => number(layer.inputs_per_clock),
        };
        let clocks = layer.predicted_clocks.map_or(String::new(), |n| format!("{n:.0}"));
        let (name, encoding) = (&layer.name, layer.encoding.unwrap_or(""));
        let engine = layer.engine.unwrap_or("");
        let (memory, state) = (layer.memory_bits, layer.state_bits);
        text += &format!(
            "{name:<24} {encoding:>8} {engine:>9} {lanes:>6} {inputs:>8} {clocks:>14} {memory:>12} {state:>12}\n"
        );
    }
    if let Some(total) = report.resources {
        text += &format!("{:<24} {:>8} {:>10} {:>10} {:>6}\n", "predicted", "LUTs", "flip-flops", "block RAMs", "DSPs");
        let of = |name: &str, r: Resources| {
            format!("{name:<24} {:>8} {:>10} {:>10} {:>6}\n", r.luts, r.ffs, r.block_rams, r.dsps)
        };
        for layer in report.layers {
            text += &layer.resources.map_or(String::new(), |resources| of(&layer.name, resources));
        }
        text += &of("all", total);
        if total.cells > total.luts {
            text += &format!("about {} logic cells\n", total.cells);
        }
    }
    if let (Some(total), Some(board)) = (report.resources, report.board.as_ref().and_then(|on| board::find(on.name))) {
        for short in cost::shortages(&total, board.capacity, Share::ALL) {
            text += &format!(
                "it may not fit: about {} {} are predicted, and the part has {}\n",
                short.needed, short.what, short.available
            );
        }
    }
    if let Some(why) = &report.chosen {
        text += &format!("chosen for {why}\n");
        let busy = |layer: &LayerReport| layer.predicted_clocks.unwrap_or(0.0);
        let most = report.layers.iter().map(busy).fold(0.0, f64::max);
        for layer in report.layers {
            let (name, of_most) = (&layer.name, 100.0 * busy(layer) / most);
            let pace = if of_most < 100.0 { format!("busy {of_most:.0} % of that") } else { "sets the pace".into() };
            text += &format!("  {name}: {pace}\n");
        }
    }
    if !report.predicted_clocks.is_empty() {
        let n = report.predicted_clocks.len();
        let mean = report.predicted_clocks.iter().sum::<u64>() as f64 / n as f64;
        text += &format!("predicted: {mean:.0} clocks per sample, mean of {n} calibration samples\n");
    }
    if let Some(estimate) = report.estimate {
        text += &instructions(estimate, report.timesteps);
    }
    if let Some(needs) = report.needs {
        text += &memories(&needs, report.device.and_then(Device::find), folder);
    }
    if let Some(OnBoard { name, part, host, clock_mhz }) = &report.board {
        text += &format!(
            "for the board {name} ({part}) at {clock_mhz} MHz over {host}: `snnc build {}`\n",
            folder.display()
        );
    }
    if let Some(price) = report.price {
        let (same, samples) = (price.same_predictions, price.samples);
        text += &format!("integers and floats predict the same on {same} of {samples} calibration samples\n");
        if let (Some(float), Some(integer)) = (price.float_correct, price.integer_correct) {
            text += &format!("correct on the calibration samples: float {float}, integers {integer}\n");
        }
    }
    text
}
