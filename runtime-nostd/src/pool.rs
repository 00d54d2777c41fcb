//! Pools: a window of an edge becomes one element, channel by channel.
use crate::program::{EdgeKind, Pool, PoolOp, Shape, Window};

/// Rows (axis 0) or columns (axis 1) of a map of `size` under the window at output `at`: `(first tap, first row,
/// taps)`; taps outside the map are left out.
#[inline]
pub(crate) fn taps(window: &Window, axis: usize, size: u32, at: usize) -> (usize, usize, usize) {
    let kernel = window.kernel[axis] as usize;
    let dilation = usize::from(window.dilation[axis]).max(1); // Program::new refuses 0
    let start = (at * window.stride[axis] as usize) as isize - window.padding[axis] as isize;
    let skipped = if start < 0 { start.unsigned_abs().div_ceil(dilation) } else { 0 };
    let first = start + (skipped * dilation) as isize;
    let room = (size as isize - first).max(0) as usize;
    let count = kernel.saturating_sub(skipped).min(room.div_ceil(dilation));
    (skipped, first.max(0) as usize, count)
}

impl Pool {
    /// Reduces a whole edge of shape `from`; `input` and `output` hold packed spikes or one word per element.
    pub(crate) fn run(&self, from: Shape, kind: EdgeKind, input: &[u32], output: &mut [u32]) {
        let to = self.output.shape;
        let spikes_in = matches!(kind, EdgeKind::Spikes);
        let spikes_out = matches!(self.output.kind, EdgeKind::Spikes);
        let element = |i: usize| match spikes_in {
            true => (input.get(i / 32).copied().unwrap_or_default() >> (i % 32) & 1) as i32,
            false => input.get(i).copied().unwrap_or_default() as i32,
        };
        if spikes_out {
            output.fill(0);
        }
        let mut out = 0;
        for y in 0..to.height as usize {
            let (_, row, rows) = taps(&self.window, 0, from.height, y);
            for x in 0..to.width as usize {
                let (_, column, columns) = taps(&self.window, 1, from.width, x);
                for c in 0..to.channels as usize {
                    let mut result = None;
                    for ky in 0..rows {
                        let y = row + ky * self.window.dilation[0] as usize;
                        for kx in 0..columns {
                            let x = column + kx * self.window.dilation[1] as usize;
                            let value = element((y * from.width as usize + x) * from.channels as usize + c);
                            result = Some(match (result, self.op) {
                                (None, _) => value,
                                (Some(so_far), PoolOp::Max) => value.max(so_far),
                                (Some(so_far), PoolOp::Sum) => value.wrapping_add(so_far),
                            });
                        }
                    }
                    let result = result.unwrap_or(0);
                    match (spikes_out, output.get_mut(if spikes_out { out / 32 } else { out })) {
                        (true, Some(word)) => *word |= (result as u32) << (out % 32),
                        (false, Some(word)) => *word = result as u32,
                        (_, None) => {}
                    }
                    out += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_outside_the_map_are_left_out() {
        let window = Window { kernel: [3, 3], stride: [1, 2], padding: [1, 2], dilation: [1, 2] };
        assert_eq!(taps(&window, 0, 4, 0), (1, 0, 2)); // starts one row above
        assert_eq!(taps(&window, 0, 4, 3), (0, 2, 2)); // ends one row below
        assert_eq!(taps(&window, 1, 4, 0), (1, 0, 2)); // columns -2, 0, 2
        assert_eq!(taps(&window, 1, 4, 1), (0, 0, 2)); // columns 0, 2, 4
    }
}
