//! Layers and the plumbing around them.

use super::models::*;
use crate::ir::{Graph, Linear, Op, Shape, Window};

/// `current` of `dims` in front of one integrate-and-fire population.
fn fed(model: Model, dims: &[i64]) -> Model {
    model
        .input("v", dims)
        .node("Add", &["v", "current"], "h")
        .node("GreaterOrEqual", &["h", "one"], "above")
        .with("Cast", &["above"], "spike", &[int("to", 1)])
        .node("Sub", &["h", "spike"], "v_out")
        .output("spike")
        .output("v_out")
}

fn kinds(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|n| n.op.kind()).collect()
}

fn linear(graph: &Graph) -> &Linear {
    match graph.nodes.iter().find_map(|n| if let Op::Linear(l) = &n.op { Some(l) } else { None }) {
        Some(linear) => linear,
        None => panic!("{graph}"),
    }
}

const W: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // [2, 3]
const W_T: [f32; 6] = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]; // [3, 2]

#[test]
fn a_linear_layer_is_the_same_in_each_layout() {
    let base =
        || Model::new(&[1, 3]).constant("w", &[2, 3], &W).constant("wt", &[3, 2], &W_T).constant("b", &[2], &[7., 8.]);
    let gemm = |w: &str, attributes: &[_]| base().with("Gemm", &["x", w, "b"], "current", attributes);
    let models = [
        gemm("w", &[int("transB", 1)]),
        gemm("wt", &[]),
        gemm("w", &[int("transB", 1), float("alpha", 1.0), float("beta", 1.0)]),
        base().node("MatMul", &["x", "wt"], "y").node("Add", &["y", "b"], "current"),
        base().node("MatMul", &["x", "wt"], "y").node("Add", &["b", "y"], "current"),
        base()
            .with("Transpose", &["x"], "column", &[ints("perm", &[1, 0])])
            .node("MatMul", &["w", "column"], "y")
            .integers("row", &[2], &[1, -1])
            .node("Reshape", &["y", "row"], "z")
            .node("Add", &["z", "b"], "current"),
    ];
    for model in models {
        let graph = fed(model, &[1, 2]).graph();
        assert_eq!((&linear(&graph).weight[..], &linear(&graph).bias[..]), (&W[..], &[7.0, 8.0][..]), "{graph}");
        assert_eq!(kinds(&graph), ["Input", "Linear", "Neuron"]);
    }
}

#[test]
fn factors_of_a_gemm_are_folded() {
    let model = Model::new(&[1, 3]).constant("w", &[2, 3], &W).constant("b", &[2], &[7., 8.]).with(
        "Gemm",
        &["x", "w", "b"],
        "current",
        &[int("transB", 1), float("alpha", 2.0), float("beta", 0.5)],
    );
    let graph = fed(model, &[1, 2]).graph();
    assert_eq!((linear(&graph).weight[5], linear(&graph).bias[1]), (12.0, 4.0));
}

/// A convolution of `[1, 2, 6, 6]` with 4 kernels of 3 x 3.
fn conv(attributes: &[crate::frontend::onnx::proto::AttributeProto], out: &[i64]) -> Graph {
    let weight: Vec<f32> = (0..72).map(|i| i as f32).collect();
    let model = Model::new(&[1, 2, 6, 6]).constant("w", &[4, 2, 3, 3], &weight).with(
        "Conv",
        &["x", "w"],
        "current",
        attributes,
    );
    fed(model, out).graph()
}

fn window(graph: &Graph) -> Window {
    let found = graph.nodes.iter().find_map(|n| match &n.op {
        Op::Conv2d(c) => Some(c.window),
        Op::MaxPool(p) => Some(p.window),
        Op::AvgPool(p) => Some(p.window),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{graph}"))
}

#[test]
fn a_convolution_keeps_strides_pads_and_dilations() {
    let graph = conv(&[ints("pads", &[1, 0, 2, 1]), ints("strides", &[2, 1])], &[1, 4, 4, 5]);
    let wanted = Window { stride: [2, 1], pad_begin: [1, 0], pad_end: [2, 1], ..Window::new([3, 3], [1, 1]) };
    assert_eq!(window(&graph), wanted);
    assert_eq!(window(&conv(&[ints("dilations", &[2, 1])], &[1, 4, 2, 4])).dilation, [2, 1]);
}

#[test]
fn same_padding_is_computed_from_the_input() {
    let auto = |side: &str| crate::frontend::onnx::proto::AttributeProto {
        name: "auto_pad".into(),
        s: side.to_string().into(),
        ..Default::default()
    };
    let upper = window(&conv(&[auto("SAME_UPPER"), ints("strides", &[2, 2])], &[1, 4, 3, 3]));
    assert_eq!((upper.pad_begin, upper.pad_end), ([0, 0], [1, 1]));
    let lower = window(&conv(&[auto("SAME_LOWER"), ints("strides", &[2, 2])], &[1, 4, 3, 3]));
    assert_eq!((lower.pad_begin, lower.pad_end), ([1, 1], [0, 0]));
}

#[test]
fn a_convolution_in_one_dimension_has_a_height_of_one() {
    let model = Model::new(&[1, 2, 8]).constant("w", &[3, 2, 4], &[0.5; 24]).with(
        "Conv",
        &["x", "w"],
        "y",
        &[ints("strides", &[2]), ints("pads", &[1, 0])],
    );
    let graph =
        fed(model.constant("b", &[1, 3, 1], &[1., 2., 3.]).node("Add", &["y", "b"], "current"), &[1, 3, 3]).graph();
    assert_eq!(graph.nodes[1].shape, Shape::new(3, 1, 3));
    assert_eq!(window(&graph), Window { pad_begin: [0, 1], ..Window::new([1, 4], [1, 2]) });
    let Op::Conv2d(conv) = &graph.nodes[1].op else { panic!("{graph}") };
    assert_eq!(conv.bias, [1.0, 2.0, 3.0], "an added constant per channel is a bias");
}

#[test]
fn a_batch_norm_stays_a_scale_and_a_shift() {
    let model = Model::new(&[1, 2, 3, 3])
        .constant("gamma", &[2], &[2.0, 3.0])
        .constant("beta", &[2], &[0.5, 1.0])
        .constant("mean", &[2], &[1.0, -1.0])
        .constant("variance", &[2], &[4.0, 1.0])
        .with("BatchNormalization", &["x", "gamma", "beta", "mean", "variance"], "current", &[float("epsilon", 0.0)]);
    let graph = fed(model, &[1, 2, 3, 3]).graph();
    let Op::BatchNorm(norm) = &graph.nodes[1].op else { panic!("{graph}") };
    assert_eq!((&norm.scale[..], &norm.shift[..]), (&[1.0, 3.0][..], &[-0.5, 4.0][..]));
}

#[test]
fn pools_keep_their_windows_and_flattening_disappears_into_a_linear_layer() {
    let model = Model::new(&[1, 2, 4, 4])
        .with("MaxPool", &["x"], "pooled", &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .with("AveragePool", &["pooled"], "mean", &[ints("kernel_shape", &[2, 1]), int("count_include_pad", 1)])
        .with("Flatten", &["mean"], "flat", &[int("axis", 1)])
        .linear("flat", "current", 4, 3);
    let graph = fed(model, &[1, 3]).graph();
    assert_eq!(kinds(&graph), ["Input", "MaxPool", "AvgPool", "Linear", "Neuron"]);
    assert_eq!(window(&graph), Window::new([2, 2], [2, 2]));
    assert_eq!(graph.nodes[2].shape, Shape::new(2, 1, 2));
}

#[test]
fn a_mean_over_the_area_is_an_average_pool() {
    let global = Model::new(&[1, 3, 4, 5]).node("GlobalAveragePool", &["x"], "current");
    let reduced = Model::new(&[1, 3, 4, 5]).with("ReduceMean", &["x"], "current", &[ints("axes", &[2, 3])]);
    for model in [global, reduced] {
        let graph = fed(model, &[1, 3, 1, 1]).graph();
        assert_eq!((window(&graph).kernel, graph.nodes[1].shape), ([4, 5], Shape::vector(3)));
    }
}

#[test]
fn ceil_mode_is_padding_where_the_last_window_reaches_over_the_edge() {
    let pool = |size: i64, out: i64| {
        let model = Model::new(&[1, 1, size, size]).with(
            "MaxPool",
            &["x"],
            "current",
            &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2]), int("ceil_mode", 1)],
        );
        fed(model, &[1, 1, out, out]).graph()
    };
    let padded = |graph: &Graph| match &graph.nodes[1].op {
        Op::MaxPool(pool) => pool.window.pad_end,
        other => panic!("{}", other.kind()),
    };
    let (whole, over) = (pool(4, 2), pool(5, 3));
    assert_eq!((padded(&whole), whole.nodes[1].shape), ([0, 0], Shape::new(1, 2, 2)));
    assert_eq!((padded(&over), over.nodes[1].shape), ([1, 1], Shape::new(1, 3, 3)));
}

#[test]
fn neurons_behind_a_reshape_see_a_vector() {
    let model = Model::new(&[1, 2, 3, 3])
        .with("MaxPool", &["x"], "pooled", &[ints("kernel_shape", &[2, 2])])
        .integers("shape", &[2], &[0, -1])
        .node("Reshape", &["pooled", "shape"], "current");
    let graph = fed(model, &[1, 8]).graph();
    assert_eq!(kinds(&graph), ["Input", "MaxPool", "Flatten", "Neuron"]);
}

#[test]
fn an_input_that_is_only_reshaped_has_the_reshaped_shape() {
    let model = Model::new(&[1, 18])
        .integers("shape", &[4], &[1, 2, 3, 3])
        .node("Reshape", &["x", "shape"], "image")
        .with("MaxPool", &["image"], "current", &[ints("kernel_shape", &[3, 3])]);
    assert_eq!(fed(model, &[1, 2, 1, 1]).graph().input().1, Shape::new(2, 3, 3));
}

#[test]
fn constants_on_a_current_are_a_scale_and_a_shift() {
    let model = Model::new(&[1, 3])
        .linear("x", "y", 3, 2)
        .constant("scale", &[2], &[2.0, -3.0])
        .constant("shift", &[2], &[0.5, 0.25])
        .node("Mul", &["y", "scale"], "scaled")
        .node("Sub", &["scaled", "shift"], "current");
    let graph = fed(model, &[1, 2]).graph();
    let Op::BatchNorm(norm) = &graph.nodes[2].op else { panic!("{graph}") };
    assert_eq!((&norm.scale[..], &norm.shift[..]), (&[2.0, -3.0][..], &[-0.5, -0.25][..]));
}

#[test]
fn two_currents_are_added() {
    let model =
        Model::new(&[1, 3]).linear("x", "a", 3, 2).constant("w", &[3, 2], &W_T).node("MatMul", &["x", "w"], "b");
    let graph = fed(model.node("Add", &["a", "b"], "current"), &[1, 2]).graph();
    assert_eq!(kinds(&graph), ["Input", "Linear", "Linear", "Add", "Neuron"]);
}

#[test]
fn one_factor_of_the_whole_current_scales_the_neuron() {
    let model = Model::new(&[1, 3]).linear("x", "y", 3, 2).scalar("gain", 0.25).node("Mul", &["y", "gain"], "current");
    let graph = fed(model, &[1, 2]).graph();
    assert_eq!(kinds(&graph), ["Input", "Linear", "Neuron"]);
    assert_eq!(neurons(&graph)[0].threshold, [4.0]);
}

#[test]
fn dropout_identity_and_casts_between_floats_are_nothing() {
    let model = Model::new(&[1, 3])
        .linear("x", "y", 3, 2)
        .with("Dropout", &["y"], "dropped mask", &[])
        .node("Identity", &["dropped"], "same")
        .with("Cast", &["same"], "current", &[int("to", 11)]);
    assert_eq!(kinds(&fed(model, &[1, 2]).graph()), ["Input", "Linear", "Neuron"]);
}

#[test]
fn a_binariser_left_in_the_file_is_folded_to_weights() {
    let binarised = |opset: i64| {
        let mut model = Model::new(&[1, 3]).constant("latent", &[2, 3], &[0.5, -1.0, 1.5, -0.25, 0.25, -0.5]);
        model.opset = opset;
        model = model.scalar("minus", -1.0).integers("axes", &[1], &[1]).node("Abs", &["latent"], "size");
        model = match opset >= 18 {
            true => model.node("ReduceMean", &["size", "axes"], "alpha"),
            false => model.with("ReduceMean", &["size"], "alpha", &[ints("axes", &[1])]),
        };
        let model = model
            .node("GreaterOrEqual", &["latent", "zero"], "positive")
            .node("Where", &["positive", "one", "minus"], "sign")
            .node("Mul", &["sign", "alpha"], "w")
            .with("Gemm", &["x", "w"], "current", &[int("transB", 1)]);
        linear(&fed(model, &[1, 2]).graph()).weight.clone()
    };
    let wanted = [1.0, -1.0, 1.0, -1.0f32 / 3.0, 1.0 / 3.0, -1.0 / 3.0];
    for (found, wanted) in binarised(17).into_iter().chain(binarised(20)).zip(wanted.into_iter().cycle()) {
        assert!((found - wanted).abs() < 1e-7, "{found} {wanted}");
    }
}

#[test]
fn signs_of_standardised_weights_are_folded_to_plus_and_minus_one() {
    // BESTformer: sign((w - mean) / std), per output channel
    let model = Model::new(&[1, 3])
        .constant("latent", &[2, 3], &[0.5, -1.0, 1.5, 0.25, 0.5, -0.5])
        .with("ReduceMean", &["latent"], "mean", &[ints("axes", &[1])])
        .node("Sub", &["latent", "mean"], "centred")
        .node("Mul", &["centred", "centred"], "squares")
        .with("ReduceMean", &["squares"], "variance", &[ints("axes", &[1])])
        .node("Sqrt", &["variance"], "std")
        .node("Div", &["centred", "std"], "standard")
        .node("Sign", &["standard"], "w")
        .with("Gemm", &["x", "w"], "current", &[int("transB", 1)]);
    assert_eq!(linear(&fed(model, &[1, 2]).graph()).weight, [1.0, -1.0, 1.0, 1.0, 1.0, -1.0]);
}

#[test]
fn an_open_batch_axis_is_one_sample() {
    // Zero states of the batch's size are made from the shape of the input, as torch.onnx exports them.
    let mut model = Model::new(&[0, 3])
        .linear("x", "y", 3, 4)
        .node("Shape", &["y"], "shape")
        .integers("first", &[], &[0])
        .with("Gather", &["shape", "first"], "batch", &[int("axis", 0)])
        .integers("axis", &[1], &[0])
        .node("Unsqueeze", &["batch", "axis"], "batch_row")
        .integers("width", &[1], &[4])
        .with("Concat", &["batch_row", "width"], "zeros_shape", &[int("axis", 0)])
        .node("ConstantOfShape", &["zeros_shape"], "zeros")
        .node("Add", &["y", "zeros"], "current");
    model = fed(model, &[0, 4]);
    let graph = model.graph();
    assert_eq!((graph.input().1, kinds(&graph)), (Shape::vector(3), vec!["Input", "Linear", "Neuron"]));
}

#[test]
fn moving_elements_is_a_permutation() {
    let model = Model::new(&[1, 2, 3]).with("Transpose", &["x"], "current", &[ints("perm", &[0, 2, 1])]);
    let graph = fed(model, &[1, 3, 2]).graph();
    assert_eq!((&graph.nodes[1].op, graph.nodes[1].name.as_str()), (&Op::Permute([2, 1, 0]), "node_current"));
}

#[test]
fn a_batch_of_several_samples_is_refused() {
    let refusal = fed(Model::new(&[2, 3]).linear("x", "current", 3, 4), &[2, 4]).refusal();
    assert!(refusal.contains("more than one sample"), "{refusal}");
}
