//! Quantizers of QONNX and of the standard: what they give, on constants and on signals.

use super::evaluate::{evaluate, imported};
use super::models::*;
use crate::frontend::onnx::net::Def;
use crate::frontend::onnx::proto::{AttributeProto, data_type};

const X: [f32; 6] = [-2.0, -0.75, -0.25, 0.25, 0.625, 3.0];

fn text_attribute(name: &str, value: &str) -> AttributeProto {
    AttributeProto { name: name.into(), s: value.as_bytes().to_vec().into(), ..Default::default() }
}

/// What one node of a QONNX domain gives for `X`: as a signal, and as a constant.
fn both(op: &str, parameters: &[(&str, &[i64], &[f32])], attributes: &[AttributeProto]) -> Vec<f64> {
    let results = ["x", "c"].map(|operand| {
        let mut model = Model::new(&[1, 6]).constant("c", &[1, 6], &X);
        let mut inputs = vec![operand];
        for (name, dims, values) in parameters {
            model = model.constant(name, dims, values);
            inputs.push(name);
        }
        let mut model = model.with(op, &inputs, "y", attributes).output("y");
        // Files that name the domain in a node and nowhere else are common.
        model.graph.node[0].domain = "onnx.brevitas".into();
        let file = imported(&model, None).unwrap_or_else(|error| panic!("{}", text(error)));
        let id = file.outputs[0].1;
        assert_eq!(file.net.as_constant(id).is_some(), operand == "c");
        evaluate(&file.net, &[X.map(f64::from).to_vec()])[id].clone()
    });
    let [signal, constant] = results;
    assert_eq!(signal, constant);
    signal
}

#[test]
fn quant_rounds_to_the_integers_of_its_bits() {
    let quant = |scale: f32, zero: f32, bits: f32, attributes: &[AttributeProto]| {
        both("Quant", &[("s", &[], &[scale]), ("z", &[], &[zero]), ("b", &[], &[bits])], attributes)
    };
    assert_eq!(quant(0.5, 0.0, 2.0, &[int("signed", 1)]), [-1.0, -1.0, 0.0, 0.0, 0.5, 0.5]);
    assert_eq!(quant(0.5, 0.0, 2.0, &[int("signed", 1), int("narrow", 1)]), [-0.5, -0.5, 0.0, 0.0, 0.5, 0.5]);
    assert_eq!(quant(0.5, 0.0, 2.0, &[int("signed", 0)]), [0.0, 0.0, 0.0, 0.0, 0.5, 1.5]);
    assert_eq!(quant(0.5, 1.0, 2.0, &[int("signed", 0)]), [-0.5, -0.5, -0.5, 0.5, 0.5, 1.0]);
    let floor = text_attribute("rounding_mode", "FLOOR");
    assert_eq!(quant(0.5, 0.0, 3.0, &[int("signed", 1), floor]), [-2.0, -1.0, -0.5, 0.0, 0.5, 1.5]);
}

#[test]
fn bipolar_quant_takes_zero_for_positive() {
    assert_eq!(both("BipolarQuant", &[("s", &[], &[0.5])], &[]), [-0.5, -0.5, -0.5, 0.5, 0.5, 0.5]);
    let mut model = Model::new(&[1, 2]).constant("s", &[], &[2.0]).constant("c", &[2], &[0.0, -0.0]);
    model = model.node("BipolarQuant", &["c", "s"], "y").output("y");
    model.graph.node[0].domain = "qonnx.custom_op.general".into();
    let file = imported(&model, None).expect("a constant");
    assert_eq!(file.net.as_constant(file.outputs[0].1).map(|t| t.to_f32()), Some(vec![2.0, 2.0]));
}

#[test]
fn trunc_drops_the_lowest_bits() {
    let parameters: [(&str, &[i64], &[f32]); 4] =
        [("s", &[], &[0.125]), ("z", &[], &[0.0]), ("in", &[], &[8.0]), ("out", &[], &[6.0])];
    // x / 0.125 is -16, -6, -2, 2, 5, 24; a quarter of that rounded down, times 0.125.
    assert_eq!(both("Trunc", &parameters, &[]), [-0.5, -0.25, -0.125, 0.0, 0.125, 0.75]);
}

#[test]
fn multi_threshold_counts_the_thresholds_of_its_channel() {
    let thresholds: Vec<f32> = (0..6).flat_map(|c| [c as f32 * 0.25 - 1.0, c as f32 * 0.25]).collect();
    let mut model = Model::new(&[1, 6]).constant("t", &[6, 2], &thresholds);
    model = model.with("MultiThreshold", &["x", "t"], "y", &[float("out_scale", 2.0), float("out_bias", -1.0)]);
    model.graph.node[0].domain = "finn.custom_op.general".into();
    let file = imported(&model.output("y"), None).expect("thresholds");
    let found = &evaluate(&file.net, &[X.map(f64::from).to_vec()])[file.outputs[0].1];
    assert_eq!(*found, [-1.0, 1.0, 1.0, 1.0, 1.0, 3.0]);
}

#[test]
fn a_quantizer_and_its_inverse_are_one_definition() {
    let mut model = Model::new(&[1, 6]).scalar("s", 0.5).scalar("zero_point", 0.0);
    let zero = model.graph.initializer.last_mut().expect("a zero point");
    (zero.data_type, zero.raw_data) = (data_type::INT8, vec![1u8].into());
    let model = model
        .node("QuantizeLinear", &["x", "s", "zero_point"], "q")
        .node("DequantizeLinear", &["q", "s", "zero_point"], "y")
        .output("y")
        .output("q");
    let file = imported(&model, None).expect("a quantizer");
    let (y, q) = (file.outputs[0].1, file.outputs[1].1);
    // The zero point is added after rounding: it only moves the ends.
    let Def::Quant { low, high, integer: false, .. } = file.net.values[y].def else { panic!("one definition") };
    assert_eq!((low.get(), high.get()), (-129.0, 126.0));
    let values = evaluate(&file.net, &[X.map(f64::from).to_vec()]);
    // x / 0.5 is -4, -1.5, -0.5, 0.5, 1.25, 6: half to even, plus 1.
    assert_eq!(
        (&values[q][..], &values[y][..]),
        (&[-3.0, -1.0, 1.0, 1.0, 2.0, 7.0][..], &[-2.0, -1.0, 0.0, 0.0, 0.5, 3.0][..])
    );
}

#[test]
fn parameters_that_depend_on_the_sample_are_refused_by_name() {
    let mut model = Model::new(&[1, 6]).scalar("b", 2.0).node("ReduceMax", &["x"], "s");
    model = model.node("Quant", &["x", "s", "zero", "b"], "y").output("y");
    model.graph.node[1].domain = "qonnx.custom_op.general".into();
    let refusal = model.refusal();
    assert!(refusal.contains("node_y") && refusal.contains("depends on the sample"), "{refusal}");
}
