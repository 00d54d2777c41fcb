//! What weights take: as the artefact stores them, by a formula that a reader can check, and as papers count them.
//!
//! Stored, of `rows` of `width` weights each (rows are inputs or taps, see [`snnc_runtime::program::Connection`]):
//! ```text
//! int8                  8 * rows * width                                   bits
//! binary                32 * rows * ceil(width / 32)
//! intB, oddB, ternary   32 * rows * ceil(B * width / 32)                   (ternary: B = 2)
//! codebookE             32 * (2^E + channels in * ceil(E * width / 32))
//! sparse                32 * (rows + 1) + 24 * weights that are not zero
//! ```
//! Papers count bits per weight and nothing else, in MB of 10^6 bytes, layers that stay float at 32 ([`counted_bits`];
//! Wei et al. 2025, QP-SNN, table 1; Liang et al. 2025, BSO, table 2).

use serde::Serialize;
use snnc_runtime::program::{Connection, Program, Projection, Step, Synapses};

use crate::backend::rust::parameter_bits;
use crate::compiled::Compiled;
use crate::ir::WeightEncoding;

/// Size of the weights of one step, its tables (biases, thresholds, resets, leaks) apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSize {
    /// Name of the step.
    pub name: String,
    /// Encoding of each projection, its rows and width, and the formula with their numbers in it.
    pub projections: Vec<Stored>,
    /// Bytes of biases, thresholds, resets and leaks.
    pub table_bytes: u64,
}

impl LayerSize {
    /// Bytes of weights and tables.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.projections.iter().map(|stored| stored.bytes).sum::<u64>() + self.table_bytes
    }
}

/// Size of the weights of one projection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stored {
    /// Name of the encoding.
    pub encoding: String,
    /// Weights.
    pub weights: u64,
    /// `bytes` as a sum over rows, in words.
    pub formula: String,
    /// Bytes they take in flash.
    pub bytes: u64,
    /// Bits that papers count.
    pub counted_bits: u64,
}

/// The sizes of every step that has weights.
#[must_use]
pub fn sizes(compiled: &Compiled<'_>) -> Vec<LayerSize> {
    let program = &compiled.program;
    let steps = program.steps().iter().zip(&compiled.steps);
    let size = |(step, info): (&Step<'_>, &crate::compiled::StepInfo)| {
        let Step::Population(population) = step else { return None };
        let projections = population.projections.iter();
        Some(LayerSize {
            name: info.name.clone(),
            projections: projections.map(|projection| stored(program, step, projection, info.encoding)).collect(),
            table_bytes: parameter_bits(population) / 8, // whole bytes each
        })
    };
    steps.filter_map(size).collect()
}

/// What a projection's weights take, from the shapes alone (of [`Synapses::Sparse`] also the weights that are not zero).
/// `asked` is the encoding that was chosen: ternary weights are stored as integers of two bits, lists are of any encoding.
fn stored(
    program: &Program<'_>,
    step: &Step<'_>,
    projection: &Projection<'_>,
    asked: Option<WeightEncoding>,
) -> Stored {
    let (from, to) = (program.edge(usize::from(projection.source)).shape, step.output().shape);
    let (taps, rows, width) = match projection.connection {
        Connection::Dense => (1, from.len() as u64, to.len() as u64),
        Connection::Conv2d(window) => {
            let taps = u64::from(window.kernel[0]) * u64::from(window.kernel[1]);
            (taps, taps * u64::from(from.channels), u64::from(to.channels))
        }
        Connection::Identity => (1, 1, u64::from(to.channels)),
    };
    let weights = rows * width;
    let packed = |bits: u64| {
        let words = rows * (bits * width).div_ceil(32);
        (format!("{rows} rows * ceil({bits} bits * {width} / 32) words"), 4 * words)
    };
    let (encoding, (formula, bytes)) = match projection.synapses {
        Synapses::Int8 { .. } => (WeightEncoding::INT8, (format!("{rows} rows * {width} bytes"), weights)),
        Synapses::Binary { .. } => (WeightEncoding::Binary, packed(1)),
        Synapses::Planes { bits, odd: true, .. } => (WeightEncoding::Odd { bits }, packed(bits.into())),
        Synapses::Planes { bits: 2, odd: false, .. } if asked == Some(WeightEncoding::Ternary) => {
            (WeightEncoding::Ternary, packed(2))
        }
        Synapses::Planes { bits, odd: false, .. } => (WeightEncoding::Int { bits }, packed(bits.into())),
        Synapses::Nibbles { odd: true, .. } => (WeightEncoding::Odd { bits: 4 }, packed(4)),
        Synapses::Nibbles { odd: false, .. } => (WeightEncoding::Int { bits: 4 }, packed(4)),
        Synapses::Codebook { index_bits, .. } => {
            let channels = u64::from(from.channels);
            let words = (1 << index_bits) + channels * (u64::from(index_bits) * width).div_ceil(32);
            let formula = format!(
                "{} codewords + {channels} channels * ceil({index_bits} bits * {width} / 32) words",
                1 << index_bits
            );
            (WeightEncoding::Codebook { index_bits }, (formula, 4 * words))
        }
        Synapses::Codewords { indices, .. } => {
            let formula = format!("256 codewords + {rows} rows * ceil({width} / 32) bytes");
            (WeightEncoding::CODEWORDS, (formula, 4 * 256 + indices.len() as u64))
        }
        Synapses::Sparse { weights: kept, .. } => {
            let kept = kept.len() as u64;
            let formula = format!("({rows} rows + 1) words + {kept} weights * 3 bytes");
            (asked.unwrap_or(WeightEncoding::INT8), (formula, 4 * (rows + 1) + 3 * kept))
        }
    };
    let counted_bits = match projection.synapses {
        Synapses::Codewords { .. } => 8 * bytes, // as they are stored
        _ => counted_bits(Some(encoding), weights, taps),
    };
    Stored { encoding: encoding.name().into(), weights, formula, bytes, counted_bits }
}

/// Bits of `weights` weights of kernels of `taps` as papers count them; `None` for a layer that stays float.
#[must_use]
pub fn counted_bits(encoding: Option<WeightEncoding>, weights: u64, taps: u64) -> u64 {
    match encoding {
        None => 32 * weights,
        Some(WeightEncoding::Codebook { index_bits }) => {
            weights / taps * u64::from(index_bits) + (taps << index_bits) // one index a kernel, and the codewords
        }
        Some(
            encoding @ (WeightEncoding::Int { .. }
            | WeightEncoding::Odd { .. }
            | WeightEncoding::Ternary
            | WeightEncoding::Binary),
        ) => weights * u64::from(encoding.bits()),
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::*;
    use crate::backend::rust::flash_bytes;
    use crate::ir::{InputEncoding, Linear, Op, Shape};
    use crate::pass::testing::{chain, neuron};
    use crate::pipeline::{Choices, build};

    /// MB as papers write it.
    fn megabytes(bits: u64) -> f64 {
        bits as f64 / 8e6
    }

    /// Weights of 3x3 convolutions between these channels.
    fn convolutions(channels: &[u64]) -> u64 {
        channels.windows(2).map(|pair| 9 * pair[0] * pair[1]).sum()
    }

    #[test]
    fn the_binary_vgg_11_of_bso_has_1_152_mb_and_1_20_in_all() {
        let channels = [64, 128, 256, 256, 512, 512, 512, 512];
        let binary = counted_bits(Some(WeightEncoding::Binary), convolutions(&channels), 9);
        assert_eq!(megabytes(binary), 1.152);
        let norms = 2 * channels.iter().sum::<u64>();
        for (classes, reported) in [(10, 1.20), (100, 1.39)] {
            let float = counted_bits(None, convolutions(&[3, 64]) + 512 * classes + norms, 1);
            assert!((megabytes(binary + float) - reported).abs() < 0.006, "{}", megabytes(binary + float));
        }
    }

    #[test]
    fn vgg_16_of_qp_snn_with_9_61_per_cent_of_its_connections() {
        let full = convolutions(&[3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]) + 512 * 10;
        assert_eq!(full / 10_000, 1471);
        let kept = (full as f64 * 0.0961) as u64;
        let ends = counted_bits(None, convolutions(&[3, 64]) + 512 * 10, 1);
        for (bits, reported) in [(8, 1.45), (4, 0.74), (2, 0.39)] {
            let mb = megabytes(counted_bits(Some(WeightEncoding::Odd { bits }), kept, 9) + ends);
            assert!((mb - reported).abs() < 0.011, "{bits} bits: {mb}");
        }
        let four = counted_bits(Some(WeightEncoding::Odd { bits: 4 }), kept, 9) + ends;
        assert!((megabytes(four) - 0.735).abs() < 1e-3, "{}", megabytes(four));
    }

    /// Of a pruned ResNet-20 the paper gives the sizes at 8, 4 and 2 bits and not the channels: the first two tell its
    /// quantized and its float weights, and with them the third must follow.
    #[test]
    fn resnet_20_of_qp_snn_at_2_bits_follows_from_8_and_4() {
        for [eight, four, two] in [[6.27, 3.16, 1.61], [3.92, 1.98, 1.02], [6.45, 3.35, 1.79], [4.10, 2.17, 1.20]] {
            let weights = ((eight - four) * 8e6 / 4.0) as u64;
            let float = four * 8e6 - counted_bits(Some(WeightEncoding::Odd { bits: 4 }), weights, 9) as f64;
            let found = megabytes(counted_bits(Some(WeightEncoding::Odd { bits: 2 }), weights, 9) + float as u64);
            assert!((found - two).abs() < 0.016, "{found} MB, reported {two}"); // three numbers of two digits
        }
    }

    #[test]
    fn a_list_has_the_bytes_of_its_tables() {
        let weight = (0..60 * 40).map(|i: i16| if i % 8 == 0 { f32::from(i % 101) - 50.0 } else { 0.0 }).collect();
        let linear = Linear { fan_in: 60, fan_out: 40, weight, bias: vec![0.0; 40], grid: None };
        let vector = Shape::vector(40);
        let layers = vec![("fc", Op::Linear(linear), vector), ("lif", neuron(0.9), vector)];
        let mut graph = chain(Shape::vector(60), layers);
        if let Op::Input(input) = &mut graph.nodes[0].op {
            input.encoding = InputEncoding::Spikes;
        }
        let arena = Bump::new();
        let built = build(&graph, 3, None, &Choices::default(), &arena).expect("it compiles");
        let sizes = sizes(&built.compiled); // the image's currents once a sample, and the neurons on them
        assert!(sizes[0].projections[0].formula.starts_with("(60 rows + 1) words + "), "{sizes:?}");
        assert_eq!(sizes.iter().map(LayerSize::bytes).sum::<u64>(), flash_bytes(&built.compiled.program));
    }

    #[test]
    fn a_codebook_of_32_has_0_56_bits_a_weight() {
        let bits = counted_bits(Some(WeightEncoding::Codebook { index_bits: 5 }), 9 * 512 * 512, 9);
        assert!((bits as f64 / (9.0 * 512.0 * 512.0) - 0.56).abs() < 0.005);
    }
}
