//! The drivers: a `no_std` crate and a Python module, with the register map and the network's numbers written into them.

use askama::Template;

use super::registers::{Bit, CONTROL, EVENT, REGISTERS, Register, STATUS, VERSION, page};
use super::{Host, Interface};
use crate::backend::File;

#[derive(Template)]
#[template(path = "driver/rust/manifest.toml")]
struct Manifest<'a> {
    i: &'a Interface,
    host: Host,
    package: String,
}

#[derive(Template)]
#[template(path = "driver/rust/lib.rs")]
struct Library<'a> {
    i: &'a Interface,
    host: Host,
    over: &'static str,
    example: &'static str,
}

#[derive(Template)]
#[template(path = "driver/rust/map.rs")]
struct Map<'a> {
    i: &'a Interface,
    host: Host,
    registers: &'static [Register],
    readable: &'static [Register],
    bits: [(&'static str, &'static [Bit]); 3],
}

#[derive(Template)]
#[template(path = "driver/rust/network.rs")]
struct Network {
    version: u32,
    loads: bool,
}

#[derive(Template)]
#[template(path = "driver/rust/packet.rs")]
struct Packet {
    host: Host,
}

#[derive(Template)]
#[template(path = "driver/python/driver.py")]
struct Python<'a> {
    i: &'a Interface,
    host: Host,
    over: &'static str,
    example: &'static str,
    registers: &'static [Register],
    readable: &'static [Register],
    bits: [(&'static str, &'static [Bit]); 3],
    version: u32,
}

/// The registers before those that reading changes.
fn readable() -> &'static [Register] {
    let end = REGISTERS.iter().position(|register| register.name == "EVENT").expect("a register of the map");
    &REGISTERS[..end]
}

/// Every file of the drivers for `host`.
pub fn files(interface: &Interface, host: Host) -> Vec<File> {
    let (over, example, port) = match host {
        Host::Axi => ("AXI", "unsafe { Mmio::new(BASE) }", include_str!("../../../../templates/driver/rust/axi.rs")),
        Host::Spi => ("SPI", "Spi::new(device)", include_str!("../../../../templates/driver/rust/spi.rs")),
        Host::Uart => ("a UART", "Uart::new(port)", include_str!("../../../../templates/driver/rust/uart.rs")),
    };
    let package = format!("{}-driver", interface.top.replace('_', "-"));
    let bits = [("CONTROL", CONTROL), ("STATUS", STATUS), ("EVENT", EVENT)];
    let map = Map { i: interface, host, registers: REGISTERS, readable: readable(), bits };
    let mut files = vec![
        rust("Cargo.toml", &Manifest { i: interface, host, package }),
        rust("src/lib.rs", &Library { i: interface, host, over, example }),
        rust("src/map.rs", &map),
        rust("src/network.rs", &Network { version: VERSION, loads: interface.weights > 0 }),
        File::text("driver/rust/src/input.rs", include_str!("../../../../templates/driver/rust/input.rs")),
        File::text(format!("driver/rust/src/{}.rs", host.name()), port),
    ];
    if host != Host::Axi {
        files.push(rust("src/packet.rs", &Packet { host }));
    }
    files.push(File::text("driver/registers.md", page(interface)));
    let python = Python {
        i: interface,
        host,
        over,
        example: match host {
            Host::Axi => "Mmio(pynq.MMIO(base, 256))",
            Host::Spi => "Spi(spidev_device.xfer2)",
            Host::Uart => "Uart(serial.Serial(path, baud, timeout=1))",
        },
        registers: REGISTERS,
        readable: readable(),
        bits,
        version: VERSION,
    };
    files.push(text(&format!("driver/python/snnc_{}.py", interface.top), &python));
    files
}

/// A file of the crate.
fn rust(path: &str, template: &impl Template) -> File {
    text(&format!("driver/rust/{path}"), template)
}

/// A file of a template.
fn text(path: &str, template: &impl Template) -> File {
    let text = template.render().expect("a template without conditions of its own renders");
    File::text(path, text.trim_end().to_owned() + "\n")
}
