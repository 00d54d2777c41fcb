//! The integer network on all 10,000 MNIST test images, calibrated on 200 training images.

use std::path::Path;

use bumpalo::Bump;
use rayon::prelude::*;
use snnc::ir::Graph;
use snnc::ir::eval::{Evaluator, prediction};
use snnc::pipeline::{self, Choices};
use snnc_runtime::run::{Runner, arena_words};

use crate::dataset;
use crate::reference::Reference;

/// Points of accuracy that 8-bit weights may cost.
const POINTS: f64 = 0.3;

/// Part of the predictions that exact binary weights keep.
const SAME: f64 = 0.999;

/// Prints what the integers cost; whether that is within bounds.
pub fn check(model: &str, mut graph: Graph, reference: &Reference, folder: &Path) -> bool {
    let data = |file: &str| dataset(&folder.join("own/datasets").join(file));
    let calib = data("mnist_train10000.npz").take(200);
    let arena = Bump::new();
    let built = pipeline::present(&mut graph, Some(&calib), true)
        .and_then(|timesteps| pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena));
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            println!("{model}: {error}");
            return false;
        }
    };
    let program = built.compiled.program;
    let (mut correct, mut same, mut total) = (0, 0, 0);
    for test in [data("mnist_test1000.npz"), data("mnist_test_1000_9999.npz")] {
        let samples = pipeline::encode(&built.compiled, &test).expect("MNIST fits");
        let labels = test.labels.as_ref().expect("MNIST has classes");
        let run = |(arena, evaluator): &mut (Vec<u32>, Evaluator<'_>), index: usize| {
            let mut runner = Runner::new(program, arena).expect("the arena has the words it asked for");
            for timestep in 0..program.timesteps() {
                runner.step(samples[index].input(timestep)).expect("samples are encoded for their program");
            }
            let float = evaluator.run(&test.float(index), program.timesteps(), |_| {});
            let class = runner.prediction();
            (usize::from(class as i64 == labels[index]), usize::from(class == prediction(&float)))
        };
        let init = || (vec![0; arena_words(&program)], Evaluator::new(&graph));
        let counts: Vec<(usize, usize)> =
            (0..test.len).into_par_iter().map_init(init, |state, index| run(state, index)).collect();
        correct += counts.iter().map(|c| c.0).sum::<usize>();
        same += counts.iter().map(|c| c.1).sum::<usize>();
        total += test.len;
    }
    let accuracy = correct as f64 / total as f64;
    let framework = reference.accuracy.unwrap_or_default();
    let binary = built.compiled.steps.iter().filter_map(|s| s.encoding).all(|e| e == snnc::ir::WeightEncoding::Binary);
    println!(
        "{model}: integers {:.2} %, framework {:.2} %, same prediction as float on {same} of {total} images{}",
        accuracy * 100.0,
        framework * 100.0,
        if binary { ", binary weights" } else { "" }
    );
    (framework - accuracy) * 100.0 <= POINTS && (!binary || same as f64 >= SAME * total as f64)
}
