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

use super::names::Identifiers;
use super::{Hardware, WeightStore, host, plan, printable, rtl};
use crate::backend::{BackendError, File};
use crate::compiled::Compiled;
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::Trace;
use top::Design;

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
) -> Result<Hardware, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    limits::check(compiled, &plan, store)?;
    let units = unit::units(&compiled.program, &plan);
    limits::check_weights(compiled, &units)?;
    let mut identifiers = Identifiers::default();
    let top = identifiers.add(&compiled.name);
    let titles: Vec<&str> = units.iter().map(|unit| unit.planned.name(compiled)).collect();
    let design = Design {
        name: &top,
        title: &printable(&compiled.name),
        program: &compiled.program,
        units: &units,
        ids: &titles.iter().map(|title| identifiers.add(title)).collect::<Vec<_>>(),
        titles: &titles.iter().map(|title| printable(title)).collect::<Vec<_>>(),
    };
    let mut files: Vec<File> = rtl::UNROLLED.iter().map(|(path, text)| File::text(*path, *text)).collect();
    let own = design.files();
    let interface = design.interface(host::fingerprint(&own));
    files.extend(own);
    files.push(events::file(&interface));
    let predicted_clocks = clocks::predict(&design, samples.len());
    let count = samples.len().min(benched);
    if count > 0 {
        files.extend(bench::files(&design, &samples[..count], &traces[..count]));
    }
    let report = report::layers(compiled, &design, samples.len());
    files.push(report::file(&design, &report, &predicted_clocks));
    Ok(Hardware { files, top, predicted_clocks, report, interface })
}
