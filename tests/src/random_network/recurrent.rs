//! Random layers that take their own spikes of the timestep before.

use bumpalo::Bump;
use snnc_runtime::program::{Connection, Edge, EdgeKind, Population, Projection, Shape, Step, Synapses};

use super::synapses::synapses;
use super::{Built, Known, Layer, Own, Rng, Weights, bits, population};

/// A layer that takes its own spikes, beside inputs all to all ([`Layer::Recurrent`]) or one to one ([`Layer::Joined`]),
/// behind the step that makes currents of them if there is one.
pub(super) fn recurrent<'a>(
    arena: &'a Bump,
    rng: &mut Rng,
    source: u16,
    from: Known,
    made: &Layer,
) -> (Option<Step<'a>>, Built<'a>) {
    let (connection, shape, rows, weights, own) = match *made {
        Layer::Recurrent { fan_out, weights, own } => {
            (Connection::Dense, Shape::vector(fan_out), from.edge.shape.len(), weights, own)
        }
        Layer::Joined { weights, own } => (Connection::Identity, from.edge.shape, 1, weights, own),
        _ => unreachable!("the others take no spikes of their own"),
    };
    let joins = connection == Connection::Identity;
    let (step, known, encoding) = population(arena, rng, source, from, connection, shape, rows, weights, true);
    let Step::Population(mut layer) = step else { unreachable!("it was made as one") };
    let n = shape.len();
    let itself = source + 1 + u16::from(own == Own::Scaled);
    let (connection, rows) = match own {
        Own::Dense | Own::Scaled => (Connection::Dense, n),
        Own::OneToOne => (Connection::Identity, 1),
    };
    // words of signs are of what is fully connected
    let weights = match (own, weights) {
        (Own::OneToOne, Weights::Codebook(_)) => Weights::Binary,
        _ => weights,
    };
    // `synapses` makes ones of what is one to one
    let (synapses, largest, _) = synapses(arena, rng, Connection::Dense, rows, n, weights);
    let back = Projection { source: itself, delay: 1, connection, synapses };
    let bound = largest * rows as i64;
    let shift = match (own, joins) {
        (Own::Scaled, false) => rng.range(0, 5) as i8,
        // so that they matter beside the constant currents
        (Own::Scaled, true) => rng.range(0, i64::from((from.bound / bound).max(1).ilog2()).min(15)) as i8,
        (Own::Dense | Own::OneToOne, _) => 0,
    };
    layer.accumulator_bits = bits((1 << (layer.accumulator_bits - 1)) + (bound << shift));
    layer.current_shift = layer.current_shift.min(28 - layer.accumulator_bits as i8);
    let mut forward = layer.projections[0];
    let currents = (own == Own::Scaled).then(|| {
        forward.source = source;
        Step::Population(Population {
            projections: arena.alloc_slice_copy(&[back]),
            accumulator_bits: bits(bound),
            current_shift: shift,
            bias: arena.alloc_slice_fill_copy(n, 0),
            neuron: None,
            output: Edge { kind: EdgeKind::Currents { bits: bits(bound << shift) }, ..layer.output },
        })
    });
    let ones = Synapses::Int8 { weights: arena.alloc_slice_fill_copy(n, 1) };
    let second = match currents {
        Some(_) => Projection { source: source + 1, delay: 0, connection: Connection::Identity, synapses: ones },
        None => back,
    };
    let projections = if rng.chance(50) { [forward, second] } else { [second, forward] };
    layer.projections = arena.alloc_slice_copy(&projections);
    (currents, (Step::Population(layer), known, encoding))
}

/// Neurons that take constant currents and their own spikes.
pub(super) fn joined(rng: &mut Rng) -> Layer {
    Layer::Joined { weights: Weights::any(rng), own: rng.pick(&[Own::Dense, Own::OneToOne, Own::Scaled]) }
}
