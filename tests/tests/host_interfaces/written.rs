//! What is written for a host, and what is not.

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc::backend::{BACKENDS, EmitOptions};
use snnc_tests::random_network::Recipe;

use super::bench::drawn;

/// Paths that a target writes.
fn paths(target: &str, host: Option<Host>) -> Result<Vec<String>, String> {
    let arena = Bump::new();
    let (compiled, _) = drawn(&arena, &Recipe::dense(), 0);
    let backend = BACKENDS.iter().find(|backend| backend.name == target).expect("a target");
    let emitted = (backend.emit)(&compiled, &EmitOptions { host, ..EmitOptions::default() });
    emitted
        .map(|emitted| emitted.files.into_iter().map(|file| file.path).collect())
        .map_err(|error| error.source.to_string())
}

#[test]
fn a_host_adds_its_own_files_and_no_other_hosts() {
    let bare = paths("fpga", None).expect("a design");
    let own = [
        (Host::Axi, "snn_axi_lite.v snn_axis_in.v snn_axis_out.v", "axi.rs"),
        (Host::Spi, "snn_packets.v snn_spi.v", "packet.rs spi.rs"),
        (Host::Uart, "snn_packets.v snn_uart.v", "packet.rs uart.rs"),
    ];
    for (host, modules, sources) in own {
        let top = "random_network";
        let mut expected = bare.clone();
        expected.extend([host.name(), "registers"].map(|suffix| format!("{top}_{suffix}.v")));
        let common = "snn_progress.v snn_queue.v snn_route.v";
        expected.extend([common, modules].join(" ").split(' ').map(|module| format!("rtl/{module}")));
        expected.extend(["Cargo.toml", "src/lib.rs"].map(|path| format!("driver/rust/{path}")));
        let common = "input.rs map.rs network.rs";
        expected.extend([common, sources].join(" ").split(' ').map(|path| format!("driver/rust/src/{path}")));
        expected.extend(["driver/registers.md".into(), format!("driver/python/snnc_{top}.py")]);
        let mut found = paths("fpga", Some(host)).expect("a design");
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", host.name());
    }
}

#[test]
fn a_microcontroller_has_no_host() {
    let refused = paths("mcu", Some(Host::Spi)).expect_err("nothing to write");
    assert_eq!(refused, "`--host spi` was asked for, which only an FPGA has");
}
