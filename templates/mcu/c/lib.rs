//! The spiking network "{{ name }}" for C: the functions of `{{ package }}.h`.
#![no_std]

use network::{ARENA_WORDS, Arena, Frame, TIMESTEPS};
{%- if !layers %}
use core::mem::{align_of, size_of};
use network::Network;

/// Bytes that the header reserves for what runs the network; their alignment is 8.
const NETWORK_BYTES: usize = {{ network_bytes }};

const _: () = assert!(size_of::<Network<'_>>() <= NETWORK_BYTES && align_of::<Network<'_>>() <= 8);
{%- endif %}

const _: () = assert!(ARENA_WORDS == {{ arena_words }} && TIMESTEPS == {{ timesteps }});

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {} // no way leads here: what the network calls has no panic in it
}

/// # Safety
/// `arena` has the words that the header says and nothing else uses it meanwhile; `input` is a {% if frame.constant %}frame{% else %}frame per timestep{% endif %}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_infer(arena: *mut Arena, input: *const {% if frame.constant %}Frame{% else %}[Frame; TIMESTEPS]{% endif %}) -> u32 {
    // SAFETY: the caller's promise; any words are an arena.
    unsafe { network::infer(&mut *arena, &*input) as u32 }
}
{%- if !layers %}

/// # Safety
/// `network` is memory of the header's type; `arena` has the words that it says, and stays there as long as the network runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_begin(network: *mut Network<'static>, arena: *mut Arena) {
    // SAFETY: the caller's promise; any words are an arena.
    if let Ok(runner) = network::runner(unsafe { &mut *arena }) {
        // SAFETY: the memory is large enough for it, and aligned.
        unsafe { network.write(runner) };
    }
}

/// # Safety
/// `network` has begun; `frame` is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_step(network: *mut Network<'static>, frame: *const Frame) {
    // SAFETY: the caller's promise.
    let (network, frame) = unsafe { (&mut *network, &*frame) };
    let _ = network.step(network::input(frame)); // the type of the input fits
}

/// # Safety
/// `network` has begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_prediction(network: *const Network<'static>) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { (*network).prediction() as u32 }
}

/// # Safety
/// `network` has begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_is_decided(network: *const Network<'static>) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*network).is_decided() }
}

/// # Safety
/// `network` has begun; what is returned lies in its arena.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn {{ package }}_scores(network: *const Network<'static>) -> *const u32 {
    // SAFETY: the caller's promise.
    unsafe { (*network).scores().as_ptr() }
}
{%- endif %}
