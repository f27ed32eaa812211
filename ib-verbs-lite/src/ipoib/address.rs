//! The link-layer address of IPoIB.

use core::fmt;

use bootproto_core::{ParseError, Reader, Writer};

use crate::{Gid, Qpn};

/// A link-layer address of 20 bytes (RFC 4391 section 9.1.1): a queue pair and the GID of its port. It changes with
/// every start of a stack, since the queue pair does.
#[derive(Debug, Clone, Copy, Eq)]
pub struct LinkAddress {
    /// Which connected modes its owner offers (RFC 4755); 0 for datagrams alone. It says nothing about who this is, and
    /// does not count in comparisons.
    pub flags: u8,
    /// The queue pair that takes datagrams.
    pub qpn: Qpn,
    /// The port.
    pub gid: Gid,
}

impl PartialEq for LinkAddress {
    fn eq(&self, other: &Self) -> bool {
        self.qpn == other.qpn && self.gid == other.gid
    }
}

impl LinkAddress {
    /// Its length in bytes.
    pub const LENGTH: usize = 20;

    /// Nobody's.
    pub const ZERO: Self = Self { flags: 0, qpn: Qpn::SMI, gid: Gid([0; 16]) };

    /// An address for datagrams.
    #[must_use]
    pub const fn new(qpn: Qpn, gid: Gid) -> Self {
        Self { flags: 0, qpn, gid }
    }

    /// Reads 20 bytes.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`](bootproto_core::ParseErrorKind::Truncated).
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let [flags, a, b, c] = reader.array()?;
        Ok(Self { flags, qpn: Qpn::new(u32::from_be_bytes([0, a, b, c])), gid: Gid(reader.array()?) })
    }

    /// Writes its 20 bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let [_, a, b, c] = self.qpn.get().to_be_bytes();
        writer.bytes(&[self.flags, a, b, c]);
        writer.bytes(&self.gid.0);
    }

    /// Whether a datagram could be sent there: a queue pair for data on a port.
    #[must_use]
    pub fn is_unicast(&self) -> bool {
        self.qpn.get() > 1
            && self.qpn != Qpn::MULTICAST
            && !self.gid.is_multicast()
            && self.gid != Gid([0; 16])
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue pair {} at {}", self.qpn, self.gid)
    }
}
