//! The JSON text of a compiled network, version 1: [`Compiled`](crate::compiled::Compiled) with its tables in tensors.

use serde::{Deserialize, Serialize};
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Pool, PoolOp, Quantity, Rate, Readout, Reduce, ResetTiming, Shape, ValueKind, Window,
};

use crate::compiled::Layout;
use crate::frontend::native::text::{EncodingText, QuantityText, ReduceText, encoding_name};
use crate::ir::WeightEncoding;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompiledText {
    pub name: String,
    pub timesteps: u32,
    pub encoding: EncodingText,
    #[serde(with = "EdgeText")]
    pub input: Edge,
    pub steps: Vec<StepText>,
    #[serde(with = "ReadoutText")]
    pub readout: Readout,
    pub readout_scale: f64,
    #[serde(default, skip_serializing_if = "Layout::is_default")]
    pub layout: Layout,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepText {
    pub name: String,
    pub encoding: Option<WeightEncodingName>,
    pub activity: Option<f64>,
    pub op: StepOpText,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct WeightEncodingName(#[serde(with = "encoding_name")] pub WeightEncoding);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepOpText {
    Population(Box<PopulationText>),
    Pool(#[serde(with = "PoolText")] Pool),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PopulationText {
    pub projections: Vec<ProjectionText>,
    pub accumulator_bits: u8,
    pub current_shift: i8,
    /// Tensor, I32.
    pub bias: String,
    pub neuron: Option<NeuronText>,
    #[serde(with = "EdgeText")]
    pub output: Edge,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeuronText {
    /// Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synaptic: Vec<SynapticText>,
    /// Tensor, I8, `[timesteps * timesteps]`. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix: Option<String>,
    pub leak: LeakText,
    /// Tensor, I32, `[channels]` or `[timesteps * channels]`.
    pub threshold: String,
    pub reset: ResetText,
    #[serde(with = "ResetTimingText")]
    pub reset_timing: ResetTiming,
    pub membrane_bits: u8,
    #[serde(default = "one_spike", skip_serializing_if = "is_one_spike")]
    pub max_spikes: u16,
    /// Tensor, I32. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<String>,
    /// Default: the membrane itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredText>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inhibition: bool,
}

/// With the names of tensors, I32.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredText {
    pub steps: u8,
    pub thresholds: String,
    pub levels: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SynapticText {
    pub leak: LeakText,
    pub bits: u8,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negative: bool,
}

const fn one_spike() -> u16 {
    1
}

/// By reference, as serde asks.
const fn is_one_spike(most: &u16) -> bool {
    *most == 1
}

/// With the name of a tensor, I32.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResetText {
    None,
    ToValue(String),
    Subtract(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectionText {
    pub source: u16,
    pub delay: u8,
    #[serde(with = "ConnectionText")]
    pub connection: Connection,
    pub synapses: SynapsesText,
}

/// With the names of tensors, as [`snnc_runtime::program::Synapses`] has them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum SynapsesText {
    /// I8.
    Int8(String),
    /// U32.
    Binary(String),
    Planes {
        bits: u8,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        odd: bool,
        /// U32.
        planes: String,
    },
    Nibbles {
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        odd: bool,
        /// U32.
        nibbles: String,
    },
    Codebook {
        index_bits: u8,
        /// U32.
        codewords: String,
        /// U32.
        indices: String,
    },
    Codewords {
        /// U32.
        codewords: String,
        /// U8.
        indices: String,
    },
    Sparse {
        /// U32.
        starts: String,
        /// U32; none where every weight is zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<String>,
        /// I8; none where every weight is zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weights: Option<String>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Pool", deny_unknown_fields)]
struct PoolText {
    source: u16,
    #[serde(with = "PoolOpText")]
    op: PoolOp,
    #[serde(with = "WindowText")]
    window: Window,
    #[serde(with = "EdgeText")]
    output: Edge,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PoolOp", rename_all = "snake_case")]
enum PoolOpText {
    Max,
    Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Edge", deny_unknown_fields)]
struct EdgeText {
    #[serde(with = "ShapeText")]
    shape: Shape,
    #[serde(with = "EdgeKindText")]
    kind: EdgeKind,
    #[serde(with = "RateText")]
    rate: Rate,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Shape", deny_unknown_fields)]
struct ShapeText {
    height: u32,
    width: u32,
    channels: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EdgeKind", rename_all = "snake_case", deny_unknown_fields)]
enum EdgeKindText {
    Spikes,
    Counts { max: u16 },
    Currents { bits: u8 },
    Values(#[serde(with = "ValueKindText")] ValueKind),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ValueKind", rename_all = "snake_case")]
enum ValueKindText {
    U8,
    I8,
    I16,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Rate", rename_all = "snake_case")]
enum RateText {
    PerSample,
    PerTimestep,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum LeakText {
    None,
    All,
    Shift(u8),
    Multiply {
        factor: u16,
        shift: u8,
    },
    MultiplyEach {
        /// Tensor, U32.
        factors: String,
        shift: u8,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ResetTiming", rename_all = "snake_case")]
enum ResetTimingText {
    Immediate,
    Delayed,
    Overriding,
    Clearing,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Connection", rename_all = "snake_case")]
enum ConnectionText {
    Dense,
    Conv2d(#[serde(with = "WindowText")] Window),
    Identity,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Window", deny_unknown_fields)]
struct WindowText {
    kernel: [u16; 2],
    stride: [u16; 2],
    padding: [u16; 2],
    dilation: [u16; 2],
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Readout", deny_unknown_fields)]
struct ReadoutText {
    source: u16,
    #[serde(with = "QuantityText")]
    quantity: Quantity,
    #[serde(with = "ReduceText")]
    reduce: Reduce,
}
