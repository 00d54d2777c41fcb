//! Predicted clocks: when every frame of every layer is started, finished and read, as the fixed modules do it.
//!
//! Nothing inside a layer ever waits but the item that ends a sum, so a network is a max-plus recurrence over (layer,
//! frame): an item is issued at the latest of *one clock after the item before*, *INTERVAL clocks after the last sum*,
//! and *when the output has room*; a chunk of the window is read at the latest of *one clock after the chunk before*,
//! *when the frame is there*, and *when one of 16 places is free*. The constants are the depths of the modules' pipelines,
//! named after them. Simulation confirms the result to the clock (see the tests of the workspace).

mod adds;
mod items;

use std::collections::VecDeque;

use snnc_runtime::program::{EdgeKind, Program};

use adds::Reach;
use items::{Counts, Items, Presence, changes, differing, digits, elements, often, own_spikes, spikes_before};

use super::bench::{plane_elements, walk};
use super::size::{Front, Layer, WindowSize};
use super::top::{OUTPUT_WORD, output_frames};
use crate::data::Sample;
use crate::host::Trace;

/// From an item at the lanes to the first group of the finished sum (`snn_lanes`), where an item is one row of weights.
const LANES: u64 = 6;
/// As [`LANES`], behind a codebook (`snn_codebook`).
const CODEBOOK: u64 = 8;
/// From the encoder's item to the lanes (`snn_encode` and `snn_taps`).
const ENCODE: u64 = 3;
/// From a read of the window to a chunk that the encoder can take (`snn_window`).
const WINDOW: u64 = 7;
/// Chunks that wait for the encoder (`snn_window`).
const ROOM: usize = 16;
/// Shift and bias (`snn_finish`).
const FINISH: u64 = 2;
/// A pool (`snn_pool`).
const POOL: u64 = 1;
/// From a group of own currents to the joined one (`snn_join`).
const JOIN: u64 = 2;
/// The neurons (`snn_neuron`).
const NEURON: u64 = 8;
/// Synaptic currents (`snn_synaptic`).
const SYNAPTIC: u64 = 6;
/// From the last group of a frame to the reader's seeing it (`snn_writer` or `snn_replay`, and `snn_link`).
const WRITTEN: u64 = 2;
/// As [`WRITTEN`], more of it where the reader takes changes (`snn_delta`).
const DELTA: u64 = 1;
/// From the start of a frame's coding to its last word's way to the writer, beyond the words (`snn_invert`).
const INVERT: u64 = 2;
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
    /// Clocks in which each layer's engine is busy, over all samples.
    pub busy: Vec<u64>,
    /// Adds of each layer, over all samples.
    pub adds: Vec<Adds>,
}

/// Adds of a layer: one for each set element, or digit, of its input and each output that it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adds {
    /// Those that it makes.
    pub made: u64,
    /// Those that it would make if what spikes was added, and bits of numbers were.
    pub plain: u64,
}

/// A buffer of some frames: when they can be read, and when they have been.
struct Link {
    /// How many it holds.
    frames: usize,
    /// When the newest frame can be read.
    full: u64,
    /// Frames that were reserved.
    reserved: usize,
    /// When the last frames were read, oldest first.
    reads: VecDeque<u64>,
    /// Frames read before those.
    forgotten: usize,
}

impl Link {
    fn new(frames: usize) -> Self {
        Self { frames, full: 0, reserved: 0, reads: VecDeque::new(), forgotten: 0 }
    }

    /// Reserves the next frame; gives from when on there is room for it.
    fn reserve(&mut self) -> u64 {
        let frame = self.reserved;
        self.reserved += 1;
        let Some(before) = frame.checked_sub(self.frames) else { return 0 };
        let read = self.reads[before - self.forgotten];
        while self.forgotten < before {
            self.reads.pop_front();
            self.forgotten += 1;
        }
        read + 1
    }

    fn read(&mut self, clock: u64) {
        self.reads.push_back(clock);
    }
}

/// What an engine remembers from frame to frame.
#[derive(Default)]
struct Engine {
    /// When the window was last read.
    read: Option<u64>,
    /// When the last chunks were taken by the encoder, oldest first.
    taken: VecDeque<u64>,
    /// When the last chunk of channels came into the encoder's hand.
    in_hand: u64,
    /// When the last item was issued (of the stream: when the next beat is accepted).
    issued: u64,
    /// When the last sum was finished.
    done: Option<u64>,
    /// When the replay last started a timestep.
    started: Option<u64>,
    /// When the layer's own spikes of the timestep before can be read.
    own: u64,
    /// Clocks spent.
    busy: u64,
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
    starts: Vec<u64>,
}

/// What makes the inverted code of a layer's input (`snn_invert`).
struct Inverter {
    /// What the layer reads.
    coded: Link,
    /// When it last started a frame.
    started: Option<u64>,
    /// The elements that are inverted in this sample.
    inverted: Vec<usize>,
}

impl Inverter {
    /// Codes a frame of `words` words, `from` a clock on; gives when all of it has been read.
    fn code(&mut self, words: u64, from: u64) -> u64 {
        let start = self.started.map_or(0, |start| start + words).max(from).max(self.coded.reserve());
        self.started = Some(start);
        self.coded.full = start + words + INVERT + WRITTEN;
        start + words
    }
}

impl<'n, 'p> Network<'n, 'p> {
    fn new(program: &'n Program<'p>, layers: &'n [Layer<'p>]) -> Self {
        let coded = |layer: &Layer<'_>| match &layer.front {
            Front::Window(window) => window.frames(),
            Front::Stream => 0,
        };
        let inverter = |layer| Inverter { coded: Link::new(coded(layer)), started: None, inverted: Vec::new() };
        Self {
            program,
            layers,
            engines: layers.iter().map(|_| Engine::default()).collect(),
            owns: layers.iter().map(|_| Engine::default()).collect(),
            outs: (0..layers.len()).map(|index| Link::new(output_frames(layers.get(index + 1)))).collect(),
            kepts: layers.iter().map(|_| Link::new(2)).collect(),
            inverters: layers.iter().map(inverter).collect(),
            input: Link::new(2),
            befores: vec![Vec::new(); layers.len()],
            reaches: layers.iter().map(Reach::new).collect(),
            adds: vec![Adds::default(); layers.len()],
            ready: 0,
            given: None,
            starts: Vec::new(),
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
                    self.starts.push(engine.issued);
                }
                let events = plane_elements(frame, layer.from.len(), layer.planes);
                let adds = self.reaches[index].adds(&events);
                self.adds[index].made += adds;
                self.adds[index].plain += adds;
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
                let own = own_spikes(program, layer, trace, t);
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
        let ends = self.starts.iter().skip(1).copied().chain(self.given);
        let clocks = self.starts.iter().zip(ends).map(|(start, end)| end - start).collect();
        // the two engines of a layer work side by side
        let busy = self.engines.iter().zip(&self.owns).map(|(engine, own)| engine.busy.max(own.busy)).collect();
        Prediction { clocks, busy, adds: self.adds }
    }
}

/// From the item that ends a layer's sum at the lanes to the sum's last group.
fn drain(layer: &Layer<'_>) -> u64 {
    let lanes = if layer.codewords.is_some() { CODEBOOK } else { LANES + u64::from(layer.slots.ilog2()) };
    lanes + (layer.lanes / layer.group) as u64 - 1
}

impl Engine {
    /// Issues `beats` beats of a frame; gives when its sum is finished.
    fn stream(&mut self, beats: u64, interval: u64, room: u64) -> u64 {
        let earliest = self.done.map_or(0, |done| done + interval);
        let done = (self.issued + beats).max(earliest).max(room);
        self.busy += beats.max(interval);
        self.issued = done;
        self.done = Some(done);
        done
    }

    /// Walks over a frame; gives when its last sum that counts is finished, and when the frame has been read.
    fn window(&mut self, layer: &Layer<'_>, window: &WindowSize, items: &Items, full: u64, room: u64) -> (u64, u64) {
        let interval = layer.interval as u64;
        let mut finished = 0;
        let mut first = true;
        // what is replayed is kept before it is pooled
        let all = layer.replays() && layer.planned.spike_pool.is_some();
        for at in walk(window) {
            let kept = all
                || at[0] - at[0] % window.pool[0] < window.keep[0] && at[1] - at[1] % window.pool[1] < window.keep[1];
            for _ in 0..layer.lane_groups() {
                let clocks = match items {
                    Items::Rows(counts) => self.rows(layer, window, counts, at, full),
                    Items::Channels(presence) => self.channels(window, presence, at, full),
                };
                let earliest = self.done.map_or(0, |done| done + interval);
                self.issued = self.issued.max(earliest).max(if first { room } else { 0 });
                self.done = Some(self.issued);
                self.busy += clocks.max(interval);
                first = false;
            }
            if kept {
                finished = self.issued;
            }
        }
        (finished, self.read.unwrap_or(0))
    }

    /// Walks over own spikes that stand alone; gives when the last sum is finished.
    fn own_alone(&mut self, layer: &Layer<'_>, spikes: &[usize], full: u64, room: u64) -> u64 {
        match &layer.front {
            Front::Window(window) => self.window(layer, window, &Items::new(layer, window, &[], spikes), full, room).0,
            Front::Stream => 0, // own spikes are read from a memory
        }
    }

    /// The items of a sum whose items are rows of weights; gives their clocks.
    fn rows(&mut self, layer: &Layer<'_>, window: &WindowSize, counts: &Counts, at: [usize; 2], full: u64) -> u64 {
        let mut clocks = 0;
        for plane in 0..layer.steps() {
            for ky in 0..window.kernel[0] {
                for chunk in 0..window.all_chunks() {
                    let own = if chunk < window.chunks { 0 } else { self.own };
                    let ones = u64::from(counts.clocks(window, at, plane, ky, chunk)).max(1);
                    let taken = self.read_chunk(full.max(own)).max(self.issued);
                    self.take(taken);
                    self.issued = taken + ones;
                    clocks += ones;
                }
            }
        }
        clocks
    }

    /// The items of a sum whose items are channels: the rows of a chunk are gathered before its first.
    fn channels(&mut self, window: &WindowSize, presence: &Presence, at: [usize; 2], full: u64) -> u64 {
        let mut clocks = 0;
        for channels in presence.channels(window, at) {
            let mut gathered = 0;
            for ky in 0..window.kernel[0] {
                // the first row takes the place of the chunk before when that comes into the hand
                let after = if ky == 0 { self.in_hand } else { gathered + 1 };
                gathered = self.read_chunk(full).max(after);
                self.take(gathered);
            }
            let items = u64::from(channels).max(1);
            self.in_hand = (gathered + 1).max(self.issued);
            self.issued = self.in_hand + items;
            clocks += items.max(window.kernel[0] as u64);
        }
        clocks
    }

    /// Reads a chunk of the window, `from` a clock on; gives when the encoder can take it.
    fn read_chunk(&mut self, from: u64) -> u64 {
        let place = if self.taken.len() < ROOM { 0 } else { self.taken[0] + 1 };
        let read = self.read.map_or(0, |read| read + 1).max(from).max(place);
        self.read = Some(read);
        read + WINDOW
    }

    /// The encoder takes a chunk.
    fn take(&mut self, clock: u64) {
        self.taken.push_back(clock);
        if self.taken.len() > ROOM {
            self.taken.pop_front();
        }
    }

    /// Starts the next timestep of kept currents; gives when.
    fn replay(&mut self, layer: &Layer<'_>, first: bool, full: u64, room: u64) -> u64 {
        let period = layer.period() as u64;
        let before = self.started.map_or(0, |start| start + period + u64::from(first));
        let start = before.max(room).max(full);
        self.started = Some(start);
        self.busy += if first { 0 } else { period };
        start
    }
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
