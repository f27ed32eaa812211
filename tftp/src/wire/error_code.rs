//! The codes of ERROR packets.

use core::fmt;

/// The code of an ERROR packet (RFC 1350 appendix, RFC 2347).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u16);

impl ErrorCode {
    /// See the message, if there is one.
    pub const NOT_DEFINED: Self = Self(0);
    /// File not found.
    pub const NOT_FOUND: Self = Self(1);
    /// Access violation.
    pub const ACCESS_VIOLATION: Self = Self(2);
    /// Disk full or allocation exceeded.
    pub const DISK_FULL: Self = Self(3);
    /// Illegal TFTP operation.
    pub const ILLEGAL_OPERATION: Self = Self(4);
    /// Unknown transfer identifier.
    pub const UNKNOWN_TRANSFER: Self = Self(5);
    /// The file exists already.
    pub const ALREADY_EXISTS: Self = Self(6);
    /// No such user.
    pub const NO_SUCH_USER: Self = Self(7);
    /// An option was refused (RFC 2347).
    pub const OPTION_REFUSED: Self = Self(8);

    /// A text for the person who reads the peer's log.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self.0 {
            0 => "Transfer ended",
            1 => "File not found",
            2 => "Access violation",
            3 => "Disk full or allocation exceeded",
            4 => "Illegal TFTP operation",
            5 => "Unknown transfer ID",
            6 => "File already exists",
            7 => "No such user",
            8 => "Option refused",
            _ => "Unknown error",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.message())
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
