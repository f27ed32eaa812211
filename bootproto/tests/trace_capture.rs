//! The capture file byte by byte, and its way through a serial log.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

use bootproto::trace::{BEGIN, Direction, END, LINE, Packet, Ring, pcapng};
use bootproto_core::{Instant, UdpPath};

const RRQ: &[u8] = b"\0\x01vmlinuz\0octet\0tsize\x000\0";
const ARP: &[u8] =
    b"\x52\x54\0\x12\x34\x56\x02\0\0\0\0\x01\x08\x06\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x01\x0a\0\0\x01\
    \x52\x54\0\x12\x34\x56\x0a\0\0\x64";

fn packets() -> [Packet<'static>; 2] {
    let path = UdpPath::v4("10.0.0.100:2070".parse().unwrap(), "10.0.0.1:69".parse().unwrap());
    [
        Packet::datagram(Instant::from_millis(1500), Direction::Sent, path, RRQ),
        Packet::frame(Instant::from_micros((3 << 32) + 7), Direction::Received, ARP),
    ]
}

fn written<'p>(packets: impl IntoIterator<Item = Packet<'p>>) -> Vec<u8> {
    let mut file = Vec::new();
    pcapng::write(packets, &mut |bytes| file.extend_from_slice(bytes));
    file
}

#[test]
fn the_file_is_the_one_that_others_would_write() {
    let golden =
        testkit::vectors::named(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"), "trace-pcapng");
    assert_eq!(written(packets()), golden.bytes);
    let mut storage = [0; 512];
    let mut ring = Ring::new(&mut storage);
    packets().iter().for_each(|packet| ring.record(packet));
    assert_eq!(written(&ring), golden.bytes);
}

#[test]
fn the_checksum_of_a_datagram_that_was_cut_is_none() {
    let [whole, _] = packets();
    let file = written([whole.cut(9)]);
    // Behind the three blocks of the beginning, the block's own head, the IP header, ports and length.
    let at = 68 + 28 + 20 + 6;
    assert_eq!(file[at..at + 2], [0, 0]);
    assert_eq!(file[68 + 20..68 + 28], [28 + 9, 0, 0, 0, 28 + 24, 0, 0, 0]);
    // The lengths are those of the whole datagram.
    assert_eq!(file[68 + 28 + 2..][..2], [0, 28 + 24]);
    assert_eq!(file[at - 2..at], [0, 8 + 24]);
}

#[test]
fn the_text_is_base64_between_marks() {
    let file = written(packets());
    let mut text = String::new();
    bootproto::trace::write_text(packets(), &mut text).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let [begin, base64 @ .., end] = &lines[..] else { panic!("{text}") };
    assert_eq!((*begin, *end), (BEGIN, format!("{END}{} bytes-----", file.len()).as_str()));
    let (last, full) = base64.split_last().unwrap();
    assert!(full.iter().all(|line| line.len() == LINE) && last.len() <= LINE && !last.is_empty());
    // Not with the library that wrote it.
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = String::new();
    for letter in base64.concat().bytes().filter(|letter| *letter != b'=') {
        let value = letters.iter().position(|found| *found == letter).unwrap();
        bits.push_str(&format!("{value:06b}"));
    }
    let bytes: Vec<u8> =
        (0..bits.len() / 8).map(|at| u8::from_str_radix(&bits[at * 8..][..8], 2).unwrap()).collect();
    assert_eq!(bytes, file);
}
