//! The contract: one integer-exact network, read by every backend.
//!
//! A network is a list of [`Step`]s over numbered edges. Edge 0 is the input, edge `i + 1` is what step `i` gives. An
//! edge carries a feature map in channels-last order: element `(y * width + x) * channels + c`.
//!
//! Invariants, checked by [`Program::new`]:
//! 1. Every length fits the shapes; every source exists, and one with delay 0 is an earlier edge.
//! 2. A step whose sources are all [`Rate::PerSample`] and undelayed and which has no neurons is [`Rate::PerSample`];
//!    no other is. (Behind a delay, even a constant begins with zeros.)
//! 3. Thresholds, reset amounts and values and biases of neurons fit 30 bits, and no product of the membrane update
//!    leaves `i32`: see [`Neuron::membrane_bits`].
//!
//! The compiler proves, and stores beside the weights, what would take a loop over them: see
//! [`Population::accumulator_bits`].

mod check;
mod neuron;
pub(crate) mod uses;

pub use check::ProgramError;
pub use neuron::{Leak, Mix, Neuron, Reset, ResetTiming, Staircase, Synaptic};
pub use uses::ALL;

/// A feature map, channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Channels; a vector of `n` is `1 x 1 x n`.
    pub channels: u32,
}

impl Shape {
    /// A vector of `n` elements.
    #[must_use]
    pub const fn vector(n: u32) -> Self {
        Self { height: 1, width: 1, channels: n }
    }

    /// Elements.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.height as usize * self.width as usize * self.channels as usize
    }

    /// Whether there is no element; [`Program::new`] refuses such an edge.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions: `height * width`.
    #[must_use]
    pub const fn positions(&self) -> usize {
        self.height as usize * self.width as usize
    }
}

/// What one edge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its feature map.
    pub shape: Shape,
    /// Type of an element.
    pub kind: EdgeKind,
    /// How often it changes.
    pub rate: Rate,
}

/// Type of an edge's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// 0 or 1; packed 32 to a word, first element in bit 0, no padding between rows, unused high bits zero.
    Spikes,
    /// `0..=max`.
    Counts {
        /// The highest count.
        max: u16,
    },
    /// Signed; what a population without neurons gives, and its pools.
    Currents {
        /// Width, two's complement, proven by the compiler; 2 to 32.
        bits: u8,
    },
    /// Input values; on edge 0 only.
    Values(ValueKind),
}

/// Type of an input value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// 0..=255.
    U8,
    /// -128..=127.
    I8,
    /// -32768..=32767.
    I16,
}

/// How often an edge changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Once a sample: computed at its first timestep and kept.
    PerSample,
    /// Every timestep.
    PerTimestep,
}

/// What turns edges into an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Neurons, or currents without neurons, fed by projections.
    Population(Population<'a>),
    /// Reduces windows of an edge.
    Pool(Pool),
}

impl Step<'_> {
    /// The edge it gives.
    #[must_use]
    pub const fn output(&self) -> &Edge {
        match self {
            Step::Population(population) => &population.output,
            Step::Pool(pool) => &pool.output,
        }
    }
}

/// A layer of neurons, or the currents of one.
///
/// Per timestep and element, with `sum` the exact integer sum over all projections:
/// `current = shift(sum) + bias[channel]`, where `shift(sum)` is `sum << n` for `current_shift` = n >= 0 and the
/// rounding `(sum + (1 << (n - 1))) >> n` for `current_shift` = -n. Without neurons that current is the output; with
/// neurons it goes to [`Neuron::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population<'a> {
    /// Its inputs, one or more.
    pub projections: &'a [Projection<'a>],
    /// Width of `sum`, two's complement, proven by the compiler from fan-in, weights and source range for *any* input;
    /// 2 to 32. Shifted and biased, the current of neurons fits 30 bits, that of an edge its [`EdgeKind::Currents`].
    pub accumulator_bits: u8,
    /// Power of two from `sum` to the output's LSB; -31 to 16.
    pub current_shift: i8,
    /// `[channels]`, in LSBs of the membrane (of the output where there are no neurons).
    pub bias: &'a [i32],
    /// What the current does; without it the current is the output.
    pub neuron: Option<Neuron<'a>>,
    /// What it gives: spikes with neurons (counts of them where there may be several), currents without.
    pub output: Edge,
}

impl Population<'_> {
    /// Brings an accumulator to the output's LSB: exact to the left, rounded half up to the right.
    #[inline]
    #[must_use]
    pub const fn shift(&self, sum: i32) -> i32 {
        match self.current_shift {
            0 => sum,
            n if n > 0 => sum.wrapping_shl(n as u32),
            // floor((sum + 2^(n-1)) / 2^n) without a wider sum: the bit below the LSB rounds
            n => (sum >> -n) + ((sum >> (-n - 1)) & 1),
        }
    }

    /// Whether it is fed one to one, by one projection alone whose weights are one number, and what that brings is not shifted
    /// down: each current is [`Self::multiplier`] times the element, and the bias.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        match self.projections {
            [Projection { delay: 0, connection: Connection::Identity, synapses: Synapses::Int8 { weights }, .. }] => {
                self.current_shift >= 0 && weights.windows(2).all(|pair| pair.first() == pair.last())
            }
            _ => false,
        }
    }

    /// What the elements of a population that [is uniform](Self::is_uniform) are multiplied by.
    #[inline]
    pub(crate) fn multiplier(&self) -> u32 {
        match self.projections {
            [Projection { synapses: Synapses::Int8 { weights: [weight, ..] }, .. }] => {
                self.shift((*weight).into()) as u32
            }
            _ => 0,
        }
    }
}

/// One input of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection<'a> {
    /// The edge it reads.
    pub source: u16,
    /// Timesteps between giving and taking; an edge is zero before the first timestep. 0 to 255.
    pub delay: u8,
    /// Which input reaches which output.
    pub connection: Connection,
    /// Its weights.
    pub synapses: Synapses<'a>,
}

/// Which input reaches which output, through which row of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// All to all: row `i` of the synapses belongs to input `i` and has one weight per output element.
    Dense,
    /// Convolution: row `(ky * kernel[1] + kx) * channels_in + ci` has one weight per output channel. Zero padding.
    Conv2d(Window),
    /// One to one: input `i` reaches output `i`, through row 0, which has one weight per channel.
    Identity,
}

/// A sliding window over a feature map, each pair `[vertical, horizontal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Size, 1 or more.
    pub kernel: [u16; 2],
    /// Step, 1 or more.
    pub stride: [u16; 2],
    /// Rows above and columns to the left of the map. (What lies below and to the right follows from the output.)
    pub padding: [u16; 2],
    /// Distance of neighbouring taps, 1 or more.
    pub dilation: [u16; 2],
}

impl Window {
    /// Taps of the kernel.
    #[must_use]
    pub const fn taps(&self) -> usize {
        self.kernel[0] as usize * self.kernel[1] as usize
    }
}

/// The weights of a projection: rows of one weight per output channel (of [`Connection::Dense`]: per output element).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synapses<'a> {
    /// See [`crate::synapse::int8`].
    Int8 {
        /// `[rows, width of a row]`.
        weights: &'a [i8],
    },
    /// -1 or +1; see [`crate::synapse::binary`].
    Binary {
        /// `[rows, ceil(width of a row / 32)]`; each row starts a new word, first weight in bit 0, 1 for +1.
        signs: &'a [u32],
    },
    /// Integers `q` of a few bits in two's complement, or the odd numbers `2 q + 1`; see [`crate::synapse::planes`].
    Planes {
        /// Bits of `q`: 2 to 8, of odd numbers 1 to 8.
        bits: u8,
        /// Whether a weight is `2 q + 1` (QP-SNN's grid, which has no zero).
        odd: bool,
        /// `[rows, ceil(bits * width of a row / 32)]`; each row starts a new word and has plane after plane, each one bit
        /// per weight, the weights' lowest bits first.
        planes: &'a [u32],
    },
    /// Integers `q` of four bits, -8 to 7, or the odd numbers `2 q + 1`; see [`crate::synapse::nibbles`].
    Nibbles {
        /// Whether a weight is `2 q + 1`.
        odd: bool,
        /// `[rows, ceil(width of a row / 8)]`, of each weight `q + 8`; each row starts a new word, first weight in its
        /// lowest bits.
        nibbles: &'a [u32],
    },
    /// -1 or +1, the kernel between two channels one of a few codewords; only of [`Connection::Conv2d`] with at most 32
    /// taps. See [`crate::synapse::codebook`].
    Codebook {
        /// Bits of an index, 1 to 6.
        index_bits: u8,
        /// `[2^index_bits]`, of each codeword tap `t` (row-major) in bit `t`, 1 for +1.
        codewords: &'a [u32],
        /// `[channels in, ceil(channels out * index_bits / 32)]`: indices of codewords, lowest bit first, one behind
        /// the other across words; each input channel starts a new word.
        indices: &'a [u32],
    },
    /// -1 or +1, every 32 outputs of a row one of a few codewords; only of [`Connection::Dense`]. See
    /// [`crate::synapse::codewords`].
    Codewords {
        /// `[256]`, of each the signs as of [`Synapses::Binary`]. The first is 0.
        codewords: &'a [u32],
        /// `[rows, ceil(width of a row / 32)]`: which codeword.
        indices: &'a [u8],
    },
    /// The weights that are not zero, row by row; see [`crate::synapse::sparse`].
    Sparse {
        /// `[rows + 1]`: row `r` has the entries `starts[r]..starts[r + 1]`. Or none: row `r` has entry `r` alone.
        starts: &'a [u32],
        /// Of each entry, the output; ascending within a row.
        columns: &'a [u16],
        /// Of each entry, the weight.
        weights: &'a [i8],
    },
}

/// Reduces windows of an edge, channel by channel; what lies outside the map is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The edge it reads: spikes, counts or currents.
    pub source: u16,
    /// How a window becomes one element.
    pub op: PoolOp,
    /// The window.
    pub window: Window,
    /// What it gives. A maximum keeps the source's kind; a sum of spikes or counts is counts, of currents currents.
    pub output: Edge,
}

/// How a window becomes one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolOp {
    /// The largest element (of spikes: OR).
    Max,
    /// The sum (an average's divisor is folded into the thresholds behind it).
    Sum,
}

/// How the last timesteps of a sample become one score per element of an edge.
///
/// The prediction is the index of the highest score, ties to the lowest index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readout {
    /// The edge it looks at; a population's output.
    pub source: u16,
    /// What of that population.
    pub quantity: Quantity,
    /// How the timesteps are reduced.
    pub reduce: Reduce,
}

/// What a readout looks at each timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Spikes, 0 or 1, or their count.
    Spikes,
    /// The stored membrane potential after the timestep (after an immediate reset, before a delayed one).
    Membrane,
    /// The current of a population without neurons.
    Current,
}

/// How a readout reduces the timesteps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Sum over the sample (of spikes: their count; a mean has the same order).
    Sum,
    /// The last timestep's.
    Last,
    /// The largest.
    Max,
    /// `timesteps - t` of the first timestep `t` with a positive quantity, 0 if there is none.
    First,
}

/// A whole network whose parts are known to fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    input: Edge,
    steps: &'a [Step<'a>],
    readout: Readout,
    timesteps: u32,
    /// Parts of the runtime that it uses.
    uses: u64,
    /// Words of memory that it needs.
    arena_words: usize,
}

impl<'a> Program<'a> {
    /// The input edge, edge 0.
    #[must_use]
    pub const fn input(&self) -> &Edge {
        &self.input
    }

    /// The steps, in execution order; step `i` gives edge `i + 1`.
    #[must_use]
    pub const fn steps(&self) -> &'a [Step<'a>] {
        self.steps
    }

    /// How the output becomes scores.
    #[must_use]
    pub const fn readout(&self) -> &Readout {
        &self.readout
    }

    /// Timesteps of a sample.
    #[must_use]
    pub const fn timesteps(&self) -> u32 {
        self.timesteps
    }

    /// The parts of the runtime that it uses, for [`crate::run::Runner::with_uses`].
    #[must_use]
    pub const fn uses(&self) -> u64 {
        self.uses
    }

    /// Words of 32 bits that it needs to run.
    #[must_use]
    pub const fn arena_words(&self) -> usize {
        self.arena_words
    }

    /// Edge `index`: 0 is the input, `i + 1` the output of step `i`.
    #[must_use]
    pub const fn edge(&self, index: usize) -> &Edge {
        edge(&self.input, self.steps, index)
    }
}

/// Edge `index` of a network.
const fn edge<'e>(input: &'e Edge, steps: &'e [Step<'e>], index: usize) -> &'e Edge {
    if index == 0 { input } else { steps[index - 1].output() }
}

/// Timesteps of a sample beyond which a network is refused.
pub const MAX_TIMESTEPS: u32 = 1 << 16;

/// Widest index into a codebook.
pub const MAX_INDEX_BITS: u8 = 6;

/// Words of 32 bits that hold `bits` bits.
#[must_use]
pub const fn words(bits: usize) -> usize {
    bits.div_ceil(32)
}
