//! What is predicted of a design's LUTs, flip-flops and block RAMs, held to what yosys makes of it; and what is chosen and
//! refused by it.

use std::collections::BTreeMap;
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;
use snnc::backend::verilog::WeightStore;
use snnc::backend::verilog::board::{Chosen, find};
use snnc::backend::verilog::cost::{
    self, Choice, FLOOR, Objective, Resources, TECHNOLOGIES, TOLERANCE, in_family, pick,
};
use snnc::compiled::{Compiled, Engine};
use snnc::machine::verilog::write_with;
use snnc::pipeline;
use snnc_tests::designs::{Case, random, unrolled};
use snnc_tests::fixtures::samples;

/// A family: how yosys is asked for it, LUTs of a cell, flip-flops by the start of their names, block RAMs.
struct Synthesis {
    family: &'static str,
    command: &'static str,
    luts: &'static [(&'static str, f64)],
    ffs: &'static str,
    block_rams: &'static [(&'static str, f64)],
}

const XC7: Synthesis = Synthesis {
    family: "xc7",
    command: "synth_xilinx -family xc7 -flatten -nodsp -noiopad -noclkbuf",
    luts: &[
        ("LUT1", 1.0),
        ("LUT2", 1.0),
        ("LUT3", 1.0),
        ("LUT4", 1.0),
        ("LUT5", 1.0),
        ("LUT6", 1.0),
        ("SRL16E", 1.0),
        ("SRLC32E", 1.0),
        ("RAM32X1D", 2.0),
        ("RAM64X1D", 2.0),
        ("RAM32M", 4.0),
        ("RAM64M", 4.0),
        ("RAM128X1D", 4.0),
    ],
    ffs: "FD",
    block_rams: &[("RAMB36E1", 1.0), ("RAMB18E1", 0.5)],
};
const ICE40: Synthesis = Synthesis {
    family: "ice40",
    command: "synth_ice40 -abc9 -device hx",
    luts: &[("SB_LUT4", 1.0)],
    ffs: "SB_DFF",
    block_rams: &[("SB_RAM40_4K", 1.0)],
};
const ECP5: Synthesis = Synthesis {
    family: "ecp5",
    command: "synth_ecp5",
    luts: &[("LUT4", 1.0), ("CCU2C", 2.0), ("TRELLIS_DPR16X4", 6.0)],
    ffs: "TRELLIS_FF",
    block_rams: &[("DP16KD", 1.0), ("PDPW16KD", 1.0)],
};

impl Synthesis {
    /// LUTs, flip-flops and block RAMs that yosys makes of a design.
    fn of(&self, compiled: &Compiled<'_>, store: WeightStore) -> [f64; 3] {
        let folder = tempfile::tempdir().expect("a folder for scratch");
        let hardware = write_with(compiled, &[], &[], folder.path(), store).expect("the engine carries it");
        let top = hardware.interface.network;
        let command = self.command;
        let script = format!("read_verilog -defer rtl/*.v *.v; {command} -top {top}; tee -q -o cells.json stat -json");
        let output = Command::new("yosys").args(["-q", "-p", &script]).current_dir(folder.path()).output();
        let output = output.unwrap_or_else(|_| panic!("`yosys` is not installed: apt-get install -y yosys"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(folder.path().join("cells.json")).expect("figures");
        let figures: Value = serde_json::from_str(&text).expect("JSON");
        let cells = &figures["design"]["num_cells_by_type"];
        let cells: BTreeMap<String, f64> = serde_json::from_value(cells.clone()).expect("counts of cells");
        let count = |cell: &str| cells.get(cell).copied().unwrap_or(0.0);
        let sum = |table: &[(&str, f64)]| table.iter().map(|(cell, each)| count(cell) * each).sum();
        let ffs = cells.iter().filter(|(cell, _)| cell.starts_with(self.ffs)).map(|(_, count)| count).sum();
        [sum(self.luts), ffs, sum(self.block_rams)]
    }

    /// What is wrong with what is predicted of a design.
    fn wrong(&self, name: &str, compiled: &Compiled<'_>, store: WeightStore) -> Option<String> {
        let technology = TECHNOLOGIES.into_iter().find(|technology| technology.name == self.family);
        let (predicted, _) = in_family(compiled, store, &technology.expect("a family")).expect("the engine carries it");
        let Resources { luts, ffs, block_rams, .. } = predicted;
        let [found_luts, found_ffs, found_rams] = self.of(compiled, store);
        let line = format!(
            "{name} for {}: LUTs {luts} for {found_luts}, flip-flops {ffs} for {found_ffs}, block RAMs {block_rams} for \
             {found_rams}",
            self.family
        );
        println!("{line}");
        let near = |predicted: f64, found: f64| (predicted - found).abs() <= (found * TOLERANCE).max(FLOOR);
        (!near(luts, found_luts) || !near(ffs, found_ffs) || block_rams != found_rams).then_some(line)
    }
}

const CONVOLUTION: Case = Case {
    file: "b_snntorch_conv_maxpool/step_ts.onnx",
    timesteps: 5,
    weights: "auto",
    slots: 1,
    lanes: Some(8),
    neurons: 1,
    engines: 1,
    counts: false,
};
const DENSE: Case = Case { file: "bench_fc_rate/model.snn", timesteps: 25, lanes: Some(16), ..CONVOLUTION };

const COUNTED: Case = Case { file: "up5k/model.snn", timesteps: 4, slots: 2, counts: true, ..CONVOLUTION };

/// Networks of several kinds of layer, with few lanes so that they are synthesised quickly. `scripts/cost.py` looks at more.
#[test]
fn networks_take_what_is_predicted() {
    let fixture = |synthesis: &'static Synthesis, case: &'static Case| -> Box<dyn Fn() -> Option<String> + Sync> {
        Box::new(|| case.compiled(|compiled| synthesis.wrong(&case.name(), compiled, WeightStore::Fixed)))
    };
    let tiny = |synthesis: &'static Synthesis, seed| -> Box<dyn Fn() -> Option<String> + Sync> {
        Box::new(move || {
            random(seed, |compiled, store| synthesis.wrong(&format!("random network {seed}"), compiled, store))
        })
    };
    let in_logic = |synthesis: &'static Synthesis, seed| -> Box<dyn Fn() -> Option<String> + Sync> {
        Box::new(move || {
            unrolled(seed, |compiled| {
                synthesis.wrong(&format!("unrolled network {seed}"), compiled, WeightStore::Fixed)
            })
        })
    };
    let jobs = [
        fixture(&XC7, &CONVOLUTION),
        fixture(&XC7, &COUNTED),
        in_logic(&XC7, 6),
        in_logic(&ECP5, 5),
        in_logic(&ICE40, 5),
        fixture(&ICE40, &DENSE),
        fixture(&ECP5, &DENSE),
        tiny(&XC7, 3),
        tiny(&ICE40, 3),
        tiny(&ECP5, 3),
    ];
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let wrong: Vec<String> = two.install(|| jobs.par_iter().filter_map(|job| job()).collect());
    assert!(wrong.is_empty(), "predicted for found:\n{}", wrong.join("\n"));
}

/// What is picked for the dense network on a board, or what it is refused with.
fn picked(board: &str, objective: Objective) -> Result<(Choice, Resources), String> {
    let chosen = Chosen::new(find(board).expect("a board"), None, None).expect("its own host");
    Case { lanes: None, ..DENSE }.compiled(|compiled| {
        let calib = samples("bench_fc_rate/spikes.npz").take(2);
        let stimuli = pipeline::encode(compiled, &calib).expect("the samples fit");
        let store = WeightStore::Fixed;
        let choice =
            pick(compiled, &chosen, store, objective, Engine { copies: 4, ..Engine::most(4) }, false, &stimuli);
        let choice = choice.map_err(|error| format!("{:?}", miette::Report::new(error)))?;
        let technology = cost::technology(Some(&chosen));
        let laid_out = Compiled { layout: choice.layout.clone(), ..compiled.clone() };
        let (resources, _) = in_family(&laid_out, store, &technology).expect("the engine carries it");
        Ok((choice, resources))
    })
}

/// Clocks of a choice, as it says them.
fn clocks(choice: &Choice) -> f64 {
    let (before, _) = choice.why.split_once(" clocks per sample").expect("it says how many");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn objectives_trade_clocks_for_luts() {
    let [latency, area, balanced] = [Objective::Latency, Objective::Area, Objective::Balanced]
        .map(|objective| picked("arty", objective).expect("the part holds it"));
    assert!(clocks(&latency.0) < clocks(&balanced.0) || latency.0.layout == balanced.0.layout, "{balanced:?}");
    assert!(clocks(&latency.0) < clocks(&area.0), "{area:?}");
    assert!(area.1.luts < balanced.1.luts && area.1.luts < latency.1.luts, "{area:?}");
    let product = |(choice, resources): &(Choice, Resources)| clocks(choice) * resources.luts;
    assert!(product(&balanced) < product(&area), "{balanced:?} {area:?}");
    assert!(latency.0.why.starts_with("latency: --slots 4"), "{latency:?}");
}

#[test]
fn what_no_layout_makes_fit_is_refused_with_what_is_short_and_the_board_that_takes_it() {
    let refused = picked("hx8k", Objective::Latency).expect_err("100,000 weights of a byte are 196 blocks of 4 Kbit");
    let refused = refused.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(refused.contains("layouts fits the board hx8k: the nearest, --slots"), "{refused}");
    assert!(refused.contains("block RAMs of 32"), "{refused}");
    let (_, help) = refused.split_once("the smallest board that takes it is ").expect(&refused);
    let board = help.split_whitespace().next().expect("its name");
    assert!(picked(board, Objective::Latency).is_ok(), "{refused}");
}
