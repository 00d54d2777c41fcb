//! Which encoding a layer's weights get.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::AtNode;
use crate::ir::{Graph, NodeId, Op, WeightEncoding};
use crate::pass::PassError;

/// Encodings that the user asks for; what is not asked for keeps the grid it was trained on, or becomes int8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightChoice {
    /// Of every layer that nothing else says otherwise of.
    pub all: Option<WeightEncoding>,
    /// Of the layers that see the input and of those whose sums reach the scores without another layer between.
    pub ends: Option<WeightEncoding>,
    /// Of layers by name.
    pub layers: BTreeMap<String, WeightEncoding>,
}

impl WeightChoice {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::default()
    }

    /// The encoding asked for each node of a graph; none for nodes without weights.
    ///
    /// # Errors
    /// A layer that the graph does not have.
    pub(super) fn of(&self, graph: &Graph) -> Result<Vec<Option<WeightEncoding>>, AtNode<PassError>> {
        let layer = |id: NodeId| matches!(graph.nodes[id].op, Op::Linear(_) | Op::Conv2d(_));
        let named = |name: &str| graph.nodes.iter().position(|node| node.name == name).filter(|&id| layer(id));
        if let Some(name) = self.layers.keys().find(|name| named(name).is_none()) {
            let names = (0..graph.nodes.len()).filter(|&id| layer(id)).map(|id| graph.nodes[id].name.clone()).collect();
            return Err(AtNode {
                node: name.clone(),
                op: "--weights".into(),
                source: PassError::NoSuchLayer { layers: names },
            });
        }
        let ends = ends(graph);
        Ok((0..graph.nodes.len())
            .map(|id| {
                let of_ends = if ends[id] { self.ends } else { None };
                layer(id).then(|| self.layers.get(&graph.nodes[id].name).copied().or(of_ends).or(self.all)).flatten()
            })
            .collect())
    }
}

/// Per node, whether it is a layer with no other before it, or none behind it.
fn ends(graph: &Graph) -> Vec<bool> {
    let layer = |id: NodeId| matches!(graph.nodes[id].op, Op::Linear(_) | Op::Conv2d(_));
    let n = graph.nodes.len();
    let mut before = vec![false; n];
    for id in 0..n {
        // own spikes of the timestep before are no layer before
        let mut sources = graph.nodes[id].sources.iter().filter(|source| source.delay == 0);
        before[id] = sources.any(|source| before[source.node] || layer(source.node));
    }
    let mut behind = vec![false; n];
    for id in (0..n).rev() {
        for source in graph.nodes[id].sources.iter().filter(|source| source.delay == 0) {
            behind[source.node] |= behind[id] || layer(id);
        }
    }
    (0..n).map(|id| layer(id) && (!before[id] || !behind[id])).collect()
}

/// `auto`, or encodings separated by commas: `int4`, `ends=int8`, `NAME=ternary`.
impl FromStr for WeightChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut choice = Self::default();
        for part in text.split(',').filter(|part| *part != "auto") {
            let (layer, name) = part.rsplit_once('=').map_or((None, part), |(layer, name)| (Some(layer), name));
            let encoding = WeightEncoding::named(name).ok_or_else(|| {
                let known: Vec<&str> = WeightEncoding::ALL.iter().map(|(name, _)| *name).collect();
                format!("`{name}` is no weight encoding; there are auto, {}", known.join(", "))
            })?;
            let before = match layer {
                None => choice.all.replace(encoding),
                Some("ends") => choice.ends.replace(encoding),
                Some(layer) => choice.layers.insert(layer.into(), encoding),
            };
            if before.is_some() {
                return Err(format!("`{part}`: said twice"));
            }
        }
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Shape;
    use crate::pass::testing::{chain, linear, neuron};

    #[test]
    fn the_nearest_word_on_a_layer_counts() {
        let two = Shape::vector(2);
        let layers =
            ["a", "b", "c"].into_iter().flat_map(|name| [(name, linear(2, 2, 1), two), ("lif", neuron(0.5), two)]);
        let mut graph = chain(two, layers.collect());
        graph
            .nodes
            .iter_mut()
            .enumerate()
            .filter(|(_, n)| n.name == "lif")
            .for_each(|(id, n)| n.name += &id.to_string());
        let of = |text: &str| {
            let choice: WeightChoice = text.parse().expect("sound");
            let of = choice.of(&graph).expect("the layers exist");
            [1, 3, 5].map(|id| of[id].map_or("auto", WeightEncoding::name))
        };
        assert_eq!(of("auto"), ["auto"; 3]);
        assert_eq!(of("int4,ends=int8"), ["int8", "int4", "int8"]);
        assert_eq!(of("ends=int8,c=odd2"), ["int8", "auto", "odd2"]);
        assert_eq!(of("b=ternary"), ["auto", "ternary", "auto"]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let refused = |text: &str| WeightChoice::from_str(text).expect_err("it is wrong");
        assert!(refused("int9").starts_with("`int9` is no weight encoding; there are auto, int8, "));
        assert_eq!(refused("int4,a=int2,a=int3"), "`a=int3`: said twice");
        let graph = chain(Shape::vector(2), vec![("fc", linear(2, 2, 1), Shape::vector(2))]);
        let choice = WeightChoice::from_str("fd=int4").expect("it can be read");
        let error = choice.of(&graph).expect_err("there is no fd").to_string();
        assert!(error.contains("fd"), "{error}");
    }
}
