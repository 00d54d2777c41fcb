//! Whether a design fits the part of a board, and what does where it does not.

use super::{Costs, Resources, costs, host, technology};
use crate::backend::BackendError;
use crate::backend::verilog::board::{Board, Capacity, Chosen};
use crate::backend::verilog::loading::WeightStore;
use crate::backend::verilog::netlist::Section;
use crate::backend::verilog::size::Layer;
use crate::backend::verilog::{Names, plan};
use crate::compiled::{Compiled, Engine, Layout};
use crate::error::AtNode;

/// What is predicted of LUTs and flip-flops is this much off, at most, in either direction.
pub const TOLERANCE: f64 = 0.25;

/// What a part has too little of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortage {
    /// Of what.
    pub what: &'static str,
    /// What the design takes.
    pub needed: f64,
    /// What the part has.
    pub available: u32,
    /// Whether it is beyond the tolerance of the prediction too.
    pub certain: bool,
}

/// What a part has too little of.
pub fn shortages(needed: &Resources, capacity: Capacity) -> Vec<Shortage> {
    let of = |what, needed: f64, available: u32, tolerance| Shortage {
        what,
        needed,
        available,
        certain: needed > f64::from(available) * (1.0 + tolerance),
    };
    let all = [
        of("LUTs", needed.luts, capacity.luts, TOLERANCE),
        of("flip-flops", needed.ffs, capacity.ffs, TOLERANCE),
        of("block RAMs", needed.block_rams, capacity.block_rams, 0.0),
    ];
    all.into_iter().filter(|shortage| shortage.needed > f64::from(shortage.available)).collect()
}

/// What a netlist of `layers` layers takes, with what stands around it on `board`; `None`: the family's costs are not known.
pub fn of(board: Option<&Chosen>, sections: &[Section], layers: usize) -> Option<Costs> {
    let technology = technology(board.map(|chosen| chosen.board.family))?;
    let mut costs = costs(technology, sections, layers);
    if let Some(chosen) = board {
        costs.total += host::around(technology, chosen.host);
    }
    Some(costs)
}

/// What `compiled` takes in another layout.
fn in_layout(
    compiled: &Compiled<'_>,
    layout: &Layout,
    chosen: &Chosen,
    store: WeightStore,
) -> Result<Option<Resources>, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    let layers = Layer::all(&compiled.program, &plan, layout);
    let names = Names::new(compiled, &layers);
    let (sections, ..) = names.design(compiled, &layers, store).netlist();
    Ok(of(Some(chosen), &sections, layers.len()).map(|costs| costs.total))
}

/// Refuses a design that the part of its board cannot hold, and names the nearest that it can.
///
/// # Errors
/// A design that does not fit for certain, and a step that the engine cannot carry.
pub fn fits(compiled: &Compiled<'_>, chosen: &Chosen, store: WeightStore) -> Result<(), AtNode<BackendError>> {
    let Some(needed) = in_layout(compiled, &compiled.layout, chosen, store)? else { return Ok(()) };
    let board = chosen.board;
    let short = certain(&needed, board);
    if short.is_empty() {
        return Ok(());
    }
    let mut help = format!(
        "no other --slots, --lanes or --neurons makes it fit: give its weights fewer bits (--weights), or take a larger \
         part than {}",
        board.part
    );
    for (options, layout) in smaller(compiled, compiled.layout.clone()) {
        let Some(needed) = in_layout(compiled, &layout, chosen, store)? else { continue };
        if certain(&needed, board).is_empty() {
            help = format!(
                "the nearest that fits is {options}: {} LUTs, {} flip-flops and {} block RAMs are predicted",
                needed.luts, needed.ffs, needed.block_rams
            );
            break;
        }
    }
    let listed = short.iter().map(|short| {
        let about = if short.what == "block RAMs" { "" } else { "about " };
        format!("{about}{} {} of {}", short.needed, short.what, short.available)
    });
    let found =
        format!("it takes {} that the part of the board {} has", listed.collect::<Vec<_>>().join(" and "), board.name);
    Err(AtNode {
        node: compiled.name.clone(),
        op: "network".to_owned(),
        source: BackendError::Unsupported { found, help },
    })
}

fn certain(needed: &Resources, board: &Board) -> Vec<Shortage> {
    shortages(needed, board.capacity).into_iter().filter(|shortage| shortage.certain).collect()
}

/// Layouts that take less, each with the options that ask for it: fewer inputs per clock, then fewer lanes, then fewer
/// elements per clock behind them.
fn smaller(compiled: &Compiled<'_>, mut layout: Layout) -> Vec<(String, Layout)> {
    layout.engines.resize(compiled.steps.len().max(layout.engines.len()), Engine::default());
    let mut found = Vec::new();
    let mut options = String::new();
    let most = layout.engines.iter().map(|engine| engine.slots).max().unwrap_or(1);
    for slots in [2, 1].into_iter().filter(|&slots| slots < most) {
        for engine in &mut layout.engines {
            engine.slots = engine.slots.min(slots);
        }
        options = format!("--slots {slots}");
        found.push((options.clone(), layout.clone()));
    }
    let before = options;
    let mut options = before.clone();
    let asked = layout.lanes.unwrap_or(u32::MAX);
    for lanes in [512, 256, 128, 64, 32, 16, 8, 4, 2, 1].into_iter().filter(|&lanes| lanes < asked) {
        layout.lanes = Some(lanes);
        options = format!("{before} --lanes {lanes}").trim_start().to_owned();
        found.push((options.clone(), layout.clone()));
    }
    let before = options;
    let most = layout.engines.iter().map(|engine| engine.group).max().unwrap_or(1);
    for neurons in [32, 16, 8, 4, 2, 1].into_iter().filter(|&neurons| neurons < most) {
        for engine in &mut layout.engines {
            engine.group = engine.group.min(neurons);
        }
        found.push((format!("{before} --neurons {neurons}").trim_start().to_owned(), layout.clone()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Capacity = Capacity { luts: 1000, ffs: 2000, block_rams: 10 };

    #[test]
    fn block_rams_are_exact_and_luts_have_a_tolerance() {
        let needed = Resources { luts: 1200.0, ffs: 2600.0, block_rams: 10.5, ..Resources::default() };
        let found: Vec<(&str, bool)> =
            shortages(&needed, PART).iter().map(|short| (short.what, short.certain)).collect();
        assert_eq!(found, [("LUTs", false), ("flip-flops", true), ("block RAMs", true)]);
    }

    #[test]
    fn what_fits_has_no_shortage() {
        let needed = Resources { luts: 1000.0, ffs: 2000.0, block_rams: 10.0, ..Resources::default() };
        assert_eq!(shortages(&needed, PART), []);
    }
}
