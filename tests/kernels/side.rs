// One of two runtimes: the same text, included twice, beside `use … as runtime`.

use core::slice::from_raw_parts;

use runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Reset,
    ResetTiming, Shape, Step, Synapses, ValueKind, Window, words,
};
use runtime::run::{Input, Runner, arena_words};

use crate::layers::{ENTRIES, Encoding, Layer, Tables, Values};

/// Memory for the state of a layer, between two timesteps as well.
pub struct Memory(pub [u32; 4096]);

/// What a layer has after a timestep, one after the other: spikes, membranes, scores.
pub type Seen<'s> = &'s mut [u32; 2048];

/// Calls `f` with the layer as a program.
pub fn with<T>(layer: &Layer, tables: &Tables, f: impl FnOnce(Program<'_>) -> Option<T>) -> Option<T> {
    let shape = |[height, width, channels]: [u32; 3]| Shape { height, width, channels };
    let channels = layer.to[2] as usize;
    let edge = |shape, kind| Edge { shape, kind, rate: Rate::PerTimestep };
    let input = match layer.values {
        Values::Spikes => EdgeKind::Spikes,
        Values::U8 => EdgeKind::Values(ValueKind::U8),
        Values::I8 => EdgeKind::Values(ValueKind::I8),
        Values::I16 => EdgeKind::Values(ValueKind::I16),
    };
    let words_of = &tables.weights[..layer.weight_words()];
    let synapses = match layer.encoding {
        Encoding::Int8 => {
            // SAFETY: any bytes are weights, and there are as many.
            let weights = unsafe { from_raw_parts(words_of.as_ptr().cast(), layer.weight_bytes()) };
            Synapses::Int8 { weights }
        }
        Encoding::Binary => Synapses::Binary { signs: words_of },
        Encoding::Nibbles { odd } => Synapses::Nibbles { odd, nibbles: words_of },
        Encoding::Sparse => {
            let (starts, rest) = words_of.split_at(layer.rows() + 1);
            let (columns, weights) = rest.split_at((ENTRIES * layer.rows()).div_ceil(2));
            let entries = *starts.last()? as usize;
            // SAFETY: any bits are columns and weights, and there are more than these.
            let (columns, weights) = unsafe {
                (from_raw_parts(columns.as_ptr().cast(), entries), from_raw_parts(weights.as_ptr().cast(), entries))
            };
            Synapses::Sparse { starts, columns, weights }
        }
        Encoding::Single => {
            let (columns, weights) = words_of.split_at(layer.rows().div_ceil(2));
            // SAFETY: any bits are columns and weights, and there are as many.
            let (columns, weights) = unsafe {
                (
                    from_raw_parts(columns.as_ptr().cast(), layer.rows()),
                    from_raw_parts(weights.as_ptr().cast(), layer.rows()),
                )
            };
            Synapses::Sparse { starts: &[], columns, weights }
        }
        Encoding::Codewords => {
            let (codewords, rest) = words_of.split_at(256);
            // SAFETY: any bytes name codewords, and there are as many.
            let indices = unsafe { from_raw_parts(rest.as_ptr().cast(), layer.rows() * words(channels)) };
            Synapses::Codewords { codewords, indices }
        }
        Encoding::Planes { bits, odd } => Synapses::Planes { bits, odd, planes: words_of },
    };
    let connection = match layer.window {
        None => Connection::Dense,
        Some([kernel, stride, padding, dilation]) => Connection::Conv2d(Window {
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [dilation; 2],
        }),
    };
    let resets = &tables.resets[..channels];
    let neuron = Neuron {
        leak: match layer.neurons.leak {
            0 => Leak::None,
            1 => Leak::Shift(layer.neurons.amount + 1),
            _ => Leak::Multiply { factor: layer.neurons.amount.into(), shift: 8 },
        },
        threshold: &tables.thresholds[..channels],
        reset: match layer.neurons.reset {
            0 => Reset::None,
            1 => Reset::ToValue(resets),
            _ => Reset::Subtract(resets),
        },
        reset_timing: if layer.neurons.delayed { ResetTiming::Delayed } else { ResetTiming::Immediate },
        membrane_bits: layer.neurons.bits,
        ..Neuron::BARE
    };
    let projection = [Projection { source: 0, delay: 0, connection, synapses }];
    let population = Population {
        projections: &projection,
        accumulator_bits: 24,
        current_shift: 0,
        bias: &tables.biases[..channels],
        neuron: Some(neuron),
        output: edge(shape(layer.to), EdgeKind::Spikes),
    };
    let readout = Readout {
        source: 1,
        quantity: if layer.membranes_are_read { Quantity::Membrane } else { Quantity::Spikes },
        reduce: [Reduce::Sum, Reduce::Last, Reduce::Max, Reduce::First][usize::from(layer.reduce)],
    };
    f(Program::new(edge(shape(layer.from), input), &[Step::Population(population)], readout, 8).ok()?)
}

/// A timestep.
pub fn run(runner: &mut Runner<'_, '_>, layer: &Layer, frame: &[u32]) -> Option<()> {
    let count = layer.inputs();
    // SAFETY: any bits are numbers, and a frame has so many.
    let input = unsafe {
        match layer.values {
            Values::Spikes => Input::Spikes(frame.get(..words(count))?),
            Values::U8 => Input::U8(from_raw_parts(frame.get(..count.div_ceil(4))?.as_ptr().cast(), count)),
            Values::I8 => Input::I8(from_raw_parts(frame.get(..count.div_ceil(4))?.as_ptr().cast(), count)),
            Values::I16 => Input::I16(from_raw_parts(frame.get(..count.div_ceil(2))?.as_ptr().cast(), count)),
        }
    };
    runner.step(input).ok()
}

/// A runner that steps through a layer, and what it has after a timestep.
pub fn step(runner: &mut Runner<'_, '_>, layer: &Layer, frame: &[u32], seen: Seen<'_>) -> Option<usize> {
    run(runner, layer, frame)?;
    let mut count = 0;
    let mut keep = |word: u32| -> Option<()> {
        *seen.get_mut(count)? = word;
        count += 1;
        Some(())
    };
    runner.edge(1).iter().try_for_each(|&word| keep(word))?;
    runner.membranes(0).try_for_each(|v| keep(v as u32))?;
    runner.scores().iter().try_for_each(|&score| keep(score))?;
    Some(count)
}

/// Starts at rest in `memory`.
pub fn start<'p, 'm>(program: Program<'p>, memory: &'m mut Memory) -> Option<Runner<'p, 'm>> {
    Runner::new(program, memory.0.get_mut(..arena_words(&program))?).ok()
}
