//! What runs before `main`: the vector table, and the reset handler that prepares the variables.
use core::arch::global_asm;

use crate::semihosting;

/// Exceptions 1 to 15; the initial stack pointer stands before them (`link.x`).
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [unsafe extern "C" fn() -> !; 15] = {
    let mut vectors: [unsafe extern "C" fn() -> !; 15] = [fault; 15];
    vectors[0] = reset;
    vectors
};

unsafe extern "C" {
    fn reset() -> !;
}

// Clears the variables that begin at zero, copies the others from flash, and calls `main`.
global_asm!(
    ".section .text.reset, \"ax\"",
    ".global reset",
    ".type reset, %function",
    ".thumb_func",
    "reset:",
    "ldr r0, =bss_start",
    "ldr r1, =bss_end",
    "movs r2, #0",
    "0: cmp r0, r1",
    "beq 1f",
    "stm r0!, {{r2}}",
    "b 0b",
    "1: ldr r0, =data_start",
    "ldr r1, =data_end",
    "ldr r2, =data_source",
    "2: cmp r0, r1",
    "beq 3f",
    "ldm r2!, {{r3}}",
    "stm r0!, {{r3}}",
    "b 2b",
    "3: bl prepare",
    "bl main",
    ".ltorg",
    ".size reset, . - reset",
);

/// Switches the floating-point unit on where the compiler may use its registers.
#[unsafe(no_mangle)]
extern "C" fn prepare() {
    #[cfg(target_abi = "eabihf")]
    // SAFETY: CPACR exists on every core with such a unit; full access to coprocessors 10 and 11.
    unsafe {
        let cpacr = 0xe000_ed88 as *mut u32;
        cpacr.write_volatile(cpacr.read_volatile() | 0xf << 20);
        core::arch::asm!("dsb", "isb");
    }
}

/// Any exception that nobody expects.
unsafe extern "C" fn fault() -> ! {
    semihosting::write("an exception stopped the core\n");
    semihosting::exit(false)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    semihosting::write("panic\n");
    semihosting::exit(false)
}
