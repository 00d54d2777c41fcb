//! Runs the samples of `samples.bin` and writes to `spikes.bin` what every layer did; see `snnc::machine::cortex_m`.
#![no_std]
#![no_main]

mod semihosting;
mod startup;

use {{ package }}::{Arena, Frame, input, runner};
use semihosting::{File, Ticks, exit, write};

const TIMESTEPS: usize = {{ timesteps }};
/// Outputs that are compared.
const EDGES: [usize; {{ edges.len() }}] = {{ format!("{:?}", self.edges) }};

static mut ARENA: Arena = Arena::new();
static mut FRAME: Frame = [0; {{ frame_len }}];

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    if run().is_none() {
        write("the files cannot be read or written\n");
        exit(false)
    }
    exit(true)
}

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
