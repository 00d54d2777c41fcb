//! Buffers of frames between two layers, and what inverts frames on their way.

use std::collections::VecDeque;

use super::WRITTEN;

/// From the start of a frame's coding to its last word's way to the writer, beyond the words (`snn_invert`).
const INVERT: u64 = 2;

/// A buffer of some frames: when they can be read, and when they have been.
pub(super) struct Link {
    /// How many it holds.
    frames: usize,
    /// When the newest frame can be read.
    pub(super) full: u64,
    /// Frames that were reserved.
    reserved: usize,
    /// When the last frames were read, oldest first.
    reads: VecDeque<u64>,
    /// Frames read before those.
    forgotten: usize,
}

impl Link {
    pub(super) fn new(frames: usize) -> Self {
        Self { frames, full: 0, reserved: 0, reads: VecDeque::new(), forgotten: 0 }
    }

    /// Reserves the next frame; gives from when on there is room for it.
    pub(super) fn reserve(&mut self) -> u64 {
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

    pub(super) fn read(&mut self, clock: u64) {
        self.reads.push_back(clock);
    }
}

/// What makes the inverted code of a layer's input (`snn_invert`).
pub(super) struct Inverter {
    /// What the layer reads.
    pub(super) coded: Link,
    /// When it last started a frame.
    started: Option<u64>,
    /// The elements that are inverted in this sample.
    pub(super) inverted: Vec<usize>,
}

impl Inverter {
    /// Before a reader that holds `frames` frames.
    pub(super) fn new(frames: usize) -> Self {
        Self { coded: Link::new(frames), started: None, inverted: Vec::new() }
    }

    /// Codes a frame of `words` words, `from` a clock on; gives when all of it has been read.
    pub(super) fn code(&mut self, words: u64, from: u64) -> u64 {
        let start = self.started.map_or(0, |start| start + words).max(from).max(self.coded.reserve());
        self.started = Some(start);
        self.coded.full = start + words + INVERT + WRITTEN;
        start + words
    }
}
