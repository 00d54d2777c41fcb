//! Codebooks. Of a convolution: each kernel becomes the nearest of `2^index_bits` codewords of signs, times one scale per
//! output channel (S2NN, Wei et al. 2025; Wang et al. 2021).
//!
//! Codewords start as the most frequent sign patterns. Then, until nothing changes, each kernel takes the codeword with the
//! largest product, and each codeword the signs of its kernels' sum: of binary kernels these are k-medians on the Hamming
//! distance. Before they choose, kernels of real weights have their outliers shrunk (OS-Quant): a weight outside Tukey's
//! fences is divided by the mean absolute difference of the kernel's neighbours, where that is above 1.

use std::collections::BTreeMap;

/// Rounds of choosing, at most; ten is what takes to settle.
const ROUNDS: usize = 30;

/// Signs in the order of the weights, and the scale of each output channel.
pub(super) fn codebook(weight: &[f32], channels: usize, kernel: [usize; 2], index_bits: u8) -> (Vec<f32>, Vec<f32>) {
    let taps = kernel[0] * kernel[1];
    // kernels that are the same choose the same
    let mut kinds: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let slices: Vec<usize> = weight
        .chunks(taps)
        .map(|slice| {
            let next = kinds.len();
            *kinds.entry(slice.iter().map(|w| w.to_bits()).collect()).or_insert(next)
        })
        .collect();
    let mut counts = vec![0.0f32; kinds.len()];
    slices.iter().for_each(|&kind| counts[kind] += 1.0);
    let mut of_kind = vec![Vec::new(); kinds.len()];
    for (bits, kind) in kinds {
        of_kind[kind] = shrunk(&bits.into_iter().map(f32::from_bits).collect::<Vec<_>>(), kernel);
    }
    let (book, chosen) = fit(&of_kind, &counts, 1 << index_bits);
    let signs: Vec<f32> = slices.iter().flat_map(|&kind| book[chosen[kind]].iter().copied()).collect();
    let scales = scales_of(weight, &signs, channels);
    (signs, scales)
}

/// The scale of each channel of which signs leave the least squared error.
fn scales_of(weight: &[f32], signs: &[f32], channels: usize) -> Vec<f32> {
    let per_channel = weight.len() / channels;
    let scale = |(row, signs): (&[f32], &[f32])| {
        let product: f32 = row.iter().zip(signs).map(|(w, sign)| w * sign).sum();
        (product / per_channel as f32).max(f32::MIN_POSITIVE)
    };
    weight.chunks(per_channel).zip(signs.chunks(per_channel)).map(scale).collect()
}

/// The codeword with the largest product, the first of those.
pub(super) fn nearest(kind: &[f32], book: &[Vec<f32>]) -> usize {
    let product = |word: &[f32]| kind.iter().zip(word).map(|(w, sign)| w * sign).sum::<f32>();
    let best = book.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (index, word)| {
        let product = product(word);
        if product > best.1 { (index, product) } else { best }
    });
    best.0
}

/// Codewords for kinds of kernels, of which there are so many each, and which of them each kind takes.
pub(super) fn fit(kinds: &[Vec<f32>], counts: &[f32], codewords: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
    let sign = |w: f32| if w < 0.0 { -1.0 } else { 1.0 };
    let mut patterns: BTreeMap<Vec<bool>, f32> = BTreeMap::new();
    for (kind, count) in kinds.iter().zip(counts) {
        *patterns.entry(kind.iter().map(|w| *w >= 0.0).collect()).or_default() += count;
    }
    let mut frequent: Vec<(Vec<bool>, f32)> = patterns.into_iter().collect();
    frequent.sort_by(|a, b| b.1.total_cmp(&a.1)); // stable: ties in the order of their signs
    let word = |pattern: &(Vec<bool>, f32)| pattern.0.iter().map(|&set| if set { 1.0 } else { -1.0 }).collect();
    let mut book: Vec<Vec<f32>> = frequent.iter().take(codewords).map(word).collect();
    let mut chosen = vec![0; kinds.len()];
    for _ in 0..ROUNDS {
        let before = chosen.clone();
        for (kind, chosen) in kinds.iter().zip(&mut chosen) {
            *chosen = nearest(kind, &book);
        }
        for (index, word) in book.iter_mut().enumerate() {
            let mut sum = vec![0.0f32; word.len()];
            let members = kinds.iter().zip(counts).zip(&chosen).filter(|(_, chosen)| **chosen == index);
            for ((kind, count), _) in members {
                sum.iter_mut().zip(kind).for_each(|(sum, w)| *sum += count * w);
            }
            // a tie keeps the sign it had
            word.iter_mut().zip(&sum).filter(|(_, sum)| **sum != 0.0).for_each(|(w, sum)| *w = sign(*sum));
        }
        if chosen == before {
            break;
        }
    }
    (book, chosen)
}

/// A kernel with its outliers shrunk: those outside `Q1 - 1.5 IQR .. Q3 + 1.5 IQR`.
fn shrunk(slice: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let mut sorted = slice.to_vec();
    sorted.sort_by(f32::total_cmp);
    let quartile = |part: f32| {
        let at = part * (sorted.len() - 1) as f32;
        let (low, rest) = (at.floor() as usize, at.fract());
        sorted[low] + rest * (sorted[(low + 1).min(sorted.len() - 1)] - sorted[low])
    };
    let (first, third) = (quartile(0.25), quartile(0.75));
    let reach = 1.5 * (third - first);
    let mut differences = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let here = slice[y * width + x];
            if x + 1 < width {
                differences.push((here - slice[y * width + x + 1]).abs());
            }
            if y + 1 < height {
                differences.push((here - slice[(y + 1) * width + x]).abs());
            }
        }
    }
    let omega = differences.iter().sum::<f32>() / differences.len().max(1) as f32;
    let outlier = |w: f32| w < first - reach || w > third + reach;
    slice.iter().map(|&w| if outlier(w) && omega > 1.0 { w / omega } else { w }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::testing::numbers;

    fn distance(weight: &[f32], signs: &[f32]) -> usize {
        weight.iter().zip(signs).filter(|(w, sign)| w.signum() != **sign).count()
    }

    #[test]
    fn kernels_that_fit_into_the_codebook_are_kept() {
        let words: Vec<f32> = numbers(4 * 9, 3).iter().map(|w| w.signum() * 0.5).collect();
        let weight: Vec<f32> = (0..24).flat_map(|i| words[i * 5 % 4 * 9..][..9].to_vec()).collect();
        let (signs, scales) = codebook(&weight, 2, [3, 3], 2);
        assert_eq!(distance(&weight, &signs), 0);
        assert_eq!(scales, [0.5, 0.5]);
    }

    #[test]
    fn more_codewords_turn_fewer_signs() {
        let weight: Vec<f32> = numbers(400 * 9, 5).iter().map(|w| w.signum()).collect();
        let turned = |bits| distance(&weight, &codebook(&weight, 4, [3, 3], bits).0);
        let all: Vec<usize> = (1..=6).map(turned).collect();
        assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
        // the codewords are those of their kernels: better than the 64 most frequent patterns alone
        assert!(all[5] * 10 < weight.len() * 2, "{} of {} signs turned", all[5], weight.len());
        let kernels: std::collections::BTreeSet<Vec<bool>> = codebook(&weight, 4, [3, 3], 3)
            .0
            .chunks(9)
            .map(|kernel| kernel.iter().map(|sign| *sign > 0.0).collect())
            .collect();
        assert!(kernels.len() <= 8);
    }

    #[test]
    fn an_outlier_counts_less_than_it_is_large() {
        let mut kernel = vec![1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0];
        assert_eq!(shrunk(&kernel, [3, 3]), kernel);
        kernel[4] = 40.0;
        let shrunk = shrunk(&kernel, [3, 3]);
        assert!(shrunk[4] > 0.0 && shrunk[4] < 4.0, "{}", shrunk[4]);
    }
}
