//! The fixed fields at the head of every message.

use core::fmt;
use core::net::Ipv4Addr;

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use crate::HardwareAddress;

/// The field `op`: who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Op(pub u8);

impl Op {
    /// From a client to a server.
    pub const REQUEST: Self = Self(1);
    /// From a server to a client.
    pub const REPLY: Self = Self(2);
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::REQUEST => f.write_str("BOOTREQUEST"),
            Self::REPLY => f.write_str("BOOTREPLY"),
            Self(other) => write!(f, "Op({other})"),
        }
    }
}

/// The fixed fields of a message but `sname` and `file` (RFC 2131 section 2). Addresses are as on the wire, times in
/// seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Message direction.
    pub op: Op,
    /// `htype`, `hlen` and `chaddr` in one.
    pub hardware: HardwareAddress,
    /// Relay agents passed.
    pub hops: u8,
    /// Transaction id, chosen by the client.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// The flags; only [`Header::BROADCAST`] has a meaning.
    pub flags: u16,
    /// The client's address, if it has one and answers ARP for it.
    pub ciaddr: Ipv4Addr,
    /// "Your" address: what the server gives.
    pub yiaddr: Ipv4Addr,
    /// The server of the next step of the boot.
    pub siaddr: Ipv4Addr,
    /// The relay agent's address.
    pub giaddr: Ipv4Addr,
}

impl Header {
    /// The flag by which a client asks for answers to the broadcast address.
    pub const BROADCAST: u16 = 0x8000;

    /// A client's header with all addresses zero.
    #[must_use]
    pub const fn request(hardware: HardwareAddress, xid: u32) -> Self {
        let none = Ipv4Addr::UNSPECIFIED;
        Self {
            op: Op::REQUEST,
            hardware,
            hops: 0,
            xid,
            secs: 0,
            flags: 0,
            ciaddr: none,
            yiaddr: none,
            siaddr: none,
            giaddr: none,
        }
    }

    /// A server's header that answers `request`: `htype`, `hlen`, `chaddr`, `xid`, `flags` and `giaddr` are the
    /// client's, the rest is zero (RFC 2131 section 4.3.1, table 3).
    #[must_use]
    pub const fn reply_to(request: &Self) -> Self {
        let none = Ipv4Addr::UNSPECIFIED;
        Self { op: Op::REPLY, hops: 0, secs: 0, ciaddr: none, yiaddr: none, siaddr: none, ..*request }
    }

    /// Whether the client wants its answers broadcast.
    #[must_use]
    pub const fn is_broadcast(&self) -> bool {
        self.flags & Self::BROADCAST != 0
    }

    /// Reads the 44 bytes up to `sname`.
    pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let op = Op(reader.u8()?);
        let htype = reader.u8()?;
        let hlen_at = *reader;
        let hlen = reader.u8()?;
        let hops = reader.u8()?;
        let xid = reader.u32()?;
        let secs = reader.u16()?;
        let flags = reader.u16()?;
        let mut address = || reader.array().map(|bytes: [u8; 4]| Ipv4Addr::from(bytes));
        let (ciaddr, yiaddr, siaddr, giaddr) = (address()?, address()?, address()?, address()?);
        let chaddr = reader.array::<16>()?;
        // EDK2 over IPoIB claims 20 bytes; there are only 16.
        let hardware = HardwareAddress::from_chaddr(htype, hlen, chaddr)
            .ok_or_else(|| hlen_at.error(ParseErrorKind::BadLength))?;
        Ok(Self { op, hardware, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr })
    }

    /// Writes the 44 bytes up to `sname`.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.op.0);
        writer.u8(self.hardware.htype);
        writer.u8(self.hardware.hlen());
        writer.u8(self.hops);
        writer.u32(self.xid);
        writer.u16(self.secs);
        writer.u16(self.flags);
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            writer.bytes(&address.octets());
        }
        writer.bytes(self.hardware.chaddr());
    }
}
