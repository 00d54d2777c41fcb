//! A compiled network to bytes: the same bytes for the same network.

use snnc_runtime::program::{Leak, Neuron, Population, Projection, Reset, Step, Synapses};

use super::text::{
    CompiledText, LeakText, NeuronText, PopulationText, ProjectionText, ResetText, StepOpText, StepText, StoredText,
    SynapsesText, SynapticText, WeightEncodingName,
};
use super::{CompiledFileError, check};
use crate::compiled::Compiled;
use crate::container::{Builder, Kind};

/// Writes a compiled network; loading it gives the same network.
///
/// # Errors
/// A network larger than [`super::load`] takes.
pub fn save(compiled: &Compiled<'_>) -> Result<Vec<u8>, CompiledFileError> {
    let invalid = |found| CompiledFileError::Invalid { file: compiled.name.clone(), found };
    check(compiled).map_err(invalid)?;
    let mut builder = Builder::default();
    let steps = compiled.steps.iter().zip(compiled.program.steps()).enumerate().map(|(index, (info, step))| StepText {
        name: info.name.clone(),
        encoding: info.encoding.map(WeightEncodingName),
        activity: info.activity,
        op: match step {
            Step::Population(it) => StepOpText::Population(Box::new(population(&mut builder, index, it))),
            Step::Pool(pool) => StepOpText::Pool(*pool),
        },
    });
    let steps = steps.collect();
    let text = CompiledText {
        name: compiled.name.clone(),
        timesteps: compiled.program.timesteps(),
        encoding: compiled.input.into(),
        input: *compiled.program.input(),
        steps,
        readout: *compiled.program.readout(),
        readout_scale: compiled.readout_scale.into(),
        layout: compiled.layout.clone(),
    };
    builder.finish(Kind::Program, &text).map_err(invalid)
}

fn population(builder: &mut Builder, step: usize, population: &Population<'_>) -> PopulationText {
    let projections = population.projections.iter().enumerate();
    PopulationText {
        projections: projections.map(|(index, it)| projection(builder, step, index, it)).collect(),
        accumulator_bits: population.accumulator_bits,
        current_shift: population.current_shift,
        bias: table(builder, step, "bias", population.bias),
        neuron: population.neuron.as_ref().map(|it| neuron(builder, step, it)),
        output: population.output,
    }
}

fn projection(builder: &mut Builder, step: usize, index: usize, projection: &Projection<'_>) -> ProjectionText {
    let name = format!("{step}.weights.{index}");
    let synapses = match projection.synapses {
        Synapses::Int8 { weights } => SynapsesText::Int8(builder.add(name, &[weights.len()], weights)),
        Synapses::Binary { signs } => SynapsesText::Binary(builder.add(name, &[signs.len()], signs)),
        Synapses::Planes { bits, odd, planes } => {
            SynapsesText::Planes { bits, odd, planes: builder.add(name, &[planes.len()], planes) }
        }
        Synapses::Nibbles { odd, nibbles } => {
            SynapsesText::Nibbles { odd, nibbles: builder.add(name, &[nibbles.len()], nibbles) }
        }
        Synapses::Codebook { index_bits, codewords, indices } => SynapsesText::Codebook {
            index_bits,
            codewords: builder.add(format!("{name}.codewords"), &[codewords.len()], codewords),
            indices: builder.add(name, &[indices.len()], indices),
        },
        Synapses::Codewords { codewords, indices } => SynapsesText::Codewords {
            codewords: builder.add(format!("{name}.codewords"), &[codewords.len()], codewords),
            indices: builder.add(name, &[indices.len()], indices),
        },
        Synapses::Sparse { starts, columns, weights } => {
            let columns: Vec<u32> = columns.iter().map(|&column| column.into()).collect();
            SynapsesText::Sparse {
                starts: builder.add(format!("{name}.starts"), &[starts.len()], starts),
                columns: builder.add_or_none(format!("{name}.columns"), &columns),
                weights: builder.add_or_none(name, weights),
            }
        }
    };
    let Projection { source, delay, connection, .. } = *projection;
    ProjectionText { source, delay, connection, synapses }
}

fn neuron(builder: &mut Builder, step: usize, neuron: &Neuron<'_>) -> NeuronText {
    let filters = neuron.synaptic.iter().enumerate();
    let synaptic = filters.map(|(k, filter)| SynapticText {
        leak: leak(builder, step, &format!("synaptic.{k}.decay"), filter.leak),
        bits: filter.bits,
        negative: filter.negative,
    });
    NeuronText {
        synaptic: synaptic.collect(),
        mix: neuron.mix.map(|mix| builder.add(format!("{step}.mix"), &[mix.weights.len()], mix.weights)),
        leak: leak(builder, step, "decay", neuron.leak),
        threshold: table(builder, step, "threshold", neuron.threshold),
        reset: match neuron.reset {
            Reset::None => ResetText::None,
            Reset::ToValue(value) => ResetText::ToValue(table(builder, step, "reset", value)),
            Reset::Subtract(amount) => ResetText::Subtract(table(builder, step, "reset", amount)),
        },
        reset_timing: neuron.reset_timing,
        membrane_bits: neuron.membrane_bits,
        max_spikes: neuron.max_spikes,
        floor: neuron.floor.map(|floor| table(builder, step, "floor", floor)),
        stored: neuron.stored.map(|stored| StoredText {
            steps: stored.steps,
            thresholds: table(builder, step, "stored.thresholds", stored.thresholds),
            levels: table(builder, step, "stored.levels", stored.levels),
        }),
        inhibition: neuron.inhibition,
    }
}

fn leak(builder: &mut Builder, step: usize, word: &str, leak: Leak<'_>) -> LeakText {
    match leak {
        Leak::None => LeakText::None,
        Leak::All => LeakText::All,
        Leak::Shift(n) => LeakText::Shift(n),
        Leak::Multiply { factor, shift } => LeakText::Multiply { factor, shift },
        Leak::MultiplyEach { factors, shift } => {
            let numbers: Vec<u32> = factors.iter().map(|&factor| factor.into()).collect();
            LeakText::MultiplyEach { factors: builder.add(format!("{step}.{word}"), &[numbers.len()], &numbers), shift }
        }
    }
}

fn table(builder: &mut Builder, step: usize, word: &str, numbers: &[i32]) -> String {
    builder.add(format!("{step}.{word}"), &[numbers.len()], numbers)
}
