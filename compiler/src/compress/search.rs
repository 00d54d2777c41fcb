//! Bits per layer, as data (the idea of MG-PTQ, Jan 2025): how much each layer minds fewer bits is measured by running
//! the network, and what minds least per byte saved is narrowed first.

use bumpalo::Bump;
use serde::Serialize;

use super::price::{Price, price};
use crate::data::Dataset;
use crate::error::Error;
use crate::ir::{Graph, WeightEncoding};
use crate::pass::open_layers;
use crate::pipeline::{Choices, build};

/// Bits that a layer may have, from the first to the last.
const BITS: [u8; 4] = [8, 4, 3, 2];

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Most bytes of weights and tables.
    Bytes(u64),
    /// Most per cent of the samples that may be lost, see [`Price::drop`].
    Drop(f64),
}

/// Bits for every layer that is free to have them, and what they cost on the calibration samples.
#[derive(Clone, Debug, Serialize)]
pub struct Rung {
    /// Names of the layers and their encodings.
    pub layers: Vec<(String, &'static str)>,
    /// What that costs.
    pub price: Price,
    #[serde(skip)]
    encodings: Vec<WeightEncoding>,
}

impl Rung {
    /// The choice that gives this rung again.
    #[must_use]
    pub fn choices(&self, base: &Choices) -> Choices {
        let names: Vec<String> = self.layers.iter().map(|(name, _)| name.clone()).collect();
        choices(base, &names, &self.encodings)
    }
}

fn choices(base: &Choices, names: &[String], encodings: &[WeightEncoding]) -> Choices {
    let mut choices = base.clone();
    choices.weights.layers.extend(names.iter().cloned().zip(encodings.iter().copied()));
    choices
}

/// The rungs from eight bits everywhere down to two, each narrower than the one before in one layer: of all layers the
/// one whose next width takes the scores least far per byte saved, measured alone.
///
/// # Errors
/// Whatever compiling says.
pub fn ladder(float: &Graph, timesteps: u32, calib: &Dataset, base: &Choices) -> Result<Vec<Rung>, Error> {
    let fixed = &base.weights;
    let names: Vec<String> = open_layers(float)
        .into_iter()
        .map(|id| float.nodes[id].name.clone())
        .filter(|name| !fixed.layers.contains_key(name))
        .collect();
    let rung = |widths: &[usize]| -> Result<Rung, Error> {
        let encodings: Vec<_> = widths.iter().map(|&width| WeightEncoding::Int { bits: BITS[width] }).collect();
        let layers = names.iter().cloned().zip(encodings.iter().map(|encoding| encoding.name())).collect();
        let arena = Bump::new();
        let built = build(float, timesteps, Some(calib), &choices(base, &names, &encodings), &arena)?;
        Ok(Rung { price: price(float, &built.compiled, calib)?, layers, encodings })
    };
    let first = rung(&vec![0; names.len()])?;
    // what each layer alone costs at each width
    let mut alone = Vec::new();
    for layer in 0..names.len() {
        let mut prices = vec![(first.price.bytes, first.price.distance)];
        for width in 1..BITS.len() {
            let mut widths = vec![0; names.len()];
            widths[layer] = width;
            let price = rung(&widths)?.price;
            prices.push((price.bytes, price.distance));
        }
        alone.push(prices);
    }
    let mut widths = vec![0; names.len()];
    let mut rungs = vec![first];
    while widths.iter().any(|&width| width + 1 < BITS.len()) {
        let cost = |layer: usize| {
            let [(bytes, distance), (fewer, further)] = [0, 1].map(|next| alone[layer][widths[layer] + next]);
            (further - distance).max(0.0) / bytes.saturating_sub(fewer).max(1) as f64
        };
        let open = (0..names.len()).filter(|&layer| widths[layer] + 1 < BITS.len());
        let cheapest = open.min_by(|&a, &b| cost(a).total_cmp(&cost(b))).expect("one is open");
        widths[cheapest] += 1;
        rungs.push(rung(&widths)?);
    }
    Ok(rungs)
}

/// The rung that a goal asks for: within a budget the one whose scores are nearest to the float graph's, within a drop the
/// smallest; `None` if no rung is.
#[must_use]
pub fn pick(rungs: &[Rung], goal: Goal) -> Option<&Rung> {
    match goal {
        Goal::Bytes(most) => rungs
            .iter()
            .filter(|rung| rung.price.bytes <= most)
            .min_by(|a, b| a.price.distance.total_cmp(&b.price.distance)),
        Goal::Drop(most) => rungs.iter().filter(|rung| rung.price.drop() <= most).min_by_key(|rung| rung.price.bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_takes_the_nearest_scores_and_a_drop_the_fewest_bytes() {
        let rung = |bytes, distance, correct| Rung {
            layers: vec![],
            encodings: vec![],
            price: Price {
                samples: 100,
                correct: Some(correct),
                float_correct: Some(90),
                same_as_float: 100,
                distance,
                bytes,
                state_bytes: 0,
                synaptic_operations: 0.0,
                layers: vec![],
            },
        };
        let rungs = [rung(100, 0.1, 90), rung(80, 0.3, 91), rung(60, 0.2, 89), rung(40, 0.9, 70)];
        let bytes = |goal| pick(&rungs, goal).map(|rung| rung.price.bytes);
        assert_eq!(bytes(Goal::Bytes(99)), Some(60));
        assert_eq!(bytes(Goal::Bytes(100)), Some(100));
        assert_eq!(bytes(Goal::Bytes(39)), None);
        assert_eq!(bytes(Goal::Drop(0.5)), Some(80));
        assert_eq!(bytes(Goal::Drop(1.0)), Some(60));
        assert_eq!(bytes(Goal::Drop(-2.0)), None);
    }
}
