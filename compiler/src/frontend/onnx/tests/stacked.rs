//! Time in an axis of its own, or folded into the batch axis: what recognition sees is one value per timestep.

use super::evaluate::{evaluate, imported};
use super::models::*;
use crate::frontend::onnx::import::Imported;
use crate::frontend::onnx::net::{Def, ValueId};

const STEPS: usize = 3;

/// The parts of the first output, a stack along `axis`.
fn parts(file: &Imported, axis: usize) -> Vec<ValueId> {
    match &file.net.values[file.outputs[0].1].def {
        Def::Concat { parts, axis: found } if *found == axis => parts.clone(),
        other => panic!("{other:?} is no stack along axis {axis}"),
    }
}

fn counting(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * 0.37).sin()).collect()
}

/// SpikingJelly's multi-step layers: a sequence `[T, N, C, H, W]`, folded into `[T * N, C, H, W]` and back.
fn folded(model: Model) -> Model {
    model
        .integers("fold", &[4], &[-1, 2, 4, 4])
        .integers("unfold", &[5], &[STEPS as i64, 1, 3, 2, 2])
        .constant("w", &[3, 2, 3, 3], &(0..54).map(|i| (i % 5) as f32 * 0.25 - 0.5).collect::<Vec<_>>())
        .node("Reshape", &["x", "fold"], "images")
        .node("Conv", &["images", "w"], "features")
        .node("Reshape", &["features", "unfold"], "y")
        .output("y")
}

#[test]
fn a_layer_on_time_folded_into_the_batch_is_the_layer_of_each_timestep() {
    let file = imported(&folded(Model::new(&[STEPS as i64, 1, 2, 4, 4])), None).expect("a sequence");
    let whole = evaluate(&file.net, &[counting(STEPS * 32)]);
    let one = imported(&folded(Model::new(&[1, 1, 2, 4, 4])), None);
    assert!(one.is_err(), "three timesteps are expected of one");
    for (t, part) in parts(&file, 0).into_iter().enumerate() {
        assert_eq!(file.net.dims(part), [1, 1, 3, 2, 2]);
        let Def::Reshape(layer) = file.net.values[part].def else { panic!("a layer's output") };
        assert!(matches!(file.net.values[layer].def, Def::Conv { .. }), "timestep {t}");
        let output = &whole[file.outputs[0].1][t * 12..(t + 1) * 12];
        assert_eq!(output, whole[part]);
    }
}

#[test]
fn a_batch_of_images_is_not_taken_for_timesteps() {
    for dims in [[3, 1, 4, 4], [3, 2, 4, 4]] {
        let model = Model::new(&dims).constant("w", &[1, dims[1], 2, 2], &vec![1.0; 4 * dims[1] as usize]);
        let conv = model.clone().node("Conv", &["x", "w"], "y").output("y");
        assert!(conv.refusal().contains("more than one sample"), "{}", conv.refusal());
        let pool = model.with("MaxPool", &["x"], "y", &[ints("kernel_shape", &[2, 2])]).output("y");
        assert!(pool.refusal().contains("more than one sample"), "{}", pool.refusal());
    }
}

#[test]
fn a_static_image_repeated_over_time_is_seen_once() {
    let model = Model::new(&[1, 2, 4, 4])
        .integers("axis_0", &[1], &[0])
        .integers("often", &[5], &[STEPS as i64, 1, 1, 1, 1])
        .node("Unsqueeze", &["x", "axis_0"], "one_step")
        .node("Tile", &["one_step", "often"], "steps");
    let mut model = folded(model);
    model.graph.node.iter_mut().find(|n| n.op_type == "Reshape").expect("the fold").input[0] = "steps".into();
    let file = imported(&model, None).expect("a repeated image");
    let convolutions = file.net.values.iter().filter(|v| matches!(v.def, Def::Conv { .. })).count();
    assert_eq!(convolutions, 1);
    let parts = parts(&file, 0);
    assert!(parts.iter().all(|&part| part == parts[0]) && parts.len() == STEPS);
}

#[test]
fn arithmetic_between_layers_stays_with_its_timestep() {
    let model = Model::new(&[STEPS as i64, 1, 4])
        .scalar("two", 2.0)
        .constant("w", &[4, 2], &[0.5, -0.5, 1.0, 2.0, -1.0, 0.25, 0.75, 0.125])
        .constant("b", &[2], &[0.5, -0.25])
        .node("Mul", &["x", "two"], "scaled")
        .node("MatMul", &["scaled", "w"], "product")
        .node("Add", &["product", "b"], "y")
        .output("y");
    let file = imported(&model, None).expect("a sequence");
    for part in parts(&file, 0) {
        let Def::Reshape(layer) = file.net.values[part].def else { panic!("a layer's output") };
        assert!(
            matches!(file.net.values[layer].def, Def::Linear { bias: Some(_), .. }),
            "the bias is part of the layer"
        );
    }
    let x = counting(STEPS * 4);
    let row = |t: usize, o: usize| {
        let w = [0.5, -0.5, 1.0, 2.0, -1.0, 0.25, 0.75, 0.125];
        (0..4).map(|i| 2.0 * x[4 * t + i] * w[2 * i + o]).sum::<f64>() + [0.5, -0.25][o]
    };
    let found = &evaluate(&file.net, std::slice::from_ref(&x))[file.outputs[0].1];
    for (i, value) in found.iter().enumerate() {
        assert!((value - row(i / 2, i % 2)).abs() < 1e-6);
    }
}

#[test]
fn a_mean_over_time_adds_the_timesteps_whichever_axis_they_are_in() {
    for (perm, axis) in [([0, 1, 2], 0), ([1, 0, 2], 1)] {
        let model = Model::new(&[STEPS as i64, 1, 4])
            .node("Relu", &["x"], "y")
            .with("Transpose", &["y"], "turned", &[ints("perm", &perm)])
            .integers("axis", &[1], &[axis])
            .with("ReduceMean", &["turned", "axis"], "mean", &[int("keepdims", 0)])
            .output("mean");
        let mut model = model;
        model.opset = 18;
        let file = imported(&model, None).expect("a mean");
        let id = file.outputs[0].1;
        assert_eq!(file.net.dims(id), [1, 4]);
        let x = counting(STEPS * 4);
        let mean = |i: usize| (0..STEPS).map(|t| x[4 * t + i].max(0.0)).sum::<f64>() / STEPS as f64;
        let found = &evaluate(&file.net, std::slice::from_ref(&x))[id];
        (0..4).for_each(|i| assert!((found[i] - mean(i)).abs() < 1e-6));
        assert!(!file.net.values.iter().any(|v| matches!(v.def, Def::Reduce { .. })), "time is unrolled");
    }
}

#[test]
fn padding_split_and_slices_give_the_right_elements() {
    let model = Model::new(&[1, 2, 4])
        .integers("pads", &[6], &[0, 0, 1, 0, 0, 2])
        .node("Pad", &["x", "pads"], "padded")
        .integers("three", &[1], &[1])
        .integers("end", &[1], &[7])
        .integers("axes", &[1], &[2])
        .integers("steps", &[1], &[2])
        .node("Slice", &["padded", "three", "end", "axes", "steps"], "y")
        .output("y");
    let file = imported(&model, None).expect("a slice");
    let x: Vec<f64> = (1..9).map(f64::from).collect();
    assert_eq!(evaluate(&file.net, &[x])[file.outputs[0].1], [1.0, 3.0, 0.0, 5.0, 7.0, 0.0]);
}

#[test]
fn an_empty_part_beside_a_signal_changes_nothing() {
    let model = Model::new(&[2, 3]).constant("none", &[0, 3], &[]);
    let model = model.with("Concat", &["x", "none"], "both", &[int("axis", 0)]).node("Add", &["both", "both"], "y");
    let file = imported(&model.output("y"), None).expect("a sum");
    let found = &evaluate(&file.net, &[counting(6)])[file.outputs[0].1];
    assert_eq!(*found, counting(6).iter().map(|&x| f64::from(x as f32) * 2.0).collect::<Vec<_>>());
}
