//! How a layer makes its sums: from an active input per clock, or from a whole column of its window.

use snnc_runtime::program::{Connection, Projection, Shape};

/// What a layer takes in a clock, and what its lanes make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// An active input, of which every lane has a weight.
    Gather,
    /// All inputs of a column, of which every lane has the signs (`snn_popcount`).
    Popcount,
    /// A tap of the kernel, for every channel of a word (`snn_depthwise`).
    Depthwise {
        /// Outputs of a channel.
        multiple: usize,
    },
}

impl Sums {
    /// Whether a whole column of a chunk is taken at once (`snn_columns`).
    pub fn takes_columns(self) -> bool {
        self != Self::Gather
    }

    /// Name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gather => "gather",
            Self::Popcount => "popcount",
            Self::Depthwise { .. } => "depthwise",
        }
    }
}

/// Outputs of each input channel of a convolution in which a channel reaches its own outputs only, those of the first
/// channel first. A program has no groups: such a convolution is one whose other weights are zero.
pub(super) fn multiple(projection: &Projection<'_>, from: Shape, channels: usize) -> Option<usize> {
    let Connection::Conv2d(window) = projection.connection else { return None };
    let inputs = from.channels as usize;
    if inputs < 2 || !channels.is_multiple_of(inputs) {
        return None;
    }
    let multiple = channels / inputs;
    let rows = usize::from(window.kernel[0]) * usize::from(window.kernel[1]) * inputs;
    let alone = |row: usize| {
        let others = (0..channels).filter(|out| out / multiple != row % inputs);
        others.into_iter().all(|out| projection.synapses.weight(channels, row, out) == 0)
    };
    (0..rows).all(alone).then_some(multiple)
}

/// Channels of a word of a depthwise convolution's window: as many as divide all of them, at most `most`, behind a producer
/// of `group` of them per clock, or behind the input stream.
pub(super) fn word(channels: usize, group: Option<usize>, most: usize) -> Option<usize> {
    let fits = |n: &usize| {
        // the input stream's index is cut between its bits
        let whole = group.map_or(n.is_power_of_two() || *n == channels, |group| n.is_multiple_of(group));
        channels.is_multiple_of(*n) && whole
    };
    (1..=channels.min(most)).rev().find(fits)
}

#[cfg(test)]
mod tests {
    use snnc_runtime::program::{Synapses, Window};

    use super::*;

    #[test]
    fn a_convolution_without_weights_between_channels_is_depthwise() {
        let window = Window { kernel: [1, 2], stride: [1; 2], padding: [0; 2], dilation: [1; 2] };
        let of = |weights, connection, inputs, channels| {
            let projection = Projection { source: 0, delay: 0, connection, synapses: Synapses::Int8 { weights } };
            multiple(&projection, Shape { height: 1, width: 2, channels: inputs }, channels)
        };
        let conv = Connection::Conv2d(window);
        // rows: (tap, channel)
        assert_eq!(of(&[1, 2, 0, 0, 0, 0, 3, 4, 5, 0, 0, 0, 0, 0, 0, 6], conv, 2, 4), Some(2));
        assert_eq!(of(&[1, 2, 0, 0, 0, 0, 3, 4, 5, 0, 1, 0, 0, 0, 0, 6], conv, 2, 4), None);
        assert_eq!(of(&[1, 0, 0, 1, 1, 0, 0, 1], conv, 2, 2), Some(1));
        assert_eq!(of(&[1, 0, 0, 1, 1, 0, 0, 1], Connection::Dense, 2, 2), None);
        assert_eq!(of(&[1, 2], conv, 1, 1), None, "one channel is none beside another");
    }

    #[test]
    fn a_word_holds_whole_groups_and_divides_the_channels() {
        assert_eq!(word(24, Some(8), 64), Some(24));
        assert_eq!(word(24, Some(8), 16), Some(8));
        assert_eq!(word(24, Some(4), 16), Some(12));
        assert_eq!(word(24, Some(8), 7), None);
        assert_eq!(word(24, None, 16), Some(8));
        assert_eq!(word(24, None, 24), Some(24));
        assert_eq!(word(7, None, 4), Some(1));
    }
}
