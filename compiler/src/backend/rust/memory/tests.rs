//! Networks that fit one way, another, or none.

use bumpalo::Bump;
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Neuron, Pool, PoolOp, Population, Program, Projection, Quantity, Rate, Readout,
    Reduce, Reset, Shape, Step, Synapses, Window,
};

use super::*;
use crate::compiled::{Compiled, Layout, StepInfo};
use crate::ir::InputEncoding;

fn population<'a>(arena: &'a Bump, projections: &[Projection<'a>], shape: Shape, neurons: bool) -> Population<'a> {
    let channels = shape.channels as usize;
    let threshold: &[i32] = arena.alloc_slice_fill_copy(channels, 9);
    let neuron = Neuron { leak: Leak::None, threshold, reset: Reset::None, membrane_bits: 20, ..Neuron::BARE };
    let kind = if neurons { EdgeKind::Spikes } else { EdgeKind::Currents { bits: 20 } };
    Population {
        projections: arena.alloc_slice_copy(projections),
        accumulator_bits: 24,
        current_shift: 0,
        bias: arena.alloc_slice_fill_copy(channels, 0),
        neuron: neurons.then_some(neuron),
        output: Edge { shape, kind, rate: Rate::PerTimestep },
    }
}

fn compiled<'a>(arena: &'a Bump, input: Shape, steps: &[Step<'a>], names: &[&str]) -> Compiled<'a> {
    let input = Edge { shape: input, kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
    let readout = Readout { source: steps.len() as u16, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let program = Program::new(input, arena.alloc_slice_copy(steps), readout, 4).expect("a sound network");
    let steps = names.iter().map(|&name| StepInfo { name: name.to_owned(), encoding: None, activity: None });
    Compiled {
        name: "net".to_owned(),
        program,
        input: InputEncoding::Spikes,
        steps: steps.collect(),
        readout_scale: 1.0,
        layout: Layout::default(),
    }
}

fn int8(arena: &Bump, weights: usize) -> Synapses<'_> {
    Synapses::Int8 { weights: arena.alloc_slice_fill_copy(weights, 1) }
}

/// Convolution, pool, neurons and a dense layer.
fn chain(arena: &Bump) -> Compiled<'_> {
    let shape = |size, channels| Shape { height: size, width: size, channels };
    let window = |kernel, stride| Window { kernel, stride, padding: [0, 0], dilation: [1, 1] };
    let project = |source, connection, synapses| Projection { source, delay: 0, connection, synapses };
    let conv = project(0, Connection::Conv2d(window([3, 3], [1, 1])), int8(arena, 9 * 8));
    let pool = Pool {
        source: 1,
        op: PoolOp::Max,
        window: window([2, 2], [2, 2]),
        output: Edge { shape: shape(8, 8), kind: EdgeKind::Currents { bits: 20 }, rate: Rate::PerTimestep },
    };
    let neurons = project(2, Connection::Identity, int8(arena, 8));
    let dense = project(3, Connection::Dense, int8(arena, 512 * 10));
    let steps = [
        Step::Population(population(arena, &[conv], shape(16, 8), false)),
        Step::Pool(pool),
        Step::Population(population(arena, &[neurons], shape(8, 8), true)),
        Step::Population(population(arena, &[dense], Shape::vector(10), true)),
    ];
    compiled(arena, shape(18, 1), &steps, &["conv", "pool", "lif1", "lif2"])
}

/// Two layers, the first of which reads the second's spikes of the timestep before.
fn recurrent(arena: &Bump) -> Compiled<'_> {
    let dense = |source, delay, weights| Projection {
        source,
        delay,
        connection: Connection::Dense,
        synapses: int8(arena, weights),
    };
    let steps = [
        Step::Population(population(arena, &[dense(0, 0, 80), dense(2, 1, 40)], Shape::vector(10), true)),
        Step::Population(population(arena, &[dense(1, 0, 40)], Shape::vector(4), true)),
    ];
    compiled(arena, Shape::vector(8), &steps, &["lif1", "lif2"])
}

fn text(result: Result<Needs, AtNode<BackendError>>) -> String {
    let BackendError::Unsupported { found, help } = result.expect_err("it is refused").source;
    format!("{found}\n{help}")
}

#[test]
fn timesteps_where_there_is_room_else_layers_else_a_refusal_with_the_figures() {
    let arena = Bump::new();
    let compiled = chain(&arena);
    let given = |ram| Choices { ram: Some(ram), ..Choices::default() };
    assert_eq!(fit(&compiled, &Choices::default()).expect("no limit").schedule, Schedule::Timesteps);
    let needs = fit(&compiled, &given(1 << 20)).expect("plenty");
    assert_eq!(needs.ram(), needs.arena_bytes + STACK_BYTES);
    assert_eq!(fit(&compiled, &given(needs.ram())).expect("just enough").schedule, Schedule::Timesteps);
    let less = fit(&compiled, &given(needs.ram() - 1)).expect("by layers");
    assert_eq!(less.schedule, Schedule::Layers);
    assert!(2 * less.arena_bytes < needs.arena_bytes, "{less:?} {needs:?}");
    insta::assert_snapshot!(text(fit(&compiled, &given(less.ram() - 1))));
    let only = Choices { schedule: Some(Schedule::Timesteps), ..given(less.ram()) };
    insta::assert_snapshot!(text(fit(&compiled, &only)));
    let copied = Choices { weights_in_ram: true, ..given(less.ram()) };
    insta::assert_snapshot!(text(fit(&compiled, &copied)));
}

#[test]
fn flash_is_refused_too() {
    let arena = Bump::new();
    let choices = Choices { flash: Some(CODE_BYTES), ..Choices::default() };
    insta::assert_snapshot!(text(fit(&chain(&arena), &choices)));
}

#[test]
fn a_recurrent_network_is_told_why() {
    let arena = Bump::new();
    let choices = Choices { schedule: Some(Schedule::Layers), ..Choices::default() };
    insta::assert_snapshot!(text(fit(&recurrent(&arena), &choices)));
    let choices = Choices { ram: Some(16), ..Choices::default() };
    insta::assert_snapshot!(text(fit(&recurrent(&arena), &choices)));
}
