//! What is left on the user's disk: whole or not at all, and never over something that snnc did not write.

mod arrays;
mod file;
mod folder;

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

pub use arrays::{LayerSpikes, layer_spikes, scores, spikes};
pub use file::{copy_file, write_file};
pub use folder::{MARKER, write_folder};

/// Output that cannot be written.
#[derive(Debug, Error, Diagnostic)]
pub enum OutputError {
    /// Something of the user's stands there.
    #[error("`{}` is not replaced: {found}", path.display())]
    #[diagnostic(code(snnc::output::occupied), help("give another name, or remove it yourself"))]
    Occupied {
        /// What was to be written.
        path: PathBuf,
        /// What stands there.
        found: String,
    },
    /// A path without a name of its own, such as `..`.
    #[error("`{}` does not name a new file or folder", path.display())]
    #[diagnostic(code(snnc::output::name), help("give a path that ends in a name"))]
    Name {
        /// The path.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("`{}` cannot be written", path.display())]
    #[diagnostic(
        code(snnc::output::write),
        help("nothing was changed: the folder it lies in must exist, be writable and have room")
    )]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The folder that `path` lies in, `.` for a bare name.
fn parent(path: &Path) -> Result<&Path, OutputError> {
    match (path.file_name(), path.parent()) {
        (Some(_), Some(parent)) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        (Some(_), Some(parent)) => Ok(parent),
        (None, _) | (_, None) => Err(OutputError::Name { path: path.into() }),
    }
}

/// Attaches the path to an error of the system.
fn at(path: &Path) -> impl Fn(std::io::Error) -> OutputError + '_ {
    move |source| OutputError::Io { path: path.into(), source }
}
