//! Armv6-M: eight registers that compute, and two operands an instruction. Rows and neurons of the other cores without DSP too.
#[cfg(snnc_thumb1)]
pub(super) mod counts;
#[cfg(snnc_thumb1)]
pub(crate) mod elements;
pub(crate) mod int8;
pub(crate) mod lif;
pub(crate) mod nibbles;
#[cfg(snnc_thumb1)]
pub(crate) mod products;
#[cfg(snnc_thumb1)]
pub(super) mod sparse;
#[cfg(snnc_thumb1)]
pub(crate) mod spikes;
