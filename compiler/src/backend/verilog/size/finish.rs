//! Shift and bias of sums.

use snnc_runtime::program::{EdgeKind, Population};

use super::bits::table_bits;

/// What an accumulator becomes.
#[derive(Clone, Copy, Debug)]
pub struct Finish {
    /// Shift to the left, negative to the right.
    pub shift: i8,
    /// Bits of the result.
    pub out_bits: usize,
    /// Bits of a bias.
    pub bias_bits: usize,
}

impl Finish {
    /// `None` where the sums are the currents.
    pub fn new(population: &Population<'_>, in_bits: usize) -> Option<Self> {
        let shift = population.current_shift;
        let bias_bits = table_bits(population.bias);
        let biased = population.bias.iter().any(|&bias| bias != 0);
        if shift == 0 && !biased {
            return None;
        }
        let shifted = match shift {
            0 => in_bits,
            n if n > 0 => in_bits + usize::from(n.unsigned_abs()),
            n => in_bits.saturating_sub(usize::from(n.unsigned_abs())).max(1) + 1,
        };
        let summed = if biased { shifted.max(bias_bits) + 1 } else { shifted };
        let out_bits = match population.output.kind {
            EdgeKind::Currents { bits } => summed.min(usize::from(bits)),
            EdgeKind::Spikes | EdgeKind::Counts { .. } | EdgeKind::Values(_) => summed.min(30),
        };
        Some(Self { shift, out_bits, bias_bits })
    }
}
