//! Neurons in integers: leak, threshold, reset.

use bumpalo::Bump;
use snnc_runtime::program::{Leak, Neuron, Reset, ResetTiming};

use crate::ir::eval::pick;
use crate::ir::{self, Comparison};

/// Largest magnitude of a threshold, reset amount or bias: 30 bits.
const LIMIT: f64 = (1 << 29) as f64 - 1.0;

/// Error of a decay that is not worth another bit.
const DECAY_ERROR: f64 = 1.0 / 16384.0;

/// Whether a decay is neither 1 nor `1 - 2^-n` exactly.
pub(crate) fn leak_is_multiplied(beta: f32) -> bool {
    beta != 1.0 && shift_of(beta).is_none()
}

fn shift_of(beta: f32) -> Option<u8> {
    (1..=15u8).find(|&n| beta == 1.0 - (-f32::from(n)).exp2())
}

/// The leak nearest to `beta` beside a membrane of `membrane_bits`.
pub(super) fn leak(beta: f32, membrane_bits: u8) -> Leak {
    if beta == 1.0 {
        return Leak::None;
    }
    if let Some(n) = shift_of(beta) {
        return Leak::Shift(n);
    }
    let shift = (1..=30u8).map(|n| (n, ((1.0 - (-f64::from(n)).exp2()) - f64::from(beta)).abs()));
    let (shift, shift_error) = shift.fold((1, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best });
    let widest = (31 - membrane_bits).clamp(1, 16);
    let candidates = (1..=widest).map(|shift| {
        let denominator = f64::from(1u32 << shift);
        let factor = (f64::from(beta) * denominator).round().min(denominator - 1.0);
        (shift, factor, (factor / denominator - f64::from(beta)).abs())
    });
    let mut best = (1, 0.0, f64::INFINITY);
    for candidate in candidates {
        if candidate.2 < best.2 {
            best = candidate;
        }
        if best.2 <= DECAY_ERROR {
            break;
        }
    }
    if shift_error <= best.2 {
        return Leak::Shift(shift);
    }
    Leak::Multiply { factor: best.1 as u16, shift: best.0 }
}

/// The neurons of a population; `lsb[channel]` is the value of one membrane LSB.
pub(super) fn neuron<'a>(
    neuron: &ir::Neuron,
    beta: f32,
    membrane_bits: u8,
    lsb: &[f64],
    arena: &'a Bump,
) -> Neuron<'a> {
    let table = |of: &dyn Fn(usize, f64) -> f64| -> &'a [i32] {
        arena.alloc_slice_fill_iter(lsb.iter().enumerate().map(|(c, &lsb)| of(c, lsb).clamp(-LIMIT, LIMIT) as i32))
    };
    let top = f64::from((1i32 << (membrane_bits - 1)) - 1);
    Neuron {
        leak: leak(beta, membrane_bits),
        threshold: table(&|c, lsb| {
            let threshold = near_integer(f64::from(pick(&neuron.threshold, c)) / lsb);
            match neuron.comparison {
                Comparison::Above => threshold.floor() + 1.0,
                Comparison::AtLeast => threshold.ceil(),
            }
        }),
        reset: match &neuron.reset {
            ir::Reset::None => Reset::None,
            ir::Reset::ToValue(value) => {
                Reset::ToValue(table(&|_, lsb| (f64::from(*value) / lsb).round_ties_even().clamp(-top - 1.0, top)))
            }
            ir::Reset::Subtract(amount) => {
                Reset::Subtract(table(&|c, lsb| (f64::from(pick(amount, c)) / lsb).round_ties_even()))
            }
        },
        reset_timing: match neuron.reset_timing {
            ir::ResetTiming::Immediate => ResetTiming::Immediate,
            ir::ResetTiming::Delayed => ResetTiming::Delayed,
            ir::ResetTiming::Overriding => panic!("refused before: walk.rs::not_integer"),
        },
        membrane_bits,
    }
}

/// The integer next to a quotient of two `f32` that was meant to be one: their division in `f64` is off by less than
/// the `f32` they came from.
fn near_integer(x: f64) -> f64 {
    let nearest = x.round();
    if (x - nearest).abs() <= nearest.abs() * 1e-7 { nearest } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decays_become_the_cheapest_leak_that_is_exact() {
        assert_eq!(leak(1.0, 16), Leak::None);
        assert_eq!(leak(0.5, 16), Leak::Shift(1));
        assert_eq!(leak(0.9375, 12), Leak::Shift(4));
        assert_eq!(leak(0.0, 16), Leak::Multiply { factor: 0, shift: 1 });
        let Leak::Multiply { factor, shift } = leak(0.9, 16) else { panic!("0.9 is no shift") };
        assert!((f64::from(factor) / f64::from(1 << shift) - 0.9).abs() < DECAY_ERROR);
        assert_eq!(leak(0.999, 23), Leak::Shift(10)); // 255 / 256 would be a quarter of its time constant
        assert_eq!(leak(0.9, 23), Leak::Multiply { factor: 115, shift: 7 }); // as good as 230 / 256
    }

    #[test]
    fn a_strict_threshold_that_is_an_integer_lies_one_above_it() {
        let arena = Bump::new();
        let mut float = ir::Neuron {
            beta: vec![1.0],
            threshold: vec![0.3],
            comparison: Comparison::Above,
            reset: ir::Reset::None,
            reset_timing: ir::ResetTiming::Immediate,
            ..ir::Neuron::default()
        };
        let lsb = [f64::from(0.1f32), 0.2];
        assert_eq!(neuron(&float, 1.0, 16, &lsb, &arena).threshold, [4, 2]);
        float.comparison = Comparison::AtLeast;
        assert_eq!(neuron(&float, 1.0, 16, &lsb, &arena).threshold, [3, 2]);
    }
}
