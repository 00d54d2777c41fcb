//! Real exports of single neurons against what onnxruntime made of them: each file's recorded states and inputs give the
//! recorded outputs, through the graph that was recognised.

use std::path::Path;

use crate::frontend::onnx::{StateKind, StateMap, load_with_states};
use crate::frontend::{LoadOptions, ModelFile};
use crate::ir::eval::{Evaluator, Moment, pick};
use crate::ir::{Graph, Neuron, NodeId, Op, Reset, Timing, dump};
use crate::npz::Npz;
use crate::npz::read::Elements;

/// How far an output may be from the recorded one.
const TOLERANCE: f32 = 1e-5;

/// The arrays of a recording: evaluations one after the other.
struct Recording {
    arrays: Vec<(String, usize, Vec<f32>)>,
}

impl Recording {
    fn read(path: &str) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut npz = Npz::open(path, &bytes).expect("a recording");
        let names: Vec<String> = npz.names().iter().map(ToString::to_string).collect();
        let read = |name: String| {
            let array = npz.array(&name).expect("a sound array").expect("it is there");
            let Elements::F32(numbers) = array.elements else { panic!("{name} is no array of floats") };
            (name, array.shape[0], numbers)
        };
        Self { arrays: names.into_iter().map(read).collect() }
    }

    /// What evaluation `index` recorded as `name`.
    fn get(&self, name: &str, index: usize) -> &[f32] {
        let (_, evaluations, numbers) =
            self.arrays.iter().find(|(n, ..)| n == name).unwrap_or_else(|| panic!("no array {name}"));
        numbers.chunks(numbers.len() / evaluations).nth(index).expect("so many evaluations")
    }

    fn evaluations(&self) -> usize {
        self.arrays.first().map_or(0, |(_, evaluations, _)| *evaluations)
    }

    fn outputs(&self) -> impl Iterator<Item = &str> {
        self.arrays.iter().filter_map(|(name, ..)| name.strip_prefix("out__"))
    }
}

/// The normal form of a fixture, after all its recorded evaluations have been reproduced.
pub fn reproduced(name: &str) -> String {
    reproduced_except(name, |_, _| false)
}

/// The same, but for elements whose neurons come in with a membrane potential that `except` names.
pub fn reproduced_except(name: &str, except: fn(&Neuron, f32) -> bool) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/onnx_neurons");
    let path = folder.join(name).display().to_string();
    let recording = Recording::read(&format!("{path}.npz"));
    let bytes = std::fs::read(format!("{path}.onnx")).expect("a model");
    let beside = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let file = ModelFile { name, bytes: bytes.into(), beside: &beside };
    let (loaded, states) = match load_with_states(&file, &LoadOptions::default()) {
        Ok(found) => found,
        Err(error) => panic!("{name}: {}", super::models::text(error)),
    };
    for index in 0..recording.evaluations() {
        match loaded.graph.timesteps {
            None => one_timestep(&loaded.graph, &states, &recording, index, except),
            Some(timesteps) => all_timesteps(&loaded.graph, timesteps, &recording, index),
        }
    }
    text(&loaded.graph)
}

/// Everything but the input, on one line.
fn text(graph: &Graph) -> String {
    let node = |node: &crate::ir::Node| {
        let sources: Vec<String> = node
            .sources
            .iter()
            .map(|s| match s.delay {
                0 => format!("%{}", s.node),
                delay => format!("%{}[t-{delay}]", s.node),
            })
            .collect();
        let op = match node.op {
            Op::Neuron(_) => String::new(),
            _ => format!("{} ", node.op.kind()),
        };
        let parameters = dump::parameters(&node.op);
        format!("{op}{}{}{parameters}", sources.join(" "), if parameters.is_empty() { "" } else { ": " })
    };
    graph.nodes.iter().skip(1).map(node).collect::<Vec<_>>().join(" | ")
}

fn neuron(graph: &Graph, node: NodeId) -> &Neuron {
    match &graph.nodes[node].op {
        Op::Neuron(neuron) => neuron,
        other => panic!("{} has states", other.kind()),
    }
}

/// The membrane potential that a delayed reset leaves of `v`.
fn after_reset(neuron: &Neuron, v: f32, channel: usize) -> f32 {
    match neuron.reset {
        Reset::ToValue(value) if neuron.comparison.fires(v, pick(&neuron.threshold, channel)) => value,
        _ => v,
    }
}

/// A state of the graph after a timestep, in the file's numbers.
fn given(map: &StateMap, moment: &Moment<'_>) -> Vec<f32> {
    let state = match map.kind {
        StateKind::Membrane => moment.membrane(map.node),
        StateKind::MembraneBeforeReset => moment.charged(map.node),
        StateKind::Synaptic(k) => moment.synaptic(map.node, k),
        StateKind::Spikes => moment.value(map.node),
    };
    state.iter().enumerate().map(|(i, v)| v * pick(&map.scale, i)).collect()
}

fn one_timestep(
    graph: &Graph,
    states: &[StateMap],
    recording: &Recording,
    index: usize,
    except: fn(&Neuron, f32) -> bool,
) {
    let mut evaluator = Evaluator::new(graph);
    let mut skipped = vec![false; graph.nodes[graph.output].shape.len()];
    for map in states {
        let taken = recording.get(&format!("in__{}", map.input), index);
        let taken: Vec<f32> = taken.iter().enumerate().map(|(i, v)| v / pick(&map.scale, i)).collect();
        let neuron = neuron(graph, map.node);
        match map.kind {
            StateKind::Membrane | StateKind::MembraneBeforeReset => {
                skipped = taken.iter().map(|&v| except(neuron, v)).collect();
                let delayed = map.kind == StateKind::MembraneBeforeReset;
                let rest = |(i, &v)| if delayed { after_reset(neuron, v, i) } else { v };
                let stored: Vec<f32> = taken.iter().enumerate().map(rest).collect();
                evaluator.membrane_mut(map.node).copy_from_slice(&stored);
            }
            StateKind::Synaptic(k) => evaluator.synaptic_mut(map.node, k).copy_from_slice(&taken),
            StateKind::Spikes => evaluator.past_mut(map.node, 1).copy_from_slice(&taken),
        }
    }
    assert!(!skipped.iter().all(|&s| s), "nothing to compare");
    let moment = evaluator.step(recording.get(&format!("in__{}", graph.nodes[0].name), index));
    for output in recording.outputs() {
        let found = match states.iter().find(|map| map.output == output) {
            Some(map) => given(map, &moment),
            None => moment.value(graph.output).iter().map(|v| v * graph.readout.scale).collect(),
        };
        let wanted = recording.get(&format!("out__{output}"), index);
        for (i, (found, wanted)) in found.iter().zip(wanted).enumerate().filter(|(i, _)| !skipped[*i]) {
            let close = (found - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0);
            assert!(close, "{}: {output}[{i}] of evaluation {index} is {found}, recorded {wanted}", graph.name);
        }
    }
}

fn all_timesteps(graph: &Graph, timesteps: u32, recording: &Recording, index: usize) {
    let taken = recording.get(&format!("in__{}", graph.nodes[0].name), index);
    assert_eq!(
        graph.nodes[0].shape.len() * timesteps as usize == taken.len(),
        graph.input().0.timing == Timing::Sequence
    );
    let mut sequence = Vec::new();
    let scores =
        Evaluator::new(graph).run(taken, timesteps, |moment| sequence.extend_from_slice(moment.value(graph.output)));
    let output = recording.outputs().next().expect("an output");
    let wanted = recording.get(&format!("out__{output}"), index);
    // The file stacks its timesteps, or adds them.
    let found = if wanted.len() == sequence.len() { sequence } else { scores };
    assert_eq!(found, wanted, "{}, evaluation {index}", graph.name);
}
