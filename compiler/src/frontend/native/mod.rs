//! `.snn`: the native model, a safetensors file whose metadata holds the graph as JSON. `docs/native-model.md` is its
//! description for people who write one.

mod load;
mod save;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use save::save;

use super::{Frontend, FrontendError, LoadOptions, Loaded, ModelFile, SourceNode};
use crate::container::{Container, Kind, is_container, kind};

/// This format.
pub const FRONTEND: Frontend = Frontend { name: "native", accepts, load, nodes };

fn accepts(file: &ModelFile<'_>) -> bool {
    file.name.ends_with(".snn") || is_container(&file.bytes)
}

fn open<'f>(file: &'f ModelFile<'_>) -> Result<Container<'f>, FrontendError> {
    Container::open(&file.bytes).map_err(|found| FrontendError::Damaged {
        file: file.name.into(),
        found: format!("not a native model: {found}"),
    })
}

fn nodes(file: &ModelFile<'_>) -> Result<Vec<SourceNode>, FrontendError> {
    load::nodes(file.name, open(file)?)
}

fn load(file: &ModelFile<'_>, options: &LoadOptions) -> Result<Loaded, FrontendError> {
    let container = open(file)?;
    if kind(&file.bytes) == Some(Kind::Program) {
        return Err(FrontendError::Network {
            file: file.name.into(),
            found: "it is a compiled network, where a model was expected".into(),
            help: "`run` and `verify` take it as it is; to compile again, give the model it was compiled from".into(),
        });
    }
    let mut graph = load::graph(file.name, container)?;
    let mut warnings = Vec::new();
    if let Some(timesteps) = options.timesteps {
        if let Some(own) = graph.timesteps.filter(|&own| own != timesteps) {
            warnings.push(format!("`{}` is made for {own} timesteps and runs for {timesteps} instead", file.name));
        }
        graph.timesteps = Some(timesteps);
    }
    graph.validate()?;
    Ok(Loaded { graph, warnings })
}
