//! A run layer by layer gives what a run timestep by timestep gives.
mod common;

use common::random::{Rng, program, samples};
use common::{Frame, Packed};
use proptest::prelude::*;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Neuron, Population, Program, Projection, Quantity, Rate, Readout, Reduce, Shape, Step,
    Synapses,
};
use snnc_runtime::run::layers::LayerRunner;
use snnc_runtime::run::layers::plan::{MOST_STEPS, Plan, PlanError};
use snnc_runtime::run::{Runner, arena_words};

/// All frames of a sample as one.
fn joined(kind: EdgeKind, frames: &[Frame]) -> Packed {
    match kind {
        // each frame starts a new word
        EdgeKind::Spikes => {
            let words = frames.iter().map(|frame| match Packed::new(kind, frame) {
                Packed::Spikes(words) => words,
                _ => unreachable!("spikes are packed as spikes"),
            });
            Packed::Spikes(words.flatten().collect())
        }
        _ => Packed::new(kind, &frames.concat()),
    }
}

/// Compares every edge that is kept, and the scores; both memories start full of rubbish. How many steps were not kept.
fn compare(program: &Program<'_>, plan: &Plan, samples: &[Vec<Frame>]) -> usize {
    let (mut arena, mut memory) = (vec![0xdead_beef; arena_words(program)], vec![0xdead_beef; plan.words()]);
    let mut runner = Runner::new(*program, &mut arena).expect("a fitting arena");
    let mut layers = LayerRunner::new(*program, plan, &mut memory).expect("a fitting memory");
    let mut kept = 0;
    for sample in samples {
        let mut expected = vec![Vec::new(); program.steps().len()];
        runner.begin();
        for t in 0..program.timesteps() {
            let frame = &sample[if sample.len() == 1 { 0 } else { t as usize }];
            runner.step(Packed::new(program.input().kind, frame).input()).expect("a fitting frame");
            for (i, edge) in expected.iter_mut().enumerate() {
                if t == 0 || program.edge(i + 1).rate == Rate::PerTimestep {
                    edge.extend_from_slice(runner.edge(i + 1));
                }
            }
        }
        kept = 0;
        let frames = joined(program.input().kind, sample);
        let class = layers.infer_and(frames.input(), |edge, found| {
            assert_eq!(found, expected[edge - 1], "edge {edge}");
            kept += 1;
        });
        assert_eq!(layers.scores(), runner.scores());
        assert_eq!(class, Ok(runner.prediction()));
        assert_eq!(layers.prediction(), runner.prediction());
    }
    program.steps().len() - kept
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_schedules_give_the_same(seed in any::<u64>()) {
        let mut rng = Rng(seed);
        let program = program(&mut rng);
        if let Ok(plan) = Plan::new(&program) {
            compare(&program, &plan, &samples(&mut rng, &program));
        }
    }
}

/// What the random networks reach.
#[test]
fn the_random_networks_have_units_of_every_kind() {
    let (mut planned, mut recurrent, mut fused, mut pools, mut overlapped) = (0, 0, 0, [0; 2], 0);
    for seed in 1..2000 {
        let mut rng = Rng(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        let program = program(&mut rng);
        let plan = match Plan::new(&program) {
            Ok(plan) => plan,
            Err(PlanError::Recurrent(_)) => {
                recurrent += 1;
                continue;
            }
            Err(error) => panic!("{error:?}"),
        };
        planned += 1;
        fused += usize::from(compare(&program, &plan, &samples(&mut rng, &program)) > 0);
        for (i, step) in program.steps().iter().enumerate() {
            if let Step::Pool(pool) = step {
                let before = usize::from(pool.source);
                let takes = before > 0 && plan.next(before - 1) == Some(i);
                pools[0] += usize::from(takes && plan.next(i).is_none()); // of spikes
                pools[1] += usize::from(takes && plan.next(i).is_some()); // of currents
            }
        }
        let outputs: usize = (0..program.steps().len())
            .filter(|&i| plan.next(i).is_none())
            .map(|i| {
                let edge = program.edge(i + 1);
                let words = match edge.kind {
                    EdgeKind::Spikes => edge.shape.len().div_ceil(32),
                    _ => edge.shape.len(),
                };
                words * if edge.rate == Rate::PerSample { 1 } else { program.timesteps() as usize }
            })
            .sum();
        overlapped += usize::from(plan.words() < outputs);
    }
    let found =
        format!("{planned} planned, {recurrent} recurrent, {fused} fused, {pools:?} pools, {overlapped} overlapped");
    assert!(planned > 1000 && recurrent > 100 && fused > 200 && overlapped > 50, "{found}");
    assert!(pools[0] > 50 && pools[1] > 15, "{found}");
}

/// A chain of so many neurons, each of which takes the spikes of the one before.
fn chain(steps: usize) -> Result<Plan, PlanError> {
    let output = Edge { shape: Shape::vector(1), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let projections: Vec<_> = (0..steps as u16)
        .map(|source| {
            let synapses = Synapses::Int8 { weights: &[1] };
            [Projection { source, delay: 0, connection: Connection::Identity, synapses }]
        })
        .collect();
    let population = |projections| {
        let neuron = Some(Neuron { threshold: &[1], ..Neuron::BARE });
        Step::Population(Population { projections, accumulator_bits: 2, current_shift: 0, bias: &[0], neuron, output })
    };
    let steps: Vec<Step<'_>> = projections.iter().map(|projections| population(projections)).collect();
    let readout = Readout { source: steps.len() as u16, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    Plan::new(&Program::new(output, &steps, readout, 3).expect("a sound network"))
}

#[test]
fn a_network_of_more_steps_than_a_plan_has_is_refused() {
    assert!(chain(MOST_STEPS).is_ok());
    assert_eq!(chain(MOST_STEPS + 1), Err(PlanError::Steps));
}
