//! ONNX files whose nodes the bytes choose: layers and neurons as frameworks write them, and anything else between them.
//!
//! Changing a byte of such an input changes an operation, an operand or a number and leaves the file around it sound, so
//! that most inputs reach the recognition of neurons and many the integers.

use super::choices::Choices;
use super::protobuf::Message;

/// Operations with the operands they take.
const OPS: &[(&str, usize)] = &[
    ("Add", 2),
    ("Sub", 2),
    ("Mul", 2),
    ("Div", 2),
    ("Neg", 1),
    ("Greater", 2),
    ("GreaterOrEqual", 2),
    ("Less", 2),
    ("LessOrEqual", 2),
    ("Not", 1),
    ("Cast", 1),
    ("Where", 3),
    ("Identity", 1),
    ("Clip", 3),
    ("Relu", 1),
    ("Max", 2),
    ("Min", 2),
    ("Sum", 3),
    ("Floor", 1),
    ("Sign", 1),
    ("Abs", 1),
    ("Sqrt", 1),
    ("Exp", 1),
    ("Pow", 2),
    ("Equal", 2),
    ("And", 2),
    ("Or", 2),
    ("Reshape", 2),
    ("Flatten", 1),
    ("Squeeze", 2),
    ("Unsqueeze", 2),
    ("Transpose", 1),
    ("Concat", 2),
    ("Split", 1),
    ("Slice", 4),
    ("Gather", 2),
    ("Expand", 2),
    ("Tile", 2),
    ("Shape", 1),
    ("Size", 1),
    ("ConstantOfShape", 1),
    ("Range", 3),
    ("ReduceSum", 2),
    ("ReduceMean", 2),
    ("ReduceMax", 2),
    ("MatMul", 2),
    ("Gemm", 3),
    ("Conv", 3),
    ("MaxPool", 1),
    ("AveragePool", 1),
    ("GlobalAveragePool", 1),
    ("BatchNormalization", 5),
    ("Dropout", 1),
    ("ScatterND", 3),
    ("ScatterElements", 3),
    ("ArgMax", 1),
    ("OneHot", 3),
    ("CastLike", 2),
    ("Quant", 4),
    ("BipolarQuant", 2),
    ("Trunc", 5),
    ("MultiThreshold", 2),
    ("Softmax", 1),
    ("If", 1),
];

/// Attributes of integers.
const INTS: &[&str] = &["kernel_shape", "strides", "pads", "dilations", "axes", "perm", "split"];

/// Attributes of one integer.
const INT: &[&str] = &[
    "axis",
    "to",
    "group",
    "transA",
    "transB",
    "keepdims",
    "ceil_mode",
    "count_include_pad",
    "start",
    "end",
    "allowzero",
    "training_mode",
];

/// A value of the graph: its name, and its axes as far as they are known.
#[derive(Clone)]
struct Value {
    name: String,
    dims: Vec<i64>,
}

/// A graph being written.
struct Writer<'b> {
    choices: Choices<'b>,
    nodes: Vec<Message>,
    initializers: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    values: Vec<Value>,
    names: usize,
}

/// The file that the bytes choose.
pub fn file(bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let opset = choices.pick(&[17, 20, 11, 13, 9, 18, 7, 22]);
    // 0: states are inputs and outputs; otherwise so many timesteps, one after the other or in a subgraph
    let timesteps = choices.pick(&[0, 0, 1, 2, 3]);
    let subgraph = choices.pick(&["", "", "Loop", "Scan"]);
    let image = choices.chance(100);
    let dims = if image { vec![1, 2, 4, 4] } else { vec![1, 4] };
    let mut writer = Writer {
        choices,
        nodes: vec![],
        initializers: vec![],
        inputs: vec![],
        outputs: vec![],
        values: vec![],
        names: 0,
    };
    let sample = Value { name: "x".into(), dims };
    if subgraph.is_empty() {
        writer.inputs.push(value_info(&sample));
        writer.network(&sample, timesteps);
    } else {
        writer.in_subgraph(subgraph, &sample, timesteps);
    }
    let graph = writer.graph();
    let opset = Message::default().bytes(1, "").int(2, opset);
    let domains = ["onnx.brevitas", "qonnx.custom_op.general"].map(|d| Message::default().bytes(1, d).int(2, 1));
    let model = Message::default().int(1, 8).message(7, &graph).message(8, &opset);
    domains.iter().fold(model, |model, domain| model.message(8, domain)).0
}

fn value_info(value: &Value) -> Message {
    let shape = value.dims.iter().fold(Message::default(), |shape, &size| {
        let dim = if size == 0 { Message::default().bytes(2, "N") } else { Message::default().int(1, size) };
        shape.message(1, &dim)
    });
    let tensor = Message::default().int(1, 1).message(2, &shape);
    Message::default().bytes(1, &value.name).message(2, &Message::default().message(1, &tensor))
}

impl<'b> Writer<'b> {
    fn graph(&mut self) -> Message {
        let mut graph = Message::default().bytes(2, "g");
        for (tag, messages) in
            [(1, &mut self.nodes), (5, &mut self.initializers), (11, &mut self.inputs), (12, &mut self.outputs)]
        {
            graph = messages.drain(..).fold(graph, |graph, message| graph.message(tag, &message));
        }
        graph
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    fn node(&mut self, op: &str, operands: &[&Value], dims: Vec<i64>, attributes: &[Message]) -> Value {
        let value = Value { name: self.name(), dims };
        let node = operands.iter().fold(Message::default(), |node, operand| node.bytes(1, &operand.name));
        let domain = match op {
            "Quant" | "BipolarQuant" | "Trunc" => "onnx.brevitas",
            "MultiThreshold" => "qonnx.custom_op.general",
            _ => "",
        };
        let node = node.bytes(2, &value.name).bytes(4, op).bytes(7, domain);
        self.nodes.push(attributes.iter().fold(node, |node, attribute| node.message(5, attribute)));
        self.values.push(value.clone());
        value
    }

    fn constant(&mut self, dims: &[i64], number: impl Fn(&mut Choices<'b>, usize) -> f32) -> Value {
        let len = dims.iter().product::<i64>().clamp(0, 512) as usize;
        let numbers: Vec<u8> = (0..len).flat_map(|i| number(&mut self.choices, i).to_le_bytes()).collect();
        let value = Value { name: self.name(), dims: dims.to_vec() };
        let tensor = dims.iter().fold(Message::default(), |tensor, &size| tensor.int(1, size));
        self.initializers.push(tensor.int(2, 1).bytes(8, &value.name).bytes(9, numbers));
        value
    }

    fn weights(&mut self, dims: &[i64]) -> Value {
        let (a, b) = (self.choices.byte(), self.choices.byte());
        self.constant(dims, move |_, i| match b {
            0..=40 => [0.5, -0.5][(i + usize::from(a)) % 2],
            _ => (((i * usize::from(a | 1) * 31 + usize::from(b)) % 17) as f32 - 7.0) / 8.0,
        })
    }

    fn number(&mut self, dims: &[i64]) -> Value {
        let number = self.choices.number();
        self.constant(dims, move |_, _| number)
    }

    fn integers(&mut self, integers: &[i64]) -> Value {
        let value = Value { name: self.name(), dims: vec![integers.len() as i64] };
        let tensor = Message::default().int(1, integers.len() as i64).int(2, 7).bytes(8, &value.name);
        let raw: Vec<u8> = integers.iter().flat_map(|integer| integer.to_le_bytes()).collect();
        self.initializers.push(tensor.bytes(9, raw));
        value
    }

    /// All timesteps, or one with states as inputs and outputs.
    fn network(&mut self, sample: &Value, timesteps: usize) {
        let from = self.choices.at;
        let mut states = Vec::new();
        let mut total: Option<Value> = None;
        for _ in 0..timesteps.max(1) {
            self.choices.at = from; // the same choices at every timestep
            let last = self.timestep(sample, &mut states, timesteps > 0);
            total = Some(match total {
                Some(total) if total.dims == last.dims => {
                    let dims = total.dims.clone();
                    self.node("Add", &[&total, &last], dims, &[])
                }
                Some(_) | None => last,
            });
        }
        let total = total.expect("there is a timestep");
        self.outputs.push(value_info(&total));
        if timesteps == 0 {
            self.outputs.extend(states.iter().map(value_info));
        }
    }

    /// The timesteps as the body of a `Loop` or `Scan`.
    fn in_subgraph(&mut self, op: &str, sample: &Value, timesteps: usize) {
        let scan = op == "Scan";
        if scan {
            self.inputs.push(value_info(sample));
        } else {
            for name in ["i", "go"] {
                self.inputs.push(value_info(&Value { name: name.into(), dims: vec![] }));
            }
        }
        let mut states = Vec::new();
        let last = self.timestep(sample, &mut states, false);
        let states_in: Vec<Message> = self.inputs.drain(if scan { 1 } else { 2 }..).collect();
        let outer: Vec<Value> = states.iter().map(|state| self.number(&state.dims)).collect();
        let initializers = std::mem::take(&mut self.initializers);
        if scan {
            let own = std::mem::take(&mut self.inputs);
            self.inputs = states_in.into_iter().chain(own).collect();
        } else {
            self.inputs.extend(states_in);
            self.outputs.push(value_info(&Value { name: "go".into(), dims: vec![] }));
        }
        self.outputs.extend(states.iter().map(value_info));
        self.outputs.push(value_info(&last));
        let body = self.graph();
        self.initializers = initializers; // of both: a body sees the constants around it
        let mut dims = vec![timesteps.max(1) as i64];
        dims.extend(&sample.dims);
        let sequence = Value {
            name: if scan { "xs".into() } else { "x".into() },
            dims: if scan { dims } else { sample.dims.clone() },
        };
        self.inputs.push(value_info(&sequence));
        let steps = self.integers(&[self.choices.at as i64 % 5]);
        let go = self.number(&[]);
        let mut operands: Vec<&Value> = if scan { vec![] } else { vec![&steps, &go] };
        operands.extend(&outer);
        if scan {
            operands.push(&sequence);
        }
        let attributes = [
            Message::default().bytes(1, "body").message(6, &body).int(20, 5),
            Message::default().bytes(1, "num_scan_inputs").int(3, 1).int(20, 2),
        ];
        let node = operands.iter().fold(Message::default(), |node, operand| node.bytes(1, &operand.name));
        let node = (0..outer.len()).fold(node, |node, i| node.bytes(2, format!("final{i}")));
        let node = attributes.iter().fold(node.bytes(2, "stacked").bytes(4, op), |node, a| node.message(5, a));
        self.nodes.push(node);
        let mut dims = vec![timesteps.max(1) as i64];
        dims.extend(&last.dims);
        let stacked = Value { name: "stacked".into(), dims };
        let result = match self.choices.byte() {
            0..=127 => {
                let axes = self.integers(&[0]);
                self.node("ReduceSum", &[&stacked, &axes], last.dims.clone(), &[ints("axes", &[0]), int("keepdims", 0)])
            }
            _ => stacked,
        };
        self.outputs.push(value_info(&result));
    }

    /// One timestep; returns what it gives. `states` are those of the timestep before, and become its own.
    fn timestep(&mut self, sample: &Value, states: &mut Vec<Value>, unrolled: bool) -> Value {
        self.values = vec![sample.clone()];
        let (mut signal, mut state) = (sample.clone(), 0);
        for _ in 0..1 + self.choices.below(4) {
            signal = match self.choices.byte() {
                0..=59 => self.dense(&signal),
                60..=99 => self.conv(&signal),
                100..=199 => {
                    if states.len() == state {
                        let start = if unrolled {
                            self.constant(&signal.dims, |_, _| 0.0)
                        } else {
                            let value = Value { name: self.name(), dims: signal.dims.clone() };
                            self.inputs.push(value_info(&value));
                            value
                        };
                        states.push(start);
                    }
                    let (spikes, next) = self.neuron(&signal, &states[state].clone());
                    states[state] = next;
                    state += 1;
                    spikes
                }
                200..=219 => self.pool(&signal),
                _ => self.anything(&signal),
            };
        }
        signal
    }

    fn dense(&mut self, signal: &Value) -> Value {
        let signal = match signal.dims.len() {
            2 => signal.clone(),
            _ => {
                let len = signal.dims.iter().skip(1).product();
                self.node("Flatten", &[signal], vec![1, len], &[])
            }
        };
        let (fan_in, fan_out) = (signal.dims[1].clamp(1, 64), self.choices.pick(&[3, 2, 5, 1]));
        if self.choices.chance(128) {
            let (weight, bias) = (self.weights(&[fan_out, fan_in]), self.weights(&[fan_out]));
            self.node("Gemm", &[&signal, &weight, &bias], vec![1, fan_out], &[int("transB", 1)])
        } else {
            let weight = self.weights(&[fan_in, fan_out]);
            self.node("MatMul", &[&signal, &weight], vec![1, fan_out], &[])
        }
    }

    fn conv(&mut self, signal: &Value) -> Value {
        let &[_, channels, height, width] = signal.dims.as_slice() else { return self.dense(signal) };
        let (out, kernel) = (self.choices.pick(&[2, 3, 1]), self.choices.pick(&[3, 1, 2]));
        let weight = self.weights(&[out, channels.clamp(1, 8), kernel, kernel]);
        let attributes = [ints("kernel_shape", &[kernel; 2]), ints("strides", &[1; 2])];
        self.node("Conv", &[signal, &weight], vec![1, out, height - kernel + 1, width - kernel + 1], &attributes)
    }

    fn pool(&mut self, signal: &Value) -> Value {
        let &[_, channels, height, width] = signal.dims.as_slice() else { return self.anything(signal) };
        let op = self.choices.pick(&["MaxPool", "AveragePool"]);
        let attributes = [ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])];
        self.node(op, &[signal], vec![1, channels, height / 2, width / 2], &attributes)
    }

    /// A neuron in one of the ways that frameworks write it, with any numbers.
    fn neuron(&mut self, current: &Value, state: &Value) -> (Value, Value) {
        let dims = current.dims.clone();
        let per_neuron = self.choices.chance(40);
        let parameter_dims: &[i64] = if per_neuron { &dims } else { &[] };
        let (beta, threshold) = (self.number(parameter_dims), self.number(&[]));
        let compare = self.choices.pick(&["Greater", "GreaterOrEqual", "Less", "Greater"]);
        let spikes = |writer: &mut Self, potential: &Value| {
            let above = match writer.choices.chance(128) {
                true => writer.node(compare, &[potential, &threshold], dims.clone(), &[]),
                false => {
                    let over = writer.node("Sub", &[potential, &threshold], dims.clone(), &[]);
                    let zero = writer.constant(&[], |_, _| 0.0);
                    writer.node(compare, &[&over, &zero], dims.clone(), &[])
                }
            };
            writer.node("Cast", &[&above], dims.clone(), &[int("to", 1)])
        };
        let delayed = self.choices.chance(128);
        let fired = delayed.then(|| spikes(self, state));
        let potential = match self.choices.below(3) {
            0 => {
                let decayed = self.node("Mul", &[state, &beta], dims.clone(), &[]);
                self.node("Add", &[&decayed, current], dims.clone(), &[])
            }
            1 => self.node("Add", &[state, current], dims.clone(), &[]),
            _ => {
                let over = self.node("Sub", &[current, state], dims.clone(), &[]);
                let part = self.node("Mul", &[&over, &beta], dims.clone(), &[]);
                self.node("Add", &[state, &part], dims.clone(), &[])
            }
        };
        let reset = |writer: &mut Self, potential: &Value, fired: &Value| match writer.choices.below(3) {
            0 => {
                let amount = writer.node("Mul", &[fired, &threshold], dims.clone(), &[]);
                writer.node("Sub", &[potential, &amount], dims.clone(), &[])
            }
            1 => {
                let one = writer.number(&[]);
                let kept = writer.node("Sub", &[&one, fired], dims.clone(), &[]);
                writer.node("Mul", &[potential, &kept], dims.clone(), &[])
            }
            _ => {
                let zero = writer.number(&[]);
                let condition = writer.node("Cast", &[fired], dims.clone(), &[int("to", 9)]);
                writer.node("Where", &[&condition, &zero, potential], dims.clone(), &[])
            }
        };
        match fired {
            Some(fired) => {
                let next = reset(self, &potential, &fired);
                let fires = spikes(self, &next);
                (fires, next)
            }
            None => {
                let fires = spikes(self, &potential);
                let next = reset(self, &potential, &fires);
                (fires, next)
            }
        }
    }

    /// Any operation on any values, with any attributes.
    fn anything(&mut self, signal: &Value) -> Value {
        let (op, count) = self.choices.pick(OPS);
        let mut operands = vec![signal.clone()];
        for _ in 1..count {
            operands.push(match self.choices.byte() {
                0..=59 => self.number(&[]),
                60..=89 => self.number(&signal.dims),
                90..=139 => {
                    let integers: Vec<i64> = (0..self.choices.below(5)).map(|_| self.choices.integer()).collect();
                    self.integers(&integers)
                }
                _ => {
                    let index = self.choices.below(self.values.len());
                    self.values[index].clone()
                }
            });
        }
        if self.choices.chance(16) {
            operands.swap(0, count - 1);
        }
        let mut attributes = Vec::new();
        while self.choices.chance(120) && attributes.len() < 4 {
            attributes.push(if self.choices.chance(128) {
                let name = self.choices.pick(INT);
                int(name, self.choices.integer())
            } else {
                let name = self.choices.pick(INTS);
                let integers: Vec<i64> = (0..self.choices.below(5)).map(|_| self.choices.integer()).collect();
                ints(name, &integers)
            });
        }
        let operands: Vec<&Value> = operands.iter().collect();
        self.node(op, &operands, signal.dims.clone(), &attributes)
    }
}

fn int(name: &str, value: i64) -> Message {
    Message::default().bytes(1, name).int(3, value).int(20, 2)
}

fn ints(name: &str, values: &[i64]) -> Message {
    let attribute = Message::default().bytes(1, name).int(20, 7);
    values.iter().fold(attribute, |attribute, &value| attribute.int(8, value))
}
