//! Small ONNX files, built message by message.

use std::path::Path;

use bytes::Bytes;
use prost::Message;

use crate::frontend::onnx::proto::*;
use crate::frontend::onnx::{FRONTEND, at};
use crate::frontend::{FrontendError, LoadOptions, Loaded, ModelFile};
use crate::ir::{Graph, Neuron, Op};

/// A model under construction.
#[derive(Clone)]
pub struct Model {
    pub graph: GraphProto,
    pub opset: i64,
    pub functions: Vec<FunctionProto>,
}

/// An attribute of integers.
pub fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: ints.to_vec(), ..Default::default() }
}

/// An attribute of one integer.
pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, ..Default::default() }
}

/// An attribute of one number.
pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f, ..Default::default() }
}

/// A tensor of numbers, raw.
pub fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let dims = dims.to_vec();
    TensorProto { name: name.into(), dims, data_type: data_type::FLOAT, raw_data: raw.into(), ..Default::default() }
}

fn value_info(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = dims.iter().map(|&d| DimensionProto { dim_value: (d != 0).then_some(d), dim_param: None }).collect();
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TensorTypeProto { elem_type: data_type::FLOAT, shape });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
}

impl Model {
    /// A model with an input `x` of `dims`; a size of 0 is open.
    pub fn new(dims: &[i64]) -> Self {
        Self { graph: GraphProto::default(), opset: 17, functions: vec![] }
            .input("x", dims)
            .scalar("zero", 0.0)
            .scalar("one", 1.0)
    }

    pub fn input(mut self, name: &str, dims: &[i64]) -> Self {
        self.graph.input.push(value_info(name, dims));
        self
    }

    pub fn output(mut self, name: &str) -> Self {
        self.graph.output.push(value_info(name, &[]));
        self
    }

    pub fn constant(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph.initializer.push(tensor(name, dims, values));
        self
    }

    pub fn scalar(self, name: &str, value: f32) -> Self {
        self.constant(name, &[], &[value])
    }

    pub fn integers(mut self, name: &str, dims: &[i64], values: &[i64]) -> Self {
        let int64_data = values.to_vec();
        let (name, dims) = (name.into(), dims.to_vec());
        let tensor = TensorProto { name, dims, data_type: data_type::INT64, int64_data, ..Default::default() };
        self.graph.initializer.push(tensor);
        self
    }

    /// A node named after its output.
    pub fn node(self, op: &str, inputs: &[&str], output: &str) -> Self {
        self.with(op, inputs, output, &[])
    }

    pub fn with(mut self, op: &str, inputs: &[&str], output: &str, attributes: &[AttributeProto]) -> Self {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&i| i.into()).collect(),
            output: output.split(' ').map(Into::into).collect(),
            name: format!("node_{output}"),
            op_type: op.into(),
            attribute: attributes.to_vec(),
            ..Default::default()
        });
        self
    }

    /// `y = x W' + b` of `fan_in` to `fan_out`, every weight another number.
    pub fn linear(self, x: &str, y: &str, fan_in: i64, fan_out: i64) -> Self {
        let weight: Vec<f32> = (0..fan_in * fan_out).map(|i| (i % 7) as f32 * 0.25 - 0.5).collect();
        let bias: Vec<f32> = (0..fan_out).map(|i| i as f32 * 0.125).collect();
        let (w, b) = (format!("{y}.weight"), format!("{y}.bias"));
        self.constant(&w, &[fan_out, fan_in], &weight).constant(&b, &[fan_out], &bias).with(
            "Gemm",
            &[x, &w, &b],
            y,
            &[int("transB", 1)],
        )
    }

    /// snnTorch's Leaky with a delayed soft reset, as its exporter writes it: `v` to `v_out` and `spike`.
    pub fn leaky(self, current: &str, v: &str, v_out: &str, spike: &str, beta: f32) -> Self {
        let name = |part: &str| format!("{spike}.{part}");
        let (shifted, fires, reset) = (name("shifted"), name("fires"), name("reset"));
        let (decayed, charged, beta_name) = (name("decayed"), name("charged"), name("beta"));
        self.scalar(&beta_name, beta)
            .node("Sub", &[v, "one"], &shifted)
            .node("Greater", &[&shifted, "zero"], &fires)
            .with("Cast", &[&fires], &reset, &[int("to", 1)])
            .node("Mul", &[&beta_name, v], &decayed)
            .node("Add", &[&decayed, current], &charged)
            .node("Sub", &[&charged, &reset], v_out)
            .fires(v_out, "one", spike)
    }

    /// `spike = v - threshold > 0`, as a float.
    pub fn fires(self, v: &str, threshold: &str, spike: &str) -> Self {
        let (shifted, above) = (format!("{spike}.after"), format!("{spike}.above"));
        self.node("Sub", &[v, threshold], &shifted).node("Greater", &[&shifted, "zero"], &above).with(
            "Cast",
            &[&above],
            spike,
            &[int("to", 1)],
        )
    }

    pub fn bytes(&self) -> Vec<u8> {
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: self.opset }];
        let functions = self.functions.clone();
        ModelProto { ir_version: 8, graph: Some(self.graph.clone()), opset_import, functions }.encode_to_vec()
    }

    pub fn load(&self) -> Result<Loaded, FrontendError> {
        load_bytes(self.bytes().into(), &LoadOptions::default())
    }

    /// The graph of a model that is accepted.
    pub fn graph(&self) -> Graph {
        match self.load() {
            Ok(loaded) => loaded.graph,
            Err(error) => panic!("{}", text(error)),
        }
    }

    /// The report of a model that is refused.
    pub fn refusal(&self) -> String {
        text(self.load().expect_err("a model to be refused"))
    }
}

/// Loads a file that has nothing beside it.
pub fn load_bytes(bytes: Bytes, options: &LoadOptions) -> Result<Loaded, FrontendError> {
    let beside = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    (FRONTEND.load)(&ModelFile { name: "m.onnx", bytes, beside: &beside }, options)
}

/// What the user reads.
pub fn text(error: FrontendError) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none()).with_width(10_000);
    let mut text = String::new();
    handler.render_report(&mut text, &error).expect("writing to a string");
    text
}

/// The neurons of a graph, in order.
pub fn neurons(graph: &Graph) -> Vec<&Neuron> {
    graph
        .nodes
        .iter()
        .filter_map(|n| match &n.op {
            Op::Neuron(neuron) => Some(neuron),
            _ => None,
        })
        .collect()
}

#[test]
fn an_error_names_what_it_is_about() {
    let error = FrontendError::Node(at("fc1", "Gemm", super::super::invalid("found this".into(), "do that")));
    let text = text(error);
    assert!(text.contains("fc1") && text.contains("found this") && text.contains("do that"), "{text}");
}
