//! How a layer makes its sums: from an active input per clock, or from a whole column of its window.

use snnc_runtime::program::{Connection, Projection, Shape, Synapses};

use super::pace::largest_divisor;
use super::window::{Width, WindowSize};

/// A window is expected to have one active tap in this many; only the number of neurons per clock follows from it.
const TAPS_PER_ACTIVE: usize = 40;

/// What a layer takes in a clock, and what its lanes make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// An active input, of which every lane has a weight.
    Gather,
    /// All inputs of a column, of which every lane has the signs (`snn_popcount`).
    Popcount,
    /// A tap of the kernel, for every channel of a word.
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

    /// Rows of weights of a window that is read so many times.
    pub(super) fn rows(self, window: &WindowSize, lane_groups: usize) -> usize {
        let [height, width] = window.kernel;
        let of_group = match self {
            Self::Gather => height * window.all_chunks() * window.bits(),
            Self::Popcount => height * window.chunks * width,
            Self::Depthwise { .. } => height * width, // each group of lanes has a word of its own
        };
        lane_groups * of_group
    }

    /// Clocks that a sum over so many inputs is expected to take.
    pub(super) fn expected_clocks(self, inputs: usize, slots: usize, copies: usize, chunk: usize) -> usize {
        match self {
            Self::Gather => inputs / slots / copies / TAPS_PER_ACTIVE,
            Self::Popcount => inputs / chunk,
            Self::Depthwise { .. } => 1, // of many a tap, one is not silent
        }
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

/// What decides how a layer's sums are made.
pub(super) struct Choice {
    /// Binary weights are counted.
    pub counts: bool,
    /// Its lanes share the codewords' responses.
    pub codebook: bool,
    /// Elements per clock of the layer before; `None`: the input stream.
    pub group: Option<usize>,
    /// Bits that are looked at at once, at most.
    pub chunk: usize,
    /// Lanes, at most.
    pub lanes: usize,
}

/// How a layer's sums are made.
pub(super) struct Taken {
    /// What is taken in a clock.
    pub sums: Sums,
    /// Accumulators.
    pub lanes: usize,
    /// Bits of its window that are looked at at once.
    pub width: Width,
    /// Whether the rows of its window are read one by one.
    pub apart: bool,
}

impl Choice {
    /// How the sums of so many `channels` are made of a map `from`.
    pub(super) fn taken(&self, projection: &Projection<'_>, from: Shape, channels: usize) -> Taken {
        let multiple = multiple(projection, from, channels).filter(|_| !self.codebook);
        let depthwise = multiple.and_then(|multiple| {
            let most = self.chunk.min(self.lanes / multiple);
            Some((multiple, word(from.channels as usize, self.group, most)?))
        });
        if let Some((multiple, word)) = depthwise {
            let (sums, lanes) = (Sums::Depthwise { multiple }, multiple * word);
            return Taken { sums, lanes, width: Width::Column(word), apart: true };
        }
        let lanes = largest_divisor(channels, self.lanes);
        match self.counts {
            true => Taken { sums: Sums::Popcount, lanes, width: Width::Column(self.chunk), apart: false },
            false => Taken { sums: Sums::Gather, lanes, width: Width::Row(self.chunk), apart: self.codebook },
        }
    }
}

/// Outputs of each input channel of a convolution in which a channel reaches its own outputs only, those of the first
/// channel first. A program has no groups: such a convolution is one whose other weights are zero.
fn multiple(projection: &Projection<'_>, from: Shape, channels: usize) -> Option<usize> {
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

/// Bits of an index and the codewords of a layer whose lanes share the codewords' responses: to spikes, in kernels without
/// holes. (Elsewhere each weight is a sign.)
pub(super) fn codebook<'p>(projection: &Projection<'p>, planes: usize) -> Option<(usize, &'p [u32])> {
    match (projection.synapses, projection.connection) {
        (Synapses::Codebook { index_bits, codewords, .. }, Connection::Conv2d(window))
            if planes == 1 && window.dilation == [1, 1] =>
        {
            Some((index_bits.into(), codewords))
        }
        _ => None,
    }
}

/// Channels of a word of a depthwise convolution's window: as many as divide all of them, at most `most`, behind a producer
/// of `group` of them per clock, or behind the input stream.
fn word(channels: usize, group: Option<usize>, most: usize) -> Option<usize> {
    let fits = |n: &usize| {
        // the input stream's index is cut between its bits
        let whole = group.map_or(n.is_power_of_two() || *n == channels, |group| n.is_multiple_of(group));
        channels.is_multiple_of(*n) && whole
    };
    (1..=channels.min(most)).rev().find(fits)
}

#[cfg(test)]
mod tests {
    use snnc_runtime::program::Window;

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
