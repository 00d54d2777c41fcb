//! Random small networks of everything that channels go through, pruned and compared with the same network whose channels
//! are silenced instead.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ir::eval::Evaluator;
use crate::ir::{
    AvgPool, BatchNorm, Conv2d, Divisor, MaxPool, Neuron, Node, Reset, ResetTiming, Shape, Source, SynapticCurrent,
    Window,
};
use crate::pass::testing::{chain, conv, linear, neuron, numbers};

/// A network in the making, and who reads which channels.
pub(super) struct Net {
    pub graph: Graph,
    /// The last node's channels: the layer that made them first, and elements in a row that are one of them.
    pub from: (String, usize),
    /// Layer, the layer whose channels it reads, and inputs (elements, or channels of a convolution) of each.
    reads: Vec<(usize, String, usize)>,
    seed: u64,
}

impl Net {
    pub fn new(shape: Shape, seed: u64) -> Self {
        let graph = chain(shape, vec![]);
        Self { graph, from: ("x".into(), shape.positions()), reads: Vec::new(), seed }
    }

    pub fn last(&self) -> usize {
        self.graph.nodes.len() - 1
    }

    pub fn shape(&self) -> Shape {
        self.graph.nodes[self.last()].shape
    }

    fn numbers(&mut self, n: usize) -> Vec<f32> {
        self.seed += 2;
        numbers(n, self.seed)
    }

    pub fn push(&mut self, op: Op, sources: Vec<Source>, shape: Shape) -> usize {
        let name = format!("{}{}", op.kind().to_lowercase(), self.graph.nodes.len());
        self.graph.nodes.push(Node { name, op, sources, shape, origin: vec![] });
        self.graph.output = self.last();
        self.last()
    }

    fn after(&mut self, op: Op, shape: Shape) -> usize {
        self.push(op, vec![Source::now(self.last())], shape)
    }

    /// A layer that makes new channels.
    fn layer(&mut self, op: Op, shape: Shape, each: usize) -> usize {
        let read = std::mem::take(&mut self.from.0);
        let id = self.after(op, shape);
        self.reads.push((id, read, each));
        self.from = (self.graph.nodes[id].name.clone(), shape.positions());
        id
    }

    /// A 3x3 convolution of a map that stays as large.
    pub fn conv(&mut self, channels: usize) -> usize {
        self.seed += 2;
        let from = self.shape();
        let Op::Conv2d(mut op) = conv(from.channels, channels, 3, self.seed) else { unreachable!("it is one") };
        (op.window.pad_begin, op.window.pad_end) = ([1; 2], [1; 2]);
        self.layer(Op::Conv2d(op), Shape { channels, ..from }, self.from.1 / from.positions())
    }

    pub fn linear(&mut self, outputs: usize) -> usize {
        self.seed += 2;
        let op = linear(self.shape().len(), outputs, self.seed);
        self.layer(op, Shape::vector(outputs), self.from.1)
    }

    pub fn depthwise(&mut self) {
        let shape = self.shape();
        let (weight, bias) = (self.numbers(shape.channels * 9), self.numbers(shape.channels));
        let window = Window { pad_begin: [1; 2], pad_end: [1; 2], ..Window::new([3; 2], [1; 2]) };
        let (channels_in, channels_out, groups) = (shape.channels, shape.channels, shape.channels);
        self.after(Op::Conv2d(Conv2d { channels_in, channels_out, window, groups, weight, bias, grid: None }), shape);
    }

    pub fn norm(&mut self) {
        let channels = self.shape().channels;
        let (scale, shift) = (self.numbers(channels), self.numbers(channels));
        self.after(Op::BatchNorm(BatchNorm { scale, shift }), self.shape());
    }

    /// Every second row and column.
    pub fn pool(&mut self, largest: bool) {
        let (window, from) = (Window::new([2; 2], [2; 2]), self.shape());
        let op = match largest {
            true => Op::MaxPool(MaxPool { window }),
            false => Op::AvgPool(AvgPool { window, divisor: Divisor::Kernel }),
        };
        let to = Shape::new(from.channels, from.height / 2, from.width / 2);
        self.from.1 = self.from.1 / from.positions() * to.positions();
        self.after(op, to);
    }

    pub fn flatten(&mut self, op: Op) {
        self.after(op, Shape::vector(self.shape().len()));
    }

    /// Neurons with a number per channel of everything that there is.
    pub fn neurons(&mut self, synaptic: bool) -> usize {
        let channels = self.shape().channels;
        let decay = |numbers: Vec<f32>| numbers.iter().map(|x| x.abs() * 0.9).collect::<Vec<_>>();
        let (beta, gain) = (decay(self.numbers(channels)), self.numbers(channels));
        let threshold: Vec<f32> = self.numbers(channels).iter().map(|x| 0.1 + x.abs() / 2.0).collect();
        let synaptic = synaptic.then(|| SynapticCurrent { decay: decay(self.numbers(channels)), gain });
        let op = Op::Neuron(Neuron {
            synaptic: synaptic.into_iter().collect(),
            beta,
            reset: Reset::Subtract(self.numbers(channels)),
            reset_timing: ResetTiming::Immediate,
            min_membrane: Some(self.numbers(channels).iter().map(|x| -1.0 - x.abs()).collect()),
            threshold,
            ..Neuron::default()
        });
        self.after(op, self.shape())
    }

    /// A convolution to as many channels whose currents are added to the spikes that it reads, and neurons.
    pub fn residual(&mut self) {
        let (spikes, from) = (self.last(), self.from.clone());
        let convolution = self.conv(self.shape().channels);
        self.push(Op::Add, vec![Source::now(convolution), Source::now(spikes)], self.shape());
        self.neurons(false);
        self.from = from;
    }

    /// Neurons whose own spikes of the timestep before come back through weights.
    pub fn recurrent(&mut self, outputs: usize) {
        let forward = self.linear(outputs);
        self.seed += 2;
        let spikes = forward + 3;
        let back = self.push(
            linear(outputs, outputs, self.seed),
            vec![Source { node: spikes, delay: 1 }],
            Shape::vector(outputs),
        );
        self.reads.push((back, self.from.0.clone(), 1));
        self.push(Op::Add, vec![Source::now(forward), Source::now(back)], Shape::vector(outputs));
        assert_eq!(self.neurons(true), spikes);
    }

    /// The classes.
    pub fn finish(mut self) -> Self {
        self.linear(3);
        self.after(neuron(0.9), Shape::vector(3));
        self.graph.validate().expect("a sound graph");
        self
    }

    /// The network with nothing reading the channels that went.
    pub fn silenced(&self, pruned: &Pruned) -> Graph {
        let gone: BTreeMap<&str, &Vec<usize>> = pruned.layers.iter().map(|l| (l.name.as_str(), &l.gone)).collect();
        let mut graph = self.graph.clone();
        for (id, made_by, each) in &self.reads {
            let (weight, inputs, taps) = match &mut graph.nodes[*id].op {
                Op::Linear(linear) => (&mut linear.weight, linear.fan_in, 1),
                Op::Conv2d(conv) => (&mut conv.weight, conv.channels_in, 9),
                _ => unreachable!("only layers read channels"),
            };
            for (index, weight) in weight.iter_mut().enumerate() {
                let channel = index / taps % inputs / each;
                if gone.get(made_by.as_str()).is_some_and(|gone| gone.contains(&channel)) {
                    *weight = 0.0;
                }
            }
        }
        graph
    }

    pub fn samples(&self, n: u64) -> Vec<Vec<f32>> {
        (0..n).map(|i| numbers(self.graph.nodes[0].shape.len(), self.seed + 100 + i)).collect()
    }

    /// Prunes, and compares with what is silenced.
    pub fn check(&self, choice: &PruneChoice) -> Pruned {
        let mut graph = self.graph.clone();
        let pruned = prune(&mut graph, &self.samples(3), 5, choice).expect("it can be pruned");
        graph.validate().expect("a sound graph after pruning");
        let silenced = self.silenced(&pruned);
        let run = |graph: &Graph| {
            let mut seen = Vec::new();
            for sample in self.samples(4) {
                let scores = Evaluator::new(graph).run(&sample, 5, |m| seen.extend_from_slice(m.charged(graph.output)));
                seen.extend(scores);
            }
            seen
        };
        assert_eq!(run(&graph), run(&silenced), "{choice:?}\n{pruned}{}", self.graph);
        pruned
    }
}

/// A map or vector, and so many random parts.
fn random(seed: u64, parts: &[u8]) -> Net {
    let mut net = Net::new(Shape::new(2, 8, 8), seed * 1000);
    net.conv(4);
    for (i, part) in parts.iter().enumerate() {
        let small = net.shape().height < 2;
        let is_map = net.shape().height > 1;
        let spikes = matches!(net.graph.nodes[net.last()].op, Op::Neuron(_));
        match part {
            0 | 1 => {
                net.neurons(*part == 0);
            }
            2 if is_map && spikes => net.residual(),
            3 if is_map => net.depthwise(),
            4 | 5 if !small => net.pool(*part == 4),
            6 if is_map => {
                net.neurons(false);
                net.flatten(if i % 2 == 0 { Op::Flatten } else { Op::Reshape });
            }
            7 => net.recurrent(4 + i),
            8 => net.norm(),
            _ if is_map => {
                net.conv(3 + i);
            }
            _ => {
                net.linear(5 + i);
            }
        }
    }
    net.neurons(true);
    net.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_left_computes_what_is_not_silenced(
        seed in 0u64..1000,
        parts in prop::collection::vec(0u8..10, 0..7),
        ratio in 0.1f64..0.9,
        kind in 0u8..6,
    ) {
        let criterion = match kind % 3 {
            0 => Criterion::Svs,
            1 => Criterion::WeightL1,
            _ => Criterion::Random { seed },
        };
        let amount = if kind < 3 { Amount::Each(ratio) } else { Amount::Global(ratio) };
        random(seed, &parts).check(&PruneChoice { criterion, amount });
    }
}
