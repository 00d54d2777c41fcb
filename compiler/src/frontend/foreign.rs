//! Files that people give and that are no models: told by their first bytes, refused with what to do.

use super::FrontendError;

/// A kind of file that is no model.
pub(super) struct Foreign {
    /// `: it is ...`.
    found: &'static str,
    help: &'static str,
}

/// What nothing is known about.
pub(super) const UNKNOWN: Foreign =
    Foreign { found: "", help: "give an ONNX file (.onnx), a NIR file (.nir) or a native model (.snn)" };

const PYTORCH: Foreign = Foreign {
    found: ": it is a PyTorch checkpoint, which holds weights or code, not a graph",
    help: "export the model to ONNX first: torch.onnx.export(model.eval(), example_input, \"model.onnx\")",
};

const ARRAYS: Foreign = Foreign {
    found: ": it is an archive of arrays (.npz)",
    help: "samples are given with --data and --calib; give the model itself as .onnx, .nir or .snn",
};

const ARCHIVE: Foreign = Foreign { found: ": it is a zip archive", help: "unpack it, and give the model in it" };

const POINTER: Foreign = Foreign {
    found: ": it is a Git LFS pointer, and the model itself was not fetched",
    help: "run `git lfs pull` where the file was cloned",
};

const PAGE: Foreign =
    Foreign { found: ": it is a web page", help: "download the file itself (\"raw\"), not the page that shows it" };

/// Bytes of an archive in which the names of its entries are looked for.
const LOOKED_AT: usize = 1 << 16;

/// What the bytes are, if they are certainly no model.
pub(super) fn known(bytes: &[u8]) -> Option<Foreign> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let holds = |name: &[u8]| bytes[..bytes.len().min(LOOKED_AT)].windows(name.len()).any(|window| window == name);
    let text: String = bytes.iter().take(64).map(|&byte| char::from(byte).to_ascii_lowercase()).collect();
    match () {
        () if starts(b"PK\x03\x04") && (holds(b"/data.pkl") || holds(b"/version")) => Some(PYTORCH),
        () if starts(b"PK\x03\x04") && holds(b".npy") => Some(ARRAYS),
        () if starts(b"PK\x03\x04") => Some(ARCHIVE),
        // a pickle, protocol 2 to 5: what torch.save wrote before 1.6 (a native model may begin with the same length, but
        // then its text follows)
        () if matches!(bytes, [0x80, 2..=5, ..]) && bytes.get(8) != Some(&b'{') => Some(PYTORCH),
        () if starts(b"version https://git-lfs") => Some(POINTER),
        () if text.trim_start().starts_with("<!doctype html") || text.trim_start().starts_with("<html") => Some(PAGE),
        () => None,
    }
}

impl Foreign {
    /// The refusal of a file of this kind.
    pub(super) fn refused(&self, file: &str) -> FrontendError {
        FrontendError::UnknownFormat { file: file.into(), found: self.found.into(), help: self.help.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_give_instead_of_a_model_is_told_by_its_first_bytes() {
        let found = |bytes: &[u8]| known(bytes).map_or("", |foreign| foreign.found);
        assert_eq!(found(b"PK\x03\x04....archive/data.pkl"), PYTORCH.found);
        assert_eq!(found(b"\x80\x02\x8a\x0al\xfc"), PYTORCH.found);
        assert_eq!(found(b"PK\x03\x04....x.npy"), ARRAYS.found);
        assert_eq!(found(b"PK\x03\x04....notes.txt"), ARCHIVE.found);
        assert_eq!(found(b"version https://git-lfs.github.com/spec/v1\noid sha256:"), POINTER.found);
        assert_eq!(found(b"\n<!DOCTYPE html><html>"), PAGE.found);
        for model in [&b"\x08\x08\x12\x07pytorch"[..], b"", b"\x89HDF\r\n\x1a\n", b"\x40\0\0\0\0\0\0\0{"] {
            assert_eq!(found(model), "");
        }
    }
}
