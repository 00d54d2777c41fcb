//! Random networks, and files that are broken on purpose.

use bumpalo::Bump;
use proptest::prelude::*;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate,
    Readout, Reduce, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, ValueKind, Window, words,
};

use super::*;
use crate::compiled::{EdgeCode, Engine, Layout, Schedule, StepInfo};
use crate::data::{Frame, Sample};
use crate::ir::WeightEncoding;

/// Turns random bytes into choices; 0 when they are used up.
struct Choices<'b, 'a> {
    bytes: std::slice::Iter<'b, u8>,
    arena: &'a Bump,
}

impl<'a> Choices<'_, 'a> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or_default()) % n
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    fn table(&mut self, n: usize) -> &'a [i32] {
        let numbers: Vec<i32> = (0..n).map(|_| self.below(256) as i32 - 128).collect();
        self.arena.alloc_slice_copy(&numbers)
    }

    fn layout(&mut self) -> Layout {
        let lanes = self.flip().then(|| 1 + self.below(256) as u32);
        let mut engine = || Engine {
            slots: [1, 2, 4][self.below(3)],
            group: 1 << self.below(7),
            chunk: 8 << self.below(4),
            code: [EdgeCode::Plain, EdgeCode::Delta, EdgeCode::Inverted][self.below(3)],
            counts: self.below(2) == 1,
            copies: [1, 2, 4][self.below(3)],
            lanes: [None, Some(1 + self.below(256) as u32)][self.below(2)],
        };
        let engines = (0..4).map(|_| engine()).collect::<Vec<_>>();
        Layout {
            lanes,
            engines: if self.flip() { engines } else { Vec::new() },
            unrolled: self.flip(),
            schedule: if self.flip() { Schedule::Layers } else { Schedule::Timesteps },
        }
    }

    /// Of `taps` above 0 a codebook.
    fn synapses(&mut self, rows: usize, width: usize, taps: usize) -> Synapses<'a> {
        let mut random = |n: usize| {
            let numbers: Vec<u32> = (0..n).map(|_| self.below(256) as u32 * 0x0101_0101).collect();
            &*self.arena.alloc_slice_copy(&numbers)
        };
        if let Some(channels_in) = rows.checked_div(taps) {
            let index_bits = 2;
            let indices = random(channels_in * words(width * 2));
            return Synapses::Codebook { index_bits, codewords: random(4), indices };
        }
        match random(1)[0] % 5 {
            0 => return Synapses::Planes { bits: 3, odd: false, planes: random(rows * words(3 * width)) },
            1 => return Synapses::Planes { bits: 2, odd: true, planes: random(rows * words(2 * width)) },
            3 => return Synapses::Nibbles { odd: width.is_multiple_of(2), nibbles: random(rows * words(4 * width)) },
            2 => {
                // every other weight, or none
                let each = if random(1)[0] % 2 == 0 { width / 2 } else { 0 };
                let starts: Vec<u32> = (0..=rows).map(|row| (row * each) as u32).collect();
                let columns: Vec<u16> = (0..rows * each).map(|i| (i % each * 2) as u16).collect();
                let weights: Vec<i8> = random(rows * each).iter().map(|&word| word as i8).collect();
                return Synapses::Sparse {
                    starts: self.arena.alloc_slice_copy(&starts),
                    columns: self.arena.alloc_slice_copy(&columns),
                    weights: self.arena.alloc_slice_copy(&weights),
                };
            }
            _ => {}
        }
        if self.flip() {
            let weights: Vec<i8> = (0..rows * width).map(|_| self.below(256) as u8 as i8).collect();
            Synapses::Int8 { weights: self.arena.alloc_slice_copy(&weights) }
        } else {
            let signs: Vec<u32> = (0..rows * words(width)).map(|_| self.below(256) as u32 * 0x0101_0101).collect();
            Synapses::Binary { signs: self.arena.alloc_slice_copy(&signs) }
        }
    }

    fn projection(&mut self, source: u16, delay: u8, from: Shape, to: Shape) -> Projection<'a> {
        let three = Window { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
        let same = (from.height, from.width) == (to.height, to.width);
        let connection = match self.below(3) {
            0 if from == to => Connection::Identity,
            1 if same => Connection::Conv2d(three),
            _ => Connection::Dense,
        };
        let synapses = match connection {
            Connection::Identity => self.synapses(1, to.channels as usize, 0),
            Connection::Conv2d(_) => {
                let taps = if self.flip() { 9 } else { 0 };
                self.synapses(9 * from.channels as usize, to.channels as usize, taps)
            }
            Connection::Dense if self.below(6) == 1 => {
                let codewords = self.arena.alloc_slice_fill_with(256, |word| (word as u32).wrapping_mul(0x9e37_79b9));
                let indices = self.arena.alloc_slice_fill_with(from.len() * words(to.len()), |i| (i * 7) as u8);
                Synapses::Codewords { codewords, indices }
            }
            Connection::Dense => self.synapses(from.len(), to.len(), 0),
        };
        Projection { source, delay, connection, synapses }
    }

    fn neuron(&mut self, channels: usize) -> Neuron<'a> {
        let leak = self.leak(channels);
        let filters: Vec<Synaptic<'a>> = (0..self.below(3))
            .map(|_| Synaptic { leak: self.leak(channels), bits: 9 + self.below(12) as u8, negative: self.flip() })
            .collect();
        let reset = match self.below(3) {
            0 => Reset::None,
            1 => Reset::ToValue(self.table(channels)),
            _ => Reset::Subtract(self.table(channels)),
        };
        let reset_timing = match (self.below(3), reset) {
            (0, _) => ResetTiming::Immediate,
            (1, Reset::ToValue(_)) => ResetTiming::Overriding,
            _ => ResetTiming::Delayed,
        };
        let floor = (reset_timing == ResetTiming::Immediate && self.flip()).then(|| self.table(channels));
        Neuron {
            synaptic: self.arena.alloc_slice_copy(&filters),
            mix: None,
            leak,
            threshold: self.table(channels),
            reset,
            reset_timing,
            membrane_bits: 9 + self.below(12) as u8,
            max_spikes: 1,
            floor,
            stored: None,
            inhibition: false,
        }
    }

    fn leak(&mut self, channels: usize) -> Leak<'a> {
        match self.below(4) {
            0 => Leak::None,
            1 => Leak::Shift(1 + self.below(8) as u8),
            2 => Leak::Multiply { factor: self.below(256) as u16, shift: 8 },
            _ => {
                let factors: Vec<u16> = (0..channels).map(|_| self.below(257) as u16).collect();
                Leak::MultiplyEach { factors: self.arena.alloc_slice_copy(&factors), shift: 8 }
            }
        }
    }

    /// Neurons that fire several times or inhibit each other, now and then.
    fn special(&mut self, shape: Shape) -> Neuron<'a> {
        let neuron = self.neuron(shape.channels as usize);
        match self.below(4) {
            0 => Neuron {
                max_spikes: 2 + self.below(100) as u16,
                threshold: self.arena.alloc_slice_fill_copy(shape.channels as usize, 77),
                reset_timing: ResetTiming::Immediate,
                ..neuron
            },
            1 if shape.positions() == 1 && neuron.reset_timing != ResetTiming::Immediate => {
                Neuron { inhibition: true, ..neuron }
            }
            _ => neuron,
        }
    }

    /// A population on the last edge, with neurons that are sometimes recurrent, or a pool of it.
    fn step(&mut self, index: usize, from: Edge) -> Step<'a> {
        if index > 0 && matches!(from.kind, EdgeKind::Spikes) && self.below(3) == 0 {
            let window = Window { kernel: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
            let (op, kind) =
                if self.flip() { (PoolOp::Max, from.kind) } else { (PoolOp::Sum, EdgeKind::Counts { max: 4 }) };
            return Step::Pool(Pool { source: index as u16, op, window, output: Edge { kind, ..from } });
        }
        let shape = if self.flip() { from.shape } else { Shape::vector(1 + self.below(5) as u32) };
        let mut projections = vec![self.projection(index as u16, 0, from.shape, shape)];
        if self.flip() {
            let delay = 1 + self.below(3) as u8;
            projections.push(self.projection(index as u16 + 1, delay, shape, shape));
        }
        let channels = shape.channels as usize;
        let neuron = self.special(shape);
        let kind = match neuron.max_spikes {
            1 => EdgeKind::Spikes,
            max => EdgeKind::Counts { max },
        };
        Step::Population(Population {
            projections: self.arena.alloc_slice_copy(&projections),
            accumulator_bits: 2 + self.below(31) as u8,
            current_shift: self.below(48) as i8 - 31,
            bias: self.table(channels),
            neuron: Some(neuron),
            output: Edge { shape, kind, rate: Rate::PerTimestep },
        })
    }

    fn compiled(&mut self) -> Compiled<'a> {
        let shape = Shape { height: 1 + self.below(3) as u32, width: 2, channels: 1 + self.below(2) as u32 };
        let scale = 0.001 + self.below(256) as f32 / 3.0;
        let (kind, input) = match self.below(4) {
            0 => (EdgeKind::Spikes, InputEncoding::Spikes),
            1 => (EdgeKind::Values(ValueKind::U8), InputEncoding::Integer { scale, bits: 8, signed: false }),
            2 => (EdgeKind::Values(ValueKind::I8), InputEncoding::Integer { scale, bits: 8, signed: true }),
            _ => (EdgeKind::Values(ValueKind::I16), InputEncoding::Integer { scale, bits: 16, signed: true }),
        };
        let edge = Edge { shape, kind, rate: if self.flip() { Rate::PerSample } else { Rate::PerTimestep } };
        let mut steps: Vec<Step<'a>> = vec![];
        let mut last = edge;
        for index in 0..1 + self.below(4) {
            steps.push(self.step(index, last));
            last = *steps[index].output();
        }
        let source = steps.iter().rposition(|step| matches!(step, Step::Population(_))).expect("the first is one") + 1;
        let quantity = if self.flip() { Quantity::Spikes } else { Quantity::Membrane };
        let reduce = [Reduce::Sum, Reduce::Last, Reduce::Max, Reduce::First][self.below(4)];
        let infos = (0..steps.len()).map(|index| StepInfo {
            name: format!("/näme \"{index}\""),
            encoding: [None, Some(WeightEncoding::INT8), Some(WeightEncoding::Binary)][self.below(3)],
            activity: self.flip().then(|| self.below(256) as f64 / 7.0),
        });
        let infos = infos.collect();
        let readout = Readout { source: source as u16, quantity, reduce };
        let timesteps = 1 + self.below(30) as u32;
        for (index, step) in steps.iter_mut().enumerate() {
            let Step::Population(Population { neuron: Some(neuron), output, .. }) = step else { continue };
            if self.below(3) == 2 && neuron.reset_timing == ResetTiming::Immediate {
                let thresholds = output.shape.channels as usize * timesteps as usize;
                neuron.threshold = self.arena.alloc_slice_fill_with(thresholds, |i| 1 + i as i32);
            }
            if self.below(3) == 2 && neuron.reset_timing == ResetTiming::Immediate {
                let stored = Staircase { thresholds: &[-3, 0, 5], levels: &[-9, 0, 0, 11], steps: 3 };
                (neuron.stored, neuron.floor) = (Some(stored), None);
            }
            if self.below(4) == 3 {
                let weights = self.arena.alloc_slice_fill_with((timesteps * timesteps) as usize, |i| i as i8);
                (neuron.mix, neuron.synaptic) = (Some(Mix { weights, timesteps: timesteps as u8 }), &[]);
            }
            if self.below(3) == 2 && neuron.stored.is_none() && (quantity, source) != (Quantity::Membrane, index + 1) {
                (neuron.leak, neuron.reset, neuron.floor) = (Leak::All, Reset::None, None);
                if neuron.reset_timing == ResetTiming::Overriding {
                    neuron.reset_timing = ResetTiming::Delayed;
                }
            }
        }
        let steps = self.arena.alloc_slice_copy(&steps);
        let program = Program::new(edge, steps, readout, timesteps).expect("the test makes sound programs");
        Compiled { name: "net".into(), program, input, steps: infos, readout_scale: 1.0 / scale, layout: self.layout() }
    }
}

fn random<'a>(bytes: &[u8], arena: &'a Bump) -> Compiled<'a> {
    Choices { bytes: bytes.iter(), arena }.compiled()
}

fn read<'a>(bytes: &[u8], arena: &'a Bump) -> Result<Compiled<'a>, CompiledFileError> {
    load("network.snn", bytes, arena, |_| Ok(()))
}

/// A sample of zeros, to run what was loaded.
fn silence(program: &Program<'_>) -> Sample {
    let n = program.input().shape.len();
    let frame = match program.input().kind {
        EdgeKind::Values(ValueKind::U8) => Frame::U8(vec![0; n]),
        EdgeKind::Values(ValueKind::I8) => Frame::I8(vec![0; n]),
        EdgeKind::Values(ValueKind::I16) => Frame::I16(vec![0; n]),
        EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => Frame::Spikes(vec![0; words(n)]),
    };
    Sample { frames: vec![frame] }
}

proptest! {
    #[test]
    fn save_then_load_is_the_identity(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let arena = Bump::new();
        let compiled = random(&bytes, &arena);
        let file = save(&compiled).expect("it is sound");
        let loaded = read(&file, &arena).expect("just saved");
        prop_assert_eq!(&loaded, &compiled);
        prop_assert_eq!(save(&loaded).expect("it is sound"), file, "same network, same bytes");
    }

    #[test]
    fn a_damaged_file_is_refused_or_runs_but_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
        cut in any::<prop::sample::Index>(),
    ) {
        let arena = Bump::new();
        let mut file = save(&random(&bytes, &arena)).expect("it is sound");
        prop_assert!(read(&file[..cut.index(file.len())], &arena).is_err(), "a part is no network");
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        if let Ok(loaded) = read(&file, &arena) && loaded.program.input().shape.len() < 1000 {
            let is_timed = |step: &Step<'_>| match step {
                Step::Population(Population { neuron: Some(neuron), output, .. }) => {
                    neuron.is_timed(output.shape.channels as usize)
                }
                Step::Population(_) | Step::Pool(_) => false,
            };
            let program = loaded.program;
            // where something is of each timestep, there are few of them
            let timesteps = if program.steps().iter().any(is_timed) { program.timesteps() } else { 2 };
            let program = Program::new(*program.input(), program.steps(), *program.readout(), timesteps);
            let program = program.expect("it was one, with other timesteps at most");
            let _ = crate::host::trace(&program, &silence(&program));
        }
    }
}

#[test]
fn what_does_not_hold_is_refused_with_its_step() {
    let arena = Bump::new();
    let file = save(&random(&[0; 0], &arena)).expect("it is sound");
    let refused = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len(), "the header's length stays");
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains(from), "{from} is in {text}");
        let at = text.find(from).expect("just looked");
        let mut file = file.clone();
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        read(&file, &arena).expect_err("refused").to_string()
    };
    let messages = [
        refused(r#"version\":1"#, r#"version\":7"#),
        refused(r#"kind\":\"program"#, r#"kind\":\"network"#),
        refused(r#"timesteps\":1"#, r#"timesteps\":0"#),
        refused(r#"encoding\":\"spikes\""#, r#"encoding\":\"real\"  "#),
        refused(r#"height\":1"#, r#"height\":3"#),
        refused(r#"source\":0"#, r#"source\":9"#),
        refused(r#"membrane_bits\":9"#, r#"membrane_bits\":1"#),
        refused(r#"0.bias\""#, r#"0.bits\""#),
        refused(r#"neuron\""#, r#"nouron\""#),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn what_the_file_claims_is_proven_before_it_is_used() {
    let arena = Bump::new();
    let file = save(&random(&[0; 0], &arena)).expect("it is sound");
    let error = load("network.snn", &file, &arena, |program| {
        assert_eq!(program.steps().len(), 1);
        Err("step `lif`: its accumulator takes 12 bits, 2 are claimed".into())
    });
    let message = error.expect_err("it was not proven").to_string();
    assert!(message.ends_with("its accumulator takes 12 bits, 2 are claimed"), "{message}");
}

#[test]
fn a_layout_that_no_engine_has_is_refused() {
    let arena = Bump::new();
    let mut compiled = random(&[], &arena);
    let engine = Engine::default();
    for (lanes, engine, reason) in [
        (Some(0), engine, "it has 0 lanes, at least 1"),
        (None, Engine { slots: 3, ..engine }, "a layer takes 3 inputs per clock, expected 1, 2 or 4"),
        (None, Engine { group: 6, ..engine }, "a layer gives 6 elements per clock, expected a power of two up to 64"),
        (
            None,
            Engine { group: 128, ..engine },
            "a layer gives 128 elements per clock, expected a power of two up to 64",
        ),
        (None, Engine { copies: 3, ..engine }, "a layer has 3 engines, expected 1, 2 or 4"),
        (None, Engine { chunk: 4, ..engine }, "a layer looks at 4 bits at once, expected a power of two from 8 to 64"),
    ] {
        compiled.layout = Layout { lanes, engines: vec![engine], ..Layout::default() };
        assert_eq!(check(&compiled), Err(reason.into()));
    }
}

#[test]
fn what_is_too_large_is_neither_saved_nor_loaded() {
    let shape = Shape { height: 1 << 14, width: 1 << 14, channels: 1 };
    let synapses = Synapses::Int8 { weights: &[1] };
    let projections = [Projection { source: 0, delay: 0, connection: Connection::Identity, synapses }];
    let output = Edge { shape, kind: EdgeKind::Currents { bits: 2 }, rate: Rate::PerTimestep };
    let (accumulator_bits, bias) = (2, &[0][..]);
    let population =
        Population { projections: &projections, accumulator_bits, current_shift: 0, bias, neuron: None, output };
    let steps = [Step::Population(population)];
    let readout = Readout { source: 1, quantity: Quantity::Current, reduce: Reduce::Last };
    let input = Edge { kind: EdgeKind::Spikes, ..output };
    let program = Program::new(input, &steps, readout, 1).expect("the rules allow it");
    let steps = vec![StepInfo { name: "a".into(), encoding: None, activity: None }];
    let wide = Compiled {
        name: "wide".into(),
        program,
        input: InputEncoding::Spikes,
        steps,
        readout_scale: 1.0,
        layout: Layout::default(),
    };
    assert!(check(&wide).is_err_and(|found| found.contains("words")));
}
