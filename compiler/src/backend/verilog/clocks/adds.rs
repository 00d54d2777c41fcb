//! Adds that a layer makes: for each set element of its input, one for each output that it reaches.

use snnc_runtime::program::{Connection, Shape};

use crate::backend::verilog::plan::Own;
use crate::backend::verilog::size::Layer;

/// How many outputs an element of a layer's input reaches.
pub(super) struct Reach {
    from: Shape,
    /// Output rows that a row of the input reaches, columns, and channels.
    rows: Vec<u64>,
    columns: Vec<u64>,
    channels: u64,
}

impl Reach {
    pub(super) fn new(layer: &Layer<'_>) -> Self {
        let (connection, to) = (layer.planned.forward.connection, layer.planned.population.output.shape);
        Self::of(connection, layer.from, to, layer.reached() as u64)
    }

    fn of(connection: Connection, from: Shape, to: Shape, channels: u64) -> Self {
        let ones = |n: u32| vec![1; n as usize];
        let (rows, columns) = match connection {
            Connection::Conv2d(w) => {
                let axis = |axis: usize, len: u32, out: u32| {
                    let [kernel, stride, padding, dilation] =
                        [w.kernel, w.stride, w.padding, w.dilation].map(|pair| usize::from(pair[axis]));
                    let reached = |i: usize| {
                        let starts = (0..out as usize).map(|o| o * stride);
                        let offsets = starts.filter_map(move |start| (i + padding).checked_sub(start));
                        offsets.filter(|o| o.is_multiple_of(dilation) && o / dilation < kernel).count() as u64
                    };
                    (0..len as usize).map(reached).collect()
                };
                (axis(0, from.height, to.height), axis(1, from.width, to.width))
            }
            Connection::Dense | Connection::Identity => (ones(from.height), ones(from.width)),
        };
        Self { from, rows, columns, channels }
    }

    /// Adds of an input with these elements set on each digit plane.
    pub(super) fn adds(&self, planes: &[Vec<usize>]) -> u64 {
        let (width, channels) = (self.from.width as usize, self.from.channels as usize);
        let reached = |&i: &usize| self.rows[i / (width * channels)] * self.columns[i / channels % width];
        planes.iter().flatten().map(reached).sum::<u64>() * self.channels
    }
}

/// Adds of so many of a layer's own spikes.
pub(super) fn own_adds(own: &Own<'_>, outputs: usize, spikes: usize) -> u64 {
    match own.projection.connection {
        Connection::Identity => spikes as u64,
        Connection::Dense | Connection::Conv2d(_) => (spikes * outputs) as u64,
    }
}

#[cfg(test)]
mod tests {
    use snnc_runtime::program::{Projection, Synapses, Window};

    use super::*;

    #[test]
    fn an_element_reaches_the_windows_that_it_lies_in() {
        let window = Window { kernel: [3, 2], stride: [2, 1], padding: [1, 2], dilation: [2, 3] };
        let from = Shape { height: 6, width: 5, channels: 2 };
        let to = Shape { height: 2, width: 6, channels: 7 };
        let reach = Reach::of(Connection::Conv2d(window), from, to, 7);
        for i in 0..from.len() {
            let (y, x) = (i / 10, i / 2 % 5);
            let mut adds = 0;
            for (oy, ox, ky, kx) in itertools::iproduct!(0..2, 0..6, 0..3, 0..2) {
                adds += u64::from(oy * 2 + ky * 2 == y + 1 && ox + kx * 3 == x + 2) * 7;
            }
            assert_eq!(reach.adds(&[vec![i]]), adds, "element {i}");
        }
        let own = |connection| Own {
            projection: Projection { source: 1, delay: 1, connection, synapses: Synapses::Int8 { weights: &[1] } },
            shift: 0,
        };
        assert_eq!(own_adds(&own(Connection::Dense), 7, 3), 21);
        assert_eq!(own_adds(&own(Connection::Identity), 7, 3), 3);
        let dense = Reach::of(Connection::Dense, from, Shape::vector(7), 7);
        assert_eq!(dense.adds(&[vec![0, 3], vec![59]]), 21);
    }
}
