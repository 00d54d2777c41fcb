//! A folder of generated files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{OutputError, at, parent};
use crate::backend::File;

/// The file that tells a folder of snnc's from any other: the paths of the files snnc wrote, one a line.
pub const MARKER: &str = ".snnc";

/// What the tools that build a generated folder leave in it; replaced with it.
const LEFTOVERS: &[&str] = &["target", "Cargo.lock", "obj_dir", "build"];

/// Writes `files` as the folder `dir`, which is replaced if snnc wrote it or it is empty.
///
/// The new folder is built beside the old one and takes its place once it is complete.
///
/// # Errors
/// If it cannot be written, or `dir` holds something that snnc did not write; nothing has changed then.
///
/// # Panics
/// If a path of `files` leaves the folder or stands there twice: backends write neither.
pub fn write_folder(dir: &Path, files: &[File]) -> Result<(), OutputError> {
    let mut listed = BTreeSet::new();
    for file in files {
        let inside = Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
        assert!(inside && file.path != MARKER && listed.insert(&file.path), "a backend wrote `{}`", file.path);
    }
    let target = dir.canonicalize().unwrap_or_else(|_| dir.into()); // through a link to the folder itself
    let occupied = replaceable(&target).map_err(|found| OutputError::Occupied { path: dir.into(), found })?;
    let scratch = tempfile::Builder::new().prefix(".snnc-").tempdir_in(parent(&target)?).map_err(at(dir))?;
    let (new, old) = (scratch.path().join("new"), scratch.path().join("old"));
    fs::create_dir(&new).map_err(at(dir))?;
    let marker: String = listed.iter().map(|path| format!("{path}\n")).collect();
    let marker = File::text(MARKER, marker);
    for file in files.iter().chain([&marker]) {
        let path = new.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(at(dir))?;
        fs::write(path, &file.content).map_err(at(dir))?;
    }
    swap(&new, &target, occupied.then_some(&old)).map_err(at(dir))
    // what is left of the old folder goes with the scratch folder
}

/// Puts `new` in the place of `target`, which goes to `old` if it is there; if that fails it comes back.
fn swap(new: &Path, target: &Path, old: Option<&PathBuf>) -> std::io::Result<()> {
    if let Some(old) = old {
        fs::rename(target, old)?;
    }
    fs::rename(new, target).map_err(|error| match old.map(|old| fs::rename(old, target)) {
        Some(Err(worse)) => worse,
        Some(Ok(())) | None => error,
    })
}

/// Whether something stands at `dir` that may be replaced; what speaks against it as the error.
fn replaceable(dir: &Path) -> Result<bool, String> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.to_string()),
        Ok(found) if !found.is_dir() => return Err("it is not a folder".into()),
        Ok(_) => {}
    }
    let found = contents(dir, Path::new("")).map_err(|error| error.to_string())?;
    let Some(list) = found.contains(Path::new(MARKER)).then(|| fs::read_to_string(dir.join(MARKER))) else {
        let strange = found.first().map(|path| format!("it holds `{}`, and snnc did not write it", path.display()));
        return strange.map_or(Ok(true), Err);
    };
    let list = list.map_err(|error| error.to_string())?;
    let ours: BTreeSet<&Path> = list.lines().map(Path::new).chain([Path::new(MARKER)]).collect();
    match found.iter().find(|path| !ours.contains(path.as_path())) {
        Some(strange) => Err(format!("it holds `{}`, which snnc did not write", strange.display())),
        None => Ok(true),
    }
}

/// Every file of a folder but the leftovers of building it, and every empty folder, relative to `dir`.
fn contents(dir: &Path, inside: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir.join(inside))? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if LEFTOVERS.iter().any(|&leftover| entry.file_name() == leftover) {
            continue;
        }
        match entry.file_type()?.is_dir().then(|| contents(dir, &path)).transpose()? {
            Some(below) if !below.is_empty() => found.extend(below),
            Some(_) | None => _ = found.insert(path),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<File> {
        names.iter().map(|&name| File::text(name, name)).collect()
    }

    fn names(dir: &Path) -> Vec<String> {
        let found = contents(dir, Path::new("")).expect("the folder is there");
        found.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_folder_of_ours_is_replaced_whole() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let dir = scratch.path().join("out");
        write_folder(&dir, &files(&["rtl/top.v", "report.txt"])).expect("it is new");
        assert_eq!(names(&dir), [".snnc", "report.txt", "rtl/top.v"]);
        assert_eq!(fs::read_to_string(dir.join("rtl/top.v")).expect("it is there"), "rtl/top.v");
        fs::create_dir(dir.join("target")).expect("writable"); // as cargo leaves it
        fs::write(dir.join("target/x"), "").expect("writable");
        write_folder(&dir, &files(&["src/lib.rs"])).expect("it is ours");
        assert_eq!(names(&dir), [".snnc", "src/lib.rs"]);
        assert!(!dir.join("target").exists());
        assert_eq!(names(scratch.path()).len(), 2, "no scratch folder is left");
    }

    #[test]
    fn an_empty_folder_is_filled() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        write_folder(scratch.path(), &files(&["a"])).expect("it is empty");
        assert_eq!(names(scratch.path()), [".snnc", "a"]);
    }

    #[test]
    fn what_snnc_did_not_write_is_never_replaced() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let refused = |dir: &Path| {
            let before = names(scratch.path());
            let error = write_folder(dir, &files(&["a"])).expect_err("it is not ours");
            assert!(matches!(error, OutputError::Occupied { .. }), "{error:?}");
            assert_eq!(names(scratch.path()), before, "nothing has changed");
            error.to_string().replace(&scratch.path().display().to_string(), "..")
        };
        let dir = scratch.path().join("out");
        fs::create_dir(&dir).expect("writable");
        fs::write(dir.join("thesis.tex"), "").expect("writable");
        assert_eq!(refused(&dir), "`../out` is not replaced: it holds `thesis.tex`, and snnc did not write it");
        fs::remove_file(dir.join("thesis.tex")).expect("writable");
        write_folder(&dir, &files(&["a"])).expect("it is empty");
        fs::create_dir(dir.join("mine")).expect("writable");
        assert_eq!(refused(&dir), "`../out` is not replaced: it holds `mine`, which snnc did not write");
        let file = scratch.path().join("file");
        fs::write(&file, "").expect("writable");
        assert_eq!(refused(&file), "`../file` is not replaced: it is not a folder");
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_folder() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let missing = scratch.path().join("missing/out");
        assert!(matches!(write_folder(&missing, &files(&["a"])), Err(OutputError::Io { .. })));
        let dir = scratch.path().join("out");
        write_folder(&dir, &files(&["a"])).expect("it is new");
        let error = write_folder(&dir, &files(&["b", "b/c"])).expect_err("a file is no folder");
        assert!(matches!(error, OutputError::Io { .. }));
        assert_eq!(names(&dir), [".snnc", "a"]);
        assert_eq!(names(scratch.path()), ["out/.snnc", "out/a"], "no scratch folder is left");
        assert!(write_folder(Path::new("/"), &files(&["a"])).is_err());
    }

    #[test]
    fn the_old_folder_comes_back_if_the_new_one_cannot_take_its_place() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let [missing, target, old] = ["missing", "out", "old"].map(|name| scratch.path().join(name));
        write_folder(&target, &files(&["a"])).expect("it is new");
        assert!(swap(&missing, &target, Some(&old)).is_err());
        assert_eq!(names(scratch.path()), ["out/.snnc", "out/a"]);
    }

    #[test]
    #[should_panic(expected = "a backend wrote `../x`")]
    fn a_backend_stays_in_its_folder() {
        let _ = write_folder(Path::new("out"), &files(&["../x"]));
    }
}
