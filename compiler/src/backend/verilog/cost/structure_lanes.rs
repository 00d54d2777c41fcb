//! Accumulators: what `snn_lanes`, `snn_popcount` and `snn_codebook` are made of, and `snn_turns` behind several of them.

use super::memory::{Access, Memory};
use super::structure::{Parameters, Structure, bits, only, ram, register_bits};

/// Inputs of a multiplexer that groups of lanes leave through, as three-to-one ones.
fn multiplexed(inputs: usize) -> usize {
    inputs.saturating_sub(1).div_ceil(3)
}

/// The memories of weights of a row of `width` bits, or those of `file`.
fn weights(p: Parameters<'_>, file: &str, width: usize, ports: usize) -> Vec<Memory> {
    let depth = p.number("ROWS");
    if p.or("LOADED", 0) == 0 {
        let width = p.varying(file).unwrap_or(width);
        return vec![Memory { width, unused: 0, depth, access: Access::Weights(ports) }];
    }
    // columns of 32 bits, which the host writes
    let access = if p.or("LARGE", 0) == 1 { Access::Large } else { Access::Loaded(ports) };
    let column = |at: usize| Memory { width: (width - 32 * at).min(32), unused: 0, depth, access };
    (0..width.div_ceil(32)).map(column).collect()
}

/// What the drain behind the lanes is in proportion to, and its memory of the sums before.
fn drain(lanes: usize, group: usize, sum: usize, running: bool) -> ([usize; 2], Option<Memory>) {
    let groups = lanes / group;
    let before = (running && groups > 1).then(|| ram(group * sum, groups));
    ([group * sum * multiplexed(groups), only(running, group * sum)], before)
}

/// Of `snn_lanes`: a sum a lane, adders before it, registers of rows, the drain.
pub fn lanes(p: Parameters<'_>) -> Structure {
    let [slots, lanes, weight, sum, group] = p.numbers(["SLOTS", "LANES", "WEIGHT_BITS", "SUM_BITS", "GROUP"]);
    let [odd, subtracts, planes, digit, persists] = p.numbers(["ODD", "SUBTRACTS", "PLANES", "DIGIT_BITS", "PERSISTS"]);
    let running = planes == 1 && persists == 0;
    let once = weight + usize::from(odd != 0 || weight == 1);
    let width = once + digit - 1;
    let held = if digit > 1 { width } else { weight };
    let tree = match slots {
        1 => 0,
        2 => width + 1,
        _ => 2 * (width + 1) + width + 2,
    };
    let ([leaving, before], memory) = drain(lanes, group, sum, running);
    let rows = slots * lanes * held;
    let loading = only(p.or("LOADED", 0) == 1, p.number("ROW_BITS") + (lanes * weight).div_ceil(32));
    let luts = [
        1,
        lanes * sum,
        only(planes > 1, lanes * sum),
        lanes * tree,
        only(subtracts > 0, rows),
        only(digit > 1, rows),
        leaving,
        before,
        loading,
    ];
    let ffs = [1, lanes * sum, rows, lanes * tree, group * sum * (2 + usize::from(running && lanes == group))];
    let memories = weights(p, "WEIGHTS", lanes * weight, slots).into_iter().chain(memory).collect();
    Structure::new(&luts, &ffs, memories)
}

/// Of `snn_popcount`: counts of three, of nine, adders above them, a sum a lane, the drain.
pub fn popcount(p: Parameters<'_>) -> Structure {
    let [width, lanes, sum, group] = p.numbers(["BITS", "LANES", "SUM_BITS", "GROUP"]);
    let [subtracts, planes, persists] = p.numbers(["SUBTRACTS", "PLANES", "PERSISTS"]);
    let running = planes == 1 && persists == 0;
    let nines = width.div_ceil(9);
    let levels = bits(nines);
    let counts = lanes + 1; // all inputs are counted beside them
    let (threes, adders) = (counts * 2 * width.div_ceil(3), counts * (nines - 1) * (4 + levels));
    let nines = counts * 4 * nines;
    let ([leaving, before], memory) = drain(lanes, group, sum, running);
    let luts = [
        threes + only(subtracts > 0, threes),
        nines + adders,
        lanes * sum + only(planes > 1, lanes * sum),
        leaving + before + group * sum,
    ];
    let ffs = [1, width + threes + nines + adders, lanes * sum, (2 * group + 3) * sum];
    let memories = weights(p, "WEIGHTS", lanes * width, 1).into_iter().chain(memory).collect();
    Structure::new(&luts, &ffs, memories)
}

/// Of `snn_turns`: the groups of several engines, of which one is valid.
pub fn turns(p: Parameters<'_>) -> Structure {
    let [engines, interval, width] = p.numbers(["ENGINES", "INTERVAL", "WIDTH"]);
    let wait = register_bits(interval + 1);
    Structure::new(&[1, width * (engines / 2), wait], &[1, width, engines + wait], vec![])
}

/// Of `snn_codebook`: a count for each codeword, a multiplexer and a sum for each lane, the drain.
pub fn codebook(p: Parameters<'_>) -> Structure {
    let [lanes, index, taps, sum, group] = p.numbers(["LANES", "INDEX_BITS", "TAPS", "SUM_BITS", "GROUP"]);
    let (book, count) = (1 << index, bits(taps + 1));
    let response = count + 1;
    let ([leaving, before], memory) = drain(lanes, group, sum, true);
    let luts =
        [1, lanes * sum, lanes * response * multiplexed(book), book * taps, taps, book * response, leaving, before];
    let ffs = [1, lanes * (2 * sum + response + index), book * (count + 2 * response), group * sum];
    let memories = weights(p, "INDICES", lanes * index, 1).into_iter().chain(memory).collect();
    Structure::new(&luts, &ffs, memories)
}
