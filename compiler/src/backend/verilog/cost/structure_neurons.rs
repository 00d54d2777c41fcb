//! Neurons: what `snn_neuron` and `snn_synaptic` are made of.

use super::memory::Memory;
use super::structure::{Parameters, Structure, bits, only, ram};

/// What a leak is in proportion to: an adder; the adders of a product with a constant, one for each bit of it that is set
/// beyond the first; those of a product with a number.
pub fn leak(width: usize, kind: usize, shift: usize, factor: usize) -> [usize; 3] {
    let further = (factor.count_ones() as usize).saturating_sub(1);
    [only(kind == 1, width), only(kind == 2, (width + shift + 2) * further), only(kind == 3, width * (shift + 1))]
}

/// Of `snn_neuron`: eight stages of a membrane's width or of a current's.
pub fn neuron(p: Parameters<'_>) -> Structure {
    let [group, words] = p.numbers(["GROUP", "WORDS"]);
    let [membrane, current, threshold, reset] =
        p.numbers(["MEMBRANE_BITS", "CURRENT_BITS", "THRESHOLD_BITS", "RESET_BITS"]);
    let [kind, shift, factor] = p.numbers(["LEAK", "LEAK_SHIFT", "LEAK_FACTOR"]);
    let [resets, delayed] = p.numbers(["RESET", "DELAYED"]);
    let (floors, floor) = (p.or("FLOOR", 0) == 1, p.or("FLOOR_BITS", 0));
    let stored = p.or("STORED", 0);
    let (stateless, each) = (kind == 4, p.number("THRESHOLD_WORDS") > 1);
    let (at_once, subtracts) = (resets > 0 && delayed == 0, resets == 2 && delayed > 0);
    let each_reset = resets > 0 && p.number("RESET_WORDS") > 1;
    let wide = current.max(reset).max(membrane) + 2;
    // without a membrane nothing is wider than the current
    let own = if stateless { membrane.min(current) } else { membrane };

    let mut memories = Vec::new();
    if !stateless {
        memories.push(ram(group * if stored > 0 { p.number("STORED_BITS") } else { membrane }, words));
    }
    memories.push(p.table("THRESHOLDS", p.number("THRESHOLD_WORDS")));
    if resets > 0 {
        memories.push(p.table("RESETS", p.number("RESET_WORDS")));
    }
    if kind == 3 {
        memories.push(p.table("FACTORS", p.number("FACTOR_WORDS")));
    }
    if floors {
        memories.push(p.table("FLOORS", p.number("FLOOR_WORDS")));
    }
    if stored > 0 {
        memories.extend(["LEVELS", "STEPS"].map(|file| p.table(file, p.number("STORED_WORDS"))));
    }

    // what only waits is a shift register in a LUT where the family has one
    let waits = only(!subtracts, current)
        + only(each, threshold)
        + only(each_reset && delayed == 0, reset)
        + only(floors, floor);
    let [shifted, constant, product] = leak(membrane, kind, shift, factor).map(|size| group * size);
    let luts = [
        1,
        group * own,
        only(!stateless, group * wide),
        group * waits,
        only(resets == 2, group * wide),
        only(resets == 1, group * membrane),
        only(delayed > 0, group * membrane.max(threshold)),
        only(floors, group * membrane),
        group * membrane * stored,
        only(each, group * own),
        shifted,
        constant,
        product,
        bits(words),
    ];
    let mut stages = if stateless {
        2 * own + if resets > 0 { wide } else { own } + 1
    } else {
        3 * membrane + wide + membrane + if at_once { wide } else { membrane } + membrane + 1
    };
    stages += only(subtracts, 2 * current + 2 * wide);
    stages += only(delayed > 0, only(each, threshold) + only(each_reset, reset));
    stages += only(kind == 3, 2 * (shift + 1));
    let ffs = [
        1,
        group * stages,
        only(stored > 0, group * membrane),
        only(resets == 2, group * membrane),
        bits(words),
        group * waits,
    ];
    Structure::new(&luts, &ffs, memories)
}

/// Of `snn_synaptic`: one filter or two, and their sum.
pub fn synaptic(p: Parameters<'_>) -> Structure {
    const NAMES: [([&str; 5], &str); 2] = [
        (["BITS_0", "LEAK_0", "LEAK_SHIFT_0", "LEAK_FACTOR_0", "FACTOR_WORDS_0"], "FACTORS_0"),
        (["BITS_1", "LEAK_1", "LEAK_SHIFT_1", "LEAK_FACTOR_1", "FACTOR_WORDS_1"], "FACTORS_1"),
    ];
    let [group, words, current, out, second] = p.numbers(["GROUP", "WORDS", "CURRENT_BITS", "OUT_BITS", "SECOND"]);
    let (mut all, mut leaks, mut memories) = (0, [0; 3], Vec::<Memory>::new());
    for (names, file) in &NAMES[..=second] {
        let [width, kind, shift, factor, factors] = p.numbers(*names);
        all += group * width;
        memories.push(ram(group * width, words));
        if kind == 3 {
            memories.push(p.table(file, factors));
        }
        for (sum, size) in leaks.iter_mut().zip(leak(width, kind, shift, factor)) {
            *sum += group * size;
        }
    }
    if p.or("CLEARS", 0) == 1 {
        memories.push(ram(group, words));
    }
    let [shifted, constant, product] = leaks;
    let luts = [1, all, group * out * second, 1 + second, shifted, constant, product];
    Structure::new(&luts, &[1, all, group * current, group * out, 1 + second], memories)
}
