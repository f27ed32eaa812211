//! ARP over InfiniBand.

use core::net::Ipv4Addr;

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::LinkAddress;

/// An ARP packet of hardware type 32 (RFC 4391 section 9.1, RFC 826).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// [`Arp::REQUEST`] or [`Arp::REPLY`].
    pub operation: u16,
    /// `ar$sha`.
    pub sender: LinkAddress,
    /// `ar$spa`; 0.0.0.0 in a probe (RFC 5227).
    pub sender_ip: Ipv4Addr,
    /// `ar$tha`; without meaning in a request.
    pub target: LinkAddress,
    /// `ar$tpa`.
    pub target_ip: Ipv4Addr,
}

impl Arp {
    /// Who has the address?
    pub const REQUEST: u16 = 1;
    /// I have.
    pub const REPLY: u16 = 2;
    /// The hardware type of InfiniBand.
    pub const INFINIBAND: u16 = 32;
    /// The length of a packet without the encapsulation header.
    pub const LENGTH: usize = 56;

    /// Reads the payload of a frame of type ARP. Bytes after the packet are passed over.
    ///
    /// # Errors
    /// [`ParseErrorKind::BadValue`] for other types, lengths or operations than those above;
    /// [`ParseErrorKind::Truncated`].
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(payload);
        let expect = |reader: &Reader<'_>, is_right: bool| {
            if is_right { Ok(()) } else { Err(reader.error(ParseErrorKind::BadValue)) }
        };
        let mut at = reader;
        let hardware = reader.u16()?;
        expect(&at, hardware == Self::INFINIBAND)?;
        at = reader;
        let protocol = reader.u16()?;
        expect(&at, protocol == super::frame::IPV4)?;
        at = reader;
        let hardware_length = reader.u8()?;
        expect(&at, usize::from(hardware_length) == LinkAddress::LENGTH)?;
        at = reader;
        let protocol_length = reader.u8()?;
        expect(&at, protocol_length == 4)?;
        at = reader;
        let operation = reader.u16()?;
        expect(&at, matches!(operation, Self::REQUEST | Self::REPLY))?;
        let sender = LinkAddress::read(&mut reader)?;
        let sender_ip = Ipv4Addr::from(reader.array::<4>()?);
        let target = LinkAddress::read(&mut reader)?;
        let target_ip = Ipv4Addr::from(reader.array::<4>()?);
        Ok(Self { operation, sender, sender_ip, target, target_ip })
    }

    /// Writes the packet, without the encapsulation header.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(Self::INFINIBAND);
        writer.u16(super::frame::IPV4);
        writer.u8(20);
        writer.u8(4);
        writer.u16(self.operation);
        self.sender.write(writer);
        writer.bytes(&self.sender_ip.octets());
        self.target.write(writer);
        writer.bytes(&self.target_ip.octets());
    }
}
