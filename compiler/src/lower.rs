//! Graph to program: the one place where a float becomes an integer.

use miette::Diagnostic;
use thiserror::Error;

/// A graph that no program expresses.
#[derive(Debug, Error, Diagnostic)]
pub enum LowerError {
    /// Found against expected, and what to do.
    #[error("{found}")]
    #[diagnostic(code(snnc::lower))]
    Unsupported {
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        #[help]
        help: String,
    },
}
