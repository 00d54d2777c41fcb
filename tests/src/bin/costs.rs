//! Writes designs, and what the cost model says of each: `cargo run --release -p snnc-tests --bin costs -- FOLDER SEEDS`.
//!
//! FOLDER gets a folder for each of the fixtures' designs and for as many random ones, with `costs.json` in each.
//! `scripts/cost.py` fits the model's coefficients on them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use snnc::backend::verilog::WeightStore;
use snnc::backend::verilog::cost::{TECHNOLOGIES, Taken, in_family, technology};
use snnc::compiled::Compiled;
use snnc::machine::verilog::write_with;
use snnc_tests::designs::{CASES, random, unrolled};

/// LUTs of a network that is unrolled, at most.
const MOST_LUTS: f64 = 4000.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, seeds] = &arguments[..] else {
        eprintln!("usage: costs FOLDER SEEDS");
        return ExitCode::from(2);
    };
    let (folder, seeds) = (PathBuf::from(folder), seeds.parse::<u64>().expect("a number of random designs"));
    for case in CASES {
        case.compiled(|compiled| save(compiled, WeightStore::Fixed, &folder.join(case.name())));
    }
    for seed in 0..seeds {
        random(seed, |compiled, store| save(compiled, store, &folder.join(format!("random-{seed}"))));
    }
    let mut carried = 0;
    for seed in 0.. {
        if carried == seeds / 2 {
            break;
        }
        unrolled(seed, |compiled| {
            // larger ones take long to be synthesised
            let found = in_family(compiled, WeightStore::Fixed, &technology(None));
            if found.is_ok_and(|(total, _)| total.luts < MOST_LUTS) {
                save(compiled, WeightStore::Fixed, &folder.join(format!("unrolled-{seed}")));
                carried += 1;
            }
        });
    }
    ExitCode::SUCCESS
}

fn save(compiled: &Compiled<'_>, store: WeightStore, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let hardware = write_with(compiled, &[], &[], folder, store).expect("the engine carries it");
    let (mut families, mut modules) = (Map::new(), Vec::new());
    for technology in TECHNOLOGIES {
        let (total, parts) = in_family(compiled, store, &technology).expect("the engine carries it");
        families.insert(technology.name.into(), json!(total));
        modules.resize_with(parts.len(), || (Value::Null, Map::new()));
        for (part, (module, memories)) in parts.iter().zip(&mut modules) {
            let Taken { luts, ffs, block_rams, .. } = part.memories;
            memories.insert(technology.name.into(), json!({"luts": luts, "ffs": ffs, "block_rams": block_rams}));
            let all: Vec<String> = part.structure.memories.iter().map(|memory| format!("{memory:?}")).collect();
            *module = json!({
                "module": part.module, "name": part.name, "luts": part.structure.luts, "ffs": part.structure.ffs,
                "all": all,
            });
        }
    }
    for (module, memories) in &mut modules {
        module["memories"] = Value::Object(std::mem::take(memories));
    }
    let modules: Vec<Value> = modules.into_iter().map(|(module, _)| module).collect();
    let all =
        json!({"top": hardware.interface.network, "frames": hardware.top, "families": families, "modules": modules});
    std::fs::write(folder.join("costs.json"), all.to_string()).expect("the folder can be written");
}
