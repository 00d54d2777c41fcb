//! The registers over SPI, mode 0: one packet a transaction.

use embedded_hal::spi::{Operation, SpiDevice};

use crate::map::{EVENT_BYTES, SPIKE_BYTES};
use crate::network::{Bus, BURST};
use crate::packet;

/// The registers behind an SPI device. Its clock is an eighth of the design's, at most.
pub struct Spi<D> {
    device: D,
}

impl<D: SpiDevice> Spi<D> {
    /// The registers behind `device`.
    pub const fn new(device: D) -> Self {
        Self { device }
    }

    /// The device.
    pub fn release(self) -> D {
        self.device
    }

    /// Writes a header and the one byte that an answer takes to be there, and reads the answer.
    fn ask(&mut self, header: &[u8], answer: &mut [u8]) -> Result<(), D::Error> {
        let turn = [0];
        self.device.transaction(&mut [Operation::Write(header), Operation::Write(&turn), Operation::Read(answer)])
    }
}

impl<D: SpiDevice> Bus for Spi<D> {
    type Error = D::Error;

    fn read(&mut self, word: u8, values: &mut [u32]) -> Result<(), D::Error> {
        let mut bytes = [0; 4 * 64];
        let bytes = &mut bytes[..4 * values.len()];
        self.ask(&[packet::READ, word, values.len() as u8], bytes)?;
        packet::words(bytes, values);
        Ok(())
    }

    fn write(&mut self, word: u8, value: u32) -> Result<(), D::Error> {
        let [a, b, c, d] = value.to_le_bytes();
        self.device.write(&[packet::WRITE, word, 1, a, b, c, d])
    }

    fn send(&mut self, events: &[u32]) -> Result<(), D::Error> {
        let mut bytes = [0; BURST * EVENT_BYTES];
        let bytes = packet::pack::<EVENT_BYTES>(events, &mut bytes);
        let header = [packet::SEND, events.len() as u8];
        self.device.transaction(&mut [Operation::Write(&header), Operation::Write(bytes)])
    }

    fn receive(&mut self, spikes: &mut [u32]) -> Result<(), D::Error> {
        let mut bytes = [0; BURST * SPIKE_BYTES];
        let bytes = &mut bytes[..SPIKE_BYTES * spikes.len()];
        self.ask(&[packet::RECEIVE, spikes.len() as u8], bytes)?;
        packet::unpack::<SPIKE_BYTES>(bytes, spikes);
        Ok(())
    }
}
