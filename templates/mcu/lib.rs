//! The spiking network "{{ name }}", compiled by snnc: integers only, in flash, and what runs them.
//!
//! ```text
//! let mut arena = Arena::new();               // all the state there is: {{ arena_words * 4 }} bytes
//! let class = infer(&mut arena, &input);      // a whole sample
//! ```
{% if layers -%}
//! It runs layer by layer: all timesteps of a layer before the next one.
{%- else -%}
//! For a network that follows a stream, take a [`runner`] and give it one [`Frame`] after the other.
{%- endif %}
#![no_std]

mod tables;

use snnc_runtime::program::*;
{% if layers -%}
use snnc_runtime::run::layers::LayerRunner;
use snnc_runtime::run::layers::plan::Plan;
use snnc_runtime::run::{Input, RunError};
{%- else -%}
use snnc_runtime::run::{Input, RunError, Runner, arena_words};
{%- endif %}
use tables::*;

pub use snnc_runtime as runtime;

/// Timesteps of a sample.
pub const TIMESTEPS: usize = {{ timesteps }};

/// One timestep of input: {{ frame.meaning }}.
///
/// Channels last: element `(y * {{ frame.width }} + x) * {{ frame.channels }} + c` of {{ frame.height }} x {{ frame.width }} positions with {{ frame.channels }} channels.
pub type Frame = [{{ frame.element }}; {{ frame.len }}];

/// The network. That its parts fit together is checked while it is compiled.
pub static PROGRAM: Program<'static> = match Program::new(INPUT, &STEPS, READOUT, {{ timesteps }}) {
    Ok(program) => program,
    Err(_) => panic!("the parts of the network do not fit together"),
};

/// Words of 32 bits that the network needs to run.
pub const ARENA_WORDS: usize = {{ arena_words }};

const _: () = assert!(ARENA_WORDS == {% if layers %}PLAN.words(){% else %}arena_words(&PROGRAM){% endif %});

/// The network's memory; what it holds between samples does not matter.
#[repr(transparent)]
pub struct Arena([u32; ARENA_WORDS]);

impl Arena {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; ARENA_WORDS])
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

{% if layers -%}
/// Where the network keeps what, layer by layer.
pub static PLAN: Plan = match Plan::new(&PROGRAM) {
    Ok(plan) => plan,
    Err(_) => panic!("the network cannot run layer by layer"),
};

/// Runs a sample{% if frame.constant %} of one constant input{% else %}, a frame per timestep,{% endif %} and returns its class, the index of the highest score.
#[inline]
#[must_use]
pub fn infer(arena: &mut Arena, input: &{% if frame.constant %}Frame{% else %}[Frame; TIMESTEPS]{% endif %}) -> usize {
    let Ok(mut runner) = runner(arena) else { return 0 }; // the arena has the words it needs
    runner.infer(self::input(input)).unwrap_or(0) // the type of the input fits
}
{%- else if frame.constant -%}
/// Runs a sample of one constant input and returns its class, the index of the highest score.
#[inline]
#[must_use]
pub fn infer(arena: &mut Arena, input: &Frame) -> usize {
    let Ok(mut runner) = runner(arena) else { return 0 }; // the arena has the words it needs
    runner.infer(self::input(input)).unwrap_or(0) // the type of the input fits
}
{%- else -%}
/// Runs a sample, one frame per timestep, and returns its class, the index of the highest score.
#[inline]
#[must_use]
pub fn infer(arena: &mut Arena, input: &[Frame; TIMESTEPS]) -> usize {
    let Ok(mut runner) = runner(arena) else { return 0 }; // the arena has the words it needs
    for frame in input {
        if runner.step(self::input(frame)).is_err() {
            return 0; // the type of the input fits
        }
    }
    runner.prediction()
}
{%- endif %}
{%- if !layers %}

/// As [`infer`], but ends with the timestep after which the class cannot change; the second number says how many there were.
#[inline]
#[must_use]
pub fn infer_until_decided(arena: &mut Arena, input: &{% if frame.constant %}Frame{% else %}[Frame; TIMESTEPS]{% endif %}) -> (usize, usize) {
    let Ok(mut runner) = runner(arena) else { return (0, 0) }; // the arena has the words it needs
{%- if frame.constant %}
    let class = runner.infer_until_decided(self::input(input)).unwrap_or(0); // the type of the input fits
    (class, runner.timestep() as usize)
{%- else %}
    for frame in input {
        if runner.is_decided() || runner.step(self::input(frame)).is_err() {
            break; // the type of the input fits
        }
    }
    (runner.prediction(), runner.timestep() as usize)
{%- endif %}
}
{%- endif %}

/// What runs the network, and nothing else of the runtime.
pub type Network<'m> = {% if layers %}LayerRunner{% else %}Runner{% endif %}<'static, 'm, { PROGRAM.uses() }>;

/// The network at rest, to be {% if layers %}given whole samples{% else %}stepped through the timesteps of a sample{% endif %}.
///
/// # Errors
/// None: the arena has the words it needs.
#[inline]
pub fn runner(arena: &mut Arena) -> Result<Network<'_>, RunError> {
    {% if layers %}LayerRunner::with_uses(PROGRAM, &PLAN, &mut arena.0){% else %}Runner::with_uses(PROGRAM, &mut arena.0){% endif %}
}

{% if layers && !frame.constant -%}
/// A sample in the form that [`LayerRunner::infer`] takes.
#[must_use]
pub const fn input(frames: &[Frame; TIMESTEPS]) -> Input<'_> {
    Input::{{ frame.variant }}(frames.as_flattened())
}
{%- else -%}
/// A {% if layers %}sample{% else %}frame{% endif %} in the form that [`{% if layers %}LayerRunner::infer{% else %}Runner::step{% endif %}`] takes.
#[must_use]
pub const fn input(frame: &Frame) -> Input<'_> {
    Input::{{ frame.variant }}(frame)
}
{%- endif %}

/// Numbers of the layers' outputs, for [`{% if layers %}LayerRunner::infer_and{% else %}Runner::edge{% endif %}`].
pub mod edges {
{%- for step in steps %}
    /// Layer "{{ step.name }}".
    pub const {{ step.constant }}: usize = {{ loop.index }};
{%- endfor %}
}

const INPUT: Edge = {{ input }};

const READOUT: Readout = {{ readout }};

static STEPS: [Step<'static>; {{ steps.len() }}] = [
{%- for step in steps %}
    // {{ loop.index }}: {{ step.name }}
{%- match step.body %}
{%- when Body::Pool with (pool) %}
    Step::Pool({{ pool }}),
{%- when Body::Population with (population) %}
    Step::Population(Population {
        projections: &[
{%- for projection in population.projections %}
            Projection {
                source: {{ projection.source }},
                delay: {{ projection.delay }},
                connection: {{ projection.connection }},
                synapses: {{ projection.synapses }},
            },
{%- endfor %}
        ],
        accumulator_bits: {{ population.accumulator_bits }},
        current_shift: {{ population.current_shift }},
        bias: &{{ step.constant }}_BIAS,
{%- match population.neuron %}
{%- when None %}
        neuron: None,
{%- when Some with (neuron) %}
        neuron: Some(Neuron {
            synaptic: &[
{%- for filter in neuron.synaptic %}
                Synaptic { leak: {{ filter.leak }}, bits: {{ filter.bits }}, negative: {{ filter.negative }} },
{%- endfor -%}
{%- if !neuron.synaptic.is_empty() %}
            {% endif -%}
            ],
            mix: {{ neuron.mix }},
            leak: {{ neuron.leak }},
            threshold: &{{ step.constant }}_THRESHOLD,
            reset: {{ neuron.reset }},
            reset_timing: {{ neuron.reset_timing }},
            membrane_bits: {{ neuron.membrane_bits }},
            max_spikes: {{ neuron.max_spikes }},
            floor: {{ neuron.floor }},
            stored: {{ neuron.stored }},
            inhibition: {{ neuron.inhibition }},
        }),
{%- endmatch %}
        output: {{ population.output }},
    }),
{%- endmatch %}
{%- endfor %}
];
