//! `--objective`: of the layouts that a board's part holds, the one that serves best.

use itertools::iproduct;

use super::Resources;
use super::fit::{Share, counted, in_layout, listed, other_board, refused, shortages};
use crate::backend::BackendError;
use crate::backend::verilog::board::Chosen;
use crate::backend::verilog::loading::WeightStore;
use crate::backend::verilog::size::Layer;
use crate::backend::verilog::{choose, clocks, plan, unrolled};
use crate::compiled::{Compiled, Engine, Layout};
use crate::data::Sample;
use crate::error::AtNode;
use crate::host::{Trace, trace};

/// What a design is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Fewest clocks, then fewest LUTs.
    Latency,
    /// Fewest LUTs, then fewest clocks.
    Area,
    /// The least product of clocks and LUTs.
    Balanced,
}

impl Objective {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Area => "area",
            Self::Balanced => "balanced",
        }
    }

    /// What is to be least, and what decides where that is equal.
    fn price(self, clocks: f64, luts: f64) -> (f64, f64) {
        match self {
            Self::Latency => (clocks, luts),
            Self::Area => (luts, clocks),
            Self::Balanced => (clocks * luts, clocks),
        }
    }
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The layout.
    pub layout: Layout,
    /// Why, for people.
    pub why: String,
}

/// A layout that was looked at.
struct Candidate {
    options: String,
    layout: Layout,
    /// Of a sample, on average.
    clocks: f64,
    needed: Resources,
}

/// The best layout of `compiled` on a board, of those with up to `most` in each layer: [`choose`]'s for every number of
/// lanes that is a power of two, of engines and of inputs per clock, with and without several elements per clock behind the
/// sums; and, unless `engines` must do it, the network unrolled.
///
/// # Errors
/// A network that does not fit in any of them, and a step that the engine cannot carry.
///
/// # Panics
/// If there are no samples, which clocks are predicted on.
pub fn pick(
    compiled: &Compiled<'_>,
    chosen: &Chosen,
    store: WeightStore,
    objective: Objective,
    most: Engine,
    engines: bool,
    samples: &[Sample],
) -> Result<Choice, AtNode<BackendError>> {
    assert!(!samples.is_empty(), "clocks are predicted on samples");
    let mut all = candidates(compiled, chosen, store, most, samples)?;
    if !engines {
        all.extend(unrolled_candidate(compiled, chosen, store, samples));
    }
    all.sort_by(|a, b| {
        let price = |candidate: &Candidate| objective.price(candidate.clocks, candidate.needed.luts);
        price(a).partial_cmp(&price(b)).expect("finite numbers")
    });
    let board = chosen.board;
    let short = |candidate: &Candidate| shortages(&candidate.needed, board.capacity, Share::ROUTABLE);
    let Some(best) = all.iter().position(|candidate| short(candidate).is_empty()) else {
        let over = |candidate: &Candidate| {
            short(candidate).iter().map(|short| short.needed / short.available).fold(0.0, f64::max)
        };
        let least = all.iter().min_by(|a, b| over(a).total_cmp(&over(b))).expect("there is always one");
        let (options, lacks, name) = (&least.options, listed(&short(least)), board.name);
        let found = format!(
            "none of {} layouts fits the board {name}: the nearest, {options}, takes {lacks} that a design may take",
            all.len(),
        );
        let layouts: Vec<(String, Layout)> =
            all.iter().map(|candidate| (candidate.options.clone(), candidate.layout.clone())).collect();
        return Err(refused(compiled, found, other_board(compiled, &layouts, board, store, Share::ROUTABLE)?));
    };
    let fitting = all.iter().filter(|candidate| short(candidate).is_empty()).count();
    let Candidate { options, layout, clocks, needed } = &all[best];
    let mut why = format!(
        "{}: {options}, the best of {fitting} layouts that fit of {}: {clocks:.0} clocks per sample, {}",
        objective.name(),
        all.len(),
        counted(needed)
    );
    if let Some(better) = best.checked_sub(1).map(|at| &all[at]) {
        let lacks = listed(&short(better));
        why += &format!("; {} with {:.0} clocks would take {lacks}", better.options, better.clocks);
    }
    Ok(Choice { layout: layout.clone(), why })
}

fn candidates(
    compiled: &Compiled<'_>,
    chosen: &Chosen,
    store: WeightStore,
    most: Engine,
    samples: &[Sample],
) -> Result<Vec<Candidate>, AtNode<BackendError>> {
    let plan = plan::plan(compiled)?;
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let at_most = compiled.layout.lanes;
    let layers = Layer::all(&compiled.program, &plan, &compiled.layout);
    let widest = layers.iter().map(|layer| layer.lanes).max().unwrap_or(1) as u32;
    let all = Layout { engines: vec![most; plan.len()], ..compiled.layout.clone() };
    let copies = Layer::all(&compiled.program, &plan, &all).iter().map(|layer| layer.copies).max().unwrap_or(1);
    let powers = (0..32).rev().map(|bit| 1 << bit).filter(|&lanes| lanes < widest).map(Some);
    let mut compiled = compiled.clone();
    let mut found: Vec<Candidate> = Vec::new();
    for lanes in [at_most].into_iter().chain(powers) {
        compiled.layout.lanes = lanes;
        for (copies, slots, group) in iproduct!(up_to(copies), up_to(most.slots.into()), [most.group, 1]) {
            let asked = Engine { copies: copies as u8, slots: slots as u8, group, ..most };
            let layout = choose(&compiled, asked, samples)?;
            if found.iter().any(|other| other.layout == layout) {
                continue;
            }
            let layers = Layer::all(&compiled.program, &plan, &layout);
            let clocks = clocks::predict(&compiled.program, &layers, samples, &traces).clocks;
            let mut options = format!("--slots {slots} --lanes {}", lanes.unwrap_or(widest));
            if copies > 1 {
                options += &format!(" --engines {copies}");
            }
            if group < most.group {
                options += &format!(" --neurons {group}");
            }
            found.push(Candidate {
                options,
                clocks: clocks.iter().sum::<u64>() as f64 / clocks.len() as f64,
                needed: in_layout(&compiled, &layout, chosen, store, Share::ROUTABLE)?.1,
                layout,
            });
        }
    }
    Ok(found)
}

/// The network unrolled, if it can be: what is too large for it, or has a pool of currents, has no such layout.
fn unrolled_candidate(
    compiled: &Compiled<'_>,
    chosen: &Chosen,
    store: WeightStore,
    samples: &[Sample],
) -> Option<Candidate> {
    let layout = Layout { unrolled: true, ..compiled.layout.clone() };
    let (_, needed) = in_layout(compiled, &layout, chosen, store, Share::ROUTABLE).ok()?;
    let clocks = unrolled::clocks(compiled, store, samples.len()).ok()?;
    let clocks = clocks.iter().sum::<u64>() as f64 / clocks.len() as f64;
    Some(Candidate { options: "--unrolled".into(), layout, clocks, needed })
}

/// Powers of two up to a number.
fn up_to(most: usize) -> impl Iterator<Item = usize> + Clone {
    [1, 2, 4].into_iter().filter(move |&number| number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_objective_prefers_its_own() {
        let (quick, small) = ((100.0, 900.0), (300.0, 400.0));
        let prefers = |objective: Objective| match objective.price(quick.0, quick.1) < objective.price(small.0, small.1)
        {
            true => "quick",
            false => "small",
        };
        let found = [Objective::Latency, Objective::Area, Objective::Balanced].map(prefers);
        assert_eq!(found, ["quick", "small", "quick"]);
        assert!(Objective::Latency.price(100.0, 400.0) < Objective::Latency.price(100.0, 401.0));
        assert!(Objective::Area.price(100.0, 400.0) < Objective::Area.price(101.0, 400.0));
    }
}
