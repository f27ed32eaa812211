//! RoCEv2: the transport over UDP port 4791 (IBTA annex A17).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer, num};

use super::native::append;
use super::{Packet, Transport, crc};
use crate::Gid;
use crate::verbs::VerbsError;

/// A RoCEv2 packet, as a view of its bytes from the IP header on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RocePacket<'a> {
    /// The sender.
    pub source: IpAddr,
    /// The receiver, of the same family.
    pub destination: IpAddr,
    /// The sender's UDP port: one per flow, so that switches spread flows.
    pub source_port: u16,
    /// Over how many routers the packet may go.
    pub hop_limit: u8,
    /// The BTH and its extensions.
    pub transport: Transport,
    /// The payload without padding.
    pub payload: &'a [u8],
}

const UDP: u8 = 17;
const UDP_LENGTH: usize = 8;

impl<'a> RocePacket<'a> {
    /// The UDP port that packets go to.
    pub const PORT: u16 = 4791;

    /// Reads a packet from its IP header on. What an Ethernet card leaves behind a short packet is passed over.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] and [`ParseErrorKind::BadLength`] where the lengths of IP, UDP and the bytes
    /// disagree; [`ParseErrorKind::BadMagic`] for another protocol or port, for options and for fragments;
    /// [`ParseErrorKind::BadValue`] for a wrong ICRC or an opcode that is not known.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let magic = reader.error(ParseErrorKind::BadMagic);
        let (source, destination, hop_limit, length) = match reader.array::<4>()? {
            [0x45, _, length @ ..] => Self::v4(&mut reader, u16::from_be_bytes(length))?,
            [first, ..] if first >> 4 == 6 => Self::v6(&mut reader)?,
            _ => return Err(magic),
        };
        let head = reader.position();
        if length < UDP_LENGTH.saturating_add(16) {
            return Err(reader.error(ParseErrorKind::BadLength));
        }
        let end = head.saturating_add(length);
        let mut reader = Reader::new(Reader::new(bytes).take(end)?);
        reader.take(head)?;
        let source_port = reader.u16()?;
        let port = reader.u16()?;
        if port != Self::PORT {
            return Err(magic);
        }
        let at = reader.error(ParseErrorKind::BadLength);
        if usize::from(reader.u16()?) != length {
            return Err(at);
        }
        reader.take(2)?;
        let Some((body, sum)) = bytes.get(..end).and_then(|packet| packet.split_last_chunk::<4>()) else {
            return Err(at);
        };
        if crc::icrc_roce(body) != *sum {
            return Err(ParseError { kind: ParseErrorKind::BadValue, offset: body.len() });
        }
        let start = reader.position();
        let mut reader = Reader::new(body);
        reader.take(start)?;
        let (transport, length) = Transport::parse(&mut reader)?;
        let payload = reader.take(length)?;
        Ok(Self { source, destination, source_port, hop_limit, transport, payload })
    }

    fn v4(reader: &mut Reader<'_>, total: u16) -> Result<(IpAddr, IpAddr, u8, usize), ParseError> {
        let at = reader.error(ParseErrorKind::BadMagic);
        reader.take(2)?;
        let fragment = reader.u16()?;
        let hop_limit = reader.u8()?;
        let protocol = reader.u8()?;
        reader.take(2)?;
        let source = Ipv4Addr::from(reader.array::<4>()?);
        let destination = Ipv4Addr::from(reader.array::<4>()?);
        if protocol != UDP || fragment & 0x3fff != 0 {
            return Err(at);
        }
        let length = usize::from(total).checked_sub(20).ok_or_else(|| at_length(reader))?;
        Ok((source.into(), destination.into(), hop_limit, length))
    }

    fn v6(reader: &mut Reader<'_>) -> Result<(IpAddr, IpAddr, u8, usize), ParseError> {
        let at = reader.error(ParseErrorKind::BadMagic);
        let length = usize::from(reader.u16()?);
        let protocol = reader.u8()?;
        let hop_limit = reader.u8()?;
        let source = Ipv6Addr::from(reader.array::<16>()?);
        let destination = Ipv6Addr::from(reader.array::<16>()?);
        if protocol != UDP {
            return Err(at);
        }
        Ok((source.into(), destination.into(), hop_limit, length))
    }

    /// Writes the packet to the start of `buf`, from the IP header to the ICRC. The UDP checksum is zero, as the
    /// annex has it.
    ///
    /// # Errors
    /// [`VerbsError::TooLong`] over 4096 bytes of payload; [`VerbsError::BufferTooSmall`];
    /// [`VerbsError::NoDestination`] where source and destination are of different families.
    pub fn write<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], VerbsError> {
        if self.payload.len() > Packet::MAX_PAYLOAD {
            return Err(VerbsError::TooLong { length: self.payload.len(), limit: Packet::MAX_PAYLOAD });
        }
        let body = self.transport.length(self.payload.len()).saturating_add(4).saturating_add(UDP_LENGTH);
        let udp_length = num::u16_from_usize_saturating(body);
        let head = if self.source.is_ipv4() { 20 } else { 40 };
        let needed = body.saturating_add(head);
        let buf = buf.get_mut(..needed).ok_or(VerbsError::BufferTooSmall { needed })?;
        let mut writer = Writer::new(buf);
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                self.write_v4(&mut writer, needed, source, destination)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                writer.u32(0x6000_0000);
                writer.u16(udp_length);
                writer.bytes(&[UDP, self.hop_limit]);
                writer.bytes(&source.octets());
                writer.bytes(&destination.octets());
            }
            _ => return Err(VerbsError::NoDestination),
        }
        writer.u16(self.source_port);
        writer.u16(Self::PORT);
        writer.u16(udp_length);
        writer.u16(0);
        self.transport.write(&mut writer, self.payload);
        let end = writer.position();
        append(buf, end, crc::icrc_roce);
        Ok(buf)
    }

    fn write_v4(&self, writer: &mut Writer<'_>, total: usize, source: Ipv4Addr, destination: Ipv4Addr) {
        let [a, b, c, d] = source.octets();
        let [e, f, g, h] = destination.octets();
        let [high, low] = num::u16_from_usize_saturating(total).to_be_bytes();
        // Do not fragment.
        let mut head = [0x45, 0, high, low, 0, 0, 0x40, 0, self.hop_limit, UDP, 0, 0, a, b, c, d, e, f, g, h];
        let sum = head.chunks_exact(2).fold(0_u32, |sum, pair| match *pair {
            [high, low] => sum.wrapping_add(u16::from_be_bytes([high, low]).into()),
            _ => sum,
        });
        let folded = (sum & 0xffff).wrapping_add(sum >> 16);
        let [.., high, low] = (!(folded & 0xffff).wrapping_add(folded >> 16)).to_be_bytes();
        let [_, _, _, _, _, _, _, _, _, _, place_high, place_low, ..] = &mut head;
        (*place_high, *place_low) = (high, low);
        writer.bytes(&head);
    }
}

const fn at_length(reader: &Reader<'_>) -> ParseError {
    reader.error(ParseErrorKind::BadLength)
}

impl Gid {
    /// The GID of a RoCEv2 port with this address (IBTA annex A17.2): IPv4 mapped into IPv6, or the address itself.
    #[must_use]
    pub const fn from_ip(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().octets()),
            IpAddr::V6(address) => Self(address.octets()),
        }
    }
}
