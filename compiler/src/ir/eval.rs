//! The float evaluator: what the framework computes, in `f32` between operations.
//!
//! It is the reference that exact passes are held to and that calibration looks at. Sums of weights are taken in `f64`
//! and rounded once, so that no order of summation is privileged; the membrane update keeps the order of
//! [`Neuron`]'s documentation, each operation rounded to `f32` as the frameworks do.

mod kernel;
#[cfg(test)]
mod tests;

use super::{Comparison, Graph, Neuron, NodeId, Op, Quantity, Reset, ResetTiming, Shape, Timing};
use kernel::Rows;

/// Evaluates a validated graph, sample after sample.
pub struct Evaluator<'g> {
    graph: &'g Graph,
    timing: Vec<Timing>,
    /// Weights per node, laid out for the kernels; empty for nodes without.
    rows: Vec<Rows>,
    /// Output of every node at the current timestep.
    values: Vec<Vec<f32>>,
    /// Stored membrane potential per node; empty for nodes without.
    membranes: Vec<Vec<f32>>,
    /// Membrane potential that was compared with the threshold, before an immediate reset.
    charged: Vec<Vec<f32>>,
    /// `[node][timesteps ago - 1]`: earlier outputs of the nodes that are taken with a delay, latest first.
    history: Vec<Vec<Vec<f32>>>,
}

/// What an observer sees after each timestep.
pub struct Moment<'e> {
    /// Timestep of the sample.
    pub timestep: u32,
    values: &'e [Vec<f32>],
    membranes: &'e [Vec<f32>],
    charged: &'e [Vec<f32>],
}

impl Moment<'_> {
    /// Output of `node`, `[channels, height, width]`; of neurons 0 or 1.
    #[must_use]
    pub fn value(&self, node: NodeId) -> &[f32] {
        &self.values[node]
    }

    /// Stored membrane potentials of `node` (after an immediate reset, before a delayed one); empty without neurons.
    #[must_use]
    pub fn membrane(&self, node: NodeId) -> &[f32] {
        &self.membranes[node]
    }

    /// Membrane potentials of `node` that were compared with the threshold; empty without neurons.
    #[must_use]
    pub fn charged(&self, node: NodeId) -> &[f32] {
        &self.charged[node]
    }
}

impl<'g> Evaluator<'g> {
    /// Prepares a graph that [`Graph::validate`] accepts.
    #[must_use]
    pub fn new(graph: &'g Graph) -> Self {
        let sized = |wanted: &dyn Fn(&Op) -> bool| -> Vec<Vec<f32>> {
            graph.nodes.iter().map(|n| vec![0.0; if wanted(&n.op) { n.shape.len() } else { 0 }]).collect()
        };
        let neurons = |op: &Op| matches!(op, Op::Neuron(_));
        let mut history = vec![Vec::new(); graph.nodes.len()];
        for source in graph.nodes.iter().flat_map(|n| &n.sources) {
            let kept: &mut Vec<Vec<f32>> = &mut history[source.node];
            while kept.len() < source.delay as usize {
                kept.push(vec![0.0; graph.nodes[source.node].shape.len()]);
            }
        }
        Self {
            graph,
            timing: graph.timing(),
            rows: graph.nodes.iter().map(|n| Rows::of(&n.op)).collect(),
            values: sized(&|_| true),
            membranes: sized(&neurons),
            charged: sized(&neurons),
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
        for state in [&mut self.values, &mut self.membranes, &mut self.charged].into_iter().flatten() {
            state.fill(0.0);
        }
        self.history.iter_mut().flatten().for_each(|kept| kept.fill(0.0));
        let elements = self.graph.nodes[0].shape.len();
        let constant = self.timing[0] == Timing::Constant;
        assert_eq!(input.len(), if constant { elements } else { elements * timesteps as usize }, "length of the input");
        let mut scores = vec![0.0; self.graph.nodes[self.graph.output].shape.len()];
        for timestep in 0..timesteps {
            for id in 0..self.graph.nodes.len() {
                if timestep > 0 && self.timing[id] == Timing::Constant {
                    continue;
                }
                let start = if constant { 0 } else { elements * timestep as usize };
                self.compute(id, &input[start..start + elements]);
            }
            self.reduce(&mut scores, timestep, timesteps);
            observe(&Moment { timestep, values: &self.values, membranes: &self.membranes, charged: &self.charged });
            for (kept, value) in self.history.iter_mut().zip(&self.values) {
                if let Some(oldest) = kept.last_mut() {
                    oldest.copy_from_slice(value);
                    kept.rotate_right(1);
                }
            }
        }
        scores.iter_mut().for_each(|score| *score *= self.graph.readout.scale);
        scores
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
                    taps.sum::<f32>() / (if pool.count_include_pad { full } else { inside }) as f32
                });
            }
            Op::Flatten => out.copy_from_slice(source(0)),
            Op::Add => {
                out.copy_from_slice(source(0));
                for index in 1..node.sources.len() {
                    out.iter_mut().zip(source(index)).for_each(|(y, x)| *y += x);
                }
            }
            Op::Neuron(neuron) => {
                let mut v = std::mem::take(&mut self.membranes[id]);
                let mut charged = std::mem::take(&mut self.charged[id]);
                for channel in 0..from.channels {
                    let range = channel * from.positions()..(channel + 1) * from.positions();
                    let cell = Cell::new(neuron, channel);
                    let states = v[range.clone()].iter_mut().zip(&mut charged[range.clone()]);
                    for ((v, charged), (s, i)) in states.zip(out[range.clone()].iter_mut().zip(&source(0)[range])) {
                        let fires;
                        (*v, *charged, fires) = cell.step(*v, *i);
                        *s = f32::from(u8::from(fires));
                    }
                }
                self.membranes[id] = v;
                self.charged[id] = charged;
            }
        }
        self.values[id] = out;
    }

    fn reduce(&self, scores: &mut [f32], timestep: u32, timesteps: u32) {
        use super::Reduce;
        let quantity = match self.graph.readout.quantity {
            Quantity::Spikes | Quantity::Current => &self.values[self.graph.output],
            Quantity::Membrane => &self.membranes[self.graph.output],
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

/// The parameters of one channel's neurons.
struct Cell<'n> {
    beta: f32,
    threshold: f32,
    comparison: Comparison,
    reset: &'n Reset,
    amount: f32,
    timing: ResetTiming,
}

impl<'n> Cell<'n> {
    fn new(neuron: &'n Neuron, channel: usize) -> Self {
        Self {
            beta: pick(&neuron.beta, channel),
            threshold: pick(&neuron.threshold, channel),
            comparison: neuron.comparison,
            reset: &neuron.reset,
            amount: match &neuron.reset {
                Reset::Subtract(amount) => pick(amount, channel),
                Reset::None | Reset::ToValue(_) => 0.0,
            },
            timing: neuron.reset_timing,
        }
    }

    /// The stored and the compared membrane potential, and whether the neuron fires.
    fn step(&self, v: f32, current: f32) -> (f32, f32, bool) {
        let fires = |v| self.comparison.fires(v, self.threshold);
        match self.timing {
            ResetTiming::Delayed => {
                let resets = fires(v);
                let v = match self.reset {
                    Reset::ToValue(value) if resets => *value,
                    _ => v,
                };
                let v = self.beta * v + current;
                let v = if resets { v - self.amount } else { v };
                (v, v, fires(v))
            }
            ResetTiming::Immediate => {
                let v = self.beta * v + current;
                let fired = fires(v);
                let after = match self.reset {
                    Reset::ToValue(value) if fired => *value,
                    Reset::Subtract(_) if fired => v - self.amount,
                    _ => v,
                };
                (after, v, fired)
            }
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
