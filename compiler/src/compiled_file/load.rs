//! Bytes to a compiled network.

use bumpalo::Bump;
use snnc_runtime::program::{
    Leak, Mix, Neuron, Population, Program, ProgramError, Projection, Reset, Staircase, Step, Synapses, Synaptic,
};

use super::text::{
    CompiledText, LeakText, NeuronText, PopulationText, ProjectionText, ResetText, StepOpText, StepText, StoredText,
    SynapsesText,
};
use super::{CompiledFileError, check};
use crate::compiled::{Compiled, StepInfo};
use crate::container::{Container, Kind, Number};

/// Reads a compiled network into an arena; `file` is its name, for messages.
///
/// `prove` sees the program before anybody runs it: it proves again, from the weights, what the file only claims
/// (above all [`Population::accumulator_bits`]), and says what does not hold.
///
/// # Errors
/// A file that is not what [`super::save`] writes, or fails a check.
pub fn load<'a>(
    file: &str,
    bytes: &[u8],
    arena: &'a Bump,
    prove: impl FnOnce(&Program<'a>) -> Result<(), String>,
) -> Result<Compiled<'a>, CompiledFileError> {
    let compiled = Container::open(bytes).and_then(|container| compiled(container, arena));
    let proven = compiled.and_then(|compiled| prove(&compiled.program).map(|()| compiled));
    proven.map_err(|found| CompiledFileError::Invalid { file: file.into(), found })
}

fn compiled<'a>(mut container: Container<'_>, arena: &'a Bump) -> Result<Compiled<'a>, String> {
    let text: CompiledText = container.text(Kind::Program)?;
    let tables = Tables { container: &container, arena };
    let names: Vec<String> = text.steps.iter().map(|step| step.name.clone()).collect();
    let mut steps = Vec::with_capacity(names.len());
    let mut infos = Vec::with_capacity(names.len());
    for StepText { name, encoding, activity, op } in text.steps {
        let step = match op {
            StepOpText::Population(it) => tables.population(*it).map(Step::Population),
            StepOpText::Pool(pool) => Ok(Step::Pool(pool)),
        };
        steps.push(step.map_err(|found| format!("step `{name}`: {found}"))?);
        infos.push(StepInfo { name, encoding: encoding.map(|name| name.0), activity });
    }
    container.finish()?;
    let steps = arena.alloc_slice_copy(&steps);
    let program = Program::new(text.input, steps, text.readout, text.timesteps).map_err(|e| describe(e, &names))?;
    let (input, readout_scale) = (text.encoding.into(), text.readout_scale as f32);
    let compiled = Compiled { name: text.name, program, input, steps: infos, readout_scale, layout: text.layout };
    check(&compiled).map(|()| compiled)
}

/// Copies tables from an open file into an arena.
struct Tables<'c, 'f, 'a> {
    container: &'c Container<'f>,
    arena: &'a Bump,
}

impl<'a> Tables<'_, '_, 'a> {
    fn table<T: Number + Copy>(&self, name: &str) -> Result<&'a [T], String> {
        Ok(self.arena.alloc_slice_copy(&self.container.numbers::<T>(name, 1)?.1))
    }

    /// Numbers of 16 bits in a tensor of 32.
    fn narrow(&self, name: &str) -> Result<&'a [u16], String> {
        let numbers: Result<Vec<u16>, _> = self.table::<u32>(name)?.iter().map(|&n| u16::try_from(n)).collect();
        let numbers = numbers.map_err(|_| format!("tensor `{name}` has a number beyond 16 bits"))?;
        Ok(self.arena.alloc_slice_copy(&numbers))
    }

    fn population(&self, text: PopulationText) -> Result<Population<'a>, String> {
        let projections: Vec<_> = text.projections.iter().map(|it| self.projection(it)).collect::<Result<_, _>>()?;
        Ok(Population {
            projections: self.arena.alloc_slice_copy(&projections),
            accumulator_bits: text.accumulator_bits,
            current_shift: text.current_shift,
            bias: self.table(&text.bias)?,
            neuron: text.neuron.map(|it| self.neuron(it)).transpose()?,
            output: text.output,
        })
    }

    fn projection(&self, text: &ProjectionText) -> Result<Projection<'a>, String> {
        let synapses = match &text.synapses {
            SynapsesText::Int8(name) => Synapses::Int8 { weights: self.table(name)? },
            SynapsesText::Binary(name) => Synapses::Binary { signs: self.table(name)? },
            SynapsesText::Planes { bits, odd, planes } => {
                Synapses::Planes { bits: *bits, odd: *odd, planes: self.table(planes)? }
            }
            SynapsesText::Nibbles { odd, nibbles } => Synapses::Nibbles { odd: *odd, nibbles: self.table(nibbles)? },
            SynapsesText::Codebook { index_bits, codewords, indices } => Synapses::Codebook {
                index_bits: *index_bits,
                codewords: self.table(codewords)?,
                indices: self.table(indices)?,
            },
            SynapsesText::Codewords { codewords, indices } => {
                Synapses::Codewords { codewords: self.table(codewords)?, indices: self.table(indices)? }
            }
            SynapsesText::Sparse { starts, columns, weights } => Synapses::Sparse {
                starts: self.table(starts)?,
                columns: columns.as_ref().map_or(Ok(&[] as &[u16]), |name| self.narrow(name))?,
                weights: weights.as_ref().map_or(Ok(&[] as &[i8]), |name| self.table(name))?,
            },
        };
        let ProjectionText { source, delay, connection, .. } = *text;
        Ok(Projection { source, delay, connection, synapses })
    }

    fn leak(&self, text: &LeakText) -> Result<Leak<'a>, String> {
        Ok(match text {
            LeakText::None => Leak::None,
            LeakText::All => Leak::All,
            LeakText::Shift(n) => Leak::Shift(*n),
            &LeakText::Multiply { factor, shift } => Leak::Multiply { factor, shift },
            LeakText::MultiplyEach { factors, shift } => {
                Leak::MultiplyEach { factors: self.narrow(factors)?, shift: *shift }
            }
        })
    }

    fn mix(&self, name: &str) -> Result<Mix<'a>, String> {
        let weights: &[i8] = self.table(name)?;
        let timesteps = u8::try_from(weights.len().isqrt()).map_err(|_| format!("tensor `{name}` mixes too much"))?;
        Ok(Mix { weights, timesteps })
    }

    fn staircase(&self, text: &StoredText) -> Result<Staircase<'a>, String> {
        let (thresholds, levels) = (self.table(&text.thresholds)?, self.table(&text.levels)?);
        Ok(Staircase { thresholds, levels, steps: text.steps })
    }

    fn neuron(&self, text: NeuronText) -> Result<Neuron<'a>, String> {
        let synaptic = text.synaptic.iter().map(|filter| {
            Ok(Synaptic { leak: self.leak(&filter.leak)?, bits: filter.bits, negative: filter.negative })
        });
        let synaptic: Vec<Synaptic<'a>> = synaptic.collect::<Result<_, String>>()?;
        Ok(Neuron {
            synaptic: self.arena.alloc_slice_copy(&synaptic),
            mix: text.mix.map(|name| self.mix(&name)).transpose()?,
            leak: self.leak(&text.leak)?,
            threshold: self.table(&text.threshold)?,
            reset: match text.reset {
                ResetText::None => Reset::None,
                ResetText::ToValue(name) => Reset::ToValue(self.table(&name)?),
                ResetText::Subtract(name) => Reset::Subtract(self.table(&name)?),
            },
            reset_timing: text.reset_timing,
            membrane_bits: text.membrane_bits,
            max_spikes: text.max_spikes,
            floor: text.floor.map(|name| self.table(&name)).transpose()?,
            stored: text.stored.map(|stored| self.staircase(&stored)).transpose()?,
            inhibition: text.inhibition,
        })
    }
}

/// Why the steps do not make a network.
fn describe(error: ProgramError, names: &[String]) -> String {
    let at = |step: usize, what: &str| format!("step `{}`: {what}", names.get(step).map_or("", |name| name));
    match error {
        ProgramError::StepCount => format!("it has {} steps, expected 1 to 65534", names.len()),
        ProgramError::Timesteps => "it runs for no timestep, or for too many".into(),
        ProgramError::Edge { step: None } => "its input is empty, too large or of a type that no input has".into(),
        ProgramError::Edge { step: Some(step) } => at(step, "its output is empty, too large or of the wrong type"),
        ProgramError::Source { step } => at(step, "a source does not exist, comes later, or is of the wrong type"),
        ProgramError::Length { step } => at(step, "a table has the wrong length"),
        ProgramError::Shape { step } => at(step, "its output's shape does not follow from its source and window"),
        ProgramError::Rate { step } => at(step, "its output changes more or less often than its sources"),
        ProgramError::Range { step } => at(step, "a number is out of range"),
        ProgramError::Readout => "its readout looks at something that its source does not have".into(),
    }
}
