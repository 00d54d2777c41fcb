//! The top module: layers behind each other, the readout and the queue of the output.

use askama::Template;
use snnc_runtime::program::{Program, Quantity, Rate};

use super::layer::{Layer, Token};
use super::unit::Unit;
use crate::backend::File;
use crate::backend::verilog::host::Interface;
use crate::backend::verilog::netlist::{Section, numbers};
use crate::backend::verilog::size::index_bits;
use crate::backend::verilog::{Names, codes};
use crate::compiled::Compiled;

#[derive(Template)]
#[template(path = "unrolled/top.v")]
struct Top<'a> {
    name: &'a str,
    title: &'a str,
    timesteps: u32,
    planes: usize,
    constant: bool,
    inputs: usize,
    outputs: usize,
    class_bits: usize,
    depth: usize,
    sections: Vec<Section>,
}

/// The top module and the adder trees.
pub struct Design<'d, 'p> {
    /// Name of the top module.
    pub name: &'d str,
    /// Name of the model, for a comment.
    pub title: &'d str,
    /// The integer network.
    pub program: &'d Program<'p>,
    /// Its layers.
    pub units: &'d [Unit<'p>],
    /// An identifier for each.
    pub ids: &'d [String],
    /// The name that the user knows for each.
    pub titles: &'d [String],
}

impl<'d, 'p> Design<'d, 'p> {
    /// The design of some layers.
    pub fn new(compiled: &'d Compiled<'p>, units: &'d [Unit<'p>], names: &'d Names) -> Self {
        let Names { top, title, ids, titles } = names;
        Self { name: top, title, program: &compiled.program, units, ids, titles }
    }

    /// Every module in its place, a section for each layer behind that of the input; the files of the adder trees.
    pub fn netlist(&self) -> (Vec<Section>, Vec<File>) {
        let mut files = Vec::new();
        let mut sections = vec![self.input()];
        for index in 0..self.units.len() {
            sections.push(self.layer(index, &mut files));
        }
        sections.push(self.output());
        (sections, files)
    }

    /// Every file of the design but the fixed modules.
    pub fn files(&self, sections: Vec<Section>, mut files: Vec<File>) -> Vec<File> {
        let top = Top {
            name: self.name,
            title: self.title,
            timesteps: self.program.timesteps(),
            planes: self.units[0].planes,
            constant: self.is_constant(),
            inputs: self.inputs(),
            outputs: self.outputs(),
            class_bits: self.class_bits(),
            depth: self.depth(),
            sections,
        };
        let text = top.render().expect("a template without conditions of its own renders");
        files.insert(0, File::text(format!("{}.v", self.name), text + "\n"));
        files
    }

    /// What a host must know of it.
    pub fn interface(&self, fingerprint: u32) -> Interface {
        let shape = self.program.input().shape;
        let inputs = self.inputs();
        Interface {
            top: self.name.to_owned(),
            network: format!("{}_events", self.name),
            title: self.title.to_owned(),
            shape: [shape.height, shape.width, shape.channels].map(|n| n as usize),
            index: [0, 0, if inputs > 1 { index_bits(inputs) } else { 0 }],
            slots: 1,
            outputs: self.outputs(),
            out_bits: self.class_bits(),
            timesteps: self.program.timesteps(),
            planes: self.units[0].planes,
            signed: self.units[0].negative,
            frames: if self.is_constant() { 1 } else { self.program.timesteps() },
            fingerprint,
            weights: 0,
        }
    }

    fn is_constant(&self) -> bool {
        self.program.input().rate == Rate::PerSample
    }

    /// Elements of the input.
    pub fn inputs(&self) -> usize {
        self.program.input().shape.len()
    }

    /// Elements of the output.
    pub fn outputs(&self) -> usize {
        self.units.last().expect("a network has a layer").elements()
    }

    /// Bits of a class.
    pub fn class_bits(&self) -> usize {
        index_bits(self.outputs())
    }

    /// Clocks from the first layer's input to the last layer's spikes.
    pub fn depth(&self) -> usize {
        self.units.iter().map(Unit::clocks).sum()
    }

    /// Binary logarithm of the timesteps that the queue of the output has room for: with so many under way, no clock is
    /// lost while the reader takes each as it comes.
    pub fn room_bits(&self) -> usize {
        index_bits(self.depth() + 4).max(2)
    }

    fn input(&self) -> Section {
        let mut section = Section { comment: "input".into(), ..Section::default() };
        let s = &mut section;
        let spikes = s.wire(self.inputs(), "input__spikes".into());
        let parameters = numbers(&[
            ("FAN_IN", self.inputs()),
            ("PLANES", self.units[0].planes),
            ("CONSTANT", usize::from(self.is_constant())),
            ("TIMESTEPS", self.program.timesteps() as usize),
            ("ROOM_BITS", self.room_bits()),
        ]);
        let mut ports: Vec<(&'static str, String)> =
            ["s_spikes", "s_first", "s_valid", "s_ready"].map(|port| (port, port.to_owned())).into();
        ports.push(("o_spikes", spikes));
        for (port, field) in
            [("o_plane", "plane"), ("o_load", "load"), ("o_done", "done"), ("o_step", "valid"), ("o_first", "first")]
        {
            ports.push((port, s.wire(1, format!("input__{field}"))));
        }
        ports.push(("given", "m_valid && m_ready".into()));
        s.instance("snn_unrolled_issue", "u_issue".into(), parameters, ports);
        s.statements.push("wire unused_input = &{1'b0, input__plane, input__load, input__done};".into());
        section
    }

    fn layer(&self, index: usize, files: &mut Vec<File>) -> Section {
        let (unit, id) = (&self.units[index], &self.ids[index]);
        let before = index.checked_sub(1).map(|before| (&self.ids[before], &self.units[before]));
        let (spikes, prefix) = match before {
            Some((id, unit)) if unit.pooled.is_empty() => (format!("{id}__spikes"), format!("{id}__spikes")),
            Some((id, _)) => (format!("{id}__pooled"), format!("{id}__spikes")),
            None => ("input__spikes".into(), "input_".into()),
        };
        let token = Token { valid: format!("{prefix}_valid"), first: format!("{prefix}_first") };
        let (elements, inputs, weights) = (unit.elements(), unit.inputs, unit.sums.size.weights);
        let mut section = Section {
            comment: format!(
                "{}: {elements} neurons over {inputs} inputs, {weights} of {} weights not zero",
                self.titles[index], unit.dense
            ),
            ..Section::default()
        };
        let (section_, top, title) = (&mut section, self.name, &*self.titles[index]);
        Layer { section: section_, files, unit, id, top, title }.grow(&spikes, &token);
        section
    }

    /// Bits of what the readout looks at.
    fn value_bits(&self) -> usize {
        let last = self.units.last().expect("a network has a layer");
        codes::value_bits(self.program, &last.planned, last.current_bits)
    }

    /// Bits of a score.
    pub fn score_bits(&self) -> usize {
        codes::score_bits(self.program, self.value_bits())
    }

    /// The readout, and the queue of the output.
    fn output(&self) -> Section {
        let mut section = Section { comment: "readout and output".into(), ..Section::default() };
        let s = &mut section;
        let id = self.ids.last().expect("a network has a layer");
        let n = self.outputs();
        let values = match self.program.readout().quantity {
            Quantity::Spikes => {
                let bits: Vec<String> = (0..n).rev().map(|i| format!("1'b0, {id}__spikes[{i}]")).collect();
                format!("{{{}}}", bits.join(", "))
            }
            Quantity::Membrane => format!("{id}__membranes"),
            Quantity::Current => format!("{id}__currents"),
        };
        let parameters = numbers(&[
            ("ELEMENTS", n),
            ("VALUE_BITS", self.value_bits()),
            ("SCORE_BITS", self.score_bits()),
            ("TIMESTEPS", self.program.timesteps() as usize),
            ("REDUCE", codes::reduce(self.program.readout().reduce)),
            ("INDEX_BITS", self.class_bits()),
        ]);
        let ports = vec![
            ("i_valid", format!("{id}__spikes_valid")),
            ("i_first", format!("{id}__spikes_first")),
            ("i_values", values),
            ("score_valid", s.wire(1, "unused_score_valid".into())),
            ("scores", s.wire(n * self.score_bits(), "unused_scores".into())),
            ("class_valid", "class_valid".into()),
            ("class_index", "class_index".into()),
        ];
        s.instance("snn_unrolled_readout", "u_readout".into(), parameters, ports);

        let parameters = numbers(&[("WIDTH", n + 1), ("ADDRESS_BITS", self.room_bits())]);
        let ports = vec![
            ("push", format!("{id}__spikes_valid")),
            ("push_data", format!("{{{id}__spikes_first, {id}__spikes}}")),
            ("free", s.wire(1, "unused_free".into())),
            ("room", s.wire(16, "unused_room".into())),
            ("level", s.wire(16, "unused_level".into())),
            ("valid", "m_valid".into()),
            ("data", "{m_first, m_spikes}".into()),
            ("pop", "m_valid && m_ready".into()),
        ];
        s.instance("snn_queue", "u_output".into(), parameters, ports);
        section
    }
}
