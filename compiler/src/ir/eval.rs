//! The float evaluator: what the framework computes, in `f32` between operations.
//!
//! It is the reference that exact passes are held to and that calibration looks at. Linear layers are summed in `f64` and
//! rounded once (frameworks sum them in blocks of their own), convolutions as PyTorch does it; the membrane update keeps the order of
//! [`super::Neuron`]'s documentation, each operation rounded to `f32` as the frameworks do.

mod kernel;
mod population;
#[cfg(test)]
mod tests;

use super::{Graph, Node, NodeId, Op, Quantity, Shape, Timing};
use kernel::Rows;
use population::State;

/// Evaluates a validated graph, sample after sample.
pub struct Evaluator<'g> {
    graph: &'g Graph,
    /// Timesteps since rest.
    timestep: u32,
    timing: Vec<Timing>,
    /// Weights per node, laid out for the kernels; empty for nodes without.
    rows: Vec<Rows>,
    /// Output of every node at the current timestep.
    values: Vec<Vec<f32>>,
    /// State per node; empty for nodes without neurons.
    states: Vec<State>,
    /// `[node][timesteps ago - 1]`: earlier outputs of the nodes that are taken with a delay, latest first.
    history: Vec<Vec<Vec<f32>>>,
}

/// What an observer sees after each timestep.
pub struct Moment<'e> {
    /// Timestep of the sample.
    pub timestep: u32,
    values: &'e [Vec<f32>],
    states: &'e [State],
}

impl Moment<'_> {
    /// Output of `node`, `[channels, height, width]`; of neurons their spikes.
    #[must_use]
    pub fn value(&self, node: NodeId) -> &[f32] {
        &self.values[node]
    }

    /// Stored membrane potentials of `node` (after an immediate reset, before a delayed one); empty without neurons.
    #[must_use]
    pub fn membrane(&self, node: NodeId) -> &[f32] {
        &self.states[node].membrane
    }

    /// Membrane potentials of `node` that were compared with the threshold; empty without neurons.
    #[must_use]
    pub fn charged(&self, node: NodeId) -> &[f32] {
        &self.states[node].charged
    }

    /// Synaptic current `k` of `node` after the timestep.
    ///
    /// # Panics
    /// If the node has no such current.
    #[must_use]
    pub fn synaptic(&self, node: NodeId, k: usize) -> &[f32] {
        &self.states[node].synaptic[k]
    }
}

impl<'g> Evaluator<'g> {
    /// Prepares a graph that [`Graph::validate`] accepts.
    #[must_use]
    pub fn new(graph: &'g Graph) -> Self {
        let mut history = vec![Vec::new(); graph.nodes.len()];
        for source in graph.nodes.iter().flat_map(|n| &n.sources) {
            let kept: &mut Vec<Vec<f32>> = &mut history[source.node];
            while kept.len() < source.delay as usize {
                kept.push(vec![0.0; graph.nodes[source.node].shape.len()]);
            }
        }
        let state = |node: &Node| match &node.op {
            Op::Neuron(neuron) => State::of(neuron, node.shape.len()),
            _ => State::default(),
        };
        Self {
            graph,
            timestep: 0,
            timing: graph.timing(),
            rows: graph.nodes.iter().map(|n| Rows::of(&n.op)).collect(),
            values: graph.nodes.iter().map(|node| vec![0.0; node.shape.len()]).collect(),
            states: graph.nodes.iter().map(state).collect(),
            history,
        }
    }

    /// Runs one sample from rest and returns its scores on the scale of the framework's `forward()`.
    ///
    /// `input` holds the elements of one timestep, or of all `timesteps` one after the other where the graph's input is
    /// a sequence, in the framework's order. `observe` is called after every timestep.
    ///
    /// # Panics
    /// If `input` has another length: [`crate::data`] sees to it.
    pub fn run(&mut self, input: &[f32], timesteps: u32, mut observe: impl FnMut(&Moment<'_>)) -> Vec<f32> {
        self.rest();
        let elements = self.graph.nodes[0].shape.len();
        let constant = self.timing[0] == Timing::Constant;
        assert_eq!(input.len(), if constant { elements } else { elements * timesteps as usize }, "length of the input");
        let mut scores = vec![0.0; self.graph.nodes[self.graph.output].shape.len()];
        for timestep in 0..timesteps {
            let start = if constant { 0 } else { elements * timestep as usize };
            self.compute_all(&input[start..start + elements], timestep == 0);
            self.reduce(&mut scores, timestep, timesteps);
            observe(&Moment { timestep, values: &self.values, states: &self.states });
            self.remember();
        }
        scores.iter_mut().for_each(|score| *score *= self.graph.readout.scale);
        scores
    }

    /// Sets every state to zero: the start of a sample.
    pub fn rest(&mut self) {
        self.timestep = 0;
        self.states.iter_mut().for_each(State::rest);
        self.values.iter_mut().chain(self.history.iter_mut().flatten()).for_each(|values| values.fill(0.0));
    }

    /// Runs one timestep from the present states; `frame` holds the elements of that timestep's input.
    ///
    /// # Panics
    /// If `frame` has another length.
    pub fn step(&mut self, frame: &[f32]) -> Moment<'_> {
        self.compute_all(frame, true);
        self.remember();
        Moment { timestep: 0, values: &self.values, states: &self.states }
    }

    /// The stored membrane potentials of `node`, to start from; empty for nodes without neurons.
    pub fn membrane_mut(&mut self, node: NodeId) -> &mut [f32] {
        &mut self.states[node].membrane
    }

    /// Synaptic current `k` of `node`, to start from.
    ///
    /// # Panics
    /// If the node has no such current.
    pub fn synaptic_mut(&mut self, node: NodeId, k: usize) -> &mut [f32] {
        &mut self.states[node].synaptic[k]
    }

    /// The output of `node` `delay` timesteps before the next, 1 or more, to start from.
    ///
    /// # Panics
    /// If nothing takes the node's output with such a delay.
    pub fn past_mut(&mut self, node: NodeId, delay: u32) -> &mut [f32] {
        &mut self.history[node][delay as usize - 1]
    }

    /// Computes every node; those that do not depend on time only if asked.
    fn compute_all(&mut self, frame: &[f32], constants: bool) {
        for id in 0..self.graph.nodes.len() {
            if constants || self.timing[id] == Timing::Sequence {
                self.compute(id, frame);
            }
        }
    }

    /// Moves this timestep's outputs into the past.
    fn remember(&mut self) {
        self.timestep += 1;
        for (kept, value) in self.history.iter_mut().zip(&self.values) {
            if let Some(oldest) = kept.last_mut() {
                oldest.copy_from_slice(value);
                kept.rotate_right(1);
            }
        }
    }

    fn compute(&mut self, id: NodeId, frame: &[f32]) {
        let node = &self.graph.nodes[id];
        let mut out = std::mem::take(&mut self.values[id]);
        let from = node.sources.first().map_or(Shape::vector(1), |s| self.graph.nodes[s.node].shape);
        let source = |index: usize| {
            let source = node.sources[index];
            match source.delay {
                0 => self.values[source.node].as_slice(),
                delay => self.history[source.node][delay as usize - 1].as_slice(),
            }
        };
        match &node.op {
            Op::Input(_) => out.copy_from_slice(frame),
            Op::Linear(linear) => kernel::linear(&self.rows[id], &linear.bias, source(0), &mut out),
            Op::Conv2d(conv) => kernel::conv2d(&self.rows[id], conv, from, source(0), node.shape, &mut out),
            Op::BatchNorm(norm) => {
                let channels = out.chunks_mut(from.positions()).zip(source(0).chunks(from.positions()));
                for ((out, x), (scale, shift)) in channels.zip(norm.scale.iter().zip(&norm.shift)) {
                    out.iter_mut().zip(x).for_each(|(y, x)| *y = scale * x + shift);
                }
            }
            Op::MaxPool(pool) => {
                kernel::pool(&pool.window, from, source(0), node.shape, &mut out, |taps, _| {
                    taps.fold(f32::NEG_INFINITY, f32::max)
                });
            }
            Op::AvgPool(pool) => {
                let full = pool.window.kernel[0] * pool.window.kernel[1];
                kernel::pool(&pool.window, from, source(0), node.shape, &mut out, |taps, inside| {
                    taps.sum::<f32>() / pool.divisor.of(full, inside) as f32
                });
            }
            Op::Flatten | Op::Reshape => out.copy_from_slice(source(0)),
            Op::Permute(axes) => kernel::permute(*axes, from, source(0), &mut out),
            Op::MatMul => kernel::matmul(from, source(0), source(1), node.shape, &mut out),
            Op::Add => {
                out.copy_from_slice(source(0));
                for index in 1..node.sources.len() {
                    out.iter_mut().zip(source(index)).for_each(|(y, x)| *y += x);
                }
            }
            Op::Activation(activation) => {
                let channels = out.chunks_mut(from.positions()).zip(source(0).chunks(from.positions()));
                for (channel, (out, x)) in channels.enumerate() {
                    out.iter_mut().zip(x).for_each(|(y, &x)| *y = activation.apply(x, channel));
                }
            }
            Op::Neuron(neuron) => {
                let mut state = std::mem::take(&mut self.states[id]);
                state.step(neuron, from, self.timestep, source(0), &mut out);
                self.states[id] = state;
            }
        }
        self.values[id] = out;
    }

    fn reduce(&self, scores: &mut [f32], timestep: u32, timesteps: u32) {
        use super::Reduce;
        let quantity = match self.graph.readout.quantity {
            Quantity::Spikes | Quantity::Current => &self.values[self.graph.output],
            Quantity::Membrane => &self.states[self.graph.output].membrane,
        };
        for (score, &value) in scores.iter_mut().zip(quantity) {
            *score = match self.graph.readout.reduce {
                Reduce::Sum => *score + value,
                Reduce::Last => value,
                Reduce::Max => {
                    if timestep == 0 {
                        value
                    } else {
                        score.max(value)
                    }
                }
                Reduce::First if *score == 0.0 && value > 0.0 => (timesteps - timestep) as f32,
                Reduce::First => *score,
            };
        }
    }
}

/// The number of `channel`, from one for all or one each.
pub(crate) fn pick(numbers: &[f32], channel: usize) -> f32 {
    if numbers.len() == 1 { numbers[0] } else { numbers[channel] }
}

/// Index of the highest score, ties to the lowest index.
#[must_use]
pub fn prediction(scores: &[f32]) -> usize {
    let mut best = 0;
    for (i, &score) in scores.iter().enumerate() {
        if score > scores[best] {
            best = i;
        }
    }
    best
}
