//! A simulator behind two pipes: a line there, a line back.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The simulator.
pub struct Pipe {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Pipe {
    /// Starts the simulator in a folder.
    pub fn open(folder: &Path, program: &str, arguments: &[String]) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the simulator starts");
        let (to, from) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        Self { child, to: BufWriter::new(to), from: BufReader::new(from) }
    }

    /// Says a line.
    pub fn tell(&mut self, order: &str) {
        writeln!(self.to, "{order}").expect("the simulator listens");
    }

    /// Says a line, and gives the one that comes back.
    pub fn ask(&mut self, order: &str) -> String {
        self.tell(order);
        self.line()
    }

    /// The next line.
    pub fn line(&mut self) -> String {
        self.to.flush().expect("the simulator listens");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the simulator answers");
        assert!(!line.starts_with("WRONG") && !line.is_empty(), "the simulator says {line:?}");
        line.trim().to_owned()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
