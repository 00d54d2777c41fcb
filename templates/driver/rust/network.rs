//! The network behind its registers.

use crate::input::{Events, Input, Wrong};
use crate::map::{self, Registers};

/// Events that are sent or received at once, at most.
pub(crate) const BURST: usize = 32;

/// The registers of a design, however they are reached.
pub trait Bus {
    /// What can go wrong on the way.
    type Error;

    /// Reads registers from `word` on.
    fn read(&mut self, word: u8, values: &mut [u32]) -> core::result::Result<(), Self::Error>;

    /// Writes a register.
    fn write(&mut self, word: u8, value: u32) -> core::result::Result<(), Self::Error>;

    /// Writes 32 events or fewer to EVENT.
    fn send(&mut self, events: &[u32]) -> core::result::Result<(), Self::Error> {
        events.iter().try_for_each(|&event| self.write(map::EVENT, event))
    }

    /// Reads 32 events or fewer from SPIKE.
    fn receive(&mut self, spikes: &mut [u32]) -> core::result::Result<(), Self::Error> {
        spikes.iter_mut().try_for_each(|spike| self.read(map::SPIKE, core::slice::from_mut(spike)))
    }

    /// Ends what was begun, whatever it was.
    fn synchronise(&mut self) -> core::result::Result<(), Self::Error> {
        Ok(())
    }
}

/// What can go wrong. After any of these the network needs a [`Network::reset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// On the way to the registers.
    Bus(E),
    /// The design is another one: register, what it reads and what it should.
    Design(&'static str, u32, u32),
    /// An input element that does not exist.
    Element(u32),
    /// A sample with so many ends of timesteps and digit planes, counted until it was wrong.
    Ends(u32),
    /// STATUS shows a fault, or the spikes are not those of one sample.
    Fault(u32),
    /// Nothing happened for as many polls as [`Network::patience`] says.
    Silent,
{%- if loads %}
    /// A file of weights that is not for this design.
    Weights(Weights),
    /// Weights that were altered on the way: words that arrived, and their check.
    Altered(u32, u32),
{%- endif %}
}
{%- if loads %}

/// What is wrong with a file of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// It is none.
    Form,
    /// It is for the design with this fingerprint.
    Design(u32),
    /// It has so many words.
    Length(u32),
    /// Its check is another: it is damaged.
    Check(u32),
}
{%- endif %}

/// What a call gives.
pub type Result<T, B> = core::result::Result<T, Error<<B as Bus>::Error>>;

/// An output spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// Timestep.
    pub timestep: u32,
    /// Element of the output.
    pub element: u32,
}

/// A network on an FPGA.
pub struct Network<B> {
    bus: B,
    /// Polls in which something must happen.
    pub patience: u32,
}

impl<B: Bus> Network<B> {
    /// The network behind `bus`.
    pub const fn new(bus: B) -> Self {
        Self { bus, patience: 1_000_000 }
    }

    /// The bus.
    pub fn release(self) -> B {
        self.bus
    }

    /// Brings network, queues and counts to their beginning; events and spikes go over the registers from then on.
    ///
    /// # Errors
    /// [`Error::Design`] if what answers is not this network.
    pub fn reset(&mut self) -> Result<(), B> {
        self.bus.synchronise().map_err(Error::Bus)?;
        self.bus.write(map::CONTROL, map::CONTROL_RESET | map::CONTROL_QUEUED).map_err(Error::Bus)?;
        let found = self.registers()?;
        let expected = [
            ("IDENTITY", found.identity, u32::from_be_bytes(*b"SNNC")),
            ("VERSION", found.version, {{ version }}),
            ("FINGERPRINT", found.fingerprint, map::NETWORK),
        ];
        match expected.into_iter().find(|(_, found, expected)| found != expected) {
            Some((register, found, expected)) => Err(Error::Design(register, found, expected)),
            None => Ok(()),
        }
    }

    /// Runs one sample: gives its class, and its spikes to `spike` as they come.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn infer(&mut self, input: impl IntoIterator<Item = Input>, mut spike: impl FnMut(Spike)) -> Result<u32, B> {
        let mut events = Events::new(input.into_iter());
        let samples = self.one(map::SAMPLES)?;
        let (mut burst, mut timestep, mut fired, mut idle) = ([0; BURST], 0, 0, 0);
        loop {
            let queues = self.one(map::QUEUES)?;
            let (room, level) = ((queues >> 16) as usize, (queues & 0xffff) as usize);
            let mut sent = 0;
            while sent < room.min(BURST) {
                match events.next() {
                    Ok(Some(event)) => burst[sent] = event,
                    Ok(None) => break,
                    Err(Wrong::Element(element)) => return Err(Error::Element(element)),
                    Err(Wrong::Ends(ends)) => return Err(Error::Ends(ends)),
                }
                sent += 1;
            }
            if sent > 0 {
                self.bus.send(&burst[..sent]).map_err(Error::Bus)?;
            }
            let taken = level.min(BURST);
            if taken > 0 {
                self.bus.receive(&mut burst[..taken]).map_err(Error::Bus)?;
            }
            for &word in &burst[..taken] {
                let [keep, last, first] = [map::EVENT_KEEP, map::EVENT_LAST, map::EVENT_FIRST].map(|bit| word & bit != 0);
                fired += u32::from(keep);
                if !(keep || last) || first != (timestep == 0) || timestep == map::STEPS || fired > map::CLASSES {
                    return Err(Error::Fault(self.one(map::STATUS)?));
                }
                if keep {
                    spike(Spike { timestep, element: word & (map::EVENT_FIRST - 1) });
                }
                if last {
                    (timestep, fired) = (timestep + 1, 0);
                }
            }
            if sent + taken > 0 {
                idle = 0;
                continue;
            }
            let now = self.registers()?;
            if now.status & !map::STATUS_BUSY != 0 {
                return Err(Error::Fault(now.status));
            }
            if timestep == map::STEPS && now.samples != samples {
                return Ok(now.class);
            }
            idle += 1;
            if idle == self.patience {
                return Err(Error::Silent);
            }
        }
    }
{%- if loads %}

    /// Loads weights: the bytes of a `weights.bin`. What is not for this design is refused before a word is written.
    ///
    /// # Errors
    /// [`Error::Weights`]; [`Error::Altered`] if the design has not got what was sent.
    pub fn load(&mut self, file: &[u8]) -> Result<(), B> {
        let word = |at: usize| file.get(4 * at..4 * at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let [magic, version] = map::WEIGHTS_HEADER;
        let (Some(design), Some(length), Some(expected)) = (word(2), word(3), word(4)) else {
            return Err(Error::Weights(Weights::Form));
        };
        if (word(0), word(1)) != (Some(magic), Some(version)) || file.len() % 4 != 0 {
            return Err(Error::Weights(Weights::Form));
        }
        if design != map::NETWORK {
            return Err(Error::Weights(Weights::Design(design)));
        }
        let words = (file.len() / 4 - 5) as u32;
        if length != map::WEIGHT_WORDS || words != length {
            return Err(Error::Weights(Weights::Length(words)));
        }
        let words = || (5..file.len() / 4).filter_map(word);
        let check = words().fold(0, |check: u32, word| check.rotate_left(1) ^ word);
        if check != expected {
            return Err(Error::Weights(Weights::Check(check)));
        }
        self.reset()?;
        self.bus.write(map::CONTROL, map::CONTROL_LOAD | map::CONTROL_QUEUED).map_err(Error::Bus)?;
        for word in words() {
            self.bus.write(map::LOAD, word).map_err(Error::Bus)?;
        }
        let (loaded, found) = (self.one(map::LOADED)?, self.one(map::CHECK)?);
        if (loaded, found) != (length, check) {
            return Err(Error::Altered(loaded, found));
        }
        self.reset()
    }
{%- endif %}

    /// Every register that reading does not change.
    ///
    /// # Errors
    /// [`Error::Bus`].
    pub fn registers(&mut self) -> Result<Registers, B> {
        let mut words = [0; map::READABLE];
        self.bus.read(map::IDENTITY, &mut words).map_err(Error::Bus)?;
        Ok(Registers::new(words))
    }

    fn one(&mut self, word: u8) -> Result<u32, B> {
        let mut value = [0];
        self.bus.read(word, &mut value).map_err(Error::Bus)?;
        Ok(value[0])
    }
}
