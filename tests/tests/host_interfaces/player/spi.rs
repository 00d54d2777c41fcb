//! A simulated SPI master.

use std::convert::Infallible;

use driver::{map, Bus, Network, Spi};
use embedded_hal::spi::{ErrorType, Operation, SpiDevice};

use crate::pipe::Pipe;

/// Polls in which a small network has something to say.
pub const PATIENCE: u32 = 20;

pub struct Device(Pipe);

impl Device {
    fn exchange(&mut self, there: &[u8], mut back: impl FnMut(usize, u8)) {
        there.iter().for_each(|byte| self.0.tell(&format!("x {byte:x} 0")));
        for n in 0..there.len() {
            back(n, u8::from_str_radix(&self.0.line(), 16).expect("a byte"));
        }
    }
}

impl ErrorType for Device {
    type Error = Infallible;
}

impl SpiDevice for Device {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        self.0.tell("b 0 0");
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.exchange(bytes, |_, _| ()),
                Operation::Read(bytes) => self.exchange(&vec![0xa5; bytes.len()], |n, byte| bytes[n] = byte),
                _ => panic!("the driver reads and writes only"),
            }
        }
        self.0.tell("e 0 0");
        Ok(())
    }
}

pub type Simulated = Spi<Device>;

pub fn open(program: &str, arguments: &[String]) -> Simulated {
    Spi::new(Device(Pipe::open(".".as_ref(), program, arguments)))
}

/// Asks the bench something beside the bus.
pub fn ask(bus: Simulated, order: &str) -> (Simulated, String) {
    let mut device = bus.release();
    let answer = device.0.ask(order);
    (Spi::new(device), answer)
}

/// A packet that is not finished is forgotten; bytes that are no command pass; events that say nothing are dropped, and
/// those without room too, which STATUS says.
pub fn other_ways(network: Network<Simulated>) {
    let mut device = network.release().release();
    for unfinished in [&[2, map::CONTROL, 1, 1][..], &[1, map::IDENTITY], &[3, 9], &[77]] {
        device.write(unfinished).expect("no error");
        let mut answer = [0; 4];
        let packet = [77, 0, 255, 1, map::OUTPUTS, 1, 0];
        device.transaction(&mut [Operation::Write(&packet), Operation::Read(&mut answer)]).expect("no error");
        assert_eq!(u32::from_le_bytes(answer), map::CLASSES);
    }
    let mut bus = Spi::new(device);
    let mut words = [0; 2];
    bus.write(map::CONTROL, 0).expect("no error");
    bus.read(map::CONTROL, &mut words).expect("no error");
    assert_eq!(words, [map::CONTROL_QUEUED, 0], "there is nothing but the queues");
    bus.send(&[0; 9]).expect("no error");
    bus.read(map::STATUS, &mut words).expect("no error");
    assert_eq!(words, [0, 0], "nothing has happened");
    bus.receive(&mut words).expect("no error");
    assert_eq!(words, [0, 0], "there is no spike");
    crate::fill(&mut bus, 9);
}
