//! Why a structure in memory or in a ROM is not taken for what it claims to be.

use crate::layout::byte_sum;
use bootproto_core::{ParseError, numbered};

numbered! {
    /// Why a structure was passed over.
    pub enum Refusal {
        /// The memory could not be read, or the bytes end too soon.
        Unreadable = 4101, "it lies outside the memory that can be read", "Nothing is there; another way of finding it follows.";
        /// The signature is another one.
        BadSignature = 4102, "its signature is wrong", "Nothing is there; another way of finding it follows.";
        /// The length is impossible.
        BadLength = 4103, "its length is impossible", "Update the ROM: it describes itself wrongly.";
        /// The bytes do not add up to zero.
        BadChecksum = 4104, "its checksum is wrong", "Update the ROM: it describes itself wrongly, or was overwritten.";
        /// The entry point is null or all ones.
        BadEntryPoint = 4105, "its entry point is no address", "Update the ROM: it describes itself wrongly.";
        /// It belongs to another device.
        OtherDevice = 4106, "it belongs to another device", "Nothing to do: the ROM of the right device is looked for.";
        /// INT 1Ah, function 5650h, did not answer as a PXE stack does.
        NotInstalled = 4107, "no PXE stack answers INT 1Ah", "Boot through the ROM's network boot, so that its stack is loaded.";
    }
}

impl From<ParseError> for Refusal {
    fn from(_: ParseError) -> Self {
        Self::Unreadable
    }
}

/// Checks that `bytes` starts with `signature`, and that its first `length` bytes add up to zero.
pub(crate) fn check(bytes: &[u8], signature: &[u8], length: u8, least: usize) -> Result<(), Refusal> {
    if !bytes.starts_with(signature) {
        return Err(Refusal::BadSignature);
    }
    if usize::from(length) < least {
        return Err(Refusal::BadLength);
    }
    let structure = bytes.get(..usize::from(length)).ok_or(Refusal::Unreadable)?;
    if byte_sum(structure) == 0 { Ok(()) } else { Err(Refusal::BadChecksum) }
}

/// The byte that makes `bytes` add up to zero in place of the byte at `at`.
pub(crate) fn balancing(bytes: &[u8], at: usize) -> u8 {
    let present = bytes.get(at).copied().unwrap_or(0);
    present.wrapping_sub(byte_sum(bytes))
}
