//! The node tests of ONNX itself: what an import gives is what the standard expects, or a refusal that names the node.
//!
//! `tests/fixtures/onnx_edge/node_tests.zip` holds one model per test, its inputs as initialisers of their names, its
//! outputs as `expected.` and theirs; `neurons.zip` alike single neurons of four frameworks by both exporters of PyTorch,
//! loops and time folded into the batch axis among them, with what ONNX Runtime gave.

use std::io::Read;

use bytes::Bytes;
use prost::Message;

use super::evaluate::evaluate;
use crate::frontend::onnx::import::import;
use crate::frontend::onnx::proto::{ModelProto, data_type};
use crate::frontend::onnx::tensor::{Decoder, Tensor};
use crate::frontend::{FrontendError, ModelFile};

const EXPECTED: &str = "expected.";

/// Which inputs of a model are signals; the others are constants.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Signals {
    None,
    First,
    All,
}

fn cases(archive: &str) -> Vec<(String, ModelProto)> {
    let path = format!("{}/../tests/fixtures/onnx_edge/{archive}", env!("CARGO_MANIFEST_DIR"));
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).expect(&path)).expect("an archive");
    let mut cases = Vec::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).expect("an entry");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its content");
        let name = file.name().trim_end_matches(".onnx").to_string();
        cases.push((name, ModelProto::decode(Bytes::from(bytes)).expect("a model")));
    }
    cases
}

/// Whether an import gives what is expected.
fn check(mut model: ModelProto, signals: Signals) -> Result<bool, FrontendError> {
    let file = ModelFile { name: "m.onnx", bytes: Bytes::new(), beside: &|_| Err(std::io::ErrorKind::NotFound.into()) };
    let decoder = Decoder::new(&file);
    let graph = model.graph.as_mut().expect("a graph");
    let floats: Vec<String> = graph
        .input
        .iter()
        .filter(|i| {
            i.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).is_some_and(|t| t.elem_type == data_type::FLOAT)
        })
        .map(|i| i.name.clone())
        .collect();
    let free = match signals {
        Signals::None => &floats[..0],
        Signals::First => &floats[..floats.len().min(1)],
        Signals::All => &floats[..],
    };
    let mut expected: Vec<(String, Tensor)> = Vec::new();
    let mut inputs: Vec<(String, Tensor)> = Vec::new();
    for tensor in std::mem::take(&mut graph.initializer) {
        let decoded = decoder.tensor(&tensor, &tensor.name);
        match tensor.name.strip_prefix(EXPECTED) {
            Some(name) => expected.push((name.into(), decoded?)),
            None if free.contains(&tensor.name) => inputs.push((tensor.name.clone(), decoded?)),
            None => graph.initializer.push(tensor),
        }
    }
    let imported = import(&model, &file, None)?;
    let numbers = |t: &Tensor| (0..t.len()).map(|i| t.get(i)).collect::<Vec<f64>>();
    let given: Vec<Vec<f64>> = imported
        .inputs
        .iter()
        .map(|input| numbers(&inputs.iter().find(|(name, _)| *name == input.name).expect("its data").1))
        .collect();
    let values = evaluate(&imported.net, &given);
    let near = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 1e-5 * b.abs().max(1.0);
    let right = |(name, tensor): &(String, Tensor)| {
        let Some((_, id)) = imported.outputs.iter().find(|(output, _)| output == name) else { return false };
        // A constant is exact in its type; the evaluator rounds to `f32`.
        let found = imported.net.as_constant(*id).map_or_else(|| values[*id].clone(), numbers);
        imported.net.dims(*id) == tensor.dims && found.iter().zip(numbers(tensor)).all(|(&a, b)| near(a, b))
    };
    Ok(!expected.is_empty() && expected.iter().all(right))
}

#[test]
fn every_node_test_gives_what_is_expected_or_a_refusal_that_names_the_node() {
    let cases = cases("node_tests.zip");
    assert_eq!(cases.len(), 206);
    let mut refused = String::new();
    let mut counts = Vec::new();
    for signals in [Signals::None, Signals::First, Signals::All] {
        let mut right = 0;
        for (name, model) in &cases {
            match check(model.clone(), signals) {
                Ok(true) => right += 1,
                Ok(false) => panic!("{name}: a wrong result with signals {signals:?}"),
                Err(error) => {
                    let report = format!("{:?}", miette::Report::new(error));
                    assert!(report.contains("node `") || report.contains("input `"), "{name}: {report}");
                    assert!(report.contains("help:"), "{name}: {report}");
                    if signals == Signals::None {
                        refused += &format!("{name}\n");
                    }
                }
            }
        }
        counts.push(right);
    }
    insta::assert_snapshot!(format!("{counts:?}\n{refused}"), @r"
    [192, 171, 157]
    averagepool_2d_dilations
    gru_defaults
    hardswish
    identity_opt
    identity_sequence
    if_seq
    layer_normalization_2d_axis1
    lstm_defaults
    matmulinteger
    qlinearconv
    qlinearmatmul_2D_uint8_float16
    qlinearmatmul_2D_uint8_float32
    reshape_allowzero_reordered
    scan_sum
    ");
}

#[test]
fn single_neurons_of_every_framework_give_what_was_recorded() {
    let cases = cases("neurons.zip");
    assert_eq!(cases.len(), 65);
    for (name, model) in cases {
        match check(model, Signals::All) {
            Ok(right) => assert!(right, "{name}: a wrong result"),
            Err(error) => panic!("{name}: {:?}", miette::Report::new(error)),
        }
    }
}
