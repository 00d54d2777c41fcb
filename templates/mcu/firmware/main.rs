//! Runs {{ samples }} sample(s) of "{{ name }}" and says what came out.{% if made_up %} (No calibration samples were given:
//! the sample is a made-up pattern.){% endif %}
#![no_std]
#![no_main]

{% if board %}mod board;
mod semihosting;{% else %}mod semihosting;
mod startup;{% endif %}
mod ticks;

use core::fmt::Write;

use {{ package }}::{Arena, Frame, infer{% if !constant %}, TIMESTEPS{% endif %}};
use semihosting::{Console, exit};
use ticks::Ticks;

static mut ARENA: Arena = Arena::new();

/// Inputs, and the classes that the host gave them.
// SAFETY: any bits are a number, and the compiler checks that the sizes are equal.
static SAMPLES: [{% if constant %}Frame{% else %}[Frame; TIMESTEPS]{% endif %}; {{ samples }}] =
    unsafe { core::mem::transmute(*include_bytes!("../samples.bin")) };
static CLASSES: [usize; {{ samples }}] = {{ classes }};

{% if board -%}
#[cortex_m_rt::entry]
fn main() -> ! {
{%- else -%}
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
{%- endif %}
    // SAFETY: `main` runs once, and nothing else looks at the arena.
    let arena = unsafe { &mut *(&raw mut ARENA) };
    let mut console = Console::open();
    let mut equal = true;
    for (index, (sample, class)) in SAMPLES.iter().zip(CLASSES).enumerate() {
        let ticks = Ticks::start();
        let found = infer(arena, sample);
        let ticks = ticks.elapsed();
        let _ = write!(console, "sample {index}: class {found}, on the host {class}");
        let _ = match ticks {
{%- if board %}
            Some(ticks) => writeln!(console, ", {ticks} cycles"),
{%- else %}
            // QEMU: an instruction takes 1 ns, a tick {{ half_instructions_per_tick }} / 2 ns
            Some(ticks) => writeln!(console, ", {} instructions", u64::from(ticks) * {{ half_instructions_per_tick }} / 2),
{%- endif %}
            None => writeln!(console, ", too long to be counted"),
        };
        equal &= found == class;
    }
    exit(equal)
}
