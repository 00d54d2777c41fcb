//! The JSON text of a native model, version 1. A field that is not listed here is refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ir::{
    Comparison, Divisor, InputEncoding, IntegerFormat, Quantity, Readout, Reduce, ResetTiming, Timing, WeightEncoding,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GraphText {
    /// Default: the file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Default: the user says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timesteps: Option<u32>,
    /// [`NodeText`]s, taken apart one by one so that an error can name its node.
    pub nodes: Vec<Value>,
    /// Default: the last node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(default)]
    pub readout: ReadoutText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeText {
    pub name: String,
    pub op: OpText,
    /// Default: the node before it, at this timestep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<SourceText>>,
    /// Default: what follows from the first source. An input must have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<usize>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a node's name or {\"node\": name, \"delay\": timesteps}")]
pub(super) enum SourceText {
    Now(String),
    Delayed(DelayedText),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelayedText {
    pub node: String,
    pub delay: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OpText {
    Input(InputText),
    Linear(SynapsesText),
    Conv2d(Conv2dText),
    BatchNorm(BatchNormText),
    MaxPool(MaxPoolText),
    AvgPool(AvgPoolText),
    Flatten,
    Permute([usize; 3]),
    Reshape,
    MatMul,
    Add,
    Activation(ActivationText),
    Neuron(NeuronText),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ActivationText {
    Relu(ReluText),
    Staircase(StaircaseText),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReluText {
    /// Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Parameter>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaircaseText {
    /// Tensor `[1 or channels, steps]`, F32, each row ascending.
    pub thresholds: String,
    /// Tensor `[1 or channels, steps + 1]`, F32.
    pub levels: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputText {
    #[serde(default = "constant", with = "TimingText")]
    pub timing: Timing,
    #[serde(default)]
    pub encoding: EncodingText,
}

/// Weights and biases; the sizes follow from the weights' shape.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SynapsesText {
    /// Tensor, F32, or I8 for integers.
    pub weight: String,
    /// Tensor `[channels]`, F32; default: zeros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<String>,
    /// Default: none for F32 weights, int8 of scale 1 for I8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conv2dText {
    /// Tensor, F32, or I8 for integers; with a codebook U8 `[channels out, channels in]`.
    pub weight: String,
    /// Tensor `[codewords, height, width]`, I8, of 1 and -1. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codebook: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridText>,
    #[serde(default = "ones")]
    pub stride: [usize; 2],
    #[serde(default)]
    pub pad_begin: [usize; 2],
    /// Default: `pad_begin`.
    #[serde(default)]
    pub pad_end: Option<[usize; 2]>,
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
    #[serde(default = "one")]
    pub groups: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchNormText {
    /// Tensor `[channels]`, F32.
    pub scale: String,
    /// Tensor `[channels]`, F32.
    pub shift: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MaxPoolText {
    pub kernel: [usize; 2],
    /// Default: the kernel.
    #[serde(default)]
    pub stride: Option<[usize; 2]>,
    #[serde(default)]
    pub pad_begin: [usize; 2],
    /// Default: `pad_begin`.
    #[serde(default)]
    pub pad_end: Option<[usize; 2]>,
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AvgPoolText {
    pub kernel: [usize; 2],
    /// Default: the kernel.
    #[serde(default)]
    pub stride: Option<[usize; 2]>,
    #[serde(default)]
    pub pad_begin: [usize; 2],
    /// Default: `pad_begin`.
    #[serde(default)]
    pub pad_end: Option<[usize; 2]>,
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
    /// Default: the kernel, as PyTorch has it.
    #[serde(default = "kernel", with = "DivisorText")]
    pub divisor: Divisor,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeuronText {
    /// Default: 1, no leak.
    #[serde(default = "no_leak")]
    pub beta: Parameter,
    /// Or a tensor `[timesteps, 1 or channels]`.
    pub threshold: Parameter,
    #[serde(default = "at_least", with = "ComparisonText")]
    pub comparison: Comparison,
    /// Default: subtract the threshold.
    #[serde(default)]
    pub reset: Option<ResetText>,
    #[serde(default = "immediate", with = "ResetTimingText")]
    pub reset_timing: ResetTiming,
    /// Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synaptic: Vec<SynapticText>,
    #[serde(default = "one_spike", skip_serializing_if = "is_one_spike")]
    pub max_spikes: u32,
    /// Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_membrane: Option<Parameter>,
    /// Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporal_mix: Option<TemporalMixText>,
    /// Default: the membrane potential itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StaircaseText>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inhibition: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integer: Option<IntegerText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemporalMixText {
    /// Tensor `[timesteps, timesteps]`, F32, zero above the diagonal.
    pub weight: String,
    /// Value of one LSB of a grid of 8 bits that the weights lie on. Default: chosen by the compiler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SynapticText {
    pub decay: Parameter,
    /// Default: 1.
    #[serde(default = "no_leak")]
    pub gain: Parameter,
}

/// One number for all channels, or the tensor `[channels]`, F32, that has one each.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or the name of a tensor")]
pub(super) enum Parameter {
    Number(f64),
    Tensor(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResetText {
    None,
    ToValue(f64),
    Subtract(Parameter),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntegerText {
    pub membrane_bits: u8,
    pub fraction_bits: i8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GridText {
    #[serde(default = "int8", with = "encoding_name")]
    pub encoding: WeightEncoding,
    /// Default: 1.
    #[serde(default = "no_leak")]
    pub scale: Parameter,
}

#[derive(Serialize, Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EncodingText {
    #[default]
    Real,
    Spikes,
    Integer(IntegerEncodingText),
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegerEncodingText {
    pub scale: f64,
    pub bits: u8,
    pub signed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReadoutText {
    #[serde(with = "QuantityText")]
    pub quantity: Quantity,
    #[serde(with = "ReduceText")]
    pub reduce: Reduce,
    pub scale: f64,
}

impl Default for ReadoutText {
    fn default() -> Self {
        Self { quantity: Quantity::Spikes, reduce: Reduce::Sum, scale: 1.0 }
    }
}

/// A weight encoding by its name.
pub(crate) mod encoding_name {
    use super::WeightEncoding;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// By reference, as serde asks.
    pub fn serialize<S: Serializer>(encoding: &WeightEncoding, serializer: S) -> Result<S::Ok, S::Error> {
        encoding.name().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WeightEncoding, D::Error> {
        let name = String::deserialize(deserializer)?;
        WeightEncoding::named(&name).ok_or_else(|| {
            let known: Vec<&str> = WeightEncoding::ALL.iter().map(|(name, _)| *name).collect();
            D::Error::custom(format!("unknown weight encoding `{name}`, expected one of {}", known.join(", ")))
        })
    }
}

/// Spells the variants of an enum without fields that belongs to another module.
macro_rules! words {
    ($($visibility:vis $words:ident: $type:literal { $($variant:ident),* })*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(remote = $type, rename_all = "snake_case")]
        $visibility enum $words { $($variant),* }
    )*};
}
words! {
    pub(crate) QuantityText: "Quantity" { Spikes, Membrane, Current }
    pub(crate) ReduceText: "Reduce" { Sum, Last, Max, First }
    pub(super) TimingText: "Timing" { Constant, Sequence }
    pub(super) ComparisonText: "Comparison" { Above, AtLeast }
    pub(super) ResetTimingText: "ResetTiming" { Immediate, Delayed, Overriding, Clearing }
    pub(super) DivisorText: "Divisor" { Kernel, Inputs, One }
}

impl From<InputEncoding> for EncodingText {
    fn from(encoding: InputEncoding) -> Self {
        match encoding {
            InputEncoding::Real => Self::Real,
            InputEncoding::Spikes => Self::Spikes,
            InputEncoding::Integer { scale, bits, signed } => {
                Self::Integer(IntegerEncodingText { scale: scale.into(), bits, signed })
            }
        }
    }
}

impl From<EncodingText> for InputEncoding {
    fn from(encoding: EncodingText) -> Self {
        match encoding {
            EncodingText::Real => Self::Real,
            EncodingText::Spikes => Self::Spikes,
            EncodingText::Integer(IntegerEncodingText { scale, bits, signed }) => {
                Self::Integer { scale: scale as f32, bits, signed }
            }
        }
    }
}

impl From<Readout> for ReadoutText {
    fn from(Readout { quantity, reduce, scale }: Readout) -> Self {
        Self { quantity, reduce, scale: scale.into() }
    }
}

impl From<ReadoutText> for Readout {
    fn from(ReadoutText { quantity, reduce, scale }: ReadoutText) -> Self {
        Self { quantity, reduce, scale: scale as f32 }
    }
}

impl From<IntegerFormat> for IntegerText {
    fn from(IntegerFormat { membrane_bits, fraction_bits }: IntegerFormat) -> Self {
        Self { membrane_bits, fraction_bits }
    }
}

impl From<IntegerText> for IntegerFormat {
    fn from(IntegerText { membrane_bits, fraction_bits }: IntegerText) -> Self {
        Self { membrane_bits, fraction_bits }
    }
}

const fn constant() -> Timing {
    Timing::Constant
}

const fn at_least() -> Comparison {
    Comparison::AtLeast
}

const fn immediate() -> ResetTiming {
    ResetTiming::Immediate
}

const fn int8() -> WeightEncoding {
    WeightEncoding::INT8
}

const fn no_leak() -> Parameter {
    Parameter::Number(1.0)
}

const fn ones() -> [usize; 2] {
    [1; 2]
}

const fn one_spike() -> u32 {
    1
}

/// (serde hands a reference)
#[expect(clippy::trivially_copy_pass_by_ref)]
const fn is_one_spike(spikes: &u32) -> bool {
    *spikes == 1
}

const fn one() -> usize {
    1
}

const fn kernel() -> Divisor {
    Divisor::Kernel
}
