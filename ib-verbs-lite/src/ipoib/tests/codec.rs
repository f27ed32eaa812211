//! Bytes, against RFC 4391 and captures of Linux's `ib_ipoib`, and V46 of broken frames.

extern crate std;

use core::net::{Ipv4Addr, Ipv6Addr};
use std::vec::Vec;

use bootproto_core::{ParseErrorKind, Writer};
use proptest::prelude::*;

use crate::ipoib::{Arp, LinkAddress, NeighbourMessage, frame};
use crate::{Gid, Guid, PKey, Qpn};

/// The ARP request of Linux 6.1's `ib0` for 10.50.0.1, captured behind the emulated HCA of `interop`: encapsulation header
/// and packet. The address has the flag of connected mode.
const LINUX_REQUEST: &str = "08060000 0020 0800 14 04 0001 \
    80000003 fe80000000000000 00117500007e5e01 0a320002 \
    00000000 0000000000000000 0000000000000000 0a320001";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn linux() -> Arp {
    Arp {
        operation: Arp::REQUEST,
        sender: LinkAddress {
            flags: 0x80,
            qpn: Qpn::new(3),
            gid: Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0011_7500_007e_5e01)),
        },
        sender_ip: Ipv4Addr::new(10, 50, 0, 2),
        target: LinkAddress::ZERO,
        target_ip: Ipv4Addr::new(10, 50, 0, 1),
    }
}

#[test]
fn an_arp_request_is_read_and_written_as_rfc_4391_lays_it_out() {
    let bytes = hex(LINUX_REQUEST);
    let (kind, payload) = frame::parse(&bytes).unwrap();
    assert_eq!((kind, payload.len()), (frame::ARP, Arp::LENGTH));
    assert_eq!(Arp::parse(payload), Ok(linux()));
    assert_eq!(Arp::parse(payload).unwrap().sender.flags, 0x80);
    let mut buf = [0xa5; 60];
    let mut writer = Writer::new(&mut buf);
    frame::write_header(frame::ARP, &mut writer);
    linux().write(&mut writer);
    assert_eq!(writer.finish().unwrap(), bytes);
}

#[test]
fn every_cut_of_a_frame_is_refused() {
    let bytes = hex(LINUX_REQUEST);
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        match frame::parse(cut) {
            // V46: 0 to 3 bytes are no header.
            Err(error) => assert!(length < 4 && error.kind == ParseErrorKind::Truncated),
            // X2: an hln of 20 with fewer bytes behind it, 40 among them.
            Ok((_, payload)) => assert_eq!(Arp::parse(payload).unwrap_err().kind, ParseErrorKind::Truncated),
        }
    }
}

#[test]
fn arp_of_other_kinds_is_refused_where_it_differs() {
    let good = hex(LINUX_REQUEST);
    for (at, value) in [(1, 1), (2, 0x86), (4, 6), (4, 0), (4, 21), (4, 255), (5, 16), (7, 0), (7, 3), (7, 9)]
    {
        let mut bytes = good[4..].to_vec();
        bytes[at] = value;
        let error = Arp::parse(&bytes).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::BadValue, "byte {at} = {value}");
        assert_eq!(error.offset, at & !usize::from(matches!(at, 1 | 7 | 3)), "byte {at}");
    }
    // What follows the packet does not matter.
    assert_eq!(Arp::parse(&[&good[4..], &[1, 2, 3]].concat()), Ok(linux()));
}

#[test]
fn groups_are_named_as_rfc_4391_names_them() {
    let name = |gid: Gid| std::format!("{gid}");
    assert_eq!(name(Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST)), "ff12:401b:ffff::ffff:ffff");
    assert_eq!(name(Gid::ipoib_v4(2, PKey(0x0001), Ipv4Addr::new(224, 0, 0, 1))), "ff12:401b:8001::1");
    // RFC 4391 section 4: the low 28 bits.
    assert_eq!(name(Gid::ipoib_v4(5, PKey::DEFAULT, Ipv4Addr::new(239, 255, 0, 9))), "ff15:401b:ffff::fff:9");
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    assert_eq!(name(Gid::ipoib_v6(2, PKey::DEFAULT, all_nodes)), "ff12:601b:ffff::1");
}

/// A solicitation laid out by hand from RFC 4861 section 4.3 and RFC 4391 section 9.3; the checksum was summed with
/// Python's `struct` over pseudo header and body.
const SOLICITATION: &str = "60000000 0030 3a ff \
    fe80000000000000 0202c90300000021 ff02000000000000 00000001ff000022 \
    87 00 1e2b 00000000 fe80000000000000 0202c90300000022 \
    01 03 0000 00000048 fe80000000000000 0002c90300000021";

fn solicitation() -> NeighbourMessage {
    let target = NeighbourMessage::link_local(Guid(0x0002_c903_0000_0022));
    NeighbourMessage {
        source: NeighbourMessage::link_local(Guid(0x0002_c903_0000_0021)),
        destination: NeighbourMessage::solicited_node(target),
        is_advertisement: false,
        is_solicited: false,
        target,
        link: Some(LinkAddress::new(
            Qpn::new(0x48),
            Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0002_c903_0000_0021)),
        )),
    }
}

fn written(message: &NeighbourMessage) -> Vec<u8> {
    let mut buf = [0xa5; NeighbourMessage::LENGTH];
    let mut writer = Writer::new(&mut buf);
    message.write(&mut writer);
    writer.finish().unwrap().to_vec()
}

#[test]
fn a_solicitation_has_an_option_of_24_bytes() {
    let bytes = hex(SOLICITATION);
    assert_eq!(NeighbourMessage::parse(&bytes), Ok(Some(solicitation())));
    assert_eq!(written(&solicitation()), bytes);
    for length in 0..bytes.len() {
        assert!(NeighbourMessage::parse(&bytes[..length]).is_err(), "{length}");
    }
    for at in 40..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] ^= 0x10;
        let parsed = NeighbourMessage::parse(&broken);
        // Another ICMP type is somebody else's; everything else has a wrong checksum.
        assert!(at == 40 && parsed == Ok(None) || parsed.is_err(), "byte {at}");
    }
    let mut routed = bytes;
    routed[7] = 254;
    assert_eq!(NeighbourMessage::parse(&routed).unwrap_err().offset, 7);
}

/// The message with other options, and a checksum that is right.
fn with_options(options: &[u8]) -> Vec<u8> {
    let mut bytes = hex(SOLICITATION)[..64].to_vec();
    bytes.extend(options);
    bytes[5] = u8::try_from(bytes.len() - 40).unwrap();
    bytes[42..44].fill(0);
    let mut pseudo = bytes[8..40].to_vec();
    pseudo.extend([0, 0, 0, bytes[5], 0, 0, 0, 58]);
    pseudo.extend(&bytes[40..]);
    if pseudo.len() % 2 == 1 {
        pseudo.push(0);
    }
    let sum: u32 = pseudo.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let [_, _, high, low] = (!((sum & 0xffff) + (sum >> 16))).to_be_bytes();
    bytes[42..44].clone_from_slice(&[high, low]);
    bytes
}

#[test]
fn options_of_no_length_end_nothing_and_ethernets_are_refused() {
    let bad = |options: &[u8]| NeighbourMessage::parse(&with_options(options)).unwrap_err().kind;
    assert_eq!(bad(&[14, 0, 0, 0, 0, 0, 0, 0]), ParseErrorKind::BadLength);
    // Ethernet's option: one unit, six bytes of address.
    assert_eq!(bad(&[1, 1, 2, 3, 4, 5, 6, 7]), ParseErrorKind::BadLength);
    assert_eq!(bad(&[14, 2, 0, 0, 0, 0, 0, 0]), ParseErrorKind::Truncated);
    let unknown = NeighbourMessage::parse(&with_options(&[14, 1, 9, 9, 9, 9, 9, 9])).unwrap().unwrap();
    assert_eq!(unknown.link, None);
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_read_is_written_again(bytes: Vec<u8>) {
        if let Ok((_, payload)) = frame::parse(&bytes)
            && let Ok(arp) = Arp::parse(payload)
        {
            let mut buf = [0; Arp::LENGTH];
            let mut writer = Writer::new(&mut buf);
            arp.write(&mut writer);
            prop_assert_eq!(writer.finish().unwrap(), &payload[..Arp::LENGTH]);
        }
        let _ = NeighbourMessage::parse(&bytes);
        let _ = NeighbourMessage::parse(&with_options(&bytes[..bytes.len() & 0x7f & !7]));
    }
}
