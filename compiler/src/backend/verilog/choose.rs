//! Which layers get more inputs per clock, and more elements per clock behind their sums: those that set the pace. And which
//! take changes instead of spikes.

use crate::backend::BackendError;
use crate::compiled::{Compiled, EdgeCode, Engine, Layout};
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, trace};

use super::size::Layer;
use super::{clocks, plan};

/// Elements per clock behind a layer's sums, at most.
const MOST_ELEMENTS: u8 = 64;
/// What is given back may cost one clock in so many.
const PRICE: u64 = 200;

/// A layout of `compiled` whose layers take up to `slots` inputs per clock, as many as `samples` show to pay: every layer
/// gets all there is, then gives back, layer by layer, inputs and elements per clock that cost next to no clocks. A layer
/// takes changes where there are fewer of them than spikes.
/// Without samples every layer gets the inputs, and the elements that it always has.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn choose(compiled: &Compiled<'_>, slots: u8, samples: &[Sample]) -> Result<Layout, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    let lanes = compiled.layout.lanes;
    if samples.is_empty() {
        return Ok(Layout { lanes, engines: vec![Engine { slots, ..Engine::default() }; plan.len()] });
    }
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let predict = |layout: &Layout| {
        let layers = Layer::all(&compiled.program, &plan, layout);
        clocks::predict(&compiled.program, &layers, samples, &traces)
    };
    let clocks = |layout: &Layout| predict(layout).clocks.iter().sum::<u64>();
    let all = |code| Layout {
        lanes,
        engines: vec![Engine { slots, group: MOST_ELEMENTS, code, ..Engine::default() }; plan.len()],
    };
    let mut layout = all(EdgeCode::Plain);
    // what a layer takes does not depend on the others
    let (spikes, changes) = (predict(&layout).inputs, predict(&all(EdgeCode::Delta)).inputs);
    for (engine, (spikes, changes)) in layout.engines.iter_mut().zip(spikes.into_iter().zip(changes)) {
        if changes < spikes {
            engine.code = EdgeCode::Delta;
        }
    }
    let best = clocks(&layout);
    let most = best + best / PRICE;
    let fewer_inputs = |engine: Engine| Engine { slots: engine.slots / 2, ..engine };
    let fewer_elements = |engine: Engine| Engine { group: engine.group / 2, ..engine };
    for fewer in [&fewer_inputs as &dyn Fn(Engine) -> Engine, &fewer_elements] {
        for at in 0..plan.len() {
            loop {
                let mut given = layout.clone();
                given.engines[at] = fewer(layout.engines[at]);
                if given.check().is_err() || clocks(&given) > most {
                    break;
                }
                layout = given;
            }
        }
    }
    Ok(layout)
}
