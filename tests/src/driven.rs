//! One neuron, driven by any current: the smallest network that reaches an integer rule.

use bumpalo::Bump;
use snnc::compiled::{Compiled, Layout, StepInfo};
use snnc::data::{Frame, Sample};
use snnc::ir::{InputEncoding, WeightEncoding};
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Reset,
    ResetTiming, Shape, Staircase, Step, Synapses, Synaptic,
};

/// What the neuron does; start from [`Driven::default`], which fires at 10 and does nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Driven<'a> {
    /// Current of each timestep before shift and bias, -128 to 127.
    pub currents: &'a [i32],
    /// [`Population::current_shift`].
    pub shift: i8,
    /// [`Population::bias`].
    pub bias: i32,
    /// [`Neuron::leak`].
    pub leak: Leak<'a>,
    /// [`Neuron::threshold`] of every timestep, where each has not its own.
    pub threshold: i32,
    /// [`Neuron::threshold`] of each timestep.
    pub thresholds: Option<&'a [i32]>,
    /// [`Neuron::reset`].
    pub reset: Reset<'a>,
    /// [`Neuron::reset_timing`].
    pub timing: ResetTiming,
    /// [`Neuron::membrane_bits`].
    pub bits: u8,
    /// [`Neuron::synaptic`].
    pub synaptic: &'a [Synaptic<'a>],
    /// [`Neuron::floor`].
    pub floor: Option<&'a [i32]>,
    /// [`Neuron::stored`].
    pub stored: Option<Staircase<'a>>,
    /// Weight of the neuron's own spike of the timestep before, and whether it comes back one to one.
    pub own: Option<(i8, bool)>,
}

impl Default for Driven<'_> {
    fn default() -> Self {
        Self {
            currents: &[],
            shift: 0,
            bias: 0,
            leak: Leak::None,
            threshold: 10,
            thresholds: None,
            reset: Reset::None,
            timing: ResetTiming::Immediate,
            bits: 8,
            synaptic: &[],
            floor: None,
            stored: None,
            own: None,
        }
    }
}

/// The network, and two equal samples for it: the second shows what the first left behind. The eight inputs have the
/// weights of a two's complement number.
///
/// # Panics
/// If a number is outside the range that [`Program`] gives it.
#[must_use]
pub fn network<'a>(arena: &'a Bump, driven: &Driven<'a>) -> (Compiled<'a>, Vec<Sample>) {
    let neuron = Neuron {
        leak: driven.leak,
        threshold: driven.thresholds.unwrap_or_else(|| arena.alloc_slice_copy(&[driven.threshold])),
        reset: driven.reset,
        reset_timing: driven.timing,
        membrane_bits: driven.bits,
        synaptic: driven.synaptic,
        floor: driven.floor,
        stored: driven.stored,
        ..Neuron::BARE
    };
    let weights = arena.alloc_slice_copy(&[1, 2, 4, 8, 16, 32, 64, -128]);
    let synapses = Synapses::Int8 { weights };
    let projection = Projection { source: 0, delay: 0, connection: Connection::Dense, synapses };
    let mut projections = vec![projection];
    if let Some((weight, one_to_one)) = driven.own {
        let connection = if one_to_one { Connection::Identity } else { Connection::Dense };
        let synapses = Synapses::Int8 { weights: arena.alloc_slice_copy(&[weight]) };
        projections.push(Projection { source: 1, delay: 1, connection, synapses });
    }
    let population = Population {
        projections: arena.alloc_slice_copy(&projections),
        accumulator_bits: if driven.own.is_some() { 10 } else { 9 },
        current_shift: driven.shift,
        bias: arena.alloc_slice_copy(&[driven.bias]),
        neuron: Some(neuron),
        output: Edge { shape: Shape::vector(1), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
    };
    let input = Edge { shape: Shape::vector(8), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let steps = arena.alloc_slice_copy(&[Step::Population(population)]);
    let program = Program::new(input, steps, readout, driven.currents.len() as u32).expect("numbers in their ranges");
    let info = StepInfo { name: "neuron".into(), encoding: Some(WeightEncoding::INT8), activity: None };
    let compiled = Compiled {
        name: "driven neuron".into(),
        program,
        input: InputEncoding::Spikes,
        steps: vec![info],
        readout_scale: 1.0,
        layout: Layout::default(),
    };
    let frame = |&current: &i32| Frame::Spikes(vec![(current & 0xff) as u32]);
    let sample = Sample { frames: driven.currents.iter().map(frame).collect() };
    (compiled, vec![sample.clone(), sample])
}
