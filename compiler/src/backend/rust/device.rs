//! Boards that one can buy: what their parts have, and how they are flashed. Addresses and sizes are those of the parts' data
//! sheets; names of chips those of probe-rs.

/// A board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its part, as probe-rs calls it.
    pub chip: &'static str,
    /// Its core, as machines are named.
    pub core: &'static str,
    /// Target of the Rust compiler.
    pub target: &'static str,
    /// First address of the flash.
    pub flash: u32,
    /// Bytes of flash.
    pub flash_bytes: u32,
    /// First address of the RAM that is used: the largest region that lies in one piece.
    pub ram: u32,
    /// Bytes of it.
    pub ram_bytes: u32,
    /// What the part wants to find in its flash beside a program.
    pub boot: Boot,
    /// Whether an Armv8-M core has the DSP extension.
    pub dsp: bool,
}

/// What a part's boot ROM looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot {
    /// The vector table, and nothing else.
    Vectors,
    /// A second stage of 256 bytes that sets the flash up (RP2040 data sheet, section 2.8.1).
    Rp2040,
    /// A block that says that this is a program for its Cortex-M33 (RP2350 data sheet, section 5.9.5).
    Rp2350,
}

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;

/// A Cortex-M4 with a floating-point unit.
const M4F: Device = Device {
    name: "",
    title: "",
    chip: "",
    core: "cortex-m4",
    target: "thumbv7em-none-eabihf",
    flash: 0,
    flash_bytes: 0,
    ram: 0x2000_0000,
    ram_bytes: 0,
    boot: Boot::Vectors,
    dsp: false,
};

/// Every board.
pub const DEVICES: &[Device] = &[
    Device {
        name: "nrf52840-dk",
        title: "Nordic nRF52840 DK",
        chip: "nRF52840_xxAA",
        flash_bytes: MIB,
        ram_bytes: 256 * KIB,
        ..M4F
    },
    Device {
        name: "nucleo-f446re",
        title: "ST Nucleo-F446RE",
        chip: "STM32F446RETx",
        flash: 0x0800_0000,
        flash_bytes: 512 * KIB,
        ram_bytes: 128 * KIB,
        ..M4F
    },
    Device {
        name: "nucleo-l476rg",
        title: "ST Nucleo-L476RG",
        chip: "STM32L476RGTx",
        flash: 0x0800_0000,
        flash_bytes: MIB,
        ram_bytes: 96 * KIB, // SRAM1; SRAM2 lies elsewhere
        ..M4F
    },
    Device {
        name: "nucleo-h743zi",
        title: "ST Nucleo-H743ZI",
        chip: "STM32H743ZITx",
        core: "cortex-m7",
        flash: 0x0800_0000,
        flash_bytes: 2 * MIB,
        ram: 0x2400_0000, // AXI SRAM; DTCM is faster and has 128 KiB
        ram_bytes: 512 * KIB,
        ..M4F
    },
    Device {
        name: "pico",
        title: "Raspberry Pi Pico",
        chip: "RP2040",
        core: "cortex-m0",
        target: "thumbv6m-none-eabi",
        flash: 0x1000_0000,
        flash_bytes: 2 * MIB,
        ram_bytes: 256 * KIB,
        boot: Boot::Rp2040,
        ..M4F
    },
    Device {
        name: "pico2",
        title: "Raspberry Pi Pico 2",
        chip: "RP235x",
        core: "cortex-m33",
        target: "thumbv8m.main-none-eabi",
        flash: 0x1000_0000,
        flash_bytes: 4 * MIB,
        ram_bytes: 512 * KIB,
        boot: Boot::Rp2350,
        dsp: true,
        ..M4F
    },
    Device {
        name: "microbit",
        title: "BBC micro:bit",
        chip: "nRF51822_xxAA",
        core: "cortex-m0",
        target: "thumbv6m-none-eabi",
        flash_bytes: 256 * KIB,
        ram_bytes: 16 * KIB,
        ..M4F
    },
    Device {
        name: "microbit-v2",
        title: "BBC micro:bit v2",
        chip: "nRF52833_xxAA",
        flash_bytes: 512 * KIB,
        ram_bytes: 128 * KIB,
        ..M4F
    },
];

impl Device {
    /// The board of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        DEVICES.iter().find(|device| device.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_memories_lie_apart() {
        for device in DEVICES {
            assert_eq!(Device::find(device.name), Some(device));
            assert!(device.flash + device.flash_bytes <= device.ram);
            assert!(device.ram_bytes >= 16 * KIB && device.flash_bytes >= 256 * KIB);
        }
        assert_eq!(Device::find("pico3"), None);
    }
}
