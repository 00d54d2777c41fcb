//! The neurons of the contract.
use super::Shape;

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
    /// Most spikes of a neuron in one timestep, 1 or more. Above 1 the output is [`EdgeKind::Counts`](super::EdgeKind::Counts) of as many, every
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

/// The smaller of both: [`Program::new`](super::Program::new) sees to it that it is `at`, and this keeps a panic out of the machine code.
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
