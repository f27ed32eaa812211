//! A byte cursor whose every read can fail and none can panic.

use core::fmt;

/// Reads fields one after the other; multi-byte fields are big-endian unless the name says `le`.
///
/// A failed read moves nothing and says where in the message it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, position: 0 }
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What has not been read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The error for a fault that the caller found at the present position.
    #[must_use]
    pub const fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { kind, offset: self.position }
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub const fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let Some((head, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.error(ParseErrorKind::Truncated));
        };
        self.rest = rest;
        self.position = self.position.saturating_add(length);
        Ok(head)
    }

    /// The next `N` bytes by value.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    pub const fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.error(ParseErrorKind::Truncated));
        };
        self.rest = rest;
        self.position = self.position.saturating_add(N);
        Ok(*head)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] at the end.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u8(&mut self) -> Result<u8, ParseError> {
        self.array().map(u8::from_be_bytes)
    }

    /// Two bytes, big-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, big-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u64(&mut self) -> Result<u64, ParseError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Two bytes, little-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u16_le(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes, little-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u32_le(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes, little-endian.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if fewer are left.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u64_le(&mut self) -> Result<u64, ParseError> {
        self.array().map(u64::from_le_bytes)
    }

    /// The bytes up to the next NUL, which is read too but not part of the answer.
    ///
    /// # Errors
    /// [`ParseErrorKind::Unterminated`] if there is no NUL.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn c_string(&mut self) -> Result<&'a [u8], ParseError> {
        let Some(length) = self.rest.iter().position(|byte| *byte == 0) else {
            return Err(self.error(ParseErrorKind::Unterminated));
        };
        let text = self.take(length)?;
        self.take(1)?;
        Ok(text)
    }
}

/// Why bytes are not a message, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// At which byte of the message.
    pub offset: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for ParseError {}

crate::numbered! {
    /// What is wrong with bytes that are not a message.
    pub enum ParseErrorKind {
        /// The bytes end in the middle of a field.
        Truncated = 101, "the message ends in the middle of a field", "Capture the packet: the sender or a middlebox cuts it short.";
        /// A length field contradicts the bytes around it or the type it belongs to.
        BadLength = 102, "a length is impossible", "Capture the packet: the sender encodes this field wrongly.";
        /// A field holds a value that its specification forbids.
        BadValue = 103, "a value is forbidden here", "Capture the packet: the sender encodes this field wrongly.";
        /// A magic number is not the expected one: this is some other protocol.
        BadMagic = 104, "the magic number is wrong", "Something else answers on this port.";
        /// A string that must end in NUL does not.
        Unterminated = 105, "a string has no end", "Capture the packet: the sender encodes this field wrongly.";
        /// A field is larger than we are prepared to hold.
        TooLong = 106, "a field is too long", "Shorten the value on the server.";
    }
}

#[cfg(test)]
mod tests {
    use super::{ParseErrorKind, Reader};

    #[test]
    fn reads_fields_in_order_and_counts() {
        let mut reader = Reader::new(b"\x01\x02\x03\x04\x05\x06\x07ab\0c");
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(0x0203));
        assert_eq!(reader.u32_le(), Ok(0x0706_0504));
        assert_eq!(reader.c_string(), Ok(&b"ab"[..]));
        assert_eq!(reader.position(), 10);
        assert_eq!(reader.rest(), b"c");
    }

    #[test]
    fn a_failed_read_moves_nothing_and_says_where() {
        let mut reader = Reader::new(b"\x01\x02\x03");
        assert_eq!(reader.u16(), Ok(0x0102));
        let error = reader.u16().unwrap_err();
        assert_eq!((error.kind, error.offset), (ParseErrorKind::Truncated, 2));
        assert_eq!(reader.c_string().unwrap_err().kind, ParseErrorKind::Unterminated);
        assert_eq!(reader.u8(), Ok(3));
        assert!(reader.is_empty());
        assert!(reader.take(usize::MAX).is_err());
    }
}
