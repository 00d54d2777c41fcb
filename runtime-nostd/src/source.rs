//! This crate's own source, so that what is installed alone can write it beside a generated network.

macro_rules! files {
    ($($path:literal),+ $(,)?) => { &[$(($path, include_str!($path))),+] };
}

/// The build script.
pub const BUILD: &str = include_str!("../build.rs");

/// Every file under `src`: its path there, with `/`, and its text.
pub const FILES: &[(&str, &str)] = files![
    "arch/counts.rs",
    "arch/int8.rs",
    "arch/lif.rs",
    "arch/lif_wide.rs",
    "arch/lists.rs",
    "arch/mod.rs",
    "arch/narrow.rs",
    "arch/nibbles.rs",
    "arch/scan.rs",
    "arch/thumb1/counts.rs",
    "arch/thumb1/elements.rs",
    "arch/thumb1/int8.rs",
    "arch/thumb1/lif.rs",
    "arch/thumb1/mod.rs",
    "arch/thumb1/nibbles.rs",
    "arch/thumb1/products.rs",
    "arch/thumb1/sparse.rs",
    "arch/thumb1/spikes.rs",
    "arch/thumb2/counts.rs",
    "arch/thumb2/elements.rs",
    "arch/thumb2/mod.rs",
    "arch/thumb2/products.rs",
    "arch/thumb2/sparse.rs",
    "arch/thumb2/spikes.rs",
    "arch/values.rs",
    "arch/view.rs",
    "bits.rs",
    "blob.rs",
    "elements.rs",
    "lib.rs",
    "neuron.rs",
    "pool.rs",
    "program.rs",
    "program/check.rs",
    "program/neuron.rs",
    "program/uses.rs",
    "readout.rs",
    "run.rs",
    "run/arena.rs",
    "run/known.rs",
    "run/layers.rs",
    "run/layers/plan.rs",
    "run/layers/unit.rs",
    "run/neurons.rs",
    "run/population.rs",
    "run/special.rs",
    "source.rs",
    "synapse/binary.rs",
    "synapse/codebook.rs",
    "synapse/codewords.rs",
    "synapse/int8.rs",
    "synapse/mod.rs",
    "synapse/nibbles.rs",
    "synapse/planes.rs",
    "synapse/rows.rs",
    "synapse/sparse.rs",
];

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::path::Path;
    use std::string::String;
    use std::vec::Vec;

    fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("src can be read") {
            let entry = entry.expect("src can be read");
            let name = std::format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => list(&entry.path(), &std::format!("{name}/"), found),
                false => found.push(name),
            }
        }
    }

    #[test]
    fn no_file_is_missing() {
        let mut found = Vec::new();
        list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
        found.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, found);
    }
}
