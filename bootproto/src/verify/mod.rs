//! Whether a file is the one that was meant: SHA-256 digests and the `SHA256SUMS` list they come from.
//!
//! What belongs here: reading the list, hashing, comparing. What does not: signatures, and who vouches for the list.
//! A list that came over the same unprotected network as the files protects against damage, not against malice.
//!
//! ```
//! use bootproto::verify::{Hasher, Manifest};
//!
//! let list = b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  linux\n";
//! let mut hasher = Hasher::new();
//! hasher.update(b"a");
//! hasher.update(b"bc");
//! assert_eq!(Manifest::new(list).check(b"boot", b"boot/linux", &hasher.finish()), Ok(()));
//! ```

mod hasher;
mod manifest;

pub use hasher::{Digest, Hasher};
pub use manifest::{Line, Lines, Manifest};

bootproto_core::numbered! {
    /// Why a file can't be vouched for.
    pub enum VerifyError {
        /// A line of the list is in none of the known forms.
        BadLine { /** The line, from 1. */ line: u32 } = 3601, "line {line} of the digest list is not understood", "Make the list with sha256sum.";
        /// The list names a file twice, with different digests.
        Conflict { /** The second line, from 1. */ line: u32 } = 3602, "line {line} of the digest list contradicts an earlier one", "Make the list anew.";
        /// The list doesn't name the file.
        Unlisted = 3603, "the digest list does not name the file", "Add the file to SHA256SUMS.";
        /// The file is not the one in the list.
        Mismatch = 3604, "the file's digest is not the one in the list", "Compare the file with its source; make the list anew if the file was replaced on purpose.";
        /// A name with a backslash or a line break, which the list writes in a special way.
        EscapedName { /** The line, from 1. */ line: u32 } = 3605, "line {line} of the digest list has an escaped name", "Give the file a name without backslash and line break.";
    }
}

#[cfg(test)]
mod tests;
