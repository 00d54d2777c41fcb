//! Runs {{ samples }} sample(s) of "{{ name }}" and says what came out.{% if made_up %} (No calibration samples were given:
//! the sample is a made-up pattern.){% endif %}
#![no_std]
#![no_main]

{% if board %}mod board;
#[cfg_attr(feature = "defmt", path = "rtt.rs")]
mod say;
#[cfg(not(feature = "defmt"))]
mod semihosting;
mod ticks;
{% else %}mod semihosting;
mod startup;
mod ticks;

use core::fmt::Write;
{% endif %}
use {{ package }}::{Arena, Frame, infer{% if !constant %}, TIMESTEPS{% endif %}};
use {% if board %}say::{exit, say}{% else %}semihosting::{Console, exit}{% endif %};
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
{%- if !board %}
    let mut console = Console::open();
{%- endif %}
    let mut equal = true;
    for (index, (sample, class)) in SAMPLES.iter().zip(CLASSES).enumerate() {
        let ticks = Ticks::start();
        let found = infer(arena, sample);
        let ticks = ticks.elapsed();
{%- if board %}
        match ticks {
            Some(ticks) => say!("sample {}: class {}, on the host {}, {} cycles", index, found, class, ticks),
            None => say!("sample {}: class {}, on the host {}, too long to be counted", index, found, class),
        }
{%- else %}
        let _ = write!(console, "sample {index}: class {found}, on the host {class}");
        let _ = match ticks {
            // QEMU: an instruction takes 1 ns, a tick {{ half_instructions_per_tick }} / 2 ns
            Some(ticks) => writeln!(console, ", {} instructions", u64::from(ticks) * {{ half_instructions_per_tick }} / 2),
            None => writeln!(console, ", too long to be counted"),
        };
{%- endif %}
        equal &= found == class;
    }
    exit(equal)
}
