//! What an unrolled design costs: a line per layer for the user's report, and what its logic is made of in a file beside it.

use askama::Template;

use super::top::Design;
use super::tree::Size;
use super::unit::Unit;
use crate::backend::verilog::cost::Costs;
use crate::backend::verilog::report::{Clocks, Part};
use crate::backend::{File, LayerReport};
use crate::compiled::Compiled;

/// One line per layer.
pub fn layers(compiled: &Compiled<'_>, design: &Design<'_, '_>, samples: usize, costs: &Costs) -> Vec<LayerReport> {
    let frames = if design.units[0].constant { 1 } else { u64::from(design.program.timesteps()) };
    let timesteps = u64::from(design.program.timesteps());
    let lines = design.units.iter().zip(&costs.sections[1..]).map(|(unit, resources)| LayerReport {
        name: unit.planned.name(compiled).to_owned(),
        encoding: compiled.steps[unit.planned.step].encoding.map(|encoding| encoding.name()),
        engine: Some("unrolled"),
        lanes: Some(unit.elements()),
        inputs_per_clock: Some(unit.inputs),
        engines: None,
        predicted_clocks: (samples > 0).then(|| (frames * unit.planes as u64).max(timesteps) as f64),
        adds: None, // every adder adds in every clock
        adds_saved: None,
        resources: Some(*resources),
        memory_bits: 0, // weights are logic
        state_bits: registers(unit) as u64,
    });
    lines.collect()
}

/// Bits of registers of a layer: of its trees, and of its neurons.
fn registers(unit: &Unit<'_>) -> usize {
    let n = unit.elements();
    let mut each = 0;
    each += if unit.planes > 1 { unit.digit_bits() } else { 0 };
    each += if unit.finishes() { unit.finish.map_or(unit.current_bits, |finish| finish.out_bits) } else { 0 };
    each += if unit.finishes_again() { unit.current_bits } else { 0 };
    each += unit.neuron().map_or(0, |neuron| neuron.state_bits() as usize + 1);
    unit.sums.size.registers + n * each
}

struct Line<'a> {
    report: &'a LayerReport,
    encoding: &'a str,
    unit: &'a Unit<'a>,
    /// Of the sums and of what own spikes give.
    size: Size,
    /// Weights that are zero.
    zero: usize,
}

#[derive(Template)]
#[template(path = "unrolled/report.md")]
struct Report<'a> {
    name: &'a str,
    timesteps: u32,
    lines: Vec<Line<'a>>,
    total: Size,
    depth: usize,
    clocks: Clocks,
    part: &'a Part,
}

/// The report as a file.
pub fn file(design: &Design<'_, '_>, report: &[LayerReport], clocks: &[u64], part: &Part) -> File {
    let lines: Vec<Line<'_>> = report
        .iter()
        .zip(design.units)
        .map(|(report, unit)| Line {
            report,
            encoding: report.encoding.unwrap_or("-"),
            unit,
            size: unit.own.as_ref().map_or(unit.sums.size, |own| unit.sums.size.and(own.size)),
            zero: unit.dense - unit.sums.size.weights.min(unit.dense),
        })
        .collect();
    let report = Report {
        name: design.title,
        timesteps: design.program.timesteps(),
        total: lines.iter().fold(Size::default(), |total, line| total.and(line.size)),
        lines,
        depth: design.depth(),
        clocks: Clocks::new(clocks),
        part,
    };
    let text = report.render().expect("a template without conditions of its own renders");
    File::text("report.md", text + "\n")
}
