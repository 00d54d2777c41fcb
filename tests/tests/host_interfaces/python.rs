//! The Python driver talks to the same pins as the Rust driver does.

use std::process::Command;

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator, run};
use super::{convolution, dense};

fn check(name: &str, host: Host, recipe: &Recipe) {
    let arena = Bump::new();
    let bench = Bench::new(&arena, name, host, recipe, 2);
    bench.build(Simulator::Icarus);
    std::fs::write(bench.path("player.py"), include_str!("player/player.py")).expect("scratch");
    let driver = format!("driver/python/snnc_{}.py", bench.interface.top);
    let mut python = Command::new("python3");
    python.current_dir(bench.folder.path()).args(["player.py", &driver, "samples.txt"]);
    let said =
        run(python.args(bench.simulation(Simulator::Icarus, 2))).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn every_host_answers_the_python_driver() {
    check("axi-python", Host::Axi, &convolution(300));
    check("spi-python", Host::Spi, &dense());
    check("uart-python", Host::Uart, &dense());
}
