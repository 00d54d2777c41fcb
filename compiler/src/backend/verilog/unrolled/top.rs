//! The top module: layers behind each other, the readout and the queue of the output.

use askama::Template;
use snnc_runtime::program::{Leak, Neuron, Program, Quantity, Rate, Reduce, Reset, ResetTiming};

use super::unit::Unit;
use crate::backend::File;
use crate::backend::verilog::host::Interface;
use crate::backend::verilog::memory;
use crate::backend::verilog::netlist::{Instance, Section, numbers};
use crate::backend::verilog::size::{Finish, index_bits, reset_table, table_bits};

#[derive(Template)]
#[template(path = "unrolled/top.v", escape = "none")]
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

/// A timestep beside the data: whether there is one, and whether it is the first of its sample.
struct Token {
    valid: String,
    first: String,
}

impl Design<'_, '_> {
    /// Every file of the design but the fixed modules.
    pub fn files(&self) -> Vec<File> {
        let mut files = Vec::new();
        let mut sections = vec![self.input()];
        for index in 0..self.units.len() {
            sections.push(self.layer(index, &mut files));
        }
        sections.push(self.output());
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
        let frame = match before {
            Some((id, unit)) if unit.pooled.is_empty() => format!("{id}__spikes"),
            Some((id, _)) => format!("{id}__pooled"),
            None => "input__spikes".into(),
        };
        let token = match before {
            Some((id, _)) => Token { valid: format!("{id}__spikes_valid"), first: format!("{id}__spikes_first") },
            None => Token { valid: "input__valid".into(), first: "input__first".into() },
        };
        let size = unit.sums.size;
        let mut section = Section {
            comment: format!(
                "{}: {} neurons over {} inputs, {} of {} weights not zero",
                self.titles[index],
                unit.elements(),
                unit.inputs,
                size.weights,
                unit.dense
            ),
            ..Section::default()
        };
        let s = &mut section;
        let n = unit.elements();
        let mut sums = s.wire(n * unit.sums.bits, format!("{id}__sums"));
        let mut bits = unit.sums.bits;
        let module = format!("{}_{id}_sums", self.name);
        s.statements.push(format!("{module} u_{id}__sums (.clk(clk), .spikes({frame}), .sums({sums}));"));
        let text = unit.sums.module(&module, &self.titles[index], unit.inputs);
        files.push(File::text(format!("rtl/{module}.v"), text));
        if unit.planes > 1 {
            sums = Self::digits(s, unit, id, &sums);
            bits = unit.digit_bits();
        }
        let token = Self::delay(s, id, "state", &token, unit.clocks_to_state());
        let current = self.currents(s, index, files, sums, bits, &token);
        if let Some(neuron) = unit.neuron() {
            self.neurons(s, index, &neuron, current, token);
        } else {
            s.wire(1, format!("{id}__spikes_valid"));
            s.wire(1, format!("{id}__spikes_first"));
            s.wire(n, format!("{id}__spikes"));
            s.statements.push(format!("assign {id}__spikes_valid = {};", token.valid));
            s.statements.push(format!("assign {id}__spikes_first = {};", token.first));
            s.statements.push(format!("assign {id}__spikes = {n}'d0; // currents only"));
            s.statements.push(format!("wire [{}:0] {id}__currents = {current};", n * unit.current_bits - 1));
        }
        if !unit.pooled.is_empty() {
            let pooled = s.wire(unit.pooled.len(), format!("{id}__pooled"));
            for (i, spikes) in unit.pooled.iter().enumerate() {
                let any = spikes.iter().map(|spike| format!("{id}__spikes[{spike}]")).collect::<Vec<_>>().join(" | ");
                let any = if any.is_empty() { "1'b0".into() } else { any };
                s.statements.push(format!("assign {pooled}[{i}] = {any};"));
            }
            s.statements.push(format!("wire {id}__unused_spikes = &{{1'b0, {id}__spikes}};"));
        }
        section
    }

    /// A token so many clocks later.
    fn delay(s: &mut Section, id: &str, what: &str, token: &Token, clocks: usize) -> Token {
        let late =
            Token { valid: s.wire(1, format!("{id}__{what}_valid")), first: s.wire(1, format!("{id}__{what}_first")) };
        let ports = vec![
            ("i", format!("{{{}, {}}}", token.valid, token.first)),
            ("o", format!("{{{}, {}}}", late.valid, late.first)),
        ];
        let parameters = numbers(&[("WIDTH", 2), ("CLOCKS", clocks)]);
        s.instance("snn_unrolled_delay", format!("u_{id}__{what}"), parameters, ports);
        late
    }

    /// Sums of numbers from those of their digit planes.
    fn digits(s: &mut Section, unit: &Unit<'_>, id: &str, sums: &str) -> String {
        let plane = Token { valid: "input__plane".into(), first: "input__load".into() };
        let plane = Self::delay(s, id, "plane", &plane, unit.sums.clocks);
        let numbers_ = s.wire(unit.elements() * unit.digit_bits(), format!("{id}__numbers"));
        let parameters = numbers(&[
            ("NEURONS", unit.elements()),
            ("IN_BITS", unit.sums.bits),
            ("OUT_BITS", unit.digit_bits()),
            ("NEGATIVE", usize::from(unit.negative)),
        ]);
        let ports = vec![
            ("i_valid", plane.valid),
            ("i_load", plane.first),
            ("i_sums", sums.to_owned()),
            ("o_sums", numbers_.clone()),
        ];
        let name = format!("u_{id}__digits");
        s.instances.push(Instance {
            module: "snn_unrolled_digits",
            name,
            parameters,
            ports: [("clk", "clk".to_owned())].into_iter().chain(ports).collect(),
        });
        numbers_
    }

    /// From the sums to what reaches the neurons.
    fn currents(
        &self,
        s: &mut Section,
        index: usize,
        files: &mut Vec<File>,
        sums: String,
        mut bits: usize,
        token: &Token,
    ) -> String {
        let (unit, id) = (&self.units[index], &self.ids[index]);
        let population = &unit.planned.population;
        let mut current = sums;
        if unit.planned.own.is_some() {
            let to = unit.finish.map_or(unit.current_bits, |_| bits.max(self.own_bits(index)));
            let to = to.max(population.accumulator_bits.into());
            current = self.own(s, index, files, &current, bits, to, token);
            bits = to;
        }
        if unit.constant || unit.finish.is_some() {
            let done = if unit.constant {
                let token = Token { valid: "input__done".into(), first: "1'b1".into() };
                let clocks = unit.sums.clocks + usize::from(unit.planes > 1);
                let done = Self::delay(s, id, "done", &token, clocks);
                s.statements.push(format!("wire {id}__unused_done = {};", done.first));
                done.valid
            } else {
                "1'b1".into()
            };
            let finish = unit.finish.unwrap_or(Finish { shift: 0, out_bits: bits, bias_bits: 2 });
            let registered = unit.finishes();
            current = Self::finish(s, unit, id, "current", &current, bits, finish, population.bias, &done, registered);
            bits = finish.out_bits;
        }
        if let Some(identity) = unit.planned.identity {
            if unit.planned.joined.is_some() {
                let to = bits.max(self.own_bits(index)).max(identity.accumulator_bits.into());
                current = self.own(s, index, files, &current, bits, to, token);
                bits = to;
            }
            if let Some(second) = unit.second {
                let registered = unit.finishes_again();
                current =
                    Self::finish(s, unit, id, "second", &current, bits, second, identity.bias, "1'b1", registered);
            }
        }
        current
    }

    fn own_bits(&self, index: usize) -> usize {
        self.units[index].own.as_ref().map_or(0, |own| own.bits)
    }

    /// Adds what the layer's own spikes of the timestep before give.
    #[expect(clippy::too_many_arguments)]
    fn own(
        &self,
        s: &mut Section,
        index: usize,
        files: &mut Vec<File>,
        current: &str,
        bits: usize,
        to: usize,
        token: &Token,
    ) -> String {
        let (unit, id, n) = (&self.units[index], &self.ids[index], self.units[index].elements());
        let Some(trees) = &unit.own else { return current.to_owned() };
        let module = format!("{}_{id}_own", self.name);
        files.push(File::text(format!("rtl/{module}.v"), trees.module(&module, &self.titles[index], n)));
        let own = s.wire(n * trees.bits, format!("{id}__own"));
        let joined = s.wire(n * to, format!("{id}__joined"));
        let spikes = format!("{id}__spikes & {{{n}{{!{}}}}}", token.first); // nothing spiked before a sample
        s.statements.push(format!("{module} u_{id}__own (.spikes({spikes}), .sums({own}));"));
        let parameters = numbers(&[("NEURONS", n), ("A_BITS", bits), ("B_BITS", trees.bits), ("OUT_BITS", to)]);
        let ports = vec![("a", current.to_owned()), ("b", own), ("sum", joined.clone())];
        let name = format!("u_{id}__join");
        s.instances.push(Instance { module: "snn_unrolled_add", name, parameters, ports });
        joined
    }

    #[expect(clippy::too_many_arguments)]
    fn finish(
        s: &mut Section,
        unit: &Unit<'_>,
        id: &str,
        what: &str,
        from: &str,
        bits: usize,
        finish: Finish,
        bias: &[i32],
        done: &str,
        registered: bool,
    ) -> String {
        let to = s.wire(unit.elements() * finish.out_bits, format!("{id}__{what}"));
        let mut parameters = numbers(&[
            ("ELEMENTS", unit.elements()),
            ("CHANNELS", bias.len()),
            ("IN_BITS", bits),
            ("OUT_BITS", finish.out_bits),
            ("LEFT", usize::from(finish.shift.max(0).unsigned_abs())),
            ("RIGHT", usize::from(finish.shift.min(0).unsigned_abs())),
            ("BIAS_BITS", finish.bias_bits),
            ("REGISTERED", usize::from(registered)),
        ]);
        parameters.push(("BIASES", constant(bias, finish.bias_bits)));
        let ports = vec![
            ("clk", "clk".to_owned()),
            ("i_done", done.to_owned()),
            ("i_sums", from.to_owned()),
            ("o_currents", to.clone()),
        ];
        let name = format!("u_{id}__{what}");
        s.instances.push(Instance { module: "snn_unrolled_finish", name, parameters, ports });
        to
    }

    /// Synaptic currents and neurons.
    fn neurons(&self, s: &mut Section, index: usize, neuron: &Neuron<'_>, mut current: String, mut token: Token) {
        let (unit, id) = (&self.units[index], &self.ids[index]);
        let n = unit.elements();
        let resets = s.wire(n, format!("{id}__resets"));
        let channels = unit.shape().channels as usize;
        if !neuron.synaptic.is_empty() {
            let clears = if neuron.reset_timing == ResetTiming::Clearing { resets.clone() } else { format!("{n}'d0") };
            current = Self::synaptic(s, unit, id, neuron, &current, &token, clears);
            if unit.filters() {
                token = Self::delay(s, id, "membrane", &token, 1);
            }
        }
        let membrane_bits = usize::from(neuron.membrane_bits);
        let spikes = s.wire(n, format!("{id}__spikes"));
        let membranes = s.wire(n * membrane_bits, format!("{id}__membranes"));
        let times = neuron.threshold.len() / channels;
        let threshold_bits = table_bits(neuron.threshold);
        let reset_bits = reset_table(neuron).map_or(2, table_bits);
        let floor_bits = neuron.floor.map_or(2, table_bits);
        let reset = match neuron.reset {
            Reset::None => 0,
            Reset::ToValue(_) => 1,
            Reset::Subtract(_) => 2,
        };
        let delayed = match neuron.reset_timing {
            ResetTiming::Immediate => 0,
            ResetTiming::Delayed => 1,
            ResetTiming::Overriding | ResetTiming::Clearing => 2,
        };
        let (leak, leak_shift, leak_factor, factors) = leak(neuron.leak);
        let mut parameters = numbers(&[
            ("NEURONS", n),
            ("CHANNELS", channels),
            ("CURRENT_BITS", unit.synaptic_bits()),
            ("MEMBRANE_BITS", membrane_bits),
            ("LEAK", leak),
            ("LEAK_SHIFT", leak_shift),
            ("LEAK_FACTOR", leak_factor),
            ("RESET", reset),
            ("DELAYED", delayed),
            ("THRESHOLD_BITS", threshold_bits),
            ("TIMES", times),
            ("RESET_BITS", reset_bits),
            ("FLOOR", usize::from(neuron.floor.is_some())),
            ("FLOOR_BITS", floor_bits),
        ]);
        parameters.extend(factors.map(|factors| ("FACTORS", factors)));
        parameters.push(("THRESHOLDS", constant(neuron.threshold, threshold_bits)));
        parameters.extend(reset_table(neuron).map(|table| ("RESETS", constant(table, reset_bits))));
        parameters.extend(neuron.floor.map(|table| ("FLOORS", constant(table, floor_bits))));
        if let Some(stored) = neuron.stored {
            let step_bits = table_bits(stored.thresholds);
            let rows = stored.thresholds.len() / usize::from(stored.steps);
            parameters.extend(numbers(&[
                ("STORED", stored.steps.into()),
                ("STORED_BITS", neuron.stored_bits().into()),
                ("STORED_ROWS", rows),
                ("STEP_BITS", step_bits),
            ]));
            // a number more for each row, so that there is a table without steps
            let mut steps = stored.thresholds.to_vec();
            steps.resize(stored.thresholds.len() + rows, 0);
            parameters.push(("STEPS", constant(&steps, step_bits)));
            parameters.push(("LEVELS", constant(stored.levels, membrane_bits)));
        }
        let ports = vec![
            ("i_valid", token.valid),
            ("i_first", token.first),
            ("i_currents", current),
            ("resets", resets.clone()),
            ("o_valid", s.wire(1, format!("{id}__spikes_valid"))),
            ("o_first", s.wire(1, format!("{id}__spikes_first"))),
            ("o_spikes", spikes),
            ("o_membranes", membranes.clone()),
        ];
        s.instance("snn_unrolled_neuron", format!("u_{id}__neurons"), parameters, ports);
        s.statements.push(format!("wire {id}__unused = &{{1'b0, {resets}, {membranes}}};"));
    }

    /// What the synaptic currents give.
    fn synaptic(
        s: &mut Section,
        unit: &Unit<'_>,
        id: &str,
        neuron: &Neuron<'_>,
        current: &str,
        token: &Token,
        clears: String,
    ) -> String {
        const NAMES: [[&str; 6]; 2] = [
            ["BITS_0", "NEGATIVE_0", "LEAK_0", "LEAK_SHIFT_0", "LEAK_FACTOR_0", "FACTORS_0"],
            ["BITS_1", "NEGATIVE_1", "LEAK_1", "LEAK_SHIFT_1", "LEAK_FACTOR_1", "FACTORS_1"],
        ];
        let to = s.wire(unit.elements() * unit.synaptic_bits(), format!("{id}__synaptic"));
        let mut parameters = numbers(&[
            ("NEURONS", unit.elements()),
            ("CHANNELS", unit.shape().channels as usize),
            ("CURRENT_BITS", unit.current_bits),
            ("OUT_BITS", unit.synaptic_bits()),
            ("REGISTERED", usize::from(unit.filters())),
            ("SECOND", neuron.synaptic.len() - 1),
        ]);
        for (filter, names) in neuron.synaptic.iter().zip(NAMES) {
            let (kind, shift, factor, factors) = leak(filter.leak);
            let values = [usize::from(filter.bits), usize::from(filter.negative), kind, shift, factor];
            parameters.extend(names.into_iter().zip(values.map(|value| value.to_string())));
            parameters.extend(factors.map(|factors| (names[5], factors)));
        }
        let ports = vec![
            ("clk", "clk".to_owned()),
            ("i_valid", token.valid.clone()),
            ("i_first", token.first.clone()),
            ("i_currents", current.to_owned()),
            ("clear", clears),
            ("o_currents", to.clone()),
        ];
        let name = format!("u_{id}__synaptic");
        s.instances.push(Instance { module: "snn_unrolled_synaptic", name, parameters, ports });
        to
    }

    /// Bits of what the readout looks at.
    fn value_bits(&self) -> usize {
        let last = self.units.last().expect("a network has a layer");
        match self.program.readout().quantity {
            Quantity::Spikes => 2,
            Quantity::Membrane => last.neuron().map_or(2, |neuron| neuron.membrane_bits.into()),
            Quantity::Current => last.current_bits,
        }
    }

    /// Bits of a score; 32 wrap as the contract's do.
    pub fn score_bits(&self) -> usize {
        let timesteps = self.program.timesteps() as usize;
        let value_bits = self.value_bits();
        let count = index_bits(timesteps + 1) + 1;
        match (self.program.readout().reduce, self.program.readout().quantity) {
            (Reduce::Sum, Quantity::Spikes) | (Reduce::First, _) => count.max(value_bits),
            (Reduce::Sum, Quantity::Membrane | Quantity::Current) => (value_bits + index_bits(timesteps)).min(32),
            (Reduce::Last | Reduce::Max, _) => value_bits,
        }
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
        let reduce = match self.program.readout().reduce {
            Reduce::Sum => 0,
            Reduce::Last => 1,
            Reduce::Max => 2,
            Reduce::First => 3,
        };
        let parameters = numbers(&[
            ("ELEMENTS", n),
            ("VALUE_BITS", self.value_bits()),
            ("SCORE_BITS", self.score_bits()),
            ("TIMESTEPS", self.program.timesteps() as usize),
            ("REDUCE", reduce),
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

/// A table of signed numbers as one constant, the first lowest.
fn constant(table: &[i32], bits: usize) -> String {
    memory::constant(&table.iter().map(|&number| number as u32).collect::<Vec<_>>(), bits)
}

/// A leak as the parameters of `snn_leak`: kind, shift, factor, and the factors of the channels.
fn leak(leak: Leak<'_>) -> (usize, usize, usize, Option<String>) {
    match leak {
        Leak::None => (0, 1, 0, None),
        Leak::All => (4, 1, 0, None),
        Leak::Shift(n) => (1, n.into(), 0, None),
        Leak::Multiply { factor, shift } => (2, shift.into(), factor.into(), None),
        Leak::MultiplyEach { factors, shift } => {
            let factors: Vec<u32> = factors.iter().map(|&factor| factor.into()).collect();
            (3, shift.into(), 0, Some(memory::constant(&factors, usize::from(shift) + 1)))
        }
    }
}
