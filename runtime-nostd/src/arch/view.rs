//! Words of memory as the numbers that lie in them, lowest byte first.

#[cfg(target_endian = "big")]
compile_error!("tables of numbers are stored with their lowest byte first");

/// Four bytes a word.
pub(crate) const fn bytes(words: &[u32]) -> &[i8] {
    // SAFETY: the memory of the words, any of which is four bytes.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), 4 * words.len()) }
}

/// Four bytes a word, without signs.
pub(crate) const fn unsigned_bytes(words: &[u32]) -> &[u8] {
    // SAFETY: the memory of the words, any of which is four bytes.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), 4 * words.len()) }
}

/// Two halfwords a word.
pub(crate) const fn halfwords(words: &[u32]) -> &[u16] {
    // SAFETY: the memory of the words, any of which is two halfwords, and which is aligned for them.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

/// The words with a sign.
pub(crate) const fn signed(words: &[u32]) -> &[i32] {
    // SAFETY: the memory of the words, any of which is such a number.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}

/// The numbers without their signs.
#[cfg(any(snnc_thumb1, snnc_thumb2))]
pub(crate) const fn unsigned(numbers: &[i32]) -> &[u32] {
    // SAFETY: the memory of the numbers, any of which is a word.
    unsafe { core::slice::from_raw_parts(numbers.as_ptr().cast(), numbers.len()) }
}
