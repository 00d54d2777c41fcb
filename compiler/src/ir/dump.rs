//! Text of a graph, for people: one line a node, and its parameters in short.

use std::fmt::{self, Display, Formatter};

use super::{
    Activation, Comparison, Divisor, Graph, Grid, InputEncoding, Neuron, Node, Op, Reset, ResetTiming, SynapticCurrent,
    Timing, Window,
};

impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "graph `{}`", self.name)?;
        match self.timesteps {
            Some(t) => writeln!(f, ", {t} timesteps")?,
            None => writeln!(f, ", timesteps not in the model")?,
        }
        let timing = self.timing();
        for (id, node) in self.nodes.iter().enumerate() {
            let once = if timing[id] == Timing::Constant { "  (once a sample)" } else { "" };
            writeln!(f, "%{id} {} `{}` {}{}{once}", node.op.kind(), node.name, Sources(node), node.shape)?;
            let text = parameters(&node.op);
            if !text.is_empty() {
                writeln!(f, "     {text}")?;
            }
        }
        let readout = &self.readout;
        writeln!(
            f,
            "readout {:?} of {:?} of %{}, times {}",
            readout.reduce, readout.quantity, self.output, readout.scale
        )
    }
}

struct Sources<'n>(&'n Node);

impl Display for Sources<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for source in &self.0.sources {
            match source.delay {
                0 => write!(f, "%{} ", source.node)?,
                delay => write!(f, "%{}[t-{delay}] ", source.node)?,
            }
        }
        if self.0.sources.is_empty() { Ok(()) } else { write!(f, "-> ") }
    }
}

/// The parameters of an operation, in short; weights by their range.
#[must_use]
pub fn parameters(op: &Op) -> String {
    match op {
        Op::Input(input) => match input.encoding {
            InputEncoding::Real => format!("{:?}, real", input.timing),
            InputEncoding::Spikes => format!("{:?}, spikes", input.timing),
            InputEncoding::Integer { scale, bits, signed } => {
                format!("{:?}, {}{bits} times {scale}", input.timing, if signed { "i" } else { "u" })
            }
        },
        Op::Linear(linear) => format!("weight {}{}", Range(&linear.weight), on_grid(&linear.grid)),
        Op::Conv2d(conv) => {
            let groups = if conv.groups == 1 { String::new() } else { format!(", {} groups", conv.groups) };
            format!("{}{groups}, weight {}{}", window(&conv.window), Range(&conv.weight), on_grid(&conv.grid))
        }
        Op::BatchNorm(norm) => format!("scale {}, shift {}", Range(&norm.scale), Range(&norm.shift)),
        Op::MaxPool(pool) => window(&pool.window),
        Op::AvgPool(pool) => match pool.divisor {
            Divisor::Kernel => window(&pool.window),
            Divisor::Inputs => format!("{}, padding not counted", window(&pool.window)),
            Divisor::One => format!("{}, summed", window(&pool.window)),
        },
        Op::Activation(Activation::Relu { ceiling: None }) => "max(x, 0)".into(),
        Op::Activation(Activation::Relu { ceiling: Some(ceiling) }) => format!("min(max(x, 0), {})", Range(ceiling)),
        Op::Activation(Activation::Staircase(staircase)) => format!(
            "staircase of {} steps at {}, levels {}",
            staircase.steps,
            Range(&staircase.thresholds),
            Range(&staircase.levels)
        ),
        Op::Permute([a, b, c]) => format!("axes {a} {b} {c}"),
        Op::Flatten | Op::Reshape | Op::MatMul | Op::Add => String::new(),
        Op::Neuron(neuron) => neuron_text(neuron),
    }
}

/// The parameters of a neuron.
fn neuron_text(neuron: &Neuron) -> String {
    let sign = match neuron.comparison {
        Comparison::Above => ">",
        Comparison::AtLeast => ">=",
    };
    let reset = match &neuron.reset {
        Reset::None => "no reset".to_owned(),
        Reset::ToValue(value) => format!("reset to {value}"),
        Reset::Subtract(amount) => format!("subtract {}", Range(amount)),
    };
    let when = match (&neuron.reset, neuron.reset_timing) {
        (Reset::None, _) | (_, ResetTiming::Immediate) => "",
        (_, ResetTiming::Delayed) => " with the next timestep",
        (_, ResetTiming::Overriding) => " over the next timestep's input",
        (_, ResetTiming::Clearing) => " over the next timestep's input, synaptic currents to 0",
    };
    let synaptic: String = neuron.synaptic.iter().map(|c| synaptic_text(c, neuron.synaptic.len())).collect();
    let synaptic = match &neuron.temporal_mix {
        Some(mix) => format!("currents of {} timesteps mixed by {}, ", mix.timesteps, Range(&mix.weight)),
        None => synaptic,
    };
    let spikes = if neuron.max_spikes == 1 { String::new() } else { format!(", up to {} spikes", neuron.max_spikes) };
    let lowest = neuron.min_membrane.as_ref().map_or(String::new(), |v| format!(", v at least {}", Range(v)));
    let stored = neuron.stored.as_ref().map_or(String::new(), |stored| {
        format!(", stored as one of {} levels {}", stored.steps + 1, Range(&stored.levels))
    });
    let inhibition = if neuron.inhibition { ", only the highest fires" } else { "" };
    let format = neuron.integer.map_or(String::new(), |format| {
        format!(", {} membrane bits, {} fraction bits", format.membrane_bits, format.fraction_bits)
    });
    let (beta, threshold) = (Range(&neuron.beta), Range(&neuron.threshold));
    let times = match neuron.threshold_timesteps {
        1 => String::new(),
        timesteps => format!(" of {timesteps} timesteps"),
    };
    format!(
        "{synaptic}beta {beta}, fires at v {sign} {threshold}{times}{spikes}{inhibition}, {reset}{when}{lowest}{stored}{format}"
    )
}

/// A synaptic current, one of `count`.
fn synaptic_text(current: &SynapticCurrent, count: usize) -> String {
    match count == 1 && current.gain.iter().all(|&gain| gain == 1.0) {
        true => format!("alpha {}, ", Range(&current.decay)),
        false => format!("alpha {} times {}, ", Range(&current.decay), Range(&current.gain)),
    }
}

fn window(window: &Window) -> String {
    let pair = |[a, b]: [usize; 2]| format!("{a}x{b}");
    let mut text = format!("kernel {}, stride {}", pair(window.kernel), pair(window.stride));
    if window.pad_begin != [0; 2] || window.pad_end != [0; 2] {
        text += &format!(", padding {} before, {} after", pair(window.pad_begin), pair(window.pad_end));
    }
    if window.dilation != [1; 2] {
        text += &format!(", dilation {}", pair(window.dilation));
    }
    text
}

fn on_grid(grid: &Option<Grid>) -> String {
    grid.as_ref().map_or(String::new(), |grid| format!(", {} times {}", grid.encoding.name(), Range(&grid.scale)))
}

/// One number, or the range of several.
struct Range<'v>(&'v [f32]);

impl Display for Range<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (low, high) = self.0.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        if low == high { write!(f, "{low}") } else { write!(f, "{low}..={high}") }
    }
}
