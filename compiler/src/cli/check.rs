//! `snnc check`: node by node, what is supported of a model file, and how far the network goes.

use std::process::ExitCode;

use snnc::check::{Status, check};
use snnc::container::{self, Kind};
use snnc::frontend::LoadOptions;

use super::model::{self, InputError};
use super::{Check, Target, print_json, show};

pub fn run(arguments: &Check) -> miette::Result<ExitCode> {
    let bytes = model::read(&arguments.model)?;
    if container::kind(&bytes) == Some(Kind::Program) {
        return Err(InputError::NoGraph { path: arguments.model.display().to_string() }.into());
    }
    let options = LoadOptions { timesteps: arguments.timesteps, nir: arguments.nir.options() };
    let report = model::as_file(&arguments.model, bytes, |file| check(file, &options));
    match arguments.json {
        true => print_json(&report)?,
        false => show(&report.to_string())?,
    }
    let emitted = match arguments.target.map(Target::name) {
        Some(target) => report.stage(target).is_some_and(|stage| stage.reached),
        None => true,
    };
    let enough = match report.verdict {
        Status::Supported => true,
        Status::Assumed => !arguments.strict,
        Status::Undecided | Status::Unsupported => false,
    };
    Ok(if enough && emitted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
