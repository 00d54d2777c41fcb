//! The top module: which fixed modules stand behind each other, and what connects them.

use askama::Template;
use snnc_runtime::program::{EdgeKind, Leak, Neuron, Pool, Program, Quantity, Reduce, Reset, ResetTiming};

use super::memory;
use super::plan::pool_code;
use super::size::{Finish, Front, Layer, WindowSize, index_bits, reset_table, table_bits};
use crate::backend::File;

/// Bits of the input's index: a flat index, or `{y, x, channel}` for a convolution.
#[derive(Clone, Copy, Debug)]
pub struct InputIndex {
    /// Bits of the row, of the column, of the channel; the channel is the whole index of a dense layer.
    pub bits: [usize; 3],
}

impl InputIndex {
    /// The index of the first layer's input events.
    pub fn new(layer: &Layer<'_>) -> Self {
        let bits = |n: usize| if n > 1 { index_bits(n) } else { 0 };
        match &layer.front {
            Front::Stream => Self { bits: [0, 0, bits(layer.from.len())] },
            Front::Window(window) => Self { bits: window.map.map(bits) },
        }
    }

    /// All bits, at least one.
    pub fn total(&self) -> usize {
        self.bits.iter().sum::<usize>().max(1)
    }

    /// The index of element (`y`, `x`, `channel`).
    pub fn index(&self, [y, x, channel]: [usize; 3]) -> usize {
        (y << self.bits[1] | x) << self.bits[2] | channel
    }
}

/// A fixed module in its place.
pub struct Instance {
    module: &'static str,
    name: String,
    parameters: Vec<(&'static str, String)>,
    ports: Vec<(&'static str, String)>,
}

/// What belongs to one layer.
#[derive(Default)]
pub struct Section {
    comment: String,
    wires: Vec<(usize, String)>,
    statements: Vec<String>,
    instances: Vec<Instance>,
}

#[derive(Template)]
#[template(path = "snn_top.v")]
struct Top<'a> {
    name: &'a str,
    title: &'a str,
    timesteps: u32,
    index_bits: usize,
    input: String,
    out_bits: usize,
    sections: Vec<Section>,
}

/// Where the tail of a layer stands: the names of its current stream.
#[derive(Clone)]
struct Stream {
    valid: String,
    data: String,
    tag: String,
    bits: usize,
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
}

fn wire(section: &mut Section, bits: usize, name: String) -> String {
    section.wires.push((bits, name.clone()));
    name
}

impl Design<'_, '_> {
    /// Every file of the design but the fixed modules.
    pub fn files(&self) -> Vec<File> {
        let mut files = Vec::new();
        let mut sections = Vec::new();
        for index in 0..self.layers.len() {
            let section = self.layer(index, &mut files);
            sections.push(section);
        }
        sections.push(self.output());
        let index = InputIndex::new(&self.layers[0]);
        let top = Top {
            name: self.name,
            title: self.title,
            timesteps: self.program.timesteps(),
            index_bits: index.total(),
            input: self.describe_input(&index),
            out_bits: self.out_index_bits(),
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

    /// Elements of the network's output.
    pub fn outputs(&self) -> usize {
        self.layers.last().expect("a network has a layer").output().0.len()
    }

    fn out_index_bits(&self) -> usize {
        index_bits(self.outputs())
    }

    fn layer(&self, index: usize, files: &mut Vec<File>) -> Section {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let mut section = Section { comment: self.describe(index), ..Section::default() };
        let s = &mut section;
        self.front(s, index);
        let mut stream = self.sums(s, layer, id, files);
        if let Some(finish) = &layer.finish {
            let bias = layer.planned.population.bias;
            stream = self.finish(s, layer, id, "current", &stream, finish, bias, files);
        }
        if let (Some(pool), Some(bits)) = (&layer.planned.current_pool, layer.pooled_bits) {
            stream = self.pool(s, layer, id, "pooled", &stream, pool, false, bits);
        }
        if let (Some(finish), Some(identity)) = (&layer.second_finish, layer.planned.identity) {
            stream = self.finish(s, layer, id, "scaled", &stream, finish, identity.bias, files);
        }
        if layer.replays() {
            stream = self.replay(s, layer, id, &stream);
        }
        let current = stream.clone();
        let mut membranes = None;
        if let Some((_, neuron)) = layer.planned.neurons {
            let (spikes, stored) = self.neurons(s, layer, id, &stream, &neuron, files);
            (stream, membranes) = (spikes, Some(stored));
        }
        if let Some(pool) = &layer.planned.spike_pool {
            stream = self.pool(s, layer, id, "count", &stream, pool, true, layer.output_bits());
        }
        self.sink(s, index, &stream, &current, membranes);
        section
    }

    fn describe(&self, index: usize) -> String {
        let layer = &self.layers[index];
        let kind = match &layer.front {
            Front::Stream => "dense, directly from the event stream".into(),
            Front::Window(w) if w.map[0] * w.map[1] * w.kernel[0] * w.kernel[1] * w.out[0] * w.out[1] == 1 => {
                "dense".into()
            }
            Front::Window(w) => format!("convolution {}x{}", w.kernel[0], w.kernel[1]),
        };
        format!(
            "{}: {kind}, {} lanes of {} bits, {} elements per clock behind them",
            self.titles[index], layer.lanes, layer.sum_bits, layer.group
        )
    }

    /// Bits of a row of weights, as the encoder and the lanes number them.
    fn row_bits(layer: &Layer<'_>) -> usize {
        index_bits(layer.rows)
    }

    /// The link that a layer's sums wait for.
    fn sum_link(&self, index: usize) -> String {
        let id = &self.ids[index];
        if self.layers[index].replays() { format!("{id}__kept") } else { format!("{id}__out") }
    }

    fn link(s: &mut Section, name: &str) {
        let signals = ["start", "written", "written_first", "read", "free", "full", "first"];
        let ports = signals.iter().map(|signal| (*signal, wire(s, 1, format!("{name}_{signal}"))));
        let ports = [("clk", "clk".into()), ("rst", "rst".into())].into_iter().chain(ports).collect();
        s.instances.push(Instance { module: "snn_link", name: format!("u_{name}"), parameters: vec![], ports });
    }

    /// From the input, or from the layer before, to items for the lanes.
    fn front(&self, s: &mut Section, index: usize) {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let link = self.sum_link(index);
        Self::link(s, &link);
        if layer.replays() {
            Self::link(s, &format!("{id}__out"));
        }
        let row_bits = Self::row_bits(layer);
        let item = |s: &mut Section, field: &str, bits| wire(s, bits, format!("{id}__item_{field}"));
        let mut items = vec![("o_valid", item(s, "valid", 1)), ("o_row", item(s, "row", row_bits))];
        for (port, field) in [
            ("o_hit", "hit"),
            ("o_subtract", "subtract"),
            ("o_load", "load"),
            ("o_double", "double"),
            ("o_done", "done"),
        ] {
            items.push((port, item(s, field, 1)));
        }
        items.push(("o_tag", item(s, "tag", 4)));
        let clocked = || vec![("clk", "clk".to_string()), ("rst", "rst".into())];
        let link_ports = [("start", format!("{link}_start")), ("free", format!("{link}_free"))];
        match &layer.front {
            Front::Stream => {
                let mut ports = clocked();
                for port in ["s_index", "s_last", "s_first", "s_valid", "s_ready"] {
                    ports.push((port, port.into()));
                }
                ports.extend(link_ports);
                ports.extend(items);
                s.instances.push(Instance {
                    module: "snn_stream",
                    name: format!("u_{id}__stream"),
                    parameters: vec![
                        ("INDEX_BITS", row_bits.to_string()),
                        ("PLANES", layer.planes.to_string()),
                        ("NEGATIVE", u8::from(layer.negative).to_string()),
                        ("INTERVAL", layer.interval.to_string()),
                    ],
                    ports,
                });
            }
            Front::Window(window) => {
                if window.collected {
                    self.collect(s, layer, window);
                }
                self.window(s, index, window, row_bits);
                let offset_bits = index_bits(window.bits());
                let mut ports = clocked();
                for (port, field) in [
                    ("i_valid", "valid"),
                    ("i_bits", "bits"),
                    ("i_count", "count"),
                    ("i_rotation", "rotation"),
                    ("i_row", "row"),
                    ("i_flags", "flags"),
                    ("i_tag", "tag"),
                    ("i_pop", "pop"),
                ] {
                    ports.push((port, format!("{id}__chunk_{field}")));
                }
                ports.extend(link_ports);
                ports.extend(items);
                s.instances.push(Instance {
                    module: "snn_encode",
                    name: format!("u_{id}__encode"),
                    parameters: vec![
                        ("BITS", window.bits().to_string()),
                        ("COUNT_BITS", count_bits(window).to_string()),
                        ("OFFSET_BITS", offset_bits.to_string()),
                        ("ROW_BITS", row_bits.max(offset_bits).to_string()),
                        ("INTERVAL", layer.interval.to_string()),
                    ],
                    ports,
                });
            }
        }
    }

    fn window(&self, s: &mut Section, index: usize, w: &WindowSize, row_bits: usize) {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let before = if w.collected { "input".into() } else { format!("{}__out", self.ids[index - 1]) };
        let address_bits = index_bits(2 * w.frame);
        let word = layer.planes * w.chunk;
        // what the writer before it gives is declared here, where the sizes are known
        wire(s, w.kernel[1], format!("{id}__write"));
        wire(s, address_bits, format!("{id}__write_address"));
        wire(s, w.kernel[1] * word, format!("{id}__write_data"));
        let mut ports = vec![("clk", "clk".into()), ("rst", "rst".into())];
        for port in ["write", "write_address", "write_data"] {
            ports.push((port, format!("{id}__{port}")));
        }
        for port in ["full", "first", "read"] {
            ports.push((port, format!("{before}_{port}")));
        }
        let offset_bits = index_bits(w.bits());
        for (port, field, bits) in [
            ("o_valid", "valid", 1),
            ("o_bits", "bits", w.bits()),
            ("o_count", "count", count_bits(w)),
            ("o_rotation", "rotation", offset_bits),
            ("o_row", "row", row_bits),
            ("o_flags", "flags", 5),
            ("o_tag", "tag", 4),
            ("o_pop", "pop", 1),
        ] {
            ports.push((port, wire(s, bits, format!("{id}__chunk_{field}"))));
        }
        let parameters = [
            ("PLANES", layer.planes),
            ("NEGATIVE", usize::from(layer.negative)),
            ("LANE_GROUPS", layer.lane_groups()),
            ("HEIGHT", w.out[0]),
            ("WIDTH", w.out[1]),
            ("POOL_Y", w.pool[0]),
            ("POOL_X", w.pool[1]),
            ("KEEP_Y", w.keep[0]),
            ("KEEP_X", w.keep[1]),
            ("KERNEL_Y", w.kernel[0]),
            ("BANKS", w.kernel[1]),
            ("CHUNK", w.chunk),
            ("CHUNKS", w.chunks),
            ("ROW", w.row()),
            ("STRIDE_Y", w.stride[0]),
            ("STRIDE_X", w.stride[1]),
            ("FRAME", w.frame),
            ("ADDRESS_BITS", address_bits),
            ("OFFSET_BITS", offset_bits),
            ("ROW_BITS", row_bits),
            ("COUNT_BITS", count_bits(w)),
        ];
        let parameters = numbers(&parameters);
        s.instances.push(Instance { module: "snn_window", name: format!("u_{id}__window"), parameters, ports });
    }

    fn collect(&self, s: &mut Section, layer: &Layer<'_>, w: &WindowSize) {
        let id = &self.ids[0];
        Self::link(s, "input");
        let bits = InputIndex::new(layer).bits;
        let mut low = 0;
        let mut field = |width: usize| {
            let text = match width {
                0 => "1'b0".to_string(),
                width => format!("s_index[{}:{low}]", low + width - 1),
            };
            low += width;
            text
        };
        let c = field(bits[2]);
        let x = field(bits[1]);
        let y = field(bits[0]);
        if bits == [0; 3] {
            s.statements.push("wire unused_index = &{1'b0, s_index};".into());
        }
        let mut ports = vec![("clk", "clk".into()), ("rst", "rst".into()), ("s_y", y), ("s_x", x), ("s_c", c)];
        for port in ["s_last", "s_first", "s_valid", "s_ready"] {
            ports.push((port, port.into()));
        }
        for port in ["start", "free", "written", "written_first"] {
            ports.push((port, format!("input_{port}")));
        }
        for port in ["write", "write_address", "write_data"] {
            ports.push((port, format!("{id}__{port}")));
        }
        let parameters = numbers(&[
            ("PLANES", layer.planes),
            ("CHUNK", w.chunk),
            ("CHUNKS", w.chunks),
            ("BANKS", w.kernel[1]),
            ("PAD_Y", w.padding[0]),
            ("PAD_X", w.padding[1]),
            ("ROW", w.row()),
            ("FRAME", w.frame),
            ("ADDRESS_BITS", index_bits(2 * w.frame)),
            ("Y_BITS", bits[0].max(1)),
            ("X_BITS", bits[1].max(1)),
            ("C_BITS", bits[2].max(1)),
        ]);
        s.instances.push(Instance { module: "snn_collect", name: "u_collect".into(), parameters, ports });
    }

    fn sums(&self, s: &mut Section, layer: &Layer<'_>, id: &str, files: &mut Vec<File>) -> Stream {
        let file = format!("{id}_weights.mem");
        files.push(File::text(&*file, memory::weights(layer)));
        let stream = new_stream(s, id, "sum", layer.group, layer.sum_bits);
        let mut ports = vec![("clk", "clk".into()), ("rst", "rst".into())];
        for (port, field) in [
            ("i_valid", "valid"),
            ("i_row", "row"),
            ("i_hit", "hit"),
            ("i_subtract", "subtract"),
            ("i_load", "load"),
            ("i_double", "double"),
            ("i_done", "done"),
            ("i_tag", "tag"),
        ] {
            ports.push((port, format!("{id}__item_{field}")));
        }
        ports.extend([
            ("o_valid", stream.valid.clone()),
            ("o_sums", stream.data.clone()),
            ("o_tag", stream.tag.clone()),
        ]);
        let mut parameters = numbers(&[
            ("ROWS", layer.rows),
            ("ROW_BITS", Self::row_bits(layer)),
            ("LANES", layer.lanes),
            ("WEIGHT_BITS", layer.weight_bits),
            ("SUM_BITS", layer.sum_bits),
            ("GROUP", layer.group),
        ]);
        parameters.push(("WEIGHTS", format!("\"{file}\"")));
        s.instances.push(Instance { module: "snn_lanes", name: format!("u_{id}__lanes"), parameters, ports });
        stream
    }

    #[expect(clippy::too_many_arguments)]
    fn finish(
        &self,
        s: &mut Section,
        layer: &Layer<'_>,
        id: &str,
        what: &str,
        from: &Stream,
        finish: &Finish,
        bias: &[i32],
        files: &mut Vec<File>,
    ) -> Stream {
        let file = format!("{id}_{what}_bias.mem");
        let (text, words) = memory::table(bias, layer.channels, layer.group, finish.bias_bits);
        files.push(File::text(&*file, text));
        let stream = new_stream(s, id, what, layer.group, finish.out_bits);
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("IN_BITS", from.bits),
            ("OUT_BITS", finish.out_bits),
            ("LEFT", usize::from(finish.shift.max(0).unsigned_abs())),
            ("RIGHT", usize::from(finish.shift.min(0).unsigned_abs())),
            ("GROUPS", layer.groups()),
            ("BIAS_BITS", finish.bias_bits),
            ("BIAS_WORDS", words),
        ]);
        parameters.push(("BIAS", format!("\"{file}\"")));
        let ports = through(from, &stream, "o_data");
        s.instances.push(Instance { module: "snn_finish", name: format!("u_{id}__{what}"), parameters, ports });
        stream
    }

    #[expect(clippy::too_many_arguments)]
    fn pool(
        &self,
        s: &mut Section,
        layer: &Layer<'_>,
        id: &str,
        what: &str,
        from: &Stream,
        pool: &Pool,
        spikes: bool,
        bits: usize,
    ) -> Stream {
        let valid = wire(s, 1, format!("{id}__{what}_valid"));
        let data = wire(s, layer.group * bits, format!("{id}__{what}"));
        let first = wire(s, 1, format!("{id}__{what}_first"));
        let ports = vec![
            ("clk", "clk".into()),
            ("rst", "rst".into()),
            ("i_valid", from.valid.clone()),
            ("i_data", from.data.clone()),
            ("i_tag", from.tag.clone()),
            ("o_valid", valid.clone()),
            ("o_data", data.clone()),
            ("o_first", first.clone()),
        ];
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("GROUPS", layer.groups()),
            ("IN_BITS", from.bits),
            ("OUT_BITS", bits),
            ("OP", pool_code(pool.op, spikes)),
        ]);
        s.instances.push(Instance { module: "snn_pool", name: format!("u_{id}__{what}"), parameters, ports });
        let tag = wire(s, 4, format!("{id}__{what}_tag"));
        s.statements.push(format!("assign {tag} = {{3'b111, {first}}};"));
        Stream { valid, data, tag, bits }
    }

    fn replay(&self, s: &mut Section, layer: &Layer<'_>, id: &str, from: &Stream) -> Stream {
        let stream = new_stream(s, id, "replayed", layer.group, from.bits);
        let first = format!("{id}__kept_written_first");
        s.statements.push(format!("assign {first} = 1'b1;"));
        s.statements.push(format!("wire {id}__unused_first = &{{1'b0, {id}__kept_first, {}[0]}};", from.tag));
        let ports = vec![
            ("clk", "clk".into()),
            ("rst", "rst".into()),
            ("i_valid", from.valid.clone()),
            ("i_data", from.data.clone()),
            ("i_tag", format!("{}[3:1]", from.tag)),
            ("written", format!("{id}__kept_written")),
            ("full", format!("{id}__kept_full")),
            ("read", format!("{id}__kept_read")),
            ("start", format!("{id}__out_start")),
            ("free", format!("{id}__out_free")),
            ("o_valid", stream.valid.clone()),
            ("o_data", stream.data.clone()),
            ("o_tag", stream.tag.clone()),
        ];
        let parameters = numbers(&[
            ("WIDTH", layer.group * from.bits),
            ("WORDS", layer.words),
            ("PERIOD", layer.period()),
            ("TIMESTEPS", self.program.timesteps() as usize),
        ]);
        s.instances.push(Instance { module: "snn_replay", name: format!("u_{id}__replay"), parameters, ports });
        stream
    }

    /// The spikes, and the name of the stored membranes.
    fn neurons(
        &self,
        s: &mut Section,
        layer: &Layer<'_>,
        id: &str,
        from: &Stream,
        neuron: &Neuron<'_>,
        files: &mut Vec<File>,
    ) -> (Stream, String) {
        let membrane_bits = usize::from(neuron.membrane_bits);
        let threshold_bits = table_bits(neuron.threshold);
        let thresholds = format!("{id}_thresholds.mem");
        let (text, threshold_words) = memory::table(neuron.threshold, layer.channels, layer.group, threshold_bits);
        files.push(File::text(&*thresholds, text));
        let (leak, leak_shift, leak_factor) = match neuron.leak {
            Leak::None => (0, 1, 0),
            Leak::Shift(n) => (1, usize::from(n), 0),
            Leak::Multiply { factor, shift } => (2, usize::from(shift), usize::from(factor)),
        };
        let reset = match neuron.reset {
            Reset::None => 0,
            Reset::ToValue(_) => 1,
            Reset::Subtract(_) => 2,
        };
        let mut reset_words = 1;
        let reset_bits = reset_table(neuron).map_or(2, table_bits);
        let resets = format!("{id}_resets.mem");
        if let Some(table) = reset_table(neuron) {
            let (text, words) = memory::table(table, layer.channels, layer.group, reset_bits);
            files.push(File::text(&*resets, text));
            reset_words = words;
        }
        let stream = new_stream(s, id, "spikes", layer.group, 1);
        let membranes = wire(s, layer.group * membrane_bits, format!("{id}__membranes"));
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("WORDS", layer.words),
            ("GROUPS", layer.groups()),
            ("CURRENT_BITS", from.bits),
            ("MEMBRANE_BITS", membrane_bits),
            ("LEAK", leak),
            ("LEAK_SHIFT", leak_shift),
            ("LEAK_FACTOR", leak_factor),
            ("RESET", reset),
            ("DELAYED", usize::from(neuron.reset_timing == ResetTiming::Delayed)),
            ("THRESHOLD_BITS", threshold_bits),
            ("THRESHOLD_WORDS", threshold_words),
            ("RESET_BITS", reset_bits),
            ("RESET_WORDS", reset_words),
        ]);
        parameters.push(("THRESHOLDS", format!("\"{thresholds}\"")));
        parameters.push(("RESETS", format!("\"{resets}\"")));
        let ports = vec![
            ("clk", "clk".into()),
            ("rst", "rst".into()),
            ("i_valid", from.valid.clone()),
            ("i_current", from.data.clone()),
            ("i_tag", from.tag.clone()),
            ("o_valid", stream.valid.clone()),
            ("o_spikes", stream.data.clone()),
            ("o_membranes", membranes.clone()),
            ("o_tag", stream.tag.clone()),
        ];
        s.instances.push(Instance { module: "snn_neuron", name: format!("u_{id}__neurons"), parameters, ports });
        (stream, membranes)
    }

    /// Into the next layer's memory; of the last layer into the readout and the output stream.
    fn sink(&self, s: &mut Section, index: usize, stream: &Stream, current: &Stream, membranes: Option<String>) {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let quantity = self.program.readout().quantity;
        let reads_membranes = layer.last && quantity == Quantity::Membrane;
        if let (Some(membranes), false) = (&membranes, reads_membranes) {
            s.statements.push(format!("wire {id}__unused_membranes = &{{1'b0, {membranes}}};"));
        }
        s.statements.push(format!("wire {id}__unused_tag = &{{1'b0, {}[3:1]}};", stream.tag));
        let out = format!("{id}__out");
        let first = format!("{}[0]", stream.tag);
        if layer.last {
            let (value, bits) = match quantity {
                Quantity::Spikes => (format!("{{1'b0, {}}}", stream.data), 2),
                Quantity::Membrane => {
                    let bits = layer.planned.neurons.map_or(2, |(_, neuron)| usize::from(neuron.membrane_bits));
                    (membranes.unwrap_or_default(), bits)
                }
                Quantity::Current => (current.data.clone(), current.bits),
            };
            self.readout(s, &stream.valid, &value, bits, &first);
        }
        let (w, target) = match self.layers.get(index + 1).map(|next| &next.front) {
            Some(Front::Window(window)) => (window.clone(), self.ids[index + 1].clone()),
            _ => (self.output_window(), "output".into()),
        };
        let planes = layer.output_bits();
        let silent = matches!(layer.output().1, EdgeKind::Currents { .. });
        let word = wire(s, planes * w.chunk, format!("{id}__word"));
        let data = if silent { "1'b0".into() } else { stream.data.clone() };
        let ports = vec![
            ("clk", "clk".into()),
            ("rst", "rst".into()),
            ("i_valid", stream.valid.clone()),
            ("i_data", data),
            ("i_first", first),
            ("write", format!("{target}__write")),
            ("write_address", format!("{target}__write_address")),
            ("write_data", word.clone()),
            ("written", format!("{out}_written")),
            ("written_first", format!("{out}_written_first")),
        ];
        s.statements.push(format!("assign {target}__write_data = {{{}{{{word}}}}};", w.kernel[1]));
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("PLANES", planes),
            ("CHUNK", w.chunk),
            ("CHANNELS", w.map[2]),
            ("HEIGHT", w.map[0]),
            ("WIDTH", w.map[1]),
            ("BANKS", w.kernel[1]),
            ("START", (w.padding[0] * w.columns + w.padding[1] / w.kernel[1]) * w.chunks),
            ("FIRST_BANK", w.padding[1] % w.kernel[1]),
            ("ROW", w.row()),
            ("FRAME", w.frame),
            ("ADDRESS_BITS", index_bits(2 * w.frame)),
        ]);
        s.instances.push(Instance { module: "snn_writer", name: format!("u_{id}__writer"), parameters, ports });
    }

    fn readout(&self, s: &mut Section, valid: &str, value: &str, value_bits: usize, first: &str) {
        let timesteps = self.program.timesteps() as usize;
        let readout = self.program.readout();
        let code = match readout.reduce {
            Reduce::Sum => 0,
            Reduce::Last => 1,
            Reduce::Max => 2,
            Reduce::First => 3,
        };
        let score_bits = self.score_bits(value_bits);
        let score_valid = wire(s, 1, "unused_score_valid".into());
        let score = wire(s, score_bits, "unused_score".into());
        let ports = vec![
            ("clk", "clk".into()),
            ("rst", "rst".into()),
            ("i_valid", valid.into()),
            ("i_value", value.into()),
            ("i_first", first.into()),
            ("score_valid", score_valid),
            ("score", score),
            ("class_valid", "class_valid".into()),
            ("class_index", "class_index".into()),
        ];
        let parameters = numbers(&[
            ("ELEMENTS", self.outputs()),
            ("VALUE_BITS", value_bits),
            ("SCORE_BITS", score_bits),
            ("TIMESTEPS", timesteps),
            ("REDUCE", code),
            ("INDEX_BITS", self.out_index_bits()),
        ]);
        s.instances.push(Instance { module: "snn_readout", name: "u_readout".into(), parameters, ports });
    }

    /// Bits of a score; 32 wrap as the contract's do.
    fn score_bits(&self, value_bits: usize) -> usize {
        let timesteps = self.program.timesteps() as usize;
        let count = index_bits(timesteps + 1) + 1;
        match (self.program.readout().reduce, self.program.readout().quantity) {
            (Reduce::Sum, Quantity::Spikes) => count.max(value_bits),
            (Reduce::Sum, _) => (value_bits + index_bits(timesteps)).min(32),
            (Reduce::Last | Reduce::Max, _) => value_bits,
            (Reduce::First, _) => count.max(value_bits),
        }
    }

    /// Bits of a score as the testbench sees it.
    pub fn scores(&self) -> usize {
        let last = self.layers.last().expect("a network has a layer");
        let value_bits = match self.program.readout().quantity {
            Quantity::Spikes => 2,
            Quantity::Membrane => last.planned.neurons.map_or(2, |(_, neuron)| usize::from(neuron.membrane_bits)),
            Quantity::Current => last.current_bits,
        };
        self.score_bits(value_bits)
    }

    /// The memory of the output stream, as if a layer read it.
    fn output_window(&self) -> WindowSize {
        let chunk = self.outputs().min(64);
        let chunks = self.outputs().div_ceil(chunk);
        WindowSize {
            collected: false,
            map: [1, 1, self.outputs()],
            kernel: [1; 2],
            dilation: [1; 2],
            stride: [1; 2],
            padding: [0; 2],
            out: [1; 2],
            pool: [1; 2],
            keep: [1; 2],
            chunk,
            chunks,
            columns: 1,
            frame: chunks,
        }
    }

    fn output(&self) -> Section {
        let w = self.output_window();
        let mut section = Section { comment: "output stream".into(), ..Section::default() };
        let s = &mut section;
        let address_bits = index_bits(2 * w.chunks);
        let id = self.ids.last().expect("a network has a layer");
        let mut ports = vec![("clk", "clk".into()), ("rst", "rst".into())];
        for (port, bits) in [("write", 1), ("write_address", address_bits), ("write_data", w.chunk)] {
            ports.push((port, wire(s, bits, format!("output__{port}"))));
        }
        for port in ["full", "first", "read"] {
            ports.push((port, format!("{id}__out_{port}")));
        }
        for port in ["m_index", "m_last", "m_first", "m_valid", "m_ready"] {
            ports.push((port, port.into()));
        }
        let parameters = numbers(&[
            ("CHUNK", w.chunk),
            ("CHUNKS", w.chunks),
            ("ADDRESS_BITS", address_bits),
            ("INDEX_BITS", self.out_index_bits()),
        ]);
        s.instances.push(Instance { module: "snn_events", name: "u_events".into(), parameters, ports });
        section
    }
}

fn count_bits(window: &WindowSize) -> usize {
    index_bits(window.bits() + 1).max(2)
}

fn numbers(pairs: &[(&'static str, usize)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, value.to_string())).collect()
}

fn new_stream(s: &mut Section, id: &str, what: &str, group: usize, bits: usize) -> Stream {
    Stream {
        valid: wire(s, 1, format!("{id}__{what}_valid")),
        data: wire(s, group * bits, format!("{id}__{what}")),
        tag: wire(s, 4, format!("{id}__{what}_tag")),
        bits,
    }
}

/// Ports of a module that a stream goes through.
fn through(from: &Stream, to: &Stream, data: &'static str) -> Vec<(&'static str, String)> {
    vec![
        ("clk", "clk".into()),
        ("rst", "rst".into()),
        ("i_valid", from.valid.clone()),
        ("i_data", from.data.clone()),
        ("i_tag", from.tag.clone()),
        ("o_valid", to.valid.clone()),
        (data, to.data.clone()),
        ("o_tag", to.tag.clone()),
    ]
}
