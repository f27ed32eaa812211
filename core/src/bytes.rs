//! Copying and trimming that can't panic.

/// Copies as much of `from` as fits into `to`, and answers how many bytes that were.
#[cfg_attr(feature = "small", inline(never))]
pub fn copy_into(to: &mut [u8], from: &[u8]) -> usize {
    let length = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..length), from.get(..length)) {
        #[expect(clippy::disallowed_methods, reason = "the one place: both slices are `length` bytes")]
        to.copy_from_slice(from);
    }
    length
}

/// The first `length` of `bytes`; none if there are not so many.
#[must_use]
#[cfg_attr(feature = "small", inline(never))]
pub fn first(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or_default()
}

/// `bytes` without the NULs at its end: fixed fields are padded with them, and some servers send one in an option.
#[must_use]
pub const fn trim_nul(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn copies_what_fits() {
        let mut to = [0; 3];
        assert_eq!(super::copy_into(&mut to, b"abcd"), 3);
        assert_eq!(&to, b"abc");
        assert_eq!(super::copy_into(&mut to, b"x"), 1);
        assert_eq!(&to, b"xbc");
    }

    #[test]
    fn trims_only_the_end() {
        assert_eq!(super::trim_nul(b"a\0b\0\0"), b"a\0b");
        assert_eq!(super::trim_nul(b"\0"), b"");
    }
}
