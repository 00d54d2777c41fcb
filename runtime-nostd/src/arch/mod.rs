//! Kernels in the instructions of one core, and the only unsafe code of this crate.
//!
//! Each has a portable function beside the place where it is called, which is its definition; that both give the same is
//! tested on emulated cores (`tests/tests/mcu_kernels.rs`), on random layers. What a caller must see to is checked here, by
//! a comparison or two per call, never per synapse.
//!
//! `snnc_thumb1` is Armv6-M (Cortex-M0, M0+), `snnc_thumb2` Armv7-M and Armv8-M (Cortex-M3 and up), `snnc_dsp` those of them
//! that add two halfwords at once (Cortex-M4, M7, M33), `snnc_no_dsp` all the others: see `build.rs`.
#![allow(unsafe_code, reason = "assembly, and words of memory as other numbers")]

/// Stands before instructions that add two halfwords: lets the assembler take them where the target leaves them out.
#[cfg(all(snnc_thumb2, not(snnc_v8m)))]
macro_rules! dsp {
    () => {
        ""
    };
}
#[cfg(snnc_v8m)]
macro_rules! dsp {
    () => {
        ".cpu cortex-m33"
    };
}

#[cfg(any(snnc_thumb1, snnc_thumb2))]
pub(crate) mod counts;
#[cfg(snnc_dsp)]
pub(crate) mod int8;
#[cfg(snnc_dsp)]
pub(crate) mod lif;
#[cfg(snnc_dsp)]
pub(crate) mod lif_wide;
#[cfg(any(snnc_thumb1, snnc_thumb2))]
pub(crate) mod lists;
#[cfg(snnc_dsp)]
pub(crate) mod narrow;
#[cfg(snnc_dsp)]
pub(crate) mod nibbles;
#[cfg(snnc_dsp)]
pub(crate) mod scan;
#[cfg(snnc_no_dsp)]
mod thumb1;
#[cfg(snnc_thumb2)]
mod thumb2;
#[cfg(snnc_dsp)]
pub(crate) mod values;
pub(crate) mod view;
#[cfg(snnc_thumb1)]
pub(crate) use thumb1::{elements, products, spikes};
#[cfg(snnc_no_dsp)]
pub(crate) use thumb1::{int8, lif, nibbles};
#[cfg(all(snnc_thumb2, snnc_no_dsp))]
pub(crate) use thumb2::products;
#[cfg(snnc_thumb2)]
pub(crate) use thumb2::{elements, spikes};
