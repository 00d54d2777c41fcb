//! Reads a dataset from a `.npz`.

use super::{DataError, Dataset, Values};
use crate::npz::Npz;
use crate::npz::read::Elements;

impl Dataset {
    /// Reads `x` and, if it is there, `y`. `file` is its name, for messages.
    ///
    /// # Errors
    /// A file that is no `.npz`, has no `x`, or whose arrays are of another type or shape than [`crate::data`] says.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, DataError> {
        let mut npz = Npz::open(file, bytes)?;
        let error = |found: String, help: &str| DataError::new(file, found, help);
        let Some(x) = npz.array("x")? else {
            let names: Vec<_> = npz.names().iter().take(20).map(|name| format!("`{name}`")).collect();
            let found = format!(
                "no array `x`; the file holds {}",
                if names.is_empty() { "none".into() } else { names.join(", ") }
            );
            return Err(error(found, "save the samples as numpy.savez(file, x=samples, y=classes)"));
        };
        let Some((&len, sample_shape)) = x.shape.split_first() else {
            return Err(error("`x` is a single number".into(), "save x as [samples, ...]"));
        };
        let sample_len = sample_shape.iter().product();
        if len == 0 || sample_len == 0 {
            return Err(error(format!("`x` of shape {:?} is empty", x.shape), "save at least one sample"));
        }
        let values = match x.elements {
            Elements::U8(x) => Values::U8(x),
            Elements::Bool(x) => Values::Spikes(x),
            Elements::F32(x) => match x.iter().position(|number| !number.is_finite()) {
                Some(at) => {
                    let found = format!("`x` holds {} in sample {}", x[at], at / sample_len);
                    return Err(error(found, "every number must be finite in single precision"));
                }
                None => Values::F32(x),
            },
            Elements::Integer(_) => {
                return Err(error(
                    "`x` is of an integer type; expected uint8, bool, float32 or float64".into(),
                    "save pixels as x.astype(numpy.uint8) (they stand for x / 255), spikes as x.astype(bool), anything \
                     else as x.astype(numpy.float32)",
                ));
            }
        };
        let labels = match npz.array("y")? {
            None => None,
            Some(y) if y.shape != [len] => {
                let found = format!("`y` has shape {:?}; expected [{len}], one class for each sample of x", y.shape);
                return Err(error(found, "save y as [samples]"));
            }
            Some(y) => match y.elements {
                Elements::U8(y) => Some(y.into_iter().map(i64::from).collect()),
                Elements::Integer(y) => Some(y),
                other @ (Elements::Bool(_) | Elements::F32(_)) => {
                    let found = format!("`y` is {}; expected integers, the index of each sample's class", other.kind());
                    return Err(error(found, "save y.astype(numpy.int64)"));
                }
            },
        };
        let sample_shape = sample_shape.to_vec();
        Ok(Self { file: file.into(), x: values, len, sample_shape, sample_len, labels, rate: None })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::npz::{Column, write};

    fn file(arrays: &[(&str, &[usize], Column<'_>)]) -> Vec<u8> {
        write(arrays).expect("memory takes it")
    }

    fn refused(arrays: &[(&str, &[usize], Column<'_>)]) -> String {
        let DataError::Invalid { found, help, .. } = Dataset::read("d.npz", &file(arrays)).expect_err("refused");
        format!("{found}; {help}")
    }

    #[test]
    fn samples_and_classes_are_read() {
        let bytes = file(&[("y", &[2], Column::I64(&[3, -1])), ("x", &[2, 1, 2], Column::U8(&[1, 2, 3, 4]))]);
        let data = Dataset::read("d.npz", &bytes).expect("it is sound");
        assert_eq!((data.len, data.sample_len, &data.sample_shape[..]), (2, 2, &[1, 2][..]));
        assert_eq!((data.x, data.labels), (Values::U8(vec![1, 2, 3, 4]), Some(vec![3, -1])));
        let data = Dataset::read("d.npz", &file(&[("x", &[1, 2], Column::Bool(&[true, false]))])).expect("it is sound");
        assert_eq!((data.x, data.labels), (Values::Spikes(vec![true, false]), None));
    }

    #[test]
    fn what_is_not_samples_is_refused_with_what_to_do() {
        let (x, one) = (("x", &[1, 2][..], Column::U8(&[0; 2])), &[1][..]);
        let messages = [
            refused(&[]),
            refused(&[("spk", one, Column::U8(&[0])), ("lab", one, Column::U8(&[0]))]),
            refused(&[("x", one, Column::I64(&[0]))]),
            refused(&[("x", &[], Column::U8(&[0]))]),
            refused(&[("x", &[3, 0], Column::U8(&[]))]),
            refused(&[("x", &[2, 1], Column::F32(&[0.0, f32::NAN]))]),
            refused(&[x, ("y", &[2], Column::I64(&[0; 2]))]),
            refused(&[x, ("y", one, Column::F32(&[0.0]))]),
        ];
        insta::assert_snapshot!(messages.join("\n"));
    }

    fn sound() -> Vec<u8> {
        let x: Vec<u8> = (0..60).collect();
        file(&[("x", &[3, 4, 5], Column::U8(&x)), ("y", &[3], Column::I64(&[0, 1, 2]))])
    }

    proptest! {
        #[test]
        fn damaged_files_are_refused_or_read_but_never_panic(at in 0usize..2000, bit in 0u8..8, cut in 0usize..2000) {
            let mut bytes = sound();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let _ = Dataset::read("d.npz", &bytes);
            prop_assert!(Dataset::read("d.npz", &sound()[..cut % sound().len()]).is_err());
        }
    }
}
