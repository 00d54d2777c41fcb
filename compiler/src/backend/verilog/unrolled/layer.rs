//! A layer of an unrolled network: adder trees, what brings their sums to currents, neurons, a pool of spikes.

use snnc_runtime::program::{Leak, Neuron, ResetTiming};

use super::tree::Trees;
use super::unit::Unit;
use crate::backend::File;
use crate::backend::verilog::codes;
use crate::backend::verilog::memory;
use crate::backend::verilog::netlist::{Instance, Section, numbers};
use crate::backend::verilog::size::{Finish, reset_table, table_bits};

/// A timestep beside the data: whether there is one, and whether it is the first of its sample.
pub struct Token {
    /// Wire that says that there is one.
    pub valid: String,
    /// Wire that says that it is the first.
    pub first: String,
}

/// A number for each neuron.
struct Numbers {
    wire: String,
    /// Of each, signed.
    bits: usize,
}

/// A layer while it grows.
pub struct Layer<'t, 'p> {
    /// What it is part of.
    pub section: &'t mut Section,
    /// Where its trees go.
    pub files: &'t mut Vec<File>,
    /// What it carries.
    pub unit: &'t Unit<'p>,
    /// Its identifier.
    pub id: &'t str,
    /// Name of the top module.
    pub top: &'t str,
    /// The name that the user knows.
    pub title: &'t str,
}

impl Layer<'_, '_> {
    /// From a frame of spikes to its own.
    pub fn grow(&mut self, spikes: &str, token: &Token) {
        let (unit, id, n) = (self.unit, self.id, self.unit.elements());
        let mut sums = self.trees(&unit.sums, "sums", spikes, unit.inputs);
        if unit.planes > 1 {
            sums = self.digits(&sums);
        }
        let token = self.delay("state", token, unit.clocks_to_state());
        let current = self.currents(sums, &token);
        let s = &mut *self.section;
        if let Some(neuron) = unit.neuron() {
            self.neurons(&neuron, current, token);
        } else {
            s.wire(1, format!("{id}__spikes_valid"));
            s.wire(1, format!("{id}__spikes_first"));
            s.wire(n, format!("{id}__spikes"));
            s.statements.push(format!("assign {id}__spikes_valid = {};", token.valid));
            s.statements.push(format!("assign {id}__spikes_first = {};", token.first));
            s.statements.push(format!("assign {id}__spikes = {n}'d0; // currents only"));
            s.statements.push(format!("wire [{}:0] {id}__currents = {};", n * current.bits - 1, current.wire));
        }
        if !unit.pooled.is_empty() {
            self.pool();
        }
    }

    /// Trees over some spikes, of which there are so many.
    fn trees(&mut self, trees: &Trees, what: &str, spikes: &str, inputs: usize) -> Numbers {
        let (id, module) = (self.id, format!("{}_{}_{what}", self.top, self.id));
        let wire = self.section.wire(self.unit.elements() * trees.bits, format!("{id}__{what}"));
        let clock = if trees.clocks > 0 { ".clk(clk), " } else { "" };
        let instance = format!("{module} u_{id}__{what} ({clock}.spikes({spikes}), .sums({wire}));");
        self.section.statements.push(instance);
        self.section.trees.push((format!("u_{id}__{what}"), trees.size));
        self.files.push(File::text(format!("rtl/{module}.v"), trees.module(&module, self.title, inputs)));
        Numbers { wire, bits: trees.bits }
    }

    /// A fixed module without a reset.
    fn stand_in(
        &mut self,
        module: &'static str,
        what: &str,
        parameters: Vec<(&'static str, String)>,
        ports: Vec<(&'static str, String)>,
    ) {
        self.section.instances.push(Instance { module, name: format!("u_{}__{what}", self.id), parameters, ports });
    }

    /// A token so many clocks later.
    fn delay(&mut self, what: &str, token: &Token, clocks: usize) -> Token {
        let (s, id) = (&mut *self.section, self.id);
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
    fn digits(&mut self, sums: &Numbers) -> Numbers {
        let (unit, n) = (self.unit, self.unit.elements());
        let plane = Token { valid: "input__plane".into(), first: "input__load".into() };
        let plane = self.delay("plane", &plane, unit.sums.clocks);
        let bits = unit.digit_bits();
        let wire = self.section.wire(n * bits, format!("{}__numbers", self.id));
        let parameters = numbers(&[
            ("NEURONS", n),
            ("IN_BITS", sums.bits),
            ("OUT_BITS", bits),
            ("NEGATIVE", usize::from(unit.negative)),
        ]);
        let ports = vec![
            ("clk", "clk".into()),
            ("i_valid", plane.valid),
            ("i_load", plane.first),
            ("i_sums", sums.wire.clone()),
            ("o_sums", wire.clone()),
        ];
        self.stand_in("snn_unrolled_digits", "digits", parameters, ports);
        Numbers { wire, bits }
    }

    /// From the sums to what reaches the neurons.
    fn currents(&mut self, sums: Numbers, token: &Token) -> Numbers {
        let unit = self.unit;
        let population = &unit.planned.population;
        let own_bits = unit.own.as_ref().map_or(0, |own| own.bits);
        let mut current = sums;
        if unit.planned.own.is_some() {
            let bits = unit.finish.map_or(unit.current_bits, |_| current.bits.max(own_bits));
            current = self.own(current, bits.max(population.accumulator_bits.into()), token);
        }
        if unit.constant || unit.finish.is_some() {
            let done = if unit.constant {
                let token = Token { valid: "input__done".into(), first: "1'b1".into() };
                let done = self.delay("done", &token, unit.sums.clocks + usize::from(unit.planes > 1));
                self.section.statements.push(format!("wire {}__unused_done = {};", self.id, done.first));
                done.valid
            } else {
                "1'b1".into()
            };
            let finish = unit.finish.unwrap_or(Finish { shift: 0, out_bits: current.bits, bias_bits: 2 });
            current = self.finish("current", &current, finish, population.bias, done, unit.finishes());
        }
        if let Some(identity) = unit.planned.identity {
            if unit.planned.joined.is_some() {
                let bits = current.bits.max(own_bits).max(identity.accumulator_bits.into());
                current = self.own(current, bits, token);
            }
            if let Some(second) = unit.second {
                current = self.finish("second", &current, second, identity.bias, "1'b1".into(), unit.finishes_again());
            }
        }
        current
    }

    /// Adds what the layer's own spikes of the timestep before give, to currents of so many bits.
    fn own(&mut self, current: Numbers, bits: usize, token: &Token) -> Numbers {
        let (unit, id, n) = (self.unit, self.id, self.unit.elements());
        let Some(trees) = &unit.own else { return current };
        let spikes = format!("{id}__spikes & {{{n}{{!{}}}}}", token.first); // nothing spiked before a sample
        let own = self.trees(trees, "own", &spikes, n);
        let wire = self.section.wire(n * bits, format!("{id}__joined"));
        let parameters = numbers(&[("NEURONS", n), ("A_BITS", current.bits), ("B_BITS", own.bits), ("OUT_BITS", bits)]);
        let ports = vec![("a", current.wire), ("b", own.wire), ("sum", wire.clone())];
        self.stand_in("snn_unrolled_add", "join", parameters, ports);
        Numbers { wire, bits }
    }

    /// Shift and bias, in a register or not.
    fn finish(
        &mut self,
        what: &str,
        from: &Numbers,
        finish: Finish,
        bias: &[i32],
        done: String,
        registered: bool,
    ) -> Numbers {
        let n = self.unit.elements();
        let wire = self.section.wire(n * finish.out_bits, format!("{}__{what}", self.id));
        let mut parameters = numbers(&[
            ("ELEMENTS", n),
            ("CHANNELS", bias.len()),
            ("IN_BITS", from.bits),
            ("OUT_BITS", finish.out_bits),
            ("LEFT", usize::from(finish.shift.max(0).unsigned_abs())),
            ("RIGHT", usize::from(finish.shift.min(0).unsigned_abs())),
            ("BIAS_BITS", finish.bias_bits),
            ("REGISTERED", usize::from(registered)),
        ]);
        parameters.push(("BIASES", constant(bias, finish.bias_bits)));
        let ports =
            vec![("clk", "clk".into()), ("i_done", done), ("i_sums", from.wire.clone()), ("o_currents", wire.clone())];
        self.stand_in("snn_unrolled_finish", what, parameters, ports);
        Numbers { wire, bits: finish.out_bits }
    }

    /// Synaptic currents and neurons.
    fn neurons(&mut self, neuron: &Neuron<'_>, current: Numbers, mut token: Token) {
        let (unit, id, n) = (self.unit, self.id, self.unit.elements());
        let resets = self.section.wire(n, format!("{id}__resets"));
        let mut current = current.wire;
        if !neuron.synaptic.is_empty() {
            let clears = if neuron.reset_timing == ResetTiming::Clearing { resets.clone() } else { format!("{n}'d0") };
            current = self.synaptic(neuron, current, &token, clears);
            if unit.filters() {
                token = self.delay("membrane", &token, 1);
            }
        }
        let channels = unit.shape().channels as usize;
        let membrane_bits = usize::from(neuron.membrane_bits);
        let s = &mut *self.section;
        let spikes = s.wire(n, format!("{id}__spikes"));
        let membranes = s.wire(n * membrane_bits, format!("{id}__membranes"));
        let threshold_bits = table_bits(neuron.threshold);
        let reset_bits = reset_table(neuron).map_or(2, table_bits);
        let floor_bits = neuron.floor.map_or(2, table_bits);
        let leak = codes::leak(neuron.leak);
        let mut parameters = numbers(&[
            ("NEURONS", n),
            ("CHANNELS", channels),
            ("CURRENT_BITS", unit.synaptic_bits()),
            ("MEMBRANE_BITS", membrane_bits),
            ("LEAK", leak.kind),
            ("LEAK_SHIFT", leak.shift),
            ("LEAK_FACTOR", leak.factor),
            ("RESET", codes::reset(&neuron.reset)),
            ("DELAYED", codes::reset_timing(neuron.reset_timing)),
            ("THRESHOLD_BITS", threshold_bits),
            ("TIMES", neuron.threshold.len() / channels),
            ("RESET_BITS", reset_bits),
            ("FLOOR", usize::from(neuron.floor.is_some())),
            ("FLOOR_BITS", floor_bits),
        ]);
        parameters.extend(factors(neuron.leak).map(|factors| ("FACTORS", factors)));
        parameters.push(("THRESHOLDS", constant(neuron.threshold, threshold_bits)));
        parameters.extend(reset_table(neuron).map(|table| ("RESETS", constant(table, reset_bits))));
        parameters.extend(neuron.floor.map(|table| ("FLOORS", constant(table, floor_bits))));
        parameters.extend(stored(neuron));
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
    fn synaptic(&mut self, neuron: &Neuron<'_>, current: String, token: &Token, clears: String) -> String {
        const NAMES: [[&str; 6]; 2] = [
            ["BITS_0", "NEGATIVE_0", "LEAK_0", "LEAK_SHIFT_0", "LEAK_FACTOR_0", "FACTORS_0"],
            ["BITS_1", "NEGATIVE_1", "LEAK_1", "LEAK_SHIFT_1", "LEAK_FACTOR_1", "FACTORS_1"],
        ];
        let (unit, n) = (self.unit, self.unit.elements());
        let to = self.section.wire(n * unit.synaptic_bits(), format!("{}__synaptic", self.id));
        let mut parameters = numbers(&[
            ("NEURONS", n),
            ("CHANNELS", unit.shape().channels as usize),
            ("CURRENT_BITS", unit.current_bits),
            ("OUT_BITS", unit.synaptic_bits()),
            ("REGISTERED", usize::from(unit.filters())),
            ("SECOND", neuron.synaptic.len() - 1),
        ]);
        for (filter, names) in neuron.synaptic.iter().zip(NAMES) {
            let leak = codes::leak(filter.leak);
            let (bits, negative) = (usize::from(filter.bits), usize::from(filter.negative));
            let values = [bits, negative, leak.kind, leak.shift, leak.factor];
            parameters.extend(names.into_iter().zip(values.map(|value| value.to_string())));
            parameters.extend(factors(filter.leak).map(|factors| (names[5], factors)));
        }
        let ports = vec![
            ("clk", "clk".into()),
            ("i_valid", token.valid.clone()),
            ("i_first", token.first.clone()),
            ("i_currents", current),
            ("clear", clears),
            ("o_currents", to.clone()),
        ];
        self.stand_in("snn_unrolled_synaptic", "synaptic", parameters, ports);
        to
    }

    /// Whether any of the spikes under each window.
    fn pool(&mut self) {
        let (id, s) = (self.id, &mut *self.section);
        let pooled = s.wire(self.unit.pooled.len(), format!("{id}__pooled"));
        for (i, spikes) in self.unit.pooled.iter().enumerate() {
            let any = spikes.iter().map(|spike| format!("{id}__spikes[{spike}]")).collect::<Vec<_>>().join(" | ");
            let any = if any.is_empty() { "1'b0".into() } else { any };
            s.statements.push(format!("assign {pooled}[{i}] = {any};"));
        }
        s.statements.push(format!("wire {id}__unused_spikes = &{{1'b0, {id}__spikes}};"));
    }
}

/// The levels of membranes of which only the number is stored.
fn stored(neuron: &Neuron<'_>) -> Vec<(&'static str, String)> {
    let Some(stored) = neuron.stored else { return Vec::new() };
    let step_bits = table_bits(stored.thresholds);
    let rows = stored.thresholds.len() / usize::from(stored.steps);
    let mut parameters = numbers(&[
        ("STORED", stored.steps.into()),
        ("STORED_BITS", neuron.stored_bits().into()),
        ("STORED_ROWS", rows),
        ("STEP_BITS", step_bits),
    ]);
    // a number more for each row, so that there is a table without steps
    let mut steps = stored.thresholds.to_vec();
    steps.resize(stored.thresholds.len() + rows, 0);
    parameters.push(("STEPS", constant(&steps, step_bits)));
    parameters.push(("LEVELS", constant(stored.levels, neuron.membrane_bits.into())));
    parameters
}

/// A table of signed numbers as one constant, the first lowest.
fn constant(table: &[i32], bits: usize) -> String {
    memory::constant(&table.iter().map(|&number| number as u32).collect::<Vec<_>>(), bits)
}

/// The factors of a leak that has one for each channel.
fn factors(leak: Leak<'_>) -> Option<String> {
    let Leak::MultiplyEach { factors, shift } = leak else { return None };
    let factors: Vec<u32> = factors.iter().map(|&factor| factor.into()).collect();
    Some(memory::constant(&factors, usize::from(shift) + 1))
}
