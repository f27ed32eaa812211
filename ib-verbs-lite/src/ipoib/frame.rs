//! The four bytes before every IPoIB payload (RFC 4391 section 6).

use bootproto_core::{ParseError, Reader, Writer};

/// The length of the encapsulation header.
pub const HEADER: usize = 4;

/// `EtherType` of IPv4.
pub const IPV4: u16 = 0x0800;
/// `EtherType` of ARP.
pub const ARP: u16 = 0x0806;
/// `EtherType` of IPv6.
pub const IPV6: u16 = 0x86dd;

/// Takes a frame apart into its `EtherType` and payload. What is reserved is passed over.
///
/// # Errors
/// [`ParseErrorKind::Truncated`](bootproto_core::ParseErrorKind::Truncated) for less than a header.
pub fn parse(frame: &[u8]) -> Result<(u16, &[u8]), ParseError> {
    let mut reader = Reader::new(frame);
    let kind = reader.u16()?;
    reader.take(2)?;
    Ok((kind, reader.rest()))
}

/// Writes the header.
pub fn write_header(kind: u16, writer: &mut Writer<'_>) {
    writer.u16(kind);
    writer.zeros(2);
}
