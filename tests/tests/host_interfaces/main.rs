//! Networks behind their host interfaces, spoken to as a host speaks to them: the driver that snnc writes is compiled and
//! talks to simulated pins, held back at random. Spikes, classes and counts are the host's.

mod bench;
mod lint;
mod loading;
mod mutants;
mod mutation;
mod page;
#[path = "player/pipe.rs"]
mod pipe;
mod python;
mod streams;
mod written;

use bumpalo::Bump;
use snnc::backend::verilog::WeightStore;
use snnc::backend::verilog::host::Host;
use snnc_runtime::program::{Edge, EdgeKind, Quantity, Rate, Reduce, Shape, ValueKind};
use snnc_tests::random_network::{Layer, Recipe, Weights, window};

use bench::{Bench, Simulator, drawn};

/// A convolution over a constant image of numbers.
fn convolution(outputs: u32) -> Recipe {
    let shape = Shape { height: 6, width: 5, channels: 2 };
    Recipe {
        input: Edge { shape, kind: EdgeKind::Values(ValueKind::I8), rate: Rate::PerSample },
        layers: vec![
            Layer::Conv { channels: 4, window: window(3, 1, 1), weights: Weights::Int8, neurons: false },
            Layer::Neurons,
            Layer::Dense { fan_out: outputs, weights: Weights::Binary, neurons: true },
        ],
        timesteps: 3,
        readout: (Quantity::Membrane, Reduce::Last),
        rich: false,
    }
}

/// The driver's answers are the golden ones of a network that is unrolled: it is spoken to as any other.
fn check_unrolled(name: &str, host: Host, recipe: &Recipe, simulator: Simulator) {
    let arena = Bump::new();
    let (mut compiled, samples) = drawn(&arena, recipe, 4);
    compiled.layout.unrolled = true;
    let bench = Bench::of(&compiled, name, host, samples, WeightStore::Fixed);
    bench.build(simulator);
    let said = bench.play(&bench.player(), simulator, 1).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// The driver's answers are the golden ones.
fn check(name: &str, host: Host, recipe: &Recipe, simulator: Simulator) {
    let arena = Bump::new();
    let bench = Bench::new(&arena, name, host, recipe, 4);
    bench.build(simulator);
    let said = bench.play(&bench.player(), simulator, 1).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name}: {error}"));
}

// the networks of the mutants run in Icarus as they are, too

#[test]
fn axi_answers_the_driver_in_verilator() {
    check("axi-dense", Host::Axi, &Recipe::dense(), Simulator::Verilator);
}

#[test]
fn axi_answers_the_driver_in_icarus() {
    check("axi-convolution", Host::Axi, &convolution(300), Simulator::Icarus);
}

#[test]
fn spi_answers_the_driver_in_verilator() {
    check("spi-convolution", Host::Spi, &convolution(40), Simulator::Verilator);
}

#[test]
fn uart_answers_the_driver_in_verilator() {
    check("uart-dense", Host::Uart, &Recipe::dense(), Simulator::Verilator);
}

#[test]
fn axi_answers_the_driver_of_an_unrolled_network_in_verilator() {
    check_unrolled("axi-unrolled", Host::Axi, &Recipe::dense(), Simulator::Verilator);
}

#[test]
fn spi_answers_the_driver_of_an_unrolled_convolution_in_verilator() {
    check_unrolled("spi-unrolled", Host::Spi, &convolution(5), Simulator::Verilator);
}
