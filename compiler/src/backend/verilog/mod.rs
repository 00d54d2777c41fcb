//! Verilog: fixed modules, a top that connects them, memory files, and a testbench that checks every spike.

use super::{Backend, BackendError, EmitOptions, Emitted, File, LayerReport};
use crate::compiled::Compiled;
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, trace};

mod bench;
pub mod board;
mod choose;
mod clocks;
mod codes;
pub mod cost;
mod front;
pub mod host;
mod lanes;
mod loading;
mod memory;
mod names;
mod netlist;
mod plan;
mod report;
mod rtl;
mod size;
mod tail;
mod top;
mod unrolled;

use board::Chosen;
pub use choose::choose;
use cost::Resources;
use host::Interface;
pub use loading::WeightStore;
use names::Identifiers;
use plan::Planned;
use rayon::prelude::*;
use size::Layer;
use top::Design;

/// The FPGA backend.
pub const BACKEND: Backend = Backend { name: "fpga", emit };

/// Samples that the testbench gets.
const BENCH_SAMPLES: usize = 16;

/// A network laid out in hardware.
pub struct Hardware {
    /// Every file, in a fixed order.
    pub files: Vec<File>,
    /// Name of the top module.
    pub top: String,
    /// Clocks of each sample, as they are predicted.
    pub predicted_clocks: Vec<u64>,
    /// What each layer costs.
    pub report: Vec<LayerReport>,
    /// What all of it takes of a part.
    pub resources: Resources,
    /// What a host must know of it.
    pub interface: Interface,
}

fn emit(compiled: &Compiled<'_>, options: &EmitOptions<'_>) -> Result<Emitted, AtNode<BackendError>> {
    let store = WeightStore::new(options.board, options.load_weights);
    let board = options.board.map(|chosen| cost::fits(compiled, &chosen, store)).transpose()?;
    let traces: Vec<Trace> = options.samples.par_iter().map(|sample| trace(&compiled.program, sample)).collect();
    let hardware = hardware_on(compiled, options.samples, &traces, BENCH_SAMPLES, store, board.as_ref())?;
    let Hardware { mut files, report, resources, predicted_clocks, interface, .. } = hardware;
    let host = board.map(|chosen| chosen.host).or(options.host);
    for file in host.iter().flat_map(|host| host::files(&interface, *host)) {
        if !files.contains(&file) {
            files.push(file); // a fixed module may be the design's as well
        }
    }
    if let Some(chosen) = &board {
        let own = board::files(&interface, chosen, &files);
        files.extend(own);
    }
    Ok(Emitted { files, report, predicted_clocks, resources: Some(resources), needs: None, estimate: None })
}

/// The design, the clocks of `samples`, and a testbench for the first `benched` of them where there are any. `traces`
/// is what the host did with each.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn hardware(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    traces: &[Trace],
    benched: usize,
) -> Result<Hardware, AtNode<BackendError>> {
    hardware_with(compiled, samples, traces, benched, WeightStore::Fixed)
}

/// As [`hardware`], with its weights in `store`.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn hardware_with(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    traces: &[Trace],
    benched: usize,
    store: WeightStore,
) -> Result<Hardware, AtNode<BackendError>> {
    hardware_on(compiled, samples, traces, benched, store, None)
}

/// As [`hardware_with`], for a board.
fn hardware_on(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    traces: &[Trace],
    benched: usize,
    store: WeightStore,
    board: Option<&Chosen>,
) -> Result<Hardware, AtNode<BackendError>> {
    if compiled.layout.unrolled {
        return unrolled::hardware(compiled, samples, traces, benched, store, board);
    }
    let plan = plan::plan(compiled)?;
    let layers = Layer::all(&compiled.program, &plan, &compiled.layout);
    let names = Names::new(compiled, layers.iter().map(|layer| &layer.planned));
    let design = names.design(compiled, &layers, store);
    let (sections, memories, weights) = design.netlist();
    let costs = cost::of(board, &sections, &memories);
    let mut files: Vec<File> = rtl::ENGINES.iter().map(|(path, text)| File::text(*path, *text)).collect();
    let own = design.files(sections, memories, &weights);
    let interface = design.interface(host::fingerprint(&own), weights.len());
    files.extend(own);
    if !weights.is_empty() {
        files.push(loading::file(&weights, interface.fingerprint));
    }
    let prediction = clocks::predict(&compiled.program, &layers, samples, traces);
    let count = samples.len().min(benched);
    if count > 0 {
        // held back at random, a sample takes a few times as long as it would
        let patience = 10_000 + 10 * prediction.clocks.iter().max().copied().unwrap_or(0);
        files.extend(bench::files(&design, &samples[..count], &traces[..count], patience, &weights));
    }
    let report = report::layers(compiled, &layers, &prediction, samples.len(), &costs);
    let resources = costs.total;
    let on = report::Part::new(resources, board, false);
    files.push(report::file(&printable(&compiled.name), &compiled.program, &layers, &report, &prediction, &on));
    Ok(Hardware { files, top: names.top, predicted_clocks: prediction.clocks, report, resources, interface })
}

/// The names of a design.
struct Names {
    top: String,
    title: String,
    /// An identifier for each layer.
    ids: Vec<String>,
    /// The name that the user knows for each layer, as it can stand in a comment.
    titles: Vec<String>,
}

impl Names {
    fn new<'l, 'p: 'l>(compiled: &Compiled<'p>, layers: impl Iterator<Item = &'l Planned<'p>>) -> Self {
        let mut identifiers = Identifiers::default();
        let top = identifiers.add(&compiled.name);
        let (mut ids, mut titles) = (Vec::new(), Vec::new());
        for layer in layers {
            let name = layer.name(compiled);
            ids.push(identifiers.add(name));
            titles.push(printable(name));
        }
        Self { top, title: printable(&compiled.name), ids, titles }
    }

    fn design<'d, 'p>(
        &'d self,
        compiled: &'d Compiled<'p>,
        layers: &'d [Layer<'p>],
        store: WeightStore,
    ) -> Design<'d, 'p> {
        Design {
            name: &self.top,
            title: &self.title,
            program: &compiled.program,
            layers,
            ids: &self.ids,
            titles: &self.titles,
            store,
        }
    }
}

/// A name as it can stand in a comment.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || c == '\\' { ' ' } else { c }).collect()
}
