//! Temporal mixes on a grid of 8 bits of their own: one scale, the largest weight 127.

use crate::ir::{Graph, Op, TemporalMix};

/// Chooses the scale of each mix that has none, and puts its weights on it.
pub(super) fn quantize(graph: &mut Graph) {
    for node in &mut graph.nodes {
        if let Op::Neuron(neuron) = &mut node.op
            && let Some(mix) = &mut neuron.temporal_mix
        {
            let largest = mix.weight.iter().fold(0.0f32, |largest, weight| largest.max(weight.abs()));
            let chosen = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            let scale = *mix.scale.get_or_insert(chosen);
            let integers = integers(mix);
            mix.weight = integers.iter().map(|&integer| f32::from(integer) * scale).collect();
        }
    }
}

/// The integers of a mix on its grid.
pub(crate) fn integers(mix: &TemporalMix) -> Vec<i8> {
    let scale = mix.scale.unwrap_or(1.0);
    mix.weight.iter().map(|weight| (weight / scale).round_ties_even() as i8).collect()
}

/// Largest sum of magnitudes of a timestep's weights, in LSBs: what a mix makes of a current of 1 at most.
pub(crate) fn reach(mix: &TemporalMix) -> i64 {
    let integers = integers(mix);
    let row = |row: &[i8]| row.iter().map(|&weight| i64::from(weight).abs()).sum();
    integers.chunks(mix.timesteps).map(row).max().unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_weight_is_127_and_a_row_reaches_the_sum_of_its_own() {
        let mix = TemporalMix { timesteps: 2, weight: vec![0.5, 0.0, -1.0, 1.0], scale: Some(1.0 / 127.0) };
        assert_eq!((integers(&mix), reach(&mix)), (vec![64, 0, -127, 127], 254));
    }
}
