//! One file.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{OutputError, at, parent};

/// Writes one file, replacing a file of that name once the new one is complete.
///
/// # Errors
/// If it cannot be written, or something else than a file stands there; nothing has changed then.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    replace(path, |file| file.write_all(content))
}

/// Copies a file of any size, as [`write_file`] writes one.
///
/// # Errors
/// As those of [`write_file`], or if `from` cannot be read.
pub fn copy_file(from: &Path, path: &Path) -> Result<(), OutputError> {
    replace(path, |file| std::io::copy(&mut File::open(from)?, file).map(drop))
}

fn replace(path: &Path, write: impl FnOnce(&mut NamedTempFile) -> std::io::Result<()>) -> Result<(), OutputError> {
    // through a link to the file itself, so that the link stays
    let target = path.canonicalize().unwrap_or_else(|_| path.into());
    if target.exists() && !target.is_file() {
        let found = if target.is_dir() { "a folder stands there" } else { "it is a device or a pipe" };
        return Err(OutputError::Occupied { path: path.into(), found: found.into() });
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".snnc-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666)); // less the umask, as any new file
    }
    let mut file = builder.tempfile_in(parent(&target)?).map_err(at(path))?;
    write(&mut file).map_err(at(path))?;
    file.persist(&target).map_err(|error| at(path)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_by_the_whole_new_one() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("out.npz");
        for content in [&b"a longer first content"[..], b"second"] {
            write_file(&path, content).expect("the folder is writable");
            assert_eq!(std::fs::read(&path).expect("it is there"), content);
        }
        assert_eq!(std::fs::read_dir(dir.path()).expect("it is there").count(), 1, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let error = write_file(&dir.path().join("missing/out.npz"), b"x").expect_err("no such folder");
        assert!(matches!(error, OutputError::Io { .. }));
        assert!(matches!(write_file(dir.path(), b"x"), Err(OutputError::Occupied { .. })));
        assert!(matches!(write_file(Path::new(".."), b"x"), Err(OutputError::Occupied { .. })));
        assert_eq!(std::fs::read_dir(dir.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn a_copy_is_whole_or_not_there() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        assert!(matches!(copy_file(&from, &to), Err(OutputError::Io { .. })));
        assert!(!to.exists());
        std::fs::write(&from, b"content").expect("the folder is writable");
        copy_file(&from, &to).expect("the folder is writable");
        assert_eq!(std::fs::read(&to).expect("it is there"), b"content");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let path = dir.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).expect("the folder is writable");
        assert!(matches!(write_file(&path, b"x"), Err(OutputError::Occupied { .. })));
        assert!(!path.is_file());
    }
}
