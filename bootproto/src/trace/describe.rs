//! What a packet is, in words.
//!
//! A protocol is told by its bytes, not by its ports: TFTP leaves port 69 after the first packet.

use core::fmt;
use core::net::Ipv4Addr;

use bootproto_core::Reader;
use bootproto_dhcp::wire::{self as dhcp, MAGIC_COOKIE, OptionCode};
use bootproto_tftp::wire::{Opcode, OptionList, Packet as Tftp};

use super::{Direction, Packet};

const IPV4: u16 = 0x0800;
const ARP: u16 = 0x0806;
const UDP: u8 = 17;

/// Where the magic cookie of DHCP is.
const COOKIE: core::ops::Range<usize> = 236..240;

/// The payload of a UDP datagram, of which `bytes` are there and `length` were.
pub(super) fn datagram(f: &mut fmt::Formatter<'_>, bytes: &[u8], length: usize) -> fmt::Result {
    if bytes.get(COOKIE) == Some(&MAGIC_COOKIE) {
        return dhcp(f, bytes, bytes.len() < length);
    }
    match Tftp::parse(bytes) {
        Ok(packet) => tftp(f, &packet, length),
        // The end of a request may have been cut off, but not its name.
        Err(_) if matches!(bytes, [0, 1..=2, ..]) => {
            let name = bytes.get(2..).and_then(|rest| rest.split(|byte| *byte == 0).next());
            let opcode = Opcode(if bytes.get(1) == Some(&1) { 1 } else { 2 });
            write!(f, "TFTP {opcode} {}, {length} bytes", name.unwrap_or_default().escape_ascii())
        }
        Err(_) => write!(f, "UDP, {length} bytes"),
    }
}

fn dhcp(f: &mut fmt::Formatter<'_>, bytes: &[u8], is_cut: bool) -> fmt::Result {
    let parsed = dhcp::Packet::parse(bytes).or_else(|error| match bytes.get(..error.offset) {
        // Up to where it was cut it may be right.
        Some(head) if is_cut => dhcp::Packet::parse(head),
        _ => Err(error),
    });
    let packet = match parsed {
        Ok(packet) => packet,
        Err(error) => return write!(f, "DHCP malformed: {error}"),
    };
    let header = packet.header;
    let kind = packet.message_type().and_then(dhcp::MessageType::name);
    write!(f, "DHCP {} xid {:08x}", kind.unwrap_or("without a type"), header.xid)?;
    let server = packet.option(OptionCode::SERVER_ID).and_then(dhcp::Value::address);
    let requested = packet.option(OptionCode::REQUESTED_ADDRESS).and_then(dhcp::Value::address);
    let addresses = [
        ("ciaddr", Some(header.ciaddr)),
        ("yiaddr", Some(header.yiaddr)),
        ("siaddr", Some(header.siaddr)),
        ("giaddr", Some(header.giaddr)),
        ("requests", requested),
        ("server", server),
    ];
    for (name, address) in addresses {
        if let Some(address) = address.filter(|address| !address.is_unspecified()) {
            write!(f, " {name} {address}")?;
        }
    }
    if packet.option(OptionCode::VENDOR_CLASS).is_some_and(|class| class.starts_with(b"PXEClient")) {
        f.write_str(" PXEClient")?;
    }
    match packet.option(OptionCode::BOOT_FILE_NAME) {
        Some(name) => text(f, " file ", name.trim_nul().bytes())?,
        None => text(f, " file ", packet.file().iter().copied())?,
    }
    match packet.option(OptionCode::MESSAGE) {
        Some(message) => text(f, " says ", message.bytes()),
        None => Ok(()),
    }
}

/// Text of a peer, as printable ASCII; nothing if there is none.
fn text(f: &mut fmt::Formatter<'_>, before: &str, bytes: impl Iterator<Item = u8>) -> fmt::Result {
    let mut before = before;
    for byte in bytes {
        f.write_str(core::mem::take(&mut before))?;
        write!(f, "{}", core::ascii::escape_default(byte))?;
    }
    Ok(())
}

fn tftp(f: &mut fmt::Formatter<'_>, packet: &Tftp<'_>, length: usize) -> fmt::Result {
    write!(f, "TFTP {}", packet.opcode())?;
    match packet {
        Tftp::Request(request) => {
            let mode = request.mode.as_bytes();
            write!(f, " {} {}", request.file.escape_ascii(), mode.escape_ascii())?;
            options(f, &request.options)
        }
        Tftp::Data { block, .. } => write!(f, " {block}, {} bytes", length.saturating_sub(4)),
        Tftp::Ack { block } => write!(f, " {block}"),
        Tftp::Error { code, message } => write!(f, " {} {}", code.0, message.escape_ascii()),
        Tftp::OptionAck(list) => options(f, list),
        _ => Ok(()),
    }
}

fn options(f: &mut fmt::Formatter<'_>, list: &OptionList<'_>) -> fmt::Result {
    for (name, value) in list {
        write!(f, " {}={}", name.escape_ascii(), value.escape_ascii())?;
    }
    Ok(())
}

/// An Ethernet frame.
pub(super) fn frame(f: &mut fmt::Formatter<'_>, packet: &Packet<'_>) -> fmt::Result {
    match known(f, packet) {
        Some(result) => result,
        None => write!(f, "frame, {} bytes", packet.length),
    }
}

fn known(f: &mut fmt::Formatter<'_>, packet: &Packet<'_>) -> Option<fmt::Result> {
    let mut reader = Reader::new(packet.bytes);
    let (to, from): ([u8; 6], [u8; 6]) = (reader.array().ok()?, reader.array().ok()?);
    let [a, b, c, d, e, g] = if packet.direction == Direction::Sent { to } else { from };
    match reader.u16().ok()? {
        ARP => Some(arp(f, reader)?),
        IPV4 => ipv4(f, packet, reader),
        other => {
            let length = packet.length;
            let peer = format_args!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}");
            Some(write!(f, "{peer} ethertype {other:04x}, {length} bytes"))
        }
    }
}

/// ARP for IPv4 over Ethernet (RFC 826).
fn arp(f: &mut fmt::Formatter<'_>, mut reader: Reader<'_>) -> Option<fmt::Result> {
    let fixed: [u8; 6] = reader.array().ok()?;
    let operation = reader.u16().ok()?;
    let [a, b, c, d, e, g]: [u8; 6] = reader.array().ok()?;
    let sender = Ipv4Addr::from(reader.array::<4>().ok()?);
    reader.take(6).ok()?;
    let target = Ipv4Addr::from(reader.array::<4>().ok()?);
    Some(match (fixed, operation) {
        ([0, 1, 8, 0, 6, 4], 1) => write!(f, "ARP who has {target}? tell {sender}"),
        ([0, 1, 8, 0, 6, 4], 2) => {
            write!(f, "ARP {sender} is at {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
        }
        _ => write!(f, "ARP operation {operation}"),
    })
}

fn ipv4(f: &mut fmt::Formatter<'_>, packet: &Packet<'_>, reader: Reader<'_>) -> Option<fmt::Result> {
    let mut header = reader;
    let head: [u8; 12] = header.array().ok()?;
    let (source, destination) = (header.array::<4>().ok()?, header.array::<4>().ok()?);
    let peer = Ipv4Addr::from(if packet.direction == Direction::Sent { destination } else { source });
    let [version, _, _, _, _, _, fragment, low, _, protocol, ..] = head;
    let is_first = u16::from_be_bytes([fragment & 0x1f, low]) == 0;
    if protocol != UDP || !is_first {
        return Some(write!(f, "{peer} IPv4 protocol {protocol}, {} bytes", packet.length));
    }
    let mut udp = reader;
    udp.take(usize::from(version & 15).saturating_mul(4)).ok()?;
    let (from, to, length) = (udp.u16().ok()?, udp.u16().ok()?, udp.u16().ok()?);
    udp.u16().ok()?;
    let port = if packet.direction == Direction::Sent { to } else { from };
    let length = usize::from(length).saturating_sub(8);
    // What lies behind it is the frame's padding.
    let payload = udp.rest().get(..length).unwrap_or_else(|| udp.rest());
    Some(write!(f, "{peer}:{port} ").and_then(|()| datagram(f, payload, length)))
}
