//! Dividers of the parts' PLLs: the highest clock up to what was asked for.

use super::table::{Board, Pll};
use crate::backend::verilog::host::Host;

/// A clock or host that a board does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockError {
    /// What was found.
    pub found: String,
    /// What to do.
    pub help: String,
}

/// A PLL's numbers: `clock = oscillator / reference * feedback / output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dividers {
    /// What it gives, in Hz.
    pub clock: u32,
    /// Divides the oscillator.
    pub reference: u32,
    /// Multiplies it.
    pub feedback: u32,
    /// Divides the result: of an iCE40 a power of two.
    pub output: u32,
    /// FILTER_RANGE of an iCE40.
    pub filter: u32,
}

const MHZ: u64 = 1_000_000;

/// The highest clock up to `asked` Hz that a board's PLL makes.
///
/// # Errors
/// Without a PLL, or if it reaches no such clock.
pub fn find(board: &Board, host: Host, asked: u32) -> Result<Dividers, ClockError> {
    let help = |pll: &str| match host {
        Host::Axi => "leave --clock out: the processor makes the clock".to_owned(),
        Host::Spi | Host::Uart => format!("leave --clock out: the design runs at {} MHz then{pll}", mhz(board.clock)),
    };
    let Some(pll) = board.pll else {
        let found = format!("`--clock {}` was asked for, and no PLL is known of the board {}", mhz(asked), board.name);
        return Err(ClockError { found, help: help("") });
    };
    let all: Vec<Dividers> = match pll {
        Pll::Ice40Pad | Pll::Ice40Core => ice40(board.clock),
        Pll::Ecp5 => ecp5(board.clock),
    };
    // of two ways to the same clock the one that divides the reference less
    let best = all.into_iter().filter(|d| d.clock <= asked);
    best.max_by_key(|d| (d.clock, std::cmp::Reverse(d.reference))).ok_or_else(|| ClockError {
        found: format!(
            "`--clock {}` was asked for, which the PLL of the board {} does not reach",
            mhz(asked),
            board.name
        ),
        help: help(", or ask for a higher one"),
    })
}

/// A clock in MHz, without trailing zeros.
pub fn mhz(hz: u32) -> String {
    format!("{}", f64::from(hz) / MHZ as f64)
}

/// SB_PLL40 with simple feedback: 10 to 133 MHz behind the reference, an oscillator of 533 to 1066 MHz (iCE40 sysCLOCK PLL
/// design guide, FPGA-TN-02052).
fn ice40(oscillator: u32) -> Vec<Dividers> {
    let mut all = Vec::new();
    for reference in 1..=16 {
        let phase = u64::from(oscillator / reference);
        if !(10 * MHZ..=133 * MHZ).contains(&phase) {
            continue;
        }
        let filter = match phase / MHZ {
            0..17 => 1,
            17..26 => 2,
            26..44 => 3,
            44..66 => 4,
            66..101 => 5,
            _ => 6,
        };
        for feedback in 1..=128 {
            let vco = phase * u64::from(feedback);
            if (533 * MHZ..=1066 * MHZ).contains(&vco) {
                all.extend((1..=6).map(|q| Dividers {
                    clock: (vco >> q) as u32,
                    reference,
                    feedback,
                    output: 1 << q,
                    filter,
                }));
            }
        }
    }
    all
}

/// EHXPLLL with feedback from its own output: 3.125 to 400 MHz behind the reference, an oscillator of 400 to 800 MHz (ECP5
/// sysCLOCK guide, FPGA-TN-02200).
fn ecp5(oscillator: u32) -> Vec<Dividers> {
    let mut all = Vec::new();
    for reference in 1..=8 {
        let phase = u64::from(oscillator / reference);
        if phase < 3_125_000 {
            continue;
        }
        for feedback in 1..=80_u32 {
            // near 600 MHz, the middle of its oscillator's range
            let clock = phase * u64::from(feedback);
            let output = (600 * MHZ + clock / 2) / clock;
            if (1..=128).contains(&output) && (400 * MHZ..=800 * MHZ).contains(&(clock * output)) {
                all.push(Dividers { clock: clock as u32, reference, feedback, output: output as u32, filter: 0 });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::verilog::board::find as board;

    fn made(name: &str, asked: u32) -> Result<Dividers, ClockError> {
        find(board(name).expect("a board"), Host::Uart, asked)
    }

    #[test]
    fn the_highest_clock_up_to_the_one_that_was_asked_for() {
        let found = made("icebreaker", 40_000_000).expect("within reach");
        assert_eq!(found, Dividers { clock: 39_750_000, reference: 1, feedback: 53, output: 16, filter: 1 });
        let found = made("ulx3s", 100_000_000).expect("within reach");
        assert_eq!((found.clock, found.reference, found.feedback), (100_000_000, 1, 4));
        assert_eq!(u64::from(found.clock) * u64::from(found.output), 600 * MHZ);
    }

    #[test]
    fn what_no_pll_reaches_is_refused() {
        let refused = made("hx8k", 5_000_000).expect_err("below the lowest");
        assert_eq!(refused.found, "`--clock 5` was asked for, which the PLL of the board hx8k does not reach");
        let refused = made("arty", 50_000_000).expect_err("no PLL");
        assert_eq!(refused.help, "leave --clock out: the design runs at 100 MHz then");
    }
}
