//! A network as a block in flash: read in place, it is the network that was written; whatever else a block holds, nothing panics.

use bumpalo::Bump;
use snnc::backend::rust::blob::{Parts, write};
use snnc::host::trace;
use snnc_runtime::blob::{BlobError, HEADER, Room, crc32, read};
use snnc_runtime::program::{Program, Rate};
use snnc_runtime::run::{Input, Runner};
use snnc_tests::random_network::{Rng, build, recipe, samples};
use snnc_tests::rules::{COLUMNS, LAYERS, NEURONS};

const STEPS: usize = 24;
type Parted<'a> = Room<'a, STEPS, 48, 8>;

/// Every network of the rules, and random ones: each kind of step, of synapses and of neurons.
fn networks<'a>(arena: &'a Bump) -> Vec<(Program<'a>, Vec<snnc::data::Sample>)> {
    let rules = NEURONS.iter().chain(LAYERS).chain(COLUMNS).map(|case| case.laid_out(arena));
    let random = (1..60).map(|seed| {
        let mut rng = Rng::new(seed);
        let recipe = recipe(&mut rng);
        let compiled = build(arena, &recipe, &mut rng);
        let samples = samples(&compiled.program, &mut rng, 1);
        (compiled, samples)
    });
    rules.chain(random).map(|(compiled, samples)| (compiled.program, samples)).collect()
}

#[test]
fn what_was_written_is_read() {
    let arena = Bump::new();
    let networks = networks(&arena);
    assert!(networks.len() > 80);
    for (program, _) in &networks {
        let block = write(program);
        let parts = Parts::of(program);
        assert!(parts.steps <= STEPS, "{parts:?}");
        assert_eq!(read(&block, &mut Parted::new()), Ok(*program));
        // what stands behind a block in flash is nothing of it
        assert_eq!(read(&[&block[..], &[7, 7]].concat(), &mut Parted::new()), Ok(*program));
        assert_eq!(read(&block[..block.len() - 1], &mut Parted::new()), Err(BlobError::Length));
    }
}

#[test]
fn a_bit_that_was_changed_on_its_way_is_noticed() {
    let arena = Bump::new();
    let mut rng = Rng::new(3);
    for (program, _) in networks(&arena).iter().take(40) {
        let mut block = write(program);
        let (word, bit) = (rng.range(0, block.len() as i64 - 1) as usize, rng.range(0, 31));
        block[word] ^= 1 << bit;
        assert!(read(&block, &mut Parted::new()).is_err(), "bit {bit} of word {word}");
    }
}

/// Numbers of the structure that are wrong, with a CRC that is right: an error, or a network that runs.
#[test]
fn hostile_blocks_end_with_an_error_or_run() {
    let arena = Bump::new();
    let mut rng = Rng::new(9);
    let (mut refused, mut ran) = (0, 0);
    for (program, samples) in networks(&arena) {
        let sound = write(&program);
        let structure = sound[7] as usize;
        for _ in 0..300 {
            let mut block = sound.clone();
            for _ in 0..rng.range(1, 2) {
                let word = rng.range(2, structure as i64 - 1) as usize;
                block[word] = match rng.range(0, 4) {
                    0 => block[word].wrapping_add(1),
                    1 => block[word].wrapping_sub(1),
                    2 => block[word] ^ 1 << rng.range(0, 31),
                    3 => rng.bits() as u32,
                    _ => rng.range(0, 40) as u32,
                };
            }
            block[2] = block[2].min(block.len() as u32);
            block[3] = block.get(4..block[2] as usize).map_or(0, crc32);
            let mut room = Parted::new();
            let Ok(program) = read(&block, &mut room) else {
                refused += 1;
                continue;
            };
            if program.arena_words() > 1 << 20 {
                continue;
            }
            let mut memory = vec![0; program.arena_words()];
            let mut runner = Runner::new(program, &mut memory).expect("a fitting arena");
            let sample = &samples[0];
            let frames = if program.input().rate == Rate::PerSample { 1 } else { sample.frames.len() };
            for t in 0..frames.min(program.timesteps() as usize) {
                let input: Input<'_> = sample.input(t as u32);
                ran += usize::from(runner.step(input).is_ok());
            }
        }
    }
    assert!(refused > 1000 && ran > 1000, "{refused} refused, {ran} timesteps ran");
    assert_eq!(HEADER, 8);
}

#[test]
fn a_network_read_from_a_block_gives_the_same_spikes() {
    let arena = Bump::new();
    for (program, samples) in networks(&arena).into_iter().take(20) {
        let block = write(&program);
        let mut room = Parted::new();
        let again = read(&block, &mut room).expect("a block");
        for sample in &samples {
            assert_eq!(trace(&again, sample), trace(&program, sample));
        }
    }
}
