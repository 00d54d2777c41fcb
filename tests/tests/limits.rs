//! The limits of `docs/limits.md`, each with a file that is past it: a diagnostic, soon, and little memory.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use snnc::frontend::{LoadOptions, ModelFile, load};
use snnc_tests::hostile::protobuf::Message;

/// Loads a file on a thread with as little stack as a test has, and returns what it is refused with.
fn refused(name: &'static str, bytes: Vec<u8>) -> String {
    let (bytes, started) = (Bytes::from(bytes), Instant::now());
    let load = move || {
        let beside = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let loaded = load(
            &ModelFile { name, bytes, beside: &beside },
            &LoadOptions { timesteps: Some(2), ..LoadOptions::default() },
        );
        format!("{:?}", miette::Report::new(loaded.expect_err("it is past a limit")))
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(load).expect("threads can be started");
    let message = thread.join().expect("no panic");
    assert!(started.elapsed() < Duration::from_secs(20), "{name} took {:?}", started.elapsed());
    let message: String = message.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    message
}

fn shape(dims: &[i64]) -> Message {
    let shape = dims.iter().fold(Message::default(), |shape, &size| shape.message(1, &Message::default().int(1, size)));
    Message::default().message(1, &Message::default().int(1, 1).message(2, &shape))
}

fn value(name: &str, dims: &[i64]) -> Message {
    Message::default().bytes(1, name).message(2, &shape(dims))
}

fn node(op: &str, operands: &[&str], result: &str, attributes: &[Message]) -> Message {
    let node = operands.iter().fold(Message::default(), |node, operand| node.bytes(1, operand));
    attributes.iter().fold(node.bytes(2, result).bytes(4, op), |node, attribute| node.message(5, attribute))
}

fn ints(name: &str, values: &[i64]) -> Message {
    values.iter().fold(Message::default().bytes(1, name).int(20, 7), |attribute, &value| attribute.int(8, value))
}

fn integers(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Message::default().int(1, values.len() as i64).int(2, 7).bytes(8, name).bytes(9, raw)
}

fn numbers(name: &str, dims: &[i64]) -> Message {
    let len = dims.iter().product::<i64>() as usize;
    let tensor = dims.iter().fold(Message::default(), |tensor, &size| tensor.int(1, size));
    tensor.int(2, 1).bytes(8, name).bytes(9, 0.5f32.to_le_bytes().repeat(len))
}

/// A file of these nodes, tensors, inputs and outputs.
fn model(nodes: &[Message], tensors: &[Message], inputs: &[Message], outputs: &[Message]) -> Vec<u8> {
    let mut graph = Message::default();
    for (tag, messages) in [(1, nodes), (5, tensors), (11, inputs), (12, outputs)] {
        graph = messages.iter().fold(graph, |graph, message| graph.message(tag, message));
    }
    let opset = Message::default().int(2, 17);
    Message::default().int(1, 8).message(7, &graph).message(8, &opset).0
}

/// Nodes of a neuron on `current`: integrate-and-fire without a leak, reset by subtraction.
fn neuron(current: &str) -> Vec<Message> {
    vec![
        node("Add", &["state", current], "potential", &[]),
        node("Greater", &["potential", "threshold"], "above", &[]),
        node("Cast", &["above"], "spikes", &[Message::default().bytes(1, "to").int(3, 1).int(20, 2)]),
        node("Mul", &["spikes", "threshold"], "amount", &[]),
        node("Sub", &["potential", "amount"], "next", &[]),
    ]
}

/// A chain of `length` nodes of one operation between the sample and a neuron.
fn chain(op: &str, operand: Option<&str>, attributes: &[Message], dims: &[i64], length: usize) -> Vec<u8> {
    let mut nodes = Vec::with_capacity(length + 8);
    let mut from = "x".to_owned();
    for index in 0..length {
        let to = format!("v{index}");
        let operands: Vec<&str> = [Some(from.as_str()), operand].into_iter().flatten().collect();
        nodes.push(node(op, &operands, &to, attributes));
        from = to;
    }
    nodes.extend(neuron(&from));
    let tensors =
        [numbers("threshold", &[]), numbers("half", &[1]), numbers("square", &[4, 4]), integers("same", dims)];
    let ends = |names: [&str; 2]| names.map(|name| value(name, dims));
    model(&nodes, &tensors, &ends(["x", "state"]), &ends(["spikes", "next"]))
}

#[test]
fn a_chain_of_a_hundred_thousand_nodes_does_not_fill_the_stack() {
    let map = &[1, 1, 4, 4][..];
    let one = ints("kernel_shape", &[1, 1]);
    for (op, operand, attributes, dims) in [
        ("MaxPool", None, &[one.clone()][..], map),
        ("AveragePool", None, &[one][..], map),
        ("MatMul", Some("square"), &[], &[1, 4]),
        ("Add", Some("half"), &[], map),
        ("Mul", Some("half"), &[], map),
        ("Sub", Some("x"), &[], map),
        ("Neg", None, &[], map),
        ("Greater", Some("half"), &[], map),
        ("Identity", None, &[], map),
        ("Flatten", None, &[], map),
        ("Not", None, &[], map),
    ] {
        let (name, file) = ("chain.onnx", chain(op, operand, attributes, dims, 100_000));
        let bytes = Bytes::from(file);
        let started = Instant::now();
        let load = move || {
            let beside = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            let loaded = load(
                &ModelFile { name, bytes, beside: &beside },
                &LoadOptions { timesteps: Some(2), ..LoadOptions::default() },
            );
            loaded.map(|loaded| loaded.graph.nodes.len()).map_err(|error| error.to_string())
        };
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(load).expect("threads can be started");
        let result = thread.join().unwrap_or_else(|_| panic!("{op}: panicked"));
        println!("{op}: {result:?} after {:?}", started.elapsed());
    }
}
