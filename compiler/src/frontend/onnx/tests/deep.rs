//! Files whose nodes lie very far behind each other: read or refused, on a thread of a small stack, and soon.

use super::models::*;

/// Nodes of a chain.
const LONG: usize = 12_000;

/// A chain of operations: `add` adds one, from the first name to the second.
fn chain(add: impl Fn(Model, usize, &str, &str) -> Model) -> Model {
    let mut model = Model::new(&[1, 3])
        .constant("square", &[3, 3], &[0.5, 0.0, 0.1, 0.0, 0.5, 0.2, 0.3, 0.0, 0.5])
        .node("Identity", &["x"], "c0");
    for i in 0..LONG {
        model = add(model, i, &format!("c{i}"), &format!("c{}", i + 1));
    }
    model.node("Identity", &[&format!("c{LONG}")], "current")
}

/// What comes of a chain before neurons, and of the chain alone.
fn read(model: Model) -> [Result<(), String>; 2] {
    let neurons = model.clone().input("v", &[1, 3]).leaky("current", "v", "v_out", "spike", 0.9);
    [neurons.output("spike").output("v_out"), model.output("current")].map(|model| {
        let thread = std::thread::Builder::new().stack_size(1 << 21);
        thread.spawn(move || model.load().map(drop).map_err(text)).expect("a thread").join().expect("no panic")
    })
}

#[test]
fn twelve_thousand_layers_in_a_row_are_refused() {
    let [before_neurons, _] = read(chain(|model, _, x, y| model.node("MatMul", &[x, "square"], y)));
    let refusal = before_neurons.expect_err("too many");
    assert!(refusal.contains("more than 200 operations in a row"), "{refusal}");
}

#[test]
fn twelve_thousand_sums_in_a_row_are_one() {
    let [before_neurons, _] = read(chain(|model, _, x, y| model.node("Add", &[x, "x"], y)));
    before_neurons.expect("a multiple of the input");
}

#[test]
fn twelve_thousand_activations_in_a_row_are_no_function_that_is_searched() {
    let refusals = read(chain(|model, _, x, y| model.node("Max", &[x, "x"], y)));
    assert!(refusals.iter().all(Result::is_err), "{refusals:?}");
}

#[test]
fn six_thousand_layers_with_activations_are_a_network() {
    let layer = |model: Model, i: usize, x: &str, y: &str| match i % 2 {
        0 => model.node("MatMul", &[x, "square"], y),
        _ => model.node("Relu", &[x], y),
    };
    let [_, alone] = read(chain(layer));
    alone.expect("a deep network");
}
