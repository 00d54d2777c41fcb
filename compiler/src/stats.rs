//! What a network does on samples: spikes and synaptic operations per layer.

use serde::Serialize;
use snnc_runtime::program::{Connection, Edge, EdgeKind, Program, Rate, Step, Window};
use snnc_runtime::run::{Input, Runner, arena_words};

use crate::data::Sample;
use crate::host;

/// Counts of one layer, summed over samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LayerCounts {
    /// Non-zero outputs, over all timesteps (of spikes: how many there were).
    pub active: u64,
    /// Weights added: each non-zero input counts once per output that it reaches.
    pub synaptic_operations: u64,
}

/// Counts the work of samples on one program.
pub struct Counter<'p> {
    program: Program<'p>,
    /// `[step][projection][source position]`: outputs that an element at the position reaches.
    reach: Vec<Vec<Vec<u64>>>,
    arena: Vec<u32>,
}

impl<'p> Counter<'p> {
    /// Prepares a program.
    #[must_use]
    pub fn new(program: Program<'p>) -> Self {
        let reach = program.steps().iter().map(|step| match step {
            Step::Pool(_) => Vec::new(),
            Step::Population(population) => {
                let of = |p: &snnc_runtime::program::Projection<'_>| {
                    reach(&p.connection, program.edge(p.source.into()), &population.output)
                };
                population.projections.iter().map(of).collect()
            }
        });
        Self { program, reach: reach.collect(), arena: vec![0; arena_words(&program)] }
    }

    /// Runs a sample from rest and adds what each layer did to `counts`, one per step.
    ///
    /// # Panics
    /// If the sample is not of the program's input type.
    pub fn count(&mut self, sample: &Sample, counts: &mut [LayerCounts]) {
        let program = self.program;
        let mut runner = Runner::new(program, &mut self.arena).expect("the arena has the words it asked for");
        for timestep in 0..program.timesteps() {
            let input = sample.input(timestep);
            runner.step(input).expect("samples are encoded for their program");
            for (step, (counts, reach)) in counts.iter_mut().zip(&self.reach).enumerate() {
                if timestep > 0 && program.edge(step + 1).rate == Rate::PerSample {
                    continue;
                }
                counts.active += host::active(&program, step, runner.edge(step + 1));
                let Step::Population(population) = &program.steps()[step] else { continue };
                for (projection, reach) in population.projections.iter().zip(reach) {
                    // what is read with a delay counts when it is given, unless the sample ends before
                    if timestep + u32::from(projection.delay) >= program.timesteps() {
                        continue;
                    }
                    let source = program.edge(projection.source.into());
                    let edge = if projection.source == 0 { &[] } else { runner.edge(projection.source.into()) };
                    let channels = source.shape.channels as usize;
                    counts.synaptic_operations +=
                        active_elements(source, edge, input).map(|element| reach[element / channels]).sum::<u64>();
                }
            }
        }
    }
}

/// Outputs that an input element at each position of `from` reaches.
fn reach(connection: &Connection, from: &Edge, to: &Edge) -> Vec<u64> {
    match connection {
        Connection::Dense => vec![to.shape.len() as u64; from.shape.positions()],
        Connection::Identity => vec![1; from.shape.positions()],
        Connection::Conv2d(window) => {
            let rows = windows_over(window, 0, from.shape.height, to.shape.height);
            let columns = windows_over(window, 1, from.shape.width, to.shape.width);
            let channels = u64::from(to.shape.channels);
            rows.iter().flat_map(|r| columns.iter().map(move |c| r * c * channels)).collect()
        }
    }
}

/// How many of `to` windows lie over each row or column of a map of `from`.
fn windows_over(window: &Window, axis: usize, from: u32, to: u32) -> Vec<u64> {
    let mut over = vec![0; from as usize];
    for at in 0..u64::from(to) {
        for tap in 0..u64::from(window.kernel[axis]) {
            let index = at * u64::from(window.stride[axis]) + tap * u64::from(window.dilation[axis]);
            if let Some(index) = index.checked_sub(window.padding[axis].into())
                && let Some(count) = over.get_mut(index as usize)
            {
                *count += 1;
            }
        }
    }
    over
}

/// Indices of the non-zero elements of an edge; `input` is read where `edge` is empty.
pub(crate) fn active_elements<'e>(
    source: &Edge,
    edge: &'e [u32],
    input: Input<'e>,
) -> Box<dyn Iterator<Item = usize> + 'e> {
    fn nonzero<'e, T: Default + PartialEq>(values: &'e [T]) -> Box<dyn Iterator<Item = usize> + 'e> {
        Box::new(values.iter().enumerate().filter(|(_, v)| **v != T::default()).map(|(i, _)| i))
    }
    fn bits<'e>(words: &'e [u32]) -> Box<dyn Iterator<Item = usize> + 'e> {
        let of = |(at, &word): (usize, &u32)| {
            std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)))
                .take_while(|w| *w != 0)
                .map(move |w| at * 32 + w.trailing_zeros() as usize)
        };
        Box::new(words.iter().enumerate().flat_map(of))
    }
    match (source.kind, input) {
        (EdgeKind::Spikes, Input::Spikes(words)) if edge.is_empty() => bits(words),
        (EdgeKind::Spikes, _) => bits(edge),
        (EdgeKind::Counts { .. } | EdgeKind::Currents { .. }, _) => nonzero(edge),
        (EdgeKind::Values(_), Input::U8(values)) => nonzero(values),
        (EdgeKind::Values(_), Input::I8(values)) => nonzero(values),
        (EdgeKind::Values(_), Input::I16(values)) => nonzero(values),
        (EdgeKind::Values(_), Input::Spikes(words)) => bits(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_of_every_window_is_counted_where_it_lies() {
        let window = Window { kernel: [3, 3], stride: [1, 2], padding: [1, 0], dilation: [1, 1] };
        assert_eq!(windows_over(&window, 0, 4, 4), [2, 3, 3, 2]);
        assert_eq!(windows_over(&window, 1, 5, 2), [1, 1, 2, 1, 1]);
    }
}
