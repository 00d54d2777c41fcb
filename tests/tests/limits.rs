//! The limits of `docs/limits.md`, each with a file that is past it: a diagnostic, soon, and little memory.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use snnc::frontend::{LoadOptions, ModelFile, load};
use snnc_tests::hostile::file;
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
    let message: String = message.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
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
fn a_chain_of_many_thousand_nodes_does_not_fill_the_stack() {
    let map = &[1, 1, 4, 4][..];
    let one = ints("kernel_shape", &[1, 1]);
    for (op, operand, attributes, dims) in [
        ("MaxPool", None, &[one.clone()][..], map),
        ("AveragePool", None, &[one][..], map),
        ("MatMul", Some("square"), &[], &[1, 4]),
        ("Add", Some("half"), &[], map),
        ("Sub", Some("x"), &[], map),
        ("Greater", Some("half"), &[], map),
        ("Relu", None, &[], map),
        ("Not", None, &[], map),
    ] {
        let bytes = Bytes::from(chain(op, operand, attributes, dims, 10_000));
        let load = move || {
            let beside = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            let options = LoadOptions { timesteps: Some(2), ..LoadOptions::default() };
            drop(load(&ModelFile { name: "chain.onnx", bytes, beside: &beside }, &options));
        };
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(load).expect("threads can be started");
        thread.join().unwrap_or_else(|_| panic!("{op} panicked"));
    }
}

/// A neuron behind what these nodes make of `x`; `last` is the name of that.
fn network(nodes: Vec<Message>, tensors: &[Message], dims: &[i64], last: &str) -> Vec<u8> {
    let nodes = [nodes, neuron(last)].concat();
    let tensors = [&[numbers("threshold", &[])], tensors].concat();
    let ends = |names: [&str; 2]| names.map(|name| value(name, dims));
    model(&nodes, &tensors, &ends(["x", "state"]), &ends(["spikes", "next"]))
}

#[test]
fn constants_much_larger_than_their_file_are_not_computed() {
    for operands in [&["sizes"][..], &["one", "sizes"]] {
        let op = if operands.len() == 1 { "ConstantOfShape" } else { "Expand" };
        let nodes = vec![node(op, operands, "made", &[]), node("Add", &["x", "made"], "sum", &[])];
        let file = network(nodes, &[integers("sizes", &[4096, 4096]), numbers("one", &[])], &[1, 4], "sum");
        let message = refused("made.onnx", file);
        assert!(message.contains(op) && message.contains("much larger than the file"), "{message}");
    }
    // every node within the limit of one, all of them together not
    let mut nodes = vec![node("Expand", &["one", "sizes"], "c0", &[])];
    nodes.extend((1..200).map(|i| node("Add", &[&format!("c{}", i - 1), "one"], &format!("c{i}"), &[])));
    nodes.push(node("Add", &["x", "c199"], "sum", &[]));
    let file = network(nodes, &[integers("sizes", &[1024, 1024]), numbers("one", &[])], &[1, 1024], "sum");
    let message = refused("made.onnx", file);
    assert!(message.contains("(Add)") && message.contains("much larger than the file"), "{message}");
}

#[test]
fn feature_maps_larger_than_any_machine_are_refused() {
    let message = refused("large.onnx", network(vec![], &[], &[1, 1, 8192, 8192], "x"));
    assert!(message.contains("feature maps hold"), "{message}");
}

#[test]
fn the_wait_for_a_nested_body_ends() {
    let dims = &[1, 4];
    for (op, depth) in [("Loop", 20), ("Loop", 200), ("If", 20), ("If", 200), ("Scan", 200)] {
        let mut body =
            Message::default().message(1, &node("Identity", &["x"], "y", &[])).message(12, &value("y", dims));
        for _ in 0..depth {
            let names = if op == "If" { &["then_branch", "else_branch"][..1] } else { &["body"][..] };
            let attributes: Vec<Message> =
                names.iter().map(|name| Message::default().bytes(1, name).message(6, &body).int(20, 5)).collect();
            let inner = node(op, &["x"], "y", &attributes);
            body = Message::default().message(1, &inner).message(12, &value("y", dims));
        }
        let graph = body.message(11, &value("x", dims));
        let file = Message::default().int(1, 8).message(7, &graph).message(8, &Message::default().int(2, 17)).0;
        let message = refused("nested.onnx", file);
        assert!(message.contains("help:"), "{message}");
    }
}

#[test]
fn a_loop_of_any_number_of_timesteps_ends() {
    let dims = &[1, 4];
    for count in [1 << 40, i64::MAX, 300_000] {
        let mut body = Message::default();
        for node in neuron("x") {
            body = body.message(1, &node);
        }
        let go = Message::default().bytes(1, "keep").message(2, &shape(&[]));
        let body = [value("i", &[]), go, value("state", dims)].iter().fold(body, |body, input| body.message(11, input));
        let outputs = [value("keep", &[]), value("next", dims), value("spikes", dims)];
        let body = outputs.iter().fold(body, |body, output| body.message(12, output));
        let attribute = Message::default().bytes(1, "body").message(6, &body).int(20, 5);
        let nodes = [
            node("Loop", &["count", "", "zero"], "last", &[attribute]).bytes(2, "train"),
            node("ReduceSum", &["train", "axis"], "out", &[Message::default().bytes(1, "keepdims").int(20, 2)]),
        ];
        let tensors =
            [integers("count", &[count]), integers("axis", &[0]), numbers("threshold", &[]), numbers("zero", dims)];
        let message = refused("loop.onnx", model(&nodes, &tensors, &[value("x", dims)], &[value("out", dims)]));
        assert!(message.contains("help:"), "{count}: {message}");
    }
}

#[test]
fn a_text_that_nests_without_end_is_refused() {
    let text = format!("{{\"kind\": \"graph\", \"version\": 1, \"nodes\": {}", "[".repeat(1 << 20));
    let file = file(&[text.as_bytes(), b"\0"].concat());
    let message = refused("deep.snn", file);
    assert!(message.contains("recursion limit"), "{message}");
}
