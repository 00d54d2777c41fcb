//! What networks did, as `.npz` to lay beside a framework's own numbers.

use snnc_runtime::program::words;

use crate::compiled::Compiled;
use crate::host::{Trace, spiking_steps};
use crate::ir::Shape;
use crate::npz::{Column, write};

/// The spikes of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSpikes {
    /// Name of the layer.
    pub name: String,
    /// Of its output.
    pub shape: Shape,
    /// 0 or 1, `[samples, timesteps, elements]`, elements in the framework's order.
    pub spikes: Vec<u8>,
}

/// A `.npz` of `out` `[samples, classes]`, what the readout returns on the scale of the framework's `forward()`, and
/// `pred` `[samples]`, the predicted classes. `out` holds sample after sample.
///
/// # Errors
/// None that memory can give.
///
/// # Panics
/// If `out` is not a whole number of classes per prediction.
pub fn scores(out: &[f32], predictions: &[i64]) -> std::io::Result<Vec<u8>> {
    let classes = out.len().checked_div(predictions.len()).unwrap_or(0);
    let n = predictions.len();
    write(&[("out", &[n, classes], Column::F32(out)), ("pred", &[n], Column::I64(predictions))])
}

/// A `.npz` of one `uint8` array per layer, `[timesteps, samples, channels, height, width]`, of a vector
/// `[timesteps, samples, features]`.
///
/// # Errors
/// Two layers of one name, or more than the format holds.
///
/// # Panics
/// If a layer's spikes do not fill that shape.
pub fn spikes(layers: &[LayerSpikes], samples: usize, timesteps: usize) -> std::io::Result<Vec<u8>> {
    let arrays: Vec<_> = layers
        .iter()
        .map(|layer| {
            let elements = layer.shape.len();
            let frame = |timestep, sample| (sample * timesteps + timestep) * elements;
            let frames = (0..timesteps).flat_map(|t| (0..samples).map(move |sample| frame(t, sample)));
            let numbers: Vec<u8> = frames.flat_map(|at| &layer.spikes[at..at + elements]).copied().collect();
            let Shape { channels, height, width } = layer.shape;
            let mut shape = vec![timesteps, samples, channels];
            if (height, width) != (1, 1) {
                shape.extend([height, width]);
            }
            (shape, numbers)
        })
        .collect();
    let named = layers.iter().zip(&arrays);
    write(&named.map(|(layer, (shape, numbers))| (&*layer.name, &shape[..], Column::U8(numbers))).collect::<Vec<_>>())
}

/// The spikes of every layer of neurons of a compiled network.
#[must_use]
pub fn layer_spikes(compiled: &Compiled<'_>, traces: &[Trace]) -> Vec<LayerSpikes> {
    let layer = |step: usize| {
        let edge = compiled.program.edge(step + 1).shape;
        let [channels, height, width] = [edge.channels, edge.height, edge.width].map(|n| n as usize);
        let shape = Shape::new(channels, height, width);
        let frames = traces.iter().flat_map(|trace| &trace.edges[step]);
        let spikes = frames.flat_map(|packed| unpack(packed, shape)).collect();
        LayerSpikes { name: compiled.steps[step].name.clone(), shape, spikes }
    };
    spiking_steps(&compiled.program).into_iter().map(layer).collect()
}

/// Packed spikes, channels last, as `[channels, height, width]`.
fn unpack(packed: &[u32], shape: Shape) -> impl Iterator<Item = u8> {
    debug_assert_eq!(packed.len(), words(shape.len()));
    let elements = (0..shape.channels).flat_map(move |c| (0..shape.positions()).map(move |p| p * shape.channels + c));
    elements.map(|element| (packed[element / 32] >> (element % 32) & 1) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npz::Npz;
    use crate::npz::read::Elements;

    #[test]
    fn spikes_come_out_in_the_frameworks_order() {
        let shape = Shape::new(2, 1, 3);
        // channels last: positions 0..3, channels 0..2
        assert_eq!(unpack(&[0b11_01_10], shape).collect::<Vec<_>>(), [0, 1, 1, 1, 0, 1]);
    }

    #[test]
    fn a_trace_is_timesteps_first() {
        let layer = |name: &str, shape, spikes| LayerSpikes { name: name.into(), shape, spikes };
        let layers = [
            layer("lif1", Shape::vector(2), vec![0, 0, 0, 1, 1, 0, 1, 1]),
            layer("/net/lif2", Shape::new(1, 1, 2), vec![1; 8]),
        ];
        let bytes = spikes(&layers, 2, 2).expect("memory takes it");
        let mut npz = Npz::open("t.npz", &bytes).expect("just written");
        assert_eq!(npz.names(), ["lif1", "/net/lif2"]);
        let array = npz.array("lif1").expect("sound").expect("there");
        assert_eq!((array.shape, array.elements), (vec![2, 2, 2], Elements::U8(vec![0, 0, 1, 0, 0, 1, 1, 1])));
        let array = npz.array("/net/lif2").expect("sound").expect("there");
        assert_eq!(array.shape, [2, 2, 1, 1, 2]);
    }

    #[test]
    fn scores_and_predictions_keep_their_types() {
        let bytes = scores(&[0.5, 1.0, 3.0, 2.0], &[1, 0]).expect("memory takes it");
        let mut npz = Npz::open("o.npz", &bytes).expect("just written");
        let out = npz.array("out").expect("sound").expect("there");
        assert_eq!((out.shape, out.elements), (vec![2, 2], Elements::F32(vec![0.5, 1.0, 3.0, 2.0])));
        let pred = npz.array("pred").expect("sound").expect("there");
        assert_eq!((pred.shape, pred.elements), (vec![2], Elements::Integer(vec![1, 0])));
    }
}
