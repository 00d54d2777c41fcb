//! Runs networks on emulated cores, and prints what each did and took: `scripts/instructions.py` finds the prices of
//! `backend/rust/instructions` from it.
//!
//!     cargo run --release -p snnc-tests --bin instructions -- SEEDS [COUNTED.jsonl] > WORK.jsonl
//!
//! Networks are those of the fixtures, cut behind every layer, and as many random ones, in both orders,
//! weights in the bits that they have. Of those that were counted
//! before, only what they do is found out again.

mod cycles;

use std::collections::BTreeMap;

use bumpalo::Bump;
use serde_json::{Value, json};
use snnc::backend::rust::instructions::work::work;
use snnc::backend::rust::{Board, M3, M4};
use snnc::compiled::{Compiled, Schedule};
use snnc::data::Sample;
use snnc::host::{Trace, trace};
use snnc::machine::cortex_m;
use snnc::pipeline::{self, Choices};
use snnc_runtime::program::{Program, Quantity, Readout, Reduce, Step};
use snnc_runtime::run::layers::plan::Plan;
use snnc_tests::fixtures::{model, samples};
use snnc_tests::random_network::{Rng, build, recipe};

/// Code of a Cortex-M0, on a board that has room for all of them.
const M0: Board = Board { core: "cortex-m0", target: "thumbv6m-none-eabi", ..M3 };

/// Models, timesteps, weights.
const MODELS: &[(&str, u32, &str)] = &[
    ("bench_fc_rate/model.snn", 25, "auto"),
    ("a_snntorch_fc/step_dyn.onnx", 5, "auto"),
    ("a_snntorch_fc/step_dyn.onnx", 5, "int4"),
    ("a_snntorch_fc/step_dyn.onnx", 5, "odd4"),
    ("a_snntorch_fc/step_dyn.onnx", 5, "int3"),
    ("up5k/model.snn", 4, "auto"),
    ("b_snntorch_conv_maxpool/step_ts.onnx", 4, "auto"),
    ("b_snntorch_conv_maxpool/step_ts.onnx", 4, "int4"),
    ("b_snntorch_conv_maxpool/step_ts.onnx", 4, "codebook4,ends=int8"),
    ("c_if_spikingjelly_conv/step_dyn.onnx", 4, "auto"),
    ("c_if_spikingjelly_conv/step_dyn.onnx", 4, "ternary"),
    ("c_nir_spikingjelly_conv/model_spikingjelly.nir", 4, "auto"),
    ("d_snntorch_binary_conv/step_dyn.onnx", 4, "auto"),
    ("e_snntorch_recurrent/step_ts.onnx", 28, "auto"),
];

/// Both orders.
const ORDERS: [Schedule; 2] = [Schedule::Timesteps, Schedule::Layers];

/// Instructions and cycles of networks that were counted before, by what is printed of them.
type Counted = BTreeMap<[String; 3], [f64; 2]>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seeds: u64 = arguments.first().and_then(|n| n.parse().ok()).expect("usage: instructions SEEDS [COUNTED.jsonl]");
    let text = arguments.get(1).map_or(String::new(), |path| std::fs::read_to_string(path).expect("a file to read"));
    let counted = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        let number = |key: &str| line[key].as_f64().unwrap_or(0.0);
        (["name", "core", "order"].map(text), ["instructions", "cycles"].map(number))
    });
    let counted: Counted = counted.collect();
    for &(file, timesteps, weights) in MODELS {
        of_model(file, timesteps, weights, &counted);
    }
    for seed in 0..seeds {
        let (arena, mut rng) = (Bump::new(), Rng::new(seed));
        let recipe = recipe(&mut rng);
        let mut compiled = build(&arena, &recipe, &mut rng);
        let samples = snnc_tests::random_network::samples(&compiled.program, &mut rng, 2);
        measure(&format!("random-{seed}"), &mut compiled, &samples, &ORDERS, &counted);
    }
}

fn of_model(file: &str, timesteps: u32, weights: &str, counted: &Counted) {
    let (calib, test) = match file.split_once('/') {
        Some(("bench_fc_rate", _)) => ("bench_fc_rate/spikes.npz", "bench_fc_rate/spikes.npz"),
        Some(("up5k", _)) => ("up5k/calib200.npz", "up5k/calib200.npz"),
        _ => ("mnist/train200.npz", "mnist/test200.npz"),
    };
    let calib = samples(calib);
    let mut graph = model(file, Some(timesteps)).graph;
    let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
    let arena = Bump::new();
    let choices = Choices { weights: weights.parse().expect("an encoding"), ..Choices::default() };
    let compiled = pipeline::build(&graph, timesteps, Some(&calib), &choices, &arena).expect("it compiles").compiled;
    let images = pipeline::encode(&compiled, &samples(test).take(2)).expect("the images fit");
    let program = &compiled.program;
    for (index, step) in program.steps().iter().enumerate() {
        let Step::Population(population) = step else { continue };
        // numbers times few bits are the optimiser's: they differ between networks
        if population.neuron.is_none() && weights != "auto" {
            continue;
        }
        let quantity = if population.neuron.is_none() { Quantity::Current } else { Quantity::Spikes };
        let readout = match index + 1 == usize::from(program.readout().source) {
            true => *program.readout(),
            false => Readout { source: index as u16 + 1, quantity, reduce: Reduce::Last },
        };
        let Ok(cut) = Program::new(*program.input(), &program.steps()[..=index], readout, program.timesteps()) else {
            continue;
        };
        let mut cut = Compiled {
            program: cut,
            steps: compiled.steps[..=index].to_vec(),
            layout: Default::default(),
            ..compiled.clone()
        };
        // layer by layer, the readout of a map of currents takes longer than the map
        let orders = if quantity == Quantity::Current { &ORDERS[..1] } else { &ORDERS };
        measure(&format!("{file} {weights} {}", cut.steps[index].name), &mut cut, &images, orders, counted);
    }
}

/// Prints what a network does and takes on each core, in each order.
fn measure(name: &str, compiled: &mut Compiled<'_>, samples: &[Sample], orders: &[Schedule], counted: &Counted) {
    let traces: Vec<Trace> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    for (board, core) in [(&M4, "cortex-m4"), (&M0, "cortex-m0")] {
        for &schedule in orders {
            if schedule == Schedule::Layers && Plan::new(&compiled.program).is_err() {
                continue;
            }
            compiled.layout.schedule = schedule;
            let key = [name, core, schedule.name()].map(String::from);
            let [instructions, cycles] = counted.get(&key).copied().unwrap_or_else(|| {
                let scratch = tempfile::tempdir().expect("a scratch folder");
                let outcome = cortex_m::run(board, compiled, samples, &traces, scratch.path());
                let outcome = outcome.unwrap_or_else(|error| panic!("{name} on {core}: {error:?}"));
                let mean = outcome.cost.iter().sum::<u64>() as f64 / outcome.cost.len() as f64;
                [mean, mean * cycles::per_instruction(board, scratch.path())]
            });
            let work = work(&compiled.program, samples, &traces, schedule == Schedule::Layers);
            let work: Vec<Vec<f64>> = work.into_iter().map(|work| work.units.to_vec()).collect();
            let [name, core, order] = &key;
            let line = json!({
                "name": name, "core": core, "order": order, "work": work, "instructions": instructions, "cycles": cycles,
            });
            println!("{line}");
        }
    }
}
