//! Capture files in the classic pcap format, so that a failing case opens in Wireshark and a real one becomes a vector.
//!
//! What belongs here: writing UDP datagrams with Ethernet and IPv4 around them, and reading UDP payloads back out of
//! a capture. What does not: pcapng, IPv6, reassembly of fragments.

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

/// One UDP datagram of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// When it was captured, after the capture's epoch.
    pub at: Duration,
    /// The sender.
    pub from: SocketAddrV4,
    /// The receiver.
    pub to: SocketAddrV4,
    /// The UDP payload.
    pub payload: Vec<u8>,
}

const MAGIC_MICROS: u32 = 0xa1b2_c3d4;
const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
const ETHERNET: u32 = 1;
const UDP: u8 = 17;

/// The whole capture file for `datagrams`: Ethernet, microseconds, little-endian.
///
/// Checksums are right. MAC addresses are made from the IP addresses (`02:00:` and the four bytes); broadcast and
/// multicast have theirs. A payload that does not fit an IPv4 packet is cut.
pub fn write<'a>(datagrams: impl IntoIterator<Item = &'a Datagram>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [MAGIC_MICROS, u32::from_le_bytes([2, 0, 4, 0]), 0, 0, 0x0004_0000, ETHERNET] {
        file.extend(word.to_le_bytes());
    }
    for datagram in datagrams {
        let frame = frame(datagram);
        let length = frame.len() as u32;
        for word in [datagram.at.as_secs() as u32, datagram.at.subsec_micros(), length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// The Ethernet frame around a datagram.
fn frame(datagram: &Datagram) -> Vec<u8> {
    let payload = &datagram.payload[..datagram.payload.len().min(65_507)];
    let mut udp = Vec::new();
    udp.extend(datagram.from.port().to_be_bytes());
    udp.extend(datagram.to.port().to_be_bytes());
    udp.extend((payload.len() as u16 + 8).to_be_bytes());
    udp.extend([0, 0]);
    udp.extend(payload);
    let mut pseudo: Vec<u8> = [datagram.from.ip().octets(), datagram.to.ip().octets()].concat();
    pseudo.extend([0, UDP]);
    pseudo.extend((udp.len() as u16).to_be_bytes());
    pseudo.extend(&udp);
    // A sum of zero is sent as all ones: zero means that there is none (RFC 768).
    let sum = match checksum(&pseudo) {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());

    let mut ip = vec![0x45, 0];
    ip.extend((udp.len() as u16 + 20).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 64, UDP, 0, 0]);
    ip.extend(datagram.from.ip().octets());
    ip.extend(datagram.to.ip().octets());
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    [&mac(*datagram.to.ip())[..], &mac(*datagram.from.ip()), &[8, 0], &ip, &udp].concat()
}

fn mac(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    match address {
        Ipv4Addr::BROADCAST => [0xff; 6],
        _ if address.is_multicast() => [1, 0, 0x5e, b & 0x7f, c, d],
        _ => [2, 0, a, b, c, d],
    }
}

/// The Internet checksum of RFC 1071.
pub fn checksum(bytes: &[u8]) -> u16 {
    let pair = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u32 = bytes.chunks(2).map(pair).sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// All UDP over IPv4 datagrams of a classic Ethernet capture, of either byte order, in micro- or nanoseconds.
///
/// VLAN tags are skipped. Other frames, fragments and frames the capture has cut are left out.
///
/// # Errors
/// When this is no such file, or when it ends in the middle of a record.
pub fn read(file: &[u8]) -> Result<Vec<Datagram>, String> {
    let (header, mut rest) = file.split_at_checked(24).ok_or("shorter than a pcap header")?;
    let magic = |bytes: [u8; 4]| -> [u32; 2] { [u32::from_le_bytes(bytes), u32::from_be_bytes(bytes)] };
    let first = [header[0], header[1], header[2], header[3]];
    let little = magic(first)[0] == MAGIC_MICROS || magic(first)[0] == MAGIC_NANOS;
    let word = |bytes: &[u8], at: usize| {
        let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    };
    let nanos_per_tick = match word(header, 0) {
        MAGIC_MICROS => 1000,
        MAGIC_NANOS => 1,
        other => return Err(format!("magic {other:#010x} is not classic pcap")),
    };
    if word(header, 20) & 0x0fff_ffff != ETHERNET {
        return Err(format!("link type {} is not Ethernet", word(header, 20)));
    }
    let mut datagrams = Vec::new();
    while !rest.is_empty() {
        let (record, tail) = rest.split_at_checked(16).ok_or("the file ends in a record's header")?;
        let (frame, tail) =
            tail.split_at_checked(word(record, 8) as usize).ok_or("the file ends in a frame")?;
        rest = tail;
        let nanos = u64::from(word(record, 4)) * nanos_per_tick;
        let at = Duration::from_secs(u64::from(word(record, 0))) + Duration::from_nanos(nanos);
        datagrams.extend(unframe(frame).map(|(from, to, payload)| Datagram { at, from, to, payload }));
    }
    Ok(datagrams)
}

/// The UDP datagram in an Ethernet frame, if that is what it holds, whole.
fn unframe(frame: &[u8]) -> Option<(SocketAddrV4, SocketAddrV4, Vec<u8>)> {
    let mut at = 12;
    while matches!(frame.get(at..at + 2)?, [0x81, 0x00] | [0x88, 0xa8]) {
        at += 4;
    }
    let ip = frame.get(at..)?.strip_prefix(&[8, 0])?;
    let header = usize::from(ip.first()? & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([*ip.get(2)?, *ip.get(3)?]));
    let fragment = u16::from_be_bytes([*ip.get(6)?, *ip.get(7)?]) & 0x3fff;
    if ip[0] >> 4 != 4 || header < 20 || fragment != 0 || *ip.get(9)? != UDP {
        return None;
    }
    let address =
        |at: usize| Some(Ipv4Addr::new(*ip.get(at)?, *ip.get(at + 1)?, *ip.get(at + 2)?, *ip.get(at + 3)?));
    let udp = ip.get(header..total)?;
    let number = |at: usize| Some(u16::from_be_bytes([*udp.get(at)?, *udp.get(at + 1)?]));
    let payload = udp.get(8..usize::from(number(4)?))?.to_vec();
    Some((SocketAddrV4::new(address(12)?, number(0)?), SocketAddrV4::new(address(16)?, number(2)?), payload))
}

#[cfg(test)]
mod tests {
    use super::{Datagram, checksum, read, write};
    use core::time::Duration;

    fn datagram(payload: &[u8]) -> Datagram {
        Datagram {
            at: Duration::new(7, 123_456_000),
            from: "10.0.0.1:69".parse().unwrap(),
            to: "10.0.0.2:1024".parse().unwrap(),
            payload: payload.to_vec(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let all = [datagram(b"odd"), datagram(b""), datagram(&[0xa5; 1468])];
        assert_eq!(read(&write(&all)).unwrap(), all);
    }

    #[test]
    fn checksums_sum_to_nothing() {
        // The example of RFC 1071, section 3: the sum is ddf2.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        let file = write(&[datagram(b"odd")]);
        let ip = &file[24 + 16 + 14..];
        assert_eq!(checksum(&ip[..20]), 0);
        let mut pseudo = ip[12..20].to_vec();
        pseudo.extend([0, 17, 0, 11]);
        pseudo.extend(&ip[20..]);
        assert_eq!(checksum(&pseudo), 0);
    }

    #[test]
    fn both_byte_orders_are_read() {
        let little = write(&[datagram(b"abc")]);
        let mut big = Vec::new();
        for (index, chunk) in little[..40].chunks(4).enumerate() {
            let mut chunk = chunk.to_vec();
            // The version is two halves, not one word.
            match index {
                1 => chunk = vec![0, 2, 0, 4],
                _ => chunk.reverse(),
            }
            big.extend(chunk);
        }
        big.extend(&little[40..]);
        assert_eq!(read(&big).unwrap(), [datagram(b"abc")]);
    }

    #[test]
    fn a_damaged_file_is_an_error_or_has_less_in_it() {
        let whole = write(&[datagram(b"abc"), datagram(b"def")]);
        for length in 0..whole.len() {
            if let Ok(datagrams) = read(&whole[..length]) {
                assert!(datagrams.len() < 2);
            }
        }
        assert!(read(&[0; 24]).is_err());
        let mut cooked = whole.clone();
        cooked[20] = 113;
        assert!(read(&cooked).unwrap_err().contains("113"));
    }

    #[test]
    fn fragments_and_other_protocols_are_left_out() {
        let whole = write(&[datagram(b"abc")]);
        for (at, value) in [(40 + 14 + 6, 0x20), (40 + 14 + 9, 6), (40 + 12, 0x86), (40 + 14, 0x65)] {
            let mut other = whole.clone();
            other[at] = value;
            assert_eq!(read(&other).unwrap(), []);
        }
    }
}
