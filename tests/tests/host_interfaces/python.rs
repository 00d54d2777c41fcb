//! The Python driver talks to the same pins as the Rust driver does.

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator};
use super::convolution;

fn check(name: &str, host: Host, recipe: &Recipe) {
    let arena = Bump::new();
    let bench = Bench::new(&arena, name, host, recipe, 2);
    bench.build(Simulator::Icarus);
    let said = bench.play_python(include_str!("player/player.py"), 2).unwrap_or_else(|error| panic!("{name}: {error}"));
    bench.compare(&said).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn every_host_answers_the_python_driver() {
    check("axi-python", Host::Axi, &convolution(300));
    check("spi-python", Host::Spi, &Recipe::dense());
    check("uart-python", Host::Uart, &Recipe::dense());
}
