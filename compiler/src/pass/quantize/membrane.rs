//! Integer formats of the neurons: how fine a membrane is, and how wide.
//!
//! Fineness: the smallest threshold of a population is worth [`LSBS_PER_THRESHOLD`] LSBs or more, so that the floor of a
//! leak, of a bias and of a threshold is worth at most that part of a threshold per timestep; weights that are exact
//! deserve a membrane that is nearly so, [`LSBS_BEHIND_EXACT`], and more where the leak is exact too. What a leak floors off a synaptic current acts
//! for as long as that current lasts: it is finer by its time constant. Width: twice the largest membrane potential (or
//! part of it that a synaptic current gives) of the calibration samples, or what the weights can reach at worst without
//! any. Several spikes per timestep: twice as many as the calibration samples show, at most [`MOST_SPIKES`] without any;
//! beyond that a neuron saturates. A width that the user asks for is [`super::narrow`]'s.

use super::{Calibration, narrow, sink, uniform_scale};
use crate::error::AtNode;
use crate::ir::eval::pick;
use crate::ir::{Graph, IntegerFormat, Neuron, NodeId, Op, Reset};
use crate::lower::bits_of;
use crate::pass::{Context, PassError, mix_reach};

/// Membrane LSBs in a threshold, at least: what 8-bit weights round away is larger.
const LSBS_PER_THRESHOLD: f64 = 4096.0;

/// The same where every weight lies on the grid it was trained on. (Binary MNIST network, 10,000 images: 2^12 changes 25
/// predictions, 2^14 six, 2^16 one.)
const LSBS_BEHIND_EXACT: f64 = 16384.0;

/// The same where the leak, too, is exact: none, or a shift.
const LSBS_OF_EXACT: f64 = 262_144.0;

/// Widest membrane beside a multiplied leak: leaves 8 bits for the factor.
const WIDEST_MULTIPLIED: u8 = 23;

/// Widest state where synaptic currents leak by a factor: leaves 11 bits for it.
const WIDEST_SYNAPTIC: u8 = 20;

/// Longest time constant of a synaptic current that makes the membrane finer, in timesteps.
const LONGEST: f64 = 32.0;

/// Most spikes of a neuron in one timestep where no calibration sample says how many there are.
const MOST_SPIKES: u32 = 255;

/// Widest membrane of the contract.
const WIDEST: u8 = 30;

/// Chooses the format of every population that has none, and returns how many.
///
/// `exact` says of each layer whether its weights lie on the grid they were trained on.
///
/// # Errors
/// A width that the user asked for and that does not do, with the population.
pub(super) fn choose(
    graph: &mut Graph,
    calibration: Option<&Calibration>,
    context: &Context<'_>,
    exact: &[bool],
) -> Result<usize, AtNode<PassError>> {
    let mut formats: Vec<(NodeId, IntegerFormat)> = Vec::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        let Op::Neuron(neuron) = &node.op else { continue };
        match (neuron.integer, context.membrane_bits) {
            (None, asked) => {
                let needs = needs(graph, id, neuron, calibration, context.timesteps, exact);
                let format = match asked {
                    Some(bits) => narrow::format(bits, &needs).map_err(|error| error.at(node))?,
                    None => wide(&needs),
                };
                formats.push((id, format));
            }
            (Some(format), Some(asked)) if format.membrane_bits != asked => {
                return Err(PassError::Prescribed { found: format.membrane_bits }.at(node));
            }
            (Some(_), _) => {}
        }
    }
    let chosen = formats.len();
    for (id, format) in formats {
        if let Op::Neuron(neuron) = &mut graph.nodes[id].op {
            neuron.integer = Some(format);
        }
    }
    for (id, node) in graph.nodes.iter_mut().enumerate() {
        if let Op::Neuron(neuron) = &mut node.op
            && neuron.max_spikes > 1
        {
            let seen = calibration.map_or(MOST_SPIKES, |c| (2.0 * c.spikes[id]) as u32);
            neuron.max_spikes = neuron.max_spikes.min(seen.clamp(2, u16::MAX.into()));
        }
    }
    Ok(chosen)
}

/// What feeds a population: per channel the value of one current LSB and the largest current in such LSBs.
struct Feed {
    lsb: Vec<f64>,
    largest: Vec<f64>,
    /// Whether every weight is exact.
    exact: bool,
}

fn feed(graph: &Graph, neurons: NodeId, exact: &[bool]) -> Feed {
    let consumers = graph.consumers();
    let channels = graph.nodes[neurons].shape.channels;
    let mut feed = Feed { lsb: vec![0.0; channels], largest: vec![0.0; channels], exact: true };
    let mut reaches = vec![0.0; channels];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (weight, bias, grid) = match &node.op {
            Op::Linear(l) => (&l.weight, &l.bias, &l.grid),
            Op::Conv2d(c) => (&c.weight, &c.bias, &c.grid),
            _ => continue,
        };
        let (Some(grid), Some(source)) = (grid, node.sources.first()) else { continue };
        let divisor = match sink(graph, &consumers, id) {
            Some((reached, divisor)) if reached == neurons => divisor as f64,
            _ => continue,
        };
        feed.exact &= exact[id];
        let input = uniform_scale(graph, source.node).unwrap_or(1.0);
        let highest = highest(graph, source.node);
        let rows = weight.chunks(weight.len() / bias.len()).zip(bias).zip(&grid.scale).enumerate();
        for (row, ((weights, bias), scale)) in rows {
            // a vector that was flattened from a map has its rows spread over the map's channels
            let channel = row * channels / grid.scale.len();
            let lsb = f64::from(*scale) * input / divisor;
            let reach: f64 = weights.iter().map(|w| f64::from(w.abs())).sum::<f64>() * highest + f64::from(bias.abs());
            // layers that are summed share the finest scale
            feed.lsb[channel] = if feed.lsb[channel] == 0.0 { lsb } else { feed.lsb[channel].min(lsb) };
            reaches[channel] += reach;
        }
    }
    for ((largest, reach), lsb) in feed.largest.iter_mut().zip(reaches).zip(&feed.lsb).filter(|(_, lsb)| **lsb > 0.0) {
        *largest = reach / lsb;
    }
    if feed.lsb.contains(&0.0) {
        // no synapses: fed one to one
        let (lsb, largest) = one_to_one(graph, neurons);
        feed.lsb.iter_mut().filter(|l| **l == 0.0).for_each(|l| *l = lsb);
        feed.largest.iter_mut().filter(|l| **l == 0.0).for_each(|l| *l = largest / lsb);
    }
    feed
}

/// Scale and largest magnitude of the edge that feeds neurons one to one, through a sum if there is one.
fn one_to_one(graph: &Graph, node: NodeId) -> (f64, f64) {
    let sources = graph.nodes[node].sources.iter().map(|source| match graph.nodes[source.node].op {
        Op::Add => one_to_one(graph, source.node),
        _ => (uniform_scale(graph, source.node).unwrap_or(1.0), highest(graph, source.node)),
    });
    sources.reduce(|a, b| (a.0.min(b.0), a.1 + b.1)).unwrap_or((1.0, 1.0))
}

/// Largest magnitude of what `node` gives, on the framework's scale.
fn highest(graph: &Graph, node: NodeId) -> f64 {
    use crate::ir::InputEncoding;
    match &graph.nodes[node].op {
        Op::Input(input) => match input.encoding {
            InputEncoding::Integer { scale, bits, signed } => {
                f64::from(scale) * f64::from(1u32 << (bits - u8::from(signed)))
            }
            InputEncoding::Spikes | InputEncoding::Real => 1.0,
        },
        Op::MaxPool(_) | Op::AvgPool(_) | Op::Flatten => {
            graph.nodes[node].sources.first().map_or(1.0, |s| highest(graph, s.node))
        }
        Op::Neuron(neuron) => neuron.max_spikes.into(),
        Op::Linear(_) | Op::Conv2d(_) | Op::BatchNorm(_) | Op::Activation(_) | Op::Add => 1.0,
        Op::Permute(_) | Op::Reshape | Op::MatMul => 1.0,
    }
}

/// What a population asks of its membranes, all of it in current LSBs.
pub(super) struct Needs {
    /// Threshold above 0, the smallest in magnitude; infinite if there is none.
    pub smallest: f64,
    /// Largest threshold, reset or lowest potential.
    pub prescribed: f64,
    /// Largest potential of the calibration samples.
    pub seen: Option<f64>,
    /// Largest potential that the weights can reach at worst.
    pub worst: f64,
    /// Width of the currents.
    pub current_bits: u8,
    /// LSBs that the smallest threshold should be worth.
    pub lsbs: f64,
    /// Widest membrane that leaves room for what else there is.
    pub widest: u8,
}

fn needs(
    graph: &Graph,
    id: NodeId,
    neuron: &Neuron,
    calibration: Option<&Calibration>,
    timesteps: u32,
    exact: &[bool],
) -> Needs {
    let feed = feed(graph, id, exact);
    // value of a membrane LSB without fraction bits
    let mix = neuron.temporal_mix.as_ref();
    let mixed = f64::from(mix.and_then(|mix| mix.scale).unwrap_or(1.0));
    let gain = |c| neuron.synaptic.first().map_or(mixed, |filter| f64::from(pick(&filter.gain, c)).abs());
    let membrane: Vec<f64> = feed.lsb.iter().enumerate().map(|(c, lsb)| lsb * gain(c)).collect();
    let longest = neuron
        .synaptic
        .iter()
        .flat_map(|filter| &filter.decay)
        .fold(1.0, |longest: f64, &decay| longest.max((1.0 / (1.0 - f64::from(decay))).min(LONGEST)));
    let of_channel = |(c, lsb): (usize, &f64)| {
        let lsb = *lsb;
        neuron.thresholds(c).map(move |threshold| f64::from(threshold).abs() / lsb)
    };
    let thresholds = membrane.iter().enumerate().flat_map(of_channel);
    let smallest = thresholds.filter(|t| *t > 0.0).fold(f64::INFINITY, f64::min);
    let times = mix.map_or(1.0, |mix| mix_reach(mix) as f64);
    let current_bits = feed.largest.iter().map(|&reach| bits_of(reach * times)).max().unwrap_or(2);
    let beta = neuron.beta.iter().fold(0.0f64, |a, &b| a.max(b.into()));
    // a decay of 0 leaves nothing to be floored
    let betas = if neuron.is_stateless() { &[][..] } else { &neuron.beta };
    let decays = neuron.synaptic.iter().map(|filter| &filter.decay[..]).chain([betas]);
    let multiplied = decays.clone().flatten().any(|&beta| crate::lower::leak_is_multiplied(beta))
        || decays.clone().any(|decays| decays.windows(2).any(|pair| pair[0] != pair[1]));
    let lsbs = match (feed.exact, multiplied) {
        (true, false) => LSBS_OF_EXACT,
        (true, true) => LSBS_BEHIND_EXACT,
        (false, _) => LSBS_PER_THRESHOLD,
    } * longest;
    let widest = match (multiplied, neuron.synaptic.is_empty()) {
        (true, true) => WIDEST_MULTIPLIED,
        (true, false) => WIDEST_SYNAPTIC,
        (false, _) => WIDEST,
    };
    // in current LSBs: what the model prescribes, and the largest membrane potential
    let prescribed = (0..feed.lsb.len()).map(|c| {
        let reset = match &neuron.reset {
            Reset::None => 0.0,
            Reset::ToValue(value) => value.abs(),
            Reset::Subtract(amount) => pick(amount, c).abs(),
        };
        let lowest = neuron.min_membrane.as_ref().map_or(0.0, |lowest| pick(lowest, c).abs());
        let levels = neuron.stored.as_ref().map_or(&[][..], |stored| stored.levels(c));
        let lowest = levels.iter().fold(lowest, |most, level| most.max(level.abs()));
        let threshold = neuron.thresholds(c).fold(0.0f32, |most, threshold| most.max(threshold.abs()));
        f64::from(threshold.max(reset).max(lowest)) / membrane[c]
    });
    let seen = calibration.map(|calibration| {
        let peaks = calibration.peaks[id].iter().zip(&membrane);
        peaks.map(|(&peak, lsb)| f64::from(peak) / lsb).fold(0.0, f64::max)
    });
    let steps = if beta < 1.0 { (1.0 / (1.0 - beta)).min(timesteps.into()) } else { timesteps.into() };
    let worst = feed.largest.iter().map(|largest| largest * times * steps * longest).fold(0.0, f64::max);
    Needs { smallest, prescribed: prescribed.fold(1.0, f64::max), seen, worst, current_bits, lsbs, widest }
}

/// A membrane as fine as its thresholds ask for.
fn wide(needs: &Needs) -> IntegerFormat {
    let Needs { smallest, prescribed, seen, worst, current_bits, lsbs, widest } = *needs;
    let reach = seen.map_or(worst, |seen| 2.0 * seen).max(prescribed);
    let wanted = if smallest.is_finite() { (lsbs / smallest).log2().ceil() as i32 } else { 0 };
    let room_for_currents = 29 - i32::from(current_bits);
    let mut fraction_bits = wanted.clamp(-31, 16).min(room_for_currents);
    // without calibration the worst case may be far out: such a membrane saturates rather than being made coarse, but
    // what the model prescribes always fits
    let fits = if seen.is_some() { reach } else { prescribed };
    while bits(fits, fraction_bits) > widest && fraction_bits > -31 {
        fraction_bits -= 1;
    }
    IntegerFormat { membrane_bits: bits(reach, fraction_bits).clamp(4, widest), fraction_bits: fraction_bits as i8 }
}

/// Bits of a membrane that holds `reach` current LSBs with so many fraction bits.
pub(super) fn bits(reach: f64, fraction_bits: i32) -> u8 {
    bits_of(reach * 2f64.powi(fraction_bits) + 1.0)
}
