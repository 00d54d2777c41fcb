//! Whether a design fits the part of a board, and what does where it does not.

use super::{Costs, Part, Resources, Technology, costs, host, parts, technology};
use crate::backend::verilog::board::{BOARDS, Board, Capacity, Chosen};
use crate::backend::verilog::loading::WeightStore;
use crate::backend::verilog::netlist::Section;
use crate::backend::verilog::size::Layer;
use crate::backend::verilog::{Names, plan, unrolled};
use crate::backend::{BackendError, File};
use crate::compiled::{Compiled, Engine, Layout};
use crate::error::AtNode;

/// What is predicted of LUTs and flip-flops is this much off, at most, in either direction ...
pub const TOLERANCE: f64 = 0.25;
/// ... or so many of them, in a design of a few hundred.
pub const FLOOR: f64 = 60.0;

/// How much of a part's LUTs and flip-flops a design may take.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    luts: f64,
    ffs: f64,
}

impl Share {
    /// All of them.
    pub const ALL: Self = Self { luts: 1.0, ffs: 1.0 };
    /// What is beyond it does not fit, however wrong the prediction is.
    pub const TOLERATED: Self = Self { luts: 1.0 + TOLERANCE, ffs: 1.0 + TOLERANCE };
    /// 15 % of the LUTs are left to the router.
    pub const ROUTABLE: Self = Self { luts: 0.85, ffs: 1.0 };
}

/// What a part has too little of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortage {
    /// Of what.
    pub what: &'static str,
    /// What the design takes.
    pub needed: f64,
    /// What it may take.
    pub available: f64,
}

/// What `share` of a part is too little of.
pub fn shortages(needed: &Resources, capacity: Capacity, share: Share) -> Vec<Shortage> {
    let of = |what, needed: f64, available: f64| Shortage { what, needed, available: available.floor() };
    let all = [
        of(
            if needed.cells > needed.luts { "logic cells" } else { "LUTs" },
            needed.cells,
            f64::from(capacity.luts) * share.luts,
        ),
        of("flip-flops", needed.ffs, f64::from(capacity.ffs) * share.ffs),
        of("block RAMs", needed.block_rams, capacity.block_rams.into()),
    ];
    all.into_iter().filter(|shortage| shortage.needed > shortage.available).collect()
}

/// Shortages in words.
pub fn listed(shortages: &[Shortage]) -> String {
    let one = |short: &Shortage| {
        let about = if short.what == "block RAMs" { "" } else { "about " };
        format!("{about}{} {} of {}", short.needed, short.what, short.available)
    };
    shortages.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// What a netlist takes, with what stands around it on `board`.
pub fn of<'s>(board: Option<&Chosen>, sections: impl IntoIterator<Item = &'s Section>, files: &[File]) -> Costs {
    let technology = technology(board);
    let mut costs = costs(&technology, sections, files);
    if let Some(chosen) = board {
        costs.total += host::around(&technology, chosen.host);
    }
    costs
}

/// The netlist of `compiled` in a layout, and its memory files.
fn netlist(
    compiled: &Compiled<'_>,
    layout: &Layout,
    store: WeightStore,
) -> Result<(Vec<Section>, Vec<File>), AtNode<BackendError>> {
    if layout.unrolled {
        return Ok((unrolled::sections(compiled, store)?, Vec::new()));
    }
    let plan = plan::plan(compiled)?;
    let layers = Layer::all(&compiled.program, &plan, layout);
    let names = Names::new(compiled, layers.iter().map(|layer| &layer.planned));
    let (sections, files, _) = names.design(compiled, &layers, store).netlist();
    Ok((sections, files))
}

/// What `compiled` takes of a family without a host, and the modules that it is the sum of.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn in_family(
    compiled: &Compiled<'_>,
    store: WeightStore,
    technology: &Technology,
) -> Result<(Resources, Vec<Part>), AtNode<BackendError>> {
    let (sections, files) = netlist(compiled, &compiled.layout, store)?;
    let total = costs(technology, &sections, &files).total;
    Ok((total, sections.iter().flat_map(|section| parts(technology, section, &files)).collect()))
}

/// What `compiled` takes on a board in another layout, which has memories in flip-flops if it only fits so.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn in_layout(
    compiled: &Compiled<'_>,
    layout: &Layout,
    chosen: &Chosen,
    store: WeightStore,
    share: Share,
) -> Result<(Chosen, Resources), AtNode<BackendError>> {
    let (sections, files) = netlist(compiled, layout, store)?;
    let capacity = chosen.board.capacity;
    let mut all = chosen.with_less_block_ram().map(|chosen| (chosen, of(Some(&chosen), &sections, &files).total));
    let first = all.next().expect("there is always one");
    if shortages(&first.1, capacity, share).is_empty() {
        return Ok(first);
    }
    Ok(all.find(|(_, needed)| shortages(needed, capacity, share).is_empty()).unwrap_or(first))
}

/// The board as it holds a design. Refuses one that its part cannot hold, and names the nearest that it can.
///
/// # Errors
/// A design that does not fit for certain, and a step that the engine cannot carry.
pub fn fits(compiled: &Compiled<'_>, chosen: &Chosen, store: WeightStore) -> Result<Chosen, AtNode<BackendError>> {
    let (with_it, needed) = in_layout(compiled, &compiled.layout, chosen, store, Share::TOLERATED)?;
    let short = shortages(&needed, chosen.board.capacity, Share::TOLERATED);
    if short.is_empty() {
        return Ok(with_it);
    }
    // of what the part has, without the tolerance
    let short = shortages(&needed, chosen.board.capacity, Share::ALL);
    let found = format!("it takes {} that the board {} has", listed(&short), chosen.board.name);
    let smaller = smaller(compiled, compiled.layout.clone())?;
    let help = match first(compiled, &smaller, chosen, store, Share::ALL)? {
        Some((options, needed)) => format!("the nearest that fits is {options}: {} are predicted", counted(&needed)),
        None => {
            let same = ("the same options".to_owned(), compiled.layout.clone());
            let layouts: Vec<_> = [same].into_iter().chain(smaller).collect();
            other_board(compiled, &layouts, chosen.board, store, Share::ALL)?
        }
    };
    Err(refused(compiled, found, help))
}

/// A network that a part cannot hold.
pub fn refused(compiled: &Compiled<'_>, found: String, help: String) -> AtNode<BackendError> {
    let source = BackendError::Unsupported { found, help };
    AtNode { node: compiled.name.clone(), op: "network".to_owned(), source }
}

/// Resources in words.
pub fn counted(needed: &Resources) -> String {
    let cells = match needed.cells > needed.luts {
        true => format!("{} logic cells: ", needed.cells),
        false => String::new(),
    };
    format!("{cells}{} LUTs, {} flip-flops and {} block RAMs", needed.luts, needed.ffs, needed.block_rams)
}

/// The first of some layouts that fits.
fn first<'l>(
    compiled: &Compiled<'_>,
    layouts: &'l [(String, Layout)],
    chosen: &Chosen,
    store: WeightStore,
    share: Share,
) -> Result<Option<(&'l str, Resources)>, AtNode<BackendError>> {
    for (options, layout) in layouts {
        let (_, needed) = in_layout(compiled, layout, chosen, store, share)?;
        if shortages(&needed, chosen.board.capacity, share).is_empty() {
            return Ok(Some((options, needed)));
        }
    }
    Ok(None)
}

/// The smallest board that takes one of `layouts`, in words.
///
/// # Errors
/// A step that the engine cannot carry.
pub fn other_board(
    compiled: &Compiled<'_>,
    layouts: &[(String, Layout)],
    than: &Board,
    store: WeightStore,
    share: Share,
) -> Result<String, AtNode<BackendError>> {
    let mut boards: Vec<&'static Board> = BOARDS.iter().filter(|board| board.name != than.name).collect();
    boards.sort_by_key(|board| board.capacity.luts);
    for board in boards {
        let chosen = Chosen::new(board, None, None).expect("a board has its own host and clock");
        if let Some((options, needed)) = first(compiled, layouts, &chosen, store, share)? {
            let name = board.name;
            return Ok(format!("the smallest board that takes it is {name} with {options}: {}", counted(&needed)));
        }
    }
    Ok("no board takes it in any layout: give its weights fewer bits (--weights)".into())
}

/// Layouts that take less, each with the options that ask for it: engines instead of logic, fewer of them, fewer inputs per
/// clock, then fewer lanes, then fewer elements per clock behind them.
fn smaller(compiled: &Compiled<'_>, mut layout: Layout) -> Result<Vec<(String, Layout)>, AtNode<BackendError>> {
    let mut found = Vec::new();
    if layout.unrolled {
        layout.unrolled = false;
        found.push(("engines (without --unrolled)".to_owned(), layout.clone()));
    }
    let plan = plan::plan(compiled)?;
    let layers = Layer::all(&compiled.program, &plan, &layout);
    let widest = layers.iter().map(|layer| layer.lanes as u32).max().unwrap_or(1);
    layout.engines.resize(compiled.steps.len().max(layout.engines.len()), Engine::default());
    let mut options = String::new();
    fewer(&mut found, &mut layout, &mut options, "--engines", |engine| &mut engine.copies);
    fewer(&mut found, &mut layout, &mut options, "--slots", |engine| &mut engine.slots);
    let before = options.clone();
    for lanes in (0..10).rev().map(|bit| 1 << bit).filter(|&lanes| lanes < widest) {
        layout.lanes = Some(lanes);
        options = format!("{before} --lanes {lanes}").trim_start().to_owned();
        found.push((options.clone(), layout.clone()));
    }
    fewer(&mut found, &mut layout, &mut options, "--neurons", |engine| &mut engine.group);
    Ok(found)
}

/// Layouts whose engines have less and less of what `option` gives them, beside the `options` so far.
fn fewer(
    found: &mut Vec<(String, Layout)>,
    layout: &mut Layout,
    options: &mut String,
    option: &str,
    of: fn(&mut Engine) -> &mut u8,
) {
    let before = options.clone();
    let most = layout.engines.iter_mut().map(|engine| *of(engine)).max().unwrap_or(1);
    for number in (0..6).rev().map(|bit| 1 << bit).filter(|&number| number < most) {
        for engine in &mut layout.engines {
            let own = of(engine);
            *own = number.min(*own);
        }
        *options = format!("{before} {option} {number}").trim_start().to_owned();
        found.push((options.clone(), layout.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Capacity = Capacity { luts: 1000, ffs: 2000, block_rams: 10 };

    fn short(luts: f64, ffs: f64, block_rams: f64, share: Share) -> Vec<&'static str> {
        let needed = Resources { luts, ffs, cells: luts, block_rams, ..Resources::default() };
        shortages(&needed, PART, share).iter().map(|short| short.what).collect()
    }

    #[test]
    fn luts_and_flip_flops_have_a_tolerance_and_block_rams_none() {
        assert_eq!(short(1250.0, 2500.0, 10.0, Share::TOLERATED), [""; 0]);
        assert_eq!(short(1251.0, 2501.0, 10.5, Share::TOLERATED), ["LUTs", "flip-flops", "block RAMs"]);
    }

    #[test]
    fn an_ice40_is_short_of_cells() {
        let needed = Resources { luts: 900.0, ffs: 400.0, cells: 1100.0, ..Resources::default() };
        assert_eq!(listed(&shortages(&needed, PART, Share::ALL)), "about 1100 logic cells of 1000");
    }

    #[test]
    fn the_router_gets_lookup_tables_only() {
        assert_eq!(short(850.0, 2000.0, 10.0, Share::ROUTABLE), [""; 0]);
        assert_eq!(short(851.0, 2000.0, 10.0, Share::ROUTABLE), ["LUTs"]);
    }
}
