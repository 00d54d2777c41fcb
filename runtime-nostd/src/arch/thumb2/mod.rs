//! Armv7-M and Armv8-M Mainline.
pub(super) mod counts;
pub(crate) mod elements;
#[cfg(snnc_no_dsp)]
pub(crate) mod products;
pub(super) mod sparse;
pub(crate) mod spikes;
