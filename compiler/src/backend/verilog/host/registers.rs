//! The register map: the one table. The Verilog, the two drivers and the pages are written from it.

use super::interface::Interface;

/// One word of the map.
pub struct Register {
    /// Its name, in capitals.
    pub name: &'static str,
    /// Who may do what.
    pub access: Access,
    /// What is read.
    pub value: Value,
    /// What it means, in one line of Markdown.
    pub doc: &'static str,
}

/// Who may do what with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can be read.
    Read,
    /// It can be written.
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    /// As it stands in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "read, write",
        }
    }
}

/// What is read.
pub enum Value {
    /// A number that is known when the design is written.
    Constant(fn(&Interface) -> u32),
    /// 32 bits in the Verilog of the map (`templates/host/registers.v`).
    Signal(&'static str),
}

/// Bits of a register that mean something alone.
pub struct Bit {
    /// Name in the drivers, in capitals.
    pub name: &'static str,
    /// Its place.
    pub place: u32,
    /// What it means when it is set.
    pub doc: &'static str,
}

const fn read(name: &'static str, value: Value, doc: &'static str) -> Register {
    Register { name, access: Access::Read, value, doc }
}

/// Every register; its address is its place here, in words.
pub const REGISTERS: &[Register] = &[
    read("IDENTITY", Value::Constant(|_| IDENTITY), "`0x534e4e43`, \"SNNC\": a design of snnc answers"),
    read("VERSION", Value::Constant(|_| VERSION), "Of this map: 1"),
    read(
        "FINGERPRINT",
        Value::Constant(|i| i.fingerprint),
        "Of the network, its weights included where they are fixed; a driver knows that of the network it was written for",
    ),
    read("INPUTS", Value::Constant(|i| i.inputs() as u32), "Elements of the input"),
    read("OUTPUTS", Value::Constant(|i| i.outputs as u32), "Elements of the output"),
    read("TIMESTEPS", Value::Constant(|i| i.timesteps), "Timesteps of a sample"),
    read("PLANES", Value::Constant(|i| i.planes as u32), "Digit planes of a timestep of input; 1: spikes"),
    read(
        "FRAMES",
        Value::Constant(|i| i.frames),
        "Timesteps of a sample that have input; 1 where the input is constant over the sample",
    ),
    Register {
        name: "CONTROL",
        access: Access::ReadWrite,
        value: Value::Signal("{30'd0, queued, 1'b0}"), // RESET and LOAD read 0
        doc: "Bits below; a reset takes the others as they are written with it",
    },
    read(
        "STATUS",
        Value::Signal("{27'd0, empty, line_q, disorder, overflow_q, busy}"),
        "Bits below; faults stay until a reset",
    ),
    read("SAMPLES", Value::Signal("samples"), "Samples whose class was given since the last reset, modulo 2^32"),
    read(
        "CLASS",
        Value::Signal("samples == 32'd0 ? 32'd0 : {{(32-CLASS_BITS){1'b0}}, class_index}"),
        "Of the last sample",
    ),
    read(
        "CLOCKS",
        Value::Signal("clocks"),
        "From the first input of the last sample (or from the class of the sample before, if that came later) to its class",
    ),
    read(
        "QUEUES",
        Value::Signal("{room, level}"),
        "Bits 31 to 16: events that EVENT has room for; bits 15 to 0: events that SPIKE holds",
    ),
    Register {
        name: "EVENT",
        access: Access::Write,
        value: Value::Constant(|_| 0),
        doc: "An input event; without room it is lost and STATUS says so",
    },
    read("SPIKE", Value::Signal("spike_word"), "The oldest output event, which is then gone; 0: there is none"),
    read("WEIGHTS", Value::Constant(|i| i.weights as u32), "Words of weights that are loaded; 0: they are fixed"),
    read("LOADED", Value::Signal("loaded"), "Words of weights that were taken since CONTROL.LOAD"),
    read(
        "CHECK",
        Value::Signal("check"),
        "Of these words: 0; for each rotated to the left by a bit, and the word added without carry",
    ),
    Register {
        name: "LOAD",
        access: Access::Write,
        value: Value::Constant(|_| 0),
        doc: "The next word of weights; no sample may be under way",
    },
];

/// What IDENTITY reads: "SNNC".
const IDENTITY: u32 = u32::from_be_bytes(*b"SNNC");

/// Of the map and the protocol: counts up where a driver of the version before would no longer work.
pub const VERSION: u32 = 1;

/// Bits of CONTROL.
pub const CONTROL: &[Bit] = &[
    Bit { name: "RESET", place: 0, doc: "The network, the queues, the counts and the faults start anew; reads 0" },
    Bit {
        name: "QUEUED",
        place: 1,
        doc: "Events come from EVENT and spikes go to SPIKE, not over the AXI streams; always 1 with SPI and UART",
    },
    Bit { name: "LOAD", place: 2, doc: "The next word of LOAD is the first of the weights again; reads 0" },
];

/// Bits of STATUS.
pub const STATUS: &[Bit] = &[
    Bit { name: "BUSY", place: 0, doc: "A sample has begun and its class is not there yet" },
    Bit { name: "OVERFLOW", place: 1, doc: "Fault: an event was written without room" },
    Bit { name: "DISORDER", place: 2, doc: "Fault: FIRST was not set just in the first timestep of a sample" },
    Bit { name: "LINE", place: 3, doc: "Fault: a byte without a stop bit (UART)" },
    Bit { name: "EMPTY", place: 4, doc: "Fault: the weights are not all loaded; stays until they are" },
];

/// Flags of an event; below them stands its index.
pub const EVENT: &[Bit] = &[
    Bit { name: "LAST", place: 31, doc: "The timestep (or digit plane) ends, after the event if there is one" },
    Bit { name: "KEEP", place: 30, doc: "There is an event: an active input element or an output spike" },
    Bit { name: "FIRST", place: 29, doc: "It belongs to the first timestep of a sample" },
];

/// The map as a table of Markdown.
#[must_use]
pub fn table() -> String {
    let line = |(word, register): (usize, &Register)| {
        format!("| {word} | {} | {} | {} |\n", register.name, register.access.name(), register.doc)
    };
    let lines: String = REGISTERS.iter().enumerate().map(line).collect();
    format!("| word | name | access | what it is |\n|---|---|---|---|\n{lines}")
}

/// Bits as a table of Markdown.
#[must_use]
pub fn bits(bits: &[Bit]) -> String {
    let lines: String = bits.iter().map(|bit| format!("| {} | {} | {} |\n", bit.place, bit.name, bit.doc)).collect();
    format!("| bit | name | set |\n|---|---|---|\n{lines}")
}

/// The map with the numbers of a network.
pub fn page(interface: &Interface) -> String {
    let mut text = format!("# Registers of {}\n\n| word | name | reads |\n|---|---|---|\n", interface.top);
    for (word, register) in REGISTERS.iter().enumerate() {
        let reads = match (&register.value, register.access) {
            (Value::Constant(of), Access::Read) => format!("{:#x}", of(interface)),
            _ => register.doc.to_owned(),
        };
        text += &format!("| {word} | {} | {reads} |\n", register.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_map_fits_the_bus() {
        let registers = REGISTERS.iter().map(|register| register.name);
        let bits = [CONTROL, STATUS, EVENT].into_iter().flatten().map(|bit| bit.name);
        for names in [registers.collect::<Vec<_>>(), bits.collect()] {
            let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(unique.len(), names.len(), "{names:?}");
        }
        assert!(REGISTERS.len() <= 64);
    }

    #[test]
    fn registers_that_reading_does_not_change_come_first() {
        // a driver reads all of them at once, up to EVENT
        let (event, spike) =
            (REGISTERS.iter().position(|r| r.name == "EVENT"), REGISTERS.iter().position(|r| r.name == "SPIKE"));
        assert_eq!(event.map(|event| event + 1), spike);
        assert!(REGISTERS.iter().take_while(|r| r.name != "EVENT").all(|r| r.access != Access::Write));
    }
}
