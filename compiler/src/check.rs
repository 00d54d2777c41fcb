//! What becomes of every node of a model file, and how far the network goes.
//!
//! A report says it of the file's own nodes, by their names there: of a network that is read, the graph nodes each became
//! part of; of one that is not, everything that stands in its way at once.

mod text;

use std::collections::HashMap;

use bumpalo::Bump;
use miette::Diagnostic;
use serde::Serialize;

use crate::backend::{BACKENDS, EmitOptions};
use crate::data::PIXEL_SCALE;
use crate::error::{AtNode, Error};
use crate::frontend::{self, FRONTENDS, FrontendError, LoadOptions, Loaded, ModelFile, SourceNode};
use crate::ir::{Graph, InputEncoding, Op};
use crate::pipeline::{self, Choices};

/// Timesteps that a network is compiled for where neither the file nor the user says how many.
const TIMESTEPS: u32 = 16;

/// What was found out about a model file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the file.
    pub file: String,
    /// Its format; `None` if it is none that snnc reads.
    pub format: Option<&'static str>,
    /// The verdict on all of it.
    pub verdict: Status,
    /// The nodes of the file, in its order.
    pub nodes: Vec<NodeReport>,
    /// What was assumed where the file leaves it open.
    pub assumptions: Vec<String>,
    /// How far the network goes: `graph`, `program`, then every target.
    pub stages: Vec<Stage>,
}

/// How well something is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As the file says it.
    Supported,
    /// With something assumed that the file does not say.
    Assumed,
    /// Its operation is known; what becomes of it depends on the nodes that are not supported.
    Undecided,
    /// Not at all.
    Unsupported,
}

/// One node of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeReport {
    /// Its name in the file.
    pub name: String,
    /// Its operation in the file.
    pub op: String,
    /// How well it is supported.
    pub status: Status,
    /// Names of the graph nodes it became part of; none where it was folded away, or nothing needs it.
    pub became: Vec<String>,
    /// What was assumed of it, or why it is not supported.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

/// One stage of the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// `graph`, `program`, or the name of a target.
    pub name: &'static str,
    /// Whether the network comes this far.
    pub reached: bool,
    /// What it is there, or why it is not.
    pub note: String,
    /// What to do.
    pub help: Option<String>,
}

/// Checks a model file.
#[must_use]
pub fn check(file: &ModelFile<'_>, options: &LoadOptions) -> Report {
    let frontend = FRONTENDS.iter().find(|frontend| (frontend.accepts)(file));
    let nodes = frontend.and_then(|frontend| (frontend.nodes)(file).ok()).unwrap_or_default();
    let report = |SourceNode { name, op }| NodeReport {
        name,
        op,
        status: Status::Supported,
        became: vec![],
        note: None,
        help: None,
    };
    let mut report = Report {
        file: file.name.into(),
        format: frontend.map(|frontend| frontend.name),
        verdict: Status::Supported,
        nodes: nodes.into_iter().map(report).collect(),
        assumptions: vec![],
        stages: vec![],
    };
    match frontend::load(file, options) {
        Ok(loaded) => report.network(loaded),
        Err(error) => report.unread(error),
    }
    let nodes = report.nodes.iter().map(|node| node.status);
    let program = ["graph", "program"];
    let stops = report.stages.iter().any(|stage| !stage.reached && program.contains(&stage.name));
    let network = match (stops, report.assumptions.is_empty()) {
        (true, _) => Status::Unsupported,
        (false, false) => Status::Assumed,
        (false, true) => Status::Supported,
    };
    report.verdict = nodes.fold(network, Status::max);
    report
}

impl Report {
    /// The stage `name`.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Says how far a network goes that was read.
    fn network(&mut self, loaded: Loaded) {
        let Loaded { mut graph, warnings } = loaded;
        self.became(&graph);
        for warning in &warnings {
            self.assume(warning);
        }
        self.assumptions = warnings;
        let neurons: usize = graph.nodes.iter().filter(|n| matches!(n.op, Op::Neuron(_))).map(|n| n.shape.len()).sum();
        self.reach("graph", format!("{} nodes, {neurons} neurons", graph.nodes.len()));
        let timesteps = graph.timesteps.unwrap_or_else(|| {
            self.assumptions
                .push(format!("the file does not say its timesteps; compiled for {TIMESTEPS} (--timesteps)"));
            TIMESTEPS
        });
        if let Op::Input(input) = &mut graph.nodes[0].op
            && input.encoding == InputEncoding::Real
        {
            input.encoding = InputEncoding::Integer { scale: PIXEL_SCALE, bits: 8, signed: false };
        }
        let arena = Bump::new();
        let built = match pipeline::build(&graph, timesteps, None, &Choices::default(), &arena) {
            Ok(built) => built,
            Err(error) => return self.stop("program", &graph, &error),
        };
        let compiled = &built.compiled;
        self.reach("program", format!("{} steps, {timesteps} timesteps", compiled.program.steps().len()));
        for backend in BACKENDS {
            match (backend.emit)(compiled, &EmitOptions::default()) {
                Ok(emitted) => self.reach(backend.name, format!("{} files", emitted.files.len())),
                Err(error) => {
                    let Trouble { node, note, help } = Trouble::at(&error);
                    let note = format!("`{}`: {note}", node.unwrap_or_default());
                    self.stages.push(Stage { name: backend.name, reached: false, note, help });
                }
            }
        }
    }

    /// Notes which graph nodes every node of the file became part of.
    fn became(&mut self, graph: &Graph) {
        let mut made: HashMap<&str, Vec<&str>> = HashMap::new();
        for node in &graph.nodes {
            let origin = if node.origin.is_empty() { std::slice::from_ref(&node.name) } else { &node.origin };
            for name in origin {
                let made = made.entry(name).or_default();
                if made.last() != Some(&node.name.as_str()) {
                    made.push(&node.name);
                }
            }
        }
        for node in &mut self.nodes {
            let names = made.get(node.name.as_str()).into_iter().flatten();
            node.became = names.map(|&name| name.to_owned()).collect();
        }
    }

    /// Marks the nodes that a warning names.
    fn assume(&mut self, warning: &str) {
        let named = |name: &String| warning.contains(&format!("`{name}`"));
        for node in &mut self.nodes {
            if named(&node.name) || node.became.iter().any(named) {
                node.status = Status::Assumed;
                node.note.get_or_insert_with(|| warning.into());
            }
        }
    }

    fn reach(&mut self, name: &'static str, note: String) {
        self.stages.push(Stage { name, reached: true, note, help: None });
    }

    /// Says at which nodes of the file a network stops that was read.
    fn stop(&mut self, stage: &'static str, graph: &Graph, error: &Error) {
        let trouble = Trouble::of(error);
        let at = graph.nodes.iter().find(|node| Some(&node.name) == trouble.node.as_ref());
        for node in &mut self.nodes {
            let part = |at: &crate::ir::Node| node.name == at.name || node.became.contains(&at.name);
            if at.is_some_and(part) {
                node.status = Status::Unsupported;
                node.note = Some(trouble.note.clone());
                node.help.clone_from(&trouble.help);
            }
        }
        self.stages.push(trouble.stage(stage));
    }

    /// Says what stands in the way of a file that was not read.
    fn unread(&mut self, error: FrontendError) {
        for node in &mut self.nodes {
            node.status = Status::Undecided;
        }
        let troubles: Vec<Trouble> = match &error {
            FrontendError::Unsupported { nodes, .. } => nodes.iter().map(Trouble::at).collect(),
            _ => vec![],
        };
        let whole = match troubles.as_slice() {
            [] => Trouble::of(&Error::from(error)),
            _ => Trouble { node: None, note: error.to_string(), help: None },
        };
        for trouble in troubles.iter().chain([&whole]) {
            let Some(name) = &trouble.node else { continue };
            for node in self.nodes.iter_mut().filter(|node| node.name == *name) {
                node.status = Status::Unsupported;
                node.note = Some(trouble.note.clone());
                node.help.clone_from(&trouble.help);
            }
        }
        self.same_operation(&troubles);
        self.stages.push(whole.stage("graph"));
    }

    /// Says of the undecided nodes that they may fare as an unsupported one of the same operation: what a node behind an
    /// unsupported one takes is not known.
    fn same_operation(&mut self, troubles: &[Trouble]) {
        let unsupported = |node: &&NodeReport| node.status == Status::Unsupported;
        let ops: HashMap<String, String> =
            self.nodes.iter().filter(unsupported).map(|node| (node.op.clone(), node.name.clone())).collect();
        for node in self.nodes.iter_mut().filter(|node| !troubles.is_empty() && node.status == Status::Undecided) {
            node.note = ops.get(&node.op).map(|like| format!("of the same operation as `{like}`"));
        }
    }
}

/// An error taken apart.
struct Trouble {
    /// The node it is at.
    node: Option<String>,
    /// What was found.
    note: String,
    /// What to do.
    help: Option<String>,
}

impl Trouble {
    fn at<E: std::error::Error + Diagnostic>(error: &AtNode<E>) -> Self {
        let help = error.source.help().map(|help| help.to_string());
        Self { node: Some(error.node.clone()), note: error.source.to_string(), help }
    }

    fn of(error: &Error) -> Self {
        match error {
            Error::Frontend(FrontendError::Node(error)) => Self::at(error),
            Error::Frontend(FrontendError::Graph(error)) | Error::Graph(error) => Self::at(error),
            Error::Pass(error) => Self::at(error),
            Error::Lower(error) => Self::at(error),
            Error::Backend(error) => Self::at(error),
            Error::Frontend(
                FrontendError::UnknownFormat { .. }
                | FrontendError::Damaged { .. }
                | FrontendError::ExternalData { .. }
                | FrontendError::Unsupported { .. }
                | FrontendError::Network { .. },
            )
            | Error::Data(_)
            | Error::CompiledFile(_)
            | Error::Output(_) => {
                Self { node: None, note: error.to_string(), help: error.help().map(|help| help.to_string()) }
            }
        }
    }

    /// A stage that is not reached.
    fn stage(self, name: &'static str) -> Stage {
        let note = match self.node {
            Some(node) => format!("`{node}`: {}", self.note),
            None => self.note,
        };
        Stage { name, reached: false, note, help: self.help }
    }
}
