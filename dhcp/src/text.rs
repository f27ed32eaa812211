//! Bytes of bounded number, kept by value.

use core::fmt;
use core::ops::Deref;

use bootproto_core::{copy_into, num};

use crate::wire::Value;

/// At most `N` bytes, by value; it derefs to the slice of them. Names and paths of a message live on in one.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<const N: usize> {
    length: u16,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// No bytes.
    pub const EMPTY: Self = Self { length: 0, bytes: [0; N] };

    /// A copy of `from`; `None` if it is longer than `N` bytes.
    #[must_use]
    pub fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        (copy_into(&mut bytes, from) == from.len())
            .then(|| Self { length: num::u16_from_usize_saturating(from.len()), bytes })
    }

    /// A copy of an option's value; `None` if it is longer than `N` bytes.
    #[must_use]
    pub fn from_value(from: &Value<'_>) -> Option<Self> {
        let mut bytes = [0; N];
        (from.copy_to(&mut bytes) == from.len())
            .then(|| Self { length: num::u16_from_usize_saturating(from.len()), bytes })
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        bootproto_core::first(&self.bytes, self.length.into())
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

/// The same text as `Debug`, without the quotes.
impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.escape_ascii())
    }
}
