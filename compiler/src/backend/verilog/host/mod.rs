//! What connects a design to a host: a second top with an AXI, SPI or UART side, a register map, and drivers for it.

mod driver;
mod interface;
pub mod registers;
mod rtl;
mod top;

pub use interface::Interface;

use crate::backend::File;

/// How a design is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// AXI4-Lite for the registers, AXI4-Stream for events and spikes.
    Axi,
    /// SPI, as a slave in mode 0.
    Spi,
    /// A UART, 8N1.
    Uart,
}

impl Host {
    /// Every host.
    pub const ALL: [Self; 3] = [Self::Axi, Self::Spi, Self::Uart];

    /// Its name on the command line and in the name of the top module.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Axi => "axi",
            Self::Spi => "spi",
            Self::Uart => "uart",
        }
    }
}

/// The files that connect a design to `host`, beside those of the design.
pub fn files(interface: &Interface, host: Host) -> Vec<File> {
    let mut files = top::files(interface, host);
    files.extend(rtl::modules(host, interface.weights > 0).map(|(path, text)| File::text(path, text)));
    files.extend(driver::files(interface, host));
    files
}

/// A number that tells networks apart: FNV-1a over the files that depend on the network.
pub fn fingerprint(files: &[File]) -> u32 {
    let bytes = files.iter().flat_map(|file| file.path.bytes().chain(file.content.iter().copied()));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_that_of_fnv_1a() {
        assert_eq!(fingerprint(&[]), 0x811c_9dc5);
        assert_eq!(fingerprint(&[File::text("foo", "bar")]), 0xbf9c_f968); // "foobar"
    }
}
