//! What a design costs: a line per layer for the user's report, and the same as a file beside the design.

use askama::Template;
use snnc_runtime::program::{Leak, Program};

use super::board::Chosen;
use super::clocks::Prediction;
use super::cost::{Costs, FLOOR, Resources, Share, TOLERANCE, shortages};
use super::size::{Front, Joined, Layer, reset_table, table_bits};
use crate::backend::{File, LayerReport};
use crate::compiled::Compiled;

/// One line per layer of hardware.
pub fn layers(
    compiled: &Compiled<'_>,
    layers: &[Layer<'_>],
    prediction: &Prediction,
    samples: usize,
    costs: &Costs,
) -> Vec<LayerReport> {
    let mut lines = Vec::new();
    let mean = |n: f64| (samples > 0).then(|| n / samples as f64);
    let of_layers = layers.iter().zip(&prediction.busy).zip(&prediction.adds).zip(&costs.sections);
    for (((layer, busy), adds), resources) in of_layers {
        let encoding = compiled.steps[layer.planned.step].encoding.map(|encoding| encoding.name());
        lines.push(LayerReport {
            name: layer.planned.name(compiled).to_owned(),
            encoding,
            engine: Some(layer.sums.name()),
            lanes: Some(layer.lanes),
            inputs_per_clock: Some(match &layer.front {
                Front::Window(window) if layer.sums.takes_columns() => layer.slots * window.chunk,
                Front::Window(_) | Front::Stream => layer.slots,
            }),
            engines: Some(layer.copies),
            predicted_clocks: mean(*busy as f64),
            adds: mean(adds.made as f64),
            adds_saved: mean(adds.plain as f64 - adds.made as f64),
            resources: Some(*resources),
            memory_bits: memory_bits(layer),
            state_bits: state_bits(layer),
        });
    }
    lines
}

/// Bits of weights and of the channels' constants.
fn memory_bits(layer: &Layer<'_>) -> u64 {
    let mut table_width = layer.finish.map_or(0, |finish| finish.bias_bits);
    table_width += layer.second_finish.map_or(0, |finish| finish.bias_bits);
    if let Some((_, neuron)) = layer.planned.neurons {
        table_width += table_bits(neuron.threshold) * neuron.threshold.len().div_ceil(layer.channels);
        table_width += reset_table(&neuron).map_or(0, table_bits);
        table_width += neuron.floor.map_or(0, table_bits);
        let leaks = neuron.synaptic.iter().map(|filter| filter.leak).chain([neuron.leak]);
        table_width += leaks.map(factor_bits).sum::<usize>();
    }
    let stored = layer.planned.neurons.and_then(|(_, neuron)| {
        let stored = neuron.stored?;
        let levels = stored.levels.len() * usize::from(neuron.membrane_bits);
        Some(stored.thresholds.len() * table_bits(stored.thresholds) + levels)
    });
    let tables = layer.channels * table_width + stored.unwrap_or(0);
    let weights = |layer: &Layer<'_>| layer.copies * layer.rows * layer.word_bits();
    let own = layer.joined.as_ref().map_or(0, |joined| weights(&joined.engine));
    (weights(layer) + own + tables) as u64
}

/// Bits of a factor that each channel has.
fn factor_bits(leak: Leak<'_>) -> usize {
    match leak {
        Leak::None | Leak::All | Leak::Shift(_) | Leak::Multiply { .. } => 0,
        Leak::MultiplyEach { shift, .. } => usize::from(shift) + 1,
    }
}

/// Bits of membranes, synaptic currents, sums, kept currents and the input frames.
fn state_bits(layer: &Layer<'_>) -> u64 {
    let elements = layer.words * layer.group;
    let membranes = layer.planned.neurons.map_or(0, |(_, neuron)| elements * neuron.state_bits() as usize);
    let kept = if layer.keeps() { 2 * elements * layer.kept_bits() } else { 0 };
    let frames = match &layer.front {
        Front::Stream => 0,
        Front::Window(window) => {
            let frame = window.frame * window.bits() * layer.stored_bits();
            let filled = if window.collected { window.collected_words() * window.bits() / window.stack } else { 0 };
            layer.copies * frame * window.frames()
                + filled * layer.planes
                + layer.held_bits()
                + 2 * window.own * window.chunk
        }
    };
    let sums = |layer: &Layer<'_>| 2 * layer.copies * layer.lanes * layer.sum_bits;
    let own = layer.joined.as_ref().map_or(0, |Joined { engine, .. }| sums(engine) + 2 * engine.words * engine.group);
    (membranes + kept + frames + sums(layer) + own) as u64
}

struct Line<'a> {
    report: &'a LayerReport,
    encoding: &'a str,
    engine: &'a str,
    lanes: usize,
    slots: String,
    engines: usize,
    code: &'static str,
    group: usize,
    busy: String,
    adds: String,
    saved: String,
}

#[derive(Template)]
#[template(path = "snn_report.md")]
struct Report<'a> {
    name: &'a str,
    timesteps: u32,
    lines: Vec<Line<'a>>,
    clocks: Clocks,
    part: &'a Part,
}

/// What the design takes of a part.
pub struct Part {
    /// All of it.
    pub total: Resources,
    /// The part, in words.
    pub name: String,
    /// What the part has too little of, in words.
    pub short: Vec<String>,
    /// Whether the network is unrolled.
    pub unrolled: bool,
}

impl Part {
    /// Of the part of `board`, or of a 7-series one.
    pub fn new(total: Resources, board: Option<&Chosen>, unrolled: bool) -> Self {
        let name = board
            .map_or("a part of the 7 series".into(), |chosen| format!("{} ({})", chosen.board.part, chosen.board.name));
        let short = board.map(|chosen| shortages(&total, chosen.board.capacity, Share::ALL)).unwrap_or_default();
        let line = |short: &super::cost::Shortage| format!("{} {} of {}", short.needed, short.what, short.available);
        Self { total, name, short: short.iter().map(line).collect(), unrolled }
    }

    /// How far it may be off.
    pub fn tolerance(&self) -> String {
        format!("{:.0} % or {FLOOR} of them, whichever is more", 100.0 * TOLERANCE)
    }

    /// The cells of a layer in a table.
    pub fn layer(&self, layer: &LayerReport) -> String {
        layer.resources.as_ref().map_or("- | - | - | -".into(), cells)
    }

    /// Whether the part counts logic cells.
    pub fn has_logic_cells(&self) -> bool {
        self.total.cells > self.total.luts
    }

    /// The cells of all of it.
    pub fn all(&self) -> String {
        cells(&self.total)
    }
}

fn cells(r: &Resources) -> String {
    format!("{} | {} | {} | {}", r.luts, r.ffs, r.block_rams, r.dsps)
}

/// Clocks of some samples, as a report says them.
pub struct Clocks {
    /// How many samples there are.
    pub samples: usize,
    /// Their mean.
    pub mean: String,
    /// The fewest.
    pub least: u64,
    /// The most.
    pub most: u64,
}

impl Clocks {
    /// Of the clocks of each sample.
    pub fn new(clocks: &[u64]) -> Self {
        Self {
            samples: clocks.len(),
            mean: format!("{:.1}", clocks.iter().sum::<u64>() as f64 / clocks.len().max(1) as f64),
            least: clocks.iter().copied().min().unwrap_or(0),
            most: clocks.iter().copied().max().unwrap_or(0),
        }
    }
}

/// Inputs per clock, of a layer that takes columns: columns, and the inputs of each.
fn inputs(layer: &Layer<'_>) -> String {
    match &layer.front {
        Front::Window(window) if layer.sums.takes_columns() => format!("{} x {}", layer.slots, window.chunk),
        Front::Window(_) | Front::Stream => layer.slots.to_string(),
    }
}

/// A figure, if there is one.
fn rounded(figure: Option<f64>) -> String {
    figure.map_or("-".into(), |n| format!("{n:.0}"))
}

/// The report as a file.
pub fn file(
    name: &str,
    program: &Program<'_>,
    layers: &[Layer<'_>],
    report: &[LayerReport],
    prediction: &Prediction,
    part: &Part,
) -> File {
    let lines = report.iter().zip(layers).map(|(report, layer)| Line {
        report,
        encoding: report.encoding.unwrap_or("-"),
        engine: report.engine.unwrap_or("-"),
        lanes: layer.lanes,
        slots: inputs(layer),
        engines: layer.copies,
        code: layer.code.name(),
        group: layer.group,
        busy: rounded(report.predicted_clocks),
        adds: rounded(report.adds),
        saved: rounded(report.adds_saved),
    });
    let text = Report {
        name,
        timesteps: program.timesteps(),
        lines: lines.collect(),
        clocks: Clocks::new(&prediction.clocks),
        part,
    };
    let mut text = text.render().expect("a template without conditions of its own renders");
    text.push('\n');
    File::text("report.md", text)
}
