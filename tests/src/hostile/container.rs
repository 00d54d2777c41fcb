//! Native models and compiled networks as their text and tensors: changing a byte there leaves the file around it sound.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use snnc::container::KEY;

use super::choices::Choices;

const TYPES: [(Dtype, usize); 4] = [(Dtype::F32, 4), (Dtype::I8, 1), (Dtype::I32, 4), (Dtype::U32, 4)];

/// Bytes of all tensors of a made file.
const MAX_BYTES: usize = 1 << 14;

/// The file that an input is, or stands for: see [`text_form`].
pub fn file(input: &[u8]) -> Vec<u8> {
    if input.first() != Some(&b'{') {
        return input.to_vec();
    }
    let end = input.iter().position(|&byte| byte == 0).unwrap_or(input.len());
    let (text, rest) = (String::from_utf8_lossy(&input[..end]), input.get(end + 1..).unwrap_or_default());
    let mut choices = Choices::new(rest);
    let (mut tensors, mut bytes) = (Vec::new(), 0);
    while !choices.is_empty() && tensors.len() < 64 {
        let name_len = choices.below(16);
        let name: String = (0..name_len).map(|_| char::from(choices.byte())).collect();
        let (dtype, size) = choices.pick(&TYPES);
        let rank = choices.below(5);
        let shape: Vec<usize> = (0..rank).map(|_| choices.below(32)).collect();
        let len = shape.iter().product::<usize>() * size;
        bytes += len;
        if bytes > MAX_BYTES {
            break;
        }
        let data: Vec<u8> = (0..len).map(|_| choices.byte()).collect();
        tensors.push((name, dtype, shape, data));
    }
    let views: HashMap<&String, TensorView<'_>> = tensors
        .iter()
        .filter_map(|(name, dtype, shape, data)| Some((name, TensorView::new(*dtype, shape.clone(), data).ok()?)))
        .collect();
    let metadata = HashMap::from([(KEY.into(), text.into_owned())]);
    safetensors::serialize(views, Some(metadata)).unwrap_or_default()
}

/// A native model or compiled network as an input of its target: its text, a zero byte, and its tensors, each as
/// `length name type rank axes numbers`, every length and axis one byte. Names become short, so that they fit.
///
/// `None` if it is too large for that.
#[must_use]
pub fn text_form(file: &[u8]) -> Option<Vec<u8>> {
    let (_, metadata) = SafeTensors::read_metadata(file).ok()?;
    let mut text = metadata.metadata().as_ref()?.get(KEY)?.clone();
    let tensors = SafeTensors::deserialize(file).ok()?;
    let mut names = tensors.names();
    names.sort_by_key(|name| (std::cmp::Reverse(name.len()), name.to_string()));
    let mut records = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let short = format!("t{index}");
        text = text.replace(&format!("\"{name}\""), &format!("\"{short}\""));
        let tensor = tensors.tensor(name).ok()?;
        let dtype = TYPES.iter().position(|(dtype, _)| *dtype == tensor.dtype())?;
        records.push(short.len() as u8);
        records.extend(short.bytes());
        records.extend([dtype as u8, tensor.shape().len() as u8]);
        for &axis in tensor.shape() {
            records.push(u8::try_from(axis).ok().filter(|&axis| axis < 32)?);
        }
        records.extend(tensor.data());
    }
    Some([text.as_bytes(), &[0], &records].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn the_text_form_stands_for_the_same_network() {
        let seeds = super::super::pack::read("native");
        let sound = seeds.iter().filter(|seed| super::super::native(seed)).count();
        assert!(sound >= 3, "{sound} of {} seeds are sound", seeds.len());
        assert_eq!(file(&fixtures::bytes("native/example.snn")), fixtures::bytes("native/example.snn"));
    }
}
