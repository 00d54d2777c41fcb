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
    (Unit::Step, [329.85, 329.85]),
    (Unit::Position, [426.81, 609.83]),
    (Unit::Word, [11.60, 17.81]),
    (Unit::Int8, [3.29, 4.76]),
    (Unit::Signs, [9.75, 9.75]),
    (Unit::Plane, [25.01, 36.86]),
    (Unit::Nibbles, [5.89, 6.03]),
    (Unit::OddNibbles, [7.79, 15.58]),
    (Unit::Entry, [14.85, 22.28]),
    (Unit::Int8Sums, [51.49, 102.98]),
    (Unit::Counters, [129.90, 129.90]),
    (Unit::NibbleSums, [41.90, 83.81]),
    (Unit::Response, [65.29, 85.55]),
    (Unit::Index, [12.91, 16.44]),
    (Unit::Value, [3.36, 3.36]),
    (Unit::Factor, [79.70, 79.70]),
    (Unit::Int8Products, [5.17, 7.37]),
    (Unit::PlaneProduct, [22.17, 31.36]),
    (Unit::Product, [9.46, 12.26]),
    (Unit::Shift, [13.26, 15.16]),
    (Unit::Neurons, [144.44, 144.44]),
    (Unit::PackedAlike, [8.31, 16.62]),
    (Unit::PackedSubtract, [10.57, 15.85]),
    (Unit::PackedValue, [10.03, 10.03]),
    (Unit::PackedSubtractLater, [13.35, 26.69]),
    (Unit::PackedValueLater, [11.34, 22.68]),
    (Unit::Wide, [18.34, 36.67]),
    (Unit::Special, [332.26, 662.22]),
    (Unit::PooledWord, [39.62, 77.50]),
    (Unit::Pooled, [41.79, 83.58]),
    (Unit::Delayed, [2.06, 4.12]),
    (Unit::Score, [2.53, 5.06]),
    (Unit::ScoreApart, [36.43, 56.17]),
    (Unit::SpikeScore, [61.93, 61.93]),
    (Unit::Apart, [161.91, 275.74]),
];

const M0_PRICES: &[Price] = &[
    (Unit::Step, [279.71, 279.71]),
    (Unit::Position, [676.52, 902.60]),
    (Unit::Stretch, [161.53, 307.81]),
    (Unit::Word, [4.49, 4.49]),
    (Unit::ShiftedWord, [86.42, 172.83]),
    (Unit::Int8, [9.18, 10.31]),
    (Unit::Signs, [15.11, 15.11]),
    (Unit::Plane, [33.27, 48.07]),
    (Unit::Nibbles, [11.71, 11.99]),
    (Unit::OddNibbles, [12.71, 25.42]),
    (Unit::Entry, [35.85, 53.77]),
    (Unit::Int8Sums, [179.55, 359.10]),
    (Unit::Counters, [382.69, 613.40]),
    (Unit::NibbleSums, [137.56, 275.12]),
    (Unit::Response, [98.69, 137.92]),
    (Unit::Index, [13.58, 18.09]),
    (Unit::Value, [10.45, 10.45]),
    (Unit::Int8Products, [28.96, 48.95]),
    (Unit::PlaneProduct, [29.45, 44.01]),
    (Unit::Product, [15.29, 21.18]),
    (Unit::OneToOne, [2.39, 4.79]),
    (Unit::Shift, [13.60, 14.79]),
    (Unit::Current, [10.93, 21.85]),
    (Unit::PackedAlike, [40.85, 81.71]),
    (Unit::PackedSubtract, [40.35, 60.52]),
    (Unit::PackedValue, [42.25, 42.25]),
    (Unit::PackedSubtractLater, [44.26, 44.26]),
    (Unit::PackedValueLater, [43.04, 86.07]),
    (Unit::Wide, [38.19, 76.37]),
    (Unit::Special, [668.05, 1336.10]),
    (Unit::PooledWord, [52.36, 92.11]),
    (Unit::Pooled, [36.44, 72.88]),
    (Unit::ScoreApart, [56.20, 89.24]),
    (Unit::Apart, [184.25, 368.50]),
];
