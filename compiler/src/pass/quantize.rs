//! Quantizes: puts the weights on their grids (one scale per output channel) and chooses every integer format.
//!
//! Lossy, and priced by running the program. Weights that already lie on a grid, and neurons whose format the model
//! prescribes, stay as they are.

mod choice;
mod codebook;
mod codewords;
mod exact;
mod membrane;
mod mix;
mod narrow;
mod rounding;
mod traces;
mod weights;

pub(crate) use mix::{integers as mix_integers, reach as mix_reach};

pub use choice::WeightChoice;
pub use weights::open_layers;

use super::calibrate::Calibration;
use super::{Context, Effect, Pass, PassError};
use crate::error::AtNode;
use crate::ir::{Graph, InputEncoding, NodeId, Op};

/// This pass.
pub const PASS: Pass = Pass { name: "quantize", effect: Effect::Lossy, run };

/// What an input without calibration is taken for: an image of bytes, as `value / 255`.
const IMAGE: InputEncoding = InputEncoding::Integer { scale: 1.0 / 255.0, bits: 8, signed: false };

/// Returns how many layers and populations were quantized.
fn run(graph: &mut Graph, context: &Context<'_>) -> Result<usize, AtNode<PassError>> {
    if let Op::Input(input) = &mut graph.nodes[0].op
        && input.encoding == InputEncoding::Real
    {
        input.encoding = IMAGE;
    }
    mix::quantize(graph);
    let calibration = Calibration::measure(graph, context.samples, context.timesteps);
    let (layers, exact) = weights::quantize(graph, context)?;
    Ok(layers + membrane::choose(graph, calibration.as_ref(), context, &exact)?)
}

/// The neurons that the currents of `node` reach, through pools, reshapes and sums that nobody else reads, and the
/// divisor of the averages on the way.
fn sink(graph: &Graph, consumers: &[Vec<NodeId>], mut node: NodeId) -> Option<(NodeId, usize)> {
    let mut divisor = 1;
    loop {
        let &[next] = consumers[node].as_slice() else { return None };
        match &graph.nodes[next].op {
            Op::Neuron(_) => return Some((next, divisor)),
            Op::AvgPool(pool) => {
                let kernel = pool.window.kernel[0] * pool.window.kernel[1];
                divisor *= pool.divisor.of(kernel, kernel);
                node = next;
            }
            Op::MaxPool(_) | Op::Flatten | Op::Add => node = next,
            Op::Input(_) | Op::Linear(_) | Op::Conv2d(_) | Op::BatchNorm(_) | Op::Activation(_) => return None,
            Op::Permute(_) | Op::Reshape | Op::MatMul => return None,
        }
    }
}

/// Value of one LSB of what `node` gives, where it gives integers of one scale: spikes, counts, input values.
pub(crate) fn uniform_scale(graph: &Graph, node: NodeId) -> Option<f64> {
    let source = || graph.nodes[node].sources.first().map(|s| s.node);
    match &graph.nodes[node].op {
        Op::Neuron(_) => Some(1.0),
        Op::Input(input) => Some(match input.encoding {
            InputEncoding::Integer { scale, .. } => f64::from(scale),
            InputEncoding::Spikes | InputEncoding::Real => 1.0,
        }),
        Op::MaxPool(_) | Op::Flatten => uniform_scale(graph, source()?),
        Op::AvgPool(pool) => {
            let kernel = pool.window.kernel[0] * pool.window.kernel[1];
            Some(uniform_scale(graph, source()?)? / pool.divisor.of(kernel, kernel) as f64)
        }
        Op::Linear(_) | Op::Conv2d(_) | Op::BatchNorm(_) | Op::Activation(_) | Op::Add => None,
        Op::Permute(_) | Op::Reshape | Op::MatMul => None,
    }
}
