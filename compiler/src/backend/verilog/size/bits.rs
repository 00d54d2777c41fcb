//! How many bits numbers take.

use snnc_runtime::program::{Connection, EdgeKind, Neuron, Pool, PoolOp, Synapses};

use crate::backend::verilog::plan::Own;

/// Bits that count to `n - 1`, at least one.
pub fn index_bits(n: usize) -> usize {
    (n.max(2) - 1).ilog2() as usize + 1
}

/// Bits of a signed integer that holds every number of a table, at least two.
pub fn table_bits(table: &[i32]) -> usize {
    table.iter().map(|&n| 33 - (if n < 0 { !n } else { n }).leading_zeros() as usize).max().unwrap_or(2).max(2)
}

/// Bits of what synaptic currents give to the neurons; `None` where there are none.
pub fn synaptic_bits(neuron: &Neuron<'_>) -> Option<usize> {
    let filters = neuron.synaptic;
    let widest = filters.iter().map(|filter| usize::from(filter.bits)).max()?;
    // the sum of two, or the negative of the lowest; the negatives of two lowest are one bit more
    let more = filters.len() - 1 + usize::from(filters.iter().all(|filter| filter.negative));
    Some(widest + more)
}

/// Bits of a pool of currents of so many bits.
pub(super) fn pooled_current_bits(pool: &Pool, bits: usize) -> usize {
    match (pool.op, pool.output.kind) {
        (PoolOp::Sum, EdgeKind::Currents { bits: sum }) => bits.max(usize::from(sum)),
        _ => bits,
    }
}

/// Bits of what a codeword responds: from all taps to all of them negative.
pub(super) fn response_bits(connection: &Connection) -> usize {
    match connection {
        Connection::Conv2d(w) => index_bits(usize::from(w.kernel[0]) * usize::from(w.kernel[1]) + 1) + 1,
        Connection::Dense | Connection::Identity => 2,
    }
}

/// Bits of a weight; a kernel with holes needs a zero, which an odd grid has not.
pub(super) fn weight_bits(synapses: Synapses<'_>, holes: bool) -> usize {
    let odd_bits = |bits: u8| usize::from(bits) + usize::from(holes);
    match synapses {
        Synapses::Binary { .. } | Synapses::Codewords { .. } | Synapses::Codebook { .. } => odd_bits(1),
        Synapses::Planes { bits, odd: true, .. } => odd_bits(bits),
        Synapses::Planes { bits, odd: false, .. } => bits.into(),
        Synapses::Nibbles { odd, .. } => {
            if odd {
                odd_bits(4)
            } else {
                4
            }
        }
        Synapses::Sparse { weights, .. } => weight_bits(Synapses::Int8 { weights }, holes),
        Synapses::Int8 { weights } => {
            let bits = |weight: i8| 9 - (if weight < 0 { !weight } else { weight }).leading_zeros() as usize;
            weights.iter().map(|&weight| bits(weight)).max().unwrap_or(2).max(2)
        }
    }
}

/// Bits of a weight of a layer's own spikes beside the others: signed, and zero where there is none.
pub(super) fn own_weight_bits(own: &Own<'_>) -> usize {
    weight_bits(own.projection.synapses, true) + usize::from(own.shift)
}
