//! Events in and out around an unrolled network: what a host's side of any design connects to.

use askama::Template;

use super::top::Design;
use crate::backend::File;
use crate::backend::verilog::host::Interface;
use crate::backend::verilog::netlist::{Section, numbers};

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

/// Its fixed modules, for what they cost.
pub fn section(design: &Design<'_, '_>) -> Section {
    let mut section = Section::default();
    let parameters = numbers(&[("FAN_IN", design.inputs())]);
    section.instance("snn_unrolled_collect", "u_collect".into(), parameters, Vec::new());
    let parameters = numbers(&[("OUTPUTS", design.outputs())]);
    section.instance("snn_unrolled_events", "u_events".into(), parameters, Vec::new());
    section
}
