//! Writes arrays of numbers as a `.npz`: same arrays, same bytes.

use std::io::{Cursor, Write};

use npyz::{DType, WriteOptions, WriterBuilder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The numbers of one array, row-major.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Column<'a> {
    /// `uint8`.
    U8(&'a [u8]),
    /// `bool`.
    Bool(&'a [bool]),
    /// `int64`.
    I64(&'a [i64]),
    /// `float32`.
    F32(&'a [f32]),
}

impl Column<'_> {
    const fn type_string(&self) -> &'static str {
        match self {
            Column::U8(_) => "|u1",
            Column::Bool(_) => "|b1",
            Column::I64(_) => "<i8",
            Column::F32(_) => "<f4",
        }
    }

    fn len(&self) -> usize {
        match self {
            Column::U8(numbers) => numbers.len(),
            Column::Bool(numbers) => numbers.len(),
            Column::I64(numbers) => numbers.len(),
            Column::F32(numbers) => numbers.len(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Column::U8(numbers) => numbers.to_vec(),
            Column::Bool(numbers) => numbers.iter().map(|&number| number.into()).collect(),
            Column::I64(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            Column::F32(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        }
    }
}

/// A `.npz` of arrays: name, shape and numbers of each, in this order.
///
/// Compressed, with the zip format's earliest date on every entry.
///
/// # Errors
/// None that memory can give: two arrays of one name, or more than the format holds.
///
/// # Panics
/// If an array has not as many numbers as its shape says.
pub fn write(arrays: &[(&str, &[usize], Column<'_>)]) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1)) // spikes shrink a hundredfold at any level
        .last_modified_time(DateTime::DEFAULT);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, column) in arrays {
        assert_eq!(column.len(), shape.iter().product::<usize>(), "array `{name}` does not fill its shape");
        let data = column.bytes();
        let large = data.len() >= 1 << 31; // room for the header and for what does not shrink
        archive.start_file(npyz::npz::file_name_from_array_name(name), options.large_file(large))?;
        let scalar = column.type_string().parse().map_err(std::io::Error::other)?;
        let shape: Vec<u64> = shape.iter().map(|&axis| axis as u64).collect();
        let header = WriteOptions::new_header_only().dtype(DType::Plain(scalar)).shape(&shape);
        header.writer(&mut archive).write_header_only()?;
        archive.write_all(&data)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_arrays_same_bytes() {
        let arrays: &[(&str, &[usize], Column<'_>)] =
            &[("out", &[1, 2], Column::F32(&[0.5, 1.0])), ("pred", &[1], Column::I64(&[1]))];
        let bytes = write(arrays).expect("memory takes it");
        assert_eq!(bytes, write(arrays).expect("memory takes it"));
        // the date in the local header: 1980-01-01 00:00, not today's
        assert_eq!(bytes[10..14], [0, 0, 0x21, 0]);
    }

    #[test]
    #[should_panic(expected = "does not fill its shape")]
    fn an_array_fills_its_shape() {
        let _ = write(&[("a", &[2, 2], Column::U8(&[0; 3]))]);
    }
}
