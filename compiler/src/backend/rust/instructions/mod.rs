//! What a network takes on a core: instructions, and cycles where no memory makes the core wait, estimated layer by layer from
//! what it does on samples. `snnc verify` counts the instructions.
//!
//! And from how many timesteps on, or from how many spikes, an int8 network without spikes would be faster.

mod prices;
pub mod unit;
pub mod work;

use serde::Serialize;
use snnc_runtime::program::{Rate, Step};

use self::prices::{Core, Price, core};
use self::unit::{UNITS, Unit};
use self::work::{Work, work};
use crate::compiled::{Compiled, Schedule};
use crate::data::Sample;
use crate::host::{Trace, trace};

/// What is estimated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The core.
    pub core: &'static str,
    /// Instructions of a sample: a mean over the samples, as all numbers here.
    pub instructions: f64,
    /// Cycles of a sample, where memory is as fast as the core.
    pub cycles: f64,
    /// What each step takes of them.
    pub layers: Vec<LayerEstimate>,
    /// Against a network without spikes; `None` where there is no such network: something in it is recurrent, or nothing takes
    /// time.
    pub break_even: Option<BreakEven>,
}

/// What a step takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerEstimate {
    /// Its name.
    pub name: String,
    /// Instructions of a sample.
    pub instructions: f64,
    /// For each synapse and timestep, whether it is active or not, of a step whose inputs are spikes.
    pub instructions_per_slot: Option<f64>,
    /// How many of its synapses are active in a timestep, of one, where its inputs are spikes.
    pub active: Option<f64>,
}

/// Against an int8 network of the same shape, with ReLU where this one has neurons, which runs once for a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BreakEven {
    /// What it takes in instructions: as many a product as CMSIS-NN's fully connected layers take. Its convolutions take more.
    pub int8_instructions: f64,
    /// The spiking network takes fewer up to so many timesteps.
    pub timesteps: u32,
    /// How many synapses are active in a timestep, of one, where inputs are spikes.
    pub active: f64,
    /// At its own timesteps, it takes fewer while no more are active; `None` where it takes more even without spikes.
    pub active_up_to: Option<f64>,
}

/// Units that there are more of where there are more spikes.
const OF_SPIKES: &[Unit] = &[
    Unit::Row,
    Unit::Narrow,
    Unit::Int8,
    Unit::Signs,
    Unit::Codewords,
    Unit::Plane,
    Unit::Nibbles,
    Unit::OddNibbles,
    Unit::Entry,
    Unit::Single,
    Unit::Response,
    Unit::Index,
];

impl Estimate {
    /// On the core that a target of the Rust compiler and its extensions stand for; `None` without samples, and of a core whose
    /// prices are not known.
    #[must_use]
    pub fn new(
        compiled: &Compiled<'_>,
        schedule: Schedule,
        target: &str,
        dsp: bool,
        samples: &[Sample],
    ) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        let core = core(target, dsp)?;
        let program = &compiled.program;
        let traces: Vec<Trace> = samples.iter().map(|sample| trace(program, sample)).collect();
        let works = work(program, samples, &traces, schedule == Schedule::Layers);
        let of = |work: &Work| total(&work.units, core.prices, 0);
        let layers = works.iter().zip(&compiled.steps).map(|(work, info)| LayerEstimate {
            name: info.name.clone(),
            instructions: of(work),
            instructions_per_slot: (work.slots > 0.0).then(|| of(work) / work.slots),
            active: (work.slots > 0.0).then(|| work.active / work.slots),
        });
        Some(Self {
            core: core.name,
            instructions: works.iter().map(of).sum(),
            cycles: works.iter().map(|work| total(&work.units, core.prices, 1)).sum(),
            layers: layers.collect(),
            break_even: break_even(compiled, core, &works),
        })
    }
}

/// What work costs: of each unit, instructions (`which` 0) or cycles (1).
fn total(units: &[f64; UNITS], prices: &[Price], which: usize) -> f64 {
    prices.iter().map(|(unit, price)| units[*unit as usize] * price[which]).sum()
}

fn break_even(compiled: &Compiled<'_>, core: &Core, works: &[Work]) -> Option<BreakEven> {
    let program = &compiled.program;
    let delayed = |step: &Step<'_>| match step {
        Step::Population(population) => population.projections.iter().any(|projection| projection.delay > 0),
        Step::Pool(_) => false,
    };
    if program.steps().iter().any(delayed) {
        return None;
    }
    let sum = |of: &dyn Fn(&Work) -> f64| works.iter().map(of).sum::<f64>();
    let int8_instructions = core.int8_product * sum(&|work| work.products);
    let of_spikes: Vec<Price> = core.prices.iter().filter(|(unit, _)| OF_SPIKES.contains(unit)).copied().collect();
    let (mut once, mut all, mut spikes) = (0.0, 0.0, 0.0);
    for (step, work) in program.steps().iter().zip(works) {
        let instructions = total(&work.units, core.prices, 0);
        all += instructions;
        once += if step.output().rate == Rate::PerSample { instructions } else { 0.0 };
        spikes += total(&work.units, &of_spikes, 0);
    }
    let timestep = (all - once) / f64::from(program.timesteps());
    if timestep == 0.0 {
        return None;
    }
    let active = sum(&|work| work.active) / sum(&|work| work.slots).max(1.0);
    let room = int8_instructions - (all - spikes);
    Some(BreakEven {
        int8_instructions,
        timesteps: ((int8_instructions - once).max(0.0) / timestep) as u32,
        active,
        active_up_to: active_up_to(active, spikes, room),
    })
}

/// How many synapses may be active where so many are, what they take is `spikes`, and there is `room` for more or less than that.
fn active_up_to(active: f64, spikes: f64, room: f64) -> Option<f64> {
    match (room > 0.0, spikes > 0.0) {
        (false, _) => None,
        (true, true) => Some((active * room / spikes).min(1.0)),
        (true, false) => Some(1.0), // nothing spiked: what a spike takes is not known, and there is room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_as_many_as_there_is_room_for() {
        assert_eq!(active_up_to(0.25, 500.0, 1500.0), Some(0.75));
        assert_eq!(active_up_to(0.5, 500.0, 1500.0), Some(1.0));
        assert_eq!(active_up_to(0.1, 500.0, -1.0), None);
        assert_eq!(active_up_to(0.0, 0.0, 1500.0), Some(1.0), "a silent sample does not lose");
    }

    #[test]
    fn every_price_is_known_once_and_no_cycle_is_shorter_than_its_instruction() {
        for target in ["thumbv6m-none-eabi", "thumbv7em-none-eabi"] {
            let prices = core(target, false).expect("a core").prices;
            for (i, (unit, [instructions, cycles])) in prices.iter().enumerate() {
                assert!(prices[..i].iter().all(|(other, _)| other != unit), "{unit:?}");
                assert!(*instructions >= 0.0 && cycles >= instructions, "{unit:?}");
            }
        }
        assert!(core("thumbv7m-none-eabi", false).is_none(), "no board has it");
        assert_eq!(core("thumbv8m.main-none-eabi", true).map(|core| core.name), Some("Cortex-M4"));
    }
}
