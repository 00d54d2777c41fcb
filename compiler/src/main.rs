//! The command line: arguments in, diagnostics out.
fn main() {}
