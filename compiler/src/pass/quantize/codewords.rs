//! A codebook for a fully connected layer: the signs of every 32 outputs of an input are one of 256 codewords, times one scale per
//! output.
//!
//! Codewords are fitted to the layer's weights as those of kernels are ([`super::codebook`]), an input counting as much as it is
//! active. Then input after input takes the codewords that are nearest, and what that does to the membranes is given to the
//! inputs that are still open ([`super::rounding`]), and each codeword takes the signs of what chose it, a few times over: the
//! best of all is kept.

use rayon::prelude::*;

use super::codebook::{fit, nearest};
use super::rounding::Rounding;

/// Outputs of a codeword.
const OUTPUTS: usize = 32;

/// Codewords, but for the one that is all negative ([`snnc_runtime::program::Synapses::Codewords`]).
const FITTED: usize = 255;

/// Words that they are fitted to, at most: every so manieth of a larger layer.
const WORDS: usize = 8192;

/// Scales tried, as parts of the mean magnitude of an output's weights. What others lose makes those that are open large.
const PARTS: [f64; 8] = [0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6];

/// Times that codewords choose again.
const ROUNDS: usize = 4;

/// An output of the layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Output {
    /// -1 or +1 of each input.
    pub signs: Vec<f32>,
    pub scale: f32,
    /// The bias that goes with them.
    pub bias: f64,
}

/// `rows` are the weights of each output and its bias; `alike` where all share one scale.
pub(super) fn codewords(rows: &[(&[f32], f32)], rounding: &Rounding, alike: bool) -> Vec<Output> {
    let inputs = rows[0].0.len();
    let magnitude = |row: &[f32]| row.iter().map(|w| f64::from(w.abs())).sum::<f64>() / inputs as f64;
    let mut magnitudes: Vec<f64> =
        rows.iter().map(|(row, _)| magnitude(row).max(f64::from(f32::MIN_POSITIVE))).collect();
    if alike {
        let mean = magnitudes.iter().sum::<f64>() / magnitudes.len() as f64;
        magnitudes.fill(mean);
    }
    let book = fitted(rows, &magnitudes, rounding);
    let made = PARTS.par_iter().map(|part| {
        let scales: Vec<f64> = magnitudes.iter().map(|magnitude| f64::from((magnitude * part) as f32)).collect();
        let mut book = book.clone();
        let rounds = (0..ROUNDS).map(|_| {
            let (made, error, sums) = choose(rows, &scales, rounding, &book);
            // the last one stays all negative
            for (word, sum) in book.iter_mut().zip(&sums).take(FITTED) {
                let changed = word.iter_mut().zip(sum).filter(|(_, sum)| **sum != 0.0);
                changed.for_each(|(sign, sum)| *sign = if *sum < 0.0 { -1.0 } else { 1.0 });
            }
            (error, made)
        });
        rounds.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there is a round")
    });
    let made: Vec<(f64, Vec<Output>)> = made.collect();
    made.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("a scale was tried").1
}

/// Codewords for the layer's weights as they are; the last is all negative.
fn fitted(rows: &[(&[f32], f32)], magnitudes: &[f64], rounding: &Rounding) -> Vec<Vec<f32>> {
    let groups: Vec<(usize, usize)> = (0..rows.len())
        .step_by(OUTPUTS)
        .flat_map(|first| (0..rows[0].0.len()).map(move |input| (first, input)))
        .collect();
    let kept = || groups.iter().step_by(groups.len().div_ceil(WORDS));
    // of outputs that are not there any sign is as good
    let word = |&(first, input): &(usize, usize)| -> Vec<f32> {
        let weight = |out: usize| rows.get(out).map_or(0.0, |(row, _)| row[input] * magnitudes[out] as f32);
        (first..first + OUTPUTS).map(weight).collect()
    };
    let words: Vec<Vec<f32>> = kept().map(word).collect();
    let counts: Vec<f32> = kept().map(|&(_, input)| rounding.moment(input) as f32).collect();
    let mut book = fit(&words, &counts, FITTED).0;
    book.resize(FITTED, vec![1.0; OUTPUTS]);
    book.push(vec![-1.0; OUTPUTS]);
    book
}

/// Signs from `book` for each output, their error, and per codeword the sum of what chose it.
fn choose(
    rows: &[(&[f32], f32)],
    scales: &[f64],
    rounding: &Rounding,
    book: &[Vec<f32>],
) -> (Vec<Output>, f64, Vec<Vec<f64>>) {
    let mut outputs = Vec::with_capacity(rows.len());
    let (mut error, mut sums) = (0.0, vec![vec![0.0; OUTPUTS]; book.len()]);
    for (rows, scales) in rows.chunks(OUTPUTS).zip(scales.chunks(OUTPUTS)) {
        let mut signs = vec![vec![0.0; rows[0].0.len()]; rows.len()];
        let (biases, missed) = rounding.together(rows, |input, open| {
            let mut wanted = [0.0f32; OUTPUTS];
            wanted.iter_mut().zip(open.iter().zip(scales)).for_each(|(w, (open, scale))| *w = (open * scale) as f32);
            let index = nearest(&wanted, book);
            let moment = rounding.moment(input);
            sums[index].iter_mut().zip(wanted).for_each(|(sum, w)| *sum += moment * f64::from(w));
            for ((signs, open), (sign, scale)) in signs.iter_mut().zip(open).zip(book[index].iter().zip(scales)) {
                signs[input] = *sign;
                *open = f64::from(*sign) * scale;
            }
        });
        error += missed;
        let made = signs.into_iter().zip(scales).zip(biases);
        outputs.extend(made.map(|((signs, &scale), bias)| Output { signs, scale: scale as f32, bias }));
    }
    (outputs, error, sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::quantize::traces::Moments;
    use crate::pass::testing::numbers;

    fn rows(weight: &[f32], outputs: usize) -> Vec<(&[f32], f32)> {
        weight.chunks(weight.len() / outputs).map(|row| (row, 0.0)).collect()
    }

    fn turned(rows: &[(&[f32], f32)], made: &[Output]) -> usize {
        let of_row = |((row, _), made): (&(&[f32], f32), &Output)| {
            row.iter().zip(&made.signs).filter(|(w, sign)| w.signum() != **sign).count()
        };
        rows.iter().zip(made).map(of_row).sum()
    }

    #[test]
    fn words_that_fit_are_kept() {
        // 40 outputs are a word and eight signs of another, of 30 inputs
        let words: Vec<f32> = numbers(9 * 40, 7).iter().map(|w| w.signum() * 0.25).collect();
        let weight: Vec<f32> = (0..40 * 30).map(|i| words[i % 30 % 9 * 40 + i / 30]).collect();
        let rows = rows(&weight, 40);
        let made = codewords(&rows, &Rounding::new(&Moments::unknown(30)), false);
        assert_eq!(turned(&rows, &made), 0);
    }

    #[test]
    fn words_that_do_not_fit_take_near_ones() {
        let weight: Vec<f32> = numbers(300 * 64, 9).iter().map(|w| w * 0.1).collect();
        let rows = rows(&weight, 64);
        let rounding = Rounding::new(&Moments::unknown(300));
        let made = codewords(&rows, &rounding, true);
        let word = |group: usize, input: usize| -> Vec<bool> {
            made[group * 32..][..32].iter().map(|output| output.signs[input] > 0.0).collect()
        };
        let used: std::collections::BTreeSet<Vec<bool>> =
            (0..2).flat_map(|group| (0..300).map(move |input| word(group, input))).collect();
        assert!(used.len() <= 256, "{}", used.len());
        // half of the signs would turn by chance
        assert!(turned(&rows, &made) * 10 < 3 * weight.len(), "{}", turned(&rows, &made));
        assert!(made.iter().all(|output| output.scale == made[0].scale));
    }
}
