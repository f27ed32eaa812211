//! Memory as the caller reads it.

use bootproto_core::copy_into;

/// Physical memory below 1 MiB and a little more, read on request.
///
/// On the machine itself this copies from the address; in a test it is a slice.
pub trait Memory {
    /// Fills `into` from physical address `address`. `false` if any of it can't be read; then what is in `into` does
    /// not matter.
    fn read(&self, address: u32, into: &mut [u8]) -> bool;
}

/// A piece of memory that starts at some physical address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'m> {
    /// The physical address of the first byte.
    pub base: u32,
    /// What lies there.
    pub bytes: &'m [u8],
}

impl Memory for Window<'_> {
    fn read(&self, address: u32, into: &mut [u8]) -> bool {
        let from = address.checked_sub(self.base).and_then(|offset| usize::try_from(offset).ok());
        let bytes = from.and_then(|from| self.bytes.get(from..)?.get(..into.len()));
        bytes.is_some_and(|bytes| copy_into(into, bytes) == into.len())
    }
}

impl<M: Memory + ?Sized> Memory for &M {
    fn read(&self, address: u32, into: &mut [u8]) -> bool {
        (**self).read(address, into)
    }
}
