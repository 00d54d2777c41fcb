//! Target `mcu`: a `no_std` crate that holds the network in flash, the runtime's source, and a firmware for QEMU.

pub mod blob;
mod board;
mod c_interface;
mod crate_files;
mod device;
mod firmware;
mod memory;
mod names;
mod source;
mod weights;

pub use board::{BOARDS, Board, M0, M3, M4, M7, M33};
pub use device::{Boot, DEVICES, Device};
pub use firmware::{frame_bytes, verify};
pub use memory::{CODE_BYTES, Choices, Needs, STACK_BYTES, arena_bytes_of, fit};

use snnc_runtime::program::{Leak, Population, Program, Reset, Step, Synapses};
use snnc_runtime::run::layers::plan::Plan;
use snnc_runtime::run::{arena_words, step_words};

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
    // a schedule that was chosen before stays
    let chosen = (compiled.layout.schedule == Schedule::Layers).then_some(Schedule::Layers);
    let choices = Choices { schedule: options.mcu.schedule.or(chosen), ..options.mcu };
    let (schedule, needs) = memory::fit(compiled, &choices)?;
    let report = report(compiled, schedule);
    let (firmware, samples) = firmware::example(compiled, options.samples, choices.device)?;
    let way = crate_files::Way { schedule, needs, device: choices.device, weights_in_ram: choices.weights_in_ram };
    let mut files = crate_files::files(compiled, &report, samples, &way)?;
    files.extend(c_interface::files(compiled, &way)?);
    files.extend(firmware);
    Ok(Emitted { files, report, resources: None, predicted_clocks: Vec::new(), needs: Some(needs) })
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
            engine: None,
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

/// Bytes of RAM that the network needs besides the stack.
#[must_use]
pub fn arena_bytes(program: &Program<'_>) -> u64 {
    4 * arena_words(program) as u64
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

#[cfg(test)]
mod tests {
    use bumpalo::Bump;
    use snnc_runtime::program::{
        Connection, Edge, EdgeKind, Leak, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate,
        Readout, Reduce, Reset, Shape, Step, Synapses, Window,
    };

    use crate::compiled::{Compiled, Layout, StepInfo};
    use crate::ir::InputEncoding;

    fn population<'a>(arena: &'a Bump, projections: &[Projection<'a>], shape: Shape, neurons: bool) -> Population<'a> {
        let channels = shape.channels as usize;
        let threshold: &[i32] = arena.alloc_slice_fill_copy(channels, 9);
        let neuron = Neuron { leak: Leak::None, threshold, reset: Reset::None, membrane_bits: 20, ..Neuron::BARE };
        let kind = if neurons { EdgeKind::Spikes } else { EdgeKind::Currents { bits: 20 } };
        Population {
            projections: arena.alloc_slice_copy(projections),
            accumulator_bits: 24,
            current_shift: 0,
            bias: arena.alloc_slice_fill_copy(channels, 0),
            neuron: neurons.then_some(neuron),
            output: Edge { shape, kind, rate: Rate::PerTimestep },
        }
    }

    fn compiled<'a>(arena: &'a Bump, input: Shape, steps: &[Step<'a>], names: &[&str]) -> Compiled<'a> {
        let input = Edge { shape: input, kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
        let readout = Readout { source: steps.len() as u16, quantity: Quantity::Spikes, reduce: Reduce::Sum };
        let program = Program::new(input, arena.alloc_slice_copy(steps), readout, 4).expect("a sound network");
        let steps = names.iter().map(|&name| StepInfo { name: name.to_owned(), encoding: None, activity: None });
        Compiled {
            name: "net".to_owned(),
            program,
            input: InputEncoding::Spikes,
            steps: steps.collect(),
            readout_scale: 1.0,
            layout: Layout::default(),
        }
    }

    fn int8(arena: &Bump, weights: usize) -> Synapses<'_> {
        Synapses::Int8 { weights: arena.alloc_slice_fill_copy(weights, 1) }
    }

    /// Convolution, pool, neurons and a dense layer.
    pub(super) fn chain(arena: &Bump) -> Compiled<'_> {
        let shape = |size, channels| Shape { height: size, width: size, channels };
        let window = |kernel, stride| Window { kernel, stride, padding: [0, 0], dilation: [1, 1] };
        let project = |source, connection, synapses| Projection { source, delay: 0, connection, synapses };
        let conv = project(0, Connection::Conv2d(window([3, 3], [1, 1])), int8(arena, 9 * 8));
        let pool = Pool {
            source: 1,
            op: PoolOp::Max,
            window: window([2, 2], [2, 2]),
            output: Edge { shape: shape(8, 8), kind: EdgeKind::Currents { bits: 20 }, rate: Rate::PerTimestep },
        };
        let neurons = project(2, Connection::Identity, int8(arena, 8));
        let dense = project(3, Connection::Dense, int8(arena, 512 * 10));
        let steps = [
            Step::Population(population(arena, &[conv], shape(16, 8), false)),
            Step::Pool(pool),
            Step::Population(population(arena, &[neurons], shape(8, 8), true)),
            Step::Population(population(arena, &[dense], Shape::vector(10), true)),
        ];
        compiled(arena, shape(18, 1), &steps, &["conv", "pool", "lif1", "lif2"])
    }

    /// Two layers, the first of which reads the second's spikes of the timestep before.
    pub(super) fn recurrent(arena: &Bump) -> Compiled<'_> {
        let dense = |source, delay, weights| Projection {
            source,
            delay,
            connection: Connection::Dense,
            synapses: int8(arena, weights),
        };
        let steps = [
            Step::Population(population(arena, &[dense(0, 0, 80), dense(2, 1, 40)], Shape::vector(10), true)),
            Step::Population(population(arena, &[dense(1, 0, 40)], Shape::vector(4), true)),
        ];
        compiled(arena, Shape::vector(8), &steps, &["lif1", "lif2"])
    }
}
