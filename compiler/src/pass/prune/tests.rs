//! Pruning of networks by hand.

use super::random::Net;
use super::*;
use crate::ir::eval::Evaluator;
use crate::ir::{Graph, NodeId, Shape, Source};
use crate::pass::testing::{chain, conv, linear, neuron, numbers};

fn each(ratio: f64, criterion: Criterion) -> PruneChoice {
    PruneChoice { criterion, amount: Amount::Each(ratio) }
}

fn named(layers: &[(&str, f64)]) -> PruneChoice {
    let layers = layers.iter().map(|(name, ratio)| ((*name).to_owned(), *ratio)).collect();
    PruneChoice { criterion: Criterion::WeightL1, amount: Amount::Layers(layers) }
}

fn at<'p>(pruned: &'p Pruned, name: &str) -> &'p PrunedLayer {
    pruned.layers.iter().find(|layer| layer.name == name).unwrap_or_else(|| panic!("no `{name}` in\n{pruned}"))
}

/// Convolution, neurons, a layer over the flattened map.
fn small() -> Graph {
    chain(
        Shape::new(1, 5, 5),
        vec![
            ("conv", conv(1, 4, 2, 1), Shape::new(4, 4, 4)),
            ("lif", neuron(0.5), Shape::new(4, 4, 4)),
            ("flat", Op::Flatten, Shape::vector(64)),
            ("fc", linear(64, 3, 3), Shape::vector(3)),
            ("out", neuron(0.9), Shape::vector(3)),
        ],
    )
}

fn scores(graph: &Graph, samples: &[Vec<f32>]) -> Vec<Vec<f32>> {
    samples.iter().map(|sample| Evaluator::new(graph).run(sample, 6, |_| {})).collect()
}

#[test]
fn a_channel_that_never_spikes_goes_first_and_changes_nothing() {
    let mut graph = small();
    let Op::Conv2d(conv) = &mut graph.nodes[1].op else { unreachable!("node 1 is the convolution") };
    conv.bias[2] = -10.0;
    let samples: Vec<Vec<f32>> = (0..8).map(|i| numbers(25, i)).collect();
    let mut pruned = graph.clone();
    let report = prune(&mut pruned, &samples, 6, &each(0.25, Criterion::Svs)).expect("it can be pruned");
    pruned.validate().expect("a sound graph");
    assert_eq!(at(&report, "conv").gone, [2]);
    assert_eq!((at(&report, "conv").weights, at(&report, "fc").weights), ([16, 12], [192, 144]));
    assert_eq!(scores(&pruned, &samples), scores(&graph, &samples));
    assert!(scores(&graph, &samples).iter().flatten().any(|&score| score > 0.0), "something is to be kept");
}

#[test]
fn a_map_of_the_lowest_rank_goes_however_much_it_spikes() {
    let mut graph = small();
    let Op::Conv2d(conv) = &mut graph.nodes[1].op else { unreachable!("node 1 is the convolution") };
    conv.weight[4..8].fill(0.0);
    conv.bias[1] = 5.0; // all of its neurons at every timestep: rank 1
    let samples: Vec<Vec<f32>> = (0..8).map(|i| numbers(25, i)).collect();
    let report = prune(&mut graph, &samples, 6, &each(0.25, Criterion::Svs)).expect("it can be pruned");
    assert_eq!(at(&report, "conv").gone, [1]);
}

#[test]
fn everything_that_channels_go_through_at_once() {
    for criterion in [Criterion::Svs, Criterion::WeightL1, Criterion::Random { seed: 1 }] {
        let mut net = Net::new(Shape::new(2, 8, 8), 77);
        let first = net.conv(6);
        net.norm();
        net.neurons(false);
        net.residual();
        net.depthwise();
        net.neurons(true);
        net.conv(5);
        net.pool(true); // a maximum of currents
        net.neurons(true);
        net.pool(false); // and a mean of spikes
        net.flatten(Op::Flatten);
        net.recurrent(7);
        let net = net.finish();
        let pruned = net.check(&each(0.4, criterion));
        let channels: Vec<[usize; 2]> = pruned.layers.iter().map(|layer| layer.channels).collect();
        assert_eq!(channels, [[6, 4], [6, 4], [6, 4], [5, 3], [7, 4], [7, 4], [3, 3]]);
        let tied: Vec<&Vec<usize>> = pruned.layers[..3].iter().map(|layer| &layer.gone).collect();
        assert!(tied.iter().all(|gone| *gone == tied[0]), "one mask for a residual join");
        assert_eq!(pruned.layers[0].name, net.graph.nodes[first].name);
        net.check(&PruneChoice { criterion, amount: Amount::Global(0.5) });
        net.check(&PruneChoice { criterion, amount: Amount::Each(1.0) });
    }
}

#[test]
fn batch_norms_may_be_folded_before() {
    let mut net = Net::new(Shape::new(2, 4, 4), 5);
    net.conv(6);
    net.norm();
    net.neurons(false);
    let net = net.finish();
    let [mut before, mut after] = [net.graph.clone(), net.graph.clone()];
    let context =
        crate::pass::Context { samples: &[], timesteps: 6, weights: &Default::default(), membrane_bits: None };
    let fold = &crate::pass::PIPELINE[0];
    let choice = each(0.5, Criterion::Random { seed: 3 });
    (fold.run)(&mut before, &context).expect("folding does not fail");
    prune(&mut before, &[], 6, &choice).expect("it can be pruned");
    prune(&mut after, &[], 6, &choice).expect("it can be pruned");
    (fold.run)(&mut after, &context).expect("folding does not fail");
    assert_eq!(before, after);
}

#[test]
fn a_grid_keeps_the_scales_of_the_channels_that_stay() {
    let mut graph = small();
    let Op::Conv2d(conv) = &mut graph.nodes[1].op else { unreachable!("node 1 is the convolution") };
    conv.weight.fill(1.0);
    conv.weight[..4].fill(0.5);
    let scale = vec![0.5, 1.0, 1.0, 1.0];
    conv.grid = Some(crate::ir::Grid { encoding: crate::ir::WeightEncoding::Ternary, scale });
    prune(&mut graph, &[], 6, &named(&[("conv", 0.25)])).expect("it can be pruned");
    graph.validate().expect("a sound graph");
    let Op::Conv2d(conv) = &graph.nodes[1].op else { unreachable!("node 1 is the convolution") };
    assert_eq!(conv.grid.as_ref().map(|grid| grid.scale.clone()), Some(vec![1.0; 3]));
}

/// What keeps the convolution of [`small`] once it is changed.
fn kept(change: impl FnOnce(&mut Graph)) -> String {
    let mut graph = small();
    change(&mut graph);
    graph.validate().expect("a sound graph");
    let before = graph.clone();
    let pruned = prune(&mut graph, &[], 6, &each(0.5, Criterion::WeightL1)).expect("nothing is asked of one layer");
    let layer = at(&pruned, "conv");
    let why = layer.kept.as_ref().map_or_else(|| "nothing".into(), Kept::to_string);
    assert!(layer.kept.is_none() == (graph != before) || layer.gone.is_empty());
    why
}

/// Puts an operation in place of the node `id`.
fn put(graph: &mut Graph, id: NodeId, op: Op, shape: Shape) {
    (graph.nodes[id].op, graph.nodes[id].shape) = (op, shape);
}

#[test]
fn a_layer_whose_readers_are_not_understood_keeps_its_channels_and_says_why() {
    assert_eq!(kept(|_| {}), "nothing");
    assert_eq!(kept(|g| put(g, 3, Op::Reshape, Shape::vector(64))), "nothing");
    assert_eq!(kept(|g| put(g, 3, Op::Reshape, Shape::new(16, 4, 1))), "nothing");
    let other_count = "`flat` (Reshape) does not keep its channels apart";
    assert_eq!(kept(|g| put(g, 3, Op::Reshape, Shape::new(2, 8, 4))), other_count);
    let permuted = "`flat` (Permute) does not keep its channels apart";
    assert_eq!(kept(|g| put(g, 3, Op::Permute([1, 0, 2]), Shape::new(4, 4, 4))), permuted);
    let square = |g: &mut Graph| {
        put(g, 3, Op::MatMul, Shape::new(4, 4, 4));
        g.nodes[3].sources.push(Source::now(2));
    };
    assert_eq!(kept(square), "`flat` (MatMul) does not keep its channels apart");
    let pairs = |g: &mut Graph| {
        let Op::Conv2d(mut grouped) = conv(2, 4, 1, 9) else { unreachable!("it is one") };
        (grouped.channels_in, grouped.groups) = (4, 2);
        put(g, 3, Op::Conv2d(grouped), Shape::new(4, 4, 4));
    };
    assert_eq!(kept(pairs), "`flat` is a convolution in groups of several channels");
    let inhibited = |g: &mut Graph| {
        let Op::Neuron(neuron) = &mut g.nodes[2].op else { unreachable!("node 2 are neurons") };
        neuron.inhibition = true;
    };
    assert_eq!(kept(inhibited), "the neurons `lif` inhibit each other across channels");
    let bare = |g: &mut Graph| put(g, 2, Op::Reshape, Shape::new(4, 4, 4));
    assert_eq!(kept(bare), "its currents reach no neurons");
    let relu = crate::ir::Activation::Relu { ceiling: None };
    let ann = |g: &mut Graph| put(g, 2, Op::Activation(relu), Shape::new(4, 4, 4));
    assert_eq!(kept(ann), "its currents reach the activation `lif`, not neurons");
    let read_out = |g: &mut Graph| g.output = 2;
    assert_eq!(kept(read_out), "the readout looks at its channels");
}

#[test]
fn channels_that_are_added_to_the_inputs_stay() {
    let mut net = Net::new(Shape::new(3, 4, 4), 4);
    let conv = net.conv(3);
    net.push(Op::Add, vec![Source::now(conv), Source::now(0)], Shape::new(3, 4, 4));
    net.neurons(false);
    let net = net.finish();
    let pruned = net.check(&each(0.5, Criterion::Svs));
    assert_eq!(pruned.layers[0].kept, Some(Kept::Input));
    assert_eq!(pruned.layers[1].kept, Some(Kept::Readout));
}

#[test]
fn a_choice_that_cannot_be_met_leaves_the_graph_alone() {
    let refused = |choice: &PruneChoice| {
        let mut graph = small();
        let error = prune(&mut graph, &[], 6, choice).expect_err("it cannot be met");
        assert_eq!(graph, small());
        format!("{error}: {}", error.source)
    };
    let out = "node `fc` (Linear): it keeps its channels: the readout looks at its channels";
    assert_eq!(refused(&named(&[("fc", 0.5)])), out);
    assert!(refused(&named(&[("lif", 0.5)])).contains("no layer is called `lif`"));
    assert!(refused(&named(&[("conv", 1.5)])).contains("1.5 of the channels"));
    assert!(refused(&named(&[("conv", f64::NAN)])).contains("NaN of the channels"));
    assert!(refused(&each(0.5, Criterion::Svs)).contains("no samples"));
    let mut net = Net::new(Shape::new(2, 4, 4), 4);
    net.conv(4);
    net.neurons(false);
    net.residual();
    let mut graph = net.finish().graph;
    let [first, second] = [1, 3].map(|id| graph.nodes[id].name.clone());
    let tied = prune(&mut graph, &[], 6, &named(&[(&first, 0.5), (&second, 0.25)])).expect_err("they are tied");
    assert!(tied.source.to_string().contains("the same channels"), "{}", tied.source);
    prune(&mut graph, &[], 6, &named(&[(&first, 0.5), (&second, 0.5)])).expect("both alike");
}
