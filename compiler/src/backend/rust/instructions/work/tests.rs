use snnc_runtime::program::Readout;

use super::*;
use crate::data::Frame;

fn map(height: u32, width: u32, channels: u32) -> Edge {
    Edge { shape: Shape { height, width, channels }, kind: EdgeKind::Spikes, rate: Rate::PerTimestep }
}

/// Work of one timestep of a layer of leaky neurons on these spikes.
fn of(from: Edge, to: Edge, connection: Connection, synapses: Synapses<'_>, spikes: Vec<u32>) -> Work {
    let channels = to.shape.channels as usize;
    let (threshold, bias) = (vec![9; channels], vec![0; channels]);
    let projection = [Projection { source: 0, delay: 0, connection, synapses }];
    let neuron =
        Neuron { threshold: &threshold, reset: Reset::Subtract(&threshold), membrane_bits: 16, ..Neuron::BARE };
    let population = Population {
        projections: &projection,
        accumulator_bits: 20,
        current_shift: 0,
        bias: &bias,
        neuron: Some(neuron),
        output: to,
    };
    let steps = [Step::Population(population)];
    let readout = Readout { source: 1, quantity: Quantity::Spikes, reduce: Reduce::Sum };
    let program = Program::new(from, &steps, readout, 1).expect("a sound network");
    let samples = [Sample { frames: vec![Frame::Spikes(spikes)] }];
    let traces = [crate::host::trace(&program, &samples[0])];
    work(&program, &samples, &traces, false).remove(0)
}

#[test]
fn a_dense_layer_adds_the_rows_of_its_spikes() {
    let weights = [1; 40 * 20];
    let work =
        of(map(1, 1, 40), map(1, 1, 20), Connection::Dense, Synapses::Int8 { weights: &weights }, vec![0b1011, 1]);
    let found = [Unit::Position, Unit::Stretch, Unit::Word, Unit::Row, Unit::Int8, Unit::Int8Sums, Unit::PackedAlike]
        .map(|unit| work.units[unit as usize]);
    assert_eq!(found, [1.0, 1.0, 2.0, 4.0, 4.0 * 5.0, 2.0, 20.0]);
    assert_eq!((work.products, work.slots, work.active), (800.0, 800.0, 80.0));
}

#[test]
fn a_window_counts_what_lies_inside_the_map() {
    let window = Window { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
    let (signs, all) = ([0; 9 * 2], vec![u32::MAX]);
    let work = of(map(4, 4, 2), map(4, 4, 5), Connection::Conv2d(window), Synapses::Binary { signs: &signs }, all);
    // 2, 3, 3 and 2 taps along each axis
    let found = [Unit::Position, Unit::Stretch, Unit::Row, Unit::Signs, Unit::Counters, Unit::ShiftedWord, Unit::Word]
        .map(|unit| work.units[unit as usize]);
    assert_eq!(found, [16.0, 40.0, 200.0, 200.0, 16.0, 36.0, 4.0]);
    assert_eq!((work.slots, work.active), (1000.0, 1000.0));
}

#[test]
fn a_window_beside_the_map_adds_nothing() {
    let window = Window { kernel: [1, 1], stride: [1, 1], padding: [0, 3], dilation: [1, 1] };
    let (weights, all) = ([1; 3], vec![0b11]);
    let synapses = Synapses::Int8 { weights: &weights };
    let work = of(map(1, 2, 1), map(1, 5, 3), Connection::Conv2d(window), synapses, all);
    assert_eq!((work.units[Unit::Row as usize], work.slots, work.active), (2.0, 6.0, 6.0));
}

#[test]
fn of_a_codebook_each_channel_responds_once() {
    let window = Window { kernel: [2, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
    let book = Synapses::Codebook { index_bits: 2, codewords: &[0; 4], indices: &[0; 3] };
    // both taps of channel 0, one of channel 2
    let work = of(map(2, 1, 3), map(1, 1, 6), Connection::Conv2d(window), book, vec![0b101_001]);
    let found = [Unit::Response, Unit::Index, Unit::Row].map(|unit| work.units[unit as usize]);
    assert_eq!(found, [2.0 * 4.0, 2.0 * 6.0, 0.0]);
    assert_eq!((work.slots, work.active), (36.0, 18.0));
}
