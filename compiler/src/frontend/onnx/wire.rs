//! A look at a file's fields before it is decoded: two bytes of a file can be a node, which takes two hundred in memory.

/// Fields that take memory of their own (messages, strings) beyond which a file is refused. A network unrolled to a
/// hundred thousand nodes has a million and a half.
const MAX_FIELDS: usize = 1 << 22;

/// Messages of `onnx.proto3`, as far as they hold others.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Function,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    /// A string, or a message of which nothing is counted.
    Leaf,
}

impl Kind {
    /// What a length-delimited field of it is.
    const fn field(self, tag: u64) -> Self {
        match (self, tag) {
            (Kind::Model, 7) | (Kind::Attribute, 6) => Kind::Graph,
            (Kind::Model, 25) => Kind::Function,
            (Kind::Graph, 1) | (Kind::Function, 7) => Kind::Node,
            (Kind::Graph, 5) | (Kind::Attribute, 5) => Kind::Tensor,
            (Kind::Graph, 11 | 12) => Kind::Value,
            (Kind::Node, 5) | (Kind::Function, 11) => Kind::Attribute,
            (Kind::Value, 2) => Kind::Type,
            (Kind::Type, 1) => Kind::TensorType,
            (Kind::TensorType, 2) => Kind::Shape,
            _ => Kind::Leaf,
        }
    }
}

/// Checks that a file has not more fields than a network has a use for. Broken fields are left to the decoder.
///
/// # Errors
/// What was found.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let mut open = vec![(Kind::Model, bytes)];
    let mut fields = 0;
    while let Some((kind, mut rest)) = open.pop() {
        while let Some(key) = varint(&mut rest) {
            let skipped = match key & 7 {
                0 => varint(&mut rest).map(|_| None),
                1 => split(&mut rest, 8).map(|_| None),
                2 => varint(&mut rest).and_then(|len| split(&mut rest, len)).map(Some),
                5 => split(&mut rest, 4).map(|_| None),
                _ => None,
            };
            match skipped {
                Some(None) => {}
                Some(Some(content)) => {
                    fields += 1;
                    if fields > MAX_FIELDS {
                        return Err(format!("it has more than {MAX_FIELDS} fields"));
                    }
                    match kind.field(key >> 3) {
                        Kind::Leaf => {}
                        kind => open.push((kind, content)),
                    }
                }
                None => break,
            }
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn split<'b>(bytes: &mut &'b [u8], len: u64) -> Option<&'b [u8]> {
    let (content, rest) = bytes.split_at_checked(usize::try_from(len).ok()?)?;
    *bytes = rest;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length-delimited field.
    fn field(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut len = content.len();
        let mut bytes = vec![tag << 3 | 2];
        while len >= 0x80 {
            bytes.push(len as u8 | 0x80);
            len >>= 7;
        }
        bytes.push(len as u8);
        bytes.extend(content);
        bytes
    }

    #[test]
    fn empty_nodes_and_strings_are_counted_wherever_they_lie() {
        let few = MAX_FIELDS - 16;
        let many = |tag| field(tag, &[]).repeat(MAX_FIELDS);
        assert_eq!(check(&field(7, &field(1, &[]).repeat(few))), Ok(()));
        let found = Err(format!("it has more than {MAX_FIELDS} fields"));
        assert_eq!(check(&field(7, &many(1))), found); // nodes
        assert_eq!(check(&field(7, &field(1, &many(1)))), found); // operands
        assert_eq!(check(&field(7, &field(1, &field(5, &field(6, &many(1)))))), found); // nodes of a body
        let dims = field(2, &field(1, &field(2, &many(1))));
        assert_eq!(check(&field(7, &field(11, &dims))), found); // axes
        assert_eq!(check(&field(7, &field(5, &many(13)))), found); // places of external data
    }

    #[test]
    fn numbers_are_no_fields_and_what_is_broken_is_left_alone() {
        let weights = vec![0u8; 64 << 20];
        assert_eq!(check(&field(7, &field(5, &field(9, &weights)))), Ok(()));
        assert_eq!(check(&[0xff; 40]), Ok(()));
        assert_eq!(check(&[0x0a, 0x7f, 1]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
    }
}
