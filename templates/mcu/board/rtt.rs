//! What `say.rs` does, with the feature `defmt`: says lines through defmt, over RTT.

use {cortex_m as _, defmt_rtt as _}; // the critical section of a line, and where it goes

/// Says a line: text with `{}`, and the values.
macro_rules! say {
    ($($line:tt)*) => { defmt::println!($($line)*) };
}
pub(crate) use say;

/// Ends the program. Nobody hears how it went; the core spins, since where it sleeps (`wfi`) a debugger may not read the lines.
pub fn exit(_: bool) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
