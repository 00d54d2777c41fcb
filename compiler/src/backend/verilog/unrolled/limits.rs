//! What is not unrolled, and why.

use snnc_runtime::program::{Connection, PoolOp};

use super::unit::Unit;
use crate::backend::BackendError;
use crate::backend::verilog::WeightStore;
use crate::backend::verilog::plan::{Planned, refuse};
use crate::compiled::Compiled;
use crate::error::AtNode;

/// Weights of a network that are not zero, at most: beyond, it fits no FPGA of a middle size, and no tool finishes.
const MOST_WEIGHTS: usize = 1 << 16;
/// Weights of a layer that are looked at, zeros among them.
const MOST_LOOKED_AT: usize = 1 << 23;
/// Bits of a frame, and neurons of a layer.
const MOST_BITS: usize = 1 << 13;

/// What to do with a network that is too large.
const SMALLER: &str = "prune it (snnc compress --prune takes channels out), or leave --unrolled out: --slots gives engines \
                       that take several inputs per clock";

/// Looks for what cannot be unrolled, before anything is laid out.
///
/// # Errors
/// The first step, and what was found.
pub fn check(compiled: &Compiled<'_>, plan: &[Planned<'_>], store: WeightStore) -> Result<(), AtNode<BackendError>> {
    for planned in plan {
        let fail = |found: String, help: &str| Err(refuse(compiled, planned.step, found, help));
        if !matches!(store, WeightStore::Fixed) {
            return fail(
                "found weights that are loaded, expected constants: unrolled, they are logic".into(),
                "leave out either --load-weights or --unrolled",
            );
        }
        if let Some(pool) = planned.current_pool {
            let what = if pool.op == PoolOp::Max { "maximum" } else { "sum" };
            return fail(
                format!("found a pool before its neurons ({what} of currents), expected one of spikes"),
                "leave --unrolled out, or train the network with the pool behind the neurons",
            );
        }
        let from = compiled.program.edge(planned.source).shape.len();
        let to = planned.population.output.shape;
        if from.max(to.len()) > MOST_BITS {
            return fail(
                format!("found a layer from {from} elements to {}, expected at most {MOST_BITS}", to.len()),
                SMALLER,
            );
        }
        let per_neuron = match planned.forward.connection {
            Connection::Dense | Connection::Identity => from,
            Connection::Conv2d(window) => {
                let channels = compiled.program.edge(planned.source).shape.channels as usize;
                window.kernel.iter().map(|&side| usize::from(side)).product::<usize>().saturating_mul(channels)
            }
        };
        let all = per_neuron.saturating_mul(to.len());
        if all > MOST_LOOKED_AT {
            return fail(
                format!("found a layer of {all} weights, zeros among them, expected at most {MOST_LOOKED_AT}"),
                SMALLER,
            );
        }
    }
    Ok(())
}

/// Whether the network is small enough.
///
/// # Errors
/// The layer with most weights, where all together are too many.
pub fn check_weights(compiled: &Compiled<'_>, units: &[Unit<'_>]) -> Result<(), AtNode<BackendError>> {
    let weights = |unit: &Unit<'_>| unit.sums.size.weights + unit.own.as_ref().map_or(0, |own| own.size.weights);
    let all: usize = units.iter().map(weights).sum();
    match units.iter().max_by_key(|unit| weights(unit)) {
        Some(largest) if all > MOST_WEIGHTS => Err(refuse(
            compiled,
            largest.planned.step,
            format!(
                "found {all} weights that are not zero, {} of them here, expected at most {MOST_WEIGHTS} of a network that is \
                 unrolled",
                weights(largest)
            ),
            SMALLER,
        )),
        _ => Ok(()),
    }
}
