//! Rust for Cortex-M: which of the compilers on this machine can build for a target, and how.
//!
//! A compiler can if it has the target's `core` (`rustup target add`), or its source (Debian's `rust-web-src`, rustup's
//! `rust-src`), from which cargo then builds it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::MachineError;

/// A cargo that builds for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    target: &'static str,
    compiler: Compiler,
    /// Whether `core` comes as source.
    from_source: bool,
    /// Linker, where the compiler has none of its own.
    linker: Option<PathBuf>,
}

/// A compiler and its cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Compiler {
    rustc: PathBuf,
    cargo: PathBuf,
}

impl Toolchain {
    /// The first compiler that has the target's `core`, else the first that has its source.
    ///
    /// # Errors
    /// [`MachineError::Missing`] if there is neither.
    pub fn find(target: &'static str) -> Result<Self, MachineError> {
        let compilers = [
            Compiler { rustc: "rustc".into(), cargo: "cargo".into() },
            Compiler { rustc: "/usr/bin/rustc".into(), cargo: "/usr/bin/cargo".into() },
        ];
        let missing = || MachineError::Missing {
            tool: format!("Rust for {target}"),
            install: format!("rustup target add {target} || apt-get install -y rustc-web rust-web-src cargo-web lld"),
        };
        if let Some(compiler) = compilers.iter().find(|compiler| compiler.has_core(target)) {
            return Self::with_linker(target, compiler.clone(), false, &compilers).ok_or_else(missing);
        }
        let compiler = compilers.iter().find(|compiler| compiler.has_source()).ok_or_else(missing)?;
        Self::with_linker(target, compiler.clone(), true, &compilers).ok_or_else(missing)
    }

    fn with_linker(target: &'static str, compiler: Compiler, from_source: bool, all: &[Compiler]) -> Option<Self> {
        if compiler.lld().is_some() {
            return Some(Self { target, compiler, from_source, linker: None });
        }
        let linker = all.iter().find_map(Compiler::lld).or_else(|| on_path("ld.lld"))?;
        Some(Self { target, compiler, from_source, linker: Some(linker) })
    }

    /// The compiler's version, as `1.95.0`.
    #[must_use]
    pub fn version(&self) -> String {
        let line = self.compiler.print(&["--version"]).unwrap_or_default();
        line.to_string_lossy().split(' ').nth(1).unwrap_or("unknown").to_owned()
    }

    /// Builds the package in `folder` with optimisation and returns the folder where its programs lie. What cargo builds
    /// goes to `into`. The network is left alone; only cargo's build of `core` from source asks a registry, once, for
    /// the packages that the standard library names in its lock file.
    ///
    /// # Errors
    /// [`MachineError::Failed`] with what the compiler said.
    pub fn build(&self, folder: &Path, into: &Path) -> Result<PathBuf, MachineError> {
        self.build_with(folder, into, false)
    }

    /// As [`Self::build`]; where the package needs others (`packages`), cargo may fetch them.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_with(&self, folder: &Path, into: &Path, packages: bool) -> Result<PathBuf, MachineError> {
        let mut command = Command::new(&self.compiler.cargo);
        command.current_dir(folder).args(["build", "--release", "--quiet", "--target", self.target]);
        command.arg("--target-dir").arg(into).env("RUSTC", &self.compiler.rustc);
        // what the user has set for other builds
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"] {
            command.env_remove(name);
        }
        for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_INCREMENTAL"] {
            command.env_remove(name);
        }
        if self.from_source {
            command.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
        } else if !packages {
            command.arg("--offline");
        }
        if let Some(linker) = &self.linker {
            let name = self.target.to_ascii_uppercase().replace(['-', '.'], "_");
            command.env(format!("CARGO_TARGET_{name}_LINKER"), linker);
            command.env(format!("CARGO_TARGET_{name}_RUSTFLAGS"), "-Clinker-flavor=ld.lld");
        }
        let output = command.output().map_err(|error| failed("cargo", error.to_string()))?;
        if output.status.success() {
            Ok(into.join(self.target).join("release"))
        } else {
            Err(failed("cargo build", String::from_utf8_lossy(&output.stderr).into_owned()))
        }
    }
}

impl Compiler {
    fn has_core(&self, target: &str) -> bool {
        let Some(folder) = self.print(&["--print", "target-libdir", "--target", target]) else { return false };
        let Ok(entries) = folder.read_dir() else { return false };
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
    }

    fn has_source(&self) -> bool {
        let sysroot = self.print(&["--print", "sysroot"]);
        sysroot.is_some_and(|root| root.join("lib/rustlib/src/rust/library/core/Cargo.toml").is_file())
    }

    /// The linker that comes with the compiler.
    fn lld(&self) -> Option<PathBuf> {
        let own = self.print(&["--print", "target-libdir"])?.parent()?.join("bin/rust-lld");
        own.is_file().then_some(own)
    }

    /// A path that the compiler prints.
    fn print(&self, arguments: &[&str]) -> Option<PathBuf> {
        let output = Command::new(&self.rustc).args(arguments).output().ok()?;
        let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
        Some(PathBuf::from(text.trim()))
    }
}

/// A program on the search path.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A tool that failed, and the last lines of what it said.
pub(super) fn failed(tool: &str, said: String) -> MachineError {
    let lines: Vec<&str> = said.lines().collect();
    let last = &lines[lines.len().saturating_sub(40)..];
    MachineError::Failed { tool: tool.to_owned(), reason: last.join("\n") }
}
