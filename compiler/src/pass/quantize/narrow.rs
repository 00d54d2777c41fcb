//! Membranes of as many bits as the user asks for: the finest LSB with which the range of the calibration samples fits
//! them, without any to spare, or twice what the model prescribes where there are no samples. What lies outside
//! saturates. A threshold beyond the range is one that no calibration sample reached.

use super::membrane::{Needs, bits};
use crate::ir::IntegerFormat;
use crate::pass::PassError;

/// Widest membrane of the contract.
const WIDEST: u8 = 30;

/// The format of `membrane_bits` bits.
///
/// # Errors
/// [`PassError::MembraneBits`] if the smallest threshold is worth less than one LSB then.
pub(super) fn format(membrane_bits: u8, needs: &Needs) -> Result<IntegerFormat, PassError> {
    let worth = |bits: u8| needs.smallest * 2f64.powi(fraction_bits(bits, needs));
    if worth(membrane_bits) < 1.0 {
        let needed = (membrane_bits..=WIDEST).find(|&bits| worth(bits) >= 1.0).unwrap_or(WIDEST);
        return Err(PassError::MembraneBits { found: membrane_bits, needed });
    }
    let fraction_bits = fraction_bits(membrane_bits, needs) as i8;
    Ok(IntegerFormat { membrane_bits: membrane_bits.min(needs.widest), fraction_bits })
}

fn fraction_bits(membrane_bits: u8, needs: &Needs) -> i32 {
    let range = needs.seen.unwrap_or(2.0 * needs.prescribed).max(1.0);
    let most = (29 - i32::from(needs.current_bits)).min(16);
    (-31..=most).rev().find(|&fraction| bits(range, fraction) <= membrane_bits.min(needs.widest)).unwrap_or(-31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        smallest: 90.0,
        prescribed: 100.0,
        seen: Some(300.0),
        worst: 1e6,
        current_bits: 10,
        lsbs: 4096.0,
        widest: 30,
    };

    #[test]
    fn the_lsb_is_the_finest_with_which_the_range_fits() {
        let fraction = |bits, needs| format(bits, needs).map(|f| (f.membrane_bits, f.fraction_bits)).ok();
        assert_eq!(fraction(12, &NEEDS), Some((12, 2))); // 300 * 4 of 2047
        assert_eq!(fraction(8, &NEEDS), Some((8, -2))); // 75 of 127
        assert_eq!(fraction(8, &Needs { seen: None, ..NEEDS }), Some((8, -1))); // 100 of 127
    }

    #[test]
    fn a_threshold_below_one_lsb_is_refused_with_the_width_that_does() {
        let found = |bits| match format(bits, &NEEDS) {
            Err(PassError::MembraneBits { found, needed }) => (found, needed),
            other => panic!("{other:?}"),
        };
        assert_eq!(found(3), (3, 4)); // 90 of 128 LSBs; with 4 bits 90 of 64
        assert!(format(4, &NEEDS).is_ok());
    }
}
