//! .snn: the native model.

use super::{Frontend, FrontendError, LoadOptions, Loaded, ModelFile};

/// This format.
pub const FRONTEND: Frontend = Frontend { name: "native", accepts, load };

fn accepts(_file: &ModelFile<'_>) -> bool {
    false
}

fn load(file: &ModelFile<'_>, _options: &LoadOptions) -> Result<Loaded, FrontendError> {
    Err(FrontendError::UnknownFormat { file: file.name.into() })
}
