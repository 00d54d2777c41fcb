//! Predicted clocks: when every frame of every layer is started, finished and read, as the fixed modules do it.
//!
//! Nothing inside a layer ever waits but the item that ends a sum, so a network is a max-plus recurrence over (layer,
//! frame): an item is issued at the latest of *one clock after the item before*, *INTERVAL clocks after the last sum*,
//! and *when the output has room*; a chunk of the window is read at the latest of *one clock after the chunk before*,
//! *when the frame is there*, and *when one of 16 places is free*. The constants are the depths of the modules' pipelines,
//! named after them. Simulation confirms the result to the clock (see the tests of the workspace).

mod items;

use std::collections::VecDeque;

use snnc_runtime::program::{EdgeKind, Program};

use items::{Counts, Items, Presence, changes, elements, own_spikes, spikes_before};

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
    /// Elements of each layer's input frames that its code makes it take, over all samples: spikes, or changes.
    pub inputs: Vec<u64>,
}

/// A buffer of some frames: when they can be read, and when they have been.
struct Link {
    /// How many it holds.
    frames: usize,
    /// When the newest frame can be read.
    full: u64,
    /// When the last of these frames were read, oldest first.
    reads: VecDeque<u64>,
}

impl Link {
    fn new(frames: usize) -> Self {
        Self { frames, full: 0, reads: VecDeque::new() }
    }

    /// When there is room for the next frame.
    fn free(&self) -> u64 {
        if self.reads.len() < self.frames { 0 } else { self.reads[0] + 1 }
    }

    fn read(&mut self, clock: u64) {
        self.reads.push_back(clock);
        if self.reads.len() > self.frames {
            self.reads.pop_front();
        }
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
    let timesteps = program.timesteps() as usize;
    let mut engines: Vec<Engine> = layers.iter().map(|_| Engine::default()).collect();
    let frames = |index: usize| output_frames(layers.get(index + 1));
    let mut outs: Vec<Link> = (0..layers.len()).map(|index| Link::new(frames(index))).collect();
    let mut kepts: Vec<Link> = layers.iter().map(|_| Link::new(2)).collect();
    // of own spikes that join constant currents
    let mut owns: Vec<Engine> = layers.iter().map(|_| Engine::default()).collect();
    let mut input = Link::new(2);
    // the frame before, of layers that take changes
    let mut befores = vec![Vec::new(); layers.len()];
    let mut inputs = vec![0; layers.len()];
    // when the collector accepts the next beat; when the output stream gave its last
    let (mut ready, mut given) = (0, None);
    let mut starts = Vec::new();
    for (sample, trace) in samples.iter().zip(traces) {
        for t in 0..timesteps {
            for (index, layer) in layers.iter().enumerate() {
                let sums = !layer.constant || t == 0;
                let engine = &mut engines[index];
                let room = if layer.keeps() { kepts[index].free() } else { outs[index].free() };
                let mut finished = 0;
                match &layer.front {
                    Front::Stream if sums => {
                        let frame = &sample.frames[t.min(sample.frames.len() - 1)];
                        if t == 0 {
                            starts.push(engine.issued);
                        }
                        let events = plane_elements(frame, layer.from.len(), layer.planes);
                        inputs[index] += count(&events);
                        let beats = events.iter().map(|plane| plane.len().div_ceil(layer.slots).max(1) as u64).sum();
                        finished = engine.stream(beats, layer.interval as u64, room);
                    }
                    Front::Window(window) if sums => {
                        let mut elements = elements(program, layer, sample, trace, t);
                        if layer.takes_changes() {
                            elements = vec![changes(&mut befores[index], elements.concat())];
                        }
                        inputs[index] += count(&elements);
                        if window.collected {
                            if t == 0 {
                                starts.push(ready);
                            }
                            let beats: usize = elements.iter().map(|plane| plane.len().max(1)).sum();
                            let copy = (ready + beats as u64 - 1 + SETTLE).max(input.free());
                            ready = copy + window.frame as u64 + 1;
                            input.full = copy + window.frame as u64 + COLLECTED;
                        }
                        let full = if window.collected { input.full } else { outs[index - 1].full };
                        let own = own_spikes(program, layer, trace, t);
                        let items = Items::new(layer, window, &elements, &own);
                        let (last, read) = engine.window(layer, window, &items, full, room);
                        if window.collected { &mut input } else { &mut outs[index - 1] }.read(read);
                        finished = last + ENCODE;
                    }
                    Front::Stream | Front::Window(_) => {}
                }
                let drained = finished + drain(layer);
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
                if layer.keeps() && sums {
                    kepts[index].full = currents + WRITTEN;
                }
                outs[index].full = if let Some(joined) = &layer.joined {
                    let own = &mut owns[index];
                    let spikes = spikes_before(program, layer, trace, t);
                    let done = own.own_alone(&joined.engine, &spikes, kepts[index].full, outs[index].free());
                    let last = done + ENCODE + drain(&joined.engine);
                    if t + 1 == timesteps {
                        kepts[index].read(last + 1);
                    }
                    own.own = last + JOIN + second + neurons + WRITTEN;
                    last + JOIN + second + behind
                } else if layer.replays() {
                    let (first, last) = (t == 0, t + 1 == timesteps);
                    let start = engines[index].replay(layer, first, kepts[index].full, outs[index].free());
                    if last {
                        kepts[index].read(start + layer.period() as u64);
                    }
                    start + REPLAY + last_word(layer) + behind
                } else {
                    currents + behind
                };
                if layers.get(index + 1).is_some_and(Layer::takes_changes) {
                    outs[index].full += DELTA;
                }
                engines[index].own = currents + neurons + WRITTEN;
            }
            let out = outs.last_mut().expect("a network has a layer");
            let fetch = out.full.max(given.map_or(0, |given: u64| given + 1)) + 1;
            let words = output_words(layers).map(|range| 3 + spikes_in(program, trace, t, range));
            let end = fetch + words.sum::<u64>();
            out.read(end);
            given = Some(end);
        }
    }
    let ends = starts.iter().skip(1).copied().chain(given);
    let clocks = starts.iter().zip(ends).map(|(start, end)| end - start).collect();
    // the two engines of a layer work side by side
    let busy = engines.iter().zip(&owns).map(|(engine, own)| engine.busy.max(own.busy)).collect();
    Prediction { clocks, busy, inputs }
}

/// Elements that are set on any digit plane.
fn count(planes: &[Vec<usize>]) -> u64 {
    planes.iter().map(|plane| plane.len() as u64).sum()
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
        for plane in 0..layer.planes {
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
