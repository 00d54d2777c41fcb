//! Designs that the cost model of the FPGA engine is held to: networks of `fixtures/` and random ones, each with a layout.

use bumpalo::Bump;
use snnc::backend::verilog::WeightStore;
use snnc::compiled::{Compiled, Engine};
use snnc::pipeline::{self, Choices};

use crate::fixtures::{model, samples};
use crate::random_network::{self, Rng};

/// A network of `fixtures/`, and how it is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The model's file.
    pub file: &'static str,
    /// Timesteps.
    pub timesteps: u32,
    /// Encodings of its weights.
    pub weights: &'static str,
    /// Inputs per clock.
    pub slots: u8,
    /// Lanes at most.
    pub lanes: Option<u32>,
    /// Elements per clock behind the sums, at most.
    pub neurons: u8,
    /// Engines of a convolution.
    pub engines: u8,
    /// Whether binary weights are counted, 16 inputs per clock.
    pub counts: bool,
}

const fn case(
    file: &'static str,
    timesteps: u32,
    weights: &'static str,
    slots: u8,
    lanes: Option<u32>,
    neurons: u8,
) -> Case {
    Case { file, timesteps, weights, slots, lanes, neurons, engines: 1, counts: false }
}

/// Networks with every kind of layer.
pub const CASES: &[Case] = &[
    case("bench_fc_rate/model.snn", 25, "auto", 1, Some(64), 2),
    case("bench_fc_rate/model.snn", 25, "auto", 2, None, 8),
    case("a_snntorch_fc/step_dyn.onnx", 5, "auto", 2, Some(16), 2),
    case("a_snntorch_fc/step_dyn.onnx", 5, "int4", 4, Some(32), 4),
    case("b_snntorch_conv_maxpool/step_ts.onnx", 5, "auto", 1, Some(8), 1),
    case("b_snntorch_conv_maxpool/step_ts.onnx", 5, "codebook4,ends=int8", 1, Some(8), 2),
    case("c_if_spikingjelly_conv/step_dyn.onnx", 4, "auto", 1, Some(16), 2),
    case("e_snntorch_recurrent/step_ts.onnx", 28, "auto", 1, Some(8), 1),
    case("d_snntorch_binary_conv/step_dyn.onnx", 4, "auto", 2, Some(16), 2),
    case("f_relu_ann/ann_ts.onnx", 4, "auto", 1, Some(16), 1),
    Case { engines: 2, ..case("b_snntorch_conv_maxpool/step_ts.onnx", 5, "auto", 1, Some(8), 1) },
    Case { engines: 4, ..case("c_if_spikingjelly_conv/step_dyn.onnx", 4, "auto", 2, Some(8), 2) },
    Case { counts: true, ..case("d_snntorch_binary_conv/step_dyn.onnx", 4, "auto", 1, Some(16), 2) },
    Case { counts: true, ..case("up5k/model.snn", 4, "auto", 1, Some(32), 2) },
    Case { counts: true, ..case("up5k/model.snn", 4, "auto", 2, Some(8), 1) },
];

impl Case {
    /// One line.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { file, weights, slots, lanes, neurons, engines, counts, .. } = self;
        let model = file.split(['/', '.']).next().unwrap_or(file);
        let lanes = lanes.map_or("all".into(), |lanes| lanes.to_string());
        let counts = if *counts { "-counts" } else { "" };
        format!("{model}-{weights}-s{slots}-l{lanes}-n{neurons}-e{engines}{counts}").replace([',', '='], "-")
    }

    /// Compiles it for `then`.
    ///
    /// # Panics
    /// If the fixture is none.
    pub fn compiled<T>(&self, then: impl FnOnce(&Compiled<'_>) -> T) -> T {
        let Self { file, timesteps, weights, slots, lanes, neurons, engines, counts } = *self;
        let calib = samples(match file.split_once('/').map(|(folder, _)| folder) {
            Some("bench_fc_rate") => "bench_fc_rate/spikes.npz",
            Some("up5k") => "up5k/calib200.npz",
            _ => "mnist/train200.npz",
        });
        let mut graph = model(file, Some(timesteps)).graph;
        let timesteps = pipeline::present(&mut graph, Some(&calib), true).expect("the images fit");
        let arena = Bump::new();
        let choices = Choices { weights: weights.parse().expect("encodings"), ..Choices::default() };
        let built = pipeline::build(&graph, timesteps, Some(&calib), &choices, &arena);
        let mut compiled = built.expect("it compiles").compiled;
        compiled.layout.lanes = lanes;
        let chunk = if counts { 16 } else { Engine::default().chunk };
        let engine = Engine { slots, group: neurons, copies: engines, counts, chunk, ..Engine::default() };
        compiled.layout.engines = vec![engine; compiled.steps.len()];
        then(&compiled)
    }
}

/// Builds the random network of a seed, unrolled, for `then`; many are refused.
pub fn unrolled<T>(seed: u64, then: impl FnOnce(&Compiled<'_>) -> T) -> T {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = random_network::recipe(&mut rng);
    let mut compiled = random_network::build(&arena, &recipe, &mut rng);
    compiled.layout.unrolled = true;
    then(&compiled)
}

/// Builds the random network of a seed, in a random layout, for `then`. Every fifth one loads its weights.
pub fn random<T>(seed: u64, then: impl FnOnce(&Compiled<'_>, WeightStore) -> T) -> T {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let recipe = random_network::recipe(&mut rng);
    let mut compiled = random_network::build(&arena, &recipe, &mut rng);
    compiled.layout = random_network::layout(&mut rng, &[None, None, Some(3)]);
    let store = if seed.is_multiple_of(5) { WeightStore::Loaded { large: 0 } } else { WeightStore::Fixed };
    then(&compiled, store)
}
