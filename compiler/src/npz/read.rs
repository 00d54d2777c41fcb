//! Reads arrays of numbers out of a `.npz`.

use std::io::{Cursor, Read};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};
use zip::ZipArchive;

use crate::data::DataError;

/// Bytes beyond which an array is refused.
const MAX_BYTES: u64 = 1 << 32;

/// Bytes beyond which the text in front of an array's numbers is refused; numpy writes 118 of an array of numbers.
const MAX_HEADER: usize = 4096;

/// Digits in a header beyond which it is refused, so that no product of its numbers overflows: it is below 10^18.
const MAX_DIGITS: usize = 18;

/// Brackets in a header beyond which it is refused: an array of numbers has four, nesting costs stack.
const MAX_BRACKETS: usize = 8;

/// A `.npz` in memory.
pub struct Npz<'a> {
    file: &'a str,
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

/// One array, row-major, its elements as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its axes.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub elements: Elements,
}

/// The numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// `bool`.
    Bool(Vec<bool>),
    /// `uint8`.
    U8(Vec<u8>),
    /// Any other integer.
    Integer(Vec<i64>),
    /// `float32`, and `float64` rounded to it.
    F32(Vec<f32>),
}

impl Elements {
    /// Name for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Elements::Bool(_) => "bool",
            Elements::U8(_) => "uint8",
            Elements::Integer(_) => "an integer type",
            Elements::F32(_) => "floating point",
        }
    }
}

impl<'a> Npz<'a> {
    /// Opens an archive; `file` is its name for messages.
    ///
    /// # Errors
    /// If the bytes are not a zip file.
    pub fn open(file: &'a str, bytes: &'a [u8]) -> Result<Self, DataError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            let help = "give an archive that numpy.savez or numpy.savez_compressed wrote, or copy the file again";
            DataError::new(file, format!("not a readable .npz: {error}"), help)
        })?;
        Ok(Self { file, archive })
    }

    /// Names of the arrays, in the file's order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let arrays = (0..self.archive.len()).filter_map(|i| self.archive.name_for_index(i)?.strip_suffix(".npy"));
        arrays.map(Into::into).collect()
    }

    /// Reads the array `name`; `None` if there is none of that name.
    ///
    /// # Errors
    /// If it is damaged, too large, or not an array of numbers.
    pub fn array(&mut self, name: &str) -> Result<Option<Array>, DataError> {
        let error = |found: String, help: &str| DataError::new(self.file, format!("array `{name}` {found}"), help);
        let damaged = |what: &dyn std::fmt::Display| error(format!("is damaged: {what}"), "write or copy it again");
        let Some(index) = self.archive.index_for_name(&npyz::npz::file_name_from_array_name(name)) else {
            return Ok(None);
        };
        let mut entry = self.archive.by_index(index).map_err(|e| damaged(&e))?;
        let claimed = entry.size();
        if claimed > MAX_BYTES {
            return Err(error(format!("has {claimed} bytes, at most {MAX_BYTES} are read"), "split the data"));
        }
        let mut head = Vec::new();
        entry.by_ref().take(MAX_HEADER as u64).read_to_end(&mut head).map_err(|e| damaged(&e))?;
        let header_len = header_length(&head).ok_or_else(|| damaged(&"it does not start as a .npy does"))?;
        let plain = "keep only numbers in the array: samples of equal length, no objects, no named fields";
        if !is_plain(&head[..header_len]) {
            return Err(error("is not a plain array of numbers".into(), plain));
        }
        let header = NpyHeader::from_reader(&head[..header_len]).map_err(|e| damaged(&e))?;
        let dtype = header.dtype();
        let scalar = match &dtype {
            DType::Plain(scalar) if !header.uses_pickled_array() => scalar.clone(),
            _ => return Err(error(format!("is of type {}", dtype.descr()), plain)),
        };
        let item = scalar.num_bytes().unwrap_or(usize::MAX) as u64;
        // MAX_DIGITS keeps the product of the axes, and MAX_BYTES the rest, far from overflow
        let expected = header.len().checked_mul(item).and_then(|data| data.checked_add(header_len as u64));
        if expected != Some(claimed) {
            let shape = header.shape();
            return Err(damaged(&format!("{claimed} bytes for shape {shape:?} of {item} bytes each")));
        }
        if header.order() == Order::Fortran && header.shape().iter().filter(|&&axis| axis > 1).count() > 1 {
            return Err(error(
                "is in Fortran order".into(),
                "save numpy.ascontiguousarray(array) instead: numpy keeps a transposed array as it lies in memory",
            ));
        }
        let mut bytes = head.split_off(header_len);
        let rest = claimed - header_len as u64;
        // one byte more than claimed, so that the end is reached and the checksum compared
        entry
            .take(rest.saturating_add(1) - bytes.len().min(rest as usize) as u64)
            .read_to_end(&mut bytes)
            .map_err(|e| damaged(&e))?;
        if bytes.len() as u64 != rest {
            return Err(damaged(&format!("{} bytes of numbers, expected {rest}", bytes.len())));
        }
        if scalar.endianness() == Endianness::Big {
            return Err(error("is big-endian".into(), "save array.astype(array.dtype.newbyteorder('<')) instead"));
        }
        let elements = decode(scalar.type_char(), bytes, item).ok_or_else(|| {
            error(format!("is of type {}", dtype.descr()), "use uint8, bool, float32 or an integer type")
        })?;
        Ok(Some(Array { shape: header.shape().iter().map(|&axis| axis as usize).collect(), elements }))
    }
}

/// Bytes in front of the numbers: magic, version, length and text; `None` if there are not that many.
fn header_length(head: &[u8]) -> Option<usize> {
    let text = match head.get(..8)? {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => {
            10 + u16::from_le_bytes(head.get(8..10)?.try_into().ok()?) as usize
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => {
            12 + usize::try_from(u32::from_le_bytes(head.get(8..12)?.try_into().ok()?)).ok()?
        }
        _ => return None,
    };
    (text <= head.len()).then_some(text)
}

/// Whether a header is as simple as an array of numbers has it: then parsing it is harmless.
fn is_plain(header: &[u8]) -> bool {
    let text = &header[10.min(header.len())..];
    let count = |belongs: fn(&u8) -> bool| text.iter().filter(|byte| belongs(byte)).count();
    count(u8::is_ascii_digit) <= MAX_DIGITS
        && count(|byte| b"()[]{}".contains(byte)) <= MAX_BRACKETS
        && count(|byte| b"\\".contains(byte)) == 0
}

/// Little-endian bytes to numbers; `None` of a type that nobody here needs.
fn decode(kind: TypeChar, bytes: Vec<u8>, item: u64) -> Option<Elements> {
    fn each<const N: usize, T>(bytes: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
        bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
    }
    Some(match (kind, item) {
        (TypeChar::Bool, 1) => Elements::Bool(bytes.iter().map(|&byte| byte != 0).collect()),
        (TypeChar::Uint, 1) => Elements::U8(bytes),
        (TypeChar::Uint, 2) => Elements::Integer(each(&bytes, |b| u16::from_le_bytes(b).into())),
        (TypeChar::Uint, 4) => Elements::Integer(each(&bytes, |b| u32::from_le_bytes(b).into())),
        (TypeChar::Uint, 8) => {
            Elements::Integer(each(&bytes, |b| i64::try_from(u64::from_le_bytes(b)).unwrap_or(i64::MAX)))
        }
        (TypeChar::Int, 1) => Elements::Integer(each(&bytes, |b| i8::from_le_bytes(b).into())),
        (TypeChar::Int, 2) => Elements::Integer(each(&bytes, |b| i16::from_le_bytes(b).into())),
        (TypeChar::Int, 4) => Elements::Integer(each(&bytes, |b| i32::from_le_bytes(b).into())),
        (TypeChar::Int, 8) => Elements::Integer(each(&bytes, i64::from_le_bytes)),
        (TypeChar::Float, 4) => Elements::F32(each(&bytes, f32::from_le_bytes)),
        (TypeChar::Float, 8) => Elements::F32(each(&bytes, |b| f64::from_le_bytes(b) as f32)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::npz::{Column, write};

    /// An archive whose array `a` starts with `header` as numpy would pad it, followed by `data`.
    fn archive(header: &str, data: &[u8]) -> Vec<u8> {
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((header.len() as u16).to_le_bytes());
        npy.extend(header.as_bytes());
        npy.extend(data);
        raw(&npy)
    }

    fn raw(npy: &[u8]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(vec![]));
        zip.start_file("a.npy", SimpleFileOptions::default()).expect("memory takes it");
        zip.write_all(npy).expect("memory takes it");
        zip.finish().expect("memory takes it").into_inner()
    }

    fn read(bytes: &[u8]) -> Result<Array, String> {
        let array = Npz::open("f.npz", bytes).and_then(|mut npz| npz.array("a"));
        array
            .map(|array| array.expect("it is there"))
            .map_err(|DataError::Invalid { found, help, .. }| format!("{found}; {help}"))
    }

    fn described(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Result<Array, String> {
        read(&archive(&format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n"), data))
    }

    #[test]
    fn every_type_of_number_is_read() {
        let read = |descr: &str, data: &[u8]| described(descr, "False", "(1,)", data).map(|array| array.elements);
        assert_eq!(read("|b1", &[1]), Ok(Elements::Bool(vec![true])));
        assert_eq!(read("|u1", &[200]), Ok(Elements::U8(vec![200])));
        assert_eq!(read("|i1", &[200]), Ok(Elements::Integer(vec![-56])));
        assert_eq!(read("<u2", &[0, 200]), Ok(Elements::Integer(vec![51200])));
        assert_eq!(read("<i4", &(-7i32).to_le_bytes()), Ok(Elements::Integer(vec![-7])));
        assert_eq!(read("<u8", &u64::MAX.to_le_bytes()), Ok(Elements::Integer(vec![i64::MAX])));
        assert_eq!(read("<f4", &0.1f32.to_le_bytes()), Ok(Elements::F32(vec![0.1])));
        assert_eq!(read("<f8", &0.1f64.to_le_bytes()), Ok(Elements::F32(vec![0.1])));
    }

    #[test]
    fn what_is_no_plain_array_of_numbers_is_refused_with_what_to_do() {
        let refused = |descr, fortran, shape, data: &[u8]| described(descr, fortran, shape, data).expect_err("refused");
        let messages = [
            refused("|O", "False", "(1,)", &[0; 8]),
            refused("<U3", "False", "(1,)", &[0; 12]),
            refused("<f2", "False", "(1,)", &[0; 2]),
            refused(">f4", "False", "(1,)", &[0; 4]),
            refused("|u1", "True", "(2, 2)", &[0; 4]),
            refused("|u1", "False", "(2, 2)", &[0; 3]),
            refused("|u1", "False", "(1000000, 1000000)", &[0; 3]),
            refused("|u1", "False", "(9999999999, 9999999999)", &[0; 3]),
            read(&raw(b"\x93NUMPY\x03\x00\xff\xff\xff\xff{")).expect_err("refused"),
            read(&archive(&"(".repeat(4000), &[])).expect_err("refused"),
            read(b"no zip").expect_err("refused"),
        ];
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn a_column_that_lies_in_fortran_order_is_an_ordinary_one() {
        assert_eq!(described("|u1", "True", "(3, 1)", &[1, 2, 3]).map(|array| array.shape), Ok(vec![3, 1]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in prop::collection::vec(any::<i64>(), 0..50), rows in 1usize..4) {
            let axes = [rows, numbers.len()];
            let repeated = numbers.repeat(rows);
            let bytes = write(&[("b", &[1], Column::U8(&[1])), ("a", &axes, Column::I64(&repeated))]).expect("memory");
            let array = read(&bytes);
            prop_assert_eq!(array, Ok(Array { shape: axes.to_vec(), elements: Elements::Integer(repeated) }));
        }

        #[test]
        fn a_header_of_any_text_is_harmless(text in "[ -~\n]{0,80}", data in prop::collection::vec(any::<u8>(), 0..20)) {
            let _ = read(&archive(&text, &data));
        }

        #[test]
        fn a_header_of_likely_text_is_harmless(parts in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "(", ")", "[", "]", ",", ":", "'descr'", "'shape'", "'fortran_order'", "'|u1'", "'<m8[ns]'",
                "True", "False", "None", "1", "-3", "1e9", "1j", "'<f", "'", "\"", "99999999", "<U9999999999", " ",
            ]), 0..24)) {
            let _ = read(&archive(&parts.concat(), &[0; 16]));
        }
    }
}
