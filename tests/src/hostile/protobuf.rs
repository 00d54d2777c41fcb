//! Just enough of the protobuf encoding to write an ONNX file, sound or not.

/// A message being written.
#[derive(Clone, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// An integer field.
    pub fn int(mut self, tag: u64, value: i64) -> Self {
        self.varint(tag << 3);
        self.varint(value as u64);
        self
    }

    /// A string or bytes field.
    pub fn bytes(mut self, tag: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(tag << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend(value.as_ref());
        self
    }

    /// A field that is a message.
    pub fn message(self, tag: u64, value: &Message) -> Self {
        self.bytes(tag, &value.0)
    }
}
