//! A network unrolled: every weight a constant in logic, every neuron with an adder tree of its own, one timestep per clock.
//!
//! The other end from an engine: nothing is shared, so what a layer costs is its weights that are not zero. A timestep is
//! a frame, a bit for each input; layers are a pipeline that never waits, and a timestep enters only while the queue of
//! the output has room for it (`snn_unrolled_issue`). A membrane is read and written in the same clock, so timesteps
//! follow each other without a gap, across samples too.

mod bench;
mod clocks;
mod events;
mod layer;
mod limits;
mod report;
mod top;
mod tree;
mod unit;

use super::board::Chosen;
use super::netlist::Section;
use super::report::Part;
use super::{Hardware, Names, WeightStore, cost, host, plan, rtl};
use crate::backend::{BackendError, File};
use crate::compiled::Compiled;
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::Trace;
use top::Design;
pub use tree::Size;
use unit::Unit;

/// The design, the clocks of `samples`, and a testbench for the first `benched` of them, as [`super::hardware_with`].
///
/// # Errors
/// A step that cannot be unrolled, or a network that is too large for it.
pub fn hardware(
    compiled: &Compiled<'_>,
    samples: &[Sample],
    traces: &[Trace],
    benched: usize,
    store: WeightStore,
    board: Option<&Chosen>,
) -> Result<Hardware, AtNode<BackendError>> {
    let units = units(compiled, store)?;
    let names = Names::new(compiled, units.iter().map(|unit| &unit.planned));
    let design = Design::new(compiled, &units, &names);
    let (sections, trees) = design.netlist();
    let costs = cost::of(board, sections.iter().chain([&events::section(&design)]), &[]);
    let mut files: Vec<File> = rtl::UNROLLED.iter().map(|(path, text)| File::text(*path, *text)).collect();
    let own = design.files(sections, trees);
    let interface = design.interface(host::fingerprint(&own));
    files.extend(own);
    files.push(events::file(&interface));
    let predicted_clocks = clocks::predict(&design, samples.len());
    let count = samples.len().min(benched);
    if count > 0 {
        files.extend(bench::files(&design, &samples[..count], &traces[..count]));
    }
    let report = report::layers(compiled, &design, samples.len(), &costs);
    let resources = costs.total;
    files.push(report::file(&design, &report, &predicted_clocks, &Part::new(resources, board, true)));
    Ok(Hardware { files, top: names.top, predicted_clocks, report, resources, interface })
}

/// The netlist, with what brings events to it and from it.
///
/// # Errors
/// As [`hardware`].
pub fn sections(compiled: &Compiled<'_>, store: WeightStore) -> Result<Vec<Section>, AtNode<BackendError>> {
    let units = units(compiled, store)?;
    let names = Names::new(compiled, units.iter().map(|unit| &unit.planned));
    let design = Design::new(compiled, &units, &names);
    let (mut sections, _) = design.netlist();
    sections.push(events::section(&design));
    Ok(sections)
}

/// Clocks of so many samples that stand back to back.
///
/// # Errors
/// As [`hardware`].
pub fn clocks(compiled: &Compiled<'_>, store: WeightStore, samples: usize) -> Result<Vec<u64>, AtNode<BackendError>> {
    let units = units(compiled, store)?;
    let names = Names::new(compiled, units.iter().map(|unit| &unit.planned));
    Ok(clocks::predict(&Design::new(compiled, &units, &names), samples))
}

fn units<'p>(compiled: &Compiled<'p>, store: WeightStore) -> Result<Vec<Unit<'p>>, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    limits::check(compiled, &plan, store)?;
    let units = unit::units(&compiled.program, &plan);
    limits::check_weights(compiled, &units)?;
    Ok(units)
}
