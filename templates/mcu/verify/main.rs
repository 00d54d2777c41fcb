//! Runs the samples of `samples.bin` and writes to `spikes.bin` what every layer did; see `snnc::machine::cortex_m`.
#![no_std]
#![no_main]

mod semihosting;
mod startup;
mod ticks;

use {{ package }}::{Arena, Frame, input, runner};
use semihosting::{File, exit, write};
use ticks::Ticks;

{% if !layers || !constant %}const TIMESTEPS: usize = {{ timesteps }};
{% endif -%}
/// Outputs that are compared.
const EDGES: [usize; {{ edges.len() }}] = {{ format!("{:?}", self.edges) }};

static mut ARENA: Arena = Arena::new();
{% if layers %}static mut SAMPLE: [Frame; {% if constant %}1{% else %}TIMESTEPS{% endif %}] = [[0; {{ frame_len }}]; {% if constant %}1{% else %}TIMESTEPS{% endif %}];
{% else %}static mut FRAME: Frame = [0; {{ frame_len }}];
{% endif %}
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    if run().is_none() {
        write("the files cannot be read or written\n");
        exit(false)
    }
    exit(true)
}

{% if layers -%}
fn run() -> Option<()> {
    // SAFETY: `main` runs once, and nothing else looks at these.
    let (arena, sample) = unsafe { (&mut *(&raw mut ARENA), &mut *(&raw mut SAMPLE)) };
    let samples = File::open(c"samples.bin", false)?;
    let spikes = File::open(c"spikes.bin", true)?;
    for _ in 0..{{ samples }} {
        let mut runner = runner(arena).ok()?;
        if !samples.read(sample.as_flattened_mut()) {
            return None;
        }
        let mut sum = 0;
        let mut written = true;
        let mut start = Ticks::start();
        let seen = |edge, words: &[u32]| {
            match start.elapsed() {
                Some(ticks) => sum += u64::from(ticks),
                None => written = false,
            }
            written &= !EDGES.contains(&edge) || spikes.write(words);
            start = Ticks::start();
        };
        runner.infer_and(input({% if constant %}&sample[0]{% else %}sample{% endif %}), seen).ok()?;
        sum += u64::from(start.elapsed()?);
        let ticks: [u32; 2] = [sum as u32, (sum >> 32) as u32]; // lowest word first
        if !written || !spikes.write(runner.scores()) || !spikes.write(&ticks) {
            return None;
        }
    }
    spikes.close();
    Some(())
}
{%- else -%}
fn run() -> Option<()> {
    // SAFETY: `main` runs once, and nothing else looks at these.
    let (arena, frame) = unsafe { (&mut *(&raw mut ARENA), &mut *(&raw mut FRAME)) };
    let samples = File::open(c"samples.bin", false)?;
    let spikes = File::open(c"spikes.bin", true)?;
    for _ in 0..{{ samples }} {
        let mut runner = runner(arena).ok()?;
        let mut ticks: [u32; 2] = [0; 2]; // lowest word first
        for timestep in 0..TIMESTEPS {
            if {% if constant %}timestep == 0{% else %}true{% endif %} && !samples.read(frame) {
                return None;
            }
            let start = Ticks::start();
            if timestep == 0 {
                runner.begin();
            }
            runner.step(input(frame)).ok()?;
            let sum = (u64::from(ticks[1]) << 32 | u64::from(ticks[0])) + u64::from(start.elapsed()?);
            ticks = [sum as u32, (sum >> 32) as u32];
            for edge in EDGES {
                if !spikes.write(runner.edge(edge)) {
                    return None;
                }
            }
        }
        if !spikes.write(runner.scores()) || !spikes.write(&ticks) {
            return None;
        }
    }
    spikes.close();
    Some(())
}
{%- endif %}
