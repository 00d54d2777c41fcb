//! Target `mcu`: a `no_std` crate that holds the network in flash, the runtime's source, and a firmware for QEMU.

pub mod blob;
mod board;
mod c_interface;
mod crate_files;
mod device;
mod firmware;
pub mod instructions;
mod kernels;
mod memory;
mod names;
mod source;
mod weights;

pub use board::{BOARDS, Board, M0, M3, M4, M7, M33};
pub use device::{Boot, DEVICES, Device};
pub use firmware::{frame_bytes, verify};
pub use kernels::unpacked;
pub use memory::{CODE_BYTES, Choices, Needs, STACK_BYTES, arena_bytes, fit};

use bumpalo::Bump;
use snnc_runtime::program::{Leak, Population, Program, Reset, Step, Synapses};
use snnc_runtime::run::layers::plan::Plan;
use snnc_runtime::run::step_words;

use self::instructions::Estimate;
use super::{Backend, BackendError, EmitOptions, Emitted, LayerReport};
use crate::compiled::{Compiled, Schedule};
use crate::error::AtNode;

/// The backend.
pub const BACKEND: Backend = Backend { name: "mcu", emit };

fn emit(compiled: &Compiled<'_>, options: &EmitOptions<'_>) -> Result<Emitted, AtNode<BackendError>> {
    if let Some(host) = options.host {
        return Err(BackendError::fpga_only(compiled, "host", host.name()));
    }
    if let Some(chosen) = options.board {
        return Err(BackendError::fpga_only(compiled, "board", chosen.board.name));
    }
    if options.load_weights {
        return Err(BackendError::fpga_only(compiled, "load-weights", ""));
    }
    let arena = Bump::new();
    let flash = options.mcu.flash.or(options.mcu.device.map(|device| device.flash_bytes.into()));
    let unpacked = match options.mcu.keep_bits {
        true => compiled.clone(),
        false => kernels::unpacked(compiled, &arena, flash.unwrap_or(u64::MAX)),
    };
    let (compiled, needs) = match memory::fit(&unpacked, &options.mcu) {
        Ok(needs) => (&unpacked, needs),
        Err(_) => (compiled, memory::fit(compiled, &options.mcu)?),
    };
    let report = report(compiled, needs.schedule);
    let device = options.mcu.device;
    let (firmware, samples) = firmware::example(compiled, options.samples, device)?;
    let mut files = crate_files::files(compiled, &report, samples, &needs, device)?;
    files.extend(c_interface::files(compiled, &needs)?);
    files.extend(firmware);
    let (target, dsp) = device.map_or((M4.target, false), |device| (device.target, device.dsp));
    let estimate = Estimate::new(compiled, needs.schedule, target, dsp, options.samples);
    Ok(Emitted { files, report, resources: None, predicted_clocks: Vec::new(), needs: Some(needs), estimate })
}

/// What each layer costs in flash and RAM; accumulators and scores, which no layer owns, are left out. Layer by layer, outputs
/// share their places: the parts are more than the whole.
fn report(compiled: &Compiled<'_>, schedule: Schedule) -> Vec<LayerReport> {
    let program = &compiled.program;
    let plan = if schedule == Schedule::Layers { Plan::new(program).ok() } else { None };
    let layers = program.steps().iter().zip(&compiled.steps).enumerate();
    layers
        .map(|(index, (step, info))| LayerReport {
            name: info.name.clone(),
            encoding: info.encoding.map(crate::ir::WeightEncoding::name),
            lanes: None,
            engine: kernels::name(program, step),
            inputs_per_clock: None,
            engines: None,
            predicted_clocks: None,
            adds: None,
            adds_saved: None,
            resources: None,
            memory_bits: table_bits(step),
            state_bits: 32 * plan.map_or(step_words(program, index), |plan| plan.output_words(program, index)) as u64,
        })
        .collect()
}

/// Bits of weights and tables of a step, as they lie in flash.
#[must_use]
pub fn table_bits(step: &Step<'_>) -> u64 {
    let Step::Population(population) = step else { return 0 };
    let weights = population.projections.iter().map(|projection| synapse_bits(&projection.synapses));
    weights.sum::<u64>() + parameter_bits(population)
}

/// Bits of the weights of a projection.
fn synapse_bits(synapses: &Synapses<'_>) -> u64 {
    let bits = match synapses {
        Synapses::Int8 { weights } => 8 * weights.len(),
        Synapses::Binary { signs: words }
        | Synapses::Planes { planes: words, .. }
        | Synapses::Nibbles { nibbles: words, .. } => 32 * words.len(),
        Synapses::Codebook { codewords, indices, .. } => 32 * (codewords.len() + indices.len()),
        Synapses::Codewords { codewords, indices } => 32 * codewords.len() + 8 * indices.len(),
        Synapses::Sparse { starts, columns, weights } => 32 * starts.len() + 16 * columns.len() + 8 * weights.len(),
    };
    bits as u64
}

/// Bits of a population's tables that are no synapses: biases, thresholds, resets, levels, leaks and mixes.
#[must_use]
pub fn parameter_bits(population: &Population<'_>) -> u64 {
    let biases = 32 * population.bias.len() as u64;
    let Some(neuron) = &population.neuron else { return biases };
    let reset = match neuron.reset {
        Reset::None => 0,
        Reset::ToValue(table) | Reset::Subtract(table) => table.len(),
    };
    let stored = neuron.stored.map_or(0, |stored| stored.thresholds.len() + stored.levels.len());
    let tables = neuron.threshold.len() + reset + stored + neuron.floor.map_or(0, <[i32]>::len);
    let leaks = neuron.synaptic.iter().map(|filter| filter.leak).chain([neuron.leak]);
    let factors = leaks.map(factors_of).sum::<usize>();
    let mix = neuron.mix.map_or(0, |mix| mix.weights.len());
    biases + (32 * tables + 16 * factors + 8 * mix) as u64
}

/// Factors that a leak has in a table.
const fn factors_of(leak: Leak<'_>) -> usize {
    match leak {
        Leak::None | Leak::All | Leak::Shift(_) | Leak::Multiply { .. } => 0,
        Leak::MultiplyEach { factors, .. } => factors.len(),
    }
}

/// Bytes of flash that its weights and tables take, code not counted.
#[must_use]
pub fn flash_bytes(program: &Program<'_>) -> u64 {
    program.steps().iter().map(table_bits).sum::<u64>().div_ceil(8)
}

/// A template that cannot be rendered would be a mistake of ours; it is reported like any other refusal.
fn rendered(name: &str, template: &impl askama::Template) -> Result<String, AtNode<BackendError>> {
    template.render().map(|text| if text.ends_with('\n') { text } else { text + "\n" }).map_err(|error| AtNode {
        node: name.to_owned(),
        op: "network".to_owned(),
        source: BackendError::Unsupported {
            found: format!("a template failed: {error}"),
            help: "this is a mistake in snnc: please report it".to_owned(),
        },
    })
}
