//! Says lines through semihosting, and ends the program.

use core::fmt::{Arguments, Write};

use crate::semihosting::Console;
pub use crate::semihosting::exit;

/// Says a line: text with `{}`, and the values.
macro_rules! say {
    ($($line:tt)*) => { crate::say::line(format_args!($($line)*)) };
}
pub(crate) use say;

/// Writes a line to the console.
pub fn line(line: Arguments<'_>) {
    let _ = writeln!(Console::open(), "{line}");
}
