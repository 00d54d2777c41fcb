//! Front end of a layer: from the input stream, or from the frames of the layer before, to items for the lanes.

use super::netlist::{Section, numbers, prefixed};
use super::size::{Front, Layer, Sums, WindowSize, index_bits};
use super::top::Design;

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
            Front::Window(window) => Self { bits: window.source.map(bits) },
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

/// A field of an item: its port behind the front and at the lanes.
pub type Field = (&'static str, &'static str, &'static str);

/// The ports of the input stream.
const INPUT: [&str; 6] = ["s_index", "s_keep", "s_last", "s_first", "s_valid", "s_ready"];

/// What an item of weights is made of.
const ITEM: [Field; 9] = [
    ("valid", "o_valid", "i_valid"),
    ("row", "o_row", "i_row"),
    ("hit", "o_hit", "i_hit"),
    ("subtract", "o_subtract", "i_subtract"),
    ("twice", "o_twice", "i_twice"),
    ("load", "o_load", "i_load"),
    ("shift", "o_shift", "i_shift"),
    ("done", "o_done", "i_done"),
    ("tag", "o_tag", "i_tag"),
];

/// What an item of codewords' responses is made of.
const RESPONSE_ITEM: [Field; 5] = [
    ("valid", "o_valid", "i_valid"),
    ("row", "o_row", "i_row"),
    ("taps", "o_taps", "i_taps"),
    ("done", "o_done", "i_done"),
    ("tag", "o_tag", "i_tag"),
];

/// The fields of a layer's items.
pub fn item(layer: &Layer<'_>) -> &'static [Field] {
    if layer.codewords.is_some() { &RESPONSE_ITEM } else { &ITEM }
}

/// Bits of a field of a layer's items.
fn item_bits(layer: &Layer<'_>, field: &str) -> usize {
    match (field, &layer.front) {
        ("row", _) => layer.slots * layer.row_bits(),
        ("hit" | "subtract" | "twice", Front::Window(window)) if layer.sums.takes_columns() => {
            layer.slots * window.chunk
        }
        ("hit" | "subtract" | "twice", _) => layer.slots,
        ("taps", Front::Window(window)) => window.kernel[0] * window.kernel[1],
        ("tag", _) => 4,
        _ => 1,
    }
}

/// The prefix of what belongs to one of a layer's engines.
pub fn copy_id(layer: &Layer<'_>, id: &str, copy: usize) -> String {
    if layer.copies > 1 { format!("{id}__{copy}") } else { id.to_owned() }
}

/// Bits of a count of the ones in a row of the window, where they are counted.
fn count_bits(layer: &Layer<'_>, window: &WindowSize) -> usize {
    if layer.sums.takes_columns() { 2 } else { index_bits(window.bits() + 1).max(2) }
}

impl Design<'_, '_> {
    /// The link that a layer's sums wait for.
    fn sum_link(&self, index: usize) -> String {
        let what = if self.layers[index].keeps() { "kept" } else { "out" };
        format!("{}__{what}", self.ids[index])
    }

    /// From the input, or from the layer before, to items for the lanes.
    pub(super) fn front(&self, s: &mut Section, index: usize) {
        let (layer, id) = (&self.layers[index], &self.ids[index]);
        let link = self.sum_link(index);
        let frames = self.output_frames(index);
        let readers = self.output_readers(index);
        let out = format!("{id}__out");
        if layer.keeps() {
            s.link(&link, 2, 1);
        }
        s.link(&out, frames, readers);
        if let Front::Window(window) = &layer.front
            && window.collected
        {
            self.collect(s, index);
        }
        let before = match index.checked_sub(1) {
            Some(_) if layer.has_base() => format!("{id}__coded_"),
            Some(before) => format!("{}__out_", self.ids[before]),
            None => "input_".into(),
        };
        Self::engine(s, layer, id, &link, &before);
        if let Some(joined) = &layer.joined {
            let own_id = format!("{id}__own");
            let walk = format!("{id}__walk_");
            for field in ["full", "first", "read"] {
                s.wire(1, format!("{walk}{field}"));
            }
            Self::engine(s, &joined.engine, &own_id, &out, &walk);
            for field in ["write", "write_address", "write_data"] {
                s.statements.push(format!("assign {own_id}__{field} = 0;"));
            }
        }
    }

    /// A layer's engine up to the items for its lanes. Its frames come from the link with the prefix `before`, its sums
    /// wait for `link`.
    fn engine(s: &mut Section, layer: &Layer<'_>, id: &str, link: &str, before: &str) {
        if let Front::Window(window) = &layer.front {
            Self::written(s, layer, id, window);
        }
        for copy in 0..layer.copies {
            Self::copy(s, layer, id, copy, link, before);
        }
        if layer.copies > 1 {
            let unused: Vec<String> = (1..layer.copies).map(|copy| copy_id(layer, id, copy) + "__start").collect();
            s.statements.push(format!("wire {id}__unused_start = &{{1'b0, {}}};", unused.join(", ")));
        }
    }

    /// One of a layer's engines.
    fn copy(s: &mut Section, layer: &Layer<'_>, layer_id: &str, copy: usize, link: &str, before: &str) {
        let id = &copy_id(layer, layer_id, copy);
        for (field, ..) in item(layer) {
            s.wire(item_bits(layer, field), format!("{id}__item_{field}"));
        }
        let items: Vec<_> = item(layer).iter().map(|&(field, port, _)| (port, field)).collect();
        let mut behind = prefixed(&format!("{id}__item_"), &items);
        behind.push(("free", format!("{link}_free")));
        // the first one has the frame's first sum
        behind.push(("start", if copy == 0 { format!("{link}_start") } else { s.wire(1, format!("{id}__start")) }));
        match &layer.front {
            Front::Stream => {
                let parameters = numbers(&[
                    ("INDEX_BITS", layer.row_bits()),
                    ("SLOTS", layer.slots),
                    ("PLANES", layer.planes),
                    ("NEGATIVE", usize::from(layer.negative)),
                    ("INTERVAL", layer.interval),
                ]);
                let mut ports = input_ports(&INPUT);
                ports.append(&mut behind);
                s.instance("snn_stream", format!("u_{id}__stream"), parameters, ports);
            }
            Front::Window(window) => {
                Self::window(s, layer, layer_id, copy, before, window);
                let mut parameters = numbers(&[
                    ("OFFSET_BITS", index_bits(window.bits())),
                    ("ROW_BITS", layer.row_bits()),
                    // turns keep it for all of them
                    ("INTERVAL", if layer.copies > 1 { 1 } else { layer.interval }),
                ]);
                let chunk = [
                    ("i_valid", "valid"),
                    ("i_bits", "bits"),
                    ("i_rotation", "rotation"),
                    ("i_row", "row"),
                    ("i_flags", "flags"),
                    ("i_tag", "tag"),
                    ("i_pop", "pop"),
                ];
                let mut ports = prefixed(&format!("{id}__chunk_"), &chunk);
                ports.append(&mut behind);
                if layer.codewords.is_some() {
                    parameters.extend(numbers(&[
                        ("KERNEL_Y", window.kernel[0]),
                        ("BANKS", window.kernel[1]),
                        ("CHUNK", window.chunk),
                    ]));
                    s.statements.push(format!(
                        "wire {id}__unused_chunk = &{{1'b0, {id}__chunk_count, {id}__chunk_signs, {id}__chunk_twice}};"
                    ));
                    s.instance("snn_taps", format!("u_{id}__taps"), parameters, ports);
                } else if layer.sums.takes_columns() {
                    let columns = [("BANKS", window.kernel[1]), ("CHUNK", window.chunk), ("SLOTS", layer.slots)];
                    parameters.extend(numbers(&columns));
                    ports.push(("i_signs", format!("{id}__chunk_signs")));
                    ports.push(("i_twice", format!("{id}__chunk_twice")));
                    s.statements.push(format!("wire {id}__unused_chunk = &{{1'b0, {id}__chunk_count}};"));
                    s.instance("snn_columns", format!("u_{id}__columns"), parameters, ports);
                } else {
                    parameters.extend(numbers(&[
                        ("BITS", window.bits()),
                        ("SLOTS", layer.slots),
                        ("COUNT_BITS", count_bits(layer, window)),
                    ]));
                    ports.push(("i_count", format!("{id}__chunk_count")));
                    ports.push(("i_signs", format!("{id}__chunk_signs")));
                    ports.push(("i_twice", format!("{id}__chunk_twice")));
                    let ends = s.wire(1, format!("{id}__ends"));
                    if layer.copies > 1 {
                        ports.push(("turn", format!("{layer_id}__turn[{copy}]")));
                    } else {
                        ports.push(("turn", "1'b1".into()));
                        s.statements.push(format!("wire {id}__unused_ends = &{{1'b0, {ends}}};"));
                    }
                    ports.push(("ends", ends));
                    s.instance("snn_encode", format!("u_{id}__encode"), parameters, ports);
                }
            }
        }
    }

    /// What the writer before a window gives, which is declared here, where the sizes are known.
    fn written(s: &mut Section, layer: &Layer<'_>, id: &str, w: &WindowSize) {
        s.wire(w.kernel[1], format!("{id}__write"));
        s.wire(index_bits(w.frames() * w.frame), format!("{id}__write_address"));
        s.wire(w.kernel[1] * layer.stored_bits() * w.chunk, format!("{id}__write_data"));
    }

    fn window(s: &mut Section, layer: &Layer<'_>, layer_id: &str, copy: usize, before: &str, w: &WindowSize) {
        let id = &copy_id(layer, layer_id, copy);
        let address_bits = index_bits(w.frames() * w.frame);
        let offset_bits = index_bits(w.bits());
        let own_bits = index_bits(2 * w.own);
        let own = match w.own {
            0 => [("own_write", "1'b0"), ("own_write_address", "1'b0"), ("own_written", "1'b0")]
                .map(|(port, low)| (port, low.to_string()))
                .into_iter()
                .chain([("own_write_data", format!("{}'d0", w.chunk))])
                .collect(),
            _ => {
                s.wire(1, format!("{id}__own_write"));
                s.wire(own_bits, format!("{id}__own_write_address"));
                s.wire(w.chunk, format!("{id}__own_write_data"));
                s.wire(1, format!("{id}__own_written"));
                let ports = ["own_write", "own_write_address", "own_write_data", "own_written"];
                prefixed(&format!("{id}__"), &ports.map(|port| (port, port)))
            }
        };
        for (field, bits) in [
            ("valid", 1),
            ("bits", w.bits()),
            ("signs", w.bits()),
            ("twice", w.bits()),
            ("count", count_bits(layer, w)),
            ("rotation", offset_bits),
            ("row", layer.row_bits()),
            ("flags", 4),
            ("tag", 4),
            ("pop", 1),
        ] {
            s.wire(bits, format!("{id}__chunk_{field}"));
        }
        let written = [("write", "write"), ("write_address", "write_address"), ("write_data", "write_data")];
        let mut ports = prefixed(&format!("{layer_id}__"), &written);
        ports.extend(own);
        let mine = if layer.copies > 1 { format!("[{copy}]") } else { String::new() };
        ports.extend(["full", "first", "read"].map(|port| (port, format!("{before}{port}{mine}"))));
        let chunk = [
            ("o_valid", "valid"),
            ("o_bits", "bits"),
            ("o_signs", "signs"),
            ("o_twice", "twice"),
            ("o_count", "count"),
            ("o_rotation", "rotation"),
            ("o_row", "row"),
            ("o_flags", "flags"),
            ("o_tag", "tag"),
            ("o_pop", "pop"),
        ];
        ports.extend(prefixed(&format!("{id}__chunk_"), &chunk));
        // of a pool window each engine has some columns, where there is none it has whole positions
        let pooled = w.pool != [1; 2];
        let left = copy * w.stride[1];
        let parameters = numbers(&[
            ("SLOTS", if layer.sums.takes_columns() { 1 } else { layer.slots }),
            ("PLANES", layer.planes),
            ("DIGITS", layer.digits().unwrap_or(0)),
            ("SIGNED", usize::from(layer.is_signed())),
            ("BASED", usize::from(layer.has_base())),
            ("LANE_GROUPS", layer.lane_groups()),
            ("HEIGHT", w.out[0]),
            ("WIDTH", w.out[1] / layer.copies),
            ("POOL_Y", w.pool[0]),
            ("POOL_X", if pooled { w.pool[1] / layer.copies } else { w.pool[1] }),
            ("KEEP_Y", w.keep[0]),
            ("KEEP_X", w.keep[1] / layer.copies),
            ("KERNEL_Y", w.kernel[0]),
            ("BY_CHANNEL", usize::from(layer.codewords.is_some())),
            ("BANKS", w.kernel[1]),
            ("CHUNK", w.chunk),
            ("CHUNKS", w.all_chunks()),
            ("ROW", w.row()),
            ("STRIDE_Y", w.stride[0]),
            ("STRIDE_X", w.stride[1] * layer.copies),
            ("FRAME", w.frame),
            ("FRAMES", w.frames()),
            ("START", left / w.kernel[1] * w.all_chunks()),
            ("FIRST_BANK", left % w.kernel[1]),
            ("OPENS", usize::from(copy == 0 || !pooled)),
            ("CLOSES", usize::from(copy + 1 == layer.copies || !pooled)),
            ("RESERVES", usize::from(copy == 0)),
            ("ADDRESS_BITS", address_bits),
            ("OFFSET_BITS", offset_bits),
            ("ROW_BITS", layer.row_bits()),
            ("COUNT_BITS", count_bits(layer, w)),
            ("OWN", w.own),
            ("OWN_BITS", own_bits),
            ("BY_COLUMN", usize::from(layer.sums.takes_columns())),
            ("OWN_WORDS", usize::from(matches!(layer.sums, Sums::Depthwise { .. }))),
        ]);
        s.instance("snn_window", format!("u_{id}__window"), parameters, ports);
    }

    fn collect(&self, s: &mut Section, index: usize) {
        let layer = &self.layers[index];
        let Front::Window(w) = &layer.front else { return };
        s.link("input", 2, layer.copies);
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
        let (c, x, y) = (field(bits[2]), field(bits[1]), field(bits[0]));
        if bits == [0; 3] {
            s.statements.push("wire unused_index = &{1'b0, s_index};".into());
        }
        let mut ports = vec![("s_y", y), ("s_x", x), ("s_c", c)];
        ports.extend(input_ports(&INPUT[1..]));
        let link = [("start", "start"), ("free", "free"), ("written", "written"), ("written_first", "written_first")];
        ports.extend(prefixed("input_", &link));
        let written = [("write", "write"), ("write_address", "write_address"), ("write_data", "write_data")];
        ports.extend(prefixed(&format!("{}__", self.ids[0]), &written));
        let parameters = numbers(&[
            ("PLANES", layer.planes),
            ("CHUNK", w.chunk / w.stack),
            ("CHUNKS", w.chunks),
            ("BANKS", w.kernel[1]),
            ("PAD_Y", w.above),
            ("PAD_X", w.padding[1]),
            ("ROW", w.row()),
            ("ROWS", w.collected_rows()),
            ("STACK", w.stack),
            ("ADDRESS_BITS", index_bits(2 * w.frame)),
            ("Y_BITS", bits[0].max(1)),
            ("X_BITS", bits[1].max(1)),
            ("C_BITS", bits[2].max(1)),
        ]);
        s.instance("snn_collect", "u_collect".into(), parameters, ports);
    }
}

/// Ports that are connected to the top module's of the same name.
fn input_ports(names: &[&'static str]) -> Vec<(&'static str, String)> {
    names.iter().map(|name| (*name, (*name).to_string())).collect()
}
