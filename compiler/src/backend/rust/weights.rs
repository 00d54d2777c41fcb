//! Tables of weights: binary files, and the source that names them.

use snnc_runtime::program::Synapses;

/// A table of numbers in a file of its own.
pub(super) struct Weights {
    pub(super) doc: String,
    pub(super) constant: String,
    pub(super) element: &'static str,
    pub(super) len: usize,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// The source of `synapses` whose tables are named after `constant`, and those tables.
pub(super) fn synapses(synapses: &Synapses<'_>, constant: &str, doc: &str) -> (String, Vec<Weights>) {
    let mut tables = Vec::new();
    let mut table = |suffix: &str, what: &str, element, (len, bytes): (usize, Vec<u8>)| {
        let constant = format!("{constant}{suffix}");
        let path = format!("weights/{}.bin", constant.to_ascii_lowercase());
        let source = format!("&{constant}.0");
        tables.push(Weights { doc: format!("{doc}: {what}."), constant, element, len, path, bytes });
        source
    };
    let source = match synapses {
        Synapses::Int8 { weights } => {
            let weights = table("", "rows of one per output", "i8", i8s(weights));
            format!("Synapses::Int8 {{ weights: {weights} }}")
        }
        Synapses::Binary { signs } => {
            let signs = table("", "rows of one bit per output", "u32", u32s(signs));
            format!("Synapses::Binary {{ signs: {signs} }}")
        }
        Synapses::Planes { bits, odd, planes } => {
            let planes = table("", &format!("rows of {bits} planes of one bit per output"), "u32", u32s(planes));
            format!("Synapses::Planes {{ bits: {bits}, odd: {odd}, planes: {planes} }}")
        }
        Synapses::Nibbles { odd, nibbles } => {
            let nibbles = table("", "rows of four bits per output", "u32", u32s(nibbles));
            format!("Synapses::Nibbles {{ odd: {odd}, nibbles: {nibbles} }}")
        }
        Synapses::Codebook { index_bits, codewords, indices } => {
            let codewords = table("_CODEWORDS", "codewords, a bit per tap", "u32", u32s(codewords));
            let indices = table(
                "",
                &format!("rows of {index_bits} bits per output, an input channel each"),
                "u32",
                u32s(indices),
            );
            format!("Synapses::Codebook {{ index_bits: {index_bits}, codewords: {codewords}, indices: {indices} }}")
        }
        Synapses::Codewords { codewords, indices } => {
            let codewords = table("_CODEWORDS", "codewords, a bit per output", "u32", u32s(codewords));
            let indices = table("", "rows of a byte per 32 outputs", "u8", (indices.len(), indices.to_vec()));
            format!("Synapses::Codewords {{ codewords: {codewords}, indices: {indices} }}")
        }
        Synapses::Sparse { starts, columns, weights } => {
            let starts = table("_STARTS", "where each row begins", "u32", u32s(starts));
            let bytes = columns.iter().flat_map(|column| column.to_le_bytes()).collect();
            let columns = table("_COLUMNS", "outputs", "u16", (columns.len(), bytes));
            let weights = table("", "one per output listed", "i8", i8s(weights));
            format!("Synapses::Sparse {{ starts: {starts}, columns: {columns}, weights: {weights} }}")
        }
    };
    (source, tables)
}

fn i8s(numbers: &[i8]) -> (usize, Vec<u8>) {
    (numbers.len(), numbers.iter().map(|&number| number as u8).collect())
}

fn u32s(numbers: &[u32]) -> (usize, Vec<u8>) {
    (numbers.len(), numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
}
