//! What is known of a step's neurons before they run: found out once, when a network is started, and kept in a word of its
//! arena, so that no timestep has to look again.
use crate::neuron::range;
use crate::program::uses::{
    IDENTITY, LARGE, PACKED, SPECIAL, STATELESS, SUBTRACT, TIMED, UNPACKED, WORDS, are_halfwords, has,
};
use crate::program::{Neuron, Population, Reset, Step};

/// Answers about the neurons of a step; all no where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(u32);

impl Known {
    const TIMED: u32 = 1 << 0;
    const SPECIAL: u32 = 1 << 1;
    const STATELESS: u32 = 1 << 2;
    const PACKED: u32 = 1 << 3;
    const HALFWORDS: u32 = 1 << 4;
    const ALIKE: u32 = 1 << 5;
    const NEURONS: u32 = 1 << 6;
    const LANDS: u32 = 1 << 7;
    const UNIFORM: u32 = 1 << 8;

    /// Nothing is known.
    pub(crate) const NOTHING: Self = Self(0);

    /// Looks at the neurons of a step, and at every number of their tables.
    pub(crate) fn of<const USES: u64>(step: &Step<'_>) -> Self {
        let Step::Population(population @ Population { neuron: Some(neuron), output, .. }) = step else {
            return Self(0);
        };
        let resets = match neuron.reset {
            Reset::None => &[],
            Reset::ToValue(table) | Reset::Subtract(table) => table,
        };
        let subtracts = |membranes| has(USES, SUBTRACT | membranes);
        let channels = output.shape.channels as usize;
        let answers = [
            (true, Self::NEURONS),
            (has(USES, TIMED) && neuron.is_timed(channels), Self::TIMED),
            (has(USES, SPECIAL) && neuron.is_special(), Self::SPECIAL),
            (has(USES, STATELESS) && neuron.is_stateless(), Self::STATELESS),
            (has(USES, PACKED) && neuron.is_packed(output.shape), Self::PACKED),
            (!has(USES, LARGE) || are_halfwords(neuron.threshold) && are_halfwords(resets), Self::HALFWORDS),
            (subtracts(PACKED) && are_alike(neuron.threshold) && are_alike(resets), Self::ALIKE),
            (subtracts(UNPACKED) && neuron.threshold.len() == channels && lands(neuron, resets), Self::LANDS),
            (has(USES, IDENTITY | WORDS) && population.is_uniform(), Self::UNIFORM),
        ];
        Self(answers.iter().fold(0, |word, &(yes, bit)| if yes { word | bit } else { word }))
    }

    /// From [`Self::bits`].
    #[inline]
    pub(crate) const fn new(bits: u32) -> Self {
        Self(bits)
    }

    /// As they are kept.
    #[inline]
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// Whether something of them is of one timestep ([`crate::program::Neuron::is_timed`]).
    #[inline]
    pub(crate) const fn timed(self) -> bool {
        self.0 & Self::TIMED != 0
    }

    /// Whether they are stepped by [`super::special`].
    #[inline]
    pub(crate) const fn special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    /// Whether they keep no membrane.
    #[inline]
    pub(crate) const fn stateless(self) -> bool {
        self.0 & Self::STATELESS != 0
    }

    /// Words of their membranes, if they are `elements` neurons.
    #[inline]
    pub(crate) const fn membrane_words(self, elements: usize) -> usize {
        match self.0 & (Self::NEURONS | Self::STATELESS | Self::PACKED) {
            Self::NEURONS => elements,
            bits if bits == Self::NEURONS | Self::PACKED => elements.div_ceil(2),
            _ => 0,
        }
    }

    /// Whether their membranes are stored two to a word.
    #[inline]
    pub(crate) const fn packed(self) -> bool {
        self.0 & Self::PACKED != 0
    }

    /// Whether they are fed one to one, all by one number ([`Population::is_uniform`]).
    #[inline]
    pub(crate) const fn uniform(self) -> bool {
        self.0 & Self::UNIFORM != 0
    }

    /// Whether thresholds and resets have 16 bits.
    #[cfg(snnc_dsp)]
    #[inline]
    pub(crate) const fn halfwords(self) -> bool {
        self.0 & Self::HALFWORDS != 0
    }

    /// Whether a spike's amount takes no membrane out of its range, if a spike subtracts one.
    #[cfg(snnc_dsp)]
    #[inline]
    pub(crate) const fn lands(self) -> bool {
        self.0 & Self::LANDS != 0
    }

    /// Whether all channels have the same threshold and the same reset.
    #[cfg(snnc_dsp)]
    #[inline]
    pub(crate) const fn alike(self) -> bool {
        self.0 & Self::ALIKE != 0
    }
}

/// Whether all numbers are one.
fn are_alike(table: &[i32]) -> bool {
    table.windows(2).all(|pair| pair.first() == pair.last())
}

/// Whether what fires is still in the membrane's range less its amount: it is at its threshold or above, and at the highest
/// membrane or below.
fn lands(neuron: &Neuron<'_>, amounts: &[i32]) -> bool {
    let (min, _) = range(neuron.membrane_bits);
    neuron
        .threshold
        .iter()
        .zip(amounts)
        .all(|(threshold, &amount)| amount >= 0 && threshold.wrapping_sub(amount) >= min)
}
