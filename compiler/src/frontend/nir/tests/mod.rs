//! Small NIR files, written as the python package writes them.

mod bad_input;
mod layers;
mod neurons;
mod readings;
mod writing;

use std::path::Path;

use hdf5_pure::{FileBuilder, GroupBuilder};

use super::reading::NirOptions;
use crate::frontend::{self, LoadOptions, Loaded, ModelFile};
use crate::ir::eval::Evaluator;
use crate::ir::{Graph, Op, Timing};

/// A value of a field.
#[derive(Clone)]
pub enum Value {
    Text(&'static str),
    F32(Vec<u64>, Vec<f32>),
    F64(Vec<u64>, Vec<f64>),
    I64(Vec<u64>, Vec<i64>),
}

/// A scalar of 64 bits.
pub fn number(x: f64) -> Value {
    Value::F64(vec![], vec![x])
}

/// A vector of 64 bits.
pub fn vector(x: &[f64]) -> Value {
    Value::F64(vec![x.len() as u64], x.to_vec())
}

/// Whole numbers in a row.
pub fn whole(x: &[i64]) -> Value {
    Value::I64(vec![x.len() as u64], x.to_vec())
}

/// Weights of a shape.
pub fn weights(shape: &[u64], x: &[f32]) -> Value {
    Value::F32(shape.to_vec(), x.to_vec())
}

/// Fields of a node by name.
type Fields = Vec<(&'static str, Value)>;

/// A graph to write.
#[derive(Clone, Default)]
pub struct Nir {
    /// Name, type and fields.
    nodes: Vec<(&'static str, &'static str, Fields)>,
    graphs: Vec<(&'static str, Nir)>,
    edges: Vec<(&'static str, &'static str)>,
}

impl Nir {
    /// `input` and `output` of the given shapes.
    pub fn new(input: &[i64], output: &[i64]) -> Self {
        Self::default().node("input", "Input", &[("shape", whole(input))]).node(
            "output",
            "Output",
            &[("shape", whole(output))],
        )
    }

    pub fn node(mut self, name: &'static str, kind: &'static str, fields: &[(&'static str, Value)]) -> Self {
        self.nodes.push((name, kind, fields.to_vec()));
        self
    }

    pub fn graph(mut self, name: &'static str, graph: Nir) -> Self {
        self.graphs.push((name, graph));
        self
    }

    pub fn edge(mut self, from: &'static str, to: &'static str) -> Self {
        self.edges.push((from, to));
        self
    }

    /// Edges along a row of nodes.
    pub fn chain(mut self, names: &[&'static str]) -> Self {
        self.edges.extend(names.windows(2).map(|pair| (pair[0], pair[1])));
        self
    }

    /// From input over `name` to output.
    pub fn single(name: &'static str, kind: &'static str, size: i64, fields: &[(&'static str, Value)]) -> Self {
        Self::new(&[size], &[size]).node(name, kind, fields).chain(&["input", name, "output"])
    }

    fn fill(&self, group: &mut GroupBuilder) {
        text(group, "type", "NIRGraph");
        let ends: Vec<&str> = self.edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
        group.create_dataset("edges").with_vlen_strings(&ends).with_shape(&[self.edges.len() as u64, 2]);
        let mut nodes = group.create_group("nodes");
        for (name, kind, fields) in &self.nodes {
            let mut node = nodes.create_group(name);
            text(&mut node, "type", kind);
            for (field, value) in fields {
                let dataset = node.create_dataset(field);
                match value {
                    Value::Text(text) => dataset.with_vlen_strings(&[text]).with_shape(&[]),
                    Value::F32(shape, x) => dataset.with_f32_data(x).with_shape(shape),
                    Value::F64(shape, x) => dataset.with_f64_data(x).with_shape(shape),
                    Value::I64(shape, x) => dataset.with_i64_data(x).with_shape(shape),
                };
            }
            nodes.add_group(node.finish());
        }
        for (name, inner) in &self.graphs {
            let mut node = nodes.create_group(name);
            inner.fill(&mut node);
            nodes.add_group(node.finish());
        }
        group.add_group(nodes.finish());
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut file = FileBuilder::new();
        let mut root = file.create_group("node");
        self.fill(&mut root);
        file.add_group(root.finish());
        file.finish().expect("a small file")
    }

    /// Reads it back with options.
    pub fn load(&self, nir: NirOptions) -> Result<Loaded, String> {
        load(self.bytes(), nir)
    }

    /// Its graph, read by the equations of the NIR paper with a timestep of `dt`.
    pub fn paper(&self, dt: f64) -> Graph {
        self.load(paper(dt)).unwrap_or_else(|error| panic!("{error}")).graph
    }
}

fn text(group: &mut GroupBuilder, name: &str, text: &str) {
    group.create_dataset(name).with_vlen_strings(&[text]).with_shape(&[]);
}

/// The equations of the NIR paper.
pub fn paper(dt: f64) -> NirOptions {
    NirOptions { from: super::reading::preset("paper"), dt: Some(dt), ..Default::default() }
}

/// Reads a file; an error as the user sees it.
pub fn load(bytes: Vec<u8>, nir: NirOptions) -> Result<Loaded, String> {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let file = ModelFile { name: "test.nir", bytes: bytes.into(), beside: &nothing };
    frontend::load(&file, &LoadOptions { timesteps: Some(8), nir }).map_err(|error| {
        let shown = format!("{:?}", miette::Report::new(error)).replace('\u{2502}', " ");
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// Outputs of the graph's last layer, timestep by timestep, for a sequence of inputs.
pub fn outputs(graph: &Graph, input: &[f32]) -> Vec<Vec<f32>> {
    let mut graph = graph.clone();
    if let Op::Input(input) = &mut graph.nodes[0].op {
        input.timing = Timing::Sequence;
    }
    let timesteps = input.len() / graph.input().1.len();
    let mut seen = Vec::new();
    let output = graph.output;
    Evaluator::new(&graph).run(input, timesteps as u32, |moment| seen.push(moment.value(output).to_vec()));
    seen
}
