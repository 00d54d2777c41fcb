//! Files that are mostly zeros, as HDF5's are, in short: an `R`, then the bytes, each run of zeros as a zero and its
//! length less one.

/// Bytes of a made file.
const MAX: usize = 1 << 17;

/// The file that an input is, or stands for.
pub fn file(input: &[u8]) -> Vec<u8> {
    let Some(short) = input.strip_prefix(b"R") else { return input.to_vec() };
    let mut file = Vec::with_capacity(short.len() * 8);
    let mut bytes = short.iter();
    while let Some(&byte) = bytes.next() {
        let run = if byte == 0 { usize::from(*bytes.next().unwrap_or(&0)) } else { 0 };
        file.resize((file.len() + run + 1).min(MAX), byte);
    }
    file
}

/// A file in short.
#[must_use]
pub fn short(file: &[u8]) -> Vec<u8> {
    let mut short = b"R".to_vec();
    for run in file.chunk_by(|a, b| *a == 0 && *b == 0) {
        match run[0] {
            0 => run.chunks(256).for_each(|zeros| short.extend([0, (zeros.len() - 1) as u8])),
            byte => short.push(byte),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shortened_is_the_same_file() {
        for bytes in [vec![], vec![0; 1000], vec![1, 0, 2, 0, 0, 3], vec![7; 3]] {
            assert_eq!(file(&short(&bytes)), bytes);
        }
        assert_eq!(file(b"\x89HDF"), b"\x89HDF");
    }
}
