//! Runs on an emulated core: the kernels in assembly against the portable functions, on random layers; then how many
//! instructions single kernels take.
#![no_std]
#![no_main]

mod layers;
mod semihosting;
mod startup;
mod ticks;

mod fast {
    use snnc_runtime as runtime;
    include!("side.rs");
}

mod portable {
    use snnc_runtime_portable as runtime;
    include!("side.rs");
}

use core::fmt::Write as _;

use layers::{Encoding, Layer, Neurons, Rng, Tables, Values};
use semihosting::{Console, exit};
use ticks::Ticks;

const LAYERS: u32 = 400;
const TIMESTEPS: usize = 8;

static mut TABLES: Tables = Tables::EMPTY;
static mut MEMORY: (fast::Memory, portable::Memory) = (fast::Memory([0x5555_5555; 4096]), portable::Memory([0; 4096]));
static mut SEEN: [[u32; 2048]; 2] = [[0; 2048]; 2];

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut console = Console::open();
    for seed in 0..LAYERS {
        if let Err(timestep) = agree(seed) {
            let _ = writeln!(console, "layer {seed} differs at timestep {timestep:?}");
            exit(false)
        }
    }
    let _ = writeln!(console, "{LAYERS} layers agree");
    for (name, encoding) in ENCODINGS {
        for active in [8, 78, 235] {
            let layer = Layer::dense(784, 128, encoding, LIF);
            print(&mut console, format_args!("{name} 784-128, {active} spikes"), &layer, active);
        }
    }
    for active in [8, 78, 235] {
        let layer = Layer { values: Values::U8, ..Layer::dense(784, 128, Encoding::Int8, LIF) };
        print(&mut console, format_args!("int8 784-128, {active} bytes"), &layer, active);
    }
    for (name, neurons) in NEURONS {
        for count in [64, 192] {
            let layer = Layer::dense(32, count, Encoding::Binary, neurons);
            print(&mut console, format_args!("{count} neurons, {name}"), &layer, 0);
        }
    }
    exit(true)
}

const ENCODINGS: [(&str, Encoding); 7] = [
    ("int8", Encoding::Int8),
    ("binary", Encoding::Binary),
    ("codewords", Encoding::Codewords),
    ("4-bit", Encoding::Nibbles { odd: false }),
    ("lists of 3", Encoding::Sparse),
    ("lists of 1", Encoding::Single),
    ("odd 4-bit", Encoding::Nibbles { odd: true }),
];

/// Membranes of 16 bits, a leak by a shift, one threshold, which a spike subtracts at once.
const LIF: Neurons = Neurons { leak: 1, amount: 3, reset: 3, delayed: false, bits: 16, alike: true };

const NEURONS: [(&str, Neurons); 9] = [
    ("shift, subtract, alike", LIF),
    ("factor, subtract, alike", Neurons { leak: 2, amount: 243, ..LIF }),
    ("shift, subtract", Neurons { alike: false, ..LIF }),
    ("shift, to value", Neurons { reset: 1, alike: false, ..LIF }),
    ("factor, subtract later", Neurons { leak: 2, amount: 243, delayed: true, alike: false, ..LIF }),
    ("factor, to value later", Neurons { leak: 2, amount: 243, reset: 1, delayed: true, alike: false, ..LIF }),
    ("shift, subtract, alike, 12 bits", Neurons { bits: 12, ..LIF }),
    ("shift, subtract, 20 bits", Neurons { bits: 20, alike: false, ..LIF }),
    ("factor, subtract later, 20 bits", Neurons { leak: 2, amount: 243, delayed: true, bits: 20, alike: false, ..LIF }),
];

/// Prints the ticks of [`MEASURED`] timesteps of a layer.
fn print(console: &mut Console, name: core::fmt::Arguments<'_>, layer: &Layer, active: usize) {
    match measure(layer, active) {
        Some(ticks) => {
            let _ = writeln!(console, "{name}: {ticks}");
        }
        None => exit(false),
    }
}

/// Timesteps that are measured, so that what a tick is too coarse for is spread over all.
const MEASURED: usize = 40;

fn measure(layer: &Layer, active: usize) -> Option<u32> {
    // SAFETY: as in `agree`.
    let (tables, memory) = unsafe { (&mut *(&raw mut TABLES), &mut *(&raw mut MEMORY)) };
    let mut rng = Rng::new(1);
    layer.fill(tables, &mut rng);
    tables.biases.fill(0); // without spikes nothing fires
    for (i, (threshold, reset)) in tables.thresholds.iter_mut().zip(&mut tables.resets).enumerate() {
        *threshold = if layer.neurons.alike { 900 } else { 900 + i as i32 };
        *reset = *threshold;
    }
    layer.spike_exactly(tables, &mut rng, active);
    fast::with(layer, tables, |program| {
        let mut runner = fast::start(program, &mut memory.0)?;
        let start = Ticks::start();
        for _ in 0..MEASURED {
            fast::run(&mut runner, layer, &tables.frame)?;
        }
        start.elapsed()
    })
}

/// Whether both runtimes do the same with the layer of a seed; else when not, or `None` if one refuses it.
fn agree(seed: u32) -> Result<(), Option<usize>> {
    // SAFETY: `main` runs once, and calls this one after the other.
    let (tables, memory, seen) = unsafe { (&mut *(&raw mut TABLES), &mut *(&raw mut MEMORY), &mut *(&raw mut SEEN)) };
    let mut rng = Rng::new(seed);
    let layer = Layer::random(&mut rng);
    layer.fill(tables, &mut rng);
    let mut frames = [[0; 512]; TIMESTEPS];
    for frame in &mut frames {
        layer.spike(tables, &mut rng);
        *frame = tables.frame;
    }
    let tables = &*tables;
    let [a, b] = seen;
    let both = fast::with(&layer, tables, |fast_program| {
        portable::with(&layer, tables, |portable_program| {
            let mut fast = fast::start(fast_program, &mut memory.0)?;
            let mut portable = portable::start(portable_program, &mut memory.1)?;
            for (timestep, frame) in frames.iter().enumerate() {
                let found = fast::step(&mut fast, &layer, frame, a)?;
                let expected = portable::step(&mut portable, &layer, frame, b)?;
                if a[..found] != b[..expected] {
                    return Some(Err(Some(timestep)));
                }
            }
            Some(Ok(()))
        })
    });
    both.unwrap_or(Err(None))
}
