//! Powers of two between the sums of weights and the currents that are given on.

use snnc_runtime::program::Step;

use super::project::{Projected, Term, grid_scale};
use super::walk::Walk;
use crate::ir::{Graph, NodeId, Op};
use crate::pass::uniform_scale;

/// Fraction bits of a readout's currents, where its biases have fractions and the scores leave room.
const READOUT_FRACTION_BITS: f64 = 8.0;

/// The shift to the left that makes room for the fractions of a readout's biases: scores are sums over time, and a bias
/// rounded to a whole weight would be off by half a weight at every timestep.
pub(super) fn readout_shift(projected: &Projected<'_>, scale: &[f64], timesteps: u32) -> i8 {
    let biases = || projected.bias.iter().zip(scale).map(|(bias, scale)| bias / scale);
    if biases().all(|bias| (bias - bias.round()).abs() < 1e-9) {
        return 0;
    }
    let reach = projected.most.max(-projected.least) as f64 + biases().fold(0.0, |most, bias| bias.abs().max(most));
    let sum = (reach * f64::from(timesteps)).max(1.0).log2().ceil();
    (30.0 - sum).clamp(0.0, READOUT_FRACTION_BITS) as i8 // the sums have 32 bits, their sign among them
}

impl Walk<'_, '_> {
    /// The shift that brings the currents of `id` to the LSB of the only neurons behind it: to the left where layers of
    /// other scales are summed with it, else to the right where the neurons' LSB is coarser.
    pub(super) fn sink_shift(&self, id: NodeId) -> i8 {
        match self.join_shift(id) {
            0 => self.right_shift(id),
            shift => shift,
        }
    }

    /// Powers of two from the finest scale of the layers that are summed into the same neurons to that of layer `id`.
    pub(super) fn join_shift(&self, id: NodeId) -> i8 {
        let scale = |id: NodeId| current_scale(self.graph, id);
        let Some(own) = scale(id) else { return 0 };
        let joined = (0..self.graph.nodes.len()).filter(|&other| self.sum_of(other) == self.sum_of(id));
        let finest = |channel: usize| {
            joined.clone().filter_map(scale).filter_map(|s| s.get(channel).copied()).fold(f64::INFINITY, f64::min)
        };
        if self.sum_of(id).is_none() {
            return 0;
        }
        let ratio = own[0] / finest(0);
        let shift = ratio.log2().round();
        let same = own.iter().enumerate().all(|(c, s)| (s / finest(c) / shift.exp2() - 1.0).abs() < 1e-6);
        if same && (1.0..=16.0).contains(&shift) { shift as i8 } else { 0 }
    }

    /// The sum of several currents that the currents of layer `id` are part of.
    fn sum_of(&self, id: NodeId) -> Option<NodeId> {
        let mut sum = None;
        let mut at = id;
        while let &[next] = self.consumers[at].as_slice() {
            if !matches!(self.graph.nodes[next].op, Op::Add) {
                break;
            }
            sum = Some(next);
            at = next;
        }
        sum
    }

    /// The right shift that brings the currents of `id` to the LSB of the only neurons behind it.
    fn right_shift(&self, id: NodeId) -> i8 {
        let &[next] = self.consumers[id].as_slice() else { return 0 };
        match &self.graph.nodes[next].op {
            Op::Neuron(neuron) => neuron.integer.map_or(0, |format| format.fraction_bits.min(0)),
            Op::MaxPool(_) | Op::AvgPool(_) | Op::Flatten => self.right_shift(next),
            Op::Input(_) | Op::Linear(_) | Op::Conv2d(_) | Op::BatchNorm(_) | Op::Activation(_) | Op::Add => 0,
            Op::Permute(_) | Op::Reshape | Op::MatMul => 0,
        }
    }

    /// Current LSBs that a population's terms were already brought to by a right shift at their source.
    pub(super) fn shift_taken(&self, terms: &[Term<'_>]) -> i8 {
        let taken = |edge: u16| match self.steps.get(usize::from(edge).wrapping_sub(1)) {
            Some(Step::Population(p)) if p.neuron.is_none() => p.current_shift.min(0),
            _ => 0,
        };
        let through_pools = |mut edge: u16| loop {
            match self.steps.get(usize::from(edge).wrapping_sub(1)) {
                Some(Step::Pool(pool)) => edge = pool.source,
                _ => return taken(edge),
            }
        };
        match terms {
            [Term { layer: None, source, .. }] => through_pools(*source),
            _ => 0,
        }
    }
}

/// Value of one LSB of the currents of layer `id`, per channel, if it is one with weights on a grid.
fn current_scale(graph: &Graph, id: NodeId) -> Option<Vec<f64>> {
    let node = &graph.nodes[id];
    let grid = grid_scale(&node.op)?;
    let source = uniform_scale(graph, node.sources.first()?.node)?;
    Some(grid.iter().map(|&scale| f64::from(scale) * source).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readout_has_fraction_bits_where_its_biases_have_fractions_and_its_sums_leave_room() {
        let shift = |bias: &[f64], most, timesteps| {
            let projected = Projected { projections: vec![], bias: bias.to_vec(), least: -3, most, encoding: None };
            readout_shift(&projected, &vec![0.5; bias.len()], timesteps)
        };
        assert_eq!(shift(&[1.5, -2.0], 1000, 25), 0); // 3 and -4 weights
        assert_eq!(shift(&[1.5, -2.1], 1000, 25), 8);
        assert_eq!(shift(&[1.5, -2.1], 1 << 20, 25), 5); // 2^20 weights in 25 timesteps are 25 bits
        assert_eq!(shift(&[1.5, -2.1], 1 << 30, 2), 0);
    }
}
