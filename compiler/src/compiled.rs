//! A compiled network: the [`Program`], and what backends and reports need besides it.

use std::fmt;

use serde::{Deserialize, Serialize};
use snnc_runtime::program::{EdgeKind, Leak, Program, Reset, ResetTiming, Step};
use snnc_runtime::run::arena_words;

use crate::ir::{InputEncoding, WeightEncoding};

/// A compiled network. Borrows its tables from an arena ([`bumpalo::Bump`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled<'a> {
    /// Name of the model; any text.
    pub name: String,
    /// The integer network: the contract.
    pub program: Program<'a>,
    /// How a user's numbers become the input edge's; never [`InputEncoding::Real`].
    pub input: InputEncoding,
    /// One per step of the program.
    pub steps: Vec<StepInfo>,
    /// `score * readout_scale` is what the framework's `forward()` returns.
    pub readout_scale: f32,
    /// How it is laid out on an FPGA.
    pub layout: Layout,
}

/// How a network is laid out on its target: what was chosen for it. It changes clocks, area and memory, never a spike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Accumulators per layer, at most; `None`: one per output channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<u32>,
    /// What was chosen for each layer of hardware, in their order; one beyond has [`Engine::default`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<Engine>,
    /// Whether it has no engines: each weight is logic, and a timestep takes one clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrolled: bool,
    /// In which order a microcontroller runs it.
    #[serde(default, skip_serializing_if = "Schedule::is_timesteps")]
    pub schedule: Schedule,
}

/// In which order a microcontroller runs steps and timesteps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Every step of a timestep, then the next one: follows a stream.
    #[default]
    Timesteps,
    /// Every timestep of a step, then the next one: a whole sample at a time, with far less memory where maps are large
    /// ([`snnc_runtime::run::layers`]).
    Layers,
}

impl Schedule {
    /// As it is written on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timesteps => "timesteps",
            Self::Layers => "layers",
        }
    }

    const fn is_timesteps(&self) -> bool {
        matches!(self, Self::Timesteps)
    }
}

/// How one layer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Inputs that it takes per clock, at most: 1, 2 or 4.
    pub slots: u8,
    /// Elements per clock behind its accumulators, at most; a power of two.
    pub group: u8,
    /// Bits of its input that are looked at at once, at most; a power of two.
    #[serde(default = "Engine::most_chunk", skip_serializing_if = "Engine::is_most_chunk")]
    pub chunk: u8,
    /// How its input is coded.
    #[serde(default, skip_serializing_if = "EdgeCode::is_plain")]
    pub code: EdgeCode,
    /// Whether `chunk` inputs are taken per clock and counted against their signs: of binary weights, of spikes or small
    /// counts that another layer gives; others take no more than `slots`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts: bool,
    /// Engines with a copy of the weights each, at most, of a convolution: 1, 2 or 4.
    #[serde(default = "Engine::one", skip_serializing_if = "Engine::is_one")]
    pub copies: u8,
    /// Accumulators, at most; `None`: as many as the layout gives every layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<u32>,
}

/// How a layer takes its input. Sums are exact integers, so each gives the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeCode {
    /// What spikes is added.
    #[default]
    Plain,
    /// What begins to spike is added, what has stopped is subtracted, and sums persist: of dense layers with an accumulator
    /// for each output; others stay plain.
    Delta,
    /// An input that spikes in most timesteps of a sample is coded by its silences, which are subtracted from a base: of
    /// spikes that another layer gives, by weights without a codebook; others stay plain.
    Inverted,
}

impl EdgeCode {
    fn is_plain(&self) -> bool {
        *self == Self::Plain
    }

    /// Name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Delta => "delta",
            Self::Inverted => "inverted",
        }
    }
}

impl Engine {
    /// All that a layer can have, with so many inputs per clock.
    #[must_use]
    pub const fn most(slots: u8) -> Self {
        Self {
            slots,
            group: 64,
            chunk: Self::most_chunk(),
            code: EdgeCode::Plain,
            counts: false,
            copies: 1,
            lanes: None,
        }
    }

    /// [`Self::chunk`] where nothing else is said.
    const fn most_chunk() -> u8 {
        64
    }

    fn is_most_chunk(chunk: &u8) -> bool {
        *chunk == Self::most_chunk()
    }

    /// [`Self::copies`] where nothing else is said.
    const fn one() -> u8 {
        1
    }

    fn is_one(copies: &u8) -> bool {
        *copies == Self::one()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            slots: 1,
            group: 8,
            chunk: Self::most_chunk(),
            code: EdgeCode::Plain,
            counts: false,
            copies: 1,
            lanes: None,
        }
    }
}

impl Layout {
    /// Whether nothing was chosen.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What was chosen for a layer of hardware.
    #[must_use]
    pub fn engine(&self, layer: usize) -> Engine {
        self.engines.get(layer).copied().unwrap_or_default()
    }

    /// What makes it unusable.
    ///
    /// # Errors
    /// The first number that is out of range, and its range.
    pub fn check(&self) -> Result<(), String> {
        if self.lanes == Some(0) {
            return Err("it has 0 lanes, at least 1".into());
        }
        for Engine { slots, group, chunk, copies, .. } in &self.engines {
            if ![1, 2, 4].contains(slots) {
                return Err(format!("a layer takes {slots} inputs per clock, expected 1, 2 or 4"));
            }
            if !group.is_power_of_two() || *group > 64 {
                return Err(format!("a layer gives {group} elements per clock, expected a power of two up to 64"));
            }
            if ![1, 2, 4].contains(copies) {
                return Err(format!("a layer has {copies} engines, expected 1, 2 or 4"));
            }
            if !chunk.is_power_of_two() || !(8..=64).contains(chunk) {
                return Err(format!("a layer looks at {chunk} bits at once, expected a power of two from 8 to 64"));
            }
        }
        Ok(())
    }
}

/// What is known of a step besides its integers.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInfo {
    /// Name of the source model's node (of the neurons where the step has some); unique, any text.
    pub name: String,
    /// Encoding of its heaviest projection; `None` for pools and for populations fed one to one only.
    pub encoding: Option<WeightEncoding>,
    /// Mean number of non-zero elements of its output per timestep over the calibration samples, if there were any.
    pub activity: Option<f64>,
}

impl fmt::Display for Compiled<'_> {
    /// One line a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "integer network `{}`, {} timesteps", self.name, self.program.timesteps())?;
        for (index, (step, info)) in self.program.steps().iter().zip(&self.steps).enumerate() {
            let shape = step.output().shape;
            let encoding = info.encoding.map_or("", |encoding| encoding.name());
            let (h, w, c) = (shape.height, shape.width, shape.channels);
            writeln!(f, "%{} `{}` [{h}, {w}, {c}] {encoding} {}", index + 1, info.name, describe(step))?;
        }
        let readout = self.program.readout();
        writeln!(f, "readout {:?} of {:?} of %{}", readout.reduce, readout.quantity, readout.source)?;
        writeln!(f, "{} bytes of state", arena_words(&self.program) * 4)
    }
}

/// The integers of a step, in short.
#[must_use]
pub fn describe(step: &Step<'_>) -> String {
    let population = match step {
        Step::Pool(pool) => return format!("{:?} over {:?} of %{}", pool.op, pool.window.kernel, pool.source),
        Step::Population(population) => population,
    };
    let sources: Vec<String> = population
        .projections
        .iter()
        .map(|p| if p.delay == 0 { format!("%{}", p.source) } else { format!("%{}[t-{}]", p.source, p.delay) })
        .collect();
    let mut text = format!("from {}, {} accumulator bits", sources.join(" + "), population.accumulator_bits);
    if population.current_shift != 0 {
        text += &format!(", current times 2^{}", population.current_shift);
    }
    let Some(neuron) = &population.neuron else {
        if let EdgeKind::Currents { bits } = population.output.kind {
            text += &format!(", {bits}-bit currents");
        }
        return text;
    };
    for filter in neuron.synaptic {
        let sign = if filter.negative { "negative " } else { "" };
        text += &format!(", {sign}synaptic current of {} bits with {}", filter.bits, leak(filter.leak, "i"));
    }
    if let Some(mix) = neuron.mix {
        text += &format!(", currents of {} timesteps mixed", mix.timesteps);
    }
    text += ", ";
    text += &leak(neuron.leak, "v");
    if neuron.threshold.len() > population.output.shape.channels as usize {
        text += ", thresholds of each timestep";
    }
    if neuron.max_spikes > 1 {
        text += &format!(", up to {} spikes", neuron.max_spikes);
    }
    if neuron.inhibition {
        text += ", only the highest fires";
    }
    text += match (&neuron.reset, neuron.reset_timing) {
        (Reset::None, _) => ", no reset",
        (Reset::ToValue(_), ResetTiming::Immediate) => ", reset to a value",
        (Reset::ToValue(_), ResetTiming::Delayed) => ", reset to a value with the next timestep",
        (Reset::ToValue(_), ResetTiming::Overriding) => ", reset to a value instead of the next timestep",
        (Reset::ToValue(_), ResetTiming::Clearing) => {
            ", reset to a value without currents instead of the next timestep"
        }
        // refused by Program::new
        (Reset::Subtract(_), ResetTiming::Overriding | ResetTiming::Clearing) => {
            ", subtract instead of the next timestep"
        }
        (Reset::Subtract(_), ResetTiming::Immediate) => ", subtract",
        (Reset::Subtract(_), ResetTiming::Delayed) => ", subtract with the next timestep",
    };
    if neuron.floor.is_some() {
        text += ", a lowest potential";
    }
    if let Some(stored) = neuron.stored {
        text += &format!(", stored as one of {} levels", stored.steps + 1);
    }
    text + &format!(", {} membrane bits", neuron.membrane_bits)
}

/// How `state` decays.
fn leak(leak: Leak<'_>, state: &str) -> String {
    match leak {
        Leak::None => "no leak".to_owned(),
        Leak::All => "no membrane kept".to_owned(),
        Leak::Shift(n) => format!("leak {state} >> {n}"),
        Leak::Multiply { factor, shift } => format!("leak to {state} * {factor} >> {shift}"),
        Leak::MultiplyEach { shift, .. } => format!("leak to {state} * factor[channel] >> {shift}"),
    }
}
