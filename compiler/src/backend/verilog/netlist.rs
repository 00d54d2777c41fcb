//! A netlist: fixed modules in their places, and the wires between them.

use super::unrolled::Size;

/// A fixed module in its place.
pub struct Instance {
    /// Its module.
    pub module: &'static str,
    /// Its own name.
    pub name: String,
    /// Name and value of each parameter.
    pub parameters: Vec<(&'static str, String)>,
    /// Name and connection of each port.
    pub ports: Vec<(&'static str, String)>,
}

/// What belongs to one layer.
#[derive(Default)]
pub struct Section {
    /// What it is.
    pub comment: String,
    /// Bits and name of each wire.
    pub wires: Vec<(usize, String)>,
    /// What else is said.
    pub statements: Vec<String>,
    /// Its fixed modules.
    pub instances: Vec<Instance>,
    /// Its adder trees, which are modules of its own: name, and what they are made of.
    pub trees: Vec<(String, Size)>,
}

impl Section {
    /// Declares a wire and gives its name.
    pub fn wire(&mut self, bits: usize, name: String) -> String {
        self.wires.push((bits, name.clone()));
        name
    }

    /// A module with a clock and a reset.
    pub fn instance(
        &mut self,
        module: &'static str,
        name: String,
        parameters: Vec<(&'static str, String)>,
        ports: Vec<(&'static str, String)>,
    ) {
        let clocked = [("clk", "clk".to_string()), ("rst", "rst".into())];
        let ports = clocked.into_iter().chain(ports).collect();
        self.instances.push(Instance { module, name, parameters, ports });
    }

    /// The books of a buffer of `frames` frames that so many engines read, with a wire for each of its signals.
    pub fn link(&mut self, name: &str, frames: usize, readers: usize) {
        let signals = [
            ("start", 1),
            ("written", 1),
            ("written_first", 1),
            ("read", readers),
            ("free", 1),
            ("full", readers),
            ("first", readers),
        ];
        let ports = signals.map(|(signal, bits)| (signal, self.wire(bits, format!("{name}_{signal}"))));
        let parameters = numbers(&[("FRAMES", frames), ("READERS", readers)]);
        self.instance("snn_link", format!("u_{name}"), parameters, ports.into());
    }

    /// Wires for a stream that comes out of a module.
    pub fn stream(&mut self, id: &str, what: &str, group: usize, bits: usize) -> Stream {
        Stream {
            valid: self.wire(1, format!("{id}__{what}_valid")),
            data: self.wire(group * bits, format!("{id}__{what}")),
            tag: self.wire(4, format!("{id}__{what}_tag")),
            bits,
        }
    }
}

/// The names of a stream of groups that never waits.
#[derive(Clone)]
pub struct Stream {
    /// Whether there is a group.
    pub valid: String,
    /// The group.
    pub data: String,
    /// Where in its pool window and its sample it stands.
    pub tag: String,
    /// Bits of an element.
    pub bits: usize,
}

impl Stream {
    /// Ports of a module that this stream goes into and another comes out of.
    pub fn through(&self, to: &Stream) -> Vec<(&'static str, String)> {
        vec![
            ("i_valid", self.valid.clone()),
            ("i_data", self.data.clone()),
            ("i_tag", self.tag.clone()),
            ("o_valid", to.valid.clone()),
            ("o_data", to.data.clone()),
            ("o_tag", to.tag.clone()),
        ]
    }
}

/// Parameters that are numbers.
pub fn numbers(pairs: &[(&'static str, usize)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, value.to_string())).collect()
}

/// Ports that are connected to wires of the same name behind a prefix.
pub fn prefixed(prefix: &str, pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(port, name)| (*port, format!("{prefix}{name}"))).collect()
}
