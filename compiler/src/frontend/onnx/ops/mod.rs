//! One ONNX node to values of a [`Net`]: folded if all it takes is constant, otherwise by the operation's row in
//! [`OPS`].

mod constant;
mod elementwise;
mod fold;
mod heads;
pub mod index;
mod layers;
mod pools;
mod quantize;
mod shapes;

pub use fold::joined;
pub use index::broadcast;
use prost::Message;

use super::invalid;
use super::net::{Net, ValueId};
use super::proto::{AttributeProto, NodeProto};
use super::tensor::{Decoder, Tensor};
use crate::frontend::{FrontendError, NodeError};

/// Why a node is not imported.
pub enum Refusal {
    /// It may be valid, but is not supported; the others are looked at too.
    Unsupported(NodeError),
    /// It says something impossible.
    Invalid(NodeError),
    /// A tensor of it cannot be read.
    File(Box<FrontendError>),
}

impl From<FrontendError> for Refusal {
    fn from(error: FrontendError) -> Self {
        Refusal::File(Box::new(error))
    }
}

pub fn unsupported<T>(found: impl Into<String>, help: &str) -> Result<T, Refusal> {
    Err(Refusal::Unsupported(invalid(found.into(), help)))
}

pub fn impossible<T>(found: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Invalid(invalid(found.into(), "the file is damaged or was edited: export the model again")))
}

/// A node with what it takes.
pub struct Call<'a> {
    /// The node.
    pub node: &'a NodeProto,
    /// Its operands; `None` where one is left out.
    pub operands: Vec<Option<ValueId>>,
    /// Version of the operator set.
    pub opset: i64,
    /// Reads tensors in attributes.
    pub decoder: &'a Decoder<'a>,
}

impl Call<'_> {
    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.node.attribute.iter().find(|a| a.name == name)
    }

    fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |a| a.i)
    }

    fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |a| a.f)
    }

    fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|a| a.ints.as_slice())
    }

    fn text(&self, name: &str) -> &str {
        self.attribute(name).and_then(|a| std::str::from_utf8(&a.s).ok()).unwrap_or_default()
    }

    fn tensor(&self, name: &str) -> Result<Option<Tensor>, Refusal> {
        match self.attribute(name).and_then(|a| a.t.as_ref()) {
            Some(tensor) => Ok(Some(self.decoder.tensor(tensor, &self.node.name)?)),
            None => Ok(None),
        }
    }

    /// Operand `i`, if it is there.
    fn optional(&self, i: usize) -> Option<ValueId> {
        self.operands.get(i).copied().flatten()
    }

    /// Operand `i`.
    fn operand(&self, i: usize) -> Result<ValueId, Refusal> {
        match self.optional(i) {
            Some(id) => Ok(id),
            None => impossible(format!("{} without operand {i}", self.node.op_type)),
        }
    }

    /// Integers given as an attribute in old operator sets and as operand `i` since; `None` where they are left out.
    fn attribute_or_operand(&self, net: &Net, name: &str, i: usize) -> Result<Option<Vec<i64>>, Refusal> {
        match (self.ints(name), self.optional(i)) {
            (Some(ints), _) => Ok(Some(ints.to_vec())),
            (None, None) => Ok(None),
            (None, Some(id)) => match net.as_constant(id).map(Tensor::to_ints) {
                Some(Some(ints)) => Ok(Some(ints)),
                Some(None) => impossible(format!("{name} that are no integers")),
                None => unsupported(format!("{name} that depend on the sample"), "export the model with fixed shapes"),
            },
        }
    }
}

/// Axis `axis` of `rank`, counted from the end if negative.
pub fn axis_of(axis: i64, rank: usize) -> Result<usize, Refusal> {
    let rank_i = rank as i64;
    let from_start = if axis < 0 { axis.saturating_add(rank_i) } else { axis };
    match usize::try_from(from_start) {
        Ok(axis) if axis < rank => Ok(axis),
        _ => impossible(format!("axis {axis} of a tensor with {rank} axes")),
    }
}

/// Values that one file may make: it bounds the memory and time that a few bytes can ask for.
const MAX_VALUES: usize = 1 << 19;

type Handler = fn(&mut Net, &Call<'_>) -> Result<Vec<ValueId>, Refusal>;

/// The operations on signals.
const OPS: &[(&str, Handler)] = &[
    ("Abs", elementwise::abs),
    ("Add", elementwise::add),
    ("And", elementwise::and),
    ("ArgMax", heads::arg_max),
    ("AveragePool", pools::average),
    ("BatchNormalization", layers::batch_norm),
    ("Cast", elementwise::cast),
    ("CastLike", elementwise::cast_like),
    ("Ceil", elementwise::round),
    ("Clip", elementwise::clip),
    ("Concat", shapes::concat),
    ("Conv", layers::conv),
    ("DequantizeLinear", quantize::dequantize_linear),
    ("Div", elementwise::div),
    ("Dropout", elementwise::dropout),
    ("Equal", elementwise::equal),
    ("Expand", shapes::expand),
    ("Flatten", shapes::flatten),
    ("Floor", elementwise::round),
    ("Gather", shapes::gather),
    ("Gemm", layers::gemm),
    ("GlobalAveragePool", pools::global_average),
    ("Greater", elementwise::greater),
    ("GreaterOrEqual", elementwise::greater_or_equal),
    ("Hardmax", heads::softmax),
    ("Identity", elementwise::pass),
    ("Less", elementwise::less),
    ("LessOrEqual", elementwise::less_or_equal),
    ("LogSoftmax", heads::softmax),
    ("MatMul", layers::matmul),
    ("Max", elementwise::extremum),
    ("MaxPool", pools::max),
    ("Min", elementwise::extremum),
    ("Mul", elementwise::mul),
    ("Neg", elementwise::neg),
    ("Not", elementwise::not),
    ("OneHot", heads::one_hot_of),
    ("Or", elementwise::or),
    ("Pad", shapes::pad),
    ("Pow", elementwise::pow),
    ("QuantizeLinear", quantize::quantize_linear),
    ("ReduceMax", shapes::reduce),
    ("ReduceMean", shapes::reduce),
    ("ReduceMin", shapes::reduce),
    ("ReduceSum", shapes::reduce),
    ("Relu", elementwise::relu),
    ("Reshape", shapes::reshape),
    ("Round", elementwise::round),
    ("ScatterElements", heads::scatter_elements),
    ("ScatterND", heads::scatter_nd),
    ("Shape", shapes::shape),
    ("Sign", elementwise::sign),
    ("Size", shapes::size),
    ("Slice", shapes::slice),
    ("Softmax", heads::softmax),
    ("Split", shapes::split),
    ("Squeeze", shapes::squeeze),
    ("Sub", elementwise::sub),
    ("Sum", elementwise::sum),
    ("Tanh", elementwise::tanh),
    ("Tile", shapes::tile),
    ("TopK", heads::top_k),
    ("Transpose", shapes::transpose),
    ("Unsqueeze", shapes::unsqueeze),
    ("Where", elementwise::select),
    ("Xor", elementwise::xor),
];

/// The operations of QONNX, whatever version of its domains a file names.
const QONNX: &[(&str, Handler)] = &[
    ("BipolarQuant", quantize::bipolar),
    ("IntQuant", quantize::quant),
    ("MultiThreshold", quantize::multi_threshold),
    ("Quant", quantize::quant),
    ("Trunc", quantize::trunc),
];

/// The row of operation `op` of `domain`.
fn row(op: &str, domain: &str) -> Option<Handler> {
    let table = match domain {
        domain if is_default(domain) => OPS,
        "onnx.brevitas" | "qonnx.custom_op.general" | "finn.custom_op.general" => QONNX,
        _ => return None,
    };
    table.iter().find(|(name, _)| *name == op).map(|(_, handler)| *handler)
}

/// Whether operation `op` of `domain` is supported, on signals at least of some shapes.
pub fn knows(op: &str, domain: &str) -> bool {
    row(op, domain).is_some() || is_default(domain) && fold::knows(op)
}

fn is_default(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// Imports one node: the values of its outputs, in order; fewer where some cannot be used.
///
/// # Errors
/// [`Refusal`].
pub fn import(net: &mut Net, call: &Call<'_>) -> Result<Vec<ValueId>, Refusal> {
    let op = call.node.op_type.as_str();
    let row = row(op, &call.node.domain);
    if !is_default(&call.node.domain) && row.is_none() {
        let found = format!("operation `{op}` of domain `{}`", call.node.domain);
        return unsupported(found, "export the model with operations of the ONNX standard");
    }
    let tensors: Option<Vec<Option<&Tensor>>> =
        call.operands.iter().map(|o| o.map_or(Some(None), |id| net.as_constant(id).map(Some))).collect();
    if let Some(tensors) = tensors
        && fold::knows(op)
        && is_default(&call.node.domain)
    {
        // An unrolled file may fold the same weights at every timestep.
        let attributes = call.node.attribute.iter().flat_map(|a| a.encode_length_delimited_to_vec()).collect();
        let key = (op.to_string(), attributes, call.operands.clone());
        if let Some(known) = (!call.operands.is_empty()).then(|| net.folded.get(&key)).flatten() {
            return Ok(known.clone());
        }
        let folded: Vec<ValueId> =
            fold::fold(call, &tensors)?.into_iter().map(|tensor| net.constant_value(tensor)).collect();
        if !fold::shares(op) {
            net.made += folded.iter().filter_map(|&id| net.as_constant(id)).map(Tensor::len).sum::<usize>();
        }
        within(net, call)?;
        net.folded.insert(key, folded.clone());
        return Ok(folded);
    }
    match row {
        Some(handler) => {
            let values = handler(net, call)?;
            within(net, call)?;
            Ok(values)
        }
        None => refuse(op),
    }
}

/// Whether what this file has asked for so far is bounded.
fn within(net: &Net, call: &Call<'_>) -> Result<(), Refusal> {
    if net.made > call.decoder.room() {
        return fold::too_large();
    }
    if net.values.len() > MAX_VALUES {
        let found = format!("more than {MAX_VALUES} values are computed in this file");
        return Err(Refusal::Invalid(invalid(found, "export fewer timesteps, or one timestep with its states")));
    }
    Ok(())
}

/// Says of an unsupported operation what it usually is, and what to do.
fn refuse<T>(op: &str) -> Result<T, Refusal> {
    let (what, help) = reason(op);
    unsupported(what, help)
}

/// What an unsupported operation usually is, and what to do.
pub fn reason(op: &str) -> (&'static str, &'static str) {
    match op {
        "LeakyRelu" | "PRelu" | "Sigmoid" | "Tanh" | "Elu" | "Celu" | "Selu" | "Gelu" | "HardSigmoid" | "HardSwish"
        | "Mish" | "Softplus" | "Softsign" | "ThresholdedRelu" | "Erf" => (
            "this activation is neither a spiking neuron nor a rectifier",
            "snnc compiles spiking networks, and networks of ReLUs or clipped ReLUs: train with one of these activations",
        ),
        "LSTM" | "GRU" | "RNN" => {
            ("this recurrent layer is no spiking neuron", "train with spiking recurrent neurons, as snnTorch's RLeaky")
        }
        "LayerNormalization" | "InstanceNormalization" | "GroupNormalization" | "LpNormalization" => (
            "a normalisation by the sample's own statistics",
            "use batch norm: in eval mode it is constant, and folds into the weights",
        ),
        "Sqrt" | "Exp" | "Log" | "Reciprocal" | "Mod" | "BitShift" => {
            ("it is supported on constants only, not on signals", "leave this out of the model")
        }
        "LIF" => (
            "it is no operation of the ONNX standard, and the file does not say what its neurons do",
            "export the neurons as the operations they are made of",
        ),
        _ => ("the operation is not supported on signals", "see the table of supported operations in the README"),
    }
}
