//! Instructions of fixed networks on emulated cores, pinned to the last one: no hot loop rests on the optimiser's mood.

use bumpalo::Bump;
use snnc::backend::rust::{BACKEND, M4, arena_bytes, verify};
use snnc::backend::{EmitOptions, File};
use snnc::compiled::{Compiled, Layout, Schedule, StepInfo};
use snnc::data::{Frame, Sample};
use snnc::host::trace;
use snnc::ir::{InputEncoding, WeightEncoding};
use snnc::machine::cortex_m;
use snnc::machine::toolchain::Toolchain;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Reset,
    ResetTiming, Shape, Step, Synapses, words,
};
use snnc_tests::random_network::Rng;

const TIMESTEPS: u32 = 25;

/// Recorded counts: compiler, network, instructions of the sample.
const RECORDED: &str = include_str!("mcu_instructions.txt");

/// How the weights of a layer are kept.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    Int8,
    Binary,
    /// 32 signs at a time.
    Codewords,
    /// A list: one of so many weights is not zero.
    List(usize),
}

/// What the neurons do.
#[derive(Clone, Copy, PartialEq)]
enum Neurons {
    /// 16 bits, a leak by a shift, the threshold subtracted at once.
    Lif,
    /// snnTorch's: a leak by a factor, the threshold subtracted with the next timestep's input; 20 bits.
    SnnTorch,
}

/// 784-128-10; the first layer as asked, int8 in the second.
fn dense<'a>(arena: &'a Bump, weights: Weights, neurons: Neurons) -> Compiled<'a> {
    of_two(arena, [weights, Weights::Int8], neurons)
}

/// 784-128-10.
fn of_two<'a>(arena: &'a Bump, [weights, last]: [Weights; 2], neurons: Neurons) -> Compiled<'a> {
    let mut rng = Rng::new(1);
    let mut layer = |source: u16, fan_in: usize, fan_out: usize, threshold: i32, weights: Weights| {
        let synapses = match weights {
            Weights::Binary => {
                Synapses::Binary { signs: arena.alloc_slice_fill_with(fan_in * words(fan_out), |_| rng.bits() as u32) }
            }
            Weights::Codewords => Synapses::Codewords {
                codewords: arena.alloc_slice_fill_with(256, |i| if i == 0 { 0 } else { rng.bits() as u32 }),
                indices: arena.alloc_slice_fill_with(fan_in * words(fan_out), |_| rng.bits() as u8),
            },
            Weights::Int8 => Synapses::Int8 {
                weights: arena.alloc_slice_fill_with(fan_in * fan_out, |_| rng.range(-127, 127) as i8),
            },
            Weights::List(every) => Synapses::Sparse {
                starts: arena.alloc_slice_fill_with(fan_in + 1, |row| (row * fan_out / every) as u32),
                columns: arena.alloc_slice_fill_with(fan_in * fan_out / every, |i| (i * every % fan_out) as u16),
                weights: arena.alloc_slice_fill_with(fan_in * fan_out / every, |_| rng.range(1, 127) as i8),
            },
        };
        let threshold: &[i32] = arena.alloc_slice_fill_copy(fan_out, threshold);
        Step::Population(Population {
            projections: arena.alloc_slice_copy(&[Projection {
                source,
                delay: 0,
                connection: Connection::Dense,
                synapses,
            }]),
            accumulator_bits: 18,
            current_shift: 0,
            bias: arena.alloc_slice_fill_copy(fan_out, 0),
            neuron: Some(match neurons {
                Neurons::Lif => Neuron {
                    leak: Leak::Shift(4),
                    threshold,
                    reset: Reset::Subtract(threshold),
                    membrane_bits: 16,
                    ..Neuron::BARE
                },
                Neurons::SnnTorch => Neuron {
                    leak: Leak::Multiply { factor: 243, shift: 8 },
                    threshold,
                    reset: Reset::Subtract(threshold),
                    reset_timing: ResetTiming::Delayed,
                    membrane_bits: 20,
                    ..Neuron::BARE
                },
            }),
            output: Edge { shape: Shape::vector(fan_out as u32), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
        })
    };
    let first =
        layer(0, 784, 128, if weights == Weights::Binary || weights == Weights::Codewords { 12 } else { 900 }, weights);
    let steps =
        arena.alloc_slice_copy(&[first, layer(1, 128, 10, if last == Weights::Binary { 6 } else { 400 }, last)]);
    let input = Edge { shape: Shape::vector(784), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let readout = Readout { source: 2, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let program = Program::new(input, steps, readout, TIMESTEPS).expect("a sound network");
    let info = |name: &str, encoding| StepInfo { name: name.to_owned(), encoding: Some(encoding), activity: None };
    let encoding = if weights == Weights::Binary { WeightEncoding::Binary } else { WeightEncoding::INT8 };
    let steps = vec![info("lif1", encoding), info("lif2", WeightEncoding::INT8)];
    Compiled {
        name: "dense".to_owned(),
        program,
        input: InputEncoding::Spikes,
        steps,
        readout_scale: 1.0,
        layout: Layout::default(),
    }
}

/// A sample of exactly `active` random spikes of 784 in every timestep.
fn sample(active: usize) -> Sample {
    let mut rng = Rng::new(2);
    let mut frame = || {
        let mut frame = vec![0_u32; words(784)];
        while frame.iter().map(|word| word.count_ones()).sum::<u32>() < active as u32 {
            let i = rng.range(0, 783) as usize;
            frame[i / 32] |= 1 << (i % 32);
        }
        Frame::Spikes(frame)
    };
    Sample { frames: (0..TIMESTEPS).map(|_| frame()).collect() }
}

/// Instructions that one sample takes on the Cortex-M4, which must give the host's spikes.
fn instructions(compiled: &Compiled<'_>, sample: &Sample) -> u64 {
    let traces = [trace(&compiled.program, sample)];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let outcome = (cortex_m::CORTEX_M4.run)(compiled, std::slice::from_ref(sample), &traces, scratch.path());
    let outcome = outcome.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(outcome.difference, None);
    outcome.cost[0]
}

/// Compares with the counts that are recorded for the compiler.
fn assert_recorded(found: &[(&str, u64)]) {
    let rustc = Toolchain::find(M4.target).expect("a compiler").version();
    let lines = found.iter().map(|(name, instructions)| format!("{rustc} {name} {instructions}"));
    let missing: Vec<String> = lines.filter(|line| !RECORDED.lines().any(|recorded| recorded == line)).collect();
    assert!(
        missing.is_empty(),
        "counts changed, or the compiler is new: if that is meant, write into tests/mcu_instructions.txt\n{}",
        missing.join("\n")
    );
}

/// Instructions of a timestep at 10 % input spikes, in networks whose counts are recorded.
fn per_timestep<const N: usize>(networks: [(&str, Weights, Neurons); N]) -> [u64; N] {
    let found = networks.map(|(name, weights, neurons)| {
        let arena = Bump::new();
        (name, instructions(&dense(&arena, weights, neurons), &sample(78)))
    });
    assert_recorded(&found);
    found.map(|(_, instructions)| instructions / u64::from(TIMESTEPS))
}

#[test]
fn a_dense_int8_timestep_at_10_percent_takes_less_than_11_500_instructions() {
    let [found] = per_timestep([("dense-int8-784-128-10", Weights::Int8, Neurons::Lif)]);
    assert!(found <= 11_500);
}

#[test]
fn a_dense_binary_timestep_takes_less_than_7_000() {
    let [found] = per_timestep([("dense-binary-784-128-10", Weights::Binary, Neurons::Lif)]);
    assert!(found <= 7_000);
}

#[test]
fn a_dense_timestep_of_codewords_takes_less_than_7_000() {
    let [found] = per_timestep([("dense-codewords-784-128-10", Weights::Codewords, Neurons::Lif)]);
    assert!(found <= 7_000);
}

#[test]
fn neurons_of_20_bits_take_longer() {
    let [int8, binary] = per_timestep([
        ("dense-int8-784-128-10-snntorch", Weights::Int8, Neurons::SnnTorch),
        ("dense-binary-784-128-10-snntorch", Weights::Binary, Neurons::SnnTorch),
    ]);
    assert!(int8 <= 15_000 && binary <= 10_500, "{int8}, {binary}");
}

/// What the compiler's choice of lists rests on (`lower/sparse.rs`).
#[test]
fn a_list_of_two_weights_takes_less_than_a_row_of_128_and_of_sixteen_more() {
    let [row, sixteen, two] = per_timestep([
        ("dense-int8-784-128-10", Weights::Int8, Neurons::Lif),
        ("dense-list-of-8th-784-128-10", Weights::List(8), Neurons::Lif),
        ("dense-list-of-64th-784-128-10", Weights::List(64), Neurons::Lif),
    ]);
    assert!(two < row && row < sixteen, "{two}, {row}, {sixteen}");
}

#[test]
fn silent_timesteps_cost_little_more_than_their_neurons() {
    let arena = Bump::new();
    let found = instructions(&dense(&arena, Weights::Int8, Neurons::Lif), &sample(0));
    assert!(found <= 3_500 * u64::from(TIMESTEPS));
    assert_recorded(&[("dense-int8-784-128-10-silent", found)]);
}

/// The code of the runtime for a network of binary weights: what a firmware has more than one without a network. RAM is the
/// arena that was printed.
#[test]
fn a_binary_network_takes_less_than_6_kib_of_code_and_the_ram_that_was_said() {
    let arena = Bump::new();
    let compiled = of_two(&arena, [Weights::Binary; 2], Neurons::Lif);
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let put = |folder: &str, files: &[File]| {
        for file in files {
            let path = scratch.path().join(folder).join(&file.path);
            std::fs::create_dir_all(path.parent().expect("files lie in the folder")).expect("a folder");
            std::fs::write(path, &file.content).expect("a file");
        }
    };
    put("network", &(BACKEND.emit)(&compiled, &EmitOptions::default()).expect("a crate").files);
    put("", &verify(&compiled, &M4, &[1], 1, Schedule::Timesteps).expect("a firmware"));
    let toolchain = Toolchain::find(M4.target).expect("a compiler");
    let elf = |body: &str| {
        let main = format!(
            "#![no_std]\n#![no_main]\nmod semihosting;\nmod startup;\nuse snn_dense::{{Arena, Frame, TIMESTEPS, infer}};\n\
             static mut ARENA: Arena = Arena::new();\n\
             static FRAMES: [Frame; TIMESTEPS] = [[0x1234_5678; 25]; TIMESTEPS];\n\
             #[unsafe(no_mangle)]\nextern \"C\" fn main() -> ! {{\n    \
             // SAFETY: `main` runs once, and nothing else looks at the arena.\n    \
             let arena = unsafe {{ &mut *(&raw mut ARENA) }};\n    {body}\n}}\n"
        );
        std::fs::write(scratch.path().join("verify/src/main.rs"), main).expect("a file");
        let programs = toolchain.build(&scratch.path().join("verify"), &scratch.path().join("target")).expect("builds");
        std::fs::read(programs.join("snnc-verify")).expect("a program")
    };
    let with = elf("semihosting::exit(infer(arena, &FRAMES) < 10)");
    let without = elf("let _ = (arena, &FRAMES, infer); semihosting::exit(true)");
    let code = section(&with, ".text") - section(&without, ".text");
    assert!(code <= 6 * 1024, "{code} bytes");
    assert_eq!(Ok(u64::from(section(&with, ".bss"))), arena_bytes(&compiled.program, Schedule::Timesteps));
}

/// Bytes of a section of a 32-bit ELF file, lowest byte first.
fn section(elf: &[u8], name: &str) -> u32 {
    let word = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().expect("four bytes"));
    let half = |at: usize| usize::from(u16::from_le_bytes(elf[at..at + 2].try_into().expect("two bytes")));
    // e_shoff, e_shentsize, e_shnum, e_shstrndx; of a header sh_name, sh_offset and sh_size
    let header = |index: usize| word(32) as usize + index * half(46);
    let names = word(header(half(50)) + 16) as usize;
    let named =
        |index: &usize| elf[names + word(header(*index)) as usize..].starts_with(format!("{name}\0").as_bytes());
    (0..half(48)).find(named).map_or(0, |index| word(header(index) + 20))
}
