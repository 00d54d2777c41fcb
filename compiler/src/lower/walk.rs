//! The walk over the graph: which node becomes which step, with which scale.

use bumpalo::Bump;
use snnc_runtime::program::{
    Edge, EdgeKind, Pool, PoolOp, Population, Rate, Readout, Reset, Shape, Step, ValueKind, Window,
};

use super::project::one_scale;
use super::shift::readout_shift;
use super::{LowerError, bits_of, neuron};
use crate::compiled::StepInfo;
use crate::error::AtNode;
use crate::ir::{self, Divisor, Graph, InputEncoding, Node, NodeId, Op, Quantity, Source, Timing};
use crate::pass::mix_reach;
use crate::proof::shifted;

/// What the walk gives.
pub(super) struct Lowered<'a> {
    pub input: Edge,
    pub encoding: InputEncoding,
    pub steps: Vec<Step<'a>>,
    pub names: Vec<StepInfo>,
    pub readout: Readout,
    pub readout_scale: f32,
}

/// What is known of an edge: `value = scale * integer + offset`.
#[derive(Clone)]
pub(super) struct Known {
    /// Per channel, or one for all.
    pub scale: Vec<f64>,
    /// Per channel; empty for none.
    pub offset: Vec<f64>,
    /// Range of the integers.
    pub least: i64,
    pub most: i64,
}

pub(super) struct Walk<'g, 'a> {
    pub(super) graph: &'g Graph,
    pub(super) arena: &'a Bump,
    /// Of a sample.
    timesteps: u32,
    pub(super) timing: Vec<Timing>,
    pub(super) consumers: Vec<Vec<NodeId>>,
    /// Edge of each node that gets one.
    pub(super) edges: Vec<Option<u16>>,
    /// Per edge.
    pub(super) known: Vec<Known>,
    pub(super) shapes: Vec<Shape>,
    pub(super) kinds: Vec<EdgeKind>,
    pub(super) rates: Vec<Rate>,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) names: Vec<StepInfo>,
}

pub(super) type Result<T> = std::result::Result<T, AtNode<LowerError>>;

impl<'g, 'a> Walk<'g, 'a> {
    pub fn new(graph: &'g Graph, timesteps: u32, arena: &'a Bump) -> Self {
        let (timing, consumers) = (graph.timing(), graph.consumers());
        let mut walk = Self {
            graph,
            arena,
            timesteps,
            timing,
            consumers,
            edges: vec![None; graph.nodes.len()],
            known: Vec::new(),
            shapes: Vec::new(),
            kinds: Vec::new(),
            rates: Vec::new(),
            steps: Vec::new(),
            names: Vec::new(),
        };
        let mut next = 0;
        for id in 0..graph.nodes.len() {
            if walk.has_edge(id) {
                walk.edges[id] = Some(next);
                next += 1;
            }
        }
        walk
    }

    /// Whether a node's output is an edge: not if its currents go straight into the only neurons that want them.
    fn has_edge(&self, id: NodeId) -> bool {
        let feeds_neurons = |id: NodeId| match self.consumers[id].as_slice() {
            &[next] => matches!(self.graph.nodes[next].op, Op::Neuron(_) | Op::Add),
            _ => false,
        };
        match self.graph.nodes[id].op {
            Op::Linear(_) | Op::Conv2d(_) | Op::Add => {
                let inlined = feeds_neurons(id) && id != self.graph.output && self.timing[id] == Timing::Sequence;
                !inlined || self.join_shift(id) > 0
            }
            Op::Flatten => false,
            Op::Input(_) | Op::BatchNorm(_) | Op::MaxPool(_) | Op::AvgPool(_) | Op::Activation(_) | Op::Neuron(_) => {
                true
            }
            Op::Permute(_) | Op::Reshape | Op::MatMul => true,
        }
    }

    pub fn run(mut self) -> Result<Lowered<'a>> {
        let (input, encoding) = self.input()?;
        for id in 1..self.graph.nodes.len() {
            if self.edges[id].is_some() {
                self.step(id)?;
            }
        }
        let (output, _) = self.resolve(Source::now(self.graph.output));
        let node = &self.graph.nodes[output];
        if node.shape.positions() > 1 {
            return Err(LowerError::at(
                node,
                format!("a feature map {} is read out", node.shape),
                "end the network in a vector of classes",
            ));
        }
        let source = self.edges[output].unwrap_or_default();
        let quantity = self.graph.readout.quantity;
        let scale = match (&node.op, quantity) {
            (Op::Neuron(_), Quantity::Spikes) => 1.0,
            (Op::Neuron(_), Quantity::Membrane) => self.membrane_scale(node, output)?,
            (Op::Linear(_) | Op::Conv2d(_) | Op::Add, Quantity::Current) => {
                one_scale(node, &self.known[usize::from(source)].scale)?
            }
            _ => {
                return Err(LowerError::at(
                    node,
                    format!("its {quantity:?} are read out"),
                    "end the network in neurons or in a layer of synapses",
                ));
            }
        };
        let readout = Readout { source, quantity, reduce: self.graph.readout.reduce };
        let reach = self.known[usize::from(source)].most.max(-self.known[usize::from(source)].least);
        let reach = match (&self.steps[usize::from(source) - 1], quantity) {
            (Step::Population(Population { neuron: Some(neuron), .. }), Quantity::Membrane) => {
                1 << (neuron.membrane_bits - 1)
            }
            _ => reach,
        };
        let timesteps = i64::from(self.timesteps);
        if readout.reduce == ir::Reduce::Sum && reach * timesteps >= 1 << 31 {
            return Err(LowerError::at(
                node,
                format!("its summed scores reach {}; at most 2^31", reach * timesteps),
                "sum over fewer timesteps, or read out the last one",
            ));
        }
        let (steps, names) = (self.steps, self.names);
        Ok(Lowered { input, encoding, steps, names, readout, readout_scale: scale as f32 })
    }

    fn input(&mut self) -> Result<(Edge, InputEncoding)> {
        let node = &self.graph.nodes[0];
        let (input, shape) = self.graph.input();
        let (kind, scale, least, most) = match input.encoding {
            InputEncoding::Spikes => (EdgeKind::Spikes, 1.0, 0, 1),
            InputEncoding::Integer { scale, bits: 8, signed: false } => {
                (EdgeKind::Values(ValueKind::U8), scale, 0, 255)
            }
            InputEncoding::Integer { scale, bits: 8, signed: true } => {
                (EdgeKind::Values(ValueKind::I8), scale, -128, 127)
            }
            InputEncoding::Integer { scale, bits: 16, signed: true } => {
                (EdgeKind::Values(ValueKind::I16), scale, -32768, 32767)
            }
            InputEncoding::Real | InputEncoding::Integer { .. } => {
                return Err(LowerError::at(
                    node,
                    format!("its encoding is {:?}", input.encoding),
                    "quantize the graph first",
                ));
            }
        };
        let rate = match input.timing {
            Timing::Constant => Rate::PerSample,
            Timing::Sequence => Rate::PerTimestep,
        };
        let edge = Edge { shape: lowered_shape(shape), kind, rate };
        self.keep(edge, Known { scale: vec![scale.into()], offset: vec![], least, most });
        Ok((edge, input.encoding))
    }

    fn keep(&mut self, edge: Edge, known: Known) {
        self.shapes.push(edge.shape);
        self.kinds.push(edge.kind);
        self.rates.push(edge.rate);
        self.known.push(known);
    }

    /// The node whose edge a source reads, through reshapes, and the delay.
    pub(super) fn resolve(&self, source: Source) -> (NodeId, u32) {
        let node = &self.graph.nodes[source.node];
        match (&node.op, node.sources.first()) {
            (Op::Flatten, Some(&through)) => {
                let (id, delay) = self.resolve(through);
                (id, delay + source.delay)
            }
            _ => (source.node, source.delay),
        }
    }

    /// Lowers node `id`, which gives an edge.
    fn step(&mut self, id: NodeId) -> Result<()> {
        let node = &self.graph.nodes[id];
        let (step, known, info) = match &node.op {
            Op::MaxPool(pool) => self.pool(node, &pool.window, PoolOp::Max, Divisor::One)?,
            Op::AvgPool(pool) => self.pool(node, &pool.window, PoolOp::Sum, pool.divisor)?,
            Op::Linear(_) | Op::Conv2d(_) | Op::Add => self.currents(id)?,
            Op::Activation(_) => {
                return Err(LowerError::at(
                    node,
                    "an activation of a network without spikes",
                    "convert the network first: the ann-to-snn pass makes neurons of its activations",
                ));
            }
            Op::Neuron(neuron) => self.population(id, neuron)?,
            Op::BatchNorm(_) => {
                return Err(LowerError::at(
                    node,
                    "a batch norm that no synapses stand before",
                    "put the batch norm directly behind a linear or convolution layer",
                ));
            }
            Op::Permute(_) | Op::Reshape | Op::MatMul => {
                return Err(LowerError::at(
                    node,
                    format!("{} is evaluated, but not compiled yet: attention has no integer step", node.op.kind()),
                    "compile a network of convolution, linear and pooling layers",
                ));
            }
            Op::Input(_) | Op::Flatten => return Ok(()),
        };
        self.keep(*step.output(), known);
        self.names.push(info);
        self.steps.push(step);
        Ok(())
    }

    pub(super) fn edge_of(&self, node: &Node, source: Source) -> Result<(u16, u8)> {
        let (id, delay) = self.resolve(source);
        match (self.edges[id], u8::try_from(delay)) {
            (Some(edge), Ok(delay)) => Ok((edge, delay)),
            _ => Err(LowerError::at(
                node,
                "its source is a sum that is needed as it is",
                "this is a bug of snnc: please report it",
            )),
        }
    }

    fn pool(
        &self,
        node: &Node,
        window: &ir::Window,
        op: PoolOp,
        divisor: Divisor,
    ) -> Result<(Step<'a>, Known, StepInfo)> {
        let (source, delay) = self.edge_of(node, node.sources[0])?;
        if delay > 0 || self.graph.nodes[node.sources[0].node].shape != self.layout(node.sources[0]) {
            return Err(LowerError::at(node, "its source is delayed or flattened", "pool feature maps as they are"));
        }
        let edge = usize::from(source);
        let taps = (window.kernel[0] * window.kernel[1]) as i64;
        let padded = window.pad_begin != [0; 2] || window.pad_end != [0; 2];
        let mut known = self.known[edge].clone();
        let kind = match (op, self.kinds[edge]) {
            (PoolOp::Max, kind) => kind,
            (PoolOp::Sum, _) if padded && (divisor == Divisor::Inputs || !known.offset.is_empty()) => {
                return Err(LowerError::at(
                    node,
                    "an average whose divisor depends on the position",
                    "use count_include_pad=True or no padding",
                ));
            }
            (PoolOp::Sum, kind) => {
                let divisor = divisor.of(taps as usize, taps as usize);
                known.scale.iter_mut().for_each(|scale| *scale /= divisor as f64);
                (known.least, known.most) = (known.least.min(0) * taps, known.most.max(0) * taps);
                match kind {
                    EdgeKind::Spikes | EdgeKind::Counts { .. } => EdgeKind::Counts {
                        max: u16::try_from(known.most).map_err(|_| {
                            LowerError::at(node, format!("counts up to {}", known.most), "average over smaller windows")
                        })?,
                    },
                    EdgeKind::Currents { .. } | EdgeKind::Values(_) => {
                        EdgeKind::Currents { bits: bits_of_range(known.least, known.most) }
                    }
                }
            }
        };
        if matches!(kind, EdgeKind::Values(_)) || matches!(self.kinds[edge], EdgeKind::Values(_)) {
            return Err(LowerError::at(
                node,
                "it pools the input itself",
                "pool the samples before they are given to the network",
            ));
        }
        let output = Edge { shape: lowered_shape(node.shape), kind, rate: self.rates[edge] };
        let step = Step::Pool(Pool { source, op, window: self.window(node, window)?, output });
        Ok((step, known, StepInfo { name: node.name.clone(), encoding: None, activity: None }))
    }

    pub(super) fn window(&self, node: &Node, window: &ir::Window) -> Result<Window> {
        let pair = |pair: [usize; 2]| -> Result<[u16; 2]> {
            let small = |x| {
                u16::try_from(x).map_err(|_| LowerError::at(node, format!("a window of {x}"), "use one below 65,536"))
            };
            Ok([small(pair[0])?, small(pair[1])?])
        };
        Ok(Window {
            kernel: pair(window.kernel)?,
            stride: pair(window.stride)?,
            padding: pair(window.pad_begin)?,
            dilation: pair(window.dilation)?,
        })
    }

    /// Shape of what a source carries before any reshape.
    pub(super) fn layout(&self, source: Source) -> ir::Shape {
        self.graph.nodes[self.resolve(source).0].shape
    }

    /// A population without neurons.
    fn currents(&self, id: NodeId) -> Result<(Step<'a>, Known, StepInfo)> {
        let node = &self.graph.nodes[id];
        let terms = self.terms(id)?;
        let channels = node.shape.channels;
        let scale = self.sum_scale(node, &terms, channels)?;
        let projected = self.project(node, &terms, &scale, channels)?;
        // biases wait for the neurons; a readout has none behind it
        let read_out = self.resolve(Source::now(self.graph.output)).0 == id;
        let shift = match self.sink_shift(id) {
            0 if read_out => readout_shift(&projected, &scale, self.timesteps),
            shift => shift,
        };
        let lsb: Vec<f64> = scale.iter().map(|s| s * 2f64.powi(-i32::from(shift))).collect();
        let bias: Vec<i32> = match read_out {
            true => projected.bias.iter().zip(&lsb).map(|(b, lsb)| (b / lsb).round_ties_even() as i32).collect(),
            false => vec![0; channels],
        };
        if read_out && bias.iter().any(|&bias| bias == i32::MIN || bias == i32::MAX) {
            let help = "scale the weights or the biases of the layer";
            return Err(LowerError::at(node, "a bias beyond 32 bits of the smallest current", help));
        }
        let ends = |value: i64| shifted(value, shift);
        let least = ends(projected.least) + i64::from(*bias.iter().min().unwrap_or(&0)).min(0);
        let most = ends(projected.most) + i64::from(*bias.iter().max().unwrap_or(&0)).max(0);
        let bits = bits_of_range(least, most);
        if bits > 32 {
            return Err(LowerError::at(node, format!("its currents need {bits} bits; at most 32"), "use fewer inputs"));
        }
        let per_sample = self.timing[id] == Timing::Constant;
        let rate = if per_sample { Rate::PerSample } else { Rate::PerTimestep };
        let output = Edge { shape: lowered_shape(node.shape), kind: EdgeKind::Currents { bits }, rate };
        let step = Step::Population(Population {
            projections: self.arena.alloc_slice_copy(&projected.projections),
            accumulator_bits: bits_of_range(projected.least, projected.most),
            current_shift: shift,
            bias: self.arena.alloc_slice_copy(&bias),
            neuron: None,
            output,
        });
        let offset = if read_out { vec![] } else { projected.bias };
        let info = StepInfo { name: node.name.clone(), encoding: projected.encoding, activity: None };
        Ok((step, Known { scale: lsb, offset, least, most }, info))
    }

    fn population(&self, id: NodeId, parameters: &ir::Neuron) -> Result<(Step<'a>, Known, StepInfo)> {
        let node = &self.graph.nodes[id];
        let layout = match self.graph.nodes[node.sources[0].node].op {
            Op::Flatten => self.layout(node.sources[0]),
            _ => node.shape,
        };
        if layout != node.shape {
            let help = "put the reshape behind the neurons";
            return Err(LowerError::at(node, format!("neurons on a flattened map {layout}"), help));
        }
        let channels = node.shape.channels;
        let gains = neuron::gains(parameters, channels)
            .map_err(|found| LowerError::at(node, found, "scale the weights instead of the gains"))?;
        let format = parameters
            .integer
            .ok_or_else(|| LowerError::at(node, "its integer format is not chosen", "quantize the graph first"))?;
        let terms = self.terms(id)?;
        let scale = self.sum_scale(node, &terms, channels)?;
        let projected = self.project(node, &terms, &scale, channels)?;
        let shift = format.fraction_bits - self.shift_taken(&terms).max(format.fraction_bits.min(0));
        let lsb: Vec<f64> = scale.iter().map(|s| s * 2f64.powi(-i32::from(shift))).collect();
        let bias: Vec<i64> =
            projected.bias.iter().zip(&lsb).map(|(b, lsb)| (b / lsb).round_ties_even() as i64).collect();
        let reach = |value: i64, edge: i64| (shifted(value, shift) + edge).unsigned_abs();
        let low = bias.iter().min().copied().unwrap_or(0);
        let high = bias.iter().max().copied().unwrap_or(0);
        let largest = reach(projected.least, low.min(0)).max(reach(projected.most, high.max(0)));
        let bias_reach = bias.iter().map(|b| b.unsigned_abs()).max().unwrap_or(0);
        let mixed = parameters.temporal_mix.as_ref().map_or(1, mix_reach);
        let largest = largest.saturating_mul(mixed as u64);
        if largest.max(bias_reach) >= 1 << 29 {
            return Err(LowerError::at(
                node,
                format!("a current of up to {largest} membrane LSBs; at most 2^29"),
                "give calibration samples, or prescribe fewer fraction bits",
            ));
        }
        let shape = lowered_shape(node.shape);
        let lsb: Vec<f64> = lsb.iter().zip(&gains).map(|(lsb, gain)| lsb * gain).collect();
        if parameters.inhibition {
            one_scale(node, &lsb)?;
        }
        if parameters.inhibition && shape.positions() > 1 {
            let help = "use inhibition in a layer of a vector";
            return Err(LowerError::at(node, format!("neurons that inhibit each other on a map {}", node.shape), help));
        }
        let read_out =
            self.graph.readout.quantity == Quantity::Membrane && self.resolve(Source::now(self.graph.output)).0 == id;
        let times = neuron::Times { timesteps: self.timesteps, read_out };
        if let Some(mix) = parameters.temporal_mix.as_ref().filter(|mix| mix.timesteps < self.timesteps as usize) {
            let found = format!("a mix of {} timesteps; a sample has {}", mix.timesteps, self.timesteps);
            return Err(LowerError::at(node, found, "run it for as many timesteps as it mixes"));
        }
        if parameters.threshold_timesteps > 1 && parameters.threshold_timesteps < self.timesteps as usize {
            let found =
                format!("thresholds of {} timesteps; a sample has {}", parameters.threshold_timesteps, self.timesteps);
            return Err(LowerError::at(node, found, "run it for as many timesteps as it has thresholds"));
        }
        let neuron = neuron::neuron(parameters, format.membrane_bits, &lsb, times, self.arena);
        if let Reset::Subtract(amounts) = neuron.reset
            && amounts.iter().any(|&amount| i64::from(amount).abs() * i64::from(neuron.max_spikes) >= 1 << 29)
        {
            let found =
                format!("up to {} spikes of a timestep, which take 2^29 membrane LSBs or more", neuron.max_spikes);
            return Err(LowerError::at(node, found, "give calibration samples, or limit the spikes of a timestep"));
        }
        let step = Step::Population(Population {
            projections: self.arena.alloc_slice_copy(&projected.projections),
            accumulator_bits: bits_of_range(projected.least, projected.most),
            current_shift: shift,
            bias: self.arena.alloc_slice_fill_iter(bias.iter().map(|&b| b as i32)),
            neuron: Some(neuron),
            output: Edge { shape, kind: spikes_of(parameters), rate: Rate::PerTimestep },
        });
        let info = StepInfo { name: node.name.clone(), encoding: projected.encoding, activity: None };
        Ok((step, Known { scale: vec![1.0], offset: vec![], least: 0, most: parameters.max_spikes.into() }, info))
    }

    /// Value of a membrane LSB of neurons that are read out.
    fn membrane_scale(&self, node: &Node, id: NodeId) -> Result<f64> {
        let terms = self.terms(id)?;
        let channels = node.shape.channels;
        let mut scale = self.sum_scale(node, &terms, channels)?;
        if let Op::Neuron(parameters) = &node.op {
            let gains = neuron::gains(parameters, channels)
                .map_err(|found| LowerError::at(node, found, "scale the weights instead of the gains"))?;
            scale.iter_mut().zip(gains).for_each(|(scale, gain)| *scale *= gain);
        }
        let scale = one_scale(node, &scale)?;
        let index = usize::from(self.edges[id].unwrap_or(1)) - 1;
        let shift = match &self.steps[index] {
            Step::Population(population) => population.current_shift,
            Step::Pool(_) => 0,
        };
        Ok(scale * 2f64.powi(-i32::from(shift)))
    }
}

/// What neurons give.
pub(super) fn spikes_of(neuron: &ir::Neuron) -> EdgeKind {
    match neuron.max_spikes {
        0 | 1 => EdgeKind::Spikes,
        most => EdgeKind::Counts { max: u16::try_from(most).unwrap_or(u16::MAX) },
    }
}

fn lowered_shape(shape: ir::Shape) -> Shape {
    Shape { height: shape.height as u32, width: shape.width as u32, channels: shape.channels as u32 }
}

/// Bits of a signed integer that holds `least..=most`.
pub(super) fn bits_of_range(least: i64, most: i64) -> u8 {
    let reach = most.max(-least - 1).max(0);
    bits_of(reach as f64).max(2)
}
