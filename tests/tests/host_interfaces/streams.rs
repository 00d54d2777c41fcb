//! The AXI streams, as a DMA feeds and drains them: samples back to back, ends with and after their last event, transfers
//! that say nothing, and a reset in the middle of a sample.

use std::collections::VecDeque;

use bumpalo::Bump;
use snnc::backend::verilog::host::{Host, Interface};
use snnc_tests::random_network::{Recipe, Rng};

use super::bench::{Bench, Simulator};
use super::pipe::Pipe;

const KEEP: u32 = 1;
const LAST: u32 = 2;
const USER: u32 = 4;

// words of the map, and bits of them
const CONTROL: u32 = 8;
const STATUS: u32 = 9;
const SAMPLES: u32 = 10;
const CLASS: u32 = 11;
const DISORDER: u32 = 4;

/// A simulated host with two streams.
struct Streams {
    pipe: Pipe,
    /// Ends that were waited for.
    ends: usize,
}

impl Streams {
    /// One transfer, with an index in each slot that has one.
    fn send(&mut self, interface: &Interface, slots: &[Option<usize>], flags: u32) {
        let bytes = interface.index_bytes();
        let (mut data, mut keep) = (0, 0);
        for (slot, index) in slots.iter().enumerate() {
            data |= index.unwrap_or(1) << (8 * bytes * slot);
            keep |= index.map_or(0, |_| (1 << bytes) - 1) << (bytes * slot);
        }
        self.pipe.tell(&format!("s {data:x} {:x}", (flags & (USER | LAST)) << 3 | keep));
    }

    fn read(&mut self, word: u32) -> Result<u32, String> {
        let answer = self.pipe.ask(&format!("r {word:x} 0"));
        u32::from_str_radix(&answer, 16).map_err(|_| format!("register {word} reads {answer}"))
    }

    /// Every transfer up to the next `ends` ends.
    fn receive(&mut self, ends: usize) -> Result<VecDeque<(usize, u32)>, String> {
        self.ends += ends;
        self.pipe.tell(&format!("g {:x} 0", self.ends));
        let mut transfers = VecDeque::new();
        loop {
            let line = self.pipe.line();
            if line == "done" {
                return Ok(transfers);
            }
            let (data, flags) = line.split_once(' ').ok_or(&*line)?;
            let data = usize::from_str_radix(data, 16).map_err(|_| line.clone())?;
            transfers.push_back((data, flags.parse().map_err(|_| line.clone())?));
        }
    }
}

/// The index of an element in an event.
fn index(bench: &Bench, element: usize) -> usize {
    let [_, width, channels] = bench.interface.shape;
    match bench.interface.index {
        [0, 0, _] => element,
        [_, x, c] => {
            let (pixel, channel) = (element / channels, element % channels);
            ((pixel / width) << (x + c)) | ((pixel % width) << c) | channel
        }
    }
}

/// Sends a sample.
fn send(bench: &Bench, streams: &mut Streams, number: usize, rng: &mut Rng) {
    let slots = bench.interface.slots;
    for (plane, elements) in bench.planes(&bench.samples[number]).into_iter().enumerate() {
        let first = if plane < bench.interface.planes { USER } else { 0 };
        let mut elements: VecDeque<usize> = elements.into();
        let apart = elements.is_empty() || rng.chance(30);
        while !elements.is_empty() {
            // in any of the slots
            let chance = if slots == 1 { 100 } else { 60 };
            let beat: Vec<Option<usize>> = (0..slots)
                .map(|_| if rng.chance(chance) { elements.pop_front() } else { None })
                .map(|element| element.map(|element| index(bench, element)))
                .collect();
            let last = if !apart && elements.is_empty() { LAST } else { 0 };
            streams.send(&bench.interface, &beat, last | first);
            if rng.chance(10) && last == 0 {
                // says nothing, whatever its mark
                streams.send(&bench.interface, &vec![None; slots], rng.pick(&[0, USER]));
            }
        }
        if apart {
            streams.send(&bench.interface, &vec![None; slots], LAST | first);
        }
    }
}

/// Sends every sample, and holds what comes back against the golden traces.
fn play(bench: &Bench, streams: &mut Streams, rng: &mut Rng) -> Result<(), String> {
    let count = bench.samples.len();
    (0..count).for_each(|number| send(bench, streams, number, rng));
    let timesteps = bench.interface.timesteps as usize;
    let mut found = streams.receive(count * timesteps)?;
    for (number, trace) in bench.traces.iter().enumerate() {
        for timestep in 0..timesteps {
            let first = if timestep == 0 { USER } else { 0 };
            let spikes = bench.spikes(trace, timestep);
            let mut expected: Vec<(usize, u32)> = spikes.into_iter().map(|spike| (spike, KEEP | first)).collect();
            match expected.last_mut() {
                Some((_, flags)) => *flags |= LAST,
                None => expected.push((0, LAST | first)),
            }
            for transfer in expected {
                if found.pop_front() != Some(transfer) {
                    return Err(format!("sample {number}, timestep {timestep}: no transfer {transfer:?}"));
                }
            }
        }
    }
    let classes = [streams.read(SAMPLES)?, streams.read(CLASS)?, streams.read(STATUS)?];
    let expected = [count as u32, bench.traces[count - 1].prediction as u32, 0];
    match found.is_empty() && classes == expected {
        true => Ok(()),
        false => Err(format!("expected {expected:?} and no more, found {classes:?} and {} transfers", found.len())),
    }
}

/// Everything that the streams must do.
pub fn judge(bench: &Bench, simulator: Simulator, seed: u32) -> Result<(), String> {
    let words = bench.simulation(simulator, seed);
    let pipe = Pipe::open(bench.folder.path(), &words[0], &words[1..]);
    let mut streams = Streams { pipe, ends: 0 };
    let mut rng = Rng::new(seed.into());
    play(bench, &mut streams, &mut rng)?;
    // a sample that is left unfinished
    streams.send(&bench.interface, &[Some(0)], USER);
    streams.send(&bench.interface, &[Some(1)], USER);
    for _ in 0..40 {
        streams.read(SAMPLES)?;
    }
    if streams.read(STATUS)? != 1 {
        return Err("a sample has begun and is not busy".into());
    }
    streams.pipe.ask(&format!("w {CONTROL:x} 1"));
    play(bench, &mut streams, &mut rng)?;
    // the first timestep without its mark
    streams.send(&bench.interface, &[Some(0)], 0);
    for _ in 0..40 {
        streams.read(SAMPLES)?;
    }
    match streams.read(STATUS)? & DISORDER {
        0 => Err("a sample without its first timestep goes unnoticed".into()),
        _ => Ok(()),
    }
}

#[test]
fn axi_streams_carry_samples_back_to_back() {
    for (recipe, seed) in [(Recipe::dense(), 1), (super::convolution(300), 2)] {
        let arena = Bump::new();
        let bench = Bench::new(&arena, "axi-streams", Host::Axi, &recipe, 5);
        bench.build(Simulator::Icarus);
        judge(&bench, Simulator::Icarus, seed).unwrap_or_else(|error| panic!("{recipe:?}: {error}"));
    }
}
