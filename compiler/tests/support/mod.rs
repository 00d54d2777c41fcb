//! Runs the binary that was built with these tests.
#![allow(dead_code)] // not every file of tests uses all of it

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use snnc::npz::Npz;
use snnc::npz::read::Elements;

/// Path of a file of the workspace's fixtures.
pub fn fixture(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(path).display().to_string()
}

/// Runs `snnc`.
pub fn snnc(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_snnc")).args(arguments).output().expect("snnc starts")
}

/// Runs `snnc`, which must succeed, and returns what it prints.
pub fn succeeds(arguments: &[&str]) -> String {
    let output = snnc(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs `snnc`, which must fail, and returns what it says, its lines joined.
pub fn refused(arguments: &[&str]) -> String {
    let output = snnc(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeds");
    String::from_utf8_lossy(&output.stderr).split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// Runs `snnc … --json` and returns the object it prints.
pub fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeeds(arguments)).expect("one JSON object")
}

fn array(path: &str, name: &str) -> Elements {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut npz = Npz::open(path, &bytes).expect("an npz");
    npz.array(name).expect("a sound array").unwrap_or_else(|| panic!("{path} has no {name}")).elements
}

/// An array of floats.
pub fn floats(path: &str, name: &str) -> Vec<f32> {
    match array(path, name) {
        Elements::F32(numbers) => numbers,
        other => panic!("{name} of {path} is {other:?}"),
    }
}

/// An array of bytes.
pub fn bytes(path: &str, name: &str) -> Vec<u8> {
    match array(path, name) {
        Elements::U8(numbers) => numbers,
        other => panic!("{name} of {path} is {other:?}"),
    }
}
