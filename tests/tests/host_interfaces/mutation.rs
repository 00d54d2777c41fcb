//! A mutation run of the modules that only a host reaches, by the drivers: what the program `mutate` does with the others.
//!
//!     cargo test -p snnc-tests --test host_interfaces -- --ignored --nocapture mutation

#[path = "../../src/bin/mutate/mutants.rs"]
mod mutants;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator};
use super::loading;
use super::mutants::{judge, single};

/// Breaks each of `files` in every way, one at a time, and prints what the bench does not notice.
fn run(files: &[&str], bench: &Bench, player: &Path) {
    for file in files {
        let path = bench.path(&format!("rtl/{file}"));
        let text = fs::read_to_string(&path).expect("a module of the design");
        let (mut tried, mut invalid, mut survivors) = (0, 0, Vec::new());
        for mutant in mutants::mutants(&text) {
            fs::write(&path, mutant.apply(&text)).expect("scratch");
            if catch_unwind(AssertUnwindSafe(|| bench.build(Simulator::Icarus))).is_err() {
                invalid += 1;
                continue;
            }
            tried += 1;
            if judge(bench, player).is_ok() {
                let at = text.lines().nth(mutant.line - 1).unwrap_or_default().trim();
                survivors.push(format!("    {file}:{}: `{}` as `{}` in `{at}`", mutant.line, mutant.from, mutant.to));
            }
        }
        fs::write(&path, &text).expect("scratch");
        println!("{file}: {tried} mutants, {} killed, {invalid} invalid", tried - survivors.len());
        survivors.iter().for_each(|survivor| println!("{survivor}"));
    }
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_the_uart() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "uart-mutation", Host::Uart, &single(), 3);
    run(&["snn_uart.v"], &bench, &bench.player());
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_spi_and_packets() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "spi-mutation", Host::Spi, &single(), 3);
    run(&["snn_spi.v", "snn_packets.v"], &bench, &bench.player());
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_progress() {
    let arena = Bump::new();
    let bench = Bench::new(&arena, "axi-mutation", Host::Axi, &Recipe::dense(), 3);
    run(&["snn_progress.v"], &bench, &bench.player());
}

#[test]
#[ignore = "a mutation run takes long"]
fn mutation_of_weights_that_are_loaded() {
    let arena = Bump::new();
    let bench = loading::bench(&arena, "loading-mutation", Host::Spi, &Recipe::dense());
    let player = bench.player_of(include_str!("player/loading.rs"));
    run(&["snn_weights.v", "snn_feed.v", "snn_load.v"], &bench, &player);
}
