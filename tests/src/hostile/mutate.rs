//! A small fuzzer without coverage, for a stable compiler: the same seed makes the same inputs on every machine.

use crate::random_network::Rng;

/// `count` inputs, each made of saved ones by a few changes.
pub fn mutations(saved: &[Vec<u8>], seed: u64, count: usize, max_len: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut rng = Rng::new(seed);
    (0..count).map(move |_| {
        let mut input = pick(&mut rng, saved).to_vec();
        for _ in 0..1 + rng.bits() % 4 {
            mutate(&mut rng, &mut input, saved);
        }
        input.truncate(max_len);
        input
    })
}

fn pick<'s>(rng: &mut Rng, saved: &'s [Vec<u8>]) -> &'s [u8] {
    saved.get(below(rng, saved.len())).map_or(&[], Vec::as_slice)
}

fn below(rng: &mut Rng, n: usize) -> usize {
    (rng.bits() % n.max(1) as u64) as usize
}

fn mutate(rng: &mut Rng, input: &mut Vec<u8>, saved: &[Vec<u8>]) {
    let at = below(rng, input.len());
    let end = (at + 1 + below(rng, 16)).min(input.len());
    match rng.bits() % 8 {
        0 | 1 if at < input.len() => input[at] ^= 1 << (rng.bits() % 8),
        2 if at < input.len() => input[at] = rng.pick(&[0, 1, 0x7f, 0x80, 0xff, b'0', b'9', b'-', b'{', b'"']),
        3 if at < input.len() => input[at] = rng.bits() as u8,
        4 => drop(input.drain(at..end)),
        5 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        6 => {
            let other = pick(rng, saved);
            let from = below(rng, other.len());
            let to = (from + 1 + below(rng, 64)).min(other.len());
            let replaced = end.min(at + to - from);
            input.splice(at..replaced, other[from..to].iter().copied());
        }
        _ => input.truncate(at),
    }
}
