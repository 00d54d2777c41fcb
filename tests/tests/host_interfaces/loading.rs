//! Weights that a driver loads into a running design: memories hold nothing before, then one network's weights, then
//! those of another of the same shape.

use std::fs;

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc::backend::verilog::{WeightStore, hardware_with};
use snnc::compiled::{Compiled, StepInfo};
use snnc::data::Sample;
use snnc::host::trace;
use snnc_runtime::program::{Population, Program, Projection, Step, Synapses};
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator, drawn};
use super::convolution;

const LOADED: WeightStore = WeightStore::Loaded { large: 0 };

/// The network with other weights: those of the int8 layers from another input each, so that no sum gets wider.
fn twin<'a>(arena: &'a Bump, compiled: &Compiled<'a>) -> Compiled<'a> {
    let program = &compiled.program;
    let steps: Vec<Step<'a>> = program
        .steps()
        .iter()
        .map(|step| {
            let Step::Population(population) = step else { return *step };
            let outputs = population.output.shape.channels as usize;
            let projections: Vec<_> = population
                .projections
                .iter()
                .map(|projection| match projection.synapses {
                    Synapses::Int8 { weights } => {
                        let mut other = weights.to_vec();
                        other.rotate_left(outputs); // by a row
                        let synapses = Synapses::Int8 { weights: arena.alloc_slice_copy(&other) };
                        Projection { synapses, ..*projection }
                    }
                    _ => *projection,
                })
                .collect();
            Step::Population(Population { projections: arena.alloc_slice_copy(&projections), ..*population })
        })
        .collect();
    let steps = arena.alloc_slice_copy(&steps);
    let info = |info: &StepInfo| StepInfo { name: info.name.clone(), encoding: info.encoding, activity: None };
    Compiled {
        name: compiled.name.clone(),
        program: Program::new(*program.input(), steps, *program.readout(), program.timesteps()).expect("as the other"),
        input: compiled.input,
        steps: compiled.steps.iter().map(info).collect(),
        readout_scale: compiled.readout_scale,
        layout: compiled.layout.clone(),
    }
}

/// A bench of both networks, one after the other on the same samples, and the file of the second one's weights.
pub fn bench(arena: &Bump, name: &str, host: Host, recipe: &Recipe) -> Bench {
    let (compiled, samples) = drawn(arena, recipe, 2);
    let other = twin(arena, &compiled);
    let both: Vec<Sample> = [&samples[..], &samples[..]].concat();
    let mut bench = Bench::of(&compiled, name, host, both, LOADED);
    let second: Vec<_> = samples.iter().map(|sample| trace(&other.program, sample)).collect();
    let same = second.iter().zip(&bench.traces).all(|(second, first)| second.edges == first.edges);
    assert!(!same, "{name}: the second network spikes as the first does, and shows nothing");
    bench.traces.truncate(samples.len());
    bench.traces.extend(second);
    let hardware = hardware_with(&other, &[], &[], 0, LOADED).expect("chains are carried");
    assert_eq!(hardware.interface, bench.interface, "the design is the same");
    let weights = hardware.files.iter().find(|file| file.path == "weights.bin").expect("weights");
    fs::write(bench.path("second.bin"), &weights.content).expect("scratch");
    bench
}

fn check(name: &str, host: Host, recipe: &Recipe) {
    let arena = Bump::new();
    let bench = bench(&arena, name, host, recipe);
    bench.build(Simulator::Icarus); // in which memories that nobody wrote hold nothing at all
    let player = bench.player_of(include_str!("player/loading.rs"));
    let said = bench.play(&player, Simulator::Icarus, 3).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name}: {error}"));

    let said =
        bench.play_python(include_str!("player/loading.py"), 4).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name} in Python: {error}"));
}

#[test]
fn weights_are_loaded_over_axi() {
    check("axi-loading", Host::Axi, &convolution(30));
}

#[test]
fn weights_are_loaded_over_spi() {
    check("spi-loading", Host::Spi, &Recipe::dense());
}

#[test]
fn weights_are_loaded_over_a_uart() {
    check("uart-loading", Host::Uart, &Recipe::dense());
}
