//! Frames and windows: what the modules that write frames, walk over them and encode them are made of.

use super::super::netlist::Instance;
use super::structure::{Parameters, Structure, bits, fifo, only, ram, register_bits};

/// Of `snn_window`: a memory for each bank, the walk, a queue, and a count of ones if its reader looks at it.
pub fn window(p: Parameters<'_>, counted: bool) -> Structure {
    let [slots, planes, banks, chunk] = p.numbers(["SLOTS", "PLANES", "BANKS", "CHUNK"]);
    let [frame, frames, own] = p.numbers(["FRAME", "FRAMES", "OWN"]);
    let [address, offset, row, count] = p.numbers(["ADDRESS_BITS", "OFFSET_BITS", "ROW_BITS", "COUNT_BITS"]);
    let [height, width, pool_y, pool_x] = p.numbers(["HEIGHT", "WIDTH", "POOL_Y", "POOL_X"]);
    let (digits, signed) = (p.number("DIGITS") > 0, p.number("SIGNED"));
    let all = banks * chunk;
    let word = (planes + signed) * chunk;
    let rest = offset + row + 8;
    let extents = match (digits, signed) {
        (true, _) => 3, // bits, signs, what counts twice
        (false, 0) => 1,
        (false, _) => 2,
    };
    let walks = height * width > 1;
    let positions = only(walks, bits(height + pool_y + 1) + bits(width + pool_x + 1));
    let mut memories = Vec::new();
    if frame > own {
        memories = vec![ram(word, frames * frame); banks];
    }
    if own > 0 {
        memories.push(ram(chunk, 2 * own));
    }
    memories.push(fifo(rest + only(counted, count) + extents * all));
    let luts = [
        1,
        only(counted, all),
        only(planes > 1 && !digits, all),
        only(digits, all),
        address,
        only(walks, address),
        only(walks, address * banks),
        row,
        positions,
        only(counted && slots > 2, all),
    ];
    let ffs = [
        1,
        only(counted, all),
        all * extents,
        banks * word,
        address,
        only(walks, address),
        banks * address,
        rest,
        row,
        positions,
    ];
    Structure::new(&luts, &ffs, memories)
}

/// What goes beside each bit of a chunk, signs and what counts twice: what its window never sets is not kept.
fn beside(window: Option<&Instance>) -> usize {
    let of = |name: &str| window.map_or(0, |window| Parameters::new(window, &[]).or(name, 0));
    usize::from(of("DIGITS") > 0 || of("SIGNED") > 0) + usize::from(of("DIGITS") > 0)
}

/// Of `snn_columns` behind `window`: what picks columns, their bits, rows of weights.
pub fn columns(p: Parameters<'_>, window: Option<&Instance>) -> Structure {
    let [banks, chunk, slots, row] = p.numbers(["BANKS", "CHUNK", "SLOTS", "ROW_BITS"]);
    let kinds = 1 + beside(window);
    let (all, hits) = (banks * chunk, slots * chunk * kinds);
    let wait = register_bits(p.number("INTERVAL") + 1);
    // a column is one of three in a LUT
    let luts = [1, all, slots.min(2) * banks, hits * banks.div_ceil(3), slots * row, wait];
    Structure::new(
        &luts,
        &[1, all * kinds, banks * (slots + 1), 3 * hits, slots * (2 * row + bits(banks)) + row],
        vec![],
    )
}

/// Of `snn_encode` behind `window`: what picks ones, their numbers, rows of weights.
pub fn encode(p: Parameters<'_>, window: Option<&Instance>) -> Structure {
    let [width, slots, count, offset, row] = p.numbers(["BITS", "SLOTS", "COUNT_BITS", "OFFSET_BITS", "ROW_BITS"]);
    let beside = beside(window);
    let wait = register_bits(p.number("INTERVAL") + 1);
    // of four slots, two pick among the even bits and two among the odd ones
    let picked = slots.min(2);
    let luts = [1, width, picked * width, slots * offset, slots * row, slots * width * beside, count, wait];
    let ffs = [1, width * (picked + 1 + beside), slots * (2 * row + offset), row + offset, count];
    Structure::new(&luts, &ffs, vec![])
}

/// Of `snn_taps`: the taps of the channels of two chunks.
pub fn taps(p: Parameters<'_>) -> Structure {
    let [rows, banks, chunk, row, offset] = p.numbers(["KERNEL_Y", "BANKS", "CHUNK", "ROW_BITS", "OFFSET_BITS"]);
    let taps = rows * banks;
    let luts = [1, chunk, banks * chunk, taps * chunk, taps * banks, row, chunk * bits(chunk)];
    Structure::new(&luts, &[1, taps * chunk, chunk, taps, row, offset], vec![])
}

/// Of `snn_collect`: a memory for each bank, where each row and column begins.
pub fn collect(p: Parameters<'_>) -> Structure {
    let [planes, chunk, banks, stack] = p.numbers(["PLANES", "CHUNK", "BANKS", "STACK"]);
    let [rows, row, address, y, x] = p.numbers(["ROWS", "ROW", "ADDRESS_BITS", "Y_BITS", "X_BITS"]);
    let word = chunk * planes;
    let frame = rows * row;
    let place = register_bits(frame);
    let tables = ((1usize << y) / 64).max(1) + ((1usize << x) / 64).max(1);
    let luts = [1, banks * word, word, only(stack > 1, banks * word), place, address, only(banks > 1, place * tables)];
    let ffs = [1, banks * word * (1 + stack), place, address, usize::from(planes > 1)];
    Structure::new(&luts, &ffs, vec![ram(word, frame); banks])
}

/// Of `snn_writer`: a word, and where it goes.
pub fn writer(p: Parameters<'_>) -> Structure {
    let [group, planes, chunk, channels] = p.numbers(["GROUP", "PLANES", "CHUNK", "CHANNELS"]);
    let [height, width, banks, address] = p.numbers(["HEIGHT", "WIDTH", "BANKS", "ADDRESS_BITS"]);
    let counters = bits(channels / group) + bits(chunk / group) + bits(width) + bits(height);
    let walks = height * width > 1;
    let luts = [1, planes * chunk, chunk / group, address, only(walks, address), only(walks, banks), counters];
    let ffs = [1, planes * chunk, address, only(walks, address), banks, counters];
    Structure::new(&luts, &ffs, vec![])
}

/// Of `snn_invert`: counts, flags and two samples.
pub fn invert(p: Parameters<'_>) -> Structure {
    let [chunk, words, timesteps, address] = p.numbers(["CHUNK", "WORDS", "TIMESTEPS", "ADDRESS_BITS"]);
    let count = bits(timesteps + 1);
    let memories = vec![ram(chunk * count, words), ram(chunk, 2 * words), ram(chunk, 2 * words * timesteps)];
    Structure::new(&[1, chunk, chunk * count], &[1, chunk, address], memories)
}
