//! What a C caller can get wrong, and the results of calls.

use bootproto_core::{Code, Numbered};

bootproto_core::numbered! {
    /// A call from C that can't be right. Nothing was touched.
    pub enum Misuse {
        /// A pointer is NULL.
        Null = 7301, "a pointer is NULL", "Give every pointer that the header does not call optional.";
        /// A pointer can't point to an object of its type.
        Misaligned = 7302, "a pointer is not aligned for its type", "Give storage of the header's own types, not bytes that are cast.";
        /// The storage is smaller than the header's type.
        StorageTooSmall { /** What was given. */ bytes: usize, /** What it takes. */ needed: usize } = 7303, "the storage has {bytes} bytes, {needed} are needed", "Give sizeof of the header's own type; header and library must be of one release.";
        /// The caller was compiled for another header.
        WrongVersion { /** The caller's. */ version: u32 } = 7304, "the program was compiled for version {version} of bootproto.h, not for this library's", "Compile with the header that came with the library.";
        /// The storage holds nothing, or something else.
        NotInitialised = 7305, "the storage was not initialised for this", "Call the init function of this type first, and look at its result.";
        /// Storage was moved or copied that must stay in its place.
        Moved = 7306, "the storage was moved or copied after it was initialised", "Leave it where it was initialised.";
        /// Two areas of memory overlap of which one is written.
        Overlap = 7307, "two of the memory areas overlap", "Give areas of their own for storage, buffers and results.";
        /// A length that no memory has.
        TooLong { /** It. */ length: usize } = 7308, "no memory is {length} long", "Give the length of the memory, not more.";
        /// A number that stands for nothing.
        BadValue = 7309, "a number stands for nothing", "Give one of the header's constants.";
        /// There is nothing left to do: the call came after the end.
        Finished = 7310, "the call came after the end", "Initialise the storage anew to begin again.";
        /// There is nothing of this yet, or not at this index.
        Nothing = 7311, "there is nothing of this kind now", "Wait for the event that announces it.";
        /// The buffer can't hold the result; its length was told.
        BufferTooSmall { /** What it takes. */ needed: usize } = 7312, "the buffer is too small, {needed} bytes are needed", "Give a buffer of the header's constant for it.";
        /// A configuration that was not begun with its function.
        NotBegun = 7313, "the configuration was not begun with its function for the defaults", "Call that function on it first, then set what differs.";
    }
}

/// The result of a call: `BP_OK`, or a number of the table in `docs/errors.md`, such as 7301 for `BP7301`.
/// `bp_explain` has the text.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_result(pub u32);

/// It worked.
pub const BP_OK: bp_result = bp_result(0);
/// The call came after the end of the boot or the transfer.
pub const BP_FINISHED: bp_result = bp_result(7310);
/// There is nothing of this kind now, or not at this index.
pub const BP_NOTHING_THERE: bp_result = bp_result(7311);
/// The buffer can't hold the result; its length was told.
pub const BP_BUFFER_TOO_SMALL: bp_result = bp_result(7312);

impl From<Code> for bp_result {
    fn from(code: Code) -> Self {
        Self(code.0.into())
    }
}

/// Anything with a number, on its way out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrong(pub(crate) bp_result);

impl<E: Numbered> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.code().into())
    }
}

/// Runs the body of a call.
pub(crate) fn call(body: impl FnOnce() -> Result<(), Wrong>) -> bp_result {
    match body() {
        Ok(()) => BP_OK,
        Err(Wrong(result)) => result,
    }
}
