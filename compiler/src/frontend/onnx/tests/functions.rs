//! Functions of a model's own.

use super::evaluate::{evaluate, imported};
use super::models::*;
use crate::frontend::onnx::proto::{AttributeProto, FunctionProto};

fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: Model) -> FunctionProto {
    let names = |names: &[&str]| names.iter().map(|&n| n.into()).collect();
    let (input, output) = (names(inputs), names(outputs));
    FunctionProto {
        name: name.into(),
        input,
        output,
        node: nodes.graph.node,
        domain: "own".into(),
        ..Default::default()
    }
}

/// A call of a function, named after its output.
fn called(model: Model, name: &str, inputs: &[&str], output: &str, attributes: &[AttributeProto]) -> Model {
    let mut model = model.with(name, inputs, output, attributes);
    model.graph.node.last_mut().expect("the call").domain = "own".into();
    model
}

/// `scaled(x) = x * factor + x`, with a factor of 3 where a call says nothing; `twice(x) = scaled(scaled(x))`.
fn functions() -> Vec<FunctionProto> {
    let reference = AttributeProto { name: "value_float".into(), ref_attr_name: "factor".into(), ..Default::default() };
    let body = Model::new(&[1]).with("Constant", &[], "k", &[reference]).node("Mul", &["a", "k"], "inner").node(
        "Add",
        &["inner", "a"],
        "b",
    );
    let mut scaled = function("scaled", &["a"], &["b"], body);
    scaled.attribute_proto.push(float("factor", 3.0));
    let body = called(called(Model::new(&[1]), "scaled", &["a"], "inner", &[]), "scaled", &["inner"], "b", &[]);
    vec![scaled, function("twice", &["a"], &["b", "a"], body)]
}

#[test]
fn a_function_is_put_in_where_it_is_called_with_the_attributes_of_the_call() {
    let model = called(Model::new(&[1, 2]), "scaled", &["x"], "y", &[float("factor", 0.5)]);
    let mut model = called(model, "twice", &["y"], "z same", &[]).output("y").output("z").output("same");
    model.functions = functions();
    let file = imported(&model, None).expect("functions");
    let values = evaluate(&file.net, &[vec![1.0, -2.0]]);
    let output = |n: usize| values[file.outputs[n].1].clone();
    assert_eq!([output(0), output(1), output(2)], [vec![1.5, -3.0], vec![24.0, -48.0], vec![1.5, -3.0]]);
}

#[test]
fn functions_that_call_themselves_are_refused() {
    let body = called(Model::new(&[1]), "ever", &["a"], "b", &[]);
    let mut model = called(Model::new(&[1, 2]), "ever", &["x"], "y", &[]).output("y");
    model.functions = vec![function("ever", &["a"], &["b"], body)];
    assert!(model.refusal().contains("`ever` is called by itself"), "{}", model.refusal());
}

#[test]
fn functions_that_multiply_are_refused() {
    let level = |n: usize| {
        let next = format!("f{}", n + 1);
        let body = (0..64).fold(Model::new(&[1]), |m, i| called(m, &next, &["a"], if i == 0 { "b" } else { "c" }, &[]));
        function(&format!("f{n}"), &["a"], &["b"], body)
    };
    let mut model = called(Model::new(&[1, 2]), "f0", &["x"], "y", &[]).output("y");
    model.functions = (0..8).map(level).collect();
    model.functions.push(function("f8", &["a"], &["b"], Model::new(&[1]).node("Neg", &["a"], "b")));
    assert!(model.refusal().contains("its functions make more than"), "{}", model.refusal());
}
