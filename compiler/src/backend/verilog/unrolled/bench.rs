//! The testbench: samples as frames, and what every layer must do with them.

use askama::Template;
use snnc_runtime::program::Rate;

use super::top::Design;
use crate::backend::File;
use crate::backend::verilog::bench::plane_elements;
use crate::backend::verilog::memory::{MemoryFile, hexadecimal};
use crate::data::Sample;
use crate::host::Trace;

/// Neurons of a layer that the testbench looks at.
struct Watched<'a> {
    id: &'a str,
    step: usize,
    /// Words of a timestep.
    words: usize,
    neurons: usize,
}

#[derive(Template)]
#[template(path = "unrolled/bench.v")]
struct Bench<'a> {
    top: &'a str,
    samples: usize,
    timesteps: u32,
    beats: usize,
    beat_bits: usize,
    outputs: usize,
    elements: usize,
    class_bits: usize,
    score_bits: usize,
    patience: usize,
    layers: Vec<Watched<'a>>,
}

/// The testbench and its memory files.
pub fn files(design: &Design<'_, '_>, samples: &[Sample], traces: &[Trace]) -> Vec<File> {
    let program = design.program;
    let (inputs, outputs) = (design.inputs(), design.outputs());
    let timesteps = program.timesteps() as usize;
    let mut files = Vec::new();

    let mut frames = MemoryFile::default();
    let given = if program.input().rate == Rate::PerSample { 1 } else { timesteps };
    for sample in samples {
        for t in 0..given {
            let frame = &sample.frames[t.min(sample.frames.len() - 1)];
            for (plane, set) in plane_elements(frame, inputs, design.units[0].planes).into_iter().enumerate() {
                let mut bits = vec![0; inputs];
                set.into_iter().for_each(|i| bits[i] = 1);
                bits.into_iter().for_each(|bit| frames.push(bit, 1));
                frames.push(i64::from(t == 0), 1);
                frames.push(i64::from(t == 0 && plane == 0), 1);
                frames.end_word();
            }
        }
    }
    let count = frames.words;
    files.push(File::text("tb_input.mem", frames.text()));

    // spikes of a step's edge, as one word a timestep
    let spikes = |step: usize, neurons: usize, silent: bool, first: bool| {
        let mut file = MemoryFile::default();
        for (t, edge) in traces.iter().flat_map(|trace| trace.edges[step].iter().enumerate()) {
            for i in 0..neurons {
                file.push(if silent { 0 } else { (edge[i / 32] >> (i % 32) & 1).into() }, 1);
            }
            if first {
                file.push(i64::from(t == 0), 1);
            }
            file.end_word();
        }
        file.text()
    };
    let last = design.units.last().expect("a network has a layer");
    let output = spikes(program.steps().len() - 1, outputs, last.neuron().is_none(), true);
    files.push(File::text("tb_output.mem", output));
    let classes = traces.iter().map(|trace| trace.prediction as u64);
    files.push(File::text("tb_class.mem", hexadecimal(classes, design.class_bits())));
    let score_bits = design.score_bits();
    let mut scores = MemoryFile::default();
    for trace in traces {
        trace.scores.iter().for_each(|&score| scores.push(score.into(), score_bits));
        scores.end_word();
    }
    files.push(File::text("tb_score.mem", scores.text()));

    let mut layers = Vec::new();
    for (unit, id) in design.units.iter().zip(design.ids) {
        let Some((step, _)) = unit.planned.neurons else { continue };
        let neurons = unit.elements();
        files.push(File::text(format!("tb_expected_{step}.mem"), spikes(step, neurons, false, false)));
        layers.push(Watched { id, step, words: 1, neurons });
    }
    let bench = Bench {
        top: design.name,
        samples: samples.len(),
        timesteps: program.timesteps(),
        beats: count,
        beat_bits: inputs + 2,
        outputs: samples.len() * timesteps,
        elements: outputs,
        class_bits: design.class_bits(),
        score_bits,
        patience: 10_000 + 10 * design.depth(),
        layers,
    };
    let text = bench.render().expect("a template without conditions of its own renders");
    files.insert(0, File::text(format!("{}_tb.v", design.name), text + "\n"));
    files
}
