//! The testbench: samples as beats of the input stream, and what every layer must do with them.

use askama::Template;
use snnc_runtime::program::{Program, Rate, Shape};

use super::front::InputIndex;
use super::memory::{MemoryFile, hexadecimal};
use super::size::{Front, Layer, WindowSize, index_bits};
use super::top::Design;
use crate::backend::File;
use crate::data::{Frame, Sample};
use crate::host::Trace;

/// One beat of the input stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The indices of its events, the lowest slot first.
    pub events: Vec<usize>,
    /// Whether it is the last of a timestep or a digit plane.
    pub last: bool,
    /// Whether it belongs to the first timestep of the sample.
    pub first: bool,
}

/// One beat of the output stream.
struct OutputBeat {
    /// The event's index; 0 of an end.
    index: usize,
    /// Whether it ends a timestep.
    last: bool,
    /// Whether it belongs to the first timestep of the sample.
    first: bool,
}

/// Element `i` of a frame, sign-extended.
fn element(frame: &Frame, i: usize) -> i32 {
    match frame {
        Frame::Spikes(words) => (words[i / 32] >> (i % 32) & 1) as i32,
        Frame::U8(values) => values[i].into(),
        Frame::I8(values) => values[i].into(),
        Frame::I16(values) => values[i].into(),
    }
}

/// The elements of a frame that are set on one of its digit planes, most significant plane first.
pub fn plane_elements(frame: &Frame, elements: usize, planes: usize) -> Vec<Vec<usize>> {
    let values: Vec<i32> = (0..elements).map(|i| element(frame, i)).collect();
    let set = |plane: usize| (0..elements).filter(|&i| values[i] >> plane & 1 == 1).collect();
    (0..planes).rev().map(set).collect()
}

/// The beats of a sample, as full as can be.
fn beats(program: &Program<'_>, first_layer: &Layer<'_>, slots: usize, sample: &Sample) -> Vec<Beat> {
    let shape = first_layer.from;
    let index = InputIndex::new(first_layer);
    let position = |i: usize| match &first_layer.front {
        Front::Stream => i,
        Front::Window(window) if window.source[..2] == [1; 2] => i,
        Front::Window(_) => {
            let (row, channels) = ((shape.width * shape.channels) as usize, shape.channels as usize);
            index.index([i / row, i % row / channels, i % channels])
        }
    };
    let frames = if program.input().rate == Rate::PerSample { 1 } else { program.timesteps() as usize };
    let mut beats = Vec::new();
    for t in 0..frames {
        let frame = &sample.frames[t.min(sample.frames.len() - 1)];
        for plane in plane_elements(frame, shape.len(), first_layer.planes) {
            let events: Vec<usize> = plane.into_iter().map(position).collect();
            let chunks = events.chunks(slots).map(|events| Beat { events: events.into(), last: false, first: t == 0 });
            beats.extend(chunks);
            if events.is_empty() {
                beats.push(Beat { events, last: false, first: t == 0 });
            }
            beats.last_mut().expect("a plane has a beat").last = true;
        }
    }
    beats
}

/// Positions of a layer in the order in which its window walks over them.
pub fn walk(window: &WindowSize) -> Vec<[usize; 2]> {
    let mut order = Vec::new();
    for top in (0..window.out[0]).step_by(window.pool[0]) {
        for left in (0..window.out[1]).step_by(window.pool[1]) {
            for y in top..(top + window.pool[0]).min(window.out[0]) {
                order.extend((left..(left + window.pool[1]).min(window.out[1])).map(|x| [y, x]));
            }
        }
    }
    order
}

/// First element of each group of spikes, in the order in which the layer gives them.
fn spike_order(layer: &Layer<'_>, shape: Shape) -> Vec<usize> {
    match (&layer.front, layer.planned.spike_pool) {
        (Front::Window(window), Some(_)) => {
            let channels = shape.channels as usize;
            let groups = (0..channels).step_by(layer.group);
            let position = |[y, x]: [usize; 2]| (y * shape.width as usize + x) * channels;
            walk(window).into_iter().flat_map(|at| groups.clone().map(move |c| position(at) + c)).collect()
        }
        (Front::Window(_) | Front::Stream, _) => (0..shape.len()).step_by(layer.group).collect(),
    }
}

/// Neurons of a layer that the testbench looks at.
struct Watched<'a> {
    id: &'a str,
    step: usize,
    group: usize,
    words: usize,
}

#[derive(Template)]
#[template(path = "snn_bench.v")]
struct Bench<'a> {
    top: &'a str,
    samples: usize,
    timesteps: u32,
    beats: usize,
    beat_bits: usize,
    outputs: usize,
    elements: usize,
    index_bits: usize,
    out_bits: usize,
    score_bits: usize,
    patience: u64,
    weights: usize,
    layers: Vec<Watched<'a>>,
}

/// The testbench and its memory files. It gives up after `patience` clocks in which nothing happens.
/// The words of `weights` are loaded first.
pub fn files(
    design: &Design<'_, '_>,
    samples: &[Sample],
    traces: &[Trace],
    patience: u64,
    weights: &[u32],
) -> Vec<File> {
    let first_layer = &design.layers[0];
    let slots = design.input_slots();
    let event_bits = InputIndex::new(first_layer).total();
    let index_bits_ = event_bits * slots;
    let beat_bits = index_bits_ + slots + 3;
    let out_bits = index_bits(design.outputs());
    let mut files = Vec::new();

    let mut input = MemoryFile::default();
    for sample in samples {
        for (n, beat) in beats(design.program, first_layer, slots, sample).into_iter().enumerate() {
            (0..slots).for_each(|slot| input.push(beat.events.get(slot).map_or(0, |&index| index as i64), event_bits));
            (0..slots).for_each(|slot| input.push(i64::from(slot < beat.events.len()), 1));
            [beat.last, beat.first, n == 0].iter().for_each(|&flag| input.push(flag.into(), 1));
            input.end_word();
        }
    }
    let beats = input.words;
    files.push(File::text("tb_input.mem", input.text()));

    let outputs = output_beats(design, traces);
    let count = outputs.len();
    let words = outputs
        .into_iter()
        .map(|beat| (u64::from(beat.first) << 1 | u64::from(beat.last)) << out_bits | beat.index as u64);
    files.push(File::text("tb_output.mem", hexadecimal(words, out_bits + 2)));
    let classes = traces.iter().map(|trace| trace.prediction as u64);
    files.push(File::text("tb_class.mem", hexadecimal(classes, out_bits)));
    let score_bits = design.score_bits();
    let mask = (1u64 << score_bits) - 1;
    let scores = traces.iter().flat_map(|trace| trace.scores.iter().map(|&score| score as u64 & mask));
    files.push(File::text("tb_score.mem", hexadecimal(scores, score_bits)));

    if !weights.is_empty() {
        let words = weights.iter().map(|&word| word.into());
        files.push(File::text("tb_weights.mem", hexadecimal(words, 32)));
    }

    let mut watched = Vec::new();
    for (layer, id) in design.layers.iter().zip(design.ids) {
        let Some((step, _)) = layer.planned.neurons else { continue };
        let order = spike_order(layer, design.program.edge(step + 1).shape);
        let frames = traces.iter().flat_map(|trace| &trace.edges[step]);
        let spikes = frames.flat_map(|frame| order.iter().map(move |&first| spikes(frame, first, layer.group)));
        files.push(File::text(format!("tb_expected_{step}.mem"), hexadecimal(spikes, layer.group)));
        let first = order.iter().map(|&first| first as u64);
        files.push(File::text(format!("tb_order_{step}.mem"), hexadecimal(first, 32)));
        watched.push(Watched { id, step, group: layer.group, words: order.len() });
    }

    let bench = Bench {
        top: design.name,
        samples: samples.len(),
        timesteps: design.program.timesteps(),
        beats,
        beat_bits,
        outputs: count,
        elements: design.outputs(),
        index_bits: index_bits_,
        out_bits,
        score_bits,
        patience,
        weights: weights.len(),
        layers: watched,
    };
    let mut text = bench.render().expect("a template without conditions of its own renders");
    text.push('\n');
    files.insert(0, File::text(format!("{}_tb.v", design.name), text));
    files
}

/// `count` spikes from `first` on.
fn spikes(frame: &[u32], first: usize, count: usize) -> u64 {
    (0..count).map(|i| u64::from(frame[(first + i) / 32] >> ((first + i) % 32) & 1) << i).sum()
}

/// What the network gives for all samples.
fn output_beats(design: &Design<'_, '_>, traces: &[Trace]) -> Vec<OutputBeat> {
    let last = design.program.steps().len() - 1;
    let silent = design.layers.last().is_some_and(|layer| layer.planned.neurons.is_none());
    let mut beats = Vec::new();
    for trace in traces {
        for (t, frame) in trace.edges[last].iter().enumerate() {
            let first = t == 0;
            if !silent {
                let active = (0..design.outputs()).filter(|&i| spikes(frame, i, 1) == 1);
                beats.extend(active.map(|index| OutputBeat { index, last: false, first }));
            }
            beats.push(OutputBeat { index: 0, last: true, first });
        }
    }
    beats
}
