//! What a design takes of a part before anything is synthesised: LUTs, flip-flops, block RAMs and DSPs, module by module.
//!
//! Each module of the netlist says what it is made of (`structure`), a family what that takes (`coefficients`, fitted to what
//! yosys makes of the modules alone), and memories are laid into block RAM as yosys does it (`memory`).

mod coefficients;
mod family;
mod fit;
mod host;
mod memory;
mod objective;
mod structure;
mod structure_lanes;
mod structure_neurons;
mod structure_unrolled;
mod structure_windows;

pub use family::{TECHNOLOGIES, Technology, technology};
pub use fit::{FLOOR, Share, Shortage, TOLERANCE, fits, in_family, of, shortages};

use serde::Serialize;
use std::ops::AddAssign;

use super::netlist::{Instance, Section};
use crate::backend::File;
pub use memory::Taken;
pub use objective::{Choice, Objective, pick};
pub use structure::Structure;
use structure::structure;
use structure_unrolled::{TREES, trees};

/// What a design takes of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Resources {
    /// LUTs, those that store and those of shift registers with them.
    pub luts: f64,
    /// Flip-flops.
    pub ffs: f64,
    /// Logic cells: of an iCE40 a LUT and the flip-flop that takes what it gives, if there is one; elsewhere the LUTs.
    pub cells: f64,
    /// Block RAMs; a half is one of its halves.
    pub block_rams: f64,
    /// Single-port RAMs beside block RAM.
    pub large_rams: f64,
    /// Multipliers: products are made of LUTs.
    pub dsps: f64,
}

impl AddAssign for Resources {
    fn add_assign(&mut self, other: Self) {
        self.luts += other.luts;
        self.ffs += other.ffs;
        self.cells += other.cells;
        self.block_rams += other.block_rams;
        self.large_rams += other.large_rams;
        self.dsps += other.dsps;
    }
}

/// What the sections of a netlist take, a layer's with all that stands between it and the next one, and what all of it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Of each section.
    pub sections: Vec<Resources>,
    /// Of the whole netlist.
    pub total: Resources,
}

/// A module of a design: what coefficients are fitted on.
#[derive(Debug)]
pub struct Part {
    /// The fixed module.
    pub module: &'static str,
    /// Its own name.
    pub name: String,
    /// What it is in proportion to.
    pub structure: Structure,
    /// What its memories take.
    pub memories: Taken,
}

/// The modules of a section.
fn parts(technology: &Technology, section: &Section, files: &[File]) -> Vec<Part> {
    let part = |module: &'static str, name: &str, structure: Structure| {
        let mut memories = Taken::default();
        for memory in &structure.memories {
            memories += technology.memories.taken(*memory);
        }
        Part { module, name: name.to_owned(), structure, memories }
    };
    let instance = |instance: &Instance| {
        let structure = structure(instance, &section.instances, files);
        let structure = structure.unwrap_or_else(|| panic!("`{}` has a structure", instance.module));
        part(instance.module, &instance.name, structure)
    };
    let sums = section.trees.iter().map(|(name, size)| part(TREES, name, trees(*size)));
    section.instances.iter().map(instance).chain(sums).collect()
}

/// What a netlist takes of a family's parts.
pub fn costs<'s>(technology: &Technology, sections: impl IntoIterator<Item = &'s Section>, files: &[File]) -> Costs {
    let mut costs = Costs { sections: Vec::new(), total: Resources::default() };
    for section in sections {
        let mut sum = Resources::default();
        for part in parts(technology, section, files) {
            sum += cost(technology, &part);
        }
        costs.total += sum;
        costs.sections.push(rounded(sum));
    }
    costs.total = rounded(costs.total);
    costs
}

/// Whole LUTs, flip-flops and cells.
fn rounded(resources: Resources) -> Resources {
    let Resources { luts, ffs, cells, .. } = resources;
    Resources { luts: luts.round(), ffs: ffs.round(), cells: cells.round(), ..resources }
}

/// What a module takes.
fn cost(technology: &Technology, part: &Part) -> Resources {
    let coefficients = technology.logic.iter().find(|(module, _)| *module == part.module);
    let (_, logic) = coefficients.unwrap_or_else(|| panic!("`{}` has a cost on {}", part.module, technology.name));
    let product = |sizes: &[f64], each: &[f64]| {
        assert_eq!(sizes.len(), each.len(), "{}: a coefficient for each size", part.module);
        sizes.iter().zip(each).map(|(size, each)| size * each).sum::<f64>()
    };
    let Taken { luts: read, ffs: stored, block_rams, large } = part.memories;
    let luts = read + product(&part.structure.luts, logic.luts);
    let ffs = product(&part.structure.ffs, logic.ffs);
    // what a memory stores comes from elsewhere
    let alone = if technology.alone > 0.0 { stored + technology.alone * ffs } else { 0.0 };
    Resources { luts, ffs: stored + ffs, cells: luts + alone, block_rams, large_rams: large as f64, dsps: 0.0 }
}
