//! Events in and out around an unrolled network: what a host's side of any design connects to.

use askama::Template;

use crate::backend::File;
use crate::backend::verilog::host::Interface;

#[derive(Template)]
#[template(path = "unrolled/events.v")]
struct Events<'a> {
    i: &'a Interface,
}

/// The module around the top.
pub fn file(interface: &Interface) -> File {
    let text = Events { i: interface }.render().expect("a template without conditions of its own renders");
    File::text(format!("{}.v", interface.network), text + "\n")
}
