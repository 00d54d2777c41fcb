//! Errors: one enum per stage. Every message says what was found and what was expected; [`AtNode`] adds the node.

use miette::Diagnostic;
use thiserror::Error;

/// What went wrong, at which node of the source model.
#[derive(Debug, Error, Diagnostic)]
#[error("node `{node}` ({op})")]
pub struct AtNode<E: std::error::Error + Diagnostic + 'static> {
    /// Name in the source model.
    pub node: String,
    /// Its operation.
    pub op: String,
    /// The trouble.
    #[source]
    #[diagnostic_source]
    pub source: E,
}

/// A graph that breaks an invariant of [`crate::ir`].
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum GraphError {
    /// A shape that disagrees with the operation.
    #[error("found shape {found}, expected {expected}")]
    #[diagnostic(code(snnc::graph::shape), help("the file's shapes contradict each other: export the model again"))]
    Shape {
        /// What the node says or is given.
        found: String,
        /// What its operation needs.
        expected: String,
    },
    /// A parameter of the wrong length.
    #[error("{parameter} has {found} elements, expected {expected}")]
    #[diagnostic(code(snnc::graph::length), help("export the model again, in eval mode"))]
    Length {
        /// Its name.
        parameter: &'static str,
        /// Elements there are.
        found: usize,
        /// Elements there must be.
        expected: String,
    },
    /// NaN or an infinity.
    #[error("{parameter} holds {found}")]
    #[diagnostic(
        code(snnc::graph::not_finite),
        help("weights and parameters must be finite numbers: the training has diverged or the file is damaged")
    )]
    NotFinite {
        /// Its name.
        parameter: &'static str,
        /// NaN, inf or -inf.
        found: f32,
    },
    /// A parameter outside its range.
    #[error("{parameter} is {found}, expected {expected}")]
    #[diagnostic(code(snnc::graph::range))]
    Range {
        /// Its name.
        parameter: &'static str,
        /// Its value.
        found: String,
        /// The range.
        expected: &'static str,
    },
    /// More elements than any machine has memory for.
    #[error("the feature maps hold {found}, at most {most} for all nodes together")]
    #[diagnostic(
        code(snnc::graph::total),
        help(
            "the network is too large for a microcontroller or an FPGA: use smaller images, or fewer channels or delays"
        )
    )]
    Total {
        /// What there are.
        found: String,
        /// The limit.
        most: usize,
    },
    /// A step graph without timesteps.
    #[error("the model does not say for how many timesteps a sample runs")]
    #[diagnostic(code(snnc::graph::timesteps), help("give --timesteps T, the number the network was trained with"))]
    Timesteps,
    /// Neurons with numbers for fewer timesteps than there are.
    #[error("its numbers are those of {expected} timesteps; a sample runs for {found}")]
    #[diagnostic(code(snnc::graph::thresholds), help("run it for --timesteps {expected}, or fewer"))]
    Thresholds {
        /// Timesteps of a sample.
        found: u32,
        /// Timesteps that have thresholds, or rows of a mix.
        expected: usize,
    },
    /// Sources that do not exist, come later, or are too few or too many.
    #[error("{found}")]
    #[diagnostic(
        code(snnc::graph::structure),
        help("the graph must be acyclic; a loop goes through a delay of a timestep")
    )]
    Structure {
        /// What is wrong.
        found: String,
    },
}

/// Anything the library can refuse.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// A model file.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Frontend(#[from] crate::frontend::FrontendError),
    /// A graph, after a frontend or a pass.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Graph(#[from] AtNode<GraphError>),
    /// A pass.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pass(#[from] AtNode<crate::pass::PassError>),
    /// Lowering to integers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lower(#[from] AtNode<crate::lower::LowerError>),
    /// Samples.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] crate::data::DataError),
    /// A backend.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backend(#[from] AtNode<crate::backend::BackendError>),
    /// A compiled network.
    #[error(transparent)]
    #[diagnostic(transparent)]
    CompiledFile(#[from] crate::compiled_file::CompiledFileError),
    /// Output.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] crate::output::OutputError),
}
