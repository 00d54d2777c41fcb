//! Projections: what is summed into a population, on one scale per channel, and how far the sum reaches.

use snnc_runtime::program::{Connection, EdgeKind, Projection, Synapses};

use super::LowerError;
use super::synapse::{self, Table};
use super::walk::{Known, Result, Walk, bits_of_range};
use crate::ir::{self, Node, NodeId, Op};

/// One input of a population before its integers are chosen.
pub(super) struct Term<'g> {
    pub source: u16,
    pub delay: u8,
    /// The layer's node; `None` for an edge that is taken one to one.
    pub layer: Option<&'g Node>,
    /// Shape of the source before it was flattened.
    pub layout: ir::Shape,
}

pub(super) struct Projected<'a> {
    pub projections: Vec<Projection<'a>>,
    /// On the framework's scale.
    pub bias: Vec<f64>,
    pub least: i64,
    pub most: i64,
    pub encoding: Option<ir::WeightEncoding>,
}

impl<'g, 'a> Walk<'g, 'a> {
    /// The terms that are summed into node `id` (neurons, or a layer or sum that gives currents).
    pub(super) fn terms(&self, id: NodeId) -> Result<Vec<Term<'g>>> {
        let node = &self.graph.nodes[id];
        let mut terms = Vec::new();
        match &node.op {
            Op::Linear(_) | Op::Conv2d(_) => {
                let (source, delay) = self.edge_of(node, node.sources[0])?;
                terms.push(Term { source, delay, layer: Some(node), layout: self.layout(node.sources[0]) });
            }
            _ => {
                for &source in &node.sources {
                    let (from, delay) = self.resolve(source);
                    if self.edges[from].is_none() && delay == 0 {
                        terms.extend(self.terms(from)?);
                    } else {
                        let (edge, delay) = self.edge_of(node, source)?;
                        terms.push(Term { source: edge, delay, layer: None, layout: self.layout(source) });
                    }
                }
            }
        }
        Ok(terms)
    }

    /// Value of one LSB of the sum of `terms`, per channel, which all of them share.
    pub(super) fn sum_scale(&self, node: &Node, terms: &[Term<'_>], channels: usize) -> Result<Vec<f64>> {
        let mut shared: Option<Vec<f64>> = None;
        for term in terms {
            let from = &self.known_of(term.source).scale;
            let scale: Vec<f64> = match term.layer.map(|layer| (layer, grid_scale(&layer.op))) {
                Some((layer, Some(grid))) => {
                    let from = one_scale(layer, from)?;
                    grid.iter().map(|&s| f64::from(s) * from).collect()
                }
                Some((layer, None)) => {
                    return Err(LowerError::at(layer, "its weights are not quantized", "quantize first"));
                }
                None if matches!(self.kind_of(term.source), EdgeKind::Currents { .. }) => spread(from, channels),
                None => continue, // spikes taken one to one get a weight on the others' scale
            };
            let same = |a: &f64, b: &f64| (a - b).abs() <= a.abs() * 1e-6;
            match &shared {
                Some(shared) if !shared.iter().zip(&scale).all(|(a, b)| same(a, b)) => {
                    return Err(LowerError::at(
                        node,
                        "its inputs are summed on different scales",
                        "give the summed layers inputs of one kind (all spikes)",
                    ));
                }
                _ => shared = Some(scale),
            }
        }
        // where no term fixes the scale, the first edge that is taken one to one does
        Ok(shared.unwrap_or_else(|| match terms.first() {
            Some(term) => spread(&self.known_of(term.source).scale, channels),
            None => vec![1.0; channels],
        }))
    }

    /// What is known of an edge; of a later one, which is read with a delay, that it carries spikes.
    pub(super) fn known_of(&self, edge: u16) -> Known {
        let later = || Known { scale: vec![1.0], offset: vec![], least: 0, most: self.most_of(edge) };
        self.known.get(usize::from(edge)).cloned().unwrap_or_else(later)
    }

    pub(super) fn kind_of(&self, edge: u16) -> EdgeKind {
        self.kinds.get(usize::from(edge)).copied().unwrap_or(match self.most_of(edge) {
            1 => EdgeKind::Spikes,
            most => EdgeKind::Counts { max: u16::try_from(most).unwrap_or(u16::MAX) },
        })
    }

    /// Most spikes of a neuron on an edge in one timestep.
    fn most_of(&self, edge: u16) -> i64 {
        let of = |(node, found): (&Node, &Option<u16>)| match &node.op {
            Op::Neuron(neuron) if *found == Some(edge) => Some(neuron.max_spikes.into()),
            _ => None,
        };
        self.graph.nodes.iter().zip(&self.edges).find_map(of).unwrap_or(1)
    }

    /// The projections of `terms`, their summed offset, and the range of their sum.
    pub(super) fn project(
        &self,
        node: &Node,
        terms: &[Term<'_>],
        scale: &[f64],
        channels: usize,
    ) -> Result<Projected<'a>> {
        let mut projections = Vec::new();
        let mut bias = vec![0.0; channels];
        let mut bounds = vec![(0i64, 0i64); channels];
        let mut heaviest: Option<(usize, ir::WeightEncoding)> = None;
        for term in terms {
            let known = self.known_of(term.source);
            let broken = |found: String| LowerError::at(term.layer.unwrap_or(node), found, "quantize the graph first");
            let (table, connection) = match term.layer.map(|layer| (layer, &layer.op)) {
                Some((_, Op::Linear(linear))) => {
                    add_bias(&mut bias, &linear.bias);
                    (synapse::linear(linear, term.layout).map_err(broken)?, Connection::Dense)
                }
                Some((layer, Op::Conv2d(conv))) => {
                    add_bias(&mut bias, &conv.bias);
                    let window = self.window(layer, &conv.window)?;
                    (synapse::conv2d(conv).map_err(broken)?, Connection::Conv2d(window))
                }
                _ => {
                    spread(&known.offset, channels).iter().zip(&mut bias).for_each(|(offset, bias)| *bias += offset);
                    (Self::identity(node, &known, scale)?, Connection::Identity)
                }
            };
            if !known.offset.is_empty() && term.layer.is_some() {
                return Err(LowerError::at(
                    node,
                    "synapses behind synapses, without neurons between",
                    "put neurons between them",
                ));
            }
            let of_table = table.bounds(known.least, known.most);
            let per_channel = of_table.len() / channels.min(of_table.len()).max(1);
            for (i, (low, high)) in of_table.iter().enumerate() {
                let bound = &mut bounds[(i / per_channel).min(channels - 1)];
                *bound = if per_channel == 1 {
                    (bound.0 + low, bound.1 + high)
                } else {
                    (bound.0.min(*low), bound.1.max(*high))
                };
            }
            if term.layer.is_some() && heaviest.is_none_or(|(size, _)| table.integers.len() > size) {
                heaviest = Some((table.integers.len(), table.encoding));
            }
            let synapses: Synapses<'a> = table.packed(self.arena).map_err(broken)?;
            projections.push(Projection { source: term.source, delay: term.delay, connection, synapses });
        }
        let least = bounds.iter().map(|b| b.0).min().unwrap_or(0);
        let most = bounds.iter().map(|b| b.1).max().unwrap_or(0);
        let bits = bits_of_range(least, most);
        if bits > 32 {
            return Err(LowerError::at(
                node,
                format!("its sums need {bits} bits; at most 32"),
                "use fewer inputs or narrower weights",
            ));
        }
        Ok(Projected { projections, bias, least, most, encoding: heaviest.map(|(_, encoding)| encoding) })
    }

    /// The weights of an edge that is taken one to one.
    pub(super) fn identity(node: &Node, known: &Known, scale: &[f64]) -> Result<Table> {
        let from = spread(&known.scale, scale.len());
        let integers: std::result::Result<Vec<i16>, _> =
            from.iter().zip(scale).map(|(from, to)| small_integer((from / to).round_ties_even())).collect();
        let integers = integers.map_err(|found| {
            LowerError::at(
                node,
                format!("what it takes one to one enters with a weight of {found} LSBs; 1 to 127 fit"),
                "what is summed must be of similar size: rescale one of the branches",
            )
        })?;
        Ok(Table { width: scale.len(), taps: 1, integers, encoding: ir::WeightEncoding::INT8 })
    }
}

pub(super) fn grid_scale(op: &Op) -> Option<&[f32]> {
    match op {
        Op::Linear(linear) => linear.grid.as_ref(),
        Op::Conv2d(conv) => conv.grid.as_ref(),
        _ => None,
    }
    .map(|grid| grid.scale.as_slice())
}

/// The one scale of an edge or a readout.
pub(super) fn one_scale(node: &Node, scale: &[f64]) -> Result<f64> {
    let first = scale[0];
    match scale.iter().all(|s| (s - first).abs() <= first * 1e-6) {
        true => Ok(first),
        false => Err(LowerError::at(
            node,
            "channels of different scales are compared or fed to synapses",
            "put neurons between the two layers of synapses",
        )),
    }
}

/// One number for all channels, or one each (or none: zeros), as one each.
pub(super) fn spread(numbers: &[f64], channels: usize) -> Vec<f64> {
    match numbers {
        [] => vec![0.0; channels],
        [one] => vec![*one; channels],
        each => each.to_vec(),
    }
}

pub(super) fn add_bias(sum: &mut [f64], bias: &[f32]) {
    sum.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += f64::from(*bias));
}

pub(super) fn small_integer(x: f64) -> std::result::Result<i16, f64> {
    if (1.0..=127.0).contains(&x) { Ok(x as i16) } else { Err(x) }
}
