//! `snnc convert`: any model to a native `.snn` file.

use std::process::ExitCode;

use snnc::frontend::{LoadOptions, native};
use snnc::output::write_file;

use super::model::{self, InputError, Opened};
use super::{Convert, show};

pub fn run(arguments: &Convert) -> miette::Result<ExitCode> {
    match model::open(&arguments.model, &LoadOptions { timesteps: None, nir: arguments.nir.options() })? {
        Opened::Graph(graph, warnings) => {
            model::warn(&warnings);
            write_file(&arguments.output, &native::save(&graph)?)?;
            show(&format!("`{}`: {} nodes\n", arguments.output.display(), graph.nodes.len()))?;
            Ok(ExitCode::SUCCESS)
        }
        Opened::Compiled(_) => Err(InputError::NoGraph { path: arguments.model.display().to_string() }.into()),
    }
}
