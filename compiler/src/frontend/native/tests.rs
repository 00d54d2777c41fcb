//! Random graphs, and files that are broken on purpose.

use bytes::Bytes;
use miette::Diagnostic;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::container::Builder;
use crate::ir::{
    Activation, AvgPool, BatchNorm, Comparison, Conv2d, Divisor, Graph, Grid, Input, InputEncoding, IntegerFormat,
    Linear, MaxPool, Neuron, Node, Op, Quantity, Readout, Reduce, Reset, ResetTiming, Shape, Source, Staircase,
    SynapticCurrent, TemporalMix, Timing, WeightEncoding, Window,
};

fn read(bytes: &[u8]) -> Result<Loaded, FrontendError> {
    let file = ModelFile {
        name: "m.snn",
        bytes: Bytes::copy_from_slice(bytes),
        beside: &|_| Err(std::io::ErrorKind::NotFound.into()),
    };
    crate::frontend::load(&file, &LoadOptions::default())
}

/// What the user reads: the message, its cause, and what to do.
fn message(error: &FrontendError) -> String {
    let mut text = error.to_string();
    let mut shown: &dyn Diagnostic = error;
    while let Some(source) = shown.diagnostic_source() {
        text += &format!(": {source}");
        shown = source;
    }
    text + &shown.help().map_or(String::new(), |help| format!("; {help}"))
}

/// Turns random bytes into choices; 0 when they are used up.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % n
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Any finite number, -0 and the smallest among them.
    fn number(&mut self) -> f32 {
        let number = f32::from_le_bytes([0; 4].map(|_: u8| self.below(256) as u8));
        if number.is_finite() { number } else { -0.0 }
    }

    fn numbers(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.number()).collect()
    }

    fn one_or_each(&mut self, channels: usize) -> Vec<f32> {
        let n = if self.flip() { 1 } else { channels };
        self.numbers(n)
    }

    fn scale(&mut self) -> f32 {
        let scale = self.number().abs();
        if scale > 0.0 { scale } else { 0.75 }
    }

    fn pair(&mut self, from: usize, n: usize) -> [usize; 2] {
        [0; 2].map(|_: usize| from + self.below(n))
    }

    fn window(&mut self) -> Window {
        let (kernel, stride, dilation) = (self.pair(1, 3), self.pair(1, 2), self.pair(1, 2));
        Window { kernel, stride, dilation, pad_begin: [0, self.below(kernel[1])], pad_end: [self.below(kernel[0]), 0] }
    }

    /// Weights and their grid: exactly on it, near it, or without one.
    /// Kernels of `taps` may come from a codebook; 0 taps are none. So may the words of a fully connected layer, without `taps`.
    fn weights(&mut self, channels: usize, per_channel: usize, taps: Option<usize>) -> (Vec<f32>, Option<Grid>) {
        let encoding = match (WeightEncoding::ALL[self.below(WeightEncoding::ALL.len())].1, taps) {
            (WeightEncoding::CODEWORDS, None) => WeightEncoding::CODEWORDS,
            (WeightEncoding::Codebook { .. }, None | Some(0)) => WeightEncoding::Binary,
            (WeightEncoding::CODEWORDS, _) => WeightEncoding::Codebook { index_bits: 6 },
            (encoding, _) => encoding,
        };
        let taps = taps.unwrap_or(0);
        let scale: Vec<f32> = match self.flip() {
            true => vec![self.scale(); channels],
            false => (0..channels).map(|_| 0.001 * (1 + self.below(100)) as f32).collect(),
        };
        let integer = |choices: &mut Self| encoding.nearest(choices.below(256) as f32 - 128.0);
        let codewords: Vec<Vec<i16>> = (0..2).map(|_| (0..taps).map(|_| integer(self)).collect()).collect();
        let few = taps > 0 && matches!(encoding, WeightEncoding::Codebook { .. }) && self.flip();
        let on_grid = (0..channels * per_channel).map(|i| {
            let integer = if few { codewords[i / taps % 2][i % taps] } else { integer(self) };
            scale[i / per_channel] * f32::from(integer)
        });
        let mut weights: Vec<f32> = on_grid.map(|weight| if weight.is_finite() { weight } else { 0.0 }).collect();
        match self.below(3) {
            0 => (weights, Some(Grid { encoding, scale })),
            1 => {
                weights[0] = self.number();
                (weights, Some(Grid { encoding, scale }))
            }
            _ => (self.numbers(channels * per_channel), None),
        }
    }

    fn neuron(&mut self, channels: usize) -> Neuron {
        let neuron = self.plain_neuron(channels);
        match self.below(5) {
            0 => Neuron {
                reset: Reset::ToValue(self.number()),
                reset_timing: ResetTiming::Overriding,
                inhibition: true,
                ..neuron
            },
            1 => Neuron {
                threshold: self.one_or_each(channels).into_iter().map(|t| t.abs() + 0.5).collect(),
                comparison: Comparison::AtLeast,
                reset_timing: ResetTiming::Immediate,
                max_spikes: 2 + self.below(100) as u32,
                min_membrane: self.flip().then(|| self.one_or_each(channels)),
                ..neuron
            },
            3 => Neuron {
                synaptic: vec![],
                temporal_mix: Some(TemporalMix {
                    timesteps: 30,
                    weight: (0..900).map(|i| if i % 30 > i / 30 { 0.0 } else { self.number() }).collect(),
                    scale: self.flip().then_some(0.25),
                }),
                ..neuron
            },
            2 => {
                let rows = if self.flip() { 1 } else { channels };
                Neuron {
                    threshold: self.numbers(30 * rows),
                    threshold_timesteps: 30,
                    stored: self.flip().then(|| Staircase {
                        steps: 2,
                        thresholds: [-0.5, 1.5].repeat(rows),
                        levels: [-1.0, 0.0, 2.0].repeat(rows),
                    }),
                    reset_timing: ResetTiming::Immediate,
                    ..neuron
                }
            }
            _ => neuron,
        }
    }

    fn plain_neuron(&mut self, channels: usize) -> Neuron {
        let decay = |random: &mut Self| random.one_or_each(channels).into_iter().map(|d| d.abs().min(1.0)).collect();
        let synaptic = (0..self.below(3))
            .map(|_| SynapticCurrent { decay: decay(self), gain: self.one_or_each(channels) })
            .collect();
        Neuron {
            synaptic,
            max_spikes: 1,
            min_membrane: None,
            temporal_mix: None,
            stored: None,
            inhibition: false,
            beta: self.one_or_each(channels).into_iter().map(|beta| beta.abs().min(1.0)).collect(),
            threshold: self.one_or_each(channels),
            threshold_timesteps: 1,
            comparison: if self.flip() { Comparison::Above } else { Comparison::AtLeast },
            reset: match self.below(3) {
                0 => Reset::None,
                1 => Reset::ToValue(self.number()),
                _ => Reset::Subtract(self.one_or_each(channels)),
            },
            reset_timing: if self.flip() { ResetTiming::Immediate } else { ResetTiming::Delayed },
            integer: self.flip().then(|| IntegerFormat {
                membrane_bits: 2 + self.below(29) as u8,
                fraction_bits: self.below(17) as i8,
            }),
        }
    }

    fn op(&mut self, from: Shape) -> (Op, Shape) {
        let slid = |window: &Window, channels| {
            Some(Shape::new(channels, window.output(0, from.height)?, window.output(1, from.width)?))
        };
        match self.below(10) {
            0 => {
                let fan_out = 1 + self.below(4);
                let (weight, grid) = self.weights(fan_out, from.len(), None);
                let bias = if self.flip() { self.numbers(fan_out) } else { vec![0.0; fan_out] };
                (Op::Linear(Linear { fan_in: from.len(), fan_out, weight, bias, grid }), Shape::vector(fan_out))
            }
            1 => {
                let window = self.window();
                let groups = if self.flip() { from.channels } else { 1 };
                let channels_out = groups * (1 + self.below(2));
                let Some(shape) = slid(&window, channels_out) else { return (Op::Flatten, Shape::vector(from.len())) };
                let taps = from.channels / groups * window.kernel[0] * window.kernel[1];
                let kernel = if groups == 1 { window.kernel[0] * window.kernel[1] } else { 0 };
                let (weight, grid) = self.weights(channels_out, taps, Some(kernel));
                let (channels_in, bias) = (from.channels, self.numbers(channels_out));
                (Op::Conv2d(Conv2d { channels_in, channels_out, window, groups, weight, bias, grid }), shape)
            }
            2 => {
                let (scale, shift) = (self.numbers(from.channels), self.numbers(from.channels));
                (Op::BatchNorm(BatchNorm { scale, shift }), from)
            }
            3 => match self.window() {
                window if slid(&window, from.channels).is_some() => {
                    let shape = slid(&window, from.channels).expect("just looked");
                    (Op::MaxPool(MaxPool { window }), shape)
                }
                _ => (Op::Flatten, Shape::vector(from.len())),
            },
            4 => match (Window { dilation: [1; 2], ..self.window() }) {
                window if slid(&window, from.channels).is_some() => {
                    let shape = slid(&window, from.channels).expect("just looked");
                    (
                        Op::AvgPool(AvgPool {
                            window,
                            divisor: [Divisor::Kernel, Divisor::Inputs, Divisor::One][self.below(3)],
                        }),
                        shape,
                    )
                }
                _ => (Op::Flatten, Shape::vector(from.len())),
            },
            5 => (Op::Flatten, Shape::vector(from.len())),
            6 => (Op::Add, from),
            7 => {
                let ceiling = self.flip().then(|| self.one_or_each(from.channels));
                let ceiling = ceiling.map(|c| c.into_iter().map(|c| c.abs().max(0.5)).collect());
                (Op::Activation(Activation::Relu { ceiling }), from)
            }
            8 => {
                let steps = 1 + self.below(3);
                let rows = |random: &mut Self| if random.flip() { 1 } else { from.channels };
                let mut thresholds = Vec::new();
                for _ in 0..rows(self) {
                    let mut row = self.numbers(steps);
                    row.sort_by(f32::total_cmp);
                    thresholds.extend(row);
                }
                let rows = rows(self);
                let levels = self.numbers(rows * (steps + 1));
                (Op::Activation(Activation::Staircase(Staircase { steps, thresholds, levels })), from)
            }
            _ => (Op::Neuron(self.neuron(from.channels)), from),
        }
    }

    fn graph(&mut self) -> Graph {
        let shape = Shape::new(1 + self.below(3), 1 + self.below(5), 1 + self.below(5));
        let encoding = match self.below(4) {
            0 => InputEncoding::Real,
            1 => InputEncoding::Spikes,
            2 => InputEncoding::Integer { scale: self.scale(), bits: 8, signed: self.flip() },
            _ => InputEncoding::Integer { scale: self.scale(), bits: 16, signed: true },
        };
        let timing = if self.flip() { Timing::Constant } else { Timing::Sequence };
        let input = Op::Input(Input { timing, encoding });
        let mut nodes = vec![Node { name: "näme \"0\"".into(), op: input, sources: vec![], shape, origin: vec![] }];
        for id in 1..2 + self.below(7) {
            let source = Source { node: self.below(id), delay: if self.flip() { 0 } else { self.below(256) as u32 } };
            let (op, shape) = self.op(nodes[source.node].shape);
            let mut sources = vec![source];
            if matches!(op, Op::Add) {
                sources.push(Source { node: id, delay: 1 + self.below(3) as u32 }); // its own past
            }
            let origin = (0..self.below(3)).map(|i| format!("/net/{i}")).collect();
            nodes.push(Node { name: format!("{}.weight{id}", self.below(9)), op, sources, shape, origin });
        }
        let quantity = [Quantity::Spikes, Quantity::Membrane, Quantity::Current][self.below(3)];
        let reduce = [Reduce::Sum, Reduce::Last, Reduce::Max, Reduce::First][self.below(4)];
        let readout = Readout { quantity, reduce, scale: self.scale() };
        let (output, timesteps) = (self.below(nodes.len()), self.flip().then(|| 1 + self.below(30) as u32));
        Graph { name: "net".into(), nodes, output, readout, timesteps }
    }
}

proptest! {
    #[test]
    fn save_then_load_is_the_identity(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let graph = Choices(bytes.iter()).graph();
        prop_assert_eq!(graph.validate().map_err(|e| e.source.to_string()), Ok(()), "the test makes valid graphs");
        let file = save(&graph).expect("it is valid");
        let loaded = read(&file).expect("just saved").graph;
        prop_assert_eq!(format!("{loaded:?}"), format!("{graph:?}"), "to the sign of a zero");
        prop_assert_eq!(save(&loaded).expect("it is valid"), file, "same graph, same bytes");
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_but_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = save(&Choices(bytes.iter()).graph()).expect("it is valid");
        prop_assert!(read(&file[..cut.index(file.len())]).is_err(), "a part is no model");
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        let _ = read(&file);
    }
}

/// A small model, as a few lines of Python write it.
fn text() -> Value {
    json!({
        "nodes": [
            {"name": "x", "op": {"input": {}}, "shape": [1, 4, 4]},
            {"name": "conv", "op": {"conv2d": {"weight": "w", "bias": "b"}}},
            {"name": "lif", "op": {"neuron": {"beta": 0.5, "threshold": 1}}},
            {"name": "fc", "op": {"linear": {"weight": "q"}}},
            {"name": "out", "op": {"neuron": {"threshold": "q.threshold", "reset": "none"}}},
        ],
    })
}

fn file(text: &Value) -> Vec<u8> {
    let mut builder = Builder::default();
    builder.add("w".into(), &[2, 1, 3, 3], &[0.5f32; 18]);
    builder.add("b".into(), &[2], &[1.0f32, 2.0]);
    builder.add("q".into(), &[3, 8], &[[-7i8; 12], [5; 12]].concat());
    builder.add("q.threshold".into(), &[3], &[1.0f32, 2.0, 3.0]);
    builder.finish(Kind::Graph, text).expect("it is small")
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let Loaded { graph, warnings } = read(&file(&text())).expect("it is sound");
    assert_eq!(warnings, [""; 0]);
    assert_eq!((graph.name.as_str(), graph.output, graph.timesteps), ("m", 4, None));
    assert_eq!(graph.readout, Readout { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 });
    assert_eq!(graph.input().0, Input { timing: Timing::Constant, encoding: InputEncoding::Real });
    let shapes: Vec<_> = graph.nodes.iter().map(|node| node.shape.to_string()).collect();
    assert_eq!(shapes, ["[1, 4, 4]", "[2, 2, 2]", "[2, 2, 2]", "[3]", "[3]"]);
    let Op::Conv2d(conv) = &graph.node(1).op else { panic!("a convolution") };
    assert_eq!((conv.window, conv.groups, &conv.grid), (Window::new([3, 3], [1, 1]), 1, &None));
    let Op::Neuron(lif) = &graph.node(2).op else { panic!("neurons") };
    assert_eq!((&lif.beta, &lif.threshold, lif.comparison), (&vec![0.5], &vec![1.0], Comparison::AtLeast));
    assert_eq!((&lif.reset, lif.reset_timing), (&Reset::Subtract(vec![1.0]), ResetTiming::Immediate));
    let Op::Linear(fc) = &graph.node(3).op else { panic!("synapses") };
    assert_eq!(fc.grid, Some(Grid { encoding: WeightEncoding::INT8, scale: vec![1.0; 3] }));
    assert_eq!((fc.weight[11], fc.weight[12], &fc.bias), (-7.0, 5.0, &vec![0.0; 3]));
    let Op::Neuron(out) = &graph.node(4).op else { panic!("neurons") };
    assert_eq!((&out.beta, &out.threshold, &out.reset), (&vec![1.0], &vec![1.0, 2.0, 3.0], &Reset::None));
}

#[test]
fn the_users_timesteps_win_with_a_warning() {
    let mut text = text();
    text["timesteps"] = json!(8);
    let bytes = Bytes::from(file(&text));
    let model = ModelFile { name: "m.snn", bytes, beside: &|_| Err(std::io::ErrorKind::NotFound.into()) };
    let load = |timesteps| {
        crate::frontend::load(&model, &LoadOptions { timesteps, ..Default::default() }).expect("it is sound")
    };
    let loaded = load(Some(4));
    assert_eq!(loaded.graph.timesteps, Some(4));
    assert_eq!(loaded.warnings, ["`m.snn` is made for 8 timesteps and runs for 4 instead"]);
    assert_eq!(load(Some(8)).warnings, [""; 0]);
    assert_eq!(load(None).graph.timesteps, Some(8));
}

#[test]
fn what_is_wrong_is_said_with_its_node() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut text = text();
        change(&mut text);
        message(&read(&file(&text)).expect_err("refused"))
    };
    let node = |id: usize, field: &'static str, value: Value| refused(&|text| text["nodes"][id][field] = value.clone());
    let op = |id: usize, op: &'static str, field: &'static str, value: Value| {
        refused(&|text| text["nodes"][id]["op"][op][field] = value.clone())
    };
    let messages = [
        refused(&|text| text["comment"] = json!("hi")),
        refused(&|text| text["nodes"] = json!([])),
        refused(&|text| text["output"] = json!("lif9")),
        node(1, "name", json!("x")),
        node(1, "sauces", json!([])),
        node(1, "sources", json!(["y"])),
        node(1, "sources", json!(["lif"])),
        node(1, "sources", json!([{"node": "x", "delay": 300}])),
        node(1, "sources", json!([7])),
        node(1, "op", json!({"conv3d": {}})),
        node(1, "shape", json!([1, 2])),
        node(1, "shape", json!([2, 9, 9])),
        node(0, "shape", json!([18446744073709551615u64, 2, 3])),
        op(1, "conv2d", "weight", json!("v")),
        op(1, "conv2d", "weight", json!("b")),
        op(1, "conv2d", "groups", json!(2)),
        op(1, "conv2d", "groups", json!(u64::MAX)),
        op(1, "conv2d", "stride", json!([0, 1])),
        op(1, "conv2d", "pad_begin", json!([u64::MAX, 1])),
        op(2, "neuron", "beta", json!(1.5)),
        op(2, "neuron", "threshold", json!(1e39)),
        op(2, "neuron", "threshold", json!([1.0])),
        op(2, "neuron", "reset", json!({"to_zero": 0})),
        op(3, "linear", "grid", json!({"encoding": "binary"})),
        op(3, "linear", "grid", json!({"scale": -1})),
        op(3, "linear", "grid", json!({"scale": "b"})),
        op(3, "linear", "bias", json!("q")),
        op(4, "neuron", "threshold", json!(1)),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_compiled_network_is_told_from_a_model() {
    let bytes = Builder::default().finish(Kind::Program, &json!({})).expect("it is small");
    insta::assert_snapshot!(message(&read(&bytes).expect_err("no model")), @"`m.snn`: it is a compiled network, where a model was expected; `run` and `verify` take it as it is; to compile again, give the model it was compiled from");
}

#[test]
fn other_files_are_told_from_a_model() {
    insta::assert_snapshot!(message(&read(b"").expect_err("empty")), @"`m.snn` is damaged: not a native model: header too small; export or copy the file again");
    insta::assert_snapshot!(message(&read(&[255; 64]).expect_err("noise")), @"`m.snn` is damaged: not a native model: header too large; export or copy the file again");
}

#[test]
fn a_zero_keeps_its_sign() {
    let mut graph = read(&file(&text())).expect("it is sound").graph;
    for node in &mut graph.nodes {
        if let Op::Linear(fc) = &mut node.op {
            fc.weight[3] = -0.0;
            fc.bias[1] = -0.0;
        }
    }
    let loaded = read(&save(&graph).expect("it is valid")).expect("just saved").graph;
    let Op::Linear(fc) = &loaded.node(3).op else { panic!("synapses") };
    assert!(fc.weight[3].is_sign_negative() && fc.bias[1].is_sign_negative() && fc.bias[0].is_sign_positive());
}

#[test]
fn an_invalid_graph_is_not_saved() {
    let mut graph = read(&file(&text())).expect("it is sound").graph;
    graph.nodes[2].shape = Shape::vector(1);
    assert!(matches!(save(&graph), Err(FrontendError::Graph(_))));
}
