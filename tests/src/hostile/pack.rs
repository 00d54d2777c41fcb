//! Saved inputs of a target: a few packed files instead of thousands of small ones.
//!
//! `fixtures/hostile/TARGET.pack` holds inputs one after the other, each behind its length in four bytes, little-endian:
//! the smallest that reach what a fuzzer has reached. `TARGET.found.pack`, where there is one, holds every input that once
//! broke something.

use std::path::PathBuf;

use crate::fixtures::fixture;

/// Bytes of all inputs as one file.
#[must_use]
pub fn pack(inputs: &[Vec<u8>]) -> Vec<u8> {
    inputs.iter().flat_map(|input| [&(input.len() as u32).to_le_bytes()[..], input].concat()).collect()
}

/// The inputs of a packed file; the last may be cut.
#[must_use]
pub fn unpack(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (input, rest) = rest.split_at(rest.len().min(u32::from_le_bytes(*length) as usize));
        inputs.push(input.to_vec());
        bytes = rest;
    }
    inputs
}

/// The file of those inputs of a target that once broke something. They are only ever added to; the others are
/// minimised again from time to time.
#[must_use]
pub fn found(target: &str) -> PathBuf {
    fixture(&format!("hostile/{target}.found.pack"))
}

/// The saved inputs of a target.
///
/// # Panics
/// If there is no such file.
#[must_use]
pub fn read(target: &str) -> Vec<Vec<u8>> {
    let path = fixture(&format!("hostile/{target}.pack"));
    let mut inputs = unpack(&std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    inputs.extend(unpack(&std::fs::read(found(target)).unwrap_or_default()));
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let inputs = vec![vec![], vec![1, 2, 3], vec![0; 300]];
        assert_eq!(unpack(&pack(&inputs)), inputs);
        assert_eq!(unpack(&pack(&inputs)[..8]), [Vec::<u8>::new(), vec![]]);
    }
}
