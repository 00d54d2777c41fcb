//! Grids: which integers a layer's weights stand for, and how they are stored.

/// What integers a layer's weights stand for: `weight = scale[channel] * integer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// How the integers are stored.
    pub encoding: WeightEncoding,
    /// Value of one LSB per output channel, `[fan_out]`, above 0.
    pub scale: Vec<f32>,
}

/// How weights are stored; the same meaning on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightEncoding {
    /// Two's complement of `bits` bits, 2 to 8.
    Int {
        /// Bits of an integer.
        bits: u8,
    },
    /// -1, 0 or +1, two bits.
    Ternary,
    /// -1 or +1, one bit.
    Binary,
    /// The odd numbers `2 q + 1` with `q` of `bits` bits in two's complement, 2 to 8 (QP-SNN: Wei et al. 2025, eq. 9, 10).
    Odd {
        /// Bits of `q`.
        bits: u8,
    },
    /// -1 or +1. Of a convolution, each kernel of two channels one of `2^index_bits` codewords, 1 to 6 (S2NN: Wei et al. 2025),
    /// without groups and with at most 32 taps. Of a fully connected layer, every 32 outputs of an input one of 256
    /// ([`WeightEncoding::CODEWORDS`]).
    Codebook {
        /// Bits of an index.
        index_bits: u8,
    },
}

impl WeightEncoding {
    /// Eight bits, two's complement.
    pub const INT8: Self = Self::Int { bits: 8 };

    /// A byte for every 32 outputs of an input of a fully connected layer.
    pub const CODEWORDS: Self = Self::Codebook { index_bits: 8 };

    /// Every encoding, with its name in reports and files.
    pub const ALL: &[(&str, Self)] = &[
        ("int8", Self::Int { bits: 8 }),
        ("int7", Self::Int { bits: 7 }),
        ("int6", Self::Int { bits: 6 }),
        ("int5", Self::Int { bits: 5 }),
        ("int4", Self::Int { bits: 4 }),
        ("int3", Self::Int { bits: 3 }),
        ("int2", Self::Int { bits: 2 }),
        ("ternary", Self::Ternary),
        ("binary", Self::Binary),
        ("odd8", Self::Odd { bits: 8 }),
        ("odd7", Self::Odd { bits: 7 }),
        ("odd6", Self::Odd { bits: 6 }),
        ("odd5", Self::Odd { bits: 5 }),
        ("odd4", Self::Odd { bits: 4 }),
        ("odd3", Self::Odd { bits: 3 }),
        ("odd2", Self::Odd { bits: 2 }),
        ("codebook8", Self::CODEWORDS),
        ("codebook6", Self::Codebook { index_bits: 6 }),
        ("codebook5", Self::Codebook { index_bits: 5 }),
        ("codebook4", Self::Codebook { index_bits: 4 }),
        ("codebook3", Self::Codebook { index_bits: 3 }),
        ("codebook2", Self::Codebook { index_bits: 2 }),
        ("codebook1", Self::Codebook { index_bits: 1 }),
    ];

    /// Name in reports and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, encoding)| *encoding == self)
            .map_or("of a width that no machine has", |(name, _)| name)
    }

    /// The encoding of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, encoding)| *encoding)
    }

    /// Least and greatest integer.
    #[must_use]
    pub const fn range(self) -> (i16, i16) {
        match self {
            Self::Int { bits } => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            Self::Ternary | Self::Binary | Self::Codebook { .. } => (-1, 1),
            Self::Odd { bits } => (-(1 << bits) + 1, (1 << bits) - 1),
        }
    }

    /// Whether `integer` is one of the encoding's.
    #[must_use]
    pub const fn holds(self, integer: i16) -> bool {
        let (least, most) = self.range();
        let zero = match self {
            Self::Int { .. } | Self::Ternary => true,
            Self::Binary | Self::Odd { .. } | Self::Codebook { .. } => integer % 2 != 0,
        };
        least <= integer && integer <= most && zero
    }

    /// The encoding's integer that is nearest to `x`; between two the even one, of odd ones the one nearer to infinity
    /// where `x` is even (QP-SNN's rounding of `(x + 2^b - 1) / 2`, half to even).
    #[must_use]
    pub fn nearest(self, x: f32) -> i16 {
        let (least, most) = self.range();
        let nearest = match self {
            Self::Int { .. } | Self::Ternary => x.round_ties_even(),
            Self::Binary | Self::Codebook { .. } => {
                if x < 0.0 {
                    -1.0
                } else {
                    1.0
                }
            }
            Self::Odd { .. } => 2.0 * ((x + f32::from(most)) / 2.0).round_ties_even() - f32::from(most),
        };
        nearest.clamp(least.into(), most.into()) as i16
    }

    /// Bits of a weight; of a codebook none, whose kernels take [`WeightEncoding::Codebook`]'s index each.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Int { bits } | Self::Odd { bits } => bits,
            Self::Ternary => 2,
            Self::Binary => 1,
            Self::Codebook { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for &(name, encoding) in WeightEncoding::ALL {
            assert_eq!((encoding.name(), WeightEncoding::named(name)), (name, Some(encoding)));
        }
    }

    #[test]
    fn the_nearest_integer_is_one_of_the_encoding() {
        for &(name, encoding) in WeightEncoding::ALL {
            let (least, most) = encoding.range();
            for x in (-600..=600).map(|x| x as f32 / 2.0) {
                let nearest = encoding.nearest(x);
                assert!(encoding.holds(nearest), "{name}: {nearest} for {x}");
                let nearer = (least..=most).filter(|&q| encoding.holds(q)).map(|q| (f32::from(q) - x).abs());
                assert_eq!(nearer.fold(f32::INFINITY, f32::min), (f32::from(nearest) - x).abs(), "{name}, {x}");
            }
        }
    }

    #[test]
    fn the_odd_grid_rounds_as_qp_snn_does() {
        // b = 2: q = round((c + 1) * 3 / 2), half to even, of c in -1..=1; the numerator is 2 q - 3
        for c in (-60..=60).map(|c| c as f32 / 60.0) {
            let q = ((c + 1.0) * 3.0 / 2.0).round_ties_even();
            assert_eq!(f32::from(WeightEncoding::Odd { bits: 2 }.nearest(3.0 * c)), 2.0 * q - 3.0, "{c}");
        }
    }
}
