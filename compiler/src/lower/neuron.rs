//! Neurons in integers: leak, threshold, reset.

use bumpalo::Bump;
use snnc_runtime::program::{Leak, Mix, Neuron, Reset, ResetTiming, Staircase, Synaptic};

use crate::ir::eval::pick;
use crate::ir::{self, Comparison};
use crate::pass::mix_integers;

/// Largest magnitude of a threshold, reset amount or bias: 30 bits.
const LIMIT: f64 = (1 << 29) as f64 - 1.0;

/// Widest synaptic current: the sum of two fits 30 bits.
const WIDEST_SYNAPTIC: u8 = 29;

/// Part of a time constant that is worth a warning.
const COARSE: f64 = 0.05;

/// Error of a decay that is not worth another bit.
const DECAY_ERROR: f64 = 1.0 / 16384.0;

/// Whether a decay is neither 1 nor `1 - 2^-n` exactly.
pub(crate) fn leak_is_multiplied(beta: f32) -> bool {
    beta != 1.0 && shift_of(beta).is_none()
}

fn shift_of(beta: f32) -> Option<u8> {
    (1..=15u8).find(|&n| beta == 1.0 - (-f32::from(n)).exp2())
}

/// The leak nearest to `betas`, one for all channels or one each, beside a state of `bits` bits.
pub(super) fn leak<'a>(betas: &[f32], bits: u8, arena: &'a Bump) -> Leak<'a> {
    match betas {
        [] => Leak::None,
        [beta, rest @ ..] if rest.iter().all(|other| other == beta) => leak_of_all(*beta, bits),
        _ => leak_of_each(betas, bits, arena),
    }
}

/// The leak of channels that share one decay.
fn leak_of_all<'a>(beta: f32, bits: u8) -> Leak<'a> {
    if beta == 1.0 {
        return Leak::None;
    }
    if let Some(n) = shift_of(beta) {
        return Leak::Shift(n);
    }
    let shift = (1..=30u8).map(|n| (n, ((1.0 - (-f64::from(n)).exp2()) - f64::from(beta)).abs()));
    let (shift, shift_error) = shift.fold((1, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best });
    let widest = (31 - bits).clamp(1, 16);
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

/// The leak of channels with a decay each: on one denominator, the smallest that is good enough for all.
fn leak_of_each<'a>(betas: &[f32], bits: u8, arena: &'a Bump) -> Leak<'a> {
    let factors = |shift: u8| {
        let denominator = f64::from(1u32 << shift);
        betas.iter().map(move |&beta| (f64::from(beta) * denominator).round())
    };
    let error = |shift: u8| {
        let errors = factors(shift).zip(betas).map(|(f, &beta)| (f / f64::from(1u32 << shift) - f64::from(beta)).abs());
        errors.fold(0.0, f64::max)
    };
    let widest = (31 - bits).clamp(1, 15);
    let shift = (1..=widest).find(|&shift| error(shift) <= DECAY_ERROR).unwrap_or(widest);
    Leak::MultiplyEach { factors: arena.alloc_slice_fill_iter(factors(shift).map(|f| f as u16)), shift }
}

/// What the leaks of `lowered` make of the decays of `neuron` where that is far from what the model says: the decay, what
/// it has become, and of what.
pub(super) fn coarse_decays(neuron: &ir::Neuron, lowered: &Neuron<'_>) -> Vec<(f32, f64, &'static str)> {
    let filters = neuron.synaptic.iter().zip(lowered.synaptic).map(|(f, l)| (&f.decay, l.leak, "synaptic current"));
    let all = filters.chain([(&neuron.beta, lowered.leak, "membrane potential")]);
    let worst = |(decays, leak, what): (&Vec<f32>, Leak<'_>, &'static str)| {
        let off = |(channel, &decay): (usize, &f32)| {
            let kept = decay_of(leak, channel);
            // how far the time constants are apart
            let error = ((1.0 - kept) / (1.0 - f64::from(decay)) - 1.0).abs();
            (decay < 1.0 && error > COARSE).then_some((error, decay, kept))
        };
        let worst = decays.iter().enumerate().filter_map(off).max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some((worst.1, worst.2, what))
    };
    all.filter_map(worst).collect()
}

/// What the leak of `channel` multiplies a state by.
fn decay_of(leak: Leak<'_>, channel: usize) -> f64 {
    match leak {
        Leak::None => 1.0,
        Leak::All => 0.0,
        Leak::Shift(n) => 1.0 - (-f64::from(n)).exp2(),
        Leak::Multiply { factor, shift } => f64::from(factor) * (-f64::from(shift)).exp2(),
        Leak::MultiplyEach { factors, shift } => f64::from(factors[channel]) * (-f64::from(shift)).exp2(),
    }
}

/// Value that a membrane takes of one LSB of the synaptic currents, per channel: the magnitude that their gains share.
///
/// # Errors
/// What of the gains no integer rule covers.
pub(super) fn gains(neuron: &ir::Neuron, channels: usize) -> Result<Vec<f64>, String> {
    let mixed = neuron.temporal_mix.as_ref().and_then(|mix| mix.scale).map_or(1.0, f64::from);
    let Some(first) = neuron.synaptic.first() else { return Ok(vec![mixed; channels]) };
    let magnitudes: Vec<f64> = (0..channels).map(|c| f64::from(pick(&first.gain, c)).abs()).collect();
    for filter in &neuron.synaptic {
        let negative = pick(&filter.gain, 0) < 0.0;
        for (c, magnitude) in magnitudes.iter().enumerate() {
            let gain = f64::from(pick(&filter.gain, c));
            if gain == 0.0 || (gain < 0.0) != negative || (gain.abs() - magnitude).abs() > magnitude * 1e-6 {
                return Err(format!(
                    "found a synaptic gain of {gain} in channel {c}; expected one sign for all channels and, of two \
                     currents, one magnitude"
                ));
            }
        }
    }
    Ok(magnitudes)
}

/// What of the neurons depends on how they are run.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Timesteps of a sample.
    pub timesteps: u32,
    /// Whether the membranes are read out, and so kept where nothing else needs them.
    pub read_out: bool,
}

/// The neurons of a population; `lsb[channel]` is the value of one membrane LSB.
pub(super) fn neuron<'a>(
    neuron: &ir::Neuron,
    membrane_bits: u8,
    lsb: &[f64],
    times: Times,
    arena: &'a Bump,
) -> Neuron<'a> {
    let table = |of: &dyn Fn(usize, f64) -> f64| -> &'a [i32] {
        arena.alloc_slice_fill_iter(lsb.iter().enumerate().map(|(c, &lsb)| of(c, lsb).clamp(-LIMIT, LIMIT) as i32))
    };
    let top = f64::from((1i32 << (membrane_bits - 1)) - 1);
    let stored = |x: f64| x.round_ties_even().clamp(-top - 1.0, top);
    let stateless = neuron.is_stateless() && !times.read_out;
    let own = if neuron.threshold_timesteps > 1 { times.timesteps } else { 1 };
    let rows = (0..own).map(|timestep| neuron.threshold_at(timestep));
    let max_spikes = u16::try_from(neuron.max_spikes).unwrap_or(u16::MAX);
    let filters = neuron.synaptic.iter().map(|filter| {
        let bits = membrane_bits.min(WIDEST_SYNAPTIC);
        let negative = pick(&filter.gain, 0) < 0.0;
        Synaptic { leak: leak(&filter.decay, bits, arena), bits, negative }
    });
    Neuron {
        mix: neuron.temporal_mix.as_ref().map(|mix| self::mix(mix, times.timesteps, arena)),
        synaptic: arena.alloc_slice_fill_iter(filters.collect::<Vec<_>>()),
        leak: if stateless { Leak::All } else { leak(&neuron.beta, membrane_bits, arena) },
        threshold: arena.alloc_slice_fill_iter(
            rows.flat_map(|row| {
                lsb.iter().enumerate().map(move |(c, &lsb)| {
                    let threshold = near_integer(f64::from(pick(row, c)) / lsb);
                    let threshold = match neuron.comparison {
                        Comparison::Above => threshold.floor() + 1.0,
                        // of several spikes each costs one threshold, which is therefore rounded to the nearest
                        Comparison::AtLeast if max_spikes > 1 => threshold.round().max(1.0),
                        Comparison::AtLeast => threshold.ceil(),
                    };
                    threshold.clamp(-LIMIT, LIMIT) as i32
                })
            })
            .collect::<Vec<_>>(),
        ),
        reset: match &neuron.reset {
            _ if stateless => Reset::None,
            ir::Reset::None => Reset::None,
            ir::Reset::ToValue(value) => Reset::ToValue(table(&|_, lsb| stored(f64::from(*value) / lsb))),
            ir::Reset::Subtract(amount) => {
                Reset::Subtract(table(&|c, lsb| (f64::from(pick(amount, c)) / lsb).round_ties_even()))
            }
        },
        reset_timing: match neuron.reset_timing {
            ir::ResetTiming::Immediate => ResetTiming::Immediate,
            ir::ResetTiming::Delayed => ResetTiming::Delayed,
            ir::ResetTiming::Overriding => ResetTiming::Overriding,
            ir::ResetTiming::Clearing => ResetTiming::Clearing,
        },
        membrane_bits,
        max_spikes,
        floor: neuron
            .min_membrane
            .as_ref()
            .filter(|_| !stateless)
            .map(|lowest| table(&|c, lsb| stored(f64::from(pick(lowest, c)) / lsb))),
        stored: neuron.stored.as_ref().filter(|_| !stateless).map(|stairs| staircase(stairs, lsb, &stored, arena)),
        inhibition: neuron.inhibition,
    }
}

/// The weights between the timesteps of a sample.
fn mix<'a>(mix: &ir::TemporalMix, timesteps: u32, arena: &'a Bump) -> Mix<'a> {
    let integers = mix_integers(mix);
    let taken = timesteps as usize;
    let rows = integers.chunks(mix.timesteps).take(taken).flat_map(|row| &row[..taken]).copied();
    Mix { weights: arena.alloc_slice_copy(&rows.collect::<Vec<_>>()), timesteps: timesteps as u8 } // at most the mix's own
}

/// What is stored, in membrane LSBs: one table where the channels share theirs and the LSB.
fn staircase<'a>(stairs: &ir::Staircase, lsb: &[f64], stored: &dyn Fn(f64) -> f64, arena: &'a Bump) -> Staircase<'a> {
    let shared = stairs.thresholds.len() == stairs.steps && lsb.iter().all(|other| *other == lsb[0]);
    let channels = || lsb.iter().enumerate().take(if shared { 1 } else { lsb.len() });
    // `v >= t` of the float potential, which is `lsb` times the integer one
    let step = |t: f32, lsb: f64| near_integer(f64::from(t) / lsb).ceil().clamp(-LIMIT, LIMIT) as i32;
    let thresholds = channels().flat_map(|(c, &lsb)| stairs.thresholds(c).iter().map(move |&t| step(t, lsb)));
    let levels =
        channels().flat_map(|(c, &lsb)| stairs.levels(c).iter().map(move |&l| stored(f64::from(l) / lsb) as i32));
    Staircase {
        thresholds: arena.alloc_slice_copy(&thresholds.collect::<Vec<_>>()),
        levels: arena.alloc_slice_copy(&levels.collect::<Vec<_>>()),
        steps: stairs.steps as u8, // at most 254 in a validated graph
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

    const ONCE: Times = Times { timesteps: 3, read_out: false };

    #[test]
    fn a_sample_takes_the_thresholds_of_its_timesteps_and_no_membrane_where_none_is_left() {
        let arena = Bump::new();
        let float = ir::Neuron {
            beta: vec![0.0],
            threshold: vec![1.0, 2.0, 3.0, 4.0],
            threshold_timesteps: 4,
            reset: ir::Reset::ToValue(0.5),
            min_membrane: Some(vec![0.0]),
            ..ir::Neuron::default()
        };
        let lowered = neuron(&float, 16, &[0.5, 0.25], ONCE, &arena);
        assert_eq!(lowered.threshold, [2, 4, 4, 8, 6, 12]);
        assert_eq!((lowered.leak, lowered.reset, lowered.floor), (Leak::All, Reset::None, None));
        let kept = neuron(&float, 16, &[0.5, 0.25], Times { read_out: true, ..ONCE }, &arena);
        assert_eq!((kept.leak, kept.reset), (Leak::Multiply { factor: 0, shift: 1 }, Reset::ToValue(&[1, 2])));
    }

    #[test]
    fn levels_are_divided_by_the_lsb_and_thresholds_rounded_up() {
        let arena = Bump::new();
        let stairs = ir::Staircase { steps: 2, thresholds: vec![-0.6, 0.5], levels: vec![-1.0, 0.0, 1.0] };
        let float = ir::Neuron { stored: Some(stairs), ..ir::Neuron::default() };
        let one = neuron(&float, 16, &[0.25, 0.25], ONCE, &arena).stored;
        assert_eq!(one, Some(Staircase { thresholds: &[-2, 2], levels: &[-4, 0, 4], steps: 2 }));
        let each = neuron(&float, 16, &[0.25, 0.5], ONCE, &arena).stored.expect("it is stored");
        assert_eq!((each.thresholds, each.levels), (&[-2, 2, -1, 1][..], &[-4, 0, 4, -2, 0, 2][..]));
    }

    fn leak(beta: f32, bits: u8) -> Leak<'static> {
        leak_of_all(beta, bits)
    }

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
    fn decays_of_their_own_share_a_denominator() {
        let arena = Bump::new();
        let each = |betas: &[f32], bits| super::leak(betas, bits, &arena);
        assert_eq!(each(&[0.9, 0.9], 23), Leak::Multiply { factor: 115, shift: 7 });
        assert_eq!(each(&[0.5, 1.0, 0.0], 16), Leak::MultiplyEach { factors: &[1, 2, 0], shift: 1 });
        let leak = each(&[0.9, 0.77], 16);
        assert!((decay_of(leak, 0) - 0.9).abs() < DECAY_ERROR && (decay_of(leak, 1) - 0.77).abs() < DECAY_ERROR);
    }

    #[test]
    fn a_decay_that_many_membrane_bits_make_coarse_is_told() {
        let arena = Bump::new();
        let filter = ir::SynapticCurrent { decay: vec![0.97, 0.5], gain: vec![1.0] };
        let slow = ir::Neuron { beta: vec![0.97], synaptic: vec![filter], ..ir::Neuron::default() };
        let found = |bits| coarse_decays(&slow, &neuron(&slow, bits, &[0.1, 0.1], ONCE, &arena));
        assert_eq!(found(16), []);
        assert_eq!(found(26), []); // 31 / 32
        assert_eq!(found(27), [(0.97, 1.0, "synaptic current")]); // 15.52 / 16
    }

    #[test]
    fn gains_of_two_currents_differ_in_sign_only() {
        let filter = |gain: &[f32]| ir::SynapticCurrent { decay: vec![0.5], gain: gain.to_vec() };
        let of =
            |filters: Vec<ir::SynapticCurrent>| gains(&ir::Neuron { synaptic: filters, ..ir::Neuron::default() }, 2);
        assert_eq!(of(vec![]), Ok(vec![1.0; 2]));
        assert_eq!(of(vec![filter(&[2.0, 3.0]), filter(&[-2.0, -3.0])]), Ok(vec![2.0, 3.0]));
        assert!(of(vec![filter(&[2.0]), filter(&[-1.0])]).is_err_and(|found| found.contains("gain of -1")));
        assert!(of(vec![filter(&[2.0, -2.0])]).is_err());
        assert!(of(vec![filter(&[0.0])]).is_err());
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
        assert_eq!(neuron(&float, 16, &lsb, ONCE, &arena).threshold, [4, 2]);
        float.comparison = Comparison::AtLeast;
        assert_eq!(neuron(&float, 16, &lsb, ONCE, &arena).threshold, [3, 2]);
    }
}
