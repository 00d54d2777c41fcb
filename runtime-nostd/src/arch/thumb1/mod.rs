//! Armv6-M: eight registers that compute, and two operands an instruction.
pub(super) mod counts;
pub(crate) mod elements;
pub(crate) mod int8;
pub(crate) mod lif;
pub(crate) mod nibbles;
pub(crate) mod spikes;
