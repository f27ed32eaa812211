//! What a packet's line says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test"
)]

use bootproto::trace::{Direction, Lines, Packet};
use bootproto_core::{Instant, UdpPath};
use testkit::pcap;

fn sent(payload: &[u8]) -> String {
    let path = UdpPath::from_port(2070, "10.0.0.1:69".parse().unwrap());
    Packet::datagram(Instant::from_micros(12_000_345), Direction::Sent, path, payload).to_string()
}

#[test]
fn tftp() {
    for (payload, line) in [
        (&b"\0\x01a b\0octet\0BLKSIZE\x001468\0tsize\x000\0"[..], "RRQ a b octet BLKSIZE=1468 tsize=0"),
        (b"\0\x02core\0netascii\0", "WRQ core netascii"),
        (b"\0\x03\x01\x02abc", "DATA 258, 3 bytes"),
        (b"\0\x04\xff\xff", "ACK 65535"),
        (b"\0\x05\0\x01no \x1b[2J such file\0", "ERROR 1 no \\x1b[2J such file"),
        (b"\0\x06tsize\x0012\0windowsize\x0016\0", "OACK tsize=12 windowsize=16"),
        // No mode at all: what can be told is told.
        (b"\0\x01vmlinuz", "RRQ vmlinuz, 9 bytes"),
    ] {
        assert_eq!(sent(payload), format!("  12.000345 > 10.0.0.1:69 TFTP {line}"));
    }
    assert_eq!(sent(b"\0\x07\0\0"), "  12.000345 > 10.0.0.1:69 UDP, 4 bytes");
    assert_eq!(sent(b""), "  12.000345 > 10.0.0.1:69 UDP, 0 bytes");
}

/// A DHCPOFFER of a proxy, as RFC 2131 and RFC 2132 lay it out.
fn offer() -> Vec<u8> {
    let mut bytes = vec![0; 236];
    bytes[..8].copy_from_slice(&[2, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26]);
    bytes[16..20].copy_from_slice(&[10, 0, 0, 100]);
    bytes[20..24].copy_from_slice(&[10, 0, 0, 1]);
    bytes[108..118].copy_from_slice(b"pxelinux.0");
    bytes.extend([99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 0, 1, 60, 9]);
    bytes.extend(b"PXEClient");
    bytes.extend([56, 2, b'o', b'k', 255]);
    bytes
}

const OFFER: &str =
    "DHCP OFFER xid 3903f326 yiaddr 10.0.0.100 siaddr 10.0.0.1 server 10.0.0.1 PXEClient file pxelinux.0";

#[test]
fn dhcp() {
    assert_eq!(sent(&offer()), format!("  12.000345 > 10.0.0.1:69 {OFFER} says ok"));
    let mut damaged = offer();
    damaged[2] = 17;
    assert!(sent(&damaged).contains("DHCP malformed: "), "{}", sent(&damaged));
    // BOOTP.
    damaged = offer();
    damaged.truncate(240);
    assert!(
        sent(&damaged).contains("DHCP without a type xid 3903f326 yiaddr 10.0.0.100"),
        "{}",
        sent(&damaged)
    );
}

#[test]
fn a_dhcp_packet_that_was_cut_tells_what_is_there() {
    let whole = offer();
    let path = UdpPath::from_port(68, "10.0.0.1:67".parse().unwrap());
    let packet = Packet::datagram(Instant::default(), Direction::Received, path, &whole);
    for length in 0..whole.len() {
        let line = packet.cut(length).to_string();
        assert_eq!(line.contains("xid 3903f326 yiaddr 10.0.0.100"), length >= 240, "{length}: {line}");
        assert!(!line.contains("malformed"), "{length}: {line}");
    }
}

#[test]
fn frames() {
    let file = pcap::write([&pcap::Datagram {
        at: core::time::Duration::ZERO,
        from: "10.0.0.1:67".parse().unwrap(),
        to: "10.0.0.100:68".parse().unwrap(),
        payload: offer(),
    }]);
    let mut frame = file[40..].to_vec();
    let line = |frame: &[u8], direction| Packet::frame(Instant::default(), direction, frame).to_string();
    let received = |frame: &[u8]| line(frame, Direction::Received);
    assert_eq!(received(&frame), format!("   0.000000 < 10.0.0.1:67 {OFFER} says ok"));
    assert_eq!(line(&frame, Direction::Sent), format!("   0.000000 > 10.0.0.100:68 {OFFER} says ok"));
    // Padding is no part of the datagram.
    frame.extend([0; 18]);
    assert_eq!(received(&frame), format!("   0.000000 < 10.0.0.1:67 {OFFER} says ok"));
    frame[14 + 9] = 1;
    let length = frame.len();
    assert_eq!(received(&frame), format!("   0.000000 < 10.0.0.1 IPv4 protocol 1, {length} bytes"));
    frame[12..14].copy_from_slice(&[0x86, 0xdd]);
    assert_eq!(received(&frame), format!("   0.000000 < 02:00:0a:00:00:01 ethertype 86dd, {length} bytes"));
    assert_eq!(received(&frame[..13]), "   0.000000 < frame, 13 bytes");
    let mut arp = frame[..12].to_vec();
    arp.extend([
        8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 100,
    ]);
    assert_eq!(received(&arp), "   0.000000 < ARP who has 10.0.0.100? tell 10.0.0.1");
    arp[21] = 2;
    assert_eq!(received(&arp), "   0.000000 < ARP 10.0.0.1 is at 02:00:00:00:00:01");
    arp[21] = 9;
    assert_eq!(received(&arp), "   0.000000 < ARP operation 9");
    for length in 0..arp.len() {
        assert!(received(&arp[..length]).len() > 12);
    }
}

fn at(micros: u64, payload: &[u8]) -> Packet<'_> {
    let path = UdpPath::from_port(2070, "10.0.0.1:69".parse().unwrap());
    Packet::datagram(Instant::from_micros(micros), Direction::Received, path, payload)
}

#[test]
fn lines_take_half_of_the_time_at_most() {
    let mut lines = Lines::default();
    let block = at(1_000, b"\0\x03\0\x01abc");
    assert_eq!(lines.line(block).unwrap().to_string(), block.to_string());
    lines.wrote(&block, Instant::from_micros(1_400));
    // What waited meanwhile, and what comes in the 400 microseconds that follow.
    for micros in [1_000, 1_400, 1_799] {
        assert_eq!(lines.line(at(micros, b"\0\x03\0\x02abc")), None);
        assert_eq!(lines.line(at(micros, b"\0\x04\0\x02")), None);
    }
    // Whatever is rare is always said.
    let error = at(1_500, b"\0\x05\0\x01no such file\0");
    let told = lines.line(error).unwrap().to_string();
    assert_eq!(told, format!("packets: 6 without a line, or the lines would delay them\n{error}"));
    let offer = offer();
    assert_eq!(lines.line(at(1_500, &offer)).unwrap().to_string(), at(1_500, &offer).to_string());
    assert!(lines.line(at(1_800, b"\0\x03\0\x03abc")).is_some());
}
