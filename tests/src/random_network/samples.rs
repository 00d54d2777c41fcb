//! Random samples.

use snnc::data::{Frame, Sample};
use snnc_runtime::program::{EdgeKind, Program, Rate, ValueKind, words};

use super::Rng;

/// Random samples: each frame draws its own share of active inputs, a silent frame among them.
#[must_use]
pub fn samples(program: &Program<'_>, rng: &mut Rng, count: usize) -> Vec<Sample> {
    let input = program.input();
    let elements = input.shape.len();
    let frames = if input.rate == Rate::PerSample { 1 } else { program.timesteps() };
    let frame = |rng: &mut Rng| {
        let percent = rng.pick(&[0, 8, 20, 20, 40, 90]);
        match input.kind {
            EdgeKind::Values(ValueKind::U8) => {
                Frame::U8((0..elements).map(|_| if rng.chance(percent) { rng.bits() as u8 } else { 0 }).collect())
            }
            EdgeKind::Values(ValueKind::I8) => {
                Frame::I8((0..elements).map(|_| if rng.chance(percent) { rng.bits() as i8 } else { 0 }).collect())
            }
            EdgeKind::Values(ValueKind::I16) => {
                Frame::I16((0..elements).map(|_| if rng.chance(percent) { rng.bits() as i16 } else { 0 }).collect())
            }
            EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Currents { .. } => {
                let mut packed = vec![0; words(elements)];
                for i in 0..elements {
                    packed[i / 32] |= u32::from(rng.chance(percent)) << (i % 32);
                }
                Frame::Spikes(packed)
            }
        }
    };
    (0..count).map(|_| Sample { frames: (0..frames).map(|_| frame(rng)).collect() }).collect()
}
