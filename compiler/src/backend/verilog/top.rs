//! The top module: its layers behind each other, the readout and the output stream.

use askama::Template;
use snnc_runtime::program::{EdgeKind, Program, Quantity};

use super::codes;
use super::front::InputIndex;
use super::loading::{self, WeightStore};
use super::netlist::{Section, Stream, numbers, prefixed};
use super::size::{Front, Layer, Sums, VECTOR_FRAMES, WindowSize, index_bits};
use super::tail::Tail;
use crate::backend::File;

#[derive(Template)]
#[template(path = "snn_top.v")]
struct Top<'a> {
    name: &'a str,
    title: &'a str,
    timesteps: u32,
    slots: usize,
    index_bits: usize,
    input: String,
    out_bits: usize,
    weights: usize,
    sections: Vec<Section>,
}

/// The top module and its memory files.
pub struct Design<'d, 'p> {
    /// Name of the top module.
    pub name: &'d str,
    /// Name of the model, for a comment.
    pub title: &'d str,
    /// The integer network.
    pub program: &'d Program<'p>,
    /// Its layers.
    pub layers: &'d [Layer<'p>],
    /// An identifier for each.
    pub ids: &'d [String],
    /// The name that the user knows for each.
    pub titles: &'d [String],
    /// Where its weights are.
    pub store: WeightStore,
}

impl Design<'_, '_> {
    /// Every module in its place, a section for each layer first; the memory files, and the weights that are loaded.
    pub fn netlist(&self) -> (Vec<Section>, Vec<File>, Vec<u32>) {
        let mut files = Vec::new();
        let mut sections = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let mut section = Section { comment: self.describe(index), ..Section::default() };
            self.front(&mut section, index);
            let mut tail = Tail { section: &mut section, files: &mut files, layer, id: &self.ids[index] };
            let (current, stream, membranes) = tail.grow(self.program.timesteps());
            self.sink(&mut section, index, &stream, &current, membranes);
            sections.push(section);
        }
        sections.push(self.output());
        let weights = loading::connect(&mut sections, &mut files, self.store);
        (sections, files, weights)
    }

    /// Every file of the design but the fixed modules, from its netlist and its memory files.
    pub fn files(&self, sections: Vec<Section>, mut files: Vec<File>, weights: &[u32]) -> Vec<File> {
        let index = InputIndex::new(&self.layers[0]);
        let top = Top {
            name: self.name,
            title: self.title,
            timesteps: self.program.timesteps(),
            slots: self.input_slots(),
            index_bits: index.total() * self.input_slots(),
            input: self.describe_input(&index),
            out_bits: self.out_index_bits(),
            weights: weights.len(),
            sections,
        };
        let mut text = top.render().expect("a template without conditions of its own renders");
        text.push('\n'); // askama drops the last newline
        files.insert(0, File::text(format!("{}.v", self.name), text));
        files
    }

    fn describe_input(&self, index: &InputIndex) -> String {
        let first = &self.layers[0];
        let what = match index.bits {
            [0, 0, _] => format!("element 0 to {}", first.from.len() - 1),
            [y, x, c] => format!("{{y: {y} bits, x: {x} bits, channel: {c} bits}}"),
        };
        match first.planes {
            1 => what,
            planes => format!("{what}, on each of {planes} digit planes, most significant first"),
        }
    }

    fn describe(&self, index: usize) -> String {
        let layer = &self.layers[index];
        let kind = match &layer.front {
            Front::Stream => "dense, directly from the event stream".into(),
            Front::Window(w) if w.is_dense() => "dense".into(),
            Front::Window(w) if matches!(layer.sums, Sums::Depthwise { .. }) => {
                format!("depthwise convolution {}x{}", w.kernel[0], w.kernel[1])
            }
            Front::Window(w) => format!("convolution {}x{}", w.kernel[0].max(w.stack), w.kernel[1]),
        };
        format!(
            "{}: {kind}, {} lanes of {} bits, {} elements per clock behind them",
            self.titles[index], layer.lanes, layer.sum_bits, layer.group
        )
    }

    /// Events of a beat of the input stream.
    pub fn input_slots(&self) -> usize {
        match &self.layers[0].front {
            Front::Stream => self.layers[0].slots,
            Front::Window(_) => 1, // collected
        }
    }

    /// Elements of the network's output.
    pub fn outputs(&self) -> usize {
        self.layers.last().expect("a network has a layer").output().0.len()
    }

    fn out_index_bits(&self) -> usize {
        index_bits(self.outputs())
    }

    /// Into the next layer's memory; of the last layer into the readout and the output stream.
    fn sink(&self, s: &mut Section, index: usize, stream: &Stream, current: &Stream, membranes: Option<String>) {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let quantity = self.program.readout().quantity;
        if let (Some(membranes), false) = (&membranes, layer.last && quantity == Quantity::Membrane) {
            s.statements.push(format!("wire {id}__unused_membranes = &{{1'b0, {membranes}}};"));
        }
        s.statements.push(format!("wire {id}__unused_tag = &{{1'b0, {}[3:1]}};", stream.tag));
        if layer.last {
            let value = match quantity {
                Quantity::Spikes => format!("{{1'b0, {}}}", stream.data),
                Quantity::Membrane => membranes.unwrap_or_default(),
                Quantity::Current => current.data.clone(),
            };
            self.readout(s, stream, value);
        }
        let joined = layer.joined.as_ref().map(|joined| (&*joined.engine, format!("{id}__own")));
        for (engine, id) in [(layer, id.clone())].into_iter().chain(joined) {
            if let Front::Window(window) = &engine.front
                && window.own > 0
            {
                Self::own_spikes(s, engine, window, &id, stream);
            }
        }
        let (w, target) = match self.layers.get(index + 1).map(|next| &next.front) {
            Some(Front::Window(window)) => (WindowSize::clone(window), self.ids[index + 1].clone()),
            _ => (self.output_window(), "output".into()),
        };
        let planes = layer.output_bits();
        let word = s.wire(planes * w.chunk, format!("{id}__word"));
        let silent = matches!(layer.output().1, EdgeKind::Currents { .. });
        let mut ports = vec![
            ("i_valid", stream.valid.clone()),
            ("i_data", if silent { "1'b0".into() } else { stream.data.clone() }),
            ("i_first", format!("{}[0]", stream.tag)),
            ("write_data", word.clone()),
        ];
        let written = [("write", "write"), ("write_address", "write_address")];
        let link = [("written", "written"), ("written_first", "written_first")];
        let next = self.layers.get(index + 1);
        let mut place = Place::new(&w);
        if next.is_some_and(Layer::takes_changes) {
            Self::changes(s, id, &target, &w);
            ports.extend(prefixed(&format!("{id}__frame_"), &written));
            ports.extend(prefixed(&format!("{id}__frame_"), &link));
        } else if let Some(next) = next.filter(|next| next.has_base()) {
            place = Place::packed(&w, next.frames_before());
            Self::inverted(s, id, &target, &w, next);
            ports.extend(prefixed(&format!("{id}__frame_"), &written));
            ports.extend(prefixed(&format!("{id}__out_"), &link));
        } else {
            ports.extend(prefixed(&format!("{target}__"), &written));
            ports.extend(prefixed(&format!("{id}__out_"), &link));
            s.statements.push(format!("assign {target}__write_data = {{{}{{{word}}}}};", w.kernel[1]));
        }
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("PLANES", planes),
            ("CHUNK", w.chunk),
            ("CHANNELS", w.map[2]),
            ("HEIGHT", w.map[0]),
            ("WIDTH", w.map[1]),
        ]);
        parameters.extend(place.parameters());
        s.instance("snn_writer", format!("u_{id}__writer"), parameters, ports);
    }

    /// From the frames of a layer to what changes in them, for the window `w` of layer `target`.
    fn changes(s: &mut Section, id: &str, target: &str, w: &WindowSize) {
        let address_bits = index_bits(w.frames() * w.frame);
        for (field, bits) in [("write", 1), ("write_address", address_bits), ("written", 1), ("written_first", 1)] {
            s.wire(bits, format!("{id}__frame_{field}"));
        }
        let mut ports = prefixed(
            &format!("{id}__frame_"),
            &[
                ("i_write", "write"),
                ("i_address", "write_address"),
                ("i_written", "written"),
                ("i_first", "written_first"),
            ],
        );
        ports.push(("i_data", format!("{id}__word")));
        let written = [("o_write", "write"), ("o_address", "write_address"), ("o_data", "write_data")];
        ports.extend(prefixed(&format!("{target}__"), &written));
        ports.extend(prefixed(&format!("{id}__out_"), &[("o_written", "written"), ("o_first", "written_first")]));
        let parameters = numbers(&[("CHUNK", w.chunk), ("FRAME", w.frame), ("ADDRESS_BITS", address_bits)]);
        s.instance("snn_delta", format!("u_{id}__delta"), parameters, ports);
    }

    /// From the frames of a layer to those of the inverted code, for the window `w` of layer `target`.
    fn inverted(s: &mut Section, id: &str, target: &str, w: &WindowSize, next: &Layer<'_>) {
        let address_bits = index_bits(next.frames_before() * w.words());
        s.wire(1, format!("{id}__frame_write"));
        s.wire(address_bits, format!("{id}__frame_write_address"));
        let coded = format!("{target}__coded");
        s.link(&coded, w.frames(), next.copies);
        for (field, bits) in [("valid", 1), ("word", 2 * w.chunk), ("first", 1)] {
            s.wire(bits, format!("{coded}_{field}_in"));
        }
        s.statements.push(format!("wire {id}__unused_out = &{{1'b0, {id}__out_full, {id}__out_first}};"));
        let mut ports = prefixed(&format!("{id}__frame_"), &[("i_write", "write"), ("i_address", "write_address")]);
        ports.push(("i_data", format!("{id}__word")));
        ports.push(("read", format!("{id}__out_read")));
        ports.extend(prefixed(&format!("{coded}_"), &[("start", "start"), ("free", "free")]));
        let word = [("o_valid", "valid_in"), ("o_data", "word_in"), ("o_first", "first_in")];
        ports.extend(prefixed(&format!("{coded}_"), &word));
        let parameters = numbers(&[
            ("CHUNK", w.chunk),
            ("WORDS", w.words()),
            ("TIMESTEPS", next.timesteps),
            ("ADDRESS_BITS", address_bits),
        ]);
        s.instance("snn_invert", format!("u_{target}__invert"), parameters, ports);

        let word = s.wire(2 * w.chunk, format!("{coded}_word"));
        s.statements.push(format!("assign {target}__write_data = {{{}{{{word}}}}};", w.kernel[1]));
        let mut ports = prefixed(
            &format!("{coded}_"),
            &[("i_valid", "valid_in"), ("i_data", "word_in"), ("i_first", "first_in"), ("write_data", "word")],
        );
        ports.extend(prefixed(&format!("{target}__"), &[("write", "write"), ("write_address", "write_address")]));
        ports.extend(prefixed(&format!("{coded}_"), &[("written", "written"), ("written_first", "written_first")]));
        let mut parameters = numbers(&[
            ("GROUP", w.chunk),
            ("PLANES", 2),
            ("CHUNK", w.chunk),
            ("CHANNELS", w.chunks * w.chunk),
            ("HEIGHT", w.map[0]),
            ("WIDTH", w.map[1]),
        ]);
        parameters.extend(Place::new(w).parameters());
        s.instance("snn_writer", format!("u_{target}__coder"), parameters, ports);
    }

    /// Own spikes into the memory that the layer reads a timestep later.
    fn own_spikes(s: &mut Section, layer: &Layer<'_>, w: &WindowSize, id: &str, stream: &Stream) {
        let unused = s.wire(1, format!("{id}__unused_own_first"));
        let ports = vec![
            ("i_valid", stream.valid.clone()),
            ("i_data", stream.data.clone()),
            ("i_first", "1'b0".into()),
            ("write_data", format!("{id}__own_write_data")),
            ("write", format!("{id}__own_write")),
            ("write_address", format!("{id}__own_write_address")),
            ("written", format!("{id}__own_written")),
            ("written_first", unused),
        ];
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("PLANES", 1),
            ("CHUNK", w.chunk),
            ("CHANNELS", layer.channels),
            ("HEIGHT", 1),
            ("WIDTH", 1),
            ("BANKS", 1),
            ("START", 0),
            ("FIRST_BANK", 0),
            ("ROW", w.own),
            ("FRAME", w.own),
            ("ADDRESS_BITS", index_bits(2 * w.own)),
        ]);
        s.instance("snn_writer", format!("u_{id}__own"), parameters, ports);
    }

    /// Bits of what the readout looks at.
    fn value_bits(&self) -> usize {
        let last = self.layers.last().expect("a network has a layer");
        codes::value_bits(self.program, &last.planned, last.current_bits)
    }

    /// Bits of a score.
    pub fn score_bits(&self) -> usize {
        codes::score_bits(self.program, self.value_bits())
    }

    fn readout(&self, s: &mut Section, stream: &Stream, value: String) {
        let score_valid = s.wire(1, "unused_score_valid".into());
        let score = s.wire(self.score_bits(), "unused_score".into());
        let ports = vec![
            ("i_valid", stream.valid.clone()),
            ("i_value", value),
            ("i_first", format!("{}[0]", stream.tag)),
            ("score_valid", score_valid),
            ("score", score),
            ("class_valid", "class_valid".into()),
            ("class_index", "class_index".into()),
        ];
        let parameters = numbers(&[
            ("ELEMENTS", self.outputs()),
            ("VALUE_BITS", self.value_bits()),
            ("SCORE_BITS", self.score_bits()),
            ("TIMESTEPS", self.program.timesteps() as usize),
            ("REDUCE", codes::reduce(self.program.readout().reduce)),
            ("INDEX_BITS", self.out_index_bits()),
        ]);
        s.instance("snn_readout", "u_readout".into(), parameters, ports);
    }

    /// Frames of the buffer that a layer gives to.
    pub(super) fn output_frames(&self, index: usize) -> usize {
        output_frames(self.layers.get(index + 1))
    }

    /// Who reads it: the engines of the next layer, or what inverts frames on their way, or the output stream.
    pub(super) fn output_readers(&self, index: usize) -> usize {
        self.layers.get(index + 1).filter(|next| !next.has_base()).map_or(1, |next| next.copies)
    }

    /// The memory of the output stream, as if a dense layer read it.
    fn output_window(&self) -> WindowSize {
        let chunk = self.outputs().min(OUTPUT_WORD);
        WindowSize::dense(self.outputs(), chunk)
    }

    fn output(&self) -> Section {
        let w = self.output_window();
        let mut section = Section { comment: "output stream".into(), ..Section::default() };
        let s = &mut section;
        let address_bits = index_bits(w.frames() * w.chunks);
        let id = self.ids.last().expect("a network has a layer");
        for (field, bits) in [("write", 1), ("write_address", address_bits), ("write_data", w.chunk)] {
            s.wire(bits, format!("output__{field}"));
        }
        let written = [("write", "write"), ("write_address", "write_address"), ("write_data", "write_data")];
        let mut ports = prefixed("output__", &written);
        ports.extend(prefixed(&format!("{id}__out_"), &[("full", "full"), ("first", "first"), ("read", "read")]));
        for port in ["m_index", "m_last", "m_first", "m_valid", "m_ready"] {
            ports.push((port, port.into()));
        }
        let parameters = numbers(&[
            ("CHUNK", w.chunk),
            ("CHUNKS", w.chunks),
            ("FRAMES", w.frames()),
            ("ADDRESS_BITS", address_bits),
            ("INDEX_BITS", self.out_index_bits()),
        ]);
        s.instance("snn_events", "u_events".into(), parameters, ports);
        section
    }
}

/// Where the words of a frame go (`snn_writer`).
struct Place {
    banks: usize,
    start: usize,
    first_bank: usize,
    row: usize,
    frame: usize,
    frames: usize,
}

impl Place {
    /// Into a window's memory.
    fn new(w: &WindowSize) -> Self {
        let start = (w.padding[0] * w.columns + w.padding[1] / w.kernel[1]) * w.chunks;
        let (banks, first_bank) = (w.kernel[1], w.padding[1] % w.kernel[1]);
        Self { banks, start, first_bank, row: w.row(), frame: w.frame, frames: w.frames() }
    }

    /// One behind the other.
    fn packed(w: &WindowSize, frames: usize) -> Self {
        Self { banks: 1, start: 0, first_bank: 0, row: w.map[1] * w.chunks, frame: w.words(), frames }
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        numbers(&[
            ("BANKS", self.banks),
            ("START", self.start),
            ("FIRST_BANK", self.first_bank),
            ("ROW", self.row),
            ("FRAME", self.frame),
            ("FRAMES", self.frames),
            ("ADDRESS_BITS", index_bits(self.frames * self.frame)),
        ])
    }
}

/// Frames of the buffer in front of a layer, or of the output stream.
pub fn output_frames(next: Option<&Layer<'_>>) -> usize {
    next.map_or(VECTOR_FRAMES, Layer::frames_before)
}

/// Elements of a word of the output stream's memory, at most.
pub const OUTPUT_WORD: usize = 64;
