//! Boards that QEMU emulates, one per core: where their memories lie, and which compiler target they run.

/// An emulated board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// The core, as machines are named.
    pub core: &'static str,
    /// QEMU's name of the board (`-M`).
    pub machine: &'static str,
    /// Target of the Rust compiler.
    pub target: &'static str,
    /// First address of the flash, which holds code and weights.
    pub flash: u32,
    /// Bytes of flash.
    pub flash_bytes: u32,
    /// First address of the RAM.
    pub ram: u32,
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Half instructions per tick of SysTick with `-icount shift=0`, where an instruction takes a nanosecond: the
    /// period of the core's clock in half nanoseconds.
    pub half_instructions_per_tick: u32,
}

const MIB: u32 = 1 << 20;
const KIB: u32 = 1 << 10;

/// Arm's MPS2 boards with FPGA images of a core (AN385, AN386, AN500: 25 MHz).
const MPS2: Board = Board {
    core: "",
    machine: "",
    target: "",
    flash: 0,
    flash_bytes: 4 * MIB,
    ram: 0x2000_0000,
    ram_bytes: 4 * MIB,
    half_instructions_per_tick: 80,
};

/// BBC micro:bit (nRF51, 16 MHz): the smallest board here.
pub const M0: Board = Board {
    core: "cortex-m0",
    machine: "microbit",
    target: "thumbv6m-none-eabi",
    flash_bytes: 256 * KIB,
    ram_bytes: 16 * KIB,
    half_instructions_per_tick: 125,
    ..MPS2
};

/// AN385.
pub const M3: Board = Board { core: "cortex-m3", machine: "mps2-an385", target: "thumbv7m-none-eabi", ..MPS2 };

/// AN386.
pub const M4: Board = Board { core: "cortex-m4", machine: "mps2-an386", target: "thumbv7em-none-eabihf", ..MPS2 };

/// AN500.
pub const M7: Board = Board { core: "cortex-m7", machine: "mps2-an500", target: "thumbv7em-none-eabihf", ..MPS2 };

/// AN521 (20 MHz); its first core has no floating-point unit.
pub const M33: Board = Board {
    core: "cortex-m33",
    machine: "mps2-an521",
    target: "thumbv8m.main-none-eabi",
    flash: 0x1000_0000,
    ram: 0x3800_0000,
    half_instructions_per_tick: 100,
    ..MPS2
};

/// Every board.
pub const BOARDS: &[Board] = &[M0, M3, M4, M7, M33];
