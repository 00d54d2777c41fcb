//! Whether a model that is read also compiles, or is refused by the name of a node where it must be.

use std::path::Path;

use bumpalo::Bump;
use snnc::data::Dataset;
use snnc::ir::{Graph, InputEncoding, Op, Timing};
use snnc::pipeline::{self, Choices};

use crate::load;

/// Samples to calibrate with: whether a file compiles does not hang on how many.
const CALIBRATION: usize = 10;

/// Models that are read and evaluated but have no integers yet, with what the refusal must say.
const NOT_LOWERED: &[(&str, &str)] = &[("g_spikingjelly_tiny_spikformer", "attention has no integer")];

/// Files that nothing can be made of, with what the refusal must say: the node, and why.
const REJECTED: &[(&str, &str)] = &[
    ("own/frameworks/f_relu_ann_and_sinabs/sinabs_step_dyn.onnx", "state"),
    ("own/frameworks/f_relu_ann_and_sinabs/sinabs_step_ts.onnx", "state"),
    ("foreign/foreign_onnx/neurom_iot/lenet-1_snn.onnx", "LIF"),
    ("foreign/foreign_onnx/neurom_iot/knn_iris.onnx", "ArrayFeatureExtractor"),
    ("foreign/foreign_onnx/neurom_iot/rf_iris.onnx", "TreeEnsembleClassifier"),
];

/// What became of compiling `graph`, the model of file `title`, and whether that is as it should be.
pub fn check(title: &str, graph: &Graph, test: &Dataset) -> (String, bool) {
    let refusal = NOT_LOWERED.iter().find(|(model, _)| title.starts_with(model)).map(|(_, why)| *why);
    match (build(graph, test), refusal) {
        (Ok(()), None) => ("compiles".into(), true),
        (Ok(()), Some(_)) => ("compiles, though it cannot".into(), false),
        (Err(error), Some(why)) if error.contains(why) && error.contains("node `") => {
            ("not compiled, as it must be".into(), true)
        }
        (Err(error), _) => (format!("not compiled: {error}"), false),
    }
}

fn build(graph: &Graph, test: &Dataset) -> Result<(), String> {
    let mut graph = graph.clone();
    let arena = Bump::new();
    let report = |error| format!("{:?}", miette::Report::new(error));
    // a file that takes spike trains: no samples of the corpus are some
    let trains =
        graph.input().0.timing == Timing::Sequence && test.presentation(graph.input().1, graph.timesteps).is_err();
    if trains {
        if let Op::Input(input) = &mut graph.nodes[0].op {
            input.encoding = InputEncoding::Spikes;
        }
        let timesteps = pipeline::present(&mut graph, None, false).map_err(report)?;
        return pipeline::build(&graph, timesteps, None, &Choices::default(), &arena).map(drop).map_err(report);
    }
    let calib = test.clone().take(CALIBRATION);
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).map_err(report)?;
    pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).map(drop).map_err(report)
}

/// Checks that every file that must be refused is, by the name of a node; returns the failures.
pub fn rejected(folder: &Path, filter: &str) -> usize {
    let mut failures = 0;
    for (file, why) in REJECTED.iter().filter(|(file, _)| file.contains(filter)) {
        let said =
            load(&folder.join(file), 1).map_or_else(|e| format!("{:?}", miette::Report::new(e)), |_| "read".into());
        let refused = said.contains("node `") && said.contains(why);
        println!("{file}: {}", if refused { "refused by its node, as it must be" } else { &said });
        failures += usize::from(!refused);
    }
    failures
}

/// Whether a file of the frameworks is one that must be refused.
pub fn is_rejected(path: &Path) -> bool {
    REJECTED.iter().any(|(file, _)| path.ends_with(file))
}
