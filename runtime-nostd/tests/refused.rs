//! `Program::new` refuses each broken rule, and names its step.
use snnc_runtime::program::{
    Connection, Edge, EdgeKind, Leak, Mix, Neuron, Pool, PoolOp, Population, Program, ProgramError, Projection,
    Quantity, Rate, Readout, Reduce, Reset, ResetTiming, Shape, Staircase, Step, Synapses, Synaptic, ValueKind, Window,
};
use snnc_runtime::run::{Input, RunError, Runner, arena_words};

const INPUT: Edge = Edge { shape: map(4, 4, 2), kind: EdgeKind::Spikes, rate: Rate::PerTimestep };
const READOUT: Readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };
const WINDOW: Window = Window { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };

const fn map(height: u32, width: u32, channels: u32) -> Shape {
    Shape { height, width, channels }
}

const PROJECTION: Projection<'static> = Projection {
    source: 0,
    delay: 0,
    connection: Connection::Conv2d(WINDOW),
    synapses: Synapses::Int8 { weights: &[1; 3 * 3 * 2 * 3] },
};

const NEURON: Neuron<'static> = Neuron {
    leak: Leak::Shift(1),
    threshold: &[1; 3],
    reset: Reset::None,
    reset_timing: ResetTiming::Immediate,
    membrane_bits: 16,
    ..Neuron::BARE
};

const POPULATION: Population<'static> = Population {
    projections: &[PROJECTION],
    accumulator_bits: 8,
    current_shift: 0,
    bias: &[0; 3],
    neuron: Some(NEURON),
    output: Edge { shape: map(4, 4, 3), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
};

const POOL: Pool = Pool {
    source: 1,
    op: PoolOp::Max,
    window: Window { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] },
    output: Edge { shape: map(2, 2, 3), kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
};

/// What `Program::new` says to the population alone.
fn population(population: Population<'_>) -> Option<ProgramError> {
    Program::new(INPUT, &[Step::Population(population)], READOUT, 1).err()
}

/// What it says to the pool behind the sound population.
fn pool(pool: Pool) -> Option<ProgramError> {
    Program::new(INPUT, &[Step::Population(POPULATION), Step::Pool(pool)], READOUT, 1).err()
}

fn neuron(neuron: Neuron<'_>) -> Option<ProgramError> {
    population(Population { neuron: Some(neuron), ..POPULATION })
}

fn projection(projection: Projection<'_>) -> Option<ProgramError> {
    population(Population { projections: &[projection], ..POPULATION })
}

const LENGTH: Option<ProgramError> = Some(ProgramError::Length { step: 0 });
const RANGE: Option<ProgramError> = Some(ProgramError::Range { step: 0 });
const SHAPE: Option<ProgramError> = Some(ProgramError::Shape { step: 0 });
const SOURCE: Option<ProgramError> = Some(ProgramError::Source { step: 0 });

#[test]
fn the_networks_that_are_broken_below_are_sound() {
    assert_eq!(population(POPULATION), None);
    assert_eq!(pool(POOL), None);
}

#[test]
fn a_network_has_steps_and_timesteps() {
    let steps = vec![Step::Population(POPULATION); 65_535];
    assert_eq!(Program::new(INPUT, &[], READOUT, 1), Err(ProgramError::StepCount));
    assert_eq!(Program::new(INPUT, &steps, READOUT, 1), Err(ProgramError::StepCount));
    assert_eq!(Program::new(INPUT, &steps[..1], READOUT, 0), Err(ProgramError::Timesteps));
    assert_eq!(Program::new(INPUT, &steps[..1], READOUT, 65_537), Err(ProgramError::Timesteps));
}

#[test]
fn an_edge_has_elements_and_not_too_many() {
    let input = |input| Program::new(input, &[Step::Population(POPULATION)], READOUT, 1).err();
    for shape in [map(0, 1, 1), map(1, 0, 1), map(1, 1, 0), map(1 << 14, 1 << 14, 2), map(1, 1, u32::MAX)] {
        assert_eq!(input(Edge { shape, ..INPUT }), Some(ProgramError::Edge { step: None }), "{shape:?}");
        let output = Edge { shape, ..POPULATION.output };
        assert_eq!(population(Population { output, ..POPULATION }), Some(ProgramError::Edge { step: Some(0) }));
    }
}

#[test]
fn an_edge_carries_what_its_place_allows() {
    let input = |kind| Program::new(Edge { kind, ..INPUT }, &[Step::Population(POPULATION)], READOUT, 1).err();
    assert_eq!(input(EdgeKind::Counts { max: 4 }), Some(ProgramError::Edge { step: None }));
    assert_eq!(input(EdgeKind::Currents { bits: 8 }), Some(ProgramError::Edge { step: None }));
    assert_eq!(input(EdgeKind::Values(ValueKind::I8)), None);
    let refused = Some(ProgramError::Edge { step: Some(0) });
    let output =
        |kind, neuron| population(Population { neuron, output: Edge { kind, ..POPULATION.output }, ..POPULATION });
    assert_eq!(output(EdgeKind::Currents { bits: 8 }, Some(NEURON)), refused);
    assert_eq!(output(EdgeKind::Spikes, None), refused);
    assert_eq!(output(EdgeKind::Currents { bits: 1 }, None), refused);
    assert_eq!(output(EdgeKind::Currents { bits: 33 }, None), refused);
    let refused = Some(ProgramError::Edge { step: Some(1) });
    let output = |op, kind| pool(Pool { op, output: Edge { kind, ..POOL.output }, ..POOL });
    assert_eq!(output(PoolOp::Sum, EdgeKind::Counts { max: 4 }), None);
    assert_eq!(output(PoolOp::Sum, EdgeKind::Counts { max: 3 }), refused);
    assert_eq!(output(PoolOp::Sum, EdgeKind::Spikes), refused);
    assert_eq!(output(PoolOp::Max, EdgeKind::Counts { max: 1 }), refused);
    assert_eq!(output(PoolOp::Max, EdgeKind::Currents { bits: 8 }), refused);
}

#[test]
fn a_pool_of_input_values_is_refused() {
    let input = Edge { kind: EdgeKind::Values(ValueKind::U8), ..INPUT };
    let output = Edge { shape: map(2, 2, 2), kind: EdgeKind::Values(ValueKind::U8), ..INPUT };
    let steps = [Step::Pool(Pool { source: 0, output, ..POOL })];
    assert_eq!(Program::new(input, &steps, READOUT, 1).err(), Some(ProgramError::Edge { step: Some(0) }));
}

#[test]
fn a_source_exists_and_comes_earlier_or_late_enough() {
    assert_eq!(population(Population { projections: &[], ..POPULATION }), SOURCE);
    assert_eq!(projection(Projection { source: 1, ..PROJECTION }), SOURCE);
    assert_eq!(projection(Projection { source: 2, delay: 1, ..PROJECTION }), SOURCE);
    assert_eq!(projection(Projection { source: 0, delay: 1, ..PROJECTION }), None);
    assert_eq!(pool(Pool { source: 2, ..POOL }), Some(ProgramError::Source { step: 1 }));
}

#[test]
fn only_spikes_and_their_counts_are_delayed() {
    let input = Edge { kind: EdgeKind::Values(ValueKind::U8), ..INPUT };
    let late = Population { projections: &[Projection { delay: 1, ..PROJECTION }], ..POPULATION };
    assert_eq!(Program::new(input, &[Step::Population(late)], READOUT, 1).err(), SOURCE);
}

#[test]
fn tables_have_one_number_per_channel_and_weights_one_per_synapse() {
    assert_eq!(population(Population { bias: &[0; 2], ..POPULATION }), LENGTH);
    assert_eq!(neuron(Neuron { threshold: &[1; 4], ..NEURON }), LENGTH);
    assert_eq!(neuron(Neuron { reset: Reset::Subtract(&[1; 2]), ..NEURON }), LENGTH);
    assert_eq!(neuron(Neuron { reset: Reset::ToValue(&[0; 4]), ..NEURON }), LENGTH);
    let synapses = |synapses| projection(Projection { synapses, ..PROJECTION });
    assert_eq!(synapses(Synapses::Int8 { weights: &[1; 53] }), LENGTH);
    assert_eq!(synapses(Synapses::Binary { signs: &[1; 17] }), LENGTH);
    assert_eq!(synapses(Synapses::Binary { signs: &[1; 18] }), None);
    let connection = |connection, n| {
        projection(Projection { connection, synapses: Synapses::Int8 { weights: &[1; 2048][..n] }, ..PROJECTION })
    };
    assert_eq!(connection(Connection::Dense, 32 * 48), None);
    assert_eq!(connection(Connection::Dense, 32 * 3), LENGTH);
}

#[test]
fn codewords_are_256_of_a_dense_layer_and_the_first_is_nothing() {
    const SOUND: [u32; 256] = [0; 256];
    let refused = |connection, codewords: &[u32], indices: &[u8]| {
        let synapses = Synapses::Codewords { codewords, indices };
        let dense = [Projection { connection, synapses, ..PROJECTION }];
        population(Population { projections: &dense, ..POPULATION })
    };
    // 48 outputs are two words
    assert_eq!(refused(Connection::Dense, &SOUND, &[7; 2 * 32]), None);
    assert_eq!(refused(Connection::Dense, &SOUND, &[7; 2 * 32 - 1]), Some(ProgramError::Length { step: 0 }));
    assert_eq!(refused(Connection::Dense, &SOUND[1..], &[7; 2 * 32]), Some(ProgramError::Length { step: 0 }));
    let full = [u32::MAX; 256];
    assert_eq!(refused(Connection::Dense, &full, &[7; 2 * 32]), Some(ProgramError::Range { step: 0 }));
    assert_eq!(refused(Connection::Conv2d(WINDOW), &SOUND, &[7; 18]), Some(ProgramError::Shape { step: 0 }));
}

#[test]
fn an_output_shape_follows_from_source_and_window() {
    let connection = |connection| projection(Projection { connection, ..PROJECTION });
    assert_eq!(connection(Connection::Identity), SHAPE);
    let window = |window| connection(Connection::Conv2d(window));
    for i in 0..2 {
        let broken = |mut pair: [u16; 2], value| {
            pair[i] = value;
            pair
        };
        assert_eq!(window(Window { kernel: broken([3, 3], 0), ..WINDOW }), SHAPE);
        assert_eq!(window(Window { stride: broken([1, 1], 0), ..WINDOW }), SHAPE);
        assert_eq!(window(Window { dilation: broken([1, 1], 0), ..WINDOW }), SHAPE);
        assert_eq!(window(Window { stride: broken([1, 1], 9), ..WINDOW }), SHAPE); // the last window lies outside
        assert_eq!(window(Window { kernel: [u16::MAX; 2], ..WINDOW }), SHAPE); // more weights than there can be
    }
    let shape = |shape| pool(Pool { output: Edge { shape, ..POOL.output }, ..POOL });
    assert_eq!(shape(map(2, 2, 2)), Some(ProgramError::Shape { step: 1 }));
    assert_eq!(shape(map(3, 2, 3)), Some(ProgramError::Shape { step: 1 }));
    assert_eq!(shape(map(1, 1, 3)), None);
}

#[test]
fn only_what_constants_feed_is_constant() {
    let rate = |output, input| {
        let steps =
            [Step::Population(Population { neuron: None, output: Edge { rate: output, ..CURRENTS }, ..POPULATION })];
        let readout = Readout { quantity: Quantity::Current, ..READOUT };
        Program::new(Edge { rate: input, ..INPUT }, &steps, readout, 1).err()
    };
    const CURRENTS: Edge = Edge { kind: EdgeKind::Currents { bits: 8 }, ..POPULATION.output };
    let refused = Some(ProgramError::Rate { step: 0 });
    assert_eq!(rate(Rate::PerSample, Rate::PerSample), None);
    assert_eq!(rate(Rate::PerTimestep, Rate::PerTimestep), None);
    assert_eq!(rate(Rate::PerTimestep, Rate::PerSample), refused);
    assert_eq!(rate(Rate::PerSample, Rate::PerTimestep), refused);
    let spiking = Population { output: Edge { rate: Rate::PerSample, ..POPULATION.output }, ..POPULATION };
    assert_eq!(population(spiking), refused);
    assert_eq!(
        pool(Pool { output: Edge { rate: Rate::PerSample, ..POOL.output }, ..POOL }),
        Some(ProgramError::Rate { step: 1 })
    );
}

#[test]
fn behind_a_delay_nothing_is_constant() {
    let rate = |rate| {
        let late = Population {
            projections: &[Projection { delay: 1, ..PROJECTION }],
            neuron: None,
            output: Edge { kind: EdgeKind::Currents { bits: 8 }, rate, ..POPULATION.output },
            ..POPULATION
        };
        let readout = Readout { quantity: Quantity::Current, ..READOUT };
        Program::new(Edge { rate: Rate::PerSample, ..INPUT }, &[Step::Population(late)], readout, 1).err()
    };
    assert_eq!(rate(Rate::PerSample), Some(ProgramError::Rate { step: 0 }));
    assert_eq!(rate(Rate::PerTimestep), None);
}

#[test]
fn numbers_stay_in_their_ranges() {
    for bits in [1, 33] {
        assert_eq!(population(Population { accumulator_bits: bits, ..POPULATION }), RANGE);
    }
    for shift in [-32, 17] {
        assert_eq!(population(Population { current_shift: shift, ..POPULATION }), RANGE);
    }
    const HIGH: i32 = 1 << 29;
    assert_eq!(population(Population { bias: &[0, HIGH - 1, -HIGH], ..POPULATION }), None);
    assert_eq!(population(Population { bias: &[0, HIGH, 0], ..POPULATION }), RANGE);
    assert_eq!(population(Population { bias: &[0, 0, -HIGH - 1], ..POPULATION }), RANGE);
    assert_eq!(neuron(Neuron { threshold: &[HIGH, 0, 0], ..NEURON }), RANGE);
    assert_eq!(neuron(Neuron { reset: Reset::Subtract(&[0, 0, HIGH]), ..NEURON }), RANGE);
    assert_eq!(neuron(Neuron { reset: Reset::ToValue(&[0, 0, 32767]), ..NEURON }), None);
    assert_eq!(neuron(Neuron { reset: Reset::ToValue(&[0, 0, 32768]), ..NEURON }), RANGE);
    for bits in [0, 1, 31] {
        assert_eq!(neuron(Neuron { membrane_bits: bits, ..NEURON }), RANGE);
    }
}

#[test]
fn leaks_stay_in_their_ranges() {
    let leak = |leak| neuron(Neuron { leak, ..NEURON });
    assert_eq!(leak(Leak::Shift(0)), RANGE);
    assert_eq!(leak(Leak::Shift(31)), RANGE);
    assert_eq!(leak(Leak::Multiply { factor: 1, shift: 0 }), RANGE);
    assert_eq!(leak(Leak::Multiply { factor: 1, shift: 17 }), RANGE);
    assert_eq!(leak(Leak::Multiply { factor: 16, shift: 4 }), RANGE);
    assert_eq!(leak(Leak::Multiply { factor: 15, shift: 4 }), None);
    assert_eq!(leak(Leak::Multiply { factor: 1, shift: 15 }), None);
    assert_eq!(leak(Leak::Multiply { factor: 1, shift: 16 }), RANGE); // 16 + 16 bits are one too many
}

#[test]
fn leaks_per_channel_stay_in_their_ranges() {
    let leak = |factors, shift| neuron(Neuron { leak: Leak::MultiplyEach { factors, shift }, ..NEURON });
    assert_eq!(leak(&[0, 16, 7], 4), None);
    assert_eq!(leak(&[0, 17, 7], 4), RANGE);
    assert_eq!(leak(&[0; 2], 4), LENGTH);
    assert_eq!(leak(&[0; 3], 0), RANGE);
    assert_eq!(leak(&[1; 3], 15), None);
    assert_eq!(leak(&[1; 3], 16), RANGE);
    let wide = Leak::MultiplyEach { factors: &[1; 3], shift: 15 };
    assert_eq!(neuron(Neuron { leak: wide, membrane_bits: 17, ..NEURON }), RANGE); // one bit too many
}

const FILTER: Synaptic<'_> = Synaptic { leak: Leak::Shift(1), bits: 29, negative: false };

#[test]
fn synaptic_currents_stay_in_their_ranges() {
    let synaptic = |synaptic: &[Synaptic<'_>]| neuron(Neuron { synaptic, ..NEURON });
    assert_eq!(synaptic(&[FILTER; 2]), None);
    assert_eq!(synaptic(&[FILTER; 3]), RANGE);
    for bits in [0, 1, 30] {
        assert_eq!(synaptic(&[FILTER, Synaptic { bits, ..FILTER }]), RANGE);
    }
    let multiplied = Leak::Multiply { factor: 1, shift: 10 };
    assert_eq!(synaptic(&[Synaptic { leak: multiplied, bits: 21, ..FILTER }]), None);
    assert_eq!(synaptic(&[Synaptic { leak: multiplied, bits: 22, ..FILTER }]), RANGE);
    let each = Leak::MultiplyEach { factors: &[1; 4], shift: 1 };
    assert_eq!(synaptic(&[Synaptic { leak: each, ..FILTER }]), LENGTH);
}

#[test]
fn an_overriding_reset_has_a_value() {
    let reset = |reset| neuron(Neuron { reset, reset_timing: ResetTiming::Overriding, ..NEURON });
    assert_eq!(reset(Reset::ToValue(&[0; 3])), None);
    assert_eq!(reset(Reset::Subtract(&[1; 3])), RANGE);
    assert_eq!(reset(Reset::None), RANGE);
}

#[test]
fn a_clearing_reset_has_a_value_and_synaptic_currents() {
    let clearing = |reset, synaptic| neuron(Neuron { reset, synaptic, reset_timing: ResetTiming::Clearing, ..NEURON });
    assert_eq!(clearing(Reset::ToValue(&[0; 3]), &[FILTER]), None);
    assert_eq!(clearing(Reset::ToValue(&[0; 3]), &[]), RANGE);
    assert_eq!(clearing(Reset::Subtract(&[1; 3]), &[FILTER]), RANGE);
}

#[test]
fn several_spikes_are_counts_of_neurons_that_reset_at_once() {
    let several = |neuron: Neuron<'_>, kind| {
        population(Population { neuron: Some(neuron), output: Edge { kind, ..POPULATION.output }, ..POPULATION })
    };
    const SEVERAL: Neuron<'_> = Neuron { max_spikes: 4, reset: Reset::Subtract(&[1; 3]), ..NEURON };
    let of = |neuron| several(neuron, EdgeKind::Counts { max: 4 });
    let edge = Some(ProgramError::Edge { step: Some(0) });
    assert_eq!(of(SEVERAL), None);
    assert_eq!(several(SEVERAL, EdgeKind::Spikes), edge);
    assert_eq!(several(SEVERAL, EdgeKind::Counts { max: 5 }), edge);
    assert_eq!(several(NEURON, EdgeKind::Counts { max: 1 }), edge);
    assert_eq!(several(Neuron { max_spikes: 0, ..NEURON }, EdgeKind::Spikes), edge);
    assert_eq!(of(Neuron { threshold: &[1, 0, 1], ..SEVERAL }), RANGE);
    assert_eq!(of(Neuron { reset_timing: ResetTiming::Delayed, ..SEVERAL }), RANGE);
    assert_eq!(of(Neuron { reset: Reset::Subtract(&[1, 1 << 27, 1]), ..SEVERAL }), RANGE);
    assert_eq!(of(Neuron { reset: Reset::Subtract(&[1, (1 << 27) - 1, 1]), ..SEVERAL }), None);
}

#[test]
fn a_floor_is_a_potential_of_neurons_that_reset_at_once() {
    let floor = |floor| neuron(Neuron { floor: Some(floor), ..NEURON });
    assert_eq!(floor(&[-32768, 0, 32767]), None);
    assert_eq!(floor(&[-32769, 0, 0]), RANGE);
    assert_eq!(floor(&[0; 2]), LENGTH);
    assert_eq!(neuron(Neuron { floor: Some(&[0; 3]), reset_timing: ResetTiming::Delayed, ..NEURON }), RANGE);
}

#[test]
fn only_vectors_inhibit_and_only_with_a_late_reset() {
    let vector = |neuron| {
        let dense = Projection {
            connection: Connection::Dense,
            synapses: Synapses::Int8 { weights: &[1; 32 * 3] },
            ..PROJECTION
        };
        let output = Edge { shape: Shape::vector(3), ..POPULATION.output };
        population(Population { projections: &[dense], neuron: Some(neuron), output, ..POPULATION })
    };
    let late =
        Neuron { inhibition: true, reset: Reset::Subtract(&[1; 3]), reset_timing: ResetTiming::Delayed, ..NEURON };
    assert_eq!(vector(late), None);
    assert_eq!(vector(Neuron { reset: Reset::None, reset_timing: ResetTiming::Immediate, ..late }), None);
    assert_eq!(vector(Neuron { reset_timing: ResetTiming::Immediate, ..late }), RANGE);
    assert_eq!(neuron(late), RANGE); // on a map
}

#[test]
fn a_readout_looks_at_what_there_is() {
    let readout = |source, quantity| {
        let steps = [Step::Population(POPULATION), Step::Pool(POOL)];
        Program::new(INPUT, &steps, Readout { source, quantity, reduce: Reduce::Sum }, 1).err()
    };
    assert_eq!(readout(1, Quantity::Membrane), None);
    for (source, quantity) in [
        (0, Quantity::Spikes),
        (3, Quantity::Spikes),
        (2, Quantity::Spikes), // a pool
        (1, Quantity::Current),
    ] {
        assert_eq!(readout(source, quantity), Some(ProgramError::Readout));
    }
    let output = Edge { kind: EdgeKind::Currents { bits: 8 }, ..POPULATION.output };
    let steps = [Step::Population(Population { neuron: None, output, ..POPULATION })];
    for quantity in [Quantity::Spikes, Quantity::Membrane] {
        let readout = Readout { quantity, ..READOUT };
        assert_eq!(Program::new(INPUT, &steps, readout, 1).err(), Some(ProgramError::Readout));
    }
}

#[test]
fn a_runner_refuses_a_small_arena_and_a_foreign_input() {
    let steps = [Step::Population(POPULATION)];
    let program = Program::new(INPUT, &steps, READOUT, 1).expect("accepted");
    let needed = arena_words(&program);
    let mut arena = vec![0; needed];
    assert_eq!(
        Runner::new(program, &mut arena[1..]).err(),
        Some(RunError::ArenaTooSmall { found: needed - 1, needed })
    );
    let mut runner = Runner::new(program, &mut arena).expect("accepted");
    for input in
        [Input::Spikes(&[]), Input::Spikes(&[0; 2]), Input::U8(&[0; 32]), Input::I8(&[0; 32]), Input::I16(&[0; 32])]
    {
        assert_eq!(runner.step(input), Err(RunError::Input));
        assert_eq!(runner.infer(input), Err(RunError::Input));
    }
    assert_eq!(runner.step(Input::Spikes(&[0])), Ok(()));
}

#[test]
fn a_runner_refuses_a_network_that_uses_what_it_was_built_without() {
    let steps = [Step::Population(POPULATION)];
    let program = Program::new(INPUT, &steps, READOUT, 1).expect("accepted");
    let mut arena = vec![0; arena_words(&program)];
    assert_eq!(Runner::<0>::with_uses(program, &mut arena).err(), Some(RunError::Uses));
    // what `program` uses, as the type wants it: a constant
    const USES: u64 = match Program::new(INPUT, &[Step::Population(POPULATION)], READOUT, 1) {
        Ok(program) => program.uses(),
        Err(_) => 0,
    };
    assert_eq!(program.uses(), USES);
    assert!(Runner::<USES>::with_uses(program, &mut arena).is_ok());
    let steps = [Step::Population(POPULATION), Step::Pool(POOL)];
    let program = Program::new(INPUT, &steps, READOUT, 1).expect("accepted");
    let mut arena = vec![0; arena_words(&program)];
    assert_eq!(Runner::<USES>::with_uses(program, &mut arena).err(), Some(RunError::Uses));
}

#[test]
fn thresholds_of_timesteps_are_those_of_a_sample() {
    let over = |timesteps, neuron| {
        let steps = [Step::Population(Population { neuron: Some(neuron), ..POPULATION })];
        Program::new(INPUT, &steps, READOUT, timesteps).err()
    };
    let timed = Neuron { threshold: &[1; 6], ..NEURON };
    assert_eq!(over(2, timed), None);
    assert_eq!(over(3, timed), Some(ProgramError::Length { step: 0 }));
    let late = Neuron { reset: Reset::Subtract(&[1; 3]), reset_timing: ResetTiming::Delayed, ..timed };
    assert_eq!(over(2, late), Some(ProgramError::Range { step: 0 }));
    let steps = [Step::Population(Population { neuron: Some(timed), ..POPULATION })];
    let program = Program::new(INPUT, &steps, READOUT, 2).expect("accepted");
    let mut arena = vec![0; arena_words(&program)];
    let mut runner = Runner::new(program, &mut arena).expect("accepted");
    let steps = [0; 3].map(|word| runner.step(Input::Spikes(&[word])));
    assert_eq!(steps, [Ok(()), Ok(()), Err(RunError::Timesteps)]);
}

#[test]
fn what_keeps_no_membrane_has_nothing_that_acts_on_one() {
    let stateless = Neuron { leak: Leak::All, ..NEURON };
    assert_eq!(neuron(stateless), None);
    assert_eq!(neuron(Neuron { reset: Reset::ToValue(&[0; 3]), ..stateless }), RANGE);
    assert_eq!(neuron(Neuron { floor: Some(&[0; 3]), ..stateless }), RANGE);
    let filter = [Synaptic { leak: Leak::All, bits: 8, negative: false }];
    assert_eq!(neuron(Neuron { synaptic: &filter, ..NEURON }), RANGE);
    let steps = [Step::Population(Population { neuron: Some(stateless), ..POPULATION })];
    let read = Readout { quantity: Quantity::Membrane, ..READOUT };
    assert_eq!(Program::new(INPUT, &steps, read, 1).err(), Some(ProgramError::Readout));
}

#[test]
fn what_is_stored_rises_and_belongs_to_neurons_that_keep_a_membrane() {
    let stored = |stored| Neuron { stored: Some(stored), ..NEURON };
    let sound = Staircase { thresholds: &[1, 1], levels: &[-5, 0, 0], steps: 2 };
    assert_eq!(neuron(stored(sound)), None);
    assert_eq!(neuron(stored(Staircase { thresholds: &[1; 6], levels: &[0; 9], steps: 2 })), None);
    assert_eq!(neuron(stored(Staircase { levels: &[0; 2], ..sound })), LENGTH);
    assert_eq!(neuron(stored(Staircase { thresholds: &[1; 4], levels: &[0; 6], steps: 2 })), LENGTH);
    assert_eq!(neuron(stored(Staircase { thresholds: &[2, 1], ..sound })), RANGE);
    assert_eq!(neuron(stored(Staircase { levels: &[-5, 0, 1 << 15], ..sound })), RANGE);
    assert_eq!(neuron(stored(Staircase { thresholds: &[], levels: &[0], steps: 0 })), RANGE);
    assert_eq!(neuron(Neuron { floor: Some(&[0; 3]), ..stored(sound) }), RANGE);
    assert_eq!(neuron(Neuron { leak: Leak::All, ..stored(sound) }), RANGE);
    let late = Neuron { reset: Reset::Subtract(&[1; 3]), reset_timing: ResetTiming::Delayed, ..stored(sound) };
    assert_eq!(neuron(late), RANGE);
}

#[test]
fn a_mix_is_of_the_timesteps_of_a_sample() {
    let mixed = |weights, timesteps| Neuron { mix: Some(Mix { weights, timesteps }), ..NEURON };
    assert_eq!(neuron(mixed(&[1], 1)), None);
    assert_eq!(neuron(mixed(&[1; 4], 2)), LENGTH);
    assert_eq!(neuron(mixed(&[1; 2], 1)), LENGTH);
    let filter = [Synaptic { leak: Leak::None, bits: 8, negative: false }];
    assert_eq!(neuron(Neuron { synaptic: &filter, ..mixed(&[1], 1) }), RANGE);
    let steps = [Step::Population(Population { neuron: Some(mixed(&[1], 1)), ..POPULATION })];
    let program = Program::new(INPUT, &steps, READOUT, 1).expect("accepted");
    let mut arena = vec![0; arena_words(&program)];
    let mut runner = Runner::new(program, &mut arena).expect("accepted");
    assert_eq!([0; 2].map(|word| runner.step(Input::Spikes(&[word]))), [Ok(()), Err(RunError::Timesteps)]);
}
