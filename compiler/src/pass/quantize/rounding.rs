//! Rounding to a grid such that the membranes feel it least.
//!
//! One weight after the other is rounded, and what that does to the membrane is given to the weights that are still open,
//! by the least squares over the calibration samples (Frantar et al. 2023, GPTQ, eq. 2 and 3; here over traces of spikes,
//! see [`super::traces`]). The bias is the last to be open and takes what is left: that is bias correction. The scale is the
//! best of [`CANDIDATES`]. Fan-ins beyond [`WIDEST`] are rounded to the nearest, with the best scale and the bias corrected.

use faer::{Mat, Side};

use super::traces::Moments;
use crate::ir::WeightEncoding;

/// Scales tried per channel: fractions of the one with which the largest weight just fits.
const CANDIDATES: usize = 24;

/// The smallest of them.
const SMALLEST: f64 = 0.25;

/// Part of the mean second moment that every input has on top: samples are few.
const DAMPING: f64 = 0.01;

/// Most inputs of a channel whose errors are given on.
const WIDEST: usize = 2304;

/// How the errors of a layer's weights go on.
pub(super) struct Rounding {
    /// Inputs of a channel.
    fan_in: usize,
    /// Order in which weights are rounded: what matters most first.
    order: Vec<usize>,
    /// Upper triangle of the inverse second moments' root, in that order, the bias last; rows one behind the other.
    root: Option<Mat<f64>>,
    /// `[fan_in]`, second moments of each input alone, and its first with the bias.
    alone: Vec<(f64, f64)>,
    bias: f64,
}

/// A channel on its grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rounded {
    /// `[fan_in]`.
    pub integers: Vec<i16>,
    /// The bias that goes with them.
    pub bias: f64,
    /// Mean square error of the membrane.
    pub error: f64,
}

impl Rounding {
    pub fn new(moments: &Moments) -> Self {
        let size = moments.size;
        let fan_in = size - 1;
        let second = |i: usize, j: usize| moments.second[i * size + j];
        let mean = (0..fan_in).map(|i| second(i, i)).sum::<f64>() / fan_in as f64;
        let damping = DAMPING * mean + f64::MIN_POSITIVE;
        let mut order: Vec<usize> = (0..fan_in).collect();
        order.sort_by(|&a, &b| second(b, b).total_cmp(&second(a, a)));
        order.push(fan_in);
        let root = (fan_in <= WIDEST).then(|| {
            let h = Mat::from_fn(size, size, |i, j| {
                let (a, b) = (order[i], order[j]);
                // the bias is never rounded: it needs damping only to have an inverse
                let on_diagonal = if i != j {
                    0.0
                } else if a == fan_in {
                    1e-9 * mean
                } else {
                    damping
                };
                second(a, b) + on_diagonal
            });
            upper_root_of_inverse(&h)
        });
        let alone = (0..fan_in).map(|i| (second(i, i) + damping, second(i, fan_in))).collect();
        Self { fan_in, order, root: root.flatten(), alone, bias: second(fan_in, fan_in).max(f64::MIN_POSITIVE) }
    }

    /// Rounds the weights and the bias of a channel at `scale`.
    pub fn round(&self, weights: &[f32], bias: f32, scale: f64, encoding: WeightEncoding) -> Rounded {
        match &self.root {
            Some(root) => self.compensated(root, weights, bias, scale, encoding),
            None => self.nearest(weights, bias, scale, encoding),
        }
    }

    fn compensated(
        &self,
        root: &Mat<f64>,
        weights: &[f32],
        bias: f32,
        scale: f64,
        encoding: WeightEncoding,
    ) -> Rounded {
        let all = |i: usize| f64::from(if i == self.fan_in { bias } else { weights[i] });
        let mut open: Vec<f64> = self.order.iter().map(|&i| all(i)).collect();
        let mut integers = vec![0; self.fan_in];
        let mut error = 0.0;
        for i in 0..self.fan_in {
            let integer = encoding.nearest((open[i] / scale) as f32);
            integers[self.order[i]] = integer;
            let missing = (open[i] - f64::from(integer) * scale) / root[(i, i)];
            error += missing * missing;
            for j in i + 1..open.len() {
                open[j] -= missing * root[(i, j)];
            }
        }
        Rounded { integers, bias: open[self.fan_in], error }
    }

    /// How much an input is active, squared.
    pub fn moment(&self, input: usize) -> f64 {
        self.alone[input].0
    }

    /// Rounds channels together, input after input: `round` takes the number of an input and what its weights are by then, and
    /// makes those that they become of them. Returns the biases that go with them, and the mean square error of all membranes.
    pub fn together(&self, rows: &[(&[f32], f32)], mut round: impl FnMut(usize, &mut [f64])) -> (Vec<f64>, f64) {
        let all = |(row, bias): &(&[f32], f32), i: usize| f64::from(if i == self.fan_in { *bias } else { row[i] });
        let open_of = |row| self.order.iter().map(|&i| all(row, i)).collect();
        let mut open: Vec<Vec<f64>> = rows.iter().map(open_of).collect();
        let mut error = 0.0;
        for (i, &input) in self.order[..self.fan_in].iter().enumerate() {
            let wanted: Vec<f64> = open.iter().map(|open| open[i]).collect();
            let mut made = wanted.clone();
            round(input, &mut made);
            for (open, (wanted, made)) in open.iter_mut().zip(wanted.iter().zip(made)) {
                match &self.root {
                    Some(root) => {
                        let missing = (wanted - made) / root[(i, i)];
                        error += missing * missing;
                        for j in i + 1..open.len() {
                            open[j] -= missing * root[(i, j)];
                        }
                    }
                    None => {
                        let (second, with_bias) = self.alone[input];
                        error += (wanted - made) * (wanted - made) * second;
                        open[self.fan_in] += (wanted - made) * with_bias / self.bias;
                    }
                }
            }
        }
        (open.iter().map(|open| open[self.fan_in]).collect(), error)
    }

    fn nearest(&self, weights: &[f32], bias: f32, scale: f64, encoding: WeightEncoding) -> Rounded {
        let integers: Vec<i16> = weights.iter().map(|w| encoding.nearest((f64::from(*w) / scale) as f32)).collect();
        let missing = |(w, q): (&f32, &i16)| f64::from(*w) - f64::from(*q) * scale;
        let pairs = || weights.iter().zip(&integers).map(missing).zip(&self.alone);
        let mean: f64 = pairs().map(|(missing, (_, with_bias))| missing * with_bias).sum::<f64>() / self.bias;
        let error = pairs().map(|(missing, (second, _))| missing * missing * second).sum();
        Rounded { integers, bias: f64::from(bias) + mean, error }
    }

    /// The best scale for channels that share one, of which `channels` are the weights and biases.
    pub fn scale(&self, channels: &[(&[f32], f32)], encoding: WeightEncoding) -> f64 {
        let largest = channels.iter().flat_map(|(row, _)| row.iter()).fold(0.0f32, |largest, w| largest.max(w.abs()));
        if largest == 0.0 {
            return 1.0; // any grid holds zeros
        }
        let whole = f64::from(largest) / f64::from(encoding.range().1);
        let error =
            |scale: f64| channels.iter().map(|(row, bias)| self.round(row, *bias, scale, encoding).error).sum::<f64>();
        let step = (1.0 - SMALLEST) / (CANDIDATES - 1) as f64;
        let candidates = (0..CANDIDATES).map(|i| whole * (1.0 - step * i as f64)).map(|scale| (error(scale), scale));
        candidates.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(whole, |(_, scale)| scale)
    }
}

/// `U`, upper triangular, with `U' U` the inverse of `h`; `None` if `h` is not positive.
fn upper_root_of_inverse(h: &Mat<f64>) -> Option<Mat<f64>> {
    use faer::linalg::solvers::DenseSolveCore;
    // one thread: the order of summation must not depend on the machine
    faer::set_global_parallelism(faer::Par::Seq);
    let inverse = h.llt(Side::Lower).ok()?.inverse();
    Some(inverse.llt(Side::Lower).ok()?.L().transpose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::testing::numbers;

    const TERNARY: WeightEncoding = WeightEncoding::Ternary;

    /// Moments of `n` inputs that go together in pairs.
    fn correlated(n: usize) -> Moments {
        let mut moments = Moments::unknown(n);
        let size = n + 1;
        for i in 0..n {
            moments.second[i * size + n] = 0.5;
            moments.second[n * size + i] = 0.5;
            if i + 1 < n {
                moments.second[i * size + i + 1] = 0.45;
                moments.second[(i + 1) * size + i] = 0.45;
            }
        }
        moments.second[size * size - 1] = n as f64;
        moments
    }

    fn error(moments: &Moments, weights: &[f32], rounded: &Rounded, scale: f64) -> f64 {
        let n = moments.size;
        let missing = |i: usize| match i + 1 == n {
            true => rounded.bias,
            false => f64::from(rounded.integers[i]) * scale - f64::from(weights[i]),
        };
        (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .map(|(i, j)| missing(i) * missing(j) * moments.second[i * n + j])
            .sum()
    }

    #[test]
    fn what_one_weight_loses_the_next_ones_and_the_bias_take_on() {
        let (moments, weights) = (correlated(40), numbers(40, 7));
        let rounding = Rounding::new(&moments);
        let (mut with, mut without) = (0.0, 0.0);
        for scale in [0.5, 0.6, 0.8, 1.0] {
            let given_on = rounding.round(&weights, 0.0, scale, TERNARY);
            let nearest = Rounded { bias: 0.0, ..rounding.nearest(&weights, 0.0, scale, TERNARY) };
            let (a, b) = (error(&moments, &weights, &given_on, scale), error(&moments, &weights, &nearest, scale));
            assert!(a < b, "{a} is not less than {b} at {scale}");
            (with, without) = (with + a, without + b);
            // what it says is what it is, up to the damping
            assert!((given_on.error - a).abs() < 0.1 * a, "{} said, {a} found", given_on.error);
        }
        assert!(with < 0.8 * without, "{with} is not much less than {without}");
    }

    #[test]
    fn without_moments_rounding_is_to_the_nearest() {
        let weights = numbers(30, 3);
        let rounding = Rounding::new(&Moments::unknown(30));
        let rounded = rounding.round(&weights, 0.25, 0.1, WeightEncoding::Int { bits: 4 });
        let nearest: Vec<i16> = weights.iter().map(|w| WeightEncoding::Int { bits: 4 }.nearest(w / 0.1)).collect();
        assert_eq!((rounded.integers, rounded.bias), (nearest, 0.25));
    }

    #[test]
    fn weights_on_the_grid_are_kept_with_their_scale() {
        let weights: Vec<f32> = [3.0, -7.0, 1.0, 0.0, 5.0].iter().map(|q| q * 0.125).collect();
        let rounding = Rounding::new(&correlated(5));
        let encoding = WeightEncoding::Int { bits: 4 };
        let scale = rounding.scale(&[(&weights, 0.5)], encoding);
        assert_eq!(scale, 0.125);
        let rounded = rounding.round(&weights, 0.5, scale, encoding);
        assert_eq!((rounded.integers, rounded.error), (vec![3, -7, 1, 0, 5], 0.0));
    }

    #[test]
    fn too_many_inputs_are_rounded_with_the_bias_corrected() {
        let rounding = Rounding { root: None, ..Rounding::new(&correlated(4)) };
        let rounded = rounding.round(&[0.4, 0.4, 0.4, 0.4], 0.0, 1.0, TERNARY);
        assert_eq!(rounded.integers, [0; 4]);
        assert!((rounded.bias - 4.0 * 0.4 * 0.5 / 4.0).abs() < 1e-6, "{}", rounded.bias);
    }
}
