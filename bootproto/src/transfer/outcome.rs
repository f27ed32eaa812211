//! How a transfer fails, and why a datagram changed nothing for it, without a word of which protocol it was.

use core::fmt;

use bootproto_core::{Code, Entry};

/// What the boot client may do about a failed transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server has no such file: another name may exist.
    NotFound,
    /// The server does not hand it out.
    Denied,
    /// Silence: another try may work.
    TimedOut,
    /// The file is larger than we accept: no try will work.
    TooLarge,
    /// The server's or the network's fault in some other way: another try may work.
    Broken,
    /// It can't be asked like this: our own caller's fault.
    BadRequest,
}

/// Why a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What may be done about it.
    pub kind: FailureKind,
    entry: &'static Entry,
}

impl Failure {
    /// The row in the table of numbers: the protocol's own.
    #[must_use]
    pub const fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// The stable number.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.entry.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry.text)
    }
}

/// Why a datagram changed nothing for a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ignored {
    duplicate: bool,
    entry: &'static Entry,
}

impl Ignored {
    /// The row in the table of numbers: the protocol's own.
    #[must_use]
    pub const fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// Whether the datagram had been here before.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        self.duplicate
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry.text)
    }
}
