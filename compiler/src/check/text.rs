//! A report as a table.

use std::fmt::{Display, Formatter, Result};

use super::{NodeReport, Report, Stage, Status};

impl Status {
    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Status::Supported => "supported",
            Status::Assumed => "assumed",
            Status::Undecided => "undecided",
            Status::Unsupported => "unsupported",
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.format {
            Some(format) => writeln!(f, "`{}`: {format}, {} nodes", self.file, self.nodes.len())?,
            None => writeln!(f, "`{}`: not a model", self.file)?,
        }
        let width = |text: fn(&NodeReport) -> &str, least| {
            self.nodes.iter().map(|node| text(node).chars().count()).chain([least]).max().unwrap_or(least).min(48)
        };
        let (name, op) = (width(|node| &node.name, 4), width(|node| &node.op, 9));
        if !self.nodes.is_empty() {
            writeln!(f, "{:<name$} {:<op$} status      became", "node", "operation")?;
        }
        for node in &self.nodes {
            let became = if node.became.is_empty() { "-".into() } else { node.became.join(", ") };
            let line = format!("{:<name$} {:<op$} {:<11} {became}", node.name, node.op, node.status.name());
            writeln!(f, "{line}")?;
            told(f, node.note.as_deref(), node.help.as_deref())?;
        }
        for assumption in &self.assumptions {
            writeln!(f, "assumed: {assumption}")?;
        }
        for Stage { name, reached, note, help } in &self.stages {
            writeln!(f, "{name:<8} {}: {note}", if *reached { "yes" } else { "no" })?;
            told(f, None, help.as_deref())?;
        }
        let verdict = match self.verdict {
            Status::Supported => "supported",
            Status::Assumed => "supported, with assumptions",
            Status::Undecided | Status::Unsupported => "not supported",
        };
        writeln!(f, "{verdict}")
    }
}

fn told(f: &mut Formatter<'_>, note: Option<&str>, help: Option<&str>) -> Result {
    note.map_or(Ok(()), |note| writeln!(f, "    {note}"))?;
    help.map_or(Ok(()), |help| writeln!(f, "    help: {help}"))
}
