//! What the board wants to find beside the program{% if rp2040 || rp2350 %}: what its boot ROM reads{% endif %}.
use crate::say::{exit, say};
{% if rp2040 %}
/// Sets the flash up.
#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;
{% endif %}
{%- if rp2350 %}
/// A block with one item: this is a program for the Arm core, in its secure state.
#[unsafe(link_section = ".start_block")]
#[unsafe(no_mangle)]
#[used]
static IMAGE: [u32; 5] = [0xffff_ded3, 0x1021_0142, 0x0000_01ff, 0x0000_0000, 0xab12_3579];
{% endif %}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    say!("panic");
    exit(false)
}
