//! `snnc convert`: any model to a native `.snn` file, or to a NIR file.

use std::process::ExitCode;

use snnc::frontend::{LoadOptions, native, nir};
use snnc::output::write_file;

use super::model::{self, InputError, Opened};
use super::{Convert, show};

pub fn run(arguments: &Convert) -> miette::Result<ExitCode> {
    match model::open(&arguments.model, &LoadOptions { timesteps: None, nir: arguments.nir.options() })? {
        Opened::Graph(graph, warnings) => {
            model::warn(&warnings);
            let is_nir = arguments.output.extension().is_some_and(|e| e.eq_ignore_ascii_case("nir"));
            let bytes = if is_nir {
                let written = nir::write(&graph)?;
                model::warn(&written.warnings);
                written.bytes
            } else {
                native::save(&graph)?
            };
            write_file(&arguments.output, &bytes)?;
            show(&format!("`{}`: {} nodes\n", arguments.output.display(), graph.nodes.len()))?;
            Ok(ExitCode::SUCCESS)
        }
        Opened::Compiled(_) => Err(InputError::NoGraph { path: arguments.model.display().to_string() }.into()),
    }
}
