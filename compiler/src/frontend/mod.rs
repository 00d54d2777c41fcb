//! Model files to [`Graph`]s: a folder per format, and nobody else knows the format.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use miette::Diagnostic;
use thiserror::Error;

use crate::error::{AtNode, GraphError};
use crate::ir::Graph;

mod foreign;
pub mod native;
pub mod nir;
pub mod onnx;

/// A model file in memory, and how to get at the files beside it.
pub struct ModelFile<'a> {
    /// Its name without folder, for messages and for [`Graph::name`].
    pub name: &'a str,
    /// Its content.
    pub bytes: Bytes,
    /// Gives a file of the model's own folder by its relative path; refuses anything outside that folder.
    pub beside: &'a dyn Fn(&Path) -> std::io::Result<Bytes>,
}

/// One format.
pub struct Frontend {
    /// Name in messages.
    pub name: &'static str,
    /// Whether a file looks like this format (a look at its first bytes and its ending).
    pub accepts: fn(&ModelFile<'_>) -> bool,
    /// Reads it. The file is hostile until this has returned.
    pub load: fn(&ModelFile<'_>, &LoadOptions) -> Result<Loaded, FrontendError>,
    /// Lists the file's own nodes in its order, understood or not. [`crate::ir::Node::origin`] names them.
    pub nodes: fn(&ModelFile<'_>) -> Result<Vec<SourceNode>, FrontendError>,
}

/// A node as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceNode {
    /// Its name, as messages have it.
    pub name: String,
    /// Its operation in the format's words.
    pub op: String,
}

/// What the user says about a model beyond its file.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// Timesteps of a sample; overrides those of the file.
    pub timesteps: Option<u32>,
    /// How a NIR file is stepped; other formats say so themselves.
    pub nir: nir::reading::NirOptions,
}

/// A model as its frontend understood it.
#[derive(Debug)]
pub struct Loaded {
    /// The validated graph.
    pub graph: Graph,
    /// What was assumed or overridden, for the user to read.
    pub warnings: Vec<String>,
}

/// Every format, in the order they are tried.
pub const FRONTENDS: &[Frontend] = &[native::FRONTEND, nir::FRONTEND, onnx::FRONTEND];

/// A model file that cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum FrontendError {
    /// None of the formats.
    #[error("`{file}` is not a model that snnc reads{found}")]
    #[diagnostic(code(snnc::frontend::format))]
    UnknownFormat {
        /// Name of the file.
        file: String,
        /// What it is, where that is known: `: it is ...`.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// Bytes that are not the format they claim to be.
    #[error("`{file}` is damaged: {found}")]
    #[diagnostic(code(snnc::frontend::damaged), help("export or copy the file again"))]
    Damaged {
        /// Name of the file.
        file: String,
        /// What was found.
        found: String,
    },
    /// A file beside the model.
    #[error("`{file}` keeps weights in `{path}`, which cannot be read: {reason}")]
    #[diagnostic(
        code(snnc::frontend::external_data),
        help("put the file into the model's own folder; nothing outside it is read")
    )]
    ExternalData {
        /// Name of the model file.
        file: String,
        /// The path it names.
        path: PathBuf,
        /// Why it cannot be read.
        reason: String,
    },
    /// A node or tensor that says something impossible.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Node(#[from] AtNode<NodeError>),
    /// Nodes that are not supported, all of them.
    #[error("`{file}` has {} node(s) that snnc does not support", nodes.len())]
    #[diagnostic(code(snnc::frontend::unsupported))]
    Unsupported {
        /// Name of the file.
        file: String,
        /// Each with its reason.
        #[related]
        nodes: Vec<AtNode<NodeError>>,
    },
    /// The network as a whole.
    #[error("`{file}`: {found}")]
    #[diagnostic(code(snnc::frontend::network))]
    Network {
        /// Name of the file.
        file: String,
        /// What was found.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// A graph that breaks an invariant.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Graph(#[from] AtNode<GraphError>),
}

/// What is wrong with one node or tensor of a model file.
#[derive(Debug, Error, Diagnostic)]
pub enum NodeError {
    /// Found against expected, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::frontend::node))]
    Invalid {
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}

/// Reads a model file of any format.
///
/// # Errors
/// [`FrontendError`], naming the file or the node.
pub fn load(file: &ModelFile<'_>, options: &LoadOptions) -> Result<Loaded, FrontendError> {
    match foreign::known(&file.bytes) {
        Some(foreign) => Err(foreign.refused(file.name)),
        None => match FRONTENDS.iter().find(|frontend| (frontend.accepts)(file)) {
            Some(frontend) => (frontend.load)(file, options),
            None => Err(foreign::UNKNOWN.refused(file.name)),
        },
    }
}
