//! How a transfer fails, and why a datagram changed nothing for it, without a word of which protocol it was.

use core::fmt;

use bootproto_core::{Advice, Code, Entry, Numbered};
use bootproto_tftp as tftp;

/// What the boot client may do about a failed transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server has no such file: another name may exist.
    NotFound,
    /// The server does not hand it out.
    Denied,
    /// Silence, or next to it: another try may work.
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
    inner: FailureInner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailureInner {
    Tftp(tftp::Failure),
    TftpRequest(tftp::ConfigError),
}

impl Failure {
    pub(super) const fn tftp(failure: tftp::Failure) -> Self {
        Self { inner: FailureInner::Tftp(failure) }
    }

    pub(super) const fn tftp_request(error: tftp::ConfigError) -> Self {
        Self { inner: FailureInner::TftpRequest(error) }
    }

    /// What may be done about it.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else breaks a transfer, another try may do")]
    pub const fn kind(&self) -> FailureKind {
        match self.inner {
            FailureInner::TftpRequest(_) => FailureKind::BadRequest,
            FailureInner::Tftp(failure) => match failure {
                tftp::Failure::NotFound => FailureKind::NotFound,
                // Servers that say "file not found" as error 0: nothing else is refused before the first answer.
                tftp::Failure::Peer {
                    code: tftp::wire::ErrorCode::NOT_DEFINED,
                    phase: tftp::Phase::Opening,
                } => FailureKind::NotFound,
                tftp::Failure::AccessViolation => FailureKind::Denied,
                tftp::Failure::OpenTimedOut { .. }
                | tftp::Failure::ReadTimedOut { .. }
                | tftp::Failure::TooSlow { .. } => FailureKind::TimedOut,
                tftp::Failure::TooLarge { .. } => FailureKind::TooLarge,
                _ => FailureKind::Broken,
            },
        }
    }

    /// The row in the table of numbers: the protocol's own.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        match &self.inner {
            FailureInner::Tftp(failure) => failure.entry(),
            FailureInner::TftpRequest(error) => error.entry(),
        }
    }

    /// What of that row is for a person.
    #[must_use]
    pub fn advice(&self) -> &'static Advice {
        match &self.inner {
            FailureInner::Tftp(failure) => failure.advice(),
            FailureInner::TftpRequest(error) => error.advice(),
        }
    }

    /// The stable number.
    #[must_use]
    pub fn code(&self) -> Code {
        self.advice().code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            FailureInner::Tftp(failure) => failure.fmt(f),
            FailureInner::TftpRequest(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

/// Why a datagram changed nothing for a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ignored {
    inner: tftp::Ignored,
}

impl Ignored {
    pub(super) const fn tftp(inner: tftp::Ignored) -> Self {
        Self { inner }
    }

    /// The row in the table of numbers: the protocol's own.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        self.inner.entry()
    }

    /// Whether the datagram had been here before.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        matches!(self.inner, tftp::Ignored::Duplicate { .. })
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
