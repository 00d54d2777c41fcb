//! The parameters of a NIR neuron as the graph's normal form.
//!
//! With `u = (v - v_leak) / gain` NIR's `v += x ((v_leak - v) + r I)` is `u = beta u + I`, where `gain` is what `I` is
//! multiplied with in a timestep: resting potential and resistance go into threshold and reset, and no factor is left to
//! round with. A population starts from its resting potential, as norse's and SpikingJelly's do.

use super::hdf5::Array;
use super::inline::FlatNode;
use super::parse::Cell;
use super::reading::{Floor, Reading, ResetRule, Scheme};
use crate::error::AtNode;
use crate::frontend::NodeError;
use crate::ir::{BatchNorm, Comparison, Neuron, Reset, ResetTiming, Shape, SynapticCurrent};

/// A population, what its input is multiplied with before it, and what one unit of its membrane is worth.
pub struct Population {
    /// The neurons.
    pub neuron: Neuron,
    /// A gain that no threshold can take: it is 0, negative or other than the reset allows.
    pub gain: Option<BatchNorm>,
    /// `v - v_leak` for a membrane potential of 1, and `v_leak`; one each, or one per channel.
    pub unit: (Vec<f64>, Vec<f64>),
}

/// One number for all channels, or one each.
type Numbers = Vec<f64>;

/// A parameter per channel of `shape`; one where all are equal.
///
/// # Errors
/// An array of another size, or with several values in one channel.
pub fn per_channel(node: &FlatNode, field: &str, array: &Array, shape: Shape) -> Result<Numbers, AtNode<NodeError>> {
    let positions = shape.positions();
    let by_channel = array.len() == shape.channels && array.shape.first() == Some(&shape.channels); // [C, 1, 1]
    if array.len() != 1 && array.len() != shape.len() && !by_channel {
        let found = format!("`{field}` has shape {:?}, its input {shape}", array.shape);
        return Err(node.error(found, "export the model again with parameters of the layer's shape, or scalars"));
    }
    if let Some(value) = array.same() {
        return Ok(vec![value]);
    }
    if by_channel && positions != 1 {
        return Ok((0..array.len()).map(|c| array.get(c)).collect());
    }
    let channel = |c: usize| {
        let first = array.get(c * positions);
        let equal = (1..positions).all(|p| array.get(c * positions + p) == first);
        equal.then_some(first).ok_or_else(|| {
            let found = format!("`{field}` differs between the positions of channel {c}");
            node.error(found, "neurons of a feature map share their parameters per channel: train them so")
        })
    };
    (0..shape.channels).map(channel).collect()
}

/// `f` of several parameters, channel by channel.
fn combine<const N: usize>(numbers: [&Numbers; N], f: impl Fn([f64; N]) -> f64) -> Numbers {
    let len = numbers.iter().map(|n| n.len()).max().unwrap_or(1);
    let pick = |n: &Numbers, c: usize| if n.len() == 1 { n[0] } else { n[c] };
    (0..len).map(|c| f(numbers.map(|n| pick(n, c)))).collect()
}

fn single(numbers: &Numbers) -> Vec<f32> {
    numbers.iter().map(|&x| x as f32).collect()
}

/// A factor that an exporter computed to be 1 in 32 bits (`tau / dt * dt / tau`) is 1.
fn exact(factor: f64) -> f64 {
    if (factor - 1.0).abs() < 1e-6 { 1.0 } else { factor }
}

/// The population of a NIR neuron.
///
/// # Errors
/// Parameters that make no neuron, or that the normal form does not have.
pub fn population(
    node: &FlatNode,
    cell: &Cell,
    shape: Shape,
    reading: &Reading,
) -> Result<Population, AtNode<NodeError>> {
    let model = cell.model;
    let get = |field: &str, array: &Array| -> Result<Numbers, AtNode<NodeError>> {
        let numbers = per_channel(node, field, array, shape)?;
        match numbers.iter().find(|x| !x.is_finite()) {
            Some(x) => Err(node.error(format!("`{field}` holds {x}"), "parameters must be finite numbers")),
            None => Ok(numbers),
        }
    };
    let euler = matches!(reading.scheme, Scheme::Euler | Scheme::Jump);
    let ratio = |field: &str, tau: &Array| -> Result<Numbers, AtNode<NodeError>> {
        let ratio = combine([&get(field, tau)?], |[tau]| reading.dt / tau);
        match ratio.iter().find(|&&x| !(x > 0.0 && x.is_finite() && (x <= 1.0 + 1e-6 || !euler))) {
            Some(x) => Err(node.error(
                format!("`{field}` is {} timesteps of {} s, expected one or more", (1.0 / x) as f32, reading.dt),
                "give --nir-dt or --nir-from as the file was written",
            )),
            None => Ok(ratio),
        }
    };
    let decay = |x: &Numbers| match reading.scheme {
        Scheme::Euler | Scheme::Jump => combine([x], |[x]| f64::max(1.0 - x, 0.0)),
        Scheme::Exponential | Scheme::Rockpool => combine([x], |[x]| (-x).exp()),
    };
    let r = get("r", &cell.r)?;
    let (beta, drive) = match model.leaks() {
        false => (vec![1.0], combine([&r], |[r]| r * reading.dt)),
        true => {
            let x = ratio(if model.is_current_based() { "tau_mem" } else { "tau" }, &cell.tau)?;
            let beta = decay(&x);
            let drive = match reading.scheme {
                Scheme::Euler | Scheme::Jump => combine([&r, &x], |[r, x]| r * x),
                Scheme::Exponential => combine([&r, &beta], |[r, beta]| r * (1.0 - beta)),
                Scheme::Rockpool => combine([&r, &x, &beta], |[r, x, beta]| r * x / beta),
            };
            (beta, drive)
        }
    };
    let drive = combine([&drive], |[x]| exact(x));
    let mut synaptic = Vec::new();
    let mut gain = drive;
    if model.is_current_based() {
        let x = ratio("tau_syn", &cell.tau_syn)?;
        let (decay, w_in) = (decay(&x), get("w_in", &cell.w_in)?);
        let taken = match reading.scheme {
            Scheme::Euler => combine([&w_in, &x], |[w, x]| exact(w * x)),
            Scheme::Exponential => combine([&w_in, &decay], |[w, decay]| w * (1.0 - decay)),
            Scheme::Jump => w_in,
            Scheme::Rockpool => combine([&w_in, &decay], |[w, decay]| w * decay),
        };
        let through = combine([&gain, &taken], |[a, b]| exact(a * b));
        synaptic.push(SynapticCurrent { decay: single(&decay), gain: single(&through) });
        gain = vec![1.0];
    }
    let v_leak = get("v_leak", &cell.v_leak)?;
    let threshold = combine([&get("v_threshold", &cell.v_threshold)?, &v_leak], |[v, leak]| v - leak);
    let target = match &cell.v_reset {
        Some(v_reset) => combine([&get("v_reset", v_reset)?, &v_leak], |[v, leak]| v - leak),
        None => combine([&v_leak], |[leak]| 0.0 - leak), // nir: 0 where the file has none
    };
    let scaled = |numbers: &Numbers, gain: &Numbers| combine([numbers, gain], |[x, g]| x / g);
    let is_one = |numbers: &Numbers| numbers.iter().all(|x| *x == numbers[0]);
    let to_value = matches!(reading.reset, ResetRule::ToValue(_)) && model.fires();
    // a gain that cannot divide the threshold stays in front of the neurons
    let before = gain.iter().any(|&g| g <= 0.0)
        || (to_value && !is_one(&scaled(&target, &gain)))
        || (!model.fires() && !is_one(&gain));
    let norm = before.then(|| {
        let scale = (0..shape.channels).map(|c| if gain.len() == 1 { gain[0] } else { gain[c] } as f32).collect();
        BatchNorm { scale, shift: vec![0.0; shape.channels] }
    });
    if before {
        gain = vec![1.0];
    }
    let threshold = scaled(&threshold, &gain);
    if let Some(x) = threshold.iter().find(|&&x| (x != 0.0 && x as f32 == 0.0) || !(x as f32).is_finite()) {
        let found = format!("its threshold is {x:e} inputs: `r`, `tau` and `v_threshold` are of different magnitudes");
        return Err(node.error(found, "give --nir-dt in the unit of the file's time constants"));
    }
    let (reset, reset_timing) = match reading.reset {
        _ if !model.fires() => (Reset::None, ResetTiming::Immediate),
        ResetRule::None => (Reset::None, ResetTiming::Immediate),
        ResetRule::Subtract(timing) => (Reset::Subtract(single(&threshold)), timing),
        ResetRule::ToValue(timing) => {
            let value = scaled(&target, &gain);
            if !is_one(&value) {
                let help =
                    "the neurons of a layer share one reset potential: train them so, or give --nir-reset subtract";
                return Err(node.error("`v_reset` differs between channels", help));
            }
            (Reset::ToValue(value[0] as f32), timing)
        }
    };
    let floor = reading.floor == Floor::Threshold && model.fires() && !model.leaks();
    let neuron = Neuron {
        synaptic,
        beta: single(&beta),
        threshold: if model.fires() { single(&threshold) } else { vec![f32::MAX] },
        threshold_timesteps: 1,
        comparison: if model.fires() { reading.fires } else { Comparison::Above },
        reset,
        reset_timing,
        max_spikes: if model.fires() { reading.max_spikes } else { 1 },
        min_membrane: floor.then(|| threshold.iter().map(|&t| -t as f32).collect()),
        temporal_mix: None,
        stored: None,
        inhibition: false,
        integer: None,
    };
    Ok(Population { neuron, gain: norm, unit: (gain, v_leak) })
}
