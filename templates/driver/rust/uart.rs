//! The registers over a UART, 8N1.

use embedded_io::{Read, ReadExactError, Write};

use crate::map::{EVENT_BYTES, IDENTITY, SPIKE_BYTES};
use crate::network::{Bus, BURST};
use crate::packet;

/// The registers behind a serial port.
pub struct Uart<P> {
    port: P,
}

/// What can go wrong on a serial port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UartError<E> {
    /// The port says so.
    Port(E),
    /// The port gives nothing more.
    Closed,
    /// What answers is no design of snnc.
    Stranger,
}

impl<E> From<ReadExactError<E>> for UartError<E> {
    fn from(error: ReadExactError<E>) -> Self {
        match error {
            ReadExactError::UnexpectedEof => Self::Closed,
            ReadExactError::Other(error) => Self::Port(error),
        }
    }
}

impl<P: Read + Write> Uart<P> {
    /// The registers behind `port`.
    pub const fn new(port: P) -> Self {
        Self { port }
    }

    /// The port.
    pub fn release(self) -> P {
        self.port
    }

    fn tell(&mut self, bytes: &[u8]) -> Result<(), UartError<P::Error>> {
        self.port.write_all(bytes).map_err(UartError::Port)
    }

    fn flush(&mut self) -> Result<(), UartError<P::Error>> {
        self.port.flush().map_err(UartError::Port)
    }

    fn ask(&mut self, header: &[u8], answer: &mut [u8]) -> Result<(), UartError<P::Error>> {
        self.tell(header)?;
        self.flush()?;
        Ok(self.port.read_exact(answer)?)
    }
}

impl<P: Read + Write> Bus for Uart<P> {
    type Error = UartError<P::Error>;

    fn read(&mut self, word: u8, values: &mut [u32]) -> Result<(), Self::Error> {
        let mut bytes = [0; 4 * 64];
        let bytes = &mut bytes[..4 * values.len()];
        self.ask(&[packet::READ, word, values.len() as u8], bytes)?;
        packet::words(bytes, values);
        Ok(())
    }

    fn write(&mut self, word: u8, value: u32) -> Result<(), Self::Error> {
        let [a, b, c, d] = value.to_le_bytes();
        self.tell(&[packet::WRITE, word, 1, a, b, c, d])?;
        self.flush()
    }

    fn send(&mut self, events: &[u32]) -> Result<(), Self::Error> {
        let mut bytes = [0; BURST * EVENT_BYTES];
        let bytes = packet::pack::<EVENT_BYTES>(events, &mut bytes);
        self.tell(&[packet::SEND, events.len() as u8])?;
        self.tell(bytes)?;
        self.flush()
    }

    fn receive(&mut self, spikes: &mut [u32]) -> Result<(), Self::Error> {
        let mut bytes = [0; BURST * SPIKE_BYTES];
        let bytes = &mut bytes[..SPIKE_BYTES * spikes.len()];
        self.ask(&[packet::RECEIVE, spikes.len() as u8], bytes)?;
        packet::unpack::<SPIKE_BYTES>(bytes, spikes);
        Ok(())
    }

    /// Zeros end any packet: they are its rest, or pass. What was answered before is passed over.
    fn synchronise(&mut self) -> Result<(), Self::Error> {
        for _ in 0..packet::LONGEST / 32 {
            self.tell(&[0; 32])?;
        }
        let mut heard = [0; 4];
        self.ask(&[packet::READ, IDENTITY, 1], &mut heard)?;
        for _ in 0..packet::LONGEST {
            if heard == *b"CNNS" {
                return Ok(());
            }
            heard.rotate_left(1);
            self.port.read_exact(&mut heard[3..])?;
        }
        Err(UartError::Stranger)
    }
}
