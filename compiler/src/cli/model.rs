//! From paths to models and samples in memory.

use std::path::{Component, Path, PathBuf};

use bumpalo::Bump;
use bytes::Bytes;
use miette::Diagnostic;
use snnc::compiled::Compiled;
use snnc::compiled_file;
use snnc::container::{self, Kind};
use snnc::data::Dataset;
use snnc::frontend::{self, LoadOptions, ModelFile};
use snnc::ir::Graph;
use snnc::pipeline::{self, Built};
use snnc::proof::prove;
use thiserror::Error;

use super::Model;

/// Name of the compiled network in a folder that `compile` wrote.
pub const NETWORK: &str = "network.snn";

/// A file that cannot be read, or options that do not fit it.
#[derive(Debug, Error, Diagnostic)]
pub enum InputError {
    /// The operating system says no.
    #[error("`{path}` cannot be read: {reason}")]
    #[diagnostic(code(snnc::input))]
    Unreadable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// An option that would choose again what was chosen.
    #[error("`{path}` is a compiled network, in which {option} is settled")]
    #[diagnostic(code(snnc::input::compiled), help("give the model file, or leave the option out"))]
    Settled {
        /// The path.
        path: String,
        /// The option.
        option: &'static str,
    },
    /// A size or a drop that no choice of widths reaches.
    #[error("{wanted} cannot be reached: {reached}")]
    #[diagnostic(code(snnc::compress::goal), help("ask for less, or prune the network first"))]
    Goal {
        /// What was asked for.
        wanted: String,
        /// What there is.
        reached: String,
    },
    /// Spike trains for a network that takes one constant input.
    #[error("`{path}` was compiled for inputs that stay the same over time, and takes no spike trains")]
    #[diagnostic(code(snnc::input::constant), help("leave --encode out, or run the model file with --encode"))]
    ConstantInput {
        /// The path.
        path: String,
    },
    /// A compiled network where a float graph is needed.
    #[error("`{path}` is a compiled network; the float graph is not in it")]
    #[diagnostic(code(snnc::input::float), help("give the model file that it was compiled from"))]
    NoGraph {
        /// The path.
        path: String,
    },
}

/// What MODEL names.
pub enum Opened {
    /// A model file, with the warnings of its frontend.
    Graph(Box<Graph>, Vec<String>),
    /// A compiled network, as its bytes.
    Compiled(Bytes),
}

/// Reads a whole file.
pub fn read(path: &Path) -> miette::Result<Bytes> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Bytes::from(bytes)),
        Err(error) => Err(InputError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
            help: "check the path and its permissions".into(),
        }
        .into()),
    }
}

/// Opens MODEL: a model file, a compiled network, or the folder that holds one.
pub fn open(path: &Path, options: &LoadOptions) -> miette::Result<Opened> {
    let path = if path.is_dir() { path.join(NETWORK) } else { path.to_owned() };
    let bytes = read(&path)?;
    if container::kind(&bytes) == Some(Kind::Program) {
        return Ok(Opened::Compiled(bytes));
    }
    let loaded = as_file(&path, bytes, |file| frontend::load(file, options))?;
    Ok(Opened::Graph(Box::new(loaded.graph), loaded.warnings))
}

/// Calls `f` with a file's bytes as a model file that lies where it was read.
pub fn as_file<T>(path: &Path, bytes: Bytes, f: impl FnOnce(&ModelFile<'_>) -> T) -> T {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    f(&ModelFile { name: &name, bytes, beside: &|relative| beside(&folder, relative) })
}

/// A file of the model's own folder; nothing outside it, not even through a link.
fn beside(folder: &Path, relative: &Path) -> std::io::Result<Bytes> {
    let refused = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it lies outside the model's folder");
    if !relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(refused());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let path = folder.join(relative).canonicalize()?;
    if !path.starts_with(folder.canonicalize()?) {
        return Err(refused());
    }
    std::fs::read(path).map(Bytes::from)
}

/// Reads samples.
pub fn dataset(path: &Path) -> miette::Result<Dataset> {
    Ok(Dataset::read(&path.display().to_string(), &read(path)?)?)
}

/// Prints warnings.
pub fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

/// A network that can run, and the float graph where there is one.
pub struct Network<'a> {
    /// The integer network.
    pub built: Built<'a>,
    /// The float graph, its timesteps and input settled.
    pub graph: Option<Graph>,
}

/// Opens and compiles MODEL; `data` tells the kind of its input where there are no calibration samples.
pub fn network<'a>(model: &Model, data: Option<&Dataset>, arena: &'a Bump) -> miette::Result<Network<'a>> {
    compile(open(&model.model, &model.options())?, model, data, arena)
}

/// Compiles what was opened.
pub fn compile<'a>(
    opened: Opened,
    model: &Model,
    data: Option<&Dataset>,
    arena: &'a Bump,
) -> miette::Result<Network<'a>> {
    match opened {
        Opened::Graph(mut graph, warnings) => {
            warn(&warnings);
            let mut calib = model.calib.as_deref().map(dataset).transpose()?;
            if let (Some(samples), Some(code)) = (calib.as_mut(), data.and_then(|data| data.rate)) {
                // spike trains of their own: not those of the data
                *samples = samples.clone().rate_coded(code.shape, code.timesteps, !code.seed)?;
            }
            let timesteps = pipeline::present(&mut graph, calib.as_ref().or(data), calib.is_some())?;
            let built = pipeline::build(&graph, timesteps, calib.as_ref(), &model.choices(), arena)?;
            warn(&built.warnings);
            Ok(Network { built, graph: Some(*graph) })
        }
        Opened::Compiled(bytes) => {
            let path = model.model.display().to_string();
            let weights = !model.weights.is_auto();
            for (given, option) in [
                (model.calib.is_some(), "--calib"),
                (model.timesteps.is_some(), "--timesteps"),
                (weights, "--weights"),
                (model.membrane_bits.is_some(), "--membrane-bits"),
            ] {
                if given {
                    return Err(InputError::Settled { path, option }.into());
                }
            }
            let compiled: Compiled<'a> = compiled_file::load(&path, &bytes, arena, prove)?;
            let built = Built { compiled, graph: None, applied: vec![], price: None, warnings: vec![] };
            Ok(Network { built, graph: None })
        }
    }
}

/// Default output folder: the model's name and the target, in the current folder.
pub fn default_folder(model: &Path, target: &str) -> PathBuf {
    let stem = model.file_stem().map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
    PathBuf::from(format!("{stem}-{target}"))
}
