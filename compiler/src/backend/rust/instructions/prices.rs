//! What a unit of work takes on a core. Found by `scripts/instructions.py` from networks in the emulator.

use super::unit::Unit;

/// Instructions and cycles of a unit.
pub(super) type Price = (Unit, [f64; 2]);

/// A core.
pub(super) struct Core {
    /// Its name.
    pub name: &'static str,
    /// Of every unit that takes any.
    pub prices: &'static [Price],
    /// Instructions of a product of CMSIS-NN's int8 fully connected layers: 784-128-10, gcc -O3, counted in QEMU as all is here.
    pub int8_product: f64,
}

/// The core that code for `target` runs on.
pub(super) fn core(target: &str, dsp: bool) -> Option<&'static Core> {
    match target {
        "thumbv6m-none-eabi" => Some(&M0),
        "thumbv7em-none-eabi" | "thumbv7em-none-eabihf" => Some(&M4),
        _ if dsp => Some(&M4), // the same kernels
        _ => None,
    }
}

static M4: Core = Core { name: "Cortex-M4", prices: M4_PRICES, int8_product: 1.95 };
static M0: Core = Core { name: "Cortex-M0", prices: M0_PRICES, int8_product: 6.17 };

const M4_PRICES: &[Price] = &[
    (Unit::Step, [593.48, 837.52]),
    (Unit::Position, [233.94, 467.88]),
    (Unit::Word, [12.28, 24.57]),
    (Unit::ShiftedWord, [78.54, 140.08]),
    (Unit::Narrow, [14.00, 28.00]),
    (Unit::Int8, [3.29, 4.59]),
    (Unit::Signs, [8.97, 10.81]),
    (Unit::Codewords, [10.92, 21.83]),
    (Unit::Plane, [17.25, 24.13]),
    (Unit::Nibbles, [6.42, 11.51]),
    (Unit::OddNibbles, [7.76, 15.53]),
    (Unit::Entry, [14.78, 14.78]),
    (Unit::Single, [16.08, 24.13]),
    (Unit::Int8Sums, [32.73, 65.45]),
    (Unit::Counters, [113.69, 227.38]),
    (Unit::NibbleSums, [42.82, 85.63]),
    (Unit::Response, [17.70, 24.47]),
    (Unit::Index, [33.54, 42.06]),
    (Unit::Value, [3.46, 6.92]),
    (Unit::OtherValue, [23.05, 23.05]),
    (Unit::Factor, [74.75, 89.73]),
    (Unit::Int8Products, [4.93, 7.14]),
    (Unit::PlaneProduct, [21.96, 31.12]),
    (Unit::Product, [8.67, 12.18]),
    (Unit::Shift, [12.46, 14.86]),
    (Unit::PackedAlike, [9.05, 18.09]),
    (Unit::PackedSubtract, [11.11, 22.22]),
    (Unit::PackedValue, [10.58, 21.17]),
    (Unit::PackedSubtractLater, [13.91, 27.82]),
    (Unit::PackedValueLater, [11.90, 11.90]),
    (Unit::Wide, [17.79, 21.70]),
    (Unit::Stateless, [0.50, 1.00]),
    (Unit::Special, [226.94, 334.08]),
    (Unit::PoolTap, [107.74, 189.25]),
    (Unit::PooledSpike, [219.18, 222.68]),
    (Unit::Pooled, [8.33, 8.33]),
    (Unit::Score, [5.21, 7.97]),
    (Unit::ScoreApart, [40.39, 59.03]),
    (Unit::Apart, [122.26, 244.52]),
];

const M0_PRICES: &[Price] = &[
    (Unit::Step, [621.25, 881.98]),
    (Unit::Position, [310.84, 621.69]),
    (Unit::Stretch, [84.47, 168.94]),
    (Unit::Word, [12.58, 25.16]),
    (Unit::ShiftedWord, [220.91, 421.32]),
    (Unit::Narrow, [29.64, 57.70]),
    (Unit::Int8, [9.07, 10.56]),
    (Unit::Signs, [14.84, 20.91]),
    (Unit::Codewords, [17.56, 35.11]),
    (Unit::Plane, [25.71, 32.34]),
    (Unit::Nibbles, [12.07, 15.79]),
    (Unit::OddNibbles, [12.68, 25.36]),
    (Unit::Entry, [19.97, 39.95]),
    (Unit::Single, [23.89, 35.84]),
    (Unit::Int8Sums, [166.60, 333.20]),
    (Unit::Counters, [352.94, 705.87]),
    (Unit::NibbleSums, [127.09, 254.17]),
    (Unit::Response, [75.32, 89.37]),
    (Unit::Index, [17.13, 29.64]),
    (Unit::Value, [10.94, 12.62]),
    (Unit::OtherValue, [3.21, 3.21]),
    (Unit::Factor, [98.99, 162.97]),
    (Unit::Int8Products, [16.51, 23.14]),
    (Unit::PlaneProduct, [29.37, 43.94]),
    (Unit::Product, [14.45, 19.80]),
    (Unit::Scaled, [6.08, 11.13]),
    (Unit::Shift, [25.07, 41.77]),
    (Unit::PackedAlike, [22.78, 45.56]),
    (Unit::PackedSubtract, [22.68, 45.35]),
    (Unit::PackedValue, [22.68, 45.35]),
    (Unit::PackedSubtractLater, [25.71, 25.71]),
    (Unit::PackedValueLater, [25.72, 25.72]),
    (Unit::Wide, [22.09, 22.09]),
    (Unit::Stateless, [0.50, 0.50]),
    (Unit::Special, [424.50, 621.59]),
    (Unit::PoolTap, [72.22, 144.44]),
    (Unit::PooledSpike, [75.08, 150.17]),
    (Unit::Pooled, [25.71, 26.08]),
    (Unit::Score, [3.91, 5.66]),
    (Unit::ScoreApart, [57.92, 92.17]),
    (Unit::Apart, [169.78, 339.56]),
];
