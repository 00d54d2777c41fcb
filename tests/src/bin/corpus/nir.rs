//! NIR files: every way of stepping one against what its framework, or an interpreter of that way, recorded.

use std::path::Path;

use rayon::prelude::*;
use snnc::data::Dataset;
use snnc::frontend::nir::reading::{FIRES, FLOORS, NirOptions, RESETS, SPIKES, meaning, preset};
use snnc::frontend::{self, LoadOptions};
use snnc::ir::eval::Evaluator;
use snnc::ir::{Graph, Op, Timing};
use snnc::npz::Npz;
use snnc::npz::read::{Array, Elements};
use snnc::pipeline;

use crate::{dataset, model_file, name};

/// A model of the corpus, read in one way.
struct Case {
    /// Path in the corpus.
    file: &'static str,
    /// The options in the words of the command line, `--nir-` left out; empty reads by what the file tells.
    options: &'static str,
    timesteps: u32,
    samples: Samples,
    /// File beside the model (`*` is the model's name) and the array of output spike counts.
    counts: (&'static str, &'static str),
}

#[derive(Clone, Copy)]
enum Samples {
    /// MNIST test images, each at every timestep or row by row.
    Mnist,
    /// Spoken digits.
    Speech,
    /// Events in bins of a millisecond.
    Events,
}

const fn case(
    file: &'static str,
    options: &'static str,
    timesteps: u32,
    samples: Samples,
    counts: (&'static str, &'static str),
) -> Case {
    Case { file, options, timesteps, samples, counts }
}

const A: &str = "own/frameworks/a_snntorch_fc/model_snntorch.nir";
const C: &str = "own/frameworks/c_nir_spikingjelly_conv/model_spikingjelly.nir";
const E: &str = "own/frameworks/e_snntorch_recurrent/model_snntorch.nir";
const F: &str = "own/frameworks/f_relu_ann_and_sinabs/model_sinabs.nir";
const H: &str = "own/frameworks/h_norse_fc/model_norse.nir";
const H0: &str = "own/frameworks/h_norse_fc/model_norse_scalar.nir";
const K: &str = "own/frameworks/k_snntorch_speech/model_snntorch.nir";
const CNN: &str = "foreign/nir_paper/02_cnn/cnn_sinabs.nir";

const TO_VALUE: &str = "from=snntorch reset=to-value";
const SUBTRACT: &str = "from=snntorch reset=subtract";
const SINGLE: &str = "from=sinabs spikes=single floor=none";
const SINGLE_ZERO: &str = "from=sinabs spikes=single floor=none reset=to-value";

const CASES: &[Case] = &[
    case(A, "", 25, Samples::Mnist, ("*.interp_dt0.0001_delayed.npz", "counts300")),
    case(A, SUBTRACT, 25, Samples::Mnist, ("*.interp_dt0.0001_subtract.npz", "counts300")),
    case(A, TO_VALUE, 25, Samples::Mnist, ("*.interp_dt0.0001_v_reset.npz", "counts300")),
    case(C, "", 6, Samples::Mnist, ("*.interp_dt0.0001_v_reset_ge.npz", "counts300")),
    case(C, "fires=above", 6, Samples::Mnist, ("*.interp_dt0.0001_v_reset.npz", "counts300")),
    case(C, "reset=subtract fires=above", 6, Samples::Mnist, ("*.interp_dt0.0001_subtract.npz", "counts300")),
    case(E, "", 28, Samples::Mnist, ("*.interp_dt0.0001_delayed.npz", "counts300")),
    case(E, SUBTRACT, 28, Samples::Mnist, ("*.interp_dt0.0001_subtract.npz", "counts300")),
    case(E, TO_VALUE, 28, Samples::Mnist, ("*.interp_dt0.0001_v_reset.npz", "counts300")),
    case(F, "", 32, Samples::Mnist, ("reference_sinabs_nir_T32.npz", "counts300")),
    case(F, "from=sinabs", 32, Samples::Mnist, ("*.interp_dt1_multi_clip.npz", "counts300")),
    case(F, SINGLE, 32, Samples::Mnist, ("*.interp_dt1_subtract_ge.npz", "counts300")),
    case(F, SINGLE_ZERO, 32, Samples::Mnist, ("*.interp_dt1_v_reset_ge.npz", "counts300")),
    case(H, "", 20, Samples::Mnist, ("*.interp_dt1e-06_v_reset.npz", "counts300")),
    case(H, "reset=subtract", 20, Samples::Mnist, ("*.interp_dt1e-06_subtract.npz", "counts300")),
    case(H0, "from=norse", 20, Samples::Mnist, ("reference.npz", "out1000")),
    case(K, "", 32, Samples::Speech, ("reference.npz", "out300")),
    case(CNN, "", 340, Samples::Events, ("reference_nmnist_a50.npz", "counts_multi_clip")),
    case(CNN, SINGLE, 340, Samples::Events, ("reference_nmnist_a50.npz", "counts_single_sub")),
    case(CNN, SINGLE_ZERO, 340, Samples::Events, ("reference_nmnist_a50.npz", "counts_single_zero")),
];

/// Files that must be refused, with a name the message must have.
const REFUSED: &[(&str, &str)] =
    &[("foreign/nir_paper/03_rnn/braille_noDelay_bias_zero_subgraph.nir", "there is no node `lif`")];

/// Checks every case whose file and options match `filter`; returns the failures.
pub fn check(folder: &Path, filter: &str) -> usize {
    let mut failures = 0;
    for case in CASES {
        let title = format!("{} [{}]", case.file, case.options);
        if title.contains(filter) {
            failures += usize::from(!compare(folder, case, &title));
        }
    }
    for (file, expected) in REFUSED.iter().filter(|(file, _)| file.contains(filter)) {
        let said = load(&folder.join(file), NirOptions::default(), None)
            .map_or_else(|error| format!("{:?}", miette::Report::new(error)), |_| "read".into());
        let refused = said.contains(expected);
        println!("{file}: {}", if refused { "refused, as it must be" } else { &said });
        failures += usize::from(!refused);
    }
    for check in [single_neuron, two_neurons, braille] {
        failures += usize::from(!check(folder, filter));
    }
    failures
}

fn compare(folder: &Path, case: &Case, title: &str) -> bool {
    let path = folder.join(case.file);
    let mut graph = match load(&path, options(case.options), Some(case.timesteps)) {
        Ok(graph) => graph,
        Err(error) => {
            println!("{title}: {error}");
            return false;
        }
    };
    let beside = case.counts.0.replace('*', &name(&path));
    let counts = array(&path.with_file_name(beside), case.counts.1);
    let Elements::F32(expected) = &counts.elements else { panic!("counts are numbers") };
    let samples = samples(folder, case, &mut graph);
    let classes = counts.shape[1];
    // SpikingJelly's outputs are mean rates
    let is_mean = expected.iter().all(|&out| out <= 1.0);
    let scale = if is_mean { 1.0 / case.timesteps as f32 } else { 1.0 };
    let differ: usize = samples[..counts.shape[0]]
        .par_iter()
        .zip(expected.par_chunks(classes))
        .map_init(
            || Evaluator::new(&graph),
            |evaluator, (sample, expected)| {
                let scores = evaluator.run(sample, case.timesteps, |_| {});
                usize::from(scores.iter().zip(expected).any(|(a, b)| (a * scale - b).abs() > 1e-6))
            },
        )
        .sum();
    let (spikes, of) = traces(&graph, &samples, &path.with_file_name(case.counts.0), case.timesteps);
    println!("{title}: {differ} of {} rows and {spikes} of {of} traced spikes differ", counts.shape[0]);
    differ == 0 && spikes == 0
}

/// Spikes of every layer that differ from the framework's, where it recorded them: `trace_spk1`, … `[T, samples, ...]`.
fn traces(graph: &Graph, samples: &[Vec<f32>], reference: &Path, timesteps: u32) -> (usize, usize) {
    let Some(bytes) = std::fs::read(reference).ok() else { return (0, 0) };
    let mut npz = Npz::open("reference", &bytes).expect("an npz");
    let neurons = (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_)));
    let (mut differ, mut of) = (0, 0);
    let mut evaluator = Evaluator::new(graph);
    for (layer, id) in neurons.enumerate() {
        let Ok(Some(trace)) = npz.array(&format!("trace_spk{}", layer + 1)) else { break };
        let (traced, trace) = (trace.shape[1], integers(trace));
        for (index, sample) in samples[..traced].iter().enumerate() {
            evaluator.run(sample, timesteps, |moment| {
                let spikes = moment.value(id);
                let expected = &trace[(moment.timestep as usize * traced + index) * spikes.len()..][..spikes.len()];
                differ += spikes.iter().zip(expected).filter(|(a, b)| **a != **b as f32).count();
                of += spikes.len();
            });
        }
    }
    (differ, of)
}

fn samples(folder: &Path, case: &Case, graph: &mut Graph) -> Vec<Vec<f32>> {
    let of = |graph: &mut Graph, data: &Dataset| -> Vec<Vec<f32>> {
        pipeline::present_float(graph, data).expect("samples fit their network");
        (0..data.len).map(|index| pipeline::float_sample(graph, data, index, case.timesteps)).collect()
    };
    match case.samples {
        Samples::Mnist => of(graph, &dataset(&folder.join("own/datasets/mnist_test1000.npz"))),
        Samples::Speech => {
            let x = array(&folder.join("foreign/datasets/fsdd_logmel.npz"), "x_test");
            let Elements::U8(x) = x.elements else { panic!("bytes") };
            sequence(graph);
            let elements = graph.input().1.len() * case.timesteps as usize;
            x.chunks(elements).map(|x| x.iter().map(|&x| f32::from(x) / 255.0).collect()).collect()
        }
        Samples::Events => {
            sequence(graph);
            events(folder, case.timesteps as usize)
        }
    }
}

fn sequence(graph: &mut Graph) {
    if let Op::Input(input) = &mut graph.nodes[0].op {
        input.timing = Timing::Sequence;
    }
}

/// Events of 34 by 34 pixels and two polarities, counted in bins of a millisecond.
fn events(folder: &Path, bins: usize) -> Vec<Vec<f32>> {
    let path = folder.join("foreign/datasets/nmnist_test_a50.npz");
    let read = |name| integers(array(&path, name));
    let [x, y, p, t, offsets] = ["x", "y", "p", "t_us", "offsets"].map(read);
    let sample = |range: &[i64]| {
        let mut counts = vec![0.0; bins * 2 * 34 * 34];
        for event in range[0] as usize..range[1] as usize {
            let bin = (t[event] / 1000) as usize;
            if bin < bins {
                counts[((bin * 2 + p[event] as usize) * 34 + y[event] as usize) * 34 + x[event] as usize] += 1.0;
            }
        }
        counts
    };
    offsets.windows(2).map(sample).collect()
}

/// One neuron of the paper: four spikes.
fn single_neuron(folder: &Path, filter: &str) -> bool {
    let file = "foreign/nir_paper/01_lif/lif_norse.nir";
    if !file.contains(filter) {
        return true;
    }
    let mut graph = load(&folder.join(file), options("from=paper"), Some(1000)).expect("a sound file");
    sequence(&mut graph);
    let csv = std::fs::read_to_string(folder.join("foreign/nir_paper/01_lif/lif_norse.csv")).expect("the corpus");
    let input: Vec<f32> =
        csv.lines().map(|line| line.split(',').next().and_then(|x| x.parse().ok()).expect("a number")).collect();
    let mut spikes = Vec::new();
    let output = graph.output;
    Evaluator::new(&graph).run(&input, 1000, |moment| {
        if moment.value(output)[0] > 0.0 {
            spikes.push(moment.timestep);
        }
    });
    println!("{file}: spikes at rows {spikes:?}");
    spikes == [460, 510, 710, 760]
}

fn two_neurons(folder: &Path, filter: &str) -> bool {
    let file = "foreign/nir_paper/01_lif/two_lif_neurons.nir";
    if !file.contains(filter) {
        return true;
    }
    let read = load(&folder.join(file), options("from=paper"), Some(10)).is_ok();
    println!("{file}: {}", if read { "read" } else { "refused" });
    read
}

/// The recurrent network of the paper: every hidden and output spike of one sample.
fn braille(folder: &Path, filter: &str) -> bool {
    let file = "foreign/nir_paper/03_rnn/braille_noDelay_bias_zero.nir";
    if !file.contains(filter) {
        return true;
    }
    let reference = folder.join("foreign/nir_paper/03_rnn/reference_sample0.npz");
    let input: Vec<f32> = integers(array(&reference, "input")).iter().map(|&x| x as f32).collect();
    let mut graph = load(&folder.join(file), options("dt=1e-4 reset=to-value"), Some(256)).expect("a sound file");
    sequence(&mut graph);
    let neurons: Vec<usize> =
        (0..graph.nodes.len()).filter(|&id| matches!(graph.nodes[id].op, Op::Neuron(_))).collect();
    let expected = ["hidden_spk", "out_spk"].map(|name| integers(array(&reference, name)));
    let mut differ = [0, 0];
    Evaluator::new(&graph).run(&input, 256, |moment| {
        for (layer, expected) in expected.iter().enumerate() {
            let spikes = moment.value(neurons[layer]);
            let expected = &expected[moment.timestep as usize * spikes.len()..][..spikes.len()];
            differ[layer] += spikes.iter().zip(expected).filter(|(a, b)| **a != **b as f32).count();
        }
    });
    println!("{file}: {} of 9728 hidden and {} of 1792 output spikes differ", differ[0], differ[1]);
    differ == [0, 0]
}

fn load(path: &Path, nir: NirOptions, timesteps: Option<u32>) -> Result<Graph, frontend::FrontendError> {
    model_file(path, |file| frontend::load(file, &LoadOptions { timesteps, nir })).map(|loaded| loaded.graph)
}

/// Options from `name=word` pairs.
fn options(words: &str) -> NirOptions {
    let mut options = NirOptions::default();
    for (option, word) in words.split_whitespace().map(|pair| pair.split_once('=').expect("name=word")) {
        match option {
            "from" => options.from = preset(word),
            "dt" => options.dt = word.parse().ok(),
            "reset" => options.reset = meaning(RESETS, word),
            "spikes" => options.spikes = meaning(SPIKES, word),
            "fires" => options.fires = meaning(FIRES, word),
            "floor" => options.floor = meaning(FLOORS, word),
            _ => panic!("no option {option}"),
        }
    }
    options
}

fn array(path: &Path, array: &str) -> Array {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let file = name(path);
    let mut npz = Npz::open(&file, &bytes).expect("an npz");
    npz.array(array).expect("a sound array").unwrap_or_else(|| panic!("{} has no {array}", path.display()))
}

fn integers(array: Array) -> Vec<i64> {
    match array.elements {
        Elements::U8(x) => x.into_iter().map(i64::from).collect(),
        Elements::Integer(x) => x,
        other => panic!("integers, not {}", other.kind()),
    }
}
