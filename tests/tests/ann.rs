//! A ReLU network: as its framework has it, and as a spiking one.

use bumpalo::Bump;
use rayon::prelude::*;
use snnc::compiled::Compiled;
use snnc::data::Dataset;
use snnc::host;
use snnc::ir::eval::Evaluator;
use snnc::pipeline::{self, Choices};
use snnc_tests::fixtures::{model, reference_outputs, samples};

const FILE: &str = "f_relu_ann/ann_ts.onnx";

#[test]
fn its_logits_are_those_of_its_framework() {
    let mut graph = model(FILE, None).graph;
    let images = samples("mnist/test200.npz");
    let timesteps = pipeline::present_float(&mut graph, &images).expect("the images fit");
    assert_eq!(timesteps, 1, "a network without spikes has no time");
    let expected = reference_outputs("f_relu_ann");
    let far: Vec<f32> = (0..images.len)
        .into_par_iter()
        .map_init(
            || Evaluator::new(&graph),
            |evaluator, i| {
                let scores = evaluator.run(&images.float(i), 1, |_| {});
                scores.iter().zip(&expected[i]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
            },
        )
        .collect();
    assert!(far.iter().all(|&far| far < 1e-4), "{far:?}");
}

fn correct(compiled: &Compiled<'_>, images: &Dataset) -> usize {
    let encoded = pipeline::encode(compiled, images).expect("the images fit");
    let labels = images.labels.as_ref().expect("the images have classes");
    let hit = |(sample, &label): (&_, &i64)| host::trace(&compiled.program, sample).prediction as i64 == label;
    encoded.par_iter().zip(labels).filter(|&pair| hit(pair)).count()
}

#[test]
fn a_few_timesteps_of_integer_spikes_keep_its_accuracy() {
    let (images, calib) = (samples("mnist/test200.npz").take(100), samples("mnist/train200.npz").take(100));
    let labels = images.labels.clone().expect("the images have classes");
    let logits = reference_outputs("f_relu_ann");
    let wanted = (0..100).filter(|&i| snnc::ir::eval::prediction(&logits[i]) as i64 == labels[i]).count();
    for (timesteps, lost) in [(4, 2), (8, 1)] {
        let mut graph = model(FILE, Some(timesteps)).graph;
        assert_eq!(pipeline::present(&mut graph, Some(&calib), true).expect("the images fit"), timesteps);
        let arena = Bump::new();
        let built = pipeline::build(&graph, timesteps, Some(&calib), &Choices::default(), &arena).expect("it converts");
        let found = correct(&built.compiled, &images);
        assert!(found + lost >= wanted, "{timesteps} timesteps: {found} of 100 correct, {wanted} without spikes");
    }
}

#[test]
fn without_calibration_samples_it_is_refused_with_what_to_give() {
    let mut graph = model(FILE, None).graph;
    let timesteps = pipeline::present(&mut graph, None, false).expect("timesteps have a default");
    let arena = Bump::new();
    let error =
        pipeline::build(&graph, timesteps, None, &Choices::default(), &arena).expect_err("nothing says how large");
    let text = format!("{:?}", miette::Report::new(error));
    assert!(text.contains("--calib") && text.contains("Relu"), "{text}");
}
