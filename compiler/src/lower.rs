//! Graph to program: the one place where a float becomes an integer.
//!
//! Walks the graph once. Layers whose currents go straight into neurons become projections of that population; layers
//! that are computed once a sample, pooled, or read out become populations without neurons, which neurons then read one
//! to one. Scales never run: a channel's scale divides its threshold, reset and bias (`theta / s`), an average's divisor
//! is part of the scale of what it gives, and biases wait until the neurons, where there are fraction bits.

mod neuron;
mod project;
mod shift;
mod sparse;
mod synapse;
#[cfg(test)]
mod tests;
mod walk;

use miette::Diagnostic;
use thiserror::Error;

use bumpalo::Bump;
use snnc_runtime::program::{Population, Program, Step};

use crate::compiled::{Compiled, Layout};
use crate::error::AtNode;
use crate::ir::{Graph, Node, Op};

pub(crate) use neuron::leak_is_multiplied;

/// A graph that no program expresses.
#[derive(Debug, Error, Diagnostic)]
pub enum LowerError {
    /// Found against expected, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::lower))]
    Unsupported {
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}

impl LowerError {
    fn at(node: &Node, found: impl Into<String>, help: impl Into<String>) -> AtNode<Self> {
        AtNode {
            node: node.name.clone(),
            op: node.op.kind().into(),
            source: Self::Unsupported { found: found.into(), help: help.into() },
        }
    }
}

/// Lowers a quantized graph. The program borrows from `arena`.
///
/// # Errors
/// What a program cannot express, with its node.
pub fn lower<'a>(graph: &Graph, timesteps: u32, arena: &'a Bump) -> Result<Compiled<'a>, AtNode<LowerError>> {
    let lowered = walk::Walk::new(graph, timesteps, arena).run()?;
    let last = &graph.nodes[graph.output];
    let program = Program::new(lowered.input, arena.alloc_slice_copy(&lowered.steps), lowered.readout, timesteps)
        .map_err(|error| {
            LowerError::at(
                last,
                format!("the integer network breaks a rule: {error:?}"),
                "this is a bug of snnc: please report it",
            )
        })?;
    Ok(Compiled {
        name: graph.name.clone(),
        program,
        input: lowered.encoding,
        steps: lowered.names,
        readout_scale: lowered.readout_scale * graph.readout.scale,
        layout: Layout::default(),
    })
}

/// Decays that the integers of a graph's neurons only come near, as warnings: their time constants are off by a twentieth
/// or more.
pub(crate) fn coarse_decays(graph: &Graph, compiled: &Compiled<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (step, info) in compiled.program.steps().iter().zip(&compiled.steps) {
        let Step::Population(Population { neuron: Some(lowered), .. }) = step else { continue };
        let Some(Op::Neuron(neuron)) = graph.nodes.iter().find(|n| n.name == info.name).map(|n| &n.op) else {
            continue;
        };
        for (decay, kept, what) in neuron::coarse_decays(neuron, lowered) {
            warnings.push(format!(
                "`{}`: beside {} bits the decay {decay} of its {what} becomes {kept:.5}; fewer fraction bits leave more for it",
                info.name, lowered.membrane_bits
            ));
        }
    }
    warnings
}

/// Bits of a signed integer that holds every value of magnitude up to `reach`.
pub(crate) fn bits_of(reach: f64) -> u8 {
    (1..62).find(|&bits| reach < 2f64.powi(bits)).map_or(63, |bits| bits as u8 + 1)
}
