//! Armv7-M and Armv8-M Mainline.
pub(super) mod counts;
pub(crate) mod elements;
pub(crate) mod sparse;
pub(crate) mod spikes;
