//! The way of a network that was read: evaluated, compiled, proven, run.

use bumpalo::Bump;
use snnc::backend::{BACKENDS, EmitOptions};
use snnc::compiled::Compiled;
use snnc::data::{Dataset, Frame, Sample, Values};
use snnc::host;
use snnc::ir::eval::Evaluator;
use snnc::ir::{Graph, InputEncoding, Op};
use snnc::lower::lower;
use snnc::pass::{self, Context, WeightChoice};
use snnc::pipeline;
use snnc::proof::prove;
use snnc_runtime::program::{EdgeKind, Program, Rate, Step, ValueKind, words};
use snnc_runtime::run::arena_words;

/// Work beyond which a network is only read: elements and synapses of a timestep.
const WORK: usize = 1 << 13;

/// Timesteps that are run.
const TIMESTEPS: u32 = 4;

/// Evaluates and compiles a graph, and runs what comes out.
pub fn through(graph: &Graph) {
    if work(graph).is_none_or(|work| work > WORK) {
        return;
    }
    let _ = graph.to_string();
    let mut graph = graph.clone();
    graph.timesteps = Some(graph.timesteps.map_or(TIMESTEPS, |timesteps| timesteps.min(TIMESTEPS)));
    let data = samples(&graph);
    let Ok(timesteps) = pipeline::present(&mut graph, Some(&data), false) else { return };
    let float = pipeline::float_sample(&graph, &data, 0, timesteps);
    let scores = Evaluator::new(&graph).run(&float, timesteps, |_| {});
    // without calibration where the worst case is to be assumed, with it in the other half of the cases
    let calib = [float];
    let calib = &calib[..usize::from(scores.len() % 2 == 1)];
    let mut integer = graph.clone();
    let weights = WeightChoice::default();
    if pass::run(&mut integer, &Context { samples: calib, timesteps, weights: &weights, membrane_bits: None }).is_err()
    {
        return;
    }
    let arena = Bump::new();
    let Ok(compiled) = lower(&integer, timesteps, &arena) else { return };
    if let Err(found) = prove(&compiled.program) {
        panic!("lowered to a network that its proof refuses: {found}\n{graph}");
    }
    let sample = data.encode(0, &compiled).expect("samples that were presented can be encoded");
    let _ = host::trace(&compiled.program, &sample);
}

/// Elements and synapses of a timestep, if they can be counted.
fn work(graph: &Graph) -> Option<usize> {
    graph.nodes.iter().try_fold(0usize, |work, node| {
        let delays: usize = node.sources.iter().map(|source| source.delay as usize).sum();
        let synapses = match &node.op {
            Op::Linear(linear) => linear.weight.len(),
            Op::Conv2d(conv) => conv.weight.len().checked_mul(node.shape.positions())?,
            Op::MaxPool(snnc::ir::MaxPool { window }) | Op::AvgPool(snnc::ir::AvgPool { window, .. }) => {
                window.kernel[0].checked_mul(window.kernel[1])?.checked_mul(node.shape.len())?
            }
            _ => 0,
        };
        work.checked_add(synapses)?.checked_add(node.shape.len().checked_mul(delays.checked_add(1)?)?)
    })
}

/// One sample, of the kind that the graph's input takes.
fn samples(graph: &Graph) -> Dataset {
    let (input, shape) = graph.input();
    let len = shape.len();
    let x = match input.encoding {
        InputEncoding::Real => Values::U8((0..len).map(|i| (i * 37 + 11) as u8).collect()),
        InputEncoding::Spikes => Values::Spikes((0..len).map(|i| i % 3 == 0).collect()),
        InputEncoding::Integer { scale, .. } => {
            Values::F32((0..len).map(|i| (scale * ((i * 37 % 256) as f32 - 128.0)).clamp(-1e30, 1e30)).collect())
        }
    };
    Dataset { file: "x".into(), x, len: 1, sample_shape: vec![len], sample_len: len, labels: None, rate: None }
}

/// Runs a compiled network on one sample, if that is little work.
pub fn run(compiled: &Compiled<'_>) {
    let program = &compiled.program;
    if !is_small(program) {
        return;
    }
    let _ = compiled.to_string();
    let input = program.input();
    let frame = |timestep: u32| {
        let len = input.shape.len();
        let value = |i: usize| (i * 37 + timestep as usize * 101) as u8;
        match input.kind {
            EdgeKind::Values(ValueKind::U8) => Frame::U8((0..len).map(value).collect()),
            EdgeKind::Values(ValueKind::I8) => Frame::I8((0..len).map(|i| value(i) as i8).collect()),
            EdgeKind::Values(ValueKind::I16) => {
                Frame::I16((0..len).map(|i| (u16::from(value(i)) * 257) as i16).collect())
            }
            EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => {
                let used = len % 32;
                let mut spikes: Vec<u32> = (0..words(len)).map(|i| (value(i) as u32) * 0x0101_0101).collect();
                if let Some(last) = spikes.last_mut()
                    && used > 0
                {
                    *last &= (1 << used) - 1;
                }
                Frame::Spikes(spikes)
            }
        }
    };
    let frames = match input.rate {
        Rate::PerSample => vec![frame(0)],
        Rate::PerTimestep => (0..program.timesteps()).map(frame).collect(),
    };
    let _ = host::trace(program, &Sample { frames });
}

/// Whether running a program is little work.
fn is_small(program: &Program<'_>) -> bool {
    let elements = |edge: usize| program.edge(edge).shape.len();
    let of = |(index, step): (usize, &Step<'_>)| match step {
        Step::Population(population) => {
            population.projections.iter().map(|p| elements(usize::from(p.source)) * elements(index + 1)).sum()
        }
        Step::Pool(pool) => {
            usize::from(pool.window.kernel[0]) * usize::from(pool.window.kernel[1]) * elements(index + 1)
        }
    };
    arena_words(program) <= WORK
        && (0..=program.steps().len()).all(|edge| elements(edge) <= WORK)
        && program.timesteps() <= 64
        && program.steps().iter().enumerate().map(of).sum::<usize>() <= WORK * 4
}

/// Writes the files of every target, if they are short.
pub fn emit(compiled: &Compiled<'_>) {
    if is_small(&compiled.program) && compiled.layout.lanes.is_none_or(|lanes| lanes <= 64) {
        for backend in BACKENDS {
            let _ = (backend.emit)(compiled, &EmitOptions::default());
        }
    }
}
