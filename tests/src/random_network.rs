//! Random integer networks, and random samples for them: chains of dense, convolution, pool, neuron and recurrent steps
//! with every rule of the contract somewhere in them that the FPGA carries. The same seed gives the same network on every machine.
//!
//! Numbers are chosen so that something happens: thresholds near the currents that occur, membranes so narrow that some
//! saturate, now and then a threshold of zero or below.

mod neurons;
mod recurrent;
mod samples;
mod synapses;

use bumpalo::Bump;
use snnc::compiled::{Compiled, EdgeCode, Engine, Layout, StepInfo};
use snnc::ir::{InputEncoding, WeightEncoding};
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Shape,
    Step, ValueKind, Window,
};

use neurons::{enrich, neuron, over_time};
use recurrent::{joined, recurrent};
pub use samples::samples;
use synapses::synapses;

/// A small generator (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The generator of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// `low..=high`.
    pub const fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1) as u64) as i64
    }

    /// True in `percent` of 100 cases.
    pub const fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }

    /// One of `choices`.
    pub const fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.range(0, choices.len() as i64 - 1) as usize]
    }
}

/// Weights of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// A byte each.
    Int8,
    /// A sign each.
    Binary,
    /// Two's complement of so many bits.
    Int(u8),
    /// Odd numbers of so many bits.
    Odd(u8),
    /// Of a convolution: kernels from a codebook, with indices of so many bits.
    Codebook(u8),
    /// Most of them zero.
    Sparse,
    /// Of a convolution with a multiple of the channels that it takes: each of these reaches its own outputs only.
    Depthwise,
}

impl Weights {
    fn any(rng: &mut Rng) -> Self {
        match rng.range(0, 99) {
            ..35 => Self::Binary,
            35..42 => Self::Int(rng.range(2, 5) as u8),
            42..50 => Self::Odd(rng.range(1, 5) as u8),
            50..57 => Self::Codebook(rng.range(1, 6) as u8),
            57..62 => Self::Sparse,
            _ => Self::Int8,
        }
    }
}

/// One step of a [`Recipe`]; its numbers are drawn when it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// All to all.
    Dense {
        /// Elements it gives.
        fan_out: u32,
        /// One bit per weight instead of eight.
        weights: Weights,
        /// Neurons, or their currents only.
        neurons: bool,
    },
    /// Convolution.
    Conv {
        /// Channels it gives.
        channels: u32,
        /// Kernel, stride, padding and dilation; padding is the same on both sides.
        window: Window,
        /// One bit per weight instead of eight.
        weights: Weights,
        /// Neurons, or their currents only.
        neurons: bool,
    },
    /// All to all, neurons, and their own spikes of the timestep before.
    Recurrent {
        /// Elements it gives.
        fan_out: u32,
        /// One bit per weight instead of eight, of both inputs.
        weights: Weights,
        /// How the own spikes come back.
        own: Own,
    },
    /// Neurons one to one on constant currents, and their own spikes of the timestep before.
    Joined {
        /// Of the own spikes.
        weights: Weights,
        /// How they come back.
        own: Own,
    },
    /// Neurons one to one on currents.
    Neurons,
    /// A pool whose windows touch each other.
    Pool {
        /// Maximum or sum.
        op: PoolOp,
        /// Size and step of the windows.
        size: [u16; 2],
        /// Whether a window that hangs over the border counts too.
        ceil: bool,
    },
}

/// How a layer's own spikes come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// All to all.
    Dense,
    /// One to one.
    OneToOne,
    /// All to all, as currents of their own that are shifted to the left.
    Scaled,
}

/// What a network is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Edge 0.
    pub input: Edge,
    /// The chain.
    pub layers: Vec<Layer>,
    /// Timesteps of a sample.
    pub timesteps: u32,
    /// What the readout does with the last step.
    pub readout: (Quantity, Reduce),
    /// Whether neurons may have what few have: synaptic currents, a decay per channel, an overriding reset, a floor.
    pub rich: bool,
}

impl Recipe {
    /// A small network of dense layers over spikes.
    #[must_use]
    pub fn dense() -> Self {
        let layer = |fan_out| Layer::Dense { fan_out, weights: Weights::Int8, neurons: true };
        Self {
            input: Edge { shape: Shape::vector(12), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
            layers: vec![layer(8), layer(3)],
            timesteps: 5,
            readout: (Quantity::Spikes, Reduce::Sum),
            rich: false,
        }
    }
}

/// A layout at random, of `lanes`.
#[must_use]
pub fn layout(rng: &mut Rng, lanes: &[Option<u32>]) -> Layout {
    let lanes = rng.pick(lanes);
    let engines = (0..6)
        .map(|_| Engine {
            slots: rng.pick(&[1, 1, 2, 4]),
            group: rng.pick(&[2, 8, 16]),
            chunk: rng.pick(&[8, 16, 64]),
            code: rng.pick(&[EdgeCode::Plain, EdgeCode::Delta, EdgeCode::Inverted]),
            counts: rng.chance(50),
            copies: rng.pick(&[1, 1, 2, 4]),
            lanes: None,
        })
        .collect();
    Layout { lanes, engines, ..Layout::default() }
}

/// The window of a plain convolution.
#[must_use]
pub const fn window(kernel: u16, stride: u16, padding: u16) -> Window {
    Window { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2], dilation: [1; 2] }
}

/// Any chain of one to four layers that fits on a screen.
#[must_use]
pub fn recipe(rng: &mut Rng) -> Recipe {
    let kind = rng.pick(&[
        EdgeKind::Spikes,
        EdgeKind::Spikes,
        EdgeKind::Values(ValueKind::U8),
        EdgeKind::Values(ValueKind::I8),
        EdgeKind::Values(ValueKind::I16),
    ]);
    let map = rng.chance(65);
    let shape = match map {
        true => Shape {
            height: rng.range(3, 9) as u32,
            width: rng.range(3, 9) as u32,
            channels: rng.pick(&[1, 1, 2, 3, 5]),
        },
        false => Shape::vector(rng.range(1, 90) as u32),
    };
    let constant = rng.chance(if kind == EdgeKind::Spikes { 10 } else { 60 });
    let input = Edge { shape, kind, rate: if constant { Rate::PerSample } else { Rate::PerTimestep } };
    let mut layers = Vec::new();
    let mut at = shape;
    for _ in 0..rng.range(0, 2) {
        if map && at.positions() > 1 {
            add_convolution(rng, &mut layers, &mut at);
        } else if !constant && rng.chance(45) {
            let fan_out = rng.range(1, 40) as u32;
            let own = rng.pick(&[Own::Dense, Own::Dense, Own::OneToOne, Own::Scaled]);
            layers.push(Layer::Recurrent { fan_out, weights: Weights::any(rng), own });
            at = Shape::vector(fan_out);
        } else {
            let fan_out = rng.range(1, 70) as u32;
            let neurons = rng.chance(60);
            let constant = constant && layers.is_empty();
            layers.push(Layer::Dense { fan_out, weights: Weights::any(rng), neurons });
            if !neurons {
                layers.push(if constant && rng.chance(60) { joined(rng) } else { Layer::Neurons });
            }
            at = Shape::vector(fan_out);
        }
    }
    let currents = rng.chance(20) && !(constant && layers.is_empty());
    let (fan_out, weights) = (rng.range(1, 12) as u32, Weights::any(rng));
    match (!currents && rng.chance(30), constant) {
        (true, false) => {
            let own = rng.pick(&[Own::Dense, Own::OneToOne, Own::Scaled]);
            layers.push(Layer::Recurrent { fan_out, weights, own });
        }
        (true, true) if layers.is_empty() => {
            layers.extend([Layer::Dense { fan_out, weights, neurons: false }, joined(rng)]);
        }
        _ => layers.push(Layer::Dense { fan_out, weights, neurons: !currents }),
    }
    let quantity = match currents {
        true => Quantity::Current,
        false => rng.pick(&[Quantity::Spikes, Quantity::Spikes, Quantity::Membrane]),
    };
    let reduce = rng.pick(&[Reduce::Sum, Reduce::Last, Reduce::Max, Reduce::First]);
    let (timesteps, rich) = (rng.range(1, 6) as u32, rng.chance(70));
    Recipe { input, layers, timesteps, readout: (quantity, reduce), rich }
}

/// A convolution on a map of shape `at`, perhaps with a pool before or behind its neurons.
fn add_convolution(rng: &mut Rng, layers: &mut Vec<Layer>, at: &mut Shape) {
    let side = |rng: &mut Rng, size: u32| rng.range(1, i64::from(size.min(4))) as u16;
    let kernel = [side(rng, at.height), side(rng, at.width)];
    let padding = [rng.range(0, i64::from(kernel[0]) - 1) as u16, rng.range(0, i64::from(kernel[1]) - 1) as u16];
    let stride = [rng.pick(&[1, 1, 2]), rng.pick(&[1, 1, 2, 3])];
    let dilation = if rng.chance(15) { [rng.pick(&[1, 2]), 2] } else { [1, 1] };
    let fits =
        |axis: usize, size: u32| size + 2 * u32::from(padding[axis]) > u32::from((kernel[axis] - 1) * dilation[axis]);
    let dilation = if fits(0, at.height) && fits(1, at.width) { dilation } else { [1, 1] };
    let window = Window { kernel, stride, padding, dilation };
    let depthwise = at.channels > 1 && rng.chance(30);
    let channels = match depthwise {
        true => at.channels * rng.pick(&[1, 1, 2]),
        false => rng.pick(&[1, 2, 3, 4, 6, 8, 12, 16]),
    };
    *at = convolved(*at, &window, channels);
    let size = [rng.pick(&[1, 2, 2, 3]), rng.pick(&[2, 2, 3])];
    let ceil = rng.chance(50);
    let pools = rng.chance(70) && (ceil || (at.height >= u32::from(size[0]) && at.width >= u32::from(size[1])));
    let pool = Layer::Pool { op: rng.pick(&[PoolOp::Max, PoolOp::Sum]), size, ceil };
    let weights = if depthwise { Weights::Depthwise } else { Weights::any(rng) };
    let neurons = rng.chance(50);
    layers.push(Layer::Conv { channels, window, weights, neurons });
    match (neurons, pools) {
        (true, true) => layers.push(pool),
        (true, false) => {}
        (false, true) => layers.extend([pool, Layer::Neurons]),
        (false, false) => layers.push(Layer::Neurons),
    }
    if pools {
        *at = pooled(*at, size, ceil);
    }
}

/// Shape behind a convolution.
fn convolved(from: Shape, window: &Window, channels: u32) -> Shape {
    let out = |axis: usize, size: u32| {
        let span = u32::from((window.kernel[axis] - 1) * window.dilation[axis]) + 1;
        (size + 2 * u32::from(window.padding[axis]) - span) / u32::from(window.stride[axis]) + 1
    };
    Shape { height: out(0, from.height), width: out(1, from.width), channels }
}

/// Shape behind a pool.
fn pooled(from: Shape, size: [u16; 2], ceil: bool) -> Shape {
    let out = |axis: usize, n: u32| {
        let size = u32::from(size[axis]);
        if ceil { n.div_ceil(size) } else { n / size }
    };
    Shape { height: out(0, from.height), width: out(1, from.width), channels: from.channels }
}

/// What is known of an edge while a network is built.
#[derive(Clone, Copy)]
struct Known {
    edge: Edge,
    /// Largest magnitude of an element.
    bound: i64,
    /// Magnitude that an element typically has.
    typical: f64,
}

/// Draws the numbers of a recipe.
///
/// # Panics
/// If the recipe's shapes do not fit each other.
#[must_use]
pub fn build<'a>(arena: &'a Bump, recipe: &Recipe, rng: &mut Rng) -> Compiled<'a> {
    let (bound, typical) = match recipe.input.kind {
        EdgeKind::Values(ValueKind::U8) => (255, 60.0),
        EdgeKind::Values(ValueKind::I8) => (128, 40.0),
        EdgeKind::Values(ValueKind::I16) => (32768, 9000.0),
        _ => (1, 0.4),
    };
    let mut known = Known { edge: recipe.input, bound, typical };
    let (mut steps, mut infos) = (Vec::new(), Vec::new());
    for (index, layer) in recipe.layers.iter().enumerate() {
        let source = steps.len();
        let (mut step, next, encoding) = match *layer {
            Layer::Pool { op, size, ceil } => pool(source as u16, known, op, size, ceil),
            Layer::Recurrent { .. } | Layer::Joined { .. } => {
                let made = recurrent(arena, rng, source as u16, known, layer);
                if let Some(currents) = made.0 {
                    steps.push(currents);
                    infos.push(StepInfo { name: format!("own {index}"), encoding: made.1.2, activity: None });
                }
                made.1
            }
            Layer::Dense { fan_out, weights, neurons } => {
                let shape = Shape::vector(fan_out);
                let rows = known.edge.shape.len();
                population(arena, rng, source as u16, known, Connection::Dense, shape, rows, weights, neurons)
            }
            Layer::Conv { channels, window, weights, neurons } => {
                let shape = convolved(known.edge.shape, &window, channels);
                let taps = usize::from(window.kernel[0]) * usize::from(window.kernel[1]);
                let rows = taps * known.edge.shape.channels as usize;
                population(arena, rng, source as u16, known, Connection::Conv2d(window), shape, rows, weights, neurons)
            }
            Layer::Neurons => {
                let shape = known.edge.shape;
                population(arena, rng, source as u16, known, Connection::Identity, shape, 1, Weights::Int8, true)
            }
        };
        if let (Step::Population(population), true) = (&mut step, recipe.rich) {
            enrich(arena, rng, population);
            let read = index + 1 == recipe.layers.len() && recipe.readout.0 == Quantity::Membrane;
            over_time(arena, rng, population, recipe.timesteps, read);
        }
        steps.push(step);
        infos.push(StepInfo { name: format!("layer {index}"), encoding, activity: None });
        known = next;
    }
    let (quantity, reduce) = recipe.readout;
    let readout = Readout { source: steps.len() as u16, quantity, reduce };
    let steps = arena.alloc_slice_copy(&steps);
    let program = Program::new(recipe.input, steps, readout, recipe.timesteps).expect("a sound recipe");
    let name = String::from("random network");
    let input = match recipe.input.kind {
        EdgeKind::Values(kind) => InputEncoding::Integer {
            scale: 1.0,
            bits: if kind == ValueKind::I16 { 16 } else { 8 },
            signed: kind != ValueKind::U8,
        },
        _ => InputEncoding::Spikes,
    };
    Compiled { name, program, input, steps: infos, readout_scale: 1.0, layout: Layout::default() }
}

type Built<'a> = (Step<'a>, Known, Option<WeightEncoding>);

fn pool<'a>(source: u16, from: Known, op: PoolOp, size: [u16; 2], ceil: bool) -> Built<'a> {
    let window = Window { kernel: size, stride: size, padding: [0; 2], dilation: [1; 2] };
    let taps = i64::from(size[0]) * i64::from(size[1]);
    let bound = if op == PoolOp::Sum { from.bound * taps } else { from.bound };
    let kind = match (op, from.edge.kind) {
        (PoolOp::Sum, EdgeKind::Spikes) => EdgeKind::Counts { max: taps as u16 },
        (PoolOp::Sum, EdgeKind::Counts { max }) => EdgeKind::Counts { max: max * taps as u16 },
        (PoolOp::Sum, EdgeKind::Currents { .. }) => EdgeKind::Currents { bits: bits(bound) },
        (_, kind) => kind,
    };
    let edge = Edge { shape: pooled(from.edge.shape, size, ceil), kind, rate: from.edge.rate };
    let typical = if op == PoolOp::Sum { from.typical * (taps as f64).sqrt() } else { from.typical };
    (Step::Pool(Pool { source, op, window, output: edge }), Known { edge, bound, typical }, None)
}

/// Bits of a signed integer whose magnitude is at most `bound`.
fn bits(bound: i64) -> u8 {
    (65 - bound.unsigned_abs().leading_zeros()).clamp(2, 32) as u8
}

#[expect(clippy::too_many_arguments)]
fn population<'a>(
    arena: &'a Bump,
    rng: &mut Rng,
    source: u16,
    from: Known,
    connection: Connection,
    shape: Shape,
    rows: usize,
    weights: Weights,
    neurons: bool,
) -> Built<'a> {
    let width = if connection == Connection::Dense { shape.len() } else { shape.channels as usize };
    let (synapses, largest, encoding) = synapses(arena, rng, connection, rows, width, weights);
    let rows = match (weights, connection) {
        (Weights::Depthwise, Connection::Conv2d(_)) => rows / from.edge.shape.channels as usize,
        _ => rows,
    };
    let bound = largest * rows as i64 * from.bound;
    let typical = (rows as f64).sqrt() * largest as f64 * 0.6 * from.typical;
    // what stays below 2^28 in magnitude fits neurons, bias included
    let room = 28 - i64::from(bits(bound)) + 1;
    let current_shift = match rng.range(0, 2) {
        _ if room < 0 => room - rng.range(0, 3),
        0 => 0,
        1 => rng.range(0, room.min(6)),
        _ => -rng.range(1, 5),
    } as i8;
    let scaled = |x: f64| x * f64::from(current_shift).exp2();
    let typical = scaled(typical).max(1.0);
    let channels = shape.channels as usize;
    let size = typical as i64;
    let bias =
        arena.alloc_slice_fill_with(channels, |_| if rng.chance(60) { rng.range(-size / 2, size) } else { 0 } as i32);
    let bound = scaled(bound as f64).ceil() as i64 + 1 + size;
    let constant = from.edge.rate == Rate::PerSample && !neurons;
    let kind = if neurons { EdgeKind::Spikes } else { EdgeKind::Currents { bits: bits(bound) } };
    let edge = Edge { shape, kind, rate: if constant { Rate::PerSample } else { Rate::PerTimestep } };
    let step = Step::Population(Population {
        projections: arena.alloc_slice_copy(&[Projection { source, delay: 0, connection, synapses }]),
        accumulator_bits: bits(largest * rows as i64 * from.bound),
        current_shift,
        bias,
        neuron: neurons.then(|| neuron(arena, rng, channels, size)),
        output: edge,
    });
    let known = match neurons {
        true => Known { edge, bound: 1, typical: 0.4 },
        false => Known { edge, bound, typical },
    };
    (step, known, encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use snnc::host::trace;

    #[test]
    fn a_seed_gives_one_network_that_runs_and_mostly_spikes() {
        let mut spikes = 0;
        for seed in 0..60 {
            let arena = Bump::new();
            let make = |rng: &mut Rng| {
                let recipe = recipe(rng);
                let compiled = build(&arena, &recipe, rng);
                let samples = samples(&compiled.program, rng, 2);
                (compiled, samples)
            };
            let (compiled, samples) = make(&mut Rng::new(seed));
            assert_eq!((compiled.clone(), samples.clone()), make(&mut Rng::new(seed)));
            let trace = trace(&compiled.program, &samples[0]);
            let last = compiled.program.steps().len() - 1;
            spikes += usize::from(trace.edges[last].iter().flatten().any(|&word| word != 0));
        }
        assert!(spikes > 30, "{spikes} of 60 networks gave an output");
    }
}
