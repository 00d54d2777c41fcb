//! What the engine carries, and what it names.

use super::*;
use crate::compiled::{Layout, StepInfo};
use crate::ir::InputEncoding;
use snnc_runtime::program::{
    Edge, Leak, Mix, PoolOp, Projection, Quantity, Readout, Reduce, Reset, ResetTiming, Shape, Staircase, ValueKind,
    Window,
};

const SPIKES: EdgeKind = EdgeKind::Spikes;
const CURRENTS: EdgeKind = EdgeKind::Currents { bits: 16 };
const fn edge(kind: EdgeKind) -> Edge {
    Edge { shape: Shape::vector(2), kind, rate: Rate::PerTimestep }
}
const NEURON: Neuron<'_> = Neuron {
    leak: Leak::None,
    threshold: &[1; 2],
    reset: Reset::None,
    reset_timing: ResetTiming::Immediate,
    membrane_bits: 8,
    ..Neuron::BARE
};
const fn projection(source: u16, connection: Connection, weights: &[i8]) -> Projection<'_> {
    Projection { source, delay: 0, connection, synapses: Synapses::Int8 { weights } }
}
const fn population<'a>(projections: &'a [Projection<'a>], neurons: bool) -> Step<'a> {
    Step::Population(Population {
        projections,
        accumulator_bits: 12,
        current_shift: 0,
        bias: &[0; 2],
        neuron: if neurons { Some(NEURON) } else { None },
        output: edge(if neurons { SPIKES } else { CURRENTS }),
    })
}
const FIRST: Projection<'_> = projection(0, Connection::Dense, &[1; 4]);
const SECOND: Projection<'_> = projection(1, Connection::Dense, &[1; 4]);
const fn one_to_one(source: u16) -> Projection<'static> {
    projection(source, Connection::Identity, &[1; 2])
}
const fn pool(source: u16, stride: u16, kind: EdgeKind) -> Step<'static> {
    let window = Window { kernel: [1; 2], stride: [stride, 1], padding: [0; 2], dilation: [1; 2] };
    Step::Pool(Pool { source, op: PoolOp::Max, window, output: edge(kind) })
}

/// The reason why a program of `steps` is refused, or `carried`.
fn reason(steps: &[Step<'_>], quantity: Quantity, source: u16) -> String {
    reason_of(edge(SPIKES), steps, quantity, source)
}

/// As [`reason`], of another input.
fn reason_of(input: Edge, steps: &[Step<'_>], quantity: Quantity, source: u16) -> String {
    let program = Program::new(input, steps, Readout { source, quantity, reduce: Reduce::Sum }, 3);
    let info = |i: usize| StepInfo { name: format!("s{i}"), encoding: None, activity: None };
    let compiled = Compiled {
        name: "refused".into(),
        program: program.expect("a sound program"),
        input: InputEncoding::Spikes,
        steps: (0..steps.len()).map(info).collect(),
        readout_scale: 1.0,
        layout: Layout::default(),
    };
    plan(&compiled).map_or_else(|error| format!("{}: {}", error.node, error.source), |_| "carried".into())
}

#[test]
fn every_step_that_the_engine_cannot_carry_is_named() {
    let (after_currents, after_pool) = ([one_to_one(1)], [one_to_one(2)]);
    let carried = [population(&[FIRST], false), population(&after_currents, true)];
    assert_eq!(reason(&carried, Quantity::Spikes, 2), "carried");

    let own = Projection { source: 1, delay: 1, ..FIRST };
    assert_eq!(reason(&[population(&[FIRST, own], true)], Quantity::Spikes, 1), "carried");
    let own_one_to_one = Projection { delay: 1, ..one_to_one(1) };
    assert_eq!(reason(&[population(&[own_one_to_one, FIRST], true)], Quantity::Spikes, 1), "carried");
    let later = [Projection { source: 2, delay: 1, ..FIRST }];
    let of_later = [FIRST, one_to_one(1)];
    let own_currents = [population(&later, false), population(&of_later, true)];
    assert_eq!(reason(&own_currents, Quantity::Spikes, 2), "carried");
    let twice = [FIRST, one_to_one(1), Projection { source: 2, ..own }];
    assert_eq!(
        reason(&[population(&later, false), population(&twice, true)], Quantity::Spikes, 2),
        "s1: found 2 inputs, expected one"
    );
    let late = Projection { delay: 2, ..own };
    assert_eq!(reason(&[population(&[FIRST, late], true)], Quantity::Spikes, 1), "s0: found 2 inputs, expected one");
    assert_eq!(reason(&[population(&[own], true)], Quantity::Spikes, 1), "s0: found 0 inputs, expected one");
    let beside = [one_to_one(1), Projection { source: 2, ..own }];
    assert_eq!(
        reason(&[population(&[FIRST], false), population(&beside, true)], Quantity::Spikes, 2),
        "s1: found its own spikes beside an input that is not dense, expected a dense layer"
    );
    let constant = Edge { rate: Rate::PerSample, ..edge(SPIKES) };
    let once = |shape| {
        let Step::Population(plain) = population(&[FIRST], false) else { unreachable!("it is one") };
        let output = Edge { shape, rate: Rate::PerSample, ..plain.output };
        let own = [one_to_one(1), Projection { delay: 1, ..one_to_one(2) }];
        let Step::Population(joined) = population(&own, true) else { unreachable!("it is one") };
        let spiking = Population { output: Edge { shape, ..joined.output }, ..joined };
        let connection =
            Connection::Conv2d(Window { kernel: [1; 2], stride: [1; 2], padding: [0; 2], dilation: [1; 2] });
        let first = [if shape.positions() > 1 { Projection { connection, ..FIRST } } else { FIRST }];
        let input = Edge { shape, ..constant };
        let steps = [Step::Population(Population { projections: &first, output, ..plain }), Step::Population(spiking)];
        reason_of(input, &steps, Quantity::Spikes, 2)
    };
    assert_eq!(once(edge(SPIKES).shape), "carried");
    let map = Shape { height: 1, width: 2, channels: 2 };
    assert_eq!(once(map), "s1: found its own spikes beside a constant map, expected a vector");
    assert_eq!(
        reason_of(constant, &[population(&[FIRST, own], true)], Quantity::Spikes, 1),
        "s0: found weights of a constant input beside its own spikes, expected currents computed once"
    );
    let with = |neuron: Neuron<'_>, kind| {
        let Step::Population(plain) = population(&[FIRST], true) else { unreachable!("it is one") };
        let output = Edge { kind, ..plain.output };
        reason(&[Step::Population(Population { neuron: Some(neuron), output, ..plain })], Quantity::Spikes, 1)
    };
    assert_eq!(
        with(Neuron { max_spikes: 3, ..NEURON }, EdgeKind::Counts { max: 3 }),
        "s0: found neurons that fire several times in a timestep, expected once"
    );
    assert_eq!(
        with(Neuron { inhibition: true, ..NEURON }, SPIKES),
        "s0: found neurons that inhibit each other, expected independent ones"
    );
    let mix = Some(Mix { weights: &[1; 9], timesteps: 3 });
    assert_eq!(
        with(Neuron { mix, ..NEURON }, SPIKES),
        "s0: found neurons that mix the currents of several timesteps, expected one"
    );
    let stored = Some(Staircase { thresholds: &[0], levels: &[0, 1], steps: 1 });
    let neuron = Some(Neuron { stored, reset_timing: ResetTiming::Immediate, ..NEURON });
    let Step::Population(plain) = population(&[FIRST], true) else { unreachable!("it is one") };
    assert!(
        reason(&[Step::Population(Population { neuron, ..plain })], Quantity::Membrane, 1)
            .starts_with("s0: found membranes that are read out")
    );

    let delayed = [Projection { delay: 1, ..FIRST }];
    assert_eq!(
        reason(&[population(&delayed, true)], Quantity::Spikes, 1),
        "s0: found an input delayed by 1, expected none"
    );
    assert_eq!(reason(&[population(&[FIRST, FIRST], true)], Quantity::Spikes, 1), "s0: found 2 inputs, expected one");
    assert_eq!(
        reason(&[population(&[FIRST], true), population(&[FIRST], true)], Quantity::Spikes, 2),
        "s1: found an input that is not the step before, expected a chain"
    );
    assert_eq!(
        reason(&[population(&[FIRST], false), population(&[SECOND], true)], Quantity::Spikes, 2),
        "s0: found currents without neurons behind them"
    );
    assert_eq!(
        reason(&[population(&[one_to_one(0)], true)], Quantity::Spikes, 1),
        "s0: found neurons one to one on an edge that is not currents, expected weights between"
    );
    let weighed = [projection(1, Connection::Identity, &[1, 2])];
    assert_eq!(
        reason(&[population(&[FIRST], false), population(&weighed, true)], Quantity::Spikes, 2),
        "s1: found weights between currents and neurons one to one, expected 1"
    );
    let third = [projection(3, Connection::Dense, &[1; 4])];
    let pools = [population(&[FIRST], true), pool(1, 1, SPIKES), pool(2, 1, SPIKES), population(&third, true)];
    assert_eq!(
        reason(&pools, Quantity::Spikes, 4),
        "s2: found a second pool behind a layer, expected a layer with weights"
    );
    let around = [population(&[FIRST], false), pool(1, 1, CURRENTS), population(&after_pool, true), pool(3, 1, SPIKES)];
    assert_eq!(
        reason(&around, Quantity::Spikes, 3),
        "s3: found a pool before and a pool behind the neurons, expected one"
    );
    assert_eq!(
        reason(&[pool(0, 1, SPIKES), population(&[SECOND], true)], Quantity::Spikes, 2),
        "s0: found a pool of the input, expected a layer before it"
    );
    assert_eq!(
        reason(&[population(&[FIRST], true), population(&[SECOND], true)], Quantity::Spikes, 1),
        "s1: found a step behind the population that the readout looks at, expected none"
    );
    assert_eq!(planes(EdgeKind::Values(ValueKind::I8)), (8, true));
    assert_eq!(planes(EdgeKind::Counts { max: 4 }), (3, false));
}

#[test]
fn a_pool_whose_windows_overlap_is_named() {
    let map = Edge { shape: Shape { height: 4, width: 1, channels: 2 }, ..edge(SPIKES) };
    let window = Window { kernel: [1; 2], stride: [1; 2], padding: [0; 2], dilation: [1; 2] };
    let conv = [projection(0, Connection::Conv2d(window), &[1; 4])];
    let Step::Population(population) = population(&conv, true) else { unreachable!("it is one") };
    let overlap = Window { kernel: [2, 1], ..window };
    let output = Edge { shape: Shape { height: 3, ..map.shape }, ..map };
    let steps = [
        Step::Population(Population { output: map, ..population }),
        Step::Pool(Pool { source: 1, op: PoolOp::Max, window: overlap, output }),
    ];
    let readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let info = |name: &str| StepInfo { name: name.into(), encoding: None, activity: None };
    let compiled = Compiled {
        name: "overlap".into(),
        program: Program::new(map, &steps, readout, 3).expect("a sound program"),
        input: InputEncoding::Spikes,
        steps: vec![info("conv"), info("pool")],
        readout_scale: 1.0,
        layout: Layout::default(),
    };
    let error = plan(&compiled).expect_err("overlapping windows are refused");
    assert_eq!(error.node, "pool");
    assert_eq!(
        error.source.to_string(),
        "found a pool of kernel [2, 1], stride [1, 1], padding [0, 0], dilation [1, 1]; expected windows that touch"
    );
}
