//! The crate of a network: its structure as Rust source, its weights as binary files, the runtime beside it.

use askama::Template;
use snnc_runtime::program::{
    EdgeKind, Leak, Population, Program, Rate, Reset, Shape, Staircase, Step, ValueKind, words,
};

use super::weights::{self, Weights};
use super::{Device, M4, Needs, blob, names, rendered, source};
use crate::backend::{BackendError, File, LayerReport};
use crate::compiled::{Compiled, Schedule};
use crate::error::AtNode;
use crate::ir::InputEncoding;

#[derive(Template)]
#[template(path = "mcu/manifest.toml")]
struct Manifest {
    package: String,
}

#[derive(Template)]
#[template(path = "mcu/runtime.toml")]
struct RuntimeManifest {
    version: &'static str,
}

#[derive(Template)]
#[template(path = "mcu/README.md")]
struct Readme<'r> {
    name: String,
    package: String,
    frame: FrameType,
    report: &'r [LayerReport],
    arena_words: u64,
    flash_bytes: u64,
    timesteps: u32,
    samples: usize,
    target: &'static str,
    board: &'static str,
    layers: bool,
    in_ram: u64,
    parts: blob::Parts,
}

#[derive(Template)]
#[template(path = "mcu/lib.rs")]
struct Library {
    name: String,
    input: String,
    steps: Vec<StepView>,
    readout: String,
    timesteps: u32,
    arena_words: u64,
    frame: FrameType,
    layers: bool,
}

#[derive(Template)]
#[template(path = "mcu/tables.rs")]
struct Tables {
    weights: Vec<Weights>,
    tables: Vec<Table>,
    in_ram: bool,
}

/// Type and meaning of a frame of input.
pub(super) struct FrameType {
    /// Whether a sample has one frame, whatever its timesteps.
    pub(super) constant: bool,
    /// Variant of `Input`.
    variant: &'static str,
    pub(super) element: &'static str,
    pub(super) len: usize,
    pub(super) meaning: String,
    pub(super) height: u32,
    pub(super) width: u32,
    pub(super) channels: u32,
}

struct StepView {
    name: String,
    constant: String,
    body: Body,
}

enum Body {
    Population(PopulationView),
    Pool(String),
}

struct PopulationView {
    projections: Vec<ProjectionView>,
    accumulator_bits: u8,
    current_shift: i8,
    neuron: Option<NeuronView>,
    output: String,
}

struct ProjectionView {
    source: u16,
    delay: u8,
    connection: String,
    synapses: String,
}

struct NeuronView {
    synaptic: Vec<SynapticView>,
    mix: String,
    leak: String,
    reset: String,
    reset_timing: &'static str,
    membrane_bits: u8,
    max_spikes: u16,
    floor: String,
    stored: String,
    inhibition: bool,
}

struct SynapticView {
    leak: String,
    bits: u8,
    negative: bool,
}

struct Table {
    doc: String,
    constant: String,
    element: &'static str,
    len: usize,
    numbers: String,
}

/// All files but the firmware's.
pub(super) fn files(
    compiled: &Compiled<'_>,
    report: &[LayerReport],
    samples: usize,
    needs: &Needs,
    device: Option<&Device>,
) -> Result<Vec<File>, AtNode<BackendError>> {
    let program = &compiled.program;
    let name = names::quoted(&compiled.name);
    let package = names::package(&compiled.name);
    let constants = names::constants(compiled.steps.iter().map(|step| step.name.as_str()));
    let mut tables = Tables { weights: Vec::new(), tables: Vec::new(), in_ram: needs.weights_in_ram_bytes > 0 };
    let mut steps = Vec::new();
    for ((step, info), constant) in program.steps().iter().zip(&compiled.steps).zip(constants) {
        let name = names::quoted(&info.name);
        let body = match step {
            Step::Population(population) => Body::Population(tables.population(&name, &constant, population)),
            Step::Pool(pool) => Body::Pool(source::pool(pool)),
        };
        steps.push(StepView { name, constant, body });
    }
    let (layers, arena_words) = (needs.schedule == Schedule::Layers, needs.arena_bytes / 4);
    let library = Library {
        name: name.clone(),
        input: source::edge(program.input()),
        steps,
        readout: source::readout(program.readout()),
        timesteps: program.timesteps(),
        arena_words,
        frame: frame(program, compiled.input),
        layers,
    };
    let readme = Readme {
        name,
        package: package.clone(),
        frame: frame(program, compiled.input),
        report,
        arena_words,
        flash_bytes: needs.tables_bytes,
        timesteps: program.timesteps(),
        samples,
        target: device.map_or(M4.target, |device| device.target),
        board: device.map_or("", |device| device.title),
        layers,
        in_ram: needs.weights_in_ram_bytes,
        parts: blob::Parts::of(program),
    };
    let runtime = RuntimeManifest { version: env!("CARGO_PKG_VERSION") };
    let text = |path: &str, text: Result<String, _>| text.map(|text| File::text(path, text));
    let mut files = vec![
        text("Cargo.toml", rendered(&compiled.name, &Manifest { package }))?,
        text("README.md", rendered(&compiled.name, &readme))?,
        text("src/lib.rs", rendered(&compiled.name, &library))?,
        text("src/tables.rs", rendered(&compiled.name, &tables))?,
        text("snnc-runtime/Cargo.toml", rendered(&compiled.name, &runtime))?,
    ];
    let block = blob::write(program).iter().flat_map(|word| word.to_le_bytes()).collect();
    files.push(File { path: "network.bin".to_owned(), content: block });
    files.extend(tables.weights.into_iter().map(|weights| File { path: weights.path, content: weights.bytes }));
    files.push(File::text("snnc-runtime/build.rs".to_owned(), snnc_runtime::source::BUILD));
    for (path, text) in snnc_runtime::source::FILES {
        files.push(File::text(format!("snnc-runtime/src/{path}"), without_tests(text)));
    }
    Ok(files)
}

/// A source file up to its unit tests, which stand at its end and need more than the crate.
fn without_tests(text: &str) -> &str {
    text.split_once("\n#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}

impl Tables {
    /// Takes the numbers of a population and gives its structure, which names them.
    fn population(&mut self, name: &str, constant: &str, population: &Population<'_>) -> PopulationView {
        let channels = population.output.shape.channels;
        let mut projections = Vec::new();
        for (index, projection) in population.projections.iter().enumerate() {
            let table = match index {
                0 => format!("{constant}_WEIGHTS"),
                _ => format!("{constant}_WEIGHTS_{}", index + 1),
            };
            let doc = format!("Weights of \"{name}\", from edge {}", projection.source);
            let (synapses, weights) = weights::synapses(&projection.synapses, &table, &doc);
            self.weights.extend(weights);
            projections.push(ProjectionView {
                source: projection.source,
                delay: projection.delay,
                connection: source::connection(&projection.connection),
                synapses,
            });
        }
        self.table(constant, "BIAS", format!("Biases of \"{name}\", one per channel."), population.bias);
        let neuron = population.neuron.map(|neuron| {
            let doc = format!("Thresholds of \"{name}\", in membrane LSBs.");
            self.table(constant, "THRESHOLD", doc, neuron.threshold);
            let (reset, table) = match neuron.reset {
                Reset::None => ("Reset::None".to_owned(), None),
                Reset::ToValue(table) => (format!("Reset::ToValue(&{constant}_RESET)"), Some(table)),
                Reset::Subtract(table) => (format!("Reset::Subtract(&{constant}_RESET)"), Some(table)),
            };
            if let Some(table) = table {
                let doc = format!("What a spike of \"{name}\" resets to or subtracts, in membrane LSBs.");
                self.table(constant, "RESET", doc, table);
            }
            if let Some(floor) = neuron.floor {
                self.table(constant, "FLOOR", format!("Lowest potentials of \"{name}\", in membrane LSBs."), floor);
            }
            if let Some(stored) = neuron.stored {
                let doc = format!("Thresholds between the levels that \"{name}\" stores, in membrane LSBs.");
                self.table(constant, "STEPS", doc, stored.thresholds);
                let doc = format!("What \"{name}\" stores of its membranes, in membrane LSBs.");
                self.table(constant, "LEVELS", doc, stored.levels);
            }
            let filters = neuron.synaptic.iter().enumerate();
            let synaptic = filters.map(|(k, filter)| SynapticView {
                leak: self.leak(constant, &format!("SYNAPTIC_DECAY_{k}"), name, filter.leak),
                bits: filter.bits,
                negative: filter.negative,
            });
            let synaptic = synaptic.collect();
            if let Some(mix) = neuron.mix {
                let (table, numbers) = (format!("{constant}_MIX"), mix.weights.iter().map(|&weight| weight.into()));
                self.tables.push(Table {
                    doc: format!("What \"{name}\" takes of the currents of each timestep, row by row."),
                    constant: table,
                    element: "i8",
                    len: mix.weights.len(),
                    numbers: source::table(&numbers.collect::<Vec<i32>>()),
                });
            }
            NeuronView {
                synaptic,
                mix: neuron.mix.map_or("None".to_owned(), |mix| {
                    format!("Some(Mix {{ weights: &{constant}_MIX, timesteps: {} }})", mix.timesteps)
                }),
                leak: self.leak(constant, "DECAY", name, neuron.leak),
                reset,
                reset_timing: source::reset_timing(neuron.reset_timing),
                membrane_bits: neuron.membrane_bits,
                max_spikes: neuron.max_spikes,
                floor: neuron.floor.map_or("None".to_owned(), |_| format!("Some(&{constant}_FLOOR)")),
                stored: neuron.stored.map_or("None".to_owned(), |Staircase { steps, .. }| {
                    let tables = format!("thresholds: &{constant}_STEPS, levels: &{constant}_LEVELS");
                    format!("Some(Staircase {{ {tables}, steps: {steps} }})")
                }),
                inhibition: neuron.inhibition,
            }
        });
        debug_assert_eq!(population.bias.len(), channels as usize);
        PopulationView {
            projections,
            accumulator_bits: population.accumulator_bits,
            current_shift: population.current_shift,
            neuron,
            output: source::edge(&population.output),
        }
    }

    fn table(&mut self, constant: &str, suffix: &str, doc: String, numbers: &[i32]) {
        let (constant, len) = (format!("{constant}_{suffix}"), numbers.len());
        self.tables.push(Table { doc, constant, element: "i32", len, numbers: source::table(numbers) });
    }

    /// A leak as source, its factors as a table if there is one each.
    fn leak(&mut self, constant: &str, suffix: &str, name: &str, leak: Leak<'_>) -> String {
        let table = format!("{constant}_{suffix}");
        if let Leak::MultiplyEach { factors, .. } = leak {
            let numbers: Vec<i32> = factors.iter().map(|&factor| factor.into()).collect();
            self.tables.push(Table {
                doc: format!("Numerators of the decays of \"{name}\", one per channel."),
                constant: table.clone(),
                element: "u16",
                len: numbers.len(),
                numbers: source::table(&numbers),
            });
        }
        source::leak(leak, &table)
    }
}

/// What a program takes each timestep.
pub(super) fn frame(program: &Program<'_>, encoding: InputEncoding) -> FrameType {
    let edge = program.input();
    let Shape { height, width, channels } = edge.shape;
    let elements = edge.shape.len();
    let scale = match encoding {
        InputEncoding::Integer { scale, .. } => format!(", each `{scale}` times the integer"),
        InputEncoding::Spikes | InputEncoding::Real => String::new(),
    };
    let (variant, element, len, meaning) = match edge.kind {
        EdgeKind::Values(ValueKind::U8) => ("U8", "u8", elements, format!("{elements} values{scale}")),
        EdgeKind::Values(ValueKind::I8) => ("I8", "i8", elements, format!("{elements} values{scale}")),
        EdgeKind::Values(ValueKind::I16) => ("I16", "i16", elements, format!("{elements} values{scale}")),
        // no input carries counts or currents: Program::new refuses them
        EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => {
            let meaning = format!("{elements} spikes, 32 to a word, first in bit 0, unused high bits zero");
            ("Spikes", "u32", words(elements), meaning)
        }
    };
    let constant = edge.rate == Rate::PerSample;
    FrameType { constant, variant, element, len, meaning, height, width, channels }
}

/// Filters of the templates.
mod filters {
    /// A name as it may stand in text.
    #[askama::filter_fn]
    pub(super) fn quoted(name: &str, _: &dyn askama::Values) -> askama::Result<String> {
        Ok(super::names::quoted(name).replace('|', " "))
    }
}
