//! The host as a machine: runs a program and keeps what every layer did. These are the golden spikes.

use snnc_runtime::program::{EdgeKind, Program, Step};
use snnc_runtime::run::{Runner, arena_words};

use crate::data::Sample;

/// Everything that one sample did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// `[step][timestep]`: the step's output edge, packed spikes or one `i32` a word, channels last.
    pub edges: Vec<Vec<Vec<u32>>>,
    /// Scores of the readout.
    pub scores: Vec<i32>,
    /// Index of the highest score, ties to the lowest index.
    pub prediction: usize,
}

/// Runs one sample from rest and keeps every edge of every timestep.
///
/// # Panics
/// If the sample is not of the program's input type: samples come from [`crate::data`], which makes them for it.
#[must_use]
pub fn trace(program: &Program<'_>, sample: &Sample) -> Trace {
    let mut arena = vec![0; arena_words(program)];
    let mut runner = Runner::new(*program, &mut arena).expect("the arena has the words it asked for");
    let mut edges = vec![Vec::new(); program.steps().len()];
    for timestep in 0..program.timesteps() {
        runner.step(sample.input(timestep)).expect("samples are made for their program");
        for (step, kept) in edges.iter_mut().enumerate() {
            kept.push(runner.edge(step + 1).to_vec());
        }
    }
    let scores = runner.scores().iter().map(|&score| score as i32).collect();
    Trace { edges, scores, prediction: runner.prediction() }
}

/// Steps whose output is spikes: what machines are compared on.
#[must_use]
pub fn spiking_steps(program: &Program<'_>) -> Vec<usize> {
    let spiking = |step: &Step<'_>| matches!(step, Step::Population(p) if p.neuron.is_some());
    program.steps().iter().enumerate().filter(|(_, step)| spiking(step)).map(|(index, _)| index).collect()
}

/// Non-zero elements of what step `step` gave: spikes, or counts and currents that are not zero.
#[must_use]
pub fn active(program: &Program<'_>, step: usize, edge: &[u32]) -> u64 {
    match program.edge(step + 1).kind {
        EdgeKind::Spikes => edge.iter().map(|word| u64::from(word.count_ones())).sum(),
        EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => {
            edge.iter().filter(|word| **word != 0).count() as u64
        }
    }
}
