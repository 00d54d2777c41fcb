//! Quantized networks without spikes, trained with Brevitas and exported by it or by FINN.

use std::path::Path;

use rayon::prelude::*;
use snnc::data::Dataset;
use snnc::frontend::{self, LoadOptions, ModelFile};
use snnc::ir::Graph;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::npz::Npz;
use snnc::npz::read::Elements;

use crate::{dataset, load};

/// Batch norms of the Brevitas networks that are ONNX nodes of their own.
const NORMS: [&str; 3] = ["features.3", "features.7", "features.11"];

/// Checks the networks whose path matches `filter`; returns the failures.
pub fn check(folder: &Path, filter: &str) -> usize {
    let mut failures = 0;
    for (model, accuracy) in [("TFC_1W1A", 0.915), ("TFC_1W2A", 0.936)] {
        let file = format!("foreign/foreign_onnx/qonnx_tfc/{model}.onnx");
        if file.contains(filter) {
            failures += usize::from(!brevitas(&folder.join(&file), &file, accuracy, folder));
        }
    }
    let file = "foreign/foreign_onnx/finn_build_dataflow/model.onnx";
    if file.contains(filter) {
        failures += usize::from(!finn(&folder.join(file), file));
    }
    failures
}

/// The recorded outputs are the ONNX reference evaluator's, image by image. Given the attribute `momentum`, its opset 9
/// batch norm takes itself to be training: it normalises by `momentum * running + (1 - momentum) * batch`, where the
/// mean of a batch of one is the value and its variance is nothing. The specification (and every runtime) means
/// `running` alone, and so does snnc; both accuracies are printed, and the outputs are compared under the evaluator's
/// reading.
fn brevitas(path: &Path, file: &str, accuracy: f64, folder: &Path) -> bool {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let read = |bytes: Vec<u8>| {
        let file = ModelFile { name: file, bytes: bytes.into(), beside: &|_| Err(std::io::ErrorKind::NotFound.into()) };
        frontend::load(&file, &LoadOptions::default())
    };
    let (specified, trained) = match (read(bytes.clone()), read(in_training(bytes))) {
        (Ok(specified), Ok(trained)) => (specified.graph, trained.graph),
        (Err(error), _) | (_, Err(error)) => {
            println!("{file}: {error}");
            return false;
        }
    };
    let test = dataset(&folder.join("own/datasets/mnist_test1000.npz"));
    let labels = test.labels.as_ref().expect("MNIST has classes");
    let right = |scores: &[Vec<f32>]| {
        let right = scores.iter().zip(labels).filter(|(s, l)| prediction(s) as i64 == **l).count();
        right as f64 / scores.len() as f64
    };
    let specified = right(&evaluate(&specified, &test));
    let scores = evaluate(&trained, &test);
    let expected = floats(Path::new(&path.to_string_lossy().replace(".onnx", "_reference.npz")));
    let classes = expected.len() / scores.len();
    let differ =
        |(scores, expected): (&Vec<f32>, &[f32])| scores.iter().zip(expected).any(|(a, b)| (a - b).abs() > 1e-5);
    let rows = scores.iter().zip(expected.chunks(classes)).filter(|pair| differ(*pair)).count();
    let trained = right(&scores);
    println!(
        "{file}: {rows} of {} rows differ, accuracy {trained:.3} as recorded; with the running statistics {specified:.3}",
        scores.len()
    );
    rows == 0 && (trained - accuracy).abs() < 1e-9
}

/// The file with variances by which a batch norm is the reference evaluator's: with `m` the momentum,
/// `(x - (m * mean + (1 - m) * x)) / sqrt(m * var + eps) = (x - mean) / sqrt((m * var + eps) / m^2)`.
fn in_training(mut file: Vec<u8>) -> Vec<u8> {
    const EPSILON: f64 = 1e-5;
    let momentum = f64::from(0.9f32);
    for name in NORMS {
        for number in initializer(&mut file, &format!("{name}.running_var")).chunks_exact_mut(4) {
            let var = f64::from(f32::from_le_bytes([number[0], number[1], number[2], number[3]]));
            let var = (momentum * var + EPSILON) / (momentum * momentum) - EPSILON;
            number.copy_from_slice(&(var as f32).to_le_bytes());
        }
    }
    file
}

/// The raw data of an initializer in the file's bytes: its name (field 8), then its data (field 9).
fn initializer<'a>(file: &'a mut [u8], name: &str) -> &'a mut [u8] {
    let head = [&[0x42, name.len() as u8], name.as_bytes(), &[0x4a]].concat();
    let at = file.windows(head.len()).position(|w| w == head).expect("the initializer is in the file") + head.len();
    let (mut length, mut digits) = (0, 0);
    loop {
        let byte = file[at + digits];
        length |= usize::from(byte & 0x7f) << (7 * digits);
        digits += 1;
        if byte < 0x80 {
            return &mut file[at + digits..][..length];
        }
    }
}

/// FINN's network ends in the class itself.
fn finn(path: &Path, file: &str) -> bool {
    let loaded = match load(path, 1) {
        Ok(loaded) => loaded,
        Err(error) => {
            println!("{file}: {error}");
            return false;
        }
    };
    let input = npy(&path.with_file_name("input.npy"), b"<f4", |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]), 4);
    let expected = npy(&path.with_file_name("expected_output.npy"), b"<i8", |b| u64::from(b[0]) as usize, 8);
    let mut evaluator = Evaluator::new(&loaded.graph);
    let elements = input.len() / expected.len();
    let classes: Vec<usize> = input.chunks(elements).map(|x| prediction(&evaluator.run(x, 1, |_| {}))).collect();
    println!("{file}: classes {classes:?}, expected {expected:?}");
    classes == expected
}

/// The elements of an `.npy` file of type `kind`, `size` bytes each.
fn npy<T>(path: &Path, kind: &[u8], read: impl Fn(&[u8]) -> T, size: usize) -> Vec<T> {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let head = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(bytes[..head].windows(kind.len()).any(|w| w == kind), "the type of {}", path.display());
    bytes[head..].chunks_exact(size).map(read).collect()
}

fn evaluate(graph: &Graph, test: &Dataset) -> Vec<Vec<f32>> {
    let run = |evaluator: &mut Evaluator<'_>, index: usize| evaluator.run(&test.float(index), 1, |_| {});
    (0..test.len).into_par_iter().map_init(|| Evaluator::new(graph), run).collect()
}

/// `out1000` of a reference.
fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    let mut npz = Npz::open("reference", &bytes).expect("an npz");
    match npz.array("out1000").expect("a sound array").expect("the outputs are there").elements {
        Elements::F32(out) => out,
        other => panic!("float outputs, not {}", other.kind()),
    }
}
