//! The few integer conversions that constant code needs and `From` can't do there yet.
//!
//! `as` is banned in the protocol crates, for it truncates without a word. What stands here widens, or saturates
//! and says so.

/// Widens.
#[must_use]
pub const fn u64_from_u32(value: u32) -> u64 {
    #[expect(clippy::as_conversions, reason = "widens; From is not const")]
    let wide = value as u64;
    wide
}

/// Widens on every target of at least 16 bits, which Rust guarantees.
#[must_use]
pub const fn usize_from_u16(value: u16) -> usize {
    #[expect(clippy::as_conversions, reason = "widens; From is not const")]
    let wide = value as usize;
    wide
}

/// Widens on every target of at most 64 bits, which is all that exist.
#[must_use]
pub const fn u64_from_usize(value: usize) -> u64 {
    #[expect(clippy::as_conversions, reason = "widens; there is no From")]
    let wide = value as u64;
    wide
}

/// `value`, or `usize::MAX` where it does not fit.
#[must_use]
pub fn usize_from_u64_saturating(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// `value`, or `usize::MAX` where it does not fit (16-bit targets).
#[must_use]
pub fn usize_from_u32_saturating(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// `value`, or 255 where it is larger.
#[must_use]
pub fn u8_from_usize_saturating(value: usize) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// `value`, or 65535 where it is larger.
#[must_use]
pub fn u16_from_usize_saturating(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// `value`, or 65535 where it is larger.
#[must_use]
pub fn u16_from_u64_saturating(value: u64) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// The low 16 bits: what a counter of 16 bits on the wire shows of a wider one.
#[must_use]
pub const fn low_u16(value: u64) -> u16 {
    let [.., high, low] = value.to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// The low 32 bits.
#[must_use]
pub const fn low_u32(value: u64) -> u32 {
    let [.., a, b, c, d] = value.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    #[test]
    fn conversions_keep_or_saturate() {
        assert_eq!(super::low_u16(0x1_0002), 2);
        assert_eq!(super::low_u32(0x7_0000_0003), 3);
        assert_eq!(super::u8_from_usize_saturating(300), 255);
        assert_eq!(super::u16_from_u64_saturating(1 << 20), u16::MAX);
        assert_eq!(super::u64_from_u32(u32::MAX), 0xffff_ffff);
    }
}
