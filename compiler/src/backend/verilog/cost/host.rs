//! What stands between a network and its host: two queues of 512 words, registers, and the protocol.

use super::structure::ram;
use super::{Resources, Technology};
use crate::backend::verilog::host::Host;

/// Words of a queue of events or spikes.
const QUEUE: usize = 512;
/// Bits of an event, as most networks have them; its flags with them.
const EVENT: usize = 13;
/// Bits of a spike, likewise.
const SPIKE: usize = 7;

/// What a host's top takes around the network.
pub fn around(technology: &Technology, host: Host) -> Resources {
    let (luts, ffs) = match host {
        Host::Axi => technology.hosts[0],
        Host::Spi => technology.hosts[1],
        Host::Uart => technology.hosts[2],
    };
    let cells = luts + technology.alone * ffs;
    let mut sum = Resources { luts, ffs, cells: cells.round(), ..Resources::default() };
    for width in [EVENT, SPIKE] {
        sum.block_rams += technology.memories.taken(ram(width, QUEUE)).block_rams; // its logic is in the figures above
    }
    sum
}
