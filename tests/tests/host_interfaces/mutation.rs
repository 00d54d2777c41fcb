//! A mutation run of the modules that only a host reaches, by the drivers: what the program `mutate` does with the others.
//!
//!     cargo test -p snnc-tests --test host_interfaces -- --ignored --nocapture mutation

#[path = "../../src/bin/mutate/mutants.rs"]
mod mutants;

use std::fs;
use std::path::Path;

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator};
use super::mutants::single;
use super::{loading, streams};

/// A broken design that says nothing for so many seconds hangs.
const PATIENCE: u32 = 30;

/// Breaks each of `files` in every way, one at a time, and prints what no bench notices.
fn run(files: &[&str], benches: &[(&Bench, &Path)], streams_too: bool) {
    for file in files {
        let path = format!("rtl/{file}");
        let text = fs::read_to_string(benches[0].0.path(&path)).expect("a module of the design");
        let (mut tried, mut invalid, mut survivors) = (0, 0, Vec::new());
        for mutant in mutants::mutants(&text) {
            let verdicts: Vec<Option<bool>> = benches
                .iter()
                .map(|(bench, player)| {
                    fs::write(bench.path(&path), mutant.apply(&text)).expect("scratch");
                    let builds =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bench.build(Simulator::Icarus)));
                    let verdict = builds.ok().map(|()| {
                        let said = bench.play_within(PATIENCE, player, Simulator::Icarus, 3);
                        let streams = || {
                            let judge = || streams::judge(bench, Simulator::Icarus, 3);
                            std::panic::catch_unwind(std::panic::AssertUnwindSafe(judge))
                                .is_ok_and(|found| found.is_ok())
                        };
                        said.is_ok_and(|said| bench.compare(&said).is_ok()) && (!streams_too || streams())
                    });
                    fs::write(bench.path(&path), &text).expect("scratch");
                    verdict
                })
                .collect();
            match () {
                () if verdicts.contains(&None) => invalid += 1,
                () if verdicts.contains(&Some(false)) => tried += 1,
                () => {
                    tried += 1;
                    let at = text.lines().nth(mutant.line - 1).unwrap_or_default().trim();
                    survivors
                        .push(format!("    {file}:{}: `{}` as `{}` in `{at}`", mutant.line, mutant.from, mutant.to));
                }
            }
        }
        println!("{file}: {tried} mutants, {} killed, {invalid} invalid", tried - survivors.len());
        survivors.iter().for_each(|survivor| println!("{survivor}"));
    }
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_the_uart() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "uart-mutation", Host::Uart, &single(), 3);
    run(&["snn_uart.v"], &[(&bench, &bench.player())], false);
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_spi_and_packets() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "spi-mutation", Host::Spi, &single(), 3);
    run(&["snn_spi.v", "snn_packets.v"], &[(&bench, &bench.player())], false);
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_progress() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "axi-mutation", Host::Axi, &Recipe::dense(), 3);
    run(&["snn_progress.v"], &[(&bench, &bench.player())], true);
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_weights_that_are_loaded() {
    let arena = Bump::new();
    let bench = loading::bench(&arena, "loading-mutation", Host::Spi, &Recipe::dense());
    let player = bench.player_of(include_str!("player/loading.rs"));
    run(&["snn_weights.v", "snn_feed.v", "snn_load.v"], &[(&bench, &player)], false);
}
