//! IPv6 neighbour discovery over InfiniBand: solicitations and advertisements, whose link-layer option has 20 bytes.

use core::net::Ipv6Addr;

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer, num};

use super::LinkAddress;
use crate::Guid;

/// A neighbour solicitation or advertisement (RFC 4861 sections 4.3 and 4.4, RFC 4391 section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeighbourMessage {
    /// The sender; unspecified in a probe.
    pub source: Ipv6Addr,
    /// The receiver, mostly a group.
    pub destination: Ipv6Addr,
    /// Whether it tells, rather than asks.
    pub is_advertisement: bool,
    /// Advertisements: whether it answers a solicitation.
    pub is_solicited: bool,
    /// Whose link-layer address is asked for, or told.
    pub target: Ipv6Addr,
    /// The link-layer address: the sender's own in a solicitation, the target's in an advertisement.
    pub link: Option<LinkAddress>,
}

const HEADER: usize = 40;
const ICMPV6: u8 = 58;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// The link-layer option: type, length 3 in units of 8 bytes, two bytes of nothing, the address.
const OPTION_UNITS: u8 = 3;
/// ICMP header, target and option.
const BODY: u16 = 48;

impl NeighbourMessage {
    /// The length of what [`write`](Self::write) writes.
    pub const LENGTH: usize = 88;

    /// Reads an IPv6 packet; `None` if it is whole but something else.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`], [`ParseErrorKind::BadLength`] for an option of no length or a link-layer option of
    /// another, [`ParseErrorKind::BadValue`] for a checksum, hop limit (not 255: it came through a router) or code that
    /// can't be.
    pub fn parse(packet: &[u8]) -> Result<Option<Self>, ParseError> {
        let mut reader = Reader::new(packet);
        let [version, ..] = reader.array::<4>()?;
        let length = reader.u16()?;
        let [next, hop_limit] = reader.array()?;
        let source = Ipv6Addr::from(reader.array::<16>()?);
        let destination = Ipv6Addr::from(reader.array::<16>()?);
        let body = reader.take(num::usize_from_u16(length))?;
        let kind = body.first().copied().unwrap_or(0);
        if version >> 4 != 6 || next != ICMPV6 || !matches!(kind, SOLICITATION | ADVERTISEMENT) {
            return Ok(None);
        }
        let bad = |offset| ParseError { kind: ParseErrorKind::BadValue, offset };
        if hop_limit != 255 {
            return Err(bad(7));
        }
        let mut reader = Reader::new(body);
        let [_, code, _, _] = reader.array()?;
        if code != 0 || checksum(source, destination, body) != 0 {
            return Err(bad(HEADER.saturating_add(1)));
        }
        let [flags, ..] = reader.array::<4>()?;
        let target = Ipv6Addr::from(reader.array::<16>()?);
        let is_advertisement = kind == ADVERTISEMENT;
        let link = option(reader, if is_advertisement { 2 } else { 1 })?;
        let is_solicited = is_advertisement && flags & 0x40 != 0;
        Ok(Some(Self { source, destination, is_advertisement, is_solicited, target, link }))
    }

    /// Writes the IPv6 packet. Without a link-layer address there is still room for one in
    /// [`LENGTH`](Self::LENGTH), and zeros are written: such messages are not sent.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(6 << 28);
        writer.u16(BODY);
        writer.bytes(&[ICMPV6, 255]);
        writer.bytes(&self.source.octets());
        writer.bytes(&self.destination.octets());
        let mut body = [0; 48];
        self.write_body(0, &mut Writer::new(&mut body));
        let sum = checksum(self.source, self.destination, &body);
        self.write_body(sum, writer);
    }

    fn write_body(&self, sum: u16, writer: &mut Writer<'_>) {
        writer.bytes(&[if self.is_advertisement { ADVERTISEMENT } else { SOLICITATION }, 0]);
        writer.u16(sum);
        // Solicited, and to replace what is known.
        let flags = if self.is_solicited { 0x60 } else { 0x20 };
        writer.bytes(&[if self.is_advertisement { flags } else { 0 }, 0, 0, 0]);
        writer.bytes(&self.target.octets());
        writer.bytes(&[if self.is_advertisement { 2 } else { 1 }, OPTION_UNITS, 0, 0]);
        self.link.unwrap_or(LinkAddress::ZERO).write(writer);
    }

    /// The group in which whoever has `target` listens (RFC 4291 section 2.7.1).
    #[must_use]
    pub const fn solicited_node(target: Ipv6Addr) -> Ipv6Addr {
        let [.., a, b, c] = target.octets();
        Ipv6Addr::from_octets([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c])
    }

    /// The link-local address of a port (RFC 4391 section 8): the GUID, with the bit set that says it is universal.
    #[must_use]
    pub const fn link_local(guid: Guid) -> Ipv6Addr {
        let [a, b, c, d, e, f, g, h] = guid.0.to_be_bytes();
        Ipv6Addr::from_octets([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a | 2, b, c, d, e, f, g, h])
    }
}

/// The link-layer address among the options.
fn option(mut reader: Reader<'_>, wanted: u8) -> Result<Option<LinkAddress>, ParseError> {
    let mut found = None;
    while !reader.is_empty() {
        let start = reader;
        let [kind, units] = reader.array()?;
        if units == 0 || kind == wanted && units != OPTION_UNITS {
            return Err(start.error(ParseErrorKind::BadLength));
        }
        let rest = usize::from(units).saturating_mul(8).saturating_sub(2);
        let mut value = Reader::new(reader.take(rest)?);
        if kind == wanted && found.is_none() {
            value.take(2)?;
            found = Some(LinkAddress::read(&mut value)?);
        }
    }
    Ok(found)
}

/// The Internet checksum with the pseudo header of IPv6 (RFC 8200 section 8.1): 0 over a message that has its own.
fn checksum(source: Ipv6Addr, destination: Ipv6Addr, body: &[u8]) -> u16 {
    let length = num::u64_from_usize(body.len());
    let words = |bytes: &[u8]| {
        bytes.chunks(2).fold(0_u64, |sum, pair| {
            let high = pair.first().copied().unwrap_or(0);
            let low = pair.get(1).copied().unwrap_or(0);
            sum.saturating_add(u16::from_be_bytes([high, low]).into())
        })
    };
    let mut sum = [words(&source.octets()), words(&destination.octets()), length, ICMPV6.into(), words(body)]
        .into_iter()
        .fold(0_u64, u64::saturating_add);
    while sum > 0xffff {
        sum = (sum >> 16).saturating_add(sum & 0xffff);
    }
    !num::low_u16(sum)
}
