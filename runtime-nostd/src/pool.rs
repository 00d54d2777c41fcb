//! Pools: a window of an edge becomes one element, channel by channel.
use crate::bits::{for_each_spike, get, set};
use crate::elements;
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
        // a core without a divider takes long for what is mostly a division by 1
        let steps = |distance: usize| if dilation == 1 { distance } else { distance.div_ceil(dilation) };
        let first = if start < 0 { steps(start.unsigned_abs()) } else { 0 };
        let inside = start + (first * dilation) as isize;
        let room = (size as isize - inside).max(0) as usize;
        let count = kernel.saturating_sub(first).min(steps(room));
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

/// The window over one output position.
struct Under {
    rows: Taps,
    columns: Taps,
    /// Columns of the map, and channels of a position.
    width: usize,
    channels: usize,
}

impl Under {
    /// Calls `f` with the first element of each position.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize)) {
        for row in self.rows.clone() {
            for column in self.columns.clone() {
                f((row * self.width + column) * self.channels);
            }
        }
    }
}

impl Pool {
    /// Reduces a whole edge of shape `from`; `input` and `output` hold packed spikes or one word per element.
    pub(crate) fn run(&self, from: Shape, kind: EdgeKind, input: &[u32], output: &mut [u32]) {
        let to = self.output.shape;
        let (width, channels) = (from.width as usize, to.channels as usize);
        output.fill(0);
        let mut start = 0;
        for y in 0..to.height as usize {
            let rows = Taps::of(&self.window, 0, from.height, y);
            for x in 0..to.width as usize {
                let columns = Taps::of(&self.window, 1, from.width, x);
                let under = Under { rows: rows.clone(), columns, width, channels };
                let spikes = matches!(kind, EdgeKind::Spikes);
                match (self.op, spikes, output.get_mut(start..).and_then(|rest| rest.get_mut(..channels))) {
                    (PoolOp::Max, true, _) => any(&under, input, output, start),
                    (PoolOp::Sum, true, Some(counts)) => under.each(|position| {
                        for_each_spike(input, position, channels, |channel| {
                            if let Some(count) = counts.get_mut(channel) {
                                *count += 1;
                            }
                        });
                    }),
                    (op, false, Some(pooled)) => {
                        let mut first = true;
                        under.each(|position| {
                            reduce(op, first, pooled, input.get(position..).unwrap_or_default());
                            first = false;
                        });
                    }
                    (_, _, None) => {} // the output has an element per channel and position
                }
                start += channels;
            }
        }
    }
}

/// Takes the values of one more position of a window, the `first` or another, each into its channel.
#[inline]
pub(crate) fn reduce(op: PoolOp, first: bool, pooled: &mut [u32], values: &[u32]) {
    match op {
        _ if first => elements::copy(values, pooled),
        PoolOp::Max => elements::raise(pooled, values),
        PoolOp::Sum => elements::add(pooled, values),
    }
}

/// Which channels spike at any of the positions, 32 channels at once.
fn any(under: &Under, input: &[u32], output: &mut [u32], start: usize) {
    for first in (0..under.channels).step_by(32) {
        let count = (under.channels - first).min(32);
        let mut spikes = 0;
        under.each(|position| spikes |= get(input, position + first, count));
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
