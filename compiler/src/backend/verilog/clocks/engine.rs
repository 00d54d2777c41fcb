//! A layer's engines: when each item of their sums is issued.

use std::collections::VecDeque;

use super::items::{Items, Presence};
use crate::backend::verilog::bench::walk;
use crate::backend::verilog::size::{Front, Layer, WindowSize};

/// From a read of the window to a chunk that the encoder can take (`snn_window`).
const WINDOW: u64 = 8;
/// Chunks that wait for the encoder (`snn_window`).
const ROOM: usize = 16;

/// What a layer's engines remember from frame to frame.
pub(super) struct Engine {
    /// Each of them.
    copies: Vec<Copy>,
    /// When the last sum was finished.
    done: Option<u64>,
    /// When the replay last started a timestep.
    started: Option<u64>,
    /// When the layer's own spikes of the timestep before can be read.
    pub(super) own: u64,
}

/// One of a layer's engines, which has a copy of the weights.
#[derive(Default)]
struct Copy {
    /// When the window was last read.
    read: Option<u64>,
    /// When the last chunks were taken by the encoder, oldest first.
    taken: VecDeque<u64>,
    /// When the last chunk of channels came into the encoder's hand.
    in_hand: u64,
    /// When the last item was issued (of the stream: when the next beat is accepted).
    issued: u64,
    /// Clocks spent.
    busy: u64,
}

impl Engine {
    pub(super) fn new(copies: usize) -> Self {
        let copies = (0..copies).map(|_| Copy::default()).collect();
        Self { copies, done: None, started: None, own: 0 }
    }

    /// When the next beat of the stream is accepted.
    pub(super) fn accepts(&self) -> u64 {
        self.copies[0].issued
    }

    /// Clocks spent, of the engine that has spent most.
    pub(super) fn busy(&self) -> u64 {
        self.copies.iter().map(|copy| copy.busy).max().unwrap_or(0)
    }

    /// Issues `beats` beats of a frame; gives when its sum is finished.
    pub(super) fn stream(&mut self, beats: u64, interval: u64, room: u64) -> u64 {
        let earliest = self.done.map_or(0, |done| done + interval);
        let engine = &mut self.copies[0];
        let done = (engine.issued + beats).max(earliest).max(room);
        engine.busy += beats.max(interval);
        engine.issued = done;
        self.done = Some(done);
        done
    }

    /// Walks over a frame, the engines in turns; gives when its last sum that counts is finished, and when all have read it.
    pub(super) fn window(
        &mut self,
        layer: &Layer<'_>,
        window: &WindowSize,
        items: &Items,
        full: u64,
        room: u64,
    ) -> (u64, u64) {
        let interval = layer.interval as u64;
        let mut finished = 0;
        // what is replayed is kept before it is pooled
        let all = layer.replays() && layer.planned.spike_pool.is_some();
        for (position, at) in walk(window).into_iter().enumerate() {
            let turn = position % self.copies.len();
            let own = self.own;
            let engine = &mut self.copies[turn];
            let kept = all
                || at[0] - at[0] % window.pool[0] < window.keep[0] && at[1] - at[1] % window.pool[1] < window.keep[1];
            for lane_group in 0..layer.lane_groups() {
                let clocks = match items {
                    Items::Rows(counts) => {
                        let clocks = |plane, ky, chunk| counts.clocks(window, at, plane, ky, chunk);
                        engine.rows(layer, window, lane_group, clocks, [full, own])
                    }
                    Items::Columns(columns) => {
                        let clocks = |plane, ky, chunk| columns.clocks(window, at, plane, ky, chunk);
                        engine.rows(layer, window, lane_group, clocks, [full, own])
                    }
                    Items::Channels(presence) => engine.channels(window, presence, at, full),
                };
                let earliest = self.done.map_or(0, |done| done + interval);
                let first = position == 0 && lane_group == 0;
                engine.issued = engine.issued.max(earliest).max(if first { room } else { 0 });
                self.done = Some(engine.issued);
                engine.busy += clocks.max(interval);
            }
            if kept {
                finished = engine.issued;
            }
        }
        (finished, self.copies.iter().filter_map(|copy| copy.read).max().unwrap_or(0))
    }

    /// Walks over own spikes that stand alone; gives when the last sum is finished.
    pub(super) fn own_alone(&mut self, layer: &Layer<'_>, spikes: &[usize], full: u64, room: u64) -> u64 {
        match &layer.front {
            Front::Window(window) => self.window(layer, window, &Items::new(layer, window, &[], spikes), full, room).0,
            Front::Stream => 0, // own spikes are read from a memory
        }
    }

    /// Starts the next timestep of kept currents; gives when.
    pub(super) fn replay(&mut self, layer: &Layer<'_>, first: bool, full: u64, room: u64) -> u64 {
        let period = layer.period() as u64;
        let before = self.started.map_or(0, |start| start + period + u64::from(first));
        let start = before.max(room).max(full);
        self.started = Some(start);
        self.copies[0].busy += if first { 0 } else { period };
        start
    }
}

impl Copy {
    /// The items of a sum whose items are rows of weights, where a frame can be read from `full` on and own spikes from
    /// `own`, and a chunk of a row of the window on a plane takes so many clocks, none if it is silent; gives the clocks of
    /// all.
    fn rows(
        &mut self,
        layer: &Layer<'_>,
        window: &WindowSize,
        lane_group: usize,
        clocks_of: impl Fn(usize, usize, usize) -> u32,
        [full, own]: [u64; 2],
    ) -> u64 {
        let mut clocks = 0;
        for plane in 0..layer.steps() {
            for ky in 0..window.kernel[0] {
                for chunk in layer.words_of(window, lane_group) {
                    let own = if chunk < window.chunks { 0 } else { own };
                    let ones = u64::from(clocks_of(plane, ky, chunk)).max(1);
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
}
