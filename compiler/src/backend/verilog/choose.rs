//! Which layers get more engines, more inputs per clock, more lanes, and more elements per clock behind their sums: those that
//! set the pace. And how each one's input is coded.

use crate::backend::BackendError;
use crate::compiled::{Compiled, EdgeCode, Engine, Layout};
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, trace};

use super::size::{Layer, Sums};
use super::{clocks, plan};

/// Inputs per clock that binary weights are counted for, at most, for each input per clock of the others: a row of their
/// signs is as wide as a row of bytes.
const COUNTED: u8 = 8;
/// Bits that a layer's input may be held back in: 16 block RAMs.
const MOST_HELD: usize = 1 << 19;
/// What is given back may cost one clock in so many.
const PRICE: u64 = 200;

/// A layout of `compiled` whose layers have up to `most`, as much of it as `samples` show to pay: every layer gets all there
/// is, then gives back, layer by layer, engines, inputs, lanes and elements per clock that cost next to no clocks. A layer
/// takes its input in the code that gives it least to add; an inverted one is given back where it saves next to no clocks. Binary
/// weights are counted where so many of the inputs spike that it takes fewer clocks, as few of them per clock as will do.
/// Without samples every layer gets the inputs, and no more elements than it always has.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn choose(compiled: &Compiled<'_>, most: Engine, samples: &[Sample]) -> Result<Layout, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    let lanes = compiled.layout.lanes;
    if samples.is_empty() {
        let engine = Engine { group: most.group.min(Engine::default().group), ..most };
        return Ok(Layout { lanes, engines: vec![engine; plan.len()], ..Layout::default() });
    }
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    // the samples twice: what the second time takes, the network is full
    let (again, traced) = ([samples, samples].concat(), [&traces[..], &traces[..]].concat());
    let predict = |layout: &Layout| {
        clocks::predict(&compiled.program, &Layer::all(&compiled.program, &plan, layout), &again, &traced)
    };
    let clocks = |layout: &Layout| {
        let ends = predict(layout).ends;
        ends[ends.len() - 1] - ends[samples.len() - 1]
    };
    let all = |code| Layout { lanes, engines: vec![Engine { code, ..most }; plan.len()], ..Layout::default() };
    // what a layer takes does not depend on the others
    let adds = |code| predict(&all(code)).adds.into_iter().map(|adds| adds.made);
    let mut layout = all(EdgeCode::Plain);
    let held: Vec<usize> =
        Layer::all(&compiled.program, &plan, &all(EdgeCode::Inverted)).iter().map(Layer::held_bits).collect();
    // the best code that holds nothing back
    let mut at_once = vec![EdgeCode::Plain; plan.len()];
    let (plain, delta, inverted) = (adds(EdgeCode::Plain), adds(EdgeCode::Delta), adds(EdgeCode::Inverted));
    for (at, ((plain, delta), inverted)) in plain.zip(delta).zip(inverted).enumerate() {
        if delta < plain {
            at_once[at] = EdgeCode::Delta;
        }
        layout.engines[at].code = match inverted < plain.min(delta) && held[at] <= MOST_HELD {
            true => EdgeCode::Inverted,
            false => at_once[at],
        };
    }
    // a count takes the same clocks of few inputs and of many, in whatever code
    let chunk = (COUNTED * most.slots).min(most.chunk);
    let gathering = layout.engines.clone();
    let counting = Engine { counts: true, chunk, ..most };
    let counted = Layout { lanes, engines: vec![counting; plan.len()], ..Layout::default() };
    let layers = Layer::all(&compiled.program, &plan, &counted);
    if layers.iter().any(|layer| layer.sums == Sums::Popcount) {
        let (busy, counted_busy) = (predict(&layout).busy, predict(&counted).busy);
        for (at, layer) in layers.iter().enumerate() {
            if layer.sums == Sums::Popcount && counted_busy[at] < busy[at] {
                layout.engines[at] = counting;
            }
        }
    }
    let best = clocks(&layout);
    let worst = best + best / PRICE;
    let fewer_engines =
        |_, engine: Engine| (engine.copies > 1).then_some(Engine { copies: engine.copies / 2, ..engine });
    let fewer_inputs = |_, engine: Engine| (engine.slots > 1).then_some(Engine { slots: engine.slots / 2, ..engine });
    let gathered = |at: usize, engine: Engine| engine.counts.then_some(gathering[at]);
    let fewer_counted =
        |_, engine: Engine| (engine.counts && engine.chunk > 8).then_some(Engine { chunk: engine.chunk / 2, ..engine });
    // to hold a sample back costs memory and latency, which only clocks are worth
    let not_held = |at: usize, engine: Engine| {
        (engine.code == EdgeCode::Inverted).then_some(Engine { code: at_once[at], ..engine })
    };
    let widest: Vec<u32> =
        Layer::all(&compiled.program, &plan, &layout).iter().map(|layer| layer.lanes as u32).collect();
    let fewer_lanes = |at: usize, engine: Engine| {
        let lanes = engine.lanes.unwrap_or(widest[at]);
        (lanes > 1).then_some(Engine { lanes: Some(lanes / 2), ..engine })
    };
    let fewer_elements = |_, engine: Engine| (engine.group > 1).then_some(Engine { group: engine.group / 2, ..engine });
    let all: [&dyn Fn(usize, Engine) -> Option<Engine>; 7] =
        [&gathered, &fewer_counted, &fewer_engines, &fewer_inputs, &not_held, &fewer_lanes, &fewer_elements];
    for fewer in all {
        for at in 0..plan.len() {
            while let Some(engine) = fewer(at, layout.engines[at]) {
                let mut given = layout.clone();
                given.engines[at] = engine;
                if clocks(&given) > worst {
                    break;
                }
                layout = given;
            }
        }
    }
    Ok(layout)
}
