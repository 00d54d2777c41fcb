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
    (Unit::Step, [587.85, 826.67]),
    (Unit::Position, [228.51, 457.01]),
    (Unit::Stretch, [13.53, 27.07]),
    (Unit::Word, [15.76, 31.51]),
    (Unit::ShiftedWord, [71.51, 123.70]),
    (Unit::Narrow, [14.00, 28.00]),
    (Unit::Int8, [3.29, 4.60]),
    (Unit::Signs, [9.08, 11.40]),
    (Unit::Codewords, [10.91, 21.83]),
    (Unit::Plane, [17.91, 25.51]),
    (Unit::Nibbles, [6.41, 11.29]),
    (Unit::OddNibbles, [7.76, 15.53]),
    (Unit::Entry, [14.53, 14.53]),
    (Unit::Int8Sums, [23.49, 46.99]),
    (Unit::Counters, [94.35, 188.69]),
    (Unit::NibbleSums, [32.52, 65.04]),
    (Unit::Response, [52.38, 75.36]),
    (Unit::Index, [16.64, 17.67]),
    (Unit::Value, [3.47, 6.94]),
    (Unit::OtherValue, [22.72, 22.72]),
    (Unit::Factor, [65.69, 74.14]),
    (Unit::Int8Products, [5.21, 7.60]),
    (Unit::PlaneProduct, [21.99, 31.16]),
    (Unit::Product, [8.77, 12.38]),
    (Unit::Shift, [12.81, 15.07]),
    (Unit::PackedAlike, [8.98, 17.95]),
    (Unit::PackedSubtract, [11.06, 22.13]),
    (Unit::PackedValue, [10.54, 21.08]),
    (Unit::PackedSubtractLater, [13.86, 20.53]),
    (Unit::PackedValueLater, [11.85, 11.85]),
    (Unit::Wide, [17.86, 22.14]),
    (Unit::Stateless, [0.50, 0.50]),
    (Unit::Special, [220.05, 324.53]),
    (Unit::PoolTap, [96.12, 167.85]),
    (Unit::PooledSpike, [274.65, 274.65]),
    (Unit::Pooled, [8.41, 8.41]),
    (Unit::Score, [4.94, 7.26]),
    (Unit::ScoreApart, [39.67, 57.91]),
    (Unit::Apart, [135.22, 258.43]),
];

const M0_PRICES: &[Price] = &[
    (Unit::Step, [556.22, 917.36]),
    (Unit::Position, [304.14, 608.28]),
    (Unit::Stretch, [129.45, 229.42]),
    (Unit::Word, [12.74, 25.47]),
    (Unit::ShiftedWord, [196.45, 392.90]),
    (Unit::Narrow, [23.31, 46.61]),
    (Unit::Int8, [9.08, 10.64]),
    (Unit::Signs, [14.10, 18.72]),
    (Unit::Codewords, [37.46, 74.92]),
    (Unit::Plane, [21.94, 27.04]),
    (Unit::Nibbles, [12.08, 15.86]),
    (Unit::OddNibbles, [12.68, 25.35]),
    (Unit::Entry, [36.10, 42.46]),
    (Unit::Int8Sums, [170.98, 314.11]),
    (Unit::Counters, [462.24, 924.49]),
    (Unit::NibbleSums, [126.30, 252.59]),
    (Unit::Response, [70.84, 94.24]),
    (Unit::Index, [21.11, 29.06]),
    (Unit::Value, [10.99, 10.99]),
    (Unit::OtherValue, [7.46, 7.94]),
    (Unit::Factor, [41.18, 82.36]),
    (Unit::Int8Products, [26.61, 45.13]),
    (Unit::PlaneProduct, [29.43, 44.05]),
    (Unit::Product, [14.75, 20.55]),
    (Unit::Scaled, [6.18, 11.07]),
    (Unit::Shift, [20.85, 31.39]),
    (Unit::PackedAlike, [22.74, 45.48]),
    (Unit::PackedSubtract, [22.70, 45.39]),
    (Unit::PackedValue, [22.70, 45.39]),
    (Unit::PackedSubtractLater, [25.73, 25.73]),
    (Unit::PackedValueLater, [25.74, 51.48]),
    (Unit::Wide, [22.13, 22.13]),
    (Unit::Stateless, [0.50, 0.50]),
    (Unit::Special, [381.36, 621.84]),
    (Unit::PoolTap, [82.73, 165.45]),
    (Unit::PooledSpike, [57.08, 63.94]),
    (Unit::Pooled, [25.03, 25.03]),
    (Unit::Score, [3.66, 5.76]),
    (Unit::ScoreApart, [57.89, 93.45]),
    (Unit::Apart, [168.70, 337.40]),
];
