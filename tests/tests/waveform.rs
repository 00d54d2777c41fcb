//! The waveform of a design that is broken on purpose, and the first different spike: what is said of it is what an
//! independent reckoning says, and what the waveform shows at the time that is named.

use std::fs;
use std::path::Path;

use bumpalo::Bump;
use snnc::compiled::Compiled;
use snnc::data::{Frame, Sample};
use snnc::host::{Trace, trace};
use snnc::machine::verilog::{Simulator, Stress, write};
use snnc::machine::{MachineError, WAVEFORM};
use snnc_runtime::program::{Edge, EdgeKind, PoolOp, Quantity, Rate, Reduce, Shape};
use snnc_tests::random_network::{Layer, Recipe, Rng, Weights, build, samples, window};

const SIMULATORS: [(&str, Simulator); 2] =
    [("icarus", Simulator::ICARUS.with_waveform()), ("verilator", Simulator::VERILATOR.with_waveform())];

/// A row of the weights of the first layer that is broken, and the input that it belongs to.
const BROKEN: usize = 5;

fn convolution() -> Recipe {
    let shape = Shape { height: 6, width: 5, channels: 2 };
    Recipe {
        input: Edge { shape, kind: EdgeKind::Spikes, rate: Rate::PerTimestep },
        layers: vec![
            Layer::Conv { channels: 4, window: window(3, 1, 1), weights: Weights::Int8, neurons: true },
            Layer::Pool { op: PoolOp::Max, size: [2, 2], ceil: false },
            Layer::Dense { fan_out: 3, weights: Weights::Int8, neurons: true },
        ],
        timesteps: 3,
        readout: (Quantity::Spikes, Reduce::Sum),
        rich: false,
    }
}

fn drawn<'a>(arena: &'a Bump, recipe: &Recipe) -> (Compiled<'a>, Vec<Sample>, Vec<Trace>) {
    let mut rng = Rng::new(5);
    let compiled = build(arena, recipe, &mut rng);
    let samples = samples(&compiled.program, &mut rng, 4);
    let traces = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    (compiled, samples, traces)
}

/// Sample, timestep and neuron of the first spike of the first layer that differs, and both values.
fn first_difference(expected: &[Trace], found: &[Trace], neurons: usize) -> Option<(usize, usize, usize, i64, i64)> {
    let spike = |trace: &Trace, timestep: usize, neuron: usize| {
        i64::from(trace.edges[0][timestep][neuron / 32] >> (neuron % 32) & 1)
    };
    let at = |(sample, (expected, found)): (usize, (&Trace, &Trace))| {
        let all = (0..expected.edges[0].len()).flat_map(|timestep| (0..neurons).map(move |neuron| (timestep, neuron)));
        all.map(|(t, n)| (sample, t, n, spike(expected, t, n), spike(found, t, n))).find(|found| found.3 != found.4)
    };
    expected.iter().zip(found).enumerate().find_map(at)
}

/// What the variable `name` of the design held just before `time`, most significant bit first.
fn held(vcd: &str, name: &str, time: u64) -> Option<String> {
    let (definitions, changes) = vcd.split_once("$enddefinitions $end").expect("definitions end");
    let mut scopes: Vec<&str> = Vec::new();
    let mut code = None;
    let words: Vec<&str> = definitions.split_whitespace().collect();
    for at in 0..words.len() {
        match words[at] {
            "$scope" => scopes.push(words[at + 2]),
            "$upscope" => drop(scopes.pop()),
            "$var" if words[at + 4].split('[').next() == Some(name) && scopes.last() == Some(&"dut") => {
                code = Some(words[at + 3]);
            }
            _ => (),
        }
    }
    let code = code?;
    let mut value = None;
    for line in changes.lines() {
        if let Some(now) = line.strip_prefix('#') {
            if now.trim().parse::<u64>().expect("a time") >= time {
                break;
            }
        } else if let Some((bits, of)) = line.strip_prefix('b').and_then(|change| change.split_once(' ')) {
            value = if of.trim() == code { Some(bits.to_owned()) } else { value };
        } else if line.len() > 1 && &line[1..] == code {
            value = Some(line[..1].to_owned());
        }
    }
    value
}

/// The design's name for the spikes of a layer.
fn spikes_of(layer: &str) -> String {
    format!("{layer}__spikes").replace(' ', "_")
}

/// Spikes that a layer gives at once.
fn layer_width(vcd: &str, layer: &str) -> usize {
    let name = spikes_of(layer);
    let line = vcd.lines().find(|line| {
        line.contains("$var") && line.split_whitespace().any(|word| word.split('[').next() == Some(&name))
    });
    line.and_then(|line| line.split_whitespace().nth(2)?.parse().ok()).expect("a width")
}

fn last_time(vcd: &str) -> u64 {
    vcd.lines().filter_map(|line| line.strip_prefix('#')?.trim().parse().ok()).next_back().expect("times")
}

fn waveform(folder: &Path) -> String {
    fs::read_to_string(folder.join(WAVEFORM)).expect("a waveform")
}

#[test]
fn a_broken_weight_memory_is_named_by_its_first_different_spike() {
    let arena = Bump::new();
    let (compiled, samples, traces) = drawn(&arena, &Recipe::dense());
    // a row of zeros is the same as an input that never spikes
    let silenced = samples.iter().cloned().map(|mut sample| {
        for frame in &mut sample.frames {
            let Frame::Spikes(words) = frame else { panic!("spikes are drawn") };
            words[BROKEN / 32] &= !(1 << (BROKEN % 32));
        }
        trace(&compiled.program, &sample)
    });
    let expected = first_difference(&traces, &silenced.collect::<Vec<_>>(), 8).expect("the row matters");
    for (name, simulator) in SIMULATORS {
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = write(&compiled, &samples, &traces, folder.path()).expect("a chain");
        let layer = &compiled.steps[0].name;
        let first = hardware.files.iter().find(|file| file.path.ends_with("_weights.mem")).expect("a first layer");
        let memory = folder.path().join(&first.path);
        let text = fs::read_to_string(&memory).expect("it is there");
        let mut rows: Vec<String> = text.lines().map(String::from).collect();
        assert_eq!(rows.len(), 12, "a row of weights for each input");
        rows[BROKEN] = "0".repeat(rows[BROKEN].len());
        fs::write(&memory, rows.join("\n") + "\n").expect("it can be written");

        simulator.build(&hardware.top, folder.path()).expect(name);
        let outcome = simulator.run(&compiled, &hardware.top, folder.path(), Stress::default()).expect(name);
        let found = outcome.difference.unwrap_or_else(|| panic!("{name}: unnoticed"));
        assert_eq!(&found.layer, layer, "{name}");
        assert_eq!((found.sample, found.timestep, found.neuron, found.expected, found.found), expected, "{name}");

        let (vcd, time) = (waveform(folder.path()), found.time_ns.expect("a time"));
        assert_eq!(last_time(&vcd), time, "{name}: the waveform ends at the difference");
        let spikes = held(&vcd, &spikes_of(layer), time).expect("the layer's spikes");
        // leading zeros are left out, and a group starts at a multiple of its width
        let width = layer_width(&vcd, layer);
        let bits = format!("{spikes:0>width$}");
        let shown = bits.as_bytes()[width - 1 - found.neuron % width] - b'0';
        assert_eq!(i64::from(shown), found.found, "{name}: {spikes}");
    }
}

#[test]
fn a_broken_module_is_named_by_the_layer_and_the_position_it_shows_at() {
    let arena = Bump::new();
    let (compiled, samples, traces) = drawn(&arena, &convolution());
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let hardware = write(&compiled, &samples, &traces, folder.path()).expect("a chain");
    let (simulator, neuron) = (&SIMULATORS[0].1, folder.path().join("rtl/snn_neuron.v"));
    let text = fs::read_to_string(&neuron).expect("it is there");

    simulator.build(&hardware.top, folder.path()).expect("it is sound");
    let outcome = simulator.run(&compiled, &hardware.top, folder.path(), Stress::default()).expect("it is sound");
    assert_eq!(outcome.difference, None);
    let clocks: u64 = outcome.cost.iter().sum();
    assert!(last_time(&waveform(folder.path())) >= 10 * clocks, "the waveform goes to the end");

    let broken = text.replace("fires_7q     <= fires_6;", "fires_7q     <= !fires_6;");
    assert_ne!(broken, text);
    fs::write(&neuron, broken).expect("it can be written");
    simulator.build(&hardware.top, folder.path()).expect("it is Verilog");
    let outcome = simulator.run(&compiled, &hardware.top, folder.path(), Stress::default()).expect("a difference");
    let found = outcome.difference.expect("a difference");
    assert_eq!((found.sample, found.timestep, found.neuron), (0, 0, 0), "every spike is wrong");
    assert_eq!((&found.layer, found.position), (&compiled.steps[0].name, Some([0, 0, 0])));
    assert_eq!(found.found, 1 - found.expected);

    // what is no spike is found too, and has its waveform
    fs::write(&neuron, &text).expect("it can be written");
    let readout = folder.path().join("rtl/snn_readout.v");
    let text = fs::read_to_string(&readout).expect("it is there").replace("stored + value", "stored - value");
    fs::write(&readout, text).expect("it can be written");
    fs::remove_file(folder.path().join(WAVEFORM)).expect("it is there");
    simulator.build(&hardware.top, folder.path()).expect("it is Verilog");
    let Err(MachineError::Failed { reason, .. }) =
        simulator.run(&compiled, &hardware.top, folder.path(), Stress::default())
    else {
        panic!("unnoticed")
    };
    let time = last_time(&waveform(folder.path()));
    assert!(reason.starts_with("WRONG score of sample 0") && reason.ends_with(&format!(", at {time} ns")), "{reason}");
}

#[test]
fn a_simulation_that_is_cut_off_leaves_no_waveform() {
    let arena = Bump::new();
    let (compiled, samples, traces) = drawn(&arena, &Recipe::dense());
    let folder = tempfile::tempdir().expect("a folder for scratch");
    let hardware = write(&compiled, &samples, &traces, folder.path()).expect("a chain");
    let bench = folder.path().join(format!("{}_tb.v", hardware.top));
    let text = fs::read_to_string(&bench).expect("it is there");
    fs::write(&bench, text.replace("clock = clock + 1;", "clock = clock + 1; if (clock == 20) $fatal;"))
        .expect("it can be written");
    let simulator = Simulator::ICARUS.with_waveform();
    // `$fatal` is of a later Verilog
    let arguments = ["-g2012", "-o", "bench.vvp", "-s", &format!("{}_tb", hardware.top)].map(String::from);
    let sources = [format!("{}_tb.v", hardware.top), format!("{}.v", hardware.top)];
    let rtl = hardware.files.iter().map(|file| file.path.clone()).filter(|path| path.starts_with("rtl/"));
    let built = std::process::Command::new("iverilog")
        .current_dir(folder.path())
        .args(arguments.into_iter().chain(sources).chain(rtl))
        .status();
    assert!(built.expect("apt-get install -y iverilog").success());
    simulator.run(&compiled, &hardware.top, folder.path(), Stress::default()).expect_err("it is cut off");
    assert!(!folder.path().join(WAVEFORM).exists());
}
