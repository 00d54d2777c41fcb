//! Layers, shapes, delays, nested graphs and loops.

use super::{Nir, Value, number, outputs, paper, vector, weights, whole};
use crate::frontend::nir::reading::NirOptions;
use crate::ir::Shape;

fn plain(nir: &Nir) -> crate::ir::Graph {
    nir.load(NirOptions::default()).unwrap_or_else(|error| panic!("{error}")).graph
}

fn conv(shape: &[u64], padding: Value) -> Vec<(&'static str, Value)> {
    let count = shape.iter().product::<u64>() as usize;
    vec![
        ("weight", weights(shape, &(1..=count).map(|x| x as f32).collect::<Vec<_>>())),
        ("bias", weights(&[shape[0]], &vec![0.5; shape[0] as usize])),
        ("stride", number(1.0)),
        ("padding", padding),
        ("dilation", number(1.0)),
        ("groups", number(1.0)),
    ]
}

#[test]
fn shapes_are_inferred_from_the_input_on() {
    let nir = Nir::new(&[1, 4, 4], &[3])
        .node("conv", "Conv2d", &conv(&[2, 1, 3, 3], Value::Text("same")))
        .node(
            "pool",
            "SumPool2d",
            &[("kernel_size", number(2.0)), ("stride", whole(&[2, 2])), ("padding", number(0.0))],
        )
        .node("flat", "Flatten", &[("start_dim", number(0.0)), ("end_dim", number(-1.0))])
        .node("fc", "Affine", &[("weight", weights(&[3, 8], &[0.25; 24])), ("bias", weights(&[3], &[1.0; 3]))])
        .chain(&["input", "conv", "pool", "flat", "fc", "output"]);
    let graph = plain(&nir);
    let shapes: Vec<Shape> = graph.nodes.iter().map(|node| node.shape).collect();
    let expected = [(1, 4, 4), (2, 4, 4), (2, 2, 2), (8, 1, 1), (3, 1, 1)];
    assert_eq!(shapes, expected.map(|(c, h, w)| Shape::new(c, h, w)));
    insta::assert_snapshot!(graph.to_string(), @r"
    graph `test`, 8 timesteps
    %0 Input `input` [1, 4, 4]  (once a sample)
         Constant, real
    %1 Conv2d `conv` %0 -> [2, 4, 4]  (once a sample)
         kernel 3x3, stride 1x1, padding 1x1 before, 1x1 after, weight 1..=18
    %2 AvgPool `pool` %1 -> [2, 2, 2]  (once a sample)
         kernel 2x2, stride 2x2, summed
    %3 Flatten `flat` %2 -> [8]  (once a sample)
    %4 Linear `fc` %3 -> [3]  (once a sample)
         weight 0.25
    readout Sum of Current of %4, times 1
    ");
}

#[test]
fn a_convolution_of_one_axis_slides_along_a_row() {
    let nir = Nir::new(&[1, 4], &[1, 3]).node("conv", "Conv1d", &conv(&[1, 1, 2], Value::Text("valid")));
    let graph = plain(&nir.chain(&["input", "conv", "output"]));
    // 1 * x[t] + 2 * x[t + 1] + 0.5
    assert_eq!(outputs(&graph, &[1.0, 2.0, 3.0, 4.0]), [vec![5.5, 8.5, 11.5]]);
    let nir = Nir::new(&[1, 4], &[1, 4]).node("conv", "Conv1d", &conv(&[1, 1, 2], Value::Text("same")));
    let graph = plain(&nir.chain(&["input", "conv", "output"]));
    assert_eq!(outputs(&graph, &[1.0, 2.0, 3.0, 4.0]), [vec![5.5, 8.5, 11.5, 4.5]]); // padded at the end
}

#[test]
fn a_batch_axis_of_one_is_no_axis() {
    let nir = Nir::new(&[1, 2], &[1, 2]).node("scale", "Scale", &[("scale", vector(&[2.0, 3.0]))]);
    let graph = plain(&nir.chain(&["input", "scale", "output"]));
    assert_eq!(outputs(&graph, &[1.0, 1.0]), [vec![2.0, 3.0]]);
}

#[test]
fn edges_into_one_node_are_a_sum() {
    let nir = Nir::new(&[2], &[2])
        .node("a", "Scale", &[("scale", number(2.0))])
        .node("b", "Scale", &[("scale", number(10.0))])
        .node("c", "Scale", &[("scale", number(1.0))])
        .chain(&["input", "a", "c", "output"])
        .chain(&["input", "b", "c"])
        .edge("b", "c"); // an edge is one edge, however often it is listed
    assert_eq!(outputs(&plain(&nir), &[1.0, 2.0]), [vec![12.0, 24.0]]);
}

#[test]
fn a_delay_holds_every_element_back_for_its_own_time() {
    let nir = |delay| Nir::single("delay", "Delay", 3, &[("delay", delay)]);
    let input = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    let same = nir(number(2e-3)).paper(1e-3);
    assert_eq!(outputs(&same, &input).concat(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    let each = nir(vector(&[0.0, 1e-3, 2e-3])).paper(1e-3);
    assert_eq!(outputs(&each, &input).concat(), [1.0, 0.0, 0.0, 4.0, 2.0, 0.0, 7.0, 5.0, 3.0]);
    let error = nir(number(1.5e-3)).load(paper(1e-3)).expect_err("one and a half timesteps");
    assert!(error.contains("`delay`") && error.contains("--nir-dt"), "{error}");
}

fn neuron(size: usize) -> Vec<(&'static str, Value)> {
    vec![("r", vector(&vec![1.0; size])), ("v_threshold", vector(&vec![0.5; size]))]
}

#[test]
fn a_loop_takes_the_spikes_of_the_timestep_before_and_its_bias_at_once() {
    // a spike of neuron 0 excites neuron 1 a timestep later; the loop's bias holds neuron 0 at the threshold
    let nir = Nir::new(&[2], &[2])
        .node("if", "IF", &neuron(2))
        .node(
            "w",
            "Affine",
            &[("weight", weights(&[2, 2], &[0.0, 0.0, 1.0, 0.0])), ("bias", weights(&[2], &[0.5, 0.0]))],
        )
        .chain(&["input", "if", "output"])
        .chain(&["if", "w", "if"]);
    let spikes = outputs(&nir.paper(1.0), &[0.25, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(spikes, [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]].map(|x| x.to_vec()));
}

#[test]
fn a_nested_graph_is_its_nodes_with_joined_names() {
    let inner = Nir::new(&[2], &[2])
        .node("if", "IF", &neuron(2))
        .node("w", "Linear", &[("weight", weights(&[2, 2], &[0.0, 0.0, 1.0, 0.0]))])
        .chain(&["input", "if", "output"])
        .chain(&["if", "w", "if"]);
    let nir = Nir::new(&[2], &[2]).graph("layer", inner).chain(&["input", "layer", "output"]);
    let graph = nir.paper(1.0);
    let names: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["input", "layer.w", "layer.if.sum", "layer.if"]);
    let spikes = outputs(&graph, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(spikes, [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]].map(|x| x.to_vec()));
}

#[test]
fn a_node_beside_the_way_to_the_output_is_left_out_with_a_word() {
    let nir = Nir::single("scale", "Scale", 1, &[("scale", number(2.0))])
        .node("probe", "Scale", &[("scale", number(3.0))])
        .edge("input", "probe");
    let loaded = nir.load(NirOptions::default()).expect("a sound file");
    assert_eq!(loaded.graph.nodes.len(), 2);
    assert_eq!(loaded.warnings, ["node `probe` does not lead to the output and is left out"]);
}
