//! Packets of bytes, lowest byte first.

/// `READ word count`: four bytes come back for each register.
pub(crate) const READ: u8 = 1;
/// `WRITE word count` and four bytes for each register.
pub(crate) const WRITE: u8 = 2;
/// `SEND count` and the events.
pub(crate) const SEND: u8 = 3;
/// `RECEIVE count`: so many events come back.
pub(crate) const RECEIVE: u8 = 4;
{%- if host == Host::Uart %}
/// More bytes than a packet or an answer has.
pub(crate) const LONGEST: usize = 288;
{%- endif %}

const FLAGS: u32 = 0xe000_0000;

/// Events as `N` bytes each: the index, and the flags in the top bits of the last byte.
pub(crate) fn pack<'b, const N: usize>(events: &[u32], bytes: &'b mut [u8]) -> &'b [u8] {
    for (event, bytes) in events.iter().zip(bytes.chunks_exact_mut(N)) {
        let packed = (event & FLAGS) >> (32 - 8 * N) | event & !FLAGS;
        bytes.copy_from_slice(&packed.to_le_bytes()[..N]);
    }
    &bytes[..N * events.len()]
}

/// The events of such bytes.
pub(crate) fn unpack<const N: usize>(bytes: &[u8], events: &mut [u32]) {
    for (event, bytes) in events.iter_mut().zip(bytes.chunks_exact(N)) {
        let mut whole = [0; 4];
        whole[..N].copy_from_slice(bytes);
        let packed = u32::from_le_bytes(whole) << (32 - 8 * N);
        *event = packed & FLAGS | (packed & !FLAGS) >> (32 - 8 * N);
    }
}

/// Registers as they come.
pub(crate) fn words(bytes: &[u8], values: &mut [u32]) {
    for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(4)) {
        *value = bytes.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
    }
}
