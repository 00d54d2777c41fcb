//! NIR, the Neuromorphic Intermediate Representation (Pedersen et al. 2024, <https://neuroir.org>): HDF5 files `.nir`.
//!
//! ```text
//! bytes - hdf5 (tree, under limits) - parse (nodes and edges) - inline (one flat graph: no nested graphs)
//!       - reading (what the file leaves open: options, what the file tells) - order (cycles, execution order)
//!       - build (shapes, neurons, sums) -> Graph
//! ```
//! A NIR neuron is a differential equation. How a framework steps it (`dt`, which reset, when, how many spikes) is not in
//! the file: see [`reading`].

mod build;
mod detect;
mod hdf5;
mod inline;
mod neuron;
mod order;
mod parse;
pub mod reading;
#[cfg(test)]
mod tests;
mod write;

pub use write::{Written, write};

use super::{Frontend, FrontendError, LoadOptions, Loaded, ModelFile, NodeError};
use crate::error::AtNode;

/// This format.
pub const FRONTEND: Frontend = Frontend { name: "nir", accepts, load };

fn accepts(file: &ModelFile<'_>) -> bool {
    file.bytes.starts_with(hdf5::SIGNATURE) || file.name.to_ascii_lowercase().ends_with(".nir")
}

fn load(file: &ModelFile<'_>, options: &LoadOptions) -> Result<Loaded, FrontendError> {
    let damaged = |found: String| FrontendError::Damaged { file: file.name.into(), found };
    let tree = hdf5::read(&file.bytes).map_err(damaged)?;
    let parsed = parse::graph(tree).map_err(|found| match found {
        parse::Trouble::File(found) => damaged(found),
        parse::Trouble::Node(error) => (*error).into(),
    })?;
    let flat = inline::flatten(parsed)?;
    let mut warnings = Vec::new();
    let timesteps = reading::noted_timesteps(&flat.notes);
    let reading = reading::settle(&flat, &options.nir, file.name, &mut warnings)?;
    let name = file.name.strip_suffix(".nir").unwrap_or(file.name);
    let mut graph = build::graph(flat, &reading, &options.nir, name, &mut warnings)?;
    graph.timesteps = options.timesteps.or(timesteps);
    graph.validate()?;
    Ok(Loaded { graph, warnings })
}

/// What was found and what to do.
fn invalid(found: impl Into<String>, help: &str) -> NodeError {
    NodeError::Invalid { found: found.into(), help: help.into() }
}

/// An error at a node of the file.
fn at(node: &str, kind: &str, source: NodeError) -> AtNode<NodeError> {
    AtNode { node: node.into(), op: kind.into(), source }
}
