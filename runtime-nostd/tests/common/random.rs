//! Random small networks that `Program::new` accepts, and samples for them. What the compiler proves — that no
//! accumulator and no current overflows — is kept by construction: every edge knows the largest magnitude it carries.
use super::Frame;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate,
    Readout, Reduce, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, ValueKind, Window, words,
};

/// Splitmix64: any seed gives a good sequence.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `low..=high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.range(0, choices.len() as i64 - 1) as usize]
    }
}

/// The tables of a random network live as long as the test.
fn leak<T>(table: Vec<T>) -> &'static [T] {
    Vec::leak(table)
}

/// An edge while the network grows, and the largest magnitude it can carry.
#[derive(Clone, Copy)]
struct Grown {
    edge: Edge,
    largest: i64,
}

/// A random network of one to five steps.
pub fn program(rng: &mut Rng) -> Program<'static> {
    let input = input(rng);
    let mut edges = vec![input];
    let mut steps = Vec::new();
    let count = rng.range(1, 5) as usize;
    let chained = rng.chance(40);
    for i in 0..count {
        let pools = edges.iter().enumerate().filter(|(_, e)| !matches!(e.edge.kind, EdgeKind::Values(_))).count();
        let step = if i + 1 < count && pools > 0 && rng.chance(if chained { 50 } else { 25 }) {
            pool(rng, &edges, chained)
        } else {
            population(rng, &edges, count, chained)
        };
        edges.push(step.1);
        steps.push(step.0);
    }
    if !chained {
        add_feedback(rng, &edges, &mut steps);
    }
    let (readout, timesteps) = (readout(rng, &steps), rng.range(1, 7) as u32);
    for (index, step) in steps.iter_mut().enumerate() {
        let read = readout.quantity == Quantity::Membrane && usize::from(readout.source) == index + 1;
        if let Step::Population(Population { neuron: Some(neuron), accumulator_bits, current_shift, .. }) = step {
            // so that no sum of 7 timesteps leaves 30 bits
            if rng.chance(20) && i16::from(*accumulator_bits) + i16::from(*current_shift) <= 18 {
                (neuron.mix, neuron.synaptic) = (Some(mix(rng, timesteps)), &[]);
                if neuron.reset_timing == ResetTiming::Clearing {
                    neuron.reset_timing = ResetTiming::Overriding;
                }
            }
            over_time(rng, neuron, timesteps, read);
        }
    }
    Program::new(input.edge, leak(steps), readout, timesteps).expect("the generator follows the contract")
}

/// Two or three samples of random frames; timesteps are silent now and then.
pub fn samples(rng: &mut Rng, program: &Program<'_>) -> Vec<Vec<Frame>> {
    let input = program.input();
    let frames = if input.rate == Rate::PerSample { 1 } else { program.timesteps() };
    let frame = |rng: &mut Rng| -> Frame {
        let active = rng.pick(&[0, 10, 50, 100]);
        let (low, high) = match input.kind {
            EdgeKind::Values(ValueKind::U8) => (0, 255),
            EdgeKind::Values(ValueKind::I8) => (-128, 127),
            EdgeKind::Values(ValueKind::I16) => (-32768, 32767),
            _ => (1, 1),
        };
        (0..input.shape.len()).map(|_| if rng.chance(active) { rng.range(low, high) as i32 } else { 0 }).collect()
    };
    (0..rng.range(2, 3)).map(|_| (0..frames).map(|_| frame(rng)).collect()).collect()
}

fn input(rng: &mut Rng) -> Grown {
    let shape = if rng.chance(40) {
        Shape::vector(rng.range(1, 100) as u32)
    } else {
        Shape { height: rng.range(1, 7) as u32, width: rng.range(1, 7) as u32, channels: rng.range(1, 5) as u32 }
    };
    let (kind, largest) = rng.pick(&[
        (EdgeKind::Spikes, 1),
        (EdgeKind::Spikes, 1),
        (EdgeKind::Values(ValueKind::U8), 255),
        (EdgeKind::Values(ValueKind::I8), 128),
        (EdgeKind::Values(ValueKind::I16), 32768),
    ]);
    let rate = rng.pick(&[Rate::PerSample, Rate::PerTimestep]);
    Grown { edge: Edge { shape, kind, rate }, largest }
}

fn window(rng: &mut Rng, from: Shape) -> Window {
    let pair = |rng: &mut Rng, low, high| [rng.range(low, high) as u16, rng.range(low, high) as u16];
    let kernel = [rng.range(1, 3.min(from.height.into())) as u16, rng.range(1, 4.min(from.width.into())) as u16];
    Window { kernel, stride: pair(rng, 1, 3), padding: pair(rng, 0, 3), dilation: pair(rng, 1, 3) }
}

/// As many windows as start inside the padded map, or fewer.
fn slid(rng: &mut Rng, window: &Window, from: Shape) -> [u32; 2] {
    [(0, from.height), (1, from.width)].map(|(axis, size)| {
        let room = size + u32::from(window.padding[axis]);
        rng.range(1, i64::from(room.div_ceil(window.stride[axis].into()).min(8))) as u32
    })
}

/// A pool; of a chain, of the last edge that is no value, with windows apart mostly.
fn pool(rng: &mut Rng, edges: &[Grown], chained: bool) -> (Step<'static>, Grown) {
    let mut sources = (0..edges.len()).filter(|&i| !matches!(edges[i].edge.kind, EdgeKind::Values(_)));
    let source = if chained { sources.next_back() } else { Some(rng.pick(&sources.collect::<Vec<_>>())) };
    let source = source.expect("a pool is asked for where there is an edge for it");
    let from = edges[source];
    let mut window = window(rng, from.edge.shape);
    if chained && rng.chance(80) {
        window.stride = [0, 1].map(|axis| (window.kernel[axis] - 1) * window.dilation[axis] + 1);
    }
    let [height, width] = slid(rng, &window, from.edge.shape);
    let taps = i64::from(window.kernel[0]) * i64::from(window.kernel[1]);
    let op = if from.largest * taps > 65_535 { PoolOp::Max } else { rng.pick(&[PoolOp::Max, PoolOp::Sum]) };
    let largest = if op == PoolOp::Sum { from.largest * taps } else { from.largest };
    let kind = match (op, from.edge.kind) {
        (PoolOp::Max, kind) => kind,
        (PoolOp::Sum, EdgeKind::Currents { .. }) => EdgeKind::Currents { bits: bits_of(largest) },
        (PoolOp::Sum, _) => EdgeKind::Counts { max: largest as u16 },
    };
    let shape = Shape { height, width, channels: from.edge.shape.channels };
    let output = Edge { shape, kind, rate: from.edge.rate };
    (Step::Pool(Pool { source: source as u16, op, window, output }), Grown { edge: output, largest })
}

/// Bits of a signed integer that holds `-largest..=largest`.
fn bits_of(largest: i64) -> u8 {
    (64 - largest.leading_zeros() + 1).max(2) as u8
}

/// A population; of a chain, of the edge before it, one to one mostly where that carries currents.
fn population(rng: &mut Rng, edges: &[Grown], count: usize, chained: bool) -> (Step<'static>, Grown) {
    let before = edges.len() - 1;
    let first = if chained { before } else { rng.range(before as i64 - 1, before as i64).max(0) as usize };
    let from = edges[first].edge.shape;
    let one_to_one = chained && matches!(edges[first].edge.kind, EdgeKind::Currents { .. }) && rng.chance(80);
    let (connection, shape) = match rng.range(0, 2) {
        _ if one_to_one => (Connection::Identity, from),
        0 => (Connection::Dense, Shape::vector(rng.range(1, 90) as u32)),
        1 => (Connection::Identity, from),
        _ => {
            let window = window(rng, from);
            let [height, width] = slid(rng, &window, from);
            (Connection::Conv2d(window), Shape { height, width, channels: rng.range(1, 40) as u32 })
        }
    };
    let mut projections = vec![projection(rng, (first, edges[first].largest), 0, connection, from, shape)];
    while projections.len() < 3 && rng.chance(if chained { 5 } else { 30 }) {
        let source = rng.range(0, edges.len() as i64 - 1) as usize;
        let from = edges[source].edge.shape;
        let delays = matches!(edges[source].edge.kind, EdgeKind::Spikes | EdgeKind::Counts { .. });
        let delay = if delays && rng.chance(40) { rng.range(1, 3) } else { 0 };
        let connection = joined(rng, from, shape);
        projections.push(projection(rng, (source, edges[source].largest), delay, connection, from, shape));
    }
    let has_neurons = rng.chance(if chained { 50 } else { 70 });
    if has_neurons && edges.len() <= count && rng.chance(if chained { 5 } else { 30 }) {
        // its own spikes
        let delay = rng.range(1, 3);
        let connection = joined(rng, shape, shape);
        projections.push(projection(rng, (edges.len(), MOST_SPIKES), delay, connection, shape, shape));
    }
    let largest: i64 = projections.iter().map(|p| largest_sum(p, edges, shape)).sum::<i64>().max(1);
    // room for a dense projection of spikes that is added at the end
    let (accumulator_bits, largest) =
        if has_neurons { (bits_of(largest + FEEDBACK), largest + FEEDBACK) } else { (bits_of(largest), largest) };
    assert!(accumulator_bits <= 32, "a random network must stay small");
    // what feeds further populations stays small
    let limit: i64 = if has_neurons { 1 << 28 } else { 1 << 16 };
    let shifts: Vec<i8> = (-20..=6).filter(|&n| shifted(largest, n) < limit).collect();
    let current_shift = if shifts.contains(&0) && rng.chance(60) { 0 } else { rng.pick(&shifts) };
    let largest = shifted(largest, current_shift);
    let channels = shape.channels as usize;
    let small = (largest / 4).clamp(1, 1000);
    let bias = leak((0..channels).map(|_| if rng.chance(50) { 0 } else { rng.range(-small, small) as i32 }).collect());
    let constant = projections
        .iter()
        .all(|p| p.delay == 0 && edges.get(usize::from(p.source)).is_some_and(|e| e.edge.rate == Rate::PerSample));
    let neuron = has_neurons.then(|| neuron(rng, shape, largest));
    let (kind, rate, largest) = match neuron.map(|neuron| neuron.max_spikes) {
        Some(1) => (EdgeKind::Spikes, Rate::PerTimestep, 1),
        Some(max) => (EdgeKind::Counts { max }, Rate::PerTimestep, max.into()),
        None => {
            let rate = if constant { Rate::PerSample } else { Rate::PerTimestep };
            (EdgeKind::Currents { bits: bits_of(largest + small) }, rate, largest + small)
        }
    };
    let output = Edge { shape, kind, rate };
    let population =
        Population { projections: leak(projections), accumulator_bits, current_shift, bias, neuron, output };
    (Step::Population(population), Grown { edge: output, largest })
}

/// Most spikes of a neuron in one timestep.
const MOST_SPIKES: i64 = 9;

/// What a projection added by [`add_feedback`] can bring at most: 127 a synapse from at most 500 spikes.
const FEEDBACK: i64 = 128 * 500;

fn shifted(largest: i64, shift: i8) -> i64 {
    if shift >= 0 { largest << shift } else { (largest + (1 << (-shift - 1))) >> -shift }
}

/// A connection between two given shapes.
fn joined(rng: &mut Rng, from: Shape, to: Shape) -> Connection {
    if from == to && rng.chance(50) {
        return Connection::Identity;
    }
    let window = window(rng, from);
    let fits = |axis: usize, from: u32, to: u32| {
        (to - 1) * u32::from(window.stride[axis]) < from + u32::from(window.padding[axis])
    };
    let fits = fits(0, from.height, to.height) && fits(1, from.width, to.width);
    if fits && rng.chance(60) { Connection::Conv2d(window) } else { Connection::Dense }
}

/// `source` is the edge and the largest magnitude on it.
fn projection(
    rng: &mut Rng,
    (source, largest): (usize, i64),
    delay: i64,
    connection: Connection,
    from: Shape,
    to: Shape,
) -> Projection<'static> {
    let (rows, width) = match connection {
        Connection::Dense => (from.len(), to.len()),
        Connection::Identity => (1, to.channels as usize),
        Connection::Conv2d(window) => (
            usize::from(window.kernel[0]) * usize::from(window.kernel[1]) * from.channels as usize,
            to.channels as usize,
        ),
    };
    let synapses = if rng.chance(40) {
        let room = (1 << 28) / (largest * rows as i64);
        let span = rng.pick(&[1, 20, 128]).min(room).max(1);
        let weights = (0..rows * width).map(|_| rng.range(-span, span.min(127)) as i8).collect();
        Synapses::Int8 { weights: leak(weights) }
    } else if rng.chance(60) {
        few_bits(rng, connection, from.channels as usize, rows, width)
    } else {
        Synapses::Binary { signs: leak((0..rows * words(width)).map(|_| rng.next() as u32).collect()) }
    };
    Projection { source: source as u16, delay: delay as u8, connection, synapses }
}

/// Weights of another encoding than a byte or a sign each.
fn few_bits(rng: &mut Rng, connection: Connection, channels_in: usize, rows: usize, width: usize) -> Synapses<'static> {
    let mut random = |len: usize| leak((0..len).map(|_| rng.next() as u32).collect());
    let taps = rows / channels_in.max(1);
    if matches!(connection, Connection::Conv2d(_)) && taps <= 32 && random(1)[0] % 2 == 0 {
        let index_bits = (random(1)[0] % 6) as u8 + 1;
        let indices = random(channels_in * words(width * usize::from(index_bits)));
        return Synapses::Codebook { index_bits, codewords: random(1 << index_bits), indices };
    }
    if connection == Connection::Dense && random(1)[0] % 3 == 0 {
        let mut codewords = random(256).to_vec();
        codewords[0] = 0;
        let indices = random(rows * words(width)).iter().map(|&word| word as u8).collect();
        return Synapses::Codewords { codewords: leak(codewords), indices: leak(indices) };
    }
    if random(1)[0] % 8 == 0 {
        let columns: Vec<u16> = random(rows).iter().map(|&word| (word % width as u32) as u16).collect();
        let weights: Vec<i8> = (0..rows).map(|_| rng.range(-20, 20) as i8).collect();
        return Synapses::Sparse { starts: &[], columns: leak(columns), weights: leak(weights) };
    }
    if random(1)[0] % 3 == 0 {
        let (mut starts, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for _ in 0..rows {
            let entries = (0..width).filter(|_| rng.chance(30)).map(|column| column as u16);
            columns.extend(entries.collect::<Vec<_>>());
            starts.push(columns.len() as u32);
        }
        weights.extend(columns.iter().map(|_| rng.range(-20, 20) as i8));
        return Synapses::Sparse { starts: leak(starts), columns: leak(columns), weights: leak(weights) };
    }
    let odd = random(1)[0] % 2 == 0;
    let bits = (random(1)[0] % 4) as u8 + if odd { 1 } else { 2 };
    if bits == 4 {
        return Synapses::Nibbles { odd, nibbles: random(rows * words(4 * width)) };
    }
    Synapses::Planes { bits, odd, planes: random(rows * words(usize::from(bits) * width)) }
}

/// The largest magnitude that a projection can bring to one element.
fn largest_sum(projection: &Projection<'_>, edges: &[Grown], own: Shape) -> i64 {
    let (from, largest) = match edges.get(usize::from(projection.source)) {
        Some(grown) => (grown.edge.shape, grown.largest),
        None => (own, MOST_SPIKES),
    };
    let fan_in = match projection.connection {
        Connection::Dense => from.len() as i64,
        Connection::Identity => 1,
        Connection::Conv2d(w) => i64::from(w.kernel[0]) * i64::from(w.kernel[1]) * i64::from(from.channels),
    };
    let weight = match projection.synapses {
        Synapses::Int8 { weights } => weights.iter().map(|&w| i64::from(w).abs()).max().unwrap_or(0),
        Synapses::Sparse { weights, .. } => weights.iter().map(|&w| i64::from(w).abs()).max().unwrap_or(0),
        Synapses::Binary { .. } | Synapses::Codewords { .. } | Synapses::Codebook { .. } => 1,
        Synapses::Nibbles { odd, .. } => 8 << u8::from(odd),
        Synapses::Planes { bits, odd, .. } => 1 << (bits - 1 + u8::from(odd)),
    };
    fan_in * weight * largest
}

fn leak_beside(rng: &mut Rng, channels: usize) -> (Leak<'static>, u8) {
    match rng.range(0, 3) {
        0 => (Leak::None, 30),
        1 => (Leak::Shift(rng.pick(&[1, 2, 4, 30])), 30),
        2 => {
            let shift = rng.range(1, 12) as u8;
            (Leak::Multiply { factor: rng.range(0, (1 << shift) - 1) as u16, shift }, 31 - shift)
        }
        _ => {
            let shift = rng.range(1, 12) as u8;
            let factors = leak((0..channels).map(|_| rng.range(0, 1 << shift) as u16).collect());
            (Leak::MultiplyEach { factors, shift }, 31 - shift)
        }
    }
}

fn neuron(rng: &mut Rng, shape: Shape, largest: i64) -> Neuron<'static> {
    let channels = shape.channels as usize;
    let (leak_kind, most) = leak_beside(rng, channels);
    let synaptic = (0..rng.pick(&[0, 0, 1, 2])).map(|_| {
        let (leak, most) = leak_beside(rng, channels);
        let bits = (i64::from(bits_of(largest)) + rng.range(-4, 4)).clamp(2, most.min(29).into()) as u8;
        Synaptic { leak, bits, negative: rng.chance(40) }
    });
    let synaptic = leak(synaptic.collect());
    // narrow enough to saturate now and then, wide enough to integrate otherwise
    let membrane_bits = (i64::from(bits_of(largest)) + rng.range(-8, 3)).clamp(2, most.into()) as u8;
    let reach = (largest / rng.pick(&[1, 8, 64])).clamp(1, 1 << 24);
    let max_spikes = if rng.chance(25) { rng.range(2, MOST_SPIKES) as u16 } else { 1 };
    let lowest = if max_spikes > 1 { 1 } else { -reach / 8 };
    let threshold = (0..channels).map(|_| rng.range(lowest, reach) as i32).collect();
    let half = 1_i64 << (membrane_bits - 1);
    let mut reset = match rng.range(0, 2) {
        0 => Reset::None,
        1 => Reset::ToValue(leak(
            (0..channels).map(|_| if rng.chance(50) { 0 } else { rng.range(-half, half - 1) as i32 }).collect(),
        )),
        _ => Reset::Subtract(leak((0..channels).map(|_| rng.range(-reach / 8, reach) as i32).collect())),
    };
    use ResetTiming::{Clearing, Delayed, Immediate, Overriding};
    let mut reset_timing = match max_spikes {
        1 => rng.pick(&[Immediate, Delayed, Overriding, Clearing]),
        _ => ResetTiming::Immediate,
    };
    if reset_timing == ResetTiming::Clearing && synaptic.is_empty() {
        reset_timing = ResetTiming::Overriding;
    }
    let overriding = matches!(reset_timing, ResetTiming::Overriding | ResetTiming::Clearing);
    if overriding && !matches!(reset, Reset::ToValue(_)) {
        reset = Reset::ToValue(leak(vec![-1; channels]));
    }
    let at_once = reset_timing == ResetTiming::Immediate;
    let floor = (at_once && rng.chance(30))
        .then(|| leak((0..channels).map(|_| rng.range(-half, half / 4) as i32).collect::<Vec<i32>>()));
    let inhibition = !at_once && shape.positions() == 1 && rng.chance(40);
    Neuron {
        synaptic,
        leak: leak_kind,
        threshold: leak(threshold),
        reset,
        reset_timing,
        membrane_bits,
        max_spikes,
        floor,
        stored: None,
        mix: None,
        inhibition,
    }
}

/// Gives neurons thresholds for each timestep, or takes their membranes, now and then.
fn over_time(rng: &mut Rng, neuron: &mut Neuron<'static>, timesteps: u32, read: bool) {
    if rng.chance(15) && !read {
        (neuron.leak, neuron.reset, neuron.floor) = (Leak::All, Reset::None, None);
        neuron.reset_timing = ResetTiming::Immediate; // of no reset
    }
    if rng.chance(25) && neuron.reset_timing == ResetTiming::Immediate && !neuron.inhibition && !neuron.is_stateless() {
        (neuron.floor, neuron.stored) = (None, Some(staircase(rng, neuron)));
    }
    let once = neuron.reset_timing == ResetTiming::Immediate || neuron.reset == Reset::None;
    if rng.chance(30) && once && !neuron.inhibition {
        let thresholds = neuron.threshold.repeat(timesteps as usize).into_iter();
        neuron.threshold = leak(thresholds.map(|t| t + rng.range(0, 1 + i64::from(t.abs()) / 4) as i32).collect());
    }
}

/// A mix of the currents of all timesteps.
fn mix(rng: &mut Rng, timesteps: u32) -> Mix<'static> {
    let weights = (0..timesteps * timesteps).map(|_| rng.range(-128, 127) as i8).collect();
    Mix { weights: leak(weights), timesteps: timesteps as u8 }
}

/// One to fourteen steps between the levels that a membrane takes, for all channels or each.
fn staircase(rng: &mut Rng, neuron: &Neuron<'_>) -> Staircase<'static> {
    let rows = if rng.chance(50) { 1 } else { neuron.threshold.len() };
    let steps = rng.pick(&[1, 2, 3, 14]);
    let half = 1_i64 << (neuron.membrane_bits - 1);
    let mut table = |width: usize, reach: i64| {
        let row = |_| {
            let mut row: Vec<i32> = (0..width).map(|_| rng.range(-reach, reach - 1) as i32).collect();
            row.sort_unstable();
            row
        };
        leak((0..rows).flat_map(row).collect::<Vec<i32>>())
    };
    Staircase { thresholds: table(steps, half), levels: table(steps + 1, half), steps: steps as u8 }
}

/// Adds a delayed projection from a later population's spikes to an earlier population, now and then.
fn add_feedback(rng: &mut Rng, edges: &[Grown], steps: &mut [Step<'static>]) {
    for step in steps.iter_mut() {
        let Step::Population(population) = step else { continue };
        if population.neuron.is_none() || !rng.chance(25) {
            continue;
        }
        let source = rng.range(1, edges.len() as i64 - 1) as usize;
        let from = edges[source].edge;
        if !matches!(from.kind, EdgeKind::Spikes) || from.shape.len() > 500 {
            continue;
        }
        let delay = rng.range(1, 3);
        let mut projections = population.projections.to_vec();
        projections.push(projection(rng, (source, 1), delay, Connection::Dense, from.shape, population.output.shape));
        population.projections = leak(projections);
    }
}

fn readout(rng: &mut Rng, steps: &[Step<'_>]) -> Readout {
    let populations: Vec<usize> = (0..steps.len()).filter(|&i| matches!(steps[i], Step::Population(_))).collect();
    let step = rng.pick(&populations);
    let has_neurons = matches!(steps[step].output().kind, EdgeKind::Spikes | EdgeKind::Counts { .. });
    let quantity = if has_neurons { rng.pick(&[Quantity::Spikes, Quantity::Membrane]) } else { Quantity::Current };
    // a sum of currents stays in 32 bits
    let small = match steps[step].output().kind {
        EdgeKind::Currents { bits } => bits <= 28,
        _ => quantity == Quantity::Spikes,
    };
    let reduce = if small {
        rng.pick(&[Reduce::Sum, Reduce::Last, Reduce::Max, Reduce::First])
    } else {
        rng.pick(&[Reduce::Last, Reduce::Max, Reduce::First])
    };
    Readout { source: step as u16 + 1, quantity, reduce }
}
