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
pub(crate) mod uses;

pub use check::ProgramError;
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
}

/// The neurons of a population; the rules are in [`crate::neuron`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neuron<'a> {
    /// Filters between the current and the membrane, at most 2; without any the membrane takes the current itself.
    pub synaptic: &'a [Synaptic<'a>],
    /// Instead of them, what the current is mixed with: those of the timesteps before.
    pub mix: Option<Mix<'a>>,
    /// Decay of the membrane potential per timestep.
    pub leak: Leak<'a>,
    /// `[channels]`, or `[timesteps, channels]` where every timestep has its own, in membrane LSBs; fires at
    /// `v >= threshold`. Its own only where a reset acts at once or never, and without inhibition: what fired in the
    /// timestep before is not looked at again.
    pub threshold: &'a [i32],
    /// What a spike does to the membrane potential.
    pub reset: Reset<'a>,
    /// When it does so.
    pub reset_timing: ResetTiming,
    /// Width of the stored membrane potential, two's complement, 2 to 30. With a multiplied leak the shift and the
    /// membrane's bits together are at most 31, so that the product fits `i32`.
    pub membrane_bits: u8,
    /// Most spikes of a neuron in one timestep, 1 or more. Above 1 the output is [`EdgeKind::Counts`] of as many, every
    /// threshold is 1 or more, and a reset acts at once ([`ResetTiming::Immediate`]); all spikes' amounts together fit
    /// 30 bits.
    pub max_spikes: u16,
    /// `[channels]`, in membrane LSBs: no lower potential is stored. Within the membrane's range, and only where a reset
    /// acts at once.
    pub floor: Option<&'a [i32]>,
    /// What is stored of a membrane potential after its reset: one of a few levels. Only where a reset acts at once,
    /// without a floor and without inhibition, and where a membrane is kept.
    pub stored: Option<Staircase<'a>>,
    /// Whether only the neuron that is highest above its threshold may fire, ties to the lowest index; every neuron at
    /// its threshold resets all the same. Only for vectors whose neurons fire once and reset late or never.
    pub inhibition: bool,
}

impl<'a> Neuron<'a> {
    /// Whether something of the neurons of `channels` channels is of one timestep.
    #[inline]
    #[must_use]
    pub const fn is_timed(&self, channels: usize) -> bool {
        self.threshold.len() != channels || self.mix.is_some()
    }

    /// The neurons of `channels` channels as they are at `timestep`, with the thresholds of that timestep and the row of
    /// the mix up to it.
    #[inline]
    #[must_use]
    pub const fn at(&self, timestep: u32, channels: usize) -> Self {
        let mut neuron = *self;
        if self.threshold.len() > channels {
            let (_, from) = self.threshold.split_at(first(self.threshold.len(), timestep as usize * channels));
            let (row, _) = from.split_at(first(from.len(), channels));
            neuron.threshold = row;
        }
        if let Some(mix) = self.mix {
            let (_, from) = mix.weights.split_at(first(mix.weights.len(), timestep as usize * mix.timesteps as usize));
            let (row, _) = from.split_at(first(from.len(), timestep as usize + 1));
            neuron.mix = Some(Mix { weights: row, ..mix });
        }
        neuron
    }

    /// Bits of what is kept of a membrane: its width, those of the number of a level, or none.
    #[must_use]
    pub const fn stored_bits(&self) -> u8 {
        match self.stored {
            _ if self.is_stateless() => 0,
            Some(stored) => (u8::BITS - stored.steps.leading_zeros()) as u8,
            None => self.membrane_bits,
        }
    }

    /// Bits that are kept of a neuron from one timestep to the next: of its membrane, its synaptic currents, or the
    /// currents that it mixes.
    #[must_use]
    pub const fn state_bits(&self) -> u32 {
        let mut bits = self.stored_bits() as u32;
        let mut filter = 0;
        while filter < self.synaptic.len() {
            bits += self.synaptic[filter].bits as u32;
            filter += 1;
        }
        match self.mix {
            Some(mix) => bits + 32 * mix.timesteps as u32,
            None => bits,
        }
    }

    /// Whether something acts on them that most neurons do not have: see `run::special`.
    #[inline]
    #[must_use]
    pub const fn is_special(&self) -> bool {
        let several = self.max_spikes != 1 || self.inhibition;
        let filtered = self.mix.is_some() || !self.synaptic.is_empty();
        several || filtered || self.floor.is_some() || self.stored.is_some()
    }

    /// Whether the membranes of a population of this shape are stored two to a word, the first in the lower half: those of
    /// 16 bits or fewer on which only leak, threshold and reset act.
    #[inline]
    #[must_use]
    pub const fn is_packed(&self, shape: Shape) -> bool {
        let leaks = matches!(self.leak, Leak::None | Leak::Shift(_) | Leak::Multiply { .. });
        let resets = matches!(self.reset_timing, ResetTiming::Immediate | ResetTiming::Delayed);
        let pairs = shape.positions() == 1 || shape.channels.is_multiple_of(2);
        self.membrane_bits <= 16 && leaks && resets && pairs && !self.is_special()
    }

    /// Whether nothing is left of a membrane from one timestep to the next.
    #[inline]
    #[must_use]
    pub const fn is_stateless(&self) -> bool {
        matches!(self.leak, Leak::All)
    }
}

/// The smaller of both: [`Program::new`] sees to it that it is `at`, and this keeps a panic out of the machine code.
const fn first(len: usize, at: usize) -> usize {
    if at < len { at } else { len }
}

impl Neuron<'_> {
    /// Integrate-and-fire without channels: what a neuron is where nothing else is said.
    pub const BARE: Self = Self {
        synaptic: &[],
        mix: None,
        leak: Leak::None,
        threshold: &[],
        reset: Reset::None,
        reset_timing: ResetTiming::Immediate,
        membrane_bits: 30,
        max_spikes: 1,
        floor: None,
        stored: None,
        inhibition: false,
    };
}

/// Currents of a whole sample in place of each timestep's: `sum over k <= t of weights[t][k] * current[k]`, in membrane
/// LSBs. The currents of every timestep are kept. The compiler proves that every such sum fits 30 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix<'a> {
    /// `[timesteps, timesteps]`; what is above the diagonal is not looked at.
    pub weights: &'a [i8],
    /// Timesteps of a sample, at most 255.
    pub timesteps: u8,
}

/// Levels in place of membrane potentials, one table for all channels or one each: `levels[number of thresholds <= v]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staircase<'a> {
    /// `[1 or channels, steps]`, each row ascending, in membrane LSBs; 1 to 254 steps.
    pub thresholds: &'a [i32],
    /// `[1 or channels, steps + 1]`, each row ascending, within the membrane's range.
    pub levels: &'a [i32],
    /// Thresholds of a row.
    pub steps: u8,
}

/// A current that decays by itself, in membrane LSBs: one more state per neuron, of which the membrane takes the whole
/// or its negative. (A gain is a factor on the weights: it folds into the value of a membrane LSB.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synaptic<'a> {
    /// Decay per timestep.
    pub leak: Leak<'a>,
    /// Width of the state, two's complement, 2 to 29; beside a multiplied leak as [`Neuron::membrane_bits`].
    pub bits: u8,
    /// Whether the membrane takes its negative (the second filter of an alpha function).
    pub negative: bool,
}

/// How far a membrane potential (or a synaptic current) decays in one timestep. Shifts round towards minus infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak<'a> {
    /// Integrate-and-fire: nothing leaks.
    None,
    /// Everything: a membrane is its current, and none is kept. Only of membranes, without a reset or a floor (neither
    /// would be seen), and not where membranes are read out.
    All,
    /// `v - (v >> n)`, n 1 to 30.
    Shift(u8),
    /// `(v * factor) >> shift`, `0 <= factor < 1 << shift`, shift 1 to 16.
    Multiply {
        /// Numerator of the decay.
        factor: u16,
        /// Binary logarithm of its denominator.
        shift: u8,
    },
    /// `(v * factors[channel]) >> shift`, `0 <= factor <= 1 << shift`, shift 1 to 15.
    MultiplyEach {
        /// `[channels]`, numerators of the decays.
        factors: &'a [u16],
        /// Binary logarithm of their denominator.
        shift: u8,
    },
}

/// What a spike does to the membrane potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset<'a> {
    /// Nothing.
    None,
    /// `v = value[channel]`: hard reset, `[channels]`, in membrane LSBs.
    ToValue(&'a [i32]),
    /// `v = v - amount[channel]`: soft reset, `[channels]`, in membrane LSBs.
    Subtract(&'a [i32]),
}

/// When a spike resets the membrane potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetTiming {
    /// In the timestep of the spike.
    Immediate,
    /// With the next timestep's input (snnTorch).
    Delayed,
    /// As [`ResetTiming::Delayed`], but the value takes the place of what leak and input give, which is lost. Only with
    /// [`Reset::ToValue`].
    Overriding,
    /// As [`ResetTiming::Overriding`], and the synaptic currents of that timestep become 0, its input lost as well. Only
    /// with synaptic currents.
    Clearing,
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
    /// The weights that are not zero, row by row; see [`crate::synapse::sparse`].
    Sparse {
        /// `[rows + 1]`: row `r` has the entries `starts[r]..starts[r + 1]`.
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
