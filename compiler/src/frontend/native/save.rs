//! A graph to a native model: the same bytes for the same graph.

use std::collections::BTreeSet;

use super::load::weight;
use super::text::{
    ActivationText, AvgPoolText, BatchNormText, Conv2dText, DelayedText, GraphText, GridText, InputText, MaxPoolText,
    NeuronText, NodeText, OpText, Parameter, ReluText, ResetText, SourceText, StaircaseText, SynapsesText,
    SynapticText, TemporalMixText,
};
use crate::container::{Builder, Kind};
use crate::frontend::FrontendError;
use crate::ir::{Activation, AvgPool, Conv2d, Graph, Grid, Neuron, Node, Op, Reset, Staircase, WeightEncoding, Window};

/// Writes a graph as a `.snn` file; loading it gives the same graph.
///
/// Weights that lie on their grid are written as its integers.
///
/// # Errors
/// A graph that breaks an invariant, or is larger than the format holds.
pub fn save(graph: &Graph) -> Result<Vec<u8>, FrontendError> {
    graph.validate()?;
    let mut builder = Builder::default();
    let failed = |found: String| FrontendError::Network {
        file: graph.name.clone(),
        found: format!("it cannot be written as a native model: {found}"),
        help: "the text of a native model holds 100 MB".into(),
    };
    let nodes: Result<Vec<_>, _> =
        graph.nodes.iter().map(|node| serde_json::to_value(text(&mut builder, graph, node))).collect();
    let text = GraphText {
        name: Some(graph.name.clone()),
        timesteps: graph.timesteps,
        nodes: nodes.map_err(|error| failed(error.to_string()))?,
        output: Some(graph.node(graph.output).name.clone()),
        readout: graph.readout.into(),
    };
    builder.finish(Kind::Graph, &text).map_err(failed)
}

fn text(builder: &mut Builder, graph: &Graph, node: &Node) -> NodeText {
    let source = |node: usize, delay| match (graph.node(node).name.clone(), delay) {
        (name, 0) => SourceText::Now(name),
        (node, delay) => SourceText::Delayed(DelayedText { node, delay }),
    };
    let shape = match (node.shape.channels, node.shape.height, node.shape.width) {
        (features, 1, 1) => vec![features],
        (channels, height, width) => vec![channels, height, width],
    };
    NodeText {
        name: node.name.clone(),
        op: op(&mut Tensors { builder, node: &node.name }, &node.op),
        sources: Some(node.sources.iter().map(|s| source(s.node, s.delay)).collect()),
        shape: Some(shape),
        origin: node.origin.clone(),
    }
}

/// Where a node's tensors go. Their names are the node's, a dot and one word: no two are the same.
struct Tensors<'b> {
    builder: &'b mut Builder,
    node: &'b str,
}

impl Tensors<'_> {
    fn add(&mut self, word: &str, numbers: &[f32]) -> String {
        self.builder.add(format!("{}.{word}", self.node), &[numbers.len()], numbers)
    }

    /// Rows of `width` numbers.
    fn table(&mut self, word: &str, width: usize, numbers: &[f32]) -> String {
        self.builder.add(format!("{}.{word}", self.node), &[numbers.len() / width, width], numbers)
    }

    fn staircase(&mut self, prefix: &str, staircase: &Staircase) -> StaircaseText {
        let thresholds = self.table(&format!("{prefix}thresholds"), staircase.steps, &staircase.thresholds);
        let levels = self.table(&format!("{prefix}levels"), staircase.steps + 1, &staircase.levels);
        StaircaseText { thresholds, levels }
    }

    /// One number as itself, several as a tensor.
    fn parameter(&mut self, word: &str, numbers: &[f32]) -> Parameter {
        match numbers {
            &[number] => Parameter::Number(number.into()),
            numbers => Parameter::Tensor(self.add(word, numbers)),
        }
    }

    fn synapses(&mut self, shape: &[usize], weight: &[f32], bias: &[f32], grid: Option<&Grid>) -> SynapsesText {
        let name = format!("{}.weight", self.node);
        let weight = match grid.and_then(|grid| integers(grid, weight)) {
            Some(integers) => self.builder.add(name, shape, &integers),
            None => self.builder.add(name, shape, weight),
        };
        self.beside(weight, bias, grid)
    }

    /// The synapses of a convolution, and the codebook that its kernels come from, if they do.
    fn convolution(&mut self, shape: &[usize], conv: &Conv2d) -> (SynapsesText, Option<String>) {
        let signs = match &conv.grid {
            Some(grid) if matches!(grid.encoding, WeightEncoding::Codebook { .. }) => integers(grid, &conv.weight),
            _ => None,
        };
        let kernels = signs.as_ref().map(|signs| {
            let [_, _, height, width] = shape else { unreachable!("a convolution has four axes") };
            let kernels: Vec<&[i8]> = signs.chunks(height * width).collect();
            let codewords: Vec<&[i8]> = kernels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            (kernels, codewords, [*height, *width])
        });
        let fits = |words: &[&[i8]]| match conv.grid.as_ref().map(|grid| grid.encoding) {
            Some(WeightEncoding::Codebook { index_bits }) => words.len() <= 1 << index_bits,
            _ => false,
        };
        let Some((kernels, codewords, [height, width])) = kernels.filter(|(_, words, _)| fits(words)) else {
            return (self.synapses(shape, &conv.weight, &conv.bias, conv.grid.as_ref()), None);
        };
        let index = |kernel: &&[i8]| codewords.binary_search(kernel).expect("every kernel was collected") as u8;
        let indices: Vec<u8> = kernels.iter().map(index).collect();
        let shape = [codewords.len(), height, width];
        let codebook = self.builder.add(format!("{}.codebook", self.node), &shape, &codewords.concat());
        let of = [conv.channels_out, conv.channels_in / conv.groups];
        let weight = self.builder.add(format!("{}.weight", self.node), &of, &indices);
        (self.beside(weight, &conv.bias, conv.grid.as_ref()), Some(codebook))
    }

    /// What stands beside the tensor of weights.
    fn beside(&mut self, weight: String, bias: &[f32], grid: Option<&Grid>) -> SynapsesText {
        let silent = bias.iter().all(|number| number.to_bits() == 0);
        let bias = if silent { None } else { Some(self.add("bias", bias)) };
        let grid = grid.map(|grid| {
            let one_for_all = grid.scale.iter().all(|scale| scale.to_bits() == grid.scale[0].to_bits());
            let scale = self.parameter("grid", if one_for_all { &grid.scale[..1] } else { &grid.scale });
            GridText { encoding: grid.encoding, scale }
        });
        SynapsesText { weight, bias, grid }
    }
}

/// The integers that weights stand for, if every weight is exactly one of its grid.
fn integers(grid: &Grid, weights: &[f32]) -> Option<Vec<i8>> {
    let per_channel = weights.len() / grid.scale.len();
    let integer = |(i, value): (usize, &f32)| {
        let scale = grid.scale[i / per_channel];
        let integer = (value / scale).round_ties_even() as i16; // saturates; what does not fit is seen below
        let is_one = grid.encoding.holds(integer) && weight(scale, integer).to_bits() == value.to_bits();
        is_one.then(|| stored(grid.encoding, integer))
    };
    weights.iter().enumerate().map(integer).collect()
}

/// What a tensor holds for an integer of a grid: itself, for `2 q + 1` of an odd grid `q`.
fn stored(encoding: WeightEncoding, integer: i16) -> i8 {
    match encoding {
        WeightEncoding::Odd { .. } => ((integer - 1) / 2) as i8,
        _ => integer as i8,
    }
}

fn op(tensors: &mut Tensors<'_>, op: &Op) -> OpText {
    match op {
        Op::Input(input) => OpText::Input(InputText { timing: input.timing, encoding: input.encoding.into() }),
        Op::Linear(linear) => {
            let shape = [linear.fan_out, linear.fan_in];
            OpText::Linear(tensors.synapses(&shape, &linear.weight, &linear.bias, linear.grid.as_ref()))
        }
        Op::Conv2d(conv) => {
            let [kernel_height, kernel_width] = conv.window.kernel;
            let shape = [conv.channels_out, conv.channels_in / conv.groups, kernel_height, kernel_width];
            let (synapses, codebook) = tensors.convolution(&shape, conv);
            let Window { stride, pad_begin, pad_end, dilation, kernel: _ } = conv.window;
            let SynapsesText { weight, bias, grid } = synapses;
            let (pad_end, groups) = (Some(pad_end), conv.groups);
            OpText::Conv2d(Conv2dText { weight, codebook, bias, grid, stride, pad_begin, pad_end, dilation, groups })
        }
        Op::BatchNorm(norm) => {
            let (scale, shift) = (tensors.add("scale", &norm.scale), tensors.add("shift", &norm.shift));
            OpText::BatchNorm(BatchNormText { scale, shift })
        }
        Op::MaxPool(pool) => {
            let Window { kernel, stride, pad_begin, pad_end, dilation } = pool.window;
            let (stride, pad_end) = (Some(stride), Some(pad_end));
            OpText::MaxPool(MaxPoolText { kernel, stride, pad_begin, pad_end, dilation })
        }
        Op::AvgPool(AvgPool { window, divisor }) => {
            let Window { kernel, stride, pad_begin, pad_end, dilation } = *window;
            let (stride, pad_end, divisor) = (Some(stride), Some(pad_end), *divisor);
            OpText::AvgPool(AvgPoolText { kernel, stride, pad_begin, pad_end, dilation, divisor })
        }
        Op::Flatten => OpText::Flatten,
        Op::Permute(axes) => OpText::Permute(*axes),
        Op::Reshape => OpText::Reshape,
        Op::MatMul => OpText::MatMul,
        Op::Add => OpText::Add,
        Op::Activation(Activation::Relu { ceiling }) => {
            let ceiling = ceiling.as_ref().map(|ceiling| tensors.parameter("ceiling", ceiling));
            OpText::Activation(ActivationText::Relu(ReluText { ceiling }))
        }
        Op::Activation(Activation::Staircase(staircase)) => {
            OpText::Activation(ActivationText::Staircase(tensors.staircase("", staircase)))
        }
        Op::Neuron(neuron) => OpText::Neuron(self::neuron(tensors, neuron)),
    }
}

fn neuron(tensors: &mut Tensors<'_>, neuron: &Neuron) -> NeuronText {
    let synaptic = neuron.synaptic.iter().enumerate().map(|(k, current)| SynapticText {
        decay: tensors.parameter(&format!("synaptic{k}.decay"), &current.decay),
        gain: tensors.parameter(&format!("synaptic{k}.gain"), &current.gain),
    });
    NeuronText {
        synaptic: synaptic.collect(),
        beta: tensors.parameter("beta", &neuron.beta),
        threshold: match neuron.threshold_timesteps {
            1 => tensors.parameter("threshold", &neuron.threshold),
            timesteps => {
                let width = neuron.threshold.len() / timesteps;
                Parameter::Tensor(tensors.table("threshold", width, &neuron.threshold))
            }
        },
        comparison: neuron.comparison,
        reset: Some(match &neuron.reset {
            Reset::None => ResetText::None,
            Reset::ToValue(value) => ResetText::ToValue((*value).into()),
            Reset::Subtract(amount) => ResetText::Subtract(tensors.parameter("reset", amount)),
        }),
        reset_timing: neuron.reset_timing,
        max_spikes: neuron.max_spikes,
        min_membrane: neuron.min_membrane.as_ref().map(|lowest| tensors.parameter("min_membrane", lowest)),
        temporal_mix: neuron.temporal_mix.as_ref().map(|mix| TemporalMixText {
            weight: tensors.table("temporal_mix", mix.timesteps, &mix.weight),
            scale: mix.scale.map(f64::from),
        }),
        stored: neuron.stored.as_ref().map(|stored| tensors.staircase("stored.", stored)),
        inhibition: neuron.inhibition,
        integer: neuron.integer.map(Into::into),
    }
}
