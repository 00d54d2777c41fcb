//! ONNX: a file of one timestep with its states as inputs and outputs, or of all timesteps: unrolled, in a loop, or in an
//! axis of their own.
//!
//! ```text
//! bytes - proto - import (one sample, time unrolled, constants folded, equal expressions one) -> Net
//!       - signals (polynomials between membrane potentials) - populations -> neurons, and the current of each
//!       - timestep (the currents of all timesteps must be one expression) - build -> Graph
//! ```
//! Neurons are recognised by what they compute, not by how it is written: see [`populations`].

mod algebra;
mod build;
mod feed_forward;
mod import;
mod net;
mod ops;
mod populations;
mod proto;
mod readout;
mod recurrence;
mod scalar;
mod signals;
mod states;
mod tensor;
#[cfg(test)]
mod tests;
mod timestep;
mod wire;

use prost::Message;

pub use states::{StateKind, StateMap};

use super::{Frontend, FrontendError, LoadOptions, Loaded, ModelFile, NodeError, SourceNode};
use crate::error::AtNode;

/// This format.
pub const FRONTEND: Frontend = Frontend { name: "onnx", accepts, load, nodes };

/// An ONNX file starts with its field 1, `ir_version`, a varint; a file named `.onnx` means to be one.
fn accepts(file: &ModelFile<'_>) -> bool {
    file.bytes.first() == Some(&0x08) || file.name.to_ascii_lowercase().ends_with(".onnx")
}

fn decode(file: &ModelFile<'_>) -> Result<proto::ModelProto, FrontendError> {
    let damaged = |found: String| FrontendError::Damaged { file: file.name.into(), found };
    if file.bytes.is_empty() {
        return Err(damaged("it is empty".into()));
    }
    wire::check(&file.bytes).map_err(damaged)?;
    let model = proto::ModelProto::decode(file.bytes.clone()).map_err(|e| damaged(e.to_string()))?;
    import::inlined(model).map_err(damaged)
}

fn nodes(file: &ModelFile<'_>) -> Result<Vec<SourceNode>, FrontendError> {
    Ok(import::nodes(&decode(file)?))
}

fn load(file: &ModelFile<'_>, options: &LoadOptions) -> Result<Loaded, FrontendError> {
    load_with_states(file, options).map(|(loaded, _)| loaded)
}

/// Reads a file, and says where one of a single timestep keeps the graph's states.
///
/// # Errors
/// [`FrontendError`], naming the node.
pub fn load_with_states(file: &ModelFile<'_>, options: &LoadOptions) -> Result<(Loaded, Vec<StateMap>), FrontendError> {
    let model = decode(file)?;
    let mut imported = import::import(&model, file, options.timesteps)?;
    let (mut loaded, states) = match feed_forward::is_one(&imported) {
        true => (feed_forward::graph(&imported, file.name)?, vec![]),
        false => {
            let network = populations::recognise(&mut imported, file.name)?;
            build::graph(&imported, network, file.name)?
        }
    };
    if imported.open_timesteps {
        loaded.graph.timesteps = None;
    }
    if let Some(timesteps) = options.timesteps {
        match loaded.graph.timesteps {
            Some(own) if own != timesteps => loaded
                .warnings
                .push(format!("`{}` is unrolled over {own} timesteps; run with {timesteps} as asked", file.name)),
            _ => {}
        }
        loaded.graph.timesteps = Some(timesteps);
    }
    loaded.graph.validate()?;
    Ok((loaded, states))
}

/// What was found and what to do.
fn invalid(found: String, help: &str) -> NodeError {
    NodeError::Invalid { found, help: help.into() }
}

/// An error at a node, input or tensor of the file.
fn at(node: &str, op: &str, source: NodeError) -> AtNode<NodeError> {
    AtNode { node: node.into(), op: op.into(), source }
}
