//! Calls to the debugger or emulator (Arm, "Semihosting for AArch32 and AArch64").
#![allow(dead_code, reason = "each firmware takes what it needs")]

use core::arch::asm;

const SYS_OPEN: u32 = 0x01;
const SYS_CLOSE: u32 = 0x02;
const SYS_WRITE: u32 = 0x05;
const SYS_READ: u32 = 0x06;
const SYS_EXIT: u32 = 0x18;

/// # Safety
/// `argument` is what `operation` expects.
unsafe fn call(operation: u32, argument: u32) -> u32 {
    let result;
    // SAFETY: the call reads and writes what the argument points to, and clobbers only r0.
    unsafe { asm!("bkpt 0xab", inout("r0") operation => result, in("r1") argument, options(nostack)) };
    result
}

/// # Safety
/// `block` holds the arguments that `operation` expects.
unsafe fn call_with(operation: u32, block: &[u32]) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { call(operation, block.as_ptr() as u32) }
}

/// An open file of the host.
pub struct File(u32);

impl File {
    /// Opens a file to be read, or to be written from its start; the name ends with a zero.
    pub fn open(name: &core::ffi::CStr, write: bool) -> Option<Self> {
        let mode = if write { 5 } else { 1 }; // "wb", "rb"
        // SAFETY: name, mode and length of the name.
        let handle =
            unsafe { call_with(SYS_OPEN, &[name.as_ptr() as u32, mode, name.count_bytes() as u32]) };
        (handle != u32::MAX).then_some(Self(handle))
    }

    /// Fills `numbers` from the file; false at its end.
    pub fn read<T: Number>(&self, numbers: &mut [T]) -> bool {
        // SAFETY: handle, address and length of memory that may be written, where any bytes are numbers.
        unsafe { call_with(SYS_READ, &[self.0, numbers.as_mut_ptr() as u32, size_of_val(numbers) as u32]) == 0 }
    }

    /// Writes all of `numbers`.
    pub fn write<T: Number>(&self, numbers: &[T]) -> bool {
        // SAFETY: handle, address and length of memory that may be read.
        unsafe { call_with(SYS_WRITE, &[self.0, numbers.as_ptr() as u32, size_of_val(numbers) as u32]) == 0 }
    }

    /// Closes the file.
    pub fn close(self) {
        // SAFETY: a handle.
        unsafe { call_with(SYS_CLOSE, &[self.0]) };
    }
}

/// # Safety
/// Any bytes are a value.
pub unsafe trait Number: Copy {}

// SAFETY: integers.
unsafe impl Number for u8 {}
// SAFETY: integers.
unsafe impl Number for i8 {}
// SAFETY: integers.
unsafe impl Number for i16 {}
// SAFETY: integers.
unsafe impl Number for u32 {}

/// The console; `:tt` opened for writing.
pub struct Console(Option<File>);

impl Console {
    /// Opens it.
    pub fn open() -> Self {
        Self(File::open(c":tt", true))
    }
}

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let written = self.0.as_ref().is_some_and(|file| file.write(text.as_bytes()));
        if written { Ok(()) } else { Err(core::fmt::Error) }
    }
}

/// Writes to the console.
pub fn write(text: &str) {
    if let Some(console) = File::open(c":tt", true) {
        console.write(text.as_bytes());
    }
}

/// Ends the emulation, well or not.
pub fn exit(success: bool) -> ! {
    let reason = if success { 0x2_0026 } else { 0x2_0023 }; // ADP_Stopped_ApplicationExit, _RunTimeErrorUnknown
    loop {
        // SAFETY: a reason.
        unsafe { call(SYS_EXIT, reason) };
    }
}
