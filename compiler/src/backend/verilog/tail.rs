//! What stands behind a layer's items: sums, shift and bias, pools, neurons. A stream of groups that never waits.

use snnc_runtime::program::{Leak, Neuron, Pool, ResetTiming};

use super::codes::{self, LeakCode};
use super::memory;
use super::netlist::{Section, Stream, numbers};
use super::size::{Finish, Joined, Layer, index_bits, reset_table, table_bits};
use crate::backend::File;

/// A leak, and the file with its factors.
struct LeakParameters {
    code: LeakCode,
    words: usize,
    factors: String,
}

/// A layer while its tail grows.
pub struct Tail<'t, 'p> {
    /// What it is part of.
    pub section: &'t mut Section,
    /// Where its memory files go.
    pub files: &'t mut Vec<File>,
    /// The layer.
    pub layer: &'t Layer<'p>,
    /// Its identifier.
    pub id: &'t str,
}

impl Tail<'_, '_> {
    /// The current that reaches the neurons or the readout, and what comes behind the neurons.
    pub fn grow(&mut self, timesteps: u32) -> (Stream, Stream, Option<String>) {
        let layer = self.layer;
        let mut stream = self.sums();
        if layer.has_base() {
            stream = self.base(&stream);
        }
        if let Some(finish) = &layer.finish {
            stream = self.finish("current", &stream, finish, layer.planned.population.bias);
        }
        if let (Some(pool), Some(bits)) = (&layer.planned.current_pool, layer.pooled_bits) {
            stream = self.pool("pooled", &stream, codes::pool(pool.op, false), bits);
        }
        if let Some(joined) = &layer.joined {
            stream = self.join(&stream, joined, timesteps);
        }
        if let (Some(finish), Some(identity)) = (&layer.second_finish, layer.planned.identity) {
            stream = self.finish("scaled", &stream, finish, identity.bias);
        }
        if layer.replays() {
            stream = self.replay(&stream, timesteps);
        }
        let current = stream.clone();
        if let (Some(bits), Some((_, neuron))) = (layer.synaptic_bits(), layer.planned.neurons) {
            stream = self.synaptic(&stream, &neuron, bits);
        }
        let mut membranes = None;
        if let Some((_, neuron)) = layer.planned.neurons {
            let (spikes, stored) = self.neurons(&stream, &neuron);
            (stream, membranes) = (spikes, Some(stored));
        }
        if let Some(Pool { op, .. }) = layer.planned.spike_pool {
            stream = self.pool("count", &stream, codes::pool(op, true), layer.output_bits());
        }
        (current, stream, membranes)
    }

    /// Writes a memory file; gives it as a parameter's value.
    pub(super) fn file(&mut self, what: &str, text: String) -> String {
        let name = format!("{}_{what}.mem", self.id);
        self.files.push(File::text(&*name, text));
        format!("\"{name}\"")
    }

    /// Writes a table of one number per channel; gives the file, its words, and the bits of a number.
    fn table(&mut self, what: &str, table: &[i32]) -> (String, usize, usize) {
        let bits = table_bits(table);
        let (text, words) = memory::table(table, self.layer.channels, self.layer.group, bits);
        (self.file(what, text), words, bits)
    }

    /// As [`Self::table`], of a table with such a row for each timestep.
    fn rows(&mut self, what: &str, table: &[i32]) -> (String, usize, usize) {
        let (bits, layer) = (table_bits(table), self.layer);
        let rows = table.chunks(layer.channels).map(|row| memory::row(row, layer.group, bits));
        let text: String = rows.collect();
        let words = table.len() / layer.group;
        (self.file(what, text), words, bits)
    }

    /// Adds what the sums of a sample's first frame are.
    fn base(&mut self, from: &Stream) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let stream = self.section.stream(id, "based", layer.group, from.bits);
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("SUM_BITS", from.bits),
            ("WORDS", layer.sum_words()),
            ("WORD_BITS", index_bits(layer.sum_words())),
        ]);
        self.section.instance("snn_base", format!("u_{id}__base"), parameters, from.through(&stream));
        stream
    }

    fn finish(&mut self, what: &str, from: &Stream, finish: &Finish, bias: &[i32]) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let (file, words, bits) = self.table(&format!("{what}_bias"), bias);
        let stream = self.section.stream(id, what, layer.group, finish.out_bits);
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("IN_BITS", from.bits),
            ("OUT_BITS", finish.out_bits),
            ("LEFT", usize::from(finish.shift.max(0).unsigned_abs())),
            ("RIGHT", usize::from(finish.shift.min(0).unsigned_abs())),
            ("GROUPS", layer.groups()),
            ("BIAS_BITS", bits),
            ("BIAS_WORDS", words),
        ]);
        parameters.push(("BIAS", file));
        self.section.instance("snn_finish", format!("u_{id}__{what}"), parameters, from.through(&stream));
        stream
    }

    fn pool(&mut self, what: &str, from: &Stream, code: usize, bits: usize) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let stream = self.section.stream(id, what, layer.group, bits);
        let first = self.section.wire(1, format!("{id}__{what}_first"));
        let mut ports = from.through(&stream);
        ports.pop();
        ports.push(("o_first", first.clone()));
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("GROUPS", layer.groups()),
            ("IN_BITS", from.bits),
            ("OUT_BITS", bits),
            ("OP", code),
        ]);
        self.section.instance("snn_pool", format!("u_{id}__{what}"), parameters, ports);
        self.section.statements.push(format!("assign {} = {{3'b111, {first}}};", stream.tag));
        stream
    }

    /// Constant currents and what the layer's own spikes give.
    fn join(&mut self, kept: &Stream, joined: &Joined<'_>, timesteps: u32) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let own_id = format!("{id}__own");
        let sums = Tail { section: self.section, files: self.files, layer: &joined.engine, id: &own_id }.sums();
        let stream = self.section.stream(id, "joined", layer.group, joined.bits);
        self.section.statements.push(format!("assign {id}__kept_written_first = 1'b1;"));
        self.section
            .statements
            .push(format!("wire {id}__unused_first = &{{1'b0, {id}__kept_first, {}, {}}};", kept.tag, sums.tag));
        let mut ports = vec![
            ("i_valid", kept.valid.clone()),
            ("i_data", kept.data.clone()),
            ("s_valid", sums.valid.clone()),
            ("s_data", sums.data.clone()),
            ("o_valid", stream.valid.clone()),
            ("o_data", stream.data.clone()),
            ("o_tag", stream.tag.clone()),
        ];
        for (port, wire) in [
            ("written", "kept_written"),
            ("full", "kept_full"),
            ("read", "kept_read"),
            ("walk_full", "walk_full"),
            ("walk_first", "walk_first"),
            ("walk_read", "walk_read"),
        ] {
            ports.push((port, format!("{id}__{wire}")));
        }
        let parameters = numbers(&[
            ("GROUP", layer.group),
            ("WORDS", layer.words),
            ("KEPT_BITS", kept.bits),
            ("SUM_BITS", sums.bits),
            ("OUT_BITS", joined.bits),
            ("TIMESTEPS", timesteps as usize),
        ]);
        self.section.instance("snn_join", format!("u_{id}__join"), parameters, ports);
        stream
    }

    fn replay(&mut self, from: &Stream, timesteps: u32) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let stream = self.section.stream(id, "replayed", layer.group, from.bits);
        // a constant frame is always the first of its sample
        self.section.statements.push(format!("assign {id}__kept_written_first = 1'b1;"));
        self.section
            .statements
            .push(format!("wire {id}__unused_first = &{{1'b0, {id}__kept_first, {}[0]}};", from.tag));
        let mut ports = from.through(&stream);
        ports[2].1 = format!("{}[3:1]", from.tag);
        for (port, link) in [
            ("written", "kept_written"),
            ("full", "kept_full"),
            ("read", "kept_read"),
            ("start", "out_start"),
            ("free", "out_free"),
        ] {
            ports.push((port, format!("{id}__{link}")));
        }
        let parameters = numbers(&[
            ("WIDTH", layer.group * from.bits),
            ("WORDS", layer.words),
            ("PERIOD", layer.period()),
            ("TIMESTEPS", timesteps as usize),
        ]);
        self.section.instance("snn_replay", format!("u_{id}__replay"), parameters, ports);
        stream
    }

    /// The parameters of a leak; `what` names its factors.
    fn leak(&mut self, what: &str, leak: Leak<'_>) -> LeakParameters {
        let code = codes::leak(leak);
        let Leak::MultiplyEach { factors, shift } = leak else {
            return LeakParameters { code, words: 1, factors: "\"\"".into() };
        };
        let factors: Vec<i32> = factors.iter().map(|&factor| factor.into()).collect();
        let bits = usize::from(shift) + 1;
        let (text, words) = memory::table(&factors, self.layer.channels, self.layer.group, bits);
        LeakParameters { code, words, factors: self.file(what, text) }
    }

    /// What the synaptic currents give.
    fn synaptic(&mut self, from: &Stream, neuron: &Neuron<'_>, bits: usize) -> Stream {
        let (layer, id) = (self.layer, self.id);
        let stream = self.section.stream(id, "synaptic", layer.group, bits);
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("WORDS", layer.words),
            ("GROUPS", layer.groups()),
            ("CURRENT_BITS", from.bits),
            ("OUT_BITS", bits),
            ("SECOND", neuron.synaptic.len() - 1),
        ]);
        const NAMES: [[&str; 7]; 2] = [
            ["BITS_0", "NEGATIVE_0", "LEAK_0", "LEAK_SHIFT_0", "LEAK_FACTOR_0", "FACTOR_WORDS_0", "FACTORS_0"],
            ["BITS_1", "NEGATIVE_1", "LEAK_1", "LEAK_SHIFT_1", "LEAK_FACTOR_1", "FACTOR_WORDS_1", "FACTORS_1"],
        ];
        if neuron.reset_timing == ResetTiming::Clearing {
            parameters.push(("CLEARS", "1".into()));
        }
        for (k, (filter, names)) in neuron.synaptic.iter().zip(NAMES).enumerate() {
            let leak = self.leak(&format!("synaptic_decays_{k}"), filter.leak);
            let (bits, negative) = (usize::from(filter.bits), usize::from(filter.negative));
            let values = [bits, negative, leak.code.kind, leak.code.shift, leak.code.factor, leak.words];
            parameters.extend(names.into_iter().zip(values.map(|value| value.to_string())));
            parameters.push((names[6], leak.factors));
        }
        let mut ports = from.through(&stream);
        ports.push(("fired_valid", format!("{id}__spikes_valid")));
        ports.push(("fired", format!("{id}__spikes")));
        self.section.instance("snn_synaptic", format!("u_{id}__synaptic"), parameters, ports);
        stream
    }

    /// What is stored in place of the membranes: a word of tables for each group of channels, or one for all.
    fn stored(&mut self, neuron: &Neuron<'_>) -> Vec<(&'static str, String)> {
        let Some(stored) = neuron.stored else { return Vec::new() };
        let steps = usize::from(stored.steps);
        let each = stored.thresholds.len() > steps;
        let tables = if each { self.layer.group } else { 1 };
        let bits = table_bits(stored.thresholds);
        let thresholds = memory::row(stored.thresholds, tables * steps, bits);
        let levels = memory::row(stored.levels, tables * (steps + 1), neuron.membrane_bits.into());
        let mut parameters = numbers(&[
            ("STORED", steps),
            ("STORED_BITS", neuron.stored_bits().into()),
            ("STORED_EACH", usize::from(each)),
            ("STORED_WORDS", if each { self.layer.groups() } else { 1 }),
            ("STEP_BITS", bits),
        ]);
        parameters.push(("STEPS", self.file("stored_thresholds", thresholds)));
        parameters.push(("LEVELS", self.file("stored_levels", levels)));
        parameters
    }

    /// The spikes, and the name of the stored membranes.
    fn neurons(&mut self, from: &Stream, neuron: &Neuron<'_>) -> (Stream, String) {
        let (layer, id) = (self.layer, self.id);
        let membrane_bits = usize::from(neuron.membrane_bits);
        let timed = neuron.threshold.len() > layer.channels;
        let (thresholds, threshold_words, threshold_bits) = match timed {
            true => self.rows("thresholds", neuron.threshold),
            false => self.table("thresholds", neuron.threshold),
        };
        let (resets, reset_words, reset_bits) = match reset_table(neuron) {
            Some(table) => self.table("resets", table),
            None => ("\"\"".into(), 1, 2),
        };
        let leak = self.leak("decays", neuron.leak);
        let (floors, floor_words, floor_bits) = match neuron.floor {
            Some(floor) => self.table("floors", floor),
            None => ("\"\"".into(), 1, 2),
        };
        let stream = self.section.stream(id, "spikes", layer.group, 1);
        let membranes = self.section.wire(layer.group * membrane_bits, format!("{id}__membranes"));
        let mut parameters = numbers(&[
            ("GROUP", layer.group),
            ("WORDS", layer.words),
            ("GROUPS", layer.groups()),
            ("CURRENT_BITS", from.bits),
            ("MEMBRANE_BITS", membrane_bits),
            ("LEAK", leak.code.kind),
            ("LEAK_SHIFT", leak.code.shift),
            ("LEAK_FACTOR", leak.code.factor),
            ("FACTOR_WORDS", leak.words),
            ("RESET", codes::reset(&neuron.reset)),
            ("DELAYED", codes::reset_timing(neuron.reset_timing)),
            ("THRESHOLD_BITS", threshold_bits),
            ("THRESHOLD_WORDS", threshold_words),
            ("TIMED", usize::from(timed)),
            ("RESET_BITS", reset_bits),
            ("RESET_WORDS", reset_words),
            ("FLOOR", usize::from(neuron.floor.is_some())),
            ("FLOOR_BITS", floor_bits),
            ("FLOOR_WORDS", floor_words),
        ]);
        parameters.extend(self.stored(neuron));
        parameters.push(("FACTORS", leak.factors));
        parameters.push(("FLOORS", floors));
        parameters.push(("THRESHOLDS", thresholds));
        parameters.push(("RESETS", resets));
        let ports = vec![
            ("i_valid", from.valid.clone()),
            ("i_current", from.data.clone()),
            ("i_tag", from.tag.clone()),
            ("o_valid", stream.valid.clone()),
            ("o_spikes", stream.data.clone()),
            ("o_membranes", membranes.clone()),
            ("o_tag", stream.tag.clone()),
        ];
        self.section.instance("snn_neuron", format!("u_{id}__neurons"), parameters, ports);
        (stream, membranes)
    }
}
