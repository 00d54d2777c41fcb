//! A network as one block of words in flash, apart from the firmware that runs it: for updates over the air.
//!
//! ```text
//! 0  "snnb"        4  number of steps          8 …  structure, as `Reader` reads it
//! 1  version       5  number of projections       …  tables, each from a word on, where the structure says
//! 2  all words     6  number of filters
//! 3  CRC-32        7  where the tables begin
//! ```
//! The CRC (IEEE 802.3) is that of the words behind it, lowest byte first. A block is read in place: tables stay where they are, and
//! only the steps, which point to them, lie in memory that the caller supplies ([`Room`]). Whatever a block holds, reading it ends with a
//! network whose parts fit together or with an error, and running that network never panics. What the compiler proves of the weights,
//! that no sum overflows, is trusted: such a sum would wrap.
use crate::arch::view::{bytes, halfwords, signed, unsigned_bytes};
use crate::program::{
    Connection, Edge, EdgeKind, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, ProgramError, Projection,
    Quantity, Rate, Readout, Reduce, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, ValueKind, Window,
};

/// The first word.
pub const MAGIC: u32 = u32::from_le_bytes(*b"snnb");

/// The second word.
pub const VERSION: u32 = 1;

/// Words before the structure.
pub const HEADER: usize = 8;

/// Why a block is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobError {
    /// It does not begin as a block does.
    Magic,
    /// Its version is another one.
    Version(u32),
    /// It is shorter than it says.
    Length,
    /// It was changed on its way.
    Crc,
    /// It has more steps, projections or filters than there is room for.
    Room,
    /// This word of its structure is none.
    Structure(usize),
    /// Its parts do not fit together.
    Program(ProgramError),
}

/// Memory for the parts of a network that point to its tables: at least as many as the block says.
#[derive(Debug)]
pub struct Room<'a, const STEPS: usize, const PROJECTIONS: usize, const FILTERS: usize> {
    steps: [Step<'a>; STEPS],
    projections: [Projection<'a>; PROJECTIONS],
    filters: [Synaptic<'a>; FILTERS],
}

const WINDOW: Window = Window { kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
const EDGE: Edge = Edge { shape: Shape::vector(1), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };

impl<const STEPS: usize, const PROJECTIONS: usize, const FILTERS: usize> Room<'_, STEPS, PROJECTIONS, FILTERS> {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        let projection = Projection {
            source: 0,
            delay: 0,
            connection: Connection::Identity,
            synapses: Synapses::Int8 { weights: &[] },
        };
        Self {
            steps: [Step::Pool(Pool { source: 0, op: PoolOp::Max, window: WINDOW, output: EDGE }); STEPS],
            projections: [projection; PROJECTIONS],
            filters: [Synaptic { leak: Leak::None, bits: 2, negative: false }; FILTERS],
        }
    }
}

impl<const STEPS: usize, const PROJECTIONS: usize, const FILTERS: usize> Default
    for Room<'_, STEPS, PROJECTIONS, FILTERS>
{
    fn default() -> Self {
        Self::new()
    }
}

/// The network in a block.
///
/// # Errors
/// [`BlobError`].
pub fn read<'a, const STEPS: usize, const PROJECTIONS: usize, const FILTERS: usize>(
    block: &'a [u32],
    room: &'a mut Room<'a, STEPS, PROJECTIONS, FILTERS>,
) -> Result<Program<'a>, BlobError> {
    let &[magic, version, length, crc, steps, projections, filters, tables] =
        block.first_chunk::<HEADER>().ok_or(BlobError::Length)?;
    if magic != MAGIC {
        return Err(BlobError::Magic);
    }
    if version != VERSION {
        return Err(BlobError::Version(version));
    }
    let block = block.get(..length as usize).ok_or(BlobError::Length)?;
    if crc32(block.get(4..).ok_or(BlobError::Length)?) != crc {
        return Err(BlobError::Crc);
    }
    let tables = block.get(tables as usize..).ok_or(BlobError::Length)?;
    let steps = room.steps.get_mut(..steps as usize).ok_or(BlobError::Room)?;
    let mut reader = Reader {
        block,
        at: HEADER,
        tables,
        projections: room.projections.get_mut(..projections as usize).ok_or(BlobError::Room)?,
        filters: room.filters.get_mut(..filters as usize).ok_or(BlobError::Room)?,
    };
    let (timesteps, input, readout) = (reader.next()?, reader.edge()?, reader.readout()?);
    for step in &mut *steps {
        *step = reader.step()?;
    }
    Program::new(input, steps, readout, timesteps).map_err(BlobError::Program)
}

/// CRC-32 of words, lowest byte first.
#[must_use]
pub fn crc32(words: &[u32]) -> u32 {
    let mut crc = u32::MAX;
    for word in words {
        crc ^= word;
        for _ in 0..32 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

/// The structure: word after word, in the order of the fields; a table is its first word among the tables and its numbers.
struct Reader<'a> {
    block: &'a [u32],
    at: usize,
    tables: &'a [u32],
    projections: &'a mut [Projection<'a>],
    filters: &'a mut [Synaptic<'a>],
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<u32, BlobError> {
        let word = self.block.get(self.at).ok_or(BlobError::Length)?;
        self.at += 1;
        Ok(*word)
    }

    /// The word before is none that there is.
    const fn none<T>(&self) -> Result<T, BlobError> {
        Err(BlobError::Structure(self.at.saturating_sub(1)))
    }

    /// A number that fits its type.
    fn number<T: TryFrom<i32>>(&mut self) -> Result<T, BlobError> {
        let word = self.next()? as i32;
        T::try_from(word).or_else(|_| self.none())
    }

    fn flag(&mut self) -> Result<bool, BlobError> {
        match self.next()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => self.none(),
        }
    }

    /// Words of a table of which each has so many numbers, and how many numbers.
    fn table(&mut self, per_word: usize) -> Result<(&'a [u32], usize), BlobError> {
        let (first, numbers) = (self.next()? as usize, self.next()? as usize);
        let words = self.tables.get(first..).and_then(|rest| rest.get(..numbers.div_ceil(per_word)));
        words.map_or_else(|| self.none(), |words| Ok((words, numbers)))
    }

    fn words(&mut self) -> Result<&'a [u32], BlobError> {
        Ok(self.table(1)?.0)
    }

    fn signed(&mut self) -> Result<&'a [i32], BlobError> {
        Ok(signed(self.table(1)?.0))
    }

    fn bytes(&mut self) -> Result<&'a [i8], BlobError> {
        let (words, numbers) = self.table(4)?;
        Ok(bytes(words).get(..numbers).unwrap_or_default())
    }

    fn unsigned_bytes(&mut self) -> Result<&'a [u8], BlobError> {
        let (words, numbers) = self.table(4)?;
        Ok(unsigned_bytes(words).get(..numbers).unwrap_or_default())
    }

    fn halfwords(&mut self) -> Result<&'a [u16], BlobError> {
        let (words, numbers) = self.table(2)?;
        Ok(halfwords(words).get(..numbers).unwrap_or_default())
    }

    fn edge(&mut self) -> Result<Edge, BlobError> {
        let shape = Shape { height: self.next()?, width: self.next()?, channels: self.next()? };
        let kind = match self.next()? {
            0 => EdgeKind::Spikes,
            1 => EdgeKind::Counts { max: self.number()? },
            2 => EdgeKind::Currents { bits: self.number()? },
            3 => EdgeKind::Values(ValueKind::U8),
            4 => EdgeKind::Values(ValueKind::I8),
            5 => EdgeKind::Values(ValueKind::I16),
            _ => return self.none(),
        };
        let rate = if self.flag()? { Rate::PerSample } else { Rate::PerTimestep };
        Ok(Edge { shape, kind, rate })
    }

    fn readout(&mut self) -> Result<Readout, BlobError> {
        let source = self.number()?;
        let quantity = match self.next()? {
            0 => Quantity::Spikes,
            1 => Quantity::Membrane,
            2 => Quantity::Current,
            _ => return self.none(),
        };
        let reduce = match self.next()? {
            0 => Reduce::Sum,
            1 => Reduce::Last,
            2 => Reduce::Max,
            3 => Reduce::First,
            _ => return self.none(),
        };
        Ok(Readout { source, quantity, reduce })
    }

    fn step(&mut self) -> Result<Step<'a>, BlobError> {
        match self.next()? {
            0 => Ok(Step::Population(self.population()?)),
            1 => {
                let source = self.number()?;
                let op = if self.flag()? { PoolOp::Sum } else { PoolOp::Max };
                Ok(Step::Pool(Pool { source, op, window: self.window()?, output: self.edge()? }))
            }
            _ => self.none(),
        }
    }

    fn window(&mut self) -> Result<Window, BlobError> {
        let mut pair = || Ok([self.number()?, self.number()?]);
        Ok(Window { kernel: pair()?, stride: pair()?, padding: pair()?, dilation: pair()? })
    }

    fn population(&mut self) -> Result<Population<'a>, BlobError> {
        let count = self.next()? as usize;
        let (mine, rest) = core::mem::take(&mut self.projections).split_at_mut_checked(count).ok_or(BlobError::Room)?;
        self.projections = rest;
        for projection in &mut *mine {
            *projection = self.projection()?;
        }
        let (accumulator_bits, current_shift) = (self.number()?, self.number()?);
        let bias = self.signed()?;
        let neuron = if self.flag()? { Some(self.neuron()?) } else { None };
        let output = self.edge()?;
        Ok(Population { projections: mine, accumulator_bits, current_shift, bias, neuron, output })
    }

    fn projection(&mut self) -> Result<Projection<'a>, BlobError> {
        let (source, delay) = (self.number()?, self.number()?);
        let connection = match self.next()? {
            0 => Connection::Dense,
            1 => Connection::Conv2d(self.window()?),
            2 => Connection::Identity,
            _ => return self.none(),
        };
        let synapses = match self.next()? {
            0 => Synapses::Int8 { weights: self.bytes()? },
            1 => Synapses::Binary { signs: self.words()? },
            2 => Synapses::Planes { bits: self.number()?, odd: self.flag()?, planes: self.words()? },
            3 => Synapses::Nibbles { odd: self.flag()?, nibbles: self.words()? },
            4 => Synapses::Codebook { index_bits: self.number()?, codewords: self.words()?, indices: self.words()? },
            5 => Synapses::Sparse { starts: self.words()?, columns: self.halfwords()?, weights: self.bytes()? },
            6 => Synapses::Codewords { codewords: self.words()?, indices: self.unsigned_bytes()? },
            _ => return self.none(),
        };
        Ok(Projection { source, delay, connection, synapses })
    }

    fn neuron(&mut self) -> Result<Neuron<'a>, BlobError> {
        let count = self.next()? as usize;
        let (mine, rest) = core::mem::take(&mut self.filters).split_at_mut_checked(count).ok_or(BlobError::Room)?;
        self.filters = rest;
        for filter in &mut *mine {
            *filter = Synaptic { leak: self.leak()?, bits: self.number()?, negative: self.flag()? };
        }
        let mix = if self.flag()? { Some(Mix { weights: self.bytes()?, timesteps: self.number()? }) } else { None };
        let (leak, threshold) = (self.leak()?, self.signed()?);
        let reset = match self.next()? {
            0 => Reset::None,
            1 => Reset::ToValue(self.signed()?),
            2 => Reset::Subtract(self.signed()?),
            _ => return self.none(),
        };
        let reset_timing = match self.next()? {
            0 => ResetTiming::Immediate,
            1 => ResetTiming::Delayed,
            2 => ResetTiming::Overriding,
            3 => ResetTiming::Clearing,
            _ => return self.none(),
        };
        let (membrane_bits, max_spikes) = (self.number()?, self.number()?);
        let floor = if self.flag()? { Some(self.signed()?) } else { None };
        let stored = if self.flag()? {
            Some(Staircase { thresholds: self.signed()?, levels: self.signed()?, steps: self.number()? })
        } else {
            None
        };
        let inhibition = self.flag()?;
        Ok(Neuron {
            synaptic: mine,
            mix,
            leak,
            threshold,
            reset,
            reset_timing,
            membrane_bits,
            max_spikes,
            floor,
            stored,
            inhibition,
        })
    }

    fn leak(&mut self) -> Result<Leak<'a>, BlobError> {
        Ok(match self.next()? {
            0 => Leak::None,
            1 => Leak::All,
            2 => Leak::Shift(self.number()?),
            3 => Leak::Multiply { factor: self.number()?, shift: self.number()? },
            4 => Leak::MultiplyEach { factors: self.halfwords()?, shift: self.number()? },
            _ => return self.none(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_that_of_ethernet() {
        // "12345678" and its known CRC
        assert_eq!(crc32(&[u32::from_le_bytes(*b"1234"), u32::from_le_bytes(*b"5678")]), 0x9ae0_daaf);
    }

    #[test]
    fn what_is_no_block_is_refused() {
        let refused = |words: &[u32]| read(words, &mut Room::<1, 1, 0>::new()).map(|_| ());
        assert_eq!(refused(&[]), Err(BlobError::Length));
        assert_eq!(refused(&[0; 8]), Err(BlobError::Magic));
        assert_eq!(refused(&[MAGIC, 9, 0, 0, 0, 0, 0, 0]), Err(BlobError::Version(9)));
        assert_eq!(refused(&[MAGIC, VERSION, 9, 0, 0, 0, 0, 0]), Err(BlobError::Length));
        assert_eq!(refused(&[MAGIC, VERSION, 8, 1, 0, 0, 0, 8]), Err(BlobError::Crc));
        let crc = crc32(&[2, 0, 0, 8]);
        assert_eq!(refused(&[MAGIC, VERSION, 8, crc, 2, 0, 0, 8]), Err(BlobError::Room));
    }
}
