//! Compression, priced: what each step costs in accuracy, size, work and spikes on the user's own data.
//!
//! Scales and bits are chosen on calibration samples, prices are told on the data. Steps come in the order that Wei et
//! al. 2025 (QP-SNN, appendix A) found best: quantize, then prune.

mod price;
mod search;
mod size;

pub use price::{LayerPrice, MARGINS, Price, price};
pub use search::{Goal, Rung, ladder, pick};
pub use size::{LayerSize, Stored, counted_bits, sizes};
