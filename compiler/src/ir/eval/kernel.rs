//! Sums over weights and windows. Inputs that are zero are skipped: spikes are sparse, and zero times a weight is zero.

use crate::ir::{Conv2d, Op, Shape, Window};

/// Weights as rows: one row per input tap, one weight per output.
pub(super) struct Rows {
    weight: Vec<f32>,
    width: usize,
}

impl Rows {
    /// The rows of a layer; none for other operations. Rows of a grouped convolution are `[group][tap]`.
    pub(super) fn of(op: &Op) -> Self {
        match op {
            Op::Linear(linear) => Self::transposed(&linear.weight, linear.fan_in, linear.fan_out),
            Op::Conv2d(conv) => {
                let taps = conv.channels_in / conv.groups * conv.window.kernel[0] * conv.window.kernel[1];
                let width = conv.channels_out / conv.groups;
                let groups = conv.weight.chunks(taps * width);
                Self { weight: groups.flat_map(|w| Self::transposed(w, taps, width).weight).collect(), width }
            }
            _ => Self { weight: Vec::new(), width: 0 },
        }
    }

    fn transposed(weight: &[f32], taps: usize, width: usize) -> Self {
        let rows = (0..taps).flat_map(|tap| (0..width).map(move |out| weight[out * taps + tap]));
        Self { weight: rows.collect(), width }
    }

    fn add(&self, row: usize, x: f32, sums: &mut [f64]) {
        let weights = &self.weight[row * self.width..(row + 1) * self.width];
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += f64::from(x) * f64::from(*weight);
        }
    }

    /// As [`Rows::add`], each sum rounded to `f32` after every product (which is exact in `f64`): a fused multiply-add.
    fn add_rounded(&self, row: usize, x: f32, sums: &mut [f32]) {
        let weights = &self.weight[row * self.width..(row + 1) * self.width];
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = (f64::from(x) * f64::from(*weight) + f64::from(*sum)) as f32;
        }
    }
}

/// `y = W x + b`.
pub(super) fn linear(rows: &Rows, bias: &[f32], x: &[f32], y: &mut [f32]) {
    let mut sums = vec![0.0; rows.width];
    for (row, &x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        rows.add(row, x, &mut sums);
    }
    for ((y, sum), bias) in y.iter_mut().zip(sums).zip(bias) {
        *y = (sum + f64::from(*bias)) as f32;
    }
}

/// The taps of a window at output `at` along `axis` that lie in a map of `size`: `(tap, index)`.
fn taps(window: &Window, axis: usize, size: usize, at: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    let (dilation, pad) = (window.dilation[axis], window.pad_begin[axis]);
    let start = at * window.stride[axis];
    (0..window.kernel[axis])
        .filter_map(move |tap| Some((tap, (start + tap * dilation).checked_sub(pad)?)))
        .filter(move |&(_, index)| index < size)
}

/// Input channels that a framework's convolution sums under one tap before it goes on to the next.
const CHANNELS_AT_ONCE: usize = 16;

/// A convolution, output position by output position, rounded as PyTorch's on a CPU are: one fused multiply-add after the
/// other, tap by tap and the channels of a tap innermost (oneDNN keeps 16 channels side by side), the bias last. Measured
/// equal bit for bit up to 16 input channels; with more, oneDNN chooses among several orders. (Of 300 images that a
/// sinabs network was recorded with, and of 50 recordings of the NIR paper's, one each has a membrane so near a threshold
/// that another order, or a sum rounded once, gives another count.)
pub(super) fn conv2d(rows: &Rows, conv: &Conv2d, from: Shape, x: &[f32], to: Shape, y: &mut [f32]) {
    let per_group = conv.channels_in / conv.groups;
    let kernel = conv.window.kernel[0] * conv.window.kernel[1];
    let mut sums = vec![0.0f32; rows.width];
    for oy in 0..to.height {
        for ox in 0..to.width {
            for group in 0..conv.groups {
                sums.fill(0.0);
                for first in (0..per_group).step_by(CHANNELS_AT_ONCE) {
                    let block = first..per_group.min(first + CHANNELS_AT_ONCE);
                    for (ky, iy) in taps(&conv.window, 0, from.height, oy) {
                        for (kx, ix) in taps(&conv.window, 1, from.width, ox) {
                            for c in block.clone().map(|c| group * per_group + c) {
                                let value = x[c * from.positions() + iy * from.width + ix];
                                if value != 0.0 {
                                    let tap = c * kernel + ky * conv.window.kernel[1] + kx;
                                    rows.add_rounded(tap, value, &mut sums);
                                }
                            }
                        }
                    }
                }
                for (i, sum) in sums.iter().enumerate() {
                    let channel = group * rows.width + i;
                    y[channel * to.positions() + oy * to.width + ox] = sum + conv.bias[channel];
                }
            }
        }
    }
}

/// Reduces each window; `reduce` gets the inputs under it and how many there are.
pub(super) fn pool(
    window: &Window,
    from: Shape,
    x: &[f32],
    to: Shape,
    y: &mut [f32],
    reduce: impl Fn(&mut dyn Iterator<Item = f32>, usize) -> f32,
) {
    for (x, y) in x.chunks(from.positions()).zip(y.chunks_mut(to.positions())) {
        for oy in 0..to.height {
            let rows = taps(window, 0, from.height, oy);
            for ox in 0..to.width {
                let columns = taps(window, 1, from.width, ox);
                let inside = rows.clone().count() * columns.clone().count();
                let mut values = rows
                    .clone()
                    .flat_map(|(_, iy)| columns.clone().map(move |(_, ix)| iy * from.width + ix))
                    .map(|index| x[index]);
                y[oy * to.width + ox] = reduce(&mut values, inside);
            }
        }
    }
}

/// The elements of `x` in the order of other axes.
pub(super) fn permute(axes: [usize; 3], from: Shape, x: &[f32], y: &mut [f32]) {
    let strides = [from.positions(), from.width, 1];
    let sizes = [from.channels, from.height, from.width];
    let [a, b, c] = axes.map(|axis| (sizes[axis], strides[axis]));
    let places = (0..a.0).flat_map(|i| (0..b.0).flat_map(move |j| (0..c.0).map(move |k| (i, j, k))));
    for (y, (i, j, k)) in y.iter_mut().zip(places) {
        *y = x[i * a.1 + j * b.1 + k * c.1];
    }
}

/// Products of matrices, channel by channel; each sum is taken in `f64` and rounded once.
pub(super) fn matmul(left: Shape, a: &[f32], b: &[f32], to: Shape, y: &mut [f32]) {
    for (channel, y) in y.chunks_mut(to.positions()).enumerate() {
        let a = &a[channel * left.positions()..][..left.positions()];
        let b = &b[channel * left.width * to.width..][..left.width * to.width];
        for (row, y) in y.chunks_mut(to.width).enumerate() {
            for (column, y) in y.iter_mut().enumerate() {
                let terms =
                    (0..left.width).map(|k| f64::from(a[row * left.width + k]) * f64::from(b[k * to.width + column]));
                *y = terms.sum::<f64>() as f32;
            }
        }
    }
}
