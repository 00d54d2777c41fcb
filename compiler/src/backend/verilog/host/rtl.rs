//! The fixed modules of each host, copied into the output as they are.

use super::Host;

macro_rules! rtl {
    ($($file:literal)*) => {
        &[$((concat!("rtl/", $file), include_str!(concat!("../../../../templates/rtl/", $file)))),*]
    };
}

/// Path and text of a module.
type Module = (&'static str, &'static str);

/// Behind every host.
const COMMON: &[Module] = rtl! { "snn_progress.v" "snn_queue.v" "snn_route.v" };
/// Behind every host whose network's weights are loaded.
const LOADED: &[Module] = rtl! { "snn_feed.v" };
const AXI: &[Module] = rtl! { "snn_axi_lite.v" "snn_axis_in.v" "snn_axis_out.v" };
const SPI: &[Module] = rtl! { "snn_packets.v" "snn_spi.v" };
const UART: &[Module] = rtl! { "snn_packets.v" "snn_uart.v" };

/// The modules that `host` needs beside the network's, whose weights are `loaded` or not.
pub fn modules(host: Host, loaded: bool) -> impl Iterator<Item = Module> {
    let own = match host {
        Host::Axi => AXI,
        Host::Spi => SPI,
        Host::Uart => UART,
    };
    COMMON.iter().chain(LOADED.iter().filter(move |_| loaded)).chain(own).copied()
}
