//! SysTick as a counter of the core's clock, 24 bits.

use core::ptr::{read_volatile, write_volatile};

/// A stretch of time that is counted.
pub struct Ticks {
    start: u32,
}

const CONTROL: *mut u32 = 0xe000_e010 as *mut u32;
const RELOAD: *mut u32 = 0xe000_e014 as *mut u32;
const VALUE: *mut u32 = 0xe000_e018 as *mut u32;
const HIGHEST: u32 = 0xff_ffff;

impl Ticks {
    /// Starts the counter.
    pub fn start() -> Self {
        // SAFETY: registers that every core of this family has.
        unsafe {
            write_volatile(RELOAD, HIGHEST);
            write_volatile(VALUE, 0);
            write_volatile(CONTROL, 0b101); // the core's clock, no interrupt, on
            // the first tick loads it; a core may have no such counter
            let loaded = (0..1000).any(|_| read_volatile(VALUE) != 0);
            Self { start: if loaded { read_volatile(VALUE) } else { 0 } }
        }
    }

    /// Ticks since the start; `None` if the counter has come round.
    pub fn elapsed(&self) -> Option<u32> {
        // SAFETY: as above. Bit 16 says that it came round since it was last read.
        unsafe {
            let now = read_volatile(VALUE);
            let wrapped = read_volatile(CONTROL) >> 16 & 1 == 1;
            (!wrapped && self.start > 0 && now <= self.start).then_some(self.start.wrapping_sub(now))
        }
    }
}
