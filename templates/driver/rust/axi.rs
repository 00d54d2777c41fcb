//! The registers in the memory of the processor. This is the only module with `unsafe` in it.

use core::convert::Infallible;

use crate::network::Bus;

/// The registers at an address.
pub struct Mmio {
    base: *mut u32,
}

impl Mmio {
    /// The registers that begin at `base`.
    ///
    /// # Safety
    /// 256 bytes from `base` on must be the design's AXI4-Lite port, mapped as device memory, and nobody else's.
    pub const unsafe fn new(base: *mut u32) -> Self {
        Self { base }
    }

    fn register(&self, word: usize) -> *mut u32 {
        assert!(word < 64, "the map has 64 words at most");
        self.base.wrapping_add(word)
    }
}

impl Bus for Mmio {
    type Error = Infallible;

    fn read(&mut self, word: u8, values: &mut [u32]) -> Result<(), Infallible> {
        for (word, value) in (usize::from(word)..).zip(values) {
            // SAFETY: `new` was promised that the 64 words from `base` on are the design's
            *value = unsafe { self.register(word).read_volatile() };
        }
        Ok(())
    }

    fn write(&mut self, word: u8, value: u32) -> Result<(), Infallible> {
        // SAFETY: as above
        unsafe { self.register(usize::from(word)).write_volatile(value) };
        Ok(())
    }
}
