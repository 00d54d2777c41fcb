//! Pools: a window of an edge becomes one element, channel by channel.
use crate::bits::{for_each_spike, get, set};
use crate::program::{EdgeKind, Pool, PoolOp, Shape, Window};

/// Rows or columns of a map under a window; taps outside the map are left out.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    /// The first tap that lies inside.
    pub(crate) first: usize,
    /// Its row or column.
    pub(crate) at: usize,
    /// Taps inside.
    pub(crate) count: usize,
    /// Distance of two taps.
    pub(crate) dilation: usize,
}

impl Taps {
    /// Under the window at output `at` along an axis (0: rows, 1: columns) of a map of `size`.
    #[inline]
    pub(crate) fn of(window: &Window, axis: usize, size: u32, at: usize) -> Self {
        let kernel = window.kernel[axis] as usize;
        let dilation = usize::from(window.dilation[axis]).max(1); // Program::new refuses 0
        let start = (at * window.stride[axis] as usize) as isize - window.padding[axis] as isize;
        let first = if start < 0 { start.unsigned_abs().div_ceil(dilation) } else { 0 };
        let inside = start + (first * dilation) as isize;
        let room = (size as isize - inside).max(0) as usize;
        let count = kernel.saturating_sub(first).min(room.div_ceil(dilation));
        Self { first, at: inside.max(0) as usize, count, dilation }
    }
}

/// The rows or columns, one after the other.
impl Iterator for Taps {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        self.count = self.count.checked_sub(1)?;
        let at = self.at;
        self.at += self.dilation;
        Some(at)
    }
}

impl Pool {
    /// Reduces a whole edge of shape `from`; `input` and `output` hold packed spikes or one word per element.
    pub(crate) fn run(&self, from: Shape, kind: EdgeKind, input: &[u32], output: &mut [u32]) {
        let to = self.output.shape;
        let channels = to.channels as usize;
        output.fill(0);
        let mut start = 0;
        for y in 0..to.height as usize {
            let rows = Taps::of(&self.window, 0, from.height, y);
            for x in 0..to.width as usize {
                let columns = Taps::of(&self.window, 1, from.width, x);
                // the first element of each position under the window
                let positions = rows
                    .clone()
                    .flat_map(|row| columns.clone().map(move |column| (row * from.width as usize + column) * channels));
                let spikes = matches!(kind, EdgeKind::Spikes);
                match (self.op, spikes, output.get_mut(start..).and_then(|rest| rest.get_mut(..channels))) {
                    (PoolOp::Max, true, _) => any(positions, channels, input, output, start),
                    (PoolOp::Sum, true, Some(counts)) => {
                        for position in positions {
                            for_each_spike(input, position, channels, |channel| {
                                if let Some(count) = counts.get_mut(channel) {
                                    *count += 1;
                                }
                            });
                        }
                    }
                    (PoolOp::Max, false, Some(highest)) => {
                        for (i, position) in positions.enumerate() {
                            for (highest, &value) in highest.iter_mut().zip(input.get(position..).unwrap_or_default()) {
                                if i == 0 || value as i32 > *highest as i32 {
                                    *highest = value;
                                }
                            }
                        }
                    }
                    (PoolOp::Sum, false, Some(sums)) => {
                        for position in positions {
                            for (sum, &value) in sums.iter_mut().zip(input.get(position..).unwrap_or_default()) {
                                *sum = sum.wrapping_add(value);
                            }
                        }
                    }
                    (_, _, None) => {} // the output has an element per channel and position
                }
                start += channels;
            }
        }
    }
}

/// Which channels spike at any of the positions, 32 channels at once.
fn any(
    positions: impl Iterator<Item = usize> + Clone,
    channels: usize,
    input: &[u32],
    output: &mut [u32],
    start: usize,
) {
    for first in (0..channels).step_by(32) {
        let count = (channels - first).min(32);
        let spikes = positions.clone().fold(0, |spikes, position| spikes | get(input, position + first, count));
        set(output, start + first, spikes);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn taps_outside_the_map_are_left_out() {
        let window = Window { kernel: [3, 3], stride: [1, 2], padding: [1, 2], dilation: [1, 2] };
        let taps = |axis, at| {
            let taps = Taps::of(&window, axis, 4, at);
            (taps.first, taps.collect::<std::vec::Vec<_>>())
        };
        assert_eq!(taps(0, 0), (1, std::vec![0, 1])); // starts one row above
        assert_eq!(taps(0, 3), (0, std::vec![2, 3])); // ends one row below
        assert_eq!(taps(1, 0), (1, std::vec![0, 2])); // columns -2, 0, 2
        assert_eq!(taps(1, 1), (0, std::vec![0, 2])); // columns 0, 2, 4
        assert_eq!(taps(1, 9), (0, std::vec![])); // all outside
    }
}
