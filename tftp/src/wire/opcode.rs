//! What kind of packet it is.

use core::fmt;

/// The first two bytes of every packet (RFC 1350 section 5, RFC 2347).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u16);

impl Opcode {
    /// Read request.
    pub const RRQ: Self = Self(1);
    /// Write request.
    pub const WRQ: Self = Self(2);
    /// A block of the file.
    pub const DATA: Self = Self(3);
    /// Acknowledgement.
    pub const ACK: Self = Self(4);
    /// Error.
    pub const ERROR: Self = Self(5);
    /// Option acknowledgement (RFC 2347).
    pub const OACK: Self = Self(6);
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::RRQ => "RRQ",
            Self::WRQ => "WRQ",
            Self::DATA => "DATA",
            Self::ACK => "ACK",
            Self::ERROR => "ERROR",
            Self::OACK => "OACK",
            Self(other) => return write!(f, "opcode {other}"),
        })
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
