//! Bytes as choices: what a generator of sound files asks, the fuzzer's bytes answer.

/// Answers from bytes; zeros when they are used up.
pub struct Choices<'b> {
    bytes: &'b [u8],
    /// Bytes used so far. A generator may go back to ask the same again.
    pub at: usize,
}

impl<'b> Choices<'b> {
    /// Answers from `bytes`.
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Whether there are answers left.
    pub const fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// 0 to 255.
    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    /// Below `n`, which is at most 256.
    pub fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n.max(1)
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// True in `n` of 256 cases.
    pub fn chance(&mut self, n: u8) -> bool {
        self.byte() < n
    }

    /// A number as they are found in networks, or one that is not.
    pub fn number(&mut self) -> f32 {
        match self.byte() {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::MAX,
            3 => f32::MIN_POSITIVE / 8.0,
            4 => -1.0,
            5..=40 => 1.0,
            41..=60 => 0.0,
            byte => (f32::from(byte) - 128.0) / 64.0,
        }
    }

    /// A size or an axis as they are found in networks, or one that is not.
    pub fn integer(&mut self) -> i64 {
        match self.byte() {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => 1 << 31,
            3 => 1 << 20,
            4..=40 => -1,
            41..=80 => 1,
            byte => i64::from(byte % 8) - 1,
        }
    }
}
