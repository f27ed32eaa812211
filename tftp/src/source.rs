//! What a sending machine reads its bytes from.

use core::fmt;

/// A file that can be read at any place.
///
/// A machine that sends reads a block again when it has to be sent again, so that nothing need be kept.
pub trait Source {
    /// The size in bytes. It must not change during a transfer.
    fn len(&self) -> u64;

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` with the bytes from `offset` on, and answers how many those were; fewer than asked for only at
    /// the end.
    ///
    /// # Errors
    /// [`SourceError`] ends the transfer with ERROR 0.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError>;
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        bootproto_core::num::u64_from_usize((*self).len())
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        Ok(bootproto_core::copy_into(into, rest))
    }
}

/// The source can't be read. Why is the caller's to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceError;

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the source can't be read")
    }
}

impl core::error::Error for SourceError {}
