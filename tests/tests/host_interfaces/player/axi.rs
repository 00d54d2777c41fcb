//! Registers behind a simulated AXI4-Lite master.

use std::convert::Infallible;

use driver::{map, Bus, Mmio, Network};

use crate::pipe::Pipe;

/// Polls in which a small network has something to say.
pub const PATIENCE: u32 = 300;

pub struct Simulated(Pipe);

impl Bus for Simulated {
    type Error = Infallible;

    fn read(&mut self, word: u8, values: &mut [u32]) -> Result<(), Infallible> {
        for (word, value) in (word..).zip(values) {
            let answer = self.0.ask(&format!("r {word:x} 0"));
            *value = u32::from_str_radix(&answer, 16).unwrap_or_else(|_| panic!("register {word} reads {answer}"));
        }
        Ok(())
    }

    fn write(&mut self, word: u8, value: u32) -> Result<(), Infallible> {
        assert_eq!(self.0.ask(&format!("w {word:x} {value:x}")), "written 0");
        Ok(())
    }
}

pub fn open(program: &str, arguments: &[String]) -> Simulated {
    Simulated(Pipe::open(".".as_ref(), program, arguments))
}

/// Asks the bench something beside the bus.
pub fn ask(mut bus: Simulated, order: &str) -> (Simulated, String) {
    let answer = bus.0.ask(order);
    (bus, answer)
}

/// Two reads at once are answered in order. A write of less than a word writes nothing; without room an event is lost and
/// STATUS says so; memory is read and written where the map says.
pub fn other_ways(network: Network<Simulated>) {
    let mut bus = network.release();
    let order = format!("d {:x} {:x}", map::IDENTITY, map::OUTPUTS);
    let two = [bus.0.ask(&order), bus.0.line()].map(|value| u32::from_str_radix(&value, 16).expect("a number"));
    assert_eq!(two, [u32::from_be_bytes(*b"SNNC"), map::CLASSES]);
    assert_eq!(bus.0.ask(&format!("p {:x} 0", map::CONTROL)), "written 2", "SLVERR");
    let mut control = [0];
    bus.read(map::CONTROL, &mut control).expect("no error");
    assert_eq!(control, [map::CONTROL_QUEUED]);

    crate::fill(&mut bus, 1);
    memory();
}

/// The bus of a processor, on memory that is none of a design's.
fn memory() {
    let mut words = [0_u32; 64];
    // SAFETY: 256 bytes that nobody else uses
    let mut bus = unsafe { Mmio::new(words.as_mut_ptr()) };
    bus.write(map::CONTROL, 7).expect("no error");
    bus.send(&[8, 9]).expect("no error");
    let mut read = [0; 2];
    bus.read(map::CONTROL, &mut read).expect("no error");
    assert_eq!(read, [7, 0]);
    bus.receive(&mut read[..1]).expect("no error");
    assert_eq!(read[0], 0);
    assert_eq!((words[usize::from(map::CONTROL)], words[usize::from(map::EVENT)]), (7, 9));
}
