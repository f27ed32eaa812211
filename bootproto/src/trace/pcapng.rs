//! Packets as a capture file in the pcapng format (draft-ietf-opsawg-pcapng), which Wireshark opens.
//!
//! The file has two interfaces: 0 is Ethernet for frames; 1 is raw IP for datagrams, which get an IP and a UDP header
//! here, made from their path. Times are microseconds after the driver's own zero, so the date is 1 January 1970.

use core::net::IpAddr;

use bootproto_core::num::{low_u32, u16_from_usize_saturating as short, u64_from_usize};
use bootproto_core::{UdpPath, Writer};

use super::{Direction, Layer, Packet};

const ETHERNET: u16 = 1;
const RAW_IP: u16 = 101;
const UDP: u8 = 17;
const TTL: u8 = 64;

/// The head of an Enhanced Packet Block, and what follows its data but the padding: the flags' option, the end of the
/// options, and the length once more.
const BLOCK_HEAD: usize = 28;
const BLOCK_TAIL: usize = 16;
/// An IPv6 and a UDP header.
const HEADERS: usize = 48;

/// Writes the file piece by piece to `put`.
pub fn write<'p>(packets: impl IntoIterator<Item = Packet<'p>>, put: &mut dyn FnMut(&[u8])) {
    head(put);
    for packet in packets {
        block(&packet, put);
    }
}

/// Section header block, and an interface description block for each interface.
fn head(put: &mut dyn FnMut(&[u8])) {
    let mut buffer = [0; 28 + 20 + 20];
    let mut writer = Writer::new(&mut buffer);
    // Type, length, byte order, version 1.0, section of unknown length, length again.
    for word in [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28] {
        writer.u32_le(word);
    }
    for link in [ETHERNET, RAW_IP] {
        // Type, length, link type, no limit of the length, length again.
        for word in [1, 20, u32::from(link), 0, 20] {
            writer.u32_le(word);
        }
    }
    put(writer.finish().unwrap_or_default());
}

/// An Enhanced Packet Block.
fn block(packet: &Packet<'_>, put: &mut dyn FnMut(&[u8])) {
    let mut headers = [0; HEADERS];
    let (interface, headers) = match packet.layer {
        Layer::Datagram(path) => (1, ip_udp(&mut headers, path, packet)),
        Layer::Frame => (0, &[][..]),
    };
    let captured = headers.len().saturating_add(packet.bytes.len());
    let padding = captured.wrapping_neg() & 3;
    let total = BLOCK_HEAD.saturating_add(captured).saturating_add(padding).saturating_add(BLOCK_TAIL);
    let word = |value: usize| low_u32(u64_from_usize(value));
    let time = packet.at.as_micros();
    let length = headers.len().saturating_add(packet.length);
    let mut buffer = [0; BLOCK_HEAD];
    let mut writer = Writer::new(&mut buffer);
    let fields =
        [6, word(total), interface, low_u32(time >> 32), low_u32(time), word(captured), word(length)];
    for field in fields {
        writer.u32_le(field);
    }
    put(writer.finish().unwrap_or_default());
    put(headers);
    put(packet.bytes);
    let mut buffer = [0; 3 + BLOCK_TAIL];
    let mut writer = Writer::new(&mut buffer);
    writer.zeros(padding);
    let way = match packet.direction {
        Direction::Received => 1,
        Direction::Sent => 2,
    };
    // Option epb_flags of 4 bytes, opt_endofopt.
    for field in [0x0004_0002, way, 0, word(total)] {
        writer.u32_le(field);
    }
    put(writer.finish().unwrap_or_default());
}

/// The headers that a datagram had, or had about.
fn ip_udp<'b>(buffer: &'b mut [u8; HEADERS], path: UdpPath, packet: &Packet<'_>) -> &'b [u8] {
    let (from, to) = match packet.direction {
        Direction::Received => (path.remote, path.local),
        Direction::Sent => (path.local, path.remote),
    };
    let udp_length = short(packet.length.saturating_add(8));
    let mut writer = Writer::new(buffer);
    let sum = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let [a, b] = udp_length.saturating_add(20).to_be_bytes();
            let fixed = [0x45, 0, a, b, 0, 0, 0x40, 0, TTL, UDP];
            let addresses = add(add(0, &from.octets()), &to.octets());
            writer.bytes(&fixed);
            writer.u16(!fold(add(addresses, &fixed)));
            writer.bytes(&from.octets());
            writer.bytes(&to.octets());
            addresses
        }
        (from, to) => {
            let (from, to) = (v6(from), v6(to));
            writer.u32(0x6000_0000);
            writer.u16(udp_length);
            writer.bytes(&[UDP, TTL]);
            writer.bytes(&from);
            writer.bytes(&to);
            add(add(0, &from), &to)
        }
    };
    // The length counts twice, in the pseudo header and in UDP's own.
    let numbers = [from.port(), to.port(), udp_length, udp_length, u16::from(UDP)];
    let sum = numbers.into_iter().map(u32::from).fold(sum, u32::saturating_add);
    writer.u16(from.port());
    writer.u16(to.port());
    writer.u16(udp_length);
    writer.u16(udp_sum(sum, packet));
    writer.finish().unwrap_or_default()
}

/// UDP's checksum, from the sum of its pseudo header and its own. Of a payload that is not all there it can't be told: then
/// it is the value that means none.
fn udp_sum(headers: u32, packet: &Packet<'_>) -> u16 {
    if packet.is_cut() {
        return 0;
    }
    match !fold(add(headers, packet.bytes)) {
        0 => u16::MAX,
        sum => sum,
    }
}

const fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Adds 16-bit words (RFC 1071); 65535 bytes at most keep the sum within 32 bits.
fn add(sum: u32, bytes: &[u8]) -> u32 {
    bytes.chunks(2).fold(sum, |sum, pair| {
        let (high, low) = (pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0));
        sum.saturating_add(u32::from(u16::from_be_bytes([high, low])))
    })
}

/// The sum in 16 bits.
fn fold(sum: u32) -> u16 {
    let [a, b, c, d] = sum.to_be_bytes();
    let (sum, carry) = u16::from_be_bytes([a, b]).overflowing_add(u16::from_be_bytes([c, d]));
    sum.saturating_add(u16::from(carry))
}
