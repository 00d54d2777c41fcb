//! Verilog: fixed modules, a top that connects them, memory files, and a testbench that checks every spike.

use super::{Backend, BackendError, EmitOptions, Emitted, File, LayerReport};
use crate::compiled::Compiled;
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, trace};

mod bench;
mod memory;
mod names;
mod plan;
mod rtl;
mod size;
mod top;

use names::Identifiers;
use size::Layer;
use top::Design;

/// The FPGA backend.
pub const BACKEND: Backend = Backend { name: "fpga", emit };

/// Samples that the testbench gets.
const BENCH_SAMPLES: usize = 16;

fn emit(compiled: &Compiled<'_>, options: &EmitOptions<'_>) -> Result<Emitted, AtNode<BackendError>> {
    let traces: Vec<Trace> = options.samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let count = traces.len().min(BENCH_SAMPLES);
    let (files, _) = design(compiled, options.lanes, &options.samples[..count], &traces[..count])?;
    Ok(Emitted { files, report: Vec::<LayerReport>::new(), predicted_clocks: Vec::new() })
}

/// Every file of the design, with a testbench for `samples` where there are any, and the name of its top module.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn design(
    compiled: &Compiled<'_>,
    lanes: Option<usize>,
    samples: &[Sample],
    traces: &[Trace],
) -> Result<(Vec<File>, String), AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    let layers = Layer::all(&compiled.program, &plan, lanes);
    let mut identifiers = Identifiers::default();
    let name = identifiers.add(&compiled.name);
    let named = |layer: &Layer<'_>| {
        let step = layer.planned.neurons.map_or(layer.planned.step, |(step, _)| step);
        compiled.steps[step].name.clone()
    };
    let titles: Vec<String> = layers.iter().map(named).collect();
    let ids: Vec<String> = titles.iter().map(|title| identifiers.add(title)).collect();
    let design = Design {
        name: &name,
        title: &printable(&compiled.name),
        program: &compiled.program,
        layers: &layers,
        ids: &ids,
        titles: &titles.iter().map(|title| printable(title)).collect::<Vec<_>>(),
    };
    let mut files: Vec<File> = rtl::RTL.iter().map(|(path, text)| File::text(*path, *text)).collect();
    files.extend(design.files());
    if !samples.is_empty() {
        files.extend(bench::files(&design, samples, traces));
    }
    Ok((files, name))
}

/// A name as it can stand in a comment.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || c == '\\' { ' ' } else { c }).collect()
}
