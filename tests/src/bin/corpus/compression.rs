//! Compression on all 10,000 MNIST test images, calibrated on 200 training images: fewer bits after training, fewer
//! channels, and the fixtures that were trained with a method.

use std::path::Path;

use bumpalo::Bump;
use rayon::prelude::*;
use snnc::compiled::Compiled;
use snnc::ir::Graph;
use snnc::npz::read::Elements;
use snnc::pass::prune::{Amount, Criterion, PruneChoice, prune};
use snnc::pipeline::{self, Choices};
use snnc_runtime::run::{Runner, arena_words};
use snnc_tests::fixtures;

use crate::dataset;

/// Widths, and how many points of accuracy they may cost with first and last layer at 8 bits.
const WIDTHS: &[(&str, f64)] = &[("int8", 0.2), ("int4", 0.3), ("int3", 0.7), ("int2", 1.5)];

/// Fixtures trained on grids that are kept exactly, each with one of its files.
const METHODS: &[(&str, &str)] = &[
    ("qpsnn4", "step"),
    ("qpsnn2", "step"),
    ("bso", "step"),
    ("qsnn", "step"),
    ("mfp", "unrolled"),
    ("s2nn5", "step"),
];

/// Part of the channels of every layer that pruning takes.
const PRUNED: f64 = 0.3;

/// Accuracy in per cent of the integer network of `graph`.
fn accuracy(graph: &Graph, weights: &str, folder: &Path) -> f64 {
    let labels = labels(folder);
    let predictions = predictions(graph.clone(), weights, folder);
    let correct = predictions.iter().zip(&labels).filter(|(p, l)| **p as i64 == **l).count();
    100.0 * correct as f64 / labels.len() as f64
}

/// Prints what is left of a model without 30 % of its channels, not trained again; 1 if the singular values of the spikes
/// choose no better than chance does on the average of three seeds.
pub fn pruning(model: &str, graph: &Graph, folder: &Path) -> usize {
    let calib = dataset(&folder.join("own/datasets/mnist_train10000.npz")).take(200);
    let mut settled = graph.clone();
    let timesteps = pipeline::present(&mut settled, Some(&calib), true).expect("the images fit");
    let samples = pipeline::float_samples(&settled, &calib, timesteps);
    let left = |criterion| {
        let mut smaller = settled.clone();
        let choice = PruneChoice { criterion, amount: Amount::Each(PRUNED) };
        prune(&mut smaller, &samples, timesteps, &choice).expect("its channels can go");
        accuracy(&smaller, "auto", folder)
    };
    let (svs, l1) = (left(Criterion::Svs), left(Criterion::WeightL1));
    let random = [1, 2, 3].map(|seed| left(Criterion::Random { seed }));
    let mean = random.iter().sum::<f64>() / 3.0;
    println!(
        "{model}: without 30 % of its channels: {svs:.2} % by the singular values of their spikes, {l1:.2} % by their \
         weights, {mean:.2} % by chance ({:.2}, {:.2}, {:.2}){}",
        random[0],
        random[1],
        random[2],
        if l1 > svs { "; weights choose better here" } else { "" }
    );
    usize::from(svs <= mean)
}

/// Prints what fewer bits cost a model; how many widths cost more than they may.
pub fn widths(model: &str, graph: &Graph, float: f64, folder: &Path) -> usize {
    let drop = |weights: &str| 100.0 * float - accuracy(graph, weights, folder);
    let mut failures = 0;
    for &(width, most) in WIDTHS {
        let (ends, everywhere) = (drop(&format!("{width},ends=int8")), drop(width));
        println!(
            "{model}: {width}: {ends:.2} points with its ends at 8 bits (at most {most}), {everywhere:.2} everywhere"
        );
        failures += usize::from(ends > most);
    }
    failures
}

/// Compares the integer networks of the trained fixtures with their framework's predictions; how many differ.
pub fn methods(folder: &Path, filter: &str) -> usize {
    let mut failures = 0;
    for (method, file) in METHODS.iter().filter(|(method, _)| format!("methods/{method}").contains(filter)) {
        let graph = fixtures::model(&format!("methods/{method}/{file}.onnx"), Some(4)).graph;
        let reference = fixtures::array(&format!("methods/{method}/reference.npz"), "pred10000");
        let Elements::U8(expected) = reference.elements else { panic!("predictions are bytes") };
        let found = predictions(graph, "auto", folder);
        let differ = found.iter().zip(&expected).filter(|(a, b)| **a != usize::from(**b)).count();
        let correct = found.iter().zip(labels(folder)).filter(|(p, l)| **p as i64 == *l).count();
        println!("methods/{method}: {differ} of {} predictions differ, {correct} are right", expected.len());
        failures += usize::from(differ > 0);
    }
    failures
}

fn labels(folder: &Path) -> Vec<i64> {
    parts(folder).iter().flat_map(|part| part.labels.clone().expect("MNIST has classes")).collect()
}

fn parts(folder: &Path) -> [snnc::data::Dataset; 2] {
    ["mnist_test1000.npz", "mnist_test_1000_9999.npz"].map(|file| dataset(&folder.join("own/datasets").join(file)))
}

fn predictions(mut graph: Graph, weights: &str, folder: &Path) -> Vec<usize> {
    let calib = dataset(&folder.join("own/datasets/mnist_train10000.npz")).take(200);
    let arena = Bump::new();
    let choices = Choices { weights: weights.parse().expect("sound encodings"), membrane_bits: None };
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let built = pipeline::build(&graph, timesteps, Some(&calib), &choices, &arena).expect("it compiles");
    parts(folder).iter().flat_map(|part| predicted(&built.compiled, part)).collect()
}

fn predicted(compiled: &Compiled<'_>, test: &snnc::data::Dataset) -> Vec<usize> {
    let program = compiled.program;
    let samples = pipeline::encode(compiled, test).expect("MNIST fits");
    let run = |arena: &mut Vec<u32>, sample: &snnc::data::Sample| {
        let mut runner = Runner::new(program, arena).expect("the arena has the words it asked for");
        for timestep in 0..program.timesteps() {
            runner.step(sample.input(timestep)).expect("samples are encoded for their program");
        }
        runner.prediction()
    };
    samples.par_iter().map_init(|| vec![0; arena_words(&program)], run).collect()
}
