//! `hdl-out/` holds what snnc writes for three tiny networks, one of them unrolled, to be looked at: the top module, its
//! memories, the testbench and the report, but not the fixed modules beside them. Written again here, it is the same.
//!
//! Where it is meant to change: `SNNC_WRITE_HDL_OUT=1 cargo test -p snnc-tests --test hdl_out`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bumpalo::Bump;
use snnc::backend::verilog::hardware;
use snnc::host::trace;
use snnc_runtime::program::{Edge, EdgeKind, PoolOp, Quantity, Rate, Reduce, Shape, ValueKind};
use snnc_tests::random_network::{Layer, Recipe, Rng, Weights, build, samples, window};

fn convolution() -> Recipe {
    let shape = Shape { height: 6, width: 6, channels: 1 };
    Recipe {
        input: Edge { shape, kind: EdgeKind::Values(ValueKind::U8), rate: Rate::PerSample },
        layers: vec![
            Layer::Conv { channels: 4, window: window(3, 1, 1), weights: Weights::Int8, neurons: false },
            Layer::Neurons,
            Layer::Pool { op: PoolOp::Max, size: [2, 2], ceil: false },
            Layer::Dense { fan_out: 3, weights: Weights::Binary, neurons: true },
        ],
        timesteps: 3,
        readout: (Quantity::Spikes, Reduce::Sum),
        rich: false,
    }
}

/// Path and content of what is written for a recipe.
fn emitted(name: &str, recipe: &Recipe, seed: u64, unrolled: bool) -> BTreeMap<String, Vec<u8>> {
    let arena = Bump::new();
    let mut rng = Rng::new(seed);
    let mut compiled = build(&arena, recipe, &mut rng);
    compiled.name = name.into();
    compiled.layout.unrolled = unrolled;
    let samples = samples(&compiled.program, &mut rng, 2);
    let traces: Vec<_> = samples.iter().map(|sample| trace(&compiled.program, sample)).collect();
    let hardware = hardware(&compiled, &samples, &traces, samples.len()).expect("chains are carried");
    let files = hardware.files.into_iter().filter(|file| !file.path.starts_with("rtl/snn_"));
    files.map(|file| (file.path.replace("rtl/", ""), file.content)).collect()
}

fn compare(name: &str, recipe: &Recipe, seed: u64, unrolled: bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hdl-out").join(name);
    let files = emitted(name, recipe, seed, unrolled);
    assert_eq!(files, emitted(name, recipe, seed, unrolled), "the same input gives the same bytes");
    if std::env::var_os("SNNC_WRITE_HDL_OUT").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("hdl-out can be written");
        for (path, content) in &files {
            fs::write(folder.join(path), content).expect("hdl-out can be written");
        }
    }
    let kept: BTreeMap<String, Vec<u8>> = fs::read_dir(&folder)
        .expect("hdl-out is part of the repository")
        .map(|entry| {
            let entry = entry.expect("a file");
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        })
        .collect();
    assert!(kept.keys().eq(files.keys()), "hdl-out/{name}: other files");
    for (path, content) in &files {
        assert!(kept[path] == *content, "hdl-out/{name}/{path} is not what is written now");
    }
}

#[test]
fn what_is_written_has_not_changed() {
    compare("tiny_dense", &Recipe::dense(), 8, false);
    compare("tiny_convolution", &convolution(), 4, false);
    compare("tiny_unrolled", &Recipe::dense(), 8, true);
}
