//! The second top, and the register map behind it.

use askama::Template;

use super::registers::{REGISTERS, Register, Value};
use super::{Host, Interface};
use crate::backend::File;

#[derive(Template)]
#[template(path = "host/top.v")]
struct Top<'a> {
    i: &'a Interface,
    host: &'static str,
    what: &'static str,
    front: Host,
    streams: bool,
    event: String,
    spike: String,
}

#[derive(Template)]
#[template(path = "host/registers.v")]
struct Map<'a> {
    i: &'a Interface,
    streams: bool,
    registers: &'static [Register],
    /// What is read of each.
    values: Vec<(&'static str, String)>,
}

/// A register's address as a number of Verilog.
fn word(name: &str) -> String {
    let word = REGISTERS.iter().position(|register| register.name == name).expect("a register of the map");
    format!("6'd{word}")
}

/// Both files.
pub fn files(interface: &Interface, host: Host) -> Vec<File> {
    let top = Top {
        i: interface,
        host: host.name(),
        what: match host {
            Host::Axi => "AXI4-Lite registers and AXI4-Stream events",
            Host::Spi => "an SPI slave",
            Host::Uart => "a UART",
        },
        front: host,
        streams: host == Host::Axi,
        event: word("EVENT"),
        spike: word("SPIKE"),
    };
    let values = REGISTERS.iter().map(|register| match register.value {
        Value::Constant(of) => (register.name, format!("32'h{:08x}", of(interface))),
        Value::Signal(signal) => (register.name, signal.to_owned()),
    });
    let map = Map { i: interface, streams: top.streams, registers: REGISTERS, values: values.collect() };
    let rendered = [(host.name(), top.render()), ("registers", map.render())];
    let file = |(suffix, text): (&str, Result<String, _>)| {
        let text = text.expect("a template without conditions of its own renders") + "\n"; // askama drops the last newline
        File::text(format!("{}_{suffix}.v", interface.top), text)
    };
    rendered.map(file).into()
}
