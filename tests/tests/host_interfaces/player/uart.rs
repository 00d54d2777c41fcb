//! A simulated serial port.

use std::convert::Infallible;

use driver::{map, Bus, Network, Uart};
use embedded_io::{ErrorType, Read, Write};

use crate::pipe::Pipe;

/// Polls in which a small network has something to say.
pub const PATIENCE: u32 = 20;

pub struct Port(Pipe);

impl ErrorType for Port {
    type Error = Infallible;
}

impl Read for Port {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Infallible> {
        bytes[0] = u8::from_str_radix(&self.0.ask("g 0 0"), 16).expect("a byte");
        Ok(1)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|byte| self.0.tell(&format!("t {byte:x} 0")));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

pub type Simulated = Uart<Port>;

pub fn open(program: &str, arguments: &[String]) -> Simulated {
    Uart::new(Port(Pipe::open(".".as_ref(), program, arguments)))
}

/// Asks the bench something beside the bus.
pub fn ask(bus: Simulated, order: &str) -> (Simulated, String) {
    let mut port = bus.release();
    let answer = port.0.ask(order);
    (Uart::new(port), answer)
}

/// After a packet that is not finished, and an answer that nobody read, a reset brings both sides together again; a byte
/// without a stop bit is dropped and STATUS says so, and so it is with events without room.
pub fn other_ways(network: Network<Simulated>) {
    let mut port = network.release().release();
    port.write_all(&[3, 63, 1, 2, 3]).expect("no error");
    let mut network = Network::new(Uart::new(port));
    network.reset().expect("the design answers");
    let mut port = network.release().release();
    port.write_all(&[1, map::INPUTS, 40]).expect("no error");
    let mut network = Network::new(Uart::new(port));
    network.reset().expect("the design answers");
    assert_eq!(network.registers().expect("registers").status, 0);

    let mut port = network.release().release();
    port.0.tell("n 2 0"); // would be the command to write
    let mut bus = Uart::new(port);
    let mut words = [0; 2];
    bus.read(map::STATUS, &mut words).expect("no error");
    assert_eq!(words, [map::STATUS_LINE, 0]);
    bus.receive(&mut words).expect("no error");
    assert_eq!(words, [0, 0], "there is no spike");
    crate::fill(&mut bus, 9);
}
