//! What the runtime's tests share: a second, plain reading of the contract, and random networks to compare it on.
#![allow(dead_code, reason = "each test file takes what it needs")]

pub mod naive;
pub mod random;
pub mod rules;

use naive::{Naive, State};
use snnc_runtime::program::{Edge, EdgeKind, Program, Step};
use snnc_runtime::run::{Input, Runner, arena_words};

/// One frame of input, one number per element.
pub type Frame = Vec<i32>;

/// A frame in the form that the runtime takes.
pub enum Packed {
    Spikes(Vec<u32>),
    U8(Vec<u8>),
    I8(Vec<i8>),
    I16(Vec<i16>),
}

impl Packed {
    pub fn new(kind: EdgeKind, frame: &[i32]) -> Self {
        use snnc_runtime::program::ValueKind::{I8, I16, U8};
        match kind {
            EdgeKind::Spikes => Packed::Spikes(pack(frame)),
            EdgeKind::Values(U8) => Packed::U8(frame.iter().map(|&v| v as u8).collect()),
            EdgeKind::Values(I8) => Packed::I8(frame.iter().map(|&v| v as i8).collect()),
            EdgeKind::Values(I16) => Packed::I16(frame.iter().map(|&v| v as i16).collect()),
            EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => panic!("not an input"),
        }
    }

    pub fn input(&self) -> Input<'_> {
        match self {
            Packed::Spikes(words) => Input::Spikes(words),
            Packed::U8(values) => Input::U8(values),
            Packed::I8(values) => Input::I8(values),
            Packed::I16(values) => Input::I16(values),
        }
    }
}

fn pack(bits: &[i32]) -> Vec<u32> {
    bits.chunks(32).map(|chunk| chunk.iter().enumerate().fold(0, |word, (i, &bit)| word | (bit as u32) << i)).collect()
}

/// The elements of an edge as the runtime shows it.
pub fn unpack(edge: &Edge, words: &[u32]) -> Vec<i32> {
    let element = |i: usize| match edge.kind {
        EdgeKind::Spikes => words[i / 32] >> (i % 32) & 1,
        _ => words[i],
    };
    (0..edge.shape.len()).map(|i| element(i) as i32).collect()
}

/// An edge as the runtime shows it: packed, or one number in a word.
fn shown(kind: EdgeKind, elements: &[i64]) -> Vec<u32> {
    let elements: Vec<i32> = elements.iter().map(|&e| i32::try_from(e).expect("an element leaves 32 bits")).collect();
    match kind {
        EdgeKind::Spikes => pack(&elements),
        _ => elements.iter().map(|&e| e as u32).collect(),
    }
}

/// Runs samples (`[sample][timestep]`, one frame for a constant input) on the runtime and on the naive reading, in one
/// arena that starts full of rubbish, and panics at the first edge, membrane, score or prediction that differs.
pub fn compare(program: &Program<'_>, samples: &[Vec<Frame>]) {
    let mut arena = vec![0xdead_beef; arena_words(program)];
    let mut runner = Runner::new(*program, &mut arena).expect("a fitting arena");
    for sample in samples {
        runner.begin();
        let mut state = State::default();
        for t in 0..program.timesteps() {
            let frame = &sample[if sample.len() == 1 { 0 } else { t as usize }];
            runner.step(Packed::new(program.input().kind, frame).input()).expect("a fitting frame");
            Naive(program).step(&mut state, frame);
            for (i, step) in program.steps().iter().enumerate() {
                let expected = shown(step.output().kind, &state.edges[t as usize][i + 1]);
                assert_eq!(runner.edge(i + 1), expected, "edge {} at timestep {t}", i + 1);
                let expected = shown(EdgeKind::Currents { bits: 32 }, &state.membranes[i]);
                let found: Vec<u32> = runner.membranes(i).map(|v| v as u32).collect();
                match step {
                    Step::Population(population) if population.neuron.is_some_and(|neuron| !neuron.is_stateless()) => {
                        assert_eq!(found, expected, "membranes of step {i} at timestep {t}");
                    }
                    _ => assert!(found.is_empty()),
                }
                let expected: Vec<i64> = state.synaptic[i].concat();
                let expected = shown(EdgeKind::Currents { bits: 32 }, &expected);
                assert_eq!(runner.synaptic(i), expected, "synaptic currents of step {i} at timestep {t}");
            }
            let scores: Vec<i64> = runner.scores().iter().map(|&s| i64::from(s as i32)).collect();
            assert_eq!(scores, state.scores, "scores at timestep {t}");
        }
        assert_eq!(runner.prediction(), state.prediction());
    }
}
