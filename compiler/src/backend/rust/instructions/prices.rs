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
    (Unit::Step, [639.84, 880.82]),
    (Unit::Position, [206.82, 413.64]),
    (Unit::Stretch, [17.88, 35.76]),
    (Unit::Word, [15.26, 30.52]),
    (Unit::Row, [10.11, 13.49]),
    (Unit::Narrow, [14.00, 28.00]),
    (Unit::Int8, [2.98, 4.26]),
    (Unit::Signs, [6.58, 7.93]),
    (Unit::Codewords, [8.38, 16.76]),
    (Unit::Plane, [16.53, 24.17]),
    (Unit::Nibbles, [5.78, 10.76]),
    (Unit::OddNibbles, [7.13, 14.26]),
    (Unit::Entry, [11.20, 11.20]),
    (Unit::Int8Sums, [24.55, 49.10]),
    (Unit::Counters, [98.29, 196.58]),
    (Unit::NibbleSums, [34.00, 68.01]),
    (Unit::Response, [59.90, 89.49]),
    (Unit::Index, [17.66, 18.68]),
    (Unit::Value, [3.44, 5.93]),
    (Unit::OtherValue, [21.73, 21.73]),
    (Unit::Factor, [63.70, 75.03]),
    (Unit::Int8Products, [5.35, 7.77]),
    (Unit::PlaneProduct, [22.00, 31.16]),
    (Unit::Product, [8.85, 12.44]),
    (Unit::Scaled, [0.99, 1.99]),
    (Unit::Shift, [11.86, 14.28]),
    (Unit::PackedAlike, [8.80, 17.61]),
    (Unit::PackedSubtract, [10.89, 21.79]),
    (Unit::PackedValue, [10.37, 20.74]),
    (Unit::PackedSubtractLater, [13.69, 27.37]),
    (Unit::PackedValueLater, [11.68, 11.68]),
    (Unit::Wide, [18.44, 22.86]),
    (Unit::Stateless, [0.50, 0.50]),
    (Unit::Special, [210.30, 304.05]),
    (Unit::PoolTap, [92.16, 178.88]),
    (Unit::PooledSpike, [282.38, 291.79]),
    (Unit::Pooled, [10.31, 11.58]),
    (Unit::Score, [5.36, 7.77]),
    (Unit::ScoreApart, [39.38, 56.77]),
    (Unit::Apart, [128.43, 255.29]),
];

const M0_PRICES: &[Price] = &[
    (Unit::Step, [627.57, 1058.53]),
    (Unit::Position, [224.17, 448.34]),
    (Unit::Stretch, [155.41, 281.79]),
    (Unit::Word, [12.18, 24.35]),
    (Unit::ShiftedWord, [163.11, 326.22]),
    (Unit::Row, [3.34, 6.68]),
    (Unit::Narrow, [21.77, 43.53]),
    (Unit::Int8, [9.01, 10.65]),
    (Unit::Signs, [13.17, 15.81]),
    (Unit::Codewords, [36.62, 73.24]),
    (Unit::Plane, [21.55, 26.37]),
    (Unit::Nibbles, [11.92, 15.35]),
    (Unit::OddNibbles, [12.47, 24.93]),
    (Unit::Entry, [35.02, 36.40]),
    (Unit::Int8Sums, [169.33, 273.05]),
    (Unit::Counters, [465.79, 931.58]),
    (Unit::NibbleSums, [128.11, 256.22]),
    (Unit::Response, [79.14, 115.99]),
    (Unit::Index, [19.29, 22.91]),
    (Unit::Value, [10.99, 10.99]),
    (Unit::OtherValue, [6.58, 9.30]),
    (Unit::Factor, [33.25, 66.50]),
    (Unit::Int8Products, [26.87, 45.14]),
    (Unit::PlaneProduct, [29.44, 44.01]),
    (Unit::Product, [14.80, 20.43]),
    (Unit::Scaled, [11.95, 21.39]),
    (Unit::Shift, [21.02, 33.59]),
    (Unit::PackedAlike, [22.58, 45.15]),
    (Unit::PackedSubtract, [22.50, 45.00]),
    (Unit::PackedValue, [22.50, 45.00]),
    (Unit::PackedSubtractLater, [25.53, 25.53]),
    (Unit::PackedValueLater, [25.54, 51.09]),
    (Unit::Wide, [21.90, 21.90]),
    (Unit::Stateless, [0.50, 0.50]),
    (Unit::Special, [397.28, 649.36]),
    (Unit::PoolTap, [79.89, 159.79]),
    (Unit::PooledSpike, [86.39, 149.15]),
    (Unit::Pooled, [25.17, 25.17]),
    (Unit::Score, [3.97, 6.23]),
    (Unit::ScoreApart, [56.57, 92.38]),
    (Unit::Apart, [152.94, 305.88]),
];
