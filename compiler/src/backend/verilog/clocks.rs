//! Predicted clocks: when every frame of every layer is started, finished and read, as the fixed modules do it.
//!
//! Nothing inside a layer ever waits but the item that ends a sum, so a network is a max-plus recurrence over (layer,
//! frame): an item is issued at the latest of *one clock after the item before*, *INTERVAL clocks after the last sum*,
//! and *when the output has room*; a chunk of the window is read at the latest of *one clock after the chunk before*,
//! *when the frame is there*, and *when one of 16 places is free*. The constants are the depths of the modules' pipelines,
//! named after them. Simulation confirms the result to the clock (see the tests of the workspace).

mod adds;
mod columns;
mod engine;
mod items;
mod link;

use snnc_runtime::program::{EdgeKind, Program};

use adds::{Reach, own_adds};
use engine::Engine;
use items::{Items, changes, differing, digits, elements, often, own_spikes, spikes_before};
use link::{Inverter, Link};

use super::bench::{plane_elements, walk};
use super::size::{Front, Layer, Sums, WindowSize};
use super::top::{OUTPUT_WORD, output_frames};
use crate::data::Sample;
use crate::host::Trace;

/// From an item at the lanes to the first group of the finished sum (`snn_lanes`), where an item is one row of weights.
const LANES: u64 = 6;
/// As [`LANES`], behind a codebook (`snn_codebook`).
const CODEBOOK: u64 = 8;
/// As [`LANES`], of a count of a few bits (`snn_popcount`).
const POPCOUNT: u64 = 8;
/// From the encoder's item to the lanes (`snn_encode`, `snn_taps` and `snn_columns`).
const ENCODE: u64 = 3;
/// Shift and bias (`snn_finish`).
const FINISH: u64 = 2;
/// A pool (`snn_pool`).
const POOL: u64 = 1;
/// From a group of own currents to the joined one (`snn_join`).
const JOIN: u64 = 2;
/// From a group of one of several engines to that of all (`snn_turns`).
const TURNS: u64 = 1;
/// The neurons (`snn_neuron`).
const NEURON: u64 = 8;
/// Synaptic currents (`snn_synaptic`).
const SYNAPTIC: u64 = 6;
/// From the last group of a frame to the reader's seeing it (`snn_writer` or `snn_replay`, and `snn_link`).
const WRITTEN: u64 = 2;
/// As [`WRITTEN`], more of it where the reader takes changes (`snn_delta`).
const DELTA: u64 = 1;
/// A base that is added (`snn_base`).
const BASE: u64 = 2;
/// From the start of a timestep to its first group (`snn_replay`).
const REPLAY: u64 = 3;
/// From the last beat of a frame to the start of its copy, at least (`snn_collect`).
const SETTLE: u64 = 5;
/// From a frame's last event to its first word's reader seeing it, beyond the words (`snn_collect`, `snn_link`).
const COLLECTED: u64 = 3;

/// What is predicted of some samples that stand back to back.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Clocks of each sample: from the acceptance of its first beat to that of the next sample's, of the last one to the
    /// last output.
    pub clocks: Vec<u64>,
    /// When each sample's last output is given.
    pub ends: Vec<u64>,
    /// Clocks in which each layer's engine is busy, over all samples.
    pub busy: Vec<u64>,
    /// Adds of each layer, over all samples.
    pub adds: Vec<Adds>,
}

/// Adds of a layer: one for each set element, or digit, of its input or own spike, and each output that it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adds {
    /// Those that it makes.
    pub made: u64,
    /// Those that it would make if what spikes was added, and bits of numbers were.
    pub plain: u64,
}

impl Adds {
    /// Some that no code changes.
    fn add(&mut self, adds: u64) {
        self.made += adds;
        self.plain += adds;
    }
}

/// The clocks of `samples`.
pub fn predict(program: &Program<'_>, layers: &[Layer<'_>], samples: &[Sample], traces: &[Trace]) -> Prediction {
    let mut network = Network::new(program, layers);
    // a layer behind an inverted edge waits for the whole sample, those behind it only for a timestep
    let mut bounds: Vec<usize> = (0..layers.len()).filter(|&index| index == 0 || layers[index].has_base()).collect();
    bounds.push(layers.len());
    for (sample, trace) in samples.iter().zip(traces) {
        for bound in bounds.windows(2) {
            if layers[bound[0]].has_base() {
                network.base(bound[0], sample, trace);
            }
            for t in 0..program.timesteps() as usize {
                (bound[0]..bound[1]).for_each(|index| network.timestep(index, sample, trace, t));
                if bound[1] == layers.len() {
                    network.output(trace, t);
                }
            }
        }
        network.ends.extend(network.given);
    }
    network.prediction()
}

/// The state of every part of a network.
struct Network<'n, 'p> {
    program: &'n Program<'p>,
    layers: &'n [Layer<'p>],
    engines: Vec<Engine>,
    /// Engines of own spikes that join constant currents.
    owns: Vec<Engine>,
    outs: Vec<Link>,
    kepts: Vec<Link>,
    inverters: Vec<Inverter>,
    input: Link,
    /// The frame before, of layers that take changes.
    befores: Vec<Vec<usize>>,
    reaches: Vec<Reach>,
    adds: Vec<Adds>,
    /// When the collector accepts the next beat.
    ready: u64,
    /// When the output stream gave its last.
    given: Option<u64>,
    /// When each sample's first beat was accepted, and its last output given.
    starts: Vec<u64>,
    ends: Vec<u64>,
}

impl<'n, 'p> Network<'n, 'p> {
    fn new(program: &'n Program<'p>, layers: &'n [Layer<'p>]) -> Self {
        let coded = |layer: &Layer<'_>| match &layer.front {
            Front::Window(window) => window.frames(),
            Front::Stream => 0,
        };
        Self {
            program,
            layers,
            engines: layers.iter().map(|layer| Engine::new(layer.copies)).collect(),
            owns: layers.iter().map(|_| Engine::new(1)).collect(),
            outs: (0..layers.len()).map(|index| Link::new(output_frames(layers.get(index + 1)))).collect(),
            kepts: layers.iter().map(|_| Link::new(2)).collect(),
            inverters: layers.iter().map(|layer| Inverter::new(coded(layer))).collect(),
            input: Link::new(2),
            befores: vec![Vec::new(); layers.len()],
            reaches: layers.iter().map(Reach::new).collect(),
            adds: vec![Adds::default(); layers.len()],
            ready: 0,
            given: None,
            starts: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The frame that gives a layer's base.
    fn base(&mut self, index: usize, sample: &Sample, trace: &Trace) {
        let layer = &self.layers[index];
        let Front::Window(window) = &layer.front else { return };
        let frames = (0..layer.timesteps).map(|t| elements(self.program, layer, sample, trace, t).concat());
        let inverted = often(frames, layer.from.len(), layer.timesteps.div_ceil(2));
        let inverter = &mut self.inverters[index];
        inverter.code(window.words() as u64, self.outs[index - 1].full);
        inverter.inverted.clone_from(&inverted);
        let inverted = [inverted];
        self.adds[index].made += self.reaches[index].adds(&inverted);
        let items = Items::new(layer, window, &inverted, &[]);
        // no output comes of it, so there is always room
        let (_, read) = self.engines[index].window(layer, window, &items, inverter.coded.full, 0);
        inverter.coded.read(read);
    }

    /// A timestep of a layer, from its input frame to its output frame.
    fn timestep(&mut self, index: usize, sample: &Sample, trace: &Trace, t: usize) {
        let layer = &self.layers[index];
        let sums = !layer.constant || t == 0;
        let room = match (layer.keeps(), sums) {
            (false, _) => self.outs[index].reserve(),
            (true, true) => self.kepts[index].reserve(),
            (true, false) => 0,
        };
        let finished = if sums { self.sums(index, sample, trace, t, room) } else { 0 };
        let base = u64::from(layer.has_base()) * BASE;
        let drained = finished + drain(layer) + base;
        let pooled = u64::from(layer.pooled_bits.is_some()) * POOL;
        let second = u64::from(layer.second_finish.is_some()) * FINISH;
        let first = drained + u64::from(layer.finish.is_some()) * FINISH + pooled;
        // a second shift stands behind what joins
        let currents = if layer.joined.is_some() { first } else { first + second };
        let neurons = match layer.planned.neurons {
            Some((_, neuron)) if neuron.synaptic.is_empty() => NEURON,
            Some(_) => SYNAPTIC + NEURON,
            None => 0,
        };
        let behind = neurons + u64::from(layer.planned.spike_pool.is_some()) * POOL + WRITTEN;
        let (kept, out) = (&mut self.kepts[index], &mut self.outs[index]);
        if layer.keeps() && sums {
            kept.full = currents + WRITTEN;
        }
        let last = t + 1 == layer.timesteps;
        out.full = if let Some(joined) = &layer.joined {
            let own = &mut self.owns[index];
            let spikes = spikes_before(self.program, layer, trace, t);
            if let Some(own) = &layer.planned.joined {
                self.adds[index].add(own_adds(own, layer.channels, spikes.len()));
            }
            let done = own.own_alone(&joined.engine, &spikes, kept.full, out.reserve());
            let end = done + ENCODE + drain(&joined.engine);
            if last {
                kept.read(end + 1);
            }
            own.own = end + JOIN + second + neurons + WRITTEN;
            end + JOIN + second + behind
        } else if layer.replays() {
            let start = self.engines[index].replay(layer, t == 0, kept.full, out.reserve());
            if last {
                kept.read(start + layer.period() as u64);
            }
            start + REPLAY + last_word(layer) + behind
        } else {
            currents + behind
        };
        if self.layers.get(index + 1).is_some_and(Layer::takes_changes) {
            out.full += DELTA;
        }
        self.engines[index].own = currents + neurons + WRITTEN;
    }

    /// The sums of a frame; gives when the last one's last item is at the lanes.
    fn sums(&mut self, index: usize, sample: &Sample, trace: &Trace, t: usize, room: u64) -> u64 {
        let (layer, program) = (&self.layers[index], self.program);
        match &layer.front {
            Front::Stream => {
                let frame = &sample.frames[t.min(sample.frames.len() - 1)];
                let engine = &mut self.engines[index];
                if t == 0 {
                    self.starts.push(engine.accepts());
                }
                let events = plane_elements(frame, layer.from.len(), layer.planes);
                self.adds[index].add(self.reaches[index].adds(&events));
                let beats = events.iter().map(|plane| plane.len().div_ceil(layer.slots).max(1) as u64).sum();
                engine.stream(beats, layer.interval as u64, room)
            }
            Front::Window(window) => {
                let mut elements = elements(program, layer, sample, trace, t);
                self.adds[index].plain += self.reaches[index].adds(&elements);
                if layer.takes_changes() {
                    elements = vec![changes(&mut self.befores[index], elements.concat())];
                }
                if layer.has_base() {
                    elements = vec![differing(&self.inverters[index].inverted, &elements.concat())];
                }
                if window.collected {
                    self.collect(window, t, &elements);
                }
                if let Some(count) = layer.digits() {
                    elements = digits(&elements, count);
                }
                self.adds[index].made += self.reaches[index].adds(&elements);
                elements.iter_mut().for_each(|plane| *plane = window.stacked(plane));
                let own = own_spikes(program, layer, trace, t);
                if let Some(taken) = &layer.planned.own {
                    self.adds[index].add(own_adds(taken, layer.channels, own.len()));
                }
                let link = if window.collected {
                    &mut self.input
                } else if layer.has_base() {
                    let inverter = &mut self.inverters[index];
                    let before = &mut self.outs[index - 1];
                    before.read(inverter.code(window.words() as u64, before.full));
                    &mut inverter.coded
                } else {
                    &mut self.outs[index - 1]
                };
                let items = Items::new(layer, window, &elements, &own);
                let (last, read) = self.engines[index].window(layer, window, &items, link.full, room);
                link.read(read);
                last + ENCODE
            }
        }
    }

    /// A frame of the input stream, collected.
    fn collect(&mut self, window: &WindowSize, t: usize, elements: &[Vec<usize>]) {
        if t == 0 {
            self.starts.push(self.ready);
        }
        let beats: usize = elements.iter().map(|plane| plane.len().max(1)).sum();
        let copy = (self.ready + beats as u64 - 1 + SETTLE).max(self.input.reserve());
        self.ready = copy + window.collected_words() as u64 + 1;
        self.input.full = copy + window.collected_words() as u64 + COLLECTED;
    }

    /// A timestep of the output stream.
    fn output(&mut self, trace: &Trace, t: usize) {
        let out = self.outs.last_mut().expect("a network has a layer");
        let fetch = out.full.max(self.given.map_or(0, |given| given + 1)) + 1;
        let words = output_words(self.layers).map(|range| 3 + spikes_in(self.program, trace, t, range));
        let end = fetch + words.sum::<u64>();
        out.read(end);
        self.given = Some(end);
    }

    fn prediction(self) -> Prediction {
        let nexts = self.starts.iter().skip(1).copied().chain(self.given);
        let clocks = self.starts.iter().zip(nexts).map(|(start, end)| end - start).collect();
        // the two engines of a layer work side by side
        let busy = self.engines.iter().zip(&self.owns).map(|(engine, own)| engine.busy().max(own.busy())).collect();
        Prediction { clocks, ends: self.ends, busy, adds: self.adds }
    }
}

/// From the item that ends a layer's sum at the lanes to the sum's last group.
fn drain(layer: &Layer<'_>) -> u64 {
    let lanes = match (layer.codewords, layer.sums, &layer.front) {
        (Some(_), ..) => CODEBOOK,
        // nines of bits are added up pair by pair
        (None, Sums::Popcount, Front::Window(window)) => {
            POPCOUNT + u64::from(window.chunk.div_ceil(9).next_power_of_two().ilog2())
        }
        (None, Sums::Gather | Sums::Popcount | Sums::Depthwise { .. }, _) => LANES + u64::from(layer.slots.ilog2()),
    };
    let turns = if layer.copies > 1 { TURNS } else { 0 };
    lanes + (layer.lanes / layer.group) as u64 - 1 + turns
}

/// Number of the last group of neurons of a timestep that counts for what the layer gives.
fn last_word(layer: &Layer<'_>) -> u64 {
    let (Front::Window(window), Some(_)) = (&layer.front, layer.planned.spike_pool) else {
        return layer.words as u64 - 1;
    };
    let kept = |at: &[usize; 2]| (0..2).all(|axis| at[axis] - at[axis] % window.pool[axis] < window.keep[axis]);
    let last = walk(window).iter().rposition(kept).unwrap_or(0);
    ((last + 1) * layer.groups()) as u64 - 1
}

/// Elements of each word of the output stream's memory.
fn output_words(layers: &[Layer<'_>]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let outputs = layers.last().map_or(0, |layer| layer.output().0.len());
    (0..outputs).step_by(OUTPUT_WORD).map(move |first| first..(first + OUTPUT_WORD).min(outputs))
}

/// Output spikes of a timestep among some elements.
fn spikes_in(program: &Program<'_>, trace: &Trace, t: usize, range: std::ops::Range<usize>) -> u64 {
    let last = program.steps().len();
    match program.edge(last).kind {
        EdgeKind::Spikes => {
            let frame = &trace.edges[last - 1][t];
            range.map(|i| u64::from(frame[i / 32] >> (i % 32) & 1)).sum()
        }
        EdgeKind::Counts { .. } | EdgeKind::Currents { .. } | EdgeKind::Values(_) => 0,
    }
}
