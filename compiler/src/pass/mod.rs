//! Graph to graph, one file per pass.

use miette::Diagnostic;
use thiserror::Error;

/// A graph that a pass cannot rewrite.
#[derive(Debug, Error, Diagnostic)]
pub enum PassError {
    /// Found against expected, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::pass))]
    Unsupported {
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}
