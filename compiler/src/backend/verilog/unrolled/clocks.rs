//! Predicted clocks: the pipeline never waits, so they are the pace at which timesteps enter, and once its depth.

use snnc_runtime::program::Rate;

use super::top::Design;

/// From the acceptance of a frame to its being in the first layer (`snn_unrolled_issue`).
const ISSUE: u64 = 1;
/// From a timestep's spikes to their leaving the output (`snn_queue`).
const QUEUE: u64 = 2;

/// The clocks of so many samples back to back: from the acceptance of each one's first frame to that of the next one's,
/// of the last one to its last output.
pub fn predict(design: &Design<'_, '_>, samples: usize) -> Vec<u64> {
    let timesteps = u64::from(design.program.timesteps());
    let planes = design.units[0].planes as u64;
    let constant = design.program.input().rate == Rate::PerSample;
    let (mut accept, mut last_step) = (0, 0); // when the next frame is accepted, and the last timestep began
    let mut starts = Vec::new();
    for sample in 0..samples {
        if !constant {
            starts.push(accept);
            accept += planes * timesteps;
            last_step = accept - 1;
            continue;
        }
        // the last frame waits for the timesteps of the sample before
        let free = if sample == 0 { 0 } else { last_step + 1 };
        let first = if planes == 1 { accept.max(free) } else { accept };
        let last = (first + planes - 1).max(free);
        starts.push(first);
        accept = last + 1;
        last_step = last + timesteps - 1;
    }
    let end = last_step + ISSUE + design.depth() as u64 + QUEUE;
    starts.iter().zip(starts.iter().skip(1).chain([&end])).map(|(start, next)| next - start).collect()
}
